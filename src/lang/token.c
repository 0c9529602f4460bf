#include "lang/token.h"

#include <string.h>

static const char *const kind_texts[AMA_TOKEN_N] = {
    [AMA_TOKEN_END] = "the end of the script",
    [AMA_TOKEN_NEWLINE] = "the end of the line",
    [AMA_TOKEN_INDENT] = "an indented line",
    [AMA_TOKEN_DEDENT] = "the end of the block",
    [AMA_TOKEN_NAME] = "a name",
    [AMA_TOKEN_INT] = "a number",
    [AMA_TOKEN_FLOAT] = "a number",
    [AMA_TOKEN_IMAGINARY] = "a complex number",
    [AMA_TOKEN_STRING] = "a string",
    [AMA_TOKEN_FSTRING] = "a string",
#define AMA_KEYWORD(id, text) [AMA_TOKEN_##id] = text,
#define AMA_PUNCT(id, text) [AMA_TOKEN_##id] = text,
#include "lang/token.def"
#undef AMA_KEYWORD
#undef AMA_PUNCT
};

const char *ama__token_kind_text(ama__token_kind kind) {
    return kind_texts[kind];
}

bool ama__token_is_keyword(ama__token_kind kind) {
    return kind >= AMA_TOKEN_NONE && kind <= AMA_TOKEN_YIELD;
}

void ama__lexer_init(ama__lexer *lexer, ama_ctx *ctx, const ama__source *source, bool joined) {
    *lexer = (ama__lexer){.ctx = ctx,
                          .source = source,
                          .pos = ama__source_begin(source),
                          .end = source->n_bytes,
                          .n_indents = 1,
                          .joined = joined,
                          .at_line = !joined};
}

void ama__lexer_init_field(ama__lexer *lexer, ama_ctx *ctx, const ama__source *source, ama__span span) {
    ama__lexer_init(lexer, ctx, source, true);
    lexer->pos = span.begin;
    lexer->end = span.end;
    lexer->field = true;
}

/* The byte k places ahead, NUL at the end. */
static char peek(const ama__lexer *l, int32_t k) {
    return l->pos + k < l->end ? l->source->text[l->pos + k] : '\0';
}

static bool is_newline(char c) {
    return c == '\n' || c == '\r';
}
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_name_char(char c) {
    return is_name_start(c) || is_digit(c);
}

static void skip_newline(ama__lexer *l) {
    l->pos += peek(l, 0) == '\r' && peek(l, 1) == '\n' ? 2 : 1;
}

static void skip_comment(ama__lexer *l) {
    while (l->pos < l->end && !is_newline(peek(l, 0))) l->pos++;
}

static ama_status fail_at(ama__lexer *l, int32_t begin, int32_t end, const char *text) {
    return ama__diag_fail(l->ctx, l->source, (ama__span){begin, end}, AMA_ERR_FORMAT, "syntax error: %s", text);
}

/* ---- indentation */

/* Skips blank lines and comments; leaves pos at the first token of a line (or the end) and gives its two widths. */
static void measure_indent(ama__lexer *l, int32_t *width, int32_t *alternate) {
    for (;;) {
        *width = *alternate = 0;
        for (;; l->pos++) {
            char c = peek(l, 0);
            if (c == ' ')
                ++*width;
            else if (c == '\t')
                *width = (*width / 8 + 1) * 8;
            else if (c == '\f')
                *width = 0;
            else
                break;
            *alternate = c == '\f' ? 0 : *alternate + 1;
        }
        if (peek(l, 0) == '#') skip_comment(l);
        if (l->pos >= l->end) {
            *width = *alternate = 0;
            return;
        }
        if (!is_newline(peek(l, 0))) return;
        skip_newline(l);
    }
}

static ama_status read_indent(ama__lexer *l) {
    static const char tabs[] = "tabs and spaces of this indentation do not agree with the lines above; use spaces only";
    int32_t width, alternate;
    measure_indent(l, &width, &alternate);
    l->at_line = false;
    int32_t top = l->n_indents - 1;
    if (width > l->indents[top]) {
        if (alternate <= l->alternate[top]) return fail_at(l, l->pos, l->pos, tabs);
        if (l->n_indents == AMA_TOKEN_MAX_INDENTS) return fail_at(l, l->pos, l->pos, "too many levels of indentation");
        l->indents[l->n_indents] = width;
        l->alternate[l->n_indents++] = alternate;
        l->pending = 1;
        return AMA_OK;
    }
    while (width < l->indents[l->n_indents - 1]) {
        l->n_indents--;
        l->pending--;
    }
    if (width != l->indents[l->n_indents - 1])
        return fail_at(l, l->pos, l->pos, "this indentation matches no enclosing block");
    if (alternate != l->alternate[l->n_indents - 1]) return fail_at(l, l->pos, l->pos, tabs);
    return AMA_OK;
}

/* Skips blanks, comments, and line ends that do not end the logical line. */
static ama_status skip_blank(ama__lexer *l) {
    for (;;) {
        char c = peek(l, 0);
        if (c == ' ' || c == '\t' || c == '\f') {
            l->pos++;
        } else if (c == '#') {
            if (l->field) return fail_at(l, l->pos, l->pos + 1, "a field of an f-string cannot hold '#'");
            skip_comment(l);
        } else if (is_newline(c) && (l->n_brackets > 0 || l->joined)) {
            skip_newline(l);
        } else if (c == '\\') {
            int32_t begin = l->pos++;
            if (!is_newline(peek(l, 0))) return fail_at(l, begin, begin + 1, "expected the end of the line after '\\'");
            skip_newline(l);
            if (l->pos >= l->end) return fail_at(l, begin, begin + 1, "'\\' at the end of the script");
        } else {
            return AMA_OK;
        }
    }
}

/* ---- strings */

/* Length of a string prefix at pos when a quote follows it, else -1. */
static int32_t prefix_bytes(const ama__lexer *l) {
    int32_t n = 0;
    while (n < 3 && peek(l, n) && strchr("rRbBuUfF", peek(l, n))) n++;
    if (peek(l, n) != '"' && peek(l, n) != '\'') return -1;
    if (n < 2) return n;
    char a = peek(l, 0) | 0x20, b = peek(l, 1) | 0x20;
    return n == 2 && a != b && (a == 'r' || b == 'r') && a != 'u' && b != 'u' ? n : -1;
}

static ama_status fail_unterminated(ama__lexer *l, int32_t begin, bool triple) {
    if (l->field)
        return fail_at(l, begin, begin + 1,
                       "a string in a field of an f-string is not closed; use the other kind of quotes inside");
    return fail_at(l, begin, begin + 1,
                   triple ? "this triple-quoted string is not closed" : "this string is not closed");
}

static ama_status read_string(ama__lexer *l, int32_t n_prefix, ama__token *out) {
    int32_t begin = l->pos;
    bool bytes = false;
    out->kind = AMA_TOKEN_STRING;
    for (; n_prefix > 0; n_prefix--, l->pos++) {
        char c = peek(l, 0) | 0x20;
        if (c == 'r') out->raw = true;
        if (c == 'b') bytes = true;
        if (c == 'f') out->kind = AMA_TOKEN_FSTRING;
    }
    char quote = peek(l, 0);
    bool triple = peek(l, 1) == quote && peek(l, 2) == quote;
    int32_t n_quotes = triple ? 3 : 1, n_closing = 0;
    l->pos += n_quotes;
    out->body.begin = l->pos;
    while (n_closing < n_quotes) {
        char c = peek(l, 0);
        if (l->pos >= l->end || (is_newline(c) && !triple)) return fail_unterminated(l, begin, triple);
        n_closing = c == quote ? n_closing + 1 : 0;
        l->pos++;
        if (c != '\\') continue;
        if (l->pos >= l->end) return fail_unterminated(l, begin, triple);
        if (is_newline(peek(l, 0)))
            skip_newline(l);
        else
            l->pos++;
    }
    out->body.end = l->pos - n_quotes;
    out->span = (ama__span){begin, l->pos};
    if (!bytes) return AMA_OK;
    return ama__diag_fail(l->ctx, l->source, out->span, AMA_ERR_UNSUPPORTED,
                          "bytes literals are not supported; leave out the 'b'");
}

/* ---- numbers */

/* Digits of a base with single underscores between them (`after_prefix`: one may also come first). */
static void skip_digits(ama__lexer *l, int base, bool after_prefix) {
    for (bool underscore = after_prefix;; l->pos++) {
        char c = peek(l, 0), next = peek(l, 1);
        if (c == '_' && underscore) {
            underscore = false;
            c = next;
            if (c == '_') return;
            l->pos++;
        }
        char low = c | 0x20;
        bool digit = base == 16 ? is_digit(c) || (low >= 'a' && low <= 'f') : c >= '0' && c < '0' + base;
        if (!digit) {
            if (l->pos > 0 && l->source->text[l->pos - 1] == '_') l->pos--;
            return;
        }
        underscore = true;
    }
}

static int prefix_base(char c) {
    switch (c) {
    case 'x':
    case 'X': return 16;
    case 'o':
    case 'O': return 8;
    case 'b':
    case 'B': return 2;
    default: return 0;
    }
}

/* Decimal digits, fraction and exponent; true when it is a float. */
static bool skip_decimal(ama__lexer *l) {
    bool is_float = false;
    if (is_digit(peek(l, 0))) skip_digits(l, 10, false);
    if (peek(l, 0) == '.') {
        is_float = true;
        l->pos++;
        if (is_digit(peek(l, 0))) skip_digits(l, 10, false);
    }
    if ((peek(l, 0) | 0x20) != 'e') return is_float;
    int32_t n_sign = peek(l, 1) == '+' || peek(l, 1) == '-';
    if (!is_digit(peek(l, 1 + n_sign))) return is_float;
    l->pos += 1 + n_sign;
    skip_digits(l, 10, false);
    return true;
}

/* Python takes "1if x else 2": a number with one of these words right behind it. */
static bool at_operator_word(const ama__lexer *l) {
    static const char *const words[] = {"and", "else", "for", "if", "in", "is", "not", "or"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        int32_t n = 0;
        while (words[i][n] && peek(l, n) == words[i][n]) n++;
        if (!words[i][n]) return true;
    }
    return false;
}

static ama_status read_number(ama__lexer *l, ama__token *out) {
    int32_t begin = l->pos;
    int base = peek(l, 0) == '0' ? prefix_base(peek(l, 1)) : 0;
    out->kind = AMA_TOKEN_INT;
    if (base) {
        l->pos += 2;
        skip_digits(l, base, true);
        if (l->pos == begin + 2) return fail_at(l, begin, l->pos, "this number has no digits");
    } else {
        if (skip_decimal(l)) out->kind = AMA_TOKEN_FLOAT;
        if ((peek(l, 0) | 0x20) == 'j') {
            out->kind = AMA_TOKEN_IMAGINARY;
            l->pos++;
        }
    }
    out->span = (ama__span){begin, l->pos};
    if (is_name_char(peek(l, 0)) && !at_operator_word(l)) {
        while (is_name_char(peek(l, 0))) l->pos++;
        return fail_at(l, begin, l->pos, "this is not a number");
    }
    if (base || out->kind != AMA_TOKEN_INT || peek(l, begin - l->pos) != '0') return AMA_OK;
    for (int32_t i = begin; i < l->pos; i++)
        if (l->source->text[i] != '0' && l->source->text[i] != '_')
            return fail_at(l, begin, l->pos, "an integer does not begin with 0");
    return AMA_OK;
}

/* ---- names and punctuation */

static ama__token_kind name_kind(const char *s, size_t n) {
    for (int k = AMA_TOKEN_NONE; k <= AMA_TOKEN_YIELD; k++)
        if (strlen(kind_texts[k]) == n && memcmp(kind_texts[k], s, n) == 0) return (ama__token_kind)k;
    return AMA_TOKEN_NAME;
}

bool ama__token_is_name(const char *s, size_t n) {
    if (n == 0 || !is_name_start(s[0])) return false;
    for (size_t i = 1; i < n; i++)
        if (!is_name_char(s[i])) return false;
    return name_kind(s, n) == AMA_TOKEN_NAME;
}

static ama_status read_name(ama__lexer *l, ama__token *out) {
    int32_t begin = l->pos;
    while (is_name_char(peek(l, 0))) l->pos++;
    out->span = (ama__span){begin, l->pos};
    out->kind = name_kind(l->source->text + begin, (size_t)(l->pos - begin));
    return AMA_OK;
}

/* A character that begins no token. */
static ama_status fail_character(ama__lexer *l) {
    const unsigned char *s = (const unsigned char *)l->source->text + l->pos;
    int32_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    ama__span at = {l->pos, l->pos + n};
    if (n == 1 && s[0] >= 0x20 && s[0] < 0x7f)
        return ama__diag_fail(l->ctx, l->source, at, AMA_ERR_FORMAT, "syntax error: unexpected character '%c'", s[0]);
    if (n == 1)
        return ama__diag_fail(l->ctx, l->source, at, AMA_ERR_FORMAT, "syntax error: control character 0x%02x", s[0]);
    if (n == 2 && s[0] == 0xc2 && s[1] == 0xa0)
        return fail_at(l, at.begin, at.end, "no-break space; use a plain space");
    /* U+2018 .. U+201F */
    if (n == 3 && s[0] == 0xe2 && s[1] == 0x80 && s[2] >= 0x98 && s[2] <= 0x9f)
        return fail_at(l, at.begin, at.end, "typographic quotation mark; use \" or '");
    return ama__diag_fail(l->ctx, l->source, at, AMA_ERR_UNSUPPORTED,
                          "character '%.*s' outside of strings and comments is not supported; names take the letters "
                          "a to z, A to Z, digits and '_'",
                          (int)n, (const char *)s);
}

static ama_status open_bracket(ama__lexer *l) {
    if (l->n_brackets == AMA_TOKEN_MAX_BRACKETS)
        return fail_at(l, l->pos, l->pos + 1, "too many nested brackets (limit 200)");
    l->brackets[l->n_brackets++] = l->pos;
    return AMA_OK;
}

static ama_status close_bracket(ama__lexer *l, char closing) {
    ama__span at = {l->pos, l->pos + 1};
    if (l->n_brackets == 0) {
        if (l->field && closing == '}') return AMA_OK;
        return ama__diag_fail(l->ctx, l->source, at, AMA_ERR_FORMAT, "syntax error: '%c' closes nothing", closing);
    }
    int32_t offset = l->brackets[--l->n_brackets];
    char opening = l->source->text[offset];
    if (closing == (opening == '(' ? ')' : opening == '[' ? ']' : '}')) return AMA_OK;
    int32_t line, column;
    ama__source_position(l->source, offset, &line, &column);
    return ama__diag_fail(l->ctx, l->source, at, AMA_ERR_FORMAT,
                          "syntax error: '%c' does not close the '%c' of line %d, column %d", closing, opening, line,
                          column);
}

static ama_status read_punct(ama__lexer *l, ama__token *out) {
    for (int k = AMA_TOKEN_YIELD + 1; k < AMA_TOKEN_N; k++) {
        const char *text = kind_texts[k];
        int32_t n = 0;
        while (text[n] && peek(l, n) == text[n]) n++;
        if (text[n] || (k == AMA_TOKEN_BANG && !l->field)) continue;
        out->kind = (ama__token_kind)k;
        out->span = (ama__span){l->pos, l->pos + n};
        if (n == 1 && strchr("([{", text[0])) AMA_TRY(open_bracket(l));
        if (n == 1 && strchr(")]}", text[0])) AMA_TRY(close_bracket(l, text[0]));
        l->pos += n;
        return AMA_OK;
    }
    return fail_character(l);
}

/* ---- the next token */

static void give_empty(const ama__lexer *l, ama__token_kind kind, ama__token *out) {
    out->kind = kind;
    out->span = (ama__span){l->pos, l->pos};
}

static ama_status read_end(ama__lexer *l, ama__token *out) {
    if (l->n_brackets > 0) {
        int32_t offset = l->brackets[l->n_brackets - 1];
        ama__span at = {offset, offset + 1};
        return ama__diag_fail(l->ctx, l->source, at, AMA_ERR_FORMAT, "syntax error: this '%c' is not closed",
                              l->source->text[offset]);
    }
    bool newline = l->in_statement && !l->joined;
    give_empty(l, newline ? AMA_TOKEN_NEWLINE : AMA_TOKEN_END, out);
    l->at_line = newline;
    l->in_statement = false;
    return AMA_OK;
}

ama_status ama__lexer_next(ama__lexer *l, ama__token *out) {
    *out = (ama__token){.kind = AMA_TOKEN_END};
    if (l->at_line) AMA_TRY(read_indent(l));
    if (l->pending != 0) {
        give_empty(l, l->pending > 0 ? AMA_TOKEN_INDENT : AMA_TOKEN_DEDENT, out);
        l->pending += l->pending > 0 ? -1 : 1;
        return AMA_OK;
    }
    AMA_TRY(skip_blank(l));
    if (l->pos >= l->end) return read_end(l, out);
    char c = peek(l, 0);
    if (is_newline(c)) {
        out->kind = AMA_TOKEN_NEWLINE;
        out->span.begin = l->pos;
        skip_newline(l);
        out->span.end = l->pos;
        l->at_line = true;
        l->in_statement = false;
        return AMA_OK;
    }
    l->in_statement = true;
    int32_t n_prefix = prefix_bytes(l);
    if (n_prefix >= 0) return read_string(l, n_prefix, out);
    if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) return read_number(l, out);
    if (is_name_start(c)) return read_name(l, out);
    return read_punct(l, out);
}
