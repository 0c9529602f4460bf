#include "plan/program.h"

typedef struct builder {
    ama__program *p;
    int left;      /* steps that may still be added */
    unsigned used; /* a bit per slot that holds values at this point */
} builder;

/* Operand k is made within the program: nothing else reads it, and its values stand where the node's do. */
static bool joins(const ama__node *node, int k) {
    const ama__node *in = node->u.map.in[k];
    if (in->kind != AMA_NODE_MAP || in->n_users != 1 || in->ndim != node->ndim) return false;
    for (int a = 0; a < node->ndim; a++)
        if (node->u.map.axis[k][a] != a) return false;
    return true;
}

static int build(builder *b, ama__node *node) {
    ama__program *p = b->p;
    int8_t from[3] = {0, 0, 0};
    for (int k = 0; k < node->u.map.n_in; k++) {
        if (joins(node, k) && b->left > 0) {
            b->left--;
            from[k] = (int8_t)build(b, node->u.map.in[k]);
        } else {
            p->leaf[p->n_leaves].user = node;
            p->leaf[p->n_leaves].k = (int8_t)k;
            from[k] = (int8_t)~p->n_leaves++;
        }
    }
    int slot = 0, i = p->n_steps++;
    while (b->used >> slot & 1) slot++;
    b->used |= 1u << slot;
    if (slot >= p->n_slots) p->n_slots = slot + 1;
    p->step[i].node = node;
    p->step[i].slot = (int8_t)slot;
    for (int k = 0; k < 3; k++) {
        p->step[i].from[k] = from[k];
        if (k < node->u.map.n_in && from[k] >= 0) b->used &= ~(1u << p->step[from[k]].slot);
    }
    return i;
}

void ama__program_make(ama__node *node, ama__program *out) {
    builder b = {out, AMA_PROGRAM_STEPS - 1, 0};
    out->n_steps = out->n_leaves = out->n_slots = 0;
    build(&b, node);
}
