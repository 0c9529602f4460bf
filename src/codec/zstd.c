/* zstd frames (RFC 8878): HDF5 filter 32015 and numcodecs zstd. */
#include "codec/steps.h"

#include <zstd.h>
#include <zstd_errors.h>

void ama__zstd_fini(ama__codec_work *w) {
    ZSTD_freeDCtx(w->zstd_decode);
    ZSTD_freeCCtx(w->zstd_encode);
    w->zstd_decode = NULL;
    w->zstd_encode = NULL;
}

/* The one-shot decoder takes any number of frames, skippable ones too, and needs neither the content size, which
 * streaming writers leave out, nor a window buffer: a frame that claims a window of gigabytes costs nothing. */
ama_status ama__zstd_decode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                            size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    (void)step;
    if (src_bytes == 0) return ama__fail(ctx, AMA_ERR_FORMAT, "zstd data are empty");
    if (!w->zstd_decode && !ama__fault(ctx)) w->zstd_decode = ZSTD_createDCtx();
    if (!w->zstd_decode) return ama__fail(ctx, AMA_ERR_NOMEM, "no memory for a zstd decoder");
    size_t n = ZSTD_decompressDCtx(w->zstd_decode, dst, dst_cap, src, src_bytes);
    if (!ZSTD_isError(n)) {
        *dst_bytes = n;
        return AMA_OK;
    }
    switch (ZSTD_getErrorCode(n)) {
    case ZSTD_error_memory_allocation: return ama__fail(ctx, AMA_ERR_NOMEM, "no memory to decode zstd data");
    case ZSTD_error_dstSize_tooSmall:
        return ama__fail(ctx, AMA_ERR_FORMAT, "zstd data hold more than the expected %zu bytes", dst_cap);
    default:
        return ama__fail(ctx, AMA_ERR_FORMAT, "zstd data of %zu bytes are damaged: %s", src_bytes,
                         ZSTD_getErrorName(n));
    }
}

ama_status ama__zstd_encode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                            size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    if (step->a > ZSTD_maxCLevel() || step->a < ZSTD_minCLevel())
        return ama__fail(ctx, AMA_ERR_ARG, "zstd level %d is not in %d..%d", step->a, ZSTD_minCLevel(),
                         ZSTD_maxCLevel());
    if (!w->zstd_encode && !ama__fault(ctx)) w->zstd_encode = ZSTD_createCCtx();
    if (!w->zstd_encode) return ama__fail(ctx, AMA_ERR_NOMEM, "no memory for a zstd encoder");
    size_t n = ZSTD_compressCCtx(w->zstd_encode, dst, dst_cap, src, src_bytes, step->a);
    if (ZSTD_isError(n)) {
        bool memory = ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation;
        return ama__fail(ctx, memory ? AMA_ERR_NOMEM : AMA_ERR_INTERNAL, "zstd encoder: %s", ZSTD_getErrorName(n));
    }
    *dst_bytes = n;
    return AMA_OK;
}

size_t ama__zstd_bound(size_t raw_bytes) {
    return ZSTD_compressBound(raw_bytes);
}
