/* Names, literals, displays, and what follows them: attributes, calls, subscripts. */
#include <string.h>

#include "lang/literal.h"
#include "lang/parser.h"

bool ama__parser_at_expression(const ama__parser *p) {
    switch (p->token.kind) {
    case AMA_TOKEN_NAME:
    case AMA_TOKEN_INT:
    case AMA_TOKEN_FLOAT:
    case AMA_TOKEN_IMAGINARY:
    case AMA_TOKEN_STRING:
    case AMA_TOKEN_FSTRING:
    case AMA_TOKEN_NONE:
    case AMA_TOKEN_TRUE:
    case AMA_TOKEN_FALSE:
    case AMA_TOKEN_ELLIPSIS:
    case AMA_TOKEN_NOT:
    case AMA_TOKEN_LAMBDA:
    case AMA_TOKEN_AWAIT:
    case AMA_TOKEN_YIELD:
    case AMA_TOKEN_LPAREN:
    case AMA_TOKEN_LBRACKET:
    case AMA_TOKEN_LBRACE:
    case AMA_TOKEN_PLUS:
    case AMA_TOKEN_MINUS:
    case AMA_TOKEN_TILDE:
    case AMA_TOKEN_STAR: return true;
    default: return false;
    }
}

/* ---- atoms */

ama_status ama__parser_check_comprehension(ama__parser *p) {
    if (p->token.kind != AMA_TOKEN_FOR && p->token.kind != AMA_TOKEN_ASYNC) return AMA_OK;
    return ama__parser_refuse(p, "comprehensions are not supported; write the items out, or use a 'for NAME in ...:' "
                                 "statement");
}

/* Items with commas between them up to `closing`, which stays. */
static ama_status parse_items(ama__parser *p, ama__token_kind closing, bool *comma) {
    *comma = false;
    while (p->token.kind != closing) {
        ama__ast *item;
        AMA_TRY(ama__parser_expression(p, &item));
        AMA_TRY(ama__parser_check_comprehension(p));
        AMA_TRY(ama__parser_push(p, item));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, comma));
        if (!*comma) break;
    }
    return AMA_OK;
}

static ama_status parse_paren(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    bool in_with = p->in_with;
    p->in_with = false;
    AMA_TRY(ama__parser_next(p));
    bool comma;
    AMA_TRY(parse_items(p, AMA_TOKEN_RPAREN, &comma));
    if (in_with && p->token.kind == AMA_TOKEN_AS)
        return ama__parser_refuse(p, "parentheses around the items of 'with' are not supported; leave them out");
    p->in_with = in_with;
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_RPAREN, "or ','"));
    if (p->n_pending == mark + 1 && !comma) {
        *out = p->pending[--p->n_pending];
        return AMA_OK;
    }
    AMA_TRY(ama__parser_node(p, AMA_AST_TUPLE, begin, out));
    return ama__parser_take(p, mark, *out, &(*out)->list);
}

static ama_status parse_list(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    bool comma;
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(parse_items(p, AMA_TOKEN_RBRACKET, &comma));
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_RBRACKET, "or ','"));
    AMA_TRY(ama__parser_node(p, AMA_AST_LIST, begin, out));
    return ama__parser_take(p, mark, *out, &(*out)->list);
}

/* One `key: value`; a set or `**` is refused. */
static ama_status parse_pair(ama__parser *p, ama__ast **key, ama__ast **value) {
    if (p->token.kind == AMA_TOKEN_POW)
        return ama__parser_refuse(p, "'**' in a dict is not supported; write its items out");
    AMA_TRY(ama__parser_expression(p, key));
    AMA_TRY(ama__parser_check_comprehension(p));
    if (p->token.kind == AMA_TOKEN_COMMA || p->token.kind == AMA_TOKEN_RBRACE)
        return ama__diag_fail(p->ctx, p->source, (*key)->span, AMA_ERR_UNSUPPORTED,
                              "sets are not supported; write a list: [...]");
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_COLON, "after the key"));
    AMA_TRY(ama__parser_expression(p, value));
    return ama__parser_check_comprehension(p);
}

/* The keys wait on the parser's list, the values behind one another in the same order: k v k v. */
static ama_status parse_dict(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    bool comma = true;
    AMA_TRY(ama__parser_next(p));
    while (comma && p->token.kind != AMA_TOKEN_RBRACE) {
        ama__ast *key, *value;
        AMA_TRY(parse_pair(p, &key, &value));
        AMA_TRY(ama__parser_push(p, key));
        AMA_TRY(ama__parser_push(p, value));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
    }
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_RBRACE, "or ','"));
    AMA_TRY(ama__parser_node(p, AMA_AST_DICT, begin, out));
    ama__ast_list both, *keys = &(*out)->dict.keys, *values = &(*out)->dict.values;
    AMA_TRY(ama__parser_take(p, mark, *out, &both));
    keys->n = values->n = both.n / 2;
    AMA_NEW(p->arena, keys->at, keys->n);
    AMA_NEW(p->arena, values->at, values->n);
    for (int32_t i = 0; i < keys->n; i++) {
        keys->at[i] = both.at[2 * i];
        values->at[i] = both.at[2 * i + 1];
    }
    return AMA_OK;
}

static ama_status parse_int(ama__parser *p, ama__ast **out) {
    uint64_t value;
    ama__span span = p->token.span;
    AMA_TRY(ama__literal_int(p->ctx, p->source, span, &value));
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_node(p, AMA_AST_INT, span.begin, out));
    (*out)->integer = (int64_t)value;
    if (value <= INT64_MAX) return AMA_OK;
    AMA_TRY(ama__parser_check_huge(p));
    p->huge = *out;
    return AMA_OK;
}

static ama_status parse_float(ama__parser *p, ama__ast **out) {
    double value;
    ama__span span = p->token.span;
    AMA_TRY(ama__literal_float(p->arena, p->source, span, &value));
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_node(p, AMA_AST_FLOAT, span.begin, out));
    (*out)->real = value;
    return AMA_OK;
}

static ama_status parse_constant(ama__parser *p, ama__ast_kind kind, ama__ast **out) {
    ama__token token = p->token;
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_node(p, kind, token.span.begin, out));
    (*out)->boolean = token.kind == AMA_TOKEN_TRUE;
    return AMA_OK;
}

static ama_status parse_name(ama__parser *p, ama__ast **out) {
    const char *name;
    int32_t begin = p->token.span.begin;
    AMA_TRY(ama__parser_name(p, "a name", &name));
    AMA_TRY(ama__parser_node(p, AMA_AST_NAME, begin, out));
    (*out)->name = name;
    return AMA_OK;
}

static ama_status refuse_atom(ama__parser *p) {
    char before = p->used_end > 0 ? p->source->text[p->used_end - 1] : '\n';
    if (p->token.kind == AMA_TOKEN_STAR && strchr("+-*/%&|^~<>", before))
        return ama__parser_unexpected(p, "an expression");
    switch (p->token.kind) {
    case AMA_TOKEN_IMAGINARY: return ama__parser_refuse(p, "complex numbers are not supported");
    case AMA_TOKEN_LAMBDA:
        return ama__parser_refuse(p, "'lambda' is not supported; write 'def NAME(...): return ...' and use NAME");
    case AMA_TOKEN_YIELD: return ama__parser_refuse(p, "'yield' is not supported; return a list");
    case AMA_TOKEN_AWAIT: return ama__parser_refuse(p, "'await' is not supported; calls wait by themselves");
    case AMA_TOKEN_STAR: return ama__parser_refuse(p, "'*' before an item is not supported; write the items out");
    default: return ama__parser_unexpected(p, "an expression");
    }
}

static ama_status parse_atom(ama__parser *p, ama__ast **out) {
    switch (p->token.kind) {
    case AMA_TOKEN_NAME: return parse_name(p, out);
    case AMA_TOKEN_INT: return parse_int(p, out);
    case AMA_TOKEN_FLOAT: return parse_float(p, out);
    case AMA_TOKEN_STRING:
    case AMA_TOKEN_FSTRING: return ama__parser_strings(p, out);
    case AMA_TOKEN_NONE: return parse_constant(p, AMA_AST_NONE, out);
    case AMA_TOKEN_TRUE:
    case AMA_TOKEN_FALSE: return parse_constant(p, AMA_AST_BOOL, out);
    case AMA_TOKEN_ELLIPSIS: return parse_constant(p, AMA_AST_ELLIPSIS, out);
    case AMA_TOKEN_LPAREN: return parse_paren(p, out);
    case AMA_TOKEN_LBRACKET: return parse_list(p, out);
    case AMA_TOKEN_LBRACE: return parse_dict(p, out);
    default: return refuse_atom(p);
    }
}

/* ---- primaries */

static ama_status parse_attribute(ama__parser *p, int32_t begin, ama__ast *value, ama__ast **out) {
    AMA_TRY(ama__parser_next(p));
    ama__span name_span = p->token.span;
    const char *name;
    AMA_TRY(ama__parser_name(p, "a name after '.'", &name));
    AMA_TRY(ama__parser_node(p, AMA_AST_ATTRIBUTE, begin, out));
    (*out)->focus = name_span;
    (*out)->attribute.value = value;
    (*out)->attribute.name = name;
    return ama__parser_adopt(p, *out, value);
}

static ama_status parse_call(ama__parser *p, int32_t begin, ama__ast *function, ama__ast **out) {
    AMA_TRY(ama__parser_next(p));
    ama__ast *call;
    AMA_TRY(ama__parser_node(p, AMA_AST_CALL, begin, &call));
    call->call.function = function;
    AMA_TRY(ama__parser_arguments(p, call));
    call->span.end = p->used_end;
    call->focus = function->focus;
    *out = call;
    return ama__parser_adopt(p, call, function);
}

static ama_status parse_slice_part(ama__parser *p, ama__ast *slice, ama__ast **part) {
    if (!ama__parser_at_expression(p)) return AMA_OK;
    AMA_TRY(ama__parser_expression(p, part));
    return ama__parser_adopt(p, slice, *part);
}

/* An index, or a slice start:stop:step of which each part may be missing. */
static ama_status parse_index(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin;
    ama__ast *start = NULL, *slice;
    if (p->token.kind != AMA_TOKEN_COLON) AMA_TRY(ama__parser_expression(p, &start));
    if (p->token.kind != AMA_TOKEN_COLON) {
        *out = start;
        return AMA_OK;
    }
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_node(p, AMA_AST_SLICE, begin, &slice));
    slice->slice.start = start;
    AMA_TRY(ama__parser_adopt(p, slice, start));
    AMA_TRY(parse_slice_part(p, slice, &slice->slice.stop));
    bool colon;
    AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COLON, &colon));
    if (colon) AMA_TRY(parse_slice_part(p, slice, &slice->slice.step));
    slice->span.end = slice->focus.end = p->used_end;
    *out = slice;
    return AMA_OK;
}

static ama_status parse_subscript(ama__parser *p, int32_t begin, ama__ast *value, ama__ast **out) {
    AMA_TRY(ama__parser_next(p));
    int32_t index_begin = p->token.span.begin, mark = p->n_pending;
    bool comma = true, any_comma = false;
    ama__ast *index;
    while (comma && (!any_comma || p->token.kind != AMA_TOKEN_RBRACKET)) {
        AMA_TRY(parse_index(p, &index));
        AMA_TRY(ama__parser_push(p, index));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
        any_comma |= comma;
    }
    if (any_comma) {
        AMA_TRY(ama__parser_node(p, AMA_AST_TUPLE, index_begin, &index));
        AMA_TRY(ama__parser_take(p, mark, index, &index->list));
    } else {
        p->n_pending = mark;
    }
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_RBRACKET, "or ','"));
    AMA_TRY(ama__parser_node(p, AMA_AST_SUBSCRIPT, begin, out));
    (*out)->focus = index->span;
    (*out)->subscript.value = value;
    (*out)->subscript.index = index;
    AMA_TRY(ama__parser_adopt(p, *out, index));
    return ama__parser_adopt(p, *out, value);
}

ama_status ama__parser_primary(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin;
    AMA_TRY(parse_atom(p, out));
    for (;;) {
        if (p->token.kind == AMA_TOKEN_DOT)
            AMA_TRY(parse_attribute(p, begin, *out, out));
        else if (p->token.kind == AMA_TOKEN_LPAREN)
            AMA_TRY(parse_call(p, begin, *out, out));
        else if (p->token.kind == AMA_TOKEN_LBRACKET)
            AMA_TRY(parse_subscript(p, begin, *out, out));
        else
            return AMA_OK;
    }
}
