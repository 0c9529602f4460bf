/* Shapes and regions: pure integer arithmetic, slowest axis first. */
#ifndef AMA_ARRAY_REGION_H
#define AMA_ARRAY_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AMA_MAX_DIMS 16

/* A box of an array: per axis start and count (unit stride). */
typedef struct ama__box {
    int ndim;
    int64_t start[AMA_MAX_DIMS], count[AMA_MAX_DIMS];
} ama__box;

/* Product of n extents (1 for n = 0); false on overflow of int64 or a negative extent. */
bool ama__shape_size(int ndim, const int64_t *shape, int64_t *out);
/* C-order strides in elements. */
void ama__shape_strides(int ndim, const int64_t *shape, int64_t *stride);
/* Next index tuple in C order within count[]; false after the last. idx starts at all zeros. */
bool ama__index_next(int ndim, const int64_t *count, int64_t *idx);

int64_t ama__box_size(const ama__box *b); /* number of elements; 0 when any count is 0 */
ama__box ama__box_whole(int ndim, const int64_t *shape);
bool ama__box_intersect(const ama__box *a, const ama__box *b, ama__box *out); /* false when empty */
ama__box ama__box_hull(const ama__box *a, const ama__box *b);                 /* the smallest box that contains both */
bool ama__box_equal(const ama__box *a, const ama__box *b);
bool ama__box_contains(const ama__box *outer, const ama__box *inner);

/* Copies count[] elements of `size` bytes between two arrays given by element strides (may be 0 or negative in src).
 * Axes that are contiguous in both are copied in runs. */
void ama__strided_copy(int ndim, const int64_t *count, size_t size, const void *src, const int64_t *src_stride,
                       void *dst, const int64_t *dst_stride);
/* Copies the intersection `what` of two dense C-order arrays that hold boxes `src_box` and `dst_box` of one index
 * space. */
void ama__box_copy(const ama__box *what, size_t size, const void *src, const ama__box *src_box, void *dst,
                   const ama__box *dst_box);

#endif
