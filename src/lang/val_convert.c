/* Between Python values and what the graph works with: labels, operands, arrays in memory, attributes. */
#include "lang/interp.h"

#include <string.h>

bool ama__val_label(const ama__val *v, ama__label *out) {
    *out = (ama__label){.kind = AMA_LABEL_NONE};
    switch (v->kind) {
    case AMA_VAL_BOOL: *out = (ama__label){.kind = AMA_LABEL_BOOL, .i8 = v->u.b}; return true;
    case AMA_VAL_INT: *out = (ama__label){.kind = AMA_LABEL_INT, .i8 = v->u.i}; return true;
    case AMA_VAL_FLOAT: *out = (ama__label){.kind = AMA_LABEL_FLOAT, .f8 = v->u.f}; return true;
    case AMA_VAL_STR: *out = (ama__label){.kind = AMA_LABEL_TEXT, .text = v->u.s}; return true;
    case AMA_VAL_DATETIME:
        *out = (ama__label){.kind = AMA_LABEL_TICK, .i8 = v->u.datetime->ns, .axis = &ama__datetime_axis};
        return true;
    default: return false;
    }
}

ama_status ama__val_operand(ama__interp *ip, const ama__val *v, ama__span at, ama__operand *out) {
    ama__handle *h;
    switch (v->kind) {
    case AMA_VAL_ARRAY:
    case AMA_VAL_DATASET:
    case AMA_VAL_NDARRAY:
    case AMA_VAL_NUMBER: *out = ama__operand_object(&v->u.handle->object); return AMA_OK;
    case AMA_VAL_BOOL: *out = ama__operand_bool(v->u.b); return AMA_OK;
    case AMA_VAL_INT: *out = ama__operand_int(v->u.i); return AMA_OK;
    case AMA_VAL_FLOAT: *out = ama__operand_float(v->u.f); return AMA_OK;
    case AMA_VAL_STR: *out = ama__operand_text(v->u.s); return AMA_OK;
    case AMA_VAL_DATETIME:
    case AMA_VAL_LIST:
    case AMA_VAL_TUPLE:
        AMA_TRY(ama__val_ndarray(ip, v, at, &h));
        *out = ama__operand_object(&h->object);
        return AMA_OK;
    default:
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "a number or an array is needed here, not %s", ama__val_type(v));
    }
}

/* ---- arrays in memory */

ama_status ama__val_bare(ama__interp *ip, ama__node *node, const ama__timeaxis *time, ama__handle **out) {
    const char *dim[AMA_MAX_DIMS];
    ama__variable *var;
    for (int a = 0; a < node->ndim; a++) AMA_KEEP(ip->arena, dim[a], ama__arena_printf(ip->arena, "dim_%d", a));
    AMA_TRY(ama__variable_new(ip->g, dim, node, &var));
    var->time = time;
    AMA_NEW(ip->arena, *out, 1);
    return ama__object_from_array(ip->g, NULL, var, 0, NULL, &(*out)->object);
}

typedef struct flat_list {
    ama__interp *ip;
    ama__span at;
    int ndim;
    int64_t shape[AMA_MAX_DIMS];
    int64_t n, cap;
    const ama__val **leaf;
    ama_dtype dtype;    /* of the numbers so far */
    ama__val_kind kind; /* the widest of bool, int, float; or str, or datetime64 */
} flat_list;

static ama_status add_leaf(flat_list *f, const ama__val *v) {
    if (f->n == f->cap) {
        const ama__val **leaf;
        f->cap = f->cap ? 2 * f->cap : 16;
        AMA_NEW(f->ip->arena, leaf, f->cap);
        if (f->n) memcpy(leaf, f->leaf, (size_t)f->n * sizeof *leaf);
        f->leaf = leaf;
    }
    if (!ama__val_is_number(v) && v->kind != AMA_VAL_STR && v->kind != AMA_VAL_DATETIME)
        return ama__interp_fail(f->ip, f->at, AMA_ERR_ARG,
                                "an array can be made of numbers, strings or times, not of %s", ama__val_type(v));
    if (f->n && v->kind != f->kind && !(ama__val_is_number(v) && f->kind <= AMA_VAL_FLOAT))
        return ama__interp_fail(f->ip, f->at, AMA_ERR_ARG, "%s and %s are mixed in one array",
                                ama__val_type(f->leaf[0]), ama__val_type(v));
    if (v->kind > f->kind) f->kind = v->kind;
    if (ama__val_is_number(v) && !ama__dtype_promote(f->n ? f->dtype : ama__val_dtype(v), ama__val_dtype(v), &f->dtype))
        return ama__interp_fail(f->ip, f->at, AMA_ERR_UNSUPPORTED, "numbers of these types in one array");
    f->leaf[f->n++] = v;
    return AMA_OK;
}

static ama_status flatten(flat_list *f, const ama__val *v, int depth) {
    if (!ama__val_is_seq(v)) {
        if (f->ndim >= 0 && depth != f->ndim)
            return ama__interp_fail(f->ip, f->at, AMA_ERR_ARG, "the nested lists are not rectangular");
        f->ndim = depth;
        return add_leaf(f, v);
    }
    if (depth >= AMA_MAX_DIMS)
        return ama__interp_fail(f->ip, f->at, AMA_ERR_UNSUPPORTED, "lists nested more than %d deep", AMA_MAX_DIMS);
    int n = v->u.items->n;
    if (f->shape[depth] < 0) f->shape[depth] = n;
    if (f->shape[depth] != n || (f->ndim >= 0 && depth >= f->ndim))
        return ama__interp_fail(f->ip, f->at, AMA_ERR_ARG, "the nested lists are not rectangular");
    for (int i = 0; i < n; i++) {
        ama__val one = v->u.items->at[i], *copy;
        if (ama__val_is_object(&one)) AMA_TRY(ama__val_scalar_now(f->ip, &one, f->at, "an element of a list", &one));
        AMA_KEEP(f->ip->arena, copy, ama__arena_memdup(f->ip->arena, &one, sizeof one));
        AMA_TRY(flatten(f, copy, depth + 1));
    }
    return AMA_OK;
}

ama_status ama__val_ndarray(ama__interp *ip, const ama__val *v, ama__span at, ama__handle **out) {
    flat_list f = {.ip = ip, .at = at, .ndim = -1, .kind = AMA_VAL_BOOL};
    if (ama__val_is_object(v)) {
        *out = v->u.handle;
        return AMA_OK;
    }
    for (int a = 0; a < AMA_MAX_DIMS; a++) f.shape[a] = -1;
    AMA_TRY(flatten(&f, v, 0));
    if (f.ndim < 0) /* no leaf: an empty list */
        for (f.ndim = 0; f.shape[f.ndim] >= 0;) f.ndim++;
    bool times = f.kind == AMA_VAL_DATETIME;
    ama_dtype t = f.n == 0 ? AMA_F8 : times ? AMA_I8 : f.kind == AMA_VAL_STR ? AMA_STRING : f.dtype;
    void *data;
    ama__node *node;
    AMA_KEEP(ip->arena, data, ama__arena_alloc(ip->arena, (size_t)(f.n ? f.n : 1) * ama__dtype_bytes(t)));
    for (int64_t i = 0; i < f.n; i++) {
        if (t == AMA_STRING)
            ((const char **)data)[i] = f.leaf[i]->u.s;
        else if (ama__dtype_is_float(t))
            ama__dtype_set_f8(t, data, i, ama__val_f8(f.leaf[i]));
        else
            ama__dtype_set_i8(t, data, i, times ? f.leaf[i]->u.datetime->ns : ama__val_i8(f.leaf[i]));
    }
    AMA_TRY(ama__node_const(ip->g, t, f.ndim, f.shape, data, false, &node));
    return ama__val_bare(ip, node, times ? &ama__datetime_axis : NULL, out);
}

ama__val ama__val_element(ama_dtype t, const void *data, int64_t i) {
    if (t == AMA_STRING) return ama__val_str(((char *const *)data)[i] ? ((char *const *)data)[i] : "");
    if (t == AMA_BOOL) return ama__val_bool(ama__dtype_get_i8(t, data, i) != 0);
    if (ama__dtype_is_float(t)) return ama__val_float(ama__dtype_get_f8(t, data, i));
    return ama__val_int(ama__dtype_get_i8(t, data, i));
}

static ama_status nest(ama__interp *ip, const ama__node *node, const void *data, int axis, int64_t *at, ama__val *out) {
    if (axis == node->ndim) {
        *out = ama__val_element(node->dtype, data, (*at)++);
        return AMA_OK;
    }
    AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, (int)node->shape[axis], out));
    for (int i = 0; i < out->u.items->n; i++) AMA_TRY(nest(ip, node, data, axis + 1, at, &out->u.items->at[i]));
    return AMA_OK;
}

ama_status ama__val_from_memory(ama__interp *ip, const ama__node *node, const void *data, ama__val *out) {
    int64_t at = 0, size;
    if (!ama__shape_size(node->ndim, node->shape, &size) || size > 1000000)
        return ama__fail(ip->ctx, AMA_ERR_UNSUPPORTED, "an array of more than a million elements as a list");
    return nest(ip, node, data, 0, &at, out);
}

ama_status ama__val_tolist(ama__interp *ip, const ama__val *v, ama__span at, ama__val *out) {
    const void *data;
    if (v->u.handle->object.is_dataset)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "an array is needed here, not a Dataset");
    const ama__variable *var = ama__object_var(&v->u.handle->object);
    if (var->time) return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "times as Python values are not supported yet");
    AMA_AT(ip, at, ama__labels_eval(ip->g, NULL, var->node, "values", &data));
    return ama__interp_at(ip, at, ama__val_from_memory(ip, var->node, data, out));
}

/* ---- scalars */

ama_status ama__val_scalar(ama__interp *ip, const ama__object *o, ama__span at, ama__val *out) {
    const void *data;
    int64_t size = 0;
    ama__handle *h;
    if (o->is_dataset) return ama__interp_fail(ip, at, AMA_ERR_ARG, "a number is needed here, not a Dataset");
    const ama__variable *v = ama__object_var(o);
    ama__shape_size(v->ndim, v->node->shape, &size);
    if (size != 1)
        return ama__interp_fail(ip, at, AMA_ERR_ARG,
                                "only an array of one element can become a number; this one has %lld", (long long)size);
    if (v->time || !ama__labels_is_eager(v->node)) {
        ama__pick none[1];
        int64_t fixed[AMA_MAX_DIMS] = {0};
        ama__node *node = v->node;
        if (v->ndim) AMA_AT(ip, at, ama__node_index(ip->g, node, 0, none, fixed, &node));
        /* Python's numbers are of 64 bits. */
        if (!v->time && node->dtype != AMA_BOOL && !ama__dtype_is_text(node->dtype))
            AMA_AT(ip, at, ama__node_cast(ip->g, node, ama__dtype_is_float(node->dtype) ? AMA_F8 : AMA_I8, &node));
        AMA_AT(ip, at, ama__val_bare(ip, node, v->time, &h));
        *out = (ama__val){.kind = v->time ? AMA_VAL_NDARRAY : AMA_VAL_NUMBER, .u.handle = h};
        return AMA_OK;
    }
    AMA_AT(ip, at, ama__labels_eval(ip->g, NULL, v->node, "a number", &data));
    *out = ama__val_element(v->node->dtype, data, 0);
    return AMA_OK;
}

ama_status ama__val_scalar_now(ama__interp *ip, const ama__val *v, ama__span at, const char *what, ama__val *out) {
    const void *data;
    *out = *v;
    if (!ama__val_is_object(v)) return AMA_OK;
    AMA_TRY(ama__val_scalar(ip, &v->u.handle->object, at, out));
    if (out->kind != AMA_VAL_NUMBER) return AMA_OK;
    const ama__variable *var = ama__object_var(&out->u.handle->object);
    AMA_AT(ip, at, ama__labels_eval(ip->g, NULL, var->node, what, &data));
    *out = ama__val_element(var->node->dtype, data, 0);
    return AMA_OK;
}

/* ---- attributes */

ama_status ama__val_to_attr(ama__interp *ip, ama__attrs *attrs, const char *name, const ama__val *v, ama__span at) {
    ama__handle *h;
    const void *data;
    int64_t size;
    if (v->kind == AMA_VAL_STR) return ama__attrs_set_text(ip->arena, attrs, name, v->u.s);
    if (v->kind == AMA_VAL_TEXT)
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED,
                                "attribute '%s' depends on computed values, which are known only after the run", name);
    if (v->kind == AMA_VAL_INT || v->kind == AMA_VAL_FLOAT) {
        ama_dtype t = ama__val_dtype(v);
        uint64_t buf = 0;
        if (ama__dtype_is_float(t))
            ama__dtype_set_f8(t, &buf, 0, ama__val_f8(v));
        else
            ama__dtype_set_i8(t, &buf, 0, ama__val_i8(v));
        return ama__attrs_set(ip->arena, attrs, name, t, 1, &buf);
    }
    if (!ama__val_is_seq(v) && !ama__val_is_object(v))
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "attribute '%s' must be a str, a number or a list of them, not %s",
                                name, ama__val_type(v));
    AMA_TRY(ama__val_ndarray(ip, v, at, &h));
    if (h->object.is_dataset || ama__object_var(&h->object)->time)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "attribute '%s' cannot be a %s", name,
                                h->object.is_dataset ? "Dataset" : "time");
    const ama__node *node = ama__object_var(&h->object)->node;
    AMA_AT(ip, at, ama__labels_eval(ip->g, NULL, ama__object_var(&h->object)->node, "an attribute", &data));
    if (!ama__shape_size(node->ndim, node->shape, &size) || node->ndim > 1)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "attribute '%s' must have one dim at most", name);
    return ama__attrs_set(ip->arena, attrs, name, node->dtype, size, data);
}

ama_status ama__val_from_attr(ama__interp *ip, const ama__attr *a, ama__val *out) {
    if (a->dtype == AMA_CHAR) {
        *out = ama__val_str(a->data ? (const char *)a->data : "");
        return AMA_OK;
    }
    if (a->n == 1) {
        *out = ama__val_element(a->dtype, a->data, 0);
        return AMA_OK;
    }
    AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, (int)a->n, out));
    for (int i = 0; i < out->u.items->n; i++) out->u.items->at[i] = ama__val_element(a->dtype, a->data, i);
    return AMA_OK;
}

/* ---- changes in place */

ama_status ama__handle_replace(ama__interp *ip, ama__handle *h, ama__variable *after) {
    const ama__variable *before = ama__object_var(&h->object);
    ama__object changed;
    for (ama__handle *p = h; p; p = p->parent) {
        AMA_TRY(ama__object_copy(ip->g, &p->object, &changed));
        for (int i = 0; i < changed.ds.n_vars; i++)
            if (changed.ds.var[i].var == before) changed.ds.var[i].var = after;
        for (int i = 0; i < changed.ds.n_coords; i++)
            if (changed.ds.coord[i].var == before) changed.ds.coord[i].var = after;
        p->object = changed;
    }
    return AMA_OK;
}

ama_status ama__handle_set_attrs(ama__interp *ip, ama__handle *h, const ama__attrs *attrs) {
    ama__variable *after;
    ama__object changed;
    if (h->object.is_dataset) {
        AMA_TRY(ama__graph_set_attrs(ip->g, &h->object, true, attrs, &changed));
        h->object = changed;
        return AMA_OK;
    }
    AMA_TRY(ama__variable_copy(ip->g, ama__object_var(&h->object), &after));
    after->attrs = *attrs;
    return ama__handle_replace(ip, h, after);
}
