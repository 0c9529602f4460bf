/* TEST: labels=unit
 * Growable text, the nearest name, sizes, and floats as Python prints them. */
#include "cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

static void growable(void **state) {
    (void)state;
    ama_ctx *ctx = ama__ctx_create();
    ama__text t;
    ama__text_init(&t, ctx);
    assert_string_equal(ama__text_get(&t), "");
    ama__text_add(&t, "");
    ama__text_addn(&t, NULL, 0);
    assert_string_equal(ama__text_get(&t), "");
    for (int i = 0; i < 2000; i++) ama__text_printf(&t, "%d,", i);
    ama__text_add(&t, "end");
    ama__text_addn(&t, "xyz", 2);
    assert_memory_equal(ama__text_get(&t), "0,1,2,3,", 8);
    assert_string_equal(ama__text_get(&t) + t.n - 10, "1999,endxy");
    assert_int_equal(strlen(ama__text_get(&t)), t.n);
    assert_false(t.failed);
    ama__text_fini(&t);
    ama__text_fini(&t);

    ama__mem_set_limit(ctx, 2000);
    ama__text_add(&t, "kept");
    for (int i = 0; i < 100; i++) ama__text_add(&t, "0123456789012345678901234567890123456789");
    assert_true(t.failed);
    assert_int_equal(ama__error_status(ctx), AMA_ERR_BUDGET);
    assert_memory_equal(ama__text_get(&t), "kept", 4);
    ama__text_fini(&t);
    assert_int_equal(ama__mem_used(ctx), 0);
    ama__ctx_destroy(&ctx);
}

static void nearest(void **state) {
    (void)state;
    static const char *const names[] = {"dim", "skipna", "keep_attrs", "time", "latitude", "longitude", "Temperature"};
    static const struct {
        const char *word, *found;
    } cases[] = {
        {"dims", "dim"},
        {"dmi", "dim"},
        {"skpina", "skipna"},
        {"skip_na", "skipna"},
        {"keepattrs", "keep_attrs"},
        {"tmie", "time"},
        {"lattitude", "latitude"},
        {"longitud", "longitude"},
        {"temperature", "Temperature"},
        {"TIME", "time"},
        {"pressure", NULL},
        {"q", NULL},
        {"", NULL},
        {"xyz", NULL},
        {"di", "dim"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = ama__text_nearest(cases[i].word, names, 7);
        if (cases[i].found ? !found || strcmp(found, cases[i].found) != 0 : found != NULL)
            fail_msg("%s -> %s", cases[i].word, found ? found : "nothing");
    }
    static const char *const odd[] = {NULL, ""};
    assert_null(ama__text_nearest("abc", odd, 2));
    assert_null(ama__text_nearest("abc", NULL, 0));
    char word[500];
    memset(word, 'a', sizeof word);
    word[499] = '\0';
    const char *const long_name[] = {word};
    assert_null(ama__text_nearest(word, names, 7));
    assert_null(ama__text_nearest("aaaa", long_name, 1));
}

static void sizes(void **state) {
    (void)state;
    char buf[32];
    assert_string_equal(ama__text_bytes(buf, sizeof buf, 0), "0 B");
    assert_string_equal(ama__text_bytes(buf, sizeof buf, 1023), "1023 B");
    assert_string_equal(ama__text_bytes(buf, sizeof buf, 1024), "1.0 KiB");
    assert_string_equal(ama__text_bytes(buf, sizeof buf, 1.5 * 1073741824), "1.5 GiB");
    assert_string_equal(ama__text_bytes(buf, sizeof buf, 1048575), "1.0 MiB");
    assert_string_equal(ama__text_bytes(buf, sizeof buf, 18446744073709551615.0), "16.0 EiB");

    static const struct {
        const char *text;
        size_t bytes;
    } good[] = {{"0", 0},
                {"800000", 800000},
                {"512MiB", 536870912},
                {"2 GiB", (size_t)2 << 30},
                {"1.5g", (size_t)3 << 29},
                {" 4 kB ", 4096},
                {"3K", 3072},
                {"1T", (size_t)1 << 40},
                {".5MiB", 524288},
                {"7 b", 7},
                {"2.m", 2097152},
                {"18446744073709551615", SIZE_MAX}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t n = 1;
        if (!ama__text_parse_bytes(good[i].text, &n) || n != good[i].bytes) fail_msg("%s: %zu", good[i].text, n);
    }
    static const char *const bad[] = {"",
                                      " ",
                                      "MiB",
                                      "-1",
                                      "+1",
                                      "1.2.3",
                                      "1e3",
                                      "0x10",
                                      "1 Q",
                                      "1iB",
                                      "1 MM",
                                      "nan",
                                      "inf",
                                      ".",
                                      ". k",
                                      "1,5g",
                                      "18446744073709551616",
                                      "99999999999T",
                                      "1 GiB x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t n = 77;
        if (ama__text_parse_bytes(bad[i], &n) || n != 77) fail_msg("accepted %s as %zu", bad[i], n);
    }
}

static void floats(void **state) {
    (void)state;
    static const struct {
        double x;
        const char *text;
    } f8[] = {{0.0, "0.0"},
              {-0.0, "-0.0"},
              {1, "1.0"},
              {-12.5, "-12.5"},
              {0.1, "0.1"},
              {1.0 / 3, "0.3333333333333333"},
              {0.1 + 0.2, "0.30000000000000004"},
              {1e15, "1000000000000000.0"},
              {9007199254740993.0, "9007199254740992.0"},
              {1e16, "1e+16"},
              {1e20, "1e+20"},
              {1.5e300, "1.5e+300"},
              {0.0001, "0.0001"},
              {0.00012345, "0.00012345"},
              {0.00001, "1e-05"},
              {1.25e-7, "1.25e-07"},
              {0x1p-44, "5.684341886080802e-14"},
              {0x1p-1074, "5e-324"},
              {0x1.fffffffffffffp1023, "1.7976931348623157e+308"},
              {-1e100, "-1e+100"},
              {INFINITY, "inf"},
              {-INFINITY, "-inf"},
              {NAN, "nan"},
              {-NAN, "nan"}};
    char buf[32];
    for (size_t i = 0; i < sizeof f8 / sizeof *f8; i++)
        assert_string_equal(ama__text_f8(buf, sizeof buf, f8[i].x), f8[i].text);
    static const struct {
        float x;
        const char *text;
    } f4[] = {{0.1f, "0.1"},
              {1.0f / 3, "0.33333334"},
              {16777216.0f, "16777216.0"},
              {1e10f, "10000000000.0"},
              {123456789.0f, "123456790.0"},
              {1e16f, "1e+16"},
              {3.4028235e38f, "3.4028235e+38"},
              {1e-5f, "1e-05"},
              {0x1p-149f, "1e-45"},
              {-273.15f, "-273.15"},
              {INFINITY, "inf"},
              {NAN, "nan"}};
    for (size_t i = 0; i < sizeof f4 / sizeof *f4; i++)
        assert_string_equal(ama__text_f4(buf, sizeof buf, f4[i].x), f4[i].text);
}

/* Random bit patterns read back, and no text is longer than it may be. */
static void floats_read_back(void **state) {
    (void)state;
    char buf[32], shorter[48];
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double x;
        float y;
        uint32_t low = (uint32_t)bits;
        memcpy(&x, &bits, 8);
        memcpy(&y, &low, 4);
        if (isfinite(x)) {
            assert_true(strtod(ama__text_f8(buf, sizeof buf, x), NULL) == x);
            snprintf(shorter, sizeof shorter, "%.*e", 14, x);
            if (strtod(shorter, NULL) == x) assert_true(strlen(buf) <= strlen(shorter));
        }
        if (isfinite(y)) assert_true(strtof(ama__text_f4(buf, sizeof buf, y), NULL) == y);
    }
    /* too small a place is cut, never overrun */
    char small[4] = "abc";
    assert_string_equal(ama__text_f8(small, 3, 0.123), "0.");
    assert_int_equal(small[3], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growable), cmocka_unit_test(nearest),          cmocka_unit_test(sizes),
        cmocka_unit_test(floats),   cmocka_unit_test(floats_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
