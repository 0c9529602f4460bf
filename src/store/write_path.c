/* Names on disk: checks before anything is made, the temporary name, and the change to the final one. */
#define _GNU_SOURCE /* renameat2, getdents64 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/unfinished.h"
#include "store/write_driver.h"

#define NAME_KEPT 180 /* bytes of the final name that the temporary name shows: both stay below NAME_MAX */

static ama_status fail_path(ama__writer *wr, int error, const char *doing, const char *path) {
    ama_status status = error == ENOENT || error == ENOTDIR ? AMA_ERR_NOTFOUND : AMA_ERR_IO;
    return ama__fail(wr->ctx, status, "%s %s: %s", doing, path, strerror(error));
}

/* ---- removal ---- */

static void remove_at(int parent, const char *name, int depth);

/* What is in a directory; a pass may miss names while others go, so it is looked through until one finds none. */
static void empty_directory(int fd, int depth) {
    char entries[2048]; /* no heap: a handler of signals may call this */
    for (bool found = true; found;) {
        found = false;
        if (lseek(fd, 0, SEEK_SET) != 0) return;
        for (ssize_t n; (n = getdents64(fd, entries, sizeof entries)) > 0;)
            for (ssize_t at = 0; at < n;) {
                const struct dirent64 *e = (const void *)(entries + at);
                at += e->d_reclen;
                if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
                remove_at(fd, e->d_name, depth + 1);
                found = found || faccessat(fd, e->d_name, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
            }
    }
}

static void remove_at(int parent, const char *name, int depth) {
    if (unlinkat(parent, name, 0) == 0 || depth > 64) return;
    if (errno != EISDIR && errno != EPERM) return;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return;
    empty_directory(fd, depth);
    close(fd);
    unlinkat(parent, name, AT_REMOVEDIR);
}

void ama__write_path_remove(const char *path) {
    remove_at(AT_FDCWD, path, 0);
}

/* ---- before ---- */

/* A directory may be replaced only when it is a Zarr store or empty: a slip in a script must not remove a home. */
static bool is_store_or_empty(const char *path) {
    DIR *d = opendir(path);
    if (!d) return false;
    bool store = false;
    int n = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        n++;
        if (!strcmp(e->d_name, ".zgroup") || !strcmp(e->d_name, ".zarray") || !strcmp(e->d_name, "zarr.json"))
            store = true;
    }
    closedir(d);
    return store || n == 0;
}

static ama_status check_target(ama__writer *wr) {
    struct stat st;
    const char *path = wr->path;
    if (lstat(path, &st) != 0) {
        if (errno == ENOENT) return AMA_OK;
        return fail_path(wr, errno, "write", path);
    }
    if (!wr->driver->directory && S_ISDIR(st.st_mode))
        return ama__fail(wr->ctx, AMA_ERR_ARG,
                         "write %s: a directory of that name is there, and %s is written as a file", path,
                         wr->driver->name);
    if (wr->driver->directory && !S_ISDIR(st.st_mode))
        return ama__fail(wr->ctx, AMA_ERR_ARG,
                         "write %s: a file of that name is there, and %s is written as a directory", path,
                         wr->driver->name);
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
        return ama__fail(wr->ctx, AMA_ERR_ARG, "write %s: what is there is not a regular file", path);
    if (!wr->spec.overwrite)
        return ama__fail(wr->ctx, AMA_ERR_ARG,
                         "write %s: it exists; mode=\"w\" in a script, --overwrite of convert replace it", path);
    if (S_ISDIR(st.st_mode) && !is_store_or_empty(path))
        return ama__fail(wr->ctx, AMA_ERR_ARG,
                         "write %s: the directory of that name is not a Zarr store, so it is not replaced", path);
    return AMA_OK;
}

static ama_status check_dir(ama__writer *wr) {
    struct stat st;
    if (stat(wr->dir, &st) != 0)
        return errno == ENOENT
                   ? ama__fail(wr->ctx, AMA_ERR_NOTFOUND, "write %s: there is no directory %s", wr->path, wr->dir)
                   : fail_path(wr, errno, "write to directory", wr->dir);
    if (!S_ISDIR(st.st_mode))
        return ama__fail(wr->ctx, AMA_ERR_NOTFOUND, "write %s: %s is not a directory", wr->path, wr->dir);
    if (access(wr->dir, W_OK | X_OK) != 0)
        return ama__fail(wr->ctx, AMA_ERR_IO, "write %s: directory %s: %s", wr->path, wr->dir, strerror(errno));
    return AMA_OK;
}

static uint64_t random_bits(void) {
    uint64_t x = 0;
    if (getrandom(&x, sizeof x, GRND_NONBLOCK) == (ssize_t)sizeof x) return x;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_nsec * 2654435761u ^ (uint64_t)t.tv_sec << 20 ^ (uint64_t)getpid();
}

/* The final name: without slashes at the end, and where a symbolic link leads if it leads to something. */
static ama_status resolve(ama_ctx *ctx, ama__arena *arena, const char *path, char **out) {
    size_t n = path ? strlen(path) : 0;
    while (n > 1 && path[n - 1] == '/') n--;
    if (n == 0) return ama__fail(ctx, AMA_ERR_ARG, "write: the path is empty");
    AMA_KEEP(arena, *out, ama__arena_strndup(arena, path, n));
    struct stat st;
    char real[PATH_MAX];
    if (lstat(*out, &st) == 0 && S_ISLNK(st.st_mode) && realpath(*out, real))
        AMA_KEEP(arena, *out, ama__arena_strdup(arena, real));
    return AMA_OK;
}

static ama_status join_partial(ama_ctx *ctx, const char *path, char **out) {
    const char *slash = strrchr(path, '/');
    int n_dir = slash ? (int)(slash - path) + 1 : 0;
    size_t bytes = strlen(path) + sizeof "..amasia-partial";
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_META, bytes, (void **)out));
    snprintf(*out, bytes, "%.*s.%s.amasia-partial", n_dir, path, path + n_dir);
    return AMA_OK;
}

ama_status ama__write_path_partial(ama_ctx *ctx, const char *path, char **out) {
    ama__arena *arena = NULL;
    char *real;
    AMA_TRY(ama__arena_create(ctx, &arena));
    ama_status status = resolve(ctx, arena, path, &real);
    if (status == AMA_OK) status = join_partial(ctx, real, out);
    ama__arena_destroy(&arena);
    return status;
}

ama_status ama__write_path_prepare(ama__writer *wr) {
    AMA_TRY(resolve(wr->ctx, wr->arena, wr->spec.path, &wr->path));
    const char *slash = strrchr(wr->path, '/'), *name = slash ? slash + 1 : wr->path;
    if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
        return ama__fail(wr->ctx, AMA_ERR_ARG, "write %s: that is no name for an output", wr->path);
    if (strlen(name) > NAME_MAX) return fail_path(wr, ENAMETOOLONG, "write", wr->path);
    size_t n_dir = slash ? (size_t)(slash - wr->path) : 0;
    AMA_KEEP(wr->arena, wr->dir,
             slash ? ama__arena_strndup(wr->arena, wr->path, n_dir ? n_dir : 1) : ama__arena_strdup(wr->arena, "."));
    AMA_TRY(check_dir(wr));
    AMA_TRY(check_target(wr));
    if (wr->spec.journal) {
        AMA_KEEP(wr->arena, wr->tmp, ama__arena_printf(wr->arena, "%s/store", wr->spec.journal->folder));
        return ama__journal_begin(wr->spec.journal);
    }
    AMA_KEEP(wr->arena, wr->tmp,
             ama__arena_printf(wr->arena, "%.*s.%.*s.amasia-%016llx.tmp", (int)(slash ? n_dir + 1 : 0), wr->path,
                               NAME_KEPT, name, (unsigned long long)random_bits()));
    return AMA_OK;
}

/* ---- after ---- */

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#endif

static bool flags_unknown(int error) {
    return error == EINVAL || error == ENOSYS || error == ENOTSUP;
}

/* Old aside, new in its place, old back when that fails. For file systems that cannot exchange two names. */
static int replace_in_steps(ama__writer *wr) {
    char *aside = ama__arena_printf(wr->arena, "%s.old", wr->tmp);
    if (!aside) return ENOMEM;
    bool moved = rename(wr->path, aside) == 0;
    if (!moved && errno != ENOENT) return errno;
    if (rename(wr->tmp, wr->path) != 0) {
        int error = errno;
        if (moved && rename(aside, wr->path) != 0) return errno;
        return error;
    }
    if (moved) ama__write_path_remove(aside);
    return 0;
}

static int replace_directory(ama__writer *wr) {
    if (renameat2(AT_FDCWD, wr->tmp, AT_FDCWD, wr->path, RENAME_EXCHANGE) == 0) {
        ama__write_path_remove(wr->tmp); /* the old one by now */
        return 0;
    }
    if (errno != ENOENT && !flags_unknown(errno)) return errno;
    return replace_in_steps(wr);
}

static int publish_new(ama__writer *wr) {
    if (renameat2(AT_FDCWD, wr->tmp, AT_FDCWD, wr->path, RENAME_NOREPLACE) == 0) return 0;
    if (!flags_unknown(errno)) return errno;
    struct stat st;
    if (lstat(wr->path, &st) == 0) return EEXIST;
    return rename(wr->tmp, wr->path) == 0 ? 0 : errno;
}

ama_status ama__write_path_publish(ama__writer *wr) {
    int error;
    ama__unfinished_done(wr->tmp);
    if (ama__fault(wr->ctx))
        error = EIO;
    else if (!wr->spec.overwrite)
        error = publish_new(wr);
    else if (wr->driver->directory)
        error = replace_directory(wr);
    else
        error = rename(wr->tmp, wr->path) == 0 ? 0 : errno;
    if (error) return ama__fail(wr->ctx, AMA_ERR_IO, "rename %s to %s: %s", wr->tmp, wr->path, strerror(error));
    int fd = open(wr->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd); /* the name itself; a file system that cannot is no reason to fail now */
        close(fd);
    }
    return AMA_OK;
}
