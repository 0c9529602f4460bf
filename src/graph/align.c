#include "graph/align.h"

#include <inttypes.h>
#include <string.h>

/* ---- labels */

static ama__variable *index_of(const ama__object *o, const char *dim) {
    return ama__coords_index(o->ds.n_coords, o->ds.coord, dim);
}

static bool same_times(const ama__variable *a, const ama__variable *b) {
    if (!a->time || !b->time) return !a->time && !b->time;
    if (a->time->datetime64 || b->time->datetime64) return a->time->datetime64 && b->time->datetime64;
    return a->time->calendar == b->time->calendar;
}

static ama_status different_kinds(ama__graph *g, const char *dim) {
    return ama__fail(
        g->ctx, AMA_ERR_MISMATCH,
        "the labels of dim \"%s\" are of different kinds: times of different calendars, or times and others", dim);
}

/* Labels of `a` that `b` has too, in the order of a, in the type that holds both. */
static ama_status intersect(ama__graph *g, const char *dim, const ama__variable *a, const ama__variable *b,
                            ama__variable **out) {
    int64_t n = a->node->shape[0], *place, *list;
    ama__pick p = {0};
    ama_dtype t;
    if (!same_times(a, b)) return different_kinds(g, dim);
    AMA_NEW(g->arena, place, n + 1);
    AMA_NEW(g->arena, list, n + 1);
    AMA_TRY(ama__labels_lookup(g, b, a, dim, place));
    for (int64_t i = 0; i < n; i++)
        if (place[i] >= 0) list[p.count++] = i;
    p.list = list;
    AMA_TRY(ama__labels_take_dim(g, a, dim, &p, 0, out));
    if (ama__dtype_promote(a->node->dtype, b->node->dtype, &t) && t != a->node->dtype && !a->time) {
        AMA_TRY(ama__node_cast(g, (*out)->node, t, &(*out)->node));
        AMA_TRY(ama__labels_eval_const(g, NULL, (*out)->node, dim, &(*out)->node));
    }
    return AMA_OK;
}

/* The labels of both in ascending order, each once, in the type that holds them. */
static ama_status unite(ama__graph *g, const char *dim, const ama__variable *a, const ama__variable *b,
                        ama__variable **out) {
    const ama__variable *v[2] = {a, b};
    int64_t n = 0, *order, *list;
    ama__pick p = {.in_axis = 0};
    ama_dtype t;
    char *values;
    if (!same_times(a, b) || !ama__dtype_promote(a->node->dtype, b->node->dtype, &t)) return different_kinds(g, dim);
    size_t size = ama__dtype_bytes(t);
    AMA_NEW(g->arena, values, (size_t)(a->node->shape[0] + b->node->shape[0]) * size + 8);
    for (int k = 0; k < 2; k++) {
        ama__node *node;
        AMA_TRY(ama__node_cast(g, v[k]->node, t, &node));
        AMA_TRY(ama__labels_eval_const(g, NULL, node, dim, &node));
        if (node->shape[0]) memcpy(values + (size_t)n * size, node->u.constant.data, (size_t)node->shape[0] * size);
        n += node->shape[0];
    }
    AMA_TRY(ama__variable_copy(g, a, out));
    AMA_TRY(ama__node_const(g, t, 1, &n, values, false, &(*out)->node));
    AMA_TRY(ama__labels_sort(g, *out, &order));
    AMA_NEW(g->arena, list, n + 1);
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || ama__labels_compare(*out, order[i], *out, order[i - 1]) != 0) list[p.count++] = order[i];
    p.list = list;
    return ama__labels_take(g, (*out)->node, 1, &p, NULL, &(*out)->node);
}

/* A variable where labels may be missing: only floats, and integers as floats, have a missing value here. */
static ama_status take_one(ama__graph *g, const char *name, const char *dim, const ama__pick *p, ama__variable **v) {
    bool missing = false;
    for (int64_t i = 0; i < p->count; i++) missing = missing || p->list[i] < 0;
    if (missing && ((*v)->time || (*v)->node->dtype == AMA_BOOL))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "%s: %s without a value for some labels of dim \"%s\" are not supported; select the common "
                         "labels first",
                         *name ? name : "the array", (*v)->time ? "times" : "flags (bool)", dim);
    return ama__labels_take_dim(g, *v, dim, p, 0, v);
}

static ama_status take_all(ama__graph *g, const ama__object *in, const char *dim, const ama__pick *p,
                           ama__object *out) {
    AMA_TRY(ama__object_copy(g, in, out));
    for (int i = 0; i < out->ds.n_vars; i++)
        if (ama__variable_axis(out->ds.var[i].var, dim) >= 0)
            AMA_TRY(take_one(g, out->ds.var[i].name, dim, p, &out->ds.var[i].var));
    for (int i = 0; i < out->ds.n_coords; i++)
        if (ama__variable_axis(out->ds.coord[i].var, dim) >= 0 && strcmp(out->ds.coord[i].name, dim) != 0)
            AMA_TRY(take_one(g, out->ds.coord[i].name, dim, p, &out->ds.coord[i].var));
    return AMA_OK;
}

/* The object with the labels `want` on dim (missing where it lacks them). */
static ama_status reindex(ama__graph *g, const ama__object *in, const char *dim, const ama__variable *want,
                          ama__object *out) {
    const ama__variable *have = index_of(in, dim);
    ama__variable *index;
    int64_t n = want->node->shape[0], *place;
    *out = *in;
    if (ama__labels_equal(have, want) && have->node->dtype == want->node->dtype) return AMA_OK;
    AMA_NEW(g->arena, place, n + 1);
    AMA_TRY(ama__labels_lookup(g, have, want, dim, place));
    ama__pick p = {.count = n, .list = place};
    AMA_TRY(take_all(g, in, dim, &p, out));
    AMA_TRY(ama__variable_copy(g, have, &index));
    index->node = want->node;
    index->time = want->time;
    return ama__named_set(g, &out->ds.n_coords, &out->ds.coord, dim, index);
}

/* ---- all objects along one dim */

static ama_status labels_differ(ama__graph *g, const char *dim, const ama__variable *a, const ama__variable *b) {
    int64_t n = a->node->shape[0], m = b->node->shape[0], i = 0;
    while (i < n && i < m && ama__labels_compare(a, i, b, i) == 0) i++;
    if (i < n && i < m)
        return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                         "the labels of dim \"%s\" must be the same here, but element %" PRId64 " is %s and %s; select "
                         "the common labels first",
                         dim, i, ama__labels_print(g, a, i), ama__labels_print(g, b, i));
    return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                     "the labels of dim \"%s\" must be the same here, but there are %" PRId64 " and %" PRId64
                     "; select the common labels first",
                     dim, n, m);
}

/* Sizes where some have no labels on the dim. */
static ama_status check_sizes(ama__graph *g, int n, const ama__object *o, const char *dim,
                              const ama__variable *joined) {
    int64_t size = joined ? joined->node->shape[0] : -1;
    for (int i = 0; i < n; i++) {
        int64_t x = ama__dataset_dim_size(&o[i].ds, dim);
        if (x < 0 || index_of(&o[i], dim)) continue;
        if (size >= 0 && x != size)
            return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                             "dim \"%s\" has %" PRId64 " elements in one array and %" PRId64
                             " in another, and not both have labels there to match by",
                             dim, size, x);
        size = x;
    }
    return AMA_OK;
}

static ama_status align_dim(ama__graph *g, const char *dim, int n, ama__join join, ama__object *o, bool *changed) {
    ama__variable *joined = NULL;
    bool differ = false;
    for (int i = 0; i < n; i++) {
        ama__variable *index = index_of(&o[i], dim);
        if (!index) continue;
        if (!joined) {
            joined = index;
        } else if (!ama__labels_equal(joined, index)) {
            if (join == AMA_JOIN_EXACT) return labels_differ(g, dim, joined, index);
            differ = true;
            if (join == AMA_JOIN_INNER) AMA_TRY(intersect(g, dim, joined, index, &joined));
            if (join == AMA_JOIN_OUTER) AMA_TRY(unite(g, dim, joined, index, &joined));
        }
    }
    AMA_TRY(check_sizes(g, n, o, dim, joined));
    for (int i = 0; differ && i < n; i++)
        if (index_of(&o[i], dim)) AMA_TRY(reindex(g, &o[i], dim, joined, &o[i]));
    *changed = *changed || differ;
    return AMA_OK;
}

ama_status ama__indexes_first(ama__graph *g, ama__object *o) {
    ama__named *c;
    int k = 0;
    AMA_NEW(g->arena, c, o->ds.n_coords + 1);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < o->ds.n_coords; i++)
            if (ama__variable_is_index(o->ds.coord[i].name, o->ds.coord[i].var) == (pass == 0)) c[k++] = o->ds.coord[i];
    o->ds.coord = c;
    return AMA_OK;
}

ama_status ama__align(ama__graph *g, int n, const ama__object *const *in, ama__join join, ama__object *out) {
    return ama__align_except(g, n, in, join, NULL, out);
}

ama_status ama__align_except(ama__graph *g, int n, const ama__object *const *in, ama__join join, const char *dim,
                             ama__object *out) {
    bool changed = false;
    for (int i = 0; i < n; i++) out[i] = *in[i];
    for (int i = 0; i < n; i++) {
        int n_dims;
        const char **dims;
        AMA_TRY(ama__dataset_dims(g, &in[i]->ds, &n_dims, &dims));
        for (int d = 0; d < n_dims; d++) {
            bool done = dim && strcmp(dims[d], dim) == 0;
            for (int j = 0; j < i && !done; j++) done = ama__dataset_dim_size(&in[j]->ds, dims[d]) >= 0;
            if (!done) AMA_TRY(align_dim(g, dims[d], n, join, out, &changed));
        }
    }
    for (int i = 0; changed && i < n; i++) AMA_TRY(ama__indexes_first(g, &out[i]));
    return AMA_OK;
}

/* ---- merging coordinates */

static bool same_dims(const ama__variable *a, const ama__variable *b) {
    if (a->ndim != b->ndim) return false;
    for (int i = 0; i < a->ndim; i++)
        if (strcmp(a->dim[i], b->dim[i]) != 0) return false;
    return true;
}

/* 1 same, 0 different, -1 not known without computing. */
static int compare_variables(const ama__variable *a, const ama__variable *b) {
    if (a == b) return 1;
    if (!same_dims(a, b) || !same_times(a, b)) return 0;
    return ama__labels_same_values(a->node, b->node);
}

bool ama__variable_same(const ama__variable *a, const ama__variable *b) {
    return compare_variables(a, b) == 1;
}

/* `v` repeated along the dims of the list it lacks. */
static ama_status spread(ama__graph *g, const ama__variable *v, int ndim, const char *const *dim, const int64_t *shape,
                         ama__variable **out) {
    ama__pick pick[AMA_MAX_DIMS];
    AMA_TRY(ama__variable_copy(g, v, out));
    for (int a = 0; a < ndim; a++) {
        pick[a] = (ama__pick){.in_axis = ama__variable_axis(v, dim[a]), .count = shape[a], .step = 1};
        (*out)->dim[a] = dim[a];
    }
    (*out)->ndim = ndim;
    return ama__labels_take(g, v->node, ndim, pick, NULL, &(*out)->node);
}

/* Values decide where structure does not; nothing that can compute them: taken as the same, with a warning. */
static ama_status same_by_value(ama__graph *g, const char *name, const ama__variable *a, const ama__variable *b,
                                bool *same) {
    int r = compare_variables(a, b);
    ama__variable x = *a, y = *b;
    if (r < 0 && !g->eval && !(ama__labels_is_eager(a->node) && ama__labels_is_eager(b->node))) {
        ama__warn(g->ctx, "coordinate %s of two arrays is taken to be the same in both", name);
        r = 1;
    }
    if (r < 0) {
        AMA_TRY(ama__labels_eval_const(g, NULL, a->node, name, &x.node));
        AMA_TRY(ama__labels_eval_const(g, NULL, b->node, name, &y.node));
        r = compare_variables(&x, &y);
    }
    *same = r == 1;
    return AMA_OK;
}

/* Two variables of one name: *out is the first, broadcast against the other, or NULL when they conflict. */
static ama_status merge_two(ama__graph *g, const char *name, const ama__variable *a, const ama__variable *b,
                            ama__variable **out) {
    const char *dim[2 * AMA_MAX_DIMS];
    int64_t shape[2 * AMA_MAX_DIMS];
    int ndim = a->ndim;
    ama__variable *x, *y;
    bool same;
    *out = (ama__variable *)a; /* shared, never changed */
    if (a == b) return AMA_OK;
    for (int i = 0; i < a->ndim; i++) dim[i] = a->dim[i], shape[i] = a->node->shape[i];
    for (int i = 0; i < b->ndim; i++)
        if (ama__variable_axis(a, b->dim[i]) < 0) dim[ndim] = b->dim[i], shape[ndim++] = b->node->shape[i];
    if (same_dims(a, b)) {
        AMA_TRY(same_by_value(g, name, a, b, &same));
    } else if (ndim > AMA_MAX_DIMS) {
        same = false;
    } else {
        AMA_TRY(spread(g, a, ndim, dim, shape, &x));
        AMA_TRY(spread(g, b, ndim, dim, shape, &y));
        AMA_TRY(same_by_value(g, name, x, y, &same));
        *out = x;
    }
    if (!same) *out = NULL;
    return AMA_OK;
}

static ama_status merge_one(ama__graph *g, int n, const ama__object *const *in, const char *name, ama__variable **out) {
    *out = NULL;
    for (int i = 0; i < n; i++) {
        ama__variable *v = ama__named_find(in[i]->ds.n_coords, in[i]->ds.coord, name);
        if (v && ama__variable_is_index(name, v)) {
            *out = v; /* aligned by now: any of them */
            return AMA_OK;
        }
    }
    for (int i = 0; i < n; i++) {
        ama__variable *v = ama__named_find(in[i]->ds.n_coords, in[i]->ds.coord, name);
        if (!v) continue;
        if (!*out) {
            *out = v;
            continue;
        }
        AMA_TRY(merge_two(g, name, *out, v, out));
        if (!*out) return AMA_OK;
    }
    return AMA_OK;
}

ama_status ama__merge_coords(ama__graph *g, int n, const ama__object *const *in, int *n_out, ama__named **out) {
    int most = 1;
    *n_out = 0;
    for (int i = 0; i < n; i++) most += in[i]->ds.n_coords;
    AMA_NEW(g->arena, *out, most);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < in[i]->ds.n_coords; k++) {
            const char *name = in[i]->ds.coord[k].name;
            ama__variable *v;
            bool done = false;
            for (int j = 0; j < i && !done; j++) done = ama__named_find(in[j]->ds.n_coords, in[j]->ds.coord, name);
            if (done) continue;
            AMA_TRY(merge_one(g, n, in, name, &v));
            if (v) (*out)[(*n_out)++] = (ama__named){name, v};
        }
    return AMA_OK;
}

/* ---- attributes */

static bool same_attr(const ama__attr *a, const ama__attr *b) {
    if (a->n != b->n || ama__dtype_is_text(a->dtype) != ama__dtype_is_text(b->dtype)) return false;
    if (a->dtype == AMA_CHAR && b->dtype == AMA_CHAR) return memcmp(a->data, b->data, (size_t)a->n) == 0;
    ama__node x = {.dtype = a->dtype, .u.constant.data = a->data}, y = {.dtype = b->dtype, .u.constant.data = b->data};
    ama__variable v = {.node = &x}, w = {.node = &y};
    for (int64_t i = 0; i < a->n; i++)
        if (a->dtype == AMA_CHAR || b->dtype == AMA_CHAR || ama__labels_compare(&v, i, &w, i) != 0) return false;
    return true;
}

ama_status ama__merge_attrs(ama__graph *g, int n, const ama__attrs *const *in, ama__attrs *out) {
    int most = 1;
    for (int i = 0; i < n; i++) most += in[i]->n;
    *out = (ama__attrs){0};
    AMA_NEW(g->arena, out->a, most);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < in[i]->n; k++) {
            const ama__attr *a = &in[i]->a[k];
            bool keep = true;
            for (int j = 0; j < i; j++) keep = keep && !ama__attrs_find(in[j], a->name);
            for (int j = i + 1; j < n && keep; j++) {
                const ama__attr *b = ama__attrs_find(in[j], a->name);
                keep = !b || same_attr(a, b);
            }
            if (keep) out->a[out->n++] = *a;
        }
    return AMA_OK;
}
