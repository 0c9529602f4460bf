/* The driver table: what a format must provide to be read. A driver is serial: store/dataset.c calls it on one rank
 * and broadcasts what it says. null/ is the skeleton to copy. */
#ifndef AMA_STORE_DRIVER_H
#define AMA_STORE_DRIVER_H

#include "store/manifest.h"

typedef struct ama__open_options {
    const char *group;       /* "a/b" or NULL for the root */
    bool allow_external;     /* HDF5 external links and storage, off by default */
    const char *index_cache; /* directory for chunk tables that took long to find, or NULL */
    int max_openers;         /* of many datasets: ranks that open them; 0: AMA_STORE_OPENERS */
    /* Of one dataset, while it is opened: the file, open for reading at no place in particular and the caller's; NULL:
     * the driver opens the path itself. */
    const int *fd;
} ama__open_options;

typedef struct ama__driver {
    const char *name;
    /* True when the object at `path` looks like this format (magic bytes, directory content). fd: the file, -1 for what
     * is no regular file. No error is recorded. Local. */
    bool (*probe)(ama_ctx *ctx, const char *path, int fd);
    /* Opens and reads all metadata into the arena. Checks that the file is as long as its header implies, that
     * products of extents do not overflow, that names are sane. Errors: NOTFOUND, IO, FORMAT, UNSUPPORTED, with the
     * path in the text. Local. */
    ama_status (*open)(ama__arena *arena, const char *path, const ama__open_options *o, ama__meta *meta, void **handle);
    /* The manifest of variable `var` (index into meta->var), in the arena; tables and inline data may be large. A
     * variable whose storage cannot be given as extents is read through the library as INLINE when it has at most
     * AMA_INLINE_MAX bytes, otherwise UNSUPPORTED. Text variables are always INLINE. Local. */
    ama_status (*manifest)(void *handle, ama__arena *arena, const ama__meta *meta, int var, ama__manifest *out);
    void (*close)(void **handle);
} ama__driver;

#define AMA_INLINE_MAX ((int64_t)64 << 20)

extern const ama__driver ama__driver_null, ama__driver_hdf5, ama__driver_classic, ama__driver_zarr;
/* All drivers, NULL-terminated, in probe order (null is not probed). */
extern const ama__driver *const ama__drivers[];

#endif
