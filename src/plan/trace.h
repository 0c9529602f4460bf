/* How the axes of a lazy array run along those of what drives its stage. Private to plan/. */
#ifndef AMA_PLAN_TRACE_H
#define AMA_PLAN_TRACE_H

#include "plan/plan.h"

typedef struct ama__trace {
    bool found; /* the node depends on the driver and its axes run along it */
    ama__axismap map[AMA_MAX_DIMS];
    int64_t fixed[AMA_MAX_DIMS]; /* per driver axis: the only index the node needs, or -1 */
} ama__trace;

/* Looks for `driver` below n (a REDUCE is not looked through). Lists of maps live in the graph's arena. Local. */
ama_status ama__plan_trace(ama__graph *g, ama__node *n, const ama__node *driver, ama__trace *r);

#endif
