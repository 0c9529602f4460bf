/* Calls: binding of arguments, and the row's builder. */
#include <string.h>

#include "lang/interp.h"

/* Defaults written in signatures: literals; names such as dtypes.NA stand for "not given". */
static ama_status eval_default(ama__interp *ip, const ama__ast *fallback, ama__val *out) {
    *out = ama__val_none();
    if (!fallback) return AMA_OK;
    switch (fallback->kind) {
    case AMA_AST_BOOL:
    case AMA_AST_INT:
    case AMA_AST_FLOAT:
    case AMA_AST_STR:
    case AMA_AST_TUPLE:
    case AMA_AST_UNARY: return ama__eval(ip, fallback, out);
    default: return AMA_OK;
    }
}

static ama_status eval_argument(ama__interp *ip, const char *name, const ama__ast *value, ama__arg *out) {
    *out = (ama__arg){.name = name, .at = value->span, .name_at = value->span, .given = true};
    return ama__eval(ip, value, &out->v);
}

static ama_status bind(ama__interp *ip, ama__call *c) {
    const ama__signature *s;
    ama__binding b;
    AMA_TRY(ama__method_signature(ip, c->method, &s));
    AMA_TRY(ama__signature_bind(ip->arena, ip->source, s, c->method->name, c->ast, &b));
    c->n = s->n_params;
    c->n_args = b.args.n;
    c->n_kwargs = b.kwargs.n;
    AMA_NEW(ip->arena, c->arg, c->n);
    AMA_NEW(ip->arena, c->args, c->n_args);
    AMA_NEW(ip->arena, c->kwargs, c->n_kwargs);
    for (int i = 0; i < c->n; i++) {
        c->arg[i] = (ama__arg){.name = s->params[i].name, .at = c->ast->focus};
        if (b.values[i])
            AMA_TRY(eval_argument(ip, s->params[i].name, b.values[i], &c->arg[i]));
        else
            AMA_TRY(eval_default(ip, s->params[i].fallback, &c->arg[i].v));
    }
    for (int i = 0; i < c->n_args; i++) AMA_TRY(eval_argument(ip, s->args, b.args.at[i], &c->args[i]));
    for (int i = 0; i < c->n_kwargs; i++) {
        const ama__ast *k = b.kwargs.at[i];
        AMA_TRY(eval_argument(ip, k->keyword.name, k->keyword.value, &c->kwargs[i]));
        c->kwargs[i].name_at = k->focus;
    }
    return AMA_OK;
}

/* np.float32(3): a number that remembers its type for when it becomes an array. */
static ama_status convert_dtype(ama__interp *ip, const ama__ast *ast, ama_dtype t, ama__val *out) {
    ama__val v;
    ama__object o;
    if (ast->call.args.n != 1 || ast->call.keywords.n != 0)
        return ama__interp_fail(ip, ast->focus, AMA_ERR_ARG, "%s() takes one argument", ama__dtype_name(t));
    AMA_TRY(ama__eval(ip, ast->call.args.at[0], &v));
    if (ama__val_is_object(&v)) {
        AMA_AT(ip, ast->focus, ama__object_astype(ip->g, &v.u.handle->object, t, &o));
        return ama__val_object(ip->arena, v.kind == AMA_VAL_ARRAY ? AMA_VAL_NDARRAY : v.kind, &o, out);
    }
    if (!ama__val_is_number(&v))
        return ama__interp_fail(ip, ast->call.args.at[0]->span, AMA_ERR_ARG, "%s() needs a number, not %s",
                                ama__dtype_name(t), ama__val_type(&v));
    uint64_t buf = 0;
    if (ama__dtype_is_float(t)) {
        ama__dtype_set_f8(t, &buf, 0, ama__val_f8(&v));
        *out = ama__val_float(ama__dtype_get_f8(t, &buf, 0));
    } else {
        ama__dtype_set_i8(t, &buf, 0, ama__val_i8(&v));
        *out = t == AMA_BOOL ? ama__val_bool(ama__val_f8(&v) != 0) : ama__val_int(ama__dtype_get_i8(t, &buf, 0));
    }
    out->numpy = (uint8_t)(t + 1);
    return AMA_OK;
}

ama_status ama__eval_call(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    ama__val f;
    AMA_TRY(ama__eval(ip, ast->call.function, &f));
    switch (f.kind) {
    case AMA_VAL_FUNCTION: {
        ama__call c = {.method = f.u.bound->method, .self = f.u.bound->self, .ast = ast, .blame = ast->focus};
        AMA_TRY(bind(ip, &c));
        ama_status status = c.method->build(ip, &c, out);
        return ama__interp_at(ip, c.blame, status);
    }
    case AMA_VAL_DEF: return ama__eval_call_def(ip, f.u.def, ast, out);
    case AMA_VAL_DTYPE: return convert_dtype(ip, ast, f.u.dtype, out);
    case AMA_VAL_MODULE:
        if (f.u.module != AMA_ON_OTHER) break;
        return ama__interp_fail(ip, ast->focus, AMA_ERR_UNSUPPORTED,
                                "this function is not supported: of modules only xarray and numpy can be used");
    default: break;
    }
    return ama__interp_fail(ip, ast->focus, AMA_ERR_ARG, "'%s' is not callable%s", ama__val_type(&f),
                            f.kind == AMA_VAL_ARRAY ? "; a name of a variable hides no method: write [...] to index"
                                                    : "");
}
