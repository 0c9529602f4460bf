/* Names, dims and attributes: dims first (transpose, squeeze, expand, swap), then names, then membership. */
#include "graph/restructure.h"

#include <inttypes.h>
#include <string.h>

#include "graph/labels.h"

/* ---- a change to each variable of an object */

typedef ama_status change_fn(ama__graph *g, void *user, const ama__variable *v, ama__variable **out);

static ama_status change_list(ama__graph *g, int n, ama__named *list, change_fn *fn, void *user) {
    for (int i = 0; i < n; i++) AMA_TRY(fn(g, user, list[i].var, &list[i].var));
    return AMA_OK;
}

static ama_status change_object(ama__graph *g, const ama__object *in, bool coords, change_fn *fn, void *user,
                                ama__object *out) {
    ama__object o;
    AMA_TRY(ama__object_copy(g, in, &o));
    AMA_TRY(change_list(g, o.ds.n_vars, o.ds.var, fn, user));
    if (coords) AMA_TRY(change_list(g, o.ds.n_coords, o.ds.coord, fn, user));
    *out = o;
    return AMA_OK;
}

static bool in_names(int n, const char *const *names, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

/* ---- transpose */

typedef struct order {
    int n;
    const char **dim;
} order;

static ama_status transpose_variable(ama__graph *g, void *user, const ama__variable *v, ama__variable **out) {
    const order *o = user;
    ama__pick pick[AMA_MAX_DIMS];
    const char *dim[AMA_MAX_DIMS];
    int k = 0;
    for (int i = 0; i < o->n; i++) {
        int a = ama__variable_axis(v, o->dim[i]);
        if (a < 0) continue;
        pick[k] = (ama__pick){.in_axis = a, .count = v->node->shape[a], .step = 1};
        dim[k++] = v->dim[a];
    }
    AMA_TRY(ama__variable_copy(g, v, out));
    memcpy((*out)->dim, dim, (size_t)k * sizeof *dim);
    return ama__labels_take(g, v->node, k, pick, NULL, &(*out)->node);
}

ama_status ama__graph_transpose(ama__graph *g, const ama__object *in, int n, const char *const *dim, ama__object *out) {
    const char **all;
    int n_all;
    order o = {0};
    AMA_TRY(ama__dataset_dims(g, &in->ds, &n_all, &all));
    if (!in->is_dataset) {
        n_all = ama__object_var(in)->ndim;
        all = ama__object_var(in)->dim;
    }
    AMA_NEW(g->arena, o.dim, n_all + n + 1);
    for (int i = 0; i < n; i++) {
        if (strcmp(dim[i], "...") == 0) {
            for (int k = 0; k < n_all; k++)
                if (!in_names(n, dim, all[k])) o.dim[o.n++] = all[k];
            continue;
        }
        if (!in_names(n_all, all, dim[i])) return ama__no_such_dim(g, &in->ds, dim[i]);
        if (in_names(i, dim, dim[i]))
            return ama__fail(g->ctx, AMA_ERR_ARG, "transpose: dim '%s' is named twice", dim[i]);
        o.dim[o.n++] = dim[i];
    }
    for (int k = n_all - 1; n == 0 && k >= 0; k--) o.dim[o.n++] = all[k];
    if (o.n != n_all)
        return ama__fail(g->ctx, AMA_ERR_ARG, "transpose wants all %d dims; ... stands for those not named", n_all);
    return change_object(g, in, in->is_dataset, transpose_variable, &o, out);
}

/* ---- squeeze */

typedef struct squeezing {
    int n;
    const char *const *dim;
} squeezing;

static ama_status squeeze_variable(ama__graph *g, void *user, const ama__variable *v, ama__variable **out) {
    const squeezing *s = user;
    *out = (ama__variable *)v;
    for (int i = 0; i < s->n; i++)
        if (ama__variable_axis(*out, s->dim[i]) >= 0) AMA_TRY(ama__labels_take_dim(g, *out, s->dim[i], NULL, 0, out));
    return AMA_OK;
}

ama_status ama__graph_squeeze(ama__graph *g, const ama__object *in, int n, const char *const *dim, bool drop,
                              ama__object *out) {
    const char **all, **one;
    int n_all, n_one = 0;
    ama__object o;
    AMA_TRY(ama__dataset_dims(g, &in->ds, &n_all, &all));
    AMA_NEW(g->arena, one, n_all + 1);
    for (int i = 0; i < n; i++) {
        int64_t size = ama__dataset_dim_size(&in->ds, dim[i]);
        if (size < 0) return ama__no_such_dim(g, &in->ds, dim[i]);
        if (size != 1)
            return ama__fail(g->ctx, AMA_ERR_ARG, "squeeze: dim '%s' has %" PRId64 " elements, not 1", dim[i], size);
    }
    for (int i = 0; i < n_all; i++)
        if (ama__dataset_dim_size(&in->ds, all[i]) == 1 && (n < 0 || in_names(n, dim, all[i]))) one[n_one++] = all[i];
    squeezing s = {n_one, one};
    AMA_TRY(change_object(g, in, true, squeeze_variable, &s, &o));
    for (int i = 0; drop && i < n_one; i++) AMA_TRY(ama__named_remove(g, &o.ds.n_coords, &o.ds.coord, one[i]));
    *out = o;
    return AMA_OK;
}

/* ---- new and swapped dims */

typedef struct expansion {
    const char *dim;
    int64_t size;
    int axis;
} expansion;

static ama_status expand_variable(ama__graph *g, void *user, const ama__variable *v, ama__variable **out) {
    const expansion *e = user;
    ama__pick pick[AMA_MAX_DIMS + 1];
    int axis = e->axis < 0 ? e->axis + v->ndim + 1 : e->axis;
    if (axis < 0 || axis > v->ndim || v->ndim == AMA_MAX_DIMS)
        return ama__fail(g->ctx, AMA_ERR_ARG, "expand_dims: axis %d of an array of %d dims", e->axis, v->ndim);
    AMA_TRY(ama__variable_copy(g, v, out));
    for (int a = 0, from = 0; a <= v->ndim; a++) {
        (*out)->dim[a] = a == axis ? e->dim : v->dim[from];
        pick[a] = (ama__pick){
            .in_axis = a == axis ? -1 : from, .count = a == axis ? e->size : v->node->shape[from], .step = 1};
        if (a != axis) from++;
    }
    (*out)->ndim = v->ndim + 1;
    return ama__labels_take(g, v->node, v->ndim + 1, pick, NULL, &(*out)->node);
}

ama_status ama__graph_expand_dims(ama__graph *g, const ama__object *in, const char *dim, int64_t size, int axis,
                                  ama__object *out) {
    expansion e = {dim, size, axis};
    ama__object o;
    ama__variable *labels = ama__named_find(in->ds.n_coords, in->ds.coord, dim);
    if (ama__dataset_dim_size(&in->ds, dim) >= 0)
        return ama__fail(g->ctx, AMA_ERR_ARG, "expand_dims: dim '%s' is there already", dim);
    AMA_TRY(change_object(g, in, false, expand_variable, &e, &o));
    if (labels && labels->ndim == 0) {
        e.axis = 0;
        AMA_TRY(expand_variable(g, &e, labels, &labels));
        AMA_TRY(ama__named_set(g, &o.ds.n_coords, &o.ds.coord, dim, labels));
    }
    *out = o;
    return AMA_OK;
}

typedef struct renaming {
    int n;
    const char *const *from, *const *to;
} renaming;

static const char *renamed(const renaming *r, const char *name) {
    for (int i = 0; i < r->n; i++)
        if (strcmp(r->from[i], name) == 0) return r->to[i];
    return name;
}

static ama_status rename_variable_dims(ama__graph *g, void *user, const ama__variable *v, ama__variable **out) {
    AMA_TRY(ama__variable_copy(g, v, out));
    for (int a = 0; a < v->ndim; a++) (*out)->dim[a] = renamed(user, v->dim[a]);
    return AMA_OK;
}

ama_status ama__graph_swap_dims(ama__graph *g, const ama__object *in, int n, const char *const *from,
                                const char *const *to, ama__object *out) {
    renaming r = {n, from, to};
    for (int i = 0; i < n; i++) {
        const ama__variable *v = ama__named_find(in->ds.n_coords, in->ds.coord, to[i]);
        if (ama__dataset_dim_size(&in->ds, from[i]) < 0) return ama__no_such_dim(g, &in->ds, from[i]);
        if (v && (v->ndim != 1 || strcmp(v->dim[0], from[i]) != 0))
            return ama__fail(g->ctx, AMA_ERR_ARG, "swap_dims: '%s' is not a coordinate along '%s'", to[i], from[i]);
    }
    ama__object o;
    AMA_TRY(change_object(g, in, true, rename_variable_dims, &r, &o));
    for (int i = 0; i < n; i++) { /* the new index is held in memory */
        ama__variable *v = ama__named_find(o.ds.n_coords, o.ds.coord, to[i]);
        if (v) AMA_TRY(ama__labels_eval_const(g, NULL, v->node, to[i], &v->node));
    }
    *out = o;
    return AMA_OK;
}

/* ---- names */

static void rename_list(const renaming *r, int n, ama__named *list) {
    for (int i = 0; i < n; i++) list[i].name = renamed(r, list[i].name);
}

ama_status ama__graph_rename(ama__graph *g, const ama__object *in, ama__rename_what what, int n,
                             const char *const *from, const char *const *to, ama__object *out) {
    renaming r = {n, from, to};
    ama__object o;
    for (int i = 0; i < n; i++) {
        bool var = ama__dataset_find(&in->ds, from[i]) != NULL, dim = ama__dataset_dim_size(&in->ds, from[i]) >= 0;
        if ((what != AMA_RENAME_DIMS && var) || (what != AMA_RENAME_VARS && dim)) continue;
        return what == AMA_RENAME_DIMS ? ama__no_such_dim(g, &in->ds, from[i])
                                       : ama__no_such_variable(g, &in->ds, from[i]);
    }
    for (int i = 0; i < n; i++) {
        bool taken = ama__dataset_find(&in->ds, to[i]) || ama__dataset_dim_size(&in->ds, to[i]) >= 0;
        if (taken && !in_names(n, from, to[i]))
            return ama__fail(g->ctx, AMA_ERR_ARG, "rename: the name '%s' is taken", to[i]);
    }
    AMA_TRY(ama__object_copy(g, in, &o));
    if (what != AMA_RENAME_VARS) {
        AMA_TRY(change_object(g, in, true, rename_variable_dims, &r, &o));
        for (int i = 0; i < o.ds.n_unlimited; i++) o.ds.unlimited[i] = renamed(&r, o.ds.unlimited[i]);
    }
    if (what != AMA_RENAME_DIMS) {
        rename_list(&r, o.ds.n_coords, o.ds.coord);
        if (in->is_dataset) rename_list(&r, o.ds.n_vars, o.ds.var);
    }
    *out = o;
    return AMA_OK;
}

ama_status ama__graph_rename_array(ama__graph *g, const ama__object *in, const char *name, ama__object *out) {
    ama__object o;
    AMA_TRY(ama__object_copy(g, in, &o));
    o.name = name;
    o.ds.var[0].name = name ? name : "";
    *out = o;
    return AMA_OK;
}

/* ---- attributes */

const ama__attrs *ama__object_attrs(const ama__object *o) {
    return o->is_dataset ? &o->ds.attrs : &ama__object_var(o)->attrs;
}

ama_status ama__graph_set_attrs(ama__graph *g, const ama__object *in, bool replace, const ama__attrs *attrs,
                                ama__object *out) {
    ama__object o;
    ama__attrs merged = {0};
    AMA_TRY(ama__object_copy(g, in, &o));
    if (!replace) AMA_TRY(ama__attrs_copy(g->arena, ama__object_attrs(in), &merged));
    for (int i = 0; i < attrs->n; i++)
        AMA_TRY(
            ama__attrs_set(g->arena, &merged, attrs->a[i].name, attrs->a[i].dtype, attrs->a[i].n, attrs->a[i].data));
    if (in->is_dataset) {
        o.ds.attrs = merged;
    } else {
        AMA_TRY(ama__variable_copy(g, ama__object_var(in), &o.ds.var[0].var));
        o.ds.var[0].var->attrs = merged;
    }
    *out = o;
    return AMA_OK;
}

/* ---- membership */

ama_status ama__graph_drop_vars(ama__graph *g, const ama__object *in, int n, const char *const *name, bool raise,
                                ama__object *out) {
    ama__object o;
    AMA_TRY(ama__object_copy(g, in, &o));
    for (int i = 0; i < n; i++) {
        bool coord = ama__named_find(in->ds.n_coords, in->ds.coord, name[i]) != NULL;
        bool var = in->is_dataset && ama__named_find(in->ds.n_vars, in->ds.var, name[i]);
        if (!coord && !var && raise) return ama__no_such_variable(g, &in->ds, name[i]);
        if (coord) AMA_TRY(ama__named_remove(g, &o.ds.n_coords, &o.ds.coord, name[i]));
        if (var) AMA_TRY(ama__named_remove(g, &o.ds.n_vars, &o.ds.var, name[i]));
    }
    *out = o;
    return AMA_OK;
}

/* Sizes and labels of the dims of `v` (with its coordinates) must be those of the object. */
static ama_status check_fit(ama__graph *g, const ama__object *in, const char *name, const ama__object *value) {
    const ama__variable *v = ama__object_var(value);
    for (int a = 0; a < v->ndim; a++) {
        int64_t size = ama__dataset_dim_size(&in->ds, v->dim[a]);
        const ama__variable *here = ama__coords_index(in->ds.n_coords, in->ds.coord, v->dim[a]);
        const ama__variable *there = ama__coords_index(value->ds.n_coords, value->ds.coord, v->dim[a]);
        if (size >= 0 && size != v->node->shape[a])
            return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                             "'%s' has %" PRId64 " elements along %s where there are %" PRId64, name, v->node->shape[a],
                             v->dim[a], size);
        if (here && there && !ama__labels_equal(here, there))
            return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                             "'%s' has other labels along %s: assigning with alignment is "
                             "not supported; select the same labels first",
                             name, v->dim[a]);
    }
    return AMA_OK;
}

static ama_status join_coords(ama__graph *g, const ama__object *value, const char *name, ama__object *o) {
    for (int i = 0; i < value->ds.n_coords; i++) {
        const ama__named *c = &value->ds.coord[i];
        if (strcmp(c->name, name) == 0 || ama__dataset_find(&o->ds, c->name)) continue;
        AMA_TRY(ama__named_set(g, &o->ds.n_coords, &o->ds.coord, c->name, c->var));
    }
    return AMA_OK;
}

ama_status ama__graph_assign(ama__graph *g, const ama__object *in, const char *name, const ama__object *value,
                             ama__object *out) {
    ama__object o;
    if (value->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "'%s': a Dataset cannot be a variable", name);
    AMA_TRY(check_fit(g, in, name, value));
    AMA_TRY(ama__object_copy(g, in, &o));
    if (ama__named_find(in->ds.n_coords, in->ds.coord, name)) return ama__graph_assign_coord(g, in, name, value, out);
    AMA_TRY(ama__named_set(g, &o.ds.n_vars, &o.ds.var, name, ama__object_var(value)));
    AMA_TRY(join_coords(g, value, name, &o));
    *out = o;
    return AMA_OK;
}

/* Sets a coordinate; an index is held in memory. */
static ama_status put_coord(ama__graph *g, ama__object *o, const char *name, ama__variable *v) {
    if (v->ndim == 1 && strcmp(v->dim[0], name) == 0 && v->node->kind != AMA_NODE_CONST) {
        AMA_TRY(ama__variable_copy(g, v, &v));
        AMA_TRY(ama__labels_eval_const(g, NULL, v->node, name, &v->node));
    }
    if (o->is_dataset) AMA_TRY(ama__named_remove(g, &o->ds.n_vars, &o->ds.var, name));
    return ama__named_set(g, &o->ds.n_coords, &o->ds.coord, name, v);
}

ama_status ama__graph_assign_coord(ama__graph *g, const ama__object *in, const char *name, const ama__object *value,
                                   ama__object *out) {
    ama__object o;
    const ama__variable *v = ama__object_var(value);
    if (value->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "'%s': a Dataset cannot be a coordinate", name);
    for (int a = 0; a < v->ndim; a++) {
        int64_t size = ama__dataset_dim_size(&in->ds, v->dim[a]);
        if (size < 0 && !in->is_dataset) return ama__no_such_dim(g, &in->ds, v->dim[a]);
        if (size >= 0 && size != v->node->shape[a])
            return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                             "'%s' has %" PRId64 " elements along %s where there are %" PRId64, name, v->node->shape[a],
                             v->dim[a], size);
    }
    AMA_TRY(ama__object_copy(g, in, &o));
    AMA_TRY(put_coord(g, &o, name, ama__object_var(value)));
    *out = o;
    return AMA_OK;
}

ama_status ama__graph_assign_coord_node(ama__graph *g, const ama__object *in, const char *name, const char *dim,
                                        ama__node *values, const ama__timeaxis *time, ama__object *out) {
    ama__variable *v;
    ama__object value;
    const char *dims[1] = {dim ? dim : name};
    if (values->ndim > 1)
        return ama__fail(g->ctx, AMA_ERR_ARG, "'%s': values of %d dims need the names of their dims", name,
                         values->ndim);
    AMA_TRY(ama__variable_new(g, dims, values, &v));
    v->time = time;
    AMA_TRY(ama__object_from_array(g, name, v, 0, NULL, &value));
    return ama__graph_assign_coord(g, in, name, &value, out);
}

ama_status ama__graph_reset_coords(ama__graph *g, const ama__object *in, int n, const char *const *name, bool drop,
                                   ama__object *out) {
    ama__object o;
    for (int i = 0; i < n; i++) {
        const ama__variable *v = ama__named_find(in->ds.n_coords, in->ds.coord, name[i]);
        if (!v) return ama__no_such_variable(g, &in->ds, name[i]);
        if (ama__variable_is_index(name[i], v))
            return ama__fail(g->ctx, AMA_ERR_ARG, "reset_coords: '%s' is the index of its dim", name[i]);
    }
    AMA_TRY(ama__object_copy(g, in, &o));
    if (!in->is_dataset && !drop) AMA_TRY(ama__graph_to_dataset(g, in, NULL, &o));
    for (int i = 0; i < in->ds.n_coords; i++) {
        const ama__named *c = &in->ds.coord[i];
        if (n >= 0 ? !in_names(n, name, c->name) : ama__variable_is_index(c->name, c->var)) continue;
        AMA_TRY(ama__named_remove(g, &o.ds.n_coords, &o.ds.coord, c->name));
        if (!drop) AMA_TRY(ama__named_set(g, &o.ds.n_vars, &o.ds.var, c->name, c->var));
    }
    *out = o;
    return AMA_OK;
}

ama_status ama__graph_set_coords(ama__graph *g, const ama__object *in, int n, const char *const *name,
                                 ama__object *out) {
    ama__object o;
    AMA_TRY(ama__object_copy(g, in, &o));
    for (int i = 0; i < n; i++) {
        ama__variable *v = ama__dataset_find(&in->ds, name[i]);
        if (!v) return ama__no_such_variable(g, &in->ds, name[i]);
        AMA_TRY(put_coord(g, &o, name[i], v));
    }
    *out = o;
    return AMA_OK;
}

/* ---- parts of an object */

ama_status ama__graph_subset(ama__graph *g, const ama__object *in, int n, const char *const *name, ama__object *out) {
    ama__object o = *in;
    o.ds.n_vars = o.ds.n_coords = 0;
    AMA_NEW(g->arena, o.ds.var, n + 1);
    AMA_NEW(g->arena, o.ds.coord, in->ds.n_coords + 1);
    for (int i = 0; i < n; i++) {
        ama__variable *v = ama__named_find(in->ds.n_vars, in->ds.var, name[i]);
        if (!v && !ama__named_find(in->ds.n_coords, in->ds.coord, name[i]))
            return ama__no_such_variable(g, &in->ds, name[i]);
        if (v) o.ds.var[o.ds.n_vars++] = (ama__named){name[i], v};
    }
    for (int i = 0; i < in->ds.n_coords; i++) {
        const ama__named *c = &in->ds.coord[i];
        bool fits = in_names(n, name, c->name);
        for (int k = 0; k < o.ds.n_vars && !fits; k++) {
            fits = true;
            for (int a = 0; a < c->var->ndim; a++) fits &= ama__variable_axis(o.ds.var[k].var, c->var->dim[a]) >= 0;
        }
        if (fits) o.ds.coord[o.ds.n_coords++] = *c;
    }
    *out = o;
    return AMA_OK;
}

/* A dim without coordinate: its positions. */
static ama_status positions(ama__graph *g, const char *dim, int64_t n, ama__object *out) {
    int64_t *x;
    ama__node *node;
    ama__variable *v;
    AMA_NEW(g->arena, x, n + 1);
    for (int64_t i = 0; i < n; i++) x[i] = i;
    AMA_TRY(ama__node_const(g, AMA_I8, 1, &n, x, false, &node));
    AMA_TRY(ama__variable_new(g, &dim, node, &v));
    return ama__object_from_array(g, dim, v, 0, NULL, out);
}

bool ama__graph_has(const ama__object *in, const char *name) {
    bool var = in->is_dataset && ama__named_find(in->ds.n_vars, in->ds.var, name);
    return var || ama__named_find(in->ds.n_coords, in->ds.coord, name) || ama__dataset_dim_size(&in->ds, name) >= 0;
}

ama_status ama__graph_lookup(ama__graph *g, const ama__object *in, const char *name, ama__object *out) {
    ama__named *coord;
    int n;
    ama__variable *v = in->is_dataset ? ama__named_find(in->ds.n_vars, in->ds.var, name) : NULL;
    if (!v) v = ama__named_find(in->ds.n_coords, in->ds.coord, name);
    if (!v) {
        int64_t size = ama__dataset_dim_size(&in->ds, name);
        return size < 0 ? ama__no_such_variable(g, &in->ds, name) : positions(g, name, size, out);
    }
    AMA_TRY(ama__coords_fitting(g, in->ds.n_coords, in->ds.coord, v->ndim, v->dim, &n, &coord));
    AMA_TRY(ama__object_from_array(g, name, v, n, coord, out));
    out->ds.n_unlimited = in->ds.n_unlimited;
    out->ds.unlimited = in->ds.unlimited;
    return AMA_OK;
}

ama_status ama__graph_to_dataset(ama__graph *g, const ama__object *in, const char *name, ama__object *out) {
    ama__object o;
    if (!name) name = in->name;
    if (!name) return ama__fail(g->ctx, AMA_ERR_ARG, "to_dataset: the array has no name: use to_dataset(name=\"x\")");
    AMA_TRY(ama__object_copy(g, in, &o));
    o.is_dataset = true;
    o.name = NULL;
    o.ds.attrs = (ama__attrs){0};
    o.ds.var[0].name = name;
    *out = o;
    return AMA_OK;
}
