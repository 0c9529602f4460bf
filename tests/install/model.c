/* A program that links the installed library: runs one expression over a file on its own communicator. */
#include <amasia/amasia.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    ama_options o = AMA_OPTIONS_INIT;
    ama_script_options so = AMA_SCRIPT_OPTIONS_INIT;
    ama_session *s = NULL;
    const char *text = "ds.x.mean()";
    ama_input input = {"ds", argc > 1 ? argv[1] : "missing.nc"};
    ama_mpi_guard();
    MPI_Init(&argc, &argv);
    ama_status status = ama_session_create(MPI_COMM_WORLD, &o, &s);
    so.n_inputs = 1;
    so.inputs = &input;
    so.output = argc > 2 ? argv[2] : NULL;
    if (status == AMA_OK) status = ama_script_run(s, "model", text, strlen(text), &so);
    if (status != AMA_OK) fprintf(stderr, "%s\n", s ? ama_error_text(s) : "no session");
    ama_session_destroy(&s);
    MPI_Finalize();
    return status != AMA_OK;
}
