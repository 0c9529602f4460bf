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
    AMA_NODE_REDUCE, /* segment reduction */
    AMA_NODE_SCAN,   /* running sum or product along an axis, or ranks, begun anew in each segment */
    AMA_NODE_CONCAT, /* arrays one behind the other along an axis */
    AMA_NODE_WINDOW  /* reduction of a window around each index of an axis */
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

/* What a SCAN does: out[i] is the sum (or product) of in[s .. i], where s is the start of i's segment. Floats run in
 * float64, which is then the dtype of the result; int64 and uint64 wrap. Or, of any dtype, out[i] is the rank of in[i]
 * among the values of the segment as float64: from 1, equal ones get the mean of their ranks, NaN stays. */
typedef struct ama__scan_spec {
    int axis;
    bool product;       /* else the sum */
    bool rank, pct;     /* else the rank; pct: divided by the number of values */
    bool skipna;        /* floats: NaN counts as 0 (1 in products) */
    int64_t n_segments; /* at least 1 where the axis has elements */
    const int64_t *cut; /* [n_segments + 1] increasing, from 0 to the extent */
} ama__scan_spec;

/* What a WINDOW does. Output i takes input indices [i - lo, i - lo + width) of the axis, as far as they exist. */
typedef struct ama__window_spec {
    ama__red op; /* SUM PROD MEAN VAR STD MIN MAX COUNT MEDIAN */
    int axis;
    int64_t width, lo; /* width >= 1, 0 <= lo < width */
    bool skipna;       /* for floats */
    int64_t min_count; /* fewer valid values give NaN; 0 = off */
    int ddof;          /* var, std */
    bool missing;      /* the result has room for NaN whatever min_count: integers come out as floats */
    int64_t every;     /* above 1: only outputs whose index leaves `phase` when divided by it are used, and medians */
    int64_t phase;     /* elsewhere need not be worked out */
} ama__window_spec;

struct ama__node {
    ama__node_kind kind;
    int id; /* unique in the graph, increasing: inputs have smaller ids */
    ama_dtype dtype;
    int ndim;
    int64_t shape[AMA_MAX_DIMS];
    int n_users; /* nodes and sinks that read it in the plan made last */
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
        struct {
            ama__node *in;
            ama__scan_spec spec;
        } scan;
        struct {
            int axis, n_in;
            ama__node **in;       /* of the node's dtype; shapes are the node's except along the axis */
            const int64_t *start; /* [n_in + 1] where each begins, in the node's index space */
        } concat;
        struct {
            ama__node *in;
            ama__window_spec spec;
        } window;
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
/* in: float, int64 or uint64 (others are cast first: INTERNAL); for ranks any number or bool. */
ama_status ama__node_scan(ama__graph *g, ama__node *in, const ama__scan_spec *spec, ama__node **out);
/* Promotes dtypes, leaves out what has no elements along the axis, and gives one SOURCE where all are stored in files.
 * Errors: MISMATCH (no common dtype), INTERNAL (shapes). */
ama_status ama__node_concat(ama__graph *g, int axis, int n_in, ama__node *const *in, ama__node **out);

/* The nodes that n takes its values from: their number, *in gets them. */
static inline int ama__node_inputs(const ama__node *n, ama__node *const **in) {
    switch (n->kind) {
    case AMA_NODE_MAP: *in = n->u.map.in; return n->u.map.n_in;
    case AMA_NODE_INDEX: *in = &n->u.index.in; return 1;
    case AMA_NODE_REDUCE: *in = &n->u.reduce.in; return 1;
    case AMA_NODE_SCAN: *in = &n->u.scan.in; return 1;
    case AMA_NODE_WINDOW: *in = &n->u.window.in; return 1;
    case AMA_NODE_CONCAT: *in = n->u.concat.in; return n->u.concat.n_in;
    default: *in = NULL; return 0;
    }
}
/* Number of the interval of cut[n + 1] (increasing) that holds x. */
static inline int64_t ama__cut_find(int64_t n, const int64_t *cut, int64_t x) {
    int64_t lo = 0, hi = n - 1;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo + 1) / 2;
        if (cut[mid] <= x)
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo;
}
/* The dtype is a reduction's, but with room for NaN where there may be one: sums, means and counts of integers are then
 * float64; their extremes, medians, variances and deviations float32 for up to 16 bits, else float64. Errors: ARG
 * (bools where they would need room for NaN; operations that windows do not have). */
ama_status ama__node_window(ama__graph *g, ama__node *in, const ama__window_spec *spec, ama__node **out);

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
