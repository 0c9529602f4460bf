#include <ctype.h>
#include <string.h>

#include "cf/ticks.h"

/* How finely a text or an axis resolves time; coarse to fine. */
typedef enum resolution {
    RES_YEAR,
    RES_QUARTER,
    RES_MONTH,
    RES_DAY,
    RES_HOUR,
    RES_MINUTE,
    RES_SECOND,
    RES_MS,
    RES_US,
    RES_NS
} resolution;

typedef struct partial {
    ama__date date;
    resolution resolution;
} partial;

/* Exactly n digits. */
static bool digits(const char **s, int n, int64_t *out) {
    int64_t x = 0;
    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)(*s)[i])) return false;
        x = 10 * x + ((*s)[i] - '0');
    }
    *s += n;
    *out = x;
    return true;
}

/* Two digits, or one where the dialect (pandas' dates with separators) allows it. */
static bool two(const char **s, bool one_will_do, int *out) {
    int64_t x;
    bool ok = digits(s, 2, &x) || (one_will_do && digits(s, 1, &x));
    if (ok) *out = (int)x;
    return ok;
}

static bool skip(const char **s, char c) {
    if (**s != c) return false;
    ++*s;
    return true;
}

static bool parse_fraction(const char **s, partial *p) {
    int n = 0;
    for (int64_t unit = 100000000; isdigit((unsigned char)**s); unit /= 10, ++*s, n++)
        p->date.nanosecond += unit * (**s - '0');
    p->resolution = n <= 3 ? RES_MS : n <= 6 ? RES_US : RES_NS;
    return n >= 1 && n <= 9;
}

/* HH[:MM[:SS[.f]]], or without the colons. */
static bool parse_clock(const char **s, bool basic, bool loose, partial *p) {
    loose = loose && !basic;
    if (!two(s, loose, &p->date.hour)) return false;
    p->resolution = RES_HOUR;
    if (!**s) return true;
    if ((!basic && !skip(s, ':')) || !two(s, loose, &p->date.minute)) return false;
    p->resolution = RES_MINUTE;
    if (!**s) return true;
    if ((!basic && !skip(s, ':')) || !two(s, loose, &p->date.second)) return false;
    p->resolution = RES_SECOND;
    if (!**s) return true;
    return skip(s, '.') && parse_fraction(s, p);
}

static bool parse_year(const char **s, bool cftime, int64_t *year) {
    bool negative = cftime && **s == '-';
    if (cftime && (**s == '-' || **s == '+')) ++*s;
    /* cftime years may have five digits, but YYYYMM is a month. */
    size_t run = strspn(*s, "0123456789");
    if (!digits(s, cftime && run == 5 ? 5 : 4, year)) return false;
    if (negative) *year = -*year;
    return true;
}

static bool parse_quarter(const char *s, partial *p) {
    if (*s == '-') s++;
    if (*s != 'Q' && *s != 'q') return false;
    if (s[1] < '1' || s[1] > '4' || s[2]) return false;
    p->date.month = 3 * (s[1] - '1') + 1;
    p->resolution = RES_QUARTER;
    return true;
}

static bool parse_partial(const char *s, bool cftime, partial *p) {
    bool loose = !cftime;
    *p = (partial){.date = {.month = 1, .day = 1}, .resolution = RES_YEAR};
    if (!parse_year(&s, cftime, &p->date.year)) return false;
    if (!*s) return true;
    if (!cftime && parse_quarter(s, p)) return true;
    bool basic = isdigit((unsigned char)*s);
    char separator = basic ? '\0' : *s;
    if (separator && separator != '-' && !(loose && separator == '/')) return false;
    if (separator) s++;
    if (!two(&s, loose && !basic, &p->date.month)) return false;
    p->resolution = RES_MONTH;
    if (!*s) return !basic || cftime; /* pandas does not read 200001 as a month */
    if ((separator && !skip(&s, separator)) || !two(&s, loose && !basic, &p->date.day)) return false;
    p->resolution = RES_DAY;
    if (!*s) return true;
    if (!skip(&s, 'T') && !skip(&s, ' ')) return false;
    while (loose && *s == ' ') s++;
    return parse_clock(&s, basic, loose, p) && !*s;
}

static resolution axis_resolution(const ama__timeaxis *axis, int64_t n, const int64_t *ticks) {
    static const int64_t steps_ns[] = {
        AMA_NS_PER_DAY, 3600 * AMA_NS_PER_S, 60 * AMA_NS_PER_S, AMA_NS_PER_S, 1000000, 1000, 1};
    int k = 0, last = axis->datetime64 ? 6 : 5;
    int64_t ns_per_tick = AMA_NS_PER_S / ama__timeaxis_ticks_per_s(axis);
    for (int64_t i = 0; i < n && k < last; i++)
        while (k < last && ticks[i] != AMA_NAT && ticks[i] % (steps_ns[k] / ns_per_tick) != 0) k++;
    return (resolution)(RES_DAY + k);
}

/* First month after the span of a year, quarter or month. */
static void next_month(ama__calendar c, resolution r, ama__date *d) {
    int64_t months = ama__calendar_year_count(c, d->year) * 12 + d->month - 1;
    months += r == RES_YEAR ? 12 : r == RES_QUARTER ? 3 : 1;
    d->year = ama__calendar_year_name(c, ama__floor_div(months, 12));
    d->month = (int)ama__floor_mod(months, 12) + 1;
}

/* A year far outside datetime64 gives the first or last tick there is, so that slices still work. */
static void find_bounds(const ama__timeaxis *axis, const partial *p, ama__time_span *out) {
    static const int64_t lengths_ns[] = {[RES_DAY] = AMA_NS_PER_DAY,
                                         [RES_HOUR] = 3600 * AMA_NS_PER_S,
                                         [RES_MINUTE] = 60 * AMA_NS_PER_S,
                                         [RES_SECOND] = AMA_NS_PER_S,
                                         [RES_MS] = 1000000,
                                         [RES_US] = 1000,
                                         [RES_NS] = 1};
    ama__ticks_of_date(axis, &p->date, &out->lo);
    if (p->resolution <= RES_MONTH) {
        ama__date end = p->date;
        next_month(ama__ticks_calendar(axis), p->resolution, &end);
        ama__ticks_of_date(axis, &end, &out->hi);
        return;
    }
    int64_t length = lengths_ns[p->resolution] / (AMA_NS_PER_S / ama__timeaxis_ticks_per_s(axis));
    if (length < 1) length = 1;
    out->hi = out->lo > INT64_MAX - length ? INT64_MAX : out->lo + length;
}

ama_status ama__time_parse_span(ama_ctx *ctx, const ama__timeaxis *axis, int64_t n, const int64_t *ticks,
                                const char *text, ama__time_span *out) {
    ama__calendar c = ama__ticks_calendar(axis);
    partial p;
    *out = (ama__time_span){0};
    if (!parse_partial(text, !axis->datetime64, &p))
        return ama__fail(ctx, AMA_ERR_ARG,
                         "\"%s\" is not a date such as \"2000\", \"2000-02\", \"2000-02-03\" or \"2000-02-03T06:00\"",
                         text);
    if (!ama__date_valid(c, &p.date))
        return ama__fail(ctx, AMA_ERR_ARG, "\"%s\" does not exist in the %s calendar", text, ama__calendar_name(c));
    find_bounds(axis, &p, out);
    out->instant = axis->datetime64 && p.resolution >= axis_resolution(axis, n, ticks);
    return AMA_OK;
}
