/* print(obj) as xarray prints it, and what `amasia info` says of a file. */
#ifndef AMA_GRAPH_REPR_H
#define AMA_GRAPH_REPR_H

#include "base/text.h"
#include "graph/variable.h"

/* The nodes whose values ama__repr_text wants: *n of them, in the arena. Those of large arrays are cut to the edge
 * elements that numpy shows (whole when <= 1000 elements). A Dataset wants none beyond its constants' (data variables
 * are previewed by their first values only where few). Local. */
ama_status ama__repr_nodes(ama__graph *g, const ama__object *obj, int *n, ama__node ***out);
/* Writes the text; data[i]: dense native values of node i of ama__repr_nodes. No newline at the end. Local. */
ama_status ama__repr_text(ama__graph *g, const ama__object *obj, void *const *data, ama__text *out);
/* As numpy's print of the bare values (print(da.values), print(float) of a 0-d array), which shows more of them. */
ama_status ama__repr_values_nodes(ama__graph *g, const ama__object *obj, int *n, ama__node ***out);
ama_status ama__repr_values(ama__graph *g, const ama__object *obj, void *const *data, ama__text *out);
/* Dims, variables with dtype, dims, chunks, codecs, sizes, attributes, groups of a store. Local. */
ama_status ama__info_text(ama_ctx *ctx, const ama__store *s, ama__text *out);

#endif
