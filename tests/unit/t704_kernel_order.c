/* TEST: labels=unit
 * Order statistics of columns, bit for bit as numpy has them: all methods and dtypes, against goldens; any division
 * into parts and tiles; NaN, infinities, zeros; long columns of every shape against a sort. */
#include "cmocka_all.h"

#include <stdlib.h>

#include "kernel/order.h"
#include "kernel_ref.h"

enum { N_Q = 10 };
static const double q[N_Q] = {0.0, 0.01, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 0.999, 1.0};

typedef struct golden {
    ama_dtype dtype;
    int64_t n;
    int kind, method;
    uint64_t bits[N_Q];
} golden;
static const golden goldens[] = {
#include "kernel_golden_order.inc"
};

/* ---- one call */

static void *aligned(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
    assert_non_null(p);
    return p;
}

/* x: [n][cells]. Cut into `cuts` parts; results as float64, NULL where the caller wants the raw ones. */
static void run(const ama__order *o, int64_t n, int64_t cells, const void *x, int cuts, void *out) {
    ama__order_part part[8];
    size_t size = ama__dtype_bytes(o->dtype);
    int parts = 0;
    for (int i = 0; i < cuts; i++) {
        int64_t lo = n * i / cuts, hi = n * (i + 1) / cuts;
        part[parts++] = (ama__order_part){(const char *)x + (size_t)(lo * cells) * size, hi - lo};
    }
    ama__order_input in = {parts, part, cells};
    void *work = aligned(ama__order_work_bytes(o->dtype, n, cells, o->n_q));
    int64_t columns = ama__order_columns(o->dtype, n, cells);
    for (int64_t at = 0; at < cells; at += columns) {
        void *to = (char *)out + (size_t)(at * o->n_q) * ama__dtype_bytes(o->out);
        ama__order_run(1, o, &in, at, cells - at < columns ? cells - at : columns, work, &to);
    }
    free(work);
}

static ama_dtype out_dtype(ama_dtype t, int method) {
    if (method < 0) return ref_is_float(t) ? t : AMA_F8;
    return ama__quantile_is_discrete((ama__quantile)method) ? t : AMA_F8;
}

/* ---- numpy */

static void draw(const golden *g, void *x) {
    uint32_t state = (uint32_t)(g->n * 31 + g->kind * 7 + 1);
    for (int64_t i = 0; i < g->n; i++) {
        state = state * 1664525u + 1013904223u;
        uint32_t v = state >> 8;
        if (ref_is_float(g->dtype))
            ref_set(ref_float(g->dtype, g->kind == 0 ? (double)(v % 1000) / 7 - 50 : (double)v * 1e3 - 5e9), x, i);
        else
            ref_set(ref_int(g->dtype, g->kind == 0 ? v % 100 : v), x, i);
    }
}

static void as_numpy(void **state) {
    char x[601 * 8], out[N_Q * 8];
    (void)state;
    for (size_t k = 0; k < sizeof goldens / sizeof goldens[0]; k++) {
        const golden *g = &goldens[k];
        ama__order o = {
            .dtype = g->dtype, .skipna = true, .median = g->method < 0, .n_q = g->method < 0 ? 1 : N_Q, .q = q};
        if (g->method >= 0) o.method = (ama__quantile)g->method;
        o.out = out_dtype(g->dtype, g->method);
        draw(g, x);
        run(&o, g->n, 1, x, 1 + (int)(k % 5), out);
        for (int64_t i = 0; i < o.n_q; i++) {
            double got = ref_number(ref_get(o.out, out, i)), want;
            memcpy(&want, &g->bits[i], sizeof want);
            if (memcmp(&got, &want, sizeof got) == 0) continue;
            print_error("%s of %d, method %d, q %g: got %.17g, want %.17g\n", ama__dtype_name(g->dtype), (int)g->n,
                        g->method, q[i], got, want);
            fail();
        }
    }
}

/* ---- against a sort */

static uint64_t seed = 7;
static uint64_t rnd(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* Shapes that make narrowing hard: one far value, few distinct ones, values that differ in the last bit, everything. */
static ref_value shaped(ama_dtype t, int shape) {
    double far = rnd() % 500 == 0 ? 1e30 : (double)(rnd() % 1000) * 1e-6;
    switch (ref_is_float(t) ? shape : 4) {
    case 0: return ref_float(t, rnd() % 7 ? 250 + (double)(rnd() % 60000) / 1000 : NAN);
    case 1: return ref_float(t, rnd() % 2 ? -far : far);
    case 2: return ref_float(t, (const double[]){-1, -0.0, 0.0, 1}[rnd() % 4]);
    case 3: return ref_float(t, rnd() % 9 ? 1 + (double)(rnd() % 4) * 1.2e-7 : rnd() % 2 ? INFINITY : -INFINITY);
    default: return ref_int(t, shape == 0 ? (int64_t)(rnd() % 5) : (int64_t)rnd());
    }
}

static void against_sort(ama_dtype t, int shape, int64_t n, int64_t cells, bool skipna) {
    size_t size = ama__dtype_bytes(t);
    char *x = malloc((size_t)(n * cells) * size), *out = malloc((size_t)cells * N_Q * 8);
    ref_value *column = malloc((size_t)n * sizeof *column);
    for (int64_t i = 0; i < n * cells; i++) {
        ref_value v = shaped(t, shape);
        if (!ref_is_float(t)) v = ref_int(t, v.i);
        ref_set(v, x, i);
    }
    for (int m = -1; m < AMA_QUANTILE_N; m += 3) {
        ama__order o = {.dtype = t,
                        .out = out_dtype(t, m),
                        .skipna = skipna,
                        .median = m < 0,
                        .n_q = m < 0   ? 1
                               : m % 2 ? 2
                                       : N_Q,
                        .q = q};
        if (m >= 0) o.method = (ama__quantile)m;
        run(&o, n, cells, x, 3, out);
        for (int64_t c = 0; c < cells; c++)
            for (int64_t k = 0; k < o.n_q; k++) {
                ref_spec s = {m < 0 ? AMA_RED_MEDIAN : AMA_RED_QUANTILE, skipna, 0, 0, false, o.out, o.method, q[k]};
                for (int64_t i = 0; i < n; i++) column[i] = ref_get(t, x, i * cells + c);
                ref_value got = ref_get(o.out, out, c * o.n_q + k), want = ref_reduce(&s, n, column);
                if (!ref_same(got, want))
                    print_error("%s shape %d n %d method %d q %g: got %.17g / %lld, want %.17g / %lld\n",
                                ama__dtype_name(t), shape, (int)n, m, q[k], got.f, (long long)got.i, want.f,
                                (long long)want.i);
                assert_true(ref_same(got, want));
            }
    }
    free(x);
    free(out);
    free(column);
}

static void shapes(void **state) {
    (void)state;
    for (int t = AMA_I1; t <= AMA_F8; t++)
        for (int shape = 0; shape < 4; shape++) {
            against_sort((ama_dtype)t, shape, 300, 5, shape % 2);
            against_sort((ama_dtype)t, shape, 20, 150, true);
        }
    against_sort(AMA_F4, 0, 1500, 2, true);
    against_sort(AMA_F8, 1, 1500, 2, true);
}

static int by_value(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* A column too long for spare memory. */
static void long_column(void **state) {
    int64_t n = 6000001;
    float *x = malloc((size_t)n * sizeof *x), out[N_Q];
    ama__order o = {.dtype = AMA_F4, .out = AMA_F4, .method = AMA_QUANTILE_LOWER, .n_q = N_Q, .q = q};
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        assert_true(ama__order_work_bytes(AMA_F4, n, 1, N_Q) < (size_t)n * 5);
        for (int64_t i = 0; i < n; i++)
            x[i] = kind == 0   ? (float)(rnd() % 100000) / 97
                   : kind == 1 ? (float)(rnd() % 3)
                               : (float)ldexp((double)(rnd() % 1000) - 500, (int)(rnd() % 100) - 50);
        run(&o, n, 1, x, 3, out);
        qsort(x, (size_t)n, sizeof *x, by_value);
        for (int k = 0; k < N_Q; k++) assert_true(out[k] == x[(int64_t)floor((double)(n - 1) * q[k])]);
    }
    free(x);
}

/* Nothing but NaN, one NaN among others, and no value at all. */
static void missing(void **state) {
    float x[6] = {NAN, 1, NAN, 2, NAN, NAN}, out[2];
    int16_t y[2] = {0}, none[2] = {5, 5};
    ama__order o = {.dtype = AMA_F4, .out = AMA_F4, .skipna = true, .median = true, .n_q = 1};
    (void)state;
    run(&o, 3, 2, x, 2, out);
    assert_true(isnan(out[0]) && out[1] == 1.5f);
    o.skipna = false;
    run(&o, 3, 2, x, 1, out);
    assert_true(isnan(out[0]) && isnan(out[1]));
    run(&o, 2, 2, x, 1, out);
    assert_true(isnan(out[0]) && out[1] == 1.5f);
    run(&o, 0, 2, x, 1, out);
    assert_true(isnan(out[0]) && isnan(out[1]));
    ama__order i = {.dtype = AMA_I2, .out = AMA_I2, .method = AMA_QUANTILE_LOWER, .n_q = 1, .q = q};
    run(&i, 0, 2, y, 1, none);
    assert_int_equal(none[0] | none[1], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_numpy), cmocka_unit_test(shapes),
                                       cmocka_unit_test(long_column), cmocka_unit_test(missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
