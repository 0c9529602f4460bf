/* Objects to try labelled operations on, an evaluator of nodes in plain loops, and objects as text, which
 * make_graph_golden.py writes of xarray's in the same form. */
#ifndef AMA_TESTS_GRAPH_TEST_H
#define AMA_TESTS_GRAPH_TEST_H

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"

#include "base/text.h"
#include "graph/labels.h"

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        ama_status s_ = (call);                                                                                        \
        if (s_ != AMA_OK) fail_msg("%s: %s", #call, ama__error_text(g->ctx));                                          \
    } while (0)

typedef struct world {
    ama__graph graph;
    ama__object tas, n, ds, cf; /* as build() of make_graph_golden.py makes them */
} world;

/* ---- evaluation */

static ama__node *materialize(ama__graph *g, ama__node *n);

static void reduce_cell(const ama__reduce_spec *s, const double *x, int64_t n, double *out) {
    double sum = 0, prod = 1, m2 = 0, first = NAN, last = NAN, lo = NAN, hi = NAN;
    int64_t seen = 0;
    bool nan = false, any = false, all = true;
    for (int64_t i = 0; i < n; i++) {
        any = any || x[i] != 0;
        all = all && x[i] != 0;
        if (isnan(x[i])) nan = true;
        if (isnan(x[i]) && s->skipna) continue;
        if (isnan(x[i]) && s->op == AMA_RED_COUNT) continue;
        if (seen++ == 0) first = lo = hi = x[i];
        last = x[i];
        sum += x[i];
        prod *= x[i];
        if (x[i] < lo) lo = x[i];
        if (x[i] > hi) hi = x[i];
    }
    for (int64_t i = 0; i < n; i++)
        if (!isnan(x[i])) m2 += (x[i] - sum / (double)seen) * (x[i] - sum / (double)seen);
    bool bad = nan && !s->skipna;
    switch (s->op) {
    case AMA_RED_SUM: *out = sum; break;
    case AMA_RED_PROD: *out = prod; break;
    case AMA_RED_MEAN: *out = sum / (double)seen; break;
    case AMA_RED_VAR: *out = m2 / (double)(seen - s->ddof); break;
    case AMA_RED_STD: *out = sqrt(m2 / (double)(seen - s->ddof)); break;
    case AMA_RED_MIN: *out = lo; break;
    case AMA_RED_MAX: *out = hi; break;
    case AMA_RED_COUNT: *out = (double)seen; break;
    case AMA_RED_ANY: *out = any; break;
    case AMA_RED_ALL: *out = all; break;
    case AMA_RED_FIRST: *out = first; break;
    default: *out = last; break;
    }
    if (bad && s->op <= AMA_RED_MAX) *out = NAN;
    if ((s->op == AMA_RED_SUM || s->op == AMA_RED_PROD) && s->min_count > 0 && seen < s->min_count) *out = NAN;
    if (s->empty_nan && n == 0) *out = NAN;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median, and quantiles by "linear" and "lower", of x[0..n), which is changed. */
static void quantile_cell(const ama__reduce_spec *s, double *x, int64_t n, double q, double *out) {
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(x[i])) x[m++] = x[i];
    *out = NAN;
    if (m == 0 || (m < n && !s->skipna)) return;
    qsort(x, (size_t)m, sizeof *x, by_value);
    double v = (double)(m - 1) * q, low = floor(v);
    bool lower = s->op == AMA_RED_QUANTILE && s->method == AMA_QUANTILE_LOWER;
    int64_t k = (int64_t)low, next = k + 1 < m ? k + 1 : k;
    *out = lower ? x[k] : x[k] + (x[next] - x[k]) * (v - low);
}

static ama__node *reduce(ama__graph *g, const ama__node *n) {
    const ama__node *in = materialize(g, n->u.reduce.in);
    const ama__reduce_spec *s = &n->u.reduce.spec;
    int64_t size, n_out, stride[AMA_MAX_DIMS], idx[AMA_MAX_DIMS] = {0};
    int axis[AMA_MAX_DIMS], k = 0;
    ama__node *out;
    assert_true(ama__shape_size(in->ndim, in->shape, &size) && ama__shape_size(n->ndim, n->shape, &n_out));
    ama__shape_strides(n->ndim, n->shape, stride);
    for (int a = 0; a < in->ndim; a++) axis[a] = s->reduced[a] && a != s->label_axis ? -1 : k++;
    double *x = calloc((size_t)(size * n_out) + 1, sizeof *x);
    int64_t *count = calloc((size_t)n_out + 1, sizeof *count);
    for (int64_t i = 0; i < size; i++) {
        int64_t at = 0;
        for (int a = 0; a < in->ndim && at >= 0; a++) {
            int64_t p = a == s->label_axis ? s->label[idx[a]] : idx[a];
            at = p < 0 ? -1 : axis[a] < 0 ? at : at + p * stride[axis[a]];
        }
        if (at >= 0) x[at * size + count[at]++] = ama__dtype_get_f8(in->dtype, in->u.constant.data, i);
        ama__index_next(in->ndim, in->shape, idx);
    }
    char *data = calloc((size_t)n_out + 1, 8);
    int64_t n_q = s->op == AMA_RED_QUANTILE ? s->n_q : 1; /* values were put at a cell's first q */
    double *again = calloc((size_t)size + 1, sizeof *again);
    for (int64_t i = 0; i < n_out; i++) {
        double y;
        int64_t cell = i / n_q * n_q;
        memcpy(again, x + cell * size, (size_t)size * sizeof *x);
        if (ama__red_collects(s->op))
            quantile_cell(s, again, count[cell], s->op == AMA_RED_QUANTILE ? s->q[i % n_q] : 0.5, &y);
        else
            reduce_cell(s, x + i * size, count[i], &y);
        ama__dtype_set_f8(n->dtype, data, i, y);
    }
    free(again);
    OK(ama__node_const(g, n->dtype, n->ndim, n->shape, data, true, &out));
    free(x);
    free(count);
    free(data);
    return out;
}

static ama__node *materialize(ama__graph *g, ama__node *n) {
    ama__node copy = *n, *out;
    if (n->kind == AMA_NODE_CONST) return n;
    if (n->kind == AMA_NODE_REDUCE) return reduce(g, n);
    if (n->kind == AMA_NODE_WINDOW)
        copy.u.window.in = materialize(g, n->u.window.in);
    else if (n->kind == AMA_NODE_INDEX)
        copy.u.index.in = materialize(g, n->u.index.in);
    else
        for (int k = 0; k < n->u.map.n_in; k++) copy.u.map.in[k] = materialize(g, n->u.map.in[k]);
    OK(ama__labels_eval_const(g, NULL, &copy, "a test's array", &out));
    return out;
}

/* ---- text */

static void print_variable(ama__graph *g, ama__text *t, const char *name, const ama__variable *v) {
    ama__variable w = *v;
    int64_t n;
    w.node = materialize(g, v->node);
    const char *dtype = v->time ? "time" : w.node->dtype == AMA_STRING ? "str" : ama__dtype_name(w.node->dtype);
    ama__text_printf(t, "%s(", name ? name : "None");
    for (int a = 0; a < v->ndim; a++) ama__text_printf(t, "%s%s=%" PRId64, a ? "," : "", v->dim[a], w.node->shape[a]);
    ama__text_printf(t, ") %s", dtype);
    ama__shape_size(w.ndim, w.node->shape, &n);
    assert_int_equal(w.ndim, w.node->ndim);
    for (int64_t i = 0; i < n; i++) {
        ama__label l = ama__labels_get(&w, i);
        char buf[64];
        if (l.kind == AMA_LABEL_TICK)
            ama__text_printf(t, " %s", ama__time_print(v->time, l.i8, buf, sizeof buf));
        else if (l.kind == AMA_LABEL_TEXT)
            ama__text_printf(t, " %s", l.text);
        else if (l.kind == AMA_LABEL_FLOAT && isnan(l.f8))
            ama__text_add(t, " nan");
        else
            ama__text_printf(t, " %.7g", l.kind == AMA_LABEL_FLOAT ? l.f8 + 0.0 : (double)l.i8);
    }
    for (int i = 0; i < v->attrs.n; i++)
        ama__text_printf(t, " %s:%s", v->attrs.a[i].name, (const char *)v->attrs.a[i].data);
    ama__text_add(t, "\n");
}

static char *print_object(ama__graph *g, const ama__object *o) {
    ama__text t;
    ama__text_init(&t, g->ctx);
    for (int i = 0; i < o->ds.n_vars; i++)
        print_variable(g, &t, o->is_dataset ? o->ds.var[i].name : o->name, o->ds.var[i].var);
    ama__text_add(&t, "-\n");
    for (int i = 0; i < o->ds.n_coords; i++) print_variable(g, &t, o->ds.coord[i].name, o->ds.coord[i].var);
    for (int i = 0; o->is_dataset && i < o->ds.attrs.n; i++)
        ama__text_printf(&t, "%s:%s\n", o->ds.attrs.a[i].name, (const char *)o->ds.attrs.a[i].data);
    char *s = strdup(ama__text_get(&t));
    ama__text_fini(&t);
    return s;
}

/* ---- the world */

static ama__variable *variable(ama__graph *g, ama_dtype t, int ndim, const char *const *dim, const int64_t *shape,
                               const void *data) {
    ama__node *n;
    ama__variable *v;
    OK(ama__node_const(g, t, ndim, shape, data, true, &n));
    OK(ama__variable_new(g, dim, n, &v));
    return v;
}

static void set_text(ama__graph *g, ama__attrs *a, const char *name, const char *text) {
    OK(ama__attrs_set_text(g->arena, a, name, text));
}

static void build_tas(ama__graph *g, ama__object *out) {
    static const char *const dims[] = {"time", "lat", "lon"};
    static const char *const text[] = {"a", "b", "c", "a", "b", "a"};
    static const ama__timeaxis axis = {AMA_CAL_PROLEPTIC_GREGORIAN, true};
    const int64_t shape[] = {6, 3, 4}, day = INT64_C(86400000000000);
    float x[72];
    double lat[] = {30, 10, -20}, height = 2;
    int64_t time[6], lon[] = {0, 90, 180, 270};
    int32_t lsm[12];
    ama__named c[6];
    for (int i = 0; i < 72; i++) x[i] = i % 11 == 5 ? NAN : (float)(i * i % 23) * 0.5f - 3;
    for (int i = 0; i < 12; i++) lsm[i] = i % 3;
    for (int i = 0; i < 6; i++) time[i] = (10984 + 12 * i) * day; /* from 2000-01-28, every 12 days */
    c[0] = (ama__named){"time", variable(g, AMA_I8, 1, dims, shape, time)};
    c[0].var->time = &axis;
    c[1] = (ama__named){"lat", variable(g, AMA_F8, 1, dims + 1, shape + 1, lat)};
    set_text(g, &c[1].var->attrs, "units", "degrees_north");
    c[2] = (ama__named){"lon", variable(g, AMA_I8, 1, dims + 2, shape + 2, lon)};
    c[3] = (ama__named){"height", variable(g, AMA_F8, 0, NULL, NULL, &height)};
    c[4] = (ama__named){"lsm", variable(g, AMA_I4, 2, dims + 1, shape + 1, lsm)};
    c[5] = (ama__named){"kind", variable(g, AMA_STRING, 1, dims, shape, text)};
    ama__variable *v = variable(g, AMA_F4, 3, dims, shape, x);
    set_text(g, &v->attrs, "units", "K");
    set_text(g, &v->attrs, "model", "A");
    OK(ama__object_from_array(g, "tas", v, 6, c, out));
}

static void build_n(ama__graph *g, ama__object *out) {
    static const char *const dims[] = {"lon", "lat"};
    const int64_t shape[] = {3, 3}, lon[] = {270, 90, 0};
    const double lat[] = {30, 10, -20}, height = 10;
    int16_t x[9];
    ama__named c[3];
    for (int i = 0; i < 9; i++) x[i] = (int16_t)(i + 1);
    c[0] = (ama__named){"lon", variable(g, AMA_I8, 1, dims, shape, lon)};
    c[1] = (ama__named){"lat", variable(g, AMA_F8, 1, dims + 1, shape + 1, lat)};
    c[2] = (ama__named){"height", variable(g, AMA_F8, 0, NULL, NULL, &height)};
    ama__variable *v = variable(g, AMA_I2, 2, dims, shape, x);
    set_text(g, &v->attrs, "units", "1");
    set_text(g, &v->attrs, "model", "A");
    OK(ama__object_from_array(g, "n", v, 3, c, out));
}

/* tas and n as far as their labels agree, a text, a scalar. */
static void build_ds(ama__graph *g, const ama__object *tas, ama__object *out) {
    static const char *const lat[] = {"lat"};
    static const char *const names[] = {"north", "tropics", "south"};
    const int64_t three = 3, weight[] = {1, 2, 3}, five = 5;
    OK(ama__object_copy(g, tas, out));
    out->is_dataset = true;
    out->name = NULL;
    OK(ama__named_set(g, &out->ds.n_vars, &out->ds.var, "w", variable(g, AMA_I8, 1, lat, &three, weight)));
    OK(ama__named_set(g, &out->ds.n_vars, &out->ds.var, "zone", variable(g, AMA_STRING, 1, lat, &three, names)));
    OK(ama__named_set(g, &out->ds.n_vars, &out->ds.var, "five", variable(g, AMA_I8, 0, NULL, NULL, &five)));
    set_text(g, &out->ds.attrs, "title", "T");
}

/* 24 months of a year of 365 days, on the 16th at noon. */
static void build_cf(ama__graph *g, ama__object *out) {
    static const char *const dims[] = {"time"};
    static const ama__timeaxis axis = {AMA_CAL_NOLEAP, false};
    const int64_t n = 24;
    int64_t time[24];
    double x[24];
    for (int i = 0; i < 24; i++) {
        x[i] = i;
        time[i] = ama__calendar_days(AMA_CAL_NOLEAP, 2000 + i / 12, i % 12 + 1, 16) * INT64_C(86400000000) +
                  INT64_C(43200000000);
    }
    ama__named c = {"time", variable(g, AMA_I8, 1, dims, &n, time)};
    c.var->time = &axis;
    OK(ama__object_from_array(g, "cf", variable(g, AMA_F8, 1, dims, &n, x), 1, &c, out));
}

static int world_setup(void **state) {
    world *w = calloc(1, sizeof *w);
    ama__graph *g = &w->graph;
    g->ctx = ama__ctx_create();
    OK(ama__arena_create(g->ctx, &g->arena));
    build_tas(g, &w->tas);
    build_n(g, &w->n);
    build_ds(g, &w->tas, &w->ds);
    build_cf(g, &w->cf);
    *state = w;
    return 0;
}

static int world_teardown(void **state) {
    world *w = *state;
    ama__arena_destroy(&w->graph.arena);
    ama__ctx_destroy(&w->graph.ctx);
    free(w);
    return 0;
}

/* ---- cases */

typedef struct golden {
    const char *name, *text;
} golden;

typedef ama_status case_fn(world *w, ama__object *out);
typedef struct graph_case {
    const char *name;
    case_fn *fn;
} graph_case;

/* Each case's result as text must be xarray's; where xarray fails ("error"), so must the case, with a text. */
static void run_cases(world *w, int n, const graph_case *c, int n_golden, const golden *expected) {
    ama__graph *g = &w->graph;
    int bad = 0;
    for (int i = 0; i < n; i++) {
        ama__object out;
        const char *want = NULL;
        for (int k = 0; k < n_golden; k++)
            if (strcmp(expected[k].name, c[i].name) == 0) want = expected[k].text;
        if (!want) fail_msg("no expectation for %s", c[i].name);
        ama_status s = c[i].fn(w, &out);
        char *got = s == AMA_OK ? print_object(g, &out) : strdup("error\n");
        if (s != AMA_OK && strcmp(want, got) != 0) printf("%s: %s\n", c[i].name, ama__error_text(g->ctx));
        if (s != AMA_OK) assert_true(strlen(ama__error_text(g->ctx)) > 10);
        if (getenv("AMA_SHOW_ERRORS") && s != AMA_OK) printf("%s: %s\n", c[i].name, ama__error_text(g->ctx));
        ama__error_clear(g->ctx);
        if (strcmp(want, got) != 0) {
            printf("%s: got\n%sxarray has\n%s", c[i].name, got, want);
            bad++;
        }
        free(got);
    }
    assert_int_equal(bad, 0);
}

#endif
