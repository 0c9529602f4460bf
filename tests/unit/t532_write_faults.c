/* TEST: np=1,3 labels=mpi,store,fault
 * All or nothing: every injected fault, a full disk, wrong requests and abandoned writers leave no object behind, hang
 * nobody and give one clear text. */
#include "cmocka_all.h"

#include <errno.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "write_world.h"

static const ama__format all_formats[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_CDF2, AMA_FORMAT_CDF5, AMA_FORMAT_ZARR2};
enum { N_FORMATS = 4 };

static int setup(void **state) {
    static world w;
    *state = &w;
    return world_open(&w, "t532", NULL);
}

static int teardown(void **state) {
    return world_close(*state, "rmdir '%s'"); /* every test leaves it empty */
}

static void remove_all(world *w, const char *path) {
    world_shell(w, "rm -rf '%s'", path, "");
}

/* ---- injected faults ---- */

static void faults_of(world *w, ama__format f, bool overwrite) {
    char path[300];
    snprintf(path, sizeof path, "%s/out", w->dir);
    if (overwrite) {
        sample s;
        sample_init(&s, w->ctx, f, path);
        assert_int_equal(sample_write(&s, w->comm, NULL), AMA_OK);
        sample_fini(&s);
    }
    for (int n = 1;; n++) {
        sample s;
        ama_ctx *quiet = ama__ctx_create(), *ctx = world_faulty(n); /* the sample's own memory is not to fail */
        ama__comm *comm = NULL;
        sample_init_some(&s, quiet, f, path, true);
        s.ctx = ctx;
        s.spec.overwrite = overwrite;
        ama_status status = ama__comm_create(ctx, MPI_COMM_WORLD, &comm);
        bool made = status == AMA_OK;
        if (made) status = sample_write(&s, comm, NULL);
        int64_t n_sites = ama__comm_max(w->comm, ama__fault_count(ctx));
        if (status != AMA_OK && made) {
            assert_true(strlen(ama__error_text(ctx)) > 10);
            if (w->root) assert_int_equal(n_entries(w->dir), overwrite ? 1 : 0);
        }
        assert_int_equal(ama__comm_max(w->comm, status), status); /* agreed */
        sample_fini(&s);
        ama__comm_destroy(&comm);
        assert_int_equal(ama__mem_used(ctx), 0);
        ama__ctx_destroy(&ctx);
        ama__ctx_destroy(&quiet);
        if (status == AMA_OK) {
            assert_true(n_sites < n);
            break;
        }
        assert_true(n < 5000);
    }
    remove_all(w, path);
}

static void injected_faults(void **state) {
    for (int i = 0; i < N_FORMATS; i++) faults_of(*state, all_formats[i], false);
}

static void injected_faults_over_an_old_one(void **state) {
    faults_of(*state, AMA_FORMAT_NETCDF4, true);
    faults_of(*state, AMA_FORMAT_ZARR2, true);
}

/* ---- a disk that takes no more ---- */

static void limited_size(void **state) {
    world *w = *state;
    char path[300];
    snprintf(path, sizeof path, "%s/out", w->dir);
    struct rlimit old, now;
    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < N_FORMATS; i++)
        for (rlim_t limit = 1; limit < 4096 * 8; limit = limit * 3 + 100) {
            sample s;
            sample_init(&s, w->ctx, all_formats[i], path);
            now = (struct rlimit){limit, old.rlim_max};
            setrlimit(RLIMIT_FSIZE, &now);
            ama_status status = sample_write(&s, w->comm, NULL);
            setrlimit(RLIMIT_FSIZE, &old);
            if (status != AMA_OK) {
                assert_int_equal(status, AMA_ERR_IO);
                assert_non_null(strstr(ama__error_text(w->ctx), "File too large"));
                assert_non_null(strstr(ama__error_text(w->ctx), path + strlen(w->dir) + 1));
                if (w->root) assert_int_equal(n_entries(w->dir), 0);
            } else if (all_formats[i] != AMA_FORMAT_ZARR2) {
                assert_true(limit > 4096);
            }
            ama__error_clear(w->ctx);
            sample_fini(&s);
            remove_all(w, path);
        }
    signal(SIGXFSZ, SIG_DFL);
}

/* A real full disk, where the test may mount one; the limits of the test above otherwise have to do. */
static void full_disk(void **state) {
    world *w = *state;
    char mounted[270], path[300];
    snprintf(mounted, sizeof mounted, "%s/disk", w->dir);
    snprintf(path, sizeof path, "%s/out", mounted);
    int can = 1;
    if (w->root) can = mkdir(mounted, 0700) == 0 && mount("tmpfs", mounted, "tmpfs", 0, "size=48k") == 0;
    if (ama__comm_min(w->comm, can) == 0) {
        if (w->root) {
            rmdir(mounted);
            print_message("full_disk: mounting is not permitted here, SKIPPED\n");
        }
        ama__comm_barrier(w->comm);
        skip();
    }
    int n_failed = 0;
    for (int i = 0; i < N_FORMATS; i++) {
        sample s;
        sample_init(&s, w->ctx, all_formats[i], path);
        ama_status status = sample_write(&s, w->comm, NULL);
        if (status != AMA_OK) {
            n_failed++;
            assert_int_equal(status, AMA_ERR_IO);
            assert_non_null(strstr(ama__error_text(w->ctx), "No space left"));
            if (w->root) assert_int_equal(n_entries(mounted), 0);
        }
        ama__error_clear(w->ctx);
        sample_fini(&s);
        remove_all(w, path);
    }
    assert_true(n_failed >= 2); /* netCDF-4 and Zarr do not fit */
    ama__comm_barrier(w->comm);
    if (w->root) {
        assert_int_equal(umount(mounted), 0);
        assert_int_equal(rmdir(mounted), 0);
    }
    ama__comm_barrier(w->comm);
}

/* ---- requests that make no sense, and the environment ---- */

static void refused(world *w, const ama__write_spec *spec, ama_status want, const char *text) {
    ama__writer *wr = (ama__writer *)w;
    ama_status status = ama__writer_create(w->ctx, w->comm, spec, &wr);
    if (status != want || !strstr(ama__error_text(w->ctx), text))
        print_error("wanted %d \"%s\", got %d \"%s\"\n", want, text, status, ama__error_text(w->ctx));
    assert_int_equal(status, want);
    assert_null(wr);
    assert_non_null(strstr(ama__error_text(w->ctx), text));
    ama__error_clear(w->ctx);
}

static void refused_places(void **state) {
    world *w = *state;
    char path[300], dir[300];
    ama__write_spec spec = {.path = path};
    snprintf(path, sizeof path, "%s/no/such/out.nc", w->dir);
    refused(w, &spec, AMA_ERR_NOTFOUND, "there is no directory");
    snprintf(dir, sizeof dir, "%s/there", w->dir);
    if (w->root) mkdir(dir, 0777);
    ama__comm_barrier(w->comm);
    snprintf(path, sizeof path, "%s/there", w->dir);
    spec.overwrite = true;
    refused(w, &spec, AMA_ERR_ARG, "a directory of that name is there");
    snprintf(path, sizeof path, "%s/there/file", w->dir);
    if (w->root) fclose(fopen(path, "w"));
    ama__comm_barrier(w->comm);
    spec.overwrite = false;
    refused(w, &spec, AMA_ERR_ARG, "it exists");
    spec.overwrite = true;
    spec.format = AMA_FORMAT_ZARR2;
    refused(w, &spec, AMA_ERR_ARG, "a file of that name is there");
    snprintf(path, sizeof path, "%s/there", w->dir);
    refused(w, &spec, AMA_ERR_ARG, "is not a Zarr store");
    snprintf(path, sizeof path, "%s/there/file/out", w->dir);
    refused(w, &spec, AMA_ERR_NOTFOUND, "is not a directory");
    spec.path = "";
    refused(w, &spec, AMA_ERR_ARG, "path is empty");
    spec.path = "..";
    refused(w, &spec, AMA_ERR_ARG, "no name for an output");
    remove_all(w, dir);
}

static void refused_specs(void **state) {
    world *w = *state;
    char path[300];
    snprintf(path, sizeof path, "%s/out", w->dir);
    ama__dim dim[] = {{"t", 4, true}, {"x", 6, false}, {"u", 3, true}};
    ama__stored_var var[] = {
        {.name = "a", .dtype = AMA_F8, .ndim = 2, .dim = {0, 1}, .chunked = true, .grid.chunk = {1, 6}}};
    ama__write_spec spec = {
        .path = path, .format = AMA_FORMAT_CDF1, .meta = {.n_dims = 2, .n_vars = 1, .dim = dim, .var = var}};
    var[0].dtype = AMA_I8;
    refused(w, &spec, AMA_ERR_UNSUPPORTED, "CDF-1 has no int64; use format=\"NETCDF4\" or \"NETCDF3_64BIT_DATA\"");
    var[0].dtype = AMA_U1;
    spec.format = AMA_FORMAT_CDF2;
    refused(w, &spec, AMA_ERR_UNSUPPORTED, "CDF-2 has no uint8");
    var[0].dtype = AMA_STRING;
    spec.format = AMA_FORMAT_CDF5;
    refused(w, &spec, AMA_ERR_UNSUPPORTED, "use format=\"NETCDF4\"");
    var[0].dtype = AMA_F8;
    var[0].dim[0] = 1, var[0].dim[1] = 0;
    refused(w, &spec, AMA_ERR_UNSUPPORTED, "must come first");
    var[0].dim[0] = 0, var[0].dim[1] = 1;
    spec.meta.n_dims = 3;
    refused(w, &spec, AMA_ERR_UNSUPPORTED, "room for one dim");
    spec.meta.n_dims = 2;
    sample_step(&var[0], AMA_CODEC_DEFLATE, 1);
    refused(w, &spec, AMA_ERR_UNSUPPORTED, "cannot compress");
    sample_step(&var[0], AMA_CODEC_LZ4, 1);
    spec.format = AMA_FORMAT_NETCDF4;
    refused(w, &spec, AMA_ERR_UNSUPPORTED, "netCDF-4 output takes");
    var[0].chunked = false;
    refused(w, &spec, AMA_ERR_ARG, "compression needs chunks");
    var[0].pipeline.n = 0;
    refused(w, &spec, AMA_ERR_ARG, "needs chunks along the unlimited dim t");
    var[0].chunked = true;
    var[0].grid.chunk[0] = 0;
    refused(w, &spec, AMA_ERR_ARG, "not positive");
    var[0].grid.chunk[0] = (int64_t)1 << 40;
    refused(w, &spec, AMA_ERR_ARG, "4 GiB");
    var[0].grid.chunk[0] = 1;
    var[0].name = "a/b";
    refused(w, &spec, AMA_ERR_ARG, "a character that no format takes");
    var[0].name = "a";
    int32_t seven = 7;
    ama__attr attr[] = {{"_FillValue", AMA_I4, 1, &seven}, {"_FillValue", AMA_I4, 1, &seven}};
    var[0].attrs = (ama__attrs){1, attr};
    refused(w, &spec, AMA_ERR_ARG, "must be one value of its dtype, float64");
    var[0].attrs.n = 2;
    refused(w, &spec, AMA_ERR_ARG, "given twice");
    attr[0].name = "DIMENSION_LIST";
    var[0].attrs.n = 1;
    refused(w, &spec, AMA_ERR_ARG, "keeps that name");
    var[0].attrs.n = 0;
    dim[1].name = "t";
    refused(w, &spec, AMA_ERR_ARG, "two dims are named t");
    dim[1].name = "x";
    spec.format = AMA_FORMAT_CDF1;
    dim[1].size = (int64_t)1 << 29;
    var[0].grid.chunk[1] = 1;
    dim[0].unlimited = false;
    ama__stored_var two[2] = {var[0], var[0]};
    two[1].name = "b";
    spec.meta.var = two;
    spec.meta.n_vars = 2;
    refused(w, &spec, AMA_ERR_UNSUPPORTED, "too large for CDF-1");
    spec.format = AMA_FORMAT_CDF2;
    refused(w, &spec, AMA_ERR_UNSUPPORTED, "use format=\"NETCDF3_64BIT_DATA\"");
    dim[1].size = INT64_MAX / 2;
    spec.format = AMA_FORMAT_CDF5;
    refused(w, &spec, AMA_ERR_ARG, "too large to count");
    spec.format = (ama__format)99;
    refused(w, &spec, AMA_ERR_ARG, "no such format");
}

/* ---- wrong use after create ---- */

static ama__writer *small_writer(world *w, ama__format f, char *path) {
    static ama__dim dim[] = {{"x", 6, false}};
    static ama__stored_var var[] = {{.name = "c", .dtype = AMA_F4, .ndim = 1, .chunked = true, .grid.chunk = {4}},
                                    {.name = "d", .dtype = AMA_F4, .ndim = 1}};
    ama__write_spec spec = {.path = path, .format = f, .meta = {.n_dims = 1, .n_vars = 2, .dim = dim, .var = var}};
    snprintf(path, 300, "%s/out", w->dir);
    ama__writer *wr;
    assert_int_equal(ama__writer_create(w->ctx, w->comm, &spec, &wr), AMA_OK);
    return wr;
}

static void wrong_puts(void **state) {
    world *w = *state;
    static const struct {
        int var;
        int64_t start, count;
    } wrong[] = {{0, 0, 6}, {0, 1, 4}, {0, 4, 3}, {0, -4, 4}, {1, 3, 4}, {1, 0, -1}, {2, 0, 1}, {-1, 0, 1}};
    char path[300];
    float data[8] = {0};
    for (int i = 0; i < N_FORMATS; i++)
        for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            ama__writer *wr = small_writer(w, all_formats[i], path);
            ama__box box = {.ndim = 1, .start = {wrong[k].start}, .count = {wrong[k].count}};
            ama_status status = AMA_OK;
            if (w->root) status = ama__writer_put(wr, NULL, wrong[k].var, &box, data);
            if (w->root) assert_int_equal(status, AMA_ERR_INTERNAL);
            assert_int_equal(ama__comm_agree(w->comm, status), AMA_ERR_INTERNAL);
            assert_int_not_equal(ama__writer_finish(wr), AMA_OK); /* even if the caller goes on */
            assert_int_not_equal(ama__writer_publish(wr), AMA_OK);
            ama__writer_destroy(&wr);
            ama__error_clear(w->ctx);
            if (w->root) assert_int_equal(n_entries(w->dir), 0);
        }
}

/* A part of a dense variable, a chunk from two ranks, a writer dropped at every stage. */
static void incomplete(void **state) {
    world *w = *state;
    char path[300];
    float data[8] = {0};
    for (int i = 0; i < N_FORMATS; i++) {
        ama__writer *wr = small_writer(w, all_formats[i], path);
        ama__box box = {.ndim = 1, .start = {2}, .count = {3}};
        if (w->root) assert_int_equal(ama__writer_put(wr, NULL, 1, &box, data), AMA_OK);
        assert_int_equal(ama__writer_finish(wr), AMA_ERR_INTERNAL);
        assert_non_null(strstr(ama__error_text(w->ctx), "3 of 6 elements"));
        ama__writer_destroy(&wr);
        ama__error_clear(w->ctx);
        if (w->root) assert_int_equal(n_entries(w->dir), 0);

        wr = small_writer(w, all_formats[i], path);
        box = (ama__box){.ndim = 1, .start = {0}, .count = {4}};
        ama_status status = AMA_OK;
        for (int twice = 0; twice < 2 && w->root && status == AMA_OK; twice++)
            status = ama__writer_put(wr, NULL, 0, &box, data);
        status = ama__comm_agree(w->comm, status);
        if (status == AMA_OK) status = ama__writer_finish(wr);
        assert_int_equal(status, AMA_ERR_INTERNAL);
        ama__writer_destroy(&wr);
        ama__error_clear(w->ctx);

        wr = small_writer(w, all_formats[i], path);
        if (w->root) assert_int_equal(n_entries(w->dir), 1);
        ama__comm_barrier(w->comm);
        ama__writer_destroy(&wr);
        wr = small_writer(w, all_formats[i], path);
        if (w->root) assert_int_equal(ama__writer_put(wr, NULL, 0, &box, data), AMA_OK);
        ama__comm_barrier(w->comm);
        ama__writer_destroy(&wr);
        sample s;
        sample_init(&s, w->ctx, all_formats[i], path);
        assert_int_equal(sample_write(&s, w->comm, &wr), AMA_OK);
        ama__writer_destroy(&wr); /* finished, never published */
        sample_fini(&s);
        ama__comm_barrier(w->comm);
        if (w->root) assert_int_equal(n_entries(w->dir), 0);
        ama__comm_barrier(w->comm);
    }
}

/* Someone else makes the final name while we write. */
static void name_taken_meanwhile(void **state) {
    world *w = *state;
    char path[300];
    for (int i = 0; i < N_FORMATS; i++) {
        ama__writer *wr = small_writer(w, all_formats[i], path);
        assert_int_equal(ama__writer_finish(wr), AMA_OK);
        if (w->root) fclose(fopen(path, "w"));
        assert_int_equal(ama__writer_publish(wr), AMA_ERR_IO);
        assert_non_null(strstr(ama__error_text(w->ctx), "File exists"));
        ama__writer_destroy(&wr);
        ama__error_clear(w->ctx);
        if (w->root) {
            struct stat st;
            assert_true(stat(path, &st) == 0 && st.st_size == 0);
            assert_int_equal(n_entries(w->dir), 1);
        }
        remove_all(w, path);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(injected_faults),      cmocka_unit_test(injected_faults_over_an_old_one),
        cmocka_unit_test(limited_size),         cmocka_unit_test(full_disk),
        cmocka_unit_test(refused_places),       cmocka_unit_test(refused_specs),
        cmocka_unit_test(wrong_puts),           cmocka_unit_test(incomplete),
        cmocka_unit_test(name_taken_meanwhile),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return 0;
}
