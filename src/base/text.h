/* Small text helpers: growable text, nearest name, bytes and durations for people. */
#ifndef AMA_BASE_TEXT_H
#define AMA_BASE_TEXT_H

#include "base/memory.h"

/* Growable NUL-terminated text. Zero-initialise with the context; `failed` is set when memory ran out (recorded). */
typedef struct ama__text {
    ama_ctx *ctx;
    char *s; /* NULL while empty: use ama__text_get */
    size_t n, cap;
    bool failed;
} ama__text;

void ama__text_init(ama__text *t, ama_ctx *ctx);
void ama__text_fini(ama__text *t);
void ama__text_add(ama__text *t, const char *s);
void ama__text_addn(ama__text *t, const char *s, size_t n);
void ama__text_printf(ama__text *t, const char *fmt, ...) AMA_PRINTF(2, 3);
const char *ama__text_get(const ama__text *t); /* "" when empty */

/* The candidate nearest to `word` by edit distance, or NULL when none is near enough to suggest. Local. */
const char *ama__text_nearest(const char *word, const char *const *candidates, int n);

/* "1.5 GiB" and the like, into buf (>= 24 bytes); returns buf. */
const char *ama__text_bytes(char *buf, size_t buf_bytes, double bytes);
/* Parses "512MiB", "2 GiB", "1.5g", "800000" (bytes; K M G T with or without i and B are powers of 1024).
 * Returns false when the text is not a size. */
bool ama__text_parse_bytes(const char *s, size_t *out);

/* Shortest decimal text that reads back as the same float64 (or float32), as Python's repr prints it: "1.0",
 * "0.1", "1e+20", "nan", "inf". buf >= 32 bytes; returns buf. */
const char *ama__text_f8(char *buf, size_t buf_bytes, double x);
const char *ama__text_f4(char *buf, size_t buf_bytes, float x);

#endif
