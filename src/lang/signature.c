#include "lang/signature.h"

#include <string.h>

#include "base/text.h"
#include "lang/parser.h"

static ama_status parse_signature(ama__parser *p, const ama__signature **out) {
    ama__signature *signature;
    AMA_NEW(p->arena, signature, 1);
    AMA_TRY(ama__parser_params(p, AMA_TOKEN_END, signature));
    AMA_TRY(ama__parser_check_huge(p));
    *out = signature;
    return AMA_OK;
}

ama_status ama__signature_parse(ama__arena *arena, const char *text, const ama__signature **out) {
    ama__source source;
    ama__parser p;
    ama_status status;
    *out = NULL;
    AMA_TRY(ama__source_init(ama__arena_ctx(arena), "signature", text, strlen(text), &source));
    AMA_TRY_DONE(ama__parser_init(&p, arena, &source, true));
    AMA_TRY_DONE(parse_signature(&p, out));
done:
    ama__parser_fini(&p);
    return status;
}

int32_t ama__signature_find(const ama__signature *s, const char *name) {
    for (int32_t i = 0; i < s->n_params; i++)
        if (strcmp(s->params[i].name, name) == 0) return i;
    return -1;
}

/* ---- binding */

typedef struct binder {
    ama_ctx *ctx;
    const ama__source *source;
    const ama__signature *signature;
    const char *function;
    const ama__ast *call;
    ama__binding *out;
} binder;

static ama_status bind_positional(binder *b) {
    const ama__signature *s = b->signature;
    const ama__ast_list *args = &b->call->call.args;
    int32_t n = args->n < s->n_positional ? args->n : s->n_positional;
    for (int32_t i = 0; i < n; i++) b->out->values[i] = args->at[i];
    if (n == args->n) return AMA_OK;
    if (s->args) {
        b->out->args = (ama__ast_list){args->at + n, args->n - n};
        return AMA_OK;
    }
    return ama__diag_fail(b->ctx, b->source, args->at[n]->span, AMA_ERR_ARG,
                          "%s() takes %d positional argument%s but %d %s given", b->function, s->n_positional,
                          s->n_positional == 1 ? "" : "s", args->n, args->n == 1 ? "was" : "were");
}

/* A keyword that no parameter takes; suggests the nearest one that is still free. */
static ama_status fail_unexpected(binder *b, const ama__ast *keyword) {
    const ama__signature *s = b->signature;
    const char *names[AMA_AST_MAX_KEYWORDS];
    int n = 0;
    for (int32_t i = s->n_positional_only; i < s->n_params; i++)
        if (!b->out->values[i]) names[n++] = s->params[i].name;
    const char *nearest = ama__text_nearest(keyword->keyword.name, names, n);
    return ama__diag_fail(b->ctx, b->source, keyword->focus, AMA_ERR_ARG,
                          "%s() got an unexpected keyword argument '%s'%s%s%s", b->function, keyword->keyword.name,
                          nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static ama_status bind_keyword(binder *b, ama__ast *keyword) {
    const ama__signature *s = b->signature;
    ama__ast_list *extra = &b->out->kwargs;
    const char *name = keyword->keyword.name;
    int32_t i = ama__signature_find(s, name);
    bool twice = i >= s->n_positional_only && b->out->values[i];
    for (int32_t k = 0; k < extra->n; k++) twice |= strcmp(extra->at[k]->keyword.name, name) == 0;
    if (twice)
        return ama__diag_fail(b->ctx, b->source, keyword->focus, AMA_ERR_ARG,
                              "%s() got multiple values for argument '%s'", b->function, name);
    if (i >= s->n_positional_only) {
        b->out->values[i] = keyword->keyword.value;
        return AMA_OK;
    }
    if (s->kwargs) {
        extra->at[extra->n++] = keyword;
        return AMA_OK;
    }
    if (i < 0) return fail_unexpected(b, keyword);
    return ama__diag_fail(b->ctx, b->source, keyword->focus, AMA_ERR_ARG,
                          "%s() takes '%s' by position only; write the value without '%s='", b->function, name, name);
}

/* "'a', 'b' and 'c'" as Python has it. */
static void add_name(ama__text *text, const char *name, int32_t i, int32_t n) {
    ama__text_printf(text, "%s'%s'", i == 0 ? "" : i < n - 1 ? ", " : n > 2 ? ", and " : " and ", name);
}

static ama_status check_required(binder *b) {
    const ama__signature *s = b->signature;
    int32_t missing[AMA_AST_MAX_KEYWORDS], n = 0;
    bool positional = false;
    for (int32_t i = 0; i < s->n_params; i++) {
        if (b->out->values[i] || s->params[i].fallback || (positional && i >= s->n_positional)) continue;
        positional |= i < s->n_positional;
        missing[n++] = i;
    }
    if (n == 0) return AMA_OK;
    ama__text names;
    ama__text_init(&names, b->ctx);
    for (int32_t k = 0; k < n; k++) add_name(&names, s->params[missing[k]].name, k, n);
    ama_status status = ama__diag_fail(
        b->ctx, b->source, b->call->focus, AMA_ERR_ARG, "%s() missing %d required %s argument%s: %s", b->function, n,
        positional ? "positional" : "keyword-only", n == 1 ? "" : "s", ama__text_get(&names));
    ama__text_fini(&names);
    return status;
}

ama_status ama__signature_bind(ama__arena *arena, const ama__source *source, const ama__signature *signature,
                               const char *function, const ama__ast *call, ama__binding *out) {
    const ama__ast_list *keywords = &call->call.keywords;
    *out = (ama__binding){0};
    AMA_NEW(arena, out->values, signature->n_params);
    AMA_NEW(arena, out->kwargs.at, keywords->n);
    binder b = {ama__arena_ctx(arena), source, signature, function, call, out};
    AMA_TRY(bind_positional(&b));
    for (int32_t i = 0; i < keywords->n; i++) AMA_TRY(bind_keyword(&b, keywords->at[i]));
    return check_required(&b);
}
