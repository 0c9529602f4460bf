/* TEST: np=1,2,3 labels=mpi,store
 * Every format, every dtype: what all ranks wrote, read back with the HDF5 and PnetCDF libraries and byte by byte.
 * AMA_WRITE_KEEP=directory keeps the outputs there for tests/store_oracle.py. */
#include "cmocka_all.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include <hdf5.h>
#include <pnetcdf.h>

#include "store/dataset.h"
#include "write_world.h"

static int setup(void **state) {
    static world w;
    *state = &w;
    return world_open(&w, "t530", getenv("AMA_WRITE_KEEP"));
}

static int teardown(void **state) {
    return world_close(*state, getenv("AMA_WRITE_KEEP") ? NULL : "rm -r '%s'");
}

/* Names in the directory that begin with a dot: nothing temporary may stay. */
static int n_hidden(const char *dir) {
    int n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] == '.' && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) n++;
    closedir(d);
    return n;
}

static void write_as(world *w, ama__format f, const char *name, sample *s, char *path) {
    snprintf(path, 300, "%s/%s", w->dir, name);
    sample_init(s, w->ctx, f, path);
    ama_status status = sample_write(s, w->comm, NULL);
    if (status != AMA_OK) print_error("%s\n", ama__error_text(w->ctx));
    assert_int_equal(status, AMA_OK);
    if (w->root) assert_int_equal(n_hidden(w->dir), 0);
}

static int64_t var_size(const sample *s, int k) {
    int64_t n = 1;
    for (int i = 0; i < s->var[k].ndim; i++) n *= s->dim[s->var[k].dim[i]].size;
    return n;
}

/* True where element i lies in the chunk that was left out: chunk (0, 1, 0) of (3, 2, 3) is number 3. */
static bool in_missing(int64_t i) {
    int64_t time = i / 42, lat = i / 7 % 6, lon = i % 7;
    return time < 2 && lat >= 4 && lon < 3;
}

/* Compares a whole variable, native-endian, with what it should be. */
static void check_values(const sample *s, int k, const void *data) {
    const ama__stored_var *v = &s->var[k];
    for (int64_t i = 0; i < var_size(s, k); i++) {
        double want = sample_value(k, i, v->dtype);
        if (k == s->never_var || (k == s->missing_var && in_missing(i))) want = -9.0;
        if (v->dtype == AMA_CHAR)
            assert_int_equal(((const char *)data)[i], 'a' + (i + k) % 26);
        else
            assert_true(ama__dtype_get_f8(v->dtype, data, i) == want);
    }
}

/* ---- netCDF-4 through HDF5 ---- */

static hid_t memory_type(ama_dtype t) {
    const hid_t type[] = {H5T_NATIVE_INT8,   H5T_NATIVE_INT8,  H5T_NATIVE_INT16,  H5T_NATIVE_INT32,
                          H5T_NATIVE_INT64,  H5T_NATIVE_UINT8, H5T_NATIVE_UINT16, H5T_NATIVE_UINT32,
                          H5T_NATIVE_UINT64, H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE, H5T_C_S1};
    return type[t];
}

static void check_text(const sample *s, hid_t id, int k) {
    char *got[64];
    char want[64][16];
    const char *unused[64];
    int64_t shape[AMA_MAX_DIMS];
    for (int i = 0; i < s->var[k].ndim; i++) shape[i] = s->dim[s->var[k].dim[i]].size;
    ama__box box = ama__box_whole(s->var[k].ndim, shape);
    sample_fill_box(s, k, &box, unused, want);
    hid_t type = H5Dget_type(id), space = H5Dget_space(id);
    assert_true(H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, got) >= 0);
    for (int64_t i = 0; i < var_size(s, k); i++) assert_string_equal(got[i], want[i]);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, got);
    H5Tclose(type);
    H5Sclose(space);
}

static void check_hdf5(const sample *s, const char *path) {
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    for (int k = 0; k < s->spec.meta.n_vars; k++) {
        const ama__stored_var *v = &s->var[k];
        hid_t id = H5Dopen2(file, v->name, H5P_DEFAULT);
        assert_true(id >= 0);
        hid_t space = H5Dget_space(id);
        assert_int_equal(H5Sget_simple_extent_ndims(space), v->ndim);
        assert_int_equal(H5Sget_simple_extent_npoints(space), var_size(s, k));
        H5Sclose(space);
        double data[256];
        if (v->dtype == AMA_STRING) {
            check_text(s, id, k);
        } else if (var_size(s, k) > 0) {
            assert_true(H5Dread(id, memory_type(v->dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
            check_values(s, k, data);
        }
        H5Dclose(id);
    }
    hid_t id = H5Dopen2(file, "nv", H5P_DEFAULT);
    assert_true(id >= 0 && H5Aexists(id, "CLASS") > 0 && H5Aexists(id, "REFERENCE_LIST") > 0);
    H5Dclose(id);
    assert_true(H5Fclose(file) >= 0);
}

static void netcdf4(void **state) {
    world *w = *state;
    sample s;
    char path[300];
    write_as(w, AMA_FORMAT_NETCDF4, "sample4.nc", &s, path);
    if (w->root) check_hdf5(&s, path);
    sample_fini(&s);
}

/* Chunk (1, 0, 1) of variable "missing" as it is stored, decoded here: HDF5 itself lacks these filters. */
static void check_stored_chunk(world *w, const sample *s, hid_t id) {
    char coded[4096];
    float data[24], want[24];
    uint32_t mask = 1;
    hsize_t start[3] = {2, 0, 3}, bytes = 0;
    assert_true(H5Dget_chunk_storage_size(id, start, &bytes) >= 0 && bytes < sizeof coded);
    assert_true(H5Dread_chunk(id, H5P_DEFAULT, start, &mask, coded) >= 0);
    ama__codec_work *work;
    assert_int_equal(ama__codec_work_create(w->ctx, &work), AMA_OK);
    assert_int_equal(ama__pipeline_decode(w->ctx, work, &s->var[s->missing_var].pipeline, mask, coded, (size_t)bytes,
                                          data, sizeof data),
                     AMA_OK);
    ama__codec_work_destroy(&work);
    ama__box box = {.ndim = 3, .start = {2, 0, 3}, .count = {2, 4, 3}};
    sample_fill_box(s, s->missing_var, &box, want, NULL);
    assert_memory_equal(data, want, sizeof want);
}

static void check_filter(hid_t id, unsigned number, H5Z_filter_t filter, size_t n, const unsigned *values) {
    unsigned flags, config, got[16];
    size_t n_got = 16;
    char name[64];
    hid_t dcpl = H5Dget_create_plist(id);
    assert_int_equal(H5Pget_filter2(dcpl, number, &flags, &n_got, got, sizeof name, name, &config), filter);
    assert_int_equal(n_got, n);
    assert_memory_equal(got, values, n * sizeof *values);
    H5Pclose(dcpl);
}

/* The whole variable by the readers of this library. */
static void check_own_reader(world *w, const sample *s, const char *path) {
    ama__store *store;
    void *data;
    assert_int_equal(ama__store_open(w->ctx, w->comm, path, NULL, &store), AMA_OK);
    ama__store_var one = {.store = store, .var = ama__meta_find_var(&store->meta, "missing")};
    const ama__pipeline *got = &store->meta.var[one.var].pipeline, *put = &s->var[s->missing_var].pipeline;
    assert_int_equal(got->n, put->n);
    for (int i = 0; i < got->n; i++) {
        assert_int_equal(got->step[i].codec, put->step[i].codec);
        assert_string_equal(got->step[i].name, put->step[i].name);
    }
    assert_int_equal(ama__store_need_manifests(w->ctx, w->comm, 1, &one), AMA_OK);
    assert_int_equal(ama__store_read_whole(store, one.var, &data), AMA_OK);
    check_values(s, s->missing_var, data);
    ama__mem_free(w->ctx, data);
    ama__store_close(&store);
}

static void netcdf4_filters(void **state) {
    world *w = *state;
    static const struct {
        ama__codec codec;
        int level, shuffle;
        const char *blosc;
        H5Z_filter_t filter;
        size_t n;
        unsigned values[7];
    } cases[] = {{AMA_CODEC_ZSTD, 3, 0, "", 32015, 1, {3}},
                 {AMA_CODEC_BLOSC, 5, 1, "lz4", 32001, 7, {2, 2, 4, 96, 5, 1, 1}},
                 {AMA_CODEC_BLOSC, 9, 2, "zstd", 32001, 7, {2, 2, 4, 96, 9, 2, 5}},
                 {AMA_CODEC_BLOSC, 1, 0, "blosclz", 32001, 7, {2, 2, 4, 96, 1, 0, 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[300];
        sample s;
        snprintf(path, sizeof path, "%s/filter%zu.nc", w->dir, i);
        sample_init(&s, w->ctx, AMA_FORMAT_NETCDF4, path);
        s.spec.meta.n_vars = s.missing_var + 1;
        ama__stored_var *v = &s.var[s.missing_var];
        v->pipeline.n = 0;
        if (cases[i].codec == AMA_CODEC_ZSTD) sample_step(v, AMA_CODEC_SHUFFLE, 0);
        sample_step(v, cases[i].codec, cases[i].level);
        v->pipeline.step[v->pipeline.n - 1].b = cases[i].shuffle;
        strcpy(v->pipeline.step[v->pipeline.n - 1].name, cases[i].blosc);
        assert_int_equal(sample_write(&s, w->comm, NULL), AMA_OK);
        check_own_reader(w, &s, path);
        if (w->root) {
            hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), id = H5Dopen2(file, "missing", H5P_DEFAULT);
            check_stored_chunk(w, &s, id);
            check_filter(id, (unsigned)v->pipeline.n - 1, cases[i].filter, cases[i].n, cases[i].values);
            H5Dclose(id);
            H5Fclose(file);
        }
        sample_fini(&s);
    }
}

/* ---- classic through PnetCDF ---- */

static void check_pnetcdf(const sample *s, const char *path, int format) {
    int nc, got, n_unlimited;
    static const MPI_Datatype type[] = {MPI_SIGNED_CHAR,        MPI_SIGNED_CHAR,   MPI_SHORT,          MPI_INT,
                                        MPI_LONG_LONG,          MPI_UNSIGNED_CHAR, MPI_UNSIGNED_SHORT, MPI_UNSIGNED,
                                        MPI_UNSIGNED_LONG_LONG, MPI_FLOAT,         MPI_DOUBLE,         MPI_CHAR};
    assert_int_equal(ncmpi_open(MPI_COMM_SELF, path, NC_NOWRITE, MPI_INFO_NULL, &nc), NC_NOERR);
    ncmpi_inq_format(nc, &got);
    assert_int_equal(got, format);
    ncmpi_inq_unlimdim(nc, &n_unlimited);
    assert_int_equal(n_unlimited, D_TIME);
    ncmpi_inq_nvars(nc, &got);
    assert_int_equal(got, s->spec.meta.n_vars);
    for (int k = 0; k < s->spec.meta.n_vars; k++) {
        double data[256];
        int id;
        MPI_Offset start[3] = {0}, count[3];
        for (int i = 0; i < s->var[k].ndim; i++) count[i] = s->dim[s->var[k].dim[i]].size;
        assert_int_equal(ncmpi_inq_varid(nc, s->var[k].name, &id), NC_NOERR);
        assert_int_equal(ncmpi_get_vara_all(nc, id, start, count, data, var_size(s, k), type[s->var[k].dtype]),
                         NC_NOERR);
        check_values(s, k, data);
    }
    char title[100] = "";
    double doubles[3];
    MPI_Offset n;
    assert_int_equal(ncmpi_get_att_text(nc, NC_GLOBAL, "title", title), NC_NOERR);
    assert_string_equal(title, ama__attrs_text(&s->spec.meta.attrs, "title"));
    assert_int_equal(ncmpi_get_att_double(nc, NC_GLOBAL, "doubles", doubles), NC_NOERR);
    assert_true(doubles[1] == -2.25 && doubles[2] == 1e300);
    assert_int_equal(ncmpi_inq_attlen(nc, NC_GLOBAL, "nothing", &n), NC_NOERR);
    assert_int_equal(n, 0);
    ncmpi_close(nc);
}

static void classic(void **state) {
    world *w = *state;
    static const struct {
        ama__format f;
        int nc;
        const char *name;
    } all[] = {{AMA_FORMAT_CDF1, NC_FORMAT_CLASSIC, "sample1.nc"},
               {AMA_FORMAT_CDF2, NC_FORMAT_CDF2, "sample2.nc"},
               {AMA_FORMAT_CDF5, NC_FORMAT_CDF5, "sample5.nc"}};
    for (int i = 0; i < 3; i++) {
        sample s;
        char path[300];
        write_as(w, all[i].f, all[i].name, &s, path);
        if (w->root) check_pnetcdf(&s, path, all[i].nc);
        sample_fini(&s);
    }
}

/* One record variable of 2-byte elements: its records are not padded. */
static void classic_record_alone(void **state) {
    world *w = *state;
    sample s;
    char path[300];
    snprintf(path, sizeof path, "%s/alone.nc", w->dir);
    sample_init(&s, w->ctx, AMA_FORMAT_CDF2, path);
    s.spec.meta.n_vars = 0;
    s.never_var = -1;
    sample_add(&s, "lat", AMA_F4, 1, (int[]){D_LAT});
    sample_add(&s, "r", AMA_I2, 2, (int[]){D_TIME, D_LON}); /* 14 bytes a record */
    assert_int_equal(sample_write(&s, w->comm, NULL), AMA_OK);
    if (w->root) check_pnetcdf(&s, path, NC_FORMAT_CDF2);
    sample_fini(&s);
}

/* ---- Zarr: chunk files ---- */

static size_t slurp(const char *path, void *buf, size_t bytes) {
    FILE *f = fopen(path, "rb");
    if (!f) return 0;
    size_t n = fread(buf, 1, bytes, f);
    fclose(f);
    return n;
}

static void check_zarr_var(const sample *s, world *w, const char *path, int k) {
    const ama__stored_var *v = &s->var[k];
    int64_t shape[AMA_MAX_DIMS], chunk[AMA_MAX_DIMS];
    for (int i = 0; i < v->ndim; i++) {
        shape[i] = s->dim[v->dim[i]].size;
        chunk[i] = v->chunked && v->grid.chunk[i] < shape[i] ? v->grid.chunk[i] : shape[i];
    }
    ama__chunkgrid g;
    ama__chunkgrid_init(&g, v->ndim, shape, chunk);
    ama__codec_work *work;
    assert_int_equal(ama__codec_work_create(w->ctx, &work), AMA_OK);
    for (int64_t c = 0; c < g.n_chunks; c++) {
        int64_t index[AMA_MAX_DIMS], size = 1;
        ama__chunkgrid_index(&g, c, index);
        char name[400], coded[4096], raw[1024];
        double want[256], got[256];
        int at = snprintf(name, sizeof name, "%s/%s/", path, v->name);
        for (int i = 0; i < v->ndim; i++, size *= chunk[i - 1])
            at += snprintf(name + at, sizeof name - (size_t)at, "%s%lld", i ? "." : "", (long long)index[i]);
        if (v->ndim == 0) strcat(name, "0");
        size_t n = slurp(name, coded, sizeof coded), raw_bytes = (size_t)size * ama__dtype_bytes(v->dtype);
        if (k == s->never_var || (k == s->missing_var && c == 3)) {
            assert_int_equal(n, 0);
            continue;
        }
        assert_int_equal(ama__pipeline_decode(w->ctx, work, &v->pipeline, 0, coded, n, raw, raw_bytes), AMA_OK);
        ama__box box = ama__chunkgrid_box(&g, index), whole = box;
        memcpy(whole.count, chunk, sizeof chunk);
        sample_fill_box(s, k, &box, want, NULL);
        ama__box_copy(&box, ama__dtype_bytes(v->dtype), raw, &whole, got, &box);
        assert_memory_equal(got, want, (size_t)ama__box_size(&box) * ama__dtype_bytes(v->dtype));
        if (v->has_fill && ama__box_size(&box) < size) /* the edge is padded with the fill value */
            assert_memory_equal(raw + raw_bytes - ama__dtype_bytes(v->dtype), v->fill, ama__dtype_bytes(v->dtype));
    }
    ama__codec_work_destroy(&work);
}

static void zarr(void **state) {
    world *w = *state;
    sample s;
    char path[300];
    write_as(w, AMA_FORMAT_ZARR2, "sample.zarr", &s, path);
    for (int k = 0; w->root && k < s.spec.meta.n_vars; k++)
        if (s.var[k].dtype != AMA_STRING && var_size(&s, k) > 0) check_zarr_var(&s, w, path, k);
    /* again over itself, and not without leave */
    ama__comm_barrier(w->comm);
    s.spec.overwrite = true;
    assert_int_equal(sample_write(&s, w->comm, NULL), AMA_OK);
    s.spec.overwrite = false;
    assert_int_equal(sample_write(&s, w->comm, NULL), AMA_ERR_ARG);
    ama__error_clear(w->ctx);
    if (w->root) {
        assert_int_equal(n_hidden(w->dir), 0);
        check_zarr_var(&s, w, path, s.missing_var);
    }
    ama__comm_barrier(w->comm);
    sample_fini(&s);
}

/* The same bytes from every run (one rank: the places of chunks depend on who puts them). */
static void repeatable(void **state) {
    world *w = *state;
    if (!w->root) return;
    ama__comm *self;
    assert_int_equal(ama__comm_create_self(w->ctx, &self), AMA_OK);
    size_t n[2];
    char *buf[2];
    for (int i = 0; i < 2; i++) {
        sample s;
        char path[300];
        snprintf(path, sizeof path, "%s/repeat%d.nc", w->dir, i);
        sample_init(&s, w->ctx, AMA_FORMAT_NETCDF4, path);
        assert_int_equal(sample_write(&s, self, NULL), AMA_OK);
        sample_fini(&s);
        buf[i] = malloc(1 << 20);
        n[i] = slurp(path, buf[i], 1 << 20);
        unlink(path);
    }
    assert_int_equal(n[0], n[1]);
    assert_true(n[0] > 0 && n[0] < 1 << 20);
    assert_memory_equal(buf[0], buf[1], n[0]);
    free(buf[0]);
    free(buf[1]);
    ama__comm_destroy(&self);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(netcdf4), cmocka_unit_test(netcdf4_filters),      cmocka_unit_test(zarr),
        cmocka_unit_test(classic), cmocka_unit_test(classic_record_alone), cmocka_unit_test(repeatable),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return 0;
}
