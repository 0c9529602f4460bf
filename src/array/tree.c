#include "array/tree.h"

static int64_t width(const ama__tree *t, int level) {
    return (t->n_leaves + ((int64_t)1 << level) - 1) >> level;
}

bool ama__tree_step(ama__tree *t, ama__tree_node *at, ama__tree_node *sibling, bool *left, bool *full) {
    *full = false;
    while (width(t, at->level) > 1) {
        int64_t other = at->index ^ 1;
        if (other < width(t, at->level)) {
            for (int i = 0; i < t->n; i++) {
                if (t->node[i].level != at->level || t->node[i].index != other) continue;
                *sibling = t->node[i];
                *left = other < at->index;
                t->node[i] = t->node[--t->n];
                at->level++;
                at->index >>= 1;
                return true;
            }
            break; /* the sibling has not come yet */
        }
        at->level++; /* no sibling at the edge: the node stands for its parent */
        at->index >>= 1;
    }
    if (t->n >= AMA_TREE_PENDING) {
        *full = true;
        return false;
    }
    t->node[t->n++] = *at;
    t->complete = width(t, at->level) <= 1;
    return false;
}
