/* Small files made for the tests of opening and encoding: described in memory, written by the library's own writer. */
#ifndef GRAPH_FILE_H
#define GRAPH_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "graph/encode.h"
#include "graph/open.h"
#include "graph/restructure.h"

#define FILE_MAX 16

typedef struct made_file {
    ama_ctx *ctx;
    ama__arena *arena;
    ama__meta meta;
    ama__dim dim[FILE_MAX];
    ama__stored_var var[FILE_MAX];
    const void *data[FILE_MAX];
} made_file;

#define MUST(ctx, call)                                                                                                \
    do {                                                                                                               \
        if ((call) != AMA_OK) fail_msg("%s", ama__error_text(ctx));                                                    \
    } while (0)

static inline void file_init(made_file *f, ama_ctx *ctx) {
    memset(f, 0, sizeof *f);
    f->ctx = ctx;
    MUST(ctx, ama__arena_create(ctx, &f->arena));
    f->meta.dim = f->dim;
    f->meta.var = f->var;
}
static inline void file_fini(made_file *f) {
    ama__arena_destroy(&f->arena);
}

static inline void file_dim(made_file *f, const char *name, int64_t size, bool unlimited) {
    f->dim[f->meta.n_dims++] = (ama__dim){name, size, unlimited};
}

/* dims: "time,lat" or "". */
static inline int file_var(made_file *f, const char *name, ama_dtype t, const char *dims, const void *data) {
    int k = f->meta.n_vars++;
    ama__stored_var *v = &f->var[k];
    *v = (ama__stored_var){.name = name, .dtype = t};
    char list[128], *save = NULL;
    snprintf(list, sizeof list, "%s", dims);
    for (char *d = strtok_r(list, ",", &save); d; d = strtok_r(NULL, ",", &save)) {
        v->dim[v->ndim] = ama__meta_find_dim(&f->meta, d);
        assert_true(v->dim[v->ndim] >= 0);
        v->grid.chunk[v->ndim] = f->dim[v->dim[v->ndim]].size > 0 ? f->dim[v->dim[v->ndim]].size : 1;
        v->chunked |= f->dim[v->dim[v->ndim]].unlimited;
        v->ndim++;
    }
    f->data[k] = data;
    return k;
}

static inline void file_text(made_file *f, int var, const char *name, const char *text) {
    ama__attrs *a = var < 0 ? &f->meta.attrs : &f->var[var].attrs;
    MUST(f->ctx, ama__attrs_set_text(f->arena, a, name, text));
}
static inline void file_number(made_file *f, int var, const char *name, ama_dtype t, double x) {
    uint64_t cell = 0;
    ama__dtype_set_f8(t, &cell, 0, x);
    MUST(f->ctx, ama__attrs_set(f->arena, &f->var[var].attrs, name, t, 1, &cell));
}

/* Puts all chunks of one variable. */
static inline void put_all(ama_ctx *ctx, ama__writer *wr, ama__codec_work *w, const ama__meta *m, int k,
                           const void *data) {
    const ama__stored_var *v = &m->var[k];
    ama__chunkgrid g;
    int64_t shape[AMA_MAX_DIMS], chunk[AMA_MAX_DIMS], index[AMA_MAX_DIMS];
    for (int a = 0; a < v->ndim; a++) {
        shape[a] = m->dim[v->dim[a]].size;
        chunk[a] = v->chunked ? v->grid.chunk[a] : shape[a] > 0 ? shape[a] : 1;
    }
    assert_true(ama__chunkgrid_init(&g, v->ndim, shape, chunk));
    ama__box whole = ama__box_whole(v->ndim, shape);
    for (int64_t i = 0; i < g.n_chunks; i++) {
        ama__chunkgrid_index(&g, i, index);
        ama__box box = ama__chunkgrid_box(&g, index);
        char *part = malloc((size_t)ama__box_size(&box) * 8 + 8);
        ama__box_copy(&box, ama__dtype_bytes(v->dtype), data, &whole, part, &box);
        MUST(ctx, ama__writer_put(wr, w, k, &box, part));
        free(part);
    }
}

/* Writes on this process alone. */
static inline void file_write(ama_ctx *ctx, const ama__write_spec *spec, const void *const *data) {
    ama__comm *self;
    ama__writer *wr;
    ama__codec_work *w;
    MUST(ctx, ama__comm_create_self(ctx, &self));
    MUST(ctx, ama__writer_create(ctx, self, spec, &wr));
    MUST(ctx, ama__codec_work_create(ctx, &w));
    for (int k = 0; k < spec->meta.n_vars; k++) put_all(ctx, wr, w, &spec->meta, k, data[k]);
    MUST(ctx, ama__writer_flush(wr));
    MUST(ctx, ama__writer_finish(wr));
    MUST(ctx, ama__writer_publish(wr));
    ama__writer_destroy(&wr);
    ama__codec_work_destroy(&w);
    ama__comm_destroy(&self);
}
static inline void file_save(made_file *f, ama__format format, const char *path) {
    ama__write_spec spec = {.format = format, .path = path, .overwrite = true, .meta = f->meta};
    file_write(f->ctx, &spec, f->data);
}

/* What an open dataset says. */
static inline ama__variable *var_of(const ama__dataset *ds, const char *name) {
    ama__variable *v = ama__dataset_find(ds, name);
    if (!v) fail_msg("no variable %s", name);
    return v;
}
static inline double number_at(const ama__variable *v, int64_t i) {
    assert_int_equal(v->node->kind, AMA_NODE_CONST);
    return ama__dtype_get_f8(v->node->dtype, v->node->u.constant.data, i);
}
static inline const char *text_at(const ama__variable *v, int64_t i) {
    assert_int_equal(v->node->kind, AMA_NODE_CONST);
    assert_int_equal(v->node->dtype, AMA_STRING);
    return ((char *const *)v->node->u.constant.data)[i];
}
static inline const char *time_at(const ama__variable *v, int64_t i) {
    static char text[48];
    assert_non_null(v->time);
    return ama__time_print(v->time, ((const int64_t *)v->node->u.constant.data)[i], text, sizeof text);
}
static inline bool is_coord(const ama__dataset *ds, const char *name) {
    return ama__named_find(ds->n_coords, ds->coord, name) != NULL;
}

#endif
