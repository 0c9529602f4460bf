/* The skeleton of a netCDF-4 file: everything but the data, made by HDF5 on rank 0. Datasets of dense variables get
 * their place last, so that the metadata lie together at the front of the file. */
#include "store/write_nc4.h"

#include <stdio.h>
#include <string.h>

#define LOOSE_CHUNK 65536 /* elements */

/* ---- errors ---- */

ama__nc4_quiet ama__nc4_quiet_begin(void) {
    ama__nc4_quiet q = {NULL, NULL};
    H5Eget_auto2(H5E_DEFAULT, &q.print, &q.user);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return q;
}

void ama__nc4_quiet_end(ama__nc4_quiet q) {
    H5Eset_auto2(H5E_DEFAULT, q.print, q.user);
}

static herr_t first_cause(unsigned n, const H5E_error2_t *e, void *out) {
    if (n == 0) snprintf(out, 160, "%s", e->desc ? e->desc : "");
    return 0;
}

ama_status ama__nc4_fail(ama__nc4_disk *disk, const char *doing, const char *name) {
    if (disk->status != AMA_OK) return disk->status;
    char cause[160] = "";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first_cause, cause);
    return ama__fail(disk->wr->ctx, AMA_ERR_IO, "%s %s in %s: HDF5: %s", doing, name, disk->wr->tmp,
                     *cause ? cause : "failed");
}

/* ---- names and types ---- */

bool ama__nc4_dim_unlimited(const ama__dim *d) {
    return d->unlimited || d->size == 0;
}

bool ama__nc4_is_chunked(const ama__writer *wr, int var) {
    const ama__stored_var *v = ama__writer_var(wr, var);
    for (int i = 0; i < v->ndim; i++)
        if (ama__nc4_dim_unlimited(&wr->spec.meta.dim[v->dim[i]])) return true;
    return wr->chunked[var] && v->dtype != AMA_STRING;
}

int ama__nc4_scale_of(const ama__writer *wr, int var) {
    const ama__stored_var *v = ama__writer_var(wr, var);
    return v->ndim > 0 && !strcmp(v->name, wr->spec.meta.dim[v->dim[0]].name) ? v->dim[0] : -1;
}

const char *ama__nc4_var_name(const ama__writer *wr, int var, char *buf) {
    const char *name = ama__writer_var(wr, var)->name;
    bool clash = ama__nc4_scale_of(wr, var) < 0 && ama__meta_find_dim(&wr->spec.meta, name) >= 0;
    snprintf(buf, AMA_NC4_NAME, "%s%s", clash ? "_nc4_non_coord_" : "", name);
    return buf;
}

static hid_t text_type(size_t size) {
    hid_t t = H5Tcopy(H5T_C_S1);
    if (t < 0) return -1;
    if (H5Tset_size(t, size) >= 0 && H5Tset_strpad(t, H5T_STR_NULLTERM) >= 0 &&
        (size != H5T_VARIABLE || H5Tset_cset(t, H5T_CSET_UTF8) >= 0))
        return t;
    H5Tclose(t);
    return -1;
}

hid_t ama__nc4_type(ama_dtype t, hid_t *owned) {
    *owned = -1;
    switch (t) {
    case AMA_BOOL:
    case AMA_I1: return H5T_NATIVE_INT8;
    case AMA_I2: return H5T_NATIVE_INT16;
    case AMA_I4: return H5T_NATIVE_INT32;
    case AMA_I8: return H5T_NATIVE_INT64;
    case AMA_U1: return H5T_NATIVE_UINT8;
    case AMA_U2: return H5T_NATIVE_UINT16;
    case AMA_U4: return H5T_NATIVE_UINT32;
    case AMA_U8: return H5T_NATIVE_UINT64;
    case AMA_F4: return H5T_NATIVE_FLOAT;
    case AMA_F8: return H5T_NATIVE_DOUBLE;
    case AMA_CHAR: return *owned = text_type(1);
    case AMA_STRING: return *owned = text_type(H5T_VARIABLE);
    case AMA_DTYPE_N: break;
    }
    return -1;
}

/* ---- datasets ---- */

static hid_t new_creation_list(void) {
    hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
    if (dcpl < 0) return -1;
    if (H5Pset_obj_track_times(dcpl, false) >= 0 &&
        H5Pset_attr_creation_order(dcpl, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0)
        return dcpl;
    H5Pclose(dcpl);
    return -1;
}

static bool set_layout(const ama__writer *wr, int var, hid_t dcpl, hid_t type) {
    const ama__stored_var *v = ama__writer_var(wr, var);
    if (v->dtype != AMA_STRING && H5Pset_fill_value(dcpl, type, wr->fill[var]) < 0) return false;
    if (!ama__nc4_is_chunked(wr, var)) /* else HDF5 writes the whole variable when it takes the space */
        return v->dtype == AMA_STRING || H5Pset_fill_time(dcpl, H5D_FILL_TIME_NEVER) >= 0;
    hsize_t chunk[AMA_MAX_DIMS];
    int64_t n = 1; /* only text and empty variables come here without chunks of their own: any moderate size will do */
    for (int i = v->ndim - 1; i >= 0; i--) {
        int64_t most = wr->chunked[var] ? INT64_MAX : LOOSE_CHUNK / n, own = wr->grid[var].chunk[i];
        chunk[i] = (hsize_t)(own < most ? own : most > 1 ? most : 1);
        n *= (int64_t)chunk[i];
    }
    size_t bytes = (size_t)n * ama__dtype_bytes(v->dtype);
    if (H5Pset_chunk(dcpl, v->ndim, chunk) < 0) return false;
    for (int i = 0; i < v->pipeline.n && v->dtype != AMA_STRING; i++)
        if (!ama__nc4_set_filter(dcpl, &v->pipeline.step[i], bytes)) return false;
    return true;
}

static ama_status define_var(ama__nc4_disk *disk, hid_t file, int var, hid_t *out) {
    const ama__writer *wr = disk->wr;
    const ama__stored_var *v = ama__writer_var(wr, var);
    hsize_t shape[AMA_MAX_DIMS], most[AMA_MAX_DIMS];
    for (int i = 0; i < v->ndim; i++) {
        const ama__dim *d = &wr->spec.meta.dim[v->dim[i]];
        shape[i] = (hsize_t)d->size;
        most[i] = ama__nc4_dim_unlimited(d) ? H5S_UNLIMITED : shape[i];
    }
    char name[AMA_NC4_NAME];
    hid_t owned = -1, type = ama__nc4_type(v->dtype, &owned), dcpl = new_creation_list();
    hid_t space = v->ndim ? H5Screate_simple(v->ndim, shape, most) : H5Screate(H5S_SCALAR);
    if (type >= 0 && dcpl >= 0 && space >= 0 && set_layout(wr, var, dcpl, type))
        *out = H5Dcreate2(file, ama__nc4_var_name(wr, var, name), type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);
    ama_status status = *out >= 0 ? AMA_OK : ama__nc4_fail(disk, "define variable", v->name);
    if (owned >= 0) H5Tclose(owned);
    if (dcpl >= 0) H5Pclose(dcpl);
    if (space >= 0) H5Sclose(space);
    return status == AMA_OK ? ama__nc4_attrs(disk, *out, &v->attrs) : status;
}

/* The stand-in of a dim that no variable is named after: a dataset without data. */
static ama_status define_dim(ama__nc4_disk *disk, hid_t file, const ama__dim *d, hid_t *out) {
    hsize_t size = (hsize_t)d->size, most = ama__nc4_dim_unlimited(d) ? H5S_UNLIMITED : size;
    hsize_t chunk = size < 1 ? 1 : size > 1024 ? 1024 : size;
    hid_t dcpl = new_creation_list(), space = H5Screate_simple(1, &size, &most);
    if (dcpl >= 0 && space >= 0 && (most != H5S_UNLIMITED || H5Pset_chunk(dcpl, 1, &chunk) >= 0))
        *out = H5Dcreate2(file, d->name, H5T_IEEE_F32BE, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);
    if (dcpl >= 0) H5Pclose(dcpl);
    if (space >= 0) H5Sclose(space);
    return *out >= 0 ? AMA_OK : ama__nc4_fail(disk, "define dim", d->name);
}

/* HDF5 takes the space of a contiguous dataset at the first write: one element, which the disk drops. */
static ama_status place_var(ama__nc4_disk *disk, hid_t var_id, int var, int64_t *offset) {
    const ama__stored_var *v = ama__writer_var(disk->wr, var);
    hsize_t start[AMA_MAX_DIMS] = {0}, one[AMA_MAX_DIMS];
    for (int i = 0; i < AMA_MAX_DIMS; i++) one[i] = 1;
    uint8_t nothing[8] = {0};
    hid_t type = H5Dget_type(var_id), space = H5Dget_space(var_id), memory = H5Screate(H5S_SCALAR);
    haddr_t at = HADDR_UNDEF;
    disk->discard = true;
    if (type >= 0 && space >= 0 && memory >= 0 &&
        (v->ndim == 0 || H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, one, NULL) >= 0) &&
        H5Dwrite(var_id, type, memory, space, H5P_DEFAULT, nothing) >= 0)
        at = H5Dget_offset(var_id);
    disk->discard = false;
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    if (memory >= 0) H5Sclose(memory);
    *offset = (int64_t)at;
    return at == HADDR_UNDEF ? ama__nc4_fail(disk, "take space for variable", v->name) : AMA_OK;
}

/* ---- the file ---- */

static hid_t create_file(ama__nc4_disk *disk, hid_t fapl) {
    hid_t fcpl = H5Pcreate(H5P_FILE_CREATE), file = -1;
    unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    if (fcpl >= 0 && H5Pset_link_creation_order(fcpl, order) >= 0 && H5Pset_attr_creation_order(fcpl, order) >= 0 &&
        H5Pset_obj_track_times(fcpl, false) >= 0)
        file = H5Fcreate(disk->wr->tmp, H5F_ACC_TRUNC, fcpl, fapl);
    if (fcpl >= 0) H5Pclose(fcpl);
    return file;
}

static ama_status define_all(ama__nc4_disk *disk, hid_t file, hid_t *var_id, hid_t *dim_id) {
    ama__writer *wr = disk->wr;
    const ama__meta *m = &wr->spec.meta;
    unsigned major, minor, release;
    char properties[96];
    H5get_libversion(&major, &minor, &release);
    snprintf(properties, sizeof properties, "version=2,amasia=0.1.0,hdf5=%u.%u.%u", major, minor, release);
    AMA_TRY(ama__nc4_attr_text(disk, file, "_NCProperties", properties));
    AMA_TRY(ama__nc4_attrs(disk, file, &m->attrs));
    for (int k = 0; k < m->n_vars; k++) {
        AMA_TRY(define_var(disk, file, k, &var_id[k]));
        int own = ama__nc4_scale_of(wr, k);
        if (own >= 0) dim_id[own] = var_id[k];
    }
    for (int d = 0; d < m->n_dims; d++)
        if (dim_id[d] < 0) AMA_TRY(define_dim(disk, file, &m->dim[d], &dim_id[d]));
    return ama__nc4_scales(disk, var_id, dim_id);
}

static ama_status define_and_place(ama__nc4_disk *disk, hid_t file, int64_t *offset) {
    ama__writer *wr = disk->wr;
    int n_vars = wr->spec.meta.n_vars;
    hid_t *var_id, *dim_id;
    AMA_NEW(wr->arena, var_id, n_vars + 1);
    AMA_NEW(wr->arena, dim_id, wr->spec.meta.n_dims + 1);
    for (int k = 0; k < n_vars; k++) var_id[k] = -1;
    for (int d = 0; d < wr->spec.meta.n_dims; d++) dim_id[d] = -1;
    AMA_TRY(define_all(disk, file, var_id, dim_id)); /* on failure the file's strong close closes the datasets */
    for (int k = 0; k < n_vars; k++) {
        offset[k] = -1;
        if (ama__writer_var(wr, k)->dtype != AMA_STRING && !ama__nc4_is_chunked(wr, k))
            AMA_TRY(place_var(disk, var_id[k], k, &offset[k]));
    }
    return AMA_OK;
}

ama_status ama__nc4_define(ama__writer *wr, int64_t *offset, int64_t *end) {
    ama__nc4_quiet quiet = ama__nc4_quiet_begin();
    ama__nc4_disk disk = {.wr = wr, .place = -1};
    hid_t driver = -1, fapl = ama__nc4_disk_access(&disk, &driver), file = -1;
    bool lent[AMA_NC4_LENT];
    ama__nc4_lend_filters(lent);
    if (fapl >= 0) file = create_file(&disk, fapl);
    ama_status status =
        file >= 0 ? define_and_place(&disk, file, offset) : ama__nc4_fail(&disk, "make the skeleton", wr->path);
    if (file >= 0 && H5Fclose(file) < 0 && status == AMA_OK) status = ama__nc4_fail(&disk, "close", wr->tmp);
    if (status == AMA_OK) status = disk.status;
    ama__nc4_take_filters_back(lent);
    if (fapl >= 0) H5Pclose(fapl);
    if (driver >= 0) H5FDunregister(driver);
    ama__nc4_quiet_end(quiet);
    *end = disk.eoa;
    return status;
}
