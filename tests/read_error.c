/* Preloaded into a rank: from the READ_ERROR_AT-th read of 1,000 bytes and more on, reading a file whose path holds
 * READ_ERROR_FILE fails with EIO, in rank READ_ERROR_RANK of mpirun. For tests/cli/io_paths.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static bool fails(int fd, size_t bytes) {
    static long n;
    char link[64], path[1024];
    const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *file = getenv("READ_ERROR_FILE");
    if (bytes < 1000 || !rank || !file || strcmp(rank, getenv("READ_ERROR_RANK")) != 0) return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t k = readlink(link, path, sizeof path - 1);
    path[k < 0 ? 0 : k] = 0;
    if (!strstr(path, file) || ++n < atol(getenv("READ_ERROR_AT"))) return false;
    errno = EIO;
    return true;
}

/* The next definition of a function, the real one. */
#define REAL(name)                                                                                                     \
    static __typeof__(&name) real;                                                                                     \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name)

ssize_t read(int fd, void *p, size_t bytes) {
    REAL(read);
    return fails(fd, bytes) ? -1 : real(fd, p, bytes);
}

ssize_t pread(int fd, void *p, size_t bytes, off_t at) {
    REAL(pread);
    return fails(fd, bytes) ? -1 : real(fd, p, bytes, at);
}

ssize_t pread64(int fd, void *p, size_t bytes, off64_t at) {
    REAL(pread64);
    return fails(fd, bytes) ? -1 : real(fd, p, bytes, at);
}

ssize_t preadv(int fd, const struct iovec *v, int n, off_t at) {
    REAL(preadv);
    return n > 0 && fails(fd, v[0].iov_len) ? -1 : real(fd, v, n, at);
}

ssize_t readv(int fd, const struct iovec *v, int n) {
    REAL(readv);
    return n > 0 && fails(fd, v[0].iov_len) ? -1 : real(fd, v, n);
}
