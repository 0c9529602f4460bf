/* Blosc 1 containers, through the context calls, which need no initialisation and share nothing between threads. */
#include "codec/steps.h"

#include <blosc.h>

enum { NO_COMPRESSOR = -5 }; /* what blosc 1.21 returns for a compressor it was built without */

typedef struct header {
    size_t raw, block_bytes, element_bytes;
} header;

/* Blosc reads and writes through int sizes and picks temporary buffers by the header, so the header is held against
 * the true buffer sizes before anything else: its compressed size must be src_bytes, its raw size must fit. */
static ama_status read_header(ama_ctx *ctx, const void *src, size_t src_bytes, size_t dst_cap, header *h) {
    size_t cbytes = 0;
    int flags;
    *h = (header){0, 0, 0};
    if (src_bytes < BLOSC_MIN_HEADER_LENGTH)
        return ama__fail(ctx, AMA_ERR_FORMAT, "%zu bytes are too few for a blosc header", src_bytes);
    if (*(const uint8_t *)src != BLOSC_VERSION_FORMAT)
        return ama__fail(ctx, AMA_ERR_FORMAT, "not a blosc 1 container (its version byte is %d)",
                         *(const uint8_t *)src);
    if (blosc_cbuffer_validate(src, src_bytes, &h->raw) != 0)
        return ama__fail(ctx, AMA_ERR_FORMAT, "blosc header does not fit the %zu bytes that are there", src_bytes);
    if (h->raw > dst_cap)
        return ama__fail(ctx, AMA_ERR_FORMAT, "blosc data hold %zu bytes where at most %zu are expected", h->raw,
                         dst_cap);
    blosc_cbuffer_sizes(src, &h->raw, &cbytes, &h->block_bytes);
    blosc_cbuffer_metainfo(src, &h->element_bytes, &flags);
    if (h->raw > 0 && (h->block_bytes == 0 || h->block_bytes > h->raw))
        return ama__fail(ctx, AMA_ERR_FORMAT, "blosc blocks of %zu bytes in data of %zu", h->block_bytes, h->raw);
    return AMA_OK;
}

/* What a decoder that should have given `want` bytes returned. */
static ama_status check_result(ama_ctx *ctx, int n, size_t want, size_t src_bytes) {
    if (n == NO_COMPRESSOR)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "the blosc library here lacks the compressor of the data");
    if (n < 0 || (size_t)n != want)
        return ama__fail(ctx, AMA_ERR_FORMAT, "blosc data of %zu bytes are damaged (code %d)", src_bytes, n);
    return AMA_OK;
}

static ama_status decode_all(ama_ctx *ctx, const header *h, const void *src, size_t src_bytes, void *dst,
                             size_t dst_cap) {
    return check_result(ctx, blosc_decompress_ctx(src, dst, dst_cap, 1), h->raw, src_bytes);
}

ama_status ama__blosc_decode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                             size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    header h;
    (void)w, (void)step;
    AMA_TRY(read_header(ctx, src, src_bytes, dst_cap, &h));
    AMA_TRY(decode_all(ctx, &h, src, src_bytes, dst, dst_cap));
    *dst_bytes = h.raw;
    return AMA_OK;
}

/* ---- parts */

/* The runs of bytes of a part, in rising order. */
typedef struct runs {
    const ama__codec_part *part;
    int n_outer; /* axes that are stepped; what is below them is one run */
    int64_t stride[AMA_MAX_DIMS], at[AMA_MAX_DIMS];
    size_t bytes; /* of a run */
    bool more;
} runs;

static void first_run(runs *r, const ama__codec_part *part) {
    const ama__box *b = &part->box;
    *r = (runs){.part = part, .n_outer = b->ndim, .bytes = part->item_bytes, .more = ama__box_size(b) > 0};
    ama__shape_strides(b->ndim, part->shape, r->stride);
    while (r->n_outer > 0) {
        int d = --r->n_outer;
        r->bytes *= (size_t)b->count[d];
        if (b->count[d] != part->shape[d]) break;
    }
}

static void next_run(runs *r) {
    r->more = ama__index_next(r->n_outer, r->part->box.count, r->at);
}

static size_t run_start(const runs *r) {
    int64_t items = 0;
    for (int d = 0; d < r->part->box.ndim; d++)
        items += (r->part->box.start[d] + (d < r->n_outer ? r->at[d] : 0)) * r->stride[d];
    return (size_t)items * r->part->item_bytes;
}

/* The next blocks [*first, *end), side by side, that the runs touch;
 * false when there are none. */
static bool next_blocks(runs *r, size_t block_bytes, size_t *first, size_t *end) {
    if (!r->more) return false;
    *first = run_start(r) / block_bytes;
    *end = (run_start(r) + r->bytes - 1) / block_bytes + 1;
    for (next_run(r); r->more; next_run(r)) {
        size_t start = run_start(r);
        if (start / block_bytes > *end) break;
        *end = (start + r->bytes - 1) / block_bytes + 1;
    }
    return true;
}

static size_t count_blocks(const ama__codec_part *part, size_t block_bytes) {
    runs r;
    size_t n = 0, first, end;
    first_run(&r, part);
    while (next_blocks(&r, block_bytes, &first, &end)) n += end - first;
    return n;
}

ama_status ama__blosc_decode_part(ama_ctx *ctx, const ama__codec_part *part, const void *src, size_t src_bytes,
                                  void *dst) {
    size_t raw_bytes = part->raw_bytes;
    header h;
    runs r;
    size_t first, end;
    AMA_TRY(read_header(ctx, src, src_bytes, raw_bytes, &h));
    if (h.raw != raw_bytes)
        return ama__fail(ctx, AMA_ERR_FORMAT, "blosc gives %zu bytes where %zu are expected", h.raw, raw_bytes);
    if (raw_bytes == 0) return AMA_OK;
    size_t n_blocks = (h.raw + h.block_bytes - 1) / h.block_bytes, element = h.element_bytes;
    /* one call for all spares a copy of each block */
    bool whole_elements = element > 0 && h.block_bytes % element == 0 && h.raw % element == 0;
    if (!whole_elements || count_blocks(part, h.block_bytes) * 4 > n_blocks * 3)
        return decode_all(ctx, &h, src, src_bytes, dst, raw_bytes);
    first_run(&r, part);
    while (next_blocks(&r, h.block_bytes, &first, &end)) {
        size_t start = first * h.block_bytes, stop = end < n_blocks ? end * h.block_bytes : h.raw;
        int n = blosc_getitem(src, (int)(start / element), (int)((stop - start) / element), (char *)dst + start);
        AMA_TRY(check_result(ctx, n, stop - start, src_bytes));
    }
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
