/* Completing a netCDF-4 file on rank 0 after the ranks have written their chunks: HDF5 asks for the space of each chunk
 * and is told where it already is. Chunks are entered in order, so that each one goes to the end of the B-tree. */
#include "store/write_nc4.h"

static ama_status check_once(ama__writer *wr, int64_t n, const ama__nc4_chunk *chunk) {
    for (int64_t i = 1; i < n; i++)
        if (chunk[i].var == chunk[i - 1].var && chunk[i].number == chunk[i - 1].number)
            return ama__fail(wr->ctx, AMA_ERR_INTERNAL, "write %s > variable %s: chunk number %lld was put twice",
                             wr->path, ama__writer_var(wr, chunk[i].var)->name, (long long)chunk[i].number);
    return AMA_OK;
}

static hid_t open_var(const ama__writer *wr, hid_t file, int var) {
    char name[AMA_NC4_NAME];
    return H5Dopen2(file, ama__nc4_var_name(wr, var, name), H5P_DEFAULT);
}

/* Enters chunks [0, n) of one variable. */
static ama_status index_var(ama__nc4_disk *disk, hid_t file, int64_t n, const ama__nc4_chunk *chunk) {
    ama__writer *wr = disk->wr;
    const ama__chunkgrid *g = &wr->grid[chunk->var];
    const char *name = ama__writer_var(wr, chunk->var)->name;
    hid_t var_id = open_var(wr, file, chunk->var);
    ama_status status = var_id < 0 ? ama__nc4_fail(disk, "open variable", name) : AMA_OK;
    const char nothing[1] = {0}; /* stands for the chunk's bytes, which the disk drops unread */
    for (int64_t i = 0; i < n && status == AMA_OK; i++) {
        int64_t index[AMA_MAX_DIMS];
        hsize_t start[AMA_MAX_DIMS];
        ama__chunkgrid_index(g, chunk[i].number, index);
        for (int a = 0; a < g->ndim; a++) start[a] = (hsize_t)(index[a] * g->chunk[a]);
        disk->place = chunk[i].offset;
        disk->discard = true;
        herr_t rc = H5Dwrite_chunk(var_id, H5P_DEFAULT, 0, start, chunk[i].length, nothing);
        disk->discard = false;
        if (rc < 0)
            status = ama__nc4_fail(disk, "enter a chunk of variable", name);
        else if (disk->place >= 0)
            status =
                ama__fail(wr->ctx, AMA_ERR_INTERNAL, "write %s > variable %s: HDF5 took other space for chunk %lld",
                          wr->path, name, (long long)chunk[i].number);
    }
    disk->place = -1;
    if (var_id >= 0 && H5Dclose(var_id) < 0 && status == AMA_OK) status = ama__nc4_fail(disk, "close variable", name);
    return status;
}

static ama_status index_all(ama__nc4_disk *disk, hid_t file, int64_t n, const ama__nc4_chunk *chunk) {
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && chunk[end].var == chunk[i].var;) end++;
        AMA_TRY(index_var(disk, file, end - i, chunk + i));
    }
    return AMA_OK;
}

/* ---- text variables: boxes of strings from all ranks ---- */

/* One box: number of the variable, start and count of each axis, then its strings. */
static ama_status unpack_box(ama__writer *wr, ama__unpacker *u, const char ***value) {
    int var;
    AMA_TRY(ama__unpack_int(u, 0, wr->spec.meta.n_vars - 1, &var));
    const ama__chunkgrid *g = &wr->grid[var];
    ama__box box = {.ndim = g->ndim};
    int64_t stride[AMA_MAX_DIMS], index[AMA_MAX_DIMS] = {0};
    for (int i = 0; i < g->ndim; i++) {
        AMA_TRY(ama__unpack_i8(u, 0, g->shape[i] - 1, &box.start[i]));
        AMA_TRY(ama__unpack_i8(u, 1, g->shape[i] - box.start[i], &box.count[i]));
    }
    ama__shape_strides(g->ndim, g->shape, stride);
    do {
        int64_t at = 0;
        for (int i = 0; i < g->ndim; i++) at += (box.start[i] + index[i]) * stride[i];
        const char *s;
        AMA_TRY(ama__unpack_text(u, &s));
        if (s) value[var][at] = s;
    } while (ama__index_next(g->ndim, box.count, index));
    return AMA_OK;
}

static ama_status write_text(ama__nc4_disk *disk, hid_t file, ama__unpacker *u) {
    ama__writer *wr = disk->wr;
    int n_vars = wr->spec.meta.n_vars;
    const char ***value;
    AMA_NEW(wr->arena, value, n_vars);
    for (int k = 0; k < n_vars; k++) {
        if (ama__writer_var(wr, k)->dtype != AMA_STRING) continue;
        int64_t n = ama__writer_var_size(wr, k);
        AMA_NEW(wr->arena, value[k], n + 1);
        for (int64_t i = 0; i < n; i++) value[k][i] = "";
    }
    while (u->at < u->n) AMA_TRY(unpack_box(wr, u, value));
    for (int k = 0; k < n_vars; k++) {
        if (!value[k] || ama__writer_var_size(wr, k) == 0) continue;
        hid_t owned = -1, type = ama__nc4_type(AMA_STRING, &owned), var_id = open_var(wr, file, k);
        bool ok = type >= 0 && var_id >= 0 && H5Dwrite(var_id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value[k]) >= 0;
        if (owned >= 0) H5Tclose(owned);
        if (var_id >= 0 && H5Dclose(var_id) < 0) ok = false;
        if (!ok) return ama__nc4_fail(disk, "write variable", ama__writer_var(wr, k)->name);
    }
    return AMA_OK;
}

ama_status ama__nc4_index(ama__writer *wr, int64_t n, ama__nc4_chunk *chunk, ama__unpacker *text, int64_t data_end,
                          int64_t *file_end) {
    ama__nc4_sort(n, chunk);
    AMA_TRY(check_once(wr, n, chunk));
    ama__nc4_quiet quiet = ama__nc4_quiet_begin();
    ama__nc4_disk disk = {.wr = wr, .place = -1, .data_end = data_end};
    hid_t driver = -1, fapl = ama__nc4_disk_access(&disk, &driver), file = -1;
    if (fapl >= 0) file = H5Fopen(wr->tmp, H5F_ACC_RDWR, fapl);
    ama_status status = file >= 0 ? index_all(&disk, file, n, chunk) : ama__nc4_fail(&disk, "open", wr->tmp);
    if (status == AMA_OK) status = write_text(&disk, file, text);
    if (file >= 0 && H5Fclose(file) < 0 && status == AMA_OK) status = ama__nc4_fail(&disk, "close", wr->tmp);
    if (status == AMA_OK) status = disk.status;
    if (fapl >= 0) H5Pclose(fapl);
    if (driver >= 0) H5FDunregister(driver);
    ama__nc4_quiet_end(quiet);
    *file_end = disk.eoa > data_end ? disk.eoa : data_end;
    return status;
}
