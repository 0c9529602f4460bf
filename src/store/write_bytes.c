/* pwrite in loops, and boxes of dense arrays cut into the runs that are contiguous in the file. */
#define _GNU_SOURCE /* fallocate, sync_file_range */
#include "store/write_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/unfinished.h"

/* A call writes at most so much, ending at a multiple of it: larger calls make Linux look for larger pages of its
 * cache, which may take ten times as long as the copy does. */
#define CALL_BYTES ((size_t)1 << 20)
#define SWAP_BYTES ((size_t)1 << 20) /* scratch in which bytes are reversed */

static ama_status fail_errno(ama__writer *wr, int error, const char *doing, const char *path) {
    ama_status status = error == ENOENT || error == ENOTDIR ? AMA_ERR_NOTFOUND : AMA_ERR_IO;
    return ama__fail(wr->ctx, status, "%s %s: %s", doing, path, strerror(error));
}

ama_status ama__write_open(ama__writer *wr, const char *path, int flags, int *fd) {
    *fd = -1;
    ama__unfinished_wait();
    if (ama__fault(wr->ctx)) return fail_errno(wr, EIO, "open for writing", path);
    do {
        *fd = open(path, flags | O_CLOEXEC, 0666);
    } while (*fd < 0 && errno == EINTR);
    return *fd < 0 ? fail_errno(wr, errno, "open for writing", path) : AMA_OK;
}

void ama__write_start(int fd, int64_t offset, int64_t bytes) {
    (void)sync_file_range(fd, offset, (off_t)bytes, SYNC_FILE_RANGE_WRITE); /* fsync tells what failed */
}

ama_status ama__write_at(ama__writer *wr, int fd, const char *path, const void *p, size_t bytes, int64_t offset) {
    const char *from = p;
    size_t done = 0;
    int error = ama__fault(wr->ctx) ? ENOSPC : 0;
    while (!error && done < bytes) {
        size_t want = CALL_BYTES - ((size_t)offset + done) % CALL_BYTES;
        if (want > bytes - done) want = bytes - done;
        ssize_t got = pwrite(fd, from + done, want, (off_t)(offset + (int64_t)done));
        if (got > 0)
            done += (size_t)got;
        else if (got == 0)
            error = ENOSPC;
        else if (errno != EINTR)
            error = errno;
    }
    if (error)
        return ama__fail(wr->ctx, AMA_ERR_IO, "write %zu bytes at byte %lld of %s: %s", bytes - done,
                         (long long)offset + (long long)done, path, strerror(error));
    if (bytes >= CALL_BYTES) ama__write_start(fd, offset, (int64_t)bytes);
    __atomic_fetch_add(&wr->bytes, (int64_t)bytes, __ATOMIC_RELAXED);
    return AMA_OK;
}

ama_status ama__write_reserve(ama__writer *wr, int64_t end) {
    int rc, error = ama__fault(wr->ctx) ? ENOSPC : 0;
    if (!error) {
        do {
            rc = end > 0 ? fallocate(wr->fd, 0, 0, (off_t)end) : 0;
        } while (rc && errno == EINTR);
        if (rc && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
            error = errno; /* else it cannot, or need not */
    }
    if (!error) return AMA_OK;
    return ama__fail(wr->ctx, AMA_ERR_IO, "write %s: there is no room for its %lld bytes: %s", wr->path, (long long)end,
                     strerror(error));
}

ama_status ama__write_sync(ama__writer *wr, int fd, const char *path) {
    if (ama__fault(wr->ctx)) return fail_errno(wr, EIO, "fsync", path);
    int rc;
    do {
        rc = fsync(fd);
    } while (rc && errno == EINTR);
    /* Some special file systems cannot: their writes are as safe as they get. */
    if (rc && errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return fail_errno(wr, errno, "fsync", path);
    return AMA_OK;
}

ama_status ama__write_close(ama__writer *wr, int *fd, const char *path) {
    if (*fd < 0) return AMA_OK;
    int rc = close(*fd);
    *fd = -1;
    if (rc && errno != EINTR) return fail_errno(wr, errno, "close", path); /* where quotas are found out late */
    return AMA_OK;
}

ama_status ama__write_file(ama__writer *wr, const char *path, const void *p, size_t bytes) {
    int fd = -1;
    int anew = wr->spec.journal ? O_TRUNC : 0; /* a run before may have left a part */
    ama_status status = ama__write_open(wr, path, O_WRONLY | O_CREAT | anew, &fd);
    if (status != AMA_OK) return status;
    struct stat st;
    if (fstat(fd, &st) == 0 && st.st_size > 0)
        status = ama__fail(wr->ctx, AMA_ERR_INTERNAL, "%s is written twice", path);
    if (status == AMA_OK) status = ama__write_at(wr, fd, path, p, bytes, 0);
    ama_status closed = ama__write_close(wr, &fd, path);
    return status == AMA_OK ? closed : status;
}

/* One contiguous run of n elements; reversed through the scratch where the file's byte order differs. */
static ama_status write_run(ama__writer *wr, const ama__write_place *at, const char *from, size_t n, size_t size,
                            int64_t offset, char *scratch) {
    if (!scratch) return ama__write_at(wr, at->fd, at->path, from, n * size, offset);
    size_t most = SWAP_BYTES / size;
    for (size_t done = 0; done < n; done += most) {
        size_t now = n - done < most ? n - done : most;
        memcpy(scratch, from + done * size, now * size);
        ama__bytes_swap(scratch, now, size);
        AMA_TRY(ama__write_at(wr, at->fd, at->path, scratch, now * size, offset + (int64_t)(done * size)));
    }
    return AMA_OK;
}

ama_status ama__write_box(ama__writer *wr, const ama__write_place *at, const ama__chunkgrid *grid, size_t element_bytes,
                          const ama__box *box, const void *data) {
    int ndim = grid->ndim;
    int64_t size = (int64_t)element_bytes, step[AMA_MAX_DIMS + 1];
    ama__shape_strides(ndim, grid->shape, step);
    for (int i = 0; i < ndim; i++) step[i] *= size;
    if (ndim > 0 && at->axis0_bytes) step[0] = at->axis0_bytes;
    /* The run covers axes outer, outer + 1, …: an axis joins when its indices follow each other at the length of the
     * run so far (all axes inside it are whole then), or when it has but one index. */
    int outer = ndim;
    int64_t run = 1;
    while (outer > 0 && (step[outer - 1] == run * size || box->count[outer - 1] == 1)) run *= box->count[--outer];
    void *scratch = NULL;
    if (at->swap && element_bytes > 1) AMA_TRY(ama__mem_alloc(wr->ctx, AMA_MEM_WRITE, SWAP_BYTES, &scratch));
    int64_t index[AMA_MAX_DIMS] = {0};
    const char *from = data;
    ama_status status = AMA_OK;
    do {
        int64_t offset = at->base;
        for (int i = 0; i < ndim; i++) offset += (box->start[i] + (i < outer ? index[i] : 0)) * step[i];
        status = write_run(wr, at, from, (size_t)run, element_bytes, offset, scratch);
        from += run * size;
    } while (status == AMA_OK && ama__index_next(outer, box->count, index));
    ama__mem_free(wr->ctx, scratch);
    return status;
}

void ama__write_fill(const ama__writer *wr, int var, void *dst, int64_t n) {
    size_t size = ama__dtype_bytes(ama__writer_var(wr, var)->dtype);
    char *to = dst;
    if (n <= 0) return;
    memcpy(to, wr->fill[var], size);
    size_t all = (size_t)n * size;
    for (size_t done = size; done < all; done *= 2) memcpy(to + done, to, done < all - done ? done : all - done);
}

int64_t ama__write_chunk_size(const ama__writer *wr, int var) {
    int64_t n = 1;
    for (int i = 0; i < wr->grid[var].ndim; i++) n *= wr->grid[var].chunk[i];
    return n;
}

void ama__write_pad(const ama__writer *wr, int var, const ama__box *box, const void *data, void *dst) {
    ama__box whole = *box;
    memcpy(whole.count, wr->grid[var].chunk, sizeof whole.count);
    ama__write_fill(wr, var, dst, ama__write_chunk_size(wr, var));
    ama__box_copy(box, ama__dtype_bytes(ama__writer_var(wr, var)->dtype), data, box, dst, &whole);
}
