#include "exec/output.h"

#include <string.h>

#include "base/phase.h"
#include "store/write_coding.h"

typedef struct record { /* of a message, before the values of its box */
    int64_t chunk;
    int output;
    ama__box box;
} record;

/* Where a piece of a chunk goes that a box fills only in part: into a part of this rank's, or into the message to
 * another, at `offset`. */
typedef struct place {
    ama__part *part;
    int to;
    size_t offset;
} place;

ama_status ama__output_init(ama__output *o, ama__comm *comm, ama__writer *w, const ama__stage *s, int number,
                            const ama__write_spec *spec, ama__outbox *outbox) {
    const ama__consumer *c = &s->consumer[number];
    *o = (ama__output){.ctx = ama__comm_ctx(comm),
                       .writer = w,
                       .stage = s,
                       .consumer = c,
                       .var = &spec->meta.var[c->var],
                       .outbox = outbox,
                       .rank = ama__comm_rank(comm),
                       .number = number};
    o->chunked = o->var->chunked && o->var->ndim > 0;
    if (!o->chunked) return AMA_OK;
    if (!ama__chunkgrid_init(&o->grid, o->var->ndim, c->node->shape, o->var->grid.chunk))
        return ama__fail(o->ctx, AMA_ERR_INTERNAL, "variable %s: its chunk shape was not chosen", o->var->name);
    const ama__chunk_coding coding = ama__chunk_coding_of(spec, c->var);
    ama__parts_init(&o->parts, o->ctx, &o->grid, ama__dtype_bytes(o->var->dtype), (size_t)coding.spare_bytes);
    return AMA_OK;
}

void ama__output_fini(ama__output *o) {
    if (o->chunked) ama__parts_fini(&o->parts);
}

/* ---- into the writer */

static ama__box place_in_output(const ama__output *o, const ama__box *box) {
    ama__box out = *box;
    for (int a = 0; a < out.ndim; a++) out.start[a] += o->consumer->out_start[a];
    return out;
}

static ama_status write_box(ama__output *o, ama__codec_work *work, const ama__box *box, const void *data) {
    const ama__box out = place_in_output(o, box);
    return ama__writer_put(o->writer, work, o->consumer->var, &out, data);
}

/* A chunk in a buffer with spare bytes, which is the writer's then. */
static ama_status give_chunk(ama__output *o, ama__codec_work *work, const ama__box *box, void *data) {
    const ama__box out = place_in_output(o, box);
    return ama__writer_give(o->writer, work, o->consumer->var, &out, &data);
}

/* A chunk that the box holds whole. */
static ama_status write_whole(ama__output *o, ama__codec_work *work, const ama__box *chunk, const ama__box *box,
                              const void *data) {
    void *dense;
    size_t size = o->parts.element_bytes;
    if (ama__box_equal(chunk, box)) return write_box(o, work, chunk, data);
    AMA_TRY(ama__mem_alloc(o->ctx, AMA_MEM_WRITE, (size_t)ama__box_size(chunk) * size + o->parts.spare_bytes, &dense));
    ama__box_copy(chunk, size, data, box, dense, chunk);
    return give_chunk(o, work, chunk, dense);
}

/* What ranks put together is written after the round's exchange, by all ranks at once: some of it is whole before and
 * some only then. */
static ama_status fill_own(ama__output *o, ama__codec_work *work, ama__part *part, const ama__box *what,
                           const void *src, const ama__box *src_box) {
    if (!ama__part_fill(&o->parts, part, what, src, src_box) || o->consumer->shares) return AMA_OK;
    return give_chunk(o, work, &part->box, ama__part_take(part));
}

/* ---- putting */

static ama__box chunk_of_cover(const ama__output *o, const ama__box *cover, int64_t i, int64_t *number) {
    int64_t index[AMA_MAX_DIMS];
    for (int d = cover->ndim - 1; d >= 0; d--) {
        index[d] = cover->start[d] + i % cover->count[d];
        i /= cover->count[d];
    }
    *number = ama__chunkgrid_number(&o->grid, index);
    return ama__chunkgrid_box(&o->grid, index);
}

static ama_status find_place(ama__output *o, int64_t number, const ama__box *chunk, const ama__box *what, place *out) {
    bool shared;
    ama__outbox *b = o->outbox;
    out->to = ama__consumer_owner(o->stage, o->consumer, b->nranks, chunk, number, &shared);
    if (out->to == o->rank) return ama__parts_get(&o->parts, number, &out->part);
    const record rec = {number, o->number, *what};
    void *at;
    AMA_TRY(ama__outbox_add(b, out->to, sizeof rec, &at));
    memcpy(at, &rec, sizeof rec);
    out->offset = b->to[out->to].n;
    return ama__outbox_add(b, out->to, (size_t)ama__box_size(what) * o->parts.element_bytes, &at);
}

static ama_status find_places(ama__output *o, const ama__box *cover, const ama__box *box, place *places) {
    int64_t n = ama__box_size(cover), number;
    for (int64_t i = 0; i < n; i++) {
        ama__box chunk = chunk_of_cover(o, cover, i, &number), what;
        if (ama__box_contains(box, &chunk) || !ama__box_intersect(box, &chunk, &what)) continue;
        if (ama__consumer_has(o->consumer, &chunk)) continue;
        AMA_TRY(find_place(o, number, &chunk, &what, &places[i]));
    }
    return AMA_OK;
}

static ama_status put_one(ama__output *o, ama__codec_work *work, const ama__box *cover, int64_t i, const place *at,
                          const ama__box *box, const void *data) {
    int64_t number;
    ama__box chunk = chunk_of_cover(o, cover, i, &number), what;
    if (ama__consumer_has(o->consumer, &chunk)) return AMA_OK;
    if (ama__box_contains(box, &chunk)) return write_whole(o, work, &chunk, box, data);
    if (!ama__box_intersect(box, &chunk, &what)) return AMA_OK;
    if (at->part) return fill_own(o, work, at->part, &what, data, box);
    ama__box_copy(&what, o->parts.element_bytes, data, box, o->outbox->to[at->to].p + at->offset, &what);
    return AMA_OK;
}

static ama_status put_chunked(ama__output *o, ama__codec_work **work, int threads, const ama__box *box,
                              const void *data) {
    ama__box cover = ama__chunkgrid_cover(&o->grid, box);
    int64_t n = ama__box_size(&cover);
    place *places;
    AMA_TRY(ama__mem_calloc(o->ctx, AMA_MEM_META, (size_t)n, sizeof *places, (void **)&places));
    ama_status status = find_places(o, &cover, box, places);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < n; i++) {
        ama_status now;
#pragma omp atomic read
        now = status;
        int before = ama__phase_enter(o->ctx, AMA_PHASE_WRITE);
        if (now == AMA_OK) now = put_one(o, work[ama__thread()], &cover, i, &places[i], box, data);
        ama__phase_leave(o->ctx, before);
        if (now == AMA_OK) continue;
#pragma omp atomic write
        status = now;
    }
    ama__mem_free(o->ctx, places);
    return status;
}

ama_status ama__output_put(ama__output *o, ama__codec_work **work, int threads, const ama__box *box, const void *data) {
    if (o->chunked) return put_chunked(o, work, threads, box, data);
    int before = ama__phase_enter(o->ctx, AMA_PHASE_WRITE);
    ama_status status = write_box(o, work[0], box, data);
    ama__phase_leave(o->ctx, before);
    return status;
}

/* ---- from other ranks */

typedef struct arrival {
    ama__output *output;
    ama__part *part;
    const record *rec;
    const char *data;
} arrival;

/* Reads one record; returns where the next begins. */
static size_t read_record(ama__output *outputs, const char *in, size_t at, arrival *a) {
    a->rec = (const record *)(const void *)(in + at);
    a->output = &outputs[a->rec->output];
    at += (sizeof *a->rec + 7) & ~(size_t)7;
    a->data = in + at;
    return at + (((size_t)ama__box_size(&a->rec->box) * a->output->parts.element_bytes + 7) & ~(size_t)7);
}

static ama_status list_arrivals(ama_ctx *ctx, ama__output *outputs, const char *in, size_t bytes, int64_t *n,
                                arrival **out) {
    arrival one;
    *n = 0;
    for (size_t at = 0; at < bytes; ++*n) at = read_record(outputs, in, at, &one);
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_META, (size_t)(*n + 1) * sizeof **out, (void **)out));
    *n = 0;
    for (size_t at = 0; at < bytes; ++*n) {
        arrival *a = &(*out)[*n];
        at = read_record(outputs, in, at, a);
        AMA_TRY(ama__parts_get(&a->output->parts, a->rec->chunk, &a->part));
    }
    return AMA_OK;
}

static ama_status take(ama_ctx *ctx, ama__output *outputs, const char *in, size_t bytes, int threads) {
    int64_t n;
    arrival *list = NULL;
    ama_status status = list_arrivals(ctx, outputs, in, bytes, &n, &list);
    if (status != AMA_OK) n = 0;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < n; i++) {
        const arrival *a = list + i;
        int before = ama__phase_enter(ctx, AMA_PHASE_WRITE);
        ama__part_fill(&a->output->parts, a->part, &a->rec->box, a->data, &a->rec->box);
        ama__phase_leave(ctx, before);
    }
    ama__mem_free(ctx, list);
    return status;
}

/* Writes the chunks that are whole. */
static ama_status give_whole(ama__output *o, ama__codec_work **work, int threads) {
    ama_status status = AMA_OK;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < o->parts.cap; i++) {
        ama_status now;
        ama__part *part = o->parts.slot[i];
        if (!part || !part->data || part->missing > 0) continue;
#pragma omp atomic read
        now = status;
        int before = ama__phase_enter(o->ctx, AMA_PHASE_WRITE);
        if (now == AMA_OK) now = give_chunk(o, work[ama__thread()], &part->box, ama__part_take(part));
        ama__phase_leave(o->ctx, before);
        if (now == AMA_OK) continue;
#pragma omp atomic write
        status = now;
    }
    return status;
}

ama_status ama__outputs_exchange(ama__output *outputs, int n, ama__outbox *b, ama__comm *comm, ama__codec_work **work,
                                 int threads, ama_status status) {
    char *in;
    size_t bytes;
    AMA_TRY(ama__outbox_exchange(b, comm, status, &in, &bytes));
    int before = ama__phase_enter(b->ctx, AMA_PHASE_WRITE);
    status = take(b->ctx, outputs, in, bytes, threads);
    ama__mem_free(b->ctx, in);
    for (int i = 0; i < n && status == AMA_OK; i++)
        if (outputs[i].chunked && outputs[i].consumer->shares) status = give_whole(&outputs[i], work, threads);
    ama__phase_leave(b->ctx, before);
    return ama__comm_agree(comm, status);
}

ama_status ama__output_check(const ama__output *o) {
    const ama__part *p = o->chunked ? ama__parts_open(&o->parts) : NULL;
    if (!p) return AMA_OK;
    return ama__fail(o->ctx, AMA_ERR_INTERNAL, "chunk %lld of output variable %s was left incomplete",
                     (long long)p->chunk, o->var->name);
}
