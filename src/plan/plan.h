/* Plans: what a run will read, hold, send and write, decided before any data is read. Integers only. Made identically
 * on every rank (a plan depends on the graph, the ranks, threads and budgets, nothing else; but for its likely_bytes).
 *
 * A stage is one streaming pass over a space: the index space of its driver, the largest source its consumers read (or
 * a consumer's own index space). The space is cut per axis into *units*, canonical boxes that depend on the dataset and
 * the script alone: a unit is the leaf of every reduction tree, so bits do not depend on ranks or budgets. Axis 0
 * varies fastest in the order of units (a column of units at a time); each rank owns a contiguous run of that order. A
 * unit is streamed in *tiles*: runs of axis 0, cut at chunk boundaries, as large as the budget allows. */
#ifndef AMA_PLAN_PLAN_H
#define AMA_PLAN_PLAN_H

#include "base/text.h"
#include "graph/node.h"
#include "kernel/block.h"
#include "store/collective.h"
#include "store/journal.h"

/* Bytes of partial states a rank sends in one round when reductions are completed over ranks. */
#define AMA_EXCHANGE_BYTES ((int64_t)8 << 20)

/* Cut points of one axis: unit u covers [cut[u], cut[u + 1]). */
typedef struct ama__cuts {
    int64_t n;
    const int64_t *cut; /* n + 1 increasing values */
} ama__cuts;

/* How a consumer's axis runs along the driver's: consumer index i stands at driver index start + i * step (step >= 1)
 * or list[i] (never decreasing, or never increasing); driver_axis -1: does not run along the driver. */
typedef struct ama__axismap {
    int driver_axis;
    int64_t start, step;
    const int64_t *list;
} ama__axismap;

typedef enum ama__consumer_kind { AMA_CONSUME_REDUCE, AMA_CONSUME_WRITE, AMA_CONSUME_GATHER } ama__consumer_kind;

/* Contributions to the groups of a reduction along its label axis (or its one group): of unit u of that driver axis,
 * entries first[u] .. first[u + 1) of group[], position[] and count[]: this unit's is the position-th of the
 * n_parts[group] units that have members of the group, and has count of its members[group] members. rank[i]: how many
 * indices of the label axis before i are in the same unit and group. */
typedef struct ama__groups {
    int64_t n_groups;
    const int64_t *first, *group, *position, *n_parts, *count, *members, *rank;
} ama__groups;

typedef struct ama__consumer {
    ama__consumer_kind kind;
    ama__node *node; /* evaluated over its whole shape; for REDUCE the input, axes in the driver's order */
    ama__axismap map[AMA_MAX_DIMS];
    int64_t fixed[AMA_MAX_DIMS]; /* per driver axis: the only driver index the consumer needs, or -1 */
    int64_t unit_lo[AMA_MAX_DIMS], unit_hi[AMA_MAX_DIMS]; /* per driver axis: units it touches, [lo, hi) */
    int64_t out_start[AMA_MAX_DIMS]; /* where `node`'s axes begin in the result or output: not 0 for a panel */
    int64_t halo[AMA_MAX_DIMS]; /* per axis of `node`: indices that windows read beyond a box, both sides together */
    /* REDUCE */
    ama__node *reduce; /* the REDUCE node whose result this makes */
    int n_twins;       /* more REDUCE nodes, of the same values that this one collects */
    ama__node **twin;
    ama__reduce_spec spec; /* per axis of `node` */
    int n_row_axes;        /* trailing reduced axes taken as one row */
    ama__groups groups;    /* along the label axis; one group when there is none */
    /* per driver axis that is reduced (not labelled): the position of each unit among the leaf_n touched ones, or -1 */
    const int64_t *leaf_pos[AMA_MAX_DIMS];
    int64_t leaf_n[AMA_MAX_DIMS];
    int out_axis[AMA_MAX_DIMS]; /* axis of reduce's result for each axis of `node`; -1 for reduced ones */
    /* WRITE */
    int sink, var;
    const ama__done *done; /* chunks of the output that are there already; NULL: none */
    bool shares;           /* chunks of the output get values from several ranks: these are exchanged round by round */
    /* REDUCE and WRITE: what does not fit is made panel by panel, each in its own stage; n_panels 0: with others */
    int64_t panel, n_panels;
    int64_t open_bytes;      /* of columns that ranks complete together, all ranks */
    int64_t collected_bytes; /* the most that a rank holds of columns' values, or of chunks until they are whole */
    /* REDUCE: pass of a reduction that counts keys instead of collecting values, each in a stage; n_passes 0: it does
     * not. `digit` bits of the keys in a pass */
    int pass, n_passes, digit;
    /* GATHER: sink, and `var` counts its nodes */
} ama__consumer;

typedef struct ama__stage {
    int level;         /* stages of one level do not depend on each other, but passes that count follow each other */
    ama__node *driver; /* SOURCE, CONCAT of sources, or NULL: the space is the one consumer's own */
    int ndim;
    int64_t shape[AMA_MAX_DIMS];
    ama__cuts atoms[AMA_MAX_DIMS]; /* chunk boundaries: tiles are cut there */
    ama__cuts units[AMA_MAX_DIMS];
    int order[AMA_MAX_DIMS]; /* axes from the slowest to the fastest in the order of units */
    int n_consumers;
    ama__consumer *consumer;
    int n_sources; /* SOURCE nodes read */
    ama__node **source;
    int n_operands; /* REDUCE nodes whose results are read */
    ama__node **operand;
    int n_scans; /* SCAN nodes evaluated, each after those below it */
    ama__node **scan;
    int64_t atom_rows;                                    /* of the widest chunk along axis 0 */
    int64_t unit_lo[AMA_MAX_DIMS], unit_hi[AMA_MAX_DIMS]; /* units that any consumer touches, per axis */
    int64_t n_units;                                      /* product of hi - lo */
    int64_t n_turns;     /* > 0: columns of chunks are put together over all ranks, in turns; see turns.h */
    int64_t *rank_first; /* [nranks + 1]: rank r owns units rank_first[r] .. rank_first[r + 1) of the unit order */
    int64_t row_bytes;   /* decoded bytes of one index of axis 0 of the largest column, all sources */
    int64_t tile_bytes;  /* decoded bytes a tile may hold */
    int64_t n_rounds;    /* largest number of tiles of a rank: collective flushes happen once a round */
    /* predictions: sums over all ranks, and bytes held by the rank that needs most */
    int64_t chunks, stored_bytes, decoded_bytes, write_bytes;
    int64_t sent_bytes;  /* values that go from one rank to another */
    int64_t n_exchanges; /* rounds of messages between all ranks, about */
    int64_t ahead_bytes; /* that reading ahead may hold: what the others leave, in peak_bytes */
    int64_t fetch_bytes, scratch_bytes, state_bytes, result_bytes, operand_bytes, output_bytes, peak_bytes;
} ama__stage;

/* How order statistics are made: AUTO is what costs less; a test may want one way (COUNT: where counts fit). */
typedef enum ama__order_way { AMA_ORDER_AUTO, AMA_ORDER_COLLECT, AMA_ORDER_COUNT } ama__order_way;

typedef struct ama__plan_options {
    int nranks, threads;
    int64_t budget_bytes; /* per rank */
    int64_t unit_bytes;   /* 0: the default; a test's smaller units exercise the trees */
    int prefetch;         /* tiles read ahead; 0: none */
    ama__io_path io;      /* how sources are read */
    int n_aggregators;    /* 0: one a node */
    ama__order_way order;
    bool try_asked; /* a refusal asks for a budget that was tried, not for what the attempts need: takes more of them */
} ama__plan_options;

static inline ama__io_options ama__plan_io(const ama__plan_options *o) {
    return (ama__io_options){o->io, o->n_aggregators, o->budget_bytes};
}

typedef struct ama__plan {
    ama__plan_options options;
    int n_stages;
    ama__stage *stage;
    int n_sinks;
    ama__sink **sink;
    int64_t base_bytes; /* resident memory of the process when the plan was made, without held_bytes */
    int64_t held_bytes; /* of the budget, in use when the plan was made: metadata, chunk tables, the graph */
    int64_t peak_bytes; /* of the budget: held_bytes and what the stages hold, on the rank that needs most; at most */
    /* the same without what need not be read ahead: it was in the page cache when the plan was made */
    int64_t likely_bytes;
    int n_vars; /* of the manifests a run needs */
    ama__store_var *var;
} ama__plan;

/* Makes the plan of all sinks together. g's arena holds it. Collective only in that stores hand over their manifests
 * (chunk tables): reads metadata, no data. Errors: BUDGET with the smallest budget that would do, UNSUPPORTED. */
ama_status ama__plan_make(ama__graph *g, ama__comm *comm, const ama__plan_options *o, int n_sinks,
                          ama__sink *const *sinks, ama__plan **out);

/* The text of `amasia plan`. Local. */
void ama__plan_print(const ama__plan *p, ama__text *t);

/* ---- geometry shared with exec/ (Local, pure arithmetic) */

/* Unit indices of unit number u in the order of units. */
void ama__stage_unit(const ama__stage *s, int64_t u, int64_t *index);
/* Box of the driver's space that a unit covers. */
ama__box ama__stage_unit_box(const ama__stage *s, const int64_t *index);
/* End of the tile that starts at `start` of axis 0 in a unit: as many atoms as fit tile_bytes, at least one. */
int64_t ama__stage_tile_end(const ama__stage *s, const ama__box *unit, int64_t start);
/* The part of a consumer's index space that stands in a box of the driver's space; false when there is none. */
bool ama__consumer_box(const ama__stage *s, const ama__consumer *c, const ama__box *driver_box, ama__box *out);
/* Driver index at which consumer index i stands. */
int64_t ama__axismap_at(const ama__axismap *m, int64_t i);
/* The interval of the cuts that holds x, which lies inside them. */
int64_t ama__cuts_find(const ama__cuts *c, int64_t x);
/* Extent of the widest interval, at least 1. */
int64_t ama__cuts_widest(const ama__cuts *c);
/* The rank that puts a box of a WRITE consumer's node together (a chunk, clipped) and writes it: one of those whose
 * units may touch it, the turn-th in turn; *shared: there are several. Depends on the plan alone. */
int ama__consumer_owner(const ama__stage *s, const ama__consumer *c, int nranks, const ama__box *box, int64_t turn,
                        bool *shared);
/* True when nothing has to be made of a tile: all that its consumers make are chunks that are there already. */
bool ama__stage_tile_done(const ama__stage *s, const ama__box *tile);
/* Elements of a box of the consumer's node that are in such chunks; whether one chunk is there. */
int64_t ama__consumer_done(const ama__consumer *c, const ama__box *box);
bool ama__consumer_has(const ama__consumer *c, const ama__box *chunk);
/* Leaf position of a unit among the n_leaves that make (this output block, group): see ama__groups. */
int64_t ama__consumer_leaf(const ama__stage *s, const ama__consumer *c, const int64_t *unit, int64_t position,
                           int64_t n_parts, int64_t *n_leaves);
/* Input indices [*lo, *hi] that output indices [first, first + count) of a pick touch; false when all are missing. */
bool ama__pick_range(const ama__pick *p, int64_t first, int64_t count, int64_t *lo, int64_t *hi);
/* Indices between two neighbours of a pick are evaluated with them when there are fewer than this; otherwise what lies
 * between is not wanted. The rule looks at neighbours alone, so that a part of a run is a part of a run. */
#define AMA_PICK_GAP 4
/* End of the run of output indices that starts at `first`, at most first + count. */
int64_t ama__pick_run(const ama__pick *p, int64_t first, int64_t count);
/* An upper bound of the input indices covered per output index, in any range. */
int64_t ama__pick_spread(const ama__pick *p);
/* The most elements that an INDEX which gives n evaluates below it at one time. */
static inline int64_t ama__index_most(int64_t n) {
    return n * 3 > 2 * AMA_BLOCK_ELEMENTS ? n * 3 : 2 * AMA_BLOCK_ELEMENTS;
}
/* The box of each operand (index as in s->operand) that the units of a rank read; ndim -1 where it reads nothing. */
ama_status ama__stage_operand_boxes(ama_ctx *ctx, const ama__stage *s, int rank, ama__box *box);
/* How values of a part of a source are made from what is stored. */
ama__load ama__source_load(const ama__node *source, int part);
/* The part of a box of a CONCAT, which it must touch, that its k-th input gives, in the input's index space. */
ama__box ama__concat_piece(const ama__node *node, int k, const ama__box *box);
/* The boxes of the leaves (SOURCE, REDUCE, CONST nodes, and SCAN, behind which ama__stage_need goes on) that evaluating
 * `box` of `node` needs: calls fn for each leaf reached (a leaf may come several times). What several paths lead to is
 * visited once where that is noticed. */
typedef ama_status ama__need_fn(void *user, ama__node *leaf, const ama__box *box);
ama_status ama__node_need(ama__node *node, const ama__box *box, ama__need_fn *fn, void *user);
/* The box of an operand of a MAP that a box of the node reads. */
ama__box ama__map_operand_box(const ama__node *node, int k, const ama__box *box);
/* The box of an INDEX' input that holds all that a box of the node picks; false when all of it is missing. */
bool ama__index_box(const ama__node *node, const ama__box *box, ama__box *in);

/* A SCAN is evaluated once for a tile, over boxes that begin where segments begin (and of ranks end where they end);
 * what reads it finds it in memory. */
typedef struct ama__scan_box {
    int scan; /* stage->scan[] */
    ama__box box;
} ama__scan_box;
typedef struct ama__scan_boxes { /* in order of evaluation once ama__stage_need has made them */
    ama_ctx *ctx;
    int n, cap;
    ama__scan_box *at;
} ama__scan_boxes;
void ama__scan_boxes_fini(ama__scan_boxes *b);
/* Adds a box, joined to others of the scan where that costs nothing or they are too many; ama__scan_boxes_sort drops
 * what this leaves behind and sorts by scan. Local. */
ama_status ama__scan_boxes_add(ama__scan_boxes *b, int scan, const ama__box *box);
void ama__scan_boxes_sort(ama__scan_boxes *b);
/* What all consumers need in a box of the driver's space: fn as above for SOURCE, REDUCE and CONST leaves, and the
 * boxes of the scans in *scans (what it held is dropped). */
ama_status ama__stage_need(ama_ctx *ctx, const ama__stage *s, const ama__box *driver_box, ama__scan_boxes *scans,
                           ama__need_fn *fn, void *user);
/* Bytes of the values of all those boxes. */
int64_t ama__scan_boxes_bytes(const ama__scan_boxes *b);

#endif
