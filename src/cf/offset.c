#include "cf/offset.h"

#include "cf/ticks.h"

typedef struct month_day {
    int64_t year; /* counted without a gap */
    int month, day;
} month_day;

static month_day split(ama__calendar c, int64_t day) {
    ama__date d;
    ama__calendar_date(c, day, &d);
    return (month_day){ama__calendar_year_count(c, d.year), d.month, d.day};
}

static int64_t join(ama__calendar c, int64_t year, int month, int day) {
    return ama__calendar_days(c, ama__calendar_year_name(c, year), month, day);
}

/* The day of the month that the offset stands on. */
static int target_day(const ama__offset *o, ama__calendar c, int64_t year, int month) {
    int last = ama__calendar_month_days(c, ama__calendar_year_name(c, year), month);
    int day = o->end ? last : 1;
    if (!o->business) return day;
    int weekday = ama__calendar_weekday(c, join(c, year, month, day));
    if (o->end) return weekday > 4 ? day - (weekday - 4) : day;
    return weekday > 4 ? day + 7 - weekday : day;
}

bool ama__offset_is_on(const ama__offset *o, ama__calendar c, int64_t day) {
    month_day d = split(c, day);
    switch (o->kind) {
    case AMA_OFFSET_WEEKDAY: return ama__calendar_weekday(c, day) < 5;
    case AMA_OFFSET_WEEK: return ama__calendar_weekday(c, day) == o->anchor;
    case AMA_OFFSET_SEMIMONTH:
        return d.day == 15 ||
               d.day == (o->end ? ama__calendar_month_days(c, ama__calendar_year_name(c, d.year), d.month) : 1);
    case AMA_OFFSET_QUARTER:
        if ((d.month - o->anchor + 12) % 3 != 0) return false;
        break;
    case AMA_OFFSET_YEAR:
        if (d.month != o->anchor) return false;
        break;
    case AMA_OFFSET_MONTH: break;
    default: return true;
    }
    return d.day == target_day(o, c, d.year, d.month);
}

static int64_t add_weeks(const ama__offset *o, ama__calendar c, int64_t day, int64_t n) {
    int64_t ahead = ama__floor_mod(o->anchor - ama__calendar_weekday(c, day), 7);
    if (ahead > 0 && n > 0) n--;
    return day + ahead + 7 * n;
}

/* A weekend counts as the Friday before it going forward, as the Monday after it going back. */
static int64_t add_weekdays(ama__calendar c, int64_t day, int64_t n) {
    int64_t weekday = ama__calendar_weekday(c, day), monday = day - weekday;
    if (weekday > 4) weekday = n > 0 ? 4 : 5;
    int64_t at = weekday + n, weeks = ama__floor_div(at, 5);
    return monday + 7 * weeks + ama__floor_mod(at, 5);
}

/* Months are stepped from the 15th; an odd rest lands on the first (last) day of a month. */
static int64_t add_semimonths(const ama__offset *o, ama__calendar c, int64_t day, int64_t n) {
    month_day d = split(c, day);
    int last = ama__calendar_month_days(c, ama__calendar_year_name(c, d.year), d.month);
    int64_t steps = n;
    if (n > 0 && d.day < 15) steps--;
    if (n <= 0 && d.day > 15) steps++;
    if (!o->end && n <= 0 && d.day == 1) steps--;
    if (o->end && n > 0 && d.day == last) steps++;
    int64_t half = ama__floor_div(steps, 2), odd = ama__floor_mod(steps, 2);
    int64_t months = d.year * 12 + d.month - 1 + half + (o->end ? 0 : odd);
    int64_t year = ama__floor_div(months, 12);
    int month = (int)ama__floor_mod(months, 12) + 1;
    int at = !odd ? 15 : o->end ? ama__calendar_month_days(c, ama__calendar_year_name(c, year), month) : 1;
    return join(c, year, month, at);
}

/* A step to the period's own day first: a date before it counts as less than a whole step forward, one after it as
 * less than a whole step back. */
static int64_t add_months(const ama__offset *o, ama__calendar c, int64_t day, int64_t n) {
    month_day d = split(c, day);
    int since = 0; /* months from the period's own month to this one */
    int per = 1;
    if (o->kind == AMA_OFFSET_QUARTER) {
        since = d.month % 3 - o->anchor % 3;
        per = 3;
    } else if (o->kind == AMA_OFFSET_YEAR) {
        since = d.month - o->anchor;
        per = 12;
    }
    int target = target_day(o, c, d.year, d.month);
    if (n > 0 && (since < 0 || (since == 0 && d.day < target)))
        n--;
    else if (n <= 0 && (since > 0 || (since == 0 && d.day > target)))
        n++;
    int64_t months = d.year * 12 + d.month - 1 + n * per - since;
    int64_t year = ama__floor_div(months, 12);
    int month = (int)ama__floor_mod(months, 12) + 1;
    return join(c, year, month, target_day(o, c, year, month));
}

static int64_t add(const ama__offset *o, ama__calendar c, int64_t day, int64_t n) {
    switch (o->kind) {
    case AMA_OFFSET_TICK:
    case AMA_OFFSET_DAY: return day + n;
    case AMA_OFFSET_WEEKDAY: return add_weekdays(c, day, n);
    case AMA_OFFSET_WEEK: return add_weeks(o, c, day, n);
    case AMA_OFFSET_SEMIMONTH: return add_semimonths(o, c, day, n);
    default: return add_months(o, c, day, n);
    }
}

int64_t ama__offset_add(const ama__offset *o, ama__calendar c, int64_t day, int times) {
    return add(o, c, day, times * o->n);
}

int64_t ama__offset_roll_back(const ama__offset *o, ama__calendar c, int64_t day) {
    return ama__offset_is_on(o, c, day) ? day : add(o, c, day, -1);
}
