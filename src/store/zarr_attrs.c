#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "store/zarr_private.h"

/* ---- attributes */

/* NULL-free lists of one kind become arrays; everything else that nests is kept as its JSON text. */
static ama_dtype list_dtype(const ama__json *j) {
    bool texts = true, ints = true, numbers = true;
    for (const ama__json *x = j->child; x; x = x->next) {
        bool is_int = x->kind == AMA_JSON_INT || x->kind == AMA_JSON_BOOL;
        texts &= x->kind == AMA_JSON_TEXT;
        ints &= is_int;
        numbers &= is_int || x->kind == AMA_JSON_REAL;
    }
    return j->n == 0 ? AMA_F8 : texts ? AMA_STRING : ints ? AMA_I8 : numbers ? AMA_F8 : AMA_CHAR;
}

static int64_t as_i8(const ama__json *j) {
    return j->kind == AMA_JSON_BOOL ? j->truth : j->i;
}

static double as_f8(const ama__json *j) {
    return j->kind == AMA_JSON_BOOL ? j->truth : j->f;
}

static ama_status put_numbers(ama__arena *arena, const ama__json *first, ama__attr *a) {
    int64_t *p;
    AMA_NEW(arena, p, a->n + 1);
    a->data = p;
    const ama__json *x = first;
    for (int64_t i = 0; i < a->n; i++, x = x->next) {
        double f = as_f8(x);
        if (a->dtype == AMA_I8)
            p[i] = as_i8(x);
        else
            memcpy(&p[i], &f, sizeof f);
    }
    return AMA_OK;
}

static ama_status put_list(ama__arena *arena, const ama__json *j, ama__attr *a) {
    a->n = j->n;
    if (a->dtype != AMA_STRING) return put_numbers(arena, j->child, a);
    const char **s;
    AMA_NEW(arena, s, a->n + 1);
    a->data = s;
    for (const ama__json *x = j->child; x; x = x->next) *s++ = x->s;
    return AMA_OK;
}

static ama_status put_attr(ama__arena *arena, const ama__json *j, ama__attr *a) {
    a->name = j->key;
    a->dtype = AMA_CHAR;
    a->n = 1;
    switch (j->kind) {
    case AMA_JSON_TEXT:
        a->n = j->n;
        a->data = j->s;
        return AMA_OK;
    case AMA_JSON_BOOL:
    case AMA_JSON_INT: a->dtype = AMA_I8; return put_numbers(arena, j, a);
    case AMA_JSON_REAL: a->dtype = AMA_F8; return put_numbers(arena, j, a);
    case AMA_JSON_LIST:
        a->dtype = list_dtype(j);
        if (a->dtype != AMA_CHAR) return put_list(arena, j, a);
        break;
    case AMA_JSON_NULL:
    case AMA_JSON_OBJECT: break;
    }
    a->n = (int64_t)j->source_bytes;
    AMA_KEEP(arena, a->data, ama__arena_strndup(arena, j->source, j->source_bytes));
    return AMA_OK;
}

/* Members that say how an array is laid out, not what it means: hidden, as xarray hides them. */
static bool is_hidden(const char *key) {
    return strcmp(key, "_ARRAY_DIMENSIONS") == 0 || strncasecmp(key, "_nc", 3) == 0;
}

ama_status ama__zarr_attrs(ama__zarr *z, const ama__zarr_doc *doc, ama__attrs *out) {
    *out = (ama__attrs){0};
    if (!doc->json) return AMA_OK;
    if (doc->json->n > INT_MAX) return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, NULL, "too many attributes");
    AMA_NEW(z->arena, out->a, doc->json->n);
    for (const ama__json *j = doc->json->child; j; j = j->next)
        if (!is_hidden(j->key) && ama__json_get(doc->json, j->key) == j)
            AMA_TRY(put_attr(z->arena, j, &out->a[out->n++]));
    return AMA_OK;
}

/* ---- dims */

/* NCZarr's list of dims, under its present or its former name, in the array's metadata or attributes. */
static const ama__json *nczarr_dims(const ama__json *j) {
    static const char *const where[] = {"_nczarr_array", "_NCZARR_ARRAY"};
    static const char *const what[] = {"dimension_references", "dimrefs"};
    for (int i = 0; i < 4; i++) {
        const ama__json *x = ama__json_get(ama__json_get(j, where[i / 2]), what[i % 2]);
        if (x) return x;
    }
    return NULL;
}

static ama_status find_dim(ama__zarr *z, const ama__zarr_doc *doc, const ama__json *at, ama__meta *meta,
                           const char *name, int64_t size, int *out) {
    *out = ama__meta_find_dim(meta, name);
    if (*out < 0) {
        *out = meta->n_dims++;
        meta->dim[*out] = (ama__dim){.name = name, .size = size};
    }
    if (meta->dim[*out].size != size)
        return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, at,
                              "dim %s has size %" PRId64 " here and %" PRId64 " in another array", name, size,
                              meta->dim[*out].size);
    return AMA_OK;
}

/* Arrays that name no dims share phony ones by size, as netCDF readers do for plain HDF5. */
static ama_status phony_dims(ama__zarr *z, ama__meta *meta, ama__stored_var *v) {
    for (int d = 0; d < v->ndim; d++) {
        int found = -1, n_phony = 0;
        for (int i = 0; i < meta->n_dims; i++) {
            if (strncmp(meta->dim[i].name, "phony_dim_", 10) != 0) continue;
            n_phony++;
            bool used = false;
            for (int e = 0; e < d; e++) used |= v->dim[e] == i;
            if (found < 0 && !used && meta->dim[i].size == v->grid.shape[d]) found = i;
        }
        if (found < 0) {
            found = meta->n_dims++;
            AMA_KEEP(z->arena, meta->dim[found].name, ama__arena_printf(z->arena, "phony_dim_%d", n_phony));
            meta->dim[found].size = v->grid.shape[d];
        }
        v->dim[d] = found;
    }
    return AMA_OK;
}

ama_status ama__zarr_dims(ama__zarr *z, const ama__zarr_doc *zarray, const ama__zarr_doc *zattrs, ama__meta *meta,
                          ama__stored_var *v) {
    const ama__zarr_doc *doc = zattrs;
    const ama__json *list = ama__json_get(zattrs->json, "_ARRAY_DIMENSIONS");
    if (!list) list = nczarr_dims(zattrs->json);
    if (!list) {
        list = nczarr_dims(zarray->json);
        doc = zarray;
    }
    if (!list) return phony_dims(z, meta, v);
    if (list->kind != AMA_JSON_LIST || list->n != v->ndim)
        return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, list, "the dim names are not a list of %d names", v->ndim);
    int d = 0;
    for (const ama__json *x = list->child; x; x = x->next, d++) {
        const char *name = x->kind == AMA_JSON_TEXT ? x->s : "";
        if (strrchr(name, '/')) name = strrchr(name, '/') + 1;
        if (!name[0]) return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, x, "a dim without a name");
        AMA_TRY(find_dim(z, doc, x, meta, name, v->grid.shape[d], &v->dim[d]));
    }
    return AMA_OK;
}
