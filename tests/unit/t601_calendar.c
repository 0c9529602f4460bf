/* TEST: labels=unit
 * Calendars against cftime: day numbers both ways, weekdays, leap years; names. */
#include "cmocka_all.h"

#include <stdio.h>

#include "cf/calendar.h"
#include "cf/ticks.h"

static const struct {
    ama__calendar c;
    int64_t year;
    int month, day;
    int64_t days;
    int weekday, day_of_year, leap, month_days;
} golden[] = {
#include "cf_golden_calendar.inc"
};

static void as_cftime(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        ama__calendar c = golden[i].c;
        ama__date d;
        int64_t y = golden[i].year;
        assert_int_equal(ama__calendar_days(c, y, golden[i].month, golden[i].day), golden[i].days);
        ama__calendar_date(c, golden[i].days, &d);
        assert_int_equal(d.year, y);
        assert_int_equal(d.month, golden[i].month);
        assert_int_equal(d.day, golden[i].day);
        assert_true(ama__date_valid(c, &d));
        assert_int_equal(ama__calendar_weekday(c, golden[i].days), golden[i].weekday);
        assert_int_equal(ama__calendar_day_of_year(c, y, d.month, d.day), golden[i].day_of_year);
        assert_int_equal(ama__calendar_is_leap(c, y), golden[i].leap);
        assert_int_equal(ama__calendar_month_days(c, y, d.month), golden[i].month_days);
    }
}

/* Every day of many years: dates follow each other, and the two directions agree. */
static void every_day(void **state) {
    (void)state;
    for (int c = AMA_CAL_STANDARD; c <= AMA_CAL_JULIAN; c++) {
        ama__date before, d;
        int64_t first = ama__calendar_days((ama__calendar)c, -410, 1, 1);
        ama__calendar_date((ama__calendar)c, first - 1, &before);
        for (int64_t day = first; day < first + 1000000; day++) {
            ama__calendar_date((ama__calendar)c, day, &d);
            if (ama__calendar_days((ama__calendar)c, d.year, d.month, d.day) != day) fail();
            bool next_day = d.year == before.year && d.month == before.month && d.day == before.day + 1;
            bool reform = c == AMA_CAL_STANDARD && before.year == 1582 && before.day == 4 && d.day == 15;
            bool new_month = d.day == 1 &&
                             before.day == ama__calendar_month_days((ama__calendar)c, before.year, before.month) &&
                             d.month == before.month % 12 + 1;
            if (!next_day && !reform && !new_month) fail_msg("calendar %d day %lld", c, (long long)day);
            before = d;
        }
    }
}

static void names(void **state) {
    (void)state;
    ama__calendar c;
    for (int i = 0; ama__calendar_names[i]; i++) assert_true(ama__calendar_parse(ama__calendar_names[i], &c));
    assert_true(ama__calendar_parse("365_Day", &c));
    assert_string_equal(ama__calendar_name(c), "noleap");
    assert_true(ama__calendar_parse("366_day", &c));
    assert_string_equal(ama__calendar_name(c), "all_leap");
    assert_true(ama__calendar_parse(NULL, &c));
    assert_int_equal(c, AMA_CAL_STANDARD);
    assert_true(ama__calendar_parse("", &c));
    assert_true(ama__calendar_parse("GREGORIAN", &c));
    assert_int_equal(c, AMA_CAL_STANDARD);
    assert_false(ama__calendar_parse("365_days", &c));
    assert_false(ama__calendar_parse("tai", &c));
}

static void invalid_dates(void **state) {
    (void)state;
    ama__date d = {.year = 1582, .month = 10, .day = 10};
    assert_false(ama__date_valid(AMA_CAL_STANDARD, &d));
    assert_true(ama__date_valid(AMA_CAL_PROLEPTIC_GREGORIAN, &d));
    d = (ama__date){.year = 0, .month = 1, .day = 1};
    assert_false(ama__date_valid(AMA_CAL_STANDARD, &d));
    assert_false(ama__date_valid(AMA_CAL_JULIAN, &d));
    assert_true(ama__date_valid(AMA_CAL_NOLEAP, &d));
    d = (ama__date){.year = 2000, .month = 2, .day = 30};
    assert_true(ama__date_valid(AMA_CAL_360_DAY, &d));
    assert_false(ama__date_valid(AMA_CAL_ALL_LEAP, &d));
    d = (ama__date){.year = 2000, .month = 13, .day = 1};
    assert_false(ama__date_valid(AMA_CAL_360_DAY, &d));
    d = (ama__date){.year = 2000, .month = 1, .day = 1, .hour = 24};
    assert_false(ama__date_valid(AMA_CAL_360_DAY, &d));
}

static void printing(void **state) {
    (void)state;
    char buf[48];
    ama__timeaxis dt = {AMA_CAL_STANDARD, true}, cf = {AMA_CAL_NOLEAP, false};
    assert_string_equal(ama__time_print(&dt, INT64_C(947937600000000001), buf, sizeof buf),
                        "2000-01-15T12:00:00.000000001");
    assert_string_equal(ama__time_print(&dt, AMA_NAT, buf, sizeof buf), "NaT");
    assert_string_equal(ama__time_print(&dt, -1, buf, sizeof buf), "1969-12-31T23:59:59.999999999");
    assert_string_equal(ama__time_print(&cf, 43200000000, buf, sizeof buf), "1970-01-01 12:00:00");
    assert_string_equal(ama__time_print(&cf, 1, buf, sizeof buf), "1970-01-01 00:00:00.000001");
    assert_string_equal(ama__time_print(&cf, -AMA_US_PER_DAY * 365 * 1971, buf, sizeof buf), "-0001-01-01 00:00:00");
    ama__time_print(&dt, INT64_MAX, buf, 8); /* a short buffer is cut, not overrun */
    assert_int_equal(strlen(buf), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_cftime), cmocka_unit_test(every_day),
                                       cmocka_unit_test(names), cmocka_unit_test(invalid_dates),
                                       cmocka_unit_test(printing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
