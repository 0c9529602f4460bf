/* TEST: np=1,2,3 labels=mpi
 * Opening on all ranks: the same metadata and manifests everywhere, whoever opened; errors agreed; many files shared
 * out; unknown content named. */
#include "store/writer.h"
#include "store_ranks.h"

static bytes b;

static void check_sample(ama__store *s) {
    ama__store_var all[N_SAMPLE];
    for (int i = 0; i < N_SAMPLE; i++) {
        all[i] = (ama__store_var){s, ama__meta_find_var(&s->meta, sample[i].name)};
        assert_true(all[i].var >= 0);
    }
    if (ama__store_need_manifests(ctx, comm, N_SAMPLE, all) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    for (int i = 0; i < N_SAMPLE; i++) {
        void *p;
        if (ama__store_read_whole(s, all[i].var, &p) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
        check_values(&sample[i], p);
        ama__mem_free(ctx, p);
    }
}

static void same_on_all_ranks(void **state) {
    (void)state;
    const char *classic = in_dir("one.nc"), *zarr = in_dir("one.zarr");
    if (rank == 0) {
        cdf_sample(&b, 2);
        write_file(classic, b.p, b.n);
        zarr_sample(zarr);
    }
    ama__comm_barrier(comm);
    for (int k = 0; k < 2; k++) {
        ama__store *s;
        if (ama__store_open(ctx, comm, k ? zarr : classic, NULL, &s) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
        void *p;
        size_t n;
        assert_int_equal(ama__meta_pack(ctx, &s->meta, &p, &n), AMA_OK);
        uint64_t hash = 0;
        for (size_t i = 0; i < n; i++) hash = hash * 31 + ((unsigned char *)p)[i];
        int64_t sum = (int64_t)(hash >> 1);
        assert_true(ama__comm_max(comm, sum) == ama__comm_min(comm, sum));
        ama__mem_free(ctx, p);
        assert_string_equal(s->driver->name, k ? "zarr" : "classic");
        assert_int_equal(ama__store_read_whole(s, 0, &p), AMA_ERR_INTERNAL); /* no manifest yet */
        ama__error_clear(ctx);
        check_sample(s);
        ama__store_var again[3] = {{s, 0}, {s, 1}, {s, 0}};
        assert_int_equal(ama__store_need_manifests(ctx, comm, 3, again), AMA_OK);
        assert_int_equal(ama__store_need_manifests(ctx, comm, 0, NULL), AMA_OK);
        ama__store_close(&s);
        assert_null(s);
        ama__store_close(&s);
    }
}

static void text_goes_round(void **state) {
    (void)state;
    const char *top = in_dir("text.zarr");
    if (rank == 0) {
        mkdir(top, 0777);
        write_text(in_dir("text.zarr/.zarray"),
                   "{\"zarr_format\":2,\"shape\":[3],\"chunks\":[2],\"dtype\":\"|S3\","
                   "\"compressor\":null,\"filters\":null,\"fill_value\":null,\"order\":\"C\"}");
        write_file(in_dir("text.zarr/0"), "abc\0\0\0", 6);
        write_file(in_dir("text.zarr/1"), "x\0\0zzz", 6);
    }
    ama__comm_barrier(comm);
    ama__store *s;
    if (ama__store_open(ctx, comm, top, NULL, &s) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    assert_int_equal(s->meta.n_vars, 1);
    assert_string_equal(s->meta.var[0].name, "text.zarr");
    ama__store_var v = {s, 0};
    assert_int_equal(ama__store_need_manifests(ctx, comm, 1, &v), AMA_OK);
    char **got;
    assert_int_equal(ama__store_read_whole(s, 0, (void **)&got), AMA_OK);
    assert_string_equal(got[0], "abc");
    assert_string_equal(got[1], "");
    assert_string_equal(got[2], "x");
    ama__mem_free(ctx, got);
    ama__store_close(&s);
}

enum { N_FILES = 7 };

static void many(void **state) {
    (void)state;
    char names[N_FILES][600];
    const char *paths[N_FILES];
    ama__store *s[N_FILES];
    for (int i = 0; i < N_FILES; i++) {
        snprintf(names[i], sizeof names[i], "%s/many%d", test_dir, i);
        paths[i] = names[i];
        if (rank > 0) continue;
        if (i % 3 == 2) {
            zarr_sample(paths[i]);
        } else {
            cdf_sample(&b, i % 3 ? 5 : 1);
            write_file(paths[i], b.p, b.n);
        }
    }
    ama__comm_barrier(comm);
    if (ama__store_open_many(ctx, comm, N_FILES, paths, NULL, s) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    ama__store_var tas[N_FILES];
    for (int i = 0; i < N_FILES; i++) {
        assert_string_equal(s[i]->path, paths[i]);
        tas[i] = (ama__store_var){s[i], ama__meta_find_var(&s[i]->meta, "tas")};
        assert_false(s[i]->has_manifest[tas[i].var]);
    }
    assert_int_equal(ama__store_need_manifests(ctx, comm, N_FILES, tas), AMA_OK);
    for (int i = 0; i < N_FILES; i++) {
        assert_true(s[i]->has_manifest[tas[i].var]);
        check_sample(s[i]);
        ama__store_close(&s[i]);
    }

    /* one bad file among them: the same error on all ranks, nothing left open */
    if (rank == 0) write_text(paths[4], "CDF\001 and no more");
    ama__comm_barrier(comm);
    assert_int_equal(ama__store_open_many(ctx, comm, N_FILES, paths, NULL, s), AMA_ERR_FORMAT);
    assert_says(ctx, "many4");
    for (int i = 0; i < N_FILES; i++) assert_null(s[i]);
    ama__error_clear(ctx);
    ama__comm_barrier(comm);
    if (rank == 0) unlink(paths[4]);
    ama__comm_barrier(comm);
    assert_int_equal(ama__store_open_many(ctx, comm, N_FILES, paths, NULL, s), AMA_ERR_NOTFOUND);
    assert_says(ctx, "many4: No such file");
    ama__error_clear(ctx);
    assert_int_equal(ama__store_open_many(ctx, comm, 0, NULL, NULL, NULL), AMA_OK);
}

static void what_is_it(void **state) {
    (void)state;
    static const struct {
        const char *name, *content, *says;
        ama_status status;
    } cases[] = {{"notes.txt", "hello, world", "68 65 6c 6c 6f 2c 20 77 \"hello, w\"", AMA_ERR_FORMAT},
                 {"era5.grib", "GRIB\001\002", "GRIB is not supported", AMA_ERR_FORMAT},
                 {"empty.nc", "", "the file is empty", AMA_ERR_FORMAT},
                 {"cdf3.nc", "CDF\003\001\001\001\001", "43 44 46 03", AMA_ERR_FORMAT},
                 {"none/there.nc", NULL, "there.nc: No such file", AMA_ERR_NOTFOUND},
                 {"folder", NULL, "no Zarr store", AMA_ERR_FORMAT},
                 {"v3.zarr", NULL, "Zarr v3", AMA_ERR_UNSUPPORTED}};
    if (rank == 0) {
        mkdir(in_dir("folder"), 0777);
        mkdir(in_dir("v3.zarr"), 0777);
        write_text(in_dir("v3.zarr/zarr.json"), "{}");
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            if (cases[i].content) write_text(in_dir("%s", cases[i].name), cases[i].content);
    }
    ama__comm_barrier(comm);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ama__store *s;
        const char *path = in_dir("%s", cases[i].name);
        assert_int_equal(ama__store_open(ctx, comm, path, NULL, &s), cases[i].status);
        assert_null(s);
        assert_says(ctx, cases[i].says);
        assert_says(ctx, cases[i].name);
        ama__error_clear(ctx);
    }
    ama__store *s;
    assert_int_equal(ama__store_open(ctx, comm, "s3://bucket/x.zarr", NULL, &s), AMA_ERR_UNSUPPORTED);
    ama__error_clear(ctx);
}

/* The n-th memory request, open or read of one rank fails: all ranks return the same class, none hangs, all is freed.
 */
static void faults(void **state) {
    (void)state;
    const char *paths[3] = {in_dir("one.nc"), in_dir("one.zarr"), in_dir("one.nc")};
    for (int victim = 0; victim < nranks; victim++) {
        for (int n = 1, left = 1; left; n = n < 60 ? n + 1 : n + 17) {
            char text[16];
            snprintf(text, sizeof text, "%d", n);
            if (rank == victim) setenv("AMA_FAULT", text, 1);
            ama_ctx *own = ama__ctx_create();
            unsetenv("AMA_FAULT");
            ama__store *s[3] = {0};
            ama__comm *c = NULL;
            /* making the communicator is not under test */
            ama_status status = ama__comm_create(own, MPI_COMM_WORLD, &c);
            int64_t made = ama__comm_max(comm, status != AMA_OK);
            if (!made) {
                status = ama__store_open_many(own, c, 3, paths, NULL, s);
                assert_true(ama__comm_max(comm, status) == ama__comm_min(comm, status));
                ama__store_var v[3] = {{s[0], 6}, {s[1], 5}, {s[2], 5}};
                if (status == AMA_OK) status = ama__store_need_manifests(own, c, 3, v);
                assert_true(ama__comm_max(comm, status) == ama__comm_min(comm, status));
                for (int i = 0; i < 3; i++)
                    if (s[i]) assert_int_equal(s[i]->has_manifest[v[i].var], status == AMA_OK);
            }
            left = rank == victim ? ama__fault_count(own) >= n : 0;
            if (left && !made) assert_true(status != AMA_OK);
            for (int i = 0; i < 3; i++) ama__store_close(&s[i]);
            ama__comm_destroy(&c);
            assert_int_equal(ama__mem_used(own), 0);
            ama__ctx_destroy(&own);
            left = ama__comm_max(comm, left) > 0;
        }
    }
}

enum { N_LARGE = 20000 };

/* A table of 320 kB: a node keeps it once, and values are found by it on all ranks. */
static void a_large_table(void **state) {
    (void)state;
    const char *path = in_dir("large.nc");
    ama__dim dim = {"x", N_LARGE, false};
    ama__stored_var var = {.name = "v", .dtype = AMA_I4, .ndim = 1, .dim = {0}, .chunked = true, .grid.chunk = {1}};
    ama__write_spec spec = {
        .format = AMA_FORMAT_NETCDF4, .path = path, .meta = {.n_dims = 1, .n_vars = 1, .dim = &dim, .var = &var}};
    ama__writer *wr;
    assert_int_equal(ama__writer_create(ctx, comm, &spec, &wr), AMA_OK);
    for (int32_t i = rank; i < N_LARGE; i += nranks)
        assert_int_equal(ama__writer_put(wr, NULL, 0, &(ama__box){1, {i}, {1}}, &(int32_t){3 * i + 1}), AMA_OK);
    assert_int_equal(ama__writer_finish(wr), AMA_OK);
    assert_int_equal(ama__writer_publish(wr), AMA_OK);
    ama__writer_destroy(&wr);
    ama__store *s;
    assert_int_equal(ama__store_open(ctx, comm, path, NULL, &s), AMA_OK);
    ama__store_var v = {s, ama__meta_find_var(&s->meta, "v")};
    size_t before = ama__mem_used(ctx), held;
    assert_int_equal(ama__store_need_manifests(ctx, comm, 1, &v), AMA_OK);
    assert_int_equal(s->manifest[v.var].n_table, N_LARGE);
    held = ama__mem_used(ctx) - before;
    if (ama__comm_node_nranks(comm) == nranks) assert_true(held < 16 * N_LARGE / (size_t)nranks + 8192);
    int32_t *values;
    assert_int_equal(ama__store_read_whole(s, v.var, (void **)&values), AMA_OK);
    for (int32_t i = 0; i < N_LARGE; i++)
        if (values[i] != 3 * i + 1) fail_msg("value %d is %d", i, values[i]);
    ama__mem_free(ctx, values);
    ama__comm_barrier(comm);
    ama__store_close(&s);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_on_all_ranks), cmocka_unit_test(text_goes_round), cmocka_unit_test(many),
        cmocka_unit_test(a_large_table),     cmocka_unit_test(what_is_it),      cmocka_unit_test(faults)};
    int failed = cmocka_run_group_tests(tests, begin, end);
    MPI_Finalize();
    return failed;
}
