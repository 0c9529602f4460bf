/* Extents of contiguous and chunked variables. Chunks are found with the recording file driver: HDF5 is asked to read
 * each chunk, looks it up, and the read that it then issues tells where it is. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/hdf5_file.h"
#include "store/index_cache.h"

typedef struct walk {
    ama__hdf5_file *f;
    hid_t set;
    const ama__stored_var *v;
    const ama__hdf5_var *own;
    ama__hdf5_recorder *recorder;
    bool whole_edges; /* partial chunks are stored without filters */
    int64_t n_stored; /* chunks that HDF5 counts: the walk ends when all are found */
} walk;

/* "3,0,7" */
static const char *print_index(const ama__stored_var *v, const int64_t *index, char *buf, size_t bytes) {
    size_t at = 0;
    buf[0] = 0;
    for (int d = 0; d < v->ndim && at + 24 < bytes; d++)
        at += (size_t)snprintf(buf + at, bytes - at, d ? ",%" PRId64 : "%" PRId64, index[d]);
    return buf;
}

/* index NULL: the variable is in one piece. */
static ama_status check_extent(const walk *w, const int64_t *index, int64_t offset, uint64_t length) {
    char chunk[400], piece[420] = "its data";
    int64_t end, file_bytes = w->recorder->file_bytes;
    if (offset >= 0 && length <= INT64_MAX && !__builtin_add_overflow(offset, (int64_t)length, &end) &&
        end <= file_bytes)
        return AMA_OK;
    if (index) snprintf(piece, sizeof piece, "chunk %s", print_index(w->v, index, chunk, sizeof chunk));
    return ama__fail(w->f->ctx, AMA_ERR_FORMAT,
                     "%s: variable %s: %s (%" PRIu64 " bytes at byte %" PRId64 ") ends beyond the file's %" PRId64
                     " bytes: the file is truncated or damaged",
                     w->f->path, w->v->name, piece, length, offset, file_bytes);
}

/* Chunks outside the dataset's own extent: the dim has grown with another variable. */
static bool outside(const walk *w, const hsize_t *at) {
    for (int d = 0; d < w->own->ndim; d++)
        if (at[d] >= (hsize_t)w->own->shape[d]) return true;
    return false;
}

static bool is_partial(const walk *w, const hsize_t *at) {
    for (int d = 0; d < w->own->ndim; d++)
        if (at[d] + (hsize_t)w->v->grid.chunk[d] > (hsize_t)w->own->shape[d]) return true;
    return false;
}

static ama_status locate_chunk(walk *w, const int64_t *index, ama__extent_entry *e) {
    hsize_t at[AMA_MAX_DIMS];
    uint32_t mask = 0;
    char unused[64] = {0}, chunk[400];
    ama__hdf5_recorder *r = w->recorder;
    *e = (ama__extent_entry){.offset = -1};
    for (int d = 0; d < w->v->ndim; d++) at[d] = (hsize_t)index[d] * (hsize_t)w->v->grid.chunk[d];
    if (outside(w, at)) return AMA_OK;
    r->n = 0;
    r->on = true;
    herr_t done = H5Dread_chunk(w->set, H5P_DEFAULT, at, &mask, unused);
    r->on = false;
    if (done < 0) { /* a chunk that is not there fails within the dataset code, damage below it */
        if (ama__hdf5_reason_get().major == H5E_DATASET && !w->f->io.err) return AMA_OK;
        return ama__hdf5_fail(w->f, "variable %s: chunk %s cannot be found", w->v->name,
                              print_index(w->v, index, chunk, sizeof chunk));
    }
    if (r->n == 0) return AMA_OK;
    if (r->n > 1 || r->length > UINT32_MAX)
        return ama__fail(w->f->ctx, AMA_ERR_FORMAT, "%s: variable %s: chunk %s is not in one piece below 4 GiB",
                         w->f->path, w->v->name, print_index(w->v, index, chunk, sizeof chunk));
    AMA_TRY(check_extent(w, index, r->offset, r->length));
    bool plain = w->whole_edges && is_partial(w, at);
    *e = (ama__extent_entry){
        .offset = r->offset, .length = (uint32_t)r->length, .filter_mask = plain ? UINT32_MAX : mask};
    return AMA_OK;
}

static ama_status locate_all(walk *w, ama__extent_entry *table) {
    const ama__chunkgrid *g = &w->v->grid;
    int64_t index[AMA_MAX_DIMS] = {0}, found = 0;
    for (int64_t i = 0; i < g->n_chunks; i++) {
        if (found == w->n_stored)
            table[i].offset = -1;
        else
            AMA_TRY(locate_chunk(w, index, &table[i]));
        found += table[i].offset >= 0;
        ama__index_next(g->ndim, g->n, index);
    }
    return AMA_OK;
}

static ama_status new_table(const walk *w, ama__arena *arena, ama__manifest *out, ama__extent_entry **table) {
    out->kind = AMA_MANIFEST_TABLE;
    out->n_table = w->v->grid.n_chunks;
    if (out->n_table > AMA_HDF5_TABLE_MAX)
        return ama__fail(w->f->ctx, AMA_ERR_UNSUPPORTED,
                         "%s: variable %s declares %" PRId64 " chunks, more than the %" PRId64 " that can be indexed",
                         w->f->path, w->v->name, out->n_table, AMA_HDF5_TABLE_MAX);
    AMA_NEW(arena, *table, out->n_table ? out->n_table : 1);
    out->table = *table;
    return AMA_OK;
}

static ama_status count_stored(walk *w) {
    hsize_t n = 0;
    unsigned options = 0;
    hid_t space = H5Dget_space(w->set), dcpl = H5Dget_create_plist(w->set);
    bool ok = space >= 0 && dcpl >= 0 && H5Dget_num_chunks(w->set, space, &n) >= 0;
    ama_status status = ok ? AMA_OK : ama__hdf5_fail(w->f, "variable %s: its chunk index cannot be read", w->v->name);
    if (ok && H5Pget_chunk_opts(dcpl, &options) < 0) options = 0;
    w->whole_edges = options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS;
    w->n_stored = n > INT64_MAX ? INT64_MAX : (int64_t)n;
    if (space >= 0) H5Sclose(space);
    if (dcpl >= 0) H5Pclose(dcpl);
    return status;
}

/* Behind an external link the data is in the file that holds the dataset. */
static ama_status object_path(const walk *w, ama__arena *arena, const char **out) {
    AMA_KEEP(arena, *out, ama__arena_strdup(arena, w->f->path));
    ssize_t n = w->f->allow_external ? H5Fget_name(w->set, NULL, 0) : 0;
    if (n <= 0) return AMA_OK;
    char *name = ama__arena_alloc(arena, (size_t)n + 1);
    if (!name) return ama__error_status(w->f->ctx);
    if (H5Fget_name(w->set, name, (size_t)n + 1) == n) *out = name;
    return AMA_OK;
}

static ama_status contiguous(const walk *w, ama__manifest *out) {
    haddr_t at = H5Dget_offset(w->set);
    int64_t n;
    out->kind = AMA_MANIFEST_CONTIGUOUS;
    if (!ama__shape_size(w->own->ndim, w->own->shape, &n) || __builtin_mul_overflow(n, (int64_t)w->own->type.bytes, &n))
        return ama__fail(w->f->ctx, AMA_ERR_FORMAT, "%s: variable %s: its size overflows", w->f->path, w->v->name);
    if (at > INT64_MAX) return check_extent(w, NULL, -1, (uint64_t)n);
    out->base = (int64_t)at;
    return check_extent(w, NULL, out->base, (uint64_t)n);
}

ama_status ama__hdf5_index(ama__hdf5_file *f, hid_t set, const ama__stored_var *v, ama__arena *arena,
                           ama__manifest *out) {
    walk w = {.f = f, .set = set, .v = v, .own = &f->var[v->driver_id], .recorder = ama__hdf5_vfd_recorder(set)};
    if (!w.recorder) return ama__hdf5_fail(f, "variable %s: its file is not there", v->name);
    AMA_TRY(object_path(&w, arena, &out->path));
    if (w.own->source == AMA_HDF5_CONTIGUOUS) return contiguous(&w, out);
    ama__extent_entry *table;
    AMA_TRY(new_table(&w, arena, out, &table));
    const ama__index_key key = {f->path, w.own->path, w.recorder->file_bytes, out->n_table};
    const char *cache = strcmp(out->path, f->path) == 0 ? f->index_cache : NULL;
    if (cache && ama__index_cache_load(f->ctx, cache, &key, table)) return AMA_OK;
    if (w.own->source == AMA_HDF5_CHUNKED) AMA_TRY(count_stored(&w));
    AMA_TRY(locate_all(&w, table));
    if (cache) ama__index_cache_save(f->ctx, cache, &key, table);
    return AMA_OK;
}
