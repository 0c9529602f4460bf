/* Columns that do not fit are made in panels: parts of the longest kept axis, each a pass of its own over the source
 * that reads only what it meets. Results do not depend on the cut. */
#include "plan/lower.h"
#include "plan/simulate.h"

#include <string.h>

static int64_t min_i8(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The longest axis that is kept; -1 when there is none to cut. */
static int panel_axis(const ama__node *reduce) {
    const ama__node *in = reduce->u.reduce.in;
    const ama__reduce_spec *s = &reduce->u.reduce.spec;
    int best = -1;
    for (int a = 0; a < in->ndim; a++)
        if (!s->reduced[a] && a != s->label_axis && in->shape[a] > 1 && (best < 0 || in->shape[a] > in->shape[best]))
            best = a;
    return best;
}

/* Extent of the source's chunks along the axis, where the input has the source's shape; its whole extent otherwise. */
static int64_t chunk_extent(const ama__node *in, const ama__node *source, int axis) {
    bool same = source && in->ndim == source->ndim;
    for (int a = 0; same && a < in->ndim; a++) same = in->shape[a] == source->shape[a];
    if (!same) return in->shape[axis];
    const ama__source_part *p = &source->u.source.part[0];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    bool parts = source->u.source.n_parts > 1 && source->u.source.axis == axis;
    return v->chunked && !parts ? min_i8(v->grid.chunk[axis], in->shape[axis]) : in->shape[axis];
}

/* Whole chunks a panel, or several panels in each chunk: a panel does not reach over a chunk's edge for a rest. */
bool ama__plan_panel(const ama__node *reduce, const ama__node *source, int64_t panel, int64_t n_panels, int *axis,
                     int64_t *start, int64_t *count) {
    const ama__node *in = reduce->u.reduce.in;
    *axis = panel_axis(reduce);
    if (*axis < 0) return false;
    int64_t n = in->shape[*axis], chunk = chunk_extent(in, source, *axis), chunks = (n + chunk - 1) / chunk;
    if (n_panels <= chunks) {
        *start = chunks * panel / n_panels * chunk;
        *count = min_i8(chunks * (panel + 1) / n_panels * chunk, n) - *start;
        return *count > 0;
    }
    int64_t pieces = (n_panels + chunks - 1) / chunks, of = panel / pieces, piece = panel % pieces;
    int64_t extent = min_i8(chunk, n - of * chunk);
    if (of >= chunks) return false;
    *start = of * chunk + extent * piece / pieces;
    *count = of * chunk + extent * (piece + 1) / pieces - *start;
    return *count > 0;
}

/* A multiple of the source's chunks once it is more than they are. */
static int64_t round_panels(const ama__node *in, const ama__node *source, int axis, int64_t n) {
    int64_t chunk = chunk_extent(in, source, axis), chunks = (in->shape[axis] + chunk - 1) / chunk;
    return n > chunks ? (n + chunks - 1) / chunks * chunks : n;
}

/* The consumer is given a stage of its own, then as many panels as make its values fit into `room`, were they alike. */
static bool cut_more(const ama__panels *panels, const ama__stage *s, const ama__consumer *c, int64_t room) {
    const ama__node *in = c->reduce->u.reduce.in;
    int axis = panel_axis(c->reduce);
    if (c->reduce->id >= panels->n) return false;
    int64_t *n = &panels->count[c->reduce->id], now = c->n_panels, want = axis >= 0 ? in->shape[axis] : 1;
    int64_t most = axis >= 0 ? round_panels(in, s->driver, axis, want) : 1;
    if (*n > now) return true; /* because of another of its panels */
    if (now == 0 && s->n_consumers > 1) return *n = 1, true;
    if (now < 1) now = 1;
    if (now >= most) return false;
    if (room > 0) want = now * (s->state_bytes / room) + now * (s->state_bytes % room) / room + 1;
    if (want <= now) want = now + (now + 3) / 4;
    *n = min_i8(round_panels(in, s->driver, axis, want), most);
    return true;
}

/* Of each stage that does not fit, the one that holds most. */
bool ama__plan_more_panels(const ama__plan *p, const ama__panels *panels) {
    bool any = false;
    int64_t budget = p->options.budget_bytes - p->held_bytes;
    for (int k = 0; k < p->n_stages; k++) {
        const ama__stage *s = &p->stage[k];
        const ama__consumer *most = NULL;
        for (int i = 0; i < s->n_consumers && s->peak_bytes > budget; i++) {
            const ama__consumer *c = &s->consumer[i];
            bool collects = c->kind == AMA_CONSUME_REDUCE && ama__red_collects(c->spec.op);
            if (collects && (!most || c->collected_bytes > most->collected_bytes)) most = c;
        }
        if (most) any |= cut_more(panels, s, most, budget - (s->peak_bytes - s->state_bytes));
    }
    return any;
}
