/* The order of chunks in a netCDF-4 file. Ranks put them where there is space, in the rounds of the run; here they go,
 * at the end, into the order of variables and chunk numbers, one behind the other, so that the bytes of the file say
 * nothing of ranks, threads or tiles. A place depends on the sizes of all chunks before it, which are known only when
 * the last one is there: so it takes a pass over the stored bytes. All ranks copy into a second file, each a
 * contiguous stretch of it, which then takes the temporary name. */
#include "store/write_nc4.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/file.h"
#include "store/unfinished.h"

#define COPY_BYTES ((size_t)256 << 10)
#define PAGE ((int64_t)4096)

/* ---- who moves what */

/* Chunks [first, first + n) of the sorted table, of which the first goes to byte `to`. */
typedef struct share {
    int64_t first, n, to;
} share;

typedef struct order {
    ama__writer *wr;
    int64_t begin, end; /* of the part of the file whose chunks are put in order */
    share *share;       /* [nranks] */
    int64_t moves;      /* chunks that are not where they belong; the same on all ranks */
    ama__nc4_chunk *mine;
    char *path; /* of the second file */
    int fd;
} order;

static int by_number(const void *pa, const void *pb) {
    const ama__nc4_chunk *a = pa, *b = pb;
    return ama__nc4_compare(a->var, a->number, b->var, b->number);
}

void ama__nc4_sort(int64_t n, ama__nc4_chunk *chunk) {
    qsort(chunk, (size_t)n, sizeof *chunk, by_number);
}

/* Cuts the sorted table where its chunks go beyond a rank's part of the bytes. */
static void deal(order *o, int64_t n, const ama__nc4_chunk *chunk) {
    int nranks = ama__comm_nranks(o->wr->comm), r = 0;
    int64_t part = (o->end - o->begin) / nranks + 1, to = o->begin;
    o->share[0] = (share){0, 0, to};
    for (int64_t i = 0; i < n; i++) {
        while (r + 1 < nranks && to - o->begin >= (r + 1) * part) o->share[++r] = (share){i, 0, to};
        o->share[r].n++;
        if (chunk[i].offset < o->begin) continue; /* its place was fixed from the start */
        o->moves += chunk[i].offset != to;
        to += ama__nc4_round_up(chunk[i].length);
    }
    while (r + 1 < nranks) o->share[++r] = (share){n, 0, to};
}

/* Where the chunks are from now on. */
static void set_places(const order *o, int64_t n, ama__nc4_chunk *chunk) {
    int64_t to = o->begin;
    for (int64_t i = 0; i < n; i++) {
        if (chunk[i].offset < o->begin) continue;
        chunk[i].offset = to;
        to += ama__nc4_round_up(chunk[i].length);
    }
}

/* Every rank gets its part of the table. Collective. */
static ama_status hand_out(order *o, const ama__nc4_chunk *chunk) {
    ama__writer *wr = o->wr;
    int nranks = ama__comm_nranks(wr->comm), rank = ama__comm_rank(wr->comm);
    int64_t bytes = (int64_t)sizeof *chunk * o->share[rank].n, *send = NULL;
    ama_status status = ama__mem_alloc(wr->ctx, AMA_MEM_META, (size_t)bytes + 1, (void **)&o->mine);
    if (status == AMA_OK)
        status = ama__mem_calloc(wr->ctx, AMA_MEM_META, 4 * (size_t)nranks, sizeof *send, (void **)&send);
    status = ama__comm_agree(wr->comm, status);
    if (status == AMA_OK) {
        int64_t *send_at = send + nranks, *receive = send + 2 * nranks, *receive_at = send + 3 * nranks;
        for (int r = 0; r < nranks && wr->root; r++) {
            send[r] = (int64_t)sizeof *chunk * o->share[r].n;
            send_at[r] = (int64_t)sizeof *chunk * o->share[r].first;
        }
        receive[0] = bytes; /* all of it from rank 0 */
        ama__comm_alltoallv(wr->comm, chunk, send, send_at, o->mine, receive, receive_at);
    }
    ama__mem_free(wr->ctx, send);
    return status;
}

/* ---- copying */

typedef struct copier {
    const order *o;
    char *buf; /* [COPY_BYTES] */
    size_t n;  /* bytes in it, for byte `to` of the second file */
    int64_t to;
} copier;

static ama_status copy_out(copier *c) {
    if (c->n > 0) AMA_TRY(ama__write_at(c->o->wr, c->o->fd, c->o->path, c->buf, c->n, c->to));
    c->to += (int64_t)c->n;
    c->n = 0;
    return AMA_OK;
}

/* Appends bytes [from, from + bytes) of the first file; what is behind its end is zero. */
static ama_status copy(copier *c, int64_t from, int64_t bytes) {
    ama__writer *wr = c->o->wr;
    while (bytes > 0) {
        size_t room = COPY_BYTES - c->n, now = (int64_t)room < bytes ? room : (size_t)bytes, got;
        AMA_TRY(ama__file_read(wr->ctx, wr->fd, wr->tmp, from, c->buf + c->n, now, &got));
        memset(c->buf + c->n + got, 0, now - got);
        c->n += now;
        from += (int64_t)now;
        bytes -= (int64_t)now;
        if (c->n == COPY_BYTES) AMA_TRY(copy_out(c));
    }
    return AMA_OK;
}

/* This rank's part of what comes before the chunks. */
static ama_status copy_front(copier *c) {
    const order *o = c->o;
    int nranks = ama__comm_nranks(o->wr->comm);
    int64_t part = (o->begin / nranks / PAGE + 1) * PAGE, from = part * ama__comm_rank(o->wr->comm);
    if (from >= o->begin) return AMA_OK;
    c->to = from;
    AMA_TRY(copy(c, from, o->begin - from < part ? o->begin - from : part));
    return copy_out(c);
}

/* This rank's chunks. Neighbours in both files are read as one. */
static ama_status copy_chunks(copier *c) {
    const order *o = c->o;
    const share *s = &o->share[ama__comm_rank(o->wr->comm)];
    int64_t from = 0, bytes = 0;
    c->to = s->to;
    for (int64_t i = 0; i < s->n; i++) {
        const ama__nc4_chunk *k = &o->mine[i];
        if (k->offset < o->begin) continue;
        if (k->offset != from + bytes) {
            AMA_TRY(copy(c, from, bytes));
            from = k->offset;
            bytes = 0;
        }
        bytes += ama__nc4_round_up(k->length);
    }
    AMA_TRY(copy(c, from, bytes));
    return copy_out(c);
}

static ama_status copy_mine(const order *o) {
    copier c = {.o = o};
    ama_ctx *ctx = o->wr->ctx;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_WRITE, COPY_BYTES, (void **)&c.buf));
    ama_status status = copy_front(&c);
    if (status == AMA_OK) status = copy_chunks(&c);
    ama__mem_free(ctx, c.buf);
    return status;
}

/* ---- the second file */

static ama_status open_second(order *o) {
    ama__writer *wr = o->wr;
    AMA_KEEP(wr->arena, o->path, ama__arena_printf(wr->arena, "%s.order", wr->tmp));
    if (!wr->root) return AMA_OK;
    ama__unfinished_add(o->path);
    return ama__write_open(wr, o->path, O_RDWR | O_CREAT | O_EXCL, &o->fd);
}

static ama_status take_name(const order *o) {
    ama__writer *wr = o->wr;
    if (!wr->root) return AMA_OK;
    ama__unfinished_done(o->path);
    int error = ama__fault(wr->ctx) ? EIO : rename(o->path, wr->tmp) == 0 ? 0 : errno;
    return error ? ama__fail(wr->ctx, AMA_ERR_IO, "rename %s to %s: %s", o->path, wr->tmp, strerror(error)) : AMA_OK;
}

/* Collective. The second file becomes the first, or is gone. */
static ama_status rewrite(order *o) {
    ama__writer *wr = o->wr;
    ama_status status = ama__comm_agree(wr->comm, open_second(o));
    if (status == AMA_OK && !wr->root) status = ama__write_open(wr, o->path, O_RDWR, &o->fd);
    if (status == AMA_OK) status = copy_mine(o);
    status = ama__comm_agree(wr->comm, status);
    if (status == AMA_OK) status = ama__comm_agree(wr->comm, take_name(o));
    if (status == AMA_OK) {
        int first = wr->fd;
        wr->fd = o->fd;
        o->fd = first;
    } else if (wr->root && o->path) {
        ama__write_path_remove(o->path);
    }
    if (wr->root && o->path) ama__unfinished_drop(o->path);
    if (o->fd >= 0) close(o->fd); /* the old one is no longer of interest */
    return status;
}

ama_status ama__nc4_order(ama__writer *wr, int64_t begin, int64_t end, int64_t n, ama__nc4_chunk *chunk) {
    int nranks = ama__comm_nranks(wr->comm);
    order o = {.wr = wr, .begin = begin, .end = end, .fd = -1};
    o.share = ama__arena_alloc(wr->arena, (size_t)nranks * sizeof *o.share);
    AMA_TRY(ama__comm_agree(wr->comm, o.share ? AMA_OK : ama__error_status(wr->ctx)));
    if (wr->root) {
        ama__nc4_sort(n, chunk);
        deal(&o, n, chunk);
    }
    ama__comm_bcast(wr->comm, &o.moves, sizeof o.moves, 0);
    if (o.moves == 0) return AMA_OK;
    ama__comm_bcast(wr->comm, o.share, (size_t)nranks * sizeof *o.share, 0);
    ama_status status = hand_out(&o, chunk);
    if (status == AMA_OK) status = rewrite(&o);
    if (status == AMA_OK && wr->root) set_places(&o, n, chunk);
    ama__mem_free(wr->ctx, o.mine);
    return status == AMA_OK ? AMA_OK : ama__wrap(wr->ctx, status, "write %s", wr->path);
}
