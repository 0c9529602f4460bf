/* TEST: labels=unit
 * Metadata of the HDF5 driver on made files: dims of every kind, groups, attributes, types, storage, what is refused,
 * and errors. */
#include "hdf5_test.h"

#include <sys/stat.h>

static char path[600];

/* ---- making files */

static void put_text(hid_t object, const char *name, const char *s, H5T_str_t pad, size_t bytes_each) {
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, bytes_each);
    H5Tset_strpad(type, pad);
    hid_t attr = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attr, type, s);
    H5Aclose(attr);
    H5Sclose(space);
    H5Tclose(type);
}

static void put_vlen(hid_t object, const char *name, int n, const char *const *s) {
    hid_t type = H5Tcopy(H5T_C_S1),
          space = n < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, (hsize_t[]){(hsize_t)n}, NULL);
    H5Tset_size(type, H5T_VARIABLE);
    hid_t attr = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (n) H5Awrite(attr, type, s);
    H5Aclose(attr);
    H5Sclose(space);
    H5Tclose(type);
}

static void put_numbers(hid_t object, const char *name, hid_t type, int n, const double *x) {
    hid_t space = n == 0 ? H5Screate(H5S_NULL) : H5Screate_simple(1, (hsize_t[]){(hsize_t)n}, NULL);
    hid_t attr = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (n) H5Awrite(attr, H5T_NATIVE_DOUBLE, x);
    H5Aclose(attr);
    H5Sclose(space);
}

static void put_ints(hid_t object, const char *name, int n, const double *x) {
    put_numbers(object, name, H5T_STD_I32LE, n, x);
}

/* A dataset with values 1, 2, 3, … ; chunk 0: contiguous. Unlimited along the first `n_grow` axes. */
static hid_t put_set(hid_t at, const char *name, hid_t type, int ndim, const hsize_t *dims, int n_grow, hsize_t chunk) {
    hsize_t most[8], edge[8], n = 1;
    for (int d = 0; d < ndim; d++) {
        most[d] = d < n_grow ? H5S_UNLIMITED : dims[d];
        edge[d] = chunk;
        n *= dims[d];
    }
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(ndim, dims, most);
    H5Pset_attr_creation_order(plist, H5P_CRT_ORDER_TRACKED);
    if (chunk) H5Pset_chunk(plist, ndim, edge);
    hid_t set = H5Dcreate2(at, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(set >= 0);
    int32_t *x = malloc((n + 1) * sizeof *x);
    for (hsize_t i = 0; i < n; i++) x[i] = (int32_t)i + 1;
    if (H5Tget_class(type) == H5T_INTEGER || H5Tget_class(type) == H5T_FLOAT)
        H5Dwrite(set, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, x);
    free(x);
    H5Pclose(plist);
    H5Sclose(space);
    return set;
}

static void make_scale(hid_t set, const char *name, int id) {
    double x = id;
    put_text(set, "CLASS", "DIMENSION_SCALE", H5T_STR_NULLTERM, 16);
    put_text(set, "NAME", name, H5T_STR_NULLTERM, strlen(name) + 1);
    if (id >= 0) put_ints(set, "_Netcdf4Dimid", 1, &x);
}

static void attach(hid_t set, int n, const hid_t *scale) {
    hobj_ref_t ref[8];
    hvl_t list[8];
    for (int i = 0; i < n; i++) {
        list[i] = (hvl_t){scale[i] >= 0, &ref[i]};
        if (scale[i] >= 0) H5Rcreate(&ref[i], scale[i], ".", H5R_OBJECT, -1);
    }
    hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ), space = H5Screate_simple(1, (hsize_t[]){(hsize_t)n}, NULL);
    hid_t attr = H5Acreate2(set, "DIMENSION_LIST", type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attr, type, list);
    H5Aclose(attr);
    H5Sclose(space);
    H5Tclose(type);
}

static hid_t new_file(bool ordered) {
    hid_t fcpl = H5Pcreate(H5P_FILE_CREATE);
    make_path(path, sizeof path, "meta.h5");
    if (ordered) H5Pset_link_creation_order(fcpl, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, fcpl, H5P_DEFAULT);
    H5Pclose(fcpl);
    return file;
}

static void check_dim(const ama__meta *m, const char *name, int64_t size, bool unlimited) {
    int i = ama__meta_find_dim(m, name);
    if (i < 0) fail_msg("no dim %s", name);
    assert_int_equal(m->dim[i].size, size);
    assert_int_equal(m->dim[i].unlimited, unlimited);
}

static void check_dims_of(const opened *o, const char *var, const char *expected) {
    const ama__stored_var *v = var_of(o, var);
    char got[200] = "";
    for (int d = 0; d < v->ndim; d++) strcat(strcat(got, d ? "," : ""), o->meta.dim[v->dim[d]].name);
    assert_string_equal(got, expected);
    for (int d = 0; d < v->ndim; d++) assert_int_equal(v->grid.shape[d], o->meta.dim[v->dim[d]].size);
}

/* ---- dims */

static void make_netcdf4(void) {
    hid_t file = new_file(true), none = -1;
    hid_t time = put_set(file, "time", H5T_IEEE_F64LE, 1, (hsize_t[]){5}, 1, 2);
    hid_t y = put_set(file, "y", H5T_IEEE_F32BE, 1, (hsize_t[]){3}, 0, 0);
    hid_t x = put_set(file, "x", H5T_IEEE_F32LE, 1, (hsize_t[]){4}, 0, 0);
    hid_t two = put_set(file, "two", H5T_STD_I32LE, 2, (hsize_t[]){6, 4}, 0, 0); /* a scale of two axes */
    make_scale(time, "time", 0);
    make_scale(y, "y", 1);
    make_scale(x, "This is a netCDF dimension but not a netCDF variable         4", 2);
    make_scale(two, "two", 3);
    put_ints(two, "_Netcdf4Coordinates", 2, (double[]){3, 2});
    hid_t b = put_set(file, "b", H5T_STD_I16BE, 3, (hsize_t[]){9, 3, 4}, 1, 2); /* longer than time itself */
    attach(b, 3, (hid_t[]){time, y, x});
    hid_t a = put_set(file, "a", H5T_STD_I32LE, 2, (hsize_t[]){3, 4}, 0, 0);
    put_ints(a, "_Netcdf4Coordinates", 2, (double[]){1, 2});
    hid_t part = put_set(file, "part", H5T_STD_I32LE, 2, (hsize_t[]){3, 7}, 0, 0);
    attach(part, 2, (hid_t[]){y, none});
    hid_t bad = put_set(file, "bad", H5T_STD_I32LE, 1, (hsize_t[]){2}, 0, 0);
    attach(bad, 1, &y);
    hid_t same = put_set(file, "_nc4_non_coord_x", H5T_STD_I32LE, 1, (hsize_t[]){3}, 0, 0);
    attach(same, 1, &y);
    hid_t gcpl = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_link_creation_order(gcpl, H5P_CRT_ORDER_TRACKED);
    hid_t g = H5Gcreate2(file, "g", H5P_DEFAULT, gcpl, H5P_DEFAULT),
          sub = H5Gcreate2(g, "sub", H5P_DEFAULT, gcpl, H5P_DEFAULT);
    hid_t own = put_set(g, "y", H5T_STD_I8LE, 1, (hsize_t[]){8}, 0, 0);
    make_scale(own, "y", 4);
    hid_t c = put_set(g, "c", H5T_STD_U8LE, 2, (hsize_t[]){2, 8}, 2, 2);
    attach(c, 2, (hid_t[]){time, own});
    hid_t e = put_set(sub, "e", H5T_STD_U64LE, 2, (hsize_t[]){3, 8}, 0, 0);
    attach(e, 2, (hid_t[]){y, own});
    H5Lcreate_hard(file, "/", sub, "loop", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/g/sub", file, "alias", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Pclose(gcpl);
    const hid_t all[] = {time, y, x, two, b, a, part, bad, same, own, c, e};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) H5Dclose(all[i]);
    H5Gclose(sub);
    H5Gclose(g);
    H5Fclose(file);
}

static void dims(void **state) {
    (void)state;
    opened o;
    make_netcdf4();
    open_well(&o, path, NULL);
    assert_string_equal(o.meta.format, "netCDF-4");
    static const char *const order[] = {"time", "y", "two", "b", "a", "part", "bad", "x"};
    assert_int_equal(o.meta.n_vars, 8); /* in the order of creation; the dim x has no variable of its own */
    for (int i = 0; i < 8; i++) assert_string_equal(o.meta.var[i].name, order[i]);
    check_dim(&o.meta, "time", 9, true);
    check_dim(&o.meta, "y", 3, false);
    check_dim(&o.meta, "x", 4, false);
    check_dim(&o.meta, "two", 6, false);
    for (int i = 0; i < 4; i++) assert_string_equal(o.meta.dim[i].name, ((const char *[]){"time", "y", "x", "two"})[i]);
    check_dims_of(&o, "b", "time,y,x");
    check_dims_of(&o, "a", "y,x");
    check_dims_of(&o, "two", "two,x");
    check_dims_of(&o, "part", "y,phony_dim_5");
    check_dims_of(&o, "bad", "phony_dim_6");
    check_dims_of(&o, "x", "y");
    assert_non_null(strstr(o.warnings, "variable /bad: axis 0 is not as long as its dim y"));
    assert_non_null(strstr(o.warnings, "dangling"));
    assert_int_equal(o.meta.n_groups, 1);
    assert_string_equal(o.meta.group[0], "g");
    assert_int_equal(var_of(&o, "time")->attrs.n, 0); /* CLASS, NAME and _Netcdf4Dimid are hidden */
    assert_true(var_of(&o, "b")->swapped && !var_of(&o, "a")->swapped);
    ama__manifest m = manifest_of(&o, "time"); /* 5 values of 9: the rest is missing */
    assert_int_equal(m.n_table, 5);
    for (int i = 0; i < 5; i++) assert_int_equal(m.table[i].offset<0, i> 2);
    double *t = read_numbers(&o, var_of(&o, "time"), &m);
    for (int i = 0; i < 9; i++) assert_true(t[i] == (i < 5 ? i + 1 : 0));
    free(t);
    close_it(&o);
    static const char *const same[] = {"g/sub", "/g/sub", "/g//sub/", "alias", "g/sub/loop/g/sub"};
    for (int i = 0; i < 5; i++) {
        open_well(&o, path, same[i]);
        check_dims_of(&o, "e", "y_2,y");
        check_dim(&o.meta, "y", 8, false);
        check_dim(&o.meta, "y_2", 3, false);
        close_it(&o);
    }
    open_well(&o, path, "g");
    check_dims_of(&o, "c", "time,y");
    check_dim(&o.meta, "time", 9, true);
    assert_int_equal(o.meta.n_dims, 2);
    assert_string_equal(o.meta.group[0], "sub");
    close_it(&o);
    static const char *const wrong[] = {"h", "g/x", "time", "dangling", "g/sub/e"};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(open_with(&o, path, wrong[i], false), AMA_ERR_NOTFOUND);
        assert_says(o.ctx, "there are: g, g/sub");
        assert_says(o.ctx, wrong[i]);
        close_it(&o);
    }
    unlink(path);
}

static void phony(void **state) {
    (void)state;
    opened o;
    hid_t file = new_file(false), g = H5Gcreate2(file, "sub", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(put_set(file, "b", H5T_STD_I32LE, 2, (hsize_t[]){5, 4}, 0, 0));
    H5Dclose(put_set(file, "a", H5T_STD_I32LE, 3, (hsize_t[]){4, 4, 5}, 0, 0));
    H5Dclose(put_set(file, "c", H5T_STD_I32LE, 1, (hsize_t[]){4}, 1, 2));
    H5Dclose(put_set(g, "d", H5T_STD_I32LE, 1, (hsize_t[]){4}, 0, 0));
    H5Gclose(g);
    H5Fclose(file);
    open_well(&o, path, NULL);
    assert_string_equal(o.meta.format, "HDF5");
    assert_string_equal(o.meta.var[0].name, "a");                  /* no creation order: by name */
    check_dims_of(&o, "a", "phony_dim_1,phony_dim_2,phony_dim_3"); /* phony_dim_0 is that of /sub */
    check_dims_of(&o, "b", "phony_dim_3,phony_dim_1");
    check_dims_of(&o, "c", "phony_dim_4");
    check_dim(&o.meta, "phony_dim_4", 4, true);
    close_it(&o);
    unlink(path);
}

/* ---- attributes */

static void make_attributes(void) {
    hid_t file = new_file(true);
    hid_t v = put_set(file, "v", H5T_STD_I32LE, 1, (hsize_t[]){3}, 0, 0);
    put_numbers(v, "z_i1", H5T_STD_I8LE, 2, (double[]){-1, 127});
    put_numbers(v, "u2be", H5T_STD_U16BE, 1, (double[]){65535});
    put_numbers(v, "i8be", H5T_STD_I64BE, 1, (double[]){-5e15});
    put_numbers(v, "f4be", H5T_IEEE_F32BE, 3, (double[]){0.5, -2, 1e10});
    put_numbers(v, "f8", H5T_IEEE_F64LE, 1, (double[]){1e300});
    put_numbers(v, "none", H5T_IEEE_F64LE, 0, NULL);
    put_text(v, "units", "K\0garbage", H5T_STR_NULLTERM, 10);
    put_text(v, "blank", "abc   ", H5T_STR_SPACEPAD, 6);
    put_text(v, "full", "abc", H5T_STR_NULLPAD, 3);
    put_text(v, "NAME", "not a scale", H5T_STR_NULLTERM, 12);
    put_vlen(v, "one", -1, (const char *const[]){"söuth"});
    put_vlen(v, "one_in_list", 1, (const char *const[]){"x"});
    put_vlen(v, "names", 2, (const char *const[]){"north", ""});
    put_vlen(v, "no_names", 0, NULL);
    put_text(file, "_NCProperties", "version=2", H5T_STR_NULLTERM, 10);
    put_ints(file, "_nc3_strict", 1, (double[]){1});
    hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    put_numbers(v, "half", half, 1, (double[]){1.5});
    H5Tclose(half);
    hid_t space = H5Screate(H5S_SCALAR), pair = H5Tcreate(H5T_COMPOUND, 8);
    H5Tinsert(pair, "a", 0, H5T_NATIVE_INT);
    H5Tinsert(pair, "b", 4, H5T_NATIVE_INT);
    H5Aclose(H5Acreate2(v, "pair", pair, space, H5P_DEFAULT, H5P_DEFAULT));
    hid_t array = H5Tarray_create2(H5T_NATIVE_INT, 1, (hsize_t[]){3});
    H5Aclose(H5Acreate2(v, "array", array, space, H5P_DEFAULT, H5P_DEFAULT));
    H5Tclose(array);
    H5Tclose(pair);
    H5Sclose(space);
    H5Dclose(v);
    H5Fclose(file);
}

static void attributes(void **state) {
    (void)state;
    opened o;
    double x;
    make_attributes();
    open_well(&o, path, NULL);
    assert_string_equal(o.meta.format, "netCDF-4"); /* it has _NCProperties */
    assert_int_equal(o.meta.attrs.n, 0);
    const ama__attrs *a = &var_of(&o, "v")->attrs;
    assert_int_equal(a->n, 15);
    assert_string_equal(a->a[0].name, "z_i1"); /* order of creation */
    assert_true(a->a[0].dtype == AMA_I1 && a->a[0].n == 2 && ((const int8_t *)a->a[0].data)[1] == 127);
    const ama__attr *p = ama__attrs_find(a, "u2be");
    assert_true(p->dtype == AMA_U2 && *(const uint16_t *)p->data == 65535);
    p = ama__attrs_find(a, "i8be");
    assert_true(p->dtype == AMA_I8 && *(const int64_t *)p->data == -5000000000000000);
    p = ama__attrs_find(a, "f4be");
    assert_true(p->dtype == AMA_F4 && p->n == 3 && ((const float *)p->data)[2] == 1e10f);
    assert_true(ama__attrs_f8(a, "f8", &x) && x == 1e300);
    assert_true(ama__attrs_f8(a, "half", &x) && x == 1.5);
    p = ama__attrs_find(a, "none");
    assert_true(p->dtype == AMA_F8 && p->n == 0);
    assert_string_equal(ama__attrs_text(a, "units"), "K");
    assert_string_equal(ama__attrs_text(a, "blank"), "abc");
    assert_string_equal(ama__attrs_text(a, "full"), "abc");
    assert_string_equal(ama__attrs_text(a, "NAME"), "not a scale");
    assert_string_equal(ama__attrs_text(a, "one"), "söuth");
    assert_string_equal(ama__attrs_text(a, "one_in_list"), "x");
    assert_string_equal(ama__attrs_text(a, "no_names"), "");
    p = ama__attrs_find(a, "names");
    assert_true(p->dtype == AMA_STRING && p->n == 2);
    assert_string_equal(((const char *const *)p->data)[0], "north");
    assert_string_equal(((const char *const *)p->data)[1], "");
    assert_int_equal(o.n_warnings, 2);
    assert_non_null(strstr(o.warnings, "attribute pair of compound type"));
    assert_non_null(strstr(o.warnings, "attribute array of array type"));
    close_it(&o);
    unlink(path);
}

/* ---- types and storage */

static hid_t text_type(size_t bytes_each, H5T_str_t pad) {
    hid_t t = H5Tcopy(H5T_C_S1);
    H5Tset_size(t, bytes_each);
    H5Tset_strpad(t, pad);
    return t;
}

static void put_typed(hid_t file, const char *name, hid_t type, const hsize_t *n, hid_t plist, const void *data) {
    hid_t space = n ? H5Screate_simple(1, n, NULL) : H5Screate(H5S_SCALAR);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(set >= 0);
    if (data) assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
}

static hid_t enum_type(void) {
    hid_t t = H5Tenum_create(H5T_STD_I16BE);
    H5Tenum_insert(t, "no", &(int16_t){0});
    H5Tenum_insert(t, "yes", &(int16_t){1});
    return t;
}

static void make_types(void) {
    hid_t file = new_file(true), compact = H5Pcreate(H5P_DATASET_CREATE), filled = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_layout(compact, H5D_COMPACT);
    H5Pset_fill_value(filled, H5T_NATIVE_INT, &(int){-99});
    put_typed(file, "enum", enum_type(), (hsize_t[]){2}, H5P_DEFAULT, (int16_t[]){0, 0x0100});
    put_typed(file, "s1", text_type(1, H5T_STR_NULLPAD), (hsize_t[]){4}, H5P_DEFAULT, "ab\0d");
    put_typed(file, "s4", text_type(4, H5T_STR_SPACEPAD), (hsize_t[]){3}, H5P_DEFAULT, "ab  cdefg\0hi");
    put_typed(file, "vlen", text_type(H5T_VARIABLE, H5T_STR_NULLTERM), (hsize_t[]){2}, H5P_DEFAULT,
              (const char *[]){"söuth", ""});
    put_typed(file, "vlen_unwritten", text_type(H5T_VARIABLE, H5T_STR_NULLTERM), (hsize_t[]){2}, H5P_DEFAULT, NULL);
    put_typed(file, "vlen_scalar", text_type(H5T_VARIABLE, H5T_STR_NULLTERM), NULL, H5P_DEFAULT,
              (const char *[]){"one"});
    put_typed(file, "compact", H5Tcopy(H5T_STD_I32BE), (hsize_t[]){2}, compact, (int32_t[]){0x01000000, 0x02000000});
    put_typed(file, "filled", H5Tcopy(H5T_STD_I16BE), (hsize_t[]){5}, filled, NULL);
    put_typed(file, "scalar", H5Tcopy(H5T_IEEE_F64LE), NULL, H5P_DEFAULT, (double[]){2.5});
    hid_t three = H5Tcopy(H5T_STD_I32LE);
    H5Tset_size(three, 3);
    H5Tset_precision(three, 24);
    put_typed(file, "three_bytes", three, (hsize_t[]){2}, H5P_DEFAULT, "\1\0\0\377\377\377");
    put_typed(file, "opaque", H5Tcreate(H5T_OPAQUE, 5), (hsize_t[]){2}, H5P_DEFAULT, NULL);
    put_typed(file, "bits", H5Tcopy(H5T_STD_B8LE), (hsize_t[]){2}, H5P_DEFAULT, NULL);
    put_typed(file, "long_double", H5Tcopy(H5T_NATIVE_LDOUBLE), (hsize_t[]){2}, H5P_DEFAULT, NULL);
    put_typed(file, "large_text", text_type(2, H5T_STR_NULLPAD), (hsize_t[]){1 << 24}, H5P_DEFAULT, NULL);
    hid_t null = H5Screate(H5S_NULL),
          set = H5Dcreate2(file, "null", H5T_IEEE_F32LE, null, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(set);
    hid_t s3 = text_type(3, H5T_STR_NULLPAD);
    H5Dclose(H5Dcreate2(file, "null_text", s3, null, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Tclose(s3);
    H5Sclose(null);
    H5Pclose(compact);
    H5Pclose(filled);
    H5Fclose(file);
}

static void check_text(opened *o, const char *name, int n, const char *const *expected) {
    ama__manifest m = manifest_of(o, name);
    assert_int_equal(m.kind, AMA_MANIFEST_INLINE);
    assert_int_equal(m.inline_bytes, (size_t)n * sizeof(char *));
    for (int i = 0; i < n; i++) assert_string_equal(((char *const *)m.inline_data)[i], expected[i]);
}

static void types(void **state) {
    (void)state;
    opened o;
    make_types();
    open_well(&o, path, NULL);
    assert_int_equal(o.n_warnings, 3);
    assert_non_null(strstr(o.warnings, "variable opaque of opaque type is left out"));
    assert_non_null(strstr(o.warnings, "variable bits of bit field type"));
    assert_non_null(strstr(o.warnings, "variable long_double of floating-point of unusual size type"));
    const ama__stored_var *v = var_of(&o, "enum");
    assert_true(v->dtype == AMA_I2 && v->swapped && !v->chunked && v->stored_bytes == 4);
    ama__manifest m = manifest_of(&o, "enum");
    int16_t *x = read_numbers(&o, v, &m);
    assert_true(x[0] == 0 && x[1] == 1);
    free(x);
    m = manifest_of(&o, "s1");
    assert_int_equal(var_of(&o, "s1")->dtype, AMA_CHAR);
    assert_true(m.kind == AMA_MANIFEST_INLINE && m.inline_bytes == 4);
    assert_memory_equal(m.inline_data, "ab\0d", 4);
    check_text(&o, "s4", 3, (const char *[]){"ab", "cdef", "g"});
    check_text(&o, "vlen", 2, (const char *[]){"söuth", ""});
    check_text(&o, "vlen_unwritten", 2, (const char *[]){"", ""});
    check_text(&o, "vlen_scalar", 1, (const char *[]){"one"});
    check_text(&o, "null_text", 1, (const char *[]){""});
    m = manifest_of(&o, "compact");
    assert_true(m.kind == AMA_MANIFEST_INLINE && !var_of(&o, "compact")->swapped);
    assert_memory_equal(m.inline_data, ((int32_t[]){1, 2}), 8);
    m = manifest_of(&o, "three_bytes");
    assert_int_equal(var_of(&o, "three_bytes")->dtype, AMA_I4);
    assert_memory_equal(m.inline_data, ((int32_t[]){1, -1}), 8);
    v = var_of(&o, "filled");
    m = manifest_of(&o, "filled");
    assert_true(v->has_fill && *(const int16_t *)v->fill == -99 && v->chunked && v->grid.n_chunks == 1);
    assert_true(m.kind == AMA_MANIFEST_TABLE && m.n_table == 1 && m.table[0].offset == -1);
    v = var_of(&o, "scalar");
    m = manifest_of(&o, "scalar");
    assert_true(v->ndim == 0 && !v->has_fill && m.kind == AMA_MANIFEST_CONTIGUOUS && m.base > 0);
    m = manifest_of(&o, "null");
    assert_true(var_of(&o, "null")->ndim == 0 && m.kind == AMA_MANIFEST_TABLE && m.table[0].offset == -1);
    int large = ama__meta_find_var(&o.meta, "large_text");
    assert_int_equal(ama__driver_hdf5.manifest(o.handle, o.arena, &o.meta, large, &m), AMA_ERR_UNSUPPORTED);
    assert_says(o.ctx, "large_text");
    close_it(&o);
    unlink(path);
}

/* ---- data in other files */

static void make_external(const char *other) {
    hid_t file = H5Fcreate(other, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(put_set(file, "far", H5T_STD_I32LE, 1, (hsize_t[]){6}, 0, 2));
    H5Fclose(file);
    file = new_file(true);
    H5Lcreate_external(other, "/far", file, "link", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/link", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    hid_t raw = H5Pcreate(H5P_DATASET_CREATE), virtual = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(raw, other, 0, 24);
    put_typed(file, "raw", H5Tcopy(H5T_STD_I32LE), (hsize_t[]){6}, raw, NULL);
    hid_t space = H5Screate_simple(1, (hsize_t[]){6}, NULL);
    H5Pset_virtual(virtual, space, other, "/far", space);
    put_typed(file, "virtual", H5Tcopy(H5T_STD_I32LE), (hsize_t[]){6}, virtual, NULL);
    H5Dclose(put_set(file, "near", H5T_STD_I32LE, 1, (hsize_t[]){6}, 0, 0));
    H5Sclose(space);
    H5Pclose(raw);
    H5Pclose(virtual);
    H5Fclose(file);
}

static void external(void **state) {
    (void)state;
    opened o;
    ama__manifest m;
    char other[600];
    make_path(other, sizeof other, "other.h5");
    make_external(other);
    open_well(&o, path, NULL);
    assert_int_equal(o.meta.n_vars, 3);
    assert_non_null(strstr(o.warnings, "external link /link is not followed"));
    assert_non_null(strstr(o.warnings, "link /soft leads nowhere or to another file"));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ama__driver_hdf5.manifest(o.handle, o.arena, &o.meta, i, &m), AMA_ERR_UNSUPPORTED);
        assert_says(o.ctx, i ? "virtual dataset" : "external raw file");
        assert_says(o.ctx, "allow_external");
        ama__error_clear(o.ctx);
    }
    manifest_of(&o, "near");
    close_it(&o);
    assert_int_equal(open_with(&o, path, NULL, true), AMA_OK);
    assert_int_equal(o.meta.n_vars, 5);
    m = manifest_of(&o, "link");
    assert_string_equal(m.path, other);
    int32_t *x = read_numbers(&o, var_of(&o, "link"), &m);
    for (int i = 0; i < 6; i++) assert_int_equal(x[i], i + 1);
    m = manifest_of(&o, "virtual");
    assert_int_equal(m.kind, AMA_MANIFEST_INLINE);
    assert_memory_equal(m.inline_data, x, 24);
    m = manifest_of(&o, "raw");
    assert_memory_equal(m.inline_data, "\211HDF\r\n\032\n", 8);
    free(x);
    close_it(&o);
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    unlink(other);
    unlink(path);
}

/* ---- errors */

static void expect_error(const char *file, ama_status status, const char *says) {
    opened o;
    assert_int_equal(open_with(&o, file, NULL, false), status);
    assert_null(o.handle);
    assert_says(o.ctx, file);
    assert_says(o.ctx, says);
    close_it(&o);
}

static void errors(void **state) {
    (void)state;
    ama_ctx *ctx = ama__ctx_create();
    make_netcdf4();
    assert_true(probe(&ama__driver_hdf5, path));
    expect_error("/nonexistent/a.nc", AMA_ERR_NOTFOUND, "no such file");
    expect_error("/tmp", AMA_ERR_IO, "not a regular file");
    assert_false(probe(&ama__driver_hdf5, "/tmp") || probe(&ama__driver_hdf5, "/nonexistent/a.nc"));
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(truncate(path, s.st_size - 100), 0);
    expect_error(path, AMA_ERR_FORMAT, "truncated");
    assert_int_equal(truncate(path, 20), 0);
    expect_error(path, AMA_ERR_FORMAT, "HDF5");
    assert_int_equal(truncate(path, 7), 0);
    expect_error(path, AMA_ERR_FORMAT, "not an HDF5");
    assert_false(probe(&ama__driver_hdf5, path));
    assert_int_equal(truncate(path, 0), 0);
    expect_error(path, AMA_ERR_FORMAT, "not an HDF5");
    unlink(path);
    assert_string_equal(ama__error_text(ctx), "");
    ama__ctx_destroy(&ctx);
}

/* Every injected failure gives an error and leaves no id open. */
static void faults(void **state) {
    (void)state;
    make_netcdf4();
    int n = 0;
    for (bool failed = true; failed; n++) {
        char number[24];
        opened o;
        snprintf(number, sizeof number, "%d", n + 1);
        setenv("AMA_FAULT", number, 1);
        memset(&o, 0, sizeof o);
        o.ctx = ama__ctx_create();
        unsetenv("AMA_FAULT");
        ama_status status = ama__arena_create(o.ctx, &o.arena);
        if (status == AMA_OK) status = ama__driver_hdf5.open(o.arena, path, NULL, &o.meta, &o.handle);
        for (int i = 0; status == AMA_OK && i < o.meta.n_vars; i++) {
            ama__manifest m;
            status = ama__driver_hdf5.manifest(o.handle, o.arena, &o.meta, i, &m);
        }
        failed = ama__fault_count(o.ctx) > n;
        assert_int_equal(failed, status != AMA_OK);
        ama__driver_hdf5.close(&o.handle);
        ama__arena_destroy(&o.arena);
        ama__ctx_destroy(&o.ctx);
        assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    }
    print_message("%d places to fail\n", n - 1);
    unlink(path);
}

/* An open dataset holds its file and nothing else. */
static void open_ids(void **state) {
    (void)state;
    opened o;
    make_netcdf4();
    open_well(&o, path, NULL);
    for (int i = 0; i < o.meta.n_vars; i++) manifest_of(&o, o.meta.var[i].name);
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 1);
    close_it(&o);
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dims),     cmocka_unit_test(phony),  cmocka_unit_test(attributes), cmocka_unit_test(types),
        cmocka_unit_test(external), cmocka_unit_test(errors), cmocka_unit_test(faults),     cmocka_unit_test(open_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
