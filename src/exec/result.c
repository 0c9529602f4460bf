#include "exec/result.h"

#include "plan/plan.h"

#include <string.h>

void ama__pieces_init(ama__pieces *p, ama_ctx *ctx, ama_dtype t) {
    *p = (ama__pieces){.ctx = ctx, .dtype = t};
}

void ama__pieces_fini(ama__pieces *p) {
    for (int64_t i = 0; i < p->n; i++) ama__mem_free(p->ctx, p->piece[i].data);
    if (p->ctx) AMA_FREE(p->ctx, p->piece);
    p->n = p->cap = 0;
}

ama_status ama__pieces_add(ama__pieces *p, const ama__box *box, void *data) {
    if (p->n == p->cap) {
        int64_t cap = p->cap ? p->cap * 2 : 8;
        AMA_TRY(ama__mem_realloc(p->ctx, AMA_MEM_META, (size_t)cap * sizeof *p->piece, (void **)&p->piece));
        p->cap = cap;
    }
    p->piece[p->n++] = (ama__piece){*box, data};
    return AMA_OK;
}

/* ---- outbox */

ama_status ama__outbox_init(ama__outbox *b, ama__comm *comm) {
    *b = (ama__outbox){.ctx = ama__comm_ctx(comm), .nranks = ama__comm_nranks(comm)};
    return ama__mem_calloc(b->ctx, AMA_MEM_COMM, (size_t)b->nranks, sizeof *b->to, (void **)&b->to);
}

void ama__outbox_fini(ama__outbox *b) {
    if (!b->to) return;
    for (int r = 0; r < b->nranks; r++) ama__mem_free(b->ctx, b->to[r].p);
    AMA_FREE(b->ctx, b->to);
}

/* The first room to a rank is what its last message took, as long as all together stay within an earlier round: memory
 * that round after round has warm pages. */
static size_t room_of(const ama__outbox *b, const struct ama__outbox_buffer *q, size_t bytes) {
    size_t grown = q->cap + q->cap / 2;
    if (q->cap == 0 && b->held + q->last <= b->most) grown = q->last;
    return grown > q->n + bytes ? grown : q->n + bytes;
}

ama_status ama__outbox_add(ama__outbox *b, int to, size_t bytes, void **out) {
    struct ama__outbox_buffer *q = &b->to[to];
    bytes = (bytes + 7) & ~(size_t)7;
    if (q->n + bytes > q->cap) {
        size_t cap = room_of(b, q, bytes);
        AMA_TRY(ama__mem_realloc(b->ctx, AMA_MEM_COMM, cap, (void **)&q->p));
        b->held += cap - q->cap;
        q->cap = cap;
    }
    *out = q->p + q->n;
    q->n += bytes;
    return AMA_OK;
}

static void empty(ama__outbox *b) {
    size_t all = 0;
    for (int r = 0; r < b->nranks; r++) {
        struct ama__outbox_buffer *q = &b->to[r];
        AMA_FREE(b->ctx, q->p);
        all += q->n;
        q->last = q->n;
        q->n = q->cap = 0;
    }
    b->held = 0;
    if (all > b->most) b->most = all;
}

/* What each rank sends, and room for what each gets: counts[2 * nranks], send and recv[nranks]. Agreed. */
static ama_status address(ama__outbox *b, ama__comm *comm, int64_t *counts, ama__message *send, ama__message *recv,
                          char **in, size_t *in_bytes) {
    int64_t *sent = counts, *got = counts + b->nranks;
    for (int r = 0; r < b->nranks; r++) {
        sent[r] = (int64_t)b->to[r].n;
        send[r] = (ama__message){b->to[r].p, sent[r]};
    }
    ama__comm_alltoall_i8(comm, sent, got);
    for (int r = 0; r < b->nranks; r++) *in_bytes += (size_t)got[r];
    AMA_TRY(ama__comm_agree(comm, ama__mem_alloc(b->ctx, AMA_MEM_COMM, *in_bytes, (void **)in)));
    char *to = *in;
    for (int r = 0; r < b->nranks; r++) {
        recv[r] = (ama__message){to, got[r]};
        to += got[r];
    }
    return AMA_OK;
}

ama_status ama__outbox_exchange(ama__outbox *b, ama__comm *comm, ama_status status, char **in, size_t *in_bytes) {
    int64_t *counts = NULL;
    ama__message *send = NULL;
    size_t n = (size_t)b->nranks;
    *in = NULL;
    *in_bytes = 0;
    if (status == AMA_OK)
        status = ama__mem_calloc(b->ctx, AMA_MEM_COMM, n, 2 * sizeof *counts + 2 * sizeof *send, (void **)&send);
    status = ama__comm_agree(comm, status);
    if (status == AMA_OK) {
        counts = (int64_t *)(void *)(send + 2 * n);
        status = address(b, comm, counts, send, send + n, in, in_bytes);
    }
    if (status == AMA_OK)
        ama__comm_exchange(comm, send, send + n);
    else
        AMA_FREE(b->ctx, *in);
    empty(b);
    ama__mem_free(b->ctx, send);
    return status;
}

/* ---- fetch */

static void fill_rest(const ama__pieces *p, const ama__box *want, char *out) {
    size_t size = ama__dtype_bytes(p->dtype);
    for (int64_t i = 0, n = ama__box_size(want); i < n; i++) memcpy(out + (size_t)i * size, p->rest, size);
}

/* What one rank still has to send: pieces from `piece` on, of which rows from `row` on, to the `to`-th rank after it.
 */
typedef struct cursor {
    int to;
    int64_t piece, row;
} cursor;

/* Packs a box of a piece, as many of its rows (indices of axis 0) as the round has room for. */
static ama_status pack_box(ama__outbox *b, const ama__pieces *p, const ama__piece *from, int r, ama__box what,
                           int64_t *row, int64_t *room) {
    size_t size = ama__dtype_bytes(p->dtype);
    void *header, *body;
    int64_t rows = what.ndim ? what.count[0] - *row : 1, row_bytes;
    if (what.ndim) {
        what.start[0] += *row;
        what.count[0] = 1;
    }
    row_bytes = ama__box_size(&what) * (int64_t)size;
    int64_t now = *room / (row_bytes > 0 ? row_bytes : 1);
    now = now < 1 ? 1 : now > rows ? rows : now;
    if (what.ndim) what.count[0] = now;
    AMA_TRY(ama__outbox_add(b, r, sizeof what, &header));
    memcpy(header, &what, sizeof what);
    AMA_TRY(ama__outbox_add(b, r, (size_t)(now * row_bytes), &body));
    ama__box_copy(&what, size, from->data, &from->box, body, &what);
    *room -= now * row_bytes;
    *row = now < rows ? *row + now : 0;
    return AMA_OK;
}

/* One round: about AMA_EXCHANGE_BYTES. Each rank begins with the rank after it, so that not all send to one. */
static ama_status pack_round(ama__outbox *b, const ama__pieces *p, const ama__box *want_of, int me, cursor *c) {
    int64_t room = AMA_EXCHANGE_BYTES;
    for (; c->to < b->nranks; c->to++, c->piece = 0) {
        int r = (me + c->to) % b->nranks;
        for (; want_of[r].ndim >= 0 && c->piece < p->n; c->piece++) {
            const ama__piece *from = &p->piece[c->piece];
            ama__box what;
            if (!ama__box_intersect(&from->box, &want_of[r], &what)) continue;
            do {
                if (room <= 0) return AMA_OK;
                AMA_TRY(pack_box(b, p, from, r, what, &c->row, &room));
            } while (c->row > 0);
        }
    }
    return AMA_OK;
}

static void unpack_pieces(ama_dtype t, const ama__box *want, const char *in, size_t bytes, void *out) {
    size_t size = ama__dtype_bytes(t);
    for (size_t at = 0; at < bytes;) {
        ama__box what;
        memcpy(&what, in + at, sizeof what);
        at += (sizeof what + 7) & ~(size_t)7;
        ama__box_copy(&what, size, in + at, &what, out, want);
        at += ((size_t)ama__box_size(&what) * size + 7) & ~(size_t)7;
    }
}

static void copy_own(const ama__pieces *p, const ama__box *want, void *out) {
    ama__box what;
    for (int64_t i = 0; i < p->n; i++)
        if (ama__box_intersect(&p->piece[i].box, want, &what))
            ama__box_copy(&what, ama__dtype_bytes(p->dtype), p->piece[i].data, &p->piece[i].box, out, want);
}

/* Everything after the local part. */
static ama_status fetch_agreed(ama__comm *comm, const ama__pieces *p, const ama__box *want, ama__box *want_of,
                               void *out) {
    ama__outbox b;
    cursor c = {.to = 1};
    int n = ama__comm_nranks(comm);
    ama_status status = AMA_OK;
    if (out && p->has_rest) fill_rest(p, want, out);
    if (out) copy_own(p, want, out);
    if (n == 1) return AMA_OK;
    ama__comm_allgather(comm, want, sizeof *want, want_of);
    status = ama__comm_agree(comm, ama__outbox_init(&b, comm));
    while (status == AMA_OK && ama__comm_max(comm, c.to < n)) {
        char *in;
        size_t bytes;
        status = ama__outbox_exchange(&b, comm, pack_round(&b, p, want_of, ama__comm_rank(comm), &c), &in, &bytes);
        if (status == AMA_OK && out) unpack_pieces(p->dtype, want, in, bytes, out);
        ama__mem_free(p->ctx, in);
    }
    ama__outbox_fini(&b);
    return status;
}

ama_status ama__pieces_fetch(ama__comm *comm, ama_status status, const ama__pieces *p, const ama__box *want,
                             void **out) {
    ama__box *want_of = NULL;
    size_t n = (size_t)ama__comm_nranks(comm);
    *out = NULL;
    if (status == AMA_OK) status = ama__mem_calloc(p->ctx, AMA_MEM_COMM, n, sizeof *want_of, (void **)&want_of);
    if (status == AMA_OK && want->ndim >= 0)
        status = ama__mem_alloc(p->ctx, AMA_MEM_RESULT, (size_t)ama__box_size(want) * ama__dtype_bytes(p->dtype), out);
    status = ama__comm_agree(comm, status);
    if (status == AMA_OK) status = fetch_agreed(comm, p, want, want_of, *out);
    if (status != AMA_OK) AMA_FREE(p->ctx, *out);
    ama__mem_free(p->ctx, want_of);
    return status;
}
