#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- growable text */

void ama__text_init(ama__text *t, ama_ctx *ctx) {
    *t = (ama__text){.ctx = ctx};
}

void ama__text_fini(ama__text *t) {
    ama__mem_free(t->ctx, t->s);
    *t = (ama__text){.ctx = t->ctx};
}

/* Room for n more bytes and the NUL. */
static bool grow(ama__text *t, size_t n) {
    if (t->failed) return false;
    if (t->cap - t->n > n) return true;
    size_t cap = t->cap ? 2 * t->cap : 192;
    if (cap - t->n <= n) cap = t->n + n + 1;
    void *p = t->s;
    if (ama__mem_realloc(t->ctx, AMA_MEM_META, cap, &p) != AMA_OK) {
        t->failed = true;
        return false;
    }
    t->s = p;
    t->cap = cap;
    return true;
}

void ama__text_addn(ama__text *t, const char *s, size_t n) {
    if (!grow(t, n)) return;
    if (n) memcpy(t->s + t->n, s, n);
    t->n += n;
    t->s[t->n] = '\0';
}

void ama__text_add(ama__text *t, const char *s) {
    ama__text_addn(t, s, strlen(s));
}

void ama__text_printf(ama__text *t, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n >= 0 && grow(t, (size_t)n)) {
        vsnprintf(t->s + t->n, (size_t)n + 1, fmt, again);
        t->n += (size_t)n;
    }
    va_end(again);
}

const char *ama__text_get(const ama__text *t) {
    return t->s ? t->s : "";
}

/* ---- the nearest name */

enum { WORD_MAX = 64 };

/* Edit distance, case apart, with two neighbours swapped as one edit. */
static int distance(const char *a, int n_a, const char *b, int n_b) {
    int row[3][WORD_MAX + 1];
    for (int j = 0; j <= n_b; j++) row[0][j] = j;
    for (int i = 1; i <= n_a; i++) {
        int *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
        now[0] = i;
        for (int j = 1; j <= n_b; j++) {
            int best = up[j - 1] + (a[i - 1] != b[j - 1]);
            if (up[j] + 1 < best) best = up[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && up2[j - 2] + 1 < best) best = up2[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n_a % 3][n_b];
}

/* False when the word is empty or too long to be compared. */
static bool fold(const char *word, char *folded, int *n) {
    size_t length = word ? strnlen(word, WORD_MAX + 1) : 0;
    if (length == 0 || length > WORD_MAX) return false;
    for (size_t i = 0; i < length; i++) folded[i] = (char)tolower((unsigned char)word[i]);
    *n = (int)length;
    return true;
}

const char *ama__text_nearest(const char *word, const char *const *candidates, int n) {
    char a[WORD_MAX], b[WORD_MAX];
    int n_a, n_b;
    if (!fold(word, a, &n_a)) return NULL;
    const char *nearest = NULL;
    int best = (n_a + 1) / 3 + 1; /* about one edit in three letters */
    for (int i = 0; i < n; i++) {
        if (!fold(candidates[i], b, &n_b)) continue;
        int d = distance(a, n_a, b, n_b);
        if (d < best && d < (n_a > n_b ? n_a : n_b)) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}

/* ---- sizes */

const char *ama__text_bytes(char *buf, size_t buf_bytes, double bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    int unit = 0;
    while (fabs(bytes) >= (unit ? 1023.95 : 1023.5) && unit < 6) {
        bytes /= 1024;
        unit++;
    }
    snprintf(buf, buf_bytes, "%.*f %s", unit ? 1 : 0, bytes, units[unit]);
    return buf;
}

/* What follows the number: a power of 1024, or 0 when it is no unit. */
static size_t parse_unit(const char *s) {
    static const char letters[] = "KMGT";
    size_t factor = 1;
    const char *letter = *s ? strchr(letters, toupper((unsigned char)*s)) : NULL;
    if (letter) {
        factor = (size_t)1 << (10 * (letter - letters + 1));
        s++;
        if (*s == 'i' || *s == 'I') s++;
    }
    if (*s == 'b' || *s == 'B') s++;
    while (*s == ' ') s++;
    return *s ? 0 : factor;
}

bool ama__text_parse_bytes(const char *s, size_t *out) {
    while (*s == ' ') s++;
    size_t whole = 0;
    double part = 0, place = 1;
    bool digits = false;
    for (; isdigit((unsigned char)*s); s++, digits = true)
        if (__builtin_mul_overflow(whole, (size_t)10, &whole) ||
            __builtin_add_overflow(whole, (size_t)(*s - '0'), &whole))
            return false;
    if (*s == '.')
        for (s++; isdigit((unsigned char)*s); s++, digits = true) part += (*s - '0') * (place /= 10);
    if (!digits) return false;
    while (*s == ' ') s++;
    size_t factor = parse_unit(s), bytes;
    if (!factor || __builtin_mul_overflow(whole, factor, &bytes) ||
        __builtin_add_overflow(bytes, (size_t)(part * (double)factor + 0.5), &bytes))
        return false;
    *out = bytes;
    return true;
}

/* ---- shortest decimal text */

/* d[0].d[1]d[2]… * 10^exponent */
typedef struct decimal {
    char d[24];
    int n, exponent;
} decimal;

static void decimal_round(decimal *x, double value, int n) {
    char text[48];
    snprintf(text, sizeof text, "%.*e", n - 1, value);
    const char *e = strchr(text, 'e');
    x->n = 0;
    for (const char *s = text; s < e; s++)
        if (isdigit((unsigned char)*s)) x->d[x->n++] = *s;
    x->exponent = atoi(e + 1);
}

/* One more in the last place. */
static void decimal_up(decimal *x) {
    int i = x->n - 1;
    while (i >= 0 && x->d[i] == '9') x->d[i--] = '0';
    if (i >= 0) {
        x->d[i]++;
        return;
    }
    x->d[0] = '1';
    x->exponent++;
}

static bool reads_back(const decimal *x, double value, bool is_f4) {
    char text[48];
    snprintf(text, sizeof text, "%.*se%d", x->n, x->d, x->exponent - (x->n - 1));
    return is_f4 ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

/* The shortest digits that read back. Just above a power of two the interval of a float reaches further up than down,
 * so the nearest decimal of n digits may miss where the next one up reads back. */
static void decimal_shortest(decimal *x, double value, bool is_f4) {
    int most = is_f4 ? 9 : 17;
    for (int n = 1; n <= most; n++) {
        decimal_round(x, value, n);
        if (n == most || reads_back(x, value, is_f4)) break;
        decimal up = *x;
        decimal_up(&up);
        if (reads_back(&up, value, is_f4)) {
            *x = up;
            break;
        }
    }
    while (x->n > 1 && x->d[x->n - 1] == '0') x->n--;
}

static const char *float_text(char *buf, size_t buf_bytes, double value, bool is_f4) {
    if (isnan(value)) {
        snprintf(buf, buf_bytes, "nan");
        return buf;
    }
    const char *sign = signbit(value) ? "-" : "";
    value = fabs(value);
    if (isinf(value)) {
        snprintf(buf, buf_bytes, "%sinf", sign);
        return buf;
    }
    decimal x;
    decimal_shortest(&x, value, is_f4);
    int before = x.exponent + 1; /* digits before the point */
    if (x.exponent < -4 || x.exponent >= 16)
        snprintf(buf, buf_bytes, "%s%c%s%.*se%c%02d", sign, x.d[0], x.n > 1 ? "." : "", x.n - 1, x.d + 1,
                 x.exponent < 0 ? '-' : '+', abs(x.exponent));
    else if (before <= 0)
        snprintf(buf, buf_bytes, "%s0.%.*s%.*s", sign, -before, "0000", x.n, x.d);
    else if (before >= x.n)
        snprintf(buf, buf_bytes, "%s%.*s%.*s.0", sign, x.n, x.d, before - x.n, "0000000000000000");
    else
        snprintf(buf, buf_bytes, "%s%.*s.%.*s", sign, before, x.d, x.n - before, x.d + before);
    return buf;
}

const char *ama__text_f8(char *buf, size_t buf_bytes, double x) {
    return float_text(buf, buf_bytes, x, false);
}

const char *ama__text_f4(char *buf, size_t buf_bytes, float x) {
    return float_text(buf, buf_bytes, (double)x, true);
}
