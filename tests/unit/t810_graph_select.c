/* TEST: labels=unit
 * Selection by place and by label, components of times, against xarray. */
#include "graph_test.h"

#include "graph/dt.h"
#include "graph/select.h"

static const golden expected[] = {
#include "graph_golden_select.inc"
};

#define INT(x)                                                                                                         \
    { .kind = AMA_LABEL_INT, .i8 = (x) }
#define NUM(x)                                                                                                         \
    { .kind = AMA_LABEL_FLOAT, .f8 = (x) }
#define TEXT(s)                                                                                                        \
    { .kind = AMA_LABEL_TEXT, .text = (s) }
#define NONE                                                                                                           \
    { .kind = AMA_LABEL_NONE }
#define ONE(d, l)                                                                                                      \
    { .dim = d, .kind = AMA_SELECT_SCALAR, .scalar = l }
#define SLICE(d, a, b, c)                                                                                              \
    { .dim = d, .kind = AMA_SELECT_SLICE, .start = a, .stop = b, .step = c }
#define LIST(d, n_, ...)                                                                                               \
    {                                                                                                                  \
        .dim = d, .kind = AMA_SELECT_LIST, .n = n_, .list = (ama__label[]) {                                           \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
#define ARRAY(d, o)                                                                                                    \
    { .dim = d, .kind = AMA_SELECT_ARRAY, .array = o }

/* A case: method, object, selectors, options. */
#define CASE(NAME, HOW, WHAT, OPTIONS, ...)                                                                            \
    static ama_status NAME(world *w, ama__object *out) {                                                               \
        ama__selector s[] = {__VA_ARGS__};                                                                             \
        ama__sel_options o = OPTIONS;                                                                                  \
        return ama__object_##HOW(&w->graph, WHAT, (int)(sizeof s / sizeof *s), s, &o, out);                            \
    }
#define PLAIN                                                                                                          \
    { 0 }
#define METHOD(m)                                                                                                      \
    { .method = AMA_SEL_##m }

/* tas at the first of dims. */
static const ama__object *first(world *w, int n, const char *const *dim) {
    ama__graph *g = &w->graph;
    ama__selector s[2];
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    for (int i = 0; i < n; i++) s[i] = (ama__selector)ONE(dim[i], INT(0));
    OK(ama__object_isel(g, &w->tas, n, s, NULL, o));
    return o;
}
static const ama__object *series(world *w) {
    static const char *const dims[] = {"lat", "lon"};
    return first(w, 2, dims);
}
static const ama__object *row(world *w) {
    static const char *const dims[] = {"time", "lat"};
    return first(w, 2, dims);
}
static const ama__object *reversed(world *w, const ama__object *x) {
    ama__graph *g = &w->graph;
    ama__selector s = SLICE("time", NONE, NONE, INT(-1));
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    OK(ama__object_isel(g, x, 1, &s, NULL, o));
    return o;
}
static const ama__object *unordered(world *w) {
    ama__graph *g = &w->graph;
    ama__selector s = LIST("lon", 3, INT(1), INT(0), INT(2));
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    OK(ama__object_isel(g, &w->n, 1, &s, NULL, o));
    return o;
}
static const ama__object *no_labels(world *w) {
    ama__graph *g = &w->graph;
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    OK(ama__object_copy(g, &w->n, o));
    OK(ama__named_remove(g, &o->ds.n_coords, &o->ds.coord, "lat"));
    return o;
}
static const ama__object *array(world *w, ama_dtype t, const char *dim, int64_t n, const void *data) {
    ama__graph *g = &w->graph;
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    static const int64_t labels[] = {7, 8};
    ama__named c = {"p", NULL};
    bool has = strcmp(dim, "p") == 0 && t == AMA_I8;
    if (has) c.var = variable(g, AMA_I8, 1, &dim, &n, labels);
    OK(ama__object_from_array(g, NULL, variable(g, t, 1, &dim, &n, data), has, &c, o));
    return o;
}
static const ama__object *get(world *w, const ama__object *x, const char *name) {
    ama__graph *g = &w->graph;
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    OK(ama__object_get(g, NULL, x, name, o));
    return o;
}
static const ama__object *february(world *w) {
    ama__graph *g = &w->graph;
    const ama__object *m = get(w, &w->tas, "time.month");
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    uint8_t is[6];
    for (int i = 0; i < 6; i++) is[i] = ((const int64_t *)ama__object_var(m)->node->u.constant.data)[i] == 2;
    *o = *m;
    OK(ama__object_from_array(g, NULL, variable(g, AMA_BOOL, 1, (const char *const[]){"time"}, (int64_t[]){6}, is),
                              m->ds.n_coords, m->ds.coord, o));
    return o;
}
static const ama__object *north(world *w) {
    static const uint8_t is[] = {1, 1, 0};
    ama__graph *g = &w->graph;
    const ama__object *lat = get(w, &w->n, "lat");
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    OK(ama__object_from_array(g, "lat", variable(g, AMA_BOOL, 1, (const char *const[]){"lat"}, (int64_t[]){3}, is),
                              lat->ds.n_coords, lat->ds.coord, o));
    return o;
}

CASE(isel_int, isel, &w->tas, PLAIN, ONE("time", INT(-1)), ONE("lon", INT(1)))
CASE(isel_slice, isel, &w->tas, PLAIN, SLICE("time", INT(1), NONE, INT(2)), SLICE("lon", NONE, NONE, INT(-1)))
CASE(isel_list, isel, &w->tas, PLAIN, LIST("lat", 3, INT(2), INT(0), INT(-1)))
CASE(isel_bools, isel, &w->tas, PLAIN,
     {.dim = "lon", .kind = AMA_SELECT_BOOLS, .n = 4, .mask = (bool[]){true, false, false, true}})
CASE(isel_out, isel, &w->tas, PLAIN, ONE("lat", INT(3)))
CASE(isel_no_dim, isel, &w->tas, PLAIN, ONE("x", INT(3)))
CASE(isel_ignore, isel, &w->tas, {.missing_dims = AMA_MISSING_IGNORE}, ONE("x", INT(3)), ONE("lat", INT(1)))
CASE(isel_drop, isel, &w->tas, {.drop = true}, ONE("lat", INT(0)))
CASE(isel_array_same, isel, &w->n, PLAIN, ARRAY("lat", array(w, AMA_I8, "lat", 2, ((int64_t[]){2, 0}))))
CASE(isel_array_new, isel, &w->n, PLAIN, ARRAY("lat", array(w, AMA_I8, "p", 2, ((int64_t[]){2, 0}))))
CASE(isel_array_bool, isel, &w->n, PLAIN, ARRAY("lat", north(w)))
CASE(isel_empty, isel, &w->n, PLAIN, SLICE("lat", INT(2), INT(1), NONE))
CASE(isel_ds, isel, &w->ds, PLAIN, LIST("lat", 1, INT(1)), ONE("lon", INT(0)))
CASE(sel_number, sel, &w->n, PLAIN, ONE("lat", INT(10)), ONE("lon", INT(90)))
CASE(sel_missing, sel, &w->n, PLAIN, ONE("lat", INT(11)))
CASE(sel_missing_list, sel, &w->n, PLAIN, LIST("lat", 2, INT(10), INT(11)))
CASE(sel_text_on_number, sel, &w->n, PLAIN, ONE("lat", TEXT("x")))
CASE(sel_list, sel, &w->n, PLAIN, LIST("lat", 2, INT(-20), INT(30)), LIST("lon", 1, INT(0)))
CASE(sel_down, sel, &w->n, PLAIN, SLICE("lat", INT(30), INT(0), NONE))
CASE(sel_up_on_down, sel, &w->n, PLAIN, SLICE("lat", INT(0), INT(30), NONE))
CASE(sel_step, sel, row(w), PLAIN, SLICE("lon", INT(0), INT(270), INT(2)))
CASE(sel_reverse, sel, row(w), PLAIN, SLICE("lon", NONE, NONE, INT(-1)))
CASE(sel_nearest, sel, &w->n, METHOD(NEAREST), LIST("lat", 3, NUM(19.9), INT(20), INT(-100)))
CASE(sel_pad, sel, row(w), METHOD(PAD), LIST("lon", 3, INT(100), INT(90), INT(300)))
CASE(sel_backfill, sel, row(w), METHOD(BACKFILL), LIST("lon", 3, INT(100), INT(90), INT(1)))
CASE(sel_pad_none, sel, row(w), METHOD(PAD), ONE("lon", INT(-1)))
#define NEAR2                                                                                                          \
    { .method = AMA_SEL_NEAREST, .has_tolerance = true, .tolerance = 2 }
CASE(sel_tolerance, sel, row(w), NEAR2, LIST("lon", 1, INT(92)))
CASE(sel_too_far, sel, row(w), NEAR2, ONE("lon", INT(93)))
CASE(sel_method_slice, sel, &w->n, METHOD(NEAREST), SLICE("lat", INT(30), INT(0), NONE))
CASE(sel_no_dim, sel, &w->n, PLAIN, ONE("x", INT(1)))
CASE(sel_positional, sel, no_labels(w), PLAIN, ONE("lat", INT(1)))
CASE(sel_unordered, sel, unordered(w), PLAIN, SLICE("lon", INT(90), INT(270), NONE))
CASE(sel_unordered_gap, sel, unordered(w), PLAIN, SLICE("lon", INT(80), INT(270), NONE))
CASE(sel_month, sel, series(w), PLAIN, ONE("time", TEXT("2000-02")))
CASE(sel_year, sel, series(w), PLAIN, ONE("time", TEXT("2000")))
CASE(sel_no_year, sel, series(w), PLAIN, ONE("time", TEXT("2003")))
CASE(sel_day, sel, series(w), PLAIN, ONE("time", TEXT("2000-02-09")))
CASE(sel_no_day, sel, series(w), PLAIN, ONE("time", TEXT("2000-02-10")))
CASE(sel_dates, sel, series(w), PLAIN, LIST("time", 2, TEXT("2000-03-28"), TEXT("2000-02-09")))
CASE(sel_date_slice, sel, series(w), PLAIN, SLICE("time", TEXT("2000-02"), TEXT("2000-03-04"), NONE))
CASE(sel_date_open, sel, series(w), PLAIN, SLICE("time", NONE, TEXT("2000-02-20T23"), NONE))
CASE(sel_date_nearest, sel, series(w), METHOD(NEAREST), ONE("time", TEXT("2000-02-15")))
CASE(sel_cf_month, sel, &w->cf, PLAIN, ONE("time", TEXT("2001-02")))
CASE(sel_cf_slice, sel, &w->cf, PLAIN, SLICE("time", TEXT("2000-11"), TEXT("2001-02"), NONE))
CASE(sel_cf_down, sel, reversed(w, &w->cf), PLAIN, SLICE("time", TEXT("2001-02"), TEXT("2000-11"), NONE))
CASE(sel_cf_gap, sel, &w->cf, PLAIN, ONE("time", TEXT("2001-02-10")))
CASE(sel_cf_outside, sel, &w->cf, PLAIN, ONE("time", TEXT("2005")))
CASE(sel_down_dates, sel, reversed(w, &w->tas), PLAIN, SLICE("time", TEXT("2000-02"), TEXT("2000-01"), NONE))
CASE(sel_array_labels, sel, &w->n, PLAIN, ARRAY("lat", array(w, AMA_F8, "p", 2, ((double[]){-20, 10}))))
static ama_status sel_array_times(world *w, ama__object *out) {
    ama__selector two = ONE("time", INT(2));
    ama__object t;
    if (ama__object_isel(&w->graph, get(w, &w->tas, "time"), 1, &two, NULL, &t) != AMA_OK) return AMA_ERR_INTERNAL;
    ama__selector s = ARRAY("time", &t);
    return ama__object_sel(&w->graph, series(w), 1, &s, NULL, out);
}
CASE(sel_bool_array, sel, series(w), PLAIN, ARRAY("time", february(w)))

static ama_status head(world *w, ama__object *out) {
    return ama__object_part(&w->graph, &w->n, AMA_PART_HEAD, 2, (const char *const[]){"lat", "lon"}, (int64_t[]){2, 1},
                            out);
}
static ama_status tail(world *w, ama__object *out) {
    return ama__object_part(&w->graph, &w->n, AMA_PART_TAIL, 1, NULL, (int64_t[]){2}, out);
}
static ama_status thin(world *w, ama__object *out) {
    return ama__object_part(&w->graph, &w->n, AMA_PART_THIN, 1, (const char *const[]){"lon"}, (int64_t[]){2}, out);
}
static ama_status get_month(world *w, ama__object *out) {
    return ama__object_get(&w->graph, NULL, &w->tas, "time.month", out);
}
static ama_status dt_season(world *w, ama__object *out) {
    return ama__object_dt(&w->graph, NULL, get(w, &w->tas, "time"), "season", out);
}
static ama_status cf_days(world *w, ama__object *out) {
    return ama__object_dt(&w->graph, NULL, get(w, &w->cf, "time"), "days_in_month", out);
}

#define C(x)                                                                                                           \
    { #x, x }
static const graph_case cases[] = {
    C(isel_int),
    C(isel_slice),
    C(isel_list),
    C(isel_bools),
    C(isel_out),
    C(isel_no_dim),
    C(isel_ignore),
    C(isel_drop),
    C(isel_array_same),
    C(isel_array_new),
    C(isel_array_bool),
    C(isel_empty),
    C(isel_ds),
    C(sel_number),
    C(sel_missing),
    C(sel_missing_list),
    C(sel_text_on_number),
    C(sel_list),
    C(sel_down),
    C(sel_up_on_down),
    C(sel_step),
    C(sel_reverse),
    C(sel_nearest),
    C(sel_pad),
    C(sel_backfill),
    C(sel_pad_none),
    C(sel_tolerance),
    C(sel_too_far),
    C(sel_method_slice),
    C(sel_no_dim),
    C(sel_positional),
    C(sel_unordered),
    C(sel_unordered_gap),
    C(sel_month),
    C(sel_year),
    C(sel_no_year),
    C(sel_day),
    C(sel_no_day),
    C(sel_dates),
    C(sel_date_slice),
    C(sel_date_open),
    C(sel_date_nearest),
    C(sel_cf_month),
    C(sel_cf_slice),
    C(sel_cf_down),
    C(sel_cf_gap),
    C(sel_cf_outside),
    C(sel_down_dates),
    C(sel_array_labels),
    C(sel_array_times),
    C(sel_bool_array),
    C(head),
    C(tail),
    C(thin),
    C(get_month),
    C(dt_season),
    C(cf_days),
};

static void as_xarray(void **state) {
    run_cases(*state, (int)(sizeof cases / sizeof *cases), cases, (int)(sizeof expected / sizeof *expected), expected);
}

static void errors_say_what_would_be_right(void **state) {
    world *w = *state;
    ama__graph *g = &w->graph;
    ama__object out;
    assert_int_equal(sel_missing(w, &out), AMA_ERR_NOTFOUND);
    assert_non_null(strstr(ama__error_text(g->ctx), "nearest is 10.0"));
    ama__error_clear(g->ctx);
    assert_int_equal(sel_no_year(w, &out), AMA_ERR_NOTFOUND);
    assert_non_null(strstr(ama__error_text(g->ctx), "2000-03-28"));
    ama__error_clear(g->ctx);
    ama__sel_method m;
    assert_int_equal(ama__sel_method_parse(g->ctx, "neares", &m), AMA_ERR_ARG);
    assert_non_null(strstr(ama__error_text(g->ctx), "nearest"));
    ama__error_clear(g->ctx);
    assert_int_equal(ama__object_dt(g, NULL, get(w, &w->tas, "time"), "mont", &out), AMA_ERR_NOTFOUND);
    assert_non_null(strstr(ama__error_text(g->ctx), "month"));
}

static void empty_axes(void **state) {
    world *w = *state;
    ama__graph *g = &w->graph;
    ama__object none, out;
    ama__selector s = SLICE("time", INT(0), INT(0), NONE);
    OK(ama__object_isel(g, &w->tas, 1, &s, NULL, &none));
    assert_int_equal(ama__object_var(&none)->node->shape[0], 0);
    s = (ama__selector)SLICE("time", TEXT("2000"), NONE, NONE);
    OK(ama__object_sel(g, &none, 1, &s, NULL, &out));
    s = (ama__selector)ONE("time", TEXT("2000"));
    assert_int_equal(ama__object_sel(g, &none, 1, &s, NULL, &out), AMA_ERR_NOTFOUND);
    ama__error_clear(g->ctx);
    s = (ama__selector)ONE("time", INT(0));
    assert_int_equal(ama__object_isel(g, &none, 1, &s, NULL, &out), AMA_ERR_ARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_xarray, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(errors_say_what_would_be_right, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(empty_axes, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
