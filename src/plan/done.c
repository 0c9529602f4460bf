/* Outputs of which some chunks are there already: what need not be read again. */
#include "plan/plan.h"

static ama__box in_output(const ama__consumer *c, const ama__box *box) {
    ama__box out = *box;
    for (int a = 0; a < out.ndim; a++) out.start[a] += c->out_start[a];
    return out;
}

bool ama__consumer_has(const ama__consumer *c, const ama__box *chunk) {
    int64_t index[AMA_MAX_DIMS];
    if (!c->done) return false;
    for (int a = 0; a < chunk->ndim; a++) index[a] = (chunk->start[a] + c->out_start[a]) / c->done->grid.chunk[a];
    return ama__done_has(c->done, ama__chunkgrid_number(&c->done->grid, index));
}

int64_t ama__consumer_done(const ama__consumer *c, const ama__box *box) {
    int64_t index[AMA_MAX_DIMS], at[AMA_MAX_DIMS] = {0}, n = 0;
    if (!c->done) return 0;
    const ama__chunkgrid *g = &c->done->grid;
    ama__box inside = in_output(c, box), cover = ama__chunkgrid_cover(g, &inside), what;
    do {
        for (int a = 0; a < g->ndim; a++) index[a] = cover.start[a] + at[a];
        ama__box chunk = ama__chunkgrid_box(g, index);
        if (ama__done_has(c->done, ama__chunkgrid_number(g, index)) && ama__box_intersect(&inside, &chunk, &what))
            n += ama__box_size(&what);
    } while (ama__index_next(g->ndim, cover.count, at));
    return n;
}

bool ama__stage_tile_done(const ama__stage *s, const ama__box *tile) {
    for (int i = 0; i < s->n_consumers; i++)
        if (!s->consumer[i].done) return false;
    for (int i = 0; i < s->n_consumers; i++) {
        ama__box box;
        if (ama__consumer_box(s, &s->consumer[i], tile, &box) &&
            ama__consumer_done(&s->consumer[i], &box) < ama__box_size(&box))
            return false;
    }
    return true;
}
