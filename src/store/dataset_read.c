/* Manifests, asked of the owners and given to all, and whole small variables. */
#include "store/dataset.h"

#include <inttypes.h>
#include <string.h>

#include "store/dataset_private.h"
#include "store/fetch.h"
#include "store/pack.h"

static int owner_of(const ama__store *s) {
    return ((const opened_store *)s)->owner;
}

/* ---- manifests on their way */

static void pack_manifest(ama__packer *k, const ama__stored_var *v, const ama__manifest *m) {
    ama__pack_i8(k, m->kind);
    ama__pack_text(k, m->path);
    ama__pack_i8(k, m->separator);
    ama__pack_i8(k, m->base);
    ama__pack_i8(k, m->record_bytes);
    ama__pack_i8(k, m->n_table);
    if (!ama__manifest_is_large(m)) ama__pack_bytes(k, m->table, (size_t)m->n_table * sizeof m->table[0]);
    ama__pack_i8(k, (int64_t)m->inline_bytes);
    if (v->dtype != AMA_STRING) {
        ama__pack_bytes(k, m->inline_data, m->inline_bytes);
        return;
    }
    const char *const *s = m->inline_data;
    for (size_t i = 0; i < m->inline_bytes / sizeof *s; i++) ama__pack_text(k, s[i] ? s[i] : "");
}

static ama_status unpack_inline(ama__unpacker *u, const ama__stored_var *v, ama__manifest *m) {
    int64_t n;
    AMA_TRY(ama__unpack_count(u, 1, &n));
    m->inline_bytes = (size_t)n;
    if (n == 0) return AMA_OK;
    AMA_NEW(u->arena, m->inline_data, n);
    if (v->dtype != AMA_STRING) return ama__unpack_bytes(u, m->inline_data, m->inline_bytes);
    const char **s = m->inline_data;
    for (size_t i = 0; i < m->inline_bytes / sizeof *s; i++) AMA_TRY(ama__unpack_text(u, &s[i]));
    return AMA_OK;
}

static ama_status unpack_table(ama__unpacker *u, ama__manifest *m) {
    ama__extent_entry *table;
    AMA_NEW(u->arena, table, m->n_table);
    m->table = table;
    return ama__unpack_bytes(u, table, (size_t)m->n_table * sizeof *table);
}

static ama_status unpack_manifest(ama__unpacker *u, const ama__stored_var *v, ama__manifest *m) {
    int kind, separator;
    AMA_TRY(ama__unpack_int(u, AMA_MANIFEST_TABLE, AMA_MANIFEST_INLINE, &kind));
    m->kind = (ama__manifest_kind)kind;
    AMA_TRY(ama__unpack_text(u, &m->path));
    AMA_TRY(ama__unpack_int(u, 0, 127, &separator));
    m->separator = (char)separator;
    AMA_TRY(ama__unpack_i8(u, -1, INT64_MAX, &m->base));
    AMA_TRY(ama__unpack_i8(u, 0, INT64_MAX, &m->record_bytes));
    AMA_TRY(ama__unpack_i8(u, 0, INT64_MAX / (int64_t)sizeof m->table[0], &m->n_table));
    if (!ama__manifest_is_large(m)) AMA_TRY(unpack_table(u, m));
    return unpack_inline(u, v, m);
}

/* ---- asking */

/* What a call has to fetch: the pairs that no rank has yet, once each, in the order of the list. */
typedef struct wanted {
    int n, only; /* only: the one owner of them all, -1 when there are several */
    ama__store_var *v;
} wanted;

static void find_wanted(int n, const ama__store_var *v, wanted *w) {
    for (int i = 0; i < n; i++) {
        if (v[i].store->has_manifest[v[i].var]) continue;
        v[i].store->has_manifest[v[i].var] = true;
        int owner = owner_of(v[i].store);
        w->only = w->n == 0 || w->only == owner ? owner : -1;
        w->v[w->n++] = v[i];
    }
}

/* The number in the list, the length of what follows, the manifest. */
static void pack_one(ama__packer *k, int i, const ama__stored_var *v, const ama__manifest *m) {
    ama__pack_i8(k, i);
    size_t at = k->n;
    ama__pack_i8(k, 0);
    pack_manifest(k, v, m);
    int64_t length = (int64_t)(k->n - at - sizeof length);
    if (k->status == AMA_OK) memcpy(k->p + at, &length, sizeof length);
}

/* The owner's part: its manifests, in its stores' arenas, and packed for the others. Local. */
static ama_status build_share(const wanted *w, int rank, bool pack, ama__packer *k) {
    ama__store *reopened = NULL;
    ama_status status = AMA_OK;
    for (int i = 0; i < w->n; i++) {
        ama__store *s = w->v[i].store;
        int var = w->v[i].var;
        const ama__stored_var *v = &s->meta.var[var];
        if (owner_of(s) != rank) continue;
        AMA_TRY_DONE(ama__store_build_manifest(s, var, &reopened));
        if (pack) pack_one(k, i, v, &s->manifest[var]);
        AMA_TRY_DONE(k->status);
    }
done:
    ama__store_close_again(&reopened);
    return status;
}

static ama_status unpack_share(const wanted *w, int rank, const void *buf, size_t bytes) {
    ama__unpacker u = {.arena = w->v[0].store->arena, .p = buf, .n = bytes};
    while (u.at < u.n) {
        int i;
        int64_t length;
        AMA_TRY(ama__unpack_int(&u, 0, w->n - 1, &i));
        AMA_TRY(ama__unpack_count(&u, 1, &length));
        ama__store *s = w->v[i].store;
        if (owner_of(s) == rank) { /* its own are there already */
            u.at += (size_t)length;
            continue;
        }
        ama__manifest *m = &s->manifest[w->v[i].var];
        memset(m, 0, sizeof *m);
        u.arena = s->arena;
        AMA_TRY(unpack_manifest(&u, &s->meta.var[w->v[i].var], m));
    }
    return AMA_OK;
}

static ama_status get_wanted(ama_ctx *ctx, ama__comm *comm, const wanted *w, ama__packer *k) {
    int rank = ama__comm_rank(comm);
    bool alone = ama__comm_nranks(comm) == 1;
    void *buf = NULL;
    size_t bytes = 0;
    AMA_TRY(ama__comm_agree(comm, build_share(w, rank, !alone, k)));
    if (alone) return AMA_OK;
    AMA_TRY(ama__exchange(comm, w->only, k, &buf, &bytes));
    ama_status status = buf ? unpack_share(w, rank, buf, bytes) : AMA_OK;
    ama__mem_free(ctx, buf);
    status = ama__comm_agree(comm, status);
    for (int i = 0; i < w->n && status == AMA_OK; i++)
        if (ama__manifest_is_large(&w->v[i].store->manifest[w->v[i].var]))
            status = ama__store_share_table(comm, w->v[i].store, w->v[i].var);
    return status;
}

ama_status ama__store_need_manifests(ama_ctx *ctx, ama__comm *comm, int n, const ama__store_var *v) {
    wanted w = {.only = -1};
    void *list;
    ama__packer k = {.ctx = ctx};
    ama_status status = ama__comm_agree(comm, ama__mem_calloc(ctx, AMA_MEM_META, (size_t)n, sizeof *w.v, &list));
    w.v = list;
    if (status == AMA_OK) find_wanted(n, v, &w);
    if (w.n) status = get_wanted(ctx, comm, &w, &k);
    for (int i = 0; status != AMA_OK && i < w.n; i++) w.v[i].store->has_manifest[w.v[i].var] = false;
    ama__mem_free(ctx, k.p);
    ama__mem_free(ctx, list);
    return status;
}

/* ---- whole variables */

static ama_status read_chunks(ama__store *s, const ama__stored_var *v, const ama__manifest *m, ama__fetcher *f,
                              char *out) {
    ama__codec_work *w = NULL;
    void *chunk = NULL;
    int64_t n, index[AMA_MAX_DIMS];
    size_t size = ama__dtype_bytes(v->dtype), bytes;
    ama_status status;
    if (!ama__shape_size(v->grid.ndim, v->grid.chunk, &n) || __builtin_mul_overflow((size_t)n, size, &bytes))
        return ama__fail(s->ctx, AMA_ERR_FORMAT, "variable %s: its chunks are too large", v->name);
    AMA_TRY_DONE(ama__codec_work_create(s->ctx, &w));
    AMA_TRY_DONE(ama__mem_alloc(s->ctx, AMA_MEM_CHUNK, bytes, &chunk));
    ama__box whole = ama__box_whole(v->grid.ndim, v->grid.shape);
    for (int64_t k = 0; k < v->grid.n_chunks; k++) {
        AMA_TRY_DONE(ama__fetch_chunk(f, w, v, m, k, chunk));
        ama__chunkgrid_index(&v->grid, k, index);
        ama__box part = ama__chunkgrid_box(&v->grid, index), stored = part;
        memcpy(stored.count, v->grid.chunk, (size_t)v->grid.ndim * sizeof stored.count[0]);
        ama__box_copy(&part, size, chunk, &stored, out, &whole);
    }
done:
    ama__mem_free(s->ctx, chunk);
    ama__codec_work_destroy(&w);
    return status;
}

ama_status ama__store_read_own(ama__fetcher *f, ama__store *s, int var, void **out) {
    const opened_store *o = (const opened_store *)s;
    const ama__stored_var *v = &s->meta.var[var];
    const ama__manifest *m = &s->manifest[var];
    const void *sent = o->sent[var] || !o->ahead ? o->sent[var] : o->ahead[var];
    int64_t n;
    size_t bytes;
    ama_status status;
    *out = NULL;
    if (!ama__shape_size(v->grid.ndim, v->grid.shape, &n) ||
        __builtin_mul_overflow((size_t)n, ama__dtype_bytes(v->dtype), &bytes))
        return ama__fail(s->ctx, AMA_ERR_FORMAT, "%s > variable %s: its size overflows", s->path, v->name);
    AMA_TRY_DONE(ama__mem_alloc(s->ctx, AMA_MEM_META, bytes, out));
    if (sent) {
        memcpy(*out, sent, bytes);
        return AMA_OK;
    }
    ama__box whole = ama__box_whole(v->grid.ndim, v->grid.shape);
    if (m->kind == AMA_MANIFEST_TABLE || m->kind == AMA_MANIFEST_FILES)
        status = read_chunks(s, v, m, f, *out);
    else
        status = ama__fetch_box(f, v, m, &whole, *out);
    if (status == AMA_OK && v->swapped && v->dtype != AMA_STRING)
        ama__bytes_swap(*out, (size_t)n, ama__dtype_bytes(v->dtype));
done:
    if (status != AMA_OK) AMA_FREE(s->ctx, *out);
    return status;
}

ama_status ama__store_read_with(ama__fetcher *f, ama__store *s, int var, void **out) {
    *out = NULL;
    if (!s->has_manifest[var])
        return ama__fail(s->ctx, AMA_ERR_INTERNAL, "variable %s is read before its manifest is there",
                         s->meta.var[var].name);
    return ama__store_read_own(f, s, var, out);
}

ama_status ama__store_read_whole(ama__store *s, int var, void **out) {
    ama__fetcher *f = NULL;
    *out = NULL;
    AMA_TRY(ama__fetcher_create(s->ctx, &f));
    ama_status status = ama__store_read_with(f, s, var, out);
    ama__fetcher_destroy(&f);
    return status;
}
