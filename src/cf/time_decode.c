#include <math.h>
#include <string.h>

#include "cf/time_units.h"

typedef struct decoder {
    ama_ctx *ctx;
    const ama__time_encoding *e;
    ama__time_units units;
    int64_t n;
    const void *values;
    int n_fill;
    const double *fill;
} decoder;

/* One stored number: an integer exactly, or a float. False when it means NaT. */
static bool get_number(const decoder *d, int64_t i, bool *is_int, __int128 *integer, double *real) {
    ama_dtype t = d->e->dtype;
    *is_int = !ama__dtype_is_float(t);
    if (*is_int) {
        int64_t x = ama__dtype_get_i8(t, d->values, i);
        *integer = t == AMA_U8 ? (__int128)(uint64_t)x : x;
        *real = (double)*integer;
        if (t == AMA_I8 && x == INT64_MIN) return false;
    } else {
        *real = ama__dtype_get_f8(t, d->values, i);
        if (!isfinite(*real)) return false;
    }
    for (int k = 0; k < d->n_fill; k++) {
        double fill = t == AMA_F4 ? (double)(float)d->fill[k] : d->fill[k];
        if (*real == fill) return false;
    }
    return true;
}

static bool store(__int128 t, int64_t *out) {
    *out = (int64_t)t;
    return t > INT64_MIN && t <= INT64_MAX;
}

/* pandas' way: ns, integers exact, floats multiplied in float64 and cut. False when a value is outside datetime64. */
static bool decode_ns(const decoder *d, int64_t *out) {
    int64_t ref;
    if (!ama__time_units_ref_ns(&d->units, &ref)) return false;
    for (int64_t i = 0; i < d->n; i++) {
        bool is_int;
        __int128 x = 0;
        double f;
        if (!get_number(d, i, &is_int, &x, &f)) {
            out[i] = AMA_NAT;
            continue;
        }
        if (!is_int) {
            f *= (double)d->units.unit_ns;
            if (!(fabs(f) < 1e19)) return false;
            x = (__int128)f;
        } else {
            x *= d->units.unit_ns;
        }
        if (!store(ref + x, &out[i])) return false;
    }
    return true;
}

/* cftime's rounding of a float to us: to the nearest, but a value 1 us beside a whole second is drawn towards it
 * (cftime issue 187), except when the units are themselves that fine. */
static __int128 round_us(long double us, bool fine_units) {
    __int128 r = (__int128)rintl(us);
    if (fine_units) return r;
    int64_t in_second = ama__floor_mod((int64_t)(r % 1000000), 1000000);
    if (in_second == 1) return (__int128)floorl(us);
    if (in_second == 999999) return (__int128)ceill(us);
    return r;
}

/* us since 1970 of the calendar. */
static ama_status decode_us(const decoder *d, int64_t *out) {
    const ama__time_units *u = &d->units;
    __int128 ref = ama__time_units_ref_us(u);
    bool fine_units = u->unit_ns < AMA_NS_PER_S;
    for (int64_t i = 0; i < d->n; i++) {
        bool is_int;
        __int128 x = 0;
        double f;
        if (!get_number(d, i, &is_int, &x, &f)) {
            out[i] = AMA_NAT;
            continue;
        }
        if (is_int && u->unit_ns >= 1000) {
            x *= u->unit_ns / 1000;
        } else {
            long double us = (is_int ? (long double)x : (long double)f) * (long double)(u->unit_ns / 1000);
            if (u->unit_ns < 1000) us = (is_int ? (long double)x : (long double)f) / 1000;
            x = fabsl(us) < 1e19L ? round_us(us, fine_units) : (__int128)INT64_MAX * 4;
        }
        if (!store(ref + x, &out[i]))
            return ama__fail(d->ctx, AMA_ERR_FORMAT, "time value %.17g in units \"%s\" is out of range", f,
                             d->e->units);
    }
    return AMA_OK;
}

/* The cftime dates of a standard calendar become datetime64 when all fit (dates that do lie after 1582, where day
 * numbers of both calendars are the same). */
static bool us_to_ns(int64_t n, int64_t *ticks) {
    for (int64_t i = 0; i < n; i++)
        if (ticks[i] != AMA_NAT && (ticks[i] > INT64_MAX / 1000 || ticks[i] < -(INT64_MAX / 1000))) return false;
    for (int64_t i = 0; i < n; i++)
        if (ticks[i] != AMA_NAT) ticks[i] *= 1000;
    return true;
}

ama_status ama__time_decode(ama_ctx *ctx, const ama__time_encoding *e, int64_t n, const void *values, bool force_cftime,
                            ama__timeaxis *axis, int64_t *out) {
    decoder d = {.ctx = ctx, .e = e, .n = n, .values = values, .n_fill = e->fill ? e->n_fill : 0, .fill = e->fill};
    *axis = (ama__timeaxis){0};
    AMA_TRY(ama__time_calendar(ctx, e->calendar, &axis->calendar));
    AMA_TRY(ama__time_units_parse(ctx, e->units, axis->calendar, &d.units));
    if (ama__dtype_is_text(e->dtype)) return ama__fail(ctx, AMA_ERR_FORMAT, "time units \"%s\" on text", e->units);
    bool may_be_numpy = !force_cftime && ama__calendar_is_standard(axis->calendar);
    if (may_be_numpy && d.units.numpy && decode_ns(&d, out)) {
        axis->datetime64 = true;
        return AMA_OK;
    }
    if (d.units.text.year_last)
        return ama__fail(ctx, AMA_ERR_FORMAT, "time units \"%s\": write the reference date as year-month-day",
                         e->units);
    AMA_TRY(decode_us(&d, out));
    axis->datetime64 = may_be_numpy && us_to_ns(n, out);
    return AMA_OK;
}

void ama__time_to_cftime(int64_t n, int64_t *ticks) {
    for (int64_t i = 0; i < n; i++)
        if (ticks[i] != AMA_NAT) ticks[i] = ama__floor_div(ticks[i], 1000) + (ama__floor_mod(ticks[i], 1000) >= 500);
}
