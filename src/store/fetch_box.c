/* Boxes of arrays that are stored as they are. A box is a sequence of contiguous runs in the file, in rising order;
 * runs that lie close together are read with one call into a sieve buffer, gaps included, because a system call costs
 * as much as copying some 10 KiB. */
#include "store/fetch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "store/fetch_private.h"

enum { SIEVE_BYTES = 256 << 10, GAP_BYTES = 16 << 10 };
/* The kernel cuts what it is told of to what a device reads at once: so much on many. */
enum { ADVICE_BYTES = 128 << 10 };

static ama_status overflow(ama__fetcher *f, const ama__stored_var *v, const ama__manifest *m) {
    return ama__fail(f->ctx, AMA_ERR_FORMAT, "%s > variable %s: its extent overflows 64 bits", m->path ? m->path : "",
                     v->name);
}

/* False when the extent overflows. */
static bool find_runs(const ama__stored_var *v, const ama__manifest *m, const ama__box *box, ama__runs *r) {
    int ndim = v->grid.ndim;
    int64_t size = (int64_t)ama__dtype_bytes(v->dtype), end = m->base;
    *r = (ama__runs){.box = box, .first = m->base, .bytes = (size_t)size};
    for (int d = ndim - 1; d >= 0; d--) {
        r->step[d] = d == 0 && m->kind == AMA_MANIFEST_RECORD ? m->record_bytes : size;
        int64_t last, begin;
        if (__builtin_mul_overflow(size, v->grid.shape[d] > 0 ? v->grid.shape[d] : 1, &size) ||
            __builtin_mul_overflow(box->start[d] + box->count[d] - 1, r->step[d], &last) ||
            __builtin_mul_overflow(box->start[d], r->step[d], &begin) || __builtin_add_overflow(end, last, &end) ||
            __builtin_add_overflow(r->first, begin, &r->first))
            return false;
    }
    r->n_outer = ndim;
    while (r->n_outer > 0) {
        int d = r->n_outer - 1;
        if (r->step[d] != (int64_t)r->bytes) break; /* the axis below is not whole, or records lie between */
        r->bytes *= (size_t)box->count[d];
        r->n_outer--;
    }
    return ama__shape_size(r->n_outer, box->count, &r->n);
}

int64_t ama__run_offset(const ama__runs *r, const int64_t *index) {
    int64_t at = r->first;
    for (int d = 0; d < r->n_outer; d++) at += index[d] * r->step[d];
    return at;
}

/* How many of the runs from `index` on go into one sieve read, and the span they take. `next` is left after them. */
static int64_t sieve_group(const ama__runs *r, int64_t left, int64_t *index, int64_t *span) {
    int64_t first = ama__run_offset(r, index), end = first + (int64_t)r->bytes, n = 1;
    ama__index_next(r->n_outer, r->box->count, index);
    while (n < left) {
        int64_t at = ama__run_offset(r, index);
        if (at - end > GAP_BYTES || at + (int64_t)r->bytes - first > SIEVE_BYTES) break;
        end = at + (int64_t)r->bytes;
        n++;
        ama__index_next(r->n_outer, r->box->count, index);
    }
    *span = end - first;
    return n;
}

static ama_status read_runs(ama__fetcher *f, int fd, const char *path, const ama__runs *r, char *sieve, char *dst) {
    int64_t index[AMA_MAX_DIMS] = {0};
    for (int64_t done = 0; done < r->n;) {
        int64_t from[AMA_MAX_DIMS], span;
        memcpy(from, index, sizeof from);
        int64_t first = ama__run_offset(r, from);
        int64_t n = sieve_group(r, r->n - done, index, &span);
        bool dense = span == n * (int64_t)r->bytes;
        AMA_TRY(ama__fetch_exactly(f, fd, path, first, dense ? dst : sieve, (size_t)span));
        for (int64_t i = 0; i < n && !dense; i++) {
            memcpy(dst + (size_t)i * r->bytes, sieve + (ama__run_offset(r, from) - first), r->bytes);
            ama__index_next(r->n_outer, r->box->count, from);
        }
        dst += (size_t)n * r->bytes;
        done += n;
    }
    return AMA_OK;
}

static ama_status read_box(ama__fetcher *f, const ama__stored_var *v, const ama__manifest *m, const ama__box *box,
                           void *dst) {
    ama__runs r;
    void *sieve = NULL;
    ama__file_ref file;
    if (!find_runs(v, m, box, &r)) return overflow(f, v, m);
    AMA_TRY(ama__file_cache_take(f->files, m->path, &file));
    ama_status status = AMA_OK;
    if (r.n > 1) status = ama__mem_alloc(f->ctx, AMA_MEM_SCRATCH, SIEVE_BYTES, &sieve);
    if (status == AMA_OK) status = read_runs(f, file.fd, m->path, &r, sieve, dst);
    ama__mem_free(f->ctx, sieve);
    ama__file_cache_give(f->files, file);
    return status;
}

/* Inline data is native-endian; the caller expects stored byte order. */
static void copy_inline(const ama__stored_var *v, const ama__manifest *m, const ama__box *box, void *dst) {
    ama__box whole = ama__box_whole(v->grid.ndim, v->grid.shape);
    size_t size = ama__dtype_bytes(v->dtype);
    ama__box_copy(box, size, m->inline_data, &whole, dst, box);
    if (v->swapped && v->dtype != AMA_STRING) ama__bytes_swap(dst, (size_t)ama__box_size(box), size);
}

static bool is_inside(const ama__chunkgrid *g, const ama__box *box) {
    bool ok = box->ndim == g->ndim;
    for (int d = 0; ok && d < g->ndim; d++)
        ok = box->start[d] >= 0 && box->count[d] >= 0 && box->count[d] <= g->shape[d] &&
             box->start[d] <= g->shape[d] - box->count[d];
    return ok;
}

bool ama__box_runs(const ama__stored_var *v, const ama__manifest *m, const ama__box *box, ama__runs *r) {
    return is_inside(&v->grid, box) && find_runs(v, m, box, r);
}

static ama_status check_box(ama__fetcher *f, const ama__stored_var *v, const ama__manifest *m, const ama__box *box) {
    const ama__chunkgrid *g = &v->grid;
    if (!is_inside(g, box))
        return ama__fail(f->ctx, AMA_ERR_INTERNAL, "variable %s: a box outside the array was asked for", v->name);
    if (m->kind != AMA_MANIFEST_CONTIGUOUS && m->kind != AMA_MANIFEST_RECORD && m->kind != AMA_MANIFEST_INLINE)
        return ama__fail(f->ctx, AMA_ERR_INTERNAL, "variable %s: a box of a chunked variable was asked for", v->name);
    int64_t n;
    size_t bytes;
    if (!ama__shape_size(box->ndim, box->count, &n) ||
        __builtin_mul_overflow((size_t)n, ama__dtype_bytes(v->dtype), &bytes) || bytes > PTRDIFF_MAX)
        return overflow(f, v, m);
    if (m->kind == AMA_MANIFEST_INLINE) {
        int64_t whole;
        if (!ama__shape_size(g->ndim, g->shape, &whole) ||
            (uint64_t)whole > m->inline_bytes / ama__dtype_bytes(v->dtype))
            return ama__fail(f->ctx, AMA_ERR_INTERNAL, "variable %s: inline data is too short", v->name);
    } else if (v->dtype == AMA_STRING) {
        return ama__fail(f->ctx, AMA_ERR_INTERNAL, "variable %s: strings are not stored as bytes", v->name);
    }
    return AMA_OK;
}

ama_status ama__fetch_box(ama__fetcher *f, const ama__stored_var *v, const ama__manifest *m, const ama__box *box,
                          void *dst) {
    AMA_TRY(check_box(f, v, m, box));
    int64_t n = ama__box_size(box);
    if (n == 0) return AMA_OK;
    if (m->kind == AMA_MANIFEST_INLINE) {
        copy_inline(v, m, box, dst);
    } else if (m->base < 0) {
        uint8_t item[8];
        ama__fetch_fill(dst, n, ama__fetch_fill_item(v, item), ama__dtype_bytes(v->dtype));
    } else {
        ama_status status = read_box(f, v, m, box, dst);
        if (status != AMA_OK)
            return ama__wrap(f->ctx, status, "%s > variable %s > from index %" PRId64, m->path, v->name,
                             box->ndim ? box->start[0] : 0);
    }
    atomic_fetch_add(&f->n_chunks, 1);
    atomic_fetch_add(&f->raw_bytes, (long long)((size_t)n * ama__dtype_bytes(v->dtype)));
    return AMA_OK;
}

/* ---- advice */

void ama__fetch_advise_span(int fd, int64_t first, int64_t bytes) {
    for (int64_t piece; bytes > 0; first += piece, bytes -= piece) {
        piece = bytes < ADVICE_BYTES ? bytes : ADVICE_BYTES;
        posix_fadvise(fd, first, piece, POSIX_FADV_WILLNEED);
    }
}

static void advise_table(int fd, const ama__stored_var *v, const ama__manifest *m, const ama__box *box) {
    ama__box cover = ama__chunkgrid_cover(&v->grid, box);
    int64_t at[AMA_MAX_DIMS] = {0}, index[AMA_MAX_DIMS];
    if (ama__box_size(&cover) == 0) return;
    do {
        for (int d = 0; d < cover.ndim; d++) index[d] = cover.start[d] + at[d];
        int64_t k = ama__chunkgrid_number(&v->grid, index);
        if (k < 0 || k >= m->n_table || m->table[k].offset < 0) continue;
        ama__fetch_advise_span(fd, m->table[k].offset, m->table[k].length);
    } while (ama__index_next(cover.ndim, cover.count, at));
}

static void advise_runs(int fd, const ama__runs *r) {
    int64_t index[AMA_MAX_DIMS] = {0}, span;
    for (int64_t done = 0; done < r->n;) {
        int64_t first = ama__run_offset(r, index);
        done += sieve_group(r, r->n - done, index, &span);
        ama__fetch_advise_span(fd, first, span);
    }
}

void ama__fetch_advise(ama__fetcher *f, const ama__stored_var *v, const ama__manifest *m, const ama__box *box) {
    ama__runs r;
    bool table = m->kind == AMA_MANIFEST_TABLE;
    /* One open a chunk file would cost more than the advice is worth; inline data is here already. */
    if (m->kind == AMA_MANIFEST_FILES || m->kind == AMA_MANIFEST_INLINE) return;
    if (!is_inside(&v->grid, box) || ama__box_size(box) == 0) return;
    if (!table && (m->base < 0 || !find_runs(v, m, box, &r))) return;
    ama__file_ref file;
    if (!ama__file_cache_peek(f->files, m->path, &file)) return;
    if (table)
        advise_table(file.fd, v, m, box);
    else
        advise_runs(file.fd, &r);
    ama__file_cache_give(f->files, file);
}
