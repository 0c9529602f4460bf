/* The sinks of a conversion: which variables go where, in which chunks, by which codec. */
#include "graph/conversion.h"

#include <inttypes.h>

#include "graph/encode_private.h"

#define CHUNK_BYTES ((int64_t)4 << 20) /* of a chunk whose shape is left to us */

/* ---- chunks */

static int64_t at_least_1(int64_t x) {
    return x > 1 ? x : 1;
}

/* Finds what is 0 in chunk: from the last axis on as much as CHUNK_BYTES hold. */
static void fill_auto(int ndim, const int64_t *shape, int64_t bytes, int64_t *chunk) {
    int64_t room = CHUNK_BYTES / at_least_1(bytes);
    for (int a = 0; a < ndim; a++)
        if (chunk[a] > 0) room /= chunk[a];
    for (int a = ndim - 1; a >= 0; a--) {
        if (chunk[a] > 0) continue;
        chunk[a] = at_least_1(room < shape[a] ? room : shape[a]);
        room /= chunk[a];
    }
}

/* -1, 0 (auto) or the size asked for; -2 when the dim is not named. */
static int64_t wanted(const ama__convert_args *args, const char *dim) {
    for (int i = 0; i < args->n_wants; i++)
        if (strcmp(args->want[i].dim, dim) == 0) return args->want[i].kind == AMA_CHUNK_AUTO ? 0 : args->want[i].size;
    return -2;
}

/* The chunk shape of a variable; false where nothing asks for chunks. */
static bool choose_chunks(const ama__convert_args *args, const ama__variable *v, int64_t *chunk) {
    const ama__encoding *e = &v->encoding;
    const int64_t *shape = v->node->shape;
    bool stored = e->known && e->has_chunks && e->chunk_ndim == v->ndim, any = stored, named = false;
    for (int a = 0; a < v->ndim; a++) named |= wanted(args, v->dim[a]) != -2;
    any |= named || args->format == AMA_FORMAT_ZARR2;
    for (int a = 0; a < v->ndim; a++) {
        int64_t size = wanted(args, v->dim[a]);
        if (size == -2) size = stored ? e->chunk[a] : named ? -1 : 0;
        chunk[a] = size == -1 || size > shape[a] ? at_least_1(shape[a]) : size;
    }
    fill_auto(v->ndim, shape, (int64_t)ama__dtype_bytes(v->node->dtype), chunk);
    return any;
}

/* ---- codecs */

static bool compresses(const ama__pipeline *p) {
    for (int i = 0; i < p->n; i++)
        if (p->step[i].codec != AMA_CODEC_SHUFFLE && p->step[i].codec != AMA_CODEC_FLETCHER32) return true;
    return false;
}

/* The codec of the source where the format is the same; otherwise what is compressed stays so, by the usual codec. */
static ama__pipeline choose_pipeline(const ama__convert_args *args, const ama__variable *v) {
    const ama__encoding *e = &v->encoding;
    bool zarr = args->format == AMA_FORMAT_ZARR2, text = ama__dtype_is_text(v->node->dtype);
    ama__pipeline from = {0}, to = {0};
    if (args->has_codec)
        from = args->codec;
    else if (e->known && e->zarr == zarr)
        from = e->pipeline;
    else if (zarr)
        from = (ama__pipeline){1, {{.codec = AMA_CODEC_BLOSC, .a = 5, .b = 1, .name = "lz4"}}};
    else if (compresses(&e->pipeline))
        from = (ama__pipeline){2, {{.codec = AMA_CODEC_SHUFFLE}, {.codec = AMA_CODEC_DEFLATE, .a = 4}}};
    for (int i = 0; i < from.n; i++) {
        if (text && from.step[i].codec == AMA_CODEC_SHUFFLE) continue;
        to.step[to.n] = from.step[i];
        to.step[to.n++].element_bytes = text ? 1 : (int)ama__dtype_bytes(v->node->dtype);
    }
    return to;
}

/* ---- one variable */

static bool is_chars(const ama__variable *v) {
    return v->encoding.has_dtype && v->encoding.dtype == AMA_CHAR && ama__dtype_is_text(v->node->dtype);
}

/* Opening takes NULs off the end of text: a fill character that is NUL has become nothing. */
static ama_status restore_fill(ama__graph *g, ama__variable *v) {
    const ama__attr *fill = ama__attrs_find(&v->attrs, "_FillValue");
    if (!fill || !is_chars(v) || fill->dtype != AMA_CHAR || fill->n > 0) return AMA_OK;
    return ama__attrs_set(g->arena, &v->attrs, "_FillValue", AMA_CHAR, 1, "");
}

/* What the writer is to do with a copy of the variable. Labels of a dim are read as a whole: one chunk. */
static ama_status set_storage(ama__graph *g, const ama__convert_args *args, const ama__named *in, ama__named *out) {
    ama__variable *v;
    int64_t chunk[AMA_MAX_DIMS];
    AMA_TRY(ama__variable_copy(g, in->var, &v));
    *out = (ama__named){in->name, v};
    ama__encoding *e = &v->encoding;
    bool zarr = args->format == AMA_FORMAT_ZARR2, text = ama__dtype_is_text(v->node->dtype) && !v->time;
    bool whole = text || ama__variable_is_index(in->name, v);
    AMA_TRY(restore_fill(g, v));
    e->no_fill = true; /* no _FillValue that was not there */
    if (ama__format_is_classic(args->format)) return AMA_OK;
    ama__pipeline pipeline = choose_pipeline(args, v);
    int ndim = v->ndim;
    if (whole)
        for (int a = 0; a < v->ndim; a++) chunk[a] = at_least_1(v->node->shape[a]);
    if (zarr && is_chars(v) && e->char_dim) chunk[ndim++] = at_least_1(e->char_len);
    bool chunks = whole ? zarr : choose_chunks(args, v, chunk);
    if (!text || zarr || e->zarr) { /* characters in netCDF keep what they have */
        e->has_chunks = chunks && ndim > 0;
        e->contiguous = !e->has_chunks;
        e->chunk_ndim = ndim;
    }
    for (int a = 0; a < ndim && e->has_chunks && e->chunk_ndim == ndim; a++) {
        e->chunk[a] = chunk[a];
        e->shape[a] = a < v->ndim ? v->node->shape[a] : e->char_len;
    }
    e->known = true;
    e->zarr = zarr;
    e->pipeline = pipeline;
    return AMA_OK;
}

static ama_status set_all(ama__graph *g, const ama__convert_args *args, const ama__dataset *in, ama__dataset *out) {
    *out = *in;
    AMA_NEW(g->arena, out->coord, in->n_coords + 1);
    AMA_NEW(g->arena, out->var, in->n_vars + 1);
    for (int i = 0; i < in->n_coords; i++) AMA_TRY(set_storage(g, args, &in->coord[i], &out->coord[i]));
    for (int i = 0; i < in->n_vars; i++) AMA_TRY(set_storage(g, args, &in->var[i], &out->var[i]));
    return AMA_OK;
}

/* ---- sinks */

static ama_status make_sink(ama__graph *g, const ama__dataset *ds, const ama__convert_args *args, const char *root,
                            const char *path, ama__sink **out) {
    ama__dataset part;
    ama__write_args w = AMA_WRITE_ARGS_INIT;
    AMA_TRY(ama__convert_select(g, ds, args, root ? &root : NULL, &part));
    if (part.n_coords + part.n_vars == 0)
        return ama__fail(g->ctx, AMA_ERR_ARG, "%s: no variable is left to write", path);
    w.format = args->format;
    w.path = path;
    w.overwrite = args->overwrite;
    w.as_stored = !args->reencode;
    ama__object object = ama__object_from_dataset(&part);
    return ama__graph_encode(g, &object, &w, out);
}

/* OUT with {} replaced, or OUT/NAME.nc */
static ama_status path_of(ama__graph *g, const ama__convert_args *args, const char *name, const char **out) {
    const char *place = strstr(args->path, "{}");
    size_t n = strlen(args->path);
    while (n > 1 && args->path[n - 1] == '/') n--;
    if (place)
        AMA_KEEP(g->arena, *out,
                 ama__arena_printf(g->arena, "%.*s%s%s", (int)(place - args->path), args->path, name, place + 2));
    else
        AMA_KEEP(g->arena, *out,
                 ama__arena_printf(g->arena, "%.*s/%s.%s", (int)n, args->path, name,
                                   args->format == AMA_FORMAT_ZARR2 ? "zarr" : "nc"));
    return AMA_OK;
}

static ama_status split(ama__graph *g, const ama__dataset *ds, const ama__convert_args *args, int *n,
                        ama__sink ***out) {
    ama__dataset kept;
    const char **name;
    AMA_TRY(ama__convert_select(g, ds, args, NULL, &kept));
    AMA_TRY(ama__convert_data_names(g, &kept, n, &name));
    if (*n == 0) return ama__fail(g->ctx, AMA_ERR_ARG, "there is no data variable to write");
    AMA_NEW(g->arena, *out, *n);
    for (int i = 0; i < *n; i++) {
        const char *path;
        AMA_TRY(path_of(g, args, name[i], &path));
        AMA_TRY(make_sink(g, ds, args, name[i], path, &(*out)[i]));
    }
    return AMA_OK;
}

ama_status ama__convert_sinks(ama__graph *g, const ama__dataset *ds, const ama__convert_args *args, int *n,
                              ama__sink ***out) {
    ama__dataset stored;
    for (int i = 0; i < args->n_wants; i++)
        if (ama__dataset_dim_size(ds, args->want[i].dim) < 0)
            return ama__wrap(g->ctx, ama__no_such_dim(g, ds, args->want[i].dim), "--chunks");
    if (args->n_wants > 0 && ama__format_is_classic(args->format))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "classic netCDF has no chunks: leave --chunks out");
    AMA_TRY(set_all(g, args, ds, &stored));
    if (args->split) return split(g, &stored, args, n, out);
    *n = 1;
    AMA_NEW(g->arena, *out, 1);
    return make_sink(g, &stored, args, NULL, args->path, *out);
}
