/* TEST: labels=unit
 * Components of times against pandas and cftime. */
#include "cmocka_all.h"

#include <stdio.h>

#include "cf/time.h"

static const struct {
    ama__calendar axis;
    int datetime64;
    int64_t tick;
    int64_t values[14]; /* in the order of ama__time_component; -1: the oracle has none */
} golden[] = {
#include "cf_golden_component.inc"
};

static void as_pandas_and_cftime(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        ama__timeaxis axis = {golden[i].axis, golden[i].datetime64};
        for (int c = AMA_TIME_YEAR; c <= AMA_TIME_SEASON; c++) {
            int64_t out;
            ama__time_components(&axis, (ama__time_component)c, 1, &golden[i].tick, &out);
            if (c == AMA_TIME_WEEK && golden[i].values[c] == -1) {
                assert_in_range(out, 1, 53);
                continue;
            }
            if (out != golden[i].values[c])
                fail_msg("row %zu component %d: %lld, not %lld", i, c, (long long)out, (long long)golden[i].values[c]);
        }
    }
}

static void names(void **state) {
    (void)state;
    ama__time_component c;
    for (int i = 0; ama__time_component_names[i]; i++)
        assert_true(ama__time_component_parse(ama__time_component_names[i], &c));
    static const struct {
        const char *name;
        ama__time_component c;
    } some[] = {{"year", AMA_TIME_YEAR},
                {"month", AMA_TIME_MONTH},
                {"weekday", AMA_TIME_DAYOFWEEK},
                {"dayofweek", AMA_TIME_DAYOFWEEK},
                {"day_of_year", AMA_TIME_DAYOFYEAR},
                {"weekofyear", AMA_TIME_WEEK},
                {"quarter", AMA_TIME_QUARTER},
                {"daysinmonth", AMA_TIME_DAYS_IN_MONTH},
                {"is_leap_year", AMA_TIME_IS_LEAP_YEAR},
                {"season", AMA_TIME_SEASON}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        assert_true(ama__time_component_parse(some[i].name, &c));
        assert_int_equal(c, some[i].c);
    }
    assert_false(ama__time_component_parse("months", &c));
    assert_string_equal(ama__time_seasons[0], "DJF");
    ama__timeaxis axis = {AMA_CAL_STANDARD, true};
    int64_t nat = AMA_NAT, out;
    ama__time_components(&axis, AMA_TIME_MONTH, 1, &nat, &out);
    assert_int_equal(out, INT64_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_pandas_and_cftime), cmocka_unit_test(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
