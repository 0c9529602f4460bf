/* TEST: labels=unit
 * Resampling bins against pandas and xarray; the table of SEMANTICS 1.3; requests that make no sense. */
#include "cmocka_all.h"

#include <stdio.h>

#include "cf/frequency.h"
#include "with_ctx.h"

static const struct {
    ama__calendar axis;
    int datetime64;
    int64_t start, step;
    int n;
    const char *freq;
    ama__side closed, label;
    const char *origin, *offset;
    int64_t n_bins;
    uint64_t key; /* of all labels and counts, in order */
    int64_t labels[4], counts[4];
} golden[] = {
#include "cf_golden_resample.inc"
};

static void count_members(int64_t n, const int64_t *bin, int64_t n_bins, int64_t *counts) {
    memset(counts, 0, (size_t)n_bins * sizeof *counts);
    for (int64_t i = 0; i < n; i++) {
        assert_in_range(bin[i], 0, n_bins - 1);
        counts[bin[i]]++;
    }
}

static void check_row(ama__arena *arena, size_t row) {
    ama__timeaxis axis = {golden[row].axis, golden[row].datetime64};
    ama__resample r = {golden[row].freq, golden[row].closed, golden[row].label, golden[row].origin, golden[row].offset};
    int64_t ticks[128], n_bins, *labels, *bin;
    for (int i = 0; i < golden[row].n; i++) ticks[i] = golden[row].start + i * golden[row].step;
    if (ama__resample_bins(arena, &axis, &r, golden[row].n, ticks, &n_bins, &labels, &bin) != AMA_OK)
        fail_msg("row %zu \"%s\": %s", row, r.freq, ama__error_text(ama__arena_ctx(arena)));
    if (n_bins != golden[row].n_bins)
        fail_msg("row %zu \"%s\": %lld bins, not %lld", row, r.freq, (long long)n_bins, (long long)golden[row].n_bins);
    int64_t *counts = ama__arena_alloc(arena, (size_t)n_bins * sizeof *counts);
    assert_non_null(counts);
    count_members(golden[row].n, bin, n_bins, counts);
    uint64_t key = 0;
    for (int64_t i = 0; i < n_bins; i++) {
        key = key * 31 + (uint64_t)labels[i] + 7 * (uint64_t)counts[i];
        if (i < 4 && (labels[i] != golden[row].labels[i] || counts[i] != golden[row].counts[i]))
            fail_msg("row %zu \"%s\" bin %lld: label %lld count %lld, not %lld %lld", row, r.freq, (long long)i,
                     (long long)labels[i], (long long)counts[i], (long long)golden[row].labels[i],
                     (long long)golden[row].counts[i]);
    }
    if (key != golden[row].key) fail_msg("row %zu \"%s\": later bins differ", row, r.freq);
}

static void as_pandas_and_xarray(void **state) {
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) check_row(*state, i);
}

/* 100 daily noon stamps from 2000-01-15. */
static void documented_table(void **state) {
    ama__arena *arena = *state;
    static const struct {
        const char *freq;
        ama__side closed;
        const char *first_label;
        int n;
        int counts[4];
    } table[] = {{"MS", 0, "2000-01-01", 4, {17, 29, 31, 23}},
                 {"ME", 0, "2000-01-31", 4, {17, 29, 31, 23}},
                 {"QS-DEC", 0, "1999-12-01", 2, {46, 54}},
                 {"QS", 0, "2000-01-01", 2, {77, 23}},
                 {"YS", 0, "2000-01-01", 1, {100}},
                 {"W", 0, "2000-01-16", 15, {2, 7, 7, 7}},
                 {"B", 0, "2000-01-14", 71, {2, 1, 1, 1}},
                 {"2MS", 0, "2000-01-01", 2, {46, 54}},
                 {"5D", 0, "2000-01-15", 20, {5, 5, 5, 5}},
                 {"ME", AMA_SIDE_LEFT, "2000-01-31", 4, {16, 29, 31, 24}}};
    ama__timeaxis axis = {AMA_CAL_STANDARD, true};
    int64_t ticks[100];
    for (int i = 0; i < 100; i++) ticks[i] = INT64_C(947937600000000000) + i * INT64_C(86400000000000);
    for (size_t t = 0; t < sizeof table / sizeof *table; t++) {
        ama__resample r = {.freq = table[t].freq, .closed = table[t].closed};
        int64_t n_bins, *labels, *bin, counts[80];
        char buf[48];
        assert_int_equal(ama__resample_bins(arena, &axis, &r, 100, ticks, &n_bins, &labels, &bin), AMA_OK);
        assert_int_equal(n_bins, table[t].n);
        assert_memory_equal(ama__time_print(&axis, labels[0], buf, sizeof buf), table[t].first_label, 10);
        count_members(100, bin, n_bins, counts);
        for (int i = 0; i < 4 && i < n_bins; i++) assert_int_equal(counts[i], table[t].counts[i]);
    }
}

static void refusals(void **state) {
    ama__arena *arena = *state;
    ama_ctx *ctx = ama__arena_ctx(arena);
    static const struct {
        const char *freq, *origin, *offset;
        bool cftime;
        ama_status status;
        const char *says;
    } bad[] = {{"MES", NULL, NULL, false, AMA_ERR_ARG, "did you mean"},
               {"weekly", NULL, NULL, false, AMA_ERR_ARG, "unknown frequency"},
               {"", NULL, NULL, false, AMA_ERR_ARG, "unknown frequency"},
               {"0D", NULL, NULL, false, AMA_ERR_ARG, "must be positive"},
               {"-1D", NULL, NULL, false, AMA_ERR_ARG, "must be positive"},
               {"1.5MS", NULL, NULL, false, AMA_ERR_ARG, "whole number"},
               {"QS-XYZ", NULL, NULL, false, AMA_ERR_ARG, "not an anchor"},
               {"MS-JAN", NULL, NULL, false, AMA_ERR_ARG, "it has none"},
               {"W-JAN", NULL, NULL, false, AMA_ERR_ARG, "MON"},
               {"999999999999D", NULL, NULL, false, AMA_ERR_ARG, NULL},
               {"ns", NULL, NULL, false, AMA_ERR_ARG, "more than"},
               {"C", NULL, NULL, false, AMA_ERR_UNSUPPORTED, "not supported"},
               {"B", NULL, NULL, true, AMA_ERR_UNSUPPORTED, "datetime64"},
               {"W", NULL, NULL, true, AMA_ERR_UNSUPPORTED, "7D"},
               {"SMS", NULL, NULL, true, AMA_ERR_UNSUPPORTED, "datetime64"},
               {"1.5h", NULL, NULL, true, AMA_ERR_UNSUPPORTED, "datetime64"},
               {"ns", NULL, NULL, true, AMA_ERR_UNSUPPORTED, NULL},
               {"6h", "middle", NULL, false, AMA_ERR_ARG, "start_day"},
               {"6h", NULL, "soon", false, AMA_ERR_ARG, "duration"}};
    int64_t ticks[] = {0, INT64_C(40000000000000000)}, n_bins, *labels, *bin;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ama__timeaxis axis = {AMA_CAL_STANDARD, !bad[i].cftime};
        ama__resample r = {.freq = bad[i].freq, .origin = bad[i].origin, .offset = bad[i].offset};
        ama_status status = ama__resample_bins(arena, &axis, &r, 2, ticks, &n_bins, &labels, &bin);
        if (status != bad[i].status) fail_msg("\"%s\": status %d %s", r.freq, status, ama__error_text(ctx));
        if (bad[i].says && !strstr(ama__error_text(ctx), bad[i].says)) fail_msg("%s", ama__error_text(ctx));
        ama__error_clear(ctx);
    }
    ama__timeaxis axis = {AMA_CAL_STANDARD, true};
    ama__resample r = {.freq = "MS"};
    int64_t back[] = {5, 4}, nat[] = {AMA_NAT, 4}, ends[] = {INT64_MIN + 1, INT64_MAX};
    assert_int_equal(ama__resample_bins(arena, &axis, &r, 2, back, &n_bins, &labels, &bin), AMA_ERR_ARG);
    ama__error_clear(ctx);
    assert_int_equal(ama__resample_bins(arena, &axis, &r, 2, nat, &n_bins, &labels, &bin), AMA_ERR_ARG);
    ama__error_clear(ctx);
    assert_int_equal(ama__resample_bins(arena, &axis, &r, 2, ends, &n_bins, &labels, &bin), AMA_ERR_ARG);
    ama__error_clear(ctx);
    r.freq = "365D";
    assert_int_equal(ama__resample_bins(arena, &axis, &r, 2, ends, &n_bins, &labels, &bin), AMA_ERR_ARG);
    ama__error_clear(ctx);
    assert_int_equal(ama__resample_bins(arena, &axis, &r, 0, NULL, &n_bins, &labels, &bin), AMA_OK);
    assert_int_equal(n_bins, 0);
}

/* pandas: "Values falls before first bin". */
static void uncovered(void **state) {
    ama__timeaxis axis = {AMA_CAL_STANDARD, true};
    ama__resample r = {.freq = "90min", .origin = "end", .offset = "1h"};
    int64_t ticks[75], n_bins, *labels, *bin;
    for (int i = 0; i < 75; i++) ticks[i] = INT64_C(135216000000000000) + i * INT64_C(18000000000000);
    assert_int_equal(ama__resample_bins(*state, &axis, &r, 75, ticks, &n_bins, &labels, &bin), AMA_ERR_ARG);
    ama__error_clear(ama__arena_ctx(*state));
}

static void equal_stamps(void **state) {
    ama__timeaxis axis = {AMA_CAL_NOLEAP, false};
    ama__resample r = {.freq = "D"};
    int64_t ticks[] = {0, 0, 1, INT64_C(86400000000)}, n_bins, *labels, *bin;
    assert_int_equal(ama__resample_bins(*state, &axis, &r, 4, ticks, &n_bins, &labels, &bin), AMA_OK);
    assert_int_equal(n_bins, 2);
    assert_int_equal(bin[2], 0);
    assert_int_equal(bin[3], 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_pandas_and_xarray), cmocka_unit_test(documented_table),
                                       cmocka_unit_test(refusals), cmocka_unit_test(equal_stamps),
                                       cmocka_unit_test(uncovered)};
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
