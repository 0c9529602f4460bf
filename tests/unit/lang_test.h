/* Shared by the tests of src/lang: parse a text and print it, records from lang_oracle.py. */
#ifndef AMA_TESTS_LANG_TEST_H
#define AMA_TESTS_LANG_TEST_H

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "lang/ast_print.h"
#include "lang/parse.h"

typedef struct lang_case {
    ama_ctx *ctx;
    ama__arena *arena;
    ama__source source;
    ama__ast *ast;
    ama_status status;
    ama__text text; /* the printed tree */
} lang_case;

/* A heap copy without NUL behind it, so that the sanitizer sees reads beyond the end. */
static inline char *lang_copy(const char *text, size_t n) {
    char *copy = malloc(n ? n : 1);
    memcpy(copy, text, n);
    return copy;
}

/* Parses n bytes as a script called t.py. */
static inline void lang_open(lang_case *c, const char *text, size_t n, bool expression) {
    *c = (lang_case){.ctx = ama__ctx_create()};
    ama__text_init(&c->text, c->ctx);
    c->status = ama__arena_create(c->ctx, &c->arena);
    if (c->status == AMA_OK) c->status = ama__source_init(c->ctx, "t.py", text, n, &c->source);
    if (c->status == AMA_OK)
        c->status = expression ? ama__parse_expression(c->arena, &c->source, &c->ast)
                               : ama__parse_script(c->arena, &c->source, &c->ast);
    assert_int_equal(c->status, ama__error_status(c->ctx));
    if (c->status == AMA_OK) ama__ast_print_tree(&c->text, c->ast);
}

/* Frees all; nothing may be left. */
static inline void lang_close(lang_case *c) {
    ama__text_fini(&c->text);
    ama__arena_destroy(&c->arena);
    assert_int_equal(ama__mem_used(c->ctx), 0);
    ama__ctx_destroy(&c->ctx);
}

/* The oracle's output, or NULL (said loudly) without a Python that runs. `arguments` go to the script. */
static inline FILE *lang_oracle(const char *arguments) {
    const char *python = getenv("AMA_PYTHON") ? getenv("AMA_PYTHON") : "/usr/bin/python3";
    char command[2000];
    const char *slash = strrchr(__FILE__, '/');
    int n_folder = slash ? (int)(slash - __FILE__) : 1;
    const char *folder = slash ? __FILE__ : ".";
    snprintf(command, sizeof command, "%s -c 'import ast,sys; sys.exit(sys.version_info < (3, 9))'", python);
    if (system(command) != 0) {
        fprintf(stderr, "SKIPPED: no Python 3.9 or newer at %s (AMA_PYTHON)\n", python);
        return NULL;
    }
    snprintf(command, sizeof command, "%s %.*s/lang_oracle.py %s", python, n_folder, folder, arguments);
    return popen(command, "r");
}

/* The next record with a NUL behind it, NULL at the end. Caller frees. */
static inline char *lang_record(FILE *f, size_t *n) {
    if (fscanf(f, "%zu", n) != 1 || fgetc(f) != '\n') return NULL;
    char *text = malloc(*n + 1);
    assert_int_equal(fread(text, 1, *n, f), *n);
    text[*n] = '\0';
    return text;
}

#endif
