#include "kernel/window.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

/* Accumulated values of a run of cells. */
typedef struct planes {
    void *v; /* double, or int64_t for sums, products and extremes of integers */
    double *m2, *n;
} planes;

static bool v_is_int(const ama__window *w) {
    bool real = ama__dtype_is_float(w->dtype);
    return !real && (w->op == AMA_RED_SUM || w->op == AMA_RED_PROD || w->op == AMA_RED_MIN || w->op == AMA_RED_MAX);
}

static bool is_var(const ama__window *w) {
    return w->op == AMA_RED_VAR || w->op == AMA_RED_STD;
}

static int n_planes(const ama__window *w) {
    return w->op == AMA_RED_COUNT ? 1 : is_var(w) ? 3 : 2;
}

static planes planes_at(const ama__window *w, void *mem, int64_t row, int64_t cells) {
    double *p = (double *)mem + row * cells * n_planes(w);
    planes s = {.n = p};
    if (w->op != AMA_RED_COUNT) s.v = p + cells;
    if (is_var(w)) s.m2 = p + 2 * cells;
    return s;
}

static void planes_init(const ama__window *w, const planes *s, int64_t cells) {
    bool wide = w->dtype == AMA_U8; /* the bits of the largest and smallest uint64 */
    int64_t least = wide ? 0 : INT64_MIN, most = wide ? -1 : INT64_MAX;
    int64_t k = w->op == AMA_RED_PROD ? 1 : w->op == AMA_RED_MIN ? most : w->op == AMA_RED_MAX ? least : 0;
    double x = w->op == AMA_RED_PROD ? 1.0 : w->op == AMA_RED_MIN ? INFINITY : w->op == AMA_RED_MAX ? -INFINITY : 0.0;
    for (int64_t i = 0; i < cells; i++) s->n[i] = 0.0;
    for (int64_t i = 0; s->m2 && i < cells; i++) s->m2[i] = 0.0;
    if (s->v && v_is_int(w))
        for (int64_t i = 0; i < cells; i++) ((int64_t *)s->v)[i] = k;
    else if (s->v)
        for (int64_t i = 0; i < cells; i++) ((double *)s->v)[i] = x;
}

/* ---- one value of each cell more */

#define T float
#define V double
#define W double
#define NAME(x) x##_f4
#define VALID(x) ((x) == (x))
#define NAN_WINS 1
#include "kernel/window.inc"
#undef T
#undef NAME

#define T double
#define NAME(x) x##_f8
#include "kernel/window.inc"
#undef T
#undef V
#undef W
#undef NAME
#undef VALID
#undef NAN_WINS

#define T int64_t
#define V int64_t
#define W uint64_t
#define NAME(x) x##_i8
#define VALID(x) ((void)(x), true)
#define NAN_WINS 0
#include "kernel/window.inc"
#undef T
#undef NAME

#define T uint8_t
#define NAME(x) x##_b
#include "kernel/window.inc"
#undef T
#undef V
#undef NAME

#define T uint64_t
#define V uint64_t
#define NAME(x) x##_u8
#include "kernel/window.inc"
#undef T
#undef V
#undef W
#undef NAME
#undef VALID
#undef NAN_WINS

static void step(const ama__window *w, int64_t cells, const void *x, const planes *s, const planes *to) {
    switch (w->dtype) {
    case AMA_F4: step_f4(w, cells, x, s, to); break;
    case AMA_F8: step_f8(w, cells, x, s, to); break;
    case AMA_U8: step_u8(w, cells, x, s, to); break;
    case AMA_BOOL: step_b(w, cells, x, s, to); break;
    default: step_i8(w, cells, x, s, to); break;
    }
}

/* ---- joining the end of a block with the beginning of the next, in strips of cells */

enum { STRIP = 256 };

typedef struct strip {
    double f[STRIP], n[STRIP];
    int64_t i[STRIP];
} strip;

static void join_f8(ama__red op, int64_t cells, const double *a, const double *b, double *out) {
#define LOOP(EXPR)                                                                                                     \
    for (int64_t i = 0; i < cells; i++) out[i] = (EXPR);                                                               \
    break
    switch (op) {
    case AMA_RED_PROD: LOOP(a[i] * b[i]);
    case AMA_RED_MIN: LOOP(b[i] < a[i] || b[i] != b[i] ? b[i] : a[i]);
    case AMA_RED_MAX: LOOP(b[i] > a[i] || b[i] != b[i] ? b[i] : a[i]);
    default: LOOP(a[i] + b[i]);
    }
}

static void join_i8(const ama__window *w, int64_t cells, const int64_t *a, const int64_t *b, int64_t *out) {
    const int64_t flip = w->dtype == AMA_U8 ? INT64_MIN : 0; /* makes unsigned order signed */
    switch (w->op) {
    case AMA_RED_PROD: LOOP((int64_t)((uint64_t)a[i] * (uint64_t)b[i]));
    case AMA_RED_MIN: LOOP((b[i] ^ flip) < (a[i] ^ flip) ? b[i] : a[i]);
    case AMA_RED_MAX: LOOP((b[i] ^ flip) > (a[i] ^ flip) ? b[i] : a[i]);
    default: LOOP((int64_t)((uint64_t)a[i] + (uint64_t)b[i]));
    }
#undef LOOP
}

/* Sum of squared deviations of both. */
static void join_var(int64_t cells, const planes *a, const planes *b, double *out) {
    const double *am = a->v, *bm = b->v;
    for (int64_t i = 0; i < cells; i++) {
        double n = a->n[i] + b->n[i], delta = bm[i] - am[i];
        double both = a->m2[i] + b->m2[i] + delta * delta * (a->n[i] * b->n[i] / (n > 0 ? n : 1.0));
        out[i] = b->n[i] == 0 ? a->m2[i] : a->n[i] == 0 ? b->m2[i] : both;
    }
}

static planes planes_from(const planes *s, int64_t first) {
    planes p = {.n = s->n + first};
    if (s->v) p.v = (double *)s->v + first;
    if (s->m2) p.m2 = s->m2 + first;
    return p;
}

/* The accumulated values of a window: those of a, of b (where the other is NULL), or of both. */
static void join(const ama__window *w, int64_t cells, const planes *a, const planes *b, strip *out) {
    const planes *one = a ? a : b;
    bool both = a && b;
    for (int64_t i = 0; i < cells; i++) out->n[i] = both ? a->n[i] + b->n[i] : one->n[i];
    if (w->op == AMA_RED_COUNT) return;
    if (is_var(w)) {
        if (both)
            join_var(cells, a, b, out->f);
        else
            memcpy(out->f, one->m2, (size_t)cells * 8);
    } else if (v_is_int(w)) {
        if (both)
            join_i8(w, cells, a->v, b->v, out->i);
        else
            memcpy(out->i, one->v, (size_t)cells * 8);
    } else {
        if (both)
            join_f8(w->op, cells, a->v, b->v, out->f);
        else
            memcpy(out->f, one->v, (size_t)cells * 8);
    }
}

/* ---- results */

/* Values that a result needs: fewer give NaN. */
static double least_count(const ama__window *w) {
    double least = (double)w->min_count, own = 0.0;
    if (w->op == AMA_RED_MEAN || w->op == AMA_RED_MIN || w->op == AMA_RED_MAX) own = 1.0;
    if (is_var(w)) own = w->ddof + 1.0;
    return own > least ? own : least;
}

static void finish_f8(const ama__window *w, int64_t cells, double *f, const double *n) {
    double least = least_count(w), ddof = w->ddof;
    if (w->op == AMA_RED_MEAN)
        for (int64_t i = 0; i < cells; i++) f[i] /= n[i];
    if (is_var(w))
        for (int64_t i = 0; i < cells; i++) f[i] /= n[i] - ddof;
    if (w->op == AMA_RED_STD)
        for (int64_t i = 0; i < cells; i++) f[i] = sqrt(f[i]);
    if (w->op == AMA_RED_COUNT)
        for (int64_t i = 0; i < cells; i++) f[i] = n[i];
    for (int64_t i = 0; i < cells; i++) f[i] = n[i] >= least && f[i] == f[i] ? f[i] : NAN; /* one NaN */
}

static void finish(const ama__window *w, int64_t cells, strip *s, void *out) {
    ama_dtype sums = ama__dtype_kind(w->dtype) == 'u' ? AMA_U8 : AMA_I8;
    if (ama__dtype_is_float(w->out)) {
        if (v_is_int(w)) ama__convert_run(sums, AMA_F8, cells, s->i, s->f);
        finish_f8(w, cells, s->f, s->n);
        ama__convert_run(AMA_F8, w->out, cells, s->f, out);
    } else if (v_is_int(w)) {
        ama__convert_run(sums, w->out, cells, s->i, out);
    } else {
        finish_f8(w, cells, s->f, s->n);
        ama__convert_run(AMA_F8, w->out, cells, s->f, out);
    }
}

/* Sums and means of both in one loop: what join and finish give. */
#define PUT_SUMS(T)                                                                                                    \
    static void put_sums_##T(const ama__window *w, int64_t cells, const planes *a, const planes *b, T *restrict out) { \
        const double *av = a->v, *bv = b->v, *an = a->n, *bn = b->n, least = least_count(w);                           \
        const bool mean = w->op == AMA_RED_MEAN;                                                                       \
        for (int64_t i = 0; i < cells; i++) {                                                                          \
            double n = an[i] + bn[i], sum = av[i] + bv[i], f = mean ? sum / n : sum;                                   \
            out[i] = (T)(n >= least && f == f ? f : NAN);                                                              \
        }                                                                                                              \
    }
PUT_SUMS(float)
PUT_SUMS(double)

static bool is_float_sum(const ama__window *w) {
    return (w->op == AMA_RED_MEAN || w->op == AMA_RED_SUM) && !v_is_int(w) && ama__dtype_is_float(w->out);
}

static void put(const ama__window *w, int64_t cells, const planes *end, const planes *begin, void *out) {
    size_t size = ama__class_bytes(ama__class_of(w->out));
    if (end && begin && is_float_sum(w)) {
        if (w->out == AMA_F4)
            put_sums_float(w, cells, end, begin, (float *)out);
        else
            put_sums_double(w, cells, end, begin, (double *)out);
        return;
    }
    for (int64_t i = 0; i < cells; i += STRIP) {
        strip s;
        int64_t n = cells - i < STRIP ? cells - i : STRIP;
        planes a = {0}, b = {0};
        if (end) a = planes_from(end, i);
        if (begin) b = planes_from(begin, i);
        join(w, n, end ? &a : NULL, begin ? &b : NULL, &s);
        finish(w, n, &s, (char *)out + (size_t)i * size);
    }
}

/* ---- the axis */

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

size_t ama__window_work_bytes(const ama__window *w, int64_t n, int64_t cells) {
    if (w->op == AMA_RED_MEDIAN) return ama__window_median_bytes(w);
    int64_t rows = ama__min_i8(n, w->width) + 2; /* ends of a block, its beginning, and nothing */
    return (size_t)(rows * cells * n_planes(w)) * 8;
}

/* Outputs [first, last] whose windows begin in the block that ends before index `next`. */
typedef struct group {
    int64_t first, last, next;
} group;

static const void *input(const ama__window *w, const ama__window_run *r, int64_t index) {
    size_t size = ama__class_bytes(ama__class_of(w->dtype));
    return (const char *)r->x + (size_t)((index - r->in_first) * r->cells) * size;
}

/* The ends of the block from each index in [from, to] on, as rows 2, 3, …: row 0 holds nothing. */
static void make_ends(const ama__window *w, const ama__window_run *r, const group *g, int64_t from, int64_t to) {
    const planes none = planes_at(w, r->work, 0, r->cells);
    planes before = none;
    for (int64_t a = ama__min_i8(g->next, w->extent) - 1; a >= from; a--) {
        planes row = planes_at(w, r->work, 2 + ama__min_i8(a, to) - from, r->cells);
        step(w, r->cells, input(w, r, a), &before, &row);
        before = row;
    }
}

static void run_group(const ama__window *w, const ama__window_run *r, const group *g) {
    int64_t from = ama__max_i8(g->first - w->lo, 0), next = g->next;
    const planes begin = planes_at(w, r->work, 1, r->cells);
    bool ends = g->next > 0, begun = false;
    size_t size = ama__class_bytes(ama__class_of(w->out));
    planes_init(w, &begin, r->cells);
    if (ends) make_ends(w, r, g, from, g->last - w->lo);
    for (int64_t i = g->first; i <= g->last; i++) {
        int64_t stop = ama__min_i8(i - w->lo + w->width, w->extent);
        planes end = planes_at(w, r->work, ends ? 2 + i - w->lo - from : 0, r->cells);
        for (; next < stop; next++, begun = true) step(w, r->cells, input(w, r, next), &begin, &begin);
        char *out = (char *)r->out + (size_t)((i - r->first) * r->out_stride) * size;
        put(w, r->cells, ends ? &end : NULL, begun || !ends ? &begin : NULL, out);
    }
}

void ama__window_reduce(const ama__window *w, const ama__window_run *r) {
    if (w->op == AMA_RED_MEDIAN) {
        ama__window_median(w, r);
        return;
    }
    const planes none = planes_at(w, r->work, 0, r->cells);
    planes_init(w, &none, r->cells);
    for (int64_t i = r->first; i < r->first + r->n;) {
        int64_t block = floor_div(i - w->lo, w->width), next = (block + 1) * w->width;
        group g = {i, ama__min_i8(next - 1 + w->lo, r->first + r->n - 1), next};
        run_group(w, r, &g);
        i = g.last + 1;
    }
}
