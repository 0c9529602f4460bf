/* zlib streams (RFC 1950) and gzip members (RFC 1952) in whole buffers, without streaming state. libdeflate does all
 * but encoding at level 1, where ISA-L gives as small a result several times as fast. */
#include "codec/steps.h"

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>

/* zlib's own default, for metadata that says -1 */
enum { DEFAULT_LEVEL = 6, FAST_LEVEL = 1, MAX_LEVEL = 12 };

struct ama__fast_deflate {
    struct isal_zstream stream;
    uint8_t level_buf[ISAL_DEF_LVL1_DEFAULT];
};

void ama__deflate_fini(ama__codec_work *w) {
    if (w->inflate) libdeflate_free_decompressor(w->inflate);
    if (w->deflate) libdeflate_free_compressor(w->deflate);
    AMA_FREE(w->ctx, w->fast);
    w->inflate = NULL;
    w->deflate = NULL;
}

static ama_status need_inflate(ama_ctx *ctx, ama__codec_work *w) {
    if (w->inflate) return AMA_OK;
    if (!ama__fault(ctx)) w->inflate = libdeflate_alloc_decompressor();
    return w->inflate ? AMA_OK : ama__fail(ctx, AMA_ERR_NOMEM, "no memory for a deflate decoder");
}

static ama_status need_deflate(ama_ctx *ctx, ama__codec_work *w, int level) {
    if (level < 0) level = DEFAULT_LEVEL;
    if (level > MAX_LEVEL) return ama__fail(ctx, AMA_ERR_ARG, "deflate level %d is not in 0..%d", level, MAX_LEVEL);
    if (w->deflate && w->deflate_level == level) return AMA_OK;
    if (w->deflate) libdeflate_free_compressor(w->deflate);
    w->deflate = ama__fault(ctx) ? NULL : libdeflate_alloc_compressor(level);
    w->deflate_level = level;
    return w->deflate ? AMA_OK : ama__fail(ctx, AMA_ERR_NOMEM, "no memory for a deflate encoder of level %d", level);
}

static ama_status decode_result(ama_ctx *ctx, enum libdeflate_result r, const char *what, size_t src_bytes,
                                size_t cap) {
    switch (r) {
    case LIBDEFLATE_SUCCESS: return AMA_OK;
    case LIBDEFLATE_INSUFFICIENT_SPACE:
        return ama__fail(ctx, AMA_ERR_FORMAT, "%s data hold more than the expected %zu bytes", what, cap);
    default: return ama__fail(ctx, AMA_ERR_FORMAT, "%s data of %zu bytes are damaged or cut short", what, src_bytes);
    }
}

/* Bytes after the end of the stream are ignored, as zlib, HDF5 and numcodecs do: some writers pad. */
ama_status ama__deflate_decode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                               size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    (void)step;
    size_t used = 0;
    AMA_TRY(need_inflate(ctx, w));
    enum libdeflate_result r =
        libdeflate_zlib_decompress_ex(w->inflate, src, src_bytes, dst, dst_cap, &used, dst_bytes);
    return decode_result(ctx, r, "deflate", src_bytes, dst_cap);
}

static bool all_zero(const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (p[i]) return false;
    return true;
}

/* Members follow one another until the input ends; padding with zeros may follow the last, as gzip itself allows. */
ama_status ama__gzip_decode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                            size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    (void)step;
    const uint8_t *in = src;
    uint8_t *out = dst;
    size_t at = 0, n_out = 0;
    AMA_TRY(need_inflate(ctx, w));
    do {
        size_t used = 0, made = 0;
        enum libdeflate_result r = libdeflate_gzip_decompress_ex(w->inflate, in + at, src_bytes - at, out + n_out,
                                                                 dst_cap - n_out, &used, &made);
        AMA_TRY(decode_result(ctx, r, "gzip", src_bytes, dst_cap));
        at += used;
        n_out += made;
    } while (at < src_bytes && !(in[at] == 0 && all_zero(in + at, src_bytes - at)));
    *dst_bytes = n_out;
    return AMA_OK;
}

/* *dst_bytes stays 0 where the result would be larger than the bound, which libdeflate's for data that cannot be
 * compressed is not. */
static ama_status encode_fast(ama_ctx *ctx, ama__codec_work *w, uint16_t wrapper, const void *src, size_t src_bytes,
                              void *dst, size_t dst_cap, size_t *dst_bytes) {
    if (!w->fast) AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_WRITE, sizeof *w->fast, (void **)&w->fast));
    struct isal_zstream *z = &w->fast->stream;
    isal_deflate_stateless_init(z);
    z->hist_bits = 0; /* of 2.30 init leaves it as it was: a window of a few bytes, perhaps */
    z->level = FAST_LEVEL;
    z->level_buf = w->fast->level_buf;
    z->level_buf_size = sizeof w->fast->level_buf;
    z->gzip_flag = wrapper;
    z->end_of_stream = 1;
    z->next_in = (uint8_t *)src;
    z->avail_in = (uint32_t)src_bytes;
    z->next_out = dst;
    z->avail_out = (uint32_t)dst_cap;
    if (isal_deflate_stateless(z) == COMP_OK) *dst_bytes = z->total_out;
    return AMA_OK;
}

typedef size_t compress_fn(struct libdeflate_compressor *c, const void *src, size_t n, void *dst, size_t cap);

static ama_status encode(ama__codec_work *w, int level, uint16_t wrapper, const void *src, size_t src_bytes, void *dst,
                         size_t dst_cap, size_t *dst_bytes) {
    compress_fn *compress = wrapper == IGZIP_ZLIB ? libdeflate_zlib_compress : libdeflate_gzip_compress;
    *dst_bytes = 0;
    if (level == FAST_LEVEL && !w->repeat && dst_cap <= UINT32_MAX)
        AMA_TRY(encode_fast(w->ctx, w, wrapper, src, src_bytes, dst, dst_cap, dst_bytes));
    if (*dst_bytes) return AMA_OK;
    AMA_TRY(need_deflate(w->ctx, w, level));
    *dst_bytes = compress(w->deflate, src, src_bytes, dst, dst_cap);
    return *dst_bytes ? AMA_OK : ama__fail(w->ctx, AMA_ERR_INTERNAL, "deflate output beyond its bound of %zu", dst_cap);
}

ama_status ama__deflate_encode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                               size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    (void)ctx;
    return encode(w, step->a, IGZIP_ZLIB, src, src_bytes, dst, dst_cap, dst_bytes);
}

ama_status ama__gzip_encode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                            size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    (void)ctx;
    return encode(w, step->a, IGZIP_GZIP, src, src_bytes, dst, dst_cap, dst_bytes);
}

size_t ama__deflate_bound(size_t raw_bytes) {
    return libdeflate_zlib_compress_bound(NULL, raw_bytes);
}

size_t ama__gzip_bound(size_t raw_bytes) {
    return libdeflate_gzip_compress_bound(NULL, raw_bytes);
}
