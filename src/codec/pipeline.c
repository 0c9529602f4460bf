/* Runs the steps of a pipeline. Decoding goes from the last step to the first: each step reads where the one before
 * left its output, one of two scratch buffers in turn, and the last to run writes to the caller's buffer. A checksum
 * is verified in place and cut off. Encoding is the same forwards, with checksums appended in place. */
#include "codec/pipeline.h"

#include "base/phase.h"
#include "codec/steps.h"

#include <stdio.h>
#include <string.h>

static const ama__codec_family families[AMA_CODEC_UNKNOWN] = {
    [AMA_CODEC_DEFLATE] = {"deflate", ama__deflate_decode, ama__deflate_encode, ama__deflate_bound, false},
    [AMA_CODEC_GZIP] = {"gzip", ama__gzip_decode, ama__gzip_encode, ama__gzip_bound, false},
    [AMA_CODEC_ZSTD] = {"zstd", ama__zstd_decode, ama__zstd_encode, ama__zstd_bound, false},
    [AMA_CODEC_LZ4] = {"lz4", ama__lz4_decode, ama__lz4_encode, ama__lz4_bound, false},
    [AMA_CODEC_BLOSC] = {"blosc", ama__blosc_decode, ama__blosc_encode, ama__blosc_bound, false},
    [AMA_CODEC_SHUFFLE] = {"shuffle", ama__shuffle_decode, ama__shuffle_encode, ama__shuffle_bound, true},
    [AMA_CODEC_FLETCHER32] = {"fletcher32", NULL, NULL, NULL, true}, /* done in place, below */
};

/* ---- work */

ama_status ama__codec_work_create(ama_ctx *ctx, ama__codec_work **out) {
    void *p;
    *out = NULL;
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_SCRATCH, 1, sizeof(ama__codec_work), &p));
    *out = p;
    (*out)->ctx = ctx;
    (*out)->simd = ama__shuffle_simd();
    return AMA_OK;
}

void ama__codec_work_repeat(ama__codec_work *w, bool repeat) {
    w->repeat = repeat;
}

void ama__codec_work_destroy(ama__codec_work **w) {
    ama__codec_work *it = *w;
    if (!it) return;
    ama__deflate_fini(it);
    ama__zstd_fini(it);
    ama__lz4_fini(it);
    for (int k = 0; k < 2; k++) ama__mem_free(it->ctx, it->scratch[k]);
    ama__mem_free(it->ctx, it);
    *w = NULL;
}

static ama_status need_scratch(ama_ctx *ctx, ama__codec_work *w, int k, size_t bytes, void **out) {
    if (!w->scratch[k] || bytes > w->scratch_bytes[k]) {
        AMA_FREE(ctx, w->scratch[k]); /* first: both need not fit into the budget */
        w->scratch_bytes[k] = 0;
        AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_SCRATCH, bytes ? bytes : 1, &w->scratch[k]));
        w->scratch_bytes[k] = bytes;
    }
    *out = w->scratch[k];
    return AMA_OK;
}

/* ---- what a pipeline is */

static const char *print_step(const ama__codec_step *s, char *buf, size_t buf_bytes) {
    static const char *const shuffles[] = {"noshuffle", "shuffle", "bitshuffle"};
    const char *name = s->codec < AMA_CODEC_UNKNOWN ? families[s->codec].name : s->name;
    switch (s->codec) {
    case AMA_CODEC_DEFLATE:
    case AMA_CODEC_GZIP:
    case AMA_CODEC_ZSTD:
    case AMA_CODEC_LZ4: snprintf(buf, buf_bytes, "%s(%d)", name, s->a); break;
    case AMA_CODEC_BLOSC:
        snprintf(buf, buf_bytes, "%s(%.*s,%d,%s)", name, AMA_CODEC_NAME_MAX, s->name[0] ? s->name : "lz4", s->a,
                 s->b >= 0 && s->b <= 2 ? shuffles[s->b] : "autoshuffle");
        break;
    case AMA_CODEC_SHUFFLE: snprintf(buf, buf_bytes, "%s(%d)", name, s->element_bytes); break;
    case AMA_CODEC_FLETCHER32: snprintf(buf, buf_bytes, "%s", name); break;
    default: snprintf(buf, buf_bytes, "%.*s", AMA_CODEC_NAME_MAX, name[0] ? name : "unknown"); break;
    }
    return buf;
}

/* Outermost step first, which is the order of decoding. */
const char *ama__pipeline_print(const ama__pipeline *p, char *buf, size_t buf_bytes) {
    char one[AMA_CODEC_NAME_MAX + 48];
    size_t at = 0;
    snprintf(buf, buf_bytes, "%s", p->n > 0 ? "" : "raw");
    for (int i = p->n - 1; i >= 0 && at < buf_bytes; i--) {
        int n = snprintf(buf + at, buf_bytes - at, "%s%s", at ? "+" : "", print_step(&p->step[i], one, sizeof one));
        at += (size_t)n;
    }
    return buf;
}

static ama_status check_step(ama_ctx *ctx, const ama__codec_step *s) {
    char buf[AMA_CODEC_NAME_MAX + 48];
    if ((unsigned)s->codec >= AMA_CODEC_UNKNOWN)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "Amasia cannot decode \"%s\"", print_step(s, buf, sizeof buf));
    if (s->codec == AMA_CODEC_SHUFFLE && s->element_bytes < 1)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "shuffle of elements of %d bytes", s->element_bytes);
    if (s->codec == AMA_CODEC_BLOSC) return ama__blosc_check(ctx, s->name);
    return AMA_OK;
}

static ama_status check_count(ama_ctx *ctx, const ama__pipeline *p) {
    if (p->n >= 0 && p->n <= AMA_PIPELINE_MAX) return AMA_OK;
    return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "a pipeline of %d steps (at most %d)", p->n, AMA_PIPELINE_MAX);
}

ama_status ama__pipeline_check(ama_ctx *ctx, const ama__pipeline *p) {
    AMA_TRY(check_count(ctx, p));
    for (int i = 0; i < p->n; i++) AMA_TRY(check_step(ctx, &p->step[i]));
    return AMA_OK;
}

static size_t add(size_t a, size_t b) {
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static size_t step_bound(const ama__codec_step *s, size_t raw_bytes) {
    if (s->codec == AMA_CODEC_FLETCHER32) return add(raw_bytes, AMA_FLETCHER32_BYTES);
    if (raw_bytes > SIZE_MAX / 4) return SIZE_MAX; /* no library's formula overflows below */
    return (unsigned)s->codec < AMA_CODEC_UNKNOWN ? families[s->codec].bound(raw_bytes) : raw_bytes;
}

size_t ama__pipeline_bound(const ama__pipeline *p, size_t raw_bytes) {
    for (int i = 0; i < p->n; i++) raw_bytes = step_bound(&p->step[i], raw_bytes);
    return raw_bytes;
}

/* ---- decoding */

/* The sizes of the data between the steps of one chunk. */
typedef struct sizes {
    size_t limit[AMA_PIPELINE_MAX]; /* most bytes that decoding step i may give */
    bool exact[AMA_PIPELINE_MAX];   /* and also the least */
} sizes;

/* What goes into a compressor behind another compressor has no known size. Writers with other settings or libraries may
 * be worse than our bound by up to an eighth (zlib with little memory), so a quarter is allowed for. */
static void find_sizes(const ama__pipeline *p, uint32_t skip_mask, size_t raw_bytes, sizes *out) {
    size_t limit = raw_bytes;
    bool exact = true;
    for (int i = 0; i < p->n; i++) {
        out->limit[i] = limit;
        out->exact[i] = exact;
        if (skip_mask >> i & 1) continue;
        limit = step_bound(&p->step[i], limit);
        if (families[p->step[i].codec].keeps_size) continue;
        limit = add(limit, limit / 4 + 4096);
        exact = false;
    }
}

static ama_status wrong_size(ama_ctx *ctx, const char *what, size_t have, size_t want) {
    return ama__fail(ctx, AMA_ERR_FORMAT, "%s gives %zu bytes where %zu are expected", what, have, want);
}

static ama_status check_sum(ama_ctx *ctx, const void *data, size_t *n) {
    if (*n < AMA_FLETCHER32_BYTES)
        return ama__fail(ctx, AMA_ERR_FORMAT, "%zu bytes are too few to end in a fletcher32 checksum", *n);
    *n -= AMA_FLETCHER32_BYTES;
    return ama__fletcher32_check(ctx, data, *n, (const uint8_t *)data + *n);
}

/* True where a shuffle at step i and a checksum at step `first` are all that is left. netCDF-4 writes checksums
 * first, so this is what its checksummed variables end in. */
static bool is_shuffled_sum(const ama__pipeline *p, uint32_t skip_mask, int first, int i) {
    if (p->step[i].codec != AMA_CODEC_SHUFFLE || p->step[first].codec != AMA_CODEC_FLETCHER32) return false;
    while (--i > first)
        if (!(skip_mask >> i & 1)) return false;
    return true;
}

/* Both at once, which spares a copy: the data go to dst, the checksum behind them aside. */
static ama_status decode_shuffled_sum(ama_ctx *ctx, const ama__codec_work *w, const ama__codec_step *s, const void *src,
                                      size_t src_bytes, void *dst, size_t raw_bytes) {
    uint8_t sum[AMA_FLETCHER32_BYTES];
    if (src_bytes != add(raw_bytes, sizeof sum))
        return wrong_size(ctx, "the checksummed chunk", src_bytes, add(raw_bytes, sizeof sum));
    ama__unshuffle_split(w->simd, (size_t)s->element_bytes, src, src_bytes, dst, raw_bytes, sum);
    return ama__fletcher32_check(ctx, dst, raw_bytes, sum);
}

static ama_status decode(ama_ctx *ctx, ama__codec_work *w, const ama__pipeline *p, uint32_t skip_mask, const void *src,
                         size_t src_bytes, void *dst, size_t raw_bytes) {
    sizes size;
    const void *at = src;
    size_t n = src_bytes;
    int first = 0, turn = 0;
    char nothing; /* stands for the buffer of an empty chunk, which may be NULL */

    AMA_TRY(check_count(ctx, p));
    for (int i = 0; i < p->n; i++)
        if (!(skip_mask >> i & 1)) AMA_TRY(check_step(ctx, &p->step[i]));
    if (!dst && raw_bytes == 0) dst = &nothing;
    if (!at && n == 0) at = &nothing;
    find_sizes(p, skip_mask, raw_bytes, &size);
    while (first < p->n && (skip_mask >> first & 1)) first++;

    for (int i = p->n - 1; i >= first; i--) {
        const ama__codec_step *s = &p->step[i];
        if (skip_mask >> i & 1) continue;
        if (s->codec == AMA_CODEC_FLETCHER32) {
            AMA_TRY(check_sum(ctx, at, &n));
            continue;
        }
        if (is_shuffled_sum(p, skip_mask, first, i)) return decode_shuffled_sum(ctx, w, s, at, n, dst, raw_bytes);
        void *to = dst;
        if (i > first) AMA_TRY(need_scratch(ctx, w, turn, size.limit[i], &to));
        turn = !turn;
        AMA_TRY(families[s->codec].decode(ctx, w, s, at, n, to, size.limit[i], &n));
        if (size.exact[i] && n != size.limit[i]) return wrong_size(ctx, families[s->codec].name, n, size.limit[i]);
        at = to;
    }
    if (n != raw_bytes) return wrong_size(ctx, "the chunk", n, raw_bytes);
    if (at != dst) memcpy(dst, at, n);
    return AMA_OK;
}

ama_status ama__pipeline_decode_part(ama_ctx *ctx, ama__codec_work *w, const ama__pipeline *p, uint32_t skip_mask,
                                     const void *src, size_t src_bytes, const ama__codec_part *part, void *dst) {
    bool blocks = p->n == 1 && p->step[0].codec == AMA_CODEC_BLOSC && !(skip_mask & 1);
    if (!blocks) return ama__pipeline_decode(ctx, w, p, skip_mask, src, src_bytes, dst, part->raw_bytes);
    AMA_TRY(check_step(ctx, &p->step[0]));
    int before = ama__phase_enter(ctx, AMA_PHASE_DECODE);
    ama_status status = ama__blosc_decode_part(ctx, part, src, src_bytes, dst);
    ama__phase_leave(ctx, before);
    return status;
}

/* ---- encoding */

/* The last step that is not a checksum, which writes to dst; checksums behind it are appended there. */
static int last_step(const ama__pipeline *p) {
    int last = p->n - 1;
    while (last > 0 && p->step[last].codec == AMA_CODEC_FLETCHER32) last--;
    return last;
}

/* Every step but the last writes to one of two by turns. */
int ama__pipeline_scratch(const ama__pipeline *p) {
    int last = last_step(p);
    return last < 0 ? 0 : last < 2 ? last : 2;
}

static ama_status encode(ama_ctx *ctx, ama__codec_work *w, const ama__pipeline *p, const void *src, size_t raw_bytes,
                         void *dst, size_t dst_cap, size_t *dst_bytes) {
    const void *at = src;
    void *mine = NULL; /* `at` where it may be written to */
    size_t n = raw_bytes, cap = raw_bytes;
    int last = last_step(p), turn = 0;
    char nothing;

    *dst_bytes = 0;
    AMA_TRY(ama__pipeline_check(ctx, p));
    if (!at && n == 0) at = &nothing;
    if (!dst && dst_cap == 0) dst = &nothing;
    if (dst_cap < ama__pipeline_bound(p, raw_bytes))
        return ama__fail(ctx, AMA_ERR_ARG, "a buffer of %zu bytes for a chunk that may need %zu", dst_cap,
                         ama__pipeline_bound(p, raw_bytes));
    if (src == dst && raw_bytes > 0 && ama__pipeline_scratch(p) == 0 && p->n > 0)
        return ama__fail(ctx, AMA_ERR_ARG, "a chunk is encoded in one step where it lies");

    for (int i = 0; i < p->n; i++) {
        const ama__codec_step *s = &p->step[i];
        size_t room = step_bound(s, n);
        void *to = mine;
        bool in_place = s->codec == AMA_CODEC_FLETCHER32 && mine && (mine == dst || room <= cap);
        if (!in_place) {
            to = dst;
            /* room for a checksum that may follow */
            cap = add(room, (size_t)AMA_PIPELINE_MAX * AMA_FLETCHER32_BYTES);
            if (i < last) AMA_TRY(need_scratch(ctx, w, turn, cap, &to));
            turn = !turn;
        }
        if (s->codec == AMA_CODEC_FLETCHER32) {
            if (!in_place) memcpy(to, at, n);
            ama__fletcher32_append(to, n);
            n = room;
        } else {
            AMA_TRY(families[s->codec].encode(ctx, w, s, at, n, to, room, &n));
        }
        at = mine = to;
    }
    if (at != dst) memcpy(dst, at, n);
    *dst_bytes = n;
    return AMA_OK;
}

/* ---- timed */

ama_status ama__pipeline_decode(ama_ctx *ctx, ama__codec_work *w, const ama__pipeline *p, uint32_t skip_mask,
                                const void *src, size_t src_bytes, void *dst, size_t raw_bytes) {
    int before = ama__phase_enter(ctx, AMA_PHASE_DECODE);
    ama_status status = decode(ctx, w, p, skip_mask, src, src_bytes, dst, raw_bytes);
    ama__phase_leave(ctx, before);
    return status;
}

ama_status ama__pipeline_encode(ama_ctx *ctx, ama__codec_work *w, const ama__pipeline *p, const void *src,
                                size_t raw_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    int before = ama__phase_enter(ctx, AMA_PHASE_ENCODE);
    ama_status status = encode(ctx, w, p, src, raw_bytes, dst, dst_cap, dst_bytes);
    ama__phase_leave(ctx, before);
    return status;
}
