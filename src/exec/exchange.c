/* Completing reductions over ranks. Each incomplete tree's cells are cut along the longest kept axis, one part a rank;
 * every rank sends its open nodes, cut likewise, and merges what it receives along the same tree. Rounds bound the
 * bytes under way. */
#include <string.h>

#include "exec/accum.h"
#include "exec/accum_private.h"
#include "exec/collect.h"
#include "exec/counting.h"

typedef struct record {
    int64_t block, group, n_leaves, index;
    int32_t level;
    ama__box kept; /* the receiver's part of the block */
} record;

bool ama__accum_part(const ama__box *kept, int r, int n, ama__box *out) {
    *out = *kept;
    if (kept->ndim == 0) return r == 0;
    int d = ama__consumer_split(kept);
    int64_t lo = kept->count[d] * r / n, hi = kept->count[d] * (r + 1) / n;
    out->start[d] += lo;
    out->count[d] = hi - lo;
    return hi > lo;
}

/* Copies the cells of `part` of a state of `kept` into fresh planes at dst. */
static void cut_state(const ama__accum *a, const ama__box *kept, void *state, const ama__box *part, void *dst) {
    int64_t n = ama__box_size(kept), m = ama__box_size(part);
    int planes = 0;
    for (unsigned bits = ama__state_planes(&a->kind); bits; bits &= bits - 1) planes++;
    for (int i = 0; i < planes; i++)
        ama__box_copy(part, 8, (char *)state + (size_t)(i * n) * 8, kept, (char *)dst + (size_t)(i * m) * 8, part);
}

static ama_status send_node(const ama__accum *a, const ama__accum_slot *s, const ama__tree_node *node, ama__outbox *b,
                            size_t *sent) {
    for (int r = 0; r < b->nranks; r++) {
        record rec = {s->block, s->group, s->tree->n_leaves, node->index, node->level, {0}};
        void *p;
        if (!ama__accum_part(&s->kept, r, b->nranks, &rec.kept)) continue;
        size_t bytes = (size_t)ama__box_size(&rec.kept) * ama__state_bytes(&a->kind);
        AMA_TRY(ama__outbox_add(b, r, sizeof rec, &p));
        memcpy(p, &rec, sizeof rec);
        AMA_TRY(ama__outbox_add(b, r, bytes, &p));
        cut_state(a, &s->kept, node->state, &rec.kept, p);
        *sent += bytes;
    }
    return AMA_OK;
}

/* Sends open nodes, from slot *at on, until a round is full. */
static ama_status fill_round(ama__accum *a, int64_t *at, ama__outbox *b) {
    size_t sent = 0;
    for (; *at < a->cap_slots && sent < (size_t)AMA_EXCHANGE_BYTES; ++*at) {
        ama__accum_slot *s = &a->slot[*at];
        if (!s->used || !s->tree) continue;
        for (int i = 0; i < s->tree->n; i++) {
            AMA_TRY(send_node(a, s, &s->tree->node[i], b, &sent));
            AMA_FREE(a->ctx, s->tree->node[i].state);
        }
        AMA_FREE(a->ctx, s->tree);
        s->used = true; /* keeps probe chains whole; the tree is gone */
    }
    return AMA_OK;
}

static ama_status take_round(ama__accum *whole, const char *in, size_t bytes) {
    for (size_t at = 0; at < bytes;) {
        record rec;
        void *state;
        ama__accum_slot *s;
        memcpy(&rec, in + at, sizeof rec);
        at += (sizeof rec + 7) & ~(size_t)7;
        size_t n = (size_t)ama__box_size(&rec.kept) * ama__state_bytes(&whole->kind);
        AMA_TRY(ama__mem_alloc(whole->ctx, AMA_MEM_STATE, n, &state));
        memcpy(state, in + at, n);
        at += (n + 7) & ~(size_t)7;
        ama_status status = ama__accum_slot_of(whole, rec.block, rec.group, &rec.kept, rec.n_leaves, &s);
        if (status != AMA_OK) {
            ama__mem_free(whole->ctx, state);
            return status;
        }
        AMA_TRY(ama__accum_insert(whole, s, (ama__tree_node){rec.level, rec.index, state}));
    }
    return AMA_OK;
}

static bool has_open(const ama__accum *a, int64_t from) {
    for (int64_t i = from; i < a->cap_slots; i++)
        if (ama__accum_is_open(&a->slot[i])) return true;
    return false;
}

static ama_status check_complete(const ama__accum *a) {
    if (has_open(a, 0)) return ama__fail(a->ctx, AMA_ERR_INTERNAL, "a reduction was left incomplete");
    return AMA_OK;
}

ama_status ama__accum_exchange(ama__accum *a, ama__comm *comm, ama_status status) {
    ama__outbox b = {0};
    if (a->counting) return ama__counting_end(a, comm, status);
    if (ama__red_collects(a->kind.op)) return ama__collect_exchange(a, comm, status);
    ama__accum mine = {.ctx = a->ctx, .stage = a->stage, .consumer = a->consumer, .kind = a->kind, .pieces = a->pieces};
    int64_t at = 0;
    if (status == AMA_OK) status = ama__outbox_init(&b, comm);
    status = ama__comm_agree(comm, status);
    while (status == AMA_OK && ama__comm_max(comm, has_open(a, at))) {
        char *in;
        size_t bytes;
        status = ama__outbox_exchange(&b, comm, fill_round(a, &at, &b), &in, &bytes);
        if (status == AMA_OK) status = take_round(&mine, in, bytes);
        ama__mem_free(a->ctx, in);
        status = ama__comm_agree(comm, status);
    }
    if (status == AMA_OK) status = ama__comm_agree(comm, check_complete(&mine));
    mine.pieces = NULL; /* a's */
    ama__accum_fini(&mine);
    ama__outbox_fini(&b);
    return status;
}
