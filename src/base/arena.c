/* A chain of blocks that double from BLOCK_MIN to BLOCK_MAX; an object too large for the next block gets its own. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { ALIGN = 16, BLOCK_MIN = 4096 - 64, BLOCK_MAX = 65536 - 4096 };

typedef struct block {
    struct block *next;
    size_t size, used; /* of the bytes that follow */
} block;

_Static_assert(sizeof(block) <= 32, "objects begin 32 bytes into a block");
enum { BLOCK_HEAD = 32 };

struct ama__arena {
    ama_ctx *ctx;
    block *blocks; /* the newest first; only the first one has room worth looking at */
};

ama_status ama__arena_create(ama_ctx *ctx, ama__arena **out) {
    void *p;
    *out = NULL;
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof(ama__arena), &p));
    *out = p;
    (*out)->ctx = ctx;
    return AMA_OK;
}

void ama__arena_destroy(ama__arena **a) {
    if (!*a) return;
    for (block *b = (*a)->blocks; b;) {
        block *next = b->next;
        ama__mem_free((*a)->ctx, b);
        b = next;
    }
    ama__mem_free((*a)->ctx, *a);
    *a = NULL;
}

void ama__arena_join(ama__arena *a, ama__arena **other) {
    block **end = &a->blocks;
    while (*end) end = &(*end)->next;
    *end = (*other)->blocks;
    (*other)->blocks = NULL;
    ama__arena_destroy(other);
}

/* A block with at least `bytes`, put in front unless the present front has more room left. */
static block *add_block(ama__arena *a, size_t bytes) {
    block *front = a->blocks;
    size_t size = front ? 2 * front->size : BLOCK_MIN;
    if (size > BLOCK_MAX) size = BLOCK_MAX;
    if (size < bytes) size = bytes;
    void *p;
    if (size > PTRDIFF_MAX || ama__mem_alloc(a->ctx, AMA_MEM_META, size + BLOCK_HEAD, &p) != AMA_OK) return NULL;
    block *b = p;
    b->size = size;
    b->used = 0;
    bool behind = front && front->size - front->used > size - bytes;
    b->next = behind ? front->next : front;
    if (behind)
        front->next = b;
    else
        a->blocks = b;
    return b;
}

static void *take(ama__arena *a, size_t bytes) {
    if (bytes > PTRDIFF_MAX - 2 * BLOCK_MAX) {
        ama__fail(a->ctx, AMA_ERR_NOMEM, "an object of %zu bytes", bytes);
        return NULL;
    }
    bytes = bytes ? (bytes + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
    block *b = a->blocks;
    if (!b || b->size - b->used < bytes) b = add_block(a, bytes);
    if (!b) return NULL;
    void *p = (char *)b + BLOCK_HEAD + b->used;
    b->used += bytes;
    return p;
}

void *ama__arena_alloc(ama__arena *a, size_t bytes) {
    void *p = take(a, bytes);
    return p ? memset(p, 0, bytes) : NULL;
}

char *ama__arena_strndup(ama__arena *a, const char *s, size_t n) {
    n = strnlen(s, n);
    char *copy = take(a, n + 1);
    if (!copy) return NULL;
    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *ama__arena_strdup(ama__arena *a, const char *s) {
    return ama__arena_strndup(a, s, strlen(s));
}

char *ama__arena_printf(ama__arena *a, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *s = NULL;
    if (n < 0)
        ama__fail(a->ctx, AMA_ERR_INTERNAL, "text could not be formatted");
    else
        s = take(a, (size_t)n + 1);
    if (s) vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return s;
}

void *ama__arena_memdup(ama__arena *a, const void *p, size_t bytes) {
    void *copy = take(a, bytes);
    if (copy && bytes) memcpy(copy, p, bytes);
    return copy;
}

ama_ctx *ama__arena_ctx(const ama__arena *a) {
    return a->ctx;
}
