/* TEST: labels=unit
 * Chunk tables of the HDF5 driver: every index type, filters, holes, edges, userblocks, and values read back. */
#include "hdf5_test.h"

#include "store/hdf5_vfd.h"

typedef struct layout {
    const char *name;
    bool latest;
    int ndim;
    hsize_t dims[3], most[3], chunk[3];
    bool early, deflate, shuffle, fletcher, bare_edges;
    hid_t (*type)(void);
    int holes; /* every holes-th chunk alone is written; 0: all */
    hsize_t userblock;
} layout;

#define U H5S_UNLIMITED
static hid_t f4le(void) {
    return H5T_IEEE_F32LE;
}
static hid_t f8be(void) {
    return H5T_IEEE_F64BE;
}
static hid_t i2be(void) {
    return H5T_STD_I16BE;
}
static hid_t u1(void) {
    return H5T_STD_U8LE;
}
static hid_t i8le(void) {
    return H5T_STD_I64LE;
}

static const layout layouts[] = {
    {"btree1", false, 2, {23, 17}, {23, 17}, {5, 4}, .type = f4le},
    {"btree1_unlimited", false, 2, {23, 17}, {U, U}, {5, 4}, .deflate = true, .shuffle = true, .type = f4le},
    {"btree1_3d", false, 3, {9, 10, 11}, {U, 10, 11}, {2, 3, 4}, .deflate = true, .fletcher = true, .type = i2be},
    {"btree1_holes", false, 2, {40, 40}, {40, 40}, {3, 7}, .deflate = true, .holes = 3, .type = f8be},
    {"btree1_userblock", false, 1, {1000}, {U}, {64}, .shuffle = true, .userblock = 2048, .type = i8le},
    {"btree1_empty", false, 2, {6, 6}, {6, 6}, {2, 2}, .holes = -1, .type = f4le},
    {"btree1_zero", false, 2, {0, 6}, {U, 6}, {2, 2}, .holes = -1, .type = f4le},
    {"single", true, 2, {23, 17}, {23, 17}, {23, 17}, .type = f4le},
    {"single_filtered", true, 2, {23, 17}, {23, 17}, {23, 17}, .deflate = true, .shuffle = true, .type = i2be},
    {"single_empty", true, 2, {5, 5}, {5, 5}, {5, 5}, .holes = -1, .type = f4le},
    {"implicit", true, 2, {23, 17}, {23, 17}, {5, 4}, .early = true, .type = f4le},
    {"implicit_userblock", true, 1, {100}, {100}, {7}, .early = true, .userblock = 512, .type = u1},
    {"fixed_array", true, 2, {23, 17}, {23, 17}, {5, 4}, .type = f8be},
    {"fixed_array_filtered", true, 2, {23, 17}, {23, 17}, {5, 4}, .deflate = true, .type = i2be},
    {"fixed_array_holes", true, 2, {40, 40}, {40, 40}, {3, 7}, .deflate = true, .holes = 2, .type = f4le},
    {"fixed_array_paged", true, 1, {9000}, {9000}, {2}, .type = u1},
    {"fixed_array_empty", true, 1, {90}, {90}, {2}, .holes = -1, .type = u1},
    {"extensible", true, 2, {23, 17}, {U, 17}, {5, 4}, .type = i8le},
    {"extensible_filtered",
     true,
     3,
     {9, 10, 11},
     {U, 10, 11},
     {2, 3, 4},
     .shuffle = true,
     .deflate = true,
     .type = f8be},
    {"extensible_holes", true, 2, {40, 40}, {U, 40}, {3, 7}, .fletcher = true, .holes = 4, .type = f4le},
    {"btree2", true, 2, {23, 17}, {U, U}, {5, 4}, .type = f4le},
    {"btree2_filtered", true, 2, {60, 60}, {U, U}, {3, 2}, .deflate = true, .fletcher = true, .type = i2be},
    {"btree2_userblock", true, 2, {60, 60}, {U, U}, {3, 2}, .deflate = true, .userblock = 4096, .type = i2be},
    {"bare_edges", true, 2, {23, 17}, {23, 17}, {5, 4}, .deflate = true, .bare_edges = true, .type = f4le},
    {"bare_edges_btree2", true, 2, {23, 17}, {U, U}, {5, 4}, .deflate = true, .bare_edges = true, .type = f4le},
};

static hid_t make_plist(const layout *l) {
    hid_t p = H5Pcreate(H5P_DATASET_CREATE);
    double fill = -7;
    assert_true(H5Pset_chunk(p, l->ndim, l->chunk) >= 0);
    if (l->shuffle) H5Pset_shuffle(p);
    if (l->deflate) H5Pset_deflate(p, 3);
    if (l->fletcher) H5Pset_fletcher32(p);
    if (l->early) H5Pset_alloc_time(p, H5D_ALLOC_TIME_EARLY);
    if (l->bare_edges) assert_true(H5Pset_chunk_opts(p, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) >= 0);
    if (l->holes && l->type != u1) H5Pset_fill_value(p, H5T_NATIVE_DOUBLE, &fill);
    return p;
}

/* Values differ everywhere, so that a wrong chunk is seen. */
static void write_chunks(const layout *l, hid_t set, hid_t space) {
    hsize_t n = 1, at[3] = {0}, k = 0;
    for (int d = 0; d < l->ndim; d++) n *= l->chunk[d];
    int32_t *data = malloc(n * sizeof *data);
    for (bool more = l->holes >= 0; more; k++) {
        hsize_t count[3];
        for (int d = 0; d < l->ndim; d++)
            count[d] = at[d] + l->chunk[d] > l->dims[d] ? l->dims[d] - at[d] : l->chunk[d];
        for (hsize_t i = 0; i < n; i++) data[i] = (int32_t)((k * 131 + i * 7) % 30011);
        if (!l->holes || k % (hsize_t)l->holes == 0) {
            hid_t memory = H5Screate_simple(l->ndim, count, NULL);
            H5Sselect_hyperslab(space, H5S_SELECT_SET, at, NULL, count, NULL);
            assert_true(H5Dwrite(set, H5T_NATIVE_INT32, memory, space, H5P_DEFAULT, data) >= 0);
            H5Sclose(memory);
        }
        more = false;
        for (int d = l->ndim - 1; d >= 0 && !more; d--) {
            at[d] += l->chunk[d];
            more = at[d] < l->dims[d];
            if (!more) at[d] = 0;
        }
    }
    free(data);
}

static void make_file(const layout *l, const char *path) {
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS), fcpl = H5Pcreate(H5P_FILE_CREATE);
    if (l->latest) H5Pset_libver_bounds(fapl, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    if (l->userblock) H5Pset_userblock(fcpl, l->userblock);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, fcpl, fapl);
    hid_t space = H5Screate_simple(l->ndim, l->dims, l->most), plist = make_plist(l);
    hid_t set = H5Dcreate2(file, "v", l->type(), space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(set >= 0);
    write_chunks(l, set, space);
    /* a contiguous one beside it, for the userblock */
    hid_t fixed = H5Screate_simple(l->ndim, l->dims, NULL);
    hid_t plain = H5Dcreate2(file, "plain", l->type(), fixed, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (l->holes >= 0) {
        int32_t *data = calloc(1 << 16, sizeof *data);
        for (int i = 0; i < 1 << 16; i++) data[i] = i % 251;
        H5Dwrite(plain, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
        free(data);
    }
    H5Dclose(plain);
    H5Sclose(fixed);
    H5Dclose(set);
    H5Pclose(plist);
    H5Sclose(space);
    H5Fclose(file);
    H5Pclose(fapl);
    H5Pclose(fcpl);
}

static void all_layouts(void **state) {
    (void)state;
    char path[600];
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const layout *l = &layouts[i];
        opened o;
        make_path(path, sizeof path, l->name);
        make_file(l, path);
        open_well(&o, path, NULL);
        hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, "v", H5P_DEFAULT);
        const ama__stored_var *v = var_of(&o, "v");
        assert_true(v->chunked && v->ndim == l->ndim);
        int64_t found = compare_table(&o, "v", set, (int64_t)l->userblock);
        print_message("%s: %d of %d chunks\n", l->name, (int)found, (int)v->grid.n_chunks);
        assert_true(l->holes < 0 ? found == 0 : found > 0);
        assert_true(l->holes || found == v->grid.n_chunks);
        compare_numbers(&o, "v", set);
        H5Dclose(set);
        if (l->holes >= 0) {
            set = H5Dopen2(file, "plain", H5P_DEFAULT);
            assert_int_equal(manifest_of(&o, "plain").kind, AMA_MANIFEST_CONTIGUOUS);
            assert_false(var_of(&o, "plain")->chunked);
            compare_numbers(&o, "plain", set);
            H5Dclose(set);
        }
        H5Fclose(file);
        close_it(&o);
        unlink(path);
    }
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

/* A file that says it holds 2^62 bytes of chunks, none of them there. */
static void enormous(void **state) {
    (void)state;
    char path[600];
    opened o;
    make_path(path, sizeof path, "enormous.h5");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t dims[3][2] = {{(hsize_t)1 << 31, (hsize_t)1 << 28}, {(hsize_t)1 << 40, (hsize_t)1 << 21}, {4, 4}};
    for (int i = 0; i < 2; i++) {
        hid_t space = H5Screate_simple(2, dims[i], NULL), plist = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(plist, 2, (hsize_t[]){4, 4});
        H5Dclose(H5Dcreate2(file, i ? "b" : "a", H5T_NATIVE_UINT8, space, H5P_DEFAULT, plist, H5P_DEFAULT));
        H5Dclose(H5Dcreate2(file, i ? "whole_b" : "whole_a", H5T_NATIVE_UINT8, space, H5P_DEFAULT, H5P_DEFAULT,
                            H5P_DEFAULT));
        H5Pclose(plist);
        H5Sclose(space);
    }
    H5Fclose(file);
    open_well(&o, path, NULL);
    ama__mem_set_limit(o.ctx, (size_t)64 << 20);
    for (int i = 0; i < o.meta.n_vars; i++) {
        ama__manifest m;
        bool whole = strncmp(o.meta.var[i].name, "whole", 5) == 0;
        ama_status status = ama__driver_hdf5.manifest(o.handle, o.arena, &o.meta, i, &m);
        assert_int_equal(status, whole ? AMA_OK : AMA_ERR_UNSUPPORTED);
        if (whole) assert_true(m.kind == AMA_MANIFEST_TABLE && m.n_table == 1 && m.table[0].offset == -1);
        ama__error_clear(o.ctx);
    }
    close_it(&o);
    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, (hsize_t[]){(hsize_t)1 << 31, (hsize_t)1 << 31}, NULL);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 2, (hsize_t[]){4, 4});
    H5Dclose(H5Dcreate2(file, "too_big", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, plist, H5P_DEFAULT));
    H5Pclose(plist);
    H5Sclose(space);
    H5Fclose(file);
    assert_int_equal(open_with(&o, path, NULL, false), AMA_ERR_FORMAT);
    assert_says(o.ctx, "too_big");
    close_it(&o);
    unlink(path);
}

/* A table of many chunks takes about a microsecond each. */
static void many_chunks(void **state) {
    (void)state;
    char path[600];
    opened o;
    layout l = {"many", true, 2, {1 << 9, 1 << 7}, {1 << 9, U}, {1, 1}, .type = u1};
    for (int i = 0; i < 2; i++, l.latest = !l.latest) {
        make_path(path, sizeof path, "many.h5");
        make_file(&l, path);
        open_well(&o, path, NULL);
        ama__manifest m = manifest_of(&o, "v");
        int64_t there = 0;
        for (int64_t k = 0; k < m.n_table; k++) there += m.table[k].offset > 0 && m.table[k].length == 1;
        assert_int_equal(there, 1 << 16);
        close_it(&o);
        unlink(path);
    }
}

/* A user-defined pipeline: filters unknown here leave the metadata readable. */
static void filters(void **state) {
    (void)state;
    char path[600], text[200];
    opened o;
    make_path(path, sizeof path, "filters.h5");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, (hsize_t[]){64}, NULL);
    const struct {
        const char *name;
        H5Z_filter_t id;
        unsigned n, value[7];
    } cases[] = {{"zstd", 32015, 1, {5}},
                 {"lz4", 32004, 1, {0}},
                 {"blosc", 32001, 7, {2, 2, 4, 256, 5, 1, 1}},
                 {"own", 411, 0, {0}}};
    for (int i = 0; i < 4; i++) {
        hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(plist, 1, (hsize_t[]){16});
        H5Pset_shuffle(plist);
        H5Pset_filter(plist, cases[i].id, H5Z_FLAG_OPTIONAL, cases[i].n, cases[i].value);
        H5Dclose(H5Dcreate2(file, cases[i].name, H5T_IEEE_F32LE, space, H5P_DEFAULT, plist, H5P_DEFAULT));
        H5Pclose(plist);
    }
    float data[64];
    for (int i = 0; i < 64; i++) data[i] = (float)(i * 3);
    for (int big = 0; big < 2; big++) {
        hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
        hid_t large = H5Screate_simple(1, (hsize_t[]){big ? 1 << 25 : 64}, NULL);
        H5Pset_chunk(plist, 1, (hsize_t[]){big ? 1 << 20 : 16});
        H5Pset_scaleoffset(plist, H5Z_SO_FLOAT_DSCALE, 2);
        hid_t set = H5Dcreate2(file, big ? "so_big" : "so", H5T_IEEE_F32BE, large, H5P_DEFAULT, plist, H5P_DEFAULT);
        if (!big) H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
        H5Dclose(set);
        H5Pclose(plist);
        H5Sclose(large);
    }
    H5Sclose(space);
    H5Fclose(file);
    open_well(&o, path, NULL);
    const ama__pipeline *p = &var_of(&o, "zstd")->pipeline;
    assert_true(p->n == 2 && p->step[0].codec == AMA_CODEC_SHUFFLE && p->step[0].element_bytes == 4);
    assert_true(p->step[1].codec == AMA_CODEC_ZSTD && p->step[1].a == 5);
    p = &var_of(&o, "blosc")->pipeline;
    assert_true(p->step[1].codec == AMA_CODEC_BLOSC && p->step[1].element_bytes == 4 && p->step[1].b == 1);
    assert_string_equal(p->step[1].name, "lz4");
    for (int i = 1; i < 4; i += 2) {
        p = &var_of(&o, cases[i].name)->pipeline;
        assert_true(p->n == 2 && p->step[1].codec == AMA_CODEC_UNKNOWN);
        assert_int_equal(ama__pipeline_check(o.ctx, p), AMA_ERR_UNSUPPORTED);
        assert_says(o.ctx, i == 1 ? "lz4" : "411");
        ama__error_clear(o.ctx);
    }
    ama__pipeline_print(&var_of(&o, "so_big")->pipeline, text, sizeof text);
    assert_non_null(strstr(text, "scaleoffset"));
    ama__manifest m = manifest_of(&o, "so"); /* small: HDF5 itself reads it */
    assert_true(m.kind == AMA_MANIFEST_INLINE && !var_of(&o, "so")->swapped);
    assert_memory_equal(m.inline_data, data, sizeof data);
    close_it(&o);
    unlink(path);
}

/* HDF5's error printing is as it was, whatever the driver did. */
static herr_t counting(hid_t stack, void *user) {
    (void)stack;
    ++*(int *)user;
    return 0;
}

static void silence(void **state) {
    (void)state;
    int n = 0;
    opened o;
    char path[600];
    make_path(path, sizeof path, "silence.h5");
    make_file(&layouts[3], path);
    H5E_auto2_t print;
    void *data;
    H5Eget_auto2(H5E_DEFAULT, &print, &data);
    H5Eset_auto2(H5E_DEFAULT, counting, &n);
    open_well(&o, path, NULL);
    manifest_of(&o, "v");
    close_it(&o);
    assert_int_equal(open_with(&o, path, "nowhere", false), AMA_ERR_NOTFOUND);
    close_it(&o);
    assert_int_equal(n, 0);
    H5Fopen("/nonexistent/file", H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_int_equal(n, 1);
    H5Eset_auto2(H5E_DEFAULT, print, data);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_layouts), cmocka_unit_test(enormous), cmocka_unit_test(many_chunks),
        cmocka_unit_test(filters),     cmocka_unit_test(silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
