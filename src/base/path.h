/* Paths of files: which of them are one. */
#ifndef AMA_BASE_PATH_H
#define AMA_BASE_PATH_H

#include <stdbool.h>
#include <stdint.h>

/* What a path leads to, links followed. */
typedef struct ama__file_id {
    uint64_t device, inode;
} ama__file_id;

/* One look at the file system; false when nothing is there (or cannot be looked at). Local. */
bool ama__file_id_get(const char *path, ama__file_id *out);
/* True when `path` leads to it. Local. */
bool ama__file_id_is(const ama__file_id *id, const char *path);

#endif
