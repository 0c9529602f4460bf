/* Values of nodes without a plan: arrays in memory, indexing and elementwise operations on them. Meant for labels,
 * masks and weights, which are small; the loops are plain. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "graph/labels_private.h"

#define EAGER_MAX (INT64_C(1) << 22)
#define WINDOWS_MAX (INT64_C(1) << 26) /* values that windows may meet */
#define DEPTH_MAX 64

static bool eager(const ama__node *n, int depth) {
    int64_t size;
    if (n->kind == AMA_NODE_CONST) return true;
    if (depth > DEPTH_MAX || !ama__shape_size(n->ndim, n->shape, &size) || size > EAGER_MAX) return false;
    const ama__node *window = ama__labels_window_slice(n) ? n->u.index.in : n;
    if (window->kind == AMA_NODE_WINDOW)
        return size < WINDOWS_MAX / window->u.window.spec.width && eager(window->u.window.in, depth + 1);
    if (n->kind == AMA_NODE_INDEX) return eager(n->u.index.in, depth + 1);
    if (n->kind != AMA_NODE_MAP) return false;
    for (int k = 0; k < n->u.map.n_in; k++)
        if (!eager(n->u.map.in[k], depth + 1)) return false;
    return true;
}

bool ama__labels_is_eager(const ama__node *node) {
    return eager(node, 0);
}

/* ---- one element of an operation */

static double function_f8(ama__op op, double x) {
    switch (op) {
    case AMA_OP_NEG: return -x;
    case AMA_OP_ABS: return fabs(x);
    case AMA_OP_SIGN: return isnan(x) ? x : (x > 0) - (x < 0);
    case AMA_OP_SQUARE: return x * x;
    case AMA_OP_FLOOR: return floor(x);
    case AMA_OP_CEIL: return ceil(x);
    case AMA_OP_TRUNC: return trunc(x);
    case AMA_OP_RINT: return rint(x);
    case AMA_OP_SQRT: return sqrt(x);
    case AMA_OP_CBRT: return cbrt(x);
    case AMA_OP_EXP: return exp(x);
    case AMA_OP_EXP2: return exp2(x);
    case AMA_OP_EXPM1: return expm1(x);
    case AMA_OP_LOG: return log(x);
    case AMA_OP_LOG2: return log2(x);
    case AMA_OP_LOG10: return log10(x);
    case AMA_OP_LOG1P: return log1p(x);
    case AMA_OP_SIN: return sin(x);
    case AMA_OP_COS: return cos(x);
    case AMA_OP_TAN: return tan(x);
    case AMA_OP_ARCSIN: return asin(x);
    case AMA_OP_ARCCOS: return acos(x);
    case AMA_OP_ARCTAN: return atan(x);
    case AMA_OP_SINH: return sinh(x);
    case AMA_OP_COSH: return cosh(x);
    case AMA_OP_TANH: return tanh(x);
    case AMA_OP_DEG2RAD: return x * (M_PI / 180.0);
    case AMA_OP_RAD2DEG: return x * (180.0 / M_PI);
    default: return x;
    }
}

static double floor_mod(double x, double y) {
    double r = fmod(x, y);
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

static double binary_f8(ama__op op, double x, double y) {
    switch (op) {
    case AMA_OP_ADD: return x + y;
    case AMA_OP_SUB: return x - y;
    case AMA_OP_MUL: return x * y;
    case AMA_OP_DIV: return x / y;
    case AMA_OP_FLOORDIV: return y == 0 ? x / y : floor((x - floor_mod(x, y)) / y + 0.5);
    case AMA_OP_MOD: return floor_mod(x, y);
    case AMA_OP_POW: return pow(x, y);
    case AMA_OP_MINIMUM: return isnan(x) || isnan(y) ? NAN : x < y ? x : y;
    case AMA_OP_MAXIMUM: return isnan(x) || isnan(y) ? NAN : x > y ? x : y;
    case AMA_OP_FMIN: return fmin(x, y);
    case AMA_OP_FMAX: return fmax(x, y);
    case AMA_OP_HYPOT: return hypot(x, y);
    case AMA_OP_ARCTAN2: return atan2(x, y);
    default: return NAN;
    }
}

static int64_t power_i8(int64_t x, int64_t y) {
    uint64_t r = 1, b = (uint64_t)x;
    for (; y > 0; y >>= 1, b *= b)
        if (y & 1) r *= b;
    return (int64_t)r;
}

static int64_t binary_i8(ama__op op, int64_t x, int64_t y) {
    switch (op) {
    case AMA_OP_ADD: return (int64_t)((uint64_t)x + (uint64_t)y);
    case AMA_OP_SUB: return (int64_t)((uint64_t)x - (uint64_t)y);
    case AMA_OP_MUL: return (int64_t)((uint64_t)x * (uint64_t)y);
    case AMA_OP_FLOORDIV:
        if (y == 0) return 0;
        if (y == -1) return (int64_t)(0 - (uint64_t)x);
        return x / y - (x % y != 0 && (x < 0) != (y < 0));
    case AMA_OP_MOD:
        if (y == 0 || y == -1) return 0;
        return x % y + (x % y != 0 && (x < 0) != (y < 0) ? y : 0);
    case AMA_OP_POW: return power_i8(x, y);
    case AMA_OP_MINIMUM:
    case AMA_OP_FMIN: return x < y ? x : y;
    case AMA_OP_MAXIMUM:
    case AMA_OP_FMAX: return x > y ? x : y;
    case AMA_OP_AND: return x & y;
    case AMA_OP_OR: return x | y;
    case AMA_OP_XOR: return x ^ y;
    case AMA_OP_NEG: return (int64_t)(0 - (uint64_t)x);
    case AMA_OP_ABS: return x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
    case AMA_OP_SIGN: return (x > 0) - (x < 0);
    case AMA_OP_SQUARE: return (int64_t)((uint64_t)x * (uint64_t)x);
    default: return x;
    }
}

static bool compare(ama__op op, bool less, bool equal, bool greater) {
    switch (op) {
    case AMA_OP_EQ: return equal;
    case AMA_OP_NE: return !equal;
    case AMA_OP_LT: return less;
    case AMA_OP_LE: return less || equal;
    case AMA_OP_GT: return greater;
    default: return greater || equal;
    }
}

/* x, y already in the calculation type: float32 steps are rounded as float32 arithmetic rounds. */
static void element(const ama__node *n, const ama__node *const *in, const int64_t *at, int64_t k, void *out) {
    ama__op op = n->u.map.op;
    char class = ama__op_class(op);
    int first = class == 'w' ? 1 : 0;
    bool floats = ama__dtype_is_float(n->u.map.calc), narrow = n->u.map.calc == AMA_F4;
    if (class == 'w' && !ama__dtype_get_i8(AMA_BOOL, in[0]->u.constant.data, at[0])) first = 2;
    const ama__node *a = in[first], *b = in[n->u.map.n_in > 1 && class != 'w' ? 1 : first];
    int64_t ia = at[first], ib = at[n->u.map.n_in > 1 && class != 'w' ? 1 : first];
    double x = ama__dtype_get_f8(a->dtype, a->u.constant.data, ia),
           y = ama__dtype_get_f8(b->dtype, b->u.constant.data, ib);
    int64_t i = ama__dtype_get_i8(a->dtype, a->u.constant.data, ia),
            j = ama__dtype_get_i8(b->dtype, b->u.constant.data, ib);
    if (narrow) x = (float)x, y = (float)y;
    if (class == 'c') {
        bool r = floats ? compare(op, x<y, x == y, x> y) : compare(op, i<j, i == j, i> j);
        ama__dtype_set_i8(AMA_BOOL, out, k, r);
    } else if (class == 'p') {
        bool real = ama__dtype_is_float(a->dtype), r = op == AMA_OP_NOTNULL || op == AMA_OP_ISFINITE;
        if (op == AMA_OP_LOGICAL_NOT)
            r = real ? x == 0 : i == 0;
        else if (real && op == AMA_OP_ISNULL)
            r = isnan(x);
        else if (real && op == AMA_OP_NOTNULL)
            r = !isnan(x);
        else if (real && op == AMA_OP_ISFINITE)
            r = isfinite(x);
        else if (real && op == AMA_OP_ISINF)
            r = isinf(x);
        ama__dtype_set_i8(AMA_BOOL, out, k, r);
    } else if (op == AMA_OP_CAST && n->dtype == AMA_BOOL) {
        ama__dtype_set_i8(AMA_BOOL, out, k, ama__dtype_is_float(a->dtype) ? x != 0 : i != 0);
    } else if (op == AMA_OP_NOT) {
        ama__dtype_set_i8(n->dtype, out, k, n->dtype == AMA_BOOL ? !i : ~i);
    } else if (floats) {
        double r = class == 'w' || class == 'k'     ? x
                   : n->u.map.n_in == 2             ? binary_f8(op, x, y)
                   : narrow && op == AMA_OP_DEG2RAD ? (double)((float)x * (float)(M_PI / 180.0))
                                                    : function_f8(op, x);
        ama__dtype_set_f8(n->dtype, out, k, r);
    } else if (n->dtype == AMA_BOOL && (op == AMA_OP_ADD || op == AMA_OP_MUL)) {
        ama__dtype_set_i8(AMA_BOOL, out, k, op == AMA_OP_ADD ? i || j : i && j);
    } else if (class == 'k' && ama__dtype_is_float(a->dtype)) {
        ama__dtype_set_f8(n->dtype, out, k, x);
    } else {
        ama__dtype_set_i8(n->dtype, out, k, class == 'w' || class == 'k' ? i : binary_i8(op, i, j));
    }
}

static ama_status fold(ama__graph *g, const ama__node *n, const ama__node **out);

static ama_status fold_map(ama__graph *g, const ama__node *n, const ama__node **out) {
    const ama__node *in[3] = {NULL, NULL, NULL};
    int64_t size, stride[3][AMA_MAX_DIMS], idx[AMA_MAX_DIMS] = {0}, own[AMA_MAX_DIMS];
    char *data;
    ama__node *c;
    ama__shape_size(n->ndim, n->shape, &size);
    for (int k = 0; k < n->u.map.n_in; k++) {
        AMA_TRY(fold(g, n->u.map.in[k], &in[k]));
        ama__shape_strides(in[k]->ndim, in[k]->shape, own);
        for (int a = 0; a < n->ndim; a++) stride[k][a] = n->u.map.axis[k][a] >= 0 ? own[n->u.map.axis[k][a]] : 0;
    }
    AMA_NEW(g->arena, data, (size_t)(size ? size : 1) * ama__dtype_bytes(n->dtype));
    for (int64_t i = 0; i < size; i++) {
        int64_t at[3] = {0, 0, 0};
        for (int k = 0; k < n->u.map.n_in; k++)
            for (int a = 0; a < n->ndim; a++) at[k] += idx[a] * stride[k][a];
        element(n, in, at, i, data);
        ama__index_next(n->ndim, n->shape, idx);
    }
    AMA_TRY(ama__node_const(g, n->dtype, n->ndim, n->shape, data, false, &c));
    *out = c;
    return AMA_OK;
}

static ama_status fold(ama__graph *g, const ama__node *n, const ama__node **out) {
    const ama__node *in;
    ama__node *c;
    *out = n;
    if (n->kind == AMA_NODE_CONST) return AMA_OK;
    if (n->kind == AMA_NODE_MAP) return fold_map(g, n, out);
    const ama__pick *slice = ama__labels_window_slice(n);
    const ama__node *window = slice ? n->u.index.in : n;
    if (window->kind == AMA_NODE_WINDOW) {
        AMA_TRY(fold(g, window->u.window.in, &in));
        AMA_TRY(ama__labels_window(g, window, in, slice, &c));
        *out = c;
        return AMA_OK;
    }
    AMA_TRY(fold(g, n->u.index.in, &in));
    AMA_TRY(ama__labels_take(g, (ama__node *)in, n->ndim, n->u.index.pick, n->u.index.fixed, &c));
    *out = c;
    return AMA_OK;
}

ama_status ama__labels_eval_const(ama__graph *g, const ama__evaluator *ev, ama__node *node, const char *what,
                                  ama__node **out) {
    const void *data;
    const ama__node *c;
    if (!ev) ev = g->eval;
    if (ama__labels_is_eager(node)) {
        AMA_TRY(fold(g, node, &c));
        *out = (ama__node *)c; /* nodes are made by this graph; only the fold sees them as const */
        return AMA_OK;
    }
    if (!ev || !ev->fn)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "the values of %s would have to be computed first, which is not possible here", what);
    AMA_TRY(ev->fn(ev->user, node, &data));
    return ama__node_const(g, node->dtype, node->ndim, node->shape, data, false, out);
}

ama_status ama__labels_eval(ama__graph *g, const ama__evaluator *ev, ama__node *node, const char *what,
                            const void **data) {
    ama__node *c;
    AMA_TRY(ama__labels_eval_const(g, ev, node, what, &c));
    *data = c->u.constant.data;
    return AMA_OK;
}

/* ---- equality */

static bool same_pick(const ama__pick *a, const ama__pick *b) {
    if (a->in_axis != b->in_axis || a->count != b->count || !a->list != !b->list) return false;
    if (a->in_axis < 0) return true;
    if (a->list) return memcmp(a->list, b->list, (size_t)a->count * sizeof *a->list) == 0;
    return a->start == b->start && (a->step == b->step || a->count <= 1);
}

static bool same_shape(const ama__node *a, const ama__node *b) {
    if (a->ndim != b->ndim) return false;
    for (int i = 0; i < a->ndim; i++)
        if (a->shape[i] != b->shape[i]) return false;
    return true;
}

static bool same_structure(const ama__node *a, const ama__node *b, int depth);

static bool same_source(const ama__node *a, const ama__node *b) {
    if (a->u.source.n_parts != b->u.source.n_parts || a->u.source.axis != b->u.source.axis) return false;
    for (int i = 0; i < a->u.source.n_parts; i++) {
        const ama__source_part *p = &a->u.source.part[i], *q = &b->u.source.part[i];
        if (p->var != q->var || p->start != q->start || p->count != q->count) return false;
        if (p->store != q->store && strcmp(p->store->path, q->store->path) != 0) return false;
    }
    return true;
}

static bool same_map(const ama__node *a, const ama__node *b, int depth) {
    if (a->u.map.op != b->u.map.op || a->u.map.calc != b->u.map.calc) return false;
    for (int k = 0; k < a->u.map.n_in; k++)
        if (memcmp(a->u.map.axis[k], b->u.map.axis[k], AMA_MAX_DIMS) != 0 ||
            !same_structure(a->u.map.in[k], b->u.map.in[k], depth + 1))
            return false;
    return true;
}

static bool same_window(const ama__window_spec *a, const ama__window_spec *b) {
    return a->op == b->op && a->axis == b->axis && a->width == b->width && a->lo == b->lo && a->skipna == b->skipna &&
           a->min_count == b->min_count && a->ddof == b->ddof && a->every == b->every && a->phase == b->phase;
}

static bool same_constant(const ama__node *a, const ama__node *b) {
    int64_t n;
    ama__variable v = {.node = (ama__node *)a}, w = {.node = (ama__node *)b};
    ama__shape_size(a->ndim, a->shape, &n);
    for (int64_t i = 0; i < n; i++)
        if (ama__labels_compare(&v, i, &w, i) != 0) return false;
    return true;
}

static bool same_structure(const ama__node *a, const ama__node *b, int depth) {
    if (a == b) return true;
    if (a->kind != b->kind || a->dtype != b->dtype || !same_shape(a, b) || depth > DEPTH_MAX) return false;
    switch (a->kind) {
    case AMA_NODE_SOURCE: return same_source(a, b);
    case AMA_NODE_CONST: return same_constant(a, b);
    case AMA_NODE_MAP: return same_map(a, b, depth);
    case AMA_NODE_INDEX:
        for (int i = 0; i < a->ndim; i++)
            if (!same_pick(&a->u.index.pick[i], &b->u.index.pick[i])) return false;
        for (int i = 0; i < a->u.index.in->ndim; i++)
            if (a->u.index.fixed[i] != b->u.index.fixed[i]) return false;
        return same_structure(a->u.index.in, b->u.index.in, depth + 1);
    case AMA_NODE_WINDOW:
        return same_window(&a->u.window.spec, &b->u.window.spec) &&
               same_structure(a->u.window.in, b->u.window.in, depth + 1);
    default: return false;
    }
}

int ama__labels_same_values(const ama__node *a, const ama__node *b) {
    if (!same_shape(a, b)) return 0;
    if (same_structure(a, b, 0)) return 1;
    if (a->kind == AMA_NODE_CONST && b->kind == AMA_NODE_CONST) return same_constant(a, b);
    return -1;
}
