/* The trailing reduced axes of a consumer are rows: each row becomes a partial of its own (16 lanes), then enters its
 * cell. Where there are none, runs along kept axes enter many cells at once. Threads share out kept cells, so that the
 * order in which values enter a cell never depends on them; where no axis is kept, rows are made in parallel and
 * entered in order. */
#include "exec/reduce.h"

#include <string.h>

#include "exec/collect.h"

typedef struct job {
    ama__accum *a;
    const ama__consumer *c;
    int ndim, outer; /* axes before the rows, or before the run along kept axes */
    int64_t run;     /* length of a row */
} job;

static int64_t min_i8(int64_t a, int64_t b) {
    return a < b ? a : b;
}

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

/* Rows of a block: each a partial, merged into its cell in order. */
static void fold_rows(const job *j, const ama__box *b, const char *x, size_t size) {
    int64_t at[AMA_MAX_DIMS] = {0}, run = 1, group;
    int outer = j->ndim - j->c->n_row_axes;
    for (int d = outer; d < j->ndim; d++) run *= b->count[d];
    do {
        uint64_t mem[3];
        ama__state to, row = ama__state_at(&j->a->kind, mem, 1);
        int64_t cell = cell_of(j, b, at, outer, &group);
        if (ama__accum_state(j->a, group, cell, &to)) {
            ama__state_row(&j->a->kind, row, run, x);
            ama__state_merge(&j->a->kind, to, row, 1);
        }
        x += (size_t)run * size;
    } while (ama__index_next(outer, b->count, at));
}

/* The fastest axis is kept: runs over as many trailing kept axes as lie one after another in the state too. */
static void fold_cells(const job *j, const ama__box *b, const char *x, size_t size) {
    int64_t at[AMA_MAX_DIMS] = {0}, run = 1, group;
    int outer = j->ndim;
    while (outer > 0 && is_kept(j->c, outer - 1) && j->a->stride[outer - 1] == run) run *= b->count[--outer];
    do {
        ama__state to;
        int64_t cell = cell_of(j, b, at, outer, &group);
        if (ama__accum_state(j->a, group, cell, &to)) ama__state_fold(&j->a->kind, to, run, x);
        x += (size_t)run * size;
    } while (ama__index_next(outer, b->count, at));
}

/* The fastest axis is labelled, or reduced but cut by tiles: values enter one by one, in runs of one group. */
static void fold_series(const job *j, const ama__box *b, const char *x, size_t size) {
    int64_t at[AMA_MAX_DIMS] = {0}, n = b->count[j->ndim - 1], first = b->start[j->ndim - 1], group;
    const int64_t *label = j->c->spec.label_axis == j->ndim - 1 ? j->c->spec.label + first : NULL;
    do {
        int64_t cell = cell_of(j, b, at, j->ndim - 1, &group);
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
        x += (size_t)n * size;
    } while (ama__index_next(j->ndim - 1, b->count, at));
}

static void fold_block(const job *j, const ama__box *b, const void *x, size_t size) {
    if (j->c->n_row_axes > 0)
        fold_rows(j, b, x, size);
    else if (j->ndim > 0 && !is_kept(j->c, j->ndim - 1))
        fold_series(j, b, x, size);
    else
        fold_cells(j, b, x, size);
}

/* The next block of a box, in C order: one index of the axes before `axis`, a run of `axis`, all of the later ones, so
 * that a block has at most about AMA_BLOCK_ELEMENTS and whole rows. */
typedef struct blocks {
    ama__box whole, now;
    int axis;
    int64_t step;
    bool first;
} blocks;

static void blocks_init(blocks *k, const ama__box *box, int row_axes) {
    int64_t inner = 1;
    int axis = box->ndim;
    while (axis > box->ndim - row_axes) inner *= box->count[--axis];
    while (axis > 0 && inner * box->count[axis - 1] <= AMA_BLOCK_ELEMENTS) inner *= box->count[--axis];
    *k = (blocks){.whole = *box, .now = *box, .axis = axis - 1, .first = true};
    if (k->axis < 0) return;
    k->step = AMA_BLOCK_ELEMENTS / inner;
    if (k->step < 1) k->step = 1;
    for (int d = 0; d < k->axis; d++) k->now.count[d] = 1;
    k->now.count[k->axis] = min_i8(k->step, box->count[k->axis]);
}

static bool blocks_next(blocks *k) {
    if (k->first) {
        k->first = false;
        return ama__box_size(&k->whole) > 0;
    }
    if (k->axis < 0) return false;
    int d = k->axis;
    int64_t end = k->whole.start[d] + k->whole.count[d];
    k->now.start[d] += k->now.count[d];
    if (k->now.start[d] >= end) {
        k->now.start[d] = k->whole.start[d];
        for (--d; d >= 0; d--) {
            if (++k->now.start[d] < k->whole.start[d] + k->whole.count[d]) break;
            k->now.start[d] = k->whole.start[d];
        }
        if (d < 0) return false;
    }
    k->now.count[k->axis] = min_i8(k->step, end - k->now.start[k->axis]);
    return true;
}

static ama_status reduce_box(const job *j, ama__evaluator *e, const ama__box *box) {
    blocks k;
    size_t size = ama__class_bytes(ama__class_of(j->c->node->dtype));
    blocks_init(&k, box, j->c->n_row_axes);
    while (blocks_next(&k)) {
        const void *x;
        ama__evaluator_reset(e);
        AMA_TRY(ama__evaluator_dense(e, j->c->node, &k.now, &x));
        if (ama__red_collects(j->c->spec.op))
            AMA_TRY(ama__collect_block(j->a, e, &k.now, x));
        else
            fold_block(j, &k.now, x, size);
    }
    return AMA_OK;
}

/* Axis along which threads share out the cells: the longest kept one; -1 when none is longer than 1. Where values are
 * collected any axis will do: the slowest. */
static int share_axis(const job *j, const ama__box *box) {
    int best = -1;
    for (int d = 0; ama__red_collects(j->c->spec.op) && d < box->ndim; d++)
        if (box->count[d] > 1) return d;
    for (int d = 0; d < box->ndim; d++)
        if (is_kept(j->c, d) && box->count[d] > 1 && (best < 0 || box->count[d] > box->count[best])) best = d;
    return best;
}

/* Indices of the shared axis per slice: small enough that a slice's states stay in cache, and enough slices for all
 * threads. */
static int64_t slice_extent(const job *j, const ama__box *box, int axis, int threads) {
    int64_t cells = 1;
    for (int d = 0; d < box->ndim; d++)
        if ((is_kept(j->c, d) || ama__red_collects(j->c->spec.op)) && d != axis) cells *= box->count[d];
    int64_t extent = AMA_BLOCK_ELEMENTS / (cells > 0 ? cells : 1);
    if (extent < 1) extent = 1;
    int64_t share = (box->count[axis] + threads - 1) / threads;
    return min_i8(extent, share);
}

static ama_status reduce_shared(const job *j, ama__evaluator *ev, int threads, const ama__box *box, int axis) {
    ama_status status = AMA_OK;
    int64_t extent = slice_extent(j, box, axis, threads), n = (box->count[axis] + extent - 1) / extent;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < n; i++) {
        ama__box slice = *box;
        ama_status now;
        slice.start[axis] += i * extent;
        slice.count[axis] = min_i8(extent, box->count[axis] - i * extent);
#pragma omp atomic read
        now = status;
        if (now == AMA_OK) now = reduce_box(j, &ev[ama__thread()], &slice);
        if (now == AMA_OK) continue;
#pragma omp atomic write
        status = now;
    }
    return status;
}

/* No kept axis: the partial of every index of axis 0's rows, made in parallel, then entered in order. */
static ama_status reduce_scalar(const job *j, ama__evaluator *ev, int threads, const ama__box *box) {
    int outer = j->ndim - j->c->n_row_axes;
    int64_t n = outer > 0 ? box->count[0] : 1, rows = 1;
    ama_status status = AMA_OK;
    uint64_t *partial;
    if (j->c->n_row_axes == 0 || outer == 0 || threads == 1) return reduce_box(j, ev, box);
    for (int d = 0; d < outer; d++) rows *= box->count[d];
    AMA_TRY(ama__mem_alloc(j->a->ctx, AMA_MEM_SCRATCH, (size_t)rows * 24, (void **)&partial));
    size_t size = ama__class_bytes(ama__class_of(j->c->node->dtype));
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < n; i++) {
        blocks k;
        ama__box one = *box;
        ama__evaluator *e = &ev[ama__thread()];
        ama_status now;
        int64_t row = i * (rows / n), run = 1;
        one.start[0] += i;
        one.count[0] = 1;
        for (int d = outer; d < j->ndim; d++) run *= box->count[d];
        blocks_init(&k, &one, j->c->n_row_axes);
#pragma omp atomic read
        now = status;
        while (now == AMA_OK && blocks_next(&k)) {
            const void *x;
            ama__evaluator_reset(e);
            now = ama__evaluator_dense(e, j->c->node, &k.now, &x);
            int64_t m = now == AMA_OK ? ama__box_size(&k.now) / run : 0;
            for (int64_t r = 0; r < m; r++, row++)
                ama__state_row(&j->a->kind, ama__state_at(&j->a->kind, partial + 3 * row, 1), run,
                               (const char *)x + (size_t)(r * run) * size);
        }
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
    int axis = share_axis(&j, &box);
    return axis >= 0 ? reduce_shared(&j, ev, threads, &box, axis) : reduce_scalar(&j, ev, threads, &box);
}
