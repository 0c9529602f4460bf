/* What quantile has of its own: its dim, its coordinate, its arguments. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "graph/reduction.h"

#define NAME "quantile"

ama_status ama__quantile_parse(ama_ctx *ctx, const char *name, ama__quantile *out) {
    char list[512] = "";
    size_t at = 0;
    for (int m = 0; m < AMA_QUANTILE_N; m++) {
        const char *s = ama__quantile_name((ama__quantile)m);
        if (strcmp(s, name) == 0) {
            *out = (ama__quantile)m;
            return AMA_OK;
        }
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", m ? ", " : "", s);
    }
    return ama__fail(ctx, AMA_ERR_ARG, "'%s' is no method of quantile; there are: %s", name, list);
}

ama_status ama__quantile_check(ama__graph *g, const ama__object *x, const ama__reduction *r, int n,
                               const char *const *dim) {
    for (int64_t k = 0; k < r->quantiles.n; k++)
        if (!(r->quantiles.q[k] >= 0 && r->quantiles.q[k] <= 1))
            return ama__fail(g->ctx, AMA_ERR_ARG, "quantiles must be in the range [0, 1], not %g", r->quantiles.q[k]);
    if (ama__dataset_dim_size(&x->ds, NAME) >= 0)
        return ama__fail(g->ctx, AMA_ERR_ARG, "there is a dim \"" NAME "\" already: rename it first");
    for (int i = 0; i < n; i++)
        if (ama__dataset_dim_size(&x->ds, dim[i]) == 0)
            return ama__fail(g->ctx, AMA_ERR_ARG, "quantile: dim \"%s\" is empty", dim[i]);
    return AMA_OK;
}

ama_status ama__quantile_axis(ama__graph *g, const ama__reduction *r, bool grouped, ama__variable *v) {
    ama__pick pick[AMA_MAX_DIMS];
    int64_t fixed[AMA_MAX_DIMS];
    int last = v->node->ndim - 1;
    const int64_t *shape = v->node->shape;
    for (int a = 0; a <= last; a++) fixed[a] = -1;
    if (r->quantiles.scalar) {
        fixed[last] = 0;
        for (int a = 0; a < last; a++) pick[a] = (ama__pick){.in_axis = a, .count = shape[a], .step = 1};
        return ama__node_index(g, v->node, last, pick, fixed, &v->node);
    }
    v->dim[last] = NAME;
    v->ndim = last + 1;
    if (grouped) return AMA_OK;
    for (int a = last; a > 0; a--) v->dim[a] = v->dim[a - 1];
    v->dim[0] = NAME;
    for (int a = 0; a <= last; a++) {
        int from = a == 0 ? last : a - 1;
        pick[a] = (ama__pick){.in_axis = from, .count = shape[from], .step = 1};
    }
    return ama__node_index(g, v->node, last + 1, pick, fixed, &v->node);
}

ama_status ama__quantile_coords(ama__graph *g, const ama__reduction *r, ama__object *x) {
    static const char *const dim = NAME;
    ama__named *coord = x->ds.coord;
    ama__node *node;
    ama__variable *v;
    int n = x->ds.n_coords;
    AMA_NEW(g->arena, x->ds.coord, n + 2); /* groups add theirs */
    x->ds.n_coords = 0;
    for (int i = 0; i < n; i++)
        if (coord[i].var->ndim > 0 && strcmp(coord[i].name, NAME) != 0) x->ds.coord[x->ds.n_coords++] = coord[i];
    AMA_TRY(ama__node_const(g, AMA_F8, r->quantiles.scalar ? 0 : 1, &r->quantiles.n, r->quantiles.q, true, &node));
    AMA_TRY(ama__variable_new(g, &dim, node, &v));
    x->ds.coord[x->ds.n_coords++] = (ama__named){NAME, v};
    return AMA_OK;
}
