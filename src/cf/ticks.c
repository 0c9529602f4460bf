#include "cf/ticks.h"

#include <stdio.h>

void ama__ticks_split(const ama__timeaxis *axis, int64_t tick, int64_t *day, int64_t *ticks_of_day) {
    int64_t per_day = ama__ticks_per_day(axis);
    *day = ama__floor_div(tick, per_day);
    *ticks_of_day = ama__floor_mod(tick, per_day);
}

bool ama__ticks_join(const ama__timeaxis *axis, int64_t day, int64_t ticks_of_day, int64_t *out) {
    __int128 t = (__int128)day * ama__ticks_per_day(axis) + ticks_of_day;
    bool fits = t > INT64_MIN && t <= INT64_MAX;
    *out = fits ? (int64_t)t : t < 0 ? INT64_MIN + 1 : INT64_MAX;
    return fits;
}

void ama__ticks_date(const ama__timeaxis *axis, int64_t tick, ama__date *out) {
    int64_t day, rest, per_s = ama__timeaxis_ticks_per_s(axis);
    ama__ticks_split(axis, tick, &day, &rest);
    ama__calendar_date(ama__ticks_calendar(axis), day, out);
    int seconds = (int)(rest / per_s);
    out->hour = seconds / 3600;
    out->minute = seconds / 60 % 60;
    out->second = seconds % 60;
    out->nanosecond = rest % per_s * (AMA_NS_PER_S / per_s);
}

bool ama__ticks_of_date(const ama__timeaxis *axis, const ama__date *d, int64_t *out) {
    int64_t day = ama__calendar_days(ama__ticks_calendar(axis), d->year, d->month, d->day);
    return ama__ticks_join(axis, day, ama__date_ns_of_day(d) / (AMA_NS_PER_S / ama__timeaxis_ticks_per_s(axis)), out);
}

const char *ama__time_print(const ama__timeaxis *axis, int64_t tick, char *buf, size_t buf_bytes) {
    if (tick == AMA_NAT) {
        snprintf(buf, buf_bytes, "NaT");
        return buf;
    }
    ama__date d;
    ama__ticks_date(axis, tick, &d);
    int n = snprintf(buf, buf_bytes, "%0*lld-%02d-%02d%c%02d:%02d:%02d", d.year < 0 ? 5 : 4, (long long)d.year, d.month,
                     d.day, axis->datetime64 ? 'T' : ' ', d.hour, d.minute, d.second);
    if (n < 0 || (size_t)n >= buf_bytes) return buf;
    if (axis->datetime64)
        snprintf(buf + n, buf_bytes - (size_t)n, ".%09lld", (long long)d.nanosecond);
    else if (d.nanosecond)
        snprintf(buf + n, buf_bytes - (size_t)n, ".%06lld", (long long)(d.nanosecond / 1000));
    return buf;
}
