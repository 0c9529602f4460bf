/* interp and interp_like: SEMANTICS 1.4, 1.6. Linear interpolation is scipy's: of the neighbours below and above, with
 * slope * (x - x_lower) + y_lower; several dims one after another, in the order given. Local, but for targets that must
 * be evaluated. */
#ifndef AMA_GRAPH_INTERPOLATE_H
#define AMA_GRAPH_INTERPOLATE_H

#include "graph/labels.h"

/* Where to interpolate along a dim: numbers or times (date texts too) of 0 or 1 dims. */
typedef struct ama__interpolate_target {
    const char *dim;
    const ama__object *array;
    bool bare; /* a number, list or numpy array: takes the dim and the old coordinate's attributes */
} ama__interpolate_target;

typedef enum ama__interpolate_method { AMA_INTERPOLATE_LINEAR, AMA_INTERPOLATE_NEAREST } ama__interpolate_method;

typedef struct ama__interpolate_options {
    ama__interpolate_method method;
    bool assume_sorted;
    bool extrapolate;
    bool has_fill; /* outside: these instead of NaN */
    double fill_below, fill_above;
} ama__interpolate_options;

/* "linear", "nearest". Errors: UNSUPPORTED for scipy's others, ARG with the nearest name. */
ama_status ama__interpolate_parse(ama_ctx *ctx, const char *name, ama__interpolate_method *out);

/* Errors: NOTFOUND (no such dim), ARG (targets that are no numbers or times, labels that stand twice), UNSUPPORTED
 * (targets of several dims, pointwise interpolation, variables that are not numbers along the dim). */
ama_status ama__object_interp(ama__graph *g, const ama__object *in, int n, const ama__interpolate_target *t,
                              const ama__interpolate_options *o, ama__object *out);
/* Onto the index coordinates that `other` has for the dims of `in`. */
ama_status ama__object_interp_like(ama__graph *g, const ama__object *in, const ama__object *other,
                                   const ama__interpolate_options *o, ama__object *out);

/* ---- one dim (interpolate_axis.c) */

/* Neighbours and weights for the targets along one dim, places in the dim's own order. */
typedef struct ama__interpolate_axis {
    const char *dim, *new_dim; /* new_dim NULL: one target, the dim goes */
    int64_t n;                 /* targets */
    int64_t *lower, *upper;    /* NEAREST: lower alone */
    ama_dtype x_dtype, w_dtype;
    const double *x, *to; /* sorted labels and targets, as scipy has them */
    double *dx, *w;       /* x_upper - x_lower in x_dtype, target - x_lower in w_dtype */
    uint8_t *outside;     /* 0 inside, 1 below, 2 above */
    /* of one-dimensional float64 variables, which numpy.interp does: lower neighbours that count a hit as below */
    bool numpy;
    int64_t *np_lower, *np_upper;
    double *np_dx, *np_w, *np_w_upper;
    uint8_t *hit;
} ama__interpolate_axis;

/* index: in memory; NULL: 0, 1, … size - 1. target: in memory, 0 or 1 dims, of the kind of the index. */
ama_status ama__interpolate_axis_make(ama__graph *g, const ama__interpolate_options *o, const char *dim,
                                      const ama__variable *index, int64_t size, const ama__variable *target,
                                      ama__interpolate_axis *out);
/* One variable along the axis, which it has. Integers become float64. Without attributes and encoding. */
ama_status ama__interpolate_variable(ama__graph *g, const ama__interpolate_options *o, const ama__interpolate_axis *x,
                                     const ama__variable *v, ama__variable **out);

#endif
