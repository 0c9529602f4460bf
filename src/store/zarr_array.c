#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "store/zarr_private.h"

enum { ITEM_MAX = 1 << 20 };

/* ---- dtype */

static ama_status no_dtype(ama__zarr *z, const ama__zarr_doc *doc, const ama__json *j) {
    int n = j->source_bytes < 60 ? (int)j->source_bytes : 60;
    return ama__zarr_fail(z, AMA_ERR_UNSUPPORTED, doc, j, "dtype %.*s is not supported", n, j->source);
}

/* "[ns]" and the like at the end of a time type. */
static const char *unit_name(const char *s) {
    static const char *const units[][2] = {{"[ns]", "nanoseconds"}, {"[us]", "microseconds"}, {"[ms]", "milliseconds"},
                                           {"[s]", "seconds"},      {"[m]", "minutes"},       {"[h]", "hours"},
                                           {"[D]", "days"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(s, units[i][0]) == 0) return units[i][1];
    return NULL;
}

static bool set_number(char kind, long bytes, ama__stored_var *v) {
    for (int t = 0; t < AMA_CHAR; t++) {
        if (ama__dtype_kind((ama_dtype)t) != kind || ama__dtype_bytes((ama_dtype)t) != (size_t)bytes) continue;
        v->dtype = (ama_dtype)t;
        return true;
    }
    return false;
}

static bool first_filter_is(const ama__zarr_doc *doc, const char *id) {
    const ama__json *filters = ama__json_get(doc->json, "filters");
    const char *s = filters && filters->kind == AMA_JSON_LIST ? ama__json_get_text(filters->child, "id") : NULL;
    return s && strcmp(s, id) == 0;
}

static ama_status read_dtype(ama__zarr *z, const ama__zarr_doc *doc, ama__stored_var *v, ama__zarr_array *a) {
    const ama__json *j = ama__json_get(doc->json, "dtype");
    if (!j) return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, NULL, "no dtype");
    if (j->kind != AMA_JSON_TEXT || j->n < 2 || !strchr("<>|=", j->s[0])) return no_dtype(z, doc, j);
    char *rest, kind = j->s[1];
    long n = strtol(j->s + 2, &rest, 10);
    bool big = j->s[0] == '>', little = j->s[0] == '<';
    a->swapped = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? big : little;
    v->dtype = AMA_STRING;
    if (kind == 'O' && first_filter_is(doc, "vlen-utf8")) {
        a->text = AMA_ZARR_VLEN;
        return AMA_OK;
    }
    if (n < 1 || n > ITEM_MAX) return no_dtype(z, doc, j);
    a->item_bytes = (size_t)n;
    if (kind == 'S' && n == 1 && !*rest) {
        v->dtype = AMA_CHAR;
    } else if (kind == 'S' && !*rest) {
        a->text = AMA_ZARR_BYTES;
    } else if (kind == 'U' && !*rest) {
        a->text = AMA_ZARR_UCS4;
        a->item_bytes *= 4;
    } else if ((kind == 'M' || kind == 'm') && n == 8 && (a->unit = unit_name(rest))) {
        a->since_epoch = kind == 'M';
        v->dtype = AMA_I8;
    } else if (!strchr("biuf", kind) || *rest || !set_number(kind, n, v)) {
        return no_dtype(z, doc, j);
    }
    v->swapped = a->swapped && v->dtype != AMA_STRING && a->item_bytes > 1;
    return AMA_OK;
}

/* ---- shape and chunks */

static ama_status read_extents(ama__zarr *z, const ama__zarr_doc *doc, const char *key, int *ndim, int64_t *out) {
    const ama__json *j = ama__json_get(doc->json, key);
    if (!j || j->kind != AMA_JSON_LIST) return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, j, "%s is not a list", key);
    if (j->n > AMA_MAX_DIMS)
        return ama__zarr_fail(z, AMA_ERR_UNSUPPORTED, doc, j, "%" PRId64 " dims, at most %d", j->n, AMA_MAX_DIMS);
    *ndim = 0;
    for (const ama__json *x = j->child; x; x = x->next) {
        if (x->kind != AMA_JSON_INT || x->i < 0)
            return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, x, "%s holds something that is no size", key);
        out[(*ndim)++] = x->i;
    }
    return AMA_OK;
}

static ama_status read_grid(ama__zarr *z, const ama__zarr_doc *doc, ama__stored_var *v, const ama__zarr_array *a) {
    int64_t shape[AMA_MAX_DIMS], chunk[AMA_MAX_DIMS], n, bytes;
    int n_chunk = 0;
    AMA_TRY(read_extents(z, doc, "shape", &v->ndim, shape));
    AMA_TRY(read_extents(z, doc, "chunks", &n_chunk, chunk));
    const ama__json *at = ama__json_get(doc->json, "chunks");
    if (n_chunk != v->ndim)
        return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, at, "%d chunk sizes for %d dims", n_chunk, v->ndim);
    for (int d = 0; d < v->ndim; d++) {
        if (chunk[d] == 0 && shape[d] == 0) chunk[d] = 1;
        if (chunk[d] == 0) return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, at, "a chunk size of 0");
    }
    int64_t item = a->item_bytes ? (int64_t)a->item_bytes : 8;
    if (!ama__shape_size(v->ndim, shape, &n) || __builtin_mul_overflow(n, item, &bytes) ||
        !ama__shape_size(v->ndim, chunk, &n) || __builtin_mul_overflow(n, item, &bytes) ||
        !ama__chunkgrid_init(&v->grid, v->ndim, shape, chunk))
        return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, at, "shape or chunks are larger than 2^63 bytes");
    return AMA_OK;
}

/* ---- the whole */

static ama_status read_layout(ama__zarr *z, const ama__zarr_doc *doc, ama__stored_var *v, ama__zarr_array *a) {
    const ama__json *j = ama__json_get(doc->json, "order");
    const char *order = ama__json_get_text(doc->json, "order");
    if (j && (!order || (strcmp(order, "C") != 0 && strcmp(order, "F") != 0)))
        return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, j, "order is neither \"C\" nor \"F\"");
    v->fortran = order && order[0] == 'F';
    j = ama__json_get(doc->json, "dimension_separator");
    const char *separator = ama__json_get_text(doc->json, "dimension_separator");
    if (j && j->kind != AMA_JSON_NULL && (!separator || (strcmp(separator, ".") != 0 && strcmp(separator, "/") != 0)))
        return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, j, "dimension_separator is neither \".\" nor \"/\"");
    a->separator = separator ? separator[0] : '.';
    return AMA_OK;
}

ama_status ama__zarr_read_array(ama__zarr *z, const ama__zarr_doc *doc, ama__stored_var *v, ama__zarr_array *a) {
    int64_t format = ama__json_get_int(doc->json, "zarr_format", -1);
    const ama__json *j = ama__json_get(doc->json, "zarr_format");
    if (format != 2) return ama__zarr_fail(z, j ? AMA_ERR_UNSUPPORTED : AMA_ERR_FORMAT, doc, j, "zarr_format is not 2");
    v->chunked = true;
    v->stored_bytes = -1;
    AMA_TRY(read_dtype(z, doc, v, a));
    AMA_TRY(read_grid(z, doc, v, a));
    AMA_TRY(read_layout(z, doc, v, a));
    AMA_TRY(ama__zarr_pipeline(z, doc, a->text == AMA_ZARR_VLEN, a->item_bytes, &v->pipeline));
    return ama__zarr_fill(z, doc, v, a);
}
