#include "graph/concat.h"

#include <inttypes.h>
#include <string.h>

#include "graph/operate.h"
#include "graph/restructure.h"

typedef struct concat {
    ama__graph *g;
    const ama__concat *args;
    int n;
    ama__object *o;  /* aligned; DataArrays as Datasets of one variable */
    int64_t *length; /* of each along the dim; 1 without it */
    bool existing;   /* some have the dim */
} concat;

/* ---- values */

/* Arrays in memory, one behind the other, in the type that holds all. */
static ama_status join_memory(ama__graph *g, int axis, int n, ama__node *const *in, ama__node **out) {
    int64_t shape[AMA_MAX_DIMS], outer, inner, total;
    ama_dtype t = in[0]->dtype;
    char *values;
    memcpy(shape, in[0]->shape, sizeof shape);
    for (int i = 1; i < n; i++) {
        shape[axis] += in[i]->shape[axis];
        if (!ama__dtype_promote(t, in[i]->dtype, &t))
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "no common type of %s and %s", ama__dtype_name(t),
                             ama__dtype_name(in[i]->dtype));
    }
    ama__shape_size(axis, shape, &outer);
    ama__shape_size(in[0]->ndim - axis - 1, shape + axis + 1, &inner);
    ama__shape_size(in[0]->ndim, shape, &total);
    size_t size = ama__dtype_bytes(t);
    AMA_NEW(g->arena, values, (size_t)total * size + 8);
    char *to = values;
    for (int64_t o = 0; o < outer; o++)
        for (int i = 0; i < n; i++) {
            int64_t count = in[i]->shape[axis] * inner;
            const char *from = in[i]->u.constant.data;
            if (count) memcpy(to, from + (size_t)(o * count) * size, (size_t)count * size);
            to += (size_t)count * size;
        }
    return ama__node_const(g, t, in[0]->ndim, shape, values, false, out);
}

static ama_status join_nodes(ama__graph *g, const char *name, int axis, int n, ama__node **in, ama__node **out) {
    bool memory = true;
    ama_dtype t = in[0]->dtype;
    for (int i = 0; i < n; i++) {
        memory = memory && in[i]->kind == AMA_NODE_CONST;
        if (!ama__dtype_promote(t, in[i]->dtype, &t))
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "no common type of %s and %s", ama__dtype_name(t),
                             ama__dtype_name(in[i]->dtype));
    }
    if (!memory) return ama__node_concat(g, axis, n, in, out);
    for (int i = 0; i < n; i++) {
        AMA_TRY(ama__node_cast(g, in[i], t, &in[i]));
        AMA_TRY(ama__labels_eval_const(g, NULL, in[i], name, &in[i]));
    }
    return join_memory(g, axis, n, in, out);
}

static bool same_times(const ama__variable *a, const ama__variable *b) {
    if (!a->time || !b->time) return !a->time && !b->time;
    if (a->time->datetime64 || b->time->datetime64) return a->time->datetime64 && b->time->datetime64;
    return a->time->calendar == b->time->calendar;
}

/* ---- one variable */

/* The dims of all in order of appearance; the dim of the concatenation first when none has it. */
static ama_status common_dims(const concat *c, ama__variable *const *v, const char **dim, int *ndim) {
    bool found = false;
    *ndim = 0;
    for (int i = 0; i < c->n; i++) found = found || ama__variable_axis(v[i], c->args->dim) >= 0;
    if (!found) dim[(*ndim)++] = c->args->dim;
    for (int i = 0; i < c->n; i++)
        for (int a = 0; a < v[i]->ndim; a++) {
            int k = 0;
            while (k < *ndim && strcmp(dim[k], v[i]->dim[a]) != 0) k++;
            if (k < *ndim) continue;
            if (k == AMA_MAX_DIMS) return ama__fail(c->g->ctx, AMA_ERR_UNSUPPORTED, "more than %d dims", AMA_MAX_DIMS);
            dim[(*ndim)++] = v[i]->dim[a];
        }
    return AMA_OK;
}

static int64_t size_of(const concat *c, const char *dim) {
    for (int i = 0; i < c->n; i++) {
        int64_t size = ama__dataset_dim_size(&c->o[i].ds, dim);
        if (size >= 0) return size;
    }
    return 1;
}

static ama_status merge_attributes(const concat *c, const ama__attrs *const *attrs, ama__attrs *out) {
    *out = (ama__attrs){0};
    switch (c->args->attrs) {
    case AMA_CONCAT_ATTRS_FIRST: *out = *attrs[0]; return AMA_OK;
    case AMA_CONCAT_ATTRS_AGREE: return ama__merge_attrs(c->g, c->n, attrs, out);
    default: return AMA_OK;
    }
}

static ama_status join_variables(const concat *c, const char *name, ama__variable *const *v, ama__variable **out) {
    const char *dim[AMA_MAX_DIMS];
    const ama__attrs **attrs;
    ama__node **node;
    int ndim, axis = 0;
    AMA_NEW(c->g->arena, node, c->n);
    AMA_NEW(c->g->arena, attrs, c->n);
    AMA_TRY(common_dims(c, v, dim, &ndim));
    while (strcmp(dim[axis], c->args->dim) != 0) axis++;
    for (int i = 0; i < c->n; i++) {
        ama__variable *w;
        int64_t shape[AMA_MAX_DIMS];
        if (!same_times(v[0], v[i]))
            return ama__fail(c->g->ctx, AMA_ERR_MISMATCH, "times of different calendars, or times and others");
        for (int a = 0; a < ndim; a++) shape[a] = a == axis ? c->length[i] : size_of(c, dim[a]);
        AMA_TRY(ama__variable_arrange(c->g, v[i], ndim, dim, shape, &w));
        node[i] = w->node;
        attrs[i] = &v[i]->attrs;
    }
    AMA_TRY(ama__variable_copy(c->g, v[0], out));
    (*out)->ndim = ndim;
    memcpy((*out)->dim, dim, sizeof dim);
    AMA_TRY(merge_attributes(c, attrs, &(*out)->attrs));
    return join_nodes(c->g, name, axis, c->n, node, &(*out)->node);
}

/* ---- which variables */

static bool listed(const ama__concat_vars *v, const char *name) {
    for (int i = 0; i < v->n; i++)
        if (strcmp(v->name[i], name) == 0) return true;
    return false;
}

static bool is_dim(const concat *c, const char *name) {
    for (int i = 0; i < c->n; i++)
        if (ama__dataset_dim_size(&c->o[i].ds, name) >= 0) return true;
    return false;
}

static bool is_joined(const concat *c, const char *name, bool coord) {
    const ama__concat_vars *which = coord ? &c->args->coords : &c->args->data_vars;
    bool all = which->which == AMA_CONCAT_ALL ||
               (which->which == AMA_CONCAT_DEFAULT && !coord && (!c->existing || !c->o[0].is_dataset));
    if (all && !(coord && is_dim(c, name))) return true;
    if (which->which == AMA_CONCAT_NAMED && listed(which, name)) return true;
    for (int i = 0; i < c->n; i++) {
        const ama__variable *v = ama__dataset_find(&c->o[i].ds, name);
        if (v && ama__variable_axis(v, c->args->dim) >= 0) return true;
    }
    return c->existing && strcmp(name, c->args->dim) == 0;
}

static ama__variable *find_kind(const ama__object *o, const char *name, bool coord) {
    return coord ? ama__named_find(o->ds.n_coords, o->ds.coord, name) : ama__named_find(o->ds.n_vars, o->ds.var, name);
}

static const char *shown(const char *name) {
    return *name ? name : "the array";
}

/* The variable of the result. */
static ama_status make_variable(const concat *c, const char *name, bool coord, ama__variable **out) {
    ama__variable **v;
    int first = -1, missing = -1;
    AMA_NEW(c->g->arena, v, c->n);
    for (int i = 0; i < c->n; i++) {
        v[i] = find_kind(&c->o[i], name, coord);
        if (v[i] && first < 0) first = i;
        if (!v[i]) missing = i;
        if (find_kind(&c->o[i], name, !coord))
            return ama__fail(c->g->ctx, AMA_ERR_MISMATCH, "%s is a coordinate in some objects but not in others",
                             shown(name));
    }
    if (!is_joined(c, name, coord)) return ama__variable_copy(c->g, v[first], out);
    if (missing >= 0 && coord)
        return ama__fail(c->g->ctx, AMA_ERR_MISMATCH, "coordinate %s is not in all objects: not in number %d", name,
                         missing);
    if (missing >= 0)
        return ama__fail(c->g->ctx, AMA_ERR_UNSUPPORTED,
                         "variable %s is not in all objects: not in number %d; filling it up with missing values is "
                         "not supported yet: drop_vars(\"%s\") where it is",
                         name, missing, name);
    return ama__wrap(c->g->ctx, join_variables(c, name, v, out), "concat of %s", shown(name));
}

/* ---- preparing */

/* True when the name of the dim is a scalar (or other) variable everywhere, nowhere the labels of a dim. */
static bool is_scalar_coord(int n, const ama__object *const *in, const char *dim) {
    bool found = false;
    for (int i = 0; i < n; i++) {
        if (ama__named_find(in[i]->ds.n_coords, in[i]->ds.coord, dim) && ama__dataset_dim_size(&in[i]->ds, dim) >= 0)
            return false;
        found = found || ama__dataset_find(&in[i]->ds, dim);
    }
    return found;
}

static ama_status check_sizes(concat *c) {
    for (int i = 1; i < c->n; i++) {
        const char **dims;
        int n;
        AMA_TRY(ama__dataset_dims(c->g, &c->o[i].ds, &n, &dims));
        for (int d = 0; d < n; d++) {
            int64_t x = ama__dataset_dim_size(&c->o[i].ds, dims[d]), y = size_of(c, dims[d]);
            if (x != y && strcmp(dims[d], c->args->dim) != 0)
                return ama__fail(c->g->ctx, AMA_ERR_MISMATCH,
                                 "dim \"%s\" has %" PRId64 " elements in one object and %" PRId64 " in another",
                                 dims[d], y, x);
        }
    }
    return AMA_OK;
}

static ama_status prepare(concat *c, const ama__object *const *in) {
    static const ama__join join[] = {AMA_JOIN_EXACT, AMA_JOIN_OUTER, AMA_JOIN_INNER, AMA_JOIN_LEFT};
    const ama__object **one;
    ama__object *renamed;
    bool scalar = is_scalar_coord(c->n, in, c->args->dim);
    AMA_NEW(c->g->arena, one, c->n);
    AMA_NEW(c->g->arena, renamed, c->n);
    AMA_NEW(c->g->arena, c->o, c->n);
    AMA_NEW(c->g->arena, c->length, c->n);
    for (int i = 0; i < c->n; i++) {
        AMA_TRY(ama__object_copy(c->g, in[i], &renamed[i]));
        if (!in[i]->is_dataset) renamed[i].ds.var[0].name = in[0]->ds.var[0].name;
        if (scalar) AMA_TRY(ama__graph_expand_dims(c->g, &renamed[i], c->args->dim, 1, 0, &renamed[i]));
        one[i] = &renamed[i];
    }
    if (c->args->join == AMA_CONCAT_OVERRIDE)
        for (int i = 0; i < c->n; i++) c->o[i] = renamed[i];
    else
        AMA_TRY(ama__align_except(c->g, c->n, one, join[c->args->join], c->args->dim, c->o));
    for (int i = 0; i < c->n; i++) {
        int64_t size = ama__dataset_dim_size(&c->o[i].ds, c->args->dim);
        c->length[i] = size >= 0 ? size : 1;
        c->existing = c->existing || size >= 0;
    }
    return check_sizes(c);
}

static ama_status check_named(const concat *c, const ama__concat_vars *v, bool coord) {
    for (int i = 0; i < v->n; i++)
        if (!find_kind(&c->o[0], v->name[i], coord)) return ama__no_such_variable(c->g, &c->o[0].ds, v->name[i]);
    return AMA_OK;
}

static ama_status check_args(const concat *c) {
    if (!c->existing && c->args->data_vars.which == AMA_CONCAT_MINIMAL && c->args->coords.which != AMA_CONCAT_ALL)
        return ama__fail(c->g->ctx, AMA_ERR_ARG,
                         "data_vars='minimal' and coords='minimal' leave nothing to concatenate along the new dim '%s'",
                         c->args->dim);
    AMA_TRY(check_named(c, &c->args->data_vars, false));
    return check_named(c, &c->args->coords, true);
}

/* ---- the result */

static bool is_anywhere(const concat *c, const char *name, bool coord) {
    for (int i = 0; i < c->n; i++)
        if (find_kind(&c->o[i], name, coord)) return true;
    return false;
}

/* Adds the variables of a list that are not there yet. `only`: the name of a DataArray's variable, for all of them. */
static ama_status add_list(const concat *c, bool coord, int n, const ama__named *list, const char *only, int *n_out,
                           ama__named *out) {
    for (int j = 0; j < n; j++) {
        const char *name = only ? only : list[j].name;
        ama__variable *v;
        if (ama__named_find(*n_out, out, name) || !is_anywhere(c, name, coord)) continue;
        AMA_TRY(make_variable(c, name, coord, &v));
        out[(*n_out)++] = (ama__named){name, v};
    }
    return AMA_OK;
}

/* In the order in which the objects came, which expanding dims may have changed. */
static ama_status collect(const concat *c, bool coord, const ama__object *const *in, int *n_out, ama__named **out) {
    int most = 1;
    for (int i = 0; i < c->n; i++) most += c->o[i].ds.n_coords + c->o[i].ds.n_vars;
    AMA_NEW(c->g->arena, *out, most);
    *n_out = 0;
    for (int i = 0; i < 2 * c->n; i++) {
        const ama__dataset *ds = i < c->n ? &in[i]->ds : &c->o[i - c->n].ds;
        const char *only = !coord && !in[0]->is_dataset ? in[0]->ds.var[0].name : NULL;
        AMA_TRY(add_list(c, coord, coord ? ds->n_coords : ds->n_vars, coord ? ds->coord : ds->var, only, n_out, *out));
    }
    return AMA_OK;
}

/* The labels given for the dim. */
static ama_status set_labels(const concat *c, ama__dataset *ds) {
    const ama__variable *from = ama__object_var(c->args->labels);
    ama__variable *v;
    int64_t total = 0;
    for (int i = 0; i < c->n; i++) total += c->length[i];
    if (from->node->shape[0] != total)
        return ama__fail(c->g->ctx, AMA_ERR_MISMATCH,
                         "%" PRId64 " labels for dim '%s', along which there are %" PRId64 " elements",
                         from->node->shape[0], c->args->dim, total);
    AMA_TRY(ama__variable_copy(c->g, from, &v));
    AMA_TRY(ama__labels_eval_const(c->g, NULL, v->node, c->args->dim, &v->node));
    return ama__named_set(c->g, &ds->n_coords, &ds->coord, c->args->dim, v);
}

ama_status ama__graph_concat(ama__graph *g, int n, const ama__object *const *in, const ama__concat *args,
                             ama__object *out) {
    concat c = {.g = g, .args = args, .n = n};
    ama__object o = {.is_dataset = in[0]->is_dataset, .name = in[0]->name};
    const ama__attrs **attrs;
    AMA_TRY(prepare(&c, in));
    AMA_TRY(check_args(&c));
    AMA_TRY(collect(&c, false, in, &o.ds.n_vars, &o.ds.var));
    AMA_TRY(collect(&c, true, in, &o.ds.n_coords, &o.ds.coord));
    if (args->labels) AMA_TRY(set_labels(&c, &o.ds));
    AMA_NEW(g->arena, attrs, n);
    for (int i = 0; i < n; i++) attrs[i] = &in[i]->ds.attrs;
    if (o.is_dataset) {
        AMA_TRY(merge_attributes(&c, attrs, &o.ds.attrs));
        o.ds.n_unlimited = in[0]->ds.n_unlimited;
        o.ds.unlimited = in[0]->ds.unlimited;
    }
    *out = o;
    return AMA_OK;
}
