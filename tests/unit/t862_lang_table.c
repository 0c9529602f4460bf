/* TEST: labels=unit
 * The table of methods: signatures parse, names are unique, numpy's functions are known to the graph, help shows all.
 */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "lang/builders.h"

static ama_ctx *ctx;

static void rows(void **state) {
    (void)state;
    int n;
    const ama__method *m = ama__method_table(&n);
    ama__arena *arena;
    assert_int_equal(ama__arena_create(ctx, &arena), AMA_OK);
    for (int i = 0; i < n; i++) {
        const ama__signature *s;
        assert_non_null(m[i].build);
        assert_ptr_equal(ama__method_find(m[i].on, m[i].name), &m[i]); /* the first, so the only one */
        assert_false(ama__method_known(m[i].on, m[i].name));
        if (!m[i].signature) continue;
        if (ama__signature_parse(arena, m[i].signature, &s) != AMA_OK)
            fail_msg("%s: %s: %s", m[i].name, m[i].signature, ama__error_text(ctx));
        if (m[i].build != ama__build_numpy_map) continue;
        int low, high;
        if (!ama__function_known(m[i].name, &low, &high)) fail_msg("the graph has no function %s", m[i].name);
        assert_true(s->n_params >= low && s->n_params <= high);
    }
    ama__arena_destroy(&arena);
}

static void reductions(void **state) {
    (void)state;
    int n;
    const ama__method *m = ama__method_table(&n);
    for (int i = 0; i < n; i++) {
        ama__red red;
        ama__weighted_op op;
        if (m[i].build == ama__build_reduce || m[i].build == ama__build_group_reduce)
            assert_true(ama__reduction_parse(m[i].name, &red));
        if (m[i].build == ama__build_weighted_reduce) assert_true(ama__weighted_parse(m[i].name, &op));
    }
}

static void help(void **state) {
    (void)state;
    ama__text t;
    ama__text_init(&t, ctx);
    assert_int_equal(ama__script_help(ctx, "resample", &t), AMA_OK);
    assert_string_equal(ama__text_get(&t),
                        "DataArray.resample(indexer=None, *, skipna=None, closed=None, label=None, offset=None, "
                        "origin='start_day', restore_coord_dims=None, **indexer_kwargs)\n"
                        "Dataset.resample(indexer=None, *, skipna=None, closed=None, label=None, offset=None, "
                        "origin='start_day', restore_coord_dims=None, **indexer_kwargs)\n");
    ama__text_fini(&t);
    assert_int_equal(ama__script_help(ctx, NULL, &t), AMA_OK);
    int n;
    const ama__method *m = ama__method_table(&n);
    for (int i = 0; i < n; i++) assert_non_null(strstr(ama__text_get(&t), m[i].name));
    ama__text_fini(&t);
    assert_int_equal(ama__script_help(ctx, "GroupBy", &t), AMA_OK);
    assert_non_null(strstr(ama__text_get(&t), "GroupBy.first(skipna=None, keep_attrs=None)\n"));
    ama__text_fini(&t);
    assert_int_equal(ama__script_help(ctx, "resampel", &t), AMA_ERR_NOTFOUND);
    assert_non_null(strstr(ama__error_text(ctx), "did you mean 'resample'?"));
    ama__error_clear(ctx);
    assert_int_equal(ama__script_help(ctx, "argsort", &t), AMA_ERR_UNSUPPORTED);
    ama__error_clear(ctx);
    ama__text_fini(&t);
}

static int setup(void **state) {
    (void)state;
    ctx = ama__ctx_create();
    return ctx ? 0 : 1;
}
static int teardown(void **state) {
    (void)state;
    assert_int_equal(ama__mem_used(ctx), 0);
    ama__ctx_destroy(&ctx);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(reductions), cmocka_unit_test(help)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
