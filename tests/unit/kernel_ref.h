/* One-element reference of casts, elementwise operations and reductions, by numpy's rules, for the tests of kernel/ and
 * of the engine above it. Written from numpy's documentation, one value at a time, sharing nothing with src/kernel. */
#ifndef AMA_TESTS_KERNEL_REF_H
#define AMA_TESTS_KERNEL_REF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "array/ops.h"

typedef struct ref_value {
    ama_dtype t;
    double f;  /* floats; float32 values are held exactly */
    int64_t i; /* everything else; uint64 as its bit pattern */
} ref_value;

static inline bool ref_is_float(ama_dtype t) {
    return t == AMA_F4 || t == AMA_F8;
}

static inline ref_value ref_float(ama_dtype t, double x) {
    return (ref_value){t, t == AMA_F4 ? (double)(float)x : x, 0};
}

/* An integer cut to the width of its dtype. */
static inline ref_value ref_int(ama_dtype t, int64_t x) {
    switch (t) {
    case AMA_BOOL: x = x != 0; break;
    case AMA_I1: x = (int8_t)x; break;
    case AMA_I2: x = (int16_t)x; break;
    case AMA_I4: x = (int32_t)x; break;
    case AMA_U1: x = (uint8_t)x; break;
    case AMA_U2: x = (uint16_t)x; break;
    case AMA_U4: x = (uint32_t)x; break;
    default: break;
    }
    return (ref_value){t, 0, x};
}

static inline ref_value ref_get(ama_dtype t, const void *p, int64_t i) {
    if (t == AMA_F4) return ref_float(t, ((const float *)p)[i]);
    if (t == AMA_F8) return ref_float(t, ((const double *)p)[i]);
    int64_t x = 0; /* little endian: the tests run on such machines */
    memcpy(&x, (const char *)p + (size_t)i * ama__dtype_bytes(t), ama__dtype_bytes(t));
    if (t == AMA_I1) x = (int8_t)x;
    if (t == AMA_I2) x = (int16_t)x;
    if (t == AMA_I4) x = (int32_t)x;
    return (ref_value){t, 0, x};
}

static inline void ref_set(ref_value v, void *p, int64_t i) {
    if (v.t == AMA_F4)
        ((float *)p)[i] = (float)v.f;
    else if (v.t == AMA_F8)
        ((double *)p)[i] = v.f;
    else
        memcpy((char *)p + (size_t)i * ama__dtype_bytes(v.t), &v.i, ama__dtype_bytes(v.t));
}

/* Equal bits, NaN being equal to NaN whatever its payload. */
static inline bool ref_same(ref_value a, ref_value b) {
    if (a.t != b.t) return false;
    if (!ref_is_float(a.t)) return a.i == b.i;
    return isnan(a.f) ? isnan(b.f) : a.f == b.f && signbit(a.f) == signbit(b.f);
}

static inline double ref_number(ref_value v) {
    return ref_is_float(v.t) ? v.f : v.t == AMA_U8 ? (double)(uint64_t)v.i : (double)v.i;
}

/* astype. Outside the range of the result: what the conversion instructions of x86-64 leave, as numpy has it. */
static inline ref_value ref_cast(ref_value v, ama_dtype to) {
    if (v.t == to) return v;
    if (to == AMA_BOOL) return ref_int(to, ref_is_float(v.t) ? v.f != 0 : v.i != 0);
    if (!ref_is_float(v.t)) {
        if (to == AMA_F4) return ref_float(to, v.t == AMA_U8 ? (double)(float)(uint64_t)v.i : (double)(float)v.i);
        if (to == AMA_F8) return ref_float(to, ref_number(v));
        return ref_int(to, v.i);
    }
    if (ref_is_float(to)) return ref_float(to, v.f);
    double x = trunc(v.f);
    bool in_i4 = x >= -2147483648.0 && x <= 2147483647.0;
    bool in_i8 = x >= -9223372036854775808.0 && x < 9223372036854775808.0;
    if (to == AMA_U8 && x >= 9223372036854775808.0 && x < 18446744073709551616.0)
        return ref_int(to, (int64_t)(uint64_t)x);
    if (to == AMA_I8 || to == AMA_U8 || to == AMA_U4) return ref_int(to, in_i8 ? (int64_t)x : INT64_MIN);
    return ref_int(to, in_i4 ? (int64_t)x : INT32_MIN);
}

/* ---- elementwise */

/* float32 functions are those of float32. */
#define REF_F(fn, x) (t == AMA_F4 ? (double)fn##f((float)(x)) : fn(x))

static inline double ref_float_unary(ama__op op, ama_dtype t, double x) {
    double pi = 3.14159265358979323846;
    switch (op) {
    case AMA_OP_NEG: return -x;
    case AMA_OP_ABS: return fabs(x);
    case AMA_OP_SIGN: return isnan(x) ? x : x > 0 ? 1 : x < 0 ? -1 : 0;
    case AMA_OP_SQUARE: return x * x;
    case AMA_OP_FLOOR: return floor(x);
    case AMA_OP_CEIL: return ceil(x);
    case AMA_OP_TRUNC: return trunc(x);
    case AMA_OP_RINT: return nearbyint(x);
    case AMA_OP_SQRT: return REF_F(sqrt, x);
    case AMA_OP_CBRT: return REF_F(cbrt, x);
    case AMA_OP_EXP: return REF_F(exp, x);
    case AMA_OP_EXP2: return REF_F(exp2, x);
    case AMA_OP_EXPM1: return REF_F(expm1, x);
    case AMA_OP_LOG: return REF_F(log, x);
    case AMA_OP_LOG2: return REF_F(log2, x);
    case AMA_OP_LOG10: return REF_F(log10, x);
    case AMA_OP_LOG1P: return REF_F(log1p, x);
    case AMA_OP_SIN: return REF_F(sin, x);
    case AMA_OP_COS: return REF_F(cos, x);
    case AMA_OP_TAN: return REF_F(tan, x);
    case AMA_OP_ARCSIN: return REF_F(asin, x);
    case AMA_OP_ARCCOS: return REF_F(acos, x);
    case AMA_OP_ARCTAN: return REF_F(atan, x);
    case AMA_OP_SINH: return REF_F(sinh, x);
    case AMA_OP_COSH: return REF_F(cosh, x);
    case AMA_OP_TANH: return REF_F(tanh, x);
    case AMA_OP_DEG2RAD: return t == AMA_F4 ? (double)((float)x * (float)(pi / 180)) : x * (pi / 180);
    default: return t == AMA_F4 ? (double)((float)x * (float)(180 / pi)) : x * (180 / pi); /* RAD2DEG */
    }
}

static inline double ref_py_mod(ama_dtype t, double a, double b) {
    double m = t == AMA_F4 ? (double)fmodf((float)a, (float)b) : fmod(a, b);
    if (b == 0) return m;
    if (m == 0) return copysign(0.0, b);
    if ((b < 0) == (m < 0)) return m;
    return t == AMA_F4 ? (double)((float)m + (float)b) : m + b;
}

static inline double ref_py_floordiv(ama_dtype t, double a, double b) {
    if (b == 0) return a / b;
    double m = t == AMA_F4 ? (double)fmodf((float)a, (float)b) : fmod(a, b);
    double d = t == AMA_F4 ? (double)(((float)a - (float)m) / (float)b) : (a - m) / b;
    if (m != 0 && (b < 0) != (m < 0)) d = t == AMA_F4 ? (double)((float)d - 1.0f) : d - 1;
    if (d == 0) return copysign(0.0, a / b);
    double f = floor(d);
    return d - f > 0.5 ? f + 1 : f;
}

static inline double ref_float_binary(ama__op op, ama_dtype t, double x, double y) {
    float a = (float)x, b = (float)y;
    bool single = t == AMA_F4;
    switch (op) {
    case AMA_OP_ADD: return single ? (double)(a + b) : x + y;
    case AMA_OP_SUB: return single ? (double)(a - b) : x - y;
    case AMA_OP_MUL: return single ? (double)(a * b) : x * y;
    case AMA_OP_DIV: return single ? (double)(a / b) : x / y;
    case AMA_OP_FLOORDIV: return ref_py_floordiv(t, x, y);
    case AMA_OP_MOD: return ref_py_mod(t, x, y);
    case AMA_OP_POW: return single ? (double)powf(a, b) : pow(x, y);
    case AMA_OP_MINIMUM: return isnan(x) ? x : isnan(y) ? y : x < y ? x : y;
    case AMA_OP_MAXIMUM: return isnan(x) ? x : isnan(y) ? y : x > y ? x : y;
    case AMA_OP_FMIN: return isnan(y) ? x : isnan(x) ? y : x <= y ? x : y;
    case AMA_OP_FMAX: return isnan(y) ? x : isnan(x) ? y : x >= y ? x : y;
    case AMA_OP_HYPOT: return single ? (double)hypotf(a, b) : hypot(x, y);
    default: return single ? (double)atan2f(a, b) : atan2(x, y); /* ARCTAN2 */
    }
}

static inline bool ref_compare(ama__op op, int sign, bool unordered) {
    switch (op) {
    case AMA_OP_EQ: return !unordered && sign == 0;
    case AMA_OP_NE: return unordered || sign != 0;
    case AMA_OP_LT: return !unordered && sign < 0;
    case AMA_OP_LE: return !unordered && sign <= 0;
    case AMA_OP_GT: return !unordered && sign > 0;
    default: return !unordered && sign >= 0;
    }
}

static inline int ref_order(ref_value a, ref_value b) {
    if (ref_is_float(a.t)) return (a.f > b.f) - (a.f < b.f);
    if (a.t == AMA_U8) return ((uint64_t)a.i > (uint64_t)b.i) - ((uint64_t)a.i < (uint64_t)b.i);
    return (a.i > b.i) - (a.i < b.i);
}

static inline uint64_t ref_power(uint64_t x, uint64_t n) {
    uint64_t r = 1;
    while (n-- > 0) r *= x; /* exponents in the tests are small */
    return r;
}

/* Quotient rounded down and remainder of the divisor's sign; by 0 both are 0. Within __int128 nothing overflows. */
static inline int64_t ref_divmod(ref_value a, ref_value b, bool quotient) {
    __int128 x = a.t == AMA_U8 ? (__int128)(uint64_t)a.i : a.i, y = b.t == AMA_U8 ? (__int128)(uint64_t)b.i : b.i;
    if (y == 0) return 0;
    __int128 q = x / y, m = x % y;
    if (m != 0 && (m < 0) != (y < 0)) {
        q -= 1;
        m += y;
    }
    return (int64_t)(quotient ? q : m);
}

static inline int64_t ref_int_binary(ama__op op, ref_value a, ref_value b) {
    uint64_t x = (uint64_t)a.i, y = (uint64_t)b.i;
    switch (op) {
    case AMA_OP_ADD: return (int64_t)(x + y);
    case AMA_OP_SUB: return (int64_t)(x - y);
    case AMA_OP_MUL: return (int64_t)(x * y);
    case AMA_OP_FLOORDIV: return ref_divmod(a, b, true);
    case AMA_OP_MOD: return ref_divmod(a, b, false);
    case AMA_OP_POW: return (int64_t)ref_power(x, y);
    case AMA_OP_MINIMUM:
    case AMA_OP_FMIN: return ref_order(a, b) < 0 ? a.i : b.i;
    case AMA_OP_MAXIMUM:
    case AMA_OP_FMAX: return ref_order(a, b) > 0 ? a.i : b.i;
    case AMA_OP_AND: return a.i & b.i;
    case AMA_OP_OR: return a.i | b.i;
    default: return a.i ^ b.i;
    }
}

static inline int64_t ref_int_unary(ama__op op, ref_value a) {
    bool negative = a.i < 0 && a.t != AMA_U8;
    switch (op) {
    case AMA_OP_NOT: return ~a.i;
    case AMA_OP_NEG: return (int64_t)(0 - (uint64_t)a.i);
    case AMA_OP_ABS: return negative ? (int64_t)(0 - (uint64_t)a.i) : a.i;
    case AMA_OP_SIGN: return negative ? -1 : a.i != 0;
    default: return (int64_t)((uint64_t)a.i * (uint64_t)a.i); /* SQUARE */
    }
}

static inline bool ref_predicate(ama__op op, ref_value a) {
    bool is_float = ref_is_float(a.t);
    switch (op) {
    case AMA_OP_LOGICAL_NOT: return is_float ? a.f == 0 : a.i == 0;
    case AMA_OP_ISNULL: return is_float && isnan(a.f);
    case AMA_OP_NOTNULL: return !is_float || !isnan(a.f);
    case AMA_OP_ISFINITE: return !is_float || isfinite(a.f);
    default: return is_float && isinf(a.f);
    }
}

static inline int64_t ref_bool_map(ama__op op, int64_t x, int64_t y) {
    switch (op) {
    case AMA_OP_ADD:
    case AMA_OP_OR:
    case AMA_OP_MAXIMUM:
    case AMA_OP_FMAX: return x | y;
    case AMA_OP_XOR: return x ^ y;
    case AMA_OP_NOT: return !x;
    case AMA_OP_ABS:
    case AMA_OP_SIGN:
    case AMA_OP_SQUARE: return x;
    default: return x & y;
    }
}

/* One element; operands are of dtype `calc` (the condition of WHERE: bool). */
static inline ref_value ref_map(ama__op op, ama_dtype calc, const ref_value *v) {
    char class = ama__op_class(op);
    bool is_float = ref_is_float(calc);
    if (op == AMA_OP_WHERE) return v[0].i ? v[1] : v[2];
    if (class == 'c')
        return ref_int(AMA_BOOL, ref_compare(op, ref_order(v[0], v[1]), is_float && (isnan(v[0].f) || isnan(v[1].f))));
    if (class == 'p') return ref_int(AMA_BOOL, ref_predicate(op, v[0]));
    if (calc == AMA_BOOL) return ref_int(AMA_BOOL, ref_bool_map(op, v[0].i, ama__op_operands(op) > 1 ? v[1].i : 0));
    if (ama__op_operands(op) == 1)
        return is_float ? ref_float(calc, ref_float_unary(op, calc, v[0].f)) : ref_int(calc, ref_int_unary(op, v[0]));
    return is_float ? ref_float(calc, ref_float_binary(op, calc, v[0].f, v[1].f))
                    : ref_int(calc, ref_int_binary(op, v[0], v[1]));
}

/* ---- reductions */

typedef struct ref_spec {
    ama__red op;
    bool skipna;
    int64_t min_count;
    int ddof;
    bool empty_nan;
    ama_dtype out;
    ama__quantile method; /* QUANTILE: of one q */
    double q;
} ref_spec;

/* Total order: -0.0 before 0.0. No NaN. */
static inline void ref_sort(int64_t n, ref_value *x) {
    for (int64_t i = 1; i < n; i++)
        for (int64_t k = i; k > 0; k--) {
            int order = ref_order(x[k - 1], x[k]);
            bool zeros = ref_is_float(x[k].t) && order == 0 && signbit(x[k].f) && !signbit(x[k - 1].f);
            if (order < 0 || (order == 0 && !zeros)) break;
            ref_value swap = x[k];
            x[k] = x[k - 1];
            x[k - 1] = swap;
        }
}

static inline ref_value ref_element(int64_t n, const ref_value *x, double index, ama_dtype out) {
    int64_t i = index < 0 ? 0 : index > (double)(n - 1) ? n - 1 : (int64_t)index;
    return ref_is_float(out) ? ref_float(out, ref_number(x[i])) : x[i];
}

/* numpy's _lerp: the difference in the dtype of the values. */
static inline ref_value ref_lerp(int64_t n, const ref_value *x, double v, double gamma, ama_dtype out) {
    int64_t i = v < 0 ? 0 : v >= (double)(n - 1) ? n - 1 : (int64_t)floor(v);
    int64_t k = v < 0 ? 0 : v >= (double)(n - 1) ? n - 1 : i + 1;
    double a = ref_number(x[i]), b = ref_number(x[k]), d;
    if (v >= (double)(n - 1) && isnan(gamma)) gamma = v + 1; /* the index of the last is -1 there */
    if (isnan(gamma)) gamma = v - (double)i;
    if (ref_is_float(x->t))
        d = x->t == AMA_F4 ? (double)((float)b - (float)a) : b - a;
    else
        d = ref_number(ref_int(x->t, (int64_t)((uint64_t)x[k].i - (uint64_t)x[i].i)));
    return ref_float(out, gamma >= 0.5 ? b - d * (1 - gamma) : a + d * gamma);
}

/* The quantile of sorted values, n > 0. */
static inline ref_value ref_quantile(const ref_spec *s, int64_t n, const ref_value *x) {
    double m = (double)n, q = s->q, linear = (m - 1) * q, own = NAN;
    double v = linear;
    switch (s->method) {
    case AMA_QUANTILE_LOWER: return ref_element(n, x, floor(linear), s->out);
    case AMA_QUANTILE_HIGHER: return ref_element(n, x, ceil(linear), s->out);
    case AMA_QUANTILE_NEAREST: return ref_element(n, x, rint(linear), s->out);
    case AMA_QUANTILE_INVERTED_CDF: return ref_element(n, x, ceil(m * q - 1), s->out);
    case AMA_QUANTILE_CLOSEST_OBSERVATION: {
        double half = m * q - 1 - 0.5, k = floor(half);
        bool odd = k - 2 * floor(k / 2) == 1;
        return ref_element(n, x, half == k && odd ? k : k + 1, s->out);
    }
    case AMA_QUANTILE_MIDPOINT:
        v = 0.5 * (floor(linear) + ceil(linear));
        own = v == floor(v) ? 0 : 0.5;
        break;
    case AMA_QUANTILE_AVERAGED_INVERTED_CDF:
        v = m * q - 1;
        own = v < 0 ? (v == 0 ? 0.5 : 1) : v >= m - 1 ? 1 : v == floor(v) ? 0.5 : 1;
        break;
    case AMA_QUANTILE_INTERPOLATED_INVERTED_CDF: v = m * q + (0.0 + q * (1 - 0.0 - 1.0)) - 1; break;
    case AMA_QUANTILE_HAZEN: v = m * q + (0.5 + q * (1 - 0.5 - 0.5)) - 1; break;
    case AMA_QUANTILE_WEIBULL: v = m * q + (0.0 + q * (1 - 0.0 - 0.0)) - 1; break;
    case AMA_QUANTILE_MEDIAN_UNBIASED: v = m * q + (1 / 3.0 + q * (1 - 1 / 3.0 - 1 / 3.0)) - 1; break;
    case AMA_QUANTILE_NORMAL_UNBIASED: v = m * q + (3 / 8.0 + q * (1 - 3 / 8.0 - 3 / 8.0)) - 1; break;
    default: break;
    }
    return ref_lerp(n, x, v, own, s->out);
}

static inline ref_value ref_median(int64_t n, const ref_value *x, ama_dtype out) {
    const ref_value a = x[(n - 1) / 2], b = x[n / 2];
    if (n % 2) return ref_float(out, ref_number(a));
    if (a.t == AMA_F4) return ref_float(out, (double)(((float)a.f + (float)b.f) / 2));
    return ref_float(out, (ref_number(a) + ref_number(b)) / 2);
}

/* Moments by two passes in long double; n counts the values that enter. */
static inline double ref_variance(int64_t n, const ref_value *x, int ddof) {
    long double sum = 0, m2 = 0;
    if (n <= ddof) return NAN;
    for (int64_t i = 0; i < n; i++) sum += ref_number(x[i]);
    long double mean = sum / (long double)n;
    for (int64_t i = 0; i < n; i++) m2 += (ref_number(x[i]) - mean) * (ref_number(x[i]) - mean);
    return (double)(m2 / (long double)(n - ddof));
}

static inline ref_value ref_extreme(int64_t n, const ref_value *x, bool max) {
    ref_value best = x[0];
    for (int64_t i = 0; i < n; i++) {
        if (ref_is_float(x[i].t) && isnan(x[i].f)) return x[i];
        int order = ref_order(x[i], best);
        if (max ? order > 0 : order < 0) best = x[i];
    }
    return best;
}

static inline ref_value ref_total(int64_t n, const ref_value *x, bool product, ama_dtype out) {
    ama_dtype t = x->t;
    if (ref_is_float(t)) {
        long double r = product;
        for (int64_t i = 0; i < n; i++) r = product ? r * x[i].f : r + x[i].f;
        return ref_float(out, (double)r);
    }
    uint64_t r = product;
    for (int64_t i = 0; i < n; i++) r = product ? r * (uint64_t)x[i].i : r + (uint64_t)x[i].i;
    bool wide = ama__dtype_kind(t) == 'u';
    return ref_cast((ref_value){wide ? AMA_U8 : AMA_I8, 0, (int64_t)r}, out);
}

/* Reduces x[0..n) (all of one dtype; x[0] exists even when n is 0). The values that are skipped are moved away: x is
 * changed. */
static inline ref_value ref_reduce(const ref_spec *s, int64_t n, ref_value *x) {
    ama_dtype t = x->t;
    bool any = false, all = true, is_float = ref_is_float(t);
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        bool yes = is_float ? x[i].f != 0 : x[i].i != 0; /* NaN is true */
        any |= yes;
        all &= yes;
    }
    bool truth = s->op == AMA_RED_ANY || s->op == AMA_RED_ALL;
    bool skip = is_float && (s->skipna || s->op == AMA_RED_COUNT) && !truth;
    for (int64_t i = 0; i < n; i++)
        if (!skip || !isnan(x[i].f)) x[m++] = x[i];
    bool has_min_count = s->op == AMA_RED_SUM || s->op == AMA_RED_PROD;
    if (m == 0 && s->empty_nan) return ref_float(s->out, NAN);
    if (has_min_count && s->min_count > 0 && m < s->min_count) return ref_float(s->out, NAN);
    switch (s->op) {
    case AMA_RED_COUNT: return ref_cast(ref_int(AMA_I8, m), s->out);
    case AMA_RED_ANY: return ref_cast(ref_int(AMA_BOOL, any), s->out);
    case AMA_RED_ALL: return ref_cast(ref_int(AMA_BOOL, all), s->out);
    case AMA_RED_SUM: return ref_total(m, x, false, s->out);
    case AMA_RED_PROD: return ref_total(m, x, true, s->out);
    default: break;
    }
    if (m == 0) return ref_is_float(s->out) ? ref_float(s->out, NAN) : ref_int(s->out, 0);
    if (ama__red_collects(s->op)) {
        for (int64_t i = 0; i < m; i++)
            if (is_float && isnan(x[i].f)) return ref_float(s->out, NAN);
        ref_sort(m, x);
        return s->op == AMA_RED_MEDIAN ? ref_median(m, x, s->out) : ref_quantile(s, m, x);
    }
    if (s->op == AMA_RED_MEAN) {
        long double sum = 0;
        for (int64_t i = 0; i < m; i++) sum += ref_number(x[i]);
        return ref_float(s->out, (double)sum / (double)m);
    }
    if (s->op == AMA_RED_VAR) return ref_float(s->out, ref_variance(m, x, s->ddof));
    if (s->op == AMA_RED_STD) return ref_float(s->out, sqrt(ref_variance(m, x, s->ddof)));
    if (s->op == AMA_RED_FIRST) return ref_cast(x[0], s->out);
    if (s->op == AMA_RED_LAST) return ref_cast(x[m - 1], s->out);
    return ref_cast(ref_extreme(m, x, s->op == AMA_RED_MAX), s->out);
}

#endif
