/* encoding={"tas": {"zlib": True, …}}: the keys of xarray's back ends. */
#include "base/text.h"
#include "graph/encode_private.h"

typedef struct asked {
    bool zlib, zstd, shuffle, fletcher32, has_shuffle, has_level;
    const char *blosc; /* its compressor, or NULL */
    int blosc_shuffle;
    int64_t level;
} asked;

typedef struct key_setting {
    ama__graph *g;
    const ama__write_args *args;
    ama__encode_item *item;
    const char *key;
    const ama__value *value;
    asked *asked;
} key_setting;

static ama_status wrong_value(const key_setting *s, const char *wanted) {
    return ama__fail(s->g->ctx, AMA_ERR_ARG, "encoding of %s: %s must be %s", s->item->name, s->key, wanted);
}

static bool as_number(const ama__value *v, double *f, int64_t *i) {
    *f = v->kind == AMA_VALUE_FLOAT ? v->f : v->kind == AMA_VALUE_INT ? (double)v->i : (double)v->b;
    *i = v->kind == AMA_VALUE_FLOAT ? (int64_t)v->f : v->kind == AMA_VALUE_INT ? v->i : v->b;
    return v->kind == AMA_VALUE_FLOAT || v->kind == AMA_VALUE_INT || v->kind == AMA_VALUE_BOOL;
}

static bool as_bool(const ama__value *v, bool *out) {
    *out = v->kind == AMA_VALUE_BOOL ? v->b : v->kind == AMA_VALUE_INT && v->i != 0;
    return v->kind == AMA_VALUE_BOOL || v->kind == AMA_VALUE_INT || v->kind == AMA_VALUE_NONE;
}

/* ---- one setter a key */

static ama_status set_dtype(const key_setting *s) {
    ama__encoding *e = &s->item->var->encoding;
    if (s->value->kind == AMA_VALUE_NONE) return AMA_OK;
    if (s->value->kind != AMA_VALUE_TEXT) return wrong_value(s, "a type such as \"float32\"");
    const char *name = s->value->text;
    if (strcmp(name, "S1") == 0 || strcmp(name, "|S1") == 0 || strcmp(name, "c") == 0)
        e->dtype = AMA_CHAR;
    else if (strcmp(name, "str") == 0)
        e->dtype = AMA_STRING;
    else if (!ama__dtype_parse(name, &e->dtype))
        return ama__fail(s->g->ctx, AMA_ERR_ARG, "encoding of %s: dtype \"%s\" is not known", s->item->name, name);
    bool text = ama__dtype_is_text(s->item->var->node->dtype) && !s->item->var->time;
    if (text != ama__dtype_is_text(e->dtype))
        return ama__fail(s->g->ctx, AMA_ERR_ARG, "encoding of %s: dtype \"%s\" does not suit its values (%s)",
                         s->item->name, name, text ? "text" : ama__dtype_name(s->item->var->node->dtype));
    e->has_dtype = true;
    return AMA_OK;
}

static ama_status set_fill(const key_setting *s) {
    ama__encoding *e = &s->item->var->encoding;
    if (s->value->kind == AMA_VALUE_NONE || s->value->kind == AMA_VALUE_TEXT) {
        e->no_fill = true;
        return AMA_OK;
    }
    e->has_fill = true;
    return as_number(s->value, &e->fill_f8, &e->fill_i8) ? AMA_OK : wrong_value(s, "a number or None");
}

static ama_status set_missing(const key_setting *s) {
    ama__encoding *e = &s->item->var->encoding;
    if (s->value->kind == AMA_VALUE_NONE) return AMA_OK;
    e->has_missing = true;
    return as_number(s->value, &e->missing_f8, &e->missing_i8) ? AMA_OK : wrong_value(s, "a number");
}

static ama_status set_factor(const key_setting *s) {
    ama__encoding *e = &s->item->var->encoding;
    double f;
    int64_t i;
    if (s->value->kind == AMA_VALUE_NONE) return AMA_OK;
    if (!as_number(s->value, &f, &i)) return wrong_value(s, "a number");
    ama_dtype t = s->value->kind == AMA_VALUE_FLOAT ? AMA_F8 : AMA_I8;
    if (strcmp(s->key, "scale_factor") == 0) {
        e->has_scale = true;
        e->scale = f;
        e->scale_dtype = t;
    } else {
        e->has_offset = true;
        e->offset = f;
        e->offset_dtype = t;
    }
    return AMA_OK;
}

static ama_status set_text(const key_setting *s) {
    ama__encoding *e = &s->item->var->encoding;
    bool none = s->value->kind == AMA_VALUE_NONE;
    if (!none && s->value->kind != AMA_VALUE_TEXT) return wrong_value(s, "text");
    const char *text = none ? NULL : s->value->text;
    if (strcmp(s->key, "units") == 0)
        e->units = text;
    else if (strcmp(s->key, "calendar") == 0)
        e->calendar = text;
    else if (strcmp(s->key, "coordinates") == 0) {
        e->coordinates = text;
        s->item->no_coordinates = none;
    } else {
        e->unsigned_hint = !text ? 0 : strcmp(text, "true") == 0 ? 1 : -1;
    }
    return AMA_OK;
}

static ama_status set_flag(const key_setting *s) {
    bool b;
    if (!as_bool(s->value, &b)) return wrong_value(s, "True or False");
    if (strcmp(s->key, "zlib") == 0)
        s->asked->zlib = b;
    else if (strcmp(s->key, "shuffle") == 0) {
        s->asked->shuffle = b;
        s->asked->has_shuffle = true;
    } else if (strcmp(s->key, "fletcher32") == 0)
        s->asked->fletcher32 = b;
    else
        s->item->var->encoding.contiguous = b;
    return AMA_OK;
}

static ama_status set_level(const key_setting *s) {
    if (s->value->kind == AMA_VALUE_NONE) return AMA_OK;
    if (s->value->kind != AMA_VALUE_INT) return wrong_value(s, "an integer");
    s->asked->has_level = true;
    s->asked->level = s->value->i;
    return AMA_OK;
}

/* Names of netCDF4-python's createVariable and of blosc's compressors. */
static const struct {
    const char *name, *blosc;
} compressions[] = {{"zlib", NULL},           {"zstd", NULL},         {"blosc_lz", "blosclz"}, {"blosc_lz4", "lz4"},
                    {"blosc_lz4hc", "lz4hc"}, {"blosc_zlib", "zlib"}, {"blosc_zstd", "zstd"}};

static ama_status set_compression(const key_setting *s) {
    asked *a = s->asked;
    if (s->value->kind == AMA_VALUE_NONE) return AMA_OK;
    const char *name = s->value->kind == AMA_VALUE_TEXT ? s->value->text : "";
    a->zlib = strcmp(name, "zlib") == 0;
    a->zstd = strcmp(name, "zstd") == 0;
    a->blosc = NULL;
    for (size_t i = 0; i < sizeof compressions / sizeof *compressions; i++)
        if (strcmp(name, compressions[i].name) == 0) a->blosc = compressions[i].blosc;
    if (a->zlib || a->zstd || a->blosc) return AMA_OK;
    bool known = strcmp(name, "szip") == 0 || strcmp(name, "bzip2") == 0;
    return ama__fail(s->g->ctx, known ? AMA_ERR_UNSUPPORTED : AMA_ERR_ARG,
                     "encoding of %s: %s \"%s\" is not %s; it is \"zlib\", \"zstd\", \"blosc_lz\", \"blosc_lz4\", "
                     "\"blosc_lz4hc\", \"blosc_zlib\", \"blosc_zstd\" or None",
                     s->item->name, s->key, name, known ? "supported" : "known");
}

static ama_status set_blosc_shuffle(const key_setting *s) {
    if (s->value->kind == AMA_VALUE_NONE) return AMA_OK;
    if (s->value->kind != AMA_VALUE_INT || s->value->i < 0 || s->value->i > 2)
        return wrong_value(s, "0 (none), 1 (bytes) or 2 (bits)");
    s->asked->blosc_shuffle = (int)s->value->i;
    return AMA_OK;
}

static ama_status set_chunks(const key_setting *s) {
    ama__encoding *e = &s->item->var->encoding;
    int ndim = s->item->var->ndim;
    if (s->value->kind == AMA_VALUE_NONE) return AMA_OK;
    if (s->value->kind == AMA_VALUE_INT) {
        for (int a = 0; a < ndim; a++) e->chunk[a] = s->value->i;
    } else if (s->value->kind != AMA_VALUE_INTS) {
        return wrong_value(s, "a tuple of integers");
    } else {
        if (s->value->n != ndim)
            return ama__fail(s->g->ctx, AMA_ERR_ARG, "encoding of %s: %s has %d entries, the variable %d dims",
                             s->item->name, s->key, s->value->n, ndim);
        for (int a = 0; a < ndim; a++) e->chunk[a] = s->value->ints[a];
    }
    for (int a = 0; a < ndim; a++) {
        int64_t extent = s->item->var->node->shape[a];
        if (e->chunk[a] == -1 && e->zarr) e->chunk[a] = extent > 0 ? extent : 1;
        if (e->chunk[a] < 1) return wrong_value(s, "positive");
        e->shape[a] = extent;
    }
    e->has_chunks = ndim > 0;
    e->chunk_ndim = ndim;
    return AMA_OK;
}

/* Names and members of numcodecs' classes. */
static const struct {
    const char *name;
    ama__codec codec;
    const char *level;
    int preset;
} compressors[] = {{"Blosc", AMA_CODEC_BLOSC, "clevel", 5},
                   {"Zlib", AMA_CODEC_DEFLATE, "level", 1},
                   {"GZip", AMA_CODEC_GZIP, "level", 1},
                   {"Zstd", AMA_CODEC_ZSTD, "level", 1},
                   {"LZ4", AMA_CODEC_LZ4, "acceleration", 1}};

static ama_status set_member(const key_setting *s, const char *name, const ama__value *v, const char *level,
                             ama__codec_step *step) {
    bool blosc = step->codec == AMA_CODEC_BLOSC;
    if (strcmp(name, level) == 0 && v->kind == AMA_VALUE_INT) {
        step->a = (int)v->i;
    } else if (blosc && strcmp(name, "cname") == 0 && v->kind == AMA_VALUE_TEXT) {
        if (strlen(v->text) >= sizeof step->name) return wrong_value(s, "a blosc compressor");
        strcpy(step->name, v->text);
    } else if (blosc && strcmp(name, "shuffle") == 0 && v->kind == AMA_VALUE_INT) {
        /* -1: bits for single bytes, else bytes (numcodecs) */
        step->b = v->i >= 0 ? (int)v->i : ama__dtype_bytes(s->item->var->node->dtype) == 1 ? 2 : 1;
    } else if (!(blosc && strcmp(name, "blocksize") == 0)) {
        return ama__fail(s->g->ctx, AMA_ERR_ARG, "encoding of %s: compressor %s does not take %s in this form",
                         s->item->name, s->value->text, name);
    }
    return AMA_OK;
}

static ama_status set_compressor(const key_setting *s) {
    ama__encoding *e = &s->item->var->encoding;
    e->known = true;
    e->pipeline.n = 0;
    if (s->value->kind == AMA_VALUE_NONE) return AMA_OK;
    if (s->value->kind != AMA_VALUE_COMPRESSOR) return wrong_value(s, "a numcodecs compressor or None");
    const char *names[sizeof compressors / sizeof *compressors];
    int n = (int)(sizeof compressors / sizeof *compressors), k = n;
    for (int i = 0; i < n; i++) {
        names[i] = compressors[i].name;
        if (strcmp(s->value->text, compressors[i].name) == 0) k = i;
    }
    if (k == n) return ama__no_such_name(s->g, "compressor", s->value->text, n, names);
    ama__codec_step *step = &e->pipeline.step[e->pipeline.n++];
    *step = (ama__codec_step){.codec = compressors[k].codec, .a = compressors[k].preset, .b = 1, .name = "lz4"};
    if (step->codec != AMA_CODEC_BLOSC) step->name[0] = '\0';
    for (int i = 0; i < s->value->n; i++)
        AMA_TRY(set_member(s, s->value->key[i], &s->value->member[i], compressors[k].level, step));
    return AMA_OK;
}

static ama_status ignore(const key_setting *s) {
    (void)s;
    return AMA_OK;
}

enum { NC4 = 1, CLASSIC = 2, ZARR = 4, ALL = 7 };

static const struct {
    const char *name;
    int formats;
    ama_status (*set)(const key_setting *s);
} keys[] = {{"dtype", ALL, set_dtype},
            {"_FillValue", ALL, set_fill},
            {"missing_value", ALL, set_missing},
            {"scale_factor", ALL, set_factor},
            {"add_offset", ALL, set_factor},
            {"units", ALL, set_text},
            {"calendar", ALL, set_text},
            {"_Unsigned", ALL, set_text},
            {"coordinates", ALL, set_text},
            {"zlib", NC4, set_flag},
            {"complevel", NC4, set_level},
            {"shuffle", NC4, set_flag},
            {"fletcher32", NC4, set_flag},
            {"contiguous", NC4, set_flag},
            {"chunksizes", NC4, set_chunks},
            {"compression", NC4, set_compression},
            {"compression_level", NC4, set_level},
            {"blosc_shuffle", NC4, set_blosc_shuffle},
            {"endian", NC4, ignore},
            {"chunks", ZARR, set_chunks},
            {"compressor", ZARR, set_compressor}};

#define N_KEYS ((int)(sizeof keys / sizeof *keys))

static ama_status set_key(const key_setting *s) {
    const char *names[N_KEYS];
    int n = 0, bit = s->args->format == AMA_FORMAT_NETCDF4 ? NC4 : s->args->format == AMA_FORMAT_ZARR2 ? ZARR : CLASSIC;
    for (int i = 0; i < N_KEYS; i++) {
        if (!(keys[i].formats & bit)) continue;
        if (strcmp(keys[i].name, s->key) == 0) return keys[i].set(s);
        names[n++] = keys[i].name;
    }
    ama__text known;
    ama__text_init(&known, s->g->ctx);
    for (int i = 0; i < n; i++) ama__text_printf(&known, "%s%s", i ? ", " : "", names[i]);
    const char *near = ama__text_nearest(s->key, names, n);
    ama_status status = ama__fail(
        s->g->ctx, AMA_ERR_ARG, "encoding of %s: this format has no key \"%s\"; it has %s%s%s%s", s->item->name, s->key,
        ama__text_get(&known), near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    ama__text_fini(&known);
    return status;
}

/* Shuffle, then deflate, zstd or blosc (which shuffles by itself), checksum: the order of netCDF-4. Level 0 is no
 * compression. */
static ama_status make_pipeline(ama__graph *g, const ama__encode_item *item, const asked *k, ama__pipeline *p) {
    int64_t level = k->has_level ? k->level : 4, least = k->zstd ? -131072 : 0, most = k->zstd ? 22 : 9;
    bool packs = k->zlib || k->zstd || k->blosc;
    if (packs && (level < least || level > most))
        return ama__fail(g->ctx, AMA_ERR_ARG, "encoding of %s: complevel %lld is not in 0 .. %lld", item->name,
                         (long long)level, (long long)most);
    packs &= level != 0;
    p->n = 0;
    if (packs && !k->blosc && (k->shuffle || !k->has_shuffle))
        p->step[p->n++] = (ama__codec_step){.codec = AMA_CODEC_SHUFFLE};
    if (packs) {
        ama__codec_step *step = &p->step[p->n++];
        *step = (ama__codec_step){.codec = k->zstd ? AMA_CODEC_ZSTD : AMA_CODEC_DEFLATE, .a = (int)level};
        if (k->blosc) {
            step->codec = AMA_CODEC_BLOSC;
            step->b = k->blosc_shuffle;
            strcpy(step->name, k->blosc);
        }
    }
    if (k->fletcher32) p->step[p->n++] = (ama__codec_step){.codec = AMA_CODEC_FLETCHER32};
    return AMA_OK;
}

ama_status ama__encode_keys(ama__graph *g, const ama__write_args *args, ama__encode_item *item) {
    asked k = {.blosc_shuffle = 1};
    ama__encoding *e = &item->var->encoding;
    for (int i = 0; i < args->n_keys; i++) {
        if (strcmp(args->key[i].var, item->name) != 0) continue;
        if (!item->asked) *e = (ama__encoding){.zarr = args->format == AMA_FORMAT_ZARR2};
        item->asked = true;
        if (!args->key[i].key) continue; /* {"tas": {}}: nothing asked, nothing kept */
        key_setting s = {g, args, item, args->key[i].key, &args->key[i].value, &k};
        AMA_TRY(set_key(&s));
    }
    if (!item->asked || e->zarr) return AMA_OK;
    if (e->contiguous && (k.zlib || k.zstd || k.blosc || k.fletcher32 || e->has_chunks))
        return ama__fail(g->ctx, AMA_ERR_ARG,
                         "encoding of %s: contiguous=True goes with neither chunks nor compression", item->name);
    return make_pipeline(g, item, &k, &e->pipeline);
}
