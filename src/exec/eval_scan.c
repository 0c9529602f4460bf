/* A scan is made once for a tile, not by every block that reads it: a block would have to add up its segment from the
 * beginning. Threads share out what lies across the axis; along it a value follows from the one before, which stands in
 * the result already, so that blocks may be cut anywhere. Of ranks the keys are put where the ranks will stand, which
 * is done once a slab has all of them. */
#include "exec/eval_scan.h"

#include "base/number.h"
#include "base/phase.h"
#include "kernel/rank.h"
#include "kernel/scan.h"

typedef struct job {
    ama__node *node;
    const ama__scan_spec *spec;
    ama__scan_kind kind;
    ama__rank_kind rank; /* when these are ranks */
    ama__box box;        /* of the scan, from the beginning of a segment on */
    char *out;           /* dense over the box; elements of 8 bytes */
    int64_t row;         /* elements of one index of the scanned axis */
    int cut; /* slabs hold one index of each axis before this one, a run of it and all of those behind, but always
                the whole scanned axis */
    int64_t run, pieces, slabs;
} job;

static void plan_slabs(job *j) {
    const int64_t *count = j->box.count;
    int64_t inner = 1;
    j->cut = j->box.ndim - 1;
    while (j->cut > 0 && inner * count[j->cut] <= AMA_BLOCK_ELEMENTS) inner *= count[j->cut--];
    j->run = AMA_BLOCK_ELEMENTS / inner > 0 ? AMA_BLOCK_ELEMENTS / inner : 1;
    if (j->cut == j->spec->axis) j->run = count[j->cut];
    j->pieces = (count[j->cut] + j->run - 1) / j->run;
    j->slabs = j->pieces;
    for (int d = 0; d < j->cut; d++)
        if (d != j->spec->axis) j->slabs *= count[d];
    j->row = 1;
    for (int d = j->spec->axis + 1; d < j->box.ndim; d++) j->row *= count[d];
}

static ama__box slab_box(const job *j, int64_t number) {
    ama__box b = j->box;
    int64_t first = number % j->pieces * j->run, rest = number / j->pieces;
    b.start[j->cut] += first;
    b.count[j->cut] = ama__min_i8(j->run, b.count[j->cut] - first);
    for (int d = j->cut - 1; d >= 0; d--) {
        if (d == j->spec->axis) continue;
        b.start[d] += rest % j->box.count[d];
        b.count[d] = 1;
        rest /= j->box.count[d];
    }
    return b;
}

/* A box inside the job's as columns: `outer` times `run` beside each other. Returns where the first one begins. */
static char *columns_of(const job *j, const ama__box *b, int64_t *outer, int64_t *run) {
    int64_t stride[AMA_MAX_DIMS], at = 0;
    *outer = *run = 1;
    ama__shape_strides(j->box.ndim, j->box.count, stride);
    for (int d = 0; d < j->box.ndim; d++) {
        at += (b->start[d] - j->box.start[d]) * stride[d];
        if (d < j->spec->axis) *outer *= b->count[d];
        if (d > j->spec->axis) *run *= b->count[d];
    }
    return j->out + at * 8;
}

/* Values x over a block of the slab, whose rows before are done. */
static void scan_block(const job *j, const ama__box *b, const char *x) {
    int64_t outer, run;
    int a = j->spec->axis;
    size_t size = ama__class_bytes(j->kind.class);
    char *first = columns_of(j, b, &outer, &run);
    for (int64_t o = 0; o < outer; o++) {
        char *out = first + o * j->box.count[a] * j->row * 8;
        int64_t end = b->start[a] + b->count[a];
        if (j->spec->rank) {
            ama__rank_keys(&j->rank, b->count[a], run, x, out, j->row);
            x += (size_t)(b->count[a] * run) * size;
            continue;
        }
        for (int64_t i = b->start[a]; i < end;) {
            int64_t s = ama__cut_find(j->spec->n_segments, j->spec->cut, i);
            int64_t rows = ama__min_i8(j->spec->cut[s + 1], end) - i;
            const char *before = i == j->spec->cut[s] ? NULL : out - j->row * 8;
            ama__scan_rows(&j->kind, rows, run, x, before, out, j->row);
            x += (size_t)(rows * run) * size;
            out += rows * j->row * 8;
            i += rows;
        }
    }
}

/* Ranks of the slab, which holds all its keys. */
static ama_status rank_slab(const job *j, ama__evaluator *e, const ama__box *slab) {
    const ama__scan_spec *s = j->spec;
    int a = s->axis;
    int64_t outer, run, end = slab->start[a] + slab->count[a];
    char *first = columns_of(j, slab, &outer, &run);
    for (int64_t i = slab->start[a], n; i < end; i += n, first += n * j->row * 8) {
        void *work;
        ama__evaluator_reset(e);
        n = s->cut[ama__cut_find(s->n_segments, s->cut, i) + 1] - i;
        AMA_TRY(ama__evaluator_alloc(e, ama__rank_work_bytes(n), &work));
        for (int64_t o = 0; o < outer; o++)
            ama__rank_columns(&j->rank, n, run, first + o * j->box.count[a] * j->row * 8, j->row, work);
    }
    return AMA_OK;
}

static ama_status scan_slab(const job *j, ama__evaluator *e, int64_t number) {
    ama__box slab = slab_box(j, number), block = slab;
    int a = j->spec->axis;
    int64_t across = ama__box_size(&slab) / slab.count[a], rows = AMA_BLOCK_ELEMENTS / across;
    if (j->cut < a || rows < 1) rows = j->cut < a ? slab.count[a] : 1;
    for (int64_t i = 0; i < slab.count[a]; i += rows) {
        const void *x;
        block.start[a] = slab.start[a] + i;
        block.count[a] = ama__min_i8(rows, slab.count[a] - i);
        ama__evaluator_reset(e);
        AMA_TRY(ama__evaluator_dense(e, j->node->u.scan.in, &block, &x));
        scan_block(j, &block, x);
    }
    return j->spec->rank ? rank_slab(j, e, &slab) : AMA_OK;
}

static ama_status scan_box(job *j, ama__evaluator *ev, int threads) {
    ama_status status = AMA_OK;
    plan_slabs(j);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < j->slabs; i++) {
        ama_status now;
#pragma omp atomic read
        now = status;
        int before = ama__phase_enter(ev->ctx, AMA_PHASE_COMPUTE);
        if (now == AMA_OK) now = scan_slab(j, &ev[ama__thread()], i);
        ama__phase_leave(ev->ctx, before);
        if (now == AMA_OK) continue;
#pragma omp atomic write
        status = now;
    }
    return status;
}

ama_status ama__tile_scan(ama__tile *t, ama__evaluator *ev, int threads) {
    const ama__scan_boxes *b = &t->wants.scans;
    if (b->n == 0) return AMA_OK;
    AMA_TRY(ama__mem_calloc(t->ctx, AMA_MEM_META, (size_t)b->n, sizeof *t->scan, (void **)&t->scan));
    for (int i = 0; i < b->n; i++) {
        ama__node *n = t->stage->scan[b->at[i].scan];
        job j = {.node = n, .spec = &n->u.scan.spec, .box = b->at[i].box};
        j.rank = (ama__rank_kind){n->u.scan.in->dtype, j.spec->pct};
        j.kind = (ama__scan_kind){ama__class_of(n->u.scan.in->dtype), j.spec->product, j.spec->skipna};
        AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_CHUNK, (size_t)ama__box_size(&j.box) * 8, &t->scan[i]));
        t->n_scans = i + 1;
        j.out = t->scan[i];
        AMA_TRY(scan_box(&j, ev, threads));
    }
    return AMA_OK;
}

/* The box made for the tile that holds this one; -1: none. */
static int find_box(const ama__evaluator *e, const ama__node *node, const ama__box *box) {
    const ama__scan_boxes *b = &e->tile->wants.scans;
    for (int i = 0; i < e->tile->n_scans; i++)
        if (e->stage->scan[b->at[i].scan] == node && ama__box_contains(&b->at[i].box, box)) return i;
    return -1;
}

bool ama__evaluator_has_scan(const ama__evaluator *e, const ama__node *node, const ama__box *box) {
    return find_box(e, node, box) >= 0;
}

ama_status ama__evaluator_scan(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__view *out) {
    int i = find_box(e, node, box);
    if (i < 0) return ama__fail(e->ctx, AMA_ERR_INTERNAL, "a running sum that was not made for the tile");
    const ama__box *held = &e->tile->wants.scans.at[i].box;
    int64_t offset = 0;
    ama__shape_strides(box->ndim, held->count, out->stride);
    for (int a = 0; a < box->ndim; a++) offset += (box->start[a] - held->start[a]) * out->stride[a];
    out->data = (const char *)e->tile->scan[i] + offset * 8;
    out->class = ama__class_of(node->dtype);
    return AMA_OK;
}

ama_status ama__evaluator_concat(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__view *out) {
    int axis = node->u.concat.axis, n_in = node->u.concat.n_in;
    const int64_t *start = node->u.concat.start;
    int64_t lo = box->start[axis], hi = lo + box->count[axis];
    int first = (int)ama__cut_find(n_in, start, lo);
    void *data;
    if (hi <= start[first + 1]) {
        ama__box piece = ama__concat_piece(node, first, box);
        return ama__evaluator_view(e, node->u.concat.in[first], &piece, out);
    }
    out->class = ama__class_of(node->dtype);
    size_t size = ama__class_bytes(out->class);
    AMA_TRY(ama__evaluator_alloc(e, (size_t)ama__box_size(box) * size, &data));
    out->data = data;
    ama__shape_strides(box->ndim, box->count, out->stride);
    for (int k = first; k < n_in && start[k] < hi; k++) {
        ama__box piece = ama__concat_piece(node, k, box);
        ama__view v;
        char *to = (char *)data + (size_t)((piece.start[axis] + start[k] - lo) * out->stride[axis]) * size;
        AMA_TRY(ama__evaluator_view(e, node->u.concat.in[k], &piece, &v));
        ama__strided_copy(box->ndim, piece.count, size, v.data, v.stride, to, out->stride);
    }
    return AMA_OK;
}
