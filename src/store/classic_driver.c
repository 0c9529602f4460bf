/* netCDF classic: where each variable's bytes are follows from the header alone. Fixed-size variables lie in one piece;
 * record variables take turns, one record each. A variable's piece is padded to 4 bytes, except that of a file's only
 * record variable. */
#include "store/driver.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "store/classic_header.h"
#include "store/fetch.h"

static bool classic_probe(ama_ctx *ctx, const char *path, int fd) {
    (void)ctx, (void)path;
    unsigned char b[4];
    return fd >= 0 && pread(fd, b, sizeof b, 0) == (ssize_t)sizeof b && ama__classic_magic(b);
}

static bool is_record(const ama__classic *c, const ama__stored_var *v) {
    return v->ndim > 0 && v->dim[0] == c->record_dim;
}

/* Bytes of a fixed-size variable, or of one record of a record variable, without padding; false on overflow. */
static bool piece_bytes(const ama__classic *c, const ama__meta *m, const ama__stored_var *v, int64_t *out) {
    int64_t bytes = (int64_t)ama__dtype_bytes(v->dtype);
    for (int d = is_record(c, v); d < v->ndim; d++)
        if (__builtin_mul_overflow(bytes, m->dim[v->dim[d]].size, &bytes)) return false;
    *out = bytes;
    return bytes <= INT64_MAX - 3;
}

static ama_status too_large(ama_ctx *ctx, const ama__classic *c, const ama__stored_var *v) {
    return ama__fail(ctx, AMA_ERR_FORMAT, "%s: damaged netCDF header: variable %s is larger than 2^63 bytes", c->path,
                     v->name);
}

static ama_status find_record_bytes(ama_ctx *ctx, ama__classic *c, const ama__meta *m) {
    int n = 0;
    int64_t only = 0;
    for (int i = 0; i < m->n_vars; i++) {
        int64_t bytes;
        if (!piece_bytes(c, m, &m->var[i], &bytes)) return too_large(ctx, c, &m->var[i]);
        if (!is_record(c, &m->var[i])) continue;
        n++;
        only = bytes;
        if (__builtin_add_overflow(c->record_bytes, (bytes + 3) & ~(int64_t)3, &c->record_bytes))
            return too_large(ctx, c, &m->var[i]);
    }
    if (n == 1) c->record_bytes = only;
    return AMA_OK;
}

/* Records that the file has room for: when the writer could not say how many there are. */
static int64_t count_records(const ama__classic *c, const ama__meta *m) {
    int64_t n = INT64_MAX;
    for (int i = 0; i < m->n_vars; i++) {
        int64_t bytes;
        if (!is_record(c, &m->var[i]) || !piece_bytes(c, m, &m->var[i], &bytes)) continue;
        int64_t room = c->file_bytes - c->begin[i] - bytes;
        int64_t k = room < 0 || c->record_bytes == 0 ? 0 : room / c->record_bytes + 1;
        if (k < n) n = k;
    }
    return n == INT64_MAX ? 0 : n;
}

/* Byte after the last one of a variable; false on overflow. */
static bool extent_end(const ama__classic *c, const ama__meta *m, int i, int64_t *out) {
    int64_t bytes, records = 0;
    *out = 0;
    if (!piece_bytes(c, m, &m->var[i], &bytes)) return false;
    if (is_record(c, &m->var[i])) {
        if (c->n_records == 0) return true;
        if (__builtin_mul_overflow(c->n_records - 1, c->record_bytes, &records)) return false;
    }
    if (bytes == 0) return true;
    return !__builtin_add_overflow(c->begin[i], bytes, out) && !__builtin_add_overflow(*out, records, out);
}

/* A file that is shorter than its header says reads as garbage in the reference libraries: refuse it. Only the padding
 * after the last value may be missing. */
static ama_status check_extent(ama_ctx *ctx, const ama__classic *c, const ama__meta *m) {
    int64_t need = 0;
    int last = 0;
    for (int i = 0; i < m->n_vars; i++) {
        int64_t end;
        if (!extent_end(c, m, i, &end)) return too_large(ctx, c, &m->var[i]);
        if (end > 0 && c->begin[i] < c->header_bytes)
            return ama__fail(ctx, AMA_ERR_FORMAT,
                             "%s: damaged netCDF header: variable %s begins at byte %" PRId64
                             ", inside the header of %" PRId64 " bytes",
                             c->path, m->var[i].name, c->begin[i], c->header_bytes);
        if (end > need) {
            need = end;
            last = i;
        }
    }
    if (need <= c->file_bytes) return AMA_OK;
    return ama__fail(ctx, AMA_ERR_FORMAT,
                     "%s: truncated: its header implies %" PRId64
                     " bytes (to the end of variable %s), the file has %" PRId64 ": %" PRId64 " bytes are missing",
                     c->path, need, m->var[last].name, c->file_bytes, need - c->file_bytes);
}

static ama_status lay_out(ama_ctx *ctx, const ama__classic *c, const ama__meta *m, ama__stored_var *v) {
    int64_t shape[AMA_MAX_DIMS], chunk[AMA_MAX_DIMS], size;
    for (int d = 0; d < v->ndim; d++) {
        shape[d] = m->dim[v->dim[d]].size;
        chunk[d] = shape[d] > 0 ? shape[d] : 1;
    }
    if (is_record(c, v)) chunk[0] = 1;
    if (!ama__shape_size(v->ndim, shape, &size) ||
        __builtin_mul_overflow(size, (int64_t)ama__dtype_bytes(v->dtype), &v->stored_bytes) ||
        !ama__chunkgrid_init(&v->grid, v->ndim, shape, chunk))
        return too_large(ctx, c, v);
    v->swapped = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && ama__dtype_bytes(v->dtype) > 1;
    return AMA_OK;
}

static ama_status classic_open(ama__arena *arena, const char *path, const ama__open_options *o, ama__meta *meta,
                               void **handle) {
    static const char *const formats[] = {"", "netCDF classic (CDF-1)", "netCDF classic (CDF-2)", "",
                                          "", "netCDF classic (CDF-5)"};
    ama_ctx *ctx = ama__arena_ctx(arena);
    ama__classic *c;
    ama__meta m = {0};
    *handle = NULL;
    if (o && o->group && o->group[0] && strcmp(o->group, "/") != 0)
        return ama__fail(ctx, AMA_ERR_NOTFOUND, "%s: no group %s: a netCDF classic file has no groups", path, o->group);
    AMA_NEW(arena, c, 1);
    AMA_KEEP(arena, path, ama__arena_strdup(arena, path));
    AMA_TRY(ama__classic_read(arena, path, o ? o->fd : NULL, &m, c));
    AMA_TRY(find_record_bytes(ctx, c, &m));
    if (c->n_records < 0) c->n_records = count_records(c, &m);
    if (c->record_dim >= 0) m.dim[c->record_dim].size = c->n_records;
    AMA_TRY(check_extent(ctx, c, &m));
    for (int i = 0; i < m.n_vars; i++) AMA_TRY(lay_out(ctx, c, &m, &m.var[i]));
    m.format = formats[c->version];
    *meta = m;
    *handle = c;
    return AMA_OK;
}

/* Reads a text variable so that it goes along with the metadata. */
static ama_status read_inline(ama__arena *arena, const ama__stored_var *v, ama__manifest *m) {
    ama_ctx *ctx = ama__arena_ctx(arena);
    ama__fetcher *f;
    ama__box whole = ama__box_whole(v->grid.ndim, v->grid.shape);
    void *data;
    AMA_NEW(arena, data, v->stored_bytes);
    AMA_TRY(ama__fetcher_create(ctx, &f));
    ama_status status = ama__fetch_box(f, v, m, &whole, data);
    ama__fetcher_destroy(&f);
    if (status != AMA_OK) return status;
    *m = (ama__manifest){
        .kind = AMA_MANIFEST_INLINE, .path = m->path, .inline_data = data, .inline_bytes = (size_t)v->stored_bytes};
    return AMA_OK;
}

static ama_status classic_manifest(void *handle, ama__arena *arena, const ama__meta *meta, int var,
                                   ama__manifest *out) {
    const ama__classic *c = handle;
    const ama__stored_var *v = &meta->var[var];
    *out = (ama__manifest){.kind = is_record(c, v) ? AMA_MANIFEST_RECORD : AMA_MANIFEST_CONTIGUOUS,
                           .path = c->path,
                           .base = c->begin[v->driver_id],
                           .record_bytes = c->record_bytes};
    if (v->dtype == AMA_CHAR && v->stored_bytes <= AMA_INLINE_MAX) return read_inline(arena, v, out);
    return AMA_OK;
}

static void classic_close(void **handle) {
    *handle = NULL;
}

const ama__driver ama__driver_classic = {"classic", classic_probe, classic_open, classic_manifest, classic_close};
