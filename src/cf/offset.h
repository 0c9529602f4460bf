/* A frequency taken apart, and steps by it over day numbers of a calendar. The rules of anchored offsets are those that
 * pandas and xarray's cftime offsets share. */
#ifndef AMA_CF_OFFSET_H
#define AMA_CF_OFFSET_H

#include "cf/calendar.h"

typedef enum ama__offset_kind {
    AMA_OFFSET_TICK, /* a fixed length shorter than a day */
    AMA_OFFSET_DAY,
    AMA_OFFSET_WEEKDAY, /* Monday to Friday */
    AMA_OFFSET_WEEK,
    AMA_OFFSET_SEMIMONTH,
    AMA_OFFSET_MONTH,
    AMA_OFFSET_QUARTER,
    AMA_OFFSET_YEAR
} ama__offset_kind;

typedef struct ama__offset {
    ama__offset_kind kind;
    bool end;         /* the period's last day, not its first */
    bool business;    /* the last (first) day that is Monday to Friday */
    bool pandas_only; /* not known to xarray's cftime offsets */
    int anchor;       /* month 1..12 of QUARTER and YEAR, weekday 0..6 (Monday = 0) of WEEK */
    int64_t n;        /* multiple, >= 1 */
    int64_t unit_ns;  /* of TICK and DAY */
} ama__offset;

/* "[n]F[-ANCHOR]", new and old spellings, and sums of fixed lengths ("1h30min", "1.5h"). Errors: ARG with the nearest
 * name, UNSUPPORTED. Local. */
ama_status ama__offset_parse(ama_ctx *ctx, const char *freq, ama__offset *out);
/* A duration such as "1h", "-30min", "1 day 6 hours", in ns. Errors: ARG. Local. */
ama_status ama__offset_parse_duration(ama_ctx *ctx, const char *text, int64_t *ns);

/* Not for TICK. */
bool ama__offset_is_on(const ama__offset *o, ama__calendar c, int64_t day);
/* day + times * offset for times = 1 or -1. */
int64_t ama__offset_add(const ama__offset *o, ama__calendar c, int64_t day, int times);
/* The last day on the offset that is not after `day`. */
int64_t ama__offset_roll_back(const ama__offset *o, ama__calendar c, int64_t day);

#endif
