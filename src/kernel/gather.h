/* Taking elements along axes. Local, thread-safe. */
#ifndef AMA_KERNEL_GATHER_H
#define AMA_KERNEL_GATHER_H

#include "kernel/block.h"

/* Stands in an offset list for a missing value: NaN (of a float class). */
#define AMA_GATHER_MISSING INT64_MIN

/* Fills the dense C-order array dst of extents count[ndim]: the element at i[] is src[sum of o(a, i[a])], where o(a, i)
 * is offset[a][i] when the axis has a list and i * stride[a] otherwise, in elements of the class. */
void ama__gather(ama__class class, int ndim, const int64_t *count, const int64_t *const *offset, const int64_t *stride,
                 const void *src, void *dst);

#endif
