/* TEST: np=1,3 labels=mpi,store,fault
 * Partial work: after every injected fault what the journal notes as complete is so, the next run finds it and ends
 * with the output of a run without a break; what is not this output's is refused. */
#include "cmocka_all.h"

#include <sys/stat.h>

#include "store/journal.h"
#include "write_world.h"

static char whole[300], path[300]; /* whole: written without a journal */

static int setup(void **state) {
    static world w;
    sample s;
    *state = &w;
    if (world_open(&w, "t534", NULL)) return 1;
    snprintf(whole, sizeof whole, "%s/whole", w.dir);
    snprintf(path, sizeof path, "%s/out", w.dir);
    sample_init_some(&s, w.ctx, AMA_FORMAT_ZARR2, whole, true);
    bool failed = sample_write(&s, w.comm, NULL) != AMA_OK;
    sample_fini(&s);
    return (int)ama__comm_max(w.comm, failed);
}

static int teardown(void **state) {
    return world_close(*state, "rm -rf '%s'");
}

static bool same_files(const char *a, const char *b) {
    char x[4096], y[4096];
    FILE *f = fopen(a, "rb"), *g = fopen(b, "rb");
    assert_true(f && g);
    size_t n = fread(x, 1, sizeof x, f), m = fread(y, 1, sizeof y, g);
    assert_true(n > 0 && n < sizeof x); /* chunks are small */
    fclose(f);
    fclose(g);
    return n == m && memcmp(x, y, n) == 0;
}

/* The chunk files that the journal notes are those of the whole output, byte for byte. Rank 0. */
static void check_noted(const sample *s, const ama__journal *j) {
    char a[600], b[600];
    for (int v = 0; v < j->n_vars; v++)
        for (int64_t c = 0; j->done[v].bit && c < j->done[v].grid.n_chunks; c++) {
            int64_t index[AMA_MAX_DIMS];
            if (!ama__done_has(&j->done[v], c)) continue;
            ama__chunkgrid_index(&j->done[v].grid, c, index);
            int na = snprintf(a, sizeof a, "%s/store/%s/", j->folder, s->var[v].name);
            int nb = snprintf(b, sizeof b, "%s/%s/", whole, s->var[v].name);
            for (int d = 0; d < s->var[v].ndim; d++) {
                na += snprintf(a + na, sizeof a - (size_t)na, "%s%lld", d ? "." : "", (long long)index[d]);
                nb += snprintf(b + nb, sizeof b - (size_t)nb, "%s%lld", d ? "." : "", (long long)index[d]);
            }
            assert_true(same_files(a, b));
        }
}

/* One run with a journal in ctx. */
static ama_status write_with(ama_ctx *ctx, sample *s, ama__comm *comm, bool resume, int64_t *n_done) {
    ama__journal *j = NULL;
    ama_status status = ama__journal_open(ctx, comm, &s->spec, "input a 1\n", resume, &j);
    if (n_done) *n_done = j && j->found ? j->n_done : -1;
    s->spec.journal = j;
    if (status == AMA_OK) status = sample_write(s, comm, NULL);
    s->spec.journal = NULL;
    ama__journal_close(&j);
    return status;
}

static ama_status faulty_run(world *w, int n, int64_t *n_sites) {
    sample s;
    ama_ctx *quiet = ama__ctx_create(), *ctx = world_faulty(n); /* the sample's own memory is not to fail */
    ama__comm *comm = NULL;
    sample_init_some(&s, quiet, AMA_FORMAT_ZARR2, path, true);
    s.ctx = ctx;
    ama_status status = ama__comm_create(ctx, MPI_COMM_WORLD, &comm);
    if (status == AMA_OK) status = write_with(ctx, &s, comm, false, NULL);
    *n_sites = ama__comm_max(w->comm, ama__fault_count(ctx));
    assert_int_equal(ama__comm_max(w->comm, status), status); /* agreed */
    sample_fini(&s);
    ama__comm_destroy(&comm);
    assert_int_equal(ama__mem_used(ctx), 0);
    ama__ctx_destroy(&ctx);
    ama__ctx_destroy(&quiet);
    return status;
}

static void look_at_partial(world *w, int64_t *n_done) {
    sample s;
    ama__journal *j;
    sample_init_some(&s, w->ctx, AMA_FORMAT_ZARR2, path, true);
    assert_int_equal(ama__journal_open(w->ctx, w->comm, &s.spec, "input a 1\n", true, &j), AMA_OK);
    *n_done = j->n_done;
    if (w->root && j->found) check_noted(&s, j);
    ama__comm_barrier(w->comm);
    ama__journal_close(&j);
    sample_fini(&s);
}

static void resumed_after_every_fault(void **state) {
    world *w = *state;
    int64_t most = 0, n_done, n_sites;
    for (int n = 1;; n++) {
        ama_status status = faulty_run(w, n, &n_sites);
        if (status == AMA_OK) { /* a publish whose last step failed is complete too */
            world_shell(w, "diff -r '%s' '%s'", whole, path);
            world_shell(w, "rm -rf '%s'", path, "");
            if (n_sites < n) break;
            continue;
        }
        sample s;
        if (w->root) assert_int_not_equal(access(path, F_OK), 0);
        look_at_partial(w, &n_done);
        if (n_done > most) most = n_done;
        sample_init_some(&s, w->ctx, AMA_FORMAT_ZARR2, path, true);
        assert_int_equal(write_with(w->ctx, &s, w->comm, true, NULL), AMA_OK);
        sample_fini(&s);
        world_shell(w, "diff -r '%s' '%s'", whole, path);
        if (w->root) assert_int_equal(n_entries(w->dir), 2);
        world_shell(w, "rm -rf '%s'", path, "");
        assert_true(n < 5000);
    }
    assert_true(most > 20);
}

static void refused(void **state) {
    world *w = *state;
    sample s;
    ama__journal *j, *other;
    ama__writer *wr = NULL;
    sample_init_some(&s, w->ctx, AMA_FORMAT_ZARR2, path, true);
    assert_int_equal(ama__journal_open(w->ctx, w->comm, &s.spec, "input a 1\n", false, &j), AMA_OK);
    assert_false(j->found);
    s.spec.journal = j;
    assert_int_equal(ama__writer_create(w->ctx, w->comm, &s.spec, &wr), AMA_OK);
    assert_int_equal(ama__journal_open(w->ctx, w->comm, &s.spec, "input a 1\n", true, &other), AMA_ERR_ARG);
    assert_non_null(strstr(ama__error_text(w->ctx), "another run"));
    ama__error_clear(w->ctx);
    ama__writer_destroy(&wr); /* begun: it stays */
    ama__journal_close(&j);
    s.spec.journal = NULL;
    assert_int_equal(ama__journal_open(w->ctx, w->comm, &s.spec, "input a 2\n", true, &other), AMA_ERR_MISMATCH);
    assert_non_null(strstr(ama__error_text(w->ctx), "'input a 1' where this one has 'input a 2'"));
    ama__error_clear(w->ctx);
    s.var[4].grid.chunk[0]++;
    assert_int_equal(ama__journal_open(w->ctx, w->comm, &s.spec, "input a 1\n", true, &other), AMA_ERR_MISMATCH);
    ama__error_clear(w->ctx);
    s.var[4].grid.chunk[0]--;
    s.spec.format = AMA_FORMAT_NETCDF4;
    assert_int_equal(ama__journal_open(w->ctx, w->comm, &s.spec, "input a 1\n", true, &other), AMA_ERR_UNSUPPORTED);
    ama__error_clear(w->ctx);
    sample_fini(&s);
    world_shell(w, "rm -rf '%s/.out.amasia-partial'", w->dir, "");
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(resumed_after_every_fault), cmocka_unit_test(refused)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return 0;
}
