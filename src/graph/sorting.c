#include "graph/sorting.h"

#include <inttypes.h>
#include <string.h>

#include "graph/select.h"

/* Keys of one dim: arrays in memory along the object's labels, the first the most significant. */
typedef struct keys {
    int n;
    const ama__variable **at;
} keys;

/* Times and the largest integers are compared here: as labels NaT would come first, and 2^63 before 0. */
static int compare_one(const ama__variable *v, int64_t i, int64_t j) {
    const void *data = v->node->u.constant.data;
    ama_dtype t = v->node->dtype;
    if (!v->time && t != AMA_U8) return ama__labels_compare(v, i, v, j);
    int64_t a = ama__dtype_get_i8(t, data, i), b = ama__dtype_get_i8(t, data, j);
    if (v->time && (a == INT64_MIN || b == INT64_MIN)) return (a == INT64_MIN) - (b == INT64_MIN);
    if (t == AMA_U8) a ^= INT64_MIN, b ^= INT64_MIN; /* makes unsigned order signed */
    return (a > b) - (a < b);
}

static int compare(const void *user, int64_t i, int64_t j) {
    const keys *k = user;
    int c = 0;
    for (int m = 0; m < k->n && c == 0; m++) c = compare_one(k->at[m], i, j);
    return c;
}

/* ---- a key along the object's labels */

static ama_status missing_labels(ama__graph *g, const ama__variable *v, const char *name, const char *dim,
                                 int64_t found) {
    bool number = !v->time && !ama__dtype_is_text(v->node->dtype) && v->node->dtype != AMA_BOOL;
    if (found == 0)
        return ama__fail(g->ctx, AMA_ERR_MISMATCH, "sortby: the key '%s' has none of the labels along dim \"%s\"", name,
                         dim);
    if (!number)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "sortby: the key '%s' lacks labels along dim \"%s\", which is supported for numbers only",
                         name, dim);
    return AMA_OK;
}

static ama_status reindex(ama__graph *g, const ama__variable *v, const char *name, const ama__variable *theirs,
                          const ama__variable *mine, ama__variable **out) {
    int64_t n = mine->node->shape[0], found = 0, *place;
    AMA_NEW(g->arena, place, n + 1);
    AMA_TRY(ama__labels_lookup(g, theirs, mine, v->dim[0], place));
    for (int64_t i = 0; i < n; i++) found += place[i] >= 0;
    if (found < n) AMA_TRY(missing_labels(g, v, name, v->dim[0], found));
    const ama__pick p = {.count = n, .list = place};
    return ama__labels_take_dim(g, v, v->dim[0], &p, 0, out);
}

/* The labels that keys of the dim are brought to: the object's, or those of the first key that has some. */
static const ama__variable *labels_of(const ama__object *in, int n, const ama__object *key, const char *dim) {
    const ama__variable *x = ama__coords_index(in->ds.n_coords, in->ds.coord, dim);
    for (int k = 0; k < n && !x; k++) x = ama__coords_index(key[k].ds.n_coords, key[k].ds.coord, dim);
    return x;
}

static ama_status bring(ama__graph *g, const ama__object *in, int n, const ama__object *key, const ama__object *one,
                        const ama__variable **out) {
    const char *name = one->name ? one->name : "(no name)", *dim = ama__object_var(one)->dim[0];
    const ama__variable *mine = labels_of(in, n, key, dim);
    const ama__variable *theirs = ama__coords_index(one->ds.n_coords, one->ds.coord, dim);
    int64_t size = ama__dataset_dim_size(&in->ds, dim);
    ama__variable *v;
    AMA_TRY(ama__variable_copy(g, ama__object_var(one), &v));
    AMA_TRY(ama__labels_eval_const(g, NULL, v->node, name, &v->node));
    if (mine && theirs && !ama__labels_equal(mine, theirs)) AMA_TRY(reindex(g, v, name, theirs, mine, &v));
    if (v->node->shape[0] != size)
        return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                         "sortby: the key '%s' has %" PRId64 " elements along dim \"%s\", which has %" PRId64, name,
                         v->node->shape[0], dim, size);
    *out = v;
    return AMA_OK;
}

/* ---- the order of a dim */

static ama_status selector_of(ama__graph *g, const char *dim, const keys *k, bool ascending, ama__selector *s) {
    int64_t n = k->at[0]->node->shape[0], *order;
    bool same = true, reversed = true;
    ama__label *list;
    AMA_TRY(ama__labels_order(g, n, compare, k, &order));
    AMA_NEW(g->arena, list, n + 1);
    for (int64_t i = 0; i < n; i++) {
        int64_t x = order[ascending ? i : n - 1 - i];
        list[i] = (ama__label){.kind = AMA_LABEL_INT, .i8 = x};
        same = same && x == i;
        reversed = reversed && x == n - 1 - i;
    }
    *s = (ama__selector){.dim = dim, .kind = AMA_SELECT_LIST, .n = n, .list = list};
    if (same || reversed) s->kind = AMA_SELECT_SLICE;
    if (!same && reversed) s->step = (ama__label){.kind = AMA_LABEL_INT, .i8 = -1};
    return AMA_OK;
}

static ama_status check_key(ama__graph *g, const ama__object *in, const ama__object *key) {
    const ama__variable *v = ama__object_var(key);
    if (v->ndim != 1)
        return ama__fail(g->ctx, AMA_ERR_ARG, "sortby: a key must have one dim, but '%s' has %d",
                         key->name ? key->name : "(no name)", v->ndim);
    return ama__object_check_dim(g, in, "sortby", v->dim[0]);
}

ama_status ama__object_sortby(ama__graph *g, const ama__object *in, int n_keys, const ama__object *key, bool ascending,
                              ama__object *out) {
    ama__selector *s;
    const ama__variable **v;
    int n = 0;
    AMA_NEW(g->arena, s, n_keys + 1);
    AMA_NEW(g->arena, v, n_keys + 1);
    for (int i = 0; i < n_keys; i++) AMA_TRY(check_key(g, in, &key[i]));
    for (int i = 0; i < n_keys; i++) {
        const char *dim = ama__object_var(&key[i])->dim[0];
        keys k = {.at = v};
        bool done = false;
        for (int m = 0; m < i; m++) done = done || strcmp(ama__object_var(&key[m])->dim[0], dim) == 0;
        for (int m = i; m < n_keys && !done; m++)
            if (strcmp(ama__object_var(&key[m])->dim[0], dim) == 0)
                AMA_TRY(bring(g, in, n_keys, key, &key[m], &v[k.n++]));
        if (!done) AMA_TRY(selector_of(g, dim, &k, ascending, &s[n++]));
    }
    return ama__object_isel(g, in, n, s, NULL, out);
}
