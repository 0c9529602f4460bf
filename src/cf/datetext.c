#include "cf/datetext.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *s) {
    while (isspace((unsigned char)*s)) s++;
    return s;
}

/* Reads at most max digits; returns how many there were (0: none). More than max digits in a row is none. */
static int read_number(const char **s, int max, int64_t *out) {
    int n = 0;
    int64_t x = 0;
    while (isdigit((unsigned char)(*s)[n])) {
        if (n == max) return 0;
        x = 10 * x + ((*s)[n] - '0');
        n++;
    }
    *s += n;
    *out = x;
    return n;
}

static bool read_small(const char **s, int *out) {
    int64_t x;
    if (!read_number(s, 2, &x)) return false;
    *out = (int)x;
    return true;
}

static bool read_month_name(const char **s, int *out) {
    static const char *const names[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
    int n = 0;
    while (isalpha((unsigned char)(*s)[n])) n++;
    if (n < 3) return false;
    for (int m = 0; m < 12; m++) {
        if ((size_t)n > strlen(names[m]) || strncasecmp(*s, names[m], (size_t)n) != 0) continue;
        *out = m + 1;
        *s += n;
        if (**s == '.') ++*s;
        return true;
    }
    return false;
}

static bool skip_separator(const char **s) {
    const char *p = *s;
    while (*p == ' ' || *p == '-' || *p == '/' || *p == ',') p++;
    bool any = p > *s;
    *s = p;
    return any;
}

/* "Jan 15, 2000" */
static bool read_name_first(const char **s, ama__date *d) {
    return read_month_name(s, &d->month) && skip_separator(s) && read_small(s, &d->day) && skip_separator(s) &&
           read_number(s, 4, &d->year) == 4;
}

/* What follows a first number and separator when the month is a name: "15-JAN-2000", "2000-JAN-15". */
static bool read_name_second(const char **s, int digits, int64_t first, ama__date *d) {
    if (!read_month_name(s, &d->month) || !skip_separator(s)) return false;
    if (digits == 4) {
        d->year = first;
        return read_small(s, &d->day);
    }
    d->day = (int)first;
    return digits <= 2 && read_number(s, 4, &d->year) == 4;
}

/* Numbers only; first, of `digits` digits, has been read and **s is what follows. */
static bool read_numeric(const char **s, int digits, int64_t first, ama__datetext *out) {
    ama__date *d = &out->date;
    d->year = first;
    char separator = **s;
    if (digits == 8 && separator != '-') {
        d->year = first / 10000;
        d->month = (int)(first / 100 % 100);
        d->day = (int)(first % 100);
        return true;
    }
    if ((separator != '-' && separator != '/') || !isdigit((unsigned char)(*s)[1])) return digits >= 4;
    ++*s;
    if (!read_small(s, &d->month)) return false;
    if (**s != separator || !isdigit((unsigned char)(*s)[1])) return digits >= 4;
    ++*s;
    int64_t third = 0;
    int n = read_number(s, 4, &third);
    if (n == 4 && digits <= 2) { /* month first, unless that cannot be */
        out->year_last = true;
        d->day = d->month;
        d->month = (int)first;
        d->year = third;
        if (d->month > 12 && d->day <= 12) {
            int m = d->day;
            d->day = d->month;
            d->month = m;
        }
        return true;
    }
    d->day = (int)third;
    return n == 1 || n == 2;
}

static bool read_date(const char **s, ama__datetext *out) {
    out->date = (ama__date){.month = 1, .day = 1};
    if (isalpha((unsigned char)**s)) return read_name_first(s, &out->date);
    bool negative = **s == '-';
    if (negative || **s == '+') ++*s;
    int64_t first;
    int digits = read_number(s, 9, &first);
    if (!digits) return false;
    const char *after = *s;
    if (skip_separator(&after) && isalpha((unsigned char)*after)) {
        const char *p = after;
        ama__date d = out->date;
        if (read_name_second(&p, digits, first, &d)) {
            out->date = d;
            *s = p;
            return !negative;
        }
    }
    if (!read_numeric(s, digits, first, out)) return false;
    if (negative) out->date.year = -out->date.year;
    return !(negative && out->year_last);
}

/* "06", "06:30", "06:30:00", "06:30:00.5" */
static bool read_clock(const char **s, ama__date *d) {
    if (!read_small(s, &d->hour)) return false;
    if (**s != ':') return true;
    ++*s;
    if (!read_small(s, &d->minute)) return false;
    if (**s != ':') return true;
    ++*s;
    if (!read_small(s, &d->second)) return false;
    if (**s != '.') return true;
    ++*s;
    for (int64_t unit = 100000000; isdigit((unsigned char)**s); unit /= 10, ++*s) d->nanosecond += unit * (**s - '0');
    return true;
}

/* "Z", "UTC", "GMT", "+01:00", "-0600", "-6"; no zone is no error, half a zone is. */
static bool read_zone(const char **s, ama__datetext *out) {
    static const char *const names[] = {"UTC", "GMT", "Z"};
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(names[i]);
        if (strncasecmp(*s, names[i], n) != 0 || isalnum((unsigned char)(*s)[n])) continue;
        *s += n;
        out->has_zone = true;
        return **s != '+' && **s != '-'; /* "UTC+3" is read with either sign by different programs */
    }
    if (**s != '+' && **s != '-') return true;
    int sign = **s == '-' ? -1 : 1;
    ++*s;
    int64_t x;
    int n = read_number(s, 4, &x), minutes = 0;
    if (n == 4 || n == 3) {
        minutes = (int)(x % 100);
        x /= 100;
    } else if (n == 0) {
        return false;
    } else if (**s == ':') {
        ++*s;
        if (!read_small(s, &minutes)) return false;
    }
    out->has_zone = true;
    out->zone_min = sign * ((int)x * 60 + minutes);
    return x < 24 && minutes < 60;
}

bool ama__datetext_parse(const char *s, ama__datetext *out) {
    *out = (ama__datetext){0};
    s = skip_blanks(s);
    if (!read_date(&s, out)) return false;
    const char *before = s;
    if (*s == 'T' || *s == 't' || *s == '_') s++;
    s = skip_blanks(s);
    if (isdigit((unsigned char)*s)) {
        if (s == before || !read_clock(&s, &out->date)) return false;
        s = skip_blanks(s);
    } else if (s > before && !isspace((unsigned char)*before)) {
        s = before; /* a T without a time: a leftover */
    }
    before = s;
    if (!read_zone(&s, out)) return false;
    s = skip_blanks(s);
    if (!*s) return true;
    /* Anything that could still change the meaning is refused. */
    if (s == before && s[-1] != ' ' && *s != '(') return false;
    if (!isalpha((unsigned char)*s) && *s != '(') return false;
    if ((strncasecmp(s, "am", 2) == 0 || strncasecmp(s, "pm", 2) == 0) && !isalpha((unsigned char)s[2])) return false;
    if (strncasecmp(s, "bc", 2) == 0) return false;
    out->has_leftover = true;
    return true;
}
