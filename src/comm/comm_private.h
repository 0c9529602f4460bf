/* The inside of a communicator, shared by the files of comm/ and by nobody else. */
#ifndef AMA_COMM_COMM_PRIVATE_H
#define AMA_COMM_COMM_PRIVATE_H

#include "base/memory.h"
#include "comm/mpi.h"

struct ama__comm {
    ama_ctx *ctx;
    MPI_Comm mpi; /* ours; MPI_COMM_NULL where MPI is never called */
    int rank, nranks, node_rank, node_nranks;
    bool check; /* AMA_CHECK=1, on any rank */
    bool lost;  /* see ama__comm_meet */
    int64_t piece;
    int64_t sent_bytes;
    int *ints; /* 4 * nranks, for the int arguments of MPI_Alltoallv and MPI_Gatherv */
};

#endif
