/* Attributes. Text is CHAR when there is one string, STRING when there are several. */
#include "store/hdf5_file.h"

#include <inttypes.h>
#include <string.h>

typedef struct collect {
    ama__hdf5_file *f;
    bool is_scale;
    const char *what;
    ama__attrs *out;
    int cap;
    ama_status status;
} collect;

static bool is_internal(const char *name, bool is_scale) {
    static const char *const always[] = {"_Netcdf4Dimid",  "_NCProperties",  "_Netcdf4Coordinates",
                                         "DIMENSION_LIST", "REFERENCE_LIST", "_nc3_strict"};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        if (strcmp(name, always[i]) == 0) return true;
    return is_scale && (strcmp(name, "CLASS") == 0 || strcmp(name, "NAME") == 0);
}

/* Strings in the arena. Fixed strings end at the first NUL; blanks that only pad are cut. */
static ama_status keep_fixed(collect *c, const char *buf, int64_t n, const ama__hdf5_type *type, const char **s) {
    for (int64_t i = 0; i < n; i++) {
        const char *p = buf + (size_t)i * type->bytes;
        size_t length = strnlen(p, type->bytes);
        while (type->spaces && length > 0 && p[length - 1] == ' ') length--;
        AMA_KEEP(c->f->arena, s[i], ama__arena_strndup(c->f->arena, p, length));
    }
    return AMA_OK;
}

static ama_status keep_vlen(collect *c, char *const *p, int64_t n, const char **s) {
    for (int64_t i = 0; i < n; i++) AMA_KEEP(c->f->arena, s[i], ama__arena_strdup(c->f->arena, p[i] ? p[i] : ""));
    return AMA_OK;
}

static ama_status unreadable(collect *c, const char *name) {
    return ama__hdf5_fail(c->f, "%s: attribute %s cannot be read", c->what, name);
}

static ama_status read_text(collect *c, hid_t attr, hid_t stored, hid_t space, const ama__hdf5_type *type,
                            ama__attr *a) {
    const char **s;
    void *buf;
    AMA_NEW(c->f->arena, s, a->n ? a->n : 1);
    AMA_TRY(ama__mem_calloc(c->f->ctx, AMA_MEM_META, a->n ? (size_t)a->n : 1, type->bytes, &buf));
    ama_status status = AMA_OK;
    if (a->n > 0 && H5Aread(attr, stored, buf) < 0) {
        status = unreadable(c, a->name);
    } else {
        status = type->vlen ? keep_vlen(c, buf, a->n, s) : keep_fixed(c, buf, a->n, type, s);
        if (type->vlen && a->n > 0) H5Dvlen_reclaim(stored, space, H5P_DEFAULT, buf);
    }
    ama__mem_free(c->f->ctx, buf);
    AMA_TRY(status);
    a->dtype = AMA_STRING;
    a->data = s;
    if (a->n > 1) return AMA_OK;
    a->dtype = AMA_CHAR;
    a->data = a->n == 1 ? s[0] : "";
    a->n = (int64_t)strlen(a->data);
    return AMA_OK;
}

/* An array of one-byte strings is netCDF's text of several characters. */
static ama_status read_chars(collect *c, hid_t attr, hid_t stored, ama__attr *a) {
    char *s;
    AMA_NEW(c->f->arena, s, a->n + 1);
    if (a->n > 0 && H5Aread(attr, stored, s) < 0) return unreadable(c, a->name);
    a->n = (int64_t)strnlen(s, (size_t)a->n);
    a->data = s;
    return AMA_OK;
}

static ama_status read_numbers(collect *c, hid_t attr, ama__attr *a) {
    void *p = ama__arena_alloc(c->f->arena, (size_t)a->n * ama__dtype_bytes(a->dtype));
    if (!p) return ama__error_status(c->f->ctx);
    if (a->n > 0 && H5Aread(attr, ama__hdf5_native(a->dtype), p) < 0) return unreadable(c, a->name);
    a->data = p;
    return AMA_OK;
}

static ama_status append(collect *c, const ama__attr *a) {
    ama__attrs *list = c->out;
    if (list->n == c->cap) {
        ama__attr *more;
        int cap = c->cap ? 2 * c->cap : 16;
        AMA_NEW(c->f->arena, more, cap);
        if (list->n > 0) memcpy(more, list->a, (size_t)list->n * sizeof *more);
        list->a = more;
        c->cap = cap;
    }
    list->a[list->n++] = *a;
    return AMA_OK;
}

static ama_status read_one(collect *c, const char *name, hid_t attr, hid_t stored, hid_t space) {
    ama__hdf5_type type;
    ama__attr a = {0};
    if (!ama__hdf5_type_of(stored, &type)) {
        ama__warn(c->f->ctx, "%s: %s: attribute %s of %s type is left out", c->f->path, c->what, name,
                  ama__hdf5_class_name(stored));
        return AMA_OK;
    }
    a.dtype = type.dtype;
    a.n = H5Sget_simple_extent_type(space) == H5S_NULL ? 0 : H5Sget_simple_extent_npoints(space);
    if (a.n < 0) return unreadable(c, name);
    if (a.n > AMA_INLINE_MAX / (int64_t)(type.bytes > 8 ? type.bytes : 8)) {
        ama__warn(c->f->ctx, "%s: %s: attribute %s is larger than %" PRId64 " bytes and is left out", c->f->path,
                  c->what, name, AMA_INLINE_MAX);
        return AMA_OK;
    }
    AMA_KEEP(c->f->arena, a.name, ama__arena_strdup(c->f->arena, name));
    if (type.dtype == AMA_CHAR && a.n != 1)
        AMA_TRY(read_chars(c, attr, stored, &a));
    else if (ama__dtype_is_text(type.dtype))
        AMA_TRY(read_text(c, attr, stored, space, &type, &a));
    else
        AMA_TRY(read_numbers(c, attr, &a));
    return append(c, &a);
}

static herr_t on_attribute(hid_t object, const char *name, const H5A_info_t *info, void *user) {
    (void)info;
    collect *c = user;
    if (is_internal(name, c->is_scale)) return 0;
    hid_t attr = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = attr < 0 ? -1 : H5Aget_type(attr), space = attr < 0 ? -1 : H5Aget_space(attr);
    c->status = type < 0 || space < 0 ? unreadable(c, name) : read_one(c, name, attr, type, space);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    if (attr >= 0) H5Aclose(attr);
    return c->status == AMA_OK ? 0 : -1;
}

ama_status ama__hdf5_attrs(ama__hdf5_file *f, hid_t object, bool is_scale, const char *what, ama__attrs *out) {
    *out = (ama__attrs){0};
    collect c = {.f = f, .is_scale = is_scale, .what = what, .out = out};
    /* Where creation order is not tracked HDF5 gives the order of the header, as netCDF-4 shows it. */
    if (H5Aiterate2(object, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, on_attribute, &c) >= 0) return AMA_OK;
    if (c.status != AMA_OK) return c.status;
    out->n = 0;
    if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, on_attribute, &c) >= 0) return AMA_OK;
    return c.status != AMA_OK ? c.status : ama__hdf5_fail(f, "%s: its attributes cannot be listed", what);
}
