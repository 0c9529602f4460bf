/* Random graphs with the values every node must have, worked out naively while the graph is made. */
#ifndef AMA_TESTS_ENGINE_GRAPH_H
#define AMA_TESTS_ENGINE_GRAPH_H

#include "engine_world.h"

/* A node and its values. Where not exact (sums whose bits depend on their order), a value may be off by atol + rtol
 * times itself, and nothing but indexing is done with it. */
typedef struct en_node {
    ama__node *node;
    void *data; /* dense, native, of the node's dtype; malloc */
    bool exact;
    double atol, rtol;
} en_node;

#define EN_NODES 40

typedef struct en_graph {
    en_world *w;
    ama__graph g;
    int n;
    en_node node[EN_NODES];
    int64_t max_elements;
} en_graph;

static inline void en_graph_open(en_graph *eg, en_world *w, int64_t max_elements) {
    memset(eg, 0, sizeof *eg);
    eg->w = w;
    eg->g.ctx = w->ctx;
    eg->max_elements = max_elements;
    assert_int_equal(ama__arena_create(w->ctx, &eg->g.arena), AMA_OK);
}

static inline void en_graph_close(en_graph *eg) {
    for (int i = 0; i < eg->n; i++) free(eg->node[i].data);
    ama__arena_destroy(&eg->g.arena);
}

static inline int64_t en_node_size(const ama__node *n) {
    return en_size(n->ndim, n->shape);
}

static inline en_node *en_add(en_graph *eg, ama__node *node, void *data) {
    en_node *e = &eg->node[eg->n++];
    *e = (en_node){.node = node, .data = data, .exact = true};
    return e;
}

static inline void *en_new_data(const ama__node *n) {
    return calloc((size_t)en_node_size(n) + 1, 8);
}

/* ---- constants */

static inline void en_add_const(en_graph *eg, int ndim, const int64_t *shape) {
    ama__node *n;
    ama_dtype t = (ama_dtype)(AMA_BOOL + en_below(AMA_F8 - AMA_BOOL + 1));
    int64_t size = en_size(ndim, shape);
    void *data = calloc((size_t)size + 1, 8);
    for (int64_t i = 0; i < size; i++) ref_set(en_stored_value(t), data, i);
    assert_int_equal(ama__node_const(&eg->g, t, ndim, shape, data, true, &n), AMA_OK);
    en_add(eg, n, data);
}

/* ---- indexing */

static inline int64_t en_pick_at(const ama__pick *p, int64_t i) {
    return p->list ? p->list[i] : p->start + i * p->step;
}

/* What INDEX means, element by element. */
static inline void en_index_values(const en_node *in, const ama__node *out, const ama__pick *pick, const int64_t *fixed,
                                   void *data) {
    int64_t at[AMA_MAX_DIMS] = {0}, stride[AMA_MAX_DIMS], k = 0;
    if (en_node_size(out) == 0) return;
    ama__shape_strides(in->node->ndim, in->node->shape, stride);
    do {
        int64_t from = 0;
        bool missing = false;
        for (int i = 0; i < in->node->ndim; i++)
            if (fixed[i] >= 0) from += fixed[i] * stride[i];
        for (int a = 0; a < out->ndim; a++) {
            if (pick[a].in_axis < 0) continue;
            int64_t x = en_pick_at(&pick[a], at[a]);
            if (x < 0)
                missing = true;
            else
                from += x * stride[pick[a].in_axis];
        }
        ref_value v =
            missing ? ref_float(out->dtype, NAN) : ref_cast(ref_get(in->node->dtype, in->data, from), out->dtype);
        ref_set(v, data, k++);
    } while (ama__index_next(out->ndim, out->shape, at));
}

/* A pick of `count` indices of an axis of n: a slice where it fits, or a list. */
static inline ama__pick en_draw_pick(en_graph *eg, int axis, int64_t n, int64_t count, bool missing) {
    ama__pick p = {.in_axis = axis, .count = count, .step = 1};
    if (count <= n && !en_chance(25)) {
        int64_t most = count > 1 ? (n - 1) / (count - 1) : 1;
        if (most > 7) most = 7;
        p.step = en_chance(60) ? 1 : 1 + en_below(most);
        p.start = en_below(n - (count > 0 ? count - 1 : 0) * p.step);
        if (en_chance(30) && count > 0) {
            p.start += (count - 1) * p.step;
            p.step = -p.step;
        }
        if (count == 1 && en_chance(20)) p.step = 0;
        return p;
    }
    int64_t *list = ama__arena_alloc(eg->g.arena, (size_t)(count + 1) * sizeof *list);
    bool sorted = count <= n && en_chance(50), walk = !sorted && en_chance(60), down = en_chance(50);
    int64_t place = down ? n - 1 : 0;           /* a walk: small steps in one direction, standing still now and then */
    if (count == n && n > 1 && en_chance(60)) { /* as shift and roll have it */
        int64_t by = en_below(n), gone = missing && en_chance(50) ? -1 : 0;
        for (int64_t i = 0; i < n; i++) list[i] = i >= by ? i - by : gone < 0 ? -1 : i - by + n;
        p.list = list;
        return p;
    }
    for (int64_t i = 0; walk && i < count; i++) {
        list[i] = place;
        place += (down ? -1 : 1) * en_below(4);
        place = place < 0 ? 0 : place > n - 1 ? n - 1 : place;
    }
    for (int64_t i = 0, x = 0; !walk && i < count; i++) {
        if (sorted) x = (i ? x + 1 : 0) + en_below(n - count + i - (i ? x + 1 : 0) + 1);
        list[i] = sorted ? x : missing && en_chance(10) ? -1 : en_below(n);
    }
    p.list = list;
    return p;
}

/* Indexes node k so that the result has `ndim` axes with extents shape[] (taken from as many axes of k as there are, in
 * any order, or repeated). NULL where that cannot be. */
static inline en_node *en_fit(en_graph *eg, int k, int ndim, const int64_t *shape, bool permute) {
    const en_node in = eg->node[k];
    ama__pick pick[AMA_MAX_DIMS];
    int64_t fixed[AMA_MAX_DIMS];
    bool used[AMA_MAX_DIMS] = {false}, missing = en_chance(30);
    ama__node *n;
    if (eg->n >= EN_NODES || en_size(ndim, shape) > eg->max_elements) return NULL;
    for (int a = 0; a < ndim; a++) {
        int axis = permute ? (int)en_below(in.node->ndim) : a;
        if (axis >= in.node->ndim || used[axis] || en_chance(5)) axis = -1;
        if (axis >= 0 && in.node->shape[axis] == 0) axis = -1;
        pick[a] = (ama__pick){.in_axis = -1, .count = shape[a]};
        if (axis < 0) continue;
        used[axis] = true;
        pick[a] = en_draw_pick(eg, axis, in.node->shape[axis], shape[a], missing);
    }
    for (int i = 0; i < in.node->ndim; i++) {
        if (!used[i] && in.node->shape[i] == 0) return NULL;
        fixed[i] = used[i] ? -1 : en_below(in.node->shape[i]);
    }
    assert_int_equal(ama__node_index(&eg->g, in.node, ndim, pick, fixed, &n), AMA_OK);
    if (!in.exact && n->dtype != in.node->dtype) return NULL;
    en_node *e = en_add(eg, n, en_new_data(n));
    en_index_values(&in, n, pick, fixed, e->data);
    e->exact = in.exact;
    e->atol = in.atol;
    e->rtol = in.rtol;
    return e;
}

static inline void en_add_index(en_graph *eg, int k) {
    const ama__node *in = eg->node[k].node;
    int64_t shape[AMA_MAX_DIMS];
    int ndim = in->ndim;
    bool permute = en_chance(40);
    if (permute) ndim = (int)en_below(5);
    for (int a = 0; a < ndim; a++) {
        int64_t n = a < in->ndim ? in->shape[a] : 3;
        shape[a] = en_chance(40) ? n : 1 + en_below(n + 2);
        if (en_chance(2)) shape[a] = 0;
    }
    en_fit(eg, k, ndim, shape, permute);
}

/* ---- maps */

static inline bool en_float_op(ama__op op) {
    char class = ama__op_class(op);
    return class == 'd' || class == 'f';
}

/* Elementwise values; operand k runs along axis[k] of the output. */
static inline void en_map_values(const ama__node *n, const en_node *const *in, void *data) {
    int64_t at[AMA_MAX_DIMS] = {0}, k = 0;
    if (en_node_size(n) == 0) return;
    do {
        ref_value v[3];
        for (int i = 0; i < n->u.map.n_in; i++) {
            int64_t from = 0;
            for (int a = 0; a < n->ndim; a++) {
                int b = n->u.map.axis[i][a];
                if (b >= 0) from = from * in[i]->node->shape[b] + at[a];
            }
            v[i] = ref_get(in[i]->node->dtype, in[i]->data, from);
            if (n->u.map.op != AMA_OP_WHERE || i > 0) v[i] = ref_cast(v[i], n->u.map.calc);
        }
        ref_set(n->u.map.op == AMA_OP_CAST ? v[0] : ref_map(n->u.map.op, n->u.map.calc, v), data, k++);
    } while (ama__index_next(n->ndim, n->shape, at));
}

/* Casts are nodes of their own. */
static inline int en_cast_to(en_graph *eg, int k, ama_dtype t) {
    ama__node *n;
    if (eg->node[k].node->dtype == t) return k;
    assert_int_equal(ama__node_cast(&eg->g, eg->node[k].node, t, &n), AMA_OK);
    const en_node *in = &eg->node[k];
    en_node *e = en_add(eg, n, en_new_data(n));
    en_map_values(n, &in, e->data);
    return eg->n - 1;
}

static inline bool en_may_map(ama__op op, ama_dtype t) {
    if (ama__op_class(op) == 'l' && ref_is_float(t)) return false;
    if (op == AMA_OP_POW) return ref_is_float(t); /* powers of integers grow without end */
    return t != AMA_BOOL || (op != AMA_OP_SUB && op != AMA_OP_NEG && op != AMA_OP_FLOORDIV && op != AMA_OP_MOD);
}

/* An operand for an output of ndim axes: node `k` fitted to a subset of them. Returns its number or -1. */
static inline int en_operand(en_graph *eg, int k, const ama__node *like, int8_t *axis) {
    int64_t shape[AMA_MAX_DIMS];
    int ndim = 0;
    bool all = en_chance(50);
    memset(axis, -1, AMA_MAX_DIMS);
    if (eg->node[k].node->ndim == 0) return k;
    for (int a = 0; a < like->ndim; a++)
        if (all || en_chance(60)) {
            axis[a] = (int8_t)ndim;
            shape[ndim++] = like->shape[a];
        }
    return en_fit(eg, k, ndim, shape, en_chance(30)) ? eg->n - 1 : -1;
}

static inline int en_exact_node(en_graph *eg) {
    for (int tries = 0; tries < 20; tries++) {
        int k = (int)en_below(eg->n);
        if (eg->node[k].exact) return k;
    }
    return 0;
}

static inline void en_add_map(en_graph *eg, int first) {
    ama__op op = (ama__op)en_below(AMA_OP_N);
    if (op == AMA_OP_CAST || en_chance(40)) op = (ama__op)en_below(AMA_OP_FMAX + 1);
    int n_in = ama__op_operands(op), k[3] = {first, -1, -1};
    int8_t axis[3][AMA_MAX_DIMS];
    ama__node *in[3], *n;
    if (!eg->node[first].exact || eg->n + 8 > EN_NODES) return;
    const ama__node *like = eg->node[first].node;
    for (int a = 0; a < AMA_MAX_DIMS; a++) axis[0][a] = a < like->ndim ? (int8_t)a : -1;
    for (int i = 1; i < n_in; i++)
        if ((k[i] = en_operand(eg, en_exact_node(eg), like, axis[i])) < 0) return;
    if (op == AMA_OP_WHERE) k[0] = en_cast_to(eg, k[0], AMA_BOOL);
    for (int i = 0; i < n_in; i++) in[i] = eg->node[k[i]].node;
    ama_dtype t = in[n_in - 1]->dtype;
    if (n_in == 2 && !ama__dtype_promote(in[0]->dtype, t, &t)) return;
    if (!en_float_op(op) && op != AMA_OP_WHERE && !en_may_map(op, t)) return;
    if (op == AMA_OP_POW && en_chance(90)) return;
    assert_int_equal(
        ama__node_map(&eg->g, op, n_in, in, (const int8_t(*)[AMA_MAX_DIMS])axis, like->ndim, like->shape, &n), AMA_OK);
    const en_node *from[3] = {&eg->node[k[0]], k[1] < 0 ? NULL : &eg->node[k[1]], k[2] < 0 ? NULL : &eg->node[k[2]]};
    en_map_values(n, from, en_add(eg, n, en_new_data(n))->data);
}

/* ---- reductions */

/* True when sums of the values are exact in float64 in any order, and sums of their squares nearly so. */
static inline bool en_is_dyadic(const en_node *e, bool *negative_zero, double *most) {
    bool yes = true;
    *negative_zero = false;
    *most = 0;
    for (int64_t i = 0, n = en_node_size(e->node); i < n; i++) {
        double x = ref_number(ref_get(e->node->dtype, e->data, i));
        if (x == 0 && signbit(x)) *negative_zero = true;
        if (isnan(x)) continue;
        if (fabs(x) > *most) *most = fabs(x);
        yes = yes && fabs(x) < 1 << 22 && x * 4096 == trunc(x * 4096);
    }
    return yes;
}

/* Number of the result's cell that an input index enters, or -1. */
static inline int64_t en_cell(const ama__reduce_spec *s, const ama__node *in, const ama__node *out, const int64_t *at) {
    int64_t cell = 0;
    for (int a = 0, o = 0; a < in->ndim; a++) {
        if (s->reduced[a]) continue;
        int64_t x = a == s->label_axis ? s->label[at[a]] : at[a];
        if (x < 0) return -1;
        cell = cell * out->shape[o++] + x;
    }
    return cell;
}

/* Values are sorted by the cell they enter, each cell's in C order, and reduced one cell after another. */
static inline void en_reduce_values(const en_node *in, const ama__reduce_spec *s, const ama__node *out, void *data) {
    const ama__node *n = in->node;
    ref_spec rs = {s->op, s->skipna, s->min_count, s->ddof, s->empty_nan, out->dtype, s->method, 0};
    int64_t n_q = s->op == AMA_RED_QUANTILE ? s->n_q : 1;
    int64_t total = en_node_size(n), cells = en_node_size(out) / n_q, at[AMA_MAX_DIMS] = {0};
    ref_value *x = calloc((size_t)total + 1, sizeof *x), none = ref_int(n->dtype, 0);
    ref_value *column = calloc((size_t)total + 1, sizeof *x);
    int64_t *cell = calloc((size_t)total + 1, sizeof *cell), *first = calloc((size_t)cells + 2, sizeof *first);
    for (int64_t i = 0; i < total; i++) {
        cell[i] = en_cell(s, n, out, at);
        if (cell[i] >= 0) first[cell[i] + 1]++;
        ama__index_next(n->ndim, n->shape, at);
    }
    for (int64_t c = 0; c < cells; c++) first[c + 1] += first[c];
    for (int64_t i = 0; i < total; i++)
        if (cell[i] >= 0) x[first[cell[i]]++] = ref_get(n->dtype, in->data, i);
    for (int64_t c = 0; c < cells; c++) {
        int64_t from = c ? first[c - 1] : 0, m = first[c] - from;
        for (int64_t k = 0; k < n_q; k++) {
            if (s->op == AMA_RED_QUANTILE) rs.q = s->q[k];
            memcpy(column, x + from, (size_t)m * sizeof *x); /* ref_reduce changes it */
            ref_set(ref_reduce(&rs, m, m ? column : &none), data, c * n_q + k);
        }
    }
    free(x);
    free(column);
    free(cell);
    free(first);
}

static inline int64_t *en_draw_labels(en_graph *eg, int64_t n, int64_t n_labels) {
    int64_t *label = ama__arena_alloc(eg->g.arena, (size_t)(n + 1) * sizeof *label), run = 1 + en_below(4);
    int pattern = (int)en_below(4);
    for (int64_t i = 0; i < n; i++) {
        if (pattern == 0) label[i] = i % n_labels;               /* seasons */
        if (pattern == 1) label[i] = i / run % n_labels;         /* runs that come again */
        if (pattern == 2) label[i] = i * n_labels / (n ? n : 1); /* runs */
        if (pattern == 3) label[i] = en_below(n_labels);
        if (en_chance(10)) label[i] = -1;
    }
    return label;
}

static inline bool en_draw_spec(en_graph *eg, const ama__node *in, ama__reduce_spec *s) {
    *s = (ama__reduce_spec){.op = (ama__red)en_below(AMA_RED_N), .label_axis = -1};
    int n_axes = 0;
    if (en_chance(45)) s->op = en_chance(50) ? AMA_RED_MEAN : AMA_RED_SUM;
    if (en_chance(20)) s->op = en_chance(50) ? AMA_RED_MEDIAN : AMA_RED_QUANTILE;
    for (int a = 0; a < in->ndim; a++) s->reduced[a] = en_chance(50);
    if (in->ndim && en_chance(45)) {
        s->label_axis = (int)en_below(in->ndim);
        s->reduced[s->label_axis] = false;
        s->n_labels = 1 + en_below(7);
        s->label = en_draw_labels(eg, in->shape[s->label_axis], s->n_labels);
        s->empty_nan = en_chance(30);
        n_axes++;
    }
    for (int a = 0; a < in->ndim; a++) n_axes += s->reduced[a];
    s->skipna = en_chance(70);
    s->ddof = (int)en_below(2);
    if (en_chance(20)) s->min_count = en_below(4);
    if (s->op != AMA_RED_SUM && s->op != AMA_RED_PROD) s->min_count = 0;
    if (s->op == AMA_RED_QUANTILE) {
        double *q = ama__arena_alloc(eg->g.arena, 4 * sizeof *q);
        if (in->dtype == AMA_BOOL) return false;
        s->n_q = 1 + en_below(4);
        s->method = (ama__quantile)en_below(AMA_QUANTILE_N);
        for (int64_t k = 0; k < s->n_q; k++)
            q[k] = en_chance(30) ? (double)en_below(5) / 4 : (double)en_below(1001) / 1000;
        s->q = q;
    }
    bool ordered = s->op == AMA_RED_FIRST || s->op == AMA_RED_LAST;
    return !ordered || n_axes <= 1;
}

/* How exact a reduction of `in` by op can be. */
static inline void en_set_exact(en_node *e, const en_node *in, ama__red op) {
    bool negative_zero, is_float = ref_is_float(in->node->dtype);
    double most;
    bool dyadic = en_is_dyadic(in, &negative_zero, &most);
    e->rtol = e->node->dtype == AMA_F4 ? 2.5e-7 : 1e-12;
    switch (op) {
    case AMA_RED_SUM: e->exact = dyadic || !is_float; break;
    case AMA_RED_MEAN: e->exact = dyadic; break;
    case AMA_RED_PROD: e->exact = !is_float; break;
    case AMA_RED_VAR:
    case AMA_RED_STD: e->exact = false; break;
    case AMA_RED_MIN:
    case AMA_RED_MAX: e->exact = !negative_zero; break;
    default: break;
    }
    if (op == AMA_RED_SUM || op == AMA_RED_MEAN) e->atol = 1e-12 * most * (double)en_node_size(in->node);
    /* partial products may overflow on one way and not on the other */
    if (op == AMA_RED_PROD && is_float && log2(most + 2) * (double)en_node_size(in->node) > 100) e->atol = INFINITY;
    if (op == AMA_RED_VAR) e->atol = 1e-12 * most * most;
    if (op == AMA_RED_STD) e->atol = 1e-6 * most;
}

static inline void en_add_reduce(en_graph *eg, int k) {
    const en_node in = eg->node[k];
    ama__reduce_spec s;
    ama__node *n;
    if (!in.exact || eg->n >= EN_NODES || !en_draw_spec(eg, in.node, &s)) return;
    if (s.op == AMA_RED_QUANTILE && in.node->ndim > 4) return;
    assert_int_equal(ama__node_reduce(&eg->g, in.node, &s, &n), AMA_OK);
    en_node *e = en_add(eg, n, en_new_data(n));
    en_reduce_values(&in, &n->u.reduce.spec, n, e->data);
    en_set_exact(e, &in, s.op);
}

/* ---- windows */

static inline void en_window_values(const en_node *in, const ama__node *out, void *data) {
    const ama__window_spec *s = &out->u.window.spec;
    const ama__node *n = in->node;
    ref_spec rs = {.op = s->op, .skipna = s->skipna, .ddof = s->ddof, .out = out->dtype};
    int64_t at[AMA_MAX_DIMS] = {0}, stride[AMA_MAX_DIMS], extent = n->shape[s->axis];
    ref_value *x = calloc((size_t)s->width + 1, sizeof *x);
    if (en_node_size(n) > 0) ama__shape_strides(n->ndim, n->shape, stride);
    for (int64_t k = 0; k < en_node_size(n); k++) {
        int64_t m = 0, valid = 0;
        for (int64_t i = at[s->axis] - s->lo; i < at[s->axis] - s->lo + s->width; i++) {
            if (i < 0 || i >= extent) continue;
            x[m] = ref_get(n->dtype, in->data, k + (i - at[s->axis]) * stride[s->axis]);
            bool nan = ref_is_float(n->dtype) && isnan(x[m].f);
            valid += !nan || !(s->skipna || s->op == AMA_RED_COUNT);
            m++;
        }
        ref_set(valid < s->min_count ? ref_float(out->dtype, NAN) : ref_reduce(&rs, m, x), data, k);
        ama__index_next(n->ndim, n->shape, at);
    }
    free(x);
}

static inline void en_add_window(en_graph *eg, int k) {
    static const ama__red op[] = {AMA_RED_SUM, AMA_RED_PROD, AMA_RED_MEAN,  AMA_RED_VAR,   AMA_RED_STD,
                                  AMA_RED_MIN, AMA_RED_MAX,  AMA_RED_COUNT, AMA_RED_MEDIAN};
    const en_node in = eg->node[k];
    ama__node *n;
    if (!in.exact || eg->n >= EN_NODES || in.node->ndim == 0) return;
    ama__window_spec s = {.op = op[en_below(9)], .axis = (int)en_below(in.node->ndim), .skipna = en_chance(70)};
    s.width = 1 + en_below(en_chance(20) ? 40 : 9);
    s.lo = en_chance(40) ? s.width - 1 : en_chance(40) ? s.width / 2 : en_below(s.width);
    if (en_chance(60)) s.min_count = en_chance(50) ? s.width : en_below(s.width + 2);
    s.missing = en_chance(30);
    s.ddof = (int)en_below(2);
    bool narrow = s.op == AMA_RED_VAR || s.op == AMA_RED_STD || s.op == AMA_RED_MIN || s.op == AMA_RED_MAX ||
                  s.op == AMA_RED_MEDIAN;
    if (in.node->dtype == AMA_BOOL && narrow) s.missing = false, s.min_count = 0;
    assert_int_equal(ama__node_window(&eg->g, in.node, &s, &n), AMA_OK);
    en_node *e = en_add(eg, n, en_new_data(n));
    en_window_values(&in, n, e->data);
    en_set_exact(e, &in, s.op);
}

/* ---- checking */

static inline bool en_close_enough(const en_node *e, ref_value got, ref_value want) {
    if (e->exact) return ref_same(got, want) || (ref_is_float(got.t) && got.f == want.f);
    if (!ref_is_float(want.t)) return ref_same(got, want);
    if (!isfinite(e->atol) || !isfinite(e->atol * 1e6)) return true; /* squares that overflow */
    if (isnan(want.f) || isnan(got.f)) return isnan(want.f) && isnan(got.f);
    if (isinf(want.f) || isinf(got.f)) return want.f == got.f || fabs(want.f) > 1e37 || fabs(got.f) > 1e37;
    return fabs(got.f - want.f) <= e->atol + e->rtol * fabs(want.f);
}

/* Number of the first element that is wrong, or -1. `t` is the dtype of the array that was read. */
static inline int64_t en_first_wrong(const en_node *e, ama_dtype t, const void *got) {
    for (int64_t i = 0, n = en_node_size(e->node); i < n; i++) {
        ref_value x = ref_cast(ref_get(t, got, i), e->node->dtype);
        if (!en_close_enough(e, x, ref_get(e->node->dtype, e->data, i))) return i;
    }
    return -1;
}

#endif
