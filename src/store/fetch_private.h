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
    atomic_llong n_chunks, n_reads, stored_bytes, raw_bytes;
};

/* Reads exactly `bytes`; a file that ends before them is FORMAT ("truncated"). Counts the read. */
ama_status ama__fetch_exactly(ama__fetcher *f, int fd, const char *path, int64_t offset, void *dst, size_t bytes);
/* n copies of `item` (NULL: zeros). */
void ama__fetch_fill(void *dst, int64_t n, const void *item, size_t item_bytes);
/* The fill value of a variable in stored byte order, NULL where it is all zeros or not declared. */
const void *ama__fetch_fill_item(const ama__stored_var *v, uint8_t item[8]);

#endif
