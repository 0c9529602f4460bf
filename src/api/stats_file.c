#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/stats.h"
#include "store/unfinished.h"

struct ama__stats_file {
    const char *path; /* the caller's */
    char *tmp;        /* NULL: output text, or not rank 0 */
    int fd;
};

static ama_status fail(ama_session *s, const char *path, int error) {
    ama_status status = error == ENOENT || error == ENOTDIR ? AMA_ERR_NOTFOUND : AMA_ERR_IO;
    return ama__fail(s->ctx, status, "--stats-json %s cannot be written: %s", path, strerror(error));
}

static ama_status make_file(ama_session *s, ama__stats_file *f) {
    struct stat st;
    size_t n = strlen(f->path) + 16;
    if (strcmp(f->path, "-") == 0) return AMA_OK;
    if (stat(f->path, &st) == 0 && S_ISDIR(st.st_mode)) return fail(s, f->path, EISDIR);
    AMA_TRY(ama__mem_alloc(s->ctx, AMA_MEM_META, n, (void **)&f->tmp));
    strcpy(stpcpy(f->tmp, f->path), ".XXXXXX");
    f->fd = mkstemp(f->tmp);
    if (f->fd < 0) {
        int error = errno;
        AMA_FREE(s->ctx, f->tmp);
        return fail(s, f->path, error);
    }
    ama__unfinished_add(f->tmp);
    mode_t mask = umask(0); /* mkstemp makes it private; results are as other files */
    umask(mask);
    fchmod(f->fd, 0666 & ~mask);
    return AMA_OK;
}

ama_status ama__stats_open(ama_session *s, const char *path, ama__stats_file **out) {
    ama__stats_file *f = NULL;
    ama_status status = ama__mem_calloc(s->ctx, AMA_MEM_META, 1, sizeof *f, (void **)&f);
    if (status == AMA_OK) {
        *f = (ama__stats_file){.path = path, .fd = -1};
        if (ama__comm_rank(s->comm) == 0) status = make_file(s, f);
    }
    status = ama__comm_agree(s->comm, status);
    if (status != AMA_OK) ama__stats_close(s, &f);
    *out = f;
    return status;
}

ama_status ama__stats_write(ama_session *s, ama__stats_file *f, const char *text) {
    size_t n = strlen(text);
    if (!f->tmp) {
        ama__session_say(s, AMA_TEXT_OUTPUT, text);
        return AMA_OK;
    }
    for (size_t done = 0; done < n;) {
        ssize_t got = write(f->fd, text + done, n - done);
        if (got < 0 && errno != EINTR) return fail(s, f->path, errno);
        if (got > 0) done += (size_t)got;
    }
    int failed = close(f->fd) != 0;
    f->fd = -1;
    ama__unfinished_done(f->tmp);
    if (failed || rename(f->tmp, f->path) != 0) return fail(s, f->path, errno);
    AMA_FREE(s->ctx, f->tmp);
    return AMA_OK;
}

void ama__stats_close(ama_session *s, ama__stats_file **file) {
    ama__stats_file *f = *file;
    *file = NULL;
    if (!f) return;
    if (f->fd >= 0) close(f->fd);
    if (f->tmp) {
        unlink(f->tmp);
        ama__unfinished_drop(f->tmp);
    }
    ama__mem_free(s->ctx, f->tmp);
    ama__mem_free(s->ctx, f);
}
