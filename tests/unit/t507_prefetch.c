/* TEST: labels=unit
 * Chunks read ahead: the same bytes, counts and errors as without, within the window. */
#define _GNU_SOURCE /* preadv2 */
#include "store_test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>

#include "store/prefetch.h"

enum { SIDE = 64, CHUNKS = 8, ROOM = 400 /* of the window that a chunk takes at most */ };

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

/* Out of the page cache, where what is in it is not read ahead; false where that can not be had. */
static bool evict(const char *path) {
    char byte;
    struct iovec one = {&byte, 1};
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    fsync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    bool gone = preadv2(fd, &one, 1, 0, RWF_NOWAIT) == -1 && errno == EAGAIN; /* a tmpfs can not be asked */
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);                             /* what the question has brought in */
    close(fd);
    return gone;
}

/* All of it into the page cache: the rounds in which nothing may be read ahead begin with that. */
static void bring_in(const char *path) {
    char block[4096];
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    while (read(fd, block, sizeof block) > 0) continue;
    close(fd);
}

/* All chunks, with a window of so many of them (0: none): the counts. */
static ama__fetch_counts read_all(const ama__manifest *m, int64_t window, int64_t *taken) {
    ama__fetcher *f;
    ama__prefetch *p = NULL;
    int ordered = 0;
    assert_int_equal(ama__fetcher_create(ctx, &f), AMA_OK);
    if (window > 0) {
        assert_int_equal(ama__prefetch_create(ctx, f, window * ROOM, &p), AMA_OK);
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
    if (p) assert_true(ama__mem_category_peak(ctx, AMA_MEM_CHUNK) <= before + (size_t)window * ROOM + 300);
    ama__fetch_counts c = ama__fetcher_counts(f);
    if (p) *taken += ama__prefetch_taken(p);
    ama__prefetch_destroy(&p);
    ama__fetcher_destroy(&f);
    return c;
}

/* Every second time all is in the page cache. */
static void same(void **state) {
    (void)state;
    const char *path = in_dir("table.bin");
    ama__manifest m = {.kind = AMA_MANIFEST_TABLE, .path = path, .n_table = CHUNKS, .table = table};
    int64_t taken[2] = {0, 0};
    ama__fetch_counts plain = read_all(&m, 0, NULL);
    bool evicted = evict(path);
    bring_in(path);
    assert_int_equal(plain.stored_bytes, file_bytes);
    for (int64_t window = 1; window <= 16; window *= 2)
        for (int again = 0; again < 40 || (evicted && taken[1] == 0 && again < 2000); again++) {
            if (again % 2) evict(path);
            ama__fetch_counts c = read_all(&m, window, &taken[again % 2]);
            assert_memory_equal(&c, &plain, sizeof c);
        }
    if (!evicted) return;
    assert_int_equal(taken[0], 0);
    assert_true(taken[1] > 0);
}

/* A chunk that is a file of its own, and one that has none. */
static void files(void **state) {
    (void)state;
    uint8_t coded[1024];
    char path[1024];
    size_t n;
    int32_t got[SIDE], zeros[SIDE] = {0};
    int64_t taken[2] = {0, 0};
    strcpy(path, in_dir("array"));
    ama__manifest m = {.kind = AMA_MANIFEST_FILES, .path = path, .separator = '.'};
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(ama__pipeline_encode(ctx, w, &v.pipeline, raw[1], sizeof raw[1], coded, sizeof coded, &n), AMA_OK);
    write_file(in_dir("array/1"), coded, n);
    bool evicted = evict(in_dir("array/1"));
    bring_in(in_dir("array/1"));
    for (int again = 0; again < 40 || (evicted && taken[1] == 0 && again < 2000); again++) {
        ama__fetcher *f;
        ama__prefetch *p;
        bool room;
        if (again % 2) evict(in_dir("array/1"));
        assert_int_equal(ama__fetcher_create(ctx, &f), AMA_OK);
        assert_int_equal(ama__prefetch_create(ctx, f, 1 << 20, &p), AMA_OK);
        bool there = evicted && again % 2 == 0;
        size_t used = ama__mem_used(ctx);
        assert_true(!there || ama__prefetch_is_cached(&v, &m, 1, (uint64_t)again));
        assert_int_equal(ama__prefetch_order(p, &v, &m, 1, &room), AMA_OK);
        assert_true(!there || ama__mem_used(ctx) == used); /* nothing is held for it */
        usleep(1000);
        assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 1, got), AMA_OK);
        assert_memory_equal(got, raw[1], sizeof got);
        taken[again % 2] += ama__prefetch_taken(p);
        assert_int_equal(ama__prefetch_order(p, &v, &m, 2, &room), AMA_OK);
        assert_int_equal(ama__fetch_chunk(f, w, &v, &m, 2, got), AMA_OK);
        assert_memory_equal(got, zeros, sizeof got);
        ama__fetch_counts c = ama__fetcher_counts(f);
        assert_int_equal(c.stored_bytes, n);
        assert_int_equal(c.n_reads, 1);
        ama__prefetch_destroy(&p);
        ama__fetcher_destroy(&f);
    }
    if (!evicted) return;
    assert_int_equal(taken[0], 0);
    assert_true(taken[1] > 0);
}

/* What is not in the page cache is said so again and again, as long as other bytes are asked about; what is not there
 * at all need not be read ahead. */
static void asked(void **state) {
    (void)state;
    static char zeros[1 << 20];
    const char *path = in_dir("large.bin");
    ama__extent_entry extent[2] = {{.offset = 0, .length = sizeof zeros}, {.offset = -1}};
    ama__manifest m = {.kind = AMA_MANIFEST_TABLE, .path = path, .n_table = 2, .table = extent};
    ama__manifest files = {.kind = AMA_MANIFEST_FILES, .path = in_dir("nowhere"), .separator = '.'};
    write_file(path, zeros, sizeof zeros);
    assert_true(ama__prefetch_is_cached(&v, &m, 1, 0));
    assert_true(ama__prefetch_is_cached(&v, &files, 0, 0));
    bool evicted = evict(path);
    bring_in(path);
    int there = 0, away = 0;
    for (uint64_t k = 0; k < 64; k++) there += ama__prefetch_is_cached(&v, &m, 0, k * 16384);
    evict(path);
    for (uint64_t k = 0; k < 64; k++) away += !ama__prefetch_is_cached(&v, &m, 0, k * 16384);
    assert_true(!evicted || (there > 56 && away > 56)); /* evict's own question may have brought in some */
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
    evict(path);
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

/* Waits until the threads have taken up all that was ordered so far, which they do in turn: the last, of a chunk that
 * has no file, is answered. */
static void wait_for_readers(ama__prefetch *p, const ama__manifest *missing) {
    ama__read_bytes got;
    bool room, answered;
    do {
        assert_int_equal(ama__prefetch_order(p, &v, missing, 0, &room), AMA_OK);
        assert_true(room);
        usleep(1000);
        answered = ama__prefetch_take(p, missing, 0, &got);
    } while (!answered);
    assert_true(got.missing);
    ama__mem_free(ctx, got.data);
}

/* What the thread can not read leaves no trace: the error told later is the one that came later. */
static void silent(void **state) {
    (void)state;
    char deep[3 * PATH_MAX];
    memset(deep, 'd', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    ama__manifest lost = {.kind = AMA_MANIFEST_FILES, .path = in_dir("nowhere"), .separator = '.'};
    ama__manifest long_path = {.kind = AMA_MANIFEST_FILES, .path = deep, .separator = '.'};
    ama__fetcher *f;
    ama__prefetch *p;
    bool room;
    assert_int_equal(ama__fetcher_create(ctx, &f), AMA_OK);
    assert_int_equal(ama__prefetch_create(ctx, f, 1 << 20, &p), AMA_OK);
    assert_int_equal(ama__prefetch_order(p, &v, &long_path, 0, &room), AMA_OK);
    assert_int_equal(ama__prefetch_order(p, &v, &lost, CHUNKS, &room), AMA_OK); /* one more than there are */
    assert_true(room);
    wait_for_readers(p, &lost);
    ama__prefetch_destroy(&p); /* waits for what they are at */
    assert_int_equal(ama__error_status(ctx), AMA_OK);
    assert_string_equal(ama__error_text(ctx), "");
    assert_int_equal(ama__fail(ctx, AMA_ERR_ARG, "a later error"), AMA_ERR_ARG);
    assert_string_equal(ama__error_text(ctx), "a later error");
    ama__error_clear(ctx);
    ama__fetcher_destroy(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same, begin, end),   cmocka_unit_test_setup_teardown(files, begin, end),
        cmocka_unit_test_setup_teardown(asked, begin, end),  cmocka_unit_test_setup_teardown(truncated, begin, end),
        cmocka_unit_test_setup_teardown(silent, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
