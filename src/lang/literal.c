#define _GNU_SOURCE /* strtod_l */
#include "lang/literal.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

ama_status ama__literal_int(ama_ctx *ctx, const ama__source *source, ama__span span, uint64_t *out) {
    const char *s = source->text + span.begin, *end = source->text + span.end;
    unsigned base = 10;
    if (end - s > 2 && s[0] == '0' && strchr("xXoObB", s[1])) {
        base = (s[1] | 0x20) == 'x' ? 16 : (s[1] | 0x20) == 'o' ? 8 : 2;
        s += 2;
    }
    uint64_t value = 0, limit = (uint64_t)1 << 63;
    for (; s < end; s++) {
        if (*s == '_') continue;
        uint64_t digit = (uint64_t)digit_value(*s);
        if (value > (limit - digit) / base)
            return ama__diag_fail(ctx, source, span, AMA_ERR_UNSUPPORTED,
                                  "integers beyond 64 bits are not supported; write a float");
        value = value * base + digit;
    }
    *out = value;
    return AMA_OK;
}

ama_status ama__literal_float(ama__arena *arena, const ama__source *source, ama__span span, double *out) {
    char *digits, *p;
    AMA_KEEP(arena, digits, ama__arena_strndup(arena, source->text + span.begin, (size_t)(span.end - span.begin)));
    p = digits;
    for (const char *s = digits; *s; s++)
        if (*s != '_') *p++ = *s;
    *p = '\0';
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain) return ama__fail(ama__arena_ctx(arena), AMA_ERR_NOMEM, "no memory for a locale");
    *out = strtod_l(digits, NULL, plain);
    freelocale(plain);
    return AMA_OK;
}

/* ---- strings */

typedef struct unescape {
    ama_ctx *ctx;
    const ama__source *source;
    int32_t pos, end;
    char *to;
} unescape;

static ama_status fail_escape(unescape *u, int32_t begin, ama_status status, const char *text) {
    return ama__diag_fail(u->ctx, u->source, (ama__span){begin, u->pos}, status, "%s", text);
}

static void put_utf8(unescape *u, uint32_t code) {
    if (code < 0x80) {
        *u->to++ = (char)code;
        return;
    }
    int n_more = code >= 0x10000 ? 3 : code >= 0x800 ? 2 : 1;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    *u->to++ = (char)(lead[n_more] | code >> (6 * n_more));
    while (n_more-- > 0) *u->to++ = (char)(0x80 | (code >> (6 * n_more) & 0x3f));
}

/* Up to n digits (all n when `exact`) of base 8 or 16 from pos. */
static ama_status put_code(unescape *u, int32_t begin, int n, int base, bool exact) {
    uint32_t code = 0;
    for (; n > 0; n--, u->pos++) {
        int digit = u->pos < u->end ? digit_value(u->source->text[u->pos]) : 99;
        if (digit < base)
            code = code * (uint32_t)base + (uint32_t)digit;
        else if (exact)
            return fail_escape(u, begin, AMA_ERR_FORMAT, "syntax error: this escape has too few hexadecimal digits");
        else
            break;
    }
    if (code > 0x10ffff)
        return fail_escape(u, begin, AMA_ERR_FORMAT, "syntax error: no such character (beyond U+10FFFF)");
    if (code == 0) return fail_escape(u, begin, AMA_ERR_UNSUPPORTED, "NUL characters in strings are not supported");
    if (code >= 0xd800 && code < 0xe000)
        return fail_escape(u, begin, AMA_ERR_UNSUPPORTED,
                           "surrogates in strings are not supported; write the character itself");
    put_utf8(u, code);
    return AMA_OK;
}

/* One escape; pos is at its backslash. */
static ama_status put_escape(unescape *u) {
    static const char plain[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
    int32_t begin = u->pos;
    char c = u->pos + 1 < u->end ? u->source->text[u->pos + 1] : '\0';
    u->pos += 2;
    switch (c) {
    case '\r':
        if (u->pos < u->end && u->source->text[u->pos] == '\n') u->pos++;
        return AMA_OK;
    case '\n': return AMA_OK;
    case 'x': return put_code(u, begin, 2, 16, true);
    case 'u': return put_code(u, begin, 4, 16, true);
    case 'U': return put_code(u, begin, 8, 16, true);
    case 'N':
        return fail_escape(u, begin, AMA_ERR_UNSUPPORTED,
                           "named characters (\\N) are not supported; write the character itself or \\uXXXX");
    default: break;
    }
    if (c >= '0' && c <= '7') {
        u->pos = begin + 1;
        return put_code(u, begin, 3, 8, false);
    }
    for (const char *p = plain; *p; p += 2) {
        if (*p != c) continue;
        *u->to++ = p[1];
        return AMA_OK;
    }
    /* an unknown escape stays as it is written */
    *u->to++ = '\\';
    u->pos = begin + 1;
    return AMA_OK;
}

ama_status ama__literal_text(ama__arena *arena, const ama__source *source, ama__span span, bool raw, const char **out,
                             int32_t *n_bytes) {
    char *text;
    AMA_NEW(arena, text, span.end - span.begin + 1); /* no escape is longer than what it stands for */
    unescape u = {ama__arena_ctx(arena), source, span.begin, span.end, text};
    while (u.pos < u.end) {
        char c = source->text[u.pos];
        if (c == '\\' && !raw) {
            AMA_TRY(put_escape(&u));
            continue;
        }
        u.pos++;
        if (c == '\r') {
            if (u.pos < u.end && source->text[u.pos] == '\n') u.pos++;
            c = '\n';
        }
        *u.to++ = c;
    }
    *n_bytes = (int32_t)(u.to - text);
    *out = text;
    return AMA_OK;
}
