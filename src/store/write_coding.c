/* Chunks from values to stored bytes, in as few buffers as the steps allow: values that the writer was given make room
 * for what is encoded from them, since the first step has copied them elsewhere by then. */
#include "store/write_coding.h"

#include "store/write_driver.h"

ama__chunk_coding ama__chunk_coding_of(const ama__write_spec *spec, int var) {
    const ama__stored_var *v = &spec->meta.var[var];
    ama__chunk_coding c = {.raw_bytes = (int64_t)ama__dtype_bytes(v->dtype)};
    for (int i = 0; i < v->ndim; i++) {
        const ama__dim *d = &spec->meta.dim[v->dim[i]];
        int64_t size = d->size > 1 ? d->size : 1;
        c.shape[i] = v->grid.chunk[i] < size || d->unlimited ? v->grid.chunk[i] : size;
        c.raw_bytes *= c.shape[i];
    }
    if (v->pipeline.n == 0) return c;
    c.spare_bytes = (int64_t)ama__mem_fill_pages(ama__pipeline_bound(&v->pipeline, (size_t)c.raw_bytes)) - c.raw_bytes;
    c.buffers = ama__pipeline_scratch(&v->pipeline);
    if (c.buffers == 0) c.buffers = 1; /* to encode into */
    return c;
}

ama_status ama__write_whole(ama__writer *wr, int var, ama__put *put) {
    const ama__stored_var *v = ama__writer_var(wr, var);
    size_t raw_bytes = (size_t)ama__write_chunk_size(wr, var) * ama__dtype_bytes(v->dtype);
    void *whole;
    if (ama__box_size(put->box) == ama__write_chunk_size(wr, var)) return AMA_OK;
    AMA_TRY(ama__mem_alloc(wr->ctx, AMA_MEM_WRITE, ama__pipeline_bound(&v->pipeline, raw_bytes), &whole));
    ama__write_pad(wr, var, put->box, put->data, whole);
    ama__mem_free(wr->ctx, put->own);
    put->data = put->own = whole;
    return AMA_OK;
}

ama_status ama__write_encode(ama__writer *wr, ama__codec_work *w, int var, size_t raw_bytes, ama__put *put,
                             void **coded, size_t *bytes) {
    const ama__pipeline *p = &ama__writer_var(wr, var)->pipeline;
    size_t bound = ama__pipeline_bound(p, raw_bytes);
    *coded = NULL;
    if (!w) return ama__fail(wr->ctx, AMA_ERR_INTERNAL, "put: compression without codec work");
    if (ama__pipeline_scratch(p) > 0) {
        *coded = put->own;
        put->own = NULL;
    }
    if (!*coded) AMA_TRY(ama__mem_alloc(wr->ctx, AMA_MEM_WRITE, bound, coded));
    ama__codec_work_repeat(w, wr->repeat);
    ama_status status = ama__pipeline_encode(wr->ctx, w, p, put->data, raw_bytes, *coded, bound, bytes);
    if (status != AMA_OK) AMA_FREE(wr->ctx, *coded);
    AMA_FREE(wr->ctx, put->own);
    return status;
}
