/* The steps that polyfit.c and polyfew.c build fits from. "Cells" have the dims of y but for the fitted one. Local. */
#ifndef AMA_GRAPH_POLYNODE_H
#define AMA_GRAPH_POLYNODE_H

#include "graph/polybasis.h"

typedef struct ama__fit {
    ama__graph *g;
    const ama__polybasis *b;
    const double *x; /* labels, [b->n] */
    ama__node *y;
    int axis;    /* of y, along which it is fitted */
    bool masked; /* missing values are left out */
} ama__fit;

/* Of arrays of one shape and numbers. */
ama_status ama__fit_binary(const ama__fit *f, ama__op op, ama__node *a, ama__node *b, ama__node **out);
ama_status ama__fit_where(const ama__fit *f, ama__node *test, ama__node *a, ama__node *b, ama__node **out);
ama_status ama__fit_scalar(const ama__fit *f, double x, ama__node **out);
/* *x -= a * b. */
ama_status ama__fit_take_away(const ama__fit *f, ama__node *a, ama__node *b, ama__node **x);
/* Sum of a[k] * b[k] over the coefficients. */
ama_status ama__fit_dot(const ama__fit *f, ama__node *const *a, ama__node *const *b, ama__node **out);
/* An operation of y (or of something of its shape) with a constant along the fitted axis; WHERE: of x, else `other`. */
ama_status ama__fit_along(const ama__fit *f, ama__op op, ama__node *x, const double *along, double other,
                          ama__node **out);
/* Over the fitted axis. */
ama_status ama__fit_reduce(const ama__fit *f, ama__red op, ama__node *x, bool skipna, ama__node **out);
/* The same values as a result of their own, so that what reads them again and again does not make them again. */
ama_status ama__fit_settle(const ama__fit *f, ama__node *x, ama__node **out);

#endif
