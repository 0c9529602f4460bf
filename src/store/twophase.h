/* Collective reading in two phases: every rank says which byte ranges it wants, a few ranks (aggregators, one a node
 * unless told otherwise) read them, each its own part of every file, and an all-to-all brings the bytes to those that
 * asked. What several ranks want at one time, and what lies close together, is read with one call.
 *
 * Files are cut into blocks of AMA_IO_BLOCK bytes that are dealt out to the aggregators in turn, so that a rank knows
 * whom to ask without knowing what others want. Rounds are bounded: a rank asks an aggregator for at most its share of
 * AMA_IO_ROUND bytes in each. */
#ifndef AMA_STORE_TWOPHASE_H
#define AMA_STORE_TWOPHASE_H

#include "comm/comm.h"
#include "store/fetch.h"

#define AMA_IO_BLOCK ((int64_t)1 << 20)
#define AMA_IO_ROUND ((int64_t)8 << 20)

/* What one rank wants: bytes of a file, the stored bytes of a chunk, or those of a box, to be put densely into dst. */
typedef struct ama__io_want {
    int64_t file; /* index into the paths given to ama__twophase_create, the same on all ranks */
    const ama__stored_var *v;
    const ama__manifest *m;
    int64_t chunk; /* of a TABLE; -1: the box of a CONTIGUOUS or RECORD variable */
    ama__box box;
    void *dst;
} ama__io_want;

typedef struct ama__twophase ama__twophase;

/* path[file], n_paths: borrowed, the same on all ranks. n_aggregators 0: one a node. Collective; the outcome is agreed.
 */
ama_status ama__twophase_create(ama__comm *comm, ama__fetcher *f, int n_aggregators, const char *const *path,
                                int64_t n_paths, ama__twophase **out);
void ama__twophase_destroy(ama__twophase **t);
/* Bytes that an ama__twophase holds on a rank, at most. */
int64_t ama__twophase_bytes(int nranks);
/* Bytes that are stored for a want: what ama__twophase_read puts into dst; 0 when nothing is stored or the want is not
 * one of byte ranges (chunks in files of their own, inline data), -1 when it is malformed. Local. */
int64_t ama__io_want_bytes(const ama__io_want *w);
/* Fills the dst of all wants of all ranks. Collective: a rank that has failed (`local`) or wants nothing takes part
 * with n = 0. The outcome is agreed. */
ama_status ama__twophase_read(ama__twophase *t, ama_status local, int n, const ama__io_want *want);

#endif
