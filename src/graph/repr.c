/* print() of DataArrays and Datasets, as xarray lays it out (xarray/core/formatting.py documents the rules). */
#include "graph/repr.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph/repr_array.h"

#define WIDTH 80

/* ---- which values */

static ama_status shown_nodes(ama__graph *g, bool bare, const ama__object *obj, int *n, ama__node ***out) {
    *n = 0;
    AMA_NEW(g->arena, *out, 1);
    if (obj->is_dataset) return AMA_OK;
    ama__node *node = obj->ds.var[0].var->node;
    ama__pick pick[AMA_MAX_DIMS];
    int edge = ama__repr_edge(bare, node->ndim);
    if (ama__dtype_is_text(node->dtype)) return AMA_OK; /* in memory already */
    if (ama__repr_summarised(bare, node->ndim, node->shape)) {
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

ama_status ama__repr_nodes(ama__graph *g, const ama__object *obj, int *n, ama__node ***out) {
    return shown_nodes(g, false, obj, n, out);
}

ama_status ama__repr_values_nodes(ama__graph *g, const ama__object *obj, int *n, ama__node ***out) {
    return shown_nodes(g, true, obj, n, out);
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

/* Items of an array in memory as texts: those at its begin and end that could be shown. */
typedef struct preview {
    int64_t n;                  /* elements of the array */
    int n_front, n_back;        /* texts made */
    const char **front, **back; /* back[0] is the last element */
} preview;

static ama_status make_items(ama__graph *g, const ama__variable *v, int room, preview *p) {
    ama__repr_array a = array_of(v, v->node->u.constant.data);
    char buf[160];
    int most = (room + 1) / 2 > 2 ? (room + 1) / 2 : 2; /* an item takes two characters at least */
    p->n = node_size(v->node);
    if (p->n < most) most = p->n > 1 ? (int)p->n : 1;
    p->n_front = p->n ? (most + 1) / 2 : 0;
    p->n_back = p->n ? most / 2 : 0;
    AMA_NEW(g->arena, p->front, p->n_front + 1);
    AMA_NEW(g->arena, p->back, p->n_back + 1);
    for (int i = 0; i < p->n_front; i++)
        AMA_KEEP(g->arena, p->front[i], ama__arena_strdup(g->arena, ama__repr_item(&a, i, buf, sizeof buf)));
    for (int i = 0; i < p->n_back; i++)
        AMA_KEEP(g->arena, p->back[i], ama__arena_strdup(g->arena, ama__repr_item(&a, p->n - 1 - i, buf, sizeof buf)));
    return AMA_OK;
}

/* How many of them fit, taken from both ends in turn; all when they do without "...". */
static int64_t count_fitting(const preview *p, int room) {
    int most = p->n_front + p->n_back, total = -1, fit = 0;
    for (int i = 0; i < most; i++) {
        total += (int)strlen(i % 2 ? p->back[i / 2] : p->front[i / 2]) + 1;
        if (total + 4 <= room && fit == i) fit = i + 1; /* with " ... " */
    }
    if (p->n <= 2 || (most == p->n && total <= room)) return p->n;
    return fit == most ? 2 : fit > 2 ? fit : 2;
}

/* First and last values of an array in memory, as many as fit. */
static ama_status add_preview(ama__graph *g, ama__text *t, const ama__variable *v, int room) {
    preview p = {0};
    size_t start = t->n;
    AMA_TRY(make_items(g, v, room, &p));
    int64_t count = count_fitting(&p, room), front = (count + 1) / 2, back = count - front;
    for (int64_t i = 0; i < front; i++) ama__text_printf(t, "%s%s", i ? " " : "", p.front[i]);
    if (count < p.n) ama__text_add(t, " ...");
    for (int64_t i = back; i-- > 0;) ama__text_printf(t, " %s", p.back[i]);
    int used = (int)(t->n - start), kept = room > 3 ? room - 3 : 0;
    if (used <= room || t->failed) return AMA_OK;
    t->n = start + (size_t)kept;
    t->s[t->n] = '\0';
    ama__text_add(t, "...");
    return AMA_OK;
}

static void pad_to(ama__text *t, size_t line, int width) {
    int used = (int)(t->n - line);
    if (used < width) ama__text_printf(t, "%*s", width - used, "");
}

static ama_status add_variable(ama__graph *g, ama__text *t, const ama__named *named, bool index, int width) {
    char type[32];
    const ama__variable *v = named->var;
    ama__repr_array a = array_of(v, NULL);
    size_t start = t->n;
    ama__text_printf(t, "  %s %s ", index ? "*" : " ", named->name);
    pad_to(t, start, width);
    if (v->ndim > 0) ama__text_add(t, "(");
    for (int d = 0; d < v->ndim; d++) ama__text_printf(t, "%s%s", d ? ", " : "", v->dim[d]);
    ama__text_printf(t, "%s%s ", v->ndim > 0 ? ") " : "", ama__repr_dtype(&a, type, sizeof type));
    add_size(t, variable_bytes(v));
    ama__text_add(t, " ");
    if (v->node->kind == AMA_NODE_CONST)
        AMA_TRY(add_preview(g, t, v, WIDTH - (int)(t->n - start)));
    else
        ama__text_add(t, "...");
    ama__text_add(t, "\n");
    return AMA_OK;
}

/* ---- lists of variables and attributes: more than ROWS_MAX are cut in the middle */

#define ROWS_MAX 12

static int column_width(int n, const ama__named *v, int least) {
    for (int i = 0; i < n; i++)
        if ((int)strlen(v[i].name) + 6 > least) least = (int)strlen(v[i].name) + 6;
    return least > 13 ? least : 13;
}

static void add_title(ama__text *t, const char *title, int n) {
    ama__text_printf(t, "%s:", title);
    if (n > ROWS_MAX) ama__text_printf(t, " (%d/%d)", ROWS_MAX, n);
    ama__text_add(t, "\n");
}

/* True for the row at which the rows left out are marked; *i then is the first that is shown again. */
static bool skip_rows(ama__text *t, int n, int *i, int width) {
    if (n <= ROWS_MAX || *i != (ROWS_MAX + 1) / 2) return false;
    ama__text_printf(t, "%-*s ...\n", width, "    ...");
    *i = n - ROWS_MAX / 2;
    return true;
}

static ama_status add_list(ama__graph *g, ama__text *t, const char *title, int n, const ama__named *v, bool coords,
                           int width) {
    add_title(t, title, n);
    for (int i = 0; i < n; i++) {
        skip_rows(t, n, &i, width);
        AMA_TRY(add_variable(g, t, &v[i], coords && ama__variable_is_index(v[i].name, v[i].var), width));
    }
    if (n == 0) ama__text_add(t, "    *empty*\n");
    return AMA_OK;
}

/* Elements separated by commas, in lines that begin at `column`. */
static void add_wrapped(ama__text *t, int column, int n, const char *const *element) {
    int used = 0;
    for (int i = 0; i < n; i++) {
        int wide = (int)strlen(element[i]) + (i < n - 1 ? 2 : 0);
        used += wide;
        if (column + used > WIDTH) {
            while (t->n > 0 && t->s[t->n - 1] == ' ') t->s[--t->n] = '\0';
            ama__text_printf(t, "\n%*s", column, "");
            used = wide;
        }
        ama__text_printf(t, "%s%s", element[i], i < n - 1 ? ", " : "");
    }
}

static ama_status add_unlabelled(ama__graph *g, ama__text *t, int n, const char *const *dims, const ama__dataset *ds) {
    const char **bare;
    const char title[] = "Dimensions without coordinates: ";
    int n_bare = 0;
    AMA_NEW(g->arena, bare, n + 1);
    for (int i = 0; i < n; i++)
        if (!ama__named_find(ds->n_coords, ds->coord, dims[i])) bare[n_bare++] = dims[i];
    if (n_bare == 0) return AMA_OK;
    ama__text_add(t, title);
    add_wrapped(t, (int)sizeof title - 1, n_bare, bare);
    ama__text_add(t, "\n");
    return AMA_OK;
}

static void add_attr_value(ama__text *t, const ama__attr *a) {
    char buf[40];
    if (a->dtype == AMA_CHAR) {
        for (const char *s = a->data; *s; s++) {
            if (*s == '\n' || *s == '\t')
                ama__text_add(t, *s == '\n' ? "\\n" : "\\t");
            else
                ama__text_addn(t, s, 1);
        }
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

/* Cuts the line that began at `start` to the width; a character of several bytes is not cut in two. */
static void cut_line(ama__text *t, size_t start) {
    size_t at = start, n = 0, cut = start;
    for (; at < t->n; at++) {
        if (((unsigned char)t->s[at] & 0xc0) == 0x80) continue;
        if (n++ == WIDTH - 3) cut = at;
    }
    if (n <= WIDTH || t->failed) return;
    t->n = cut;
    t->s[cut] = '\0';
    ama__text_add(t, "...");
}

static void add_attrs(ama__text *t, const ama__attrs *attrs) {
    int width = 13;
    if (attrs->n == 0) return;
    for (int i = 0; i < attrs->n; i++)
        if ((int)strlen(attrs->a[i].name) + 6 > width) width = (int)strlen(attrs->a[i].name) + 6;
    add_title(t, "Attributes", attrs->n);
    for (int i = 0; i < attrs->n; i++) {
        skip_rows(t, attrs->n, &i, width);
        size_t start = t->n;
        ama__text_printf(t, "    %s:", attrs->a[i].name);
        pad_to(t, start, width);
        ama__text_add(t, " ");
        add_attr_value(t, &attrs->a[i]);
        cut_line(t, start);
        ama__text_add(t, "\n");
    }
}

static void cut_newline(ama__text *t) {
    if (t->n > 0 && t->s[t->n - 1] == '\n') t->s[--t->n] = '\0';
}

static ama_status dim_texts(ama__graph *g, const ama__dataset *ds, int *n, const char ***dims, const char ***texts) {
    AMA_TRY(ama__dataset_dims(g, ds, n, dims));
    AMA_NEW(g->arena, *texts, *n + 1);
    for (int i = 0; i < *n; i++)
        AMA_KEEP(g->arena, (*texts)[i],
                 ama__arena_printf(g->arena, "%s: %" PRId64, (*dims)[i], ama__dataset_dim_size(ds, (*dims)[i])));
    return AMA_OK;
}

static ama_status dataset_text(ama__graph *g, const ama__dataset *ds, ama__text *t) {
    const char **dims, **texts;
    int n, width = column_width(ds->n_vars, ds->var, column_width(ds->n_coords, ds->coord, 0));
    double bytes = 0;
    AMA_TRY(dim_texts(g, ds, &n, &dims, &texts));
    for (int i = 0; i < ds->n_vars; i++) bytes += variable_bytes(ds->var[i].var);
    for (int i = 0; i < ds->n_coords; i++) bytes += variable_bytes(ds->coord[i].var);
    ama__text_add(t, "<xarray.Dataset> Size: ");
    add_size(t, bytes);
    ama__text_printf(t, "\n%-*s(", width, "Dimensions:");
    add_wrapped(t, width + 1, n, texts);
    ama__text_add(t, ")\n");
    if (ds->n_coords > 0) AMA_TRY(add_list(g, t, "Coordinates", ds->n_coords, ds->coord, true, width));
    AMA_TRY(add_unlabelled(g, t, n, dims, ds));
    AMA_TRY(add_list(g, t, "Data variables", ds->n_vars, ds->var, false, width));
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
    ama__dataset own = {.n_vars = 1, .var = obj->ds.var};
    const char **dims, **texts;
    int n;
    size_t start = t->n;
    AMA_TRY(dim_texts(g, &own, &n, &dims, &texts));
    ama__text_add(t, "<xarray.DataArray ");
    if (obj->name) ama__text_printf(t, "'%s' ", obj->name);
    ama__text_add(t, "(");
    add_wrapped(t, (int)(t->n - start), n, texts);
    ama__text_add(t, ")> Size: ");
    add_size(t, variable_bytes(v));
    ama__text_add(t, "\n");
    AMA_TRY(ama__repr_array_text(g, &a, t));
    ama__text_add(t, "\n");
    int width = column_width(obj->ds.n_coords, obj->ds.coord, 0);
    if (obj->ds.n_coords > 0) AMA_TRY(add_list(g, t, "Coordinates", obj->ds.n_coords, obj->ds.coord, true, width));
    AMA_TRY(add_unlabelled(g, t, n, dims, &obj->ds));
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
    else if (a.time)
        ama__text_add(t, ama__time_print(a.time, *(const int64_t *)a.data, buf, sizeof buf));
    else
        ama__text_add(t, ama__repr_item(&a, 0, buf, sizeof buf));
    return AMA_OK;
}
