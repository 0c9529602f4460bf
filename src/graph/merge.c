#include "graph/merge.h"

#include <string.h>

#include "graph/restructure.h"

typedef struct merge {
    ama__graph *g;
    const ama__merge *args;
    int n;
    ama__object *o; /* aligned Datasets */
    const ama__attrs **attrs;
} merge;

/* A DataArray becomes a Dataset that has its attributes too. */
static ama_status prepare(merge *m, const ama__object *const *in) {
    static const ama__join join[] = {AMA_JOIN_EXACT, AMA_JOIN_OUTER, AMA_JOIN_INNER, AMA_JOIN_LEFT};
    const ama__object **one;
    ama__object *ds;
    AMA_NEW(m->g->arena, one, m->n);
    AMA_NEW(m->g->arena, ds, m->n);
    AMA_NEW(m->g->arena, m->o, m->n);
    AMA_NEW(m->g->arena, m->attrs, m->n);
    for (int i = 0; i < m->n; i++) {
        m->attrs[i] = in[i]->is_dataset ? &in[i]->ds.attrs : &ama__object_var(in[i])->attrs;
        if (in[i]->is_dataset)
            ds[i] = *in[i];
        else
            AMA_TRY(ama__graph_to_dataset(m->g, in[i], NULL, &ds[i]));
        one[i] = &ds[i];
    }
    if (m->args->join != AMA_CONCAT_OVERRIDE) return ama__align(m->g, m->n, one, join[m->args->join], m->o);
    for (int i = 0; i < m->n; i++) m->o[i] = ds[i];
    return AMA_OK;
}

/* The attributes of all variables of a name. */
static ama_status merge_attributes(const merge *m, int n, const ama__attrs *const *attrs, ama__attrs *out) {
    *out = (ama__attrs){0};
    if (m->args->attrs == AMA_CONCAT_ATTRS_FIRST) *out = *attrs[0];
    return m->args->attrs == AMA_CONCAT_ATTRS_AGREE ? ama__merge_attrs(m->g, n, attrs, out) : AMA_OK;
}

static ama_status make_variable(const merge *m, const char *name, bool coord, ama__variable **out) {
    const ama__attrs **attrs;
    ama__variable *first = NULL;
    int n = 0;
    AMA_NEW(m->g->arena, attrs, m->n);
    for (int i = 0; i < m->n; i++) {
        const ama__dataset *ds = &m->o[i].ds;
        ama__variable *v = ama__named_find(coord ? ds->n_coords : ds->n_vars, coord ? ds->coord : ds->var, name);
        if (ama__named_find(coord ? ds->n_vars : ds->n_coords, coord ? ds->var : ds->coord, name))
            return ama__fail(m->g->ctx, AMA_ERR_MISMATCH, "%s is a coordinate in some objects but not in others", name);
        if (!v) continue;
        if (!first) first = v;
        attrs[n++] = &v->attrs;
        if (m->args->check && v != first && !ama__variable_is_index(name, v) && !ama__variable_same(first, v))
            return ama__fail(
                m->g->ctx, AMA_ERR_UNSUPPORTED,
                "variable %s is in several objects, and whether it is the same in all shows only in the run; "
                "compat=\"override\" takes the first",
                name);
    }
    AMA_TRY(ama__variable_copy(m->g, first, out));
    return merge_attributes(m, n, attrs, &(*out)->attrs);
}

static ama_status collect(const merge *m, bool coord, int *n_out, ama__named **out) {
    int most = 1;
    for (int i = 0; i < m->n; i++) most += coord ? m->o[i].ds.n_coords : m->o[i].ds.n_vars;
    AMA_NEW(m->g->arena, *out, most);
    *n_out = 0;
    for (int i = 0; i < m->n; i++) {
        const ama__named *list = coord ? m->o[i].ds.coord : m->o[i].ds.var;
        for (int k = 0; k < (coord ? m->o[i].ds.n_coords : m->o[i].ds.n_vars); k++) {
            ama__named *x = &(*out)[*n_out];
            if (ama__named_find(*n_out, *out, list[k].name)) continue;
            x->name = list[k].name;
            AMA_TRY(make_variable(m, x->name, coord, &x->var));
            ++*n_out;
        }
    }
    return AMA_OK;
}

/* One size for each dim: join="override" aligns nothing. */
static ama_status check_dims(const merge *m) {
    for (int i = 1; i < m->n; i++) {
        const char **dims;
        int n;
        AMA_TRY(ama__dataset_dims(m->g, &m->o[i].ds, &n, &dims));
        for (int d = 0; d < n; d++)
            for (int k = 0; k < i; k++) {
                int64_t size = ama__dataset_dim_size(&m->o[k].ds, dims[d]);
                if (size >= 0 && size != ama__dataset_dim_size(&m->o[i].ds, dims[d]))
                    return ama__fail(m->g->ctx, AMA_ERR_MISMATCH, "the objects have different sizes of dim \"%s\"",
                                     dims[d]);
            }
    }
    return AMA_OK;
}

ama_status ama__graph_merge(ama__graph *g, int n, const ama__object *const *in, const ama__merge *args,
                            ama__object *out) {
    merge m = {.g = g, .args = args, .n = n};
    ama__object o = {.is_dataset = true};
    AMA_TRY(prepare(&m, in));
    AMA_TRY(check_dims(&m));
    AMA_TRY(collect(&m, false, &o.ds.n_vars, &o.ds.var));
    AMA_TRY(collect(&m, true, &o.ds.n_coords, &o.ds.coord));
    AMA_TRY(merge_attributes(&m, n, m.attrs, &o.ds.attrs));
    *out = o;
    return AMA_OK;
}
