/* TEST: labels=unit
 * Every elementwise operation in every dtype it may be calculated in, against one-element references: runs and scalar
 * operands in every combination, odd lengths and offsets, in place. */
#include "cmocka_all.h"

#include <stdlib.h>

#include "kernel/block.h"
#include "kernel_ref.h"

enum { N_MAX = 300 };

static uint64_t seed = 88172645463325252u;
static uint64_t rnd(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* Values that break things, then others. */
static ref_value pick_value(ama_dtype t) {
    static const double odd[] = {0.0,   -0.0, NAN,     INFINITY, -INFINITY,
                                 1.0,   -1.0, 2.0,     -3.0,     0.5,
                                 -2.5,  1e30, 1.5e-42, 3e38,     -7.25,
                                 1e10,  2.5,  3.5,     -0.5,     1e-5,
                                 5.0,   0.1,  -0.1,    16777217, 4503599627370497.5,
                                 1e300, 0.75};
    static const int64_t whole[] = {0,   1,   -1,  2,     -2,    3,     -7,        7,         127,       -128,
                                    128, 255, 256, 32767, 32768, 65535, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    if (ref_is_float(t)) {
        if (rnd() % 2) return ref_float(t, odd[rnd() % (sizeof odd / sizeof *odd)]);
        return ref_float(t, ((double)(rnd() % 20001) - 10000) / 64);
    }
    if (rnd() % 2) return ref_int(t, whole[rnd() % (sizeof whole / sizeof *whole)]);
    return ref_int(t, (int64_t)(rnd() % 41) - 20);
}

static void put_class(ref_value v, void *p, int64_t i) {
    ama__class c = ama__class_of(v.t);
    if (c == AMA_CLASS_I)
        ((int64_t *)p)[i] = v.i;
    else
        ref_set(v, p, i);
}

static ref_value get_class(ama_dtype t, const void *p, int64_t i) {
    if (ama__class_of(t) == AMA_CLASS_I) return (ref_value){t, 0, ((const int64_t *)p)[i]};
    return ref_get(t, p, i);
}

typedef struct trial {
    ama__op op;
    ama_dtype calc, out;
    int64_t n;
    unsigned scalars;
    int in_place; /* operand that is the output, or -1 */
} trial;

static ama_dtype operand_dtype(const trial *t, int k) {
    return t->op == AMA_OP_WHERE && k == 0 ? AMA_BOOL : t->calc;
}

static void run_trial(const trial *t) {
    static _Alignas(64) char mem[4][(N_MAX + 8) * 8];
    ref_value want[N_MAX], v[3];
    int n_in = ama__op_operands(t->op);
    void *p[3] = {NULL, NULL, NULL};
    int64_t shift = (int64_t)(rnd() % 4);
    for (int k = 0; k < n_in; k++) {
        ama_dtype d = operand_dtype(t, k);
        p[k] = mem[k] + (size_t)shift * ama__class_bytes(ama__class_of(d));
        for (int64_t i = 0; i < (t->scalars >> k & 1 ? 1 : t->n); i++) {
            ref_value x = pick_value(d);
            if (t->op == AMA_OP_POW && k == 1 && !ref_is_float(d)) x.i = (int64_t)(rnd() % 6);
            put_class(x, p[k], i);
        }
    }
    for (int64_t i = 0; i < t->n; i++) {
        for (int k = 0; k < n_in; k++) v[k] = get_class(operand_dtype(t, k), p[k], t->scalars >> k & 1 ? 0 : i);
        want[i] = ref_map(t->op, t->calc, v);
    }
    void *out = t->in_place >= 0 ? p[t->in_place] : mem[3];
    ama__map_run(t->op, t->calc, t->n, p[0], p[1], p[2], t->scalars, out);
    for (int64_t i = 0; i < t->n; i++) {
        ref_value got = get_class(t->out, out, i);
        if (ref_same(got, want[i])) continue;
        print_error("%s of %s, element %lld of %lld, scalars %u: got %g / %lld, want %g / %lld\n", ama__op_name(t->op),
                    ama__dtype_name(t->calc), (long long)i, (long long)t->n, t->scalars, got.f, (long long)got.i,
                    want[i].f, (long long)want[i].i);
        fail();
    }
}

static bool may_calculate(ama__op op, ama_dtype t) {
    char class = ama__op_class(op);
    if (class == 'k') return false;
    if (class == 'd' || class == 'f') return ref_is_float(t);
    if (class == 'l') return !ref_is_float(t);
    if (t != AMA_BOOL) return true;
    return op != AMA_OP_SUB && op != AMA_OP_NEG && op != AMA_OP_FLOORDIV && op != AMA_OP_MOD && op != AMA_OP_POW;
}

static void every_operation(void **state) {
    (void)state;
    static const int64_t length[] = {1, 2, 7, 16, 33, N_MAX};
    for (int op = 0; op < AMA_OP_N; op++)
        for (int d = AMA_BOOL; d <= AMA_F8; d++) {
            trial t = {.op = (ama__op)op, .calc = (ama_dtype)d, .in_place = -1};
            if (!may_calculate(t.op, t.calc)) continue;
            char class = ama__op_class(t.op);
            t.out = class == 'c' || class == 'p' ? AMA_BOOL : t.calc;
            for (t.scalars = 0; t.scalars < 1u << ama__op_operands(t.op); t.scalars++)
                for (size_t k = 0; k < sizeof length / sizeof *length; k++) {
                    t.n = length[k];
                    run_trial(&t);
                }
        }
}

static void in_place(void **state) {
    (void)state;
    for (int op = 0; op < AMA_OP_N; op++)
        for (int d = AMA_BOOL; d <= AMA_F8; d++) {
            trial t = {.op = (ama__op)op, .calc = (ama_dtype)d, .n = 133};
            if (!may_calculate(t.op, t.calc)) continue;
            char class = ama__op_class(t.op);
            t.out = class == 'c' || class == 'p' ? AMA_BOOL : t.calc;
            for (t.in_place = 0; t.in_place < ama__op_operands(t.op); t.in_place++)
                if (ama__class_of(operand_dtype(&t, t.in_place)) == ama__class_of(t.out)) run_trial(&t);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_operation), cmocka_unit_test(in_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
