/* Zarr v2 written by all ranks: rank 0 makes the directories and the metadata, every chunk is a file of its own that
 * the rank which puts it writes. A variable without chunks is one chunk, not compressed, that all ranks write into. */
#define _GNU_SOURCE /* syncfs */
#include "store/write_zarr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/pack.h"

static ama_status zarr_check(ama__writer *wr) {
    const ama__meta *m = &wr->spec.meta;
    for (int k = 0; k < m->n_vars; k++) {
        const ama__stored_var *v = &m->var[k];
        if (!strncmp(v->name, ".z", 2) || !strcmp(v->name, ".") || !strcmp(v->name, ".."))
            return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: Zarr keeps that name for itself", v->name);
        AMA_TRY(ama__zarr_check_pipeline(wr, v));
    }
    wr->repeat = true;
    return AMA_OK;
}

/* ---- skeleton: rank 0 ---- */

static ama_status make_directory(ama__writer *wr, const char *path) {
    int error = ama__fault(wr->ctx) ? ENOSPC : mkdir(path, 0777) == 0 ? 0 : errno;
    return error ? ama__fail(wr->ctx, AMA_ERR_IO, "make directory %s: %s", path, strerror(error)) : AMA_OK;
}

typedef enum zarr_document { GROUP, ARRAY, ATTRS, CONSOLIDATED } zarr_document;

static ama_status write_document(ama__writer *wr, zarr_document what, int var) {
    static const char *const name[] = {".zgroup", ".zarray", ".zattrs", ".zmetadata"};
    char path[PATH_MAX];
    bool of_var = var >= 0;
    snprintf(path, sizeof path, "%s/%s%s%s", wr->tmp, of_var ? ama__writer_var(wr, var)->name : "", of_var ? "/" : "",
             name[what]);
    ama__json_out j = {.level = 0};
    ama__text_init(&j.text, wr->ctx);
    ama_status status = AMA_OK;
    switch (what) {
    case GROUP: ama__zarr_put_group(&j); break;
    case ARRAY: ama__zarr_put_array(&j, wr, var); break;
    case ATTRS: status = ama__zarr_put_attrs(&j, wr, var); break;
    case CONSOLIDATED: status = ama__zarr_put_consolidated(&j, wr); break;
    }
    if (status == AMA_OK && j.text.failed) status = ama__error_status(wr->ctx);
    if (status == AMA_OK) status = ama__write_file(wr, path, ama__text_get(&j.text), j.text.n);
    ama__text_fini(&j.text);
    return status;
}

static ama_status make_skeleton(ama__writer *wr) {
    AMA_TRY(make_directory(wr, wr->tmp));
    AMA_TRY(write_document(wr, GROUP, -1));
    AMA_TRY(write_document(wr, ATTRS, -1));
    for (int k = 0; k < wr->spec.meta.n_vars; k++) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%s/%s", wr->tmp, ama__writer_var(wr, k)->name);
        if (n < 0 || n + 32 * AMA_MAX_DIMS > PATH_MAX)
            return ama__fail(wr->ctx, AMA_ERR_ARG, "write %s: the path is too long", wr->path);
        AMA_TRY(make_directory(wr, path));
        AMA_TRY(write_document(wr, ARRAY, k));
        AMA_TRY(write_document(wr, ATTRS, k));
    }
    return write_document(wr, CONSOLIDATED, -1);
}

/* With a journal that has work in it the skeleton is there. */
static ama_status begin(ama__writer *wr) {
    ama__journal *j = wr->spec.journal;
    if (!wr->root || (j && j->found)) return AMA_OK;
    AMA_TRY(make_skeleton(wr));
    return j ? ama__journal_commit(j) : AMA_OK;
}

static ama_status zarr_create(ama__writer *wr) {
    AMA_TRY(ama__comm_agree(wr->comm, begin(wr)));
    if (wr->spec.journal) ama__journal_join(wr->spec.journal);
    return AMA_OK;
}

/* ---- chunks ---- */

/* Path of the chunk in which the box begins. The length was checked at create. */
static void chunk_path(const ama__writer *wr, int var, const ama__box *box, char *out) {
    const ama__chunkgrid *g = &wr->grid[var];
    int at = snprintf(out, PATH_MAX, "%s/%s/", wr->tmp, ama__writer_var(wr, var)->name);
    for (int i = 0; i < g->ndim; i++) {
        long long index = wr->chunked[var] ? (long long)(box->start[i] / g->chunk[i]) : 0;
        at += snprintf(out + at, (size_t)(PATH_MAX - at), i ? ".%lld" : "%lld", index);
    }
    if (g->ndim == 0) snprintf(out + at, (size_t)(PATH_MAX - at), "0");
}

/* Encodes raw bytes and writes them as one file. */
static ama_status write_chunk(ama__writer *wr, ama__codec_work *w, int var, const char *path, size_t raw_bytes,
                              ama__put *raw) {
    const ama__pipeline *p = &ama__writer_var(wr, var)->pipeline;
    if (p->n == 0 || !wr->chunked[var]) return ama__write_file(wr, path, raw->data, raw_bytes);
    size_t bytes = 0;
    void *coded;
    AMA_TRY(ama__write_encode(wr, w, var, raw_bytes, raw, &coded, &bytes));
    ama_status status = ama__write_file(wr, path, coded, bytes);
    ama__mem_free(wr->ctx, coded);
    return status;
}

static void pack_u4(ama__packer *k, uint32_t x) {
    uint8_t b[4] = {(uint8_t)x, (uint8_t)(x >> 8), (uint8_t)(x >> 16), (uint8_t)(x >> 24)};
    ama__pack_bytes(k, b, sizeof b);
}

/* vlen-utf8 (numcodecs): number of texts, then length and bytes of each. Places outside the array are empty texts. */
static ama_status put_text(ama__writer *wr, ama__codec_work *w, int var, const char *path, const ama__box *box,
                           const void *data) {
    const ama__chunkgrid *g = &wr->grid[var];
    const char *const *text = data;
    int64_t n = ama__write_chunk_size(wr, var), index[AMA_MAX_DIMS] = {0};
    if (!wr->chunked[var] && ama__box_size(box) != ama__writer_var_size(wr, var))
        return ama__fail(wr->ctx, AMA_ERR_UNSUPPORTED, "put: text without chunks is written to Zarr as a whole");
    if (n > UINT32_MAX) return ama__fail(wr->ctx, AMA_ERR_ARG, "a chunk of more than 2^32 texts");
    ama__packer k = {.ctx = wr->ctx};
    pack_u4(&k, (uint32_t)n);
    do {
        bool inside = true;
        for (int i = 0; i < g->ndim; i++) inside = inside && index[i] < box->count[i];
        const char *s = inside ? *text++ : "";
        size_t bytes = s ? strlen(s) : 0;
        pack_u4(&k, (uint32_t)bytes);
        if (bytes) ama__pack_bytes(&k, s, bytes);
    } while (ama__index_next(g->ndim, g->chunk, index));
    ama__put raw = {box, k.p, NULL};
    ama_status status = k.status == AMA_OK ? write_chunk(wr, w, var, path, k.n, &raw) : k.status;
    ama__mem_free(wr->ctx, k.p);
    return status;
}

static ama_status put_dense(ama__writer *wr, int var, const char *path, const ama__box *box, const void *data) {
    ama__write_place at = {.path = path};
    AMA_TRY(ama__write_open(wr, path, O_WRONLY | O_CREAT, &at.fd));
    ama_status status =
        ama__write_box(wr, &at, &wr->grid[var], ama__dtype_bytes(ama__writer_var(wr, var)->dtype), box, data);
    ama_status closed = ama__write_close(wr, &at.fd, path);
    return status == AMA_OK ? closed : status;
}

static ama_status put(ama__writer *wr, ama__codec_work *w, int var, ama__put *values) {
    const ama__stored_var *v = ama__writer_var(wr, var);
    char path[PATH_MAX];
    chunk_path(wr, var, values->box, path);
    if (v->dtype == AMA_STRING) return put_text(wr, w, var, path, values->box, values->data);
    if (!wr->chunked[var]) return put_dense(wr, var, path, values->box, values->data);
    AMA_TRY(ama__write_whole(wr, var, values));
    size_t raw_bytes = (size_t)ama__write_chunk_size(wr, var) * ama__dtype_bytes(v->dtype);
    return write_chunk(wr, w, var, path, raw_bytes, values);
}

static ama_status zarr_put(ama__writer *wr, ama__codec_work *w, int var, ama__put *values) {
    const ama__chunkgrid *g = &wr->grid[var];
    int64_t index[AMA_MAX_DIMS];
    AMA_TRY(put(wr, w, var, values));
    if (!wr->spec.journal || !wr->chunked[var]) return AMA_OK;
    for (int a = 0; a < g->ndim; a++) index[a] = values->box->start[a] / g->chunk[a];
    return ama__journal_note(wr->spec.journal, var, ama__chunkgrid_number(g, index));
}

/* ---- finish ---- */

/* One call a node for all files: a call per chunk costs a journal commit each. It tells of write-back errors too. */
static ama_status sync_node(ama__writer *wr) {
    if (ama__comm_node_rank(wr->comm) != 0) return AMA_OK;
    int fd;
    AMA_TRY(ama__write_open(wr, wr->tmp, O_RDONLY | O_DIRECTORY, &fd));
    int error = syncfs(fd) == 0 ? 0 : errno;
    close(fd);
    return error && error != ENOSYS
               ? ama__fail(wr->ctx, AMA_ERR_IO, "sync the files of %s: %s", wr->tmp, strerror(error))
               : AMA_OK;
}

static ama_status zarr_finish(ama__writer *wr) {
    return ama__comm_agree(wr->comm, sync_node(wr));
}

static void zarr_destroy(ama__writer *wr) {
    (void)wr;
}

const ama__write_driver ama__write_driver_zarr = {.name = "Zarr",
                                                  .directory = true,
                                                  .chunks = true,
                                                  .sparse = true,
                                                  .check = zarr_check,
                                                  .create = zarr_create,
                                                  .put = zarr_put,
                                                  .finish = zarr_finish,
                                                  .destroy = zarr_destroy};
