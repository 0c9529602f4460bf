/* The part of writing that no format differs in: what may be written, who may put what, agreement after every step,
 * and the rule that a name appears only when everything under it is complete. */
#include "store/writer.h"

#include <string.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/unfinished.h"
#include "store/write_driver.h"

#define NAME_BYTES 255
#define FILL_BYTES ((int64_t)1 << 20) /* fill values are written in pieces of at most so many bytes */

static const ama__write_driver *driver_of(ama__format format) {
    switch (format) {
    case AMA_FORMAT_NETCDF4: return &ama__write_driver_nc4;
    case AMA_FORMAT_CDF5:
    case AMA_FORMAT_CDF2:
    case AMA_FORMAT_CDF1: return &ama__write_driver_classic;
    case AMA_FORMAT_ZARR2: return &ama__write_driver_zarr;
    }
    return NULL;
}

int64_t ama__writer_var_size(const ama__writer *wr, int var) {
    int64_t n = 0;
    ama__shape_size(wr->grid[var].ndim, wr->grid[var].shape, &n); /* checked at create */
    return n;
}

/* ---- checks: Local, the same on all ranks ---- */

static ama_status check_name(ama__writer *wr, const char *kind, const char *name) {
    size_t n = name ? strlen(name) : 0;
    if (n == 0) return ama__fail(wr->ctx, AMA_ERR_ARG, "a %s has no name", kind);
    if (n > NAME_BYTES)
        return ama__fail(wr->ctx, AMA_ERR_ARG, "the name of %s %.40s… has more than 255 bytes", kind, name);
    for (size_t i = 0; i < n; i++)
        if (name[i] == '/' || (unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return ama__fail(wr->ctx, AMA_ERR_ARG, "the name of %s \"%s\" has a character that no format takes (%s)",
                             kind, name, name[i] == '/' ? "/" : "a control character");
    return AMA_OK;
}

static ama_status check_attrs(ama__writer *wr, const char *owner, const ama__attrs *attrs) {
    for (int i = 0; i < attrs->n; i++) {
        const ama__attr *a = &attrs->a[i];
        if (!a->name || !*a->name) return ama__fail(wr->ctx, AMA_ERR_ARG, "%s has an attribute without a name", owner);
        if (a->n < 0 || (int)a->dtype < 0 || a->dtype >= AMA_DTYPE_N || (a->n > 0 && !a->data))
            return ama__fail(wr->ctx, AMA_ERR_ARG, "attribute %s of %s is not valid", a->name, owner);
        for (int j = 0; j < i; j++)
            if (!strcmp(attrs->a[j].name, a->name))
                return ama__fail(wr->ctx, AMA_ERR_ARG, "attribute %s of %s is given twice", a->name, owner);
    }
    return AMA_OK;
}

static ama_status check_var(ama__writer *wr, int k) {
    const ama__meta *m = &wr->spec.meta;
    const ama__stored_var *v = &m->var[k];
    AMA_TRY(check_name(wr, "variable", v->name));
    if ((int)v->dtype < 0 || v->dtype >= AMA_DTYPE_N || v->ndim < 0 || v->ndim > AMA_MAX_DIMS)
        return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: dtype or number of dims is not valid", v->name);
    int64_t shape[AMA_MAX_DIMS] = {0}, chunk[AMA_MAX_DIMS] = {0}, n;
    wr->chunked[k] = v->chunked && v->ndim > 0;
    for (int i = 0; i < v->ndim; i++) {
        if (v->dim[i] < 0 || v->dim[i] >= m->n_dims)
            return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: dim number %d is not valid", v->name, v->dim[i]);
        const ama__dim *d = &m->dim[v->dim[i]];
        shape[i] = d->size;
        chunk[i] = d->size > 1 ? d->size : 1;
        if (!wr->chunked[k]) continue;
        if (v->grid.chunk[i] < 1)
            return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: the chunk length along %s is not positive", v->name,
                             d->name);
        if (v->grid.chunk[i] < chunk[i] || d->unlimited) chunk[i] = v->grid.chunk[i];
    }
    int64_t bytes = (int64_t)ama__dtype_bytes(v->dtype);
    if (!ama__shape_size(v->ndim, shape, &n) || n > INT64_MAX / 2 / bytes || !ama__shape_size(v->ndim, chunk, &n) ||
        n > INT64_MAX / 2 / bytes || !ama__chunkgrid_init(&wr->grid[k], v->ndim, shape, chunk))
        return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: its shape or chunks are too large to count", v->name);
    if (v->pipeline.n > 0 && !v->chunked)
        return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: compression needs chunks", v->name);
    for (int i = 0; i < k; i++)
        if (!strcmp(m->var[i].name, v->name))
            return ama__fail(wr->ctx, AMA_ERR_ARG, "two variables are named %s", v->name);
    return check_attrs(wr, v->name, &v->attrs);
}

static ama_status check_spec(ama__writer *wr) {
    const ama__meta *m = &wr->spec.meta;
    for (int i = 0; i < m->n_dims; i++) {
        AMA_TRY(check_name(wr, "dim", m->dim[i].name));
        if (m->dim[i].size < 0) return ama__fail(wr->ctx, AMA_ERR_ARG, "dim %s has a negative size", m->dim[i].name);
        for (int j = 0; j < i; j++)
            if (!strcmp(m->dim[j].name, m->dim[i].name))
                return ama__fail(wr->ctx, AMA_ERR_ARG, "two dims are named %s", m->dim[i].name);
    }
    for (int i = 0; i < m->n_vars; i++) AMA_TRY(check_var(wr, i));
    return check_attrs(wr, "the dataset", &m->attrs);
}

/* What netCDF readers take for "never written" where no _FillValue is declared (netCDF user's guide). */
static void default_fill(ama_dtype t, void *out) {
    if (ama__dtype_is_text(t))
        memset(out, 0, 8);
    else if (ama__dtype_is_float(t))
        ama__dtype_set_f8(t, out, 0, 9.9692099683868690e+36);
    else if (t == AMA_U8 || t == AMA_I8)
        ama__dtype_set_i8(t, out, 0, t == AMA_U8 ? -2 : INT64_MIN + 2);
    else if (ama__dtype_kind(t) == 'u')
        ama__dtype_set_i8(t, out, 0, -1);
    else
        ama__dtype_set_i8(t, out, 0, -((INT64_C(1) << (8 * ama__dtype_bytes(t) - 1)) - 1));
}

static ama_status set_fill(ama__writer *wr, int k) {
    const ama__stored_var *v = ama__writer_var(wr, k);
    const ama__attr *a = ama__attrs_find(&v->attrs, "_FillValue");
    bool zarr = wr->spec.format == AMA_FORMAT_ZARR2;
    wr->has_fill[k] = v->has_fill || (a && a->n == 1);
    if (v->dtype == AMA_STRING) return AMA_OK;
    bool same = a && (a->dtype == v->dtype || (v->dtype == AMA_BOOL && a->dtype == AMA_I1));
    if (a && (a->n != 1 || (!same && (!zarr || ama__dtype_is_text(a->dtype) || ama__dtype_is_text(v->dtype)))))
        return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: its _FillValue must be one value of its dtype, %s",
                         v->name, ama__dtype_name(v->dtype));
    if (v->has_fill)
        memcpy(wr->fill[k], v->fill, sizeof v->fill);
    else if (same)
        memcpy(wr->fill[k], a->data, ama__dtype_bytes(v->dtype));
    else if (a && ama__dtype_is_float(a->dtype))
        ama__dtype_set_f8(v->dtype, wr->fill[k], 0, ama__dtype_get_f8(a->dtype, a->data, 0));
    else if (a)
        ama__dtype_set_i8(v->dtype, wr->fill[k], 0, ama__dtype_get_i8(a->dtype, a->data, 0));
    else if (v->dtype == AMA_BOOL && !zarr)
        default_fill(AMA_I1, wr->fill[k]);
    else if (!zarr)
        default_fill(v->dtype, wr->fill[k]);
    return AMA_OK;
}

/* ---- create ---- */

static ama_status prepare(ama__writer *wr) {
    int n = wr->spec.meta.n_vars;
    wr->driver = driver_of(wr->spec.format);
    if (!wr->driver) return ama__fail(wr->ctx, AMA_ERR_ARG, "write: no such format");
    AMA_TRY(ama__arena_create(wr->ctx, &wr->arena));
    AMA_NEW(wr->arena, wr->grid, n + 1);
    AMA_NEW(wr->arena, wr->chunked, n + 1);
    AMA_NEW(wr->arena, wr->has_fill, n + 1);
    AMA_NEW(wr->arena, wr->fill, n + 1);
    AMA_NEW(wr->arena, wr->n_put, n + 1);
    ama_status status = check_spec(wr);
    for (int i = 0; i < n && status == AMA_OK; i++) status = set_fill(wr, i);
    if (status == AMA_OK) status = wr->driver->check(wr);
    if (status == AMA_OK && ama__fault(wr->ctx)) status = ama__fail(wr->ctx, AMA_ERR_IO, "injected fault");
    if (status != AMA_OK) return ama__wrap(wr->ctx, status, "write %s", wr->spec.path ? wr->spec.path : "?");
    return wr->root ? ama__write_path_prepare(wr) : AMA_OK;
}

/* The names rank 0 has chosen, to all. Collective. */
static ama_status share_names(ama__writer *wr) {
    void *buf = NULL;
    size_t bytes = 0;
    ama_status status = AMA_OK;
    if (wr->root) {
        bytes = strlen(wr->path) + strlen(wr->tmp) + strlen(wr->dir) + 3;
        status = ama__mem_alloc(wr->ctx, AMA_MEM_META, bytes, &buf);
        if (status == AMA_OK) {
            char *to = stpcpy(buf, wr->path) + 1;
            to = stpcpy(to, wr->tmp) + 1;
            strcpy(to, wr->dir);
        }
    }
    AMA_TRY(ama__comm_agree(wr->comm, status));
    status = ama__comm_bcast_buffer(wr->comm, &buf, &bytes, 0);
    if (status == AMA_OK && !wr->root) {
        const char *s = buf;
        wr->path = ama__arena_strdup(wr->arena, s);
        wr->tmp = ama__arena_strdup(wr->arena, s += strlen(s) + 1);
        wr->dir = ama__arena_strdup(wr->arena, s + strlen(s) + 1);
        if (!wr->path || !wr->tmp || !wr->dir) status = ama__error_status(wr->ctx);
    }
    ama__mem_free(wr->ctx, buf);
    return ama__comm_agree(wr->comm, status);
}

static uint64_t spec_hash(const ama__write_spec *s) {
    uint64_t h = 1469598103934665603u + (uint64_t)s->format * 4 + 2 * s->canonical + s->overwrite; /* FNV-1a */
    for (const char *p = s->path ? s->path : ""; *p; p++) h = (h ^ (unsigned char)*p) * 1099511628211u;
    for (int i = 0; i < s->meta.n_dims; i++) h = (h ^ (uint64_t)s->meta.dim[i].size) * 1099511628211u;
    for (int i = 0; i < s->meta.n_vars; i++)
        for (const char *p = s->meta.var[i].name; p && *p; p++) h = (h ^ (unsigned char)*p) * 1099511628211u;
    return h;
}

ama_status ama__writer_create(ama_ctx *ctx, ama__comm *comm, const ama__write_spec *spec, ama__writer **out) {
    *out = NULL;
    AMA_TRY(ama__comm_check_same(comm, spec_hash(spec), "what is to be written"));
    ama__writer *wr = NULL;
    ama_status status = ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof *wr, (void **)&wr);
    if (status == AMA_OK) {
        *wr = (ama__writer){.ctx = ctx, .comm = comm, .spec = *spec, .fd = -1, .root = ama__comm_rank(comm) == 0};
        pthread_mutex_init(&wr->lock, NULL);
        status = prepare(wr);
    }
    status = ama__comm_agree(comm, status);
    if (status == AMA_OK) status = share_names(wr);
    if (status == AMA_OK && !spec->journal) ama__unfinished_add(wr->tmp);
    if (status == AMA_OK) status = wr->driver->create(wr);
    if (status != AMA_OK) ama__writer_destroy(&wr);
    *out = wr;
    return status;
}

/* ---- put ---- */

static ama_status check_box(const ama__writer *wr, int var, const ama__box *box) {
    const ama__stored_var *v = ama__writer_var(wr, var);
    const ama__chunkgrid *g = &wr->grid[var];
    if (box->ndim != g->ndim) return ama__fail(wr->ctx, AMA_ERR_INTERNAL, "put %s: wrong number of dims", v->name);
    for (int i = 0; i < g->ndim; i++) {
        int64_t start = box->start[i], count = box->count[i], left = g->shape[i] - start;
        bool inside = start >= 0 && count >= 0 && left >= count;
        if (inside && wr->chunked[var] && count > 0)
            inside = start % g->chunk[i] == 0 && count == (left < g->chunk[i] ? left : g->chunk[i]);
        if (!inside)
            return ama__fail(wr->ctx, AMA_ERR_INTERNAL, "put %s: %lld elements from %lld on along axis %d are not %s",
                             v->name, (long long)count, (long long)start, i,
                             wr->chunked[var] ? "one of its chunks" : "inside it");
    }
    return AMA_OK;
}

static ama_status put_checked(ama__writer *wr, ama__codec_work *w, int var, ama__put *put) {
    ama_status status;
    if (var < 0 || var >= wr->spec.meta.n_vars)
        status = ama__fail(wr->ctx, AMA_ERR_INTERNAL, "put: no variable number %d", var);
    else if (wr->finished)
        status = ama__fail(wr->ctx, AMA_ERR_INTERNAL, "put: %s is already finished", wr->path);
    else
        status = check_box(wr, var, put->box);
    int64_t n = status == AMA_OK ? ama__box_size(put->box) : 0;
    if (n > 0) status = wr->driver->put(wr, w, var, put);
    ama__mem_free(wr->ctx, put->own);
    if (n > 0 && status == AMA_OK) __atomic_fetch_add(&wr->n_put[var], n, __ATOMIC_RELAXED);
    if (status != AMA_OK) __atomic_store_n(&wr->failed, 1, __ATOMIC_RELAXED);
    return ama__wrap(wr->ctx, status, "write %s > variable %s", wr->path,
                     var >= 0 && var < wr->spec.meta.n_vars ? ama__writer_var(wr, var)->name : "?");
}

ama_status ama__writer_put(ama__writer *wr, ama__codec_work *w, int var, const ama__box *box, const void *data) {
    ama__put put = {box, data, NULL};
    return put_checked(wr, w, var, &put);
}

ama_status ama__writer_give(ama__writer *wr, ama__codec_work *w, int var, const ama__box *box, void **data) {
    ama__put put = {box, *data, *data};
    *data = NULL;
    return put_checked(wr, w, var, &put);
}

size_t ama__writer_pending(const ama__writer *wr) {
    return wr->driver->pending ? wr->driver->pending(wr) : 0;
}

ama_status ama__writer_flush(ama__writer *wr) {
    return wr->in_step ? wr->driver->flush(wr) : AMA_OK;
}

ama_status ama__writer_reserve(ama__writer *wr) {
    bool one_file = wr->root && wr->fd >= 0;
    return ama__comm_agree(wr->comm, one_file ? ama__write_reserve(wr, wr->expected_bytes) : AMA_OK);
}

bool ama__writer_collective_flush(const ama__writer *wr, int var) {
    return wr->in_step && wr->chunked[var];
}

int64_t ama__writer_bytes(const ama__writer *wr) {
    return __atomic_load_n(&wr->bytes, __ATOMIC_RELAXED);
}

/* ---- finish ---- */

/* Puts the fill value everywhere, in pieces dealt out to the ranks in turn. Local. */
static ama_status put_fill(ama__writer *wr, int var) {
    const ama__chunkgrid *g = &wr->grid[var];
    int64_t size = (int64_t)ama__dtype_bytes(ama__writer_var(wr, var)->dtype), inner = 1;
    int cut = g->ndim; /* pieces are whole along the axes behind `cut`, a few indices long along it */
    while (cut > 0 && inner * g->shape[cut - 1] * size <= FILL_BYTES) inner *= g->shape[--cut];
    ama__box box = ama__box_whole(g->ndim, g->shape);
    int64_t step = 1, n_steps = 1, number = 0, index[AMA_MAX_DIMS] = {0};
    if (cut > 0) {
        step = FILL_BYTES / (inner * size) > 1 ? FILL_BYTES / (inner * size) : 1;
        n_steps = (g->shape[cut - 1] + step - 1) / step;
        inner *= step;
    }
    void *data;
    AMA_TRY(ama__mem_alloc(wr->ctx, AMA_MEM_WRITE, (size_t)(inner * size), &data));
    ama__write_fill(wr, var, data, inner);
    ama_status status = AMA_OK;
    do {
        for (int i = 0; i < cut - 1; i++) box.start[i] = index[i], box.count[i] = 1;
        for (int64_t s = 0; s < n_steps && status == AMA_OK; s++, number++) {
            if (number % ama__comm_nranks(wr->comm) != ama__comm_rank(wr->comm)) continue;
            if (cut > 0) {
                int64_t left = g->shape[cut - 1] - s * step;
                box.start[cut - 1] = s * step;
                box.count[cut - 1] = left < step ? left : step;
            }
            ama__put put = {&box, data, NULL};
            status = wr->driver->put(wr, NULL, var, &put);
        }
    } while (status == AMA_OK && cut > 1 && ama__index_next(cut - 1, g->shape, index));
    ama__mem_free(wr->ctx, data);
    return status;
}

/* A variable stored dense must have been put whole or not at all: a part would leave bytes of nobody. Collective; the
 * status is this rank's own. */
static ama_status complete_dense(ama__writer *wr) {
    ama_status status = AMA_OK;
    for (int k = 0; k < wr->spec.meta.n_vars; k++) {
        const ama__stored_var *v = ama__writer_var(wr, k);
        if (v->dtype == AMA_STRING || (wr->chunked[k] && wr->driver->chunks)) continue;
        int64_t n = ama__comm_sum(wr->comm, wr->n_put[k]), all = ama__writer_var_size(wr, k);
        if (n == all || status != AMA_OK) continue;
        if (n != 0)
            status = ama__fail(wr->ctx, AMA_ERR_INTERNAL, "write %s > variable %s: %lld of %lld elements were put",
                               wr->path, v->name, (long long)n, (long long)all);
        else if (!wr->driver->sparse)
            status = put_fill(wr, k);
    }
    return status;
}

ama_status ama__writer_finish(ama__writer *wr) {
    ama_status status = AMA_OK;
    if (wr->finished)
        status = ama__fail(wr->ctx, AMA_ERR_INTERNAL, "finish: %s is already finished", wr->path);
    else if (wr->failed)
        status = ama__fail(wr->ctx, AMA_ERR_INTERNAL, "finish %s: an earlier write failed", wr->path);
    else if (ama__fault(wr->ctx))
        status = ama__fail(wr->ctx, AMA_ERR_IO, "finish %s: injected fault", wr->path);
    AMA_TRY(ama__comm_agree(wr->comm, status));
    AMA_TRY(ama__comm_agree(wr->comm, complete_dense(wr)));
    AMA_TRY(wr->driver->finish(wr));
    wr->finished = true;
    return AMA_OK;
}

ama_status ama__writer_publish(ama__writer *wr) {
    ama_status status = AMA_OK;
    if (!wr->finished || wr->published)
        status = ama__fail(wr->ctx, AMA_ERR_INTERNAL, "publish %s: %s", wr->path,
                           wr->published ? "it is already published" : "it is not finished");
    else if (!wr->root)
        ama__unfinished_done(wr->tmp); /* from now on only rank 0 would remove it */
    AMA_TRY(ama__comm_agree(wr->comm, status));
    if (wr->root) status = ama__write_path_publish(wr);
    if (wr->root && status == AMA_OK && wr->spec.journal) ama__journal_end(wr->spec.journal);
    if (wr->root && status == AMA_OK) wr->published = true; /* before the agreement: the temporary name is gone */
    AMA_TRY(ama__comm_agree(wr->comm, status));
    wr->published = true;
    return AMA_OK;
}

void ama__writer_destroy(ama__writer **pwr) {
    ama__writer *wr = *pwr;
    *pwr = NULL;
    if (!wr) return;
    if (wr->driver) wr->driver->destroy(wr);
    if (wr->fd >= 0) close(wr->fd);
    const ama__journal *j = wr->spec.journal;
    if (wr->root && wr->tmp && !wr->published && (!j || (j->owned && !j->begun)))
        ama__write_path_remove(j ? j->folder : wr->tmp);
    if (wr->tmp) ama__unfinished_drop(wr->tmp);
    pthread_mutex_destroy(&wr->lock);
    ama__arena_destroy(&wr->arena);
    ama__mem_free(wr->ctx, wr);
}
