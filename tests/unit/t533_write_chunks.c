/* TEST: np=1,3 labels=mpi,store
 * Many chunks: 100,000 compressed chunks of a netCDF-4 variable in several flushes, with some never put and cut edges;
 * the file is read back with HDF5. Prints what indexing costs. */
#include "cmocka_all.h"

#include <hdf5.h>

#include "write_world.h"

enum { N_Y = 400, N_X = 250, SIDE = 8 }; /* 100,000 chunks of 8 x 8, the last row and column cut */

static int setup(void **state) {
    static world w;
    *state = &w;
    return world_open(&w, "t533", NULL);
}

static int teardown(void **state) {
    return world_close(*state, "rmdir '%s'");
}

static float value(int64_t y, int64_t x) {
    return (float)(y * 3 + x % 17);
}

static bool left_out(int64_t chunk) {
    return chunk % 1000 == 7;
}

static ama_status put_all(world *w, ama__writer *wr, const ama__chunkgrid *g) {
    ama__codec_work *work;
    AMA_TRY(ama__codec_work_create(w->ctx, &work));
    ama_status status = AMA_OK;
    int rank = ama__comm_rank(w->comm), nranks = ama__comm_nranks(w->comm);
    for (int64_t c = 0; c < g->n_chunks && status == AMA_OK; c++) {
        int64_t index[2], n = 0;
        float data[SIDE * SIDE];
        if (c % 9973 == 0) status = ama__writer_flush(wr); /* at the same chunk on all ranks */
        if ((c / 7 + c) % nranks != rank || left_out(c) || status != AMA_OK) continue;
        ama__chunkgrid_index(g, c, index);
        ama__box box = ama__chunkgrid_box(g, index);
        for (int64_t y = 0; y < box.count[0]; y++)
            for (int64_t x = 0; x < box.count[1]; x++) data[n++] = value(box.start[0] + y, box.start[1] + x);
        for (int v = 0; v < 2 && status == AMA_OK; v++) status = ama__writer_put(wr, work, v, &box, data);
    }
    ama__codec_work_destroy(&work);
    return status;
}

static void check(const char *path, const char *name, const ama__chunkgrid *g) {
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), id = H5Dopen2(file, name, H5P_DEFAULT);
    size_t n = (size_t)(g->shape[0] * g->shape[1]);
    float *got = malloc(n * sizeof *got);
    assert_true(id >= 0 && H5Dread(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, got) >= 0);
    int64_t n_wrong = 0;
    for (int64_t y = 0; y < g->shape[0]; y++)
        for (int64_t x = 0; x < g->shape[1]; x++) {
            int64_t index[2] = {y / SIDE, x / SIDE};
            float want = left_out(ama__chunkgrid_number(g, index)) ? -1.0f : value(y, x);
            n_wrong += got[y * g->shape[1] + x] != want;
        }
    assert_int_equal(n_wrong, 0);
    free(got);
    H5Dclose(id);
    H5Fclose(file);
}

static void many(void **state) {
    world *w = *state;
    char path[300];
    snprintf(path, sizeof path, "%s/many.nc", w->dir);
    ama__dim dim[] = {{"y", N_Y * SIDE - 3, true}, {"x", N_X * SIDE - 5, false}};
    ama__stored_var var[2];
    for (int v = 0; v < 2; v++) {
        var[v] = (ama__stored_var){.name = v ? "raw" : "packed",
                                   .dtype = AMA_F4,
                                   .ndim = 2,
                                   .dim = {0, 1},
                                   .chunked = true,
                                   .grid.chunk = {SIDE, SIDE},
                                   .has_fill = true};
        ama__dtype_set_f8(AMA_F4, var[v].fill, 0, -1.0);
    }
    sample_step(&var[0], AMA_CODEC_SHUFFLE, 0);
    sample_step(&var[0], AMA_CODEC_DEFLATE, 1);
    ama__write_spec spec = {.path = path, .meta = {.n_dims = 2, .n_vars = 2, .dim = dim, .var = var}};
    ama__writer *wr;
    ama__chunkgrid g;
    ama__chunkgrid_init(&g, 2, (int64_t[]){dim[0].size, dim[1].size}, var[0].grid.chunk);
    assert_int_equal(g.n_chunks, 100000);
    assert_int_equal(ama__writer_create(w->ctx, w->comm, &spec, &wr), AMA_OK);
    double begin_s = MPI_Wtime();
    assert_int_equal(ama__comm_agree(w->comm, put_all(w, wr, &g)), AMA_OK);
    assert_int_equal(ama__writer_flush(wr), AMA_OK);
    double put_s = MPI_Wtime();
    assert_int_equal(ama__writer_finish(wr), AMA_OK);
    double finish_s = MPI_Wtime();
    assert_int_equal(ama__writer_publish(wr), AMA_OK);
    ama__writer_destroy(&wr);
    if (w->root) {
        print_message("%d ranks, %lld chunks: put and flush %.2f s, finish %.2f us a chunk\n",
                      ama__comm_nranks(w->comm), 2LL * (long long)g.n_chunks, put_s - begin_s,
                      (finish_s - put_s) * 1e6 / (2.0 * (double)g.n_chunks));
        check(path, "packed", &g);
        check(path, "raw", &g);
        assert_int_equal(unlink(path), 0);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(many)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return 0;
}
