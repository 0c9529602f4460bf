/* Metadata to and from a flat buffer. Derived numbers (chunk counts) are computed again on arrival, so that a damaged
 * buffer can not smuggle in a grid that contradicts itself. */
#include "store/meta.h"

#include <limits.h>
#include <string.h>

#include "store/pack.h"

#define META_MAGIC 0x31617465616d61 /* "amaeta1" */

static void pack_attrs(ama__packer *k, const ama__attrs *a) {
    ama__pack_i8(k, a->n);
    for (int i = 0; i < a->n; i++) {
        const ama__attr *x = &a->a[i];
        ama__pack_text(k, x->name);
        ama__pack_i8(k, x->dtype);
        ama__pack_i8(k, x->n);
        if (x->dtype == AMA_STRING) {
            const char *const *s = x->data;
            for (int64_t j = 0; j < x->n; j++) ama__pack_text(k, s[j] ? s[j] : "");
        } else {
            ama__pack_bytes(k, x->data, (size_t)x->n * ama__dtype_bytes(x->dtype));
        }
    }
}

static void pack_var(ama__packer *k, const ama__stored_var *v) {
    ama__pack_text(k, v->name);
    ama__pack_i8(k, v->dtype);
    ama__pack_i8(k, (v->swapped ? 1 : 0) | (v->fortran ? 2 : 0) | (v->chunked ? 4 : 0) | (v->has_fill ? 8 : 0));
    ama__pack_i8(k, v->ndim);
    for (int d = 0; d < v->ndim; d++) ama__pack_i8(k, v->dim[d]);
    ama__pack_bytes(k, v->grid.shape, (size_t)v->ndim * sizeof v->grid.shape[0]);
    ama__pack_bytes(k, v->grid.chunk, (size_t)v->ndim * sizeof v->grid.chunk[0]);
    ama__pack_i8(k, v->pipeline.n);
    ama__pack_bytes(k, v->pipeline.step, (size_t)v->pipeline.n * sizeof v->pipeline.step[0]);
    ama__pack_bytes(k, v->fill, sizeof v->fill);
    ama__pack_i8(k, v->stored_bytes);
    ama__pack_i8(k, v->driver_id);
    pack_attrs(k, &v->attrs);
}

ama_status ama__meta_pack(ama_ctx *ctx, const ama__meta *m, void **buf, size_t *bytes) {
    ama__packer k = {.ctx = ctx};
    *buf = NULL;
    *bytes = 0;
    ama__pack_i8(&k, META_MAGIC);
    ama__pack_text(&k, m->format);
    ama__pack_i8(&k, m->n_dims);
    for (int i = 0; i < m->n_dims; i++) {
        ama__pack_text(&k, m->dim[i].name);
        ama__pack_i8(&k, m->dim[i].size);
        ama__pack_i8(&k, m->dim[i].unlimited);
    }
    ama__pack_i8(&k, m->n_vars);
    for (int i = 0; i < m->n_vars; i++) pack_var(&k, &m->var[i]);
    ama__pack_i8(&k, m->n_groups);
    for (int i = 0; i < m->n_groups; i++) ama__pack_text(&k, m->group[i]);
    pack_attrs(&k, &m->attrs);
    if (k.status != AMA_OK) {
        ama__mem_free(ctx, k.p);
        return k.status;
    }
    *buf = k.p;
    *bytes = k.n;
    return AMA_OK;
}

static ama_status unpack_name(ama__unpacker *u, const char **out) {
    AMA_TRY(ama__unpack_text(u, out));
    return *out ? AMA_OK : ama__unpack_damaged(u, "a name is missing");
}

static ama_status unpack_attr(ama__unpacker *u, ama__attr *x) {
    int dtype;
    AMA_TRY(unpack_name(u, &x->name));
    AMA_TRY(ama__unpack_int(u, 0, AMA_DTYPE_N - 1, &dtype));
    x->dtype = (ama_dtype)dtype;
    AMA_TRY(ama__unpack_count(u, ama__dtype_bytes(x->dtype), &x->n));
    char *p;
    size_t bytes = (size_t)x->n * ama__dtype_bytes(x->dtype);
    AMA_NEW(u->arena, p, bytes + 8);
    x->data = p;
    if (x->dtype != AMA_STRING) return ama__unpack_bytes(u, p, bytes);
    const char **s = (const char **)(void *)p;
    for (int64_t j = 0; j < x->n; j++) AMA_TRY(unpack_name(u, &s[j]));
    return AMA_OK;
}

static ama_status unpack_attrs(ama__unpacker *u, ama__attrs *a) {
    int64_t n;
    AMA_TRY(ama__unpack_count(u, 24, &n));
    if (n > INT_MAX) return ama__unpack_damaged(u, "too many attributes");
    AMA_NEW(u->arena, a->a, n);
    a->n = (int)n;
    for (int i = 0; i < a->n; i++) AMA_TRY(unpack_attr(u, &a->a[i]));
    return AMA_OK;
}

static ama_status unpack_pipeline(ama__unpacker *u, ama__pipeline *p) {
    AMA_TRY(ama__unpack_int(u, 0, AMA_PIPELINE_MAX, &p->n));
    AMA_TRY(ama__unpack_bytes(u, p->step, (size_t)p->n * sizeof p->step[0]));
    for (int i = 0; i < p->n; i++) {
        if ((unsigned)p->step[i].codec > AMA_CODEC_UNKNOWN) return ama__unpack_damaged(u, "an unknown codec number");
        if (!memchr(p->step[i].name, 0, sizeof p->step[i].name)) return ama__unpack_damaged(u, "an endless codec name");
    }
    return AMA_OK;
}

static ama_status unpack_grid(ama__unpacker *u, int ndim, ama__chunkgrid *g) {
    int64_t shape[AMA_MAX_DIMS], chunk[AMA_MAX_DIMS], size;
    AMA_TRY(ama__unpack_bytes(u, shape, (size_t)ndim * sizeof shape[0]));
    AMA_TRY(ama__unpack_bytes(u, chunk, (size_t)ndim * sizeof chunk[0]));
    for (int d = 0; d < ndim; d++)
        if (shape[d] < 0 || chunk[d] < 1) return ama__unpack_damaged(u, "an impossible shape");
    if (!ama__shape_size(ndim, shape, &size) || !ama__shape_size(ndim, chunk, &size))
        return ama__unpack_damaged(u, "a shape that overflows");
    if (!ama__chunkgrid_init(g, ndim, shape, chunk)) return ama__unpack_damaged(u, "a chunk grid that overflows");
    return AMA_OK;
}

static ama_status unpack_var(ama__unpacker *u, int n_dims, ama__stored_var *v) {
    int dtype, flags;
    AMA_TRY(unpack_name(u, &v->name));
    AMA_TRY(ama__unpack_int(u, 0, AMA_DTYPE_N - 1, &dtype));
    v->dtype = (ama_dtype)dtype;
    AMA_TRY(ama__unpack_int(u, 0, 15, &flags));
    v->swapped = flags & 1;
    v->fortran = flags & 2;
    v->chunked = flags & 4;
    v->has_fill = flags & 8;
    AMA_TRY(ama__unpack_int(u, 0, AMA_MAX_DIMS, &v->ndim));
    for (int d = 0; d < v->ndim; d++) AMA_TRY(ama__unpack_int(u, 0, n_dims - 1, &v->dim[d]));
    AMA_TRY(unpack_grid(u, v->ndim, &v->grid));
    AMA_TRY(unpack_pipeline(u, &v->pipeline));
    AMA_TRY(ama__unpack_bytes(u, v->fill, sizeof v->fill));
    AMA_TRY(ama__unpack_i8(u, -1, INT64_MAX, &v->stored_bytes));
    AMA_TRY(ama__unpack_int(u, INT_MIN, INT_MAX, &v->driver_id));
    return unpack_attrs(u, &v->attrs);
}

static ama_status unpack_dims(ama__unpacker *u, ama__meta *m) {
    int64_t n;
    AMA_TRY(ama__unpack_count(u, 24, &n));
    if (n > INT_MAX) return ama__unpack_damaged(u, "too many dims");
    AMA_NEW(u->arena, m->dim, n);
    m->n_dims = (int)n;
    for (int i = 0; i < m->n_dims; i++) {
        int unlimited;
        AMA_TRY(unpack_name(u, &m->dim[i].name));
        AMA_TRY(ama__unpack_i8(u, 0, INT64_MAX, &m->dim[i].size));
        AMA_TRY(ama__unpack_int(u, 0, 1, &unlimited));
        m->dim[i].unlimited = unlimited;
    }
    return AMA_OK;
}

ama_status ama__meta_unpack(ama__arena *arena, const void *buf, size_t bytes, ama__meta *out) {
    ama__unpacker u = {.arena = arena, .p = buf, .n = bytes};
    ama__meta m = {0};
    int64_t n;
    AMA_TRY(ama__unpack_i8(&u, META_MAGIC, META_MAGIC, &n));
    AMA_TRY(unpack_name(&u, &m.format));
    AMA_TRY(unpack_dims(&u, &m));
    AMA_TRY(ama__unpack_count(&u, 72, &n));
    if (n > INT_MAX) return ama__unpack_damaged(&u, "too many variables");
    AMA_NEW(arena, m.var, n);
    m.n_vars = (int)n;
    for (int i = 0; i < m.n_vars; i++) AMA_TRY(unpack_var(&u, m.n_dims, &m.var[i]));
    AMA_TRY(ama__unpack_count(&u, 8, &n));
    if (n > INT_MAX) return ama__unpack_damaged(&u, "too many groups");
    AMA_NEW(arena, m.group, n);
    m.n_groups = (int)n;
    for (int i = 0; i < m.n_groups; i++) AMA_TRY(unpack_name(&u, &m.group[i]));
    AMA_TRY(unpack_attrs(&u, &m.attrs));
    if (u.at != u.n) return ama__unpack_damaged(&u, "bytes are left over");
    *out = m;
    return AMA_OK;
}
