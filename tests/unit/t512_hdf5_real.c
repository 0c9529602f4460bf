/* TEST: labels=unit
 * The HDF5 driver on real files: metadata against what netCDF-C shows (hdf5_golden.inc), chunk tables against
 * H5Dget_chunk_info_by_coord, values against H5Dread. Skipped where the shared data is absent (AMA_SHARED). */
#include "hdf5_test.h"

#include <dirent.h>
#include <sys/stat.h>

#define TEXT_MAX (1 << 20)
#define BY_COORD_MAX 3000 /* H5Dget_chunk_info_by_coord walks all chunks per call */

static const struct golden {
    const char *file, *group;
    size_t length;
    uint64_t hash;
} golden[] = {
#include "hdf5_golden.inc"
};

static const char *data_dir;
static char text[TEXT_MAX];
static size_t n_text;

AMA_PRINTF(1, 2) static void say(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    n_text += (size_t)vsnprintf(text + n_text, sizeof text - n_text, fmt, args);
    va_end(args);
    assert_true(n_text < sizeof text);
}

/* ---- the text of make_hdf5_golden.py */

static int by_attr_name(const void *a, const void *b) {
    return strcmp(((const ama__attr *)a)->name, ((const ama__attr *)b)->name);
}

static int by_dim_name(const void *a, const void *b) {
    return strcmp((*(const ama__dim *const *)a)->name, (*(const ama__dim *const *)b)->name);
}

static void say_attrs(const ama__attrs *a) {
    ama__attr *sorted = malloc(((size_t)a->n + 1) * sizeof *sorted);
    if (a->n) memcpy(sorted, a->a, (size_t)a->n * sizeof *sorted);
    qsort(sorted, (size_t)a->n, sizeof *sorted, by_attr_name);
    for (int i = 0; i < a->n; i++) {
        const ama__attr *p = &sorted[i];
        say("  @%s %s ", p->name, p->dtype == AMA_CHAR ? "char" : ama__dtype_name(p->dtype));
        if (p->dtype == AMA_CHAR) {
            assert_int_equal(strlen(p->data), p->n);
            say("%s", (const char *)p->data);
        }
        for (int64_t k = 0; p->dtype == AMA_STRING && k < p->n; k++)
            say(k ? "|%s" : "%s", ((const char *const *)p->data)[k]);
        for (int64_t k = 0; !ama__dtype_is_text(p->dtype) && k < p->n && k < 20; k++)
            say(k ? " %.9g" : "%.9g", ama__dtype_get_f8(p->dtype, p->data, k));
        say("\n");
    }
    free(sorted);
}

static void say_meta(const ama__meta *m) {
    const ama__dim **dims = malloc(((size_t)m->n_dims + 1) * sizeof *dims);
    n_text = 0;
    text[0] = 0;
    for (int i = 0; i < m->n_dims; i++) dims[i] = &m->dim[i];
    qsort(dims, (size_t)m->n_dims, sizeof *dims, by_dim_name);
    for (int i = 0; i < m->n_dims; i++)
        say("dim %s %d%s\n", dims[i]->name, (int)dims[i]->size, dims[i]->unlimited ? " unlimited" : "");
    for (int i = 0; i < m->n_vars; i++) {
        const ama__stored_var *v = &m->var[i];
        say("var %s %s (", v->name, v->dtype == AMA_CHAR ? "char" : ama__dtype_name(v->dtype));
        for (int d = 0; d < v->ndim; d++) say(d ? ", %s" : "%s", m->dim[v->dim[d]].name);
        say(")\n");
        say_attrs(&v->attrs);
    }
    say_attrs(&m->attrs);
    free(dims);
}

static uint64_t hash_text(void) {
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < n_text; i++) h = (h ^ (unsigned char)text[i]) * 1099511628211u;
    return h;
}

static void metadata(void **state) {
    (void)state;
    int n_bad = 0;
    if (!data_dir) skip();
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        char path[2000];
        opened o;
        snprintf(path, sizeof path, "%s/%s", data_dir, golden[i].file);
        open_well(&o, path, golden[i].group);
        say_meta(&o.meta);
        if (n_text != golden[i].length || hash_text() != golden[i].hash) {
            n_bad++;
            print_message("%s %s differs from netCDF-C:\n%s", golden[i].file, golden[i].group, text);
        }
        close_it(&o);
    }
    print_message("%d groups of real files against netCDF-C: %d differ\n", (int)(sizeof golden / sizeof *golden),
                  n_bad);
    assert_int_equal(n_bad, 0);
}

/* ---- chunks and values */

typedef struct totals {
    int n_files, n_groups, n_vars, n_numeric, n_text, n_refused;
    int64_t n_chunks;
} totals;

static void check_var(opened *o, hid_t file, const char *group, int i, totals *t) {
    const ama__stored_var *v = &o->meta.var[i];
    char path[1000];
    ama__manifest m;
    t->n_vars++;
    ama_status status = ama__driver_hdf5.manifest(o->handle, o->arena, &o->meta, i, &m);
    if (status == AMA_ERR_UNSUPPORTED || ama__pipeline_check(o->ctx, &v->pipeline) != AMA_OK) {
        print_message("  refused: %s\n", ama__error_text(o->ctx));
        ama__error_clear(o->ctx);
        t->n_refused++;
        return;
    }
    if (status != AMA_OK) fail_msg("%s", ama__error_text(o->ctx));
    if (ama__dtype_is_text(v->dtype)) {
        assert_int_equal(m.kind, AMA_MANIFEST_INLINE);
        t->n_text++;
        return;
    }
    snprintf(path, sizeof path, "%s/%s", group, v->name);
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(set);
    assert_true(set >= 0);
    bool whole = H5Sget_simple_extent_type(space) != H5S_NULL; /* and as long as its dims */
    hsize_t dims[AMA_MAX_DIMS];
    H5Sget_simple_extent_dims(space, dims, NULL);
    for (int d = 0; d < v->ndim && whole; d++) whole = (int64_t)dims[d] == v->grid.shape[d];
    if (whole && v->chunked && v->grid.n_chunks <= BY_COORD_MAX && H5Dget_offset(set) == HADDR_UNDEF &&
        m.kind == AMA_MANIFEST_TABLE) {
        hid_t dcpl = H5Dget_create_plist(set);
        if (H5Pget_layout(dcpl) == H5D_CHUNKED) t->n_chunks += compare_table(o, v->name, set, 0);
        H5Pclose(dcpl);
    }
    if (whole) {
        compare_numbers(o, v->name, set);
        t->n_numeric++;
    }
    H5Sclose(space);
    H5Dclose(set);
}

static void check_group(const char *path, hid_t file, const char *group, totals *t) {
    opened o;
    open_well(&o, path, group);
    t->n_groups++;
    if (o.n_warnings) print_message("%s%s: %s", path + strlen(data_dir), group, o.warnings);
    for (int i = 0; i < o.meta.n_vars; i++) check_var(&o, file, group, i, t);
    for (int i = 0; i < o.meta.n_groups; i++) {
        char child[1000];
        snprintf(child, sizeof child, "%s/%s", group, o.meta.group[i]);
        check_group(path, file, child, t);
    }
    close_it(&o);
}

static void walk(const char *dir, totals *t) {
    struct dirent **names;
    int n = scandir(dir, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[2000];
        struct stat s;
        snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        bool hidden = names[i]->d_name[0] == '.';
        free(names[i]);
        if (hidden || stat(path, &s) != 0) continue;
        if (S_ISDIR(s.st_mode)) walk(path, t);
        ama_ctx *ctx = ama__ctx_create();
        bool is = S_ISREG(s.st_mode) && probe(&ama__driver_hdf5, path);
        ama__ctx_destroy(&ctx);
        if (!is) continue;
        hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
        assert_true(file >= 0);
        t->n_files++;
        check_group(path, file, "", t);
        H5Fclose(file);
    }
    if (n >= 0) free(names);
}

static void values(void **state) {
    (void)state;
    totals t = {0};
    if (!data_dir) skip();
    walk(data_dir, &t);
    print_message("%d files, %d groups, %d variables: %d numeric equal H5Dread, %d text, %d refused; %d chunks\n",
                  t.n_files, t.n_groups, t.n_vars, t.n_numeric, t.n_text, t.n_refused, (int)t.n_chunks);
    assert_true(t.n_files > 0);
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

int main(void) {
    static char dir[1500];
    const char *shared = getenv("AMA_SHARED");
    snprintf(dir, sizeof dir, "%s/data", shared ? shared : "");
    if (shared && access(dir, R_OK) == 0) data_dir = dir;
    if (!data_dir) print_message("SKIPPED: AMA_SHARED/data is not there: NO real file was read\n");
    const struct CMUnitTest tests[] = {cmocka_unit_test(metadata), cmocka_unit_test(values)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed ? failed : data_dir ? 0 : 77;
}
