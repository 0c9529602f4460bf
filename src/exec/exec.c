#include "exec/exec.h"

#include <string.h>

#include "base/phase.h"
#include "exec/tile_share.h"
#include "exec/walk.h"

/* ---- results */

static ama__run_result *find_result(const ama__run *r, const ama__node *n) {
    for (int i = 0; i < r->n_results; i++)
        if (r->results[i].node == n) return &r->results[i];
    return NULL;
}

/* Panels of one reduction make one result. */
static void add_result(ama__run *r, ama__node *node) {
    if (find_result(r, node)) return;
    ama__run_result *x = &r->results[r->n_results++];
    *x = (ama__run_result){node, -1, {0}, NULL};
    ama__pieces_init(&x->pieces, r->ctx, node->dtype);
}

static ama_status make_results(ama__run *r) {
    int n = 0;
    for (int k = 0; k < r->plan->n_stages; k++)
        for (int i = 0; i < r->plan->stage[k].n_consumers; i++) n += 1 + r->plan->stage[k].consumer[i].n_twins;
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, (size_t)n + 1, sizeof *r->results, (void **)&r->results));
    for (int k = 0; k < r->plan->n_stages; k++) {
        const ama__stage *s = &r->plan->stage[k];
        for (int i = 0; i < s->n_consumers; i++) {
            const ama__consumer *c = &s->consumer[i];
            if (c->kind != AMA_CONSUME_REDUCE) continue;
            add_result(r, c->reduce);
            for (int t = 0; t < c->n_twins; t++) add_result(r, c->twin[t]);
        }
    }
    for (int k = 0; k < r->plan->n_stages; k++)
        for (int i = 0; i < r->plan->stage[k].n_operands; i++)
            find_result(r, r->plan->stage[k].operand[i])->last_use = k;
    return AMA_OK;
}

/* The parts of earlier results that this rank's units read. Collective. */
static ama_status fetch_operands(ama__stage_run *sr) {
    ama__run *r = sr->r;
    const ama__stage *s = sr->stage;
    ama__box *box = NULL;
    if (s->n_operands == 0) return AMA_OK;
    ama_status status = ama__mem_calloc(r->ctx, AMA_MEM_META, (size_t)s->n_operands + 1, sizeof *box, (void **)&box);
    if (status == AMA_OK) status = ama__stage_operand_boxes(r->ctx, s, ama__comm_rank(r->comm), box);
    for (int i = 0; i < s->n_operands; i++) {
        ama__run_result *x = find_result(r, s->operand[i]);
        void *data = NULL;
        const ama__box none = {.ndim = -1};
        ama_status one = ama__pieces_fetch(r->comm, status, &x->pieces, status == AMA_OK ? &box[i] : &none, &data);
        if (one != AMA_OK)
            status = one;
        else
            sr->operand[i] = (ama__operand){s->operand[i], box[i], data};
    }
    ama__mem_free(r->ctx, box);
    return status;
}

static void drop_results(ama__run *r, int stage) {
    for (int i = 0; i < r->n_results; i++)
        if (r->results[i].last_use == stage) ama__pieces_fini(&r->results[i].pieces);
}

/* ---- setting a stage up */

static ama_status alloc_stage(ama__stage_run *sr) {
    ama__run *r = sr->r;
    size_t n = (size_t)sr->stage->n_consumers + 1, ops = (size_t)sr->stage->n_operands + 1;
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, n, sizeof *sr->accum, (void **)&sr->accum));
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, n, sizeof *sr->output, (void **)&sr->output));
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, n, sizeof *sr->gather, (void **)&sr->gather));
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, ops, sizeof *sr->operand, (void **)&sr->operand));
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, (size_t)r->threads, sizeof *sr->ev, (void **)&sr->ev));
    return AMA_OK;
}

static ama_status make_accum(ama__stage_run *sr, int i) {
    ama__run *r = sr->r;
    const ama__consumer *c = &sr->stage->consumer[i];
    ama__pieces **pieces;
    size_t n = 1 + (size_t)c->n_twins;
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, n, sizeof *pieces, (void **)&pieces));
    pieces[0] = &find_result(r, c->reduce)->pieces;
    for (int t = 0; t < c->n_twins; t++) pieces[1 + t] = &find_result(r, c->twin[t])->pieces;
    AMA_TRY(ama__accum_init(&sr->accum[i], r->ctx, sr->stage, c, r->threads, pieces));
    if (c->n_passes == 0) return AMA_OK;
    ama__counting **k = &find_result(r, c->reduce)->counting;
    if (c->pass == 0) AMA_TRY(ama__counting_create(r->ctx, c, r->threads, k));
    sr->accum[i].counting = *k;
    return ama__counting_begin(*k, c);
}

static ama_status set_up_local(ama__stage_run *sr) {
    ama__run *r = sr->r;
    const ama__stage *s = sr->stage;
    AMA_TRY(ama__outbox_init(&sr->outbox, r->comm));
    for (int i = 0; i < s->n_consumers; i++) {
        const ama__consumer *c = &s->consumer[i];
        if (c->kind == AMA_CONSUME_REDUCE)
            AMA_TRY(make_accum(sr, i));
        else if (c->kind == AMA_CONSUME_WRITE)
            AMA_TRY(ama__output_init(&sr->output[i], r->comm, r->writer[c->sink], s, i, r->plan->sink[c->sink]->spec,
                                     &sr->outbox));
        else
            ama__pieces_init(&sr->gather[i], r->ctx, c->node->dtype);
        if (c->kind != AMA_CONSUME_WRITE) continue;
        sr->flush |= ama__writer_collective_flush(r->writer[c->sink], c->var);
        sr->shares |= c->shares;
    }
    AMA_TRY(ama__ahead_init(&sr->ahead, r->ctx, s, r->fetcher, r->plan->options.prefetch, ama__comm_rank(r->comm)));
    AMA_TRY(ama__tile_init(&sr->tile, r->ctx, s, r->fetcher, r->work, r->threads));
    if (s->n_turns > 0) AMA_TRY(ama__turns_create(r->comm, s, &r->plan->options, r->fetcher, r->work, &sr->turns));
    sr->tile.turns = sr->turns;
    for (int t = 0; t < r->threads; t++) AMA_TRY(ama__evaluator_init(&sr->ev[t], r->ctx, s, &sr->tile, sr->operand));
    return AMA_OK;
}

static void tear_down(ama__stage_run *sr) {
    ama_ctx *ctx = sr->r->ctx;
    for (int i = 0; i < sr->stage->n_consumers; i++) {
        if (sr->accum) ama__accum_fini(&sr->accum[i]);
        if (sr->output) ama__output_fini(&sr->output[i]);
        if (sr->gather) ama__pieces_fini(&sr->gather[i]);
    }
    for (int t = 0; sr->ev && t < sr->r->threads; t++) ama__evaluator_fini(&sr->ev[t]);
    for (int i = 0; sr->operand && i < sr->stage->n_operands; i++) ama__mem_free(ctx, (void *)sr->operand[i].data);
    ama__outbox_fini(&sr->outbox);
    ama__ahead_fini(&sr->ahead);
    ama__turns_destroy(&sr->turns);
    ama__tile_fini(&sr->tile);
    AMA_FREE(ctx, sr->accum);
    AMA_FREE(ctx, sr->output);
    AMA_FREE(ctx, sr->gather);
    AMA_FREE(ctx, sr->operand);
    AMA_FREE(ctx, sr->ev);
}

/* ---- the end of a stage */

static ama_status gather_all(ama__stage_run *sr, int i) {
    ama__run *r = sr->r;
    const ama__consumer *c = &sr->stage->consumer[i];
    ama__box whole = ama__box_whole(c->node->ndim, c->node->shape);
    if (!ama__dtype_is_text(c->node->dtype))
        return ama__pieces_fetch(r->comm, AMA_OK, &sr->gather[i], &whole, &r->plan->sink[c->sink]->data[c->var]);
    /* text is replicated already: every rank has the constant */
    ama_status status = ama__evaluate_box(r->ctx, sr->ev, 1, c, &whole, &r->plan->sink[c->sink]->data[c->var]);
    return ama__comm_agree(r->comm, status);
}

static ama_status end_stage(ama__stage_run *sr) {
    ama__run *r = sr->r;
    ama__ahead_fini(&sr->ahead);
    ama__turns_destroy(&sr->turns);
    ama__tile_fini(&sr->tile); /* its chunks are not needed any more, their memory is */
    for (int i = 0; i < sr->stage->n_consumers; i++) {
        const ama__consumer *c = &sr->stage->consumer[i];
        if (c->kind == AMA_CONSUME_REDUCE)
            AMA_TRY(ama__accum_exchange(&sr->accum[i], r->comm, AMA_OK));
        else if (c->kind == AMA_CONSUME_WRITE)
            AMA_TRY(ama__comm_agree(r->comm, ama__output_check(&sr->output[i])));
        else
            AMA_TRY(gather_all(sr, i));
    }
    return sr->flush ? ama__walk_flush(sr, AMA_OK) : AMA_OK;
}

static ama_status run_stage(ama__run *r, int k) {
    ama__stage_run sr = {.r = r, .number = k, .stage = &r->plan->stage[k]};
    ama_status status = ama__comm_agree(r->comm, alloc_stage(&sr));
    int before = ama__phase_enter(r->ctx, AMA_PHASE_EXCHANGE);
    if (status == AMA_OK) status = fetch_operands(&sr);
    ama__phase_leave(r->ctx, before);
    if (status == AMA_OK) status = ama__comm_agree(r->comm, set_up_local(&sr));
    const ama__io_options io = ama__plan_io(&r->plan->options);
    if (status == AMA_OK && io.path != AMA_PATH_POSIX && sr.stage->n_sources > 0)
        status = ama__tile_share_begin(sr.turns ? &sr.turns->tile : &sr.tile, r->comm, &io);
    if (status == AMA_OK) status = ama__walk_run(&sr);
    ama__phase_enter(r->ctx, AMA_PHASE_EXCHANGE);
    if (status == AMA_OK) status = end_stage(&sr);
    ama__phase_leave(r->ctx, before);
    tear_down(&sr);
    drop_results(r, k);
    return status;
}

/* ---- the whole run */

static ama_status start_local(ama__run *r) {
    ama__mem_set_keep(r->ctx, (size_t)r->plan->likely_bytes);
    AMA_TRY(ama__fetcher_create(r->ctx, &r->fetcher));
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, (size_t)r->threads, sizeof *r->work, (void **)&r->work));
    for (int t = 0; t < r->threads; t++) AMA_TRY(ama__codec_work_create(r->ctx, &r->work[t]));
    AMA_TRY(
        ama__mem_calloc(r->ctx, AMA_MEM_META, (size_t)r->plan->n_sinks + 1, sizeof *r->writer, (void **)&r->writer));
    return make_results(r);
}

static ama_status open_writers(ama__run *r) {
    ama_status status = AMA_OK;
    for (int i = 0; i < r->plan->n_sinks && status == AMA_OK; i++) {
        if (r->plan->sink[i]->kind != AMA_SINK_WRITE) continue;
        status = ama__writer_create(r->ctx, r->comm, r->plan->sink[i]->spec, &r->writer[i]);
        if (status == AMA_OK) status = ama__writer_reserve(r->writer[i]);
    }
    return status;
}

static ama_status close_writers(ama__run *r) {
    ama_status status = AMA_OK;
    for (int i = 0; i < r->plan->n_sinks && status == AMA_OK; i++)
        if (r->writer[i]) status = ama__writer_finish(r->writer[i]);
    for (int i = 0; i < r->plan->n_sinks && status == AMA_OK; i++)
        if (r->writer[i]) status = ama__writer_publish(r->writer[i]);
    return status;
}

static void finish(ama__run *r, ama__exec_stats *stats) {
    memset(stats, 0, sizeof *stats);
    if (r->fetcher) stats->fetched = ama__fetcher_counts(r->fetcher);
    for (int i = 0; r->writer && i < r->plan->n_sinks; i++) {
        if (r->writer[i]) stats->written_bytes += ama__writer_bytes(r->writer[i]);
        ama__writer_destroy(&r->writer[i]);
    }
    for (int i = 0; i < r->n_results; i++) {
        ama__pieces_fini(&r->results[i].pieces);
        ama__counting_destroy(&r->results[i].counting);
    }
    for (int t = 0; r->work && t < r->threads; t++) ama__codec_work_destroy(&r->work[t]);
    ama__fetcher_destroy(&r->fetcher);
    AMA_FREE(r->ctx, r->results);
    AMA_FREE(r->ctx, r->writer);
    AMA_FREE(r->ctx, r->work);
    stats->peak_bytes = ama__mem_peak(r->ctx);
    stats->sent_bytes = ama__comm_sent(r->comm) - r->start_sent;
    stats->elapsed_s = ama__now_s() - r->start_s;
    stats->cpu_s = ama__process_cpu_s() - r->start_cpu_s;
}

ama_status ama__exec_run(ama_ctx *ctx, ama__comm *comm, const ama__plan *p, const ama__exec_options *o,
                         ama__exec_stats *stats) {
    ama__run r = {.ctx = ctx, .comm = comm, .plan = p, .options = o, .threads = p->options.threads};
    r.start_s = ama__now_s();
    r.start_cpu_s = ama__process_cpu_s();
    r.start_sent = ama__comm_sent(comm);
    ama_status status = ama__comm_agree(comm, start_local(&r));
    int before = ama__phase_enter(ctx, AMA_PHASE_WRITE);
    if (status == AMA_OK) status = open_writers(&r);
    ama__phase_leave(ctx, before);
    for (int k = 0; k < p->n_stages && status == AMA_OK; k++) status = run_stage(&r, k);
    ama__phase_enter(ctx, AMA_PHASE_WRITE);
    if (status == AMA_OK) status = close_writers(&r);
    ama__phase_leave(ctx, before);
    finish(&r, stats);
    return status;
}
