/* What accum.c and exchange.c share. */
#ifndef AMA_EXEC_ACCUM_PRIVATE_H
#define AMA_EXEC_ACCUM_PRIVATE_H

#include "exec/accum.h"

/* The slot of (block, group), made with an empty tree when it is not there. */
ama_status ama__accum_slot_of(ama__accum *a, int64_t block, int64_t group, const ama__box *kept, int64_t n_leaves,
                              ama__accum_slot **out);
/* Puts a node into the slot's tree, merging as far as it goes; a complete tree becomes a piece of the result. Takes
 * over the node's state. */
ama_status ama__accum_insert(ama__accum *a, ama__accum_slot *s, ama__tree_node at);

#endif
