/* Zarr v2 directory stores: metadata from .zmetadata or from the files beside the arrays; chunk files are found by name
 * when they are read, so a manifest has no table and opening costs nothing per chunk. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/fetch.h"
#include "store/zarr_private.h"

static bool zarr_probe(ama_ctx *ctx, const char *path, int fd) {
    static const char *const files[] = {".zmetadata", ".zgroup", ".zarray"};
    char file[4096 + 16];
    struct stat s;
    (void)ctx;
    if (fd >= 0) return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int n = snprintf(file, sizeof file, "%s/%s", path, files[i]);
        if (n > 0 && (size_t)n < sizeof file && stat(file, &s) == 0) return true;
    }
    return false;
}

/* ---- what an array means beyond its bytes */

/* numpy's time types carry in the dtype what CF says in attributes. */
static ama_status add_time_attrs(ama__zarr *z, const ama__zarr_array *a, ama__attrs *attrs) {
    char units[64];
    if (!a->unit || ama__attrs_find(attrs, "units")) return AMA_OK;
    snprintf(units, sizeof units, "%s%s", a->unit, a->since_epoch ? " since 1970-01-01" : "");
    AMA_TRY(ama__attrs_set_text(z->arena, attrs, "units", units));
    return a->since_epoch ? ama__attrs_set_text(z->arena, attrs, "calendar", "proleptic_gregorian") : AMA_OK;
}

/* xarray takes Zarr's fill value as the value that marks missing data. */
static ama_status add_fill_attr(ama__zarr *z, const ama__zarr_array *a, ama__stored_var *v) {
    bool numeric = v->dtype != AMA_BOOL && !ama__dtype_is_text(v->dtype) && !a->unit;
    if (!v->has_fill || !numeric) return AMA_OK;
    return ama__attrs_set(z->arena, &v->attrs, "_FillValue", v->dtype, 1, v->fill);
}

/* ---- opening */

/* key: "name/" or "" for the array at the prefix itself. */
static ama_status read_array(ama__zarr *z, const char *key, const char *name, ama__meta *m) {
    ama__zarr_doc zarray, zattrs;
    const char *zarray_key, *zattrs_key;
    ama__stored_var *v = &m->var[m->n_vars];
    ama__zarr_array *a = &z->array[m->n_vars];
    memset(v, 0, sizeof *v);
    memset(a, 0, sizeof *a);
    AMA_KEEP(z->arena, zarray_key, ama__arena_printf(z->arena, "%s.zarray", key));
    AMA_KEEP(z->arena, zattrs_key, ama__arena_printf(z->arena, "%s.zattrs", key));
    AMA_TRY(ama__zarr_get(z, zarray_key, &zarray));
    AMA_TRY(ama__zarr_get(z, zattrs_key, &zattrs));
    if (!zarray.json) return ama__fail(z->ctx, AMA_ERR_NOTFOUND, "%s: no %s", zarray.name, zarray_key);
    size_t n_key = strlen(key);
    a->path = z->path;
    if (n_key)
        AMA_KEEP(z->arena, a->path, ama__arena_printf(z->arena, "%s/%s%.*s", z->path, z->prefix, (int)n_key - 1, key));
    v->name = name;
    v->driver_id = m->n_vars;
    AMA_TRY(ama__wrap(z->ctx, ama__zarr_read_array(z, &zarray, v, a), "variable %s", name));
    AMA_TRY(ama__wrap(z->ctx, ama__zarr_attrs(z, &zattrs, &v->attrs), "variable %s", name));
    AMA_TRY(ama__wrap(z->ctx, ama__zarr_dims(z, &zarray, &zattrs, m, v), "variable %s", name));
    AMA_TRY(add_time_attrs(z, a, &v->attrs));
    AMA_TRY(add_fill_attr(z, a, v));
    m->n_vars++;
    return AMA_OK;
}

static ama_status make_room(ama__zarr *z, int n, ama__meta *m) {
    AMA_NEW(z->arena, m->var, n);
    AMA_NEW(z->arena, m->dim, (size_t)n * AMA_MAX_DIMS);
    AMA_NEW(z->arena, z->array, n);
    return AMA_OK;
}

static ama_status open_array(ama__zarr *z, ama__meta *m) {
    const char *slash = strrchr(z->path, '/');
    AMA_TRY(make_room(z, 1, m));
    return read_array(z, "", slash && slash[1] ? slash + 1 : z->path, m);
}

/* Arrays of a dtype that Amasia does not know are left out, with a warning: the others are still of use. */
static ama_status open_group(ama__zarr *z, ama__meta *m) {
    const char **names;
    ama__zarr_doc zattrs;
    int n;
    AMA_TRY(ama__zarr_get(z, ".zattrs", &zattrs));
    AMA_TRY(ama__zarr_attrs(z, &zattrs, &m->attrs));
    AMA_TRY(ama__zarr_children(z, ".zgroup", &m->group, &m->n_groups));
    AMA_TRY(ama__zarr_children(z, ".zarray", &names, &n));
    AMA_TRY(make_room(z, n, m));
    for (int i = 0; i < n; i++) {
        const char *key;
        AMA_KEEP(z->arena, key, ama__arena_printf(z->arena, "%s/", names[i]));
        ama_status status = read_array(z, key, names[i], m);
        if (status == AMA_ERR_UNSUPPORTED) {
            ama__warn(z->ctx, "%s (left out)", ama__error_text(z->ctx));
            ama__error_clear(z->ctx);
        } else if (status != AMA_OK) {
            return status;
        }
    }
    return AMA_OK;
}

static ama_status zarr_open(ama__arena *arena, const char *path, const ama__open_options *o, ama__meta *meta,
                            void **handle) {
    ama__zarr *z;
    ama__zarr_doc zarray;
    ama__meta m = {.format = "Zarr v2"};
    *handle = NULL;
    AMA_NEW(arena, z, 1);
    z->ctx = ama__arena_ctx(arena);
    z->arena = arena;
    AMA_TRY(ama__zarr_open_store(z, path, o ? o->group : NULL));
    AMA_TRY(ama__zarr_get(z, ".zarray", &zarray));
    AMA_TRY(zarray.json ? open_array(z, &m) : open_group(z, &m));
    *meta = m;
    *handle = z;
    return AMA_OK;
}

/* ---- manifests */

static ama_status read_char(ama__zarr *z, ama__arena *arena, const ama__stored_var *v, ama__manifest *m, int64_t n) {
    ama__fetcher *f = NULL;
    ama__codec_work *w = NULL;
    void *chunk = NULL, *data;
    int64_t n_chunk = 1, index[AMA_MAX_DIMS];
    ama_status status;
    AMA_NEW(arena, data, n);
    ama__shape_size(v->ndim, v->grid.chunk, &n_chunk);
    AMA_TRY_DONE(ama__fetcher_create(z->ctx, &f));
    AMA_TRY_DONE(ama__codec_work_create(z->ctx, &w));
    AMA_TRY_DONE(ama__mem_alloc(z->ctx, AMA_MEM_CHUNK, (size_t)n_chunk, &chunk));
    ama__box whole = ama__box_whole(v->ndim, v->grid.shape);
    for (int64_t k = 0; k < v->grid.n_chunks; k++) {
        AMA_TRY_DONE(ama__fetch_chunk(f, w, v, m, k, chunk));
        ama__chunkgrid_index(&v->grid, k, index);
        ama__box part = ama__chunkgrid_box(&v->grid, index), stored = part;
        memcpy(stored.count, v->grid.chunk, (size_t)v->ndim * sizeof stored.count[0]);
        ama__box_copy(&part, 1, chunk, &stored, data, &whole);
    }
    *m = (ama__manifest){.kind = AMA_MANIFEST_INLINE, .path = m->path, .inline_data = data, .inline_bytes = (size_t)n};
done:
    ama__mem_free(z->ctx, chunk);
    ama__codec_work_destroy(&w);
    ama__fetcher_destroy(&f);
    return status;
}

static ama_status zarr_manifest(void *handle, ama__arena *arena, const ama__meta *meta, int var, ama__manifest *out) {
    ama__zarr *z = handle;
    const ama__stored_var *v = &meta->var[var];
    const ama__zarr_array *a = &z->array[v->driver_id];
    int64_t n = 0;
    *out = (ama__manifest){.kind = AMA_MANIFEST_FILES, .path = a->path, .separator = a->separator};
    if (v->dtype == AMA_STRING) return ama__zarr_read_text(z, arena, v, a, out);
    if (v->dtype == AMA_CHAR && ama__shape_size(v->ndim, v->grid.shape, &n) && n <= AMA_INLINE_MAX)
        return read_char(z, arena, v, out, n);
    return AMA_OK;
}

static void zarr_close(void **handle) {
    *handle = NULL;
}

const ama__driver ama__driver_zarr = {"zarr", zarr_probe, zarr_open, zarr_manifest, zarr_close};
