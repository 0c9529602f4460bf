/* Collectives over buffers. MPI-3 counts and displacements are int: what may not fit is cut into pieces. */
#include "comm/comm.h"

#include <string.h>

#include "comm/comm_private.h"

enum { TAG = 1, SUM_PIECE = 1 << 16 };

static int piece_at(const ama__comm *c, int64_t at, int64_t n) {
    return (int)(n - at < c->piece ? n - at : c->piece);
}

void ama__comm_bcast(ama__comm *c, void *p, size_t bytes, int root) {
    if (c->nranks == 1 || c->lost) return;
    int64_t n = (int64_t)bytes;
    for (int64_t at = 0; at < n; at += c->piece) MPI_Bcast((char *)p + at, piece_at(c, at, n), MPI_BYTE, root, c->mpi);
}

ama_status ama__comm_bcast_buffer(ama__comm *c, void **buf, size_t *bytes, int root) {
    if (c->nranks == 1) return AMA_OK;
    if (c->lost) return AMA_ERR_PEER;
    int64_t n = (int64_t)*bytes;
    MPI_Bcast(&n, 1, MPI_INT64_T, root, c->mpi);
    ama_status status = AMA_OK;
    if (c->rank != root) {
        *bytes = (size_t)n;
        status = ama__mem_alloc(c->ctx, AMA_MEM_META, *bytes, buf);
    }
    status = ama__comm_agree(c, status);
    if (status == AMA_OK) {
        ama__comm_bcast(c, *buf, (size_t)n, root);
    } else if (c->rank != root) {
        AMA_FREE(c->ctx, *buf);
        *bytes = 0;
    }
    return status;
}

void ama__comm_allgather(ama__comm *c, const void *mine, size_t bytes, void *all) {
    if (c->nranks == 1 || c->lost) {
        if (bytes) memcpy((char *)all + (size_t)c->rank * bytes, mine, bytes);
    } else if ((int64_t)bytes <= c->piece / c->nranks) {
        MPI_Allgather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, c->mpi);
    } else {
        memcpy((char *)all + (size_t)c->rank * bytes, mine, bytes);
        for (int r = 0; r < c->nranks; r++) ama__comm_bcast(c, (char *)all + (size_t)r * bytes, bytes, r);
    }
}

void ama__comm_sum_each(ama__comm *c, int64_t *x, int64_t n) {
    for (int64_t at = 0; at < n && c->nranks > 1; at += SUM_PIECE)
        MPI_Allreduce(MPI_IN_PLACE, x + at, n - at < SUM_PIECE ? (int)(n - at) : SUM_PIECE, MPI_INT64_T, MPI_SUM,
                      c->mpi);
}

/* ---- gatherv */

static ama_status gather_prepare(ama__comm *c, const int64_t *n, void **all, int64_t *offset) {
    offset[0] = 0;
    for (int r = 0; r < c->nranks; r++) offset[r + 1] = offset[r] + n[r];
    return ama__mem_alloc(c->ctx, AMA_MEM_META, (size_t)offset[c->nranks], all);
}

/* Rank after rank, for what is too large for MPI_Gatherv. */
static void gather_pieces(ama__comm *c, const void *mine, int64_t bytes, char *all, const int64_t *offset, int root) {
    if (c->rank != root) {
        for (int64_t at = 0; at < bytes; at += c->piece)
            MPI_Send((const char *)mine + at, piece_at(c, at, bytes), MPI_BYTE, root, TAG, c->mpi);
        return;
    }
    if (bytes) memcpy(all + offset[root], mine, (size_t)bytes);
    for (int r = 0; r < c->nranks; r++) {
        int64_t n = r == root ? 0 : offset[r + 1] - offset[r];
        for (int64_t at = 0; at < n; at += c->piece)
            MPI_Recv(all + offset[r] + at, piece_at(c, at, n), MPI_BYTE, r, TAG, c->mpi, MPI_STATUS_IGNORE);
    }
}

ama_status ama__comm_gatherv(ama__comm *c, const void *mine, size_t bytes, void **all, int64_t *offset, int root) {
    int64_t n = (int64_t)bytes;
    *all = NULL;
    if (c->lost) return AMA_ERR_PEER;
    if (c->nranks == 1) {
        AMA_TRY(gather_prepare(c, &n, all, offset));
        if (bytes) memcpy(*all, mine, bytes);
        return AMA_OK;
    }
    /* The sizes arrive where the counts go afterwards: 4 * nranks int hold nranks int64_t twice. */
    int64_t *sizes = (int64_t *)(void *)c->ints;
    MPI_Gather(&n, 1, MPI_INT64_T, sizes, 1, MPI_INT64_T, root, c->mpi);
    int64_t total = ama__comm_sum(c, n);
    AMA_TRY(ama__comm_agree(c, c->rank == root ? gather_prepare(c, sizes, all, offset) : AMA_OK));
    if (total > c->piece) {
        gather_pieces(c, mine, n, *all, offset, root);
        return AMA_OK;
    }
    int *counts = c->ints, *at = c->ints + c->nranks;
    for (int r = 0; r < c->nranks && c->rank == root; r++) {
        counts[r] = (int)(offset[r + 1] - offset[r]);
        at[r] = (int)offset[r];
    }
    MPI_Gatherv(mine, (int)n, MPI_BYTE, *all, counts, at, MPI_BYTE, root, c->mpi);
    return AMA_OK;
}

/* ---- alltoallv */

/* True when every count and displacement of this rank is within one piece. */
static bool fits(const ama__comm *c, const int64_t *n, const int64_t *at) {
    for (int r = 0; r < c->nranks; r++)
        if (n[r] > c->piece || at[r] > c->piece - n[r]) return false;
    return true;
}

static void narrow(const ama__comm *c, const int64_t *wide, int *ints) {
    for (int r = 0; r < c->nranks; r++) ints[r] = (int)wide[r];
}

/* Sends to one rank and receives from another, piece by piece. */
static void exchange_pair(ama__comm *c, int to, const char *send, int64_t send_n, int from, char *recv,
                          int64_t recv_n) {
    for (int64_t at = 0; at < send_n || at < recv_n; at += c->piece) {
        MPI_Request requests[2];
        int n = 0;
        if (at < recv_n) MPI_Irecv(recv + at, piece_at(c, at, recv_n), MPI_BYTE, from, TAG, c->mpi, &requests[n++]);
        if (at < send_n) MPI_Isend(send + at, piece_at(c, at, send_n), MPI_BYTE, to, TAG, c->mpi, &requests[n++]);
        MPI_Waitall(n, requests, MPI_STATUSES_IGNORE);
    }
}

int64_t ama__comm_sent(const ama__comm *c) {
    return c->sent_bytes;
}

void ama__comm_alltoallv(ama__comm *c, const void *send, const int64_t *send_n, const int64_t *send_at, void *recv,
                         const int64_t *recv_n, const int64_t *recv_at) {
    const char *from = send;
    char *to = recv;
    if (c->lost) return;
    int me = c->rank, n = c->nranks;
    for (int r = 0; r < n; r++) c->sent_bytes += r == me ? 0 : send_n[r];
    bool fit = n > 1 && ama__comm_min(c, fits(c, send_n, send_at) && fits(c, recv_n, recv_at));
    if (fit) {
        narrow(c, send_n, c->ints);
        narrow(c, send_at, c->ints + n);
        narrow(c, recv_n, c->ints + 2 * n);
        narrow(c, recv_at, c->ints + 3 * n);
        MPI_Alltoallv(from, c->ints, c->ints + n, MPI_BYTE, to, c->ints + 2 * n, c->ints + 3 * n, MPI_BYTE, c->mpi);
        return;
    }
    if (send_n[me]) memcpy(to + recv_at[me], from + send_at[me], (size_t)send_n[me]);
    for (int s = 1; s < n; s++) {
        int above = (me + s) % n, below = (me - s + n) % n;
        exchange_pair(c, above, from + send_at[above], send_n[above], below, to + recv_at[below], recv_n[below]);
    }
}

void ama__comm_alltoall_i8(ama__comm *c, const int64_t *send, int64_t *recv) {
    if (c->nranks == 1 || c->lost)
        recv[c->rank] = send[c->rank];
    else
        MPI_Alltoall(send, 1, MPI_INT64_T, recv, 1, MPI_INT64_T, c->mpi);
}

void ama__comm_exchange(ama__comm *c, const ama__message *send, const ama__message *recv) {
    if (c->lost) return;
    int me = c->rank, n = c->nranks;
    if (send[me].n) memcpy(recv[me].p, send[me].p, (size_t)send[me].n);
    for (int s = 1; s < n; s++) {
        int above = (me + s) % n, below = (me - s + n) % n;
        c->sent_bytes += send[above].n;
        exchange_pair(c, above, send[above].p, send[above].n, below, recv[below].p, recv[below].n);
    }
}
