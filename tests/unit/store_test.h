/* Helpers of the store tests: a directory of one's own, files, and a sample dataset written byte by byte as netCDF
 * classic and as Zarr v2, with its expected values. */
#ifndef AMA_TESTS_STORE_TEST_H
#define AMA_TESTS_STORE_TEST_H

#include "cmocka_all.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "comm/comm.h"
#include "store/dataset.h"
#include "store/fetch.h"

#define TEST_UNUSED __attribute__((unused))

/* ---- files */

static char test_dir[512];

TEST_UNUSED static int make_dir(void **state) {
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(test_dir, sizeof test_dir, "%s/ama-store-XXXXXX", tmp && strlen(tmp) < 400 ? tmp : "/tmp");
    return mkdtemp(test_dir) ? 0 : -1;
}

TEST_UNUSED static void remove_tree(const char *path) {
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        char below[2048];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        if (unlink(below) != 0) remove_tree(below);
    }
    if (d) closedir(d);
    rmdir(path);
}

TEST_UNUSED static int remove_dir(void **state) {
    (void)state;
    remove_tree(test_dir);
    return 0;
}

/* A path in the test's directory; one of 64 buffers in turn. */
TEST_UNUSED __attribute__((format(printf, 1, 2))) static const char *in_dir(const char *fmt, ...) {
    static char ring[64][1024];
    static int next;
    char *s = ring[next++ % 64];
    int n = snprintf(s, 1024, "%s/", test_dir);
    va_list args;
    va_start(args, fmt);
    vsnprintf(s + n, 1024 - (size_t)n, fmt, args);
    va_end(args);
    return s;
}

TEST_UNUSED static void write_file(const char *path, const void *p, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    if (n) assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

TEST_UNUSED static void write_text(const char *path, const char *s) {
    write_file(path, s, strlen(s));
}

TEST_UNUSED static unsigned char *read_file(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    unsigned char *p = malloc(*n + 1);
    assert_int_equal(fread(p, 1, *n, f), *n);
    fclose(f);
    return p;
}

/* Whether a driver takes what is at a path for its own, as opening asks. */
TEST_UNUSED static bool probe(const ama__driver *driver, const char *path) {
    struct stat s;
    int fd = stat(path, &s) == 0 && S_ISREG(s.st_mode) ? open(path, O_RDONLY) : -1;
    bool is = driver->probe(NULL, path, fd);
    if (fd >= 0) close(fd);
    return is;
}

/* ---- growing bytes, big-endian */

typedef struct bytes {
    unsigned char p[1 << 16];
    size_t n;
} bytes;

TEST_UNUSED static void put(bytes *b, const void *p, size_t n) {
    assert_true(b->n + n <= sizeof b->p);
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
}
TEST_UNUSED static void put_be(bytes *b, const void *p, size_t n, size_t size) {
    size_t at = b->n;
    put(b, p, n * size);
    ama__bytes_swap(b->p + at, n, size);
}
TEST_UNUSED static void put_pad(bytes *b) {
    while (b->n % 4) put(b, "", 1);
}
TEST_UNUSED static void put_u4(bytes *b, uint32_t x) {
    put_be(b, &x, 1, 4);
}
TEST_UNUSED static void put_u8(bytes *b, uint64_t x) {
    put_be(b, &x, 1, 8);
}

/* ---- the sample dataset */

enum { S_TIME, S_LAT, S_LON, S_CHARS, S_N_DIMS };
static const char *const sample_dim[] = {"time", "lat", "lon", "nchar"};
static const int64_t sample_size[] = {7, 5, 6, 4};

typedef struct sample_var {
    const char *name;
    ama_dtype dtype;
    int ndim, dim[3];
    int64_t chunk[3]; /* Zarr, HDF5 */
} sample_var;

static const sample_var sample[] = {
    {"count", AMA_I2, 2, {S_TIME, S_LAT}, {7, 5}},
    {"flag", AMA_I1, 2, {S_LAT, S_LON}, {2, 6}},
    {"lat", AMA_F4, 1, {S_LAT}, {5}},
    {"odd", AMA_I1, 2, {S_TIME, S_LAT}, {2, 3}}, /* 5 bytes a record: padding in classic files */
    {"scalar", AMA_I4, 0, {0}, {0}},
    {"station", AMA_CHAR, 2, {S_LAT, S_CHARS}, {2, 4}},
    {"tas", AMA_F4, 3, {S_TIME, S_LAT, S_LON}, {3, 2, 4}},
    {"time", AMA_F8, 1, {S_TIME}, {4}},
};
enum { N_SAMPLE = sizeof sample / sizeof *sample };

TEST_UNUSED static int64_t sample_shape(const sample_var *v, int64_t *shape) {
    int64_t n = 1;
    for (int d = 0; d < v->ndim; d++) n *= shape[d] = sample_size[v->dim[d]];
    return n;
}

/* Element i of a variable, native-endian, at p. */
TEST_UNUSED static void sample_value(const sample_var *v, int64_t i, void *p) {
    if (v->dtype == AMA_CHAR)
        *(char *)p = "ABCDbcdexyz\0mn\0\0wxyz"[i];
    else if (ama__dtype_is_float(v->dtype))
        ama__dtype_set_f8(v->dtype, p, 0, (double)i * 0.25 - 3);
    else
        ama__dtype_set_i8(v->dtype, p, 0, (i * 37 + v->name[0]) % 127 - 50);
}

/* ---- as netCDF classic */

TEST_UNUSED static void cdf_count(bytes *b, int version, uint64_t n) {
    if (version == 5)
        put_u8(b, n);
    else
        put_u4(b, (uint32_t)n);
}
TEST_UNUSED static void cdf_name(bytes *b, int version, const char *s) {
    cdf_count(b, version, strlen(s));
    put(b, s, strlen(s));
    put_pad(b);
}
TEST_UNUSED static uint32_t cdf_type(ama_dtype t) {
    switch (t) {
    case AMA_I1: return 1;
    case AMA_CHAR: return 2;
    case AMA_I2: return 3;
    case AMA_I4: return 4;
    case AMA_F4: return 5;
    case AMA_F8: return 6;
    case AMA_U1: return 7;
    case AMA_U2: return 8;
    case AMA_U4: return 9;
    case AMA_I8: return 10;
    default: return 11;
    }
}
TEST_UNUSED static void cdf_attr(bytes *b, int version, const char *name, ama_dtype t, int64_t n, const void *p) {
    cdf_name(b, version, name);
    put_u4(b, cdf_type(t));
    cdf_count(b, version, (uint64_t)n);
    put_be(b, p, (size_t)n, ama__dtype_bytes(t));
    put_pad(b);
}

static const double sample_range[2] = {180.5, 330};

TEST_UNUSED static void cdf_header(bytes *b, int version, uint64_t n_records, const uint64_t *begin) {
    b->n = 0;
    put(b, "CDF", 3);
    put(b, &(char){(char)version}, 1);
    cdf_count(b, version, n_records);
    put_u4(b, 10);
    cdf_count(b, version, S_N_DIMS);
    for (int d = 0; d < S_N_DIMS; d++) {
        cdf_name(b, version, sample_dim[d]);
        cdf_count(b, version, d == S_TIME ? 0 : (uint64_t)sample_size[d]);
    }
    put_u4(b, 12);
    cdf_count(b, version, 1);
    cdf_attr(b, version, "title", AMA_CHAR, 6, "sample");
    put_u4(b, 11);
    cdf_count(b, version, N_SAMPLE);
    for (int i = 0; i < N_SAMPLE; i++) {
        const sample_var *v = &sample[i];
        cdf_name(b, version, v->name);
        cdf_count(b, version, (uint64_t)v->ndim);
        for (int d = 0; d < v->ndim; d++) cdf_count(b, version, (uint64_t)v->dim[d]);
        bool tas = strcmp(v->name, "tas") == 0;
        put_u4(b, tas ? 12 : 0);
        cdf_count(b, version, tas ? 2 : 0);
        if (tas) {
            cdf_attr(b, version, "units", AMA_CHAR, 1, "K");
            cdf_attr(b, version, "valid_range", AMA_F8, 2, sample_range);
        }
        put_u4(b, cdf_type(v->dtype));
        cdf_count(b, version, 0); /* vsize: readers must not need it */
        if (version == 1)
            put_u4(b, (uint32_t)begin[i]);
        else
            put_u8(b, begin[i]);
    }
}

TEST_UNUSED static bool sample_is_record(const sample_var *v) {
    return v->ndim > 0 && v->dim[0] == S_TIME;
}

TEST_UNUSED static void cdf_values(bytes *b, const sample_var *v, int64_t first, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        char item[8];
        sample_value(v, first + i, item);
        put_be(b, item, 1, ama__dtype_bytes(v->dtype));
    }
    put_pad(b);
}

/* The sample as a file in memory. */
TEST_UNUSED static void cdf_sample(bytes *b, int version) {
    uint64_t begin[N_SAMPLE] = {0};
    for (int pass = 0; pass < 2; pass++) {
        cdf_header(b, version, (uint64_t)sample_size[S_TIME], begin);
        int64_t shape[3];
        for (int i = 0; i < N_SAMPLE; i++) {
            if (sample_is_record(&sample[i])) continue;
            begin[i] = b->n;
            cdf_values(b, &sample[i], 0, sample_shape(&sample[i], shape));
        }
        for (int64_t t = 0; t < sample_size[S_TIME]; t++)
            for (int i = 0; i < N_SAMPLE; i++) {
                if (!sample_is_record(&sample[i])) continue;
                if (t == 0) begin[i] = b->n;
                int64_t n = sample_shape(&sample[i], shape) / sample_size[S_TIME];
                cdf_values(b, &sample[i], t * n, n);
            }
    }
}

/* ---- as Zarr v2, raw chunks */

TEST_UNUSED static void zarr_dtype(ama_dtype t, char *out) {
    if (t == AMA_CHAR)
        strcpy(out, "|S1");
    else
        snprintf(out, 8, "%c%c%d", ama__dtype_bytes(t) == 1 ? '|' : '<', ama__dtype_kind(t), (int)ama__dtype_bytes(t));
}

TEST_UNUSED static void json_list(char *out, size_t room, int n, const int64_t *x) {
    size_t at = (size_t)snprintf(out, room, "[");
    for (int d = 0; d < n; d++) at += (size_t)snprintf(out + at, room - at, "%s%d", d ? ", " : "", (int)x[d]);
    snprintf(out + at, room - at, "]");
}

/* Writes the chunk files of a variable into its directory. */
TEST_UNUSED static void zarr_chunks(const char *dir, const sample_var *v, char separator) {
    int64_t shape[3], n_chunk = 1, at[3], in[3], strides[3];
    sample_shape(v, shape);
    ama__chunkgrid g;
    assert_true(ama__chunkgrid_init(&g, v->ndim, shape, v->chunk));
    for (int d = 0; d < v->ndim; d++) n_chunk *= v->chunk[d];
    ama__shape_strides(v->ndim, shape, strides);
    size_t size = ama__dtype_bytes(v->dtype);
    for (int64_t k = 0; k < g.n_chunks; k++) {
        char path[1200], *raw = calloc((size_t)n_chunk, size);
        ama__chunkgrid_index(&g, k, at);
        memset(in, 0, sizeof in);
        int64_t e = 0;
        do {
            int64_t linear = 0;
            bool inside = true;
            for (int d = 0; d < v->ndim; d++) {
                int64_t x = at[d] * v->chunk[d] + in[d];
                inside &= x < shape[d];
                linear += x * strides[d];
            }
            if (inside) sample_value(v, linear, raw + (size_t)e * size);
            e++;
        } while (ama__index_next(v->ndim, v->chunk, in));
        int n = snprintf(path, sizeof path, v->ndim ? "%s/" : "%s/0", dir);
        for (int d = 0; d < v->ndim; d++) {
            if (d && separator == '/') mkdir(path, 0777);
            if (d) n += snprintf(path + n, sizeof path - (size_t)n, "%c", separator);
            n += snprintf(path + n, sizeof path - (size_t)n, "%d", (int)at[d]);
        }
        write_file(path, raw, (size_t)n_chunk * size);
        free(raw);
    }
}

TEST_UNUSED static void zarr_sample(const char *top) {
    char path[1200];
    mkdir(top, 0777);
    snprintf(path, sizeof path, "%s/.zgroup", top);
    write_text(path, "{\"zarr_format\": 2}");
    snprintf(path, sizeof path, "%s/.zattrs", top);
    write_text(path, "{\"title\": \"sample\"}");
    for (int i = 0; i < N_SAMPLE; i++) {
        const sample_var *v = &sample[i];
        char dir[1100], shape_text[64], chunk_text[64], dtype[8], names[128] = "", json[1024];
        int64_t shape[3];
        sample_shape(v, shape);
        snprintf(dir, sizeof dir, "%s/%s", top, v->name);
        mkdir(dir, 0777);
        json_list(shape_text, sizeof shape_text, v->ndim, shape);
        json_list(chunk_text, sizeof chunk_text, v->ndim, v->chunk);
        zarr_dtype(v->dtype, dtype);
        snprintf(json, sizeof json,
                 "{\"zarr_format\": 2, \"shape\": %s, \"chunks\": %s, \"dtype\": \"%s\",\n \"compressor\": null, "
                 "\"filters\": null, \"fill_value\": null, \"order\": \"C\"}",
                 shape_text, chunk_text, dtype);
        snprintf(path, sizeof path, "%s/.zarray", dir);
        write_text(path, json);
        for (int d = 0; d < v->ndim; d++) {
            strcat(names, d ? ", \"" : "\"");
            strcat(strcat(names, sample_dim[v->dim[d]]), "\"");
        }
        snprintf(json, sizeof json, "{\"_ARRAY_DIMENSIONS\": [%s]%s}", names,
                 strcmp(v->name, "tas") ? "" : ", \"units\": \"K\", \"valid_range\": [180.5, 330]");
        snprintf(path, sizeof path, "%s/.zattrs", dir);
        write_text(path, json);
        zarr_chunks(dir, v, '.');
    }
}

/* ---- checks */

/* Compares a whole variable, read into native order, with the sample. */
TEST_UNUSED static void check_values(const sample_var *v, const void *got) {
    int64_t shape[3], n = sample_shape(v, shape);
    size_t size = ama__dtype_bytes(v->dtype);
    for (int64_t i = 0; i < n; i++) {
        char want[8] = {0};
        sample_value(v, i, want);
        if (memcmp(want, (const char *)got + (size_t)i * size, size) != 0)
            fail_msg("%s: element %d differs from the sample", v->name, (int)i);
    }
}

/* What an error says must hold a text. */
#define assert_says(ctx, text)                                                                                         \
    do {                                                                                                               \
        if (!strstr(ama__error_text(ctx), (text)))                                                                     \
            fail_msg("expected \"%s\" in the error: %s", (text), ama__error_text(ctx));                                \
    } while (0)

#endif
