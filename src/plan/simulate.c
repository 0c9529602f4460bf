#include "plan/simulate.h"

#include <string.h>

#include "array/tree.h"
#include "kernel/state.h"

typedef struct entry {
    int consumer; /* -1: free place */
    int64_t block, group;
    int64_t out_bytes; /* of the finished values */
    ama__tree *tree;
} entry;

typedef struct simulation {
    ama_ctx *ctx;
    entry *slot;
    int64_t n, cap; /* cap: power of two */
    int64_t now;
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

void ama__consumer_groups(const ama__consumer *c, const int64_t *unit, int64_t *lo, int64_t *hi) {
    *lo = 0;
    *hi = 1;
    if (c->spec.label_axis < 0) return;
    int d = c->map[c->spec.label_axis].driver_axis;
    int64_t u = d >= 0 ? unit[d] : 0;
    *lo = c->groups.first[u];
    *hi = c->groups.first[u + 1];
}

int64_t ama__consumer_state_bytes(const ama__consumer *c) {
    ama__state_kind k = {c->spec.op, c->node->dtype, c->spec.skipna};
    return (int64_t)ama__state_bytes(&k);
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

static ama_status tree_of(simulation *m, int consumer, int64_t block, int64_t group, int64_t n_leaves, entry **out) {
    if (m->n * 2 >= m->cap) AMA_TRY(grow(m));
    entry *e = find(m, consumer, block, group);
    if (e->consumer < 0) {
        *e = (entry){consumer, block, group, 0, NULL};
        m->n++;
    }
    if (!e->tree) {
        AMA_TRY(ama__mem_calloc(m->ctx, AMA_MEM_META, 1, sizeof *e->tree, (void **)&e->tree));
        e->tree->n_leaves = n_leaves;
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
        AMA_TRY(tree_of(m, l->consumer, l->block, l->group, l->n_leaves, &e));
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

static ama_status add_unit(simulation *m, const ama__stage *s, int i, const int64_t *unit) {
    const ama__consumer *c = &s->consumer[i];
    ama__box box = ama__stage_unit_box(s, unit), mine;
    int64_t lo, hi;
    if (!ama__consumer_box(s, c, &box, &mine)) return AMA_OK;
    int64_t cells = ama__consumer_cells(c, &mine), bytes = cells * ama__consumer_state_bytes(c);
    int64_t block = ama__consumer_block(s, c, unit);
    ama__consumer_groups(c, unit, &lo, &hi);
    m->now += (hi - lo) * bytes;
    if (m->now > m->need->peak_bytes) m->need->peak_bytes = m->now;
    for (int64_t k = lo; k < hi; k++) {
        bool labelled = c->spec.label_axis >= 0;
        int64_t group = labelled ? c->groups.group[k] : 0, n_leaves;
        int64_t position = labelled ? c->groups.position[k] : 0, parts = labelled ? c->groups.n_parts[group] : 1;
        leaf l = {i, block, group, 0, 0, bytes, cells * (int64_t)ama__dtype_bytes(c->reduce->dtype)};
        l.index = ama__consumer_leaf(s, c, unit, position, parts, &n_leaves);
        l.n_leaves = n_leaves;
        AMA_TRY(add_leaf(m, &l));
    }
    return AMA_OK;
}

ama_status ama__plan_simulate(ama_ctx *ctx, const ama__stage *s, int64_t first, int64_t last, ama__state_need *out) {
    simulation m = {.ctx = ctx, .need = out};
    ama_status status = AMA_OK;
    memset(out, 0, sizeof *out);
    for (int64_t u = first; u < last && status == AMA_OK; u++) {
        int64_t unit[AMA_MAX_DIMS];
        ama__stage_unit(s, u, unit);
        for (int i = 0; i < s->n_consumers && status == AMA_OK; i++)
            if (s->consumer[i].kind == AMA_CONSUME_REDUCE) status = add_unit(&m, s, i, unit);
    }
    out->leftover_bytes = m.now;
    for (int64_t i = 0; i < m.cap; i++) {
        if (m.slot[i].consumer < 0 || !m.slot[i].tree) continue;
        out->leftover_result_bytes += m.slot[i].out_bytes;
        ama__mem_free(ctx, m.slot[i].tree);
    }
    ama__mem_free(ctx, m.slot);
    return status;
}
