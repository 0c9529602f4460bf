/* The CF calendars: dates and day numbers. Source: CF conventions 1.11, section 4.4.1. */
#ifndef AMA_CF_CALENDAR_H
#define AMA_CF_CALENDAR_H

#include "base/memory.h"

typedef enum ama__calendar {
    AMA_CAL_STANDARD, /* mixed Julian/Gregorian, = "gregorian" */
    AMA_CAL_PROLEPTIC_GREGORIAN,
    AMA_CAL_NOLEAP,   /* = "365_day" */
    AMA_CAL_ALL_LEAP, /* = "366_day" */
    AMA_CAL_360_DAY,
    AMA_CAL_JULIAN
} ama__calendar;

/* Case-insensitive; knows the aliases; NULL or "" is standard. False when unknown. */
bool ama__calendar_parse(const char *name, ama__calendar *out);
/* Name as cftime and xarray write it: "standard", "proleptic_gregorian", "noleap", "all_leap", "360_day", "julian". */
const char *ama__calendar_name(ama__calendar c);
/* All names that parse accepts, NULL-terminated, for error messages. */
extern const char *const ama__calendar_names[];

typedef struct ama__date {
    int64_t year; /* year 0 exists only where has_year_zero of cftime does: proleptic counting is astronomical */
    int month, day, hour, minute, second;
    int64_t nanosecond;
} ama__date;

bool ama__calendar_is_leap(ama__calendar c, int64_t year);
int ama__calendar_month_days(ama__calendar c, int64_t year, int month);
bool ama__date_valid(ama__calendar c, const ama__date *d);
/* Days since 1970-01-01 of the same calendar (standard: since 1970-01-01 Gregorian), and back (date part only). */
int64_t ama__calendar_days(ama__calendar c, int64_t year, int month, int day);
void ama__calendar_date(ama__calendar c, int64_t days, ama__date *out);
/* Monday = 0 of a day number, and the day of the year from 1; both as cftime counts them. */
int ama__calendar_weekday(ama__calendar c, int64_t days);
int ama__calendar_day_of_year(ama__calendar c, int64_t year, int month, int day);
/* Years without a gap (…, -1, 0, 1, …) for arithmetic, and back to the calendar's own numbers: STANDARD and JULIAN have
 * no year zero. */
int64_t ama__calendar_year_count(ama__calendar c, int64_t year);
int64_t ama__calendar_year_name(ama__calendar c, int64_t count);

#endif
