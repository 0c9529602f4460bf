/* The parser's state, shared by the files parse*.c and signature.c and by nobody else. Recursive descent with one token
 * of lookahead. Every function leaves `token` at the first token it did not use. */
#ifndef AMA_LANG_PARSER_H
#define AMA_LANG_PARSER_H

#include "lang/ast.h"
#include "lang/signature.h"
#include "lang/token.h"

typedef struct ama__parser {
    ama_ctx *ctx;
    ama__arena *arena;
    const ama__source *source;
    ama__lexer lexer;
    ama__token token;   /* the next one, not used yet */
    int32_t used_end;   /* end of the last one used */
    int32_t nesting;    /* of brackets, unary operators, blocks */
    int32_t n_blocks;   /* for and with blocks around; CPython allows 20 */
    bool in_def;        /* in the body of a function */
    bool in_with;       /* in the items of a with statement */
    ama__ast *huge;     /* literal 2^63 that no minus sign has taken yet */
    ama__ast **pending; /* children of lists not complete yet */
    int32_t n_pending, max_pending;
} ama__parser;

ama_status ama__parser_init(ama__parser *p, ama__arena *arena, const ama__source *source, bool joined);
void ama__parser_fini(ama__parser *p);

/* ---- tokens */
ama_status ama__parser_next(ama__parser *p);
/* Uses the next token if it is of this kind. */
ama_status ama__parser_accept(ama__parser *p, ama__token_kind kind, bool *accepted);
/* Uses the next token, which must be of this kind; `where` ends the message: "after the condition". */
ama_status ama__parser_expect(ama__parser *p, ama__token_kind kind, const char *where);
/* Uses a NAME and copies it. `what`: "a function name". */
ama_status ama__parser_name(ama__parser *p, const char *what, const char **out);
/* "syntax error: expected <what> but found <the next token>". */
ama_status ama__parser_unexpected(ama__parser *p, const char *expected);
/* UNSUPPORTED at the next token. */
ama_status ama__parser_refuse(ama__parser *p, const char *text);
ama_status ama__parser_enter(ama__parser *p);
void ama__parser_leave(ama__parser *p);

/* ---- tree */
/* A node from `begin` to the last token used. */
ama_status ama__parser_node(ama__parser *p, ama__ast_kind kind, int32_t begin, ama__ast **out);
/* Tells `parent` of a child (NULL is allowed): its depth, which is limited. */
ama_status ama__parser_adopt(ama__parser *p, ama__ast *parent, const ama__ast *child);
/* Lists: mark = p->n_pending; push each child; take gives all since the mark to `parent`. */
ama_status ama__parser_push(ama__parser *p, ama__ast *child);
ama_status ama__parser_take(ama__parser *p, int32_t mark, ama__ast *parent, ama__ast_list *out);
/* FORMAT when a literal 2^63 was left without its minus sign; at the end of each statement. */
ama_status ama__parser_check_huge(ama__parser *p);

/* ---- grammar */
bool ama__parser_at_expression(const ama__parser *p);
ama_status ama__parser_expression(ama__parser *p, ama__ast **out);
/* One expression, or several with commas: a TUPLE without parentheses. */
ama_status ama__parser_expressions(ama__parser *p, ama__ast **out);
/* A name, literal or display with the attributes, calls and subscripts that follow it. */
ama_status ama__parser_primary(ama__parser *p, ama__ast **out);
/* The string tokens from here, joined: STR or FSTRING. */
ama_status ama__parser_strings(ama__parser *p, ama__ast **out);
/* A statement that fits on one line, without its end. */
ama_status ama__parser_simple(ama__parser *p, ama__ast **out);
/* Parameters up to `closing`, which stays. */
ama_status ama__parser_params(ama__parser *p, ama__token_kind closing, ama__signature *out);
/* After an item of a display or call: UNSUPPORTED when a comprehension begins here. */
ama_status ama__parser_check_comprehension(ama__parser *p);
/* What comes after '(' of a call, its ')' included. */
ama_status ama__parser_arguments(ama__parser *p, ama__ast *call);

#endif
