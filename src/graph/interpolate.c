#include "graph/interpolate.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "graph/operate.h"

ama_status ama__interpolate_parse(ama_ctx *ctx, const char *name, ama__interpolate_method *out) {
    static const char *const names[] = {"linear", "nearest",    "slinear",     "zero",   "quadratic",
                                        "cubic",  "polynomial", "barycentric", "krogh",  "krog",
                                        "pchip",  "spline",     "akima",       "makima", "quintic"};
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++) {
        if (strcmp(name, names[i]) != 0) continue;
        *out = i == 1 ? AMA_INTERPOLATE_NEAREST : AMA_INTERPOLATE_LINEAR;
        if (i < 2) return AMA_OK;
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED,
                         "interp: method \"%s\" is not supported; there are \"linear\" and "
                         "\"nearest\"",
                         name);
    }
    const char *near = ama__text_nearest(name, names, 2);
    return ama__fail(ctx, AMA_ERR_ARG, "interp: method \"%s\" is not known; %s%s%s", name,
                     near ? "did you mean \"" : "there are \"linear\" and \"nearest", near ? near : "",
                     near ? "\"?" : "\"");
}

/* ---- targets */

/* One dim to interpolate along: what is there and what is wanted. */
typedef struct step {
    const char *dim;
    const ama__variable *index; /* NULL: no labels */
    ama__variable *target;      /* the new coordinate, in memory */
    const ama__object *array;   /* whose coordinates join; NULL: none */
    ama__interpolate_axis axis;
} step;

static ama_status ticks_of_texts(ama__graph *g, const char *dim, const ama__variable *index, ama__variable *v) {
    int64_t n, *tick;
    const char *const *text = v->node->u.constant.data;
    ama__shape_size(v->node->ndim, v->node->shape, &n);
    AMA_NEW(g->arena, tick, n + 1);
    for (int64_t i = 0; i < n; i++) {
        ama__time_span span;
        size_t digits = strspn(text[i], "0123456789");
        if (digits > 4)
            return ama__fail(g->ctx, AMA_ERR_ARG, "interp: the date \"%s\" along dim \"%s\" must look like 2000-01-31",
                             text[i], dim);
        AMA_TRY(ama__time_parse_span(g->ctx, index->time, index->node->shape[0], index->node->u.constant.data, text[i],
                                     &span));
        tick[i] = span.lo;
    }
    v->time = index->time;
    return ama__node_const(g, AMA_I8, v->node->ndim, v->node->shape, tick, false, &v->node);
}

static ama_status check_kind(ama__graph *g, const step *s) {
    const ama__variable *x = s->index, *t = s->target;
    const char *have = "numbers";
    if (x && x->time) have = "times";
    if (x && (ama__dtype_is_text(x->node->dtype) || x->node->dtype == AMA_BOOL))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "interp: the labels of dim \"%s\" are no numbers or times",
                         s->dim);
    bool number = !t->time && !ama__dtype_is_text(t->node->dtype) && t->node->dtype != AMA_BOOL;
    if (x && x->time ? t->time && ama__timeaxis_same(t->time, x->time) : number) return AMA_OK;
    return ama__fail(g->ctx, AMA_ERR_ARG, "interp: dim \"%s\" has %s, so its targets must be %s%s", s->dim, have, have,
                     x && x->time ? " of the same calendar or dates such as \"2000-01-31\"" : "");
}

static ama_status read_target(ama__graph *g, const ama__object *in, const ama__interpolate_target *t, step *s) {
    *s = (step){.dim = t->dim, .index = ama__coords_index(in->ds.n_coords, in->ds.coord, t->dim)};
    AMA_TRY(ama__object_check_dim(g, in, "interp", t->dim));
    if (t->array->is_dataset) return ama__fail(g->ctx, AMA_ERR_ARG, "interp: the targets of a dim cannot be a Dataset");
    const ama__variable *v = ama__object_var(t->array);
    if (v->ndim > 1)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "interp: targets of %d dims along dim \"%s\"; numbers or one-dimensional targets for each dim "
                         "are supported",
                         v->ndim, t->dim);
    AMA_TRY(ama__variable_copy(g, v, &s->target));
    AMA_TRY(ama__labels_eval_const(g, NULL, v->node, "the targets of interp", &s->target->node));
    if (t->bare) {
        ama__variable *old = ama__named_find(in->ds.n_coords, in->ds.coord, t->dim);
        s->target->attrs = old ? old->attrs : (ama__attrs){0};
        s->target->encoding = (ama__encoding){0};
        if (v->ndim == 1) s->target->dim[0] = t->dim;
    } else {
        s->array = t->array;
    }
    if (s->index && s->index->time && s->target->node->dtype == AMA_STRING)
        AMA_TRY(ticks_of_texts(g, t->dim, s->index, s->target));
    return check_kind(g, s);
}

/* A new dim must be new: targets along one common or existing dim would be points. */
static ama_status check_new_dim(ama__graph *g, const ama__object *in, int k, const step *s) {
    const char *name = s[k].target->ndim ? s[k].target->dim[0] : NULL;
    bool clash = name && strcmp(name, s[k].dim) != 0 && ama__dataset_dim_size(&in->ds, name) >= 0;
    for (int i = 0; i < k; i++) {
        clash = clash || (name && s[i].target->ndim && strcmp(s[i].target->dim[0], name) == 0);
        if (strcmp(s[i].dim, s[k].dim) == 0)
            return ama__fail(g->ctx, AMA_ERR_ARG, "interp: dim \"%s\" is given twice", s[k].dim);
    }
    if (!clash) return AMA_OK;
    return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                     "interp: the targets of dim \"%s\" run along \"%s\", which stands for points; targets along dims "
                     "of their own are supported",
                     s[k].dim, name);
}

/* ---- applying */

static ama_status one(ama__graph *g, ama__op op, ama__term a, ama__variable **out) {
    return ama__terms_map(g, op, 1, &a, out);
}

/* datetime64 as float64 with NaN for what is missing, as xarray does it; and back, rounded. */
static ama_status times_to_f8(ama__graph *g, const ama__variable *v, ama__variable *ticks, ama__variable **out) {
    ama__variable *there, *f8;
    ama__term nan = ama__term_scalar(ama__operand_float(NAN)), nat = ama__term_scalar(ama__operand_int(AMA_NAT));
    *ticks = (ama__variable){.ndim = v->ndim, .node = v->node};
    memcpy(ticks->dim, v->dim, sizeof ticks->dim);
    AMA_TRY(ama__terms_map(g, AMA_OP_NE, 2, (ama__term[]){ama__term_var(ticks), nat}, &there));
    AMA_TRY(ama__variable_cast(g, ticks, AMA_F8, &f8));
    ama__term x = ama__term_var(f8), cond = ama__term_var(there);
    return ama__terms_where(g, &x, &cond, &nan, out);
}

static ama_status f8_to_times(ama__graph *g, const ama__timeaxis *time, ama__variable *v, ama__variable **out) {
    ama__variable *there, *x;
    ama__term nat = ama__term_scalar(ama__operand_int(AMA_NAT)), zero = ama__term_scalar(ama__operand_int(0));
    AMA_TRY(one(g, AMA_OP_NOTNULL, ama__term_var(v), &there));
    ama__term cond = ama__term_var(there), term = ama__term_var(v);
    AMA_TRY(ama__terms_where(g, &term, &cond, &zero, &x));
    AMA_TRY(one(g, AMA_OP_RINT, ama__term_var(x), &x));
    AMA_TRY(ama__variable_cast(g, x, AMA_I8, &x));
    term = ama__term_var(x);
    AMA_TRY(ama__terms_where(g, &term, &cond, &nat, out));
    (*out)->time = time;
    return AMA_OK;
}

/* Other variables that are no numbers and run along a dim are reindexed by xarray. */
static ama_status check_numbers(ama__graph *g, const step *s, const ama__named *in) {
    const ama__variable *v = in->var;
    if (!ama__dtype_is_text(v->node->dtype) && v->node->dtype != AMA_BOOL && (!v->time || v->time->datetime64))
        return AMA_OK;
    const char *quote = *in->name ? "\"" : "";
    return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "interp: %s%s%s holds no numbers and runs along dim \"%s\"%s", quote,
                     *in->name ? in->name : "the array", quote, s->dim, *in->name ? "; drop_vars takes it out" : "");
}

static ama_status apply(ama__graph *g, const ama__interpolate_options *o, int n, const step *s, const ama__named *in,
                        ama__variable **out) {
    ama__variable *v = in->var, ticks;
    const ama__timeaxis *time = v->time;
    bool touched = false;
    for (int i = 0; i < n; i++) {
        if (ama__variable_axis(v, s[i].dim) < 0) continue;
        AMA_TRY(check_numbers(g, &s[i], in));
        if (!touched && time) AMA_TRY(times_to_f8(g, v, &ticks, &v));
        AMA_TRY(ama__interpolate_variable(g, o, &s[i].axis, v, &v));
        touched = true;
    }
    *out = v;
    if (!touched) return AMA_OK;
    if (time) AMA_TRY(f8_to_times(g, time, v, out));
    (*out)->attrs = in->var->attrs;
    return AMA_OK;
}

static bool replaced(int n, const step *s, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(s[i].dim, name) == 0) return true;
    return false;
}

/* New coordinates, then what else the targets' arrays carry. */
static ama_status join_coords(ama__graph *g, int n, const step *s, ama__dataset *ds) {
    int kept = ds->n_coords;
    ama__dataset selected = *ds;
    for (int i = 0; i < n; i++) AMA_TRY(ama__named_set(g, &ds->n_coords, &ds->coord, s[i].dim, s[i].target));
    selected.n_coords = kept;
    for (int i = 0; i < n; i++)
        for (int k = 0; s[i].array && k < s[i].array->ds.n_coords; k++) {
            const ama__named *c = &s[i].array->ds.coord[k];
            if (ama__dataset_find(&selected, c->name)) continue;
            if (replaced(n, s, c->name) && ama__named_find(ds->n_coords, ds->coord, c->name)->node == c->var->node)
                continue;
            AMA_TRY(ama__named_set(g, &ds->n_coords, &ds->coord, c->name, c->var));
        }
    return AMA_OK;
}

static ama_status interpolate(ama__graph *g, const ama__object *in, int n, step *s, const ama__interpolate_options *o,
                              ama__object *out) {
    ama__object r;
    int k = 0;
    for (int i = 0; i < n; i++) {
        AMA_TRY(check_new_dim(g, in, i, s));
        AMA_TRY(ama__interpolate_axis_make(g, o, s[i].dim, s[i].index, ama__dataset_dim_size(&in->ds, s[i].dim),
                                           s[i].target, &s[i].axis));
    }
    AMA_TRY(ama__object_copy(g, in, &r));
    for (int i = 0; i < r.ds.n_vars; i++) AMA_TRY(apply(g, o, n, s, &in->ds.var[i], &r.ds.var[i].var));
    for (int i = 0; i < r.ds.n_coords; i++) {
        ama__named c = r.ds.coord[i];
        if (replaced(n, s, c.name)) continue;
        AMA_TRY(apply(g, o, n, s, &in->ds.coord[i], &c.var));
        r.ds.coord[k++] = c;
    }
    r.ds.n_coords = k;
    AMA_TRY(join_coords(g, n, s, &r.ds));
    *out = r;
    return AMA_OK;
}

ama_status ama__object_interp(ama__graph *g, const ama__object *in, int n, const ama__interpolate_target *t,
                              const ama__interpolate_options *o, ama__object *out) {
    step *s;
    AMA_NEW(g->arena, s, n + 1);
    for (int i = 0; i < n; i++) AMA_TRY(read_target(g, in, &t[i], &s[i]));
    return interpolate(g, in, n, s, o, out);
}

/* The dims of the coordinates come first, as they do among xarray's variables. */
static ama_status dims_of(ama__graph *g, const ama__object *o, int *n, const char ***dims) {
    ama__dataset coords = {.n_vars = o->ds.n_coords, .var = o->ds.coord};
    const char **first, **all, **list;
    int n_first, n_all;
    AMA_TRY(ama__dataset_dims(g, &coords, &n_first, &first));
    AMA_TRY(ama__dataset_dims(g, &o->ds, &n_all, &all));
    AMA_NEW(g->arena, list, n_first + n_all + 1);
    *n = 0;
    for (int i = 0; i < n_first + n_all; i++) {
        const char *name = i < n_first ? first[i] : all[i - n_first];
        bool known = false;
        for (int k = 0; k < *n && !known; k++) known = strcmp(list[k], name) == 0;
        if (!known) list[(*n)++] = name;
    }
    *dims = list;
    return AMA_OK;
}

ama_status ama__object_interp_like(ama__graph *g, const ama__object *in, const ama__object *other,
                                   const ama__interpolate_options *o, ama__object *out) {
    const char **dims = NULL;
    int n = 0, m = 0;
    step *s;
    AMA_TRY(dims_of(g, in, &n, &dims));
    AMA_NEW(g->arena, s, n + 1);
    for (int i = 0; i < n; i++) {
        const ama__variable *index = ama__coords_index(in->ds.n_coords, in->ds.coord, dims[i]);
        ama__variable *target = ama__coords_index(other->ds.n_coords, other->ds.coord, dims[i]);
        if (!target) continue;
        bool plain = ama__dtype_is_text(target->node->dtype) || target->node->dtype == AMA_BOOL ||
                     (target->time && !target->time->datetime64);
        if (plain && index && ama__labels_equal(index, target)) continue;
        if (plain)
            return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                             "interp_like: the labels of dim \"%s\" are no numbers or datetime64 times and differ, so "
                             "that xarray reindexes it; sel brings it to common labels",
                             dims[i]);
        s[m] = (step){.dim = dims[i], .index = index, .target = target};
        AMA_TRY(check_kind(g, &s[m]));
        m++;
    }
    return interpolate(g, in, m, s, o, out);
}
