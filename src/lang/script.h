/* A script bound to data: what it opens is open, its names, labels, dims and types are checked, and what it asks for
 * in the end is a list of sinks over the lazy graph. No data but labels has been read. */
#ifndef AMA_LANG_SCRIPT_H
#define AMA_LANG_SCRIPT_H

#include "base/text.h"
#include "graph/open.h"

/* A dataset bound to a name before the script begins; the path may be a glob. */
typedef struct ama__script_input {
    const char *name, *path;
} ama__script_input;

typedef struct ama__script_options {
    int n_inputs;
    const ama__script_input *input;
    const char *output;      /* NULL, or where the value of the last line is written: ".zarr" Zarr, else netCDF-4 */
    const char *history;     /* NULL, or the line put before the attribute history of what is written */
    bool allow_external;     /* HDF5 files may refer to other files */
    const char *index_cache; /* directory of chunk tables, or NULL */
    int max_openers;         /* ranks that open many files; 0: AMA_STORE_OPENERS */
    /* Runs a plan for a value that the script needs while it is bound (`if`, float() of a computed array, …): called on
     * all ranks together. NULL (as when a plan is only shown): refused as UNSUPPORTED. Must live as long as the graph.
     */
    const ama__evaluator *evaluate;
} ama__script_options;

typedef struct ama__script_print ama__script_print;

typedef struct ama__script {
    ama_ctx *ctx;
    ama__graph *graph;
    ama__opened stores; /* that the nodes read from */
    /* WRITE sinks, and a GATHER sink for each print that shows values of arrays, in script order. */
    int n_sinks;
    ama__sink **sink;
    int n_prints;
    ama__script_print **print;
} ama__script;

/* Runs the script `text` (the same on all ranks) called `name` in messages. Everything but the stores lives in the
 * graph's arena, `text` too is needed only during the call. An error has the form of lang/diag.h and is the same on all
 * ranks. The graph's evaluator is set to options->evaluate, called in step on all ranks. Collective. */
ama_status ama__script_bind(ama__graph *g, ama__comm *comm, const ama__script_options *options, const char *name,
                            const char *text, ama__script **out);
/* Closes the stores; what lies in the arena goes with it. NULL inside is allowed. Local. */
void ama__script_destroy(ama__script **script);

/* Text of print i of n_prints, the final newline included, once the data of its sink has been gathered. Local. */
ama_status ama__script_print_text(const ama__script *script, int i, ama__text *out);

/* "mean": the signatures of all methods of that name; "DataArray", "xarray", …: what it has; NULL: everything.
 * NOTFOUND with the nearest name. Local. */
ama_status ama__script_help(ama_ctx *ctx, const char *topic, ama__text *out);

#endif
