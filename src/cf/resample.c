#include <string.h>

#include "cf/datetext.h"
#include "cf/frequency.h"
#include "cf/offset.h"
#include "cf/ticks.h"

/* More bins than this is a mistake in the frequency ("ns" for "MS"), not a wish. */
#define MAX_BINS (INT64_C(1) << 28)

typedef struct binner {
    ama__arena *arena;
    ama_ctx *ctx;
    const ama__timeaxis *axis;
    const ama__resample *r;
    ama__offset freq;
    bool anchored; /* fixed length from an origin: ns … h, and D for datetime64 */
    bool closed_right, label_right;
    int64_t first, last;             /* of the data */
    int64_t n_edges, *edges, *marks; /* edges decide, marks (the unshifted edges) label */
} binner;

static bool is(const char *text, const char *what) {
    return text && strcmp(text, what) == 0;
}

static bool ends_period(const binner *b) {
    if (b->freq.kind == AMA_OFFSET_SEMIMONTH) return false;
    return b->freq.end;
}

static ama_status choose_sides(binner *b) {
    bool from_end = is(b->r->origin, "end") || is(b->r->origin, "end_day");
    bool right = ends_period(b) || from_end;
    b->closed_right = b->r->closed == AMA_SIDE_DEFAULT ? right : b->r->closed == AMA_SIDE_RIGHT;
    b->label_right = b->r->label == AMA_SIDE_DEFAULT ? right : b->r->label == AMA_SIDE_RIGHT;
    if (!b->axis->datetime64 && b->freq.pandas_only)
        return ama__fail(b->ctx, AMA_ERR_UNSUPPORTED,
                         "frequency \"%s\" exists only for datetime64 times, not for the %s "
                         "calendar%s",
                         b->r->freq, ama__calendar_name(b->axis->calendar),
                         b->freq.kind == AMA_OFFSET_WEEK ? " (\"7D\" does)" : "");
    if (!b->anchored && !b->axis->datetime64 && ((b->r->origin && !is(b->r->origin, "start_day")) || b->r->offset))
        ama__warn(b->ctx, "resample: origin and offset have no effect with frequency \"%s\"", b->r->freq);
    return AMA_OK;
}

static ama_status origin_date(const binner *b, int64_t *out) {
    ama__datetext t;
    ama__calendar c = ama__ticks_calendar(b->axis);
    if (!ama__datetext_parse(b->r->origin, &t) || t.has_leftover || t.has_zone || !ama__date_valid(c, &t.date) ||
        !ama__ticks_of_date(b->axis, &t.date, out))
        return ama__fail(b->ctx, AMA_ERR_ARG, "origin \"%s\" is not start_day, start, epoch, end, end_day or a date",
                         b->r->origin);
    return AMA_OK;
}

/* Fixed lengths: edges stand at whole steps from the origin. __int128 keeps the arithmetic safe at the ends of time. */
static ama_status anchored_range(const binner *b, __int128 step, __int128 *lo, __int128 *hi) {
    const char *o = b->r->origin;
    int64_t per_day = ama__ticks_per_day(b->axis), given, shift = 0;
    __int128 first = b->first, last = b->last, origin = 0;
    if (!o || is(o, "start_day")) {
        origin = first - ama__floor_mod(b->first, per_day);
    } else if (is(o, "start")) {
        origin = first;
    } else if (is(o, "end") || is(o, "end_day")) {
        __int128 top = last;
        if (is(o, "end_day")) top += ama__floor_mod(-ama__floor_mod(b->last, per_day), per_day);
        __int128 steps = (top - first) / step + (b->closed_right ? 0 : 1);
        first = origin = top - steps * step;
    } else if (!is(o, "epoch")) {
        AMA_TRY(origin_date(b, &given));
        origin = given;
    }
    if (b->r->offset) {
        AMA_TRY(ama__offset_parse_duration(b->ctx, b->r->offset, &shift));
        origin += ama__floor_div(shift, AMA_NS_PER_S / ama__timeaxis_ticks_per_s(b->axis));
    }
    __int128 below = (first - origin) % step, above = (last - origin) % step;
    if (below < 0) below += step;
    if (above < 0) above += step;
    *lo = below > 0 ? first - below : b->closed_right ? first - step : first;
    *hi = above > 0 ? last + (step - above) : b->closed_right ? last : last + step;
    return AMA_OK;
}

static ama_status anchored_edges(binner *b) {
    __int128 lo, hi, step = (__int128)b->freq.n * b->freq.unit_ns;
    int64_t ns_per_tick = AMA_NS_PER_S / ama__timeaxis_ticks_per_s(b->axis);
    if (step % ns_per_tick != 0)
        return ama__fail(b->ctx, AMA_ERR_UNSUPPORTED, "frequency \"%s\" is finer than the times' microseconds",
                         b->r->freq);
    step /= ns_per_tick;
    AMA_TRY(anchored_range(b, step, &lo, &hi));
    if (lo <= INT64_MIN || hi > INT64_MAX)
        return ama__fail(b->ctx, AMA_ERR_ARG, "frequency \"%s\": bins reach beyond the times that exist", b->r->freq);
    if ((hi - lo) / step >= MAX_BINS)
        return ama__fail(b->ctx, AMA_ERR_ARG, "frequency \"%s\" makes more than %lld bins", b->r->freq,
                         (long long)MAX_BINS);
    b->n_edges = (int64_t)((hi - lo) / step) + 1;
    AMA_NEW(b->arena, b->edges, b->n_edges);
    for (int64_t i = 0; i < b->n_edges; i++) b->edges[i] = (int64_t)(lo + i * step);
    b->marks = b->edges;
    return AMA_OK;
}

/* Calendar steps over days: first counted, then kept. */
static ama_status calendar_edges(binner *b) {
    ama__calendar c = ama__ticks_calendar(b->axis);
    int64_t lo, hi, rest;
    ama__ticks_split(b->axis, b->first, &lo, &rest);
    ama__ticks_split(b->axis, b->last, &hi, &rest);
    lo = b->closed_right ? ama__offset_add(&b->freq, c, lo, -1) : ama__offset_roll_back(&b->freq, c, lo);
    hi = ama__offset_add(&b->freq, c, hi, 1);
    b->n_edges = 0;
    for (int64_t day = lo; day <= hi; day = ama__offset_add(&b->freq, c, day, 1))
        if (++b->n_edges > MAX_BINS)
            return ama__fail(b->ctx, AMA_ERR_ARG, "frequency \"%s\" makes more than %lld bins", b->r->freq,
                             (long long)MAX_BINS);
    AMA_NEW(b->arena, b->marks, b->n_edges);
    int64_t day = lo;
    for (int64_t i = 0; i < b->n_edges; i++, day = ama__offset_add(&b->freq, c, day, 1))
        if (!ama__ticks_join(b->axis, day, 0, &b->marks[i]))
            return ama__fail(b->ctx, AMA_ERR_ARG, "frequency \"%s\": bins reach beyond the times that exist",
                             b->r->freq);
    b->edges = b->marks;
    return AMA_OK;
}

/* Period ends stand at midnight but mean the whole day: closed on the right, the edge is the day's last tick. */
static ama_status adjust_edges(binner *b) {
    if (!ends_period(b)) return AMA_OK;
    if (b->closed_right) {
        AMA_NEW(b->arena, b->edges, b->n_edges);
        for (int64_t i = 0; i < b->n_edges; i++)
            if (__builtin_add_overflow(b->marks[i], ama__ticks_per_day(b->axis) - 1, &b->edges[i]))
                b->edges[i] = INT64_MAX;
    }
    if (b->n_edges > 2 && b->edges[b->n_edges - 2] > b->last) b->n_edges--;
    return AMA_OK;
}

static ama_status assign(const binner *b, int64_t n, const int64_t *ticks, int64_t *n_bins, int64_t **labels,
                         int64_t **bin) {
    int64_t m = b->n_edges - 1, j = 0;
    if (m < 1 || b->edges[0] > b->first || b->edges[m] < b->last)
        return ama__fail(b->ctx, AMA_ERR_ARG,
                         "resample \"%s\": with this origin and offset some times fall outside the bins", b->r->freq);
    AMA_NEW(b->arena, *bin, n);
    for (int64_t i = 0; i < n; i++) {
        while (j < m - 1 && (b->closed_right ? ticks[i] > b->edges[j + 1] : ticks[i] >= b->edges[j + 1])) j++;
        (*bin)[i] = j;
    }
    *labels = b->marks + (b->label_right ? 1 : 0);
    *n_bins = m;
    return AMA_OK;
}

static ama_status check_axis(ama_ctx *ctx, int64_t n, const int64_t *ticks) {
    for (int64_t i = 0; i < n; i++) {
        if (ticks[i] == AMA_NAT) return ama__fail(ctx, AMA_ERR_ARG, "resample: the time axis has a missing time (NaT)");
        if (i > 0 && ticks[i] < ticks[i - 1])
            return ama__fail(ctx, AMA_ERR_ARG, "resample: the time axis must increase; sort it first (sortby)");
    }
    return AMA_OK;
}

ama_status ama__resample_bins(ama__arena *arena, const ama__timeaxis *axis, const ama__resample *r, int64_t n,
                              const int64_t *ticks, int64_t *n_bins, int64_t **labels, int64_t **bin) {
    binner b = {.arena = arena, .ctx = ama__arena_ctx(arena), .axis = axis, .r = r};
    *n_bins = 0;
    *labels = *bin = NULL;
    AMA_TRY(ama__offset_parse(b.ctx, r->freq, &b.freq));
    b.anchored = b.freq.kind == AMA_OFFSET_TICK || (b.freq.kind == AMA_OFFSET_DAY && axis->datetime64);
    AMA_TRY(choose_sides(&b));
    AMA_TRY(check_axis(b.ctx, n, ticks));
    if (n == 0) return AMA_OK;
    b.first = ticks[0];
    b.last = ticks[n - 1];
    AMA_TRY(b.anchored ? anchored_edges(&b) : calendar_edges(&b));
    AMA_TRY(adjust_edges(&b));
    return assign(&b, n, ticks, n_bins, labels, bin);
}
