/* Elementwise methods and numpy's functions. */
#include <string.h>

#include "lang/builders.h"

static ama_status object_of(ama__interp *ip, const ama__call *c, const ama__object *o, ama__val *out) {
    return ama__val_object(ip->arena, c->self.kind, o, out);
}

ama_status ama__build_where(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *cond = &c->arg[0], *other = &c->arg[1];
    ama__where w = {0};
    ama__operand value;
    ama__object o;
    if (!ama__val_is_object(&cond->v)) return ama__interp_type(ip, c, cond, "a DataArray or Dataset of bools");
    if (cond->v.kind == AMA_VAL_DATASET && c->self.kind == AMA_VAL_ARRAY)
        return ama__interp_type(ip, c, cond, "a DataArray of bools");
    AMA_TRY(ama__arg_operand(ip, c, cond, &w.cond));
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "drop"), &w.drop));
    if (other->given && other->v.kind != AMA_VAL_NONE) {
        AMA_TRY(ama__arg_operand(ip, c, other, &value));
        w.other = &value;
    }
    c->blame = cond->at;
    AMA_TRY(ama__object_where(ip->g, &c->self.u.handle->object, &w, &o));
    return object_of(ip, c, &o, out);
}

static ama__val_kind widest(int n, const ama__arg *a) {
    static const ama__val_kind order[] = {AMA_VAL_DATASET, AMA_VAL_ARRAY, AMA_VAL_NDARRAY};
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
        for (int i = 0; i < n; i++)
            if (a[i].v.kind == order[k]) return order[k];
    return AMA_VAL_NUMBER;
}

/* numpy matches axes by position, the graph dims by name: the same only where all arrays have the same dims. */
static ama_status check_same_dims(ama__interp *ip, ama__call *c) {
    const ama__variable *first = NULL;
    for (int i = 0; i < c->n; i++) {
        const ama__val *v = &c->arg[i].v;
        if (v->kind != AMA_VAL_ARRAY && v->kind != AMA_VAL_NDARRAY) continue;
        const ama__variable *var = ama__object_var(&v->u.handle->object);
        if (var->ndim == 0) continue;
        if (!first) first = var;
        bool same = var->ndim == first->ndim;
        for (int a = 0; same && a < var->ndim; a++) same = strcmp(var->dim[a], first->dim[a]) == 0;
        if (!same)
            return ama__interp_fail(ip, c->arg[i].at, AMA_ERR_UNSUPPORTED,
                                    "np.%s of arrays with different dims is not supported; use xr.where",
                                    c->method->name);
    }
    return AMA_OK;
}

/* xr.where(cond, x, y) and np.where, whose result is a bare array. */
ama_status ama__build_where3(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__operand in[3];
    ama__keep_attrs keep;
    ama__object o;
    ama__val_kind kind = widest(3, c->arg);
    if (!ama__val_is_object(&c->arg[0].v)) return ama__interp_type(ip, c, &c->arg[0], "a DataArray of bools");
    if (c->method->on == AMA_ON_NUMPY) AMA_TRY(check_same_dims(ip, c));
    for (int i = 0; i < 3; i++) AMA_TRY(ama__arg_operand(ip, c, &c->arg[i], &in[i]));
    AMA_TRY(ama__arg_keep(ip, c, ama__call_arg(c, "keep_attrs"), &keep));
    AMA_TRY(ama__object_where3(ip->g, &in[0], &in[1], &in[2], keep, &o));
    if (c->method->on == AMA_ON_NUMPY && kind != AMA_VAL_DATASET) {
        ama__handle *h;
        AMA_TRY(ama__val_bare(ip, ama__object_var(&o)->node, NULL, &h));
        *out = (ama__val){.kind = AMA_VAL_NDARRAY, .u.handle = h};
        return AMA_OK;
    }
    return ama__val_object(ip->arena, kind, &o, out);
}

ama_status ama__build_fillna(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__operand value;
    ama__object o;
    if (c->arg[0].v.kind == AMA_VAL_DICT)
        return ama__interp_fail(ip, c->arg[0].at, AMA_ERR_UNSUPPORTED,
                                "fillna() with a value for each variable is not supported yet");
    AMA_TRY(ama__arg_operand(ip, c, &c->arg[0], &value));
    c->blame = c->arg[0].at;
    AMA_TRY(ama__object_fillna(ip->g, &c->self.u.handle->object, &value, &o));
    return object_of(ip, c, &o, out);
}

ama_status ama__build_isnull(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__object o;
    AMA_TRY(ama__object_isnull(ip->g, &c->self.u.handle->object, c->method->name[0] == 'n', &o));
    return object_of(ip, c, &o, out);
}

static ama_status clip(ama__interp *ip, ama__call *c, const ama__object *x, const ama__arg *bounds, ama__object *out) {
    ama__operand in[2], *given[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        if (bounds[i].v.kind == AMA_VAL_NONE) continue;
        AMA_TRY(ama__arg_operand(ip, c, &bounds[i], &in[i]));
        given[i] = &in[i];
    }
    return ama__object_clip(ip->g, x, given[0], given[1], out);
}

ama_status ama__build_clip(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__object o;
    AMA_TRY(clip(ip, c, &c->self.u.handle->object, c->arg, &o));
    return object_of(ip, c, &o, out);
}

ama_status ama__build_numpy_clip(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__object o;
    if (!ama__val_is_object(&c->arg[0].v)) return ama__interp_type(ip, c, &c->arg[0], "an array");
    AMA_TRY(clip(ip, c, &c->arg[0].v.u.handle->object, c->arg + 1, &o));
    return ama__val_object(ip->arena, c->arg[0].v.kind, &o, out);
}

ama_status ama__build_astype(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"order", "casting", "subok", NULL};
    ama__object o;
    ama_dtype t;
    bool keep = true;
    ama__attrs none = {0};
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(ama__arg_dtype(ip, c, &c->arg[0], &t));
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "keep_attrs"), &keep));
    AMA_TRY(ama__object_astype(ip->g, &c->self.u.handle->object, t, &o));
    if (!keep) AMA_TRY(ama__graph_set_attrs(ip->g, &o, true, &none, &o));
    return object_of(ip, c, &o, out);
}

ama_status ama__build_isin(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *a = &c->arg[0];
    ama__val list = a->v;
    ama__label *labels;
    ama__object o;
    if (ama__val_is_object(&a->v)) AMA_TRY(ama__val_tolist(ip, &a->v, a->at, &list));
    if (!ama__val_is_seq(&list)) return ama__interp_type(ip, c, a, "a list of values");
    AMA_NEW(ip->arena, labels, list.u.items->n);
    for (int i = 0; i < list.u.items->n; i++) {
        ama__val v;
        AMA_TRY(ama__val_scalar_now(ip, &list.u.items->at[i], a->at, "a value to look for", &v));
        if (!ama__val_label(&v, &labels[i])) return ama__interp_type(ip, c, a, "a flat list of values");
    }
    AMA_TRY(ama__object_isin(ip->g, &c->self.u.handle->object, list.u.items->n, labels, &o));
    return object_of(ip, c, &o, out);
}

static ama_status round_to(ama__interp *ip, const ama__call *c, const ama__arg *x, const ama__arg *decimals,
                           ama__val *out) {
    int64_t n = 0;
    ama__object o;
    AMA_TRY(ama__arg_int(ip, c, decimals, &n));
    if (n < -300 || n > 300)
        return ama__interp_fail(ip, decimals->at, AMA_ERR_ARG, "decimals must be between -300 and 300");
    AMA_TRY(ama__object_round(ip->g, &x->v.u.handle->object, (int)n, &o));
    return ama__val_object(ip->arena, x->v.kind, &o, out);
}

ama_status ama__build_round(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__arg self = {.name = "self", .v = c->self, .at = c->blame};
    return round_to(ip, c, &self, &c->arg[0], out);
}

ama_status ama__build_numpy_round(ama__interp *ip, ama__call *c, ama__val *out) {
    if (!ama__val_is_object(&c->arg[0].v)) return ama__build_round_number(ip, c, out);
    return round_to(ip, c, &c->arg[0], &c->arg[1], out);
}

/* Functions of plain numbers: as of an array of one element. */
static ama_status plain_map(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__operand in[3];
    ama__handle *h;
    ama__object o;
    for (int i = 0; i < c->n; i++) {
        if (c->arg[i].v.kind == AMA_VAL_DATETIME) return ama__interp_type(ip, c, &c->arg[i], "a number or an array");
        AMA_TRY(ama__val_ndarray(ip, &c->arg[i].v, c->arg[i].at, &h));
        in[i] = ama__operand_object(&h->object);
    }
    AMA_TRY(ama__object_function(ip->g, c->method->name, c->n, in, &o));
    if (ama__object_var(&o)->ndim > 0) return ama__val_object(ip->arena, AMA_VAL_NDARRAY, &o, out);
    AMA_TRY(ama__val_scalar(ip, &o, c->blame, out));
    if (ama__val_is_number(out)) out->numpy = (uint8_t)(ama__object_var(&o)->node->dtype + 1);
    return AMA_OK;
}

ama_status ama__build_numpy_map(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__val_kind kind = widest(c->n, c->arg);
    ama__operand in[3];
    ama__object o;
    bool objects = false;
    for (int i = 0; i < c->n; i++) objects |= ama__val_is_object(&c->arg[i].v);
    if (!objects) return plain_map(ip, c, out);
    for (int i = 0; i < c->n; i++) AMA_TRY(ama__arg_operand(ip, c, &c->arg[i], &in[i]));
    AMA_TRY(ama__object_function(ip->g, c->method->name, c->n, in, &o));
    if (kind == AMA_VAL_NUMBER) return ama__val_scalar(ip, &o, c->blame, out);
    return ama__val_object(ip->arena, kind, &o, out);
}
