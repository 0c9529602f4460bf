#include "graph/node.h"

#include <inttypes.h>
#include <string.h>

#include "graph/node_private.h"

ama_status ama__node_new(ama__graph *g, ama__node_kind kind, ama_dtype t, int ndim, const int64_t *shape,
                         ama__node **out) {
    ama__node *n;
    int64_t size;
    if (ndim < 0 || ndim > AMA_MAX_DIMS)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "an array of %d dims; at most %d are supported", ndim,
                         AMA_MAX_DIMS);
    if (!ama__shape_size(ndim, shape, &size))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "an array with more than 2^63 elements");
    AMA_NEW(g->arena, n, 1);
    n->kind = kind;
    n->id = g->n_nodes++;
    n->dtype = t;
    n->ndim = ndim;
    for (int a = 0; a < ndim; a++) n->shape[a] = shape[a];
    *out = n;
    return AMA_OK;
}

ama_status ama__node_source(ama__graph *g, int axis, int n_parts, const ama__source_part *part, ama__node **out) {
    const ama__stored_var *v = &part[0].store->meta.var[part[0].var];
    ama_dtype t = part[0].unpack.dtype;
    int64_t shape[AMA_MAX_DIMS];
    for (int a = 0; a < v->ndim; a++) shape[a] = v->grid.shape[a];
    for (int i = 1; i < n_parts; i++) {
        const ama__stored_var *w = &part[i].store->meta.var[part[i].var];
        if (w->ndim != v->ndim)
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "variable %s has %d dims in %s and %d in %s", v->name, v->ndim,
                             part[0].store->path, w->ndim, part[i].store->path);
        for (int a = 0; a < v->ndim; a++)
            if (a != axis && w->grid.shape[a] != shape[a])
                return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                                 "variable %s: dim %s has %" PRId64 " elements in %s and %" PRId64 " in %s", v->name,
                                 part[0].store->meta.dim[v->dim[a]].name, shape[a], part[0].store->path,
                                 w->grid.shape[a], part[i].store->path);
        if (!ama__dtype_promote(t, part[i].unpack.dtype, &t))
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "variable %s: types differ between %s and %s", v->name,
                             part[0].store->path, part[i].store->path);
        shape[axis] += part[i].count;
    }
    AMA_TRY(ama__node_new(g, AMA_NODE_SOURCE, t, v->ndim, shape, out));
    (*out)->u.source.axis = axis;
    (*out)->u.source.n_parts = n_parts;
    AMA_KEEP(g->arena, (*out)->u.source.part, ama__arena_memdup(g->arena, part, (size_t)n_parts * sizeof *part));
    return AMA_OK;
}

ama_status ama__node_const(ama__graph *g, ama_dtype t, int ndim, const int64_t *shape, const void *data, bool copy,
                           ama__node **out) {
    int64_t n;
    AMA_TRY(ama__node_new(g, AMA_NODE_CONST, t, ndim, shape, out));
    ama__shape_size(ndim, shape, &n);
    (*out)->u.constant.data = copy ? NULL : data;
    if (copy && n > 0)
        AMA_KEEP(g->arena, (*out)->u.constant.data, ama__arena_memdup(g->arena, data, (size_t)n * ama__dtype_bytes(t)));
    return AMA_OK;
}

ama_status ama__node_scalar(ama__graph *g, ama_dtype t, double f8, int64_t i8, ama__node **out) {
    uint64_t buf = 0;
    if (ama__dtype_is_float(t))
        ama__dtype_set_f8(t, &buf, 0, f8);
    else
        ama__dtype_set_i8(t, &buf, 0, i8);
    return ama__node_const(g, t, 0, NULL, &buf, true, out);
}

/* numpy's float for a function of an integer: float64, but float32 for 16 bit and float16 (here float32) for 8 bit. */
static ama_dtype float_of(ama_dtype t) {
    if (ama__dtype_is_float(t)) return t;
    return ama__dtype_bytes(t) <= 2 ? AMA_F4 : AMA_F8;
}

static ama_status map_dtypes(ama__graph *g, ama__op op, int n_in, ama__node *const *in, ama_dtype *calc,
                             ama_dtype *out) {
    char class = ama__op_class(op);
    int first = class == 'w' ? 1 : 0;
    *calc = in[first]->dtype;
    for (int k = 0; k < n_in; k++)
        if (ama__dtype_is_text(in[k]->dtype))
            return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "%s of text", ama__op_name(op));
    for (int k = first + 1; k < n_in; k++)
        if (!ama__dtype_promote(*calc, in[k]->dtype, calc))
            return ama__fail(g->ctx, AMA_ERR_MISMATCH, "%s: no common type of %s and %s", ama__op_name(op),
                             ama__dtype_name(*calc), ama__dtype_name(in[k]->dtype));
    bool floats = ama__dtype_is_float(*calc);
    if (class == 'w' && in[0]->dtype != AMA_BOOL)
        return ama__fail(g->ctx, AMA_ERR_INTERNAL, "where: the condition is %s, not bool",
                         ama__dtype_name(in[0]->dtype));
    if (class == 'l' && floats)
        return ama__fail(g->ctx, AMA_ERR_ARG, "%s needs bool or integer operands, not %s", ama__op_name(op),
                         ama__dtype_name(*calc));
    if (op == AMA_OP_SUB && *calc == AMA_BOOL)
        return ama__fail(g->ctx, AMA_ERR_ARG, "bool arrays cannot be subtracted: use ^ or !=");
    if (op == AMA_OP_NEG && *calc == AMA_BOOL)
        return ama__fail(g->ctx, AMA_ERR_ARG, "a bool array cannot be negated with -: use ~");
    if (class == 'd' && !floats) *calc = AMA_F8;
    if (class == 'f' && !floats) *calc = float_of(*calc);
    if (*calc == AMA_BOOL && (op == AMA_OP_FLOORDIV || op == AMA_OP_MOD || op == AMA_OP_POW)) *calc = AMA_I1;
    *out = (class == 'c' || class == 'p') ? AMA_BOOL : *calc;
    return AMA_OK;
}

ama_status ama__node_map(ama__graph *g, ama__op op, int n_in, ama__node *const *in, const int8_t (*axis)[AMA_MAX_DIMS],
                         int ndim, const int64_t *shape, ama__node **out) {
    ama_dtype calc = AMA_BOOL, t = AMA_BOOL;
    AMA_TRY(map_dtypes(g, op, n_in, in, &calc, &t));
    for (int k = 0; k < n_in; k++) {
        int last = -1, used = 0;
        for (int a = 0; a < ndim; a++) {
            int i = axis[k][a];
            if (i < 0) continue;
            if (i != last + 1 || i >= in[k]->ndim || in[k]->shape[i] != shape[a])
                return ama__fail(g->ctx, AMA_ERR_INTERNAL, "%s: operand %d does not fit on axis %d", ama__op_name(op),
                                 k, a);
            last = i;
            used++;
        }
        if (used != in[k]->ndim)
            return ama__fail(g->ctx, AMA_ERR_INTERNAL, "%s: operand %d has axes that go nowhere", ama__op_name(op), k);
    }
    AMA_TRY(ama__node_new(g, AMA_NODE_MAP, t, ndim, shape, out));
    (*out)->u.map.op = op;
    (*out)->u.map.calc = calc;
    (*out)->u.map.n_in = n_in;
    for (int k = 0; k < n_in; k++) {
        (*out)->u.map.in[k] = in[k];
        memset((*out)->u.map.axis[k], -1, AMA_MAX_DIMS);
        memcpy((*out)->u.map.axis[k], axis[k], (size_t)ndim);
    }
    return AMA_OK;
}

static void axis_identity(int8_t axis[1][AMA_MAX_DIMS]) {
    for (int a = 0; a < AMA_MAX_DIMS; a++) axis[0][a] = (int8_t)a;
}

ama_status ama__node_unary(ama__graph *g, ama__op op, ama__node *in, ama__node **out) {
    int8_t axis[1][AMA_MAX_DIMS];
    axis_identity(axis);
    return ama__node_map(g, op, 1, &in, axis, in->ndim, in->shape, out);
}

ama_status ama__node_cast(ama__graph *g, ama__node *in, ama_dtype t, ama__node **out) {
    if (in->dtype == t) {
        *out = in;
        return AMA_OK;
    }
    if (ama__dtype_is_text(in->dtype) || ama__dtype_is_text(t))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "cast of %s to %s", ama__dtype_name(in->dtype),
                         ama__dtype_name(t));
    AMA_TRY(ama__node_unary(g, AMA_OP_CAST, in, out));
    (*out)->dtype = (*out)->u.map.calc = t;
    return AMA_OK;
}

/* ---- INDEX */

static int64_t pick_at(const ama__pick *p, int64_t i) {
    return p->list ? p->list[i] : p->start + i * p->step;
}

static ama_status check_pick(ama__graph *g, const ama__node *in, const ama__pick *p, bool *missing) {
    if (p->in_axis < 0 || p->count == 0) return AMA_OK;
    if (p->in_axis >= in->ndim) return ama__fail(g->ctx, AMA_ERR_INTERNAL, "index: no axis %d", p->in_axis);
    int64_t n = in->shape[p->in_axis];
    for (int64_t i = 0; i < p->count; i += (p->list || p->count == 1) ? 1 : p->count - 1) {
        int64_t x = pick_at(p, i);
        if (x == -1 && p->list)
            *missing = true;
        else if (x < 0 || x >= n)
            return ama__fail(g->ctx, AMA_ERR_INTERNAL, "index %" PRId64 " outside axis of %" PRId64, x, n);
    }
    return AMA_OK;
}

/* pick p of an INDEX above another's pick q: one pick of q's input. */
static ama_status compose(ama__graph *g, const ama__pick *p, const ama__pick *q, ama__pick *out) {
    *out = (ama__pick){.in_axis = q->in_axis, .count = p->count};
    if (q->in_axis < 0) return AMA_OK; /* a repeated axis stays one */
    if (!p->list && !q->list) {
        out->start = q->start + p->start * q->step;
        out->step = p->step * q->step;
        return AMA_OK;
    }
    int64_t *list;
    AMA_NEW(g->arena, list, p->count ? p->count : 1);
    for (int64_t i = 0; i < p->count; i++) {
        int64_t x = pick_at(p, i);
        list[i] = x == -1 && p->list ? -1 : pick_at(q, x);
    }
    out->list = list;
    return AMA_OK;
}

static bool is_identity(const ama__node *in, int ndim, const ama__pick *pick) {
    if (ndim != in->ndim) return false;
    for (int a = 0; a < ndim; a++)
        if (pick[a].in_axis != a || pick[a].list || pick[a].start != 0 || pick[a].step != 1 ||
            pick[a].count != in->shape[a])
            return false;
    return true;
}

/* A list that counts up evenly is a slice. */
static void simplify(ama__pick *p) {
    if (!p->list || p->in_axis < 0 || p->count == 0) return;
    int64_t step = p->count > 1 ? p->list[1] - p->list[0] : 1;
    if (step == 0 || p->list[0] < 0) return;
    for (int64_t i = 1; i < p->count; i++)
        if (p->list[i] < 0 || p->list[i] - p->list[i - 1] != step) return;
    p->start = p->list[0];
    p->step = step;
    p->list = NULL;
}

/* Writes the INDEX of an INDEX as one: picks and fixed indices of the inner node's input. */
static ama_status merge_index(ama__graph *g, ama__node *inner, int ndim, ama__pick *pick, int64_t *fixed) {
    ama__node *base = inner->u.index.in;
    int64_t merged[AMA_MAX_DIMS];
    memcpy(merged, inner->u.index.fixed, sizeof merged);
    for (int i = 0; i < inner->ndim; i++)
        if (fixed[i] >= 0 && inner->u.index.pick[i].in_axis >= 0)
            merged[inner->u.index.pick[i].in_axis] = pick_at(&inner->u.index.pick[i], fixed[i]);
    for (int a = 0; a < ndim; a++)
        if (pick[a].in_axis >= 0) {
            ama__pick p;
            AMA_TRY(compose(g, &pick[a], &inner->u.index.pick[pick[a].in_axis], &p));
            pick[a] = p;
        }
    (void)base;
    memcpy(fixed, merged, sizeof merged);
    return AMA_OK;
}

static bool fixes_missing(const ama__node *inner, const int64_t *fixed) {
    for (int i = 0; i < inner->ndim; i++) {
        const ama__pick *p = &inner->u.index.pick[i];
        if (fixed[i] >= 0 && p->in_axis >= 0 && pick_at(p, fixed[i]) < 0) return true;
    }
    return false;
}

/* A missing index of an axis whose values repeat has no place in one INDEX: values repeat there, missing or not. */
static bool misses_repeated(const ama__node *inner, int ndim, const ama__pick *pick) {
    for (int a = 0; a < ndim; a++) {
        if (!pick[a].list || pick[a].in_axis < 0 || inner->u.index.pick[pick[a].in_axis].in_axis >= 0) continue;
        for (int64_t i = 0; i < pick[a].count; i++)
            if (pick[a].list[i] < 0) return true;
    }
    return false;
}

ama_status ama__node_index(ama__graph *g, ama__node *in, int ndim, const ama__pick *pick, const int64_t *fixed,
                           ama__node **out) {
    ama__pick p[AMA_MAX_DIMS];
    int64_t f[AMA_MAX_DIMS], shape[AMA_MAX_DIMS];
    bool missing = false;
    if (ndim > AMA_MAX_DIMS)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "an array of %d dims; at most %d are supported", ndim,
                         AMA_MAX_DIMS);
    for (int i = 0; i < AMA_MAX_DIMS; i++) f[i] = fixed && i < in->ndim ? fixed[i] : -1;
    for (int a = 0; a < ndim; a++) {
        p[a] = pick[a];
        AMA_TRY(check_pick(g, in, &p[a], &missing));
    }
    for (int i = 0; i < in->ndim; i++)
        if (f[i] >= in->shape[i])
            return ama__fail(g->ctx, AMA_ERR_INTERNAL, "index %" PRId64 " outside axis %d", f[i], i);
    if (missing && !ama__dtype_is_float(in->dtype)) {
        ama_dtype t = ama__dtype_bytes(in->dtype) <= 2 && in->dtype != AMA_BOOL ? AMA_F4 : AMA_F8;
        AMA_TRY(ama__node_cast(g, in, t, &in));
    }
    while (in->kind == AMA_NODE_INDEX && !fixes_missing(in, f) && !misses_repeated(in, ndim, p)) {
        AMA_TRY(merge_index(g, in, ndim, p, f));
        in = in->u.index.in;
    }
    for (int a = 0; a < ndim; a++) simplify(&p[a]);
    if (is_identity(in, ndim, p)) {
        *out = in;
        return AMA_OK;
    }
    for (int a = 0; a < ndim; a++) shape[a] = p[a].count;
    AMA_TRY(ama__node_new(g, AMA_NODE_INDEX, in->dtype, ndim, shape, out));
    (*out)->u.index.in = in;
    memcpy((*out)->u.index.pick, p, sizeof p);
    memcpy((*out)->u.index.fixed, f, sizeof f);
    return AMA_OK;
}

/* ---- REDUCE */

ama_dtype ama__node_reduce_dtype(const ama__node *in, const ama__reduce_spec *s) {
    ama_dtype t = in->dtype;
    switch (ama__red_class(s->op)) {
    case 's':
        t = ama__dtype_kind(t) == 'u' ? AMA_U8 : ama__dtype_is_float(t) ? t : AMA_I8;
        if (s->min_count > 0 && !ama__dtype_is_float(t)) t = AMA_F8;
        break;
    case 'm': t = ama__dtype_is_float(t) ? t : AMA_F8; break;
    case 'c': t = AMA_I8; break;
    case 'b': t = AMA_BOOL; break;
    case 'q': t = ama__quantile_is_discrete(s->method) ? t : AMA_F8; break;
    default: break;
    }
    return s->empty_nan && !ama__dtype_is_float(t) ? AMA_F8 : t;
}

ama_status ama__node_reduce(ama__graph *g, ama__node *in, const ama__reduce_spec *spec, ama__node **out) {
    int64_t shape[AMA_MAX_DIMS];
    int ndim = 0;
    if (ama__dtype_is_text(in->dtype))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "%s of text", ama__red_name(spec->op));
    for (int a = 0; a < in->ndim; a++)
        if (a == spec->label_axis)
            shape[ndim++] = spec->n_labels;
        else if (!spec->reduced[a])
            shape[ndim++] = in->shape[a];
    if (spec->op == AMA_RED_QUANTILE) {
        if (in->dtype == AMA_BOOL)
            return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "quantile of a bool array: use astype(int) first");
        if (ndim == AMA_MAX_DIMS)
            return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "a result of more than %d dims", AMA_MAX_DIMS);
        shape[ndim++] = spec->n_q;
    }
    AMA_TRY(ama__node_new(g, AMA_NODE_REDUCE, ama__node_reduce_dtype(in, spec), ndim, shape, out));
    (*out)->u.reduce.in = in;
    (*out)->u.reduce.spec = *spec;
    if (spec->op == AMA_RED_QUANTILE)
        AMA_KEEP(g->arena, (*out)->u.reduce.spec.q,
                 ama__arena_memdup(g->arena, spec->q, (size_t)(spec->n_q ? spec->n_q : 1) * sizeof *spec->q));
    if (!ama__dtype_is_float(in->dtype)) (*out)->u.reduce.spec.skipna = false;
    if (spec->label_axis >= 0) {
        size_t bytes = (size_t)in->shape[spec->label_axis] * sizeof *spec->label;
        AMA_KEEP(g->arena, (*out)->u.reduce.spec.label, ama__arena_memdup(g->arena, spec->label, bytes ? bytes : 1));
    }
    return AMA_OK;
}

/* ---- SCAN */

ama_status ama__node_scan(ama__graph *g, ama__node *in, const ama__scan_spec *spec, ama__node **out) {
    ama_dtype t = spec->rank || ama__dtype_is_float(in->dtype) ? AMA_F8 : in->dtype;
    const int64_t *cut = spec->cut;
    if ((t != AMA_F8 && t != AMA_I8 && t != AMA_U8) || ama__dtype_is_text(in->dtype))
        return ama__fail(g->ctx, AMA_ERR_INTERNAL, "scan of %s", ama__dtype_name(in->dtype));
    if (spec->axis < 0 || spec->axis >= in->ndim || cut[0] != 0 || cut[spec->n_segments] != in->shape[spec->axis])
        return ama__fail(g->ctx, AMA_ERR_INTERNAL, "scan: segments that do not cover the axis");
    AMA_TRY(ama__node_new(g, AMA_NODE_SCAN, t, in->ndim, in->shape, out));
    (*out)->u.scan.in = in;
    (*out)->u.scan.spec = *spec;
    AMA_KEEP(g->arena, (*out)->u.scan.spec.cut,
             ama__arena_memdup(g->arena, cut, (size_t)(spec->n_segments + 1) * sizeof *cut));
    return AMA_OK;
}
