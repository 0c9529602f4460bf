/* TEST: np=1,2,3 labels=mpi
 * Who opens what when many datasets are opened: every file once and on one rank only, values given to all, no
 * descriptor left open, metadata that files have in common there once. open(2) is this program's own and counts. */
#include "store_ranks.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/syscall.h>

enum { N_FILES = 150 };

static int64_t n_opens[N_FILES];

static int counted_open(const char *path, int flags, mode_t mode) {
    const char *name = strrchr(path, '/');
    int i;
    if (name && sscanf(name, "/many%d.", &i) == 1 && i >= 0 && i < N_FILES) n_opens[i]++;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static mode_t mode_of(int flags, va_list args) {
    return flags & O_CREAT ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return counted_open(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return counted_open(path, flags, mode);
}

/* A netCDF-4 like file: i at every place of a small array, and a table of 2,048 chunks. */
static void hdf5_file(const char *path, int i) {
    hsize_t three = 3, long_dim = 2048, one = 1;
    int small[3] = {i, i + 1, i + 2}, *large = malloc(2048 * sizeof *large);
    for (int k = 0; k < 2048; k++) large[k] = k * i;
    hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), dcpl = H5Pcreate(H5P_DATASET_CREATE);
    hid_t s = H5Screate_simple(1, &three, NULL), l = H5Screate_simple(1, &long_dim, NULL);
    hid_t a = H5Dcreate2(f, "small", H5T_NATIVE_INT, s, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Pset_chunk(dcpl, 1, &one) >= 0);
    hid_t b = H5Dcreate2(f, "large", H5T_NATIVE_INT, l, H5P_DEFAULT, dcpl, H5P_DEFAULT);
    assert_true(H5Dwrite(a, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, small) >= 0);
    assert_true(H5Dwrite(b, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, large) >= 0);
    H5Dclose(a), H5Dclose(b), H5Sclose(s), H5Sclose(l), H5Pclose(dcpl), H5Fclose(f);
    free(large);
}

static int n_descriptors(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d)) n++;
    if (d) closedir(d);
    return n;
}

/* Opens of each file on this rank, 0 on all ranks but one. */
static void one_opener(int64_t least, int64_t most) {
    for (int i = 0; i < N_FILES; i++) {
        int64_t mine = n_opens[i], sum, openers = mine > 0;
        MPI_Allreduce(&mine, &sum, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
        MPI_Allreduce(MPI_IN_PLACE, &openers, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
        assert_int_equal(openers, 1);
        assert_in_range(sum, least, most);
    }
}

static void open_all(const char *suffix, const ama__open_options *o, ama__store **s) {
    const char *paths[N_FILES];
    char *kept = malloc((size_t)N_FILES * 1024);
    for (int i = 0; i < N_FILES; i++) {
        paths[i] = kept + 1024 * i;
        snprintf(kept + 1024 * i, 1024, "%s/many%03d.%s", test_dir, i, suffix);
    }
    memset(n_opens, 0, sizeof n_opens);
    ama__comm_barrier(comm);
    if (ama__store_open_many(ctx, comm, N_FILES, paths, o, s) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    free(kept);
}

/* The variable of all files, read as opening does. */
static void read_all(ama__store **s, const char *name, int64_t n, int (*expected)(int file, int k)) {
    ama__store_var v[N_FILES];
    void *hold;
    for (int i = 0; i < N_FILES; i++) v[i] = (ama__store_var){s[i], ama__meta_find_var(&s[i]->meta, name)};
    if (ama__store_need_manifests(ctx, comm, N_FILES, v) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    if (ama__store_send_values(ctx, comm, N_FILES, v, &hold) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    for (int i = 0; i < N_FILES; i++) {
        void *p;
        if (ama__store_read_whole(s[i], v[i].var, &p) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
        for (int k = 0; k < n; k++) assert_int_equal(((int *)p)[k], expected(i, k));
        ama__mem_free(ctx, p);
    }
    ama__store_drop_values(ctx, N_FILES, v, &hold);
}

static int of_small(int file, int k) {
    return file + k;
}

static int of_large(int file, int k) {
    return file * k;
}

static void of_hdf5(void **state) {
    (void)state;
    ama__store *s[N_FILES];
    for (int i = rank; i < N_FILES; i += nranks) hdf5_file(in_dir("many%03d.h5", i), i);
    int before = n_descriptors();
    open_all("h5", NULL, s);
    assert_in_range(n_descriptors(), before, before + 3);
    one_opener(1, 1);
    read_all(s, "small", 3, of_small); /* was read ahead */
    one_opener(1, 1);
    read_all(s, "large", 2048, of_large); /* opened again for its table, and for the values */
    one_opener(1, 3);
    assert_in_range(n_descriptors(), before, before + 3);
    for (int i = 0; i < N_FILES; i++) ama__store_close(&s[i]);
}

/* What is equal to the first file's is the first's. Files differ in the length of a dim (one in three), an attribute of
 * a variable (one in five), or not at all. */
static void shared_metadata(void **state) {
    (void)state;
    ama__store *s[N_FILES];
    for (int i = rank; i < N_FILES; i += nranks) {
        hsize_t n = i % 3 == 1 ? 4 : 3;
        int zero[4] = {0};
        char text[32];
        snprintf(text, sizeof text, i % 5 == 2 ? "file %d" : "all", i);
        hid_t f = H5Fcreate(in_dir("many%03d.alike", i), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        hid_t space = H5Screate_simple(1, &n, NULL), type = H5Tcopy(H5T_C_S1), one = H5Screate(H5S_SCALAR);
        H5Tset_size(type, sizeof text);
        hid_t v = H5Dcreate2(f, "v", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        hid_t a = H5Acreate2(v, "text", type, one, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Awrite(a, type, text) >= 0 &&
                    H5Dwrite(v, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, zero) >= 0);
        H5Aclose(a), H5Dclose(v), H5Tclose(type), H5Sclose(space), H5Sclose(one), H5Fclose(f);
    }
    open_all("alike", NULL, s);
    int n_own = 0; /* files with variables of their own */
    for (int i = 0; i < N_FILES; i++) {
        const ama__stored_var *v = s[i]->meta.var;
        char text[32];
        bool own = true;
        snprintf(text, sizeof text, i % 5 == 2 ? "file %d" : "all", i);
        assert_string_equal(ama__attrs_text(&v->attrs, "text"), text);
        assert_int_equal(v->grid.shape[0], i % 3 == 1 ? 4 : 3);
        assert_int_equal(s[i]->meta.dim[0].size, v->grid.shape[0]);
        for (int k = 0; k < i && own; k++) own = s[k]->meta.var != v;
        n_own += own;
        assert_ptr_equal(v->name, s[0]->meta.var->name);
    }
    assert_in_range(n_own, 3, N_FILES / 5 + 2 * nranks);
    ama__store_close(&s[rank]); /* the others still have what it had */
    for (int i = 0; i < N_FILES; i++) {
        if (s[i]) assert_string_equal(s[i]->meta.var->name, "v");
        ama__store_close(&s[i]);
    }
}

static void few_openers(void **state) {
    (void)state;
    ama__store *s[N_FILES];
    const ama__open_options o = {.max_openers = 2};
    open_all("h5", &o, s);
    one_opener(1, 1);
    int64_t mine = 0;
    for (int i = 0; i < N_FILES; i++) mine += n_opens[i];
    int n = nranks < 2 ? nranks : 2;
    assert_int_equal(mine, rank == 0 || (n == 2 && rank == nranks / 2) ? N_FILES / n : 0);
    read_all(s, "small", 3, of_small);
    for (int i = 0; i < N_FILES; i++) ama__store_close(&s[i]);
}

static void changed_meanwhile(void **state) {
    (void)state;
    ama__store *s[N_FILES];
    ama__store_var v;
    open_all("h5", NULL, s);
    ama__comm_barrier(comm);
    if (rank == 0) {
        hid_t f = H5Fopen(in_dir("many%03d.h5", 41), H5F_ACC_RDWR, H5P_DEFAULT), one = H5Screate(H5S_SCALAR);
        H5Aclose(H5Acreate2(f, "added", H5T_NATIVE_INT, one, H5P_DEFAULT, H5P_DEFAULT));
        H5Sclose(one), H5Fclose(f);
    }
    ama__comm_barrier(comm);
    v = (ama__store_var){s[41], ama__meta_find_var(&s[41]->meta, "large")};
    assert_int_equal(ama__store_need_manifests(ctx, comm, 1, &v), AMA_ERR_MISMATCH);
    assert_non_null(strstr(ama__error_text(ctx), "many041.h5: the file was changed"));
    ama__error_clear(ctx);
    for (int i = 0; i < N_FILES; i++) ama__store_close(&s[i]);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_hdf5), cmocka_unit_test(few_openers),
                                       cmocka_unit_test(shared_metadata), cmocka_unit_test(changed_meanwhile)};
    int failed = cmocka_run_group_tests(tests, begin, end);
    MPI_Finalize();
    return failed;
}
