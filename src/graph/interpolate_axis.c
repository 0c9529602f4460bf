/* Neighbours of targets on one axis, and the interpolation of one variable from them. scipy.interpolate.interp1d as
 * xarray calls it: sorted labels, hi = clip(searchsorted(x, x_new), 1, n - 1), each step in the types numpy gives it.
 * One-dimensional float64 variables go through numpy.interp, which takes a label that is hit from itself. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/interpolate.h"

/* ---- labels as numbers */

/* Ticks as what xarray makes of times: float64 nanoseconds since `from`; cftime by way of seconds. */
static double since(const ama__timeaxis *time, int64_t tick, int64_t from) {
    double d = (double)(tick - from);
    return time->datetime64 ? d : 1000.0 * (d / 1e6 * 1e6);
}

/* xarray counts times from the earliest label it looks at: two before the one nearest to the first target. */
static int64_t time_origin(const ama__variable *index, const int64_t *order, int64_t n, const ama__variable *target,
                           int64_t m) {
    const int64_t *x = index->node->u.constant.data, *to = target->node->u.constant.data;
    int64_t least = to[0], k = 0;
    for (int64_t i = 1; i < m; i++)
        if (to[i] < least) least = to[i];
    while (k < n && x[order[k]] < least) k++;
    if (k == n || (k > 0 && least - x[order[k - 1]] < x[order[k]] - least)) k--;
    return x[order[k >= 2 ? k - 2 : 0]];
}

static ama_status fill_numbers(ama__graph *g, const ama__interpolate_axis *a, const ama__variable *index,
                               const int64_t *order, int64_t n, const ama__variable *target, double *x, double *to) {
    const ama__timeaxis *time = index ? index->time : NULL;
    int64_t from = time ? time_origin(index, order, n, target, a->n) : 0;
    const void *labels = index ? index->node->u.constant.data : NULL, *wanted = target->node->u.constant.data;
    for (int64_t i = 0; i < n; i++) {
        x[i] = !index ? (double)i
               : time ? since(time, ((const int64_t *)labels)[order[i]], from)
                      : ama__dtype_get_f8(index->node->dtype, labels, order[i]);
        if (isnan(x[i]) || (time && ((const int64_t *)labels)[order[i]] == AMA_NAT))
            return ama__fail(g->ctx, AMA_ERR_ARG, "interp: dim \"%s\" has a missing label", a->dim);
        if (i > 0 && x[i] == x[i - 1])
            return ama__fail(g->ctx, AMA_ERR_ARG, "interp: dim \"%s\" has the label %s twice", a->dim,
                             index ? ama__labels_print(g, index, order[i]) : "");
    }
    for (int64_t i = 0; i < a->n; i++) {
        to[i] =
            time ? since(time, ((const int64_t *)wanted)[i], from) : ama__dtype_get_f8(target->node->dtype, wanted, i);
        if (isnan(to[i]) || (time && ((const int64_t *)wanted)[i] == AMA_NAT))
            return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "interp: a target along dim \"%s\" is missing (NaN)", a->dim);
    }
    return AMA_OK;
}

/* ---- neighbours */

/* Number of sorted labels below the target; with `hit`, at or below it. */
static int64_t search(const double *x, int64_t n, double to, bool hit) {
    int64_t lo = 0, hi = n;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (x[mid] < to || (hit && x[mid] == to))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static double minus(ama_dtype t, double a, double b) {
    return t == AMA_F4 ? (double)((float)a - (float)b) : a - b;
}

static void set_linear(ama__interpolate_axis *a, const int64_t *order, int64_t n) {
    for (int64_t i = 0; i < a->n; i++) {
        int64_t hi = search(a->x, n, a->to[i], false);
        if (hi < 1) hi = 1;
        if (hi > n - 1) hi = n - 1;
        int64_t lo = hi > 0 ? hi - 1 : 0;
        a->lower[i] = order[lo];
        a->upper[i] = order[hi];
        a->dx[i] = minus(a->x_dtype, a->x[hi], a->x[lo]);
        a->w[i] = minus(a->w_dtype, a->to[i], a->x[lo]);
    }
}

static void set_numpy(ama__interpolate_axis *a, const int64_t *order, int64_t n) {
    for (int64_t i = 0; i < a->n; i++) {
        int64_t lo = search(a->x, n, a->to[i], true) - 1;
        if (lo < 0) lo = 0;
        a->hit[i] = a->x[lo] == a->to[i];
        if (lo > n - 2) lo = n > 1 && !a->hit[i] ? n - 2 : n - 1;
        int64_t hi = lo + 1 < n ? lo + 1 : lo;
        a->np_lower[i] = order[lo];
        a->np_upper[i] = order[hi];
        a->np_dx[i] = a->x[hi] - a->x[lo];
        a->np_w[i] = a->to[i] - a->x[lo];
        a->np_w_upper[i] = a->to[i] - a->x[hi];
    }
}

/* The borders between labels are halves added, in the labels' type; a target on one belongs to the lower label. */
static void set_nearest(ama__interpolate_axis *a, const int64_t *order, int64_t n) {
    for (int64_t i = 0; i < a->n; i++) {
        int64_t lo = 0, hi = n - 1;
        while (lo < hi) {
            int64_t mid = lo + (hi - lo) / 2;
            double border = a->x_dtype == AMA_F4 ? (double)((float)a->x[mid] / 2 + (float)a->x[mid + 1] / 2)
                                                 : a->x[mid + 1] / 2 + a->x[mid] / 2;
            if (border < a->to[i])
                lo = mid + 1;
            else
                hi = mid;
        }
        a->lower[i] = order[lo];
    }
}

static ama_status new_lists(ama__graph *g, ama__interpolate_axis *a) {
    AMA_NEW(g->arena, a->lower, a->n);
    AMA_NEW(g->arena, a->upper, a->n);
    AMA_NEW(g->arena, a->dx, a->n);
    AMA_NEW(g->arena, a->w, a->n);
    AMA_NEW(g->arena, a->outside, a->n);
    AMA_NEW(g->arena, a->np_lower, a->n);
    AMA_NEW(g->arena, a->np_upper, a->n);
    AMA_NEW(g->arena, a->np_dx, a->n);
    AMA_NEW(g->arena, a->np_w, a->n);
    AMA_NEW(g->arena, a->np_w_upper, a->n);
    AMA_NEW(g->arena, a->hit, a->n);
    return AMA_OK;
}

static ama_status sorted_order(ama__graph *g, const ama__interpolate_options *o, const char *dim,
                               const ama__variable *index, int64_t n, int64_t **order) {
    if (index) {
        if (o->assume_sorted && ama__labels_direction(index) != 1)
            return ama__fail(g->ctx, AMA_ERR_ARG,
                             "interp: assume_sorted=True, but the labels of dim \"%s\" do not increase", dim);
        return ama__labels_sort(g, index, order);
    }
    AMA_NEW(g->arena, *order, n + 1);
    for (int64_t i = 0; i < n; i++) (*order)[i] = i;
    return AMA_OK;
}

ama_status ama__interpolate_axis_make(ama__graph *g, const ama__interpolate_options *o, const char *dim,
                                      const ama__variable *index, int64_t size, const ama__variable *target,
                                      ama__interpolate_axis *out) {
    ama__interpolate_axis a = {.dim = dim, .n = 1};
    int64_t *order;
    double *x, *to;
    bool time = index && index->time;
    if (target->ndim == 1) {
        a.new_dim = target->dim[0];
        a.n = target->node->shape[0];
    }
    if (a.n == 0 || size == 0)
        return ama__fail(g->ctx, AMA_ERR_ARG, "interp: there is nothing to interpolate along dim \"%s\"", dim);
    a.x_dtype = time ? AMA_F8 : index ? index->node->dtype : AMA_I8;
    ama_dtype t = !time && target->node->dtype == AMA_F4 ? AMA_F4 : AMA_F8;
    if (!ama__dtype_promote(t, a.x_dtype, &a.w_dtype)) a.w_dtype = AMA_F8;
    a.numpy = !o->extrapolate && o->method == AMA_INTERPOLATE_LINEAR && (a.x_dtype == AMA_F8 || a.x_dtype == AMA_I8);
    AMA_TRY(new_lists(g, &a));
    AMA_TRY(sorted_order(g, o, dim, index, size, &order));
    AMA_NEW(g->arena, x, size);
    AMA_NEW(g->arena, to, a.n);
    AMA_TRY(fill_numbers(g, &a, index, order, size, target, x, to));
    a.x = x;
    a.to = to;
    if (o->method == AMA_INTERPOLATE_NEAREST)
        set_nearest(&a, order, size);
    else
        set_linear(&a, order, size);
    if (a.numpy) set_numpy(&a, order, size);
    for (int64_t i = 0; i < a.n; i++)
        a.outside[i] = o->extrapolate ? 0 : to[i] < x[0] ? 1 : to[i] > x[size - 1] ? 2 : 0;
    *out = a;
    return AMA_OK;
}

/* ---- one variable */

/* What the steps share: where the axis stands in the result, -1 when it goes. */
typedef struct frame {
    ama__graph *g;
    const ama__interpolate_axis *x;
    int axis, ndim;
    int64_t shape[AMA_MAX_DIMS];
} frame;

static ama_status take(const frame *f, ama__node *in, const int64_t *list, ama__node **out) {
    ama__pick pick[AMA_MAX_DIMS];
    int64_t fixed[AMA_MAX_DIMS];
    int ndim = 0;
    for (int a = 0; a < in->ndim; a++) {
        fixed[a] = -1;
        if (a == f->axis && !f->x->new_dim)
            fixed[a] = list[0];
        else if (a == f->axis)
            pick[ndim++] = (ama__pick){.in_axis = a, .count = f->x->n, .list = list};
        else
            pick[ndim++] = (ama__pick){.in_axis = a, .count = in->shape[a], .step = 1};
    }
    return ama__labels_take(f->g, in, ndim, pick, fixed, out);
}

/* op of arrays of the result's shape and constants along the axis (n of them). */
static ama_status apply(const frame *f, ama__op op, int n, ama__node *const *in, ama__node **out) {
    int8_t axis[3][AMA_MAX_DIMS];
    for (int k = 0; k < n; k++) {
        bool along = in[k]->ndim != f->ndim || f->ndim == 0;
        for (int a = 0; a < f->ndim; a++)
            axis[k][a] = (int8_t)(!along ? a : in[k]->ndim == 1 && f->x->new_dim && a == f->axis ? 0 : -1);
    }
    ama__node *made; /* out may be one of in[] */
    AMA_TRY(ama__node_map(f->g, op, n, in, (const int8_t(*)[AMA_MAX_DIMS])axis, f->ndim, f->shape, &made));
    *out = made;
    return AMA_OK;
}

/* A constant along the axis: one of the result's dims, or 0-d. */
static ama_status along(const frame *f, ama_dtype t, const double *value, ama__node **out) {
    void *data;
    AMA_NEW(f->g->arena, data, (size_t)f->x->n * ama__dtype_bytes(t));
    for (int64_t i = 0; i < f->x->n; i++)
        if (ama__dtype_is_float(t))
            ama__dtype_set_f8(t, data, i, value[i]);
        else
            ama__dtype_set_i8(t, data, i, (int64_t)value[i]);
    return ama__node_const(f->g, t, f->x->new_dim ? 1 : 0, &f->x->n, data, false, out);
}

static ama_status flags(const frame *f, const uint8_t *flag, ama__node **out) {
    return ama__node_const(f->g, AMA_BOOL, f->x->new_dim ? 1 : 0, &f->x->n, flag, false, out);
}

/* slope * w + base. */
static ama_status line(const frame *f, ama__node *slope, ama__node *w, ama__node *base, ama__node **out) {
    ama__node *in[2] = {slope, w};
    AMA_TRY(apply(f, AMA_OP_MUL, 2, in, &in[0]));
    in[1] = base;
    return apply(f, AMA_OP_ADD, 2, in, out);
}

/* Outside the labels stands the fill value: as a NaN weight where that is enough. */
static ama_status fill_outside(const frame *f, const ama__interpolate_options *o, ama__node *node, ama__node **out) {
    uint8_t *inside;
    double *fill;
    ama__node *in[3] = {NULL, node, NULL};
    bool any = false;
    AMA_NEW(f->g->arena, inside, f->x->n);
    AMA_NEW(f->g->arena, fill, f->x->n);
    for (int64_t i = 0; i < f->x->n; i++) {
        inside[i] = f->x->outside[i] == 0;
        any = any || !inside[i];
        fill[i] = !o->has_fill ? NAN : f->x->outside[i] == 1 ? o->fill_below : o->fill_above;
    }
    *out = node;
    if (!any) return AMA_OK;
    AMA_TRY(flags(f, inside, &in[0]));
    AMA_TRY(along(f, node->dtype, fill, &in[2]));
    return apply(f, AMA_OP_WHERE, 3, in, out);
}

static ama_status slope_of(const frame *f, ama__node *lower, ama__node *upper, ama_dtype t, const double *dx,
                           ama__node **out) {
    ama__node *in[2] = {upper, lower};
    AMA_TRY(apply(f, AMA_OP_SUB, 2, in, &in[0]));
    AMA_TRY(along(f, t, dx, &in[1]));
    return apply(f, AMA_OP_DIV, 2, in, out);
}

static ama_status linear(const frame *f, const ama__interpolate_options *o, ama__node *y, ama__node **out) {
    const ama__interpolate_axis *x = f->x;
    ama__node *lower, *upper, *slope, *w;
    double *weight;
    AMA_TRY(take(f, y, x->lower, &lower));
    AMA_TRY(take(f, y, x->upper, &upper));
    AMA_TRY(slope_of(f, lower, upper, x->x_dtype, x->dx, &slope));
    AMA_NEW(f->g->arena, weight, x->n);
    for (int64_t i = 0; i < x->n; i++) weight[i] = x->outside[i] && !o->has_fill ? NAN : x->w[i];
    AMA_TRY(along(f, x->w_dtype, weight, &w));
    AMA_TRY(line(f, slope, w, lower, out));
    return o->has_fill ? fill_outside(f, o, *out, out) : AMA_OK;
}

static ama_status choose(const frame *f, ama__node *flag, ama__node *a, ama__node *b, ama__node **out) {
    return apply(f, AMA_OP_WHERE, 3, (ama__node *[]){flag, a, b}, out);
}

/* numpy.interp: from the lower neighbour; where that is NaN, from the upper one, or what both are; hits as they are. */
static ama_status linear_numpy(const frame *f, const ama__interpolate_options *o, ama__node *y, ama__node **out) {
    const ama__interpolate_axis *x = f->x;
    ama__node *lower, *upper, *slope, *w, *r, *other, *flag;
    AMA_TRY(take(f, y, x->np_lower, &lower));
    AMA_TRY(take(f, y, x->np_upper, &upper));
    AMA_TRY(slope_of(f, lower, upper, AMA_F8, x->np_dx, &slope));
    AMA_TRY(along(f, AMA_F8, x->np_w, &w));
    AMA_TRY(line(f, slope, w, lower, &r));
    AMA_TRY(along(f, AMA_F8, x->np_w_upper, &w));
    AMA_TRY(line(f, slope, w, upper, &other));
    AMA_TRY(apply(f, AMA_OP_NOTNULL, 1, &r, &flag));
    AMA_TRY(choose(f, flag, r, other, &r));
    AMA_TRY(apply(f, AMA_OP_ISNULL, 1, &r, &flag));
    AMA_TRY(apply(f, AMA_OP_EQ, 2, (ama__node *[]){lower, upper}, &other));
    AMA_TRY(apply(f, AMA_OP_AND, 2, (ama__node *[]){flag, other}, &flag));
    AMA_TRY(choose(f, flag, lower, r, &r));
    AMA_TRY(flags(f, x->hit, &flag));
    AMA_TRY(choose(f, flag, lower, r, &r));
    return fill_outside(f, o, r, out);
}

ama_status ama__interpolate_variable(ama__graph *g, const ama__interpolate_options *o, const ama__interpolate_axis *x,
                                     const ama__variable *v, ama__variable **out) {
    frame f = {.g = g, .x = x, .axis = ama__variable_axis(v, x->dim)};
    const char *dim[AMA_MAX_DIMS];
    ama__node *y = v->node, *node;
    for (int a = 0; a < v->ndim; a++) {
        if (a == f.axis && !x->new_dim) continue;
        dim[f.ndim] = a == f.axis ? x->new_dim : v->dim[a];
        f.shape[f.ndim++] = a == f.axis ? x->n : v->node->shape[a];
    }
    if (!ama__dtype_is_float(y->dtype)) AMA_TRY(ama__node_cast(g, y, AMA_F8, &y));
    if (o->method == AMA_INTERPOLATE_NEAREST) {
        AMA_TRY(take(&f, y, x->lower, &node));
        AMA_TRY(fill_outside(&f, o, node, &node));
    } else {
        bool numpy = x->numpy && v->ndim == 1 && y->dtype == AMA_F8;
        AMA_TRY((numpy ? linear_numpy : linear)(&f, o, y, &node));
    }
    return ama__variable_new(g, dim, node, out);
}
