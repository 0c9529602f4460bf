/* What the files of the Zarr v2 driver share. Formats: the Zarr v2 specification, numcodecs' codec configurations,
 * xarray's _ARRAY_DIMENSIONS convention and the NCZarr convention of netcdf-c. */
#ifndef AMA_STORE_ZARR_PRIVATE_H
#define AMA_STORE_ZARR_PRIVATE_H

#include "store/driver.h"
#include "store/zarr_json.h"

/* How an array that Amasia shows as text is stored. */
typedef enum ama__zarr_text {
    AMA_ZARR_NO_TEXT, /* numbers, and CHAR: the bytes of a chunk are the elements */
    AMA_ZARR_BYTES,   /* "S<n>": n bytes an element */
    AMA_ZARR_UCS4,    /* "U<n>": n code points of 4 bytes */
    AMA_ZARR_VLEN     /* "O" with the filter vlen-utf8 */
} ama__zarr_text;

typedef struct ama__zarr_array {
    const char *path; /* its directory */
    char separator;
    ama__zarr_text text;
    bool swapped;      /* of the code points */
    size_t item_bytes; /* stored bytes of an element; 0 for VLEN */
    void *fill_item;   /* text: item_bytes bytes, NULL for zeros */
    const char *unit;  /* "M8[..]", "m8[..]": the unit's name, else NULL */
    bool since_epoch;  /* M8 */
} ama__zarr_array;

typedef struct ama__zarr {
    ama_ctx *ctx;
    ama__arena *arena;
    const char *path;              /* without slashes at the end */
    const char *prefix;            /* "" or "group/sub/" */
    const char *consolidated_path; /* path of .zmetadata */
    const ama__json *consolidated; /* its "metadata" object, NULL when there is none */
    ama__zarr_array *array;        /* [meta.n_vars] */
} ama__zarr;

/* One piece of JSON metadata and the file to name in messages. json NULL: there is none. */
typedef struct ama__zarr_doc {
    const char *name;
    const ama__json *json;
} ama__zarr_doc;

/* ---- zarr_store.c: where the metadata is */
ama_status ama__zarr_open_store(ama__zarr *z, const char *path, const char *group);
/* key: "tas/.zarray" and the like, below the group. */
ama_status ama__zarr_get(ama__zarr *z, const char *key, ama__zarr_doc *out);
/* Names of the children that hold `what` (".zarray", ".zgroup"), sorted. */
ama_status ama__zarr_children(ama__zarr *z, const char *what, const char ***names, int *n);
/* FORMAT or UNSUPPORTED, with the file and the line of `at` (NULL: of the whole document). */
ama_status ama__zarr_fail(const ama__zarr *z, ama_status status, const ama__zarr_doc *doc, const ama__json *at,
                          const char *fmt, ...) AMA_PRINTF(5, 6);

/* ---- zarr_array.c: .zarray */
ama_status ama__zarr_read_array(ama__zarr *z, const ama__zarr_doc *doc, ama__stored_var *v, ama__zarr_array *a);

/* ---- zarr_codec.c */
/* Filters and compressor. skip_filter: the number of leading filters that are not byte filters (vlen-utf8). */
ama_status ama__zarr_pipeline(ama__zarr *z, const ama__zarr_doc *doc, int skip_filters, size_t item_bytes,
                              ama__pipeline *out);
/* The fill value into v->fill or a->fill_item. */
ama_status ama__zarr_fill(ama__zarr *z, const ama__zarr_doc *doc, ama__stored_var *v, ama__zarr_array *a);

/* ---- zarr_attrs.c: .zattrs and dims */
ama_status ama__zarr_attrs(ama__zarr *z, const ama__zarr_doc *doc, ama__attrs *out);
/* Finds or makes the dims of a variable. meta->dim has room for AMA_MAX_DIMS more. */
ama_status ama__zarr_dims(ama__zarr *z, const ama__zarr_doc *zarray, const ama__zarr_doc *zattrs, ama__meta *meta,
                          ama__stored_var *v);

/* ---- zarr_text.c: text arrays, decoded whole */
ama_status ama__zarr_read_text(ama__zarr *z, ama__arena *arena, const ama__stored_var *v, const ama__zarr_array *a,
                               ama__manifest *out);

#endif
