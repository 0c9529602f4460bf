/* TEST: labels=unit
 * Element types: names, numpy's promotion, elements as float64 and int64, byte order. */
#include "cmocka_all.h"

#include <math.h>

#include "array/dtype.h"

static void names(void **state) {
    (void)state;
    ama_dtype t;
    for (int i = 0; i < AMA_DTYPE_N; i++) {
        assert_true(ama__dtype_parse(ama__dtype_name((ama_dtype)i), &t));
        assert_int_equal(t, i);
    }
    static const struct {
        const char *name;
        ama_dtype type;
    } good[] = {{"f4", AMA_F4},     {"<f4", AMA_F4},    {">f8", AMA_F8},    {"=i2", AMA_I2},        {"|u1", AMA_U1},
                {"|b1", AMA_BOOL},  {"bool", AMA_BOOL}, {"?", AMA_BOOL},    {"single", AMA_F4},     {"double", AMA_F8},
                {"float", AMA_F8},  {"int", AMA_I8},    {"uint", AMA_U8},   {"i", AMA_I4},          {"b", AMA_I1},
                {"B", AMA_U1},      {"|S1", AMA_CHAR},  {"S1", AMA_CHAR},   {"object", AMA_STRING}, {"|O", AMA_STRING},
                {"uint16", AMA_U2}, {"ushort", AMA_U2}, {"str", AMA_STRING}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!ama__dtype_parse(good[i].name, &t) || t != good[i].type) fail_msg("%s", good[i].name);
    static const char *const bad[] = {"",    "<",       "f3",  "f2",   "float16", "complex64",      "i16",
                                      "f44", "Float32", "u0",  "b8",   "M8",      "datetime64[ns]", "S2",
                                      "s1",  " f4",     "f4 ", "<<f4", "f/"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ama__dtype_parse(bad[i], &t)) fail_msg("accepted %s", bad[i]);
    assert_int_equal(ama__dtype_bytes(AMA_I2), 2);
    assert_int_equal(ama__dtype_kind(AMA_U8), 'u');
}

/* numpy.promote_types over the numeric types, rows and columns in the order of dtype.def. */
static void promotion(void **state) {
    (void)state;
    static const char *const table[11] = {
        "?  i1 i2 i4 i8 u1 u2 u4 u8 f4 f8", "i1 i1 i2 i4 i8 i2 i4 i8 f8 f4 f8", "i2 i2 i2 i4 i8 i2 i4 i8 f8 f4 f8",
        "i4 i4 i4 i4 i8 i4 i4 i8 f8 f8 f8", "i8 i8 i8 i8 i8 i8 i8 i8 f8 f8 f8", "u1 i2 i2 i4 i8 u1 u2 u4 u8 f4 f8",
        "u2 i4 i4 i4 i8 u2 u2 u4 u8 f4 f8", "u4 i8 i8 i8 i8 u4 u4 u4 u8 f8 f8", "u8 f8 f8 f8 f8 u8 u8 u8 u8 f8 f8",
        "f4 f4 f4 f8 f8 f4 f4 f8 f8 f4 f8", "f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8"};
    for (int a = 0; a < 11; a++)
        for (int b = 0; b < 11; b++) {
            char name[3] = {table[a][3 * b], table[a][3 * b + 1], 0};
            if (name[1] == ' ') name[1] = '\0';
            ama_dtype want, got;
            assert_true(ama__dtype_parse(name, &want));
            assert_true(ama__dtype_promote((ama_dtype)a, (ama_dtype)b, &got));
            if (want != got) fail_msg("%d with %d: %s", a, b, ama__dtype_name(got));
        }
    ama_dtype t;
    assert_true(ama__dtype_promote(AMA_CHAR, AMA_CHAR, &t) && t == AMA_CHAR);
    assert_true(ama__dtype_promote(AMA_STRING, AMA_STRING, &t) && t == AMA_STRING);
    assert_false(ama__dtype_promote(AMA_CHAR, AMA_F4, &t));
    assert_false(ama__dtype_promote(AMA_BOOL, AMA_STRING, &t));
    assert_false(ama__dtype_promote(AMA_CHAR, AMA_STRING, &t));
}

static void elements(void **state) {
    (void)state;
    for (int t = 0; t < AMA_CHAR; t++) {
        _Alignas(8) unsigned char place[4 * 8];
        memset(place, 0xa5, sizeof place);
        ama__dtype_set_f8((ama_dtype)t, place, 1, 1.0);
        ama__dtype_set_i8((ama_dtype)t, place, 2, 1);
        assert_true(ama__dtype_get_f8((ama_dtype)t, place, 1) == 1.0);
        assert_true(ama__dtype_get_f8((ama_dtype)t, place, 2) == 1.0);
        assert_int_equal(ama__dtype_get_i8((ama_dtype)t, place, 1), 1);
        size_t size = ama__dtype_bytes((ama_dtype)t);
        for (size_t k = 0; k < size; k++) assert_int_equal(place[k], 0xa5);
        for (size_t k = 3 * size; k < 4 * size; k++) assert_int_equal(place[k], 0xa5);
    }
    int8_t i1 = -7;
    uint8_t u1 = 200, b = 9;
    int64_t i8 = INT64_MIN;
    uint64_t u8 = UINT64_MAX;
    float f4 = -2.75f;
    double f8[5] = {NAN, INFINITY, -1e300, 0x1p63, -3.99};
    assert_true(ama__dtype_get_f8(AMA_I1, &i1, 0) == -7 && ama__dtype_get_f8(AMA_U1, &u1, 0) == 200);
    assert_true(ama__dtype_get_f8(AMA_I8, &i8, 0) == -0x1p63 && ama__dtype_get_f8(AMA_U8, &u8, 0) == 0x1p64);
    assert_int_equal(ama__dtype_get_i8(AMA_U8, &u8, 0), -1);
    assert_int_equal(ama__dtype_get_i8(AMA_F4, &f4, 0), -2);
    assert_int_equal(ama__dtype_get_i8(AMA_F8, f8, 0), 0);
    assert_true(ama__dtype_get_i8(AMA_F8, f8, 1) == INT64_MIN && ama__dtype_get_i8(AMA_F8, f8, 2) == INT64_MIN);
    assert_true(ama__dtype_get_i8(AMA_F8, f8, 3) == INT64_MIN);
    assert_int_equal(ama__dtype_get_i8(AMA_F8, f8, 4), -3);
    assert_true(isnan(ama__dtype_get_f8(AMA_CHAR, "5", 0)));
    const char *text = "5";
    assert_true(isnan(ama__dtype_get_f8(AMA_STRING, &text, 0)));
    assert_int_equal(ama__dtype_get_i8(AMA_CHAR, "5", 0), 0);

    ama__dtype_set_f8(AMA_U1, &u1, 0, 300.9);
    assert_int_equal(u1, 300 - 256);
    ama__dtype_set_f8(AMA_I1, &i1, 0, -129);
    assert_int_equal(i1, 127);
    ama__dtype_set_f8(AMA_U8, &u8, 0, 0x1.8p63);
    assert_true(u8 == (uint64_t)3 << 62);
    ama__dtype_set_f8(AMA_BOOL, &b, 0, NAN);
    assert_int_equal(b, 1);
    ama__dtype_set_i8(AMA_BOOL, &b, 0, 0);
    assert_int_equal(b, 0);
    char c = 'x';
    ama__dtype_set_f8(AMA_CHAR, &c, 0, 65);
    assert_int_equal(c, 'x');
}

static void byte_order(void **state) {
    (void)state;
    for (size_t size = 0; size <= 17; size++) {
        unsigned char b[1 + 5 * 17], want[1 + 5 * 17];
        for (size_t i = 0; i < sizeof b; i++) want[i] = b[i] = (unsigned char)i;
        for (size_t i = 0; i < 5; i++)
            for (size_t k = 0; k < size; k++) want[1 + i * size + k] = b[1 + i * size + size - 1 - k];
        ama__bytes_swap(b + 1, 5, size);
        assert_memory_equal(b, want, sizeof b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(promotion),
        cmocka_unit_test(elements),
        cmocka_unit_test(byte_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
