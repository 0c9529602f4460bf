#include "graph/dt.h"

#include <string.h>

#include "base/text.h"

static ama_status no_such_component(ama__graph *g, const char *name) {
    int n = 0;
    while (ama__time_component_names[n]) n++;
    const char *near = ama__text_nearest(name, ama__time_component_names, n);
    return ama__fail(g->ctx, AMA_ERR_NOTFOUND,
                     near ? "times have no component \"%s\"; did you mean \"%s\"?"
                          : "times have no component \"%s\"; there are year, month, day, hour, minute, second, "
                            "dayofyear, dayofweek, week, quarter, season, days_in_month, ...%s",
                     name, near ? near : "");
}

/* Components of n ticks in the type that xarray gives them. */
static ama_status component_node(ama__graph *g, const ama__variable *v, const int64_t *ticks, ama__time_component c,
                                 ama__node **out) {
    int64_t n, *number;
    const ama__node *in = v->node;
    ama__shape_size(in->ndim, in->shape, &n);
    AMA_NEW(g->arena, number, n + 1);
    ama__time_components(v->time, c, n, ticks, number);
    if (c == AMA_TIME_SEASON) {
        const char **text;
        AMA_NEW(g->arena, text, n + 1);
        for (int64_t i = 0; i < n; i++)
            text[i] = number[i] >= 0 && number[i] < 4 ? ama__time_seasons[number[i]] : "nan";
        return ama__node_const(g, AMA_STRING, in->ndim, in->shape, text, false, out);
    }
    bool missing = false;
    for (int64_t i = 0; i < n; i++) missing = missing || number[i] == INT64_MIN;
    if (missing) {
        double *real;
        AMA_NEW(g->arena, real, n + 1);
        for (int64_t i = 0; i < n; i++) real[i] = number[i] == INT64_MIN ? __builtin_nan("") : (double)number[i];
        return ama__node_const(g, AMA_F8, in->ndim, in->shape, real, false, out);
    }
    if (c == AMA_TIME_IS_LEAP_YEAR) {
        uint8_t *flag;
        AMA_NEW(g->arena, flag, n + 1);
        for (int64_t i = 0; i < n; i++) flag[i] = number[i] != 0;
        return ama__node_const(g, AMA_BOOL, in->ndim, in->shape, flag, false, out);
    }
    return ama__node_const(g, AMA_I8, in->ndim, in->shape, number, false, out);
}

static ama_status component_of(ama__graph *g, const ama__evaluator *ev, const ama__variable *v, const char *name,
                               ama__variable **out) {
    ama__time_component c;
    const void *ticks;
    ama__node *node;
    if (!v->time) return ama__fail(g->ctx, AMA_ERR_ARG, "\"%s\" is asked of an array that holds no times", name);
    if (!ama__time_component_parse(name, &c)) return no_such_component(g, name);
    AMA_TRY(ama__labels_eval(g, ev, v->node, "a time variable", &ticks));
    AMA_TRY(component_node(g, v, ticks, c, &node));
    return ama__variable_new(g, v->dim, node, out);
}

ama_status ama__object_dt(ama__graph *g, const ama__evaluator *ev, const ama__object *x, const char *name,
                          ama__object *out) {
    ama__variable *v;
    if (x->is_dataset)
        return ama__fail(g->ctx, AMA_ERR_ARG, "a Dataset has no .dt; its time variables have: ds.time.dt.%s", name);
    AMA_TRY(component_of(g, ev, ama__object_var(x), name, &v));
    v->attrs = ama__object_var(x)->attrs;
    return ama__object_from_array(g, name, v, x->ds.n_coords, x->ds.coord, out);
}

/* "time.month" taken apart: the variable, and the component in *rest. */
static ama__variable *virtual_base(ama__graph *g, const ama__object *x, const char *name, const char **rest) {
    const char *dot = strrchr(name, '.');
    if (!dot) return NULL;
    *rest = dot + 1;
    if (!g) {
        for (int i = 0; i < x->ds.n_coords + x->ds.n_vars; i++) {
            const ama__named *v = i < x->ds.n_coords ? &x->ds.coord[i] : &x->ds.var[i - x->ds.n_coords];
            if (strncmp(v->name, name, (size_t)(dot - name)) == 0 && !v->name[dot - name]) return v->var;
        }
        return NULL;
    }
    char *base = ama__arena_strndup(g->arena, name, (size_t)(dot - name));
    return base ? ama__dataset_find(&x->ds, base) : NULL;
}

static ama_status as_object(ama__graph *g, const ama__object *x, const char *name, ama__variable *v, ama__object *out) {
    int n;
    ama__named *coord;
    AMA_TRY(ama__coords_fitting(g, x->ds.n_coords, x->ds.coord, v->ndim, (const char *const *)v->dim, &n, &coord));
    return ama__object_from_array(g, name, v, n, coord, out);
}

ama_status ama__object_get(ama__graph *g, const ama__evaluator *ev, const ama__object *x, const char *name,
                           ama__object *out) {
    const char *rest;
    ama__variable *v = ama__named_find(x->ds.n_coords, x->ds.coord, name), *base;
    int64_t size = ama__dataset_dim_size(&x->ds, name), *count;
    if (!v && x->is_dataset) v = ama__named_find(x->ds.n_vars, x->ds.var, name);
    if (v) return as_object(g, x, name, v, out);
    if (size >= 0) { /* a dim without labels: its positions */
        ama__node *node;
        AMA_NEW(g->arena, count, size + 1);
        for (int64_t i = 0; i < size; i++) count[i] = i;
        AMA_TRY(ama__node_const(g, AMA_I8, 1, &size, count, false, &node));
        AMA_TRY(ama__variable_new(g, &name, node, &v));
        return as_object(g, x, name, v, out);
    }
    base = virtual_base(g, x, name, &rest);
    if (!base) return ama__no_such_variable(g, &x->ds, name);
    AMA_TRY(ama__wrap(g->ctx, component_of(g, ev, base, rest, &v), "%s", name));
    return as_object(g, x, rest, v, out);
}

bool ama__object_has(const ama__object *x, const char *name) {
    const char *rest;
    ama__time_component c;
    if (ama__named_find(x->ds.n_coords, x->ds.coord, name) || ama__dataset_dim_size(&x->ds, name) >= 0) return true;
    if (x->is_dataset && ama__named_find(x->ds.n_vars, x->ds.var, name)) return true;
    const ama__variable *base = virtual_base(NULL, x, name, &rest);
    return base && base->time && ama__time_component_parse(rest, &c);
}
