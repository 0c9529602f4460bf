/* Large chunk tables: 16 bytes a chunk, which every rank looks up. A node keeps each once. The rank that makes one
 * gives its own up for that. */
#include "store/dataset_private.h"

/* Smaller ones travel with the rest of a manifest. */
#define SHARE_MIN ((int64_t)256 << 10)

struct ama__large_table {
    struct ama__large_table *next;
    int var;
    ama__arena *arena; /* of the owner's, until it is shared */
    ama__shared shared;
};

bool ama__manifest_is_large(const ama__manifest *m) {
    return m->kind == AMA_MANIFEST_TABLE && m->n_table >= SHARE_MIN / (int64_t)sizeof m->table[0];
}

static ama_status new_entry(ama__store *s, int var, ama__large_table **out) {
    opened_store *o = (opened_store *)s;
    AMA_NEW(s->arena, *out, 1);
    **out = (ama__large_table){.next = o->large, .var = var};
    o->large = *out;
    return AMA_OK;
}

ama_status ama__store_table_arena(ama__store *s, int var, ama__arena **out) {
    const ama__stored_var *v = &s->meta.var[var];
    ama__large_table *t;
    *out = s->arena;
    if (!v->chunked || v->grid.n_chunks < SHARE_MIN / (int64_t)sizeof(ama__extent_entry)) return AMA_OK;
    AMA_TRY(new_entry(s, var, &t));
    AMA_TRY(ama__arena_create(s->ctx, &t->arena));
    *out = t->arena;
    return AMA_OK;
}

ama_status ama__store_share_table(ama__comm *comm, ama__store *s, int var) {
    opened_store *o = (opened_store *)s;
    ama__manifest *m = &s->manifest[var];
    ama__large_table *t = o->large;
    ama__shared shared;
    while (t && t->var != var) t = t->next;
    AMA_TRY(ama__comm_agree(comm, t ? AMA_OK : new_entry(s, var, &t)));
    AMA_TRY(ama__comm_share(comm, o->owner, m->table, (size_t)m->n_table * sizeof m->table[0], &shared));
    t->shared = shared;
    m->table = shared.data;
    ama__arena_destroy(&t->arena);
    return AMA_OK;
}

void ama__store_free_tables(ama__store *s) {
    opened_store *o = (opened_store *)s;
    for (ama__large_table *t = o->large; t; t = t->next) {
        ama__shared_free(s->ctx, &t->shared);
        ama__arena_destroy(&t->arena);
    }
    o->large = NULL;
}
