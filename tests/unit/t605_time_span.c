/* TEST: labels=unit
 * Partial dates against pandas (datetime64) and xarray (cftime). */
#include "cmocka_all.h"

#include <stdio.h>

#include "cf/time.h"
#include "with_ctx.h"

static const struct {
    ama__calendar axis;
    int datetime64;
    int64_t tick; /* of the axis: gives its resolution */
    const char *text;
    int ok;
    int64_t lo, hi;
    int instant;
} golden[] = {
#include "cf_golden_span.inc"
};

static void as_pandas_and_xarray(void **state) {
    ama_ctx *ctx = *state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        ama__timeaxis axis = {golden[i].axis, golden[i].datetime64};
        ama__time_span span;
        ama_status status = ama__time_parse_span(ctx, &axis, 1, &golden[i].tick, golden[i].text, &span);
        if ((status == AMA_OK) != golden[i].ok)
            fail_msg("\"%s\" (calendar %d, datetime64 %d): %d %s", golden[i].text, axis.calendar, axis.datetime64,
                     status, ama__error_text(ctx));
        if (status != AMA_OK) {
            assert_int_equal(status, AMA_ERR_ARG);
            ama__error_clear(ctx);
            continue;
        }
        if (span.lo != golden[i].lo || span.hi != golden[i].hi || span.instant != golden[i].instant)
            fail_msg("\"%s\" (calendar %d, datetime64 %d): [%lld, %lld) %d, not [%lld, %lld) %d", golden[i].text,
                     axis.calendar, axis.datetime64, (long long)span.lo, (long long)span.hi, span.instant,
                     (long long)golden[i].lo, (long long)golden[i].hi, golden[i].instant);
    }
}

static void beyond_the_oracle(void **state) {
    ama_ctx *ctx = *state;
    ama__timeaxis cf = {AMA_CAL_STANDARD, false}, dt = {AMA_CAL_STANDARD, true};
    ama__time_span s;
    int64_t day = 0;
    /* No year zero: the year after -1 is 1. */
    assert_int_equal(ama__time_parse_span(ctx, &cf, 0, NULL, "-0001", &s), AMA_OK);
    char buf[48];
    assert_string_equal(ama__time_print(&cf, s.hi, buf, sizeof buf), "0001-01-01 00:00:00");
    assert_int_equal(ama__time_parse_span(ctx, &cf, 0, NULL, "12345-06", &s), AMA_OK);
    assert_string_equal(ama__time_print(&cf, s.lo, buf, sizeof buf), "12345-06-01 00:00:00");
    assert_int_equal(ama__time_parse_span(ctx, &cf, 0, NULL, "2000-01-01T00:00:00.5", &s), AMA_OK);
    assert_int_equal(s.hi - s.lo, 1000);
    assert_int_equal(ama__time_parse_span(ctx, &cf, 0, NULL, "1582-10-10", &s), AMA_ERR_ARG);
    ama__error_clear(ctx);
    /* Outside datetime64: the ends of time, so that slices take everything on that side. */
    assert_int_equal(ama__time_parse_span(ctx, &dt, 1, &day, "1500", &s), AMA_OK);
    assert_int_equal(s.lo, INT64_MIN + 1);
    assert_int_equal(s.hi, INT64_MIN + 1);
    assert_int_equal(ama__time_parse_span(ctx, &dt, 1, &day, "3000", &s), AMA_OK);
    assert_int_equal(s.lo, INT64_MAX);
    assert_int_equal(ama__time_parse_span(ctx, &dt, 1, &day, "2262-04-11T23:47:16.854775807", &s), AMA_OK);
    assert_int_equal(s.lo, INT64_MAX);
    assert_int_equal(s.hi, INT64_MAX);
    assert_int_equal(ama__time_parse_span(ctx, &dt, 1, &day, "last week", &s), AMA_ERR_ARG);
    assert_non_null(strstr(ama__error_text(ctx), "2000-02-03"));
    ama__error_clear(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_pandas_and_xarray), cmocka_unit_test(beyond_the_oracle)};
    return cmocka_run_group_tests(tests, with_ctx, without_ctx);
}
