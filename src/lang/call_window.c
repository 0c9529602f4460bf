/* rolling and coarsen; diff, shift, roll. */
#include <string.h>

#include "graph/shift.h"
#include "lang/builders.h"

static ama_status finish(ama__interp *ip, ama__call *c, const ama__object *o, ama__val *out) {
    return ama__val_object(ip->arena, c->self.kind, o, out);
}

/* {dim: whole number} of a dict and keywords. Errors of the graph point at the pair that names no dim or has a number
 * below `least`.
 */
static ama_status read_pairs(ama__interp *ip, ama__call *c, const ama__object *o, int64_t least, int *n,
                             const char ***dim, int64_t **number) {
    ama__arg *pairs;
    AMA_TRY(ama__call_pairs(ip, c, &c->arg[0], n, &pairs));
    AMA_NEW(ip->arena, *dim, *n + 1);
    AMA_NEW(ip->arena, *number, *n + 1);
    for (int i = 0; i < *n; i++) {
        (*dim)[i] = pairs[i].name;
        if (pairs[i].v.kind != AMA_VAL_INT) return ama__interp_type(ip, c, &pairs[i], "an int");
        (*number)[i] = pairs[i].v.u.i;
    }
    for (int i = 0; i < *n; i++) {
        if (ama__dataset_dim_size(&o->ds, pairs[i].name) >= 0 && (*number)[i] >= least) continue;
        c->blame = ama__select_blame(o, &pairs[i]);
        break;
    }
    return AMA_OK;
}

/* One value for all dims, or {dim: value}: that of a dim as an argument; absent where a dict has none. */
static ama__arg value_of(const ama__arg *a, const char *dim) {
    ama__arg one = *a;
    if (a->v.kind != AMA_VAL_DICT) return one;
    const ama__val *v = ama__val_get(&a->v, dim);
    one.v = v ? *v : ama__val_none();
    return one;
}

static ama_status keep_object(ama__interp *ip, const ama__handle *h, const ama__object **out) {
    AMA_KEEP(ip->arena, *out, ama__arena_memdup(ip->arena, &h->object, sizeof h->object));
    return AMA_OK;
}

/* ---- rolling */

ama_status ama__build_rolling(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *periods = ama__call_arg(c, "min_periods"), *center = ama__call_arg(c, "center");
    const char **dim;
    int64_t *width;
    bool *around;
    ama__rolling *r;
    AMA_NEW(ip->arena, r, 1);
    AMA_TRY(keep_object(ip, c->self.u.handle, &r->object));
    AMA_TRY(read_pairs(ip, c, r->object, 1, &r->n, &dim, &width));
    r->dim = dim;
    r->width = width;
    AMA_NEW(ip->arena, around, r->n + 1);
    for (int i = 0; i < r->n; i++) {
        const ama__arg one = value_of(center, dim[i]);
        if (ama__val_is_seq(&one.v)) return ama__interp_type(ip, c, center, "a bool or {dim: bool}");
        AMA_TRY(ama__arg_bool(ip, c, &one, &around[i]));
    }
    r->center = around;
    AMA_TRY(ama__arg_int(ip, c, periods, &r->min_periods));
    if (periods->v.kind == AMA_VAL_INT && r->min_periods < 1)
        return ama__interp_fail(ip, periods->at, AMA_ERR_ARG, "min_periods must be 1 or more, not %lld",
                                (long long)r->min_periods);
    AMA_TRY(ama__rolling_check(ip->g, r));
    *out = (ama__val){.kind = AMA_VAL_ROLLING, .u.rolling = r};
    return AMA_OK;
}

static ama_status read_op(ama__interp *ip, const ama__call *c, ama__red *op) {
    if (ama__reduction_parse(c->method->name, op)) return AMA_OK;
    return ama__fail(ip->ctx, AMA_ERR_INTERNAL, "no reduction '%s'", c->method->name);
}

ama_status ama__build_rolling_reduce(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *a = ama__call_arg(c, "ddof");
    ama__keep_attrs keep;
    ama__object o;
    ama__red op;
    int64_t ddof = 0;
    AMA_TRY(read_op(ip, c, &op));
    AMA_TRY(ama__arg_keep(ip, c, ama__call_arg(c, "keep_attrs"), &keep));
    AMA_TRY(ama__arg_int(ip, c, a, &ddof));
    if (ddof < 0 || ddof > 1000)
        return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "ddof must be 0 or more, not %lld", (long long)ddof);
    AMA_TRY(ama__rolling_reduce(ip->g, c->self.u.rolling, op, (int)ddof, keep, &o));
    return ama__val_object(ip->arena, o.is_dataset ? AMA_VAL_DATASET : AMA_VAL_ARRAY, &o, out);
}

/* ---- coarsen */

static ama_status read_boundary(ama__interp *ip, ama__call *c, const ama__arg *a, ama__boundary *out) {
    static const char *const names[] = {"exact", "trim", "pad"};
    const char *s;
    AMA_TRY(ama__arg_text(ip, c, a, &s));
    for (int i = 0; s && i < 3; i++)
        if (strcmp(s, names[i]) == 0) {
            *out = (ama__boundary)i;
            return AMA_OK;
        }
    return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "boundary must be 'exact', 'trim' or 'pad'%s%s%s",
                            s ? ", not '" : "", s ? s : "; a dict names every dim", s ? "'" : "");
}

static ama_status read_right(ama__interp *ip, ama__call *c, const ama__arg *a, bool *out) {
    const char *s;
    AMA_TRY(ama__arg_text(ip, c, a, &s));
    *out = s && strcmp(s, "right") == 0;
    if (*out || (s && strcmp(s, "left") == 0)) return AMA_OK;
    return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "side must be 'left' or 'right'%s%s%s", s ? ", not '" : "",
                            s ? s : "; a dict names every dim", s ? "'" : "");
}

static ama_status read_func(ama__interp *ip, ama__call *c, const ama__arg *a, ama__red *out) {
    const char *s;
    AMA_TRY(ama__arg_text(ip, c, a, &s));
    if (s && ama__reduction_parse(s, out) && *out != AMA_RED_FIRST && *out != AMA_RED_LAST) return AMA_OK;
    return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED,
                            "coord_func '%s'; 'mean', 'min', 'max', 'sum', 'count', 'std' and 'var' are supported",
                            s ? s : "None");
}

static ama_status read_funcs(ama__interp *ip, ama__call *c, const ama__arg *a, ama__coarsen *r) {
    const char **named;
    ama__red *func;
    r->dim_func = AMA_RED_MEAN;
    if (a->v.kind != AMA_VAL_DICT) return read_func(ip, c, a, &r->dim_func);
    r->n_funcs = a->v.u.items->n;
    AMA_NEW(ip->arena, named, r->n_funcs + 1);
    AMA_NEW(ip->arena, func, r->n_funcs + 1);
    for (int i = 0; i < r->n_funcs; i++) {
        ama__arg one = *a;
        const ama__val *key = &a->v.u.items->key[i];
        if (key->kind != AMA_VAL_STR) return ama__interp_type(ip, c, a, "a dict with names of coordinates as keys");
        one.v = a->v.u.items->at[i];
        named[i] = key->u.s;
        AMA_TRY(read_func(ip, c, &one, &func[i]));
    }
    r->named = named;
    r->func = func;
    return AMA_OK;
}

ama_status ama__build_coarsen(ama__interp *ip, ama__call *c, ama__val *out) {
    const char **dim;
    int64_t *width;
    ama__coarse_dim *d;
    ama__coarsen *r;
    AMA_NEW(ip->arena, r, 1);
    AMA_TRY(keep_object(ip, c->self.u.handle, &r->object));
    AMA_TRY(read_pairs(ip, c, r->object, 1, &r->n, &dim, &width));
    AMA_NEW(ip->arena, d, r->n + 1);
    for (int i = 0; i < r->n; i++) {
        const ama__arg boundary = value_of(ama__call_arg(c, "boundary"), dim[i]);
        const ama__arg side = value_of(ama__call_arg(c, "side"), dim[i]);
        d[i] = (ama__coarse_dim){.dim = dim[i], .width = width[i]};
        AMA_TRY(read_boundary(ip, c, &boundary, &d[i].boundary));
        AMA_TRY(read_right(ip, c, &side, &d[i].right));
    }
    r->dim = d;
    AMA_TRY(read_funcs(ip, c, ama__call_arg(c, "coord_func"), r));
    AMA_TRY(ama__coarsen_check(ip->g, r));
    *out = (ama__val){.kind = AMA_VAL_COARSEN, .u.coarsen = r};
    return AMA_OK;
}

ama_status ama__build_coarsen_reduce(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__keep_attrs keep;
    ama__skipna skipna;
    ama__object o;
    ama__red op;
    AMA_TRY(read_op(ip, c, &op));
    AMA_TRY(ama__arg_keep(ip, c, ama__call_arg(c, "keep_attrs"), &keep));
    AMA_TRY(ama__arg_skipna(ip, c, ama__call_arg(c, "skipna"), &skipna));
    AMA_TRY(ama__coarsen_reduce(ip->g, c->self.u.coarsen, op, skipna, keep, &o));
    return ama__val_object(ip->arena, o.is_dataset ? AMA_VAL_DATASET : AMA_VAL_ARRAY, &o, out);
}

/* ---- diff, shift, roll */

ama_status ama__build_diff(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *dim = ama__call_arg(c, "dim"), *n_arg = ama__call_arg(c, "n"), *label = ama__call_arg(c, "label");
    const char *name, *side;
    int64_t n = 1;
    ama__object o;
    AMA_TRY(ama__arg_text(ip, c, dim, &name));
    if (!name) return ama__interp_type(ip, c, dim, "the name of a dim (str)");
    AMA_TRY(ama__arg_int(ip, c, n_arg, &n));
    AMA_TRY(ama__arg_text(ip, c, label, &side));
    if (!side || (strcmp(side, "upper") != 0 && strcmp(side, "lower") != 0))
        return ama__interp_fail(ip, label->at, AMA_ERR_ARG, "label must be 'upper' or 'lower'%s%s%s",
                                side ? ", not '" : "", side ? side : "", side ? "'" : "");
    if (n < 0) return ama__interp_fail(ip, n_arg->at, AMA_ERR_ARG, "n must be 0 or more, not %lld", (long long)n);
    c->blame = dim->at;
    AMA_TRY(ama__object_diff(ip->g, &c->self.u.handle->object, name, n, side[0] == 'u', &o));
    return finish(ip, c, &o, out);
}

static ama_status read_fills(ama__interp *ip, ama__call *c, const ama__arg *a, ama__shift *s) {
    const char **filled;
    ama__operand *fills;
    AMA_NEW(ip->arena, fills, 1);
    if (!a->given) return AMA_OK;
    if (a->v.kind != AMA_VAL_DICT || c->self.kind != AMA_VAL_DATASET) {
        if (!ama__val_is_number(&a->v)) return ama__interp_type(ip, c, a, "a number");
        s->fill = fills;
        return ama__arg_operand(ip, c, a, fills);
    }
    s->n_fills = a->v.u.items->n;
    AMA_NEW(ip->arena, filled, s->n_fills + 1);
    AMA_NEW(ip->arena, fills, s->n_fills + 1);
    for (int i = 0; i < s->n_fills; i++) {
        const ama__val *key = &a->v.u.items->key[i], *v = &a->v.u.items->at[i];
        if (key->kind != AMA_VAL_STR || !ama__val_is_number(v))
            return ama__interp_type(ip, c, a, "a number, or a dict {variable: number}");
        filled[i] = key->u.s;
        AMA_TRY(ama__val_operand(ip, v, a->at, &fills[i]));
    }
    s->filled = filled;
    s->fills = fills;
    return AMA_OK;
}

ama_status ama__build_shift(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__object *in = &c->self.u.handle->object;
    const char **dim;
    int64_t *by = NULL;
    ama__shift s = {0};
    ama__object o;
    AMA_TRY(read_pairs(ip, c, in, INT64_MIN, &s.n, &dim, &by));
    s.dim = dim;
    s.by = by;
    AMA_TRY(read_fills(ip, c, ama__call_arg(c, "fill_value"), &s));
    AMA_TRY(ama__object_shift(ip->g, in, &s, &o));
    return finish(ip, c, &o, out);
}

ama_status ama__build_roll(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__object *in = &c->self.u.handle->object;
    const char **dim;
    int64_t *by = NULL;
    bool coords = false;
    ama__object o;
    int n;
    AMA_TRY(read_pairs(ip, c, in, INT64_MIN, &n, &dim, &by));
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "roll_coords"), &coords));
    AMA_TRY(ama__object_roll(ip->g, in, n, dim, by, coords, &o));
    return finish(ip, c, &o, out);
}
