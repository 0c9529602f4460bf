/* Side cache of chunk tables: for each variable one small file in a directory of the user's, valid as long as the file
 * it was made from keeps its path, size and time of change. */
#ifndef AMA_STORE_INDEX_CACHE_H
#define AMA_STORE_INDEX_CACHE_H

#include "store/manifest.h"

/* What a table belongs to. */
typedef struct ama__index_key {
    const char *path;    /* of the dataset's file, as given: resolved here */
    const char *dataset; /* name inside the file */
    int64_t file_bytes;
    int64_t n; /* chunks */
} ama__index_key;

/* Makes the directory where it is missing (not its parents). ARG, naming it, when it is no directory that can be used.
 * Local: one rank. */
ama_status ama__index_cache_prepare(ama_ctx *ctx, const char *dir);
/* True when the cache has the table of the key as the file is now: then table[n] is filled. Every extent is checked to
 * lie inside the file. Anything unexpected in the cache means false. Local. */
bool ama__index_cache_load(ama_ctx *ctx, const char *dir, const ama__index_key *key, ama__extent_entry *table);
/* Keeps the table, under a temporary name first. A failure is a warning: the run does not need the cache. Local. */
void ama__index_cache_save(ama_ctx *ctx, const char *dir, const ama__index_key *key, const ama__extent_entry *table);

#endif
