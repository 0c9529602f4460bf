/* Chunk pipelines: the filters between stored bytes and the raw bytes of a chunk. */
#ifndef AMA_CODEC_PIPELINE_H
#define AMA_CODEC_PIPELINE_H

#include "array/region.h"
#include "base/memory.h"

typedef enum ama__codec {
    AMA_CODEC_DEFLATE,    /* zlib stream (RFC 1950): HDF5 filter 1, numcodecs zlib; a = level 0..9 (here also 10..12) */
    AMA_CODEC_GZIP,       /* gzip member(s) (RFC 1952); a = level */
    AMA_CODEC_ZSTD,       /* one or more zstd frames; a = level. HDF5 filter 32015, numcodecs zstd */
    AMA_CODEC_LZ4,        /* numcodecs lz4: uint32 LE raw size, then one lz4 block; a = acceleration */
    AMA_CODEC_BLOSC,      /* blosc 1 container; a = clevel, b = shuffle 0|1|2, element_bytes, name = compressor */
    AMA_CODEC_SHUFFLE,    /* byte shuffle by element_bytes: HDF5 filter 2, numcodecs shuffle */
    AMA_CODEC_FLETCHER32, /* HDF5 filter 3: 4 byte checksum (little endian) after the data */
    AMA_CODEC_UNKNOWN     /* kept so that info can name it: decoding fails with UNSUPPORTED; name = what it is */
} ama__codec;

#define AMA_PIPELINE_MAX 8
#define AMA_CODEC_NAME_MAX 32

typedef struct ama__codec_step {
    ama__codec codec;
    int a, b;
    int element_bytes;
    char name[AMA_CODEC_NAME_MAX];
} ama__codec_step;

/* Steps in the order of encoding; decoding runs them backwards. Plain data: may be copied and sent as bytes. */
typedef struct ama__pipeline {
    int n;
    ama__codec_step step[AMA_PIPELINE_MAX];
} ama__pipeline;

/* A thread's handles and scratch for coding; never shared between threads at one time. */
typedef struct ama__codec_work ama__codec_work;
ama_status ama__codec_work_create(ama_ctx *ctx, ama__codec_work **out);
void ama__codec_work_destroy(ama__codec_work **w);
/* From now on the same values give the same encoded bytes in every run. Without, deflate of level 1 is ISA-L's, several
 * times as fast: of some chunks in 10,000 its bytes (not what they decode to) depend on addresses, as seen in 2.30. */
void ama__codec_work_repeat(ama__codec_work *w, bool repeat);

/* "deflate(1)+shuffle(4)", "blosc(lz4,5,shuffle)", "raw" for people. Outermost step first, in the order of decoding.
 * buf >= 128 bytes; returns buf. */
const char *ama__pipeline_print(const ama__pipeline *p, char *buf, size_t buf_bytes);
/* AMA_OK when every step can be decoded here; otherwise UNSUPPORTED naming the step. Local. */
ama_status ama__pipeline_check(ama_ctx *ctx, const ama__pipeline *p);

/* Decodes src[src_bytes] into exactly raw_bytes at dst. Bit i of skip_mask set: step i was not applied to this chunk
 * (HDF5 filter mask). Malformed input, a wrong checksum, too few or too many bytes give FORMAT with the reason and
 * leave dst undefined; never reads or writes outside the buffers. Bytes after the end of a zlib stream, and zeros after
 * the last gzip member, are ignored as other readers do. Local, thread-safe with a work per thread. */
ama_status ama__pipeline_decode(ama_ctx *ctx, ama__codec_work *w, const ama__pipeline *p, uint32_t skip_mask,
                                const void *src, size_t src_bytes, void *dst, size_t raw_bytes);

/* A box of an array shape[] in C order that is stored as one chunk. */
typedef struct ama__codec_part {
    ama__box box;
    const int64_t *shape;
    size_t item_bytes, raw_bytes; /* of one element, of all */
} ama__codec_part;
/* The same where only a part is wanted: the rest of dst[part->raw_bytes] may be left undefined. A container of blosc
 * blocks that is the only step is decoded as far as it holds the part; damage elsewhere in it may go unnoticed. */
ama_status ama__pipeline_decode_part(ama_ctx *ctx, ama__codec_work *w, const ama__pipeline *p, uint32_t skip_mask,
                                     const void *src, size_t src_bytes, const ama__codec_part *part, void *dst);

/* Largest number of bytes encoding raw_bytes can give. */
size_t ama__pipeline_bound(const ama__pipeline *p, size_t raw_bytes);
/* Buffers of about raw_bytes that encoding takes in a work besides src and dst: 0, 1 or 2. */
int ama__pipeline_scratch(const ama__pipeline *p);
/* Encodes src[raw_bytes] into dst[dst_cap >= bound]; *dst_bytes is what was used. src is not changed, or is dst: that
 * may be where ama__pipeline_scratch is not 0. Output bytes depend on the input alone. Local, thread-safe with a work
 * per thread. */
ama_status ama__pipeline_encode(ama_ctx *ctx, ama__codec_work *w, const ama__pipeline *p, const void *src,
                                size_t raw_bytes, void *dst, size_t dst_cap, size_t *dst_bytes);

#endif
