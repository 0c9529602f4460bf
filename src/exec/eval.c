/* Evaluation by pulling: each node asks its inputs for the boxes it needs and gives back a view. Leaves that already
 * hold class values give views without copying; indexing turns into strides where it can. */
#include "exec/eval.h"

#include <string.h>

#include "exec/eval_private.h"
#include "exec/eval_scan.h"
#include "exec/scratch.h"

ama_status ama__evaluator_init(ama__evaluator *e, ama_ctx *ctx, const ama__stage *s, const ama__tile *t,
                               const ama__operand *operand) {
    *e = (ama__evaluator){.ctx = ctx, .stage = s, .tile = t, .operand = operand};
    AMA_TRY(ama__scratch_create(ctx, &e->scratch));
    return ama__keep_create(ctx, &e->keep);
}

void ama__evaluator_fini(ama__evaluator *e) {
    if (e->keep) ama__keep_destroy(e->ctx, &e->keep);
    ama__scratch_destroy(&e->scratch);
}

void ama__evaluator_reset(ama__evaluator *e) {
    ama__scratch_reset(e->scratch);
    ama__keep_forget(e->keep);
}

ama_status ama__evaluator_alloc(ama__evaluator *e, size_t bytes, void **out) {
    return ama__scratch_alloc(e->scratch, bytes, out);
}

static size_t view_size(const ama__view *v) {
    return ama__class_bytes(v->class);
}

ama_status ama__evaluator_block(ama__evaluator *e, ama__class class, const ama__box *box, ama__view *out, void **data) {
    AMA_TRY(ama__evaluator_alloc(e, (size_t)ama__box_size(box) * ama__class_bytes(class), data));
    out->data = *data;
    out->class = class;
    ama__shape_strides(box->ndim, box->count, out->stride);
    return AMA_OK;
}

static bool is_dense(const ama__box *box, const ama__view *v) {
    int64_t stride[AMA_MAX_DIMS];
    ama__shape_strides(box->ndim, box->count, stride);
    for (int a = 0; a < box->ndim; a++)
        if (box->count[a] > 1 && v->stride[a] != stride[a]) return false;
    return true;
}

ama_status ama__evaluator_make_dense(ama__evaluator *e, const ama__box *box, ama__view *v) {
    ama__view dense;
    void *data;
    if (is_dense(box, v)) {
        ama__shape_strides(box->ndim, box->count, v->stride);
        return AMA_OK;
    }
    AMA_TRY(ama__evaluator_block(e, v->class, box, &dense, &data));
    ama__strided_copy(box->ndim, box->count, view_size(v), v->data, v->stride, data, dense.stride);
    *v = dense;
    return AMA_OK;
}

/* ---- arrays in memory: constants and results */

static ama_status eval_memory(ama__evaluator *e, ama_dtype t, const ama__box *held, const void *data,
                              const ama__box *box, ama__view *out) {
    int64_t stride[AMA_MAX_DIMS], offset = 0;
    ama__shape_strides(held->ndim, held->count, stride);
    for (int a = 0; a < box->ndim; a++) offset += (box->start[a] - held->start[a]) * stride[a];
    const char *first = (const char *)data + offset * (int64_t)ama__dtype_bytes(t);
    ama__class class = ama__class_of(t);
    if (class != AMA_CLASS_I || t == AMA_I8 || t == AMA_U8) {
        out->data = first;
        out->class = class;
        memcpy(out->stride, stride, sizeof stride);
        return AMA_OK;
    }
    void *packed, *values;
    ama__view dense;
    int64_t n = ama__box_size(box);
    AMA_TRY(ama__evaluator_alloc(e, (size_t)n * ama__dtype_bytes(t), &packed));
    AMA_TRY(ama__evaluator_block(e, class, box, &dense, &values));
    ama__strided_copy(box->ndim, box->count, ama__dtype_bytes(t), first, stride, packed, dense.stride);
    ama__unstore_run(t, n, packed, values);
    *out = dense;
    return AMA_OK;
}

static ama_status eval_result(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__view *out) {
    for (int i = 0; i < e->stage->n_operands; i++)
        if (e->operand[i].node == node)
            return eval_memory(e, node->dtype, &e->operand[i].box, e->operand[i].data, box, out);
    return ama__fail(e->ctx, AMA_ERR_INTERNAL, "a result that its stage does not hold");
}

/* ---- nodes */

static ama_status eval_const(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    ama__box whole = ama__box_whole(node->ndim, node->shape);
    return eval_memory(e, node->dtype, &whole, node->u.constant.data, box, out);
}

static ama_status evaluate(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    switch (node->kind) {
    case AMA_NODE_SOURCE: return ama__evaluator_source(e, node, box, out);
    case AMA_NODE_REDUCE: return eval_result(e, node, box, out);
    case AMA_NODE_INDEX: return ama__evaluator_index(e, node, box, out);
    case AMA_NODE_MAP: return ama__evaluator_map(e, node, box, out);
    case AMA_NODE_CONST: return eval_const(e, node, box, out);
    case AMA_NODE_SCAN: return ama__evaluator_scan(e, node, box, out);
    case AMA_NODE_WINDOW: return ama__evaluator_window(e, node, box, out);
    case AMA_NODE_CONCAT: return ama__evaluator_concat(e, node, box, out);
    }
    return ama__fail(e->ctx, AMA_ERR_INTERNAL, "node kind %d", (int)node->kind);
}

ama_status ama__evaluator_runs(ama__evaluator *e, ama__node *node, const ama__box *box, int inner, ama__view *out) {
    int64_t run = 1;
    AMA_TRY(ama__evaluator_view(e, node, box, out));
    for (int a = box->ndim - 1; a >= 0 && inner > 0; a--, inner--) {
        if (box->count[a] > 1 && out->stride[a] != run) return ama__evaluator_make_dense(e, box, out);
        run *= box->count[a];
    }
    return AMA_OK;
}

ama_status ama__evaluator_view(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    if (ama__keep_find(e->keep, node, box, out)) return AMA_OK;
    AMA_TRY(evaluate(e, node, box, out));
    ama__keep_put(e->keep, node, box, out);
    return AMA_OK;
}

ama_status ama__evaluator_rows(ama__evaluator *e, ama__node *node, const ama__box *box, ama__rows *out) {
    *out = (ama__rows){.list = {NULL}};
    bool found = ama__keep_find(e->keep, node, box, &out->view);
    if (!found && node->kind == AMA_NODE_INDEX) AMA_TRY(ama__evaluator_index_rows(e, node, box, out, &found));
    if (!found && node->kind == AMA_NODE_SOURCE) AMA_TRY(ama__evaluator_source_rows(e, node, box, out, &found));
    return found ? AMA_OK : ama__evaluator_view(e, node, box, &out->view);
}

ama_status ama__evaluator_dense(ama__evaluator *e, ama__node *node, const ama__box *box, const void **out) {
    ama__view v;
    AMA_TRY(ama__evaluator_view(e, node, box, &v));
    AMA_TRY(ama__evaluator_make_dense(e, box, &v));
    *out = v.data;
    return AMA_OK;
}
