/* Partial work that a later run can take up. A Zarr output with a journal is made in a directory of a fixed name beside
 * it, .NAME.amasia-partial, which holds
 *
 *   store/         what becomes the output
 *   header         text: what is written and what from; appears (by rename) when the skeleton of the store is complete
 *   done.RUN.RANK  16 bytes for each chunk whose file is complete, appended when it has been closed
 *
 * A run that ends early, killed or by an error, leaves it there. A chunk that is written but not noted is written
 * again. That holds when processes die, not when the machine does: nothing is synced before the end. Runs that write
 * the same output keep off each other by a lock (flock) on the directory, where the file system has locks. */
#ifndef AMA_STORE_JOURNAL_H
#define AMA_STORE_JOURNAL_H

#include <pthread.h>

#include "store/writer.h"

/* Which chunks of a variable are there. */
typedef struct ama__done {
    ama__chunkgrid grid;
    uint8_t *bit; /* NULL: the variable is not journaled */
} ama__done;

struct ama__journal {
    ama_ctx *ctx;
    char *folder, *identity; /* rank 0's, the others get the folder */
    bool found;              /* a run before left work, which this one goes on with */
    int run;                 /* of those that worked at it, from 0 */
    int n_vars;
    ama__done *done; /* [n_vars] */
    int64_t n_done, n_chunks;
    int lock; /* the directory's descriptor, -1 where none; rank 0 has it alone, from the begin on all ranks share it */
    bool owned; /* rank 0: the directory is this run's */
    bool begun; /* rank 0: there is something that a later run can take up */
    /* of this run */
    pthread_mutex_t mutex;
    int fd; /* of this rank's done file; -1 before the first chunk */
    int rank;
};

/* Looks for work on spec's output, whose chunk shapes must be set, and with `resume` takes it up. source: lines that
 * tell one source from another (rank 0's counts). Writes nothing. Errors: MISMATCH with the line that differs when the
 * work is another conversion's, ARG when another run is at it, UNSUPPORTED for formats other than Zarr. Collective. */
ama_status ama__journal_open(ama_ctx *ctx, ama__comm *comm, const ama__write_spec *spec, const char *source,
                             bool resume, ama__journal **out);
/* NULL inside is allowed. Local. */
void ama__journal_close(ama__journal **j);

/* ---- for the writer */

/* The directory: made anew, or the one found. Rank 0. */
ama_status ama__journal_begin(ama__journal *j);
/* The skeleton is complete. Rank 0. */
ama_status ama__journal_commit(ama__journal *j);
/* Every rank holds the lock, so that no run begins while one of an earlier run is still there. Local, on all ranks. */
void ama__journal_join(ama__journal *j);
/* The file of a chunk is complete. Local, thread-safe. */
ama_status ama__journal_note(ama__journal *j, int var, int64_t chunk);
/* The output has its name: nothing is left to take up. Rank 0. */
void ama__journal_end(ama__journal *j);

static inline bool ama__done_has(const ama__done *d, int64_t chunk) {
    return d->bit[chunk >> 3] >> (chunk & 7) & 1;
}

#endif
