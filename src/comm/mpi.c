#include "comm/mpi.h"

#include <stdlib.h>

#include "comm/comm_private.h"

static ama_status fill(ama__comm *c, ama__comm **out) {
    void *ints, *copy;
    AMA_TRY(ama__mem_alloc(c->ctx, AMA_MEM_COMM, 4 * (size_t)c->nranks * sizeof(int), &ints));
    c->ints = ints;
    AMA_TRY(ama__mem_alloc(c->ctx, AMA_MEM_COMM, sizeof *c, &copy));
    *out = copy;
    **out = *c;
    return AMA_OK;
}

ama_status ama__comm_create(ama_ctx *ctx, MPI_Comm parent, ama__comm **out) {
    *out = NULL;
    ama__comm c = {.ctx = ctx, .piece = AMA_COMM_PIECE};
    if (MPI_Comm_dup(parent, &c.mpi) != MPI_SUCCESS)
        return ama__fail(ctx, AMA_ERR_INTERNAL, "the communicator cannot be duplicated");
    MPI_Comm_set_errhandler(c.mpi, MPI_ERRORS_ARE_FATAL);
    MPI_Comm_rank(c.mpi, &c.rank);
    MPI_Comm_size(c.mpi, &c.nranks);

    MPI_Comm node;
    MPI_Comm_split_type(c.mpi, MPI_COMM_TYPE_SHARED, c.rank, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &c.node_rank);
    MPI_Comm_size(node, &c.node_nranks);
    MPI_Comm_free(&node);

    const char *check = getenv("AMA_CHECK");
    c.check = ama__comm_max(&c, check && atoi(check) != 0) != 0;

    ama_status status = ama__comm_agree(&c, fill(&c, out));
    if (status != AMA_OK) {
        AMA_FREE(ctx, *out);
        ama__mem_free(ctx, c.ints);
        MPI_Comm_free(&c.mpi);
    }
    return status;
}

MPI_Comm ama__comm_mpi(const ama__comm *c) {
    return c->mpi == MPI_COMM_NULL ? MPI_COMM_SELF : c->mpi;
}
