/* The world of the engine's tests: ranks, a directory, made datasets of every layout with known values, and sources
 * (one stored variable, or one in several files along an axis) over them. Everything follows from seeds, so all ranks
 * make the same. */
#ifndef AMA_TESTS_ENGINE_WORLD_H
#define AMA_TESTS_ENGINE_WORLD_H

#include "cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <mpi.h>

#include "comm/mpi.h"
#include "exec/exec.h"
#include "kernel_ref.h"

typedef struct en_world {
    ama_ctx *ctx;
    ama__comm *comm, *self;
    int rank, nranks;
    char dir[256];
} en_world;

/* ---- random numbers: one stream for what is made, the same on all ranks */

static uint64_t en_state = 1;
static inline uint64_t en_rnd(void) {
    en_state += 0x9E3779B97F4A7C15u;
    uint64_t z = en_state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
static inline int64_t en_below(int64_t n) {
    return n > 1 ? (int64_t)(en_rnd() % (uint64_t)n) : 0;
}
static inline bool en_chance(int percent) {
    return en_below(100) < percent;
}
static inline void en_seed(uint64_t seed, uint64_t number) {
    en_state = seed * 1000003u + number * 7919u + 17;
    en_rnd();
}

static inline int64_t en_size(int ndim, const int64_t *shape) {
    int64_t n = 1;
    for (int a = 0; a < ndim; a++) n *= shape[a];
    return n;
}

/* ---- world */

static inline void en_open(en_world *w, const char *name) {
    memset(w, 0, sizeof *w);
    w->ctx = ama__ctx_create();
    assert_int_equal(ama__comm_create(w->ctx, MPI_COMM_WORLD, &w->comm), AMA_OK);
    assert_int_equal(ama__comm_create_self(w->ctx, &w->self), AMA_OK);
    w->rank = ama__comm_rank(w->comm);
    w->nranks = ama__comm_nranks(w->comm);
    const char *tmp = getenv("TMPDIR");
    if (!tmp) tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* outputs are synced, and there are many */
    snprintf(w->dir, sizeof w->dir, "%s/amasia-%s-XXXXXX", tmp, name);
    if (w->rank == 0) assert_non_null(mkdtemp(w->dir));
    ama__comm_bcast(w->comm, w->dir, sizeof w->dir, 0);
}

static inline void en_remove(en_world *w, const char *path) {
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    ama__comm_barrier(w->comm);
    if (w->rank == 0) assert_int_equal(system(command), 0);
    ama__comm_barrier(w->comm);
}

static inline void en_close(en_world *w) {
    en_remove(w, w->dir);
    ama__comm_destroy(&w->self);
    ama__comm_destroy(&w->comm);
    assert_int_equal(ama__mem_used(w->ctx), 0);
    ama__ctx_destroy(&w->ctx);
}

static inline int en_entries(const char *dir) {
    int n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    while (readdir(d)) n++;
    closedir(d);
    return n - 2;
}

/* ---- sources */

#define EN_PARTS 4
#define EN_DIMS 5

typedef struct en_part {
    ama__format format;
    bool chunked, record;
    int64_t count, chunk[EN_DIMS];
    char path[320];
    void *stored; /* values as stored, dense native */
    ama__store *store;
} en_part;

typedef struct en_source {
    ama_dtype stored;
    int ndim, axis, n_parts;
    int64_t shape[EN_DIMS];
    ama__unpack unpack;
    bool absent; /* one chunk of each chunked part is never written: its fill value holds */
    en_part part[EN_PARTS];
} en_source;

static inline ref_value en_stored_value(ama_dtype t) {
    if (ref_is_float(t)) {
        if (en_chance(8)) return ref_float(t, NAN);
        return ref_float(t, (double)(en_below(257) - 128) / 8);
    }
    if (ama__dtype_bytes(t) == 8 && en_chance(4)) return ref_int(t, (int64_t)en_rnd());
    return ref_int(t, en_below(41) - (ama__dtype_kind(t) == 'u' ? 0 : 20));
}

static inline void en_part_shape(const en_source *s, const en_part *p, int64_t *shape) {
    memcpy(shape, s->shape, sizeof s->shape);
    if (s->ndim) shape[s->axis] = p->count;
}

static inline bool en_format_has(ama__format f, ama_dtype t) {
    if (t == AMA_BOOL) return f == AMA_FORMAT_ZARR2;
    bool old = f == AMA_FORMAT_CDF1 || f == AMA_FORMAT_CDF2;
    return !old || (ama__dtype_kind(t) != 'u' && t != AMA_I8);
}

static inline void en_part_layout(const en_source *s, en_part *p) {
    static const ama__format format[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_NETCDF4, AMA_FORMAT_CDF5,
                                         AMA_FORMAT_CDF2,    AMA_FORMAT_CDF5,    AMA_FORMAT_ZARR2};
    do p->format = format[en_below(6)];
    while (!en_format_has(p->format, s->stored));
    bool classic = p->format == AMA_FORMAT_CDF5 || p->format == AMA_FORMAT_CDF2;
    p->chunked = s->ndim > 0 && !classic && (p->format == AMA_FORMAT_ZARR2 || en_chance(75));
    p->record = classic && s->ndim > 0 && en_chance(50);
    int64_t shape[EN_DIMS];
    en_part_shape(s, p, shape);
    for (int a = 0; a < s->ndim; a++) p->chunk[a] = 1 + en_below(shape[a]);
}

static inline void en_compress(ama__stored_var *v, ama__format f) {
    int size = (int)ama__dtype_bytes(v->dtype);
    if (en_chance(25)) return;
    if (en_chance(60)) v->pipeline.step[v->pipeline.n++] = (ama__codec_step){AMA_CODEC_SHUFFLE, 0, 0, size, ""};
    ama__codec c = f == AMA_FORMAT_ZARR2 && en_chance(50) ? AMA_CODEC_ZSTD : AMA_CODEC_DEFLATE;
    v->pipeline.step[v->pipeline.n++] = (ama__codec_step){c, 1, 0, size, ""};
    if (f == AMA_FORMAT_NETCDF4 && en_chance(20))
        v->pipeline.step[v->pipeline.n++] = (ama__codec_step){AMA_CODEC_FLETCHER32, 0, 0, size, ""};
}

/* Writes one dataset of one variable from this process alone. */
static inline void en_write_part(en_world *w, const en_source *s, en_part *p) {
    static const char *const name[] = {"d0", "d1", "d2", "d3", "d4"};
    ama__dim dim[EN_DIMS];
    int64_t shape[EN_DIMS], chunk[EN_DIMS];
    ama__stored_var v = {.name = "v", .dtype = s->stored, .ndim = s->ndim, .chunked = p->chunked};
    ama__writer *wr;
    ama__codec_work *work;
    ama__chunkgrid g;
    en_part_shape(s, p, shape);
    for (int a = 0; a < s->ndim; a++) {
        dim[a] = (ama__dim){name[a], shape[a], p->record && a == 0};
        v.dim[a] = a;
        chunk[a] = v.grid.chunk[a] = p->chunked ? p->chunk[a] : shape[a];
    }
    if (p->chunked) en_compress(&v, p->format);
    ama__write_spec spec = {.format = p->format, .path = p->path};
    spec.meta = (ama__meta){.n_dims = s->ndim, .n_vars = 1, .dim = dim, .var = &v};
    assert_int_equal(ama__codec_work_create(w->ctx, &work), AMA_OK);
    assert_int_equal(ama__writer_create(w->ctx, w->self, &spec, &wr), AMA_OK);
    assert_true(ama__chunkgrid_init(&g, s->ndim, shape, chunk));
    ama__box whole = ama__box_whole(s->ndim, shape);
    size_t size = ama__dtype_bytes(s->stored), bytes = size * (size_t)en_size(s->ndim, chunk);
    char *data = malloc(bytes ? bytes : 1);
    for (int64_t k = 0; k < g.n_chunks; k++) {
        int64_t index[EN_DIMS];
        ama__chunkgrid_index(&g, k, index);
        ama__box box = ama__chunkgrid_box(&g, index);
        ama__box_copy(&box, size, p->stored, &whole, data, &box);
        assert_int_equal(ama__writer_put(wr, work, 0, &box, data), AMA_OK);
    }
    free(data);
    assert_int_equal(ama__writer_flush(wr), AMA_OK);
    assert_int_equal(ama__writer_finish(wr), AMA_OK);
    assert_int_equal(ama__writer_publish(wr), AMA_OK);
    ama__writer_destroy(&wr);
    ama__codec_work_destroy(&work);
}

static inline void en_source_packing(en_world *w, en_source *s) {
    ama__packing_attrs a = {0};
    if (s->stored != AMA_BOOL && en_chance(40)) {
        a.has_scale = en_chance(60);
        a.has_offset = en_chance(60);
        a.scale_dtype = a.offset_dtype = en_chance(50) ? AMA_F4 : AMA_F8;
        a.scale = 0.25;
        a.offset = 3.5;
        a.n_missing = (int)en_below(3);
        for (int k = 0; k < a.n_missing; k++) a.missing_f8[k] = (double)(a.missing_i8[k] = 5 + k);
    }
    assert_int_equal(ama__packing_decode(w->ctx, s->stored, &a, &s->unpack), AMA_OK);
}

/* Draws the shape, layout and values of a source and has rank 0 write its files. Collective. */
static inline void en_make_source(en_world *w, int number, int ndim, const int64_t *shape, en_source *s) {
    memset(s, 0, sizeof *s);
    s->stored = (ama_dtype)(AMA_BOOL + en_below(AMA_F8 - AMA_BOOL + 1));
    if (en_chance(50)) s->stored = en_chance(50) ? AMA_F4 : AMA_F8;
    s->ndim = ndim;
    memcpy(s->shape, shape, (size_t)ndim * sizeof *shape);
    s->axis = (int)en_below(ndim);
    s->n_parts = ndim && en_chance(50) ? 1 + (int)en_below(EN_PARTS) : 1;
    if (ndim && s->shape[s->axis] < s->n_parts) s->n_parts = 1;
    en_source_packing(w, s);
    int64_t left = ndim ? s->shape[s->axis] : 1;
    for (int i = 0; i < s->n_parts; i++) {
        en_part *p = &s->part[i];
        int64_t others = s->n_parts - 1 - i, part_shape[EN_DIMS];
        p->count = others ? 1 + en_below(left - others) : left;
        left -= p->count;
        en_part_layout(s, p);
        snprintf(p->path, sizeof p->path, "%s/in%d_%d", w->dir, number, i);
        en_part_shape(s, p, part_shape);
        int64_t n = en_size(ndim, part_shape);
        p->stored = malloc((size_t)n * 8 + 8);
        for (int64_t k = 0; k < n; k++) ref_set(en_stored_value(s->stored), p->stored, k);
        uint64_t mark = en_state;
        if (w->rank == 0) en_write_part(w, s, p);
        en_state = mark; /* rank 0 drew the compression */
    }
    ama__comm_barrier(w->comm);
    for (int i = 0; i < s->n_parts; i++) {
        const ama__open_options o = {0};
        assert_int_equal(ama__store_open(w->ctx, w->comm, s->part[i].path, &o, &s->part[i].store), AMA_OK);
    }
}

static inline void en_free_source(en_source *s) {
    for (int i = 0; i < s->n_parts; i++) {
        ama__store_close(&s->part[i].store);
        free(s->part[i].stored);
    }
}

/* The source as a node, and its decoded values as a dense array of the node's dtype (malloc). */
static inline void *en_source_node(ama__graph *g, const en_source *s, ama__node **out) {
    ama__source_part part[EN_PARTS];
    int64_t start = 0;
    for (int i = 0; i < s->n_parts; i++) {
        part[i] = (ama__source_part){s->part[i].store, ama__meta_find_var(&s->part[i].store->meta, "v"), s->unpack,
                                     start, s->part[i].count};
        start += s->part[i].count;
    }
    assert_int_equal(ama__node_source(g, s->axis, s->n_parts, part, out), AMA_OK);
    ama_dtype t = (*out)->dtype;
    ama__box whole = ama__box_whole(s->ndim, s->shape);
    char *data = malloc((size_t)en_size(s->ndim, s->shape) * 8 + 8);
    start = 0;
    for (int i = 0; i < s->n_parts; i++) {
        ama__box box = whole;
        if (s->ndim) {
            box.start[s->axis] = start;
            box.count[s->axis] = s->part[i].count;
        }
        start += s->part[i].count;
        int64_t n = ama__box_size(&box);
        char *decoded = malloc((size_t)n * 8 + 8);
        ama__unpack_apply(&s->unpack, n, s->part[i].stored, decoded);
        for (int64_t k = 0; s->unpack.dtype != t && k < n; k++)
            ref_set(ref_cast(ref_get(s->unpack.dtype, decoded, k), t), decoded, k);
        ama__box_copy(&box, ama__dtype_bytes(t), decoded, &box, data, &whole);
        free(decoded);
    }
    return data;
}

#endif
