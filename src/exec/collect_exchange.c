/* Completing columns over ranks: of each incomplete block, every rank gets some of the cells, with all their values.
 * Segments are sent in slices of values, so that a round stays small whatever their size. */
#include <string.h>

#include "exec/accum_private.h"
#include "exec/collect.h"

typedef struct record {
    int64_t block, group, n; /* values of each cell that follow */
    ama__box kept;           /* the receiver's part of the block */
} record;

/* What is sent next: values from `value` on of the first segment of slot `slot`. */
typedef struct cursor {
    int64_t slot, value;
} cursor;

static int64_t row_bytes(const ama__accum *a, const ama__box *kept) {
    return ama__box_size(kept) * (int64_t)ama__dtype_bytes(a->consumer->node->dtype);
}

/* A part of a block that stays on this rank. */
typedef struct own_part {
    int64_t block, group;
    ama__box kept;
    ama__segment *values;
} own_part;

/* One exchange: from the incomplete columns of `from` to those that this rank completes. What it has of them itself
 * enters after what comes in the same round, so that all ranks finish columns at the same time. */
typedef struct exchange {
    ama__accum *from, *whole;
    ama__outbox out;
    int me;
    cursor at;
    int64_t n_own, cap_own;
    own_part *own;
} exchange;

/* Copies the cells of `part` of values [first, first + n) of a slot's first segment. A part is cut along one axis: of
 * each index before it, one run. */
static void cut_slice(const ama__accum *a, const ama__accum_slot *s, int64_t first, int64_t n, const ama__box *part,
                      char *to) {
    const ama__box *kept = &s->kept;
    const char *from = s->chain->data + first * row_bytes(a, kept);
    int64_t runs = n, inner = (int64_t)ama__dtype_bytes(a->consumer->node->dtype);
    int d = kept->ndim ? ama__consumer_split(kept) : 0;
    for (int i = 0; i < kept->ndim; i++) *(i < d ? &runs : &inner) *= i == d ? 1 : kept->count[i];
    size_t whole = (size_t)inner, run = whole;
    if (kept->ndim) {
        from += (part->start[d] - kept->start[d]) * inner;
        whole *= (size_t)kept->count[d];
        run *= (size_t)part->count[d];
    }
    if (run == whole)
        memcpy(to, from, run * (size_t)runs);
    else
        for (int64_t v = 0; v < runs; v++) memcpy(to + (size_t)v * run, from + (size_t)v * whole, run);
}

static ama_status keep_own(exchange *x, const ama__accum_slot *s, int64_t first, int64_t n, const ama__box *kept) {
    const ama__accum *a = x->from;
    if (x->n_own == x->cap_own) {
        int64_t cap = x->cap_own ? 2 * x->cap_own : 16;
        AMA_TRY(ama__mem_realloc(a->ctx, AMA_MEM_META, (size_t)cap * sizeof *x->own, (void **)&x->own));
        x->cap_own = cap;
    }
    own_part *part = &x->own[x->n_own];
    *part = (own_part){.block = s->block, .group = s->group, .kept = *kept};
    size_t bytes = (size_t)(n * row_bytes(a, kept));
    AMA_TRY(ama__mem_alloc(a->ctx, AMA_MEM_STATE, AMA_SEGMENT_HEADER + bytes, (void **)&part->values));
    ama__collect_open(part->values, n);
    cut_slice(a, s, first, n, kept, part->values->data);
    x->n_own++;
    return AMA_OK;
}

static ama_status take_own(exchange *x) {
    ama_status status = AMA_OK;
    for (int64_t i = 0; i < x->n_own; i++) {
        const own_part *part = &x->own[i];
        if (status == AMA_OK)
            status = ama__collect_insert(x->whole, part->block, part->group, &part->kept, part->values);
        else
            ama__mem_free(x->from->ctx, part->values);
    }
    x->n_own = 0;
    return status;
}

/* Values [first, first + n) of a slot's first segment: to each rank its cells. */
static ama_status send_slice(exchange *x, const ama__accum_slot *s, int64_t first, int64_t n) {
    const ama__accum *a = x->from;
    for (int r = 0; r < x->out.nranks; r++) {
        record rec = {.block = s->block, .group = s->group, .n = n};
        void *p;
        if (!ama__accum_part(&s->kept, r, x->out.nranks, &rec.kept)) continue;
        if (r == x->me) {
            AMA_TRY(keep_own(x, s, first, n, &rec.kept));
            continue;
        }
        size_t bytes = (size_t)(n * row_bytes(a, &rec.kept));
        AMA_TRY(ama__outbox_add(&x->out, r, sizeof rec, &p));
        memcpy(p, &rec, sizeof rec);
        AMA_TRY(ama__outbox_add(&x->out, r, bytes, &p));
        cut_slice(a, s, first, n, &rec.kept, p);
    }
    return AMA_OK;
}

/* Bytes of the largest part that a rank gets of one value of a block's cells. */
static int64_t share_bytes(const ama__accum *a, const ama__box *kept, int nranks) {
    int64_t most = 0;
    for (int r = nranks - 1; r >= 0 && most == 0; r--) { /* the last part is the largest */
        ama__box part;
        if (ama__accum_part(kept, r, nranks, &part)) most = row_bytes(a, &part);
    }
    return most;
}

static ama_status fill_round(exchange *x) {
    ama__accum *a = x->from;
    int64_t room = AMA_EXCHANGE_BYTES / x->out.nranks; /* to each rank */
    while (x->at.slot < a->cap_slots && room > 0) {
        ama__accum_slot *s = &a->slot[x->at.slot];
        if (!ama__accum_is_open(s)) {
            x->at.slot++;
            continue;
        }
        int64_t share = share_bytes(a, &s->kept, x->out.nranks), left = s->chain->n - x->at.value;
        int64_t n = ama__consumer_slice(share, x->out.nranks);
        if (n > left) n = left;
        AMA_TRY(send_slice(x, s, x->at.value, n));
        room -= n * share + (int64_t)sizeof(record);
        x->at.value += n;
        if (n < left) continue;
        ama__segment *done = s->chain;
        s->chain = done->next;
        x->at.value = 0;
        ama__mem_free(a->ctx, done);
    }
    return AMA_OK;
}

static ama_status take_round(ama__accum *whole, const char *in, size_t bytes) {
    for (size_t at = 0; at < bytes;) {
        record rec;
        ama__segment *s;
        memcpy(&rec, in + at, sizeof rec);
        at += (sizeof rec + 7) & ~(size_t)7;
        size_t n = (size_t)(rec.n * row_bytes(whole, &rec.kept));
        AMA_TRY(ama__mem_alloc(whole->ctx, AMA_MEM_STATE, AMA_SEGMENT_HEADER + n, (void **)&s));
        ama__collect_open(s, rec.n);
        memcpy(s->data, in + at, n);
        at += (n + 7) & ~(size_t)7;
        AMA_TRY(ama__collect_insert(whole, rec.block, rec.group, &rec.kept, s));
    }
    return AMA_OK;
}

static bool has_open(const ama__accum *a, int64_t from) {
    for (int64_t i = from; i < a->cap_slots; i++)
        if (ama__accum_is_open(&a->slot[i])) return true;
    return false;
}

static ama_status check_complete(const ama__accum *a) {
    if (has_open(a, 0)) return ama__fail(a->ctx, AMA_ERR_INTERNAL, "a column was left incomplete");
    return AMA_OK;
}

ama_status ama__collect_exchange(ama__accum *a, ama__comm *comm, ama_status status) {
    ama__accum mine = {.ctx = a->ctx,
                       .stage = a->stage,
                       .consumer = a->consumer,
                       .kind = a->kind,
                       .threads = a->threads,
                       .pieces = a->pieces};
    exchange x = {.from = a, .whole = &mine, .me = ama__comm_rank(comm)};
    if (status == AMA_OK) status = ama__outbox_init(&x.out, comm);
    status = ama__comm_agree(comm, status);
    while (status == AMA_OK && ama__comm_max(comm, has_open(a, x.at.slot))) {
        char *in;
        size_t bytes;
        status = ama__outbox_exchange(&x.out, comm, fill_round(&x), &in, &bytes);
        if (status == AMA_OK) status = take_round(&mine, in, bytes);
        ama__mem_free(a->ctx, in);
        if (status == AMA_OK) status = take_own(&x);
        status = ama__comm_agree(comm, status);
    }
    if (status == AMA_OK) status = ama__comm_agree(comm, check_complete(&mine));
    mine.pieces = NULL; /* a's */
    ama__accum_fini(&mine);
    for (int64_t i = 0; i < x.n_own; i++) ama__mem_free(a->ctx, x.own[i].values);
    ama__mem_free(a->ctx, x.own);
    ama__outbox_fini(&x.out);
    return status;
}
