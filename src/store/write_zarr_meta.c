/* The metadata documents of a Zarr v2 store (Zarr v2 specification; numcodecs' codec configurations; xarray's
 * _ARRAY_DIMENSIONS). Keys come in sorted order, as zarr-python writes them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/write_zarr.h"

/* ---- codecs ---- */

static bool is_compressor(ama__codec c) {
    return c == AMA_CODEC_DEFLATE || c == AMA_CODEC_GZIP || c == AMA_CODEC_ZSTD || c == AMA_CODEC_LZ4 ||
           c == AMA_CODEC_BLOSC;
}

ama_status ama__zarr_check_pipeline(ama__writer *wr, const ama__stored_var *v) {
    for (int i = 0; i < v->pipeline.n; i++) {
        ama__codec c = v->pipeline.step[i].codec;
        char text[128];
        if (!is_compressor(c) && c != AMA_CODEC_SHUFFLE && c != AMA_CODEC_FLETCHER32)
            return ama__fail(wr->ctx, AMA_ERR_UNSUPPORTED, "variable %s: Zarr output does not take %s", v->name,
                             ama__pipeline_print(&v->pipeline, text, sizeof text));
    }
    return AMA_OK;
}

static void key_int(ama__json_out *j, const char *name, int64_t x) {
    ama__json_key(j, name);
    ama__json_int(j, x);
}

static void key_text(ama__json_out *j, const char *name, const char *s) {
    ama__json_key(j, name);
    ama__json_text(j, s, strlen(s));
}

static void key_null(ama__json_out *j, const char *name) {
    ama__json_key(j, name);
    ama__text_add(&j->text, "null");
}

static void put_codec(ama__json_out *j, const ama__codec_step *s) {
    int level = s->a > 9 ? 9 : s->a; /* libdeflate's levels above 9 have no name elsewhere, the stream is the same */
    ama__json_begin(j, '{');
    switch (s->codec) {
    case AMA_CODEC_DEFLATE:
        key_text(j, "id", "zlib");
        key_int(j, "level", level);
        break;
    case AMA_CODEC_GZIP:
        key_text(j, "id", "gzip");
        key_int(j, "level", level);
        break;
    case AMA_CODEC_ZSTD:
        key_text(j, "id", "zstd");
        key_int(j, "level", s->a);
        break;
    case AMA_CODEC_LZ4:
        key_int(j, "acceleration", s->a);
        key_text(j, "id", "lz4");
        break;
    case AMA_CODEC_BLOSC:
        key_int(j, "blocksize", 0);
        key_int(j, "clevel", s->a);
        key_text(j, "cname", s->name);
        key_text(j, "id", "blosc");
        key_int(j, "shuffle", s->b);
        break;
    case AMA_CODEC_SHUFFLE:
        key_int(j, "elementsize", s->element_bytes);
        key_text(j, "id", "shuffle");
        break;
    case AMA_CODEC_FLETCHER32: key_text(j, "id", "fletcher32"); break;
    case AMA_CODEC_UNKNOWN: break; /* refused at create */
    }
    ama__json_end(j, '}');
}

/* ---- .zarray ---- */

static void put_extents(ama__json_out *j, const char *name, int n, const int64_t *x) {
    ama__json_key(j, name);
    ama__json_begin(j, '[');
    for (int i = 0; i < n; i++) {
        ama__json_item(j);
        ama__json_int(j, x[i]);
    }
    ama__json_end(j, ']');
}

static void put_dtype(ama__json_out *j, ama_dtype t) {
    char text[8];
    size_t bytes = ama__dtype_bytes(t);
    const uint16_t one = 1;
    char order = bytes == 1 ? '|' : *(const uint8_t *)&one ? '<' : '>';
    if (t == AMA_STRING)
        snprintf(text, sizeof text, "|O");
    else if (t == AMA_CHAR)
        snprintf(text, sizeof text, "|S1");
    else
        snprintf(text, sizeof text, "%c%c%zu", order, ama__dtype_kind(t), bytes);
    key_text(j, "dtype", text);
}

static void put_fill(ama__json_out *j, const ama__writer *wr, int var) {
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const ama__stored_var *v = ama__writer_var(wr, var);
    const void *fill = wr->fill[var];
    if (v->dtype == AMA_STRING) {
        const ama__attr *a = ama__attrs_find(&v->attrs, "_FillValue");
        if (!a || a->dtype != AMA_CHAR) {
            key_null(j, "fill_value");
        } else {
            ama__json_key(j, "fill_value");
            ama__json_text(j, a->data, (size_t)a->n);
        }
    } else if (!wr->has_fill[var]) {
        key_null(j, "fill_value");
    } else if (v->dtype == AMA_CHAR) {
        uint8_t b = *(const uint8_t *)fill;
        char text[] = {base64[b >> 2], base64[(b & 3) << 4], '=', '=', 0};
        key_text(j, "fill_value", text);
    } else if (ama__dtype_is_float(v->dtype) && !isfinite(ama__dtype_get_f8(v->dtype, fill, 0))) {
        double x = ama__dtype_get_f8(v->dtype, fill, 0);
        key_text(j, "fill_value", isnan(x) ? "NaN" : x > 0 ? "Infinity" : "-Infinity");
    } else {
        ama__json_key(j, "fill_value");
        ama__json_number(j, v->dtype, fill, 0);
    }
}

static void put_filters(ama__json_out *j, const ama__stored_var *v, int n_steps) {
    bool text = v->dtype == AMA_STRING;
    if (!text && n_steps == 0) {
        key_null(j, "filters");
        return;
    }
    ama__json_key(j, "filters");
    ama__json_begin(j, '[');
    if (text) {
        ama__json_item(j);
        ama__json_begin(j, '{');
        key_text(j, "id", "vlen-utf8");
        ama__json_end(j, '}');
    }
    for (int i = 0; i < n_steps; i++) {
        ama__json_item(j);
        put_codec(j, &v->pipeline.step[i]);
    }
    ama__json_end(j, ']');
}

void ama__zarr_put_array(ama__json_out *j, const ama__writer *wr, int var) {
    const ama__stored_var *v = ama__writer_var(wr, var);
    const ama__chunkgrid *g = &wr->grid[var];
    int n_steps = wr->chunked[var] ? v->pipeline.n : 0; /* a scalar has no chunks to compress */
    bool last = n_steps > 0 && is_compressor(v->pipeline.step[n_steps - 1].codec);
    ama__json_begin(j, '{');
    put_extents(j, "chunks", g->ndim, g->chunk);
    if (last) {
        ama__json_key(j, "compressor");
        put_codec(j, &v->pipeline.step[n_steps - 1]);
    } else {
        key_null(j, "compressor");
    }
    put_dtype(j, v->dtype);
    put_fill(j, wr, var);
    put_filters(j, v, last ? n_steps - 1 : n_steps);
    key_text(j, "order", "C");
    put_extents(j, "shape", g->ndim, g->shape);
    key_int(j, "zarr_format", 2);
    ama__json_end(j, '}');
}

/* ---- .zattrs ---- */

static void put_value(ama__json_out *j, const ama__attr *a) {
    const char *const *text = a->data;
    if (a->dtype == AMA_CHAR) {
        ama__json_text(j, a->data, (size_t)a->n);
        return;
    }
    if (a->n == 1 && a->dtype != AMA_STRING) {
        ama__json_number(j, a->dtype, a->data, 0);
        return;
    }
    ama__json_begin(j, '[');
    for (int64_t i = 0; i < a->n; i++) {
        ama__json_item(j);
        if (a->dtype == AMA_STRING)
            ama__json_text(j, text[i] ? text[i] : "", text[i] ? strlen(text[i]) : 0);
        else
            ama__json_number(j, a->dtype, a->data, i);
    }
    ama__json_end(j, ']');
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(const ama__attr *const *)a)->name, (*(const ama__attr *const *)b)->name);
}

ama_status ama__zarr_put_attrs(ama__json_out *j, const ama__writer *wr, int var) {
    const ama__stored_var *v = var < 0 ? NULL : ama__writer_var(wr, var);
    const ama__attrs *attrs = v ? &v->attrs : &wr->spec.meta.attrs;
    const char *dim_name[AMA_MAX_DIMS] = {NULL};
    ama__attr dims = {.name = "_ARRAY_DIMENSIONS", .dtype = AMA_STRING, .data = dim_name};
    const ama__attr **sorted;
    int n = 0;
    AMA_NEW(wr->arena, sorted, attrs->n + 1);
    if (v) {
        dims.n = v->ndim;
        for (int i = 0; i < v->ndim; i++) dim_name[i] = wr->spec.meta.dim[v->dim[i]].name;
        sorted[n++] = &dims;
    }
    for (int i = 0; i < attrs->n; i++)
        if (!v || (strcmp(attrs->a[i].name, "_FillValue") != 0 && strcmp(attrs->a[i].name, dims.name) != 0))
            sorted[n++] = &attrs->a[i];
    qsort(sorted, (size_t)n, sizeof *sorted, by_name);
    ama__json_begin(j, '{');
    for (int i = 0; i < n; i++) {
        ama__json_key(j, sorted[i]->name);
        put_value(j, sorted[i]);
    }
    ama__json_end(j, '}');
    return AMA_OK;
}

/* ---- .zgroup and .zmetadata ---- */

void ama__zarr_put_group(ama__json_out *j) {
    ama__json_begin(j, '{');
    key_int(j, "zarr_format", 2);
    ama__json_end(j, '}');
}

typedef struct named {
    const char *name;
    int var;
} named;

static int by_var_name(const void *a, const void *b) {
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

ama_status ama__zarr_put_consolidated(ama__json_out *j, const ama__writer *wr) {
    int n = wr->spec.meta.n_vars;
    char key[300];
    named *sorted;
    AMA_NEW(wr->arena, sorted, n + 1);
    for (int k = 0; k < n; k++) sorted[k] = (named){.name = wr->spec.meta.var[k].name, .var = k};
    qsort(sorted, (size_t)n, sizeof *sorted, by_var_name);
    ama__json_begin(j, '{');
    ama__json_key(j, "metadata");
    ama__json_begin(j, '{');
    ama__json_key(j, ".zattrs");
    AMA_TRY(ama__zarr_put_attrs(j, wr, -1));
    ama__json_key(j, ".zgroup");
    ama__zarr_put_group(j);
    for (int i = 0; i < n; i++) {
        snprintf(key, sizeof key, "%s/.zarray", sorted[i].name);
        ama__json_key(j, key);
        ama__zarr_put_array(j, wr, sorted[i].var);
        snprintf(key, sizeof key, "%s/.zattrs", sorted[i].name);
        ama__json_key(j, key);
        AMA_TRY(ama__zarr_put_attrs(j, wr, sorted[i].var));
    }
    ama__json_end(j, '}');
    key_int(j, "zarr_consolidated_format", 1);
    ama__json_end(j, '}');
    return AMA_OK;
}
