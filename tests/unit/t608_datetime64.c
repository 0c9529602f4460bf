/* TEST: labels=unit
 * np.datetime64 scalars against numpy. */
#include "cmocka_all.h"

#include "cf/datetime64.h"
#include "with_ctx.h"

static const struct {
    const char *text, *unit;
    int ok;
    int64_t ns;
    const char *printed;
} golden[] = {
#include "cf_golden_datetime.inc"
};

static void as_numpy(void **state) {
    ama_ctx *ctx = *state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        ama__datetime d, cut;
        ama__datetime_unit unit = AMA_DATETIME_N;
        char buf[64];
        if (*golden[i].unit) assert_int_equal(ama__datetime_unit_parse(ctx, golden[i].unit, &unit), AMA_OK);
        ama_status status = ama__datetime_parse(ctx, golden[i].text, unit, &d);
        if ((status == AMA_OK) != golden[i].ok)
            fail_msg("\"%s\", \"%s\": %d %s", golden[i].text, golden[i].unit, status, ama__error_text(ctx));
        if (status != AMA_OK) {
            assert_int_equal(status, AMA_ERR_ARG);
            ama__error_clear(ctx);
            continue;
        }
        ama__datetime_print(&d, false, buf, sizeof buf);
        if (d.ns != golden[i].ns || strcmp(buf, golden[i].printed) != 0)
            fail_msg("\"%s\", \"%s\": %lld %s, not %lld %s", golden[i].text, golden[i].unit, (long long)d.ns, buf,
                     (long long)golden[i].ns, golden[i].printed);
        assert_int_equal(ama__datetime_cut(ctx, &d, d.unit, &cut), AMA_OK); /* it is the start of its unit */
        assert_int_equal(cut.ns, d.ns);
    }
}

static void refused(ama_ctx *ctx, const char *text, ama__datetime_unit unit, const char *what) {
    ama__datetime d;
    assert_int_equal(ama__datetime_parse(ctx, text, unit, &d), AMA_ERR_UNSUPPORTED);
    if (!strstr(ama__error_text(ctx), what)) fail_msg("\"%s\": %s", text, ama__error_text(ctx));
    ama__error_clear(ctx);
}

/* What numpy reads and nanoseconds (or reproducible runs) do not have. */
static void beyond(void **state) {
    ama_ctx *ctx = *state;
    static const char *const words[] = {"NaT", "nat", "now", "today", ""};
    for (int i = 0; i < 5; i++) refused(ctx, words[i], AMA_DATETIME_N, "not supported");
    refused(ctx, "2001-02-03T06Z", AMA_DATETIME_N, "time zone");
    refused(ctx, "2001-02-03T06:30+01", AMA_DATETIME_D, "time zone");
    refused(ctx, "2001-02-03T06:30:01.1234567891", AMA_DATETIME_N, "finer");
    refused(ctx, "20010203", AMA_DATETIME_N, "to numpy a year");
    refused(ctx, "1500-01-01", AMA_DATETIME_N, "1677");
    refused(ctx, "99999999999999999999-01-01", AMA_DATETIME_N, "2262");
    refused(ctx, "-5", AMA_DATETIME_N, "1677");
    refused(ctx, "2262-04-11T23:47:16.854775808", AMA_DATETIME_N, "2262");
    refused(ctx, "1677-09-22", AMA_DATETIME_M, "start of this M");
    refused(ctx, "1677-09-22", AMA_DATETIME_W, "start of this W");
}

static void counts_and_units(void **state) {
    static const struct {
        int64_t count;
        ama__datetime_unit unit;
        const char *printed, *repr;
    } rows[] = {
        {5, AMA_DATETIME_D, "1970-01-06", "np.datetime64('1970-01-06')"},
        {366, AMA_DATETIME_H, "1970-01-16T06", "np.datetime64('1970-01-16T06','h')"},
        {-1, AMA_DATETIME_M, "1969-12", "np.datetime64('1969-12')"},
        {31, AMA_DATETIME_Y, "2001", "np.datetime64('2001')"},
        {-1, AMA_DATETIME_W, "1969-12-25", "np.datetime64('1969-12-25')"},
        {-1, AMA_DATETIME_NS, "1969-12-31T23:59:59.999999999", "np.datetime64('1969-12-31T23:59:59.999999999')"}};
    ama_ctx *ctx = *state;
    ama__datetime d;
    ama__datetime_unit unit;
    char buf[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(ama__datetime_of_count(ctx, rows[i].count, rows[i].unit, &d), AMA_OK);
        assert_string_equal(ama__datetime_print(&d, false, buf, sizeof buf), rows[i].printed);
        assert_string_equal(ama__datetime_print(&d, true, buf, sizeof buf), rows[i].repr);
    }
    static const int64_t far[] = {2001, -300, INT64_MAX, INT64_MIN};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ama__datetime_of_count(ctx, far[i], AMA_DATETIME_Y, &d), AMA_ERR_UNSUPPORTED);
        ama__error_clear(ctx);
    }
    assert_int_equal(ama__datetime_of_count(ctx, INT64_MIN, AMA_DATETIME_NS, &d), AMA_ERR_UNSUPPORTED); /* NaT */
    ama__error_clear(ctx);
    assert_int_equal(ama__datetime_of_count(ctx, 106752, AMA_DATETIME_D, &d), AMA_ERR_UNSUPPORTED);
    ama__error_clear(ctx);
    assert_int_equal(ama__datetime_unit_parse(ctx, "10s", &unit), AMA_ERR_UNSUPPORTED);
    ama__error_clear(ctx);
    assert_int_equal(ama__datetime_unit_parse(ctx, "ps", &unit), AMA_ERR_UNSUPPORTED);
    ama__error_clear(ctx);
    assert_int_equal(ama__datetime_unit_parse(ctx, "day", &unit), AMA_ERR_ARG);
    ama__error_clear(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_numpy), cmocka_unit_test(beyond),
                                       cmocka_unit_test(counts_and_units)};
    return cmocka_run_group_tests(tests, with_ctx, without_ctx);
}
