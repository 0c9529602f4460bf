/* Ticks and dates: the arithmetic that the files of cf/ share. */
#ifndef AMA_CF_TICKS_H
#define AMA_CF_TICKS_H

#include "cf/time.h"

#define AMA_NS_PER_S INT64_C(1000000000)
#define AMA_NS_PER_DAY (86400 * AMA_NS_PER_S)
#define AMA_US_PER_DAY INT64_C(86400000000)

static inline int64_t ama__floor_div(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
static inline int64_t ama__floor_mod(int64_t a, int64_t b) {
    int64_t rest = a % b; /* not a - b * floor_div: that could overflow */
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/* The calendar in which the ticks of an axis are dates: proleptic Gregorian for datetime64. */
static inline ama__calendar ama__ticks_calendar(const ama__timeaxis *axis) {
    return axis->datetime64 ? AMA_CAL_PROLEPTIC_GREGORIAN : axis->calendar;
}
static inline int64_t ama__ticks_per_day(const ama__timeaxis *axis) {
    return 86400 * ama__timeaxis_ticks_per_s(axis);
}

/* Number of the day and ticks since its midnight, and back. Joining fails when the tick does not fit (or would be
 * AMA_NAT); *out is then the nearest tick that does. */
void ama__ticks_split(const ama__timeaxis *axis, int64_t tick, int64_t *day, int64_t *ticks_of_day);
bool ama__ticks_join(const ama__timeaxis *axis, int64_t day, int64_t ticks_of_day, int64_t *out);

void ama__ticks_date(const ama__timeaxis *axis, int64_t tick, ama__date *out);
/* The date must be valid in the axis' calendar. Nanoseconds are cut to the tick. False as ama__ticks_join. */
bool ama__ticks_of_date(const ama__timeaxis *axis, const ama__date *d, int64_t *out);

static inline int64_t ama__date_ns_of_day(const ama__date *d) {
    return (d->hour * 3600 + d->minute * 60 + d->second) * AMA_NS_PER_S + d->nanosecond;
}

#endif
