#include "api/work.h"

#include <string.h>

#include "kernel/state.h"
#include "plan/blocks.h"

enum { SEEN_MAX = 256 };

/* The nodes below one consumer: what several paths lead to is made once. */
typedef struct walk {
    ama__works *out;
    const ama__consumer *c;
    int nranks;
    int64_t load_run; /* values that are loaded at a time, where windows cut blocks small; 0: many */
    int n_seen;
    const ama__node *seen[SEEN_MAX];
} walk;

const char *ama__work_name(ama__work_kind k) {
    static const char *const names[AMA_WORK_N] = {"load",    "convert", "store", "map",    "gather", "copy",
                                                  "collect", "fold",    "row",   "series", "state",  "scan",
                                                  "rank",    "window",  "order", "count"};
    return (unsigned)k < AMA_WORK_N ? names[k] : "unknown";
}

static bool is_same(const ama__work *a, const ama__work *b) {
    return a->kind == b->kind && a->op == b->op && a->from == b->from && a->to == b->to && a->swapped == b->swapped &&
           a->packed == b->packed && a->skipna == b->skipna && a->writes == b->writes && a->sends == b->sends &&
           a->n == b->n && a->spec == b->spec;
}

static void add(ama__works *w, ama__work x) {
    int i = 0;
    if (x.amount <= 0) return;
    while (i < w->n && !is_same(&w->at[i], &x)) i++;
    if (i == AMA_WORKS_MAX) return;
    if (i == w->n)
        w->at[w->n++] = x;
    else
        w->at[i].amount += x.amount;
}

static double size_of(const ama__node *n) {
    double size = 1;
    for (int a = 0; a < n->ndim; a++) size *= (double)n->shape[a];
    return size;
}

/* ---- evaluation */

static bool visit(walk *w, const ama__node *node, double n);

static void add_source(walk *w, const ama__node *node, double n) {
    const ama__source_part *p = &node->u.source.part[0];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    const ama__unpack *u = &p->unpack;
    bool packed = u->n_missing > 0 || u->has_scale || u->has_offset;
    bool plain = !packed && !v->swapped && u->stored == node->dtype;
    bool narrow = ama__class_bytes(ama__class_of(node->dtype)) != ama__dtype_bytes(u->stored);
    /* a view, except where blocks go across chunks as those of windows do */
    if (plain && !narrow && w->c->halo[0] == 0) return;
    add(w->out, (ama__work){.kind = AMA_WORK_LOAD,
                            .from = u->stored,
                            .to = node->dtype,
                            .swapped = v->swapped,
                            .packed = packed,
                            .n = w->load_run,
                            .amount = n});
}

static void add_map(walk *w, const ama__node *node, double n) {
    const ama_dtype calc = node->u.map.calc;
    double whole = size_of(node);
    for (int k = 0; k < node->u.map.n_in; k++) {
        const ama__node *in = node->u.map.in[k];
        double mine = whole > 0 ? n * size_of(in) / whole : 0;
        bool condition = node->u.map.op == AMA_OP_WHERE && k == 0, cast = node->u.map.op == AMA_OP_CAST;
        if (!visit(w, in, mine) || condition || cast || in->dtype == calc) continue;
        add(w->out, (ama__work){.kind = AMA_WORK_CONVERT, .from = in->dtype, .to = calc, .amount = mine});
    }
    if (node->u.map.op == AMA_OP_CAST)
        add(w->out,
            (ama__work){.kind = AMA_WORK_CONVERT, .from = node->u.map.in[0]->dtype, .to = node->dtype, .amount = n});
    else
        add(w->out, (ama__work){.kind = AMA_WORK_MAP, .op = (int)node->u.map.op, .from = calc, .amount = n});
}

static void add_index(walk *w, const ama__node *node, double n) {
    bool list = false;
    double most = size_of(node->u.index.in), below = n;
    for (int a = 0; a < node->ndim; a++) {
        const ama__pick *p = &node->u.index.pick[a];
        list |= p->list != NULL;
        if (p->in_axis < 0 && p->count > 0) below /= (double)p->count;
    }
    if (list) add(w->out, (ama__work){.kind = AMA_WORK_GATHER, .from = node->dtype, .amount = n});
    visit(w, node->u.index.in, below < most ? below : most);
}

static void add_window(walk *w, const ama__node *node, double n) {
    const ama__window_spec *s = &node->u.window.spec;
    int64_t run, cells;
    ama__window_piece(node, node->shape[s->axis], &run, &cells);
    double again = (double)(run + s->width - 1) / (double)(run > 0 ? run : 1);
    add(w->out, (ama__work){.kind = AMA_WORK_WINDOW,
                            .op = (int)s->op,
                            .from = node->u.window.in->dtype,
                            .to = node->dtype,
                            .skipna = s->skipna,
                            .n = s->width,
                            .amount = n});
    w->load_run = cells;
    visit(w, node->u.window.in, n * again);
}

static void add_scan(walk *w, const ama__node *node, double n) {
    const ama__scan_spec *s = &node->u.scan.spec;
    ama__work x = {.kind = AMA_WORK_SCAN, .op = s->product, .from = node->u.scan.in->dtype, .amount = n};
    if (s->rank) {
        x.kind = AMA_WORK_RANK;
        x.op = 0;
        x.n = s->n_segments > 0 ? node->shape[s->axis] / s->n_segments : 0;
    } else {
        x.skipna = s->skipna;
    }
    add(w->out, x);
    visit(w, node->u.scan.in, n);
}

/* n values of a node, and what they are made of. False when it was counted before. */
static bool visit(walk *w, const ama__node *node, double n) {
    for (int i = 0; i < w->n_seen; i++)
        if (w->seen[i] == node) return false;
    if (w->n_seen < SEEN_MAX) w->seen[w->n_seen++] = node;
    switch (node->kind) {
    case AMA_NODE_SOURCE: add_source(w, node, n); break;
    case AMA_NODE_MAP: add_map(w, node, n); break;
    case AMA_NODE_INDEX: add_index(w, node, n); break;
    case AMA_NODE_WINDOW: add_window(w, node, n); break;
    case AMA_NODE_SCAN: add_scan(w, node, n); break;
    case AMA_NODE_CONCAT:
        for (int k = 0; k < node->u.concat.n_in; k++) visit(w, node->u.concat.in[k], size_of(node->u.concat.in[k]));
        break;
    case AMA_NODE_CONST:
    case AMA_NODE_REDUCE: break; /* in memory */
    }
    return true;
}

/* ---- what is done with the values */

static bool is_kept(const ama__consumer *c, int axis) {
    return !c->spec.reduced[axis] && axis != c->spec.label_axis;
}

/* Cells that are begun in all units together. */
static double count_states(const ama__stage *s, const ama__consumer *c) {
    double n = 1;
    for (int a = 0; a < c->node->ndim; a++) {
        int d = c->map[a].driver_axis;
        if (is_kept(c, a)) n *= (double)c->node->shape[a];
        if (d < 0 || is_kept(c, a)) continue;
        int64_t units = s->units[d].n;
        n *= (double)(a == c->spec.label_axis ? c->groups.first[units] : units);
    }
    return n;
}

/* Values of neighbours along the last axis that enter one cell. */
static int64_t run_of(const ama__consumer *c) {
    int last = c->node->ndim - 1;
    int64_t n = last >= 0 ? c->node->shape[last] : 1;
    if (last >= 0 && last == c->spec.label_axis && c->groups.n_groups > 0) n /= c->groups.n_groups;
    return n < 1 ? 1 : n;
}

/* Rows that enter the same cells at a time: of stored values several, where neighbours have one label. */
static int64_t rows_of(const ama__consumer *c) {
    int64_t runs = 1, n = c->spec.label_axis >= 0 ? c->node->shape[c->spec.label_axis] : 0;
    for (int64_t i = 1; i < n; i++) runs += c->spec.label[i] != c->spec.label[i - 1];
    return ama__consumer_folds_source(c) && (n == 0 || n / runs >= AMA_FOLD_ROWS) ? AMA_FOLD_ROWS : 1;
}

/* One of several passes, which keeps no values. */
static void add_counting(walk *w, const ama__consumer *c, double n) {
    for (int t = -1; t < c->n_twins; t++) {
        const ama__node *r = t < 0 ? c->reduce : c->twin[t];
        add(w->out, (ama__work){.kind = AMA_WORK_COUNT,
                                .from = c->node->dtype,
                                .to = r->dtype,
                                .n = c->digit,
                                .spec = &r->u.reduce.spec,
                                .amount = n});
    }
}

static void add_order(walk *w, const ama__consumer *c, double n) {
    int64_t column = 1;
    for (int a = 0; a < c->node->ndim; a++)
        if (!is_kept(c, a)) column *= c->node->shape[a];
    if (c->spec.label_axis >= 0 && c->groups.n_groups > 0) column /= c->groups.n_groups;
    ama__work x = {.kind = AMA_WORK_COLLECT, .from = c->node->dtype, .n = 4096, .amount = n};
    add(w->out, x);
    x.sends = true; /* once more by the rank that completes them */
    x.amount = w->nranks > 1 ? (double)c->open_bytes / (double)ama__dtype_bytes(x.from) : 0;
    add(w->out, x);
    for (int t = -1; t < c->n_twins; t++) {
        const ama__node *r = t < 0 ? c->reduce : c->twin[t];
        add(w->out, (ama__work){.kind = AMA_WORK_ORDER,
                                .from = c->node->dtype,
                                .to = r->dtype,
                                .n = column < 1 ? 1 : column,
                                .spec = &r->u.reduce.spec,
                                .amount = n});
    }
}

static void add_reduction(walk *w, const ama__stage *s, const ama__consumer *c, double n) {
    ama__work x = {.op = (int)c->spec.op, .from = c->node->dtype, .skipna = c->spec.skipna};
    int last = c->node->ndim - 1;
    if (ama__red_collects(c->spec.op)) {
        if (c->n_passes > 0)
            add_counting(w, c, n);
        else
            add_order(w, c, n);
        return;
    }
    x.kind = AMA_WORK_FOLD;
    if (last < 0 || !is_kept(c, last)) x.kind = c->n_row_axes > 0 ? AMA_WORK_ROW : AMA_WORK_SERIES;
    if (x.kind == AMA_WORK_FOLD) x.n = rows_of(c);
    if (x.kind == AMA_WORK_SERIES) x.n = run_of(c);
    if (x.kind == AMA_WORK_ROW) {
        x.n = 1;
        for (int a = c->node->ndim - c->n_row_axes; a <= last; a++) x.n *= c->node->shape[a];
    }
    x.amount = n;
    add(w->out, x);
    x.kind = AMA_WORK_STATE;
    x.n = 0;
    x.to = c->reduce->dtype;
    x.amount = count_states(s, c);
    add(w->out, x);
}

/* Chunks that come piece by piece are put together in memory, by runs of their last axis. */
static void add_output(ama__works *out, const ama__plan *p, const ama__consumer *c, double n) {
    const ama_dtype t = c->node->dtype;
    const ama__stored_var *v = &p->sink[c->sink]->spec->meta.var[c->var];
    int last = c->node->ndim - 1;
    add(out, (ama__work){.kind = AMA_WORK_STORE, .from = t, .amount = n});
    if (!v->chunked || last < 0) return;
    bool most = (double)c->collected_bytes * p->options.nranks * 2 > n * (double)ama__dtype_bytes(t);
    int64_t run = v->grid.chunk[last] < c->node->shape[last] ? v->grid.chunk[last] : 4096;
    add(out,
        (ama__work){.kind = most ? AMA_WORK_COLLECT : AMA_WORK_COPY, .from = t, .n = run, .writes = true, .amount = n});
}

void ama__works_of(const ama__plan *plan, ama__works *out) {
    out->n = 0;
    for (int k = 0; k < plan->n_stages; k++) {
        const ama__stage *s = &plan->stage[k];
        for (int i = 0; i < s->n_consumers; i++) {
            const ama__consumer *c = &s->consumer[i];
            walk w = {.out = out, .c = c, .nranks = plan->options.nranks};
            double n = size_of(c->node);
            if (ama__dtype_is_text(c->node->dtype)) continue;
            visit(&w, c->node, n);
            if (c->kind == AMA_CONSUME_REDUCE)
                add_reduction(&w, s, c, n);
            else if (c->kind == AMA_CONSUME_WRITE)
                add_output(out, plan, c, n);
        }
    }
}
