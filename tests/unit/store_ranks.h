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

#endif
