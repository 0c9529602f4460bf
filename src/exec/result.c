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

ama_status ama__outbox_add(ama__outbox *b, int to, size_t bytes, void **out) {
    struct ama__outbox_buffer *q = &b->to[to];
    bytes = (bytes + 7) & ~(size_t)7;
    if (q->n + bytes > q->cap) {
        size_t cap = q->cap + q->cap / 2 > q->n + bytes ? q->cap + q->cap / 2 : q->n + bytes;
        AMA_TRY(ama__mem_realloc(b->ctx, AMA_MEM_COMM, cap, (void **)&q->p));
        q->cap = cap;
    }
    *out = q->p + q->n;
    q->n += bytes;
    return AMA_OK;
}

typedef struct counts {
    int64_t *send_n, *send_at, *recv_n, *recv_at, *eight, *eights; /* eight: 8 bytes a rank, to exchange the counts */
} counts;

static ama_status counts_init(ama_ctx *ctx, int n, counts *c) {
    int64_t *p;
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_COMM, (size_t)n, 6 * sizeof *p, (void **)&p));
    *c = (counts){p, p + n, p + 2 * n, p + 3 * n, p + 4 * n, p + 5 * n};
    for (int r = 0; r < n; r++) {
        c->eight[r] = 8;
        c->eights[r] = 8 * r;
    }
    return AMA_OK;
}

static ama_status pack_local(ama__outbox *b, const counts *c, void **send) {
    size_t total = 0;
    for (int r = 0; r < b->nranks; r++) total += b->to[r].n;
    AMA_TRY(ama__mem_alloc(b->ctx, AMA_MEM_COMM, total, send));
    int64_t at = 0;
    for (int r = 0; r < b->nranks; r++) {
        c->send_n[r] = (int64_t)b->to[r].n;
        c->send_at[r] = at;
        if (b->to[r].n) memcpy((char *)*send + at, b->to[r].p, b->to[r].n);
        at += c->send_n[r];
        AMA_FREE(b->ctx, b->to[r].p);
        b->to[r].n = b->to[r].cap = 0;
    }
    return AMA_OK;
}

ama_status ama__outbox_exchange(ama__outbox *b, ama__comm *comm, ama_status status, char **in, size_t *in_bytes) {
    counts c = {0};
    void *send = NULL;
    int n = b->nranks;
    *in = NULL;
    *in_bytes = 0;
    if (status == AMA_OK) status = counts_init(b->ctx, n, &c);
    if (status == AMA_OK) status = pack_local(b, &c, &send);
    status = ama__comm_agree(comm, status);
    if (status == AMA_OK) {
        int64_t at = 0;
        ama__comm_alltoallv(comm, c.send_n, c.eight, c.eights, c.recv_n, c.eight, c.eights);
        for (int r = 0; r < n; r++) {
            c.recv_at[r] = at;
            at += c.recv_n[r];
        }
        *in_bytes = (size_t)at;
        status = ama__comm_agree(comm, ama__mem_alloc(b->ctx, AMA_MEM_COMM, (size_t)at, (void **)in));
    }
    if (status == AMA_OK)
        ama__comm_alltoallv(comm, send, c.send_n, c.send_at, *in, c.recv_n, c.recv_at);
    else if (*in)
        AMA_FREE(b->ctx, *in);
    ama__mem_free(b->ctx, send);
    ama__mem_free(b->ctx, c.send_n);
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
