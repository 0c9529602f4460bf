/* The steps of encoding, one file each. */
#ifndef AMA_GRAPH_ENCODE_PRIVATE_H
#define AMA_GRAPH_ENCODE_PRIVATE_H

#include "graph/encode.h"

/* One variable on its way to the file. */
typedef struct ama__encode_item {
    const char *name;
    bool is_coord;
    bool asked; /* encoding= named it: the source's encoding does not count */
    bool no_coordinates;
    ama__variable *var; /* own copy; attrs and encoding change */
    /* Results: */
    ama__node *node;      /* stored values */
    const char *char_dim; /* the dim added behind var->dim, or NULL */
} ama__encode_item;

/* The encoding of encoding={name: {…}} in place of the source's. Local. */
ama_status ama__encode_keys(ama__graph *g, const ama__write_args *args, ama__encode_item *item);
/* Values and attributes as stored: node, attrs. Local. */
ama_status ama__encode_values(ama__graph *g, const ama__write_args *args, ama__encode_item *item);
/* Chunks and codecs of a variable whose name, dtype, ndim and grid.shape are set. `unlimited`: one of its dims is. */
ama_status ama__encode_storage(ama__graph *g, const ama__write_args *args, const ama__encode_item *item,
                               const ama__meta *m, ama__stored_var *v);
/* Attributes that classic netCDF has no type for. Local. */
ama_status ama__encode_classic_attrs(ama__graph *g, ama__format format, const char *owner, ama__attrs *attrs);

static inline bool ama__format_is_classic(ama__format f) {
    return f == AMA_FORMAT_CDF1 || f == AMA_FORMAT_CDF2 || f == AMA_FORMAT_CDF5;
}

#endif
