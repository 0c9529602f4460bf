#include "plan/blocks.h"

#include <string.h>

#include "kernel/window.h"

#define LONG_BLOCK (4 * (int64_t)AMA_BLOCK_ELEMENTS) /* of nodes with windows */
#define MOST_ELEMENTS ((int64_t)4 << 20)             /* that a block takes to be longer than its windows */
#define VECTOR 64                                    /* cells across that keep loops long */
#define MOST_OPERATIONS 256
#define MIB ((int64_t)1 << 20)

static int64_t min_i8(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t max_i8(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* ---- windows */

ama__box ama__window_input(const ama__node *n, const ama__box *box) {
    const ama__window_spec *s = &n->u.window.spec;
    ama__box b = *box;
    int64_t lo = max_i8(box->start[s->axis] - s->lo, 0);
    int64_t hi = min_i8(box->start[s->axis] + box->count[s->axis] - 1 - s->lo + s->width, n->shape[s->axis]);
    b.start[s->axis] = lo;
    b.count[s->axis] = hi - lo;
    return b;
}

void ama__window_piece(const ama__node *n, int64_t count, int64_t *run, int64_t *cells) {
    const ama__window_spec *s = &n->u.window.spec;
    *run = min_i8(count, max_i8(256, 8 * s->width));
    *cells = max_i8(AMA_BLOCK_ELEMENTS / (*run + s->width - 1), 16);
}

static int64_t index_reach(const ama__pick *p, const int64_t *in) {
    int64_t step = p->step < 0 ? -p->step : p->step;
    if (p->in_axis < 0 || ama__pick_sparse(p)) return 0; /* taken one by one: nothing is shared by neighbours */
    return step > 1 ? (in[p->in_axis] + step - 1) / step : in[p->in_axis];
}

void ama__node_halo(const ama__node *n, int64_t *halo) {
    int64_t in[AMA_MAX_DIMS];
    memset(halo, 0, AMA_MAX_DIMS * sizeof *halo);
    switch (n->kind) {
    case AMA_NODE_WINDOW:
        ama__node_halo(n->u.window.in, halo);
        halo[n->u.window.spec.axis] += n->u.window.spec.width - 1;
        break;
    case AMA_NODE_INDEX:
        ama__node_halo(n->u.index.in, in);
        for (int a = 0; a < n->ndim; a++) halo[a] = index_reach(&n->u.index.pick[a], in);
        break;
    case AMA_NODE_MAP:
        for (int k = 0; k < n->u.map.n_in; k++) {
            ama__node_halo(n->u.map.in[k], in);
            for (int a = 0; a < n->ndim; a++)
                if (n->u.map.axis[k][a] >= 0) halo[a] = max_i8(halo[a], in[n->u.map.axis[k][a]]);
        }
        break;
    default: break;
    }
    for (int a = 0; a < n->ndim; a++) halo[a] = min_i8(halo[a], n->shape[a]);
}

int64_t ama__stage_halo(const ama__stage *s) {
    int64_t most = 0;
    for (int i = 0; i < s->n_consumers; i++) {
        const ama__consumer *c = &s->consumer[i];
        int64_t halo[AMA_MAX_DIMS];
        ama__node_halo(c->node, halo);
        for (int a = 0; a < c->node->ndim; a++) {
            const ama__axismap *m = &c->map[a];
            int64_t step = m->list ? 1 : m->step < 0 ? -m->step : m->step;
            if (m->driver_axis == 0) most = max_i8(most, halo[a] * step);
        }
    }
    return s->ndim > 0 ? min_i8(most, s->shape[0]) : 0;
}

/* ---- blocks */

static bool is_row(const ama__consumer *c, int ndim, int axis) {
    return c && axis >= ndim - c->n_row_axes;
}

/* Its values enter a cell one after another. */
static bool is_ordered(const ama__consumer *c, int axis) {
    return c && (c->spec.reduced[axis] || axis == c->spec.label_axis);
}

/* Whole trailing axes, a run of one, one index of the first. */
static void step_plain(const ama__consumer *c, const ama__box *box, int64_t *step) {
    int64_t inner = 1;
    int axis = box->ndim;
    for (int d = 0; d < box->ndim; d++) step[d] = 1;
    while (axis > 0 && (is_row(c, box->ndim, axis - 1) || inner * box->count[axis - 1] <= AMA_BLOCK_ELEMENTS)) {
        axis--;
        step[axis] = box->count[axis];
        inner *= step[axis];
    }
    if (axis > 0) step[axis - 1] = max_i8(AMA_BLOCK_ELEMENTS / max_i8(inner, 1), 1);
}

/* The axis along which windows reach furthest beyond a block; -1: none. */
static int long_axis(const ama__consumer *c, const ama__box *box, const int64_t *halo) {
    int best = -1;
    for (int d = 0; d < box->ndim; d++)
        if (!is_row(c, box->ndim, d) && halo[d] > 0 && (best < 0 || halo[d] > halo[best])) best = d;
    return best;
}

/* What a block has at least: whole rows, whole axes that are reduced after `axis`, some cells. Returns its elements. */
static int64_t step_least(const ama__consumer *c, const ama__box *box, int axis, int64_t *step) {
    int64_t size = 1;
    int across = -1;
    for (int d = 0; d < box->ndim; d++) {
        bool after = d > axis && is_ordered(c, axis) && is_ordered(c, d);
        step[d] = after || is_row(c, box->ndim, d) ? box->count[d] : 1;
        size *= step[d];
        if (d != axis && !is_ordered(c, d)) across = d;
    }
    if (across < 0) return size;
    step[across] = min_i8(box->count[across], VECTOR);
    return size * step[across];
}

static int64_t long_run(int64_t least, int64_t halo) {
    int64_t run = max_i8(min_i8(2 * halo, MOST_ELEMENTS / max_i8(least, 1)), LONG_BLOCK / max_i8(least, 1));
    return max_i8(run, 1);
}

static void step_long(const ama__consumer *c, const ama__box *box, int axis, int64_t halo, int64_t *step) {
    int64_t size = max_i8(step_least(c, box, axis, step), 1);
    step[axis] = min_i8(long_run(size, halo), box->count[axis]);
    size *= step[axis];
    for (int d = box->ndim - 1; d >= 0; d--) {
        if (d == axis || is_ordered(c, d) || step[d] == box->count[d]) continue;
        int64_t others = size / step[d];
        step[d] = max_i8(step[d], min_i8(box->count[d], LONG_BLOCK / others));
        size = others * step[d];
        if (step[d] < box->count[d]) break;
    }
}

void ama__blocks_init(ama__blocks *k, ama__node *node, const ama__consumer *c, const ama__box *box) {
    int64_t halo[AMA_MAX_DIMS];
    ama__node_halo(node, halo);
    int axis = long_axis(c, box, halo);
    k->whole = *box;
    if (axis < 0)
        step_plain(c, box, k->step);
    else
        step_long(c, box, axis, halo[axis], k->step);
    k->total = 1;
    for (int d = 0; d < box->ndim; d++) {
        k->step[d] = max_i8(min_i8(k->step[d], box->count[d]), 1);
        k->n[d] = (box->count[d] + k->step[d] - 1) / k->step[d];
        k->total *= k->n[d];
    }
}

ama__box ama__blocks_at(const ama__blocks *k, int64_t i) {
    ama__box b = k->whole;
    for (int d = b.ndim - 1; d >= 0; d--) {
        int64_t first = i % k->n[d] * k->step[d];
        i /= k->n[d];
        b.start[d] += first;
        b.count[d] = min_i8(k->step[d], b.count[d] - first);
    }
    return b;
}

/* ---- scratch */

static int64_t block_bytes(const ama__node *n, int64_t elements, int depth);

/* Dense results, the pieces' inputs (turned so that the axis comes first), what the kernel works with. */
static int64_t window_bytes(const ama__node *n, int64_t elements, int depth) {
    const ama__window_spec *s = &n->u.window.spec;
    const ama__node *in = n->u.window.in;
    int64_t run, cells, count = min_i8(elements, n->shape[s->axis]);
    const ama__window w = {.op = s->op, .dtype = in->dtype, .out = n->dtype, .width = s->width};
    ama__window_piece(n, count, &run, &cells);
    cells = min_i8(cells, elements);
    int64_t rows = min_i8(run + s->width - 1, n->shape[s->axis]),
            work = (int64_t)ama__window_work_bytes(&w, run, cells);
    return elements * 8 + work + run * cells * 8 + rows * cells * 8 + block_bytes(in, rows * cells, depth + 1);
}

/* Each operation holds a block while it is evaluated, and up to one for each operand that must be brought into form. */
static int64_t block_bytes(const ama__node *n, int64_t elements, int depth) {
    int64_t total = elements * 8;
    if (depth > 256) return total;
    if (n->kind == AMA_NODE_WINDOW) return window_bytes(n, elements, depth);
    if (n->kind == AMA_NODE_INDEX) {
        int64_t dense = elements;
        for (int a = 0; a < n->ndim && n->u.index.in->kind == AMA_NODE_WINDOW; a++) {
            const ama__pick *p = &n->u.index.pick[a];
            if (p->in_axis >= 0 && !ama__pick_sparse(p) && p->step != 0) dense *= p->step < 0 ? -p->step : p->step;
        }
        return total + block_bytes(n->u.index.in, dense, depth + 1);
    }
    for (int k = 0; n->kind == AMA_NODE_MAP && k < n->u.map.n_in; k++)
        total += block_bytes(n->u.map.in[k], elements, depth + 1) + elements * 8;
    return min_i8(total, elements * 8 * MOST_OPERATIONS);
}

static int64_t widest(const ama__cuts *c) {
    int64_t w = 1;
    for (int64_t i = 0; i < c->n; i++) w = max_i8(w, c->cut[i + 1] - c->cut[i]);
    return w;
}

/* The largest block that any box of the consumer has. */
static int64_t most_elements(const ama__stage *s, const ama__consumer *c) {
    const ama__consumer *reduce = c->kind == AMA_CONSUME_REDUCE ? c : NULL;
    ama__box box = ama__box_whole(c->node->ndim, c->node->shape);
    int64_t halo[AMA_MAX_DIMS], step[AMA_MAX_DIMS], rows = 1;
    for (int a = 0; a < box.ndim; a++) {
        int d = c->map[a].driver_axis;
        if (d >= 0) box.count[a] = min_i8(box.count[a], widest(&s->units[d]));
        if (is_row(reduce, box.ndim, a)) rows *= box.count[a];
    }
    ama__node_halo(c->node, halo);
    int axis = long_axis(reduce, &box, halo);
    if (axis < 0) return max_i8(min_i8(rows, MIB), AMA_BLOCK_ELEMENTS);
    int64_t least = step_least(reduce, &box, axis, step);
    return max_i8(LONG_BLOCK, max_i8(least, min_i8(least * 2 * halo[axis], MOST_ELEMENTS)));
}

int64_t ama__consumer_scratch(const ama__stage *s, const ama__consumer *c) {
    return block_bytes(c->node, most_elements(s, c), 0);
}
