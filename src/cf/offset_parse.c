#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "cf/offset.h"
#include "cf/ticks.h"

typedef struct freq_name {
    const char *name;
    ama__offset_kind kind;
    bool end, business, pandas_only;
    int anchor; /* default; 0 where the frequency has none (weekdays are stored as Monday = 0) */
    int64_t unit_ns;
} freq_name;

#define TICK(NAME, NS)                                                                                                 \
    { NAME, AMA_OFFSET_TICK, false, false, false, 0, NS }
#define MONTHS(NAME, KIND, END, ANCHOR)                                                                                \
    { NAME, AMA_OFFSET_##KIND, END, false, false, ANCHOR, 0 }
#define BUSINESS(NAME, KIND, END, ANCHOR)                                                                              \
    { NAME, AMA_OFFSET_##KIND, END, true, true, ANCHOR, 0 }

static const freq_name freq_names[] = {
    MONTHS("ME", MONTH, true, 0),
    MONTHS("M", MONTH, true, 0),
    MONTHS("MS", MONTH, false, 0),
    MONTHS("QE", QUARTER, true, 12),
    MONTHS("Q", QUARTER, true, 12),
    MONTHS("QS", QUARTER, false, 1),
    MONTHS("YE", YEAR, true, 12),
    MONTHS("Y", YEAR, true, 12),
    MONTHS("A", YEAR, true, 12),
    MONTHS("YS", YEAR, false, 1),
    MONTHS("AS", YEAR, false, 1),
    BUSINESS("BME", MONTH, true, 0),
    BUSINESS("BM", MONTH, true, 0),
    BUSINESS("BMS", MONTH, false, 0),
    BUSINESS("BQE", QUARTER, true, 12),
    BUSINESS("BQ", QUARTER, true, 12),
    BUSINESS("BQS", QUARTER, false, 1),
    BUSINESS("BYE", YEAR, true, 12),
    BUSINESS("BY", YEAR, true, 12),
    BUSINESS("BA", YEAR, true, 12),
    BUSINESS("BYS", YEAR, false, 1),
    BUSINESS("BAS", YEAR, false, 1),
    {"SME", AMA_OFFSET_SEMIMONTH, true, false, true, 0, 0},
    {"SM", AMA_OFFSET_SEMIMONTH, true, false, true, 0, 0},
    {"SMS", AMA_OFFSET_SEMIMONTH, false, false, true, 0, 0},
    {"W", AMA_OFFSET_WEEK, true, false, true, 6, 0},
    {"B", AMA_OFFSET_WEEKDAY, false, true, true, 0, 0},
    {"D", AMA_OFFSET_DAY, false, false, false, 0, AMA_NS_PER_DAY},
    TICK("h", 3600 * AMA_NS_PER_S),
    TICK("H", 3600 * AMA_NS_PER_S),
    TICK("min", 60 * AMA_NS_PER_S),
    TICK("T", 60 * AMA_NS_PER_S),
    TICK("s", AMA_NS_PER_S),
    TICK("S", AMA_NS_PER_S),
    TICK("ms", 1000000),
    TICK("L", 1000000),
    TICK("us", 1000),
    TICK("U", 1000),
    {"ns", AMA_OFFSET_TICK, false, false, true, 0, 1},
    {"N", AMA_OFFSET_TICK, false, false, true, 0, 1},
};
#define N_FREQ_NAMES (sizeof freq_names / sizeof *freq_names)

static const char *const unsupported_names[] = {"C",    "bh",  "BH",   "cbh", "CBH", "CBME",
                                                "CBMS", "WOM", "LWOM", "RE",  "REQ"};

static const char *const months[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
static const char *const weekdays[] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};

static ama_status unknown_freq(ama_ctx *ctx, const char *freq, const char *word) {
    const char *candidates[N_FREQ_NAMES];
    for (size_t i = 0; i < N_FREQ_NAMES; i++) candidates[i] = freq_names[i].name;
    for (size_t i = 0; i < sizeof unsupported_names / sizeof *unsupported_names; i++)
        if (strcmp(word, unsupported_names[i]) == 0)
            return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "frequency \"%s\": \"%s\" is not supported", freq, word);
    const char *near = ama__text_nearest(word, candidates, (int)N_FREQ_NAMES);
    return ama__fail(ctx, AMA_ERR_ARG, "unknown frequency \"%s\"%s%s%s", freq, near ? "; did you mean \"" : "",
                     near ? near : " (known: YE YS QE QS ME MS W D h min s ms us ns)", near ? "\"?" : "");
}

static const freq_name *find_freq(const char *word) {
    for (size_t i = 0; i < N_FREQ_NAMES; i++)
        if (strcmp(freq_names[i].name, word) == 0) return &freq_names[i];
    return NULL;
}

static bool parse_anchor(const char *text, const freq_name *f, int *anchor) {
    bool week = f->kind == AMA_OFFSET_WEEK;
    if (!week && f->kind != AMA_OFFSET_QUARTER && f->kind != AMA_OFFSET_YEAR) return false;
    for (int i = 0; i < (week ? 7 : 12); i++) {
        if (strcmp(text, week ? weekdays[i] : months[i]) != 0) continue;
        *anchor = week ? i : i + 1;
        return true;
    }
    return false;
}

/* A number and a name. Returns what follows, or NULL when there is no number-and-name here. */
static const char *next_term(const char *s, double *number, char *word, size_t word_bytes) {
    while (isspace((unsigned char)*s)) s++;
    char *end = (char *)s;
    *number = 1;
    if (isdigit((unsigned char)*s) || *s == '.') *number = strtod(s, &end);
    s = end;
    while (isspace((unsigned char)*s)) s++;
    size_t n = 0;
    while (isalpha((unsigned char)s[n])) n++;
    if (n == 0 || n >= word_bytes) return NULL;
    memcpy(word, s, n);
    word[n] = '\0';
    return s + n;
}

/* Fixed lengths may be sums and fractions; they become ns. */
static bool add_length(double number, int64_t unit_ns, int64_t *total) {
    double x = number * (double)unit_ns;
    if (!(fabs(x) < 9e18)) return false;
    int64_t term = number == floor(number) ? (int64_t)number * unit_ns : (int64_t)rint(x);
    return !__builtin_add_overflow(*total, term, total);
}

static ama_status parse_sum(ama_ctx *ctx, const char *freq, ama__offset *out) {
    int64_t total = 0;
    const char *s = freq;
    do {
        double number;
        char word[16];
        s = next_term(s, &number, word, sizeof word);
        const freq_name *f = s ? find_freq(word) : NULL;
        if (!f || f->unit_ns == 0 || !add_length(number, f->unit_ns, &total))
            return ama__fail(ctx, AMA_ERR_ARG, "unknown frequency \"%s\"", freq);
    } while (*s);
    *out = (ama__offset){.kind = AMA_OFFSET_TICK, .pandas_only = true, .n = total, .unit_ns = 1};
    return AMA_OK;
}

ama_status ama__offset_parse(ama_ctx *ctx, const char *freq, ama__offset *out) {
    double number;
    char word[16];
    const char *rest = next_term(freq, &number, word, sizeof word);
    if (*freq == '-') return ama__fail(ctx, AMA_ERR_ARG, "frequency \"%s\" must be positive", freq);
    if (!rest) return unknown_freq(ctx, freq, freq);
    const freq_name *f = find_freq(word);
    if (!f) return unknown_freq(ctx, freq, word);
    *out = (ama__offset){f->kind, f->end, f->business, f->pandas_only, f->anchor, 1, f->unit_ns};
    if (f->unit_ns && (*rest || number != floor(number))) {
        AMA_TRY(parse_sum(ctx, freq, out));
    } else {
        if (number != floor(number) || number > 1e9)
            return ama__fail(ctx, AMA_ERR_ARG, "frequency \"%s\": the multiple must be a whole number", freq);
        out->n = (int64_t)number;
        if (*rest && (*rest != '-' || !parse_anchor(rest + 1, f, &out->anchor)))
            return ama__fail(ctx, AMA_ERR_ARG, "frequency \"%s\": \"%s\" is not an anchor of \"%s\" (%s)", freq,
                             *rest == '-' ? rest + 1 : rest, word,
                             f->kind == AMA_OFFSET_WEEK ? "MON … SUN"
                             : f->anchor                ? "JAN … DEC"
                                                        : "it has none");
    }
    int64_t ns;
    if (out->n < 1 || (out->unit_ns && __builtin_mul_overflow(out->n, out->unit_ns, &ns)))
        return ama__fail(ctx, AMA_ERR_ARG, "frequency \"%s\" must be positive and below 292 years", freq);
    return AMA_OK;
}

/* pandas' words for durations beside the frequency names ("m" is a minute here). */
static int64_t duration_unit(const char *word) {
    static const struct {
        const char *name;
        int64_t ns;
    } words[] = {{"day", AMA_NS_PER_DAY},
                 {"hour", 3600 * AMA_NS_PER_S},
                 {"hr", 3600 * AMA_NS_PER_S},
                 {"m", 60 * AMA_NS_PER_S},
                 {"minute", 60 * AMA_NS_PER_S},
                 {"second", AMA_NS_PER_S},
                 {"sec", AMA_NS_PER_S},
                 {"milli", 1000000},
                 {"millisecond", 1000000},
                 {"micro", 1000},
                 {"microsecond", 1000},
                 {"nano", 1},
                 {"nanosecond", 1},
                 {"d", AMA_NS_PER_DAY}};
    const freq_name *f = find_freq(word);
    if (f) return f->unit_ns ? f->unit_ns : f->kind == AMA_OFFSET_WEEK ? 7 * AMA_NS_PER_DAY : 0;
    size_t n = strlen(word);
    if (n > 2 && word[n - 1] == 's') n--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].name) == n && strncasecmp(words[i].name, word, n) == 0) return words[i].ns;
    return 0;
}

ama_status ama__offset_parse_duration(ama_ctx *ctx, const char *text, int64_t *ns) {
    const char *s = text;
    int64_t total = 0;
    while (isspace((unsigned char)*s)) s++;
    bool negative = *s == '-';
    if (negative || *s == '+') s++;
    do {
        double number;
        char word[16];
        s = next_term(s, &number, word, sizeof word);
        int64_t unit = s ? duration_unit(word) : 0;
        if (!unit || !add_length(number, unit, &total))
            return ama__fail(ctx, AMA_ERR_ARG, "\"%s\" is not a duration such as \"1h\" or \"30min\"", text);
        while (isspace((unsigned char)*s)) s++;
    } while (*s);
    *ns = negative ? -total : total;
    return AMA_OK;
}
