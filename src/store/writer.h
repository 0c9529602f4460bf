/* Writing datasets from all ranks: rank 0 lets the format's library make the skeleton under a temporary name, all ranks
 * put bytes with pwrite (or whole chunk files), rank 0 completes the index, then the temporary name is renamed. */
#ifndef AMA_STORE_WRITER_H
#define AMA_STORE_WRITER_H

#include "comm/comm.h"
#include "store/meta.h"

typedef enum ama__format {
    AMA_FORMAT_NETCDF4,
    AMA_FORMAT_CDF5,
    AMA_FORMAT_CDF2,
    AMA_FORMAT_CDF1,
    AMA_FORMAT_ZARR2
} ama__format;

/* What to write: dims, variables and attributes as in ama__meta (names final, CF encoding already applied).
 * Of each ama__stored_var these count: name, dtype, dims, attrs, chunked + grid.chunk (chunked = false: contiguous),
 * pipeline, has_fill + fill (without has_fill a _FillValue attribute counts). Logically collective: the same on all
 * ranks. Everything stays the caller's and must live until the writer is destroyed.
 * Chunks longer than a fixed dim are cut to it. netCDF-4 needs chunks where a dim is unlimited and has elements; a dim
 * of size 0 becomes unlimited there. Classic files ignore chunks but may be put by them. In Zarr a variable that is not
 * chunked is one uncompressed chunk. Text of any length (STRING) is written in netCDF-4 and Zarr. BOOL is stored as
 * int8 in netCDF (the attribute that says so is the caller's). */
typedef struct ama__write_spec {
    ama__format format;
    const char *path;
    bool overwrite; /* false: an existing path is an error at create */
    /* netCDF-4 with compression: the bytes of the file depend on what it holds alone, at the price of a pass over them
     * at the end and twice the room on disk until then. All other files, and netCDF-4 up to 64 MiB, are so anyhow; in
     * the rest chunks lie where there was place for them when they came. */
    bool canonical;
    ama__meta meta;
    struct ama__journal *journal; /* NULL, or what an unfinished output is left with: journal.h (Zarr) */
} ama__write_spec;

typedef struct ama__journal ama__journal;

typedef struct ama__writer ama__writer;

/* Checks the directory and the rights, makes the skeleton under a temporary name in the same directory. Collective. */
ama_status ama__writer_create(ama_ctx *ctx, ama__comm *comm, const ama__write_spec *spec, ama__writer **out);
/* Hands over a dense C-order native-endian box of variable `var` in its stored dtype (STRING: char pointers). A chunked
 * variable takes exactly one chunk (clipped at the array's edge) per call, each from one rank only; a contiguous one
 * any box, each element from one rank only. What is never put reads as the fill value: single chunks of netCDF-4 and
 * Zarr, and whole variables of any kind; a dense variable put in part is an error of ama__writer_finish. data may be
 * reused after the call. Compression happens here. Local; one thread at a time may call it unless `w` (codec work) is
 * the thread's own: thread-safe otherwise. */
ama_status ama__writer_put(ama__writer *wr, ama__codec_work *w, int var, const ama__box *box, const void *data);
/* The same, and *data is the writer's from now on, also when it fails: it is set to NULL. Of category WRITE, and for a
 * chunk of a chunked variable with as many bytes behind its values as ama__chunk_coding says: encoding then needs one
 * buffer less, of the size of a chunk. */
ama_status ama__writer_give(ama__writer *wr, ama__codec_work *w, int var, const ama__box *box, void **data);
/* For a dataset of which everything will be put: takes the room of its dense variables on the disk, so that a full one
 * is noticed before anything is computed, and ranks do not allocate blocks side by side. Collective. Errors: IO. */
ama_status ama__writer_reserve(ama__writer *wr);
/* Bytes that wait in memory for the next flush on this rank. Local. */
size_t ama__writer_pending(const ama__writer *wr);
/* Places what waits (compressed netCDF-4 chunks) in the file; must be called by all ranks together, before much is
 * pending; a rank with nothing pending takes part all the same. Does nothing for formats that never wait. Collective.
 */
ama_status ama__writer_flush(ama__writer *wr);
/* True when what is put of the variable waits for ama__writer_flush in step on all ranks. Same on all ranks. */
bool ama__writer_collective_flush(const ama__writer *wr, int var);
/* Completes the dataset under its temporary name: index, metadata, fsync; checks sizes. Collective. */
ama_status ama__writer_finish(ama__writer *wr);
/* Renames to the final name. Call after ama__writer_finish of every output succeeded. Collective. */
ama_status ama__writer_publish(ama__writer *wr);
/* Frees; what was not published is removed from disk. NULL is allowed. Local (rank 0 removes). */
void ama__writer_destroy(ama__writer **wr);
/* Bytes written so far by this rank. */
int64_t ama__writer_bytes(const ama__writer *wr);

#endif
