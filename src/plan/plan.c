#include "plan/plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plan/likely.h"
#include "plan/scratch_need.h"
#include "plan/ways.h"

#define MIB ((int64_t)1 << 20)
#define MOST_TRIES 12

static ama_status collect_vars(ama__graph *g, ama__plan *p) {
    int n = 0;
    for (int k = 0; k < p->n_stages; k++)
        for (int i = 0; i < p->stage[k].n_sources; i++) n += p->stage[k].source[i]->u.source.n_parts;
    AMA_NEW(g->arena, p->var, n + 1);
    for (int k = 0; k < p->n_stages; k++)
        for (int i = 0; i < p->stage[k].n_sources; i++) {
            const ama__node *s = p->stage[k].source[i];
            for (int j = 0; j < s->u.source.n_parts; j++)
                p->var[p->n_vars++] = (ama__store_var){s->u.source.part[j].store, s->u.source.part[j].var};
        }
    return AMA_OK;
}

static int64_t resident_bytes(void) {
    long long pages = 0, skip;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f) return 0;
    if (fscanf(f, "%lld %lld", &skip, &pages) != 2) pages = 0;
    fclose(f);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static ama_status make_local(ama__graph *g, const ama__plan_options *o, const ama__panels *panels, int n_sinks,
                             ama__sink *const *sinks, ama__plan **out) {
    ama__plan *p;
    AMA_NEW(g->arena, p, 1);
    p->options = *o;
    p->n_sinks = n_sinks;
    AMA_NEW(g->arena, p->sink, n_sinks + 1);
    for (int i = 0; i < n_sinks; i++) p->sink[i] = sinks[i];
    AMA_TRY(ama__plan_lower(g, panels, p));
    *out = p;
    return collect_vars(g, p);
}

static ama_status cut_all(ama__graph *g, const ama__plan_options *o, ama__plan *p) {
    for (int k = 0; k < p->n_stages; k++) {
        ama__stage *s = &p->stage[k];
        AMA_TRY(ama__plan_cut(g, o, s));
        /* before the chunks: what has too many operations for the evaluator is not followed to its leaves */
        AMA_TRY(ama__plan_scratch(g->ctx, o, s, &s->scratch_bytes));
        AMA_TRY(ama__plan_chunks(g, p, s));
    }
    return AMA_OK;
}

static ama_status make(ama__graph *g, ama__comm *comm, const ama__panels *panels, const ama__plan *like,
                       ama__plan **out) {
    ama__plan *p = NULL;
    const ama__plan_options *o = &like->options;
    AMA_TRY(ama__comm_agree(comm, make_local(g, o, panels, like->n_sinks, like->sink, &p)));
    AMA_TRY(ama__store_need_manifests(g->ctx, comm, p->n_vars, p->var));
    AMA_TRY(ama__comm_agree(comm, cut_all(g, o, p)));
    p->held_bytes = ama__comm_max(comm, (int64_t)ama__mem_used(g->ctx));
    int64_t base = ama__comm_max(comm, resident_bytes()) - p->held_bytes;
    p->base_bytes = base > 0 ? base : 0;
    AMA_TRY(ama__plan_size(g, comm, p));
    *out = p;
    return AMA_OK;
}

/* One attempt in an arena of its own, so that what does not fit leaves nothing behind. */
static ama_status attempt(ama__graph *g, ama__comm *comm, const ama__panels *panels, const ama__plan *like,
                          ama__arena **arena, ama__plan **out) {
    ama__arena *own = g->arena;
    ama__arena_destroy(arena);
    g->n_nodes = panels->n;
    ama_status status = ama__comm_agree(comm, ama__arena_create(g->ctx, arena));
    if (status == AMA_OK) {
        g->arena = *arena;
        status = make(g, comm, panels, like, out);
        g->arena = own;
    }
    if (status == AMA_OK) return AMA_OK;
    g->n_nodes = panels->n;
    ama__arena_destroy(arena);
    return status;
}

static ama_status alloc_panels(ama__graph *g, int n_sinks, ama__sink *const *sinks, ama__panels *panels) {
    AMA_NEW(g->arena, panels->count, panels->n + 1);
    AMA_NEW(g->arena, panels->digit, panels->n + 1);
    AMA_NEW(g->arena, panels->output, n_sinks + 1);
    for (int s = 0; s < n_sinks; s++)
        if (sinks[s]->kind == AMA_SINK_WRITE) AMA_NEW(g->arena, panels->output[s], sinks[s]->spec->meta.n_vars + 1);
    return AMA_OK;
}

/* Why a budget does not do: the least that an attempt needs (0: none came so far), and whether columns of ranks do. */
typedef struct refusal {
    int64_t least;
    bool ranks;
} refusal;

static ama_status too_large(ama_ctx *ctx, int64_t budget, int64_t mib, bool ranks) {
    char need[32], have[32];
    return ama__fail(ctx, AMA_ERR_BUDGET,
                     "this needs %s of memory per rank, the budget is %s: use --memory %" PRId64 "MiB or more%s",
                     ama__text_bytes(need, sizeof need, (double)(mib * MIB)),
                     ama__text_bytes(have, sizeof have, (double)budget), mib,
                     ranks ? "; rank() holds the chunks that its columns cross: less when they are -1 along the ranked "
                             "dim and small along the others (amasia convert --chunks)"
                           : "");
}

/* A stage that ranks what is in chunks, by the chunk, does not fit. */
static bool holds_ranks(const ama__plan *p) {
    for (int k = 0; k < p->n_stages; k++) {
        const ama__stage *s = &p->stage[k];
        for (int i = 0; i < s->n_scans && s->peak_bytes > p->options.budget_bytes - p->held_bytes; i++)
            if (s->scan[i]->u.scan.spec.rank && s->n_turns == 0) return true;
    }
    return false;
}

/* Attempts until the plan fits or nothing is left to cut; AMA_ERR_BUDGET with *no set: it does not. One that itself has
 * no room, for all its panels, ends the search. */
static ama_status search(ama__graph *g, ama__comm *comm, const ama__plan *like, ama__panels *panels, ama__arena **arena,
                         ama__plan **out, refusal *no) {
    bool more = true;
    *no = (refusal){0};
    while (more) {
        ama_status status = attempt(g, comm, panels, like, arena, out);
        if (status == AMA_ERR_BUDGET && no->least > 0) break;
        AMA_TRY(status);
        if (no->least == 0 || (*out)->peak_bytes < no->least) no->least = (*out)->peak_bytes;
        more = ama__plan_more_counting(*out, panels);
        if (!more && (*out)->peak_bytes <= like->options.budget_bytes) return AMA_OK;
        no->ranks = holds_ranks(*out);
        more = more || ama__plan_more_panels(*out, panels);
    }
    ama__arena_destroy(arena);
    return AMA_ERR_BUDGET;
}

/* Whether the plan can be made with `mib` MiB; how many it asks for if not. */
static ama_status would_do(ama__graph *g, ama__comm *comm, const ama__plan *like, int64_t mib, int64_t *asked,
                           bool *does) {
    ama__plan with = *like, *plan = NULL;
    ama__panels panels = {.n = g->n_nodes};
    ama__arena *arena = NULL;
    refusal no = {0};
    size_t limit = ama__mem_limit(g->ctx);
    with.options.budget_bytes = mib * MIB;
    if (limit > 0 && limit < (size_t)(mib * MIB)) ama__mem_set_limit(g->ctx, (size_t)(mib * MIB));
    ama_status status = ama__comm_agree(comm, alloc_panels(g, like->n_sinks, like->sink, &panels));
    if (status == AMA_OK) status = search(g, comm, &with, &panels, &arena, &plan, &no);
    ama__arena_destroy(&arena);
    g->n_nodes = panels.n;
    ama__mem_set_limit(g->ctx, limit);
    *does = status == AMA_OK;
    if (!*does) *asked = no.least / MIB + 1;
    return status == AMA_ERR_BUDGET ? AMA_OK : status;
}

/* The refusal, which asks for what was tried and does: what an attempt needs changes with the budget, as tiles and
 * panels do. It is the smallest, as far as what little less asks for tells. */
static ama_status refuse(ama__graph *g, ama__comm *comm, const ama__plan *like, const refusal *no) {
    int64_t low = like->options.budget_bytes / MIB, asked = no->least / MIB + 1, high = asked;
    bool does = false;
    for (int i = 0; i < MOST_TRIES && like->options.try_asked; i++) {
        AMA_TRY(would_do(g, comm, like, high, &asked, &does));
        if (does) break;
        low = high;
        high = asked > high + high / 8 ? asked : high + high / 8 + 1;
    }
    while (does && high - low > 1 + high / 32 && (low < high / 2 || asked < high - 1 - high / 32)) {
        int64_t mid = asked > low && asked < high ? asked : (int64_t)sqrt((double)low * (double)high);
        bool less;
        if (mid <= low) mid = low + 1;
        AMA_TRY(would_do(g, comm, like, mid, &asked, &less));
        *(less ? &high : &low) = mid;
    }
    ama__error_clear(g->ctx);
    return too_large(g->ctx, like->options.budget_bytes, high, no->ranks);
}

ama_status ama__plan_make(ama__graph *g, ama__comm *comm, const ama__plan_options *o, int n_sinks,
                          ama__sink *const *sinks, ama__plan **out) {
    const ama__plan like = {.options = *o, .n_sinks = n_sinks, .sink = (ama__sink **)sinks};
    ama__panels panels = {.n = g->n_nodes};
    ama__arena *arena = NULL;
    refusal no;
    AMA_TRY(ama__comm_agree(comm, alloc_panels(g, n_sinks, sinks, &panels)));
    ama_status status = search(g, comm, &like, &panels, &arena, out, &no);
    if (status == AMA_ERR_BUDGET && no.least > 0) status = refuse(g, comm, &like, &no);
    AMA_TRY(ama__comm_agree(comm, status));
    ama__arena_join(g->arena, &arena);
    return ama__plan_likely(g->ctx, comm, *out);
}
