#include "graph/group.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/dt.h"
#include "graph/operate.h"

/* ---- labels of groups */

static bool is_missing(const ama__variable *key, int64_t i) {
    ama__label l = ama__labels_get(key, i);
    if (l.kind == AMA_LABEL_FLOAT) return isnan(l.f8);
    return l.kind == AMA_LABEL_TICK && l.i8 == AMA_NAT;
}

/* An index that is unique and ordered groups by itself, in its own order. */
static bool is_own_index(const ama__group *r) {
    const ama__variable *key = r->key;
    if (strcmp(r->dim, r->name) != 0 || ama__labels_direction(key) == 0) return false;
    for (int64_t i = 0; i < key->node->shape[0]; i++)
        if (is_missing(key, i) || (i > 0 && ama__labels_compare(key, i - 1, key, i) == 0)) return false;
    return true;
}

/* Sorted unique labels of the key, and the place of each element's among them. */
static ama_status factorize(ama__graph *g, ama__group *r) {
    ama__variable *key = r->key;
    int64_t n = key->node->shape[0], *order, *index, *first;
    AMA_NEW(g->arena, index, n + 1);
    AMA_NEW(g->arena, first, n + 1);
    r->index = index;
    if (is_own_index(r)) {
        for (int64_t i = 0; i < n; i++) index[i] = i;
        r->n = n;
        r->labels = key;
        return AMA_OK;
    }
    AMA_TRY(ama__labels_sort(g, key, &order));
    for (int64_t k = 0; k < n; k++) {
        int64_t i = order[k];
        index[i] = -1;
        if (is_missing(key, i)) continue;
        if (r->n == 0 || ama__labels_compare(key, first[r->n - 1], key, i) != 0) first[r->n++] = i;
        index[i] = r->n - 1;
    }
    if (r->n == 0) return ama__fail(g->ctx, AMA_ERR_ARG, "groupby \"%s\": all its labels are missing", r->name);
    ama__pick p = {.count = r->n, .list = first};
    AMA_TRY(ama__labels_take_dim(g, key, r->dim, &p, 0, &r->labels));
    r->labels->dim[0] = r->name;
    r->labels->encoding = (ama__encoding){0};
    return AMA_OK;
}

static ama_status make(ama__graph *g, const ama__object *x, const char *name, const ama__variable *key,
                       const ama__evaluator *ev, ama__group **out) {
    ama__group *r;
    if (key->ndim != 1)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "groupby \"%s\": labels of %d dims; one dim is supported", name,
                         key->ndim);
    AMA_TRY(ama__wrap(g->ctx, ama__object_check_dim(g, x, "groupby", key->dim[0]), "labels \"%s\"", name));
    int64_t size = ama__dataset_dim_size(&x->ds, key->dim[0]);
    if (size != key->node->shape[0])
        return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                         "groupby \"%s\": there are %" PRId64 " labels along dim \"%s\", which has %" PRId64
                         " elements",
                         name, key->node->shape[0], key->dim[0], size);
    if (size == 0) return ama__fail(g->ctx, AMA_ERR_ARG, "groupby \"%s\": dim \"%s\" is empty", name, key->dim[0]);
    AMA_NEW(g->arena, r, 1);
    r->object = x;
    r->dim = key->dim[0];
    r->name = name;
    AMA_TRY(ama__variable_copy(g, key, &r->key));
    AMA_TRY(ama__labels_eval_const(g, ev, key->node, "the labels of groupby", &r->key->node));
    *out = r;
    return factorize(g, r);
}

ama_status ama__group_by_name(ama__graph *g, const ama__object *x, const char *name, const ama__evaluator *ev,
                              ama__group **out) {
    ama__object key;
    AMA_TRY(ama__wrap(g->ctx, ama__object_get(g, ev, x, name, &key), "groupby"));
    if (ama__dataset_dim_size(&x->ds, name) >= 0 && !ama__dataset_find(&x->ds, name))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "groupby \"%s\": the dim has no labels", name);
    return make(g, x, key.name, ama__object_var(&key), ev, out);
}

ama_status ama__group_by_array(ama__graph *g, const ama__object *x, const ama__object *key, const ama__evaluator *ev,
                               ama__group **out) {
    if (key->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "groupby needs a DataArray or a name, not a Dataset");
    return make(g, x, key->name ? key->name : "group", ama__object_var(key), ev, out);
}

ama_status ama__group_resample(ama__graph *g, const ama__object *x, const char *dim, const ama__resample *r,
                               ama__group **out) {
    ama__group *o;
    int64_t *labels, *bin;
    ama__node *node;
    AMA_TRY(ama__object_check_dim(g, x, "resample", dim));
    const ama__variable *time = ama__coords_index(x->ds.n_coords, x->ds.coord, dim);
    if (!time || !time->time)
        return ama__fail(g->ctx, AMA_ERR_ARG, "resample: dim \"%s\" is not labelled by times", dim);
    AMA_NEW(g->arena, o, 1);
    o->object = x;
    o->dim = o->name = dim;
    o->resample = true;
    AMA_TRY(ama__resample_bins(g->arena, time->time, r, time->node->shape[0], time->node->u.constant.data, &o->n,
                               &labels, &bin));
    if (o->n == 0) return ama__fail(g->ctx, AMA_ERR_ARG, "resample: dim \"%s\" is empty", dim);
    AMA_TRY(ama__node_const(g, AMA_I8, 1, &o->n, labels, true, &node));
    AMA_TRY(ama__variable_new(g, &dim, node, &o->labels));
    o->labels->attrs = time->attrs;
    o->labels->time = time->time;
    o->index = bin;
    *out = o;
    return AMA_OK;
}

/* ---- reductions */

static bool among(const char *name, int n, const char *const *list) {
    for (int i = 0; i < n; i++)
        if (strcmp(name, list[i]) == 0) return true;
    return false;
}

/* The dims that go, and whether the grouped one is among them. */
static ama_status dims_of(ama__graph *g, const ama__group *group, const ama__reduction *r, int *n,
                          const char *const **dims, bool *grouped) {
    const char **all;
    *n = 0;
    *dims = NULL;
    *grouped = true;
    if (r->dims.kind == AMA_DIMS_NONE) return AMA_OK;
    if (r->dims.kind == AMA_DIMS_ELLIPSIS) {
        AMA_TRY(ama__dataset_dims(g, &group->object->ds, n, &all));
        *dims = (const char *const *)all;
        return AMA_OK;
    }
    for (int i = 0; i < r->dims.n; i++)
        AMA_TRY(ama__object_check_dim(g, group->object, ama__red_name(r->op), r->dims.name[i]));
    *n = r->dims.n;
    *dims = r->dims.name;
    *grouped = among(group->dim, *n, *dims);
    return AMA_OK;
}

static bool has_empty(const ama__group *group) {
    const ama__variable *axis = ama__coords_index(group->object->ds.n_coords, group->object->ds.coord, group->dim);
    int64_t last = -1;
    for (int64_t i = 0; axis && i < axis->node->shape[0]; i++) { /* bins run forward */
        if (group->index[i] > last + 1) return true;
        if (group->index[i] > last) last = group->index[i];
    }
    return last + 1 < group->n;
}

/* A Dataset's variable without the grouped dim is repeated for each group, the group dim first. */
static ama_status repeat(ama__graph *g, const ama__group *group, ama__variable **v) {
    const char *dim[AMA_MAX_DIMS];
    int64_t shape[AMA_MAX_DIMS];
    if ((*v)->ndim == AMA_MAX_DIMS)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "a result of more than %d dims", AMA_MAX_DIMS);
    dim[0] = group->name;
    shape[0] = group->n;
    for (int a = 0; a < (*v)->ndim; a++) {
        dim[a + 1] = (*v)->dim[a];
        shape[a + 1] = (*v)->node->shape[a];
    }
    return ama__variable_arrange(g, *v, (*v)->ndim + 1, dim, shape, v);
}

static ama_status group_variable(ama__graph *g, const ama__group *group, const ama__reduction *r, int n,
                                 const char *const *dims, const ama__variable *v, ama__variable **out) {
    bool in = ama__variable_axis(v, group->dim) >= 0;
    ama__segments s = {.dim = group->dim,
                       .name = group->name,
                       .n = group->n,
                       .label = group->index,
                       .empty_nan = group->resample && has_empty(group)};
    bool number = !ama__dtype_is_text(v->node->dtype) && !v->time;
    bool touched = in || r->op == AMA_RED_COUNT || (r->op == AMA_RED_QUANTILE && v->ndim == 0);
    for (int a = 0; a < v->ndim; a++) touched = touched || among(v->dim[a], n, dims);
    if (!touched && (!number || r->op == AMA_RED_QUANTILE))
        *out = (ama__variable *)v; /* shared, never changed */
    else
        AMA_TRY(ama__variable_reduce(g, v, r, n, dims, &s, out));
    return in ? AMA_OK : repeat(g, group, out);
}

/* Coordinates without any dim that goes, then the group's own. */
static ama_status group_coords(ama__graph *g, const ama__group *group, const ama__reduction *r, int n,
                               const char *const *dims, ama__object *out) {
    const ama__dataset *in = &group->object->ds;
    AMA_NEW(g->arena, out->ds.coord, in->n_coords + 2);
    for (int i = 0; i < in->n_coords; i++) {
        const ama__variable *v = in->coord[i].var;
        bool goes = ama__variable_axis(v, group->dim) >= 0 || strcmp(in->coord[i].name, group->name) == 0;
        for (int a = 0; a < v->ndim; a++) goes = goes || among(v->dim[a], n, dims);
        if (!goes) out->ds.coord[out->ds.n_coords++] = in->coord[i];
    }
    if (r->op == AMA_RED_QUANTILE) AMA_TRY(ama__quantile_coords(g, r, out));
    out->ds.coord[out->ds.n_coords++] = (ama__named){group->name, group->labels};
    return AMA_OK;
}

ama_status ama__group_reduce(ama__graph *g, const ama__group *group, const ama__reduction *r, ama__object *out) {
    const ama__object *x = group->object;
    int n;
    const char *const *dims;
    bool grouped;
    ama__object o = {.is_dataset = x->is_dataset, .name = x->name};
    o.ds.n_unlimited = x->ds.n_unlimited;
    o.ds.unlimited = x->ds.unlimited;
    AMA_TRY(dims_of(g, group, r, &n, &dims, &grouped));
    if (r->op == AMA_RED_QUANTILE) AMA_TRY(ama__quantile_check(g, x, r, n, dims));
    if (!grouped && !group->resample && r->op == AMA_RED_QUANTILE && !r->quantiles.scalar)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "quantile of groups must reduce dim \"%s\" too", group->dim);
    if (!grouped && !group->resample) return ama__object_reduce(g, x, r, out);
    if (!grouped)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "%s of resampled data must reduce dim \"%s\" too",
                         ama__red_name(r->op), group->dim);
    AMA_NEW(g->arena, o.ds.var, x->ds.n_vars + 1);
    for (int i = 0; i < x->ds.n_vars; i++) {
        const ama__named *v = &x->ds.var[i];
        bool number = !ama__dtype_is_text(v->var->node->dtype) && !v->var->time;
        bool touched = ama__variable_axis(v->var, group->dim) >= 0;
        for (int a = 0; a < v->var->ndim; a++) touched = touched || among(v->var->dim[a], n, dims);
        if (x->is_dataset && touched && !number && ama__reduction_is_numeric(r->op)) continue;
        ama__named *w = &o.ds.var[o.ds.n_vars++];
        w->name = v->name;
        ama_status status = group_variable(g, group, r, n, dims, v->var, &w->var);
        AMA_TRY(x->is_dataset ? ama__wrap(g->ctx, status, "variable %s", v->name) : status);
    }
    AMA_TRY(group_coords(g, group, r, n, dims, &o));
    if (group->resample && has_empty(group)) AMA_TRY(ama__indexes_first(g, &o));
    if (x->is_dataset && r->keep_attrs != AMA_KEEP_NO) o.ds.attrs = x->ds.attrs;
    *out = o;
    return AMA_OK;
}
