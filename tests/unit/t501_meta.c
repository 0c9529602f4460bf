/* TEST: labels=unit
 * Attributes, metadata packed and unpacked, and every damaged form of the packed bytes. */
#include "store_test.h"

#include "store/pack.h"

static ama_ctx *ctx;
static ama__arena *arena;

static int begin(void **state) {
    (void)state;
    ctx = ama__ctx_create();
    return ama__arena_create(ctx, &arena) == AMA_OK ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    ama__arena_destroy(&arena);
    assert_int_equal(ama__mem_category_peak(ctx, AMA_MEM_CHUNK), 0);
    ama__ctx_destroy(&ctx);
    return 0;
}

static void attributes(void **state) {
    (void)state;
    ama__attrs a = {0}, copy;
    double x = 2.5, f;
    int16_t many[3] = {-1, 2, 300};
    const char *names[2] = {"north", "söuth"};
    assert_int_equal(ama__attrs_set(arena, &a, "scale", AMA_F8, 1, &x), AMA_OK);
    assert_int_equal(ama__attrs_set_text(arena, &a, "units", "K"), AMA_OK);
    assert_int_equal(ama__attrs_set(arena, &a, "many", AMA_I2, 3, many), AMA_OK);
    assert_int_equal(ama__attrs_set(arena, &a, "poles", AMA_STRING, 2, names), AMA_OK);
    assert_int_equal(ama__attrs_set(arena, &a, "empty", AMA_CHAR, 0, NULL), AMA_OK);
    assert_int_equal(ama__attrs_set_text(arena, &a, "units", "degC"), AMA_OK);
    assert_int_equal(a.n, 5);
    assert_string_equal(ama__attrs_text(&a, "units"), "degC");
    assert_string_equal(ama__attrs_text(&a, "empty"), "");
    assert_null(ama__attrs_text(&a, "scale"));
    assert_null(ama__attrs_text(&a, "absent"));
    assert_true(ama__attrs_f8(&a, "many", &f) && f == -1);
    assert_false(ama__attrs_f8(&a, "units", &f) || ama__attrs_f8(&a, "absent", &f) || ama__attrs_f8(&a, "poles", &f));

    assert_int_equal(ama__attrs_copy(arena, &a, &copy), AMA_OK);
    ama__attrs_remove(&a, "scale");
    ama__attrs_remove(&a, "absent");
    assert_int_equal(a.n, 4);
    assert_null(ama__attrs_find(&a, "scale"));
    assert_int_equal(copy.n, 5);
    assert_true(ama__attrs_f8(&copy, "scale", &f) && f == 2.5);
    const ama__attr *p = ama__attrs_find(&copy, "poles");
    assert_ptr_not_equal(p->data, ama__attrs_find(&a, "poles")->data);
    assert_string_equal(((const char *const *)p->data)[1], "söuth");
    assert_int_equal(ama__attrs_set(arena, &a, "bad", AMA_F8, INT64_MAX, &x), AMA_ERR_ARG);
    ama__error_clear(ctx);
}

static void build(ama__meta *m) {
    static ama__dim dims[2] = {{"time", 7, true}, {"lat", 0, false}};
    static const char *groups[1] = {"forecast"};
    static ama__stored_var vars[2];
    int64_t shape[2] = {7, 0}, chunk[2] = {3, 1};
    *m = (ama__meta){
        .format = "Zarr v2", .n_dims = 2, .n_vars = 2, .n_groups = 1, .dim = dims, .var = vars, .group = groups};
    vars[0] = (ama__stored_var){.name = "tas",
                                .dtype = AMA_I2,
                                .swapped = true,
                                .fortran = true,
                                .ndim = 2,
                                .dim = {0, 1},
                                .chunked = true,
                                .has_fill = true,
                                .fill = {1, 2},
                                .stored_bytes = -1,
                                .driver_id = 5};
    vars[0].pipeline =
        (ama__pipeline){.n = 2, .step = {{AMA_CODEC_SHUFFLE, 0, 0, 2, ""}, {AMA_CODEC_UNKNOWN, 1, 2, 0, "delta"}}};
    assert_true(ama__chunkgrid_init(&vars[0].grid, 2, shape, chunk));
    vars[1] = (ama__stored_var){.name = "point", .dtype = AMA_STRING, .stored_bytes = 12};
    assert_true(ama__chunkgrid_init(&vars[1].grid, 0, shape, chunk));
    const char *words[2] = {"a", ""};
    assert_int_equal(ama__attrs_set(arena, &vars[0].attrs, "words", AMA_STRING, 2, words), AMA_OK);
    assert_int_equal(ama__attrs_set_text(arena, &vars[0].attrs, "units", "K"), AMA_OK);
    assert_int_equal(ama__attrs_set(arena, &m->attrs, "version", AMA_I8, 1, &(int64_t){42}), AMA_OK);
}

static void round_trip(void **state) {
    (void)state;
    ama__meta m, got;
    void *buf;
    size_t n;
    build(&m);
    assert_int_equal(ama__meta_pack(ctx, &m, &buf, &n), AMA_OK);
    assert_int_equal(ama__meta_unpack(arena, buf, n, &got), AMA_OK);
    memset(buf, 0xee, n); /* nothing may point into the buffer */
    ama__mem_free(ctx, buf);
    assert_string_equal(got.format, "Zarr v2");
    assert_int_equal(got.n_dims, 2);
    assert_string_equal(got.dim[0].name, "time");
    assert_true(got.dim[0].size == 7 && got.dim[0].unlimited && got.dim[1].size == 0 && !got.dim[1].unlimited);
    assert_int_equal(ama__meta_find_dim(&got, "lat"), 1);
    assert_int_equal(ama__meta_find_dim(&got, "lon"), -1);
    assert_int_equal(ama__meta_find_var(&got, "point"), 1);
    assert_int_equal(ama__meta_find_var(&got, "poin"), -1);
    const ama__stored_var *v = &got.var[0];
    assert_true(v->swapped && v->fortran && v->chunked && v->has_fill && v->dtype == AMA_I2);
    assert_true(v->fill[0] == 1 && v->fill[1] == 2 && v->stored_bytes == -1 && v->driver_id == 5);
    assert_memory_equal(&v->pipeline, &m.var[0].pipeline, sizeof v->pipeline);
    assert_int_equal(v->grid.n[0], 3);
    assert_int_equal(v->grid.n_chunks, 0);
    assert_string_equal(((const char *const *)ama__attrs_find(&v->attrs, "words")->data)[0], "a");
    assert_string_equal(ama__attrs_text(&v->attrs, "units"), "K");
    assert_int_equal(*(const int64_t *)ama__attrs_find(&got.attrs, "version")->data, 42);
    assert_string_equal(got.group[0], "forecast");
    assert_int_equal(got.var[1].grid.n_chunks, 1);
}

/* Cut at every length and with every byte changed in several ways: an error or a dataset, never a crash. */
static void mutations(void **state) {
    (void)state;
    ama__meta m, got;
    void *p;
    size_t n, n_bad = 0;
    build(&m);
    assert_int_equal(ama__meta_pack(ctx, &m, &p, &n), AMA_OK);
    unsigned char *copy = malloc(n + 8);
    for (size_t cut = 0; cut < n; cut++) {
        ama__arena *a;
        unsigned char *exact = malloc(cut ? cut : 1);
        memcpy(exact, p, cut);
        assert_int_equal(ama__arena_create(ctx, &a), AMA_OK);
        assert_int_equal(ama__meta_unpack(a, exact, cut, &got), AMA_ERR_FORMAT);
        assert_says(ctx, "packed metadata is damaged");
        ama__error_clear(ctx);
        ama__arena_destroy(&a);
        free(exact);
    }
    memcpy(copy, p, n);
    assert_int_equal(ama__meta_unpack(arena, copy, n + 1, &got), AMA_ERR_FORMAT);
    ama__error_clear(ctx);
    static const unsigned char change[] = {0x01, 0x80, 0xff, 0x40};
    for (size_t i = 0; i < n * sizeof change; i++) {
        ama__arena *a;
        memcpy(copy, p, n);
        copy[i / sizeof change] ^= change[i % sizeof change];
        assert_int_equal(ama__arena_create(ctx, &a), AMA_OK);
        ama_status s = ama__meta_unpack(a, copy, n, &got);
        assert_true(s == AMA_OK || s == AMA_ERR_FORMAT);
        n_bad += s != AMA_OK;
        ama__error_clear(ctx);
        ama__arena_destroy(&a);
    }
    assert_true(n_bad > n); /* most damage is seen */
    free(copy);
    ama__mem_free(ctx, p);
}

/* Counts that would need more memory than there is are refused before they are allocated. */
static void hostile_counts(void **state) {
    (void)state;
    ama__meta m = {.format = "x"}, got;
    void *p;
    size_t n;
    assert_int_equal(ama__meta_pack(ctx, &m, &p, &n), AMA_OK);
    size_t before = ama__mem_peak(ctx);
    for (size_t at = 8; at + 8 <= n; at++) {
        unsigned char *copy = malloc(n);
        memcpy(copy, p, n);
        memcpy(copy + at, &(int64_t){INT64_MAX / 3}, 8);
        assert_int_equal(ama__meta_unpack(arena, copy, n, &got), AMA_ERR_FORMAT);
        ama__error_clear(ctx);
        free(copy);
    }
    assert_true(ama__mem_peak(ctx) < before + (1 << 20));
    ama__mem_free(ctx, p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(attributes), cmocka_unit_test(round_trip),
                                       cmocka_unit_test(mutations), cmocka_unit_test(hostile_counts)};
    return cmocka_run_group_tests(tests, begin, end);
}
