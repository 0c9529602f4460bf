/* A thread's bump allocator: blocks are kept between resets. */
#ifndef AMA_EXEC_SCRATCH_H
#define AMA_EXEC_SCRATCH_H

#include "base/memory.h"

typedef struct ama__scratch ama__scratch;
ama_status ama__scratch_create(ama_ctx *ctx, ama__scratch **out);
void ama__scratch_destroy(ama__scratch **s);
void ama__scratch_reset(ama__scratch *s);
/* What is given out after a mark is given up by a release to it. */
typedef struct ama__scratch_mark {
    int block;
    size_t used;
} ama__scratch_mark;
ama__scratch_mark ama__scratch_get_mark(const ama__scratch *s);
void ama__scratch_release(ama__scratch *s, ama__scratch_mark mark);
ama_status ama__scratch_alloc(ama__scratch *s, size_t bytes, void **out); /* 64-byte aligned */

#endif
