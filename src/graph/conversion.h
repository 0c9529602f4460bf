/* Conversion: stored values and attributes as they are, in another format, other chunks, another codec. */
#ifndef AMA_GRAPH_CONVERSION_H
#define AMA_GRAPH_CONVERSION_H

#include "graph/chunking.h"
#include "graph/encode.h"
#include "graph/open.h"

typedef struct ama__convert_args {
    ama__format format;
    const char *path; /* of the output; with split a directory, or a name in which {} stands for the variable's */
    bool overwrite;
    bool split;    /* one output for each data variable */
    bool reencode; /* what was opened had its times decoded: see ama__convert_open */
    int n_wants;   /* of --chunks; dims that are not named keep the chunks they have */
    const ama__chunk_want *want;
    bool has_codec; /* otherwise as in the source, where the format has that */
    ama__pipeline codec;
    int n_keep, n_drop; /* n_keep 0: all */
    const char *const *keep, *const *drop;
} ama__convert_args;

/* ---- what the command line says. All Local; errors ARG with what would do. */

/* name: "zarr", "netcdf4", "netcdf3", "cdf5" or one of to_netcdf's; NULL: by the ending of the path (.zarr, .nc, .nc4).
 */
ama_status ama__convert_format(ama_ctx *ctx, const char *name, const char *path, ama__format *out);
/* "none", "deflate:4+shuffle", "zlib:1", "gzip:1", "zstd:3", "lz4", "blosc:zstd:5:bitshuffle". UNSUPPORTED when the
 * format has no place for it. */
ama_status ama__convert_codec(ama_ctx *ctx, const char *text, ama__format format, ama__pipeline *out);
/* "time=-1,lat=90,lon=auto" */
ama_status ama__convert_chunks(ama__graph *g, const char *text, int *n, ama__chunk_want **out);
/* "a,b,c"; NULL gives none. */
ama_status ama__convert_names(ama__graph *g, const char *text, int *n, const char ***out);

/* ---- from files to sinks */

/* Opens n datasets as one, nothing decoded: numbers are the stored ones, attributes stay where they are. Of `how` count
 * group, allow_external and concat_dim (NULL: by coordinates). Files whose times have different units cannot be joined
 * so: their times are decoded, and *reencode says that encoding brings them to the units of the first. Errors: also
 * MISMATCH (variables that are packed differently in different files). Collective. */
ama_status ama__convert_open(ama__graph *g, ama__comm *comm, int n, const char *const *paths, const ama__open_args *how,
                             ama__opened *stores, ama__dataset **out, bool *reencode);
/* Which variables an output has: those of `roots` (NULL: what args keeps and drops says), and what they refer to by
 * their dims and by the attributes coordinates, bounds, climatology, grid_mapping and, as far as these have at most one
 * dim, formula_terms. NOTFOUND with the nearest name. Local. */
ama_status ama__convert_select(ama__graph *g, const ama__dataset *ds, const ama__convert_args *args,
                               const char *const *root, ama__dataset *out);
/* The variables of ds that no other refers to so: those that get a file of their own. Local. */
ama_status ama__convert_data_names(ama__graph *g, const ama__dataset *ds, int *n, const char ***out);
/* One sink, or with args->split one for each data variable. Errors: NOTFOUND (dims, variables), UNSUPPORTED. Local. */
ama_status ama__convert_sinks(ama__graph *g, const ama__dataset *ds, const ama__convert_args *args, int *n,
                              ama__sink ***out);

#endif
