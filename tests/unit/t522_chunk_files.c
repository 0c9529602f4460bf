/* TEST: np=1,2,3,4,7 labels=mpi,store
 * Chunks that are files of their own by two-phase: the bytes that each rank would read by itself, each file read once
 * in a call however many ranks want it, missing ones told as such; and what goes wrong on any rank is one error of all.
 */
#include "store_ranks.h"

#include "store/collective.h"

enum { PLAIN, PACKED, COLUMN, WIDE, SMALL, FIXED, N_PARTS, N_ZARR = FIXED, SOME_WANTS = 30, MOST_WANTS = 960 };
static const char *const name[N_PARTS] = {"plain", "packed", "column", "wide", "small", "fixed"};
static const int64_t shape[3] = {40, 50, 60}, chunk[3] = {7, 20, 33}, wide[3] = {20, 50, 60}, small[3] = {5, 5, 5};

typedef struct world { /* the store and a file of byte ranges, opened */
    ama__store *store[2];
    ama__store_var part[N_PARTS];
    ama__fetcher *fetcher;
    ama__codec_work *work;
} world;

static unsigned state;

static int64_t below(int64_t n) {
    state = state * 1664525u + 1013904223u;
    return (int64_t)((state >> 8) % (unsigned)n);
}

/* Of the small ones there are no files but in one test. */
static bool has_small;

static bool is_missing(int part, int64_t k) {
    return part == PACKED ? k % 3 == 1 : part == SMALL && !has_small;
}

static const int64_t *chunk_of(int part) {
    return part == WIDE ? wide : part == SMALL ? small : chunk;
}

/* ---- the files, made by rank 0 */

static const char *chunk_path(int part, int64_t k) {
    ama__chunkgrid g;
    int64_t at[AMA_MAX_DIMS];
    assert_true(ama__chunkgrid_init(&g, 3, shape, chunk_of(part)));
    ama__chunkgrid_index(&g, k, at);
    return in_dir("a.zarr/%s/%d.%d.%d", name[part], (int)at[0], (int)at[1], (int)at[2]);
}

static void make_array(int part) {
    static const char *const type[N_ZARR] = {"<f4", "<i4", "<f4", "<f8", "<i4"};
    static const ama__pipeline zlib = {.n = 1, .step = {{AMA_CODEC_DEFLATE, 1, 0, 4, ""}}};
    const int64_t *c = chunk_of(part);
    size_t raw_bytes = (size_t)(c[0] * c[1] * c[2]) * (part == WIDE ? 8 : 4), room, n;
    bool packed = part == PACKED || part == COLUMN;
    char json[512], *raw = malloc(raw_bytes), *out;
    ama__codec_work *w;
    ama__chunkgrid g;
    assert_true(ama__chunkgrid_init(&g, 3, shape, c));
    assert_int_equal(ama__codec_work_create(ctx, &w), AMA_OK);
    mkdir(in_dir("a.zarr/%s", name[part]), 0777);
    snprintf(
        json, sizeof json,
        "{\"zarr_format\": 2, \"shape\": [40, 50, 60], \"chunks\": [%d, %d, %d], \"dtype\": \"%s\", \"compressor\": "
        "%s, \"filters\": null, \"fill_value\": 7, \"order\": \"%s\"}",
        (int)c[0], (int)c[1], (int)c[2], type[part], packed ? "{\"id\": \"zlib\", \"level\": 1}" : "null",
        part == COLUMN ? "F" : "C");
    write_text(in_dir("a.zarr/%s/.zarray", name[part]), json);
    room = ama__pipeline_bound(&zlib, raw_bytes);
    out = malloc(room);
    for (int64_t k = 0; k < g.n_chunks; k++) {
        for (size_t i = 0; i < raw_bytes; i++) raw[i] = (char)(below(256) & (i % 4 ? 3 : 255));
        memcpy(out, raw, n = raw_bytes);
        if (packed) assert_int_equal(ama__pipeline_encode(ctx, w, &zlib, raw, raw_bytes, out, room, &n), AMA_OK);
        remove_tree(chunk_path(part, k));
        if (!is_missing(part, k)) write_file(chunk_path(part, k), out, n);
    }
    ama__codec_work_destroy(&w);
    free(raw), free(out);
}

/* CDF-1 with one array of bytes: its header in words. */
static void make_classic(void) {
    enum { N = 90000, WORDS = 21 };
    static const uint32_t head[WORDS] = {0x43444601, 0,          10,         1, 1, 0x78000000, N, 0, 0, 11,       1,
                                         5,          0x66697865, 0x64000000, 1, 0, 0,          0, 1, N, 4 * WORDS};
    static unsigned char all[4 * WORDS + N];
    for (int i = 0; i < 4 * WORDS; i++) all[i] = (unsigned char)(head[i / 4] >> (24 - 8 * (i % 4)));
    for (int i = 4 * WORDS; i < 4 * WORDS + N; i++) all[i] = (unsigned char)below(256);
    write_file(in_dir("a.nc"), all, sizeof all);
}

static void make_files(void) {
    state = 1;
    ama__comm_barrier(comm);
    if (rank == 0) {
        mkdir(in_dir("a.zarr"), 0777);
        write_text(in_dir("a.zarr/.zgroup"), "{\"zarr_format\": 2}");
        for (int part = 0; part < N_ZARR; part++) make_array(part);
        make_classic();
    }
    ama__comm_barrier(comm);
}

static ama_status open_world(world *w) {
    memset(w, 0, sizeof *w);
    AMA_TRY(ama__store_open(ctx, comm, in_dir("a.zarr"), NULL, &w->store[0]));
    AMA_TRY(ama__store_open(ctx, comm, in_dir("a.nc"), NULL, &w->store[1]));
    for (int i = 0; i < N_PARTS; i++) {
        ama__store *s = w->store[i == FIXED];
        w->part[i] = (ama__store_var){s, ama__meta_find_var(&s->meta, name[i])};
        assert_true(w->part[i].var >= 0);
    }
    AMA_TRY(ama__store_need_manifests(ctx, comm, N_PARTS, w->part));
    ama_status status = ama__fetcher_create(ctx, &w->fetcher);
    if (status == AMA_OK) status = ama__codec_work_create(ctx, &w->work);
    return ama__comm_agree(comm, status);
}

static void close_world(world *w) {
    ama__fetcher_destroy(&w->fetcher);
    ama__codec_work_destroy(&w->work);
    for (int i = 0; i < 2; i++) ama__store_close(&w->store[i]);
}

/* ---- wants */

typedef struct wants {
    int n;
    ama__io_want want[MOST_WANTS];
    ama__read_bytes got[MOST_WANTS];
} wants;

static void add_want(const world *w, const ama__collective *c, int part, int64_t k, wants *x) {
    const ama__store_var *p = &w->part[part];
    ama__io_want *a = &x->want[x->n];
    *a = (ama__io_want){.part = part,
                        .v = &p->store->meta.var[p->var],
                        .m = &p->store->manifest[p->var],
                        .chunk = part == FIXED ? -1 : k};
    for (int i = 0; i < x->n; i++)
        if (part != FIXED && x->want[i].part == part && x->want[i].chunk == k) return; /* once in a call */
    x->got[x->n] = (ama__read_bytes){0};
    if (part == FIXED) {
        a->box = (ama__box){.ndim = 1, .start = {k * 1000}, .count = {1 + below(20000)}};
        a->dst = malloc((size_t)ama__collective_takes(c, a));
    } else {
        assert_true(ama__collective_takes(c, a) > 0);
        a->got = &x->got[x->n];
    }
    x->n++;
}

static void random_wants(const world *w, const ama__collective *c, int most, wants *x) {
    x->n = 0;
    for (int64_t k = below(most + 1); k > 0; k--) {
        int part = (int)below(N_PARTS);
        int64_t n = part == FIXED ? 70 : w->store[0]->meta.var[w->part[part].var].grid.n_chunks;
        add_want(w, c, part, below(3) ? below(n) : below(2), x); /* some by several ranks */
    }
}

static void free_wants(wants *x) {
    for (int i = 0; i < x->n; i++) {
        free(x->want[i].dst);
        ama__mem_free(ctx, x->got[i].data);
    }
    x->n = 0;
}

static void check_wants(world *w, const wants *x) {
    for (int i = 0; i < x->n; i++) {
        const ama__io_want *a = &x->want[i];
        size_t room = a->chunk < 0 ? (size_t)a->box.count[0] : 480000;
        char *want = malloc(room), *got = malloc(room);
        int64_t n = a->chunk < 0 ? a->box.count[0] : 0;
        if (a->chunk < 0) {
            assert_int_equal(ama__fetch_box(w->fetcher, a->v, a->m, &a->box, want), AMA_OK);
            memcpy(got, a->dst, room);
        } else {
            assert_int_equal(a->got->missing, is_missing((int)a->part, a->chunk));
            assert_true(a->got->missing || a->got->data);
            assert_int_equal(ama__fetch_chunk(w->fetcher, w->work, a->v, a->m, a->chunk, want), AMA_OK);
            assert_int_equal(ama__fetch_stored(w->fetcher, w->work, a->v, a->m, a->chunk, NULL, a->got, got), AMA_OK);
            ama__shape_size(3, a->v->grid.chunk, &n);
            n *= (int64_t)ama__dtype_bytes(a->v->dtype);
        }
        if (memcmp(want, got, (size_t)n) != 0) fail_msg("part %d, chunk %d: other bytes", (int)a->part, (int)a->chunk);
        free(want), free(got);
    }
}

/* Files that some rank wants and that are there: how many, and their bytes. */
static int64_t distinct_files(const wants *x, int64_t *total) {
    int64_t wanted[N_ZARR * MOST_WANTS] = {0}, n = 0;
    *total = 0;
    for (int i = 0; i < x->n; i++)
        if (x->want[i].chunk >= 0) wanted[x->want[i].part * MOST_WANTS + x->want[i].chunk] = 1;
    ama__comm_sum_each(comm, wanted, N_ZARR * MOST_WANTS);
    for (int i = 0; i < N_ZARR * MOST_WANTS; i++) {
        struct stat s;
        if (wanted[i] == 0 || stat(chunk_path(i / MOST_WANTS, i % MOST_WANTS), &s) != 0) continue;
        n++;
        *total += s.st_size;
    }
    return n;
}

/* ---- the same bytes, each file once */

/* pieces: of a budget so small that files come in several reads. */
static void read_and_count(world *w, ama__collective *c, bool pieces, wants *x) {
    int64_t total, files = distinct_files(x, &total);
    bool ranges = false;
    for (int i = 0; i < x->n; i++) ranges |= x->want[i].chunk < 0;
    ama__fetch_counts before = ama__fetcher_counts(w->fetcher);
    ama_status status = ama__collective_read(c, AMA_OK, x->n, x->want);
    if (status != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    ama__fetch_counts after = ama__fetcher_counts(w->fetcher);
    int64_t reads = ama__comm_sum(comm, after.n_reads - before.n_reads);
    int64_t read_bytes = ama__comm_sum(comm, after.file_bytes - before.file_bytes);
    if (!ama__comm_max(comm, ranges)) {
        assert_int_equal(read_bytes, total);
        assert_true(pieces ? reads >= files : reads == files);
    }
    check_wants(w, x);
}

static void same_bytes(void **s) {
    world w;
    wants x;
    (void)s;
    make_files();
    assert_int_equal(open_world(&w), AMA_OK);
    for (int k = 0; k < 4; k++) { /* one aggregator, two, all, in large and in small rounds */
        const ama__io_options o = {AMA_PATH_TWO_PHASE, k, k % 2 ? 1 : (int64_t)1 << 30};
        ama__collective *c;
        assert_int_equal(ama__collective_create(comm, w.fetcher, &o, N_PARTS, w.part, &c), AMA_OK);
        state = (unsigned)(100 * k + rank);
        for (int trial = 0; trial < 10; trial++) {
            int most = trial % 4 == 3 && rank != trial % nranks ? 0 : trial == 9 ? 0 : SOME_WANTS;
            random_wants(&w, c, most, &x);
            read_and_count(&w, c, k % 2, &x);
            free_wants(&x);
        }
        for (int part = 0; part < N_ZARR; part++) { /* all ranks the same, each in another order, no ranges */
            x.n = 0;
            for (int i = 0; i < SOME_WANTS; i++)
                add_want(&w, c, part, (i * 7 + rank) % w.store[0]->meta.var[w.part[part].var].grid.n_chunks, &x);
            read_and_count(&w, c, k % 2, &x);
            free_wants(&x);
        }
        ama__collective_destroy(&c);
    }
    close_world(&w);
}

/* A rank that has a long list before the chunks that others want alone: more than it can ask for in a round. */
static void long_lists(void **s) {
    world w;
    wants x;
    (void)s;
    has_small = true;
    make_files();
    assert_int_equal(open_world(&w), AMA_OK);
    for (int n_agg = 1; n_agg <= 2; n_agg++) {
        const ama__io_options o = {AMA_PATH_TWO_PHASE, n_agg, 1};
        ama__collective *c;
        assert_int_equal(ama__collective_create(comm, w.fetcher, &o, N_PARTS, w.part, &c), AMA_OK);
        x.n = 0;
        for (int i = rank == 0 ? 0 : 860 - rank; i < 960; i++) add_want(&w, c, SMALL, i, &x);
        read_and_count(&w, c, false, &x);
        free_wants(&x);
        ama__collective_destroy(&c);
    }
    has_small = false;
    close_world(&w);
}

/* ---- what goes wrong */

/* Every rank wants chunks 0 to 5 of a part; rank `failed` has failed already. */
static ama_status read_once(world *w, int part, int failed, wants *x) {
    const ama__io_options o = {AMA_PATH_TWO_PHASE, 2, 1};
    ama__collective *c = NULL;
    x->n = 0;
    ama_status status = ama__collective_create(comm, w->fetcher, &o, N_PARTS, w->part, &c);
    if (status == AMA_OK)
        for (int i = 0; i < (part == WIDE ? 2 : 6); i++) add_want(w, c, part, i, x);
    if (status == AMA_OK) add_want(w, c, FIXED, 3, x);
    ama_status local = rank == failed ? ama__fail(ctx, AMA_ERR_BUDGET, "rank %d has failed before", rank) : AMA_OK;
    if (status == AMA_OK) status = ama__collective_read(c, local, x->n, x->want);
    ama__collective_destroy(&c);
    assert_int_equal(ama__comm_max(comm, status), status);
    assert_int_equal(ama__comm_min(comm, status), status);
    return status;
}

static void wrong(void **s) {
    world w;
    wants x;
    (void)s;
    make_files();
    assert_int_equal(open_world(&w), AMA_OK);
    assert_int_equal(read_once(&w, PACKED, nranks - 1, &x), AMA_ERR_BUDGET);
    assert_says(ctx, "has failed before");
    ama__error_clear(ctx);
    free_wants(&x);
    if (rank == 0) { /* no file; one that is longer than it can be; one that ends too early */
        remove_tree(chunk_path(PLAIN, 4));
        unlink(chunk_path(PLAIN, 4));
        mkdir(chunk_path(PLAIN, 4), 0777);
        assert_int_equal(truncate(chunk_path(PACKED, 2), 100000), 0);
        assert_int_equal(truncate(chunk_path(PACKED, 3), 500), 0);
    }
    ama__comm_barrier(comm);
    ama__fetcher_destroy(&w.fetcher); /* has files open */
    assert_int_equal(ama__fetcher_create(ctx, &w.fetcher), AMA_OK);
    assert_int_equal(read_once(&w, PLAIN, -1, &x), AMA_ERR_IO);
    assert_says(ctx, "not a regular file");
    ama__error_clear(ctx);
    free_wants(&x);
    assert_int_equal(read_once(&w, PACKED, -1, &x), AMA_OK);
    for (int i = 0; i < 6; i++) {
        const ama__io_want *a = &x.want[i];
        char *to = malloc(480000);
        assert_int_equal(a->chunk, i);
        assert_int_equal(a->got->missing, i == 1 || i == 4);
        assert_int_equal(!a->got->data, i == 1 || i == 4 || i == 2); /* 2: left to who wants it */
        if (i == 3) {
            assert_int_equal(a->got->bytes, 500);
            assert_int_equal(ama__fetch_stored(w.fetcher, w.work, a->v, a->m, i, NULL, a->got, to), AMA_ERR_FORMAT);
            assert_says(ctx, "variable packed > chunk 0,1,1");
            ama__error_clear(ctx);
        }
        free(to);
    }
    free_wants(&x);
    ama__comm_barrier(comm);
    if (rank == 0) rmdir(chunk_path(PLAIN, 4));
    close_world(&w);
}

/* A world with a context of its own, in which the n-th fault after opening is on this rank (0: none); returns how many
 * places opening has. */
static int64_t faulty_read(int part, int64_t opening, int64_t n, ama_status *status) {
    const faulty f = faulty_begin(n > 0 ? opening + n : 0);
    world w;
    wants x;
    assert_int_equal(open_world(&w), AMA_OK);
    opening = ama__fault_count(ctx);
    state = (unsigned)rank;
    *status = read_once(&w, part, -1, &x);
    if (*status != AMA_OK) assert_true(strlen(ama__error_text(ctx)) > 10);
    free_wants(&x);
    close_world(&w);
    faulty_end(f);
    return opening;
}

/* One after another, on the last rank or on all, until there is no such place. */
static void faults(void **s) {
    (void)s;
    make_files();
    for (int k = 0; k < 4; k++) {
        int part = k / 2 ? WIDE : PACKED;
        ama_status status;
        int64_t opening = faulty_read(part, 0, 0, &status), n = 0;
        assert_int_equal(status, AMA_OK);
        do {
            n++;
            faulty_read(part, opening, k % 2 || rank == nranks - 1 ? n : 0, &status);
        } while (status != AMA_OK);
        assert_true(n > 3);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bytes), cmocka_unit_test(long_lists),
                                       cmocka_unit_test(wrong), cmocka_unit_test(faults)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, begin, end);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return failed;
}
