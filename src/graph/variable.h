/* Labelled arrays: xarray's Variable, DataArray and Dataset, lazily. Everything lives in the graph's arena, values are
 * immutable once made: operations give new objects that share what did not change. */
#ifndef AMA_GRAPH_VARIABLE_H
#define AMA_GRAPH_VARIABLE_H

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
} ama__encoding;

typedef struct ama__variable {
    int ndim;
    const char *dim[AMA_MAX_DIMS];
    ama__node *node; /* shape, dtype, values. A time variable: dtype I8 ticks, time != NULL */
    ama__attrs attrs;
    ama__encoding encoding;
    const ama__timeaxis *time;
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

#endif
