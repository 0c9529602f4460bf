/* TEST: np=1,2,3,4,7 labels=mpi,fault
 * Order statistics by counting: the bits of those by collecting, under every budget, the chunks and the memory that the
 * plan told; which way the plan takes; and nobody waiting, by injected faults at every place. */
#include "engine_job.h"

#include <sys/stat.h>

#include "plan/wants.h"

enum { N_LAYOUTS = 3, N_OUT = 7 };

typedef struct options {
    int threads;
    int64_t budget, unit;
    ama__order_way order;
} options;

typedef struct job {
    en_job e;
    ama__node *out[N_OUT];
    int n_out;
    ama__sink sink, *sinks[1];
    void *data[N_OUT];
} job;

static ama_status source_node(job *j, ama__node **out) {
    const ama__stored_var *v = &j->e.store->meta.var[0];
    ama__source_part part = {j->e.store, 0, {.stored = v->dtype, .dtype = v->dtype, .scale = 1}, 0, v->grid.shape[0]};
    return ama__node_source(&j->e.g, 0, 1, &part, out);
}

/* Of all values, along two axes and of groups; a mean that shares the first pass; and what reads a result. */
static ama_status build(job *j) {
    static const double q[] = {0.9, 0.1, 0.5};
    ama__graph *g = &j->e.g;
    ama__node *x, *less, *in[2];
    int64_t *label;
    int8_t axis[2][AMA_MAX_DIMS];
    AMA_TRY(source_node(j, &x));
    AMA_NEW(g->arena, label, x->shape[0]);
    for (int64_t i = 0; i < x->shape[0]; i++) label[i] = i % 11 == 3 ? -1 : i / 3 % 5;
    ama__reduce_spec all = {.op = AMA_RED_MEDIAN, .reduced = {true, true, true}, .label_axis = -1, .skipna = true};
    ama__reduce_spec some = {.op = AMA_RED_QUANTILE, .reduced = {true, true}, .label_axis = -1, .n_q = 2, .q = q};
    ama__reduce_spec group = {.op = AMA_RED_MEDIAN, .reduced = {false, true, true}, .n_labels = 6, .label = label};
    group.skipna = true;
    AMA_TRY(ama__node_reduce(g, x, &all, &j->out[0]));
    AMA_TRY(ama__node_reduce(g, x, &some, &j->out[2]));
    AMA_TRY(ama__node_reduce(g, x, &group, &j->out[3]));
    all.op = AMA_RED_MEAN;
    AMA_TRY(ama__node_reduce(g, x, &all, &j->out[4]));
    all.op = AMA_RED_QUANTILE;
    all.n_q = 3;
    all.q = q;
    AMA_TRY(ama__node_reduce(g, x, &all, &j->out[1]));
    in[0] = x;
    in[1] = j->out[0];
    memset(axis, -1, sizeof axis);
    for (int d = 0; d < 3; d++) axis[0][d] = (int8_t)d;
    AMA_TRY(ama__node_map(g, AMA_OP_SUB, 2, in, (const int8_t(*)[AMA_MAX_DIMS])axis, 3, x->shape, &less));
    all.op = AMA_RED_MEDIAN;
    AMA_TRY(ama__node_unary(g, AMA_OP_ABS, less, &less));
    AMA_TRY(ama__node_reduce(g, less, &all, &j->out[5]));
    /* labels along the fastest axis, of which one is alone kept */
    const ama__pick pick[2] = {{.in_axis = 0, .count = x->shape[0], .step = 1},
                               {.in_axis = 2, .count = x->shape[2], .start = x->shape[2] - 1, .step = -1}};
    const int64_t fixed[3] = {-1, 1, -1};
    AMA_NEW(g->arena, label, x->shape[2]);
    for (int64_t i = 0; i < x->shape[2]; i++) label[i] = i / 4 % 3;
    ama__reduce_spec fast = {.op = AMA_RED_MEDIAN, .reduced = {true}, .label_axis = 1, .n_labels = 3, .label = label};
    AMA_TRY(ama__node_index(g, x, 2, pick, fixed, &less));
    j->n_out = N_OUT;
    return ama__node_reduce(g, less, &fast, &j->out[6]);
}

typedef ama_status build_fn(job *);

/* Collective: everything up to the plan. */
static ama_status prepare(job *j, build_fn *make, const char *in, const options *o) {
    memset(j, 0, sizeof *j);
    AMA_TRY(en_job_open(&j->e, in));
    AMA_TRY(ama__comm_agree(j->e.comm, make(j)));
    j->sink = (ama__sink){.kind = AMA_SINK_GATHER, .node = j->out, .n_gather = j->n_out, .data = j->data};
    j->sinks[0] = &j->sink;
    return en_job_plan(
        &j->e,
        (ama__plan_options){
            .threads = o->threads, .budget_bytes = o->budget, .unit_bytes = o->unit, .prefetch = 1, .order = o->order},
        1, j->sinks);
}

/* ---- the data: by steps, in bricks, without chunks */

static en_source source[N_LAYOUTS];

static ref_value mostly_apart(void) {
    return en_chance(90) ? ref_float(AMA_F4, (double)en_rnd() / 1e17) : en_any_float();
}

static void make_data(en_world *w, const int64_t *shape) {
    for (int i = 0; i < N_LAYOUTS; i++) {
        const en_part layout = en_step_layout(i, shape);
        en_make_field(w, &source[i], i, shape, &layout, mostly_apart);
    }
}

static void free_data(void) {
    for (int i = 0; i < N_LAYOUTS; i++) free(source[i].part[0].stored);
}

/* ---- promises */

static uint64_t hash_results(const job *j) {
    uint64_t h = EN_HASH;
    for (int i = 0; i < j->n_out; i++) {
        size_t n = (size_t)en_size(j->out[i]->ndim, j->out[i]->shape) * ama__dtype_bytes(j->out[i]->dtype);
        h = en_hash(h, j->data[i], n);
    }
    return h;
}

static int by_value(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float naive_median(int64_t n, float *v) {
    qsort(v, (size_t)n, sizeof *v, by_value);
    return n == 0 ? NAN : n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void check_median(float got, float want) {
    assert_true(isnan(want) ? isnan(got) : got == want);
}

/* The naive values, of one rank's copy. */
static void check_values(const job *j, const en_source *s) {
    int64_t n = en_size(3, s->shape), cells = s->shape[1] * s->shape[2], k = 0;
    float *column = malloc((size_t)n * sizeof *column);
    const float *x = s->part[0].stored;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(x[i])) column[k++] = x[i];
    check_median(*(float *)j->data[0], naive_median(k, column));
    for (int g = 0; g < 6; g++) {
        k = 0;
        for (int64_t i = 0; i < n; i++)
            if (i / cells % 11 != 3 && i / cells / 3 % 5 == g && !isnan(x[i])) column[k++] = x[i];
        check_median(((float *)j->data[3])[g], naive_median(k, column));
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

typedef struct told {
    int64_t peak_bytes;
    int counting, collecting; /* consumers, of first passes and of panels */
    int passes;               /* the most */
    uint64_t hash;
} told;

static told look(const ama__plan *p) {
    told t = {.peak_bytes = p->peak_bytes};
    for (int k = 0; k < p->n_stages; k++)
        for (int i = 0; i < p->stage[k].n_consumers; i++) {
            const ama__consumer *c = &p->stage[k].consumer[i];
            if (c->kind != AMA_CONSUME_REDUCE || !ama__red_collects(c->spec.op)) continue;
            t.counting += c->n_passes > 0 && c->pass == 0;
            t.collecting += c->n_passes == 0;
            if (c->n_passes > t.passes) t.passes = c->n_passes;
        }
    return t;
}

/* Runs under a budget (the error when there is one). */
static ama_status one_run(en_world *w, int layout, const options *o, told *out) {
    job j;
    ama_status status = prepare(&j, build, source[layout].part[0].path, o);
    if (status == AMA_OK) {
        size_t before = ama__mem_used(j.e.ctx);
        status = en_job_run(&j.e);
        if (status != AMA_OK) print_error("%s\n", ama__error_text(j.e.ctx));
        assert_int_equal(status, AMA_OK);
        check_promises(&j, before);
        if (w->rank == 0) check_values(&j, &source[layout]);
        *out = look(j.e.plan);
        out->hash = hash_results(&j);
        assert_true(out->peak_bytes <= o->budget);
    } else {
        assert_int_equal(status, AMA_ERR_BUDGET);
        assert_non_null(strstr(ama__error_text(j.e.ctx), "use --memory"));
    }
    en_job_close(&j.e, j.n_out, j.data);
    return status;
}

static void same_bits(void **state) {
    static const int64_t unit[] = {0, 20000};
    const int64_t shape[3] = {240, 30, 45};
    en_world w;
    (void)state;
    en_open(&w, "t834");
    make_data(&w, shape);
    for (int i = 0; i < N_LAYOUTS; i++) {
        told want, t;
        assert_int_equal(one_run(&w, i, &(options){1, (int64_t)1 << 30, 0, AMA_ORDER_COLLECT}, &want), AMA_OK);
        assert_true(want.counting == 0 && want.collecting == 5);
        for (int k = 0; k < 4; k++) {
            const options o = {1 + k % 2, (int64_t)1 << 30, unit[k / 2], AMA_ORDER_COUNT};
            assert_int_equal(one_run(&w, i, &o, &t), AMA_OK);
            assert_true(t.hash == want.hash);
            assert_true(t.counting == 5 && t.collecting == 0 && t.passes >= 2);
        }
    }
    free_data();
    en_close(&w);
}

/* Where the columns do not fit, passes of few enough counts do. */
static void budgets(void **state) {
    const int64_t shape[3] = {240, 40, 90};
    en_world w;
    (void)state;
    en_open(&w, "t834b");
    make_data(&w, shape);
    for (int i = 0; i < N_LAYOUTS; i++) {
        told want, t = {0};
        int instead = 0;
        assert_int_equal(one_run(&w, i, &(options){1, (int64_t)1 << 30, 50000, AMA_ORDER_COLLECT}, &want), AMA_OK);
        for (int64_t budget = (int64_t)14 << 20; budget >= 5 << 20; budget -= 3 << 20) {
            const options collect = {1, budget, 50000, AMA_ORDER_COLLECT}, any = {1, budget, 50000, AMA_ORDER_AUTO};
            bool fits = one_run(&w, i, &collect, &t) == AMA_OK;
            if (one_run(&w, i, &any, &t) != AMA_OK) {
                assert_false(fits);
                continue;
            }
            assert_true(t.hash == want.hash);
            instead += !fits;
            if (!fits) assert_true(t.counting > 0);
        }
        assert_true(instead > 0);
    }
    free_data();
    en_close(&w);
}

/* ---- the choice, of data that no one reads */

static void write_text(const char *dir, const char *name, const char *text) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void make_store(en_world *w, const char *path, int64_t steps) {
    char v[380], text[400];
    if (w->rank == 0) {
        snprintf(v, sizeof v, "%s/v", path);
        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(mkdir(v, 0755), 0);
        write_text(path, ".zgroup", "{\"zarr_format\": 2}");
        write_text(v, ".zattrs", "{\"_ARRAY_DIMENSIONS\": [\"a\", \"b\", \"c\"]}");
        snprintf(text, sizeof text,
                 "{\"zarr_format\": 2, \"shape\": [%lld, 180, 360], \"chunks\": [12, 180, 360], \"dtype\": \"<f4\","
                 " \"compressor\": null, \"fill_value\": null, \"filters\": null, \"order\": \"C\"}",
                 (long long)steps);
        write_text(v, ".zarray", text);
    }
    ama__comm_barrier(w->comm);
}

static ama_status build_one(job *j, bool all) {
    ama__node *x;
    ama__reduce_spec spec = {.op = AMA_RED_MEDIAN, .reduced = {true, all, all}, .label_axis = -1, .skipna = true};
    j->n_out = 1;
    AMA_TRY(source_node(j, &x));
    return ama__node_reduce(&j->e.g, x, &spec, &j->out[0]);
}

static ama_status build_all(job *j) {
    return build_one(j, true);
}

static ama_status build_time(job *j) {
    return build_one(j, false);
}

static ama_status plan_only(build_fn *make, const char *path, const options *o, told *t) {
    job j;
    ama_status status = prepare(&j, make, path, o);
    *t = (told){0};
    if (status == AMA_OK) *t = look(j.e.plan);
    en_job_close(&j.e, j.n_out, j.data);
    return status;
}

static void choices(void **state) {
    const int64_t much = (int64_t)1 << 40, little = (int64_t)256 << 20;
    char small[320], large[320];
    en_world w;
    told t;
    (void)state;
    en_open(&w, "t834c");
    snprintf(small, sizeof small, "%.200s/small", w.dir);
    snprintf(large, sizeof large, "%.200s/large", w.dir);
    make_store(&w, small, 4);
    make_store(&w, large, 12000);
    /* all values go to one rank: not where there are few of them, nor where there is but one */
    assert_int_equal(plan_only(build_all, small, &(options){1, much, 0, AMA_ORDER_AUTO}, &t), AMA_OK);
    assert_true(t.counting == 0);
    assert_int_equal(plan_only(build_all, large, &(options){1, much, 0, AMA_ORDER_AUTO}, &t), AMA_OK);
    assert_int_equal(t.counting, w.nranks > 1);
    /* nor does anything else fit */
    assert_int_equal(plan_only(build_all, large, &(options){1, little, 0, AMA_ORDER_COLLECT}, &t), AMA_ERR_BUDGET);
    assert_int_equal(plan_only(build_all, large, &(options){1, little, 0, AMA_ORDER_AUTO}, &t), AMA_OK);
    assert_true(t.counting == 1 && t.passes == 2 && t.peak_bytes <= little);
    assert_int_equal(plan_only(build_all, large, &(options){4, (int64_t)80 << 20, 0, AMA_ORDER_AUTO}, &t), AMA_OK);
    assert_true(t.counting == 1);
    /* columns of many cells are shared out over the ranks, or made in panels */
    assert_int_equal(plan_only(build_time, large, &(options){1, much, 0, AMA_ORDER_AUTO}, &t), AMA_OK);
    assert_true(t.counting == 0 && t.collecting == 1);
    assert_int_equal(plan_only(build_time, large, &(options){1, little, 0, AMA_ORDER_AUTO}, &t), AMA_OK);
    assert_true(t.counting == 0 && t.collecting > 1);
    en_close(&w);
}

/* ---- faults */

/* Fault number n, on all ranks or on the last one alone. False when there is no such place. */
static bool faulty_run(en_world *w, int layout, int64_t n, bool all) {
    const options o = {1, (int64_t)1 << 30, 600, AMA_ORDER_COUNT};
    char number[32];
    job j;
    snprintf(number, sizeof number, "%lld", (long long)n);
    bool mine = all || w->rank == w->nranks - 1;
    if (mine) setenv("AMA_FAULT", number, 1);
    ama_status status = prepare(&j, build, source[layout].part[0].path, &o);
    unsetenv("AMA_FAULT");
    if (status == AMA_OK) status = en_job_run(&j.e);
    assert_int_equal(ama__comm_max(w->comm, status), status);
    if (status != AMA_OK) assert_true(strlen(ama__error_text(j.e.ctx)) > 10);
    int64_t sites = ama__comm_max(w->comm, mine ? ama__fault_count(j.e.ctx) : 0);
    en_job_close(&j.e, j.n_out, j.data);
    if (status == AMA_OK) assert_true(sites < n);
    return status != AMA_OK;
}

static void faults(void **state) {
    const int64_t shape[3] = {9, 4, 5};
    en_world w;
    int64_t n = 1, m = 1;
    (void)state;
    en_open(&w, "t834f");
    make_data(&w, shape);
    if (w.nranks < 3) {
        while (faulty_run(&w, 1, n, true)) n++;
        while (w.nranks > 1 && faulty_run(&w, 1, m, false)) m++;
        assert_true(n > 50);
    }
    free_data();
    en_close(&w);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bits), cmocka_unit_test(budgets),
                                       cmocka_unit_test(choices), cmocka_unit_test(faults)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return failed;
}
