/* What builders take out of bound arguments. */
#include <string.h>

#include "lang/interp.h"

const ama__arg *ama__call_arg(const ama__call *c, const char *name) {
    static const ama__arg absent;
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->arg[i].name, name) == 0) return &c->arg[i];
    return &absent;
}

ama_status ama__arg_text(ama__interp *ip, const ama__call *c, const ama__arg *a, const char **out) {
    *out = NULL;
    if (a->v.kind == AMA_VAL_NONE) return AMA_OK;
    if (a->v.kind == AMA_VAL_TEXT)
        return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED,
                                "%s() argument '%s' depends on computed values, which are known only after the run",
                                c->method->name, a->name);
    if (a->v.kind != AMA_VAL_STR) return ama__interp_type(ip, c, a, "a str");
    *out = a->v.u.s;
    return AMA_OK;
}

ama_status ama__arg_bool(ama__interp *ip, const ama__call *c, const ama__arg *a, bool *out) {
    if (a->v.kind == AMA_VAL_NONE) return AMA_OK;
    if (a->v.kind != AMA_VAL_BOOL && a->v.kind != AMA_VAL_INT) return ama__interp_type(ip, c, a, "a bool");
    *out = ama__val_i8(&a->v) != 0;
    return AMA_OK;
}

ama_status ama__arg_int(ama__interp *ip, const ama__call *c, const ama__arg *a, int64_t *out) {
    if (a->v.kind == AMA_VAL_NONE) return AMA_OK;
    if (a->v.kind != AMA_VAL_INT) return ama__interp_type(ip, c, a, "an int");
    *out = a->v.u.i;
    return AMA_OK;
}

ama_status ama__arg_names(ama__interp *ip, const ama__call *c, const ama__arg *a, int *n, const char ***out) {
    *n = -1;
    *out = NULL;
    if (a->v.kind == AMA_VAL_NONE) return AMA_OK;
    if (a->v.kind == AMA_VAL_STR) {
        AMA_NEW(ip->arena, *out, 1);
        (*out)[0] = a->v.u.s;
        *n = 1;
        return AMA_OK;
    }
    if (!ama__val_is_seq(&a->v)) return ama__interp_type(ip, c, a, "a name or a list of names");
    AMA_NEW(ip->arena, *out, a->v.u.items->n);
    *n = a->v.u.items->n;
    for (int i = 0; i < *n; i++) {
        const ama__val *v = &a->v.u.items->at[i];
        if (v->kind != AMA_VAL_STR)
            return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "%s() argument '%s' must hold names (str), not %s",
                                    c->method->name, a->name, ama__val_type(v));
        (*out)[i] = v->u.s;
    }
    return AMA_OK;
}

ama_status ama__arg_dims(ama__interp *ip, const ama__call *c, const ama__arg *a, ama__dims *out) {
    const char **names;
    *out = (ama__dims){.kind = AMA_DIMS_NONE};
    if (a->v.kind == AMA_VAL_NONE) return AMA_OK;
    if (a->v.kind == AMA_VAL_ELLIPSIS) {
        out->kind = AMA_DIMS_ELLIPSIS;
        return AMA_OK;
    }
    AMA_TRY(ama__arg_names(ip, c, a, &out->n, &names));
    out->kind = AMA_DIMS_LIST;
    out->name = names;
    return AMA_OK;
}

ama_status ama__arg_skipna(ama__interp *ip, const ama__call *c, const ama__arg *a, ama__skipna *out) {
    bool b = true;
    *out = AMA_SKIPNA_DEFAULT;
    if (a->v.kind == AMA_VAL_NONE) return AMA_OK;
    AMA_TRY(ama__arg_bool(ip, c, a, &b));
    *out = b ? AMA_SKIPNA_YES : AMA_SKIPNA_NO;
    return AMA_OK;
}

ama_status ama__arg_keep(ama__interp *ip, const ama__call *c, const ama__arg *a, ama__keep_attrs *out) {
    bool b = true;
    *out = ip->keep;
    if (a->v.kind == AMA_VAL_NONE) return AMA_OK;
    AMA_TRY(ama__arg_bool(ip, c, a, &b));
    *out = b ? AMA_KEEP_YES : AMA_KEEP_NO;
    return AMA_OK;
}

ama_status ama__arg_dtype(ama__interp *ip, const ama__call *c, const ama__arg *a, ama_dtype *out) {
    const char *name = NULL;
    if (a->v.kind == AMA_VAL_DTYPE) {
        *out = a->v.u.dtype;
        return AMA_OK;
    }
    if (a->v.kind == AMA_VAL_FUNCTION) /* float, int, bool */
        name = a->v.u.bound->method->name;
    else
        AMA_TRY(ama__arg_text(ip, c, a, &name));
    if (!name) return ama__interp_type(ip, c, a, "a dtype");
    if (ama__dtype_parse(name, out) && !ama__dtype_is_text(*out)) return AMA_OK;
    return ama__interp_fail(
        ip, a->at, AMA_ERR_UNSUPPORTED,
        "dtype '%s' is not supported; there are bool, int8 … int64, uint8 … uint64, float32, float64", name);
}

ama_status ama__arg_operand(ama__interp *ip, const ama__call *c, const ama__arg *a, ama__operand *out) {
    (void)c;
    return ama__val_operand(ip, &a->v, a->at, out);
}

ama_status ama__call_refuse(ama__interp *ip, ama__call *c, const char *const *names) {
    for (int i = 0; names[i]; i++) {
        const ama__arg *a = ama__call_arg(c, names[i]);
        if (a->given && a->v.kind != AMA_VAL_NONE)
            return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED, "%s(): argument '%s' is not supported yet",
                                    c->method->name, a->name);
    }
    return AMA_OK;
}

ama_status ama__call_pairs(ama__interp *ip, ama__call *c, const ama__arg *dict, int *n, ama__arg **out) {
    int n_dict = 0;
    if (dict->v.kind == AMA_VAL_DICT)
        n_dict = dict->v.u.items->n;
    else if (dict->v.kind != AMA_VAL_NONE)
        return ama__interp_type(ip, c, dict, "a dict");
    AMA_NEW(ip->arena, *out, n_dict + c->n_kwargs);
    for (int i = 0; i < n_dict; i++) {
        const ama__val *key = &dict->v.u.items->key[i];
        if (key->kind != AMA_VAL_STR)
            return ama__interp_fail(ip, dict->at, AMA_ERR_ARG, "%s(): the keys of '%s' must be names, not %s",
                                    c->method->name, dict->name, ama__val_type(key));
        (*out)[i] = (ama__arg){
            .name = key->u.s, .v = dict->v.u.items->at[i], .at = dict->at, .name_at = dict->at, .given = true};
    }
    for (int i = 0; i < c->n_kwargs; i++) (*out)[n_dict + i] = c->kwargs[i];
    *n = n_dict + c->n_kwargs;
    return AMA_OK;
}
