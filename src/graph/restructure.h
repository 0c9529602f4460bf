/* Operations on names, dims and attributes that touch no values. All Local; xarray's semantics and, in the errors, the
 * names there are with the nearest one. Objects given are not changed. */
#ifndef AMA_GRAPH_RESTRUCTURE_H
#define AMA_GRAPH_RESTRUCTURE_H

#include "graph/variable.h"

/* n = 0 reverses the dims. "..." among the names stands for all not named. */
ama_status ama__graph_transpose(ama__graph *g, const ama__object *in, int n, const char *const *dim, ama__object *out);
/* n = -1: all dims of extent 1. drop: the coordinate goes too, else it becomes a scalar. */
ama_status ama__graph_squeeze(ama__graph *g, const ama__object *in, int n, const char *const *dim, bool drop,
                              ama__object *out);
/* Renames variables, coordinates and dims alike (rename). A DataArray's own name: ama__graph_rename_array. */
typedef enum ama__rename_what { AMA_RENAME_ALL, AMA_RENAME_VARS, AMA_RENAME_DIMS } ama__rename_what;
ama_status ama__graph_rename(ama__graph *g, const ama__object *in, ama__rename_what what, int n,
                             const char *const *from, const char *const *to, ama__object *out);
ama_status ama__graph_rename_array(ama__graph *g, const ama__object *in, const char *name, ama__object *out);
/* Attributes of a Dataset or a DataArray's variable: those given replace or join what is there; replace = true: they
 * are all there is afterwards (obj.attrs = {...}). */
ama_status ama__graph_set_attrs(ama__graph *g, const ama__object *in, bool replace, const ama__attrs *attrs,
                                ama__object *out);
/* The attributes of an object, borrowed. */
const ama__attrs *ama__object_attrs(const ama__object *o);
/* drop_vars: data variables and coordinates. raise = false: errors="ignore". */
ama_status ama__graph_drop_vars(ama__graph *g, const ama__object *in, int n, const char *const *name, bool raise,
                                ama__object *out);
/* ds[name] = value, assign(name=value): value is a DataArray (or a scalar as a 0-d DataArray); its coordinates join the
 * dataset's where they are new, its index coordinates must be those of the dataset. Replaces what has the name. */
ama_status ama__graph_assign(ama__graph *g, const ama__object *in, const char *name, const ama__object *value,
                             ama__object *out);
/* assign_coords(name=value) for Dataset and DataArray. */
ama_status ama__graph_assign_coord(ama__graph *g, const ama__object *in, const char *name, const ama__object *value,
                                   ama__object *out);
/* assign_coords(name=values) with bare values: a 0-d or 1-d node. 1-d: along dim `name` when dim is NULL. */
ama_status ama__graph_assign_coord_node(ama__graph *g, const ama__object *in, const char *name, const char *dim,
                                        ama__node *values, const ama__timeaxis *time, ama__object *out);
/* n = -1: all that are no index. A DataArray can only drop them (or becomes a Dataset when it has a name). */
ama_status ama__graph_reset_coords(ama__graph *g, const ama__object *in, int n, const char *const *name, bool drop,
                                   ama__object *out);
ama_status ama__graph_set_coords(ama__graph *g, const ama__object *in, int n, const char *const *name,
                                 ama__object *out);
/* A new dim of `size` at `axis` (negative: from the end); a scalar coordinate of that name becomes its labels. */
ama_status ama__graph_expand_dims(ama__graph *g, const ama__object *in, const char *dim, int64_t size, int axis,
                                  ama__object *out);
/* swap_dims({from: to}): `to` is a 1-D coordinate along `from`, or a new name. */
ama_status ama__graph_swap_dims(ama__graph *g, const ama__object *in, int n, const char *const *from,
                                const char *const *to, ama__object *out);
/* ds[["a", "b"]]. */
ama_status ama__graph_subset(ama__graph *g, const ama__object *in, int n, const char *const *name, ama__object *out);
/* ds["tas"], ds.tas, da["lat"], da.lat, da.coords["lat"]: a data variable or coordinate as a DataArray with the
 * coordinates that fit its dims. A dim without coordinate gives its positions 0 .. n-1. NOTFOUND otherwise. */
ama_status ama__graph_lookup(ama__graph *g, const ama__object *in, const char *name, ama__object *out);
/* True when lookup would find it. */
bool ama__graph_has(const ama__object *in, const char *name);
/* da.to_dataset(name=). name NULL: its own, which must be there. */
ama_status ama__graph_to_dataset(ama__graph *g, const ama__object *in, const char *name, ama__object *out);

#endif
