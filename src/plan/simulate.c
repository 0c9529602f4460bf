#include "plan/simulate.h"

#include <string.h>

#include "array/tree.h"
#include "kernel/order.h"
#include "kernel/state.h"
#include "plan/ways.h"

#define LARGE_PIECE ((int64_t)32 << 10)
#define PAGE ((int64_t)4096)

typedef struct entry {
    int consumer; /* -1: free place */
    int64_t block, group;
    int64_t out_bytes; /* of the finished values */
    ama__tree *tree;
    int64_t values, held_bytes, share_bytes; /* collected; share: the most that goes to one rank */
} entry;

typedef struct simulation {
    ama_ctx *ctx;
    entry *slot;
    int64_t n, cap; /* cap: power of two */
    int64_t now;
    int64_t *now_of; /* per consumer */
    int nranks;
    ama__state_need *need;
} simulation;

int64_t ama__consumer_block(const ama__stage *s, const ama__consumer *c, const int64_t *unit) {
    int64_t block = 0;
    int label_driver = c->spec.label_axis >= 0 ? c->map[c->spec.label_axis].driver_axis : -1;
    for (int d = 0; d < s->ndim; d++)
        if (d != label_driver && !c->leaf_pos[d]) block = block * s->units[d].n + unit[d];
    return block;
}

int64_t ama__consumer_cells(const ama__consumer *c, const ama__box *box) {
    int64_t n = 1;
    for (int a = 0; a < box->ndim; a++)
        if (!c->spec.reduced[a] && a != c->spec.label_axis) n *= box->count[a];
    return n;
}

ama__box ama__consumer_kept(const ama__consumer *c, const ama__box *box) {
    ama__box b = *box;
    for (int a = 0; a < b.ndim; a++)
        if (c->spec.reduced[a] || a == c->spec.label_axis) {
            b.start[a] = 0;
            b.count[a] = 1;
        }
    return b;
}

void ama__consumer_groups(const ama__consumer *c, const int64_t *unit, int64_t *lo, int64_t *hi) {
    *lo = 0;
    *hi = 1;
    if (c->spec.label_axis < 0) return;
    int d = c->map[c->spec.label_axis].driver_axis;
    int64_t u = d >= 0 ? unit[d] : 0;
    *lo = c->groups.first[u];
    *hi = c->groups.first[u + 1];
}

int64_t ama__consumer_values(const ama__consumer *c, const ama__box *box, int64_t k) {
    int64_t n = c->spec.label_axis >= 0 ? c->groups.count[k] : 1;
    for (int a = 0; a < box->ndim; a++)
        if (c->spec.reduced[a]) n *= box->count[a];
    return n;
}

int64_t ama__consumer_column(const ama__consumer *c, int64_t group) {
    int64_t n = c->spec.label_axis >= 0 ? c->groups.members[group] : 1;
    for (int a = 0; a < c->node->ndim; a++)
        if (c->spec.reduced[a]) n *= c->node->shape[a];
    return n;
}

int64_t ama__consumer_state_bytes(const ama__consumer *c, int64_t cells, int64_t values) {
    ama__state_kind k = {c->spec.op, c->node->dtype, c->spec.skipna};
    if (!ama__red_collects(c->spec.op)) return cells * (int64_t)ama__state_bytes(&k);
    return AMA_SEGMENT_HEADER + cells * values * (int64_t)ama__dtype_bytes(c->node->dtype);
}

int64_t ama__consumer_result_bytes(const ama__consumer *c) {
    int64_t n = 0;
    for (int i = 0; i <= c->n_twins; i++) {
        const ama__node *r = ama__consumer_result(c, i);
        n += ama__reduce_n_q(r) * (int64_t)ama__dtype_bytes(r->dtype);
    }
    return n;
}

int64_t ama__consumer_work_bytes(const ama__consumer *c) {
    int64_t most = 0, q = 1;
    if (!ama__red_collects(c->spec.op) || c->n_passes > 0) return 0;
    for (int64_t g = 0; g < c->groups.n_groups; g++) {
        int64_t n = ama__consumer_column(c, g);
        if (n > most) most = n;
    }
    for (int i = 0; i <= c->n_twins; i++)
        if (ama__reduce_n_q(ama__consumer_result(c, i)) > q) q = ama__reduce_n_q(ama__consumer_result(c, i));
    ama__box whole = ama__box_whole(c->node->ndim, c->node->shape);
    return (int64_t)ama__order_work_bytes(c->node->dtype, most, ama__consumer_cells(c, &whole), q);
}

int64_t ama__consumer_slice(int64_t row_bytes, int nranks) {
    int64_t n = AMA_EXCHANGE_BYTES / nranks / (row_bytes > 0 ? row_bytes : 1);
    return n > 0 ? n : 1;
}

int ama__consumer_split(const ama__box *kept) {
    int best = 0;
    for (int d = 1; d < kept->ndim; d++)
        if (kept->count[d] > kept->count[best]) best = d;
    return best;
}

static entry *find(const simulation *m, int consumer, int64_t block, int64_t group) {
    uint64_t h = (uint64_t)block * 0x9E3779B97F4A7C15u + (uint64_t)group * 0xC2B2AE3D27D4EB4Fu + (uint64_t)consumer;
    int64_t i = (int64_t)((h ^ (h >> 31)) & (uint64_t)(m->cap - 1));
    for (;; i = (i + 1) & (m->cap - 1)) {
        entry *e = &m->slot[i];
        if (e->consumer < 0 || (e->consumer == consumer && e->block == block && e->group == group)) return e;
    }
}

static ama_status grow(simulation *m) {
    simulation old = *m;
    int64_t cap = old.cap ? old.cap * 2 : 64;
    entry *slot;
    AMA_TRY(ama__mem_alloc(m->ctx, AMA_MEM_META, (size_t)cap * sizeof *slot, (void **)&slot));
    m->slot = slot;
    m->cap = cap;
    for (int64_t i = 0; i < m->cap; i++) m->slot[i].consumer = -1;
    for (int64_t i = 0; i < old.cap; i++)
        if (old.slot[i].consumer >= 0)
            *find(m, old.slot[i].consumer, old.slot[i].block, old.slot[i].group) = old.slot[i];
    ama__mem_free(m->ctx, old.slot);
    return AMA_OK;
}

static ama_status entry_of(simulation *m, int consumer, int64_t block, int64_t group, entry **out) {
    if (m->n * 2 >= m->cap) AMA_TRY(grow(m));
    entry *e = find(m, consumer, block, group);
    if (e->consumer < 0) {
        *e = (entry){.consumer = consumer, .block = block, .group = group};
        m->n++;
    }
    *out = e;
    return AMA_OK;
}

typedef struct leaf { /* of one group */
    int consumer;
    int64_t block, group, index, n_leaves;
    int64_t state_bytes, out_bytes;
} leaf;

/* The leaf's state bytes are in m->now already. */
static ama_status add_leaf(simulation *m, const leaf *l) {
    bool complete = l->n_leaves == 1;
    if (!complete) {
        entry *e;
        ama__tree_node at = {0, l->index, NULL}, sibling;
        bool left, full;
        AMA_TRY(entry_of(m, l->consumer, l->block, l->group, &e));
        if (!e->tree) {
            AMA_TRY(ama__mem_calloc(m->ctx, AMA_MEM_META, 1, sizeof *e->tree, (void **)&e->tree));
            e->tree->n_leaves = l->n_leaves;
        }
        e->out_bytes = l->out_bytes;
        while (ama__tree_step(e->tree, &at, &sibling, &left, &full)) m->now -= l->state_bytes;
        complete = e->tree->complete;
        if (complete) AMA_FREE(m->ctx, e->tree);
    }
    if (complete) {
        m->now -= l->state_bytes;
        m->need->result_bytes += l->out_bytes;
    }
    return AMA_OK;
}

/* The same for a leaf of `values` values of each cell. */
static ama_status collect_leaf(simulation *m, const ama__consumer *c, const leaf *l, int64_t values,
                               const ama__box *kept) {
    entry *e;
    int64_t size = (int64_t)ama__dtype_bytes(c->node->dtype), cells = ama__box_size(kept), held = l->state_bytes;
    int64_t along = kept->ndim ? kept->count[ama__consumer_split(kept)] : 1;
    int64_t share = cells / along * ((along + m->nranks - 1) / m->nranks);
    int64_t slice = ama__consumer_slice(share * size, m->nranks);
    if (l->n_leaves > 1) {
        AMA_TRY(entry_of(m, l->consumer, l->block, l->group, &e));
        e->values += values;
        e->held_bytes += l->state_bytes;
        e->share_bytes += share * values * size + AMA_SEGMENT_HEADER * ((values + slice - 1) / slice);
        e->out_bytes = l->out_bytes;
        if (e->values < ama__consumer_column(c, l->group)) return AMA_OK;
        held = e->held_bytes;
        *e = (entry){.consumer = e->consumer, .block = e->block, .group = e->group};
    }
    m->now -= held;
    m->now_of[l->consumer] -= held;
    m->need->result_bytes += l->out_bytes;
    return AMA_OK;
}

/* Results are kept in pieces as they are made, each a block of memory: it has a header, and whole pages when it is
 * large. */
static int64_t pieces_bytes(const ama__consumer *c, int64_t cells) {
    int64_t bytes = cells * ama__consumer_result_bytes(c), n = 1 + c->n_twins;
    return bytes + n * (bytes / n < LARGE_PIECE ? 64 : 64 + PAGE);
}

static ama_status add_unit(simulation *m, const ama__stage *s, int i, const int64_t *unit) {
    const ama__consumer *c = &s->consumer[i];
    ama__box box = ama__stage_unit_box(s, unit), mine;
    int64_t lo, hi;
    bool labelled = c->spec.label_axis >= 0, collects = ama__red_collects(c->spec.op);
    if (!ama__consumer_box(s, c, &box, &mine)) return AMA_OK;
    int64_t cells = ama__consumer_cells(c, &mine), block = ama__consumer_block(s, c, unit);
    ama__box kept = ama__consumer_kept(c, &mine);
    ama__consumer_groups(c, unit, &lo, &hi);
    int64_t opened = 0;
    for (int64_t k = lo; k < hi; k++) opened += ama__consumer_state_bytes(c, cells, ama__consumer_values(c, &mine, k));
    m->now += opened;
    if (m->now > m->need->peak_bytes) m->need->peak_bytes = m->now;
    if (collects) m->now_of[i] += opened;
    if (m->now_of[i] > m->need->own_bytes[i]) m->need->own_bytes[i] = m->now_of[i];
    for (int64_t k = lo; k < hi; k++) {
        int64_t group = labelled ? c->groups.group[k] : 0, values = ama__consumer_values(c, &mine, k);
        int64_t position = labelled ? c->groups.position[k] : 0, parts = labelled ? c->groups.n_parts[group] : 1;
        leaf l = {.consumer = i, .block = block, .group = group};
        l.state_bytes = ama__consumer_state_bytes(c, cells, values);
        l.out_bytes = pieces_bytes(c, cells);
        l.index = ama__consumer_leaf(s, c, unit, position, parts, &l.n_leaves);
        AMA_TRY(collects ? collect_leaf(m, c, &l, values, &kept) : add_leaf(m, &l));
    }
    return AMA_OK;
}

/* A rank's part of the results, at most, and what all ranks have. */
static void add_counting(simulation *m, const ama__consumer *c, int threads) {
    ama__box whole = ama__box_whole(c->node->ndim, c->node->shape), kept = ama__consumer_kept(c, &whole);
    int64_t along = kept.ndim ? kept.count[ama__consumer_split(&kept)] : 1;
    m->need->counts_bytes += ama__consumer_counts_bytes(c, threads);
    if (c->pass == 0) m->need->result_bytes += ama__consumer_counter_bytes(c);
    if (c->pass < c->n_passes - 1 || along == 0) return;
    int64_t share = ama__box_size(&kept) / along * ((along + m->nranks - 1) / m->nranks);
    m->need->result_bytes += share * c->groups.n_groups * ama__consumer_result_bytes(c);
}

/* What is left incomplete. */
static void sum_up(simulation *m) {
    ama__state_need *out = m->need;
    out->leftover_bytes = m->now;
    for (int64_t i = 0; i < m->cap; i++) {
        const entry *e = &m->slot[i];
        if (e->consumer < 0 || (!e->tree && e->values == 0)) continue;
        out->leftover_result_bytes += e->out_bytes;
        out->collected_bytes[e->consumer] += e->held_bytes;
        out->sent_bytes[e->consumer] += e->share_bytes;
        ama__mem_free(m->ctx, e->tree);
    }
    ama__mem_free(m->ctx, m->slot);
}

ama_status ama__plan_simulate(ama_ctx *ctx, const ama__stage *s, const ama__plan_options *o, int rank,
                              ama__state_need *out) {
    simulation m = {.ctx = ctx, .need = out, .nranks = o->nranks};
    ama_status status = AMA_OK;
    size_t n = (size_t)s->n_consumers + 1;
    memset(out, 0, sizeof *out);
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_META, 4 * n, sizeof *out->collected_bytes, (void **)&out->collected_bytes));
    out->sent_bytes = out->collected_bytes + n;
    out->own_bytes = out->collected_bytes + 2 * n;
    m.now_of = out->collected_bytes + 3 * n;
    for (int i = 0; i < s->n_consumers; i++)
        if (s->consumer[i].n_passes > 0) add_counting(&m, &s->consumer[i], o->threads);
    for (int64_t u = s->rank_first[rank]; u < s->rank_first[rank + 1] && status == AMA_OK; u++) {
        int64_t unit[AMA_MAX_DIMS];
        ama__stage_unit(s, u, unit);
        for (int i = 0; i < s->n_consumers && status == AMA_OK; i++)
            if (s->consumer[i].kind == AMA_CONSUME_REDUCE && s->consumer[i].n_passes == 0)
                status = add_unit(&m, s, i, unit);
    }
    sum_up(&m);
    return status;
}

void ama__state_need_fini(ama_ctx *ctx, ama__state_need *n) {
    AMA_FREE(ctx, n->collected_bytes);
}
