#include "store/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/write_driver.h"

#define FIRST_LINE "amasia partial work, version 1\n"
#define MARK 0x6a6f7572u

typedef struct record { /* of a done file */
    int64_t chunk;
    uint32_t var, check;
} record;

static uint32_t check_of(uint32_t var, int64_t chunk) {
    return MARK ^ var * 2654435761u ^ (uint32_t)chunk ^ (uint32_t)((uint64_t)chunk >> 32);
}

static ama_status fail_path(ama_ctx *ctx, int error, const char *doing, const char *path) {
    return ama__fail(ctx, AMA_ERR_IO, "%s %s: %s", doing, path, strerror(error));
}

/* ---- what is written, and what from */

static void add_variable(ama__text *t, const ama__meta *m, const ama__stored_var *v) {
    char codec[256];
    ama__text_printf(t, "variable %s %s", v->name, ama__dtype_name(v->dtype));
    for (int a = 0; a < v->ndim; a++)
        ama__text_printf(t, " %s=%lld/%lld", m->dim[v->dim[a]].name, (long long)m->dim[v->dim[a]].size,
                         v->chunked ? (long long)v->grid.chunk[a] : 0ll);
    ama__text_printf(t, " %s\n", ama__pipeline_print(&v->pipeline, codec, sizeof codec));
}

static ama_status make_identity(ama__journal *j, const ama__write_spec *spec, const char *source) {
    ama__text t;
    ama__text_init(&t, j->ctx);
    ama__text_printf(&t, FIRST_LINE "output %s\n%s", spec->path, source);
    for (int i = 0; i < spec->meta.n_vars; i++) add_variable(&t, &spec->meta, &spec->meta.var[i]);
    ama_status status = t.failed ? ama__error_status(j->ctx) : AMA_OK;
    if (status == AMA_OK) status = ama__mem_alloc(j->ctx, AMA_MEM_META, t.n + 1, (void **)&j->identity);
    if (status == AMA_OK) memcpy(j->identity, ama__text_get(&t), t.n + 1);
    ama__text_fini(&t);
    return status;
}

/* MISMATCH with the first line that is not the same. */
static ama_status compare_identity(ama__journal *j, const char *old) {
    const char *a = old, *b = j->identity;
    while (*a || *b) {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        if (n != m || memcmp(a, b, n) != 0)
            return ama__fail(j->ctx, AMA_ERR_MISMATCH,
                             "%s is the partial work of another conversion: it has '%.*s' where this one has '%.*s'; "
                             "without --resume all is done anew",
                             j->folder, (int)n, a, (int)m, b);
        a += n + (a[n] == '\n');
        b += m + (b[m] == '\n');
    }
    return AMA_OK;
}

/* ---- reading what is there: rank 0 */

/* *out stays NULL when there is no such file. */
static ama_status read_file(ama_ctx *ctx, int folder, const char *path, const char *name, char **out, size_t *bytes) {
    struct stat st;
    *out = NULL;
    *bytes = 0;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? AMA_OK : fail_path(ctx, errno, "open the journal in", path);
    size_t have = fstat(fd, &st) == 0 ? (size_t)st.st_size : 0;
    ama_status status = ama__mem_alloc(ctx, AMA_MEM_META, have + 1, (void **)out);
    while (status == AMA_OK && *bytes < have) {
        ssize_t got = read(fd, *out + *bytes, have - *bytes);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) status = fail_path(ctx, errno, "read the journal in", path);
        if (got <= 0) break;
        *bytes += (size_t)got;
    }
    close(fd);
    if (status == AMA_OK)
        (*out)[*bytes] = '\0';
    else
        AMA_FREE(ctx, *out);
    return status;
}

/* A record cut off by a full disk ends its file. */
static void take_records(ama__journal *j, const char *data, size_t bytes) {
    for (size_t at = 0; at + sizeof(record) <= bytes; at += sizeof(record)) {
        record r;
        memcpy(&r, data + at, sizeof r);
        if (r.check != check_of(r.var, r.chunk) || r.var >= (uint32_t)j->n_vars) return;
        ama__done *d = &j->done[r.var];
        if (!d->bit || r.chunk < 0 || r.chunk >= d->grid.n_chunks) return;
        uint8_t bit = (uint8_t)(1u << (r.chunk & 7));
        j->n_done += !(d->bit[r.chunk >> 3] & bit);
        d->bit[r.chunk >> 3] |= bit;
    }
}

static ama_status read_done(ama__journal *j) {
    int fd = dup(j->lock);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    ama_status status = AMA_OK;
    if (!d) {
        if (fd >= 0) close(fd);
        return fail_path(j->ctx, errno, "list", j->folder);
    }
    rewinddir(d);
    for (struct dirent *e; status == AMA_OK && (e = readdir(d)) != NULL;) {
        char *data;
        size_t bytes;
        if (strncmp(e->d_name, "done.", 5) != 0) continue;
        int run = atoi(e->d_name + 5);
        if (run >= j->run) j->run = run + 1;
        status = read_file(j->ctx, j->lock, j->folder, e->d_name, &data, &bytes);
        if (status == AMA_OK && data) take_records(j, data, bytes);
        ama__mem_free(j->ctx, data);
    }
    closedir(d);
    return status;
}

static ama_status lock_folder(ama__journal *j) {
    if (flock(j->lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return AMA_OK;
    return ama__fail(j->ctx, AMA_ERR_ARG, "%s: another run is writing it now", j->folder);
}

static ama_status look(ama__journal *j) {
    char *header = NULL;
    size_t bytes;
    struct stat st;
    j->lock = open(j->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (j->lock < 0) return errno == ENOENT ? AMA_OK : fail_path(j->ctx, errno, "open", j->folder);
    AMA_TRY(lock_folder(j));
    AMA_TRY(read_file(j->ctx, j->lock, j->folder, "header", &header, &bytes));
    ama_status status = AMA_OK;
    if (header && fstatat(j->lock, "store", &st, 0) == 0) {
        status = compare_identity(j, header);
        if (status == AMA_OK) status = read_done(j);
        j->found = j->begun = status == AMA_OK;
    }
    ama__mem_free(j->ctx, header);
    return status;
}

/* ---- opening */

static ama_status set_up(ama__journal *j, const ama__write_spec *spec) {
    const ama__meta *m = &spec->meta;
    if (spec->format != AMA_FORMAT_ZARR2)
        return ama__fail(j->ctx, AMA_ERR_UNSUPPORTED,
                         "%s: only the writing of a Zarr store can be taken up again: chunks of a netCDF file have "
                         "their places when all of them are known",
                         spec->path);
    j->n_vars = m->n_vars;
    AMA_TRY(ama__mem_calloc(j->ctx, AMA_MEM_META, (size_t)m->n_vars + 1, sizeof *j->done, (void **)&j->done));
    for (int i = 0; i < m->n_vars; i++) {
        const ama__stored_var *v = &m->var[i];
        ama__done *d = &j->done[i];
        int64_t shape[AMA_MAX_DIMS];
        if (!v->chunked || v->ndim == 0) continue;
        for (int a = 0; a < v->ndim; a++) shape[a] = m->dim[v->dim[a]].size;
        if (!ama__chunkgrid_init(&d->grid, v->ndim, shape, v->grid.chunk))
            return ama__fail(j->ctx, AMA_ERR_ARG, "variable %s: its chunks cannot be counted", v->name);
        j->n_chunks += d->grid.n_chunks;
        AMA_TRY(ama__mem_calloc(j->ctx, AMA_MEM_META, (size_t)(d->grid.n_chunks / 8 + 1), 1, (void **)&d->bit));
    }
    return AMA_OK;
}

static ama_status prepare(ama__journal *j, const ama__write_spec *spec, const char *source, bool resume) {
    AMA_TRY(set_up(j, spec));
    if (j->rank != 0) return AMA_OK;
    AMA_TRY(ama__write_path_partial(j->ctx, spec->path, &j->folder));
    AMA_TRY(make_identity(j, spec, source));
    return resume ? look(j) : AMA_OK;
}

/* What rank 0 found, to all. Collective. */
static void share(ama__journal *j, ama__comm *comm) {
    struct {
        int64_t n_done;
        int run, found;
    } said = {j->n_done, j->run, j->found};
    ama__comm_bcast(comm, &said, sizeof said, 0);
    j->n_done = said.n_done;
    j->run = said.run;
    j->found = said.found;
    for (int i = 0; i < j->n_vars && j->found; i++)
        if (j->done[i].bit) ama__comm_bcast(comm, j->done[i].bit, (size_t)(j->done[i].grid.n_chunks / 8 + 1), 0);
}

ama_status ama__journal_open(ama_ctx *ctx, ama__comm *comm, const ama__write_spec *spec, const char *source,
                             bool resume, ama__journal **out) {
    ama__journal *j = NULL;
    *out = NULL;
    ama_status status = ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof *j, (void **)&j);
    if (status == AMA_OK) {
        *j = (ama__journal){.ctx = ctx, .lock = -1, .fd = -1, .rank = ama__comm_rank(comm)};
        pthread_mutex_init(&j->mutex, NULL);
        status = prepare(j, spec, source, resume);
    }
    status = ama__comm_agree(comm, status);
    if (status == AMA_OK) {
        void *folder = j->folder;
        size_t bytes = j->folder ? strlen(j->folder) + 1 : 0;
        share(j, comm);
        status = ama__comm_bcast_buffer(comm, &folder, &bytes, 0);
        j->folder = folder;
    }
    if (status != AMA_OK) ama__journal_close(&j);
    *out = j;
    return status;
}

void ama__journal_close(ama__journal **pj) {
    ama__journal *j = *pj;
    *pj = NULL;
    if (!j) return;
    if (j->fd >= 0) close(j->fd);
    if (j->lock >= 0) close(j->lock);
    for (int i = 0; j->done && i < j->n_vars; i++) ama__mem_free(j->ctx, j->done[i].bit);
    ama__mem_free(j->ctx, j->done);
    ama__mem_free(j->ctx, j->identity);
    ama__mem_free(j->ctx, j->folder);
    pthread_mutex_destroy(&j->mutex);
    ama__mem_free(j->ctx, j);
}

/* ---- writing */

ama_status ama__journal_begin(ama__journal *j) {
    j->owned = j->found;
    if (j->found) return AMA_OK;
    if (j->lock < 0) j->lock = open(j->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (j->lock >= 0) { /* what a run before left: not while it is at it */
        AMA_TRY(lock_folder(j));
        ama__write_path_remove(j->folder);
        close(j->lock);
    }
    j->lock = -1;
    int error = ama__fault(j->ctx) ? ENOSPC : mkdir(j->folder, 0777) == 0 ? 0 : errno;
    if (error) return fail_path(j->ctx, error, "make directory", j->folder);
    j->owned = true;
    j->lock = open(j->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (j->lock < 0) return fail_path(j->ctx, errno, "open", j->folder);
    return lock_folder(j);
}

static ama_status write_all(ama__journal *j, int fd, const void *p, size_t bytes) {
    size_t done = 0;
    int error = ama__fault(j->ctx) ? ENOSPC : 0;
    while (!error && done < bytes) {
        ssize_t n = write(fd, (const char *)p + done, bytes - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            error = n == 0 ? ENOSPC : errno;
    }
    return error ? fail_path(j->ctx, error, "write the journal in", j->folder) : AMA_OK;
}

ama_status ama__journal_commit(ama__journal *j) {
    if (j->found) return AMA_OK;
    int fd = openat(j->lock, "header.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return fail_path(j->ctx, errno, "write the journal in", j->folder);
    ama_status status = write_all(j, fd, j->identity, strlen(j->identity));
    if (close(fd) != 0 && status == AMA_OK) status = fail_path(j->ctx, errno, "write the journal in", j->folder);
    AMA_TRY(status);
    if (renameat(j->lock, "header.new", j->lock, "header") != 0)
        return fail_path(j->ctx, errno, "write the journal in", j->folder);
    j->begun = true;
    return AMA_OK;
}

void ama__journal_join(ama__journal *j) {
    if (j->lock < 0) j->lock = open(j->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (j->lock >= 0) flock(j->lock, LOCK_SH | LOCK_NB);
}

static ama_status note(ama__journal *j, const record *r) {
    char path[PATH_MAX];
    if (j->fd < 0) {
        int n = snprintf(path, sizeof path, "%s/done.%d.%d", j->folder, j->run, j->rank);
        if (n < 0 || n >= (int)sizeof path) return fail_path(j->ctx, ENAMETOOLONG, "write the journal in", j->folder);
        j->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
        if (j->fd < 0) return fail_path(j->ctx, errno, "open", path);
    }
    return write_all(j, j->fd, r, sizeof *r);
}

ama_status ama__journal_note(ama__journal *j, int var, int64_t chunk) {
    const record r = {chunk, (uint32_t)var, check_of((uint32_t)var, chunk)};
    pthread_mutex_lock(&j->mutex);
    ama_status status = note(j, &r);
    pthread_mutex_unlock(&j->mutex);
    return status;
}

void ama__journal_end(ama__journal *j) {
    ama__write_path_remove(j->folder);
    j->begun = false;
}
