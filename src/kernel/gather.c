#include "kernel/gather.h"

#include <math.h>
#include <string.h>

static void fill_missing(ama__class class, int64_t n, void *dst) {
    if (class == AMA_CLASS_F4)
        for (int64_t i = 0; i < n; i++) ((float *)dst)[i] = NAN;
    else if (class == AMA_CLASS_F8)
        for (int64_t i = 0; i < n; i++) ((double *)dst)[i] = NAN;
    else
        memset(dst, 0, (size_t)n * ama__class_bytes(class));
}

#define TAKE(TYPE, NAME)                                                                                               \
    static void NAME(int64_t n, const int64_t *restrict offset, int64_t stride, const TYPE *restrict src,              \
                     TYPE *restrict dst) {                                                                             \
        if (offset)                                                                                                    \
            for (int64_t i = 0; i < n; i++) dst[i] = src[offset[i]];                                                   \
        else                                                                                                           \
            for (int64_t i = 0; i < n; i++) dst[i] = src[i * stride];                                                  \
    }
TAKE(uint8_t, take_1)
TAKE(uint32_t, take_4)
TAKE(uint64_t, take_8)

/* A row along one axis whose places are all there. */
static void take_row(size_t size, int64_t n, const int64_t *offset, int64_t stride, const char *src, char *dst) {
    if (!offset && stride == 1)
        memcpy(dst, src, (size_t)n * size);
    else if (size == 8)
        take_8(n, offset, stride, (const uint64_t *)src, (uint64_t *)dst);
    else if (size == 4)
        take_4(n, offset, stride, (const uint32_t *)src, (uint32_t *)dst);
    else
        take_1(n, offset, stride, (const uint8_t *)src, (uint8_t *)dst);
}

static bool any_missing(int64_t n, const int64_t *offset) {
    for (int64_t i = 0; offset && i < n; i++)
        if (offset[i] == AMA_GATHER_MISSING) return true;
    return false;
}

static void take_some(ama__class class, int64_t n, const int64_t *offset, const char *src, char *dst) {
    int64_t size = (int64_t)ama__class_bytes(class);
    for (int64_t i = 0; i < n; i++)
        if (offset[i] == AMA_GATHER_MISSING)
            fill_missing(class, 1, dst + i * size);
        else
            memcpy(dst + i * size, src + offset[i] * size, (size_t)size);
}

/* Trailing axes without lists that lie one after another are one row. */
static int64_t join_row(int *ndim, const int64_t *count, const int64_t *const *offset, const int64_t *stride) {
    int n = *ndim - 1;
    int64_t run = count[n];
    while (n > 0 && !offset[n] && !offset[n - 1] && (stride[n - 1] == stride[*ndim - 1] * run || count[n - 1] == 1))
        run *= count[--n];
    *ndim = n;
    return run;
}

void ama__gather(ama__class class, int ndim, const int64_t *count, const int64_t *const *offset, const int64_t *stride,
                 const void *src, void *dst) {
    int64_t size = (int64_t)ama__class_bytes(class), at[AMA_MAX_DIMS] = {0};
    char *to = dst;
    if (ndim == 0) {
        memcpy(dst, src, (size_t)size);
        return;
    }
    const int64_t *list = offset[ndim - 1], step = stride[ndim - 1];
    int outer = ndim;
    int64_t run = join_row(&outer, count, offset, stride);
    bool holes = any_missing(run, list);
    do {
        int64_t from = 0;
        bool missing = false;
        for (int a = 0; a < outer; a++) {
            int64_t o = offset[a] ? offset[a][at[a]] : at[a] * stride[a];
            if (o == AMA_GATHER_MISSING)
                missing = true;
            else
                from += o;
        }
        const char *row = (const char *)src + from * size;
        if (missing)
            fill_missing(class, run, to);
        else if (holes)
            take_some(class, run, list, row, to);
        else
            take_row((size_t)size, run, list, step, row, to);
        to += run * size;
    } while (ama__index_next(outer, count, at));
}
