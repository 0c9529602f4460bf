/* Chunk pipelines: round trips, bytes of other software, skipped steps, wrong sizes, failing memory.
 * TEST: labels=unit */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec_data.h"
#include "codec_golden.h"

typedef struct fixture {
    ama_ctx *ctx;
    ama__codec_work *work;
} fixture;

static int setup(void **state) {
    fixture *f = calloc(1, sizeof *f);
    f->ctx = ama__ctx_create();
    *state = f;
    return ama__codec_work_create(f->ctx, &f->work) == AMA_OK ? 0 : -1;
}

static int teardown(void **state) {
    fixture *f = *state;
    ama__codec_work_destroy(&f->work);
    assert_null(f->work);
    ama__codec_work_destroy(&f->work);
    assert_int_equal(ama__mem_used(f->ctx), 0);
    ama__ctx_destroy(&f->ctx);
    free(f);
    return 0;
}

/* Fails the test with the recorded text. */
static void must(fixture *f, ama_status status) {
    if (status != AMA_OK) fail_msg("status %d: %s", status, ama__error_text(f->ctx));
}

static void must_refuse(fixture *f, ama_status status, ama_status want) {
    assert_int_equal(status, want);
    assert_true(strlen(ama__error_text(f->ctx)) > 0);
    ama__error_clear(f->ctx);
}

/* Exactly n bytes, so that ASan sees the edges; never NULL. */
static uint8_t *buffer(size_t n) {
    return malloc(n ? n : 1);
}

/* The same bytes where they overwrite the values; one step alone can not. */
static void encode_in_place(fixture *f, const ama__pipeline *p, const uint8_t *raw, size_t n, const uint8_t *want,
                            size_t want_bytes) {
    size_t bound = ama__pipeline_bound(p, n), used = 0;
    uint8_t *both = buffer(bound);
    if (n > 0) memcpy(both, raw, n);
    ama_status status = ama__pipeline_encode(f->ctx, f->work, p, both, n, both, bound, &used);
    if (n > 0 && ama__pipeline_scratch(p) == 0 && p->n > 0) {
        must_refuse(f, status, AMA_ERR_ARG);
    } else {
        must(f, status);
        assert_int_equal(used, want_bytes);
        assert_memory_equal(both, want, used);
    }
    free(both);
}

static void round_trip(fixture *f, const ama__pipeline *p, size_t n, int kind) {
    size_t bound = ama__pipeline_bound(p, n), used = 0, used2 = 0;
    uint8_t *raw = buffer(n), *kept = buffer(n), *enc = buffer(bound), *enc2 = buffer(bound + 100),
            *dec = buffer(n + 1);
    fill_data(raw, n, kind, n + 1);
    memcpy(kept, raw, n);
    must(f, ama__pipeline_encode(f->ctx, f->work, p, raw, n, enc, bound, &used));
    assert_true(used <= bound);
    assert_memory_equal(raw, kept, n);

    /* the bytes depend on neither the work's past nor the room that is left */
    ama__codec_work *fresh;
    must(f, ama__codec_work_create(f->ctx, &fresh));
    must(f, ama__pipeline_encode(f->ctx, fresh, p, raw, n, enc2, bound + 100, &used2));
    ama__codec_work_destroy(&fresh);
    assert_int_equal(used, used2);
    assert_memory_equal(enc, enc2, used);

    encode_in_place(f, p, raw, n, enc, used);

    uint8_t *exact = buffer(used);
    memcpy(exact, enc, used);
    uint8_t *out = buffer(n);
    must(f, ama__pipeline_decode(f->ctx, f->work, p, 0, exact, used, out, n));
    assert_memory_equal(out, raw, n);
    must_refuse(f, ama__pipeline_decode(f->ctx, f->work, p, 0, exact, used, dec, n + 1), AMA_ERR_FORMAT);
    if (n > 0) must_refuse(f, ama__pipeline_decode(f->ctx, f->work, p, 0, exact, used, dec, n - 1), AMA_ERR_FORMAT);
    if (bound > 0) must_refuse(f, ama__pipeline_encode(f->ctx, f->work, p, raw, n, enc, bound - 1, &used), AMA_ERR_ARG);
    free(raw), free(kept), free(enc), free(enc2), free(dec), free(exact), free(out);
}

static void test_round_trips(void **state) {
    static const size_t sizes[] = {0, 1, 3, 4, 5, 127, 255, 4099, 70001, 1 << 20};
    ama__pipeline p[PIPELINES];
    int n = all_pipelines(p);
    for (int i = 0; i < n; i++) {
        must(*state, ama__pipeline_check(((fixture *)*state)->ctx, &p[i]));
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            for (int kind = 0; kind < DATA_KINDS; kind++)
                if (sizes[k] < 100000 || kind != DATA_ZERO) round_trip(*state, &p[i], sizes[k], kind);
    }
}

static void test_empty_null(void **state) {
    fixture *f = *state;
    uint8_t enc[256];
    size_t used;
    ama__pipeline p[PIPELINES];
    int n = all_pipelines(p);
    for (int i = 0; i < n; i++) {
        must(f, ama__pipeline_encode(f->ctx, f->work, &p[i], NULL, 0, enc, sizeof enc, &used));
        must(f, ama__pipeline_decode(f->ctx, f->work, &p[i], 0, enc, used, NULL, 0));
    }
}

/* ---- bytes of other software */

static void golden_raw(uint8_t raw[160]) {
    for (uint32_t k = 0; k < 40; k++) {
        uint32_t x = 1000 + k * k * (k % 5 + 1);
        for (int j = 0; j < 4; j++) raw[4 * k + (uint32_t)j] = (uint8_t)(x >> 8 * j);
    }
}

/* Decodes to `want` repetitions of the golden data, or to its first n bytes. */
static void check_golden(fixture *f, ama__pipeline p, const uint8_t *enc, size_t enc_bytes, size_t n) {
    uint8_t raw[640], out[640];
    for (int k = 0; k < 4; k++) golden_raw(raw + k * 160);
    memset(out, 0xaa, sizeof out);
    must(f, ama__pipeline_decode(f->ctx, f->work, &p, 0, enc, enc_bytes, out, n));
    assert_memory_equal(out, raw, n);
}

#define GOLDEN(bytes, n, ...) check_golden(f, STEPS(__VA_ARGS__), bytes, sizeof bytes, n)

static void test_golden_compressors(void **state) {
    fixture *f = *state;
    GOLDEN(golden_zlib, 160, DEFLATE(6));
    GOLDEN(golden_gzip2, 160, GZIP(0));
    GOLDEN(golden_zstd, 160, ZSTD(3));
    GOLDEN(golden_zstd2, 160, ZSTD(0));
    GOLDEN(golden_lz4, 320, LZ4(1));
    GOLDEN(golden_blosc_lz4, 640, BLOSC("lz4", 5, 1, 4));
    GOLDEN(golden_blosc_lz4hc, 640, BLOSC("lz4hc", 5, 1, 4));
    GOLDEN(golden_blosc_zstd, 640, BLOSC("zstd", 5, 2, 4));
    GOLDEN(golden_blosc_zlib, 640, BLOSC("zlib", 5, 1, 4));
    GOLDEN(golden_blosc_blosclz, 640, BLOSC("blosclz", 5, 0, 4));
}

static void test_golden_hdf5(void **state) {
    fixture *f = *state;
    GOLDEN(golden_shuffle2, 160, SHUFFLE(2));
    GOLDEN(golden_shuffle3, 159, SHUFFLE(3));
    GOLDEN(golden_shuffle4, 160, SHUFFLE(4));
    GOLDEN(golden_shuffle8, 160, SHUFFLE(8));
    GOLDEN(golden_fletcher, 160, FLETCHER);
    GOLDEN(golden_fletcher_odd, 157, FLETCHER);
    GOLDEN(golden_fletcher_shuffle8, 160, FLETCHER, SHUFFLE(8));
    GOLDEN(golden_netcdf4, 160, FLETCHER, SHUFFLE(4), DEFLATE(4));
}

/* What has one possible encoding must come out byte for byte as HDF5 and numcodecs write it. */
static void check_encoding(fixture *f, ama__pipeline p, const uint8_t *want, size_t want_bytes, size_t n) {
    uint8_t raw[160], enc[400];
    size_t used;
    golden_raw(raw);
    must(f, ama__pipeline_encode(f->ctx, f->work, &p, raw, n, enc, sizeof enc, &used));
    assert_int_equal(used, want_bytes);
    assert_memory_equal(enc, want, want_bytes);
}

#define ENCODING(bytes, n, ...) check_encoding(f, STEPS(__VA_ARGS__), bytes, sizeof bytes, n)

static void test_golden_encodings(void **state) {
    fixture *f = *state;
    ENCODING(golden_shuffle2, 160, SHUFFLE(2));
    ENCODING(golden_shuffle3, 159, SHUFFLE(3));
    ENCODING(golden_shuffle4, 160, SHUFFLE(4));
    ENCODING(golden_shuffle8, 160, SHUFFLE(8));
    ENCODING(golden_fletcher, 160, FLETCHER);
    ENCODING(golden_fletcher_odd, 157, FLETCHER);
    ENCODING(golden_fletcher_shuffle8, 160, FLETCHER, SHUFFLE(8));
}

/* ---- gzip and zlib tails */

static void test_tails(void **state) {
    fixture *f = *state;
    uint8_t raw[160], padded[sizeof golden_gzip2 + 5] = {0}, out[160];
    ama__pipeline gzip = STEPS(GZIP(1)), deflate = STEPS(DEFLATE(1)), zstd = STEPS(ZSTD(1));
    golden_raw(raw);
    memcpy(padded, golden_gzip2, sizeof golden_gzip2);
    must(f, ama__pipeline_decode(f->ctx, f->work, &gzip, 0, padded, sizeof padded, out, 160));
    assert_memory_equal(out, raw, 160);
    padded[sizeof padded - 1] = 1;
    must_refuse(f, ama__pipeline_decode(f->ctx, f->work, &gzip, 0, padded, sizeof padded, out, 160), AMA_ERR_FORMAT);
    /* one member alone is too short */
    must_refuse(f, ama__pipeline_decode(f->ctx, f->work, &gzip, 0, golden_gzip2, sizeof golden_gzip2, out, 100),
                AMA_ERR_FORMAT);

    uint8_t longer[sizeof golden_zlib + 3] = {0};
    memcpy(longer, golden_zlib, sizeof golden_zlib);
    must(f, ama__pipeline_decode(f->ctx, f->work, &deflate, 0, longer, sizeof longer, out, 160));
    assert_memory_equal(out, raw, 160);
    for (size_t n = 0; n < sizeof golden_zlib; n++)
        must_refuse(f, ama__pipeline_decode(f->ctx, f->work, &deflate, 0, golden_zlib, n, out, 160), AMA_ERR_FORMAT);
    for (size_t n = 0; n < sizeof golden_zstd2; n++)
        must_refuse(f, ama__pipeline_decode(f->ctx, f->work, &zstd, 0, golden_zstd2, n, out, 160), AMA_ERR_FORMAT);
}

/* ---- HDF5's filter mask */

static void test_skip_mask(void **state) {
    fixture *f = *state;
    ama__pipeline p = STEPS(FLETCHER, SHUFFLE(4), DEFLATE(1), FLETCHER, ZSTD(1));
    uint8_t raw[1003], enc[2000], out[1003];
    fill_data(raw, sizeof raw, DATA_SMOOTH, 1);
    for (uint32_t mask = 0; mask < 32; mask++) {
        ama__pipeline applied = {.n = 0};
        size_t used;
        for (int i = 0; i < p.n; i++)
            if (!(mask >> i & 1)) applied.step[applied.n++] = p.step[i];
        must(f, ama__pipeline_encode(f->ctx, f->work, &applied, raw, sizeof raw, enc, sizeof enc, &used));
        memset(out, 0xaa, sizeof out);
        must(f, ama__pipeline_decode(f->ctx, f->work, &p, mask | 0xffffff00u, enc, used, out, sizeof out));
        assert_memory_equal(out, raw, sizeof raw);
        if (mask != 0)
            must_refuse(f, ama__pipeline_decode(f->ctx, f->work, &p, 0, enc, used, out, sizeof out), AMA_ERR_FORMAT);
    }
    /* a step that cannot be decoded does no harm where it was skipped */
    p.step[2] = codec_step(AMA_CODEC_UNKNOWN, 0, 0, 0, "szip");
    must(f, ama__pipeline_decode(f->ctx, f->work, &p, 31, raw, sizeof raw, out, sizeof out));
    must_refuse(f, ama__pipeline_decode(f->ctx, f->work, &p, 27, raw, sizeof raw, out, sizeof out),
                AMA_ERR_UNSUPPORTED);
}

/* ---- check and print */

static void expect_print(const char *want, ama__pipeline p) {
    char buf[128], small[8];
    assert_string_equal(ama__pipeline_print(&p, buf, sizeof buf), want);
    assert_int_equal(strlen(ama__pipeline_print(&p, small, sizeof small)), strlen(want) < 8 ? strlen(want) : 7);
}

static void test_print(void **state) {
    (void)state;
    ama__pipeline raw = {.n = 0};
    expect_print("raw", raw);
    expect_print("deflate(1)+shuffle(4)", STEPS(SHUFFLE(4), DEFLATE(1)));
    expect_print("fletcher32+zstd(-3)", STEPS(ZSTD(-3), FLETCHER));
    expect_print("blosc(lz4,5,shuffle)", STEPS(BLOSC("lz4", 5, 1, 4)));
    expect_print("lz4(1)+blosc(zstd,9,bitshuffle)+gzip(2)", STEPS(GZIP(2), BLOSC("zstd", 9, 2, 4), LZ4(1)));
    expect_print("szip", STEPS(codec_step(AMA_CODEC_UNKNOWN, 0, 0, 0, "szip")));
    expect_print("unknown", STEPS(codec_step(AMA_CODEC_UNKNOWN, 0, 0, 0, "")));
}

static void test_check(void **state) {
    fixture *f = *state;
    ama__pipeline szip = STEPS(SHUFFLE(4), codec_step(AMA_CODEC_UNKNOWN, 0, 0, 0, "szip"));
    assert_int_equal(ama__pipeline_check(f->ctx, &szip), AMA_ERR_UNSUPPORTED);
    assert_non_null(strstr(ama__error_text(f->ctx), "szip"));
    ama__error_clear(f->ctx);
    ama__pipeline bad[] = {
        STEPS(SHUFFLE(0)),
        STEPS(BLOSC("brotli", 5, 1, 4)),
        STEPS(codec_step((ama__codec)77, 0, 0, 0, "")),
        {.n = AMA_PIPELINE_MAX + 1},
        {.n = -1},
    };
    uint8_t in[100] = {0}, out[400];
    size_t used;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        must_refuse(f, ama__pipeline_check(f->ctx, &bad[i]), AMA_ERR_UNSUPPORTED);
        must_refuse(f, ama__pipeline_decode(f->ctx, f->work, &bad[i], 0, in, 100, out, 100), AMA_ERR_UNSUPPORTED);
        must_refuse(f, ama__pipeline_encode(f->ctx, f->work, &bad[i], in, 100, out, 400, &used), AMA_ERR_UNSUPPORTED);
    }
    ama__pipeline level[] = {STEPS(DEFLATE(13)), STEPS(GZIP(99)), STEPS(ZSTD(99)), STEPS(BLOSC("lz4", 10, 1, 4)),
                             STEPS(BLOSC("lz4", 5, 3, 4))};
    for (size_t i = 0; i < sizeof level / sizeof *level; i++)
        must_refuse(f, ama__pipeline_encode(f->ctx, f->work, &level[i], in, 100, out, 400, &used), AMA_ERR_ARG);
}

/* ---- memory */

static void test_budget(void **state) {
    fixture *f = *state;
    ama__pipeline p = STEPS(SHUFFLE(4), DEFLATE(1));
    size_t n = 1 << 20, used;
    uint8_t *raw = calloc(1, n), *enc = malloc(ama__pipeline_bound(&p, n));
    must(f, ama__pipeline_encode(f->ctx, f->work, &p, raw, n, enc, ama__pipeline_bound(&p, n), &used));
    ama__codec_work *w;
    must(f, ama__codec_work_create(f->ctx, &w));
    ama__mem_set_limit(f->ctx, ama__mem_used(f->ctx) + n / 2);
    must_refuse(f, ama__pipeline_decode(f->ctx, w, &p, 0, enc, used, raw, n), AMA_ERR_BUDGET);
    ama__mem_set_limit(f->ctx, 0);
    must(f, ama__pipeline_decode(f->ctx, w, &p, 0, enc, used, raw, n));
    ama__codec_work_destroy(&w);
    free(raw), free(enc);
}

/* One encoding and decoding with the n-th fallible step failing; true when nothing failed. */
static bool with_fault(int nth, const ama__pipeline *p) {
    char text[16];
    uint8_t raw[2000], enc[4000], out[2000];
    size_t used;
    snprintf(text, sizeof text, "%d", nth);
    setenv("AMA_FAULT", text, 1);
    ama_ctx *ctx = ama__ctx_create();
    unsetenv("AMA_FAULT");
    assert_non_null(ctx);
    fill_data(raw, sizeof raw, DATA_SMOOTH, 5);
    ama__codec_work *w;
    ama_status status = ama__codec_work_create(ctx, &w);
    for (int again = 0; again < 2 && w; again++) { /* the work stays usable */
        ama_status s = ama__pipeline_encode(ctx, w, p, raw, sizeof raw, enc, sizeof enc, &used);
        if (s == AMA_OK) s = ama__pipeline_decode(ctx, w, p, 0, enc, used, out, sizeof out);
        if (s == AMA_OK)
            assert_memory_equal(raw, out, sizeof raw);
        else
            status = s;
        if (again) assert_int_equal(s, AMA_OK);
    }
    assert_true(status == AMA_OK || status == AMA_ERR_NOMEM || status == AMA_ERR_BUDGET);
    ama__codec_work_destroy(&w);
    assert_int_equal(ama__mem_used(ctx), 0);
    ama__ctx_destroy(&ctx);
    return status == AMA_OK;
}

static void test_faults(void **state) {
    (void)state;
    ama__pipeline p = STEPS(FLETCHER, SHUFFLE(4), DEFLATE(1), ZSTD(1), LZ4(1));
    int nth = 1;
    while (!with_fault(nth, &p)) assert_true(nth++ < 100);
    assert_true(nth > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_round_trips),
        T(test_empty_null),
        T(test_golden_compressors),
        T(test_golden_hdf5),
        T(test_golden_encodings),
        T(test_tails),
        T(test_skip_mask),
        T(test_print),
        T(test_check),
        T(test_budget),
        T(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
