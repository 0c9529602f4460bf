/* TEST: labels=unit
 * Decoding of time variables against xarray, cftime and pandas; missing times; units nobody should accept. */
#include "cmocka_all.h"

#include <math.h>
#include <stdio.h>

#include "cf/time.h"
#include "with_ctx.h"

#define MANY 6

static const struct {
    const char *units, *calendar;
    ama_dtype dtype;
    int n;
    double values[MANY];
    int ok, datetime64;
    ama__calendar axis;
    int64_t ticks[MANY];
} golden[] = {
#include "cf_golden_decode.inc"
};

/* Refused by xarray for the spelling alone; the meaning is plain. */
static bool may_differ(const char *units) {
    return strcmp(units, "nanoseconds since 1980-02-20") == 0;
}

static void as_xarray(void **state) {
    ama_ctx *ctx = *state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        double cells[MANY];
        int64_t out[MANY];
        ama__timeaxis axis;
        if (may_differ(golden[i].units)) continue;
        for (int k = 0; k < golden[i].n; k++) {
            if (ama__dtype_is_float(golden[i].dtype))
                ama__dtype_set_f8(golden[i].dtype, cells, k, golden[i].values[k]);
            else
                ama__dtype_set_i8(golden[i].dtype, cells, k, (int64_t)golden[i].values[k]);
        }
        ama__time_encoding e = {.units = golden[i].units, .calendar = golden[i].calendar, .dtype = golden[i].dtype};
        ama_status status = ama__time_decode(ctx, &e, golden[i].n, cells, false, &axis, out);
        if ((status == AMA_OK) != golden[i].ok)
            fail_msg("\"%s\" %s: status %d %s", e.units, e.calendar, status, ama__error_text(ctx));
        if (status != AMA_OK) {
            assert_true(status == AMA_ERR_FORMAT || status == AMA_ERR_UNSUPPORTED);
            ama__error_clear(ctx);
            continue;
        }
        if (axis.datetime64 != golden[i].datetime64 || axis.calendar != golden[i].axis)
            fail_msg("\"%s\" %s: axis %d %d", e.units, e.calendar, axis.calendar, axis.datetime64);
        for (int k = 0; k < golden[i].n; k++)
            if (out[k] != golden[i].ticks[k])
                fail_msg("\"%s\" %s [%d]: %lld, not %lld", e.units, e.calendar, k, (long long)out[k],
                         (long long)golden[i].ticks[k]);
    }
}

static void integers_exactly(void **state) {
    ama_ctx *ctx = *state;
    ama__timeaxis axis;
    /* Beyond 2^53, where a float64 cannot tell neighbours apart. */
    int64_t us[] = {INT64_C(63082281600000001), INT64_C(63082281600000002)}, out[4];
    ama__time_encoding e = {.units = "microseconds since 0001-01-01", .calendar = "noleap", .dtype = AMA_I8};
    assert_int_equal(ama__time_decode(ctx, &e, 2, us, false, &axis, out), AMA_OK);
    assert_int_equal(out[1] - out[0], 1);
    uint64_t big[] = {UINT64_MAX, 0};
    e = (ama__time_encoding){.units = "nanoseconds since 2000-01-01", .dtype = AMA_U8};
    assert_int_equal(ama__time_decode(ctx, &e, 2, big, false, &axis, out), AMA_OK);
    assert_false(axis.datetime64);
    e.units = "seconds since 2000-01-01";
    assert_int_equal(ama__time_decode(ctx, &e, 2, big, false, &axis, out), AMA_ERR_FORMAT);
    ama__error_clear(ctx);
}

static void missing_times(void **state) {
    ama_ctx *ctx = *state;
    ama__timeaxis axis;
    int64_t out[4];
    int64_t ints[] = {0, INT64_MIN, -999, 5};
    double fill[] = {-999};
    ama__time_encoding e = {.units = "days since 1970-01-01", .dtype = AMA_I8, .n_fill = 1, .fill = fill};
    assert_int_equal(ama__time_decode(ctx, &e, 4, ints, false, &axis, out), AMA_OK);
    assert_int_equal(out[1], AMA_NAT);
    assert_int_equal(out[2], AMA_NAT);
    assert_int_equal(out[3], INT64_C(432000000000000));
    e.calendar = "360_day";
    assert_int_equal(ama__time_decode(ctx, &e, 4, ints, false, &axis, out), AMA_OK);
    assert_false(axis.datetime64);
    assert_int_equal(out[2], AMA_NAT);
    assert_int_equal(out[3], INT64_C(432000000000));
    float floats[] = {1e20f, NAN, INFINITY, 2};
    double fill_f[] = {1e20};
    e = (ama__time_encoding){.units = "days since 1970-01-01", .dtype = AMA_F4, .n_fill = 1, .fill = fill_f};
    assert_int_equal(ama__time_decode(ctx, &e, 4, floats, false, &axis, out), AMA_OK);
    assert_true(axis.datetime64);
    for (int i = 0; i < 3; i++) assert_int_equal(out[i], AMA_NAT);
    assert_int_equal(ama__time_decode(ctx, &e, 0, NULL, false, &axis, out), AMA_OK);
    assert_true(axis.datetime64);
}

static void to_cftime(void **state) {
    ama_ctx *ctx = *state;
    ama__timeaxis axis;
    double days[] = {0.1, 12345.678};
    int64_t ns[2], us[2];
    ama__time_encoding e = {.units = "days since 2000-01-01", .dtype = AMA_F8};
    assert_int_equal(ama__time_decode(ctx, &e, 2, days, false, &axis, ns), AMA_OK);
    assert_int_equal(ama__time_decode(ctx, &e, 2, days, true, &axis, us), AMA_OK);
    assert_false(axis.datetime64);
    ama__time_to_cftime(2, ns);
    assert_memory_equal(ns, us, sizeof ns);
    int64_t edge[] = {-1, -500, -501, 499, 500, AMA_NAT}, rounded[] = {0, 0, -1, 0, 1, AMA_NAT};
    ama__time_to_cftime(6, edge);
    assert_memory_equal(edge, rounded, sizeof edge);
}

static void clear_refusals(void **state) {
    ama_ctx *ctx = *state;
    static const struct {
        const char *units, *calendar, *says;
    } bad[] = {{"days since 0000-00-00", "noleap", "does not exist in the noleap calendar"},
               {"days since 2000-01-01", "365_days", "365_day, all_leap"},
               {"days since 01-01-0001", "noleap", "year-month-day"},
               {"days since 01-01-2000", "noleap", "year-month-day"},
               {"years since 2000-01-01", NULL, "years have no fixed length"},
               {"months since 2000-01-01", NULL, "only in 360_day"},
               {"parsecs since 2000-01-01", NULL, "\"parsecs\" is not one of days"},
               {"days since 2000-01-01 00:00:00 PM", NULL, "cannot read"},
               {"days since 2000-01-01 00:00:00 UTC+3", NULL, "cannot read"},
               {"days since 2000-01-01 00:00:", NULL, "cannot read"},
               {"days since 2000-01-01 00:00 +1:99", NULL, "cannot read"},
               {"days since 99999999999999999999-01-01", NULL, "cannot read"},
               {"days since -", NULL, "cannot read"},
               {"days since 50 BC", NULL, "cannot read"},
               {"days since 2000-01-01T", NULL, "cannot read"},
               {"since 2000-01-01", NULL, "are not \"<unit> since <date>\""},
               {"", NULL, "are not"},
               {NULL, NULL, "are not"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ama__timeaxis axis;
        int64_t out[1];
        int32_t v[1] = {1};
        ama__time_encoding e = {.units = bad[i].units, .calendar = bad[i].calendar, .dtype = AMA_I4};
        ama_status status = ama__time_decode(ctx, &e, 1, v, false, &axis, out);
        if (status == AMA_OK) fail_msg("\"%s\" was accepted", e.units);
        if (!strstr(ama__error_text(ctx), bad[i].says)) fail_msg("%s", ama__error_text(ctx));
        ama__error_clear(ctx);
    }
    assert_true(ama__time_units_is_since("days since 2000-01-01"));
    assert_false(ama__time_units_is_since("days"));
    assert_false(ama__time_units_is_since(NULL));
}

/* No text may crash the reader: single-byte damage of good ones. */
static void damaged_units(void **state) {
    ama_ctx *ctx = *state;
    static const char *const good[] = {"days since 1992-10-08 15:15:42.5 -6:00", "hours since Jan 15, 2000",
                                       "s since 15-JAN-2000T06:30Z", "days since 20000115 06:00 UTC"};
    static const char junk[] = "-:. T9Zz+/\x80";
    for (size_t g = 0; g < sizeof good / sizeof *good; g++) {
        for (size_t at = 0; good[g][at]; at++) {
            for (size_t j = 0; j <= strlen(junk); j++) {
                char text[64];
                ama__timeaxis axis;
                int64_t out[1];
                double v[1] = {1.5};
                snprintf(text, sizeof text, "%s", good[g]);
                text[at] = junk[j];
                ama__time_encoding e = {.units = text, .dtype = AMA_F8};
                ama__time_decode(ctx, &e, 1, v, false, &axis, out);
                ama__error_clear(ctx);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_xarray),      cmocka_unit_test(integers_exactly),
                                       cmocka_unit_test(missing_times),  cmocka_unit_test(to_cftime),
                                       cmocka_unit_test(clear_refusals), cmocka_unit_test(damaged_units)};
    return cmocka_run_group_tests(tests, with_ctx, without_ctx);
}
