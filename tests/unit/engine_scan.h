/* Running sums, ranks and concatenation for the random graphs of engine_graph.h. */
#ifndef AMA_TESTS_ENGINE_SCAN_H
#define AMA_TESTS_ENGINE_SCAN_H

#include "engine_graph.h"
#include "graph/cumulate.h"

/* ---- running sums and products */

/* One value after the other along the axis, begun anew at every cut. */
static inline void en_scan_values(const en_node *in, const ama__scan_spec *s, const ama__node *out, void *data) {
    int64_t stride[AMA_MAX_DIMS], at[AMA_MAX_DIMS] = {0};
    if (en_node_size(out) == 0) return;
    ama__shape_strides(out->ndim, out->shape, stride);
    do {
        int64_t i = at[s->axis], here = 0;
        bool first = false;
        for (int a = 0; a < out->ndim; a++) here += at[a] * stride[a];
        for (int64_t c = 0; c < s->n_segments; c++) first = first || s->cut[c] == i;
        ref_value x = ref_cast(ref_get(in->node->dtype, in->data, here), out->dtype);
        if (s->skipna && isnan(x.f)) x.f = s->product ? 1 : 0;
        if (!first) {
            ref_value before = ref_get(out->dtype, data, here - stride[s->axis]);
            uint64_t p = (uint64_t)before.i, q = (uint64_t)x.i;
            x.f = s->product ? before.f * x.f : before.f + x.f;
            x.i = (int64_t)(s->product ? p * q : p + q);
        }
        ref_set(x, data, here);
    } while (ama__index_next(out->ndim, out->shape, at));
}

/* By counting what is smaller and what is equal in the segment. */
static inline double en_rank(const en_node *in, const ama__scan_spec *s, int64_t first, int64_t stride, int64_t i) {
    int64_t c = ama__cut_find(s->n_segments, s->cut, i);
    double less = 0, same = 0, n = 0;
    bool real = ref_is_float(in->node->dtype), is_unsigned = in->node->dtype == AMA_U8;
    const ref_value x = ref_get(in->node->dtype, in->data, first + i * stride);
    if (real && isnan(x.f)) return NAN;
    for (int64_t k = s->cut[c]; k < s->cut[c + 1]; k++) {
        const ref_value y = ref_get(in->node->dtype, in->data, first + k * stride);
        if (real && isnan(y.f)) continue;
        less += real ? y.f < x.f : is_unsigned ? (uint64_t)y.i < (uint64_t)x.i : y.i < x.i;
        same += real ? y.f == x.f : y.i == x.i;
        n++;
    }
    return (less + (same + 1) / 2) / (s->pct ? n : 1);
}

static inline void en_rank_values(const en_node *in, const ama__scan_spec *s, const ama__node *out, double *data) {
    int64_t stride[AMA_MAX_DIMS], at[AMA_MAX_DIMS] = {0}, i = 0;
    if (en_node_size(out) == 0) return;
    ama__shape_strides(out->ndim, out->shape, stride);
    do {
        int64_t first = 0;
        for (int a = 0; a < out->ndim; a++) first += a == s->axis ? 0 : at[a] * stride[a];
        data[i++] = en_rank(in, s, first, stride[s->axis], at[s->axis]);
    } while (ama__index_next(out->ndim, out->shape, at));
}

static inline int64_t *en_draw_cuts(en_graph *eg, int64_t extent, int64_t *n) {
    int64_t *cut = ama__arena_alloc(eg->g.arena, (size_t)(extent + 2) * sizeof *cut), share = en_below(60);
    *n = 0;
    for (int64_t i = 0; i < extent; i++)
        if (i == 0 || en_chance((int)share)) cut[(*n)++] = i;
    cut[*n] = extent;
    return cut;
}

static inline void en_add_ranks(en_graph *eg, int k) {
    const en_node in = eg->node[k];
    int64_t whole[2] = {0};
    ama__scan_spec s = {.axis = (int)en_below(in.node->ndim), .rank = true, .pct = en_chance(30), .cut = whole};
    ama__node *n;
    whole[1] = in.node->shape[s.axis];
    s.n_segments = whole[1] > 0;
    if (en_chance(40)) s.cut = en_draw_cuts(eg, whole[1], &s.n_segments);
    assert_int_equal(ama__node_scan(&eg->g, in.node, &s, &n), AMA_OK);
    en_node *e = en_add(eg, n, en_new_data(n));
    en_rank_values(&in, &s, n, e->data);
}

/* A SCAN as it is, or the running sum of a whole axis that is made of several. */
static inline void en_add_scan(en_graph *eg, int k) {
    if (!eg->node[k].exact || eg->node[k].node->ndim == 0 || eg->n + 2 > EN_NODES) return;
    ama_dtype t = eg->node[k].node->dtype;
    if (en_chance(30)) {
        en_add_ranks(eg, k);
        return;
    }
    if (!ref_is_float(t)) k = en_cast_to(eg, k, ama__dtype_kind(t) == 'u' ? AMA_U8 : AMA_I8);
    const en_node in = eg->node[k];
    ama__scan_spec s = {.axis = (int)en_below(in.node->ndim), .product = en_chance(30)};
    int64_t whole[2] = {0, in.node->shape[s.axis]};
    bool pieces = en_chance(50), is_float = ref_is_float(in.node->dtype), negative_zero;
    double most;
    ama__node *n;
    s.skipna = is_float && en_chance(60);
    s.cut = en_draw_cuts(eg, whole[1], &s.n_segments);
    assert_int_equal((pieces ? ama__node_scan : ama__node_cumulate_in)(&eg->g, in.node, &s, &n), AMA_OK);
    if (!pieces) {
        s.cut = whole;
        s.n_segments = 1;
    }
    en_node *e = en_add(eg, n, en_new_data(n));
    en_scan_values(&in, &s, n, e->data);
    if (pieces || !is_float) return;
    bool dyadic = en_is_dyadic(&in, &negative_zero, &most);
    e->exact = dyadic && !negative_zero && !s.product;
    e->rtol = 1e-12;
    if (!s.product) e->atol = 1e-12 * most * (double)en_node_size(in.node);
    if (s.product && log2(most + 2) * (double)whole[1] > 100) e->atol = INFINITY;
}

/* ---- concatenation */

static inline void en_concat_values(const ama__node *out, int axis, int n, const en_node *const *in, void *data) {
    int64_t inner = 1, outer = 1, k = 0;
    for (int a = 0; a < axis; a++) outer *= out->shape[a];
    for (int a = axis + 1; a < out->ndim; a++) inner *= out->shape[a];
    for (int64_t o = 0; o < outer; o++)
        for (int i = 0; i < n; i++) {
            int64_t m = in[i]->node->shape[axis] * inner;
            for (int64_t j = 0; j < m; j++)
                ref_set(ref_cast(ref_get(in[i]->node->dtype, in[i]->data, o * m + j), out->dtype), data, k++);
        }
}

static inline void en_add_concat(en_graph *eg, int first) {
    int number[4] = {first}, n = 1 + (int)en_below(4);
    ama__node *in[4], *out;
    const en_node *from[4];
    int64_t shape[AMA_MAX_DIMS];
    const ama__node *like = eg->node[first].node;
    if (!eg->node[first].exact || like->ndim == 0 || en_node_size(like) * n > eg->max_elements) return;
    if (eg->n + n + 1 > EN_NODES) return;
    int axis = (int)en_below(like->ndim);
    for (int i = 1; i < n; i++) {
        memcpy(shape, like->shape, sizeof shape);
        if (en_chance(60)) shape[axis] = en_below(like->shape[axis] + 2);
        number[i] = first;
        if (en_chance(15)) continue; /* the same again */
        if (!en_fit(eg, en_chance(50) ? first : en_exact_node(eg), like->ndim, shape, en_chance(20))) return;
        number[i] = eg->n - 1;
    }
    for (int i = 0; i < n; i++) in[i] = eg->node[number[i]].node;
    assert_int_equal(ama__node_concat(&eg->g, axis, n, in, &out), AMA_OK);
    en_node *e = en_add(eg, out, en_new_data(out));
    for (int i = 0; i < n; i++) from[i] = &eg->node[number[i]];
    en_concat_values(out, axis, n, from, e->data);
}

#endif
