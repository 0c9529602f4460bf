#include "lang/parser.h"

#include <stdio.h>

ama_status ama__parser_init(ama__parser *p, ama__arena *arena, const ama__source *source, bool joined) {
    *p = (ama__parser){.ctx = ama__arena_ctx(arena), .arena = arena, .source = source};
    ama__lexer_init(&p->lexer, p->ctx, source, joined);
    p->used_end = p->lexer.pos;
    return ama__parser_next(p);
}

void ama__parser_fini(ama__parser *p) {
    AMA_FREE(p->ctx, p->pending);
}

/* ---- tokens */

ama_status ama__parser_next(ama__parser *p) {
    if (p->token.span.end > p->used_end) p->used_end = p->token.span.end;
    return ama__lexer_next(&p->lexer, &p->token);
}

ama_status ama__parser_accept(ama__parser *p, ama__token_kind kind, bool *accepted) {
    *accepted = p->token.kind == kind;
    return *accepted ? ama__parser_next(p) : AMA_OK;
}

/* Fixed tokens in quotes, the others as "a name". */
static void describe(char *buf, size_t buf_bytes, ama__token_kind kind) {
    const char *text = ama__token_kind_text(kind);
    bool fixed = kind > AMA_TOKEN_FSTRING;
    snprintf(buf, buf_bytes, fixed ? "'%s'" : "%s", text);
}

ama_status ama__parser_unexpected(ama__parser *p, const char *expected) {
    char found[64];
    const ama__token *token = &p->token;
    describe(found, sizeof found, token->kind);
    int32_t n = token->span.end - token->span.begin;
    if (token->kind == AMA_TOKEN_NAME)
        snprintf(found, sizeof found, "'%.*s'", (int)(n < 40 ? n : 40), p->source->text + token->span.begin);
    if (p->lexer.field && token->kind == AMA_TOKEN_END) snprintf(found, sizeof found, "the end of the string");
    return ama__diag_fail(p->ctx, p->source, token->span, AMA_ERR_FORMAT, "syntax error: expected %s but found %s",
                          expected, found);
}

ama_status ama__parser_expect(ama__parser *p, ama__token_kind kind, const char *where) {
    if (p->token.kind == kind) return ama__parser_next(p);
    char what[64], expected[160];
    describe(what, sizeof what, kind);
    snprintf(expected, sizeof expected, "%s %s", what, where);
    return ama__parser_unexpected(p, expected);
}

ama_status ama__parser_name(ama__parser *p, const char *what, const char **out) {
    if (p->token.kind != AMA_TOKEN_NAME) return ama__parser_unexpected(p, what);
    ama__span span = p->token.span;
    AMA_KEEP(p->arena, *out,
             ama__arena_strndup(p->arena, p->source->text + span.begin, (size_t)(span.end - span.begin)));
    return ama__parser_next(p);
}

ama_status ama__parser_refuse(ama__parser *p, const char *text) {
    return ama__diag_fail(p->ctx, p->source, p->token.span, AMA_ERR_UNSUPPORTED, "%s", text);
}

ama_status ama__parser_enter(ama__parser *p) {
    if (p->nesting++ < AMA_AST_MAX_NESTING) return AMA_OK;
    return ama__diag_fail(p->ctx, p->source, p->token.span, AMA_ERR_UNSUPPORTED,
                          "nested too deeply (limit %d); give the inner part a name in a statement of its own",
                          AMA_AST_MAX_NESTING);
}

void ama__parser_leave(ama__parser *p) {
    p->nesting--;
}

/* ---- tree */

ama_status ama__parser_node(ama__parser *p, ama__ast_kind kind, int32_t begin, ama__ast **out) {
    AMA_NEW(p->arena, *out, 1);
    (*out)->kind = kind;
    (*out)->depth = 1;
    (*out)->span = (*out)->focus = (ama__span){begin, p->used_end};
    return AMA_OK;
}

ama_status ama__parser_adopt(ama__parser *p, ama__ast *parent, const ama__ast *child) {
    if (!child || child->depth < parent->depth) return AMA_OK;
    parent->depth = child->depth + 1;
    if (parent->depth <= AMA_AST_MAX_DEPTH) return AMA_OK;
    return ama__diag_fail(p->ctx, p->source, parent->focus, AMA_ERR_UNSUPPORTED,
                          "too many operations in one expression (limit %d); split it into several statements",
                          AMA_AST_MAX_DEPTH);
}

ama_status ama__parser_push(ama__parser *p, ama__ast *child) {
    if (p->n_pending == p->max_pending) {
        int32_t n = p->max_pending ? 2 * p->max_pending : 64; /* at most one child a byte of the source */
        void *grown = p->pending;
        AMA_TRY(ama__mem_realloc(p->ctx, AMA_MEM_META, (size_t)n * sizeof *p->pending, &grown));
        p->pending = grown;
        p->max_pending = n;
    }
    p->pending[p->n_pending++] = child;
    return AMA_OK;
}

ama_status ama__parser_take(ama__parser *p, int32_t mark, ama__ast *parent, ama__ast_list *out) {
    int32_t n = p->n_pending - mark;
    *out = (ama__ast_list){NULL, n};
    for (int32_t i = mark; i < p->n_pending; i++) AMA_TRY(ama__parser_adopt(p, parent, p->pending[i]));
    p->n_pending = mark;
    if (n == 0) return AMA_OK;
    AMA_KEEP(p->arena, out->at, ama__arena_memdup(p->arena, p->pending + mark, (size_t)n * sizeof *p->pending));
    return AMA_OK;
}

ama_status ama__parser_check_huge(ama__parser *p) {
    if (!p->huge) return AMA_OK;
    return ama__diag_fail(p->ctx, p->source, p->huge->span, AMA_ERR_UNSUPPORTED,
                          "integers beyond 64 bits are not supported; write a float");
}
