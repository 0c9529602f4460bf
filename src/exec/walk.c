#include "exec/walk.h"

#include "base/phase.h"
#include "exec/eval_scan.h"
#include "exec/tile_share.h"

#define AGREE_EVERY 32 /* rounds between looks at how the other ranks fare */

/* ---- one tile */

static ama_status consume_box(ama__stage_run *sr, int i, const ama__box *driver_box) {
    const ama__consumer *c = &sr->stage->consumer[i];
    ama__run *r = sr->r;
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
static ama_status reduce_tile(ama__stage_run *sr, int i, const ama__box *tile) {
    int before = ama__phase_enter(sr->r->ctx, AMA_PHASE_COMPUTE);
    ama_status status = ama__reduce_tile(&sr->accum[i], sr->ev, sr->r->threads, tile);
    ama__phase_leave(sr->r->ctx, before);
    return status;
}

static ama_status run_tile(ama__stage_run *sr, const ama__box *tile) {
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

static ama_status open_unit(ama__stage_run *sr, walk *w) {
    int64_t index[AMA_MAX_DIMS] = {0};
    ama__stage_unit(sr->stage, w->unit, index);
    w->box = ama__stage_unit_box(sr->stage, index);
    w->next = sr->stage->ndim ? w->box.start[0] : 0;
    w->open = true;
    for (int i = 0; i < sr->stage->n_consumers; i++)
        if (sr->stage->consumer[i].kind == AMA_CONSUME_REDUCE) AMA_TRY(ama__accum_open(&sr->accum[i], index));
    return AMA_OK;
}

static ama_status close_unit(ama__stage_run *sr, walk *w) {
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
static ama__box tile_box(const ama__stage_run *sr, const walk *w, int64_t *end) {
    ama__box tile = w->box;
    *end = ama__stage_tile_end(sr->stage, &w->box, w->next);
    if (sr->stage->ndim) {
        tile.start[0] = w->next;
        tile.count[0] = *end - w->next;
    }
    return tile;
}

static ama_status want_tile(ama__stage_run *sr, walk *w) {
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

static ama_status next_tile(ama__stage_run *sr, walk *w) {
    int64_t end;
    const ama__box tile = tile_box(sr, w, &end);
    int64_t last = sr->stage->ndim ? w->box.start[0] + w->box.count[0] : end;
    if (!w->skip) AMA_TRY(run_tile(sr, &tile));
    w->next = end;
    sr->tiles++;
    return end >= last ? close_unit(sr, w) : AMA_OK;
}

static ama_status agree(ama__run *r, ama_status status) {
    int before = ama__phase_enter(r->ctx, AMA_PHASE_EXCHANGE);
    status = ama__comm_agree(r->comm, status);
    ama__phase_leave(r->ctx, before);
    return status;
}

static void report(ama__stage_run *sr) {
    ama__run *r = sr->r;
    if (!r->options->progress || ama__comm_rank(r->comm) != 0) return;
    r->options->progress(r->options->user, sr->number, r->plan->n_stages, sr->tiles, sr->stage->n_rounds,
                         ama__fetcher_counts(r->fetcher).raw_bytes, ama__now_s() - r->start_s);
}

ama_status ama__walk_flush(ama__stage_run *sr, ama_status status) {
    ama__run *r = sr->r;
    int before = ama__phase_enter(r->ctx, AMA_PHASE_EXCHANGE);
    if (sr->shares)
        status = ama__outputs_exchange(sr->output, sr->stage->n_consumers, &sr->outbox, r->comm, r->work, r->threads,
                                       status);
    else
        status = ama__comm_agree(r->comm, status);
    ama__phase_enter(r->ctx, AMA_PHASE_WRITE);
    for (int i = 0; i < r->plan->n_sinks && status == AMA_OK && sr->flush; i++)
        if (r->writer[i]) status = ama__writer_flush(r->writer[i]);
    ama__phase_leave(r->ctx, before);
    return status;
}

/* Rounds are in step over the ranks only as far as needed: for outputs that flush together, and to learn in time that
 * another rank failed. */
static ama_status run_rounds(ama__stage_run *sr, walk *w, int64_t n_rounds) {
    ama__run *r = sr->r;
    ama_status status = AMA_OK;
    for (int64_t k = 0; k < n_rounds; k++) {
        bool have = w->unit < w->last;
        if (status == AMA_OK && have) status = want_tile(sr, w);
        if (sr->tile.collective && (status = ama__tile_share(&sr->tile, status, have && !w->skip)) != AMA_OK)
            return status;
        if (status == AMA_OK && have) status = next_tile(sr, w);
        if (sr->flush || sr->shares)
            status = ama__walk_flush(sr, status);
        else if (k % AGREE_EVERY == AGREE_EVERY - 1)
            status = agree(r, status);
        else
            continue;
        if (status != AMA_OK) return status; /* agreed */
        report(sr);
    }
    return agree(r, status);
}

static int64_t count_tiles(const ama__stage *s, int64_t unit, int64_t last) {
    int64_t n = 0;
    for (; unit < last; unit++) {
        int64_t index[AMA_MAX_DIMS];
        ama__stage_unit(s, unit, index);
        const ama__box box = ama__stage_unit_box(s, index);
        for (int64_t x = box.start[0]; x < box.start[0] + box.count[0]; n++) x = ama__stage_tile_end(s, &box, x);
    }
    return n;
}

static ama_status run_turns(ama__stage_run *sr) {
    ama__run *r = sr->r;
    const ama__stage *s = sr->stage;
    for (int64_t turn = 0; turn < s->n_turns; turn++) {
        walk w = {0};
        ama__turn_units(s, ama__comm_rank(r->comm), turn, &w.unit, &w.last);
        ama__tile_drop_scans(&sr->tile);
        AMA_TRY(ama__turns_fetch(sr->turns, r->comm, turn));
        AMA_TRY(run_rounds(sr, &w, ama__comm_max(r->comm, count_tiles(s, w.unit, w.last))));
        report(sr);
    }
    return AMA_OK;
}

ama_status ama__walk_run(ama__stage_run *sr) {
    int rank = ama__comm_rank(sr->r->comm);
    walk w = {.unit = sr->stage->rank_first[rank], .last = sr->stage->rank_first[rank + 1]};
    return sr->turns ? run_turns(sr) : run_rounds(sr, &w, sr->stage->n_rounds);
}
