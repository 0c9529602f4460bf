/* x.weighted(w): SEMANTICS 1.6. Local. */
#ifndef AMA_GRAPH_WEIGHTED_H
#define AMA_GRAPH_WEIGHTED_H

#include "graph/arith.h"
#include "graph/reduction.h"

typedef enum ama__weighted_op {
    AMA_WEIGHTED_MEAN,
    AMA_WEIGHTED_SUM,
    AMA_WEIGHTED_SUM_OF_WEIGHTS,
    AMA_WEIGHTED_SUM_OF_SQUARES,
    AMA_WEIGHTED_VAR,
    AMA_WEIGHTED_STD
} ama__weighted_op;

typedef struct ama__weighted {
    const ama__object *object, *weights; /* weights: a DataArray */
    const ama__evaluator *eval;          /* may be NULL */
} ama__weighted;

typedef struct ama__weighted_reduction {
    ama__weighted_op op;
    ama__dims dims;
    ama__skipna skipna;
    ama__keep_attrs keep_attrs;
} ama__weighted_reduction;

/* Checks what weighted() itself checks: weights are a DataArray, and no NaN among weights in memory. */
ama_status ama__weighted_check(ama__graph *g, const ama__weighted *w);
ama_status ama__weighted_reduce(ama__graph *g, const ama__weighted *w, const ama__weighted_reduction *r,
                                ama__object *out);
/* "mean", "sum", "sum_of_weights", "sum_of_squares", "std", "var". */
bool ama__weighted_parse(const char *name, ama__weighted_op *out);

#endif
