/* Running sums across tiles and units. Private to plan/. */
#ifndef AMA_PLAN_SEAMS_H
#define AMA_PLAN_SEAMS_H

#include "plan/plan.h"

/* Joins atoms of a stage so that no segment of a SCAN lies in two of them, where that can be: a tile or unit that began
 * in the middle of a segment would fetch and add up the beginning again. Then whole columns of ranks, where nothing
 * that is read has chunks, are cut into atoms of few columns; so are those that chunks cross, where they are more than
 * a tile should hold: the stage then takes turns (n_turns is 1 until its size is known). */
ama_status ama__plan_seams(ama__graph *g, const ama__plan_options *o, ama__stage *s);

#endif
