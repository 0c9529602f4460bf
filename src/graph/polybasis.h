/* Orthonormal polynomials on given points. Local. */
#ifndef AMA_GRAPH_POLYBASIS_H
#define AMA_GRAPH_POLYBASIS_H

#include "graph/node.h"

#define AMA_POLY_MAX 16 /* coefficients */

/* q[k] is the polynomial of degree k on the n points, with sum(q[j] * q[k]) = 1 for j = k and 0 otherwise. */
typedef struct ama__polybasis {
    int p; /* number of polynomials */
    int64_t n;
    double *q[AMA_POLY_MAX];
    double power[AMA_POLY_MAX][AMA_POLY_MAX]; /* [j][k]: of x to the power j in q[k] */
    double scale[AMA_POLY_MAX];               /* 2-norms of the columns of powers */
    double x0, dx;                            /* x = x0 + dx * q[1]; p > 1 */
} ama__polybasis;

/* Polynomials of degrees 0 to p - 1. UNSUPPORTED when numpy would find the powers of x linearly dependent (rcond
 * n * eps, columns scaled to length 1): its fit is then one of many. */
ama_status ama__polybasis_make(ama__graph *g, const char *dim, int64_t n, const double *x, int p, ama__polybasis *out);

#endif
