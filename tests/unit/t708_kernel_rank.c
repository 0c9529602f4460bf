/* TEST: labels=unit
 * Ranks of columns: every type against counting the smaller and the equal values, ties, missing values, infinities and
 * both zeros, the same bits however rows come, nothing touched between the columns. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "kernel/rank.h"

enum { RUN = 5, STRIDE = 7 };

static uint64_t seed = 1;

static uint64_t rnd(void) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 17;
}

static double odd(void) {
    static const double some[] = {NAN, -0.0, 0.0, INFINITY, -INFINITY, 5e-324, -5e-324, 1e300};
    return some[rnd() % 8];
}

/* Class values: of few different ones when `few`. */
static void *draw(ama_dtype t, int64_t n, bool few) {
    void *x = calloc((size_t)n, 8);
    for (int64_t i = 0; i < n; i++) {
        double f = rnd() % 5 == 0 ? odd() : few ? (double)(rnd() % 9) - 4 : ldexp((double)rnd(), -40) - 64;
        uint64_t u = few ? rnd() % 9 - 4 : rnd() * 0x9E3779B97F4A7C15u;
        if (rnd() % 9 == 0) u = t == AMA_U8 ? UINT64_MAX : (uint64_t)INT64_MAX + rnd() % 2;
        switch (ama__class_of(t)) {
        case AMA_CLASS_B: ((uint8_t *)x)[i] = rnd() % 2; break;
        case AMA_CLASS_I: ((uint64_t *)x)[i] = u; break;
        case AMA_CLASS_F4: ((float *)x)[i] = (float)f; break;
        case AMA_CLASS_F8: ((double *)x)[i] = f;
        }
    }
    return x;
}

/* -1 smaller, 0 equal, 1 larger, 2 one is NaN. */
static int compare(ama_dtype t, const void *x, int64_t a, int64_t b) {
    if (ama__dtype_is_float(t)) {
        double p = t == AMA_F4 ? (double)((const float *)x)[a] : ((const double *)x)[a];
        double q = t == AMA_F4 ? (double)((const float *)x)[b] : ((const double *)x)[b];
        return isnan(p) || isnan(q) ? 2 : (p > q) - (p < q);
    }
    if (t == AMA_BOOL) return ((const uint8_t *)x)[a] - ((const uint8_t *)x)[b];
    uint64_t p = ((const uint64_t *)x)[a], q = ((const uint64_t *)x)[b];
    return t == AMA_U8 ? (p > q) - (p < q) : ((int64_t)p > (int64_t)q) - ((int64_t)p < (int64_t)q);
}

static double wanted(const ama__rank_kind *k, const void *x, int64_t n, int64_t run, int64_t r, int64_t c) {
    int64_t less = 0, same = 0, valid = 0;
    if (compare(k->dtype, x, r * run + c, r * run + c) == 2) return NAN;
    for (int64_t i = 0; i < n; i++) {
        int order = compare(k->dtype, x, i * run + c, r * run + c);
        less += order < 0;
        same += order == 0;
        valid += order != 2;
    }
    double rank = (double)less + (double)(same + 1) / 2;
    return k->pct ? rank / (double)valid : rank;
}

static void check(const ama__rank_kind *k, int64_t n, int64_t run, int64_t stride, bool few) {
    char *x = draw(k->dtype, n * run, few);
    size_t size = ama__class_bytes(ama__class_of(k->dtype)), bytes = (size_t)(n * stride + 1) * 8;
    double *whole = malloc(bytes), *pieces = malloc(bytes);
    void *work = malloc(ama__rank_work_bytes(n) + 1);
    memset(whole, 0xab, bytes);
    memcpy(pieces, whole, bytes);
    ama__rank_keys(k, n, run, x, whole, stride);
    ama__rank_columns(k, n, run, whole, stride, work);
    for (int64_t r = 0, m; r < n; r += m) {
        m = 1 + (int64_t)(rnd() % 40);
        if (m > n - r) m = n - r;
        ama__rank_keys(k, m, run, x + (size_t)(r * run) * size, pieces + r * stride, stride);
    }
    for (int64_t c = 0; c < run; c++) ama__rank_columns(k, n, 1, pieces + c, stride, work);
    assert_memory_equal(whole, pieces, bytes);
    for (int64_t r = 0; r < n; r++)
        for (int64_t c = 0; c < stride; c++) {
            double want = c < run ? wanted(k, x, n, run, r, c) : 0, got = whole[r * stride + c];
            uint64_t bits;
            memcpy(&bits, &got, sizeof bits);
            if (c >= run) assert_true(bits == 0xababababababababu);
            if (c < run) assert_true(isnan(want) ? isnan(got) : got == want);
        }
    free(x);
    free(whole);
    free(pieces);
    free(work);
}

static void all_types(void **state) {
    static const int64_t length[] = {0, 1, 2, 48, 49, 300};
    (void)state;
    for (int t = AMA_BOOL; t <= AMA_F8; t++)
        for (int pct = 0; pct < 2; pct++)
            for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
                const ama__rank_kind k = {(ama_dtype)t, pct};
                check(&k, length[i], RUN, STRIDE, true);
                check(&k, length[i], 1, 1, false);
                check(&k, length[i], RUN, RUN, false);
            }
}

/* As bottleneck.nanrankdata has it: of [2, nan, -0, 0, 2, inf]. */
static void example(void **state) {
    const double x[] = {2, NAN, -0.0, 0, 2, INFINITY}, want[] = {3.5, 0, 1.5, 1.5, 3.5, 5};
    const ama__rank_kind k = {AMA_F8, false};
    double out[6], work[24];
    (void)state;
    assert_true(ama__rank_work_bytes(6) <= sizeof work);
    ama__rank_keys(&k, 6, 1, x, out, 1);
    ama__rank_columns(&k, 6, 1, out, 1, work);
    for (int i = 0; i < 6; i++) assert_true(i == 1 ? isnan(out[i]) && !signbit(out[i]) : out[i] == want[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_types), cmocka_unit_test(example)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
