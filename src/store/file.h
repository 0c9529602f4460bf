/* Plain files for reading: open and pread with retries, fault injection and messages that name the file. */
#ifndef AMA_STORE_FILE_H
#define AMA_STORE_FILE_H

#include "base/memory.h"

/* open(2) for reading: the descriptor, or -1 with *error = errno and nothing recorded. */
int ama__file_try(ama_ctx *ctx, const char *path, int *error);
/* Records that error. */
ama_status ama__file_refused(ama_ctx *ctx, const char *path, int error);
/* Opens for reading. NOTFOUND when it does not exist, IO otherwise. Thread-safe. Local. */
ama_status ama__file_open(ama_ctx *ctx, const char *path, int *fd);
/* The same, but a missing file is no error: *fd = -1. */
ama_status ama__file_open_if(ama_ctx *ctx, const char *path, int *fd);
/* Bytes of a regular file; IO when it is something else. */
ama_status ama__file_size(ama_ctx *ctx, int fd, const char *path, int64_t *out);
/* Reads up to `bytes` at `offset`; *got is less only where the file ends. */
ama_status ama__file_read(ama_ctx *ctx, int fd, const char *path, int64_t offset, void *dst, size_t bytes, size_t *got);
void ama__file_close(int fd);

/* A whole small file, NUL-terminated, in the arena; *text = NULL when there is none. FORMAT when larger than limit. */
ama_status ama__file_text(ama__arena *arena, const char *path, int64_t limit, char **text, size_t *bytes);

/* Open files, at most `n` kept; more are open only while more are in use at one time. Thread-safe. */
typedef struct ama__file_cache ama__file_cache;
ama_status ama__file_cache_create(ama_ctx *ctx, int n, ama__file_cache **out);
void ama__file_cache_destroy(ama__file_cache **c);
typedef struct ama__file_ref {
    int fd, slot;
} ama__file_ref;
ama_status ama__file_cache_take(ama__file_cache *c, const char *path, ama__file_ref *out);
/* The same, but a file that can not be opened is no error: fd -1, slot -1, nothing to give back. */
ama_status ama__file_cache_take_if(ama__file_cache *c, const char *path, ama__file_ref *out);
/* The same, but a file that does not exist is no error: fd -1, slot -1, nothing to give back. */
ama_status ama__file_cache_take_found(ama__file_cache *c, const char *path, ama__file_ref *out);
/* For advice: no error is recorded. False when the file is not open and cannot be, or is better not opened for that. */
bool ama__file_cache_peek(ama__file_cache *c, const char *path, ama__file_ref *out);
/* Takes over a descriptor that was opened elsewhere, to be found by its path; closes it when there is no room. Local.
 */
ama_status ama__file_cache_adopt(ama__file_cache *c, const char *path, int fd);
void ama__file_cache_give(ama__file_cache *c, ama__file_ref r);
/* Files open now, for tests. */
int ama__file_cache_n_open(ama__file_cache *c);

#endif
