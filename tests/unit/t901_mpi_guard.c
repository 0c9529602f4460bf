/* TEST: np=3 labels=mpi
 * Open MPI 4.1.4's default collective reads return wrong data without an error (open-mpi/ompi issue 10546) when a rank
 * with one contiguous block reads beside ranks with many-piece views. Amasia does not read through MPI-IO, but a
 * program that links it may: after ama_mpi_guard the same reads must be right. AMA_NO_GUARD=1 shows that the test can
 * fail. */
#include <amasia/amasia.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CASES 600
#define N 20000

static uint32_t seed = 12345;

static int pick(int below) {
    seed = seed * 1664525u + 1013904223u;
    return (int)((seed >> 8) % (uint32_t)below);
}

static void write_file(const char *path) {
    int *x = malloc(N * sizeof *x);
    FILE *f = fopen(path, "wb");
    if (!x || !f) MPI_Abort(MPI_COMM_WORLD, 2);
    for (int i = 0; i < N; i++) x[i] = i;
    if (fwrite(x, sizeof *x, N, f) != N || fclose(f) != 0) MPI_Abort(MPI_COMM_WORLD, 2);
    free(x);
}

/* The pieces of this rank in a case: ascending, not overlapping. All ranks draw the same numbers. */
static int pieces(int rank, int nranks, int *at, int *length) {
    int mine = 0;
    for (int r = 0; r < nranks; r++) {
        int n = r == 0 ? 1 : 20 + pick(200), x = pick(500), stride = 3 + pick(60);
        int size = r == 0 ? 1000 + pick(8000) : 1 + pick(2);
        for (int i = 0; i < n; i++) {
            if (r == rank) {
                at[i] = x + i * stride;
                length[i] = size;
            }
        }
        if (r == rank) mine = n;
    }
    return mine;
}

static int wrong_values(MPI_File f, int n, int *at, int *length, int *buf) {
    MPI_Datatype view;
    int total = 0, bad = 0;
    for (int i = 0; i < n; i++) total += length[i];
    MPI_Type_indexed(n, length, at, MPI_INT, &view);
    MPI_Type_commit(&view);
    MPI_File_set_view(f, 0, MPI_INT, view, "native", MPI_INFO_NULL);
    memset(buf, -1, (size_t)total * sizeof *buf);
    MPI_File_read_at_all(f, 0, buf, total, MPI_INT, MPI_STATUS_IGNORE);
    for (int i = 0, k = 0; i < n; i++)
        for (int j = 0; j < length[i]; j++) bad += buf[k++] != at[i] + j;
    MPI_Type_free(&view);
    return bad;
}

int main(int argc, char **argv) {
    static int at[256], length[256], buf[N];
    char path[256];
    int rank, nranks, wrong = 0, pid = getpid();
    if (!getenv("AMA_NO_GUARD")) ama_mpi_guard();
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &nranks);
    MPI_Bcast(&pid, 1, MPI_INT, 0, MPI_COMM_WORLD);
    const char *tmp = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/amasia-guard-%d.bin", tmp ? tmp : "/tmp", pid);
    if (rank == 0) write_file(path);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_File f;
    if (MPI_File_open(MPI_COMM_WORLD, path, MPI_MODE_RDONLY, MPI_INFO_NULL, &f) != MPI_SUCCESS)
        MPI_Abort(MPI_COMM_WORLD, 3);
    for (int i = 0; i < CASES; i++) {
        int n = pieces(rank, nranks, at, length);
        int bad = wrong_values(f, n, at, length, buf), any;
        MPI_Allreduce(&bad, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
        wrong += any > 0;
    }
    MPI_File_close(&f);
    if (rank == 0) {
        unlink(path);
        printf("%d of %d collective reads gave wrong data\n", wrong, CASES);
    }
    MPI_Finalize();
    return wrong > 0;
}
