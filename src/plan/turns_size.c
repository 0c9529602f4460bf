/* How many turns a stage takes, and what they fetch and hold: a dry run of exec/turn_run.c. */
#include <string.h>

#include "base/number.h"
#include "plan/turns.h"

typedef struct need {                /* of this rank */
    int64_t chunks, stored, decoded; /* of all turns */
    int64_t held;                    /* boxes of a turn, and what is known of those of all ranks */
    int64_t batch;                   /* chunks of a batch, what decoding takes, messages sent */
    int64_t largest_message;         /* to one rank */
    int64_t sent, batches;           /* of all turns */
    int64_t received;                /* in a turn, of all its batches */
} need;

typedef struct sizing {
    ama__comm *comm;
    const ama__plan_options *o;
    const ama__stage *s;
    ama__turn_batch batch;
    int64_t *sent; /* per rank, in a turn */
} sizing;

static void count_batch(sizing *z, const ama__turn *t, need *n) {
    const ama__turn_batch *b = &z->batch;
    const ama__io_options io = ama__plan_io(z->o);
    int64_t stored = 0, files = 0, sent = 0;
    for (int64_t i = 0; i < b->n; i++) {
        ama__want w = {.source = b->chunk[i].source, .part = b->chunk[i].part, .chunk = b->chunk[i].chunk};
        const ama__source_part *p = &z->s->source[w.source]->u.source.part[w.part];
        const ama__stored_var *v = &p->store->meta.var[p->var];
        w.bytes = (int64_t)ama__dtype_bytes(v->dtype);
        for (int d = 0; d < v->ndim; d++) w.bytes *= v->grid.chunk[d];
        stored += ama__want_stored_bytes(z->s, &w);
        if (p->store->manifest[p->var].kind == AMA_MANIFEST_FILES && io.path == AMA_PATH_TWO_PHASE)
            files += ama__collective_file_bytes(v);
    }
    for (int r = 0; r < t->nranks; r++) {
        z->sent[r] += b->to[r];
        sent += b->to[r];
        n->largest_message = ama__max_i8(n->largest_message, b->to[r]);
    }
    n->sent += sent;
    n->batches += b->n > 0;
    n->chunks += b->n;
    n->stored += stored;
    n->decoded += b->chunk_bytes;
    int64_t together = ama__collective_bytes(&io, t->nranks, stored + files, b->largest_bytes);
    /* messages grow by half; then as much or half as much again is received */
    n->batch = ama__max_i8(n->batch, b->chunk_bytes + 2 * z->o->threads * b->largest_bytes + together + 3 * sent);
}

static ama_status count_batches(sizing *z, ama__turn *t, need *n) {
    do {
        AMA_TRY(ama__turn_next(t, z->o, &z->batch));
        count_batch(z, t, n);
    } while (z->batch.n > 0);
    return AMA_OK;
}

/* Collective, agreed. */
static ama_status count_turn(sizing *z, int64_t turn, need *n) {
    ama__turn t;
    AMA_TRY(ama__turn_init(&t, z->comm, z->s, turn));
    memset(z->sent, 0, (size_t)t.nranks * sizeof *z->sent);
    ama_status status = ama__comm_agree(z->comm, count_batches(z, &t, n));
    if (status == AMA_OK) ama__comm_sum_each(z->comm, z->sent, t.nranks);
    n->received = ama__max_i8(n->received, z->sent[t.rank]);
    int64_t lists = t.first[t.nranks] * (int64_t)sizeof *t.box + t.cap_covers * (int64_t)sizeof *t.cover;
    n->held = ama__max_i8(n->held, ama__turn_bytes(&t) + lists);
    ama__turn_fini(&t);
    return status;
}

/* fetch_bytes with s->n_turns turns. Collective, agreed. */
static ama_status count_turns(sizing *z, need *n, int64_t *fetch_bytes) {
    memset(n, 0, sizeof *n);
    for (int64_t turn = 0; turn < z->s->n_turns; turn++) AMA_TRY(count_turn(z, turn, n));
    const ama__turn_batch *b = &z->batch;
    int64_t nranks = ama__comm_nranks(z->comm), message = ama__comm_max(z->comm, n->largest_message);
    int64_t lists = b->cap * (int64_t)sizeof *b->chunk + b->cap_pieces * (int64_t)sizeof *b->piece;
    int64_t received = ama__min_i8(n->received, (nranks - 1) * message);
    received += received / 4; /* the list of its records */
    int64_t tile = z->s->fetch_bytes;
    *fetch_bytes = ama__comm_max(z->comm, n->held + ama__max_i8(tile, n->batch + lists + received));
    return AMA_OK;
}

static int64_t most_units(const ama__plan_options *o, const ama__stage *s) {
    int64_t most = 1;
    for (int r = 0; r < o->nranks; r++) most = ama__max_i8(most, s->rank_first[r + 1] - s->rank_first[r]);
    return most;
}

/* Outputs that are put together in memory leave room for no turn: so much it takes, and they are made in panels. */
static int64_t least_room(const ama__plan_options *o, const ama__stage *s) {
    for (int i = 0; i < s->n_consumers; i++)
        if (s->consumer[i].kind == AMA_CONSUME_WRITE && s->consumer[i].collected_bytes > 0) return o->budget_bytes / 4;
    return 0;
}

static ama_status choose(sizing *z, ama__stage *s, int64_t room, need *n, int64_t *fetch_bytes) {
    int64_t most = most_units(z->o, s), now;
    room = ama__max_i8(room, least_room(z->o, s));
    AMA_TRY(count_turns(z, n, fetch_bytes));
    while (*fetch_bytes > room && s->n_turns < most) {
        now = s->n_turns;
        s->n_turns = room > 0 ? (int64_t)((double)now * (double)*fetch_bytes / (double)room) : most;
        s->n_turns = ama__min_i8(ama__max_i8(s->n_turns, now + 1), most);
        AMA_TRY(count_turns(z, n, fetch_bytes));
    }
    return AMA_OK;
}

static ama_status alloc(sizing *z, ama_ctx *ctx) {
    size_t n = (size_t)ama__comm_nranks(z->comm);
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_META, n, sizeof *z->sent, (void **)&z->sent));
    return ama__turn_batch_init(&z->batch, ctx, (int)n);
}

ama_status ama__plan_turns(ama__comm *comm, const ama__plan_options *o, ama__stage *s, int64_t room) {
    sizing z = {.comm = comm, .o = o, .s = s};
    need n = {0};
    int64_t fetch_bytes = 0;
    ama_ctx *ctx = ama__comm_ctx(comm);
    ama_status status = ama__comm_agree(comm, alloc(&z, ctx));
    if (status == AMA_OK) status = choose(&z, s, room, &n, &fetch_bytes);
    ama__turn_batch_fini(&z.batch);
    ama__mem_free(ctx, z.sent);
    AMA_TRY(status);
    s->fetch_bytes = fetch_bytes;
    s->chunks += ama__comm_sum(comm, n.chunks);
    s->stored_bytes += ama__comm_sum(comm, n.stored);
    s->decoded_bytes += ama__comm_sum(comm, n.decoded);
    s->sent_bytes += ama__comm_sum(comm, n.sent);
    s->n_exchanges += s->n_turns + ama__comm_max(comm, n.batches);
    return AMA_OK;
}
