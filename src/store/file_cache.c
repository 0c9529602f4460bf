/* Slots of open files, found by path. A slot in use is pinned by a count; the idle slot used longest ago gives way. The
 * lock is not held during open(2): two threads that open the same file at once both succeed, and the second copy is
 * closed as soon as it is given back. */
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

typedef struct slot {
    char *path; /* NULL: free */
    int fd, n_users;
    int64_t used; /* clock of the last use */
} slot;

struct ama__file_cache {
    ama_ctx *ctx;
    pthread_mutex_t lock;
    int n;
    int64_t clock;
    slot *slots;
};

ama_status ama__file_cache_create(ama_ctx *ctx, int n, ama__file_cache **out) {
    void *p, *slots;
    *out = NULL;
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof(ama__file_cache), &p));
    ama_status status = ama__mem_calloc(ctx, AMA_MEM_META, (size_t)n, sizeof(slot), &slots);
    if (status != AMA_OK) {
        ama__mem_free(ctx, p);
        return status;
    }
    ama__file_cache *c = p;
    c->ctx = ctx;
    c->n = n;
    c->slots = slots;
    pthread_mutex_init(&c->lock, NULL);
    *out = c;
    return AMA_OK;
}

static void empty(ama__file_cache *c, slot *s) {
    ama__file_close(s->fd);
    AMA_FREE(c->ctx, s->path);
}

void ama__file_cache_destroy(ama__file_cache **c) {
    if (!*c) return;
    for (int i = 0; i < (*c)->n; i++)
        if ((*c)->slots[i].path) empty(*c, &(*c)->slots[i]);
    pthread_mutex_destroy(&(*c)->lock);
    ama_ctx *ctx = (*c)->ctx;
    ama__mem_free(ctx, (*c)->slots);
    AMA_FREE(ctx, *c);
}

/* The slot of a path, pinned, or -1. Under the lock. */
static int find(ama__file_cache *c, const char *path) {
    for (int i = 0; i < c->n; i++) {
        slot *s = &c->slots[i];
        if (!s->path || strcmp(s->path, path) != 0) continue;
        s->n_users++;
        s->used = ++c->clock;
        return i;
    }
    return -1;
}

/* A slot for a newly opened file: a free one, else the idle one used longest ago, else -1. Under the lock. */
static int victim(const ama__file_cache *c) {
    int best = -1;
    for (int i = 0; i < c->n; i++) {
        const slot *s = &c->slots[i];
        if (!s->path) return i;
        if (s->n_users == 0 && (best < 0 || s->used < c->slots[best].used)) best = i;
    }
    return best;
}

/* Takes the newly opened file into the cache when a slot can be had. Under the lock. */
static ama_status keep(ama__file_cache *c, const char *path, ama__file_ref *r) {
    void *copy;
    size_t bytes = strlen(path) + 1;
    int i = victim(c);
    if (i < 0) return AMA_OK;
    AMA_TRY(ama__mem_alloc(c->ctx, AMA_MEM_META, bytes, &copy));
    memcpy(copy, path, bytes);
    if (c->slots[i].path) empty(c, &c->slots[i]);
    c->slots[i] = (slot){.path = copy, .fd = r->fd, .n_users = 1, .used = ++c->clock};
    r->slot = i;
    return AMA_OK;
}

static void close_idle(ama__file_cache *c) {
    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < c->n; i++)
        if (c->slots[i].path && c->slots[i].n_users == 0) empty(c, &c->slots[i]);
    pthread_mutex_unlock(&c->lock);
}

/* *error: errno of open(2), 0 when all is well or another error is recorded. */
static ama_status take(ama__file_cache *c, const char *path, ama__file_ref *out, int *error) {
    *error = 0;
    *out = (ama__file_ref){-1, -1};
    pthread_mutex_lock(&c->lock);
    int i = find(c, path);
    if (i >= 0) *out = (ama__file_ref){c->slots[i].fd, i};
    pthread_mutex_unlock(&c->lock);
    if (i >= 0) return AMA_OK;

    int fd = ama__file_try(c->ctx, path, error);
    if (fd < 0 && (*error == EMFILE || *error == ENFILE)) {
        close_idle(c);
        fd = ama__file_try(c->ctx, path, error);
    }
    if (fd < 0) return AMA_OK;
    ama_status status = AMA_OK;
    pthread_mutex_lock(&c->lock);
    i = find(c, path);
    if (i >= 0) {
        *out = (ama__file_ref){c->slots[i].fd, i};
    } else {
        *out = (ama__file_ref){fd, -1};
        status = keep(c, path, out);
    }
    pthread_mutex_unlock(&c->lock);
    if (i >= 0 || status != AMA_OK) ama__file_close(fd);
    return status;
}

ama_status ama__file_cache_take(ama__file_cache *c, const char *path, ama__file_ref *out) {
    int error;
    AMA_TRY(take(c, path, out, &error));
    return error ? ama__file_refused(c->ctx, path, error) : AMA_OK;
}

ama_status ama__file_cache_take_if(ama__file_cache *c, const char *path, ama__file_ref *out) {
    int error;
    return take(c, path, out, &error);
}

bool ama__file_cache_peek(ama__file_cache *c, const char *path, ama__file_ref *out) {
    pthread_mutex_lock(&c->lock);
    int i = find(c, path);
    *out = i >= 0 ? (ama__file_ref){c->slots[i].fd, i} : (ama__file_ref){-1, -1};
    pthread_mutex_unlock(&c->lock);
    if (i < 0) out->fd = open(path, O_RDONLY | O_CLOEXEC);
    return out->fd >= 0;
}

void ama__file_cache_give(ama__file_cache *c, ama__file_ref r) {
    if (r.slot < 0) {
        ama__file_close(r.fd);
        return;
    }
    pthread_mutex_lock(&c->lock);
    c->slots[r.slot].n_users--;
    pthread_mutex_unlock(&c->lock);
}

int ama__file_cache_n_open(ama__file_cache *c) {
    int n = 0;
    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < c->n; i++) n += c->slots[i].path != NULL;
    pthread_mutex_unlock(&c->lock);
    return n;
}
