/* Elementwise programs: a MAP node and the MAP nodes below it that nothing else reads, evaluated together, a strip of
 * values at a time, so that what lies between them stays in the core's nearest cache. */
#ifndef AMA_PLAN_PROGRAM_H
#define AMA_PLAN_PROGRAM_H

#include "plan/plan.h"

enum { AMA_PROGRAM_STEPS = 24, AMA_PROGRAM_LEAVES = 2 * AMA_PROGRAM_STEPS + 1 };
/* Values of a strip. */
#define AMA_PROGRAM_STRIP 2048

typedef struct ama__program {
    int n_steps, n_leaves, n_slots;
    struct {
        ama__node *node;
        int8_t from[3];        /* per operand: the step that makes it (>= 0), or ~leaf */
        int8_t slot;           /* where its strip lies until it is used; the last step's is the result */
    } step[AMA_PROGRAM_STEPS]; /* in the order of evaluation; the last is the node asked for */
    struct {
        ama__node *user; /* whose operand */
        int8_t k;        /* it is */
    } leaf[AMA_PROGRAM_LEAVES];
} ama__program;

/* The program of a MAP node. Local. */
void ama__program_make(ama__node *node, ama__program *out);

/* Strips that running it takes: of the slots, and one per operand that is converted. */
static inline int ama__program_strips(const ama__program *p) {
    return p->n_slots + 3;
}
/* Class values of dtype `from` have to be converted before an operation in dtype `to` takes them. */
static inline bool ama__program_converts(ama_dtype from, ama_dtype to) {
    return from != to && (ama__class_of(from) != ama__class_of(to) || ama__dtype_is_int(to));
}
/* The dtype that operand k of a MAP node is brought to. */
static inline ama_dtype ama__program_calc(const ama__node *node, int k) {
    return node->u.map.op == AMA_OP_CAST              ? node->u.map.in[k]->dtype
           : node->u.map.op == AMA_OP_WHERE && k == 0 ? AMA_BOOL
                                                      : node->u.map.calc;
}

#endif
