/* TEST: np=1,2,3 labels=mpi,fault
 * Running sums of a stored array in two passes, and slices of it one behind the other: each pass fetches every chunk
 * once, as the plan says; what is held stays within the plan; values and, under every budget, bits. Nothing left
 * behind, nobody waiting, by injected faults at every place. */
#include "engine_job.h"

#include "graph/cumulate.h"

enum { N = 60, NY = 50, NX = 40, SEGMENT = 14, CHUNK = 7, CHUNK_Y = 25, CHUNK_X = 40, CHUNKS = 18 };

typedef struct job {
    en_job e;
    ama__node *node[3]; /* the running sum, its mean over the fields, the sum of what was concatenated */
    ama__sink sink, *sinks;
    void *data[3];
} job;

/* ---- the data: quarters, so that sums are exact, and some NaN */

static float value(int64_t t, int64_t i) {
    uint64_t h = (uint64_t)(t * NY * NX + i) * 0x9E3779B97F4A7C15u;
    return (h >> 33) % 19 == 0 ? NAN : (float)((int64_t)((h >> 40) % 801) - 400) / 4;
}

static void make_data(en_world *w, en_source *s) {
    *s = (en_source){.stored = AMA_F4, .ndim = 3, .n_parts = 1, .shape = {N, NY, NX}};
    en_part *p = &s->part[0];
    *p = (en_part){.format = AMA_FORMAT_ZARR2, .chunked = true, .count = N, .chunk = {CHUNK, CHUNK_Y, CHUNK_X}};
    snprintf(p->path, sizeof p->path, "%.200s/data", w->dir);
    p->stored = malloc((size_t)N * NY * NX * 4);
    for (int64_t t = 0; t < N; t++)
        for (int64_t i = 0; i < NY * NX; i++) ((float *)p->stored)[t * NY * NX + i] = value(t, i);
    if (w->rank == 0) en_write_part(w, s, p);
    ama__comm_barrier(w->comm);
}

/* ---- the graph */

static ama_status slice(ama__graph *g, ama__node *x, int64_t first, int64_t count, ama__node **out) {
    ama__pick pick[3];
    for (int a = 0; a < 3; a++) pick[a] = (ama__pick){.in_axis = a, .count = x->shape[a], .step = 1};
    pick[0].start = first;
    pick[0].count = count;
    return ama__node_index(g, x, 3, pick, NULL, out);
}

static ama_status build(job *j, bool concat) {
    const ama__stored_var *v = &j->e.store->meta.var[0];
    ama__source_part part = {j->e.store, 0, {.stored = v->dtype, .dtype = v->dtype, .scale = 1}, 0, N};
    ama__graph *g = &j->e.g;
    int64_t cut[N / SEGMENT + 2], n = 0;
    ama__node *x, *piece[2], *both;
    for (int64_t i = 0; i < N; i += SEGMENT) cut[n++] = i;
    cut[n] = N;
    ama__scan_spec spec = {.axis = 0, .skipna = true, .n_segments = n, .cut = cut};
    ama__reduce_spec field = {.op = AMA_RED_MEAN, .reduced = {false, true, true}, .label_axis = -1, .skipna = true};
    ama__reduce_spec time = {.op = AMA_RED_SUM, .reduced = {true}, .label_axis = -1, .skipna = true};
    AMA_TRY(ama__node_source(g, 0, 1, &part, &x));
    AMA_TRY(ama__node_cumulate_in(g, x, &spec, &j->node[0]));
    AMA_TRY(ama__node_reduce(g, j->node[0], &field, &j->node[1]));
    AMA_TRY(slice(g, x, 2 * CHUNK, N - 2 * CHUNK, &piece[0]));
    AMA_TRY(slice(g, x, 0, 2 * CHUNK, &piece[1]));
    AMA_TRY(ama__node_concat(g, 0, 2, piece, &both));
    AMA_TRY(ama__node_reduce(g, both, &time, &j->node[2]));
    j->sink = (ama__sink){.kind = AMA_SINK_GATHER, .node = j->node, .n_gather = 2, .data = j->data};
    if (concat) j->sink = (ama__sink){.kind = AMA_SINK_GATHER, .node = j->node + 2, .n_gather = 1, .data = j->data};
    j->sinks = &j->sink;
    return AMA_OK;
}

static ama_status prepare(job *j, const char *path, bool concat, int threads, int64_t budget) {
    memset(j, 0, sizeof *j);
    AMA_TRY(en_job_open(&j->e, path));
    AMA_TRY(ama__comm_agree(j->e.comm, build(j, concat)));
    /* units of two segments, tiles of one: both must end where segments do */
    return en_job_plan(&j->e,
                       (ama__plan_options){.threads = threads,
                                           .budget_bytes = budget,
                                           .unit_bytes = (int64_t)2 * SEGMENT * CHUNK_Y * CHUNK_X * 4,
                                           .prefetch = 1},
                       1, &j->sinks);
}

static void run(job *j) {
    size_t before = ama__mem_used(j->e.ctx);
    ama_status status = en_job_run(&j->e);
    if (status != AMA_OK) print_error("%s\n", ama__error_text(j->e.ctx));
    assert_int_equal(status, AMA_OK);
    int64_t held = ama__comm_max(j->e.comm, (int64_t)(ama__mem_peak(j->e.ctx) - before)), decoded = 0, chunks = 0;
    for (int k = 0; k < j->e.plan->n_stages; k++) {
        decoded += j->e.plan->stage[k].decoded_bytes;
        chunks += j->e.plan->stage[k].chunks;
    }
    assert_int_equal(ama__comm_sum(j->e.comm, j->e.stats.fetched.n_chunks), chunks);
    assert_int_equal(ama__comm_sum(j->e.comm, j->e.stats.fetched.raw_bytes), decoded);
    assert_true((double)held <= 1.2 * (double)j->e.plan->peak_bytes + (1 << 20));
}

/* ---- what must come out */

static void check_sums(const job *j) {
    const double *got = j->data[0], *mean = j->data[1];
    double *sum = calloc(NY * NX, sizeof *sum);
    for (int64_t t = 0; t < N; t++) {
        double total = 0;
        for (int64_t i = 0; i < NY * NX; i++) {
            float x = value(t, i);
            if (!isnan(x)) sum[i] += x;
            total += sum[i];
            if (got[t * NY * NX + i] != sum[i]) fail_msg("step %d, cell %d", (int)t, (int)i);
        }
        assert_true(fabs(mean[t] - total / (NY * NX)) <= 1e-12 * 400);
    }
    free(sum);
}

static void check_concat(const job *j) {
    const float *got = j->data[0];
    for (int64_t i = 0; i < NY * NX; i++) {
        double total = 0;
        for (int64_t t = 0; t < N; t++)
            if (!isnan(value(t, i))) total += value(t, i);
        if (got[i] != (float)total) fail_msg("cell %d", (int)i);
    }
}

static void tile_of_one_segment(ama__plan *p) {
    for (int k = 0; k < p->n_stages; k++) {
        ama__stage *s = &p->stage[k];
        s->tile_bytes = (int64_t)SEGMENT * CHUNK_Y * CHUNK_X * 4;
        for (int64_t i = 0; s->n_scans > 0 && s->ndim == 3 && i < s->atoms[0].n; i++)
            assert_int_equal(s->atoms[0].cut[i], i * SEGMENT);
    }
}

static void running_sums(void **state) {
    en_world w;
    en_source s;
    job j;
    (void)state;
    en_open(&w, "t832");
    make_data(&w, &s);
    for (int threads = 1; threads <= 2; threads++) {
        assert_int_equal(prepare(&j, s.part[0].path, false, threads, (int64_t)1 << 30), AMA_OK);
        assert_int_equal(j.e.plan->stage[0].chunks, CHUNKS); /* the sums of segments */
        int64_t total = 0;
        for (int k = 0; k < j.e.plan->n_stages; k++) total += j.e.plan->stage[k].chunks;
        assert_int_equal(total, 2 * CHUNKS);
        tile_of_one_segment(j.e.plan);
        for (int k = 0; k < j.e.plan->n_stages; k++) j.e.plan->stage[k].n_rounds *= 4;
        run(&j);
        check_sums(&j);
        int64_t least = j.e.plan->peak_bytes;
        en_job_close(&j.e, 3, j.data);
        assert_int_equal(prepare(&j, s.part[0].path, false, threads, least), AMA_OK);
        run(&j);
        check_sums(&j);
        en_job_close(&j.e, 3, j.data);
        assert_int_equal(prepare(&j, s.part[0].path, true, threads, (int64_t)1 << 30), AMA_OK);
        assert_int_equal(j.e.plan->stage[0].chunks, CHUNKS);
        run(&j);
        check_concat(&j);
        en_job_close(&j.e, 3, j.data);
    }
    free(s.part[0].stored);
    en_close(&w);
}

/* ---- faults */

/* Fault number n, on all ranks or on the last one alone. False when there is no such place. */
static bool faulty_run(en_world *w, const char *path, bool concat, int64_t n, bool all) {
    char number[32];
    job j;
    snprintf(number, sizeof number, "%lld", (long long)n);
    if (all || w->rank == w->nranks - 1) setenv("AMA_FAULT", number, 1);
    ama_status status = prepare(&j, path, concat, 1, (int64_t)1 << 30);
    unsetenv("AMA_FAULT");
    if (status == AMA_OK) status = en_job_run(&j.e);
    assert_int_equal(ama__comm_max(w->comm, status), status);
    ama__comm_barrier(w->comm);
    en_job_close(&j.e, 3, j.data);
    return status != AMA_OK;
}

static void faults(void **state) {
    en_world w;
    en_source s;
    (void)state;
    en_open(&w, "t832f");
    make_data(&w, &s);
    for (int concat = 0; concat < 2; concat++) {
        int64_t n = 1, m = 1;
        while (faulty_run(&w, s.part[0].path, concat, n, true)) n++;
        while (w.nranks > 1 && faulty_run(&w, s.part[0].path, concat, m, false)) m++;
        assert_true(n > 50);
        if (w.rank == 0) print_message("%lld faults on all ranks, %lld on one\n", (long long)n - 1, (long long)m - 1);
    }
    free(s.part[0].stored);
    en_close(&w);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(running_sums), cmocka_unit_test(faults)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return failed;
}
