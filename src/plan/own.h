/* Which part of an earlier result a rank has by itself. */
#ifndef AMA_PLAN_OWN_H
#define AMA_PLAN_OWN_H

#include "plan/plan.h"

/* Values of a box of the result of `reduce` that the rank's own units complete in the first n_stages stages: they need
 * not be sent to it. What units of several ranks, or several of its own, complete together is not counted. Local. */
int64_t ama__plan_own_values(const ama__plan *p, int n_stages, const ama__node *reduce, int rank, const ama__box *box);

#endif
