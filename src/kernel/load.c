/* Loading: stored bytes -> class values. Strips stay in L1; each step is one simple loop. */
#include <math.h>
#include <string.h>

#include "kernel/block.h"

#define STRIP 1024

bool ama__load_is_view(const ama__load *l) {
    bool plain = l->stored == AMA_F4 || l->stored == AMA_F8 || l->stored == AMA_I8 || l->stored == AMA_U8 ||
                 l->stored == AMA_BOOL;
    if (l->has_scale || l->has_offset || l->swapped || l->stored != l->dtype || l->decoded != l->dtype || !plain)
        return false;
    for (int i = 0; i < l->n_missing; i++)
        if (!ama__dtype_is_float(l->stored) || !isnan(l->missing_f8[i])) return false; /* NaN is NaN already */
    return true;
}

/* Native copy of n stored elements, which may be unaligned and swapped. */
#define SWAP_COPY(T, bytes)                                                                                            \
    static void swap_copy##bytes(int64_t n, const char *restrict src, T *restrict dst) {                               \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            T x;                                                                                                       \
            memcpy(&x, src + i * bytes, bytes);                                                                        \
            dst[i] = swap##bytes(x);                                                                                   \
        }                                                                                                              \
    }
#define swap2 __builtin_bswap16
#define swap4 __builtin_bswap32
#define swap8 __builtin_bswap64
SWAP_COPY(uint16_t, 2)
SWAP_COPY(uint32_t, 4)
SWAP_COPY(uint64_t, 8)

static void gather_native(const ama__load *l, int64_t n, const void *src, void *dst) {
    size_t size = ama__dtype_bytes(l->stored);
    if (!l->swapped || size == 1)
        memcpy(dst, src, (size_t)n * size);
    else if (size == 2)
        swap_copy2(n, src, dst);
    else if (size == 4)
        swap_copy4(n, src, dst);
    else
        swap_copy8(n, src, dst);
}

/* Missing values of a float strip become NaN; then scale and offset, in T. */
#define FLOAT_STEPS(T)                                                                                                 \
    static void missing_##T(const ama__load *l, int64_t n, const T *x, T *out) {                                       \
        for (int k = 0; k < l->n_missing; k++) {                                                                       \
            T miss = (T)l->missing_f8[k];                                                                              \
            if (isnan(miss)) continue;                                                                                 \
            for (int64_t i = 0; i < n; i++) out[i] = x[i] == miss ? (T)NAN : out[i];                                   \
        }                                                                                                              \
    }                                                                                                                  \
    static void rescale_##T(const ama__load *l, int64_t n, T *x) {                                                     \
        T scale = (T)l->scale, offset = (T)l->offset;                                                                  \
        if (l->has_scale)                                                                                              \
            for (int64_t i = 0; i < n; i++) x[i] = x[i] * scale;                                                       \
        if (l->has_offset)                                                                                             \
            for (int64_t i = 0; i < n; i++) x[i] = x[i] + offset;                                                      \
    }                                                                                                                  \
    static void missing_int_##T(const ama__load *l, int64_t n, const int64_t *x, T *out) {                             \
        for (int k = 0; k < l->n_missing; k++) {                                                                       \
            int64_t miss = l->missing_i8[k];                                                                           \
            for (int64_t i = 0; i < n; i++) out[i] = x[i] == miss ? (T)NAN : out[i];                                   \
        }                                                                                                              \
    }
FLOAT_STEPS(float)
FLOAT_STEPS(double)

/* One strip of a float variable. */
static void load_floats(const ama__load *l, int64_t n, const void *native, void *dst) {
    ama__convert_run(l->stored, l->decoded, n, native, dst);
    if (l->n_missing > 0) {
        if (l->stored == l->decoded && l->stored == AMA_F4)
            missing_float(l, n, native, dst);
        else if (l->stored == l->decoded)
            missing_double(l, n, native, dst);
        else { /* compare in the stored type, decode in the other */
            for (int64_t i = 0; i < n; i++)
                for (int k = 0; k < l->n_missing; k++) {
                    bool miss = l->stored == AMA_F4 ? ((const float *)native)[i] == (float)l->missing_f8[k]
                                                    : ((const double *)native)[i] == l->missing_f8[k];
                    if (miss) ama__dtype_set_f8(l->decoded, dst, i, NAN);
                }
        }
    }
    if (l->decoded == AMA_F4)
        rescale_float(l, n, dst);
    else if (l->decoded == AMA_F8)
        rescale_double(l, n, dst);
}

/* Floats of one width throughout: no strip between. */
static void load_same_floats(const ama__load *l, int64_t n, const void *src, void *dst) {
    gather_native(l, n, src, dst);
    if (l->decoded == AMA_F4) {
        missing_float(l, n, dst, dst);
        rescale_float(l, n, dst);
    } else {
        missing_double(l, n, dst, dst);
        rescale_double(l, n, dst);
    }
}

/* Small integers into floats: the value in T, missing ones NaN, then scale and offset. */
#define INTEGER_LOAD(I, T)                                                                                             \
    static void load_##I##_##T(const ama__load *l, int64_t n, const I *restrict x, T *restrict out) {                  \
        T scale = l->has_scale ? (T)l->scale : 1, offset = l->has_offset ? (T)l->offset : 0;                           \
        bool plain = !l->has_offset; /* adding 0 would turn -0 into 0 */                                               \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            T value = (T)x[i] * scale;                                                                                 \
            out[i] = plain ? value : value + offset;                                                                   \
        }                                                                                                              \
        for (int k = 0; k < l->n_missing; k++) {                                                                       \
            I miss = (I)l->missing_i8[k];                                                                              \
            if ((int64_t)miss != l->missing_i8[k]) continue;                                                           \
            for (int64_t i = 0; i < n; i++) out[i] = x[i] == miss ? (T)NAN : out[i];                                   \
        }                                                                                                              \
    }
#define INTEGER_LOADS(I) INTEGER_LOAD(I, float) INTEGER_LOAD(I, double)
INTEGER_LOADS(int8_t)
INTEGER_LOADS(uint8_t)
INTEGER_LOADS(int16_t)
INTEGER_LOADS(uint16_t)
INTEGER_LOADS(int32_t)

/* One native strip; false where this dtype takes the general way. */
static bool load_small_integers(const ama__load *l, int64_t n, const void *x, void *out) {
#define CASE(DTYPE, I)                                                                                                 \
    case DTYPE:                                                                                                        \
        if (l->decoded == AMA_F4)                                                                                      \
            load_##I##_float(l, n, x, out);                                                                            \
        else                                                                                                           \
            load_##I##_double(l, n, x, out);                                                                           \
        return true;
    if (!ama__dtype_is_float(l->decoded)) return false;
    switch (l->stored) {
        CASE(AMA_I1, int8_t)
        CASE(AMA_U1, uint8_t)
        CASE(AMA_I2, int16_t)
        CASE(AMA_U2, uint16_t)
        CASE(AMA_I4, int32_t)
    default: return false;
    }
#undef CASE
}

/* One strip of an integer or bool variable. */
static void load_integers(const ama__load *l, int64_t n, const void *native, void *dst) {
    int64_t wide[STRIP];
    if (l->stored == AMA_BOOL) {
        for (int64_t i = 0; i < n; i++) wide[i] = ((const uint8_t *)native)[i] != 0;
    } else {
        ama__unstore_run(l->stored, n, native, wide);
    }
    ama__convert_run(l->stored == AMA_BOOL ? AMA_I8 : l->stored, l->decoded, n, wide, dst);
    if (l->decoded == AMA_F4) {
        missing_int_float(l, n, wide, dst);
        rescale_float(l, n, dst);
    } else if (l->decoded == AMA_F8) {
        missing_int_double(l, n, wide, dst);
        rescale_double(l, n, dst);
    } else if (l->has_scale && l->decoded != AMA_BOOL) { /* an integer scale leaves integers */
        uint64_t scale = (uint64_t)(int64_t)l->scale, *x = dst;
        for (int64_t i = 0; i < n; i++) x[i] *= scale;
        ama__convert_run(AMA_I8, l->decoded, n, dst, dst); /* wraps */
    }
}

void ama__load_run(const ama__load *l, int64_t n, const void *src, void *dst) {
    size_t from = ama__dtype_bytes(l->stored), to = ama__class_bytes(ama__class_of(l->dtype));
    _Alignas(64) char native[STRIP * 8], decoded[STRIP * 8];
    if (ama__load_is_view(l)) {
        memcpy(dst, src, (size_t)n * to);
        return;
    }
    if (ama__dtype_is_float(l->stored) && l->stored == l->decoded && l->decoded == l->dtype) {
        for (int64_t i = 0; i < n; i += STRIP)
            load_same_floats(l, n - i < STRIP ? n - i : STRIP, (const char *)src + (size_t)i * from,
                             (char *)dst + (size_t)i * to);
        return;
    }
    for (int64_t i = 0; i < n; i += STRIP) {
        int64_t m = n - i < STRIP ? n - i : STRIP;
        char *out = (char *)dst + (size_t)i * to;
        void *mid = l->decoded == l->dtype ? out : decoded;
        gather_native(l, m, (const char *)src + (size_t)i * from, native);
        if (ama__dtype_is_float(l->stored))
            load_floats(l, m, native, mid);
        else if (!load_small_integers(l, m, native, mid))
            load_integers(l, m, native, mid);
        if (mid != out) ama__convert_run(l->decoded, l->dtype, m, mid, out);
    }
}
