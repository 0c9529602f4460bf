#include "exec/tile_share.h"

#include "base/phase.h"

static ama_status list_parts(ama__tile *t, int64_t *n_parts) {
    const ama__stage *s = t->stage;
    int64_t n = 0;
    AMA_TRY(ama__mem_calloc(t->ctx, AMA_MEM_META, (size_t)s->n_sources + 1, sizeof *t->first_part,
                            (void **)&t->first_part));
    for (int i = 0; i < s->n_sources; i++) {
        t->first_part[i] = n;
        n += s->source[i]->u.source.n_parts;
    }
    AMA_TRY(ama__mem_calloc(t->ctx, AMA_MEM_META, (size_t)n + 1, sizeof *t->part, (void **)&t->part));
    *n_parts = n;
    for (int i = 0; i < s->n_sources; i++)
        for (int k = 0; k < s->source[i]->u.source.n_parts; k++) {
            const ama__source_part *p = &s->source[i]->u.source.part[k];
            t->part[t->first_part[i] + k] = (ama__store_var){p->store, p->var};
        }
    return AMA_OK;
}

ama_status ama__tile_share_begin(ama__tile *t, ama__comm *comm, const ama__io_options *o) {
    int64_t n = 0;
    AMA_TRY(ama__comm_agree(comm, list_parts(t, &n)));
    return ama__collective_create(comm, t->fetcher, o, n, t->part, &t->collective);
}

void ama__tile_share_drop(ama__tile *t) {
    for (int i = 0; i < t->n_stored; i++)
        if (t->stored[i].own) ama__mem_free(t->ctx, t->stored[i].got.data);
    t->n_stored = 0;
    AMA_FREE(t->ctx, t->stored);
    AMA_FREE(t->ctx, t->stored_data);
}

void ama__tile_share_end(ama__tile *t) {
    ama__tile_share_drop(t);
    ama__collective_destroy(&t->collective);
    AMA_FREE(t->ctx, t->part);
    AMA_FREE(t->ctx, t->first_part);
}

/* What want i of the tile asks for; returns the bytes that come, 0 when there is nothing to ask. A malformed one is
 * left to ama__tile_fetch, which says what is wrong with it. */
static int64_t describe(const ama__tile *t, int i, ama__io_want *out) {
    const ama__want *w = &t->wants.want[i];
    const ama__source_part *p = &t->stage->source[w->source]->u.source.part[w->part];
    if (t->data[i] && w->have == 0) return 0;
    *out = (ama__io_want){.part = t->first_part[w->source] + w->part,
                          .v = &p->store->meta.var[p->var],
                          .m = &p->store->manifest[p->var],
                          .chunk = w->chunk >= 0 ? w->chunk : -1,
                          .box = w->box};
    if (w->chunk < 0) {
        out->box.start[0] += w->have;
        out->box.count[0] -= w->have;
    }
    return ama__collective_takes(t->collective, out);
}

/* It is read into its place: all of it that the tile before did not have. */
static ama_status place(ama__tile *t, int i, ama__io_want *out) {
    ama__want *w = &t->wants.want[i];
    size_t kept = w->have > 0 ? (size_t)(w->bytes / w->box.count[0]) * (size_t)w->have : 0;
    if (!t->data[i]) AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_CHUNK, (size_t)w->bytes, &t->data[i]));
    out->dst = (char *)t->data[i] + kept;
    w->have = 0; /* complete once it is read */
    return AMA_OK;
}

static bool in_own_file(const ama__io_want *x) {
    return x->m->kind == AMA_MANIFEST_FILES;
}

/* The stored bytes of a chunk: those of common files have their place at `at`. */
static void take_stored(ama__tile *t, int i, ama__io_want *x, int64_t at, int64_t bytes) {
    ama__tile_stored *s = &t->stored[i];
    s->own = in_own_file(x);
    if (s->own)
        x->got = &s->got;
    else
        s->got = (ama__read_bytes){.data = x->dst = t->stored_data + at, .bytes = (size_t)bytes};
}

static ama_status list_wants(ama__tile *t, ama__io_want **list, int *n) {
    size_t most = (size_t)t->wants.n + 1;
    bool decodes = ama__collective_decodes(t->collective);
    int64_t total = 0, at = 0;
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_META, most * sizeof **list, (void **)list));
    AMA_TRY(ama__mem_calloc(t->ctx, AMA_MEM_META, most, sizeof *t->stored, (void **)&t->stored));
    t->n_stored = t->wants.n;
    for (int i = 0; i < t->wants.n; i++) {
        ama__io_want x;
        int64_t bytes = t->wants.want[i].chunk >= 0 && !decodes ? describe(t, i, &x) : 0;
        if (bytes > 0 && !in_own_file(&x)) total += bytes;
    }
    if (total > 0) AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_CHUNK, (size_t)total, (void **)&t->stored_data));
    for (int i = 0; i < t->wants.n; i++) {
        ama__io_want *x = &(*list)[*n];
        int64_t bytes = describe(t, i, x);
        if (bytes == 0) continue;
        if (x->chunk >= 0 && !decodes) {
            take_stored(t, i, x, at, bytes);
            if (!in_own_file(x)) at += bytes;
        } else {
            AMA_TRY(place(t, i, x));
            (decodes ? ama__fetch_count_values : ama__fetch_count_box)(t->fetcher, bytes);
        }
        (*n)++;
    }
    return AMA_OK;
}

ama_status ama__tile_share(ama__tile *t, ama_status local, bool have_tile) {
    ama__io_want *list = NULL;
    int n = 0;
    if (local == AMA_OK && have_tile) local = list_wants(t, &list, &n);
    int before = ama__phase_enter(t->ctx, AMA_PHASE_FETCH);
    ama_status status = ama__collective_read(t->collective, local, n, list);
    ama__phase_leave(t->ctx, before);
    ama__mem_free(t->ctx, list);
    return status;
}
