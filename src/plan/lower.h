/* Lowering: from sinks to stages with consumers, before any cutting. Private to plan/. */
#ifndef AMA_PLAN_LOWER_H
#define AMA_PLAN_LOWER_H

#include "comm/comm.h"
#include "plan/plan.h"

/* Into how many panels reductions that collect values and outputs whose chunks wait are cut. 0: together with others;
 * 1: in a stage of its own. And which reductions count instead of collecting. */
typedef struct ama__panels {
    int n;
    int64_t *count;   /* by id of the REDUCE node, of nodes below n */
    int *digit;       /* likewise: bits of keys that a pass counts; 0: it collects */
    int64_t **output; /* per sink, per variable */
} ama__panels;

/* A part of an array, of all its axes. */
typedef struct ama__panel {
    int64_t start[AMA_MAX_DIMS], count[AMA_MAX_DIMS];
} ama__panel;

/* Finds all REDUCE nodes and sinks, their levels and drivers, and groups them into stages in order of level. Sets of
 * each stage: level, driver, ndim, shape, consumers (maps, fixed, spec, out_axis), sources, operands. Sinks: p's. */
ama_status ama__plan_lower(ama__graph *g, const ama__panels *panels, ama__plan *p);

/* Raises the number of panels where that makes a stage fit that does not; false when nothing is left to cut. */
bool ama__plan_more_panels(const ama__plan *p, const ama__panels *panels);
/* Part `panel` of the columns of a reduction over `source` (NULL: none); false when there is none. */
bool ama__plan_panel(const ama__node *reduce, const ama__node *source, int64_t panel, int64_t n_panels,
                     ama__panel *out);
/* Part `panel` of an output: whole chunks. False when there is none. */
bool ama__plan_output_panel(const ama__node *node, const ama__node *source, const int64_t *chunk, int64_t panel,
                            int64_t n_panels, ama__panel *out);

/* Cuts the space of a stage into atoms and units, and works out the units and leaves of every consumer. */
ama_status ama__plan_cut(ama__graph *g, const ama__plan_options *o, ama__stage *s);

/* Gives outputs whose chunk shape is left open (chunked, grid.chunk all 0) one that suits the stage. */
ama_status ama__plan_chunks(ama__graph *g, ama__plan *p, const ama__stage *s);

/* Shares the units over the ranks, sizes the tiles, predicts bytes and memory: all the same on all ranks. Collective.
 */
ama_status ama__plan_size(ama__graph *g, ama__comm *comm, ama__plan *p);

#endif
