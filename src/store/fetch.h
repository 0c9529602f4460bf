/* From a manifest to raw bytes: pread of extents and decoding. Thread-safe: one ama__fetcher per process, one
 * ama__codec_work per thread. */
#ifndef AMA_STORE_FETCH_H
#define AMA_STORE_FETCH_H

#include "store/manifest.h"

/* Keeps a bounded number of files open (one that was replaced meanwhile is still read as it was). */
typedef struct ama__fetcher ama__fetcher;
ama_status ama__fetcher_create(ama_ctx *ctx, ama__fetcher **out);
void ama__fetcher_destroy(ama__fetcher **f);
/* Takes over a file that is open already, also when it fails. Local. */
ama_status ama__fetcher_adopt(ama__fetcher *f, const char *path, int fd);

typedef struct ama__fetch_counts { /* since creation, all threads; n_chunks: chunks and boxes */
    int64_t n_chunks, n_reads, stored_bytes, raw_bytes;
    int64_t file_bytes; /* read from files by this process, for itself or for others */
} ama__fetch_counts;
ama__fetch_counts ama__fetcher_counts(const ama__fetcher *f);

/* Reads and decodes one chunk (TABLE, FILES) into dst[raw]: the whole stored chunk (edge chunks too), in stored byte
 * order, C order (F order is transposed here). Missing chunks give the fill value (zero bytes where none is declared)
 * in stored byte order. Errors carry path, variable, chunk indices and byte offset. Local. */
ama_status ama__fetch_chunk(ama__fetcher *f, ama__codec_work *w, const ama__stored_var *v, const ama__manifest *m,
                            int64_t chunk, void *dst);
/* The same where only a box of the chunk (indices from its own corner; NULL: all) is wanted: the rest of dst may be
 * left undefined, and is where that spares decoding. Bytes are counted as for the whole chunk. Local. */
ama_status ama__fetch_chunk_part(ama__fetcher *f, ama__codec_work *w, const ama__stored_var *v, const ama__manifest *m,
                                 int64_t chunk, const ama__box *part, void *dst);
/* A chunk as it is stored. missing: nothing is, `data` is NULL. */
typedef struct ama__read_bytes {
    void *data;
    size_t bytes;
    bool missing;
} ama__read_bytes;
/* The same for a chunk that was read already, by whomever (NULL: it was not). Local. */
ama_status ama__fetch_stored(ama__fetcher *f, ama__codec_work *w, const ama__stored_var *v, const ama__manifest *m,
                             int64_t chunk, const ama__box *part, const ama__read_bytes *stored, void *dst);
/* Counts a box that came otherwise than by ama__fetch_box; a chunk or box of which a library gave the values; one read
 * of `bytes` of a file by other means. */
void ama__fetch_count_box(ama__fetcher *f, int64_t bytes);
void ama__fetch_count_values(ama__fetcher *f, int64_t bytes);
void ama__fetch_count_read(ama__fetcher *f, int64_t bytes);
/* As ama__fetch_chunk for elements of any size (fixed-length strings): item_bytes each, `fill` (item_bytes bytes, NULL:
 * zeros) where the chunk is missing; v gives the grid, the order and the pipeline. Local. */
ama_status ama__fetch_items(ama__fetcher *f, ama__codec_work *w, const ama__stored_var *v, const ama__manifest *m,
                            int64_t chunk, size_t item_bytes, const void *fill, void *dst);
/* Reads a box of a CONTIGUOUS, RECORD or INLINE variable into a dense C-order array in stored byte order. Local. */
ama_status ama__fetch_box(ama__fetcher *f, const ama__stored_var *v, const ama__manifest *m, const ama__box *box,
                          void *dst);
/* Tells the kernel that these bytes will be wanted soon (posix_fadvise WILLNEED). Never fails. Local. */
void ama__fetch_advise(ama__fetcher *f, const ama__stored_var *v, const ama__manifest *m, const ama__box *box);

#endif
