/* TEST: labels=unit
 * Windows: every operation of every dtype against a plain loop, at all edges of the axis; the same bits however the
 * outputs are cut into calls and wherever cells lie. */
#include "cmocka_all.h"

#include <stdlib.h>

#include "kernel/window.h"
#include "kernel_ref.h"

enum { EXTENT = 41, CELLS = 21, N = EXTENT * CELLS };

static uint64_t seed = 7;
static uint64_t rnd(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

typedef struct trial {
    ama__window w;
    ref_value x[N];
    uint64_t in[N]; /* class values; room for any class */
} trial;

static ref_value draw(ama_dtype t) {
    if (!ref_is_float(t)) return ref_int(t, (int64_t)(rnd() % 9) - (ama__dtype_kind(t) == 'u' ? 0 : 3));
    if (rnd() % 4 == 0) return ref_float(t, NAN);
    return ref_float(t, ((double)(rnd() % 4001) - 2000) / 16);
}

static void fill(trial *t) {
    for (int64_t i = 0; i < N; i++) {
        t->x[i] = draw(t->w.dtype);
        if (ama__class_of(t->w.dtype) == AMA_CLASS_I)
            ((int64_t *)t->in)[i] = t->x[i].i;
        else
            ref_set(t->x[i], t->in, i);
    }
}

/* Outputs [first, first + n) of cells [cell, cell + cells) in a call of their own. */
static void call(const trial *t, int64_t first, int64_t n, int64_t cell, int64_t cells, void *out) {
    const ama__window *w = &t->w;
    int64_t lo = first - w->lo > 0 ? first - w->lo : 0, hi = first + n - 1 - w->lo + w->width;
    if (hi > EXTENT) hi = EXTENT;
    size_t size = ama__class_bytes(ama__class_of(w->dtype)), out_size = ama__class_bytes(ama__class_of(w->out));
    char *x = malloc((size_t)((hi - lo) * cells) * size + 1);
    void *work = malloc(ama__window_work_bytes(w, n, cells) + 1);
    for (int64_t i = lo; i < hi; i++)
        memcpy(x + (size_t)((i - lo) * cells) * size, (const char *)t->in + (size_t)(i * CELLS + cell) * size,
               (size_t)cells * size);
    const ama__window_run r = {first, n,   lo, cells, x, (char *)out + (size_t)(first * CELLS + cell) * out_size,
                               CELLS, work};
    ama__window_reduce(w, &r);
    free(x);
    free(work);
}

static ref_value expected(const trial *t, int64_t i, int64_t cell) {
    const ama__window *w = &t->w;
    const ref_spec rs = {.op = w->op, .skipna = w->skipna, .ddof = w->ddof, .out = w->out};
    ref_value x[EXTENT + 1] = {ref_int(w->dtype, 0)};
    int64_t m = 0, valid = 0;
    for (int64_t k = i - w->lo; k < i - w->lo + w->width; k++) {
        if (k < 0 || k >= EXTENT) continue;
        x[m] = t->x[k * CELLS + cell];
        bool nan = ref_is_float(w->dtype) && isnan(x[m].f);
        valid += !nan || !(w->skipna || w->op == AMA_RED_COUNT);
        m++;
    }
    if (valid < w->min_count) return ref_float(w->out, NAN);
    return ref_reduce(&rs, m, x);
}

static bool near_enough(const ama__window *w, ref_value got, ref_value want) {
    bool rounds = w->op == AMA_RED_VAR || w->op == AMA_RED_STD || w->op == AMA_RED_PROD;
    if (ref_same(got, want) || (ref_is_float(got.t) && got.f == want.f)) return true;
    double room = (w->out == AMA_F4 ? 2e-7 : 1e-12) * fabs(want.f);
    if (w->op == AMA_RED_VAR || w->op == AMA_RED_STD) room += w->op == AMA_RED_VAR ? 1e-8 : 1e-4;
    return rounds && ref_is_float(got.t) && fabs(got.f - want.f) <= room;
}

static ref_value class_get(ama_dtype t, const void *p, int64_t i) {
    return ama__class_of(t) == AMA_CLASS_I ? ref_int(t, ((const int64_t *)p)[i]) : ref_get(t, p, i);
}

static void check(const trial *t) {
    static uint64_t whole[N], parts[N];
    const ama__window *w = &t->w;
    size_t size = ama__class_bytes(ama__class_of(w->out));
    call(t, 0, EXTENT, 0, CELLS, whole);
    for (int64_t i = 0; i < N; i++) {
        ref_value got = class_get(w->out, whole, i), want = expected(t, i / CELLS, i % CELLS);
        if (w->every > 1 && (i / CELLS - w->phase) % w->every != 0) continue;
        if (!near_enough(w, got, want))
            fail_msg("%s of %s to %s, width %d lo %d min_count %d skipna %d, index %d: got %.17g / %lld, want %.17g / "
                     "%lld",
                     ama__red_name(w->op), ama__dtype_name(w->dtype), ama__dtype_name(w->out), (int)w->width,
                     (int)w->lo, (int)w->min_count, w->skipna, (int)(i / CELLS), got.f, (long long)got.i, want.f,
                     (long long)want.i);
    }
    for (int64_t i = 0; i < EXTENT;) {
        int64_t n = 1 + (int64_t)(rnd() % 9), half = (int64_t)(rnd() % CELLS);
        if (n > EXTENT - i) n = EXTENT - i;
        if (half > 0) call(t, i, n, 0, half, parts);
        call(t, i, n, half, CELLS - half, parts);
        i += n;
    }
    assert_memory_equal(whole, parts, N * size);
}

/* With room for NaN, integers come out as floats; without, as a reduction has them. */
static ama_dtype out_of(ama__red op, ama_dtype t, bool room) {
    char class = ama__red_class(op);
    if (op == AMA_RED_COUNT) return room ? AMA_F8 : AMA_I8;
    if (ref_is_float(t)) return t;
    if (room || class == 'm') return AMA_F8;
    return class == 's' ? (ama__dtype_kind(t) == 'u' ? AMA_U8 : AMA_I8) : t;
}

static void windows(void **state) {
    static const ama__red op[] = {AMA_RED_SUM, AMA_RED_PROD, AMA_RED_MEAN,  AMA_RED_VAR,   AMA_RED_STD,
                                  AMA_RED_MIN, AMA_RED_MAX,  AMA_RED_COUNT, AMA_RED_MEDIAN};
    static const int64_t width[] = {1, 2, 3, 7, 20, 41, 60};
    static trial t;
    (void)state;
    for (int k = 0; k < 9; k++)
        for (ama_dtype d = AMA_BOOL; d <= AMA_F8; d++)
            for (int i = 0; i < 7; i++)
                for (int mode = 0; mode < 4; mode++) {
                    bool room = mode & 1;
                    int64_t wide = width[i], lo = (int64_t)(rnd() % 3);
                    lo = lo == 0 ? 0 : lo == 1 ? wide / 2 : wide - 1;
                    if (op[k] == AMA_RED_PROD && wide > 20) continue; /* products leave the range of floats */
                    t.w = (ama__window){.op = op[k],
                                        .dtype = d,
                                        .out = out_of(op[k], d, room),
                                        .skipna = ref_is_float(d) && mode < 2,
                                        .width = wide,
                                        .lo = lo,
                                        .extent = EXTENT,
                                        .min_count = room ? (int64_t)(rnd() % (uint64_t)(wide + 2)) : 0,
                                        .ddof = mode / 2};
                    if (op[k] == AMA_RED_MEDIAN && rnd() % 3 == 0) {
                        t.w.every = 1 + (int64_t)(rnd() % (uint64_t)(wide + 2));
                        t.w.phase = (int64_t)(rnd() % (uint64_t)t.w.every);
                    }
                    fill(&t);
                    check(&t);
                }
}

/* Infinities leave windows that do not hold them alone, which differences of running sums would not. */
static void infinity(void **state) {
    static const double x[EXTENT] = {1, 2, INFINITY, 4, 5, 6, 7, -INFINITY, 9, 10};
    const ama__window w = {.op = AMA_RED_SUM,
                           .dtype = AMA_F8,
                           .out = AMA_F8,
                           .skipna = true,
                           .width = 3,
                           .lo = 2,
                           .extent = 10,
                           .min_count = 3};
    double out[10], want[10] = {NAN, NAN, INFINITY, INFINITY, INFINITY, 15, 18, -INFINITY, -INFINITY, -INFINITY};
    uint64_t work[64];
    (void)state;
    assert_true(ama__window_work_bytes(&w, 10, 1) <= sizeof work);
    const ama__window_run r = {0, 10, 0, 1, x, out, 1, work};
    ama__window_reduce(&w, &r);
    for (int i = 0; i < 10; i++) assert_true(isnan(want[i]) ? isnan(out[i]) : out[i] == want[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(windows), cmocka_unit_test(infinity)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
