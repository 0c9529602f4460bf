#include "graph/weighted.h"

#include <math.h>
#include <string.h>

#include "graph/operate.h"

bool ama__weighted_parse(const char *name, ama__weighted_op *out) {
    static const char *const names[] = {"mean", "sum", "sum_of_weights", "sum_of_squares", "var", "std"};
    for (int i = 0; i < 6; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (ama__weighted_op)i;
            return true;
        }
    return false;
}

ama_status ama__weighted_check(ama__graph *g, const ama__weighted *w) {
    const void *data;
    int64_t n;
    if (w->weights->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "weighted: the weights must be a DataArray");
    const ama__variable *v = ama__object_var(w->weights);
    if (v->time || ama__dtype_is_text(v->node->dtype))
        return ama__fail(g->ctx, AMA_ERR_ARG, "weighted: the weights must be numbers");
    if (!ama__dtype_is_float(v->node->dtype) || !ama__labels_is_eager(v->node)) return AMA_OK;
    AMA_TRY(ama__labels_eval(g, w->eval, v->node, "the weights", &data));
    ama__shape_size(v->node->ndim, v->node->shape, &n);
    for (int64_t i = 0; i < n; i++)
        if (isnan(ama__dtype_get_f8(v->node->dtype, data, i)))
            return ama__fail(g->ctx, AMA_ERR_ARG,
                             "weighted: the weights have missing values (NaN); weights.fillna(0) replaces them");
    return AMA_OK;
}

/* One weighted reduction: weights, aligned, and the dims that go. */
typedef struct job {
    const ama__variable *w;
    int n_dims;
    const char *const *dim;
    ama__skipna skipna;
} job;

static bool goes(const job *j, const char *dim) {
    for (int i = 0; i < j->n_dims; i++)
        if (strcmp(j->dim[i], dim) == 0) return true;
    return false;
}

/* sum(x * w) over the dims; NaN goes through. */
static ama_status dot(ama__graph *g, const job *j, const ama__variable *x, const ama__variable *w,
                      ama__variable **out) {
    ama__term t[2] = {ama__term_var(x), ama__term_var(w)};
    ama__reduction sum = {.op = AMA_RED_SUM, .skipna = AMA_SKIPNA_NO};
    ama__variable *v;
    bool any = false;
    AMA_TRY(ama__terms_map(g, AMA_OP_MUL, 2, t, &v));
    for (int a = 0; a < v->ndim; a++) any = any || goes(j, v->dim[a]);
    if (any) AMA_TRY(ama__variable_reduce(g, v, &sum, j->n_dims, j->dim, NULL, &v));
    *out = v;
    return AMA_OK;
}

static ama_status weighted_sum(ama__graph *g, const job *j, const ama__variable *x, ama__variable **out) {
    ama__term t = ama__term_var(x), there, zero = ama__term_scalar(ama__operand_float(0));
    ama__variable *v = (ama__variable *)x; /* shared, never changed */
    if (ama__dtype_is_float(x->node->dtype) && j->skipna != AMA_SKIPNA_NO) {
        AMA_TRY(ama__terms_map(g, AMA_OP_NOTNULL, 1, &t, &v));
        there = ama__term_var(v);
        AMA_TRY(ama__terms_where(g, &t, &there, &zero, &v));
    }
    return dot(g, j, v, j->w, out);
}

/* Weights of the values that are there; 0 becomes NaN. */
static ama_status sum_of_weights(ama__graph *g, const job *j, const ama__variable *x, ama__variable **out) {
    ama__term t[2] = {ama__term_var(x)}, cond, nan = ama__term_scalar(ama__operand_float(NAN));
    ama__variable *v, *w = (ama__variable *)j->w;
    AMA_TRY(ama__terms_map(g, AMA_OP_NOTNULL, 1, t, &v));
    if (w->node->dtype == AMA_BOOL) AMA_TRY(ama__variable_cast(g, w, AMA_I8, &w));
    AMA_TRY(dot(g, j, v, w, &v));
    t[0] = ama__term_var(v);
    t[1] = ama__term_scalar(ama__operand_int(0));
    AMA_TRY(ama__terms_map(g, AMA_OP_NE, 2, t, &w));
    cond = ama__term_var(w);
    if (!ama__dtype_is_float(v->node->dtype)) {
        AMA_TRY(ama__variable_cast(g, v, AMA_F8, &v));
        t[0] = ama__term_var(v);
    }
    return ama__terms_where(g, &t[0], &cond, &nan, out);
}

static ama_status ratio(ama__graph *g, const job *j, const ama__variable *x, const ama__variable *above,
                        ama__variable **out) {
    ama__variable *below;
    AMA_TRY(sum_of_weights(g, j, x, &below));
    ama__term t[2] = {ama__term_var(above), ama__term_var(below)};
    return ama__terms_map(g, AMA_OP_DIV, 2, t, out);
}

static ama_status sum_of_squares(ama__graph *g, const job *j, const ama__variable *x, ama__variable **out) {
    job mean = *j;
    ama__variable *v, *m;
    mean.skipna = AMA_SKIPNA_DEFAULT;
    AMA_TRY(weighted_sum(g, &mean, x, &v));
    AMA_TRY(ratio(g, &mean, x, v, &m));
    ama__term t[2] = {ama__term_var(x), ama__term_var(m)}, square;
    AMA_TRY(ama__terms_map(g, AMA_OP_SUB, 2, t, &v));
    square = ama__term_var(v);
    AMA_TRY(ama__terms_map(g, AMA_OP_SQUARE, 1, &square, &v));
    return weighted_sum(g, j, v, out);
}

static ama_status one_variable(ama__graph *g, const job *j, ama__weighted_op op, const ama__variable *x,
                               ama__variable **out) {
    ama__variable *v;
    ama__term t;
    if (x->time || ama__dtype_is_text(x->node->dtype))
        return ama__fail(g->ctx, AMA_ERR_ARG, "weighted: only numbers can be weighted; drop_vars takes the others out");
    switch (op) {
    case AMA_WEIGHTED_SUM_OF_WEIGHTS: return sum_of_weights(g, j, x, out);
    case AMA_WEIGHTED_SUM_OF_SQUARES: return sum_of_squares(g, j, x, out);
    case AMA_WEIGHTED_SUM: return weighted_sum(g, j, x, out);
    case AMA_WEIGHTED_MEAN: AMA_TRY(weighted_sum(g, j, x, &v)); return ratio(g, j, x, v, out);
    default:
        AMA_TRY(sum_of_squares(g, j, x, &v));
        AMA_TRY(ratio(g, j, x, v, out));
        if (op == AMA_WEIGHTED_VAR) return AMA_OK;
        t = ama__term_var(*out);
        return ama__terms_map(g, AMA_OP_SQRT, 1, &t, out);
    }
}

static ama_status find_dims(ama__graph *g, const ama__weighted *w, const ama__weighted_reduction *r, job *j) {
    ama__object both = {.is_dataset = true};
    const char **all;
    int n = w->object->ds.n_vars;
    AMA_NEW(g->arena, both.ds.var, n + 1);
    if (n) memcpy(both.ds.var, w->object->ds.var, (size_t)n * sizeof *both.ds.var);
    both.ds.var[n] = w->weights->ds.var[0];
    both.ds.n_vars = n + 1;
    if (r->dims.kind == AMA_DIMS_LIST) {
        for (int i = 0; i < r->dims.n; i++) AMA_TRY(ama__object_check_dim(g, &both, "weighted", r->dims.name[i]));
        j->n_dims = r->dims.n;
        j->dim = r->dims.name;
        return AMA_OK;
    }
    AMA_TRY(ama__dataset_dims(g, &both.ds, &j->n_dims, &all));
    j->dim = (const char *const *)all;
    return AMA_OK;
}

/* Coordinates of both without any dim that goes, and that fit the results. */
static ama_status result_coords(ama__graph *g, const ama__object *aligned, ama__object *out) {
    const ama__object *both[2] = {&aligned[0], &aligned[1]};
    const char **dims;
    int n, n_dims;
    ama__named *coord;
    AMA_TRY(ama__merge_coords(g, 2, both, &n, &coord));
    out->ds.n_coords = 0;
    AMA_TRY(ama__dataset_dims(g, &out->ds, &n_dims, &dims));
    return ama__coords_fitting(g, n, coord, n_dims, (const char *const *)dims, &out->ds.n_coords, &out->ds.coord);
}

ama_status ama__weighted_reduce(ama__graph *g, const ama__weighted *w, const ama__weighted_reduction *r,
                                ama__object *out) {
    const ama__object *both[2] = {w->object, w->weights};
    ama__object aligned[2], o = {.is_dataset = w->object->is_dataset, .name = w->object->name};
    job j = {.skipna = r->skipna};
    AMA_TRY(ama__weighted_check(g, w));
    AMA_TRY(find_dims(g, w, r, &j));
    AMA_TRY(ama__align(g, 2, both, AMA_JOIN_INNER, aligned));
    j.w = ama__object_var(&aligned[1]);
    AMA_NEW(g->arena, o.ds.var, w->object->ds.n_vars + 1);
    for (int i = 0; i < w->object->ds.n_vars; i++) {
        const ama__named *v = &aligned[0].ds.var[i];
        ama__variable *x;
        ama_status status = one_variable(g, &j, r->op, v->var, &x);
        AMA_TRY(o.is_dataset ? ama__wrap(g->ctx, status, "variable %s", v->name) : status);
        AMA_TRY(ama__variable_copy(g, x, &x));
        x->encoding = (ama__encoding){0};
        x->attrs = r->keep_attrs == AMA_KEEP_NO ? (ama__attrs){0} : v->var->attrs;
        o.ds.var[o.ds.n_vars++] = (ama__named){v->name, x};
    }
    AMA_TRY(result_coords(g, aligned, &o));
    if (o.is_dataset && r->keep_attrs != AMA_KEEP_NO) o.ds.attrs = w->object->ds.attrs;
    *out = o;
    return AMA_OK;
}
