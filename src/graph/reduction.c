#include "graph/reduction.h"

#include <string.h>

#include "graph/operate.h"

bool ama__reduction_parse(const char *name, ama__red *out) {
    for (int i = 0; i < AMA_RED_N; i++)
        if (strcmp(ama__red_name((ama__red)i), name) == 0) {
            *out = (ama__red)i;
            return true;
        }
    return false;
}

bool ama__reduction_is_numeric(ama__red op) {
    char class = ama__red_class(op);
    return class == 's' || class == 'm';
}

/* ---- one variable */

static bool among(const char *name, int n, const char *const *list) {
    for (int i = 0; i < n; i++)
        if (strcmp(name, list[i]) == 0) return true;
    return false;
}

/* Which elements are not missing; texts never are. */
static ama_status is_there(ama__graph *g, const ama__variable *v, ama__variable **out) {
    ama__term x = ama__term_var(v);
    int64_t n;
    uint8_t *flag;
    ama__node *node;
    if (!ama__dtype_is_text(v->node->dtype)) return ama__terms_map(g, AMA_OP_NOTNULL, 1, &x, out);
    ama__shape_size(v->node->ndim, v->node->shape, &n);
    AMA_NEW(g->arena, flag, n + 1);
    memset(flag, 1, (size_t)n);
    AMA_TRY(ama__node_const(g, AMA_BOOL, v->ndim, v->node->shape, flag, false, &node));
    return ama__variable_new(g, v->dim, node, out);
}

/* No axis goes: each element is its own segment. Most reductions then give the element back, as xarray does. */
static ama_status reduce_nothing(ama__graph *g, const ama__variable *v, const ama__reduction *r, ama__variable **out) {
    ama__term x[2] = {ama__term_var(v), ama__term_var(v)};
    ama__variable *w;
    switch (r->op) {
    case AMA_RED_COUNT: AMA_TRY(is_there(g, v, &w)); return ama__variable_cast(g, w, AMA_I8, out);
    case AMA_RED_VAR:
    case AMA_RED_STD:
        if (!ama__dtype_is_float(v->node->dtype)) {
            AMA_TRY(ama__variable_cast(g, v, AMA_F8, &w));
            x[0] = x[1] = ama__term_var(w);
        }
        AMA_TRY(ama__terms_map(g, AMA_OP_SUB, 2, x, out));
        if (r->ddof == 0) return AMA_OK;
        x[0] = x[1] = ama__term_var(*out);
        return ama__terms_map(g, AMA_OP_DIV, 2, x, out); /* 0/0: no degrees of freedom */
    case AMA_RED_ANY:
    case AMA_RED_ALL: return ama__variable_cast(g, v, AMA_BOOL, out);
    default: return ama__variable_copy(g, v, out);
    }
}

/* A scalar is reduced in full: types change, and a missing value is left out of sums. */
static ama_status reduce_scalar(ama__graph *g, const ama__variable *v, const ama__reduction *r, ama__variable **out) {
    char class = ama__red_class(r->op), kind = ama__dtype_kind(v->node->dtype);
    bool real = ama__dtype_is_float(v->node->dtype);
    ama__variable *there;
    if (class == 'm' && !real && (r->op == AMA_RED_MEAN || r->op == AMA_RED_MEDIAN))
        return ama__variable_cast(g, v, AMA_F8, out);
    if (class == 's' && !real) return ama__variable_cast(g, v, kind == 'u' ? AMA_U8 : AMA_I8, out);
    if (class == 's' && r->skipna != AMA_SKIPNA_NO && r->min_count <= 0) {
        ama__term x = ama__term_var(v), none, cond;
        AMA_TRY(ama__terms_map(g, AMA_OP_NOTNULL, 1, &x, &there));
        none = ama__term_scalar(ama__operand_float(r->op == AMA_RED_SUM ? 0 : 1));
        cond = ama__term_var(there);
        return ama__terms_where(g, &x, &cond, &none, out);
    }
    return reduce_nothing(g, v, r, out);
}

static ama_status reduce_node(ama__graph *g, const ama__variable *v, const ama__reduction *r, const bool *reduced,
                              int label_axis, const ama__segments *s, ama__variable **out) {
    bool real = ama__dtype_is_float(v->node->dtype);
    ama__node *in = v->node;
    ama__reduce_spec spec = {
        .op = r->op, .label_axis = label_axis, .skipna = real && r->skipna != AMA_SKIPNA_NO, .ddof = r->ddof};
    spec.n_q = r->quantiles.n;
    spec.q = r->quantiles.q;
    spec.method = r->quantiles.method;
    if ((real && spec.skipna) || r->skipna == AMA_SKIPNA_YES) spec.min_count = r->min_count;
    memcpy(spec.reduced, reduced, sizeof spec.reduced);
    if (label_axis >= 0) {
        spec.n_labels = s->n;
        spec.label = s->label;
        spec.empty_nan = s->empty_nan;
    }
    if ((v->time || ama__dtype_is_text(v->node->dtype)) && r->op == AMA_RED_COUNT) {
        ama__variable *there;
        AMA_TRY(is_there(g, v, &there));
        in = there->node;
        spec.op = AMA_RED_SUM;
    } else if (v->time) {
        (*out)->time = v->time;
        return ama__times_reduce(g, v, r, reduced, label_axis, s, &(*out)->node);
    }
    return ama__node_reduce(g, in, &spec, &(*out)->node);
}

ama_status ama__variable_reduce(ama__graph *g, const ama__variable *v, const ama__reduction *r, int n_dims,
                                const char *const *dim, const ama__segments *s, ama__variable **out) {
    bool reduced[AMA_MAX_DIMS] = {false}, any = false;
    int label_axis = -1, ndim = 0;
    ama__variable *w;
    AMA_NEW(g->arena, w, 1);
    for (int a = 0; a < v->ndim; a++) {
        if (s && strcmp(v->dim[a], s->dim) == 0) {
            label_axis = a;
            w->dim[ndim++] = s->name;
        } else if (among(v->dim[a], n_dims, dim)) {
            reduced[a] = true;
        } else {
            w->dim[ndim++] = v->dim[a];
        }
        any = any || reduced[a] || label_axis == a;
    }
    w->ndim = ndim;
    if (any || (r->op == AMA_RED_QUANTILE && v->ndim == 0)) {
        AMA_TRY(reduce_node(g, v, r, reduced, label_axis, s, &w));
        if (r->op == AMA_RED_QUANTILE) AMA_TRY(ama__quantile_axis(g, r, s != NULL, w));
    } else {
        AMA_TRY((v->ndim == 0 && !v->time ? reduce_scalar : reduce_nothing)(g, v, r, &w));
        w->encoding = (ama__encoding){0};
    }
    w->attrs = r->keep_attrs == AMA_KEEP_NO ? (ama__attrs){0} : v->attrs;
    if (!s) w->chunks = v->chunks;
    *out = w;
    return AMA_OK;
}

/* ---- objects */

static ama_status check_dims(ama__graph *g, const ama__object *x, const ama__reduction *r, int *n,
                             const char *const **dims) {
    const char **all;
    if (r->dims.kind == AMA_DIMS_LIST) {
        for (int i = 0; i < r->dims.n; i++) AMA_TRY(ama__object_check_dim(g, x, ama__red_name(r->op), r->dims.name[i]));
        *n = r->dims.n;
        *dims = r->dims.name;
        return AMA_OK;
    }
    AMA_TRY(ama__dataset_dims(g, &x->ds, n, &all));
    *dims = (const char *const *)all;
    return AMA_OK;
}

static bool touches(const ama__variable *v, int n, const char *const *dims) {
    for (int a = 0; a < v->ndim; a++)
        if (among(v->dim[a], n, dims)) return true;
    return false;
}

static ama_status reduce_array(ama__graph *g, const ama__object *x, const ama__reduction *r, int n,
                               const char *const *dims, ama__object *out) {
    const ama__variable *v = ama__object_var(x);
    ama__variable *w;
    int n_coords = x->ds.n_coords;
    ama__named *coord = x->ds.coord;
    AMA_TRY(ama__variable_reduce(g, v, r, n, dims, NULL, &w));
    if (w->ndim != v->ndim || r->op == AMA_RED_QUANTILE)
        AMA_TRY(ama__coords_fitting(g, n_coords, coord, w->ndim, (const char *const *)w->dim, &n_coords, &coord));
    AMA_TRY(ama__object_from_array(g, x->name, w, n_coords, coord, out));
    return r->op == AMA_RED_QUANTILE ? ama__quantile_coords(g, r, out) : AMA_OK;
}

ama_status ama__object_reduce(ama__graph *g, const ama__object *x, const ama__reduction *r, ama__object *out) {
    int n;
    const char *const *dims;
    ama__object o = {.is_dataset = true};
    char class = ama__red_class(r->op);
    AMA_TRY(check_dims(g, x, r, &n, &dims));
    if (r->op == AMA_RED_QUANTILE) AMA_TRY(ama__quantile_check(g, x, r, n, dims));
    if (!x->is_dataset) return reduce_array(g, x, r, n, dims, out);
    AMA_NEW(g->arena, o.ds.var, x->ds.n_vars + 1);
    AMA_NEW(g->arena, o.ds.coord, x->ds.n_coords + 1);
    for (int i = 0; i < x->ds.n_vars; i++) {
        const ama__named *v = &x->ds.var[i];
        bool text = ama__dtype_is_text(v->var->node->dtype), number = !text && !v->var->time;
        ama__named *w = &o.ds.var[o.ds.n_vars];
        bool numeric = ama__reduction_is_numeric(r->op) || r->quantiles.numeric_only;
        if ((touches(v->var, n, dims) || (r->op == AMA_RED_QUANTILE && v->var->ndim == 0)) && !number && numeric)
            continue;
        bool same = r->op == AMA_RED_MIN || r->op == AMA_RED_MAX || class == 's' || r->op == AMA_RED_MEAN ||
                    r->op == AMA_RED_MEDIAN;
        if (!touches(v->var, n, dims) && ((!number && same) || (r->op == AMA_RED_QUANTILE && v->var->ndim > 0)))
            w->var = v->var;
        else
            AMA_TRY(
                ama__wrap(g->ctx, ama__variable_reduce(g, v->var, r, n, dims, NULL, &w->var), "variable %s", v->name));
        w->name = v->name;
        o.ds.n_vars++;
    }
    for (int i = 0; i < x->ds.n_coords; i++)
        if (!touches(x->ds.coord[i].var, n, dims)) o.ds.coord[o.ds.n_coords++] = x->ds.coord[i];
    if (r->keep_attrs != AMA_KEEP_NO) o.ds.attrs = x->ds.attrs;
    o.ds.n_unlimited = x->ds.n_unlimited;
    o.ds.unlimited = x->ds.unlimited;
    if (r->op == AMA_RED_QUANTILE) AMA_TRY(ama__quantile_coords(g, r, &o));
    *out = o;
    return AMA_OK;
}
