/* Inside codec/: the row of functions each codec family gives, and what a work holds for them. */
#ifndef AMA_CODEC_STEPS_H
#define AMA_CODEC_STEPS_H

#include "codec/pipeline.h"

struct libdeflate_decompressor;
struct libdeflate_compressor;
struct ZSTD_DCtx_s;
struct ZSTD_CCtx_s;

/* Handles are created at first use and kept. libdeflate, zstd and blosc take the memory of their handles from the C
 * library (tens of KiB to decode, up to a few MiB to encode): libdeflate and blosc have no allocator per handle, and
 * zstd's is not part of its stable interface. Scratch comes from the context and grows to the largest
 * intermediate size met; ama__pipeline_decode states the limit. */
struct ama__codec_work {
    ama_ctx *ctx;
    struct libdeflate_decompressor *inflate;
    struct libdeflate_compressor *deflate;
    int deflate_level;              /* of `deflate` */
    struct ama__fast_deflate *fast; /* ISA-L's state, for level 1 */
    bool repeat;                    /* ISA-L is not used */
    struct ZSTD_DCtx_s *zstd_decode;
    struct ZSTD_CCtx_s *zstd_encode;
    void *lz4_state;
    bool simd; /* the machine has AVX2 and AMA_ISA does not forbid it */
    void *scratch[2];
    size_t scratch_bytes[2];
};

/* Decodes src[src_bytes] into dst, which has room for dst_cap; *dst_bytes is what came out. FORMAT when the input is
 * damaged or gives more than dst_cap bytes. dst is never NULL and does not overlap src. */
typedef ama_status ama__codec_fn(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                                 size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes);

/* Encoders have the same shape and need dst_cap == bound exactly: some libraries let the room they see decide on the
 * bytes they write. */
typedef struct ama__codec_family {
    const char *name;
    ama__codec_fn *decode, *encode;
    size_t (*bound)(size_t raw_bytes);
    bool keeps_size; /* encoded and raw sizes determine each other */
} ama__codec_family;

ama__codec_fn ama__deflate_decode, ama__deflate_encode, ama__gzip_decode, ama__gzip_encode;
size_t ama__deflate_bound(size_t raw_bytes);
size_t ama__gzip_bound(size_t raw_bytes);
void ama__deflate_fini(ama__codec_work *w);

ama__codec_fn ama__zstd_decode, ama__zstd_encode;
size_t ama__zstd_bound(size_t raw_bytes);
void ama__zstd_fini(ama__codec_work *w);

ama__codec_fn ama__lz4_decode, ama__lz4_encode;
size_t ama__lz4_bound(size_t raw_bytes);
void ama__lz4_fini(ama__codec_work *w);

ama__codec_fn ama__blosc_decode, ama__blosc_encode;
size_t ama__blosc_bound(size_t raw_bytes);
/* Decodes at least the blocks that hold the part, each to its place in dst[part->raw_bytes]. Errors as decoding all, as
 * far as the blocks that are looked at show them. */
ama_status ama__blosc_decode_part(ama_ctx *ctx, const ama__codec_part *part, const void *src, size_t src_bytes,
                                  void *dst);
/* UNSUPPORTED when `name` is a compressor the blosc library here lacks; "" passes. */
ama_status ama__blosc_check(ama_ctx *ctx, const char *name);

ama__codec_fn ama__shuffle_decode, ama__shuffle_encode;
size_t ama__shuffle_bound(size_t raw_bytes);
/* True when AVX2 may be used (ama__isa_wanted). */
bool ama__shuffle_simd(void);
/* Byte j of element i goes from src[i * element_bytes + j] to dst[j * n + i], or back; the trailing bytes that do not
 * fill an element stay where they are. The two ways of doing it (`simd`) give the same bytes. element_bytes >= 1. */
void ama__shuffle_bytes(bool simd, size_t element_bytes, const uint8_t *src, uint8_t *dst, size_t bytes);
void ama__unshuffle_bytes(bool simd, size_t element_bytes, const uint8_t *src, uint8_t *dst, size_t bytes);
/* The same, with the first dst_bytes of the result at dst and the others, `bytes - dst_bytes`, at tail: for data with a
 * checksum behind them. dst_bytes <= bytes. */
void ama__unshuffle_split(bool simd, size_t element_bytes, const uint8_t *src, size_t bytes, uint8_t *dst,
                          size_t dst_bytes, uint8_t *tail);

#define AMA_FLETCHER32_BYTES 4
/* The checksum as HDF5 defines it: Fletcher's over big-endian 16-bit words, an odd last byte being a high byte. */
uint32_t ama__fletcher32(const void *data, size_t bytes);
/* FORMAT unless `stored` is the checksum of data[bytes]. */
ama_status ama__fletcher32_check(ama_ctx *ctx, const void *data, size_t bytes,
                                 const uint8_t stored[AMA_FLETCHER32_BYTES]);
/* Writes the checksum of data[bytes] at data + bytes. */
void ama__fletcher32_append(void *data, size_t bytes);

#endif
