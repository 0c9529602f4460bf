/* interp, polyfit and their relatives. */
#include <string.h>

#include "graph/interpolate.h"
#include "graph/polyfit.h"
#include "lang/builders.h"

static ama_status finish(ama__interp *ip, ama__call *c, const ama__object *o, ama__val *out) {
    return ama__val_object(ip->arena, c->self.kind, o, out);
}

/* ---- interp */

static ama_status read_fill(ama__interp *ip, const ama__arg *a, const ama__val *v, ama__interpolate_options *o) {
    if (v->kind == AMA_VAL_NONE) return AMA_OK;
    if (v->kind == AMA_VAL_STR && strcmp(v->u.s, "extrapolate") == 0) {
        o->extrapolate = true;
        return AMA_OK;
    }
    const ama__val *ends[2] = {v, v};
    if (v->kind == AMA_VAL_TUPLE && v->u.items->n == 2) {
        ends[0] = &v->u.items->at[0];
        ends[1] = &v->u.items->at[1];
    }
    if (!ama__val_is_number(ends[0]) || !ama__val_is_number(ends[1]))
        return ama__interp_fail(ip, a->at, AMA_ERR_ARG,
                                "fill_value must be a number, two of them in a tuple, or 'extrapolate'");
    o->has_fill = true;
    o->fill_below = ama__val_f8(ends[0]);
    o->fill_above = ama__val_f8(ends[1]);
    return AMA_OK;
}

static ama_status read_options(ama__interp *ip, ama__call *c, ama__interpolate_options *o) {
    const ama__arg *method = ama__call_arg(c, "method"), *kwargs = ama__call_arg(c, "kwargs");
    const ama__arg *other = ama__call_arg(c, "method_non_numeric");
    const char *name;
    *o = (ama__interpolate_options){.method = AMA_INTERPOLATE_LINEAR};
    AMA_TRY(ama__arg_text(ip, c, method, &name));
    if (name) AMA_AT(ip, method->at, ama__interpolate_parse(ip->ctx, name, &o->method));
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "assume_sorted"), &o->assume_sorted));
    AMA_TRY(ama__arg_text(ip, c, other, &name)); /* only numbers are interpolated, so it means nothing */
    if (kwargs->v.kind == AMA_VAL_NONE) return AMA_OK;
    if (kwargs->v.kind != AMA_VAL_DICT) return ama__interp_type(ip, c, kwargs, "a dict");
    for (int i = 0; i < kwargs->v.u.items->n; i++) {
        const ama__val *key = &kwargs->v.u.items->key[i], *v = &kwargs->v.u.items->at[i];
        if (key->kind == AMA_VAL_STR && strcmp(key->u.s, "fill_value") == 0)
            AMA_TRY(read_fill(ip, kwargs, v, o));
        else if (key->kind != AMA_VAL_STR || strcmp(key->u.s, "bounds_error") != 0 || v->kind != AMA_VAL_BOOL || v->u.b)
            return ama__interp_fail(ip, kwargs->at, AMA_ERR_UNSUPPORTED,
                                    "%s(): of kwargs, {'fill_value': ...} and {'bounds_error': False} are supported",
                                    c->method->name);
    }
    return AMA_OK;
}

static ama_status read_target(ama__interp *ip, const ama__arg *a, ama__interpolate_target *t) {
    ama__handle *h;
    bool value = ama__val_is_number(&a->v) || a->v.kind == AMA_VAL_STR || a->v.kind == AMA_VAL_DATETIME ||
                 ama__val_is_seq(&a->v);
    if (!value && !ama__val_is_object(&a->v))
        return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "dim '%s' cannot be interpolated to a %s", a->name,
                                ama__val_type(&a->v));
    AMA_TRY(ama__val_ndarray(ip, &a->v, a->at, &h));
    *t = (ama__interpolate_target){.dim = a->name, .array = &h->object, .bare = a->v.kind != AMA_VAL_ARRAY};
    return AMA_OK;
}

ama_status ama__build_interp(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__object *self = &c->self.u.handle->object;
    ama__interpolate_options o;
    ama__interpolate_target *t;
    ama__arg *pairs;
    ama__object r;
    int n;
    AMA_TRY(read_options(ip, c, &o));
    AMA_TRY(ama__call_pairs(ip, c, &c->arg[0], &n, &pairs));
    AMA_NEW(ip->arena, t, n + 1);
    for (int i = 0; i < n; i++) {
        AMA_TRY(read_target(ip, &pairs[i], &t[i]));
        ama__object one; /* each alone, so that the error stands where it belongs */
        if (n > 1) AMA_AT(ip, ama__select_blame(self, &pairs[i]), ama__object_interp(ip->g, self, 1, &t[i], &o, &one));
    }
    if (n > 0) c->blame = ama__select_blame(self, &pairs[n - 1]);
    AMA_TRY(ama__object_interp(ip->g, self, n, t, &o, &r));
    return finish(ip, c, &r, out);
}

ama_status ama__build_interp_like(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *other = &c->arg[0];
    ama__interpolate_options o;
    ama__object r;
    if (other->v.kind != AMA_VAL_ARRAY && other->v.kind != AMA_VAL_DATASET)
        return ama__interp_type(ip, c, other, "a DataArray or Dataset");
    AMA_TRY(read_options(ip, c, &o));
    c->blame = other->at;
    AMA_TRY(ama__object_interp_like(ip->g, &c->self.u.handle->object, &other->v.u.handle->object, &o, &r));
    return finish(ip, c, &r, out);
}

/* ---- polynomials */

ama_status ama__build_polyfit(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"w", "rcond", NULL}, *const flags[] = {"full", "cov"};
    const ama__arg *deg = ama__call_arg(c, "deg");
    ama__polyfit_options o = {0};
    ama__object r;
    int64_t n = 0;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    for (int i = 0; i < 2; i++) {
        const ama__arg *a = ama__call_arg(c, flags[i]);
        if (a->v.kind != AMA_VAL_NONE && !(a->v.kind == AMA_VAL_BOOL && !a->v.u.b))
            return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED,
                                    "polyfit(): '%s' is not supported yet; the coefficients alone are", flags[i]);
    }
    AMA_TRY(ama__arg_text(ip, c, &c->arg[0], &o.dim));
    if (!o.dim) return ama__interp_type(ip, c, &c->arg[0], "the name of a dim");
    if (deg->v.kind == AMA_VAL_NONE) return ama__interp_type(ip, c, deg, "an int");
    AMA_TRY(ama__arg_int(ip, c, deg, &n));
    o.deg = n < 0 ? -1 : n > 1000 ? 1000 : (int)n;
    AMA_TRY(ama__arg_skipna(ip, c, ama__call_arg(c, "skipna"), &o.skipna));
    c->blame = ama__dataset_dim_size(&c->self.u.handle->object.ds, o.dim) >= 0 ? deg->at : c->arg[0].at;
    AMA_TRY(ama__object_polyfit(ip->g, &c->self.u.handle->object, &o, &r));
    return ama__val_object(ip->arena, AMA_VAL_DATASET, &r, out);
}

ama_status ama__build_polyval(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *coord = &c->arg[0], *coeffs = &c->arg[1];
    const char *dim;
    ama__object r;
    for (int i = 0; i < 2; i++)
        if (c->arg[i].v.kind != AMA_VAL_ARRAY && c->arg[i].v.kind != AMA_VAL_DATASET)
            return ama__interp_type(ip, c, &c->arg[i], "a DataArray or Dataset");
    AMA_TRY(ama__arg_text(ip, c, &c->arg[2], &dim));
    c->blame = coeffs->at;
    AMA_TRY(
        ama__object_polyval(ip->g, &coord->v.u.handle->object, &coeffs->v.u.handle->object, dim ? dim : "degree", &r));
    return ama__val_object(ip->arena, r.is_dataset ? AMA_VAL_DATASET : AMA_VAL_ARRAY, &r, out);
}
