/* The lazy graph below the labels: arrays as integers and operations. plan/ lowers this; it never sees a name. Nodes
 * are immutable, live in the graph's arena and are logically collective: every rank builds the same graph. */
#ifndef AMA_GRAPH_NODE_H
#define AMA_GRAPH_NODE_H

#include "array/ops.h"
#include "array/region.h"
#include "cf/packing.h"
#include "store/dataset.h"
#include "store/writer.h"

typedef enum ama__node_kind {
    AMA_NODE_SOURCE, /* a stored variable, or one in several files along an axis */
    AMA_NODE_CONST,  /* a small array in memory, replicated */
    AMA_NODE_MAP,    /* elementwise, with broadcasting */
    AMA_NODE_INDEX,  /* orthogonal indexing, permuting, dropping and adding axes */
    AMA_NODE_REDUCE  /* segment reduction */
} ama__node_kind;

typedef struct ama__node ama__node;

/* Files of one source, in order along the axis. */
typedef struct ama__source_part {
    ama__store *store;
    int var; /* index into store->meta.var; its shape is the node's except along the axis */
    ama__unpack unpack;
    int64_t start, count; /* along the axis, in the node's index space */
} ama__source_part;

/* How one output axis of an INDEX node picks from its input axis. */
typedef struct ama__pick {
    int in_axis;         /* -1: a new axis, its extent given by count (values repeat) */
    int64_t count;       /* extent of the output axis */
    int64_t start, step; /* list NULL: input index start + i * step (step may be negative) */
    const int64_t *list; /* or explicit input indices; -1 gives the missing value (NaN; needs a float dtype) */
} ama__pick;

/* What a REDUCE does. Axes not reduced and not labelled are kept, in order; the group axis of the result stands where
 * the labelled axis was. QUANTILE adds a last axis, of n_q. */
typedef struct ama__reduce_spec {
    ama__red op;
    bool reduced[AMA_MAX_DIMS]; /* per input axis; the label axis is not marked here */
    int label_axis;             /* -1: none */
    int64_t n_labels;           /* extent of the group axis in the result */
    const int64_t *label;       /* [extent of label_axis], in [0, n_labels) or -1 (in no group) */
    bool skipna;                /* for floats; ints have nothing to skip */
    int64_t min_count;          /* sum, prod: fewer valid values give NaN; 0 = off */
    int ddof;                   /* var, std */
    bool empty_nan;             /* resample: labels without any member give NaN (dtype is then float) */
    int64_t n_q;                /* QUANTILE: its q, in [0, 1], in any order */
    const double *q;
    ama__quantile method;
} ama__reduce_spec;

struct ama__node {
    ama__node_kind kind;
    int id; /* unique in the graph, increasing: inputs have smaller ids */
    ama_dtype dtype;
    int ndim;
    int64_t shape[AMA_MAX_DIMS];
    union {
        struct {
            int axis; /* along which the parts follow; 0 when there is one */
            int n_parts;
            ama__source_part *part;
        } source;
        struct {
            const void *data; /* dense, native; STRING: char pointers */
        } constant;
        struct {
            ama__op op;
            ama_dtype calc; /* dtype the operands are brought to (not the condition of WHERE) */
            int n_in;
            ama__node *in[3];
            /* axis of in[k] that output axis a runs along, or -1 (broadcast). Increasing: operands in another axis
             * order get an INDEX first. Operand extents equal the output's on mapped axes. */
            int8_t axis[3][AMA_MAX_DIMS];
        } map;
        struct {
            ama__node *in;
            ama__pick pick[AMA_MAX_DIMS]; /* per output axis */
            int64_t fixed[AMA_MAX_DIMS];  /* per input axis without output axis: the index taken; else -1 */
        } index;
        struct {
            ama__node *in;
            ama__reduce_spec spec;
        } reduce;
    } u;
};

/* Runs a plan for the value of a node; see labels.h. */
typedef struct ama__evaluator ama__evaluator;

/* A graph: arena and numbering. */
typedef struct ama__graph {
    ama_ctx *ctx;
    ama__arena *arena;
    int n_nodes;
    const ama__evaluator *eval; /* for operations that depend on values; NULL: they are refused */
} ama__graph;

/* Constructors check shapes (MISMATCH, INTERNAL) and work out dtype and shape by numpy's and xarray's rules. */
ama_status ama__node_source(ama__graph *g, int axis, int n_parts, const ama__source_part *part, ama__node **out);
/* copy: data is copied into the arena; otherwise it must live as long as the graph. */
ama_status ama__node_const(ama__graph *g, ama_dtype t, int ndim, const int64_t *shape, const void *data, bool copy,
                           ama__node **out);
ama_status ama__node_scalar(ama__graph *g, ama_dtype t, double f8, int64_t i8, ama__node **out);
/* axis[k][a] as in the node. Operand dtypes as they are: Python scalars must already have been given the weak dtype
 * (float32 array + Python float stays float32: make the scalar with the array's dtype). */
ama_status ama__node_map(ama__graph *g, ama__op op, int n_in, ama__node *const *in, const int8_t (*axis)[AMA_MAX_DIMS],
                         int ndim, const int64_t *shape, ama__node **out);
/* Unary on the whole array; CAST with the wanted dtype. A cast to the same dtype returns the input. */
ama_status ama__node_unary(ama__graph *g, ama__op op, ama__node *in, ama__node **out);
ama_status ama__node_cast(ama__graph *g, ama__node *in, ama_dtype t, ama__node **out);
/* fixed may be NULL when no input axis is dropped. Merges with an INDEX input where it can; identity returns the input.
 */
ama_status ama__node_index(ama__graph *g, ama__node *in, int ndim, const ama__pick *pick, const int64_t *fixed,
                           ama__node **out);
ama_status ama__node_reduce(ama__graph *g, ama__node *in, const ama__reduce_spec *spec, ama__node **out);

/* What a script asks for in the end. */
typedef enum ama__sink_kind { AMA_SINK_WRITE, AMA_SINK_GATHER } ama__sink_kind;

typedef struct ama__sink {
    ama__sink_kind kind;
    /* WRITE: spec.meta.var[i] is written from node[i], whose dtype and shape are the stored ones (packing, fill values
     * and time encoding are MAP nodes or constants by now). */
    ama__write_spec *spec;
    ama__node **node;
    /* GATHER: node[0..n_gather) replicated on every rank into *data[i] (buffers the caller frees with ama__mem_free) */
    int n_gather;
    void **data;
    int line; /* of the script, for the plan's print; 0 unknown */
} ama__sink;

#endif
