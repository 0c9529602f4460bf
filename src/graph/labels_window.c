/* Windows of arrays in memory, for labels: small, and so done one by one. */
#include <math.h>

#include "graph/labels_private.h"

typedef struct tally {
    int64_t n, sum, product, min, max;
    double f_sum, f_product, f_min, f_max;
} tally;

static bool less(const ama__node *in, int64_t a, int64_t b) {
    return in->dtype == AMA_U8 ? (uint64_t)a < (uint64_t)b : a < b;
}

static void add(const ama__node *in, tally *t, int64_t at) {
    const void *data = in->u.constant.data;
    int64_t i = ama__dtype_get_i8(in->dtype, data, at);
    double x = ama__dtype_get_f8(in->dtype, data, at);
    if (t->n == 0) {
        t->min = t->max = i;
        t->f_min = t->f_max = x;
    }
    t->sum = (int64_t)((uint64_t)t->sum + (uint64_t)i);
    t->product = (int64_t)((uint64_t)t->product * (uint64_t)i);
    t->f_sum += x;
    t->f_product *= x;
    if (less(in, i, t->min)) t->min = i;
    if (less(in, t->max, i)) t->max = i;
    if (x < t->f_min || isnan(x)) t->f_min = x;
    if (x > t->f_max || isnan(x)) t->f_max = x;
    t->n++;
}

/* The window around index `i` of the axis; its first element is at `at`, the next `stride` further. */
typedef struct span {
    int64_t at, stride, n;
} span;

static double squares(const ama__node *in, const ama__window_spec *s, const span *p, double mean) {
    double total = 0;
    for (int64_t k = 0; k < p->n; k++) {
        double x = ama__dtype_get_f8(in->dtype, in->u.constant.data, p->at + k * p->stride);
        if (!(s->skipna && isnan(x))) total += (x - mean) * (x - mean);
    }
    return total;
}

/* Values of a window in order; NaN first where it counts. */
static double median(const ama__node *in, const ama__window_spec *s, const span *p, double *x) {
    int64_t n = 0;
    for (int64_t k = 0; k < p->n; k++) {
        double v = ama__dtype_get_f8(in->dtype, in->u.constant.data, p->at + k * p->stride);
        int64_t i = n;
        if (s->skipna && isnan(v)) continue;
        for (; i > 0 && (x[i - 1] > v || isnan(v)); i--) x[i] = x[i - 1];
        x[i] = v;
        n++;
    }
    if (n == 0 || isnan(x[0])) return NAN;
    double a = x[(n - 1) / 2], b = x[n / 2];
    if (n % 2) return a;
    return in->dtype == AMA_F4 ? ((float)a + (float)b) / 2 : (a + b) / 2;
}

static double value_f8(const ama__node *in, const ama__window_spec *s, const span *p, const tally *t, double *work) {
    bool real = ama__dtype_is_float(in->dtype);
    double n = (double)t->n, mean = t->f_sum / n, var;
    if (t->n < s->min_count) return NAN;
    switch (s->op) {
    case AMA_RED_COUNT: return n;
    case AMA_RED_SUM:
        if (real) return t->f_sum;
        return ama__dtype_kind(in->dtype) == 'u' ? (double)(uint64_t)t->sum : (double)t->sum;
    case AMA_RED_PROD:
        if (real) return t->f_product;
        return ama__dtype_kind(in->dtype) == 'u' ? (double)(uint64_t)t->product : (double)t->product;
    case AMA_RED_MEAN: return t->n > 0 ? mean : NAN;
    case AMA_RED_MIN: return t->n > 0 ? t->f_min : NAN;
    case AMA_RED_MAX: return t->n > 0 ? t->f_max : NAN;
    case AMA_RED_MEDIAN: return median(in, s, p, work);
    default:
        if (t->n <= s->ddof) return NAN;
        var = squares(in, s, p, mean) / (n - s->ddof);
        return s->op == AMA_RED_STD ? sqrt(var) : var;
    }
}

static int64_t value_i8(const ama__window_spec *s, const tally *t) {
    switch (s->op) {
    case AMA_RED_COUNT: return t->n;
    case AMA_RED_SUM: return t->sum;
    case AMA_RED_PROD: return t->product;
    case AMA_RED_MIN: return t->min;
    default: return t->max;
    }
}

const ama__pick *ama__labels_window_slice(const ama__node *n) {
    if (n->kind != AMA_NODE_INDEX || n->u.index.in->kind != AMA_NODE_WINDOW) return NULL;
    const ama__node *w = n->u.index.in;
    int axis = w->u.window.spec.axis;
    if (n->ndim != w->ndim) return NULL;
    for (int a = 0; a < n->ndim; a++) {
        const ama__pick *p = &n->u.index.pick[a];
        bool all = p->start == 0 && p->step == 1 && p->count == w->shape[a];
        if (p->in_axis != a || p->list || (a != axis && !all)) return NULL;
    }
    return &n->u.index.pick[axis];
}

ama_status ama__labels_window(ama__graph *g, const ama__node *n, const ama__node *in, const ama__pick *pick,
                              ama__node **out) {
    const ama__window_spec *s = &n->u.window.spec;
    int64_t size, stride[AMA_MAX_DIMS], shape[AMA_MAX_DIMS], idx[AMA_MAX_DIMS] = {0}, extent = n->shape[s->axis];
    bool real = ama__dtype_is_float(in->dtype), skip = real && (s->skipna || s->op == AMA_RED_COUNT);
    char *data;
    double *work;
    for (int a = 0; a < n->ndim; a++) shape[a] = pick && a == s->axis ? pick->count : n->shape[a];
    ama__shape_size(n->ndim, shape, &size);
    ama__shape_strides(n->ndim, n->shape, stride);
    AMA_NEW(g->arena, data, (size_t)(size ? size : 1) * ama__dtype_bytes(n->dtype));
    AMA_NEW(g->arena, work, (s->width < extent ? s->width : extent) + 1);
    for (int64_t i = 0; i < size; i++) {
        int64_t at = pick ? pick->start + idx[s->axis] * pick->step : idx[s->axis];
        int64_t first = at - s->lo > 0 ? at - s->lo : 0, from = first * stride[s->axis];
        int64_t last = at - s->lo + s->width < extent ? at - s->lo + s->width : extent;
        for (int a = 0; a < n->ndim; a++) from += a == s->axis ? 0 : idx[a] * stride[a];
        const span p = {from, stride[s->axis], last - first};
        tally t = {.product = 1, .f_product = 1};
        for (int64_t k = 0; k < p.n; k++) {
            double x = ama__dtype_get_f8(in->dtype, in->u.constant.data, p.at + k * p.stride);
            if (!(skip && isnan(x))) add(in, &t, p.at + k * p.stride);
        }
        if (ama__dtype_is_float(n->dtype))
            ama__dtype_set_f8(n->dtype, data, i, value_f8(in, s, &p, &t, work));
        else
            ama__dtype_set_i8(n->dtype, data, i, value_i8(s, &t));
        ama__index_next(n->ndim, shape, idx);
    }
    return ama__node_const(g, n->dtype, n->ndim, shape, data, false, out);
}
