/* Operators on arrays, groups and mixtures of them with Python's numbers. */
#include <string.h>

#include "lang/interp.h"

static bool graph_op(ama__ast_op op, ama__op *out) {
    static const struct {
        ama__ast_op ast;
        ama__op op;
    } pairs[] = {
        {AMA_AST_OP_ADD, AMA_OP_ADD},
        {AMA_AST_OP_SUB, AMA_OP_SUB},
        {AMA_AST_OP_MUL, AMA_OP_MUL},
        {AMA_AST_OP_DIV, AMA_OP_DIV},
        {AMA_AST_OP_MOD, AMA_OP_MOD},
        {AMA_AST_OP_POW, AMA_OP_POW},
        {AMA_AST_OP_FLOORDIV, AMA_OP_FLOORDIV},
        {AMA_AST_OP_BITAND, AMA_OP_AND},
        {AMA_AST_OP_BITOR, AMA_OP_OR},
        {AMA_AST_OP_BITXOR, AMA_OP_XOR},
        {AMA_AST_OP_EQ, AMA_OP_EQ},
        {AMA_AST_OP_NE, AMA_OP_NE},
        {AMA_AST_OP_LT, AMA_OP_LT},
        {AMA_AST_OP_LE, AMA_OP_LE},
        {AMA_AST_OP_GT, AMA_OP_GT},
        {AMA_AST_OP_GE, AMA_OP_GE},
        {AMA_AST_OP_INVERT, AMA_OP_NOT},
        {AMA_AST_OP_NEG, AMA_OP_NEG},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i].ast == op) {
            *out = pairs[i].op;
            return true;
        }
    return false;
}

static int ndim_of(const ama__val *v) {
    return ama__object_var(&v->u.handle->object)->ndim;
}

/* A numpy array beside one with names: its dims become the last ones of the other. */
static ama_status fit_dims(ama__interp *ip, const ama__val *named, ama__val *bare, ama__span at) {
    const ama__variable *to = ama__object_var(&named->u.handle->object);
    const ama__variable *from = ama__object_var(&bare->u.handle->object);
    ama__variable *var;
    int extra = to->ndim - from->ndim;
    if (extra < 0)
        return ama__interp_fail(ip, at, AMA_ERR_MISMATCH, "an array of %d dims does not fit one of %d dims", from->ndim,
                                to->ndim);
    AMA_TRY(ama__variable_copy(ip->g, from, &var));
    for (int a = 0; a < from->ndim; a++) {
        if (from->node->shape[a] != to->node->shape[a + extra])
            return ama__interp_fail(
                ip, at, AMA_ERR_MISMATCH, "the array's axis %d has %lld elements, dim '%s' has %lld", a,
                (long long)from->node->shape[a], to->dim[a + extra], (long long)to->node->shape[a + extra]);
        var->dim[a] = to->dim[a + extra];
    }
    ama__object o;
    AMA_TRY(ama__object_from_array(ip->g, NULL, var, 0, NULL, &o));
    return ama__val_object(ip->arena, AMA_VAL_NDARRAY, &o, bare);
}

/* Python numbers that are known after the run take the dtype of a float array, as those written out do. */
static ama_status weaken(ama__interp *ip, const ama__val *array, ama__val *number) {
    ama_dtype t = ama__object_var(&array->u.handle->object)->node->dtype;
    ama__object o;
    if (!ama__dtype_is_float(t)) return AMA_OK;
    AMA_TRY(ama__object_astype(ip->g, &number->u.handle->object, t, &o));
    return ama__val_object(ip->arena, AMA_VAL_NUMBER, &o, number);
}

static ama_status fit_pair(ama__interp *ip, ama__val *a, ama__val *b, ama__span at) {
    ama__val *v[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        ama__val *x = v[i], *other = v[1 - i];
        ama__handle *h;
        if (ama__val_is_seq(x)) {
            AMA_TRY(ama__val_ndarray(ip, x, at, &h));
            *x = (ama__val){.kind = AMA_VAL_NDARRAY, .u.handle = h};
        }
        if (x->kind == AMA_VAL_NUMBER && (other->kind == AMA_VAL_ARRAY || other->kind == AMA_VAL_NDARRAY))
            AMA_TRY(weaken(ip, other, x));
        if (x->kind != AMA_VAL_NDARRAY || ndim_of(x) == 0) continue;
        if (other->kind == AMA_VAL_ARRAY || (other->kind == AMA_VAL_NDARRAY && ndim_of(other) > ndim_of(x)))
            AMA_TRY(fit_dims(ip, other, x, at));
        else if (other->kind == AMA_VAL_DATASET)
            return ama__interp_fail(ip, at, AMA_ERR_ARG, "a numpy array has no dims that a Dataset could match");
    }
    return AMA_OK;
}

static ama__val_kind result_kind(const ama__val *a, const ama__val *b) {
    static const ama__val_kind order[] = {AMA_VAL_DATASET, AMA_VAL_ARRAY, AMA_VAL_NDARRAY};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (a->kind == order[i] || (b && b->kind == order[i])) return order[i];
    return AMA_VAL_NUMBER;
}

static ama_status finish(ama__interp *ip, ama__val_kind kind, const ama__object *o, ama__span at, ama__val *out) {
    if (kind == AMA_VAL_NUMBER) return ama__val_scalar(ip, o, at, out);
    return ama__val_object(ip->arena, kind, o, out);
}

static ama_status group_op(ama__interp *ip, ama__op op, const ama__val *a, const ama__val *b, ama__span at,
                           ama__val *out) {
    bool reversed = a->kind != AMA_VAL_GROUPBY;
    const ama__group *group = reversed ? b->u.group : a->u.group;
    ama__operand other;
    ama__object o;
    AMA_TRY(ama__val_operand(ip, reversed ? a : b, at, &other));
    if (other.kind != AMA_OPERAND_OBJECT)
        return ama__interp_fail(
            ip, at, AMA_ERR_ARG,
            "a GroupBy is combined with a DataArray or Dataset that has the dim '%s'; use the array "
            "itself with a number",
            group->name);
    AMA_AT(ip, at, ama__group_arith(ip->g, group, op, &other, reversed, &o));
    return ama__val_object(ip->arena, o.is_dataset ? AMA_VAL_DATASET : AMA_VAL_ARRAY, &o, out);
}

ama_status ama__eval_operator(ama__interp *ip, ama__ast_op op, const ama__val *a, const ama__val *b, ama__span at,
                              ama__val *out) {
    bool arrays = ama__val_is_object(a) || ama__val_is_object(b);
    bool groups = a->kind == AMA_VAL_GROUPBY || b->kind == AMA_VAL_GROUPBY;
    ama__val x = *a, y = *b;
    ama__op g;
    if ((!arrays && !groups) || !graph_op(op, &g)) return ama__eval_plain(ip, op, a, b, at, out);
    if (a->kind == AMA_VAL_TEXT || b->kind == AMA_VAL_TEXT || a->kind == AMA_VAL_NONE || b->kind == AMA_VAL_NONE)
        return ama__eval_plain(ip, op, a, b, at, out);
    if (groups) return group_op(ip, g, a, b, at, out);
    ama__operand in[2];
    ama__object o;
    AMA_AT(ip, at, fit_pair(ip, &x, &y, at));
    AMA_TRY(ama__val_operand(ip, &x, at, &in[0]));
    AMA_TRY(ama__val_operand(ip, &y, at, &in[1]));
    AMA_AT(ip, at, ama__object_map(ip->g, g, 2, in, ip->keep, &o));
    return finish(ip, result_kind(&x, &y), &o, at, out);
}

static bool has_groups(const ama__val *a) {
    return a->kind == AMA_VAL_GROUPBY || a->kind == AMA_VAL_RESAMPLE || a->kind == AMA_VAL_WEIGHTED;
}

ama_status ama__eval_binary(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    ama__val a, b;
    AMA_TRY(ama__eval(ip, ast->binary.left, &a));
    AMA_TRY(ama__eval(ip, ast->binary.right, &b));
    if (has_groups(&a) && has_groups(&b))
        return ama__interp_fail(ip, ast->focus, AMA_ERR_ARG,
                                "two grouped objects cannot be combined; reduce one first");
    return ama__eval_operator(ip, ast->op, &a, &b, ast->focus, out);
}

/* Integers of numpy keep their type as long as they fit it. */
static ama_status keep_int(ama__interp *ip, const ama__ast *ast, uint8_t numpy, ama__val *out) {
    ama_dtype t = (ama_dtype)(numpy - 1);
    uint64_t buf = 0;
    ama__dtype_set_i8(t, &buf, 0, out->u.i);
    if (ama__dtype_get_i8(t, &buf, 0) != out->u.i)
        return ama__interp_fail(ip, ast->focus, AMA_ERR_UNSUPPORTED, "%lld, which %s does not hold",
                                (long long)out->u.i, ama__dtype_name(t));
    out->numpy = numpy;
    return AMA_OK;
}

static ama_status negate_plain(ama__interp *ip, const ama__ast *ast, const ama__val *v, ama__val *out) {
    if (!ama__val_is_number(v) || (ast->op == AMA_AST_OP_INVERT && v->kind == AMA_VAL_FLOAT))
        return ama__interp_fail(ip, ast->focus, AMA_ERR_ARG, "bad operand type for unary %s: '%s'",
                                ama__ast_op_text(ast->op), ama__val_type(v));
    if (ast->op == AMA_AST_OP_INVERT)
        *out = ama__val_int(~ama__val_i8(v));
    else if (ast->op == AMA_AST_OP_POS)
        *out = v->kind == AMA_VAL_FLOAT ? *v : ama__val_int(ama__val_i8(v));
    else if (v->kind == AMA_VAL_FLOAT)
        *out = (ama__val){.kind = AMA_VAL_FLOAT, .numpy = v->numpy, .u.f = -v->u.f};
    else if (ama__val_i8(v) == INT64_MIN)
        return ama__interp_fail(ip, ast->focus, AMA_ERR_UNSUPPORTED, "integers beyond 64 bits are not supported");
    else
        *out = ama__val_int(-ama__val_i8(v));
    if (v->numpy && out->kind == AMA_VAL_INT && v->kind == AMA_VAL_INT) return keep_int(ip, ast, v->numpy, out);
    return AMA_OK;
}

ama_status ama__eval_unary(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    ama__val v;
    bool truth;
    ama__op g;
    ama__object o;
    AMA_TRY(ama__eval(ip, ast->unary.operand, &v));
    if (ast->op == AMA_AST_OP_NOT) {
        AMA_TRY(ama__eval_truth(ip, &v, ast->unary.operand->span, &truth));
        *out = ama__val_bool(!truth);
        return AMA_OK;
    }
    if (!ama__val_is_object(&v)) return negate_plain(ip, ast, &v, out);
    if (ast->op == AMA_AST_OP_POS) {
        *out = v;
        return AMA_OK;
    }
    if (!graph_op(ast->op, &g)) return negate_plain(ip, ast, &v, out);
    ama__operand in = ama__operand_object(&v.u.handle->object);
    AMA_AT(ip, ast->focus, ama__object_map(ip->g, g, 1, &in, ip->keep, &o));
    return finish(ip, result_kind(&v, NULL), &o, ast->focus, out);
}
