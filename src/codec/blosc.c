/* Blosc 1 containers, through the context calls, which need no initialisation and share nothing between threads. */
#include "codec/steps.h"

#include <blosc.h>

enum { NO_COMPRESSOR = -5 }; /* what blosc 1.21 returns for a compressor it was built without */

/* Blosc reads and writes through int sizes and picks temporary buffers by the header, so the header is held against
 * the true buffer sizes before anything else: its compressed size must be src_bytes, its raw size must fit. */
ama_status ama__blosc_decode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                             size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    (void)w, (void)step;
    size_t raw = 0, cbytes = 0, block_bytes = 0;
    if (src_bytes < BLOSC_MIN_HEADER_LENGTH)
        return ama__fail(ctx, AMA_ERR_FORMAT, "%zu bytes are too few for a blosc header", src_bytes);
    if (*(const uint8_t *)src != BLOSC_VERSION_FORMAT)
        return ama__fail(ctx, AMA_ERR_FORMAT, "not a blosc 1 container (its version byte is %d)",
                         *(const uint8_t *)src);
    if (blosc_cbuffer_validate(src, src_bytes, &raw) != 0)
        return ama__fail(ctx, AMA_ERR_FORMAT, "blosc header does not fit the %zu bytes that are there", src_bytes);
    if (raw > dst_cap)
        return ama__fail(ctx, AMA_ERR_FORMAT, "blosc data hold %zu bytes where at most %zu are expected", raw, dst_cap);
    blosc_cbuffer_sizes(src, &raw, &cbytes, &block_bytes);
    if (raw > 0 && (block_bytes == 0 || block_bytes > raw))
        return ama__fail(ctx, AMA_ERR_FORMAT, "blosc blocks of %zu bytes in data of %zu", block_bytes, raw);
    int n = blosc_decompress_ctx(src, dst, dst_cap, 1);
    if (n == NO_COMPRESSOR)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "the blosc library here lacks the compressor of the data");
    if (n < 0 || (size_t)n != raw)
        return ama__fail(ctx, AMA_ERR_FORMAT, "blosc data of %zu bytes are damaged (code %d)", src_bytes, n);
    *dst_bytes = raw;
    return AMA_OK;
}

ama_status ama__blosc_check(ama_ctx *ctx, const char *name) {
    if (!name[0] || blosc_compname_to_compcode(name) >= 0) return AMA_OK;
    return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "the blosc library here lacks the compressor \"%s\"", name);
}

ama_status ama__blosc_encode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                             size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    (void)w;
    if (src_bytes > BLOSC_MAX_BUFFERSIZE)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "a chunk of %zu bytes is too large for blosc", src_bytes);
    if (step->a < 0 || step->a > 9 || step->b > BLOSC_BITSHUFFLE)
        return ama__fail(ctx, AMA_ERR_ARG, "blosc level %d (0..9) or shuffle %d (0..2) is out of range", step->a,
                         step->b);
    AMA_TRY(ama__blosc_check(ctx, step->name));
    size_t element = step->element_bytes > 0 ? (size_t)step->element_bytes : 1;
    int shuffle = step->b;
    if (shuffle < 0) shuffle = element == 1 ? BLOSC_BITSHUFFLE : BLOSC_SHUFFLE; /* numcodecs' AUTOSHUFFLE */
    const char *name = step->name[0] ? step->name : BLOSC_LZ4_COMPNAME;
    int n = blosc_compress_ctx(step->a, shuffle, element, src_bytes, src, dst, dst_cap, name, 0, 1);
    if (n <= 0) return ama__fail(ctx, AMA_ERR_INTERNAL, "blosc encoder: code %d", n);
    *dst_bytes = (size_t)n;
    return AMA_OK;
}

size_t ama__blosc_bound(size_t raw_bytes) {
    return raw_bytes + BLOSC_MAX_OVERHEAD;
}
