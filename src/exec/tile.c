#include "exec/tile.h"

#include <omp.h>
#include <string.h>

#include "base/phase.h"
#include "exec/tile_share.h"

int ama__thread(void) {
    return omp_get_thread_num();
}

static ama_status make_loads(ama__tile *t) {
    const ama__stage *s = t->stage;
    AMA_TRY(ama__mem_calloc(t->ctx, AMA_MEM_META, (size_t)s->n_sources + 1, sizeof *t->load, (void **)&t->load));
    for (int i = 0; i < s->n_sources; i++) {
        const ama__node *n = s->source[i];
        AMA_TRY(
            ama__mem_calloc(t->ctx, AMA_MEM_META, (size_t)n->u.source.n_parts, sizeof **t->load, (void **)&t->load[i]));
        for (int k = 0; k < n->u.source.n_parts; k++) t->load[i][k] = ama__source_load(n, k);
    }
    return AMA_OK;
}

/* ---- what the stage reads of each source, all tiles together */

static ama_status note_reach(void *user, ama__node *leaf, const ama__box *box) {
    ama__tile *t = user;
    int i = 0;
    if (leaf->kind != AMA_NODE_SOURCE) return AMA_OK;
    while (t->stage->source[i] != leaf) i++;
    t->reach[i] = t->reach[i].ndim < 0 ? *box : ama__box_hull(&t->reach[i], box);
    return AMA_OK;
}

static ama_status find_reach(ama__tile *t) {
    const ama__stage *s = t->stage;
    ama__box whole = ama__box_whole(s->ndim, s->shape);
    ama__scan_boxes scans = {0};
    AMA_TRY(ama__mem_calloc(t->ctx, AMA_MEM_META, (size_t)s->n_sources + 1, sizeof *t->reach, (void **)&t->reach));
    for (int i = 0; i < s->n_sources; i++) t->reach[i].ndim = -1;
    ama_status status = ama__stage_need(t->ctx, s, &whole, &scans, note_reach, t);
    ama__scan_boxes_fini(&scans);
    return status;
}

ama_status ama__tile_init(ama__tile *t, ama_ctx *ctx, const ama__stage *s, ama__fetcher *f, ama__codec_work **work,
                          int threads) {
    memset(t, 0, sizeof *t);
    t->ctx = ctx;
    t->stage = s;
    t->fetcher = f;
    t->work = work;
    t->threads = threads;
    AMA_TRY(ama__wants_init(&t->wants, ctx, s));
    AMA_TRY(ama__wants_init(&t->old, ctx, s));
    AMA_TRY(find_reach(t));
    return make_loads(t);
}

static void drop(ama__tile *t, ama__wants *w, void **data) {
    for (int i = 0; i < w->n; i++) AMA_FREE(t->ctx, data[i]);
    w->n = 0;
}

void ama__tile_drop_scans(ama__tile *t) {
    for (int i = 0; i < t->n_scans; i++) ama__mem_free(t->ctx, t->scan[i]);
    AMA_FREE(t->ctx, t->scan);
    t->n_scans = 0;
}

void ama__tile_fini(ama__tile *t) {
    if (!t->ctx) return;
    ama__tile_drop_scans(t);
    ama__tile_share_end(t);
    if (t->data) drop(t, &t->wants, t->data);
    if (t->old_data) drop(t, &t->old, t->old_data);
    for (int i = 0; t->load && i < t->stage->n_sources; i++) ama__mem_free(t->ctx, t->load[i]);
    AMA_FREE(t->ctx, t->load);
    AMA_FREE(t->ctx, t->reach);
    AMA_FREE(t->ctx, t->data);
    AMA_FREE(t->ctx, t->old_data);
    ama__wants_fini(&t->wants);
    ama__wants_fini(&t->old);
    t->ctx = NULL;
}

static void swap_generations(ama__tile *t) {
    ama__wants w = t->wants;
    void **d = t->data;
    int cap = t->data_cap;
    t->wants = t->old;
    t->data = t->old_data;
    t->data_cap = t->old_cap;
    t->old = w;
    t->old_data = d;
    t->old_cap = cap;
}

static ama_status reserve(ama__tile *t) {
    if (t->wants.n > t->data_cap) {
        t->data_cap = 0;
        AMA_FREE(t->ctx, t->data);
        AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_META, (size_t)t->wants.n * 2 * sizeof *t->data, (void **)&t->data));
        t->data_cap = t->wants.n * 2;
    }
    for (int i = 0; i < t->wants.n; i++) t->data[i] = NULL;
    return AMA_OK;
}

static const ama__source_part *part_of(const ama__tile *t, const ama__want *w) {
    return &t->stage->source[w->source]->u.source.part[w->part];
}

/* The beginning of a box from the end of one that the tile before had. */
static ama_status keep_beginning(ama__tile *t, int i) {
    ama__want *w = &t->wants.want[i];
    int k;
    const ama__box rest = ama__wants_rest(&t->old, w, &k);
    if (k < 0) return AMA_OK;
    ama__want *old = &t->old.want[k];
    size_t row = (size_t)(w->bytes / w->box.count[0]);
    int64_t have = w->box.count[0] - rest.count[0];
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_CHUNK, (size_t)w->bytes, &t->data[i]));
    memcpy(t->data[i], (const char *)t->old_data[k] + (size_t)(old->box.count[0] - have) * row, (size_t)have * row);
    w->have = have;
    old->taken = true;
    AMA_FREE(t->ctx, t->old_data[k]);
    return AMA_OK;
}

/* Takes over from the tile before what is wanted again; drops the rest. */
static ama_status keep_old(ama__tile *t) {
    ama_status status = AMA_OK;
    for (int i = 0; i < t->wants.n; i++) {
        int k = ama__wants_kept(&t->old, &t->wants.want[i]);
        if (k < 0 || !t->old_data[k]) continue;
        t->data[i] = t->old_data[k];
        t->old_data[k] = NULL;
        t->old.want[k].taken = true;
    }
    for (int i = 0; i < t->wants.n && status == AMA_OK; i++)
        if (!t->data[i]) status = keep_beginning(t, i);
    drop(t, &t->old, t->old_data);
    return status;
}

/* The part of a chunk that the stage reads in some tile, from the chunk's corner; false when it is all of it. A chunk
 * is kept from tile to tile, so what one of them reads would not do. */
static bool part_read(const ama__tile *t, const ama__want *w, const ama__source_part *p, ama__box *out) {
    const ama__node *n = t->stage->source[w->source];
    ama__box reach = t->reach[w->source];
    if (n->ndim == 0 || reach.ndim != w->box.ndim) return false;
    reach.start[n->u.source.axis] -= p->start;
    if (!ama__box_intersect(&w->box, &reach, out) || ama__box_equal(&w->box, out)) return false;
    for (int d = 0; d < out->ndim; d++) out->start[d] -= w->box.start[d];
    return true;
}

static ama_status fetch_one(ama__tile *t, int i, ama__codec_work *work) {
    const ama__want *w = &t->wants.want[i];
    const ama__source_part *p = part_of(t, w);
    const ama__stored_var *v = &p->store->meta.var[p->var];
    const ama__manifest *m = &p->store->manifest[p->var];
    if (w->have > 0) {
        ama__box rest = w->box;
        size_t row = (size_t)(w->bytes / w->box.count[0]);
        rest.start[0] += w->have;
        rest.count[0] -= w->have;
        return ama__fetch_box(t->fetcher, v, m, &rest, (char *)t->data[i] + (size_t)w->have * row);
    }
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_CHUNK, (size_t)w->bytes, &t->data[i]));
    if (w->chunk >= 0) {
        ama__box part;
        bool some = part_read(t, w, p, &part);
        const ama__read_bytes *got = t->stored ? &t->stored[i].got : NULL;
        if (got && !got->data && !got->missing) got = NULL;
        return ama__fetch_stored(t->fetcher, work, v, m, w->chunk, some ? &part : NULL, got, t->data[i]);
    }
    return ama__fetch_box(t->fetcher, v, m, &w->box, t->data[i]);
}

ama_status ama__tile_want(ama__tile *t, const ama__box *driver_box) {
    ama__tile_drop_scans(t);
    swap_generations(t);
    t->wants.n = 0;
    ama_status reserved = ama__wants_collect(&t->wants, driver_box);
    if (reserved == AMA_OK) reserved = reserve(t);
    if (reserved != AMA_OK) {
        t->wants.n = 0;
        return reserved;
    }
    return t->old_data ? keep_old(t) : AMA_OK;
}

void ama__tile_drop(ama__tile *t) {
    if (t->data) drop(t, &t->wants, t->data);
}

ama_status ama__tile_want_chunks(ama__tile *t, int64_t n, const ama__turn_chunk *chunk) {
    ama_status status = AMA_OK;
    ama__tile_drop(t);
    ama__wants_clear(&t->wants);
    for (int64_t i = 0; i < n && status == AMA_OK; i++)
        status = ama__wants_chunk(&t->wants, chunk[i].source, chunk[i].part, chunk[i].chunk);
    if (status == AMA_OK) status = reserve(t);
    if (status != AMA_OK) t->wants.n = 0;
    return status;
}

ama_status ama__tile_fetch(ama__tile *t) {
    ama_status status = AMA_OK;
#pragma omp parallel for schedule(dynamic) num_threads(t->threads)
    for (int i = 0; i < t->wants.n; i++) {
        ama_status now;
#pragma omp atomic read
        now = status;
        if (now != AMA_OK || (t->data[i] && t->wants.want[i].have == 0)) continue;
        int before = ama__phase_enter(t->ctx, AMA_PHASE_FETCH);
        now = fetch_one(t, i, t->work[ama__thread()]);
        ama__phase_leave(t->ctx, before);
        if (now == AMA_OK) continue;
#pragma omp atomic write
        status = now;
    }
    ama__tile_share_drop(t);
    return status;
}
