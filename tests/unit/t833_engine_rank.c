/* TEST: np=1,2,3,4,7 labels=mpi,fault
 * Ranks of stored arrays: of what has no chunks, few columns at a time; of chunks, all that they cross, each fetched
 * once; where that is too much, few columns from the chunks of all ranks, in turns that each fetch them again. What is
 * held stays within the plan, less than that is refused, and under every budget the bits are the same. Nobody waits,
 * wherever a fault is injected. */
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

static const en_part CONTIGUOUS = {.format = AMA_FORMAT_NETCDF4, .count = N};
static const en_part BRICKS = {
    .format = AMA_FORMAT_NETCDF4, .count = N, .chunked = true, .chunk = {CHUNK, CHUNK_Y, CHUNK_X}};
static const en_part STEPS = {.format = AMA_FORMAT_NETCDF4, .count = N, .chunked = true, .chunk = {1, NY, NX}};

static void make_data(en_world *w, en_source *s, const en_part *layout) {
    *s = (en_source){.stored = AMA_F4, .ndim = 3, .n_parts = 1, .shape = {N, NY, NX}};
    en_part *p = &s->part[0];
    *p = *layout;
    snprintf(p->path, sizeof p->path, "%.200s/data", w->dir);
    p->stored = malloc((size_t)N * NY * NX * 4);
    for (int64_t t = 0; t < N; t++)
        for (int64_t i = 0; i < NY * NX; i++) ((float *)p->stored)[t * NY * NX + i] = value(t, i);
    if (w->rank == 0) en_write_part(w, s, p);
    ama__comm_barrier(w->comm);
}

static ama_status build(job *j) {
    const ama__stored_var *v = &j->e.store->meta.var[0];
    const int64_t n = v->grid.shape[0], cut[2] = {0, n};
    ama__source_part part = {j->e.store, 0, {.stored = v->dtype, .dtype = v->dtype, .scale = 1}, 0, n};
    const ama__scan_spec spec = {.axis = 0, .rank = true, .n_segments = 1, .cut = cut};
    ama__reduce_spec sum = {.op = AMA_RED_SUM, .reduced = {false, true}, .label_axis = -1};
    AMA_TRY(ama__node_source(&j->e.g, 0, 1, &part, &j->node));
    AMA_TRY(ama__node_scan(&j->e.g, j->node, &spec, &j->node));
    AMA_TRY(ama__node_reduce(&j->e.g, j->node, &sum, &j->node)); /* along lat: (time, lon) */
    j->sink = (ama__sink){.kind = AMA_SINK_GATHER, .node = &j->node, .n_gather = 1, .data = &j->data};
    j->sinks = &j->sink;
    return AMA_OK;
}

static ama_status prepare_as(job *j, const char *path, ama__plan_options o) {
    memset(j, 0, sizeof *j);
    AMA_TRY(en_job_open(&j->e, path));
    AMA_TRY(ama__comm_agree(j->e.comm, build(j)));
    return en_job_plan(&j->e, o, 1, &j->sinks);
}

static ama_status prepare(job *j, const char *path, int threads, int64_t budget) {
    return prepare_as(j, path, (ama__plan_options){.threads = threads, .budget_bytes = budget});
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
    make_data(&w, &s, chunked ? &BRICKS : &CONTIGUOUS);
    assert_int_equal(prepare(&j, s.part[0].path, 1, (int64_t)1 << 30), AMA_OK);
    assert_int_equal(j.e.plan->stage[0].atoms[0].n, 1);
    assert_int_equal(j.e.plan->stage[0].n_turns, 0);
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

/* ---- columns from the chunks of all ranks */

static void check_turns(const char *path, const double *first, ama__plan_options o, bool several) {
    double *other = malloc(sizeof *other * N * NX);
    job j;
    assert_int_equal(prepare_as(&j, path, o), AMA_OK);
    const ama__stage *s = &j.e.plan->stage[0];
    assert_true(j.e.plan->peak_bytes <= o.budget_bytes);
    assert_true(several ? s->n_turns > 1 : s->n_turns == 1);
    assert_int_equal(s->chunks, N * s->n_turns);
    assert_int_equal(s->decoded_bytes, s->n_turns * N * NY * NX * 4);
    run(&j, other);
    assert_memory_equal(first, other, sizeof *first * N * NX);
    en_job_close(&j.e, 1, &j.data);
    free(other);
}

static void in_turns(void **state) {
    const int64_t plenty = (int64_t)1 << 30, little = (int64_t)26 << 20;
    double *first = malloc(sizeof *first * N * NX);
    en_world w;
    en_source s;
    job j;
    (void)state;
    en_open(&w, "t833t");
    make_data(&w, &s, &STEPS);
    const char *path = s.part[0].path;
    assert_int_equal(prepare(&j, path, 1, plenty), AMA_OK);
    assert_true(tile_elements(j.e.plan) * 4 <= (int64_t)4 << 20); /* of 20 MB */
    run(&j, first);
    check_values(first);
    en_job_close(&j.e, 1, &j.data);
    check_turns(path, first, (ama__plan_options){.threads = 2, .budget_bytes = plenty}, false);
    check_turns(path, first, (ama__plan_options){.threads = 1, .budget_bytes = little}, w.nranks < 5);
    check_turns(path, first, (ama__plan_options){.threads = 2, .budget_bytes = plenty, .io = AMA_PATH_TWO_PHASE},
                false);
    assert_int_equal(prepare(&j, path, 1, little / 4), AMA_ERR_BUDGET);
    assert_non_null(strstr(ama__error_text(j.e.ctx), "use --memory"));
    assert_null(strstr(ama__error_text(j.e.ctx), "rank() holds"));
    en_job_close(&j.e, 1, &j.data);
    free(first);
    free(s.part[0].stored);
    en_close(&w);
}

/* Fault number n, on all ranks or on the last one alone. False when there is no such place. */
static bool faulty_run(en_world *w, const char *path, int64_t n, bool all) {
    char number[32];
    job j;
    snprintf(number, sizeof number, "%lld", (long long)n);
    bool mine = all || w->rank == w->nranks - 1;
    if (mine) setenv("AMA_FAULT", number, 1);
    ama_status status =
        prepare_as(&j, path, (ama__plan_options){.threads = 1, .budget_bytes = (int64_t)1 << 30, .unit_bytes = 200});
    unsetenv("AMA_FAULT");
    if (status == AMA_OK) assert_true(j.e.plan->stage[0].n_turns > 0);
    if (status == AMA_OK) status = en_job_run(&j.e);
    assert_int_equal(ama__comm_max(w->comm, status), status);
    if (status != AMA_OK) assert_true(strlen(ama__error_text(j.e.ctx)) > 10);
    int64_t sites = ama__comm_max(w->comm, mine ? ama__fault_count(j.e.ctx) : 0);
    en_job_close(&j.e, 1, &j.data);
    if (status == AMA_OK) assert_true(sites < n);
    return status != AMA_OK;
}

static void faults(void **state) {
    const int64_t shape[3] = {9, 4, 5};
    const en_part layout = {.format = AMA_FORMAT_NETCDF4, .chunked = true, .chunk = {1, 4, 5}};
    int64_t n = 1, m = 1;
    en_world w;
    en_source s;
    (void)state;
    en_open(&w, "t833f");
    en_make_field(&w, &s, 0, shape, &layout, en_any_float);
    while (faulty_run(&w, s.part[0].path, n, true)) n++;
    while (w.nranks > 1 && faulty_run(&w, s.part[0].path, m, false)) m++;
    assert_true(n > 50);
    free(s.part[0].stored);
    en_close(&w);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_chunks), cmocka_unit_test(with_chunks),
                                       cmocka_unit_test(in_turns), cmocka_unit_test(faults)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return failed;
}
