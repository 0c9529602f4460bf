/* Fits of fewer values than coefficients: of all polynomials through the values the one whose coefficients, each times
 * the norm of its column of powers, have the least sum of squares, as numpy.linalg.lstsq chooses. Local. */
#ifndef AMA_GRAPH_POLYFEW_H
#define AMA_GRAPH_POLYFEW_H

#include "graph/polynode.h"

/* Coefficients up to which the values can be told from each other by the sums that a fit makes anyway. */
#define AMA_POLYFEW_MAX 5

/* Of a cell's values; q as in the basis. */
typedef struct ama__polyfew_sums {
    ama__node *there;      /* as y: where values are */
    ama__node *count;      /* their number */
    ama__node *y, *yq;     /* sums of q[0] * y and of q[1] * y */
    ama__node *q, *square; /* sums of q[0] * q[1] and of q[1] * q[1] */
} ama__polyfew_sums;

/* c[k], k < f->b->p: coefficient of (x to the power k) / scale[k], for cells with 1 to p - 1 values. NaN where there
 * are none, where two have one label, and where they stand so near to each other that fewer than some seven digits
 * would be right. f->b->p from 3 to AMA_POLYFEW_MAX. */
ama_status ama__polyfew(const ama__fit *f, const ama__polyfew_sums *s, ama__node **c);

#endif
