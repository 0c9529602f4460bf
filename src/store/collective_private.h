/* What the paths of collective.h that go by MPI-IO share. */
#ifndef AMA_STORE_COLLECTIVE_PRIVATE_H
#define AMA_STORE_COLLECTIVE_PRIVATE_H

#include "comm/mpi.h"
#include "store/collective.h"
#include "store/io_walk.h"

/* How one kind of file is read. All are called by all ranks together. Their outcome is that of this rank; after a
 * failure of any the file is not touched again. */
typedef struct ama__io_method {
    size_t handle_bytes; /* of the zeroed memory that `handle` is */
    /* The file of a part, which is there and may be read. */
    ama_status (*open)(ama__collective *c, const ama__store_var *part, void *handle);
    void (*close)(ama__collective *c, void *handle);
    /* One collective read of a part: takes from the walk what fits a call, nothing where it stands at another part.
     * *inside: the failure is the library's. */
    ama_status (*read)(ama__collective *c, void *handle, int64_t part, ama__io_walk *w, bool *inside);
} ama__io_method;

extern const ama__io_method ama__io_mpiio, ama__io_pnetcdf, ama__io_hdf5;

enum { AMA_IO_OPEN_MAX = 4 };                   /* files that are kept open */
#define AMA_IO_CB_BYTES ((int64_t)4 << 20)      /* hint cb_buffer_size: of an aggregator */
#define AMA_IO_METADATA_BYTES ((size_t)2 << 20) /* that HDF5 keeps of a file */

typedef struct ama__io_file {
    const char *path;
    const ama__io_method *method;
    void *handle;
    int64_t used;
} ama__io_file;

struct ama__collective {
    ama_ctx *ctx;
    ama__comm *comm;
    ama__fetcher *fetcher;
    ama__io_options options;
    int64_t n_parts;
    const ama__store_var *part;
    int n_aggregators;
    int64_t round_bytes; /* that a rank takes in a call, at most */
    struct ama__twophase *twophase;
    struct ama__mpiio_buffers *buffers;
    ama__io_file open[AMA_IO_OPEN_MAX];
    int64_t clock;
    size_t charged; /* what MPI-IO and HDF5 may hold */
};

static inline const ama__manifest *ama__io_manifest(const ama__store_var *part) {
    return &part->store->manifest[part->var];
}

/* Fails unless the file can be opened and has `end` bytes. Counts as a read for fault injection. Local. */
ama_status ama__io_check_file(ama__collective *c, const char *path, int64_t end);
/* The hints for opening, to be freed. Local. */
MPI_Info ama__io_hints(const ama__collective *c);
/* Records "path: what: MPI's text". Local. */
ama_status ama__io_mpi_error(ama__collective *c, const char *path, const char *what, int code);

/* mpiio.c */
ama_status ama__mpiio_make_buffers(ama__collective *c);
void ama__mpiio_free_buffers(ama__collective *c);
int64_t ama__mpiio_bytes(int nranks, int64_t round_bytes);

/* library.c: the part of a want that a library call reads. */
typedef struct ama__io_slab {
    const ama__io_want *want; /* NULL: none */
    ama__box box;             /* within the want's box, which is dense at its dst */
    int64_t before;           /* elements of what is read of the want that come before it */
} ama__io_slab;
/* Bytes of values of a want that a library can give; 0: none can. */
int64_t ama__library_takes(const ama__collective *c, const ama__io_want *w);
/* The next slab of at most `most` elements, when the walk stands at this part, of what lies inside of an array of this
 * shape (NULL: all), and leaves it behind. */
ama__io_slab ama__library_next(ama__io_walk *w, int64_t part, int64_t most, const int64_t *shape);

#endif
