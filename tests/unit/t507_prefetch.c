/* TEST: labels=unit
 * Chunks read ahead: the same bytes, counts and errors as without, within the window. */
#include "store_test.h"

#include "store/prefetch.h"

enum { SIDE = 64, CHUNKS = 8 };

static ama_ctx *ctx;
static ama__codec_work *w;
static ama__extent_entry table[CHUNKS];
static ama__stored_var v;
static int32_t raw[CHUNKS][SIDE];
static size_t file_bytes;

static int begin(void **state) {
    uint8_t coded[CHUNKS * 1024];
    if (make_dir(state) != 0) return -1;
    ctx = ama__ctx_create();
    v = (ama__stored_var){.name = "tas", .dtype = AMA_I4, .ndim = 1, .chunked = true};
    v.pipeline = (ama__pipeline){.n = 1, .step = {{.codec = AMA_CODEC_DEFLATE, .a = 4}}};
    assert_true(ama__chunkgrid_init(&v.grid, 1, (int64_t[]){CHUNKS * SIDE}, (int64_t[]){SIDE}));
    assert_int_equal(ama__codec_work_create(ctx, &w), AMA_OK);
    file_bytes = 0;
    for (int k = 0; k < CHUNKS; k++) {
        size_t n, bound = ama__pipeline_bound(&v.pipeline, sizeof raw[k]);
        for (int i = 0; i < SIDE; i++) raw[k][i] = 1000 * k + i * i;
        assert_int_equal(
            ama__pipeline_encode(ctx, w, &v.pipeline, raw[k], sizeof raw[k], coded + file_bytes, bound, &n), AMA_OK);
        table[k] = (ama__extent_entry){(int64_t)file_bytes, (uint32_t)n, 0};
        file_bytes += n;
    }
    write_file(in_dir("table.bin"), coded, file_bytes);
    return 0;
}

static int end(void **state) {
    ama__codec_work_destroy(&w);
    assert_int_equal(ama__mem_used(ctx), 0);
    ama__ctx_destroy(&ctx);
    return remove_dir(state);
}

/* All chunks, with a window of so many of them (0: none): the counts. */
static ama__fetch_counts read_all(const ama__manifest *m, int64_t window) {
    ama__fetcher *f;
    ama__prefetch *p = NULL;
    int ordered = 0;
    assert_int_equal(ama__fetcher_create(ctx, &f), AMA_OK);
    if (window > 0) {
        assert_int_equal(ama__prefetch_create(ctx, f, window * 300, &p), AMA_OK);
        assert_non_null(p);
    }
    size_t before = ama__mem_category_peak(ctx, AMA_MEM_CHUNK);
    for (int k = 0; k < CHUNKS; k++) {
        int32_t got[SIDE];
        bool room = p != NULL;
        while (room && ordered < CHUNKS) {
            assert_int_equal(ama__prefetch_order(p, &v, m, ordered, &room), AMA_OK);
            ordered += room;
        }
        assert_int_equal(ama__fetch_chunk(f, w, &v, m, k, got), AMA_OK);
        assert_memory_equal(got, raw[k], sizeof got);
    }
    if (p) assert_true(ama__mem_category_peak(ctx, AMA_MEM_CHUNK) <= before + (size_t)window * 300 + 300);
    ama__fetch_counts c = ama__fetcher_counts(f);
    ama__prefetch_destroy(&p);
    ama__fetcher_destroy(&f);
    return c;
}

static void same(void **state) {
    (void)state;
    const char *path = in_dir("table.bin");
    ama__manifest m = {.kind = AMA_MANIFEST_TABLE, .path = path, .n_table = CHUNKS, .table = table};
    ama__fetch_counts plain = read_all(&m, 0);
    assert_int_equal(plain.stored_bytes, file_bytes);
    for (int64_t window = 1; window <= 16; window *= 2)
        for (int again = 0; again < 20; again++) {
            ama__fetch_counts c = read_all(&m, window);
            assert_memory_equal(&c, &plain, sizeof c);
        }
}

/* What was ordered and never taken is dropped; an error is the reader's, and says where. */
static void truncated(void **state) {
    (void)state;
    const char *path = in_dir("table.bin");
    ama__manifest m = {.kind = AMA_MANIFEST_TABLE, .path = path, .n_table = CHUNKS, .table = table};
    ama__fetcher *f;
    ama__prefetch *p;
    int32_t got[SIDE];
    bool room;
    assert_int_equal(truncate(path, (off_t)file_bytes - 1), 0);
    assert_int_equal(ama__fetcher_create(ctx, &f), AMA_OK);
    assert_int_equal(ama__prefetch_create(ctx, f, 1 << 20, &p), AMA_OK);
    for (int k = 0; k < CHUNKS; k++) assert_int_equal(ama__prefetch_order(p, &v, &m, k, &room), AMA_OK);
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 2, got), AMA_OK);
    assert_memory_equal(got, raw[2], sizeof got);
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, CHUNKS - 1, got), AMA_ERR_FORMAT);
    assert_says(ctx, "table.bin > variable tas > chunk 7 at byte");
    assert_says(ctx, "truncated");
    ama__error_clear(ctx);
    ama__prefetch_destroy(&p);
    ama__fetcher_destroy(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same, begin, end),
        cmocka_unit_test_setup_teardown(truncated, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
