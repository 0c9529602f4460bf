/* "<unit> since <date>" taken apart. */
#ifndef AMA_CF_TIME_UNITS_H
#define AMA_CF_TIME_UNITS_H

#include "cf/datetext.h"
#include "cf/ticks.h"

typedef struct ama__time_units {
    const char *name; /* plural: "days" */
    int64_t unit_ns;
    bool numpy; /* a unit and date that xarray hands to pandas, which is exact in ns; the rest goes by cftime's us */
    ama__calendar calendar;
    ama__datetext text;
    /* Reference time in UTC: day number of the calendar and ns since its midnight. */
    int64_t ref_day, ref_ns;
} ama__time_units;

/* True for standard and proleptic_gregorian. */
static inline bool ama__calendar_is_standard(ama__calendar c) {
    return c == AMA_CAL_STANDARD || c == AMA_CAL_PROLEPTIC_GREGORIAN;
}

/* Errors: FORMAT, UNSUPPORTED; the text names the units. Local. */
ama_status ama__time_units_parse(ama_ctx *ctx, const char *units, ama__calendar calendar, ama__time_units *out);
/* The calendar of an attribute's text; FORMAT with the list of names. Local. */
ama_status ama__time_calendar(ama_ctx *ctx, const char *name, ama__calendar *out);
/* Reference time as ns since 1970-01-01 when datetime64 can hold it. */
bool ama__time_units_ref_ns(const ama__time_units *u, int64_t *out);
/* Reference time as us since 1970-01-01 of the calendar, as cftime reads it: a fraction of a second goes through
 * float64 and is cut, so that ".505906" means 505905 us. */
__int128 ama__time_units_ref_us(const ama__time_units *u);

#endif
