/* The arguments of a call and the parameters of a function. */
#include <string.h>

#include "lang/parser.h"

/* ---- arguments */

static ama_status push_keyword(ama__parser *p, const ama__ast *name, const char *text, ama__ast *value) {
    ama__ast *keyword;
    AMA_TRY(ama__parser_node(p, AMA_AST_KEYWORD, name->span.begin, &keyword));
    keyword->focus = name->span;
    keyword->keyword.name = text;
    keyword->keyword.value = value;
    AMA_TRY(ama__parser_adopt(p, keyword, value));
    return ama__parser_push(p, keyword);
}

/* **{"name": value} gives the keywords it holds. */
static ama_status push_dict_keywords(ama__parser *p) {
    ama__span at = p->token.span;
    ama__ast *dict;
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_expression(p, &dict));
    if (dict->kind != AMA_AST_DICT)
        return ama__diag_fail(p->ctx, p->source, at, AMA_ERR_UNSUPPORTED,
                              "'**' before an argument is supported only with a dict written out: **{\"name\": value}");
    for (int32_t i = 0; i < dict->dict.keys.n; i++) {
        const ama__ast *key = dict->dict.keys.at[i];
        if (key->kind != AMA_AST_STR)
            return ama__diag_fail(p->ctx, p->source, key->span, AMA_ERR_UNSUPPORTED,
                                  "the keys of a dict after '**' must be strings written out");
        AMA_TRY(push_keyword(p, key, key->str.s, dict->dict.values.at[i]));
    }
    return AMA_OK;
}

/* The arguments read so far: positional ones on the parser's list from mark, keywords behind them. */
typedef struct argument_list {
    int32_t mark, n_args;
    bool keywords; /* a keyword or '**' was seen */
} argument_list;

/* True for name=value as it stands in the script: what comes from '**' spans the quotes as well. */
static bool is_written(const ama__ast *keyword) {
    return keyword->focus.end - keyword->focus.begin == (int32_t)strlen(keyword->keyword.name);
}

/* `name=` was read as an expression: it must be a bare name. */
static ama_status parse_keyword(ama__parser *p, const argument_list *list, int32_t begin, ama__ast *name) {
    if (name->kind != AMA_AST_NAME || name->span.begin != begin)
        return ama__diag_fail(p->ctx, p->source, p->token.span, AMA_ERR_FORMAT,
                              "syntax error: '=' in an argument comes after a bare name; did you mean '=='?");
    for (int32_t i = list->mark + list->n_args; i < p->n_pending; i++) {
        const ama__ast *other = p->pending[i];
        if (!is_written(other) || strcmp(other->keyword.name, name->name) != 0) continue;
        return ama__diag_fail(p->ctx, p->source, name->span, AMA_ERR_FORMAT,
                              "syntax error: keyword argument '%s' is given twice", name->name);
    }
    ama__ast *value;
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_expression(p, &value));
    return push_keyword(p, name, name->name, value);
}

static ama_status parse_argument(ama__parser *p, argument_list *list) {
    if (p->token.kind == AMA_TOKEN_POW) {
        list->keywords = true;
        return push_dict_keywords(p);
    }
    if (p->token.kind == AMA_TOKEN_STAR)
        return ama__parser_refuse(p, "'*' before an argument is not supported; write the arguments out");
    int32_t begin = p->token.span.begin;
    ama__ast *argument;
    AMA_TRY(ama__parser_expression(p, &argument));
    if (p->token.kind == AMA_TOKEN_EQUAL) {
        list->keywords = true;
        return parse_keyword(p, list, begin, argument);
    }
    if (list->keywords)
        return ama__diag_fail(p->ctx, p->source, argument->span, AMA_ERR_FORMAT,
                              "syntax error: a positional argument comes after a keyword argument");
    list->n_args++;
    return ama__parser_push(p, argument);
}

ama_status ama__parser_arguments(ama__parser *p, ama__ast *call) {
    argument_list list = {.mark = p->n_pending};
    bool comma = true;
    while (comma && p->token.kind != AMA_TOKEN_RPAREN) {
        AMA_TRY(parse_argument(p, &list));
        if (p->n_pending - list.mark - list.n_args > AMA_AST_MAX_KEYWORDS)
            return ama__parser_refuse(p, "calls with more than 255 keyword arguments are not supported");
        AMA_TRY(ama__parser_check_comprehension(p));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
    }
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_RPAREN, "or ','"));
    AMA_TRY(ama__parser_take(p, list.mark + list.n_args, call, &call->call.keywords));
    return ama__parser_take(p, list.mark, call, &call->call.args);
}

/* ---- parameters */

typedef struct param_list {
    ama__param at[AMA_AST_MAX_KEYWORDS];
    ama__signature *signature;
    bool keyword_only; /* a '*' was seen */
    bool bare_star;    /* ... and needs a name behind it */
    bool is_def;       /* of the script: no *args, no **kwargs */
} param_list;

static ama_status fail_param(ama__parser *p, ama__span at, const char *text) {
    return ama__diag_fail(p->ctx, p->source, at, AMA_ERR_FORMAT, "syntax error: %s", text);
}

static bool is_taken(const param_list *list, const char *name) {
    const ama__signature *s = list->signature;
    return ama__signature_find(s, name) >= 0 || (s->args && strcmp(s->args, name) == 0);
}

static ama_status parse_param_name(ama__parser *p, param_list *list, ama__span *span, const char **out) {
    *span = p->token.span;
    AMA_TRY(ama__parser_name(p, "a parameter name", out));
    if (is_taken(list, *out))
        return ama__diag_fail(p->ctx, p->source, *span, AMA_ERR_FORMAT, "syntax error: parameter '%s' appears twice",
                              *out);
    if (p->token.kind == AMA_TOKEN_COLON) return ama__parser_refuse(p, "annotations are not supported; leave them out");
    return AMA_OK;
}

/* NAME or NAME=default. */
static ama_status parse_param(ama__parser *p, param_list *list) {
    ama__signature *s = list->signature;
    if (s->n_params == AMA_AST_MAX_KEYWORDS)
        return ama__parser_refuse(p, "functions with more than 255 parameters are not supported");
    ama__param param = {0};
    AMA_TRY(parse_param_name(p, list, &param.span, &param.name));
    bool equal;
    AMA_TRY(ama__parser_accept(p, AMA_TOKEN_EQUAL, &equal));
    if (equal) {
        ama__ast *fallback;
        AMA_TRY(ama__parser_expression(p, &fallback));
        param.fallback = fallback;
    } else if (!list->keyword_only && s->n_params > 0 && list->at[s->n_params - 1].fallback) {
        return fail_param(p, param.span, "a parameter without default comes after one with a default");
    }
    list->at[s->n_params++] = param;
    if (!list->keyword_only) s->n_positional = s->n_params;
    list->bare_star = false;
    return AMA_OK;
}

/* '*' alone or '*args'. */
static ama_status parse_star_param(ama__parser *p, param_list *list) {
    ama__span span = p->token.span;
    if (list->keyword_only) return fail_param(p, span, "'*' appears twice");
    list->keyword_only = true;
    AMA_TRY(ama__parser_next(p));
    list->bare_star = p->token.kind != AMA_TOKEN_NAME;
    if (list->bare_star) return AMA_OK;
    if (list->is_def)
        return ama__parser_refuse(p, "'*' before a parameter is not supported; name the parameters one by one");
    const char *name;
    AMA_TRY(parse_param_name(p, list, &span, &name));
    list->signature->args = name;
    return AMA_OK;
}

static ama_status parse_slash_param(ama__parser *p, param_list *list) {
    ama__signature *s = list->signature;
    if (list->keyword_only || s->n_params == 0 || s->n_positional_only > 0)
        return fail_param(p, p->token.span, "'/' comes once, after parameters and before '*'");
    s->n_positional_only = s->n_params;
    return ama__parser_next(p);
}

static ama_status parse_any_param(ama__parser *p, param_list *list) {
    switch (p->token.kind) {
    case AMA_TOKEN_STAR: return parse_star_param(p, list);
    case AMA_TOKEN_SLASH: return parse_slash_param(p, list);
    case AMA_TOKEN_POW: {
        ama__span span = p->token.span;
        const char *name;
        if (list->bare_star) return fail_param(p, span, "named parameters must follow '*'");
        if (list->is_def)
            return ama__parser_refuse(p, "'**' before a parameter is not supported; name the parameters one by one");
        AMA_TRY(ama__parser_next(p));
        AMA_TRY(parse_param_name(p, list, &span, &name));
        list->signature->kwargs = name;
        return AMA_OK;
    }
    default: return parse_param(p, list);
    }
}

ama_status ama__parser_params(ama__parser *p, ama__token_kind closing, ama__signature *out) {
    param_list list = {.signature = out, .is_def = closing == AMA_TOKEN_RPAREN};
    *out = (ama__signature){.params = list.at};
    bool comma = true;
    while (comma && !out->kwargs && p->token.kind != closing) {
        AMA_TRY(parse_any_param(p, &list));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
    }
    if (list.bare_star) return fail_param(p, p->token.span, "named parameters must follow '*'");
    if (p->token.kind != closing)
        return ama__parser_unexpected(p, out->kwargs ? "nothing after '**'" : "',' after a parameter");
    AMA_KEEP(p->arena, out->params, ama__arena_memdup(p->arena, list.at, (size_t)out->n_params * sizeof *list.at));
    return AMA_OK;
}
