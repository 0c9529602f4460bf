/* TEST: np=1,2,3 labels=mpi,fault
 * Reductions of whole columns: panels under every budget with the same bits, the chunks and the memory that the plan
 * told, one collection for several statistics; and nobody waiting, by injected faults at every place. */
#include "engine_job.h"

#include "plan/wants.h"

enum { N_LAYOUTS = 3, N_OUT = 5 };

typedef struct job {
    en_job e;
    ama__node *out[N_OUT];
    ama__sink sink, *sinks[1];
    void *data[N_OUT];
} job;

/* Median and quantiles over time, quantiles of groups in time, the median of each step and of some steps together. */
static ama_status build(job *j) {
    static const double q[] = {0.9, 0.1, 0.5};
    const ama__stored_var *v = &j->e.store->meta.var[0];
    ama__source_part part = {j->e.store, 0, {.stored = v->dtype, .dtype = v->dtype, .scale = 1}, 0, v->grid.shape[0]};
    ama__graph *g = &j->e.g;
    ama__node *x;
    int64_t *label;
    AMA_TRY(ama__node_source(g, 0, 1, &part, &x));
    AMA_NEW(g->arena, label, x->shape[0]);
    for (int64_t i = 0; i < x->shape[0]; i++) label[i] = i / 3 % 5;
    ama__reduce_spec median = {.op = AMA_RED_MEDIAN, .reduced = {true}, .label_axis = -1, .skipna = true};
    ama__reduce_spec three = {.op = AMA_RED_QUANTILE, .reduced = {true}, .label_axis = -1, .skipna = true};
    ama__reduce_spec group = {.op = AMA_RED_QUANTILE, .label_axis = 0, .n_labels = 5, .label = label};
    ama__reduce_spec steps = {.op = AMA_RED_MEDIAN, .reduced = {false, true, true}, .label_axis = -1, .skipna = true};
    three.n_q = 3;
    three.q = group.q = q;
    three.method = AMA_QUANTILE_LINEAR;
    group.n_q = 1;
    group.method = AMA_QUANTILE_HAZEN;
    AMA_TRY(ama__node_reduce(g, x, &median, &j->out[0]));
    AMA_TRY(ama__node_reduce(g, x, &three, &j->out[1]));
    AMA_TRY(ama__node_reduce(g, x, &group, &j->out[2]));
    ama__reduce_spec all = {.op = AMA_RED_MEDIAN, .reduced = {true, true, true}, .label_axis = -1, .skipna = true};
    ama__pick pick[3];
    ama__node *few;
    for (int d = 0; d < 3; d++)
        pick[d] = (ama__pick){.in_axis = d, .count = d ? x->shape[d] : 7, .start = d ? 0 : 1, .step = 1};
    AMA_TRY(ama__node_index(g, x, 3, pick, NULL, &few));
    AMA_TRY(ama__node_reduce(g, few, &all, &j->out[4]));
    return ama__node_reduce(g, x, &steps, &j->out[3]);
}

/* Collective: everything up to the plan. */
static ama_status prepare(job *j, const char *in, int threads, int64_t budget, int64_t unit) {
    memset(j, 0, sizeof *j);
    AMA_TRY(en_job_open(&j->e, in));
    AMA_TRY(ama__comm_agree(j->e.comm, build(j)));
    j->sink = (ama__sink){.kind = AMA_SINK_GATHER, .node = j->out, .n_gather = N_OUT, .data = j->data};
    j->sinks[0] = &j->sink;
    return en_job_plan(
        &j->e, (ama__plan_options){.threads = threads, .budget_bytes = budget, .unit_bytes = unit, .prefetch = 1}, 1,
        j->sinks);
}

/* ---- the data: by steps, in bricks, without chunks */

static en_source source[N_LAYOUTS];

static void make_data(en_world *w, const int64_t *shape) {
    for (int i = 0; i < N_LAYOUTS; i++) {
        const en_part layout = en_step_layout(i, shape);
        en_make_field(w, &source[i], i, shape, &layout, en_any_float);
    }
}

static void free_data(void) {
    for (int i = 0; i < N_LAYOUTS; i++) free(source[i].part[0].stored);
}

/* ---- promises */

static uint64_t hash_results(const job *j) {
    uint64_t h = EN_HASH;
    for (int i = 0; i < N_OUT; i++) {
        size_t n = (size_t)en_size(j->out[i]->ndim, j->out[i]->shape) * ama__dtype_bytes(j->out[i]->dtype);
        h = en_hash(h, j->data[i], n);
    }
    return h;
}

/* The naive values, of one rank's copy. */
static void check_values(const job *j, const en_source *s) {
    int64_t steps = s->shape[0], cells = s->shape[1] * s->shape[2];
    const float *x = s->part[0].stored, *got = j->data[0];
    ref_value *column = malloc((size_t)steps * sizeof *column);
    for (int64_t c = 0; c < cells; c += 7) {
        ref_spec spec = {AMA_RED_MEDIAN, true, 0, 0, false, AMA_F4, 0, 0};
        for (int64_t t = 0; t < steps; t++) column[t] = ref_float(AMA_F4, x[t * cells + c]);
        assert_true(ref_same(ref_float(AMA_F4, got[c]), ref_reduce(&spec, steps, column)));
        spec = (ref_spec){AMA_RED_QUANTILE, true, 0, 0, false, AMA_F8, AMA_QUANTILE_LINEAR, 0.1};
        for (int64_t t = 0; t < steps; t++) column[t] = ref_float(AMA_F4, x[t * cells + c]);
        assert_true(ref_same(ref_float(AMA_F8, ((double *)j->data[1])[3 * c + 1]), ref_reduce(&spec, steps, column)));
    }
    free(column);
}

static void check_promises(const job *j, size_t before) {
    int64_t decoded = 0, chunks = 0;
    for (int k = 0; k < j->e.plan->n_stages; k++) {
        decoded += j->e.plan->stage[k].decoded_bytes;
        chunks += j->e.plan->stage[k].chunks;
    }
    const ama__fetch_counts *f = &j->e.stats.fetched;
    assert_int_equal(ama__comm_sum(j->e.comm, f->raw_bytes), decoded);
    if (ama__part_is_chunked(&(ama__source_part){.store = j->e.store}))
        assert_int_equal(ama__comm_sum(j->e.comm, f->n_chunks), chunks);
    int64_t held = ama__comm_max(j->e.comm, (int64_t)(ama__mem_peak(j->e.ctx) - before));
    if (getenv("ENGINE_SHOW") && ama__comm_rank(j->e.comm) == 0)
        print_message("budget %.2f, planned %.2f, held %.2f, fetched %.1f MiB in %d stages\n",
                      (double)j->e.plan->options.budget_bytes / 1048576, (double)j->e.plan->peak_bytes / 1048576,
                      (double)held / 1048576, (double)decoded / 1048576, j->e.plan->n_stages);
    assert_true(held <=
                j->e.plan->peak_bytes - j->e.plan->held_bytes + (256 << 10)); /* tables and lists are not planned */
}

static int64_t most_panels(const ama__plan *p) {
    int64_t n = 0;
    for (int k = 0; k < p->n_stages; k++)
        for (int i = 0; i < p->stage[k].n_consumers; i++)
            if (p->stage[k].consumer[i].n_panels > n) n = p->stage[k].consumer[i].n_panels;
    return n;
}

/* Bytes of the plan's peak that are states. */
static int64_t states(const ama__plan *p) {
    int64_t n = 0;
    for (int k = 0; k < p->n_stages; k++)
        if (p->stage[k].peak_bytes + p->held_bytes == p->peak_bytes) n = p->stage[k].state_bytes;
    return n;
}

/* Runs under a budget (the error when there is one); the hash of the results. */
static ama_status one_run(en_world *w, int layout, const int64_t o[3], uint64_t *hash, int64_t told[3]) {
    job j;
    ama_status status = prepare(&j, source[layout].part[0].path, (int)o[0], o[1], o[2]);
    if (status == AMA_OK) {
        size_t before = ama__mem_used(j.e.ctx);
        status = en_job_run(&j.e);
        if (status != AMA_OK) print_error("%s\n", ama__error_text(j.e.ctx));
        assert_int_equal(status, AMA_OK);
        check_promises(&j, before);
        if (w->rank == 0) check_values(&j, &source[layout]);
        *hash = hash_results(&j);
        told[0] = j.e.plan->peak_bytes;
        told[1] = states(j.e.plan);
        told[2] = most_panels(j.e.plan);
    } else {
        assert_int_equal(status, AMA_ERR_BUDGET);
        assert_non_null(strstr(ama__error_text(j.e.ctx), "use --memory"));
        if (getenv("ENGINE_SHOW") && w->rank == 0) print_message("%s\n", ama__error_text(j.e.ctx));
    }
    en_job_close(&j.e, N_OUT, j.data);
    return status;
}

static void panels(void **state) {
    static const int64_t unit[] = {0, 100000};
    static const double part[] = {0.8, 0.5, 0.26, 0.1};
    const int64_t shape[3] = {240, 40, 90};
    en_world w;
    (void)state;
    en_open(&w, "t832");
    make_data(&w, shape);
    for (int u = 0; u < 2; u++)
        for (int i = 0; i < N_LAYOUTS; i++) {
            uint64_t want, hash;
            int64_t told[3], now[3], most = 0;
            assert_int_equal(one_run(&w, i, (int64_t[]){1, (int64_t)1 << 30, unit[u]}, &want, told), AMA_OK);
            assert_int_equal(told[2], 0);
            for (int b = 0; b < 4; b++) {
                int64_t budget = told[0] - told[1] + (int64_t)(part[b] * (double)told[1]);
                if (one_run(&w, i, (int64_t[]){1, budget, unit[u]}, &hash, now) != AMA_OK) continue;
                assert_true(hash == want && now[0] <= budget && now[2] > 0);
                if (now[2] > most) most = now[2];
            }
            assert_true(most > 2);
            assert_int_equal(one_run(&w, i, (int64_t[]){2, (int64_t)1 << 30, unit[u]}, &hash, now), AMA_OK);
            assert_true(hash == want);
            assert_int_equal(one_run(&w, i, (int64_t[]){1, 1 << 20, unit[u]}, &hash, now), AMA_ERR_BUDGET);
        }
    free_data();
    en_close(&w);
}

/* Median and quantiles of the same values are collected once. */
static void shared(void **state) {
    const int64_t shape[3] = {20, 8, 10};
    en_world w;
    job j;
    int n = 0, twins = 0;
    (void)state;
    en_open(&w, "t832s");
    make_data(&w, shape);
    assert_int_equal(prepare(&j, source[0].part[0].path, 1, (int64_t)1 << 30, 600), AMA_OK);
    for (int k = 0; k < j.e.plan->n_stages; k++)
        for (int i = 0; i < j.e.plan->stage[k].n_consumers; i++) {
            const ama__consumer *c = &j.e.plan->stage[k].consumer[i];
            n += c->kind == AMA_CONSUME_REDUCE;
            twins += c->n_twins;
        }
    assert_int_equal(n, 4);
    assert_int_equal(twins, 1);
    en_job_close(&j.e, N_OUT, j.data);
    free_data();
    en_close(&w);
}

/* ---- faults */

/* Fault number n, on all ranks or on the last one alone. False when there is no such place. */
static bool faulty_run(en_world *w, int layout, int64_t n, bool all) {
    char number[32];
    job j;
    snprintf(number, sizeof number, "%lld", (long long)n);
    bool mine = all || w->rank == w->nranks - 1;
    if (mine) setenv("AMA_FAULT", number, 1);
    ama_status status = prepare(&j, source[layout].part[0].path, 1, (int64_t)1 << 30, 600);
    unsetenv("AMA_FAULT");
    if (status == AMA_OK) status = en_job_run(&j.e);
    assert_int_equal(ama__comm_max(w->comm, status), status);
    if (status != AMA_OK) assert_true(strlen(ama__error_text(j.e.ctx)) > 10);
    int64_t sites = ama__comm_max(w->comm, mine ? ama__fault_count(j.e.ctx) : 0);
    en_job_close(&j.e, N_OUT, j.data);
    if (status == AMA_OK) assert_true(sites < n);
    return status != AMA_OK;
}

static void faults(void **state) {
    const int64_t shape[3] = {9, 4, 5};
    en_world w;
    (void)state;
    en_open(&w, "t832f");
    make_data(&w, shape);
    for (int i = 0; i < 2; i++) {
        int64_t n = 1, m = 1;
        while (faulty_run(&w, i, n, true)) n++;
        while (w.nranks > 1 && faulty_run(&w, i, m, false)) m++;
        assert_true(n > 50);
    }
    free_data();
    en_close(&w);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(panels), cmocka_unit_test(shared), cmocka_unit_test(faults)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return failed;
}
