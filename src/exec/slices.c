#include "exec/slices.h"

#include <string.h>

#include "base/number.h"
#include "kernel/state.h"
#include "plan/blocks.h"

/* Chunks whose cells are fewer than this are not worth slices of their own: their values are copied together. */
#define WORTH_CELLS 2048

/* Collected values have their places whatever the order in which they come. */
static bool may_be_cut(const ama__consumer *c, int axis) {
    return ama__red_collects(c->spec.op) || (!c->spec.reduced[axis] && axis != c->spec.label_axis);
}

/* The chunk borders along a consumer's axis; NULL where they do not show in it. */
static const ama__cuts *atoms_of(const ama__stage *stage, const ama__consumer *c, int axis) {
    const ama__axismap *m = &c->map[axis];
    return m->driver_axis >= 0 && !m->list && m->step == 1 ? &stage->atoms[m->driver_axis] : NULL;
}

/* Extent of a chunk along an axis (the first stands for all), at most the box's. */
static int64_t atom_extent(const ama__cuts *a, const ama__box *box, int axis) {
    if (!a) return box->count[axis];
    return ama__min_i8(a->n > 0 ? a->cut[1] - a->cut[0] : 1, box->count[axis]);
}

/* Pieces of `extent` indices at most, none across a chunk border when `atoms` is given. */
static ama_status cut_axis(ama__slices *s, int axis, const ama__cuts *atoms, int64_t shift, int64_t extent) {
    int64_t start = s->whole.start[axis], end = start + s->whole.count[axis], k = 0, n = 0;
    int64_t most = s->whole.count[axis] / extent + 2;
    if (atoms) most += atoms->n;
    AMA_TRY(ama__mem_alloc(s->ctx, AMA_MEM_META, (size_t)most * sizeof(int64_t), (void **)&s->border[axis]));
    for (int64_t x = start; x < end;) {
        int64_t next = ama__min_i8(x + extent, end);
        while (atoms && k < atoms->n && atoms->cut[k] - shift <= x) k++;
        if (atoms && k <= atoms->n) next = ama__min_i8(next, atoms->cut[k] - shift);
        s->border[axis][n++] = x;
        x = next > x ? next : end;
    }
    s->border[axis][n] = end;
    s->pieces[axis] = n;
    return AMA_OK;
}

ama_status ama__slices_init(ama__slices *s, ama_ctx *ctx, const ama__stage *stage, const ama__consumer *c,
                            const ama__box *box, int threads) {
    int64_t cells = 1, chunk_cells = 1, inner = 1;
    *s = (ama__slices){.ctx = ctx, .whole = *box, .n = 1};
    for (int a = 0; a < box->ndim; a++) {
        s->pieces[a] = 1;
        if (!may_be_cut(c, a)) continue;
        cells *= box->count[a];
        chunk_cells *= atom_extent(atoms_of(stage, c, a), box, a);
    }
    bool by_chunk = chunk_cells >= WORTH_CELLS;
    /* blocks of stored values are as many rows as are folded together */
    int64_t most = ama__consumer_folds_source(c) ? AMA_BLOCK_ELEMENTS / AMA_FOLD_ROWS : AMA_BLOCK_ELEMENTS;
    int64_t target = ama__min_i8(most, threads > 1 ? cells / (4 * threads) + 1 : cells);
    ama_status status = AMA_OK;
    for (int a = box->ndim - 1; a >= 0 && status == AMA_OK; a--) {
        if (!may_be_cut(c, a) || box->count[a] <= 1) continue;
        const ama__cuts *atoms = by_chunk && c->halo[a] == 0 ? atoms_of(stage, c, a) : NULL;
        int64_t extent = inner >= target ? 1 : ama__min_i8(target / inner, box->count[a]);
        if (c->halo[a] > 0)
            extent = ama__min_i8(extent + 4 * c->halo[a], box->count[a]); /* windows cross the borders */
        status = cut_axis(s, a, atoms, c->map[a].start, extent);
        inner *= ama__min_i8(extent, atom_extent(atoms, box, a));
        s->n *= s->pieces[a];
    }
    if (status != AMA_OK) ama__slices_fini(s);
    return status;
}

void ama__slices_fini(ama__slices *s) {
    for (int a = 0; a < s->whole.ndim; a++) AMA_FREE(s->ctx, s->border[a]);
}

ama__box ama__slices_box(const ama__slices *s, int64_t i) {
    ama__box b = s->whole;
    for (int a = b.ndim - 1; a >= 0; a--) {
        if (!s->border[a]) continue;
        int64_t k = i % s->pieces[a];
        i /= s->pieces[a];
        b.start[a] = s->border[a][k];
        b.count[a] = s->border[a][k + 1] - b.start[a];
    }
    return b;
}
