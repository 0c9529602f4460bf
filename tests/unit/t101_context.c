/* TEST: labels=unit
 * The error record: first error stays, wrapping, cutting, threads; warnings; fault injection. */
#include "cmocka_all.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/context.h"
#include "base/memory.h"

static void first_error_stays(void **state) {
    (void)state;
    ama_ctx *ctx = ama__ctx_create();
    assert_int_equal(ama__error_status(ctx), AMA_OK);
    assert_string_equal(ama__error_text(ctx), "");
    assert_int_equal(ama__wrap(ctx, AMA_OK, "never"), AMA_OK);
    assert_string_equal(ama__error_text(ctx), "");

    assert_int_equal(ama__fail(ctx, AMA_ERR_IO, "read %d bytes", 7), AMA_ERR_IO);
    assert_int_equal(ama__fail(ctx, AMA_ERR_FORMAT, "a consequence"), AMA_ERR_FORMAT);
    assert_int_equal(ama__error_status(ctx), AMA_ERR_IO);
    assert_int_equal(ama__wrap(ctx, AMA_ERR_IO, "variable %s", "tas"), AMA_ERR_IO);
    assert_int_equal(ama__wrap(ctx, AMA_ERR_IO, "open a.nc"), AMA_ERR_IO);
    assert_string_equal(ama__error_text(ctx), "open a.nc: variable tas: read 7 bytes");

    ama__error_clear(ctx);
    assert_int_equal(ama__error_status(ctx), AMA_OK);
    assert_string_equal(ama__error_text(ctx), "");
    ama__wrap(ctx, AMA_ERR_ARG, "only a head");
    assert_int_equal(ama__error_status(ctx), AMA_ERR_ARG);
    assert_string_equal(ama__error_text(ctx), "only a head");
    ama__error_set(ctx, AMA_ERR_PEER, "from elsewhere");
    assert_int_equal(ama__error_status(ctx), AMA_ERR_PEER);
    assert_string_equal(ama__error_text(ctx), "from elsewhere");
    /* the record's own text may be given back */
    ama__error_set(ctx, AMA_ERR_IO, ama__error_text(ctx) + 5);
    assert_string_equal(ama__error_text(ctx), "elsewhere");
    ama__ctx_destroy(&ctx);
    assert_null(ctx);
    ama__ctx_destroy(&ctx);
}

static void long_texts_are_cut(void **state) {
    (void)state;
    ama_ctx *ctx = ama__ctx_create();
    enum { LONG = 100000 };
    char *text = malloc(LONG + 1);
    memset(text, 'x', LONG);
    text[LONG] = '\0';
    ama__fail(ctx, AMA_ERR_ARG, "%s", text);
    size_t n = strlen(ama__error_text(ctx));
    assert_true(n > 1000 && n < LONG);
    assert_string_equal(ama__error_text(ctx) + n - 6, " [...]");
    for (int i = 0; i < 100; i++) ama__wrap(ctx, AMA_ERR_ARG, "%s", text);
    assert_int_equal(strlen(ama__error_text(ctx)), n);
    ama__error_clear(ctx);
    ama__fail(ctx, AMA_ERR_ARG, "core");
    for (int i = 0; i < 3000; i++) ama__wrap(ctx, AMA_ERR_ARG, "head %d", i);
    assert_memory_equal(ama__error_text(ctx), "head 2999: head 2998: ", 22);
    assert_int_equal(strlen(ama__error_text(ctx)), n);
    ama__error_set(ctx, AMA_ERR_ARG, text);
    assert_int_equal(strlen(ama__error_text(ctx)), n);
    free(text);
    ama__ctx_destroy(&ctx);
}

static void *fail_and_wrap(void *arg) {
    ama_ctx *ctx = arg;
    unsigned id = (unsigned)(uintptr_t)pthread_self();
    ama_status s = ama__fail(ctx, AMA_ERR_FORMAT, "damaged %u", id);
    ama__wrap(ctx, s, "chunk %u", id);
    return NULL;
}

/* What a thread says around its own error never lands on another thread's. */
static void threads_do_not_mix(void **state) {
    (void)state;
    ama_ctx *ctx = ama__ctx_create();
    for (int round = 0; round < 200; round++) {
        pthread_t threads[8];
        for (int i = 0; i < 8; i++) pthread_create(&threads[i], NULL, fail_and_wrap, ctx);
        for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
        unsigned a, b;
        char more;
        assert_int_equal(sscanf(ama__error_text(ctx), "chunk %u: damaged %u%c", &a, &b, &more), 2);
        assert_int_equal(a, b);
        ama__error_clear(ctx);
    }
    ama__ctx_destroy(&ctx);
}

static void keep(void *user, const char *text) {
    snprintf(user, 64, "%s", text);
}

static void warnings(void **state) {
    (void)state;
    char seen[64] = "";
    ama_ctx *ctx = ama__ctx_create();
    ama__warn(ctx, "nobody listens");
    ama__ctx_set_message(ctx, keep, seen);
    ama__warn(ctx, "%d files", 3);
    assert_string_equal(seen, "3 files");
    assert_int_equal(ama__error_status(ctx), AMA_OK);
    ama__ctx_destroy(&ctx);
}

static void faults(void **state) {
    (void)state;
    setenv("AMA_FAULT", "3", 1);
    ama_ctx *ctx = ama__ctx_create();
    unsetenv("AMA_FAULT");
    assert_false(ama__fault(ctx));
    void *p;
    assert_int_equal(ama__mem_alloc(ctx, AMA_MEM_META, 10, &p), AMA_OK);
    void *q = &q;
    assert_int_equal(ama__mem_alloc(ctx, AMA_MEM_META, 10, &q), AMA_ERR_NOMEM);
    assert_null(q);
    assert_int_equal(ama__error_status(ctx), AMA_ERR_NOMEM);
    assert_false(ama__fault(ctx));
    assert_int_equal(ama__fault_count(ctx), 4);
    ama__mem_free(ctx, p);
    ama__ctx_destroy(&ctx);
    ctx = ama__ctx_create();
    for (int i = 0; i < 100; i++) assert_false(ama__fault(ctx));
    ama__ctx_destroy(&ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_error_stays),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(threads_do_not_mix),
        cmocka_unit_test(warnings),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
