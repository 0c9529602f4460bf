/* Values of small variables, read once each by the rank that opened the file and given to all: coordinates of 10,000
 * files would otherwise be opened and read by every rank. */
#include <string.h>

#include "store/dataset_private.h"
#include "store/fetch.h"

/* Of one variable, and of one call: what is beyond is read by every rank for itself. */
#define VALUE_MAX ((int64_t)64 << 10)
#define SENT_MAX ((int64_t)64 << 20)

/* Bytes that go along, 0: none. Text goes with its manifest. The same on all ranks. */
static int64_t sent_bytes(const ama__store_var *p) {
    const ama__stored_var *v = &p->store->meta.var[p->var];
    int64_t n;
    if (ama__dtype_is_text(v->dtype) || p->store->manifest[p->var].kind == AMA_MANIFEST_INLINE) return 0;
    if (!ama__shape_size(v->grid.ndim, v->grid.shape, &n) || n > VALUE_MAX) return 0;
    n *= (int64_t)ama__dtype_bytes(v->dtype);
    return n > VALUE_MAX ? 0 : n;
}

static int count_sent(int n, const ama__store_var *v) {
    int64_t total = 0;
    int i = 0;
    while (i < n && total <= SENT_MAX) total += sent_bytes(&v[i++]);
    return i;
}

static ama_status read_share(int rank, int n, const ama__store_var *v, ama__packer *k) {
    ama__fetcher *f = NULL;
    ama_status status;
    AMA_TRY(ama__fetcher_create(k->ctx, &f));
    for (int i = 0; i < n; i++) {
        ama__store *s = v[i].store;
        int64_t bytes = sent_bytes(&v[i]);
        void *values;
        if (((opened_store *)s)->owner != rank || bytes == 0) continue;
        status = ama__store_read_with(f, s, v[i].var, &values);
        AMA_TRY_DONE(ama__wrap(k->ctx, status, "%s: variable %s", s->path, s->meta.var[v[i].var].name));
        int64_t padded = (bytes + 7) & ~(int64_t)7;
        ama__pack_i8(k, i);
        ama__pack_bytes(k, values, (size_t)bytes);
        ama__pack_bytes(k, &(int64_t){0}, (size_t)(padded - bytes));
        ama__mem_free(k->ctx, values);
        AMA_TRY_DONE(k->status);
    }
    status = AMA_OK;
done:
    ama__fetcher_destroy(&f);
    return status;
}

static ama_status point_to(ama__arena *arena, int n, const ama__store_var *v, const void *buf, size_t bytes) {
    ama__unpacker u = {.arena = arena, .p = buf, .n = bytes};
    while (u.at < u.n) {
        int i;
        AMA_TRY(ama__unpack_int(&u, 0, n - 1, &i));
        size_t padded = ((size_t)sent_bytes(&v[i]) + 7) & ~(size_t)7;
        if (padded > u.n - u.at) return ama__unpack_damaged(&u, "values are cut off");
        ((opened_store *)v[i].store)->sent[v[i].var] = u.p + u.at;
        u.at += padded;
    }
    return AMA_OK;
}

ama_status ama__store_send_values(ama_ctx *ctx, ama__comm *comm, int n, const ama__store_var *v, void **hold) {
    ama__packer k = {.ctx = ctx};
    void *buf = NULL;
    size_t bytes;
    *hold = NULL;
    n = count_sent(n, v);
    if (n == 0 || ama__comm_nranks(comm) == 1) return AMA_OK;
    int only = ((opened_store *)v[0].store)->owner;
    for (int i = 1; i < n; i++)
        if (((opened_store *)v[i].store)->owner != only) only = -1;
    ama_status status = ama__comm_agree(comm, read_share(ama__comm_rank(comm), n, v, &k));
    if (status == AMA_OK) status = ama__exchange(comm, only, &k, &buf, &bytes);
    if (status == AMA_OK) {
        *hold = buf ? buf : k.p; /* one owner keeps its own */
        status = ama__comm_agree(comm, point_to(v[0].store->arena, n, v, *hold, buf ? bytes : k.n));
    }
    if (*hold != k.p) ama__mem_free(ctx, k.p);
    if (status != AMA_OK) ama__store_drop_values(ctx, n, v, hold);
    return status;
}

void ama__store_drop_values(ama_ctx *ctx, int n, const ama__store_var *v, void **hold) {
    for (int i = 0; i < n && *hold; i++) ((opened_store *)v[i].store)->sent[v[i].var] = NULL;
    AMA_FREE(ctx, *hold);
}
