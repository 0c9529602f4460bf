/* Putting variables and coordinates into objects, and turning the ones into the others. */
#include "graph/labels.h"
#include "graph/restructure_private.h"

/* ---- joining a value to an object */

/* The value's elements along `dim` in the order of the object's labels; absent ones become NaN. */
static ama_status reindex(ama__graph *g, const ama__variable *mine, const ama__variable *theirs, const char *dim,
                          ama__variable **v) {
    int64_t n = ama__variable_size(mine, 0), *place;
    AMA_NEW(g->arena, place, n + 1);
    AMA_TRY(ama__labels_lookup(g, theirs, mine, dim, place));
    ama__pick pick = {.count = n, .list = place, .in_axis = ama__variable_axis(*v, dim)};
    return ama__labels_take_dim(g, *v, dim, &pick, 0, v);
}

/* `own`: the name the value gets; along a dim of that name nothing is aligned, it brings new labels. */
static ama_status align_to(ama__graph *g, const ama__object *in, const ama__object *value, const char *own,
                           ama__variable **v) {
    for (int a = 0; a < (*v)->ndim; a++) {
        const char *dim = (*v)->dim[a];
        int64_t size = ama__dataset_dim_size(&in->ds, dim);
        if (size < 0 || strcmp(dim, own) == 0) {
            if (size >= 0 && size != ama__variable_size(*v, a) && (*v)->ndim > 1)
                return ama__fail(g->ctx, AMA_ERR_MISMATCH, "'%s': dim %s has %lld elements here and %lld there", own,
                                 dim, (long long)ama__variable_size(*v, a), (long long)size);
            continue;
        }
        const ama__variable *mine = ama__coords_index(in->ds.n_coords, in->ds.coord, dim);
        const ama__variable *theirs = ama__coords_index(value->ds.n_coords, value->ds.coord, dim);
        if (mine && theirs) {
            if (!ama__labels_equal(mine, theirs)) AMA_TRY(reindex(g, mine, theirs, dim, v));
        } else if (size != ama__variable_size(*v, a)) {
            return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                             "'%s': dim %s has %lld elements, that of the object it is put into %lld", own, dim,
                             (long long)ama__variable_size(*v, a), (long long)size);
        }
    }
    return AMA_OK;
}

static bool fits_dims(const ama__object *o, const ama__variable *v) {
    for (int a = 0; a < v->ndim; a++) {
        int64_t n = ama__dataset_dim_size(&o->ds, v->dim[a]);
        if (n >= 0 && n != ama__variable_size(v, a)) return false;
    }
    return true;
}

/* Coordinates of the value that the object has not. */
static ama_status add_coords(ama__graph *g, ama__object *o, const ama__object *value, const char *own) {
    for (int i = 0; i < value->ds.n_coords; i++) {
        const ama__named *c = &value->ds.coord[i];
        if (strcmp(c->name, own) == 0 || ama__dataset_find(&o->ds, c->name) || !fits_dims(o, c->var)) continue;
        bool new_dim = false;
        for (int a = 0; a < c->var->ndim; a++) new_dim |= ama__dataset_dim_size(&o->ds, c->var->dim[a]) < 0;
        if (!new_dim) AMA_TRY(ama__named_set(g, &o->ds.n_coords, &o->ds.coord, c->name, c->var));
    }
    return AMA_OK;
}

/* What labels a dim must be in memory. */
static ama_status label_in_memory(ama__graph *g, const char *name, ama__variable **v) {
    if ((*v)->ndim != 1 || strcmp((*v)->dim[0], name) != 0 || (*v)->node->kind == AMA_NODE_CONST) return AMA_OK;
    AMA_TRY(ama__variable_copy(g, *v, v));
    return ama__labels_eval_const(g, NULL, (*v)->node, name, &(*v)->node);
}

static ama_status put_coord(ama__graph *g, ama__object *o, const char *name, ama__variable *v) {
    AMA_TRY(label_in_memory(g, name, &v));
    if (v->ndim == 1 && strcmp(v->dim[0], name) == 0) {
        int64_t size = ama__dataset_dim_size(&o->ds, name);
        if (size >= 0 && size != ama__variable_size(v, 0))
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "coordinate '%s' has %lld values, the dim %lld elements", name,
                             (long long)ama__variable_size(v, 0), (long long)size);
    }
    for (int a = 0; a < v->ndim && !o->is_dataset; a++)
        if (ama__dataset_dim_size(&o->ds, v->dim[a]) < 0)
            return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                             "coordinate '%s' has dim %s, which the DataArray has not: it cannot get new dims", name,
                             v->dim[a]);
    if (o->is_dataset) AMA_TRY(ama__named_remove(g, &o->ds.n_vars, &o->ds.var, name));
    return ama__named_set(g, &o->ds.n_coords, &o->ds.coord, name, v);
}

ama_status ama__graph_assign_coord(ama__graph *g, const ama__object *in, const char *name, const ama__object *value,
                                   ama__object *out) {
    ama__object o;
    if (value->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "'%s': a Dataset cannot be a coordinate", name);
    ama__variable *v = value->ds.var[0].var;
    AMA_KEEP(g->arena, name, ama__arena_strdup(g->arena, name));
    AMA_TRY(ama__object_copy(g, in, &o));
    AMA_TRY(align_to(g, in, value, name, &v));
    AMA_TRY(put_coord(g, &o, name, v));
    AMA_TRY(add_coords(g, &o, value, name));
    *out = o;
    return AMA_OK;
}

ama_status ama__graph_assign_coord_node(ama__graph *g, const ama__object *in, const char *name, const char *dim,
                                        ama__node *values, const ama__timeaxis *time, ama__object *out) {
    ama__object value;
    ama__variable *v;
    if (values->ndim > 1)
        return ama__fail(g->ctx, AMA_ERR_ARG, "coordinate '%s' has %d dims: give their names as ([dims], values)", name,
                         values->ndim);
    AMA_KEEP(g->arena, dim, ama__arena_strdup(g->arena, dim ? dim : name));
    AMA_TRY(ama__variable_new(g, &dim, values, &v));
    v->time = time;
    const ama__variable *old = ama__named_find(in->ds.n_coords, in->ds.coord, name);
    (void)old; /* bare values bring no attributes: xarray drops the old ones too */
    AMA_TRY(ama__object_from_array(g, name, v, 0, NULL, &value));
    return ama__graph_assign_coord(g, in, name, &value, out);
}

ama_status ama__graph_assign(ama__graph *g, const ama__object *in, const char *name, const ama__object *value,
                             ama__object *out) {
    if (!in->is_dataset || ama__named_find(in->ds.n_coords, in->ds.coord, name))
        return ama__graph_assign_coord(g, in, name, value, out);
    if (value->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "'%s': a Dataset cannot be a variable", name);
    ama__object o;
    ama__variable *v = value->ds.var[0].var;
    if (v->ndim == 1 && strcmp(v->dim[0], name) == 0) return ama__graph_assign_coord(g, in, name, value, out);
    AMA_KEEP(g->arena, name, ama__arena_strdup(g->arena, name));
    AMA_TRY(ama__object_copy(g, in, &o));
    AMA_TRY(align_to(g, in, value, name, &v));
    AMA_TRY(ama__named_set(g, &o.ds.n_vars, &o.ds.var, name, v));
    AMA_TRY(add_coords(g, &o, value, name));
    *out = o;
    return AMA_OK;
}

/* ---- coordinates and variables */

static bool is_index(const ama__object *o, const char *name) {
    return ama__coords_index(o->ds.n_coords, o->ds.coord, name) != NULL;
}

static ama_status reset_one(ama__graph *g, ama__object *o, const char *name, bool drop) {
    ama__variable *v = ama__named_find(o->ds.n_coords, o->ds.coord, name);
    if (!v)
        return ama__wrap(g->ctx, ama__no_such_variable(g, &o->ds, name), "reset_coords: '%s' is no coordinate", name);
    if (is_index(o, name))
        return ama__fail(g->ctx, AMA_ERR_ARG, "reset_coords: '%s' labels a dim; drop_vars takes it away", name);
    AMA_TRY(ama__named_remove(g, &o->ds.n_coords, &o->ds.coord, name));
    return drop ? AMA_OK : ama__named_set(g, &o->ds.n_vars, &o->ds.var, name, v);
}

ama_status ama__graph_reset_coords(ama__graph *g, const ama__object *in, int n, const char *const *name, bool drop,
                                   ama__object *out) {
    ama__object o;
    if (in->is_dataset || drop)
        AMA_TRY(ama__object_copy(g, in, &o));
    else
        AMA_TRY(ama__wrap(g->ctx, ama__graph_to_dataset(g, in, NULL, &o), "reset_coords"));
    for (int i = 0; i < n; i++) AMA_TRY(reset_one(g, &o, name[i], drop));
    for (int i = 0; i < in->ds.n_coords && n < 0; i++)
        if (!is_index(in, in->ds.coord[i].name)) AMA_TRY(reset_one(g, &o, in->ds.coord[i].name, drop));
    *out = o;
    return AMA_OK;
}

ama_status ama__graph_set_coords(ama__graph *g, const ama__object *in, int n, const char *const *name,
                                 ama__object *out) {
    ama__object o;
    if (!in->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "set_coords is a method of a Dataset");
    AMA_TRY(ama__object_copy(g, in, &o));
    for (int i = 0; i < n; i++) {
        ama__variable *v = ama__named_find(o.ds.n_vars, o.ds.var, name[i]);
        if (!v && ama__named_find(o.ds.n_coords, o.ds.coord, name[i])) continue;
        if (!v) return ama__wrap(g->ctx, ama__no_such_variable(g, &in->ds, name[i]), "set_coords");
        AMA_TRY(ama__named_remove(g, &o.ds.n_vars, &o.ds.var, name[i]));
        AMA_TRY(ama__named_set(g, &o.ds.n_coords, &o.ds.coord, name[i], v));
    }
    *out = o;
    return AMA_OK;
}

/* ---- new and other dims */

static ama_status insert_dim(ama__graph *g, const ama__variable *v, const char *dim, int64_t size, int at,
                             ama__variable **out) {
    ama__pick pick[AMA_MAX_DIMS];
    if (v->ndim == AMA_MAX_DIMS)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "expand_dims: at most %d dims are supported", AMA_MAX_DIMS);
    if (at < 0) at += v->ndim + 1;
    if (at < 0 || at > v->ndim)
        return ama__fail(g->ctx, AMA_ERR_ARG, "expand_dims: axis is not in -%d .. %d", v->ndim + 1, v->ndim);
    AMA_TRY(ama__variable_copy(g, v, out));
    (*out)->ndim = v->ndim + 1;
    for (int a = 0, from = 0; a <= v->ndim; a++) {
        if (a == at) {
            pick[a] = (ama__pick){.in_axis = -1, .count = size, .step = 1};
            (*out)->dim[a] = dim;
            continue;
        }
        pick[a] = (ama__pick){.in_axis = from, .count = v->node->shape[from], .step = 1};
        (*out)->dim[a] = v->dim[from++];
    }
    (*out)->encoding.has_chunks = false;
    return ama__labels_take(g, v->node, (*out)->ndim, pick, NULL, &(*out)->node);
}

ama_status ama__graph_expand_dims(ama__graph *g, const ama__object *in, const char *dim, int64_t size, int axis,
                                  ama__object *out) {
    ama__object o;
    ama__variable *scalar = ama__named_find(in->ds.n_coords, in->ds.coord, dim);
    if (ama__dataset_dim_size(&in->ds, dim) >= 0)
        return ama__fail(g->ctx, AMA_ERR_ARG, "expand_dims: dim %s exists already", dim);
    if ((scalar && scalar->ndim > 0) || (in->is_dataset && ama__named_find(in->ds.n_vars, in->ds.var, dim)))
        return ama__fail(g->ctx, AMA_ERR_ARG, "expand_dims: '%s' is a variable already", dim);
    AMA_KEEP(g->arena, dim, ama__arena_strdup(g->arena, dim));
    AMA_TRY(ama__object_copy(g, in, &o));
    for (int i = 0; i < o.ds.n_vars; i++) AMA_TRY(insert_dim(g, o.ds.var[i].var, dim, size, axis, &o.ds.var[i].var));
    if (scalar) {
        AMA_TRY(insert_dim(g, scalar, dim, size, 0, &scalar));
        AMA_TRY(label_in_memory(g, dim, &scalar));
        AMA_TRY(ama__named_set(g, &o.ds.n_coords, &o.ds.coord, dim, scalar));
    }
    *out = o;
    return AMA_OK;
}

typedef struct swapping {
    int n;
    const char *const *from, *const *to;
} swapping;

static ama_status swap_one(ama__graph *g, void *user, const char *name, bool is_coord, ama__variable *v,
                           ama__variable **out) {
    const swapping *s = user;
    (void)is_coord;
    AMA_TRY(ama__variable_copy(g, v, out));
    for (int a = 0; a < v->ndim; a++)
        for (int i = 0; i < s->n; i++)
            if (strcmp(v->dim[a], s->from[i]) == 0) (*out)->dim[a] = s->to[i];
    return label_in_memory(g, name, out);
}

ama_status ama__graph_swap_dims(ama__graph *g, const ama__object *in, int n, const char *const *from,
                                const char *const *to, ama__object *out) {
    ama__object o;
    swapping s = {n, from, to};
    AMA_TRY(ama__object_copy(g, in, &o));
    for (int i = 0; i < n; i++) {
        AMA_TRY(ama__object_check_dim(g, in, "swap_dims", from[i]));
        ama__variable *v = ama__dataset_find(&o.ds, to[i]);
        if (v && (v->ndim != 1 || strcmp(v->dim[0], from[i]) != 0))
            return ama__fail(g->ctx, AMA_ERR_ARG, "swap_dims: '%s' is no 1-D variable along %s", to[i], from[i]);
        if (v && o.is_dataset && ama__named_find(o.ds.n_vars, o.ds.var, to[i])) {
            AMA_TRY(ama__named_remove(g, &o.ds.n_vars, &o.ds.var, to[i]));
            AMA_TRY(ama__named_set(g, &o.ds.n_coords, &o.ds.coord, to[i], v));
        }
    }
    return ama__object_each(g, &o, swap_one, &s, out);
}
