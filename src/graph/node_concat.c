/* CONCAT: arrays one behind the other. */
#include "graph/node_private.h"

static ama_status concat_dtype(ama__graph *g, int axis, int n_in, ama__node *const *in, ama_dtype *t) {
    *t = in[0]->dtype;
    for (int k = 0; k < n_in; k++) {
        bool fits = in[k]->ndim == in[0]->ndim && axis >= 0 && axis < in[k]->ndim;
        for (int a = 0; fits && a < in[k]->ndim; a++) fits = a == axis || in[k]->shape[a] == in[0]->shape[a];
        if (!fits) return ama__fail(g->ctx, AMA_ERR_INTERNAL, "concat: array %d does not fit", k);
        if (!ama__dtype_promote(*t, in[k]->dtype, t))
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "no common type of %s and %s", ama__dtype_name(*t),
                             ama__dtype_name(in[k]->dtype));
    }
    if (ama__dtype_is_text(*t)) return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "text that is not in memory");
    return AMA_OK;
}

/* The parts of files that follow each other along the same axis. */
static ama_status concat_sources(ama__graph *g, int axis, int n_in, ama__node *const *in, ama__node **out) {
    ama__source_part *part;
    ama_dtype t = in[0]->dtype;
    int n = 0;
    int64_t at = 0;
    for (int k = 0; k < n_in; k++) n += in[k]->u.source.n_parts;
    AMA_NEW(g->arena, part, n);
    n = 0;
    for (int k = 0; k < n_in; k++)
        for (int i = 0; i < in[k]->u.source.n_parts; i++) {
            part[n] = in[k]->u.source.part[i];
            if (in[k]->u.source.n_parts == 1) part[n].count = in[k]->shape[axis];
            part[n].start = at;
            at += part[n++].count;
        }
    AMA_TRY(ama__node_source(g, axis, n, part, out));
    return ama__node_cast(g, *out, t, out);
}

static bool all_sources(int axis, int n_in, ama__node *const *in) {
    for (int k = 0; k < n_in; k++)
        if (in[k]->kind != AMA_NODE_SOURCE || in[k]->dtype != in[0]->dtype ||
            (in[k]->u.source.n_parts > 1 && in[k]->u.source.axis != axis))
            return false;
    return true;
}

ama_status ama__node_concat(ama__graph *g, int axis, int n_in, ama__node *const *in, ama__node **out) {
    ama__node **piece;
    int64_t *start, shape[AMA_MAX_DIMS];
    ama_dtype t;
    int n = 0;
    AMA_TRY(concat_dtype(g, axis, n_in, in, &t));
    AMA_NEW(g->arena, piece, n_in);
    AMA_NEW(g->arena, start, n_in + 1);
    for (int k = 0; k < n_in; k++) {
        if (in[k]->shape[axis] == 0) continue;
        AMA_TRY(ama__node_cast(g, in[k], t, &piece[n]));
        start[n + 1] = start[n] + in[k]->shape[axis];
        n++;
    }
    if (n == 0) return ama__node_cast(g, in[0], t, out);
    if (n == 1 || all_sources(axis, n, piece)) {
        *out = piece[0];
        return n == 1 ? AMA_OK : concat_sources(g, axis, n, piece, out);
    }
    for (int a = 0; a < in[0]->ndim; a++) shape[a] = a == axis ? start[n] : in[0]->shape[a];
    AMA_TRY(ama__node_new(g, AMA_NODE_CONCAT, t, in[0]->ndim, shape, out));
    (*out)->u.concat.axis = axis;
    (*out)->u.concat.n_in = n;
    (*out)->u.concat.in = piece;
    (*out)->u.concat.start = start;
    return AMA_OK;
}
