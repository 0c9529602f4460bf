/* Running sums of a tile, and arrays put one behind the other. */
#ifndef AMA_EXEC_EVAL_SCAN_H
#define AMA_EXEC_EVAL_SCAN_H

#include "exec/eval.h"

/* Makes the values of all scans that the tile's consumers read, by all threads; they live until the next fetch. Local.
 */
ama_status ama__tile_scan(ama__tile *t, ama__evaluator *ev, int threads);
/* ama__evaluator_view of a SCAN, whose values ama__tile_scan made, and of a CONCAT. */
ama_status ama__evaluator_scan(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__view *out);
ama_status ama__evaluator_concat(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__view *out);
/* True when the values of a box of a SCAN are there, in one piece. */
bool ama__evaluator_has_scan(const ama__evaluator *e, const ama__node *node, const ama__box *box);

#endif
