/* What the tests of the HDF5 driver share: files under a temporary name, opening, reading back. */
#ifndef AMA_HDF5_TEST_H
#define AMA_HDF5_TEST_H

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/driver.h"
#include "store_test.h"

typedef struct opened {
    ama_ctx *ctx;
    ama__arena *arena;
    ama__meta meta;
    void *handle;
    int n_warnings;
    char warnings[4096];
} opened;

static inline void note_warning(void *user, const char *text) {
    opened *o = user;
    o->n_warnings++;
    strncat(o->warnings, text, sizeof o->warnings - strlen(o->warnings) - 2);
    strcat(o->warnings, "\n");
}

static inline ama_status open_with(opened *o, const char *path, const char *group, bool external) {
    ama__open_options options = {.group = group, .allow_external = external};
    memset(o, 0, sizeof *o);
    o->ctx = ama__ctx_create();
    ama__ctx_set_message(o->ctx, note_warning, o);
    assert_int_equal(ama__arena_create(o->ctx, &o->arena), AMA_OK);
    return ama__driver_hdf5.open(o->arena, path, &options, &o->meta, &o->handle);
}

static inline void close_it(opened *o) {
    ama__driver_hdf5.close(&o->handle);
    ama__arena_destroy(&o->arena);
    ama__ctx_destroy(&o->ctx);
}

static inline void open_well(opened *o, const char *path, const char *group) {
    ama_status status = open_with(o, path, group, false);
    if (status != AMA_OK) print_error("%s\n", ama__error_text(o->ctx));
    assert_int_equal(status, AMA_OK);
}

static inline const ama__stored_var *var_of(const opened *o, const char *name) {
    int i = ama__meta_find_var(&o->meta, name);
    if (i < 0) print_error("no variable %s\n", name);
    assert_true(i >= 0);
    return &o->meta.var[i];
}

static inline ama__manifest manifest_of(opened *o, const char *name) {
    ama__manifest m;
    ama_status status =
        ama__driver_hdf5.manifest(o->handle, o->arena, &o->meta, (int)(var_of(o, name) - o->meta.var), &m);
    if (status != AMA_OK) print_error("%s\n", ama__error_text(o->ctx));
    assert_int_equal(status, AMA_OK);
    return m;
}

static inline void make_path(char *buf, size_t room, const char *what) {
    const char *dir = getenv("TMPDIR");
    snprintf(buf, room, "%s/ama_hdf5_%ld_%s", dir && *dir ? dir : "/tmp", (long)getpid(), what);
}

/* Everything of a chunked or contiguous numeric variable in native byte order: pread, decode, place. */
static inline void *read_numbers(opened *o, const ama__stored_var *v, const ama__manifest *m) {
    int64_t n, n_raw;
    size_t size = ama__dtype_bytes(v->dtype);
    assert_true(ama__shape_size(v->ndim, v->grid.shape, &n) && ama__shape_size(v->ndim, v->grid.chunk, &n_raw));
    char *all = calloc((size_t)n + 1, size), *raw = malloc((size_t)n_raw * size);
    FILE *f = fopen(m->path, "rb");
    assert_non_null(f);
    if (m->kind == AMA_MANIFEST_CONTIGUOUS) {
        assert_int_equal(fseek(f, m->base, SEEK_SET), 0);
        assert_int_equal(fread(all, size, (size_t)n, f), n);
    }
    ama__codec_work *w;
    assert_int_equal(ama__codec_work_create(o->ctx, &w), AMA_OK);
    ama__box whole = ama__box_whole(v->ndim, v->grid.shape);
    for (int64_t k = 0; m->kind == AMA_MANIFEST_TABLE && k < m->n_table; k++) {
        int64_t index[AMA_MAX_DIMS];
        const ama__extent_entry *e = &m->table[k];
        ama__chunkgrid_index(&v->grid, k, index);
        ama__box part = ama__chunkgrid_box(&v->grid, index), stored = part;
        memcpy(stored.count, v->grid.chunk, (size_t)v->ndim * sizeof stored.count[0]);
        if (e->offset < 0) {
            memset(raw, 0, (size_t)n_raw * size);
            for (int64_t i = 0; v->has_fill && i < n_raw; i++) memcpy(raw + (size_t)i * size, v->fill, size);
            if (v->swapped) ama__bytes_swap(raw, (size_t)n_raw, size);
        } else {
            char *src = malloc(e->length);
            assert_int_equal(fseek(f, e->offset, SEEK_SET), 0);
            assert_int_equal(fread(src, 1, e->length, f), e->length);
            ama_status status = ama__pipeline_decode(o->ctx, w, &v->pipeline, e->filter_mask, src, e->length, raw,
                                                     (size_t)n_raw * size);
            if (status != AMA_OK) print_error("%s: %s\n", v->name, ama__error_text(o->ctx));
            assert_int_equal(status, AMA_OK);
            free(src);
        }
        ama__box_copy(&part, size, raw, &stored, all, &whole);
    }
    ama__codec_work_destroy(&w);
    fclose(f);
    free(raw);
    if (v->swapped) ama__bytes_swap(all, (size_t)n, size);
    return all;
}

static inline hid_t native_of(ama_dtype t) {
    const hid_t types[] = {-1,
                           H5T_NATIVE_INT8,
                           H5T_NATIVE_INT16,
                           H5T_NATIVE_INT32,
                           H5T_NATIVE_INT64,
                           H5T_NATIVE_UINT8,
                           H5T_NATIVE_UINT16,
                           H5T_NATIVE_UINT32,
                           H5T_NATIVE_UINT64,
                           H5T_NATIVE_FLOAT,
                           H5T_NATIVE_DOUBLE};
    return types[t];
}

/* Compares every byte with what H5Dread gives. `set`: the same dataset opened through HDF5's own file driver. */
static inline void compare_numbers(opened *o, const char *name, hid_t set) {
    const ama__stored_var *v = var_of(o, name);
    ama__manifest m = manifest_of(o, name);
    int64_t n;
    size_t size = ama__dtype_bytes(v->dtype);
    assert_true(ama__shape_size(v->ndim, v->grid.shape, &n));
    char *theirs = calloc((size_t)n + 1, size);
    assert_true(H5Dread(set, native_of(v->dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, theirs) >= 0);
    if (m.kind == AMA_MANIFEST_INLINE) {
        assert_int_equal(m.inline_bytes, (size_t)n * size);
        assert_memory_equal(m.inline_data, theirs, (size_t)n * size);
    } else {
        char *ours = read_numbers(o, v, &m);
        if (n > 0) assert_memory_equal(ours, theirs, (size_t)n * size);
        free(ours);
    }
    free(theirs);
}

/* Compares every entry of a chunk table with H5Dget_chunk_info_by_coord. Returns the chunks that are there. */
static inline int64_t compare_table(opened *o, const char *name, hid_t set, int64_t userblock) {
    const ama__stored_var *v = var_of(o, name);
    ama__manifest m = manifest_of(o, name);
    int64_t found = 0;
    if (m.kind != AMA_MANIFEST_TABLE) return 0;
    assert_int_equal(m.n_table, v->grid.n_chunks);
    for (int64_t k = 0; k < m.n_table; k++) {
        int64_t index[AMA_MAX_DIMS];
        hsize_t at[AMA_MAX_DIMS], stored = 0;
        unsigned mask = 0;
        haddr_t addr = HADDR_UNDEF;
        ama__chunkgrid_index(&v->grid, k, index);
        for (int d = 0; d < v->ndim; d++) at[d] = (hsize_t)(index[d] * v->grid.chunk[d]);
        assert_true(H5Dget_chunk_info_by_coord(set, at, &mask, &addr, &stored) >= 0);
        assert_int_equal(m.table[k].offset < 0, addr == HADDR_UNDEF);
        if (addr == HADDR_UNDEF) continue;
        found++;
        assert_int_equal(m.table[k].offset, (int64_t)addr + userblock);
        assert_int_equal(m.table[k].length, stored);
        if (m.table[k].filter_mask != UINT32_MAX) assert_int_equal(m.table[k].filter_mask, mask);
    }
    return found;
}

#endif
