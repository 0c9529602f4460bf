/* TEST: np=1,2,3,4,7 labels=mpi
 * Random graphs through plan and exec: sources of every layout, constants, maps, indexing, reductions, running sums and
 * concatenation, gathered and written. The values are compared with naive ones; the bits with those of other thread
 * numbers, tile sizes and of one rank alone. ENGINE_SEED and ENGINE_CASE run one case again. */
#include "engine_scan.h"

enum { N_SOURCES = 24, N_WRITES = 3, MAX_SINKS = 6 };

static en_source source[N_SOURCES];

/* ---- a case: sinks, and how to run them */

typedef struct output {
    int node;
    bool chunked, open_chunks; /* open: the plan chooses the chunk shape */
    int64_t chunk[AMA_MAX_DIMS];
    ama__pipeline pipeline;
} output;

typedef struct file {
    ama__format format;
    int n;
    output var[MAX_SINKS];
} file;

typedef struct random_case {
    uint64_t seed, number;
    en_graph eg;
    int n_gather, gather[MAX_SINKS];
    int n_files;
    file file[N_WRITES];
} random_case;

typedef struct how {
    int threads;
    int64_t unit_bytes, tile_bytes; /* tile_bytes 0: the plan's */
    ama__order_way order;
} how;

/* Arrays of one run: what was gathered, then what was written, as malloc'ed copies with their dtypes. */
typedef struct results {
    int n;
    int node[MAX_SINKS * 4];
    ama_dtype dtype[MAX_SINKS * 4];
    void *data[MAX_SINKS * 4];
} results;

static void results_add(results *r, int node, ama_dtype t, const void *data, int64_t n) {
    size_t bytes = (size_t)n * ama__dtype_bytes(t);
    r->node[r->n] = node;
    r->dtype[r->n] = t;
    r->data[r->n] = malloc(bytes + 1);
    if (bytes) memcpy(r->data[r->n], data, bytes);
    r->n++;
}

static void results_free(results *r) {
    for (int i = 0; i < r->n; i++) free(r->data[i]);
    r->n = 0;
}

/* ---- drawing */

static void draw_output(en_graph *eg, file *f, int node) {
    output *o = &f->var[f->n++];
    const ama__node *n = eg->node[node].node;
    bool classic = f->format == AMA_FORMAT_CDF5;
    *o = (output){.node = node, .chunked = !classic && n->ndim > 0 && en_chance(75)};
    o->open_chunks = o->chunked && en_chance(25);
    for (int a = 0; a < n->ndim; a++) o->chunk[a] = 1 + en_below(n->shape[a]);
    ama__stored_var v = {.dtype = n->dtype};
    if (o->chunked) en_compress(&v, f->format);
    o->pipeline = v.pipeline;
}

static void draw_sinks(random_case *c) {
    static const ama__format format[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_CDF5, AMA_FORMAT_ZARR2};
    en_graph *eg = &c->eg;
    int n = 1 + (int)en_below(MAX_SINKS - 1);
    c->n_files = (int)en_below(N_WRITES + 1);
    for (int i = 0; i < c->n_files; i++) c->file[i].format = format[en_below(3)];
    for (int i = 0; i < n; i++) {
        int k = en_chance(60) ? eg->n - 1 - (int)en_below(eg->n < 3 ? eg->n : 3) : (int)en_below(eg->n);
        file *f = c->n_files && en_chance(60) ? &c->file[en_below(c->n_files)] : NULL;
        if (f && en_node_size(eg->node[k].node) > 0)
            draw_output(eg, f, k);
        else
            c->gather[c->n_gather++] = k;
    }
}

static void draw_case(random_case *c, en_world *w, uint64_t seed, uint64_t number) {
    memset(c, 0, sizeof *c);
    c->seed = seed;
    c->number = number;
    en_seed(seed, number);
    en_graph *eg = &c->eg;
    en_graph_open(eg, w, 6000);
    int n_sources = 1 + (int)en_below(3), n_ops = 1 + (int)en_below(7);
    for (int i = 0; i < n_sources; i++) {
        ama__node *node;
        void *data = en_source_node(&eg->g, &source[en_below(N_SOURCES)], &node);
        en_add(eg, node, data);
    }
    const ama__node *first = eg->node[0].node;
    if (en_chance(50)) en_add_const(eg, first->ndim > 0 && en_chance(70) ? 1 : 0, first->shape);
    for (int i = 0; i < n_ops && eg->n + 10 < EN_NODES; i++) {
        int k = en_chance(60) ? eg->n - 1 : (int)en_below(eg->n);
        switch (en_below(9)) {
        case 0: en_add_index(eg, k); break;
        case 1:
        case 2:
        case 3: en_add_reduce(eg, k); break;
        case 4: en_add_scan(eg, k); break;
        case 5: en_add_concat(eg, k); break;
        case 6: en_add_window(eg, k); break;
        default: en_add_map(eg, k); break;
        }
    }
    draw_sinks(c);
}

/* ---- running */

/* The tiles a test wants instead of the plan's, and the rounds they make. */
static void set_tiles(ama__plan *p, int64_t tile_bytes) {
    for (int k = 0; k < p->n_stages; k++) {
        ama__stage *s = &p->stage[k];
        s->tile_bytes = tile_bytes;
        s->n_rounds = 0;
        for (int r = 0; r < p->options.nranks; r++) {
            int64_t rounds = 0;
            for (int64_t u = s->rank_first[r]; u < s->rank_first[r + 1]; u++) {
                int64_t unit[AMA_MAX_DIMS];
                ama__stage_unit(s, u, unit);
                ama__box box = ama__stage_unit_box(s, unit);
                int64_t x = s->ndim ? box.start[0] : 0, end = s->ndim ? x + box.count[0] : 1;
                for (; x < end; rounds++) x = ama__stage_tile_end(s, &box, x);
            }
            if (rounds > s->n_rounds) s->n_rounds = rounds;
        }
    }
}

typedef struct written { /* a write spec and what it points to */
    ama__write_spec spec;
    ama__dim dim[MAX_SINKS * AMA_MAX_DIMS];
    ama__stored_var var[MAX_SINKS];
    ama__node *node[MAX_SINKS];
    char name[MAX_SINKS][16], dim_name[MAX_SINKS * AMA_MAX_DIMS][24], path[320];
} written;

static void make_spec(const random_case *c, int number, const char *dir, const char *suffix, written *x) {
    const file *f = &c->file[number];
    memset(x, 0, sizeof *x);
    snprintf(x->path, sizeof x->path, "%.200s/out%d%s", dir, number, suffix);
    x->spec = (ama__write_spec){.format = f->format, .path = x->path};
    ama__meta *m = &x->spec.meta;
    m->dim = x->dim;
    m->var = x->var;
    for (int i = 0; i < f->n; i++) {
        const output *o = &f->var[i];
        ama__node *n = c->eg.node[o->node].node;
        ama__stored_var *v = &x->var[m->n_vars++];
        snprintf(x->name[i], sizeof x->name[i], "v%d", i);
        *v = (ama__stored_var){
            .name = x->name[i], .dtype = n->dtype, .ndim = n->ndim, .chunked = o->chunked, .pipeline = o->pipeline};
        for (int a = 0; a < n->ndim; a++) {
            snprintf(x->dim_name[m->n_dims], sizeof x->dim_name[0], "d%d_%d", i, a);
            x->dim[m->n_dims] = (ama__dim){x->dim_name[m->n_dims], n->shape[a], false};
            v->dim[a] = m->n_dims++;
            v->grid.chunk[a] = o->open_chunks ? 0 : o->chunk[a];
        }
        x->node[i] = n;
    }
}

static void complain(const random_case *c, const char *what) {
    print_error("ENGINE_SEED=%llu ENGINE_CASE=%llu: %s\n", (unsigned long long)c->seed, (unsigned long long)c->number,
                what);
}

static void require_ok(const random_case *c, ama_status status, const char *what) {
    if (status == AMA_OK) return;
    complain(c, what);
    print_error("  status %d: %s\n", status, ama__error_text(c->eg.w->ctx));
    fail();
}

static void read_back(const random_case *c, ama__comm *comm, int number, const written *x, results *out) {
    const ama__open_options o = {0};
    ama_ctx *ctx = c->eg.w->ctx;
    ama__store *s;
    require_ok(c, ama__store_open(ctx, comm, x->path, &o, &s), "opening an output");
    for (int i = 0; i < c->file[number].n; i++) {
        ama__store_var v = {s, ama__meta_find_var(&s->meta, x->name[i])};
        void *data;
        assert_true(v.var >= 0);
        require_ok(c, ama__store_need_manifests(ctx, comm, 1, &v), "manifest of an output");
        require_ok(c, ama__store_read_whole(s, v.var, &data), "reading an output");
        results_add(out, c->file[number].var[i].node, s->meta.var[v.var].dtype, data, en_node_size(x->node[i]));
        ama__mem_free(ctx, data);
    }
    ama__store_close(&s);
}

static void run_case(const random_case *c, ama__comm *comm, const how *h, const char *suffix, results *out) {
    static written x[N_WRITES];
    en_world *w = c->eg.w;
    ama__graph *g = (ama__graph *)&c->eg.g;
    ama__sink sink[N_WRITES + 1] = {0}, *sinks[N_WRITES + 1];
    ama__node *gathered[MAX_SINKS];
    void *data[MAX_SINKS] = {NULL};
    int n = 0;
    ama__plan *p;
    ama__plan_options po = {ama__comm_nranks(comm), h->threads, (int64_t)1 << 40, h->unit_bytes, h->threads - 1,
                            AMA_PATH_POSIX,         0,          h->order,         false};
    const ama__exec_options eo = {0};
    ama__exec_stats stats;
    for (int i = 0; i < c->n_gather; i++) gathered[i] = c->eg.node[c->gather[i]].node;
    if (c->n_gather) {
        sink[n] = (ama__sink){.kind = AMA_SINK_GATHER, .node = gathered, .n_gather = c->n_gather, .data = data};
        sinks[n] = &sink[n], n++;
    }
    for (int i = 0; i < c->n_files; i++) {
        make_spec(c, i, w->dir, suffix, &x[i]);
        sink[n] = (ama__sink){.kind = AMA_SINK_WRITE, .spec = &x[i].spec, .node = x[i].node};
        sinks[n] = &sink[n], n++;
    }
    require_ok(c, ama__plan_make(g, comm, &po, n, sinks, &p), "plan");
    if (h->tile_bytes) set_tiles(p, h->tile_bytes);
    require_ok(c, ama__exec_run(w->ctx, comm, p, &eo, &stats), "run");
    out->n = 0;
    for (int i = 0; i < c->n_gather; i++) {
        results_add(out, c->gather[i], gathered[i]->dtype, data[i], en_node_size(gathered[i]));
        ama__mem_free(w->ctx, data[i]);
    }
    for (int i = 0; i < c->n_files; i++) read_back(c, comm, i, &x[i], out);
    if (ama__comm_nranks(comm) > 1) ama__comm_barrier(comm);
    for (int i = 0; i < c->n_files && ama__comm_rank(comm) == 0; i++) {
        char command[400];
        snprintf(command, sizeof command, "rm -rf '%s'", x[i].path);
        assert_int_equal(x[i].spec.format == AMA_FORMAT_ZARR2 ? system(command) : unlink(x[i].path), 0);
    }
}

/* ---- comparing */

static const char *kind_name(const ama__node *n) {
    static const char *const name[] = {"source", "const", "map", "index", "reduce", "scan", "concat", "window"};
    return n->kind == AMA_NODE_MAP      ? ama__op_name(n->u.map.op)
           : n->kind == AMA_NODE_REDUCE ? ama__red_name(n->u.reduce.spec.op)
           : n->kind == AMA_NODE_WINDOW ? ama__red_name(n->u.window.spec.op)
                                        : name[n->kind];
}

static void print_node(const ama__node *n, int depth) {
    print_error("  %*s%s %s (", depth * 2, "", kind_name(n), ama__dtype_name(n->dtype));
    for (int a = 0; a < n->ndim; a++) print_error("%lld ", (long long)n->shape[a]);
    print_error(")");
    if (n->kind == AMA_NODE_REDUCE) {
        const ama__reduce_spec *s = &n->u.reduce.spec;
        for (int a = 0; a < n->u.reduce.in->ndim; a++)
            print_error("%s", s->reduced[a] ? "r" : a == s->label_axis ? "l" : "k");
        print_error(" skipna %d empty_nan %d min_count %d", s->skipna, s->empty_nan, (int)s->min_count);
    }
    for (int a = 0; n->kind == AMA_NODE_INDEX && a < n->ndim; a++) {
        const ama__pick *p = &n->u.index.pick[a];
        print_error(" [axis %d: %lld + %lld i%s", p->in_axis, (long long)p->start, (long long)p->step,
                    p->list ? "" : "]");
        for (int64_t i = 0; p->list && i < p->count; i++) print_error(" %lld", (long long)p->list[i]);
        if (p->list) print_error("]");
    }
    for (int a = 0; n->kind == AMA_NODE_INDEX && a < n->u.index.in->ndim; a++)
        print_error(" fixed %lld", (long long)n->u.index.fixed[a]);
    for (int k = 0; n->kind == AMA_NODE_MAP && k < n->u.map.n_in; k++)
        for (int a = 0; a < n->ndim; a++) print_error("%s%d", a ? "," : " axes ", n->u.map.axis[k][a]);
    if (n->kind == AMA_NODE_WINDOW) {
        const ama__window_spec *s = &n->u.window.spec;
        print_error(" of windows axis %d width %lld lo %lld skipna %d min_count %lld", s->axis, (long long)s->width,
                    (long long)s->lo, s->skipna, (long long)s->min_count);
    }
    print_error("\n");
    if (n->kind == AMA_NODE_SCAN) {
        const ama__scan_spec *s = &n->u.scan.spec;
        print_error("  %*s  axis %d product %d rank %d pct %d skipna %d cuts", depth * 2, "", s->axis, s->product,
                    s->rank, s->pct, s->skipna);
        for (int64_t i = 0; i <= s->n_segments; i++) print_error(" %lld", (long long)s->cut[i]);
        print_error("\n");
    }
    ama__node *const *in;
    for (int k = 0, m = ama__node_inputs(n, &in); k < m; k++) print_node(in[k], depth + 1);
}

static void check_values(const random_case *c, const results *r, const how *h) {
    for (int i = 0; i < r->n; i++) {
        const en_node *e = &c->eg.node[r->node[i]];
        int64_t at = en_first_wrong(e, r->dtype[i], r->data[i]);
        if (at < 0) continue;
        ref_value got = ref_get(r->dtype[i], r->data[i], at), want = ref_get(e->node->dtype, e->data, at);
        complain(c, "a value is wrong");
        print_error(
            "  array %d%s, element %lld: got %.17g / %lld, want %.17g / %lld; threads %d, unit %lld, tile %lld\n", i,
            i < c->n_gather ? "" : " (written)", (long long)at, got.f, (long long)got.i, want.f, (long long)want.i,
            h->threads, (long long)h->unit_bytes, (long long)h->tile_bytes);
        print_node(e->node, 0);
        fail();
    }
}

static void check_bits(const random_case *c, const results *a, const results *b, const char *what) {
    assert_int_equal(a->n, b->n);
    for (int i = 0; i < a->n; i++) {
        const ama__node *n = c->eg.node[a->node[i]].node;
        assert_int_equal(a->dtype[i], b->dtype[i]);
        if (memcmp(a->data[i], b->data[i], (size_t)en_node_size(n) * ama__dtype_bytes(a->dtype[i])) == 0) continue;
        complain(c, what);
        print_node(n, 0);
        fail();
    }
}

/* ---- the test */

static void one_case(en_world *w, uint64_t seed, uint64_t number) {
    static const int64_t unit[] = {0, 300, 1500, 4096, 100000}, tile[] = {1, 600, 5000};
    random_case c;
    results first, other;
    size_t before = ama__mem_used(w->ctx);
    draw_case(&c, w, seed, number);
    how h = {1, unit[en_below(5)], 0, AMA_ORDER_AUTO};
    run_case(&c, w->comm, &h, "", &first);
    check_values(&c, &first, &h);
    h.threads = 1 + (int)en_below(3);
    h.tile_bytes = tile[en_below(3)];
    h.order = en_chance(70) ? AMA_ORDER_COUNT : AMA_ORDER_COLLECT;
    run_case(&c, w->comm, &h, "", &other);
    check_bits(&c, &first, &other, "bits differ with threads, tiles or the way of order statistics");
    results_free(&other);
    if (w->nranks > 1) {
        ama__comm_barrier(w->comm);
        if (w->rank == 0) {
            h = (how){1, h.unit_bytes, 0, AMA_ORDER_AUTO};
            run_case(&c, w->self, &h, "self", &other);
            check_bits(&c, &first, &other, "bits differ from those of one rank");
            results_free(&other);
        }
    }
    results_free(&first);
    en_graph_close(&c.eg);
    if (ama__mem_used(w->ctx) != before) {
        complain(&c, "memory is still in use");
        fail();
    }
}

/* What a store makes once, when a plan first asks for it, and holds until it is closed: not a case's memory. */
static void need_manifests(en_world *w, const en_source *s) {
    for (int i = 0; i < s->n_parts; i++) {
        ama__store_var v = {s->part[i].store, ama__meta_find_var(&s->part[i].store->meta, "v")};
        assert_int_equal(ama__store_need_manifests(w->ctx, w->comm, 1, &v), AMA_OK);
    }
}

static void random_graphs(void **state) {
    en_world w;
    (void)state;
    const char *one = getenv("ENGINE_CASE"), *seed_text = getenv("ENGINE_SEED"), *many = getenv("ENGINE_CASES");
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : 20261123;
    en_open(&w, "t830");
    en_seed(seed, 0);
    int64_t extent[4] = {23, 7, 11, 5};
    for (int i = 0; i < N_SOURCES; i++) {
        int64_t shape[EN_DIMS];
        int ndim = i < 3 ? i : 1 + (int)en_below(4);
        for (int a = 0; a < ndim; a++) shape[a] = i % 2 ? 1 + en_below(20 - 4 * ndim) : extent[(a + i / 8) % 4];
        en_make_source(&w, i, ndim, shape, &source[i]);
        need_manifests(&w, &source[i]);
    }
    int64_t n = one ? 1 : many ? strtoll(many, NULL, 10) : w.nranks > 3 ? 100 : 300;
    for (int64_t k = 0; k < n; k++) one_case(&w, seed, one ? strtoull(one, NULL, 10) : (uint64_t)k + 1);
    for (int i = 0; i < N_SOURCES; i++) en_free_source(&source[i]);
    en_close(&w);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_graphs)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return failed;
}
