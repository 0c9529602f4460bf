/* Running and planning scripts. */
#include <stdio.h>
#include <string.h>

#include "api/session.h"
#include "api/stats.h"
#include "exec/exec.h"
#include "graph/labels.h"
#include "lang/script.h"
#include "plan/plan.h"

typedef struct script_run {
    ama_session *s;
    ama__graph graph;
    ama__script *script;
    ama__plan *plan;
    double next_progress_s, start_s;
    ama__stats_file *json; /* NULL: none is wanted */
} script_run;

/* ---- the text from rank 0 */

static ama_status share_text(ama_session *s, const char *text, size_t bytes, char **out) {
    void *copy = NULL;
    size_t n = bytes + 1;
    ama_status status = AMA_OK;
    if (ama__comm_rank(s->comm) == 0) {
        status = ama__mem_alloc(s->ctx, AMA_MEM_META, n, &copy);
        if (status == AMA_OK) {
            if (bytes) memcpy(copy, text, bytes);
            ((char *)copy)[bytes] = '\0';
            if (strlen(copy) != bytes)
                status = ama__fail(s->ctx, AMA_ERR_FORMAT, "the script has a NUL byte at offset %zu", strlen(copy));
        }
    }
    status = ama__comm_agree(s->comm, status);
    if (status == AMA_OK) status = ama__comm_bcast_buffer(s->comm, &copy, &n, 0);
    if (status != AMA_OK) AMA_FREE(s->ctx, copy);
    *out = copy;
    return status;
}

/* ---- plans and runs */

static ama_status make_plan(script_run *r, int n_sinks, ama__sink *const *sinks, ama__plan **out) {
    ama__plan_options o = {.nranks = ama__comm_nranks(r->s->comm),
                           .threads = r->s->threads,
                           .budget_bytes = r->s->budget_bytes,
                           .prefetch = r->s->prefetch,
                           .unit_bytes = r->s->unit_bytes,
                           .io = (ama__io_path)r->s->options.io,
                           .n_aggregators = r->s->options.io_aggregators,
                           .order = r->s->order,
                           .try_asked = true};
    return ama__plan_make(&r->graph, r->s->comm, &o, n_sinks, sinks, out);
}

/* Values that the script needs while it is being bound: one GATHER sink, planned and run at once. */
static ama_status evaluate(void *user, ama__node *node, const void **data) {
    script_run *r = user;
    void *values = NULL;
    ama__node *nodes[1] = {node};
    ama__sink sink = {.kind = AMA_SINK_GATHER, .node = nodes, .n_gather = 1, .data = &values}, *sinks[1] = {&sink};
    ama__plan *plan;
    ama__exec_options o = {0};
    ama__exec_stats stats;
    int64_t n = 1;
    AMA_TRY(make_plan(r, 1, sinks, &plan));
    AMA_TRY(ama__exec_run(r->s->ctx, r->s->comm, plan, &o, &stats));
    for (int a = 0; a < node->ndim; a++) n *= node->shape[a];
    size_t bytes = (size_t)n * ama__dtype_bytes(node->dtype);
    *data = ama__arena_memdup(r->graph.arena, values ? values : "", values ? bytes : 1);
    ama__mem_free(r->s->ctx, values);
    return ama__comm_agree(r->s->comm, *data ? AMA_OK : ama__error_status(r->s->ctx));
}

/* Work of a stage, for the share that is done. */
static double stage_work(const ama__stage *s) {
    return (double)(s->decoded_bytes + s->write_bytes) + 1.0;
}

static void show_progress(void *user, int stage, int n_stages, int64_t done, int64_t tiles, int64_t bytes,
                          double elapsed_s) {
    script_run *r = user;
    char line[160], rate[32];
    double total = 0, part = 0;
    if (elapsed_s < r->next_progress_s && done < tiles) return;
    r->next_progress_s = elapsed_s + 0.2;
    for (int k = 0; k < n_stages; k++) {
        double work = stage_work(&r->plan->stage[k]);
        total += work;
        part += k < stage ? work : k == stage && tiles > 0 ? work * (double)done / (double)tiles : 0.0;
    }
    part /= total;
    snprintf(line, sizeof line, "stage %d of %d: %3.0f %%, %s/s a rank, %.0f s left", stage + 1, n_stages, 100.0 * part,
             ama__text_bytes(rate, sizeof rate, elapsed_s > 0 ? (double)bytes / elapsed_s : 0.0),
             part > 0 ? elapsed_s * (1.0 - part) / part : 0.0);
    ama__session_say(r->s, AMA_TEXT_PROGRESS, line);
}

static ama_status show_prints(script_run *r) {
    for (int i = 0; i < r->script->n_prints; i++) {
        ama__text t;
        ama__text_init(&t, r->s->ctx);
        ama_status status = ama__script_print_text(r->script, i, &t);
        if (status == AMA_OK && !t.failed) ama__session_say(r->s, AMA_TEXT_OUTPUT, ama__text_get(&t));
        ama__text_fini(&t);
        AMA_TRY(status);
    }
    return AMA_OK;
}

static ama_status show_plan(script_run *r, const ama__plan *p) {
    ama__text t;
    ama__text_init(&t, r->s->ctx);
    ama__plan_print(p, &t);
    ama__session_say(r->s, AMA_TEXT_OUTPUT, ama__text_get(&t));
    ama_status status = t.failed ? ama__error_status(r->s->ctx) : AMA_OK;
    ama__text_fini(&t);
    return status;
}

static void free_gathered(script_run *r) {
    for (int i = 0; r->script && i < r->script->n_sinks; i++) {
        ama__sink *s = r->script->sink[i];
        for (int k = 0; s->kind == AMA_SINK_GATHER && k < s->n_gather; k++) AMA_FREE(r->s->ctx, s->data[k]);
    }
}

static ama_status run_plan(script_run *r, const ama_script_options *o) {
    ama__exec_stats done;
    ama__exec_options e = {r->s->options.progress ? show_progress : NULL, r};
    ama__stats stats = {r->plan, &done, ama__now_s() - r->start_s};
    bool wanted = o->stats || r->json;
    ama__phase_start(r->s->ctx, wanted);
    ama_status status = ama__exec_run(r->s->ctx, r->s->comm, r->plan, &e, &done);
    if (e.progress) ama__session_say(r->s, AMA_TEXT_PROGRESS, "");
    if (status == AMA_OK) status = ama__comm_agree(r->s->comm, show_prints(r));
    if (status == AMA_OK && wanted) status = ama__stats_show(r->s, &stats, o->stats, r->json);
    return status;
}

static ama_status plan_and_run(script_run *r, const ama_script_options *o) {
    for (int i = 0; i < r->script->n_sinks; i++)
        if (r->script->sink[i]->kind == AMA_SINK_WRITE) r->script->sink[i]->spec->canonical = r->s->options.canonical;
    AMA_TRY(make_plan(r, r->script->n_sinks, r->script->sink, &r->plan));
    if (!o->plan_only) return run_plan(r, o);
    ama__stats stats = {r->plan, NULL, ama__now_s() - r->start_s};
    bool text = !o->stats_json || strcmp(o->stats_json, "-") != 0; /* standard output is then JSON alone */
    AMA_TRY(ama__comm_agree(r->s->comm, text ? show_plan(r, r->plan) : AMA_OK));
    return ama__stats_show(r->s, &stats, text, r->json);
}

ama_status ama__session_perform(ama_session *s, const ama__graph *g, int n_sinks, ama__sink **sinks,
                                const ama_script_options *o, double start_s) {
    ama__script script = {.ctx = s->ctx, .n_sinks = n_sinks, .sink = sinks};
    script_run r = {.s = s, .graph = *g, .script = &script, .start_s = start_s};
    if (o->stats_json) AMA_TRY(ama__stats_open(s, o->stats_json, &r.json));
    ama_status status = plan_and_run(&r, o);
    ama__phase_start(s->ctx, false);
    ama__stats_close(s, &r.json);
    return status;
}

static ama_status bind_and_run(script_run *r, const char *name, const char *text, const ama_script_options *o) {
    ama__evaluator evaluator = {evaluate, r};
    ama__script_input *inputs = NULL;
    if (o->n_inputs > 0) {
        inputs = ama__arena_alloc(r->graph.arena, (size_t)o->n_inputs * sizeof *inputs);
        AMA_TRY(ama__comm_agree(r->s->comm, inputs ? AMA_OK : ama__error_status(r->s->ctx)));
    }
    for (int i = 0; i < o->n_inputs; i++) inputs[i] = (ama__script_input){o->inputs[i].name, o->inputs[i].path};
    ama__script_options so = {.n_inputs = o->n_inputs,
                              .input = inputs,
                              .output = o->output,
                              .history = o->command,
                              .allow_external = r->s->options.allow_external,
                              .index_cache = r->s->options.index_cache,
                              .max_openers = r->s->options.openers,
                              .evaluate = o->plan_only ? NULL : &evaluator};
    AMA_TRY(ama__script_bind(&r->graph, r->s->comm, &so, name, text, &r->script));
    return plan_and_run(r, o);
}

ama_status ama_script_run(ama_session *session, const char *name, const char *text, size_t text_bytes,
                          const ama_script_options *options) {
    script_run r = {.s = session, .graph.ctx = session->ctx, .start_s = ama__now_s()};
    char *shared = NULL;
    ama__error_clear(session->ctx);
    ama__mem_set_limit(session->ctx, (size_t)session->budget_bytes);
    ama_status status = ama__comm_agree(session->comm, ama__arena_create(session->ctx, &r.graph.arena));
    if (status == AMA_OK && options->stats_json) status = ama__stats_open(session, options->stats_json, &r.json);
    if (status == AMA_OK) status = share_text(session, text, text_bytes, &shared);
    if (status == AMA_OK) status = bind_and_run(&r, name, shared, options);
    ama__phase_start(session->ctx, false);
    ama__stats_close(session, &r.json);
    free_gathered(&r);
    ama__script_destroy(&r.script);
    AMA_FREE(session->ctx, shared);
    ama__arena_destroy(&r.graph.arena);
    return status;
}
