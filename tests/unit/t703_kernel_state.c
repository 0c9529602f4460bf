/* TEST: labels=unit
 * Accumulator states: every reduction of every dtype, with and without skipna, by cells, in sequence, by rows and
 * merged, against references; same bits where two ways take values in the same order; empty cells, min_count, ddof,
 * empty_nan. */
#include "cmocka_all.h"

#include <stdlib.h>

#include "kernel/state.h"
#include "kernel_ref.h"

enum { CELLS = 37, STEPS = 50, N = CELLS * STEPS };

static uint64_t seed = 42;
static uint64_t rnd(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

typedef enum sort { PLAIN, HUGE, HALF_NAN, ALL_NAN, N_SORTS } sort; /* of values */

static ref_value pick_value(ama_dtype t, sort s) {
    bool nan = s == ALL_NAN || (s == HALF_NAN && rnd() % 2);
    if (ref_is_float(t)) {
        double x = ((double)(rnd() % 4001) - 2000) / 16;
        if (s == HUGE && rnd() % 20 == 0) x = rnd() % 2 ? INFINITY : -INFINITY;
        return ref_float(t, nan ? NAN : s == HUGE ? x * 1e30 : x);
    }
    if (s == HUGE) return ref_int(t, (int64_t)rnd());
    return ref_int(t, (int64_t)(rnd() % 9) - 2);
}

static void put_class(ref_value v, void *p, int64_t i) {
    if (ama__class_of(v.t) == AMA_CLASS_I)
        ((int64_t *)p)[i] = v.i;
    else
        ref_set(v, p, i);
}

static ama_dtype out_dtype(ama__red op, ama_dtype t, const ama__finish *f) {
    bool is_float = ref_is_float(t);
    ama_dtype o = t;
    switch (ama__red_class(op)) {
    case 's': o = is_float ? t : ama__dtype_kind(t) == 'u' ? AMA_U8 : AMA_I8; break;
    case 'm': o = is_float ? t : AMA_F8; break;
    case 'c': o = AMA_I8; break;
    case 'b': o = AMA_BOOL; break;
    default: break;
    }
    if ((f->empty_nan || f->min_count > 0) && !ref_is_float(o)) o = AMA_F8;
    return o;
}

/* Values [step][cell] and their reference results for one kind. */
typedef struct trial {
    ama__state_kind kind;
    ama__finish f;
    sort sort;
    ref_value x[N], want[CELLS];
    _Alignas(64) char data[N * 8];
    size_t size;
    double most; /* largest finite magnitude */
} trial;

static void draw(trial *t) {
    t->size = ama__class_bytes(ama__class_of(t->kind.dtype));
    t->most = 0;
    for (int i = 0; i < N; i++) {
        t->x[i] = pick_value(t->kind.dtype, t->sort);
        put_class(t->x[i], t->data, i);
        double m = fabs(ref_number(t->x[i]));
        if (isfinite(m) && m > t->most) t->most = m;
    }
    for (int c = 0; c < CELLS; c++) {
        ref_value column[STEPS];
        ref_spec s = {t->kind.op, t->kind.skipna, t->f.min_count, t->f.ddof, t->f.empty_nan, t->f.out, 0, 0};
        for (int k = 0; k < STEPS; k++) column[k] = t->x[k * CELLS + c];
        t->want[c] = ref_reduce(&s, STEPS, column);
    }
}

static bool near(const trial *t, ref_value got, ref_value want) {
    if (ref_same(got, want)) return true;
    if (!ref_is_float(want.t)) return false;
    bool single = want.t == AMA_F4;
    double rtol = single ? 1.3e-7 : 1e-13, atol = 0, most = t->most, limit = single ? 3e38 : 1e300;
    ama__red op = t->kind.op;
    if (op == AMA_RED_SUM || op == AMA_RED_MEAN) atol = 1e-14 * STEPS * most;
    if (op == AMA_RED_VAR) atol = 1e-13 * most * most;
    if (op == AMA_RED_STD) atol = 1e-7 * most;
    if (op == AMA_RED_PROD && t->sort == HUGE) return true; /* partial products overflow on some ways */
    if (most * most > limit && (op == AMA_RED_VAR || op == AMA_RED_STD)) return true;
    if (isnan(want.f) || isnan(got.f)) return false;
    return fabs(got.f - want.f) <= atol + rtol * fabs(want.f) || got.f == want.f;
}

static void check(const trial *t, const char *way, ama__state s, int first, int n) {
    char out[CELLS * 8];
    memset(out, 0x5A, sizeof out);
    ama__state_finish(&t->kind, &t->f, s, n, out);
    for (int c = 0; c < n; c++) {
        ref_value got = ref_get(t->f.out, out, c), want = t->want[first + c];
        if (near(t, got, want)) continue;
        print_error("%s of %s by %s, values %d, skipna %d: cell %d got %.17g / %lld, want %.17g / %lld\n",
                    ama__red_name(t->kind.op), ama__dtype_name(t->kind.dtype), way, t->sort, t->kind.skipna, first + c,
                    got.f, (long long)got.i, want.f, (long long)want.i);
        fail();
    }
}

static void same_bits(const trial *t, const char *way, ama__state a, ama__state b, int cells) {
    unsigned planes = ama__state_planes(&t->kind);
    size_t n = (size_t)cells * 8;
    bool same = memcmp(a.n, b.n, n) == 0;
    if (planes & 1) same = same && memcmp(a.v0, b.v0, n) == 0;
    if (planes & 2) same = same && memcmp(a.v1, b.v1, n) == 0;
    if (same) return;
    print_error("%s of %s: %s\n", ama__red_name(t->kind.op), ama__dtype_name(t->kind.dtype), way);
    fail();
}

static void by_cells_and_in_sequence(const trial *t) {
    static _Alignas(64) double mem[2][3 * CELLS];
    const ama__state_kind *k = &t->kind;
    ama__state s = ama__state_at(k, mem[0], CELLS), q = ama__state_at(k, mem[1], CELLS);
    ama__state_init(k, s, CELLS);
    ama__state_init(k, q, CELLS);
    const void *row[STEPS];
    for (int i = 0; i < STEPS; i++) row[i] = t->data + (size_t)(i * CELLS) * t->size;
    for (int i = 0, n; i < STEPS; i += n) { /* 1, 2, … rows at once */
        n = i == 0 ? 1 : i < STEPS / 2 ? i : STEPS - i;
        ama__state_fold(k, s, CELLS, n, row + i);
    }
    check(t, "cells", s, 0, CELLS);
    for (int c = 0; c < CELLS; c++)
        ama__state_fold_seq(k, ama__state_offset(q, c), STEPS, t->data + (size_t)c * t->size, CELLS);
    same_bits(t, "cells and sequence differ", s, q, CELLS);
}

/* Partials of steps [0, 20), none, [20, 50), merged in order; the same a part of the cells at a time. */
static void merged(const trial *t) {
    static _Alignas(64) double mem[3][3 * CELLS];
    const ama__state_kind *k = &t->kind;
    ama__state s[3], before;
    for (int p = 0; p < 3; p++) {
        s[p] = ama__state_at(k, mem[p], CELLS);
        ama__state_init(k, s[p], CELLS);
    }
    for (int i = 0; i < STEPS; i++) {
        const void *row = t->data + (size_t)(i * CELLS) * t->size;
        ama__state_fold(k, s[i < 20 ? 0 : 2], CELLS, 1, &row);
    }
    static double copy[3 * CELLS];
    memcpy(copy, mem[0], sizeof copy);
    before = ama__state_at(k, copy, CELLS);
    ama__state_merge(k, s[0], s[1], CELLS); /* nothing after */
    same_bits(t, "merging an empty state changes bits", s[0], before, CELLS);
    ama__state_merge(k, s[1], s[0], CELLS); /* nothing before */
    same_bits(t, "merging into an empty state changes bits", s[1], before, CELLS);
    ama__state_merge(k, s[0], s[2], 11);
    ama__state_merge(k, ama__state_offset(s[0], 11), ama__state_offset(s[2], 11), CELLS - 11);
    ama__state_merge(k, s[1], s[2], CELLS);
    same_bits(t, "merging in two halves differs", s[0], s[1], CELLS);
    check(t, "merging", s[0], 0, CELLS);
}

static void by_rows(const trial *t) {
    double mem[3], again[3];
    const ama__state_kind *k = &t->kind;
    static _Alignas(64) char row[(STEPS + 1) * 8];
    for (int c = 0; c < CELLS; c++) {
        ama__state s = ama__state_at(k, mem, 1), q = ama__state_at(k, again, 1);
        for (int i = 0; i < STEPS; i++) put_class(t->x[i * CELLS + c], row, i);
        memset(mem, 0xFF, sizeof mem); /* what was in the cell does not count */
        ama__state_row(k, s, STEPS, row);
        check(t, "row", s, c, 1);
        memmove(row + t->size, row, STEPS * t->size); /* bits do not depend on alignment */
        ama__state_row(k, q, STEPS, row + t->size);
        same_bits(t, "alignment changes a row", s, q, 1);
    }
}

static void every_reduction(void **state) {
    static trial t;
    (void)state;
    for (int op = 0; op < AMA_RED_N && !ama__red_collects((ama__red)op); op++)
        for (int d = AMA_BOOL; d <= AMA_F8; d++)
            for (int how = 0; how < 2 * N_SORTS * 6; how++) {
                t.sort = (sort)(how / 2 % N_SORTS);
                int f = how / 2 / N_SORTS;
                t.kind = (ama__state_kind){(ama__red)op, (ama_dtype)d, how % 2};
                if (!ref_is_float(t.kind.dtype) && (t.sort > HUGE || t.kind.skipna)) continue;
                bool total = op == AMA_RED_SUM || op == AMA_RED_PROD;
                t.f = (ama__finish){.ddof = f % 3, .empty_nan = f >= 3, .min_count = total ? f % 3 * 20 : 0};
                t.f.out = out_dtype(t.kind.op, t.kind.dtype, &t.f);
                draw(&t);
                by_cells_and_in_sequence(&t);
                merged(&t);
                by_rows(&t);
            }
}

/* Cells into which nothing came, by all ways. */
static void nothing(void **state) {
    (void)state;
    for (int op = 0; op < AMA_RED_N && !ama__red_collects((ama__red)op); op++)
        for (int d = AMA_BOOL; d <= AMA_F8; d++)
            for (int f = 0; f < 4; f++) {
                double mem[3], row[3];
                ama__state_kind k = {(ama__red)op, (ama_dtype)d, true};
                bool total = op == AMA_RED_SUM || op == AMA_RED_PROD;
                ama__finish fin = {.empty_nan = f & 1, .min_count = total && f & 2};
                fin.out = out_dtype(k.op, k.dtype, &fin);
                ref_value none = ref_int(k.dtype, 0), got;
                if (ref_is_float(k.dtype)) none = ref_float(k.dtype, 0);
                ref_spec rs = {k.op, true, fin.min_count, fin.ddof, fin.empty_nan, fin.out, 0, 0};
                ref_value want = ref_reduce(&rs, 0, &none);
                char out[8];
                ama__state s = ama__state_at(&k, mem, 1), r = ama__state_at(&k, row, 1);
                ama__state_init(&k, s, 1);
                ama__state_fold_seq(&k, s, 0, out, 1);
                ama__state_row(&k, r, 0, out);
                ama__state_finish(&k, &fin, s, 1, out);
                got = ref_get(fin.out, out, 0);
                if (!ref_same(got, want))
                    print_error("%s of %s, nothing: got %g / %lld, want %g / %lld\n", ama__red_name(k.op),
                                ama__dtype_name(k.dtype), got.f, (long long)got.i, want.f, (long long)want.i);
                assert_true(ref_same(got, want));
                ama__state_finish(&k, &fin, r, 1, out);
                assert_true(ref_same(ref_get(fin.out, out, 0), want));
            }
}

/* A long row of float32 ones, whose naive float32 sum stops at 2^24, and a variance far from 0. */
static void accuracy(void **state) {
    (void)state;
    int64_t n = (int64_t)1 << 25;
    float *x = malloc((size_t)n * sizeof *x), out;
    double mem[3];
    ama__state_kind mean = {AMA_RED_MEAN, AMA_F4, true}, var = {AMA_RED_VAR, AMA_F4, true};
    ama__finish f = {.out = AMA_F4};
    for (int64_t i = 0; i < n; i++) x[i] = 1;
    ama__state_row(&mean, ama__state_at(&mean, mem, 1), n, x);
    ama__state_finish(&mean, &f, ama__state_at(&mean, mem, 1), 1, &out);
    assert_true(out == 1.0f);
    for (int64_t i = 0; i < n; i++) x[i] = 1e6f + (float)(i % 2);
    ama__state_row(&var, ama__state_at(&var, mem, 1), n, x);
    ama__state_finish(&var, &f, ama__state_at(&var, mem, 1), 1, &out);
    assert_true(out == 0.25f);
    ama__state_init(&var, ama__state_at(&var, mem, 1), 1);
    ama__state_fold_seq(&var, ama__state_at(&var, mem, 1), n / 16, x, 1);
    ama__state_finish(&var, &f, ama__state_at(&var, mem, 1), 1, &out);
    assert_true(fabsf(out - 0.25f) < 1e-6f);
    free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_reduction), cmocka_unit_test(nothing),
                                       cmocka_unit_test(accuracy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
