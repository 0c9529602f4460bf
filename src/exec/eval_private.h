/* Shared by the files that evaluate nodes. */
#ifndef AMA_EXEC_EVAL_PRIVATE_H
#define AMA_EXEC_EVAL_PRIVATE_H

#include "exec/eval.h"

/* A fresh dense block of a class over a box. */
ama_status ama__evaluator_new(ama__evaluator *e, ama__class class, const ama__box *box, ama__view *out, void **data);
ama_status ama__eval_window(ama__evaluator *e, ama__node *node, const ama__box *box, ama__view *out);

#endif
