/* Lowering: from sinks to stages with consumers, before any cutting. Private to plan/. */
#ifndef AMA_PLAN_LOWER_H
#define AMA_PLAN_LOWER_H

#include "comm/comm.h"
#include "plan/plan.h"

/* Finds all REDUCE nodes and sinks, their levels and drivers, and groups them into stages in order of level. Sets of
 * each stage: level, driver, ndim, shape, consumers (maps, fixed, spec, out_axis), sources, operands. */
ama_status ama__plan_lower(ama__graph *g, const ama__plan_options *o, int n_sinks, ama__sink *const *sinks,
                           int *n_stages, ama__stage **stages);

/* Cuts the space of a stage into atoms and units, and works out the units and leaves of every consumer. */
ama_status ama__plan_cut(ama__graph *g, const ama__plan_options *o, ama__stage *s);

/* Gives outputs whose chunk shape is left open (chunked, grid.chunk all 0) one that suits the stage. */
ama_status ama__plan_chunks(ama__graph *g, ama__plan *p, const ama__stage *s);

/* Shares the units over the ranks, sizes the tiles, predicts bytes and memory. Collective. BUDGET, the same on all
 * ranks, when it does not fit. */
ama_status ama__plan_size(ama__graph *g, ama__comm *comm, const ama__plan_options *o, ama__plan *p);

#endif
