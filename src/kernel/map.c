/* Elementwise operations. The float classes share map.inc; integers and bools have few operations of their own. */
#include <math.h>
#include <string.h>

#include "kernel/block.h"

#define T float
#define NAME(x) x##_f4
#define F(fn) fn##f
#include "kernel/map.inc"
#undef T
#undef NAME
#undef F

#define T double
#define NAME(x) x##_f8
#define F(fn) fn
#include "kernel/map.inc"
#undef T
#undef NAME
#undef F

/* ---- integers: int64 values of a signed or unsigned dtype */

static int64_t floordiv_i(int64_t a, int64_t b) {
    if (b == 0) return 0; /* as numpy */
    if (b == -1) return (int64_t)(0 - (uint64_t)a);
    int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

static int64_t mod_i(int64_t a, int64_t b) {
    if (b == 0 || b == -1) return 0;
    int64_t m = a % b;
    return m != 0 && (m < 0) != (b < 0) ? m + b : m;
}

static uint64_t pow_u(uint64_t x, uint64_t b) {
    uint64_t r = 1;
    for (; b > 0; b >>= 1, x *= x)
        if (b & 1) r *= x;
    return r;
}

static int64_t pow_i(int64_t a, int64_t b) {
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
    return (int64_t)pow_u((uint64_t)a, (uint64_t)b);
}

typedef struct operand {
    const int64_t *p;
    int64_t step;
} operand;

static void int_binary(ama__op op, int64_t n, operand a, operand b, int64_t *out) {
#define LOOP(EXPR)                                                                                                     \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        int64_t x = a.p[i * a.step], y = b.p[i * b.step];                                                              \
        out[i] = (EXPR);                                                                                               \
    }                                                                                                                  \
    break
    switch (op) {
    case AMA_OP_ADD: LOOP((int64_t)((uint64_t)x + (uint64_t)y));
    case AMA_OP_SUB: LOOP((int64_t)((uint64_t)x - (uint64_t)y));
    case AMA_OP_MUL: LOOP((int64_t)((uint64_t)x * (uint64_t)y));
    case AMA_OP_FLOORDIV: LOOP(floordiv_i(x, y));
    case AMA_OP_MOD: LOOP(mod_i(x, y));
    case AMA_OP_POW: LOOP(pow_i(x, y));
    case AMA_OP_MINIMUM:
    case AMA_OP_FMIN: LOOP(x < y ? x : y);
    case AMA_OP_MAXIMUM:
    case AMA_OP_FMAX: LOOP(x > y ? x : y);
    case AMA_OP_AND: LOOP(x & y);
    case AMA_OP_OR: LOOP(x | y);
    case AMA_OP_XOR: LOOP(x ^ y);
    default: break;
    }
#undef LOOP
}

/* uint64: the few operations whose bits differ from int64's. */
static bool uint_binary(ama__op op, int64_t n, operand a, operand b, int64_t *out) {
#define LOOP(EXPR)                                                                                                     \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        uint64_t x = (uint64_t)a.p[i * a.step], y = (uint64_t)b.p[i * b.step];                                         \
        out[i] = (int64_t)(EXPR);                                                                                      \
    }                                                                                                                  \
    return true
    switch (op) {
    case AMA_OP_FLOORDIV: LOOP(y == 0 ? 0 : x / y);
    case AMA_OP_MOD: LOOP(y == 0 ? 0 : x % y);
    case AMA_OP_POW: LOOP(pow_u(x, y));
    case AMA_OP_MINIMUM:
    case AMA_OP_FMIN: LOOP(x < y ? x : y);
    case AMA_OP_MAXIMUM:
    case AMA_OP_FMAX: LOOP(x > y ? x : y);
    default: return false;
    }
#undef LOOP
}

static void compare_i(ama__op op, bool is_unsigned, int64_t n, operand a, operand b, uint8_t *out) {
    /* flipping the top bit makes unsigned order signed */
    const int64_t flip = is_unsigned ? INT64_MIN : 0;
#define LOOP(EXPR)                                                                                                     \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        int64_t x = a.p[i * a.step] ^ flip, y = b.p[i * b.step] ^ flip;                                                \
        out[i] = (EXPR);                                                                                               \
    }                                                                                                                  \
    break
    switch (op) {
    case AMA_OP_EQ: LOOP(x == y);
    case AMA_OP_NE: LOOP(x != y);
    case AMA_OP_LT: LOOP(x < y);
    case AMA_OP_LE: LOOP(x <= y);
    case AMA_OP_GT: LOOP(x > y);
    case AMA_OP_GE: LOOP(x >= y);
    default: break;
    }
#undef LOOP
}

static void int_unary(ama__op op, bool is_unsigned, int64_t n, operand a, void *out) {
    int64_t *o = out;
    uint8_t *flag = out;
#define LOOP(TO, EXPR)                                                                                                 \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        int64_t x = a.p[i * a.step];                                                                                   \
        (void)x;                                                                                                       \
        TO[i] = (EXPR);                                                                                                \
    }                                                                                                                  \
    break
    switch (op) {
    case AMA_OP_NOT: LOOP(o, ~x);
    case AMA_OP_NEG: LOOP(o, (int64_t)(0 - (uint64_t)x));
    case AMA_OP_ABS: LOOP(o, is_unsigned || x >= 0 ? x : (int64_t)(0 - (uint64_t)x));
    case AMA_OP_SIGN: LOOP(o, is_unsigned ? x != 0 : (x > 0) - (x < 0));
    case AMA_OP_SQUARE: LOOP(o, (int64_t)((uint64_t)x * (uint64_t)x));
    case AMA_OP_LOGICAL_NOT: LOOP(flag, x == 0);
    case AMA_OP_ISNULL:
    case AMA_OP_ISINF: LOOP(flag, 0);
    case AMA_OP_NOTNULL:
    case AMA_OP_ISFINITE: LOOP(flag, 1);
    default: break;
    }
#undef LOOP
}

static void map_integers(ama__op op, ama_dtype calc, int64_t n, const void *a, const void *b, unsigned scalars,
                         void *out) {
    operand x = {a, scalars & 1 ? 0 : 1}, y = {b, scalars & 2 ? 0 : 1};
    bool is_unsigned = ama__dtype_kind(calc) == 'u';
    if (ama__op_class(op) == 'c') {
        compare_i(op, is_unsigned, n, x, y, out);
        return;
    }
    if (!b)
        int_unary(op, is_unsigned, n, x, out);
    else if (calc != AMA_U8 || !uint_binary(op, n, x, y, out))
        int_binary(op, n, x, y, out);
    if (ama__op_class(op) != 'p' && ama__dtype_bytes(calc) < 8) {
        ama__convert_run(AMA_I8, calc, n, out, out); /* wraps */
    }
}

/* ---- bools */

static void map_bools(ama__op op, int64_t n, const uint8_t *a, const uint8_t *b, unsigned scalars, uint8_t *out) {
    int64_t sa = scalars & 1 ? 0 : 1, sb = scalars & 2 ? 0 : 1;
#define LOOP(EXPR)                                                                                                     \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        uint8_t x = a[i * sa] != 0, y = b ? b[i * sb] != 0 : 0;                                                        \
        (void)x, (void)y;                                                                                              \
        out[i] = (EXPR);                                                                                               \
    }                                                                                                                  \
    break
    switch (op) {
    case AMA_OP_ADD:
    case AMA_OP_OR:
    case AMA_OP_MAXIMUM:
    case AMA_OP_FMAX: LOOP(x | y);
    case AMA_OP_MUL:
    case AMA_OP_AND:
    case AMA_OP_MINIMUM:
    case AMA_OP_FMIN: LOOP(x & y);
    case AMA_OP_XOR:
    case AMA_OP_NE: LOOP(x != y);
    case AMA_OP_EQ: LOOP(x == y);
    case AMA_OP_LT: LOOP(x < y);
    case AMA_OP_LE: LOOP(x <= y);
    case AMA_OP_GT: LOOP(x > y);
    case AMA_OP_GE: LOOP(x >= y);
    case AMA_OP_NOT:
    case AMA_OP_LOGICAL_NOT: LOOP(!x);
    case AMA_OP_ISNULL:
    case AMA_OP_ISINF: LOOP(0);
    case AMA_OP_NOTNULL:
    case AMA_OP_ISFINITE: LOOP(1);
    default: LOOP(x); /* absolute, sign, square */
    }
#undef LOOP
}

/* ---- where */

#define WHERE(TYPE)                                                                                                    \
    static void where_##TYPE(int64_t n, const uint8_t *c, const TYPE *x, const TYPE *y, unsigned scalars, TYPE *out) { \
        int64_t sc = scalars & 1 ? 0 : 1, sx = scalars & 2 ? 0 : 1, sy = scalars & 4 ? 0 : 1;                          \
        if (scalars == 4) {                                                                                            \
            TYPE other = y[0];                                                                                         \
            for (int64_t i = 0; i < n; i++) out[i] = c[i] ? x[i] : other;                                              \
        } else if (scalars == 0) {                                                                                     \
            for (int64_t i = 0; i < n; i++) out[i] = c[i] ? x[i] : y[i];                                               \
        } else if (scalars == 6) {                                                                                     \
            TYPE one = x[0], other = y[0];                                                                             \
            for (int64_t i = 0; i < n; i++) out[i] = c[i] ? one : other;                                               \
        } else {                                                                                                       \
            for (int64_t i = 0; i < n; i++) out[i] = c[i * sc] ? x[i * sx] : y[i * sy];                                \
        }                                                                                                              \
    }
WHERE(uint8_t)
WHERE(int64_t)
WHERE(float)
WHERE(double)

void ama__map_run(ama__op op, ama_dtype calc, int64_t n, const void *a, const void *b, const void *c, unsigned scalars,
                  void *out) {
    ama__class class = ama__class_of(calc);
    if (op == AMA_OP_WHERE) {
        if (class == AMA_CLASS_F4)
            where_float(n, a, b, c, scalars, out);
        else if (class == AMA_CLASS_F8)
            where_double(n, a, b, c, scalars, out);
        else if (class == AMA_CLASS_I)
            where_int64_t(n, a, b, c, scalars, out);
        else
            where_uint8_t(n, a, b, c, scalars, out);
        return;
    }
    if (class == AMA_CLASS_F4)
        map_f4(op, n, a, b, scalars, out);
    else if (class == AMA_CLASS_F8)
        map_f8(op, n, a, b, scalars, out);
    else if (class == AMA_CLASS_I)
        map_integers(op, calc, n, a, b, scalars, out);
    else
        map_bools(op, n, a, b, scalars, out);
}
