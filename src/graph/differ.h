/* Two datasets held against each other: what their structure differs in, said at once, and for the variables that both
 * have, lazy figures of how far their values are apart. Local. */
#ifndef AMA_GRAPH_DIFFER_H
#define AMA_GRAPH_DIFFER_H

#include "base/text.h"
#include "graph/variable.h"

/* Values a and b are taken as equal when both are missing, or |a - b| <= atol + rtol * |b|. */
typedef struct ama__tolerance {
    double rtol, atol;
} ama__tolerance;

/* Figures of one variable, in the order of ama__differ_var.figure: scalars. */
/* The same text, or the same numbers of whatever types. Local. */
bool ama__attr_equal(const ama__attr *a, const ama__attr *b);

typedef enum ama__differ_figure {
    AMA_DIFFER_COUNT,   /* int64: values that differ */
    AMA_DIFFER_MISSING, /* int64: of them, missing in one only */
    AMA_DIFFER_ABS,     /* float64: largest |a - b|; NaN when no pair is there in both */
    AMA_DIFFER_REL,     /* float64: largest |a - b| / |b| where b is not 0 */
    AMA_DIFFER_N
} ama__differ_figure;

typedef struct ama__differ_var {
    const char *name;
    int ndim;
    const char *const *dim;
    ama__node *a, *b;
    ama__node *figure[AMA_DIFFER_N];
} ama__differ_var;

/* Compares structure and attributes (each difference one line in `notes`; history and what decoding takes away are left
 * out), text and times (their calendars too), and makes figures for all else that can be compared value by value.
 * *n_notes counts the lines. */
ama_status ama__differ_make(ama__graph *g, const ama__dataset *a, const ama__dataset *b, const ama__tolerance *t,
                            ama__text *notes, int *n_notes, int *n, ama__differ_var **out);
/* A float64 scalar: the C-order number of the first value that differs (infinite when none does). */
ama_status ama__differ_first(ama__graph *g, const ama__differ_var *v, const ama__tolerance *t, ama__node **out);

#endif
