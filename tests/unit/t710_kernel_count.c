/* TEST: labels=unit
 * Order statistics by counting: the bits of the selection in memory, for all dtypes and methods, widths of digits,
 * hard shapes, and however the column is divided among those who count. */
#include "cmocka_all.h"

#include <stdlib.h>

#include "kernel/count.h"
#include "kernel_ref.h"

enum { N_Q = 6, PARTS = 5 };
static const double q[N_Q] = {0.99, 0.0, 0.3, 0.5, 0.501, 1.0};

static void *aligned(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
    assert_non_null(p);
    return p;
}

static void selected(const ama__order *o, int64_t n, int64_t cells, const void *x, int64_t cell, void *out) {
    ama__order_part part = {x, n};
    ama__order_input in = {1, &part, cells};
    void *work = aligned(ama__order_work_bytes(o->dtype, n, cells, o->n_q));
    ama__order_run(1, o, &in, cell, 1, work, &out);
    free(work);
}

/* Each part counts for itself, last part first; passes are as many as told unless there is no value. */
static void counted(const ama__order *o, int digit, int64_t n, int64_t cells, const void *x, int64_t cell, void *out) {
    size_t max = (size_t)ama__count_size_max(o->n_q, digit), bytes = ama__dtype_bytes(o->dtype);
    int64_t *all = malloc(max * sizeof *all), *one = malloc(max * sizeof *one);
    void *memory = aligned(ama__count_bytes(o->n_q));
    ama__count c;
    int passes = 0;
    bool more = true;
    assert_true(all && one);
    ama__count_init(&c, o, digit, memory);
    for (; more; passes++) {
        size_t size = (size_t)ama__count_size(&c);
        assert_true(size <= max);
        memset(all, 0, size * sizeof *all);
        for (int i = PARTS - 1; i >= 0; i--) {
            int64_t lo = n * i / PARTS, hi = n * (i + 1) / PARTS;
            ama__order_part part = {(const char *)x + (size_t)(lo * cells) * bytes, hi - lo};
            memset(one, 0, size * sizeof *one);
            ama__count_add(&c, &part, cells, cell, one);
            for (size_t k = 0; k < size; k++) all[k] += one[k];
        }
        more = ama__count_narrow(&c, all);
    }
    assert_int_equal(passes, c.n > 0 ? ama__count_passes(o->dtype, digit) : 1);
    ama__count_results(&c, out);
    free(memory);
    free(one);
    free(all);
}

static uint64_t seed = 11;
static uint64_t rnd(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static ref_value shaped(ama_dtype t, int shape) {
    if (!ref_is_float(t)) return ref_int(t, shape == 0 ? (int64_t)(rnd() % 5) : (int64_t)rnd());
    switch (shape) {
    case 0: return ref_float(t, rnd() % 7 ? 250 + (double)(rnd() % 60000) / 1000 : NAN);
    case 1: return ref_float(t, (const double[]){-1, -0.0, 0.0, 1}[rnd() % 4]);
    case 2: return ref_float(t, rnd() % 9 ? 1 + (double)(rnd() % 4) * 1.2e-7 : rnd() % 2 ? INFINITY : -INFINITY);
    default: return ref_float(t, ((double)(rnd() % 2000) - 1000) * (rnd() % 50 ? 1e-6 : 1e30));
    }
}

static void compare(const ama__order *o, int64_t n, int64_t cells, const void *x, int64_t cell) {
    static const int digits[] = {16, 11, 5};
    char want[N_Q * 8], got[N_Q * 8];
    size_t bytes = (size_t)o->n_q * ama__dtype_bytes(o->out);
    selected(o, n, cells, x, cell, want);
    for (size_t k = 0; k < sizeof digits / sizeof digits[0]; k++) {
        memset(got, 0x5a, sizeof got);
        counted(o, digits[k], n, cells, x, cell, got);
        if (memcmp(got, want, bytes) == 0) continue;
        print_error("%s of %d, method %d, median %d, digits of %d\n", ama__dtype_name(o->dtype), (int)n, (int)o->method,
                    o->median, digits[k]);
        fail();
    }
}

static const ama_dtype dtypes[] = {AMA_F4, AMA_F8, AMA_I1, AMA_I2, AMA_I4, AMA_I8, AMA_U1, AMA_U2, AMA_U4, AMA_U8};
enum { N_DTYPES = sizeof dtypes / sizeof dtypes[0] };

static void all_methods(ama_dtype t, int64_t n, int64_t cells, const void *x, bool skipna) {
    for (int m = -1; m < AMA_QUANTILE_N; m++) {
        ama__order o = {.dtype = t, .skipna = skipna, .median = m < 0, .n_q = m < 0 ? 1 : N_Q, .q = q};
        if (m >= 0) o.method = (ama__quantile)m;
        bool kept = m < 0 ? ref_is_float(t) : ama__quantile_is_discrete(o.method);
        o.out = kept ? t : AMA_F8;
        compare(&o, n, cells, x, cells - 1);
    }
}

static void as_selected(void **state) {
    static const int64_t lengths[] = {1, 2, 7, 2500};
    (void)state;
    for (int k = 0; k < N_DTYPES * 4 * 4; k++) {
        ama_dtype t = dtypes[k % N_DTYPES];
        int64_t n = lengths[k / N_DTYPES % 4], cells = 1 + k % 3;
        char *x = malloc((size_t)(n * cells) * 8);
        assert_non_null(x);
        for (int64_t i = 0; i < n * cells; i++) ref_set(shaped(t, k / N_DTYPES / 4), x, i);
        all_methods(t, n, cells, x, true);
        if (ref_is_float(t)) all_methods(t, n, cells, x, false);
        free(x);
    }
}

/* Nothing but NaN, and no value at all. */
static void missing(void **state) {
    float x[3] = {NAN, NAN, NAN}, out = 0;
    ama__order o = {.dtype = AMA_F4, .out = AMA_F4, .skipna = true, .median = true, .n_q = 1};
    (void)state;
    counted(&o, 16, 3, 1, x, 0, &out);
    assert_true(isnan(out));
    out = 0;
    counted(&o, 16, 0, 1, x, 0, &out);
    assert_true(isnan(out));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_selected), cmocka_unit_test(missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
