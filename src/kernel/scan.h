/* Running sums and products along an axis. Local, thread-safe. */
#ifndef AMA_KERNEL_SCAN_H
#define AMA_KERNEL_SCAN_H

#include "kernel/block.h"

typedef struct ama__scan_kind {
    ama__class class; /* of the input: I, F4, F8; the result is of I or F8 */
    bool product;     /* else the sum */
    bool skipna;      /* NaN counts as 0, or as 1 in products */
} ama__scan_kind;

/* out[r][i] = out[r - 1][i] + x[r][i] for r < rows, i < run, where x is dense and rows of out lie `stride` elements
 * apart. out[-1] is `before`; where that is NULL the first row is x's. Every value is one addition to the one before
 * it, so bits do not depend on how rows are shared out among calls. Integers wrap. */
void ama__scan_rows(const ama__scan_kind *k, int64_t rows, int64_t run, const void *x, const void *before, void *out,
                    int64_t stride);

#endif
