/* Expressions. */
#include <string.h>

#include "lang/interp.h"

static ama_status eval_items(ama__interp *ip, const ama__ast *ast, ama__val_kind kind, ama__val *out) {
    AMA_TRY(ama__val_seq(ip->arena, kind, ast->list.n, out));
    for (int32_t i = 0; i < ast->list.n; i++) AMA_TRY(ama__eval(ip, ast->list.at[i], &out->u.items->at[i]));
    return AMA_OK;
}

static ama_status eval_dict(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    AMA_TRY(ama__val_dict(ip->arena, out));
    for (int32_t i = 0; i < ast->dict.keys.n; i++) {
        ama__val key, v;
        AMA_TRY(ama__eval(ip, ast->dict.keys.at[i], &key));
        if (!ama__val_is_number(&key) && key.kind != AMA_VAL_STR && key.kind != AMA_VAL_TUPLE)
            return ama__interp_fail(ip, ast->dict.keys.at[i]->span, AMA_ERR_ARG, "a %s cannot be the key of a dict",
                                    ama__val_type(&key));
        AMA_TRY(ama__eval(ip, ast->dict.values.at[i], &v));
        AMA_TRY(ama__val_put(ip->arena, out, &key, &v));
    }
    return AMA_OK;
}

static ama_status eval_slice(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    const ama__ast *part[3] = {ast->slice.start, ast->slice.stop, ast->slice.step};
    ama__val *v;
    AMA_NEW(ip->arena, v, 3);
    for (int i = 0; i < 3; i++)
        if (part[i]) AMA_TRY(ama__eval(ip, part[i], &v[i]));
    *out = (ama__val){.kind = AMA_VAL_SLICE, .u.slice = v};
    return AMA_OK;
}

static ama_status eval_logical(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    for (int32_t i = 0; i < ast->list.n; i++) {
        bool truth;
        AMA_TRY(ama__eval(ip, ast->list.at[i], out));
        if (i == ast->list.n - 1) break;
        AMA_TRY(ama__eval_truth(ip, out, ast->list.at[i]->span, &truth));
        if (truth == (ast->op == AMA_AST_OP_OR)) break;
    }
    return AMA_OK;
}

static ama_status eval_conditional(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    ama__val test;
    bool truth;
    AMA_TRY(ama__eval(ip, ast->conditional.test, &test));
    AMA_TRY(ama__eval_truth(ip, &test, ast->conditional.test->span, &truth));
    return ama__eval(ip, truth ? ast->conditional.then : ast->conditional.otherwise, out);
}

ama_status ama__eval_name(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    const ama__val *v = ama__scope_find(ip->scope, ast->name);
    if (v) {
        *out = *v;
        return AMA_OK;
    }
    const ama__method *m = ama__method_find(AMA_ON_BUILTINS, ast->name);
    if (m) {
        ama__bound *bound;
        AMA_NEW(ip->arena, bound, 1);
        bound->method = m;
        *out = (ama__val){.kind = AMA_VAL_FUNCTION, .u.bound = bound};
        return AMA_OK;
    }
    if (ama__method_known(AMA_ON_BUILTINS, ast->name))
        return ama__interp_fail(ip, ast->span, AMA_ERR_UNSUPPORTED, "%s() is not supported yet", ast->name);
    const char **names;
    int n = 0, n_table;
    const ama__method *table = ama__method_table(&n_table);
    const ama__scope *s;
    int room = n_table;
    for (s = ip->scope; s; s = s->outer) room += s->n;
    AMA_NEW(ip->arena, names, room);
    for (s = ip->scope; s; s = s->outer)
        for (int i = 0; i < s->n; i++) names[n++] = s->name[i];
    for (int i = 0; i < n_table; i++)
        if (table[i].on == AMA_ON_BUILTINS) names[n++] = table[i].name;
    const char *nearest = ama__text_nearest(ast->name, names, n);
    const char *import = strcmp(ast->name, "xr") == 0   ? "; add: import xarray as xr"
                         : strcmp(ast->name, "np") == 0 ? "; add: import numpy as np"
                                                        : NULL;
    if (import) nearest = NULL;
    return ama__interp_fail(ip, ast->span, AMA_ERR_NOTFOUND, "name '%s' is not defined%s%s%s%s", ast->name,
                            import ? import : "", nearest ? "; did you mean '" : "", nearest ? nearest : "",
                            nearest ? "'?" : "");
}

ama_status ama__eval(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    *out = ama__val_none();
    switch (ast->kind) {
    case AMA_AST_NONE: return AMA_OK;
    case AMA_AST_BOOL: *out = ama__val_bool(ast->boolean); return AMA_OK;
    case AMA_AST_INT: *out = ama__val_int(ast->integer); return AMA_OK;
    case AMA_AST_FLOAT: *out = ama__val_float(ast->real); return AMA_OK;
    case AMA_AST_STR: *out = ama__val_str(ast->str.s); return AMA_OK;
    case AMA_AST_ELLIPSIS: out->kind = AMA_VAL_ELLIPSIS; return AMA_OK;
    case AMA_AST_FSTRING: return ama__eval_fstring(ip, ast, out);
    case AMA_AST_NAME: return ama__eval_name(ip, ast, out);
    case AMA_AST_ATTRIBUTE: return ama__eval_attribute(ip, ast, out);
    case AMA_AST_SUBSCRIPT: return ama__eval_subscript(ip, ast, out);
    case AMA_AST_SLICE: return eval_slice(ip, ast, out);
    case AMA_AST_CALL: return ama__eval_call(ip, ast, out);
    case AMA_AST_TUPLE: return eval_items(ip, ast, AMA_VAL_TUPLE, out);
    case AMA_AST_LIST: return eval_items(ip, ast, AMA_VAL_LIST, out);
    case AMA_AST_DICT: return eval_dict(ip, ast, out);
    case AMA_AST_UNARY: return ama__eval_unary(ip, ast, out);
    case AMA_AST_BINARY:
    case AMA_AST_COMPARE: return ama__eval_binary(ip, ast, out);
    case AMA_AST_LOGICAL: return eval_logical(ip, ast, out);
    case AMA_AST_CONDITIONAL: return eval_conditional(ip, ast, out);
    default:
        return ama__interp_fail(ip, ast->span, AMA_ERR_UNSUPPORTED, "%s is not supported here",
                                ama__ast_kind_text(ast->kind));
    }
}

ama_status ama__eval_truth(ama__interp *ip, const ama__val *v, ama__span at, bool *out) {
    ama__val now;
    switch (v->kind) {
    case AMA_VAL_NONE: *out = false; return AMA_OK;
    case AMA_VAL_BOOL:
    case AMA_VAL_INT: *out = ama__val_i8(v) != 0; return AMA_OK;
    case AMA_VAL_FLOAT: *out = v->u.f != 0; return AMA_OK;
    case AMA_VAL_DATETIME: *out = v->u.datetime->ns != 0; return AMA_OK;
    case AMA_VAL_STR: *out = v->u.s[0] != '\0'; return AMA_OK;
    case AMA_VAL_LIST:
    case AMA_VAL_TUPLE:
    case AMA_VAL_DICT: *out = v->u.items->n > 0; return AMA_OK;
    case AMA_VAL_DATASET: *out = v->u.handle->object.ds.n_vars > 0; return AMA_OK;
    case AMA_VAL_ARRAY:
    case AMA_VAL_NDARRAY:
    case AMA_VAL_NUMBER: {
        int64_t size = 0;
        const ama__variable *var = ama__object_var(&v->u.handle->object);
        ama__shape_size(var->ndim, var->node->shape, &size);
        if (size != 1)
            return ama__interp_fail(ip, at, AMA_ERR_ARG,
                                    "the truth of an array of %lld elements is ambiguous: use & | ~ in place of and, "
                                    "or, not, or .any() or .all()",
                                    (long long)size);
        AMA_TRY(ama__val_scalar_now(ip, v, at, "a condition", &now));
        if (ama__val_is_object(&now)) break;
        return ama__eval_truth(ip, &now, at, out);
    }
    case AMA_VAL_TEXT: *out = true; return AMA_OK;
    default: break;
    }
    *out = true;
    return AMA_OK;
}

/* ---- f-strings */

static ama_status eval_field(ama__interp *ip, const ama__ast *field, ama__piece_list *list) {
    ama__val v, spec = ama__val_str("");
    AMA_TRY(ama__eval(ip, field->field.value, &v));
    if (!field->field.conversion) v.numpy = 0; /* formatted, numpy's numbers are Python's */
    if (field->field.spec) AMA_TRY(ama__eval(ip, field->field.spec, &spec));
    if (spec.kind != AMA_VAL_STR)
        return ama__interp_fail(ip, field->span, AMA_ERR_UNSUPPORTED, "a format that depends on computed values");
    return ama__pieces_val(ip, list, &v, field->field.conversion == 'r' || field->field.conversion == 'a', spec.u.s,
                           field->field.value->span);
}

ama_status ama__eval_fstring(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    ama__piece_list list = {0};
    for (int32_t i = 0; i < ast->list.n; i++) {
        const ama__ast *part = ast->list.at[i];
        if (part->kind == AMA_AST_STR)
            AMA_TRY(ama__pieces_text(ip, &list, part->str.s));
        else
            AMA_TRY(eval_field(ip, part, &list));
    }
    return ama__pieces_join(ip, &list, out);
}
