/* TEST: np=1,2,3 labels=mpi
 * Who opens what when many datasets are opened: every file on one rank only, values given to all, no descriptor left
 * open. open(2) is this program's own and counts. */
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

static void open_all(const char *suffix, ama__store **s) {
    const char *paths[N_FILES];
    char *kept = malloc((size_t)N_FILES * 1024);
    for (int i = 0; i < N_FILES; i++) {
        paths[i] = kept + 1024 * i;
        snprintf(kept + 1024 * i, 1024, "%s/many%03d.%s", test_dir, i, suffix);
    }
    memset(n_opens, 0, sizeof n_opens);
    ama__comm_barrier(comm);
    if (ama__store_open_many(ctx, comm, N_FILES, paths, NULL, s) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
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
    open_all("h5", s);
    assert_in_range(n_descriptors(), before, before + 3);
    one_opener(1, 4); /* two drivers look at it, its length is checked, HDF5 opens it */
    read_all(s, "small", 3, of_small);
    one_opener(1, 5);
    read_all(s, "large", 2048, of_large); /* opened again for its table */
    one_opener(1, 8);
    assert_in_range(n_descriptors(), before, before + 3);
    for (int i = 0; i < N_FILES; i++) ama__store_close(&s[i]);
}

static void changed_meanwhile(void **state) {
    (void)state;
    ama__store *s[N_FILES];
    ama__store_var v;
    open_all("h5", s);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_hdf5), cmocka_unit_test(changed_meanwhile)};
    int failed = cmocka_run_group_tests(tests, begin, end);
    MPI_Finalize();
    return failed;
}
