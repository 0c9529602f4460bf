/* numpy's datetime64 scalars: dates as np.datetime64(...) reads and prints them. Local. Source: numpy,
 * core/src/multiarray/datetime_strings.c (parse_iso_8601_datetime) and the manual's "Datetimes and Timedeltas". */
#ifndef AMA_CF_DATETIME64_H
#define AMA_CF_DATETIME64_H

#include "cf/time.h"

/* numpy's units that Amasia can hold as nanoseconds, coarse to fine. */
typedef enum ama__datetime_unit {
    AMA_DATETIME_Y,
    AMA_DATETIME_M,
    AMA_DATETIME_W,
    AMA_DATETIME_D,
    AMA_DATETIME_H,
    AMA_DATETIME_MIN,
    AMA_DATETIME_S,
    AMA_DATETIME_MS,
    AMA_DATETIME_US,
    AMA_DATETIME_NS,
    AMA_DATETIME_N
} ama__datetime_unit;
/* "D", "ns", …. Errors: ARG; UNSUPPORTED for numpy's finer ones and for counts such as "10s". */
ama_status ama__datetime_unit_parse(ama_ctx *ctx, const char *name, ama__datetime_unit *out);

/* A point in time, the start of its unit: nanoseconds since 1970-01-01, proleptic Gregorian. */
typedef struct ama__datetime {
    int64_t ns;
    ama__datetime_unit unit;
} ama__datetime;

/* The axis whose ticks are ama__datetime.ns. */
extern const ama__timeaxis ama__datetime_axis;

/* np.datetime64(text[, unit]): without a unit (AMA_DATETIME_N) that of the text, else cut to it. Errors: ARG for what
 * numpy does not read, UNSUPPORTED for what it reads and Amasia does not hold (NaT, now, today, time zones, more than
 * nine digits of a second, dates outside 1677 to 2262). */
ama_status ama__datetime_parse(ama_ctx *ctx, const char *text, ama__datetime_unit unit, ama__datetime *out);
/* np.datetime64(count, unit): so many units after 1970-01-01. */
ama_status ama__datetime_of_count(ama_ctx *ctx, int64_t count, ama__datetime_unit unit, ama__datetime *out);
/* np.datetime64(in, unit). */
ama_status ama__datetime_cut(ama_ctx *ctx, const ama__datetime *in, ama__datetime_unit unit, ama__datetime *out);

/* "2001-02" or "2001-02-03T06": as str() of the scalar; repr: "np.datetime64('2001-02')". buf >= 64 bytes. */
const char *ama__datetime_print(const ama__datetime *d, bool repr, char *buf, size_t buf_bytes);

#endif
