#include "plan/trace.h"

#include <string.h>

/* The values of such an axis may stand still, but not turn: what a box of the driver holds is then one run of them. */
static ama_status compose_list(ama__graph *g, const ama__axismap *m, const ama__pick *p, ama__axismap *out, bool *ok) {
    int64_t *list;
    bool up = true, down = true;
    AMA_NEW(g->arena, list, p->count ? p->count : 1);
    for (int64_t i = 0; i < p->count; i++) {
        int64_t x = p->list ? p->list[i] : p->start + i * p->step;
        if (x < 0) {
            *ok = false;
            return AMA_OK;
        }
        list[i] = m->list ? m->list[x] : m->start + x * m->step;
        up = up && (i == 0 || list[i] >= list[i - 1]);
        down = down && (i == 0 || list[i] <= list[i - 1]);
    }
    *ok = *ok && (up || down);
    *out = (ama__axismap){m->driver_axis, 0, 1, list};
    return AMA_OK;
}

/* Map of a pick's axis, given the map of its input axis. */
static ama_status compose(ama__graph *g, const ama__axismap *m, const ama__pick *p, ama__axismap *out, bool *ok) {
    if (m->driver_axis < 0 || p->in_axis < 0) {
        *out = (ama__axismap){.driver_axis = -1};
        return AMA_OK;
    }
    if (p->list || m->list) return compose_list(g, m, p, out, ok);
    int64_t step = p->count > 1 ? p->step : 1; /* of one index any step will do */
    *out = (ama__axismap){m->driver_axis, m->start + p->start * m->step, m->step * step, NULL};
    return AMA_OK;
}

/* A list of few runs that is as long as its axis, as shift and roll make them: what does not run along the driver
 * stands where it was, so that it takes the pass of what it is combined with. */
static bool keeps_place(const ama__node *n, const ama__pick *p) {
    int runs = 0;
    if (!p->list || p->count != n->u.index.in->shape[p->in_axis]) return false;
    for (int64_t i = 0; i < p->count && runs <= 4; runs++) i = ama__pick_run(p, i, p->count - i);
    return runs <= 4;
}

/* One search for a driver: what was found of each node, by id, so that shared parts are walked once. */
typedef struct tracing {
    ama__graph *g;
    ama__arena *scratch; /* of known[] and what it points to */
    const ama__node *driver;
    ama__trace **known;
} tracing;

static ama_status trace(const tracing *t, ama__node *n, ama__trace *r);

static ama_status trace_index(const tracing *t, ama__node *n, ama__trace *r) {
    ama__trace in;
    bool ok = true;
    AMA_TRY(trace(t, n->u.index.in, &in));
    if (!in.found) return AMA_OK;
    *r = in;
    for (int a = 0; a < n->ndim; a++) {
        const ama__pick *p = &n->u.index.pick[a];
        const ama__axismap none = {.driver_axis = -1};
        bool runs_along = true;
        AMA_TRY(compose(t->g, p->in_axis < 0 ? &none : &in.map[p->in_axis], p, &r->map[a], &runs_along));
        if (!runs_along && keeps_place(n, p))
            r->map[a] = in.map[p->in_axis];
        else
            ok = ok && runs_along;
    }
    for (int i = 0; i < n->u.index.in->ndim; i++) {
        int64_t f = n->u.index.fixed[i];
        const ama__axismap *m = &in.map[i];
        if (f >= 0 && m->driver_axis >= 0) r->fixed[m->driver_axis] = m->list ? m->list[f] : m->start + f * m->step;
    }
    r->found = ok;
    return AMA_OK;
}

/* The operand with most axes along the driver decides: x - x[0] is cut as x is. */
static ama_status trace_map(const tracing *t, ama__node *n, ama__trace *r) {
    const ama__node *driver = t->driver;
    for (int k = 0, most = -1; k < n->u.map.n_in && most < driver->ndim && most < n->ndim; k++) {
        ama__trace in;
        int along = 0;
        AMA_TRY(trace(t, n->u.map.in[k], &in));
        for (int i = 0; i < n->u.map.in[k]->ndim; i++) along += in.map[i].driver_axis >= 0;
        if (!in.found || along <= most) continue;
        most = along;
        *r = in;
        for (int a = 0; a < n->ndim; a++) {
            int i = n->u.map.axis[k][a];
            if (i >= 0)
                r->map[a] = in.map[i];
            else
                r->map[a] = (ama__axismap){.driver_axis = -1};
        }
    }
    return AMA_OK;
}

static bool same_map(const ama__axismap *a, const ama__axismap *b) {
    return a->driver_axis == b->driver_axis && a->start == b->start && a->step == b->step && a->list == b->list;
}

/* A CONCAT whose inputs all run along the driver in the same way, but not on the axis along which they follow. */
static ama_status trace_stack(const tracing *t, ama__node *n, ama__trace *r) {
    int axis = n->u.concat.axis;
    AMA_TRY(trace(t, n->u.concat.in[0], r));
    for (int k = 0; k < n->u.concat.n_in && r->found; k++) {
        ama__trace in;
        AMA_TRY(trace(t, n->u.concat.in[k], &in));
        r->found = in.found && in.map[axis].driver_axis < 0;
        for (int a = 0; a < n->ndim; a++) r->found = r->found && (a == axis || same_map(&r->map[a], &in.map[a]));
        for (int d = 0; d < t->driver->ndim; d++) r->found = r->found && r->fixed[d] == in.fixed[d];
    }
    return AMA_OK;
}

static ama_status trace(const tracing *t, ama__node *n, ama__trace *r) {
    memset(r, 0, sizeof *r);
    for (int d = 0; d < AMA_MAX_DIMS; d++) r->fixed[d] = -1;
    if (n == t->driver) {
        r->found = true;
        for (int a = 0; a < n->ndim; a++) r->map[a] = (ama__axismap){a, 0, 1, NULL};
        return AMA_OK;
    }
    if (n->kind == AMA_NODE_SCAN) return trace(t, n->u.scan.in, r);
    if (n->kind == AMA_NODE_WINDOW) return trace(t, n->u.window.in, r);
    if (n->kind != AMA_NODE_INDEX && n->kind != AMA_NODE_MAP && n->kind != AMA_NODE_CONCAT) return AMA_OK;
    if (t->known[n->id]) {
        *r = *t->known[n->id];
        return AMA_OK;
    }
    if (n->kind == AMA_NODE_CONCAT)
        AMA_TRY(trace_stack(t, n, r));
    else
        AMA_TRY(n->kind == AMA_NODE_INDEX ? trace_index(t, n, r) : trace_map(t, n, r));
    AMA_NEW(t->scratch, t->known[n->id], 1);
    *t->known[n->id] = *r;
    return AMA_OK;
}

static ama_status trace_in(tracing *t, int n_nodes, ama__node *n, ama__trace *r) {
    AMA_NEW(t->scratch, t->known, n_nodes);
    return trace(t, n, r);
}

ama_status ama__plan_trace(ama__graph *g, ama__node *n, const ama__node *driver, ama__trace *r) {
    tracing t = {.g = g, .driver = driver};
    AMA_TRY(ama__arena_create(g->ctx, &t.scratch));
    ama_status status = trace_in(&t, g->n_nodes, n, r);
    ama__arena_destroy(&t.scratch);
    return status;
}
