/* print() of DataArrays and Datasets, as xarray lays it out (xarray/core/formatting.py documents the rules). */
#include "graph/repr.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph/repr_array.h"

#define WIDTH 80

/* ---- which values */

ama_status ama__repr_nodes(ama__graph *g, const ama__object *obj, int *n, ama__node ***out) {
    *n = 0;
    AMA_NEW(g->arena, *out, 1);
    if (obj->is_dataset) return AMA_OK;
    ama__node *node = obj->ds.var[0].var->node;
    ama__pick pick[AMA_MAX_DIMS];
    int edge = ama__repr_edge(node->ndim);
    if (ama__dtype_is_text(node->dtype)) return AMA_OK; /* in memory already */
    if (ama__repr_summarised(node->ndim, node->shape)) {
        for (int a = 0; a < node->ndim; a++) {
            int64_t extent = node->shape[a], *list;
            pick[a] = (ama__pick){.in_axis = a, .count = extent, .step = 1};
            if (extent <= 2 * edge) continue;
            AMA_NEW(g->arena, list, 2 * edge);
            for (int k = 0; k < edge; k++) {
                list[k] = k;
                list[edge + k] = extent - edge + k;
            }
            pick[a].list = list;
            pick[a].count = 2 * edge;
        }
        AMA_TRY(ama__node_index(g, node, node->ndim, pick, NULL, &node));
    }
    (*out)[(*n)++] = node;
    return AMA_OK;
}

/* ---- pieces of text */

static int64_t node_size(const ama__node *n) {
    int64_t size = 1;
    for (int a = 0; a < n->ndim; a++) size *= n->shape[a];
    return size;
}

/* "24B", "31MB": decimal units, rounded. */
static void add_size(ama__text *t, double bytes) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    int u = 0;
    while (bytes >= 1000 && u < 5) {
        bytes /= 1000;
        u++;
    }
    ama__text_printf(t, "%.0f%s", bytes, units[u]);
}

static double variable_bytes(const ama__variable *v) {
    return (double)node_size(v->node) * (double)ama__dtype_bytes(v->node->dtype);
}

static ama__repr_array array_of(const ama__variable *v, const void *data) {
    return (ama__repr_array){v->node->dtype, v->time, v->ndim, v->node->shape, data, false};
}

/* First and last values of an array in memory, as many as fit. */
static void add_preview(ama__text *t, const ama__variable *v, int room) {
    ama__repr_array a = array_of(v, v->node->u.constant.data);
    int64_t n = node_size(v->node), front = 0, back = 0;
    char buf[160];
    int used = 4; /* " ..." */
    for (bool turn = true; front + back < n; turn = !turn) {
        int64_t i = turn ? front : n - 1 - back;
        int wide = (int)strlen(ama__repr_item(&a, i, buf, sizeof buf)) + 1;
        if (front + back > 1 && used + wide > room) break;
        used += wide;
        *(turn ? &front : &back) += 1;
    }
    for (int64_t i = 0; i < front; i++)
        ama__text_printf(t, "%s%s", i ? " " : "", ama__repr_item(&a, i, buf, sizeof buf));
    if (front + back < n) ama__text_add(t, " ...");
    for (int64_t i = n - back; i < n; i++) ama__text_printf(t, " %s", ama__repr_item(&a, i, buf, sizeof buf));
}

static void add_variable(ama__text *t, const char *name, const ama__variable *v, bool index, int width) {
    char type[32];
    ama__repr_array a = array_of(v, NULL);
    size_t start = t->n;
    ama__text_printf(t, "  %s %-*s ", index ? "*" : " ", width, name);
    if (v->ndim > 0) ama__text_add(t, "(");
    for (int d = 0; d < v->ndim; d++) ama__text_printf(t, "%s%s", d ? ", " : "", v->dim[d]);
    ama__text_printf(t, "%s%s ", v->ndim > 0 ? ") " : "", ama__repr_dtype(&a, type, sizeof type));
    add_size(t, variable_bytes(v));
    ama__text_add(t, " ");
    if (v->node->kind == AMA_NODE_CONST && node_size(v->node) > 0)
        add_preview(t, v, WIDTH - (int)(t->n - start));
    else
        ama__text_add(t, "...");
    ama__text_add(t, "\n");
}

static int name_width(int n, const ama__named *v, int least) {
    for (int i = 0; i < n; i++)
        if ((int)strlen(v[i].name) > least) least = (int)strlen(v[i].name);
    return least;
}

static void add_coords(ama__text *t, const ama__dataset *ds, int width) {
    if (ds->n_coords == 0) return;
    ama__text_add(t, "Coordinates:\n");
    for (int i = 0; i < ds->n_coords; i++)
        add_variable(t, ds->coord[i].name, ds->coord[i].var,
                     ama__variable_is_index(ds->coord[i].name, ds->coord[i].var), width);
}

static void add_attr_value(ama__text *t, const ama__attr *a) {
    char buf[40];
    if (a->dtype == AMA_CHAR) {
        ama__text_add(t, a->data);
        return;
    }
    if (a->n != 1) ama__text_add(t, "[");
    for (int64_t i = 0; i < a->n; i++) {
        if (i) ama__text_add(t, " ");
        if (a->dtype == AMA_STRING)
            ama__text_printf(t, "'%s'", ((char *const *)a->data)[i]);
        else if (a->dtype == AMA_F4)
            ama__text_add(t, ama__text_f4(buf, sizeof buf, ((const float *)a->data)[i]));
        else if (a->dtype == AMA_F8)
            ama__text_add(t, ama__text_f8(buf, sizeof buf, ((const double *)a->data)[i]));
        else
            ama__text_printf(t, "%" PRId64, ama__dtype_get_i8(a->dtype, a->data, i));
    }
    if (a->n != 1) ama__text_add(t, "]");
}

static void add_attrs(ama__text *t, const ama__attrs *attrs) {
    int width = 0;
    if (attrs->n == 0) return;
    for (int i = 0; i < attrs->n; i++)
        if ((int)strlen(attrs->a[i].name) > width) width = (int)strlen(attrs->a[i].name);
    ama__text_add(t, "Attributes:\n");
    for (int i = 0; i < attrs->n; i++) {
        ama__text_printf(t, "    %s:%*s", attrs->a[i].name, width - (int)strlen(attrs->a[i].name) + 2, "");
        add_attr_value(t, &attrs->a[i]);
        ama__text_add(t, "\n");
    }
}

static void cut_newline(ama__text *t) {
    if (t->n > 0 && t->s[t->n - 1] == '\n') t->s[--t->n] = '\0';
}

static ama_status dataset_text(ama__graph *g, const ama__dataset *ds, ama__text *t) {
    const char **dims;
    int n;
    double bytes = 0;
    AMA_TRY(ama__dataset_dims(g, ds, &n, &dims));
    for (int i = 0; i < ds->n_vars; i++) bytes += variable_bytes(ds->var[i].var);
    for (int i = 0; i < ds->n_coords; i++) bytes += variable_bytes(ds->coord[i].var);
    ama__text_add(t, "<xarray.Dataset> Size: ");
    add_size(t, bytes);
    ama__text_add(t, "\nDimensions:  (");
    for (int i = 0; i < n; i++)
        ama__text_printf(t, "%s%s: %" PRId64, i ? ", " : "", dims[i], ama__dataset_dim_size(ds, dims[i]));
    ama__text_add(t, ")\n");
    int width = name_width(ds->n_vars, ds->var, name_width(ds->n_coords, ds->coord, 7));
    add_coords(t, ds, width);
    ama__text_add(t, ds->n_vars ? "Data variables:\n" : "Data variables:\n    *empty*\n");
    for (int i = 0; i < ds->n_vars; i++) add_variable(t, ds->var[i].name, ds->var[i].var, false, width);
    add_attrs(t, &ds->attrs);
    cut_newline(t);
    return AMA_OK;
}

static const void *shown_data(const ama__object *obj, void *const *data) {
    const ama__node *n = obj->ds.var[0].var->node;
    return ama__dtype_is_text(n->dtype) ? n->u.constant.data : data[0];
}

ama_status ama__repr_text(ama__graph *g, const ama__object *obj, void *const *data, ama__text *t) {
    if (obj->is_dataset) return dataset_text(g, &obj->ds, t);
    const ama__variable *v = obj->ds.var[0].var;
    ama__repr_array a = array_of(v, shown_data(obj, data));
    ama__text_add(t, "<xarray.DataArray");
    if (obj->name) ama__text_printf(t, " '%s'", obj->name);
    if (v->ndim > 0) ama__text_add(t, " (");
    for (int d = 0; d < v->ndim; d++)
        ama__text_printf(t, "%s%s: %" PRId64, d ? ", " : "", v->dim[d], v->node->shape[d]);
    ama__text_add(t, v->ndim > 0 ? ")> Size: " : "> Size: ");
    add_size(t, variable_bytes(v));
    ama__text_add(t, "\n");
    AMA_TRY(ama__repr_array_text(g, &a, t));
    ama__text_add(t, "\n");
    add_coords(t, &obj->ds, name_width(obj->ds.n_coords, obj->ds.coord, 7));
    add_attrs(t, &v->attrs);
    cut_newline(t);
    return AMA_OK;
}

ama_status ama__repr_values(ama__graph *g, const ama__object *obj, void *const *data, ama__text *t) {
    if (obj->is_dataset) return dataset_text(g, &obj->ds, t);
    ama__repr_array a = array_of(obj->ds.var[0].var, shown_data(obj, data));
    a.bare = true;
    if (a.ndim > 0) return ama__repr_array_text(g, &a, t);
    char buf[160];
    if (a.dtype == AMA_F4)
        ama__text_add(t, ama__text_f4(buf, sizeof buf, *(const float *)a.data));
    else if (a.dtype == AMA_F8)
        ama__text_add(t, ama__text_f8(buf, sizeof buf, *(const double *)a.data));
    else if (a.dtype == AMA_STRING)
        ama__text_add(t, *(const char *const *)a.data);
    else
        ama__text_add(t, ama__repr_item(&a, 0, buf, sizeof buf));
    return AMA_OK;
}
