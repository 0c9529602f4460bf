#include "graph/polynode.h"

static ama_status map_same(const ama__fit *f, ama__op op, int n, ama__node *const *in, ama__node **out) {
    int8_t axis[3][AMA_MAX_DIMS];
    const ama__node *shape = in[0];
    for (int k = 1; k < n; k++)
        if (in[k]->ndim > shape->ndim) shape = in[k];
    for (int k = 0; k < n; k++)
        for (int a = 0; a < AMA_MAX_DIMS; a++) axis[k][a] = (int8_t)(in[k]->ndim == 0 ? -1 : a);
    return ama__node_map(f->g, op, n, in, (const int8_t(*)[AMA_MAX_DIMS])axis, shape->ndim, shape->shape, out);
}

ama_status ama__fit_binary(const ama__fit *f, ama__op op, ama__node *a, ama__node *b, ama__node **out) {
    return map_same(f, op, 2, (ama__node *[]){a, b}, out);
}

ama_status ama__fit_where(const ama__fit *f, ama__node *test, ama__node *a, ama__node *b, ama__node **out) {
    return map_same(f, AMA_OP_WHERE, 3, (ama__node *[]){test, a, b}, out);
}

ama_status ama__fit_scalar(const ama__fit *f, double x, ama__node **out) {
    return ama__node_scalar(f->g, AMA_F8, x, 0, out);
}

ama_status ama__fit_along(const ama__fit *f, ama__op op, ama__node *x, const double *along, double other,
                          ama__node **out) {
    int8_t axis[3][AMA_MAX_DIMS];
    ama__node *in[3] = {x};
    AMA_TRY(ama__node_const(f->g, AMA_F8, 1, &f->b->n, along, false, &in[1]));
    AMA_TRY(ama__fit_scalar(f, other, &in[2]));
    for (int a = 0; a < AMA_MAX_DIMS; a++) {
        axis[0][a] = (int8_t)a;
        axis[1][a] = a == f->axis ? 0 : -1;
        axis[2][a] = -1;
    }
    return ama__node_map(f->g, op, op == AMA_OP_WHERE ? 3 : 2, in, (const int8_t(*)[AMA_MAX_DIMS])axis, x->ndim,
                         x->shape, out);
}

ama_status ama__fit_reduce(const ama__fit *f, ama__red op, ama__node *x, bool skipna, ama__node **out) {
    ama__reduce_spec spec = {.op = op, .label_axis = -1, .skipna = skipna};
    spec.reduced[f->axis] = true;
    return ama__node_reduce(f->g, x, &spec, out);
}

ama_status ama__fit_take_away(const ama__fit *f, ama__node *a, ama__node *b, ama__node **x) {
    ama__node *product;
    AMA_TRY(ama__fit_binary(f, AMA_OP_MUL, a, b, &product));
    return ama__fit_binary(f, AMA_OP_SUB, *x, product, x);
}

ama_status ama__fit_dot(const ama__fit *f, ama__node *const *a, ama__node *const *b, ama__node **out) {
    for (int k = 0; k < f->b->p; k++) {
        ama__node *product;
        AMA_TRY(ama__fit_binary(f, AMA_OP_MUL, a[k], b[k], &product));
        if (k > 0)
            AMA_TRY(ama__fit_binary(f, AMA_OP_ADD, *out, product, out));
        else
            *out = product;
    }
    return AMA_OK;
}

ama_status ama__fit_settle(const ama__fit *f, ama__node *x, ama__node **out) {
    ama__reduce_spec spec = {.op = AMA_RED_FIRST, .label_axis = -1};
    return ama__node_reduce(f->g, x, &spec, out);
}
