/* TEST: labels=unit
 * What every driver must do, on the same sample dataset in every format: t520_conformance [driver] runs the suite for
 * one driver or for all. A new driver adds a line to `makers`. */
#include "store_test.h"

#include "store/writer.h"

static ama_ctx *ctx;
static ama__comm *comm;

typedef struct maker {
    const char *driver, *what;
    void (*make)(const struct maker *m, const char *path);
    ama__format format; /* of make_written */
    ama__pipeline pipeline;
    bool chunked, directory;
} maker;

static const maker *now; /* the one under test */

/* ---- makers */

static bytes file_bytes;

static void make_classic(const maker *m, const char *path) {
    cdf_sample(&file_bytes, m->format == AMA_FORMAT_CDF5 ? 5 : m->format == AMA_FORMAT_CDF2 ? 2 : 1);
    write_file(path, file_bytes.p, file_bytes.n);
}

static void make_zarr(const maker *m, const char *path) {
    (void)m;
    zarr_sample(path);
}

static void fill_spec(const maker *m, ama__arena *arena, ama__write_spec *spec) {
    ama__meta *meta = &spec->meta;
    meta->n_dims = S_N_DIMS;
    meta->n_vars = N_SAMPLE;
    meta->dim = ama__arena_alloc(arena, S_N_DIMS * sizeof *meta->dim);
    meta->var = ama__arena_alloc(arena, N_SAMPLE * sizeof *meta->var);
    for (int d = 0; d < S_N_DIMS; d++) meta->dim[d] = (ama__dim){sample_dim[d], sample_size[d], false};
    assert_int_equal(ama__attrs_set_text(arena, &meta->attrs, "title", "sample"), AMA_OK);
    for (int i = 0; i < N_SAMPLE; i++) {
        ama__stored_var *v = &meta->var[i];
        const sample_var *from = &sample[i];
        int64_t shape[3];
        sample_shape(from, shape);
        *v = (ama__stored_var){
            .name = from->name, .dtype = from->dtype, .ndim = from->ndim, .chunked = m->chunked && from->ndim > 0};
        for (int d = 0; d < v->ndim; d++) v->dim[d] = from->dim[d];
        assert_true(ama__chunkgrid_init(&v->grid, v->ndim, shape, v->chunked ? from->chunk : shape));
        if (v->chunked) v->pipeline = m->pipeline;
        for (int k = 0; k < v->pipeline.n; k++) v->pipeline.step[k].element_bytes = (int)ama__dtype_bytes(v->dtype);
        if (strcmp(v->name, "tas") != 0) continue;
        assert_int_equal(ama__attrs_set_text(arena, &v->attrs, "units", "K"), AMA_OK);
        assert_int_equal(ama__attrs_set(arena, &v->attrs, "valid_range", AMA_F8, 2, sample_range), AMA_OK);
    }
}

static void *sample_array(const sample_var *v) {
    int64_t shape[3], n = sample_shape(v, shape);
    size_t size = ama__dtype_bytes(v->dtype);
    char *p = malloc((size_t)n * size);
    for (int64_t i = 0; i < n; i++) sample_value(v, i, p + (size_t)i * size);
    return p;
}

static void put_var(ama__writer *wr, ama__codec_work *w, int i, const ama__stored_var *v) {
    void *all = sample_array(&sample[i]), *part = malloc(1 << 16);
    ama__box whole = ama__box_whole(v->ndim, v->grid.shape);
    for (int64_t k = 0; k < v->grid.n_chunks; k++) {
        int64_t index[AMA_MAX_DIMS];
        ama__chunkgrid_index(&v->grid, k, index);
        ama__box b = ama__chunkgrid_box(&v->grid, index);
        ama__box_copy(&b, ama__dtype_bytes(v->dtype), all, &whole, part, &b);
        if (ama__writer_put(wr, w, i, &b, part) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    }
    free(all);
    free(part);
}

/* By the library's own writer. */
static void make_written(const maker *m, const char *path) {
    ama__write_spec spec = {.format = m->format, .path = path};
    ama__arena *arena;
    ama__writer *wr;
    ama__codec_work *w;
    assert_int_equal(ama__arena_create(ctx, &arena), AMA_OK);
    assert_int_equal(ama__codec_work_create(ctx, &w), AMA_OK);
    fill_spec(m, arena, &spec);
    if (ama__writer_create(ctx, comm, &spec, &wr) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    for (int i = 0; i < N_SAMPLE; i++) put_var(wr, w, i, &spec.meta.var[i]);
    assert_int_equal(ama__writer_flush(wr), AMA_OK);
    if (ama__writer_finish(wr) != AMA_OK || ama__writer_publish(wr) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    ama__writer_destroy(&wr);
    ama__codec_work_destroy(&w);
    ama__arena_destroy(&arena);
}

static const maker makers[] = {
    {"classic", "CDF-1", make_classic, AMA_FORMAT_CDF1, {0}, false, false},
    {"classic", "CDF-2", make_classic, AMA_FORMAT_CDF2, {0}, false, false},
    {"classic", "CDF-5", make_classic, AMA_FORMAT_CDF5, {0}, false, false},
    {"classic", "CDF-5, written", make_written, AMA_FORMAT_CDF5, {0}, false, false},
    {"zarr", "raw", make_zarr, AMA_FORMAT_ZARR2, {0}, true, true},
    {"zarr", "zstd, written", make_written, AMA_FORMAT_ZARR2, {1, {{AMA_CODEC_ZSTD, 1, 0, 0, ""}}}, true, true},
    {"hdf5", "contiguous, written", make_written, AMA_FORMAT_NETCDF4, {0}, false, false},
    {"hdf5", "chunked, written", make_written, AMA_FORMAT_NETCDF4, {0}, true, false},
    {"hdf5",
     "deflated, written",
     make_written,
     AMA_FORMAT_NETCDF4,
     {2, {{AMA_CODEC_SHUFFLE, 0, 0, 0, ""}, {AMA_CODEC_DEFLATE, 4, 0, 0, ""}}},
     true,
     false},
};

static const char *fresh(void) {
    static int n;
    const char *path = in_dir("d%d", n++);
    now->make(now, path);
    return path;
}

static const ama__driver *driver(void) {
    for (int i = 0; ama__drivers[i]; i++)
        if (strcmp(ama__drivers[i]->name, now->driver) == 0) return ama__drivers[i];
    fail_msg("no driver %s", now->driver);
    return NULL;
}

static ama__store *open_ok(const char *path) {
    ama__store *s;
    if (ama__store_open(ctx, comm, path, NULL, &s) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    return s;
}

static ama_status read_all(ama_ctx *c, ama__comm *own, ama__store *s, bool check) {
    for (int i = 0; i < N_SAMPLE; i++) {
        void *p;
        ama__store_var v = {s, ama__meta_find_var(&s->meta, sample[i].name)};
        if (v.var < 0) return ama__fail(c, AMA_ERR_NOTFOUND, "no %s", sample[i].name);
        AMA_TRY(ama__store_need_manifests(c, own, 1, &v));
        AMA_TRY(ama__store_read_whole(s, v.var, &p));
        if (check) check_values(&sample[i], p);
        ama__mem_free(c, p);
    }
    return AMA_OK;
}

/* ---- the suite */

/* A driver knows its own format and no other, and leaves no error behind. */
static void probes(void **state) {
    (void)state;
    const char *path = fresh();
    for (int i = 0; ama__drivers[i]; i++) {
        assert_int_equal(probe(ama__drivers[i], path), ama__drivers[i] == driver());
        assert_false(probe(ama__drivers[i], in_dir("absent")));
        assert_false(probe(ama__drivers[i], test_dir));
    }
    write_text(in_dir("text"), "just text");
    assert_false(probe(driver(), in_dir("text")));
    assert_int_equal(ama__error_status(ctx), AMA_OK);
}

static void metadata(void **state) {
    (void)state;
    ama__store *s = open_ok(fresh());
    const ama__meta *m = &s->meta;
    assert_ptr_equal(s->driver, driver());
    assert_true(strlen(m->format) > 0);
    assert_int_equal(m->n_vars, N_SAMPLE);
    assert_int_equal(m->n_dims, S_N_DIMS);
    assert_string_equal(ama__attrs_text(&m->attrs, "title"), "sample");
    for (int d = 0; d < S_N_DIMS; d++) {
        int at = ama__meta_find_dim(m, sample_dim[d]);
        assert_true(at >= 0 && m->dim[at].size == sample_size[d]);
    }
    for (int i = 0; i < N_SAMPLE; i++) {
        int at = ama__meta_find_var(m, sample[i].name);
        assert_true(at >= 0);
        const ama__stored_var *v = &m->var[at];
        assert_int_equal(v->dtype, sample[i].dtype);
        assert_int_equal(v->ndim, sample[i].ndim);
        assert_int_equal(v->grid.ndim, v->ndim);
        assert_int_equal(ama__pipeline_check(ctx, &v->pipeline), AMA_OK);
        for (int d = 0; d < v->ndim; d++) {
            assert_string_equal(m->dim[v->dim[d]].name, sample_dim[sample[i].dim[d]]);
            assert_int_equal(v->grid.shape[d], sample_size[sample[i].dim[d]]);
            assert_true(v->grid.chunk[d] >= 1);
            assert_int_equal(v->grid.n[d], (v->grid.shape[d] + v->grid.chunk[d] - 1) / v->grid.chunk[d]);
        }
        if (v->ndim == 0) assert_int_equal(v->grid.n_chunks, 1);
        if (ama__dtype_bytes(v->dtype) == 1) assert_false(v->swapped);
    }
    const ama__attrs *a = &m->var[ama__meta_find_var(m, "tas")].attrs;
    assert_string_equal(ama__attrs_text(a, "units"), "K");
    const ama__attr *range = ama__attrs_find(a, "valid_range");
    assert_true(range && range->dtype == AMA_F8 && range->n == 2);
    assert_memory_equal(range->data, sample_range, sizeof sample_range);
    ama__store_close(&s);
}

static void values(void **state) {
    (void)state;
    ama__store *s = open_ok(fresh());
    if (read_all(ctx, comm, s, true) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    for (int i = 0; i < s->meta.n_vars; i++) {
        const ama__manifest *m = &s->manifest[i];
        const ama__stored_var *v = &s->meta.var[i];
        assert_non_null(m->path);
        if (v->dtype == AMA_CHAR) assert_int_equal(m->kind, AMA_MANIFEST_INLINE);
        if (m->kind == AMA_MANIFEST_TABLE) assert_int_equal(m->n_table, v->grid.n_chunks);
        if (m->kind == AMA_MANIFEST_TABLE || m->kind == AMA_MANIFEST_FILES) assert_true(v->chunked);
    }
    ama__store_close(&s);
}

/* Chunk by chunk, and box by box where there are no chunks: what exec/ will do. */
static void pieces(void **state) {
    (void)state;
    ama__store *s = open_ok(fresh());
    ama__fetcher *f;
    ama__codec_work *w;
    assert_int_equal(read_all(ctx, comm, s, false), AMA_OK);
    assert_int_equal(ama__fetcher_create(ctx, &f), AMA_OK);
    assert_int_equal(ama__codec_work_create(ctx, &w), AMA_OK);
    int tas = ama__meta_find_var(&s->meta, "tas");
    const ama__stored_var *v = &s->meta.var[tas];
    const ama__manifest *m = &s->manifest[tas];
    float *all = sample_array(&sample[6]), got[512], part[512], want[512];
    ama__box whole = ama__box_whole(v->ndim, v->grid.shape);
    bool chunks = m->kind == AMA_MANIFEST_TABLE || m->kind == AMA_MANIFEST_FILES;
    for (int64_t k = 0; k < v->grid.n_chunks; k++) {
        int64_t index[AMA_MAX_DIMS];
        ama__chunkgrid_index(&v->grid, k, index);
        ama__box b = ama__chunkgrid_box(&v->grid, index), stored = b;
        for (int d = 0; d < v->ndim && chunks; d++) stored.count[d] = v->grid.chunk[d];
        assert_int_equal(chunks ? ama__fetch_chunk(f, w, v, m, k, got) : ama__fetch_box(f, v, m, &b, got), AMA_OK);
        if (v->swapped) ama__bytes_swap(got, (size_t)ama__box_size(&stored), 4);
        ama__box_copy(&b, 4, all, &whole, want, &b);
        ama__box_copy(&b, 4, got, &stored, part, &b);
        assert_memory_equal(part, want, (size_t)ama__box_size(&b) * 4);
        ama__fetch_advise(f, v, m, &b);
    }
    free(all);
    ama__codec_work_destroy(&w);
    ama__fetcher_destroy(&f);
    ama__store_close(&s);
}

static void errors(void **state) {
    (void)state;
    ama__store *s;
    ama__open_options o = {.group = "no_such_group"};
    const char *path = fresh();
    assert_int_equal(ama__store_open(ctx, comm, path, &o, &s), AMA_ERR_NOTFOUND);
    assert_says(ctx, "no_such_group");
    assert_says(ctx, path);
    ama__error_clear(ctx);
    write_text(in_dir("not"), "not this format, not at all");
    for (int k = 0; k < 2 && !now->directory; k++) { /* asked directly: nothing there, something else there */
        ama__arena *arena;
        ama__meta meta = {0};
        void *handle = NULL;
        assert_int_equal(ama__arena_create(ctx, &arena), AMA_OK);
        ama_status status = driver()->open(arena, in_dir(k ? "not" : "absent"), NULL, &meta, &handle);
        assert_int_equal(status, k ? AMA_ERR_FORMAT : AMA_ERR_NOTFOUND);
        assert_null(handle);
        ama__error_clear(ctx);
        ama__arena_destroy(&arena);
    }
}

/* Cut files: refused, or read right; never read as something else. */
static void cut_short(void **state) {
    (void)state;
    if (now->directory) return; /* chunk files: t506 */
    const char *path = fresh();
    size_t n;
    unsigned char *p = read_file(path, &n);
    int n_refused = 0;
    for (size_t cut = 0; cut < n; cut += 1 + n / 97) {
        ama__store *s;
        unlink(path);
        write_file(path, p, cut);
        ama_status status = ama__store_open(ctx, comm, path, NULL, &s);
        if (status == AMA_OK) status = read_all(ctx, comm, s, true);
        n_refused += status != AMA_OK;
        if (status != AMA_OK) assert_says(ctx, path);
        ama__error_clear(ctx);
        ama__store_close(&s);
    }
    assert_true(n_refused >= 90);
    free(p);
}

/* Changed bytes: an error or other values, no crash. (HDF5's own parser is put through this in its own tests.) */
static void changed(void **state) {
    (void)state;
    if (now->directory || strcmp(now->driver, "hdf5") == 0) return;
    const char *path = fresh();
    size_t n;
    unsigned char *p = read_file(path, &n);
    srand(11);
    for (int i = 0; i < 400; i++) {
        ama__store *s;
        size_t at = (size_t)rand() % (i % 2 ? n : 800 < n ? 800 : n);
        unsigned char old = p[at];
        p[at] = (unsigned char)rand();
        unlink(path);
        write_file(path, p, n);
        p[at] = old;
        ama_status status = ama__store_open(ctx, comm, path, NULL, &s);
        for (int k = 0; status == AMA_OK && k < s->meta.n_vars; k++) {
            void *x;
            ama__store_var v = {s, k};
            if (ama__store_need_manifests(ctx, comm, 1, &v) == AMA_OK && ama__store_read_whole(s, k, &x) == AMA_OK)
                ama__mem_free(ctx, x);
            ama__error_clear(ctx);
        }
        ama__error_clear(ctx);
        ama__store_close(&s);
    }
    free(p);
}

static int n_open_files(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d)) n++;
    if (d) closedir(d);
    return n;
}

/* Each memory request, open and read fails once: an error with a text, and everything is given back. */
static void faults(void **state) {
    (void)state;
    const char *path = fresh();
    int before = n_open_files(), n_failed = 0;
    for (int n = 1;; n++) {
        char text[16];
        snprintf(text, sizeof text, "%d", n);
        setenv("AMA_FAULT", text, 1);
        ama_ctx *own = ama__ctx_create();
        unsetenv("AMA_FAULT");
        ama__comm *self = NULL;
        ama__store *s = NULL;
        ama_status status = ama__comm_create_self(own, &self);
        if (status == AMA_OK) status = ama__store_open(own, self, path, NULL, &s);
        if (status == AMA_OK) status = read_all(own, self, s, true);
        if (status != AMA_OK) assert_true(ama__error_status(own) != AMA_OK && strlen(ama__error_text(own)) > 8);
        bool hit = ama__fault_count(own) >= n;
        if (hit && status == AMA_OK) fail_msg("failure %d of %s went unnoticed", n, now->what);
        n_failed += status != AMA_OK;
        ama__store_close(&s);
        ama__comm_destroy(&self);
        assert_int_equal(ama__mem_used(own), 0);
        ama__ctx_destroy(&own);
        assert_int_equal(n_open_files(), before);
        if (!hit) break;
    }
    assert_true(n_failed >= 20);
}

static void null_driver(void **state) {
    (void)state;
    ama__arena *arena;
    ama__meta meta = {0};
    void *handle;
    assert_int_equal(ama__arena_create(ctx, &arena), AMA_OK);
    assert_false(probe(&ama__driver_null, test_dir));
    assert_int_equal(ama__driver_null.open(arena, "x", NULL, &meta, &handle), AMA_ERR_UNSUPPORTED);
    ama__driver_null.close(&handle);
    ama__error_clear(ctx);
    ama__arena_destroy(&arena);
}

int main(int argc, char **argv) {
    static const struct CMUnitTest suite[] = {
        cmocka_unit_test(probes), cmocka_unit_test(metadata),  cmocka_unit_test(values),  cmocka_unit_test(pieces),
        cmocka_unit_test(errors), cmocka_unit_test(cut_short), cmocka_unit_test(changed), cmocka_unit_test(faults)};
    static const struct CMUnitTest once[] = {cmocka_unit_test(null_driver)};
    ctx = ama__ctx_create();
    if (ama__comm_create_self(ctx, &comm) != AMA_OK) return 1;
    int failed = cmocka_run_group_tests_name("null", once, make_dir, remove_dir), n_run = 0;
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        char name[64];
        now = &makers[i];
        if (argc > 1 && strcmp(argv[1], now->driver) != 0) continue;
        snprintf(name, sizeof name, "%s (%s)", now->driver, now->what);
        failed += cmocka_run_group_tests_name(name, suite, make_dir, remove_dir);
        n_run++;
    }
    ama__comm_destroy(&comm);
    if (ama__mem_used(ctx) != 0) failed++, print_message("memory is left over\n");
    ama__ctx_destroy(&ctx);
    return failed || n_run == 0;
}
