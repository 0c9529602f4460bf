#include "graph/labels.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Results larger than this stay lazy even when their input is in memory. */
#define EAGER_MAX (INT64_C(1) << 22)

/* ---- single labels */

ama__label ama__labels_get(const ama__variable *v, int64_t i) {
    const ama__node *n = v->node;
    const void *data = n->u.constant.data;
    ama__label l = {.kind = AMA_LABEL_INT};
    if (n->dtype == AMA_STRING) {
        l.kind = AMA_LABEL_TEXT;
        l.text = ((const char *const *)data)[i];
        if (!l.text) l.text = "";
    } else if (ama__dtype_is_float(n->dtype)) {
        l.kind = AMA_LABEL_FLOAT;
        l.f8 = ama__dtype_get_f8(n->dtype, data, i);
    } else {
        l.kind = v->time ? AMA_LABEL_TICK : n->dtype == AMA_BOOL ? AMA_LABEL_BOOL : AMA_LABEL_INT;
        l.i8 = ama__dtype_get_i8(n->dtype, data, i);
    }
    return l;
}

static int sign(bool less, bool greater) {
    return less ? -1 : greater ? 1 : 0;
}

int ama__label_compare(const ama__label *a, const ama__label *b) {
    if ((a->kind == AMA_LABEL_TEXT) != (b->kind == AMA_LABEL_TEXT)) return 2;
    if ((a->kind == AMA_LABEL_TICK) != (b->kind == AMA_LABEL_TICK)) return 2;
    if (a->kind == AMA_LABEL_TEXT) {
        int c = strcmp(a->text, b->text);
        return sign(c<0, c> 0);
    }
    if (a->kind != AMA_LABEL_FLOAT && b->kind != AMA_LABEL_FLOAT) return sign(a->i8<b->i8, a->i8> b->i8);
    double x = a->kind == AMA_LABEL_FLOAT ? a->f8 : (double)a->i8;
    double y = b->kind == AMA_LABEL_FLOAT ? b->f8 : (double)b->i8;
    if (isnan(x) || isnan(y)) return isnan(x) && isnan(y) ? 0 : isnan(x) ? 1 : -1; /* NaN sorts last */
    return sign(x<y, x> y);
}

const char *ama__label_print(ama__graph *g, const ama__timeaxis *time, const ama__label *label) {
    char buf[64];
    const char *s = buf;
    if (label->kind == AMA_LABEL_TICK && label->axis) time = label->axis;
    switch (label->kind) {
    case AMA_LABEL_NONE: return "None";
    case AMA_LABEL_BOOL: return label->i8 ? "True" : "False";
    case AMA_LABEL_FLOAT: s = ama__text_f8(buf, sizeof buf, label->f8); break;
    case AMA_LABEL_TEXT: s = ama__arena_printf(g->arena, "\"%s\"", label->text); break;
    case AMA_LABEL_TICK:
        if (time) {
            s = ama__time_print(time, label->i8, buf, sizeof buf);
            break;
        } /* fall through */
    default: snprintf(buf, sizeof buf, "%" PRId64, label->i8);
    }
    s = s ? ama__arena_strdup(g->arena, s) : NULL;
    return s ? s : "?";
}

const char *ama__labels_print(ama__graph *g, const ama__variable *index, int64_t i) {
    ama__label l = ama__labels_get(index, i);
    if (index->node->dtype == AMA_F4) {
        char buf[64];
        const char *s = ama__arena_strdup(g->arena, ama__text_f4(buf, sizeof buf, (float)l.f8));
        return s ? s : "?";
    }
    return ama__label_print(g, index->time, &l);
}

/* ---- indexes */

static bool same_axis(const ama__variable *a, const ama__variable *b) {
    if (!a->time || !b->time) return !a->time && !b->time;
    return ama__timeaxis_same(a->time, b->time);
}

int ama__labels_compare(const ama__variable *a, int64_t i, const ama__variable *b, int64_t j) {
    if (!same_axis(a, b)) return 2;
    ama__label x = ama__labels_get(a, i), y = ama__labels_get(b, j);
    return ama__label_compare(&x, &y);
}

bool ama__labels_equal(const ama__variable *a, const ama__variable *b) {
    if (a->node->ndim != 1 || b->node->ndim != 1 || a->node->shape[0] != b->node->shape[0]) return false;
    if (!same_axis(a, b)) return false;
    if (a->node == b->node) return true;
    for (int64_t i = 0; i < a->node->shape[0]; i++)
        if (ama__labels_compare(a, i, b, i) != 0) return false;
    return true;
}

int ama__labels_direction(const ama__variable *index) {
    bool up = true, down = true;
    for (int64_t i = 1; i < index->node->shape[0]; i++) {
        int c = ama__labels_compare(index, i - 1, index, i);
        up = up && c <= 0;
        down = down && c >= 0;
    }
    return up ? 1 : down ? -1 : 0;
}

ama_status ama__labels_order(ama__graph *g, int64_t n, ama__labels_order_fn *compare, const void *user,
                             int64_t **order) {
    int64_t *from, *to;
    bool sorted = true;
    AMA_NEW(g->arena, from, n ? n : 1);
    *order = from;
    for (int64_t i = 0; i < n; i++) from[i] = i;
    for (int64_t i = 1; i < n && sorted; i++) sorted = compare(user, i - 1, i) <= 0;
    if (sorted) return AMA_OK;
    AMA_NEW(g->arena, to, n);
    for (int64_t width = 1; width < n; width *= 2) { /* merge sort, bottom up: stable */
        for (int64_t lo = 0; lo < n; lo += 2 * width) {
            int64_t mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
            for (int64_t k = lo, i = lo, j = mid; k < hi; k++) {
                bool left = i < mid && (j >= hi || compare(user, from[i], from[j]) <= 0);
                to[k] = left ? from[i++] : from[j++];
            }
        }
        int64_t *swap = from;
        from = to;
        to = swap;
    }
    *order = from;
    return AMA_OK;
}

static int compare_within(const void *user, int64_t i, int64_t j) {
    return ama__labels_compare(user, i, user, j);
}

ama_status ama__labels_sort(ama__graph *g, const ama__variable *v, int64_t **order) {
    return ama__labels_order(g, v->node->shape[0], compare_within, v, order);
}

ama_status ama__labels_lookup(ama__graph *g, const ama__variable *index, const ama__variable *want, const char *dim,
                              int64_t *place) {
    int64_t n = index->node->shape[0], *order;
    AMA_TRY(ama__labels_sort(g, index, &order));
    for (int64_t k = 1; k < n; k++)
        if (ama__labels_compare(index, order[k - 1], index, order[k]) == 0)
            return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                             "labels along dim \"%s\" cannot be matched: %s stands there twice; make them unique first",
                             dim, ama__labels_print(g, index, order[k]));
    for (int64_t j = 0; j < want->node->shape[0]; j++) {
        int64_t lo = 0, hi = n;
        while (lo < hi) {
            int64_t mid = lo + (hi - lo) / 2;
            if (ama__labels_compare(index, order[mid], want, j) < 0)
                lo = mid + 1;
            else
                hi = mid;
        }
        place[j] = lo < n && ama__labels_compare(index, order[lo], want, j) == 0 ? order[lo] : -1;
    }
    return AMA_OK;
}

/* ---- taking along axes */

static int64_t pick_at(const ama__pick *p, int64_t i) {
    return p->in_axis < 0 ? 0 : p->list ? p->list[i] : p->start + i * p->step;
}

static bool picks_missing(int ndim, const ama__pick *pick) {
    for (int a = 0; a < ndim; a++)
        for (int64_t i = 0; pick[a].list && pick[a].in_axis >= 0 && i < pick[a].count; i++)
            if (pick[a].list[i] < 0) return true;
    return false;
}

/* Copies element by element; missing ones stay zero, which is a NULL text, or become NaN. */
static void gather(const ama__node *in, int ndim, const ama__pick *pick, const int64_t *fixed, int64_t n,
                   char *restrict out) {
    const char *data = in->u.constant.data;
    size_t size = ama__dtype_bytes(in->dtype);
    int64_t stride[AMA_MAX_DIMS], count[AMA_MAX_DIMS], idx[AMA_MAX_DIMS] = {0}, base = 0;
    ama__shape_strides(in->ndim, in->shape, stride);
    for (int i = 0; fixed && i < in->ndim; i++)
        if (fixed[i] >= 0) base += fixed[i] * stride[i];
    for (int a = 0; a < ndim; a++) count[a] = pick[a].count;
    for (int64_t k = 0; k < n; k++) {
        int64_t at = base;
        bool missing = false;
        for (int a = 0; a < ndim; a++) {
            int64_t x = pick_at(&pick[a], idx[a]);
            if (x < 0)
                missing = true;
            else if (pick[a].in_axis >= 0)
                at += x * stride[pick[a].in_axis];
        }
        if (!missing)
            memcpy(out + (size_t)k * size, data + (size_t)at * size, size);
        else if (ama__dtype_is_float(in->dtype))
            ama__dtype_set_f8(in->dtype, out, k, NAN);
        ama__index_next(ndim, count, idx);
    }
}

ama_status ama__labels_take(ama__graph *g, ama__node *in, int ndim, const ama__pick *pick, const int64_t *fixed,
                            ama__node **out) {
    int64_t shape[AMA_MAX_DIMS], n;
    char *data;
    for (int a = 0; a < ndim && a < AMA_MAX_DIMS; a++) shape[a] = pick[a].count;
    if (in->kind != AMA_NODE_CONST || ndim > AMA_MAX_DIMS || !ama__shape_size(ndim, shape, &n) ||
        (n > EAGER_MAX && in->dtype != AMA_STRING))
        return ama__node_index(g, in, ndim, pick, fixed, out);
    if (picks_missing(ndim, pick) && !ama__dtype_is_float(in->dtype) && in->dtype != AMA_STRING) {
        ama_dtype t = ama__dtype_bytes(in->dtype) <= 2 && in->dtype != AMA_BOOL ? AMA_F4 : AMA_F8;
        AMA_TRY(ama__node_cast(g, in, t, &in));
        AMA_TRY(ama__labels_eval_const(g, NULL, in, "labels", &in));
    }
    AMA_NEW(g->arena, data, (size_t)(n ? n : 1) * ama__dtype_bytes(in->dtype));
    gather(in, ndim, pick, fixed, n, data);
    return ama__node_const(g, in->dtype, ndim, shape, data, false, out);
}

ama_status ama__labels_take_dim(ama__graph *g, const ama__variable *v, const char *dim, const ama__pick *p, int64_t at,
                                ama__variable **out) {
    ama__pick pick[AMA_MAX_DIMS];
    int64_t fixed[AMA_MAX_DIMS];
    int axis = ama__variable_axis(v, dim), ndim = 0;
    ama__variable *w;
    AMA_KEEP(g->arena, w, ama__arena_memdup(g->arena, v, sizeof *v));
    *out = w;
    if (axis < 0) return AMA_OK;
    for (int a = 0; a < v->ndim; a++) {
        fixed[a] = -1;
        if (a == axis && !p) {
            fixed[a] = at;
            continue;
        }
        w->dim[ndim] = v->dim[a];
        pick[ndim] = (ama__pick){.in_axis = a, .count = v->node->shape[a], .step = 1};
        if (a == axis) {
            pick[ndim] = *p;
            pick[ndim].in_axis = a;
        }
        ndim++;
    }
    w->ndim = ndim;
    return ama__labels_take(g, v->node, ndim, pick, fixed, &w->node);
}

/* ---- coordinates, objects */

void ama__labels_put(int *n, ama__named *list, const char *name, ama__variable *var) {
    for (int i = 0; i < *n; i++)
        if (strcmp(list[i].name, name) == 0) {
            list[i].var = var;
            return;
        }
    list[(*n)++] = (ama__named){name, var};
}

ama_status ama__object_check_dim(ama__graph *g, const ama__object *o, const char *what, const char *dim) {
    if (ama__dataset_dim_size(&o->ds, dim) >= 0) return AMA_OK;
    return ama__wrap(g->ctx, ama__no_such_dim(g, &o->ds, dim), "%s", what);
}
