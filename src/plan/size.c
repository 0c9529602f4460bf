/* Sizing: units per rank, bytes per tile, and what will be held. Each rank walks its own units only; the figures of all
 * ranks are then joined, so nothing costs O(all chunks) on a rank. */
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "kernel/state.h"
#include "plan/assembly.h"
#include "plan/blocks.h"
#include "plan/lower.h"
#include "plan/own.h"
#include "plan/simulate.h"
#include "plan/turns.h"
#include "plan/wants.h"
#include "store/prefetch.h"

#define MIB ((int64_t)1 << 20)

/* Also room for the boxes of the stage's operands. */
static ama_status share_units(ama__graph *g, const ama__plan_options *o, ama__stage *s, ama__box **boxes) {
    AMA_NEW(g->arena, *boxes, s->n_operands + 1);
    AMA_NEW(g->arena, s->rank_first, o->nranks + 1);
    for (int r = 0; r <= o->nranks; r++) s->rank_first[r] = (int64_t)((__int128)s->n_units * r / o->nranks);
    return AMA_OK;
}

/* Bytes of the boxes of earlier results that this rank's units read. */
typedef struct operand_need {
    const ama__stage *s;
    ama__box *box; /* per operand; ndim -1: nothing yet */
} operand_need;

static ama_status note_operand(void *user, ama__node *leaf, const ama__box *box) {
    operand_need *n = user;
    if (leaf->kind != AMA_NODE_REDUCE) return AMA_OK;
    int i = 0;
    while (n->s->operand[i] != leaf) i++;
    ama__box *b = &n->box[i];
    if (b->ndim < 0) {
        *b = *box;
        return AMA_OK;
    }
    for (int a = 0; a < b->ndim; a++) {
        int64_t hi = ama__max_i8(b->start[a] + b->count[a], box->start[a] + box->count[a]);
        b->start[a] = ama__min_i8(b->start[a], box->start[a]);
        b->count[a] = hi - b->start[a];
    }
    return AMA_OK;
}

ama_status ama__stage_operand_boxes(ama_ctx *ctx, const ama__stage *s, int rank, ama__box *box) {
    operand_need n = {s, box};
    ama__scan_boxes scans = {0};
    ama_status status = AMA_OK;
    for (int i = 0; i < s->n_operands; i++) box[i].ndim = -1;
    if (s->n_operands == 0) return AMA_OK;
    for (int64_t u = s->rank_first[rank]; u < s->rank_first[rank + 1] && status == AMA_OK; u++) {
        int64_t unit[AMA_MAX_DIMS];
        ama__stage_unit(s, u, unit);
        ama__box b = ama__stage_unit_box(s, unit), tile = b;
        int64_t end = s->ndim ? b.start[0] + b.count[0] : 1;
        for (int64_t x = s->ndim ? b.start[0] : 0, next; x < end && status == AMA_OK; x = next) {
            /* boxes of scans that are joined for a tile may hold more than those of the unit */
            next = s->n_scans > 0 ? ama__stage_tile_end(s, &b, x) : end;
            if (s->ndim) {
                tile.start[0] = x;
                tile.count[0] = next - x;
            }
            status = ama__stage_need(ctx, s, &tile, &scans, note_operand, &n);
        }
    }
    ama__scan_boxes_fini(&scans);
    return status;
}

typedef struct tally { /* of one rank */
    int64_t chunks, stored, decoded, tile_most, raw_most, stored_most, written, assembly;
    int64_t ahead_most; /* of a tile, read ahead */
    int64_t with_files; /* stored_most with chunks in files of their own */
    int64_t rounds;
} tally;

static void count_writes(const ama__stage *s, const ama__box *b, tally *t) {
    for (int i = 0; i < s->n_consumers; i++) {
        ama__box mine;
        const ama__consumer *c = &s->consumer[i];
        if (c->kind == AMA_CONSUME_WRITE && ama__consumer_box(s, c, b, &mine))
            t->written +=
                (ama__box_size(&mine) - ama__consumer_done(c, &mine)) * (int64_t)ama__dtype_bytes(c->node->dtype);
    }
}

/* What a tile fetches: not again what the tile before it had. */
static void count_fetches(const ama__stage *s, const ama__wants *w, ama__wants *old, tally *t) {
    t->tile_most = ama__max_i8(t->tile_most, w->bytes + ama__scan_boxes_bytes(&w->scans));
    for (int i = 0; i < w->n; i++) {
        int k = ama__wants_kept(old, &w->want[i]);
        if (k >= 0) old->want[k].taken = true;
    }
    int64_t ahead = 0;
    int64_t chunks = 0, files = 0; /* their stored bytes, all there at once when ranks read together */
    for (int i = 0; i < w->n; i++) {
        ama__want x = w->want[i];
        int from;
        t->raw_most = ama__max_i8(t->raw_most, x.bytes);
        if (ama__wants_kept(old, &x) >= 0) continue;
        const ama__box rest = ama__wants_rest(old, &x, &from);
        if (from >= 0) {
            old->want[from].taken = true;
            x.bytes = x.bytes / x.box.count[0] * rest.count[0];
        }
        t->chunks++;
        t->decoded += x.bytes;
        t->stored += ama__want_stored_bytes(s, &x);
        const ama__source_part *p = &s->source[x.source]->u.source.part[x.part];
        const ama__stored_var *v = &p->store->meta.var[p->var];
        ahead += ama__prefetch_bytes(v, &p->store->manifest[p->var], x.chunk);
        if (p->store->manifest[p->var].kind == AMA_MANIFEST_FILES) files += ama__collective_file_bytes(v);
        if (x.chunk >= 0) chunks += ama__want_stored_bytes(s, &x);
    }
    t->ahead_most = ama__max_i8(t->ahead_most, ahead);
    t->stored_most = ama__max_i8(t->stored_most, chunks);
    t->with_files = ama__max_i8(t->with_files, chunks + files);
}

/* w: of this tile and of the one before, in turn. */
static ama_status walk(const ama__stage *s, int rank, ama__wants w[2], tally *t) {
    int now = 0;
    memset(t, 0, sizeof *t);
    for (int64_t u = s->rank_first[rank]; u < s->rank_first[rank + 1]; u++) {
        int64_t unit[AMA_MAX_DIMS];
        ama__stage_unit(s, u, unit);
        ama__box box = ama__stage_unit_box(s, unit);
        count_writes(s, &box, t);
        int64_t start = s->ndim ? box.start[0] : 0, end = s->ndim ? start + box.count[0] : 1;
        for (int64_t x = start; x < end;) {
            ama__box tile = box;
            int64_t next = ama__stage_tile_end(s, &box, x);
            if (s->ndim) {
                tile.start[0] = x;
                tile.count[0] = next - x;
            }
            t->rounds++;
            x = next;
            if (ama__stage_tile_done(s, &tile)) continue;
            AMA_TRY(ama__wants_collect(&w[now], &tile));
            count_fetches(s, &w[now], &w[1 - now], t);
            now = 1 - now;
        }
    }
    return AMA_OK;
}

static bool is_chunked(const ama__plan *p, const ama__consumer *c) {
    const ama__stored_var *v = &p->sink[c->sink]->spec->meta.var[c->var];
    return v->chunked && v->ndim > 0;
}

/* `target` as so many rows as are folded together, or a multiple. */
static int64_t whole_folds(const ama__stage *s, int64_t target) {
    int64_t fold = AMA_FOLD_ROWS * s->row_bytes;
    for (int i = 0; i < s->n_consumers && fold > 0; i++)
        if (ama__consumer_folds_source(&s->consumer[i])) return ama__max_i8(target / fold, 1) * fold;
    return target;
}

/* Decoded bytes of a tile: 2 MiB a thread, which are still in the core's cache when they are folded; but two chunks a
 * thread, whole folds of rows, and where something is written enough for long writes and few exchanges. Where windows
 * reach beyond tiles whole units, as far as that takes no more than twice the halo. A quarter of the budget at most. */
static int64_t tile_target(const ama__plan *p, const ama__stage *s) {
    const ama__plan_options *o = &p->options;
    int64_t chunk = s->driver ? (int64_t)ama__dtype_bytes(s->driver->dtype) : 8, target = 2 * MIB * o->threads;
    int64_t halo = ama__stage_halo(s) * s->row_bytes, large = ama__max_i8(16 * MIB, 8 * MIB * o->threads);
    for (int d = 0; d < s->ndim; d++) chunk *= d == 0 ? s->atom_rows : ama__cuts_widest(&s->atoms[d]);
    if (o->threads > 1) target = ama__max_i8(target, 2 * o->threads * chunk);
    target = whole_folds(s, target);
    for (int i = 0; i < s->n_consumers; i++)
        if (s->consumer[i].kind == AMA_CONSUME_WRITE)
            target = ama__max_i8(target, is_chunked(p, &s->consumer[i]) ? large : 4 * MIB * o->threads);
    if (halo > 0)
        target = ama__max_i8(large,
                             ama__min_i8(2 * ama__max_i8(large, halo), ama__cuts_widest(&s->units[0]) * s->row_bytes));
    return ama__max_i8(ama__min_i8(o->budget_bytes / 4, target), 1);
}

/* What threads need besides to finish collected columns. */
static int64_t work_bytes(const ama__plan_options *o, const ama__stage *s) {
    int64_t most = 0;
    for (int i = 0; i < s->n_consumers; i++)
        if (s->consumer[i].kind == AMA_CONSUME_REDUCE)
            most = ama__max_i8(most, ama__consumer_work_bytes(&s->consumer[i]));
    return most * o->threads;
}

/* Bytes of states on the rank that needs most: while tiles run, or at the end, when one reduction after another is
 * completed. A rank then sends what it collected as fast as it receives, and ends with its share of the columns.
 * Collective. */
static int64_t state_bytes(ama__comm *comm, const ama__plan_options *o, ama__stage *s, const ama__state_need *need) {
    int64_t left = need->leftover_bytes, most = left;
    for (int i = 0; i < s->n_consumers; i++) {
        if (s->consumer[i].kind != AMA_CONSUME_REDUCE || !ama__red_collects(s->consumer[i].spec.op)) continue;
        int64_t mine = need->collected_bytes[i], share = ama__comm_sum(comm, need->sent_bytes[i]);
        left -= mine;
        most = ama__max_i8(most, left + ama__max_i8(mine, share));
        s->consumer[i].collected_bytes = ama__comm_max(comm, ama__max_i8(need->own_bytes[i], ama__max_i8(mine, share)));
    }
    /* messages, which grow by half, and what is received in one round */
    int64_t rounds = o->nranks > 1 ? ama__min_i8(2 * most, 3 * AMA_EXCHANGE_BYTES) : 0;
    return ama__comm_max(comm, ama__max_i8(need->peak_bytes, most + rounds) + need->counts_bytes);
}

/* What goes between ranks besides chunks of outputs: a state's and a column's cells are shared out over all ranks, the
 * part of this rank stays. coming: what it gets of operands. Collective. */
static void count_messages(ama__comm *comm, const ama__plan_options *o, ama__stage *s, const ama__state_need *need,
                           int64_t coming) {
    int64_t most = 0, all = need->leftover_bytes / o->nranks * (o->nranks - 1) + coming, rounds = 0;
    bool shares = false;
    for (int i = 0; i < s->n_consumers; i++) {
        ama__consumer *c = &s->consumer[i];
        shares = shares || (c->kind == AMA_CONSUME_WRITE && c->shares);
        rounds += c->kind != AMA_CONSUME_WRITE;
        if (c->kind == AMA_CONSUME_REDUCE && ama__red_collects(c->spec.op))
            c->open_bytes = ama__comm_sum(comm, need->collected_bytes[i]);
    }
    most = ama__comm_max(comm, all);
    s->sent_bytes = ama__comm_sum(comm, s->sent_bytes + all);
    s->n_exchanges = rounds + s->n_operands + most / AMA_EXCHANGE_BYTES + (shares ? s->n_rounds + 1 : 0);
}

/* Bytes of the boxes of earlier results that this rank reads, with what is received from the others in a round and what
 * is sent to them, in messages that grow; what it has itself does not travel. *coming: what about comes from others.
 * Collective. */
static int64_t operand_bytes(ama__comm *comm, const ama__plan *p, int k, const ama__box *boxes, int64_t *coming) {
    const ama__stage *s = &p->stage[k];
    int64_t n = p->options.nranks, bytes = 0, messages = 0;
    *coming = 0;
    for (int i = 0; i < s->n_operands; i++) {
        bool some = boxes[i].ndim >= 0;
        int64_t size = (int64_t)ama__dtype_bytes(s->operand[i]->dtype);
        int64_t mine = some ? ama__box_size(&boxes[i]) * size : 0;
        int64_t own = some ? ama__plan_own_values(p, k, s->operand[i], ama__comm_rank(comm), &boxes[i]) * size : 0;
        bytes += mine;
        if (n == 1) continue;
        *coming += own > 0 ? mine - own : mine / n * (n - 1);
        int64_t all = ama__comm_sum(comm, mine - own);
        messages = ama__max_i8(messages, ama__min_i8(mine - own, (n - 1) * AMA_EXCHANGE_BYTES) +
                                             2 * ama__min_i8(all, AMA_EXCHANGE_BYTES));
    }
    return bytes + messages;
}

static ama_status size_stage(ama__graph *g, ama__comm *comm, const ama__plan *p, int k) {
    ama__stage *s = &p->stage[k];
    const ama__plan_options *o = &p->options;
    int rank = ama__comm_rank(comm);
    ama__state_need need = {0};
    ama__wants w[2] = {{0}, {0}};
    tally t = {0};
    ama__box *boxes = NULL;
    s->tile_bytes = tile_target(p, s);
    ama_status status = share_units(g, o, s, &boxes); /* may fail alone: agreed below */
    if (status == AMA_OK) status = ama__wants_init(&w[0], g->ctx, s);
    if (status == AMA_OK) status = ama__wants_init(&w[1], g->ctx, s);
    if (status == AMA_OK) status = walk(s, rank, w, &t);
    if (status == AMA_OK) status = ama__plan_simulate(g->ctx, s, o, rank, &need);
    if (status == AMA_OK) status = ama__stage_operand_boxes(g->ctx, s, rank, boxes);
    int64_t outputs = 0;
    ama__wants_fini(&w[0]);
    ama__wants_fini(&w[1]);
    status = ama__comm_agree(comm, status);
    if (status == AMA_OK) status = ama__plan_outputs(g->ctx, comm, p, s, &outputs);
    if (status != AMA_OK) {
        ama__state_need_fini(g->ctx, &need);
        return status;
    }
    int64_t coming, operands = operand_bytes(comm, p, k, boxes, &coming);
    s->chunks = ama__comm_sum(comm, t.chunks);
    s->stored_bytes = ama__comm_sum(comm, t.stored);
    s->decoded_bytes = ama__comm_sum(comm, t.decoded);
    s->write_bytes = ama__comm_sum(comm, t.written);
    s->n_rounds = ama__comm_max(comm, t.rounds);
    count_messages(comm, o, s, &need, coming);
    s->ahead_bytes = ama__comm_max(comm, o->prefetch > 0 ? t.ahead_most * (o->prefetch + 1) : 0);
    const ama__io_options io = ama__plan_io(o);
    int64_t stored = o->io == AMA_PATH_TWO_PHASE ? t.with_files : t.stored_most;
    int64_t together = s->n_sources > 0 ? ama__collective_bytes(&io, o->nranks, stored, t.raw_most) : 0;
    s->fetch_bytes = ama__comm_max(comm, t.tile_most + 2 * o->threads * t.raw_most + together);
    s->scratch_bytes += work_bytes(o, s); /* to the blocks', known since the cut */
    s->state_bytes = state_bytes(comm, o, s, &need);
    s->result_bytes = ama__comm_max(comm, need.result_bytes + need.leftover_result_bytes / o->nranks);
    s->operand_bytes = ama__comm_max(comm, operands);
    s->output_bytes = ama__comm_max(comm, outputs);
    ama__state_need_fini(g->ctx, &need);
    return AMA_OK;
}

/* Results live from their stage to the last stage that reads them: taken as living to the end. */
ama_status ama__plan_size(ama__graph *g, ama__comm *comm, ama__plan *p) {
    int64_t results = 0;
    p->peak_bytes = 0;
    for (int k = 0; k < p->n_stages; k++) {
        ama__stage *s = &p->stage[k];
        AMA_TRY(size_stage(g, comm, p, k));
        results += s->result_bytes;
        int64_t budget = p->options.budget_bytes;
        int64_t others = s->scratch_bytes + s->state_bytes + results + s->operand_bytes + s->output_bytes;
        if (s->n_turns > 0) AMA_TRY(ama__plan_turns(comm, &p->options, s, budget - p->held_bytes - others));
        s->peak_bytes = s->fetch_bytes + others;
        /* an eighth of the budget at most, and of that what is left */
        int64_t left = ama__max_i8(budget - p->held_bytes - s->peak_bytes, 0);
        s->ahead_bytes = ama__min_i8(s->ahead_bytes, ama__min_i8(budget / 8, left));
        s->peak_bytes += s->ahead_bytes;
        p->peak_bytes = ama__max_i8(p->peak_bytes, s->peak_bytes);
    }
    p->peak_bytes += p->held_bytes;
    return AMA_OK;
}
