/* Handles of open datasets. Each open HDF5 file costs a descriptor and some 600 KB in the library (its cache of
 * metadata has a hash table of 65,536 places), so of many files none stays open: what is small of their manifests is
 * made at once, while the file is open, and only a variable with a large chunk table opens its file a second time. */
#include <string.h>

#include "store/dataset_private.h"

/* Bytes of manifests, and of values, that are made of one file before anybody asks for them. */
#define AHEAD_BYTES ((int64_t)16 << 10)
#define TINY_BYTES 256

static ama_status build(ama__store *s, int var) {
    opened_store *o = (opened_store *)s;
    ama__manifest *m = &s->manifest[var];
    ama__arena *arena;
    memset(m, 0, sizeof *m);
    AMA_TRY(ama__store_table_arena(s, var, &arena));
    AMA_TRY(s->driver->manifest(o->handle, arena, &s->meta, var, m));
    bool stays = !o->group && arena == s->arena; /* else the path may be of the handle or the table's, which go */
    if (!stays && m->path && strcmp(m->path, s->path) == 0)
        m->path = s->path;
    else if (!stays && m->path)
        AMA_KEEP(s->arena, m->path, ama__arena_strdup(s->arena, m->path));
    o->built[var] = true;
    return AMA_OK;
}

/* What the manifest of a variable may take: its table, or its values where they may go along with it. */
static int64_t manifest_bytes(const ama__stored_var *v) {
    int64_t n, bytes = (int64_t)sizeof(ama__manifest);
    if (v->chunked) return v->grid.n_chunks > AHEAD_BYTES ? INT64_MAX : v->grid.n_chunks * 16 + bytes;
    if (!ama__dtype_is_text(v->dtype)) return bytes;
    if (!ama__shape_size(v->grid.ndim, v->grid.shape, &n) || n > AHEAD_BYTES) return INT64_MAX;
    return n * (int64_t)ama__dtype_bytes(v->dtype) + bytes;
}

/* Bytes of values that are read while the file is open, 0: they are not. Labels of dims are always asked for, and what
 * is tiny (scalars, bounds of one step) mostly. */
static int64_t ahead_bytes(const ama__meta *m, const ama__stored_var *v, int64_t left) {
    int64_t n;
    bool labels = v->ndim == 1 && strcmp(v->name, m->dim[v->dim[0]].name) == 0;
    if (ama__dtype_is_text(v->dtype) || !ama__shape_size(v->grid.ndim, v->grid.shape, &n) || n > AHEAD_BYTES) return 0;
    n *= (int64_t)ama__dtype_bytes(v->dtype);
    return n <= (labels ? left : TINY_BYTES) ? n : 0;
}

/* Errors of reading are those of whoever asks for the values. */
static ama_status read_ahead(ama__store *s, ama__fetcher *f) {
    opened_store *o = (opened_store *)s;
    int64_t left = AHEAD_BYTES;
    AMA_NEW(s->arena, o->ahead, s->meta.n_vars + 1);
    for (int i = 0; i < s->meta.n_vars; i++) {
        const ama__stored_var *v = &s->meta.var[i];
        int64_t bytes = o->built[i] ? ahead_bytes(&s->meta, v, left) : 0;
        void *values;
        if (bytes == 0 || s->manifest[i].kind == AMA_MANIFEST_INLINE) continue;
        ama_status status = ama__store_read_own(f, s, i, &values);
        if (status == AMA_ERR_NOMEM || status == AMA_ERR_BUDGET) return status;
        if (status != AMA_OK) {
            ama__error_clear(s->ctx);
            continue;
        }
        status = ama__store_group_values(s, i, values, (size_t)bytes, &o->ahead[i]);
        ama__mem_free(s->ctx, values);
        AMA_TRY(status);
        left -= bytes;
    }
    return AMA_OK;
}

ama_status ama__store_let_go(ama__store *s, ama__fetcher *f) {
    int64_t left = AHEAD_BYTES;
    for (int i = 0; i < s->meta.n_vars; i++) {
        int64_t bytes = manifest_bytes(&s->meta.var[i]);
        if (bytes > left) continue;
        left -= bytes;
        ama_status status = build(s, i);
        if (status == AMA_ERR_FORMAT || status == AMA_ERR_UNSUPPORTED)
            ama__error_clear(s->ctx); /* an error of whoever asks for this variable */
        else
            AMA_TRY(status);
    }
    AMA_TRY(read_ahead(s, f));
    ama__store_group_close(s);
    return AMA_OK;
}

/* The file as it was when its metadata was read, or MISMATCH. */
static ama_status reopen(ama__store *s) {
    ama__meta again;
    void *a = NULL, *b = NULL;
    size_t a_bytes, b_bytes;
    ama_status status;
    AMA_TRY(ama__store_group_open(s, &s->options, &again));
    AMA_TRY_DONE(ama__meta_pack(s->ctx, &s->meta, &a, &a_bytes));
    AMA_TRY_DONE(ama__meta_pack(s->ctx, &again, &b, &b_bytes));
    if (a_bytes != b_bytes || memcmp(a, b, a_bytes) != 0)
        status = ama__fail(s->ctx, AMA_ERR_MISMATCH, "%s: the file was changed while it was in use", s->path);
done:
    ama__mem_free(s->ctx, a);
    ama__mem_free(s->ctx, b);
    return status;
}

ama_status ama__store_build_manifest(ama__store *s, int var, ama__store **reopened) {
    opened_store *o = (opened_store *)s;
    if (o->built[var]) return AMA_OK;
    if (!o->handle) {
        ama__store_close_again(reopened);
        *reopened = s;
        AMA_TRY(reopen(s));
    }
    return build(s, var);
}

void ama__store_close_again(ama__store **reopened) {
    ama__store *s = *reopened;
    *reopened = NULL;
    if (s) ama__store_group_close(s);
}
