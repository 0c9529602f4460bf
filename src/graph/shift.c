#include "graph/shift.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/labels.h"
#include "graph/operate.h"

/* ---- diff */

static ama_status diff_variable(ama__graph *g, const ama__variable *v, const char *dim, const ama__pick *before,
                                const ama__pick *after, ama__variable **out) {
    ama__variable *a, *b;
    AMA_TRY(ama__labels_take_dim(g, v, dim, after, 0, &a));
    AMA_TRY(ama__labels_take_dim(g, v, dim, before, 0, &b));
    ama__term t[2] = {ama__term_var(a), ama__term_var(b)};
    AMA_TRY(ama__terms_map(g, AMA_OP_SUB, 2, t, out));
    (*out)->attrs = v->attrs;
    return AMA_OK;
}

static ama_status diff_once(ama__graph *g, const ama__object *x, const char *dim, bool upper, ama__object *out) {
    int64_t size = ama__dataset_dim_size(&x->ds, dim), n = size > 0 ? size - 1 : 0;
    const ama__pick before = {.count = n, .start = 0, .step = 1}, after = {.count = n, .start = 1, .step = 1};
    ama__object o;
    AMA_TRY(ama__object_copy(g, x, &o));
    for (int i = 0; i < o.ds.n_vars; i++) {
        ama__named *v = &o.ds.var[i];
        if (ama__variable_axis(v->var, dim) < 0) continue;
        ama_status status = diff_variable(g, v->var, dim, &before, &after, &v->var);
        AMA_TRY(o.is_dataset ? ama__wrap(g->ctx, status, "variable %s", v->name) : status);
    }
    for (int i = 0; i < o.ds.n_coords; i++) {
        ama__named *c = &o.ds.coord[i];
        if (ama__variable_axis(c->var, dim) >= 0)
            AMA_TRY(ama__labels_take_dim(g, c->var, dim, upper ? &after : &before, 0, &c->var));
    }
    *out = o;
    return AMA_OK;
}

ama_status ama__object_diff(ama__graph *g, const ama__object *x, const char *dim, int64_t n, bool upper,
                            ama__object *out) {
    AMA_TRY(ama__object_check_dim(g, x, "diff", dim));
    if (n < 0) return ama__fail(g->ctx, AMA_ERR_ARG, "diff: n must be 0 or more, not %" PRId64, n);
    *out = *x;
    for (int64_t i = 0; i < n; i++) {
        AMA_TRY(diff_once(g, out, dim, upper || i > 0, out));
        if (ama__dataset_dim_size(&out->ds, dim) == 0) break; /* nothing more comes of it */
    }
    return AMA_OK;
}

/* ---- shift */

/* A number that an array of dtype t can hold as it is. */
static ama_status check_fill(ama__graph *g, ama_dtype t, const ama__operand *fill) {
    bool real = ama__dtype_is_float(t), text = ama__dtype_is_text(t);
    bool number =
        fill->kind == AMA_OPERAND_BOOL || fill->kind == AMA_OPERAND_INT || (fill->kind == AMA_OPERAND_FLOAT && real);
    if (t == AMA_BOOL && fill->kind != AMA_OPERAND_BOOL) number = false;
    if (number && !text) return AMA_OK;
    return ama__fail(g->ctx, AMA_ERR_ARG, "shift: this fill_value does not fit into an array of %s",
                     ama__dtype_name(t));
}

/* What comes in keeps its old value first, then is replaced: indices stay near to each other. */
static ama_status shift_filled(ama__graph *g, const ama__variable *v, const char *dim, int64_t by,
                               const ama__operand *fill, ama__variable **out) {
    int64_t n = ama__variable_size(v, ama__variable_axis(v, dim)), *list;
    uint8_t *there;
    ama__node *node;
    ama__variable *x, *mask;
    AMA_NEW(g->arena, list, n + 1);
    AMA_NEW(g->arena, there, n + 1);
    for (int64_t i = 0; i < n; i++) {
        there[i] = by >= 0 ? i >= by : i - n < by;
        list[i] = there[i] ? i - by : i;
    }
    const ama__pick p = {.count = n, .list = list};
    AMA_TRY(ama__labels_take_dim(g, v, dim, &p, 0, &x));
    AMA_TRY(ama__node_const(g, AMA_BOOL, 1, &n, there, false, &node));
    AMA_TRY(ama__variable_new(g, &dim, node, &mask));
    ama__term value = ama__term_var(x), cond = ama__term_var(mask), other = ama__term_scalar(*fill);
    AMA_TRY(ama__terms_where(g, &value, &cond, &other, &x));
    AMA_TRY(ama__variable_copy(g, v, out));
    (*out)->node = x->node;
    return AMA_OK;
}

static ama_status shift_missing(ama__graph *g, const ama__variable *v, const char *dim, int64_t by,
                                ama__variable **out) {
    int64_t n = ama__variable_size(v, ama__variable_axis(v, dim)), *list;
    ama_dtype t = v->node->dtype;
    const ama__operand nan = ama__operand_float(NAN);
    ama__variable *x;
    if (v->time) return shift_filled(g, v, dim, by, &nan, out);
    if (ama__dtype_is_text(t) || t == AMA_BOOL)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "shift of %s without fill_value", ama__dtype_name(t));
    AMA_TRY(ama__variable_copy(g, v, &x));
    if (!ama__dtype_is_float(t))
        AMA_TRY(ama__node_cast(g, v->node, ama__dtype_bytes(t) <= 2 ? AMA_F4 : AMA_F8, &x->node));
    AMA_NEW(g->arena, list, n + 1);
    for (int64_t i = 0; i < n; i++) list[i] = (by >= 0 ? i >= by : i - n < by) ? i - by : -1;
    const ama__pick p = {.count = n, .list = list};
    return ama__labels_take_dim(g, x, dim, &p, 0, out);
}

static const ama__operand *fill_of(const ama__shift *s, const char *name) {
    for (int i = 0; i < s->n_fills; i++)
        if (strcmp(s->filled[i], name) == 0) return &s->fills[i];
    return s->fill;
}

static int64_t clamp(int64_t x, int64_t lo, int64_t hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

static ama_status shift_variable(ama__graph *g, const ama__variable *v, const char *dim, int64_t by,
                                 const ama__operand *fill, ama__variable **out) {
    int64_t n = ama__variable_size(v, ama__variable_axis(v, dim));
    if (!fill) return shift_missing(g, v, dim, clamp(by, -n, n), out);
    AMA_TRY(check_fill(g, v->node->dtype, fill));
    return shift_filled(g, v, dim, clamp(by, -n, n), fill, out);
}

ama_status ama__object_shift(ama__graph *g, const ama__object *x, const ama__shift *s, ama__object *out) {
    ama__object o;
    for (int k = 0; k < s->n; k++) AMA_TRY(ama__object_check_dim(g, x, "shift", s->dim[k]));
    AMA_TRY(ama__object_copy(g, x, &o));
    for (int i = 0; i < o.ds.n_vars; i++) {
        ama__named *v = &o.ds.var[i];
        const ama__operand *fill = fill_of(s, v->name);
        for (int k = 0; k < s->n; k++) {
            if (ama__variable_axis(v->var, s->dim[k]) < 0) continue;
            ama_status status = shift_variable(g, v->var, s->dim[k], s->by[k], fill, &v->var);
            AMA_TRY(o.is_dataset ? ama__wrap(g->ctx, status, "variable %s", v->name) : status);
        }
    }
    *out = o;
    return AMA_OK;
}

/* ---- roll */

static ama_status roll_variable(ama__graph *g, int n, const char *const *dim, const int64_t *by, ama__variable **v) {
    for (int k = 0; k < n; k++) {
        int axis = ama__variable_axis(*v, dim[k]);
        int64_t size = axis >= 0 ? ama__variable_size(*v, axis) : 0, *list;
        if (size == 0) continue;
        int64_t first = (size - by[k] % size) % size;
        AMA_NEW(g->arena, list, size);
        for (int64_t i = 0; i < size; i++) list[i] = (first + i) % size;
        const ama__pick p = {.count = size, .list = list};
        AMA_TRY(ama__labels_take_dim(g, *v, dim[k], &p, 0, v));
    }
    return AMA_OK;
}

ama_status ama__object_roll(ama__graph *g, const ama__object *x, int n, const char *const *dim, const int64_t *by,
                            bool coords, ama__object *out) {
    ama__object o;
    for (int k = 0; k < n; k++) AMA_TRY(ama__object_check_dim(g, x, "roll", dim[k]));
    AMA_TRY(ama__object_copy(g, x, &o));
    for (int i = 0; i < o.ds.n_vars; i++) AMA_TRY(roll_variable(g, n, dim, by, &o.ds.var[i].var));
    for (int i = 0; coords && i < o.ds.n_coords; i++) AMA_TRY(roll_variable(g, n, dim, by, &o.ds.coord[i].var));
    *out = o;
    return AMA_OK;
}
