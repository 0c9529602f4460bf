/* Variables that HDF5 itself reads: text, compact storage, numbers that need conversion, its own odd filters. */
#include "store/hdf5_file.h"

#include <inttypes.h>
#include <string.h>

/* HDF5 asks here for the memory of each string, and gets it from the arena: no second copy, and a bound. */
typedef struct text_pool {
    ama__arena *arena;
    int64_t left;
    bool failed;
} text_pool;

static void *pool_alloc(size_t bytes, void *user) {
    text_pool *p = user;
    if (bytes > (size_t)p->left) return NULL;
    p->left -= (int64_t)bytes;
    void *m = ama__arena_alloc(p->arena, bytes);
    p->failed = p->failed || !m;
    return m;
}

static void pool_free(void *p, void *user) {
    (void)p, (void)user; /* the arena's end */
}

static ama_status too_large(const ama__hdf5_file *f, const ama__stored_var *v, const char *what) {
    return ama__fail(f->ctx, AMA_ERR_UNSUPPORTED,
                     "%s: variable %s has more than %" PRId64 " bytes, and %s must be read whole", f->path, v->name,
                     AMA_INLINE_MAX, what);
}

static ama_status unreadable(const ama__hdf5_file *f, hid_t set, const ama__stored_var *v) {
    ama_status status = ama__hdf5_fail(f, "variable %s cannot be read", v->name);
    ama__pipeline p;
    bool library;
    hid_t dcpl = H5Dget_create_plist(set);
    if (dcpl < 0) return status;
    if (status == AMA_ERR_FORMAT && ama__hdf5_filters(dcpl, &p, &library) == AMA_OK) {
        for (int i = 0; i < p.n; i++) {
            if (p.step[i].codec != AMA_CODEC_UNKNOWN) continue;
            ama__error_clear(f->ctx);
            status = ama__fail(f->ctx, AMA_ERR_UNSUPPORTED, "%s: variable %s: no decoder for %s", f->path, v->name,
                               p.step[i].name);
            break;
        }
    }
    H5Pclose(dcpl);
    return status;
}

/* Strings of variable length: pointers into the arena. */
static ama_status read_vlen(ama__hdf5_file *f, hid_t set, hid_t stored, const ama__stored_var *v, text_pool *pool,
                            char **s) {
    hid_t dxpl = H5Pcreate(H5P_DATASET_XFER);
    bool ok = dxpl >= 0 && H5Pset_vlen_mem_manager(dxpl, pool_alloc, pool, pool_free, pool) >= 0 &&
              H5Dread(set, stored, H5S_ALL, H5S_ALL, dxpl, s) >= 0;
    ama_status status = AMA_OK;
    if (pool->failed)
        status = ama__error_status(f->ctx);
    else if (!ok && pool->left < 1 << 10)
        status = too_large(f, v, "text");
    else if (!ok)
        status = unreadable(f, set, v);
    if (dxpl >= 0) H5Pclose(dxpl);
    return status;
}

/* Fixed strings end at the first NUL; blanks that only pad are cut. */
static ama_status read_fixed(ama__hdf5_file *f, hid_t set, hid_t stored, const ama__stored_var *v, text_pool *pool,
                             int64_t n, char **s) {
    const ama__hdf5_type *type = &f->var[v->driver_id].type;
    void *buf;
    int64_t bytes;
    if (__builtin_mul_overflow(n, (int64_t)type->bytes, &bytes) || bytes > pool->left) return too_large(f, v, "text");
    AMA_TRY(ama__mem_alloc(f->ctx, AMA_MEM_META, (size_t)bytes, &buf));
    ama_status status = H5Dread(set, stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, buf) < 0 ? unreadable(f, set, v) : AMA_OK;
    for (int64_t i = 0; status == AMA_OK && i < n; i++) {
        const char *p = (const char *)buf + (size_t)i * type->bytes;
        size_t length = strnlen(p, type->bytes);
        while (type->spaces && length > 0 && p[length - 1] == ' ') length--;
        s[i] = ama__arena_strndup(pool->arena, p, length);
        if (!s[i]) status = ama__error_status(f->ctx);
    }
    ama__mem_free(f->ctx, buf);
    return status;
}

static ama_status read_stored(ama__hdf5_file *f, hid_t set, const ama__stored_var *v, ama__arena *arena, int64_t n,
                              void *dst) {
    const ama__hdf5_var *own = &f->var[v->driver_id];
    text_pool pool = {.arena = arena, .left = AMA_INLINE_MAX};
    hid_t stored = H5Dget_type(set);
    if (stored < 0) return ama__hdf5_fail(f, "variable %s: its type cannot be read", v->name);
    ama_status status = AMA_OK;
    if (own->type.vlen)
        status = read_vlen(f, set, stored, v, &pool, dst);
    else if (v->dtype == AMA_STRING)
        status = read_fixed(f, set, stored, v, &pool, n, dst);
    else if (H5Dread(set, v->dtype == AMA_CHAR ? stored : ama__hdf5_native(v->dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                     dst) < 0)
        status = unreadable(f, set, v);
    H5Tclose(stored);
    return status;
}

/* What the dataset holds, placed in the shape that the file's dims give: the rest is fill. */
static void spread(const ama__stored_var *v, const ama__hdf5_var *own, const void *src, char *dst) {
    size_t size = ama__dtype_bytes(v->dtype);
    ama__box have = ama__box_whole(own->ndim, own->shape), want = ama__box_whole(v->grid.ndim, v->grid.shape);
    int64_t n = ama__box_size(&want);
    for (int64_t i = 0; v->has_fill && i < n; i++) memcpy(dst + (size_t)i * size, v->fill, size);
    ama__box_copy(&have, size, src, &have, dst, &want);
}

ama_status ama__hdf5_inline(ama__hdf5_file *f, hid_t set, const ama__stored_var *v, ama__arena *arena,
                            ama__manifest *out) {
    const ama__hdf5_var *own = &f->var[v->driver_id];
    int64_t n, n_stored, bytes;
    void *part;
    out->kind = AMA_MANIFEST_INLINE;
    AMA_KEEP(arena, out->path, ama__arena_strdup(arena, f->path));
    if (!ama__shape_size(v->grid.ndim, v->grid.shape, &n) || !ama__shape_size(own->ndim, own->shape, &n_stored) ||
        __builtin_mul_overflow(n, (int64_t)ama__dtype_bytes(v->dtype), &bytes) || bytes > AMA_INLINE_MAX)
        return too_large(f, v, own->type.converted ? "numbers of this type" : "text or data of this layout");
    out->inline_bytes = (size_t)bytes;
    out->inline_data = ama__arena_alloc(arena, bytes ? (size_t)bytes : 1);
    if (!out->inline_data) return ama__error_status(f->ctx);
    if (n_stored == n) {
        AMA_TRY(n > 0 && !own->empty ? read_stored(f, set, v, arena, n, out->inline_data) : AMA_OK);
    } else if (n > 0) {
        AMA_TRY(ama__mem_calloc(f->ctx, AMA_MEM_META, (size_t)n_stored, ama__dtype_bytes(v->dtype), &part));
        ama_status status = n_stored > 0 ? read_stored(f, set, v, arena, n_stored, part) : AMA_OK;
        if (status == AMA_OK) spread(v, own, part, out->inline_data);
        ama__mem_free(f->ctx, part);
        AMA_TRY(status);
    }
    char **s = out->inline_data;
    for (int64_t i = 0; v->dtype == AMA_STRING && i < n; i++)
        if (!s[i]) AMA_KEEP(arena, s[i], ama__arena_strdup(arena, ""));
    return AMA_OK;
}
