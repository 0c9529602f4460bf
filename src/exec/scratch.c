#include "exec/scratch.h"

#define BLOCK_BYTES ((size_t)1 << 18)
#define MAX_BLOCKS 512

struct ama__scratch {
    ama_ctx *ctx;
    int n, current; /* blocks held; the one in use */
    size_t used;    /* of the current block */
    struct {
        char *p;
        size_t bytes;
    } block[MAX_BLOCKS];
};

ama_status ama__scratch_create(ama_ctx *ctx, ama__scratch **out) {
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_SCRATCH, 1, sizeof **out, (void **)out));
    (*out)->ctx = ctx;
    return AMA_OK;
}

void ama__scratch_destroy(ama__scratch **s) {
    if (!*s) return;
    for (int i = 0; i < (*s)->n; i++) ama__mem_free((*s)->ctx, (*s)->block[i].p);
    ama__mem_free((*s)->ctx, *s);
    *s = NULL;
}

void ama__scratch_reset(ama__scratch *s) {
    s->current = 0;
    s->used = 0;
}

ama__scratch_mark ama__scratch_get_mark(const ama__scratch *s) {
    return (ama__scratch_mark){s->current, s->used};
}

void ama__scratch_release(ama__scratch *s, ama__scratch_mark mark) {
    s->current = mark.block;
    s->used = mark.used;
}

ama_status ama__scratch_alloc(ama__scratch *s, size_t bytes, void **out) {
    bytes = (bytes + 63) & ~(size_t)63;
    for (; s->current < s->n; s->current++, s->used = 0) {
        if (s->block[s->current].bytes - s->used < bytes) continue;
        *out = s->block[s->current].p + s->used;
        s->used += bytes;
        return AMA_OK;
    }
    if (s->n == MAX_BLOCKS)
        return ama__fail(s->ctx, AMA_ERR_INTERNAL, "an expression too large for a thread's scratch");
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    AMA_TRY(ama__mem_alloc(s->ctx, AMA_MEM_SCRATCH, size, (void **)&s->block[s->n].p));
    s->block[s->n++].bytes = size;
    s->used = bytes;
    *out = s->block[s->current].p;
    return AMA_OK;
}
