/* Names, dims and attributes of whole objects: transpose, squeeze, rename, attributes, taking variables out. */
#include "graph/restructure.h"

#include "graph/labels.h"
#include "graph/restructure_private.h"

ama_status ama__object_each(ama__graph *g, const ama__object *in, ama__variable_fn *fn, void *user, ama__object *out) {
    ama__object o;
    AMA_TRY(ama__object_copy(g, in, &o));
    for (int i = 0; i < o.ds.n_vars; i++)
        AMA_TRY(fn(g, user, o.ds.var[i].name, false, o.ds.var[i].var, &o.ds.var[i].var));
    for (int i = 0; i < o.ds.n_coords; i++)
        AMA_TRY(fn(g, user, o.ds.coord[i].name, true, o.ds.coord[i].var, &o.ds.coord[i].var));
    *out = o;
    return AMA_OK;
}

/* ---- transpose */

typedef struct dim_list {
    int n;
    const char *const *dim;
} dim_list;

static bool is_listed(const dim_list *l, const char *name) {
    for (int i = 0; i < l->n; i++)
        if (strcmp(l->dim[i], name) == 0) return true;
    return false;
}

ama_status ama__variable_permute(ama__graph *g, const ama__variable *v, const int *axis, ama__variable **out) {
    ama__pick pick[AMA_MAX_DIMS];
    bool moved = false;
    for (int a = 0; a < v->ndim; a++) {
        pick[a] = (ama__pick){.in_axis = axis[a], .count = v->node->shape[axis[a]], .step = 1};
        moved |= axis[a] != a;
    }
    AMA_TRY(ama__variable_copy(g, v, out));
    if (!moved) return AMA_OK;
    AMA_TRY(ama__labels_take(g, v->node, v->ndim, pick, NULL, &(*out)->node));
    for (int a = 0; a < v->ndim; a++) (*out)->dim[a] = v->dim[axis[a]];
    if (!(*out)->encoding.zarr) (*out)->encoding.has_chunks = false;
    return AMA_OK;
}

static ama_status transpose_one(ama__graph *g, void *user, const char *name, bool is_coord, ama__variable *v,
                                ama__variable **out) {
    const dim_list *l = user;
    int axis[AMA_MAX_DIMS], n = 0;
    (void)name, (void)is_coord;
    for (int a = 0; a < v->ndim && l->n == 0; a++) axis[n++] = v->ndim - 1 - a;
    for (int i = 0; i < l->n; i++) {
        int at = ama__variable_axis(v, l->dim[i]);
        if (at >= 0) axis[n++] = at;
        if (strcmp(l->dim[i], "...") != 0) continue;
        for (int a = 0; a < v->ndim; a++)
            if (!is_listed(l, v->dim[a])) axis[n++] = a;
    }
    if (n < v->ndim) return ama__fail(g->ctx, AMA_ERR_INTERNAL, "transpose: a dim is left over");
    return ama__variable_permute(g, v, axis, out);
}

static ama_status check_transpose(ama__graph *g, const ama__object *in, const dim_list *l) {
    const char **dims;
    int n, dots = 0;
    AMA_TRY(ama__dataset_dims(g, &in->ds, &n, &dims));
    for (int i = 0; i < l->n; i++) {
        bool dot = strcmp(l->dim[i], "...") == 0;
        dots += dot;
        if (!dot) AMA_TRY(ama__object_check_dim(g, in, "transpose", l->dim[i]));
        for (int k = 0; k < i; k++)
            if (strcmp(l->dim[i], l->dim[k]) == 0)
                return ama__fail(g->ctx, AMA_ERR_ARG, "transpose: %s is given twice", l->dim[i]);
    }
    for (int i = 0; i < n && l->n > 0 && dots == 0; i++)
        if (!is_listed(l, dims[i]))
            return ama__fail(g->ctx, AMA_ERR_ARG, "transpose: dim %s is not named; use ... for all others", dims[i]);
    return AMA_OK;
}

ama_status ama__graph_transpose(ama__graph *g, const ama__object *in, int n, const char *const *dim, ama__object *out) {
    dim_list l = {n, dim};
    AMA_TRY(check_transpose(g, in, &l));
    return ama__object_each(g, in, transpose_one, &l, out);
}

/* ---- squeeze */

static ama_status squeeze_one(ama__graph *g, void *user, const char *name, bool is_coord, ama__variable *v,
                              ama__variable **out) {
    (void)name, (void)is_coord;
    *out = v;
    return ama__variable_axis(v, user) >= 0 ? ama__labels_take_dim(g, v, user, NULL, 0, out) : AMA_OK;
}

ama_status ama__graph_squeeze(ama__graph *g, const ama__object *in, int n, const char *const *dim, bool drop,
                              ama__object *out) {
    const char **dims;
    int n_dims;
    ama__object o = *in;
    if (n >= 0) {
        dims = (const char **)dim;
        n_dims = n;
    } else {
        AMA_TRY(ama__dataset_dims(g, &in->ds, &n_dims, &dims));
    }
    for (int i = 0; i < n_dims; i++) {
        int64_t size = ama__dataset_dim_size(&in->ds, dims[i]);
        if (n >= 0) AMA_TRY(ama__object_check_dim(g, in, "squeeze", dims[i]));
        if (size != 1 && n >= 0)
            return ama__fail(g->ctx, AMA_ERR_ARG, "squeeze: dim %s has %lld elements, not one", dims[i],
                             (long long)size);
        if (size == 1) AMA_TRY(ama__object_each(g, &o, squeeze_one, (void *)dims[i], &o));
    }
    for (int i = 0; i < in->ds.n_coords && drop; i++)
        if (ama__named_find(o.ds.n_coords, o.ds.coord, in->ds.coord[i].name)->ndim == 0)
            AMA_TRY(ama__named_remove(g, &o.ds.n_coords, &o.ds.coord, in->ds.coord[i].name));
    *out = o;
    return AMA_OK;
}

/* ---- rename */

typedef struct renaming {
    ama__rename_what what;
    int n;
    const char *const *from, *const *to;
} renaming;

static const char *renamed(const renaming *r, const char *name) {
    for (int i = 0; i < r->n; i++)
        if (strcmp(r->from[i], name) == 0) return r->to[i];
    return name;
}

static ama_status rename_dims(ama__graph *g, void *user, const char *name, bool is_coord, ama__variable *v,
                              ama__variable **out) {
    const renaming *r = user;
    (void)name, (void)is_coord;
    AMA_TRY(ama__variable_copy(g, v, out));
    for (int a = 0; a < v->ndim; a++) (*out)->dim[a] = renamed(r, v->dim[a]);
    return AMA_OK;
}

static void rename_list(const renaming *r, int n, ama__named *list) {
    for (int i = 0; i < n; i++) list[i].name = renamed(r, list[i].name);
}

static ama_status check_unique(ama__graph *g, const ama__object *o) {
    int n_vars = o->is_dataset ? o->ds.n_vars : 0, n = n_vars + o->ds.n_coords;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++) {
            const char *a = i < n_vars ? o->ds.var[i].name : o->ds.coord[i - n_vars].name;
            const char *b = k < n_vars ? o->ds.var[k].name : o->ds.coord[k - n_vars].name;
            if (strcmp(a, b) == 0) return ama__fail(g->ctx, AMA_ERR_ARG, "rename: the new name '%s' conflicts", a);
        }
    return AMA_OK;
}

static ama_status check_rename(ama__graph *g, const ama__object *in, const renaming *r) {
    const char **dims;
    int n_dims;
    AMA_TRY(ama__dataset_dims(g, &in->ds, &n_dims, &dims));
    for (int i = 0; i < r->n; i++) {
        bool is_dim = false;
        for (int k = 0; k < n_dims; k++) is_dim |= strcmp(dims[k], r->from[i]) == 0;
        bool is_var = ama__named_find(in->ds.n_coords, in->ds.coord, r->from[i]) ||
                      (in->is_dataset && ama__named_find(in->ds.n_vars, in->ds.var, r->from[i]));
        if (r->what == AMA_RENAME_DIMS && !is_dim) return ama__no_such_dim(g, &in->ds, r->from[i]);
        if (r->what == AMA_RENAME_DIMS && strcmp(r->from[i], r->to[i]) != 0 && ama__dataset_find(&in->ds, r->to[i]))
            return ama__fail(g->ctx, AMA_ERR_ARG,
                             "rename_dims: '%s' exists already; swap_dims makes a variable the labels of a dim",
                             r->to[i]);
        if (!is_var && (r->what == AMA_RENAME_VARS || !is_dim)) return ama__no_such_variable(g, &in->ds, r->from[i]);
    }
    return AMA_OK;
}

ama_status ama__graph_rename(ama__graph *g, const ama__object *in, ama__rename_what what, int n,
                             const char *const *from, const char *const *to, ama__object *out) {
    renaming r = {what, n, from, to};
    ama__object o;
    AMA_TRY(check_rename(g, in, &r));
    AMA_TRY(ama__object_copy(g, in, &o));
    if (what != AMA_RENAME_VARS) AMA_TRY(ama__object_each(g, &o, rename_dims, &r, &o));
    if (what != AMA_RENAME_DIMS) {
        if (o.is_dataset) rename_list(&r, o.ds.n_vars, o.ds.var);
        rename_list(&r, o.ds.n_coords, o.ds.coord);
    }
    if (what != AMA_RENAME_VARS && o.ds.n_unlimited > 0) {
        const char **unlimited;
        AMA_NEW(g->arena, unlimited, o.ds.n_unlimited);
        for (int i = 0; i < o.ds.n_unlimited; i++) unlimited[i] = renamed(&r, o.ds.unlimited[i]);
        o.ds.unlimited = unlimited;
    }
    AMA_TRY(check_unique(g, &o));
    *out = o;
    return AMA_OK;
}

ama_status ama__graph_rename_array(ama__graph *g, const ama__object *in, const char *name, ama__object *out) {
    if (in->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "a Dataset has no name");
    AMA_TRY(ama__object_copy(g, in, out));
    out->name = name;
    out->ds.var[0].name = name ? name : "";
    return AMA_OK;
}

/* ---- attributes */

const ama__attrs *ama__object_attrs(const ama__object *o) {
    return o->is_dataset ? &o->ds.attrs : &o->ds.var[0].var->attrs;
}

ama_status ama__graph_set_attrs(ama__graph *g, const ama__object *in, bool replace, const ama__attrs *attrs,
                                ama__object *out) {
    ama__object o;
    AMA_TRY(ama__object_copy(g, in, &o));
    if (!o.is_dataset) AMA_TRY(ama__variable_copy(g, o.ds.var[0].var, &o.ds.var[0].var));
    ama__attrs *to = o.is_dataset ? &o.ds.attrs : &o.ds.var[0].var->attrs;
    if (replace) *to = (ama__attrs){0};
    for (int i = 0; i < attrs->n; i++)
        AMA_TRY(ama__attrs_set(g->arena, to, attrs->a[i].name, attrs->a[i].dtype, attrs->a[i].n, attrs->a[i].data));
    *out = o;
    return AMA_OK;
}

/* ---- taking out, taking some */

ama_status ama__graph_drop_vars(ama__graph *g, const ama__object *in, int n, const char *const *name, bool raise,
                                ama__object *out) {
    ama__object o;
    AMA_TRY(ama__object_copy(g, in, &o));
    for (int i = 0; i < n; i++) {
        bool coord = ama__named_find(o.ds.n_coords, o.ds.coord, name[i]);
        bool var = o.is_dataset && ama__named_find(o.ds.n_vars, o.ds.var, name[i]);
        if (!coord && !var && raise) return ama__wrap(g->ctx, ama__no_such_variable(g, &in->ds, name[i]), "drop_vars");
        if (coord) AMA_TRY(ama__named_remove(g, &o.ds.n_coords, &o.ds.coord, name[i]));
        if (var) AMA_TRY(ama__named_remove(g, &o.ds.n_vars, &o.ds.var, name[i]));
    }
    *out = o;
    return AMA_OK;
}

static bool dims_among(const ama__variable *v, const ama__dataset *ds) {
    for (int a = 0; a < v->ndim; a++)
        if (ama__dataset_dim_size(ds, v->dim[a]) < 0) return false;
    return true;
}

ama_status ama__graph_subset(ama__graph *g, const ama__object *in, int n, const char *const *name, ama__object *out) {
    const ama__dataset *ds = &in->ds;
    ama__object o = {.is_dataset = true, .ds = *ds};
    if (!in->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "only a Dataset has variables to choose from");
    o.ds.n_vars = o.ds.n_coords = 0;
    for (int i = 0; i < n; i++) {
        ama__variable *var = ama__named_find(ds->n_vars, ds->var, name[i]);
        ama__variable *coord = ama__named_find(ds->n_coords, ds->coord, name[i]);
        if (var)
            AMA_TRY(ama__named_set(g, &o.ds.n_vars, &o.ds.var, name[i], var));
        else if (coord)
            AMA_TRY(ama__named_set(g, &o.ds.n_coords, &o.ds.coord, name[i], coord));
        else
            return ama__no_such_variable(g, ds, name[i]);
    }
    ama__dataset listed = o.ds; /* what was named decides which coordinates come along */
    o.ds.n_coords = 0;
    for (int i = 0; i < ds->n_coords; i++)
        if (dims_among(ds->coord[i].var, &listed) || ama__named_find(listed.n_coords, listed.coord, ds->coord[i].name))
            AMA_TRY(ama__named_set(g, &o.ds.n_coords, &o.ds.coord, ds->coord[i].name, ds->coord[i].var));
    *out = o;
    return AMA_OK;
}

bool ama__graph_has(const ama__object *in, const char *name) {
    if (in->is_dataset && ama__named_find(in->ds.n_vars, in->ds.var, name)) return true;
    return ama__named_find(in->ds.n_coords, in->ds.coord, name) || ama__dataset_dim_size(&in->ds, name) >= 0;
}

static ama_status positions(ama__graph *g, const char *dim, int64_t n, ama__variable **out) {
    int64_t *x;
    ama__node *node;
    AMA_NEW(g->arena, x, n + 1);
    for (int64_t i = 0; i < n; i++) x[i] = i;
    AMA_TRY(ama__node_const(g, AMA_I8, 1, &n, x, false, &node));
    return ama__variable_new(g, &dim, node, out);
}

ama_status ama__graph_lookup(ama__graph *g, const ama__object *in, const char *name, ama__object *out) {
    ama__variable *v = in->is_dataset ? ama__named_find(in->ds.n_vars, in->ds.var, name) : NULL;
    if (!v) v = ama__named_find(in->ds.n_coords, in->ds.coord, name);
    int64_t size = ama__dataset_dim_size(&in->ds, name);
    if (!v && size >= 0) AMA_TRY(positions(g, name, size, &v));
    if (!v) return ama__no_such_variable(g, &in->ds, name);
    ama__named *coord;
    int n;
    AMA_TRY(ama__coords_fitting(g, in->ds.n_coords, in->ds.coord, v->ndim, v->dim, &n, &coord));
    AMA_KEEP(g->arena, name, ama__arena_strdup(g->arena, name));
    return ama__object_from_array(g, name, v, n, coord, out);
}

ama_status ama__graph_to_dataset(ama__graph *g, const ama__object *in, const char *name, ama__object *out) {
    if (in->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "to_dataset is a method of a DataArray");
    if (!name) name = in->name;
    if (!name) return ama__fail(g->ctx, AMA_ERR_ARG, "to_dataset: the DataArray has no name: give one with name=");
    if (ama__named_find(in->ds.n_coords, in->ds.coord, name))
        return ama__fail(g->ctx, AMA_ERR_ARG, "to_dataset: a coordinate is named '%s' too", name);
    ama__object o;
    AMA_TRY(ama__object_copy(g, in, &o));
    o.is_dataset = true;
    o.name = NULL;
    o.ds.var[0].name = name;
    o.ds.attrs = (ama__attrs){0};
    *out = o;
    return AMA_OK;
}
