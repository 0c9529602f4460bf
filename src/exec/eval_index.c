/* Indexing. Picks at equal steps become strides of the input's view; lists are gathered from a box that covers them.
 * Where such a box would hold what was not fetched, or far more than is picked, the range is cut into runs. */
#include <string.h>

#include "exec/eval_private.h"
#include "exec/eval_scan.h"
#include "exec/scratch.h"
#include "exec/turn_run.h"
#include "kernel/gather.h"

static int64_t pick_index(const ama__pick *p, int64_t i) {
    return p->list ? p->list[i] : p->start + i * p->step;
}

/* ---- in one piece or in several */

typedef struct held {
    const ama__evaluator *e;
    bool all;
} held;

static ama_status note_held(void *user, ama__node *leaf, const ama__box *box) {
    held *h = user;
    const ama__evaluator *e = h->e;
    if (!h->all) return AMA_OK;
    if (leaf->kind == AMA_NODE_SOURCE)
        h->all = ama__wants_cover(&e->tile->wants, leaf, box) && ama__turns_cover(e->tile->turns, leaf, box);
    if (leaf->kind == AMA_NODE_SCAN) h->all = ama__evaluator_has_scan(e, leaf, box);
    for (int i = 0; leaf->kind == AMA_NODE_REDUCE && i < e->stage->n_operands; i++)
        if (e->operand[i].node == leaf) h->all = ama__box_contains(&e->operand[i].box, box);
    return AMA_OK;
}

bool ama__evaluator_is_held(ama__evaluator *e, ama__node *node, const ama__box *box) {
    held h = {e, true};
    return ama__node_need(node, box, note_held, &h) == AMA_OK && h.all;
}

/* First output axis whose picks are not one run; -1 when all are. */
static int broken_axis(const ama__node *node, const ama__box *box) {
    for (int a = 0; a < node->ndim; a++)
        if (ama__pick_run(&node->u.index.pick[a], box->start[a], box->count[a]) < box->start[a] + box->count[a])
            return a;
    return -1;
}

static bool is_large(const ama__box *box, const ama__box *in) {
    return ama__box_size(in) > ama__index_most(ama__box_size(box));
}

bool ama__evaluator_index_whole(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__box *in) {
    if (!ama__index_box(node, box, in) || is_large(box, in)) return false;
    return broken_axis(node, box) < 0 || ama__evaluator_is_held(e, node->u.index.in, in);
}

/* The end of the part that begins at i: of what is too large so much as is not, along the slowest axis; else a run. */
static int64_t part_end(const ama__node *node, const ama__box *box, const ama__box *in, int axis, int64_t i) {
    int64_t end = box->start[axis] + box->count[axis];
    if (!is_large(box, in)) return ama__pick_run(&node->u.index.pick[axis], i, end - i);
    int64_t fits = (int64_t)((double)box->count[axis] * (2.0 * AMA_BLOCK_ELEMENTS) / (double)ama__box_size(in));
    int64_t step = fits > box->count[axis] / 2 ? (box->count[axis] + 1) / 2 : fits > 0 ? fits : 1;
    return i + step < end ? i + step : end;
}

/* Cut along an axis, each part evaluated by itself and copied into a dense block. Only the block stays. */
static ama_status index_parts(ama__evaluator *e, ama__node *node, const ama__box *box, const ama__box *in,
                              ama__view *out) {
    void *dst;
    int axis = 0;
    if (is_large(box, in))
        while (box->count[axis] == 1) axis++;
    else
        axis = broken_axis(node, box);
    AMA_TRY(ama__evaluator_block(e, ama__class_of(node->dtype), box, out, &dst));
    size_t size = ama__class_bytes(out->class);
    ama__box part = *box;
    for (int64_t i = box->start[axis], next; i < box->start[axis] + box->count[axis]; i = next) {
        ama__view v;
        ama__scratch_mark mark = ama__scratch_now(e->scratch);
        uint32_t kept = ama__keep_now(e->keep);
        next = part_end(node, box, in, axis, i);
        part.start[axis] = i;
        part.count[axis] = next - i;
        AMA_TRY(ama__evaluator_view(e, node, &part, &v));
        char *at = (char *)dst + (size_t)((i - box->start[axis]) * out->stride[axis]) * size;
        ama__strided_copy(box->ndim, part.count, size, v.data, v.stride, at, out->stride);
        ama__keep_back(e->keep, kept);
        ama__scratch_back(e->scratch, mark);
    }
    return AMA_OK;
}

static ama_status all_missing(ama__evaluator *e, const ama__node *node, ama__view *out) {
    static const int64_t nowhere[1] = {AMA_GATHER_MISSING}, *const list[1] = {nowhere};
    const int64_t one = 1, zero = 0;
    void *dst;
    AMA_TRY(ama__evaluator_alloc(e, 8, &dst));
    ama__gather(ama__class_of(node->dtype), 1, &one, list, &zero, dst, dst);
    *out = (ama__view){.data = dst, .class = ama__class_of(node->dtype)};
    return AMA_OK;
}

/* ---- from the view of the input's box */

/* Offsets of a list's picks in the view. */
static ama_status offsets_of(ama__evaluator *e, const ama__pick *p, int64_t first, int64_t n, int64_t start,
                             int64_t stride, const int64_t **out) {
    void *list;
    AMA_TRY(ama__evaluator_alloc(e, (size_t)n * sizeof **out, &list));
    int64_t *o = list;
    for (int64_t i = 0; i < n; i++) {
        int64_t x = p->list[first + i];
        o[i] = x < 0 ? AMA_GATHER_MISSING : (x - start) * stride;
    }
    *out = o;
    return AMA_OK;
}

/* Where the picks of a box lie in the view of the input's box: along axis a at the places of rows->list[a], or one
 * after another at rows->view.stride[a]. */
static ama_status locate(ama__evaluator *e, const ama__node *node, const ama__box *box, const ama__box *in,
                         const ama__view *v, ama__rows *rows) {
    int64_t base = 0;
    *rows = (ama__rows){.view.class = v->class};
    for (int a = 0; a < node->ndim; a++) {
        const ama__pick *p = &node->u.index.pick[a];
        if (p->in_axis < 0) continue;
        int64_t along = v->stride[p->in_axis], start = in->start[p->in_axis];
        if (p->list && (box->count[a] > 1 || p->list[box->start[a]] < 0)) {
            AMA_TRY(offsets_of(e, p, box->start[a], box->count[a], start, along, &rows->list[a]));
            continue;
        }
        rows->view.stride[a] = along * (p->list ? 1 : p->step);
        base += (pick_index(p, box->start[a]) - start) * along;
    }
    rows->view.data = (const char *)v->data + base * (int64_t)ama__class_bytes(v->class);
    return AMA_OK;
}

static bool has_lists(int ndim, const ama__rows *rows) {
    for (int a = 0; a < ndim; a++)
        if (rows->list[a]) return true;
    return false;
}

static ama_status gather(ama__evaluator *e, int ndim, const ama__box *box, const ama__rows *rows, ama__view *out) {
    void *dst;
    AMA_TRY(ama__evaluator_block(e, rows->view.class, box, out, &dst));
    ama__gather(rows->view.class, ndim, box->count, rows->list, rows->view.stride, rows->view.data, dst);
    return AMA_OK;
}

ama_status ama__evaluator_index(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    ama__box in;
    ama__view v;
    ama__rows rows;
    if (!ama__index_box(node, box, &in)) return all_missing(e, node, out);
    if (!ama__evaluator_index_whole(e, node, box, &in)) return index_parts(e, node, box, &in, out);
    AMA_TRY(ama__evaluator_view(e, node->u.index.in, &in, &v));
    AMA_TRY(locate(e, node, box, &in, &v, &rows));
    if (has_lists(node->ndim, &rows)) return gather(e, node->ndim, box, &rows, out);
    *out = rows.view;
    return AMA_OK;
}

/* ---- rows in place */

/* Lists pick among whole rows of what lies behind them, and pick nothing that is missing. *fastest: axis of the rows.
 */
static bool picks_rows(const ama__node *node, const ama__box *box, int *fastest) {
    int64_t run = 1;
    int a = node->ndim - 1;
    for (; a >= 0; a--) {
        const ama__pick *p = &node->u.index.pick[a];
        if (box->count[a] == 1 && (!p->list || p->list[box->start[a]] >= 0)) continue;
        if (p->list || p->in_axis < 0 || p->step != 1) break;
        if (run == 1) *fastest = a;
        run *= box->count[a];
    }
    if (a < 0 || run < AMA_ROW_LEAST) return false;
    for (; a >= 0; a--)
        for (int64_t i = 0; node->u.index.pick[a].list && i < box->count[a]; i++)
            if (node->u.index.pick[a].list[box->start[a] + i] < 0) return false;
    return true;
}

ama_status ama__evaluator_index_rows(ama__evaluator *e, ama__node *node, const ama__box *box, ama__rows *out,
                                     bool *found) {
    ama__box in;
    ama__view v;
    int fastest = 0;
    *found = picks_rows(node, box, &fastest) && ama__evaluator_index_whole(e, node, box, &in);
    if (!*found) return AMA_OK;
    AMA_TRY(ama__evaluator_view(e, node->u.index.in, &in, &v));
    AMA_TRY(locate(e, node, box, &in, &v, out));
    if (out->view.stride[fastest] == 1) return AMA_OK;
    AMA_TRY(gather(e, node->ndim, box, out, &v));
    ama__keep_put(e->keep, node, box, &v);
    *out = (ama__rows){.view = v};
    return AMA_OK;
}
