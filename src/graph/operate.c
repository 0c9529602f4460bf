#include "graph/operate.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/chunking.h"

/* ---- dims */

typedef struct frame {
    int ndim;
    const char *dim[AMA_MAX_DIMS];
    int64_t shape[AMA_MAX_DIMS];
} frame;

static ama_status frame_add(ama__graph *g, frame *f, const ama__variable *v) {
    for (int a = 0; a < v->ndim; a++) {
        int b = 0;
        while (b < f->ndim && strcmp(f->dim[b], v->dim[a]) != 0) b++;
        if (b == f->ndim) {
            if (b == AMA_MAX_DIMS)
                return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "a result of more than %d dims", AMA_MAX_DIMS);
            f->dim[f->ndim] = v->dim[a];
            f->shape[f->ndim++] = v->node->shape[a];
        } else if (f->shape[b] != v->node->shape[a]) {
            return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                             "dim \"%s\" has %" PRId64 " elements in one array and %" PRId64 " in another", f->dim[b],
                             f->shape[b], v->node->shape[a]);
        }
    }
    return AMA_OK;
}

ama_status ama__variable_arrange(ama__graph *g, const ama__variable *v, int ndim, const char *const *dim,
                                 const int64_t *shape, ama__variable **out) {
    ama__pick pick[AMA_MAX_DIMS];
    AMA_TRY(ama__variable_copy(g, v, out));
    for (int a = 0; a < ndim; a++) {
        int axis = ama__variable_axis(v, dim[a]);
        pick[a] = (ama__pick){.in_axis = axis, .count = axis >= 0 ? v->node->shape[axis] : shape[a], .step = 1};
        (*out)->dim[a] = dim[a];
    }
    (*out)->ndim = ndim;
    return ama__labels_take(g, v->node, ndim, pick, NULL, &(*out)->node);
}

/* Axis of the operand along each axis of the frame; an operand whose dims stand in another order is permuted first. */
static ama_status fit(ama__graph *g, const frame *f, const ama__variable *v, ama__node **node, int8_t *axis) {
    const char *order[AMA_MAX_DIMS];
    int last = -1, n = 0;
    bool increasing = true;
    for (int a = 0; a < f->ndim; a++) {
        int i = ama__variable_axis(v, f->dim[a]);
        axis[a] = (int8_t)(i < 0 ? -1 : n);
        if (i < 0) continue;
        increasing = increasing && i > last;
        last = i;
        order[n++] = v->dim[i];
    }
    *node = v->node;
    if (increasing) return AMA_OK;
    ama__variable *w;
    AMA_TRY(ama__variable_arrange(g, v, n, order, NULL, &w));
    *node = w->node;
    return AMA_OK;
}

/* ---- scalars */

static ama_status fits_int(ama__graph *g, ama_dtype t, int64_t x, char class) {
    uint64_t buf = 0;
    ama__dtype_set_i8(t, &buf, 0, x);
    if (class == 'c' || (ama__dtype_get_i8(t, &buf, 0) == x && !(t == AMA_U8 && x < 0))) return AMA_OK;
    return ama__fail(g->ctx, AMA_ERR_ARG, "%" PRId64 " does not fit into an array of %s; use astype first", x,
                     ama__dtype_name(t));
}

/* A Python scalar takes the array's type where its kind allows; t: AMA_DTYPE_N when there is no array. */
static ama_status scalar_dtype(ama__graph *g, const ama__operand *s, ama_dtype t, char class, ama_dtype *out) {
    bool none = t == AMA_DTYPE_N;
    switch (s->kind) {
    case AMA_OPERAND_BOOL: *out = none ? AMA_BOOL : t; return AMA_OK;
    case AMA_OPERAND_FLOAT: *out = none || !ama__dtype_is_float(t) ? AMA_F8 : t; return AMA_OK;
    case AMA_OPERAND_INT:
        *out = none || t == AMA_BOOL ? AMA_I8 : t;
        if (!none && ama__dtype_is_int(t)) {
            AMA_TRY(fits_int(g, t, s->i8, class));
            if (class == 'c') *out = AMA_I8;
        }
        return AMA_OK;
    default: return ama__fail(g->ctx, AMA_ERR_ARG, "\"%s\" is text, where a number is needed", s->text ? s->text : "");
    }
}

static ama_status scalar_node(ama__graph *g, const ama__operand *s, ama_dtype t, ama__node **out) {
    bool real = s->kind == AMA_OPERAND_FLOAT;
    if (t == AMA_BOOL) return ama__node_scalar(g, t, 0, real ? s->f8 != 0 : s->i8 != 0, out);
    return ama__node_scalar(g, t, real ? s->f8 : (double)s->i8, real ? 0 : s->i8, out);
}

/* The type that the arrays among the terms agree on; false when there is none. */
static ama_status arrays_dtype(ama__graph *g, ama__op op, int first, int n, const ama__term *in, ama_dtype *out) {
    *out = AMA_DTYPE_N;
    for (int k = first; k < n; k++) {
        if (!in[k].var) continue;
        ama_dtype t = in[k].var->node->dtype;
        if (*out == AMA_DTYPE_N)
            *out = t;
        else if (!ama__dtype_promote(*out, t, out))
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "%s: there is no common type of %s and %s", ama__op_name(op),
                             ama__dtype_name(*out), ama__dtype_name(t));
    }
    return AMA_OK;
}

/* Scalars only (where(cond, 1, 0.5)): Python's own promotion. */
static ama_dtype scalars_dtype(int first, int n, const ama__term *in) {
    ama_dtype t = AMA_BOOL;
    for (int k = first; k < n; k++)
        if (in[k].scalar.kind == AMA_OPERAND_FLOAT)
            t = AMA_F8;
        else if (in[k].scalar.kind == AMA_OPERAND_INT && t == AMA_BOOL)
            t = AMA_I8;
    return t;
}

/* ---- plain numbers */

static ama_status map_ordered(ama__graph *g, ama__op op, int n, const ama__term *in, const int *order,
                              ama__variable **out) {
    int8_t axis[3][AMA_MAX_DIMS];
    ama__node *node[3], *result;
    frame f = {0};
    char class = ama__op_class(op);
    int first = class == 'w' ? 1 : 0;
    ama_dtype t, s = AMA_BOOL;
    for (int k = 0; k < n; k++)
        if (in[order[k]].var) AMA_TRY(frame_add(g, &f, in[order[k]].var));
    AMA_TRY(arrays_dtype(g, op, first, n, in, &t));
    ama_dtype alone = t == AMA_DTYPE_N ? scalars_dtype(first, n, in) : t;
    memset(axis, -1, sizeof axis);
    for (int k = 0; k < n; k++) {
        if (in[k].var) {
            AMA_TRY(fit(g, &f, in[k].var, &node[k], axis[k]));
        } else {
            AMA_TRY(scalar_dtype(g, &in[k].scalar, k < first ? AMA_BOOL : alone, class, &s));
            AMA_TRY(scalar_node(g, &in[k].scalar, k < first ? AMA_BOOL : s, &node[k]));
        }
        if (k < first && node[k]->dtype != AMA_BOOL) /* numpy takes any number for a condition */
            AMA_TRY(ama__node_cast(g, node[k], AMA_BOOL, &node[k]));
    }
    AMA_TRY(ama__node_map(g, op, n, node, (const int8_t(*)[AMA_MAX_DIMS])axis, f.ndim, f.shape, &result));
    return ama__variable_new(g, f.dim, result, out);
}

static ama_status map_numbers(ama__graph *g, ama__op op, int n, const ama__term *in, ama__variable **out) {
    static const int order[] = {0, 1, 2};
    return map_ordered(g, op, n, in, order, out);
}

/* numpy computes these powers as such, and so gives other last bits than pow. */
static ama_status map_power(ama__graph *g, int n, const ama__term *in, ama__variable **out) {
    const ama__operand *e = &in[1].scalar;
    if (!in[0].var || in[1].var) return map_numbers(g, AMA_OP_POW, n, in, out);
    double p = e->kind == AMA_OPERAND_FLOAT ? e->f8 : (double)e->i8;
    ama_dtype t = in[0].var->node->dtype;
    ama__variable *base = (ama__variable *)in[0].var; /* shared, never changed */
    if (e->kind == AMA_OPERAND_INT && p < 0 && !ama__dtype_is_float(t))
        return ama__fail(g->ctx, AMA_ERR_ARG, "integers cannot be raised to a negative integer power; use a float: %s",
                         "x ** -1.0");
    if (t == AMA_BOOL || e->kind == AMA_OPERAND_BOOL) return map_numbers(g, AMA_OP_POW, n, in, out);
    if (e->kind == AMA_OPERAND_FLOAT && !ama__dtype_is_float(t)) AMA_TRY(ama__variable_cast(g, base, AMA_F8, &base));
    ama__term one[2] = {ama__term_scalar(ama__operand_int(1)), ama__term_var(base)};
    if (p == 2) return map_numbers(g, AMA_OP_SQUARE, 1, &one[1], out);
    if (p == 0.5 && ama__dtype_is_float(base->node->dtype)) return map_numbers(g, AMA_OP_SQRT, 1, &one[1], out);
    if (p == -1 && ama__dtype_is_float(base->node->dtype)) return map_numbers(g, AMA_OP_DIV, 2, one, out);
    return map_numbers(g, AMA_OP_POW, n, in, out);
}

/* ---- text */

static bool is_text(const ama__term *t) {
    return t->var ? ama__dtype_is_text(t->var->node->dtype) : t->scalar.kind == AMA_OPERAND_TEXT;
}

static bool holds(ama__op op, int c) {
    switch (op) {
    case AMA_OP_EQ: return c == 0;
    case AMA_OP_NE: return c != 0;
    case AMA_OP_LT: return c < 0;
    case AMA_OP_LE: return c <= 0;
    case AMA_OP_GT: return c > 0;
    default: return c >= 0;
    }
}

/* Texts are in memory and compared at once. */
static ama_status compare_texts(ama__graph *g, ama__op op, const ama__term *in, ama__variable **out) {
    frame f = {0};
    int64_t size, idx[AMA_MAX_DIMS] = {0}, stride[2][AMA_MAX_DIMS] = {{0}}, own[AMA_MAX_DIMS];
    const char *const *text[2];
    uint8_t *flag;
    ama__node *node;
    for (int k = 0; k < 2; k++)
        if (in[k].var) AMA_TRY(frame_add(g, &f, in[k].var));
    for (int k = 0; k < 2; k++) {
        text[k] = &in[k].scalar.text;
        if (!in[k].var) continue;
        AMA_TRY(ama__labels_eval(g, NULL, in[k].var->node, "a text array", (const void **)&text[k]));
        ama__shape_strides(in[k].var->ndim, in[k].var->node->shape, own);
        for (int a = 0; a < f.ndim; a++) {
            int axis = ama__variable_axis(in[k].var, f.dim[a]);
            stride[k][a] = axis < 0 ? 0 : own[axis];
        }
    }
    ama__shape_size(f.ndim, f.shape, &size);
    AMA_NEW(g->arena, flag, size + 1);
    for (int64_t i = 0; i < size; i++) {
        const char *s[2];
        for (int k = 0; k < 2; k++) {
            int64_t at = 0;
            for (int a = 0; a < f.ndim; a++) at += idx[a] * stride[k][a];
            s[k] = text[k][at] ? text[k][at] : "";
        }
        flag[i] = holds(op, strcmp(s[0], s[1]));
        ama__index_next(f.ndim, f.shape, idx);
    }
    AMA_TRY(ama__node_const(g, AMA_BOOL, f.ndim, f.shape, flag, false, &node));
    return ama__variable_new(g, f.dim, node, out);
}

static ama_status map_text(ama__graph *g, ama__op op, int n, const ama__term *in, ama__variable **out) {
    if (ama__op_class(op) == 'c' && is_text(&in[0]) && is_text(&in[1])) return compare_texts(g, op, in, out);
    if (ama__op_class(op) == 'c')
        return ama__fail(g->ctx, AMA_ERR_ARG, "%s: text can only be compared with text", ama__op_name(op));
    (void)n;
    (void)out;
    return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "%s of text; text can be compared and selected by", ama__op_name(op));
}

/* ---- times */

static ama_status times_wanted(ama__graph *g, ama__op op, const ama__timeaxis *axis) {
    if (op == AMA_OP_SUB || op == AMA_OP_ADD)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "arithmetic with times (their differences are timedeltas)");
    return ama__fail(g->ctx, AMA_ERR_ARG, "%s: times can be compared with times%s only", ama__op_name(op),
                     axis->datetime64 ? " and with dates such as \"2000-01-31\"" : " of the same calendar");
}

/* A time, a date text or a missing value as a number of ticks. */
static ama_status as_ticks(ama__graph *g, ama__op op, const ama__timeaxis *axis, const ama__term *in,
                           ama__variable *copy, ama__term *out) {
    *out = *in;
    if (in->var) {
        if (!in->var->time || !ama__timeaxis_same(axis, in->var->time)) return times_wanted(g, op, axis);
        *copy = *in->var;
        copy->time = NULL;
        out->var = copy;
        return AMA_OK;
    }
    const ama__operand *s = &in->scalar;
    if (op == AMA_OP_WHERE && s->kind == AMA_OPERAND_FLOAT && isnan(s->f8)) {
        out->scalar = ama__operand_int(AMA_NAT);
        return AMA_OK;
    }
    if (s->kind != AMA_OPERAND_TEXT || !axis->datetime64) return times_wanted(g, op, axis);
    ama__time_span span;
    AMA_TRY(ama__time_parse_span(g->ctx, axis, 0, NULL, s->text, &span));
    out->scalar = ama__operand_int(span.lo);
    return AMA_OK;
}

/* NaT is smaller than every tick but compares with nothing. */
static ama_status without_nat(ama__graph *g, int n, const ama__term *t, ama__variable **v) {
    for (int k = 0; k < n; k++) {
        const void *data;
        int64_t size;
        bool any = false;
        if (!t[k].var) continue;
        AMA_TRY(ama__labels_eval(g, NULL, t[k].var->node, "a time variable", &data));
        ama__shape_size(t[k].var->node->ndim, t[k].var->node->shape, &size);
        for (int64_t i = 0; i < size && !any; i++) any = ((const int64_t *)data)[i] == AMA_NAT;
        if (!any) continue;
        ama__term is[2] = {t[k], ama__term_scalar(ama__operand_int(AMA_NAT))}, both[2];
        ama__variable *real;
        AMA_TRY(map_numbers(g, AMA_OP_NE, 2, is, &real));
        both[0] = ama__term_var(*v);
        both[1] = ama__term_var(real);
        AMA_TRY(map_numbers(g, AMA_OP_AND, 2, both, v));
    }
    return AMA_OK;
}

static ama_status map_times(ama__graph *g, ama__op op, int n, const ama__term *in, const ama__timeaxis *axis,
                            ama__variable **out) {
    ama__term t[3];
    ama__variable copy[3];
    char class = ama__op_class(op);
    bool keeps = op == AMA_OP_MINIMUM || op == AMA_OP_MAXIMUM || op == AMA_OP_WHERE;
    if (op == AMA_OP_ISNULL || op == AMA_OP_NOTNULL) {
        AMA_TRY(as_ticks(g, op, axis, &in[0], &copy[0], &t[0]));
        t[1] = ama__term_scalar(ama__operand_int(AMA_NAT));
        return map_numbers(g, op == AMA_OP_ISNULL ? AMA_OP_EQ : AMA_OP_NE, 2, t, out);
    }
    if (class != 'c' && !keeps) return times_wanted(g, op, axis);
    for (int k = 0; k < n; k++)
        if (op == AMA_OP_WHERE && k == 0)
            t[k] = in[k];
        else
            AMA_TRY(as_ticks(g, op, axis, &in[k], &copy[k], &t[k]));
    AMA_TRY(map_numbers(g, op, n, t, out));
    if (keeps) (*out)->time = axis;
    return class == 'c' && op != AMA_OP_NE ? without_nat(g, n, t, out) : AMA_OK;
}

static void pass_chunks_on(int n, const ama__term *in, ama__variable *out) {
    const ama__variable *v[3] = {NULL};
    for (int k = 0; k < n && k < 3; k++) v[k] = in[k].var;
    ama__chunking_pass_on(n < 3 ? n : 3, v, out);
}

static ama_status map_terms(ama__graph *g, ama__op op, int n, const ama__term *in, ama__variable **out) {
    bool text = false;
    for (int k = 0; k < n; k++) {
        if (in[k].var && in[k].var->time && !(op == AMA_OP_WHERE && k == 0))
            return map_times(g, op, n, in, in[k].var->time, out);
        text = text || is_text(&in[k]);
    }
    if (text) return map_text(g, op, n, in, out);
    if (op == AMA_OP_POW) return map_power(g, n, in, out);
    return map_numbers(g, op, n, in, out);
}

ama_status ama__terms_map(ama__graph *g, ama__op op, int n, const ama__term *in, ama__variable **out) {
    AMA_TRY(map_terms(g, op, n, in, out));
    pass_chunks_on(n, in, *out);
    return AMA_OK;
}

ama_status ama__terms_where(ama__graph *g, const ama__term *x, const ama__term *cond, const ama__term *other,
                            ama__variable **out) {
    static const int order[] = {1, 0, 2};
    ama__term in[3] = {*cond, *x, *other};
    ama__variable copy[2];
    const ama__timeaxis *time = x->var ? x->var->time : NULL;
    if (time) {
        AMA_TRY(as_ticks(g, AMA_OP_WHERE, time, x, &copy[0], &in[1]));
        AMA_TRY(as_ticks(g, AMA_OP_WHERE, time, other, &copy[1], &in[2]));
    } else if (is_text(x) || is_text(other) || (other->var && other->var->time)) {
        return ama__terms_map(g, AMA_OP_WHERE, 3, in, out); /* says what is wrong */
    }
    AMA_TRY(map_ordered(g, AMA_OP_WHERE, 3, in, order, out));
    (*out)->time = time;
    pass_chunks_on(3, in, *out);
    return AMA_OK;
}

ama_status ama__variable_cast(ama__graph *g, const ama__variable *v, ama_dtype t, ama__variable **out) {
    AMA_TRY(ama__variable_new(g, v->dim, v->node, out));
    (*out)->chunks = v->chunks;
    return ama__node_cast(g, v->node, t, &(*out)->node);
}
