/* Groups against arrays that have one element per group: anomalies. */
#include <string.h>

#include "graph/group.h"
#include "graph/operate.h"
#include "graph/select.h"

/* ---- the grouped side */

/* Elements in no group drop out, and integers become floats as they do in where(). */
static ama_status without_ungrouped(ama__graph *g, const ama__group *group, const ama__object **x,
                                    const int64_t **index) {
    int64_t n = group->key->node->shape[0], m = 0, *kept;
    ama__object *cut;
    bool *mask;
    for (int64_t i = 0; i < n; i++) m += group->index[i] >= 0;
    *x = group->object;
    *index = group->index;
    if (m == n) return AMA_OK;
    AMA_NEW(g->arena, mask, n + 1);
    AMA_NEW(g->arena, kept, m + 1);
    AMA_NEW(g->arena, cut, 1);
    m = 0;
    for (int64_t i = 0; i < n; i++) {
        mask[i] = group->index[i] >= 0;
        if (mask[i]) kept[m++] = group->index[i];
    }
    ama__selector s = {.dim = group->dim, .kind = AMA_SELECT_BOOLS, .n = n, .mask = mask};
    AMA_TRY(ama__object_isel(g, group->object, 1, &s, NULL, cut));
    for (int i = 0; i < cut->ds.n_vars; i++) {
        ama__variable *v = cut->ds.var[i].var;
        if (v->time || ama__dtype_is_float(v->node->dtype) || ama__dtype_is_text(v->node->dtype)) continue;
        ama_dtype t = ama__dtype_bytes(v->node->dtype) <= 2 && v->node->dtype != AMA_BOOL ? AMA_F4 : AMA_F8;
        AMA_TRY(ama__variable_copy(g, v, &cut->ds.var[i].var));
        AMA_TRY(ama__node_cast(g, v->node, t, &cut->ds.var[i].var->node));
    }
    *x = cut;
    *index = kept;
    return AMA_OK;
}

/* ---- the other side, spread over the grouped dim */

static ama_status spread_variable(ama__graph *g, const ama__group *group, const ama__pick *pick, ama__variable **v) {
    int axis = ama__variable_axis(*v, group->name);
    if (axis < 0) return AMA_OK;
    AMA_TRY(ama__labels_take_dim(g, *v, group->name, pick, 0, v));
    (*v)->dim[axis] = group->dim;
    return AMA_OK;
}

/* Scalar coordinates run along the grouped dim afterwards, missing where a group is, as in xarray. */
static ama_status spread_scalar(ama__graph *g, const ama__group *group, int64_t n_have, const ama__pick *pick,
                                ama__variable **v) {
    AMA_TRY(ama__variable_arrange(g, *v, 1, &group->name, &n_have, v));
    return spread_variable(g, group, pick, v);
}

/* A time among the other's variables that has no element for a group becomes NaT, not NaN. */
static ama_status check_times(ama__graph *g, const ama__group *group, const ama__object *o, bool missing) {
    for (int i = 0; missing && i < o->ds.n_coords; i++)
        if (o->ds.coord[i].var->time &&
            (o->ds.coord[i].var->ndim == 0 || ama__variable_axis(o->ds.coord[i].var, group->name) >= 0) &&
            strcmp(o->ds.coord[i].name, group->name) != 0)
            return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "coordinate %s holds times and lacks some of the groups",
                             o->ds.coord[i].name);
    return AMA_OK;
}

static ama_status spread(ama__graph *g, const ama__group *group, const ama__object *other, const int64_t *index,
                         int64_t n, ama__object *out) {
    const ama__variable *have = ama__coords_index(other->ds.n_coords, other->ds.coord, group->name);
    int64_t *place, *list;
    bool missing = false;
    if (!have)
        return ama__fail(
            g->ctx, AMA_ERR_ARG,
            "arithmetic with groups needs an array with labels on dim \"%s\", as .groupby(...).mean() gives",
            group->name);
    if (strcmp(group->name, group->dim) != 0 && ama__dataset_dim_size(&other->ds, group->dim) >= 0)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "the other operand has both dims, \"%s\" and \"%s\"", group->name,
                         group->dim);
    AMA_NEW(g->arena, place, group->n + 1);
    AMA_NEW(g->arena, list, n + 1);
    AMA_TRY(ama__labels_lookup(g, have, group->labels, group->name, place));
    for (int64_t i = 0; i < n; i++) {
        list[i] = place[index[i]];
        missing = missing || list[i] < 0;
    }
    AMA_TRY(check_times(g, group, other, missing));
    ama__pick from_other = {.count = n, .list = list}, from_labels = {.count = n, .list = index};
    AMA_TRY(ama__object_copy(g, other, out));
    for (int i = 0; i < out->ds.n_vars; i++) AMA_TRY(spread_variable(g, group, &from_other, &out->ds.var[i].var));
    for (int i = 0; i < out->ds.n_coords; i++) {
        ama__named *c = &out->ds.coord[i];
        if (strcmp(c->name, group->name) == 0) { /* each element's own label */
            ama__variable *label;
            AMA_TRY(ama__variable_copy(g, group->labels, &label));
            label->attrs = c->var->attrs;
            AMA_TRY(spread_variable(g, group, &from_labels, &label));
            c->var = label;
        } else if (c->var->ndim == 0) {
            AMA_TRY(spread_scalar(g, group, have->node->shape[0], &from_other, &c->var));
        } else {
            AMA_TRY(spread_variable(g, group, &from_other, &c->var));
        }
    }
    return AMA_OK;
}

/* A Dataset's variable that got the grouped dim from the other side has it first. */
static ama_status grouped_dim_first(ama__graph *g, const ama__group *group, const ama__object *x, ama__object *out) {
    for (int i = 0; i < out->ds.n_vars; i++) {
        const char *dim[AMA_MAX_DIMS];
        ama__variable *v = out->ds.var[i].var;
        const ama__variable *was = ama__named_find(x->ds.n_vars, x->ds.var, out->ds.var[i].name);
        int axis = ama__variable_axis(v, group->dim), k = 1;
        if (axis <= 0 || (was && ama__variable_axis(was, group->dim) >= 0)) continue;
        dim[0] = group->dim;
        for (int a = 0; a < v->ndim; a++)
            if (a != axis) dim[k++] = v->dim[a];
        AMA_TRY(ama__variable_arrange(g, v, v->ndim, dim, NULL, &out->ds.var[i].var));
    }
    return AMA_OK;
}

ama_status ama__group_arith(ama__graph *g, const ama__group *group, ama__op op, const ama__operand *other,
                            bool reversed, ama__object *out) {
    const ama__object *x;
    const int64_t *index;
    ama__object wide;
    if (group->resample)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "arithmetic with resampled data; groupby(\"%s.month\") and the "
                         "like can do it",
                         group->dim);
    if (other->kind != AMA_OPERAND_OBJECT)
        return ama__fail(
            g->ctx, AMA_ERR_ARG,
            "groups can be combined with a DataArray or Dataset that has dim \"%s\" only, not with a number",
            group->name);
    AMA_TRY(without_ungrouped(g, group, &x, &index));
    int64_t n = ama__dataset_dim_size(&x->ds, group->dim);
    AMA_TRY(spread(g, group, other->object, index, n, &wide));
    ama__operand in[2] = {ama__operand_object(reversed ? &wide : x), ama__operand_object(reversed ? x : &wide)};
    AMA_TRY(ama__object_map(g, op, 2, in, AMA_KEEP_DEFAULT, out));
    return x->is_dataset && out->is_dataset ? grouped_dim_first(g, group, x, out) : AMA_OK;
}
