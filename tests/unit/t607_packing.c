/* TEST: labels=unit
 * Packing: decoded dtypes, missing values, _Unsigned, arithmetic of the decoded dtype, and the way back. */
#include "cmocka_all.h"

#include <math.h>

#include "cf/packing.h"
#include "with_ctx.h"

static void dtypes(void **state) {
    ama_ctx *ctx = *state;
    static const struct {
        ama_dtype stored, scale, offset; /* AMA_DTYPE_N: absent */
        bool fill;
        ama_dtype decoded;
    } table[] = {
        {AMA_I2, AMA_DTYPE_N, AMA_DTYPE_N, false, AMA_I2},
        {AMA_I1, AMA_DTYPE_N, AMA_DTYPE_N, true, AMA_F4},
        {AMA_U2, AMA_DTYPE_N, AMA_DTYPE_N, true, AMA_F4},
        {AMA_I4, AMA_DTYPE_N, AMA_DTYPE_N, true, AMA_F8},
        {AMA_I8, AMA_DTYPE_N, AMA_DTYPE_N, true, AMA_F8},
        {AMA_F4, AMA_DTYPE_N, AMA_DTYPE_N, true, AMA_F4},
        {AMA_F8, AMA_DTYPE_N, AMA_DTYPE_N, true, AMA_F8},
        {AMA_I2, AMA_F4, AMA_F4, false, AMA_F4},
        {AMA_I2, AMA_F8, AMA_F8, true, AMA_F8},
        {AMA_I4, AMA_F4, AMA_F4, false, AMA_F8},
        {AMA_U4, AMA_F4, AMA_F4, true, AMA_F8},
        {AMA_I8, AMA_F4, AMA_F4, true, AMA_F4},
        {AMA_I2, AMA_F4, AMA_F8, false, AMA_F8},
        {AMA_I2, AMA_DTYPE_N, AMA_F4, false, AMA_F8},
        {AMA_I2, AMA_F4, AMA_DTYPE_N, false, AMA_F4},
        {AMA_I2, AMA_F8, AMA_DTYPE_N, true, AMA_F8},
        {AMA_F4, AMA_F8, AMA_DTYPE_N, false, AMA_F8},
        {AMA_I2, AMA_I4, AMA_I4, false, AMA_F8},
        {AMA_I2, AMA_I4, AMA_DTYPE_N, false, AMA_I4},
        {AMA_I2, AMA_I4, AMA_DTYPE_N, true, AMA_F8},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ama__packing_attrs a = {.scale_dtype = table[i].scale, .offset_dtype = table[i].offset, .scale = 2};
        ama__unpack u;
        a.has_scale = table[i].scale != AMA_DTYPE_N;
        a.has_offset = table[i].offset != AMA_DTYPE_N;
        a.n_missing = table[i].fill;
        a.missing_f8[0] = (double)(a.missing_i8[0] = -99);
        assert_int_equal(ama__packing_decode(ctx, table[i].stored, &a, &u), AMA_OK);
        if (u.dtype != table[i].decoded)
            fail_msg("row %zu: %s, not %s", i, ama__dtype_name(u.dtype), ama__dtype_name(table[i].decoded));
    }
    ama__packing_attrs text = {.has_scale = true, .scale_dtype = AMA_STRING};
    ama__unpack u;
    assert_int_equal(ama__packing_decode(ctx, AMA_I2, &text, &u), AMA_ERR_FORMAT);
    ama__error_clear(ctx);
    assert_int_equal(ama__packing_decode(ctx, AMA_CHAR, &text, &u), AMA_OK);
    ama__packing_attrs many = {.n_missing = AMA_MISSING_MAX + 1};
    assert_int_equal(ama__packing_decode(ctx, AMA_I2, &many, &u), AMA_ERR_UNSUPPORTED);
    ama__error_clear(ctx);
}

static void missing_values(void **state) {
    ama_ctx *ctx = *state;
    ama__unpack u;
    /* Duplicates merge; what no stored value can equal is dropped, and then nothing is left to become NaN. */
    ama__packing_attrs a = {.n_missing = 3, .missing_i8 = {-1, -1, -2}, .missing_f8 = {-1, -1, -2}};
    assert_int_equal(ama__packing_decode(ctx, AMA_I2, &a, &u), AMA_OK);
    assert_int_equal(u.n_missing, 2);
    int16_t i2[] = {-1, 0, -2, 7};
    float f4[4];
    ama__unpack_apply(&u, 4, i2, f4);
    assert_true(isnan(f4[0]) && f4[1] == 0 && isnan(f4[2]) && f4[3] == 7);
    ama__packing_attrs odd = {.n_missing = 2, .missing_i8 = {0, INT64_MIN}, .missing_f8 = {NAN, 1e30}};
    assert_int_equal(ama__packing_decode(ctx, AMA_I2, &odd, &u), AMA_OK);
    assert_int_equal(u.n_missing, 0);
    assert_int_equal(u.dtype, AMA_I2);
    int16_t same[4];
    ama__unpack_apply(&u, 4, i2, same);
    assert_memory_equal(same, i2, sizeof i2);
    ama__unpack_apply(&u, 0, NULL, NULL);
    /* A float64 attribute on float32 data means the nearest float32. */
    ama__packing_attrs wide = {.n_missing = 2, .missing_f8 = {1e20, NAN}};
    assert_int_equal(ama__packing_decode(ctx, AMA_F4, &wide, &u), AMA_OK);
    float in[] = {1e20f, 1, NAN, 1e19f};
    ama__unpack_apply(&u, 4, in, f4);
    assert_true(isnan(f4[0]) && f4[1] == 1 && isnan(f4[2]) && f4[3] == 1e19f);
    /* 64-bit values beyond 2^53 are compared exactly. */
    ama__packing_attrs big = {
        .n_missing = 1, .missing_i8 = {INT64_C(9007199254740993)}, .missing_f8 = {9007199254740992.0}};
    assert_int_equal(ama__packing_decode(ctx, AMA_I8, &big, &u), AMA_OK);
    int64_t i8[] = {INT64_C(9007199254740993), INT64_C(9007199254740992)};
    double f8[2];
    ama__unpack_apply(&u, 2, i8, f8);
    assert_true(isnan(f8[0]) && f8[1] == 9007199254740992.0);
}

static void unsigned_hint(void **state) {
    ama_ctx *ctx = *state;
    ama__unpack u;
    ama__packing_attrs a = {.n_missing = 1, .missing_i8 = {-1}, .missing_f8 = {-1}, .unsigned_hint = 1};
    assert_int_equal(ama__packing_decode(ctx, AMA_I1, &a, &u), AMA_OK);
    assert_int_equal(u.stored, AMA_U1);
    int8_t bytes[] = {-1, -2, 5};
    float f4[3];
    ama__unpack_apply(&u, 3, bytes, f4);
    assert_true(isnan(f4[0]) && f4[1] == 254 && f4[2] == 5);
    a = (ama__packing_attrs){.n_missing = 1, .missing_i8 = {255}, .missing_f8 = {255}, .unsigned_hint = -1};
    assert_int_equal(ama__packing_decode(ctx, AMA_U1, &a, &u), AMA_OK);
    assert_int_equal(u.stored, AMA_I1);
    uint8_t u1[] = {255, 254};
    ama__unpack_apply(&u, 2, u1, f4);
    assert_true(isnan(f4[0]) && f4[1] == -2);
    a = (ama__packing_attrs){.unsigned_hint = 1};
    assert_int_equal(ama__packing_decode(ctx, AMA_F4, &a, &u), AMA_OK);
    assert_int_equal(u.stored, AMA_F4);
    assert_int_equal(ama__packing_decode(ctx, AMA_I8, &a, &u), AMA_OK);
    assert_int_equal(u.dtype, AMA_U8);
}

/* numpy: np.int16(x).astype(T) * T(scale) + T(offset), each step rounded to T. */
static void arithmetic(void **state) {
    ama_ctx *ctx = *state;
    ama__unpack u;
    float s4 = 0.01f, o4 = 273.15f;
    ama__packing_attrs a = {.has_scale = true,
                            .has_offset = true,
                            .scale_dtype = AMA_F4,
                            .offset_dtype = AMA_F4,
                            .scale = s4,
                            .offset = o4,
                            .n_missing = 1,
                            .missing_i8 = {-32768},
                            .missing_f8 = {-32768}};
    assert_int_equal(ama__packing_decode(ctx, AMA_I2, &a, &u), AMA_OK);
    int16_t x[] = {1234, -1, -32768, 32767};
    float f4[4];
    ama__unpack_apply(&u, 4, x, f4);
    for (int i = 0; i < 4; i++) {
        volatile float product = (float)x[i] * s4;
        if (i == 2)
            assert_true(isnan(f4[i]));
        else
            assert_true(f4[i] == product + o4);
    }
    a.scale_dtype = a.offset_dtype = AMA_F8;
    a.scale = 0.01;
    a.offset = 273.15;
    assert_int_equal(ama__packing_decode(ctx, AMA_I2, &a, &u), AMA_OK);
    double f8[4];
    ama__unpack_apply(&u, 4, x, f8);
    volatile double product = 1234 * 0.01;
    assert_true(f8[0] == product + 273.15);
    ama__packing_attrs ints = {.has_scale = true, .scale_dtype = AMA_I4, .scale = 10};
    assert_int_equal(ama__packing_decode(ctx, AMA_I2, &ints, &u), AMA_OK);
    int32_t i4[4];
    ama__unpack_apply(&u, 4, x, i4);
    assert_int_equal(i4[3], 327670);
}

static void packing(void **state) {
    (void)state;
    double x[] = {0.5, 1.5, 2.5, -0.5, NAN, 7.4999};
    int16_t i2[6];
    ama__pack p = {.from = AMA_F8, .to = AMA_I2, .has_fill = true, .fill_i8 = -999};
    assert_int_equal(ama__pack_apply(&p, 6, x, i2), 0);
    int16_t even[] = {0, 2, 2, 0, -999, 7}; /* half to even */
    assert_memory_equal(i2, even, sizeof i2);
    p.has_fill = false;
    assert_int_equal(ama__pack_apply(&p, 6, x, i2), 1);
    p = (ama__pack){.from = AMA_F4,
                    .to = AMA_I2,
                    .has_scale = true,
                    .has_offset = true,
                    .scale = 0.01f,
                    .offset = 273.15f,
                    .has_fill = true,
                    .fill_i8 = -32768};
    float f4[] = {285.49f, 273.15f, NAN};
    assert_int_equal(ama__pack_apply(&p, 3, f4, i2), 0);
    assert_int_equal(i2[0], 1234);
    assert_int_equal(i2[1], 0);
    assert_int_equal(i2[2], -32768);
    p = (ama__pack){.from = AMA_F8, .to = AMA_F4, .has_fill = true, .fill_f8 = 1e20};
    float out[6];
    ama__pack_apply(&p, 6, x, out);
    assert_true(out[4] == 1e20f && out[0] == 0.5f);
    int64_t big[] = {INT64_C(9007199254740993)}, copy[1];
    p = (ama__pack){.from = AMA_I8, .to = AMA_I8};
    assert_int_equal(ama__pack_apply(&p, 1, big, copy), 0);
    assert_int_equal(copy[0], big[0]);
    double wild[] = {1e30, -INFINITY, 1.5e19};
    uint64_t u8[3];
    p = (ama__pack){.from = AMA_F8, .to = AMA_U8};
    ama__pack_apply(&p, 3, wild, u8); /* no trap, whatever the value */
    assert_true(u8[2] == UINT64_C(15000000000000000000));
}

/* Every int16 survives unpacking and packing. */
static void round_trip(void **state) {
    ama_ctx *ctx = *state;
    static int16_t all[65536], again[65536];
    static float values[65536];
    for (int i = 0; i < 65536; i++) all[i] = (int16_t)(i - 32768);
    ama__unpack u;
    ama__packing_attrs a = {.has_scale = true,
                            .has_offset = true,
                            .scale_dtype = AMA_F4,
                            .offset_dtype = AMA_F4,
                            .scale = 0.0625,
                            .offset = 100,
                            .n_missing = 1,
                            .missing_i8 = {-32768},
                            .missing_f8 = {-32768}};
    assert_int_equal(ama__packing_decode(ctx, AMA_I2, &a, &u), AMA_OK);
    ama__unpack_apply(&u, 65536, all, values);
    ama__pack p = {.from = AMA_F4,
                   .to = AMA_I2,
                   .has_scale = true,
                   .has_offset = true,
                   .scale = 0.0625,
                   .offset = 100,
                   .has_fill = true,
                   .fill_i8 = -32768};
    assert_int_equal(ama__pack_apply(&p, 65536, values, again), 0);
    assert_memory_equal(all, again, sizeof all);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(dtypes),        cmocka_unit_test(missing_values),
                                       cmocka_unit_test(unsigned_hint), cmocka_unit_test(arithmetic),
                                       cmocka_unit_test(packing),       cmocka_unit_test(round_trip)};
    return cmocka_run_group_tests(tests, with_ctx, without_ctx);
}
