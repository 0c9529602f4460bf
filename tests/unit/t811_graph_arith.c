/* TEST: labels=unit
 * Arithmetic, comparison, numpy functions, where and its relatives, against xarray. */
#include "graph_say.h"

static const golden expected[] = {
#include "graph_golden_arith.inc"
};

#define TAS (&w->tas)
#define N (&w->n)
#define OP(op, a, b) op2(w, AMA_OP_##op, a, b)
#define A0 at0(w, TAS, "time", 0)
#define LAT get(w, TAS, "lat")
#define LON get(w, TAS, "lon")

static obj where(world *w, obj x, obj cond, const ama__operand *other, bool drop) {
    ama__where what = {.cond = A(cond), .other = other, .drop = drop};
    if (!x || !cond) return NULL;
    SAY(ama__object_where(g, x, &what, o));
}
static obj where3(world *w, obj cond, ama__operand a, ama__operand b) {
    ama__operand c = A(cond);
    if (!cond) return NULL;
    SAY(ama__object_where3(g, &c, &a, &b, AMA_KEEP_DEFAULT, o));
}
static obj clip(world *w, obj x, const ama__operand *lo, const ama__operand *hi) {
    SAY(ama__object_clip(g, x, lo, hi, o));
}
static obj rounded(world *w, obj x, int n) {
    SAY(ama__object_round(g, x, n, o));
}
static obj filled(world *w, obj x, ama__operand v) {
    SAY(ama__object_fillna(g, x, &v, o));
}
static obj null(world *w, obj x, bool negate) {
    SAY(ama__object_isnull(g, x, negate, o));
}
static obj dt(world *w, obj x, const char *name) {
    SAY(ama__object_dt(g, NULL, x, name, o));
}
static obj isin(world *w, obj x, int n, const ama__label *l) {
    SAY(ama__object_isin(g, x, n, l, o));
}
#define INT(x)                                                                                                         \
    { .kind = AMA_LABEL_INT, .i8 = (x) }

SAYS(add_float, OP(ADD, A(A0), D(2.5)))
SAYS(add_int, OP(ADD, A(N), I(1)))
SAYS(add_int_float, OP(ADD, A(N), D(1.5)))
SAYS(int_div, OP(DIV, A(N), I(2)))
SAYS(rsub, OP(SUB, I(1), A(N)))
SAYS(bool_add, OP(ADD, A(OP(GT, A(N), I(3))), I(1)))
SAYS(power, OP(ADD, A(OP(POW, A(N), I(2))), A(OP(POW, A(N), D(0.5)))))
SAYS(negate, op1(w, AMA_OP_NEG, N))
SAYS(floor_mod, OP(ADD, A(OP(FLOORDIV, A(OP(SUB, A(N), I(5))), I(2))), A(OP(MOD, A(OP(SUB, A(N), I(5))), I(3)))))
SAYS(align, OP(SUB, A(A0), A(N)))
SAYS(align_swap, OP(MUL, A(N), A(cut(w, TAS, "time", 2))))
SAYS(same_name, OP(SUB, A(A0), A(reduced(w, AMA_RED_MEAN, TAS, "time"))))
SAYS(broadcast, OP(MUL, A(LAT), A(LON)))
SAYS(no_common_size, OP(ADD, A(without(w, N, "lat", "lon")), A(without(w, A0, "lat", "lon"))))
SAYS(compare, OP(OR, A(OP(AND, A(OP(GT, A(A0), I(0))), A(OP(GT, A(get(w, A0, "lat")), I(0))))), A(OP(EQ, A(N), I(9)))))
SAYS(invert, op1(w, AMA_OP_NOT, OP(GT, A(N), I(4))))
SAYS(float_and, OP(AND, A(TAS), I(1)))
SAYS(ds_scalar, OP(MUL, A(at0(w, at0(w, pick(w, &w->ds, "tas", "w", NULL), "time", 0), "lon", 0)), I(2)))
SAYS(ds_ds, OP(SUB, A(pick(w, &w->ds, "w", "five", NULL)), A(at0(w, pick(w, &w->ds, "five", "tas", NULL), "time", 0))))
SAYS(ds_array, OP(ADD, A(pick(w, &w->ds, "w", "five", NULL)), A(N)))
SAYS(array_ds, OP(SUB, A(N), A(pick(w, &w->ds, "w", NULL, NULL))))
SAYS(np_cos, fn(w, "cos", 1, A(fn(w, "deg2rad", 1, A(LAT), I(0))), I(0)))
SAYS(np_sqrt_int, fn(w, "sqrt", 1, A(as(w, N, AMA_I4)), I(0)))
SAYS(np_maximum, fn(w, "maximum", 2, A(N), A(A0)))
SAYS(np_isfinite, fn(w, "isfinite", 1, A(A0), I(0)))
SAYS(np_logical, fn(w, "logical_and", 2, A(OP(GT, A(N), I(2))), A(OP(SUB, A(N), I(4)))))
SAYS(np_abs, fn(w, "abs", 1, A(OP(SUB, A(N), I(5))), I(0)))
SAYS(round_, rounded(w, OP(DIV, A(N), I(8)), 1))
SAYS(clip_, clip(w, A0, &(ama__operand){.kind = AMA_OPERAND_INT, .i8 = -1},
                 &(ama__operand){.kind = AMA_OPERAND_FLOAT, .f8 = 4.5}))
SAYS(clip_min, clip(w, N, &(ama__operand){.kind = AMA_OPERAND_INT, .i8 = 4}, NULL))
SAYS(astype, as(w, N, AMA_F4))
SAYS(where_, where(w, A0, OP(GT, A(A0), I(0)), NULL, false))
SAYS(where_int, where(w, N, OP(GT, A(N), I(4)), NULL, false))
SAYS(where_other, where(w, N, OP(GT, A(N), I(4)), &(ama__operand){.kind = AMA_OPERAND_INT, .i8 = -1}, false))
SAYS(where_dims, where(w, as(w, N, AMA_F8), OP(EQ, A(get(w, TAS, "lsm")), I(1)), NULL, false))
SAYS(where_drop, where(w, A0, OP(AND, A(OP(NE, A(LON), I(90))), A(OP(GT, A(LAT), I(0)))), NULL, true))
SAYS(where_drop_inner, where(w, A0, OP(GT, A(N), I(6)), NULL, true))
SAYS(where_exact, where(w, A0, OP(GT, A(N), I(6)), &(ama__operand){.kind = AMA_OPERAND_INT}, false))
SAYS(where_ds, where(w, at0(w, pick(w, &w->ds, "tas", "w", NULL), "time", 0), OP(GT, A(LAT), I(0)), NULL, false))
SAYS(xr_where, where3(w, OP(GT, A(N), I(4)), A(N), I(0)))
SAYS(xr_where_scalars, where3(w, OP(EQ, A(get(w, TAS, "lsm")), I(1)), I(1), D(0.5)))
SAYS(fillna, filled(w, A0, I(0)))
SAYS(fillna_array, filled(w, at0(w, TAS, "time", 1), A(N)))
SAYS(isnull, null(w, A0, false))
SAYS(notnull, null(w, N, true))
SAYS(isin_, isin(w, get(w, TAS, "lsm"), 2, (ama__label[]){INT(0), INT(2)}))
SAYS(month_isin, isin(w, dt(w, get(w, TAS, "time"), "month"), 2, (ama__label[]){INT(1), INT(3)}))
SAYS(season_is, OP(EQ, A(dt(w, get(w, TAS, "time"), "season")), T("MAM")))
SAYS(time_after, OP(GT, A(get(w, TAS, "time")), T("2000-02-21")))
SAYS(time_minus_text, OP(ADD, A(get(w, TAS, "time")), T("x")))
SAYS(kind_is, OP(NE, A(get(w, TAS, "kind")), T("a")))
SAYS(text_plus, OP(ADD, A(get(w, TAS, "kind")), I(1)))

#define C(x)                                                                                                           \
    { #x, x }
#define C_(x)                                                                                                          \
    { #x, x##_ }
static const graph_case cases[] = {
    C(add_float),
    C(add_int),
    C(add_int_float),
    C(int_div),
    C(rsub),
    C(bool_add),
    C(power),
    C(negate),
    C(floor_mod),
    C(align),
    C(align_swap),
    C(same_name),
    C(broadcast),
    C(no_common_size),
    C(compare),
    C(invert),
    C(float_and),
    C(ds_scalar),
    C(ds_ds),
    C(ds_array),
    C(array_ds),
    C(np_cos),
    C(np_sqrt_int),
    C(np_maximum),
    C(np_isfinite),
    C(np_logical),
    C(np_abs),
    C_(round),
    C_(clip),
    C(clip_min),
    C(astype),
    C_(where),
    C(where_int),
    C(where_other),
    C(where_dims),
    C(where_drop),
    C(where_drop_inner),
    C(where_exact),
    C(where_ds),
    C(xr_where),
    C(xr_where_scalars),
    C(fillna),
    C(fillna_array),
    C(isnull),
    C(notnull),
    C_(isin),
    C(month_isin),
    C(season_is),
    C(time_after),
    C(time_minus_text),
    C(kind_is),
    C(text_plus),
};

static void as_xarray(void **state) {
    run_cases(*state, (int)(sizeof cases / sizeof *cases), cases, (int)(sizeof expected / sizeof *expected), expected);
}

/* A scalar that an integer array cannot hold is refused, not wrapped; compared with, it is compared. */
static void scalars_out_of_range(void **state) {
    world *w = *state;
    assert_null(OP(ADD, A(N), I(100000)));
    assert_non_null(strstr(ama__error_text(w->graph.ctx), "astype"));
    ama__error_clear(w->graph.ctx);
    obj o = OP(LT, A(N), I(100000));
    assert_non_null(o);
    assert_int_equal(ama__object_var(o)->node->dtype, AMA_BOOL);
    assert_null(fn(w, "cosine", 1, A(N), I(0)));
    assert_non_null(strstr(ama__error_text(w->graph.ctx), "cos"));
    ama__error_clear(w->graph.ctx);
    assert_null(OP(POW, A(N), I(-1)));
    ama__error_clear(w->graph.ctx);
    assert_null(OP(LT, A(get(w, &w->cf, "time")), T("2000-01-01")));
}

/* Operands whose values are not in memory are asked for. */
static ama_status evaluate(void *user, ama__node *node, const void **data) {
    world *w = user;
    *data = materialize(&w->graph, node)->u.constant.data;
    return AMA_OK;
}

static void values_are_asked_for(void **state) {
    world *w = *state;
    ama__evaluator ev = {evaluate, w};
    obj cond = OP(GT, A(reduced(w, AMA_RED_MEAN, TAS, "lon")), D(2.5));
    assert_null(where(w, TAS, cond, NULL, true));
    assert_int_equal(ama__error_status(w->graph.ctx), AMA_ERR_UNSUPPORTED);
    ama__error_clear(w->graph.ctx);
    w->graph.eval = &ev;
    assert_non_null(where(w, TAS, cond, NULL, true));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_xarray, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(scalars_out_of_range, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(values_are_asked_for, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
