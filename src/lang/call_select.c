/* sel, isel, head, tail, thin, sortby and [...]. */
#include <string.h>

#include "graph/sorting.h"
#include "lang/builders.h"

static ama_status bad_selector(ama__interp *ip, const char *dim, const ama__val *v, ama__span at) {
    return ama__interp_fail(ip, at, AMA_ERR_ARG, "dim '%s' cannot be indexed with a %s", dim, ama__val_type(v));
}

/* One end of a slice, or one label: arrays of one element in memory count as what they hold. */
static ama_status read_label(ama__interp *ip, const char *dim, const ama__val *v, ama__span at, ama__label *out) {
    ama__val now;
    if (v->kind == AMA_VAL_NONE || ama__val_label(v, out)) return AMA_OK;
    if (!ama__val_is_object(v) || v->u.handle->object.is_dataset) return bad_selector(ip, dim, v, at);
    AMA_TRY(ama__val_scalar(ip, &v->u.handle->object, at, &now));
    if (now.kind == AMA_VAL_NDARRAY) { /* a time */
        ama__variable *var = ama__object_var(&now.u.handle->object);
        ama__node *node;
        AMA_AT(ip, at, ama__labels_eval_const(ip->g, NULL, var->node, "a label", &node));
        AMA_TRY(ama__variable_copy(ip->g, var, &var));
        var->node = node;
        *out = ama__labels_get(var, 0);
        out->axis = var->time;
        return AMA_OK;
    }
    AMA_TRY(ama__val_scalar_now(ip, &now, at, "a label", &now));
    return ama__val_label(&now, out) ? AMA_OK : bad_selector(ip, dim, v, at);
}

static ama_status read_slice(ama__interp *ip, const ama__arg *a, ama__selector *s) {
    ama__label *part[3] = {&s->start, &s->stop, &s->step};
    s->kind = AMA_SELECT_SLICE;
    for (int i = 0; i < 3; i++) AMA_TRY(read_label(ip, a->name, &a->v.u.slice[i], a->at, part[i]));
    if (s->step.kind != AMA_LABEL_NONE && s->step.kind != AMA_LABEL_INT)
        return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "the step of a slice must be an int");
    return AMA_OK;
}

static ama_status read_list(ama__interp *ip, const ama__arg *a, ama__selector *s) {
    const ama__items *items = a->v.u.items;
    ama__label *list;
    bool *mask, bools = items->n > 0;
    for (int i = 0; i < items->n; i++) bools &= items->at[i].kind == AMA_VAL_BOOL;
    s->n = items->n;
    if (bools) {
        AMA_NEW(ip->arena, mask, items->n);
        for (int i = 0; i < items->n; i++) mask[i] = items->at[i].u.b;
        s->kind = AMA_SELECT_BOOLS;
        s->mask = mask;
        return AMA_OK;
    }
    AMA_NEW(ip->arena, list, items->n);
    for (int i = 0; i < items->n; i++) {
        if (items->at[i].kind == AMA_VAL_NONE) return bad_selector(ip, a->name, &items->at[i], a->at);
        AMA_TRY(read_label(ip, a->name, &items->at[i], a->at, &list[i]));
    }
    s->kind = AMA_SELECT_LIST;
    s->list = list;
    return AMA_OK;
}

/* A numpy array along a dim has that dim. */
static ama_status read_array(ama__interp *ip, const ama__arg *a, ama__selector *s) {
    const ama__variable *var;
    ama__variable *copy;
    ama__object *o;
    if (a->v.u.handle->object.is_dataset) return bad_selector(ip, a->name, &a->v, a->at);
    s->kind = AMA_SELECT_ARRAY;
    s->array = &a->v.u.handle->object;
    var = ama__object_var(s->array);
    if (a->v.kind == AMA_VAL_ARRAY || var->ndim != 1) return AMA_OK;
    AMA_TRY(ama__variable_copy(ip->g, var, &copy));
    copy->dim[0] = a->name;
    AMA_NEW(ip->arena, o, 1);
    s->array = o;
    return ama__object_from_array(ip->g, NULL, copy, 0, NULL, o);
}

static ama_status read_selector(ama__interp *ip, const ama__arg *a, ama__selector *s) {
    *s = (ama__selector){.dim = a->name, .kind = AMA_SELECT_SCALAR};
    if (ama__val_label(&a->v, &s->scalar)) return AMA_OK;
    if (a->v.kind == AMA_VAL_SLICE) return read_slice(ip, a, s);
    if (ama__val_is_seq(&a->v)) return read_list(ip, a, s);
    if (ama__val_is_object(&a->v)) return read_array(ip, a, s);
    return bad_selector(ip, a->name, &a->v, a->at);
}

static ama_status select_n(ama__interp *ip, const ama__object *o, bool by_label, int n, const ama__selector *s,
                           const ama__sel_options *options, ama__object *out) {
    return by_label ? ama__object_sel(ip->g, o, n, s, options, out) : ama__object_isel(ip->g, o, n, s, options, out);
}

ama__span ama__select_blame(const ama__object *o, const ama__arg *pair) {
    bool known = o->is_dataset ? ama__dataset_dim_size(&o->ds, pair->name) >= 0
                               : ama__variable_axis(ama__object_var(o), pair->name) >= 0;
    return known ? pair->at : pair->name_at;
}

ama_status ama__select(ama__interp *ip, const ama__object *o, bool by_label, int n, const ama__arg *pairs,
                       const ama__sel_options *options, ama__span at, ama__object *out) {
    ama__selector *s;
    AMA_NEW(ip->arena, s, n);
    for (int i = 0; i < n; i++) AMA_TRY(read_selector(ip, &pairs[i], &s[i]));
    ama_status status = select_n(ip, o, by_label, n, s, options, out);
    if (status == AMA_OK) return AMA_OK;
    ama_status class = ama__error_status(ip->ctx);
    if (class == AMA_ERR_NOMEM || class == AMA_ERR_BUDGET || class == AMA_ERR_PEER || n == 0)
        return ama__interp_at(ip, at, status);
    /* Which one was it? Each alone gives its own message. */
    for (int i = 0; i < n; i++) {
        ama__object one;
        ama__error_clear(ip->ctx);
        AMA_AT(ip, ama__select_blame(o, &pairs[i]), select_n(ip, o, by_label, 1, &s[i], options, &one));
    }
    return ama__interp_at(ip, at, select_n(ip, o, by_label, n, s, options, out));
}

ama_status ama__select_axes(ama__interp *ip, const ama__object *o, bool by_label, const ama__val *index, ama__span at,
                            ama__object *out) {
    const ama__val *item = index;
    ama__arg pairs[AMA_MAX_DIMS];
    int n_items = 1, n = 0, axis = 0, ellipses = 0;
    if (o->is_dataset)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "a Dataset is indexed with {dim: index}, not by position");
    const ama__variable *var = ama__object_var(o);
    if (index->kind == AMA_VAL_TUPLE) {
        item = index->u.items->at;
        n_items = index->u.items->n;
    }
    for (int i = 0; i < n_items; i++) ellipses += item[i].kind == AMA_VAL_ELLIPSIS;
    if (ellipses > 1) return ama__interp_fail(ip, at, AMA_ERR_ARG, "an index can have only one '...'");
    if (n_items - ellipses > var->ndim)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "too many indices: the array has %d dims", var->ndim);
    for (int i = 0; i < n_items; i++) {
        if (item[i].kind == AMA_VAL_ELLIPSIS) {
            axis += var->ndim - (n_items - 1);
            continue;
        }
        const ama__val *p = item[i].kind == AMA_VAL_SLICE ? item[i].u.slice : NULL;
        bool all = p && p[0].kind == AMA_VAL_NONE && p[1].kind == AMA_VAL_NONE && p[2].kind == AMA_VAL_NONE;
        if (!all) pairs[n++] = (ama__arg){.name = var->dim[axis], .v = item[i], .at = at, .name_at = at, .given = true};
        axis++;
    }
    if (n == 0) {
        *out = *o;
        return AMA_OK;
    }
    return ama__select(ip, o, by_label, n, pairs, NULL, at, out);
}

/* ---- methods */

static ama_status finish(ama__interp *ip, ama__call *c, const ama__object *o, ama__val *out) {
    return ama__val_object(ip->arena, c->self.kind, o, out);
}

static ama_status read_tolerance(ama__interp *ip, ama__call *c, ama__sel_options *o) {
    const ama__arg *a = ama__call_arg(c, "tolerance");
    if (a->v.kind == AMA_VAL_NONE) return AMA_OK;
    o->has_tolerance = true;
    if (a->v.kind == AMA_VAL_STR)
        o->tolerance_text = a->v.u.s;
    else if (ama__val_is_number(&a->v))
        o->tolerance = ama__val_f8(&a->v);
    else
        return ama__interp_type(ip, c, a, "a number, or a duration such as \"12h\"");
    return AMA_OK;
}

ama_status ama__build_sel(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *m = ama__call_arg(c, "method");
    ama__sel_options o = {0};
    ama__arg *pairs;
    ama__object r;
    const char *name;
    int n;
    AMA_TRY(ama__arg_text(ip, c, m, &name));
    AMA_AT(ip, m->at, ama__sel_method_parse(ip->ctx, name, &o.method));
    AMA_TRY(read_tolerance(ip, c, &o));
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "drop"), &o.drop));
    AMA_TRY(ama__call_pairs(ip, c, &c->arg[0], &n, &pairs));
    AMA_TRY(ama__select(ip, &c->self.u.handle->object, true, n, pairs, &o, c->blame, &r));
    return finish(ip, c, &r, out);
}

ama_status ama__build_isel(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *m = ama__call_arg(c, "missing_dims");
    ama__sel_options o = {0};
    ama__arg *pairs;
    ama__object r;
    const char *name;
    int n;
    AMA_TRY(ama__arg_text(ip, c, m, &name));
    if (name && strcmp(name, "ignore") == 0)
        o.missing_dims = AMA_MISSING_IGNORE;
    else if (name && strcmp(name, "warn") == 0)
        o.missing_dims = AMA_MISSING_WARN;
    else if (name && strcmp(name, "raise") != 0)
        return ama__interp_fail(ip, m->at, AMA_ERR_ARG, "missing_dims must be 'raise', 'warn' or 'ignore', not '%s'",
                                name);
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "drop"), &o.drop));
    AMA_TRY(ama__call_pairs(ip, c, &c->arg[0], &n, &pairs));
    AMA_TRY(ama__select(ip, &c->self.u.handle->object, false, n, pairs, &o, c->blame, &r));
    return finish(ip, c, &r, out);
}

ama_status ama__build_part(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *name = c->method->name;
    ama__part part = name[0] == 'h' ? AMA_PART_HEAD : name[1] == 'a' ? AMA_PART_TAIL : AMA_PART_THIN;
    const ama__arg *first = &c->arg[0];
    const char **dim = NULL;
    ama__arg *pairs;
    ama__object r;
    int64_t *count;
    int n;
    if (first->v.kind == AMA_VAL_INT || (first->v.kind == AMA_VAL_NONE && c->n_kwargs == 0)) {
        int64_t five = first->v.kind == AMA_VAL_INT ? first->v.u.i : 5;
        if (first->v.kind == AMA_VAL_NONE && part == AMA_PART_THIN)
            return ama__interp_fail(ip, c->blame, AMA_ERR_ARG, "thin() needs a step for each dim: thin(time=2)");
        AMA_TRY(ama__object_part(ip->g, &c->self.u.handle->object, part, 1, NULL, &five, &r));
        return finish(ip, c, &r, out);
    }
    AMA_TRY(ama__call_pairs(ip, c, first, &n, &pairs));
    AMA_NEW(ip->arena, dim, n);
    AMA_NEW(ip->arena, count, n);
    for (int i = 0; i < n; i++) {
        AMA_TRY(ama__arg_int(ip, c, &pairs[i], &count[i]));
        dim[i] = pairs[i].name;
        c->blame = ama__select_blame(&c->self.u.handle->object, &pairs[i]);
    }
    AMA_TRY(ama__object_part(ip->g, &c->self.u.handle->object, part, n, dim, count, &r));
    return finish(ip, c, &r, out);
}

static ama_status read_key(ama__interp *ip, ama__call *c, const ama__val *v, ama__object *out) {
    const ama__arg *a = &c->arg[0];
    ama__val named;
    if (v->kind == AMA_VAL_STR) {
        AMA_TRY(ama__make_lookup(ip, c->self.u.handle, v->u.s, a->at, &named));
        v = &named;
    }
    if (v->kind != AMA_VAL_ARRAY) return ama__interp_type(ip, c, a, "a name, a 1-D DataArray, or a list of those");
    *out = v->u.handle->object;
    return AMA_OK;
}

ama_status ama__build_sortby(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__val *v = &c->arg[0].v;
    bool ascending = true, list = v->kind == AMA_VAL_LIST;
    int n = list ? v->u.items->n : 1;
    ama__object *key, r;
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "ascending"), &ascending));
    AMA_NEW(ip->arena, key, n + 1);
    for (int i = 0; i < n; i++) AMA_TRY(read_key(ip, c, list ? &v->u.items->at[i] : v, &key[i]));
    c->blame = c->arg[0].at;
    AMA_TRY(ama__object_sortby(ip->g, &c->self.u.handle->object, n, key, ascending, &r));
    return finish(ip, c, &r, out);
}
