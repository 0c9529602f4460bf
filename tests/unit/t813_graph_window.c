/* TEST: labels=unit
 * rolling, coarsen, diff, shift and roll, against xarray. */
#include "graph_say.h"

#include "graph/coarsen.h"
#include "graph/rolling.h"
#include "graph/shift.h"

static const golden expected[] = {
#include "graph_golden_window.inc"
};

#define TAS (&w->tas)
#define N (&w->n)
#define DS (&w->ds)

/* tas without the coordinate of texts along time. */
static obj plain(world *w) {
    ama__graph *g = &w->graph;
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    OK(ama__object_copy(g, TAS, o));
    OK(ama__named_remove(g, &o->ds.n_coords, &o->ds.coord, "kind"));
    return o;
}
#define PLAIN plain(w)
typedef struct window {
    const char *dim;
    int64_t width;
    bool center;
} window;
#define E(DIM, WIDTH) ((window){DIM, WIDTH, false})
#define C(DIM, WIDTH) ((window){DIM, WIDTH, true})

static obj rolled(world *w, ama__red op, obj x, int64_t min_periods, int ddof, ama__keep_attrs keep, const window *d,
                  int n) {
    const char *dim[4];
    int64_t width[4];
    bool center[4];
    if (!x) return NULL;
    for (int i = 0; i < n; i++) {
        dim[i] = d[i].dim;
        width[i] = d[i].width;
        center[i] = d[i].center;
    }
    const ama__rolling r = {x, n, dim, width, center, min_periods};
    SAY(ama__rolling_reduce(g, &r, op, ddof, keep, o));
}
#define ROLL(OP, X, PERIODS, ...)                                                                                      \
    rolled(w, AMA_RED_##OP, X, PERIODS, 0, AMA_KEEP_DEFAULT, (window[]){__VA_ARGS__},                                  \
           (int)(sizeof((window[]){__VA_ARGS__}) / sizeof(window)))

static obj coarse(world *w, ama__red op, obj x, ama__skipna skipna, ama__keep_attrs keep, const ama__coarsen *how) {
    ama__coarsen c = *how;
    if (!x) return NULL;
    c.object = x;
    SAY(ama__coarsen_reduce(g, &c, op, skipna, keep, o));
}
#define X(DIM, WIDTH) ((ama__coarse_dim){DIM, WIDTH, AMA_BOUNDARY_EXACT, false})
#define TRIM(DIM, WIDTH, RIGHT) ((ama__coarse_dim){DIM, WIDTH, AMA_BOUNDARY_TRIM, RIGHT})
#define PAD(DIM, WIDTH, RIGHT) ((ama__coarse_dim){DIM, WIDTH, AMA_BOUNDARY_PAD, RIGHT})
#define COARSE(OP, Y, ...)                                                                                             \
    coarse(w, AMA_RED_##OP, Y, AMA_SKIPNA_DEFAULT, AMA_KEEP_DEFAULT,                                                   \
           &(ama__coarsen){.n = (int)(sizeof((ama__coarse_dim[]){__VA_ARGS__}) / sizeof(ama__coarse_dim)),             \
                           .dim = (ama__coarse_dim[]){__VA_ARGS__},                                                    \
                           .dim_func = AMA_RED_MEAN})

static obj differs(world *w, obj x, const char *dim, int64_t n, bool upper) {
    if (!x) return NULL;
    SAY(ama__object_diff(g, x, dim, n, upper, o));
}
static obj shifted(world *w, obj x, ama__shift s) {
    if (!x) return NULL;
    SAY(ama__object_shift(g, x, &s, o));
}
#define M(...)                                                                                                         \
    { __VA_ARGS__ }
#define SHIFT(Y, COUNT, DIMS, BY, ...)                                                                                 \
    shifted(w, Y, (ama__shift){.n = COUNT, .dim = (const char *[])DIMS, .by = (int64_t[])BY, ##__VA_ARGS__})
static obj rolls(world *w, obj x, int n, const char *const *dim, const int64_t *by, bool coords) {
    SAY(ama__object_roll(g, x, n, dim, by, coords, o));
}

SAYS(rolling_mean, ROLL(MEAN, TAS, 0, E("time", 3)))
SAYS(rolling_center, ROLL(SUM, TAS, 1, C("lon", 4)))
SAYS(rolling_center_odd, ROLL(MAX, TAS, 2, C("time", 3)))
SAYS(rolling_wide, ROLL(MIN, at0(w, TAS, "lon", 0), 2, E("time", 9)))
SAYS(rolling_count, ROLL(COUNT, at0(w, TAS, "lon", 0), 2, E("time", 3)))
SAYS(rolling_var, rolled(w, AMA_RED_VAR, at0(w, TAS, "lat", 0), 1, 1, AMA_KEEP_DEFAULT, (window[]){E("time", 4)}, 1))
SAYS(rolling_i2_sum, ROLL(SUM, N, 0, E("lat", 2)))
SAYS(rolling_i2_mean, ROLL(MEAN, N, 0, E("lat", 2)))
SAYS(rolling_i2_max, ROLL(MAX, N, 1, E("lat", 2)))
SAYS(rolling_i2_std, ROLL(STD, N, 0, E("lat", 2)))
SAYS(rolling_bare, rolled(w, AMA_RED_MIN, N, 0, 0, AMA_KEEP_NO, (window[]){E("lon", 2)}, 1))
SAYS(rolling_two, ROLL(MEAN, TAS, 3, E("lat", 2), E("lon", 2)))
SAYS(rolling_two_max, ROLL(MAX, N, 2, C("lat", 2), C("lon", 3)))
SAYS(rolling_two_count, ROLL(COUNT, at0(w, TAS, "time", 0), 0, E("lat", 2), E("lon", 2)))
SAYS(rolling_ds, ROLL(SUM, pick(w, DS, "tas", "five", NULL), 0, E("time", 2)))
SAYS(rolling_ds_part,
     rolled(w, AMA_RED_MAX, pick(w, DS, "tas", "w", NULL), 0, 0, AMA_KEEP_NO, (window[]){E("time", 2), E("lat", 2)}, 2))
SAYS(rolling_ds_count, ROLL(COUNT, pick(w, DS, "tas", NULL, NULL), 1, E("lat", 2)))
SAYS(rolling_no_dim, ROLL(MEAN, DS, 0, E("x", 2)))
SAYS(rolling_zero, ROLL(MEAN, TAS, 0, E("time", 0)))
SAYS(coarsen_mean, COARSE(MEAN, PLAIN, X("time", 2)))
SAYS(coarsen_exact, COARSE(MEAN, PLAIN, X("time", 4)))
SAYS(coarsen_trim, COARSE(MAX, PLAIN, TRIM("time", 4, false)))
SAYS(coarsen_right, COARSE(MIN, PLAIN, TRIM("time", 4, true)))
SAYS(coarsen_pad, COARSE(SUM, TAS, PAD("lat", 2, false)))
SAYS(coarsen_pad_right, COARSE(COUNT, TAS, PAD("lat", 2, true)))
SAYS(coarsen_pad_strict,
     coarse(w, AMA_RED_MEAN, TAS, AMA_SKIPNA_NO, AMA_KEEP_DEFAULT,
            &(ama__coarsen){.n = 1, .dim = (ama__coarse_dim[]){PAD("lat", 2, false)}, .dim_func = AMA_RED_MEAN}))
SAYS(coarsen_func,
     coarse(w, AMA_RED_MEAN, PLAIN, AMA_SKIPNA_DEFAULT, AMA_KEEP_DEFAULT,
            &(ama__coarsen){.n = 2, .dim = (ama__coarse_dim[]){X("time", 3), X("lat", 3)}, .dim_func = AMA_RED_MAX}))
SAYS(coarsen_funcs, coarse(w, AMA_RED_MAX, TAS, AMA_SKIPNA_DEFAULT, AMA_KEEP_NO,
                           &(ama__coarsen){.n = 2,
                                           .dim = (ama__coarse_dim[]){X("lat", 3), X("lon", 2)},
                                           .dim_func = AMA_RED_MEAN,
                                           .n_funcs = 2,
                                           .named = (const char *[]){"lon", "lsm"},
                                           .func = (ama__red[]){AMA_RED_MIN, AMA_RED_SUM}}))
SAYS(coarsen_i2, COARSE(SUM, N, X("lat", 3)))
SAYS(coarsen_i2_max, COARSE(MAX, N, X("lat", 3), X("lon", 3)))
SAYS(coarsen_i2_pad, COARSE(MIN, N, PAD("lat", 2, false)))
SAYS(coarsen_i2_mean, COARSE(MEAN, N, X("lat", 3), X("lon", 3)))
SAYS(coarsen_any, COARSE(ANY, op2(w, AMA_OP_GT, A(N), I(4)), X("lat", 3)))
SAYS(coarsen_all, COARSE(ALL, op2(w, AMA_OP_GT, A(N), I(3)), X("lat", 3)))
SAYS(coarsen_std, COARSE(STD, PLAIN, X("time", 3)))
SAYS(coarsen_std_two, COARSE(STD, PLAIN, X("time", 3), X("lon", 2)))
SAYS(coarsen_var_pad, COARSE(VAR, N, PAD("lat", 2, false), PAD("lon", 2, false)))
SAYS(coarsen_var_right, COARSE(VAR, N, TRIM("lat", 2, true), TRIM("lon", 2, true)))
SAYS(coarsen_prod, COARSE(PROD, N, X("lon", 3)))
SAYS(coarsen_cf, COARSE(MEAN, &w->cf, X("time", 12)))
SAYS(coarsen_ds, coarse(w, AMA_RED_SUM, pick(w, DS, "tas", "w", "five"), AMA_SKIPNA_DEFAULT, AMA_KEEP_NO,
                        &(ama__coarsen){.n = 1, .dim = (ama__coarse_dim[]){X("lat", 3)}, .dim_func = AMA_RED_MEAN}))
SAYS(coarsen_text, COARSE(MEAN, DS, X("lat", 3)))
SAYS(coarsen_no_dim, COARSE(MEAN, TAS, X("x", 3)))
SAYS(diff, differs(w, TAS, "time", 1, true))
SAYS(diff_lower, differs(w, N, "lat", 1, false))
SAYS(diff_twice, differs(w, N, "lon", 2, true))
SAYS(diff_none, differs(w, N, "lon", 0, true))
SAYS(diff_all, differs(w, N, "lon", 3, true))
SAYS(diff_ds, differs(w, pick(w, DS, "tas", "w", "five"), "lat", 1, true))
SAYS(diff_text, differs(w, DS, "lat", 1, true))
SAYS(shift, SHIFT(TAS, 1, M("time"), M(2)))
SAYS(shift_back, SHIFT(TAS, 2, M("lon", "lat"), M(-1, 1)))
SAYS(shift_i2, SHIFT(N, 1, M("lat"), M(1)))
SAYS(shift_far, SHIFT(N, 1, M("lat"), M(7)))
SAYS(shift_none, SHIFT(N, 1, M("lat"), M(0)))
SAYS(shift_fill, SHIFT(N, 1, M("lat"), M(-1), .fill = (ama__operand[]){ama__operand_int(9)}))
SAYS(shift_ds, SHIFT(pick(w, DS, "tas", "w", "five"), 1, M("lat"), M(1), .n_fills = 1, .filled = (const char *[]){"w"},
                     .fills = (ama__operand[]){ama__operand_int(-1)}))
SAYS(shift_no_dim, SHIFT(DS, 1, M("x"), M(1)))
SAYS(roll, rolls(w, TAS, 1, (const char *[]){"lon"}, (int64_t[]){1}, false))
SAYS(roll_coords, rolls(w, TAS, 2, (const char *[]){"lon", "time"}, (int64_t[]){-1, 2}, true))
SAYS(roll_round, rolls(w, N, 1, (const char *[]){"lat"}, (int64_t[]){7}, false))
SAYS(roll_ds, rolls(w, DS, 1, (const char *[]){"lat"}, (int64_t[]){1}, true))
SAYS(roll_no_dim, rolls(w, TAS, 1, (const char *[]){"x"}, (int64_t[]){1}, false))

static void as_xarray(void **state) {
    static const graph_case cases[] = {
#define ROW(NAME) {#NAME, NAME}
        ROW(rolling_mean),
        ROW(rolling_center),
        ROW(rolling_center_odd),
        ROW(rolling_wide),
        ROW(rolling_count),
        ROW(rolling_var),
        ROW(rolling_i2_sum),
        ROW(rolling_i2_mean),
        ROW(rolling_i2_max),
        ROW(rolling_i2_std),
        ROW(rolling_bare),
        ROW(rolling_two),
        ROW(rolling_two_max),
        ROW(rolling_two_count),
        ROW(rolling_ds),
        ROW(rolling_ds_part),
        ROW(rolling_ds_count),
        ROW(rolling_no_dim),
        ROW(rolling_zero),
        ROW(coarsen_mean),
        ROW(coarsen_exact),
        ROW(coarsen_trim),
        ROW(coarsen_right),
        ROW(coarsen_pad),
        ROW(coarsen_pad_right),
        ROW(coarsen_pad_strict),
        ROW(coarsen_func),
        ROW(coarsen_funcs),
        ROW(coarsen_i2),
        ROW(coarsen_i2_max),
        ROW(coarsen_i2_pad),
        ROW(coarsen_i2_mean),
        ROW(coarsen_any),
        ROW(coarsen_all),
        ROW(coarsen_std),
        ROW(coarsen_std_two),
        ROW(coarsen_var_pad),
        ROW(coarsen_var_right),
        ROW(coarsen_prod),
        ROW(coarsen_cf),
        ROW(coarsen_ds),
        ROW(coarsen_text),
        ROW(coarsen_no_dim),
        ROW(diff),
        ROW(diff_lower),
        ROW(diff_twice),
        ROW(diff_none),
        ROW(diff_all),
        ROW(diff_ds),
        ROW(diff_text),
        ROW(shift),
        ROW(shift_back),
        ROW(shift_i2),
        ROW(shift_far),
        ROW(shift_none),
        ROW(shift_fill),
        ROW(shift_ds),
        ROW(shift_no_dim),
        ROW(roll),
        ROW(roll_coords),
        ROW(roll_round),
        ROW(roll_ds),
        ROW(roll_no_dim)
#undef ROW
    };
    run_cases(*state, sizeof cases / sizeof cases[0], cases, sizeof expected / sizeof expected[0], expected);
}

/* What a variable was stored as: rolling forgets it, coarsen of a Dataset, shift and roll keep it. */
static void encoding(void **state) {
    world *w = *state;
    ama__graph *g = &w->graph;
    ama__object x;
    OK(ama__object_copy(g, TAS, &x));
    OK(ama__variable_copy(g, x.ds.var[0].var, &x.ds.var[0].var));
    x.ds.var[0].var->encoding = (ama__encoding){.known = true, .dtype = AMA_I2, .has_dtype = true};
    assert_false(ama__object_var(ROLL(MEAN, &x, 0, E("lat", 2)))->encoding.known);
    assert_false(ama__object_var(COARSE(MEAN, &x, X("lat", 3)))->encoding.known);
    assert_true(ama__object_var(SHIFT(&x, 1, M("lat"), M(1)))->encoding.known);
    assert_true(ama__object_var(rolls(w, &x, 1, (const char *[]){"lat"}, (int64_t[]){1}, true))->encoding.known);
    assert_false(ama__object_var(differs(w, &x, "lat", 1, true))->encoding.known);
    x.is_dataset = true;
    assert_true(ama__object_var(COARSE(MEAN, &x, X("lat", 3)))->encoding.known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_xarray, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(encoding, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
