/* Reading by all ranks together, one of the ways of --io: what every rank wants is listed, and one call of all ranks
 * fills it.
 *
 *   two-phase  a few ranks read for all, chunks in files of their own (Zarr) too, store/twophase.h
 *   mpiio      the same byte ranges as views of MPI files, read by MPI_File_read_at_all
 *   library    boxes of classic files through PnetCDF, those and chunks of HDF5 files through parallel HDF5, whose
 *              filters decode them; all calls collective (HDF5 1.10 itself reads filtered chunks independently)
 *
 * What a path can not give is left to store/fetch.h, by the rank that needs it: inline data; on the other two chunks in
 * files of their own; on `library` also scalars, filters HDF5 has not got, chunks that skipped a filter (HDF5 1.10
 * forgets the filter mask there) and data of external files.
 *
 * MPI-IO and the libraries above it do not agree on errors, and a rank on which they fail may leave the others waiting.
 * So before each call every rank looks whether the files are there, may be read and are long enough, and all agree; and
 * after an error within a call the file is neither used nor closed again. A disk that fails while an aggregator of
 * MPI-IO reads leaves the others waiting all the same: the rank that knows waits for them a while, and then the
 * communicator is lost (ama__comm_meet). */
#ifndef AMA_STORE_COLLECTIVE_H
#define AMA_STORE_COLLECTIVE_H

#include "comm/comm.h"
#include "store/fetch.h"
#include "store/io_want.h"

typedef enum ama__io_path { AMA_PATH_POSIX, AMA_PATH_TWO_PHASE, AMA_PATH_MPIIO, AMA_PATH_LIBRARY } ama__io_path;

typedef struct ama__io_options {
    ama__io_path path; /* not POSIX */
    int n_aggregators; /* ranks that read for all (hint cb_nodes of MPI-IO); 0: one a node */
    int64_t budget_bytes;
} ama__io_options;

typedef struct ama__collective ama__collective;

/* part[n_parts]: what may be wanted, borrowed, the same on all ranks as the options are. Collective; the outcome is
 * agreed. */
ama_status ama__collective_create(ama__comm *comm, ama__fetcher *f, const ama__io_options *o, int64_t n_parts,
                                  const ama__store_var *part, ama__collective **out);
/* Collective. NULL inside is allowed, on all ranks. */
void ama__collective_destroy(ama__collective **c);
/* Bytes that are held on a rank, at most, with those of MPI-IO and the libraries: stored_bytes the most that the chunks
 * of a tile take as they are stored (on two-phase those in files of their own too), chunk_bytes the largest of them
 * decoded. */
int64_t ama__collective_bytes(const ama__io_options *o, int nranks, int64_t stored_bytes, int64_t chunk_bytes);
/* Bytes that a chunk of the variable that is a file of its own takes on a rank as it is stored, at most. Local. */
int64_t ama__collective_file_bytes(const ama__stored_var *v);
/* Bytes that ama__collective_read puts into the dst of a want (of a chunk in a file of its own: that its `got` may
 * hold); 0: it is not for this path, or malformed. Local. */
int64_t ama__collective_takes(const ama__collective *c, const ama__io_want *w);
/* Whether what comes are values, a chunk's whole extent, not stored bytes that must be decoded. Local. */
bool ama__collective_decodes(const ama__collective *c);
/* Fills the dst or `got` of all wants of all ranks; their order may change. Collective: a rank that has failed
 * (`local`) or wants nothing takes part with n = 0. The outcome is agreed. */
ama_status ama__collective_read(ama__collective *c, ama_status local, int n, ama__io_want *want);

/* MISMATCH, with what to do, where collective reads of this MPI may return wrong data: Open MPI's OMPIO with data
 * sieving (open-mpi/ompi issue 10546), unless ama_mpi_guard came before MPI_Init; UNSUPPORTED where MPI is not
 * initialised. Local. */
ama_status ama__mpi_reads_safely(ama_ctx *ctx);

#endif
