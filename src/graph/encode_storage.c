/* Chunks and codecs of what is written: as asked for, or as the source had them where that still fits. */
#include "graph/chunking.h"
#include "graph/encode_private.h"

static bool same_shape(const ama__encoding *e, const ama__stored_var *v) {
    if (e->chunk_ndim != v->ndim) return false;
    for (int a = 0; a < v->ndim; a++)
        if (e->shape[a] != v->grid.shape[a]) return false;
    return true;
}

/* The filters netCDF-4 output knows, in its order, with the element size of what is stored now. */
static void netcdf_pipeline(const ama__pipeline *from, size_t bytes, ama__pipeline *to) {
    static const ama__codec order[] = {AMA_CODEC_SHUFFLE, AMA_CODEC_DEFLATE, AMA_CODEC_ZSTD, AMA_CODEC_BLOSC,
                                       AMA_CODEC_FLETCHER32};
    bool packs = false;
    for (int i = 0; i < from->n; i++)
        packs |= (from->step[i].codec == AMA_CODEC_DEFLATE && from->step[i].a > 0) ||
                 from->step[i].codec == AMA_CODEC_ZSTD || from->step[i].codec == AMA_CODEC_BLOSC;
    to->n = 0;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (int i = 0; i < from->n; i++) {
            if (from->step[i].codec != order[k] || (order[k] != AMA_CODEC_FLETCHER32 && !packs)) continue;
            to->step[to->n] = from->step[i];
            to->step[to->n++].element_bytes = (int)bytes;
            break;
        }
}

static void netcdf_storage(const ama__encoding *e, const ama__meta *m, ama__stored_var *v) {
    bool unlimited = false, keeps = e->has_chunks && !e->zarr && same_shape(e, v);
    for (int a = 0; a < v->ndim; a++) {
        bool u = m->dim[v->dim[a]].unlimited;
        unlimited |= u;
        keeps &= e->chunk[a] <= v->grid.shape[a] || u;
    }
    if (v->ndim == 0 || v->dtype == AMA_STRING) return;
    if (!e->zarr) netcdf_pipeline(&e->pipeline, ama__dtype_bytes(v->dtype), &v->pipeline);
    v->chunked = unlimited || keeps || v->pipeline.n > 0;
    for (int a = 0; a < v->ndim; a++) v->grid.chunk[a] = keeps ? e->chunk[a] : 0;
}

static ama_status zarr_storage(ama__graph *g, const ama__write_args *args, const ama__encode_item *item,
                               ama__stored_var *v) {
    const ama__encoding *e = &item->var->encoding;
    size_t bytes = v->dtype == AMA_STRING ? 1 : ama__dtype_bytes(v->dtype);
    if (v->ndim == 0) return AMA_OK;
    v->chunked = true;
    bool keeps = e->has_chunks && e->zarr && e->chunk_ndim == v->ndim, same = item->var->ndim == v->ndim;
    for (int a = 0; a < v->ndim; a++) v->grid.chunk[a] = keeps ? e->chunk[a] : 0;
    if (same)
        AMA_TRY(ama__chunking_shape(g, item->name, item->var, keeps ? e->chunk : NULL, !args->unsafe_chunks,
                                    v->grid.chunk));
    if (e->known && e->zarr) {
        v->pipeline = e->pipeline;
        for (int i = 0; i < v->pipeline.n; i++)
            if (v->pipeline.step[i].codec == AMA_CODEC_BLOSC) v->pipeline.step[i].element_bytes = (int)bytes;
        return AMA_OK;
    }
    v->pipeline.n = 1;
    v->pipeline.step[0] =
        (ama__codec_step){.codec = AMA_CODEC_BLOSC, .a = 5, .b = 1, .element_bytes = (int)bytes, .name = "lz4"};
    return AMA_OK;
}

ama_status ama__encode_storage(ama__graph *g, const ama__write_args *args, const ama__encode_item *item,
                               const ama__meta *m, ama__stored_var *v) {
    v->grid.ndim = v->ndim;
    if (args->format == AMA_FORMAT_NETCDF4) netcdf_storage(&item->var->encoding, m, v);
    return args->format == AMA_FORMAT_ZARR2 ? zarr_storage(g, args, item, v) : AMA_OK;
}
