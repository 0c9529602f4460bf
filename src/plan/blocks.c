#include "plan/blocks.h"

#include <string.h>

#include "base/number.h"

#define LONG_BLOCK (4 * (int64_t)AMA_BLOCK_ELEMENTS) /* of nodes with windows */
#define MOST_ELEMENTS ((int64_t)4 << 20)             /* that a block takes to be longer than its windows */
#define VECTOR 64                                    /* cells across that keep loops long */
#define MIB ((int64_t)1 << 20)

/* ---- windows */

ama__box ama__window_input(const ama__node *n, const ama__box *box) {
    const ama__window_spec *s = &n->u.window.spec;
    ama__box b = *box;
    int64_t lo = ama__max_i8(box->start[s->axis] - s->lo, 0);
    int64_t hi = ama__min_i8(box->start[s->axis] + box->count[s->axis] - 1 - s->lo + s->width, n->shape[s->axis]);
    b.start[s->axis] = lo;
    b.count[s->axis] = hi - lo;
    return b;
}

void ama__window_piece(const ama__node *n, int64_t count, int64_t *run, int64_t *cells) {
    const ama__window_spec *s = &n->u.window.spec;
    *run = ama__min_i8(count, ama__max_i8(256, 8 * s->width));
    *cells = ama__max_i8(AMA_BLOCK_ELEMENTS / (*run + s->width - 1), 16);
}

static int64_t index_reach(const ama__pick *p, const int64_t *in) {
    int64_t step = p->list ? 1 : p->step < 0 ? -p->step : p->step;
    if (p->in_axis < 0 || step > AMA_PICK_GAP) return 0; /* taken one by one: nothing is shared by neighbours */
    return step > 1 ? (in[p->in_axis] + step - 1) / step : in[p->in_axis];
}

typedef int64_t extents[AMA_MAX_DIMS];

/* Halos by node id: what several paths lead to is worked out once. */
typedef struct halos {
    bool *known;
    extents *of;
} halos;

static const int64_t *halo_of(const halos *w, const ama__node *n) {
    int64_t *halo = w->of[n->id];
    ama__node *const *in;
    int n_in = n->kind == AMA_NODE_REDUCE || n->kind == AMA_NODE_SCAN ? 0 : ama__node_inputs(n, &in);
    if (w->known[n->id]) return halo;
    w->known[n->id] = true;
    for (int k = 0; k < n_in; k++) {
        const int64_t *below = halo_of(w, in[k]);
        for (int a = 0; a < n->ndim; a++) {
            int64_t x = below[a];
            if (n->kind == AMA_NODE_MAP) x = n->u.map.axis[k][a] < 0 ? 0 : below[n->u.map.axis[k][a]];
            if (n->kind == AMA_NODE_INDEX) x = index_reach(&n->u.index.pick[a], below);
            if (n->kind == AMA_NODE_WINDOW && a == n->u.window.spec.axis) x += n->u.window.spec.width - 1;
            halo[a] = ama__max_i8(halo[a], ama__min_i8(x, n->shape[a]));
        }
    }
    return halo;
}

ama_status ama__stage_find_halos(ama__graph *g, ama__stage *s) {
    halos w;
    ama_status status = ama__mem_calloc(g->ctx, AMA_MEM_META, (size_t)g->n_nodes, 1 + sizeof *w.of, (void **)&w.of);
    AMA_TRY(status);
    w.known = (bool *)(w.of + g->n_nodes);
    for (int i = 0; i < s->n_consumers; i++)
        memcpy(s->consumer[i].halo, halo_of(&w, s->consumer[i].node), sizeof s->consumer[i].halo);
    ama__mem_free(g->ctx, w.of);
    return AMA_OK;
}

int64_t ama__stage_halo(const ama__stage *s) {
    int64_t most = 0;
    for (int i = 0; i < s->n_consumers; i++) {
        const ama__consumer *c = &s->consumer[i];
        for (int a = 0; a < c->node->ndim; a++) {
            const ama__axismap *m = &c->map[a];
            int64_t step = m->list ? 1 : m->step < 0 ? -m->step : m->step;
            if (m->driver_axis == 0) most = ama__max_i8(most, c->halo[a] * step);
        }
    }
    return s->ndim > 0 ? ama__min_i8(most, s->shape[0]) : 0;
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
    if (axis > 0) step[axis - 1] = ama__max_i8(AMA_BLOCK_ELEMENTS / ama__max_i8(inner, 1), 1);
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
    step[across] = ama__min_i8(box->count[across], VECTOR);
    return size * step[across];
}

static int64_t long_run(int64_t least, int64_t halo) {
    int64_t run =
        ama__max_i8(ama__min_i8(2 * halo, MOST_ELEMENTS / ama__max_i8(least, 1)), LONG_BLOCK / ama__max_i8(least, 1));
    return ama__max_i8(run, 1);
}

static void step_long(const ama__consumer *c, const ama__box *box, int axis, int64_t halo, int64_t *step) {
    int64_t size = ama__max_i8(step_least(c, box, axis, step), 1);
    step[axis] = ama__min_i8(long_run(size, halo), box->count[axis]);
    size *= step[axis];
    for (int d = box->ndim - 1; d >= 0; d--) {
        if (d == axis || is_ordered(c, d) || step[d] == box->count[d]) continue;
        int64_t others = size / step[d];
        step[d] = ama__max_i8(step[d], ama__min_i8(box->count[d], LONG_BLOCK / others));
        size = others * step[d];
        if (step[d] < box->count[d]) break;
    }
}

/* What orders values and keeps rows whole: a reduction. */
static const ama__consumer *reduction_of(const ama__consumer *c) {
    return c->kind == AMA_CONSUME_REDUCE ? c : NULL;
}

void ama__blocks_init(ama__blocks *k, const ama__consumer *consumer, const ama__box *box) {
    const ama__consumer *c = reduction_of(consumer);
    const int64_t *halo = consumer->halo;
    int axis = long_axis(c, box, halo);
    k->whole = *box;
    if (axis < 0)
        step_plain(c, box, k->step);
    else
        step_long(c, box, axis, halo[axis], k->step);
    k->total = 1;
    for (int d = 0; d < box->ndim; d++) {
        k->step[d] = ama__max_i8(ama__min_i8(k->step[d], box->count[d]), 1);
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
        b.count[d] = ama__min_i8(k->step[d], b.count[d] - first);
    }
    return b;
}

bool ama__consumer_folds_source(const ama__consumer *c) {
    int last = c->node->ndim - 1;
    return c->kind == AMA_CONSUME_REDUCE && c->node->kind == AMA_NODE_SOURCE && !ama__red_collects(c->spec.op) &&
           last > 0 && !is_ordered(c, last);
}

int64_t ama__blocks_most(const ama__stage *s, const ama__consumer *c) {
    const ama__consumer *reduce = reduction_of(c);
    ama__box box = ama__box_whole(c->node->ndim, c->node->shape);
    int64_t step[AMA_MAX_DIMS], rows = 1;
    for (int a = 0; a < box.ndim; a++) {
        int d = c->map[a].driver_axis;
        if (d >= 0) box.count[a] = ama__min_i8(box.count[a], ama__cuts_widest(&s->units[d]));
        if (is_row(reduce, box.ndim, a)) rows *= box.count[a];
    }
    int axis = long_axis(reduce, &box, c->halo);
    if (axis < 0) return ama__max_i8(ama__min_i8(rows, MIB), AMA_BLOCK_ELEMENTS);
    int64_t least = step_least(reduce, &box, axis, step);
    return ama__max_i8(LONG_BLOCK, ama__max_i8(least, ama__min_i8(least * 2 * c->halo[axis], MOST_ELEMENTS)));
}
