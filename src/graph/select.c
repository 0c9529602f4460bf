#include "graph/select.h"

#include <inttypes.h>
#include <string.h>

#include "graph/find.h"

/* A selector resolved to integers: what one dim of the object becomes. */
typedef struct chosen {
    const char *dim, *new_dim; /* new_dim NULL: the dim goes */
    ama__place place;
    const ama__object *array; /* whose coordinates join, NULL: none */
} chosen;

/* ---- integer selectors */

static int64_t clamp(int64_t x, int64_t lo, int64_t hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

static ama_status slice_bound(ama__graph *g, const char *dim, const ama__label *l, int64_t *out, bool *given) {
    *given = l->kind != AMA_LABEL_NONE;
    if (*given && l->kind != AMA_LABEL_INT && l->kind != AMA_LABEL_BOOL)
        return ama__fail(g->ctx, AMA_ERR_ARG, "isel: a slice along dim \"%s\" needs integers, not %s", dim,
                         ama__label_print(g, NULL, l));
    if (*given) *out = l->i8;
    return AMA_OK;
}

/* Python's slice.indices. */
static ama_status resolve_slice(ama__graph *g, const ama__selector *s, int64_t n, ama__place *out) {
    int64_t start = 0, stop = 0, step = 1;
    bool has_start, has_stop, has_step;
    AMA_TRY(slice_bound(g, s->dim, &s->start, &start, &has_start));
    AMA_TRY(slice_bound(g, s->dim, &s->stop, &stop, &has_stop));
    AMA_TRY(slice_bound(g, s->dim, &s->step, &step, &has_step));
    if (step == 0) return ama__fail(g->ctx, AMA_ERR_ARG, "isel: the step of a slice along dim \"%s\" is 0", s->dim);
    int64_t lo = step < 0 ? -1 : 0, hi = step < 0 ? n - 1 : n;
    start = !has_start ? (step < 0 ? hi : lo) : clamp(start < 0 ? start + n : start, lo, hi);
    stop = !has_stop ? (step < 0 ? lo : hi) : clamp(stop < 0 ? stop + n : stop, lo, hi);
    int64_t reach = step < 0 ? start - stop : stop - start, by = step < 0 ? -step : step;
    *out = (ama__place){.count = reach > 0 ? (reach - 1) / by + 1 : 0, .start = start, .step = step};
    return AMA_OK;
}

static ama_status resolve_int(ama__graph *g, const char *dim, const ama__label *l, int64_t n, int64_t *out) {
    if (l->kind != AMA_LABEL_INT)
        return ama__fail(g->ctx, AMA_ERR_ARG, "isel: an index along dim \"%s\" must be an integer, not %s%s", dim,
                         ama__label_print(g, NULL, l), l->kind == AMA_LABEL_TEXT ? "; sel selects by label" : "");
    if (l->i8 < -n || l->i8 >= n)
        return ama__fail(g->ctx, AMA_ERR_ARG,
                         "isel: index %" PRId64 " is outside dim \"%s\", which has %" PRId64 " elements", l->i8, dim,
                         n);
    *out = l->i8 < 0 ? l->i8 + n : l->i8;
    return AMA_OK;
}

static ama_status resolve_bools(ama__graph *g, const char *dim, int64_t n_mask, const bool *mask, int64_t n,
                                ama__place *out) {
    int64_t *list;
    if (n_mask != n)
        return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                         "dim \"%s\" has %" PRId64 " elements, but the list of bools has %" PRId64, dim, n, n_mask);
    AMA_NEW(g->arena, list, n + 1);
    *out = (ama__place){.list = list};
    for (int64_t i = 0; i < n; i++)
        if (mask[i]) list[out->count++] = i;
    return AMA_OK;
}

static ama_status resolve_isel(ama__graph *g, const ama__selector *s, int64_t n, ama__place *out) {
    int64_t *list;
    switch (s->kind) {
    case AMA_SELECT_SLICE: return resolve_slice(g, s, n, out);
    case AMA_SELECT_BOOLS: return resolve_bools(g, s->dim, s->n, s->mask, n, out);
    case AMA_SELECT_SCALAR:
        *out = (ama__place){.scalar = true};
        return resolve_int(g, s->dim, &s->scalar, n, &out->start);
    default:
        AMA_NEW(g->arena, list, s->n + 1);
        *out = (ama__place){.count = s->n, .list = list};
        for (int64_t i = 0; i < s->n; i++) AMA_TRY(resolve_int(g, s->dim, &s->list[i], n, &list[i]));
        return AMA_OK;
    }
}

/* ---- DataArrays as selectors become scalars, lists or masks */

static ama_status unfold_array(ama__graph *g, const ama__evaluator *ev, ama__selector *s) {
    ama__variable v = *ama__object_var(s->array);
    ama__label *list;
    bool *mask;
    if (s->array->is_dataset || v.ndim > 1)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "selecting along dim \"%s\" with an array of %d dims; one dim at most is supported", s->dim,
                         s->array->is_dataset ? 0 : v.ndim);
    AMA_TRY(ama__labels_eval_const(g, ev, v.node, "a selecting array", &v.node));
    if (v.ndim == 0) {
        s->kind = AMA_SELECT_SCALAR;
        s->scalar = ama__labels_get(&v, 0);
        return AMA_OK;
    }
    s->n = v.node->shape[0];
    s->kind = v.node->dtype == AMA_BOOL ? AMA_SELECT_BOOLS : AMA_SELECT_LIST;
    AMA_NEW(g->arena, list, s->n + 1);
    AMA_NEW(g->arena, mask, s->n + 1);
    for (int64_t i = 0; i < s->n; i++) {
        list[i] = ama__labels_get(&v, i);
        mask[i] = list[i].i8 != 0;
    }
    s->list = list;
    s->mask = mask;
    if (s->kind == AMA_SELECT_BOOLS && strcmp(v.dim[0], s->dim) != 0)
        return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                         "a boolean array that selects along dim \"%s\" must run along that dim, not along \"%s\"",
                         s->dim, v.dim[0]);
    return AMA_OK;
}

/* An array that has other labels on the dim than the object must not select by position. */
static ama_status check_array_labels(ama__graph *g, const ama__object *in, const ama__selector *s) {
    const ama__object *a = s->array;
    const ama__variable *v = a ? ama__object_var(a) : NULL;
    if (!v || v->ndim != 1) return AMA_OK;
    const ama__variable *mine = ama__coords_index(in->ds.n_coords, in->ds.coord, v->dim[0]);
    const ama__variable *theirs = ama__coords_index(a->ds.n_coords, a->ds.coord, v->dim[0]);
    if (mine && theirs && !ama__labels_equal(mine, theirs))
        return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                         "isel: the selecting array and the selected one have different labels on dim \"%s\"",
                         v->dim[0]);
    return AMA_OK;
}

/* ---- applying */

static const chosen *chosen_for(int n, const chosen *c, const char *dim) {
    for (int i = 0; i < n; i++)
        if (strcmp(c[i].dim, dim) == 0) return &c[i];
    return NULL;
}

/* *touched: a chosen dim was among the variable's. */
static ama_status apply(ama__graph *g, const ama__variable *v, int n, const chosen *c, ama__variable **out,
                        bool *touched) {
    ama__pick pick[AMA_MAX_DIMS];
    int64_t fixed[AMA_MAX_DIMS];
    const char *dim[AMA_MAX_DIMS];
    int ndim = 0;
    *touched = false;
    *out = (ama__variable *)v; /* shared, never changed */
    for (int a = 0; a < v->ndim; a++) {
        const chosen *x = chosen_for(n, c, v->dim[a]);
        fixed[a] = -1;
        *touched = *touched || x;
        if (x && x->place.scalar) {
            fixed[a] = x->place.start;
            continue;
        }
        dim[ndim] = x ? x->new_dim : v->dim[a];
        pick[ndim] = (ama__pick){.in_axis = a, .count = v->node->shape[a], .step = 1};
        if (x)
            pick[ndim] = (ama__pick){.in_axis = a,
                                     .count = x->place.count,
                                     .start = x->place.start,
                                     .step = x->place.step,
                                     .list = x->place.list};
        ndim++;
    }
    if (!*touched) return AMA_OK;
    AMA_TRY(ama__variable_copy(g, v, out));
    (*out)->ndim = ndim;
    memcpy((*out)->dim, dim, sizeof dim);
    return ama__labels_take(g, v->node, ndim, pick, fixed, &(*out)->node);
}

/* Coordinates of a selecting array that the object does not have; those along a mask's dim are cut by it. */
static ama_status join_coords(ama__graph *g, const ama__object *in, int n, const chosen *c, ama__dataset *ds) {
    for (int k = 0; k < n; k++) {
        if (!c[k].array) continue;
        bool mask = ama__object_var(c[k].array)->node->dtype == AMA_BOOL;
        for (int i = 0; i < c[k].array->ds.n_coords; i++) {
            const ama__named *x = &c[k].array->ds.coord[i];
            ama__variable *v = x->var;
            if (ama__dataset_find(&in->ds, x->name)) continue;
            if (mask && ama__variable_axis(v, c[k].dim) >= 0) {
                bool touched;
                AMA_TRY(apply(g, v, 1, &c[k], &v, &touched));
            }
            AMA_TRY(ama__named_set(g, &ds->n_coords, &ds->coord, x->name, v));
        }
    }
    return AMA_OK;
}

static ama_status apply_all(ama__graph *g, const ama__object *in, int n, const chosen *c, bool drop, ama__object *out) {
    bool touched;
    int k = 0;
    ama__object o;
    AMA_TRY(ama__object_copy(g, in, &o));
    for (int i = 0; i < o.ds.n_vars; i++) AMA_TRY(apply(g, o.ds.var[i].var, n, c, &o.ds.var[i].var, &touched));
    for (int i = 0; i < o.ds.n_coords; i++) {
        ama__named x = o.ds.coord[i];
        AMA_TRY(apply(g, x.var, n, c, &x.var, &touched));
        if (!(touched && drop && x.var->ndim == 0)) o.ds.coord[k++] = x;
    }
    o.ds.n_coords = k;
    AMA_TRY(join_coords(g, in, n, c, &o.ds));
    *out = o;
    return AMA_OK;
}

static ama_status check_new_dim(ama__graph *g, const ama__object *in, int n, const chosen *c, int k) {
    const char *name = c[k].new_dim;
    if (!name || strcmp(name, c[k].dim) == 0) return AMA_OK;
    bool clash = ama__dataset_dim_size(&in->ds, name) >= 0;
    for (int i = 0; i < k; i++) clash = clash || (c[i].new_dim && strcmp(c[i].new_dim, c[i].dim) != 0);
    (void)n;
    if (clash)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "selecting points (several arrays along a new dim \"%s\"); arrays that run along the "
                         "selected dim itself are supported",
                         name);
    return AMA_OK;
}

static void set_new_dim(const ama__selector *s, chosen *c) {
    c->dim = s->dim;
    c->array = s->array;
    if (c->place.scalar)
        c->new_dim = NULL;
    else
        c->new_dim = s->array && ama__object_var(s->array)->ndim == 1 ? ama__object_var(s->array)->dim[0] : s->dim;
}

static ama_status missing_dim(ama__graph *g, const ama__object *in, const char *dim, const ama__sel_options *o) {
    if (o && o->missing_dims == AMA_MISSING_IGNORE) return AMA_OK;
    if (o && o->missing_dims == AMA_MISSING_WARN) {
        ama__warn(g->ctx, "isel: there is no dim \"%s\"", dim);
        return AMA_OK;
    }
    return ama__object_check_dim(g, in, "isel", dim);
}

ama_status ama__object_isel(ama__graph *g, const ama__object *in, int n, const ama__selector *s,
                            const ama__sel_options *o, ama__object *out) {
    chosen *c;
    int m = 0;
    AMA_NEW(g->arena, c, n + 1);
    for (int i = 0; i < n; i++) {
        ama__selector x = s[i];
        int64_t size = ama__dataset_dim_size(&in->ds, x.dim);
        if (size < 0) {
            AMA_TRY(missing_dim(g, in, x.dim, o));
            continue;
        }
        if (x.kind == AMA_SELECT_ARRAY) {
            AMA_TRY(check_array_labels(g, in, &x));
            AMA_TRY(unfold_array(g, o ? o->eval : NULL, &x));
        }
        AMA_TRY(resolve_isel(g, &x, size, &c[m].place));
        set_new_dim(&x, &c[m]);
        AMA_TRY(check_new_dim(g, in, m, c, m));
        m++;
    }
    return apply_all(g, in, m, c, o && o->drop, out);
}

/* A dim without labels is selected by position. */
static ama_status resolve_sel(ama__graph *g, const ama__object *in, const ama__selector *s, const ama__sel_options *o,
                              ama__place *out) {
    static const ama__sel_options none = {0};
    int64_t size = ama__dataset_dim_size(&in->ds, s->dim);
    const ama__variable *index = ama__coords_index(in->ds.n_coords, in->ds.coord, s->dim);
    if (!o) o = &none;
    if (size < 0 && ama__dataset_find(&in->ds, s->dim))
        return ama__fail(g->ctx, AMA_ERR_ARG,
                         "sel: \"%s\" is not a dim with labels; where(%s == ..., drop=True) selects by its values",
                         s->dim, s->dim);
    if (size < 0) return ama__object_check_dim(g, in, "sel", s->dim);
    if (s->kind == AMA_SELECT_BOOLS) return resolve_bools(g, s->dim, s->n, s->mask, size, out);
    if (!index && (o->method != AMA_SEL_EXACT || o->has_tolerance || o->tolerance_text))
        return ama__fail(g->ctx, AMA_ERR_ARG, "sel: dim \"%s\" has no labels, so method= and tolerance= mean nothing",
                         s->dim);
    if (!index) return ama__wrap(g->ctx, resolve_isel(g, s, size, out), "dim \"%s\" has no labels", s->dim);
    switch (s->kind) {
    case AMA_SELECT_SCALAR: return ama__find_scalar(g, index, s->dim, &s->scalar, o, out);
    case AMA_SELECT_SLICE: return ama__find_slice(g, index, s->dim, &s->start, &s->stop, &s->step, o, out);
    default: return ama__find_list(g, index, s->dim, s->n, s->list, o, out);
    }
}

/* Times of a selecting array must be of the kind of the index. */
static ama_status check_array_time(ama__graph *g, const ama__object *in, const ama__selector *s) {
    const ama__variable *index = ama__coords_index(in->ds.n_coords, in->ds.coord, s->dim);
    const ama__timeaxis *a = s->array->is_dataset ? NULL : ama__object_var(s->array)->time;
    if (!index || !a) return AMA_OK;
    if (index->time && ama__timeaxis_same(index->time, a)) return AMA_OK;
    return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                     "sel: the times of the selecting array are not of the kind of dim \"%s\"", s->dim);
}

ama_status ama__object_sel(ama__graph *g, const ama__object *in, int n, const ama__selector *s,
                           const ama__sel_options *o, ama__object *out) {
    chosen *c;
    AMA_NEW(g->arena, c, n + 1);
    for (int i = 0; i < n; i++) {
        ama__selector x = s[i];
        if (x.kind == AMA_SELECT_ARRAY) {
            AMA_TRY(check_array_time(g, in, &x));
            AMA_TRY(unfold_array(g, o ? o->eval : NULL, &x));
        }
        AMA_TRY(resolve_sel(g, in, &x, o, &c[i].place));
        set_new_dim(&x, &c[i]);
        AMA_TRY(check_new_dim(g, in, i, c, i));
    }
    return apply_all(g, in, n, c, o && o->drop, out);
}

/* ---- head, tail, thin */

static ama__label whole(int64_t x) {
    return (ama__label){.kind = AMA_LABEL_INT, .i8 = x};
}

static ama_status part_of(ama__graph *g, ama__part part, const char *dim, int64_t count, ama__selector *s) {
    static const char *const names[] = {"head", "tail", "thin"};
    if (count < 0 || (part == AMA_PART_THIN && count == 0))
        return ama__fail(g->ctx, AMA_ERR_ARG, "%s: %" PRId64 " along dim \"%s\" must be %s", names[part], count, dim,
                         part == AMA_PART_THIN ? "1 or more" : "0 or more");
    *s = (ama__selector){.dim = dim, .kind = AMA_SELECT_SLICE};
    if (part == AMA_PART_HEAD) s->stop = whole(count);
    if (part == AMA_PART_TAIL && count > 0) s->start = whole(-count);
    if (part == AMA_PART_TAIL && count == 0) s->stop = whole(0);
    if (part == AMA_PART_THIN) s->step = whole(count);
    return AMA_OK;
}

ama_status ama__object_part(ama__graph *g, const ama__object *in, ama__part part, int n_dims, const char *const *dim,
                            const int64_t *count, ama__object *out) {
    const char **all;
    ama__selector *s;
    int n = n_dims;
    bool every = n_dims == 1 && !(dim && dim[0]);
    if (every) AMA_TRY(ama__dataset_dims(g, &in->ds, &n, &all));
    AMA_NEW(g->arena, s, n + 1);
    for (int i = 0; i < n; i++) AMA_TRY(part_of(g, part, every ? all[i] : dim[i], count[every ? 0 : i], &s[i]));
    return ama__object_isel(g, in, n, s, NULL, out);
}
