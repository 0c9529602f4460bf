/* Labelled arrays: xarray's Variable, DataArray and Dataset, lazily. Everything lives in the graph's arena, values are
 * immutable once made: operations give new objects that share what did not change. */
#ifndef AMA_GRAPH_VARIABLE_H
#define AMA_GRAPH_VARIABLE_H

#include <string.h>

#include "cf/time.h"
#include "graph/node.h"

/* How the variable was stored, or is to be: what xarray keeps in .encoding. */
typedef struct ama__encoding {
    bool known; /* false: nothing is known (a computed variable) */
    ama_dtype dtype;
    bool has_dtype, has_fill, no_fill; /* no_fill: _FillValue=None was asked for */
    double fill_f8;
    int64_t fill_i8;
    bool has_missing; /* missing_value attr beside _FillValue */
    double missing_f8;
    int64_t missing_i8;
    bool has_scale, has_offset;
    double scale, offset;
    ama_dtype scale_dtype, offset_dtype;
    int unsigned_hint;            /* _Unsigned */
    const char *units, *calendar; /* of times */
    const char *coordinates;      /* attr "coordinates" of the file */
    bool contiguous, has_chunks;
    int64_t chunk[AMA_MAX_DIMS];
    int chunk_ndim;
    ama__pipeline pipeline; /* of the source, or asked for */
    bool zarr;              /* chunks and pipeline are a Zarr store's: netCDF output ignores them, and the other way */
    int64_t shape[AMA_MAX_DIMS]; /* the shape that chunk[] belongs to (chunk_ndim entries) */
    const char *char_dim;        /* text that was stored as characters: name and extent of the dim dropped */
    int64_t char_len;
    bool utf8;         /* it had the attribute _Encoding */
    const char *chars; /* characters as they were stored, where the file was opened so: n_chars of them */
    int64_t n_chars;
} ama__encoding;

typedef struct ama__variable {
    int ndim;
    const char *dim[AMA_MAX_DIMS];
    ama__node *node; /* shape, dtype, values. A time variable: dtype I8 ticks, time != NULL */
    ama__attrs attrs;
    ama__encoding encoding;
    const ama__timeaxis *time;
    const struct ama__chunking *chunks; /* what chunk() asked for; NULL: nothing. See chunking.h */
} ama__variable;

typedef struct ama__named {
    const char *name;
    ama__variable *var;
} ama__named;

/* Coordinates are in xarray's order. A coordinate whose name is its only dim is an index: its node is CONST. */
typedef struct ama__dataarray {
    const char *name; /* NULL: none */
    ama__variable *var;
    int n_coords;
    ama__named *coord;
} ama__dataarray;

typedef struct ama__dataset {
    int n_vars; /* data variables, in order */
    ama__named *var;
    int n_coords;
    ama__named *coord;
    ama__attrs attrs;
    int n_unlimited; /* encoding: names of unlimited dims */
    const char **unlimited;
} ama__dataset;

ama__variable *ama__named_find(int n, const ama__named *v, const char *name); /* NULL when absent */
int ama__variable_axis(const ama__variable *v, const char *dim);              /* -1 when absent */
static inline int64_t ama__variable_size(const ama__variable *v, int axis) {
    return v->node->shape[axis];
}
/* The index coordinate of `dim` among coords: 1-D, of that name, CONST. NULL when the dim has no labels. */
ama__variable *ama__coords_index(int n, const ama__named *coord, const char *dim);
/* Extent of a dim in a dataset; -1 when absent. Dim names in order of first appearance, for errors and printing. */
int64_t ama__dataset_dim_size(const ama__dataset *ds, const char *dim);
ama_status ama__dataset_dims(ama__graph *g, const ama__dataset *ds, int *n, const char ***dims);

/* A view of either, so that each operation is written once: a DataArray is a Dataset of one variable. */
typedef struct ama__object {
    bool is_dataset;
    ama__dataset ds;  /* DataArray: one data variable */
    const char *name; /* DataArray's name (NULL: none) */
} ama__object;

/* ---- Making and copying. All Local; results live in the graph's arena. What is given (names, attrs, nodes) is shared,
 * not copied: names must live as long as the graph. */

/* A variable of node->ndim dims without attributes and encoding. */
ama_status ama__variable_new(ama__graph *g, const char *const *dim, ama__node *node, ama__variable **out);
/* A shallow copy to change: dims, attrs (the array is copied, so setting one does not show in the source), encoding. */
ama_status ama__variable_copy(ama__graph *g, const ama__variable *src, ama__variable **out);
/* Shallow copies of lists: the arrays are fresh, the variables shared. */
ama_status ama__dataset_copy(ama__graph *g, const ama__dataset *src, ama__dataset *out);
ama_status ama__object_copy(ama__graph *g, const ama__object *src, ama__object *out);
/* Replaces the entry of that name in place, or appends. The list is reallocated: others that share it do not change. */
ama_status ama__named_set(ama__graph *g, int *n, ama__named **list, const char *name, ama__variable *var);
/* Takes the entry out of a list (reallocated); nothing happens when it is not there. */
ama_status ama__named_remove(ama__graph *g, int *n, ama__named **list, const char *name);

/* A DataArray as the view: name NULL: none; ds.var[0].name is then "". coord may be NULL when n_coords is 0. */
ama_status ama__object_from_array(ama__graph *g, const char *name, ama__variable *var, int n_coords,
                                  const ama__named *coord, ama__object *out);
static inline ama__object ama__object_from_dataset(const ama__dataset *ds) {
    return (ama__object){.is_dataset = true, .ds = *ds};
}
/* A data variable or coordinate of the dataset; NULL when absent. */
ama__variable *ama__dataset_find(const ama__dataset *ds, const char *name);
/* Keeps those coordinates whose dims are all among the given ones. */
ama_status ama__coords_fitting(ama__graph *g, int n, const ama__named *coord, int ndim, const char *const *dim,
                               int *n_out, ama__named **out);
/* True when `v` may be an index coordinate: 1-D, CONST, named like its dim. */
static inline bool ama__variable_is_index(const char *name, const ama__variable *v) {
    return v->ndim == 1 && v->node->kind == AMA_NODE_CONST && strcmp(name, v->dim[0]) == 0;
}
/* NOTFOUND "no variable 'x' in the dataset; there are: a, b, c; did you mean 'a'?" `what`: "variable", "dim", … */
ama_status ama__no_such_name(ama__graph *g, const char *what, const char *name, int n, const char *const *names);
ama_status ama__no_such_variable(ama__graph *g, const ama__dataset *ds, const char *name);
ama_status ama__no_such_dim(ama__graph *g, const ama__dataset *ds, const char *dim);

#endif
