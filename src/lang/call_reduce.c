/* Reductions of arrays, groups and weighted arrays; making groups and weights. */
#include <string.h>

#include "lang/builders.h"

static ama_status read_reduction(ama__interp *ip, ama__call *c, ama__reduction *r) {
    const ama__arg *dim = ama__call_arg(c, "dim");
    int64_t ddof = 0;
    *r = (ama__reduction){0};
    if (!ama__reduction_parse(c->method->name, &r->op))
        return ama__fail(ip->ctx, AMA_ERR_INTERNAL, "no reduction '%s'", c->method->name);
    AMA_TRY(ama__arg_dims(ip, c, dim, &r->dims));
    AMA_TRY(ama__arg_skipna(ip, c, ama__call_arg(c, "skipna"), &r->skipna));
    AMA_TRY(ama__arg_keep(ip, c, ama__call_arg(c, "keep_attrs"), &r->keep_attrs));
    AMA_TRY(ama__arg_int(ip, c, ama__call_arg(c, "min_count"), &r->min_count));
    AMA_TRY(ama__arg_int(ip, c, ama__call_arg(c, "ddof"), &ddof));
    if (ddof < 0 || ddof > 1000)
        return ama__interp_fail(ip, ama__call_arg(c, "ddof")->at, AMA_ERR_ARG, "ddof must be 0 or more, not %lld",
                                (long long)ddof);
    r->ddof = (int)ddof;
    if (dim->given) c->blame = dim->at;
    return AMA_OK;
}

/* q: a number, or a list or 1-D array of numbers. */
static ama_status read_q(ama__interp *ip, ama__call *c, ama__quantiles *out) {
    const ama__arg *a = &c->arg[0];
    ama__val v = a->v;
    double *q;
    if (v.kind == AMA_VAL_ARRAY || v.kind == AMA_VAL_NDARRAY || v.kind == AMA_VAL_NUMBER)
        AMA_TRY(ama__val_tolist(ip, &a->v, a->at, &v));
    out->scalar = ama__val_is_number(&v);
    if (!out->scalar && !ama__val_is_seq(&v)) return ama__interp_type(ip, c, a, "a number or a list of numbers");
    out->n = out->scalar ? 1 : v.u.items->n;
    AMA_NEW(ip->arena, q, out->n + 1);
    for (int64_t i = 0; i < out->n; i++) {
        const ama__val *x = out->scalar ? &v : &v.u.items->at[i];
        if (!ama__val_is_number(x)) return ama__interp_type(ip, c, a, "a number or a list of numbers");
        q[i] = ama__val_f8(x);
        if (!(q[i] >= 0 && q[i] <= 1))
            return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "quantiles must be in the range [0, 1], not %g", q[i]);
    }
    out->q = q;
    return out->n > 0 ? AMA_OK : ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED, "quantile() of an empty list of q");
}

static ama_status read_quantile(ama__interp *ip, ama__call *c, ama__reduction *r) {
    static const char *const refused[] = {"interpolation", NULL};
    const ama__arg *method = ama__call_arg(c, "method");
    const char *name;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(read_reduction(ip, c, r));
    AMA_TRY(read_q(ip, c, &r->quantiles));
    AMA_TRY(ama__arg_text(ip, c, method, &name));
    if (!name) return ama__interp_type(ip, c, method, "a str");
    AMA_AT(ip, method->at, ama__quantile_parse(ip->ctx, name, &r->quantiles.method));
    return ama__arg_bool(ip, c, ama__call_arg(c, "numeric_only"), &r->quantiles.numeric_only);
}

ama_status ama__build_quantile(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__reduction r;
    ama__object o;
    AMA_TRY(read_quantile(ip, c, &r));
    AMA_TRY(ama__object_reduce(ip->g, &c->self.u.handle->object, &r, &o));
    return ama__val_object(ip->arena, c->self.kind, &o, out);
}

ama_status ama__build_group_quantile(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__reduction r;
    ama__object o;
    AMA_TRY(read_quantile(ip, c, &r));
    AMA_TRY(ama__group_reduce(ip->g, c->self.u.group, &r, &o));
    return ama__val_object(ip->arena, o.is_dataset ? AMA_VAL_DATASET : AMA_VAL_ARRAY, &o, out);
}

ama_status ama__build_reduce(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__reduction r;
    ama__object o;
    AMA_TRY(read_reduction(ip, c, &r));
    AMA_TRY(ama__object_reduce(ip->g, &c->self.u.handle->object, &r, &o));
    return ama__val_object(ip->arena, c->self.kind, &o, out);
}

/* x.values.mean(), .mean(axis=0): numpy's, so NaN is not skipped. */
ama_status ama__build_ndarray_reduce(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__object *in = &c->self.u.handle->object;
    const ama__variable *v = ama__object_var(in);
    const ama__arg *axis = &c->arg[0];
    ama__reduction r = {.skipna = AMA_SKIPNA_NO};
    ama__object o;
    int64_t a = 0;
    if (!ama__reduction_parse(c->method->name, &r.op))
        return ama__fail(ip->ctx, AMA_ERR_INTERNAL, "no reduction '%s'", c->method->name);
    if (axis->v.kind != AMA_VAL_NONE) {
        AMA_TRY(ama__arg_int(ip, c, axis, &a));
        if (a < 0) a += v->ndim;
        if (a < 0 || a >= v->ndim)
            return ama__interp_fail(ip, axis->at, AMA_ERR_ARG, "axis is out of range: the array has %d dims", v->ndim);
        r.dims = (ama__dims){AMA_DIMS_LIST, 1, &v->dim[a]};
    }
    AMA_TRY(ama__object_reduce(ip->g, in, &r, &o));
    return ama__val_object(ip->arena, AMA_VAL_NDARRAY, &o, out);
}

ama_status ama__build_group_reduce(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__reduction r;
    ama__object o;
    AMA_TRY(read_reduction(ip, c, &r));
    AMA_TRY(ama__group_reduce(ip->g, c->self.u.group, &r, &o));
    return ama__val_object(ip->arena, o.is_dataset ? AMA_VAL_DATASET : AMA_VAL_ARRAY, &o, out);
}

ama_status ama__build_weighted_reduce(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__weighted_reduction r = {0};
    ama__object o;
    if (!ama__weighted_parse(c->method->name, &r.op))
        return ama__fail(ip->ctx, AMA_ERR_INTERNAL, "no weighted reduction '%s'", c->method->name);
    AMA_TRY(ama__arg_dims(ip, c, &c->arg[0], &r.dims));
    AMA_TRY(ama__arg_skipna(ip, c, ama__call_arg(c, "skipna"), &r.skipna));
    AMA_TRY(ama__arg_keep(ip, c, ama__call_arg(c, "keep_attrs"), &r.keep_attrs));
    if (c->arg[0].given) c->blame = c->arg[0].at;
    AMA_TRY(ama__weighted_reduce(ip->g, c->self.u.weighted, &r, &o));
    return ama__val_object(ip->arena, o.is_dataset ? AMA_VAL_DATASET : AMA_VAL_ARRAY, &o, out);
}

/* ---- groups and weights: they keep what the object was when they were made */

static ama_status keep_object(ama__interp *ip, const ama__handle *h, const ama__object **out) {
    AMA_KEEP(ip->arena, *out, ama__arena_memdup(ip->arena, &h->object, sizeof h->object));
    return AMA_OK;
}

ama_status ama__build_groupby(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *key = &c->arg[0];
    const ama__object *o;
    ama__group *group;
    bool squeeze = false;
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "squeeze"), &squeeze));
    if (squeeze)
        return ama__interp_fail(ip, ama__call_arg(c, "squeeze")->at, AMA_ERR_UNSUPPORTED,
                                "squeeze=True is not supported, in xarray no more");
    AMA_TRY(keep_object(ip, c->self.u.handle, &o));
    c->blame = key->at;
    if (key->v.kind == AMA_VAL_STR)
        AMA_TRY(ama__group_by_name(ip->g, o, key->v.u.s, NULL, &group));
    else if (key->v.kind == AMA_VAL_ARRAY)
        AMA_TRY(ama__group_by_array(ip->g, o, &key->v.u.handle->object, NULL, &group));
    else if (ama__val_is_seq(&key->v) || key->v.kind == AMA_VAL_DICT)
        return ama__interp_fail(ip, key->at, AMA_ERR_UNSUPPORTED, "groupby of several keys is not supported yet");
    else
        return ama__interp_type(ip, c, key, "a name such as \"time.month\" or a DataArray");
    *out = (ama__val){.kind = AMA_VAL_GROUPBY, .u.group = group};
    return AMA_OK;
}

static ama_status read_side(ama__interp *ip, ama__call *c, const char *name, ama__side *out) {
    const ama__arg *a = ama__call_arg(c, name);
    const char *s;
    AMA_TRY(ama__arg_text(ip, c, a, &s));
    if (!s) return AMA_OK;
    if (strcmp(s, "left") == 0)
        *out = AMA_SIDE_LEFT;
    else if (strcmp(s, "right") == 0)
        *out = AMA_SIDE_RIGHT;
    else
        return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "%s must be 'left' or 'right', not '%s'", name, s);
    return AMA_OK;
}

ama_status ama__build_resample(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"skipna", "restore_coord_dims", NULL};
    ama__resample r = {0};
    ama__group *group;
    const ama__object *o;
    ama__arg *pairs;
    int n;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(ama__call_pairs(ip, c, &c->arg[0], &n, &pairs));
    if (n != 1) return ama__interp_fail(ip, c->blame, AMA_ERR_ARG, "resample() takes one dim: resample(time=\"MS\")");
    AMA_TRY(ama__arg_text(ip, c, &pairs[0], &r.freq));
    if (!r.freq) return ama__interp_type(ip, c, &pairs[0], "a frequency such as \"MS\"");
    AMA_TRY(read_side(ip, c, "closed", &r.closed));
    AMA_TRY(read_side(ip, c, "label", &r.label));
    AMA_TRY(ama__arg_text(ip, c, ama__call_arg(c, "origin"), &r.origin));
    AMA_TRY(ama__arg_text(ip, c, ama__call_arg(c, "offset"), &r.offset));
    AMA_TRY(keep_object(ip, c->self.u.handle, &o));
    c->blame = ama__select_blame(o, &pairs[0]);
    AMA_TRY(ama__group_resample(ip->g, o, pairs[0].name, &r, &group));
    *out = (ama__val){.kind = AMA_VAL_RESAMPLE, .u.group = group};
    return AMA_OK;
}

ama_status ama__build_weighted(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *a = &c->arg[0];
    ama__weighted *w;
    if (a->v.kind != AMA_VAL_ARRAY) return ama__interp_type(ip, c, a, "a DataArray");
    AMA_NEW(ip->arena, w, 1);
    AMA_TRY(keep_object(ip, c->self.u.handle, &w->object));
    AMA_TRY(keep_object(ip, a->v.u.handle, &w->weights));
    c->blame = a->at;
    AMA_TRY(ama__weighted_check(ip->g, w));
    *out = (ama__val){.kind = AMA_VAL_WEIGHTED, .u.weighted = w};
    return AMA_OK;
}
