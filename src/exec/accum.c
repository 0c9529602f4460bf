#include "exec/accum.h"

#include "exec/accum_private.h"
#include "exec/collect.h"

#include <math.h>
#include <string.h>

/* Groups without members and reductions over nothing have no leaves: their cells are what an empty state gives. */
static void set_rest(const ama__accum *a, int i) {
    const ama__consumer *c = a->consumer;
    const ama__node *r = ama__accum_result(a, i);
    ama__finish f = {c->spec.min_count, c->spec.ddof, c->spec.empty_nan, r->dtype};
    uint64_t mem[3];
    ama__box whole = ama__box_whole(c->node->ndim, c->node->shape);
    bool rest = ama__box_size(&whole) == 0;
    for (int64_t g = 0; c->spec.label_axis >= 0 && g < c->groups.n_groups; g++) rest |= c->groups.n_parts[g] == 0;
    a->pieces[i]->has_rest = rest;
    if (ama__red_collects(c->spec.op)) {
        if (ama__dtype_is_float(r->dtype)) ama__dtype_set_f8(r->dtype, a->pieces[i]->rest, 0, NAN);
        return; /* ints: 0 */
    }
    ama__state_init(&a->kind, ama__state_at(&a->kind, mem, 1), 1);
    ama__state_finish(&a->kind, &f, ama__state_at(&a->kind, mem, 1), 1, a->pieces[i]->rest);
}

ama_status ama__accum_init(ama__accum *a, ama_ctx *ctx, const ama__stage *s, const ama__consumer *c, int threads,
                           ama__pieces **out) {
    memset(a, 0, sizeof *a);
    a->ctx = ctx;
    a->stage = s;
    a->consumer = c;
    a->pieces = out;
    a->threads = threads;
    a->kind = (ama__state_kind){c->spec.op, c->node->dtype, c->spec.skipna};
    for (int i = 0; i <= c->n_twins; i++) set_rest(a, i);
    size_t groups = (size_t)c->groups.n_groups + 1;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_META, groups * sizeof *a->leaf, (void **)&a->leaf));
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_META, groups * sizeof *a->entry_of, (void **)&a->entry_of));
    memset(a->entry_of, -1, groups * sizeof *a->entry_of);
    return AMA_OK;
}

static void free_tree(ama_ctx *ctx, ama__tree *t) {
    for (int i = 0; t && i < t->n; i++) ama__mem_free(ctx, t->node[i].state);
    ama__mem_free(ctx, t);
}

void ama__accum_fini(ama__accum *a) {
    if (!a->ctx) return;
    for (int64_t k = a->lo; a->open && k < a->hi; k++) ama__mem_free(a->ctx, a->leaf[k - a->lo]);
    for (int64_t i = 0; i < a->cap_slots; i++)
        if (a->slot[i].used) {
            free_tree(a->ctx, a->slot[i].tree);
            ama__collect_free(a->ctx, a->slot[i].chain);
        }
    AMA_FREE(a->ctx, a->slot);
    AMA_FREE(a->ctx, a->pieces);
    AMA_FREE(a->ctx, a->leaf);
    AMA_FREE(a->ctx, a->entry_of);
}

static bool is_kept(const ama__consumer *c, int axis) {
    return !c->spec.reduced[axis] && axis != c->spec.label_axis;
}

static int64_t group_of(const ama__consumer *c, int64_t entry) {
    return c->spec.label_axis >= 0 ? c->groups.group[entry] : 0;
}

ama_status ama__accum_open(ama__accum *a, const int64_t *unit) {
    const ama__consumer *c = a->consumer;
    ama__box driver = ama__stage_unit_box(a->stage, unit);
    int64_t stride = 1;
    a->open = false;
    if (!ama__consumer_box(a->stage, c, &driver, &a->box)) return AMA_OK;
    memcpy(a->unit, unit, sizeof a->unit);
    for (int d = c->node->ndim - 1; d >= 0; d--) {
        a->stride[d] = is_kept(c, d) ? stride : 0;
        if (is_kept(c, d)) stride *= a->box.count[d];
    }
    a->cells = stride;
    a->open = true;
    a->lo = a->hi = 0;
    if (a->counting) return AMA_OK;
    ama__consumer_groups(c, unit, &a->lo, &a->hi);
    for (int64_t k = a->lo; k < a->hi; k++) a->leaf[k - a->lo] = NULL;
    for (int64_t k = a->lo; k < a->hi; k++) {
        int64_t values = ama__consumer_values(c, &a->box, k), bytes = ama__consumer_state_bytes(c, a->cells, values);
        AMA_TRY(ama__mem_alloc(a->ctx, AMA_MEM_STATE, (size_t)bytes, &a->leaf[k - a->lo]));
        if (ama__red_collects(c->spec.op))
            ama__collect_open(a->leaf[k - a->lo], values);
        else
            ama__state_init(&a->kind, ama__state_at(&a->kind, a->leaf[k - a->lo], a->cells), a->cells);
        a->entry_of[group_of(c, k)] = (int32_t)(k - a->lo);
    }
    return AMA_OK;
}

bool ama__accum_state(const ama__accum *a, int64_t group, int64_t cell, ama__state *out) {
    if (group < 0 || a->entry_of[group] < 0) return false;
    *out = ama__state_offset(ama__state_at(&a->kind, a->leaf[a->entry_of[group]], a->cells), cell);
    return true;
}

/* ---- finishing */

ama_status ama__accum_add_piece(ama__accum *a, int result, const ama__box *kept, int64_t group, void *data) {
    const ama__consumer *c = a->consumer;
    const ama__node *r = ama__accum_result(a, result);
    ama__box box = {.ndim = r->ndim};
    int64_t from[AMA_MAX_DIMS], to[AMA_MAX_DIMS], stride = 1;
    void *turned = NULL;
    bool in_order = true;
    int last = -1;
    if (r->u.reduce.spec.op == AMA_RED_QUANTILE) {
        box.count[r->ndim - 1] = stride = r->shape[r->ndim - 1];
        from[r->ndim - 1] = 1;
    }
    for (int d = c->node->ndim - 1; d >= 0; d--) {
        int o = c->out_axis[d];
        if (o < 0) continue;
        bool labelled = d == c->spec.label_axis;
        box.start[o] = labelled ? group : kept->start[d] + c->out_start[d];
        box.count[o] = labelled ? 1 : kept->count[d];
        from[o] = stride;
        stride *= box.count[o];
    }
    for (int d = 0; d < c->node->ndim; d++) {
        if (c->out_axis[d] < 0) continue;
        if (c->out_axis[d] < last) in_order = false;
        last = c->out_axis[d];
    }
    size_t size = ama__dtype_bytes(r->dtype);
    ama_status status = AMA_OK;
    if (!in_order) {
        status = ama__mem_alloc(a->ctx, AMA_MEM_RESULT, (size_t)ama__box_size(&box) * size, &turned);
        ama__shape_strides(box.ndim, box.count, to);
        if (status == AMA_OK) ama__strided_copy(box.ndim, box.count, size, data, from, turned, to);
        ama__mem_free(a->ctx, data);
        data = turned;
    }
    if (status == AMA_OK) status = ama__pieces_add(a->pieces[result], &box, data);
    if (status != AMA_OK) ama__mem_free(a->ctx, data);
    return status;
}

/* Final values of (kept box, group) as a piece of the result. Takes over `state`. */
static ama_status finish(ama__accum *a, const ama__box *kept, int64_t group, void *state) {
    const ama__consumer *c = a->consumer;
    ama__finish f = {c->spec.min_count, c->spec.ddof, c->spec.empty_nan, c->reduce->dtype};
    int64_t cells = ama__box_size(kept);
    void *data;
    ama_status status = ama__mem_alloc(a->ctx, AMA_MEM_RESULT, (size_t)cells * ama__dtype_bytes(f.out), &data);
    if (status == AMA_OK) ama__state_finish(&a->kind, &f, ama__state_at(&a->kind, state, cells), cells, data);
    ama__mem_free(a->ctx, state);
    return status == AMA_OK ? ama__accum_add_piece(a, 0, kept, group, data) : status;
}

/* ---- trees */

static ama__accum_slot *find(const ama__accum *a, int64_t block, int64_t group) {
    uint64_t h = (uint64_t)block * 0x9E3779B97F4A7C15u + (uint64_t)group * 0xC2B2AE3D27D4EB4Fu;
    int64_t i = (int64_t)((h ^ (h >> 31)) & (uint64_t)(a->cap_slots - 1));
    for (;; i = (i + 1) & (a->cap_slots - 1)) {
        ama__accum_slot *s = &a->slot[i];
        if (!s->used || (s->block == block && s->group == group)) return s;
    }
}

static ama_status grow_slots(ama__accum *a) {
    ama__accum old = *a;
    int64_t live = 0;
    for (int64_t i = 0; i < old.cap_slots; i++) live += ama__accum_is_open(&old.slot[i]);
    a->cap_slots = 64;
    while (a->cap_slots < live * 4) a->cap_slots *= 2;
    ama_status status = ama__mem_calloc(a->ctx, AMA_MEM_META, (size_t)a->cap_slots, sizeof *a->slot, (void **)&a->slot);
    if (status != AMA_OK) {
        a->slot = old.slot;
        a->cap_slots = old.cap_slots;
        return status;
    }
    a->n_slots = live; /* completed trees are forgotten */
    for (int64_t i = 0; i < old.cap_slots; i++)
        if (ama__accum_is_open(&old.slot[i])) *find(a, old.slot[i].block, old.slot[i].group) = old.slot[i];
    ama__mem_free(a->ctx, old.slot);
    return AMA_OK;
}

ama_status ama__accum_slot_of(ama__accum *a, int64_t block, int64_t group, const ama__box *kept, int64_t n_leaves,
                              ama__accum_slot **out) {
    if ((a->n_slots + 1) * 2 > a->cap_slots) AMA_TRY(grow_slots(a));
    ama__accum_slot *s = find(a, block, group);
    if (!s->used) {
        *s = (ama__accum_slot){.used = true, .block = block, .group = group, .kept = *kept};
        a->n_slots++;
    }
    if (!s->tree && n_leaves > 0) {
        AMA_TRY(ama__mem_calloc(a->ctx, AMA_MEM_META, 1, sizeof *s->tree, (void **)&s->tree));
        s->tree->n_leaves = n_leaves;
    }
    *out = s;
    return AMA_OK;
}

ama_status ama__accum_insert(ama__accum *a, ama__accum_slot *s, ama__tree_node at) {
    ama__tree_node sibling;
    bool left, full;
    int64_t cells = ama__box_size(&s->kept);
    while (ama__tree_step(s->tree, &at, &sibling, &left, &full)) {
        void *first = left ? sibling.state : at.state, *second = left ? at.state : sibling.state;
        ama__state_merge(&a->kind, ama__state_at(&a->kind, first, cells), ama__state_at(&a->kind, second, cells),
                         cells);
        ama__mem_free(a->ctx, second);
        at.state = first;
    }
    if (full) {
        ama__mem_free(a->ctx, at.state);
        return ama__fail(a->ctx, AMA_ERR_INTERNAL, "a merge tree with too many open nodes");
    }
    if (!s->tree->complete) return AMA_OK;
    void *root = s->tree->node[0].state;
    AMA_FREE(a->ctx, s->tree);
    return finish(a, &s->kept, s->group, root);
}

static ama_status close_entry(ama__accum *a, int64_t entry, int64_t block, const ama__box *kept, void *state) {
    const ama__consumer *c = a->consumer;
    bool labelled = c->spec.label_axis >= 0;
    int64_t group = group_of(c, entry), n_leaves;
    int64_t leaf = ama__consumer_leaf(a->stage, c, a->unit, labelled ? c->groups.position[entry] : 0,
                                      labelled ? c->groups.n_parts[group] : 1, &n_leaves);
    ama__accum_slot *s;
    if (ama__red_collects(c->spec.op)) return ama__collect_insert(a, block, group, kept, state);
    if (n_leaves == 1) return finish(a, kept, group, state);
    ama_status status = ama__accum_slot_of(a, block, group, kept, n_leaves, &s);
    if (status != AMA_OK) {
        ama__mem_free(a->ctx, state);
        return status;
    }
    return ama__accum_insert(a, s, (ama__tree_node){0, leaf, state});
}

ama_status ama__accum_close(ama__accum *a) {
    if (!a->open) return AMA_OK;
    ama__box kept = ama__consumer_kept(a->consumer, &a->box);
    int64_t block = ama__consumer_block(a->stage, a->consumer, a->unit);
    for (int64_t k = a->lo; k < a->hi; k++) {
        void *state = a->leaf[k - a->lo];
        a->leaf[k - a->lo] = NULL;
        a->entry_of[group_of(a->consumer, k)] = -1;
        AMA_TRY(close_entry(a, k, block, &kept, state));
    }
    a->open = false;
    return AMA_OK;
}
