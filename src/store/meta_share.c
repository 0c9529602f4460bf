#include <string.h>

#include "store/meta.h"

/* ---- what is equal */

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_data(ama_dtype t, int64_t n, const void *a, const void *b) {
    if (a == b || n == 0) return true;
    if (t != AMA_STRING) return memcmp(a, b, (size_t)n * ama__dtype_bytes(t)) == 0;
    for (int64_t i = 0; i < n; i++)
        if (!same_text(((const char *const *)a)[i], ((const char *const *)b)[i])) return false;
    return true;
}

static bool same_attr(const ama__attr *a, const ama__attr *b) {
    return a->dtype == b->dtype && a->n == b->n && same_text(a->name, b->name) &&
           same_data(a->dtype, a->n, a->data, b->data);
}

bool ama__attrs_same(const ama__attrs *a, const ama__attrs *b) {
    if (a->n != b->n) return false;
    for (int i = 0; a->a != b->a && i < a->n; i++)
        if (!same_attr(&a->a[i], &b->a[i])) return false;
    return true;
}

static bool same_grid(const ama__chunkgrid *a, const ama__chunkgrid *b) {
    size_t bytes = (size_t)a->ndim * sizeof a->shape[0];
    return a->ndim == b->ndim && a->n_chunks == b->n_chunks && memcmp(a->shape, b->shape, bytes) == 0 &&
           memcmp(a->chunk, b->chunk, bytes) == 0;
}

static bool same_pipeline(const ama__pipeline *a, const ama__pipeline *b) {
    for (int i = 0; i < a->n && i < b->n; i++) {
        const ama__codec_step *x = &a->step[i], *y = &b->step[i];
        if (x->codec != y->codec || x->a != y->a || x->b != y->b || x->element_bytes != y->element_bytes ||
            strcmp(x->name, y->name) != 0)
            return false;
    }
    return a->n == b->n;
}

static bool same_var(const ama__stored_var *a, const ama__stored_var *b) {
    return a->dtype == b->dtype && a->swapped == b->swapped && a->fortran == b->fortran && a->ndim == b->ndim &&
           memcmp(a->dim, b->dim, (size_t)a->ndim * sizeof a->dim[0]) == 0 && a->chunked == b->chunked &&
           a->has_fill == b->has_fill && memcmp(a->fill, b->fill, sizeof a->fill) == 0 &&
           a->stored_bytes == b->stored_bytes && a->driver_id == b->driver_id && same_text(a->name, b->name) &&
           same_grid(&a->grid, &b->grid) && same_pipeline(&a->pipeline, &b->pipeline) &&
           ama__attrs_same(&a->attrs, &b->attrs);
}

static bool same_dims(const ama__meta *a, const ama__meta *b) {
    bool same = a->n_dims == b->n_dims;
    for (int i = 0; same && i < a->n_dims; i++)
        same = a->dim[i].size == b->dim[i].size && a->dim[i].unlimited == b->dim[i].unlimited &&
               same_text(a->dim[i].name, b->dim[i].name);
    return same;
}

static bool same_vars(const ama__meta *a, const ama__meta *b) {
    bool same = a->n_vars == b->n_vars;
    for (int i = 0; same && i < a->n_vars; i++) same = same_var(&a->var[i], &b->var[i]);
    return same;
}

bool ama__meta_same(const ama__meta *a, const ama__meta *b) {
    bool same = same_text(a->format, b->format) && a->n_groups == b->n_groups && same_dims(a, b) &&
                ama__attrs_same(&a->attrs, &b->attrs) && same_vars(a, b);
    for (int i = 0; same && i < a->n_groups; i++) same = same_text(a->group[i], b->group[i]);
    return same;
}

/* ---- copies */

static ama_status share_text(ama__arena *arena, const char *s, const char *like, const char **out) {
    *out = same_text(s, like) ? like : NULL;
    if (s && !*out) AMA_KEEP(arena, *out, ama__arena_strdup(arena, s));
    return AMA_OK;
}

static ama_status share_attr(ama__arena *arena, const ama__attr *a, const ama__attr *like, ama__attr *out) {
    ama__attrs one = {1, (ama__attr *)a}, copy;
    if (like && same_attr(a, like)) {
        *out = *like;
        return AMA_OK;
    }
    AMA_TRY(ama__attrs_copy(arena, &one, &copy));
    *out = copy.a[0];
    return AMA_OK;
}

ama_status ama__attrs_share(ama__arena *arena, const ama__attrs *from, const ama__attrs *like, ama__attrs *out) {
    if (like && ama__attrs_same(from, like)) {
        *out = *like;
        return AMA_OK;
    }
    *out = (ama__attrs){.n = from->n};
    AMA_NEW(arena, out->a, from->n + 1);
    for (int i = 0; i < from->n; i++) {
        const ama__attr *other = like ? ama__attrs_find(like, from->a[i].name) : NULL;
        AMA_TRY(share_attr(arena, &from->a[i], other, &out->a[i]));
    }
    return AMA_OK;
}

static ama_status share_dims(ama__arena *arena, const ama__meta *m, const ama__meta *like, ama__meta *out) {
    if (like && same_dims(m, like)) {
        out->dim = like->dim;
        return AMA_OK;
    }
    AMA_NEW(arena, out->dim, m->n_dims + 1);
    for (int i = 0; i < m->n_dims; i++) {
        out->dim[i] = m->dim[i];
        const char *name = like && i < like->n_dims ? like->dim[i].name : NULL;
        AMA_TRY(share_text(arena, m->dim[i].name, name, &out->dim[i].name));
    }
    return AMA_OK;
}

static ama_status share_vars(ama__arena *arena, const ama__meta *m, const ama__meta *like, ama__meta *out) {
    if (like && same_vars(m, like)) {
        out->var = like->var;
        return AMA_OK;
    }
    AMA_NEW(arena, out->var, m->n_vars + 1);
    for (int i = 0; i < m->n_vars; i++) {
        const ama__stored_var *v = &m->var[i];
        int k = like ? ama__meta_find_var(like, v->name) : -1;
        out->var[i] = *v;
        AMA_TRY(share_text(arena, v->name, k >= 0 ? like->var[k].name : NULL, &out->var[i].name));
        AMA_TRY(ama__attrs_share(arena, &v->attrs, k >= 0 ? &like->var[k].attrs : NULL, &out->var[i].attrs));
    }
    return AMA_OK;
}

ama_status ama__meta_share(ama__arena *arena, const ama__meta *m, const ama__meta *like, ama__meta *out) {
    *out = *m;
    AMA_TRY(share_text(arena, m->format, like ? like->format : NULL, &out->format));
    AMA_TRY(share_dims(arena, m, like, out));
    AMA_TRY(share_vars(arena, m, like, out));
    AMA_NEW(arena, out->group, m->n_groups + 1);
    for (int i = 0; i < m->n_groups; i++)
        AMA_TRY(share_text(arena, m->group[i], like && i < like->n_groups ? like->group[i] : NULL, &out->group[i]));
    return ama__attrs_share(arena, &m->attrs, like ? &like->attrs : NULL, &out->attrs);
}
