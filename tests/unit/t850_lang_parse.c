/* TEST: labels=unit
 * Syntax trees: some by hand, hundreds against CPython's ast module; source text printed from them means the same. */
#include "lang_test.h"

#include <unistd.h>

static void by_hand(void **state) {
    (void)state;
    static const struct {
        const char *text, *tree;
    } cases[] = {
        {"", "(module)"},
        {"clim = tas.grouby(\"time.month\").mean(\"time\")",
         "(module (assign clim (call (. (call (. tas grouby) \"time.month\") mean) \"time\")))"},
        {"a | b ^ c & d + e * -f ** g", "(module (expr (| a (^ b (& c (+ d (* e (neg (** f g)))))))))"},
        {"x = a[1:, ..., ::2]", "(module (assign x ([] a (tuple (slice 1 _ _) ... (slice _ _ 2)))))"},
        {"f(a, b=1, **{'c': 2})", "(module (expr (call f a (b= 1) (c= 2))))"},
        {"print(f'{a!r:>{w}} {b=}')",
         "(module (expr (call print (fstring (field a r (fstring \">\" (field w _ _))) \" b=\" (field b r _)))))"},
        {"if a: b\nelif c: d\nelse: e", "(module (if (case a (expr b)) (case c (expr d)) (else (expr e))))"},
        {"def f(a, b=1):\n  return a", "(module (def f (params (a) (b 1)) (return a)))"},
        {"from a.b import c as d\nimport e.f", "(module (import (a.b c d)) (import (e.f _ _)))"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lang_case c;
        lang_open(&c, cases[i].text, strlen(cases[i].text), false);
        assert_string_equal(ama__error_text(c.ctx), "");
        assert_string_equal(ama__text_get(&c.text), cases[i].tree);
        lang_close(&c);
    }
}

static void as_cpython(void **state) {
    (void)state;
    FILE *f = lang_oracle("trees");
    if (!f) skip();
    char *text, *tree;
    size_t n_text, n_tree;
    int n = 0;
    while ((text = lang_record(f, &n_text)) && (tree = lang_record(f, &n_tree))) {
        char *copy = lang_copy(text, n_text);
        lang_case c;
        lang_open(&c, copy, n_text, false);
        if (c.status != AMA_OK) print_error("%s\n%s\n", text, ama__error_text(c.ctx));
        assert_int_equal(c.status, AMA_OK);
        if (strcmp(ama__text_get(&c.text), tree) != 0) print_error("of: %s\n", text);
        assert_string_equal(ama__text_get(&c.text), tree);
        lang_close(&c);
        free(copy);
        free(text);
        free(tree);
        n++;
    }
    assert_int_equal(pclose(f), 0);
    print_message("%d trees agree with CPython\n", n);
    assert_true(n > 500);
}

static void write_record(FILE *f, const char *s, size_t n) {
    fprintf(f, "%zu\n", n);
    fwrite(s, 1, n, f);
}

/* Prints each expression statement as source; CPython must read the same tree from it, and so must we. */
static void source_means_the_same(void **state) {
    (void)state;
    FILE *f = lang_oracle("trees");
    if (!f) skip();
    char path[] = "/tmp/ama_lang_XXXXXX", *text, *tree;
    FILE *pairs = fdopen(mkstemp(path), "wb");
    size_t n_text, n_tree;
    while ((text = lang_record(f, &n_text)) && (tree = lang_record(f, &n_tree))) {
        lang_case c, again;
        lang_open(&c, text, n_text, false);
        /* a tuple of the top level may have no parentheses: not an expression for every place; f-strings nest quotes */
        bool simple = c.ast->list.n == 1 && c.ast->list.at[0]->kind == AMA_AST_EXPRESSION && !strstr(text, "f\"{f'");
        if (simple) {
            ama__text printed;
            ama__text_init(&printed, c.ctx);
            ama__ast_print_source(&printed, c.ast->list.at[0]->statement.value);
            lang_open(&again, ama__text_get(&printed), printed.n, false);
            if (again.status != AMA_OK) print_error("%s\n", ama__error_text(again.ctx));
            assert_string_equal(ama__text_get(&again.text), ama__text_get(&c.text));
            write_record(pairs, text, n_text);
            write_record(pairs, printed.s, printed.n);
            lang_close(&again);
            ama__text_fini(&printed);
        }
        lang_close(&c);
        free(text);
        free(tree);
    }
    pclose(f);
    fclose(pairs);
    char arguments[100];
    snprintf(arguments, sizeof arguments, "same %s", path);
    f = lang_oracle(arguments);
    assert_int_equal(pclose(f), 0);
    unlink(path);
}

static void source_by_hand(void **state) {
    (void)state;
    static const char *const texts[] = {
        "tas.sel(time=slice(\"1991\", \"2020\")).mean(\"time\")",
        "(a + b) * c - d",
        "a - (b - c)",
        "-a**2",
        "(-a)**2",
        "a**-b",
        "2**3**4",
        "(2**3)**4",
        "not (a and b) or c",
        "(a < b) & (c > d)",
        "a[1:2, ::3, ...]",
        "a[()]",
        "(a,)",
        "{\"a\": [1, 2.5, None]}",
        "x if a else (y, z)",
        "(x if a else y) + 1",
        "f\"{a!r:>{w}} {b['x']}\"",
        "(1).real",
        "a in b",
        "a not in b",
        "\"a\\\"\\n\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        lang_case c;
        lang_open(&c, texts[i], strlen(texts[i]), true);
        assert_int_equal(c.status, AMA_OK);
        ama__text printed;
        ama__text_init(&printed, c.ctx);
        ama__ast_print_source(&printed, c.ast);
        assert_string_equal(ama__text_get(&printed), texts[i]);
        ama__text_fini(&printed);
        lang_close(&c);
    }
}

static ama__ast *first_value(lang_case *c) {
    ama__ast *statement = c->ast->list.at[0];
    return statement->kind == AMA_AST_ASSIGN ? statement->assign.value : statement->statement.value;
}

static void assert_span(const lang_case *c, ama__span span, const char *text) {
    assert_int_equal(span.end - span.begin, strlen(text));
    assert_memory_equal(c->source.text + span.begin, text, strlen(text));
}

static void spans(void **state) {
    (void)state;
    static const char text[] = "x = (a + bc) * d.ef(1, k=2)[3:4]  # end\n";
    lang_case c;
    lang_open(&c, text, strlen(text), false);
    ama__ast *product = first_value(&c), *subscript = product->binary.right, *call = subscript->subscript.value;
    assert_span(&c, c.ast->list.at[0]->span, "x = (a + bc) * d.ef(1, k=2)[3:4]");
    assert_span(&c, product->span, "(a + bc) * d.ef(1, k=2)[3:4]");
    assert_span(&c, product->focus, "*");
    assert_span(&c, product->binary.left->span, "a + bc");
    assert_span(&c, subscript->span, "d.ef(1, k=2)[3:4]");
    assert_span(&c, subscript->focus, "3:4");
    assert_span(&c, call->span, "d.ef(1, k=2)");
    assert_span(&c, call->focus, "ef");
    assert_span(&c, call->call.keywords.at[0]->span, "k=2");
    assert_span(&c, call->call.keywords.at[0]->focus, "k");
    lang_close(&c);
    static const char fields[] = "'é' f'{a.b} {cd:{e}}' 'z'\n";
    lang_open(&c, fields, strlen(fields), false);
    ama__ast_list parts = first_value(&c)->list;
    assert_int_equal(parts.n, 5);
    assert_span(&c, parts.at[1]->span, "{a.b}");
    assert_span(&c, parts.at[1]->field.value->span, "a.b");
    assert_span(&c, parts.at[1]->field.value->focus, "b");
    assert_span(&c, parts.at[3]->field.value->span, "cd");
    assert_span(&c, parts.at[3]->field.spec->list.at[0]->field.value->span, "e");
    assert_span(&c, first_value(&c)->span, "'é' f'{a.b} {cd:{e}}' 'z'");
    lang_close(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),        cmocka_unit_test(as_cpython), cmocka_unit_test(source_means_the_same),
        cmocka_unit_test(source_by_hand), cmocka_unit_test(spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
