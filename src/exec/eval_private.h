/* Shared by the files of the evaluator (eval*.c) and by nobody else. */
#ifndef AMA_EXEC_EVAL_PRIVATE_H
#define AMA_EXEC_EVAL_PRIVATE_H

#include "exec/eval.h"

/* A fresh dense block of a class over a box. */
ama_status ama__evaluator_block(ama__evaluator *e, ama__class class, const ama__box *box, ama__view *out, void **data);
/* The view over the box in C order: copied where it is not. */
ama_status ama__evaluator_make_dense(ama__evaluator *e, const ama__box *box, ama__view *v);
/* A MAP node over a box. */
ama_status ama__evaluator_map(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out);
/* An INDEX node over a box. */
ama_status ama__evaluator_index(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out);
/* A SOURCE node over a box. */
ama_status ama__evaluator_source(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__view *out);
/* Values of a row. Shorter ones cost more as runs of their own than to copy. */
#define AMA_ROW_LEAST 256
/* Rows of the two kinds of nodes that leave them where they are (*out is empty before); *found false: they can not. */
ama_status ama__evaluator_index_rows(ama__evaluator *e, ama__node *node, const ama__box *box, ama__rows *out,
                                     bool *found);
ama_status ama__evaluator_source_rows(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__rows *out,
                                      bool *found);
/* A WINDOW node over a box. */
ama_status ama__evaluator_window(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out);
/* True when what an INDEX reads for a box is evaluated as one box, *in; false: piece by piece. */
bool ama__evaluator_index_whole(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__box *in);

/* Whether evaluating a box of a node finds all chunks, results and running sums it reads. */
bool ama__evaluator_is_held(ama__evaluator *e, ama__node *node, const ama__box *box);

/* ---- what was made for the current block (keep.c) */

typedef struct ama__keep ama__keep;
ama_status ama__keep_create(ama_ctx *ctx, ama__keep **out);
void ama__keep_destroy(ama_ctx *ctx, ama__keep **k);
void ama__keep_forget(ama__keep *k);
/* Where it stands, and back to there: what was put since is forgotten. */
uint32_t ama__keep_now(const ama__keep *k);
void ama__keep_back(ama__keep *k, uint32_t number);
/* The view of a box of a node, when one that holds it was put; false otherwise. */
bool ama__keep_find(const ama__keep *k, const ama__node *node, const ama__box *box, ama__view *out);
void ama__keep_put(ama__keep *k, const ama__node *node, const ama__box *box, const ama__view *v);

#endif
