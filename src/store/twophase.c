#define _GNU_SOURCE /* qsort_r */
#include "store/twophase.h"

#include <stdlib.h>
#include <string.h>

#include "store/io_walk.h"
#include "store/twophase_private.h"

enum { GAP_BYTES = 16 << 10, LEAST_SHARE = 4 << 10, BYTES_PER_PIECE = 256, LEAST_PIECES = 16 };

/* ---- sizes */

static int64_t share_of(int nranks, int64_t round_bytes) {
    int64_t n = round_bytes / nranks / 64 * 64; /* numbers lie at its multiples */
    return n > LEAST_SHARE ? n : LEAST_SHARE;
}

static int64_t pieces_of(int64_t share) {
    int64_t n = share / BYTES_PER_PIECE;
    return n > LEAST_PIECES ? n : LEAST_PIECES;
}

int64_t ama__twophase_bytes(int nranks, int64_t round_bytes) {
    int64_t n = nranks, share = share_of(nranks, round_bytes), word = (int64_t)sizeof(int64_t);
    int64_t pieces = n * pieces_of(share);
    int64_t asking = pieces * (int64_t)(sizeof(ama__io_piece) + sizeof(char *)) + n * (5 * word + (int64_t)sizeof(int));
    int64_t serving = pieces * ((int64_t)sizeof(ama__io_piece) + 2 * word) + AMA_IO_BLOCK;
    return asking + serving + 2 * n * share + 8 * n * word + (int64_t)sizeof(ama__twophase) + 1024;
}

/* ---- making one */

static ama_status choose_aggregators(ama__twophase *t, int n) {
    ama_status status = ama__mem_alloc(t->ctx, AMA_MEM_META, (size_t)t->nranks * sizeof *t->agg, (void **)&t->agg);
    AMA_TRY(ama__comm_agree(t->comm, status));
    int *leader = t->agg;
    int lead = ama__comm_node_rank(t->comm) == 0;
    ama__comm_allgather(t->comm, &lead, sizeof lead, leader);
    if (n > t->nranks) n = t->nranks;
    for (int r = 0, k = 0; n == 0 && r < t->nranks; r++)
        if (leader[r]) leader[k++] = r, t->n_agg = k;
    for (int k = 0; k < n; k++) leader[k] = (int)((int64_t)k * t->nranks / n);
    if (n > 0) t->n_agg = n;
    t->mine = -1;
    for (int k = 0; k < t->n_agg; k++)
        if (t->agg[k] == ama__comm_rank(t->comm)) t->mine = k;
    return AMA_OK;
}

static ama_status get(ama__twophase *t, int64_t n, size_t bytes, void *out) {
    return ama__mem_alloc(t->ctx, AMA_MEM_CHUNK, (size_t)n * bytes, (void **)out);
}

static ama_status number_files(ama__twophase *t) {
    int64_t n = 0;
    size_t words = (size_t)t->n_parts + 1;
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_META, words * sizeof *t->first_file, (void **)&t->first_file));
    for (int64_t i = 0; i < t->n_parts; i++) {
        t->first_file[i] = n;
        n += t->part[i].store->meta.var[t->part[i].var].grid.n_chunks;
    }
    t->first_file[t->n_parts] = n;
    return AMA_OK;
}

static ama_status make_buffers(ama__twophase *t) {
    int64_t asked = t->n_agg * t->pieces, served = t->nranks * t->pieces;
    if (t->has_files) AMA_TRY(number_files(t));
    AMA_TRY(get(t, t->n_agg, sizeof *t->next, &t->next));
    AMA_TRY(get(t, t->n_agg, sizeof *t->end, &t->end));
    AMA_TRY(get(t, t->n_agg, sizeof *t->done, &t->done));
    AMA_TRY(get(t, t->nranks, sizeof *t->used, &t->used));
    AMA_TRY(get(t, t->nranks, sizeof *t->full, &t->full));
    AMA_TRY(get(t, t->n_agg, sizeof *t->n_asked, &t->n_asked));
    AMA_TRY(get(t, t->n_agg, sizeof *t->asked_bytes, &t->asked_bytes));
    AMA_TRY(get(t, asked, sizeof *t->ask, &t->ask));
    AMA_TRY(get(t, asked, sizeof *t->dst, &t->dst));
    AMA_TRY(get(t, 4 * (int64_t)t->nranks, sizeof *t->count, &t->count));
    AMA_TRY(get(t, t->n_agg * t->share, 1, &t->in));
    if (t->mine < 0) return AMA_OK;
    AMA_TRY(get(t, served, sizeof *t->order, &t->order));
    AMA_TRY(get(t, served, sizeof *t->sorted, &t->sorted));
    AMA_TRY(get(t, served, sizeof *t->place, &t->place));
    AMA_TRY(get(t, t->nranks * t->share, 1, &t->out));
    return get(t, AMA_IO_BLOCK, 1, &t->block);
}

static void find_kinds(ama__twophase *t) {
    for (int64_t i = 0; i < t->n_parts; i++) {
        ama__manifest_kind kind = t->part[i].store->manifest[t->part[i].var].kind;
        t->has_files |= kind == AMA_MANIFEST_FILES;
        t->has_ranges |= kind != AMA_MANIFEST_FILES && kind != AMA_MANIFEST_INLINE;
    }
}

ama_status ama__twophase_create(ama__comm *comm, ama__fetcher *f, int n_aggregators, int64_t round_bytes,
                                int64_t n_parts, const ama__store_var *part, ama__twophase **out) {
    ama_ctx *ctx = ama__comm_ctx(comm);
    ama__twophase *t = NULL;
    *out = NULL;
    ama_status status = ama__comm_agree(comm, ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof *t, (void **)&t));
    if (status != AMA_OK) {
        ama__mem_free(ctx, t);
        return status;
    }
    int nranks = ama__comm_nranks(comm);
    *t = (ama__twophase){.ctx = ctx, .comm = comm, .fetcher = f, .n_parts = n_parts, .part = part, .nranks = nranks};
    find_kinds(t);
    t->share = share_of(nranks, round_bytes);
    t->pieces = pieces_of(t->share);
    *out = t;
    AMA_TRY(choose_aggregators(t, n_aggregators));
    return ama__comm_agree(comm, make_buffers(t));
}

void ama__twophase_destroy(ama__twophase **t) {
    ama__twophase *x = *t;
    if (!x) return;
    void *held[] = {x->agg,        x->n_asked, x->asked_bytes, x->ask,   x->dst,  x->count,
                    x->in,         x->order,   x->sorted,      x->place, x->out,  x->block,
                    x->first_file, x->next,    x->end,         x->done,  x->used, x->full};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) ama__mem_free(x->ctx, held[i]);
    ama__mem_free(x->ctx, x);
    *t = NULL;
}

/* ---- asking */

static int aggregator_of(const ama__twophase *t, int64_t file, int64_t offset) {
    uint64_t h = (uint64_t)file * 0x9E3779B97F4A7C15u;
    return (int)(((h >> 32) + (uint64_t)(offset / AMA_IO_BLOCK)) % (uint64_t)t->n_agg);
}

/* Fills the lists of this round, until one is full. */
static void ask(ama__twophase *t, ama__io_walk *w) {
    ama__io_range r;
    for (int k = 0; k < t->n_agg; k++) t->n_asked[k] = t->asked_bytes[k] = 0;
    while (ama__io_walk_look(w, &r)) {
        int k = aggregator_of(t, r.part, r.offset);
        int64_t bytes = AMA_IO_BLOCK - r.offset % AMA_IO_BLOCK;
        if (bytes > r.bytes) bytes = r.bytes;
        if (bytes > t->share - t->asked_bytes[k]) bytes = t->share - t->asked_bytes[k];
        if (bytes == 0 || t->n_asked[k] == t->pieces) return;
        int64_t i = k * t->pieces + t->n_asked[k]++;
        t->ask[i] = (ama__io_piece){r.part, r.offset, bytes};
        t->dst[i] = r.dst;
        t->asked_bytes[k] += bytes;
        ama__io_walk_advance(w, &r, bytes);
    }
}

/* ---- serving */

static int compare(const void *a, const void *b, void *user) {
    const ama__io_piece *order = user, *x = &order[*(const int64_t *)a], *y = &order[*(const int64_t *)b];
    if (x->file != y->file) return x->file < y->file ? -1 : 1;
    if (x->offset != y->offset) return x->offset < y->offset ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* Reads a group of pieces of one block that lie close together, and deals them out; one alone is read into its place.
 */
static ama_status serve_group(ama__twophase *t, const int64_t *sorted, int64_t n, int64_t end) {
    const ama__io_piece *first = &t->order[sorted[0]];
    const ama__store_var *from = &t->part[first->file];
    const char *path = from->store->manifest[from->var].path;
    char *to = n == 1 ? t->out + t->place[sorted[0]] : t->block;
    ama__file_ref file;
    AMA_TRY(ama__file_cache_take(t->fetcher->files, path, &file));
    ama_status status = ama__fetch_pread(t->fetcher, file.fd, path, first->offset, to, (size_t)(end - first->offset));
    ama__file_cache_give(t->fetcher->files, file);
    for (int64_t i = 0; i < n && n > 1 && status == AMA_OK; i++) {
        const ama__io_piece *p = &t->order[sorted[i]];
        memcpy(t->out + t->place[sorted[i]], t->block + (p->offset - first->offset), (size_t)p->bytes);
    }
    return status;
}

void ama__twophase_sort(ama__twophase *t, int64_t n) {
    if (n > 1) qsort_r(t->sorted, (size_t)n, sizeof *t->sorted, compare, t->order);
}

static ama_status serve(ama__twophase *t, int64_t n) {
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        t->sorted[i] = i;
        t->place[i] = at;
        at += t->order[i].bytes;
    }
    ama__twophase_sort(t, n);
    for (int64_t i = 0, last; i < n; i = last) {
        const ama__io_piece *first = &t->order[t->sorted[i]];
        int64_t end = first->offset + first->bytes;
        for (last = i + 1; last < n; last++) {
            const ama__io_piece *p = &t->order[t->sorted[last]];
            if (p->file != first->file || p->offset / AMA_IO_BLOCK != first->offset / AMA_IO_BLOCK ||
                p->offset - end > GAP_BYTES)
                break;
            if (p->offset + p->bytes > end) end = p->offset + p->bytes;
        }
        AMA_TRY(serve_group(t, t->sorted + i, last - i, end));
    }
    return AMA_OK;
}

/* ---- one round */

static int64_t displace(int n, const int64_t *count, int64_t *at) {
    int64_t sum = 0;
    for (int i = 0; i < n; i++) {
        at[i] = sum;
        sum += count[i];
    }
    return sum;
}

void ama__twophase_lists(ama__twophase *t, int64_t *n) {
    int p = t->nranks;
    int64_t *send_n = t->count, *send_at = send_n + p, *recv_n = send_at + p, *recv_at = recv_n + p;
    for (int r = 0; r < p; r++) send_n[r] = send_at[r] = 0;
    for (int k = 0; k < t->n_agg; k++) {
        send_n[t->agg[k]] = t->n_asked[k] * (int64_t)sizeof(ama__io_piece);
        send_at[t->agg[k]] = k * t->pieces * (int64_t)sizeof(ama__io_piece);
    }
    ama__comm_alltoall_i8(t->comm, send_n, recv_n);
    *n = displace(p, recv_n, recv_at) / (int64_t)sizeof(ama__io_piece);
    ama__comm_alltoallv(t->comm, t->ask, send_n, send_at, t->order, recv_n, recv_at);
}

/* The bytes back: a rank's pieces lie together in `out`, in the order in which it asked. */
static void exchange_bytes(ama__twophase *t) {
    int p = t->nranks;
    int64_t *back_n = t->count, *back_at = back_n + p, *asked_n = back_at + p, *in_at = asked_n + p;
    int64_t i = 0;
    for (int r = 0; r < p; r++) {
        int64_t n = asked_n[r] / (int64_t)sizeof(ama__io_piece);
        back_n[r] = 0;
        for (int64_t j = 0; j < n; j++) back_n[r] += t->order[i++].bytes;
        asked_n[r] = in_at[r] = 0;
    }
    displace(p, back_n, back_at);
    for (int k = 0; k < t->n_agg; k++) {
        asked_n[t->agg[k]] = t->asked_bytes[k];
        in_at[t->agg[k]] = k * t->share;
    }
    ama__comm_alltoallv(t->comm, t->out, back_n, back_at, t->in, asked_n, in_at);
}

static void take(ama__twophase *t) {
    for (int k = 0; k < t->n_agg; k++) {
        const char *from = t->in + k * t->share;
        for (int64_t i = k * t->pieces; i < k * t->pieces + t->n_asked[k]; i++) {
            memcpy(t->dst[i], from, (size_t)t->ask[i].bytes);
            from += t->ask[i].bytes;
        }
    }
}

static ama_status read_ranges(ama__twophase *t, ama_status local, int n, const ama__io_want *want) {
    enum { DONE, MORE, FAILED };
    ama__io_walk w = {.n = local == AMA_OK ? n : 0, .want = want};
    int64_t state = MORE;
    while (state == MORE) {
        int64_t asked;
        ask(t, &w);
        ama__twophase_lists(t, &asked);
        if (local == AMA_OK && t->mine >= 0) local = serve(t, asked);
        exchange_bytes(t);
        state = ama__comm_max(t->comm, local != AMA_OK ? FAILED : w.at < w.n ? MORE : DONE);
        if (state != FAILED) take(t);
    }
    return ama__comm_agree(t->comm, local);
}

ama_status ama__twophase_read(ama__twophase *t, ama_status local, int n, const ama__io_want *want) {
    if (t->has_ranges || !t->has_files) local = read_ranges(t, local, n, want);
    return t->has_files ? ama__twophase_read_files(t, local, n, want) : local;
}
