#include "cf/calendar.h"

#include <strings.h>

#include "cf/ticks.h"

/* Names and what they mean stand in two lists of the same order: the names alone serve error messages. */
const char *const ama__calendar_names[] = {
    "standard", "gregorian", "proleptic_gregorian", "noleap", "365_day", "all_leap", "366_day", "360_day",
    "julian",   NULL};
static const ama__calendar meanings[] = {AMA_CAL_STANDARD, AMA_CAL_STANDARD, AMA_CAL_PROLEPTIC_GREGORIAN,
                                         AMA_CAL_NOLEAP,   AMA_CAL_NOLEAP,   AMA_CAL_ALL_LEAP,
                                         AMA_CAL_ALL_LEAP, AMA_CAL_360_DAY,  AMA_CAL_JULIAN};

static const uint8_t month_lengths[2][12] = {{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31},
                                             {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}};
static const uint16_t month_starts[2][12] = {{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334},
                                             {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335}};

/* Day number of 1582-10-15, the first Gregorian day of the mixed calendar. */
#define REFORM_DAY (-141427)
/* Julian 1970-01-01 is this many days after Gregorian 1970-01-01. */
#define JULIAN_LAG 13

bool ama__calendar_parse(const char *name, ama__calendar *out) {
    *out = AMA_CAL_STANDARD;
    if (!name || !*name) return true;
    for (int i = 0; ama__calendar_names[i]; i++) {
        if (strcasecmp(name, ama__calendar_names[i]) == 0) {
            *out = meanings[i];
            return true;
        }
    }
    return false;
}

const char *ama__calendar_name(ama__calendar c) {
    static const char *const names[] = {
        [AMA_CAL_STANDARD] = "standard", [AMA_CAL_PROLEPTIC_GREGORIAN] = "proleptic_gregorian",
        [AMA_CAL_NOLEAP] = "noleap",     [AMA_CAL_ALL_LEAP] = "all_leap",
        [AMA_CAL_360_DAY] = "360_day",   [AMA_CAL_JULIAN] = "julian"};
    return names[c];
}

static bool has_year_zero(ama__calendar c) {
    return c != AMA_CAL_STANDARD && c != AMA_CAL_JULIAN;
}

int64_t ama__calendar_year_count(ama__calendar c, int64_t year) {
    return year < 0 && !has_year_zero(c) ? year + 1 : year;
}

int64_t ama__calendar_year_name(ama__calendar c, int64_t count) {
    return count <= 0 && !has_year_zero(c) ? count - 1 : count;
}

bool ama__calendar_is_leap(ama__calendar c, int64_t year) {
    int64_t y = ama__calendar_year_count(c, year);
    bool julian = y % 4 == 0;
    bool gregorian = julian && (y % 100 != 0 || y % 400 == 0);
    switch (c) {
    case AMA_CAL_STANDARD: return year >= 1582 ? gregorian : julian;
    case AMA_CAL_PROLEPTIC_GREGORIAN: return gregorian;
    case AMA_CAL_JULIAN: return julian;
    case AMA_CAL_ALL_LEAP: return true;
    case AMA_CAL_NOLEAP:
    case AMA_CAL_360_DAY: return false;
    }
    return false;
}

int ama__calendar_month_days(ama__calendar c, int64_t year, int month) {
    if (c == AMA_CAL_360_DAY) return 30;
    return month_lengths[ama__calendar_is_leap(c, year)][month - 1];
}

bool ama__date_valid(ama__calendar c, const ama__date *d) {
    if (d->year == 0 && !has_year_zero(c)) return false;
    if (d->month < 1 || d->month > 12) return false;
    if (d->day < 1 || d->day > ama__calendar_month_days(c, d->year, d->month)) return false;
    if (c == AMA_CAL_STANDARD && d->year == 1582 && d->month == 10 && d->day > 4 && d->day < 15) return false;
    return d->hour >= 0 && d->hour < 24 && d->minute >= 0 && d->minute < 60 && d->second >= 0 && d->second < 60 &&
           d->nanosecond >= 0 && d->nanosecond < 1000000000;
}

/* Years that begin in March have their leap day at the end, so that the start of month k (March = 0) is the integer
 * (153 k + 2) / 5 in every year. */
static int64_t march_day(int month, int day) {
    return (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
}

static void from_march_day(int64_t march_year, int64_t day_of_year, ama__date *out) {
    int k = (int)((5 * day_of_year + 2) / 153);
    out->day = (int)(day_of_year - (153 * k + 2) / 5) + 1;
    out->month = k < 10 ? k + 3 : k - 9;
    out->year = march_year + (out->month <= 2);
}

static int64_t gregorian_days(int64_t y, int month, int day) {
    y -= month <= 2;
    int64_t leaps = ama__floor_div(y, 4) - ama__floor_div(y, 100) + ama__floor_div(y, 400);
    return 365 * y + leaps + march_day(month, day) - 719468;
}

static void gregorian_date(int64_t days, ama__date *out) {
    int64_t z = days + 719468;
    int64_t era = ama__floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    from_march_day(era * 400 + yoe, doe - (365 * yoe + yoe / 4 - yoe / 100), out);
}

static int64_t julian_days(int64_t y, int month, int day) {
    y -= month <= 2;
    return 365 * y + ama__floor_div(y, 4) + march_day(month, day) - 719483;
}

static void julian_date(int64_t days, ama__date *out) {
    int64_t z = days + 719483;
    int64_t era = ama__floor_div(z, 1461);
    int64_t doe = z - era * 1461;
    int64_t yoe = (doe - doe / 1460) / 365;
    from_march_day(era * 4 + yoe, doe - 365 * yoe, out);
}

static void fixed_year_date(int64_t days, int year_days, ama__date *out) {
    out->year = 1970 + ama__floor_div(days, year_days);
    int rest = (int)ama__floor_mod(days, year_days);
    if (year_days == 360) {
        out->month = rest / 30 + 1;
        out->day = rest % 30 + 1;
        return;
    }
    const uint16_t *starts = month_starts[year_days == 366];
    int m = 11;
    while (starts[m] > rest) m--;
    out->month = m + 1;
    out->day = rest - starts[m] + 1;
}

int64_t ama__calendar_days(ama__calendar c, int64_t year, int month, int day) {
    int64_t y = ama__calendar_year_count(c, year);
    switch (c) {
    case AMA_CAL_PROLEPTIC_GREGORIAN: return gregorian_days(y, month, day);
    case AMA_CAL_JULIAN: return julian_days(y, month, day);
    case AMA_CAL_NOLEAP: return (y - 1970) * 365 + month_starts[0][month - 1] + day - 1;
    case AMA_CAL_ALL_LEAP: return (y - 1970) * 366 + month_starts[1][month - 1] + day - 1;
    case AMA_CAL_360_DAY: return (y - 1970) * 360 + (month - 1) * 30 + day - 1;
    case AMA_CAL_STANDARD: break;
    }
    int64_t days = julian_days(y, month, day) + JULIAN_LAG;
    return days < REFORM_DAY ? days : gregorian_days(y, month, day);
}

void ama__calendar_date(ama__calendar c, int64_t days, ama__date *out) {
    *out = (ama__date){0};
    switch (c) {
    case AMA_CAL_PROLEPTIC_GREGORIAN: gregorian_date(days, out); break;
    case AMA_CAL_JULIAN: julian_date(days, out); break;
    case AMA_CAL_NOLEAP: fixed_year_date(days, 365, out); break;
    case AMA_CAL_ALL_LEAP: fixed_year_date(days, 366, out); break;
    case AMA_CAL_360_DAY: fixed_year_date(days, 360, out); break;
    case AMA_CAL_STANDARD:
        if (days < REFORM_DAY)
            julian_date(days - JULIAN_LAG, out);
        else
            gregorian_date(days, out);
        break;
    }
    out->year = ama__calendar_year_name(c, out->year);
}

/* The real calendars follow the true week. The idealised ones count days from year 0, day 0 being a Monday: cftime's
 * rule. */
int ama__calendar_weekday(ama__calendar c, int64_t days) {
    int64_t first = 0; /* weekday of day 0 = 1970-01-01 */
    switch (c) {
    case AMA_CAL_STANDARD:
    case AMA_CAL_PROLEPTIC_GREGORIAN: first = 3; break;
    case AMA_CAL_JULIAN: first = 2; break;
    case AMA_CAL_NOLEAP: first = 1970 * 365; break;
    case AMA_CAL_ALL_LEAP: first = 1970 * 366; break;
    case AMA_CAL_360_DAY: first = 1970 * 360; break;
    }
    return (int)ama__floor_mod(days + first, 7);
}

int ama__calendar_day_of_year(ama__calendar c, int64_t year, int month, int day) {
    if (c == AMA_CAL_360_DAY) return (month - 1) * 30 + day;
    return month_starts[ama__calendar_is_leap(c, year)][month - 1] + day;
}
