/* A context and communicator of all ranks, and a test directory that is rank 0's. */
#ifndef STORE_RANKS_H
#define STORE_RANKS_H

#include "store_test.h"

#include <mpi.h>

#include "comm/mpi.h"

static ama_ctx *ctx;
static ama__comm *comm;
static int rank, nranks;

static int begin(void **state) {
    ctx = ama__ctx_create();
    assert_int_equal(ama__comm_create(ctx, MPI_COMM_WORLD, &comm), AMA_OK);
    rank = ama__comm_rank(comm);
    nranks = ama__comm_nranks(comm);
    int failed = rank == 0 ? make_dir(state) : 0;
    ama__comm_bcast(comm, test_dir, sizeof test_dir, 0);
    return failed;
}

static int end(void **state) {
    ama__comm_barrier(comm);
    if (rank == 0) remove_dir(state);
    ama__comm_destroy(&comm);
    assert_int_equal(ama__mem_used(ctx), 0);
    ama__ctx_destroy(&ctx);
    return 0;
}

/* A context and communicator of their own, in which fault number n is on this rank (0: none), until faulty_end. */
typedef struct faulty {
    ama_ctx *outer;
    ama__comm *outer_comm;
} faulty;

TEST_UNUSED static faulty faulty_begin(int64_t n) {
    const faulty f = {ctx, comm};
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)n);
    if (n > 0) setenv("AMA_FAULT", number, 1);
    ctx = ama__ctx_create();
    unsetenv("AMA_FAULT");
    assert_int_equal(ama__comm_create(ctx, MPI_COMM_WORLD, &comm), AMA_OK);
    return f;
}

TEST_UNUSED static void faulty_end(faulty f) {
    ama__comm_destroy(&comm);
    assert_int_equal(ama__mem_used(ctx), 0);
    ama__ctx_destroy(&ctx);
    ctx = f.outer;
    comm = f.outer_comm;
}

#endif
