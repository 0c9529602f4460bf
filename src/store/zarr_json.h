/* A small JSON reader for Zarr metadata. Beyond RFC 8259 it takes the bare words NaN, Infinity and -Infinity, which
 * xarray writes, and integers of any size. Depth is limited. */
#ifndef AMA_STORE_ZARR_JSON_H
#define AMA_STORE_ZARR_JSON_H

#include "base/memory.h"

typedef enum ama__json_kind {
    AMA_JSON_NULL,
    AMA_JSON_BOOL,
    AMA_JSON_INT,  /* fits int64: i; f holds it too */
    AMA_JSON_REAL, /* f; integers beyond int64 too */
    AMA_JSON_TEXT, /* s[n], UTF-8, NUL-terminated; may hold NUL inside */
    AMA_JSON_LIST,
    AMA_JSON_OBJECT
} ama__json_kind;

typedef struct ama__json {
    ama__json_kind kind;
    int line;        /* where it begins, from 1 */
    const char *key; /* in an object, else NULL */
    bool truth;
    int64_t i;
    double f;
    const char *s;
    int64_t n; /* bytes of a text; number of children of a list or an object */
    struct ama__json *child, *next;
    const char *source; /* its text in the file, source_bytes long */
    size_t source_bytes;
} ama__json;

/* Parses text[bytes] (NUL-terminated besides; it must live as long as the tree). FORMAT with name, line and column. */
ama_status ama__json_parse(ama__arena *arena, const char *name, const char *text, size_t bytes, ama__json **out);

/* The member of an object, or NULL (also when j is NULL or no object). The last of equal keys counts. */
const ama__json *ama__json_get(const ama__json *j, const char *key);
/* The text of a member, NULL when absent or not a text. */
const char *ama__json_get_text(const ama__json *j, const char *key);
/* The integer value of a member, `otherwise` when absent or not an integer. */
int64_t ama__json_get_int(const ama__json *j, const char *key, int64_t otherwise);

#endif
