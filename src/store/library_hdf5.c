/* Chunks and boxes of HDF5 files through H5Dread, collective, in the type that the file has: nothing is converted. */
#include <stdio.h>
#include <string.h>

#include "store/collective_private.h"
#include "store/hdf5_file.h"

typedef struct h5_file {
    const char *path;
    hid_t id, transfer;
    int64_t part;    /* whose dataset is open, and one more: 0 is none */
    hid_t set, type; /* its type in memory is that of the file */
    int64_t shape[AMA_MAX_DIMS];
} h5_file;

static ama_status h5_error(ama__collective *c, const h5_file *f, const char *what) {
    ama__hdf5_reason r = ama__hdf5_reason_get();
    return ama__fail(c->ctx, AMA_ERR_IO, "%s: %s%s%s%s", f->path, what, r.text[0] ? " (HDF5: " : "", r.text,
                     r.text[0] ? ")" : "");
}

/* ---- files */

static hid_t access_list(ama__collective *c) {
    H5AC_cache_config_t cache = {.version = H5AC__CURR_CACHE_CONFIG_VERSION};
    MPI_Info hints = ama__io_hints(c);
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    bool ok =
        fapl >= 0 && H5Pset_fapl_mpio(fapl, ama__comm_mpi(c->comm), hints) >= 0 && H5Pget_mdc_config(fapl, &cache) >= 0;
    MPI_Info_free(&hints);
    cache.set_initial_size = true;
    cache.initial_size = cache.max_size = AMA_IO_METADATA_BYTES;
    cache.min_size = AMA_IO_METADATA_BYTES / 2;
    /* no chunk cache: a chunk is read once and whole */
    ok = ok && H5Pset_mdc_config(fapl, &cache) >= 0 && H5Pset_cache(fapl, 0, 0, 0, 0.75) >= 0;
    if (ok || fapl < 0) return fapl;
    H5Pclose(fapl);
    return -1;
}

static ama_status h5_open(ama__collective *c, const ama__store_var *part, void *handle) {
    h5_file *f = handle;
    f->path = ama__io_manifest(part)->path;
    f->id = f->transfer = -1;
    ama__hdf5_quiet quiet = ama__hdf5_quiet_begin();
    hid_t fapl = access_list(c);
    bool ok = fapl >= 0 && (f->transfer = H5Pcreate(H5P_DATASET_XFER)) >= 0 &&
              H5Pset_dxpl_mpio(f->transfer, H5FD_MPIO_COLLECTIVE) >= 0;
    ama_status status = ama__comm_agree(c->comm, ok ? AMA_OK : h5_error(c, f, "HDF5 has no parallel access to it"));
    if (status == AMA_OK) {
        f->id = H5Fopen(f->path, H5F_ACC_RDONLY, fapl);
        if (f->id < 0) status = h5_error(c, f, "H5Fopen");
    }
    if (fapl >= 0) H5Pclose(fapl);
    ama__hdf5_quiet_end(quiet);
    return status;
}

static void close_set(h5_file *f) {
    if (f->part == 0) return;
    if (f->type >= 0) H5Tclose(f->type);
    if (f->set >= 0) H5Dclose(f->set);
    f->part = 0;
}

static void h5_close(ama__collective *c, void *handle) {
    h5_file *f = handle;
    (void)c;
    ama__hdf5_quiet quiet = ama__hdf5_quiet_begin();
    close_set(f);
    H5Pclose(f->transfer);
    H5Fclose(f->id);
    ama__hdf5_quiet_end(quiet);
}

/* ---- datasets */

/* By the name that netCDF shows, or the one that it gives what has a dim's name but is not its coordinate. */
static hid_t open_set(const h5_file *f, const char *group, const char *name) {
    char path[1024];
    while (group && *group == '/') group++;
    const char *between = group && *group && group[strlen(group) - 1] != '/' ? "/" : "";
    if (!group) group = "";
    for (int k = 0; k < 2; k++) {
        int n = snprintf(path, sizeof path, "/%s%s%s%s", group, between, k == 0 ? "_nc4_non_coord_" : "", name);
        if (n < (int)sizeof path && H5Lexists(f->id, path, H5P_DEFAULT) > 0) return H5Dopen2(f->id, path, H5P_DEFAULT);
    }
    return -1;
}

/* Metadata is read once more: it must say what it said when the plan was made. Local. */
static ama_status find_set(ama__collective *c, h5_file *f, int64_t part) {
    const ama__store_var *p = &c->part[part];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    hsize_t shape[AMA_MAX_DIMS];
    if (f->part == part + 1) return AMA_OK;
    close_set(f);
    f->part = part + 1;
    f->type = -1;
    f->set = open_set(f, p->store->options.group, v->name);
    hid_t space = f->set >= 0 ? H5Dget_space(f->set) : -1;
    bool same = space >= 0 && (f->type = H5Dget_type(f->set)) >= 0 && H5Sget_simple_extent_ndims(space) == v->ndim &&
                H5Sget_simple_extent_dims(space, shape, NULL) == v->ndim &&
                H5Tget_size(f->type) == ama__dtype_bytes(v->dtype);
    for (int d = 0; same && d < v->ndim; d++) {
        f->shape[d] = (int64_t)shape[d];
        same = f->shape[d] <= v->grid.shape[d];
    }
    if (space >= 0) H5Sclose(space);
    return same ? AMA_OK
                : ama__fail(c->ctx, AMA_ERR_MISMATCH, "%s > variable %s: the file has changed since it was opened",
                            f->path, v->name);
}

/* ---- reading */

/* A data space of which `box` is selected, whose indices begin at `from`; nothing is selected without a box. */
static hid_t select_box(int ndim, const int64_t *shape, const ama__box *box, const int64_t *from) {
    hsize_t whole[AMA_MAX_DIMS], start[AMA_MAX_DIMS], count[AMA_MAX_DIMS];
    for (int d = 0; d < ndim; d++) whole[d] = (hsize_t)shape[d];
    hid_t space = H5Screate_simple(ndim, whole, NULL);
    if (space < 0) return space;
    herr_t done;
    if (box) {
        for (int d = 0; d < ndim; d++) {
            start[d] = (hsize_t)(box->start[d] - (from ? from[d] : 0));
            count[d] = (hsize_t)box->count[d];
        }
        done = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    } else {
        done = H5Sselect_none(space);
    }
    if (done >= 0) return space;
    H5Sclose(space);
    return -1;
}

/* What of a chunk lies outside of the array is not read. */
static void fill_outside(const ama__io_slab *slab) {
    const ama__io_want *w = slab->want;
    uint8_t item[8];
    int64_t n = ama__box_size(&w->box);
    if (slab->before == 0 && w->chunk >= 0 && ama__box_size(&slab->box) != n)
        ama__fetch_fill(w->dst, n, ama__fetch_fill_item(w->v, item), ama__dtype_bytes(w->v->dtype));
}

static ama_status h5_call(ama__collective *c, h5_file *f, const ama__io_slab *slab, int ndim) {
    char unused[8];
    const ama__io_want *w = slab->want;
    hid_t in = select_box(ndim, f->shape, w ? &slab->box : NULL, NULL);
    hid_t out = select_box(ndim, w ? w->box.count : f->shape, w ? &slab->box : NULL, w ? w->box.start : NULL);
    ama_status status = in < 0 || out < 0 ? h5_error(c, f, "no data space") : AMA_OK;
    if (w && status == AMA_OK) fill_outside(slab);
    /* without spaces of its own it can not even take part with nothing: all must know */
    status = ama__comm_agree(c->comm, status);
    if (status == AMA_OK && H5Dread(f->set, f->type, out, in, f->transfer, w ? w->dst : unused) < 0)
        status = h5_error(c, f, "H5Dread");
    if (in >= 0) H5Sclose(in);
    if (out >= 0) H5Sclose(out);
    return status;
}

static ama_status h5_read(ama__collective *c, void *handle, int64_t part, ama__io_walk *w, bool *inside) {
    h5_file *f = handle;
    const ama__store_var *p = &c->part[part];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    ama__io_slab slab = {0}, none = {0};
    ama__hdf5_quiet quiet = ama__hdf5_quiet_begin();
    ama_status status = ama__comm_agree(c->comm, find_set(c, f, part));
    if (status == AMA_OK) {
        /* a filtered chunk is decoded as a whole */
        int64_t most = v->pipeline.n > 0 ? INT64_MAX : c->round_bytes / (int64_t)ama__dtype_bytes(v->dtype);
        slab = ama__library_next(w, part, most, f->shape);
        ama_status local = slab.want ? ama__io_check_file(c, f->path, ama__io_want_end(slab.want)) : AMA_OK;
        status = h5_call(c, f, local == AMA_OK ? &slab : &none, v->ndim);
        *inside = status != AMA_OK;
        if (local != AMA_OK) status = local;
    }
    ama__hdf5_quiet_end(quiet);
    if (status == AMA_OK && slab.want) ama__fetch_count_read(c->fetcher, 0);
    return ama__wrap(c->ctx, status, "variable %s", v->name);
}

const ama__io_method ama__io_hdf5 = {sizeof(h5_file), h5_open, h5_close, h5_read};
