#include <inttypes.h>

#include "graph/open_mf.h"

int ama__decoded_compare(const ama__decoded *a, int64_t i, const ama__decoded *b, int64_t j) {
    if (a->dtype == AMA_STRING && b->dtype == AMA_STRING)
        return strcmp(((char *const *)a->values)[i], ((char *const *)b->values)[j]);
    if (ama__dtype_is_float(a->dtype) || ama__dtype_is_float(b->dtype)) {
        double x = ama__dtype_get_f8(a->dtype, a->values, i), y = ama__dtype_get_f8(b->dtype, b->values, j);
        return (x > y) - (x < y);
    }
    int64_t x = ama__dtype_get_i8(a->dtype, a->values, i), y = ama__dtype_get_i8(b->dtype, b->values, j);
    return (x > y) - (x < y);
}

/* The variable in every file of the group, with the same dims and read the same way. */
static ama_status find_all(ama__graph *g, const ama__file_group *group, const char *name, ama__decoded **all) {
    const ama__decoded *first = ama__file_view_find(group->file[0], name);
    for (int i = 0; i < group->n; i++) {
        const char *path = group->file[i]->store->path, *path0 = group->file[0]->store->path;
        ama__decoded *d = all[i] = ama__file_view_find(group->file[i], name);
        if (!d) return ama__fail(g->ctx, AMA_ERR_MISMATCH, "variable %s is in %s but not in %s", name, path0, path);
        bool same = d->ndim == first->ndim;
        for (int a = 0; a < d->ndim && same; a++) same = strcmp(d->dim[a], first->dim[a]) == 0;
        if (!same)
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "variable %s has other dims in %s than in %s", name, path,
                             path0);
        if (d->kind != first->kind)
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "variable %s is %s in %s but not in %s", name,
                             d->kind == AMA_DECODE_TIME || first->kind == AMA_DECODE_TIME ? "a time" : "text",
                             d->kind == AMA_DECODE_TIME || d->kind == AMA_DECODE_TEXT ? path : path0,
                             d->kind == AMA_DECODE_TIME || d->kind == AMA_DECODE_TEXT ? path0 : path);
        if (d->kind == AMA_DECODE_TIME && !d->axis.datetime64 && d->axis.calendar != first->axis.calendar)
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "variable %s: calendar %s in %s, %s in %s", name,
                             ama__calendar_name(first->axis.calendar), path0, ama__calendar_name(d->axis.calendar),
                             path);
    }
    return AMA_OK;
}

static ama_status concat_lazy(ama__graph *g, const ama__file_group *group, ama__decoded *const *all, int axis,
                              ama__node **out) {
    ama__source_part *part;
    int64_t at = 0;
    AMA_NEW(g->arena, part, group->n);
    for (int i = 0; i < group->n; i++) {
        part[i] = (ama__source_part){.store = group->file[i]->store,
                                     .var = all[i]->var,
                                     .unpack = *all[i]->unpack,
                                     .start = at,
                                     .count = all[i]->shape[axis]};
        at += part[i].count;
    }
    AMA_TRY(ama__node_source(g, axis, group->n, part, out));
    return all[0]->is_bool ? ama__node_cast(g, *out, AMA_BOOL, out) : AMA_OK;
}

static void copy_values(const ama__decoded *d, ama_dtype t, int64_t n, int64_t from, char *to) {
    size_t size = ama__dtype_bytes(t);
    if (d->dtype == t) {
        if (n) memcpy(to, (const char *)d->values + (size_t)from * size, (size_t)n * size);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        if (ama__dtype_is_float(t))
            ama__dtype_set_f8(t, to, i, ama__dtype_get_f8(d->dtype, d->values, from + i));
        else
            ama__dtype_set_i8(t, to, i, ama__dtype_get_i8(d->dtype, d->values, from + i));
    }
}

static ama_status concat_eager(ama__graph *g, const ama__file_group *group, ama__decoded *const *all, int axis,
                               ama__node **out) {
    int64_t shape[AMA_MAX_DIMS], outer, inner, total;
    ama_dtype t = all[0]->dtype;
    char *values;
    memcpy(shape, all[0]->shape, sizeof shape);
    for (int i = 1; i < group->n; i++) {
        for (int a = 0; a < all[i]->ndim; a++)
            if (a != axis && all[i]->shape[a] != shape[a])
                return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                                 "variable %s: dim %s has %" PRId64 " elements in %s and %" PRId64 " in %s",
                                 all[0]->name, all[0]->dim[a], shape[a], group->file[0]->store->path, all[i]->shape[a],
                                 group->file[i]->store->path);
        if (!ama__dtype_promote(t, all[i]->dtype, &t))
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "variable %s: types differ between %s and %s", all[0]->name,
                             group->file[0]->store->path, group->file[i]->store->path);
        shape[axis] += all[i]->shape[axis];
    }
    ama__shape_size(axis, shape, &outer);
    ama__shape_size(all[0]->ndim - axis - 1, shape + axis + 1, &inner);
    ama__shape_size(all[0]->ndim, shape, &total);
    AMA_NEW(g->arena, values, (size_t)total * ama__dtype_bytes(t) + 8);
    char *to = values;
    for (int64_t o = 0; o < outer; o++)
        for (int i = 0; i < group->n; i++) {
            int64_t n = all[i]->shape[axis] * inner;
            copy_values(all[i], t, n, o * n, to);
            to += (size_t)n * ama__dtype_bytes(t);
        }
    return ama__node_const(g, t, all[0]->ndim, shape, values, false, out);
}

static ama_status concat(ama__graph *g, const ama__file_group *group, const ama__decoded *d, ama__variable **out) {
    ama__decoded **all;
    ama__node *node;
    int axis = ama__decoded_axis(d, group->dim);
    AMA_NEW(g->arena, all, group->n);
    AMA_TRY(find_all(g, group, d->name, all));
    if (d->kind == AMA_DECODE_LAZY)
        AMA_TRY(concat_lazy(g, group, all, axis, &node));
    else
        AMA_TRY(concat_eager(g, group, all, axis, &node));
    return ama__decoded_with_node(g, d, node, out);
}

ama_status ama__group_dataset(ama__graph *g, const ama__file_group *group, ama__dataset **out) {
    const ama__file_view *f = group->file[0];
    AMA_TRY(ama__open_frame(g, f, out));
    for (int i = 0; i < f->n; i++) {
        ama__variable *v;
        if (group->n > 1 && ama__decoded_axis(&f->var[i], group->dim) >= 0)
            AMA_TRY(concat(g, group, &f->var[i], &v));
        else
            AMA_TRY(ama__decoded_variable(g, f, &f->var[i], &v));
        ama__open_add(*out, &f->var[i], v);
    }
    return AMA_OK;
}

/* ---- datasets of different variables */

static bool same_values(const ama__variable *a, const ama__variable *b) {
    int64_t n = ama__variable_size(a, 0);
    ama__decoded x = {.dtype = a->node->dtype, .values = (void *)a->node->u.constant.data};
    ama__decoded y = {.dtype = b->node->dtype, .values = (void *)b->node->u.constant.data};
    if (n != ama__variable_size(b, 0) || !a->time != !b->time || (x.dtype == AMA_STRING) != (y.dtype == AMA_STRING))
        return false;
    if (a->time && (a->time->datetime64 != b->time->datetime64 ||
                    (!a->time->datetime64 && a->time->calendar != b->time->calendar)))
        return false;
    for (int64_t i = 0; i < n; i++)
        if (ama__decoded_compare(&x, i, &y, i) != 0) return false;
    return true;
}

static ama_status check_dims(ama__graph *g, const ama__dataset *a, const ama__dataset *b, const char *path) {
    const char **dims;
    int n;
    AMA_TRY(ama__dataset_dims(g, b, &n, &dims));
    for (int i = 0; i < n; i++) {
        int64_t size = ama__dataset_dim_size(a, dims[i]);
        if (size < 0) continue;
        const ama__variable *x = ama__coords_index(a->n_coords, a->coord, dims[i]);
        const ama__variable *y = ama__coords_index(b->n_coords, b->coord, dims[i]);
        if (x && y ? !same_values(x, y) : size != ama__dataset_dim_size(b, dims[i]))
            return ama__fail(
                g->ctx, AMA_ERR_MISMATCH,
                "%s and the files with its variables differ from the others in dim %s; only files with the "
                "same labels are put together (join=\"exact\")",
                path, dims[i]);
    }
    return AMA_OK;
}

ama_status ama__group_merge(ama__graph *g, ama__dataset *into, const ama__dataset *from, const char *path) {
    AMA_TRY(check_dims(g, into, from, path));
    for (int i = 0; i < from->n_vars; i++) {
        if (ama__dataset_find(into, from->var[i].name))
            return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                             "%s: variable %s is in other files too, but these do not have the same variables", path,
                             from->var[i].name);
        AMA_TRY(ama__named_set(g, &into->n_vars, &into->var, from->var[i].name, from->var[i].var));
    }
    for (int i = 0; i < from->n_coords; i++)
        if (!ama__dataset_find(into, from->coord[i].name))
            AMA_TRY(ama__named_set(g, &into->n_coords, &into->coord, from->coord[i].name, from->coord[i].var));
    return AMA_OK;
}
