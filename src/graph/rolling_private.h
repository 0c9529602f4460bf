/* Shared by the files of rolling (rolling*.c) and by nobody else. */
#ifndef AMA_GRAPH_ROLLING_PRIVATE_H
#define AMA_GRAPH_ROLLING_PRIVATE_H

#include "graph/rolling.h"

/* The windows along the dims that one variable has. */
typedef struct ama__windows {
    int n;
    int axis[AMA_MAX_DIMS];
    int64_t width[AMA_MAX_DIMS], lo[AMA_MAX_DIMS];
    int64_t min_periods;
    int ddof;
} ama__windows;

/* Variance (op VAR) or standard deviation of numbers over two axes or more, float64; NaN where the values are fewer
 * than min_periods or not more than ddof. Errors: UNSUPPORTED (windows that are wide along more than one axis). */
ama_status ama__windows_spread(ama__graph *g, const ama__windows *w, ama__red op, const ama__variable *v,
                               ama__variable **out);

#endif
