#include "cf/datetime64.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cf/ticks.h"

const ama__timeaxis ama__datetime_axis = {AMA_CAL_PROLEPTIC_GREGORIAN, true};

static const char *const unit_names[AMA_DATETIME_N] = {"Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns"};
static const int64_t unit_ns[AMA_DATETIME_N] = {[AMA_DATETIME_W] = 7 * AMA_NS_PER_DAY,
                                                [AMA_DATETIME_D] = AMA_NS_PER_DAY,
                                                [AMA_DATETIME_H] = 3600 * AMA_NS_PER_S,
                                                [AMA_DATETIME_MIN] = 60 * AMA_NS_PER_S,
                                                [AMA_DATETIME_S] = AMA_NS_PER_S,
                                                [AMA_DATETIME_MS] = 1000000,
                                                [AMA_DATETIME_US] = 1000,
                                                [AMA_DATETIME_NS] = 1};

ama_status ama__datetime_unit_parse(ama_ctx *ctx, const char *name, ama__datetime_unit *out) {
    for (int i = 0; i < AMA_DATETIME_N; i++)
        if (strcmp(name, unit_names[i]) == 0) {
            *out = (ama__datetime_unit)i;
            return AMA_OK;
        }
    const char *base = name + strspn(name, "0123456789");
    bool numpys = strcmp(base, "ps") == 0 || strcmp(base, "fs") == 0 || strcmp(base, "as") == 0;
    for (int i = 0; i < AMA_DATETIME_N && base > name; i++) numpys = numpys || strcmp(base, unit_names[i]) == 0;
    return ama__fail(ctx, numpys ? AMA_ERR_UNSUPPORTED : AMA_ERR_ARG,
                     "datetime64: \"%s\" is no unit%s; there are Y, M, W, D, h, m, s, ms, us and ns", name,
                     numpys ? " that is supported" : "");
}

static ama_status outside(ama_ctx *ctx, const char *what) {
    return ama__fail(ctx, AMA_ERR_UNSUPPORTED,
                     "datetime64: %s is not within 1677-09-21T00:12:43.145224193 ... 2262-04-11T23:47:16.854775807, "
                     "the times that nanoseconds reach",
                     what);
}

/* ---- reading */

typedef struct reader {
    const char *s;
    ama__date date;
    ama__datetime_unit unit;
} reader;

static bool two_digits(reader *r, int *out) {
    if (!isdigit((unsigned char)r->s[0]) || !isdigit((unsigned char)r->s[1])) return false;
    *out = 10 * (r->s[0] - '0') + (r->s[1] - '0');
    r->s += 2;
    return true;
}

static bool skip(reader *r, char c) {
    if (*r->s != c) return false;
    r->s++;
    return true;
}

/* Any number of digits; a year that no calendar needs stays far outside. */
static bool read_year(reader *r) {
    bool negative = *r->s == '-';
    if (negative || *r->s == '+') r->s++;
    if (!isdigit((unsigned char)*r->s)) return false;
    for (; isdigit((unsigned char)*r->s); r->s++)
        if (r->date.year < 100000000) r->date.year = 10 * r->date.year + (*r->s - '0');
    if (negative) r->date.year = -r->date.year;
    return true;
}

static bool read_fraction(reader *r) {
    int n = 0;
    for (int64_t one = 100000000; isdigit((unsigned char)*r->s); one /= 10, n++)
        r->date.nanosecond += one * (*r->s++ - '0');
    r->unit = n <= 3 ? AMA_DATETIME_MS : n <= 6 ? AMA_DATETIME_US : n <= 9 ? AMA_DATETIME_NS : AMA_DATETIME_N;
    return true;
}

/* hh[:mm[:ss[.f]]] */
static bool read_clock(reader *r) {
    int *const part[3] = {&r->date.hour, &r->date.minute, &r->date.second};
    for (int i = 0; i < 3; i++) {
        if (!two_digits(r, part[i])) return false;
        r->unit = (ama__datetime_unit)(AMA_DATETIME_H + i);
        if (!skip(r, i == 2 ? '.' : ':')) return true;
    }
    return read_fraction(r);
}

/* True when all up to r->s is a date; what follows may be a time zone. */
static bool read_date(reader *r) {
    while (isspace((unsigned char)*r->s)) r->s++;
    if (!read_year(r)) return false;
    r->unit = AMA_DATETIME_Y;
    if (!*r->s) return true;
    if (!skip(r, '-') || !two_digits(r, &r->date.month)) return false;
    r->unit = AMA_DATETIME_M;
    if (!*r->s) return true;
    if (!skip(r, '-') || !two_digits(r, &r->date.day)) return false;
    r->unit = AMA_DATETIME_D;
    if (!*r->s) return true;
    return (skip(r, 'T') || skip(r, ' ')) && read_clock(r);
}

static ama_status check_words(ama_ctx *ctx, const char *text) {
    static const char *const words[] = {"", "NaT", "now", "today"};
    for (int i = 0; i < 4; i++)
        if (strcasecmp(text, words[i]) == 0)
            return ama__fail(ctx, AMA_ERR_UNSUPPORTED,
                             "datetime64: \"%s\" is not supported; a date such as "
                             "\"2001-02-03\" is",
                             text);
    return AMA_OK;
}

ama_status ama__datetime_parse(ama_ctx *ctx, const char *text, ama__datetime_unit unit, ama__datetime *out) {
    reader r = {.s = text, .date = {.month = 1, .day = 1}};
    AMA_TRY(check_words(ctx, text));
    bool read = read_date(&r);
    if (read && r.unit >= AMA_DATETIME_H && *r.s && strchr("Z+-", *r.s))
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED,
                         "datetime64: \"%s\" has a time zone, which numpy is about to refuse; leave it out", text);
    if (!read || *r.s)
        return ama__fail(ctx, AMA_ERR_ARG,
                         "datetime64: \"%s\" is not a date such as \"2001\", \"2001-02\", \"2001-02-03\" or "
                         "\"2001-02-03T06:30\"",
                         text);
    if (!ama__date_valid(AMA_CAL_PROLEPTIC_GREGORIAN, &r.date))
        return ama__fail(ctx, AMA_ERR_ARG, "datetime64: the date \"%s\" does not exist", text);
    if (r.unit == AMA_DATETIME_N)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "datetime64: \"%s\" is finer than nanoseconds", text);
    out->unit = r.unit;
    if (!ama__ticks_of_date(&ama__datetime_axis, &r.date, &out->ns)) {
        char what[80];
        snprintf(what, sizeof what, "\"%.30s\"%s", text,
                 r.unit == AMA_DATETIME_Y && strlen(text) > 4 ? ", to numpy a year," : "");
        return outside(ctx, what);
    }
    return unit == AMA_DATETIME_N ? AMA_OK : ama__datetime_cut(ctx, out, unit, out);
}

/* ---- units */

ama_status ama__datetime_cut(ama_ctx *ctx, const ama__datetime *in, ama__datetime_unit unit, ama__datetime *out) {
    ama__date d;
    ama__datetime r = {in->ns, unit};
    char text[64];
    bool fits = true;
    if (r.unit <= AMA_DATETIME_M) {
        ama__ticks_date(&ama__datetime_axis, in->ns, &d);
        d = (ama__date){.year = d.year, .month = r.unit == AMA_DATETIME_M ? d.month : 1, .day = 1};
        fits = ama__ticks_of_date(&ama__datetime_axis, &d, &r.ns);
    } else {
        int64_t rest = ama__floor_mod(in->ns, unit_ns[r.unit]);
        fits = in->ns > INT64_MIN + rest;
        if (fits) r.ns = in->ns - rest;
    }
    if (!fits) {
        snprintf(text, sizeof text, "the start of this %s", unit_names[unit]);
        return outside(ctx, text);
    }
    *out = r;
    return AMA_OK;
}

ama_status ama__datetime_of_count(ama_ctx *ctx, int64_t count, ama__datetime_unit unit, ama__datetime *out) {
    ama__datetime r = {0, unit};
    char text[64];
    bool fits;
    if (r.unit <= AMA_DATETIME_M) {
        int64_t per_year = r.unit == AMA_DATETIME_M ? 12 : 1;
        fits = count > -100000 && count < 100000;
        ama__date d = {.year = 1970 + (fits ? ama__floor_div(count, per_year) : 0), .day = 1};
        d.month = (int)ama__floor_mod(count, per_year) + 1;
        fits = fits && ama__ticks_of_date(&ama__datetime_axis, &d, &r.ns);
    } else {
        fits = !__builtin_mul_overflow(count, unit_ns[r.unit], &r.ns) && r.ns != AMA_NAT;
    }
    if (!fits) {
        snprintf(text, sizeof text, "%lld %s since 1970", (long long)count, unit_names[unit]);
        return outside(ctx, text);
    }
    *out = r;
    return AMA_OK;
}

/* ---- printing */

const char *ama__datetime_print(const ama__datetime *d, bool repr, char *buf, size_t buf_bytes) {
    static const int lengths[AMA_DATETIME_N] = {4, 7, 10, 10, 13, 16, 19, 23, 26, 29};
    char full[48];
    ama__time_print(&ama__datetime_axis, d->ns, full, sizeof full);
    full[lengths[d->unit]] = '\0';
    if (repr)
        snprintf(buf, buf_bytes, "np.datetime64('%s'%s)", full, d->unit == AMA_DATETIME_H ? ",'h'" : "");
    else
        snprintf(buf, buf_bytes, "%s", full);
    return buf;
}
