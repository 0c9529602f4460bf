#include "graph/borders.h"

#include <string.h>

#define ROWS_BYTES ((int64_t)1 << 20)

typedef struct walk {
    ama__graph *g;
    int64_t *bytes; /* by node id: of what is stored below, plus 1; 0: not known yet */
} walk;

typedef struct borders {
    int64_t n;
    int64_t *at;
} borders;

static int64_t stored_bytes(const walk *w, const ama__node *n) {
    ama__node *const *in;
    int64_t bytes = 0, size;
    if (w->bytes[n->id]) return w->bytes[n->id] - 1;
    if (n->kind == AMA_NODE_SOURCE) {
        ama__shape_size(n->ndim, n->shape, &size);
        bytes = size * (int64_t)ama__dtype_bytes(n->dtype);
    }
    int count = n->kind == AMA_NODE_REDUCE ? 0 : ama__node_inputs(n, &in);
    for (int k = 0; k < count; k++) {
        int64_t x = stored_bytes(w, in[k]);
        if (n->kind == AMA_NODE_CONCAT)
            bytes += x;
        else if (x > bytes)
            bytes = x;
    }
    w->bytes[n->id] = bytes + 1;
    return bytes;
}

static ama_status find(const walk *w, const ama__node *n, int axis, borders *out);

static int64_t chunk_extent(const ama__source_part *p, int axis) {
    const ama__stored_var *v = &p->store->meta.var[p->var];
    int64_t row = (int64_t)ama__dtype_bytes(v->dtype);
    if (v->chunked) return v->grid.chunk[axis];
    for (int a = 1; a < v->ndim; a++) row *= v->grid.shape[a] > 0 ? v->grid.shape[a] : 1;
    if (axis > 0) return v->grid.shape[axis] > 0 ? v->grid.shape[axis] : 1;
    return row < ROWS_BYTES ? ROWS_BYTES / row : 1;
}

static ama_status of_source(const walk *w, const ama__node *n, int axis, borders *out) {
    bool along = axis == n->u.source.axis && n->u.source.n_parts > 1;
    int parts = along ? n->u.source.n_parts : 1;
    int64_t total = 1;
    for (int i = 0; i < parts; i++) {
        const ama__source_part *p = &n->u.source.part[i];
        total += (along ? p->count : n->shape[axis]) / chunk_extent(p, axis) + 1;
    }
    AMA_NEW(w->g->arena, out->at, total);
    for (int i = 0; i < parts; i++) {
        const ama__source_part *p = &n->u.source.part[i];
        int64_t start = along ? p->start : 0, count = along ? p->count : n->shape[axis], chunk = chunk_extent(p, axis);
        for (int64_t x = 0; x < count; x += chunk)
            if (start + x > 0) out->at[out->n++] = start + x;
    }
    return AMA_OK;
}

static int64_t pick_at(const ama__pick *p, int64_t i) {
    return p->list ? p->list[i] : p->start + i * p->step;
}

/* A border lies between two outputs where one lies between the inputs they pick. */
static ama_status of_index(const walk *w, const ama__node *n, int axis, borders *out) {
    const ama__pick *p = &n->u.index.pick[axis];
    borders in = {0};
    if (p->in_axis < 0) return AMA_OK;
    AMA_TRY(find(w, n->u.index.in, p->in_axis, &in));
    if (in.n == 0) return AMA_OK;
    AMA_NEW(w->g->arena, out->at, p->count + 1);
    for (int64_t i = 1; i < p->count; i++) {
        int64_t a = pick_at(p, i - 1), b = pick_at(p, i), lo = a < b ? a : b, hi = a < b ? b : a;
        if (lo < 0 || lo == hi || hi < in.at[0]) continue;
        if (in.at[ama__cut_find(in.n, in.at, hi)] > lo) out->at[out->n++] = i;
    }
    return AMA_OK;
}

static ama_status of_map(const walk *w, const ama__node *n, int axis, borders *out) {
    int best = -1;
    for (int k = 0; k < n->u.map.n_in; k++)
        if (n->u.map.axis[k][axis] >= 0 &&
            (best < 0 || stored_bytes(w, n->u.map.in[k]) > stored_bytes(w, n->u.map.in[best])))
            best = k;
    return best < 0 ? AMA_OK : find(w, n->u.map.in[best], n->u.map.axis[best][axis], out);
}

static ama_status of_concat(const walk *w, const ama__node *n, int axis, borders *out) {
    int best = 0;
    for (int k = 1; k < n->u.concat.n_in; k++)
        if (stored_bytes(w, n->u.concat.in[k]) > stored_bytes(w, n->u.concat.in[best])) best = k;
    if (axis != n->u.concat.axis) return find(w, n->u.concat.in[best], axis, out);
    for (int k = 0; k < n->u.concat.n_in; k++) {
        borders in = {0};
        int64_t *more;
        AMA_TRY(find(w, n->u.concat.in[k], axis, &in));
        AMA_NEW(w->g->arena, more, out->n + in.n + 1);
        if (out->n) memcpy(more, out->at, (size_t)out->n * sizeof *more);
        out->at = more;
        if (k > 0) out->at[out->n++] = n->u.concat.start[k];
        for (int64_t i = 0; i < in.n; i++) out->at[out->n++] = n->u.concat.start[k] + in.at[i];
    }
    return AMA_OK;
}

static ama_status find(const walk *w, const ama__node *n, int axis, borders *out) {
    if (stored_bytes(w, n) == 0) return AMA_OK;
    switch (n->kind) {
    case AMA_NODE_SOURCE: return of_source(w, n, axis, out);
    case AMA_NODE_INDEX: return of_index(w, n, axis, out);
    case AMA_NODE_MAP: return of_map(w, n, axis, out);
    case AMA_NODE_SCAN: return find(w, n->u.scan.in, axis, out);
    case AMA_NODE_WINDOW: return find(w, n->u.window.in, axis, out);
    case AMA_NODE_CONCAT: return of_concat(w, n, axis, out);
    default: return AMA_OK;
    }
}

ama_status ama__node_borders(ama__graph *g, const ama__node *node, int axis, int64_t *n, int64_t **at) {
    walk w = {.g = g};
    borders out = {0};
    AMA_NEW(g->arena, w.bytes, g->n_nodes + 1);
    AMA_TRY(find(&w, node, axis, &out));
    *n = out.n;
    *at = out.at;
    return AMA_OK;
}

ama_status ama__node_stored_bytes(ama__graph *g, const ama__node *node, int64_t *bytes) {
    walk w = {.g = g};
    AMA_NEW(g->arena, w.bytes, g->n_nodes + 1);
    *bytes = stored_bytes(&w, node);
    return AMA_OK;
}
