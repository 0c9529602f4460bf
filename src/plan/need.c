/* What evaluating a box of a node needs of the leaves below it. */
#include <string.h>

#include "plan/blocks.h"

static int64_t pick_index(const ama__pick *p, int64_t i) {
    return p->list ? p->list[i] : p->start + i * p->step;
}

static int64_t distance(int64_t a, int64_t b) {
    return a < b ? b - a : a - b;
}

bool ama__pick_range(const ama__pick *p, int64_t first, int64_t count, int64_t *lo, int64_t *hi) {
    *lo = INT64_MAX;
    *hi = -1;
    for (int64_t i = first; i < first + count; i += p->list || count == 1 ? 1 : count - 1) {
        int64_t x = pick_index(p, i);
        if (x < 0) continue;
        if (x < *lo) *lo = x;
        if (x > *hi) *hi = x;
    }
    return *hi >= 0;
}

/* Missing indices belong to the run they stand in. */
int64_t ama__pick_run(const ama__pick *p, int64_t first, int64_t count) {
    int64_t end = first + count, last = -1;
    if (p->in_axis < 0 || count <= 1) return end;
    if (!p->list) return distance(p->step, 0) <= AMA_PICK_GAP ? end : first + 1;
    for (int64_t i = first; i < end; i++) {
        int64_t x = p->list[i];
        if (x < 0) continue;
        if (last >= 0 && distance(x, last) > AMA_PICK_GAP) return i;
        last = x;
    }
    return end;
}

int64_t ama__pick_spread(const ama__pick *p) {
    int64_t most = 1, last = -1;
    if (p->in_axis < 0 || p->count <= 1) return 1;
    if (!p->list) return distance(p->step, 0) > 1 ? distance(p->step, 0) : 1;
    for (int64_t i = 0; i < p->count; i++) {
        int64_t x = p->list[i];
        if (x < 0) continue;
        if (last >= 0 && distance(x, last) > most) most = distance(x, last);
        last = x;
    }
    return most;
}

ama__box ama__map_operand_box(const ama__node *node, int k, const ama__box *box) {
    ama__box b = {.ndim = node->u.map.in[k]->ndim};
    for (int a = 0; a < node->ndim; a++) {
        int i = node->u.map.axis[k][a];
        if (i < 0) continue;
        b.start[i] = box->start[a];
        b.count[i] = box->count[a];
    }
    return b;
}

bool ama__index_box(const ama__node *node, const ama__box *box, ama__box *in) {
    *in = (ama__box){.ndim = node->u.index.in->ndim};
    for (int i = 0; i < in->ndim; i++) {
        in->start[i] = node->u.index.fixed[i];
        in->count[i] = 1;
    }
    for (int a = 0; a < node->ndim; a++) {
        const ama__pick *p = &node->u.index.pick[a];
        int64_t lo, hi;
        if (p->in_axis < 0) continue;
        if (!ama__pick_range(p, box->start[a], box->count[a], &lo, &hi)) return false;
        in->start[p->in_axis] = lo;
        in->count[p->in_axis] = hi - lo + 1;
    }
    return true;
}

/* Boxes of inner nodes that were gone into, by a hash; one that falls out is gone into again. */
#define KNOWN 128

typedef struct known {
    int id; /* -1: free */
    ama__box box;
} known;

typedef struct walk {
    ama__need_fn *fn;
    void *user;
    known *known;
} walk;

static bool seen(walk *w, const ama__node *node, const ama__box *box) {
    uint64_t h = (uint64_t)node->id * 0x9E3779B97F4A7C15u;
    for (int a = 0; a < box->ndim; a++)
        h = (h ^ (uint64_t)box->start[a] ^ ((uint64_t)box->count[a] << 32)) * 0xC2B2AE3D27D4EB4Fu;
    known *k = &w->known[(h >> 40) % KNOWN];
    if (k->id == node->id && ama__box_equal(&k->box, box)) return true;
    *k = (known){node->id, *box};
    return false;
}

static ama_status need(walk *w, ama__node *node, const ama__box *box);

static ama_status need_index(walk *w, ama__node *node, const ama__box *box) {
    ama__box b;
    int split = -1;
    if (!ama__index_box(node, box, &b)) return AMA_OK;
    for (int a = 0; a < node->ndim && split < 0; a++) {
        int64_t end = box->start[a] + box->count[a];
        if (ama__pick_run(&node->u.index.pick[a], box->start[a], box->count[a]) < end) split = a;
    }
    if (split < 0) return need(w, node->u.index.in, &b);
    /* one axis that skips indices is taken run by run, so that chunks in the gaps are not wanted */
    const ama__pick *p = &node->u.index.pick[split];
    int64_t end = box->start[split] + box->count[split];
    for (int64_t i = box->start[split], next; i < end; i = next) {
        int64_t lo, hi;
        next = ama__pick_run(p, i, end - i);
        if (!ama__pick_range(p, i, next - i, &lo, &hi)) continue;
        b.start[p->in_axis] = lo;
        b.count[p->in_axis] = hi - lo + 1;
        AMA_TRY(need(w, node->u.index.in, &b));
    }
    return AMA_OK;
}

ama__box ama__concat_piece(const ama__node *node, int k, const ama__box *box) {
    int axis = node->u.concat.axis;
    const int64_t *start = node->u.concat.start;
    int64_t lo = box->start[axis], hi = lo + box->count[axis];
    ama__box piece = *box;
    if (lo < start[k]) lo = start[k];
    if (hi > start[k + 1]) hi = start[k + 1];
    piece.start[axis] = lo - start[k];
    piece.count[axis] = hi - lo;
    return piece;
}

static ama_status need_concat(walk *w, ama__node *node, const ama__box *box) {
    int axis = node->u.concat.axis, n = node->u.concat.n_in;
    const int64_t *start = node->u.concat.start;
    int64_t lo = box->start[axis], hi = lo + box->count[axis];
    for (int k = (int)ama__cut_find(n, start, lo); k < n && start[k] < hi; k++) {
        ama__box piece = ama__concat_piece(node, k, box);
        AMA_TRY(need(w, node->u.concat.in[k], &piece));
    }
    return AMA_OK;
}

static ama_status need(walk *w, ama__node *node, const ama__box *box) {
    bool inner = node->kind == AMA_NODE_INDEX || node->kind == AMA_NODE_MAP || node->kind == AMA_NODE_CONCAT ||
                 node->kind == AMA_NODE_WINDOW;
    for (int a = 0; a < box->ndim; a++)
        if (box->count[a] <= 0) return AMA_OK;
    if (!inner) return w->fn(w->user, node, box);
    if (seen(w, node, box)) return AMA_OK;
    if (node->kind == AMA_NODE_CONCAT) return need_concat(w, node, box);
    if (node->kind == AMA_NODE_WINDOW) {
        ama__box b = ama__window_input(node, box);
        return need(w, node->u.window.in, &b);
    }
    if (node->kind == AMA_NODE_INDEX) return need_index(w, node, box);
    for (int k = 0; k < node->u.map.n_in; k++) {
        ama__box b = ama__map_operand_box(node, k, box);
        AMA_TRY(need(w, node->u.map.in[k], &b));
    }
    return AMA_OK;
}

ama_status ama__node_need(ama__node *node, const ama__box *box, ama__need_fn *fn, void *user) {
    known table[KNOWN];
    walk w = {fn, user, table};
    for (int i = 0; i < KNOWN; i++) table[i].id = -1;
    return need(&w, node, box);
}
