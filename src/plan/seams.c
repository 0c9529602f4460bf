#include "plan/seams.h"

#include "base/number.h"
#include "plan/wants.h"

/* A tile of ranks has so many bytes of its driver's space, where that may be cut as one likes. */
#define COLUMNS_BYTES ((int64_t)4 << 20)
/* Columns that chunks cross are taken by the chunk as long as that is no more than this. */
#define CROSSED_BYTES ((int64_t)16 << 20)
/* Runs that are still worth a read of their own. */
#define RUN_BYTES ((int64_t)4 << 10)

/* By node id: 1 no, 2 yes; 0 not known yet. */
typedef struct walk {
    bool own;     /* the stage has no driver: its tiles are there for its consumer alone */
    char *stored; /* a SOURCE lies below, not behind a REDUCE */
    char *scans;  /* a SCAN of something stored lies there or below; others cost little to do again, but for ranks */
} walk;

static bool is_stored(const walk *w, const ama__node *n) {
    ama__node *const *in;
    char *known = &w->stored[n->id];
    int count = n->kind == AMA_NODE_REDUCE ? 0 : ama__node_inputs(n, &in);
    if (*known) return *known == 2;
    *known = n->kind == AMA_NODE_SOURCE ? 2 : 1;
    for (int k = 0; k < count; k++)
        if (is_stored(w, in[k])) *known = 2;
    return *known == 2;
}

static bool has_scan(const walk *w, const ama__node *n) {
    ama__node *const *in;
    char *known = &w->scans[n->id];
    int count = n->kind == AMA_NODE_REDUCE ? 0 : ama__node_inputs(n, &in);
    if (*known) return *known == 2;
    *known = n->kind == AMA_NODE_SCAN && ((w->own && n->u.scan.spec.rank) || is_stored(w, n)) ? 2 : 1;
    for (int k = 0; k < count; k++)
        if (has_scan(w, in[k])) *known = 2;
    return *known == 2;
}

/* True when no SCAN below the node runs across all of the borders between indices lo and hi of an axis. */
static bool is_seam(const walk *w, const ama__node *n, int axis, int64_t lo, int64_t hi);

static bool is_seam_of_index(const walk *w, const ama__node *n, int axis, int64_t lo, int64_t hi) {
    const ama__pick *p = &n->u.index.pick[axis];
    if (p->in_axis < 0) return true;
    int64_t a = p->list ? p->list[lo] : p->start + lo * p->step;
    int64_t b = p->list ? p->list[hi] : p->start + hi * p->step;
    if (a < 0 || b < 0) return true;
    return a < b ? is_seam(w, n->u.index.in, p->in_axis, a, b) : is_seam(w, n->u.index.in, p->in_axis, b, a);
}

static bool is_seam_of_concat(const walk *w, const ama__node *n, int axis, int64_t lo, int64_t hi) {
    const int64_t *start = n->u.concat.start;
    if (axis != n->u.concat.axis) {
        for (int k = 0; k < n->u.concat.n_in; k++)
            if (!is_seam(w, n->u.concat.in[k], axis, lo, hi)) return false;
        return true;
    }
    int64_t k = ama__cut_find(n->u.concat.n_in, start, lo);
    return start[k + 1] <= hi || is_seam(w, n->u.concat.in[k], axis, lo - start[k], hi - start[k]);
}

static bool is_seam(const walk *w, const ama__node *n, int axis, int64_t lo, int64_t hi) {
    const ama__scan_spec *s = &n->u.scan.spec;
    if (!has_scan(w, n)) return true;
    switch (n->kind) {
    case AMA_NODE_MAP:
        for (int k = 0; k < n->u.map.n_in; k++)
            if (n->u.map.axis[k][axis] >= 0 && !is_seam(w, n->u.map.in[k], n->u.map.axis[k][axis], lo, hi))
                return false;
        return true;
    case AMA_NODE_INDEX: return is_seam_of_index(w, n, axis, lo, hi);
    case AMA_NODE_WINDOW: return is_seam(w, n->u.window.in, axis, lo, hi);
    case AMA_NODE_CONCAT: return is_seam_of_concat(w, n, axis, lo, hi);
    case AMA_NODE_SCAN:
        if (axis == s->axis && ama__cut_find(s->n_segments, s->cut, lo) == ama__cut_find(s->n_segments, s->cut, hi))
            return false;
        return is_seam(w, n->u.scan.in, axis, lo, hi);
    default: return true;
    }
}

static int64_t map_at(const ama__axismap *m, int64_t i) {
    return m->list ? m->list[i] : m->start + i * m->step;
}

/* Whether a border at index x of the driver's axis d is a seam of the consumer. */
static bool is_consumer_seam(const walk *w, const ama__consumer *c, int d, int64_t x) {
    for (int a = 0; a < c->node->ndim; a++) {
        const ama__axismap *m = &c->map[a];
        if (m->driver_axis != d) continue;
        int64_t n = c->node->shape[a];
        bool down = m->list ? n > 1 && m->list[n - 1] < m->list[0] : m->step < 0;
        int64_t lo = 0, hi = n; /* first index on the far side of the border */
        while (lo < hi) {
            int64_t mid = lo + (hi - lo) / 2;
            if ((map_at(m, mid) < x) != down)
                lo = mid + 1;
            else
                hi = mid;
        }
        if (lo > 0 && lo < c->node->shape[a] && !is_seam(w, c->node, a, lo - 1, lo)) return false;
    }
    return true;
}

/* Leaves out the borders that are no seams. */
static ama_status keep_seams(ama__graph *g, const walk *w, ama__stage *s, int d) {
    const ama__cuts old = s->atoms[d];
    int64_t *cut, k = 0;
    AMA_NEW(g->arena, cut, old.n + 1);
    for (int64_t i = 0; i < old.n; i++) {
        bool keep = true;
        for (int j = 0; i > 0 && j < s->n_consumers && keep; j++)
            keep = is_consumer_seam(w, &s->consumer[j], d, old.cut[i]);
        if (keep) cut[k++] = old.cut[i];
    }
    cut[k] = old.cut[old.n];
    s->atoms[d] = (ama__cuts){k, cut};
    return AMA_OK;
}

/* ---- columns of what has no chunks */

static bool has_ranks(const ama__stage *s) {
    for (int i = 0; i < s->n_scans; i++)
        if (s->scan[i]->u.scan.spec.rank) return true;
    return false;
}

/* Boxes of all that is read cost what they hold, however they are cut. */
static bool has_no_chunks(const ama__stage *s) {
    for (int i = 0; i < s->n_sources; i++)
        for (int k = 0; k < s->source[i]->u.source.n_parts; k++) {
            const ama__source_part *p = &s->source[i]->u.source.part[k];
            if (p->store->meta.var[p->var].chunked) return false;
        }
    return !s->driver || s->driver->kind == AMA_NODE_SOURCE;
}

/* Columns cross chunks that are fetched one by one. */
static bool has_chunks(const ama__stage *s) {
    for (int i = 0; i < s->n_sources; i++)
        for (int k = 0; k < s->source[i]->u.source.n_parts; k++)
            if (ama__part_is_chunked(&s->source[i]->u.source.part[k])) return true;
    return false;
}

static int64_t element_bytes(const ama__stage *s) {
    return s->driver ? (int64_t)ama__dtype_bytes(s->driver->dtype) : 8;
}

/* Bytes of the widest atom. */
static int64_t atom_bytes(const ama__stage *s) {
    int64_t bytes = element_bytes(s);
    for (int a = 0; a < s->ndim; a++) bytes *= ama__cuts_widest(&s->atoms[a]);
    return bytes;
}

/* Columns that are whole along some axes are cut into fewer along the others, the slowest first, as far as `most` asks
 * for. */
static ama_status cut_columns(ama__graph *g, const walk *w, ama__stage *s, int64_t most) {
    const int64_t run = ama__min_i8(RUN_BYTES, most) / element_bytes(s);
    for (int d = 0; d < s->ndim; d++) {
        const ama__cuts old = s->atoms[d];
        int64_t bytes = atom_bytes(s), step, *cut, k = 0;
        if (bytes <= most) break;
        step = ama__cuts_widest(&old) / (bytes / most + 1);
        if (d == s->ndim - 1 && step < run) step = run;
        if (step < 1) step = 1;
        AMA_NEW(g->arena, cut, s->shape[d] / step + old.n + 2);
        for (int64_t i = 0; i < old.n; i++)
            for (int64_t x = old.cut[i]; x < old.cut[i + 1]; x += step) cut[k++] = x;
        cut[k] = s->shape[d];
        s->atoms[d] = (ama__cuts){k, cut};
        AMA_TRY(keep_seams(g, w, s, d));
    }
    return AMA_OK;
}

ama_status ama__plan_seams(ama__graph *g, const ama__plan_options *o, ama__stage *s) {
    walk w = {.own = !s->driver};
    bool crossed = false;
    const int64_t test = o->unit_bytes ? o->unit_bytes : INT64_MAX, columns = ama__min_i8(COLUMNS_BYTES, test);
    AMA_NEW(g->arena, w.stored, g->n_nodes);
    AMA_NEW(g->arena, w.scans, g->n_nodes);
    for (int d = 0; d < s->ndim && s->n_scans > 0; d++) {
        int64_t n = s->atoms[d].n;
        AMA_TRY(keep_seams(g, &w, s, d));
        crossed = crossed || s->atoms[d].n < n;
    }
    if (!has_ranks(s)) return AMA_OK;
    if (has_no_chunks(s)) return cut_columns(g, &w, s, columns);
    const int64_t bytes = atom_bytes(s);
    if (!crossed || !has_chunks(s) || bytes <= ama__min_i8(CROSSED_BYTES, test)) return AMA_OK;
    AMA_TRY(cut_columns(g, &w, s, columns));
    s->n_turns = atom_bytes(s) < bytes ? 1 : 0;
    return AMA_OK;
}
