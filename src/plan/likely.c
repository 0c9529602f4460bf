/* Reading ahead leaves alone what is in the page cache: of its window as large a part is held as is not there of the
 * chunks that follow one another. Each rank asks about a few chunks of a few of its tiles, and the tile of which most
 * is away counts. Which byte of a chunk is asked about changes from time to time, or one plan would answer the next
 * one's question. */
#include "plan/likely.h"

#include "base/phase.h"
#include "plan/wants.h"
#include "store/prefetch.h"

enum { PLACES = 8, PARTS = 8 /* chunks at each */ };

static uint64_t next_salt(uint64_t *state) {
    *state = *state * 0x5851F42D4C957F2Du + 0x14057B7EF767814Fu;
    return *state >> 20;
}

typedef struct asked {
    int n, away;
} asked;

/* Chunks of a tile, evenly spread. */
static void ask_tile(const ama__stage *s, const ama__wants *w, uint64_t *state, asked *a) {
    int64_t n = w->n < PARTS - a->n ? w->n : PARTS - a->n;
    for (int64_t k = 0; k < n; k++) {
        const ama__want *x = &w->want[k * w->n / n];
        const ama__source_part *p = &s->source[x->source]->u.source.part[x->part];
        a->away += !ama__prefetch_is_cached(&p->store->meta.var[p->var], &p->store->manifest[p->var], x->chunk,
                                            next_salt(state));
    }
    a->n += (int)n;
}

/* Tiles from the k-th of n places in the rank's units on, until PARTS chunks have been asked about or a unit ends. */
static ama_status ask_place(const ama__stage *s, int rank, int k, ama__wants *w, uint64_t *state, asked *a) {
    int64_t first = s->rank_first[rank], units = s->rank_first[rank + 1] - first, index[AMA_MAX_DIMS] = {0};
    double at = (double)k / PLACES * (double)units;
    *a = (asked){0, 0};
    if (units == 0 || s->ndim == 0) return AMA_OK;
    ama__stage_unit(s, first + (int64_t)at, index);
    const ama__box unit = ama__stage_unit_box(s, index);
    int64_t x = unit.start[0] + (int64_t)((at - (double)(int64_t)at) * (double)unit.count[0]);
    int64_t end = unit.start[0] + unit.count[0], begin = s->atoms[0].cut[ama__cuts_find(&s->atoms[0], x)];
    ama__box tile = unit;
    for (int64_t next = begin > unit.start[0] ? begin : unit.start[0]; next < end && a->n < PARTS;) {
        tile.start[0] = next;
        next = ama__stage_tile_end(s, &unit, next);
        tile.count[0] = next - tile.start[0];
        if (ama__stage_tile_done(s, &tile)) continue;
        AMA_TRY(ama__wants_collect(w, &tile));
        if (w->n == 0) break;
        ask_tile(s, w, state, a);
    }
    return AMA_OK;
}

/* How many of PARTS are away where most are. */
static ama_status ask(ama_ctx *ctx, const ama__stage *s, int rank, int *away) {
    ama__wants w;
    uint64_t state = (uint64_t)(1e6 * ama__now_s());
    ama_status status = ama__wants_init(&w, ctx, s);
    *away = 0;
    for (int k = 0; k < PLACES && status == AMA_OK && *away < PARTS; k++) {
        asked a;
        status = ask_place(s, rank, k, &w, &state, &a);
        int now = a.n > 0 ? (a.away * PARTS + a.n - 1) / a.n : 0;
        if (now > *away) *away = now;
    }
    ama__wants_fini(&w);
    return status;
}

ama_status ama__plan_likely(ama_ctx *ctx, ama__comm *comm, ama__plan *p) {
    int64_t most = 0;
    for (int k = 0; k < p->n_stages; k++) {
        int64_t without = p->stage[k].peak_bytes - p->stage[k].ahead_bytes;
        if (without > most) most = without;
    }
    for (int k = 0; k < p->n_stages; k++) {
        const ama__stage *s = &p->stage[k];
        int away = 0;
        if (s->ahead_bytes == 0 || s->peak_bytes <= most) continue; /* the answer would change nothing */
        AMA_TRY(ama__comm_agree(comm, ask(ctx, s, ama__comm_rank(comm), &away)));
        int64_t with = s->peak_bytes - s->ahead_bytes / PARTS * (PARTS - ama__comm_max(comm, away));
        if (with > most) most = with;
    }
    p->likely_bytes = p->held_bytes + most;
    return AMA_OK;
}
