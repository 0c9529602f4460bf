#include "codec/measure.h"

#include <math.h>
#include <string.h>

#include "base/phase.h"

enum { RAW_BYTES = 128 << 10, TIMES = 5 };

typedef struct trial {
    ama_ctx *ctx;
    ama__codec_work *work;
    const ama__pipeline *p;
    int element_bytes;
    char *raw, *coded;
    size_t cap, bytes;
    double encode_s; /* of the last encode */
} trial;

/* A wave around a mean, coarse enough to shrink to little, with `noise` random low bits. */
static void make_values(char *out, int size, int noise) {
    uint64_t seed = 88172645463325252u; /* xorshift64, Marsaglia 2003 */
    uint64_t mask = noise >= 64 ? UINT64_MAX : ((uint64_t)1 << noise) - 1;
    for (int i = 0; i < RAW_BYTES / size; i++) {
        double x = 280.0 + 30.0 * sin(0.01 * i);
        uint64_t bits = 0;
        float f = (float)x;
        if (size == 8)
            memcpy(&bits, &x, 8);
        else if (size == 4)
            memcpy(&bits, &f, 4);
        else
            bits = (uint64_t)(size == 2 ? 100.0 * x : 0.5 * x);
        bits = bits >> 4 * size << 4 * size;
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        bits = (bits & ~mask) | (seed & mask);
        memcpy(out + (size_t)i * (size_t)size, &bits, (size_t)size); /* little-endian machines only, as everywhere */
    }
}

static ama_status encode(trial *t, int noise, double *ratio) {
    make_values(t->raw, t->element_bytes, noise);
    double start = ama__cpu_s();
    AMA_TRY(ama__pipeline_encode(t->ctx, t->work, t->p, t->raw, RAW_BYTES, t->coded, t->cap, &t->bytes));
    t->encode_s = ama__cpu_s() - start;
    *ratio = (double)t->bytes / RAW_BYTES;
    return AMA_OK;
}

/* Whole bytes of noise, as measured fields have below what is smooth: as many as bring the ratio nearest. */
static ama_status find_noise(trial *t, double wanted, double *ratio) {
    double nearest = INFINITY;
    int best = 0;
    for (int n = 0; n <= t->element_bytes; n++) {
        AMA_TRY(encode(t, 8 * n, ratio));
        if (fabs(*ratio - wanted) >= nearest) continue;
        nearest = fabs(*ratio - wanted);
        best = 8 * n;
    }
    return encode(t, best, ratio);
}

static ama_status measure(trial *t, double wanted, ama__codec_speed *out) {
    double best = INFINITY;
    AMA_TRY(ama__codec_work_create(t->ctx, &t->work));
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_SCRATCH, RAW_BYTES, (void **)&t->raw));
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_SCRATCH, t->cap, (void **)&t->coded));
    AMA_TRY(find_noise(t, wanted, &out->ratio));
    for (int i = 0; i < TIMES; i++) {
        double start = ama__cpu_s();
        AMA_TRY(ama__pipeline_decode(t->ctx, t->work, t->p, 0, t->coded, t->bytes, t->raw, RAW_BYTES));
        best = fmin(best, ama__cpu_s() - start);
    }
    out->decode_s = best / RAW_BYTES;
    out->encode_s = t->encode_s / RAW_BYTES;
    return AMA_OK;
}

ama_status ama__codec_measure(ama_ctx *ctx, const ama__pipeline *p, int element_bytes, double ratio,
                              ama__codec_speed *out) {
    trial t = {.ctx = ctx, .p = p, .element_bytes = element_bytes, .cap = ama__pipeline_bound(p, RAW_BYTES)};
    *out = (ama__codec_speed){0, 0, 1};
    if (p->n == 0) return AMA_OK;
    ama_status status = measure(&t, ratio > 0 ? ratio : 0.5, out);
    ama__mem_free(ctx, t.raw);
    ama__mem_free(ctx, t.coded);
    ama__codec_work_destroy(&t.work);
    return status;
}
