/* Communicators over MPI: for the public interface, the parallel drivers of store/ and tests. */
#ifndef AMA_COMM_MPI_H
#define AMA_COMM_MPI_H

#include <mpi.h>

#include "comm/comm.h"

/* Collective over `parent`, which is duplicated: messages of the library never meet those of the caller. MPI errors on
 * the duplicate are fatal. Fails on all ranks or on none. */
ama_status ama__comm_create(ama_ctx *ctx, MPI_Comm parent, ama__comm **out);

/* The library's own duplicate, for libraries that take a communicator; MPI_COMM_SELF for a communicator of this process
 * alone. Local. Borrowed. */
MPI_Comm ama__comm_mpi(const ama__comm *c);

#endif
