#include "lang/parse.h"

#include "lang/parser.h"

static ama_status parse_statements(ama__parser *p);

/* ---- the names that blocks bind */

/* The NAME that `for` and `with` bind. */
static ama_status parse_bound_name(ama__parser *p, const char *refusal, ama__ast **out) {
    int32_t begin = p->token.span.begin;
    const char *name;
    if (p->token.kind == AMA_TOKEN_LPAREN || p->token.kind == AMA_TOKEN_LBRACKET || p->token.kind == AMA_TOKEN_STAR)
        return ama__parser_refuse(p, refusal);
    AMA_TRY(ama__parser_name(p, "a name", &name));
    if (p->token.kind == AMA_TOKEN_DOT || p->token.kind == AMA_TOKEN_LBRACKET || p->token.kind == AMA_TOKEN_LPAREN)
        return ama__parser_refuse(p, refusal);
    AMA_TRY(ama__parser_node(p, AMA_AST_NAME, begin, out));
    (*out)->name = name;
    return AMA_OK;
}

static ama_status parse_loop_target(ama__parser *p, ama__ast **out);

static ama_status parse_loop_name(ama__parser *p, ama__ast **out) {
    if (p->token.kind != AMA_TOKEN_LPAREN)
        return parse_bound_name(p, "'for' binds names only: for NAME in ..., or for NAME, NAME in ...", out);
    AMA_TRY(ama__parser_enter(p));
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(parse_loop_target(p, out));
    ama__parser_leave(p);
    return ama__parser_expect(p, AMA_TOKEN_RPAREN, "after the names");
}

static ama_status parse_loop_target(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    bool comma;
    AMA_TRY(parse_loop_name(p, out));
    if (p->token.kind != AMA_TOKEN_COMMA) return AMA_OK;
    AMA_TRY(ama__parser_push(p, *out));
    AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
    while (comma && p->token.kind != AMA_TOKEN_IN && p->token.kind != AMA_TOKEN_RPAREN) {
        AMA_TRY(parse_loop_name(p, out));
        AMA_TRY(ama__parser_push(p, *out));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
    }
    AMA_TRY(ama__parser_node(p, AMA_AST_TUPLE, begin, out));
    return ama__parser_take(p, mark, *out, &(*out)->list);
}

/* ---- blocks */

/* Statements with ';' between them up to the end of the line. */
static ama_status parse_line(ama__parser *p) {
    bool more = true;
    while (more && p->token.kind != AMA_TOKEN_NEWLINE) {
        ama__ast *statement;
        AMA_TRY(ama__parser_simple(p, &statement));
        AMA_TRY(ama__parser_check_huge(p));
        AMA_TRY(ama__parser_push(p, statement));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_SEMICOLON, &more));
    }
    if (p->token.kind == AMA_TOKEN_NEWLINE) return ama__parser_next(p);
    return ama__parser_unexpected(p, "an operator or the end of the line");
}

/* ':' and what it governs, into `body` of `parent`. `after`: "after 'for'". */
static ama_status parse_block(ama__parser *p, const char *after, ama__ast *parent, ama__ast_list *body) {
    int32_t mark = p->n_pending;
    bool newline;
    if (p->token.kind == AMA_TOKEN_EQUAL) return ama__parser_unexpected(p, "':' (to compare, write '==')");
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_COLON, after));
    AMA_TRY(ama__parser_check_huge(p));
    AMA_TRY(ama__parser_enter(p));
    AMA_TRY(ama__parser_accept(p, AMA_TOKEN_NEWLINE, &newline));
    if (!newline) {
        AMA_TRY(parse_line(p));
    } else {
        AMA_TRY(ama__parser_expect(p, AMA_TOKEN_INDENT, after));
        AMA_TRY(parse_statements(p));
        AMA_TRY(ama__parser_expect(p, AMA_TOKEN_DEDENT, after));
    }
    ama__parser_leave(p);
    return ama__parser_take(p, mark, parent, body);
}

/* `for` and `with` inside each other, of which CPython allows 20. */
static ama_status parse_counted_block(ama__parser *p, const char *after, ama__ast *parent, ama__ast_list *body) {
    if (p->n_blocks == 20)
        return ama__diag_fail(p->ctx, p->source, parent->focus, AMA_ERR_FORMAT,
                              "syntax error: more than 20 'for' and 'with' inside each other");
    p->n_blocks++;
    AMA_TRY(parse_block(p, after, parent, body));
    p->n_blocks--;
    parent->span.end = p->used_end;
    return AMA_OK;
}

static ama_status parse_for(ama__parser *p, ama__ast **out) {
    ama__token token = p->token;
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_node(p, AMA_AST_FOR, token.span.begin, out));
    (*out)->focus = token.span;
    AMA_TRY(parse_loop_target(p, &(*out)->loop.target));
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_IN, "after the name that 'for' binds"));
    AMA_TRY(ama__parser_expressions(p, &(*out)->loop.iterable));
    AMA_TRY(ama__parser_adopt(p, *out, (*out)->loop.target));
    AMA_TRY(ama__parser_adopt(p, *out, (*out)->loop.iterable));
    AMA_TRY(parse_counted_block(p, "after 'for NAME in ...'", *out, &(*out)->loop.body));
    if (p->token.kind != AMA_TOKEN_ELSE) return AMA_OK;
    return ama__parser_refuse(p, "'else' after 'for' is not supported; write its statements after the loop");
}

static ama_status push_branch(ama__parser *p, const char *after) {
    ama__token token = p->token;
    ama__ast *branch;
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_node(p, AMA_AST_BRANCH, token.span.begin, &branch));
    branch->focus = token.span;
    if (token.kind != AMA_TOKEN_ELSE) {
        AMA_TRY(ama__parser_expression(p, &branch->branch.test));
        AMA_TRY(ama__parser_adopt(p, branch, branch->branch.test));
    }
    AMA_TRY(parse_block(p, after, branch, &branch->branch.body));
    branch->span.end = p->used_end;
    return ama__parser_push(p, branch);
}

static ama_status parse_if(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    AMA_TRY(push_branch(p, "after the condition"));
    while (p->token.kind == AMA_TOKEN_ELIF) AMA_TRY(push_branch(p, "after the condition"));
    if (p->token.kind == AMA_TOKEN_ELSE) AMA_TRY(push_branch(p, "after 'else'"));
    AMA_TRY(ama__parser_node(p, AMA_AST_IF, begin, out));
    (*out)->focus = p->pending[mark]->focus;
    return ama__parser_take(p, mark, *out, &(*out)->list);
}

static ama_status push_with_item(ama__parser *p) {
    int32_t begin = p->token.span.begin;
    ama__ast *item, *value, *target = NULL;
    bool as;
    p->in_with = true;
    AMA_TRY(ama__parser_expression(p, &value));
    p->in_with = false;
    AMA_TRY(ama__parser_accept(p, AMA_TOKEN_AS, &as));
    if (!as && value->kind == AMA_AST_TUPLE) /* `with (a, b):` would be two items */
        return ama__diag_fail(p->ctx, p->source, value->span, AMA_ERR_UNSUPPORTED,
                              "parentheses around the items of 'with' are not supported; leave them out");
    if (as) AMA_TRY(parse_bound_name(p, "'with' binds a name only: with ... as NAME:", &target));
    AMA_TRY(ama__parser_node(p, AMA_AST_WITH_ITEM, begin, &item));
    item->focus = value->focus;
    item->item.value = value;
    item->item.target = target;
    AMA_TRY(ama__parser_adopt(p, item, value));
    AMA_TRY(ama__parser_adopt(p, item, target));
    return ama__parser_push(p, item);
}

static ama_status parse_with(ama__parser *p, ama__ast **out) {
    int32_t mark = p->n_pending;
    ama__token token = p->token;
    bool comma = true;
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_node(p, AMA_AST_WITH, token.span.begin, out));
    (*out)->focus = token.span;
    while (comma) {
        AMA_TRY(push_with_item(p));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
    }
    AMA_TRY(ama__parser_take(p, mark, *out, &(*out)->with.items));
    return parse_counted_block(p, "after 'with ... as NAME'", *out, &(*out)->with.body);
}

static ama_status parse_def(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin;
    if (p->in_def) return ama__parser_refuse(p, "functions inside functions are not supported; move it out");
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_node(p, AMA_AST_DEF, begin, out));
    (*out)->focus = p->token.span;
    AMA_TRY(ama__parser_name(p, "a function name", &(*out)->def.name));
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_LPAREN, "after the function name"));
    ama__signature *signature;
    AMA_NEW(p->arena, signature, 1);
    AMA_TRY(ama__parser_params(p, AMA_TOKEN_RPAREN, signature));
    (*out)->def.signature = signature;
    for (int32_t i = 0; i < signature->n_params; i++)
        AMA_TRY(ama__parser_adopt(p, *out, signature->params[i].fallback));
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_RPAREN, "after the parameters"));
    if (p->token.kind == AMA_TOKEN_ARROW) return ama__parser_refuse(p, "annotations are not supported; leave them out");
    int32_t n_blocks = p->n_blocks;
    p->in_def = true;
    p->n_blocks = 0;
    AMA_TRY(parse_block(p, "after the parameters", *out, &(*out)->def.body));
    p->in_def = false;
    p->n_blocks = n_blocks;
    (*out)->span.end = p->used_end;
    return AMA_OK;
}

static ama_status push_compound(ama__parser *p) {
    ama__ast *statement;
    switch (p->token.kind) {
    case AMA_TOKEN_FOR: AMA_TRY(parse_for(p, &statement)); break;
    case AMA_TOKEN_IF: AMA_TRY(parse_if(p, &statement)); break;
    case AMA_TOKEN_WITH: AMA_TRY(parse_with(p, &statement)); break;
    case AMA_TOKEN_DEF: AMA_TRY(parse_def(p, &statement)); break;
    default: return parse_line(p);
    }
    return ama__parser_push(p, statement);
}

/* Pushes all statements up to the end of the block or script. */
static ama_status parse_statements(ama__parser *p) {
    while (p->token.kind != AMA_TOKEN_DEDENT && p->token.kind != AMA_TOKEN_END) {
        if (p->token.kind == AMA_TOKEN_INDENT)
            return ama__diag_fail(p->ctx, p->source, p->token.span, AMA_ERR_FORMAT,
                                  "syntax error: this line is indented more than the one before");
        if (p->token.kind == AMA_TOKEN_ELIF || p->token.kind == AMA_TOKEN_ELSE)
            return ama__parser_unexpected(p, "a statement (no 'if' ends just before)");
        AMA_TRY(push_compound(p));
    }
    return AMA_OK;
}

/* ---- entries */

static ama_status parse_script(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin;
    AMA_TRY(parse_statements(p));
    AMA_TRY(ama__parser_node(p, AMA_AST_MODULE, begin, out));
    return ama__parser_take(p, 0, *out, &(*out)->list);
}

static ama_status parse_single(ama__parser *p, ama__ast **out) {
    AMA_TRY(ama__parser_expressions(p, out));
    AMA_TRY(ama__parser_check_huge(p));
    if (p->token.kind == AMA_TOKEN_END) return AMA_OK;
    return ama__parser_unexpected(p, "an operator or the end of the expression");
}

ama_status ama__parse_script(ama__arena *arena, const ama__source *source, ama__ast **out) {
    ama__parser p;
    ama_status status;
    *out = NULL;
    AMA_TRY_DONE(ama__parser_init(&p, arena, source, false));
    AMA_TRY_DONE(parse_script(&p, out));
done:
    ama__parser_fini(&p);
    if (status != AMA_OK) *out = NULL;
    return status;
}

ama_status ama__parse_expression(ama__arena *arena, const ama__source *source, ama__ast **out) {
    ama__parser p;
    ama_status status;
    *out = NULL;
    AMA_TRY_DONE(ama__parser_init(&p, arena, source, true));
    AMA_TRY_DONE(parse_single(&p, out));
done:
    ama__parser_fini(&p);
    if (status != AMA_OK) *out = NULL;
    return status;
}
