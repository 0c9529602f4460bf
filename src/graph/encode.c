/* The sink of a dataset: which variables, their coordinates attributes, dims, and the pieces of the other encode files
 * put together. */
#include "graph/encode.h"

#include <stdlib.h>

#include "base/text.h"
#include "graph/encode_private.h"

#define ARRAY_NAME "__xarray_dataarray_variable__"

typedef struct encoder {
    ama__graph *g;
    const ama__write_args *args;
    int n;
    ama__encode_item *item;
    ama__attrs attrs; /* of the dataset */
    ama__meta meta;
    ama__node **node;
} encoder;

ama_status ama__format_parse(ama_ctx *ctx, const char *name, ama__format *out) {
    static const char *const names[] = {
        "NETCDF4", "NETCDF4_CLASSIC", "NETCDF3_64BIT", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA", "NETCDF3_CLASSIC"};
    static const ama__format formats[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_NETCDF4, AMA_FORMAT_CDF2,
                                          AMA_FORMAT_CDF2,    AMA_FORMAT_CDF5,    AMA_FORMAT_CDF1};
    int n = (int)(sizeof names / sizeof *names);
    for (int i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = formats[i];
            return AMA_OK;
        }
    const char *near = ama__text_nearest(name, names, n);
    return ama__fail(ctx, AMA_ERR_ARG,
                     "format \"%s\" is not one of NETCDF4, NETCDF4_CLASSIC, NETCDF3_64BIT, NETCDF3_64BIT_DATA, "
                     "NETCDF3_CLASSIC%s%s%s",
                     name, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* ---- which variables */

static ama_status add_item(encoder *c, const char *name, const ama__variable *v, bool is_coord) {
    ama__encode_item *i = &c->item[c->n++];
    *i = (ama__encode_item){.name = name, .is_coord = is_coord};
    return ama__variable_copy(c->g, v, &i->var);
}

static bool is_dim(const encoder *c, const char *name) {
    for (int i = 0; i < c->n; i++)
        if (ama__variable_axis(c->item[i].var, name) >= 0) return true;
    return false;
}

static ama_status collect(encoder *c, const ama__object *obj) {
    const ama__dataset *ds = &obj->ds;
    AMA_NEW(c->g->arena, c->item, ds->n_vars + ds->n_coords + 1);
    for (int i = 0; i < ds->n_coords; i++) AMA_TRY(add_item(c, ds->coord[i].name, ds->coord[i].var, true));
    if (obj->is_dataset) {
        for (int i = 0; i < ds->n_vars; i++) AMA_TRY(add_item(c, ds->var[i].name, ds->var[i].var, false));
        return ama__attrs_copy(c->g->arena, &ds->attrs, &c->attrs);
    }
    bool taken = obj->name && (ama__named_find(ds->n_coords, ds->coord, obj->name) ||
                               ama__variable_axis(ds->var[0].var, obj->name) >= 0);
    if (taken) /* a coordinate has the name of the array */
        AMA_TRY(ama__attrs_set_text(c->g->arena, &c->attrs, "__xarray_dataarray_name__", obj->name));
    return add_item(c, obj->name && !taken ? obj->name : ARRAY_NAME, ds->var[0].var, false);
}

static ama__encode_item *find_item(const encoder *c, const char *name) {
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->item[i].name, name) == 0) return &c->item[i];
    return NULL;
}

static ama_status check_keys(const encoder *c) {
    const char **names;
    AMA_NEW(c->g->arena, names, c->n + 1);
    for (int i = 0; i < c->n; i++) names[i] = c->item[i].name;
    for (int i = 0; i < c->args->n_keys; i++)
        if (!find_item(c, c->args->key[i].var))
            return ama__wrap(c->g->ctx, ama__no_such_name(c->g, "variable", c->args->key[i].var, c->n, names),
                             "encoding=");
    return AMA_OK;
}

/* Bounds are encoded with the units and calendar of their parent. */
static void share_units(encoder *c) {
    for (int i = 0; i < c->n; i++) {
        const ama__variable *v = c->item[i].var;
        const char *bounds = ama__attrs_text(&v->attrs, "bounds");
        ama__encode_item *b = bounds ? find_item(c, bounds) : NULL;
        if (!b || !ama__time_units_is_since(v->encoding.units)) continue;
        if (!b->var->encoding.units) b->var->encoding.units = v->encoding.units;
        if (!b->var->encoding.calendar) b->var->encoding.calendar = v->encoding.calendar;
    }
}

static bool same_attr(const ama__attr *a, const ama__attr *b) {
    if (!a || !b || a->dtype != b->dtype || a->n != b->n) return false;
    if (a->dtype == AMA_STRING) return false;
    return memcmp(a->data, b->data, (size_t)a->n * ama__dtype_bytes(a->dtype)) == 0;
}

/* Attributes of bounds that repeat the parent's are left out: CF 7.1. xarray does so for netCDF only. */
static void strip_bounds(encoder *c) {
    static const char *const shared[] = {"units",     "standard_name", "axis",      "positive",     "calendar",
                                         "long_name", "leap_month",    "leap_year", "month_lengths"};
    for (int i = 0; i < c->n; i++) {
        const char *bounds = ama__attrs_text(&c->item[i].var->attrs, "bounds");
        ama__encode_item *b = bounds ? find_item(c, bounds) : NULL;
        for (size_t k = 0; b && k < sizeof shared / sizeof *shared; k++)
            if (same_attr(ama__attrs_find(&c->item[i].var->attrs, shared[k]),
                          ama__attrs_find(&b->var->attrs, shared[k])))
                ama__attrs_remove(&b->var->attrs, shared[k]);
    }
}

/* ---- coordinates attributes */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool dims_within(const ama__variable *inner, const ama__variable *outer) {
    for (int a = 0; a < inner->ndim; a++)
        if (ama__variable_axis(outer, inner->dim[a]) < 0) return false;
    return true;
}

/* A blank separated list names it. */
static bool listed(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *p = list; p && (p = strstr(p, name)); p += n)
        if ((p == list || strchr(" \t\n\r", p[-1])) && (p[n] == '\0' || strchr(" \t\n\r", p[n]))) return true;
    return false;
}

static ama_status join_sorted(ama__graph *g, int n, const char **names, char **out) {
    qsort(names, (size_t)n, sizeof *names, by_text);
    AMA_KEEP(g->arena, *out, ama__arena_strdup(g->arena, ""));
    for (int i = 0; i < n; i++)
        AMA_KEEP(g->arena, *out, ama__arena_printf(g->arena, "%s%s%s", *out, i ? " " : "", names[i]));
    return AMA_OK;
}

static bool is_plain_coord(const encoder *c, const ama__encode_item *i) {
    return i->is_coord && !is_dim(c, i->name);
}

static ama_status coordinates_of(encoder *c, ama__encode_item *item, const char **names) {
    ama__variable *v = item->var;
    const ama__attr *attr = ama__attrs_find(&v->attrs, "coordinates");
    if (item->no_coordinates) {
        ama__attrs_remove(&v->attrs, "coordinates");
        return AMA_OK;
    }
    if (attr && v->encoding.coordinates)
        return ama__fail(c->g->ctx, AMA_ERR_ARG, "variable %s has coordinates in its attributes and in its encoding",
                         item->name);
    if (attr) return AMA_OK;
    if (v->encoding.coordinates && *v->encoding.coordinates)
        return ama__attrs_set_text(c->g->arena, &v->attrs, "coordinates", v->encoding.coordinates);
    if (is_plain_coord(c, item)) return AMA_OK;
    int n = 0;
    char *text;
    for (int i = 0; i < c->n; i++) {
        const ama__encode_item *coord = &c->item[i];
        if (is_plain_coord(c, coord) && !strchr(coord->name, ' ') && ama__variable_axis(v, item->name) < 0 &&
            dims_within(coord->var, v))
            names[n++] = coord->name;
    }
    if (n == 0) return AMA_OK;
    AMA_TRY(join_sorted(c->g, n, names, &text));
    return ama__attrs_set_text(c->g->arena, &v->attrs, "coordinates", text);
}

static ama_status encode_coordinates(encoder *c) {
    const char **names;
    char *text;
    int n = 0;
    AMA_NEW(c->g->arena, names, c->n + 1);
    for (int i = 0; i < c->n; i++) AMA_TRY(coordinates_of(c, &c->item[i], names));
    for (int i = 0; i < c->n; i++) {
        bool written = !is_plain_coord(c, &c->item[i]) || strchr(c->item[i].name, ' ');
        for (int k = 0; k < c->n && !written; k++)
            written = listed(ama__attrs_text(&c->item[k].var->attrs, "coordinates"), c->item[i].name);
        if (!written) names[n++] = c->item[i].name;
    }
    if (n == 0) return AMA_OK;
    if (ama__attrs_find(&c->attrs, "coordinates")) {
        ama__warn(c->g->ctx, "the dataset has an attribute coordinates already: some coordinates will be read as "
                             "variables");
        return AMA_OK;
    }
    AMA_TRY(join_sorted(c->g, n, names, &text));
    return ama__attrs_set_text(c->g->arena, &c->attrs, "coordinates", text);
}

static ama_status add_history(encoder *c) {
    if (!c->args->history) return AMA_OK;
    const char *old = ama__attrs_text(&c->attrs, "history");
    char *text;
    AMA_KEEP(c->g->arena, text,
             ama__arena_printf(c->g->arena, "%s%s%s", c->args->history, old && *old ? "\n" : "", old ? old : ""));
    return ama__attrs_set_text(c->g->arena, &c->attrs, "history", text);
}

/* ---- dims and variables of the file */

static ama_status add_dim(encoder *c, const ama__encode_item *item, const char *name, int64_t size, int *out) {
    ama__meta *m = &c->meta;
    *out = ama__meta_find_dim(m, name);
    if (*out >= 0) {
        if (m->dim[*out].size == size) return AMA_OK;
        return ama__fail(c->g->ctx, AMA_ERR_MISMATCH, "variable %s: dim %s has %lld elements, elsewhere %lld",
                         item->name, name, (long long)size, (long long)m->dim[*out].size);
    }
    *out = m->n_dims++;
    m->dim[*out] = (ama__dim){.name = name, .size = size};
    return AMA_OK;
}

static ama_status add_var(encoder *c, const ama__encode_item *item) {
    ama__stored_var *v = &c->meta.var[c->meta.n_vars];
    *v = (ama__stored_var){.name = item->name, .dtype = item->node->dtype, .ndim = item->node->ndim};
    v->attrs = item->var->attrs;
    for (int a = 0; a < v->ndim; a++) {
        const char *dim = a < item->var->ndim ? item->var->dim[a] : item->char_dim;
        v->grid.shape[a] = item->node->shape[a];
        AMA_TRY(add_dim(c, item, dim, v->grid.shape[a], &v->dim[a]));
    }
    c->node[c->meta.n_vars++] = item->node;
    return AMA_OK;
}

static ama_status set_unlimited(encoder *c, const ama__object *obj) {
    bool asked = c->args->n_unlimited >= 0;
    int n = asked ? c->args->n_unlimited : obj->ds.n_unlimited;
    const char *const *names = asked ? c->args->unlimited : obj->ds.unlimited;
    for (int i = 0; i < n && c->args->format != AMA_FORMAT_ZARR2; i++) {
        int d = ama__meta_find_dim(&c->meta, names[i]);
        if (d >= 0) c->meta.dim[d].unlimited = true;
        if (d >= 0 || !asked) continue;
        const char **dims;
        AMA_NEW(c->g->arena, dims, c->meta.n_dims + 1);
        for (int k = 0; k < c->meta.n_dims; k++) dims[k] = c->meta.dim[k].name;
        return ama__wrap(c->g->ctx, ama__no_such_name(c->g, "dim", names[i], c->meta.n_dims, dims), "unlimited_dims=");
    }
    return AMA_OK;
}

static ama_status make_meta(encoder *c, const ama__object *obj) {
    size_t most = 1;
    for (int i = 0; i < c->n; i++) most += (size_t)c->item[i].node->ndim;
    AMA_NEW(c->g->arena, c->meta.dim, most);
    AMA_NEW(c->g->arena, c->meta.var, c->n + 1);
    AMA_NEW(c->g->arena, c->node, c->n + 1);
    for (int i = 0; i < c->n; i++) AMA_TRY(add_var(c, &c->item[i]));
    AMA_TRY(set_unlimited(c, obj));
    for (int i = 0; i < c->n; i++) AMA_TRY(ama__encode_storage(c->g, c->args, &c->item[i], &c->meta, &c->meta.var[i]));
    if (ama__format_is_classic(c->args->format)) {
        AMA_TRY(ama__encode_classic_attrs(c->g, c->args->format, "the dataset", &c->attrs));
        for (int i = 0; i < c->n; i++)
            AMA_TRY(ama__encode_classic_attrs(c->g, c->args->format, c->item[i].name, &c->meta.var[i].attrs));
    }
    c->meta.attrs = c->attrs;
    return AMA_OK;
}

ama_status ama__graph_encode(ama__graph *g, const ama__object *obj, const ama__write_args *args, ama__sink **out) {
    encoder c = {.g = g, .args = args};
    AMA_TRY(collect(&c, obj));
    AMA_TRY(check_keys(&c));
    for (int i = 0; i < c.n; i++) AMA_TRY(ama__encode_keys(g, args, &c.item[i]));
    share_units(&c);
    AMA_TRY(encode_coordinates(&c));
    for (int i = 0; i < c.n; i++) AMA_TRY(ama__encode_values(g, args, &c.item[i]));
    if (args->format != AMA_FORMAT_ZARR2 && !args->as_stored) strip_bounds(&c);
    AMA_TRY(add_history(&c));
    AMA_TRY(make_meta(&c, obj));
    ama__write_spec *spec;
    AMA_NEW(g->arena, spec, 1);
    AMA_NEW(g->arena, *out, 1);
    *spec = (ama__write_spec){.format = args->format, .overwrite = args->overwrite, .meta = c.meta};
    AMA_KEEP(g->arena, spec->path, ama__arena_strdup(g->arena, args->path));
    **out = (ama__sink){.kind = AMA_SINK_WRITE, .spec = spec, .node = c.node, .line = args->line};
    return AMA_OK;
}
