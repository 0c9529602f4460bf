/* The state of a group of tests: a context, or an arena of one. */
#ifndef AMA_TESTS_WITH_CTX_H
#define AMA_TESTS_WITH_CTX_H

#include "base/memory.h"

static inline int with_ctx(void **state) {
    *state = ama__ctx_create();
    return *state ? 0 : -1;
}

static inline int without_ctx(void **state) {
    ama_ctx *ctx = *state;
    ama__ctx_destroy(&ctx);
    return 0;
}

static inline int with_arena(void **state) {
    ama__arena *arena;
    ama_ctx *ctx = ama__ctx_create();
    if (!ctx || ama__arena_create(ctx, &arena) != AMA_OK) return -1;
    *state = arena;
    return 0;
}

static inline int without_arena(void **state) {
    ama__arena *arena = *state;
    ama_ctx *ctx = ama__arena_ctx(arena);
    ama__arena_destroy(&arena);
    ama__ctx_destroy(&ctx);
    return 0;
}

#endif
