/* The virtual file driver of the netCDF-4 writer: see write_nc4.h. */
#include "store/write_nc4.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_ALIGN 8 /* of every block but chunks */

typedef struct disk_file {
    H5FD_t pub; /* HDF5's own part, must be first */
    ama__nc4_disk *disk;
} disk_file;

static ama__nc4_disk *disk_of(const H5FD_t *f) {
    return ((const disk_file *)f)->disk;
}

static H5FD_t *disk_open(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr) {
    (void)name, (void)flags, (void)maxaddr;
    ama__nc4_disk *const *disk = H5Pget_driver_info(fapl);
    disk_file *f = NULL;
    if (!disk || ama__mem_calloc((*disk)->wr->ctx, AMA_MEM_META, 1, sizeof *f, (void **)&f) != AMA_OK) return NULL;
    f->disk = *disk;
    f->disk->eoa = 0;
    return &f->pub;
}

static herr_t disk_close(H5FD_t *file) {
    ama__mem_free(disk_of(file)->wr->ctx, file);
    return 0;
}

static herr_t disk_query(const H5FD_t *file, unsigned long *flags) {
    (void)file;
    *flags = 0; /* no aggregation of small blocks, no sieve: every block comes to disk_alloc */
    return 0;
}

static haddr_t disk_alloc(H5FD_t *file, H5FD_mem_t type, hid_t dxpl, hsize_t size) {
    (void)dxpl;
    ama__nc4_disk *d = disk_of(file);
    if (d->eoa < d->data_end) d->eoa = d->data_end;
    if (type == H5FD_MEM_DRAW && d->place >= 0) {
        haddr_t at = (haddr_t)d->place;
        d->place = -1;
        return at;
    }
    int64_t at = (d->eoa + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
    if (size > (hsize_t)(INT64_MAX / 2 - at)) return HADDR_UNDEF;
    d->eoa = at + (int64_t)size;
    return (haddr_t)at;
}

static haddr_t disk_get_eoa(const H5FD_t *file, H5FD_mem_t type) {
    (void)type;
    return (haddr_t)disk_of(file)->eoa;
}

static herr_t disk_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t addr) {
    (void)type;
    disk_of(file)->eoa = (int64_t)addr;
    return 0;
}

static haddr_t disk_get_eof(const H5FD_t *file, H5FD_mem_t type) {
    (void)type;
    const ama__nc4_disk *d = disk_of(file);
    struct stat st;
    int64_t eof = fstat(d->wr->fd, &st) == 0 ? (int64_t)st.st_size : 0;
    return (haddr_t)(eof > d->data_end ? eof : d->data_end); /* a rank with nothing to write leaves a shorter file */
}

static herr_t disk_read(H5FD_t *file, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, void *buffer) {
    (void)type, (void)dxpl;
    ama__nc4_disk *d = disk_of(file);
    char *to = buffer;
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(d->wr->fd, to + done, size - done, (off_t)(addr + done));
        if (got > 0) {
            done += (size_t)got;
        } else if (got == 0) {
            memset(to + done, 0, size - done); /* behind the end */
            break;
        } else if (errno != EINTR) {
            if (d->status == AMA_OK)
                d->status = ama__fail(d->wr->ctx, AMA_ERR_IO, "read back %zu bytes at byte %llu of %s: %s", size,
                                      (unsigned long long)addr, d->wr->tmp, strerror(errno));
            return -1;
        }
    }
    return 0;
}

static herr_t disk_write(H5FD_t *file, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, const void *buffer) {
    (void)dxpl;
    ama__nc4_disk *d = disk_of(file);
    if ((d->discard && type == H5FD_MEM_DRAW) || d->status != AMA_OK) return 0;
    d->status = ama__write_at(d->wr, d->wr->fd, d->wr->tmp, buffer, size, (int64_t)addr);
    return 0;
}

static herr_t disk_truncate(H5FD_t *file, hid_t dxpl, hbool_t closing) {
    (void)dxpl, (void)closing;
    ama__nc4_disk *d = disk_of(file);
    if (d->status != AMA_OK) return 0;
    int rc;
    do { /* never shorter than the ranks' data, whatever HDF5 believes so far */
        rc = ftruncate(d->wr->fd, (off_t)(d->eoa > d->data_end ? d->eoa : d->data_end));
    } while (rc && errno == EINTR);
    if (rc)
        d->status = ama__fail(d->wr->ctx, AMA_ERR_IO, "set the length of %s to %lld bytes: %s", d->wr->tmp,
                              (long long)d->eoa, strerror(errno));
    return 0;
}

hid_t ama__nc4_disk_access(ama__nc4_disk *disk, hid_t *driver) {
    H5FD_class_t c = {.name = "amasia_writer",
                      .maxaddr = (haddr_t)INT64_MAX / 2,
                      .fc_degree = H5F_CLOSE_STRONG,
                      .fapl_size = sizeof(ama__nc4_disk *),
                      .open = disk_open,
                      .close = disk_close,
                      .query = disk_query,
                      .alloc = disk_alloc,
                      .get_eoa = disk_get_eoa,
                      .set_eoa = disk_set_eoa,
                      .get_eof = disk_get_eof,
                      .read = disk_read,
                      .write = disk_write,
                      .truncate = disk_truncate,
                      .fl_map = H5FD_FLMAP_DICHOTOMY};
    *driver = H5FDregister(&c);
    if (*driver < 0) return -1;
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    if (fapl >= 0 && H5Pset_driver(fapl, *driver, &disk) >= 0 && H5Pset_fclose_degree(fapl, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_libver_bounds(fapl, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18) >= 0)
        return fapl;
    if (fapl >= 0) H5Pclose(fapl);
    H5FDunregister(*driver);
    *driver = -1;
    return -1;
}
