/* numpy's array printing (numpy/core/arrayprint.py documents the rules): elements are brought to one width, lines are
 * broken at 80 columns, large arrays show their edges. */
#include "graph/repr_array.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What xarray sets for its text, and what numpy has. */
static int width_of(const ama__repr_array *a) {
    return a->bare ? 75 : 80;
}
static int precision_of(const ama__repr_array *a) {
    return a->bare ? 8 : 6;
}

int ama__repr_edge(bool bare, int ndim) {
    return bare || ndim < 3 ? 3 : ndim == 3 ? 2 : 1;
}

bool ama__repr_summarised(bool bare, int ndim, const int64_t *shape) {
    int64_t n = 1;
    for (int a = 0; a < ndim; a++) n *= shape[a];
    return n > (bare ? 1000 : 200);
}

/* ---- elements */

typedef struct formatter {
    const ama__repr_array *a;
    int64_t n; /* elements in data */
    bool exponent;
    int digits;      /* after the point of the mantissa, with an exponent */
    int left, right; /* characters before and after the point; left alone: the width */
} formatter;

static double get_f8(const ama__repr_array *a, int64_t i) {
    return ama__dtype_get_f8(a->dtype, a->data, i);
}

/* Shortest digits that read back, but at most `most` after the point; trailing zeros cut, the point kept. */
static void positional(const ama__repr_array *a, int64_t i, char *buf, size_t n) {
    double x = get_f8(a, i);
    int most = precision_of(a);
    for (int p = 0; p <= most; p++) {
        snprintf(buf, n, "%.*f", p, x);
        double back = strtod(buf, NULL);
        if (p == most || (a->dtype == AMA_F4 ? (float)back == (float)x : back == x)) break;
    }
    char *point = strchr(buf, '.');
    if (!point) {
        strncat(buf, ".", n - strlen(buf) - 1);
        return;
    }
    for (char *end = buf + strlen(buf) - 1; *end == '0'; end--) *end = '\0';
}

/* Digits after the point of the mantissa that reads back, at most `most`. */
static int mantissa_digits(const ama__repr_array *a, int64_t i) {
    char buf[40];
    double x = get_f8(a, i);
    int most = precision_of(a);
    for (int p = 0; p < most; p++) {
        snprintf(buf, sizeof buf, "%.*e", p, x);
        double back = strtod(buf, NULL);
        if (a->dtype == AMA_F4 ? (float)back == (float)x : back == x) return p;
    }
    return most;
}

/* All elements with the digits of the longest. */
static void scientific(const formatter *f, int64_t i, char *buf, size_t n) {
    snprintf(buf, n, "%.*e", f->digits, get_f8(f->a, i));
    char *e = strchr(buf, 'e'), tail[16];
    if (f->digits > 0 || !e) return;
    snprintf(tail, sizeof tail, "%s", e);
    snprintf(e, n - (size_t)(e - buf), ".%s", tail);
}

static void float_text(const formatter *f, int64_t i, char *buf, size_t n) {
    double x = get_f8(f->a, i);
    if (isnan(x))
        snprintf(buf, n, "nan");
    else if (isinf(x))
        snprintf(buf, n, x > 0 ? "inf" : "-inf");
    else if (f->exponent)
        scientific(f, i, buf, n);
    else
        positional(f->a, i, buf, n);
}

static const char *calendar_class(ama__calendar c) {
    static const char *const names[] = {"Gregorian", "ProlepticGregorian", "NoLeap", "AllLeap", "360Day", "Julian"};
    return names[c];
}

static void time_text(const formatter *f, int64_t i, char *buf, size_t n) {
    const ama__timeaxis *t = f->a->time;
    int64_t tick = ((const int64_t *)f->a->data)[i];
    char text[48];
    int64_t x[7];
    ama__time_print(t, tick, text, sizeof text);
    if (t->datetime64 || tick == AMA_NAT) {
        snprintf(buf, n, "'%s'", text);
        return;
    }
    for (int c = 0; c < 7; c++) ama__time_components(t, (ama__time_component)c, 1, &tick, &x[c]);
    snprintf(buf, n,
             "cftime.Datetime%s(%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64
             ", has_year_zero=%s)",
             calendar_class(t->calendar), x[0], x[1], x[2], x[3], x[4], x[5], x[6],
             t->calendar == AMA_CAL_STANDARD || t->calendar == AMA_CAL_JULIAN ? "False" : "True");
}

static void element_text(const formatter *f, int64_t i, char *buf, size_t n) {
    const ama__repr_array *a = f->a;
    if (a->time) {
        time_text(f, i, buf, n);
    } else if (a->dtype == AMA_STRING) {
        const char *s = ((const char *const *)a->data)[i];
        char quote = s && strchr(s, '\'') && !strchr(s, '"') ? '"' : '\''; /* as Python's repr chooses */
        snprintf(buf, n, "%c%s%c", quote, s ? s : "", quote);
    } else if (ama__dtype_is_float(a->dtype)) {
        float_text(f, i, buf, n);
    } else if (a->dtype == AMA_BOOL) {
        snprintf(buf, n, "%s", ((const uint8_t *)a->data)[i] ? "True" : "False");
    } else {
        snprintf(buf, n, "%" PRId64, ama__dtype_get_i8(a->dtype, a->data, i));
    }
}

static void choose_exponent(formatter *f) {
    double most = 0, least = INFINITY;
    for (int64_t i = 0; i < f->n; i++) {
        double x = fabs(get_f8(f->a, i));
        if (!isfinite(x) || x == 0) continue;
        if (x > most) most = x;
        if (x < least) least = x;
    }
    f->exponent = most > 0 && (most >= 1e8 || least < 1e-4 || most / least > 1000);
    for (int64_t i = 0; i < f->n && f->exponent; i++) {
        int digits = isfinite(get_f8(f->a, i)) ? mantissa_digits(f->a, i) : 0;
        if (digits > f->digits) f->digits = digits;
    }
}

static void measure(formatter *f) {
    char buf[160];
    bool floats = ama__dtype_is_float(f->a->dtype);
    if (floats) choose_exponent(f);
    for (int64_t i = 0; i < f->n; i++) {
        element_text(f, i, buf, sizeof buf);
        char *point = floats ? strchr(buf, '.') : NULL;
        int left = point ? (int)(point - buf) : (int)strlen(buf), right = point ? (int)strlen(point) : 0;
        if (right > f->right) f->right = right;
        if (point || !floats)
            if (left > f->left) f->left = left;
    }
    for (int64_t i = 0; i < f->n && floats; i++) { /* nan and inf are as wide as a number */
        double x = get_f8(f->a, i);
        int wide = isfinite(x) ? 0 : x < 0 ? 4 : 3;
        if (wide - f->right > f->left) f->left = wide - f->right;
    }
}

static void padded(const formatter *f, int64_t i, char *buf, size_t n) {
    char text[160];
    element_text(f, i, text, sizeof text);
    char *point = ama__dtype_is_float(f->a->dtype) ? strchr(text, '.') : NULL;
    if (point) {
        int left = (int)(point - text);
        snprintf(buf, n, "%*s%.*s%-*s", f->left > left ? f->left - left : 0, "", left, text, f->right, point);
        return;
    }
    if (f->a->dtype == AMA_STRING || (f->a->time && !f->a->time->datetime64))
        snprintf(buf, n, "%s", text); /* objects are not aligned */
    else
        snprintf(buf, n, "%*s", f->left + f->right, text);
}

/* ---- layout */

typedef struct layout {
    formatter f;
    ama__text *out;
    const char *separator; /* ", " or " " */
    bool summarised;
    int edge;
    int64_t held[AMA_MAX_DIMS]; /* extents in data */
    int column;                 /* characters in the line so far */
} layout;

static void put(layout *l, const char *s) {
    ama__text_add(l->out, s);
    l->column += (int)strlen(s);
}

static void new_line(layout *l, int lines, int indent) {
    for (int i = 0; i < lines; i++) ama__text_add(l->out, "\n");
    ama__text_printf(l->out, "%*s", indent, "");
    l->column = indent;
}

static bool cut(const layout *l, int axis) {
    return l->summarised && l->f.a->shape[axis] > 2 * l->edge;
}

/* Writes one row: elements follow each other and break before the line is full. */
static void put_row(layout *l, int64_t at, int indent) {
    char buf[192];
    int axis = l->f.a->ndim - 1;
    int64_t n = l->held[axis];
    size_t sep = strlen(l->separator);
    for (int64_t i = 0; i < n; i++) {
        if (cut(l, axis) && i == l->edge) {
            if (l->column + 3 + 1 > width_of(l->f.a)) new_line(l, 1, indent);
            put(l, "...");
            put(l, l->separator);
        }
        padded(&l->f, at + i, buf, sizeof buf);
        if (i > 0 && l->column + (int)strlen(buf) + 1 > width_of(l->f.a)) {
            l->out->n -= sep; /* the blank after the separator */
            l->out->s[l->out->n] = '\0';
            for (size_t k = 0; k < sep && l->separator[k] != ' '; k++) ama__text_addn(l->out, &l->separator[k], 1);
            while (l->out->n > 0 && l->out->s[l->out->n - 1] == ' ') l->out->s[--l->out->n] = '\0';
            new_line(l, 1, indent);
        }
        put(l, buf);
        if (i + 1 < n) put(l, l->separator);
    }
}

static void put_axis(layout *l, int axis, int64_t at, int indent) {
    int ndim = l->f.a->ndim;
    int64_t stride = 1;
    put(l, "[");
    if (axis == ndim - 1) {
        put_row(l, at, indent + 1);
    } else {
        for (int a = axis + 1; a < ndim; a++) stride *= l->held[a];
        for (int64_t i = 0; i < l->held[axis]; i++) {
            if (cut(l, axis) && i == l->edge) {
                put(l, l->separator[0] == ',' ? "...," : "...");
                new_line(l, ndim - 1 - axis, indent + 1);
            }
            put_axis(l, axis + 1, at + i * stride, indent + 1);
            if (i + 1 == l->held[axis]) break;
            if (l->separator[0] == ',') put(l, ",");
            new_line(l, ndim - 1 - axis, indent + 1);
        }
    }
    put(l, "]");
}

static bool is_default(ama_dtype t) {
    return t == AMA_F8 || t == AMA_I8 || t == AMA_BOOL;
}

const char *ama__repr_dtype(const ama__repr_array *a, char *buf, size_t n) {
    if (a->time)
        snprintf(buf, n, "%s", a->time->datetime64 ? "datetime64[ns]" : "object");
    else if (a->dtype == AMA_STRING)
        snprintf(buf, n, "object");
    else
        snprintf(buf, n, "%s", ama__dtype_name(a->dtype));
    return buf;
}

ama_status ama__repr_array_text(ama__graph *g, const ama__repr_array *a, ama__text *out) {
    layout l = {
        .f = {.a = a, .n = 1}, .out = out, .separator = a->bare ? " " : ", ", .edge = ama__repr_edge(a->bare, a->ndim)};
    char name[32], buf[192];
    int indent = a->bare ? 0 : 6;
    (void)g;
    l.summarised = ama__repr_summarised(a->bare, a->ndim, a->shape);
    for (int d = 0; d < a->ndim; d++) {
        l.held[d] = cut(&l, d) ? 2 * l.edge : a->shape[d];
        l.f.n *= l.held[d];
    }
    measure(&l.f);
    if (!a->bare) put(&l, "array(");
    if (a->ndim == 0) {
        element_text(&l.f, 0, buf, sizeof buf);
        put(&l, buf);
    } else if (l.f.n == 0) {
        put(&l, "[]");
    } else {
        put_axis(&l, 0, 0, indent);
    }
    if (a->bare) return AMA_OK;
    if (a->time || !is_default(a->dtype)) {
        const char *quote = a->time && a->time->datetime64 ? "'" : "";
        ama__repr_dtype(a, name, sizeof name);
        if (l.column + (int)strlen(name) + 10 > width_of(a)) {
            ama__text_add(out, ",");
            new_line(&l, 1, indent);
        } else {
            ama__text_add(out, ", ");
        }
        ama__text_printf(out, "dtype=%s%s%s", quote, name, quote);
    }
    ama__text_add(out, ")");
    return AMA_OK;
}

/* Python's format(x, ".4"): four digits, an exponent where there would be no digit after the point. */
static void short_float(double x, char *buf, size_t n) {
    snprintf(buf, n, isfinite(x) ? "%.4g" : "%f", x);
    if (!isfinite(x) || strpbrk(buf, ".e")) return;
    char digits[32], *e;
    snprintf(digits, sizeof digits, "%.3e", x);
    e = strchr(digits, 'e');
    if (!e || atoi(e + 1) < 3) {
        strncat(buf, ".0", n - strlen(buf) - 1);
        return;
    }
    char *end = e; /* zeros behind the last digit go, and the point when nothing follows it */
    while (end[-1] == '0') end--;
    if (end[-1] == '.') end--;
    snprintf(buf, n, "%.*s%s", (int)(end - digits), digits, e);
}

const char *ama__repr_item(const ama__repr_array *a, int64_t i, char *buf, size_t n) {
    formatter f = {.a = a};
    if (a->time) {
        ama__time_print(a->time, ((const int64_t *)a->data)[i], buf, n);
        char *fraction = strchr(buf, '.'), *clock = strpbrk(buf, "T ");
        if (fraction && strspn(fraction + 1, "0") == strlen(fraction + 1)) *fraction = '\0';
        if (a->time->datetime64 && clock && strcmp(clock + 1, "00:00:00") == 0) *clock = '\0';
    } else if (ama__dtype_is_float(a->dtype)) {
        short_float(get_f8(a, i), buf, n);
    } else {
        element_text(&f, i, buf, n);
    }
    return buf;
}
