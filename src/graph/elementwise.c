/* The part that all elementwise operations share: what happens to labels, names, attributes and datasets. */
#include <string.h>

#include "graph/operate.h"

typedef struct operands {
    int n, n_objects;
    const ama__operand *in;
    ama__object aligned[3];       /* [n_objects] */
    const ama__object *object[3]; /* [n]: into aligned, NULL for scalars */
    const ama__object *only[3];   /* [n_objects], in the order in which labels and coordinates are merged */
} operands;

/* Operators of an array and a Dataset are the Dataset's: its labels and coordinates lead. */
static void put_dataset_first(operands *o) {
    for (int i = 1; i < o->n_objects; i++)
        if (o->only[i]->is_dataset && !o->only[0]->is_dataset) {
            const ama__object *first = o->only[0];
            o->only[0] = o->only[i];
            o->only[i] = first;
        }
}

static ama_status prepare(ama__graph *g, const ama__elementwise *e, int n, const ama__operand *in, operands *o) {
    ama__object out[3];
    *o = (operands){.n = n, .in = in};
    for (int i = 0; i < n; i++)
        if (in[i].kind == AMA_OPERAND_OBJECT) o->only[o->n_objects++] = in[i].object;
    if (o->n_objects == 0)
        return ama__fail(g->ctx, AMA_ERR_ARG, "an operation on numbers alone, where an array is needed");
    if (e->attrs == AMA_ATTRS_AGREE) put_dataset_first(o);
    AMA_TRY(ama__align(g, o->n_objects, o->only, e->join, out));
    for (int k = 0; k < o->n_objects; k++) {
        const ama__object *was = o->only[k];
        o->aligned[k] = out[k];
        o->only[k] = &o->aligned[k];
        for (int i = 0; i < n; i++)
            if (in[i].kind == AMA_OPERAND_OBJECT && in[i].object == was) o->object[i] = &o->aligned[k];
    }
    return AMA_OK;
}

static ama_status set_attrs(ama__graph *g, const ama__elementwise *e, int n, const ama__attrs *const *in,
                            ama__attrs *out) {
    *out = (ama__attrs){0};
    if (e->attrs == AMA_ATTRS_NONE || n == 0) return AMA_OK;
    if (e->attrs == AMA_ATTRS_FIRST || n == 1) {
        *out = *in[0];
        return AMA_OK;
    }
    return ama__merge_attrs(g, n, in, out);
}

/* The operation on one variable of each object: `name` of a Dataset, the only one of a DataArray. */
static ama_status one_variable(ama__graph *g, const ama__elementwise *e, const operands *o, const char *name,
                               ama__variable **out) {
    ama__term t[3];
    const ama__attrs *attrs[3];
    int n_attrs = 0;
    for (int i = 0; i < o->n; i++) {
        t[i] = (ama__term){.scalar = o->in[i]};
        if (!o->object[i]) continue;
        t[i].var = o->object[i]->is_dataset ? ama__named_find(o->object[i]->ds.n_vars, o->object[i]->ds.var, name)
                                            : ama__object_var(o->object[i]);
        attrs[n_attrs++] = &t[i].var->attrs;
    }
    ama__variable *v;
    AMA_TRY(e->fn(g, e->user, o->n, t, &v));
    AMA_TRY(ama__variable_copy(g, v, out)); /* the operation may have given back its input */
    (*out)->encoding = (ama__encoding){0};
    return set_attrs(g, e, n_attrs, attrs, &(*out)->attrs);
}

static bool same_name(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool in_all(const operands *o, const char *name) {
    for (int i = 0; i < o->n_objects; i++)
        if (o->only[i]->is_dataset && !ama__named_find(o->only[i]->ds.n_vars, o->only[i]->ds.var, name)) return false;
    return true;
}

static ama_status dataset_vars(ama__graph *g, const ama__elementwise *e, const operands *o, const ama__object *first,
                               ama__object *out) {
    const ama__attrs *attrs[3];
    int n_attrs = 0;
    AMA_NEW(g->arena, out->ds.var, first->ds.n_vars + 1);
    for (int k = 0; k < first->ds.n_vars; k++) {
        const char *name = first->ds.var[k].name;
        if (!in_all(o, name)) {
            if (e->join != AMA_JOIN_INNER)
                return ama__fail(g->ctx, AMA_ERR_MISMATCH, "variable \"%s\" is not in both datasets", name);
            continue;
        }
        ama__named *v = &out->ds.var[out->ds.n_vars++];
        v->name = name;
        AMA_TRY(ama__wrap(g->ctx, one_variable(g, e, o, name, &v->var), "variable %s", name));
    }
    if (first->ds.n_vars > 0 && out->ds.n_vars == 0)
        ama__warn(g->ctx, "the datasets of an operation have no variable in common: the result has none");
    attrs[n_attrs++] = &first->ds.attrs;
    for (int i = 0; i < o->n_objects; i++)
        if (o->only[i] != first && (o->only[i]->is_dataset || e->attrs == AMA_ATTRS_AGREE))
            attrs[n_attrs++] = o->only[i]->is_dataset ? &o->only[i]->ds.attrs : &ama__object_var(o->only[i])->attrs;
    return set_attrs(g, e, n_attrs, attrs, &out->ds.attrs);
}

ama_status ama__elementwise_run(ama__graph *g, const ama__elementwise *e, int n, const ama__operand *in,
                                ama__object *out) {
    operands o;
    ama__object r = {0};
    const ama__object *dataset = NULL;
    AMA_TRY(prepare(g, e, n, in, &o));
    for (int i = o.n_objects - 1; i >= 0; i--)
        if (o.only[i]->is_dataset) dataset = o.only[i];
    AMA_TRY(ama__merge_coords(g, o.n_objects, o.only, &r.ds.n_coords, &r.ds.coord));
    if (dataset) {
        r.is_dataset = true;
        AMA_TRY(dataset_vars(g, e, &o, dataset, &r));
        if (o.n_objects == 1 && e->attrs == AMA_ATTRS_AGREE) { /* -ds and ds + 1 keep their encoding, np.cos(ds) not */
            r.ds.n_unlimited = dataset->ds.n_unlimited;
            r.ds.unlimited = dataset->ds.unlimited;
        }
        *out = r;
        return AMA_OK;
    }
    ama__variable *v;
    const char *name = o.only[0]->name;
    for (int i = 1; i < o.n_objects && e->attrs != AMA_ATTRS_FIRST; i++)
        if (!same_name(name, o.only[i]->name)) name = NULL;
    AMA_TRY(one_variable(g, e, &o, NULL, &v));
    return ama__object_from_array(g, name, v, r.ds.n_coords, r.ds.coord, out);
}
