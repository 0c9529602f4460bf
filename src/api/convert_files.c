/* Converting datasets. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/session.h"
#include "graph/conversion.h"

typedef struct convert {
    ama_session *s;
    const ama_convert_options *o;
    ama__graph g;
    ama__opened stores;
    ama__convert_args args;
    int n_sinks;
    ama__sink **sink;
    bool made; /* the directory of the outputs, by this run */
} convert;

/* Local: what the command line says, before anything is opened. */
static ama_status read_options(convert *c, const char *output) {
    const ama_convert_options *o = c->o;
    ama__convert_args *a = &c->args;
    ama_ctx *ctx = c->s->ctx;
    ama__chunk_want *want;
    const char **keep, **drop;
    a->path = output;
    a->overwrite = o->overwrite;
    a->split = o->split;
    const char *name = o->split && !o->format && !strstr(output, "{}") ? "netcdf4" : o->format;
    if (!o->split && strstr(output, "{}"))
        return ama__fail(ctx, AMA_ERR_ARG, "%s: {} stands for the variable with --split-variables only", output);
    AMA_TRY(ama__convert_format(ctx, name, output, &a->format));
    AMA_TRY(ama__convert_chunks(&c->g, o->chunks, &a->n_wants, &want));
    a->want = want;
    a->has_codec = o->codec != NULL;
    if (o->codec) AMA_TRY(ama__convert_codec(ctx, o->codec, a->format, &a->codec));
    AMA_TRY(ama__wrap(ctx, ama__convert_names(&c->g, o->variables, &a->n_keep, &keep), "--variables"));
    AMA_TRY(ama__wrap(ctx, ama__convert_names(&c->g, o->drop, &a->n_drop, &drop), "--drop"));
    a->keep = keep;
    a->drop = drop;
    return AMA_OK;
}

/* The directory of the outputs of --split-variables is made when it is not there. Rank 0. */
static ama_status make_directory(convert *c) {
    if (!c->args.split || c->o->plan_only || strstr(c->args.path, "{}")) return AMA_OK;
    if (mkdir(c->args.path, 0777) == 0) {
        c->made = true;
        return AMA_OK;
    }
    if (errno == EEXIST) return AMA_OK; /* what it is the writers look at */
    return ama__fail(c->s->ctx, AMA_ERR_IO, "make directory %s: %s", c->args.path, strerror(errno));
}

static ama_status open_and_run(convert *c, int n, const char *const *inputs, const char *output) {
    ama__dataset *ds;
    ama_script_options run = AMA_SCRIPT_OPTIONS_INIT;
    ama__comm *comm = c->s->comm;
    ama__open_args how = AMA_OPEN_ARGS_INIT;
    how.group = c->o->group;
    how.concat_dim = c->o->concat_dim;
    how.allow_external = c->s->options.allow_external;
    AMA_TRY(ama__comm_agree(comm, read_options(c, output)));
    AMA_TRY(ama__convert_open(&c->g, comm, n, inputs, &how, &c->stores, &ds, &c->args.reencode));
    AMA_TRY(ama__comm_agree(comm, ama__convert_sinks(&c->g, ds, &c->args, &c->n_sinks, &c->sink)));
    AMA_TRY(ama__comm_agree(comm, ama__comm_rank(comm) == 0 ? make_directory(c) : AMA_OK));
    run.plan_only = c->o->plan_only;
    run.stats = c->o->stats;
    return ama__session_perform(c->s, &c->g, c->n_sinks, c->sink, &run);
}

ama_status ama_convert(ama_session *session, int n_inputs, const char *const *inputs, const char *output,
                       const ama_convert_options *options) {
    convert c = {.s = session, .o = options, .g.ctx = session->ctx};
    ama__error_clear(session->ctx);
    ama__mem_set_limit(session->ctx, (size_t)session->budget_bytes);
    ama__opened_init(&c.stores, session->ctx);
    ama_status status = ama__comm_agree(session->comm, ama__arena_create(session->ctx, &c.g.arena));
    if (status == AMA_OK) status = open_and_run(&c, n_inputs, inputs, output);
    if (status != AMA_OK && c.made) rmdir(output); /* empty, or not ours alone any more */
    ama__opened_close(&c.stores);
    ama__arena_destroy(&c.g.arena);
    return status;
}
