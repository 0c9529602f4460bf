/* Lowering: from sinks to stages with consumers, before any cutting. Private to plan/. */
#ifndef AMA_PLAN_LOWER_H
#define AMA_PLAN_LOWER_H

#include "comm/comm.h"
#include "plan/plan.h"

/* Into how many panels reductions that collect values are cut: by id of the REDUCE node, of nodes below n. */
typedef struct ama__panels {
    int n;
    int64_t *count; /* 0: together with others; 1: in a stage of its own */
} ama__panels;

/* Finds all REDUCE nodes and sinks, their levels and drivers, and groups them into stages in order of level. Sets of
 * each stage: level, driver, ndim, shape, consumers (maps, fixed, spec, out_axis), sources, operands. Sinks: p's. */
ama_status ama__plan_lower(ama__graph *g, const ama__panels *panels, ama__plan *p);

/* Raises the number of panels where that makes a stage fit that does not; false when nothing is left to cut. */
bool ama__plan_more_panels(const ama__plan *p, const ama__panels *panels);
/* Part `panel` of the axis along which the columns of a reduction are cut; false when there is none to cut. */
bool ama__plan_panel(const ama__node *reduce, const ama__node *source, int64_t panel, int64_t n_panels, int *axis,
                     int64_t *start, int64_t *count);

/* Cuts the space of a stage into atoms and units, and works out the units and leaves of every consumer. */
ama_status ama__plan_cut(ama__graph *g, const ama__plan_options *o, ama__stage *s);

/* Gives outputs whose chunk shape is left open (chunked, grid.chunk all 0) one that suits the stage. */
ama_status ama__plan_chunks(ama__graph *g, ama__plan *p, const ama__stage *s);

/* Shares the units over the ranks, sizes the tiles, predicts bytes and memory: all the same on all ranks. Collective.
 */
ama_status ama__plan_size(ama__graph *g, ama__comm *comm, ama__plan *p);

#endif
