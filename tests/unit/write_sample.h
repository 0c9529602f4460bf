/* A dataset with a bit of everything for the tests of the writers: values are a formula of the variable's number and
 * the element's, which tests/store_oracle.py knows too. Ranks share the putting. */
#ifndef AMA_TESTS_WRITE_SAMPLE_H
#define AMA_TESTS_WRITE_SAMPLE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/write_coding.h"

enum { D_TIME, D_LAT, D_LON, D_NV, D_STATION, D_STRLEN, D_NONE, N_DIMS };
#define SAMPLE_VARS 48

typedef struct sample {
    ama_ctx *ctx;
    ama__arena *arena;
    ama__dim dim[N_DIMS];
    ama__stored_var var[SAMPLE_VARS];
    ama__write_spec spec;
    int missing_var; /* its chunk number 3 is never put */
    int never_var;   /* dense, never put */
    bool few;        /* numeric variables of two dtypes alone */
    bool gives;      /* values are the writer's once it has them */
} sample;

/* A template for mkdtemp, in memory where there is such a place: the writers sync every output, and the tests make
 * thousands. */
static inline void sample_dir(char *out, size_t bytes, const char *name) {
    const char *tmp = getenv("TMPDIR");
    if (!tmp) tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(out, bytes, "%s/amasia-%s-XXXXXX", tmp, name);
}

static inline double sample_value(int var, int64_t i, ama_dtype t) {
    int64_t x = (i * 7 + var * 13) % 100;
    if (t == AMA_BOOL) return (double)(x % 2);
    if (ama__dtype_is_float(t)) return (double)x + 0.5;
    return ama__dtype_kind(t) == 'u' ? (double)x : (double)(x - 50);
}

static inline ama__stored_var *sample_add(sample *s, const char *name, ama_dtype t, int ndim, const int *dim) {
    ama__stored_var *v = &s->var[s->spec.meta.n_vars++];
    *v = (ama__stored_var){.name = name, .dtype = t, .ndim = ndim};
    for (int i = 0; i < ndim; i++) {
        v->dim[i] = dim[i];
        if (s->dim[dim[i]].unlimited) v->chunked = true;
    }
    for (int i = 0; i < ndim; i++)
        v->grid.chunk[i] = dim[i] == D_TIME ? 2 : dim[i] == D_LAT ? 4 : dim[i] == D_LON ? 3 : 5;
    return v;
}

static inline void sample_step(ama__stored_var *v, ama__codec c, int a) {
    ama__codec_step *step = &v->pipeline.step[v->pipeline.n++];
    *step = (ama__codec_step){.codec = c, .a = a, .b = 1, .element_bytes = (int)ama__dtype_bytes(v->dtype)};
    if (c == AMA_CODEC_BLOSC) strcpy(step->name, "lz4");
}

static inline void sample_pipeline(ama__stored_var *v, ama__format f, int which) {
    v->chunked = true;
    if (f == AMA_FORMAT_ZARR2) {
        static const ama__codec codec[] = {AMA_CODEC_BLOSC, AMA_CODEC_ZSTD, AMA_CODEC_DEFLATE, AMA_CODEC_GZIP,
                                           AMA_CODEC_LZ4};
        if (which % 7 == 6) sample_step(v, AMA_CODEC_SHUFFLE, 0);
        if (which % 7 > 0) sample_step(v, codec[which % 5], which % 5 == 4 ? 1 : 3);
    } else if (f == AMA_FORMAT_NETCDF4) {
        if (which % 4 > 0) sample_step(v, AMA_CODEC_SHUFFLE, 0);
        if (which % 4 > 1) sample_step(v, AMA_CODEC_DEFLATE, 1 + which % 9);
        if (which % 4 > 2) sample_step(v, AMA_CODEC_FLETCHER32, 0);
    }
}

static inline void sample_attrs(sample *s) {
    const double f8[] = {1.5, -2.25, 1e300};
    const float f4 = 0.1f;
    const int32_t i4[] = {1, -2, 3};
    const int16_t i2 = -7;
    const char *const many[] = {"one", "", "dr\xc3\xa9i"};
    ama__attrs *g = &s->spec.meta.attrs;
    ama__attrs_set_text(s->arena, g, "title", "Amasia \"sample\" \xe2\x80\x94 \xf0\x9f\x8c\x8d\\ \n tab\t");
    ama__attrs_set_text(s->arena, g, "nothing", "");
    ama__attrs_set(s->arena, g, "doubles", AMA_F8, 3, f8);
    ama__attrs_set(s->arena, g, "real", AMA_F4, 1, &f4);
    ama__attrs_set(s->arena, g, "ints", AMA_I4, 3, i4);
    ama__attrs_set(s->arena, g, "short", AMA_I2, 1, &i2);
    if (s->spec.format != AMA_FORMAT_NETCDF4 && s->spec.format != AMA_FORMAT_ZARR2) return;
    const uint64_t u8 = UINT64_MAX - 1;
    ama__attrs_set(s->arena, g, "strings", AMA_STRING, 3, many);
    ama__attrs_set(s->arena, g, "huge", AMA_U8, 1, &u8);
}

static inline bool sample_has_type(ama__format f, ama_dtype t) {
    bool old = f == AMA_FORMAT_CDF1 || f == AMA_FORMAT_CDF2;
    return !old || (ama__dtype_kind(t) != 'u' && t != AMA_I8);
}

static inline void sample_numeric(sample *s, ama__format f) {
    static const char *const name[][2] = {{"c_bool", "d_bool"}, {"c_i1", "d_i1"}, {"c_i2", "d_i2"}, {"c_i4", "d_i4"},
                                          {"c_i8", "d_i8"},     {"c_u1", "d_u1"}, {"c_u2", "d_u2"}, {"c_u4", "d_u4"},
                                          {"c_u8", "d_u8"},     {"c_f4", "d_f4"}, {"c_f8", "d_f8"}};
    for (int t = AMA_BOOL; t <= AMA_F8; t++) {
        if (!sample_has_type(f, (ama_dtype)t) || (s->few && t != AMA_I2 && t != AMA_F4)) continue;
        ama__stored_var *v = sample_add(s, name[t][0], (ama_dtype)t, 3, (int[]){D_TIME, D_LAT, D_LON});
        sample_pipeline(v, f, t);
        if (t != AMA_BOOL && t % 2) {
            v->has_fill = true;
            ama__dtype_set_i8(v->dtype, v->fill, 0, 77);
            ama__attrs_set(s->arena, &v->attrs, "_FillValue", v->dtype, 1, v->fill);
        }
        ama__attrs_set_text(s->arena, &v->attrs, "units", "1");
        sample_add(s, name[t][1], (ama_dtype)t, 2, (int[]){D_LAT, D_LON});
    }
}

/* Everything in the sample lives in its arena. */
static inline void sample_init_some(sample *s, ama_ctx *ctx, ama__format f, const char *path, bool few) {
    *s = (sample){.ctx = ctx, .missing_var = -1, .never_var = -1, .few = few};
    ama__arena_create(ctx, &s->arena);
    bool netcdf3 = f == AMA_FORMAT_CDF1 || f == AMA_FORMAT_CDF2 || f == AMA_FORMAT_CDF5;
    const ama__dim dim[N_DIMS] = {{"time", 5, f != AMA_FORMAT_ZARR2},
                                  {"lat", 6, false},
                                  {"lon", 7, false},
                                  {"nv", 2, false},
                                  {"station", 4, false},
                                  {"strlen", 6, false},
                                  {"none", 0, false}};
    memcpy(s->dim, dim, sizeof dim);
    s->spec = (ama__write_spec){.format = f, .path = path};
    s->spec.meta = (ama__meta){.n_dims = netcdf3 ? N_DIMS - 1 : N_DIMS, .dim = s->dim, .var = s->var};
    sample_attrs(s);
    ama__stored_var *time = sample_add(s, "time", AMA_F8, 1, (int[]){D_TIME});
    ama__attrs_set_text(s->arena, &time->attrs, "units", "days since 2000-01-01");
    ama__attrs_set_text(s->arena, &time->attrs, "bounds", "time_bnds");
    sample_add(s, "time_bnds", AMA_F8, 2, (int[]){D_TIME, D_NV});
    sample_add(s, "lat", AMA_F4, 1, (int[]){D_LAT});
    sample_add(s, "lon", AMA_F8, 1, (int[]){D_LON});
    sample_numeric(s, f);
    sample_add(s, "scalar", AMA_I4, 0, NULL);
    sample_add(s, "name", AMA_CHAR, 2, (int[]){D_STATION, D_STRLEN});
    ama__stored_var *never = sample_add(s, "never", AMA_F4, 2, (int[]){D_LAT, D_LON});
    never->has_fill = true;
    ama__dtype_set_f8(AMA_F4, never->fill, 0, -9.0);
    ama__attrs_set(s->arena, &never->attrs, "_FillValue", AMA_F4, 1, never->fill);
    s->never_var = s->spec.meta.n_vars - 1;
    if (netcdf3) return;
    ama__stored_var *missing = sample_add(s, "missing", AMA_F4, 3, (int[]){D_TIME, D_LAT, D_LON});
    missing->has_fill = true;
    ama__dtype_set_f8(AMA_F4, missing->fill, 0, -9.0);
    ama__attrs_set(s->arena, &missing->attrs, "_FillValue", AMA_F4, 1, missing->fill);
    sample_pipeline(missing, f, 2);
    s->missing_var = s->spec.meta.n_vars - 1;
    sample_add(s, "text", AMA_STRING, 1, (int[]){D_STATION});
    sample_add(s, "text2", AMA_STRING, 2, (int[]){D_TIME, D_LAT})->chunked = true;
    sample_add(s, "empty", AMA_I2, 2, (int[]){D_NONE, D_LAT});
}

static inline void sample_init(sample *s, ama_ctx *ctx, ama__format f, const char *path) {
    sample_init_some(s, ctx, f, path, false);
}

static inline void sample_fini(sample *s) {
    ama__arena_destroy(&s->arena);
}

/* The values of a box, dense; text lives in `words`. */
static inline void sample_fill_box(const sample *s, int var, const ama__box *box, void *out, char (*words)[16]) {
    const ama__stored_var *v = &s->var[var];
    int64_t shape[AMA_MAX_DIMS], stride[AMA_MAX_DIMS], index[AMA_MAX_DIMS] = {0}, n = 0;
    for (int i = 0; i < v->ndim; i++) shape[i] = s->dim[v->dim[i]].size;
    ama__shape_strides(v->ndim, shape, stride);
    do {
        int64_t at = 0;
        for (int i = 0; i < v->ndim; i++) at += (box->start[i] + index[i]) * stride[i];
        if (v->dtype == AMA_STRING) {
            snprintf(words[n], sizeof words[n], at % 5 == 4 ? "" : "w\xc3\xb6rd %lld", (long long)at);
            ((const char **)out)[n] = words[n];
        } else if (v->dtype == AMA_CHAR) {
            ((char *)out)[n] = (char)('a' + (at + var) % 26);
        } else if (ama__dtype_is_float(v->dtype)) {
            ama__dtype_set_f8(v->dtype, out, n, sample_value(var, at, v->dtype));
        } else {
            ama__dtype_set_i8(v->dtype, out, n, (int64_t)sample_value(var, at, v->dtype));
        }
        n++;
    } while (ama__index_next(v->ndim, box->count, index));
}

static inline ama_status sample_put_box(const sample *s, ama__writer *wr, ama__codec_work *w, int var,
                                        const ama__box *box) {
    int64_t data[256];
    char words[256][16];
    void *own;
    sample_fill_box(s, var, box, data, words);
    if (!s->gives) return ama__writer_put(wr, w, var, box, data);
    size_t bytes = (size_t)ama__box_size(box) * ama__dtype_bytes(s->var[var].dtype);
    size_t spare = s->var[var].chunked ? (size_t)ama__chunk_coding_of(&s->spec, var).spare_bytes : 0;
    AMA_TRY(ama__mem_alloc(ama__arena_ctx(s->arena), AMA_MEM_WRITE, bytes + spare, &own));
    memcpy(own, data, bytes);
    return ama__writer_give(wr, w, var, box, &own);
}

/* Dense variables row by row (Zarr text: whole), chunked ones chunk by chunk, dealt out to the ranks. */
static inline ama_status sample_put_var(const sample *s, ama__writer *wr, ama__codec_work *w, int var, int rank,
                                        int nranks) {
    const ama__stored_var *v = &s->var[var];
    ama__chunkgrid g;
    int64_t shape[AMA_MAX_DIMS], chunk[AMA_MAX_DIMS];
    bool whole = v->ndim == 0 || (v->dtype == AMA_STRING && !v->chunked && s->spec.format == AMA_FORMAT_ZARR2);
    for (int i = 0; i < v->ndim; i++) {
        shape[i] = s->dim[v->dim[i]].size;
        chunk[i] = v->chunked ? v->grid.chunk[i] : i == 0 && !whole ? 1 : shape[i] > 0 ? shape[i] : 1;
    }
    ama__chunkgrid_init(&g, v->ndim, shape, chunk);
    for (int64_t c = 0; c < g.n_chunks; c++) {
        int64_t index[AMA_MAX_DIMS];
        if ((c + var) % nranks != rank || (var == s->missing_var && c == 3)) continue;
        ama__chunkgrid_index(&g, c, index);
        ama__box box = ama__chunkgrid_box(&g, index);
        AMA_TRY(sample_put_box(s, wr, w, var, &box));
    }
    return AMA_OK;
}

static inline ama_status sample_put_some(const sample *s, ama__writer *wr, ama__codec_work *w, int from,
                                         ama__comm *comm) {
    for (int k = from; k < from + 5 && k < s->spec.meta.n_vars; k++)
        if (k != s->never_var) AMA_TRY(sample_put_var(s, wr, w, k, ama__comm_rank(comm), ama__comm_nranks(comm)));
    return AMA_OK;
}

/* Writes the whole sample; the status is agreed. *out, unless NULL, receives the finished, unpublished writer. */
static inline ama_status sample_write(sample *s, ama__comm *comm, ama__writer **out) {
    ama__writer *wr = NULL;
    ama__codec_work *w = NULL;
    if (out) *out = NULL;
    ama_status status = ama__comm_agree(comm, ama__codec_work_create(s->ctx, &w));
    if (status == AMA_OK) status = ama__writer_create(s->ctx, comm, &s->spec, &wr);
    for (int k = 0; k < s->spec.meta.n_vars && status == AMA_OK; k += 5) {
        status = ama__comm_agree(comm, sample_put_some(s, wr, w, k, comm));
        if (status == AMA_OK) status = ama__writer_flush(wr);
    }
    if (status == AMA_OK) status = ama__writer_finish(wr);
    if (status == AMA_OK && !out) status = ama__writer_publish(wr);
    ama__codec_work_destroy(&w);
    if (out && status == AMA_OK)
        *out = wr;
    else
        ama__writer_destroy(&wr);
    return status;
}

/* What a directory holds. */
static inline int n_entries(const char *dir) {
    int n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    while (readdir(d)) n++;
    closedir(d);
    return n - 2;
}

#endif
