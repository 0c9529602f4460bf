/* Communicators: the only way the library talks between ranks. 64-bit counts, typed wrappers, error agreement.
 * A communicator of one rank works without MPI having been initialised. No MPI type appears here: comm/mpi.h has the
 * constructor that takes an MPI_Comm. */
#ifndef AMA_COMM_COMM_H
#define AMA_COMM_COMM_H

#include "base/context.h"

typedef struct ama__comm ama__comm;

/* A communicator of this process alone. Local. */
ama_status ama__comm_create_self(ama_ctx *ctx, ama__comm **out);
/* Collective when made from an MPI communicator. */
void ama__comm_destroy(ama__comm **c);

int ama__comm_rank(const ama__comm *c);
int ama__comm_nranks(const ama__comm *c);
/* Rank and number of ranks on this rank's node (shared memory). */
int ama__comm_node_rank(const ama__comm *c);
int ama__comm_node_nranks(const ama__comm *c);
ama_ctx *ama__comm_ctx(const ama__comm *c);

/* Collective. The end of every phase: returns AMA_OK on all ranks when all passed AMA_OK. Otherwise all ranks get the
 * same error record (that of the lowest failing rank) and a status other than AMA_OK: the failing class. */
ama_status ama__comm_agree(ama__comm *c, ama_status local);

/* Collective. Waits for the other ranks; one on which a collective call of another library has failed waits at most
 * wait_s, because that call may hold them for ever. If they do not come, the communicator is lost: from then on
 * collectives return at once on this rank, agreement with what the rank itself says, and the program can only end. */
void ama__comm_meet(ama__comm *c, bool failed, double wait_s);
bool ama__comm_lost(const ama__comm *c);

/* All Collective. MPI errors are fatal inside the wrappers (a broken MPI cannot agree), so these return only errors of
 * memory, agreed by all ranks. */
void ama__comm_barrier(ama__comm *c);
void ama__comm_bcast(ama__comm *c, void *p, size_t bytes, int root);
/* Broadcasts a buffer of a size only the root knows. Root passes *buf and *bytes; the others receive a new buffer
 * (ama__mem_free, category META). */
ama_status ama__comm_bcast_buffer(ama__comm *c, void **buf, size_t *bytes, int root);
void ama__comm_allgather(ama__comm *c, const void *mine, size_t bytes, void *all); /* all: nranks * bytes */
int64_t ama__comm_exscan_sum(ama__comm *c, int64_t x);                             /* 0 on rank 0 */
int64_t ama__comm_sum(ama__comm *c, int64_t x);
int64_t ama__comm_max(ama__comm *c, int64_t x);
int64_t ama__comm_min(ama__comm *c, int64_t x);
/* x[n]: each is replaced by its sum over ranks. MPI holds no more than 1 MiB for it. */
void ama__comm_sum_each(ama__comm *c, int64_t *x, int64_t n);
double ama__comm_max_f8(ama__comm *c, double x);
/* Gathers buffers of different sizes to the root: *all (new buffer on the root, NULL elsewhere) holds them in rank
 * order, offset[nranks + 1] (caller's, significant on the root) where each begins. */
ama_status ama__comm_gatherv(ama__comm *c, const void *mine, size_t bytes, void **all, int64_t *offset, int root);
/* Personalised exchange of bytes; counts and displacements in bytes, nranks entries each. */
void ama__comm_alltoallv(ama__comm *c, const void *send, const int64_t *send_n, const int64_t *send_at, void *recv,
                         const int64_t *recv_n, const int64_t *recv_at);
/* send[r] of each rank becomes recv[this rank] of rank r; nranks entries each. */
void ama__comm_alltoall_i8(ama__comm *c, const int64_t *send, int64_t *recv);
/* Personalised exchange of buffers, one to and from each rank (nranks entries each): recv[r].n is what rank r sends.
 * Ranks that have nothing for each other do not meet. */
typedef struct ama__message {
    char *p;
    int64_t n;
} ama__message;
void ama__comm_exchange(ama__comm *c, const ama__message *send, const ama__message *recv);
/* Bytes that this rank has sent to others so far by ama__comm_alltoallv and ama__comm_exchange. Local. */
int64_t ama__comm_sent(const ama__comm *c);
/* Read-only memory that the ranks of a node have together. */
typedef struct ama__shared {
    const void *data;
    size_t bytes, charged; /* charged: this rank's part of it, as the allocator counts; 0: its own copy */
} ama__shared;
/* Gives the root's `bytes` at `data` to all ranks, kept once on each node; where the system has no shared memory, by
 * each rank. Collective, agreed. Errors: BUDGET, NOMEM. */
ama_status ama__comm_share(ama__comm *c, int root, const void *data, size_t bytes, ama__shared *out);
/* Local: others may go on reading. {0} is allowed. */
void ama__shared_free(ama_ctx *ctx, ama__shared *s);
/* Logically collective. Messages larger than this many bytes are cut: AMA_COMM_PIECE unless a test sets less. */
#define AMA_COMM_PIECE ((int64_t)1 << 30)
void ama__comm_set_piece(ama__comm *c, int64_t bytes);
/* Logically collective check (only with AMA_CHECK=1): fails with INTERNAL on all ranks when `hash` differs. */
ama_status ama__comm_check_same(ama__comm *c, uint64_t hash, const char *what);

#endif
