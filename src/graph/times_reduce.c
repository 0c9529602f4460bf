/* Reductions of times in memory: eagerly, in integers. */
#include <string.h>

#include "graph/reduction.h"

typedef struct tally {
    __int128 sum;
    int64_t n, min, max, first, last;
} tally;

static void add(tally *t, int64_t x) {
    if (x == AMA_NAT) return;
    if (t->n == 0) t->min = t->max = t->first = x;
    if (x < t->min) t->min = x;
    if (x > t->max) t->max = x;
    t->last = x;
    t->sum += x;
    t->n++;
}

static int64_t result(const tally *t, ama__red op) {
    if (t->n == 0) return AMA_NAT;
    switch (op) {
    case AMA_RED_MIN: return t->min;
    case AMA_RED_MAX: return t->max;
    case AMA_RED_FIRST: return t->first;
    case AMA_RED_LAST: return t->last;
    default: {
        __int128 q = t->sum / t->n;
        return (int64_t)(t->sum % t->n < 0 ? q - 1 : q);
    }
    }
}

static bool supported(ama__red op) {
    return op == AMA_RED_MIN || op == AMA_RED_MAX || op == AMA_RED_FIRST || op == AMA_RED_LAST || op == AMA_RED_MEAN;
}

ama_status ama__times_reduce(ama__graph *g, const ama__variable *v, const ama__reduction *r, const bool *reduced,
                             int label_axis, const ama__segments *s, ama__node **out) {
    const ama__node *in = v->node;
    const void *data;
    int64_t shape[AMA_MAX_DIMS], stride[AMA_MAX_DIMS], idx[AMA_MAX_DIMS] = {0}, size, n_out, *value;
    int axis[AMA_MAX_DIMS], ndim = 0;
    tally *t;
    if (ama__red_collects(r->op))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "%s of times is not supported; mean, min, max and count are",
                         ama__red_name(r->op));
    if (!supported(r->op))
        return ama__fail(g->ctx, AMA_ERR_ARG, "%s of times makes no sense; mean, min, max and count do",
                         ama__red_name(r->op));
    AMA_TRY(ama__labels_eval(g, r->eval, v->node, "a time variable", &data));
    for (int a = 0; a < in->ndim; a++) {
        axis[a] = reduced[a] ? -1 : ndim;
        if (!reduced[a]) shape[ndim++] = a == label_axis ? s->n : in->shape[a];
    }
    ama__shape_strides(ndim, shape, stride);
    ama__shape_size(in->ndim, in->shape, &size);
    ama__shape_size(ndim, shape, &n_out);
    AMA_NEW(g->arena, t, n_out + 1);
    AMA_NEW(g->arena, value, n_out + 1);
    for (int64_t i = 0; i < size; i++) {
        int64_t at = 0;
        for (int a = 0; a < in->ndim && at >= 0; a++) {
            int64_t x = a == label_axis ? s->label[idx[a]] : idx[a];
            at = x < 0 ? -1 : at + (axis[a] >= 0 ? x * stride[axis[a]] : 0);
        }
        if (at >= 0) add(&t[at], ((const int64_t *)data)[i]);
        ama__index_next(in->ndim, in->shape, idx);
    }
    for (int64_t i = 0; i < n_out; i++) value[i] = result(&t[i], r->op);
    return ama__node_const(g, AMA_I8, ndim, shape, value, false, out);
}
