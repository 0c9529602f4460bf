/* Strings that stand side by side are one; f-strings are cut into text and fields here, by the rules of Python 3.11
 * (later versions accept all that 3.11 does). */
#include <string.h>

#include "lang/literal.h"
#include "lang/parser.h"

/* Pushes a STR with the text of a piece. */
static ama_status push_text(ama__parser *p, ama__span span, bool raw) {
    ama__ast *piece;
    if (span.begin == span.end) return AMA_OK;
    AMA_TRY(ama__parser_node(p, AMA_AST_STR, span.begin, &piece));
    piece->span = piece->focus = span;
    AMA_TRY(ama__literal_text(p->arena, p->source, span, raw, &piece->str.s, &piece->str.n_bytes));
    return ama__parser_push(p, piece);
}

/* Makes one STR of each run of STR after `mark`. */
static ama_status merge_texts(ama__parser *p, int32_t mark) {
    int32_t n = mark;
    for (int32_t i = mark; i < p->n_pending;) {
        ama__ast *piece = p->pending[i++];
        int32_t first = i - 1;
        int64_t n_bytes = piece->kind == AMA_AST_STR ? piece->str.n_bytes : 0;
        while (piece->kind == AMA_AST_STR && i < p->n_pending && p->pending[i]->kind == AMA_AST_STR)
            n_bytes += p->pending[i++]->str.n_bytes;
        p->pending[n++] = piece;
        if (i == first + 1) continue;
        char *all, *to;
        AMA_NEW(p->arena, all, n_bytes + 1);
        to = all;
        for (int32_t k = first; k < i; k++) {
            const ama__ast *part = k == first ? piece : p->pending[k];
            memcpy(to, part->str.s, (size_t)part->str.n_bytes);
            to += part->str.n_bytes;
        }
        piece->span.end = piece->focus.end = p->pending[i - 1]->span.end;
        piece->str.s = all;
        piece->str.n_bytes = (int32_t)n_bytes;
    }
    p->n_pending = n;
    return AMA_OK;
}

/* ---- f-strings */

typedef struct pieces {
    int32_t pos, end; /* of the body of the string */
    bool raw;
    bool in_spec; /* inside {value:...}: braces are not doubled, the '}' that ends the field ends the pieces */
} pieces;

static ama_status fail_piece(ama__parser *p, int32_t begin, const char *text) {
    return ama__diag_fail(p->ctx, p->source, (ama__span){begin, begin + 1}, AMA_ERR_FORMAT, "syntax error: %s", text);
}

static ama_status push_pieces(ama__parser *p, pieces *at);

/* The format after ':', up to the '}' of the field. */
static ama_status parse_spec(ama__parser *p, pieces *at, ama__ast *field) {
    if (at->in_spec) return fail_piece(p, at->pos, "the fields of this f-string are nested too deeply");
    pieces inner = *at;
    inner.in_spec = true;
    int32_t mark = p->n_pending;
    AMA_TRY(push_pieces(p, &inner));
    AMA_TRY(merge_texts(p, mark));
    if (p->n_pending == mark + 1 && p->pending[mark]->kind == AMA_AST_STR) {
        field->field.spec = p->pending[--p->n_pending];
    } else if (p->n_pending > mark) {
        AMA_TRY(ama__parser_node(p, AMA_AST_FSTRING, at->pos, &field->field.spec));
        field->field.spec->span = field->field.spec->focus = (ama__span){at->pos, inner.pos};
        AMA_TRY(ama__parser_take(p, mark, field->field.spec, &field->field.spec->list));
    }
    at->pos = inner.pos;
    return ama__parser_adopt(p, field, field->field.spec);
}

/* What follows the value: `=`, `!r`, `:format`. The parser's token is the one after the value. */
static ama_status parse_field_end(ama__parser *p, pieces *at, int32_t begin, ama__ast *field) {
    bool echo = p->token.kind == AMA_TOKEN_EQUAL;
    if (echo) {
        int32_t end = p->token.span.end;
        while (end < at->end && strchr(" \t\n\r\f", p->source->text[end])) end++;
        AMA_TRY(push_text(p, (ama__span){begin, end}, true));
        AMA_TRY(ama__parser_next(p));
    }
    at->pos = p->token.span.begin;
    if (p->token.kind == AMA_TOKEN_BANG) {
        const char *s = p->source->text + at->pos;
        at->pos += 2;
        if (at->pos > at->end || !strchr("rsa", s[1]))
            return fail_piece(p, at->pos - 1, "expected 'r', 's' or 'a' after '!'");
        field->field.conversion = s[1];
    } else if (p->token.kind != AMA_TOKEN_RBRACE && p->token.kind != AMA_TOKEN_COLON &&
               p->token.kind != AMA_TOKEN_COLON_EQUAL) {
        return ama__parser_unexpected(p, "'}' to end the field of the f-string");
    }
    bool has_spec = at->pos < at->end && p->source->text[at->pos] == ':';
    if (has_spec) {
        at->pos++;
        AMA_TRY(parse_spec(p, at, field));
    }
    if (at->pos >= at->end || p->source->text[at->pos] != '}')
        return fail_piece(p, at->pos, "expected '}' to end the field of the f-string");
    at->pos++;
    if (echo && !has_spec && !field->field.conversion) field->field.conversion = 'r';
    return AMA_OK;
}

/* One field; at->pos is behind its '{'. */
static ama_status push_field(ama__parser *p, pieces *at) {
    int32_t begin = at->pos;
    ama__ast *field, *value;
    AMA_TRY(ama__parser_enter(p));
    p->token = (ama__token){.span = {begin, begin}};
    p->used_end = begin;
    ama__lexer_init_field(&p->lexer, p->ctx, p->source, (ama__span){begin, at->end});
    AMA_TRY(ama__parser_next(p));
    AMA_TRY(ama__parser_expressions(p, &value));
    if (memchr(p->source->text + begin, '\\', (size_t)(p->token.span.begin - begin)))
        return fail_piece(p, begin, "a field of an f-string cannot hold '\\'; give the value a name before");
    AMA_TRY(ama__parser_node(p, AMA_AST_FIELD, begin - 1, &field));
    field->field.value = value;
    AMA_TRY(ama__parser_adopt(p, field, value));
    AMA_TRY(parse_field_end(p, at, begin, field));
    field->span.end = at->pos;
    field->focus = value->span;
    ama__parser_leave(p);
    return ama__parser_push(p, field);
}

/* End of the plain text from `pos`: at a brace or the end. */
static ama_status find_brace(ama__parser *p, const pieces *at, int32_t *out) {
    const char *s = p->source->text, *text;
    int32_t i = at->pos;
    for (; i < at->end && s[i] != '{' && s[i] != '}'; i++) {
        if (s[i] != '\\' || at->raw || i + 1 >= at->end) continue;
        if (s[i + 1] == 'N') /* its braces are no field; refused */
            return ama__literal_text(p->arena, p->source, (ama__span){i, i + 2}, false, &text, out);
        if (s[i + 1] != '{' && s[i + 1] != '}') i++;
    }
    *out = i;
    return AMA_OK;
}

static ama_status push_pieces(ama__parser *p, pieces *at) {
    const char *s = p->source->text;
    while (at->pos < at->end) {
        int32_t brace;
        AMA_TRY(find_brace(p, at, &brace));
        bool doubled = !at->in_spec && brace + 1 < at->end && s[brace] == s[brace + 1];
        AMA_TRY(push_text(p, (ama__span){at->pos, doubled ? brace + 1 : brace}, at->raw));
        at->pos = brace;
        if (brace == at->end) return AMA_OK;
        if (s[brace] == '}' && at->in_spec) return AMA_OK;
        if (s[brace] == '}' && !doubled) return fail_piece(p, brace, "single '}' in an f-string; write '}}'");
        at->pos += doubled ? 2 : 1;
        if (!doubled) AMA_TRY(push_field(p, at));
    }
    return AMA_OK;
}

/* The fields are read by the parser itself, set on their part of the source for a while. */
static ama_status push_fstring(ama__parser *p) {
    ama__lexer lexer = p->lexer;
    ama__token token = p->token;
    int32_t used_end = p->used_end;
    pieces at = {token.body.begin, token.body.end, token.raw, false};
    AMA_TRY(push_pieces(p, &at));
    p->lexer = lexer;
    p->token = token;
    p->used_end = used_end;
    return AMA_OK;
}

ama_status ama__parser_strings(ama__parser *p, ama__ast **out) {
    int32_t begin = p->token.span.begin, mark = p->n_pending;
    while (p->token.kind == AMA_TOKEN_STRING || p->token.kind == AMA_TOKEN_FSTRING) {
        if (p->token.kind == AMA_TOKEN_STRING)
            AMA_TRY(push_text(p, p->token.body, p->token.raw));
        else
            AMA_TRY(push_fstring(p));
        AMA_TRY(ama__parser_next(p));
    }
    AMA_TRY(merge_texts(p, mark));
    int32_t n = p->n_pending - mark;
    bool plain = n == 0 || (n == 1 && p->pending[mark]->kind == AMA_AST_STR);
    AMA_TRY(ama__parser_node(p, plain ? AMA_AST_STR : AMA_AST_FSTRING, begin, out));
    if (!plain) return ama__parser_take(p, mark, *out, &(*out)->list);
    (*out)->str.s = n ? p->pending[mark]->str.s : "";
    (*out)->str.n_bytes = n ? p->pending[mark]->str.n_bytes : 0;
    p->n_pending = mark;
    return AMA_OK;
}
