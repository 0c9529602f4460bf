/* What the options of a conversion say. */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "graph/conversion.h"
#include "graph/encode_private.h"

/* ---- lists */

ama_status ama__convert_names(ama__graph *g, const char *text, int *n, const char ***out) {
    *n = 0;
    AMA_NEW(g->arena, *out, text ? strlen(text) + 1 : 1);
    while (text && *text) {
        size_t length = strcspn(text, ",");
        if (length == 0) return ama__fail(g->ctx, AMA_ERR_ARG, "'%s': a name is empty", text);
        AMA_KEEP(g->arena, (*out)[*n], ama__arena_strndup(g->arena, text, length));
        ++*n;
        text += length;
        if (*text && !*++text) return ama__fail(g->ctx, AMA_ERR_ARG, "a name is missing after the last comma");
    }
    return AMA_OK;
}

static bool parse_int(const char *s, int64_t *out) {
    char *end;
    errno = 0;
    *out = strtoll(s, &end, 10);
    return end != s && !*end && errno == 0;
}

static ama_status one_chunk(ama__graph *g, const char *text, int n_before, ama__chunk_want *want) {
    const char *eq = strchr(text, '=');
    int64_t size = 0;
    if (!eq || eq == text || !eq[1])
        return ama__fail(g->ctx, AMA_ERR_ARG, "chunks '%s': DIM=SIZE is wanted, as in time=-1,lat=90", text);
    char *dim;
    AMA_KEEP(g->arena, dim, ama__arena_strndup(g->arena, text, (size_t)(eq - text)));
    for (int i = 1; i <= n_before; i++)
        if (strcmp(want[-i].dim, dim) == 0) return ama__fail(g->ctx, AMA_ERR_ARG, "chunks: dim %s is named twice", dim);
    bool automatic = strcmp(eq + 1, "auto") == 0;
    if (!automatic && (!parse_int(eq + 1, &size) || (size < 1 && size != -1)))
        return ama__fail(g->ctx, AMA_ERR_ARG,
                         "chunks '%s': the size is a positive number, -1 (the whole dim) or auto, not '%s'", text,
                         eq + 1);
    *want = (ama__chunk_want){.dim = dim, .kind = automatic ? AMA_CHUNK_AUTO : AMA_CHUNK_SIZE, .size = size};
    return AMA_OK;
}

ama_status ama__convert_chunks(ama__graph *g, const char *text, int *n, ama__chunk_want **out) {
    const char **part;
    AMA_TRY(ama__wrap(g->ctx, ama__convert_names(g, text, n, &part), "chunks"));
    AMA_NEW(g->arena, *out, *n + 1);
    for (int i = 0; i < *n; i++) AMA_TRY(one_chunk(g, part[i], i, &(*out)[i]));
    return AMA_OK;
}

/* ---- format */

static bool ends_with(const char *s, const char *end) {
    size_t n = strlen(s), m = strlen(end);
    while (n > 1 && s[n - 1] == '/') n--;
    return n > m && strncmp(s + n - m, end, m) == 0;
}

ama_status ama__convert_format(ama_ctx *ctx, const char *name, const char *path, ama__format *out) {
    static const struct {
        const char *name;
        ama__format format;
    } known[] = {{"zarr", AMA_FORMAT_ZARR2},   {"zarr2", AMA_FORMAT_ZARR2}, {"netcdf4", AMA_FORMAT_NETCDF4},
                 {"netcdf3", AMA_FORMAT_CDF2}, {"cdf1", AMA_FORMAT_CDF1},   {"cdf2", AMA_FORMAT_CDF2},
                 {"cdf5", AMA_FORMAT_CDF5}};
    for (size_t i = 0; name && i < sizeof known / sizeof *known; i++)
        if (strcasecmp(name, known[i].name) == 0) {
            *out = known[i].format;
            return AMA_OK;
        }
    if (name && strncmp(name, "NETCDF", 6) == 0) return ama__format_parse(ctx, name, out);
    if (name) return ama__fail(ctx, AMA_ERR_ARG, "format '%s' is none of zarr, netcdf4, netcdf3, cdf5", name);
    bool zarr = ends_with(path, ".zarr");
    if (!zarr && !ends_with(path, ".nc") && !ends_with(path, ".nc4"))
        return ama__fail(ctx, AMA_ERR_ARG, "%s ends in none of .zarr, .nc, .nc4: say the format with --format", path);
    *out = zarr ? AMA_FORMAT_ZARR2 : AMA_FORMAT_NETCDF4;
    return AMA_OK;
}

/* ---- codec */

typedef struct codec_name {
    const char *name;
    ama__codec codec;
    int least, most, preset; /* level */
    bool netcdf;             /* netCDF-4 has it */
} codec_name;

static const codec_name codecs[] = {
    {"deflate", AMA_CODEC_DEFLATE, 0, 9, 4, true}, {"zlib", AMA_CODEC_DEFLATE, 0, 9, 4, true},
    {"gzip", AMA_CODEC_GZIP, 0, 9, 4, false},      {"zstd", AMA_CODEC_ZSTD, 1, 22, 3, true},
    {"lz4", AMA_CODEC_LZ4, 1, 65537, 1, false},    {"blosc", AMA_CODEC_BLOSC, 0, 9, 5, true}};

#define CODEC_HELP "none, deflate:LEVEL, zlib:LEVEL, gzip:LEVEL, zstd:LEVEL, lz4, blosc:NAME:LEVEL:SHUFFLE"

/* The next word of "blosc:zstd:5"; false at the end. */
static bool next_word(const char **text, char *word, size_t bytes) {
    if (!*text) return false;
    size_t n = strcspn(*text, ":");
    size_t kept = n < bytes - 1 ? n : bytes - 1;
    memcpy(word, *text, kept);
    word[kept] = '\0';
    *text = (*text)[n] ? *text + n + 1 : NULL;
    return true;
}

static ama_status read_level(ama_ctx *ctx, const codec_name *k, const char *word, int *out) {
    int64_t level;
    if (!parse_int(word, &level) || level < k->least || level > k->most)
        return ama__fail(ctx, AMA_ERR_ARG, "codec %s: the level is a number from %d to %d, not '%s'", k->name, k->least,
                         k->most, word);
    *out = (int)level;
    return AMA_OK;
}

static ama_status read_blosc(ama_ctx *ctx, const codec_name *k, const char *rest, ama__codec_step *step) {
    static const char *const shuffles[] = {"noshuffle", "shuffle", "bitshuffle"};
    char word[AMA_CODEC_NAME_MAX];
    strcpy(step->name, "lz4");
    step->b = 1;
    if (next_word(&rest, word, sizeof word)) strcpy(step->name, word);
    if (next_word(&rest, word, sizeof word)) AMA_TRY(read_level(ctx, k, word, &step->a));
    if (next_word(&rest, word, sizeof word)) {
        step->b = -1;
        for (int i = 0; i < 3; i++)
            if (strcmp(word, shuffles[i]) == 0) step->b = i;
        if (step->b < 0)
            return ama__fail(ctx, AMA_ERR_ARG, "codec blosc: '%s' is none of shuffle, bitshuffle, noshuffle", word);
    }
    if (rest)
        return ama__fail(ctx, AMA_ERR_ARG, "codec blosc: nothing may come after the shuffle, but '%s' does", rest);
    ama__pipeline one = {1, {*step}};
    return ama__pipeline_check(ctx, &one);
}

static ama_status read_codec(ama_ctx *ctx, const char *text, bool shuffle, ama__format format, ama__pipeline *out) {
    const codec_name *k = NULL;
    const char *rest = text, *names[sizeof codecs / sizeof *codecs];
    char word[AMA_CODEC_NAME_MAX];
    int n = (int)(sizeof codecs / sizeof *codecs);
    next_word(&rest, word, sizeof word);
    for (int i = 0; i < n; i++) {
        names[i] = codecs[i].name;
        if (strcmp(word, codecs[i].name) == 0) k = &codecs[i];
    }
    if (!k) {
        const char *near = ama__text_nearest(word, names, n);
        return ama__fail(ctx, AMA_ERR_ARG, "codec '%s' is not known; there are: " CODEC_HELP "%s%s%s", word,
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (format == AMA_FORMAT_NETCDF4 && !k->netcdf)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "netCDF-4 has no codec %s; deflate, zstd and blosc it has", k->name);
    ama__codec_step step = {.codec = k->codec, .a = k->preset};
    if (k->codec == AMA_CODEC_BLOSC) {
        if (shuffle)
            return ama__fail(ctx, AMA_ERR_ARG, "blosc shuffles by itself: blosc:lz4:5:shuffle, without +shuffle");
        AMA_TRY(read_blosc(ctx, k, rest, &step));
    } else {
        if (next_word(&rest, word, sizeof word)) AMA_TRY(read_level(ctx, k, word, &step.a));
        if (rest) return ama__fail(ctx, AMA_ERR_ARG, "codec %s has a level only: '%s' is too much", k->name, rest);
    }
    if (shuffle) out->step[out->n++] = (ama__codec_step){.codec = AMA_CODEC_SHUFFLE};
    out->step[out->n++] = step;
    return AMA_OK;
}

ama_status ama__convert_codec(ama_ctx *ctx, const char *text, ama__format format, ama__pipeline *out) {
    char base[128];
    bool shuffle = ends_with(text, "+shuffle");
    out->n = 0;
    if (strcmp(text, "none") == 0) return AMA_OK;
    if (ama__format_is_classic(format))
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED,
                         "classic netCDF is not compressed: only codec none is possible, or --format netcdf4");
    size_t n = strlen(text) - (shuffle ? strlen("+shuffle") : 0);
    if (n >= sizeof base)
        return ama__fail(ctx, AMA_ERR_ARG, "codec '%.40s…' is not known; there are: " CODEC_HELP, text);
    memcpy(base, text, n);
    base[n] = '\0';
    return read_codec(ctx, base, shuffle, format, out);
}
