#include "store/zarr_json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

typedef struct parser {
    ama__arena *arena;
    const char *name, *text, *at, *end;
    int line, depth;
} parser;

static ama_status wrong(const parser *p, const char *what) {
    const char *begin = p->at;
    while (begin > p->text && begin[-1] != '\n') begin--;
    return ama__fail(ama__arena_ctx(p->arena), AMA_ERR_FORMAT, "%s, line %d, column %d: %s", p->name, p->line,
                     (int)(p->at - begin) + 1, what);
}

static void skip_blank(parser *p) {
    for (; p->at < p->end; p->at++) {
        if (*p->at == '\n')
            p->line++;
        else if (*p->at != ' ' && *p->at != '\t' && *p->at != '\r')
            break;
    }
}

static bool take_char(parser *p, char c) {
    skip_blank(p);
    if (p->at >= p->end || *p->at != c) return false;
    p->at++;
    return true;
}

static bool take_word(parser *p, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0) return false;
    p->at += n;
    return true;
}

/* ---- texts */

static bool take_hex4(parser *p, unsigned *out) {
    *out = 0;
    if (p->end - p->at < 4) return false;
    for (int i = 0; i < 4; i++) {
        char c = *p->at++;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16u;
        if (digit > 15) return false;
        *out = *out << 4 | digit;
    }
    return true;
}

static char *put_utf8(char *to, unsigned u) {
    if (u < 0x80) {
        *to++ = (char)u;
    } else if (u < 0x800) {
        *to++ = (char)(0xc0 | u >> 6);
        *to++ = (char)(0x80 | (u & 0x3f));
    } else if (u < 0x10000) {
        *to++ = (char)(0xe0 | u >> 12);
        *to++ = (char)(0x80 | (u >> 6 & 0x3f));
        *to++ = (char)(0x80 | (u & 0x3f));
    } else {
        *to++ = (char)(0xf0 | u >> 18);
        *to++ = (char)(0x80 | (u >> 12 & 0x3f));
        *to++ = (char)(0x80 | (u >> 6 & 0x3f));
        *to++ = (char)(0x80 | (u & 0x3f));
    }
    return to;
}

/* After "\u": one code point; half a surrogate pair becomes U+FFFD. */
static ama_status take_code_point(parser *p, char **to) {
    unsigned u, low;
    if (!take_hex4(p, &u)) return wrong(p, "\\u needs four hexadecimal digits");
    if (u >= 0xd800 && u < 0xdc00) {
        const char *back = p->at;
        if (take_word(p, "\\u") && take_hex4(p, &low) && low >= 0xdc00 && low < 0xe000) {
            u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
        } else {
            p->at = back;
            u = 0xfffd;
        }
    } else if (u >= 0xdc00 && u < 0xe000) {
        u = 0xfffd;
    }
    *to = put_utf8(*to, u);
    return AMA_OK;
}

static ama_status take_escape(parser *p, char **to) {
    static const char from[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    char c = p->at < p->end ? *p->at++ : 0;
    if (c == 'u') return take_code_point(p, to);
    const char *k = c ? strchr(from, c) : NULL;
    if (!k) return wrong(p, "an unknown escape in a text");
    *(*to)++ = meaning[k - from];
    return AMA_OK;
}

/* The opening quote has been taken. No escape makes a text longer than its source. */
static ama_status take_text(parser *p, const char **out, int64_t *n) {
    const char *close = p->at;
    while (close < p->end && *close != '"') close += *close == '\\' && close + 1 < p->end ? 2 : 1;
    if (close >= p->end) return wrong(p, "a text without its closing quote");
    char *s, *to;
    AMA_NEW(p->arena, s, close - p->at + 1);
    for (to = s; *p->at != '"';) {
        char c = *p->at++;
        if (c == '\\')
            AMA_TRY(take_escape(p, &to));
        else if ((unsigned char)c < 0x20)
            return wrong(p, "a control character in a text");
        else
            *to++ = c;
    }
    p->at++;
    *n = to - s;
    *out = s;
    return AMA_OK;
}

/* ---- values */

static ama_status take_number(parser *p, ama__json *j) {
    char copy[64];
    const char *begin = p->at;
    bool whole = true;
    while (p->at < p->end && *p->at && strchr("+-.eE0123456789", *p->at)) whole &= !strchr(".eE", *p->at++);
    size_t n = (size_t)(p->at - begin);
    p->at = begin;
    char *text = copy, *stop;
    if (n >= sizeof copy)
        AMA_KEEP(p->arena, text, ama__arena_strndup(p->arena, begin, n));
    else
        memcpy(copy, begin, n), copy[n] = '\0';
    j->kind = AMA_JSON_REAL;
    j->f = strtod(text, &stop);
    if (n == 0 || *stop || text[0] == '+' || text[0] == '.') return wrong(p, "a value was expected");
    p->at += n;
    if (!whole) return AMA_OK;
    errno = 0;
    long long i = strtoll(text, &stop, 10);
    if (errno) return AMA_OK;
    j->kind = AMA_JSON_INT;
    j->i = i;
    return AMA_OK;
}

static ama_status take_value(parser *p, ama__json *j);

static ama_status take_members(parser *p, ama__json *j, char close) {
    ama__json **tail = &j->child;
    if (++p->depth > DEPTH_MAX) return wrong(p, "nested too deeply");
    if (!take_char(p, close)) {
        do {
            ama__json *x;
            int64_t n;
            AMA_NEW(p->arena, x, 1);
            if (j->kind == AMA_JSON_OBJECT) {
                if (!take_char(p, '"')) return wrong(p, "a key in quotes was expected");
                AMA_TRY(take_text(p, &x->key, &n));
                if (!take_char(p, ':')) return wrong(p, "a colon was expected");
            }
            AMA_TRY(take_value(p, x));
            *tail = x;
            tail = &x->next;
            j->n++;
        } while (take_char(p, ','));
        if (!take_char(p, close))
            return wrong(p, close == '}' ? "a comma or } was expected" : "a comma or ] was expected");
    }
    p->depth--;
    return AMA_OK;
}

static ama_status take_scalar(parser *p, ama__json *j) {
    if (take_word(p, "null")) return AMA_OK;
    j->kind = AMA_JSON_BOOL;
    j->truth = take_word(p, "true");
    if (j->truth || take_word(p, "false")) return AMA_OK;
    j->kind = AMA_JSON_REAL;
    if (take_word(p, "NaN"))
        j->f = NAN;
    else if (take_word(p, "Infinity"))
        j->f = INFINITY;
    else if (take_word(p, "-Infinity"))
        j->f = -INFINITY;
    else
        return take_number(p, j);
    return AMA_OK;
}

static ama_status take_value(parser *p, ama__json *j) {
    skip_blank(p);
    j->line = p->line;
    j->source = p->at;
    ama_status status;
    if (take_char(p, '{')) {
        j->kind = AMA_JSON_OBJECT;
        status = take_members(p, j, '}');
    } else if (take_char(p, '[')) {
        j->kind = AMA_JSON_LIST;
        status = take_members(p, j, ']');
    } else if (take_char(p, '"')) {
        j->kind = AMA_JSON_TEXT;
        status = take_text(p, &j->s, &j->n);
    } else {
        status = take_scalar(p, j);
        if (j->kind == AMA_JSON_INT) j->f = (double)j->i;
    }
    j->source_bytes = (size_t)(p->at - j->source);
    return status;
}

ama_status ama__json_parse(ama__arena *arena, const char *name, const char *text, size_t bytes, ama__json **out) {
    parser p = {.arena = arena, .name = name, .text = text, .at = text, .end = text + bytes, .line = 1};
    ama__json *j;
    *out = NULL;
    AMA_NEW(arena, j, 1);
    take_word(&p, "\xef\xbb\xbf");
    AMA_TRY(take_value(&p, j));
    skip_blank(&p);
    if (p.at < p.end) return wrong(&p, "text after the end of the value");
    *out = j;
    return AMA_OK;
}

const ama__json *ama__json_get(const ama__json *j, const char *key) {
    const ama__json *found = NULL;
    if (!j || j->kind != AMA_JSON_OBJECT) return NULL;
    for (const ama__json *x = j->child; x; x = x->next)
        if (strcmp(x->key, key) == 0) found = x;
    return found;
}

const char *ama__json_get_text(const ama__json *j, const char *key) {
    const ama__json *x = ama__json_get(j, key);
    return x && x->kind == AMA_JSON_TEXT ? x->s : NULL;
}

int64_t ama__json_get_int(const ama__json *j, const char *key, int64_t otherwise) {
    const ama__json *x = ama__json_get(j, key);
    return x && x->kind == AMA_JSON_INT ? x->i : otherwise;
}
