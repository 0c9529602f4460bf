#include "store/hdf5_vfd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VFD_MAXADDR ((haddr_t)INT64_MAX)
#define VFD_READ_MAX ((size_t)1 << 30) /* bytes of one pread: Linux gives at most 2 GiB */

/* HDF5 keeps its public part in front and frees nothing itself: the memory is HDF5's own (H5allocate_memory), because
 * a file behind an external link is opened and closed by the library alone. */
typedef struct vfd_file {
    H5FD_t pub;
    int fd;
    haddr_t eoa, eof;
    dev_t device;
    ino_t inode;
    ama__hdf5_io *io; /* NULL for files behind external links */
    ama__hdf5_recorder recorder;
} vfd_file;

typedef struct vfd_info {
    ama__hdf5_io *io;
} vfd_info;

static H5FD_t *vfd_open(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr) {
    if ((flags & H5F_ACC_RDWR) || maxaddr == 0) return NULL;
    const vfd_info *info = H5Pget_driver_info(fapl);
    int fd = -1;
    struct stat st;
    if (info && info->io) {
        fd = info->io->fd;
        info->io->fd = -1;
    }
    if (fd < 0) fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        if (info && info->io && !info->io->err) info->io->err = errno;
        if (fd >= 0) close(fd);
        return NULL;
    }
    vfd_file *f = S_ISREG(st.st_mode) ? H5allocate_memory(sizeof *f, true) : NULL;
    if (!f) {
        close(fd);
        return NULL;
    }
    f->fd = fd;
    f->eof = (haddr_t)st.st_size;
    f->device = st.st_dev;
    f->inode = st.st_ino;
    f->io = info ? info->io : NULL;
    f->recorder.file_bytes = (int64_t)st.st_size;
    return &f->pub;
}

static herr_t vfd_close(H5FD_t *file) {
    vfd_file *f = (vfd_file *)file;
    close(f->fd);
    return H5free_memory(f);
}

static int vfd_cmp(const H5FD_t *a, const H5FD_t *b) {
    const vfd_file *x = (const vfd_file *)a, *y = (const vfd_file *)b;
    if (x->device != y->device) return x->device < y->device ? -1 : 1;
    if (x->inode != y->inode) return x->inode < y->inode ? -1 : 1;
    return 0;
}

static herr_t vfd_query(const H5FD_t *file, unsigned long *flags) {
    (void)file;
    *flags = H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t vfd_get_eoa(const H5FD_t *file, H5FD_mem_t type) {
    (void)type;
    return ((const vfd_file *)file)->eoa;
}

static herr_t vfd_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t addr) {
    (void)type;
    ((vfd_file *)file)->eoa = addr;
    return 0;
}

static haddr_t vfd_get_eof(const H5FD_t *file, H5FD_mem_t type) {
    (void)type;
    return ((const vfd_file *)file)->eof;
}

static herr_t vfd_get_handle(H5FD_t *file, hid_t fapl, void **handle) {
    (void)fapl;
    *handle = &((vfd_file *)file)->recorder;
    return 0;
}

/* Bytes beyond the end of the file read as zeros, as in HDF5's own POSIX driver: its metadata reads may be longer than
 * what is there. */
static herr_t vfd_read(H5FD_t *file, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, void *buf) {
    (void)dxpl;
    vfd_file *f = (vfd_file *)file;
    if (addr > VFD_MAXADDR || size > VFD_MAXADDR - addr) return -1;
    if (f->recorder.on && type == H5FD_MEM_DRAW) {
        f->recorder.n++;
        f->recorder.offset = (int64_t)addr;
        f->recorder.length = size;
        return 0;
    }
    char *p = buf;
    while (size > 0) {
        size_t want = size < VFD_READ_MAX ? size : VFD_READ_MAX;
        ssize_t got = pread(f->fd, p, want, (off_t)addr);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            if (f->io && !f->io->err) f->io->err = errno;
            return -1;
        }
        if (got == 0) break;
        p += got, addr += (haddr_t)got, size -= (size_t)got;
    }
    memset(p, 0, size);
    return 0;
}

/* H5FDregister insists on one. */
static herr_t vfd_write(H5FD_t *file, H5FD_mem_t type, hid_t dxpl, haddr_t addr, size_t size, const void *buf) {
    (void)file, (void)type, (void)dxpl, (void)addr, (void)size, (void)buf;
    return -1;
}

static const H5FD_class_t vfd_class = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)(H5_VFD_RESERVED + 0xA1), /* of the range that is free for private use */
#endif
    .name = "amasia_recorder",
    .maxaddr = VFD_MAXADDR,
    .fc_degree = H5F_CLOSE_WEAK, /* closing a borrowed id of an external file must not close its objects */
    .fapl_size = sizeof(vfd_info),
    .open = vfd_open,
    .close = vfd_close,
    .cmp = vfd_cmp,
    .query = vfd_query,
    .get_eoa = vfd_get_eoa,
    .set_eoa = vfd_set_eoa,
    .get_eof = vfd_get_eof,
    .get_handle = vfd_get_handle,
    .read = vfd_read,
    .write = vfd_write,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

/* Registered once and kept: HDF5 1.10's H5FD_close gives its reference to the class back before it calls the class'
 * close, so the last file must not hold the last reference. */
static hid_t vfd_driver(void) {
    static hid_t driver = -1;
    if (driver < 0 || H5Iget_type(driver) != H5I_VFL) driver = H5FDregister(&vfd_class);
    return driver;
}

hid_t ama__hdf5_vfd_fapl(ama__hdf5_io *io) {
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    hid_t driver = fapl < 0 ? -1 : vfd_driver();
    vfd_info info = {io};
    bool ok =
        driver >= 0 && H5Pset_driver(fapl, driver, &info) >= 0 && H5Pset_fclose_degree(fapl, H5F_CLOSE_STRONG) >= 0;
    if (ok) return fapl;
    if (fapl >= 0) H5Pclose(fapl);
    return -1;
}

ama__hdf5_recorder *ama__hdf5_vfd_recorder(hid_t object) {
    void *recorder = NULL;
    hid_t file = H5Iget_file_id(object);
    if (file < 0) return NULL;
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, &recorder) < 0) recorder = NULL;
    H5Fclose(file);
    return recorder;
}
