/* Cutting the space of a stage. Atoms are the driver's chunks (or, where it has none, rows of about 1 MiB); units are
 * runs of atoms whose sizes depend on the dataset and the script alone. */
#include "plan/lower.h"

#include <string.h>

#include "base/number.h"
#include "graph/borders.h"
#include "plan/blocks.h"
#include "plan/seams.h"

#define MIB ((int64_t)1 << 20)

/* Chunk extents that a variable without chunks is cut into: whole slow-axis rows of about 1 MiB. */
static void virtual_chunk(int ndim, const int64_t *shape, int64_t element_bytes, int64_t *chunk) {
    int64_t row = element_bytes;
    for (int a = ndim - 1; a >= 0; a--) {
        chunk[a] = ama__max_i8(shape[a], 1);
        if (row * chunk[a] > MIB && (a == 0 || row * chunk[a] > 16 * MIB)) {
            chunk[a] = ama__max_i8(MIB / row, 1);
            for (int b = 0; b < a; b++) chunk[b] = 1;
            return;
        }
        row *= chunk[a];
    }
}

/* Cut points of one source axis: chunk boundaries of every part along the parts' axis, of the first part elsewhere. */
static ama_status source_cuts(ama__graph *g, const ama__node *n, int axis, int64_t *const *chunk, ama__cuts *out) {
    int64_t total = 1, k = 0, *cut;
    bool along = axis == n->u.source.axis;
    int parts = along ? n->u.source.n_parts : 1;
    for (int i = 0; i < parts; i++) total += (along ? n->u.source.part[i].count : n->shape[axis]) / chunk[i][axis] + 1;
    AMA_NEW(g->arena, cut, total + 1);
    for (int i = 0; i < parts; i++) {
        int64_t start = along ? n->u.source.part[i].start : 0;
        int64_t count = along ? n->u.source.part[i].count : n->shape[axis];
        for (int64_t x = 0; x < count; x += chunk[i][axis]) cut[k++] = start + x;
    }
    cut[k] = n->shape[axis];
    out->n = k;
    out->cut = cut;
    return AMA_OK;
}

static ama_status driver_atoms(ama__graph *g, ama__stage *s) {
    const ama__node *n = s->driver;
    int64_t **chunk;
    AMA_NEW(g->arena, chunk, n->u.source.n_parts);
    for (int i = 0; i < n->u.source.n_parts; i++) {
        const ama__source_part *p = &n->u.source.part[i];
        const ama__stored_var *v = &p->store->meta.var[p->var];
        AMA_NEW(g->arena, chunk[i], AMA_MAX_DIMS);
        if (v->chunked)
            memcpy(chunk[i], v->grid.chunk, sizeof v->grid.chunk);
        else
            virtual_chunk(v->ndim, v->grid.shape, (int64_t)ama__dtype_bytes(v->dtype), chunk[i]);
    }
    for (int a = 0; a < s->ndim; a++) AMA_TRY(source_cuts(g, n, a, chunk, &s->atoms[a]));
    return AMA_OK;
}

/* A CONCAT: where it has pieces of sources and chunks of them. */
static ama_status concat_atoms(ama__graph *g, ama__stage *s) {
    for (int a = 0; a < s->ndim; a++) {
        int64_t n, *border, *cut, extent = s->shape[a];
        AMA_TRY(ama__node_borders(g, s->driver, a, &n, &border));
        AMA_NEW(g->arena, cut, n + 2);
        if (n) memcpy(cut + 1, border, (size_t)n * sizeof *cut);
        s->atoms[a] = (ama__cuts){extent > 0 ? n + 1 : 0, cut};
        cut[s->atoms[a].n] = extent;
    }
    return AMA_OK;
}

static ama_status own_atoms(ama__graph *g, ama__stage *s) {
    int64_t chunk[AMA_MAX_DIMS];
    virtual_chunk(s->ndim, s->shape, 8, chunk);
    for (int a = 0; a < s->ndim; a++) {
        int64_t k = 0, *cut;
        AMA_NEW(g->arena, cut, s->shape[a] / chunk[a] + 3);
        for (int64_t x = 0; x < s->shape[a]; x += chunk[a]) cut[k++] = x;
        cut[k] = s->shape[a];
        s->atoms[a] = (ama__cuts){k, cut};
    }
    return AMA_OK;
}

/* Joins atoms into intervals of at least `extent` indices. */
static ama_status join(ama__graph *g, const ama__cuts *atoms, int64_t extent, ama__cuts *out) {
    int64_t *cut, k = 0;
    AMA_NEW(g->arena, cut, atoms->n + 1);
    for (int64_t i = 0; i < atoms->n; i++)
        if (k == 0 || atoms->cut[i] - cut[k - 1] >= extent) cut[k++] = atoms->cut[i];
    cut[k] = atoms->n > 0 ? atoms->cut[atoms->n] : 0;
    out->n = k;
    out->cut = cut;
    return AMA_OK;
}

/* Columns first: chunks are joined along the fast axes until a layer of one atom has 256 KiB (enough for long vectors),
 * then atoms along axis 0 until a unit has 1/64 of the variable, but 1 to 256 MiB. */
static ama_status make_units(ama__graph *g, const ama__plan_options *o, ama__stage *s) {
    int64_t element = s->driver ? (int64_t)ama__dtype_bytes(s->driver->dtype) : 8;
    int64_t layer = s->ndim > 0 ? element * ama__cuts_widest(&s->atoms[0]) : element, total = element, row = element;
    int64_t least = o->unit_bytes ? ama__min_i8(o->unit_bytes, 256 << 10) : 256 << 10;
    for (int a = 0; a < s->ndim; a++) total *= ama__max_i8(s->shape[a], 1);
    for (int a = 1; a < s->ndim; a++) layer *= ama__cuts_widest(&s->atoms[a]);
    for (int a = s->ndim - 1; a >= 1; a--) {
        int64_t w = ama__cuts_widest(&s->atoms[a]), times = ama__max_i8((least + layer - 1) / layer, 1);
        AMA_TRY(join(g, &s->atoms[a], ama__min_i8(w * times, s->shape[a]), &s->units[a]));
        layer = layer / w * ama__cuts_widest(&s->units[a]);
        row *= ama__cuts_widest(&s->units[a]);
    }
    s->row_bytes = row;
    if (s->ndim == 0) return AMA_OK;
    int64_t target = o->unit_bytes ? o->unit_bytes : ama__min_i8(ama__max_i8(total / 64, MIB), 256 * MIB);
    if (s->n_turns > 0) target = ama__min_i8(target, 16 * MIB); /* a turn has one, at least */
    /* units shorter than what windows read beyond them would be mostly read and worked on for their neighbours */
    int64_t reach = o->unit_bytes ? 1 : ama__stage_halo(s);
    return join(g, &s->atoms[0], ama__max_i8(ama__max_i8(target / row, reach), 1), &s->units[0]);
}

/* ---- consumers on the units */

static void touched_units(ama__stage *s, ama__consumer *c) {
    bool empty = false;
    for (int d = 0; d < s->ndim; d++) {
        c->unit_lo[d] = 0;
        c->unit_hi[d] = s->units[d].n;
        if (c->fixed[d] >= 0) {
            c->unit_lo[d] = ama__cuts_find(&s->units[d], c->fixed[d]);
            c->unit_hi[d] = c->unit_lo[d] + 1;
        }
    }
    for (int a = 0; a < c->node->ndim; a++) {
        const ama__axismap *m = &c->map[a];
        int64_t n = c->node->shape[a];
        if (n == 0) empty = true;
        if (m->driver_axis < 0 || n == 0) continue;
        int64_t first = ama__cuts_find(&s->units[m->driver_axis], ama__axismap_at(m, 0));
        int64_t last = ama__cuts_find(&s->units[m->driver_axis], ama__axismap_at(m, n - 1));
        c->unit_lo[m->driver_axis] = ama__min_i8(first, last);
        c->unit_hi[m->driver_axis] = ama__max_i8(first, last) + 1;
    }
    for (int d = 0; d < s->ndim && empty; d++) c->unit_lo[d] = c->unit_hi[d] = 0;
}

/* Positions of the units that a reduced axis touches. */
static ama_status make_leaf_pos(ama__graph *g, ama__stage *s, ama__consumer *c, int a) {
    int d = c->map[a].driver_axis;
    int64_t *pos, k = 0;
    AMA_NEW(g->arena, pos, s->units[d].n + 1);
    for (int64_t u = 0; u < s->units[d].n; u++) pos[u] = -1;
    for (int64_t i = 0; i < c->node->shape[a]; i++) {
        int64_t u = ama__cuts_find(&s->units[d], ama__axismap_at(&c->map[a], i));
        if (pos[u] < 0) pos[u] = k++;
        /* jump over the rest of this unit where the map is a slice */
        if (!c->map[a].list) {
            int64_t left = s->units[d].cut[u + 1] - 1 - ama__axismap_at(&c->map[a], i);
            i += left / c->map[a].step;
        }
    }
    c->leaf_pos[d] = pos;
    c->leaf_n[d] = k;
    return AMA_OK;
}

/* The groups that have members in each unit of the label axis. */
static ama_status make_groups(ama__graph *g, ama__stage *s, ama__consumer *c) {
    int a = c->spec.label_axis, d = c->map[a].driver_axis;
    int64_t n = c->node->shape[a], n_units = d >= 0 ? s->units[d].n : 1, k = 0;
    int64_t *first, *group, *position, *parts, *count, *members, *rank, *seen, *entry;
    AMA_NEW(g->arena, first, n_units + 2);
    AMA_NEW(g->arena, group, n + 1);
    AMA_NEW(g->arena, position, n + 1);
    AMA_NEW(g->arena, count, n + 1);
    AMA_NEW(g->arena, rank, n + 1);
    AMA_NEW(g->arena, parts, c->spec.n_labels + 1);
    AMA_NEW(g->arena, members, c->spec.n_labels + 1);
    AMA_NEW(g->arena, seen, c->spec.n_labels + 1); /* last unit + 1 in which the group was seen */
    AMA_NEW(g->arena, entry, c->spec.n_labels + 1);
    int64_t unit = -1;
    for (int64_t i = 0; i < n; i++) {
        int64_t u = d >= 0 ? ama__cuts_find(&s->units[d], ama__axismap_at(&c->map[a], i)) : 0, label = c->spec.label[i];
        while (unit < u) first[++unit] = k;
        if (label < 0) continue;
        if (seen[label] != u + 1) {
            seen[label] = u + 1;
            group[k] = label;
            position[k] = parts[label]++;
            entry[label] = k++;
        }
        members[label]++;
        rank[i] = count[entry[label]]++;
    }
    while (unit < n_units) first[++unit] = k;
    c->groups = (ama__groups){c->spec.n_labels, first, group, position, parts, count, members, rank};
    return AMA_OK;
}

/* Trailing reduced axes taken as one row: as many as keep a row within 1 Mi elements, without the axis that tiles cut.
 */
static int row_axes(const ama__stage *s, const ama__consumer *c) {
    int64_t size = 1;
    int n = 0;
    if (ama__red_collects(c->spec.op)) return 0;
    for (int a = c->node->ndim - 1; a >= 0; a--) {
        int d = c->map[a].driver_axis;
        if (!c->spec.reduced[a] || (d == 0 && s->ndim > 1)) break;
        size *= d >= 0 ? ama__min_i8(ama__cuts_widest(&s->units[d]), c->node->shape[a]) : c->node->shape[a];
        if (n > 0 && size > MIB) break;
        n++;
    }
    return n;
}

static ama_status cut_consumer(ama__graph *g, ama__stage *s, ama__consumer *c) {
    touched_units(s, c);
    if (c->kind != AMA_CONSUME_REDUCE) return AMA_OK;
    if (c->spec.label_axis >= 0)
        AMA_TRY(make_groups(g, s, c));
    else
        c->groups.n_groups = 1;
    for (int a = 0; a < c->node->ndim; a++)
        if (c->spec.reduced[a] && c->map[a].driver_axis >= 0) AMA_TRY(make_leaf_pos(g, s, c, a));
    c->n_row_axes = row_axes(s, c);
    return AMA_OK;
}

/* Order in which units follow each other: axes that large reductions reduce vary fastest, so that states close early;
 * among equals axis 0 is fastest. */
static void order_axes(ama__stage *s) {
    double weight[AMA_MAX_DIMS] = {0};
    for (int i = 0; i < s->n_consumers; i++) {
        const ama__consumer *c = &s->consumer[i];
        double cells = 1;
        if (c->kind != AMA_CONSUME_REDUCE) continue;
        for (int a = 0; a < c->reduce->ndim; a++) cells *= (double)c->reduce->shape[a];
        for (int a = 0; a < c->node->ndim; a++)
            if (c->map[a].driver_axis >= 0 && (c->spec.reduced[a] || a == c->spec.label_axis))
                weight[c->map[a].driver_axis] += cells;
    }
    for (int k = 0; k < s->ndim; k++) {
        int d = (k + 1) % s->ndim, at = k;
        for (; at > 0 && weight[s->order[at - 1]] > weight[d]; at--) s->order[at] = s->order[at - 1];
        s->order[at] = d;
    }
}

ama_status ama__plan_cut(ama__graph *g, const ama__plan_options *o, ama__stage *s) {
    AMA_TRY(ama__stage_find_halos(g, s));
    if (!s->driver)
        AMA_TRY(own_atoms(g, s));
    else
        AMA_TRY(s->driver->kind == AMA_NODE_CONCAT ? concat_atoms(g, s) : driver_atoms(g, s));
    s->atom_rows = s->ndim > 0 ? ama__cuts_widest(&s->atoms[0]) : 1;
    AMA_TRY(ama__plan_seams(g, o, s));
    AMA_TRY(make_units(g, o, s));
    order_axes(s);
    s->n_units = 1;
    for (int i = 0; i < s->n_consumers; i++) AMA_TRY(cut_consumer(g, s, &s->consumer[i]));
    for (int d = 0; d < s->ndim; d++) {
        s->unit_lo[d] = s->units[d].n;
        for (int i = 0; i < s->n_consumers; i++) {
            const ama__consumer *c = &s->consumer[i];
            if (c->unit_hi[d] <= c->unit_lo[d]) continue;
            s->unit_lo[d] = ama__min_i8(s->unit_lo[d], c->unit_lo[d]);
            s->unit_hi[d] = ama__max_i8(s->unit_hi[d], c->unit_hi[d]);
        }
        s->n_units *= ama__max_i8(s->unit_hi[d] - s->unit_lo[d], 0);
    }
    return AMA_OK;
}
