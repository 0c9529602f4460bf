/* value[index], and what a for loop runs over. */
#include <string.h>

#include "lang/interp.h"

/* Bounds of a slice of n elements, as Python clips them: first, end, step. */
static ama_status slice_bounds(ama__interp *ip, const ama__val *slice, int64_t n, ama__span at, int64_t *r) {
    for (int k = 0; k < 3; k++) {
        const ama__val *p = &slice[k];
        if (p->kind != AMA_VAL_NONE && p->kind != AMA_VAL_INT)
            return ama__interp_fail(ip, at, AMA_ERR_ARG, "slice indices must be integers, not %s", ama__val_type(p));
    }
    r[2] = slice[2].kind == AMA_VAL_INT ? slice[2].u.i : 1;
    if (r[2] == 0) return ama__interp_fail(ip, at, AMA_ERR_ARG, "slice step cannot be zero");
    int64_t low = r[2] < 0 ? -1 : 0, high = r[2] < 0 ? n - 1 : n;
    for (int k = 0; k < 2; k++) {
        bool from_low = (k == 0) == (r[2] > 0);
        r[k] = from_low ? low : high;
        if (slice[k].kind == AMA_VAL_NONE) continue;
        r[k] = slice[k].u.i < 0 ? slice[k].u.i + n : slice[k].u.i;
        r[k] = r[k] < low ? low : r[k] > high ? high : r[k];
    }
    return AMA_OK;
}

static ama_status sequence_slice(ama__interp *ip, const ama__val *v, const ama__val *slice, int64_t n, ama__span at,
                                 ama__val *out) {
    int64_t r[3], count;
    char *s;
    AMA_TRY(slice_bounds(ip, slice, n, at, r));
    if (r[2] > n) r[2] = n + 1;
    if (r[2] < -n) r[2] = -n - 1;
    count = r[2] > 0 ? (r[1] - r[0] + r[2] - 1) / r[2] : (r[0] - r[1] - r[2] - 1) / -r[2];
    if (count < 0) count = 0;
    if (v->kind == AMA_VAL_STR) {
        AMA_KEEP(ip->arena, s, ama__arena_alloc(ip->arena, (size_t)count + 1));
        for (int64_t i = 0; i < count; i++) s[i] = v->u.s[r[0] + i * r[2]];
        *out = ama__val_str(s);
        return AMA_OK;
    }
    AMA_TRY(ama__val_seq(ip->arena, v->kind, (int)count, out));
    for (int64_t i = 0; i < count; i++) out->u.items->at[i] = v->u.items->at[r[0] + i * r[2]];
    return AMA_OK;
}

static ama_status sequence_item(ama__interp *ip, const ama__val *v, const ama__val *where, ama__span at,
                                ama__val *out) {
    ama__val index;
    int64_t n = v->kind == AMA_VAL_STR ? (int64_t)strlen(v->u.s) : v->u.items->n;
    if (where->kind == AMA_VAL_SLICE) return sequence_slice(ip, v, where->u.slice, n, at, out);
    AMA_TRY(ama__val_scalar_now(ip, where, at, "an index", &index));
    if (index.kind != AMA_VAL_INT && index.kind != AMA_VAL_BOOL)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "%s indices must be integers or slices, not %s", ama__val_type(v),
                                ama__val_type(&index));
    int64_t i = ama__val_i8(&index);
    if (i < 0) i += n;
    if (i < 0 || i >= n)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "%s index %lld is out of range: it has %lld elements",
                                ama__val_type(v), (long long)ama__val_i8(&index), (long long)n);
    if (v->kind != AMA_VAL_STR) {
        *out = v->u.items->at[i];
        return AMA_OK;
    }
    AMA_KEEP(ip->arena, out->u.s, ama__arena_strndup(ip->arena, v->u.s + i, 1));
    out->kind = AMA_VAL_STR;
    return AMA_OK;
}

static ama_status no_key(ama__interp *ip, const ama__val *index, ama__span at, int n, const char *const *names) {
    ama__text text;
    ama__text_init(&text, ip->ctx);
    ama__val_print(&text, index, true);
    const char *nearest = index->kind == AMA_VAL_STR ? ama__text_nearest(index->u.s, names, n) : NULL;
    ama_status status =
        ama__interp_fail(ip, at, AMA_ERR_NOTFOUND, "there is no key %s%s%s%s", ama__text_get(&text),
                         nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    ama__text_fini(&text);
    return status;
}

static ama_status dict_item(ama__interp *ip, const ama__val *v, const ama__val *index, ama__span at, ama__val *out) {
    const ama__val *found = ama__val_find(v, index);
    const char **names;
    int n = 0;
    if (found) {
        *out = *found;
        return AMA_OK;
    }
    AMA_NEW(ip->arena, names, v->u.items->n);
    for (int i = 0; i < v->u.items->n; i++)
        if (v->u.items->key[i].kind == AMA_VAL_STR) names[n++] = v->u.items->key[i].u.s;
    return no_key(ip, index, at, n, names);
}

static ama_status attr_item(ama__interp *ip, const ama__val *v, const ama__val *index, ama__span at, ama__val *out) {
    const ama__attrs *attrs = ama__object_attrs(&v->u.handle->object);
    const ama__attr *a = index->kind == AMA_VAL_STR ? ama__attrs_find(attrs, index->u.s) : NULL;
    const char **names;
    if (a) return ama__val_from_attr(ip, a, out);
    AMA_NEW(ip->arena, names, attrs->n);
    for (int i = 0; i < attrs->n; i++) names[i] = attrs->a[i].name;
    return no_key(ip, index, at, attrs->n, names);
}

/* {dim: index} as named arguments. */
static ama_status dict_pairs(ama__interp *ip, const ama__val *dict, ama__span at, int *n, ama__arg **out) {
    *n = dict->u.items->n;
    AMA_NEW(ip->arena, *out, *n);
    for (int i = 0; i < *n; i++) {
        const ama__val *key = &dict->u.items->key[i];
        if (key->kind != AMA_VAL_STR)
            return ama__interp_fail(ip, at, AMA_ERR_ARG, "dims are names (str), not %s", ama__val_type(key));
        (*out)[i] = (ama__arg){.name = key->u.s, .v = dict->u.items->at[i], .at = at, .name_at = at, .given = true};
    }
    return AMA_OK;
}

static ama_status select_item(ama__interp *ip, const ama__val *v, bool by_label, const ama__val *index, ama__span at,
                              ama__val *out) {
    const ama__object *in = &v->u.handle->object;
    ama__object o;
    ama__arg *pairs;
    int n;
    if (index->kind == AMA_VAL_DICT) {
        AMA_TRY(dict_pairs(ip, index, at, &n, &pairs));
        AMA_TRY(ama__select(ip, in, by_label, n, pairs, NULL, at, &o));
    } else {
        AMA_TRY(ama__select_axes(ip, in, by_label, index, at, &o));
    }
    return ama__val_object(ip->arena,
                           v->kind == AMA_VAL_NDARRAY ? v->kind
                           : in->is_dataset           ? AMA_VAL_DATASET
                                                      : AMA_VAL_ARRAY,
                           &o, out);
}

static ama_status dataset_item(ama__interp *ip, const ama__val *v, const ama__val *index, ama__span at, ama__val *out) {
    ama__call c = {.method = ama__method_find(AMA_ON_DATASET, "drop_vars")};
    ama__arg names = {.name = "names", .v = *index, .at = at};
    const char **name;
    ama__object o;
    int n;
    if (index->kind == AMA_VAL_STR) return ama__make_lookup(ip, v->u.handle, index->u.s, at, out);
    if (index->kind == AMA_VAL_DICT) return select_item(ip, v, false, index, at, out);
    if (!ama__val_is_seq(index))
        return ama__interp_fail(ip, at, AMA_ERR_ARG,
                                "a Dataset is indexed with a name, a list of names or {dim: index}, not %s",
                                ama__val_type(index));
    AMA_TRY(ama__arg_names(ip, &c, &names, &n, &name));
    AMA_AT(ip, at, ama__graph_subset(ip->g, &v->u.handle->object, n, name, &o));
    return ama__val_object(ip->arena, AMA_VAL_DATASET, &o, out);
}

ama_status ama__eval_getitem(ama__interp *ip, const ama__val *v, const ama__val *index, ama__span at, ama__val *out) {
    switch (v->kind) {
    case AMA_VAL_STR:
    case AMA_VAL_LIST:
    case AMA_VAL_TUPLE: return sequence_item(ip, v, index, at, out);
    case AMA_VAL_DICT: return dict_item(ip, v, index, at, out);
    case AMA_VAL_ATTRS: return attr_item(ip, v, index, at, out);
    case AMA_VAL_DATASET: return dataset_item(ip, v, index, at, out);
    case AMA_VAL_COORDS:
        if (index->kind == AMA_VAL_STR) return ama__make_lookup(ip, v->u.handle, index->u.s, at, out);
        break;
    case AMA_VAL_ARRAY:
        if (index->kind == AMA_VAL_STR) return ama__make_lookup(ip, v->u.handle, index->u.s, at, out);
        return select_item(ip, v, false, index, at, out);
    case AMA_VAL_NDARRAY: return select_item(ip, v, false, index, at, out);
    case AMA_VAL_LOC: return select_item(ip, v, true, index, at, out);
    case AMA_VAL_ENCODING:
    case AMA_VAL_GROUPBY:
    case AMA_VAL_RESAMPLE:
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "%s[...] is not supported yet", ama__val_type(v));
    default: break;
    }
    return ama__interp_fail(ip, at, AMA_ERR_ARG, "'%s' cannot be indexed so", ama__val_type(v));
}

ama_status ama__eval_subscript(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    ama__val v, index;
    AMA_TRY(ama__eval(ip, ast->subscript.value, &v));
    AMA_TRY(ama__eval(ip, ast->subscript.index, &index));
    return ama__eval_getitem(ip, &v, &index, ast->subscript.index->span, out);
}

/* ---- iteration */

static ama_status names_of(ama__interp *ip, int n, const ama__named *v, ama__val *out) {
    AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, n, out));
    for (int i = 0; i < n; i++) out->u.items->at[i] = ama__val_str(v[i].name);
    return AMA_OK;
}

static ama_status along_first(ama__interp *ip, const ama__val *v, ama__span at, ama__val *out) {
    const ama__variable *var = ama__object_var(&v->u.handle->object);
    if (var->ndim == 0) return ama__interp_fail(ip, at, AMA_ERR_ARG, "an array without dims cannot be iterated");
    if (var->node->shape[0] > 10000)
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "a loop over the %lld elements of dim '%s' is too long",
                                (long long)var->node->shape[0], var->dim[0]);
    AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, (int)var->node->shape[0], out));
    for (int i = 0; i < out->u.items->n; i++) {
        ama__val index = ama__val_int(i);
        AMA_TRY(ama__eval_getitem(ip, v, &index, at, &out->u.items->at[i]));
    }
    return AMA_OK;
}

ama_status ama__eval_iterate(ama__interp *ip, const ama__val *v, ama__span at, ama__val *out) {
    const ama__object *o = v->kind >= AMA_VAL_ARRAY ? &v->u.handle->object : NULL;
    switch (v->kind) {
    case AMA_VAL_LIST:
    case AMA_VAL_TUPLE: *out = *v; return AMA_OK;
    case AMA_VAL_DICT:
        AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, v->u.items->n, out));
        for (int i = 0; i < v->u.items->n; i++) out->u.items->at[i] = v->u.items->key[i];
        return AMA_OK;
    case AMA_VAL_STR:
        AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, (int)strlen(v->u.s), out));
        for (int i = 0; i < out->u.items->n; i++) {
            ama__val index = ama__val_int(i);
            AMA_TRY(sequence_item(ip, v, &index, at, &out->u.items->at[i]));
        }
        return AMA_OK;
    case AMA_VAL_DATASET: return names_of(ip, o->ds.n_vars, o->ds.var, out);
    case AMA_VAL_COORDS: return names_of(ip, o->ds.n_coords, o->ds.coord, out);
    case AMA_VAL_ATTRS: {
        const ama__attrs *attrs = ama__object_attrs(o);
        AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, attrs->n, out));
        for (int i = 0; i < attrs->n; i++) out->u.items->at[i] = ama__val_str(attrs->a[i].name);
        return AMA_OK;
    }
    case AMA_VAL_ARRAY:
    case AMA_VAL_NDARRAY: return along_first(ip, v, at, out);
    case AMA_VAL_GROUPBY:
    case AMA_VAL_RESAMPLE:
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED,
                                "iterating over groups is not supported yet; reduce them all at once: .mean()");
    default: return ama__interp_fail(ip, at, AMA_ERR_ARG, "'%s' cannot be iterated", ama__val_type(v));
    }
}
