#include "store/hdf5_file.h"

/* ---- dims that the file names */

static int find_id(const ama__hdf5_tree *t, int64_t id) {
    for (int i = 0; i < t->n_dims; i++)
        if (!t->dim[i].phony && t->dim[i].id == id) return i;
    return -1;
}

/* In the group and its ancestors, then anywhere. */
static int find_place(const ama__hdf5_tree *t, int group, ama__hdf5_place place) {
    if (place.addr == HADDR_UNDEF) return -1;
    for (int g = group; g >= 0; g = t->group[g].parent)
        for (int i = t->group[g].first_dim; i >= 0; i = t->dim[i].next)
            if (ama__hdf5_same_place(t->dim[i].place, place)) return i;
    for (int i = 0; i < t->n_dims; i++)
        if (ama__hdf5_same_place(t->dim[i].place, place)) return i;
    return -1;
}

/* A shorter axis of an unlimited dim is filled up by the reader, which takes chunks. */
static bool fits(const ama__hdf5_dim *dim, const ama__hdf5_set *s, int axis) {
    return dim->size == s->shape[axis] || (dim->unlimited && s->grows[axis] && s->chunked);
}

static int named_dim(const ama__hdf5_tree *t, const ama__hdf5_set *s, int axis) {
    if (s->is_scale && s->ndim == 1) return s->own_dim;
    int dim = s->coords ? find_id(t, s->coords[axis]) : -1;
    if (dim < 0 && s->is_scale && axis == 0) dim = s->own_dim;
    if (dim < 0 && s->scales) dim = find_place(t, s->group, s->scales[axis]);
    return dim;
}

static void resolve_named(ama__hdf5_file *f, ama__hdf5_tree *t, ama__hdf5_set *s) {
    for (int d = 0; d < s->ndim; d++) {
        int dim = named_dim(t, s, d);
        if (dim >= 0 && !fits(&t->dim[dim], s, d)) {
            ama__warn(f->ctx, "%s: variable %s/%s: axis %d is not as long as its dim %s, which is ignored", f->path,
                      t->group[s->group].path, s->name, d, t->dim[dim].name);
            dim = -1;
        }
        s->dim[d] = dim;
    }
}

/* An unlimited dim is as long as its longest variable. */
static void settle_sizes(ama__hdf5_tree *t) {
    for (int i = 0; i < t->n_sets; i++) {
        ama__hdf5_set *s = &t->set[i];
        for (int d = 0; d < s->ndim; d++)
            if (s->dim[d] >= 0 && t->dim[s->dim[d]].size < s->shape[d]) t->dim[s->dim[d]].size = s->shape[d];
    }
    for (int i = 0; i < t->n_sets; i++) {
        ama__hdf5_set *s = &t->set[i];
        for (int d = 0; d < s->ndim; d++)
            if (s->dim[d] >= 0 && !fits(&t->dim[s->dim[d]], s, d)) s->dim[d] = -1;
    }
}

/* ---- phony dims */

static bool has_dim(const ama__hdf5_set *s, int dim) {
    for (int d = 0; d < s->ndim; d++)
        if (s->dim[d] == dim) return true;
    return false;
}

/* The group's first dim of that size that the variable does not use yet, else a new one, as netCDF-4 does. */
static ama_status phony_dim(ama__hdf5_file *f, ama__hdf5_tree *t, ama__hdf5_set *s, int axis) {
    for (int i = t->group[s->group].first_dim; i >= 0; i = t->dim[i].next)
        if (t->dim[i].size == s->shape[axis] && t->dim[i].unlimited == s->grows[axis] && !has_dim(s, i)) {
            s->dim[axis] = i;
            return AMA_OK;
        }
    ama__hdf5_dim dim = {.size = s->shape[axis],
                         .id = t->next_dim_id,
                         .unlimited = s->grows[axis],
                         .phony = true,
                         .place = {0, HADDR_UNDEF},
                         .group = s->group};
    AMA_KEEP(t->arena, dim.name, ama__arena_printf(t->arena, "phony_dim_%lld", (long long)dim.id));
    return ama__hdf5_add_dim(f, t, dim, &s->dim[axis]);
}

/* Child groups first: the order of netCDF-4, and with it its numbers. Types that it cannot show come in a second round
 * and do not disturb them. */
static ama_status resolve_phony(ama__hdf5_file *f, ama__hdf5_tree *t, int group, bool netcdf_type) {
    for (int c = t->group[group].first_child; c >= 0; c = t->group[c].next_sibling)
        AMA_TRY(resolve_phony(f, t, c, netcdf_type));
    const ama__hdf5_group *g = &t->group[group];
    for (int i = g->first_set; i < g->first_set + g->n_sets; i++) {
        ama__hdf5_set *s = &t->set[i];
        if (s->dim_only || s->netcdf_type != netcdf_type) continue;
        for (int d = 0; d < s->ndim; d++)
            if (s->dim[d] < 0) AMA_TRY(phony_dim(f, t, s, d));
    }
    return AMA_OK;
}

ama_status ama__hdf5_resolve_dims(ama__hdf5_file *f, ama__hdf5_tree *t) {
    for (int i = 0; i < t->n_sets; i++) resolve_named(f, t, &t->set[i]);
    settle_sizes(t);
    AMA_TRY(resolve_phony(f, t, 0, true));
    return resolve_phony(f, t, 0, false);
}
