/* Private to the writers: the writer object, the table a format provides, and the plain POSIX helpers they share. */
#ifndef AMA_STORE_WRITE_DRIVER_H
#define AMA_STORE_WRITE_DRIVER_H

#include <pthread.h>

#include "store/writer.h"

/* Values on their way into a writer. */
typedef struct ama__put {
    const ama__box *box;
    const void *data;
    void *own; /* NULL, or data in a buffer that the driver may write to, or take by setting this to NULL: of category
                  WRITE, with ama__chunk_coding's spare bytes behind the values of a whole chunk */
} ama__put;

/* What a format must provide to be written. writer.c has checked names, shapes and boxes, and agrees on errors after
 * every Local call that all ranks make together. */
typedef struct ama__write_driver {
    const char *name; /* for messages: "netCDF-4" */
    bool directory;   /* the output is a directory of files */
    /* True: a chunked variable's missing chunks read as the fill value. False: every variable is stored dense, and
     * chunks are only a way of putting it. */
    bool chunks;
    /* True: a dense variable that nobody put reads as the fill value without being written. */
    bool sparse;
    /* Can this format hold what the spec says? UNSUPPORTED or ARG with what to do instead. Local, no I/O. */
    ama_status (*check)(ama__writer *wr);
    /* Rank 0 makes the skeleton under wr->tmp; the others open it. Sets wr->state. Collective, agreed. */
    ama_status (*create)(ama__writer *wr);
    /* Local, thread-safe. The box is inside the array, not empty and, for a chunked variable, exactly one chunk. */
    ama_status (*put)(ama__writer *wr, ama__codec_work *w, int var, ama__put *put);
    size_t (*pending)(const ama__writer *wr); /* NULL: nothing ever waits */
    ama_status (*flush)(ama__writer *wr);     /* Collective, agreed; called where wr->in_step is set by check */
    ama_status (*finish)(ama__writer *wr);    /* Collective, agreed */
    void (*destroy)(ama__writer *wr);         /* Local; wr->state may be NULL */
} ama__write_driver;

extern const ama__write_driver ama__write_driver_nc4, ama__write_driver_classic, ama__write_driver_zarr;

struct ama__writer {
    ama_ctx *ctx;
    ama__comm *comm;
    ama__arena *arena;
    ama__write_spec spec;
    const ama__write_driver *driver;
    void *state;            /* the driver's */
    ama__chunkgrid *grid;   /* [n_vars]; one chunk where the variable is not chunked */
    bool *chunked;          /* [n_vars] chunked, and the variable has dims */
    uint8_t (*fill)[8];     /* [n_vars] value of what nobody puts, native-endian */
    bool *has_fill;         /* [n_vars] the spec gives it (has_fill or a _FillValue attribute) */
    char *path, *tmp, *dir; /* final name (symbolic links resolved), temporary name, their directory */
    bool root;              /* this is rank 0 */
    bool in_step;           /* what is put may wait for a flush of all ranks */
    bool repeat;            /* encoded bytes and their places depend on the values alone */
    int fd;                 /* of tmp, formats of one file; -1 when not open */
    int64_t expected_bytes; /* of the finished file; set by the driver on rank 0 */
    int64_t *n_put;         /* [n_vars] elements put by this rank (atomic) */
    int64_t bytes;          /* written by this rank (atomic) */
    int failed;             /* a local call failed: finish must not succeed (atomic) */
    bool finished, published;
    pthread_mutex_t lock; /* for what waits in the driver */
};

static inline const ama__stored_var *ama__writer_var(const ama__writer *wr, int var) {
    return &wr->spec.meta.var[var];
}
/* Elements of the whole variable. */
int64_t ama__writer_var_size(const ama__writer *wr, int var);

/* ---- bytes: write_bytes.c. All Local and thread-safe; IO errors name the path, the bytes and the reason. ---- */

ama_status ama__write_open(ama__writer *wr, const char *path, int flags, int *fd);
/* Writes all of it at `offset`, in calls small enough for every system, through EINTR and short writes. */
ama_status ama__write_at(ama__writer *wr, int fd, const char *path, const void *p, size_t bytes, int64_t offset);
/* Sends bytes that were written on their way to the disk while the next are computed: fsync then waits for little. What
 * ama__write_at writes in one piece of a MiB or more is sent by itself. */
void ama__write_start(int fd, int64_t offset, int64_t bytes);
/* Takes the blocks of the first `end` bytes of wr->tmp, open as wr->fd, where the file system can. */
ama_status ama__write_reserve(ama__writer *wr, int64_t end);
ama_status ama__write_sync(ama__writer *wr, int fd, const char *path);
ama_status ama__write_close(ama__writer *wr, int *fd, const char *path);
/* A whole new file of the given bytes. EEXIST is INTERNAL: two ranks have written one object. */
ama_status ama__write_file(ama__writer *wr, const char *path, const void *p, size_t bytes);

/* Where a dense array lies in a file. */
typedef struct ama__write_place {
    int fd;
    const char *path;
    int64_t base;        /* offset of element 0 */
    int64_t axis0_bytes; /* distance between indices of axis 0 (record variables); 0: dense */
    bool swap;           /* bytes are to be reversed */
} ama__write_place;
/* Writes box `box` of an array of `shape` from dense native data, in runs as long as the file allows. */
ama_status ama__write_box(ama__writer *wr, const ama__write_place *at, const ama__chunkgrid *grid, size_t element_bytes,
                          const ama__box *box, const void *data);
/* dst[n elements] = the variable's fill value. */
void ama__write_fill(const ama__writer *wr, int var, void *dst, int64_t n);
/* dst = a whole chunk that holds `box` of `data` and the fill value elsewhere. */
void ama__write_pad(const ama__writer *wr, int var, const ama__box *box, const void *data, void *dst);
/* Shape of a chunk of variable `var`, and its size in elements. */
int64_t ama__write_chunk_size(const ama__writer *wr, int var);

/* ---- chunks: write_coding.c ---- */

/* Makes values that are less than a chunk at the array's edge a whole one with the fill value around. Local. */
ama_status ama__write_whole(ama__writer *wr, int var, ama__put *put);
/* The encoded chunk in a buffer of category WRITE that the caller frees, and its length. put->data holds raw_bytes;
 * what put owns is gone. Local. */
ama_status ama__write_encode(ama__writer *wr, ama__codec_work *w, int var, size_t raw_bytes, ama__put *put,
                             void **coded, size_t *bytes);

/* ---- names on disk: write_path.c. Rank 0 only. ---- */

/* Resolves the final name, checks what is there and the rights of the directory, makes up the temporary name. */
ama_status ama__write_path_prepare(ama__writer *wr);
/* Where partial work on the output `path` lies (category META, the caller frees). */
ama_status ama__write_path_partial(ama_ctx *ctx, const char *path, char **out);
/* Puts the temporary object in the place of the final name, at once where the system can. */
ama_status ama__write_path_publish(ama__writer *wr);
/* Removes a file or a whole tree; missing is no error. Never fails loudly. Async-signal-safe. */
void ama__write_path_remove(const char *path);

#endif
