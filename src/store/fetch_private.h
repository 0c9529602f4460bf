/* What fetch.c (chunks) and fetch_box.c (boxes) share. */
#ifndef AMA_STORE_FETCH_PRIVATE_H
#define AMA_STORE_FETCH_PRIVATE_H

#include <stdatomic.h>

#include "store/fetch.h"
#include "store/file.h"

struct ama__fetcher {
    ama_ctx *ctx;
    ama__file_cache *files;
    struct ama__prefetch *prefetch; /* NULL: nothing is read ahead */
    atomic_llong n_chunks, n_reads, stored_bytes, raw_bytes, file_bytes;
};

/* Reads exactly `bytes`; a file that ends before them is FORMAT ("truncated"). Counts the read. */
ama_status ama__fetch_exactly(ama__fetcher *f, int fd, const char *path, int64_t offset, void *dst, size_t bytes);
/* The same, but only the bytes of the file are counted: not yet those that somebody asked for. */
ama_status ama__fetch_pread(ama__fetcher *f, int fd, const char *path, int64_t offset, void *dst, size_t bytes);
/* Tells the kernel that these bytes of a file will be wanted soon, all of them. */
void ama__fetch_advise_span(int fd, int64_t first, int64_t bytes);
/* Most bytes that a chunk of this variable takes as a file of its own, as our encoders go (others may need a little
 * more); 0: not known. */
int64_t ama__fetch_file_most(const ama__stored_var *v);
/* What memory for so many bytes may take of the budget: a header, and a large block comes in pages and can be a quarter
 * larger. */
int64_t ama__fetch_room(int64_t bytes);
/* n copies of `item` (NULL: zeros). */
void ama__fetch_fill(void *dst, int64_t n, const void *item, size_t item_bytes);
/* The fill value of a variable in stored byte order, NULL where it is all zeros or not declared. */
const void *ama__fetch_fill_item(const ama__stored_var *v, uint8_t item[8]);

/* The runs of a box in its file: axes 0 .. n_outer - 1 are stepped, everything below them is one run. */
typedef struct ama__runs {
    const ama__box *box;
    int n_outer;
    int64_t step[AMA_MAX_DIMS]; /* bytes in the file from one index of an axis to the next */
    int64_t first;              /* file offset of the first run */
    int64_t n;
    size_t bytes; /* of a run */
} ama__runs;
/* Of a CONTIGUOUS or RECORD variable; false when the extent overflows or the box is not inside the array. */
bool ama__box_runs(const ama__stored_var *v, const ama__manifest *m, const ama__box *box, ama__runs *r);
/* File offset of the run at an index of the outer axes, counted from the box' beginning. */
int64_t ama__run_offset(const ama__runs *r, const int64_t *index);

#endif
