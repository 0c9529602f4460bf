/* The program: amasia run | plan | convert | info | verify | help. */
#include <amasia/amasia.h>
#include <argp.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "amasia/convert_arguments.h"

#define MAX_INPUTS 64

__attribute__((visibility("default"))) const char *argp_program_version = "amasia " AMA_VERSION; /* libc looks for it */

typedef struct arguments {
    const char *command, *file, *second, *expression, *output, *group;
    int n_inputs;
    ama_input inputs[MAX_INPUTS];
    ama_options options;
    ama_script_options script;
    ama_verify_options verify;
    convert_arguments convert;
    bool progress_line;
} arguments;

enum {
    KEY_MEMORY = 0x100,
    KEY_THREADS,
    KEY_PREFETCH,
    KEY_PROGRESS,
    KEY_STATS,
    KEY_JSON,
    KEY_EXTERNAL,
    KEY_INDEX_CACHE,
    KEY_GROUP,
    KEY_RTOL,
    KEY_ATOL,
    KEY_IO,
    KEY_AGGREGATORS,
    KEY_CANONICAL,
    KEY_OPENERS
};

static const struct argp_option options[] = {
    {NULL, 'c', "EXPRESSION", 0, "run an expression in place of a script", 1},
    {NULL, 'i', "NAME=FILE", 0, "open FILE (netCDF, a Zarr store, or a quoted glob) under NAME", 1},
    {NULL, 'o', "FILE", 0, "write the last expression: netCDF, or Zarr when FILE ends in .zarr", 1},
    {"memory", KEY_MEMORY, "SIZE", 0, "budget of each rank, as 2GiB or 512MiB", 2},
    {"threads", KEY_THREADS, "N", 0, "threads of each rank", 2},
    {"prefetch", KEY_PREFETCH, "N", 0, "tiles whose bytes are read ahead when they are not in memory (2; 0: none)", 2},
    {"io", KEY_IO, "PATH", 0,
     "how files are read: posix (each rank what it needs), two-phase (a few ranks for all), mpiio or library "
     "(collectively by MPI-IO, by PnetCDF and HDF5)",
     2},
    {"io-aggregators", KEY_AGGREGATORS, "N", 0, "ranks that read for all, not with posix (default: one on each node)",
     2},
    {"openers", KEY_OPENERS, "N", 0, "ranks that open the files where there are many (default: 64 of all)", 2},
    {"canonical", KEY_CANONICAL, NULL, 0,
     "compressed netCDF-4 with over 64 MiB of values the same byte for byte too, for more time", 2},
    {"progress", KEY_PROGRESS, NULL, 0, "progress line even when standard error is not a terminal", 2},
    {"stats", KEY_STATS, NULL, 0, "show what was predicted and what was read, written, held and spent", 2},
    {"stats-json", KEY_JSON, "FILE", 0, "the same as JSON, and of a plan what is predicted (-: standard output)", 2},
    {"rtol", KEY_RTOL, "X", 0, "relative tolerance (verify; 0 by default)", 3},
    {"atol", KEY_ATOL, "X", 0, "absolute tolerance (verify; 0 by default)", 3},
    {"group", KEY_GROUP, "PATH", 0, "group of the file (info, verify, convert)", 3},
    {"index-cache", KEY_INDEX_CACHE, "DIR", 0, "keep chunk tables of HDF5 files in DIR for later runs", 3},
    {"allow-external", KEY_EXTERNAL, NULL, 0, "let HDF5 files refer to other files", 3},
    {0},
};

static void parse_input(struct argp_state *state, arguments *a, const char *arg) {
    const char *eq = strchr(arg, '=');
    if (!eq || eq == arg || !eq[1]) argp_error(state, "-i wants NAME=FILE, not '%s'", arg);
    if (a->n_inputs == MAX_INPUTS) argp_error(state, "more than %d inputs", MAX_INPUTS);
    char *name = strndup(arg, (size_t)(eq - arg));
    if (!name) argp_failure(state, 1, errno, "-i %s", arg);
    a->inputs[a->n_inputs++] = (ama_input){name, eq + 1};
}

/* "512MiB", "2g", "800000". */
static size_t parse_size(struct argp_state *state, const char *arg) {
    static const char units[] = "kmgt";
    char *end;
    double x = strtod(arg, &end);
    int shift = 0;
    while (*end == ' ') end++;
    const char *u = *end ? strchr(units, *end | 0x20) : NULL;
    if (u) {
        shift = 10 * (int)(u - units + 1);
        end++;
        if (*end == 'i') end++;
    }
    if (*end == 'B' || *end == 'b') end++;
    if (end == arg || *end || !(x > 0) || x * (double)(1ull << shift) >= 9e18)
        argp_error(state, "--memory wants a size such as 512MiB or 2GiB, not '%s'", arg);
    return (size_t)(x * (double)(1ull << shift));
}

static int parse_number(struct argp_state *state, const char *option, long most, const char *arg) {
    char *end;
    long n = strtol(arg, &end, 10);
    if (end == arg || *end || n < 1 || n > most)
        argp_error(state, "%s wants a number from 1 to %ld, not '%s'", option, most, arg);
    return (int)n;
}

/* As ama_options has it: negative for none. */
static int parse_prefetch(struct argp_state *state, const char *arg) {
    char *end;
    long n = strtol(arg, &end, 10);
    if (end == arg || *end || n < 0 || n > 64)
        argp_error(state, "--prefetch wants a number from 0 to 64, not '%s'", arg);
    return n > 0 ? (int)n : -1;
}

static ama_io parse_io(struct argp_state *state, const char *arg) {
    static const char *const path[] = {"posix", "two-phase", "mpiio", "library"}; /* as ama_io has them */
    for (int i = 0; i < (int)(sizeof path / sizeof *path); i++)
        if (strcmp(arg, path[i]) == 0) return (ama_io)i;
    argp_error(state, "--io wants posix, two-phase, mpiio or library, not '%s'", arg);
    return AMA_IO_POSIX;
}

static double parse_tolerance(struct argp_state *state, const char *option, const char *arg) {
    char *end;
    double x = strtod(arg, &end);
    if (end == arg || *end || !(x >= 0))
        argp_error(state, "%s wants a number that is not negative, not '%s'", option, arg);
    return x;
}

static void check_arguments(struct argp_state *state, arguments *a) {
    static const char *const commands[] = {"run", "plan", "convert", "info", "verify", "help"};
    bool known = false;
    for (size_t i = 0; a->command && i < sizeof commands / sizeof *commands; i++)
        known |= strcmp(a->command, commands[i]) == 0;
    if (!a->command) argp_usage(state);
    if (!known) argp_error(state, "unknown command '%s': run, plan, convert, info, verify or help", a->command);
    convert_check(state, &a->convert, a->command);
    bool script = strcmp(a->command, "run") == 0 || strcmp(a->command, "plan") == 0;
    if (script && !a->file == !a->expression) argp_error(state, "%s wants a script, or -c EXPRESSION", a->command);
    bool verify = strcmp(a->command, "verify") == 0;
    if (strcmp(a->command, "info") == 0 && !a->file) argp_error(state, "info wants a file");
    if (a->options.io != AMA_IO_POSIX && a->options.prefetch > 0)
        argp_error(state, "--prefetch is for --io=posix: otherwise all ranks read at one time");
    if (a->options.io_aggregators > 0 && a->options.io == AMA_IO_POSIX)
        argp_error(state, "--io-aggregators is for --io=two-phase, mpiio and library");
    if (a->options.canonical && !script && strcmp(a->command, "convert") != 0)
        argp_error(state, "--canonical is for what writes: run, plan and convert");
    if (verify && !a->second) argp_error(state, "verify wants two datasets");
    if (!verify && a->second) argp_error(state, "unexpected argument '%s'", a->second);
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case 'c': a->expression = arg; break;
    case 'i': parse_input(state, a, arg); break;
    case 'o': a->output = arg; break;
    case KEY_MEMORY: a->options.memory_bytes = parse_size(state, arg); break;
    case KEY_PREFETCH: a->options.prefetch = parse_prefetch(state, arg); break;
    case KEY_THREADS: a->options.threads = parse_number(state, "--threads", 4096, arg); break;
    case KEY_PROGRESS: a->options.progress = true; break;
    case KEY_IO: a->options.io = parse_io(state, arg); break;
    case KEY_AGGREGATORS: a->options.io_aggregators = parse_number(state, "--io-aggregators", 1 << 20, arg); break;
    case KEY_OPENERS: a->options.openers = parse_number(state, "--openers", 1 << 20, arg); break;
    case KEY_CANONICAL: a->options.canonical = true; break;
    case KEY_STATS: a->script.stats = true; break;
    case KEY_JSON: a->script.stats_json = arg; break;
    case KEY_INDEX_CACHE: a->options.index_cache = arg; break;
    case KEY_EXTERNAL: a->options.allow_external = true; break;
    case KEY_GROUP: a->group = arg; break;
    case KEY_RTOL: a->verify.rtol = parse_tolerance(state, "--rtol", arg); break;
    case KEY_ATOL: a->verify.atol = parse_tolerance(state, "--atol", arg); break;
    case ARGP_KEY_ARG:
        if (!a->command)
            a->command = arg;
        else if (strcmp(a->command, "convert") == 0)
            convert_add_path(state, &a->convert, arg);
        else if (!a->file)
            a->file = arg;
        else if (!a->second)
            a->second = arg;
        else
            argp_error(state, "unexpected argument '%s'", arg);
        break;
    case ARGP_KEY_INIT: state->child_inputs[0] = &a->convert; break;
    case ARGP_KEY_END: check_arguments(state, a); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_child children[] = {{&convert_parser, 0, NULL, 4}, {0}};

static const struct argp parser = {
    options,
    parse_option,
    "run SCRIPT\nrun -c EXPRESSION -i NAME=FILE -o FILE\nplan SCRIPT\nconvert IN... OUT\ninfo FILE\nverify FILE "
    "FILE\nhelp [METHOD]",
    "Runs xarray scripts on many ranks and in bounded memory: mpirun -n 4 amasia run clim.py",
    children,
    NULL,
    NULL};

/* ---- text for a person */

static void show(void *user, ama_text_kind kind, const char *text) {
    arguments *a = user;
    if (a->progress_line) fprintf(stderr, "\r\033[K");
    a->progress_line = kind == AMA_TEXT_PROGRESS && *text;
    if (kind == AMA_TEXT_OUTPUT) {
        fputs(text, stdout);
        fflush(stdout);
    } else {
        fprintf(stderr, kind == AMA_TEXT_WARNING ? "amasia: warning: %s\n" : "%s", text);
    }
    fflush(stderr);
}

/* The whole of a script; NULL with a message when it cannot be read. */
static char *read_file(const char *path, size_t *bytes) {
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    size_t n = 0, cap = 0, got = 1;
    while (f && got > 0) {
        if (n == cap) {
            char *more = realloc(text, cap = cap ? cap * 2 : 1 << 16);
            if (!more) break;
            text = more;
        }
        got = fread(text + n, 1, cap - n, f);
        n += got;
    }
    bool failed = !f || ferror(f) || got > 0;
    if (f) fclose(f);
    if (failed) {
        free(text);
        return NULL;
    }
    *bytes = n;
    return text;
}

/* ---- MPI */

static bool under_mpirun(void) {
    static const char *const signs[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (getenv(signs[i])) return true;
    return false;
}

static ama_status make_session(bool mpi, const ama_options *o, ama_session **out) {
    return mpi ? ama_session_create(MPI_COMM_WORLD, o, out) : ama_session_create_self(o, out);
}

static ama_status dispatch(arguments *a, ama_session *s, const char *text, size_t bytes, bool *equal) {
    if (strcmp(a->command, "info") == 0) return ama_info(s, a->file, a->group);
    if (strcmp(a->command, "help") == 0) return ama_help(s, a->file);
    if (strcmp(a->command, "verify") == 0) {
        a->verify.group = a->group;
        return ama_verify(s, a->file, a->second, &a->verify, equal);
    }
    if (strcmp(a->command, "convert") == 0) {
        a->convert.options.group = a->group;
        a->convert.options.stats = a->script.stats;
        a->convert.options.stats_json = a->script.stats_json;
        return convert_run(s, &a->convert);
    }
    a->script.plan_only = strcmp(a->command, "plan") == 0;
    a->script.n_inputs = a->n_inputs;
    a->script.inputs = a->inputs;
    a->script.output = a->output;
    const char *name = a->file ? a->file : "-c";
    return ama_script_run(s, name, text, bytes, &a->script);
}

/* Now, or what SOURCE_DATE_EPOCH says instead (reproducible-builds.org): seconds since 1970. */
static time_t date(void) {
    const char *text = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    long long given = text ? strtoll(text, &end, 10) : 0;
    return text && *text && !*end ? (time_t)given : time(NULL);
}

/* The command line after the date, as NCO and CDO write it into the history attribute. */
static char *command_line(int argc, char **argv) {
    size_t n = 64;
    for (int i = 0; i < argc; i++) n += strlen(argv[i]) + 1;
    char *s = malloc(n);
    time_t now = date();
    struct tm tm;
    if (!s || !gmtime_r(&now, &tm)) return s;
    size_t at = strftime(s, n, "%a %b %e %H:%M:%S %Y: amasia", &tm);
    for (int i = 1; i < argc; i++) at += (size_t)snprintf(s + at, n - at, " %s", argv[i]);
    return s;
}

/* The text to run: the script's, or the expression, which is printed when nothing says where it goes. NULL: no memory.
 */
static char *script_text(const arguments *a, char *file_text, size_t *bytes) {
    if (!a->expression) return file_text;
    const char *form = a->output ? "%s" : "print(%s)";
    size_t n = strlen(a->expression) + strlen(form);
    char *text = malloc(n);
    if (text) *bytes = (size_t)snprintf(text, n, form, a->expression);
    return text;
}

/* Under mpirun only rank 0 speaks of wrong arguments. getopt knows no other stream than stderr, so that moves. */
static void parse_arguments(int argc, char **argv, arguments *a) {
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    if (!rank) rank = getenv("PMIX_RANK");
    FILE *out = stdout, *err = stderr, *nowhere = rank && atoi(rank) > 0 ? fopen("/dev/null", "w") : NULL;
    if (nowhere) stdout = stderr = nowhere;
    argp_parse(&parser, argc, argv, 0, NULL, a);
    stdout = out;
    stderr = err;
    if (nowhere) fclose(nowhere);
}

/* A script that one rank cannot read is an error of all: an empty text with NULL is passed on, and rank 0 says why. */
static int fail_to_read(const arguments *a, int rank) {
    if (rank == 0) fprintf(stderr, "amasia: cannot read the script %s: %s\n", a->file, strerror(errno));
    return 1;
}

/* Ctrl-C, or the end of a batch job's time: nothing unfinished stays behind. A thread of its own waits for it, since
 * mpirun gives ranks a second, and one that writes may be longer in the system. */
static void *await_signal(void *set) {
    int number;
    if (sigwait(set, &number) != 0) return NULL;
    ama_remove_unfinished();
    pthread_sigmask(SIG_UNBLOCK, set, NULL);
    raise(number);
    return NULL;
}

static void expect_signals(void) {
    static sigset_t set; /* the thread's */
    const int end[] = {SIGINT, SIGTERM, SIGHUP};
    pthread_t thread;
    sigemptyset(&set);
    for (int i = 0; i < 3; i++) {
        struct sigaction now;
        if (sigaction(end[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) sigaddset(&set, end[i]);
    }
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (pthread_create(&thread, NULL, await_signal, &set) != 0) pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Ranks of one node share memory, so Open MPI need not look for networks: their drivers take 0.2 s to find none. */
static void stay_on_node(void) {
    const char *all = getenv("OMPI_COMM_WORLD_SIZE"), *here = getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
    if (all && here && strcmp(all, here) == 0 && !getenv("OMPI_MCA_mtl")) setenv("OMPI_MCA_pml", "ob1", 0);
}

int main(int argc, char **argv) {
    arguments a = {
        .options = AMA_OPTIONS_INIT, .script = AMA_SCRIPT_OPTIONS_INIT, .convert.options = AMA_CONVERT_OPTIONS_INIT};
    bool mpi = under_mpirun(), equal = true;
    int rank = 0, status = 0, provided;
    char *text = NULL;
    size_t bytes = 0;
    ama_session *session = NULL;
    parse_arguments(argc, argv, &a);
    expect_signals();
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of write, not a death */
    ama_mpi_guard();
    stay_on_node();
    /* ROMIO: Open MPI's own leaves ranks waiting oftener when a read fails on one of them */
    if (a.options.io == AMA_IO_MPIIO || a.options.io == AMA_IO_LIBRARY) setenv("OMPI_MCA_io", "^ompio", 0);
    if (mpi) {
        MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    }
    a.options.text = show;
    a.options.user = &a;
    if (isatty(STDERR_FILENO)) a.options.progress = true;
    a.script.command = command_line(argc, argv);
    bool script = strcmp(a.command, "run") == 0 || strcmp(a.command, "plan") == 0;
    int readable = 1;
    if (script && a.file && rank == 0) readable = (text = read_file(a.file, &bytes)) != NULL;
    if (mpi) MPI_Bcast(&readable, 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (!readable) {
        status = fail_to_read(&a, rank);
    } else if (make_session(mpi, &a.options, &session) != AMA_OK) {
        if (rank == 0) fprintf(stderr, "amasia: %s\n", session ? ama_error_text(session) : "not enough memory");
        status = 1;
    } else if ((text = script_text(&a, text, &bytes), dispatch(&a, session, text, bytes, &equal))) {
        if (a.progress_line) fprintf(stderr, "\r\033[K");
        bool lost = ama_session_lost(session); /* the others hang in MPI-IO */
        if (rank == 0 || lost) fprintf(stderr, "amasia: %s\n", ama_error_text(session));
        if (lost) MPI_Abort(MPI_COMM_WORLD, 1);
        status = 1;
    }
    if (status == 0 && !equal) status = 1;
    ama_session_destroy(&session);
    free(text);
    convert_fini(&a.convert);
    free((char *)a.script.command);
    for (int i = 0; i < a.n_inputs; i++) free((char *)a.inputs[i].name);
    if (mpi) MPI_Finalize();
    return status;
}
