/* Chunk shapes of outputs that leave the choice to the plan: the driver's columns across, and along the axis that is
 * streamed as many rows as make about 4 MiB, so that a rank mostly fills a chunk by itself. */
#include "plan/lower.h"

#define CHUNK_BYTES ((int64_t)4 << 20)

static ama_status choose(ama_ctx *ctx, const ama__stage *s, const ama__consumer *c, ama__stored_var *v) {
    int64_t chunk[AMA_MAX_DIMS], bytes = (int64_t)ama__dtype_bytes(v->dtype);
    int stream = -1;
    for (int a = c->node->ndim - 1; a >= 0; a--) {
        const ama__axismap *m = &c->map[a];
        chunk[a] = c->node->shape[a] > 0 ? c->node->shape[a] : 1;
        if (m->driver_axis == 0)
            stream = a;
        else if (m->driver_axis > 0 && !m->list && (m->step == 1 || m->step == -1)) {
            int64_t w = ama__cuts_widest(&s->units[m->driver_axis]);
            if (w < chunk[a]) chunk[a] = w;
        }
        if (a != stream) bytes *= chunk[a];
    }
    if (stream >= 0) {
        int64_t atom = s->atom_rows, rows = CHUNK_BYTES / bytes;
        if (c->map[stream].list || c->map[stream].step != 1) atom = 1;
        rows = rows / atom * atom;
        if (rows < atom) rows = atom;
        if (rows < chunk[stream]) chunk[stream] = rows;
    }
    if (!ama__chunkgrid_init(&v->grid, c->node->ndim, c->node->shape, chunk))
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "variable %s: too many chunks", v->name);
    return AMA_OK;
}

ama_status ama__plan_chunks(ama__graph *g, ama__plan *p, const ama__stage *s) {
    for (int i = 0; i < s->n_consumers; i++) {
        ama__consumer *c = &s->consumer[i];
        if (c->kind != AMA_CONSUME_WRITE) continue;
        ama__write_spec *spec = p->sink[c->sink]->spec;
        ama__stored_var *v = &spec->meta.var[c->var];
        if (spec->journal && spec->journal->found && spec->journal->done[c->var].bit)
            c->done = &spec->journal->done[c->var];
        if (v->chunked && v->ndim > 0 && v->grid.chunk[0] == 0) AMA_TRY(choose(g->ctx, s, c, v));
    }
    return AMA_OK;
}
