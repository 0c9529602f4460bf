#include "cf/time_units.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

typedef struct unit_name {
    const char *spelling, *plural;
    int64_t ns;
    bool numpy;
} unit_name;

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define MINUTE (60 * AMA_NS_PER_S)
#define HOUR (3600 * AMA_NS_PER_S)
#define DAY AMA_NS_PER_DAY

static const unit_name unit_names[] = {
    {"days", "days", DAY, true},
    {"day", "days", DAY, true},
    {"hours", "hours", HOUR, true},
    {"hour", "hours", HOUR, true},
    {"minutes", "minutes", MINUTE, true},
    {"minute", "minutes", MINUTE, true},
    {"seconds", "seconds", AMA_NS_PER_S, true},
    {"second", "seconds", AMA_NS_PER_S, true},
    {"milliseconds", "milliseconds", MS, true},
    {"millisecond", "milliseconds", MS, true},
    {"microseconds", "microseconds", US, true},
    {"microsecond", "microseconds", US, true},
    {"nanoseconds", "nanoseconds", 1, true},
    {"nanosecond", "nanoseconds", 1, true},
    {"d", "days", DAY, false},
    {"h", "hours", HOUR, false},
    {"hr", "hours", HOUR, false},
    {"hrs", "hours", HOUR, false},
    {"min", "minutes", MINUTE, false},
    {"mins", "minutes", MINUTE, false},
    {"s", "seconds", AMA_NS_PER_S, false},
    {"sec", "seconds", AMA_NS_PER_S, false},
    {"secs", "seconds", AMA_NS_PER_S, false},
    {"ms", "milliseconds", MS, false},
    {"msec", "milliseconds", MS, false},
    {"msecs", "milliseconds", MS, false},
    {"millisec", "milliseconds", MS, false},
    {"millisecs", "milliseconds", MS, false},
    {"microsec", "microseconds", US, false},
    {"microsecs", "microseconds", US, false},
    {"months", "months", 30 * DAY, false},
    {"month", "months", 30 * DAY, false},
    {"common_years", "common_years", 365 * DAY, false},
    {"common_year", "common_years", 365 * DAY, false},
};

bool ama__time_units_is_since(const char *units) {
    return units && strstr(units, "since") != NULL;
}

ama_status ama__time_calendar(ama_ctx *ctx, const char *name, ama__calendar *out) {
    if (ama__calendar_parse(name, out)) return AMA_OK;
    char list[160] = "";
    for (int i = 0; ama__calendar_names[i]; i++) {
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", ama__calendar_names[i]);
    }
    return ama__fail(ctx, AMA_ERR_FORMAT, "calendar \"%s\" is not one of %s", name, list);
}

/* Length of the unit's word, and where the reference date begins; 0 when the text has another form. */
static size_t split_since(const char *units, const char **unit, const char **date) {
    while (isspace((unsigned char)*units)) units++;
    size_t n = strcspn(units, " \t\n");
    const char *p = units + n;
    while (isspace((unsigned char)*p)) p++;
    if (strncasecmp(p, "since", 5) != 0 || !isspace((unsigned char)p[5])) return 0;
    *unit = units;
    *date = p + 6;
    return n;
}

static ama_status find_unit(ama_ctx *ctx, const char *units, const char *word, size_t n, ama__time_units *u) {
    for (size_t i = 0; i < sizeof unit_names / sizeof *unit_names; i++) {
        const unit_name *name = &unit_names[i];
        if (strlen(name->spelling) != n || strncasecmp(word, name->spelling, n) != 0) continue;
        u->name = name->plural;
        u->unit_ns = name->ns;
        u->numpy = name->numpy;
        if (name->ns == 30 * DAY && u->calendar != AMA_CAL_360_DAY)
            return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "time units \"%s\": months have one length only in 360_day",
                             units);
        if (name->ns == 365 * DAY && u->calendar != AMA_CAL_NOLEAP)
            return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "time units \"%s\": common years are those of noleap", units);
        return AMA_OK;
    }
    if (n >= 4 && strncasecmp(word, "year", 4) == 0)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "time units \"%s\": years have no fixed length", units);
    return ama__fail(ctx, AMA_ERR_FORMAT,
                     "time units \"%s\": \"%.*s\" is not one of days, hours, minutes, seconds, milliseconds, "
                     "microseconds, nanoseconds",
                     units, (int)n, word);
}

bool ama__time_units_ref_ns(const ama__time_units *u, int64_t *out) {
    ama__timeaxis axis = {.calendar = u->calendar, .datetime64 = true};
    return ama__calendar_is_standard(u->calendar) && ama__ticks_join(&axis, u->ref_day, u->ref_ns, out);
}

__int128 ama__time_units_ref_us(const ama__time_units *u) {
    int64_t fraction = (int64_t)((double)(u->ref_ns % AMA_NS_PER_S) / 1e9 * 1e6);
    return (__int128)u->ref_day * AMA_US_PER_DAY + u->ref_ns / AMA_NS_PER_S * 1000000 + fraction;
}

ama_status ama__time_units_parse(ama_ctx *ctx, const char *units, ama__calendar calendar, ama__time_units *out) {
    const char *word, *date;
    *out = (ama__time_units){.calendar = calendar};
    size_t n = units ? split_since(units, &word, &date) : 0;
    if (!n)
        return ama__fail(ctx, AMA_ERR_FORMAT, "time units \"%s\" are not \"<unit> since <date>\"", units ? units : "");
    AMA_TRY(find_unit(ctx, units, word, n, out));
    if (!ama__datetext_parse(date, &out->text))
        return ama__fail(ctx, AMA_ERR_FORMAT,
                         "time units \"%s\": cannot read the reference date (write it 2000-01-31 12:00:00)", units);
    const ama__date *d = &out->text.date;
    if (!ama__date_valid(calendar, d))
        return ama__fail(ctx, AMA_ERR_FORMAT, "time units \"%s\": the reference date does not exist in the %s calendar",
                         units, ama__calendar_name(calendar));
    out->ref_day = ama__calendar_days(calendar, d->year, d->month, d->day);
    int64_t ns = ama__date_ns_of_day(d) - out->text.zone_min * MINUTE;
    out->ref_day += ama__floor_div(ns, DAY);
    out->ref_ns = ama__floor_mod(ns, DAY);
    int64_t unused;
    bool in_range = ama__time_units_ref_ns(out, &unused);
    out->numpy = out->numpy && in_range && !out->text.has_leftover;
    if (out->text.year_last && !in_range)
        return ama__fail(ctx, AMA_ERR_FORMAT, "time units \"%s\": write the reference date as year-month-day", units);
    return AMA_OK;
}
