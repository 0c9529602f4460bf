/* What the labelled operations share: labels and index lookup, taking along axes (eagerly for arrays in memory), small
 * evaluation, filtering of coordinates. Everything is Local; results live in the graph's arena. */
#ifndef AMA_GRAPH_LABELS_H
#define AMA_GRAPH_LABELS_H

#include "graph/variable.h"

/* Evaluates a node to dense memory that lives as long as the graph, for operations whose result depends on values
 * (where(drop=True), labels from computed arrays). Set by whoever can run a plan. Arrays in memory and simple
 * operations on them are evaluated without it; where it is needed and missing the error is UNSUPPORTED. */
struct ama__evaluator {
    ama_status (*fn)(void *user, ama__node *node, const void **data);
    void *user;
};

/* Dense native values of a node (STRING: char pointers). `what` names it in errors. ev NULL: the graph's own. */
ama_status ama__labels_eval(ama__graph *g, const ama__evaluator *ev, ama__node *node, const char *what,
                            const void **data);
/* The same as a CONST node. */
ama_status ama__labels_eval_const(ama__graph *g, const ama__evaluator *ev, ama__node *node, const char *what,
                                  ama__node **out);
/* 1 when two nodes surely hold the same values (the same operations on the same data, or equal values in memory; NaN
 * equals NaN), 0 when they surely do not, -1 when only an evaluation would tell. */
int ama__labels_same_values(const ama__node *a, const ama__node *b);
/* True when the node can be evaluated without an evaluator (memory and simple operations on it, not too large). */
bool ama__labels_is_eager(const ama__node *node);

/* ama__node_index, but an array in memory gives an array in memory, text too (index -1 of text: NULL pointer). */
ama_status ama__labels_take(ama__graph *g, ama__node *in, int ndim, const ama__pick *pick, const int64_t *fixed,
                            ama__node **out);
/* A copy of `v` with picks along one dim (count of `p`), or with that dim dropped at index `at` (p NULL). */
ama_status ama__labels_take_dim(ama__graph *g, const ama__variable *v, const char *dim, const ama__pick *p, int64_t at,
                                ama__variable **out);

/* One label, as a script writes it. TICK: a time in ticks of `axis`. */
typedef enum ama__label_kind {
    AMA_LABEL_NONE,
    AMA_LABEL_BOOL,
    AMA_LABEL_INT,
    AMA_LABEL_FLOAT,
    AMA_LABEL_TEXT,
    AMA_LABEL_TICK
} ama__label_kind;
typedef struct ama__label {
    ama__label_kind kind;
    int64_t i8;                /* BOOL, INT, TICK */
    const ama__timeaxis *axis; /* TICK: NULL is the index' own */
    double f8;                 /* FLOAT */
    const char *text;
} ama__label;

/* Element i of an array in memory as a label. */
ama__label ama__labels_get(const ama__variable *v, int64_t i);
/* -1, 0, 1; numbers by value, texts by bytes, and 2 when they cannot be compared. */
int ama__label_compare(const ama__label *a, const ama__label *b);
/* Text of a label for errors; `time` for ticks, else NULL. */
const char *ama__label_print(ama__graph *g, const ama__timeaxis *time, const ama__label *label);
/* Stable order of n things by a comparison of two of them, which gives -1, 0 or 1: order[k] is the k-th smallest. */
typedef int ama__labels_order_fn(const void *user, int64_t i, int64_t j);
ama_status ama__labels_order(ama__graph *g, int64_t n, ama__labels_order_fn *compare, const void *user,
                             int64_t **order);
/* Stable order of the elements of an array in memory: order[k] is the place of the k-th smallest. */
ama_status ama__labels_sort(ama__graph *g, const ama__variable *v, int64_t **order);
/* Text of element i of an index in memory, as xarray would print it, into the arena. */
const char *ama__labels_print(ama__graph *g, const ama__variable *index, int64_t i);
/* Exact comparison of elements of two indexes in memory (int 1 equals float 1.0; times compare as dates). */
int ama__labels_compare(const ama__variable *a, int64_t i, const ama__variable *b, int64_t j);
/* True when the two 1-D indexes hold the same labels in the same order. */
bool ama__labels_equal(const ama__variable *a, const ama__variable *b);
/* 1 increasing, -1 decreasing (equal neighbours allowed), 0 neither. */
int ama__labels_direction(const ama__variable *index);
/* For each element of `want` its place in `index`, -1 where absent. MISMATCH when index has that label twice. */
ama_status ama__labels_lookup(ama__graph *g, const ama__variable *index, const ama__variable *want, const char *dim,
                              int64_t *place);

/* Appends or replaces by name, in a list with room for one more. */
void ama__labels_put(int *n, ama__named *list, const char *name, ama__variable *var);

/* The data variable of a DataArray. */
static inline ama__variable *ama__object_var(const ama__object *o) {
    return o->ds.var[0].var;
}
/* NOTFOUND naming the dims there are, with the nearest. `what` begins the sentence: "mean". */
ama_status ama__object_check_dim(ama__graph *g, const ama__object *o, const char *what, const char *dim);

#endif
