/* Windows are evaluated in pieces: a run along the axis of some cells across, whose input is pulled, turned so that the
 * axis comes first, and given up again before the next piece. */
#include "exec/eval_private.h"

#include <string.h>

#include "exec/scratch.h"
#include "kernel/window.h"
#include "plan/blocks.h"

typedef struct job {
    ama__evaluator *e;
    ama__node *node;
    int axis;
    const ama__box *box;  /* of the outputs wanted */
    const ama__view *out; /* dense over it */
    char *data;
} job;

/* counts and strides with the window's axis first. */
static void axis_first(int axis, int ndim, const int64_t *in, int64_t *out) {
    out[0] = in[axis];
    for (int a = 0, k = 1; a < ndim; a++)
        if (a != axis) out[k++] = in[a];
}

/* The input of a piece as a dense block with the axis first. */
static ama_status pull(const job *j, const ama__box *input, const void **x) {
    int64_t count[AMA_MAX_DIMS], stride[AMA_MAX_DIMS], dense[AMA_MAX_DIMS];
    ama__view v;
    void *turned;
    bool is_dense = true;
    AMA_TRY(ama__evaluator_view(j->e, j->node->u.window.in, input, &v));
    axis_first(j->axis, input->ndim, input->count, count);
    axis_first(j->axis, input->ndim, v.stride, stride);
    ama__shape_strides(input->ndim, count, dense);
    for (int a = 0; a < input->ndim; a++) is_dense = is_dense && (count[a] == 1 || stride[a] == dense[a]);
    *x = v.data;
    if (is_dense) return AMA_OK;
    size_t size = ama__class_bytes(v.class);
    AMA_TRY(ama__evaluator_alloc(j->e, (size_t)ama__box_size(input) * size, &turned));
    ama__strided_copy(input->ndim, count, size, v.data, stride, turned, dense);
    *x = turned;
    return AMA_OK;
}

/* True when the cells of a piece lie one after another in the output. */
static bool in_place(const job *j, const ama__box *piece) {
    int64_t run = 1;
    for (int a = piece->ndim - 1; a >= 0; a--) {
        if (a == j->axis || piece->count[a] == 1) continue;
        if (j->out->stride[a] != run) return false;
        run *= piece->count[a];
    }
    return true;
}

static ama_status run_piece(const job *j, const ama__window *w, const ama__box *piece) {
    ama__box input = ama__window_input(j->node, piece);
    size_t size = ama__class_bytes(j->out->class);
    int64_t n = piece->count[j->axis], cells = ama__box_size(piece) / n, offset = 0;
    ama__window_run r = {.first = piece->start[j->axis], .n = n, .in_first = input.start[j->axis], .cells = cells};
    for (int a = 0; a < piece->ndim; a++) offset += (piece->start[a] - j->box->start[a]) * j->out->stride[a];
    char *to = j->data + (size_t)offset * size;
    bool direct = in_place(j, piece);
    AMA_TRY(pull(j, &input, &r.x));
    AMA_TRY(ama__evaluator_alloc(j->e, ama__window_work_bytes(w, n, cells), &r.work));
    r.out = to;
    r.out_stride = direct ? j->out->stride[j->axis] : cells;
    if (!direct) AMA_TRY(ama__evaluator_alloc(j->e, (size_t)(n * cells) * size, &r.out));
    ama__window_reduce(w, &r);
    if (direct) return AMA_OK;
    int64_t count[AMA_MAX_DIMS], from[AMA_MAX_DIMS], stride[AMA_MAX_DIMS];
    axis_first(j->axis, piece->ndim, piece->count, count);
    axis_first(j->axis, piece->ndim, j->out->stride, stride);
    ama__shape_strides(piece->ndim, count, from);
    ama__strided_copy(piece->ndim, count, size, r.out, from, to, stride);
    return AMA_OK;
}

/* Extents of pieces: trailing axes across as long as they fit, a run of the next. */
static void piece_steps(const job *j, int64_t *step) {
    int64_t run, cells;
    ama__window_piece(j->node, j->box->count[j->axis], &run, &cells);
    for (int a = j->box->ndim - 1; a >= 0; a--) {
        step[a] = run;
        if (a == j->axis) continue;
        step[a] = cells < j->box->count[a] ? cells : j->box->count[a];
        cells = step[a] < j->box->count[a] ? 1 : cells / step[a];
    }
}

ama_status ama__evaluator_window(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    const ama__window_spec *s = &node->u.window.spec;
    const ama__window w = {.op = s->op,
                           .dtype = node->u.window.in->dtype,
                           .out = node->dtype,
                           .skipna = s->skipna,
                           .width = s->width,
                           .lo = s->lo,
                           .extent = node->shape[s->axis],
                           .min_count = s->min_count,
                           .ddof = s->ddof,
                           .every = s->every,
                           .phase = s->phase};
    int64_t step[AMA_MAX_DIMS], n[AMA_MAX_DIMS], at[AMA_MAX_DIMS] = {0};
    void *data;
    AMA_TRY(ama__evaluator_block(e, ama__class_of(node->dtype), box, out, &data));
    job j = {e, node, s->axis, box, out, data};
    if (ama__box_size(box) == 0) return AMA_OK;
    piece_steps(&j, step);
    for (int a = 0; a < box->ndim; a++) n[a] = (box->count[a] + step[a] - 1) / step[a];
    const ama__scratch_mark mark = ama__scratch_now(e->scratch);
    const uint32_t kept = ama__keep_now(e->keep);
    do {
        ama__box piece = *box;
        for (int a = 0; a < box->ndim; a++) {
            int64_t left = box->count[a] - at[a] * step[a];
            piece.start[a] += at[a] * step[a];
            piece.count[a] = left < step[a] ? left : step[a];
        }
        AMA_TRY(run_piece(&j, &w, &piece));
        ama__keep_back(e->keep, kept);
        ama__scratch_back(e->scratch, mark);
    } while (ama__index_next(box->ndim, n, at));
    return AMA_OK;
}
