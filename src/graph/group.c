/* groupby and resample: the label of every element along one dim, and what is done with it. */
#include "graph/group.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/dt.h"

/* ---- making groups */

static bool is_missing(const ama__variable *key, int64_t i) {
    ama__label l = ama__labels_get(key, i);
    if (l.kind == AMA_LABEL_FLOAT) return isnan(l.f8);
    return l.kind == AMA_LABEL_TICK && l.i8 == AMA_NAT;
}

/* Sorted unique labels of a key, and which of them each element has. */
static ama_status unique_labels(ama__graph *g, const ama__variable *key, ama__group *group) {
    int64_t n = key->node->shape[0], *order, *index, *first, count = 0, before = -1;
    AMA_TRY(ama__labels_sort(g, key, &order));
    AMA_NEW(g->arena, index, n + 1);
    AMA_NEW(g->arena, first, n + 1);
    for (int64_t k = 0; k < n; k++) {
        int64_t i = order[k];
        index[i] = -1;
        if (is_missing(key, i)) continue;
        if (before < 0 || ama__labels_compare(key, before, key, i) != 0) first[count++] = i;
        index[i] = count - 1;
        before = i;
    }
    ama__pick pick = {.in_axis = 0, .count = count, .step = 1, .list = first};
    ama__node *labels;
    AMA_TRY(ama__labels_take(g, key->node, 1, &pick, NULL, &labels));
    AMA_TRY(ama__variable_new(g, &group->name, labels, &group->labels));
    group->labels->time = key->time;
    AMA_TRY(ama__attrs_copy(g->arena, &key->attrs, &group->labels->attrs));
    group->index = index;
    group->n = count;
    return AMA_OK;
}

ama_status ama__group_by_array(ama__graph *g, const ama__object *x, const ama__object *key, const ama__evaluator *ev,
                               ama__group **out) {
    ama__group *group;
    if (key->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "groupby takes a DataArray or a name, not a Dataset");
    const ama__variable *v = ama__object_var(key);
    if (v->ndim != 1)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "groupby by an array of %d dims is not supported: use one along a "
                         "single dim",
                         v->ndim);
    AMA_TRY(ama__object_check_dim(g, x, "groupby", v->dim[0]));
    int64_t size = ama__dataset_dim_size(&x->ds, v->dim[0]);
    if (v->node->shape[0] != size)
        return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                         "groupby: the key has %" PRId64 " elements along %s, the array %" PRId64, v->node->shape[0],
                         v->dim[0], size);
    AMA_NEW(g->arena, group, 1);
    group->object = x;
    group->dim = v->dim[0];
    group->name = key->name ? key->name : "group";
    AMA_TRY(ama__variable_copy(g, v, &group->key));
    AMA_TRY(ama__labels_eval_const(g, ev, v->node, "the labels of groupby", &group->key->node));
    *out = group;
    return unique_labels(g, group->key, group);
}

ama_status ama__group_by_name(ama__graph *g, const ama__object *x, const char *name, const ama__evaluator *ev,
                              ama__group **out) {
    ama__object key;
    AMA_TRY(ama__object_get(g, ev, x, name, &key));
    return ama__group_by_array(g, x, &key, ev, out);
}

ama_status ama__group_resample(ama__graph *g, const ama__object *x, const char *dim, const ama__resample *r,
                               ama__group **out) {
    ama__group *group;
    int64_t *labels, *bin;
    AMA_TRY(ama__object_check_dim(g, x, "resample", dim));
    const ama__variable *index = ama__coords_index(x->ds.n_coords, x->ds.coord, dim);
    if (!index || !index->time)
        return ama__fail(g->ctx, AMA_ERR_ARG, "resample needs a time coordinate along %s: %s", dim,
                         index ? "its labels are not times" : "the dim has no labels");
    AMA_NEW(g->arena, group, 1);
    group->object = x;
    group->dim = group->name = dim;
    group->resample = true;
    AMA_TRY(ama__resample_bins(g->arena, index->time, r, index->node->shape[0], index->node->u.constant.data, &group->n,
                               &labels, &bin));
    group->index = bin;
    AMA_TRY(ama__variable_copy(g, index, &group->labels));
    AMA_TRY(ama__node_const(g, AMA_I8, 1, &group->n, labels, false, &group->labels->node));
    *out = group;
    return AMA_OK;
}

/* ---- reductions */

static bool in_list(const ama__dims *dims, const char *dim) {
    for (int i = 0; i < dims->n; i++)
        if (strcmp(dims->name[i], dim) == 0) return true;
    return false;
}

static bool is_reduced(const ama__group *group, const ama__dims *dims, const char *dim) {
    if (strcmp(dim, group->dim) == 0) return false; /* it becomes the group dim */
    return dims->kind == AMA_DIMS_ELLIPSIS || (dims->kind == AMA_DIMS_LIST && in_list(dims, dim));
}

static bool wants_numbers(ama__red op) {
    return ama__red_class(op) == 's' || ama__red_class(op) == 'm';
}

/* False when a Dataset leaves the variable out; an error when a DataArray cannot be reduced. */
static ama_status reducible(ama__graph *g, const ama__group *group, const ama__variable *v, ama__red op, bool *yes) {
    bool text = ama__dtype_is_text(v->node->dtype), numbers = wants_numbers(op);
    *yes = !text && !(v->time && numbers);
    if (*yes && v->time && group->resample)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "resample(...).%s of times is not supported", ama__red_name(op));
    if (*yes || group->object->is_dataset) return AMA_OK;
    return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "%s of %s over groups is not supported", ama__red_name(op),
                     text ? "text" : "times");
}

static ama_status reduce_variable(ama__graph *g, const ama__group *group, const ama__reduction *r,
                                  const ama__variable *v, ama__variable **out) {
    bool floats = ama__dtype_is_float(v->node->dtype);
    ama__reduce_spec spec = {.op = r->op,
                             .label_axis = ama__variable_axis(v, group->dim),
                             .n_labels = group->n,
                             .label = group->index,
                             .skipna = floats && r->skipna != AMA_SKIPNA_NO,
                             .min_count = floats && r->skipna != AMA_SKIPNA_NO ? r->min_count : 0,
                             .ddof = r->ddof,
                             .empty_nan = group->resample};
    const char *dim[AMA_MAX_DIMS];
    int n = 0;
    ama__node *node;
    for (int a = 0; a < v->ndim; a++) {
        spec.reduced[a] = is_reduced(group, &r->dims, v->dim[a]);
        if (a == spec.label_axis)
            dim[n++] = group->name;
        else if (!spec.reduced[a])
            dim[n++] = v->dim[a];
    }
    if (spec.empty_nan) { /* only where there are empty bins do integers become floats */
        int64_t *members;
        bool empty = false;
        AMA_NEW(g->arena, members, group->n + 1);
        for (int64_t i = 0; i < v->node->shape[spec.label_axis]; i++)
            if (group->index[i] >= 0) members[group->index[i]]++;
        for (int64_t i = 0; i < group->n; i++) empty |= members[i] == 0;
        spec.empty_nan = empty;
    }
    AMA_TRY(ama__node_reduce(g, v->node, &spec, &node));
    AMA_TRY(ama__variable_new(g, dim, node, out));
    (*out)->time = v->time;
    if (r->keep_attrs != AMA_KEEP_NO) AMA_TRY(ama__attrs_copy(g->arena, &v->attrs, &(*out)->attrs));
    return AMA_OK;
}

static bool survives(const ama__group *group, const ama__dims *dims, const ama__variable *v) {
    for (int a = 0; a < v->ndim; a++)
        if (strcmp(v->dim[a], group->dim) == 0 || is_reduced(group, dims, v->dim[a])) return false;
    return true;
}

/* Coordinates without the grouped and the reduced dims, and the labels of the groups. */
static ama_status group_coords(ama__graph *g, const ama__group *group, const ama__dims *dims, ama__dataset *out) {
    const ama__dataset *ds = &group->object->ds;
    out->n_coords = 0;
    AMA_NEW(g->arena, out->coord, ds->n_coords + 1);
    for (int i = 0; i < ds->n_coords; i++)
        if (survives(group, dims, ds->coord[i].var) && strcmp(ds->coord[i].name, group->name) != 0)
            out->coord[out->n_coords++] = ds->coord[i];
    out->coord[out->n_coords++] = (ama__named){group->name, group->labels};
    return AMA_OK;
}

ama_status ama__group_reduce(ama__graph *g, const ama__group *group, const ama__reduction *r, ama__object *out) {
    const ama__object *x = group->object;
    ama__object o = *x;
    for (int i = 0; r->dims.kind == AMA_DIMS_LIST && i < r->dims.n; i++)
        AMA_TRY(ama__object_check_dim(g, x, ama__red_name(r->op), r->dims.name[i]));
    /* dims without the grouped one: each group keeps its members, so grouping changes nothing */
    if (r->dims.kind == AMA_DIMS_LIST && !in_list(&r->dims, group->dim)) return ama__object_reduce(g, x, r, out);
    o.ds.n_vars = 0;
    AMA_NEW(g->arena, o.ds.var, x->ds.n_vars + 1);
    for (int i = 0; i < x->ds.n_vars; i++) {
        ama__named v = x->ds.var[i];
        bool yes = true;
        if (ama__variable_axis(v.var, group->dim) >= 0) {
            AMA_TRY(reducible(g, group, v.var, r->op, &yes));
            if (yes) AMA_TRY(reduce_variable(g, group, r, v.var, &v.var));
        }
        if (yes) o.ds.var[o.ds.n_vars++] = v;
    }
    if (x->is_dataset && r->keep_attrs == AMA_KEEP_NO) o.ds.attrs = (ama__attrs){0};
    AMA_TRY(group_coords(g, group, &r->dims, &o.ds));
    *out = o;
    return AMA_OK;
}

/* ---- arithmetic */

/* Brings a variable with the group dim onto the grouped dim: each element gets its group's values. */
static ama_status spread_variable(ama__graph *g, const ama__group *group, const int64_t *place, int64_t n,
                                  const ama__variable *v, ama__variable **out) {
    int axis = ama__variable_axis(v, group->name);
    ama__pick pick = {.in_axis = axis, .count = n, .step = 1, .list = place};
    ama__variable *taken;
    AMA_TRY(ama__labels_take_dim(g, v, group->name, &pick, 0, &taken));
    AMA_TRY(ama__variable_copy(g, taken, out));
    (*out)->dim[axis] = group->dim;
    return AMA_OK;
}

static ama_status spread(ama__graph *g, const ama__group *group, const ama__object *other, ama__object *out) {
    const ama__variable *index = ama__coords_index(other->ds.n_coords, other->ds.coord, group->name);
    const ama__variable *along = ama__coords_index(group->object->ds.n_coords, group->object->ds.coord, group->dim);
    int64_t n = ama__dataset_dim_size(&group->object->ds, group->dim), *of_label, *place;
    ama__object o = *other;
    if (!index)
        return ama__fail(g->ctx, AMA_ERR_ARG,
                         "arithmetic with groups needs an operand with the dim '%s' and its labels, "
                         "such as the result of groupby(...).mean()",
                         group->name);
    AMA_NEW(g->arena, of_label, group->n + 1);
    AMA_NEW(g->arena, place, n + 1);
    AMA_TRY(ama__labels_lookup(g, index, group->labels, group->name, of_label));
    for (int64_t i = 0; i < n; i++) place[i] = group->index[i] >= 0 ? of_label[group->index[i]] : -1;
    AMA_NEW(g->arena, o.ds.var, other->ds.n_vars + 1);
    for (int i = 0; i < other->ds.n_vars; i++) {
        o.ds.var[i] = other->ds.var[i];
        if (ama__variable_axis(o.ds.var[i].var, group->name) >= 0)
            AMA_TRY(spread_variable(g, group, place, n, o.ds.var[i].var, &o.ds.var[i].var));
    }
    o.ds.n_coords = 0;
    AMA_NEW(g->arena, o.ds.coord, other->ds.n_coords + 1);
    for (int i = 0; i < other->ds.n_coords; i++)
        if (ama__variable_axis(other->ds.coord[i].var, group->name) < 0)
            o.ds.coord[o.ds.n_coords++] = other->ds.coord[i];
    if (along) o.ds.coord[o.ds.n_coords++] = (ama__named){group->dim, (ama__variable *)along};
    *out = o;
    return AMA_OK;
}

/* The dims of each variable in the order of the grouped object. */
static ama_status original_order(ama__graph *g, const ama__object *x, ama__object *o) {
    for (int i = 0; i < o->ds.n_vars; i++) {
        ama__variable *v = o->ds.var[i].var, *turned;
        const ama__variable *from =
            x->is_dataset ? ama__named_find(x->ds.n_vars, x->ds.var, o->ds.var[i].name) : ama__object_var(x);
        ama__pick pick[AMA_MAX_DIMS];
        const char *dim[AMA_MAX_DIMS];
        int k = 0;
        bool taken[AMA_MAX_DIMS] = {false};
        for (int a = 0; from && a < from->ndim; a++) {
            int at = ama__variable_axis(v, from->dim[a]);
            if (at < 0) continue;
            taken[at] = true;
            pick[k] = (ama__pick){.in_axis = at, .count = v->node->shape[at], .step = 1};
            dim[k++] = v->dim[at];
        }
        for (int a = 0; a < v->ndim; a++) {
            if (taken[a]) continue;
            pick[k] = (ama__pick){.in_axis = a, .count = v->node->shape[a], .step = 1};
            dim[k++] = v->dim[a];
        }
        AMA_TRY(ama__variable_copy(g, v, &turned));
        AMA_TRY(ama__node_index(g, v->node, k, pick, NULL, &turned->node));
        memcpy(turned->dim, dim, (size_t)k * sizeof *dim);
        o->ds.var[i].var = turned;
    }
    return AMA_OK;
}

ama_status ama__group_arith(ama__graph *g, const ama__group *group, ama__op op, const ama__operand *other,
                            bool reversed, ama__object *out) {
    ama__object on_dim, result, o;
    if (group->resample)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "arithmetic with resample(...) is not supported: reduce it first");
    if (other->kind != AMA_OPERAND_OBJECT)
        return ama__fail(g->ctx, AMA_ERR_ARG, "arithmetic with groups needs a DataArray or Dataset with the dim '%s'",
                         group->name);
    AMA_TRY(spread(g, group, other->object, &on_dim));
    ama__operand in[2] = {ama__operand_object(reversed ? &on_dim : group->object),
                          ama__operand_object(reversed ? group->object : &on_dim)};
    AMA_TRY(ama__object_map(g, op, 2, in, AMA_KEEP_DEFAULT, &result));
    AMA_TRY(ama__object_copy(g, &result, &o));
    AMA_TRY(original_order(g, group->object, &o));
    if (strcmp(group->name, group->dim) != 0)
        AMA_TRY(ama__named_set(g, &o.ds.n_coords, &o.ds.coord, group->name, group->key));
    *out = o;
    return AMA_OK;
}
