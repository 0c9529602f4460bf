/* A file system for measurements: shows a folder read-only, as a distant server would. Every read the kernel asks for
 * (its page cache and its reading ahead are the real ones) comes `latency` later than the bytes alone would take at
 * `rate`; reads wait for each other's bytes, not for each other's latency.
 *
 *   slow_fs FOLDER MOUNTPOINT LATENCY_MS RATE_MB_PER_S
 */
#define FUSE_USE_VERSION 35
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *folder;
static double latency_s, byte_s, free_at;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void wait_for(size_t bytes) {
    pthread_mutex_lock(&lock);
    double now = now_s();
    free_at = (free_at > now ? free_at : now) + (double)bytes * byte_s;
    double until = free_at + latency_s;
    pthread_mutex_unlock(&lock);
    struct timespec t = {.tv_sec = (time_t)until, .tv_nsec = (long)(1e9 * (until - (double)(time_t)until))};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
    }
}

static const char *real(const char *path, char *out) {
    return snprintf(out, PATH_MAX, "%s%s", folder, path) < PATH_MAX ? out : "";
}

static int slow_getattr(const char *path, struct stat *s, struct fuse_file_info *fi) {
    char p[PATH_MAX];
    (void)fi;
    return lstat(real(path, p), s) == 0 ? 0 : -errno;
}

static int slow_readdir(const char *path, void *out, fuse_fill_dir_t add, off_t at, struct fuse_file_info *fi,
                        enum fuse_readdir_flags flags) {
    char p[PATH_MAX];
    DIR *d = opendir(real(path, p));
    (void)at, (void)fi, (void)flags;
    if (!d) return -errno;
    for (struct dirent *e; (e = readdir(d));) add(out, e->d_name, NULL, 0, 0);
    closedir(d);
    return 0;
}

static int slow_open(const char *path, struct fuse_file_info *fi) {
    char p[PATH_MAX];
    int fd = open(real(path, p), O_RDONLY);
    fi->fh = (uint64_t)fd;
    fi->keep_cache = 1;
    return fd < 0 ? -errno : 0;
}

static int slow_read(const char *path, char *out, size_t bytes, off_t at, struct fuse_file_info *fi) {
    (void)path;
    ssize_t n = pread((int)fi->fh, out, bytes, at);
    if (n > 0) wait_for((size_t)n);
    return n < 0 ? -errno : (int)n;
}

static int slow_release(const char *path, struct fuse_file_info *fi) {
    (void)path;
    return close((int)fi->fh);
}

static void *slow_init(struct fuse_conn_info *c, struct fuse_config *config) {
    c->max_background = 64; /* reads of the kernel's own at one time */
    config->attr_timeout = config->entry_timeout = config->negative_timeout = 3600;
    return NULL;
}

int main(int argc, char **argv) {
    static const struct fuse_operations ops = {.init = slow_init,
                                               .getattr = slow_getattr,
                                               .readdir = slow_readdir,
                                               .open = slow_open,
                                               .read = slow_read,
                                               .release = slow_release};
    if (argc != 5) {
        fprintf(stderr, "usage: slow_fs FOLDER MOUNTPOINT LATENCY_MS RATE_MB_PER_S\n");
        return 2;
    }
    folder = argv[1];
    latency_s = 1e-3 * atof(argv[3]);
    byte_s = 1e-6 / atof(argv[4]);
    char *args[] = {argv[0], "-f", "-o", "ro,default_permissions,max_idle_threads=64", argv[2], NULL};
    return fuse_main(5, args, &ops, NULL);
}
