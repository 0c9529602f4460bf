/* TEST: np=1,2,3,4,7 labels=mpi,store
 * Reading by all ranks together gives the bytes that each of them would read by itself, whatever each wants of which
 * file in how many rounds; and what goes wrong on any rank is one error of all, by two-phase, MPI-IO and the libraries.
 * The files are made by HDF5 and PnetCDF. */
#include "store_ranks.h"

#include <hdf5.h>
#include <pnetcdf.h>

#include "store/collective.h"

enum { N_H5 = 5, N_NC = 3, N_SMALL = 6, N_PARTS = N_H5 + N_NC + N_SMALL, MOST_WANTS = 9 };
static const int64_t shape[3] = {40, 50, 60};
static const hsize_t chunk[3] = {7, 20, 33};
static const char *const h5_name[N_H5] = {"contiguous", "chunked", "deflated", "skipped", "holes"};
static const char *const nc_name[N_NC] = {"fixed", "bytes", "record"};

typedef struct world { /* the files, opened */
    ama__store *store[2 + N_SMALL];
    ama__store_var part[N_PARTS];
    ama__fetcher *fetcher;
    ama__codec_work *work;
} world;

/* ---- the files, made by rank 0 */

static void fill_random(void *p, size_t n, unsigned seed) {
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)p)[i] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 24);
}

static hid_t make_set(hid_t f, int i, hid_t space) {
    const hid_t type[N_H5] = {H5T_IEEE_F32LE, H5T_STD_I16BE, H5T_IEEE_F64LE, H5T_STD_I32LE, H5T_STD_U8LE};
    hid_t p = H5Pcreate(H5P_DATASET_CREATE);
    if (i > 0) H5Pset_chunk(p, 3, chunk);
    if (i == 2) H5Pset_shuffle(p);
    if (i == 2 || i == 3) H5Pset_deflate(p, 1);
    if (i == 2) H5Pset_fletcher32(p);
    if (i == 4) H5Pset_fill_value(p, H5T_STD_U8LE, &(unsigned char){77});
    hid_t set = H5Dcreate2(f, h5_name[i], type[i], space, H5P_DEFAULT, p, H5P_DEFAULT);
    assert_true(set >= 0);
    H5Pclose(p);
    return set;
}

/* deflated: shuffle, deflate, fletcher32. skipped: deflate, but the first chunk is stored without. holes: the last
 * third was never written. */
static void make_hdf5(const char *path) {
    hsize_t whole[3], start[3] = {0}, count[3];
    for (int d = 0; d < 3; d++) whole[d] = count[d] = (hsize_t)shape[d];
    void *values = malloc(40 * 50 * 60 * 8);
    hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(3, whole, NULL);
    hid_t g = H5Gcreate2(f, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    for (int i = 0; i < N_H5; i++) {
        hid_t set = make_set(g, i, space), type = H5Dget_type(set);
        count[0] = i == 4 ? 27 : 40;
        hid_t mem = H5Screate_simple(3, count, NULL);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
        fill_random(values, 40 * 50 * 60 * 8, (unsigned)i);
        assert_true(H5Dwrite(set, type, mem, space, H5P_DEFAULT, values) >= 0);
        H5Dflush(set);
        if (i == 3) assert_true(H5Dwrite_chunk(set, H5P_DEFAULT, 1, start, 7 * 20 * 33 * 4, values) >= 0);
        H5Sclose(mem), H5Tclose(type), H5Dclose(set);
    }
    H5Sclose(space), H5Gclose(g), H5Fclose(f);
    free(values);
}

static void make_classic(const char *path, int format, unsigned seed) {
    int id, dim[3], var[N_NC];
    const MPI_Offset start[3] = {0}, count[3] = {shape[0], shape[1], shape[2]};
    void *values = malloc(40 * 50 * 60 * 8);
    assert_int_equal(ncmpi_create(MPI_COMM_SELF, path, NC_CLOBBER | format, MPI_INFO_NULL, &id), NC_NOERR);
    ncmpi_def_dim(id, "t", NC_UNLIMITED, &dim[0]);
    ncmpi_def_dim(id, "y", shape[1], &dim[1]);
    ncmpi_def_dim(id, "x", shape[2], &dim[2]);
    ncmpi_def_var(id, nc_name[0], NC_DOUBLE, 2, dim + 1, &var[0]);
    ncmpi_def_var(id, nc_name[1], NC_BYTE, 3, dim, &var[1]);
    ncmpi_def_var(id, nc_name[2], NC_FLOAT, 3, dim, &var[2]);
    assert_int_equal(ncmpi_enddef(id), NC_NOERR);
    for (int i = 0; i < N_NC; i++) {
        fill_random(values, 40 * 50 * 60 * 8, seed + (unsigned)i);
        int code = ncmpi_put_vara_all(id, var[i], start, i == 0 ? count + 1 : count, values, 0, MPI_DATATYPE_NULL);
        assert_int_equal(code, NC_NOERR);
    }
    assert_int_equal(ncmpi_close(id), NC_NOERR);
    free(values);
}

static void make_files(void) {
    static const int format[] = {0, NC_64BIT_OFFSET, NC_64BIT_DATA};
    if (rank == 0) make_hdf5(in_dir("a.h5"));
    if (rank == 0) make_classic(in_dir("a.nc"), NC_64BIT_DATA, 100);
    for (int i = 0; i < N_SMALL && rank == 0; i++)
        make_classic(in_dir("small%d.nc", i), format[i % 3], 200 + (unsigned)i);
    ama__comm_barrier(comm);
}

static ama_status open_world(world *w) {
    const ama__open_options group = {.group = "g"}, root = {0};
    memset(w, 0, sizeof *w);
    AMA_TRY(ama__store_open(ctx, comm, in_dir("a.h5"), &group, &w->store[0]));
    AMA_TRY(ama__store_open(ctx, comm, in_dir("a.nc"), &root, &w->store[1]));
    for (int i = 0; i < N_SMALL; i++)
        AMA_TRY(ama__store_open(ctx, comm, in_dir("small%d.nc", i), &root, &w->store[2 + i]));
    for (int i = 0; i < N_PARTS; i++) {
        ama__store *s = i < N_H5 ? w->store[0] : i < N_H5 + N_NC ? w->store[1] : w->store[2 + i - N_H5 - N_NC];
        const char *name = i < N_H5 ? h5_name[i] : i < N_H5 + N_NC ? nc_name[i - N_H5] : nc_name[2];
        w->part[i] = (ama__store_var){s, ama__meta_find_var(&s->meta, name)};
        assert_true(w->part[i].var >= 0);
    }
    AMA_TRY(ama__store_need_manifests(ctx, comm, N_PARTS, w->part));
    ama_status status = ama__fetcher_create(ctx, &w->fetcher);
    if (status == AMA_OK) status = ama__codec_work_create(ctx, &w->work);
    return ama__comm_agree(comm, status);
}

static void close_world(world *w) {
    ama__fetcher_destroy(&w->fetcher);
    ama__codec_work_destroy(&w->work);
    for (int i = 0; i < 2 + N_SMALL; i++) ama__store_close(&w->store[i]);
}

/* ---- wants */

static unsigned state;

static int64_t below(int64_t n) {
    state = state * 1664525u + 1013904223u;
    return (int64_t)((state >> 8) % (unsigned)n);
}

static ama__io_want random_want(world *w, int part) {
    const ama__store_var *p = &w->part[part];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    ama__io_want x = {.part = part, .v = v, .m = &p->store->manifest[p->var], .chunk = -1};
    if (x.m->kind == AMA_MANIFEST_TABLE) {
        int64_t index[AMA_MAX_DIMS];
        x.chunk = below(2) ? below(v->grid.n_chunks) : 0; /* the first of "skipped" is odd */
        ama__chunkgrid_index(&v->grid, x.chunk, index);
        x.box = ama__box_whole(v->ndim, v->grid.chunk);
        for (int d = 0; d < v->ndim; d++) x.box.start[d] = index[d] * v->grid.chunk[d];
    } else {
        x.box.ndim = v->ndim;
        for (int d = 0; d < v->ndim; d++) {
            x.box.count[d] = 1 + below(v->grid.shape[d]);
            x.box.start[d] = below(v->grid.shape[d] - x.box.count[d] + 1);
        }
    }
    return x;
}

/* Values of a want as this rank reads them by itself, and those that came together, both as far as the array goes. */
static void check_want(world *w, const ama__collective *c, const ama__io_want *x) {
    size_t size = ama__dtype_bytes(x->v->dtype), room = (size_t)ama__box_size(&x->box) * size;
    char *want = malloc(room), *got = malloc(room), *a = malloc(room), *b = malloc(room);
    ama__box whole = ama__box_whole(x->v->ndim, x->v->grid.shape), inside;
    assert_true(ama__box_intersect(&x->box, &whole, &inside));
    size_t n = (size_t)ama__box_size(&inside) * size;
    if (x->chunk >= 0)
        assert_int_equal(ama__fetch_chunk(w->fetcher, w->work, x->v, x->m, x->chunk, want), AMA_OK);
    else
        assert_int_equal(ama__fetch_box(w->fetcher, x->v, x->m, &x->box, want), AMA_OK);
    const ama__read_bytes stored = {x->dst, (size_t)ama__io_want_bytes(x), false};
    if (x->chunk >= 0 && !ama__collective_decodes(c))
        assert_int_equal(ama__fetch_stored(w->fetcher, w->work, x->v, x->m, x->chunk, NULL, &stored, got), AMA_OK);
    else
        memcpy(got, x->dst, room);
    ama__box_copy(&inside, size, want, &x->box, a, &inside);
    ama__box_copy(&inside, size, got, &x->box, b, &inside);
    if (memcmp(a, b, n) != 0) fail_msg("part %d, chunk %d: other bytes", (int)x->part, (int)x->chunk);
    free(want), free(got), free(a), free(b);
}

static void free_wants(int n, ama__io_want *x) {
    for (int i = 0; i < n; i++) free(x[i].dst);
}

/* Up to `most` wants of the parts [0, n_parts), some of them twice; *passed counts those that this path leaves. */
static int make_wants(world *w, const ama__collective *c, int most, int n_parts, ama__io_want *x, int *passed) {
    int n = 0;
    for (int k = (int)below(most + 1); k > 0; k--) {
        x[n] = n > 0 && below(4) == 0 ? x[n - 1] : random_want(w, (int)below(n_parts));
        int64_t comes = ama__collective_takes(c, &x[n]), stored = ama__io_want_bytes(&x[n]);
        bool odd = x[n].chunk >= 0 && stored > 0 && x[n].m->table[x[n].chunk].filter_mask != 0;
        assert_int_equal(comes > 0, stored > 0 && !(odd && ama__collective_decodes(c)));
        *passed += comes == 0;
        if (comes > 0) x[n++].dst = malloc((size_t)comes);
    }
    return n;
}

/* ---- the same bytes */

static void same_bytes(void **s) {
    world w;
    (void)s;
    make_files();
    assert_int_equal(open_world(&w), AMA_OK);
    int passed = 0, read = 0;
    for (int path = AMA_PATH_TWO_PHASE; path <= AMA_PATH_LIBRARY; path++)
        for (int k = 0; k < 2; k++) { /* one aggregator in large rounds, two in small ones */
            const ama__io_options o = {(ama__io_path)path, 2 * k, k ? 1 : (int64_t)1 << 30};
            ama__collective *c;
            assert_int_equal(ama__collective_create(comm, w.fetcher, &o, N_PARTS, w.part, &c), AMA_OK);
            state = (unsigned)(1000 * path + 100 * k + rank);
            for (int trial = 0; trial < 12; trial++) {
                ama__io_want x[MOST_WANTS];
                /* all ranks want something, or one alone, or nobody */
                int most = trial % 4 == 3 && rank != trial % nranks ? 0 : trial == 11 ? 0 : MOST_WANTS;
                int n = make_wants(&w, c, most, N_PARTS, x, &passed);
                ama_status status = ama__collective_read(c, AMA_OK, n, x);
                if (status != AMA_OK) fail_msg("%s", ama__error_text(ctx));
                for (int i = 0; i < n; i++) check_want(&w, c, &x[i]);
                free_wants(n, x);
                read += n;
            }
            ama__collective_destroy(&c);
        }
    assert_true(ama__comm_sum(comm, read) > 100 && ama__comm_sum(comm, passed) > 3);
    close_world(&w);
}

/* ---- errors of all */

/* Every rank wants something of the parts [0, n_parts); rank `failed` has failed already. */
static ama_status read_once(world *w, int path, int n_parts, int failed) {
    const ama__io_options o = {(ama__io_path)path, 2, 1};
    ama__collective *c = NULL;
    ama__io_want x[2];
    int n = 0, passed = 0;
    ama_status status = ama__collective_create(comm, w->fetcher, &o, N_PARTS, w->part, &c);
    while (status == AMA_OK && n == 0) n = make_wants(w, c, 1, n_parts, x, &passed);
    ama_status local = rank == failed ? ama__fail(ctx, AMA_ERR_BUDGET, "rank %d has failed before", rank) : AMA_OK;
    if (status == AMA_OK) status = ama__collective_read(c, local, n, x);
    ama__collective_destroy(&c);
    free_wants(n, x);
    assert_int_equal(ama__comm_max(comm, status), status);
    assert_int_equal(ama__comm_min(comm, status), status);
    return status;
}

static void failed_before(void **s) {
    world w;
    (void)s;
    make_files();
    assert_int_equal(open_world(&w), AMA_OK);
    for (int path = AMA_PATH_TWO_PHASE; path <= AMA_PATH_LIBRARY; path++) {
        state = (unsigned)rank;
        assert_int_equal(read_once(&w, path, N_PARTS, nranks - 1), AMA_ERR_BUDGET);
        assert_says(ctx, "has failed before");
        ama__error_clear(ctx);
        assert_int_equal(read_once(&w, path, N_PARTS, -1), AMA_OK);
    }
    close_world(&w);
}

/* After the plan was made a file is cut, removed, or another is put in its place. */
static void changed(void **s) {
    static const char *const file[] = {"a.h5", "a.nc"};
    static const char *const says[] = {"truncated", "no such file"};
    static const ama_status class[] = {AMA_ERR_FORMAT, AMA_ERR_NOTFOUND};
    (void)s;
    for (int path = AMA_PATH_TWO_PHASE; path <= AMA_PATH_LIBRARY; path++)
        for (int k = 0; k < 4; k++) {
            world w;
            make_files();
            assert_int_equal(open_world(&w), AMA_OK);
            if (rank == 0)
                assert_int_equal(k % 2 ? unlink(in_dir("%s", file[k / 2])) : truncate(in_dir("%s", file[k / 2]), 3000),
                                 0);
            ama__comm_barrier(comm);
            world other = w;
            if (k / 2)
                for (int i = 0; i < N_NC; i++) other.part[i] = w.part[N_H5 + i];
            state = (unsigned)rank;
            assert_int_equal(read_once(&other, path, k / 2 ? N_NC : N_H5, -1), class[k % 2]);
            assert_says(ctx, says[k % 2]);
            ama__error_clear(ctx);
            close_world(&w);
        }
}

/* A world with a context of its own, in which the n-th fault after opening is on this rank (0: none); returns how many
 * places opening has. */
static int64_t faulty_read(int path, int64_t opening, int64_t n, ama_status *status) {
    const faulty f = faulty_begin(n > 0 ? opening + n : 0);
    world w;
    assert_int_equal(open_world(&w), AMA_OK);
    opening = ama__fault_count(ctx);
    state = (unsigned)rank;
    *status = read_once(&w, path, N_PARTS, -1);
    if (*status != AMA_OK) assert_true(strlen(ama__error_text(ctx)) > 10);
    close_world(&w);
    faulty_end(f);
    return opening;
}

/* One after another, on the last rank or on all, until there is no such place. */
static void faults(void **s) {
    (void)s;
    make_files();
    for (int k = 0; k < 2 * 3; k++) {
        int path = AMA_PATH_TWO_PHASE + k / 2;
        bool mine = k % 2 || rank == nranks - 1;
        ama_status status;
        int64_t opening = faulty_read(path, 0, 0, &status), n = 0;
        assert_int_equal(status, AMA_OK);
        do {
            n++;
            faulty_read(path, opening, mine ? n : 0, &status);
        } while (status != AMA_OK);
        assert_true(n > 3);
    }
}

/* Bytes of a compressed chunk are other than they were: HDF5 fails within its call, on the ranks that want the chunk.
 * The file is left as it is, others are read as before. */
static void damaged(void **s) {
    world w;
    (void)s;
    make_files();
    assert_int_equal(open_world(&w), AMA_OK);
    const ama__store_var *p = &w.part[2];
    const ama__manifest *m = &p->store->manifest[p->var];
    if (rank == 0) {
        FILE *f = fopen(in_dir("a.h5"), "r+b");
        assert_non_null(f);
        for (int64_t i = 0; i < m->n_table; i++) {
            static const char zeros[64];
            fseek(f, (long)m->table[i].offset + 100, SEEK_SET);
            assert_int_equal(fwrite(zeros, 1, sizeof zeros, f), sizeof zeros);
        }
        fclose(f);
    }
    ama__comm_barrier(comm);
    const ama__io_options o = {AMA_PATH_LIBRARY, 0, 1};
    ama__collective *c;
    assert_int_equal(ama__collective_create(comm, w.fetcher, &o, N_PARTS, w.part, &c), AMA_OK);
    state = (unsigned)rank;
    ama__io_want x = random_want(&w, 2);
    x.dst = malloc((size_t)ama__collective_takes(c, &x));
    assert_int_equal(ama__collective_read(c, AMA_OK, rank == nranks - 1, &x), AMA_ERR_IO);
    assert_says(ctx, "H5Dread");
    ama__error_clear(ctx);
    free(x.dst);
    for (int part = N_H5; part < N_PARTS; part++) {
        x = random_want(&w, part);
        x.dst = malloc((size_t)ama__collective_takes(c, &x));
        assert_int_equal(ama__collective_read(c, AMA_OK, 1, &x), AMA_OK);
        check_want(&w, c, &x);
        free(x.dst);
    }
    ama__collective_destroy(&c);
    close_world(&w);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bytes), cmocka_unit_test(failed_before),
                                       cmocka_unit_test(changed), cmocka_unit_test(faults), cmocka_unit_test(damaged)};
    /* what ama_mpi_guard does; see store/collective.h */
    setenv("OMPI_MCA_fbtl_posix_read_datasieving", "0", 1);
    setenv("OMPI_MCA_sharedfp", "^sm", 1);
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, begin, end);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return failed;
}
