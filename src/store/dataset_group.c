/* Many datasets opened together: one arena, and what the metadata of one kind of files have in common kept once. */
#include <string.h>

#include "store/dataset_private.h"

ama_status ama__store_group_create(ama_ctx *ctx, ama__store_group **out) {
    ama__arena *arena;
    *out = NULL;
    AMA_TRY(ama__arena_create(ctx, &arena));
    ama__store_group *g = ama__arena_alloc(arena, sizeof *g);
    if (!g) {
        ama__arena_destroy(&arena);
        return ama__error_status(ctx);
    }
    *g = (ama__store_group){.arena = arena};
    *out = g;
    return AMA_OK;
}

void ama__store_group_leave(ama__store_group *g) {
    if (--g->n_open > 0) return;
    ama__arena *arena = g->arena;
    ama__arena_destroy(&arena);
}

static bool same_names(const ama__meta *a, const ama__meta *b) {
    bool same = a->n_vars == b->n_vars;
    for (int i = 0; same && i < a->n_vars; i++) same = strcmp(a->var[i].name, b->var[i].name) == 0;
    return same;
}

/* Bytes of what is compressed differ in each file, and only people who look at one file ask for them. */
static void forget_sizes(ama__meta *m) {
    for (int i = 0; i < m->n_vars; i++)
        if (m->var[i].pipeline.n > 0) m->var[i].stored_bytes = -1;
}

ama_status ama__store_group_meta(ama__store *s, const ama__meta *m) {
    opened_store *o = (opened_store *)s;
    ama__store_group *g = o->group;
    for (int i = 0; i < g->n_exemplars && !o->same; i++) {
        const ama__meta *e = &g->exemplar[i]->meta;
        if (!same_names(e, m)) continue;
        o->same = ama__meta_same(e, m);
        if (!o->like || o->same) o->like = g->exemplar[i];
    }
    if (o->same) {
        s->meta = o->like->meta;
        return AMA_OK;
    }
    AMA_TRY(ama__meta_share(g->arena, m, o->like ? &o->like->meta : NULL, &s->meta));
    if (g->n_exemplars < AMA_STORE_EXEMPLARS) g->exemplar[g->n_exemplars++] = s;
    return AMA_OK;
}

ama_status ama__store_group_values(ama__store *s, int var, const void *values, size_t bytes, const void **out) {
    opened_store *o = (opened_store *)s;
    const opened_store *like = (const opened_store *)o->like;
    if (like && like->ahead && like->ahead[var] &&
        memcmp(&like->pub.meta.var[var].grid, &s->meta.var[var].grid, sizeof s->meta.var[var].grid) == 0 &&
        like->pub.meta.var[var].dtype == s->meta.var[var].dtype && memcmp(like->ahead[var], values, bytes) == 0)
        *out = like->ahead[var];
    else
        AMA_KEEP(s->arena, *out, ama__arena_memdup(s->arena, values, bytes));
    return AMA_OK;
}

ama_status ama__store_group_open(ama__store *s, const ama__open_options *options, ama__meta *m) {
    opened_store *o = (opened_store *)s;
    AMA_TRY(ama__arena_create(s->ctx, &o->scratch));
    ama_status status = s->driver->open(o->scratch, s->path, options, m, &o->handle);
    if (status == AMA_OK)
        forget_sizes(m);
    else
        ama__store_group_close(s);
    return status;
}

void ama__store_group_close(ama__store *s) {
    opened_store *o = (opened_store *)s;
    if (o->handle) s->driver->close(&o->handle);
    ama__arena_destroy(&o->scratch);
}
