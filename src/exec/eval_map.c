/* Elementwise nodes: programs of plan/program.h over the views of their leaves, strip by strip. */
#include <string.h>

#include "exec/eval_private.h"
#include "plan/program.h"

typedef struct machine {
    const ama__program *p;
    int n, outer;                        /* axes left after joining; all but the fastest */
    int64_t count[AMA_MAX_DIMS];         /* of the joined axes */
    ama__rows leaf[AMA_PROGRAM_LEAVES];  /* strides and lists along the joined axes */
    const char *row[AMA_PROGRAM_LEAVES]; /* where the current run begins in each */
    char *slots;                         /* strips of 8-byte values: one a slot, then three for conversions */
} machine;

/* ---- leaves */

/* Where the second box lies beside or over the first, shifted along one axis only: the box of both. */
static bool join_boxes(ama__box *a, const ama__box *b) {
    int axis = -1;
    for (int d = 0; d < a->ndim; d++) {
        if (a->start[d] == b->start[d] && a->count[d] == b->count[d]) continue;
        if (axis >= 0) return false;
        axis = d;
    }
    if (axis < 0) return false;
    int64_t end_a = a->start[axis] + a->count[axis], end_b = b->start[axis] + b->count[axis];
    if (a->start[axis] > end_b || b->start[axis] > end_a) return false;
    if (b->start[axis] < a->start[axis]) a->start[axis] = b->start[axis];
    a->count[axis] = (end_a > end_b ? end_a : end_b) - a->start[axis];
    return true;
}

/* Two operands that index one node, as neighbours do, are evaluated from one box of it. */
static ama_status make_common_input(ama__evaluator *e, ama__node *node, const ama__box *box) {
    ama__node *x = node->u.map.in[0], *y = node->u.map.in[1];
    ama__view v;
    ama__box bx, by, ix, iy;
    if (x->kind != AMA_NODE_INDEX || y->kind != AMA_NODE_INDEX || x == y || x->u.index.in != y->u.index.in)
        return AMA_OK;
    ama__node *in = x->u.index.in;
    if (in->kind == AMA_NODE_CONST || in->kind == AMA_NODE_REDUCE) return AMA_OK;
    bx = ama__map_operand_box(node, 0, box);
    by = ama__map_operand_box(node, 1, box);
    if (!ama__evaluator_index_whole(e, x, &bx, &ix) || !ama__evaluator_index_whole(e, y, &by, &iy)) return AMA_OK;
    if (!join_boxes(&ix, &iy)) return AMA_OK;
    if (e->stage->n_scans > 0 && !ama__evaluator_is_held(e, in, &ix)) return AMA_OK;
    return ama__evaluator_view(e, in, &ix, &v);
}

/* The leaf's values over the program's box, with unit or zero stride on the fastest axis. */
static ama_status take_leaf(ama__evaluator *e, ama__node *user, int k, const ama__box *box, ama__rows *out) {
    const int8_t *axis = user->u.map.axis[k];
    ama__node *in = user->u.map.in[k];
    ama__box b = ama__map_operand_box(user, k, box);
    ama__rows rows;
    AMA_TRY(ama__evaluator_rows(e, in, &b, &rows));
    ama__view *v = &rows.view;
    int last = b.ndim - 1;
    while (last > 0 && b.count[last] == 1) last--;
    bool repeated = last >= 0 && v->stride[last] == 0 && user->u.map.op != AMA_OP_CAST;
    if (last >= 0 && b.count[last] > 1 && v->stride[last] != 1 && !repeated)
        AMA_TRY(ama__evaluator_make_dense(e, &b, v));
    *out = rows;
    for (int a = 0; a < user->ndim; a++) {
        bool runs = axis[a] >= 0 && box->count[a] > 1;
        out->view.stride[a] = runs ? v->stride[axis[a]] : 0;
        out->list[a] = runs ? rows.list[axis[a]] : NULL;
    }
    return AMA_OK;
}

static ama_status take_leaves(ama__evaluator *e, const ama__box *box, machine *m) {
    const ama__program *p = m->p;
    for (int i = 0; i < p->n_steps; i++)
        if (p->step[i].node->u.map.n_in == 2) AMA_TRY(make_common_input(e, p->step[i].node, box));
    for (int i = 0; i < p->n_leaves; i++) AMA_TRY(take_leaf(e, p->leaf[i].user, p->leaf[i].k, box, &m->leaf[i]));
    return AMA_OK;
}

/* Whether the leaf runs on from the slower of two neighbouring axes, the last joined one, to axis a. */
static bool runs_on(const machine *m, const ama__rows *leaf, int a, int64_t count) {
    return !leaf->list[m->n - 1] && !leaf->list[a] && leaf->view.stride[m->n - 1] == leaf->view.stride[a] * count;
}

/* Joins neighbouring axes along which all leaves run on, so that runs are long. */
static void join_axes(machine *m, const ama__box *box) {
    int n_leaves = m->p->n_leaves;
    m->n = 0;
    for (int a = 0; a < box->ndim; a++) {
        if (box->count[a] == 1) continue;
        bool join = m->n > 0;
        for (int k = 0; k < n_leaves && join; k++) join = runs_on(m, &m->leaf[k], a, box->count[a]);
        if (join) m->n--;
        m->count[m->n] = join ? m->count[m->n] * box->count[a] : box->count[a];
        for (int k = 0; k < n_leaves; k++) {
            m->leaf[k].view.stride[m->n] = m->leaf[k].view.stride[a];
            m->leaf[k].list[m->n] = m->leaf[k].list[a];
        }
        m->n++;
    }
    m->outer = m->n > 0 ? m->n - 1 : 0;
}

/* ---- strips */

static char *strip(const machine *m, int slot) {
    return m->slots + (size_t)slot * AMA_PROGRAM_STRIP * 8;
}

/* Operand k of step i, `count` values from `first` of the current run on, in the dtype it is taken in; *scalar: one. */
static const void *operand(const machine *m, int i, int k, int64_t first, int64_t count, bool *scalar) {
    const ama__program *p = m->p;
    ama__node *node = p->step[i].node, *in = node->u.map.in[k];
    const char *data;
    int from = p->step[i].from[k];
    *scalar = false;
    if (from >= 0) {
        data = strip(m, p->step[from].slot);
    } else {
        const ama__view *v = &m->leaf[~from].view;
        *scalar = m->n == 0 || v->stride[m->n - 1] == 0;
        data = m->row[~from] + (*scalar ? 0 : first * (int64_t)ama__class_bytes(v->class));
    }
    ama_dtype calc = ama__program_calc(node, k);
    if (!ama__program_converts(in->dtype, calc)) return data;
    char *to = strip(m, p->n_slots + k);
    ama__convert_run(in->dtype, calc, *scalar ? 1 : count, data, to);
    return to;
}

static void run_step(const machine *m, int i, int64_t first, int64_t count, void *out) {
    const ama__node *node = m->p->step[i].node;
    const void *in[3] = {NULL, NULL, NULL};
    unsigned scalars = 0;
    for (int k = 0; k < node->u.map.n_in; k++) {
        bool scalar;
        in[k] = operand(m, i, k, first, count, &scalar);
        if (scalar) scalars |= 1u << k;
    }
    if (node->u.map.op == AMA_OP_CAST)
        ama__convert_run(node->u.map.in[0]->dtype, node->dtype, count, in[0], out);
    else
        ama__map_run(node->u.map.op, node->u.map.calc, count, in[0], in[1], in[2], scalars, out);
}

/* Nothing lies between: strips would only cut the run. */
static bool is_plain(const ama__program *p) {
    const ama__node *node = p->step[0].node;
    bool plain = p->n_steps == 1;
    for (int k = 0; k < node->u.map.n_in && plain; k++)
        plain = !ama__program_converts(node->u.map.in[k]->dtype, ama__program_calc(node, k));
    return plain;
}

static void run_row(const machine *m, int64_t run, int64_t most, char *out, size_t out_size) {
    int last = m->p->n_steps - 1;
    for (int64_t first = 0; first < run; first += most) {
        int64_t count = run - first < most ? run - first : most;
        for (int i = 0; i < last; i++) run_step(m, i, first, count, strip(m, m->p->step[i].slot));
        run_step(m, last, first, count, out + (size_t)first * out_size);
    }
}

ama_status ama__evaluator_into(ama__evaluator *e, ama__node *node, const ama__box *box, void *dst) {
    ama__program p;
    machine m = {.p = &p};
    void *slots;
    int64_t at[AMA_MAX_DIMS] = {0};
    ama__program_make(node, &p);
    AMA_TRY(take_leaves(e, box, &m));
    AMA_TRY(ama__evaluator_alloc(e, (size_t)ama__program_strips(&p) * AMA_PROGRAM_STRIP * 8, &slots));
    m.slots = slots;
    join_axes(&m, box);
    size_t size = ama__class_bytes(ama__class_of(node->dtype));
    int64_t run = m.n > 0 ? m.count[m.n - 1] : 1, most = is_plain(&p) ? run : AMA_PROGRAM_STRIP;
    char *to = dst;
    do {
        for (int k = 0; k < p.n_leaves; k++) m.row[k] = ama__rows_at(&m.leaf[k], m.outer, at);
        run_row(&m, run, most, to, size);
        to += (size_t)run * size;
    } while (ama__index_next(m.outer, m.count, at));
    return AMA_OK;
}

ama_status ama__evaluator_map(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    void *dst;
    AMA_TRY(ama__evaluator_block(e, ama__class_of(node->dtype), box, out, &dst));
    return ama__evaluator_into(e, node, box, dst);
}
