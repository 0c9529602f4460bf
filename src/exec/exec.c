#include "exec/exec.h"

#include <string.h>

#include "base/phase.h"
#include "exec/ahead.h"
#include "exec/counting.h"
#include "exec/eval_scan.h"
#include "exec/output.h"
#include "exec/reduce.h"
#include "exec/tile_share.h"

#define AGREE_EVERY 32 /* rounds between looks at how the other ranks fare */

typedef struct result {
    ama__node *node;
    int last_use; /* stage; -1: nobody reads it */
    ama__pieces pieces;
    ama__counting *counting; /* between the passes of one that counts */
} result;

typedef struct run {
    ama_ctx *ctx;
    ama__comm *comm;
    const ama__plan *plan;
    const ama__exec_options *options;
    int threads;
    ama__fetcher *fetcher;
    ama__codec_work **work;
    ama__writer **writer; /* per sink; NULL for GATHER */
    int n_results;
    result *results;
    double start_s;
} run;

/* What one stage holds while it runs. */
typedef struct stage_run {
    run *r;
    int number;
    const ama__stage *stage;
    ama__tile tile;
    ama__ahead ahead;
    ama__evaluator *ev;
    ama__operand *operand;
    ama__accum *accum;   /* per consumer; only REDUCE ones are in use */
    ama__output *output; /* per consumer; only WRITE ones */
    ama__pieces *gather; /* per consumer; only GATHER ones */
    ama__outbox outbox;  /* of the outputs */
    bool shares;         /* some output's chunks are put together from several ranks' */
    bool flush;          /* some output needs collective flushes */
    int64_t rounds, tiles;
} stage_run;

/* ---- results */

static result *find_result(const run *r, const ama__node *n) {
    for (int i = 0; i < r->n_results; i++)
        if (r->results[i].node == n) return &r->results[i];
    return NULL;
}

/* Panels of one reduction make one result. */
static void add_result(run *r, ama__node *node) {
    if (find_result(r, node)) return;
    result *x = &r->results[r->n_results++];
    *x = (result){node, -1, {0}, NULL};
    ama__pieces_init(&x->pieces, r->ctx, node->dtype);
}

static ama_status make_results(run *r) {
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
static ama_status fetch_operands(stage_run *sr) {
    run *r = sr->r;
    const ama__stage *s = sr->stage;
    ama__box *box = NULL;
    if (s->n_operands == 0) return AMA_OK;
    ama_status status = ama__mem_calloc(r->ctx, AMA_MEM_META, (size_t)s->n_operands + 1, sizeof *box, (void **)&box);
    if (status == AMA_OK) status = ama__stage_operand_boxes(r->ctx, s, ama__comm_rank(r->comm), box);
    for (int i = 0; i < s->n_operands; i++) {
        result *x = find_result(r, s->operand[i]);
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

static void drop_results(run *r, int stage) {
    for (int i = 0; i < r->n_results; i++)
        if (r->results[i].last_use == stage) ama__pieces_fini(&r->results[i].pieces);
}

/* ---- setting a stage up */

static ama_status alloc_stage(stage_run *sr) {
    run *r = sr->r;
    size_t n = (size_t)sr->stage->n_consumers + 1, ops = (size_t)sr->stage->n_operands + 1;
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, n, sizeof *sr->accum, (void **)&sr->accum));
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, n, sizeof *sr->output, (void **)&sr->output));
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, n, sizeof *sr->gather, (void **)&sr->gather));
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, ops, sizeof *sr->operand, (void **)&sr->operand));
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, (size_t)r->threads, sizeof *sr->ev, (void **)&sr->ev));
    return AMA_OK;
}

static ama_status make_accum(stage_run *sr, int i) {
    run *r = sr->r;
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

static ama_status set_up_local(stage_run *sr) {
    run *r = sr->r;
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
        sr->flush |= ama__writer_collective_flush(r->writer[c->sink]);
        sr->shares |= c->shares;
    }
    AMA_TRY(ama__ahead_init(&sr->ahead, r->ctx, s, r->fetcher, r->plan->options.prefetch, ama__comm_rank(r->comm)));
    AMA_TRY(ama__tile_init(&sr->tile, r->ctx, s, r->fetcher, r->work, r->threads));
    for (int t = 0; t < r->threads; t++) AMA_TRY(ama__evaluator_init(&sr->ev[t], r->ctx, s, &sr->tile, sr->operand));
    return AMA_OK;
}

static void tear_down(stage_run *sr) {
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
    ama__tile_fini(&sr->tile);
    AMA_FREE(ctx, sr->accum);
    AMA_FREE(ctx, sr->output);
    AMA_FREE(ctx, sr->gather);
    AMA_FREE(ctx, sr->operand);
    AMA_FREE(ctx, sr->ev);
}

/* ---- one tile */

static ama_status consume_box(stage_run *sr, int i, const ama__box *driver_box) {
    const ama__consumer *c = &sr->stage->consumer[i];
    run *r = sr->r;
    ama__box box;
    void *data;
    if (!ama__consumer_box(sr->stage, c, driver_box, &box)) return AMA_OK;
    AMA_TRY(ama__evaluate_box(r->ctx, sr->ev, r->threads, c, &box, &data));
    if (c->kind == AMA_CONSUME_GATHER) {
        ama_status kept = ama__pieces_add(&sr->gather[i], &box, data);
        if (kept != AMA_OK) ama__mem_free(r->ctx, data);
        return kept;
    }
    ama_status status = ama__output_put(&sr->output[i], r->work, r->threads, &box, data);
    ama__mem_free(r->ctx, data);
    return ama__wrap(r->ctx, status, "variable %s", sr->output[i].var->name);
}

/* Timed on the master thread: what it does alone is computing too. */
static ama_status reduce_tile(stage_run *sr, int i, const ama__box *tile) {
    int before = ama__phase_enter(sr->r->ctx, AMA_PHASE_COMPUTE);
    ama_status status = ama__reduce_tile(&sr->accum[i], sr->ev, sr->r->threads, tile);
    ama__phase_leave(sr->r->ctx, before);
    return status;
}

static ama_status run_tile(stage_run *sr, const ama__box *tile) {
    const ama__stage *s = sr->stage;
    AMA_TRY(ama__tile_fetch(&sr->tile));
    AMA_TRY(ama__tile_scan(&sr->tile, sr->ev, sr->r->threads));
    for (int i = 0; i < s->n_consumers; i++) {
        if (s->consumer[i].kind == AMA_CONSUME_REDUCE)
            AMA_TRY(reduce_tile(sr, i, tile));
        else
            AMA_TRY(consume_box(sr, i, tile));
    }
    return AMA_OK;
}

/* The rank's tiles one after another: where the walk stands. */
typedef struct walk {
    int64_t unit, last; /* units [unit, last) */
    bool open;
    ama__box box; /* of the unit */
    int64_t next; /* start of the next tile on axis 0 */
    bool skip;    /* this tile has been written by an earlier run */
} walk;

static ama_status open_unit(stage_run *sr, walk *w) {
    int64_t index[AMA_MAX_DIMS] = {0};
    ama__stage_unit(sr->stage, w->unit, index);
    w->box = ama__stage_unit_box(sr->stage, index);
    w->next = sr->stage->ndim ? w->box.start[0] : 0;
    w->open = true;
    for (int i = 0; i < sr->stage->n_consumers; i++)
        if (sr->stage->consumer[i].kind == AMA_CONSUME_REDUCE) AMA_TRY(ama__accum_open(&sr->accum[i], index));
    return AMA_OK;
}

static ama_status close_unit(stage_run *sr, walk *w) {
    ama_status status = AMA_OK;
    int before = ama__phase_enter(sr->r->ctx, AMA_PHASE_COMPUTE);
    for (int i = 0; i < sr->stage->n_consumers && status == AMA_OK; i++)
        if (sr->stage->consumer[i].kind == AMA_CONSUME_REDUCE) status = ama__accum_close(&sr->accum[i]);
    ama__phase_leave(sr->r->ctx, before);
    w->open = false;
    w->unit++;
    return status;
}

/* The tile at which the walk stands, and where it ends on axis 0. */
static ama__box tile_box(const stage_run *sr, const walk *w, int64_t *end) {
    ama__box tile = w->box;
    *end = ama__stage_tile_end(sr->stage, &w->box, w->next);
    if (sr->stage->ndim) {
        tile.start[0] = w->next;
        tile.count[0] = *end - w->next;
    }
    return tile;
}

static ama_status want_tile(stage_run *sr, walk *w) {
    int64_t end;
    if (!w->open) AMA_TRY(open_unit(sr, w));
    const ama__box tile = tile_box(sr, w, &end);
    int before = ama__phase_enter(sr->r->ctx, AMA_PHASE_FETCH);
    w->skip = ama__stage_tile_done(sr->stage, &tile);
    ama_status status = ama__ahead_fill(&sr->ahead, sr->tiles);
    if (status == AMA_OK && !w->skip) status = ama__tile_want(&sr->tile, &tile);
    ama__phase_leave(sr->r->ctx, before);
    return status;
}

static ama_status next_tile(stage_run *sr, walk *w) {
    int64_t end;
    const ama__box tile = tile_box(sr, w, &end);
    int64_t last = sr->stage->ndim ? w->box.start[0] + w->box.count[0] : end;
    if (!w->skip) AMA_TRY(run_tile(sr, &tile));
    w->next = end;
    sr->tiles++;
    return end >= last ? close_unit(sr, w) : AMA_OK;
}

static ama_status agree(run *r, ama_status status) {
    int before = ama__phase_enter(r->ctx, AMA_PHASE_EXCHANGE);
    status = ama__comm_agree(r->comm, status);
    ama__phase_leave(r->ctx, before);
    return status;
}

static void report(stage_run *sr) {
    run *r = sr->r;
    if (!r->options->progress || ama__comm_rank(r->comm) != 0) return;
    r->options->progress(r->options->user, sr->number, r->plan->n_stages, sr->tiles, sr->stage->n_rounds,
                         ama__fetcher_counts(r->fetcher).raw_bytes, ama__now_s() - r->start_s);
}

static ama_status flush_outputs(stage_run *sr, ama_status status) {
    run *r = sr->r;
    int before = ama__phase_enter(r->ctx, AMA_PHASE_EXCHANGE);
    if (sr->shares)
        status = ama__outputs_exchange(sr->output, &sr->outbox, r->comm, r->work, r->threads, status);
    else
        status = ama__comm_agree(r->comm, status);
    ama__phase_enter(r->ctx, AMA_PHASE_WRITE);
    for (int i = 0; i < r->plan->n_sinks && status == AMA_OK; i++)
        if (r->writer[i] && ama__writer_collective_flush(r->writer[i])) status = ama__writer_flush(r->writer[i]);
    ama__phase_leave(r->ctx, before);
    return status;
}

/* All tiles. Rounds are in step over the ranks only as far as needed: for outputs that flush together, and to learn in
 * time that another rank failed. */
static ama_status run_tiles(stage_run *sr) {
    run *r = sr->r;
    int rank = ama__comm_rank(r->comm);
    walk w = {.unit = sr->stage->rank_first[rank], .last = sr->stage->rank_first[rank + 1]};
    ama_status status = AMA_OK;
    for (sr->rounds = 0; sr->rounds < sr->stage->n_rounds; sr->rounds++) {
        bool have = w.unit < w.last;
        if (status == AMA_OK && have) status = want_tile(sr, &w);
        if (sr->tile.twophase && (status = ama__tile_share(&sr->tile, status, have && !w.skip)) != AMA_OK)
            return status;
        if (status == AMA_OK && have) status = next_tile(sr, &w);
        if (sr->flush || sr->shares)
            status = flush_outputs(sr, status);
        else if (sr->rounds % AGREE_EVERY == AGREE_EVERY - 1)
            status = agree(r, status);
        else
            continue;
        if (status != AMA_OK) return status; /* agreed */
        report(sr);
    }
    return agree(r, status);
}

/* ---- the end of a stage */

static ama_status gather_all(stage_run *sr, int i) {
    run *r = sr->r;
    const ama__consumer *c = &sr->stage->consumer[i];
    ama__box whole = ama__box_whole(c->node->ndim, c->node->shape);
    if (!ama__dtype_is_text(c->node->dtype))
        return ama__pieces_fetch(r->comm, AMA_OK, &sr->gather[i], &whole, &r->plan->sink[c->sink]->data[c->var]);
    /* text is replicated already: every rank has the constant */
    ama_status status = ama__evaluate_box(r->ctx, sr->ev, 1, c, &whole, &r->plan->sink[c->sink]->data[c->var]);
    return ama__comm_agree(r->comm, status);
}

static ama_status end_stage(stage_run *sr) {
    run *r = sr->r;
    ama__ahead_fini(&sr->ahead);
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
    return sr->flush ? flush_outputs(sr, AMA_OK) : AMA_OK;
}

static ama_status run_stage(run *r, int k) {
    stage_run sr = {.r = r, .number = k, .stage = &r->plan->stage[k]};
    ama_status status = ama__comm_agree(r->comm, alloc_stage(&sr));
    int before = ama__phase_enter(r->ctx, AMA_PHASE_EXCHANGE);
    if (status == AMA_OK) status = fetch_operands(&sr);
    ama__phase_leave(r->ctx, before);
    if (status == AMA_OK) status = ama__comm_agree(r->comm, set_up_local(&sr));
    if (status == AMA_OK && r->plan->options.two_phase && sr.stage->n_sources > 0)
        status = ama__tile_share_begin(&sr.tile, r->comm, r->plan->options.n_aggregators);
    if (status == AMA_OK) status = run_tiles(&sr);
    ama__phase_enter(r->ctx, AMA_PHASE_EXCHANGE);
    if (status == AMA_OK) status = end_stage(&sr);
    ama__phase_leave(r->ctx, before);
    tear_down(&sr);
    drop_results(r, k);
    return status;
}

/* ---- the whole run */

static ama_status start_local(run *r) {
    ama__mem_set_keep(r->ctx, (size_t)r->plan->peak_bytes);
    AMA_TRY(ama__fetcher_create(r->ctx, &r->fetcher));
    AMA_TRY(ama__mem_calloc(r->ctx, AMA_MEM_META, (size_t)r->threads, sizeof *r->work, (void **)&r->work));
    for (int t = 0; t < r->threads; t++) AMA_TRY(ama__codec_work_create(r->ctx, &r->work[t]));
    AMA_TRY(
        ama__mem_calloc(r->ctx, AMA_MEM_META, (size_t)r->plan->n_sinks + 1, sizeof *r->writer, (void **)&r->writer));
    return make_results(r);
}

static ama_status open_writers(run *r) {
    ama_status status = AMA_OK;
    for (int i = 0; i < r->plan->n_sinks && status == AMA_OK; i++)
        if (r->plan->sink[i]->kind == AMA_SINK_WRITE)
            status = ama__writer_create(r->ctx, r->comm, r->plan->sink[i]->spec, &r->writer[i]);
    return status;
}

static ama_status close_writers(run *r) {
    ama_status status = AMA_OK;
    for (int i = 0; i < r->plan->n_sinks && status == AMA_OK; i++)
        if (r->writer[i]) status = ama__writer_finish(r->writer[i]);
    for (int i = 0; i < r->plan->n_sinks && status == AMA_OK; i++)
        if (r->writer[i]) status = ama__writer_publish(r->writer[i]);
    return status;
}

static void finish(run *r, ama__exec_stats *stats) {
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
    stats->elapsed_s = ama__now_s() - r->start_s;
}

ama_status ama__exec_run(ama_ctx *ctx, ama__comm *comm, const ama__plan *p, const ama__exec_options *o,
                         ama__exec_stats *stats) {
    run r = {.ctx = ctx, .comm = comm, .plan = p, .options = o, .threads = p->options.threads, .start_s = ama__now_s()};
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
