#include "exec/collect.h"

#include <string.h>

#include "base/phase.h"
#include "exec/accum_private.h"

_Static_assert(sizeof(ama__segment) == AMA_SEGMENT_HEADER, "what plan/ counts for a segment");

void ama__collect_open(ama__segment *s, int64_t n) {
    s->next = NULL;
    s->n = n;
}

void ama__collect_free(ama_ctx *ctx, ama__segment *chain) {
    for (ama__segment *next; chain; chain = next) {
        next = chain->next;
        ama__mem_free(ctx, chain);
    }
}

/* ---- values on their way into the open leaf */

typedef struct target {
    int64_t stride[AMA_MAX_DIMS]; /* of the block's axes in a segment; 0 along the label axis */
    int64_t member;               /* from one member of the group to the next */
    size_t size;
} target;

/* Values are numbered by the reduced axes in C order, within a member of the group. */
static target make_target(const ama__accum *a) {
    const ama__consumer *c = a->consumer;
    target t = {.member = a->cells, .size = ama__dtype_bytes(c->node->dtype)};
    for (int d = a->box.ndim - 1; d >= 0; d--) {
        t.stride[d] = a->stride[d];
        if (!c->spec.reduced[d]) continue;
        t.stride[d] = t.member;
        t.member *= a->box.count[d];
    }
    return t;
}

void ama__collect_block(ama__accum *a, const ama__box *b, const void *values) {
    const ama__consumer *c = a->consumer;
    const target to_leaf = make_target(a), *t = &to_leaf;
    const char *x = values;
    int label = c->spec.label_axis;
    int64_t count[AMA_MAX_DIMS], stride[AMA_MAX_DIMS], at = 0, n = label >= 0 ? b->count[label] : 1;
    memcpy(count, b->count, sizeof count);
    ama__shape_strides(b->ndim, b->count, stride);
    for (int d = 0; d < b->ndim; d++) at += (b->start[d] - a->box.start[d]) * t->stride[d];
    if (label >= 0) count[label] = 1;
    for (int64_t i = 0; i < n; i++) {
        int64_t index = label >= 0 ? b->start[label] + i : 0, group = label >= 0 ? c->spec.label[index] : 0;
        if (group < 0 || a->entry_of[group] < 0) continue;
        ama__segment *s = a->leaf[a->entry_of[group]];
        int64_t to = at + (label >= 0 ? c->groups.rank[index] * t->member : 0);
        ama__strided_copy(b->ndim, count, t->size, x + (size_t)(label >= 0 ? i * stride[label] : 0) * t->size, stride,
                          s->data + (size_t)to * t->size, t->stride);
    }
}

ama_status ama__collect_narrow(const ama__consumer *c, ama__evaluator *e, int64_t n, const void **x) {
    ama_dtype dtype = c->node->dtype;
    size_t size = ama__dtype_bytes(dtype);
    void *narrow;
    if (size == ama__class_bytes(ama__class_of(dtype))) return AMA_OK;
    AMA_TRY(ama__evaluator_alloc(e, (size_t)n * size, &narrow));
    ama__store_run(dtype, n, *x, narrow);
    *x = narrow;
    return AMA_OK;
}

/* ---- finishing */

typedef struct finishing {
    ama_ctx *ctx;
    int n_results;
    ama__order *order;
    ama__order_input in;
    ama__order_part *part;
    char **out;
    char *work;
    size_t work_bytes;
    int64_t columns;
    int threads;
} finishing;

ama__order ama__collect_order(const ama__consumer *c, int i) {
    const ama__node *r = ama__consumer_result(c, i);
    const ama__reduce_spec *s = &r->u.reduce.spec;
    return (ama__order){.dtype = c->node->dtype,
                        .out = r->dtype,
                        .skipna = s->skipna,
                        .median = s->op == AMA_RED_MEDIAN,
                        .method = s->method,
                        .n_q = ama__reduce_n_q(r),
                        .q = s->q};
}

static ama_status alloc_finishing(ama__accum *a, const ama__segment *chain, int64_t cells, finishing *f) {
    int64_t n = 0, n_q = 1;
    *f = (finishing){.ctx = a->ctx, .n_results = 1 + a->consumer->n_twins, .in.cells = cells, .threads = a->threads};
    for (const ama__segment *s = chain; s; s = s->next) f->in.n_parts++;
    AMA_TRY(ama__mem_calloc(a->ctx, AMA_MEM_META, (size_t)f->n_results, sizeof *f->order, (void **)&f->order));
    AMA_TRY(ama__mem_calloc(a->ctx, AMA_MEM_META, (size_t)f->n_results, sizeof *f->out, (void **)&f->out));
    AMA_TRY(ama__mem_alloc(a->ctx, AMA_MEM_META, (size_t)f->in.n_parts * sizeof *f->part, (void **)&f->part));
    f->in.part = f->part;
    for (int i = 0; i < f->n_results; i++) f->order[i] = ama__collect_order(a->consumer, i);
    for (int i = 0; chain; chain = chain->next, i++) {
        f->part[i] = (ama__order_part){chain->data, chain->n};
        n += chain->n;
    }
    for (int i = 0; i < f->n_results; i++) {
        size_t bytes = (size_t)(cells * f->order[i].n_q) * ama__dtype_bytes(f->order[i].out);
        if (f->order[i].n_q > n_q) n_q = f->order[i].n_q;
        AMA_TRY(ama__mem_alloc(a->ctx, AMA_MEM_RESULT, bytes, (void **)&f->out[i]));
    }
    f->columns = ama__order_columns(f->order->dtype, n, cells);
    if (cells <= f->columns) f->threads = 1;
    f->work_bytes = (ama__order_work_bytes(f->order->dtype, n, cells, n_q) + 63) / 64 * 64;
    return ama__mem_alloc(a->ctx, AMA_MEM_SCRATCH, f->work_bytes * (size_t)f->threads, (void **)&f->work);
}

static void run_finishing(const finishing *f) {
#pragma omp parallel for schedule(dynamic) num_threads(f->threads)
    for (int64_t at = 0; at < f->in.cells; at += f->columns) {
        void *out[AMA_ORDER_REQUESTS];
        int64_t count = f->in.cells - at < f->columns ? f->in.cells - at : f->columns;
        for (int i = 0; i < f->n_results; i++)
            out[i] = f->out[i] + (size_t)(at * f->order[i].n_q) * ama__dtype_bytes(f->order[i].out);
        int before = ama__phase_enter(f->ctx, AMA_PHASE_COMPUTE);
        ama__order_run(f->n_results, f->order, &f->in, at, count, f->work + f->work_bytes * (size_t)ama__thread(), out);
        ama__phase_leave(f->ctx, before);
    }
}

/* Takes over the chain. */
static ama_status finish(ama__accum *a, const ama__box *kept, int64_t group, ama__segment *chain) {
    finishing f;
    ama_status status = alloc_finishing(a, chain, ama__box_size(kept), &f);
    if (status == AMA_OK) run_finishing(&f);
    ama__collect_free(a->ctx, chain);
    for (int i = 0; f.out && i < f.n_results; i++) {
        if (status == AMA_OK)
            status = ama__accum_add_piece(a, i, kept, group, f.out[i]);
        else
            ama__mem_free(a->ctx, f.out[i]);
    }
    ama__mem_free(a->ctx, f.order);
    ama__mem_free(a->ctx, f.out);
    ama__mem_free(a->ctx, f.part);
    ama__mem_free(a->ctx, f.work);
    return status;
}

ama_status ama__collect_insert(ama__accum *a, int64_t block, int64_t group, const ama__box *kept, ama__segment *s) {
    int64_t column = ama__consumer_column(a->consumer, group);
    ama__accum_slot *slot;
    if (s->n >= column) return finish(a, kept, group, s);
    ama_status status = ama__accum_slot_of(a, block, group, kept, 0, &slot);
    if (status != AMA_OK) {
        ama__mem_free(a->ctx, s);
        return status;
    }
    s->next = slot->chain;
    slot->chain = s;
    slot->values += s->n;
    if (slot->values < column) return AMA_OK;
    ama__segment *chain = slot->chain;
    slot->chain = NULL;
    slot->values = 0;
    return finish(a, kept, group, chain);
}
