/* polyfit and xr.polyval: SEMANTICS 1.6. Local. */
#ifndef AMA_GRAPH_POLYFIT_H
#define AMA_GRAPH_POLYFIT_H

#include "graph/reduction.h"

#define AMA_POLYFIT_MAX 15    /* degree */
#define AMA_POLYFIT_MAX_NAN 9 /* where missing values are left out */

typedef struct ama__polyfit_options {
    const char *dim;
    int deg;
    ama__skipna skipna;
} ama__polyfit_options;

/* A Dataset with the coefficients, highest power first along the new leading dim "degree": float64. Cells with fewer
 * values than coefficients: up to degree 4, as numpy, the smallest solution; otherwise NaN, of which a warning tells;
 * also where all values stand so near to each other, or at so few labels, that fewer than some seven digits of the
 * coefficients would be right. Errors: NOTFOUND (no such dim), ARG (deg), UNSUPPORTED (labels that do not determine the
 * fit; see the maxima). */
ama_status ama__object_polyfit(ama__graph *g, const ama__object *in, const ama__polyfit_options *o, ama__object *out);
/* A time as polyfit and polyval count it. */
double ama__polyfit_label(const ama__timeaxis *time, int64_t tick);
/* Horner's scheme; times count as float64 nanoseconds since 1970-01-01. */
ama_status ama__object_polyval(ama__graph *g, const ama__object *coord, const ama__object *coeffs,
                               const char *degree_dim, ama__object *out);

#endif
