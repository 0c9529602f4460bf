/* Cuts a script into Python's tokens, one at a time: indentation, implicit and explicit line joining, comments, names,
 * keywords, numbers, strings. Text is checked by ama__source_init before; memory is constant. */
#ifndef AMA_LANG_TOKEN_H
#define AMA_LANG_TOKEN_H

#include "lang/diag.h"

/* As in CPython: deeper nesting is an error there too. */
#define AMA_TOKEN_MAX_BRACKETS 200
#define AMA_TOKEN_MAX_INDENTS 99

typedef enum ama__token_kind {
    AMA_TOKEN_END,
    AMA_TOKEN_NEWLINE,
    AMA_TOKEN_INDENT,
    AMA_TOKEN_DEDENT,
    AMA_TOKEN_NAME,
    AMA_TOKEN_INT,
    AMA_TOKEN_FLOAT,
    AMA_TOKEN_IMAGINARY,
    AMA_TOKEN_STRING,
    AMA_TOKEN_FSTRING,
#define AMA_KEYWORD(id, text) AMA_TOKEN_##id,
#define AMA_PUNCT(id, text) AMA_TOKEN_##id,
#include "lang/token.def"
#undef AMA_KEYWORD
#undef AMA_PUNCT
    AMA_TOKEN_N
} ama__token_kind;

typedef struct ama__token {
    ama__token_kind kind;
    bool raw;       /* strings: backslashes stand for themselves */
    ama__span span; /* with prefix and quotes */
    ama__span body; /* strings: between the quotes */
} ama__token;

/* Value object: copying it saves the place in the source. */
typedef struct ama__lexer {
    ama_ctx *ctx;
    const ama__source *source;
    int32_t pos, end;
    int32_t n_brackets, n_indents;
    int32_t pending;                          /* INDENT (> 0) or DEDENT (< 0) tokens still to be given */
    bool joined;                              /* the text is one logical line: no NEWLINE, INDENT, DEDENT */
    bool field;                               /* in a field of an f-string: '}' and '!' may follow, comments may not */
    bool at_line;                             /* the next token begins a logical line */
    bool in_statement;                        /* tokens were given since the last NEWLINE */
    int32_t brackets[AMA_TOKEN_MAX_BRACKETS]; /* offsets of the open ones */
    int32_t indents[AMA_TOKEN_MAX_INDENTS];   /* width with tabs to 8 columns */
    int32_t alternate[AMA_TOKEN_MAX_INDENTS]; /* width with tabs as 1 column: both must agree on the nesting */
} ama__lexer;

/* The whole source as a script (joined false), or as one expression, however many lines it has (joined true). */
void ama__lexer_init(ama__lexer *lexer, ama_ctx *ctx, const ama__source *source, bool joined);
/* A field of an f-string, which begins at span.begin and ends before span.end at the latest. */
void ama__lexer_init_field(ama__lexer *lexer, ama_ctx *ctx, const ama__source *source, ama__span span);

/* Gives the next token; END again and again at the end. Local. FORMAT for what Python would refuse, UNSUPPORTED for
 * bytes literals and non-ASCII names. */
ama_status ama__lexer_next(ama__lexer *lexer, ama__token *out);

/* "for", "(", or for tokens with variable text "a name", "the end of the line". */
const char *ama__token_kind_text(ama__token_kind kind);
/* True for the words that Python reserves. */
bool ama__token_is_keyword(ama__token_kind kind);
/* True when the n bytes at s are a Python name and no keyword. */
bool ama__token_is_name(const char *s, size_t n);

#endif
