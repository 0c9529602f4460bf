/* Reading ahead: threads of the rank read the stored bytes of chunks in the order in which they were asked for, into a
 * window of memory that is bounded, and ama__fetch_chunk takes them from there. What is in the page cache already is
 * not read ahead: threads begin with the first chunk that is not. Nothing waits for a chunk that no thread has begun to
 * read: who needs it reads it. What can not be read ahead, for whatever reason, is read again by who needs it, so that
 * errors, counts and bytes do not depend on how far ahead was read. */
#ifndef AMA_STORE_PREFETCH_H
#define AMA_STORE_PREFETCH_H

#include "store/fetch.h"

typedef struct ama__prefetch ama__prefetch;
/* For the chunks of `f`; does nothing where no thread can be had. At most window_bytes (AMA_MEM_CHUNK) are held. Local.
 */
ama_status ama__prefetch_create(ama_ctx *ctx, ama__fetcher *f, int64_t window_bytes, ama__prefetch **out);
/* Ends the threads after the reads they are at and drops what nobody took. */
void ama__prefetch_destroy(ama__prefetch **p);
/* Bytes of the window that a chunk takes; 0: it is not read ahead (missing, not encoded, or no chunk). Local, no I/O.
 */
int64_t ama__prefetch_bytes(const ama__stored_var *v, const ama__manifest *m, int64_t chunk);
/* True when a byte of the chunk (which one `salt` says) is in the page cache, or nothing is there to be read ahead.
 * False where the system does not tell. The byte's page may come in for having been asked for: another salt asks for
 * another. Local; opens a file. */
bool ama__prefetch_is_cached(const ama__stored_var *v, const ama__manifest *m, int64_t chunk, uint64_t salt);
/* Asks for a chunk; v and m outlive the window. *room false: not now. From one thread only. */
ama_status ama__prefetch_order(ama__prefetch *p, const ama__stored_var *v, const ama__manifest *m, int64_t chunk,
                               bool *room);
/* Chunks so far that were read ahead and taken. Local. */
int64_t ama__prefetch_taken(ama__prefetch *p);

/* For fetch.c: out->data is the caller's to free. False when the chunk must be read. Thread-safe; waits for a read that
 * has begun. */
bool ama__prefetch_take(ama__prefetch *p, const ama__manifest *m, int64_t chunk, ama__read_bytes *out);

#endif
