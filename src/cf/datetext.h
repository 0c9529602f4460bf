/* Dates as people and files write them after "since": many spellings, one meaning each. */
#ifndef AMA_CF_DATETEXT_H
#define AMA_CF_DATETEXT_H

#include "cf/calendar.h"

typedef struct ama__datetext {
    ama__date date; /* as written: not checked against a calendar, zone not applied */
    bool has_zone;
    int zone_min;      /* minutes east of UTC */
    bool year_last;    /* month-day-year, which only numpy's (pandas') reading of dates understands */
    bool has_leftover; /* words after the date that nobody understands, such as "(noleap)" */
} ama__datetext;

/* Reads "2000-1-15", "2000-01-15T06:30:00.5Z", "1992-10-8 15:15:42.5 -6:00", "20000115", "2000/1/15", "01-15-2000",
 * "15-JAN-2000", "2000-JAN-15", "Jan 15, 2000", "2000", "2000-01", "-4713-01-01 00:00". An absent month or day is 1. */
bool ama__datetext_parse(const char *s, ama__datetext *out);

#endif
