/* The rank's one allocator: categories, a hard limit, 64-byte alignment, and recycling of large buffers (first touch of
 * fresh memory costs as much as decoding). Thread-safe. */
#ifndef AMA_BASE_MEMORY_H
#define AMA_BASE_MEMORY_H

#include "base/context.h"

typedef enum ama__mem_category {
    AMA_MEM_META,    /* metadata, graph, plan, chunk tables */
    AMA_MEM_CHUNK,   /* fetched and decoded chunks */
    AMA_MEM_SCRATCH, /* strips and blocks of a thread */
    AMA_MEM_STATE,   /* accumulator states */
    AMA_MEM_RESULT,  /* results of reductions, replicated operands */
    AMA_MEM_COMM,    /* send and receive buffers */
    AMA_MEM_WRITE,   /* chunks on their way to a file */
    AMA_MEM_N
} ama__mem_category;

const char *ama__mem_category_name(ama__mem_category c);

/* Hard limit per rank in bytes over all categories; 0 means none. Beyond it requests return AMA_ERR_BUDGET. */
void ama__mem_set_limit(ama_ctx *ctx, size_t bytes);
size_t ama__mem_limit(const ama_ctx *ctx);
/* Bytes that used and kept buffers together should not pass: freed buffers beyond it go back to the system at once, so
 * that a run holds no more than its plan said. 0: only the limit counts. */
void ama__mem_set_keep(ama_ctx *ctx, size_t bytes);
/* Bytes in use now, and the largest value so far, of all categories together. */
size_t ama__mem_used(const ama_ctx *ctx);
size_t ama__mem_peak(const ama_ctx *ctx);
/* Bytes of freed buffers kept for reuse: not in `used`, and used + pooled never passes the limit. */
size_t ama__mem_pooled(const ama_ctx *ctx);
size_t ama__mem_category_peak(const ama_ctx *ctx, ama__mem_category c);

/* Gives `bytes` (0 is allowed) of 64-byte aligned memory, not zeroed, in *out. On failure *out is NULL and the error
 * (NOMEM or BUDGET) is recorded. Buffers of 64 KiB and more are kept for reuse when freed; what is kept counts
 * against the limit only as far as there is room, and is given back when a request needs it. */
ama_status ama__mem_alloc(ama_ctx *ctx, ama__mem_category c, size_t bytes, void **out);
/* The same, zeroed; n * size is checked for overflow. */
ama_status ama__mem_calloc(ama_ctx *ctx, ama__mem_category c, size_t n, size_t size, void **out);
/* Grows or shrinks, content kept; *p may be NULL. On failure *p stays valid. */
ama_status ama__mem_realloc(ama_ctx *ctx, ama__mem_category c, size_t bytes, void **p);
/* NULL is allowed. */
void ama__mem_free(ama_ctx *ctx, void *p);
/* Frees *p and sets it to NULL. */
#define AMA_FREE(ctx, p) (ama__mem_free((ctx), (p)), (p) = NULL)

/* `bytes`, or up to a fortieth more where with that a block ends with a whole huge page: all of it is then touched at
 * little cost. */
size_t ama__mem_fill_pages(size_t bytes);

/* Counts memory that is held but not by the allocator, and back. Errors: BUDGET. */
ama_status ama__mem_charge(ama_ctx *ctx, ama__mem_category c, size_t bytes);
void ama__mem_discharge(ama_ctx *ctx, ama__mem_category c, size_t bytes);

/* An arena: many small objects that live and die together. Not thread-safe. */
typedef struct ama__arena ama__arena;
ama_status ama__arena_create(ama_ctx *ctx, ama__arena **out);
void ama__arena_destroy(ama__arena **a);
/* What lies in *other lives as long as `a` from now on; *other is gone. Cannot fail. */
void ama__arena_join(ama__arena *a, ama__arena **other);
/* Zeroed, 16-byte aligned memory; on failure the error is recorded and NULL is returned. */
void *ama__arena_alloc(ama__arena *a, size_t bytes);
/* Copies of strings and memory in the arena; NULL on failure (recorded). */
char *ama__arena_strdup(ama__arena *a, const char *s);
char *ama__arena_strndup(ama__arena *a, const char *s, size_t n);
char *ama__arena_printf(ama__arena *a, const char *fmt, ...) AMA_PRINTF(2, 3);
void *ama__arena_memdup(ama__arena *a, const void *p, size_t bytes);
ama_ctx *ama__arena_ctx(const ama__arena *a);

/* AMA_NEW(arena, p, n): p = n zeroed objects in the arena, or returns the recorded error from the calling function. */
#define AMA_NEW(arena, p, n)                                                                                           \
    do {                                                                                                               \
        (p) = ama__arena_alloc((arena), (size_t)(n) * sizeof *(p));                                                    \
        if (!(p)) return ama__error_status(ama__arena_ctx(arena));                                                     \
    } while (0)
/* AMA_KEEP(arena, p, expr): p = expr (an arena function), or returns the recorded error. */
#define AMA_KEEP(arena, p, expr)                                                                                       \
    do {                                                                                                               \
        (p) = (expr);                                                                                                  \
        if (!(p)) return ama__error_status(ama__arena_ctx(arena));                                                     \
    } while (0)

#endif
