#include "exec/output.h"

#include <string.h>

#include "plan/blocks.h"

/* ---- evaluation of a box */

/* Class values of a block into their places in the dense array of a box. */
static void store_block(ama_dtype t, const ama__box *block, const void *x, const ama__box *box, void *out) {
    int64_t stride[AMA_MAX_DIMS], at[AMA_MAX_DIMS] = {0}, run = 1, done = 0, first = 0;
    int outer = block->ndim;
    size_t size = ama__dtype_bytes(t), from = ama__class_bytes(ama__class_of(t));
    ama__shape_strides(box->ndim, box->count, stride);
    for (int d = 0; d < block->ndim; d++) first += (block->start[d] - box->start[d]) * stride[d];
    while (outer > 0 && (block->count[outer - 1] == 1 || stride[outer - 1] == run)) run *= block->count[--outer];
    do {
        int64_t to = first;
        for (int d = 0; d < outer; d++) to += at[d] * stride[d];
        ama__store_run(t, run, (const char *)x + (size_t)done * from, (char *)out + (size_t)to * size);
        done += run;
    } while (ama__index_next(outer, block->count, at));
}

static ama_status evaluate_block(ama__evaluator *e, ama__node *node, const ama__box *block, const ama__box *box,
                                 void *out) {
    const void *x;
    ama__evaluator_reset(e);
    AMA_TRY(ama__evaluator_dense(e, node, block, &x));
    store_block(node->dtype, block, x, box, out);
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
        if (now == AMA_OK) now = evaluate_block(&ev[ama__thread()], node, &block, box, *out);
        if (now == AMA_OK) continue;
#pragma omp atomic write
        status = now;
    }
    if (status != AMA_OK) AMA_FREE(ctx, *out);
    return status;
}

/* ---- chunks that come in parts */

typedef struct part { /* one chunk, partly filled */
    int64_t chunk;    /* -1: free place */
    ama__box box;
    char *data; /* dense over box; NULL: done */
    int n_filled, cap_filled;
    ama__box *filled;
    int64_t missing; /* elements still to come */
} part;

struct ama__assembly {
    int64_t n, cap;
    part *slot;
};

ama_status ama__output_init(ama__output *o, ama_ctx *ctx, ama__writer *w, const ama__write_spec *spec, int var) {
    int64_t shape[AMA_MAX_DIMS];
    *o = (ama__output){.ctx = ctx, .writer = w, .var = &spec->meta.var[var], .var_index = var};
    if (!o->var->chunked) return AMA_OK;
    for (int a = 0; a < o->var->ndim; a++) shape[a] = spec->meta.dim[o->var->dim[a]].size;
    if (!ama__chunkgrid_init(&o->grid, o->var->ndim, shape, o->var->grid.chunk))
        return ama__fail(ctx, AMA_ERR_INTERNAL, "variable %s: its chunk shape was not chosen", o->var->name);
    return ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof *o->assembly, (void **)&o->assembly);
}

static void part_clear(ama_ctx *ctx, part *p) {
    AMA_FREE(ctx, p->data);
    AMA_FREE(ctx, p->filled);
    p->n_filled = p->cap_filled = 0;
}

void ama__output_fini(ama__output *o) {
    if (!o->assembly) return;
    for (int64_t i = 0; i < o->assembly->cap; i++)
        if (o->assembly->slot[i].chunk >= 0) part_clear(o->ctx, &o->assembly->slot[i]);
    ama__mem_free(o->ctx, o->assembly->slot);
    AMA_FREE(o->ctx, o->assembly);
}

static part *find(const ama__assembly *m, int64_t chunk) {
    int64_t i = (int64_t)(((uint64_t)chunk * 0x9E3779B97F4A7C15u >> 20) & (uint64_t)(m->cap - 1));
    while (m->slot[i].chunk >= 0 && m->slot[i].chunk != chunk) i = (i + 1) & (m->cap - 1);
    return &m->slot[i];
}

static ama_status grow(ama_ctx *ctx, ama__assembly *m) {
    ama__assembly old = *m;
    int64_t live = 0;
    part *slot;
    for (int64_t i = 0; i < old.cap; i++) live += old.slot[i].chunk >= 0 && old.slot[i].data;
    int64_t cap = 64;
    while (cap < live * 4) cap *= 2;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_META, (size_t)cap * sizeof *slot, (void **)&slot));
    *m = (ama__assembly){live, cap, slot};
    for (int64_t i = 0; i < cap; i++) slot[i] = (part){.chunk = -1};
    for (int64_t i = 0; i < old.cap; i++)
        if (old.slot[i].chunk >= 0 && old.slot[i].data) *find(m, old.slot[i].chunk) = old.slot[i];
    ama__mem_free(ctx, old.slot);
    return AMA_OK;
}

static ama_status part_of(ama__output *o, int64_t chunk, part **out) {
    ama__assembly *m = o->assembly;
    if ((m->n + 1) * 2 > m->cap) AMA_TRY(grow(o->ctx, m));
    part *p = find(m, chunk);
    if (p->chunk < 0) m->n++;
    if (p->chunk < 0 || !p->data) {
        int64_t index[AMA_MAX_DIMS];
        *p = (part){.chunk = chunk};
        ama__chunkgrid_index(&o->grid, chunk, index);
        p->box = ama__chunkgrid_box(&o->grid, index);
        p->missing = ama__box_size(&p->box);
        AMA_TRY(ama__mem_alloc(o->ctx, AMA_MEM_WRITE, (size_t)p->missing * ama__dtype_bytes(o->var->dtype),
                               (void **)&p->data));
    }
    *out = p;
    return AMA_OK;
}

/* Notes a filled box, joining it to one it continues along the slowest axis. */
static ama_status note_filled(ama_ctx *ctx, part *p, const ama__box *b) {
    p->missing -= ama__box_size(b);
    for (int i = 0; i < p->n_filled; i++) {
        ama__box joined = p->filled[i];
        joined.count[0] += b->count[0];
        ama__box same = *b;
        same.start[0] = joined.start[0];
        same.count[0] = joined.count[0];
        if (b->start[0] == p->filled[i].start[0] + p->filled[i].count[0] && ama__box_equal(&same, &joined)) {
            p->filled[i] = joined;
            return AMA_OK;
        }
    }
    if (p->n_filled == p->cap_filled) {
        int cap = p->cap_filled ? p->cap_filled * 2 : 4;
        AMA_TRY(ama__mem_realloc(ctx, AMA_MEM_META, (size_t)cap * sizeof *p->filled, (void **)&p->filled));
        p->cap_filled = cap;
    }
    p->filled[p->n_filled++] = *b;
    return AMA_OK;
}

static ama_status add_part(ama__output *o, ama__codec_work *work, int64_t chunk, const ama__box *what, const void *src,
                           const ama__box *src_box) {
    part *p;
    size_t size = ama__dtype_bytes(o->var->dtype);
    AMA_TRY(part_of(o, chunk, &p));
    ama__box_copy(what, size, src, src_box, p->data, &p->box);
    AMA_TRY(note_filled(o->ctx, p, what));
    if (p->missing > 0) return AMA_OK;
    ama_status status = ama__writer_put(o->writer, work, o->var_index, &p->box, p->data);
    part_clear(o->ctx, p);
    return status;
}

/* ---- putting */

/* A chunk that the box holds whole. */
static ama_status put_whole(ama__output *o, ama__codec_work *work, const ama__box *chunk, const ama__box *box,
                            const void *data) {
    void *dense;
    size_t size = ama__dtype_bytes(o->var->dtype);
    if (ama__box_equal(chunk, box)) return ama__writer_put(o->writer, work, o->var_index, chunk, data);
    AMA_TRY(ama__mem_alloc(o->ctx, AMA_MEM_WRITE, (size_t)ama__box_size(chunk) * size, &dense));
    ama__box_copy(chunk, size, data, box, dense, chunk);
    ama_status status = ama__writer_put(o->writer, work, o->var_index, chunk, dense);
    ama__mem_free(o->ctx, dense);
    return status;
}

static void cover_index(const ama__box *cover, int64_t i, int64_t *index) {
    for (int d = cover->ndim - 1; d >= 0; d--) {
        index[d] = cover->start[d] + i % cover->count[d];
        i /= cover->count[d];
    }
}

static ama_status put_chunked(ama__output *o, ama__codec_work **work, int threads, const ama__box *box,
                              const void *data) {
    const ama__chunkgrid *g = &o->grid;
    ama__box cover = ama__chunkgrid_cover(g, box);
    int64_t n = ama__box_size(&cover);
    ama_status status = AMA_OK;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < n; i++) {
        int64_t index[AMA_MAX_DIMS];
        ama_status now;
        cover_index(&cover, i, index);
        ama__box chunk = ama__chunkgrid_box(g, index);
#pragma omp atomic read
        now = status;
        if (now != AMA_OK || !ama__box_contains(box, &chunk)) continue;
        now = put_whole(o, work[ama__thread()], &chunk, box, data);
        if (now == AMA_OK) continue;
#pragma omp atomic write
        status = now;
    }
    for (int64_t i = 0; i < n && status == AMA_OK; i++) {
        int64_t index[AMA_MAX_DIMS];
        cover_index(&cover, i, index);
        ama__box chunk = ama__chunkgrid_box(g, index), what;
        if (ama__box_contains(box, &chunk) || !ama__box_intersect(box, &chunk, &what)) continue;
        status = add_part(o, work[0], ama__chunkgrid_number(g, index), &what, data, box);
    }
    return status;
}

ama_status ama__output_put(ama__output *o, ama__codec_work **work, int threads, const ama__box *box, const void *data) {
    if (o->assembly) return put_chunked(o, work, threads, box, data);
    return ama__writer_put(o->writer, work[0], o->var_index, box, data);
}

/* ---- chunks shared by ranks */

typedef struct record {
    int64_t chunk;
    ama__box box;
} record;

static ama_status send_parts(ama__output *o, ama__outbox *b) {
    size_t size = ama__dtype_bytes(o->var->dtype);
    for (int64_t i = 0; i < o->assembly->cap; i++) {
        part *p = &o->assembly->slot[i];
        if (p->chunk < 0 || !p->data) continue;
        int to = (int)(p->chunk % b->nranks);
        for (int k = 0; k < p->n_filled; k++) {
            record rec = {p->chunk, p->filled[k]};
            void *at;
            AMA_TRY(ama__outbox_add(b, to, sizeof rec, &at));
            memcpy(at, &rec, sizeof rec);
            AMA_TRY(ama__outbox_add(b, to, (size_t)ama__box_size(&rec.box) * size, &at));
            ama__box_copy(&rec.box, size, p->data, &p->box, at, &rec.box);
        }
        part_clear(o->ctx, p);
    }
    return AMA_OK;
}

static ama_status take_parts(ama__output *o, ama__codec_work *work, const char *in, size_t bytes) {
    size_t size = ama__dtype_bytes(o->var->dtype);
    for (size_t at = 0; at < bytes;) {
        record rec;
        memcpy(&rec, in + at, sizeof rec);
        at += (sizeof rec + 7) & ~(size_t)7;
        AMA_TRY(add_part(o, work, rec.chunk, &rec.box, in + at, &rec.box));
        at += ((size_t)ama__box_size(&rec.box) * size + 7) & ~(size_t)7;
    }
    return AMA_OK;
}

static ama_status check_filled(const ama__output *o) {
    for (int64_t i = 0; i < o->assembly->cap; i++)
        if (o->assembly->slot[i].chunk >= 0 && o->assembly->slot[i].data)
            return ama__fail(o->ctx, AMA_ERR_INTERNAL, "chunk %lld of output variable %s was left incomplete",
                             (long long)o->assembly->slot[i].chunk, o->var->name);
    return AMA_OK;
}

ama_status ama__output_exchange(ama__output *o, ama__comm *comm, ama__codec_work *work, ama_status status) {
    ama__outbox b = {0};
    char *in = NULL;
    size_t bytes = 0;
    if (!o->assembly) return status;
    if (status == AMA_OK) status = ama__outbox_init(&b, comm);
    status = ama__comm_agree(comm, status);
    if (status == AMA_OK) status = ama__outbox_exchange(&b, comm, send_parts(o, &b), &in, &bytes);
    if (status == AMA_OK) {
        ama_status local = take_parts(o, work, in, bytes);
        if (local == AMA_OK) local = check_filled(o);
        status = ama__comm_agree(comm, local);
    }
    ama__mem_free(o->ctx, in);
    ama__outbox_fini(&b);
    return status;
}
