/* Operators, by Python's precedences: conditional, or, and, not, comparison, | ^ & + * unary ** primary. */
#include "lang/parser.h"

static ama_status make_unary(ama__parser *p, ama__ast_op op, ama__span at, ama__ast *operand, ama__ast **out) {
    AMA_TRY(ama__parser_node(p, AMA_AST_UNARY, at.begin, out));
    (*out)->op = op;
    (*out)->focus = at;
    (*out)->unary.operand = operand;
    return ama__parser_adopt(p, *out, operand);
}

typedef struct infix {
    ama__ast_kind kind;
    ama__ast_op op;
    int32_t begin;
    ama__span at;
} infix;

static ama_status make_binary(ama__parser *p, infix x, ama__ast *left, ama__ast *right, ama__ast **out) {
    AMA_TRY(ama__parser_node(p, x.kind, x.begin, out));
    (*out)->op = x.op;
    (*out)->focus = x.at;
    (*out)->binary.left = left;
    (*out)->binary.right = right;
    AMA_TRY(ama__parser_adopt(p, *out, left));
    return ama__parser_adopt(p, *out, right);
}

static ama_status parse_unary(ama__parser *p, ama__ast **out);

static ama_status parse_power(ama__parser *p, ama__ast **out) {
    infix x = {AMA_AST_BINARY, AMA_AST_OP_POW, p->token.span.begin, {0, 0}};
    ama__ast *right;
    AMA_TRY(ama__parser_primary(p, out));
    if (p->token.kind != AMA_TOKEN_POW) return AMA_OK;
    x.at = p->token.span;
    AMA_TRY(ama__parser_enter(p));
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(parse_unary(p, &right));
    ama__parser_leave(p);
    return make_binary(p, x, *out, right, out);
}

static ama_status parse_unary(ama__parser *p, ama__ast **out) {
    ama__token token = p->token;
    ama__ast_op op = token.kind == AMA_TOKEN_MINUS   ? AMA_AST_OP_NEG
                     : token.kind == AMA_TOKEN_PLUS  ? AMA_AST_OP_POS
                     : token.kind == AMA_TOKEN_TILDE ? AMA_AST_OP_INVERT
                                                     : AMA_AST_OP_NO;
    if (op == AMA_AST_OP_NO) return parse_power(p, out);
    ama__ast *operand;
    AMA_TRY(ama__parser_enter(p));
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(parse_unary(p, &operand));
    ama__parser_leave(p);
    if (op != AMA_AST_OP_NEG || operand != p->huge || !p->huge) return make_unary(p, op, token.span, operand, out);
    /* -9223372036854775808: the literal alone would not fit */
    p->huge = NULL;
    operand->span.begin = operand->focus.begin = token.span.begin;
    *out = operand;
    return AMA_OK;
}

typedef struct infix_token {
    ama__token_kind token;
    ama__ast_op op; /* NO: refused */
    int level;      /* the higher, the tighter */
} infix_token;

static const infix_token infix_tokens[] = {
    {AMA_TOKEN_BAR, AMA_AST_OP_BITOR, 1},        {AMA_TOKEN_CARET, AMA_AST_OP_BITXOR, 2},
    {AMA_TOKEN_AMPERSAND, AMA_AST_OP_BITAND, 3}, {AMA_TOKEN_SHIFTLEFT, AMA_AST_OP_NO, 4},
    {AMA_TOKEN_SHIFTRIGHT, AMA_AST_OP_NO, 4},    {AMA_TOKEN_PLUS, AMA_AST_OP_ADD, 5},
    {AMA_TOKEN_MINUS, AMA_AST_OP_SUB, 5},        {AMA_TOKEN_STAR, AMA_AST_OP_MUL, 6},
    {AMA_TOKEN_SLASH, AMA_AST_OP_DIV, 6},        {AMA_TOKEN_FLOORDIV, AMA_AST_OP_FLOORDIV, 6},
    {AMA_TOKEN_PERCENT, AMA_AST_OP_MOD, 6},      {AMA_TOKEN_AT, AMA_AST_OP_NO, 6},
};

static const infix_token *find_infix(ama__token_kind kind) {
    for (size_t i = 0; i < sizeof infix_tokens / sizeof *infix_tokens; i++)
        if (infix_tokens[i].token == kind) return &infix_tokens[i];
    return NULL;
}

/* Operators of `level` and tighter, from the left. */
static ama_status parse_infix(ama__parser *p, int level, ama__ast **out) {
    infix x = {AMA_AST_BINARY, AMA_AST_OP_NO, p->token.span.begin, {0, 0}};
    AMA_TRY(parse_unary(p, out));
    for (;;) {
        const infix_token *found = find_infix(p->token.kind);
        if (!found || found->level < level) return AMA_OK;
        if (found->op == AMA_AST_OP_NO)
            return ama__parser_refuse(p, p->token.kind == AMA_TOKEN_AT
                                             ? "'@' is not supported; write a.dot(b)"
                                             : "shifts are not supported; multiply or divide by a power of 2");
        x.op = found->op;
        x.at = p->token.span;
        ama__ast *right;
        AMA_TRY(ama__parser_next(p));
        AMA_TRY(parse_infix(p, found->level + 1, &right));
        AMA_TRY(make_binary(p, x, *out, right, out));
    }
}

static ama__ast_op comparison_op(ama__token_kind kind) {
    switch (kind) {
    case AMA_TOKEN_EQ: return AMA_AST_OP_EQ;
    case AMA_TOKEN_NE: return AMA_AST_OP_NE;
    case AMA_TOKEN_LT: return AMA_AST_OP_LT;
    case AMA_TOKEN_LE: return AMA_AST_OP_LE;
    case AMA_TOKEN_GT: return AMA_AST_OP_GT;
    case AMA_TOKEN_GE: return AMA_AST_OP_GE;
    case AMA_TOKEN_IN: return AMA_AST_OP_IN;
    case AMA_TOKEN_IS: return AMA_AST_OP_IS;
    case AMA_TOKEN_NOT: return AMA_AST_OP_NOTIN; /* after an operand, `in` must follow */
    default: return AMA_AST_OP_NO;
    }
}

static ama_status parse_comparison(ama__parser *p, ama__ast **out) {
    infix x = {AMA_AST_COMPARE, AMA_AST_OP_NO, p->token.span.begin, {0, 0}};
    AMA_TRY(parse_infix(p, 0, out));
    x.op = comparison_op(p->token.kind);
    if (x.op == AMA_AST_OP_NO) return AMA_OK;
    x.at = p->token.span;
    bool is_not = false;
    AMA_TRY(ama__parser_next(p));
    if (x.op == AMA_AST_OP_NOTIN) AMA_TRY(ama__parser_expect(p, AMA_TOKEN_IN, "after 'not'"));
    if (x.op == AMA_AST_OP_IS) AMA_TRY(ama__parser_accept(p, AMA_TOKEN_NOT, &is_not));
    if (is_not) x.op = AMA_AST_OP_ISNOT;
    x.at.end = p->used_end;
    ama__ast *right;
    AMA_TRY(parse_infix(p, 0, &right));
    AMA_TRY(make_binary(p, x, *out, right, out));
    if (comparison_op(p->token.kind) == AMA_AST_OP_NO) return AMA_OK;
    return ama__parser_refuse(p, "chained comparisons are not supported; write (a < b) & (b < c) for arrays, "
                                 "a < b and b < c for numbers");
}

static ama_status parse_not(ama__parser *p, ama__ast **out) {
    if (p->token.kind != AMA_TOKEN_NOT) return parse_comparison(p, out);
    ama__span at = p->token.span;
    ama__ast *operand;
    AMA_TRY(ama__parser_enter(p));
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(parse_not(p, &operand));
    ama__parser_leave(p);
    return make_unary(p, AMA_AST_OP_NOT, at, operand, out);
}

/* `or` of `and` of `not`. */
static ama_status parse_logical(ama__parser *p, ama__token_kind kind, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    bool is_or = kind == AMA_TOKEN_OR, more = true;
    ama__span at = p->token.span;
    while (more) {
        AMA_TRY(is_or ? parse_logical(p, AMA_TOKEN_AND, out) : parse_not(p, out));
        AMA_TRY(ama__parser_push(p, *out));
        if (p->n_pending == mark + 1) at = p->token.span;
        AMA_TRY(ama__parser_accept(p, kind, &more));
    }
    if (p->n_pending == mark + 1) {
        p->n_pending = mark;
        return AMA_OK;
    }
    AMA_TRY(ama__parser_node(p, AMA_AST_LOGICAL, begin, out));
    (*out)->op = is_or ? AMA_AST_OP_OR : AMA_AST_OP_AND;
    (*out)->focus = at;
    return ama__parser_take(p, mark, *out, &(*out)->list);
}

static ama_status parse_conditional(ama__parser *p, int32_t begin, ama__ast *then, ama__ast **out) {
    ama__span at = p->token.span;
    ama__ast *test, *otherwise;
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(parse_logical(p, AMA_TOKEN_OR, &test));
    AMA_TRY(ama__parser_expect(p, AMA_TOKEN_ELSE, "to complete 'a if c else b'"));
    AMA_TRY(ama__parser_expression(p, &otherwise));
    AMA_TRY(ama__parser_node(p, AMA_AST_CONDITIONAL, begin, out));
    (*out)->focus = at;
    (*out)->conditional.test = test;
    (*out)->conditional.then = then;
    (*out)->conditional.otherwise = otherwise;
    AMA_TRY(ama__parser_adopt(p, *out, test));
    AMA_TRY(ama__parser_adopt(p, *out, then));
    return ama__parser_adopt(p, *out, otherwise);
}

ama_status ama__parser_expression(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin;
    AMA_TRY(ama__parser_enter(p));
    AMA_TRY(parse_logical(p, AMA_TOKEN_OR, out));
    if (p->token.kind == AMA_TOKEN_IF) AMA_TRY(parse_conditional(p, begin, *out, out));
    /* at the end of a field of an f-string, ':=' is a ':' before its format */
    bool at_format = p->lexer.field && p->lexer.n_brackets == 0;
    if (p->token.kind == AMA_TOKEN_COLON_EQUAL && !at_format)
        return ama__parser_refuse(p, "':=' is not supported; assign in a statement of its own: NAME = ...");
    ama__parser_leave(p);
    return AMA_OK;
}

ama_status ama__parser_expressions(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    bool comma;
    AMA_TRY(ama__parser_expression(p, out));
    if (p->token.kind != AMA_TOKEN_COMMA) return AMA_OK;
    AMA_TRY(ama__parser_push(p, *out));
    AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
    while (comma && ama__parser_at_expression(p)) {
        AMA_TRY(ama__parser_expression(p, out));
        AMA_TRY(ama__parser_push(p, *out));
        AMA_TRY(ama__parser_accept(p, AMA_TOKEN_COMMA, &comma));
    }
    AMA_TRY(ama__parser_node(p, AMA_AST_TUPLE, begin, out));
    return ama__parser_take(p, mark, *out, &(*out)->list);
}
