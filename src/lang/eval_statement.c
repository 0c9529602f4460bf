/* Statements. */
#include <string.h>

#include "lang/interp.h"

#define LOOP_MAX 1000000

/* ---- import */

static ama__receiver module_of(const char *name) {
    static const struct {
        const char *name;
        ama__receiver on;
    } modules[] = {{"xarray", AMA_ON_XARRAY},
                   {"numpy", AMA_ON_NUMPY},
                   {"pandas", AMA_ON_PANDAS},
                   {"glob", AMA_ON_GLOB},
                   {"os", AMA_ON_OS},
                   {"os.path", AMA_ON_PATH},
                   {"warnings", AMA_ON_WARNINGS},
                   {"numcodecs", AMA_ON_NUMCODECS},
                   {"zarr", AMA_ON_NUMCODECS}};
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        if (strcmp(modules[i].name, name) == 0) return modules[i].on;
    return AMA_ON_OTHER;
}

static ama_status import_one(ama__interp *ip, const ama__ast *alias) {
    const char *module = alias->alias.module, *name = alias->alias.name, *as = alias->alias.as;
    ama__val v = {.kind = AMA_VAL_MODULE, .u.module = module_of(module)};
    if (name) {
        if (strcmp(module, "__future__") == 0) return AMA_OK;
        if (v.u.module != AMA_ON_OTHER && v.u.module != AMA_ON_PANDAS)
            AMA_TRY(ama__eval_getattr(ip, &v, name, alias->span, &v));
        return ama__scope_set(ip, ip->scope, as ? as : name, &v);
    }
    if (as) return ama__scope_set(ip, ip->scope, as, &v);
    const char *dot = strchr(module, '.');
    if (dot) {
        AMA_KEEP(ip->arena, module, ama__arena_strndup(ip->arena, module, (size_t)(dot - module)));
        v.u.module = module_of(module);
    }
    return ama__scope_set(ip, ip->scope, module, &v);
}

ama_status ama__eval_import(ama__interp *ip, const ama__ast *ast) {
    for (int32_t i = 0; i < ast->list.n; i++) AMA_TRY(import_one(ip, ast->list.at[i]));
    return AMA_OK;
}

/* ---- assignment */

static ama_status unpack(ama__interp *ip, const ama__ast *target, const ama__val *v) {
    ama__val list;
    AMA_TRY(ama__eval_iterate(ip, v, target->span, &list));
    if (list.u.items->n != target->list.n)
        return ama__interp_fail(ip, target->span, AMA_ERR_ARG, "%s values to unpack: %d names for %d values",
                                list.u.items->n > target->list.n ? "too many" : "not enough", target->list.n,
                                list.u.items->n);
    for (int32_t i = 0; i < target->list.n; i++)
        AMA_TRY(ama__eval_assign(ip, target->list.at[i], &list.u.items->at[i]));
    return AMA_OK;
}

static ama_status assign_attribute(ama__interp *ip, const ama__ast *target, const ama__val *v) {
    const char *name = target->attribute.name;
    ama__val base;
    ama__attrs attrs = {0};
    ama__object o;
    AMA_TRY(ama__eval(ip, target->attribute.value, &base));
    bool array = base.kind == AMA_VAL_ARRAY, object = array || base.kind == AMA_VAL_DATASET;
    if (object && strcmp(name, "attrs") == 0) {
        AMA_TRY(ama__make_attrs(ip, v, target->span, &attrs));
        return ama__handle_set_attrs(ip, base.u.handle, &attrs);
    }
    if (array && strcmp(name, "name") == 0 && (v->kind == AMA_VAL_STR || v->kind == AMA_VAL_NONE)) {
        AMA_AT(ip, target->focus,
               ama__graph_rename_array(ip->g, &base.u.handle->object, v->kind == AMA_VAL_STR ? v->u.s : NULL, &o));
        ama__handle_set(base.u.handle, &o);
        return AMA_OK;
    }
    if (object && strcmp(name, "encoding") == 0 && v->kind == AMA_VAL_DICT && v->u.items->n == 0) {
        AMA_TRY(ama__make_drop_encoding(ip, &base.u.handle->object, &o));
        ama__handle_set(base.u.handle, &o);
        return AMA_OK;
    }
    const char *hint = array && strcmp(name, "values") == 0 ? "; make a new array: x.where(cond, other), x + 0 * …"
                       : strcmp(name, "encoding") == 0      ? "; pass encoding= to to_netcdf or to_zarr"
                                                            : "";
    return ama__interp_fail(ip, target->focus, AMA_ERR_UNSUPPORTED, "setting .%s of a %s is not supported%s", name,
                            ama__val_type(&base), hint);
}

static ama_status assign_list_item(ama__interp *ip, const ama__ast *target, ama__val *base, const ama__val *index,
                                   const ama__val *v) {
    int64_t i = index->kind == AMA_VAL_INT ? index->u.i : 0, n = base->u.items->n;
    if (i < 0) i += n;
    if (index->kind != AMA_VAL_INT || i < 0 || i >= n)
        return ama__interp_fail(ip, target->subscript.index->span, AMA_ERR_ARG,
                                "list assignment needs an index below the list's length, %lld", (long long)n);
    base->u.items->at[i] = *v;
    return AMA_OK;
}

static ama_status assign_item(ama__interp *ip, const ama__ast *target, const ama__val *v) {
    ama__val base, index;
    ama__span at = target->subscript.index->span;
    ama__attrs attrs;
    AMA_TRY(ama__eval(ip, target->subscript.value, &base));
    AMA_TRY(ama__eval(ip, target->subscript.index, &index));
    bool name = index.kind == AMA_VAL_STR;
    if (base.kind == AMA_VAL_LIST) return assign_list_item(ip, target, &base, &index, v);
    if (base.kind == AMA_VAL_DICT) return ama__val_put(ip->arena, &base, &index, v);
    if (base.kind == AMA_VAL_ATTRS && name) {
        AMA_TRY(ama__attrs_copy(ip->arena, ama__object_attrs(&base.u.handle->object), &attrs));
        AMA_TRY(ama__val_to_attr(ip, &attrs, index.u.s, v, at));
        return ama__handle_set_attrs(ip, base.u.handle, &attrs);
    }
    if (base.kind == AMA_VAL_DATASET && name) return ama__make_assign(ip, base.u.handle, false, index.u.s, v, at);
    if ((base.kind == AMA_VAL_ARRAY || base.kind == AMA_VAL_COORDS) && name)
        return ama__make_assign(ip, base.u.handle, true, index.u.s, v, at);
    const char *hint = base.kind == AMA_VAL_ENCODING ? "; pass encoding= to to_netcdf or to_zarr"
                       : ama__val_is_object(&base) || base.kind == AMA_VAL_LOC
                           ? "; arrays are not changed in place: use x.where(cond, other)"
                           : "";
    return ama__interp_fail(ip, target->focus, AMA_ERR_UNSUPPORTED, "assignment to %s[...] is not supported%s",
                            ama__val_type(&base), hint);
}

ama_status ama__eval_assign(ama__interp *ip, const ama__ast *target, const ama__val *v) {
    switch (target->kind) {
    case AMA_AST_NAME: return ama__scope_set(ip, ip->scope, target->name, v);
    case AMA_AST_TUPLE:
    case AMA_AST_LIST: return unpack(ip, target, v);
    case AMA_AST_ATTRIBUTE: return assign_attribute(ip, target, v);
    case AMA_AST_SUBSCRIPT: return assign_item(ip, target, v);
    default:
        return ama__interp_fail(ip, target->span, AMA_ERR_UNSUPPORTED, "assignment to %s",
                                ama__ast_kind_text(target->kind));
    }
}

/* ---- del */

static ama_status delete_item(ama__interp *ip, const ama__ast *target) {
    ama__val base, index;
    ama__object o;
    ama__attrs attrs;
    ama__span at = target->subscript.index->span;
    AMA_TRY(ama__eval(ip, target->subscript.value, &base));
    AMA_TRY(ama__eval(ip, target->subscript.index, &index));
    if (index.kind == AMA_VAL_STR && (base.kind == AMA_VAL_DATASET || base.kind == AMA_VAL_COORDS)) {
        AMA_AT(ip, at, ama__graph_drop_vars(ip->g, &base.u.handle->object, 1, &index.u.s, true, &o));
        ama__handle_set(base.u.handle, &o);
        return AMA_OK;
    }
    if (index.kind == AMA_VAL_STR && base.kind == AMA_VAL_ATTRS) {
        AMA_TRY(ama__eval_getitem(ip, &base, &index, at, &(ama__val){0}));
        AMA_TRY(ama__attrs_copy(ip->arena, ama__object_attrs(&base.u.handle->object), &attrs));
        ama__attrs_remove(&attrs, index.u.s);
        return ama__handle_set_attrs(ip, base.u.handle, &attrs);
    }
    return ama__interp_fail(ip, target->span, AMA_ERR_UNSUPPORTED, "del of an item of a %s is not supported",
                            ama__val_type(&base));
}

static ama_status delete (ama__interp *ip, const ama__ast *target) {
    if (target->kind == AMA_AST_SUBSCRIPT) return delete_item(ip, target);
    if (target->kind == AMA_AST_NAME) {
        if (ama__scope_remove(ip->scope, target->name)) return AMA_OK;
        return ama__interp_fail(ip, target->span, AMA_ERR_NOTFOUND, "name '%s' is not defined", target->name);
    }
    return ama__interp_fail(ip, target->span, AMA_ERR_UNSUPPORTED, "del of %s is not supported",
                            ama__ast_kind_text(target->kind));
}

/* ---- compound statements */

static ama_status run_for(ama__interp *ip, const ama__ast *ast) {
    ama__val v, list;
    AMA_TRY(ama__eval(ip, ast->loop.iterable, &v));
    AMA_TRY(ama__eval_iterate(ip, &v, ast->loop.iterable->span, &list));
    for (int i = 0; i < list.u.items->n && !ip->returned; i++) {
        if (++ip->n_steps > LOOP_MAX)
            return ama__interp_fail(ip, ast->span, AMA_ERR_UNSUPPORTED, "loops of more than a million passes");
        AMA_TRY(ama__eval_assign(ip, ast->loop.target, &list.u.items->at[i]));
        AMA_TRY(ama__eval_statements(ip, &ast->loop.body));
    }
    return AMA_OK;
}

static ama_status run_if(ama__interp *ip, const ama__ast *ast) {
    for (int32_t i = 0; i < ast->list.n; i++) {
        const ama__ast *branch = ast->list.at[i];
        bool truth = true;
        ama__val v;
        if (branch->branch.test) {
            AMA_TRY(ama__eval(ip, branch->branch.test, &v));
            AMA_TRY(ama__eval_truth(ip, &v, branch->branch.test->span, &truth));
        }
        if (truth) return ama__eval_statements(ip, &branch->branch.body);
    }
    return AMA_OK;
}

static ama_status run_with(ama__interp *ip, const ama__ast *ast) {
    ama__val *opened;
    AMA_NEW(ip->arena, opened, ast->with.items.n);
    for (int32_t i = 0; i < ast->with.items.n; i++) {
        const ama__ast *item = ast->with.items.at[i];
        ama__val v;
        AMA_TRY(ama__eval(ip, item->item.value, &v));
        if (v.kind != AMA_VAL_DATASET && v.kind != AMA_VAL_ARRAY && v.kind != AMA_VAL_NONE)
            return ama__interp_fail(ip, item->span, AMA_ERR_UNSUPPORTED, "'with' a %s is not supported",
                                    ama__val_type(&v));
        if (item->item.target) AMA_TRY(ama__eval_assign(ip, item->item.target, &v));
        opened[i] = v;
    }
    AMA_TRY(ama__eval_statements(ip, &ast->with.body));
    for (int32_t i = 0; i < ast->with.items.n; i++) ama__input_closed(ip, &opened[i]);
    return AMA_OK;
}

/* x += y of a DataArray changes it in place: dims, dtype, name, coordinates and attributes stay. */
static ama_status augment_array(ama__interp *ip, const ama__ast *ast, ama__handle *h, const ama__handle *result) {
    const ama__variable *before = ama__object_var(&h->object), *r = ama__object_var(&result->object);
    ama__variable *after;
    bool same = before->ndim == r->ndim;
    for (int a = 0; same && a < r->ndim; a++)
        same = strcmp(before->dim[a], r->dim[a]) == 0 && before->node->shape[a] == r->node->shape[a];
    if (!same)
        return ama__interp_fail(ip, ast->focus, AMA_ERR_MISMATCH,
                                "in-place %s= would change the dims of the array; write x = x %s y",
                                ama__ast_op_text(ast->op), ama__ast_op_text(ast->op));
    if (ama__dtype_is_float(r->node->dtype) && !ama__dtype_is_float(before->node->dtype))
        return ama__interp_fail(ip, ast->focus, AMA_ERR_ARG,
                                "in-place %s= cannot turn an array of %s into %s; write x = x %s y",
                                ama__ast_op_text(ast->op), ama__dtype_name(before->node->dtype),
                                ama__dtype_name(r->node->dtype), ama__ast_op_text(ast->op));
    AMA_TRY(ama__variable_copy(ip->g, before, &after));
    AMA_AT(ip, ast->focus, ama__node_cast(ip->g, r->node, before->node->dtype, &after->node));
    return ama__handle_replace(ip, h, after);
}

static ama_status run_augment(ama__interp *ip, const ama__ast *ast) {
    ama__val before, v, after;
    AMA_TRY(ama__eval(ip, ast->augment.target, &before));
    AMA_TRY(ama__eval(ip, ast->augment.value, &v));
    if (before.kind == AMA_VAL_LIST && ast->op == AMA_AST_OP_ADD) {
        ama__val list;
        AMA_TRY(ama__eval_iterate(ip, &v, ast->augment.value->span, &list));
        for (int i = 0, n = list.u.items->n; i < n; i++)
            AMA_TRY(ama__val_append(ip->arena, &before, &list.u.items->at[i]));
        return AMA_OK;
    }
    AMA_TRY(ama__eval_operator(ip, ast->op, &before, &v, ast->focus, &after));
    if (before.kind == AMA_VAL_ARRAY && after.kind == AMA_VAL_ARRAY &&
        !ama__object_var(&before.u.handle->object)->time) {
        AMA_TRY(augment_array(ip, ast, before.u.handle, after.u.handle));
        after = before;
    } else if (before.kind == AMA_VAL_DATASET && after.kind == AMA_VAL_DATASET) {
        ama__handle_set(before.u.handle, &after.u.handle->object);
        after = before;
    }
    if (ast->augment.target->kind == AMA_AST_ATTRIBUTE && before.kind == AMA_VAL_ARRAY)
        return ama__interp_fail(ip, ast->augment.target->focus, AMA_ERR_ARG,
                                "a variable cannot be set as an attribute; write ds[\"%s\"]",
                                ast->augment.target->attribute.name);
    return ama__eval_assign(ip, ast->augment.target, &after);
}

static ama_status run(ama__interp *ip, const ama__ast *ast) {
    ama__val v;
    ip->has_last = false;
    switch (ast->kind) {
    case AMA_AST_ASSIGN:
        AMA_TRY(ama__eval(ip, ast->assign.value, &v));
        for (int32_t i = 0; i < ast->assign.targets.n; i++)
            AMA_TRY(ama__eval_assign(ip, ast->assign.targets.at[i], &v));
        return AMA_OK;
    case AMA_AST_AUGMENT: return run_augment(ip, ast);
    case AMA_AST_EXPRESSION:
        AMA_TRY(ama__eval(ip, ast->statement.value, &ip->last));
        ip->has_last = true;
        ip->last_at = ast->span;
        return AMA_OK;
    case AMA_AST_IMPORT: return ama__eval_import(ip, ast);
    case AMA_AST_FOR: return run_for(ip, ast);
    case AMA_AST_IF: return run_if(ip, ast);
    case AMA_AST_WITH: return run_with(ip, ast);
    case AMA_AST_DEF: return ama__eval_def(ip, ast);
    case AMA_AST_PASS: return AMA_OK;
    case AMA_AST_DEL:
        for (int32_t i = 0; i < ast->list.n; i++) AMA_TRY(delete (ip, ast->list.at[i]));
        return AMA_OK;
    case AMA_AST_RETURN:
        ip->result = ama__val_none();
        if (ast->statement.value) AMA_TRY(ama__eval(ip, ast->statement.value, &ip->result));
        ip->returned = true;
        return AMA_OK;
    default:
        return ama__interp_fail(ip, ast->span, AMA_ERR_UNSUPPORTED, "%s is not supported here",
                                ama__ast_kind_text(ast->kind));
    }
}

ama_status ama__eval_statements(ama__interp *ip, const ama__ast_list *body) {
    for (int32_t i = 0; i < body->n && !ip->returned; i++) AMA_TRY(run(ip, body->at[i]));
    return AMA_OK;
}
