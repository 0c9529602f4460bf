/* What accum.c, collect.c, exchange.c and collect_exchange.c share. */
#ifndef AMA_EXEC_ACCUM_PRIVATE_H
#define AMA_EXEC_ACCUM_PRIVATE_H

#include "exec/accum.h"
#include "plan/ways.h"

/* The slot of (block, group), made when it is not there; with an empty tree where there is none, unless n_leaves is 0.
 */
ama_status ama__accum_slot_of(ama__accum *a, int64_t block, int64_t group, const ama__box *kept, int64_t n_leaves,
                              ama__accum_slot **out);
static inline bool ama__accum_is_open(const ama__accum_slot *s) {
    return s->used && (s->tree || s->chain);
}
/* Puts a node into the slot's tree, merging as far as it goes; a complete tree becomes a piece of the result. Takes
 * over the node's state. */
ama_status ama__accum_insert(ama__accum *a, ama__accum_slot *s, ama__tree_node at);
/* Adds final values of (kept box, group) as a piece of a result: dense, in the order of the consumer's kept axes (then
 * of q). Takes over data. */
ama_status ama__accum_add_piece(ama__accum *a, int result, const ama__box *kept, int64_t group, void *data);
/* Part `r` of `n` of a block that ranks complete together. False when it is empty. */
bool ama__accum_part(const ama__box *kept, int r, int n, ama__box *out);
/* REDUCE node number i of the consumer: reduce, then its twins. */
static inline const ama__node *ama__accum_result(const ama__accum *a, int i) {
    return ama__consumer_result(a->consumer, i);
}

#endif
