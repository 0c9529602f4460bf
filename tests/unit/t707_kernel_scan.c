/* TEST: labels=unit
 * Running sums and products: every type against one-value-at-a-time sums, the same bits however rows are cut into
 * calls, missing values, wrap-around, float32 in float64. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "kernel/scan.h"

enum { ROWS = 23, RUN = 37, STRIDE = 41 };

static uint64_t seed = 1;

static uint64_t rnd(void) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 17;
}

static double some(bool missing) {
    return missing && rnd() % 7 == 0 ? NAN : (double)(rnd() % 2001) / 1000 - 1 + 1e-9 * (double)(rnd() % 1000);
}

static void *draw(ama__class c, int64_t n) {
    void *x = calloc((size_t)n, 8);
    for (int64_t i = 0; i < n; i++) {
        if (c == AMA_CLASS_F4) ((float *)x)[i] = (float)some(true);
        if (c == AMA_CLASS_F8) ((double *)x)[i] = some(true);
        if (c == AMA_CLASS_I) ((uint64_t *)x)[i] = rnd() * 0x9E3779B97F4A7C15u;
    }
    return x;
}

/* Value i of the input as the accumulator takes it, as 64 bits. */
static uint64_t taken(const ama__scan_kind *k, const void *x, int64_t i) {
    double f = k->class == AMA_CLASS_F4 ? (double)((const float *)x)[i] : 0;
    uint64_t bits;
    if (k->class == AMA_CLASS_I) return ((const uint64_t *)x)[i];
    if (k->class == AMA_CLASS_F8) f = ((const double *)x)[i];
    if (k->skipna && isnan(f)) f = k->product;
    memcpy(&bits, &f, 8);
    return bits;
}

static uint64_t combine(const ama__scan_kind *k, uint64_t a, uint64_t b) {
    double x, y;
    if (k->class == AMA_CLASS_I) return k->product ? a * b : a + b;
    memcpy(&x, &a, 8);
    memcpy(&y, &b, 8);
    x = k->product ? x * y : x + y;
    memcpy(&a, &x, 8);
    return a;
}

static bool same(const ama__scan_kind *k, uint64_t a, uint64_t b) {
    double x, y;
    memcpy(&x, &a, 8);
    memcpy(&y, &b, 8);
    return a == b || (k->class != AMA_CLASS_I && isnan(x) && isnan(y));
}

static void check(const ama__scan_kind *k, int64_t run, int64_t stride) {
    void *x = draw(k->class, ROWS * run);
    size_t size = ama__class_bytes(k->class);
    uint64_t whole[ROWS * STRIDE], pieces[ROWS * STRIDE];
    memset(whole, 0xab, sizeof whole);
    memcpy(pieces, whole, sizeof whole);
    ama__scan_rows(k, ROWS, run, x, NULL, whole, stride);
    for (int64_t r = 0; r < ROWS;) { /* a few rows at a time */
        int64_t n = 1 + (int64_t)(rnd() % 5);
        if (n > ROWS - r) n = ROWS - r;
        ama__scan_rows(k, n, run, (const char *)x + (size_t)(r * run) * size, r ? pieces + (r - 1) * stride : NULL,
                       pieces + r * stride, stride);
        r += n;
    }
    assert_memory_equal(whole, pieces, sizeof whole);
    for (int64_t i = 0; i < run; i++) {
        uint64_t now = taken(k, x, i);
        for (int64_t r = 0; r < ROWS; r++) {
            if (r > 0) now = combine(k, now, taken(k, x, r * run + i));
            assert_true(same(k, whole[r * stride + i], now));
        }
    }
    for (int64_t r = 0; r < ROWS - 1; r++) /* nothing between the rows is touched */
        for (int64_t i = run; i < stride; i++) assert_true(whole[r * stride + i] == 0xababababababababu);
    free(x);
}

static void all_kinds(void **state) {
    static const ama__class class[] = {AMA_CLASS_I, AMA_CLASS_F4, AMA_CLASS_F8};
    (void)state;
    for (int c = 0; c < 3; c++)
        for (int product = 0; product < 2; product++)
            for (int skipna = 0; skipna < 2; skipna++) {
                ama__scan_kind k = {class[c], product, skipna};
                check(&k, RUN, STRIDE);
                check(&k, 1, 1);
                check(&k, 1, 3);
                check(&k, 2, 2);
            }
}

/* A float32 sum stops growing at 2^24; this one does not. Negative zero and infinities are what they are. */
static void edges(void **state) {
    const ama__scan_kind sum = {AMA_CLASS_F4, false, true}, all = {AMA_CLASS_F8, false, false};
    const float x[3] = {16777216.0f, 1.0f, 1.0f};
    const double y[4] = {-0.0, INFINITY, -INFINITY, 1};
    double out[4], before = 2;
    (void)state;
    ama__scan_rows(&sum, 3, 1, x, NULL, out, 1);
    assert_true(out[2] == 16777218.0);
    ama__scan_rows(&all, 4, 1, y, NULL, out, 1);
    assert_true(out[0] == 0 && signbit(out[0]) && isinf(out[1]) && isnan(out[2]) && isnan(out[3]));
    ama__scan_rows(&all, 1, 1, y + 3, &before, out, 1);
    assert_true(out[0] == 3);
    ama__scan_rows(&all, 0, 1, y, NULL, out, 1);
    assert_true(out[0] == 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_kinds), cmocka_unit_test(edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
