/* Boxes of classic files through PnetCDF's ncmpi_get_vara_all. It gives values in this machine's byte order; they are
 * put back into that of the file, as which everything above takes them. */
#include <pnetcdf.h>

#include "store/collective_private.h"

typedef struct nc_file {
    const char *path;
    int id, var;
    int64_t part; /* whose variable `var` is, and one more: 0 is none */
} nc_file;

static ama_status nc_error(ama__collective *c, const nc_file *f, const char *what, int code) {
    return ama__fail(c->ctx, AMA_ERR_IO, "%s: %s: %s", f->path, what, ncmpi_strerror(code));
}

/* When the first rank can not read the header, ncmpi_open (1.12.3) waits there for the others to close the file, and
 * they know of nothing. So that rank first reads by itself what it will read there: pieces of 256 KiB up to the
 * header's end, which is before any variable. */
static ama_status try_header(ama__collective *c, const ama__manifest *m) {
    const int64_t piece = 256 << 10, most = 16 << 20;
    ama__file_ref file;
    void *unused;
    size_t got = 1;
    AMA_TRY(ama__mem_alloc(c->ctx, AMA_MEM_SCRATCH, (size_t)piece, &unused));
    ama_status status = ama__file_cache_take(c->fetcher->files, m->path, &file);
    if (status == AMA_OK) {
        for (int64_t at = 0; at < m->base && at < most && got > 0 && status == AMA_OK; at += piece)
            status = ama__file_read(c->ctx, file.fd, m->path, at, unused, (size_t)piece, &got);
        ama__file_cache_give(c->fetcher->files, file);
    }
    ama__mem_free(c->ctx, unused);
    return status;
}

static ama_status nc_open(ama__collective *c, const ama__store_var *part, void *handle) {
    nc_file *f = handle;
    f->path = ama__io_manifest(part)->path;
    AMA_TRY(ama__comm_agree(c->comm, ama__comm_rank(c->comm) == 0 ? try_header(c, ama__io_manifest(part)) : AMA_OK));
    MPI_Info hints = ama__io_hints(c);
    int code = ncmpi_open(ama__comm_mpi(c->comm), f->path, NC_NOWRITE, hints, &f->id);
    MPI_Info_free(&hints);
    return code == NC_NOERR ? AMA_OK : nc_error(c, f, "ncmpi_open", code);
}

static void nc_close(ama__collective *c, void *handle) {
    (void)c;
    ncmpi_close(((nc_file *)handle)->id);
}

/* The header is read once more, by PnetCDF: it must say what it said when the plan was made. Local. */
static ama_status find_variable(ama__collective *c, nc_file *f, int64_t part) {
    const ama__store_var *p = &c->part[part];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    MPI_Offset begin = -1;
    int ndims = -1;
    if (f->part == part + 1) return AMA_OK;
    int code = ncmpi_inq_varid(f->id, v->name, &f->var);
    if (code == NC_NOERR) code = ncmpi_inq_varoffset(f->id, f->var, &begin);
    if (code == NC_NOERR) code = ncmpi_inq_varndims(f->id, f->var, &ndims);
    if (code != NC_NOERR || begin != ama__io_manifest(p)->base || ndims != v->ndim)
        return ama__fail(c->ctx, AMA_ERR_MISMATCH, "%s > variable %s: the file has changed since it was opened%s%s",
                         f->path, v->name, code == NC_NOERR ? "" : ": ", code == NC_NOERR ? "" : ncmpi_strerror(code));
    f->part = part + 1;
    return AMA_OK;
}

static ama_status nc_read(ama__collective *c, void *handle, int64_t part, ama__io_walk *w, bool *inside) {
    nc_file *f = handle;
    MPI_Offset start[AMA_MAX_DIMS] = {0}, count[AMA_MAX_DIMS] = {0};
    const ama__store_var *p = &c->part[part];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    size_t size = ama__dtype_bytes(v->dtype);
    AMA_TRY(ama__comm_agree(c->comm, find_variable(c, f, part)));
    ama__io_slab slab = ama__library_next(w, part, c->round_bytes / (int64_t)size, NULL);
    ama_status local = slab.want ? ama__io_check_file(c, f->path, ama__io_want_end(slab.want)) : AMA_OK;
    char unused[8], *dst = unused;
    int64_t n = 0;
    if (local == AMA_OK && slab.want) { /* otherwise it takes part with nothing */
        for (int d = 0; d < v->ndim; d++) start[d] = slab.box.start[d], count[d] = slab.box.count[d];
        dst = (char *)slab.want->dst + (size_t)slab.before * size;
        n = ama__box_size(&slab.box);
    }
    int code = ncmpi_get_vara_all(f->id, f->var, start, count, dst, 0, MPI_DATATYPE_NULL);
    *inside = code != NC_NOERR;
    if (local != AMA_OK) return local;
    if (code != NC_NOERR) return ama__wrap(c->ctx, nc_error(c, f, "ncmpi_get_vara_all", code), "variable %s", v->name);
    if (n == 0) return AMA_OK;
    if (v->swapped) ama__bytes_swap(dst, (size_t)n, size);
    ama__fetch_count_read(c->fetcher, 0);
    return AMA_OK;
}

const ama__io_method ama__io_pnetcdf = {sizeof(nc_file), nc_open, nc_close, nc_read};
