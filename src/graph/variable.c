#include "graph/variable.h"

#include "base/text.h"

/* ---- looking up */

ama__variable *ama__named_find(int n, const ama__named *v, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(v[i].name, name) == 0) return v[i].var;
    return NULL;
}

int ama__variable_axis(const ama__variable *v, const char *dim) {
    for (int a = 0; a < v->ndim; a++)
        if (strcmp(v->dim[a], dim) == 0) return a;
    return -1;
}

ama__variable *ama__coords_index(int n, const ama__named *coord, const char *dim) {
    ama__variable *v = ama__named_find(n, coord, dim);
    return v && ama__variable_is_index(dim, v) ? v : NULL;
}

static int64_t dim_size_in(int n, const ama__named *v, const char *dim) {
    for (int i = 0; i < n; i++) {
        int a = ama__variable_axis(v[i].var, dim);
        if (a >= 0) return ama__variable_size(v[i].var, a);
    }
    return -1;
}

int64_t ama__dataset_dim_size(const ama__dataset *ds, const char *dim) {
    int64_t n = dim_size_in(ds->n_vars, ds->var, dim);
    return n >= 0 ? n : dim_size_in(ds->n_coords, ds->coord, dim);
}

static void add_dims(int n_vars, const ama__named *v, int *n, const char **dims) {
    for (int i = 0; i < n_vars; i++)
        for (int a = 0; a < v[i].var->ndim; a++) {
            int k = 0;
            while (k < *n && strcmp(dims[k], v[i].var->dim[a]) != 0) k++;
            if (k == *n) dims[(*n)++] = v[i].var->dim[a];
        }
}

ama_status ama__dataset_dims(ama__graph *g, const ama__dataset *ds, int *n, const char ***dims) {
    size_t most = 1;
    for (int i = 0; i < ds->n_vars; i++) most += (size_t)ds->var[i].var->ndim;
    for (int i = 0; i < ds->n_coords; i++) most += (size_t)ds->coord[i].var->ndim;
    AMA_NEW(g->arena, *dims, most);
    *n = 0;
    add_dims(ds->n_vars, ds->var, n, *dims);
    add_dims(ds->n_coords, ds->coord, n, *dims);
    return AMA_OK;
}

ama__variable *ama__dataset_find(const ama__dataset *ds, const char *name) {
    ama__variable *v = ama__named_find(ds->n_vars, ds->var, name);
    return v ? v : ama__named_find(ds->n_coords, ds->coord, name);
}

/* ---- making and copying */

ama_status ama__variable_new(ama__graph *g, const char *const *dim, ama__node *node, ama__variable **out) {
    AMA_NEW(g->arena, *out, 1);
    (*out)->ndim = node->ndim;
    for (int a = 0; a < node->ndim; a++) (*out)->dim[a] = dim[a];
    (*out)->node = node;
    return AMA_OK;
}

static ama_status copy_attrs(ama__graph *g, ama__attrs *attrs) {
    if (attrs->n == 0) {
        attrs->a = NULL;
        return AMA_OK;
    }
    AMA_KEEP(g->arena, attrs->a, ama__arena_memdup(g->arena, attrs->a, (size_t)attrs->n * sizeof *attrs->a));
    return AMA_OK;
}

ama_status ama__variable_copy(ama__graph *g, const ama__variable *src, ama__variable **out) {
    AMA_KEEP(g->arena, *out, ama__arena_memdup(g->arena, src, sizeof *src));
    return copy_attrs(g, &(*out)->attrs);
}

static ama_status copy_list(ama__graph *g, int n, ama__named **list, int room) {
    ama__named *fresh;
    AMA_NEW(g->arena, fresh, n + room + 1);
    if (n) memcpy(fresh, *list, (size_t)n * sizeof *fresh);
    *list = fresh;
    return AMA_OK;
}

ama_status ama__dataset_copy(ama__graph *g, const ama__dataset *src, ama__dataset *out) {
    *out = *src;
    AMA_TRY(copy_list(g, out->n_vars, &out->var, 0));
    AMA_TRY(copy_list(g, out->n_coords, &out->coord, 0));
    return copy_attrs(g, &out->attrs);
}

ama_status ama__object_copy(ama__graph *g, const ama__object *src, ama__object *out) {
    bool is_dataset = src->is_dataset;
    const char *name = src->name;
    AMA_TRY(ama__dataset_copy(g, &src->ds, &out->ds));
    out->is_dataset = is_dataset;
    out->name = name;
    return AMA_OK;
}

ama_status ama__named_set(ama__graph *g, int *n, ama__named **list, const char *name, ama__variable *var) {
    AMA_TRY(copy_list(g, *n, list, 1));
    for (int i = 0; i < *n; i++)
        if (strcmp((*list)[i].name, name) == 0) {
            (*list)[i].var = var;
            return AMA_OK;
        }
    (*list)[(*n)++] = (ama__named){.name = name, .var = var};
    return AMA_OK;
}

ama_status ama__named_remove(ama__graph *g, int *n, ama__named **list, const char *name) {
    if (!ama__named_find(*n, *list, name)) return AMA_OK;
    AMA_TRY(copy_list(g, *n, list, 0));
    int kept = 0;
    for (int i = 0; i < *n; i++)
        if (strcmp((*list)[i].name, name) != 0) (*list)[kept++] = (*list)[i];
    *n = kept;
    return AMA_OK;
}

ama_status ama__object_from_array(ama__graph *g, const char *name, ama__variable *var, int n_coords,
                                  const ama__named *coord, ama__object *out) {
    *out = (ama__object){.name = name, .ds = {.n_vars = 1, .n_coords = n_coords}};
    AMA_NEW(g->arena, out->ds.var, 1);
    out->ds.var[0] = (ama__named){.name = name ? name : "", .var = var};
    out->ds.coord = (ama__named *)coord;
    return copy_list(g, n_coords, &out->ds.coord, 0);
}

ama_status ama__coords_fitting(ama__graph *g, int n, const ama__named *coord, int ndim, const char *const *dim,
                               int *n_out, ama__named **out) {
    ama__named *kept;
    AMA_NEW(g->arena, kept, n + 1);
    int k = 0;
    for (int i = 0; i < n; i++) {
        bool fits = true;
        for (int a = 0; a < coord[i].var->ndim && fits; a++) {
            bool found = false;
            for (int b = 0; b < ndim && !found; b++) found = strcmp(dim[b], coord[i].var->dim[a]) == 0;
            fits = found;
        }
        if (fits) kept[k++] = coord[i];
    }
    *n_out = k;
    *out = kept;
    return AMA_OK;
}

/* ---- what is not there */

#define LISTED 24

ama_status ama__no_such_name(ama__graph *g, const char *what, const char *name, int n, const char *const *names) {
    ama__text t;
    ama__text_init(&t, g->ctx);
    if (n == 0) ama__text_add(&t, "; there are none");
    for (int i = 0; i < n && i < LISTED; i++) ama__text_printf(&t, "%s%s", i ? ", " : "; there are: ", names[i]);
    if (n > LISTED) ama__text_printf(&t, " and %d more", n - LISTED);
    const char *near = ama__text_nearest(name, names, n);
    if (near) ama__text_printf(&t, "; did you mean '%s'?", near);
    ama_status status = ama__fail(g->ctx, AMA_ERR_NOTFOUND, "no %s '%s'%s", what, name, ama__text_get(&t));
    ama__text_fini(&t);
    return status;
}

ama_status ama__no_such_variable(ama__graph *g, const ama__dataset *ds, const char *name) {
    const char **names;
    int n = 0;
    AMA_NEW(g->arena, names, ds->n_vars + ds->n_coords + 1);
    for (int i = 0; i < ds->n_vars; i++)
        if (*ds->var[i].name) names[n++] = ds->var[i].name;
    for (int i = 0; i < ds->n_coords; i++) names[n++] = ds->coord[i].name;
    return ama__no_such_name(g, "variable", name, n, names);
}

ama_status ama__no_such_dim(ama__graph *g, const ama__dataset *ds, const char *dim) {
    const char **names;
    int n;
    AMA_TRY(ama__dataset_dims(g, ds, &n, &names));
    return ama__no_such_name(g, "dim", dim, n, names);
}
