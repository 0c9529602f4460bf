/* TEST: labels=unit
 * The allocator: alignment, limit, categories, recycling, what the system sees; the arena. */
#include "cmocka_all.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

/* Under AddressSanitizer the allocator recycles nothing. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define KIB ((size_t)1024)
#define MIB ((size_t)1 << 20)

static int setup(void **state) {
    *state = ama__ctx_create();
    return *state == NULL;
}

static int teardown(void **state) {
    ama_ctx *ctx = *state;
    int leaked = ama__mem_used(ctx) != 0;
    ama__ctx_destroy(&ctx);
    return leaked;
}

static void *get(ama_ctx *ctx, size_t bytes) {
    void *p;
    assert_int_equal(ama__mem_alloc(ctx, AMA_MEM_CHUNK, bytes, &p), AMA_OK);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % 64, 0);
    return p;
}

static void alignment_and_content(void **state) {
    ama_ctx *ctx = *state;
    static const size_t sizes[] = {0, 1, 63, 64, 65, 4095, 65471, 65472, 65536, 1048511, 1048512, 1048576, 5000001};
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            unsigned char *p = get(ctx, sizes[i]);
            memset(p, 0xee, sizes[i]);
            ama__mem_free(ctx, p);
            void *z;
            assert_int_equal(ama__mem_calloc(ctx, AMA_MEM_STATE, sizes[i], 1, &z), AMA_OK);
            for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(((unsigned char *)z)[k], 0);
            ama__mem_free(ctx, z);
        }
    ama__mem_free(ctx, NULL);
    assert_int_equal(ama__mem_used(ctx), 0);
}

static void limit_is_hard(void **state) {
    ama_ctx *ctx = *state;
    ama__mem_set_limit(ctx, 10 * MIB);
    assert_int_equal(ama__mem_limit(ctx), 10 * MIB);
    void *a = get(ctx, 6 * MIB), *b = &b;
    assert_int_equal(ama__mem_alloc(ctx, AMA_MEM_STATE, 6 * MIB, &b), AMA_ERR_BUDGET);
    assert_null(b);
    assert_non_null(strstr(ama__error_text(ctx), "6.0 MiB of states"));
    assert_non_null(strstr(ama__error_text(ctx), "10.0 MiB per rank"));
    ama__error_clear(ctx);
    ama__mem_free(ctx, a);
    /* what was kept for reuse makes room for other sizes */
    for (size_t n = 1; n <= 9; n++) {
        a = get(ctx, n * MIB);
        assert_true(ama__mem_used(ctx) + ama__mem_pooled(ctx) <= 10 * MIB);
        ama__mem_free(ctx, a);
        assert_true(ama__mem_used(ctx) + ama__mem_pooled(ctx) <= 10 * MIB);
    }
    assert_true(ama__mem_peak(ctx) >= 9 * MIB && ama__mem_peak(ctx) <= 10 * MIB);
    ama__mem_set_limit(ctx, 1 * MIB);
    assert_true(ama__mem_pooled(ctx) <= 1 * MIB);
}

static void impossible_sizes(void **state) {
    ama_ctx *ctx = *state;
    void *p;
    assert_int_equal(ama__mem_alloc(ctx, AMA_MEM_META, SIZE_MAX, &p), AMA_ERR_NOMEM);
    assert_int_equal(ama__mem_alloc(ctx, AMA_MEM_META, SIZE_MAX - 64, &p), AMA_ERR_NOMEM);
    assert_int_equal(ama__mem_calloc(ctx, AMA_MEM_META, SIZE_MAX / 2, 3, &p), AMA_ERR_NOMEM);
    assert_null(p);
    ama__mem_set_limit(ctx, MIB);
    assert_int_equal(ama__mem_alloc(ctx, AMA_MEM_META, (size_t)1 << 60, &p), AMA_ERR_BUDGET);
    p = get(ctx, 100);
    void *kept = p;
    assert_int_equal(ama__mem_realloc(ctx, AMA_MEM_META, SIZE_MAX, &p), AMA_ERR_NOMEM);
    assert_int_equal(ama__mem_realloc(ctx, AMA_MEM_META, 2 * MIB, &p), AMA_ERR_BUDGET);
    assert_ptr_equal(p, kept);
    ama__mem_free(ctx, p);
}

static void categories(void **state) {
    ama_ctx *ctx = *state;
    void *a, *b;
    assert_int_equal(ama__mem_alloc(ctx, AMA_MEM_STATE, 300 * KIB, &a), AMA_OK);
    assert_int_equal(ama__mem_alloc(ctx, AMA_MEM_WRITE, 500 * KIB, &b), AMA_OK);
    size_t peak = ama__mem_peak(ctx);
    ama__mem_free(ctx, a);
    ama__mem_free(ctx, b);
    assert_int_equal(ama__mem_category_peak(ctx, AMA_MEM_STATE) + ama__mem_category_peak(ctx, AMA_MEM_WRITE), peak);
    assert_int_equal(ama__mem_category_peak(ctx, AMA_MEM_CHUNK), 0);
    assert_int_equal(ama__mem_peak(ctx), peak);
    for (int c = 0; c < AMA_MEM_N; c++)
        assert_string_not_equal(ama__mem_category_name((ama__mem_category)c), "unknown");
    assert_string_equal(ama__mem_category_name(AMA_MEM_N), "unknown");
}

static void freed_buffers_come_back(void **state) {
    if (SANITIZED) skip();
    ama_ctx *ctx = *state;
    static const size_t sizes[] = {70 * KIB, 100 * KIB, 3 * MIB, 32 * MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *p = get(ctx, sizes[i]);
        ama__mem_free(ctx, p);
        assert_ptr_equal(get(ctx, sizes[i]), p);
        ama__mem_free(ctx, p);
        assert_ptr_equal(get(ctx, sizes[i] - sizes[i] / 20), p);
        ama__mem_free(ctx, p);
        void *half = get(ctx, sizes[i] / 2);
        assert_ptr_not_equal(half, p);
        ama__mem_free(ctx, half);
    }
    /* a pooled block that would not fit the limit is not used; an exact new one is */
    void *p = get(ctx, 10 * MIB + 100 * KIB);
    ama__mem_free(ctx, p);
    ama__mem_set_limit(ctx, 10 * MIB + 8 * KIB);
    p = get(ctx, 10 * MIB);
    ama__mem_free(ctx, p);
}

static void realloc_keeps_content(void **state) {
    ama_ctx *ctx = *state;
    void *p = NULL;
    size_t had = 0;
    srand(5);
    for (int i = 0; i < 300; i++) {
        size_t n = i % 3 == 0 ? (size_t)(rand() % 4000000) : (size_t)(rand() % 5000);
        assert_int_equal(ama__mem_realloc(ctx, AMA_MEM_META, n, &p), AMA_OK);
        unsigned char *b = p;
        for (size_t k = 0; k < (n < had ? n : had); k++)
            if (b[k] != (unsigned char)(k * 7)) fail_msg("byte %zu lost", k);
        for (size_t k = had; k < n; k++) b[k] = (unsigned char)(k * 7);
        had = n;
    }
    /* mapped blocks grow within the limit, without a second copy */
    assert_int_equal(ama__mem_realloc(ctx, AMA_MEM_META, 40 * MIB, &p), AMA_OK);
    if (!SANITIZED) {
        ama__mem_set_limit(ctx, 65 * MIB);
        assert_int_equal(ama__mem_realloc(ctx, AMA_MEM_META, 64 * MIB, &p), AMA_OK);
        assert_int_equal(ama__mem_realloc(ctx, AMA_MEM_META, 66 * MIB, &p), AMA_ERR_BUDGET);
        assert_int_equal(ama__mem_realloc(ctx, AMA_MEM_META, 2 * MIB, &p), AMA_OK);
        assert_true(ama__mem_used(ctx) < 3 * MIB);
    }
    AMA_FREE(ctx, p);
    assert_null(p);
}

static size_t resident(void) {
    long size = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld %ld", &size, &pages), 2);
    fclose(f);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The resident size follows `used` + `pooled`. */
static void memory_goes_back(void **state) {
    if (SANITIZED) skip();
    ama_ctx *ctx = *state;
    size_t before = resident();
    void *p[40];
    for (int i = 0; i < 40; i++) memset(p[i] = get(ctx, 16 * MIB), 1, 16 * MIB);
    assert_true(resident() > before + 600 * MIB);
    for (int i = 0; i < 40; i++) ama__mem_free(ctx, p[i]);
    assert_int_equal(ama__mem_used(ctx), 0);
    assert_true(ama__mem_pooled(ctx) > 200 * MIB && ama__mem_pooled(ctx) <= 256 * MIB);
    assert_true(resident() < before + 260 * MIB);
    ama__mem_set_limit(ctx, 20 * MIB);
    assert_true(resident() < before + 24 * MIB);
    for (int i = 0; i < 200; i++) {
        size_t n = (size_t)(1 + i % 19) * MIB;
        memset(p[0] = get(ctx, n), 2, n);
        ama__mem_free(ctx, p[0]);
    }
    assert_true(resident() < before + 24 * MIB);
}

static void whole_pages(void **state) {
    ama_ctx *ctx = *state;
    static const size_t small[] = {0, 1, 64, 4096, 65536, 1 << 20, (2 << 20) - 60, 3 << 20, 5 << 20};
    const size_t huge = 2 << 20, chunk = 4745 * 12 * 18 * 4;
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) assert_int_equal(ama__mem_fill_pages(small[i]), small[i]);
    assert_int_equal(ama__mem_fill_pages(SIZE_MAX), SIZE_MAX);
    for (size_t bytes = huge; bytes < 80 * huge; bytes += 77777) {
        size_t full = ama__mem_fill_pages(bytes);
        assert_true(full >= bytes && full - bytes <= bytes / 40);
        assert_int_equal(ama__mem_fill_pages(full), full);
    }
    /* a block so filled takes what the allocator counts, and is no larger than two pages */
    size_t full = ama__mem_fill_pages(chunk), before = ama__mem_used(ctx);
    assert_true(full > chunk);
    void *p = get(ctx, full);
    assert_int_equal(ama__mem_used(ctx) - before, 2 * huge);
    ama__mem_free(ctx, p);
}

static void *churn(void *arg) {
    ama_ctx *ctx = arg;
    unsigned seed = (unsigned)(uintptr_t)pthread_self();
    unsigned char *held[8] = {0};
    size_t sizes[8] = {0}, wrong = 0;
    for (int i = 0; i < 4000; i++) {
        int k = rand_r(&seed) % 8;
        for (size_t j = 0; held[k] && j < sizes[k]; j += 999) wrong += held[k][j] != (unsigned char)(sizes[k] + j);
        ama__mem_free(ctx, held[k]);
        held[k] = NULL;
        size_t n = (size_t)rand_r(&seed) % (i % 4 ? 200000 : 3000000);
        void *p;
        if (ama__mem_alloc(ctx, (ama__mem_category)(i % AMA_MEM_N), n, &p) != AMA_OK) continue;
        wrong += ama__mem_used(ctx) > 16 * MIB;
        held[k] = p;
        sizes[k] = n;
        for (size_t j = 0; j < n; j += 999) held[k][j] = (unsigned char)(n + j);
    }
    for (int k = 0; k < 8; k++) ama__mem_free(ctx, held[k]);
    return (void *)wrong;
}

static void threads(void **state) {
    ama_ctx *ctx = *state;
    ama__mem_set_limit(ctx, 16 * MIB);
    pthread_t thread[6];
    for (int i = 0; i < 6; i++) pthread_create(&thread[i], NULL, churn, ctx);
    for (int i = 0; i < 6; i++) {
        void *wrong;
        pthread_join(thread[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(ama__mem_used(ctx), 0);
    assert_true(ama__mem_peak(ctx) <= 16 * MIB);
    assert_true(ama__mem_pooled(ctx) <= 16 * MIB);
}

/* ---- the arena */

static void arena_objects(void **state) {
    ama_ctx *ctx = *state;
    ama__arena *a;
    assert_int_equal(ama__arena_create(ctx, &a), AMA_OK);
    assert_ptr_equal(ama__arena_ctx(a), ctx);
    enum { N = 5000 };
    static unsigned char *p[N];
    static size_t n[N];
    srand(3);
    for (int i = 0; i < N; i++) {
        n[i] = i % 100 == 99 ? (size_t)(rand() % 200000) : (size_t)(rand() % 100);
        p[i] = ama__arena_alloc(a, n[i]);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % 16, 0);
        for (size_t k = 0; k < n[i]; k++) assert_int_equal(p[i][k], 0);
        memset(p[i], i, n[i]);
    }
    for (int i = 0; i < N; i++)
        for (size_t k = 0; k < n[i]; k++) assert_int_equal(p[i][k], (unsigned char)i);
    assert_string_equal(ama__arena_strdup(a, "tas"), "tas");
    assert_string_equal(ama__arena_strdup(a, ""), "");
    assert_string_equal(ama__arena_strndup(a, "tasmax", 3), "tas");
    assert_string_equal(ama__arena_strndup(a, "tas", 30), "tas");
    assert_string_equal(ama__arena_printf(a, "%s[%d]", "tas", 4), "tas[4]");
    int64_t shape[3] = {1, 2, 3};
    assert_memory_equal(ama__arena_memdup(a, shape, sizeof shape), shape, sizeof shape);
    assert_non_null(ama__arena_memdup(a, NULL, 0));
    ama__arena_destroy(&a);
    assert_null(a);
    ama__arena_destroy(&a);
}

static ama_status grow_for_ever(ama__arena *a) {
    for (;;) {
        int64_t *p;
        char *s;
        AMA_NEW(a, p, 1000);
        AMA_KEEP(a, s, ama__arena_strdup(a, "x"));
    }
}

static void arena_obeys_the_limit(void **state) {
    ama_ctx *ctx = *state;
    ama__mem_set_limit(ctx, MIB);
    ama__arena *a;
    assert_int_equal(ama__arena_create(ctx, &a), AMA_OK);
    assert_int_equal(grow_for_ever(a), AMA_ERR_BUDGET);
    assert_null(ama__arena_alloc(a, SIZE_MAX - 5));
    assert_null(ama__arena_alloc(a, MIB));
    assert_true(ama__mem_used(ctx) > 8 * MIB / 10);
    ama__arena_destroy(&a);
}

#define WITH_CTX(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_CTX(alignment_and_content),
        WITH_CTX(limit_is_hard),
        WITH_CTX(impossible_sizes),
        WITH_CTX(categories),
        WITH_CTX(freed_buffers_come_back),
        WITH_CTX(realloc_keeps_content),
        WITH_CTX(memory_goes_back),
        WITH_CTX(whole_pages),
        WITH_CTX(threads),
        WITH_CTX(arena_objects),
        WITH_CTX(arena_obeys_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
