#include "plan/assembly.h"

#include <string.h>

#include "base/number.h"
#include "store/write_coding.h"

typedef struct waiting { /* a chunk that has not come whole */
    int64_t chunk;       /* -1: free place */
    int64_t missing;     /* elements; 0: done */
} waiting;

/* What this rank has for another in one output; all ranks exchange theirs. */
typedef struct dealing {
    int64_t owned; /* elements of shared chunks that the other puts together, and spare ones behind them */
    int64_t sent;  /* those of the tile that sends it most */
} dealing;

typedef struct walk { /* of one output on one rank */
    ama_ctx *ctx;
    const ama__stage *stage;
    const ama__consumer *consumer;
    const ama__chunkgrid *grid; /* NULL: not chunked */
    ama__chunk_coding coding;   /* when chunked */
    int64_t whole, spare;       /* elements of a whole chunk, and of the room behind a chunk put together here */
    int rank, nranks;
    int64_t n, cap; /* cap: power of two */
    waiting *slot;
    int64_t now, peak;         /* elements of the chunks that wait here and get nothing from other ranks */
    int64_t tile_done;         /* elements of those that this tile makes whole */
    int64_t largest;           /* elements of the largest box of a tile */
    int64_t tile_ready, ready; /* elements of chunks that come whole in this tile, in the tile with most */
    bool edges;                /* chunks at the end of an axis are less than whole */
    bool shares;
    dealing *with;      /* per rank; behind them those of the others for this rank */
    int64_t *tile_sent; /* per rank, of this tile */
    int64_t sent;       /* elements, to all ranks in all tiles */
    int64_t *bytes;     /* sizes and places of the dealings in their exchange */
} walk;

static waiting *find(const walk *t, int64_t chunk) {
    int64_t i = (int64_t)(((uint64_t)chunk * 0x9E3779B97F4A7C15u >> 20) & (uint64_t)(t->cap - 1));
    while (t->slot[i].chunk >= 0 && t->slot[i].chunk != chunk) i = (i + 1) & (t->cap - 1);
    return &t->slot[i];
}

/* Forgets what is done. */
static ama_status grow(walk *t) {
    walk old = *t;
    int64_t live = 0, cap = 64;
    waiting *slot;
    for (int64_t i = 0; i < old.cap; i++) live += old.slot[i].chunk >= 0 && old.slot[i].missing > 0;
    while (cap < live * 4) cap *= 2;
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_META, (size_t)cap * sizeof *slot, (void **)&slot));
    for (int64_t i = 0; i < cap; i++) slot[i] = (waiting){-1, 0};
    t->slot = slot;
    t->cap = cap;
    t->n = live;
    for (int64_t i = 0; i < old.cap; i++)
        if (old.slot[i].chunk >= 0 && old.slot[i].missing > 0) *find(t, old.slot[i].chunk) = old.slot[i];
    ama__mem_free(t->ctx, old.slot);
    return AMA_OK;
}

static ama_status add_own(walk *t, int64_t chunk, int64_t size, int64_t part_size) {
    if ((t->n + 1) * 2 > t->cap) AMA_TRY(grow(t));
    waiting *w = find(t, chunk);
    if (w->chunk < 0) t->n++;
    if (w->chunk < 0 || w->missing == 0) {
        *w = (waiting){chunk, size};
        t->now += size + t->spare;
        t->peak = ama__max_i8(t->peak, t->now);
    }
    w->missing -= part_size;
    if (w->missing == 0) t->tile_done += size + t->spare;
    return AMA_OK;
}

/* The owner holds a shared chunk from the first round to the last, or nearly so: the ranks that fill it have their
 * parts at one end or the other of their runs of units. The parts of all ranks come to the whole, and one of them has
 * the chunk's first element. */
static void add_shared(walk *t, const ama__box *chunk, const ama__box *what, int owner) {
    int64_t size = ama__box_size(what);
    bool first = true;
    for (int a = 0; a < chunk->ndim; a++) first = first && what->start[a] == chunk->start[a];
    t->with[owner].owned += size + (first ? t->spare : 0);
    if (owner != t->rank) t->tile_sent[owner] += size, t->sent += size;
    t->shares = true;
}

static ama_status add_box(walk *t, const ama__box *box) {
    const ama__chunkgrid *g = t->grid;
    ama__box cover = ama__chunkgrid_cover(g, box), what;
    int64_t at[AMA_MAX_DIMS] = {0}, index[AMA_MAX_DIMS];
    do {
        bool shared;
        for (int a = 0; a < g->ndim; a++) index[a] = cover.start[a] + at[a];
        ama__box chunk = ama__chunkgrid_box(g, index);
        t->edges |= ama__box_size(&chunk) < t->whole;
        if (ama__box_contains(box, &chunk)) t->tile_ready += t->whole;
        if (ama__box_contains(box, &chunk) || !ama__box_intersect(box, &chunk, &what)) continue;
        int64_t number = ama__chunkgrid_number(g, index);
        if (ama__consumer_has(t->consumer, &chunk)) continue;
        int owner = ama__consumer_owner(t->stage, t->consumer, t->nranks, &chunk, number, &shared);
        if (shared)
            add_shared(t, &chunk, &what, owner);
        else
            AMA_TRY(add_own(t, number, ama__box_size(&chunk), ama__box_size(&what)));
    } while (ama__index_next(g->ndim, cover.count, at));
    return AMA_OK;
}

static ama_status add_tile(walk *t, const ama__box *tile) {
    ama__box mine;
    if (ama__stage_tile_done(t->stage, tile) || !ama__consumer_box(t->stage, t->consumer, tile, &mine)) return AMA_OK;
    t->largest = ama__max_i8(t->largest, ama__box_size(&mine));
    if (!t->grid) return AMA_OK;
    t->tile_done = t->tile_ready = 0;
    AMA_TRY(add_box(t, &mine));
    t->ready = ama__max_i8(t->ready, t->tile_ready);
    t->now -= t->tile_done; /* a tile finds room for all its parts before the first chunk is whole */
    for (int r = 0; r < t->nranks && t->shares; r++) {
        t->with[r].sent = ama__max_i8(t->with[r].sent, t->tile_sent[r]);
        t->tile_sent[r] = 0;
    }
    return AMA_OK;
}

static ama_status walk_tiles(walk *t) {
    const ama__stage *s = t->stage;
    for (int64_t u = s->rank_first[t->rank]; u < s->rank_first[t->rank + 1]; u++) {
        int64_t unit[AMA_MAX_DIMS];
        ama__stage_unit(s, u, unit);
        ama__box box = ama__stage_unit_box(s, unit), tile = box;
        int64_t x = s->ndim ? box.start[0] : 0, end = s->ndim ? x + box.count[0] : 1;
        while (x < end) {
            int64_t next = ama__stage_tile_end(s, &box, x);
            if (s->ndim) {
                tile.start[0] = x;
                tile.count[0] = next - x;
            }
            x = next;
            AMA_TRY(add_tile(t, &tile));
        }
    }
    return AMA_OK;
}

/* ---- all outputs of a stage */

typedef struct sum {                                  /* bytes on this rank */
    int64_t held, box, coding, sent, received, total; /* sent, received: in one round; total: sent in all */
} sum;

/* A gathered array: its pieces, and all of them together. */
static void add_gather(const ama__consumer *c, int nranks, sum *to) {
    int64_t n = 0, size = (int64_t)ama__dtype_bytes(c->node->dtype);
    if (!ama__shape_size(c->node->ndim, c->node->shape, &n)) return;
    to->held += 2 * n * size;
    to->total += n * size * (nranks - 1) / nranks; /* every rank gets what the others have */
}

static ama_status walk_output(walk *t, ama__chunkgrid *g, const ama__write_spec *spec) {
    const ama__node *node = t->consumer->node;
    const ama__stored_var *v = &spec->meta.var[t->consumer->var];
    size_t n = (size_t)t->nranks;
    AMA_TRY(ama__mem_calloc(t->ctx, AMA_MEM_META, n, 2 * sizeof *t->with + 3 * sizeof *t->bytes, (void **)&t->with));
    t->tile_sent = (int64_t *)(t->with + 2 * n);
    t->bytes = t->tile_sent + n;
    if (v->chunked && v->ndim > 0) {
        if (!ama__chunkgrid_init(g, node->ndim, node->shape, v->grid.chunk))
            return ama__fail(t->ctx, AMA_ERR_INTERNAL, "the chunk shape of an output was not chosen");
        const int64_t size = (int64_t)ama__dtype_bytes(v->dtype);
        t->grid = g;
        t->coding = ama__chunk_coding_of(spec, t->consumer->var);
        t->whole = t->coding.raw_bytes / size;
        t->spare = (t->coding.spare_bytes + size - 1) / size;
    }
    return walk_tiles(t);
}

/* What the others have for this rank. Collective. */
static dealing exchange_dealings(walk *t, ama__comm *comm) {
    dealing total = {0}, *in = t->with + t->nranks;
    int64_t *at = t->bytes + t->nranks;
    for (int r = 0; r < t->nranks; r++) {
        t->bytes[r] = (int64_t)sizeof *in;
        at[r] = r * t->bytes[r];
    }
    ama__comm_alltoallv(comm, t->with, t->bytes, at, in, t->bytes, at);
    for (int r = 0; r < t->nranks; r++) {
        total.owned += in[r].owned;
        if (r != t->rank) total.sent += in[r].sent;
    }
    return total;
}

/* What encoding takes besides the chunks put together here; those that come whole, and those at an edge, are copied
 * first. */
static void add_coding(const walk *t, const ama__write_spec *spec, int threads, sum *to) {
    const ama__chunk_coding *c = &t->coding;
    int whole = t->ready > 0, copies = c->buffers == 0 ? whole + t->edges : whole || t->edges;
    to->coding = ama__max_i8(to->coding, (c->buffers + copies) * threads * (c->raw_bytes + c->spare_bytes));
    if (spec->format == AMA_FORMAT_NETCDF4 && c->buffers > 0) /* encoded chunks of a tile wait for their places */
        to->held += (t->edges ? ama__max_i8(t->ready, t->largest) : t->ready) * c->raw_bytes / t->whole;
}

static ama_status add_output(ama_ctx *ctx, ama__comm *comm, const ama__plan *p, const ama__stage *s, ama__consumer *c,
                             sum *to) {
    const ama__write_spec *spec = p->sink[c->sink]->spec;
    ama__chunkgrid g;
    dealing others = {0};
    walk t = {.ctx = ctx, .stage = s, .consumer = c, .rank = ama__comm_rank(comm), .nranks = p->options.nranks};
    int64_t size = (int64_t)ama__dtype_bytes(c->node->dtype), sent = 0;
    ama_status status = ama__comm_agree(comm, walk_output(&t, &g, spec));
    if (status == AMA_OK) c->shares = ama__comm_max(comm, t.shares);
    if (status == AMA_OK && c->shares) others = exchange_dealings(&t, comm);
    for (int r = 0; status == AMA_OK && r < t.nranks; r++)
        if (r != t.rank) sent += t.with[r].sent;
    ama__mem_free(ctx, t.with);
    ama__mem_free(ctx, t.slot);
    AMA_TRY(status);
    int64_t held = (t.peak + others.owned) * size;
    c->collected_bytes = ama__comm_max(comm, held);
    to->held += held;
    to->sent += sent * size;
    to->total += t.sent * size;
    to->received += others.sent * size;
    to->box = ama__max_i8(to->box, t.largest * size);
    if (t.grid) add_coding(&t, spec, p->options.threads, to);
    return AMA_OK;
}

ama_status ama__plan_outputs(ama_ctx *ctx, ama__comm *comm, const ama__plan *p, ama__stage *s, int64_t *out) {
    sum all = {0};
    for (int i = 0; i < s->n_consumers; i++) {
        if (s->consumer[i].kind == AMA_CONSUME_GATHER) add_gather(&s->consumer[i], p->options.nranks, &all);
        if (s->consumer[i].kind == AMA_CONSUME_WRITE) AMA_TRY(add_output(ctx, comm, p, s, &s->consumer[i], &all));
    }
    /* messages grow by half, small ones by being copied; then they are sent while others are received */
    int64_t message = all.sent + all.sent / 2 + ama__max_i8(all.sent, all.received);
    *out = all.held + all.box + message + all.coding;
    s->sent_bytes = all.total;
    return AMA_OK;
}
