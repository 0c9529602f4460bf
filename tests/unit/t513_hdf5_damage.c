/* TEST: labels=unit
 * Damaged HDF5 files: bytes flipped, overwritten, cut off. Each case runs in a child process, because the HDF5 library
 * itself may die of such a file: that is counted and printed. What must hold: an error says something and names the
 * file, and no extent lies outside the file. AMA_CASES=n: mutations per file. */
#include "hdf5_test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

enum { FINE = 0, REFUSED = 10, WRONG = 11 };

static uint64_t seed = 88172645463325252u;

static uint64_t random_u8(void) { /* xorshift64 */
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void make_sample(const char *path, bool latest) {
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    if (latest) H5Pset_libver_bounds(fapl, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, fapl), g = H5Gcreate2(file, "group", 0, 0, 0);
    hid_t text = H5Tcopy(H5T_C_S1), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Tset_size(text, H5T_VARIABLE);
    H5Pset_chunk(list, 2, (hsize_t[]){4, 5});
    H5Pset_deflate(list, 1);
    hid_t space = H5Screate_simple(2, (hsize_t[]){20, 20}, (hsize_t[]){H5S_UNLIMITED, 20});
    hid_t few = H5Screate_simple(1, (hsize_t[]){3}, NULL);
    hid_t a = H5Dcreate2(file, "chunked", H5T_IEEE_F32LE, space, 0, list, 0);
    hid_t b = H5Dcreate2(g, "plain", H5T_STD_I32BE, few, 0, 0, 0), c = H5Dcreate2(file, "names", text, few, 0, 0, 0);
    float x[400];
    for (int i = 0; i < 400; i++) x[i] = (float)(i * i % 97);
    H5Dwrite(a, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, 0, x);
    H5Dwrite(b, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, 0, x);
    H5Dwrite(c, text, H5S_ALL, H5S_ALL, 0, (const char *[]){"one", "twenty-two", ""});
    hid_t attr = H5Acreate2(a, "words", text, few, 0, 0);
    H5Awrite(attr, text, (const char *[]){"alpha", "beta", "gamma"});
    hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ), two = H5Screate_simple(1, (hsize_t[]){2}, NULL);
    hobj_ref_t ref;
    H5Rcreate(&ref, b, ".", H5R_OBJECT, -1);
    hid_t scales = H5Acreate2(a, "DIMENSION_LIST", type, two, 0, 0);
    H5Awrite(scales, type, (hvl_t[]){{1, &ref}, {0, NULL}});
    H5Fclose(file); /* the rest is closed by the end of the process */
    const hid_t ids[] = {attr, scales, a, b, c, g};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        i < 2 ? H5Aclose(ids[i]) : i < 5 ? H5Dclose(ids[i]) : H5Gclose(ids[i]);
    H5Tclose(type);
    H5Sclose(two);
    H5Tclose(text);
    H5Sclose(few);
    H5Sclose(space);
    H5Pclose(list);
    H5Pclose(fapl);
}

/* ---- the child */

static bool good_error(const opened *o, ama_status status, const char *path) {
    const char *text = ama__error_text(o->ctx);
    bool ok = (status == AMA_ERR_FORMAT || status == AMA_ERR_UNSUPPORTED || status == AMA_ERR_NOMEM ||
               status == AMA_ERR_BUDGET || status == AMA_ERR_NOTFOUND) &&
              (strstr(text, path) || status == AMA_ERR_BUDGET || status == AMA_ERR_NOMEM);
    if (!ok) print_error("status %d: %s\n", (int)status, text);
    return ok;
}

static bool good_manifest(const ama__stored_var *v, const ama__manifest *m, int64_t file_bytes) {
    if (m->kind == AMA_MANIFEST_CONTIGUOUS) {
        int64_t n;
        return ama__shape_size(v->ndim, v->grid.shape, &n) && m->base >= 0 && m->base <= file_bytes &&
               n * (int64_t)ama__dtype_bytes(v->dtype) <= file_bytes - m->base;
    }
    for (int64_t k = 0; m->kind == AMA_MANIFEST_TABLE && k < m->n_table; k++) {
        const ama__extent_entry *e = &m->table[k];
        if (e->offset < -1 || (e->offset >= 0 && e->offset > file_bytes - (int64_t)e->length)) return false;
    }
    return m->kind != AMA_MANIFEST_TABLE || m->n_table == v->grid.n_chunks;
}

static int child(const char *path) {
    opened o;
    struct stat s;
    stat(path, &s);
    ama_status status = open_with(&o, path, NULL, false);
    bool refused = status != AMA_OK, good = !refused || good_error(&o, status, path);
    ama__mem_set_limit(o.ctx, (size_t)1 << 30);
    for (int i = 0; !refused && good && i < o.meta.n_vars; i++) {
        ama__manifest m;
        status = ama__driver_hdf5.manifest(o.handle, o.arena, &o.meta, i, &m);
        good = status == AMA_OK ? good_manifest(&o.meta.var[i], &m, s.st_size) : good_error(&o, status, path);
        ama__error_clear(o.ctx);
        refused = status != AMA_OK;
    }
    close_it(&o);
    if (!good) return WRONG;
    return refused ? REFUSED : FINE;
}

/* ---- mutations */

typedef struct counts {
    int fine, refused, wrong, died, hung;
} counts;

/* AMA_KEEP_CRASHES=dir keeps the files that killed the library. */
static void keep(const char *path) {
    static int number;
    const char *dir = getenv("AMA_KEEP_CRASHES");
    char to[600];
    size_t n;
    if (!dir) return;
    unsigned char *p = read_file(path, &n);
    snprintf(to, sizeof to, "%s/crash-%d.h5", dir, number++);
    write_file(to, p, n);
    free(p);
}

static void run(const char *path, counts *c) {
    int status;
    fflush(stdout);
    fflush(stderr);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit memory = {(rlim_t)4 << 30, (rlim_t)4 << 30}, core = {0, 0};
        setrlimit(RLIMIT_CORE, &core);
        signal(SIGSEGV, SIG_DFL); /* not cmocka's */
        signal(SIGABRT, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        signal(SIGFPE, SIG_DFL);
        signal(SIGILL, SIG_DFL);
        if (!SANITIZED) setrlimit(RLIMIT_AS, &memory);
        alarm(10);
        _exit(child(path));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        keep(path);
        c->hung += WTERMSIG(status) == SIGALRM;
        c->died += WTERMSIG(status) != SIGALRM;
        return;
    }
    c->fine += WEXITSTATUS(status) == FINE;
    c->refused += WEXITSTATUS(status) == REFUSED;
    c->wrong += WEXITSTATUS(status) == WRONG;
    c->died += WEXITSTATUS(status) != FINE && WEXITSTATUS(status) != REFUSED && WEXITSTATUS(status) != WRONG;
}

/* Mostly the first 2 KiB and the last, where the metadata of small files is. */
static size_t somewhere(size_t n) {
    uint64_t r = random_u8();
    size_t near = n < 2048 ? n : 2048;
    return r % 4 == 0 ? n - 1 - (size_t)(r >> 8) % near : r % 4 == 1 ? (size_t)(r >> 8) % n : (size_t)(r >> 8) % near;
}

static size_t mutate(unsigned char *p, size_t n) {
    static const unsigned char nasty[] = {0, 1, 0x7f, 0x80, 0xff};
    uint64_t r = random_u8();
    if (r % 8 == 0) return 1 + (size_t)random_u8() % n; /* cut off */
    for (uint64_t k = 0; k <= r % 3; k++) {
        size_t at = somewhere(n);
        if (r % 5 == 0)
            for (size_t i = at; i < n && i < at + 8; i++) p[i] = nasty[random_u8() % sizeof nasty];
        else if (r % 2)
            p[at] ^= (unsigned char)(1u << random_u8() % 8);
        else
            p[at] = nasty[random_u8() % sizeof nasty];
    }
    return n;
}

static void damage(const char *source, int n_cases, counts *all) {
    char path[600];
    size_t n;
    counts c = {0};
    unsigned char *good = read_file(source, &n);
    make_path(path, sizeof path, "damaged.h5");
    for (int i = 0; i < n_cases; i++) {
        unsigned char *p = malloc(n);
        memcpy(p, good, n);
        write_file(path, p, mutate(p, n));
        run(path, &c);
        free(p);
    }
    free(good);
    unlink(path);
    print_message("%s: %d opened, %d refused, %d wrong, %d killed the library, %d hung\n", source, c.fine, c.refused,
                  c.wrong, c.died, c.hung);
    all->fine += c.fine, all->refused += c.refused, all->wrong += c.wrong, all->died += c.died, all->hung += c.hung;
}

static int n_cases_of(int otherwise) {
    const char *s = getenv("AMA_CASES");
    return s ? atoi(s) : otherwise;
}

static void made_files(void **state) {
    (void)state;
    counts all = {0};
    char path[600];
    for (int latest = 0; latest < 2; latest++) {
        make_path(path, sizeof path, latest ? "latest.h5" : "earliest.h5");
        make_sample(path, latest);
        damage(path, n_cases_of(200), &all);
        unlink(path);
    }
    assert_int_equal(all.wrong, 0);
    assert_true(all.refused > 0);
}

static void real_files(void **state) {
    (void)state;
    static const char *const files[] = {
        "hdf5/jhdf/test_attribute_earliest.hdf5", "hdf5/jhdf/test_string_datasets_earliest.hdf5",
        "hdf5/chunked_shufzip_twoD.h5",           "refs/netcdf-c/ref_hdf5_compat2.nc",
        "refs/netcdf-c/ref_tst_irish_rover.nc",   "mesh/sst.fesom.1985.nc"};
    counts all = {0};
    const char *shared = getenv("AMA_SHARED");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[2000];
        snprintf(path, sizeof path, "%s/data/%s", shared ? shared : "", files[i]);
        if (access(path, R_OK) != 0) {
            print_message("SKIPPED: %s is not there\n", files[i]);
            skip();
        }
        damage(path, n_cases_of(60), &all);
    }
    assert_int_equal(all.wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(made_files), cmocka_unit_test(real_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
