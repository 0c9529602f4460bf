#include <string.h>

#include "cf/ticks.h"

const char *const ama__time_seasons[4] = {"DJF", "JJA", "MAM", "SON"};

/* The names of xarray's .dt; names and meanings stand in the same order. */
const char *const ama__time_component_names[] = {
    "year",      "month",         "day",         "hour",         "minute",  "second", "microsecond",
    "dayofyear", "day_of_year",   "dayofweek",   "day_of_week",  "weekday", "week",   "weekofyear",
    "quarter",   "days_in_month", "daysinmonth", "is_leap_year", "season",  NULL};
static const ama__time_component meanings[] = {
    AMA_TIME_YEAR,          AMA_TIME_MONTH,         AMA_TIME_DAY,          AMA_TIME_HOUR,      AMA_TIME_MINUTE,
    AMA_TIME_SECOND,        AMA_TIME_MICROSECOND,   AMA_TIME_DAYOFYEAR,    AMA_TIME_DAYOFYEAR, AMA_TIME_DAYOFWEEK,
    AMA_TIME_DAYOFWEEK,     AMA_TIME_DAYOFWEEK,     AMA_TIME_WEEK,         AMA_TIME_WEEK,      AMA_TIME_QUARTER,
    AMA_TIME_DAYS_IN_MONTH, AMA_TIME_DAYS_IN_MONTH, AMA_TIME_IS_LEAP_YEAR, AMA_TIME_SEASON};

bool ama__time_component_parse(const char *name, ama__time_component *out) {
    for (int i = 0; ama__time_component_names[i]; i++) {
        if (strcmp(name, ama__time_component_names[i]) == 0) {
            *out = meanings[i];
            return true;
        }
    }
    return false;
}

/* ISO 8601: the week belongs to the year of its Thursday; week 1 holds the year's first Thursday. */
static int iso_week(ama__calendar c, int64_t day) {
    int64_t thursday = day - ama__calendar_weekday(c, day) + 3;
    ama__date d;
    ama__calendar_date(c, thursday, &d);
    return (ama__calendar_day_of_year(c, d.year, d.month, d.day) - 1) / 7 + 1;
}

static int64_t date_component(ama__calendar c, ama__time_component what, int64_t day) {
    /* Dec Jan Feb, Mar Apr May, …: the place of each in the sorted list of names. */
    static const int8_t season_of_quarter[4] = {0, 2, 1, 3};
    ama__date d;
    ama__calendar_date(c, day, &d);
    switch (what) {
    case AMA_TIME_YEAR: return d.year;
    case AMA_TIME_MONTH: return d.month;
    case AMA_TIME_DAY: return d.day;
    case AMA_TIME_DAYOFYEAR: return ama__calendar_day_of_year(c, d.year, d.month, d.day);
    case AMA_TIME_DAYOFWEEK: return ama__calendar_weekday(c, day);
    case AMA_TIME_WEEK: return iso_week(c, day);
    case AMA_TIME_QUARTER: return (d.month - 1) / 3 + 1;
    case AMA_TIME_DAYS_IN_MONTH: return ama__calendar_month_days(c, d.year, d.month);
    case AMA_TIME_IS_LEAP_YEAR: return ama__calendar_is_leap(c, d.year);
    case AMA_TIME_SEASON: return season_of_quarter[d.month / 3 % 4];
    default: return 0;
    }
}

static int64_t clock_component(ama__time_component what, int64_t us_of_day) {
    switch (what) {
    case AMA_TIME_HOUR: return us_of_day / INT64_C(3600000000);
    case AMA_TIME_MINUTE: return us_of_day / 60000000 % 60;
    case AMA_TIME_SECOND: return us_of_day / 1000000 % 60;
    default: return us_of_day % 1000000;
    }
}

void ama__time_components(const ama__timeaxis *axis, ama__time_component c, int64_t n, const int64_t *ticks,
                          int64_t *out) {
    ama__calendar calendar = ama__ticks_calendar(axis);
    int64_t ticks_per_us = ama__timeaxis_ticks_per_s(axis) / 1000000;
    bool clock = c >= AMA_TIME_HOUR && c <= AMA_TIME_MICROSECOND;
    for (int64_t i = 0; i < n; i++) {
        int64_t day, rest;
        if (ticks[i] == AMA_NAT) {
            out[i] = INT64_MIN;
            continue;
        }
        ama__ticks_split(axis, ticks[i], &day, &rest);
        out[i] = clock ? clock_component(c, rest / ticks_per_us) : date_component(calendar, c, day);
    }
}
