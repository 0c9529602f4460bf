#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int ama__file_try(ama_ctx *ctx, const char *path, int *error) {
    *error = EIO;
    if (ama__fault(ctx)) return -1;
    int fd;
    do fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    *error = fd < 0 ? errno : 0;
    return fd;
}

ama_status ama__file_refused(ama_ctx *ctx, const char *path, int error) {
    if (error == ENOENT) return ama__fail(ctx, AMA_ERR_NOTFOUND, "%s: no such file", path);
    return ama__fail(ctx, AMA_ERR_IO, "%s: can not be opened: %s", path, strerror(error));
}

ama_status ama__file_open_if(ama_ctx *ctx, const char *path, int *fd) {
    int error;
    *fd = ama__file_try(ctx, path, &error);
    return *fd >= 0 || error == ENOENT ? AMA_OK : ama__file_refused(ctx, path, error);
}

ama_status ama__file_open(ama_ctx *ctx, const char *path, int *fd) {
    AMA_TRY(ama__file_open_if(ctx, path, fd));
    return *fd >= 0 ? AMA_OK : ama__file_refused(ctx, path, ENOENT);
}

ama_status ama__file_size(ama_ctx *ctx, int fd, const char *path, int64_t *out) {
    struct stat s;
    if (fstat(fd, &s) != 0) return ama__fail(ctx, AMA_ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(s.st_mode)) return ama__fail(ctx, AMA_ERR_IO, "%s: not a regular file", path);
    *out = s.st_size;
    return AMA_OK;
}

ama_status ama__file_read(ama_ctx *ctx, int fd, const char *path, int64_t offset, void *dst, size_t bytes,
                          size_t *got) {
    *got = 0;
    while (*got < bytes) {
        size_t want = bytes - *got < (size_t)1 << 30 ? bytes - *got : (size_t)1 << 30;
        errno = EIO;
        ssize_t n = ama__fault(ctx) ? -1 : pread(fd, (char *)dst + *got, want, offset + (int64_t)*got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return ama__fail(ctx, AMA_ERR_IO, "%s: reading %zu bytes at byte %" PRId64 " failed: %s", path, bytes,
                             offset, strerror(errno));
        if (n == 0) break;
        *got += (size_t)n;
    }
    return AMA_OK;
}

void ama__file_close(int fd) {
    if (fd >= 0) close(fd);
}

ama_status ama__file_text(ama__arena *arena, const char *path, int64_t limit, char **text, size_t *bytes) {
    ama_ctx *ctx = ama__arena_ctx(arena);
    int fd;
    int64_t size;
    *text = NULL;
    *bytes = 0;
    AMA_TRY(ama__file_open_if(ctx, path, &fd));
    if (fd < 0) return AMA_OK;
    ama_status status = ama__file_size(ctx, fd, path, &size);
    if (status == AMA_OK && size > limit)
        status = ama__fail(ctx, AMA_ERR_FORMAT, "%s: %" PRId64 " bytes of metadata, more than the %" PRId64 " allowed",
                           path, size, limit);
    if (status == AMA_OK) {
        *text = ama__arena_alloc(arena, (size_t)size + 1);
        status = *text ? ama__file_read(ctx, fd, path, 0, *text, (size_t)size, bytes) : ama__error_status(ctx);
    }
    ama__file_close(fd);
    return status;
}
