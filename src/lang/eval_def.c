/* Functions of the script. */
#include "lang/interp.h"

#define CALLS_MAX 50

struct ama__function {
    const ama__ast *ast;
    ama__val *fallback; /* per parameter: its default, evaluated when the def was met */
};

ama_status ama__eval_def(ama__interp *ip, const ama__ast *ast) {
    const ama__signature *s = ast->def.signature;
    ama__function *f;
    AMA_NEW(ip->arena, f, 1);
    AMA_NEW(ip->arena, f->fallback, s->n_params);
    f->ast = ast;
    for (int i = 0; i < s->n_params; i++)
        if (s->params[i].fallback) AMA_TRY(ama__eval(ip, s->params[i].fallback, &f->fallback[i]));
    return ama__scope_set(ip, ip->scope, ast->def.name, &(ama__val){.kind = AMA_VAL_DEF, .u.def = f});
}

static ama_status run_body(ama__interp *ip, const ama__function *f, ama__scope *scope, ama__val *out) {
    ama__scope *caller = ip->scope;
    ip->scope = scope;
    ip->n_calls++;
    ama_status status = ama__eval_statements(ip, &f->ast->def.body);
    *out = ip->returned ? ip->result : ama__val_none();
    ip->returned = false;
    ip->n_calls--;
    ip->scope = caller;
    return status;
}

ama_status ama__eval_call_def(ama__interp *ip, const ama__function *f, const ama__ast *call, ama__val *out) {
    const ama__signature *s = f->ast->def.signature;
    ama__scope scope = {.outer = &ip->globals};
    ama__binding b;
    if (ip->n_calls >= CALLS_MAX)
        return ama__interp_fail(ip, call->focus, AMA_ERR_UNSUPPORTED, "functions call each other more than %d deep",
                                CALLS_MAX);
    AMA_TRY(ama__signature_bind(ip->arena, ip->source, s, f->ast->def.name, call, &b));
    for (int i = 0; i < s->n_params; i++) {
        ama__val v = f->fallback[i];
        if (b.values[i]) AMA_TRY(ama__eval(ip, b.values[i], &v));
        AMA_TRY(ama__scope_set(ip, &scope, s->params[i].name, &v));
    }
    return run_body(ip, f, &scope, out);
}
