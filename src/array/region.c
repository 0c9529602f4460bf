#include "array/region.h"

#include <string.h>

bool ama__shape_size(int ndim, const int64_t *shape, int64_t *out) {
    int64_t size = 1;
    bool empty = false;
    for (int d = 0; d < ndim; d++) {
        if (shape[d] < 0) return false;
        if (shape[d] == 0) empty = true;
    }
    for (int d = 0; d < ndim && !empty; d++)
        if (__builtin_mul_overflow(size, shape[d], &size)) return false;
    *out = empty ? 0 : size;
    return true;
}

void ama__shape_strides(int ndim, const int64_t *shape, int64_t *stride) {
    int64_t s = 1;
    for (int d = ndim - 1; d >= 0; d--) {
        stride[d] = s;
        s *= shape[d];
    }
}

bool ama__index_next(int ndim, const int64_t *count, int64_t *idx) {
    for (int d = ndim - 1; d >= 0; d--) {
        if (++idx[d] < count[d]) return true;
        idx[d] = 0;
    }
    return false;
}

int64_t ama__box_size(const ama__box *b) {
    int64_t size = 1;
    for (int d = 0; d < b->ndim; d++)
        if (b->count[d] <= 0) return 0;
    for (int d = 0; d < b->ndim; d++) size *= b->count[d];
    return size;
}

ama__box ama__box_whole(int ndim, const int64_t *shape) {
    ama__box b = {.ndim = ndim};
    for (int d = 0; d < ndim; d++) b.count[d] = shape[d];
    return b;
}

bool ama__box_intersect(const ama__box *a, const ama__box *b, ama__box *out) {
    ama__box both = {.ndim = a->ndim};
    bool some = true;
    for (int d = 0; d < a->ndim; d++) {
        int64_t start = a->start[d] > b->start[d] ? a->start[d] : b->start[d];
        int64_t end_a = a->start[d] + a->count[d], end_b = b->start[d] + b->count[d];
        int64_t end = end_a < end_b ? end_a : end_b;
        both.start[d] = start;
        both.count[d] = end > start ? end - start : 0;
        if (end <= start) some = false;
    }
    *out = both;
    return some;
}

ama__box ama__box_hull(const ama__box *a, const ama__box *b) {
    ama__box h = *a;
    for (int d = 0; d < h.ndim; d++) {
        int64_t end_a = a->start[d] + a->count[d], end_b = b->start[d] + b->count[d];
        if (b->start[d] < h.start[d]) h.start[d] = b->start[d];
        h.count[d] = (end_a > end_b ? end_a : end_b) - h.start[d];
    }
    return h;
}

bool ama__box_equal(const ama__box *a, const ama__box *b) {
    if (a->ndim != b->ndim) return false;
    for (int d = 0; d < a->ndim; d++)
        if (a->start[d] != b->start[d] || a->count[d] != b->count[d]) return false;
    return true;
}

bool ama__box_contains(const ama__box *outer, const ama__box *inner) {
    if (outer->ndim != inner->ndim) return false;
    if (ama__box_size(inner) == 0) return true;
    for (int d = 0; d < outer->ndim; d++)
        if (inner->start[d] < outer->start[d] || inner->start[d] + inner->count[d] > outer->start[d] + outer->count[d])
            return false;
    return true;
}

/* ---- copies */

/* A copy reduced to the axes that matter. Strides in elements. */
typedef struct plan {
    int ndim;
    int64_t count[AMA_MAX_DIMS], src[AMA_MAX_DIMS], dst[AMA_MAX_DIMS];
} plan;

/* Drops axes of one element and joins neighbours that are contiguous on both sides. False when nothing is to be
 * copied. */
static bool plan_make(plan *p, int ndim, const int64_t *count, const int64_t *src, const int64_t *dst) {
    int n = 0;
    for (int d = 0; d < ndim; d++) {
        if (count[d] <= 0) return false;
        if (count[d] == 1) continue;
        if (n > 0 && p->src[n - 1] == src[d] * count[d] && p->dst[n - 1] == dst[d] * count[d]) {
            p->count[n - 1] *= count[d];
            p->src[n - 1] = src[d];
            p->dst[n - 1] = dst[d];
            continue;
        }
        p->count[n] = count[d];
        p->src[n] = src[d];
        p->dst[n++] = dst[d];
    }
    p->ndim = n;
    return true;
}

/* Where the source runs fastest along another axis than the innermost, that axis goes next to it. */
static void plan_pair(plan *p) {
    int inner = p->ndim - 1, fast = inner;
    for (int d = 0; d < inner; d++)
        if (p->src[d] > 0 && p->src[d] < p->src[fast]) fast = d;
    if (fast == inner) return;
    int64_t count = p->count[fast], src = p->src[fast], dst = p->dst[fast];
    for (int d = fast; d < inner - 1; d++) {
        p->count[d] = p->count[d + 1];
        p->src[d] = p->src[d + 1];
        p->dst[d] = p->dst[d + 1];
    }
    p->count[inner - 1] = count;
    p->src[inner - 1] = src;
    p->dst[inner - 1] = dst;
}

#define RUN(TYPE)                                                                                                      \
    for (int64_t i = 0; i < n; i++) memcpy(dst + i * dst_step, src + i * src_step, sizeof(TYPE));

/* n elements `src_step` and `dst_step` bytes apart. */
static void copy_run(int64_t n, size_t size, const char *src, int64_t src_step, char *dst, int64_t dst_step) {
    switch (size) {
    case 1: RUN(int8_t) break;
    case 2: RUN(int16_t) break;
    case 4: RUN(int32_t) break;
    case 8: RUN(int64_t) break;
    default:
        for (int64_t i = 0; i < n; i++) memcpy(dst + i * dst_step, src + i * src_step, size);
    }
}

/* The two innermost axes. Where they are transposed, in squares, so that each cache line is fetched once. */
static void copy_plane(const plan *p, int64_t size, const char *src, char *dst) {
    enum { SQUARE = 32 };
    int a = p->ndim - 2, b = p->ndim - 1;
    int64_t src_a = p->src[a] * size, src_b = p->src[b] * size, dst_a = p->dst[a] * size, dst_b = p->dst[b] * size;
    bool dense = src_b == size && dst_b == size;
    bool transposed = (p->src[b] > p->src[a] && p->src[a] > 0) || (p->dst[b] > p->dst[a] && p->dst[a] > 0);
    int64_t step = transposed ? SQUARE : p->count[b];
    for (int64_t j = 0; j < p->count[b]; j += step) {
        int64_t n = p->count[b] - j < step ? p->count[b] - j : step;
        for (int64_t i = 0; i < p->count[a]; i++) {
            const char *from = src + i * src_a + j * src_b;
            char *to = dst + i * dst_a + j * dst_b;
            if (dense)
                memcpy(to, from, (size_t)(n * size));
            else
                copy_run(n, (size_t)size, from, src_b, to, dst_b);
        }
    }
}

void ama__strided_copy(int ndim, const int64_t *count, size_t size, const void *src, const int64_t *src_stride,
                       void *dst, const int64_t *dst_stride) {
    plan p;
    int64_t bytes = (int64_t)size;
    if (!plan_make(&p, ndim, count, src_stride, dst_stride)) return;
    if (p.ndim == 0) {
        memcpy(dst, src, size);
        return;
    }
    if (p.ndim == 1) {
        if (p.src[0] == 1 && p.dst[0] == 1)
            memcpy(dst, src, (size_t)(p.count[0] * bytes));
        else
            copy_run(p.count[0], size, src, p.src[0] * bytes, dst, p.dst[0] * bytes);
        return;
    }
    plan_pair(&p);
    int64_t idx[AMA_MAX_DIMS] = {0};
    do {
        int64_t at_src = 0, at_dst = 0;
        for (int d = 0; d < p.ndim - 2; d++) {
            at_src += idx[d] * p.src[d];
            at_dst += idx[d] * p.dst[d];
        }
        copy_plane(&p, bytes, (const char *)src + at_src * bytes, (char *)dst + at_dst * bytes);
    } while (ama__index_next(p.ndim - 2, p.count, idx));
}

void ama__box_copy(const ama__box *what, size_t size, const void *src, const ama__box *src_box, void *dst,
                   const ama__box *dst_box) {
    ama__box both;
    if (!ama__box_intersect(what, src_box, &both) || !ama__box_intersect(&both, dst_box, &both)) return;
    int64_t src_stride[AMA_MAX_DIMS], dst_stride[AMA_MAX_DIMS], at_src = 0, at_dst = 0;
    ama__shape_strides(both.ndim, src_box->count, src_stride);
    ama__shape_strides(both.ndim, dst_box->count, dst_stride);
    for (int d = 0; d < both.ndim; d++) {
        at_src += (both.start[d] - src_box->start[d]) * src_stride[d];
        at_dst += (both.start[d] - dst_box->start[d]) * dst_stride[d];
    }
    int64_t bytes = (int64_t)size;
    ama__strided_copy(both.ndim, both.count, size, (const char *)src + at_src * bytes, src_stride,
                      (char *)dst + at_dst * bytes, dst_stride);
}
