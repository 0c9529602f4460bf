/* LZ4 as numcodecs frames it: the raw size in 4 bytes, little endian, then one LZ4 block. */
#include "codec/steps.h"

#include <limits.h>
#include <lz4.h>

enum { HEADER_BYTES = 4 };

void ama__lz4_fini(ama__codec_work *w) {
    AMA_FREE(w->ctx, w->lz4_state);
}

ama_status ama__lz4_decode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                           size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    (void)w, (void)step;
    const uint8_t *in = src;
    if (src_bytes <= HEADER_BYTES || src_bytes - HEADER_BYTES > INT_MAX)
        return ama__fail(ctx, AMA_ERR_FORMAT, "%zu bytes cannot be lz4 data", src_bytes);
    uint32_t raw = (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
    if (raw > dst_cap || raw > LZ4_MAX_INPUT_SIZE)
        return ama__fail(ctx, AMA_ERR_FORMAT, "lz4 data say %u bytes where at most %zu are expected", raw, dst_cap);
    int n = LZ4_decompress_safe((const char *)in + HEADER_BYTES, dst, (int)(src_bytes - HEADER_BYTES), (int)raw);
    if (n < 0 || (uint32_t)n != raw)
        return ama__fail(ctx, AMA_ERR_FORMAT, "lz4 data of %zu bytes are damaged or cut short", src_bytes);
    *dst_bytes = raw;
    return AMA_OK;
}

ama_status ama__lz4_encode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                           size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    if (src_bytes > LZ4_MAX_INPUT_SIZE)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "a chunk of %zu bytes is too large for lz4", src_bytes);
    if (!w->lz4_state) AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_SCRATCH, (size_t)LZ4_sizeofState(), &w->lz4_state));
    uint8_t *out = dst;
    for (int i = 0; i < HEADER_BYTES; i++) out[i] = (uint8_t)(src_bytes >> 8 * i);
    int n = LZ4_compress_fast_extState(w->lz4_state, src, (char *)out + HEADER_BYTES, (int)src_bytes,
                                       LZ4_compressBound((int)src_bytes), step->a);
    if (n <= 0) return ama__fail(ctx, AMA_ERR_INTERNAL, "lz4 output beyond its bound of %zu", dst_cap);
    *dst_bytes = HEADER_BYTES + (size_t)n;
    return AMA_OK;
}

/* LZ4_compressBound's formula, for sizes beyond int too */
size_t ama__lz4_bound(size_t raw_bytes) {
    return HEADER_BYTES + raw_bytes + raw_bytes / 255 + 16;
}
