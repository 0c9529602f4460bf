#include "plan/assembly.h"

#include <string.h>

typedef struct waiting { /* a chunk that has not come whole */
    int64_t chunk;       /* -1: free place */
    int64_t missing;     /* elements; 0: done */
} waiting;

typedef struct table {
    ama_ctx *ctx;
    int64_t n, cap; /* cap: power of two */
    waiting *slot;
    int64_t now; /* elements of the chunks that wait */
    int64_t peak;
} table;

static waiting *find(const table *t, int64_t chunk) {
    int64_t i = (int64_t)(((uint64_t)chunk * 0x9E3779B97F4A7C15u >> 20) & (uint64_t)(t->cap - 1));
    while (t->slot[i].chunk >= 0 && t->slot[i].chunk != chunk) i = (i + 1) & (t->cap - 1);
    return &t->slot[i];
}

/* Forgets what is done. */
static ama_status grow(table *t) {
    table old = *t;
    int64_t live = 0, cap = 64;
    waiting *slot;
    for (int64_t i = 0; i < old.cap; i++) live += old.slot[i].chunk >= 0 && old.slot[i].missing > 0;
    while (cap < live * 4) cap *= 2;
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_META, (size_t)cap * sizeof *slot, (void **)&slot));
    for (int64_t i = 0; i < cap; i++) slot[i] = (waiting){-1, 0};
    t->slot = slot;
    t->cap = cap;
    t->n = live;
    for (int64_t i = 0; i < old.cap; i++)
        if (old.slot[i].chunk >= 0 && old.slot[i].missing > 0) *find(t, old.slot[i].chunk) = old.slot[i];
    ama__mem_free(t->ctx, old.slot);
    return AMA_OK;
}

static ama_status add_part(table *t, int64_t chunk, int64_t chunk_size, int64_t part_size) {
    if ((t->n + 1) * 2 > t->cap) AMA_TRY(grow(t));
    waiting *w = find(t, chunk);
    if (w->chunk < 0) t->n++;
    if (w->chunk < 0 || w->missing == 0) {
        *w = (waiting){chunk, chunk_size};
        t->now += chunk_size;
        if (t->now > t->peak) t->peak = t->now;
    }
    w->missing -= part_size;
    if (w->missing == 0) t->now -= chunk_size;
    return AMA_OK;
}

static ama_status add_box(table *t, const ama__chunkgrid *g, const ama__box *box) {
    ama__box cover = ama__chunkgrid_cover(g, box), what;
    int64_t at[AMA_MAX_DIMS] = {0}, index[AMA_MAX_DIMS];
    do {
        for (int a = 0; a < g->ndim; a++) index[a] = cover.start[a] + at[a];
        ama__box chunk = ama__chunkgrid_box(g, index);
        if (ama__box_contains(box, &chunk) || !ama__box_intersect(box, &chunk, &what)) continue;
        AMA_TRY(add_part(t, ama__chunkgrid_number(g, index), ama__box_size(&chunk), ama__box_size(&what)));
    } while (ama__index_next(g->ndim, cover.count, at));
    return AMA_OK;
}

static ama_status walk(table *t, const ama__stage *s, const ama__consumer *c, const ama__chunkgrid *g,
                       const int64_t range[2], int64_t *largest) {
    for (int64_t u = range[0]; u < range[1]; u++) {
        int64_t unit[AMA_MAX_DIMS];
        ama__stage_unit(s, u, unit);
        ama__box box = ama__stage_unit_box(s, unit), tile = box, mine;
        int64_t x = s->ndim ? box.start[0] : 0, end = s->ndim ? x + box.count[0] : 1;
        while (x < end) {
            int64_t next = ama__stage_tile_end(s, &box, x);
            if (s->ndim) {
                tile.start[0] = x;
                tile.count[0] = next - x;
            }
            x = next;
            if (!ama__consumer_box(s, c, &tile, &mine)) continue;
            int64_t size = ama__box_size(&mine);
            if (size > *largest) *largest = size;
            if (g) AMA_TRY(add_box(t, g, &mine));
        }
    }
    return AMA_OK;
}

ama_status ama__plan_assembly(ama_ctx *ctx, const ama__stage *s, const ama__consumer *c, const int64_t *chunk,
                              const int64_t range[2], ama__assembly_need *out) {
    table t = {.ctx = ctx};
    ama__chunkgrid g;
    int64_t size = (int64_t)ama__dtype_bytes(c->node->dtype), largest = 0;
    memset(out, 0, sizeof *out);
    if (chunk && !ama__chunkgrid_init(&g, c->node->ndim, c->node->shape, chunk))
        return ama__fail(ctx, AMA_ERR_INTERNAL, "the chunk shape of an output was not chosen");
    ama_status status = walk(&t, s, c, chunk ? &g : NULL, range, &largest);
    ama__mem_free(ctx, t.slot);
    *out = (ama__assembly_need){t.peak * size, t.now * size, largest * size};
    return status;
}
