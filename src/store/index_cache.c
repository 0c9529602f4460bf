/* Format, in the machine's byte order: magic; size and mtime of the dataset's file in seconds and nanoseconds; number
 * of chunks; bytes of the name; the name ("path", 0, "dataset", 0, filled up with zeros to 8); the table; a checksum of
 * all before. */
#define _GNU_SOURCE
#include "store/index_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "amaidx01"

typedef struct head {
    char magic[8];
    int64_t file_bytes, mtime_s, mtime_ns, n, name_bytes;
} head;

typedef struct image { /* a whole cache file in memory */
    size_t bytes;
    uint64_t *words;
} image;

/* FNV-1a over 64-bit words: finds what damages files, does not keep off anybody who wants to mislead. */
static uint64_t checksum(const uint64_t *word, size_t n) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n; i++) h = (h ^ word[i]) * 1099511628211u ^ h >> 32;
    return h;
}

static uint64_t hash_text(uint64_t h, const char *s) {
    do h = (h ^ (unsigned char)*s) * 1099511628211u;
    while (*s++);
    return h;
}

/* The head and name that the key should have now; false when the file cannot be looked at. The image is zeroed. */
static bool make_image(ama_ctx *ctx, const ama__index_key *key, image *out, char *cache_name) {
    struct stat st;
    char path[PATH_MAX];
    bool ok = realpath(key->path, path) && stat(path, &st) == 0 && (int64_t)st.st_size == key->file_bytes;
    if (ok) {
        size_t name = (strlen(path) + strlen(key->dataset) + 2 + 7) / 8 * 8;
        head h = {.file_bytes = st.st_size,
                  .mtime_s = st.st_mtim.tv_sec,
                  .mtime_ns = st.st_mtim.tv_nsec,
                  .n = key->n,
                  .name_bytes = (int64_t)name};
        memcpy(h.magic, MAGIC, sizeof h.magic);
        out->bytes = sizeof h + name + (size_t)key->n * sizeof(ama__extent_entry) + 8;
        ok = ama__mem_calloc(ctx, AMA_MEM_META, out->bytes, 1, (void **)&out->words) == AMA_OK;
        if (ok) {
            char *text = (char *)out->words + sizeof h;
            memcpy(out->words, &h, sizeof h);
            strcpy(stpcpy(text, path) + 1, key->dataset);
            snprintf(cache_name, 32, "%016" PRIx64 ".index",
                     hash_text(hash_text(14695981039346656037u, path), key->dataset));
        }
    }
    return ok;
}

static ama__extent_entry *table_of(const image *m) {
    const head *h = (const head *)(const void *)m->words;
    return (ama__extent_entry *)(void *)((char *)m->words + sizeof *h + h->name_bytes);
}

static bool read_all(int dir, const char *name, void *to, size_t bytes) {
    struct stat st;
    size_t done = 0;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == bytes;
    while (ok && done < bytes) {
        ssize_t n = read(fd, (char *)to + done, bytes - done);
        if (n > 0) done += (size_t)n;
        ok = n > 0 || (n < 0 && errno == EINTR);
    }
    close(fd);
    return ok;
}

static bool inside(const ama__extent_entry *e, int64_t n, int64_t file_bytes) {
    for (int64_t i = 0; i < n; i++)
        if (e[i].offset < -1 || e[i].offset > file_bytes - (int64_t)e[i].length) return false;
    return true;
}

static bool load(ama_ctx *ctx, int dir, const ama__index_key *key, ama__extent_entry *table) {
    image want = {0}, is = {0};
    char name[32];
    bool ok = make_image(ctx, key, &want, name) &&
              ama__mem_alloc(ctx, AMA_MEM_META, want.bytes, (void **)&is.words) == AMA_OK &&
              read_all(dir, name, is.words, want.bytes);
    if (ok) {
        size_t before = (size_t)((char *)table_of(&want) - (char *)want.words), words = want.bytes / 8 - 1;
        ok = memcmp(is.words, want.words, before) == 0 && checksum(is.words, words) == is.words[words] &&
             inside(table_of(&is), key->n, key->file_bytes);
    }
    if (ok && key->n > 0) memcpy(table, table_of(&is), (size_t)key->n * sizeof *table);
    ama__mem_free(ctx, want.words);
    ama__mem_free(ctx, is.words);
    return ok;
}

bool ama__index_cache_load(ama_ctx *ctx, const char *dir, const ama__index_key *key, ama__extent_entry *table) {
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && load(ctx, fd, key, table);
    if (fd >= 0) close(fd);
    if (!ok) ama__error_clear(ctx);
    return ok;
}

/* 0 or the reason. */
static int write_all(int dir, const char *name, const void *from, size_t bytes) {
    char tmp[64];
    size_t done = 0;
    int why = 0;
    snprintf(tmp, sizeof tmp, ".%s.%ld", name, (long)getpid());
    int fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return errno;
    while (!why && done < bytes) {
        ssize_t n = write(fd, (const char *)from + done, bytes - done);
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            why = n < 0 ? errno : ENOSPC;
    }
    if (close(fd) != 0 && !why) why = errno;
    if (!why && renameat(dir, tmp, dir, name) != 0) why = errno;
    if (why) unlinkat(dir, tmp, 0);
    return why;
}

void ama__index_cache_save(ama_ctx *ctx, const char *dir, const ama__index_key *key, const ama__extent_entry *table) {
    image m = {0};
    char name[32];
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), why = fd < 0 ? errno : 0;
    if (fd >= 0 && make_image(ctx, key, &m, name)) {
        if (key->n > 0) memcpy(table_of(&m), table, (size_t)key->n * sizeof *table);
        m.words[m.bytes / 8 - 1] = checksum(m.words, m.bytes / 8 - 1);
        why = write_all(fd, name, m.words, m.bytes);
    }
    if (fd >= 0) close(fd);
    ama__mem_free(ctx, m.words);
    ama__error_clear(ctx);
    if (why) ama__warn(ctx, "the index of %s was not kept in %s: %s", key->path, dir, strerror(why));
}

ama_status ama__index_cache_prepare(ama_ctx *ctx, const char *dir) {
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return ama__fail(ctx, AMA_ERR_ARG, "the directory %s for indexes cannot be made: %s", dir, strerror(errno));
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ama__fail(ctx, AMA_ERR_ARG, "the directory %s for indexes cannot be used: %s", dir, strerror(errno));
    close(fd);
    return AMA_OK;
}
