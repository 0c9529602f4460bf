/* Evaluation by pulling: each node asks its inputs for the boxes it needs and gives back a view. Leaves that already
 * hold class values give views without copying; indexing turns into strides where it can. */
#include "exec/eval.h"

#include <string.h>

#include "exec/eval_private.h"
#include "exec/eval_scan.h"
#include "exec/scratch.h"
#include "exec/turn_run.h"

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

/* ---- sources */

/* Loads the box `what` (in the part's index space) from a raw block that holds `held` into the dense block at dst that
 * holds `target`, in the longest runs that are contiguous on both sides. */
static void load_box(const ama__load *l, const ama__box *what, const void *raw, const ama__box *held, void *dst,
                     const ama__box *target) {
    int n = what->ndim, outer = n;
    int64_t rs[AMA_MAX_DIMS], ds[AMA_MAX_DIMS], run = 1, at[AMA_MAX_DIMS] = {0}, r0 = 0, d0 = 0;
    size_t raw_size = ama__dtype_bytes(l->stored), size = ama__class_bytes(ama__class_of(l->dtype));
    ama__shape_strides(n, held->count, rs);
    ama__shape_strides(n, target->count, ds);
    for (int a = 0; a < n; a++) {
        r0 += (what->start[a] - held->start[a]) * rs[a];
        d0 += (what->start[a] - target->start[a]) * ds[a];
    }
    while (outer > 0 && (what->count[outer - 1] == 1 || (rs[outer - 1] == run && ds[outer - 1] == run)))
        run *= what->count[--outer];
    do {
        int64_t r = r0, d = d0;
        for (int a = 0; a < outer; a++) {
            r += at[a] * rs[a];
            d += at[a] * ds[a];
        }
        ama__load_run(l, run, (const char *)raw + (size_t)r * raw_size, (char *)dst + (size_t)d * size);
    } while (ama__index_next(outer, what->count, at));
}

typedef struct raw_block {
    const void *data;
    ama__box held;
} raw_block;

/* chunk < 0: the block that holds `box`. */
static ama_status find_raw(ama__evaluator *e, int source, int part, int64_t chunk, const ama__box *box,
                           raw_block *out) {
    const ama__wants *w = &e->tile->wants;
    if (chunk < 0 && ama__turns_find(e->tile->turns, source, part, box, &out->data, &out->held)) return AMA_OK;
    int i = chunk >= 0 ? ama__wants_find(w, source, part, chunk) : ama__wants_find_box(w, source, part, box);
    if (i < 0 || !e->tile->data[i])
        return ama__fail(e->ctx, AMA_ERR_INTERNAL, "chunk %lld of a source was not fetched", (long long)chunk);
    out->data = e->tile->data[i];
    out->held = e->tile->wants.want[i].box;
    return AMA_OK;
}

/* The box (of one part's index space) as a view into a raw block. */
static bool view_raw(const ama__load *l, const raw_block *raw, const ama__box *box, ama__view *out) {
    if (!ama__load_is_view(l) || !ama__box_contains(&raw->held, box)) return false;
    int64_t offset = 0;
    ama__shape_strides(box->ndim, raw->held.count, out->stride);
    for (int a = 0; a < box->ndim; a++) offset += (box->start[a] - raw->held.start[a]) * out->stride[a];
    out->class = ama__class_of(l->dtype);
    out->data = (const char *)raw->data + offset * (int64_t)ama__class_bytes(out->class);
    return true;
}

/* Part `part` of a source: `box` in the node's index space lies in it. dst is NULL when a view may be given. */
static ama_status eval_part(ama__evaluator *e, int source, int part, const ama__box *box, const ama__box *target,
                            void *dst, ama__view *view, bool *viewed) {
    const ama__node *n = e->stage->source[source];
    const ama__source_part *p = &n->u.source.part[part];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    const ama__load *l = &e->tile->load[source][part];
    ama__box mine = *box, to = *target;
    raw_block raw;
    *viewed = false;
    if (n->ndim > 0) {
        mine.start[n->u.source.axis] -= p->start;
        to.start[n->u.source.axis] -= p->start;
    }
    if (!ama__part_is_chunked(p) || ama__part_in_turns(e->stage, p)) {
        AMA_TRY(find_raw(e, source, part, -1, &mine, &raw));
        if (!dst && view_raw(l, &raw, &mine, view))
            *viewed = true;
        else if (dst)
            load_box(l, &mine, raw.data, &raw.held, dst, &to);
        return AMA_OK;
    }
    ama__box cover = ama__chunkgrid_cover(&v->grid, &mine);
    if (!dst) {
        if (ama__box_size(&cover) != 1) return AMA_OK;
        AMA_TRY(find_raw(e, source, part, ama__chunkgrid_number(&v->grid, cover.start), NULL, &raw));
        *viewed = view_raw(l, &raw, &mine, view);
        return AMA_OK;
    }
    int64_t at[AMA_MAX_DIMS] = {0}, index[AMA_MAX_DIMS];
    do {
        ama__box what;
        for (int a = 0; a < cover.ndim; a++) index[a] = cover.start[a] + at[a];
        AMA_TRY(find_raw(e, source, part, ama__chunkgrid_number(&v->grid, index), NULL, &raw));
        if (ama__box_intersect(&raw.held, &mine, &what)) load_box(l, &what, raw.data, &raw.held, dst, &to);
    } while (ama__index_next(cover.ndim, cover.count, at));
    return AMA_OK;
}

static ama_status eval_source(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__view *out) {
    int source = 0, axis = node->u.source.axis;
    bool viewed = false;
    void *dst;
    while (e->stage->source[source] != node) source++;
    /* beyond it chunks may be undefined */
    if (!ama__box_contains(&e->tile->reach[source], box))
        return ama__fail(e->ctx, AMA_ERR_INTERNAL, "more of a source is read than its stage needs");
    int first = node->ndim ? ama__source_part_of(node, box->start[axis]) : 0;
    int last = node->ndim ? ama__source_part_of(node, box->start[axis] + box->count[axis] - 1) : 0;
    if (first == last) {
        AMA_TRY(eval_part(e, source, first, box, box, NULL, out, &viewed));
        if (viewed) return AMA_OK;
    }
    AMA_TRY(ama__evaluator_block(e, ama__class_of(node->dtype), box, out, &dst));
    for (int i = first; i <= last; i++) {
        ama__box part = ama__box_whole(node->ndim, node->shape), mine;
        if (node->ndim) {
            part.start[axis] = node->u.source.part[i].start;
            part.count[axis] = node->u.source.part[i].count;
        }
        if (!ama__box_intersect(&part, box, &mine)) continue;
        AMA_TRY(eval_part(e, source, i, &mine, box, dst, NULL, &viewed));
    }
    return AMA_OK;
}

/* ---- nodes */

static ama_status eval_const(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    ama__box whole = ama__box_whole(node->ndim, node->shape);
    return eval_memory(e, node->dtype, &whole, node->u.constant.data, box, out);
}

static ama_status evaluate(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    switch (node->kind) {
    case AMA_NODE_SOURCE: return eval_source(e, node, box, out);
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

ama_status ama__evaluator_dense(ama__evaluator *e, ama__node *node, const ama__box *box, const void **out) {
    ama__view v;
    AMA_TRY(ama__evaluator_view(e, node, box, &v));
    AMA_TRY(ama__evaluator_make_dense(e, box, &v));
    *out = v.data;
    return AMA_OK;
}
