#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/zarr_private.h"

/* ---- filters and compressor: numcodecs' configurations */

static const struct {
    const char *id;
    ama__codec codec;
    const char *level; /* the member that goes into step.a */
    int level_default;
} codecs[] = {
    {"zlib", AMA_CODEC_DEFLATE, "level", 1},       {"gzip", AMA_CODEC_GZIP, "level", 1},
    {"zstd", AMA_CODEC_ZSTD, "level", 1},          {"lz4", AMA_CODEC_LZ4, "acceleration", 1},
    {"blosc", AMA_CODEC_BLOSC, "clevel", 5},       {"shuffle", AMA_CODEC_SHUFFLE, NULL, 0},
    {"fletcher32", AMA_CODEC_FLETCHER32, NULL, 0},
};

static int small_int(const ama__json *j, const char *key, int otherwise) {
    int64_t x = ama__json_get_int(j, key, otherwise);
    return x >= -1000 && x <= 65536 ? (int)x : otherwise;
}

static void name_step(ama__codec_step *s, const char *name) {
    size_t n = strlen(name) < sizeof s->name ? strlen(name) : sizeof s->name - 1;
    memcpy(s->name, name, n);
}

static ama_status add_step(ama__zarr *z, const ama__zarr_doc *doc, const ama__json *j, size_t item_bytes,
                           ama__pipeline *p) {
    const char *id = ama__json_get_text(j, "id");
    if (!id) return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, j, "a filter or compressor without an id");
    if (strcmp(id, "bitround") == 0) return AMA_OK; /* it only drops bits when encoding */
    if (p->n == AMA_PIPELINE_MAX)
        return ama__zarr_fail(z, AMA_ERR_UNSUPPORTED, doc, j, "more than %d filters", AMA_PIPELINE_MAX);
    ama__codec_step *s = &p->step[p->n++];
    *s = (ama__codec_step){.codec = AMA_CODEC_UNKNOWN, .element_bytes = (int)item_bytes};
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        if (strcmp(id, codecs[i].id) != 0) continue;
        s->codec = codecs[i].codec;
        if (codecs[i].level) s->a = small_int(j, codecs[i].level, codecs[i].level_default);
    }
    if (s->codec == AMA_CODEC_UNKNOWN) name_step(s, id);
    if (s->codec == AMA_CODEC_SHUFFLE) s->element_bytes = small_int(j, "elementsize", 4);
    if (s->codec == AMA_CODEC_BLOSC) {
        const char *name = ama__json_get_text(j, "cname");
        name_step(s, name ? name : "lz4");
        s->b = small_int(j, "shuffle", 1);
        if (s->b < 0) s->b = item_bytes == 1 ? 2 : 1; /* AUTOSHUFFLE */
    }
    return AMA_OK;
}

ama_status ama__zarr_pipeline(ama__zarr *z, const ama__zarr_doc *doc, int skip_filters, size_t item_bytes,
                              ama__pipeline *out) {
    const ama__json *filters = ama__json_get(doc->json, "filters"), *c = ama__json_get(doc->json, "compressor");
    if (filters && filters->kind != AMA_JSON_NULL && filters->kind != AMA_JSON_LIST)
        return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, filters, "filters is neither null nor a list");
    if (filters && filters->kind == AMA_JSON_LIST)
        for (const ama__json *f = filters->child; f; f = f->next)
            if (skip_filters-- <= 0) AMA_TRY(add_step(z, doc, f, item_bytes, out));
    if (!c || c->kind == AMA_JSON_NULL) return AMA_OK;
    if (c->kind != AMA_JSON_OBJECT)
        return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, c, "compressor is neither null nor an object");
    return add_step(z, doc, c, item_bytes, out);
}

/* ---- fill value */

static ama_status bad_fill(ama__zarr *z, const ama__zarr_doc *doc, const ama__json *j, const ama__stored_var *v) {
    int n = j->source_bytes < 60 ? (int)j->source_bytes : 60;
    return ama__zarr_fail(z, AMA_ERR_FORMAT, doc, j, "fill_value %.*s is no %s", n, j->source,
                          ama__dtype_name(v->dtype));
}

static bool special_float(const ama__json *j, double *out) {
    if (j->kind != AMA_JSON_TEXT) return false;
    *out = strcmp(j->s, "NaN") == 0 ? NAN : strcmp(j->s, "Infinity") == 0 ? INFINITY : -INFINITY;
    return strcmp(j->s, "NaN") == 0 || strcmp(j->s, "Infinity") == 0 || strcmp(j->s, "-Infinity") == 0;
}

static bool fits(ama_dtype t, int64_t x) {
    int bits = 8 * (int)ama__dtype_bytes(t);
    if (t == AMA_BOOL) return x == 0 || x == 1;
    if (ama__dtype_kind(t) == 'u') return x >= 0 && (bits == 64 || x < (int64_t)1 << bits);
    return bits == 64 || (x >= -((int64_t)1 << (bits - 1)) && x < (int64_t)1 << (bits - 1));
}

static ama_status number_fill(ama__zarr *z, const ama__zarr_doc *doc, const ama__json *j, ama__stored_var *v) {
    double f;
    bool is_int = j->kind == AMA_JSON_INT || j->kind == AMA_JSON_BOOL;
    int64_t i = j->kind == AMA_JSON_BOOL ? j->truth : j->i;
    if (ama__dtype_is_float(v->dtype)) {
        if (j->kind == AMA_JSON_REAL)
            f = j->f;
        else if (is_int)
            f = (double)i;
        else if (!special_float(j, &f))
            return bad_fill(z, doc, j, v);
        ama__dtype_set_f8(v->dtype, v->fill, 0, f);
        return AMA_OK;
    }
    if (j->kind == AMA_JSON_REAL && v->dtype == AMA_U8 && j->f >= 0x1p63 && j->f <= 0x1p64) {
        errno = 0;
        uint64_t u = strtoull(j->source, NULL, 10);
        if (errno) return bad_fill(z, doc, j, v);
        memcpy(v->fill, &u, sizeof u);
        return AMA_OK;
    }
    if (j->kind == AMA_JSON_REAL && j->f == trunc(j->f) && fabs(j->f) < 0x1p63) {
        is_int = true;
        i = (int64_t)j->f;
    }
    if (!is_int || !fits(v->dtype, i)) return bad_fill(z, doc, j, v);
    ama__dtype_set_i8(v->dtype, v->fill, 0, i);
    return AMA_OK;
}

/* Decodes base64 (RFC 4648) into at most cap bytes; -1 when it is none. */
static int64_t base64(const char *s, int64_t n, uint8_t *out, size_t cap) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    int n_bits = 0;
    size_t n_out = 0;
    for (int64_t i = 0; i < n && s[i] != '='; i++) {
        const char *k = s[i] ? strchr(letters, s[i]) : NULL;
        if (!k) return -1;
        bits = bits << 6 | (uint32_t)(k - letters);
        n_bits += 6;
        if (n_bits < 8) continue;
        n_bits -= 8;
        if (n_out < cap) out[n_out] = (uint8_t)(bits >> n_bits);
        n_out++;
    }
    return (int64_t)n_out;
}

/* UTF-8 to code points in stored byte order. What is no UTF-8 becomes U+FFFD. */
static void put_ucs4(const char *s, const ama__zarr_array *a, uint32_t *to) {
    size_t room = a->item_bytes / 4;
    while (*s && room-- > 0) {
        unsigned char c = (unsigned char)*s++;
        int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
        uint32_t u = more ? c & (0x3fu >> more) : c;
        if (c >= 0x80 && !more) u = 0xfffd;
        for (; more > 0 && ((unsigned char)*s & 0xc0) == 0x80; more--) u = u << 6 | ((unsigned char)*s++ & 0x3f);
        if (more > 0) u = 0xfffd;
        *to = u;
        if (a->swapped) ama__bytes_swap(to, 1, 4);
        to++;
    }
}

static ama_status text_fill(ama__zarr *z, const ama__zarr_doc *doc, const ama__json *j, ama__stored_var *v,
                            ama__zarr_array *a) {
    if (a->text == AMA_ZARR_VLEN || j->kind != AMA_JSON_TEXT || j->n == 0) return AMA_OK; /* 0 and "" are empty text */
    AMA_NEW(z->arena, a->fill_item, a->item_bytes);
    if (a->text == AMA_ZARR_UCS4) {
        put_ucs4(j->s, a, a->fill_item);
        return AMA_OK;
    }
    if (base64(j->s, j->n, a->fill_item, a->item_bytes) < 0) return bad_fill(z, doc, j, v);
    if (v->dtype == AMA_CHAR) {
        v->has_fill = true;
        memcpy(v->fill, a->fill_item, 1);
    }
    return AMA_OK;
}

ama_status ama__zarr_fill(ama__zarr *z, const ama__zarr_doc *doc, ama__stored_var *v, ama__zarr_array *a) {
    const ama__json *j = ama__json_get(doc->json, "fill_value");
    if (!j || j->kind == AMA_JSON_NULL) return AMA_OK;
    if (ama__dtype_is_text(v->dtype)) return text_fill(z, doc, j, v, a);
    if (a->unit && j->kind == AMA_JSON_TEXT && strcmp(j->s, "NaT") == 0) {
        int64_t nat = INT64_MIN;
        memcpy(v->fill, &nat, sizeof nat);
        v->has_fill = true;
        return AMA_OK;
    }
    AMA_TRY(number_fill(z, doc, j, v));
    v->has_fill = true;
    return AMA_OK;
}
