/* Collective reading in two phases: every rank says which byte ranges it wants, a few ranks (aggregators) read them,
 * each its own part of every file, and an all-to-all brings the bytes to those that asked. What several ranks want at
 * one time, and what lies close together, is read with one call.
 *
 * A chunk that is a file of its own (Zarr) is opened, read and sent, as it is stored, to all that want it in the call
 * at once: one read of a file that is no longer than a rank's share of a round. What no file is there for is told as
 * missing.
 *
 * Files are cut into blocks of AMA_IO_BLOCK bytes that are dealt out to the aggregators in turn, so that a rank knows
 * whom to ask without knowing what others want. Rounds are bounded: in each a rank asks an aggregator for at most its
 * share of round_bytes. */
#ifndef AMA_STORE_TWOPHASE_H
#define AMA_STORE_TWOPHASE_H

#include "comm/comm.h"
#include "store/fetch.h"
#include "store/io_want.h"

#define AMA_IO_BLOCK ((int64_t)1 << 20)

typedef struct ama__twophase ama__twophase;

/* part[n_parts]: borrowed, the same on all ranks, and so is round_bytes. Collective; the outcome is agreed. */
ama_status ama__twophase_create(ama__comm *comm, ama__fetcher *f, int n_aggregators, int64_t round_bytes,
                                int64_t n_parts, const ama__store_var *part, ama__twophase **out);
void ama__twophase_destroy(ama__twophase **t);
/* Bytes that an ama__twophase holds on a rank, at most. */
int64_t ama__twophase_bytes(int nranks, int64_t round_bytes);
/* Fills the dst or `got` of all wants of all ranks. Collective: a rank that has failed (`local`) or wants nothing takes
 * part with n = 0. The outcome is agreed. */
ama_status ama__twophase_read(ama__twophase *t, ama_status local, int n, const ama__io_want *want);

#endif
