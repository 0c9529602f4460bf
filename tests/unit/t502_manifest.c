/* TEST: labels=unit
 * Where a chunk is: tables, files, scalars, and questions that have no answer. */
#include "store_test.h"

static ama_ctx *ctx;

static ama__chunkgrid grid(int ndim, const int64_t *shape, const int64_t *chunk) {
    ama__chunkgrid g;
    assert_true(ama__chunkgrid_init(&g, ndim, shape, chunk));
    return g;
}

static void table(void **state) {
    (void)state;
    ama__extent_entry t[4] = {{100, 10, 0}, {-1, 0, 0}, {200, 7, 2}, {0, UINT32_MAX, 0}};
    ama__manifest m = {.kind = AMA_MANIFEST_TABLE, .path = "a.nc", .n_table = 4, .table = t};
    ama__chunkgrid g = grid(2, (int64_t[]){4, 3}, (int64_t[]){2, 2});
    ama__extent e;
    char path[100] = "untouched";
    assert_int_equal(ama__manifest_locate(ctx, &m, &g, 2, &e, path, sizeof path), AMA_OK);
    assert_true(e.offset == 200 && e.length == 7 && e.filter_mask == 2 && !e.missing);
    assert_int_equal(ama__manifest_locate(ctx, &m, &g, 1, &e, path, sizeof path), AMA_OK);
    assert_true(e.missing);
    assert_int_equal(ama__manifest_locate(ctx, &m, &g, 3, &e, NULL, 0), AMA_OK);
    assert_true(e.length == UINT32_MAX && !e.missing);
    assert_string_equal(path, "untouched");
    const int64_t outside[] = {-1, 4, INT64_MAX};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ama__manifest_locate(ctx, &m, &g, outside[i], &e, path, sizeof path), AMA_ERR_INTERNAL);
        ama__error_clear(ctx);
    }
    m.n_table = 3; /* shorter than the grid */
    assert_int_equal(ama__manifest_locate(ctx, &m, &g, 3, &e, path, sizeof path), AMA_ERR_INTERNAL);
    ama__error_clear(ctx);
    m.kind = AMA_MANIFEST_CONTIGUOUS;
    assert_int_equal(ama__manifest_locate(ctx, &m, &g, 0, &e, path, sizeof path), AMA_ERR_INTERNAL);
    ama__error_clear(ctx);
}

static void files(void **state) {
    (void)state;
    ama__manifest m = {.kind = AMA_MANIFEST_FILES, .path = "/d/a.zarr/tas", .separator = '.'};
    ama__chunkgrid g = grid(3, (int64_t[]){4, 30, 12}, (int64_t[]){2, 1, 1});
    ama__extent e;
    char path[100];
    assert_int_equal(ama__manifest_locate(ctx, &m, &g, 0, &e, path, sizeof path), AMA_OK);
    assert_string_equal(path, "/d/a.zarr/tas/0.0.0");
    assert_true(e.offset == 0 && e.length == -1 && !e.missing);
    assert_int_equal(ama__manifest_locate(ctx, &m, &g, g.n_chunks - 1, &e, path, sizeof path), AMA_OK);
    assert_string_equal(path, "/d/a.zarr/tas/1.29.11");
    m.separator = '/';
    assert_int_equal(ama__manifest_locate(ctx, &m, &g, 13, &e, path, sizeof path), AMA_OK);
    assert_string_equal(path, "/d/a.zarr/tas/0/1/1");
    for (size_t room = 1; room <= strlen("/d/a.zarr/tas/0/1/1"); room++) {
        assert_int_equal(ama__manifest_locate(ctx, &m, &g, 13, &e, path, room), AMA_ERR_IO);
        ama__error_clear(ctx);
    }
    ama__chunkgrid scalar = grid(0, NULL, NULL);
    assert_int_equal(ama__manifest_locate(ctx, &m, &scalar, 0, &e, path, sizeof path), AMA_OK);
    assert_string_equal(path, "/d/a.zarr/tas/0");

    /* the longest path the contract promises room for */
    int64_t shape[AMA_MAX_DIMS], chunk[AMA_MAX_DIMS];
    for (int d = 0; d < AMA_MAX_DIMS; d++) shape[d] = chunk[d] = 1;
    shape[0] = INT64_MAX / 2;
    ama__chunkgrid deep = grid(AMA_MAX_DIMS, shape, chunk);
    char big[13 + 32 * AMA_MAX_DIMS + 8];
    assert_int_equal(ama__manifest_locate(ctx, &m, &deep, deep.n_chunks - 1, &e, big, sizeof big), AMA_OK);
    assert_string_equal(big + strlen(big) - 4, "/0/0");
}

int main(void) {
    ctx = ama__ctx_create();
    const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(files)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ama__ctx_destroy(&ctx);
    return failed;
}
