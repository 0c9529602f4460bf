/* where and its relatives: operations made of a condition and a choice. */
#include <math.h>
#include <string.h>

#include "graph/operate.h"
#include "graph/select.h"

/* The type that has room for a missing value. */
static ama_dtype with_missing(ama_dtype t) {
    if (ama__dtype_is_float(t)) return t;
    return ama__dtype_bytes(t) <= 2 && t != AMA_BOOL ? AMA_F4 : AMA_F8;
}

/* in: x, cond and, unless values go missing, other. */
static ama_status run_where(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    ama__term x = in[0], other = n > 2 ? in[2] : ama__term_scalar(ama__operand_float(NAN));
    ama__variable *v;
    (void)user;
    if (n == 2 && x.var && !x.var->time && !ama__dtype_is_text(x.var->node->dtype)) {
        AMA_TRY(ama__variable_cast(g, x.var, with_missing(x.var->node->dtype), &v));
        x = ama__term_var(v);
    }
    return ama__terms_where(g, &x, &in[1], &other, out);
}

/* ---- drop=True */

/* For each dim of cond: which of its elements hold a True anywhere. */
static void any_along(const ama__node *cond, int axis, bool *any) {
    int64_t idx[AMA_MAX_DIMS] = {0}, size;
    ama__shape_size(cond->ndim, cond->shape, &size);
    for (int64_t i = 0; i < cond->shape[axis]; i++) any[i] = false;
    for (int64_t i = 0; i < size; i++) {
        if (ama__dtype_get_f8(cond->dtype, cond->u.constant.data, i) != 0) any[idx[axis]] = true;
        ama__index_next(cond->ndim, cond->shape, idx);
    }
}

static ama_status crop(ama__graph *g, const ama__evaluator *ev, ama__object *x, ama__object *cond) {
    ama__selector s[AMA_MAX_DIMS];
    ama__node *node;
    if (cond->is_dataset) return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "where(drop=True) with a Dataset as condition");
    ama__variable *v = ama__object_var(cond);
    AMA_TRY(ama__labels_eval_const(g, ev, v->node, "the condition of where(drop=True)", &node));
    for (int a = 0; a < v->ndim; a++) {
        bool *any;
        AMA_NEW(g->arena, any, node->shape[a] + 1);
        any_along(node, a, any);
        s[a] = (ama__selector){.dim = v->dim[a], .kind = AMA_SELECT_BOOLS, .n = node->shape[a], .mask = any};
    }
    int n = v->ndim, m = 0;
    AMA_TRY(ama__object_isel(g, cond, n, s, NULL, cond));
    for (int a = 0; a < n; a++)
        if (ama__dataset_dim_size(&x->ds, s[a].dim) >= 0) s[m++] = s[a];
    return ama__object_isel(g, x, m, s, NULL, x);
}

ama_status ama__object_where(ama__graph *g, const ama__object *x, const ama__where *w, ama__object *out) {
    ama__elementwise e = {
        .fn = run_where, .attrs = AMA_ATTRS_FIRST, .join = w->other ? AMA_JOIN_EXACT : AMA_JOIN_INNER};
    ama__operand in[3] = {ama__operand_object(x), w->cond};
    ama__object cut[2];
    if (w->cond.kind != AMA_OPERAND_OBJECT)
        return ama__fail(g->ctx, AMA_ERR_ARG, "where: the condition must be an array of bools, such as x > 0");
    if (w->drop) {
        const ama__object *both[2] = {x, w->cond.object};
        AMA_TRY(ama__align(g, 2, both, AMA_JOIN_INNER, cut));
        AMA_TRY(crop(g, w->eval, &cut[0], &cut[1]));
        in[0].object = &cut[0];
        in[1].object = &cut[1];
    }
    if (w->other) in[2] = *w->other;
    return ama__elementwise_run(g, &e, w->other ? 3 : 2, in, out);
}

/* ---- xr.where */

static ama_status run_where3(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    (void)user;
    return ama__terms_map(g, AMA_OP_WHERE, n, in, out);
}

/* Attributes, coordinates' too, are those of `a`, or none when it is a number. */
static ama_status attrs_of(ama__graph *g, const ama__object *a, ama__object *out) {
    for (int i = 0; i < out->ds.n_coords; i++) {
        ama__named *c = &out->ds.coord[i];
        const ama__variable *v = a ? ama__named_find(a->ds.n_coords, a->ds.coord, c->name) : NULL;
        AMA_TRY(ama__variable_copy(g, c->var, &c->var));
        c->var->attrs = v ? v->attrs : (ama__attrs){0};
    }
    if (out->is_dataset) out->ds.attrs = a && a->is_dataset ? a->ds.attrs : (ama__attrs){0};
    for (int i = 0; i < out->ds.n_vars; i++) {
        const ama__variable *v = NULL;
        if (a) v = a->is_dataset ? ama__named_find(a->ds.n_vars, a->ds.var, out->ds.var[i].name) : ama__object_var(a);
        out->ds.var[i].var->attrs = v ? v->attrs : (ama__attrs){0};
    }
    return AMA_OK;
}

ama_status ama__object_where3(ama__graph *g, const ama__operand *cond, const ama__operand *a, const ama__operand *b,
                              ama__keep_attrs keep, ama__object *out) {
    ama__elementwise e = {
        .fn = run_where3, .join = AMA_JOIN_EXACT, .attrs = keep == AMA_KEEP_NO ? AMA_ATTRS_NONE : AMA_ATTRS_FIRST};
    ama__operand in[3] = {*cond, *a, *b};
    AMA_TRY(ama__elementwise_run(g, &e, 3, in, out));
    return keep == AMA_KEEP_NO ? AMA_OK : attrs_of(g, a->kind == AMA_OPERAND_OBJECT ? a->object : NULL, out);
}

/* ---- missing values, limits, types */

static ama_status run_fillna(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    ama__variable *there;
    (void)user;
    (void)n;
    AMA_TRY(ama__terms_map(g, AMA_OP_NOTNULL, 1, in, &there));
    ama__term cond = ama__term_var(there);
    return ama__terms_where(g, &in[0], &cond, &in[1], out);
}

ama_status ama__object_fillna(ama__graph *g, const ama__object *x, const ama__operand *value, ama__object *out) {
    ama__elementwise e = {.fn = run_fillna, .join = AMA_JOIN_LEFT, .attrs = AMA_ATTRS_FIRST};
    ama__operand in[2] = {ama__operand_object(x), *value};
    return ama__elementwise_run(g, &e, 2, in, out);
}

static ama_status run_isnull(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    bool negate = *(const bool *)user;
    if (!ama__dtype_is_text(in[0].var->node->dtype))
        return ama__terms_map(g, negate ? AMA_OP_NOTNULL : AMA_OP_ISNULL, n, in, out);
    int64_t size; /* text is never missing */
    uint8_t *flag;
    ama__node *node = in[0].var->node;
    ama__shape_size(node->ndim, node->shape, &size);
    AMA_NEW(g->arena, flag, size + 1);
    memset(flag, negate, (size_t)size);
    AMA_TRY(ama__node_const(g, AMA_BOOL, node->ndim, node->shape, flag, false, &node));
    return ama__variable_new(g, in[0].var->dim, node, out);
}

ama_status ama__object_isnull(ama__graph *g, const ama__object *x, bool negate, ama__object *out) {
    ama__elementwise e = {.fn = run_isnull, .user = &negate, .attrs = AMA_ATTRS_FIRST};
    ama__operand in = ama__operand_object(x);
    return ama__elementwise_run(g, &e, 1, &in, out);
}

typedef struct limits {
    bool min, max;
} limits;

static ama_status run_clip(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    const limits *l = user;
    ama__term t[2] = {in[0], in[1]};
    if (l->min) {
        AMA_TRY(ama__terms_map(g, AMA_OP_MAXIMUM, 2, t, out));
        t[0] = ama__term_var(*out);
    }
    t[1] = in[n - 1];
    return l->max ? ama__terms_map(g, AMA_OP_MINIMUM, 2, t, out) : AMA_OK;
}

ama_status ama__object_clip(ama__graph *g, const ama__object *x, const ama__operand *min, const ama__operand *max,
                            ama__object *out) {
    limits l = {min != NULL, max != NULL};
    ama__elementwise e = {.fn = run_clip, .user = &l, .join = AMA_JOIN_EXACT, .attrs = AMA_ATTRS_FIRST};
    ama__operand in[3] = {ama__operand_object(x)};
    int n = 1;
    if (min) in[n++] = *min;
    if (max) in[n++] = *max;
    if (n == 1) return ama__fail(g->ctx, AMA_ERR_ARG, "clip needs min= or max=");
    return ama__elementwise_run(g, &e, n, in, out);
}

static ama_status run_astype(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    (void)n;
    if (in[0].var->time) return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "astype of times");
    return ama__variable_cast(g, in[0].var, *(const ama_dtype *)user, out);
}

ama_status ama__object_astype(ama__graph *g, const ama__object *x, ama_dtype t, ama__object *out) {
    ama__elementwise e = {.fn = run_astype, .user = &t, .attrs = AMA_ATTRS_FIRST};
    ama__operand in = ama__operand_object(x);
    return ama__elementwise_run(g, &e, 1, &in, out);
}

/* numpy's way: scale, round half to even, scale back. */
static ama_status run_round(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    int decimals = *(const int *)user;
    ama__operand power = ama__operand_float(pow(10, decimals < 0 ? -decimals : decimals));
    ama__term t[2] = {in[0], ama__term_scalar(power)};
    (void)n;
    if (!ama__dtype_is_float(in[0].var->node->dtype)) {
        if (decimals < 0) return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "round of integers to tens");
        return ama__variable_copy(g, in[0].var, out);
    }
    if (decimals == 0) return ama__terms_map(g, AMA_OP_RINT, 1, in, out);
    AMA_TRY(ama__terms_map(g, decimals > 0 ? AMA_OP_MUL : AMA_OP_DIV, 2, t, out));
    t[0] = ama__term_var(*out);
    AMA_TRY(ama__terms_map(g, AMA_OP_RINT, 1, t, out));
    t[0] = ama__term_var(*out);
    return ama__terms_map(g, decimals > 0 ? AMA_OP_DIV : AMA_OP_MUL, 2, t, out);
}

ama_status ama__object_round(ama__graph *g, const ama__object *x, int decimals, ama__object *out) {
    ama__elementwise e = {.fn = run_round, .user = &decimals, .attrs = AMA_ATTRS_AGREE};
    ama__operand in = ama__operand_object(x);
    return ama__elementwise_run(g, &e, 1, &in, out);
}

/* ---- membership */

#define ISIN_MAX 256

typedef struct members {
    int n;
    const ama__label *list;
} members;

static bool same_kind(const ama__variable *v, const ama__label *l) {
    if (l->kind == AMA_LABEL_TICK) return v->time && l->axis && ama__timeaxis_same(v->time, l->axis);
    return (l->kind == AMA_LABEL_TEXT) == (v->node->dtype == AMA_STRING) || (l->kind == AMA_LABEL_TEXT && v->time);
}

static ama_status member_term(ama__graph *g, const ama__label *l, ama__term *out) {
    ama__variable *v;
    switch (l->kind) {
    case AMA_LABEL_TEXT: *out = ama__term_scalar(ama__operand_text(l->text)); return AMA_OK;
    case AMA_LABEL_FLOAT: *out = ama__term_scalar(ama__operand_float(l->f8)); return AMA_OK;
    case AMA_LABEL_BOOL: *out = ama__term_scalar(ama__operand_bool(l->i8 != 0)); return AMA_OK;
    case AMA_LABEL_TICK:
        AMA_NEW(g->arena, v, 1);
        v->time = l->axis;
        *out = ama__term_var(v);
        return ama__node_scalar(g, AMA_I8, 0, l->i8, &v->node);
    default: *out = ama__term_scalar(ama__operand_int(l->i8)); return AMA_OK;
    }
}

static ama_status run_isin(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    const members *m = user;
    const ama__variable *x = in[0].var;
    ama__term t[2] = {in[0], in[0]}, either[2];
    ama__variable *v;
    (void)n;
    AMA_TRY(run_isnull(g, &(bool){false}, 1, in, out)); /* for an empty list, and to begin with: */
    either[1] = ama__term_scalar(ama__operand_bool(false));
    either[0] = ama__term_var(*out);
    AMA_TRY(ama__terms_map(g, AMA_OP_AND, 2, either, out));
    bool first = true;
    for (int i = 0; i < m->n; i++) {
        const ama__label *l = &m->list[i];
        if (!same_kind(x, l)) continue; /* equals nothing */
        AMA_TRY(member_term(g, l, &t[1]));
        AMA_TRY(ama__terms_map(g, AMA_OP_EQ, 2, t, &v));
        either[0] = ama__term_var(*out);
        either[1] = ama__term_var(v);
        if (first)
            *out = v;
        else
            AMA_TRY(ama__terms_map(g, AMA_OP_OR, 2, either, out));
        first = false;
    }
    return AMA_OK;
}

ama_status ama__object_isin(ama__graph *g, const ama__object *x, int n, const ama__label *list, ama__object *out) {
    members m = {n, list};
    ama__elementwise e = {.fn = run_isin, .user = &m, .attrs = AMA_ATTRS_FIRST};
    ama__operand in = ama__operand_object(x);
    if (n > ISIN_MAX) return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "isin with more than %d values", ISIN_MAX);
    return ama__elementwise_run(g, &e, 1, &in, out);
}
