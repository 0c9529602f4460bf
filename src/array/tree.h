/* The fixed binary tree over the leaves of a reduction: node (level k, j) stands for leaves [j * 2^k, (j + 1) * 2^k).
 * Its shape depends on the number of leaves alone, so a reduction merged along it has the same bits whatever the order
 * in which leaves arrive and whichever rank has them. Pure bookkeeping: the caller merges the states. */
#ifndef AMA_ARRAY_TREE_H
#define AMA_ARRAY_TREE_H

#include <stdbool.h>
#include <stdint.h>

#define AMA_TREE_PENDING 64

typedef struct ama__tree_node {
    int level;
    int64_t index;
    void *state; /* the caller's */
} ama__tree_node;

typedef struct ama__tree {
    int64_t n_leaves;
    int n; /* nodes that wait for their sibling */
    ama__tree_node node[AMA_TREE_PENDING];
    bool complete; /* node[0] is the root */
} ama__tree;

/* The sibling that `at` can be merged with now: removes it from the tree and returns true, with *left telling whether
 * the sibling is the earlier one. Afterwards `at` stands for the parent. Where there is nothing to merge `at` is put
 * into the tree (the tree may then be complete) and false is returned. *full is set when no place is left. */
bool ama__tree_step(ama__tree *t, ama__tree_node *at, ama__tree_node *sibling, bool *left, bool *full);

#endif
