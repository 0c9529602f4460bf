/* TEST: np=1,2,3,4,7 labels=mpi
 * Ranks below and above random operations on sources of every layout, as columns put together over all ranks: the
 * values are compared with naive ones; then budget after budget is taken away, each leaving just too little for the
 * plan before, and the bits are compared, and the chunks and bytes that are fetched with what the plan says. */
#include "engine_scan.h"

enum { N_SOURCES = 16, MOST_OUT = 4 };

static en_source source[N_SOURCES];
static int n_turning, n_several; /* plans with turns; with more than one */

/* ---- a case */

static void add_any(en_graph *eg) {
    int k = eg->n - 1;
    switch (en_below(5)) {
    case 0: en_add_index(eg, k); break;
    case 1: en_add_window(eg, k); break;
    case 2: en_add_reduce(eg, k); break;
    default: en_add_map(eg, k); break;
    }
}

static void draw(en_graph *eg, en_world *w, uint64_t number) {
    en_seed(20261126, number);
    en_graph_open(eg, w, 9000);
    for (int i = 1 + (int)en_below(2); i > 0; i--) {
        ama__node *node;
        void *data = en_source_node(&eg->g, &source[en_below(N_SOURCES)], &node);
        en_add(eg, node, data);
    }
    if (en_chance(40)) add_any(eg);
    for (int i = 1 + (int)en_below(2); i > 0; i--)
        if (eg->node[eg->n - 1].node->ndim > 0) en_add_ranks(eg, eg->n - 1);
    for (int i = (int)en_below(3); i > 0; i--) add_any(eg);
}

/* ---- runs */

typedef struct outcome {
    int n, node[MOST_OUT];
    void *data[MOST_OUT];
} outcome;

static void drop(en_world *w, outcome *o) {
    for (int i = 0; i < o->n; i++) ama__mem_free(w->ctx, o->data[i]);
}

static void check_plan(const ama__plan *p) {
    for (int k = 0; k < p->n_stages; k++) {
        n_turning += p->stage[k].n_turns > 0;
        n_several += p->stage[k].n_turns > 1;
    }
}

/* BUDGET, or everything is as planned. with->budget_bytes is in addition to what is in use, of which earlier plans are
 * a part; afterwards the plan would just not have fitted into it. */
static ama_status run(const en_graph *eg, ama__plan_options *with, outcome *o) {
    ama__plan_options po = *with;
    en_world *w = eg->w;
    ama__node *node[MOST_OUT];
    ama__sink sink = {.kind = AMA_SINK_GATHER, .node = node, .data = o->data}, *sinks = &sink;
    ama__plan *p;
    const ama__exec_options eo = {0};
    ama__exec_stats stats;
    int64_t used = ama__comm_max(w->comm, (int64_t)ama__mem_used(w->ctx));
    po.budget_bytes += used;
    memset(o->data, 0, sizeof o->data);
    sink.n_gather = o->n = eg->n < MOST_OUT ? eg->n : MOST_OUT;
    for (int i = 0; i < o->n; i++) {
        o->node[i] = eg->n - 1 - i;
        node[i] = eg->node[o->node[i]].node;
    }
    ama_status status = ama__plan_make((ama__graph *)&eg->g, w->comm, &po, 1, &sinks, &p);
    if (status == AMA_ERR_BUDGET) ama__error_clear(w->ctx);
    if (status != AMA_OK) return status;
    check_plan(p);
    assert_true(p->peak_bytes <= po.budget_bytes);
    with->budget_bytes = p->peak_bytes - used - 1;
    assert_int_equal(ama__exec_run(w->ctx, w->comm, p, &eo, &stats), AMA_OK);
    int64_t chunks = 0, decoded = 0;
    for (int k = 0; k < p->n_stages; k++) chunks += p->stage[k].chunks, decoded += p->stage[k].decoded_bytes;
    assert_int_equal(ama__comm_sum(w->comm, stats.fetched.n_chunks), chunks);
    assert_int_equal(ama__comm_sum(w->comm, stats.fetched.raw_bytes), decoded);
    return AMA_OK;
}

static void check_values(const en_graph *eg, const outcome *o, uint64_t number) {
    for (int i = 0; i < o->n; i++) {
        const en_node *e = &eg->node[o->node[i]];
        int64_t at = en_first_wrong(e, e->node->dtype, o->data[i]);
        if (at >= 0) fail_msg("case %d, array %d, element %d is wrong", (int)number, i, (int)at);
    }
}

static void check_bits(const en_graph *eg, const outcome *a, const outcome *b, uint64_t number, int64_t budget) {
    for (int i = 0; i < a->n; i++) {
        const ama__node *n = eg->node[a->node[i]].node;
        if (memcmp(a->data[i], b->data[i], (size_t)en_node_size(n) * ama__dtype_bytes(n->dtype)) != 0)
            fail_msg("case %d, array %d: bits differ with %d bytes", (int)number, i, (int)budget);
    }
}

static void one_case(en_world *w, uint64_t number) {
    static const int64_t unit[] = {100, 400, 1500};
    en_graph eg;
    outcome first, other;
    draw(&eg, w, number);
    ama__plan_options po = {.nranks = w->nranks, .threads = 1, .budget_bytes = (int64_t)1 << 30};
    po.unit_bytes = unit[en_below(3)];
    assert_int_equal(run(&eg, &po, &first), AMA_OK);
    check_values(&eg, &first, number);
    for (int k = 0; k < 4; k++) {
        po.io = k == 2 ? AMA_PATH_TWO_PHASE : AMA_PATH_POSIX;
        if (k == 3) po.threads = 2, po.budget_bytes = (int64_t)1 << 30;
        if (run(&eg, &po, &other) != AMA_OK) continue;
        check_bits(&eg, &first, &other, number, po.budget_bytes);
        drop(w, &other);
    }
    drop(w, &first);
    en_graph_close(&eg);
}

static void random_turns(void **state) {
    en_world w;
    (void)state;
    en_open(&w, "t835");
    en_seed(20261126, 0);
    for (int i = 0; i < N_SOURCES; i++) {
        int64_t shape[EN_DIMS];
        int ndim = 2 + (int)en_below(2);
        for (int a = 0; a < ndim; a++) shape[a] = ndim == 2 ? 20 + en_below(50) : 6 + en_below(15);
        en_make_source(&w, i, ndim, shape, &source[i]);
    }
    uint64_t n = w.nranks == 1 ? 100 : w.nranks == 2 ? 60 : 30;
    for (uint64_t k = 1; k <= n; k++) one_case(&w, k);
    print_message("%d stages in turns, %d of them in several\n", n_turning, n_several);
    assert_true(n_turning > (int)n / 2);
    assert_true(n_several > 5);
    for (int i = 0; i < N_SOURCES; i++) en_free_source(&source[i]);
    en_close(&w);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_turns)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return failed;
}
