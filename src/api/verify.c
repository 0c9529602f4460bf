/* Holding two datasets against each other. */
#include <inttypes.h>
#include <math.h>

#include "api/session.h"
#include "exec/exec.h"
#include "graph/differ.h"
#include "graph/open.h"

typedef struct verify {
    ama_session *s;
    ama__graph g;
    ama__opened stores;
    ama__tolerance tolerance;
    ama__text text;
    int n_notes, n;
    ama__differ_var *var;
    int64_t differing; /* values */
} verify;

/* The values of n scalar nodes, one pass over the data; data[i] is the caller's to free. Collective. */
static ama_status gather(verify *v, int n, ama__node **node, void **data) {
    ama__sink sink = {.kind = AMA_SINK_GATHER, .node = node, .n_gather = n, .data = data}, *sinks[1] = {&sink};
    ama__plan_options o = {.nranks = ama__comm_nranks(v->s->comm),
                           .threads = v->s->threads,
                           .budget_bytes = v->s->budget_bytes,
                           .prefetch = v->s->prefetch,
                           .unit_bytes = v->s->unit_bytes,
                           .io = (ama__io_path)v->s->options.io,
                           .n_aggregators = v->s->options.io_aggregators};
    ama__plan *plan;
    ama__exec_options e = {0};
    ama__exec_stats stats;
    AMA_TRY(ama__plan_make(&v->g, v->s->comm, &o, 1, sinks, &plan));
    return ama__exec_run(v->s->ctx, v->s->comm, plan, &e, &stats);
}

static ama_status arrays(verify *v, int n, ama__node ***node, void ***data) {
    AMA_NEW(v->g.arena, *node, n + 1);
    AMA_NEW(v->g.arena, *data, n + 1);
    return AMA_OK;
}

static void add_place(verify *v, const ama__differ_var *x, double number) {
    int64_t at[AMA_MAX_DIMS], k = (int64_t)number;
    for (int d = x->ndim - 1; d >= 0; d--) {
        at[d] = k % x->a->shape[d];
        k /= x->a->shape[d];
    }
    ama__text_add(&v->text, x->ndim ? ", first at " : "");
    for (int d = 0; d < x->ndim; d++) ama__text_printf(&v->text, "%s%s=%" PRId64, d ? ", " : "", x->dim[d], at[d]);
}

/* Where the variables that differ do so first: a second pass, over those alone. */
static ama_status find_first(verify *v, const int64_t *count, double *first) {
    ama__node **node = NULL;
    void **data = NULL;
    int k = 0;
    ama_status status = arrays(v, v->n, &node, &data);
    for (int i = 0; i < v->n && status == AMA_OK; i++)
        if (count[i] > 0) status = ama__differ_first(&v->g, &v->var[i], &v->tolerance, &node[k++]);
    AMA_TRY(ama__comm_agree(v->s->comm, status));
    if (k == 0) return AMA_OK;
    status = gather(v, k, node, data);
    for (int i = 0, m = 0; i < v->n; i++) {
        if (count[i] == 0) continue;
        if (status == AMA_OK) first[i] = *(double *)data[m];
        ama__mem_free(v->s->ctx, data[m++]);
    }
    return status;
}

static void say_variable(verify *v, int i, void *const *figure, double first) {
    const ama__differ_var *x = &v->var[i];
    int64_t size = 1, count = *(int64_t *)figure[AMA_DIFFER_COUNT];
    char abs[32], rel[32];
    for (int d = 0; d < x->ndim; d++) size *= x->a->shape[d];
    v->differing += count;
    if (count == 0) {
        double most = *(double *)figure[AMA_DIFFER_ABS];
        ama__text_printf(&v->text, "%s: %" PRId64 " values %s\n", x->name, size,
                         most > 0 ? "equal within the tolerance" : "equal");
        return;
    }
    ama__text_printf(&v->text,
                     "%s: %" PRId64 " of %" PRId64 " values differ, largest difference %s, relative %s, missing in one "
                     "only %" PRId64,
                     x->name, count, size, ama__text_f8(abs, sizeof abs, *(double *)figure[AMA_DIFFER_ABS]),
                     ama__text_f8(rel, sizeof rel, *(double *)figure[AMA_DIFFER_REL]),
                     *(int64_t *)figure[AMA_DIFFER_MISSING]);
    add_place(v, x, first);
    ama__text_add(&v->text, "\n");
}

static ama_status compare_values(verify *v) {
    ama__node **node = NULL;
    void **data = NULL;
    int n = v->n * AMA_DIFFER_N;
    int64_t *count = NULL;
    double *first;
    ama_status status = arrays(v, n, &node, &data);
    if (status == AMA_OK) status = ama__mem_calloc(v->s->ctx, AMA_MEM_META, (size_t)v->n + 1, 16, (void **)&count);
    AMA_TRY(ama__comm_agree(v->s->comm, status));
    first = (double *)(count + v->n + 1);
    for (int i = 0; i < n; i++) node[i] = v->var[i / AMA_DIFFER_N].figure[i % AMA_DIFFER_N];
    if (n > 0) status = gather(v, n, node, data);
    for (int i = 0; i < v->n && status == AMA_OK; i++) count[i] = *(int64_t *)data[i * AMA_DIFFER_N];
    if (status == AMA_OK) status = find_first(v, count, first);
    for (int i = 0; i < v->n && status == AMA_OK; i++) say_variable(v, i, data + i * AMA_DIFFER_N, first[i]);
    for (int i = 0; i < n; i++) ama__mem_free(v->s->ctx, data[i]);
    ama__mem_free(v->s->ctx, count);
    return status;
}

static ama_status open_and_compare(verify *v, const char *a, const char *b, const char *group) {
    ama__open_args args = AMA_OPEN_ARGS_INIT;
    ama__dataset *x, *y;
    args.group = group;
    args.allow_external = v->s->options.allow_external;
    args.index_cache = v->s->options.index_cache;
    AMA_TRY(ama__graph_open(&v->g, v->s->comm, a, &args, &v->stores, &x));
    AMA_TRY(ama__graph_open(&v->g, v->s->comm, b, &args, &v->stores, &y));
    AMA_TRY(ama__comm_agree(v->s->comm,
                            ama__differ_make(&v->g, x, y, &v->tolerance, &v->text, &v->n_notes, &v->n, &v->var)));
    return compare_values(v);
}

ama_status ama_verify(ama_session *session, const char *path_a, const char *path_b, const ama_verify_options *o,
                      bool *equal) {
    verify v = {.s = session, .g.ctx = session->ctx, .tolerance = {o->rtol, o->atol}};
    *equal = false;
    ama__error_clear(session->ctx);
    ama__mem_set_limit(session->ctx, (size_t)session->budget_bytes);
    ama__opened_init(&v.stores, session->ctx);
    ama__text_init(&v.text, session->ctx);
    ama_status status = ama__comm_agree(session->comm, ama__arena_create(session->ctx, &v.g.arena));
    if (status == AMA_OK) status = open_and_compare(&v, path_a, path_b, o->group);
    if (status == AMA_OK) status = ama__comm_agree(session->comm, v.text.failed ? AMA_ERR_NOMEM : AMA_OK);
    if (status == AMA_OK) {
        *equal = v.n_notes == 0 && v.differing == 0;
        ama__text_add(&v.text, *equal ? "equal\n" : "different\n");
        ama__session_say(session, AMA_TEXT_OUTPUT, ama__text_get(&v.text));
    }
    ama__text_fini(&v.text);
    ama__opened_close(&v.stores);
    ama__arena_destroy(&v.g.arena);
    return status;
}
