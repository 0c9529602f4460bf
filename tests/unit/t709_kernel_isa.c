/* TEST: labels=unit
 * Every kernel in every dtype gives the bits of the baseline with each instruction set this processor has: odd values,
 * NaN of both signs, lengths that leave remainders. */
#include "cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/dispatch.h"
#include "kernel/gather.h"
#include "kernel/order.h"
#include "kernel/rank.h"
#include "kernel/scan.h"
#include "kernel/state.h"
#include "kernel/window.h"

enum { N = 1061, MEM = 1 << 16 };

static uint64_t seed;

static uint64_t rnd(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static double odd_value(void) {
    static const double odd[] = {0.0,
                                 -0.0,
                                 NAN,
                                 -NAN,
                                 INFINITY,
                                 -INFINITY,
                                 1.0,
                                 -1.0,
                                 2.0,
                                 0.5,
                                 -2.5,
                                 1e30,
                                 1.5e-42,
                                 3e38,
                                 2147483648.0,
                                 -9.3e18,
                                 9223372036854775808.0,
                                 1.9e19,
                                 16777217,
                                 1e300};
    if (rnd() % 4 == 0) return odd[rnd() % (sizeof odd / sizeof *odd)];
    return ((double)(rnd() % 2000001) - 1000000) / 4096;
}

/* n class values of dtype t. Small integers of either sign among those with all bits drawn. */
static void fill_class(ama_dtype t, int64_t n, void *p) {
    for (int64_t i = 0; i < n; i++) {
        int64_t whole = rnd() % 3 ? (int64_t)(rnd() % 401) - 200 : (int64_t)rnd();
        if (t == AMA_F4)
            ((float *)p)[i] = (float)odd_value();
        else if (t == AMA_F8)
            ((double *)p)[i] = odd_value();
        else if (t == AMA_BOOL)
            ((uint8_t *)p)[i] = rnd() % 2;
        else
            ((int64_t *)p)[i] = whole;
    }
    if (ama__class_of(t) == AMA_CLASS_I) ama__convert_run(AMA_I8, t, n, p, p);
}

/* What a case computes: from the drawn inputs a[0..3) into out, cleared before. */
typedef struct trial {
    char what[96];
    const void *a[3];
    void (*run)(const struct trial *t, void *out);
    const void *options;
} trial;

static _Alignas(64) char input[3][MEM], results[AMA_ISA_N][MEM];

/* The same bits with each instruction set, of NaN too. */
static void check(const trial *t) {
    for (int isa = 0; isa < AMA_ISA_N; isa++) {
        if (!ama__isa_available((ama__isa)isa)) continue;
        ama__kernels_use((ama__isa)isa);
        memset(results[isa], 0, MEM);
        t->run(t, results[isa]);
        if (memcmp(results[isa], results[0], MEM) == 0) continue;
        size_t at = 0;
        while (results[isa][at] == results[0][at]) at++;
        fail_msg("%s: %s differs from the baseline at byte %zu", t->what, ama__isa_name((ama__isa)isa), at);
    }
    ama__kernels_use(AMA_ISA_BASELINE);
}

/* ---- map */

typedef struct map_options {
    ama__op op;
    ama_dtype calc;
    unsigned scalars;
} map_options;

static void run_map(const trial *t, void *out) {
    const map_options *o = t->options;
    int operands = ama__op_operands(o->op);
    ama__map_run(o->op, o->calc, N, t->a[0], operands > 1 ? t->a[1] : NULL, operands > 2 ? t->a[2] : NULL, o->scalars,
                 out);
}

static bool may_calculate(ama__op op, ama_dtype t) {
    char class = ama__op_class(op);
    if (class == 'k') return false;
    if (class == 'd' || class == 'f') return ama__dtype_is_float(t);
    if (class == 'l') return !ama__dtype_is_float(t);
    if (t != AMA_BOOL) return true;
    return op != AMA_OP_SUB && op != AMA_OP_NEG && op != AMA_OP_FLOORDIV && op != AMA_OP_MOD && op != AMA_OP_POW;
}

static void map_runs(void **state) {
    (void)state;
    for (int op = 0; op < AMA_OP_N; op++)
        for (int d = AMA_BOOL; d <= AMA_F8; d++) {
            map_options o = {(ama__op)op, (ama_dtype)d, 0};
            if (!may_calculate(o.op, o.calc)) continue;
            for (o.scalars = 0; o.scalars < 1u << ama__op_operands(o.op); o.scalars++) {
                trial t = {"", {input[0] + 8, input[1], input[2] + 16}, run_map, &o};
                snprintf(t.what, sizeof t.what, "%s of %s, scalars %u", ama__op_name(o.op), ama__dtype_name(o.calc),
                         o.scalars);
                for (int k = 0; k < 3; k++)
                    fill_class(o.op == AMA_OP_WHERE && k == 0 ? AMA_BOOL : o.calc, N, (void *)t.a[k]);
                check(&t);
            }
        }
}

/* ---- load, convert, store */

static void run_load(const trial *t, void *out) {
    ama__load_run(t->options, N, t->a[0], out);
}

static void loads(void **state) {
    (void)state;
    for (int d = AMA_BOOL; d <= AMA_F8; d++)
        for (unsigned k = 0; k < 64; k++) {
            ama_dtype stored = (ama_dtype)d, decoded = k & 1 ? AMA_F4 : k & 2 ? AMA_F8 : stored;
            ama__load l = {.stored = stored, .swapped = k & 4, .decoded = decoded, .dtype = k & 8 ? AMA_F8 : decoded};
            if (k & 16 && decoded != stored) l.has_scale = l.has_offset = true;
            l.scale = 0.01;
            l.offset = 273.15;
            if (k & 32 && ama__dtype_is_float(decoded)) l.n_missing = 2;
            l.missing_f8[0] = 2.0, l.missing_f8[1] = -1.0;
            l.missing_i8[0] = 7, l.missing_i8[1] = 200;
            trial t = {"", {input[0] + 1}, run_load, &l};
            snprintf(t.what, sizeof t.what, "load of %s, way %u", ama__dtype_name(stored), k);
            fill_class(stored, N, input[1]);
            ama__store_run(stored, N, input[1], input[0] + 8);
            memmove(input[0] + 1, input[0] + 8, N * 8);
            if (stored == AMA_BOOL) l.swapped = false;
            check(&t);
        }
}

typedef struct pair {
    ama_dtype from, to;
} pair;

static void run_convert(const trial *t, void *out) {
    const pair *p = t->options;
    char *rest = out;
    ama__convert_run(p->from, p->to, N, t->a[0], rest);
    ama__store_run(p->to, N, rest, rest + 3 * (size_t)MEM / 4);
}

static void run_unstore(const trial *t, void *out) {
    ama__unstore_run(((const pair *)t->options)->from, N, t->a[0], out);
}

static void conversions(void **state) {
    (void)state;
    for (int from = AMA_BOOL; from <= AMA_F8; from++)
        for (int to = AMA_BOOL; to <= AMA_F8; to++) {
            pair p = {(ama_dtype)from, (ama_dtype)to};
            trial t = {"", {input[0]}, run_convert, &p};
            snprintf(t.what, sizeof t.what, "%s to %s", ama__dtype_name(p.from), ama__dtype_name(p.to));
            fill_class(p.from, N, input[0]);
            check(&t);
            t.run = run_unstore;
            check(&t);
        }
}

/* ---- states */

typedef struct state_options {
    ama__state_kind kind;
    ama__finish finish;
} state_options;

/* Folds and merges into cells; a row and a sequence into another. */
static void run_state(const trial *t, void *out) {
    enum { CELLS = 353 };
    static double mem[2 * 3 * CELLS], cell[3];
    const state_options *o = t->options;
    size_t size = ama__class_bytes(ama__class_of(o->kind.dtype));
    ama__state s = ama__state_at(&o->kind, mem, CELLS), other = ama__state_at(&o->kind, mem + 3 * CELLS, CELLS);
    ama__state one = ama__state_at(&o->kind, cell, 1);
    ama__state_init(&o->kind, s, CELLS);
    ama__state_init(&o->kind, other, CELLS);
    const char *x = t->a[0];
    const void *const row[] = {x, x + CELLS * size, x + 2 * CELLS * size, x, x + CELLS * size};
    ama__state_fold(&o->kind, s, CELLS, 5, row);
    ama__state_fold(&o->kind, other, CELLS, 1, row + 2);
    ama__state_merge(&o->kind, s, other, CELLS);
    ama__state_row(&o->kind, one, N, t->a[0]);
    ama__state_finish(&o->kind, &o->finish, one, 1, (char *)out + MEM / 2);
    ama__state_fold_seq(&o->kind, one, 100, t->a[0], 3);
    ama__state_finish(&o->kind, &o->finish, one, 1, (char *)out + MEM / 2 + 8);
    ama__state_finish(&o->kind, &o->finish, s, CELLS, out);
}

static ama_dtype result_dtype(ama__red r, ama_dtype t) {
    switch (ama__red_class(r)) {
    case 's': return ama__dtype_is_float(t) ? t : ama__dtype_kind(t) == 'u' ? AMA_U8 : AMA_I8;
    case 'm': return ama__dtype_is_float(t) ? t : AMA_F8;
    case 'c': return AMA_I8;
    case 'b': return AMA_BOOL;
    default: return t;
    }
}

static void states(void **state) {
    (void)state;
    for (int r = 0; r < AMA_RED_N; r++)
        for (int d = AMA_BOOL; d <= AMA_F8; d++)
            for (int skipna = 0; skipna < 2; skipna++) {
                ama_dtype dtype = (ama_dtype)d;
                state_options o = {{(ama__red)r, dtype, skipna}, {.out = result_dtype((ama__red)r, dtype), .ddof = 1}};
                if (ama__red_collects(o.kind.op)) continue;
                trial t = {"", {input[0]}, run_state, &o};
                snprintf(t.what, sizeof t.what, "%s of %s, skipna %d", ama__red_name(o.kind.op), ama__dtype_name(dtype),
                         skipna);
                fill_class(dtype, N, input[0]);
                check(&t);
            }
}

/* ---- windows, scans, ranks */

static void run_window(const trial *t, void *out) {
    const ama__window *w = t->options;
    static _Alignas(64) char work[1 << 20];
    ama__window_run r = {0, w->extent, 0, N / w->extent, t->a[0], out, N / w->extent, work};
    assert_true(ama__window_work_bytes(w, r.n, r.cells) <= sizeof work);
    ama__window_reduce(w, &r);
}

static void windows(void **state) {
    (void)state;
    static const ama__red kinds[] = {AMA_RED_SUM, AMA_RED_PROD, AMA_RED_MEAN,  AMA_RED_VAR,   AMA_RED_STD,
                                     AMA_RED_MIN, AMA_RED_MAX,  AMA_RED_COUNT, AMA_RED_MEDIAN};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int d = AMA_BOOL; d <= AMA_F8; d++)
            for (int skipna = 0; skipna < 2; skipna++) {
                ama__window w = {.op = kinds[k], .dtype = (ama_dtype)d, .out = AMA_F8, .skipna = skipna, .width = 4};
                w.lo = 2, w.extent = 23, w.min_count = 1 + skipna;
                trial t = {"", {input[0]}, run_window, &w};
                snprintf(t.what, sizeof t.what, "window %s of %s", ama__red_name(w.op), ama__dtype_name(w.dtype));
                fill_class(w.dtype, N, input[0]);
                check(&t);
            }
}

static void run_scan(const trial *t, void *out) {
    ama__scan_rows(t->options, 21, 50, t->a[0], t->a[1], out, 53);
    ama__scan_rows(t->options, N, 1, t->a[0], NULL, (char *)out + MEM / 2, 2);
}

static void scans(void **state) {
    (void)state;
    static const ama__class class[] = {AMA_CLASS_I, AMA_CLASS_F4, AMA_CLASS_F8};
    static const ama_dtype dtype[] = {AMA_I8, AMA_F4, AMA_F8};
    for (int k = 0; k < 12; k++) {
        ama__scan_kind kind = {class[k % 3], k / 3 % 2, k / 6};
        trial t = {"scan", {input[0], input[1]}, run_scan, &kind};
        fill_class(dtype[k % 3], N, input[0]);
        fill_class(k % 3 ? AMA_F8 : AMA_I8, 50, input[1]);
        check(&t);
    }
}

static void run_rank(const trial *t, void *out) {
    static _Alignas(64) char work[1 << 20];
    assert_true(ama__rank_work_bytes(N / 7) <= sizeof work);
    ama__rank_keys(t->options, N / 7, 7, t->a[0], out, 8);
    ama__rank_columns(t->options, N / 7, 7, out, 8, work);
}

static void ranks(void **state) {
    (void)state;
    for (int d = AMA_BOOL; d <= AMA_F8; d++) {
        ama__rank_kind kind = {(ama_dtype)d, d % 2};
        trial t = {"ranks", {input[0]}, run_rank, &kind};
        fill_class(kind.dtype, N, input[0]);
        check(&t);
    }
}

/* ---- gather, order */

static void run_gather(const trial *t, void *out) {
    static const int64_t list[] = {3, 0, AMA_GATHER_MISSING, 7, 7, 1, 12};
    const ama__class class = *(const ama__class *)t->options;
    const int64_t count[2] = {5, 7}, stride[2] = {31, 3}, *const offset[2] = {NULL, list}, *const none[2] = {0};
    ama__gather(class, 2, count, offset, stride, t->a[0], out);
    ama__gather(class, 2, count, none, stride, t->a[0], (char *)out + MEM / 2);
}

static void gathers(void **state) {
    (void)state;
    static const ama_dtype dtype[] = {AMA_BOOL, AMA_I8, AMA_F4, AMA_F8};
    for (int k = 0; k < 4; k++) {
        ama__class class = ama__class_of(dtype[k]);
        trial t = {"gather", {input[0]}, run_gather, &class};
        fill_class(dtype[k], N, input[0]);
        check(&t);
    }
}

static void run_order(const trial *t, void *out) {
    const ama__order *o = t->options;
    static _Alignas(64) char work[1 << 20];
    const int64_t n = N / 7;
    ama__order_part part[2] = {{t->a[0], n / 2}, {NULL, n - n / 2}};
    part[1].data = (const char *)t->a[0] + (size_t)(n / 2 * 7) * ama__dtype_bytes(o->dtype);
    ama__order_input in = {2, part, 7};
    assert_true(ama__order_columns(o->dtype, n, 7) == 7);
    assert_true(ama__order_work_bytes(o->dtype, n, 7, o->n_q) <= sizeof work);
    ama__order_run(1, o, &in, 0, 7, work, &out);
}

static void orders(void **state) {
    (void)state;
    static const double q[] = {0.0, 0.1, 0.25, 0.5, 0.9, 1.0};
    for (int d = AMA_BOOL; d <= AMA_F8; d++)
        for (int k = 0; k < 2 * AMA_QUANTILE_N; k++) {
            ama__order o = {.dtype = (ama_dtype)d, .out = AMA_F8, .skipna = k % 2, .method = (ama__quantile)(k / 2)};
            o.n_q = 6, o.q = q;
            trial t = {"", {input[0]}, run_order, &o};
            snprintf(t.what, sizeof t.what, "%s quantiles of %s", ama__quantile_name(o.method),
                     ama__dtype_name(o.dtype));
            fill_class(o.dtype, N, input[1]);
            ama__store_run(o.dtype, N, input[1], input[0]);
            check(&t);
        }
}

static int start(void **state) {
    (void)state;
    seed = 88172645463325252u;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(map_runs, start),    cmocka_unit_test_setup(loads, start),
        cmocka_unit_test_setup(conversions, start), cmocka_unit_test_setup(states, start),
        cmocka_unit_test_setup(windows, start),     cmocka_unit_test_setup(scans, start),
        cmocka_unit_test_setup(ranks, start),       cmocka_unit_test_setup(gathers, start),
        cmocka_unit_test_setup(orders, start)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
