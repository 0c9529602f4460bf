/* Amasia: xarray scripts under MPI. The public interface of libamasia.
 *
 * A session holds everything: there are no globals, the library never prints and never exits. Functions marked
 * Collective must be called by all ranks of the session's communicator together; on failure they return the same status
 * on all ranks. */
#ifndef AMASIA_AMASIA_H
#define AMASIA_AMASIA_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "amasia/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define AMA_API __attribute__((visibility("default")))
#else
#define AMA_API
#endif

#define AMA_VERSION "0.1.0"

typedef struct ama_session ama_session;

/* Text for a person; called on rank 0 only. kind: what `print` in a script shows, warnings, and progress (an unfinished
 * line to be overwritten; empty when done). */
typedef enum ama_text_kind { AMA_TEXT_OUTPUT, AMA_TEXT_WARNING, AMA_TEXT_PROGRESS } ama_text_kind;
typedef void ama_text_fn(void *user, ama_text_kind kind, const char *text);

/* How stored bytes come in; results are the same to the bit. POSIX: each rank reads what it needs. TWO_PHASE: a few
 * ranks read for all and hand the bytes on, which joins what several ranks want of one file into long reads (chunks
 * that are files of their own, as in Zarr, are still read by the rank that needs them). MPIIO: the same byte ranges by
 * collective reads of MPI files. LIBRARY: netCDF classic by PnetCDF, netCDF-4 and HDF5 by parallel HDF5, collectively;
 * what those can not read is read as by POSIX. The last two need MPI, and ama_mpi_guard before MPI_Init under Open MPI;
 * see ama_session_lost.
 */
typedef enum ama_io { AMA_IO_POSIX, AMA_IO_TWO_PHASE, AMA_IO_MPIIO, AMA_IO_LIBRARY } ama_io;

typedef struct ama_options {
    size_t memory_bytes; /* budget of each rank; 0: 60 % of what the node allows, shared among its ranks */
    int threads;         /* of each rank; 0: the cores of its cpuset, shared among the node's ranks */
    int prefetch;        /* tiles whose bytes are read ahead when they are not in memory; 0: 2, negative: none */
    bool progress;       /* send progress text */
    bool allow_external; /* let HDF5 files refer to other files */
    /* directory where chunk tables of HDF5 files are kept for later runs, made if need be; NULL: none */
    const char *index_cache;
    ama_text_fn *text; /* NULL: nothing is shown */
    void *user;
    ama_io io;
    int io_aggregators; /* ranks that read for all (with MPIIO and LIBRARY the hint cb_nodes); 0: one on each node */
    /* Compressed netCDF-4 outputs with over 64 MiB of values get their chunks in order too, so that the bytes of every
     * output file are the same whatever ranks, threads and budget: costs a copy of the file at the end, and room for
     * it. Values are the same without, and so are all other files. */
    bool canonical;
    int openers; /* ranks that open the files of open_mfdataset, each its share; 0: 64, far apart */
} ama_options;
/* clang-format off */
#define AMA_OPTIONS_INIT {0, 0, 0, false, false, NULL, NULL, NULL, AMA_IO_POSIX, 0, false, 0}
/* clang-format on */

/* Keeps Open MPI 4.1's collective reads from returning wrong data (open-mpi/ompi issue 10546) and stale semaphores from
 * blocking opens: sets OMPI_MCA_fbtl_posix_read_datasieving and OMPI_MCA_sharedfp in the environment unless they are
 * set already. Call before MPI_Init. Local. Amasia itself reads with
 * MPI-IO only where it is told to, and writes with POSIX calls. */
AMA_API void ama_mpi_guard(void);

/* Removes the files and Zarr stores that sessions of this process are writing under temporary names. For a
 * thread that waits for the signals that end the process, or for a handler of them; on all ranks. What still writes
 * waits for ever: the process must end with it. For each it waits half a second at most until no rank makes more of it.
 * Local, async-signal-safe. */
AMA_API void ama_remove_unfinished(void);

/* Makes a session on a duplicate of `comm` (MPI_THREAD_FUNNELED is enough; all calls come from the thread that
 * initialised MPI). Collective. */
AMA_API ama_status ama_session_create(MPI_Comm comm, const ama_options *options, ama_session **out);
/* A session of this process alone; MPI need not be initialised. Local. */
AMA_API ama_status ama_session_create_self(const ama_options *options, ama_session **out);
/* Collective (Local for a session made by ama_session_create_self). NULL inside is allowed. */
AMA_API void ama_session_destroy(ama_session **session);

/* True when this rank has failed within a collective call of MPI-IO that the others do not come out of: what
 * AMA_IO_MPIIO and AMA_IO_LIBRARY can not prevent when a disk fails. They are then waiting for ever; this rank can only
 * show the text of its error and end all with MPI_Abort. Local. */
AMA_API bool ama_session_lost(const ama_session *session);

/* The text of the last error, "" when there was none; the same on all ranks. Borrowed, valid until the next call. */
AMA_API const char *ama_error_text(const ama_session *session);

/* A file bound to a name before the script begins: what `-i NAME=PATH` does. PATH may be a glob. */
typedef struct ama_input {
    const char *name, *path;
} ama_input;

typedef struct ama_script_options {
    int n_inputs;
    const ama_input *inputs;
    const char *output;  /* NULL, or where the value of the last expression is written (.zarr: Zarr, else netCDF) */
    const char *command; /* command line for the history attribute; NULL: none is written */
    bool plan_only;      /* send the plan as output text instead of running; no data is read */
    bool stats;          /* send what was predicted and what was done as output text after the run */
    /* NULL, or the file that gets prediction and run as JSON ("-": output text). Keys, where null is "not known":
     *   version ranks threads budget_bytes
     *   predicted: chunks stored_bytes decoded_bytes sent_bytes (values from rank to rank) output_bytes (before
     *     encoding) peak_bytes (of the budget, on the rank that needs most) process_bytes (with the program itself)
     *     peak_most_bytes process_most_bytes (the same when nothing of the input is in the page cache and all is read
     *     ahead; the other two are for what of it was there when the plan was made) elapsed_s cpu_s (all phases)
     *     phase_s
     *   calibration: took_s read_s_per_byte write_s_per_byte copy_s_per_byte send_s_per_byte round_s (a round of
     *     messages without bytes; both 0 on one rank), codecs[]: pipeline
     *     decode_s_per_byte encode_s_per_byte (of raw bytes) encoded_per_raw, loops[]: loop
     *     values (of the plan) s_per_value: of one thread, on made-up values
     *   actual (null when only planned): chunks reads stored_bytes (null with LIBRARY) decoded_bytes sent_bytes
     *     written_bytes (to files) peak_bytes open_s (wall before the first stage: opening, binding, planning; values
     *     the script needs at once) elapsed_s (wall from there on; both of the slowest rank) cpu_s (of all processes
     *     since they began) run_cpu_s (while elapsed_s ran) phase_s phase_most_s
     *   phase_s: fetch decode compute exchange encode write and, of what was done, other (idle threads too): wall
     *     seconds of each thread, summed over threads and ranks; phase_most_s: summed over the threads of the rank
     *     that has most.
     * Bytes and chunks are sums over the ranks. chunks counts boxes of what is not chunked too. Predicted times are
     * for cores of one's own, take files to stay in the page cache, wait for no slower rank, and leave out what memory
     * costs beyond the caches. */
    const char *stats_json;
} ama_script_options;
/* clang-format off */
#define AMA_SCRIPT_OPTIONS_INIT {0, NULL, NULL, NULL, false, false, NULL}
/* clang-format on */

/* Runs (or plans) the xarray script `text` called `name` in messages. Rank 0's text counts. Errors of names, labels,
 * dims and unsupported calls come before any data is read. On an error no output has appeared under its name.
 * Collective. */
AMA_API ama_status ama_script_run(ama_session *session, const char *name, const char *text, size_t text_bytes,
                                  const ama_script_options *options);

/* Describes a dataset as output text: dims, coordinates, variables, dtypes, attributes, chunk shapes, codecs, sizes.
 * group: NULL for the root. Collective. */
AMA_API ama_status ama_info(ama_session *session, const char *path, const char *group);

typedef struct ama_verify_options {
    double rtol, atol; /* values a and b are equal when |a - b| <= atol + rtol * |b|, or when both are missing */
    const char *group; /* NULL: the root */
} ama_verify_options;
/* clang-format off */
#define AMA_VERIFY_OPTIONS_INIT {0.0, 0.0, NULL}
/* clang-format on */

/* Holds two datasets against each other, decoded as scripts see them: dims, variables, attributes (history apart),
 * values. Sends what differs, by how much and where first, as output text, and for each variable that it is equal.
 * Collective. */
AMA_API ama_status ama_verify(ama_session *session, const char *path_a, const char *path_b,
                              const ama_verify_options *options, bool *equal);

/* Measures how fast the loops over values are for each dtype and instruction set, beside memcpy and reading, in GB/s of
 * one thread's CPU time over `bytes` of input; sends a table as output text. Takes twice `bytes` of memory. Local. */
AMA_API ama_status ama_bench_kernels(ama_session *session, size_t bytes);

typedef struct ama_convert_options {
    const char *format; /* "zarr", "netcdf4", "netcdf3", "cdf5"; NULL: by the ending of the output (.zarr .nc .nc4) */
    const char *chunks; /* "time=-1,lat=90,lon=auto": -1 the whole dim, auto about 4 MiB a chunk; NULL: as they are */
    const char *codec;  /* "none", "deflate:4+shuffle", "zstd:3", "lz4", "blosc:zstd:5"; NULL: as in the source */
    const char *variables;  /* "a,b": these and what they refer to; NULL: all */
    const char *drop;       /* "a,b": all but these; NULL: none */
    const char *group;      /* of the inputs; NULL: the root */
    const char *concat_dim; /* the inputs follow one another along it as listed; NULL: by their coordinates */
    bool split;             /* one output per data variable: output is a directory, or has {} for the name */
    bool overwrite;         /* replace an output that is there */
    bool resume;            /* Zarr: go on from what an earlier run of the same conversion left, if any */
    bool plan_only, stats;  /* as in ama_script_options */
    const char *stats_json; /* as there */
} ama_convert_options;
/* clang-format off */
#define AMA_CONVERT_OPTIONS_INIT {NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, false, false, false, false, NULL}
/* clang-format on */

/* Writes n inputs, joined as open_mfdataset joins them, in another format, other chunks or another codec. Stored values
 * and attributes stay as they are: nothing is decoded (but times of files that have different units, which come out in
 * the units of the first). On an error no output has appeared under its name; what is complete of a Zarr store stays in
 * .NAME.amasia-partial beside it, for `resume`. Collective. */
AMA_API ama_status ama_convert(ama_session *session, int n_inputs, const char *const *inputs, const char *output,
                               const ama_convert_options *options);

/* Sends help as output text: topic NULL lists what scripts may call, otherwise the signature of a method. Local. */
AMA_API ama_status ama_help(ama_session *session, const char *topic);

#ifdef __cplusplus
}
#endif

#endif
