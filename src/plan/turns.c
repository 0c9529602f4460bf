#include "plan/turns.h"

#include <string.h>

#include "base/number.h"

#define MIB ((int64_t)1 << 20)

void ama__turn_units(const ama__stage *s, int rank, int64_t turn, int64_t *lo, int64_t *hi) {
    int64_t first = s->rank_first[rank], n = s->rank_first[rank + 1] - first;
    *lo = first + (int64_t)((__int128)n * turn / s->n_turns);
    *hi = first + (int64_t)((__int128)n * (turn + 1) / s->n_turns);
}

static const ama__source_part *part_of(const ama__stage *s, int source, int part) {
    return &s->source[source]->u.source.part[part];
}

static const ama__stored_var *var_of(const ama__stage *s, int source, int part) {
    const ama__source_part *p = part_of(s, source, part);
    return &p->store->meta.var[p->var];
}

/* ---- what this rank wants */

typedef struct note {
    const ama__stage *s;
    ama__scan_boxes *boxes; /* `scan` is the source */
} note;

static ama_status note_source(void *user, ama__node *leaf, const ama__box *box) {
    const note *n = user;
    int source = 0;
    bool any = false;
    if (leaf->kind != AMA_NODE_SOURCE) return AMA_OK;
    while (n->s->source[source] != leaf) source++;
    for (int i = 0; i < leaf->u.source.n_parts && !any; i++) any = ama__part_in_turns(n->s, part_of(n->s, source, i));
    return any ? ama__scan_boxes_add(n->boxes, source, box) : AMA_OK;
}

static ama_status find_own(ama_ctx *ctx, const ama__stage *s, int64_t lo, int64_t hi, ama__scan_boxes *boxes) {
    ama__scan_boxes scans = {0};
    note n = {s, boxes};
    ama_status status = AMA_OK;
    boxes->ctx = ctx;
    for (int64_t u = lo; u < hi && status == AMA_OK; u++) {
        int64_t unit[AMA_MAX_DIMS];
        ama__stage_unit(s, u, unit);
        ama__box box = ama__stage_unit_box(s, unit), tile = box;
        int64_t end = box.start[0] + box.count[0];
        for (int64_t x = box.start[0], next; x < end && status == AMA_OK; x = next) {
            next = ama__stage_tile_end(s, &box, x);
            tile.start[0] = x;
            tile.count[0] = next - x;
            status = ama__stage_need(ctx, s, &tile, &scans, note_source, &n);
        }
    }
    ama__scan_boxes_fini(&scans);
    ama__scan_boxes_sort(boxes);
    return status;
}

/* ---- what all ranks want */

typedef struct counts { /* in bytes, per rank */
    int64_t *send, *zero, *recv, *at;
} counts;

static ama_status make_counts(ama__comm *comm, int64_t mine, counts *c) {
    int n = ama__comm_nranks(comm);
    int64_t *p = NULL, at = 0;
    ama_status status = ama__mem_calloc(ama__comm_ctx(comm), AMA_MEM_COMM, 4 * (size_t)n, sizeof *p, (void **)&p);
    *c = (counts){p, p ? p + n : p, p ? p + 2 * n : p, p ? p + 3 * n : p};
    AMA_TRY(ama__comm_agree(comm, status));
    ama__comm_allgather(comm, &mine, sizeof mine, c->recv);
    for (int r = 0; r < n; r++) {
        c->send[r] = mine;
        c->at[r] = at;
        at += c->recv[r];
    }
    return AMA_OK;
}

static ama_status alloc_boxes(ama__turn *t, const counts *c) {
    const int64_t size = (int64_t)sizeof *t->box;
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_META, (size_t)(t->nranks + 1) * sizeof *t->first, (void **)&t->first));
    for (int r = 0; r < t->nranks; r++) t->first[r] = c->at[r] / size;
    t->first[t->nranks] = t->first[t->nranks - 1] + c->recv[t->nranks - 1] / size;
    return ama__mem_alloc(t->ctx, AMA_MEM_META, (size_t)(t->first[t->nranks] + 1) * sizeof *t->box, (void **)&t->box);
}

static ama_status list_own(ama_ctx *ctx, const ama__scan_boxes *own, ama__turn_box **out) {
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_COMM, (size_t)own->n + 1, sizeof **out, (void **)out));
    for (int i = 0; i < own->n; i++) {
        (*out)[i].source = own->at[i].scan;
        (*out)[i].box = own->at[i].box;
    }
    return AMA_OK;
}

static ama_status share_boxes(ama__turn *t, ama__comm *comm, ama_status status, const ama__scan_boxes *own) {
    ama__turn_box *mine = NULL;
    counts c = {0};
    if (status == AMA_OK) status = list_own(t->ctx, own, &mine);
    status = ama__comm_agree(comm, status);
    if (status == AMA_OK) status = make_counts(comm, own->n * (int64_t)sizeof *mine, &c);
    if (status == AMA_OK) status = ama__comm_agree(comm, alloc_boxes(t, &c));
    if (status == AMA_OK) ama__comm_alltoallv(comm, mine, c.send, c.zero, t->box, c.recv, c.at);
    ama__mem_free(t->ctx, c.send);
    ama__mem_free(t->ctx, mine);
    return status;
}

/* ---- the chunks they lie in */

static ama_status add_cover(ama__turn *t, int source, int part, const ama__box *hull) {
    const ama__source_part *p = part_of(t->stage, source, part);
    ama__box box;
    if (!ama__part_in_turns(t->stage, p)) return AMA_OK;
    if (!ama__source_part_box(t->stage->source[source], part, hull, &box)) return AMA_OK;
    if (t->n_covers == t->cap_covers) {
        int cap = t->cap_covers ? t->cap_covers * 2 : 16;
        AMA_TRY(ama__mem_realloc(t->ctx, AMA_MEM_META, (size_t)cap * sizeof *t->cover, (void **)&t->cover));
        t->cap_covers = cap;
    }
    t->cover[t->n_covers++] =
        (ama__turn_cover){source, part, ama__chunkgrid_cover(&var_of(t->stage, source, part)->grid, &box), t->last};
    t->last += ama__box_size(&t->cover[t->n_covers - 1].cover);
    return AMA_OK;
}

/* The chunks of all covers are shared out in runs; t->last is their number until then. */
static ama_status find_covers(ama__turn *t) {
    for (int i = 0; i < t->stage->n_sources; i++) {
        ama__box hull = {.ndim = -1};
        for (int64_t k = 0; k < t->first[t->nranks]; k++) {
            const ama__turn_box *b = &t->box[k];
            if (b->source == i) hull = hull.ndim < 0 ? b->box : ama__box_hull(&hull, &b->box);
        }
        for (int part = 0; hull.ndim >= 0 && part < t->stage->source[i]->u.source.n_parts; part++)
            AMA_TRY(add_cover(t, i, part, &hull));
    }
    int64_t n = t->last;
    t->at = (int64_t)((__int128)n * t->rank / t->nranks);
    t->last = (int64_t)((__int128)n * (t->rank + 1) / t->nranks);
    return AMA_OK;
}

ama_status ama__turn_init(ama__turn *t, ama__comm *comm, const ama__stage *s, int64_t turn) {
    int64_t lo, hi;
    ama__scan_boxes own = {0};
    *t = (ama__turn){.ctx = ama__comm_ctx(comm), .stage = s};
    t->rank = ama__comm_rank(comm);
    t->nranks = ama__comm_nranks(comm);
    ama__turn_units(s, t->rank, turn, &lo, &hi);
    ama_status status = share_boxes(t, comm, find_own(t->ctx, s, lo, hi, &own), &own);
    ama__scan_boxes_fini(&own);
    if (status == AMA_OK) status = ama__comm_agree(comm, find_covers(t));
    if (status != AMA_OK) ama__turn_fini(t);
    return status;
}

void ama__turn_fini(ama__turn *t) {
    if (!t->ctx) return;
    AMA_FREE(t->ctx, t->first);
    AMA_FREE(t->ctx, t->box);
    AMA_FREE(t->ctx, t->cover);
    t->ctx = NULL;
}

int64_t ama__turn_bytes(const ama__turn *t) {
    int64_t bytes = 0;
    for (int64_t k = t->first[t->rank]; k < t->first[t->rank + 1]; k++) {
        const ama__turn_box *b = &t->box[k];
        const ama__node *n = t->stage->source[b->source];
        for (int i = 0; i < n->u.source.n_parts; i++) {
            ama__box part;
            if (ama__part_in_turns(t->stage, part_of(t->stage, b->source, i)) &&
                ama__source_part_box(n, i, &b->box, &part))
                bytes += ama__box_size(&part) * (int64_t)ama__dtype_bytes(var_of(t->stage, b->source, i)->dtype);
        }
    }
    return bytes;
}

/* ---- batches */

ama_status ama__turn_batch_init(ama__turn_batch *b, ama_ctx *ctx, int nranks) {
    *b = (ama__turn_batch){.ctx = ctx};
    return ama__mem_calloc(ctx, AMA_MEM_META, (size_t)nranks, sizeof *b->to, (void **)&b->to);
}

void ama__turn_batch_fini(ama__turn_batch *b) {
    if (!b->ctx) return;
    AMA_FREE(b->ctx, b->chunk);
    AMA_FREE(b->ctx, b->piece);
    AMA_FREE(b->ctx, b->to);
    b->ctx = NULL;
}

/* Chunk t->at, with its decoded bytes. */
static ama__turn_chunk look(ama__turn *t, int64_t *bytes) {
    while (t->at_cover + 1 < t->n_covers && t->cover[t->at_cover + 1].first <= t->at) t->at_cover++;
    const ama__turn_cover *c = &t->cover[t->at_cover];
    const ama__stored_var *v = var_of(t->stage, c->source, c->part);
    const ama__node *n = t->stage->source[c->source];
    int64_t i = t->at - c->first, index[AMA_MAX_DIMS];
    *bytes = (int64_t)ama__dtype_bytes(v->dtype);
    for (int d = c->cover.ndim - 1; d >= 0; d--) {
        index[d] = c->cover.start[d] + i % c->cover.count[d];
        i /= c->cover.count[d];
        *bytes *= v->grid.chunk[d];
    }
    ama__turn_chunk x = {c->source, c->part, ama__chunkgrid_number(&v->grid, index),
                         ama__chunkgrid_box(&v->grid, index)};
    if (n->ndim > 0) x.box.start[n->u.source.axis] += part_of(t->stage, c->source, c->part)->start;
    return x;
}

static ama_status add_piece(ama__turn_batch *b, const ama__turn_piece *piece) {
    if (b->n_pieces == b->cap_pieces) {
        int64_t cap = b->cap_pieces ? b->cap_pieces * 2 : 64;
        AMA_TRY(ama__mem_realloc(b->ctx, AMA_MEM_META, (size_t)cap * sizeof *b->piece, (void **)&b->piece));
        b->cap_pieces = cap;
    }
    b->piece[b->n_pieces++] = *piece;
    return AMA_OK;
}

/* Bytes of a piece in a message; nothing goes to the rank itself. */
static int64_t message_bytes(const ama__turn *t, const ama__turn_chunk *x, const ama__turn_piece *piece) {
    int64_t bytes = ama__box_size(&piece->box) * (int64_t)ama__dtype_bytes(var_of(t->stage, x->source, x->part)->dtype);
    return piece->to == t->rank ? 0 : (int64_t)sizeof(ama__turn_record) + (bytes + 7) / 8 * 8;
}

/* What all ranks want of the chunk; the most that one rank's message has with it. */
static ama_status add_pieces(const ama__turn *t, const ama__turn_chunk *x, ama__turn_batch *b, int64_t *most) {
    *most = 0;
    for (int r = 0; r < t->nranks; r++)
        for (int64_t k = t->first[r]; k < t->first[r + 1]; k++) {
            ama__turn_piece piece = {.chunk = b->n, .to = r, .of = k - t->first[r]};
            if (t->box[k].source != x->source || !ama__box_intersect(&t->box[k].box, &x->box, &piece.box)) continue;
            AMA_TRY(add_piece(b, &piece));
            b->to[r] += message_bytes(t, x, &piece);
            *most = ama__max_i8(*most, b->to[r]);
        }
    return AMA_OK;
}

static void drop_pieces(const ama__turn *t, const ama__turn_chunk *x, ama__turn_batch *b, int64_t n) {
    for (; b->n_pieces > n; b->n_pieces--) {
        const ama__turn_piece *piece = &b->piece[b->n_pieces - 1];
        b->to[piece->to] -= message_bytes(t, x, piece);
    }
}

ama_status ama__turn_next(ama__turn *t, const ama__plan_options *o, ama__turn_batch *b) {
    /* two chunks a thread, as they mostly are */
    const int64_t limit = ama__max_i8(ama__min_i8(AMA_EXCHANGE_BYTES / 2 * (o->threads + 1), o->budget_bytes / 16), 1);
    b->n = b->n_pieces = b->chunk_bytes = b->largest_bytes = 0;
    memset(b->to, 0, (size_t)t->nranks * sizeof *b->to);
    for (; t->at < t->last; t->at++) {
        int64_t bytes, most, before = b->n_pieces;
        if (b->n == b->cap) {
            int64_t cap = b->cap ? b->cap * 2 : 16;
            AMA_TRY(ama__mem_realloc(b->ctx, AMA_MEM_META, (size_t)cap * sizeof *b->chunk, (void **)&b->chunk));
            b->cap = cap;
        }
        ama__turn_chunk x = look(t, &bytes);
        AMA_TRY(add_pieces(t, &x, b, &most));
        if (b->n_pieces == before) continue; /* nobody wants it */
        if (b->n > 0 && (b->chunk_bytes + bytes > limit || most > limit / t->nranks)) {
            drop_pieces(t, &x, b, before);
            break;
        }
        b->chunk[b->n++] = x;
        b->chunk_bytes += bytes;
        b->largest_bytes = ama__max_i8(b->largest_bytes, bytes);
    }
    return AMA_OK;
}
