/* One plan and its run over one dataset, in a context and a communicator of their own: what the engine's limits,
 * columns, running sums, ranks and counts are tested with. Each test's job has one as its member `e`. */
#ifndef AMA_TESTS_ENGINE_JOB_H
#define AMA_TESTS_ENGINE_JOB_H

#include "engine_world.h"

typedef struct en_job {
    ama_ctx *ctx;
    ama__comm *comm;
    ama__store *store;
    ama__graph g;
    ama__plan *plan;
    ama__exec_stats stats;
} en_job;

/* An empty graph beside the open dataset. Collective; the status is agreed. */
static inline ama_status en_job_open(en_job *e, const char *path) {
    const ama__open_options o = {0};
    memset(e, 0, sizeof *e);
    e->ctx = ama__ctx_create();
    assert_non_null(e->ctx);
    AMA_TRY(ama__comm_create(e->ctx, MPI_COMM_WORLD, &e->comm));
    AMA_TRY(ama__store_open(e->ctx, e->comm, path, &o, &e->store));
    e->g.ctx = e->ctx;
    return ama__comm_agree(e->comm, ama__arena_create(e->ctx, &e->g.arena));
}

/* o without the number of ranks. Collective. */
static inline ama_status en_job_plan(en_job *e, ama__plan_options o, int n_sinks, ama__sink **sinks) {
    o.nranks = ama__comm_nranks(e->comm);
    return ama__plan_make(&e->g, e->comm, &o, n_sinks, sinks, &e->plan);
}

static inline ama_status en_job_run(en_job *e) {
    const ama__exec_options o = {0};
    return ama__exec_run(e->ctx, e->comm, e->plan, &o, &e->stats);
}

/* n results that were gathered go too, and nothing may be left. */
static inline void en_job_close(en_job *e, int n, void *const *data) {
    for (int i = 0; i < n; i++) ama__mem_free(e->ctx, data[i]);
    ama__store_close(&e->store);
    ama__arena_destroy(&e->g.arena);
    ama__comm_destroy(&e->comm);
    assert_int_equal(ama__mem_used(e->ctx), 0);
    ama__ctx_destroy(&e->ctx);
}

/* One float32 variable of three dims in one file. Its layout and path are the caller's; value gives what is stored. */
static inline void en_make_field(en_world *w, en_source *s, int i, const int64_t *shape, const en_part *layout,
                                 ref_value (*value)(void)) {
    int64_t n = en_size(3, shape);
    *s = (en_source){.stored = AMA_F4, .ndim = 3, .n_parts = 1};
    memcpy(s->shape, shape, 3 * sizeof *shape);
    en_part *p = &s->part[0];
    *p = *layout;
    p->count = shape[0];
    snprintf(p->path, sizeof p->path, "%.200s/data%d", w->dir, i);
    p->stored = malloc((size_t)n * 4);
    en_seed(7, 7);
    for (int64_t k = 0; k < n; k++) ref_set(value(), p->stored, k);
    if (w->rank == 0) en_write_part(w, s, p);
    ama__comm_barrier(w->comm);
}
static inline ref_value en_any_float(void) {
    return en_stored_value(AMA_F4);
}

/* FNV-1a, from EN_HASH on. */
#define EN_HASH UINT64_C(14695981039346656037)
static inline uint64_t en_hash(uint64_t h, const void *p, size_t n) {
    const unsigned char *b = p;
    for (size_t i = 0; i < n; i++) h = (h ^ b[i]) * 1099511628211u;
    return h;
}

/* By steps, in bricks, without chunks: layout i of a field of that shape. */
static inline en_part en_step_layout(int i, const int64_t *shape) {
    static const ama__format format[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_ZARR2, AMA_FORMAT_CDF5};
    en_part p = {.format = format[i], .chunked = i < 2};
    for (int d = 0; d < 3; d++) p.chunk[d] = i == 0 ? (d == 0 ? 1 : shape[d]) : (shape[d] + 2) / 3;
    return p;
}

#endif
