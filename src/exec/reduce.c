/* The trailing reduced axes of a consumer are rows: each row becomes a partial of its own (16 lanes), then enters its
 * cell. Where there are none, runs along kept axes enter many cells at once. Threads share out kept cells, so that the
 * order in which values enter a cell never depends on them; where no axis is kept, rows are made in parallel and
 * entered in order. */
#include "exec/reduce.h"

#include <string.h>

#include "base/number.h"
#include "base/phase.h"
#include "exec/collect.h"
#include "exec/counting.h"
#include "exec/slices.h"
#include "plan/blocks.h"

typedef struct job {
    ama__accum *a;
    const ama__consumer *c;
    int ndim, outer; /* axes before the rows, or before the run along kept axes */
    int64_t run;     /* length of a row */
} job;

static bool is_kept(const ama__consumer *c, int axis) {
    return !c->spec.reduced[axis] && axis != c->spec.label_axis;
}

/* Cell and group of an index tuple over the outer axes of a block. */
static int64_t cell_of(const job *j, const ama__box *b, const int64_t *at, int n, int64_t *group) {
    int64_t cell = 0;
    *group = 0;
    for (int d = 0; d < b->ndim; d++) {
        int64_t i = b->start[d] + (d < n ? at[d] : 0);
        cell += (i - j->a->box.start[d]) * j->a->stride[d];
        if (d == j->c->spec.label_axis) *group = j->c->spec.label[i];
    }
    return cell;
}

static int64_t offset_of(const ama__view *v, const int64_t *at, int n) {
    int64_t offset = 0;
    for (int d = 0; d < n; d++) offset += at[d] * v->stride[d];
    return offset * (int64_t)ama__class_bytes(v->class);
}

/* Rows of a block: each a partial, merged into its cell in order. */
static void fold_rows(const job *j, const ama__box *b, const ama__view *v) {
    int64_t at[AMA_MAX_DIMS] = {0}, run = 1, group;
    int outer = j->ndim - j->c->n_row_axes;
    for (int d = outer; d < j->ndim; d++) run *= b->count[d];
    do {
        uint64_t mem[3];
        ama__state to, row = ama__state_at(&j->a->kind, mem, 1);
        int64_t cell = cell_of(j, b, at, outer, &group);
        if (ama__accum_state(j->a, group, cell, &to)) {
            ama__state_row(&j->a->kind, row, run, (const char *)v->data + offset_of(v, at, outer));
            ama__state_merge(&j->a->kind, to, row, 1);
        }
    } while (ama__index_next(outer, b->count, at));
}

/* Rows that enter the same cells. */
typedef struct row_queue {
    int n;
    ama__state to;
    const void *row[AMA_FOLD_ROWS];
} row_queue;

static void fold_queue(const job *j, row_queue *q, int64_t run) {
    if (q->n > 0) ama__state_fold(&j->a->kind, q->to, run, q->n, q->row);
    q->n = 0;
}

/* The fastest axis is kept: runs over as many trailing kept axes as lie one after another in the state and the block,
 * those one after another that enter the same cells together. */
static ama_status fold_cells(const job *j, ama__evaluator *e, const ama__box *b) {
    int64_t at[AMA_MAX_DIMS] = {0}, run = 1, group;
    int outer = j->ndim, last = j->ndim - 1;
    row_queue q = {.n = 0};
    ama__rows x;
    AMA_TRY(ama__evaluator_rows(e, j->c->node, b, &x));
    if (last >= 0 && b->count[last] > 1 && x.view.stride[last] != 1) /* no lists then */
        AMA_TRY(ama__evaluator_runs(e, j->c->node, b, 1, &x.view));
    for (; outer > 0 && is_kept(j->c, outer - 1); run *= b->count[--outer]) {
        int64_t stride = x.list[outer - 1] ? 0 : x.view.stride[outer - 1];
        if (b->count[outer - 1] > 1 && (j->a->stride[outer - 1] != run || stride != run)) break;
    }
    do {
        ama__state to;
        int64_t cell = cell_of(j, b, at, outer, &group);
        if (!ama__accum_state(j->a, group, cell, &to)) continue;
        if (q.n == AMA_FOLD_ROWS || to.n != q.to.n) fold_queue(j, &q, run);
        q.to = to;
        q.row[q.n++] = ama__rows_at(&x, outer, at);
    } while (ama__index_next(outer, b->count, at));
    fold_queue(j, &q, run);
    return AMA_OK;
}

/* The fastest axis is labelled, or reduced but cut by tiles: values enter one by one, in runs of one group. */
static void fold_series(const job *j, const ama__box *b, const ama__view *v) {
    int64_t at[AMA_MAX_DIMS] = {0}, n = b->count[j->ndim - 1], first = b->start[j->ndim - 1], group;
    const int64_t *label = j->c->spec.label_axis == j->ndim - 1 ? j->c->spec.label + first : NULL;
    size_t size = ama__class_bytes(v->class);
    do {
        int64_t cell = cell_of(j, b, at, j->ndim - 1, &group);
        const char *x = (const char *)v->data + offset_of(v, at, j->ndim - 1);
        for (int64_t i = 0, next; i < n; i = next) {
            ama__state to;
            next = n;
            if (label) {
                for (next = i + 1; next < n && label[next] == label[i];) next++;
                group = label[i];
            }
            if (ama__accum_state(j->a, group, cell, &to))
                ama__state_fold_seq(&j->a->kind, to, next - i, x + (size_t)i * size, 1);
        }
    } while (ama__index_next(j->ndim - 1, b->count, at));
}

static ama_status fold_block(const job *j, ama__evaluator *e, const ama__box *b) {
    int rows = j->c->n_row_axes;
    ama__view v;
    if (rows == 0 && (j->ndim == 0 || is_kept(j->c, j->ndim - 1))) return fold_cells(j, e, b);
    AMA_TRY(ama__evaluator_runs(e, j->c->node, b, rows > 1 ? rows : 1, &v));
    if (rows > 0)
        fold_rows(j, b, &v);
    else
        fold_series(j, b, &v);
    return AMA_OK;
}

static ama_status reduce_box(const job *j, ama__evaluator *e, const ama__box *box) {
    ama__blocks k;
    ama__blocks_init(&k, j->c, box);
    for (int64_t i = 0; i < k.total; i++) {
        ama__box block = ama__blocks_at(&k, i);
        ama__evaluator_reset(e);
        if (ama__red_collects(j->c->spec.op)) {
            const void *x;
            AMA_TRY(ama__evaluator_dense(e, j->c->node, &block, &x));
            AMA_TRY(ama__collect_narrow(j->c, e, ama__box_size(&block), &x));
            if (j->a->counting)
                ama__counting_block(j->a->counting, &block, x);
            else
                ama__collect_block(j->a, &block, x);
            continue;
        }
        AMA_TRY(fold_block(j, e, &block));
    }
    return AMA_OK;
}

static ama_status reduce_shared(const job *j, ama__evaluator *ev, int threads, const ama__box *box) {
    ama_status status = AMA_OK;
    ama__slices slices;
    AMA_TRY(ama__slices_init(&slices, j->a->ctx, j->a->stage, j->c, box, threads));
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < slices.n; i++) {
        ama__box slice = ama__slices_box(&slices, i);
        ama_status now;
#pragma omp atomic read
        now = status;
        int before = ama__phase_enter(j->a->ctx, AMA_PHASE_COMPUTE);
        if (now == AMA_OK) now = reduce_box(j, &ev[ama__thread()], &slice);
        ama__phase_leave(j->a->ctx, before);
        if (now == AMA_OK) continue;
#pragma omp atomic write
        status = now;
    }
    ama__slices_fini(&slices);
    return status;
}

/* The rows of a box, made in C order. */
static ama_status make_rows(const job *j, ama__evaluator *e, const ama__box *box, int64_t run, uint64_t *partial) {
    ama__blocks k;
    size_t size = ama__class_bytes(ama__class_of(j->c->node->dtype));
    ama__blocks_init(&k, j->c, box);
    for (int64_t i = 0; i < k.total; i++) {
        const void *x;
        ama__box block = ama__blocks_at(&k, i);
        ama__evaluator_reset(e);
        AMA_TRY(ama__evaluator_dense(e, j->c->node, &block, &x));
        for (int64_t r = 0, m = ama__box_size(&block) / run; r < m; r++, partial += 3)
            ama__state_row(&j->a->kind, ama__state_at(&j->a->kind, partial, 1), run,
                           (const char *)x + (size_t)(r * run) * size);
    }
    return AMA_OK;
}

/* Indices of axis 0 that a thread takes at a time: one, but more where windows cross them. */
static int64_t share_rows(const job *j, const ama__box *box, int threads) {
    return j->c->halo[0] > 0 ? (box->count[0] + threads - 1) / threads : 1;
}

/* No kept axis: the partials of all rows, made in parallel, then entered in order. */
static ama_status reduce_scalar(const job *j, ama__evaluator *ev, int threads, const ama__box *box) {
    int outer = j->ndim - j->c->n_row_axes;
    int64_t rows = 1, run = 1;
    ama_status status = AMA_OK;
    uint64_t *partial;
    if (j->c->n_row_axes == 0 || outer == 0 || threads == 1) return reduce_box(j, ev, box);
    for (int d = 0; d < outer; d++) rows *= box->count[d];
    for (int d = outer; d < j->ndim; d++) run *= box->count[d];
    int64_t share = share_rows(j, box, threads), n = (box->count[0] + share - 1) / share;
    AMA_TRY(ama__mem_alloc(j->a->ctx, AMA_MEM_SCRATCH, (size_t)rows * 24, (void **)&partial));
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < n; i++) {
        ama__box part = *box;
        ama_status now;
        part.start[0] += i * share;
        part.count[0] = ama__min_i8(share, box->count[0] - i * share);
#pragma omp atomic read
        now = status;
        int before = ama__phase_enter(j->a->ctx, AMA_PHASE_COMPUTE);
        if (now == AMA_OK)
            now = make_rows(j, &ev[ama__thread()], &part, run, partial + 3 * i * share * (rows / box->count[0]));
        ama__phase_leave(j->a->ctx, before);
        if (now == AMA_OK) continue;
#pragma omp atomic write
        status = now;
    }
    int64_t at[AMA_MAX_DIMS] = {0}, row = 0, group;
    do {
        ama__state to;
        int64_t cell = cell_of(j, box, at, outer, &group);
        if (status == AMA_OK && ama__accum_state(j->a, group, cell, &to))
            ama__state_merge(&j->a->kind, to, ama__state_at(&j->a->kind, partial + 3 * row, 1), 1);
        row++;
    } while (ama__index_next(outer, box->count, at));
    ama__mem_free(j->a->ctx, partial);
    return status;
}

ama_status ama__reduce_tile(ama__accum *a, ama__evaluator *ev, int threads, const ama__box *driver_box) {
    job j = {.a = a, .c = a->consumer, .ndim = a->consumer->node->ndim};
    ama__box box;
    if (!a->open || !ama__consumer_box(a->stage, a->consumer, driver_box, &box)) return AMA_OK;
    for (int d = 0; d < box.ndim; d++)
        if ((is_kept(j.c, d) || ama__red_collects(j.c->spec.op)) && box.count[d] > 1)
            return reduce_shared(&j, ev, threads, &box);
    return reduce_scalar(&j, ev, threads, &box);
}
