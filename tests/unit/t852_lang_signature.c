/* TEST: labels=unit
 * Parameter lists and how calls bind to them, in Python's words. */
#include "lang_test.h"

#include "lang/signature.h"

typedef struct bind_case {
    const char *signature, *call;
    const char *bound; /* "name=source" of what was given, *args and **kwargs behind; or the error */
} bind_case;

static void print_list(ama__text *t, const char *head, const ama__ast_list *list) {
    for (int32_t i = 0; i < list->n; i++) {
        ama__text_add(t, head);
        if (list->at[i]->kind == AMA_AST_KEYWORD) ama__text_printf(t, "%s=", list->at[i]->keyword.name);
        ama__ast_print_source(t, list->at[i]->kind == AMA_AST_KEYWORD ? list->at[i]->keyword.value : list->at[i]);
    }
}

static void print_binding(ama__text *t, const ama__signature *s, const ama__binding *b) {
    for (int32_t i = 0; i < s->n_params; i++) {
        if (!b->values[i]) continue;
        ama__text_printf(t, "%s%s=", t->n ? " " : "", s->params[i].name);
        ama__ast_print_source(t, b->values[i]);
    }
    print_list(t, " *", &b->args);
    print_list(t, " **", &b->kwargs);
}

static void check(const bind_case *x) {
    lang_case c;
    lang_open(&c, x->call, strlen(x->call), true);
    assert_int_equal(c.status, AMA_OK);
    const ama__signature *s;
    assert_int_equal(ama__signature_parse(c.arena, x->signature, &s), AMA_OK);
    ama__binding b;
    ama_status status = ama__signature_bind(c.arena, &c.source, s, "mean", c.ast, &b);
    assert_true(status == AMA_OK || status == AMA_ERR_ARG);
    ama__text t;
    ama__text_init(&t, c.ctx);
    if (status == AMA_OK) print_binding(&t, s, &b);
    const char *text = status == AMA_OK ? ama__text_get(&t) : ama__error_text(c.ctx);
    size_t n = strchr(x->bound, '\n') || status == AMA_OK ? strlen(text) : strcspn(text, "\n");
    if (n != strlen(x->bound) || memcmp(text, x->bound, n) != 0) assert_string_equal(text, x->bound);
    ama__text_fini(&t);
    lang_close(&c);
}

static void binding(void **state) {
    (void)state;
    static const char mean[] = "dim=None, *, skipna=None, keep_attrs=None";
    static const char sel[] = "indexers=None, method=None, tolerance=None, drop=False, **indexers_kwargs";
    static const bind_case cases[] = {
        {mean, "mean()", ""},
        {mean, "mean('time')", "dim=\"time\""},
        {mean, "mean(dim=['a', 'b'], skipna=True)", "dim=[\"a\", \"b\"] skipna=True"},
        {mean, "x.mean('time', 1)",
         "t.py:1:16: mean() takes 1 positional argument but 2 were given\n"
         "    x.mean('time', 1)\n                   ^"},
        {mean, "x.mean(dims='time')",
         "t.py:1:8: mean() got an unexpected keyword argument 'dims'; did you mean 'dim'?\n"
         "    x.mean(dims='time')\n           ^~~~"},
        {mean, "mean(zzzzzz=1)", "t.py:1:6: mean() got an unexpected keyword argument 'zzzzzz'"},
        {mean, "mean('a', dim='b')", "t.py:1:11: mean() got multiple values for argument 'dim'"},
        {mean, "mean(dim='b', **{'dim': 1})", "t.py:1:18: mean() got multiple values for argument 'dim'"},
        {"", "mean(1)", "t.py:1:6: mean() takes 0 positional arguments but 1 was given"},
        {"", "mean()", ""},
        {sel, "sel(time='2000', lat=slice(1, 2), method='nearest')",
         "method=\"nearest\" **time=\"2000\" **lat=slice(1, 2)"},
        {sel, "sel({'a': 1}, drop=True)", "indexers={\"a\": 1} drop=True"},
        {sel, "sel(**{'a': 1, 'a': 2})", "t.py:1:16: mean() got multiple values for argument 'a'"},
        {sel, "sel(**{'not a name': 1})", " **not a name=1"},
        {"a, b, *, c, d=1", "f(1)", "t.py:1:1: mean() missing 1 required positional argument: 'b'"},
        {"a, b, *, c, d=1", "x.f()", "t.py:1:3: mean() missing 2 required positional arguments: 'a' and 'b'"},
        {"a, b, x, y=2", "f()", "t.py:1:1: mean() missing 3 required positional arguments: 'a', 'b', and 'x'"},
        {"a, b, *, c, d=1", "f(1, 2)", "t.py:1:1: mean() missing 1 required keyword-only argument: 'c'"},
        {"a, b, *, c, d=1", "f(1, c=3, b=2)", "a=1 b=2 c=3"},
        {"*args", "f(1, 2)", " *1 *2"},
        {"a, *args, b=1, **kw", "f(1, 2, 3, b=4, c=5)", "a=1 b=4 *2 *3 **c=5"},
        {"a, /, b", "f(1, b=2)", "a=1 b=2"},
        {"a, /, b", "f(a=1, b=2)", "t.py:1:3: mean() takes 'a' by position only; write the value without 'a='"},
        {"a, /, **kw", "f(1, a=2)", "a=1 **a=2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i]);
}

static void parsed(void **state) {
    (void)state;
    ama_ctx *ctx = ama__ctx_create();
    ama__arena *arena;
    assert_int_equal(ama__arena_create(ctx, &arena), AMA_OK);
    const ama__signature *s;
    char text[] = "a, /, b=(1, 2.5), *args, c, d={'x': [-1]}, **kw";
    assert_int_equal(ama__signature_parse(arena, text, &s), AMA_OK);
    memset(text, 'x', strlen(text)); /* nothing refers to the text */
    assert_int_equal(s->n_params, 4);
    assert_int_equal(s->n_positional_only, 1);
    assert_int_equal(s->n_positional, 2);
    assert_string_equal(s->args, "args");
    assert_string_equal(s->kwargs, "kw");
    assert_null(s->params[0].fallback);
    assert_null(s->params[2].fallback);
    assert_int_equal(ama__signature_find(s, "d"), 3);
    assert_int_equal(ama__signature_find(s, "kw"), -1);
    ama__text t;
    ama__text_init(&t, ctx);
    ama__ast_print_source(&t, s->params[1].fallback);
    ama__ast_print_source(&t, s->params[3].fallback);
    assert_string_equal(ama__text_get(&t), "(1, 2.5){\"x\": [-1]}");
    ama__text_fini(&t);
    assert_int_equal(ama__signature_parse(arena, "", &s), AMA_OK);
    assert_int_equal(s->n_params, 0);
    assert_int_equal(ama__signature_parse(arena, "dim=None,\n    *,\n    skipna=None,", &s), AMA_OK);
    assert_int_equal(s->n_positional, 1);
    ama__arena_destroy(&arena);
    assert_int_equal(ama__mem_used(ctx), 0);
    ama__ctx_destroy(&ctx);
}

static void broken(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"a b", "signature:1:3: syntax error: expected ',' after a parameter but found 'b'"},
        {"a, a", "signature:1:4: syntax error: parameter 'a' appears twice"},
        {"a, *a", "signature:1:5: syntax error: parameter 'a' appears twice"},
        {"*", "signature:1:2: syntax error: named parameters must follow '*'"},
        {"*, **k", "signature:1:4: syntax error: named parameters must follow '*'"},
        {"**k, a", "signature:1:6: syntax error: expected nothing after '**' but found 'a'"},
        {"a=", "signature:1:3: syntax error: expected an expression"},
        {"a=1, b", "signature:1:6: syntax error: a parameter without default"},
        {"a=(1", "signature:1:3: syntax error: this '(' is not closed"},
        {"a: int", "signature:1:2: annotations are not supported"},
        {"1", "signature:1:1: syntax error: expected a parameter name but found a number"},
        {"a)", "signature:1:2: syntax error: ')' closes nothing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ama_ctx *ctx = ama__ctx_create();
        ama__arena *arena;
        assert_int_equal(ama__arena_create(ctx, &arena), AMA_OK);
        const ama__signature *s;
        assert_int_not_equal(ama__signature_parse(arena, cases[i][0], &s), AMA_OK);
        assert_null(s);
        if (strncmp(ama__error_text(ctx), cases[i][1], strlen(cases[i][1])) != 0)
            assert_string_equal(ama__error_text(ctx), cases[i][1]);
        ama__arena_destroy(&arena);
        ama__ctx_destroy(&ctx);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(binding), cmocka_unit_test(parsed), cmocka_unit_test(broken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
