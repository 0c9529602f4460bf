#include "graph/find.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "cf/offset.h"

/* One search: the index, how it runs, and what was asked. */
typedef struct finder {
    ama__graph *g;
    const ama__variable *index;
    const char *dim;
    const ama__sel_options *o;
    int64_t n;
    int direction;
    int64_t *order; /* places by increasing label */
} finder;

static ama_status finder_init(ama__graph *g, const ama__variable *index, const char *dim, const ama__sel_options *o,
                              finder *f) {
    *f = (finder){.g = g, .index = index, .dim = dim, .o = o, .n = index->node->shape[0]};
    f->direction = ama__labels_direction(index);
    return ama__labels_sort(g, index, &f->order);
}

static int compare(const finder *f, int64_t i, const ama__label *l) {
    ama__label x = ama__labels_get(f->index, i);
    return ama__label_compare(&x, l);
}

/* Number of elements below the label (upper: not above it), in sorted order. */
static int64_t bound(const finder *f, const ama__label *l, bool upper) {
    int64_t lo = 0, hi = f->n;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        int c = compare(f, f->order[mid], l);
        if (c < 0 || (upper && c == 0))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* ---- errors */

static double distance(const finder *f, int64_t i, const ama__label *l) {
    ama__label x = ama__labels_get(f->index, i);
    if (x.kind != AMA_LABEL_FLOAT && l->kind != AMA_LABEL_FLOAT) return fabs((double)x.i8 - (double)l->i8);
    return fabs((x.kind == AMA_LABEL_FLOAT ? x.f8 : (double)x.i8) -
                (l->kind == AMA_LABEL_FLOAT ? l->f8 : (double)l->i8));
}

static ama_status no_such_text(const finder *f, const ama__label *l) {
    const char **names;
    AMA_NEW(f->g->arena, names, f->n + 1);
    int n = f->n > 1000 ? 1000 : (int)f->n;
    for (int i = 0; i < n; i++) names[i] = ama__labels_get(f->index, i).text;
    const char *near = ama__text_nearest(l->text, names, n);
    if (near)
        return ama__fail(f->g->ctx, AMA_ERR_NOTFOUND, "dim \"%s\" has no label \"%s\"; did you mean \"%s\"?", f->dim,
                         l->text, near);
    return ama__fail(f->g->ctx, AMA_ERR_NOTFOUND, "dim \"%s\" has no label \"%s\"; its labels are \"%s\" ... \"%s\"",
                     f->dim, l->text, names[0], ama__labels_get(f->index, f->n - 1).text);
}

static ama_status no_such_label(const finder *f, const ama__label *l) {
    ama__graph *g = f->g;
    if (f->n == 0)
        return ama__fail(g->ctx, AMA_ERR_NOTFOUND, "dim \"%s\" has no labels at all, so not %s", f->dim,
                         ama__label_print(g, f->index->time, l));
    if (l->kind == AMA_LABEL_TEXT) return no_such_text(f, l);
    int64_t k = bound(f, l, false), low = f->order[0], high = f->order[f->n - 1];
    if (k == 0 || k == f->n)
        return ama__fail(g->ctx, AMA_ERR_NOTFOUND, "dim \"%s\" has no label %s; its labels run from %s to %s", f->dim,
                         ama__label_print(g, f->index->time, l), ama__labels_print(g, f->index, low),
                         ama__labels_print(g, f->index, high));
    int64_t near = f->order[distance(f, f->order[k - 1], l) < distance(f, f->order[k], l) ? k - 1 : k];
    return ama__fail(g->ctx, AMA_ERR_NOTFOUND,
                     "dim \"%s\" has no label %s; the nearest is %s (method=\"nearest\" would take it)", f->dim,
                     ama__label_print(g, f->index->time, l), ama__labels_print(g, f->index, near));
}

static ama_status wrong_kind(const finder *f, const ama__label *l) {
    const char *have = f->index->time ? "times" : f->index->node->dtype == AMA_STRING ? "text" : "numbers";
    return ama__fail(f->g->ctx, AMA_ERR_ARG, "dim \"%s\" is labelled by %s, which %s is not", f->dim, have,
                     ama__label_print(f->g, f->index->time, l));
}

static ama_status wrong_calendar(const finder *f, const ama__label *l) {
    const ama__timeaxis *have = f->index->time;
    bool datetime = have->datetime64;
    return ama__fail(
        f->g->ctx, AMA_ERR_ARG, "dim \"%s\" has %s%s%s, with which %s %s cannot be compared%s", f->dim,
        datetime ? "datetime64 times" : "times of the ", datetime ? "" : ama__calendar_name(have->calendar),
        datetime ? "" : " calendar", l->axis->datetime64 ? "the datetime64" : "a time of another calendar,",
        ama__label_print(f->g, l->axis, l), datetime ? "" : "; a date as text, \"2000-02-03\", can be given");
}

/* ---- labels of the index' kind */

/* A text as one time: the first instant it names. Labels of float32 indexes are float32. */
static ama_status convert(const finder *f, const ama__label *in, ama__label *out) {
    const ama__variable *v = f->index;
    *out = *in;
    if (v->time && in->kind == AMA_LABEL_TEXT) {
        ama__time_span span;
        if (!v->time->datetime64)
            return ama__fail(f->g->ctx, AMA_ERR_ARG,
                             "dim \"%s\" has times of the %s calendar: a single text selects or slices there, but no "
                             "list of texts and no method= can be given",
                             f->dim, ama__calendar_name(v->time->calendar));
        AMA_TRY(ama__time_parse_span(f->g->ctx, v->time, f->n, v->node->u.constant.data, in->text, &span));
        *out = (ama__label){.kind = AMA_LABEL_TICK, .i8 = span.lo};
        return AMA_OK;
    }
    bool text = in->kind == AMA_LABEL_TEXT, tick = in->kind == AMA_LABEL_TICK;
    if (tick && v->time && in->axis && !ama__timeaxis_same(v->time, in->axis)) return wrong_calendar(f, in);
    if (in->kind == AMA_LABEL_NONE || text != (v->node->dtype == AMA_STRING) || tick != (v->time != NULL) ||
        (in->kind == AMA_LABEL_BOOL && v->node->dtype != AMA_BOOL))
        return wrong_kind(f, in);
    if (v->node->dtype == AMA_F4) {
        out->f8 = (float)(in->kind == AMA_LABEL_FLOAT ? in->f8 : (double)in->i8);
        out->kind = AMA_LABEL_FLOAT;
    }
    return AMA_OK;
}

static ama_status tolerance(const finder *f, double *out, bool *given) {
    int64_t ns;
    *given = f->o->has_tolerance || f->o->tolerance_text;
    if (f->o->has_tolerance) *out = f->o->tolerance;
    if (!f->o->tolerance_text) return AMA_OK;
    if (!f->index->time)
        return ama__fail(f->g->ctx, AMA_ERR_ARG, "tolerance \"%s\" is a duration, but dim \"%s\" has no times",
                         f->o->tolerance_text, f->dim);
    AMA_TRY(ama__offset_parse_duration(f->g->ctx, f->o->tolerance_text, &ns));
    *out = (double)ns / (1e9 / (double)ama__timeaxis_ticks_per_s(f->index->time));
    return AMA_OK;
}

/* The place that `method` chooses, -1 when there is none. pad and backfill go by the order of the index; a tie goes to
 * the larger label. */
static ama_status by_method(const finder *f, const ama__label *l, int64_t *out) {
    double most = 0;
    bool limited;
    if (f->direction == 0)
        return ama__fail(f->g->ctx, AMA_ERR_ARG,
                         "method= needs labels that increase or decrease, which those of dim \"%s\" do not", f->dim);
    if (f->index->node->dtype == AMA_STRING) return wrong_kind(f, l);
    AMA_TRY(tolerance(f, &most, &limited));
    int64_t above = bound(f, l, false), below = bound(f, l, true) - 1; /* first >= label, last <= label */
    bool floor = f->o->method == AMA_SEL_PAD ? f->direction > 0 : f->direction < 0;
    int64_t k = floor ? below : above;
    if (f->o->method == AMA_SEL_NEAREST) {
        k = above < f->n ? above : below;
        if (above < f->n && below >= 0 && distance(f, f->order[below], l) < distance(f, f->order[above], l)) k = below;
    }
    *out = k >= 0 && k < f->n ? f->order[k] : -1;
    if (*out >= 0 && limited && !(distance(f, *out, l) <= most)) *out = -1;
    return AMA_OK;
}

/* Place of the label by the method asked for; NOTFOUND. */
static ama_status one(const finder *f, const ama__label *label, int64_t *out) {
    ama__label l;
    double most = 0;
    bool limited;
    AMA_TRY(convert(f, label, &l));
    if (f->o->method == AMA_SEL_EXACT) {
        int64_t k = bound(f, &l, false);
        *out = k < f->n && compare(f, f->order[k], &l) == 0 ? f->order[k] : -1;
        return *out >= 0 ? AMA_OK : no_such_label(f, &l);
    }
    AMA_TRY(by_method(f, &l, out));
    if (*out >= 0) return AMA_OK;
    AMA_TRY(tolerance(f, &most, &limited));
    if (limited)
        return ama__fail(f->g->ctx, AMA_ERR_NOTFOUND, "dim \"%s\" has no label within the tolerance of %s", f->dim,
                         ama__label_print(f->g, f->index->time, &l));
    return no_such_label(f, &l);
}

/* ---- partial dates */

static int64_t tick(const finder *f, int64_t i) {
    return ((const int64_t *)f->index->node->u.constant.data)[i];
}

static ama_status span_of(const finder *f, const char *text, ama__time_span *out) {
    return ama__wrap(f->g->ctx,
                     ama__time_parse_span(f->g->ctx, f->index->time, f->n, f->index->node->u.constant.data, text, out),
                     "dim \"%s\"", f->dim);
}

static ama_status no_such_date(const finder *f, const char *text) {
    if (f->n == 0) return ama__fail(f->g->ctx, AMA_ERR_NOTFOUND, "dim \"%s\" has no times", f->dim);
    return ama__fail(f->g->ctx, AMA_ERR_NOTFOUND, "dim \"%s\" has no times in \"%s\"; they run from %s to %s", f->dim,
                     text, ama__labels_print(f->g, f->index, f->order[0]),
                     ama__labels_print(f->g, f->index, f->order[f->n - 1]));
}

/* All times in [lo, hi). A gap inside an ordered axis gives an empty result, a date outside it is an error. */
static ama_status in_span(const finder *f, const char *text, const ama__time_span *span, ama__place *out) {
    ama__label lo = {.kind = AMA_LABEL_TICK, .i8 = span->lo}, hi = {.kind = AMA_LABEL_TICK, .i8 = span->hi};
    int64_t first = bound(f, &lo, false), last = bound(f, &hi, false), *list;
    if (last < first) last = first;
    if (f->n == 0 || (first == last && (first == 0 || first == f->n || f->direction == 0)))
        return no_such_date(f, text);
    if (f->direction > 0) {
        *out = (ama__place){.count = last - first, .start = first, .step = 1};
        return AMA_OK;
    }
    AMA_NEW(f->g->arena, list, last - first + 1);
    *out = (ama__place){.list = list};
    for (int64_t i = 0; i < f->n; i++)
        if (tick(f, i) >= span->lo && tick(f, i) < span->hi) list[out->count++] = i;
    return AMA_OK;
}

/* ---- the three kinds of selector */

/* Labels that stand more than once give all of them, the dim stays. */
static ama_status repeated(const finder *f, int64_t at, ama__place *out) {
    ama__label l = ama__labels_get(f->index, at);
    int64_t lo = bound(f, &l, false), hi = bound(f, &l, true), *list;
    *out = (ama__place){.scalar = true, .start = at};
    if (hi - lo <= 1) return AMA_OK;
    AMA_NEW(f->g->arena, list, hi - lo);
    memcpy(list, f->order + lo, (size_t)(hi - lo) * sizeof *list);
    *out = (ama__place){.count = hi - lo, .list = list};
    return AMA_OK;
}

ama_status ama__find_scalar(ama__graph *g, const ama__variable *index, const char *dim, const ama__label *label,
                            const ama__sel_options *o, ama__place *out) {
    finder f;
    int64_t at;
    ama__time_span span;
    AMA_TRY(finder_init(g, index, dim, o, &f));
    if (index->time && label->kind == AMA_LABEL_TEXT && o->method == AMA_SEL_EXACT) {
        AMA_TRY(span_of(&f, label->text, &span));
        if (!span.instant) return in_span(&f, label->text, &span, out);
    }
    AMA_TRY(one(&f, label, &at));
    if (o->method == AMA_SEL_EXACT) return repeated(&f, at, out);
    *out = (ama__place){.scalar = true, .start = at};
    return AMA_OK;
}

ama_status ama__find_list(ama__graph *g, const ama__variable *index, const char *dim, int64_t n, const ama__label *list,
                          const ama__sel_options *o, ama__place *out) {
    finder f;
    int64_t *places;
    AMA_TRY(finder_init(g, index, dim, o, &f));
    for (int64_t k = 1; k < f.n; k++)
        if (ama__labels_compare(index, f.order[k - 1], index, f.order[k]) == 0)
            return ama__fail(g->ctx, AMA_ERR_ARG,
                             "a list of labels along dim \"%s\" needs an index without repeats, but %s stands there "
                             "twice",
                             dim, ama__labels_print(g, index, f.order[k]));
    for (int64_t i = 1; i < n; i++)
        if ((list[i].kind == AMA_LABEL_TICK && list[0].kind == AMA_LABEL_TEXT) ||
            (list[i].kind == AMA_LABEL_TEXT && list[0].kind == AMA_LABEL_TICK))
            return ama__fail(g->ctx, AMA_ERR_ARG, "times and texts are mixed in the labels of dim \"%s\"", dim);
    AMA_NEW(g->arena, places, n + 1);
    for (int64_t i = 0; i < n; i++) AMA_TRY(one(&f, &list[i], &places[i]));
    *out = (ama__place){.count = n, .list = places};
    return AMA_OK;
}

/* Half-open bounds of a slice in the order of the index. `left`: the first element, else one after the last. */
static ama_status slice_end(const finder *f, const ama__label *label, bool left, int64_t *out) {
    ama__label l = *label;
    bool up = f->direction > 0, upper = left != up;
    *out = left ? 0 : f->n;
    if (label->kind == AMA_LABEL_NONE) return AMA_OK;
    if (f->index->time && label->kind == AMA_LABEL_TEXT) {
        ama__time_span span;
        AMA_TRY(span_of(f, label->text, &span));
        l = (ama__label){.kind = AMA_LABEL_TICK, .i8 = upper ? span.hi : span.lo};
        upper = upper && span.hi == INT64_MAX;
    } else {
        ama__label wide;
        AMA_TRY(convert(f, label, &wide)); /* checks the kind; bounds are compared as float64 */
    }
    int64_t k = bound(f, &l, upper);
    *out = up ? k : f->n - k;
    return AMA_OK;
}

/* Labels that are there, once, bound a slice of an unordered index too. */
static ama_status unordered_end(const finder *f, const ama__label *label, bool left, int64_t *out) {
    ama__label l;
    *out = left ? 0 : f->n;
    if (label->kind == AMA_LABEL_NONE) return AMA_OK;
    if (!f->index->time || label->kind != AMA_LABEL_TEXT) {
        AMA_TRY(convert(f, label, &l));
        int64_t lo = bound(f, &l, false), hi = bound(f, &l, true);
        *out = hi - lo == 1 ? f->order[lo] + (left ? 0 : 1) : 0;
        if (hi - lo == 1) return AMA_OK;
    }
    return ama__fail(f->g->ctx, AMA_ERR_ARG,
                     "a slice needs labels that increase or decrease, which those of dim \"%s\" do not; a list of "
                     "labels can be selected, and isel takes a slice of places",
                     f->dim);
}

ama_status ama__find_slice(ama__graph *g, const ama__variable *index, const char *dim, const ama__label *start,
                           const ama__label *stop, const ama__label *step, const ama__sel_options *o, ama__place *out) {
    finder f;
    int64_t first, last, by = step->kind == AMA_LABEL_NONE ? 1 : step->i8;
    bool texts = index->time && (start->kind == AMA_LABEL_TEXT || stop->kind == AMA_LABEL_TEXT);
    AMA_TRY(finder_init(g, index, dim, o, &f));
    if (o->method != AMA_SEL_EXACT)
        return ama__fail(g->ctx, AMA_ERR_ARG, "method= cannot be given with a slice (dim \"%s\")", dim);
    if ((step->kind != AMA_LABEL_NONE && step->kind != AMA_LABEL_INT) || by == 0)
        return ama__fail(g->ctx, AMA_ERR_ARG, "the step of a slice along dim \"%s\" must be an integer other than 0",
                         dim);
    if (texts && f.direction < 0 && index->time->datetime64)
        return ama__fail(g->ctx, AMA_ERR_ARG,
                         "a slice by date texts needs times that increase, and those of dim \"%s\" decrease; "
                         "isel(%s=slice(None, None, -1)) turns them round",
                         dim, dim);
    const ama__label *from = by > 0 ? start : stop, *to = by > 0 ? stop : start;
    AMA_TRY((f.direction ? slice_end : unordered_end)(&f, from, true, &first));
    AMA_TRY((f.direction ? slice_end : unordered_end)(&f, to, false, &last));
    int64_t reach = last > first ? last - first : 0, size = by > 0 ? by : -by;
    *out = (ama__place){.count = reach ? (reach - 1) / size + 1 : 0, .start = by > 0 ? first : last - 1, .step = by};
    if (out->count == 0) *out = (ama__place){.step = 1};
    return AMA_OK;
}

ama_status ama__sel_method_parse(ama_ctx *ctx, const char *name, ama__sel_method *out) {
    static const char *const names[] = {"nearest", "pad", "ffill", "backfill", "bfill"};
    static const ama__sel_method methods[] = {AMA_SEL_NEAREST, AMA_SEL_PAD, AMA_SEL_PAD, AMA_SEL_BACKFILL,
                                              AMA_SEL_BACKFILL};
    *out = AMA_SEL_EXACT;
    if (!name) return AMA_OK;
    for (int i = 0; i < 5; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = methods[i];
            return AMA_OK;
        }
    const char *near = ama__text_nearest(name, names, 5);
    return ama__fail(ctx, AMA_ERR_ARG, "method \"%s\" is not known; %s%s%s", name, near ? "did you mean \"" : "",
                     near ? near : "there are nearest, pad (ffill) and backfill (bfill)", near ? "\"?" : "");
}
