#include "graph/differ.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/labels.h"

/* ---- small builders: elementwise on arrays of one shape, or with a scalar */

static ama_status map(ama__graph *g, ama__op op, int n, ama__node *const *in, ama__node **out) {
    int8_t axis[3][AMA_MAX_DIMS];
    const ama__node *shaped = in[0];
    for (int k = 1; k < n; k++)
        if (in[k]->ndim > shaped->ndim) shaped = in[k];
    for (int k = 0; k < n; k++)
        for (int a = 0; a < AMA_MAX_DIMS; a++) axis[k][a] = in[k]->ndim > 0 ? (int8_t)a : -1;
    return ama__node_map(g, op, n, in, (const int8_t(*)[AMA_MAX_DIMS])axis, shaped->ndim, shaped->shape, out);
}

static ama_status map2(ama__graph *g, ama__op op, ama__node *a, ama__node *b, ama__node **out) {
    return map(g, op, 2, (ama__node *const[]){a, b}, out);
}

static ama_status with_scalar(ama__graph *g, ama__op op, ama__node *a, double x, ama__node **out) {
    ama__node *s;
    AMA_TRY(ama__node_scalar(g, AMA_F8, x, 0, &s));
    return map2(g, op, a, s, out);
}

/* x where cond, NaN elsewhere. */
static ama_status only(ama__graph *g, ama__node *cond, ama__node *x, double otherwise, ama__node **out) {
    ama__node *s;
    AMA_TRY(ama__node_scalar(g, AMA_F8, otherwise, 0, &s));
    return map(g, AMA_OP_WHERE, 3, (ama__node *const[]){cond, x, s}, out);
}

static ama_status reduce_all(ama__graph *g, ama__red op, ama__node *in, ama__node **out) {
    ama__reduce_spec spec = {.op = op, .label_axis = -1, .skipna = true};
    if (in->ndim == 0) { /* an axis of one, so that there is something to reduce */
        const ama__pick one = {.in_axis = -1, .count = 1, .step = 1};
        AMA_TRY(ama__node_index(g, in, 1, &one, NULL, &in));
    }
    for (int a = 0; a < in->ndim; a++) spec.reduced[a] = true;
    return ama__node_reduce(g, in, &spec, out);
}

/* ---- values */

typedef struct apart {
    ama__node *distance; /* |a - b| in float64 */
    ama__node *size;     /* |b| */
    ama__node *differs;  /* bool */
    ama__node *missing;  /* bool: in one only */
} apart;

static ama_status make_apart(ama__graph *g, const ama__differ_var *v, const ama__tolerance *t, apart *d) {
    ama__node *a, *b, *na, *nb, *both, *unequal, *bound, *far;
    AMA_TRY(ama__node_cast(g, v->a, AMA_F8, &a));
    AMA_TRY(ama__node_cast(g, v->b, AMA_F8, &b));
    AMA_TRY(ama__node_unary(g, AMA_OP_ISNULL, v->a, &na));
    AMA_TRY(ama__node_unary(g, AMA_OP_ISNULL, v->b, &nb));
    AMA_TRY(map2(g, AMA_OP_XOR, na, nb, &d->missing));
    AMA_TRY(map2(g, AMA_OP_AND, na, nb, &both));
    AMA_TRY(ama__node_unary(g, AMA_OP_LOGICAL_NOT, both, &both));
    AMA_TRY(map2(g, AMA_OP_NE, v->a, v->b, &unequal));
    AMA_TRY(map2(g, AMA_OP_AND, unequal, both, &unequal));
    AMA_TRY(map2(g, AMA_OP_SUB, a, b, &d->distance));
    AMA_TRY(ama__node_unary(g, AMA_OP_ABS, d->distance, &d->distance));
    AMA_TRY(only(g, unequal, d->distance, 0.0, &d->distance)); /* inf - inf is NaN, but equal */
    AMA_TRY(ama__node_unary(g, AMA_OP_ABS, b, &d->size));
    d->differs = unequal;
    if (t->rtol == 0 && t->atol == 0) return AMA_OK;
    AMA_TRY(with_scalar(g, AMA_OP_MUL, d->size, t->rtol, &bound));
    AMA_TRY(with_scalar(g, AMA_OP_ADD, bound, t->atol, &bound));
    AMA_TRY(map2(g, AMA_OP_LE, d->distance, bound, &far));
    AMA_TRY(ama__node_unary(g, AMA_OP_LOGICAL_NOT, far, &far)); /* NaN is far */
    return map2(g, AMA_OP_AND, unequal, far, &d->differs);
}

static ama_status count_of(ama__graph *g, ama__node *flags, ama__node **out) {
    return reduce_all(g, AMA_RED_SUM, flags, out);
}

static ama_status make_figures(ama__graph *g, ama__differ_var *v, const ama__tolerance *t) {
    ama__node *relative, *nonzero;
    apart d;
    AMA_TRY(make_apart(g, v, t, &d));
    AMA_TRY(count_of(g, d.differs, &v->figure[AMA_DIFFER_COUNT]));
    AMA_TRY(count_of(g, d.missing, &v->figure[AMA_DIFFER_MISSING]));
    AMA_TRY(reduce_all(g, AMA_RED_MAX, d.distance, &v->figure[AMA_DIFFER_ABS]));
    AMA_TRY(map2(g, AMA_OP_DIV, d.distance, d.size, &relative));
    AMA_TRY(with_scalar(g, AMA_OP_GT, d.size, 0.0, &nonzero));
    AMA_TRY(only(g, nonzero, relative, NAN, &relative));
    return reduce_all(g, AMA_RED_MAX, relative, &v->figure[AMA_DIFFER_REL]);
}

/* The C-order number of each element, as float64 (exact to 2^53). */
static ama_status numbers(ama__graph *g, const ama__node *like, ama__node **out) {
    double step = 1;
    AMA_TRY(ama__node_scalar(g, AMA_F8, 0.0, 0, out));
    for (int a = like->ndim - 1; a >= 0; a--) {
        double *x;
        ama__node *along, *in[2];
        int8_t axis[3][AMA_MAX_DIMS];
        AMA_NEW(g->arena, x, like->shape[a] + 1);
        for (int64_t i = 0; i < like->shape[a]; i++) x[i] = (double)i * step;
        step *= (double)like->shape[a];
        AMA_TRY(ama__node_const(g, AMA_F8, 1, &like->shape[a], x, false, &along));
        in[0] = *out;
        in[1] = along;
        for (int k = 0; k < AMA_MAX_DIMS; k++) {
            axis[0][k] = (*out)->ndim > 0 ? (int8_t)k : -1;
            axis[1][k] = k == a ? 0 : -1;
        }
        AMA_TRY(ama__node_map(g, AMA_OP_ADD, 2, in, (const int8_t(*)[AMA_MAX_DIMS])axis, like->ndim, like->shape, out));
    }
    return AMA_OK;
}

ama_status ama__differ_first(ama__graph *g, const ama__differ_var *v, const ama__tolerance *t, ama__node **out) {
    ama__node *number;
    apart d;
    AMA_TRY(make_apart(g, v, t, &d));
    AMA_TRY(numbers(g, v->a, &number));
    AMA_TRY(only(g, d.differs, number, INFINITY, &number));
    return reduce_all(g, AMA_RED_MIN, number, out);
}

/* ---- structure */

typedef struct job {
    ama__graph *g;
    const ama__tolerance *t;
    ama__text *notes;
    int n_notes, n;
    ama__differ_var *var;
} job;

#define NOTE(j, ...) (ama__text_printf((j)->notes, __VA_ARGS__), (j)->n_notes++)

bool ama__attr_equal(const ama__attr *a, const ama__attr *b) {
    if (a->dtype == AMA_STRING || b->dtype == AMA_STRING) {
        if (a->dtype != b->dtype || a->n != b->n) return false;
        for (int64_t i = 0; i < a->n; i++)
            if (strcmp(((char *const *)a->data)[i], ((char *const *)b->data)[i]) != 0) return false;
        return true;
    }
    if ((a->dtype == AMA_CHAR) != (b->dtype == AMA_CHAR) || a->n != b->n) return false;
    if (a->dtype == AMA_CHAR) return memcmp(a->data, b->data, (size_t)a->n) == 0;
    for (int64_t i = 0; i < a->n; i++) { /* formats differ in the number types they have: values count */
        double x = ama__dtype_get_f8(a->dtype, a->data, i), y = ama__dtype_get_f8(b->dtype, b->data, i);
        if (x != y && !(isnan(x) && isnan(y))) return false;
    }
    return true;
}

static void compare_attrs(job *j, const char *where, const ama__attrs *a, const ama__attrs *b) {
    for (int i = 0; i < a->n; i++) {
        const ama__attr *other = ama__attrs_find(b, a->a[i].name);
        if (strcmp(a->a[i].name, "history") == 0) continue;
        if (!other)
            NOTE(j, "%s: attribute '%s' only in the first\n", where, a->a[i].name);
        else if (!ama__attr_equal(&a->a[i], other))
            NOTE(j, "%s: attribute '%s' differs\n", where, a->a[i].name);
    }
    for (int i = 0; i < b->n; i++)
        if (strcmp(b->a[i].name, "history") != 0 && !ama__attrs_find(a, b->a[i].name))
            NOTE(j, "%s: attribute '%s' only in the second\n", where, b->a[i].name);
}

static bool same_shape(job *j, const char *name, const ama__variable *a, const ama__variable *b) {
    bool same = a->ndim == b->ndim;
    for (int d = 0; same && d < a->ndim; d++) same = strcmp(a->dim[d], b->dim[d]) == 0;
    if (!same) {
        NOTE(j, "%s: the dims differ\n", name);
        return false;
    }
    for (int d = 0; d < a->ndim; d++)
        if (a->node->shape[d] != b->node->shape[d]) {
            NOTE(j, "%s: dim '%s' has %" PRId64 " and %" PRId64 " indices\n", name, a->dim[d], a->node->shape[d],
                 b->node->shape[d]);
            return false;
        }
    return true;
}

static bool same_kind(job *j, const char *name, const ama__variable *a, const ama__variable *b) {
    bool text_a = ama__dtype_is_text(a->node->dtype), text_b = ama__dtype_is_text(b->node->dtype);
    if (text_a != text_b || !a->time != !b->time) {
        NOTE(j, "%s: %s against %s\n", name, a->time ? "times" : ama__dtype_name(a->node->dtype),
             b->time ? "times" : ama__dtype_name(b->node->dtype));
        return false;
    }
    if (a->time && (a->time->datetime64 != b->time->datetime64 ||
                    (!a->time->datetime64 && a->time->calendar != b->time->calendar))) {
        NOTE(j, "%s: the calendars differ\n", name);
        return false;
    }
    return true;
}

static void compare_texts(job *j, const char *name, const ama__node *a, const ama__node *b) {
    int same = ama__labels_same_values(a, b);
    if (same != 1) NOTE(j, "%s: the texts differ%s\n", name, same < 0 ? " or cannot be compared" : "");
}

static ama_status compare_var(job *j, const char *name, const ama__variable *a, const ama__variable *b) {
    compare_attrs(j, name, &a->attrs, &b->attrs);
    if (!same_shape(j, name, a, b) || !same_kind(j, name, a, b)) return AMA_OK;
    if (ama__dtype_is_text(a->node->dtype)) {
        compare_texts(j, name, a->node, b->node);
        return AMA_OK;
    }
    ama__differ_var *v = &j->var[j->n++];
    *v = (ama__differ_var){.name = name, .ndim = a->ndim, .dim = a->dim, .a = a->node, .b = b->node};
    return make_figures(j->g, v, j->t);
}

static ama_status compare_list(job *j, int n, const ama__named *list, const ama__dataset *other, const char *what) {
    for (int i = 0; i < n; i++) {
        const ama__variable *b = ama__dataset_find(other, list[i].name);
        if (!b)
            NOTE(j, "%s '%s' only in the first\n", what, list[i].name);
        else
            AMA_TRY(compare_var(j, list[i].name, list[i].var, b));
    }
    return AMA_OK;
}

static void only_second(job *j, int n, const ama__named *list, const ama__dataset *other, const char *what) {
    for (int i = 0; i < n; i++)
        if (!ama__dataset_find(other, list[i].name)) NOTE(j, "%s '%s' only in the second\n", what, list[i].name);
}

ama_status ama__differ_make(ama__graph *g, const ama__dataset *a, const ama__dataset *b, const ama__tolerance *t,
                            ama__text *notes, int *n_notes, int *n, ama__differ_var **out) {
    job j = {.g = g, .t = t, .notes = notes};
    AMA_NEW(g->arena, j.var, a->n_vars + a->n_coords + 1);
    compare_attrs(&j, "dataset", &a->attrs, &b->attrs);
    AMA_TRY(compare_list(&j, a->n_coords, a->coord, b, "coordinate"));
    AMA_TRY(compare_list(&j, a->n_vars, a->var, b, "variable"));
    only_second(&j, b->n_coords, b->coord, a, "coordinate");
    only_second(&j, b->n_vars, b->var, a, "variable");
    *n_notes = j.n_notes;
    *n = j.n;
    *out = j.var;
    return notes->failed ? ama__error_status(g->ctx) : AMA_OK;
}
