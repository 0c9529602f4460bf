#include "api/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/isa.h"
#include "base/machine.h"
#include "base/memory.h"
#include "comm/mpi.h"
#include "store/collective.h"
#include "store/index_cache.h"
#include "store/unfinished.h"

#define SHARE 0.6 /* of what the node allows */
#define LEAST_BUDGET ((int64_t)64 << 20)
#define PREFETCH_TILES 2

static_assert((int)AMA_IO_POSIX == AMA_PATH_POSIX && (int)AMA_IO_TWO_PHASE == AMA_PATH_TWO_PHASE &&
                  (int)AMA_IO_MPIIO == AMA_PATH_MPIIO && (int)AMA_IO_LIBRARY == AMA_PATH_LIBRARY,
              "ama_io is ama__io_path");

void ama_mpi_guard(void) {
    setenv("OMPI_MCA_fbtl_posix_read_datasieving", "0", 0);
    setenv("OMPI_MCA_sharedfp", "^sm", 0);
}

void ama_remove_unfinished(void) {
    ama__unfinished_remove();
}

void ama__session_say(ama_session *s, ama_text_kind kind, const char *text) {
    if (s->options.text && ama__comm_rank(s->comm) == 0) s->options.text(s->options.user, kind, text);
}

static void pass_warning(void *user, const char *text) {
    ama__session_say(user, AMA_TEXT_WARNING, text);
}

/* The same on all ranks: the least of what any rank finds. Collective. */
static void find_budget(ama_session *s) {
    int64_t node = ama__machine_memory(), ranks = ama__comm_node_nranks(s->comm);
    int64_t mine = s->options.memory_bytes ? (int64_t)s->options.memory_bytes : (int64_t)(SHARE * (double)node) / ranks;
    if (!s->options.memory_bytes && mine < LEAST_BUDGET) mine = node > 0 ? LEAST_BUDGET : (int64_t)1 << 30;
    s->budget_bytes = ama__comm_min(s->comm, mine);
}

/* Where each rank is bound to cores of its own it takes them all; otherwise the node's cores are shared. Collective. */
static void find_threads(ama_session *s) {
    int mine = s->options.threads;
    if (mine <= 0) {
        ama__cores c = ama__machine_cores();
        int ranks = ama__comm_node_nranks(s->comm);
        mine = (int64_t)c.mine * ranks > c.machine ? c.machine / ranks : c.mine;
        if (mine < 1) mine = 1;
    }
    s->threads = (int)ama__comm_min(s->comm, mine);
}

static ama__order_way order_way(void) {
    const char *way = getenv("AMA_ORDER");
    if (!way) return AMA_ORDER_AUTO;
    return strcmp(way, "count") == 0     ? AMA_ORDER_COUNT
           : strcmp(way, "collect") == 0 ? AMA_ORDER_COLLECT
                                         : AMA_ORDER_AUTO;
}

static ama_status set_up(ama_session *s, const ama_options *options) {
    const char *unit = getenv("AMA_UNIT_BYTES");
    s->options = *options;
    AMA_TRY(ama__comm_agree(s->comm, ama__isa_check(s->ctx)));
    find_budget(s);
    find_threads(s);
    if (options->io != AMA_IO_POSIX) s->options.prefetch = -1; /* ranks that read together have their own order */
    if (options->io == AMA_IO_MPIIO || options->io == AMA_IO_LIBRARY)
        AMA_TRY(ama__comm_agree(s->comm, ama__mpi_reads_safely(s->ctx)));
    s->prefetch = s->options.prefetch == 0 ? PREFETCH_TILES : s->options.prefetch > 0 ? s->options.prefetch : 0;
    s->unit_bytes = ama__comm_max(s->comm, unit ? strtoll(unit, NULL, 10) : 0);
    s->order = (ama__order_way)ama__comm_max(s->comm, order_way());
    ama__ctx_set_message(s->ctx, pass_warning, s);
    if (!s->options.index_cache) return AMA_OK;
    bool root = ama__comm_rank(s->comm) == 0;
    return ama__comm_agree(s->comm, root ? ama__index_cache_prepare(s->ctx, s->options.index_cache) : AMA_OK);
}

static ama_session *new_session(void) {
    ama_ctx *ctx = ama__ctx_create();
    ama_session *s = NULL;
    if (!ctx) return NULL;
    if (ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof *s, (void **)&s) != AMA_OK) {
        ama__ctx_destroy(&ctx);
        return NULL;
    }
    s->ctx = ctx;
    return s;
}

ama_status ama_session_create(MPI_Comm comm, const ama_options *options, ama_session **out) {
    int mine, all;
    *out = new_session();
    mine = *out != NULL;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, comm);
    if (!all) {
        ama_session_destroy(out);
        return AMA_ERR_NOMEM;
    }
    AMA_TRY(ama__comm_create((*out)->ctx, comm, &(*out)->comm));
    return set_up(*out, options);
}

ama_status ama_session_create_self(const ama_options *options, ama_session **out) {
    *out = new_session();
    if (!*out) return AMA_ERR_NOMEM;
    AMA_TRY(ama__comm_create_self((*out)->ctx, &(*out)->comm));
    return set_up(*out, options);
}

void ama_session_destroy(ama_session **session) {
    if (!*session) return;
    ama_ctx *ctx = (*session)->ctx;
    ama__comm_destroy(&(*session)->comm);
    ama__mem_free(ctx, *session);
    ama__ctx_destroy(&ctx);
    *session = NULL;
}

bool ama_session_lost(const ama_session *session) {
    return ama__comm_lost(session->comm);
}

const char *ama_error_text(const ama_session *session) {
    return ama__error_text(session->ctx);
}
