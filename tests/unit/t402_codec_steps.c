/* Shuffle and fletcher32 against the plainest possible forms of their definitions, and HDF5's checksums.
 * TEST: labels=unit */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/steps.h"
#include "codec_data.h"
#include "codec_golden.h"

/* ---- shuffle */

static void shuffle_reference(size_t size, const uint8_t *src, uint8_t *dst, size_t bytes) {
    size_t n = bytes / size;
    memcpy(dst, src, bytes);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < size; j++) dst[j * n + i] = src[i * size + j];
}

static void check_shuffle(bool simd, size_t size, size_t bytes) {
    uint8_t *raw = malloc(bytes + 1), *want = malloc(bytes + 1), *enc = malloc(bytes + 1), *dec = malloc(bytes + 1);
    fill_data(raw, bytes, DATA_RANDOM, bytes);
    shuffle_reference(size, raw, want, bytes);
    enc[bytes] = dec[bytes] = 0x5a;
    ama__shuffle_bytes(simd, size, raw, enc, bytes);
    assert_memory_equal(enc, want, bytes);
    ama__unshuffle_bytes(simd, size, enc, dec, bytes);
    assert_memory_equal(dec, raw, bytes);
    assert_int_equal(enc[bytes], 0x5a);
    assert_int_equal(dec[bytes], 0x5a);
    for (size_t tail = 0; tail <= 12 && tail <= bytes; tail++) {
        uint8_t rest[12];
        memset(dec, 0x5a, bytes + 1);
        ama__unshuffle_split(simd, size, enc, bytes, dec, bytes - tail, rest);
        assert_memory_equal(dec, raw, bytes - tail);
        assert_int_equal(dec[bytes - tail], 0x5a);
        assert_memory_equal(rest, raw + (bytes - tail), tail);
    }
    free(raw), free(want), free(enc), free(dec);
}

static void test_shuffle(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 4, 5, 8, 12, 16, 1000, 5000};
    int ways = ama__shuffle_simd() ? 2 : 1;
    if (ways == 1) print_message("AVX2 is absent or switched off: only the plain form is tested\n");
    for (int simd = 0; simd < ways; simd++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            for (size_t n = 0; n < 600; n++) check_shuffle(simd, sizes[k], n);
            check_shuffle(simd, sizes[k], 100003);
        }
}

static void test_isa(void **state) {
    (void)state;
    setenv("AMA_ISA", "baseline", 1);
    assert_false(ama__shuffle_simd());
    unsetenv("AMA_ISA");
}

/* ---- fletcher32 */

static uint32_t fletcher_reference(const uint8_t *p, size_t bytes) {
    uint32_t sum1 = 0, sum2 = 0;
    for (size_t i = 0; i < bytes; i += 2) {
        sum1 += (uint32_t)p[i] << 8 | (i + 1 < bytes ? p[i + 1] : 0);
        sum1 = (sum1 & 0xffff) + (sum1 >> 16);
        sum2 += sum1;
        sum2 = (sum2 & 0xffff) + (sum2 >> 16);
    }
    return sum2 << 16 | sum1;
}

static void test_fletcher(void **state) {
    (void)state;
    enum { MAX = 30000 };
    uint8_t *p = malloc(MAX);
    for (int kind = 0; kind < DATA_KINDS + 1; kind++) {
        if (kind < DATA_KINDS)
            fill_data(p, MAX, kind, 3);
        else
            memset(p, 0xff, MAX);
        for (size_t n = 0; n <= MAX; n += n < 1200 || n % 8192 < 3 ? 1 : 97)
            assert_int_equal(ama__fletcher32(p, n), fletcher_reference(p, n));
    }
    free(p);
}

static uint32_t last_four(const uint8_t *p, size_t n) {
    p += n - 4;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void test_fletcher_hdf5(void **state) {
    (void)state;
    uint8_t data[10007];
    for (uint64_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * i * 2654435761u >> 7);
    assert_int_equal(ama__fletcher32(data, sizeof data), last_four(golden_fletcher_long, sizeof golden_fletcher_long));
    memset(data, 0xff, 600);
    assert_int_equal(ama__fletcher32(data, 600), last_four(golden_fletcher_ff, sizeof golden_fletcher_ff));
    memset(data, 0, 7);
    assert_int_equal(ama__fletcher32(data, 7), last_four(golden_fletcher_zero, sizeof golden_fletcher_zero));
}

static void swap(uint8_t *a, uint8_t *b) {
    uint8_t x = *a;
    *a = *b;
    *b = x;
}

/* The form written by HDF5 up to 1.6.2 passes; any single flipped bit does not. */
static void test_fletcher_check(void **state) {
    (void)state;
    ama_ctx *ctx = ama__ctx_create();
    uint8_t data[105];
    fill_data(data, 101, DATA_RANDOM, 9);
    ama__fletcher32_append(data, 101);
    assert_int_equal(ama__fletcher32_check(ctx, data, 101, data + 101), AMA_OK);
    for (size_t bit = 0; bit < 8 * 105; bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(ama__fletcher32_check(ctx, data, 101, data + 101), AMA_ERR_FORMAT);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    swap(data + 101, data + 102);
    swap(data + 103, data + 104);
    assert_int_equal(ama__fletcher32_check(ctx, data, 101, data + 101), AMA_OK);
    swap(data + 101, data + 103);
    assert_int_equal(ama__fletcher32_check(ctx, data, 101, data + 101), AMA_ERR_FORMAT);
    memset(data, 0, 4);
    assert_int_equal(ama__fletcher32_check(ctx, data, 0, data), AMA_OK);
    ama__ctx_destroy(&ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shuffle),        cmocka_unit_test(test_isa),
        cmocka_unit_test(test_fletcher),       cmocka_unit_test(test_fletcher_hdf5),
        cmocka_unit_test(test_fletcher_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
