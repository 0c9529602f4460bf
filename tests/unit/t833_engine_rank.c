/* TEST: np=1,2,3 labels=mpi
 * Ranks of stored arrays: of what has no chunks, few columns at a time; of chunks, all that they cross, each fetched
 * once; what is held stays within the plan, less than that is refused, and under every budget the bits are the same. */
#include "engine_job.h"

enum { N = 500, NY = 40, NX = 250, CHUNK = 70, CHUNK_Y = 20, CHUNK_X = 125 };

typedef struct job {
    en_job e;
    ama__node *node;
    ama__sink sink, *sinks;
    void *data;
} job;

/* Many ties, and some NaN. */
static float value(int64_t t, int64_t i) {
    uint64_t h = (uint64_t)(t * NY * NX + i) * 0x9E3779B97F4A7C15u;
    return (h >> 33) % 19 == 0 ? NAN : (float)((h >> 40) % 301) / 4;
}

static void make_data(en_world *w, en_source *s, bool chunked) {
    *s = (en_source){.stored = AMA_F4, .ndim = 3, .n_parts = 1, .shape = {N, NY, NX}};
    en_part *p = &s->part[0];
    *p = (en_part){.format = AMA_FORMAT_NETCDF4, .chunked = chunked, .count = N, .chunk = {CHUNK, CHUNK_Y, CHUNK_X}};
    snprintf(p->path, sizeof p->path, "%.200s/data", w->dir);
    p->stored = malloc((size_t)N * NY * NX * 4);
    for (int64_t t = 0; t < N; t++)
        for (int64_t i = 0; i < NY * NX; i++) ((float *)p->stored)[t * NY * NX + i] = value(t, i);
    if (w->rank == 0) en_write_part(w, s, p);
    ama__comm_barrier(w->comm);
}

static ama_status build(job *j) {
    const ama__stored_var *v = &j->e.store->meta.var[0];
    ama__source_part part = {j->e.store, 0, {.stored = v->dtype, .dtype = v->dtype, .scale = 1}, 0, N};
    const int64_t cut[2] = {0, N};
    const ama__scan_spec spec = {.axis = 0, .rank = true, .n_segments = 1, .cut = cut};
    ama__reduce_spec sum = {.op = AMA_RED_SUM, .reduced = {false, true}, .label_axis = -1};
    AMA_TRY(ama__node_source(&j->e.g, 0, 1, &part, &j->node));
    AMA_TRY(ama__node_scan(&j->e.g, j->node, &spec, &j->node));
    AMA_TRY(ama__node_reduce(&j->e.g, j->node, &sum, &j->node)); /* along lat: (time, lon) */
    j->sink = (ama__sink){.kind = AMA_SINK_GATHER, .node = &j->node, .n_gather = 1, .data = &j->data};
    j->sinks = &j->sink;
    return AMA_OK;
}

static ama_status prepare(job *j, const char *path, int threads, int64_t budget) {
    memset(j, 0, sizeof *j);
    AMA_TRY(en_job_open(&j->e, path));
    AMA_TRY(ama__comm_agree(j->e.comm, build(j)));
    return en_job_plan(&j->e, (ama__plan_options){.threads = threads, .budget_bytes = budget}, 1, &j->sinks);
}

static void run(job *j, double *out) {
    size_t before = ama__mem_used(j->e.ctx);
    assert_int_equal(en_job_run(&j->e), AMA_OK);
    int64_t held = ama__comm_max(j->e.comm, (int64_t)(ama__mem_peak(j->e.ctx) - before)), chunks = 0;
    for (int k = 0; k < j->e.plan->n_stages; k++) chunks += j->e.plan->stage[k].chunks;
    assert_int_equal(ama__comm_sum(j->e.comm, j->e.stats.fetched.n_chunks), chunks);
    assert_true((double)held <= 1.1 * (double)j->e.plan->peak_bytes + (1 << 19));
    memcpy(out, j->data, (size_t)N * NX * sizeof *out);
}

/* The sums of ranks of some longitudes, by counting. */
static void check_values(const double *got) {
    for (int64_t x = 0; x < NX; x += 83) {
        double sum[N] = {0};
        for (int64_t y = 0; y < NY; y++)
            for (int64_t t = 0; t < N; t++) {
                float v = value(t, y * NX + x);
                double less = 0, same = 0;
                for (int64_t u = 0; u < N; u++) {
                    less += value(u, y * NX + x) < v;
                    same += value(u, y * NX + x) == v;
                }
                sum[t] += isnan(v) ? NAN : less + (same + 1) / 2;
            }
        for (int64_t t = 0; t < N; t++)
            if (isnan(sum[t]) ? !isnan(got[t * NX + x]) : got[t * NX + x] != sum[t])
                fail_msg("step %d, longitude %d: %.17g, not %.17g", (int)t, (int)x, got[t * NX + x], sum[t]);
    }
}

/* Most that a tile has of the source. */
static int64_t tile_elements(const ama__plan *p) {
    int64_t n = 1;
    for (int d = 0; d < 3; d++) {
        int64_t widest = 0;
        const ama__cuts *c = &p->stage[0].atoms[d];
        for (int64_t i = 0; i < c->n; i++)
            widest = c->cut[i + 1] - c->cut[i] > widest ? c->cut[i + 1] - c->cut[i] : widest;
        n *= widest;
    }
    return n;
}

static void ranks_of(bool chunked) {
    en_world w;
    en_source s;
    job j;
    double *first = malloc(sizeof *first * N * NX), *other = malloc(sizeof *other * N * NX);
    en_open(&w, "t833");
    make_data(&w, &s, chunked);
    assert_int_equal(prepare(&j, s.part[0].path, 1, (int64_t)1 << 30), AMA_OK);
    assert_int_equal(j.e.plan->stage[0].atoms[0].n, 1);
    if (chunked) {
        assert_int_equal(tile_elements(j.e.plan), (int64_t)N * CHUNK_Y * CHUNK_X);
        assert_int_equal(j.e.plan->stage[0].chunks, 8 * 2 * 2);
    } else {
        assert_true(tile_elements(j.e.plan) * 4 <= (int64_t)4 << 20); /* of 20 MB */
        assert_true(j.e.plan->stage[0].n_units >= 5);
    }
    run(&j, first);
    check_values(first);
    int64_t least = j.e.plan->peak_bytes;
    en_job_close(&j.e, 1, &j.data);
    for (int threads = 1; threads <= 2; threads++) {
        ama_status status = prepare(&j, s.part[0].path, threads, threads == 1 ? least : (int64_t)1 << 30);
        assert_int_equal(status, AMA_OK);
        run(&j, other);
        assert_memory_equal(first, other, sizeof *first * N * NX);
        en_job_close(&j.e, 1, &j.data);
    }
    assert_int_equal(prepare(&j, s.part[0].path, 1, least * 2 / 3), AMA_ERR_BUDGET);
    assert_non_null(strstr(ama__error_text(j.e.ctx), "rank() holds"));
    en_job_close(&j.e, 1, &j.data);
    free(first);
    free(other);
    free(s.part[0].stored);
    en_close(&w);
}

static void without_chunks(void **state) {
    (void)state;
    ranks_of(false);
}

static void with_chunks(void **state) {
    (void)state;
    ranks_of(true);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_chunks), cmocka_unit_test(with_chunks)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return failed;
}
