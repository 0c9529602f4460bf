/* TEST: labels=unit,store
 * Writing from one process where MPI was never initialised, several threads putting at once; outputs are read back with
 * the library's own readers. Names, shapes and attributes at the edges of what the formats allow. */
#include "cmocka_all.h"

#include <mpi.h>
#include <pthread.h>
#include <sys/stat.h>

#include "store/dataset.h"
#include "write_sample.h"

typedef struct world {
    ama_ctx *ctx;
    ama__comm *comm;
    char dir[256];
} world;

static int setup(void **state) {
    static world w;
    w = (world){.ctx = ama__ctx_create()};
    sample_dir(w.dir, sizeof w.dir, "t531");
    *state = &w;
    return !mkdtemp(w.dir) || ama__comm_create_self(w.ctx, &w.comm) != AMA_OK;
}

static int teardown(void **state) {
    world *w = *state;
    int initialized;
    char command[300];
    MPI_Initialized(&initialized);
    snprintf(command, sizeof command, "rm -r '%s'", w->dir);
    int failed = system(command);
    ama__comm_destroy(&w->comm);
    failed = failed || initialized || ama__mem_used(w->ctx) != 0;
    ama__ctx_destroy(&w->ctx);
    if (failed) exit(1); /* cmocka does not count a failed teardown */
    return 0;
}

static void ok(world *w, ama_status status) {
    if (status != AMA_OK) print_error("%s\n", ama__error_text(w->ctx));
    assert_int_equal(status, AMA_OK);
}

/* ---- round trip through the readers ---- */

static int64_t size_of(const sample *s, const ama__stored_var *v) {
    int64_t n = 1;
    for (int i = 0; i < v->ndim; i++) n *= s->dim[v->dim[i]].size;
    return n;
}

static void check_one(world *w, const sample *s, int k, ama__store *store) {
    const ama__stored_var *v = &s->var[k];
    int at = ama__meta_find_var(&store->meta, v->name);
    assert_true(at >= 0);
    const ama__stored_var *got = &store->meta.var[at];
    ama_dtype want_dtype = v->dtype == AMA_BOOL && s->spec.format != AMA_FORMAT_ZARR2 ? AMA_I1 : v->dtype;
    assert_int_equal(got->dtype, want_dtype);
    assert_int_equal(got->ndim, v->ndim);
    for (int i = 0; i < v->ndim; i++) assert_string_equal(store->meta.dim[got->dim[i]].name, s->dim[v->dim[i]].name);
    ama__store_var one = {.store = store, .var = at};
    ok(w, ama__store_need_manifests(w->ctx, w->comm, 1, &one));
    void *data;
    ok(w, ama__store_read_whole(store, at, &data));
    for (int64_t i = 0; i < size_of(s, v); i++) {
        bool missing = k == s->missing_var && i / 42 < 2 && i / 7 % 6 >= 4 && i % 7 < 3;
        char want[16];
        snprintf(want, sizeof want, i % 5 == 4 ? "" : "w\xc3\xb6rd %lld", (long long)i);
        if (v->dtype == AMA_STRING)
            assert_string_equal(((char **)data)[i], want);
        else if (v->dtype == AMA_CHAR)
            assert_int_equal(((char *)data)[i], 'a' + (i + k) % 26);
        else
            assert_true(ama__dtype_get_f8(want_dtype, data, i) ==
                        (missing || k == s->never_var ? -9.0 : sample_value(k, i, v->dtype)));
    }
    ama__mem_free(w->ctx, data);
}

static void round_trip(world *w, ama__format f, const char *name) {
    char path[300];
    sample s;
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    sample_init(&s, w->ctx, f, path);
    ok(w, sample_write(&s, w->comm, NULL));
    ama__open_options o = {0};
    ama__store *store;
    ok(w, ama__store_open(w->ctx, w->comm, path, &o, &store));
    assert_int_equal(store->meta.n_vars, s.spec.meta.n_vars);
    for (int k = 0; k < s.spec.meta.n_vars; k++) check_one(w, &s, k, store);
    for (int i = 0; i < s.spec.meta.attrs.n; i++) {
        const ama__attr *want = &s.spec.meta.attrs.a[i], *got = ama__attrs_find(&store->meta.attrs, want->name);
        assert_non_null(got);
        assert_int_equal(got->n, want->n);
        if (f != AMA_FORMAT_ZARR2) assert_int_equal(got->dtype, want->dtype);
        if (want->dtype == AMA_CHAR) assert_memory_equal(got->data, want->data, (size_t)want->n);
        for (int64_t j = 0; j < want->n && !ama__dtype_is_text(want->dtype); j++)
            assert_true(ama__dtype_get_f8(got->dtype, got->data, j) == ama__dtype_get_f8(want->dtype, want->data, j));
    }
    ama__store_close(&store);
    sample_fini(&s);
}

static void formats(void **state) {
    world *w = *state;
    round_trip(w, AMA_FORMAT_NETCDF4, "s4.nc");
    round_trip(w, AMA_FORMAT_CDF1, "s1.nc");
    round_trip(w, AMA_FORMAT_CDF2, "s2.nc");
    round_trip(w, AMA_FORMAT_CDF5, "s5.nc");
    round_trip(w, AMA_FORMAT_ZARR2, "s.zarr");
}

/* ---- threads ---- */

enum { N_THREADS = 4, SIDE = 20 };

typedef struct job {
    world *w;
    ama__writer *wr;
    int thread;
    ama_status status;
} job;

static void *put_share(void *arg) {
    job *j = arg;
    ama__codec_work *work;
    j->status = ama__codec_work_create(j->w->ctx, &work);
    for (int64_t c = j->thread; c < SIDE * SIDE && j->status == AMA_OK; c += N_THREADS) {
        int32_t data[100];
        for (int i = 0; i < 100; i++) data[i] = (int32_t)(c * 100 + i);
        ama__box box = {.ndim = 2, .start = {c / SIDE * 10, c % SIDE * 10}, .count = {10, 10}};
        for (int v = 0; v < 2 && j->status == AMA_OK; v++) j->status = ama__writer_put(j->wr, work, v, &box, data);
    }
    ama__codec_work_destroy(&work);
    return NULL;
}

static void threads_as(world *w, ama__format f, const char *name) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    ama__dim dim[] = {{"y", SIDE * 10, false}, {"x", SIDE * 10, false}};
    ama__stored_var var[2] = {
        {.name = "a", .dtype = AMA_I4, .ndim = 2, .dim = {0, 1}, .chunked = true, .grid.chunk = {10, 10}},
        {.name = "b", .dtype = AMA_I4, .ndim = 2, .dim = {0, 1}}};
    if (f != AMA_FORMAT_CDF2) sample_step(&var[0], AMA_CODEC_DEFLATE, 1);
    ama__write_spec spec = {.format = f, .path = path, .meta = {.n_dims = 2, .n_vars = 2, .dim = dim, .var = var}};
    ama__writer *wr;
    ok(w, ama__writer_create(w->ctx, w->comm, &spec, &wr));
    pthread_t thread[N_THREADS];
    job jobs[N_THREADS];
    for (int i = 0; i < N_THREADS; i++) {
        jobs[i] = (job){.w = w, .wr = wr, .thread = i};
        assert_int_equal(pthread_create(&thread[i], NULL, put_share, &jobs[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(thread[i], NULL);
        ok(w, jobs[i].status);
    }
    assert_int_equal(ama__writer_collective_flush(wr, 0), f == AMA_FORMAT_NETCDF4);
    assert_false(ama__writer_collective_flush(wr, 1));
    assert_int_equal(ama__writer_pending(wr) > 0, f == AMA_FORMAT_NETCDF4);
    ok(w, ama__writer_flush(wr));
    assert_int_equal(ama__writer_pending(wr), 0);
    ok(w, ama__writer_finish(wr));
    ok(w, ama__writer_publish(wr));
    assert_true(ama__writer_bytes(wr) > SIDE * SIDE * 400);
    ama__writer_destroy(&wr);
    assert_null(wr);
    ama__store *store;
    ok(w, ama__store_open(w->ctx, w->comm, path, &(ama__open_options){0}, &store));
    for (int v = 0; v < 2; v++) {
        void *data;
        ama__store_var one = {.store = store, .var = ama__meta_find_var(&store->meta, v ? "b" : "a")};
        ok(w, ama__store_need_manifests(w->ctx, w->comm, 1, &one));
        ok(w, ama__store_read_whole(store, one.var, &data));
        for (int y = 0; y < SIDE * 10; y++)
            for (int x = 0; x < SIDE * 10; x++) {
                int want = (y / 10 * SIDE + x / 10) * 100 + y % 10 * 10 + x % 10;
                assert_true(ama__dtype_get_i8(AMA_I4, data, y * SIDE * 10 + x) == want);
            }
        ama__mem_free(w->ctx, data);
    }
    ama__store_close(&store);
}

static void threads(void **state) {
    world *w = *state;
    threads_as(w, AMA_FORMAT_NETCDF4, "threads.nc");
    threads_as(w, AMA_FORMAT_CDF2, "threads3.nc");
    threads_as(w, AMA_FORMAT_ZARR2, "threads.zarr");
}

/* ---- odd but valid ---- */

static void nothing_at_all(void **state) {
    world *w = *state;
    static const ama__format f[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_CDF1, AMA_FORMAT_CDF5, AMA_FORMAT_ZARR2};
    for (int i = 0; i < 4; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/nothing%d", w->dir, i);
        ama__write_spec spec = {.format = f[i], .path = path};
        ama__writer *wr;
        ok(w, ama__writer_create(w->ctx, w->comm, &spec, &wr));
        ok(w, ama__writer_finish(wr));
        ok(w, ama__writer_publish(wr));
        ama__writer_destroy(&wr);
        ama__store *store;
        ok(w, ama__store_open(w->ctx, w->comm, path, &(ama__open_options){0}, &store));
        assert_int_equal(store->meta.n_vars, 0);
        ama__store_close(&store);
    }
}

/* Variables named like a dim that is not theirs, coordinates of two dims, a symbolic link, a slash at the end. */
static void names(void **state) {
    world *w = *state;
    char path[300], link[300];
    snprintf(path, sizeof path, "%s/target.nc", w->dir);
    snprintf(link, sizeof link, "%s/link.nc", w->dir);
    FILE *f = fopen(path, "w");
    fputs("old", f);
    fclose(f);
    assert_int_equal(symlink("target.nc", link), 0);
    ama__dim dim[] = {{"x", 3, false}, {"y", 2, false}, {"z", 2, false}};
    ama__stored_var var[] = {{.name = "x", .dtype = AMA_F4, .ndim = 2, .dim = {1, 0}},
                             {.name = "y", .dtype = AMA_I2, .ndim = 2, .dim = {1, 2}},
                             {.name = "z", .dtype = AMA_F8},
                             {.name = "a b.c-\xc3\xa9", .dtype = AMA_F8, .ndim = 1, .dim = {2}}};
    ama__write_spec spec = {
        .path = link, .overwrite = true, .meta = {.n_dims = 3, .n_vars = 4, .dim = dim, .var = var}};
    ama__writer *wr;
    ok(w, ama__writer_create(w->ctx, w->comm, &spec, &wr));
    float x[] = {1, 2, 3, 4, 5, 6};
    int16_t y[] = {1, 2, 3, 4};
    double z[] = {7, 8};
    ok(w, ama__writer_put(wr, NULL, 0, &(ama__box){.ndim = 2, .count = {2, 3}}, x));
    ok(w, ama__writer_put(wr, NULL, 1, &(ama__box){.ndim = 2, .count = {2, 2}}, y));
    ok(w, ama__writer_put(wr, NULL, 2, &(ama__box){.ndim = 0}, z));
    ok(w, ama__writer_put(wr, NULL, 3, &(ama__box){.ndim = 1, .count = {2}}, z));
    ok(w, ama__writer_finish(wr));
    ok(w, ama__writer_publish(wr));
    ama__writer_destroy(&wr);
    struct stat st;
    assert_true(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    ama__store *store;
    ok(w, ama__store_open(w->ctx, w->comm, path, &(ama__open_options){0}, &store));
    for (int k = 0; k < 4; k++) {
        int at = ama__meta_find_var(&store->meta, var[k].name);
        assert_true(at >= 0);
        assert_int_equal(store->meta.var[at].ndim, var[k].ndim);
        for (int i = 0; i < var[k].ndim; i++)
            assert_string_equal(store->meta.dim[store->meta.var[at].dim[i]].name, dim[var[k].dim[i]].name);
    }
    ama__store_close(&store);
    snprintf(path, sizeof path, "%s/slash.zarr///", w->dir);
    spec.format = AMA_FORMAT_ZARR2;
    spec.path = path;
    spec.meta.n_vars = 0;
    ok(w, ama__writer_create(w->ctx, w->comm, &spec, &wr));
    ok(w, ama__writer_finish(wr));
    ok(w, ama__writer_publish(wr));
    ama__writer_destroy(&wr);
    assert_int_equal(lstat(path, &st), 0);
}

/* Boxes of every shape of a dense array of three dims, through all formats. */
static void boxes(void **state) {
    world *w = *state;
    static const ama__format f[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_CDF2, AMA_FORMAT_CDF5, AMA_FORMAT_ZARR2};
    for (int i = 0; i < 4; i++)
        for (int cut = 1; cut < 4; cut++) {
            char path[300];
            snprintf(path, sizeof path, "%s/boxes%d%d", w->dir, i, cut);
            ama__dim dim[] = {{"t", 4, i == 1 || i == 2}, {"y", 5, false}, {"x", 6, false}};
            ama__stored_var var[] = {{.name = "a", .dtype = AMA_F8, .ndim = 3, .dim = {0, 1, 2}},
                                     {.name = "b", .dtype = AMA_I2, .ndim = 3, .dim = {0, 1, 2}}};
            ama__write_spec spec = {
                .format = f[i], .path = path, .meta = {.n_dims = 3, .n_vars = 2, .dim = dim, .var = var}};
            ama__writer *wr;
            ok(w, ama__writer_create(w->ctx, w->comm, &spec, &wr));
            int64_t shape[3] = {4, 5, 6}, chunk[3] = {cut % 2 + 1, cut, 4 - cut};
            ama__chunkgrid g;
            ama__chunkgrid_init(&g, 3, shape, cut == 3 ? (int64_t[]){3, 5, 6} : chunk);
            for (int64_t c = g.n_chunks - 1; c >= 0; c--) {
                double a[120];
                int16_t b[120];
                int64_t index[3], n = 0, p[3] = {0};
                ama__chunkgrid_index(&g, c, index);
                ama__box box = ama__chunkgrid_box(&g, index);
                do {
                    int at = (int)((box.start[0] + p[0]) * 30 + (box.start[1] + p[1]) * 6 + box.start[2] + p[2]);
                    a[n] = at + 0.25;
                    b[n++] = (int16_t)(at * 3);
                } while (ama__index_next(3, box.count, p));
                ok(w, ama__writer_put(wr, NULL, 0, &box, a));
                ok(w, ama__writer_put(wr, NULL, 1, &box, b));
            }
            ok(w, ama__writer_finish(wr));
            ok(w, ama__writer_publish(wr));
            ama__writer_destroy(&wr);
            ama__store *store;
            ok(w, ama__store_open(w->ctx, w->comm, path, &(ama__open_options){0}, &store));
            for (int k = 0; k < 2; k++) {
                void *data;
                ama__store_var one = {.store = store, .var = ama__meta_find_var(&store->meta, var[k].name)};
                ok(w, ama__store_need_manifests(w->ctx, w->comm, 1, &one));
                ok(w, ama__store_read_whole(store, one.var, &data));
                for (int64_t e = 0; e < 120; e++)
                    assert_true(ama__dtype_get_f8(var[k].dtype, data, e) == (k ? (double)e * 3 : (double)e + 0.25));
                ama__mem_free(w->ctx, data);
            }
            ama__store_close(&store);
        }
}

/* Offsets beyond 2^32 in a sparse file that is never finished. */
static void far_away(void **state) {
    world *w = *state;
    static const ama__format f[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_CDF5};
    for (int i = 0; i < 2; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/far%d", w->dir, i);
        ama__dim dim[] = {{"t", 200, false}, {"y", 30000, false}, {"x", 3000, false}};
        ama__stored_var var[] = {{.name = "a", .dtype = AMA_F4, .ndim = 3, .dim = {0, 1, 2}}};
        ama__write_spec spec = {
            .format = f[i], .path = path, .meta = {.n_dims = 3, .n_vars = 1, .dim = dim, .var = var}};
        ama__writer *wr;
        static float data[2 * 3000];
        ok(w, ama__writer_create(w->ctx, w->comm, &spec, &wr));
        ok(w,
           ama__writer_put(wr, NULL, 0, &(ama__box){.ndim = 3, .start = {199, 29998, 0}, .count = {1, 2, 3000}}, data));
        assert_true(ama__writer_bytes(wr) >= (int64_t)sizeof data);
        ama__writer_destroy(&wr);
        struct stat st;
        assert_int_equal(lstat(path, &st), -1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats), cmocka_unit_test(threads), cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(names),   cmocka_unit_test(boxes),   cmocka_unit_test(far_away),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
