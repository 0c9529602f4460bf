/* One group of the tree as ama__meta: which dims it shows, and what each variable is and how it is stored. */
#include "store/hdf5_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_CHUNKS_MAX 1024 /* HDF5 walks the whole chunk index to add up stored bytes */

/* ---- storage */

static bool bytes_of(const ama__stored_var *v, size_t element, int64_t *out) {
    return ama__shape_size(v->grid.ndim, v->grid.shape, out) && !__builtin_mul_overflow(*out, (int64_t)element, out) &&
           *out <= INT64_MAX / 2;
}

static ama_status bad_shape(ama__hdf5_file *f, const char *name) {
    return ama__fail(f->ctx, AMA_ERR_FORMAT, "%s: variable %s: its extents multiply to more than 2^62 bytes", f->path,
                     name);
}

/* One chunk that is the whole array. */
static bool whole_grid(const ama__stored_var *v, const int64_t *shape, ama__chunkgrid *out) {
    int64_t chunk[AMA_MAX_DIMS];
    for (int d = 0; d < v->ndim; d++) chunk[d] = shape[d] > 0 ? shape[d] : 1;
    return ama__chunkgrid_init(out, v->ndim, shape, chunk);
}

static void from_library(ama__stored_var *v, ama__hdf5_var *own) {
    own->source = AMA_HDF5_LIBRARY;
    v->pipeline = (ama__pipeline){0};
    v->swapped = v->chunked = false;
}

static void from_elsewhere(const ama__hdf5_file *f, ama__stored_var *v, ama__hdf5_var *own, const char *why) {
    from_library(v, own);
    if (f->allow_external) return;
    own->source = AMA_HDF5_REFUSED;
    own->why = why;
}

static ama_status chunked_storage(ama__hdf5_file *f, hid_t set, hid_t dcpl, ama__stored_var *v, ama__hdf5_var *own) {
    hsize_t chunk[H5S_MAX_RANK];
    int64_t edge[AMA_MAX_DIMS], raw;
    bool library = false;
    if (H5Pget_chunk(dcpl, v->ndim, chunk) != v->ndim || ama__hdf5_filters(dcpl, &v->pipeline, &library) != AMA_OK)
        return ama__hdf5_fail(f, "variable %s: its chunking cannot be read", v->name);
    for (int d = 0; d < v->ndim; d++) {
        if (chunk[d] < 1 || chunk[d] > UINT32_MAX)
            return ama__fail(f->ctx, AMA_ERR_FORMAT, "%s: variable %s: chunks of %llu elements", f->path, v->name,
                             (unsigned long long)chunk[d]);
        edge[d] = (int64_t)chunk[d];
    }
    ama__chunkgrid grid;
    if (!ama__shape_size(v->ndim, edge, &raw) || !ama__chunkgrid_init(&grid, v->ndim, v->grid.shape, edge))
        return bad_shape(f, v->name);
    if (grid.n_chunks <= COUNT_CHUNKS_MAX) v->stored_bytes = (int64_t)H5Dget_storage_size(set);
    own->source = AMA_HDF5_CHUNKED;
    v->chunked = true;
    int64_t bytes;
    if (library && bytes_of(v, own->type.bytes, &bytes) && bytes <= AMA_INLINE_MAX)
        from_library(v, own);
    else if (!own->type.converted && !ama__dtype_is_text(v->dtype))
        v->grid = grid;
    return AMA_OK;
}

static ama_status storage(ama__hdf5_file *f, hid_t set, hid_t dcpl, ama__stored_var *v, ama__hdf5_var *own) {
    int64_t bytes;
    if (!bytes_of(v, ama__dtype_bytes(v->dtype), &bytes) || !bytes_of(v, own->type.bytes, &bytes))
        return bad_shape(f, v->name);
    H5D_layout_t layout = H5Pget_layout(dcpl);
    if (layout == H5D_CHUNKED) {
        AMA_TRY(chunked_storage(f, set, dcpl, v, own));
    } else if (layout == H5D_VIRTUAL) {
        from_elsewhere(f, v, own, "it is a virtual dataset: other files hold its data");
    } else if (layout == H5D_CONTIGUOUS && H5Pget_external_count(dcpl) > 0) {
        from_elsewhere(f, v, own, "its data is in an external raw file");
    } else if (layout == H5D_CONTIGUOUS) {
        bool there = H5Dget_offset(set) != HADDR_UNDEF;
        own->source = there ? AMA_HDF5_CONTIGUOUS : AMA_HDF5_MISSING;
        v->stored_bytes = there ? bytes : 0;
        v->chunked = !there && bytes > 0; /* a table of one missing chunk */
    } else if (layout == H5D_COMPACT) {
        from_library(v, own);
        v->stored_bytes = bytes;
    } else {
        return ama__hdf5_fail(f, "variable %s: unknown layout", v->name);
    }
    if ((ama__dtype_is_text(v->dtype) || own->type.converted) && own->source != AMA_HDF5_REFUSED) from_library(v, own);
    return AMA_OK;
}

static void fill_value(hid_t dcpl, hid_t stored, ama__stored_var *v) {
    H5D_fill_value_t state;
    if (v->dtype == AMA_STRING || H5Pfill_value_defined(dcpl, &state) < 0 || state != H5D_FILL_VALUE_USER_DEFINED)
        return;
    v->has_fill = H5Pget_fill_value(dcpl, v->dtype == AMA_CHAR ? stored : ama__hdf5_native(v->dtype), v->fill) >= 0;
}

/* ---- one variable */

/* *keep = false: there is no dtype for it. */
static ama_status read_type(ama__hdf5_file *f, const ama__hdf5_set *s, hid_t stored, ama__hdf5_type *type, bool *keep) {
    *keep = s->ndim >= 0 && ama__hdf5_type_of(stored, type);
    if (stored < 0) return ama__hdf5_fail(f, "variable %s: its type cannot be read", s->name);
    if (s->ndim < 0)
        ama__warn(f->ctx, "%s: variable %s has more than %d dims and is left out", f->path, s->name, AMA_MAX_DIMS);
    else if (!*keep)
        ama__warn(f->ctx, "%s: variable %s of %s type is left out", f->path, s->name, ama__hdf5_class_name(stored));
    return AMA_OK;
}

static ama_status describe(ama__hdf5_file *f, ama__hdf5_tree *t, const ama__hdf5_set *s, hid_t set, hid_t dcpl,
                           ama__stored_var *v) {
    ama__hdf5_var *own = &f->var[v->driver_id];
    int64_t shape[AMA_MAX_DIMS];
    AMA_KEEP(f->arena, v->name, ama__arena_strdup(f->arena, s->name));
    AMA_KEEP(f->arena, own->path, ama__arena_printf(f->arena, "%s/%s", t->group[s->group].path, s->link));
    own->ndim = v->ndim = s->ndim;
    own->empty = s->null_space;
    for (int d = 0; d < s->ndim; d++) {
        own->shape[d] = s->shape[d];
        shape[d] = t->dim[s->dim[d]].size;
        v->dim[d] = s->dim[d]; /* of the tree until the dims are chosen */
    }
    v->stored_bytes = -1;
    v->dtype = own->type.dtype;
    v->swapped = own->type.swapped;
    if (!whole_grid(v, shape, &v->grid)) return bad_shape(f, v->name);
    if (s->null_space &&
        !ama__dtype_is_text(v->dtype)) { /* an array of nothing is shown as a scalar, as netCDF-4 does */
        own->source = AMA_HDF5_MISSING;
        v->chunked = true;
        v->stored_bytes = 0;
        return AMA_OK;
    }
    return storage(f, set, dcpl, v, own);
}

static ama_status add_var(ama__hdf5_file *f, ama__hdf5_tree *t, const ama__hdf5_set *s, hid_t set, ama__meta *meta) {
    ama__stored_var *v = &meta->var[meta->n_vars];
    hid_t stored = H5Dget_type(set), dcpl = -1;
    bool keep;
    char what[200];
    ama_status status;
    *v = (ama__stored_var){.driver_id = f->n_vars};
    f->var[f->n_vars] = (ama__hdf5_var){0};
    AMA_TRY_DONE(read_type(f, s, stored, &f->var[f->n_vars].type, &keep));
    if (!keep) goto done;
    dcpl = H5Dget_create_plist(set);
    if (dcpl < 0) {
        status = ama__hdf5_fail(f, "variable %s: its storage cannot be read", s->name);
        goto done;
    }
    AMA_TRY_DONE(describe(f, t, s, set, dcpl, v));
    fill_value(dcpl, stored, v);
    snprintf(what, sizeof what, "variable %.180s", s->name);
    AMA_TRY_DONE(ama__hdf5_attrs(f, set, s->is_scale, what, &v->attrs));
    meta->n_vars++;
    f->n_vars++;
done:
    if (stored >= 0) H5Tclose(stored);
    if (dcpl >= 0) H5Pclose(dcpl);
    return status;
}

static ama_status add_vars(ama__hdf5_file *f, ama__hdf5_tree *t, const ama__hdf5_group *g, ama__meta *meta) {
    AMA_NEW(f->arena, meta->var, g->n_sets ? g->n_sets : 1);
    AMA_NEW(f->arena, f->var, g->n_sets ? g->n_sets : 1);
    for (int i = g->first_set; i < g->first_set + g->n_sets; i++) {
        const ama__hdf5_set *s = &t->set[i];
        char *path;
        if (s->dim_only) continue;
        AMA_KEEP(t->arena, path, ama__arena_printf(t->arena, "%s/%s", g->path, s->link));
        hid_t set = H5Oopen(f->id, path, f->lapl);
        if (set < 0) return ama__hdf5_fail(f, "variable %s does not open", path);
        ama_status status = add_var(f, t, s, set, meta);
        H5Oclose(set);
        AMA_TRY(status);
    }
    return AMA_OK;
}

/* ---- dims of the group: its own, then the inherited ones that its variables use, the nearest first, by number */

typedef struct chosen {
    int tree, up; /* up: levels between the group and the dim's */
    int64_t id;
} chosen;

static int by_number(const void *a, const void *b) {
    const chosen *x = a, *y = b;
    if (x->up != y->up) return x->up < y->up ? -1 : 1;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return x->tree < y->tree ? -1 : x->tree > y->tree;
}

static void choose(ama__hdf5_tree *t, int dim, int group, chosen *c, int *n) {
    if (t->dim[dim].index >= 0) return;
    t->dim[dim].index = 0;
    int up = 0;
    for (int g = group; g >= 0 && g != t->dim[dim].group; g = t->group[g].parent) up++;
    c[(*n)++] = (chosen){dim, up, t->dim[dim].id};
}

/* A name that an own dim already has gets a number: netCDF-4 tells such dims apart by scope, xarray cannot. */
static ama_status dim_name(ama__hdf5_file *f, ama__meta *m, int i, const char *name) {
    AMA_KEEP(f->arena, m->dim[i].name, ama__arena_strdup(f->arena, name));
    for (int k = 2; k <= i + 1; k++) {
        int n = m->n_dims;
        m->n_dims = i;
        bool taken = ama__meta_find_dim(m, m->dim[i].name) >= 0;
        m->n_dims = n;
        if (!taken) return AMA_OK;
        AMA_KEEP(f->arena, m->dim[i].name, ama__arena_printf(f->arena, "%s_%d", name, k));
        if (k == 2)
            ama__warn(f->ctx, "%s: two dims in scope are named %s: one is called %s", f->path, name, m->dim[i].name);
    }
    return AMA_OK;
}

static ama_status fill_dims(ama__hdf5_file *f, ama__hdf5_tree *t, const chosen *c, int n, ama__meta *m) {
    AMA_NEW(f->arena, m->dim, n ? n : 1);
    for (m->n_dims = 0; m->n_dims < n; m->n_dims++) {
        int i = m->n_dims;
        ama__hdf5_dim *d = &t->dim[c[i].tree];
        d->index = i;
        m->dim[i].size = d->size;
        m->dim[i].unlimited = d->unlimited;
        AMA_TRY(dim_name(f, m, i, d->name));
    }
    for (int v = 0; v < m->n_vars; v++)
        for (int d = 0; d < m->var[v].ndim; d++) m->var[v].dim[d] = t->dim[m->var[v].dim[d]].index;
    return AMA_OK;
}

static ama_status choose_dims(ama__hdf5_file *f, ama__hdf5_tree *t, int group, ama__meta *m) {
    chosen *c;
    int n = 0;
    AMA_NEW(t->arena, c, t->n_dims ? t->n_dims : 1);
    for (int i = t->group[group].first_dim; i >= 0; i = t->dim[i].next)
        if (!t->dim[i].phony) choose(t, i, group, c, &n);
    for (int v = 0; v < m->n_vars; v++)
        for (int d = 0; d < m->var[v].ndim; d++) choose(t, m->var[v].dim[d], group, c, &n);
    qsort(c, (size_t)n, sizeof *c, by_number);
    return fill_dims(f, t, c, n, m);
}

/* ---- the group */

static ama_status child_groups(ama__hdf5_file *f, const ama__hdf5_tree *t, int group, ama__meta *m) {
    int n = 0;
    for (int c = t->group[group].first_child; c >= 0; c = t->group[c].next_sibling) n++;
    AMA_NEW(f->arena, m->group, n ? n : 1);
    for (int c = t->group[group].first_child; c >= 0; c = t->group[c].next_sibling) {
        AMA_KEEP(f->arena, m->group[m->n_groups], ama__arena_strdup(f->arena, t->group[c].name));
        m->n_groups++;
    }
    return AMA_OK;
}

static bool is_netcdf4(const ama__hdf5_file *f, const ama__hdf5_tree *t) {
    if (H5Aexists_by_name(f->id, "/", "_NCProperties", H5P_DEFAULT) > 0) return true;
    for (int i = 0; i < t->n_dims; i++)
        if (!t->dim[i].phony) return true;
    return false;
}

ama_status ama__hdf5_meta(ama__hdf5_file *f, ama__hdf5_tree *t, int group, ama__meta *meta) {
    const ama__hdf5_group *g = &t->group[group];
    *meta = (ama__meta){.format = is_netcdf4(f, t) ? "netCDF-4" : "HDF5"};
    hid_t id = H5Oopen(f->id, *g->path ? g->path : "/", f->lapl);
    if (id < 0) return ama__hdf5_fail(f, "group %s does not open", g->path);
    ama_status status = ama__hdf5_attrs(f, id, false, *g->path ? g->path : "the file", &meta->attrs);
    H5Oclose(id);
    AMA_TRY(status);
    AMA_TRY(add_vars(f, t, g, meta));
    AMA_TRY(choose_dims(f, t, group, meta));
    return child_groups(f, t, group, meta);
}
