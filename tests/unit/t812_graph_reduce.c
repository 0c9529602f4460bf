/* TEST: labels=unit
 * Reductions, groups, resampling, weights, against xarray. */
#include "graph_say.h"

static const golden expected[] = {
#include "graph_golden_reduce.inc"
};

#define TAS (&w->tas)
#define N (&w->n)
#define DS (&w->ds)
#define RED(op, x, d) reduced(w, AMA_RED_##op, x, d)
#define GROUPED(op, group, d) grouped(w, AMA_RED_##op, group, d)
#define MONTHS(x) by(w, x, "time.month")
#define LAT0 at0(w, TAS, "lat", 0)

static obj with(world *w, obj x, ama__reduction r) {
    if (!x) return NULL;
    SAY(ama__object_reduce(g, x, &r, o));
}
static obj group_with(world *w, const ama__group *group, ama__reduction r) {
    if (!group) return NULL;
    SAY(ama__group_reduce(g, group, &r, o));
}
/* tas with its dims as lat, time, lon. */
static obj turned(world *w) {
    ama__graph *g = &w->graph;
    const char *const order[] = {"lat", "time", "lon"};
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    const ama__pick pick[] = {
        {.in_axis = 1, .count = 3, .step = 1}, {.count = 6, .step = 1}, {.in_axis = 2, .count = 4, .step = 1}};
    ama__variable *v;
    OK(ama__object_copy(g, TAS, o));
    OK(ama__variable_copy(g, ama__object_var(TAS), &v));
    memcpy(v->dim, order, sizeof order);
    OK(ama__node_index(g, ama__object_var(TAS)->node, 3, pick, NULL, &v->node));
    o->ds.var[0].var = v;
    return o;
}
static obj key(world *w, const char *name, double a, double b, double c) {
    ama__graph *g = &w->graph;
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    const char *const dim = "lat";
    const int64_t n = 3;
    OK(ama__object_from_array(g, name, variable(g, AMA_F8, 1, &dim, &n, (double[]){a, b, c}), 0, NULL, o));
    return o;
}
static obj int_key(world *w) {
    return as(w, key(w, NULL, 2, 1, 2), AMA_I8);
}
static obj months_two_one(world *w) {
    ama__selector s = {.dim = "month", .kind = AMA_SELECT_LIST, .n = 2};
    obj x = GROUPED(MEAN, MONTHS(TAS), "time");
    s.list = (ama__label[]){{.kind = AMA_LABEL_INT, .i8 = 2}, {.kind = AMA_LABEL_INT, .i8 = 1}};
    if (!x) return NULL;
    SAY(ama__object_sel(g, x, 1, &s, NULL, o));
}
static obj weight(world *w) {
    return get(w, DS, "w");
}
#define WEIGHTED(op, x, by, d) weighted(w, AMA_WEIGHTED_##op, x, by, d, AMA_SKIPNA_DEFAULT)
#define DIMS(...)                                                                                                      \
    {                                                                                                                  \
        .kind = AMA_DIMS_LIST, .n = 1, .name = (const char *const[]) {                                                 \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
#define R(...) ((ama__reduction){__VA_ARGS__})

SAYS(mean_all, RED(MEAN, TAS, NULL))
SAYS(mean_time, RED(MEAN, TAS, "time"))
SAYS(mean_list, RED(MEAN, TAS, "lat lon"))
SAYS(mean_strict, with(w, TAS, R(.op = AMA_RED_MEAN, .dims = DIMS("time"), .skipna = AMA_SKIPNA_NO)))
SAYS(mean_no_attrs, with(w, N, R(.op = AMA_RED_MEAN, .dims = DIMS("lat"), .keep_attrs = AMA_KEEP_NO)))
SAYS(mean_no_dim, RED(MEAN, TAS, "tine"))
SAYS(sum_int, RED(SUM, N, "lon"))
SAYS(sum_min_count, with(w, TAS, R(.op = AMA_RED_SUM, .dims = DIMS("time"), .min_count = 6)))
SAYS(count, RED(COUNT, TAS, "time"))
SAYS(std, with(w, TAS, R(.op = AMA_RED_STD, .dims = DIMS("time"), .ddof = 1)))
SAYS(max_int, RED(MAX, N, "lat"))
SAYS(any, RED(ANY, op2(w, AMA_OP_GT, A(N), I(6)), "lon"))
SAYS(time_max, RED(MAX, get(w, TAS, "time"), NULL))
SAYS(scalar_mean, RED(MEAN, get(w, DS, "five"), NULL))
SAYS(ds_mean, RED(MEAN, DS, "time"))
SAYS(ds_mean_lat, RED(MEAN, DS, "lat"))
SAYS(ds_count, RED(COUNT, DS, "lon"))
SAYS(ds_std, RED(STD, pick(w, DS, "tas", "w", "five"), "time"))
SAYS(month_mean, GROUPED(MEAN, MONTHS(TAS), NULL))
SAYS(month_mean_dim, GROUPED(MEAN, MONTHS(turned(w)), "time"))
SAYS(month_all, GROUPED(SUM, MONTHS(TAS), "..."))
SAYS(month_two, GROUPED(COUNT, MONTHS(TAS), "time lon"))
SAYS(season_max, GROUPED(MAX, by(w, TAS, "time.season"), "time"))
SAYS(kind_std, GROUPED(STD, by(w, TAS, "kind"), "time"))
SAYS(kind_first, GROUPED(FIRST, by(w, LAT0, "kind"), NULL))
SAYS(kind_last, group_with(w, by(w, LAT0, "kind"), R(.op = AMA_RED_LAST, .skipna = AMA_SKIPNA_NO)))
SAYS(lat_mean, GROUPED(MEAN, by(w, TAS, "lat"), "time lon"))
SAYS(by_array_, GROUPED(SUM, by_array(w, N, int_key(w)), "lat"))
SAYS(by_nan, GROUPED(SUM, by_array(w, N, key(w, "k", 2, NAN, 1)), "lat"))
SAYS(by_2d, GROUPED(SUM, by_array(w, TAS, get(w, TAS, "lsm")), NULL))
SAYS(ds_month, GROUPED(MEAN, MONTHS(pick(w, DS, "tas", "w", "five")), "time"))
SAYS(anomaly, group_op(w, AMA_OP_SUB, MONTHS(TAS), A(GROUPED(MEAN, MONTHS(TAS), "time")), false))
SAYS(anomaly_reversed, group_op(w, AMA_OP_SUB, MONTHS(TAS), A(GROUPED(MEAN, MONTHS(TAS), "time")), true))
SAYS(anomaly_part, group_op(w, AMA_OP_DIV, MONTHS(TAS), A(months_two_one(w)), false))
SAYS(anomaly_nan_key, group_op(w, AMA_OP_SUB, by_array(w, N, key(w, "k", 2, NAN, 1)),
                               A(GROUPED(SUM, by_array(w, N, key(w, "k", 2, NAN, 1)), "lat")), false))
SAYS(anomaly_ds, group_op(w, AMA_OP_SUB, MONTHS(pick(w, DS, "tas", "w", NULL)),
                          A(GROUPED(MEAN, MONTHS(pick(w, DS, "tas", "w", NULL)), "time")), false))
SAYS(anomaly_number, group_op(w, AMA_OP_SUB, MONTHS(TAS), I(1), false))
SAYS(anomaly_no_dim, group_op(w, AMA_OP_SUB, MONTHS(TAS), A(N), false))
SAYS(resample_ms, GROUPED(MEAN, resampled(w, TAS, "time", "MS"), NULL))
SAYS(resample_gap, GROUPED(COUNT, resampled(w, LAT0, "time", "8D"), NULL))
SAYS(resample_full, GROUPED(COUNT, resampled(w, LAT0, "time", "12D"), NULL))
SAYS(resample_cf, GROUPED(SUM, resampled(w, &w->cf, "time", "QS-DEC"), NULL))
SAYS(resample_not_time, GROUPED(MEAN, resampled(w, TAS, "lat", "MS"), NULL))
SAYS(resample_bad, GROUPED(MEAN, resampled(w, TAS, "time", "MX"), NULL))
SAYS(resample_ds, GROUPED(MAX, resampled(w, pick(w, DS, "tas", NULL, NULL), "time", "MS"), NULL))
static const char *const two[] = {"lat", "time"};

/* Quantiles of an object or of groups: q as one text, a list where there is a blank. */
static obj with_q(world *w, obj x, const ama__group *group, const char *text, const char *d, ama__reduction r) {
    ama__graph *g = &w->graph;
    double *q = ama__arena_alloc(g->arena, 4 * sizeof *q);
    char *copy = ama__arena_strdup(g->arena, text), *rest = NULL;
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    if (!x && !group) return NULL;
    r.dims = dims(w, d);
    r.quantiles.q = q;
    r.quantiles.scalar = !strchr(text, ' ');
    for (char *s = strtok_r(copy, " ", &rest); s; s = strtok_r(NULL, " ", &rest)) q[r.quantiles.n++] = atof(s);
    return (group ? ama__group_reduce(g, group, &r, o) : ama__object_reduce(g, x, &r, o)) == AMA_OK ? o : NULL;
}
#define QUANTILE(x, qs, d, ...) with_q(w, x, NULL, qs, d, R(.op = AMA_RED_QUANTILE, __VA_ARGS__))
#define GROUP_QUANTILE(group, qs, d) with_q(w, NULL, group, qs, d, R(.op = AMA_RED_QUANTILE))
SAYS(median, RED(MEDIAN, TAS, "time"))
SAYS(median_int, RED(MEDIAN, N, NULL))
SAYS(median_strict, with(w, TAS, R(.op = AMA_RED_MEDIAN, .dims = {AMA_DIMS_LIST, 2, two}, .skipna = AMA_SKIPNA_NO)))
SAYS(median_bool, RED(MEDIAN, op2(w, AMA_OP_GT, A(N), I(6)), "lon"))
SAYS(median_ds, RED(MEDIAN, DS, "lat"))
SAYS(median_scalar, RED(MEDIAN, get(w, DS, "five"), NULL))
SAYS(median_time, RED(MEDIAN, get(w, TAS, "time"), NULL))
SAYS(quantile, QUANTILE(TAS, "0.9 0.1", "time"))
SAYS(quantile_scalar, QUANTILE(TAS, "0.3", "lat lon"))
SAYS(quantile_all, QUANTILE(TAS, "0.25 ", NULL))
SAYS(quantile_lower, QUANTILE(N, "0.5 0.75", "lat", .quantiles = {.method = AMA_QUANTILE_LOWER}))
SAYS(quantile_ds, QUANTILE(pick(w, DS, "tas", "w", "five"), "0.5 1", "lat"))
SAYS(quantile_ds_numbers, QUANTILE(DS, "0.5", "lat", .quantiles = {.numeric_only = true}))
SAYS(quantile_ds_text, QUANTILE(DS, "0.5", "lat"))
SAYS(quantile_no_dim, QUANTILE(TAS, "0.5", "tine"))
SAYS(quantile_range, QUANTILE(TAS, "1.01", "time"))
SAYS(quantile_bool, QUANTILE(op2(w, AMA_OP_GT, A(N), I(6)), "0.5", "lon"))
SAYS(quantile_twice, QUANTILE(QUANTILE(TAS, "0.5 ", "time"), "0.5 ", "lat"))
SAYS(month_median, GROUPED(MEDIAN, MONTHS(TAS), NULL))
SAYS(month_quantile, GROUP_QUANTILE(MONTHS(TAS), "0.2 0.8", "time"))
SAYS(month_quantile_scalar, GROUP_QUANTILE(MONTHS(turned(w)), "0.2", NULL))
SAYS(month_quantile_all, GROUP_QUANTILE(MONTHS(TAS), "0.2 0.8", "..."))
SAYS(month_quantile_ds, GROUP_QUANTILE(MONTHS(pick(w, DS, "tas", "w", "five")), "0.2", "time lon"))
SAYS(resample_quantile, GROUP_QUANTILE(resampled(w, LAT0, "time", "8D"), "0.2 0.8", NULL))
SAYS(resample_median, GROUPED(MEDIAN, resampled(w, as(w, &w->cf, AMA_I4), "time", "QS-DEC"), NULL))
SAYS(weighted_mean, WEIGHTED(MEAN, TAS, weight(w), "lat lon"))
SAYS(weighted_all, WEIGHTED(MEAN, TAS, weight(w), NULL))
SAYS(weighted_sum, WEIGHTED(SUM, TAS, as(w, weight(w), AMA_F4), "lat"))
SAYS(weighted_sum_of_weights, WEIGHTED(SUM_OF_WEIGHTS, TAS, weight(w), "lat"))
SAYS(weighted_zero, WEIGHTED(MEAN, TAS, op2(w, AMA_OP_MUL, A(weight(w)), D(0)), "lat"))
SAYS(weighted_strict, weighted(w, AMA_WEIGHTED_MEAN, TAS, weight(w), "lat", AMA_SKIPNA_NO))
SAYS(weighted_var, WEIGHTED(VAR, TAS, weight(w), "lat"))
SAYS(weighted_std_time, WEIGHTED(STD, TAS, weight(w), "lat time"))
SAYS(weighted_inner, WEIGHTED(SUM, TAS, N, "lat lon"))
SAYS(weighted_ds, WEIGHTED(MEAN, pick(w, DS, "tas", "w", NULL), weight(w), "lat"))
SAYS(weighted_nan, WEIGHTED(MEAN, TAS, TAS, NULL))
SAYS(weighted_no_dim, WEIGHTED(MEAN, TAS, weight(w), "x"))

#define C(x)                                                                                                           \
    { #x, x }
#define C_(x)                                                                                                          \
    { #x, x##_ }
static const graph_case cases[] = {
    C(mean_all),
    C(mean_time),
    C(mean_list),
    C(mean_strict),
    C(mean_no_attrs),
    C(mean_no_dim),
    C(sum_int),
    C(sum_min_count),
    C(count),
    C(std),
    C(max_int),
    C(any),
    C(time_max),
    C(scalar_mean),
    C(ds_mean),
    C(ds_mean_lat),
    C(ds_count),
    C(ds_std),
    C(month_mean),
    C(month_mean_dim),
    C(month_all),
    C(month_two),
    C(season_max),
    C(kind_std),
    C(kind_first),
    C(kind_last),
    C(lat_mean),
    C_(by_array),
    C(by_nan),
    C(by_2d),
    C(ds_month),
    C(anomaly),
    C(anomaly_reversed),
    C(anomaly_part),
    C(anomaly_nan_key),
    C(anomaly_ds),
    C(anomaly_number),
    C(anomaly_no_dim),
    C(resample_ms),
    C(resample_gap),
    C(resample_full),
    C(resample_cf),
    C(resample_not_time),
    C(resample_bad),
    C(resample_ds),
    C(median),
    C(median_int),
    C(median_strict),
    C(median_bool),
    C(median_ds),
    C(median_scalar),
    C(median_time),
    C(quantile),
    C(quantile_scalar),
    C(quantile_all),
    C(quantile_lower),
    C(quantile_ds),
    C(quantile_ds_numbers),
    C(quantile_ds_text),
    C(quantile_no_dim),
    C(quantile_range),
    C(quantile_bool),
    C(quantile_twice),
    C(month_median),
    C(month_quantile),
    C(month_quantile_scalar),
    C(month_quantile_all),
    C(month_quantile_ds),
    C(resample_quantile),
    C(resample_median),
    C(weighted_mean),
    C(weighted_all),
    C(weighted_sum),
    C(weighted_sum_of_weights),
    C(weighted_zero),
    C(weighted_strict),
    C(weighted_var),
    C(weighted_std_time),
    C(weighted_inner),
    C(weighted_ds),
    C(weighted_nan),
    C(weighted_no_dim),
};

static void as_xarray(void **state) {
    run_cases(*state, (int)(sizeof cases / sizeof *cases), cases, (int)(sizeof expected / sizeof *expected), expected);
}

/* The labels' attributes are those of what was grouped by, as xarray has kept them since 2024. */
static void labels_keep_attributes(void **state) {
    world *w = *state;
    ama__graph *g = &w->graph;
    ama__object x = w->tas, out;
    ama__variable *time;
    OK(ama__variable_copy(g, ama__named_find(x.ds.n_coords, x.ds.coord, "time"), &time));
    set_text(g, &time->attrs, "long_name", "T");
    OK(ama__named_set(g, &x.ds.n_coords, &x.ds.coord, "time", time));
    obj y = GROUPED(MEAN, resampled(w, &x, "time", "MS"), NULL);
    assert_non_null(y);
    const ama__variable *v = ama__named_find(y->ds.n_coords, y->ds.coord, "time");
    assert_string_equal(ama__attrs_text(&v->attrs, "long_name"), "T");
    assert_false(v->encoding.known);
    OK(ama__object_dt(g, NULL, get(w, &x, "time"), "month", &out));
    y = GROUPED(MEAN, by_array(w, &x, &out), NULL);
    v = ama__named_find(y->ds.n_coords, y->ds.coord, "month");
    assert_string_equal(ama__attrs_text(&v->attrs, "long_name"), "T");
    y = GROUPED(MEAN, MONTHS(&x), NULL);
    v = ama__named_find(y->ds.n_coords, y->ds.coord, "month");
    assert_int_equal(v->attrs.n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_xarray, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(labels_keep_attributes, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
