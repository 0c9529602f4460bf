/* The ranks of a writer's test: a context, a communicator of all of them and a directory that is rank 0's. */
#ifndef AMA_TESTS_WRITE_WORLD_H
#define AMA_TESTS_WRITE_WORLD_H

#include "cmocka_all.h"

#include <mpi.h>

#include "comm/mpi.h"
#include "write_sample.h"

typedef struct world {
    ama_ctx *ctx;
    ama__comm *comm;
    bool root;
    char dir[256];
} world;

/* keep: a directory that is there already, or NULL. The same on all ranks: 0, or not 0 for cmocka. */
static inline int world_open(world *w, const char *name, const char *keep) {
    *w = (world){.ctx = ama__ctx_create()};
    if (ama__comm_create(w->ctx, MPI_COMM_WORLD, &w->comm) != AMA_OK) return 1;
    w->root = ama__comm_rank(w->comm) == 0;
    sample_dir(w->dir, sizeof w->dir, name);
    if (keep) snprintf(w->dir, sizeof w->dir, "%s", keep);
    int failed = w->root && !keep && !mkdtemp(w->dir);
    ama__comm_bcast(w->comm, w->dir, sizeof w->dir, 0);
    return (int)ama__comm_max(w->comm, failed);
}

/* A command of rank 0's, with the paths in place of its %s, while the others wait. */
static inline void world_shell(world *w, const char *form, const char *a, const char *b) {
    char command[800];
    snprintf(command, sizeof command, form, a, b);
    ama__comm_barrier(w->comm);
    if (w->root) assert_int_equal(system(command), 0);
    ama__comm_barrier(w->comm);
}

/* A context in which the n-th place that can fail does. */
static inline ama_ctx *world_faulty(int n) {
    char number[16];
    snprintf(number, sizeof number, "%d", n);
    setenv("AMA_FAULT", number, 1);
    ama_ctx *ctx = ama__ctx_create();
    unsetenv("AMA_FAULT");
    assert_non_null(ctx);
    return ctx;
}

/* `form` takes the directory away: rmdir where every test leaves it empty; NULL: it stays. */
static inline int world_close(world *w, const char *form) {
    char command[400];
    if (form) snprintf(command, sizeof command, form, w->dir);
    ama__comm_barrier(w->comm);
    int failed = form && w->root ? system(command) : 0;
    ama__comm_destroy(&w->comm);
    failed = failed || ama__mem_used(w->ctx) != 0;
    ama__ctx_destroy(&w->ctx);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1); /* cmocka does not count a failed teardown */
    return 0;
}

#endif
