/* Made-up values stand for those of files: a smooth field and noise, so much that it shrinks as far as those do. */
#include "codec/measure.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#include "base/phase.h"

enum { SAMPLE_BYTES = 32 << 10, RAW_MOST = 1 << 20, DEFLATE_MOST = 128 << 10, TIMES = 2 };

typedef struct trial {
    ama_ctx *ctx;
    ama__codec_work *work;
    const ama__pipeline *p;
    int element_bytes;
    char *raw, *coded;
    size_t raw_bytes, cap, bytes;
    double encode_s; /* of the last encode, per byte */
    uint64_t seed;
} trial;

/* A wave around a mean, coarse enough to shrink to little, with `noise` random low bits. */
static void make_values(trial *t, size_t raw_bytes, int noise) {
    const size_t size = (size_t)t->element_bytes;
    uint64_t mask = noise >= 64 ? UINT64_MAX : ((uint64_t)1 << noise) - 1, seed = t->seed;
    for (size_t i = 0; i < raw_bytes / size; i++) {
        double x = 280.0 + 30.0 * sin(0.01 * (double)i);
        uint64_t bits = 0;
        float f = (float)x;
        if (size == 8)
            memcpy(&bits, &x, 8);
        else if (size == 4)
            memcpy(&bits, &f, 4);
        else
            bits = (uint64_t)(size == 2 ? 100.0 * x : 0.5 * x);
        bits = bits >> 4 * size << 4 * size;
        seed ^= seed << 13; /* xorshift64, Marsaglia 2003 */
        seed ^= seed >> 7;
        seed ^= seed << 17;
        bits = (bits & ~mask) | (seed & mask);
        memcpy(t->raw + i * size, &bits, size); /* little-endian machines only, as everywhere */
    }
    t->seed = seed;
}

static ama_status encode(trial *t, size_t raw_bytes, int noise, double *ratio) {
    make_values(t, raw_bytes, noise);
    double start = ama__cpu_s();
    AMA_TRY(ama__pipeline_encode(t->ctx, t->work, t->p, t->raw, raw_bytes, t->coded,
                                 ama__pipeline_bound(t->p, raw_bytes), &t->bytes));
    t->encode_s = (ama__cpu_s() - start) / (double)raw_bytes;
    *ratio = (double)t->bytes / (double)raw_bytes;
    return AMA_OK;
}

/* Random low bits, as measured fields have below what is smooth: the most that stay within the ratio. */
static ama_status find_noise(trial *t, double wanted, int *out) {
    int lo = 0, hi = 8 * t->element_bytes;
    while (hi - lo > 1) {
        double ratio;
        int mid = lo + (hi - lo) / 2;
        AMA_TRY(encode(t, SAMPLE_BYTES, mid, &ratio));
        if (ratio <= wanted)
            lo = mid;
        else
            hi = mid;
    }
    *out = lo;
    return AMA_OK;
}

static bool is_deflate(const ama__pipeline *p) {
    return p->n > 0 && p->step[p->n - 1].codec == AMA_CODEC_DEFLATE;
}

/* The values that were encoded last, as most files have them: written with zlib, whose short blocks are just stored
 * where nothing shrinks. What the encoders here make of the same values takes twice as long to decode. */
static ama_status encode_as_zlib(trial *t) {
    ama__pipeline before = *t->p;
    size_t n, cap;
    void *filtered;
    if (!is_deflate(t->p)) return AMA_OK;
    before.n--;
    cap = ama__pipeline_bound(&before, t->raw_bytes);
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_SCRATCH, cap, &filtered));
    ama_status status = ama__pipeline_encode(t->ctx, t->work, &before, t->raw, t->raw_bytes, filtered, cap, &n);
    uLongf made = (uLongf)t->cap;
    if (status == AMA_OK && compress2((Bytef *)t->coded, &made, filtered, (uLong)n, Z_BEST_SPEED) == Z_OK)
        t->bytes = made;
    ama__mem_free(t->ctx, filtered);
    return status;
}

static size_t raw_bytes_of(const ama__pipeline *p, int64_t chunk_bytes) {
    int64_t most = is_deflate(p) ? DEFLATE_MOST : RAW_MOST;
    if (chunk_bytes > most) return (size_t)most;
    return chunk_bytes < SAMPLE_BYTES ? SAMPLE_BYTES : (size_t)chunk_bytes / 8 * 8;
}

/* Other values each time: a processor that has seen a stream before decodes it faster. */
static ama_status measure_at(trial *t, int noise, ama__codec_speed *out) {
    out->encode_s = out->decode_s = INFINITY;
    for (int k = 0; k < TIMES; k++) {
        AMA_TRY(encode(t, t->raw_bytes, noise, &out->ratio));
        out->encode_s = fmin(out->encode_s, t->encode_s);
        AMA_TRY(encode_as_zlib(t));
        double start = ama__cpu_s();
        AMA_TRY(ama__pipeline_decode(t->ctx, t->work, t->p, 0, t->coded, t->bytes, t->raw, t->raw_bytes));
        out->decode_s = fmin(out->decode_s, (ama__cpu_s() - start) / (double)t->raw_bytes);
    }
    return AMA_OK;
}

/* Between the amounts of noise that give a little less and a little more than the wanted ratio. */
static ama_status measure(trial *t, double wanted, ama__codec_speed *out) {
    ama__codec_speed less, more;
    int noise;
    AMA_TRY(ama__codec_work_create(t->ctx, &t->work));
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_SCRATCH, t->raw_bytes, (void **)&t->raw));
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_SCRATCH, t->cap, (void **)&t->coded));
    AMA_TRY(find_noise(t, wanted, &noise));
    AMA_TRY(measure_at(t, noise, &less));
    AMA_TRY(measure_at(t, noise + 1, &more));
    double x = more.ratio > less.ratio ? (wanted - less.ratio) / (more.ratio - less.ratio) : 0;
    x = fmin(fmax(x, 0), 1);
    out->ratio = less.ratio + x * (more.ratio - less.ratio);
    out->encode_s = less.encode_s + x * (more.encode_s - less.encode_s);
    out->decode_s = less.decode_s + x * (more.decode_s - less.decode_s);
    return AMA_OK;
}

ama_status ama__codec_measure(ama_ctx *ctx, const ama__pipeline *p, int element_bytes, int64_t chunk_bytes,
                              double ratio, ama__codec_speed *out) {
    trial t = {.ctx = ctx,
               .p = p,
               .element_bytes = element_bytes,
               .raw_bytes = raw_bytes_of(p, chunk_bytes),
               .seed = 88172645463325252u};
    t.cap = ama__pipeline_bound(p, t.raw_bytes);
    *out = (ama__codec_speed){0, 0, 1};
    if (p->n == 0) return AMA_OK;
    ama_status status = measure(&t, ratio > 0 ? ratio : 0.5, out);
    ama__mem_free(ctx, t.raw);
    ama__mem_free(ctx, t.coded);
    ama__codec_work_destroy(&t.work);
    return status;
}
