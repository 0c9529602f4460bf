/* Hints, guards and errors of MPI-IO. */
#include <stdio.h>

#include "store/collective_private.h"

#ifdef OPEN_MPI
/* Open MPI's cvar of a name as a number; false when it has none. */
static bool read_cvar(const char *name, int *out) {
    int provided, index, n = 0;
    MPI_T_cvar_handle handle;
    bool known = false;
    if (MPI_T_init_thread(MPI_THREAD_SINGLE, &provided) != MPI_SUCCESS) return false;
    if (MPI_T_cvar_get_index(name, &index) == MPI_SUCCESS &&
        MPI_T_cvar_handle_alloc(index, NULL, &handle, &n) == MPI_SUCCESS) {
        known = n == 1 && MPI_T_cvar_read(handle, out) == MPI_SUCCESS;
        MPI_T_cvar_handle_free(&handle);
    }
    MPI_T_finalize();
    return known;
}
#endif

ama_status ama__mpi_reads_safely(ama_ctx *ctx) {
    int initialized = 0;
    MPI_Initialized(&initialized);
    if (!initialized)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED,
                         "--io=mpiio and --io=library need MPI: start under mpirun, or use --io=posix");
#ifdef OPEN_MPI
    int sieving = 0;
    if (read_cvar("fbtl_posix_read_datasieving", &sieving) && sieving)
        return ama__fail(ctx, AMA_ERR_MISMATCH,
                         "collective reads of this MPI may return wrong data (open-mpi/ompi issue 10546): call "
                         "ama_mpi_guard before MPI_Init or set OMPI_MCA_fbtl_posix_read_datasieving=0, or use "
                         "--io=two-phase");
#endif
    return AMA_OK;
}

MPI_Info ama__io_hints(const ama__collective *c) {
    MPI_Info info;
    char number[24];
    MPI_Info_create(&info);
    snprintf(number, sizeof number, "%d", c->n_aggregators);
    MPI_Info_set(info, "cb_nodes", number);
    snprintf(number, sizeof number, "%lld", (long long)AMA_IO_CB_BYTES);
    MPI_Info_set(info, "cb_buffer_size", number);
    return info;
}

ama_status ama__io_mpi_error(ama__collective *c, const char *path, const char *what, int code) {
    char text[MPI_MAX_ERROR_STRING];
    int n = 0;
    if (MPI_Error_string(code, text, &n) != MPI_SUCCESS) n = 0;
    return ama__fail(c->ctx, AMA_ERR_IO, "%s: %s: %.*s", path, what, n, text);
}
