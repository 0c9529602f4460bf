/* TEST: np=1 labels=mpi
 * netCDF classic: the sample in CDF-1, 2 and 5, damaged headers, truncation, and every classic file of the shared data
 * compared with PnetCDF, value for value. */
#include "store_test.h"

#include <mpi.h>
#include <pnetcdf.h>

static ama_ctx *ctx;
static ama__comm *comm;

static int begin(void **state) {
    ctx = ama__ctx_create();
    assert_int_equal(ama__comm_create_self(ctx, &comm), AMA_OK);
    return make_dir(state);
}

static int end(void **state) {
    ama__comm_destroy(&comm);
    assert_int_equal(ama__mem_used(ctx), 0);
    ama__ctx_destroy(&ctx);
    return remove_dir(state);
}

static ama_status open_file(const char *path, ama__store **s) {
    return ama__store_open(ctx, comm, path, NULL, s);
}

static void *read_var(ama__store *s, int var) {
    void *p = NULL;
    ama__store_var v = {s, var};
    if (ama__store_need_manifests(ctx, comm, 1, &v) != AMA_OK || ama__store_read_whole(s, var, &p) != AMA_OK)
        fail_msg("%s: %s", s->path, ama__error_text(ctx));
    return p;
}

static bytes b;

static void versions(void **state) {
    (void)state;
    static const int version[] = {1, 2, 5};
    for (int k = 0; k < 3; k++) {
        const char *path = in_dir("v%d.nc", version[k]);
        ama__store *s;
        cdf_sample(&b, version[k]);
        write_file(path, b.p, b.n);
        assert_int_equal(open_file(path, &s), AMA_OK);
        char format[32];
        snprintf(format, sizeof format, "netCDF classic (CDF-%d)", version[k]);
        assert_string_equal(s->meta.format, format);
        assert_int_equal(s->meta.n_dims, S_N_DIMS);
        assert_true(s->meta.dim[S_TIME].unlimited && s->meta.dim[S_TIME].size == sample_size[S_TIME]);
        assert_string_equal(ama__attrs_text(&s->meta.attrs, "title"), "sample");
        for (int i = 0; i < N_SAMPLE; i++) {
            int var = ama__meta_find_var(&s->meta, sample[i].name);
            assert_int_equal(var, i);
            assert_int_equal(s->meta.var[var].dtype, sample[i].dtype);
            void *p = read_var(s, var);
            check_values(&sample[i], p);
            ama__mem_free(ctx, p);
            ama__manifest_kind want = sample[i].dtype == AMA_CHAR    ? AMA_MANIFEST_INLINE
                                      : sample_is_record(&sample[i]) ? AMA_MANIFEST_RECORD
                                                                     : AMA_MANIFEST_CONTIGUOUS;
            assert_int_equal(s->manifest[var].kind, want);
        }
        ama__store_close(&s);
    }
}

/* Streaming: the writer did not say how many records there are. */
static void streaming(void **state) {
    (void)state;
    for (int version = 1; version <= 5; version += 4) {
        const char *path = in_dir("s%d.nc", version);
        ama__store *s;
        cdf_sample(&b, version);
        memset(b.p + 4, 0xff, version == 5 ? 8 : 4);
        write_file(path, b.p, b.n);
        assert_int_equal(open_file(path, &s), AMA_OK);
        assert_int_equal(s->meta.dim[S_TIME].size, sample_size[S_TIME]);
        ama__store_close(&s);
        write_file(path, b.p, b.n - 9); /* the last record is not whole */
        assert_int_equal(open_file(path, &s), AMA_OK);
        assert_int_equal(s->meta.dim[S_TIME].size, sample_size[S_TIME] - 1);
        ama__store_close(&s);
    }
}

/* A file with just one record variable of 2-byte elements: its records are not padded. */
static void one_record_variable(void **state) {
    (void)state;
    ama__store *s;
    for (int padded_end = 0; padded_end < 2; padded_end++) {
        b.n = 0;
        put(&b, "CDF\1", 4);
        put_u4(&b, 3);
        put_u4(&b, 10), put_u4(&b, 2);
        cdf_name(&b, 1, "t"), put_u4(&b, 0);
        cdf_name(&b, 1, "x"), put_u4(&b, 3);
        put_u4(&b, 0), put_u4(&b, 0);
        put_u4(&b, 11), put_u4(&b, 1);
        cdf_name(&b, 1, "v");
        put_u4(&b, 2), put_u4(&b, 0), put_u4(&b, 1);
        put_u4(&b, 0), put_u4(&b, 0);
        put_u4(&b, 3), put_u4(&b, 8), put_u4(&b, (uint32_t)b.n + 4);
        int16_t x[9];
        for (int i = 0; i < 9; i++) x[i] = (int16_t)(i * 300);
        put_be(&b, x, 9, 2);
        if (padded_end) put_pad(&b);
        const char *path = in_dir("one%d.nc", padded_end);
        write_file(path, b.p, b.n);
        assert_int_equal(open_file(path, &s), AMA_OK);
        void *p = read_var(s, 0);
        assert_memory_equal(p, x, sizeof x);
        ama__mem_free(ctx, p);
        ama__store_close(&s);
    }
}

/* Every shorter file is refused, except where only the padding of the end is missing; nothing is read as garbage. */
static void truncated(void **state) {
    (void)state;
    ama__store *s;
    cdf_sample(&b, 2);
    const char *path = in_dir("cut.nc");
    for (size_t n = 0; n < b.n; n++) {
        write_file(path, b.p, n);
        assert_int_equal(open_file(path, &s), AMA_ERR_FORMAT);
        assert_null(s);
        assert_says(ctx, "cut.nc");
        if (n > 700) assert_says(ctx, "bytes are missing");
        ama__error_clear(ctx);
    }
    char text[64];
    snprintf(text, sizeof text, "%d bytes are missing", 11);
    write_file(path, b.p, b.n - 11);
    assert_int_equal(open_file(path, &s), AMA_ERR_FORMAT);
    assert_says(ctx, text);
    ama__error_clear(ctx);
}

/* Each byte of the header changed: an error or a dataset that can be read or refused; memory stays bounded. */
static void damaged(void **state) {
    (void)state;
    static const unsigned char change[] = {0x01, 0x80, 0xff};
    int n_bad = 0;
    for (int version = 1; version <= 5; version += 4) {
        cdf_sample(&b, version);
        size_t header = 700;
        for (size_t i = 0; i < header * sizeof change; i++) {
            ama__store *s;
            char path[600];
            snprintf(path, sizeof path, "%s/damaged.nc", test_dir);
            b.p[i / 3] ^= change[i % 3];
            write_file(path, b.p, b.n);
            b.p[i / 3] ^= change[i % 3];
            ama_status status = open_file(path, &s);
            for (int v = 0; status == AMA_OK && v < s->meta.n_vars; v++) {
                void *p;
                ama__store_var one = {s, v};
                if (s->meta.var[v].stored_bytes > 1 << 20) continue;
                if (ama__store_need_manifests(ctx, comm, 1, &one) == AMA_OK &&
                    ama__store_read_whole(s, v, &p) == AMA_OK)
                    ama__mem_free(ctx, p);
            }
            n_bad += status != AMA_OK;
            if (status != AMA_OK) assert_says(ctx, "damaged.nc");
            ama__error_clear(ctx);
            if (status == AMA_OK) ama__store_close(&s);
        }
    }
    assert_true(n_bad > 1000);
    assert_true(ama__mem_peak(ctx) < (size_t)64 << 20);
}

static void refusals(void **state) {
    (void)state;
    ama__store *s;
    cdf_sample(&b, 1);
    const char *path = in_dir("ok.nc");
    write_file(path, b.p, b.n);
    ama__open_options o = {.group = "forecast"};
    assert_int_equal(ama__store_open(ctx, comm, path, &o, &s), AMA_ERR_NOTFOUND);
    assert_says(ctx, "no group forecast");
    ama__error_clear(ctx);
    o.group = "/";
    assert_int_equal(ama__store_open(ctx, comm, path, &o, &s), AMA_OK);
    ama__store_close(&s);
}

/* ---- against PnetCDF */

static int n_compared;

static void compare_values(int nc, ama__store *s, int i) {
    const ama__stored_var *v = &s->meta.var[i];
    int64_t n = 1;
    MPI_Offset start[AMA_MAX_DIMS] = {0}, count[AMA_MAX_DIMS] = {1};
    for (int d = 0; d < v->ndim; d++) n *= count[d] = v->grid.shape[d];
    size_t size = ama__dtype_bytes(v->dtype);
    void *got = read_var(s, i), *want = malloc((size_t)n * size + 1);
    if (n > 0) {
        int e;
        switch (v->dtype) {
        case AMA_CHAR: e = ncmpi_get_vara_text_all(nc, i, start, count, want); break;
        case AMA_I1: e = ncmpi_get_vara_schar_all(nc, i, start, count, want); break;
        case AMA_I2: e = ncmpi_get_vara_short_all(nc, i, start, count, want); break;
        case AMA_I4: e = ncmpi_get_vara_int_all(nc, i, start, count, want); break;
        case AMA_F4: e = ncmpi_get_vara_float_all(nc, i, start, count, want); break;
        case AMA_F8: e = ncmpi_get_vara_double_all(nc, i, start, count, want); break;
        default: e = -1;
        }
        assert_int_equal(e, NC_NOERR);
        if (memcmp(got, want, (size_t)n * size) != 0) fail_msg("%s > %s: values differ", s->path, v->name);
    }
    ama__mem_free(ctx, got);
    free(want);
    n_compared++;
}

static void compare_attrs(int nc, int var, const ama__attrs *a, int n) {
    assert_int_equal(a->n, n);
    for (int i = 0; i < n; i++) {
        char name[NC_MAX_NAME + 1];
        nc_type type;
        MPI_Offset length;
        assert_int_equal(ncmpi_inq_attname(nc, var, i, name), NC_NOERR);
        assert_int_equal(ncmpi_inq_att(nc, var, name, &type, &length), NC_NOERR);
        assert_string_equal(a->a[i].name, name);
        assert_int_equal(a->a[i].n, length);
        assert_int_equal(cdf_type(a->a[i].dtype), type);
        if (length == 0) continue;
        void *want = malloc((size_t)length * 8);
        assert_int_equal(ncmpi_get_att(nc, var, name, want), NC_NOERR);
        assert_memory_equal(want, a->a[i].data, (size_t)length * ama__dtype_bytes(a->a[i].dtype));
        free(want);
    }
}

static void compare_file(const char *path) {
    int nc, n_dims, n_vars, n_atts, unlimited;
    ama__store *s;
    if (open_file(path, &s) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    assert_int_equal(ncmpi_open(MPI_COMM_SELF, path, NC_NOWRITE, MPI_INFO_NULL, &nc), NC_NOERR);
    assert_int_equal(ncmpi_inq(nc, &n_dims, &n_vars, &n_atts, &unlimited), NC_NOERR);
    assert_int_equal(s->meta.n_dims, n_dims);
    assert_int_equal(s->meta.n_vars, n_vars);
    compare_attrs(nc, NC_GLOBAL, &s->meta.attrs, n_atts);
    for (int i = 0; i < n_dims; i++) {
        char name[NC_MAX_NAME + 1];
        MPI_Offset n;
        assert_int_equal(ncmpi_inq_dim(nc, i, name, &n), NC_NOERR);
        assert_string_equal(s->meta.dim[i].name, name);
        assert_int_equal(s->meta.dim[i].size, n);
        assert_int_equal(s->meta.dim[i].unlimited, i == unlimited);
    }
    for (int i = 0; i < n_vars; i++) {
        char name[NC_MAX_NAME + 1];
        nc_type type;
        int ndim, dims[64], n_var_atts;
        assert_int_equal(ncmpi_inq_var(nc, i, name, &type, &ndim, dims, &n_var_atts), NC_NOERR);
        const ama__stored_var *v = &s->meta.var[i];
        assert_string_equal(v->name, name);
        assert_int_equal(cdf_type(v->dtype), type);
        assert_int_equal(v->ndim, ndim);
        for (int d = 0; d < ndim; d++) assert_int_equal(v->dim[d], dims[d]);
        compare_attrs(nc, i, &v->attrs, n_var_atts);
        compare_values(nc, s, i);
    }
    ncmpi_close(nc);
    ama__store_close(&s);
}

static int compare_tree(const char *top, int n) {
    DIR *d = opendir(top);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[4096];
        unsigned char magic[4] = {0};
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", top, e->d_name);
        struct stat st;
        if (stat(path, &st) != 0) continue;
        if (S_ISDIR(st.st_mode)) {
            n = compare_tree(path, n);
            continue;
        }
        FILE *f = fopen(path, "rb");
        if (!f) continue;
        bool cdf = fread(magic, 1, 4, f) == 4 && memcmp(magic, "CDF", 3) == 0;
        fclose(f);
        if (!cdf) continue;
        compare_file(path);
        n++;
    }
    if (d) closedir(d);
    return n;
}

static void shared_data(void **state) {
    (void)state;
    char top[2048];
    const char *shared = getenv("AMA_SHARED");
    snprintf(top, sizeof top, "%s/data", shared ? shared : "");
    if (!shared || access(top, R_OK) != 0) {
        print_message("SKIPPED: AMA_SHARED is not set or has no data: real files were NOT checked\n");
        skip();
    }
    int n = compare_tree(top, 0);
    print_message("%d files, %d variables equal to PnetCDF's\n", n, n_compared);
    assert_true(n >= 10);
}

static void sample_in_pnetcdf(void **state) {
    (void)state;
    for (int version = 1; version <= 5; version += version == 1 ? 1 : 3) {
        const char *path = in_dir("p%d.nc", version);
        cdf_sample(&b, version);
        write_file(path, b.p, b.n);
        compare_file(path);
    }
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),          cmocka_unit_test(streaming),  cmocka_unit_test(one_record_variable),
        cmocka_unit_test(truncated),         cmocka_unit_test(damaged),    cmocka_unit_test(refusals),
        cmocka_unit_test(sample_in_pnetcdf), cmocka_unit_test(shared_data)};
    int failed = cmocka_run_group_tests(tests, begin, end);
    MPI_Finalize();
    return failed;
}
