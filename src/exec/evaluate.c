/* Values of a consumer's box, by all threads. */
#include "exec/output.h"

#include "base/phase.h"
#include "plan/blocks.h"

/* Where a block lies in the dense array of its box. */
typedef struct place {
    int outer;          /* axes over which its runs are spread */
    int64_t run, first; /* values of a run; where the first begins */
    int64_t stride[AMA_MAX_DIMS];
} place;

static place place_of(const ama__box *block, const ama__box *box) {
    place p = {.outer = block->ndim, .run = 1};
    ama__shape_strides(box->ndim, box->count, p.stride);
    for (int d = 0; d < block->ndim; d++) p.first += (block->start[d] - box->start[d]) * p.stride[d];
    while (p.outer > 0 && (block->count[p.outer - 1] == 1 || p.stride[p.outer - 1] == p.run))
        p.run *= block->count[--p.outer];
    return p;
}

/* Class values of a block into their places. */
static void store_block(ama_dtype t, const ama__box *block, const void *x, const place *p, void *out) {
    int64_t at[AMA_MAX_DIMS] = {0}, done = 0;
    size_t size = ama__dtype_bytes(t), from = ama__class_bytes(ama__class_of(t));
    do {
        int64_t to = p->first;
        for (int d = 0; d < p->outer; d++) to += at[d] * p->stride[d];
        ama__store_run(t, p->run, (const char *)x + (size_t)done * from, (char *)out + (size_t)to * size);
        done += p->run;
    } while (ama__index_next(p->outer, block->count, at));
}

static ama_status evaluate_block(ama__evaluator *e, ama__node *node, const ama__box *block, const ama__box *box,
                                 void *out) {
    const void *x;
    place p = place_of(block, box);
    size_t size = ama__dtype_bytes(node->dtype);
    ama__evaluator_reset(e);
    if (p.outer == 0 && node->kind == AMA_NODE_MAP && size == ama__class_bytes(ama__class_of(node->dtype)))
        return ama__evaluator_into(e, node, block, (char *)out + (size_t)p.first * size);
    AMA_TRY(ama__evaluator_dense(e, node, block, &x));
    store_block(node->dtype, block, x, &p, out);
    return AMA_OK;
}

static ama_status evaluate_text(ama_ctx *ctx, const ama__node *node, const ama__box *box, void *out) {
    if (node->kind != AMA_NODE_CONST) return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "text that is not in memory");
    ama__box whole = ama__box_whole(node->ndim, node->shape);
    ama__box_copy(box, ama__dtype_bytes(node->dtype), node->u.constant.data, &whole, out, box);
    return AMA_OK;
}

ama_status ama__evaluate_box(ama_ctx *ctx, ama__evaluator *ev, int threads, const ama__consumer *c, const ama__box *box,
                             void **out) {
    ama_status status = AMA_OK;
    ama__node *node = c->node;
    int64_t total = ama__box_size(box);
    ama__blocks k;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_WRITE, (size_t)total * ama__dtype_bytes(node->dtype), out));
    if (ama__dtype_is_text(node->dtype)) {
        status = evaluate_text(ctx, node, box, *out);
        total = 0;
    }
    ama__blocks_init(&k, c, box);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < (total > 0 ? k.total : 0); i++) {
        ama__box block = ama__blocks_at(&k, i);
        ama_status now;
#pragma omp atomic read
        now = status;
        int before = ama__phase_enter(ctx, AMA_PHASE_COMPUTE);
        if (now == AMA_OK) now = evaluate_block(&ev[ama__thread()], node, &block, box, *out);
        ama__phase_leave(ctx, before);
        if (now == AMA_OK) continue;
#pragma omp atomic write
        status = now;
    }
    if (status != AMA_OK) AMA_FREE(ctx, *out);
    return status;
}
