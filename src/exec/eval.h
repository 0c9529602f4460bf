/* Evaluating a node over a box, pulled from the leaves: chunks of the current tile, results of earlier stages,
 * constants. One evaluator per thread. */
#ifndef AMA_EXEC_EVAL_H
#define AMA_EXEC_EVAL_H

#include "exec/tile.h"

/* Class values of a node over a box: element strides per axis (0: repeated, negative: backwards). */
typedef struct ama__view {
    const void *data;
    ama__class class;
    int64_t stride[AMA_MAX_DIMS];
} ama__view;

/* A view whose places along some axes are listed: the i-th of axis a lies list[a][i] elements from view.data where
 * there is a list, i * view.stride[a] elsewhere. */
typedef struct ama__rows {
    ama__view view;
    const int64_t *list[AMA_MAX_DIMS];
} ama__rows;

/* Where the values at at[] of the first n axes begin. */
static inline const char *ama__rows_at(const ama__rows *r, int n, const int64_t *at) {
    int64_t offset = 0;
    for (int a = 0; a < n; a++) offset += r->list[a] ? r->list[a][at[a]] : at[a] * r->view.stride[a];
    return (const char *)r->view.data + offset * (int64_t)ama__class_bytes(r->view.class);
}

/* A result of an earlier stage as far as this rank reads it: dense, native, of the node's dtype. */
typedef struct ama__operand {
    ama__node *node;
    ama__box box;
    const void *data;
} ama__operand;

typedef struct ama__evaluator {
    ama_ctx *ctx;
    const ama__stage *stage;
    const ama__tile *tile;
    const ama__operand *operand; /* as stage->operand */
    struct ama__scratch *scratch;
    struct ama__keep *keep; /* views made since the last reset */
} ama__evaluator;

ama_status ama__evaluator_init(ama__evaluator *e, ama_ctx *ctx, const ama__stage *s, const ama__tile *t,
                               const ama__operand *operand);
void ama__evaluator_fini(ama__evaluator *e);
/* Gives up all views made so far. */
void ama__evaluator_reset(ama__evaluator *e);
/* Scratch memory that lives until the next reset. */
ama_status ama__evaluator_alloc(ama__evaluator *e, size_t bytes, void **out);

ama_status ama__evaluator_view(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out);
/* The same with unit stride: the last `inner` axes (at least one) lie dense in memory, the others anyhow. */
ama_status ama__evaluator_runs(ama__evaluator *e, ama__node *node, const ama__box *box, int inner, ama__view *out);
/* The same where its values stand: rows that an INDEX picks from slower axes, or that lie in several chunks, are
 * listed, with unit stride along the fastest axis; all else is a view. */
ama_status ama__evaluator_rows(ama__evaluator *e, ama__node *node, const ama__box *box, ama__rows *out);
/* The same as a dense C-order block (a view is copied when it is not one). */
ama_status ama__evaluator_dense(ama__evaluator *e, ama__node *node, const ama__box *box, const void **out);
/* A MAP node's class values over the box into dense memory of the caller's. */
ama_status ama__evaluator_into(ama__evaluator *e, ama__node *node, const ama__box *box, void *dst);

#endif
