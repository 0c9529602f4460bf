/* Weighted reductions as compositions of elementwise operations and sums. */
#include "graph/weighted.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"mean", "sum", "sum_of_weights", "sum_of_squares", "var", "std"};

bool ama__weighted_parse(const char *name, ama__weighted_op *out) {
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (ama__weighted_op)i;
            return true;
        }
    return false;
}

ama_status ama__weighted_check(ama__graph *g, const ama__weighted *w) {
    const void *data;
    if (w->weights->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "weights must be a DataArray, not a Dataset");
    ama__node *n = ama__object_var(w->weights)->node;
    if (!ama__dtype_is_float(n->dtype) || !ama__labels_is_eager(n)) return AMA_OK;
    AMA_TRY(ama__labels_eval(g, w->eval, n, "weights", &data));
    int64_t size = 1;
    for (int a = 0; a < n->ndim; a++) size *= n->shape[a];
    for (int64_t i = 0; i < size; i++)
        if (isnan(ama__dtype_get_f8(n->dtype, data, i)))
            return ama__fail(g->ctx, AMA_ERR_ARG, "weights cannot contain missing values: use weights.fillna(0)");
    return AMA_OK;
}

typedef struct job {
    ama__graph *g;
    const ama__weighted *w;
    const ama__weighted_reduction *r;
} job;

/* Sum of x * weights over the dims. x has no missing values left, or they are to show. */
static ama_status dot(const job *j, const ama__object *x, ama__object *out) {
    ama__object product;
    ama__operand in[2] = {ama__operand_object(x), ama__operand_object(j->w->weights)};
    ama__reduction sum = {.op = AMA_RED_SUM, .dims = j->r->dims, .skipna = AMA_SKIPNA_NO, .keep_attrs = AMA_KEEP_YES};
    AMA_TRY(ama__object_map(j->g, AMA_OP_MUL, 2, in, AMA_KEEP_YES, &product));
    return ama__object_reduce(j->g, &product, &sum, out);
}

static bool skips(const job *j) {
    return j->r->skipna != AMA_SKIPNA_NO;
}

static ama_status weighted_sum(const job *j, const ama__object *x, ama__object *out) {
    ama__object filled = *x;
    ama__operand zero = ama__operand_int(0);
    if (skips(j)) AMA_TRY(ama__object_fillna(j->g, x, &zero, &filled));
    return dot(j, &filled, out);
}

/* Weights of the values that are there; none of them gives NaN. */
static ama_status sum_of_weights(const job *j, ama__object *out) {
    ama__object there, total, some;
    ama__operand zero = ama__operand_int(0);
    AMA_TRY(ama__object_isnull(j->g, j->w->object, true, &there));
    AMA_TRY(dot(j, &there, &total));
    ama__operand in[2] = {ama__operand_object(&total), zero};
    AMA_TRY(ama__object_map(j->g, AMA_OP_NE, 2, in, AMA_KEEP_YES, &some));
    ama__where where = {.cond = ama__operand_object(&some), .eval = j->w->eval};
    return ama__object_where(j->g, &total, &where, out);
}

static ama_status ratio(const job *j, const ama__object *a, const ama__object *b, ama__object *out) {
    ama__operand in[2] = {ama__operand_object(a), ama__operand_object(b)};
    return ama__object_map(j->g, AMA_OP_DIV, 2, in, AMA_KEEP_YES, out);
}

static ama_status weighted_mean(const job *j, ama__object *out) {
    ama__object sum, weights;
    AMA_TRY(weighted_sum(j, j->w->object, &sum));
    AMA_TRY(sum_of_weights(j, &weights));
    return ratio(j, &sum, &weights, out);
}

static ama_status sum_of_squares(const job *j, ama__object *out) {
    ama__object mean, deviation, square;
    AMA_TRY(weighted_mean(j, &mean));
    ama__operand in[2] = {ama__operand_object(j->w->object), ama__operand_object(&mean)};
    AMA_TRY(ama__object_map(j->g, AMA_OP_SUB, 2, in, AMA_KEEP_YES, &deviation));
    ama__operand one = ama__operand_object(&deviation);
    AMA_TRY(ama__object_map(j->g, AMA_OP_SQUARE, 1, &one, AMA_KEEP_YES, &square));
    return weighted_sum(j, &square, out);
}

static ama_status variance(const job *j, ama__object *out) {
    ama__object squares, weights;
    AMA_TRY(sum_of_squares(j, &squares));
    AMA_TRY(sum_of_weights(j, &weights));
    return ratio(j, &squares, &weights, out);
}

static ama_status compute(const job *j, ama__object *out) {
    ama__object var;
    switch (j->r->op) {
    case AMA_WEIGHTED_MEAN: return weighted_mean(j, out);
    case AMA_WEIGHTED_SUM: return weighted_sum(j, j->w->object, out);
    case AMA_WEIGHTED_SUM_OF_WEIGHTS: return sum_of_weights(j, out);
    case AMA_WEIGHTED_SUM_OF_SQUARES: return sum_of_squares(j, out);
    case AMA_WEIGHTED_VAR: return variance(j, out);
    case AMA_WEIGHTED_STD: break;
    }
    AMA_TRY(variance(j, &var));
    ama__operand in = ama__operand_object(&var);
    return ama__object_map(j->g, AMA_OP_SQRT, 1, &in, AMA_KEEP_YES, out);
}

/* Name and attributes are those of the weighted object, whatever the weights have. */
static ama_status dress(const job *j, ama__object *out) {
    const ama__object *x = j->w->object;
    bool keep = j->r->keep_attrs != AMA_KEEP_NO;
    ama__object o;
    AMA_TRY(ama__object_copy(j->g, out, &o));
    o.name = x->name;
    o.ds.attrs = keep ? x->ds.attrs : (ama__attrs){0};
    for (int i = 0; i < o.ds.n_vars; i++) {
        const ama__variable *from =
            x->is_dataset ? ama__named_find(x->ds.n_vars, x->ds.var, o.ds.var[i].name) : ama__object_var(x);
        AMA_TRY(ama__variable_copy(j->g, o.ds.var[i].var, &o.ds.var[i].var));
        o.ds.var[i].var->attrs = (ama__attrs){0};
        if (keep && from) AMA_TRY(ama__attrs_copy(j->g->arena, &from->attrs, &o.ds.var[i].var->attrs));
        if (!x->is_dataset) o.ds.var[i].name = x->ds.var[0].name;
    }
    *out = o;
    return AMA_OK;
}

ama_status ama__weighted_reduce(ama__graph *g, const ama__weighted *w, const ama__weighted_reduction *r,
                                ama__object *out) {
    job j = {g, w, r};
    ama__object o;
    AMA_TRY(compute(&j, &o));
    AMA_TRY(dress(&j, &o));
    *out = o;
    return AMA_OK;
}
