#include "comm/comm.h"

#include <string.h>
#include <time.h>

#include "base/phase.h"
#include "comm/comm_private.h"

/* One rank never calls MPI, whatever it was made from; nor does one that has lost the others. */
static bool alone(const ama__comm *c) {
    return c->nranks == 1 || c->lost;
}

ama_status ama__comm_create_self(ama_ctx *ctx, ama__comm **out) {
    void *p;
    *out = NULL;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_COMM, sizeof **out, &p));
    *out = p;
    **out = (ama__comm){.ctx = ctx, .mpi = MPI_COMM_NULL, .nranks = 1, .node_nranks = 1, .piece = AMA_COMM_PIECE};
    return AMA_OK;
}

void ama__comm_destroy(ama__comm **c) {
    if (!*c) return;
    if ((*c)->mpi != MPI_COMM_NULL) {
        int finalized;
        MPI_Finalized(&finalized);
        if (!finalized && !(*c)->lost) MPI_Comm_free(&(*c)->mpi);
    }
    ama__mem_free((*c)->ctx, (*c)->ints);
    ama__mem_free((*c)->ctx, *c);
    *c = NULL;
}

int ama__comm_rank(const ama__comm *c) {
    return c->rank;
}
int ama__comm_nranks(const ama__comm *c) {
    return c->nranks;
}
int ama__comm_node_rank(const ama__comm *c) {
    return c->node_rank;
}
int ama__comm_node_nranks(const ama__comm *c) {
    return c->node_nranks;
}
ama_ctx *ama__comm_ctx(const ama__comm *c) {
    return c->ctx;
}

void ama__comm_set_piece(ama__comm *c, int64_t bytes) {
    c->piece = bytes < 1 ? 1 : bytes > AMA_COMM_PIECE ? AMA_COMM_PIECE : bytes;
}

/* ---- agreement */

/* What the lowest failing rank tells the others, in messages of fixed size: one to agree, one more on failure. */
typedef struct verdict {
    int32_t status;
    char text[8192 - sizeof(int32_t)];
} verdict;

ama_status ama__comm_agree(ama__comm *c, ama_status local) {
    if (alone(c)) {
        if (local != AMA_OK && ama__error_status(c->ctx) == AMA_OK)
            ama__error_set(c->ctx, local, "an error without a text");
        return local;
    }
    int mine = local == AMA_OK ? c->nranks : c->rank, lowest;
    MPI_Allreduce(&mine, &lowest, 1, MPI_INT, MPI_MIN, c->mpi);
    if (lowest == c->nranks) return AMA_OK;

    verdict v = {.status = AMA_OK};
    if (c->rank == lowest) {
        bool recorded = ama__error_status(c->ctx) != AMA_OK;
        const char *text = recorded ? ama__error_text(c->ctx) : "an error without a text";
        v.status = (int32_t)local;
        memcpy(v.text, text, strnlen(text, sizeof v.text - 1));
    }
    MPI_Bcast(&v, (int)sizeof v, MPI_BYTE, lowest, c->mpi);
    ama__error_set(c->ctx, (ama_status)v.status, v.text);
    return (ama_status)v.status;
}

ama_status ama__comm_check_same(ama__comm *c, uint64_t hash, const char *what) {
    if (alone(c) || !c->check) return AMA_OK;
    uint64_t mine[2] = {hash, ~hash}, least[2];
    MPI_Allreduce(mine, least, 2, MPI_UINT64_T, MPI_MIN, c->mpi);
    if (least[0] == ~least[1]) return AMA_OK;
    return ama__fail(c->ctx, AMA_ERR_INTERNAL, "%s differs between ranks", what);
}

void ama__comm_meet(ama__comm *c, bool failed, double wait_s) {
    const struct timespec pause = {0, 1000000};
    MPI_Request request;
    int here = 0;
    if (alone(c)) return;
    MPI_Ibarrier(c->mpi, &request);
    if (!failed) {
        MPI_Wait(&request, MPI_STATUS_IGNORE);
        return;
    }
    for (double end_s = ama__now_s() + wait_s; !here && ama__now_s() < end_s;) {
        MPI_Test(&request, &here, MPI_STATUS_IGNORE);
        if (!here) nanosleep(&pause, NULL);
    }
    c->lost = !here;
}

bool ama__comm_lost(const ama__comm *c) {
    return c->lost;
}

/* ---- single values */

static int64_t reduce(ama__comm *c, int64_t x, MPI_Op op) {
    if (alone(c)) return x;
    int64_t all;
    MPI_Allreduce(&x, &all, 1, MPI_INT64_T, op, c->mpi);
    return all;
}

int64_t ama__comm_sum(ama__comm *c, int64_t x) {
    return reduce(c, x, MPI_SUM);
}
int64_t ama__comm_max(ama__comm *c, int64_t x) {
    return reduce(c, x, MPI_MAX);
}
int64_t ama__comm_min(ama__comm *c, int64_t x) {
    return reduce(c, x, MPI_MIN);
}

double ama__comm_max_f8(ama__comm *c, double x) {
    if (alone(c)) return x;
    double all;
    MPI_Allreduce(&x, &all, 1, MPI_DOUBLE, MPI_MAX, c->mpi);
    return all;
}

int64_t ama__comm_exscan_sum(ama__comm *c, int64_t x) {
    if (alone(c)) return 0;
    int64_t before = 0;
    MPI_Exscan(&x, &before, 1, MPI_INT64_T, MPI_SUM, c->mpi);
    return c->rank == 0 ? 0 : before;
}

void ama__comm_barrier(ama__comm *c) {
    if (!alone(c)) MPI_Barrier(c->mpi);
}
