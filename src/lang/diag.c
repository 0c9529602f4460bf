#include "lang/diag.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* At most this many characters of a source line are shown, with this many of them before the caret. */
#define SHOWN_CHARS 160
#define SHOWN_BEFORE 100

/* Length of the UTF-8 sequence at s (n bytes left), 0 when it is none: no overlong forms, no surrogates, <= U+10FFFF.
 */
static int sequence_bytes(const unsigned char *s, int32_t n) {
    if (s[0] < 0x80) return 1;
    int length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || length > n) return 0;
    for (int k = 1; k < length; k++)
        if ((s[k] & 0xc0) != 0x80) return 0;
    if (s[0] == 0xe0 && s[1] < 0xa0) return 0;
    if (s[0] == 0xed && s[1] > 0x9f) return 0;
    if (s[0] == 0xf0 && s[1] < 0x90) return 0;
    if (s[0] == 0xf4 && s[1] > 0x8f) return 0;
    return length;
}

ama_status ama__source_init(ama_ctx *ctx, const char *name, const char *text, size_t n_bytes, ama__source *out) {
    *out = (ama__source){.name = name, .text = text};
    if (n_bytes > AMA_SOURCE_MAX_BYTES)
        return ama__fail(ctx, AMA_ERR_ARG, "%s: the script has %zu bytes, more than the limit of %d MiB", name, n_bytes,
                         AMA_SOURCE_MAX_BYTES >> 20);
    out->n_bytes = (int32_t)n_bytes;
    for (int32_t i = 0; i < out->n_bytes;) {
        int length = sequence_bytes((const unsigned char *)text + i, out->n_bytes - i);
        ama__span at = {i, i + 1};
        if (text[i] == '\0')
            return ama__diag_fail(ctx, out, at, AMA_ERR_FORMAT, "syntax error: NUL byte in the script");
        if (length == 0)
            return ama__diag_fail(ctx, out, at, AMA_ERR_FORMAT,
                                  "syntax error: byte 0x%02x is not UTF-8; save the script as UTF-8",
                                  (unsigned char)text[i]);
        i += length;
    }
    return AMA_OK;
}

int32_t ama__source_begin(const ama__source *source) {
    return source->n_bytes >= 3 && memcmp(source->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static bool is_newline(char c) {
    return c == '\n' || c == '\r';
}

/* Begin of the line that holds `offset`. */
static int32_t line_begin(const ama__source *source, int32_t offset) {
    int32_t first = ama__source_begin(source);
    while (offset > first && !is_newline(source->text[offset - 1])) offset--;
    return offset > first ? offset : first;
}

/* Characters in bytes begin .. end-1: every byte that does not continue a sequence. */
static int32_t count_chars(const ama__source *source, int32_t begin, int32_t end) {
    int32_t n = 0;
    for (int32_t i = begin; i < end; i++) n += ((unsigned char)source->text[i] & 0xc0) != 0x80;
    return n;
}

void ama__source_position(const ama__source *source, int32_t offset, int32_t *line, int32_t *column) {
    int32_t n_lines = 1;
    if (offset > source->n_bytes) offset = source->n_bytes;
    for (int32_t i = 0; i < offset; i++) {
        if (!is_newline(source->text[i])) continue;
        if (source->text[i] == '\r' && i + 1 < source->n_bytes && source->text[i + 1] == '\n') i++;
        if (i < offset) n_lines++;
    }
    *line = n_lines;
    *column = 1 + count_chars(source, line_begin(source, offset), offset);
}

/* The source line shown in an error: bytes begin .. end-1, cut where it is long. */
typedef struct shown_line {
    int32_t begin, end;
    bool cut_before, cut_after;
} shown_line;

static int32_t step_chars(const ama__source *source, int32_t from, int32_t limit, int32_t n) {
    int32_t step = limit < from ? -1 : 1;
    for (; n > 0 && from != limit; n--) {
        do from += step;
        while (from != limit && ((unsigned char)source->text[from] & 0xc0) == 0x80);
    }
    return from;
}

static shown_line choose_line(const ama__source *source, int32_t offset) {
    shown_line shown = {.begin = line_begin(source, offset), .end = offset};
    while (shown.end < source->n_bytes && !is_newline(source->text[shown.end])) shown.end++;
    if (shown.begin > offset) shown.begin = offset;
    if (count_chars(source, shown.begin, shown.end) <= SHOWN_CHARS) return shown;
    int32_t begin = step_chars(source, offset, shown.begin, SHOWN_BEFORE);
    int32_t end = step_chars(source, begin, shown.end, SHOWN_CHARS);
    return (shown_line){begin, end, begin > shown.begin, end < shown.end};
}

/* Adds bytes begin .. end-1; control characters and bytes that are not UTF-8 become '?'. */
static void add_clean(ama__text *text, const ama__source *source, int32_t begin, int32_t end) {
    for (int32_t i = begin; i < end;) {
        const unsigned char *s = (const unsigned char *)source->text + i;
        int length = sequence_bytes(s, end - i);
        bool control = length == 1 && (s[0] < 0x20 || s[0] == 0x7f) && s[0] != '\t';
        control |= length == 2 && s[0] == 0xc2 && s[1] < 0xa0;
        ama__text_addn(text, length == 0 || control ? "?" : (const char *)s,
                       length == 0 || control ? 1 : (size_t)length);
        i += length ? length : 1;
    }
}

static void add_excerpt(ama__text *text, const ama__source *source, ama__span at) {
    shown_line shown = choose_line(source, at.begin);
    ama__text_add(text, shown.cut_before ? "\n    ..." : "\n    ");
    add_clean(text, source, shown.begin, shown.end);
    ama__text_add(text, shown.cut_after ? "...\n    " : "\n    ");
    if (shown.cut_before) ama__text_add(text, "   ");
    for (int32_t i = shown.begin; i < at.begin; i++)
        if (((unsigned char)source->text[i] & 0xc0) != 0x80) ama__text_add(text, source->text[i] == '\t' ? "\t" : " ");
    ama__text_add(text, "^");
    int32_t end = at.end < shown.end ? at.end : shown.end;
    for (int32_t n = count_chars(source, at.begin, end); n > 1; n--) ama__text_add(text, "~");
}

ama_status ama__diag_fail(ama_ctx *ctx, const ama__source *source, ama__span at, ama_status status, const char *fmt,
                          ...) {
    if (at.begin > source->n_bytes) at.begin = source->n_bytes;
    if (at.begin < ama__source_begin(source)) at.begin = ama__source_begin(source);
    char message[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    ama__text text;
    ama__text_init(&text, ctx);
    int32_t line, column;
    ama__source_position(source, at.begin, &line, &column);
    ama__text_printf(&text, "%s:%d:%d: %s", source->name, line, column, message);
    add_excerpt(&text, source, at);
    status = text.failed ? ama__error_status(ctx) : ama__fail(ctx, status, "%s", ama__text_get(&text));
    ama__text_fini(&text);
    return status;
}
