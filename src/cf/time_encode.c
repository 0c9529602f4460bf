#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cf/time_units.h"

/* From coarse to fine; each divides the one before. cftime stops at microseconds. */
static const struct {
    const char *name;
    int64_t ns;
} unit_steps[] = {{"days", AMA_NS_PER_DAY},  {"hours", 3600 * AMA_NS_PER_S}, {"minutes", 60 * AMA_NS_PER_S},
                  {"seconds", AMA_NS_PER_S}, {"milliseconds", 1000000},      {"microseconds", 1000},
                  {"nanoseconds", 1}};

typedef struct encoder {
    ama__arena *arena;
    ama_ctx *ctx;
    const ama__timeaxis *axis;
    int64_t n;
    const int64_t *ticks;
    ama_dtype dtype;        /* asked for, or AMA_DTYPE_N */
    ama__calendar calendar; /* of the result */
    ama__time_units units;  /* of the result */
    int64_t first;          /* first tick that is a time; the epoch when there is none */
    bool any_nat;
    int64_t data_unit_ns; /* the coarsest unit that divides all steps */
    const char *units_text, *warning;
} encoder;

static int64_t coarsest_unit_ns(int64_t from_ns, unsigned __int128 difference_ns) {
    for (size_t k = 0; k < sizeof unit_steps / sizeof *unit_steps; k++)
        if (unit_steps[k].ns <= from_ns && difference_ns % (unsigned __int128)unit_steps[k].ns == 0)
            return unit_steps[k].ns;
    return 1;
}

static const char *unit_name(int64_t ns) {
    for (size_t k = 0; k < sizeof unit_steps / sizeof *unit_steps; k++)
        if (unit_steps[k].ns == ns) return unit_steps[k].name;
    return "nanoseconds";
}

static unsigned __int128 distance_ns(const encoder *c, int64_t a, int64_t b) {
    __int128 d = (__int128)b - a;
    return (unsigned __int128)(d < 0 ? -d : d) * (unsigned)(AMA_NS_PER_S / ama__timeaxis_ticks_per_s(c->axis));
}

static void look_at_data(encoder *c) {
    bool seen = false;
    int64_t previous = 0;
    c->data_unit_ns = AMA_NS_PER_DAY;
    for (int64_t i = 0; i < c->n; i++) {
        int64_t t = c->ticks[i];
        if (t == AMA_NAT) {
            c->any_nat = true;
            continue;
        }
        if (seen)
            c->data_unit_ns = coarsest_unit_ns(c->data_unit_ns, distance_ns(c, previous, t));
        else
            c->first = t;
        seen = true;
        previous = t;
    }
}

/* "2000-01-15 12:00:00" and a fraction of 6 or 9 digits when there is one (always 6 for cftime). */
static void print_reference(const ama__date *d, bool cftime, char sep, char *buf, size_t bytes) {
    int n = snprintf(buf, bytes, "%04lld-%02d-%02d%c%02d:%02d:%02d", (long long)d->year, d->month, d->day, sep, d->hour,
                     d->minute, d->second);
    if (n < 0 || (size_t)n >= bytes) return;
    if (cftime || (d->nanosecond && d->nanosecond % 1000 == 0))
        snprintf(buf + n, bytes - (size_t)n, ".%06lld", (long long)(d->nanosecond / 1000));
    else if (d->nanosecond)
        snprintf(buf + n, bytes - (size_t)n, ".%09lld", (long long)d->nanosecond);
}

static const char *inferred_units(const encoder *c) {
    ama__date d;
    char reference[64];
    ama__ticks_date(c->axis, c->first, &d);
    print_reference(&d, !c->axis->datetime64, ' ', reference, sizeof reference);
    return ama__arena_printf(c->arena, "%s since %s", unit_name(c->data_unit_ns), reference);
}

/* Given units are rewritten with the date in ISO form, midnight left out, when it is a date that pandas can read;
 * otherwise they stay as they are. */
static const char *rewritten_units(const encoder *c, const char *given, const ama__time_units *u) {
    const ama__date *d = &u->text.date;
    char reference[64], zone[8] = "";
    if (u->text.has_leftover || d->year < 1 || d->year > 9999 || !ama__date_valid(AMA_CAL_PROLEPTIC_GREGORIAN, d))
        return ama__arena_strdup(c->arena, given);
    print_reference(d, false, 'T', reference, sizeof reference);
    if (u->text.has_zone) {
        int m = u->text.zone_min < 0 ? -u->text.zone_min : u->text.zone_min;
        snprintf(zone, sizeof zone, "%c%02d:%02d", u->text.zone_min < 0 ? '-' : '+', m / 60 % 24, m % 60);
    } else if (ama__date_ns_of_day(d) == 0) {
        reference[strcspn(reference, "T")] = '\0';
    }
    return ama__arena_printf(c->arena, "%s since %s%s", u->name, reference, zone);
}

static ama_status choose_units(encoder *c, const char *given) {
    if (!given) {
        AMA_KEEP(c->arena, c->units_text, inferred_units(c));
        return ama__time_units_parse(c->ctx, c->units_text, c->calendar, &c->units);
    }
    AMA_TRY(ama__time_units_parse(c->ctx, given, c->calendar, &c->units));
    AMA_KEEP(c->arena, c->units_text, rewritten_units(c, given, &c->units));
    return AMA_OK;
}

/* A tick as ns (or us, for cftime arithmetic) since 1970 of the result's calendar. */
static ama_status position(const encoder *c, int64_t tick, bool numpy, __int128 *out) {
    if (numpy) {
        *out = tick;
        return AMA_OK;
    }
    int64_t day, rest;
    ama__ticks_split(c->axis, tick, &day, &rest);
    if (ama__ticks_calendar(c->axis) != c->calendar) {
        ama__date d;
        ama__calendar_date(ama__ticks_calendar(c->axis), day, &d);
        if (!ama__date_valid(c->calendar, &d)) {
            char text[48];
            return ama__fail(c->ctx, AMA_ERR_MISMATCH, "time %s does not exist in the %s calendar asked for",
                             ama__time_print(c->axis, tick, text, sizeof text), ama__calendar_name(c->calendar));
        }
        day = ama__calendar_days(c->calendar, d.year, d.month, d.day);
    }
    *out = (__int128)day * AMA_US_PER_DAY + rest / (ama__timeaxis_ticks_per_s(c->axis) / 1000000);
    return AMA_OK;
}

/* Integers need units at least as fine as the data and as the distance from the reference to the first time. */
static ama_status check_units(encoder *c, bool numpy, __int128 reference) {
    __int128 first;
    AMA_TRY(position(c, c->first, numpy, &first));
    __int128 d = (first - reference) * (numpy ? 1 : 1000);
    int64_t needed = c->data_unit_ns;
    if (d < 0) d = -d;
    if (d % needed != 0) needed = coarsest_unit_ns(needed, (unsigned __int128)d);
    if (c->units.unit_ns <= needed) return AMA_OK;
    bool to_int = c->dtype != AMA_DTYPE_N && !ama__dtype_is_float(c->dtype);
    if (to_int) {
        const ama__date *date = &c->units.text.date;
        ama__date utc;
        ama__calendar_date(c->calendar, c->units.ref_day, &utc);
        int64_t seconds = c->units.ref_ns / AMA_NS_PER_S;
        utc.hour = (int)(seconds / 3600);
        utc.minute = (int)(seconds / 60 % 60);
        utc.second = (int)(seconds % 60);
        utc.nanosecond = date->nanosecond;
        char text[64];
        print_reference(&utc, !numpy, numpy ? 'T' : ' ', text, sizeof text);
        if (numpy && c->units.ref_ns == 0) text[strcspn(text, "T")] = '\0';
        const char *old = c->units_text;
        AMA_KEEP(c->arena, c->units_text, ama__arena_printf(c->arena, "%s since %s", unit_name(needed), text));
        c->units.unit_ns = needed;
        AMA_KEEP(c->arena, c->warning,
                 ama__arena_printf(c->arena, "times do not fit integers in units \"%s\": written as \"%s\"", old,
                                   c->units_text));
    } else if (c->dtype == AMA_DTYPE_N && numpy) {
        AMA_KEEP(c->arena, c->warning,
                 ama__arena_printf(c->arena,
                                   "times do not fit integers in units \"%s\" (they need %s): written as float64",
                                   c->units_text, unit_name(needed)));
    }
    return AMA_OK;
}

/* n / d correctly rounded, for |n| < 2^126 and 0 < d < 2^62: long division to more than 64 bits with a sticky bit. */
static double ratio(__int128 n, int64_t d) {
    unsigned __int128 a = (unsigned __int128)(n < 0 ? -n : n);
    int shift = 0;
    if (a == 0) return 0;
    while (!(a >> 126)) {
        a <<= 1;
        shift++;
    }
    unsigned __int128 q = a / (unsigned __int128)d;
    q |= a % (unsigned __int128)d != 0;
    double x = ldexp((double)q, -shift);
    return n < 0 ? -x : x;
}

/* Numbers in the result's units, all as int64 when every one is whole (and no float was asked for), else as float64. */
static ama_status make_numbers(encoder *c, bool numpy, __int128 reference, int64_t *ints, double *floats,
                               bool *is_int) {
    int64_t unit = numpy ? c->units.unit_ns : c->units.unit_ns / 1000;
    bool to_float = c->dtype != AMA_DTYPE_N && ama__dtype_is_float(c->dtype);
    bool below_us = unit == 0; /* ns units in cftime arithmetic */
    *is_int = numpy ? !to_float : !c->any_nat || c->dtype != AMA_DTYPE_N;
    for (int64_t i = 0; i < c->n; i++) {
        __int128 at;
        if (c->ticks[i] == AMA_NAT) {
            ints[i] = INT64_MIN;
            floats[i] = NAN;
            continue;
        }
        AMA_TRY(position(c, c->ticks[i], numpy, &at));
        __int128 delta = (at - reference) * (below_us ? 1000 : 1);
        int64_t u = below_us ? 1 : unit;
        floats[i] = numpy ? (double)delta / (double)u : ratio(delta, u);
        *is_int = *is_int && delta % u == 0 && delta / u > INT64_MIN && delta / u <= INT64_MAX;
        ints[i] = *is_int ? (int64_t)(delta / u) : 0;
    }
    return AMA_OK;
}

static bool ints_fit(const encoder *c, ama_dtype t, const int64_t *ints) {
    unsigned char cell[8];
    for (int64_t i = 0; i < c->n; i++) {
        if (t == AMA_U8 && ints[i] < 0) return false;
        ama__dtype_set_i8(t, cell, 0, ints[i]);
        if (ama__dtype_get_i8(t, cell, 0) != ints[i]) return false;
    }
    return true;
}

static ama_status store_numbers(encoder *c, const int64_t *ints, const double *floats, bool is_int, ama_dtype *dtype,
                                void **out) {
    *dtype = c->dtype != AMA_DTYPE_N ? c->dtype : is_int ? AMA_I8 : AMA_F8;
    bool to_float = ama__dtype_is_float(*dtype);
    if (!to_float && !is_int) *dtype = AMA_F8; /* cannot be held by integers at all */
    if (!to_float && is_int && !ints_fit(c, *dtype, ints)) {
        AMA_KEEP(c->arena, c->warning,
                 ama__arena_printf(c->arena, "times in units \"%s\" do not fit %s: written as int64", c->units_text,
                                   ama__dtype_name(*dtype)));
        *dtype = AMA_I8;
    }
    char *p;
    AMA_NEW(c->arena, p, (size_t)c->n * ama__dtype_bytes(*dtype) + 1);
    for (int64_t i = 0; i < c->n; i++) {
        if (ama__dtype_is_float(*dtype))
            ama__dtype_set_f8(*dtype, p, i, is_int && ints[i] != INT64_MIN ? (double)ints[i] : floats[i]);
        else
            ama__dtype_set_i8(*dtype, p, i, ints[i]);
    }
    *out = p;
    return AMA_OK;
}

/* pandas' arithmetic (ns) when its datetimes can hold all that is involved, otherwise cftime's (us). */
static bool numpy_applies(const encoder *c, int64_t *reference) {
    if (!c->axis->datetime64 || !ama__calendar_is_standard(c->calendar) || c->units.text.has_leftover) return false;
    if (!ama__time_units_ref_ns(&c->units, reference)) return false;
    for (int64_t i = 0; i < c->n; i++) {
        __int128 d = (__int128)c->ticks[i] - *reference;
        if (c->ticks[i] != AMA_NAT && (d > INT64_MAX || d <= INT64_MIN)) return false;
    }
    return true;
}

ama_status ama__time_encode(ama__arena *arena, const ama__timeaxis *axis, const ama__time_encoding *e, int64_t n,
                            const int64_t *ticks, ama__time_encoding *result, void **out, const char **warning) {
    encoder c = {.arena = arena, .ctx = ama__arena_ctx(arena), .axis = axis, .n = n, .ticks = ticks};
    c.dtype = e && !ama__dtype_is_text(e->dtype) && e->dtype < AMA_DTYPE_N ? e->dtype : AMA_DTYPE_N;
    const char *calendar = e && e->calendar && *e->calendar
                               ? e->calendar
                               : ama__calendar_name(axis->datetime64 ? AMA_CAL_PROLEPTIC_GREGORIAN : axis->calendar);
    AMA_TRY(ama__time_calendar(c.ctx, calendar, &c.calendar));
    look_at_data(&c);
    AMA_TRY(choose_units(&c, e ? e->units : NULL));
    int64_t reference_ns;
    bool numpy = numpy_applies(&c, &reference_ns);
    __int128 reference = numpy ? (__int128)reference_ns : ama__time_units_ref_us(&c.units);
    AMA_TRY(check_units(&c, numpy, reference));

    int64_t *ints;
    double *floats;
    bool is_int;
    AMA_NEW(arena, ints, n + 1);
    AMA_NEW(arena, floats, n + 1);
    AMA_TRY(make_numbers(&c, numpy, reference, ints, floats, &is_int));
    *result = (ama__time_encoding){.units = c.units_text};
    AMA_TRY(store_numbers(&c, ints, floats, is_int, &result->dtype, out));
    AMA_KEEP(arena, result->calendar, ama__arena_strdup(arena, calendar));
    if (warning) *warning = c.warning;
    return AMA_OK;
}
