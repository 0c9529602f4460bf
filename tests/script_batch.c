/* Runs many scripts in one launch, so that tests do not pay for mpirun each time:
 *   script_batch --threads N --memory SIZE LIST
 * LIST has lines "directory TAB script". Each script runs in its directory, which gets the files stdout, stderr and
 * exit, as `amasia run` would have given them. */
#include <amasia/amasia.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct streams {
    FILE *out, *err;
} streams;

static void show(void *user, ama_text_kind kind, const char *text) {
    streams *s = user;
    if (kind == AMA_TEXT_PROGRESS) return;
    if (kind == AMA_TEXT_WARNING)
        fprintf(s->err, "amasia: warning: %s\n", text);
    else
        fputs(text, s->out);
}

static char *read_all(const char *path, size_t *bytes) {
    FILE *f = fopen(path, "rb");
    char *text = f ? malloc(1 << 20) : NULL;
    *bytes = text ? fread(text, 1, 1 << 20, f) : 0;
    if (f) fclose(f);
    return text;
}

static size_t parse_size(const char *s) {
    char *end;
    double x = strtod(s, &end);
    const char *units = "kmgt", *u = *end ? strchr(units, *end | 0x20) : NULL;
    return (size_t)(x * (double)(1ull << (u ? 10 * (u - units + 1) : 0)));
}

static void write_exit(int code) {
    FILE *f = fopen("exit", "w");
    if (!f) return;
    fprintf(f, "%d\n", code);
    fclose(f);
}

static void run_one(int rank, const ama_options *options, const char *folder, const char *script) {
    streams s = {stdout, stderr};
    ama_options o = *options;
    ama_script_options so = AMA_SCRIPT_OPTIONS_INIT;
    ama_session *session = NULL;
    size_t bytes = 0;
    char *text = rank == 0 ? read_all(script, &bytes) : NULL;
    if (chdir(folder) != 0) MPI_Abort(MPI_COMM_WORLD, 3);
    if (rank == 0) {
        s.out = fopen("stdout", "w");
        s.err = fopen("stderr", "w");
        if (!s.out || !s.err) MPI_Abort(MPI_COMM_WORLD, 4);
    }
    o.text = show;
    o.user = &s;
    so.command = "now: amasia run";
    ama_status status = ama_session_create(MPI_COMM_WORLD, &o, &session);
    if (status == AMA_OK) status = ama_script_run(session, script, text, bytes, &so);
    if (rank == 0) {
        if (status != AMA_OK) fprintf(s.err, "amasia: %s\n", session ? ama_error_text(session) : "no memory");
        fclose(s.out);
        fclose(s.err);
        write_exit(status != AMA_OK);
    }
    ama_session_destroy(&session);
    free(text);
}

int main(int argc, char **argv) {
    ama_options o = AMA_OPTIONS_INIT;
    const char *list = NULL;
    char line[8192];
    int rank;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            o.threads = atoi(argv[++i]);
        else if (strcmp(argv[i], "--memory") == 0 && i + 1 < argc)
            o.memory_bytes = parse_size(argv[++i]);
        else
            list = argv[i];
    }
    ama_mpi_guard();
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    FILE *f = list ? fopen(list, "r") : NULL;
    if (!f) MPI_Abort(MPI_COMM_WORLD, 2);
    while (fgets(line, sizeof line, f)) {
        char *tab = strchr(line, '\t');
        line[strcspn(line, "\n")] = '\0';
        if (!tab) continue;
        *tab = '\0';
        run_one(rank, &o, line, tab + 1);
        MPI_Barrier(MPI_COMM_WORLD);
    }
    fclose(f);
    MPI_Finalize();
    return 0;
}
