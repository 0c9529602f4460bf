#include "exec/ahead.h"

#include <string.h>

ama_status ama__ahead_init(ama__ahead *a, ama_ctx *ctx, const ama__stage *s, ama__fetcher *f, int depth, int rank) {
    memset(a, 0, sizeof *a);
    if (depth == 0 || s->ndim == 0) return AMA_OK;
    a->stage = s;
    a->fetcher = f;
    a->depth = depth;
    a->unit = s->rank_first[rank];
    a->last = s->rank_first[rank + 1];
    a->next = -1;
    a->tile = -1;
    AMA_TRY(ama__wants_init(&a->wants[0], ctx, s));
    AMA_TRY(ama__wants_init(&a->wants[1], ctx, s));
    return s->ahead_bytes > 0 ? ama__prefetch_create(ctx, f, s->ahead_bytes, &a->prefetch) : AMA_OK;
}

void ama__ahead_fini(ama__ahead *a) {
    if (a->depth == 0) return;
    ama__prefetch_destroy(&a->prefetch);
    ama__wants_fini(&a->wants[0]);
    ama__wants_fini(&a->wants[1]);
    a->depth = 0;
}

/* Looks at the tile that follows. */
static ama_status look(ama__ahead *a) {
    const ama__stage *s = a->stage;
    int64_t index[AMA_MAX_DIMS] = {0};
    ama__stage_unit(s, a->unit, index);
    ama__box unit = ama__stage_unit_box(s, index), tile = unit;
    int64_t end_of_unit = unit.start[0] + unit.count[0];
    if (a->next >= 0) tile.start[0] = a->next;
    a->next = ama__stage_tile_end(s, &unit, tile.start[0]);
    tile.count[0] = a->next - tile.start[0];
    if (a->next >= end_of_unit) {
        a->unit++;
        a->next = -1;
    }
    a->now = 1 - a->now;
    a->ordered = 0;
    a->tile++;
    a->wants[a->now].n = 0;
    AMA_TRY(ama__wants_collect(&a->wants[a->now], &tile));
    if (ama__stage_tile_done(s, &tile)) a->ordered = a->wants[a->now].n; /* it will not be read */
    return AMA_OK;
}

/* *room false: not yet. */
static ama_status order(ama__ahead *a, const ama__want *w, bool *room) {
    const ama__source_part *p = &a->stage->source[w->source]->u.source.part[w->part];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    const ama__manifest *m = &p->store->manifest[p->var];
    const ama__wants *before = &a->wants[1 - a->now];
    int from;
    *room = true;
    if (ama__wants_kept(before, w) >= 0) return AMA_OK;
    if (a->prefetch && ama__prefetch_bytes(v, m, w->chunk) > 0)
        return ama__prefetch_order(a->prefetch, v, m, w->chunk, room);
    ama__box whole = ama__box_whole(v->ndim, v->grid.shape), inside, rest = ama__wants_rest(before, w, &from);
    if (ama__box_intersect(&whole, &rest, &inside)) ama__fetch_advise(a->fetcher, v, m, &inside);
    return AMA_OK;
}

ama_status ama__ahead_fill(ama__ahead *a, int64_t tile) {
    bool room = true;
    if (a->depth == 0) return AMA_OK;
    while (room) {
        const ama__wants *w = &a->wants[a->now];
        if (a->tile <= tile || a->ordered == w->n) {
            if (a->unit >= a->last || a->tile >= tile + a->depth) return AMA_OK;
            AMA_TRY(look(a));
            continue;
        }
        AMA_TRY(order(a, &w->want[a->ordered], &room));
        if (room) a->ordered++;
    }
    return AMA_OK;
}
