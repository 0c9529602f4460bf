/* TEST: labels=unit
 * Chunks and boxes: table, files, column-major order, missing chunks, truncation, threads, faults, counts. */
#include "store_test.h"

#include <pthread.h>
#include <sys/resource.h>

#include "store/fetch_private.h"

static ama_ctx *ctx;
static ama__fetcher *f;
static ama__codec_work *w;

static int begin(void **state) {
    ctx = ama__ctx_create();
    assert_int_equal(ama__fetcher_create(ctx, &f), AMA_OK);
    assert_int_equal(ama__codec_work_create(ctx, &w), AMA_OK);
    return make_dir(state);
}

static int end(void **state) {
    ama__fetcher_destroy(&f);
    ama__codec_work_destroy(&w);
    ama__fetcher_destroy(&f);
    ama__ctx_destroy(&ctx);
    return remove_dir(state);
}

static ama__stored_var var_2d(ama_dtype t, int64_t n0, int64_t n1, int64_t c0, int64_t c1) {
    ama__stored_var v = {.name = "tas", .dtype = t, .ndim = 2, .chunked = true};
    assert_true(ama__chunkgrid_init(&v.grid, 2, (int64_t[]){n0, n1}, (int64_t[]){c0, c1}));
    return v;
}

static void table(void **state) {
    (void)state;
    int16_t data[24];
    for (int i = 0; i < 24; i++) data[i] = (int16_t)(1000 + i);
    const char *path = in_dir("table.bin");
    write_file(path, data, sizeof data);
    ama__stored_var v = var_2d(AMA_I2, 4, 4, 2, 2);
    v.has_fill = true;
    memcpy(v.fill, &(int16_t){-99}, 2);
    ama__extent_entry t[4] = {{0, 8, 0}, {-1, 0, 0}, {40, 8, 0}, {44, 8, 0}};
    ama__manifest m = {.kind = AMA_MANIFEST_TABLE, .path = path, .n_table = 4, .table = t};
    int16_t got[4];
    ama__fetch_counts before = ama__fetcher_counts(f);
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 0, got), AMA_OK);
    assert_memory_equal(got, data, 8);
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 2, got), AMA_OK);
    assert_memory_equal(got, data + 20, 8);
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 1, got), AMA_OK);
    for (int i = 0; i < 4; i++) assert_int_equal(got[i], -99);
    v.swapped = true; /* the fill value then comes in stored byte order */
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 1, got), AMA_OK);
    for (int i = 0; i < 4; i++) assert_int_equal((uint16_t)got[i], 0x9dff);
    v.has_fill = false;
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 1, got), AMA_OK);
    for (int i = 0; i < 4; i++) assert_int_equal(got[i], 0);
    ama__fetch_counts c = ama__fetcher_counts(f);
    assert_int_equal(c.n_chunks - before.n_chunks, 5);
    assert_int_equal(c.n_reads - before.n_reads, 2);
    assert_int_equal(c.stored_bytes - before.stored_bytes, 16);
    assert_int_equal(c.raw_bytes - before.raw_bytes, 40);

    /* half of the last chunk lies behind the end */
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 3, got), AMA_ERR_FORMAT);
    assert_says(ctx, "table.bin > variable tas > chunk 1,1 at byte 44");
    assert_says(ctx, "truncated");
    ama__error_clear(ctx);
    t[0].length = 6;
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 0, got), AMA_ERR_FORMAT);
    assert_says(ctx, "truncated");
    ama__error_clear(ctx);
    m.path = in_dir("absent.bin");
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 0, got), AMA_ERR_NOTFOUND);
    assert_says(ctx, "absent.bin > variable tas > chunk 0,0");
    ama__error_clear(ctx);
}

/* A deflated chunk: right, with a damaged byte, cut short. */
static void compressed(void **state) {
    (void)state;
    ama__stored_var v = var_2d(AMA_F4, 40, 50, 40, 50);
    v.pipeline = (ama__pipeline){.n = 3,
                                 .step = {{AMA_CODEC_SHUFFLE, 0, 0, 4, ""},
                                          {AMA_CODEC_DEFLATE, 4, 0, 0, ""},
                                          {AMA_CODEC_FLETCHER32, 0, 0, 0, ""}}};
    float raw[2000], got[2000];
    for (int i = 0; i < 2000; i++) raw[i] = (float)i * 0.5f;
    size_t cap = ama__pipeline_bound(&v.pipeline, sizeof raw), n;
    unsigned char *coded = malloc(cap);
    assert_int_equal(ama__pipeline_encode(ctx, w, &v.pipeline, raw, sizeof raw, coded, cap, &n), AMA_OK);
    ama__extent_entry t[1] = {{0, (uint32_t)n, 0}};
    ama__manifest m = {.kind = AMA_MANIFEST_TABLE, .path = in_dir("deflated.bin"), .n_table = 1, .table = t};
    write_file(m.path, coded, n);
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 0, got), AMA_OK);
    assert_memory_equal(got, raw, sizeof raw);
    for (size_t i = 0; i < n; i += 37) {
        m.path = in_dir("flipped%d.bin", (int)i);
        coded[i] ^= 0x10;
        write_file(m.path, coded, n);
        coded[i] ^= 0x10;
        assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 0, got), AMA_ERR_FORMAT);
        assert_says(ctx, "> chunk 0,0 at byte 0");
        ama__error_clear(ctx);
        unlink(m.path);
    }
    free(coded);
}

static void files_and_order(void **state) {
    (void)state;
    ama__stored_var v = {.name = "cube", .dtype = AMA_I4, .ndim = 3, .chunked = true, .fortran = true};
    assert_true(ama__chunkgrid_init(&v.grid, 3, (int64_t[]){4, 3, 5}, (int64_t[]){2, 3, 5}));
    ama__manifest m = {.kind = AMA_MANIFEST_FILES, .path = in_dir("cube"), .separator = '.'};
    mkdir(m.path, 0777);
    int32_t stored[30], got[30];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 5; k++) stored[i + 2 * (j + 3 * k)] = 100 * i + 10 * j + k;
    write_file(in_dir("cube/1.0.0"), stored, sizeof stored);
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 1, got), AMA_OK);
    for (int i = 0; i < 30; i++) assert_int_equal(got[i], 100 * (i / 15) + 10 * (i / 5 % 3) + i % 5);
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 0, got), AMA_OK); /* no file: missing */
    for (int i = 0; i < 30; i++) assert_int_equal(got[i], 0);

    v.fortran = false;
    write_file(in_dir("cube/0.0.0"), stored, sizeof stored - 1);
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 0, got), AMA_ERR_FORMAT);
    assert_says(ctx, "variable cube > chunk 0,0,0");
    assert_says(ctx, "truncated");
    ama__error_clear(ctx);
    unlink(in_dir("cube/0.0.0"));
    mkdir(in_dir("cube/0.0.0"), 0777); /* there, but no file: not the same as missing */
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 0, got), AMA_ERR_IO);
    ama__error_clear(ctx);
    rmdir(in_dir("cube/0.0.0"));
    assert_int_equal(symlink("0.0.0", in_dir("cube/0.0.0")), 0); /* a link to itself */
    assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 0, got), AMA_ERR_IO);
    ama__error_clear(ctx);
    unlink(in_dir("cube/0.0.0"));
}

/* ---- boxes against a plain copy */

static void check_box(const ama__stored_var *v, const ama__manifest *m, const int32_t *whole, const ama__box *b) {
    ama__box all = ama__box_whole(v->ndim, v->grid.shape);
    size_t n = (size_t)ama__box_size(b) + 1;
    int32_t *got = malloc(n * 4), *want = malloc(n * 4);
    ama__box_copy(b, 4, whole, &all, want, b);
    assert_int_equal(ama__fetch_box(f, v, m, b, got), AMA_OK);
    assert_memory_equal(got, want, (n - 1) * 4);
    ama__fetch_advise(f, v, m, b);
    free(got);
    free(want);
}

static void boxes(void **state) {
    (void)state;
    enum { N0 = 6, N1 = 7, N2 = 40 };
    int64_t shape[3] = {N0, N1, N2};
    ama__stored_var v = {.name = "x", .dtype = AMA_I4, .ndim = 3};
    assert_true(ama__chunkgrid_init(&v.grid, 3, shape, shape));
    int32_t *whole = malloc(N0 * N1 * N2 * 4);
    for (int i = 0; i < N0 * N1 * N2; i++) whole[i] = i * 7;
    const int64_t record = N1 * N2 * 4 + 30000; /* other variables lie between the records */
    char *records = calloc(1, 100 + N0 * (size_t)record);
    for (int i = 0; i < N0; i++) memcpy(records + 100 + i * record, whole + i * N1 * N2, N1 * N2 * 4);
    ama__manifest m[3] = {
        {.kind = AMA_MANIFEST_CONTIGUOUS, .path = in_dir("fixed.bin"), .base = 100},
        {.kind = AMA_MANIFEST_RECORD, .path = in_dir("records.bin"), .base = 100, .record_bytes = record},
        {.kind = AMA_MANIFEST_INLINE, .path = "inline", .inline_data = whole, .inline_bytes = N0 * N1 * N2 * 4}};
    write_file(m[1].path, records, 100 + (N0 - 1) * (size_t)record + N1 * N2 * 4);
    memcpy(records + 100, whole, N0 * N1 * N2 * 4);
    write_file(m[0].path, records, 100 + N0 * N1 * N2 * 4);
    srand(7);
    for (int k = 0; k < 3; k++)
        for (int round = 0; round < 300; round++) {
            ama__box b = {.ndim = 3};
            for (int d = 0; d < 3; d++) {
                b.start[d] = rand() % shape[d];
                b.count[d] = rand() % (shape[d] - b.start[d] + 1);
                if (rand() % 3 == 0) b.start[d] = 0, b.count[d] = shape[d];
            }
            check_box(&v, &m[k], whole, &b);
        }
    /* many small runs become few reads */
    ama__box column = {3, {0, 0, 3}, {N0, N1, 1}};
    ama__fetch_counts before = ama__fetcher_counts(f);
    check_box(&v, &m[0], whole, &column);
    assert_int_equal(ama__fetcher_counts(f).n_reads - before.n_reads, 1);

    ama__box outside[3] = {{3, {0, 0, 1}, {1, 1, N2}}, {3, {-1, 0, 0}, {1, 1, 1}}, {2, {0, 0}, {1, 1}}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ama__fetch_box(f, &v, &m[0], &outside[i], whole), AMA_ERR_INTERNAL);
        ama__error_clear(ctx);
    }
    free(records);
    free(whole);
}

static void odd_boxes(void **state) {
    (void)state;
    int32_t data[6] = {1, 2, 3, 4, 5, 6}, got[6];
    ama__stored_var v = {.name = "x", .dtype = AMA_I4, .ndim = 1, .has_fill = true};
    memcpy(v.fill, &(int32_t){9}, 4);
    assert_true(ama__chunkgrid_init(&v.grid, 1, (int64_t[]){6}, (int64_t[]){6}));
    ama__manifest none = {.kind = AMA_MANIFEST_CONTIGUOUS, .path = "nothing", .base = -1};
    ama__box b = {1, {1}, {3}};
    assert_int_equal(ama__fetch_box(f, &v, &none, &b, got), AMA_OK);
    assert_true(got[0] == 9 && got[2] == 9);

    ama__manifest in = {.kind = AMA_MANIFEST_INLINE, .path = "inline", .inline_data = data, .inline_bytes = 24};
    v.swapped = true; /* inline data is native, what is handed out is in stored order */
    assert_int_equal(ama__fetch_box(f, &v, &in, &b, got), AMA_OK);
    ama__bytes_swap(got, 3, 4);
    assert_memory_equal(got, data + 1, 12);
    in.inline_bytes = 20;
    assert_int_equal(ama__fetch_box(f, &v, &in, &b, got), AMA_ERR_INTERNAL);
    ama__error_clear(ctx);

    v.swapped = false;
    ama__manifest cut = {.kind = AMA_MANIFEST_CONTIGUOUS, .path = in_dir("cut.bin"), .base = 4};
    write_file(cut.path, data, 20);
    assert_int_equal(ama__fetch_box(f, &v, &cut, &b, got), AMA_OK);
    b.count[0] = 4;
    assert_int_equal(ama__fetch_box(f, &v, &cut, &b, got), AMA_ERR_FORMAT);
    assert_says(ctx, "cut.bin > variable x");
    assert_says(ctx, "truncated");
    ama__error_clear(ctx);
    b.count[0] = 0;
    assert_int_equal(ama__fetch_box(f, &v, &cut, &b, got), AMA_OK);
    cut.base = INT64_MAX - 2;
    b.count[0] = 3;
    assert_int_equal(ama__fetch_box(f, &v, &cut, &b, got), AMA_ERR_FORMAT);
    ama__error_clear(ctx);

    ama__stored_var scalar = {.name = "s", .dtype = AMA_I4};
    assert_true(ama__chunkgrid_init(&scalar.grid, 0, NULL, NULL));
    cut.base = 8;
    ama__box point = {0};
    assert_int_equal(ama__fetch_box(f, &scalar, &cut, &point, got), AMA_OK);
    assert_int_equal(got[0], 3);
}

/* ---- open files */

static void few_files(void **state) {
    (void)state;
    ama__file_cache *c;
    ama__file_ref r[6];
    assert_int_equal(ama__file_cache_create(ctx, 3, &c), AMA_OK);
    for (int i = 0; i < 6; i++) write_file(in_dir("f%d", i), &i, sizeof i);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(ama__file_cache_take(c, in_dir("f%d", i), &r[i]), AMA_OK);
        assert_int_equal(r[i].slot >= 0, i < 3); /* all slots in use: opened all the same, but not kept */
    }
    assert_int_equal(ama__file_cache_n_open(c), 3);
    for (int i = 0; i < 6; i++) {
        int x = -1;
        size_t got;
        assert_int_equal(ama__file_read(ctx, r[i].fd, "f", 0, &x, sizeof x, &got), AMA_OK);
        assert_int_equal(x, i);
        ama__file_cache_give(c, r[i]);
    }
    assert_int_equal(ama__file_cache_take(c, in_dir("f1"), &r[1]), AMA_OK);
    assert_int_equal(ama__file_cache_take(c, in_dir("f5"), &r[5]), AMA_OK); /* takes the place of f0 */
    assert_int_equal(ama__file_cache_take(c, in_dir("f1"), &r[0]), AMA_OK);
    assert_int_equal(r[0].slot, r[1].slot);
    assert_int_equal(ama__file_cache_n_open(c), 3);
    assert_int_equal(ama__file_cache_take(c, in_dir("none"), &r[2]), AMA_ERR_NOTFOUND);
    ama__error_clear(ctx);
    assert_false(ama__file_cache_peek(c, in_dir("none"), &r[2]));
    assert_int_equal(ama__error_status(ctx), AMA_OK);
    ama__file_cache_give(c, r[0]);
    ama__file_cache_give(c, r[1]);
    ama__file_cache_give(c, r[5]);
    ama__file_cache_destroy(&c);
    assert_null(c);
}

/* No descriptor left: the idle files give way. */
static void no_descriptors(void **state) {
    (void)state;
    ama__file_cache *c;
    ama__file_ref r;
    struct rlimit old, few;
    assert_int_equal(ama__file_cache_create(ctx, 100, &c), AMA_OK);
    getrlimit(RLIMIT_NOFILE, &old);
    int top = dup(0);
    close(top);
    few = old;
    few.rlim_cur = (rlim_t)top + 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(ama__file_cache_take(c, in_dir("f%d", i), &r), AMA_OK);
        ama__file_cache_give(c, r);
    }
    ama__file_ref held[8];
    int n = 0;
    while (n < 8 && ama__file_cache_take(c, in_dir("f%d", n % 6), &held[n]) == AMA_OK) n++;
    assert_true(n >= 3 && n < 8); /* all in use: then it is an error */
    assert_says(ctx, "Too many open files");
    ama__error_clear(ctx);
    while (n > 0) ama__file_cache_give(c, held[--n]);
    ama__file_cache_destroy(&c);
    setrlimit(RLIMIT_NOFILE, &old);
}

enum { N_THREADS = 8, N_FILES = 300, N_VALUES = 64 };

static void *reader(void *user) {
    unsigned seed = (unsigned)(uintptr_t)user;
    ama__codec_work *own;
    intptr_t wrong = ama__codec_work_create(ctx, &own) != AMA_OK;
    ama__stored_var v = {.name = "x", .dtype = AMA_I4, .ndim = 1, .chunked = true};
    ama__chunkgrid_init(&v.grid, 1, (int64_t[]){N_VALUES}, (int64_t[]){N_VALUES / 2});
    for (int i = 0; i < 2000; i++) {
        int32_t got[N_VALUES / 2];
        char path[1024];
        int k = (int)(rand_r(&seed) % N_FILES), chunk = rand_r(&seed) % 2;
        snprintf(path, sizeof path, "%s/t%d", test_dir, k);
        ama__extent_entry t[2] = {{0, N_VALUES * 2, 0}, {N_VALUES * 2, N_VALUES * 2, 0}};
        ama__manifest m = {.kind = AMA_MANIFEST_TABLE, .path = path, .n_table = 2, .table = t};
        wrong += ama__fetch_chunk(f, own, &v, &m, chunk, got) != AMA_OK;
        for (int j = 0; j < N_VALUES / 2; j++) wrong += got[j] != k * 1000 + chunk * N_VALUES / 2 + j;
    }
    ama__codec_work_destroy(&own);
    return (void *)wrong;
}

static void threads(void **state) {
    (void)state;
    pthread_t t[N_THREADS];
    struct rlimit old, few;
    for (int k = 0; k < N_FILES; k++) {
        int32_t x[N_VALUES];
        for (int j = 0; j < N_VALUES; j++) x[j] = k * 1000 + j;
        write_file(in_dir("t%d", k), x, sizeof x);
    }
    ama__fetcher_destroy(&f);
    getrlimit(RLIMIT_NOFILE, &old);
    few = old;
    few.rlim_cur = 64; /* fewer than there are files, so that the cache must give way */
    setrlimit(RLIMIT_NOFILE, &few);
    assert_int_equal(ama__fetcher_create(ctx, &f), AMA_OK);
    for (uintptr_t i = 0; i < N_THREADS; i++) assert_int_equal(pthread_create(&t[i], NULL, reader, (void *)(i + 1)), 0);
    for (int i = 0; i < N_THREADS; i++) {
        void *wrong;
        pthread_join(t[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(ama__fetcher_counts(f).n_chunks, N_THREADS * 2000);
    assert_true(ama__file_cache_n_open(f->files) <= 16);
    ama__fetcher_destroy(&f);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(ama__fetcher_create(ctx, &f), AMA_OK);
}

/* Every memory request, open and read fails once: each time an error that says something, nothing leaks. */
static void faults(void **state) {
    (void)state;
    ama__stored_var v = var_2d(AMA_I4, 4, 4, 4, 4);
    v.fortran = true;
    int32_t data[16] = {1}, got[16];
    write_file(in_dir("fault.bin"), data, sizeof data);
    ama__extent_entry t[1] = {{0, 64, 0}};
    ama__manifest m = {.kind = AMA_MANIFEST_TABLE, .path = in_dir("fault.bin"), .n_table = 1, .table = t};
    int n_failed = 0;
    for (int n = 1;; n++) {
        char text[16];
        snprintf(text, sizeof text, "%d", n);
        setenv("AMA_FAULT", text, 1);
        ama_ctx *own = ama__ctx_create();
        unsetenv("AMA_FAULT");
        ama__fetcher *g = NULL;
        ama__codec_work *x = NULL;
        ama_status s = ama__fetcher_create(own, &g);
        if (s == AMA_OK) s = ama__codec_work_create(own, &x);
        if (s == AMA_OK) s = ama__fetch_chunk(g, x, &v, &m, 0, got);
        if (s != AMA_OK) assert_true(strlen(ama__error_text(own)) > 5 && ama__error_status(own) == s);
        n_failed += s != AMA_OK;
        ama__codec_work_destroy(&x);
        ama__fetcher_destroy(&g);
        bool done = ama__fault_count(own) < n;
        assert_int_equal(ama__mem_used(own), 0);
        ama__ctx_destroy(&own);
        if (done) break;
        assert_true(s != AMA_OK);
    }
    assert_true(n_failed >= 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),          cmocka_unit_test(compressed), cmocka_unit_test(files_and_order),
        cmocka_unit_test(boxes),          cmocka_unit_test(odd_boxes),  cmocka_unit_test(few_files),
        cmocka_unit_test(no_descriptors), cmocka_unit_test(threads),    cmocka_unit_test(faults)};
    return cmocka_run_group_tests(tests, begin, end);
}
