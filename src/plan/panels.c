/* What does not fit is made in panels, each a pass of its own over the source that reads only what it meets: columns of
 * a reduction in parts of the longest kept axis, outputs in parts of whole chunks. Results do not depend on the cut. */
#include <string.h>

#include "base/number.h"
#include "plan/simulate.h"
#include "plan/ways.h"

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
    return v->chunked && !parts ? ama__min_i8(v->grid.chunk[axis], in->shape[axis]) : in->shape[axis];
}

static void whole_panel(const ama__node *n, ama__panel *out) {
    for (int a = 0; a < n->ndim; a++) {
        out->start[a] = 0;
        out->count[a] = n->shape[a];
    }
}

/* Whole chunks a panel, or several panels in each chunk: a panel does not reach over a chunk's edge for a rest. */
bool ama__plan_panel(const ama__node *reduce, const ama__node *source, int64_t panel, int64_t n_panels,
                     ama__panel *out) {
    const ama__node *in = reduce->u.reduce.in;
    int axis = panel_axis(reduce);
    if (axis < 0) return false;
    whole_panel(in, out);
    int64_t n = in->shape[axis], chunk = chunk_extent(in, source, axis), chunks = (n + chunk - 1) / chunk;
    int64_t *start = &out->start[axis], *count = &out->count[axis];
    if (n_panels <= chunks) {
        *start = chunks * panel / n_panels * chunk;
        *count = ama__min_i8(chunks * (panel + 1) / n_panels * chunk, n) - *start;
        return *count > 0;
    }
    int64_t pieces = (n_panels + chunks - 1) / chunks, of = panel / pieces, piece = panel % pieces;
    int64_t extent = ama__min_i8(chunk, n - of * chunk);
    if (of >= chunks) return false;
    *start = of * chunk + extent * piece / pieces;
    *count = of * chunk + extent * (piece + 1) / pieces - *start;
    return *count > 0;
}

/* ---- outputs */

/* Axes of an output in the order in which they are cut: those first along which a part of the source is enough for a
 * part of the output, so that passes share no chunk; among equals the one with most chunks. */
static int output_axes(const ama__node *node, const ama__node *source, const int64_t *chunk, int64_t *chunks,
                       int *order) {
    int64_t weight[AMA_MAX_DIMS];
    int n = 0;
    for (int a = 0; a < node->ndim; a++) {
        int64_t extent = ama__min_i8(chunk[a], node->shape[a]);
        chunks[a] = extent > 0 ? (node->shape[a] + extent - 1) / extent : 1;
        if (chunks[a] < 2) continue;
        weight[a] = chunks[a] + (chunk_extent(node, source, a) < node->shape[a] ? INT64_MAX / 2 : 0);
        int k = n++;
        for (; k > 0 && weight[order[k - 1]] < weight[a]; k--) order[k] = order[k - 1];
        order[k] = a;
    }
    return n;
}

/* The numbers of parts per axis that come to n_panels or a little more, as far as there are chunks. */
static int64_t share_panels(int n, const int *order, const int64_t *chunks, int64_t n_panels, int64_t *parts) {
    int64_t all = 1;
    for (int k = 0; k < n; k++) {
        parts[k] = ama__min_i8((n_panels + all - 1) / all, chunks[order[k]]);
        all *= parts[k];
    }
    return all;
}

bool ama__plan_output_panel(const ama__node *node, const ama__node *source, const int64_t *chunk, int64_t panel,
                            int64_t n_panels, ama__panel *out) {
    int64_t chunks[AMA_MAX_DIMS], parts[AMA_MAX_DIMS];
    int order[AMA_MAX_DIMS], n = output_axes(node, source, chunk, chunks, order);
    if (panel >= share_panels(n, order, chunks, n_panels, parts)) return false;
    whole_panel(node, out);
    for (int k = n - 1; k >= 0; k--) {
        int a = order[k];
        int64_t i = panel % parts[k];
        panel /= parts[k];
        out->start[a] = chunks[a] * i / parts[k] * chunk[a];
        out->count[a] = ama__min_i8(chunks[a] * (i + 1) / parts[k] * chunk[a], node->shape[a]) - out->start[a];
    }
    return true;
}

/* ---- how many */

/* A multiple of the source's chunks once it is more than they are. */
static int64_t round_panels(const ama__node *in, const ama__node *source, int axis, int64_t n) {
    int64_t chunk = chunk_extent(in, source, axis), chunks = (in->shape[axis] + chunk - 1) / chunk;
    return n > chunks ? (n + chunks - 1) / chunks * chunks : n;
}

/* The fewest panels of at most `most` chunks. */
static int64_t fewest_panels(int n, const int *order, const int64_t *chunks, int64_t most) {
    int64_t panel = 1, all = 1;
    for (int k = 0; k < n; k++) panel *= chunks[order[k]];
    for (int k = 0; k < n && panel > most; k++) {
        int64_t mine = chunks[order[k]], below = panel / mine, fit = below <= most ? most / below : 1;
        all *= (mine + fit - 1) / fit;
        panel = below * fit;
    }
    return all;
}

/* A cut that leaves the largest panel as it is helps nobody: its chunks are what must become fewer. Of an output that
 * is not cut yet, what else is held will be less by far. */
static int64_t want_output_panels(const ama__plan *p, const ama__stage *s, const ama__consumer *c, int64_t held,
                                  int64_t room) {
    int64_t chunks[AMA_MAX_DIMS], parts[AMA_MAX_DIMS], largest = 1;
    int order[AMA_MAX_DIMS];
    const ama__sink *sink = p->sink[c->sink];
    int n = output_axes(sink->node[c->var], s->driver, sink->spec->meta.var[c->var].grid.chunk, chunks, order);
    share_panels(n, order, chunks, c->n_panels < 1 ? 1 : c->n_panels, parts);
    for (int k = 0; k < n; k++) largest *= (chunks[order[k]] + parts[k] - 1) / parts[k];
    if (largest < 2) return 0;
    if (c->n_panels < 2) held = c->collected_bytes;
    int64_t fit = room > 0 ? (int64_t)((__int128)largest * room / held) : 1;
    return fewest_panels(n, order, chunks, ama__max_i8(1, ama__min_i8(fit, largest - 1)));
}

/* As many panels as make what the columns hold fit into `room`, were they alike; 0: they cannot be cut further. */
static int64_t want_column_panels(const ama__stage *s, const ama__consumer *c, int64_t held, int64_t room) {
    const ama__node *in = c->reduce->u.reduce.in;
    int axis = panel_axis(c->reduce);
    int64_t now = c->n_panels < 1 ? 1 : c->n_panels;
    int64_t most = axis >= 0 ? round_panels(in, s->driver, axis, in->shape[axis]) : 1;
    if (now >= most) return 0;
    int64_t want = room > 0 ? now * (held / room) + now * (held % room) / room + 1 : most;
    if (want <= now) want = now + (now + 3) / 4;
    return ama__min_i8(round_panels(in, s->driver, axis, want), most);
}

/* How often the source is read when columns are made in so many panels. */
static int64_t panel_passes(const ama__stage *s, const ama__consumer *c, int64_t n_panels) {
    const ama__node *in = c->reduce->u.reduce.in;
    if (n_panels == 0) return INT64_MAX;
    int axis = panel_axis(c->reduce);
    int64_t chunk = chunk_extent(in, s->driver, axis), chunks = (in->shape[axis] + chunk - 1) / chunk;
    return (n_panels + chunks - 1) / chunks;
}

/* What counts may take: other states stay, what it takes to finish the columns does not. */
static int64_t counting_room(const ama__plan *p, const ama__stage *s, const ama__consumer *c, int64_t room) {
    int64_t others = s->n_consumers > 1 ? s->state_bytes - c->collected_bytes : 0;
    return room - others + ama__consumer_work_bytes(c) * p->options.threads;
}

/* The consumer counts instead, or is given a stage of its own, then panels. */
static bool cut_more(const ama__panels *panels, const ama__plan *p, const ama__stage *s, const ama__consumer *c,
                     int64_t room) {
    bool output = c->kind == AMA_CONSUME_WRITE;
    if (!output && (c->reduce->id >= panels->n || panels->digit[c->reduce->id] > 0)) return c->reduce->id < panels->n;
    int64_t *n = output ? &panels->output[c->sink][c->var] : &panels->count[c->reduce->id];
    int64_t held = output ? s->output_bytes : s->state_bytes;
    if (*n > c->n_panels) return true; /* because of another of its panels */
    int64_t want = output ? want_output_panels(p, s, c, held, room) : want_column_panels(s, c, held, room);
    if (!output && ama__plan_count_instead(p, panels, s, c, counting_room(p, s, c, room), panel_passes(s, c, want)))
        return true;
    if (c->n_panels == 0 && s->n_consumers > 1) return *n = 1, true;
    if (want <= c->n_panels) return false;
    *n = want;
    return true;
}

static bool can_cut(const ama__consumer *c) {
    if (c->kind == AMA_CONSUME_REDUCE) return ama__red_collects(c->spec.op) && c->n_passes == 0;
    return c->kind == AMA_CONSUME_WRITE && c->collected_bytes > 0;
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
            if (can_cut(c) && (!most || c->collected_bytes > most->collected_bytes)) most = c;
        }
        if (!most) continue;
        int64_t held = most->kind == AMA_CONSUME_WRITE ? s->output_bytes : s->state_bytes;
        any |= cut_more(panels, p, s, most, budget - (s->peak_bytes - held));
    }
    return any;
}
