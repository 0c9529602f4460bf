/* TEST: np=1,2,3,4,7 labels=mpi,store
 * The bytes of whole files: an output written by all ranks, its chunks dealt out and flushed in rounds, is that which
 * one process writes from back to front, from values that the writer may overwrite. netCDF-4 with over 64 MiB of values
 * in chunks is so when asked for. */
#include "cmocka_all.h"

#include <fcntl.h>
#include <mpi.h>
#include <sys/stat.h>

#include "comm/mpi.h"
#include "write_sample.h"

typedef struct world {
    ama_ctx *ctx;
    ama__comm *comm, *self;
    bool root;
    char dir[256];
} world;

static int setup(void **state) {
    static world w;
    w = (world){.ctx = ama__ctx_create()};
    if (ama__comm_create(w.ctx, MPI_COMM_WORLD, &w.comm) != AMA_OK) return 1;
    if (ama__comm_create_self(w.ctx, &w.self) != AMA_OK) return 1;
    w.root = ama__comm_rank(w.comm) == 0;
    sample_dir(w.dir, sizeof w.dir, "t535");
    int failed = w.root && !mkdtemp(w.dir);
    ama__comm_bcast(w.comm, w.dir, sizeof w.dir, 0);
    *state = &w;
    return (int)ama__comm_max(w.comm, failed);
}

static int teardown(void **state) {
    world *w = *state;
    char command[300];
    ama__comm_barrier(w->comm);
    snprintf(command, sizeof command, "rm -r '%s'", w->dir);
    int failed = w->root && system(command);
    ama__comm_destroy(&w->comm);
    ama__comm_destroy(&w->self);
    failed = failed || ama__mem_used(w->ctx) != 0;
    ama__ctx_destroy(&w->ctx);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1); /* cmocka does not count a failed teardown */
    return 0;
}

static void ok(world *w, ama_status status) {
    if (status != AMA_OK) fail_msg("%s", ama__error_text(w->ctx));
}

/* ---- two outputs held against each other ---- */

static bool same_file(const char *a, const char *b) {
    enum { BYTES = 1 << 20 };
    char *x = malloc(BYTES), *y = malloc(BYTES);
    int fa = open(a, O_RDONLY), fb = open(b, O_RDONLY);
    bool same = fa >= 0 && fb >= 0;
    for (ssize_t n = 1; same && n > 0;) {
        n = read(fa, x, BYTES);
        same = n >= 0 && read(fb, y, BYTES) == n && memcmp(x, y, (size_t)n) == 0;
    }
    if (fa >= 0) close(fa);
    if (fb >= 0) close(fb);
    free(x);
    free(y);
    return same;
}

/* Files, or trees of files. */
static bool same_bytes(const char *a, const char *b) {
    struct stat s;
    assert_int_equal(stat(a, &s), 0);
    if (!S_ISDIR(s.st_mode)) return same_file(a, b);
    bool same = n_entries(a) == n_entries(b);
    DIR *d = opendir(a);
    for (struct dirent *e; same && (e = readdir(d));) {
        char x[1024], y[1024];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(x, sizeof x, "%s/%s", a, e->d_name);
        snprintf(y, sizeof y, "%s/%s", b, e->d_name);
        same = same_bytes(x, y);
    }
    closedir(d);
    return same;
}

/* ---- every format ---- */

/* By one process, the last variable first, each in a flush of its own. */
static void write_backwards(world *w, const sample *s) {
    ama__writer *wr;
    ama__codec_work *work;
    ok(w, ama__codec_work_create(w->ctx, &work));
    ok(w, ama__writer_create(w->ctx, w->self, &s->spec, &wr));
    for (int k = s->spec.meta.n_vars - 1; k >= 0; k--) {
        if (k != s->never_var) ok(w, sample_put_var(s, wr, work, k, 0, 1));
        ok(w, ama__writer_flush(wr));
    }
    ok(w, ama__writer_finish(wr));
    ok(w, ama__writer_publish(wr));
    ama__writer_destroy(&wr);
    ama__codec_work_destroy(&work);
}

static void every_format(void **state) {
    world *w = *state;
    static const ama__format formats[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_CDF1, AMA_FORMAT_CDF2, AMA_FORMAT_CDF5,
                                          AMA_FORMAT_ZARR2};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        char all[300], one[300];
        sample s;
        snprintf(all, sizeof all, "%s/all%zu", w->dir, f);
        snprintf(one, sizeof one, "%s/one%zu", w->dir, f);
        sample_init(&s, w->ctx, formats[f], all);
        ok(w, sample_write(&s, w->comm, NULL));
        s.spec.path = one;
        if (w->root) {
            s.gives = true;
            write_backwards(w, &s);
            if (!same_bytes(all, one)) fail_msg("format %d: other bytes", (int)formats[f]);
        }
        sample_fini(&s);
    }
}

/* ---- netCDF-4 over 64 MiB ---- */

enum { SIDE = 16, N_SIDE = 20, LONG = 70 << 20 }; /* 400 chunks; beside them 70 MiB that nobody puts */

/* Chunk number c holds values of its own and is of its own size. */
static void put_chunk(world *w, ama__writer *wr, ama__codec_work *work, int64_t c) {
    float data[SIDE * SIDE];
    uint32_t x = (uint32_t)c * 2654435761u + 1;
    for (int i = 0; i < SIDE * SIDE; i++) {
        x = x * 1664525u + 1013904223u;
        data[i] = i < (c * 37) % (SIDE * SIDE) ? (float)(x >> 8) : 0.0f;
    }
    ama__box box = {.ndim = 2, .start = {c / N_SIDE * SIDE, c % N_SIDE * SIDE}, .count = {SIDE, SIDE}};
    ok(w, ama__writer_put(wr, work, 0, &box, data));
}

/* Chunks dealt out to the ranks in another way each time. */
static void write_long(world *w, const ama__write_spec *spec, int64_t factor) {
    ama__writer *wr;
    ama__codec_work *work;
    int rank = ama__comm_rank(w->comm), nranks = ama__comm_nranks(w->comm), n = N_SIDE * N_SIDE;
    ok(w, ama__codec_work_create(w->ctx, &work));
    ok(w, ama__writer_create(w->ctx, w->comm, spec, &wr));
    for (int64_t i = 0; i < n; i++) {
        if (i % 61 == 0) ok(w, ama__writer_flush(wr));
        if (i % nranks == rank) put_chunk(w, wr, work, i * factor % n);
    }
    ok(w, ama__writer_finish(wr));
    ok(w, ama__writer_publish(wr));
    ama__writer_destroy(&wr);
    ama__codec_work_destroy(&work);
}

static void long_files(void **state) {
    world *w = *state;
    char path[4][300];
    ama__dim dim[] = {{"y", SIDE * N_SIDE, false}, {"x", SIDE * N_SIDE, false}, {"n", LONG, false}};
    ama__stored_var var[] = {
        {.name = "packed", .dtype = AMA_F4, .ndim = 2, .dim = {0, 1}, .chunked = true, .grid.chunk = {SIDE, SIDE}},
        {.name = "never", .dtype = AMA_I1, .ndim = 1, .dim = {2}, .chunked = true, .grid.chunk = {LONG / 7}}};
    sample_step(&var[0], AMA_CODEC_SHUFFLE, 0);
    sample_step(&var[0], AMA_CODEC_DEFLATE, 1);
    ama__write_spec spec = {.meta = {.n_dims = 3, .n_vars = 2, .dim = dim, .var = var}};
    for (int i = 0; i < 4; i++) {
        snprintf(path[i], sizeof path[i], "%s/long%d.nc", w->dir, i);
        spec.path = path[i];
        spec.canonical = i >= 2;
        write_long(w, &spec, i % 2 ? 1 : 39);
    }
    if (!w->root) return;
    struct stat s;
    assert_true(stat(path[0], &s) == 0 && s.st_size > 64 << 20);
    assert_false(same_bytes(path[0], path[1]));
    assert_true(same_bytes(path[2], path[3]));
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_format), cmocka_unit_test(long_files)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    MPI_Finalize();
    return failed;
}
