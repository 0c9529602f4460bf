/* Chunks: find the extent, read it, decode it, put it in C order. A chunk that needs neither decoding nor transposing
 * is read straight into its place. */
#include "store/fetch.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/phase.h"
#include "store/fetch_private.h"
#include "store/prefetch.h"

enum { FILES_MIN = 4, FILES_MAX = 128 };

ama_status ama__fetcher_create(ama_ctx *ctx, ama__fetcher **out) {
    struct rlimit r;
    int n = FILES_MAX;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur / 4 < FILES_MAX) n = (int)(r.rlim_cur / 4);
    if (n < FILES_MIN) n = FILES_MIN;

    void *p;
    *out = NULL;
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof(ama__fetcher), &p));
    ama__fetcher *f = p;
    f->ctx = ctx;
    ama_status status = ama__file_cache_create(ctx, n, &f->files);
    if (status != AMA_OK)
        ama__mem_free(ctx, p);
    else
        *out = f;
    return status;
}

void ama__fetcher_destroy(ama__fetcher **f) {
    if (!*f) return;
    ama__file_cache_destroy(&(*f)->files);
    ama_ctx *ctx = (*f)->ctx;
    AMA_FREE(ctx, *f);
}

ama_status ama__fetcher_adopt(ama__fetcher *f, const char *path, int fd) {
    return ama__file_cache_adopt(f->files, path, fd);
}

ama__fetch_counts ama__fetcher_counts(const ama__fetcher *f) {
    return (ama__fetch_counts){.n_chunks = atomic_load(&f->n_chunks),
                               .n_reads = atomic_load(&f->n_reads),
                               .stored_bytes = atomic_load(&f->stored_bytes),
                               .raw_bytes = atomic_load(&f->raw_bytes),
                               .file_bytes = atomic_load(&f->file_bytes)};
}

/* ---- shared with fetch_box.c */

ama_status ama__fetch_pread(ama__fetcher *f, int fd, const char *path, int64_t offset, void *dst, size_t bytes) {
    size_t got;
    AMA_TRY(ama__file_read(f->ctx, fd, path, offset, dst, bytes, &got));
    ama__fetch_count_read(f, (int64_t)got);
    if (got == bytes) return AMA_OK;
    return ama__fail(f->ctx, AMA_ERR_FORMAT,
                     "%s is truncated: %zu bytes at byte %" PRId64 " are needed, it has %zu of them", path, bytes,
                     offset, got);
}

ama_status ama__fetch_exactly(ama__fetcher *f, int fd, const char *path, int64_t offset, void *dst, size_t bytes) {
    AMA_TRY(ama__fetch_pread(f, fd, path, offset, dst, bytes));
    atomic_fetch_add(&f->stored_bytes, (long long)bytes);
    return AMA_OK;
}

void ama__fetch_count_values(ama__fetcher *f, int64_t bytes) {
    atomic_fetch_add(&f->n_chunks, 1);
    atomic_fetch_add(&f->raw_bytes, (long long)bytes);
}

void ama__fetch_count_box(ama__fetcher *f, int64_t bytes) {
    ama__fetch_count_values(f, bytes);
    atomic_fetch_add(&f->stored_bytes, (long long)bytes);
}

void ama__fetch_count_read(ama__fetcher *f, int64_t bytes) {
    atomic_fetch_add(&f->n_reads, 1);
    atomic_fetch_add(&f->file_bytes, (long long)bytes);
}

int64_t ama__fetch_file_most(const ama__stored_var *v) {
    int64_t items, raw;
    if (v->dtype == AMA_STRING || !ama__shape_size(v->grid.ndim, v->grid.chunk, &items) ||
        __builtin_mul_overflow(items, (int64_t)ama__dtype_bytes(v->dtype), &raw))
        return 0;
    size_t bytes = ama__pipeline_bound(&v->pipeline, (size_t)raw);
    return bytes < INT64_MAX / 2 ? (int64_t)bytes : 0;
}

int64_t ama__fetch_room(int64_t bytes) {
    const int64_t large = 32 << 10;
    if (bytes <= 0) return 0;
    return bytes + (bytes < large ? 64 : bytes / 4 + 8192);
}

void ama__fetch_fill(void *dst, int64_t n, const void *item, size_t item_bytes) {
    size_t total = (size_t)n * item_bytes;
    if (!item || total == 0) {
        memset(dst, 0, total);
        return;
    }
    memcpy(dst, item, item_bytes);
    for (size_t done = item_bytes; done < total;) {
        size_t run = done < total - done ? done : total - done;
        memcpy((char *)dst + done, dst, run);
        done += run;
    }
}

const void *ama__fetch_fill_item(const ama__stored_var *v, uint8_t item[8]) {
    static const uint8_t zeros[8];
    size_t bytes = ama__dtype_bytes(v->dtype);
    if (!v->has_fill || v->dtype == AMA_STRING || memcmp(v->fill, zeros, bytes) == 0) return NULL;
    memcpy(item, v->fill, 8);
    if (v->swapped) ama__bytes_swap(item, 1, bytes);
    return item;
}

/* ---- one chunk */

typedef struct chunk_read {
    ama__fetcher *f;
    ama__codec_work *w;
    const ama__stored_var *v;
    int64_t n_items;
    size_t item_bytes, raw_bytes;
    const void *fill;
    bool transpose;
    const ama__read_bytes *stored; /* when it is here already */
    ama__codec_part *part;         /* what is wanted; NULL: all */
} chunk_read;

/* The bytes of an extent: from the file, or those that are here. */
static ama_status get_bytes(const chunk_read *c, int fd, const char *path, int64_t offset, void *dst, size_t bytes) {
    if (!c->stored) return ama__fetch_exactly(c->f, fd, path, offset, dst, bytes);
    memcpy(dst, c->stored->data, bytes);
    atomic_fetch_add(&c->f->stored_bytes, (long long)bytes);
    return AMA_OK;
}

/* Column-major src to row-major dst. */
static void transpose(const chunk_read *c, const void *src, void *dst) {
    const ama__chunkgrid *g = &c->v->grid;
    int64_t from[AMA_MAX_DIMS], to[AMA_MAX_DIMS], step = 1;
    for (int d = 0; d < g->ndim; d++) {
        from[d] = step;
        step *= g->chunk[d];
    }
    ama__shape_strides(g->ndim, g->chunk, to);
    ama__strided_copy(g->ndim, g->chunk, c->item_bytes, src, from, dst, to);
}

static ama_status decode(const chunk_read *c, uint32_t filter_mask, const void *src, size_t src_bytes, void *dst) {
    if (c->part && !c->transpose) {
        int before = ama__phase_enter(c->f->ctx, AMA_PHASE_DECODE);
        ama_status status =
            ama__pipeline_decode_part(c->f->ctx, c->w, &c->v->pipeline, filter_mask, src, src_bytes, c->part, dst);
        ama__phase_leave(c->f->ctx, before);
        return status;
    }
    if (!c->transpose)
        return ama__pipeline_decode(c->f->ctx, c->w, &c->v->pipeline, filter_mask, src, src_bytes, dst, c->raw_bytes);
    void *tmp;
    AMA_TRY(ama__mem_alloc(c->f->ctx, AMA_MEM_SCRATCH, c->raw_bytes, &tmp));
    ama_status status =
        ama__pipeline_decode(c->f->ctx, c->w, &c->v->pipeline, filter_mask, src, src_bytes, tmp, c->raw_bytes);
    if (status == AMA_OK) transpose(c, tmp, dst);
    ama__mem_free(c->f->ctx, tmp);
    return status;
}

static ama_status read_extent(const chunk_read *c, int fd, const char *path, const ama__extent *e, void *dst) {
    size_t stored = (size_t)e->length;
    if (c->v->pipeline.n == 0 && !c->transpose) {
        if (stored != c->raw_bytes)
            return ama__fail(c->f->ctx, AMA_ERR_FORMAT, "%zu bytes are stored for an uncompressed chunk of %zu%s",
                             stored, c->raw_bytes, stored < c->raw_bytes ? ": truncated" : "");
        return get_bytes(c, fd, path, e->offset, dst, stored);
    }
    if (c->stored) {
        atomic_fetch_add(&c->f->stored_bytes, (long long)stored);
        return decode(c, e->filter_mask, c->stored->data, stored, dst);
    }
    void *src;
    AMA_TRY(ama__mem_alloc(c->f->ctx, AMA_MEM_CHUNK, stored, &src));
    ama_status status = ama__fetch_exactly(c->f, fd, path, e->offset, src, stored);
    if (status == AMA_OK) status = decode(c, e->filter_mask, src, stored, dst);
    ama__mem_free(c->f->ctx, src);
    return status;
}

static ama_status read_from_table(const chunk_read *c, const char *path, const ama__extent *e, void *dst) {
    ama__file_ref r;
    AMA_TRY(ama__file_cache_take(c->f->files, path, &r));
    ama_status status = read_extent(c, r.fd, path, e, dst);
    ama__file_cache_give(c->f->files, r);
    return status;
}

/* A chunk that is a file of its own: absent means missing, anything else that keeps it from being read is an error. */
static ama_status read_from_file(const chunk_read *c, const char *path, ama__extent *e, void *dst) {
    int fd;
    AMA_TRY(ama__file_open_if(c->f->ctx, path, &fd));
    e->missing = fd < 0;
    if (e->missing) return AMA_OK;
    ama_status status = ama__file_size(c->f->ctx, fd, path, &e->length);
    if (status == AMA_OK) status = read_extent(c, fd, path, e, dst);
    ama__file_close(fd);
    return status;
}

static ama_status say_where(const chunk_read *c, ama_status status, const ama__manifest *m, int64_t chunk,
                            const ama__extent *e) {
    char where[AMA_MAX_DIMS * 21 + 1] = "";
    int64_t index[AMA_MAX_DIMS];
    if (status == AMA_OK) return status;
    ama__chunkgrid_index(&c->v->grid, chunk, index);
    for (int d = 0, n = 0; d < c->v->grid.ndim; d++)
        n += snprintf(where + n, sizeof where - (size_t)n, "%s%" PRId64, d ? "," : " ", index[d]);
    return ama__wrap(c->f->ctx, status, "%s > variable %s > chunk%s at byte %" PRId64, m->path, c->v->name, where,
                     e->offset);
}

/* What was read ahead, as if it were read now. */
static ama_status use_read(const chunk_read *c, ama__read_bytes *r, const char *path, ama__extent *e, void *dst) {
    ama_status status = AMA_OK;
    e->missing = r->missing;
    e->length = (int64_t)r->bytes;
    if (ama__fault(c->f->ctx))
        status = ama__fail(c->f->ctx, AMA_ERR_IO, "%s: reading %zu bytes at byte %" PRId64 " failed", path, r->bytes,
                           e->offset);
    if (status == AMA_OK && !r->missing) {
        atomic_fetch_add(&c->f->n_reads, 1);
        atomic_fetch_add(&c->f->file_bytes, (long long)r->bytes);
        atomic_fetch_add(&c->f->stored_bytes, (long long)r->bytes);
        status = decode(c, e->filter_mask, r->data, r->bytes, dst);
    }
    AMA_FREE(c->f->ctx, r->data);
    return status;
}

static ama_status use_stored(const chunk_read *c, const char *path, ama__extent *e, void *dst) {
    e->missing = c->stored->missing;
    e->length = (int64_t)c->stored->bytes;
    return e->missing ? AMA_OK : read_extent(c, -1, path, e, dst);
}

static ama_status fetch(chunk_read *c, const ama__manifest *m, int64_t chunk, void *dst) {
    const ama__stored_var *v = c->v;
    ama__fetcher *f = c->f;
    ama__extent e;
    char path[PATH_MAX + 32 * AMA_MAX_DIMS + 8];
    c->transpose = v->fortran && v->ndim > 1;
    if (!ama__shape_size(v->grid.ndim, v->grid.chunk, &c->n_items) ||
        __builtin_mul_overflow((size_t)c->n_items, c->item_bytes, &c->raw_bytes) || c->raw_bytes > PTRDIFF_MAX)
        return ama__fail(f->ctx, AMA_ERR_FORMAT, "%s > variable %s: its chunks are too large", m->path, v->name);
    if (c->part) c->part->raw_bytes = c->raw_bytes;
    AMA_TRY(ama__manifest_locate(f->ctx, m, &v->grid, chunk, &e, path, sizeof path));
    ama_status status = AMA_OK;
    ama__read_bytes read;
    if (c->stored)
        status = use_stored(c, m->path, &e, dst);
    else if (f->prefetch && ama__prefetch_take(f->prefetch, m, chunk, &read))
        status = use_read(c, &read, m->kind == AMA_MANIFEST_FILES ? path : m->path, &e, dst);
    else if (m->kind == AMA_MANIFEST_FILES)
        status = read_from_file(c, path, &e, dst);
    else if (!e.missing)
        status = read_from_table(c, m->path, &e, dst);
    if (status != AMA_OK) return say_where(c, status, m, chunk, &e);
    if (e.missing) ama__fetch_fill(dst, c->n_items, c->fill, c->item_bytes);
    atomic_fetch_add(&f->n_chunks, 1);
    atomic_fetch_add(&f->raw_bytes, (long long)c->raw_bytes);
    return AMA_OK;
}

ama_status ama__fetch_items(ama__fetcher *f, ama__codec_work *w, const ama__stored_var *v, const ama__manifest *m,
                            int64_t chunk, size_t item_bytes, const void *fill, void *dst) {
    chunk_read c = {.f = f, .w = w, .v = v, .item_bytes = item_bytes, .fill = fill};
    return fetch(&c, m, chunk, dst);
}

ama_status ama__fetch_stored(ama__fetcher *f, ama__codec_work *w, const ama__stored_var *v, const ama__manifest *m,
                             int64_t chunk, const ama__box *part, const ama__read_bytes *stored, void *dst) {
    uint8_t item[8];
    if (v->dtype == AMA_STRING)
        return ama__fail(f->ctx, AMA_ERR_INTERNAL, "%s > variable %s: strings have no chunks", m->path, v->name);
    chunk_read c = {.f = f,
                    .w = w,
                    .v = v,
                    .item_bytes = ama__dtype_bytes(v->dtype),
                    .fill = ama__fetch_fill_item(v, item),
                    .stored = stored};
    ama__codec_part p = {.shape = v->grid.chunk, .item_bytes = c.item_bytes};
    if (part) {
        p.box = *part;
        c.part = &p;
    }
    return fetch(&c, m, chunk, dst);
}

ama_status ama__fetch_chunk_part(ama__fetcher *f, ama__codec_work *w, const ama__stored_var *v, const ama__manifest *m,
                                 int64_t chunk, const ama__box *part, void *dst) {
    return ama__fetch_stored(f, w, v, m, chunk, part, NULL, dst);
}

ama_status ama__fetch_chunk(ama__fetcher *f, ama__codec_work *w, const ama__stored_var *v, const ama__manifest *m,
                            int64_t chunk, void *dst) {
    return ama__fetch_chunk_part(f, w, v, m, chunk, NULL, dst);
}
