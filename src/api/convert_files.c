/* Converting datasets. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/session.h"
#include "base/path.h"
#include "base/phase.h"
#include "base/text.h"
#include "graph/conversion.h"
#include "store/journal.h"

typedef struct convert {
    ama_session *s;
    const ama_convert_options *o;
    ama__graph g;
    ama__opened stores;
    ama__convert_args args;
    int n_sinks;
    ama__sink **sink;
    double start_s;
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

/* Inputs are not written over, not even with --overwrite: in scripts neither. Rank 0. */
static ama_status check_outputs(convert *c, int n, const char *const *inputs) {
    for (int i = 0; i < c->n_sinks; i++) {
        const char *path = c->sink[i]->spec->path;
        ama__file_id id;
        if (!ama__file_id_get(path, &id)) continue;
        for (int k = 0; k < n; k++)
            if (ama__file_id_is(&id, inputs[k]))
                return ama__fail(c->s->ctx, AMA_ERR_ARG, "write %s: it is one of the inputs; give another name", path);
    }
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

/* ---- partial work */

/* What tells one input from another: of a Zarr store its metadata files. Rank 0. */
static void add_input(ama__text *t, const char *path) {
    static const char *const inside[] = {"", "/.zmetadata", "/.zgroup", "/.zarray", "/.zattrs"};
    char full[PATH_MAX];
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        struct stat st;
        int n = snprintf(full, sizeof full, "%s%s", path, inside[i]);
        if (n < 0 || n >= (int)sizeof full || stat(full, &st) != 0) continue;
        ama__text_printf(t, "input %s %lld %lld.%09ld\n", full, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
                         (long)st.st_mtim.tv_nsec);
    }
}

static void add_option(ama__text *t, const char *name, const char *value) {
    if (value) ama__text_printf(t, "option %s %s\n", name, value);
}

static ama_status open_journals(convert *c, const char *source) {
    for (int i = 0; i < c->n_sinks; i++) {
        ama__write_spec *spec = c->sink[i]->spec;
        AMA_TRY(ama__journal_open(c->s->ctx, c->s->comm, spec, source, c->o->resume, &spec->journal));
        const ama__journal *j = spec->journal;
        if (!j->found) continue;
        ama__text t;
        ama__text_init(&t, c->s->ctx);
        ama__text_printf(&t, "%s: %" PRId64 " of %" PRId64 " chunks are there already\n", spec->path, j->n_done,
                         j->n_chunks);
        ama__session_say(c->s, AMA_TEXT_OUTPUT, ama__text_get(&t));
        ama__text_fini(&t);
    }
    return AMA_OK;
}

/* Zarr outputs leave what they have when the run ends early. Collective. */
static ama_status begin_journals(convert *c, int n, const char *const *inputs) {
    ama__text source;
    if (c->args.format != AMA_FORMAT_ZARR2 && !c->o->resume) return AMA_OK;
    ama__text_init(&source, c->s->ctx);
    for (int i = 0; i < n && ama__comm_rank(c->s->comm) == 0; i++) add_input(&source, inputs[i]);
    add_option(&source, "group", c->o->group);
    add_option(&source, "concat-dim", c->o->concat_dim);
    ama_status status = source.failed ? ama__error_status(c->s->ctx) : AMA_OK;
    status = ama__comm_agree(c->s->comm, status);
    if (status == AMA_OK) status = open_journals(c, ama__text_get(&source));
    ama__text_fini(&source);
    return status;
}

static void end_journals(convert *c, bool failed) {
    for (int i = 0; i < c->n_sinks; i++) {
        ama__journal *j = c->sink[i]->spec->journal;
        if (failed && j && j->begun)
            ama__warn(c->s->ctx,
                      "what is complete of %s stays in %s: the same command with --resume goes on from there",
                      c->sink[i]->spec->path, j->folder);
        ama__journal_close(&c->sink[i]->spec->journal);
    }
}

static ama_status perform(convert *c, int n, const char *const *inputs) {
    ama_script_options run = AMA_SCRIPT_OPTIONS_INIT;
    run.plan_only = c->o->plan_only;
    run.stats = c->o->stats;
    run.stats_json = c->o->stats_json;
    ama_status status = begin_journals(c, n, inputs);
    if (status == AMA_OK) status = ama__session_perform(c->s, &c->g, c->n_sinks, c->sink, &run, c->start_s);
    end_journals(c, status != AMA_OK);
    return status;
}

static ama_status open_and_run(convert *c, int n, const char *const *inputs, const char *output) {
    ama__dataset *ds;
    ama__comm *comm = c->s->comm;
    ama__open_args how = AMA_OPEN_ARGS_INIT;
    how.group = c->o->group;
    how.concat_dim = c->o->concat_dim;
    how.allow_external = c->s->options.allow_external;
    how.index_cache = c->s->options.index_cache;
    how.max_openers = c->s->options.openers;
    AMA_TRY(ama__comm_agree(comm, read_options(c, output)));
    AMA_TRY(ama__convert_open(&c->g, comm, n, inputs, &how, &c->stores, &ds, &c->args.reencode));
    AMA_TRY(ama__comm_agree(comm, ama__convert_sinks(&c->g, ds, &c->args, &c->n_sinks, &c->sink)));
    AMA_TRY(ama__comm_agree(comm, ama__comm_rank(comm) == 0 ? check_outputs(c, n, inputs) : AMA_OK));
    AMA_TRY(ama__comm_agree(comm, ama__comm_rank(comm) == 0 ? make_directory(c) : AMA_OK));
    return perform(c, n, inputs);
}

ama_status ama_convert(ama_session *session, int n_inputs, const char *const *inputs, const char *output,
                       const ama_convert_options *options) {
    convert c = {.s = session, .o = options, .g.ctx = session->ctx, .start_s = ama__now_s()};
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
