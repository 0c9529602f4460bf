/* Running sums across tiles and units. Private to plan/. */
#ifndef AMA_PLAN_SEAMS_H
#define AMA_PLAN_SEAMS_H

#include "plan/plan.h"

/* Joins atoms of a stage so that no segment of a SCAN lies in two of them, where that can be: a tile or unit that began
 * in the middle of a segment would fetch and add up the beginning again. Then whole columns of ranks, where nothing
 * that is read has chunks, are cut into atoms of few columns. */
ama_status ama__plan_seams(ama__graph *g, ama__stage *s);

#endif
