/* TEST: labels=unit
 * Encoding of times against xarray: units chosen or rewritten, dtypes, numbers; and back through the decoder. */
#include "cmocka_all.h"

#include <math.h>
#include <stdio.h>

#include "cf/time.h"
#include "with_ctx.h"

#define MANY 5

static const struct {
    ama__calendar axis;
    int datetime64, n;
    int64_t ticks[MANY];
    const char *units, *calendar;
    ama_dtype dtype;
    const char *out_units, *out_calendar;
    ama_dtype out_dtype;
    int64_t ints[MANY];
    double floats[MANY];
} golden[] = {
#include "cf_golden_encode.inc"
};

static bool same_number(size_t i, int k, const void *out) {
    if (golden[i].out_dtype == AMA_F4) return ((const float *)out)[k] == (float)golden[i].floats[k];
    if (golden[i].out_dtype == AMA_F8) {
        double a = ((const double *)out)[k], b = golden[i].floats[k];
        return a == b || (isnan(a) && isnan(b));
    }
    return ama__dtype_get_i8(golden[i].out_dtype, out, k) == golden[i].ints[k];
}

static void as_xarray(void **state) {
    ama__arena *arena = *state;
    ama_ctx *ctx = ama__arena_ctx(arena);
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        ama__timeaxis axis = {golden[i].axis, golden[i].datetime64};
        ama__time_encoding e = {.units = golden[i].units, .calendar = golden[i].calendar, .dtype = golden[i].dtype};
        ama__time_encoding r;
        void *out;
        if (ama__time_encode(arena, &axis, &e, golden[i].n, golden[i].ticks, &r, &out, NULL) != AMA_OK)
            fail_msg("row %zu: %s", i, ama__error_text(ctx));
        if (strcmp(r.units, golden[i].out_units) != 0 || strcmp(r.calendar, golden[i].out_calendar) != 0)
            fail_msg("row %zu: \"%s\" %s, not \"%s\" %s", i, r.units, r.calendar, golden[i].out_units,
                     golden[i].out_calendar);
        if (r.dtype != golden[i].out_dtype)
            fail_msg("row %zu: %s, not %s", i, ama__dtype_name(r.dtype), ama__dtype_name(golden[i].out_dtype));
        for (int k = 0; k < golden[i].n; k++)
            if (!same_number(i, k, out))
                fail_msg("row %zu [%d] \"%s\": %.17g, not %lld or %.17g", i, k, r.units,
                         ama__dtype_get_f8(r.dtype, out, k), (long long)golden[i].ints[k], golden[i].floats[k]);
    }
}

/* Integers come back as they went. */
static void round_trip(void **state) {
    ama__arena *arena = *state;
    ama_ctx *ctx = ama__arena_ctx(arena);
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        ama__timeaxis axis = {golden[i].axis, golden[i].datetime64}, again;
        ama__time_encoding e = {.units = golden[i].units, .calendar = golden[i].calendar, .dtype = AMA_I8}, r;
        void *out;
        int64_t ticks[MANY];
        if (golden[i].calendar && strcmp(golden[i].calendar, "noleap") == 0) continue;
        assert_int_equal(ama__time_encode(arena, &axis, &e, golden[i].n, golden[i].ticks, &r, &out, NULL), AMA_OK);
        if (r.dtype != AMA_I8) continue;
        assert_int_equal(ama__time_decode(ctx, &r, golden[i].n, out, !axis.datetime64, &again, ticks), AMA_OK);
        for (int k = 0; k < golden[i].n; k++)
            if (ticks[k] != golden[i].ticks[k]) fail_msg("row %zu [%d] \"%s\"", i, k, r.units);
    }
}

static void warnings_and_widening(void **state) {
    ama__arena *arena = *state;
    ama__timeaxis axis = {AMA_CAL_STANDARD, true};
    int64_t noon[] = {43200 * INT64_C(1000000000)}, far[] = {INT64_C(9000000000000000000)}, none[] = {AMA_NAT};
    const char *warning;
    void *out;
    ama__time_encoding r, e = {.units = "days since 1970-01-01", .dtype = AMA_I8};
    assert_int_equal(ama__time_encode(arena, &axis, &e, 1, noon, &r, &out, &warning), AMA_OK);
    assert_string_equal(r.units, "hours since 1970-01-01");
    assert_int_equal(*(int64_t *)out, 12);
    assert_non_null(strstr(warning, "hours since 1970-01-01"));
    e.dtype = AMA_F8;
    assert_int_equal(ama__time_encode(arena, &axis, &e, 1, noon, &r, &out, &warning), AMA_OK);
    assert_null(warning);
    assert_true(*(double *)out == 0.5);
    e = (ama__time_encoding){.units = "seconds since 1970-01-01", .dtype = AMA_I4};
    assert_int_equal(ama__time_encode(arena, &axis, &e, 1, far, &r, &out, &warning), AMA_OK);
    assert_int_equal(r.dtype, AMA_I8);
    assert_non_null(warning);
    assert_int_equal(*(int64_t *)out, 9000000000);
    assert_int_equal(ama__time_encode(arena, &axis, NULL, 1, none, &r, &out, &warning), AMA_OK);
    assert_string_equal(r.units, "days since 1970-01-01 00:00:00");
    assert_int_equal(*(int64_t *)out, INT64_MIN);
    assert_int_equal(ama__time_encode(arena, &axis, NULL, 0, NULL, &r, &out, &warning), AMA_OK);
}

static void refusals(void **state) {
    ama__arena *arena = *state;
    ama_ctx *ctx = ama__arena_ctx(arena);
    ama__timeaxis axis = {AMA_CAL_STANDARD, true};
    int64_t leap_day[] = {951782400 * INT64_C(1000000000)}; /* 2000-02-29 */
    void *out;
    ama__time_encoding r, e = {.units = "days since 1970-01-01", .calendar = "noleap", .dtype = AMA_I8};
    assert_int_equal(ama__time_encode(arena, &axis, &e, 1, leap_day, &r, &out, NULL), AMA_ERR_MISMATCH);
    assert_non_null(strstr(ama__error_text(ctx), "2000-02-29"));
    ama__error_clear(ctx);
    e.calendar = "martian";
    assert_int_equal(ama__time_encode(arena, &axis, &e, 1, leap_day, &r, &out, NULL), AMA_ERR_FORMAT);
    ama__error_clear(ctx);
    e = (ama__time_encoding){.units = "days", .dtype = AMA_DTYPE_N};
    assert_int_equal(ama__time_encode(arena, &axis, &e, 1, leap_day, &r, &out, NULL), AMA_ERR_FORMAT);
    ama__error_clear(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_xarray), cmocka_unit_test(round_trip),
                                       cmocka_unit_test(warnings_and_widening), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
