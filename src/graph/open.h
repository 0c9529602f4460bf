/* Opening datasets: what a file says becomes labelled lazy arrays, decoded as xarray decodes them. SEMANTICS 1.8. */
#ifndef AMA_GRAPH_OPEN_H
#define AMA_GRAPH_OPEN_H

#include "graph/variable.h"

typedef enum ama__tristate { AMA_UNSET = 0, AMA_TRUE = 1, AMA_FALSE = -1 } ama__tristate;

typedef struct ama__open_args {
    bool decode_cf; /* false switches the four below off */
    bool decode_times, mask_and_scale, decode_coords;
    bool concat_characters; /* CHAR arrays become text; only when decode_cf */
    ama__tristate use_cftime;
    const char *group; /* NULL: the root */
    int n_drop;
    const char *const *drop; /* variables that are not looked at */
    bool allow_external;
    const char *index_cache; /* directory of chunk tables, or NULL */
    int max_openers;         /* ranks that open many files; 0: AMA_STORE_OPENERS */
    /* Several files. */
    const char *concat_dim; /* NULL: by coordinates. With combine "nested" the dim along which the list order goes */
    bool keep_chars;        /* the encoding of character arrays has them as they are stored */
    const char *combine;    /* "by_coords" (NULL means it) or "nested" */
} ama__open_args;

#define AMA_OPEN_ARGS_INIT                                                                                             \
    ((ama__open_args){.decode_cf = true,                                                                               \
                      .decode_times = true,                                                                            \
                      .mask_and_scale = true,                                                                          \
                      .decode_coords = true,                                                                           \
                      .concat_characters = true})

/* The stores that were opened: they live as long as nodes refer to them. Heap, because the graph's arena may go first
 * or last; ama__opened_close closes all. */
typedef struct ama__opened {
    ama_ctx *ctx;
    int n, cap;
    ama__store **store;
} ama__opened;
void ama__opened_init(ama__opened *o, ama_ctx *ctx);
void ama__opened_close(ama__opened *o);

/* Opens one dataset. Index coordinates, times and text are read at once, all else stays a lazy SOURCE. `stores` takes
 * the ownership of the opened store. Errors, the same on all ranks: those of the store, FORMAT (attributes that make no
 * sense), UNSUPPORTED. Collective. */
ama_status ama__graph_open(ama__graph *g, ama__comm *comm, const char *path, const ama__open_args *args,
                           ama__opened *stores, ama__dataset **out);
/* Opens n datasets as one along one dim, which concat_dim may newly make (compat='override', join='exact', data_vars
 * and coords 'minimal', attributes of the first file). n = 1 is ama__graph_open. Errors also: MISMATCH naming file and
 * dim. Collective. */
ama_status ama__graph_open_mf(ama__graph *g, ama__comm *comm, int n, const char *const *paths,
                              const ama__open_args *args, ama__opened *stores, ama__dataset **out);

#endif
