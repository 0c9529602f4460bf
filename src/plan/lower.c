/* Lowering. A REDUCE whose input has level l is made in a stage of level l; what reads its result has level l + 1. The
 * driver of a consumer is the largest SOURCE it reads without crossing a REDUCE, provided that its axes run
 * monotonically along that source; consumers of one level and driver share a stage. */
#include "plan/lower.h"

#include <string.h>

#include "kernel/count.h"
#include "plan/trace.h"

typedef struct lowering {
    ama__graph *g;
    int n_nodes;
    int *level; /* by node id; -1 not visited */
    int n_reduces;
    ama__node **reduces; /* in order of id */
    int n_consumers;
    ama__consumer *consumer;
    int *consumer_level;
    ama__node **driver;
    bool *loose;
    bool *alone;   /* a panel: shares its stage with nothing */
    int last_pass; /* of those that count */
    bool *seen;    /* scratch of walks, by node id */
    int64_t loose_bytes;
} lowering;

/* Levels of everything below n; notes the REDUCE nodes, counts who reads what. Inputs have smaller ids, so depth is
 * bounded by the graph. */
static int visit(lowering *l, ama__node *n) {
    ama__node *const *in;
    if (l->level[n->id] >= 0) {
        n->n_users++;
        return l->level[n->id];
    }
    n->n_users = 1;
    int level = 0, count = ama__node_inputs(n, &in);
    for (int k = 0; k < count; k++) {
        int x = visit(l, in[k]);
        if (x > level) level = x;
    }
    if (n->kind == AMA_NODE_REDUCE) {
        l->reduces[l->n_reduces++] = n;
        level++;
    }
    return l->level[n->id] = level;
}

static int64_t source_bytes(const ama__node *n) {
    int64_t size = 1;
    for (int a = 0; a < n->ndim; a++) size *= n->shape[a];
    return size * (int64_t)ama__dtype_bytes(n->dtype);
}

/* The largest SOURCE below n that is not behind a REDUCE. A CONCAT with sources below stands for them, unless it stacks
 * arrays of one source, which is then read for all at a time. `seen` (by id, of the nodes that are the graph's own)
 * keeps shared parts from being walked again. */
static ama_status largest_source(const lowering *l, ama__node *n, ama__node **best) {
    ama__node *const *in, *below = NULL, *stored = n->kind == AMA_NODE_SOURCE ? n : NULL;
    bool concat = n->kind == AMA_NODE_CONCAT;
    if (n->kind == AMA_NODE_REDUCE || (n->id < l->n_nodes && l->seen[n->id])) return AMA_OK;
    if (n->id < l->n_nodes) l->seen[n->id] = true;
    int count = ama__node_inputs(n, &in);
    for (int k = 0; k < count; k++) AMA_TRY(largest_source(l, in[k], concat ? &below : best));
    if (concat && below) {
        ama__trace r;
        AMA_TRY(ama__plan_trace(l->g, n, below, &r));
        stored = r.found ? below : n;
    }
    if (stored && (!*best || source_bytes(stored) > source_bytes(*best))) *best = stored;
    return AMA_OK;
}

/* Rank of a consumer's axis in the order of evaluation: along the driver's axes, then the axes that are not on it. */
static int axis_key(const ama__consumer *c, int a) {
    return c->map[a].driver_axis >= 0 ? c->map[a].driver_axis : AMA_MAX_DIMS + a;
}

static bool runs_back(const ama__axismap *m, int64_t n) {
    if (m->driver_axis < 0) return false;
    return m->list ? n > 1 && m->list[n - 1] < m->list[0] : m->step < 0;
}

static ama_status turn_map(ama__graph *g, const ama__axismap *m, int64_t n, ama__axismap *out) {
    *out = (ama__axismap){m->driver_axis, m->start + (n - 1) * m->step, -m->step, NULL};
    if (!m->list) return AMA_OK;
    int64_t *list;
    AMA_NEW(g->arena, list, n);
    for (int64_t i = 0; i < n; i++) list[i] = m->list[n - 1 - i];
    *out = (ama__axismap){m->driver_axis, 0, 1, list};
    return AMA_OK;
}

/* Brings the axes of a reduction into the driver's order and turns axes it runs along backwards, so that the order in
 * which values enter does not depend on where tiles are cut. */
static ama_status normalise_reduce(ama__graph *g, ama__consumer *c) {
    ama__consumer old = *c;
    ama__pick pick[AMA_MAX_DIMS];
    int n = c->node->ndim, order[AMA_MAX_DIMS], out_of[AMA_MAX_DIMS];
    for (int a = 0, o = 0; a < n; a++) {
        int k = a;
        for (; k > 0 && axis_key(c, order[k - 1]) > axis_key(c, a); k--) order[k] = order[k - 1];
        order[k] = a;
        out_of[a] = c->spec.reduced[a] ? -1 : o++;
    }
    for (int k = 0; k < n; k++) {
        int a = order[k];
        int64_t extent = c->node->shape[a];
        bool back = runs_back(&old.map[a], extent) && (old.spec.reduced[a] || a == old.spec.label_axis);
        pick[k] = (ama__pick){.in_axis = a, .count = extent, .start = back ? extent - 1 : 0, .step = back ? -1 : 1};
        c->map[k] = old.map[a];
        c->spec.reduced[k] = old.spec.reduced[a];
        c->out_axis[k] = out_of[a];
        c->out_start[k] = old.out_start[a];
        if (a == old.spec.label_axis) c->spec.label_axis = k;
        if (!back) continue;
        AMA_TRY(turn_map(g, &old.map[a], extent, &c->map[k]));
        if (c->spec.op == AMA_RED_FIRST || c->spec.op == AMA_RED_LAST)
            c->spec.op = c->spec.op == AMA_RED_FIRST ? AMA_RED_LAST : AMA_RED_FIRST;
        if (a == old.spec.label_axis) {
            int64_t *label;
            AMA_NEW(g->arena, label, extent);
            for (int64_t i = 0; i < extent; i++) label[i] = old.spec.label[extent - 1 - i];
            c->spec.label = label;
        }
    }
    return ama__node_index(g, old.node, n, pick, NULL, &c->node);
}

/* The consumer's own index space, or for a loose one the space without axes. */
static void own_space(lowering *l, int i) {
    ama__consumer *c = &l->consumer[i];
    l->driver[i] = NULL;
    for (int a = 0; a < AMA_MAX_DIMS; a++) {
        c->map[a] = (ama__axismap){l->loose[i] ? -1 : a, 0, 1, NULL};
        c->fixed[a] = -1;
    }
}

/* Small work is not worth sharing out: it goes into one stage of one unit for each level. */
static bool is_loose(const lowering *l, const ama__node *node, const ama__node *source) {
    return source_bytes(node) <= l->loose_bytes && (!source || source_bytes(source) <= l->loose_bytes);
}

static ama_status add_consumer(lowering *l, ama__consumer c, int level) {
    int i = l->n_consumers++;
    ama__node *driver = NULL;
    ama__trace r;
    memset(l->seen, 0, (size_t)l->n_nodes);
    AMA_TRY(largest_source(l, c.node, &driver));
    l->consumer_level[i] = level;
    l->consumer[i] = c;
    l->loose[i] = is_loose(l, c.node, driver) && c.n_panels == 0;
    l->alone[i] = c.n_panels > 0;
    if (c.pass > l->last_pass) l->last_pass = c.pass;
    own_space(l, i);
    if (driver && !l->loose[i]) {
        AMA_TRY(ama__plan_trace(l->g, c.node, driver, &r));
        if (r.found) {
            l->driver[i] = driver;
            memcpy(l->consumer[i].map, r.map, sizeof r.map);
            memcpy(l->consumer[i].fixed, r.fixed, sizeof r.fixed);
        }
    }
    if (c.kind == AMA_CONSUME_REDUCE) AMA_TRY(normalise_reduce(l->g, &l->consumer[i]));
    return AMA_OK;
}

/* True when both reductions are made from the same collected values. */
static bool same_columns(const ama__node *a, const ama__node *b) {
    const ama__reduce_spec *s = &a->u.reduce.spec, *t = &b->u.reduce.spec;
    const ama__node *in = a->u.reduce.in;
    if (!ama__red_collects(s->op) || !ama__red_collects(t->op) || in != b->u.reduce.in) return false;
    if (s->skipna != t->skipna || s->label_axis != t->label_axis || s->n_labels != t->n_labels) return false;
    for (int d = 0; d < in->ndim; d++)
        if (s->reduced[d] != t->reduced[d]) return false;
    return s->label_axis < 0 || memcmp(s->label, t->label, (size_t)in->shape[s->label_axis] * sizeof *s->label) == 0;
}

/* Gives n to the consumer (or all its panels) that collects the same values; false when there is none. */
static ama_status join_twin(lowering *l, ama__node *n, bool *joined) {
    *joined = false;
    for (int i = 0; i < l->n_consumers; i++) {
        ama__consumer *c = &l->consumer[i];
        if (c->n_twins + 1 >= AMA_ORDER_REQUESTS || !same_columns(c->reduce, n)) continue;
        if (!c->twin) AMA_NEW(l->g->arena, c->twin, AMA_ORDER_REQUESTS);
        c->twin[c->n_twins++] = n;
        *joined = true;
    }
    return AMA_OK;
}

static ama_status cut_panel(ama__graph *g, const ama__panel *part, ama__consumer *c) {
    ama__pick pick[AMA_MAX_DIMS];
    ama__node *in = c->node;
    for (int a = 0; a < in->ndim; a++) {
        pick[a] = (ama__pick){.in_axis = a, .start = part->start[a], .count = part->count[a], .step = 1};
        c->out_start[a] = part->start[a];
    }
    return ama__node_index(g, in, in->ndim, pick, NULL, &c->node);
}

/* One panel is the whole in a stage of its own. chunk: an output's. */
static ama_status add_panels(lowering *l, const ama__consumer *whole, const int64_t *chunk, int64_t n_panels,
                             int level) {
    ama__node *in = whole->node, *source = NULL;
    memset(l->seen, 0, (size_t)l->n_nodes);
    AMA_TRY(largest_source(l, in, &source));
    for (int64_t k = 0; k < n_panels; k++) {
        ama__consumer c = *whole;
        ama__panel part;
        c.panel = k;
        c.n_panels = n_panels;
        bool there = n_panels == 1;
        if (!there && chunk) there = ama__plan_output_panel(in, source, chunk, k, n_panels, &part);
        if (!there && !chunk) there = ama__plan_panel(whole->reduce, source, k, n_panels, &part);
        if (!there) continue;
        if (n_panels > 1) AMA_TRY(cut_panel(l->g, &part, &c));
        AMA_TRY(add_consumer(l, c, level));
    }
    return AMA_OK;
}

static int64_t panels_of(const ama__panels *panels, const ama__node *n) {
    return n->id < panels->n ? panels->count[n->id] : 0;
}

/* The passes of one that counts. */
static ama_status add_passes(lowering *l, ama__consumer c, int digit, int level) {
    c.digit = digit;
    c.n_passes = ama__count_passes(c.node->dtype, digit);
    for (; c.pass < c.n_passes; c.pass++) AMA_TRY(add_consumer(l, c, level));
    return AMA_OK;
}

static int digit_of(const ama__panels *panels, const ama__node *n) {
    return n->id < panels->n ? panels->digit[n->id] : 0;
}

static ama_status add_reductions(lowering *l, const ama__panels *panels) {
    for (int i = 0; i < l->n_reduces; i++) {
        ama__node *n = l->reduces[i];
        bool joined;
        AMA_TRY(join_twin(l, n, &joined));
        if (joined) continue;
        ama__consumer c = {.kind = AMA_CONSUME_REDUCE, .node = n->u.reduce.in, .reduce = n, .spec = n->u.reduce.spec};
        int64_t n_panels = panels_of(panels, n);
        if (digit_of(panels, n) > 0)
            AMA_TRY(add_passes(l, c, digit_of(panels, n), l->level[n->id] - 1));
        else if (n_panels > 0)
            AMA_TRY(add_panels(l, &c, NULL, n_panels, l->level[n->id] - 1));
        else
            AMA_TRY(add_consumer(l, c, l->level[n->id] - 1));
    }
    return AMA_OK;
}

static ama_status add_sinks(lowering *l, const ama__panels *panels, int n_sinks, ama__sink *const *sinks) {
    for (int s = 0; s < n_sinks; s++) {
        int n = sinks[s]->kind == AMA_SINK_WRITE ? sinks[s]->spec->meta.n_vars : sinks[s]->n_gather;
        for (int v = 0; v < n; v++) {
            ama__node *node = sinks[s]->node[v];
            ama__consumer c = {.kind = sinks[s]->kind == AMA_SINK_WRITE ? AMA_CONSUME_WRITE : AMA_CONSUME_GATHER,
                               .node = node,
                               .sink = s,
                               .var = v,
                               .spec.label_axis = -1};
            int64_t n_panels = c.kind == AMA_CONSUME_WRITE ? panels->output[s][v] : 0;
            if (n_panels > 0)
                AMA_TRY(add_panels(l, &c, sinks[s]->spec->meta.var[v].grid.chunk, n_panels, l->level[node->id]));
            else
                AMA_TRY(add_consumer(l, c, l->level[node->id]));
        }
    }
    return AMA_OK;
}

/* Leaves of a stage while they are collected: lists with room for every node. */
typedef struct leaves {
    ama__node **source, **operand, **scan;
    int n_sources, n_operands, n_scans;
} leaves;

static void add_node(int *n, ama__node **list, ama__node *node) {
    for (int i = 0; i < *n; i++)
        if (list[i] == node) return;
    list[(*n)++] = node;
}

static void collect_leaves(leaves *s, ama__node *n, bool *seen, int n_seen) {
    ama__node *const *in;
    if (n->id < n_seen && seen[n->id]) return;
    if (n->id < n_seen) seen[n->id] = true;
    if (n->kind == AMA_NODE_SOURCE) add_node(&s->n_sources, s->source, n);
    if (n->kind == AMA_NODE_REDUCE) {
        add_node(&s->n_operands, s->operand, n);
        return;
    }
    int count = ama__node_inputs(n, &in);
    for (int k = 0; k < count; k++) collect_leaves(s, in[k], seen, n_seen);
    if (n->kind == AMA_NODE_SCAN) add_node(&s->n_scans, s->scan, n); /* those below it come first */
}

/* Whether consumer i goes into the stage that the first one opens. */
static bool shares_stage(const lowering *l, int first, int i) {
    if (i == first) return true;
    bool same = l->consumer_level[i] == l->consumer_level[first] && l->driver[i] == l->driver[first] &&
                l->loose[i] == l->loose[first] && l->consumer[i].pass == l->consumer[first].pass;
    return same && !l->alone[first] && !l->alone[i] && (l->driver[first] || l->loose[first]);
}

static ama_status keep_leaves(ama__graph *g, const leaves *v, ama__stage *s) {
    size_t size = sizeof(ama__node *);
    AMA_KEEP(g->arena, s->source, ama__arena_memdup(g->arena, v->source, (size_t)v->n_sources * size));
    AMA_KEEP(g->arena, s->operand, ama__arena_memdup(g->arena, v->operand, (size_t)v->n_operands * size));
    AMA_KEEP(g->arena, s->scan, ama__arena_memdup(g->arena, v->scan, (size_t)v->n_scans * size));
    s->n_sources = v->n_sources;
    s->n_operands = v->n_operands;
    s->n_scans = v->n_scans;
    return AMA_OK;
}

/* Opens a stage with consumer `first` and takes in all that share it. */
static ama_status make_stage(lowering *l, leaves v, int first, ama__stage *s) {
    int n = 0;
    memset(s, 0, sizeof *s);
    s->level = l->consumer_level[first];
    s->driver = l->driver[first];
    const ama__node *space = s->driver ? s->driver : l->consumer[first].node;
    s->ndim = l->loose[first] ? 0 : space->ndim;
    memcpy(s->shape, space->shape, sizeof s->shape);
    for (int i = first; i < l->n_consumers; i++) n += shares_stage(l, first, i);
    AMA_NEW(l->g->arena, s->consumer, n);
    memset(l->seen, 0, (size_t)l->n_nodes);
    for (int i = l->n_consumers - 1; i >= first; i--) { /* the first one, which the others are compared with, last */
        if (!shares_stage(l, first, i)) continue;
        s->consumer[n - ++s->n_consumers] = l->consumer[i];
        l->consumer_level[i] = -1; /* taken */
    }
    for (int i = 0; i < n; i++) collect_leaves(&v, s->consumer[i].node, l->seen, l->n_nodes);
    return keep_leaves(l->g, &v, s);
}

static ama_status alloc_consumers(lowering *l, int n) {
    AMA_NEW(l->g->arena, l->consumer, n + 1);
    AMA_NEW(l->g->arena, l->consumer_level, n + 1);
    AMA_NEW(l->g->arena, l->driver, n + 1);
    AMA_NEW(l->g->arena, l->loose, n + 1);
    AMA_NEW(l->g->arena, l->alone, n + 1);
    return AMA_OK;
}

static ama_status make_stages(lowering *l, int top, ama__plan *p) {
    leaves v = {0};
    AMA_NEW(l->g->arena, v.source, l->g->n_nodes);
    AMA_NEW(l->g->arena, v.operand, l->g->n_nodes);
    AMA_NEW(l->g->arena, v.scan, l->g->n_nodes);
    AMA_NEW(l->g->arena, p->stage, l->n_consumers + 1);
    p->n_stages = 0;
    for (int level = 0; level <= top; level++)
        for (int pass = 0; pass <= l->last_pass; pass++)
            for (int i = 0; i < l->n_consumers; i++)
                if (l->consumer_level[i] == level && l->consumer[i].pass == pass)
                    AMA_TRY(make_stage(l, v, i, &p->stage[p->n_stages++]));
    return AMA_OK;
}

ama_status ama__plan_lower(ama__graph *g, const ama__panels *panels, ama__plan *p) {
    const ama__plan_options *o = &p->options;
    lowering l = {.g = g, .n_nodes = g->n_nodes, .loose_bytes = o->unit_bytes ? o->unit_bytes : (int64_t)1 << 20};
    int n = 0, top = 0;
    AMA_NEW(g->arena, l.level, l.n_nodes);
    AMA_NEW(g->arena, l.reduces, l.n_nodes);
    AMA_NEW(g->arena, l.seen, l.n_nodes);
    for (int i = 0; i < l.n_nodes; i++) l.level[i] = -1;
    for (int s = 0; s < p->n_sinks; s++) {
        const ama__sink *sink = p->sink[s];
        int outputs = sink->kind == AMA_SINK_WRITE ? sink->spec->meta.n_vars : sink->n_gather;
        n += outputs;
        for (int v = 0; v < outputs && sink->kind == AMA_SINK_WRITE; v++) n += (int)panels->output[s][v];
        for (int v = 0; v < outputs; v++) {
            int level = visit(&l, sink->node[v]);
            if (level > top) top = level;
        }
    }
    for (int i = 0; i < l.n_reduces; i++) {
        int digit = digit_of(panels, l.reduces[i]);
        n += 1 + (int)panels_of(panels, l.reduces[i]);
        if (digit > 0) n += ama__count_passes(l.reduces[i]->u.reduce.in->dtype, digit);
    }
    AMA_TRY(alloc_consumers(&l, n));
    AMA_TRY(add_reductions(&l, panels));
    AMA_TRY(add_sinks(&l, panels, p->n_sinks, p->sink));
    return make_stages(&l, top, p);
}
