/* Statements that fit on one line. */
#include <string.h>

#include "lang/parser.h"

/* ---- targets */

static ama_status fail_target(ama__parser *p, const ama__ast *target, const char *verb) {
    bool maybe_equal = target->kind == AMA_AST_COMPARE || target->kind == AMA_AST_CALL;
    return ama__diag_fail(p->ctx, p->source, target->span, AMA_ERR_FORMAT, "syntax error: cannot %s %s%s", verb,
                          ama__ast_kind_text(target->kind),
                          maybe_equal && verb[0] == 'a' ? "; did you mean '==' instead of '='?" : "");
}

static ama_status check_target(ama__parser *p, const ama__ast *target, const char *verb) {
    switch (target->kind) {
    case AMA_AST_NAME:
    case AMA_AST_ATTRIBUTE:
    case AMA_AST_SUBSCRIPT: return AMA_OK;
    case AMA_AST_TUPLE:
    case AMA_AST_LIST:
        for (int32_t i = 0; i < target->list.n; i++) AMA_TRY(check_target(p, target->list.at[i], verb));
        return AMA_OK;
    default: return fail_target(p, target, verb);
    }
}

/* ---- assignments */

static ama__ast_op augmented_op(ama__token_kind kind) {
    switch (kind) {
    case AMA_TOKEN_PLUS_EQUAL: return AMA_AST_OP_ADD;
    case AMA_TOKEN_MINUS_EQUAL: return AMA_AST_OP_SUB;
    case AMA_TOKEN_STAR_EQUAL: return AMA_AST_OP_MUL;
    case AMA_TOKEN_SLASH_EQUAL: return AMA_AST_OP_DIV;
    case AMA_TOKEN_FLOORDIV_EQUAL: return AMA_AST_OP_FLOORDIV;
    case AMA_TOKEN_PERCENT_EQUAL: return AMA_AST_OP_MOD;
    case AMA_TOKEN_POW_EQUAL: return AMA_AST_OP_POW;
    case AMA_TOKEN_AMPERSAND_EQUAL: return AMA_AST_OP_BITAND;
    case AMA_TOKEN_BAR_EQUAL: return AMA_AST_OP_BITOR;
    case AMA_TOKEN_CARET_EQUAL: return AMA_AST_OP_BITXOR;
    default: return AMA_AST_OP_NO;
    }
}

static ama_status parse_augment(ama__parser *p, ama__ast *target, ama__ast **out) {
    ama__token token = p->token;
    if (target->kind == AMA_AST_TUPLE || target->kind == AMA_AST_LIST)
        return fail_target(p, target, "assign in place to");
    AMA_TRY(check_target(p, target, "assign to"));
    ama__ast *value;
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_expressions(p, &value));
    AMA_TRY(ama__parser_node(p, AMA_AST_AUGMENT, target->span.begin, out));
    (*out)->op = augmented_op(token.kind);
    (*out)->focus = token.span;
    (*out)->augment.target = target;
    (*out)->augment.value = value;
    AMA_TRY(ama__parser_adopt(p, *out, target));
    return ama__parser_adopt(p, *out, value);
}

/* All of a = b = value; `first` was read. */
static ama_status parse_assign(ama__parser *p, ama__ast *first, ama__ast **out) {
    int32_t begin = first->span.begin, mark = p->n_pending;
    ama__span at = p->token.span;
    ama__ast *value = first;
    bool equal = true;
    AMA_TRY(ama__parser_next(p));
    while (equal) {
        AMA_TRY(check_target(p, value, "assign to"));
        AMA_TRY(ama__parser_push(p, value));
        AMA_TRY(ama__parser_expressions(p, &value));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_EQUAL, &equal));
    }
    AMA_TRY(ama__parser_node(p, AMA_AST_ASSIGN, begin, out));
    (*out)->focus = at;
    (*out)->assign.value = value;
    AMA_TRY(ama__parser_adopt(p, *out, value));
    return ama__parser_take(p, mark, *out, &(*out)->assign.targets);
}

/* Words that begin a statement in newer versions of Python only there. */
static ama_status check_soft_keyword(ama__parser *p, const ama__ast *value) {
    if (value->kind != AMA_AST_NAME || !ama__parser_at_expression(p)) return AMA_OK;
    if (strcmp(value->name, "match") == 0)
        return ama__parser_refuse(p, "'match' is not supported; use 'if', 'elif' and 'else'");
    if (strcmp(value->name, "type") == 0)
        return ama__parser_refuse(p, "type aliases are not supported; leave them out");
    return AMA_OK;
}

static ama_status parse_expression_statement(ama__parser *p, ama__ast **out) {
    ama__ast *value;
    AMA_TRY(ama__parser_expressions(p, &value));
    if (p->token.kind == AMA_TOKEN_EQUAL) return parse_assign(p, value, out);
    if (augmented_op(p->token.kind) != AMA_AST_OP_NO) return parse_augment(p, value, out);
    switch (p->token.kind) {
    case AMA_TOKEN_COLON:
        if (value->kind != AMA_AST_NAME && value->kind != AMA_AST_ATTRIBUTE && value->kind != AMA_AST_SUBSCRIPT) break;
        return ama__parser_refuse(p, "annotations are not supported; leave them out");
    case AMA_TOKEN_AT_EQUAL: return ama__parser_refuse(p, "'@=' is not supported; write a = a.dot(b)");
    case AMA_TOKEN_SHIFTLEFT_EQUAL:
    case AMA_TOKEN_SHIFTRIGHT_EQUAL:
        return ama__parser_refuse(p, "shifts are not supported; multiply or divide by a power of 2");
    default: break;
    }
    AMA_TRY(check_soft_keyword(p, value));
    AMA_TRY(ama__parser_node(p, AMA_AST_EXPRESSION, value->span.begin, out));
    (*out)->focus = value->focus;
    (*out)->statement.value = value;
    return ama__parser_adopt(p, *out, value);
}

/* a.b.c as one text. */
static ama_status parse_dotted(ama__parser *p, const char **out) {
    const char *name;
    bool dot;
    AMA_TRY(ama__parser_name(p, "a module name", out));
    AMA_TRY(ama__parser_accept(p, AMA_TOKEN_DOT, &dot));
    while (dot) {
        AMA_TRY(ama__parser_name(p, "a module name after '.'", &name));
        AMA_KEEP(p->arena, *out, ama__arena_printf(p->arena, "%s.%s", *out, name));
        if (strlen(*out) > 1000)
            return ama__parser_refuse(p, "module names of more than 1000 letters are not supported");
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_DOT, &dot));
    }
    return AMA_OK;
}

/* `module [as x]`, or with a module given `name [as x]`. */
static ama_status push_alias(ama__parser *p, const char *module) {
    int32_t begin = p->token.span.begin;
    const char *name = NULL, *as = NULL;
    bool has_as;
    if (module)
        AMA_TRY(ama__parser_name(p, "a name to import", &name));
    else
        AMA_TRY(parse_dotted(p, &module));
    AMA_TRY(ama__parser_accept(p, AMA_TOKEN_AS, &has_as));
    if (has_as) AMA_TRY(ama__parser_name(p, "a name after 'as'", &as));
    ama__ast *alias;
    AMA_TRY(ama__parser_node(p, AMA_AST_ALIAS, begin, &alias));
    alias->alias.module = module;
    alias->alias.name = name;
    alias->alias.as = as;
    return ama__parser_push(p, alias);
}

static ama_status parse_import(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    bool comma = true;
    AMA_TRY(ama__parser_next(p));
    while (comma) {
        AMA_TRY(push_alias(p, NULL));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
    }
    AMA_TRY(ama__parser_node(p, AMA_AST_IMPORT, begin, out));
    return ama__parser_take(p, mark, *out, &(*out)->list);
}

static ama_status parse_from(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    const char *module;
    bool paren, comma = true;
    AMA_TRY(ama__parser_next(p));
    if (p->token.kind == AMA_TOKEN_DOT || p->token.kind == AMA_TOKEN_ELLIPSIS)
        return ama__parser_refuse(p, "relative imports are not supported; a script is one file");
    AMA_TRY(parse_dotted(p, &module));
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_IMPORT, "after the module"));
    if (p->token.kind == AMA_TOKEN_STAR)
        return ama__parser_refuse(p, "'import *' is not supported; name what is imported");
    AMA_TRY(ama__parser_accept(p, AMA_TOKEN_LPAREN, &paren));
    while (comma && !(paren && p->n_pending > mark && p->token.kind == AMA_TOKEN_RPAREN)) {
        AMA_TRY(push_alias(p, module));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
    }
    if (paren) AMA_TRY(ama__parser_expect(p, AMA_TOKEN_RPAREN, "or ','"));
    AMA_TRY(ama__parser_node(p, AMA_AST_IMPORT, begin, out));
    return ama__parser_take(p, mark, *out, &(*out)->list);
}

static ama_status parse_return(ama__parser *p, ama__ast **out) {
    ama__token token = p->token;
    if (!p->in_def)
        return ama__diag_fail(p->ctx, p->source, token.span, AMA_ERR_FORMAT,
                              "syntax error: 'return' outside of a function");
    ama__ast *value = NULL;
    AMA_TRY(ama__parser_next(p));
    if (ama__parser_at_expression(p)) AMA_TRY(ama__parser_expressions(p, &value));
    AMA_TRY(ama__parser_node(p, AMA_AST_RETURN, token.span.begin, out));
    (*out)->statement.value = value;
    return ama__parser_adopt(p, *out, value);
}

static ama_status parse_del(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    ama__ast *targets;
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_expressions(p, &targets));
    AMA_TRY(check_target(p, targets, "delete"));
    AMA_TRY(ama__parser_node(p, AMA_AST_DEL, begin, out));
    if (targets->kind == AMA_AST_TUPLE) {
        (*out)->list = targets->list;
        return ama__parser_adopt(p, *out, targets);
    }
    AMA_TRY(ama__parser_push(p, targets));
    return ama__parser_take(p, mark, *out, &(*out)->list);
}

static ama_status parse_pass(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin;
    AMA_TRY(ama__parser_next(p));
    return ama__parser_node(p, AMA_AST_PASS, begin, out);
}

/* Statements that Python has and Amasia has not. */
static const char *refusal(ama__token_kind kind) {
    switch (kind) {
    case AMA_TOKEN_CLASS: return "classes are not supported; use functions: def NAME(...):";
    case AMA_TOKEN_WHILE: return "'while' is not supported; use 'for NAME in range(n):'";
    case AMA_TOKEN_TRY: return "'try' is not supported; an error ends the run, so write the statements without it";
    case AMA_TOKEN_RAISE: return "'raise' is not supported; leave it out";
    case AMA_TOKEN_ASSERT: return "'assert' is not supported; leave it out";
    case AMA_TOKEN_GLOBAL: return "'global' is not supported; return the value and assign it";
    case AMA_TOKEN_NONLOCAL: return "'nonlocal' is not supported; return the value and assign it";
    case AMA_TOKEN_BREAK: return "'break' is not supported; loop over the items that are wanted";
    case AMA_TOKEN_CONTINUE: return "'continue' is not supported; put the rest of the loop under 'if'";
    case AMA_TOKEN_ASYNC: return "'async' is not supported; calls wait by themselves";
    case AMA_TOKEN_AT: return "decorators are not supported; call the function on the result instead";
    default: return NULL;
    }
}

ama_status ama__parser_simple(ama__parser *p, ama__ast **out) {
    const char *text = refusal(p->token.kind);
    if (text) return ama__parser_refuse(p, text);
    switch (p->token.kind) {
    case AMA_TOKEN_IMPORT: return parse_import(p, out);
    case AMA_TOKEN_FROM: return parse_from(p, out);
    case AMA_TOKEN_RETURN: return parse_return(p, out);
    case AMA_TOKEN_DEL: return parse_del(p, out);
    case AMA_TOKEN_PASS: return parse_pass(p, out);
    default: break;
    }
    if (!ama__parser_at_expression(p)) return ama__parser_unexpected(p, "a statement");
    return parse_expression_statement(p, out);
}
