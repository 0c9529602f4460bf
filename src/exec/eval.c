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

static ama_status make_dense(ama__evaluator *e, const ama__box *box, ama__view *v) {
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
    if (!ama__part_is_chunked(p)) {
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

/* ---- elementwise */

/* Brings an operand into the class of `calc`, with unit or zero stride on the fastest axis. */
static ama_status prepare(ama__evaluator *e, const ama__node *in, ama_dtype calc, const ama__box *box, ama__view *v) {
    bool convert = in->dtype != calc && (v->class != ama__class_of(calc) || ama__dtype_is_int(calc));
    int last = box->ndim - 1;
    while (last > 0 && box->count[last] == 1) last--;
    bool strided = last >= 0 && box->count[last] > 1 && v->stride[last] != 1 && v->stride[last] != 0;
    if (convert || strided) AMA_TRY(make_dense(e, box, v));
    if (!convert) return AMA_OK;
    void *dst;
    ama__view dense;
    AMA_TRY(ama__evaluator_block(e, ama__class_of(calc), box, &dense, &dst));
    ama__convert_run(in->dtype, calc, ama__box_size(box), v->data, dst);
    *v = dense;
    return AMA_OK;
}

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

static ama_status eval_operands(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *v) {
    if (node->u.map.n_in == 2) AMA_TRY(make_common_input(e, node, box));
    for (int k = 0; k < node->u.map.n_in; k++) {
        ama__node *in = node->u.map.in[k];
        const int8_t *axis = node->u.map.axis[k];
        ama__box b = ama__map_operand_box(node, k, box);
        ama__view mine;
        AMA_TRY(ama__evaluator_view(e, in, &b, &mine));
        bool condition = node->u.map.op == AMA_OP_WHERE && k == 0;
        if (node->u.map.op != AMA_OP_CAST)
            AMA_TRY(prepare(e, in, condition ? AMA_BOOL : node->u.map.calc, &b, &mine));
        else
            AMA_TRY(make_dense(e, &b, &mine));
        v[k] = mine;
        for (int a = 0; a < node->ndim; a++)
            v[k].stride[a] = axis[a] >= 0 && box->count[a] > 1 ? mine.stride[axis[a]] : 0;
    }
    return AMA_OK;
}

/* Joins neighbouring axes along which all operands run on, so that runs are long. Returns the number of axes left. */
static int join_axes(int ndim, const int64_t *in_count, int n_in, ama__view *v, int64_t *count) {
    int n = 0;
    for (int a = 0; a < ndim; a++) {
        if (in_count[a] == 1) continue;
        bool join = n > 0;
        for (int k = 0; k < n_in && join; k++) join = v[k].stride[n - 1] == v[k].stride[a] * in_count[a];
        if (join) n--;
        count[n] = join ? count[n] * in_count[a] : in_count[a];
        for (int k = 0; k < n_in; k++) v[k].stride[n] = v[k].stride[a];
        n++;
    }
    return n;
}

static ama_status eval_map(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    ama__view v[3];
    void *dst;
    int n_in = node->u.map.n_in;
    AMA_TRY(eval_operands(e, node, box, v));
    AMA_TRY(ama__evaluator_block(e, ama__class_of(node->dtype), box, out, &dst));
    if (node->u.map.op == AMA_OP_CAST) {
        ama__convert_run(node->u.map.in[0]->dtype, node->dtype, ama__box_size(box), v[0].data, dst);
        return AMA_OK;
    }
    int64_t count[AMA_MAX_DIMS], at[AMA_MAX_DIMS] = {0}, done = 0;
    int n = join_axes(box->ndim, box->count, n_in, v, count), outer = n > 0 ? n - 1 : 0;
    int64_t run = n > 0 ? count[n - 1] : 1;
    unsigned scalars = 0;
    for (int k = 0; k < n_in; k++)
        if (n == 0 || v[k].stride[n - 1] == 0) scalars |= 1u << k;
    do {
        const char *p[3] = {NULL, NULL, NULL};
        for (int k = 0; k < n_in; k++) {
            int64_t offset = 0;
            for (int a = 0; a < outer; a++) offset += at[a] * v[k].stride[a];
            p[k] = (const char *)v[k].data + offset * (int64_t)view_size(&v[k]);
        }
        ama__map_run(node->u.map.op, node->u.map.calc, run, p[0], p[1], p[2], scalars,
                     (char *)dst + (size_t)done * view_size(out));
        done += run;
    } while (ama__index_next(outer, count, at));
    return AMA_OK;
}

static ama_status eval_const(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    ama__box whole = ama__box_whole(node->ndim, node->shape);
    return eval_memory(e, node->dtype, &whole, node->u.constant.data, box, out);
}

static ama_status evaluate(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out) {
    switch (node->kind) {
    case AMA_NODE_SOURCE: return eval_source(e, node, box, out);
    case AMA_NODE_REDUCE: return eval_result(e, node, box, out);
    case AMA_NODE_INDEX: return ama__evaluator_index(e, node, box, out);
    case AMA_NODE_MAP: return eval_map(e, node, box, out);
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
        if (box->count[a] > 1 && out->stride[a] != run) return make_dense(e, box, out);
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
    AMA_TRY(make_dense(e, box, &v));
    *out = v.data;
    return AMA_OK;
}
