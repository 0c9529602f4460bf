#include <string.h>

#include "kernel/block.h"

/* ---- dense native arrays <-> class values */

#define WIDEN(T)                                                                                                       \
    static void widen_##T(int64_t n, const void *src, int64_t *dst) {                                                  \
        const T *p = src;                                                                                              \
        for (int64_t i = 0; i < n; i++) dst[i] = (int64_t)p[i];                                                        \
    }                                                                                                                  \
    static void narrow_##T(int64_t n, const int64_t *src, void *dst) {                                                 \
        T *p = dst;                                                                                                    \
        for (int64_t i = 0; i < n; i++) p[i] = (T)src[i];                                                              \
    }
WIDEN(int8_t)
WIDEN(int16_t)
WIDEN(int32_t)
WIDEN(uint8_t)
WIDEN(uint16_t)
WIDEN(uint32_t)

void ama__unstore_run(ama_dtype t, int64_t n, const void *src, void *dst) {
    switch (t) {
    case AMA_I1: widen_int8_t(n, src, dst); break;
    case AMA_I2: widen_int16_t(n, src, dst); break;
    case AMA_I4: widen_int32_t(n, src, dst); break;
    case AMA_U1: widen_uint8_t(n, src, dst); break;
    case AMA_U2: widen_uint16_t(n, src, dst); break;
    case AMA_U4: widen_uint32_t(n, src, dst); break;
    default: memcpy(dst, src, (size_t)n * ama__dtype_bytes(t)); break;
    }
}

void ama__store_run(ama_dtype t, int64_t n, const void *src, void *dst) {
    switch (t) {
    case AMA_I1: narrow_int8_t(n, src, dst); break;
    case AMA_I2: narrow_int16_t(n, src, dst); break;
    case AMA_I4: narrow_int32_t(n, src, dst); break;
    case AMA_U1: narrow_uint8_t(n, src, dst); break;
    case AMA_U2: narrow_uint16_t(n, src, dst); break;
    case AMA_U4: narrow_uint32_t(n, src, dst); break;
    default: memcpy(dst, src, (size_t)n * ama__dtype_bytes(t)); break;
    }
}

/* Narrow integers wrap as their C types do. */
static void wrap(ama_dtype t, int64_t n, const int64_t *src, int64_t *dst) {
#define WRAP(T)                                                                                                        \
    for (int64_t i = 0; i < n; i++) dst[i] = (int64_t)(T)src[i];                                                       \
    break
    switch (t) {
    case AMA_I1: WRAP(int8_t);
    case AMA_I2: WRAP(int16_t);
    case AMA_I4: WRAP(int32_t);
    case AMA_U1: WRAP(uint8_t);
    case AMA_U2: WRAP(uint16_t);
    case AMA_U4: WRAP(uint32_t);
    default:
        if (dst != src) memmove(dst, src, (size_t)n * 8);
    }
#undef WRAP
}

/* ---- class to class */

/* NaN and floats out of range give what the conversions of x86-64 give, as numpy does there: the smallest int32 for
 * int32 and (cut to their width: 0) narrower types, the smallest int64 for the others. */
static int64_t f8_to_i8(double x) {
    return x >= -9223372036854775808.0 && x < 9223372036854775808.0 ? (int64_t)x : INT64_MIN;
}

static int64_t f8_to_i4(double x) {
    return x > -2147483649.0 && x < 2147483648.0 ? (int64_t)x : INT32_MIN;
}

static int64_t f8_to_u8(double x) {
    return x >= 9223372036854775808.0 && x < 18446744073709551616.0 ? (int64_t)(uint64_t)x : f8_to_i8(x);
}

static void from_floats(ama_dtype from, ama_dtype to, int64_t n, const void *src, void *dst) {
    const float *f = src;
    const double *d = src;
    bool single = from == AMA_F4;
    if (to == AMA_F8) {
        for (int64_t i = 0; i < n; i++) ((double *)dst)[i] = f[i];
    } else if (to == AMA_F4) {
        for (int64_t i = 0; i < n; i++) ((float *)dst)[i] = (float)d[i];
    } else if (to == AMA_BOOL) {
        for (int64_t i = 0; i < n; i++) ((uint8_t *)dst)[i] = (single ? f[i] : d[i]) != 0;
    } else {
        int64_t *out = dst;
        if (to == AMA_I8)
            for (int64_t i = 0; i < n; i++) out[i] = f8_to_i8(single ? f[i] : d[i]);
        else if (to == AMA_U8)
            for (int64_t i = 0; i < n; i++) out[i] = f8_to_u8(single ? f[i] : d[i]);
        else if (to == AMA_U4)
            for (int64_t i = 0; i < n; i++) out[i] = f8_to_i8(single ? f[i] : d[i]);
        else
            for (int64_t i = 0; i < n; i++) out[i] = f8_to_i4(single ? f[i] : d[i]);
        wrap(to, n, out, out);
    }
}

static void from_integers(ama_dtype from, ama_dtype to, int64_t n, const int64_t *src, void *dst) {
    if (to == AMA_F8 && from == AMA_U8) {
        for (int64_t i = 0; i < n; i++) ((double *)dst)[i] = (double)(uint64_t)src[i];
    } else if (to == AMA_F8) {
        for (int64_t i = 0; i < n; i++) ((double *)dst)[i] = (double)src[i];
    } else if (to == AMA_F4) {
        for (int64_t i = 0; i < n; i++) ((float *)dst)[i] = from == AMA_U8 ? (float)(uint64_t)src[i] : (float)src[i];
    } else if (to == AMA_BOOL) {
        for (int64_t i = 0; i < n; i++) ((uint8_t *)dst)[i] = src[i] != 0;
    } else {
        wrap(to, n, src, dst);
    }
}

static void from_bools(ama_dtype to, int64_t n, const uint8_t *src, void *dst) {
    if (to == AMA_F8) {
        for (int64_t i = 0; i < n; i++) ((double *)dst)[i] = src[i] != 0;
    } else if (to == AMA_F4) {
        for (int64_t i = 0; i < n; i++) ((float *)dst)[i] = src[i] != 0;
    } else {
        for (int64_t i = 0; i < n; i++) ((int64_t *)dst)[i] = src[i] != 0;
    }
}

void ama__convert_run(ama_dtype from, ama_dtype to, int64_t n, const void *src, void *dst) {
    if (from == to) {
        if (src != dst) memmove(dst, src, (size_t)n * ama__class_bytes(ama__class_of(to)));
    } else if (ama__dtype_is_float(from)) {
        from_floats(from, to, n, src, dst);
    } else if (from == AMA_BOOL) {
        from_bools(to, n, src, dst);
    } else {
        from_integers(from, to, n, src, dst);
    }
}
