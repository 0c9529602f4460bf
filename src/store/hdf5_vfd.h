/* A read-only HDF5 virtual file driver over pread that can record where a raw chunk is instead of reading it.
 * H5Dread_chunk under the recorder costs about 1 us a chunk, where H5Dget_chunk_info walks the whole index per call. */
#ifndef AMA_STORE_HDF5_VFD_H
#define AMA_STORE_HDF5_VFD_H

#include <stdbool.h>
#include <stdint.h>

#include <hdf5.h>

/* Shared by all files opened with one access list; must live as long as they do. */
typedef struct ama__hdf5_io {
    int err; /* errno of the first read or open that the operating system refused, 0: none */
    int fd;  /* a descriptor for the first file that is opened, which takes it over; -1: it is opened by its name */
} ama__hdf5_io;

/* One per open file. While `on`, reads of raw data are noted and not done: the buffer stays as it was. */
typedef struct ama__hdf5_recorder {
    bool on;
    int n;           /* reads noted since the caller set it to 0 */
    int64_t offset;  /* of the last one, from the first byte of the file (userblock included) */
    uint64_t length; /* bytes of the last one */
    int64_t file_bytes;
} ama__hdf5_recorder;

/* A file access list that uses the driver; negative on failure. The caller closes it. Local. */
hid_t ama__hdf5_vfd_fapl(ama__hdf5_io *io);
/* The recorder of the file that holds an object opened through this driver; NULL on failure. Local. */
ama__hdf5_recorder *ama__hdf5_vfd_recorder(hid_t object);

#endif
