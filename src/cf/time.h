/* Time axes: decoding, encoding, components, partial dates. A time in memory is an int64 count of ticks since
 * 1970-01-01 00:00 of its calendar: nanoseconds when xarray would hold datetime64[ns], microseconds when it would hold
 * cftime objects. AMA_NAT is "not a time". */
#ifndef AMA_CF_TIME_H
#define AMA_CF_TIME_H

#include "array/dtype.h"
#include "cf/calendar.h"

#define AMA_NAT INT64_MIN

typedef struct ama__timeaxis {
    ama__calendar calendar; /* as the file says; datetime64 values are proleptic Gregorian */
    bool datetime64;        /* true: ns ticks, numpy datetime64[ns]; false: us ticks, cftime */
} ama__timeaxis;

static inline int64_t ama__timeaxis_ticks_per_s(const ama__timeaxis *a) {
    return a->datetime64 ? 1000000000 : 1000000;
}

/* True when the ticks of both can be compared. */
static inline bool ama__timeaxis_same(const ama__timeaxis *a, const ama__timeaxis *b) {
    return a->datetime64 == b->datetime64 && (a->datetime64 || a->calendar == b->calendar);
}

/* True when the text has the form "<unit> since <date>". */
bool ama__time_units_is_since(const char *units);

/* What a file says of a time variable. */
typedef struct ama__time_encoding {
    const char *units, *calendar; /* calendar may be NULL: standard */
    ama_dtype dtype;              /* stored dtype; AMA_DTYPE_N: none given (encode only) */
    int n_fill;                   /* decode: stored values that mean NaT, as float64 */
    const double *fill;
} ama__time_encoding;

/* Decodes n numbers of e->dtype ("units" since a date, calendar) as xarray does: SEMANTICS 1.3. Sets *axis from the
 * values (datetime64 where all fit). Several files of one axis: pass force_cftime to get us ticks. Errors: FORMAT
 * (unparsable units, impossible reference date, unknown calendar, value out of range), UNSUPPORTED (months/years
 * units). Local. */
ama_status ama__time_decode(ama_ctx *ctx, const ama__time_encoding *e, int64_t n, const void *values, bool force_cftime,
                            ama__timeaxis *axis, int64_t *out);
/* Converts datetime64 ticks to the us ticks of a cftime axis of a calendar that shares the dates (for mixed files). */
void ama__time_to_cftime(int64_t n, int64_t *ticks);

/* Chooses units, calendar and dtype for writing, as xarray does. e (in): what the source's encoding says, with NULL
 * units or calendar and dtype AMA_DTYPE_N where there is none; e itself may be NULL. NaT becomes INT64_MIN in an int64
 * result and NaN in a float one; an integer dtype too small for the numbers becomes int64 (with a warning). Errors:
 * FORMAT (units, calendar), MISMATCH (a date that does not exist in the given calendar). Result texts live in the
 * arena; out has n elements of result->dtype (allocated in the arena). *warning (may be NULL) is set to a text when the
 * given units could not hold the data. Local. */
ama_status ama__time_encode(ama__arena *arena, const ama__timeaxis *axis, const ama__time_encoding *e, int64_t n,
                            const int64_t *ticks, ama__time_encoding *result, void **out, const char **warning);

typedef enum ama__time_component {
    AMA_TIME_YEAR,
    AMA_TIME_MONTH,
    AMA_TIME_DAY,
    AMA_TIME_HOUR,
    AMA_TIME_MINUTE,
    AMA_TIME_SECOND,
    AMA_TIME_MICROSECOND,
    AMA_TIME_DAYOFYEAR,
    AMA_TIME_DAYOFWEEK,
    AMA_TIME_WEEK,
    AMA_TIME_QUARTER,
    AMA_TIME_DAYS_IN_MONTH,
    AMA_TIME_IS_LEAP_YEAR,
    AMA_TIME_SEASON /* 0 DJF 1 JJA 2 MAM 3 SON: index into ama__time_seasons, sorted as text */
} ama__time_component;
extern const char *const ama__time_seasons[4];
/* "month", "weekday" (= dayofweek), "weekofyear", "daysinmonth", … as in xarray's .dt; false when unknown. */
bool ama__time_component_parse(const char *name, ama__time_component *out);
extern const char *const ama__time_component_names[]; /* NULL-terminated, for error messages */
/* NaT gives INT64_MIN. Local. */
void ama__time_components(const ama__timeaxis *axis, ama__time_component c, int64_t n, const int64_t *ticks,
                          int64_t *out);

/* A partial date string: the half-open interval of ticks [lo, hi) it names, and whether it is as precise as
 * `resolution_s` (the resolution of the axis as pandas finds it: the finest of day/hour/minute/second in its values) so
 * that it means one instant. Errors: ARG with what a date looks like. Local. */
typedef struct ama__time_span {
    int64_t lo, hi;
    bool instant;
} ama__time_span;
ama_status ama__time_parse_span(ama_ctx *ctx, const ama__timeaxis *axis, int64_t n, const int64_t *ticks,
                                const char *text, ama__time_span *out);

/* "2000-01-15T12:00:00.000000000" (datetime64) or "2000-01-15 12:00:00" (cftime), "NaT". buf >= 40 bytes. */
const char *ama__time_print(const ama__timeaxis *axis, int64_t tick, char *buf, size_t buf_bytes);

#endif
