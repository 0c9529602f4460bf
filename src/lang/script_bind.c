#include "lang/script.h"

#include <string.h>

#include "lang/interp.h"
#include "lang/parse.h"

/* The graph's evaluator: all ranks are heard before the plan is run. */
static ama_status evaluate(void *user, ama__node *node, const void **data) {
    ama__interp *ip = user;
    AMA_TRY(ama__interp_agree(ip));
    const ama__evaluator *e = ip->options->evaluate;
    return ama__interp_common(ip, e->fn(e->user, node, data));
}

static ama_status make_interp(ama__graph *g, ama__comm *comm, const ama__script_options *options, ama__interp **out) {
    ama__interp *ip;
    AMA_NEW(g->arena, ip, 1);
    ip->ctx = g->ctx;
    ip->g = g;
    ip->arena = g->arena;
    ip->comm = comm;
    ip->scope = &ip->globals;
    AMA_KEEP(g->arena, ip->options, ama__arena_memdup(g->arena, options, sizeof *options));
    ip->evaluator = (ama__evaluator){evaluate, ip};
    AMA_NEW(g->arena, ip->script, 1);
    ip->script->ctx = g->ctx;
    ip->script->graph = g;
    ama__opened_init(&ip->script->stores, g->ctx);
    *out = ip;
    return AMA_OK;
}

/* Names that -i binds, and with them xr and np, so that one expression is a script. */
static ama_status bind_inputs(ama__interp *ip) {
    const ama__script_options *o = ip->options;
    const ama__val xr = {.kind = AMA_VAL_MODULE, .u.module = AMA_ON_XARRAY};
    const ama__val np = {.kind = AMA_VAL_MODULE, .u.module = AMA_ON_NUMPY};
    if (o->n_inputs == 0) return AMA_OK;
    AMA_TRY(ama__scope_set(ip, &ip->globals, "xr", &xr));
    AMA_TRY(ama__scope_set(ip, &ip->globals, "np", &np));
    for (int i = 0; i < o->n_inputs; i++) {
        ama__val v;
        const char *name;
        AMA_KEEP(ip->arena, name, ama__arena_strdup(ip->arena, o->input[i].name));
        ama_status status = ama__open_path(ip, o->input[i].path, AMA_NOWHERE, &v);
        if (status != AMA_OK) return ama__wrap(ip->ctx, status, "-i %s=%s", name, o->input[i].path);
        AMA_TRY(ama__scope_set(ip, &ip->globals, name, &v));
    }
    return AMA_OK;
}

static ama_status run(ama__interp *ip, const ama__source *source) {
    ama__ast *tree;
    ip->source = source;
    AMA_TRY(ama__parse_script(ip->arena, source, &tree));
    AMA_TRY(bind_inputs(ip));
    AMA_TRY(ama__eval_statements(ip, &tree->list));
    return ama__sink_output(ip);
}

ama_status ama__script_bind(ama__graph *g, ama__comm *comm, const ama__script_options *options, const char *name,
                            const char *text, ama__script **out) {
    ama__interp *ip = NULL;
    ama__source source;
    const ama__evaluator *before = g->eval;
    *out = NULL;
    ama_status status = ama__source_init(g->ctx, name, text, strlen(text), &source);
    if (status == AMA_OK) status = make_interp(g, comm, options, &ip);
    if (status == AMA_OK) {
        g->eval = options->evaluate ? &ip->evaluator : NULL;
        status = run(ip, &source);
        ip->source = NULL;
        g->eval = before;
    }
    if (!ip || !ip->agreed) status = ama__comm_agree(comm, status);
    if (status == AMA_OK) {
        *out = ip->script;
        return AMA_OK;
    }
    /* By now all ranks have failed, each with a text; from here on they have the same. */
    status = ama__comm_agree(comm, status);
    if (ip) ama__opened_close(&ip->script->stores);
    return status;
}

void ama__script_destroy(ama__script **script) {
    if (!*script) return;
    ama__opened_close(&(*script)->stores);
    *script = NULL;
}
