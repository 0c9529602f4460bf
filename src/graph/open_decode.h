/* One file's variables between the store and the labels: shared by open.c and open_mf.c. */
#ifndef AMA_GRAPH_OPEN_DECODE_H
#define AMA_GRAPH_OPEN_DECODE_H

#include "graph/open.h"
#include "store/fetch.h"

typedef enum ama__decode_kind {
    AMA_DECODE_LAZY,
    AMA_DECODE_NUMBERS, /* index coordinates and scalars: read at once */
    AMA_DECODE_TIME,
    AMA_DECODE_TEXT
} ama__decode_kind;

typedef struct ama__decoded {
    const char *name;
    int var; /* in store->meta */
    const ama__stored_var *stored;
    ama__decode_kind kind;
    int ndim;
    const char *dim[AMA_MAX_DIMS];
    int64_t shape[AMA_MAX_DIMS];
    bool join_chars; /* the last stored dim is the length of texts */
    bool is_bool;
    bool is_coord;
    ama__attrs attrs;
    /* Shared by views of files with the same metadata: not changed once the view is made. */
    ama__encoding *encoding;
    ama__unpack *unpack;
    /* Of what is read at once: */
    void *values; /* dense, native, of dtype `dtype`, in the graph's arena */
    ama_dtype dtype;
    ama__timeaxis axis;
} ama__decoded;

typedef struct ama__file_view {
    ama__store *store;
    int n;
    ama__decoded *var;
    ama__attrs attrs;
} ama__file_view;

/* The view of a file whose variables are those of another (*shared) that was looked at with the same arguments and from
 * which nothing was read yet. Local. */
ama_status ama__file_view_share(ama__graph *g, ama__store *store, const ama__file_view *like, ama__file_view *out,
                                bool *shared);
/* Looks at all that the metadata say; reads nothing. Local. */
ama_status ama__file_view_make(ama__graph *g, ama__store *store, const ama__open_args *args, ama__file_view *out);
ama__decoded *ama__file_view_find(const ama__file_view *f, const char *name); /* NULL when absent */
/* Reads and decodes a variable whose kind is not LAZY and whose manifest is there. force_cftime: us ticks. files: NULL,
 * or what keeps files open between calls. Local. */
ama_status ama__decoded_load(ama__graph *g, const ama__file_view *f, ama__decoded *d, const ama__open_args *args,
                             bool force_cftime, ama__fetcher *files);
/* The labelled variable of what is in one file. Local. */
ama_status ama__decoded_variable(ama__graph *g, const ama__file_view *f, const ama__decoded *d, ama__variable **out);
/* The same with a node given: names, attrs, encoding of `d`. */
ama_status ama__decoded_with_node(ama__graph *g, const ama__decoded *d, ama__node *node, ama__variable **out);
/* Wraps an error with the variable and the file. */
ama_status ama__decoded_wrap(ama__graph *g, const ama__file_view *f, const ama__decoded *d, ama_status status);

#endif
