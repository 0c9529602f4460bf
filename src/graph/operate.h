/* One operation on variables and scalars: broadcasting by dim name, dtypes, times, text. No attributes, no coordinates.
 * Local. */
#ifndef AMA_GRAPH_OPERATE_H
#define AMA_GRAPH_OPERATE_H

#include "graph/arith.h"

/* A variable or a Python scalar. */
typedef struct ama__term {
    const ama__variable *var; /* NULL: the scalar */
    ama__operand scalar;
} ama__term;

static inline ama__term ama__term_var(const ama__variable *v) {
    return (ama__term){.var = v};
}
static inline ama__term ama__term_scalar(ama__operand o) {
    return (ama__term){.scalar = o};
}

/* Dims by first appearance; sizes must agree (MISMATCH naming dim and sizes). At least one term is a variable. */
ama_status ama__terms_map(ama__graph *g, ama__op op, int n, const ama__term *in, ama__variable **out);
/* WHERE with the dims of x first, as x.where(cond, other) has them. */
ama_status ama__terms_where(ama__graph *g, const ama__term *x, const ama__term *cond, const ama__term *other,
                            ama__variable **out);
/* The variable with its dims in this order, which holds all of them: INDEX that permutes and repeats. shape is needed
 * for new dims only. */
ama_status ama__variable_arrange(ama__graph *g, const ama__variable *v, int ndim, const char *const *dim,
                                 const int64_t *shape, ama__variable **out);
ama_status ama__variable_cast(ama__graph *g, const ama__variable *v, ama_dtype t, ama__variable **out);

/* An elementwise operation on whole objects: aligns, matches data variables by name, merges coordinates. */
typedef ama_status ama__elementwise_fn(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out);
typedef enum ama__attrs_rule { AMA_ATTRS_AGREE, AMA_ATTRS_FIRST, AMA_ATTRS_NONE } ama__attrs_rule;
typedef struct ama__elementwise {
    ama__elementwise_fn *fn;
    void *user;
    ama__join join;
    ama__attrs_rule attrs; /* AGREE: of binary operators, the name goes when names differ; FIRST: of the first object */
} ama__elementwise;
ama_status ama__elementwise_run(ama__graph *g, const ama__elementwise *e, int n, const ama__operand *in,
                                ama__object *out);

#endif
