#include "exec/turn_run.h"

#include <string.h>

#include "base/phase.h"
#include "exec/tile_share.h"

static const ama__source_part *part_of(const ama__turns *x, int source, int part) {
    return &x->stage->source[source]->u.source.part[part];
}

static size_t element_of(const ama__turns *x, int source, int part) {
    const ama__source_part *p = part_of(x, source, part);
    return ama__dtype_bytes(p->store->meta.var[p->var].dtype);
}

/* ---- what is held */

static void drop_holds(ama__turns *x) {
    for (int64_t k = 0; k < x->n; k++) {
        for (int i = 0; x->hold[k].data && i < x->hold[k].n_parts; i++) ama__mem_free(x->ctx, x->hold[k].data[i]);
        ama__mem_free(x->ctx, x->hold[k].data);
    }
    AMA_FREE(x->ctx, x->hold);
    x->n = 0;
}

static ama_status make_hold(ama__turns *x, const ama__turn_box *b, ama__turn_hold *h) {
    const ama__node *n = x->stage->source[b->source];
    int axis = n->u.source.axis;
    h->source = b->source;
    h->box = b->box;
    h->first_part = n->ndim ? ama__source_part_of(n, b->box.start[axis]) : 0;
    int last = n->ndim ? ama__source_part_of(n, b->box.start[axis] + b->box.count[axis] - 1) : 0;
    h->n_parts = last - h->first_part + 1;
    AMA_TRY(ama__mem_calloc(x->ctx, AMA_MEM_META, (size_t)h->n_parts, sizeof *h->data, (void **)&h->data));
    for (int i = 0; i < h->n_parts; i++) {
        int part = h->first_part + i;
        ama__box box;
        if (!ama__part_in_turns(x->stage, part_of(x, b->source, part))) continue;
        if (!ama__source_part_box(n, part, &b->box, &box)) continue;
        size_t bytes = (size_t)ama__box_size(&box) * element_of(x, b->source, part);
        AMA_TRY(ama__mem_alloc(x->ctx, AMA_MEM_CHUNK, bytes, &h->data[i]));
    }
    return AMA_OK;
}

static ama_status make_holds(ama__turns *x, const ama__turn *t) {
    int64_t n = ama__turn_own(t);
    AMA_TRY(ama__mem_calloc(x->ctx, AMA_MEM_META, (size_t)n + 1, sizeof *x->hold, (void **)&x->hold));
    for (; x->n < n;) {
        x->n++; /* what of it was made is freed with the others */
        AMA_TRY(make_hold(x, &t->box[t->first[t->rank] + x->n - 1], &x->hold[x->n - 1]));
    }
    return AMA_OK;
}

static void *data_of(const ama__turn_hold *h, int part) {
    return part < h->first_part || part >= h->first_part + h->n_parts ? NULL : h->data[part - h->first_part];
}

bool ama__turns_find(const ama__turns *x, int source, int part, const ama__box *box, const void **data,
                     ama__box *held) {
    for (int64_t k = 0; x && k < x->n; k++) {
        const ama__turn_hold *h = &x->hold[k];
        if (h->source != source || !data_of(h, part)) continue;
        if (!ama__source_part_box(x->stage->source[source], part, &h->box, held) || !ama__box_contains(held, box))
            continue;
        *data = data_of(h, part);
        return true;
    }
    return false;
}

bool ama__turns_cover(const ama__turns *x, const ama__node *leaf, const ama__box *box) {
    int source = 0;
    if (!x) return true;
    while (x->stage->source[source] != leaf) source++;
    int axis = leaf->u.source.axis, first = leaf->ndim ? ama__source_part_of(leaf, box->start[axis]) : 0;
    int last = leaf->ndim ? ama__source_part_of(leaf, box->start[axis] + box->count[axis] - 1) : 0;
    for (int i = first; i <= last; i++) {
        const void *data;
        ama__box part, held;
        if (!ama__part_in_turns(x->stage, part_of(x, source, i)) || !ama__source_part_box(leaf, i, box, &part))
            continue;
        if (!ama__turns_find(x, source, i, &part, &data, &held)) return false;
    }
    return true;
}

/* ---- a batch */

/* A box of a node in the index space of a part. */
static ama__box in_part(const ama__turns *x, int source, int part, const ama__box *box) {
    const ama__node *n = x->stage->source[source];
    ama__box b = *box;
    if (n->ndim > 0) b.start[n->u.source.axis] -= part_of(x, source, part)->start;
    return b;
}

/* Values of a box, in the index space of the part, into what is held. */
static void put(const ama__turns *x, int64_t of, int part, const ama__box *what, const void *from,
                const ama__box *from_box) {
    const ama__turn_hold *h = &x->hold[of];
    ama__box held;
    if (ama__source_part_box(x->stage->source[h->source], part, &h->box, &held))
        ama__box_copy(what, element_of(x, h->source, part), from, from_box, data_of(h, part), &held);
}

static ama_status find_places(ama__turns *x, int me) {
    ama__turn_batch *b = &x->batch;
    for (int64_t i = 0; i < b->n_pieces; i++) {
        ama__turn_piece *piece = &b->piece[i];
        const ama__turn_chunk *c = &b->chunk[piece->chunk];
        const ama__turn_record rec = {piece->of, c->part, piece->box};
        void *p;
        if (piece->to == me) continue;
        AMA_TRY(ama__outbox_add(&x->outbox, piece->to, sizeof rec, &p));
        memcpy(p, &rec, sizeof rec);
        piece->offset = x->outbox.to[piece->to].n;
        size_t bytes = (size_t)ama__box_size(&piece->box) * element_of(x, c->source, c->part);
        AMA_TRY(ama__outbox_add(&x->outbox, piece->to, bytes, &p));
    }
    return AMA_OK;
}

static void pack_piece(const ama__turns *x, int me, const ama__turn_piece *piece) {
    const ama__turn_chunk *c = &x->batch.chunk[piece->chunk];
    const ama__box what = in_part(x, c->source, c->part, &piece->box), *from = &x->tile.wants.want[piece->chunk].box;
    const void *data = x->tile.data[piece->chunk];
    if (piece->to == me) {
        put(x, piece->of, c->part, &what, data, from);
        return;
    }
    char *to = x->outbox.to[piece->to].p + piece->offset;
    ama__box_copy(&what, element_of(x, c->source, c->part), data, from, to, &what);
}

/* Chunks that are fetched into messages, or where they are held. */
static ama_status pack(ama__turns *x, int me) {
    AMA_TRY(find_places(x, me));
#pragma omp parallel for schedule(dynamic) num_threads(x->options->threads)
    for (int64_t i = 0; i < x->batch.n_pieces; i++) {
        int before = ama__phase_enter(x->ctx, AMA_PHASE_EXCHANGE);
        pack_piece(x, me, &x->batch.piece[i]);
        ama__phase_leave(x->ctx, before);
    }
    ama__tile_drop(&x->tile);
    return AMA_OK;
}

typedef struct arrival {
    const ama__turn_record *rec;
    const char *data;
} arrival;

static ama_status list_arrivals(const ama__turns *x, const char *in, size_t bytes, int64_t *n, arrival **list) {
    size_t cap = 0;
    for (size_t at = 0; at < bytes; ++*n) {
        if ((size_t)*n == cap) {
            cap = cap ? cap * 2 : 64;
            AMA_TRY(ama__mem_realloc(x->ctx, AMA_MEM_COMM, cap * sizeof **list, (void **)list));
        }
        arrival *a = &(*list)[*n];
        a->rec = (const ama__turn_record *)(const void *)(in + at);
        a->data = in + at + sizeof *a->rec;
        const ama__turn_hold *h = &x->hold[a->rec->of];
        size_t values = (size_t)ama__box_size(&a->rec->box) * element_of(x, h->source, (int)a->rec->part);
        at += sizeof *a->rec + ((values + 7) & ~(size_t)7);
    }
    return AMA_OK;
}

static ama_status take(const ama__turns *x, const char *in, size_t bytes) {
    arrival *list = NULL;
    int64_t n = 0;
    ama_status status = list_arrivals(x, in, bytes, &n, &list);
#pragma omp parallel for schedule(dynamic) num_threads(x->options->threads)
    for (int64_t i = 0; i < (status == AMA_OK ? n : 0); i++) {
        const ama__turn_record *rec = list[i].rec;
        int part = (int)rec->part, before = ama__phase_enter(x->ctx, AMA_PHASE_EXCHANGE);
        const ama__box what = in_part(x, x->hold[rec->of].source, part, &rec->box);
        put(x, rec->of, part, &what, list[i].data, &what);
        ama__phase_leave(x->ctx, before);
    }
    ama__mem_free(x->ctx, list);
    return status;
}

/* Collective, agreed. */
static ama_status run_batch(ama__turns *x, ama__comm *comm, ama__turn *t) {
    char *in;
    size_t bytes;
    ama_status status = ama__turn_next(t, x->options, &x->batch);
    if (status == AMA_OK) status = ama__tile_want_chunks(&x->tile, x->batch.n, x->batch.chunk);
    if (x->tile.collective) AMA_TRY(ama__tile_share(&x->tile, status, x->batch.n > 0));
    if (status == AMA_OK) status = ama__tile_fetch(&x->tile);
    if (status == AMA_OK) status = pack(x, t->rank);
    int before = ama__phase_enter(x->ctx, AMA_PHASE_EXCHANGE);
    status = ama__outbox_exchange(&x->outbox, comm, status, &in, &bytes);
    if (status == AMA_OK) {
        status = ama__comm_agree(comm, take(x, in, bytes));
        ama__mem_free(x->ctx, in);
    }
    ama__phase_leave(x->ctx, before);
    return status;
}

/* ---- turns */

static ama_status set_up(ama__turns *x, ama__comm *comm, ama__fetcher *f, ama__codec_work **work) {
    AMA_TRY(ama__tile_init(&x->tile, x->ctx, x->stage, f, work, x->options->threads));
    AMA_TRY(ama__turn_batch_init(&x->batch, x->ctx, ama__comm_nranks(comm)));
    return ama__outbox_init(&x->outbox, comm);
}

ama_status ama__turns_create(ama__comm *comm, const ama__stage *s, const ama__plan_options *o, ama__fetcher *f,
                             ama__codec_work **work, ama__turns **out) {
    ama_ctx *ctx = ama__comm_ctx(comm);
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof **out, (void **)out));
    (*out)->ctx = ctx;
    (*out)->stage = s;
    (*out)->options = o;
    return set_up(*out, comm, f, work);
}

void ama__turns_destroy(ama__turns **x) {
    if (!*x) return;
    ama_ctx *ctx = (*x)->ctx;
    drop_holds(*x);
    ama__tile_fini(&(*x)->tile);
    ama__turn_batch_fini(&(*x)->batch);
    ama__outbox_fini(&(*x)->outbox);
    AMA_FREE(ctx, *x);
}

ama_status ama__turns_fetch(ama__turns *x, ama__comm *comm, int64_t turn) {
    ama__turn t;
    drop_holds(x);
    AMA_TRY(ama__turn_init(&t, comm, x->stage, turn));
    ama_status status = ama__comm_agree(comm, make_holds(x, &t));
    while (status == AMA_OK && ama__comm_max(comm, t.at < t.last)) status = run_batch(x, comm, &t);
    ama__turn_fini(&t);
    return status;
}
