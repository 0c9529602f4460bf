#include "graph/ranking.h"

#include "graph/operate.h"

static ama_status rank_variable(ama__graph *g, const ama__variable *v, const ama__ranking *r, ama__variable **out) {
    int axis = ama__variable_axis(v, r->dim);
    ama__node *node = v->node;
    int64_t cut[2] = {0, node->shape[axis]};
    const ama__scan_spec spec = {.axis = axis, .rank = true, .pct = r->pct, .n_segments = cut[1] > 0, .cut = cut};
    if (v->time || ama__dtype_is_text(node->dtype))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "ranks are of numbers, not of %s; %s", v->time ? "times" : "text",
                         v->time ? "open_dataset(..., decode_times=False) gives numbers of the same order"
                                 : "drop_vars leaves them out");
    AMA_TRY(ama__node_scan(g, node, &spec, &node));
    AMA_TRY(ama__variable_new(g, v->dim, node, out));
    (*out)->chunks = v->chunks;
    if (r->keep_each != AMA_KEEP_NO) (*out)->attrs = v->attrs;
    return AMA_OK;
}

ama_status ama__object_rank(ama__graph *g, const ama__object *x, const ama__ranking *r, ama__object *out) {
    ama__variable *v;
    AMA_TRY(ama__object_check_dim(g, x, "rank", r->dim));
    AMA_TRY(ama__object_copy(g, x, out));
    out->ds.n_vars = 0;
    for (int i = 0; i < x->ds.n_vars; i++) {
        const ama__named *n = &x->ds.var[i];
        if (ama__variable_axis(n->var, r->dim) < 0) {
            ama__warn(g->ctx, "rank: variable %s does not have dim \"%s\" and is left out, as in xarray", n->name,
                      r->dim);
            continue;
        }
        ama_status status = rank_variable(g, n->var, r, &v);
        AMA_TRY(x->is_dataset ? ama__wrap(g->ctx, status, "variable %s", n->name) : status);
        out->ds.var[out->ds.n_vars++] = (ama__named){n->name, v};
    }
    if (r->keep_attrs == AMA_KEEP_NO) out->ds.attrs = (ama__attrs){0};
    return AMA_OK;
}
