/* What the two kinds of wants of store/twophase.h have together: byte ranges of files (twophase.c) and chunks that are
 * files of their own (twophase_files.c). */
#ifndef AMA_STORE_TWOPHASE_PRIVATE_H
#define AMA_STORE_TWOPHASE_PRIVATE_H

#include "store/fetch_private.h"
#include "store/twophase.h"

typedef struct ama__io_piece { /* as it is sent */
    int64_t file;              /* a part; of chunk files a number of all chunks of all parts */
    int64_t offset, bytes;
} ama__io_piece;

struct ama__twophase {
    ama_ctx *ctx;
    ama__comm *comm;
    ama__fetcher *fetcher;
    int64_t n_parts;
    const ama__store_var *part;
    bool has_ranges, has_files;     /* what there may be wants of */
    int nranks, n_agg, mine;        /* mine: number of this rank among the aggregators, -1 */
    int *agg;                       /* their ranks */
    int64_t share, pieces;          /* bytes and pieces a rank asks of an aggregator in a round, at most */
    int64_t *n_asked, *asked_bytes; /* per aggregator, this round */
    ama__io_piece *ask;             /* [n_agg][pieces] */
    char **dst;                     /* of each */
    int64_t *count;                 /* counts and displacements of the exchanges: 4 * nranks */
    ama__io_piece *order;           /* aggregator: the pieces asked for, [nranks * pieces] */
    int64_t *sorted, *place;        /* their order in the files; where each goes in `out`, or which rank asked */
    char *in, *out, *block;
    /* of chunk files */
    int64_t *first_file;        /* [n_parts + 1]: number of the first chunk of a part */
    int64_t *next, *end, *done; /* per aggregator: wants [next, end) are left; bytes of the first that are here */
    int64_t *used, *full;       /* aggregator, per rank: bytes in `out`; 1: no more in this round */
};

/* To every aggregator its list; to this one, when it is one, those of all ranks. *n: how many pieces. */
void ama__twophase_lists(ama__twophase *t, int64_t *n);
/* After it, on an aggregator: bytes of the list of each rank, and where they begin. */
static inline const int64_t *ama__twophase_list_n(const ama__twophase *t) {
    return t->count + 2 * (int64_t)t->nranks;
}
static inline const int64_t *ama__twophase_list_at(const ama__twophase *t) {
    return t->count + 3 * (int64_t)t->nranks;
}
/* Sorts sorted[n] by file and place in it. */
void ama__twophase_sort(ama__twophase *t, int64_t n);
/* The wants of chunk files among these, see ama__twophase_read. */
ama_status ama__twophase_read_files(ama__twophase *t, ama_status local, int n, const ama__io_want *want);

#endif
