/* TEST: np=1,2,3 labels=mpi,fault
 * What a plan promises, measured: chunks and bytes fetched, memory held, the same bits under every budget. And nothing
 * left behind, nobody waiting, by injected faults at every place. */
#include "engine_job.h"

#include "plan/wants.h"
#include "amasia/amasia.h"

enum { N_LAYOUTS = 3 };

/* A run with a context of its own. */
typedef struct job {
    en_job e;
    ama__node *anomaly, *since, *turned, *series, *spread, *smooth;
    ama__dim dim[9];
    ama__stored_var var[3];
    ama__write_spec spec[3];
    ama__node *written[3], *gathered[3];
    ama__sink sink[4], *sinks[4];
    void *data[3];
    char path[3][320];
} job;

typedef struct options {
    int threads;
    int64_t budget_bytes, unit_bytes;
    ama__io_path io;
    int n_aggregators;
} options;

/* ---- the graph: a monthly anomaly, differences to the first step, a turned and thinned copy, three reductions, one of
 * them of windows */

static ama_status map2(ama__graph *g, ama__op op, ama__node *a, ama__node *b, bool broadcast, ama__node **out) {
    int8_t axis[2][AMA_MAX_DIMS];
    ama__node *in[2] = {a, b};
    memset(axis, -1, sizeof axis);
    for (int d = 0; d < 3; d++) {
        axis[0][d] = (int8_t)d;
        axis[1][d] = (int8_t)(broadcast ? d - 1 : d);
    }
    return ama__node_map(g, op, 2, in, (const int8_t(*)[AMA_MAX_DIMS])axis, 3, a->shape, out);
}

static ama_status build(job *j) {
    const ama__stored_var *v = &j->e.store->meta.var[0];
    ama__source_part part = {j->e.store, 0, {.stored = v->dtype, .dtype = v->dtype, .scale = 1}, 0, v->grid.shape[0]};
    ama__graph *g = &j->e.g;
    ama__node *x, *clim, *again, *first, *week;
    int64_t *label;
    AMA_TRY(ama__node_source(g, 0, 1, &part, &x));
    AMA_NEW(g->arena, label, x->shape[0]);
    for (int64_t i = 0; i < x->shape[0]; i++) label[i] = i / 3 % 12;
    ama__reduce_spec month = {.op = AMA_RED_MEAN, .label_axis = 0, .n_labels = 12, .label = label, .skipna = true};
    ama__reduce_spec area = {.op = AMA_RED_MEAN, .reduced = {false, true, true}, .label_axis = -1, .skipna = true};
    ama__reduce_spec time = {.op = AMA_RED_STD, .reduced = {true}, .label_axis = -1, .skipna = true};
    ama__pick pick[3];
    int64_t fixed[3] = {0, -1, -1};
    AMA_TRY(ama__node_reduce(g, x, &month, &clim));
    for (int d = 0; d < 3; d++) pick[d] = (ama__pick){.in_axis = d, .count = x->shape[d], .step = 1};
    pick[0].list = label;
    AMA_TRY(ama__node_index(g, clim, 3, pick, NULL, &again));
    AMA_TRY(map2(g, AMA_OP_SUB, x, again, false, &j->anomaly));
    AMA_TRY(ama__node_index(g, x, 2, pick + 1, fixed, &first));
    AMA_TRY(map2(g, AMA_OP_SUB, x, first, true, &j->since));
    const ama__pick turn[3] = {{.in_axis = 2, .count = x->shape[2] / 2, .start = x->shape[2] - 1, .step = -2},
                               {.in_axis = 0, .count = x->shape[0], .step = 1},
                               {.in_axis = 1, .count = x->shape[1], .step = 1}};
    AMA_TRY(ama__node_index(g, x, 3, turn, NULL, &j->turned));
    AMA_TRY(ama__node_reduce(g, j->anomaly, &area, &j->series));
    AMA_TRY(ama__node_reduce(g, x, &time, &j->spread));
    const ama__window_spec seven = {.op = AMA_RED_MEAN, .width = 7, .lo = 6, .skipna = true, .min_count = 5};
    const ama__reduce_spec most = {.op = AMA_RED_MAX, .reduced = {true}, .label_axis = -1, .skipna = true};
    AMA_TRY(ama__node_window(g, x, &seven, &week));
    return ama__node_reduce(g, week, &most, &j->smooth);
}

static void make_sinks(job *j, const char *dir) {
    static const ama__format format[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_CDF5, AMA_FORMAT_ZARR2};
    static const int64_t chunk[3][3] = {{10, 33, 47}, {0, 0, 0}, {13, 29, 31}};
    static const char *const dim_name[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    ama__node *const node[] = {j->anomaly, j->since, j->turned};
    for (int i = 0; i < 3; i++) {
        ama__stored_var *v = &j->var[i];
        snprintf(j->path[i], sizeof j->path[i], "%s/out%d", dir, i);
        *v = (ama__stored_var){.name = "v", .dtype = node[i]->dtype, .ndim = 3, .chunked = i != 1};
        for (int d = 0; d < 3; d++) {
            v->dim[d] = d;
            v->grid.chunk[d] = chunk[i][d];
            j->dim[3 * i + d] = (ama__dim){dim_name[3 * i + d], node[i]->shape[d], false};
        }
        if (i == 0) {
            v->pipeline.n = 2;
            v->pipeline.step[0] = (ama__codec_step){AMA_CODEC_SHUFFLE, 0, 0, 4, ""};
            v->pipeline.step[1] = (ama__codec_step){AMA_CODEC_DEFLATE, 1, 0, 4, ""};
        }
        j->spec[i] = (ama__write_spec){.format = format[i], .path = j->path[i]};
        j->spec[i].meta = (ama__meta){.n_dims = 3, .n_vars = 1, .dim = j->dim + 3 * i, .var = v};
        j->written[i] = node[i];
        j->sink[i] = (ama__sink){.kind = AMA_SINK_WRITE, .spec = &j->spec[i], .node = &j->written[i]};
        j->sinks[i] = &j->sink[i];
    }
    j->gathered[0] = j->series;
    j->gathered[1] = j->spread;
    j->gathered[2] = j->smooth;
    j->sink[3] = (ama__sink){.kind = AMA_SINK_GATHER, .node = j->gathered, .n_gather = 3, .data = j->data};
    j->sinks[3] = &j->sink[3];
}

/* ---- running */

/* Collective: everything up to the plan. */
static ama_status prepare(job *j, const char *in, const char *dir, const options *o) {
    memset(j, 0, sizeof *j);
    AMA_TRY(en_job_open(&j->e, in));
    AMA_TRY(ama__comm_agree(j->e.comm, build(j)));
    make_sinks(j, dir);
    return en_job_plan(&j->e,
                       (ama__plan_options){.threads = o->threads,
                                           .budget_bytes = o->budget_bytes,
                                           .unit_bytes = o->unit_bytes,
                                           .io = o->io,
                                           .n_aggregators = o->n_aggregators},
                       4, j->sinks);
}

/* ---- the data */

static en_source source[N_LAYOUTS];

static void make_data(en_world *w, const int64_t *shape) {
    static const ama__format format[] = {AMA_FORMAT_CDF5, AMA_FORMAT_NETCDF4, AMA_FORMAT_ZARR2};
    for (int i = 0; i < N_LAYOUTS; i++) {
        const en_part layout = {.format = format[i], .chunked = i > 0, .chunk = {7, 25, 33}};
        en_make_field(w, &source[i], i, shape, &layout, en_any_float);
    }
}

static void free_data(void) {
    for (int i = 0; i < N_LAYOUTS; i++) free(source[i].part[0].stored);
}

/* ---- what came out */

static uint64_t hash_outputs(en_world *w, job *j) {
    uint64_t h = EN_HASH;
    for (int i = 0; i < 3; i++)
        h = en_hash(h, j->data[i], (size_t)en_size(j->gathered[i]->ndim, j->gathered[i]->shape) * 4);
    for (int i = 0; i < 3; i++) {
        const ama__open_options oo = {0};
        ama__store *s;
        void *data;
        assert_int_equal(ama__store_open(w->ctx, w->comm, j->path[i], &oo, &s), AMA_OK);
        ama__store_var v = {s, ama__meta_find_var(&s->meta, "v")};
        assert_int_equal(ama__store_need_manifests(w->ctx, w->comm, 1, &v), AMA_OK);
        assert_int_equal(ama__store_read_whole(s, v.var, &data), AMA_OK);
        h = en_hash(h, data, (size_t)en_size(3, j->written[i]->shape) * 4);
        ama__mem_free(w->ctx, data);
        ama__store_close(&s);
    }
    return h;
}

static void check_promises(const job *j, size_t before) {
    int64_t decoded = 0, stored = 0, chunks = 0;
    for (int k = 0; k < j->e.plan->n_stages; k++) {
        decoded += j->e.plan->stage[k].decoded_bytes;
        stored += j->e.plan->stage[k].stored_bytes;
        chunks += j->e.plan->stage[k].chunks;
    }
    const ama__fetch_counts *f = &j->e.stats.fetched;
    assert_int_equal(ama__comm_sum(j->e.comm, f->raw_bytes), decoded);
    bool table = j->e.store->manifest[0].kind == AMA_MANIFEST_TABLE;
    bool together = j->e.plan->options.io != AMA_PATH_POSIX && j->e.store->manifest[0].kind != AMA_MANIFEST_FILES;
    bool two_phase =
        j->e.plan->options.io == AMA_PATH_TWO_PHASE; /* Zarr too, of which the plan knows no stored bytes */
    if (together && j->e.plan->options.io == AMA_PATH_LIBRARY)
        assert_int_equal(ama__comm_sum(j->e.comm, f->stored_bytes), 0); /* nothing was left to posix */
    else if (table || together)
        assert_int_equal(ama__comm_sum(j->e.comm, f->stored_bytes), stored);
    if (two_phase) {
        int n = j->e.plan->options.n_aggregators ? j->e.plan->options.n_aggregators : 1; /* all ranks are on one node */
        assert_true(ama__comm_sum(j->e.comm, f->file_bytes > 0) <= n);
        int64_t read = ama__comm_sum(j->e.comm, f->file_bytes);
        assert_true(read > 0 && (together || read <= ama__comm_sum(j->e.comm, f->stored_bytes)));
    }
    if (ama__part_is_chunked(&(ama__source_part){.store = j->e.store}))
        assert_int_equal(ama__comm_sum(j->e.comm, f->n_chunks), chunks);
    int64_t held = ama__comm_max(j->e.comm, (int64_t)(ama__mem_peak(j->e.ctx) - before));
    if (getenv("ENGINE_SHOW") && ama__comm_rank(j->e.comm) == 0)
        print_message("planned %.1f MiB, held %.1f MiB, fetched %.1f MiB in %d stages\n",
                      (double)(j->e.plan->peak_bytes - j->e.plan->held_bytes) / 1048576, (double)held / 1048576,
                      (double)decoded / 1048576, j->e.plan->n_stages);
    if (getenv("ENGINE_SHOW") && ama__comm_rank(j->e.comm) == 0) {
        for (int c = 0; c < AMA_MEM_N; c++)
            print_message(" %s %.1f", ama__mem_category_name((ama__mem_category)c),
                          (double)ama__mem_category_peak(j->e.ctx, (ama__mem_category)c) / 1048576);
        ama__text t;
        ama__text_init(&t, j->e.ctx);
        ama__plan_print(j->e.plan, &t);
        print_message("\n%s\n", ama__text_get(&t));
        ama__text_fini(&t);
    }
    assert_true((double)held <= 1.2 * (double)(j->e.plan->peak_bytes - j->e.plan->held_bytes) + (1 << 20));
}

static void promises(void **state) {
    static const int64_t unit[] = {0, 300000, 1 << 20};
    const int64_t shape[3] = {72, 100, 150};
    en_world w;
    (void)state;
    en_open(&w, "t831");
    make_data(&w, shape);
    for (int u = 0; u < 3; u++)
        for (int i = 0; i < N_LAYOUTS; i++) {
            uint64_t hash = 0;
            int64_t least = 0;
            /* 1 GiB, the least that does, less than that; 1 GiB again, read in two phases by one rank or by three, by
             * MPI-IO, by the libraries */
            for (int b = 0; b < 7; b++) {
                options o = {1 + b % 2,
                             b == 1   ? least
                             : b == 2 ? 2 << 20
                                      : (int64_t)1 << 30,
                             unit[u],
                             b > 5   ? AMA_PATH_LIBRARY
                             : b > 4 ? AMA_PATH_MPIIO
                             : b > 2 ? AMA_PATH_TWO_PHASE
                                     : AMA_PATH_POSIX,
                             3 * (b > 3)};
                job j;
                ama_status status = prepare(&j, source[i].part[0].path, w.dir, &o);
                if (b == 1 && status == AMA_ERR_BUDGET) { /* two threads need more than one */
                    en_job_close(&j.e, 3, j.data);
                    o.budget_bytes *= 2;
                    status = prepare(&j, source[i].part[0].path, w.dir, &o);
                }
                if (b == 2) {
                    assert_int_equal(status, AMA_ERR_BUDGET);
                    assert_non_null(strstr(ama__error_text(j.e.ctx), "use --memory"));
                    en_job_close(&j.e, 3, j.data);
                    continue;
                }
                assert_int_equal(status, AMA_OK);
                size_t before = ama__mem_used(j.e.ctx);
                status = en_job_run(&j.e);
                if (status != AMA_OK) print_error("%s\n", ama__error_text(j.e.ctx));
                assert_int_equal(status, AMA_OK);
                check_promises(&j, before);
                least = j.e.plan->peak_bytes;
                uint64_t h = hash_outputs(&w, &j);
                if (b > 0) assert_true(h == hash);
                hash = h;
                for (int k = 0; k < 3; k++) en_remove(&w, j.path[k]);
                en_job_close(&j.e, 3, j.data);
            }
        }
    free_data();
    en_close(&w);
}

/* ---- faults */

/* Fault number n, on all ranks or on the last one alone. False when there is no such place. */
static bool faulty_run(en_world *w, int layout, const char *out_dir, int64_t n, bool all, ama__io_path io) {
    char number[32];
    const options o = {1, (int64_t)1 << 30, 600, io, 2};
    job j;
    snprintf(number, sizeof number, "%lld", (long long)n);
    bool mine = all || w->rank == w->nranks - 1;
    if (mine) setenv("AMA_FAULT", number, 1);
    ama_status status = prepare(&j, source[layout].part[0].path, out_dir, &o);
    unsetenv("AMA_FAULT");
    if (status == AMA_OK) status = en_job_run(&j.e);
    assert_int_equal(ama__comm_max(w->comm, status), status);
    ama__comm_barrier(w->comm);
    if (status != AMA_OK) {
        assert_true(strlen(ama__error_text(j.e.ctx)) > 10);
        /* outputs are renamed one after another: when a rename fails, those before it are complete and stay */
        bool renaming = strncmp(ama__error_text(j.e.ctx), "rename", 6) == 0;
        if (!renaming && en_entries(out_dir) != 0)
            print_error("fault %lld: %s\n", (long long)n, ama__error_text(j.e.ctx));
        assert_true(renaming ? en_entries(out_dir) < 3 : en_entries(out_dir) == 0);
    }
    int64_t sites = ama__comm_max(w->comm, mine ? ama__fault_count(j.e.ctx) : 0);
    ama__comm_barrier(w->comm);
    for (int k = 0; j.e.plan && k < 3; k++) en_remove(w, j.path[k]);
    en_job_close(&j.e, 3, j.data);
    if (status == AMA_OK) assert_true(sites < n);
    return status != AMA_OK;
}

static void faults(void **state) {
    const int64_t shape[3] = {9, 8, 10};
    char out_dir[320];
    en_world w;
    (void)state;
    en_open(&w, "t831f");
    make_data(&w, shape);
    snprintf(out_dir, sizeof out_dir, "%.200s/out", w.dir);
    char command[400];
    snprintf(command, sizeof command, "mkdir '%s'", out_dir);
    if (w.rank == 0) assert_int_equal(system(command), 0);
    ama__comm_barrier(w.comm);
    for (int k = 0; k < 4 * N_LAYOUTS; k++) {
        int64_t n = 1, m = 1;
        int i = k / 4;
        ama__io_path io = (ama__io_path)(k % 4);
        bool mpi = io > AMA_PATH_TWO_PHASE;      /* more of its faults: t521 */
        if (mpi && i == N_LAYOUTS - 1) continue; /* Zarr: as by posix */
        while ((!mpi || w.nranks == 1) && faulty_run(&w, i, out_dir, n, true, io)) n++;
        while (w.nranks > 1 && faulty_run(&w, i, out_dir, m, false, io)) m++;
        if (w.rank == 0)
            print_message("layout %d: %lld faults on all ranks, %lld on one\n", i, (long long)n - 1, (long long)m - 1);
    }
    free_data();
    en_close(&w);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(promises), cmocka_unit_test(faults)};
    ama_mpi_guard();
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return failed;
}
