/* What goes with what: variables and those that their dims and attributes name. CF conventions 1.10, chapters 4, 5.6,
 * 7.1, 7.4 and appendix D. */
#include "graph/conversion.h"

typedef struct selection {
    const ama__dataset *ds;
    int n; /* coordinates, then data variables */
    const ama__named **at;
    bool *in;
} selection;

static ama_status selection_make(ama__graph *g, const ama__dataset *ds, selection *s) {
    *s = (selection){.ds = ds};
    AMA_NEW(g->arena, s->at, ds->n_coords + ds->n_vars + 1);
    AMA_NEW(g->arena, s->in, ds->n_coords + ds->n_vars + 1);
    for (int i = 0; i < ds->n_coords; i++) s->at[s->n++] = &ds->coord[i];
    for (int i = 0; i < ds->n_vars; i++) s->at[s->n++] = &ds->var[i];
    for (int i = 0; i < s->n; i++) s->in[i] = false;
    return AMA_OK;
}

static int find(const selection *s, const char *name, size_t bytes) {
    for (int i = 0; i < s->n; i++)
        if (strlen(s->at[i]->name) == bytes && memcmp(s->at[i]->name, name, bytes) == 0) return i;
    return -1;
}

typedef void refer_fn(void *user, int to);

/* Calls fn for every variable that a blank separated list names; "crs:" is crs. */
static void refer_list(const selection *s, const char *list, int most_dims, refer_fn *fn, void *user) {
    while (list && *list) {
        list += strspn(list, " \t\n\r");
        size_t n = strcspn(list, " \t\n\r"), bare = n > 0 && list[n - 1] == ':' ? n - 1 : n;
        int k = bare > 0 ? find(s, list, bare) : -1;
        if (k >= 0 && s->at[k]->var->ndim <= most_dims) fn(user, k);
        list += n;
    }
}

static void refer_attrs(const selection *s, int i, refer_fn *fn, void *user) {
    static const char *const names[] = {"coordinates", "bounds", "climatology", "grid_mapping"};
    const ama__attrs *a = &s->at[i]->var->attrs;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        refer_list(s, ama__attrs_text(a, names[k]), AMA_MAX_DIMS, fn, user);
    refer_list(s, ama__attrs_text(a, "formula_terms"), 1, fn, user);
}

static bool dims_within(const ama__variable *inner, const ama__variable *outer) {
    for (int a = 0; a < inner->ndim; a++)
        if (ama__variable_axis(outer, inner->dim[a]) < 0) return false;
    return true;
}

/* ---- from one variable to all it needs */

static void take(void *user, int i);

typedef struct fitting { /* of the dataset's coordinates attribute only what fits the variable */
    selection *s;
    const ama__variable *v;
} fitting;

static void take_fitting(void *user, int i) {
    fitting *f = user;
    if (dims_within(f->s->at[i]->var, f->v)) take(f->s, i);
}

static void take(void *user, int i) {
    selection *s = user;
    const ama__variable *v = s->at[i]->var;
    if (s->in[i]) return;
    s->in[i] = true;
    for (int a = 0; a < v->ndim; a++) {
        int k = find(s, v->dim[a], strlen(v->dim[a]));
        if (k >= 0) take(s, k);
    }
    refer_attrs(s, i, take, s);
    fitting f = {s, v};
    refer_list(s, ama__attrs_text(&s->ds->attrs, "coordinates"), AMA_MAX_DIMS, take_fitting, &f);
}

static ama_status check_names(ama__graph *g, const selection *s, const char *option, int n, const char *const *name) {
    const char **all;
    AMA_NEW(g->arena, all, s->n + 1);
    for (int i = 0; i < s->n; i++) all[i] = s->at[i]->name;
    for (int i = 0; i < n; i++)
        if (find(s, name[i], strlen(name[i])) < 0)
            return ama__wrap(g->ctx, ama__no_such_name(g, "variable", name[i], s->n, all), "%s", option);
    return AMA_OK;
}

ama_status ama__convert_select(ama__graph *g, const ama__dataset *ds, const ama__convert_args *args,
                               const char *const *root, ama__dataset *out) {
    selection s;
    AMA_TRY(selection_make(g, ds, &s));
    AMA_TRY(check_names(g, &s, "--variables", args->n_keep, args->keep));
    AMA_TRY(check_names(g, &s, "--drop", args->n_drop, args->drop));
    if (root)
        take(&s, find(&s, *root, strlen(*root)));
    else
        for (int i = 0; i < args->n_keep; i++) take(&s, find(&s, args->keep[i], strlen(args->keep[i])));
    for (int i = 0; i < s.n && !root && args->n_keep == 0; i++) s.in[i] = true;
    for (int i = 0; i < args->n_drop; i++) s.in[find(&s, args->drop[i], strlen(args->drop[i]))] = false;
    *out = *ds;
    out->n_coords = out->n_vars = 0;
    AMA_NEW(g->arena, out->coord, ds->n_coords + 1);
    AMA_NEW(g->arena, out->var, ds->n_vars + 1);
    for (int i = 0; i < s.n; i++) {
        if (!s.in[i]) continue;
        if (i < ds->n_coords)
            out->coord[out->n_coords++] = *s.at[i];
        else
            out->var[out->n_vars++] = *s.at[i];
    }
    return AMA_OK;
}

static void mark(void *user, int i) {
    ((selection *)user)->in[i] = true;
}

ama_status ama__convert_data_names(ama__graph *g, const ama__dataset *ds, int *n, const char ***out) {
    selection s;
    *n = 0;
    AMA_TRY(selection_make(g, ds, &s));
    AMA_NEW(g->arena, *out, s.n + 1);
    refer_list(&s, ama__attrs_text(&ds->attrs, "coordinates"), AMA_MAX_DIMS, mark, &s);
    for (int i = 0; i < s.n; i++) refer_attrs(&s, i, mark, &s);
    for (int i = ds->n_coords; i < s.n; i++)
        if (!s.in[i]) (*out)[(*n)++] = s.at[i]->name;
    return AMA_OK;
}
