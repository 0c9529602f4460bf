/* Slots of open files, found by path. A slot in use is pinned by a count; the idle slot used longest ago gives way. The
 * lock is not held during open(2): two threads that open the same file at once both succeed, and the second copy is
 * closed as soon as it is given back. */
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define PATH_STEP 64 /* bytes by which room for paths grows */

typedef struct slot {
    int fd, n_users; /* fd -1: free */
    bool advised;    /* opened for advice and not yet used */
    int64_t used;    /* clock of the last use */
} slot;

struct ama__file_cache {
    ama_ctx *ctx;
    pthread_mutex_t lock;
    int n;
    int64_t clock;
    slot *slots;
    size_t room; /* for the path of each slot, one behind the other in `paths` */
    char *paths;
};

static char *path_of(const ama__file_cache *c, int i) {
    return c->paths + (size_t)i * c->room;
}

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
    for (int i = 0; i < n; i++) c->slots[i].fd = -1;
    pthread_mutex_init(&c->lock, NULL);
    *out = c;
    return AMA_OK;
}

static void empty(slot *s) {
    ama__file_close(s->fd);
    s->fd = -1;
}

void ama__file_cache_destroy(ama__file_cache **c) {
    if (!*c) return;
    for (int i = 0; i < (*c)->n; i++) empty(&(*c)->slots[i]);
    ama__mem_free((*c)->ctx, (*c)->paths);
    pthread_mutex_destroy(&(*c)->lock);
    ama_ctx *ctx = (*c)->ctx;
    ama__mem_free(ctx, (*c)->slots);
    AMA_FREE(ctx, *c);
}

/* The slot of a path, pinned, or -1. Under the lock. */
static int find(ama__file_cache *c, const char *path) {
    for (int i = 0; i < c->n; i++) {
        slot *s = &c->slots[i];
        if (s->fd < 0 || strcmp(path_of(c, i), path) != 0) continue;
        s->n_users++;
        s->used = ++c->clock;
        return i;
    }
    return -1;
}

static bool in_the_way(const slot *s, const slot *best) {
    if (s->n_users > 0) return false;
    if (!best || s->advised != best->advised) return !best || best->advised;
    return s->used < best->used;
}

/* A slot for a newly opened file: a free one, else the idle one used longest ago, of which those that wait for their
 * use after advice come last, else -1. Under the lock. */
static int victim(const ama__file_cache *c) {
    int best = -1;
    for (int i = 0; i < c->n; i++) {
        const slot *s = &c->slots[i];
        if (s->fd < 0) return i;
        if (in_the_way(s, best < 0 ? NULL : &c->slots[best])) best = i;
    }
    return best;
}

/* The same for advice, which takes half of the slots at most: of more files the first would be closed before they are
 * used. */
static int victim_of_advice(const ama__file_cache *c) {
    int n = 0, i = victim(c);
    for (int k = 0; k < c->n; k++) n += c->slots[k].fd >= 0 && c->slots[k].advised;
    return n < c->n / 2 && (i < 0 || c->slots[i].fd < 0 || !c->slots[i].advised) ? i : -1;
}

/* Puts the file into slot i for one user; there is room for its path. Under the lock. */
static void fill(ama__file_cache *c, int i, const char *path, ama__file_ref *r) {
    empty(&c->slots[i]);
    strcpy(path_of(c, i), path);
    c->slots[i] = (slot){.fd = r->fd, .n_users = 1, .used = ++c->clock};
    r->slot = i;
}

/* Room for longer paths. Under the lock. */
static ama_status grow(ama__file_cache *c, size_t bytes) {
    size_t room = (bytes + PATH_STEP - 1) / PATH_STEP * PATH_STEP;
    char *paths;
    AMA_TRY(ama__mem_alloc(c->ctx, AMA_MEM_META, (size_t)c->n * room, (void **)&paths));
    for (int i = 0; i < c->n; i++)
        if (c->slots[i].fd >= 0) strcpy(paths + (size_t)i * room, path_of(c, i));
    ama__mem_free(c->ctx, c->paths);
    c->paths = paths;
    c->room = room;
    return AMA_OK;
}

/* Takes the newly opened file into the cache when a slot can be had. Under the lock. */
static ama_status keep(ama__file_cache *c, const char *path, ama__file_ref *r) {
    size_t bytes = strlen(path) + 1;
    int i = victim(c);
    if (i < 0) return AMA_OK;
    if (bytes > c->room) AMA_TRY(grow(c, bytes));
    fill(c, i, path, r);
    return AMA_OK;
}

ama_status ama__file_cache_adopt(ama__file_cache *c, const char *path, int fd) {
    ama__file_ref r = {fd, -1};
    pthread_mutex_lock(&c->lock);
    ama_status status = keep(c, path, &r);
    pthread_mutex_unlock(&c->lock);
    if (status == AMA_OK)
        ama__file_cache_give(c, r);
    else
        ama__file_close(fd);
    return status;
}

static void close_idle(ama__file_cache *c) {
    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < c->n; i++)
        if (c->slots[i].n_users == 0) empty(&c->slots[i]);
    pthread_mutex_unlock(&c->lock);
}

/* *error: errno of open(2), 0 when all is well or another error is recorded. */
static ama_status take(ama__file_cache *c, const char *path, ama__file_ref *out, int *error) {
    *error = 0;
    *out = (ama__file_ref){-1, -1};
    pthread_mutex_lock(&c->lock);
    int i = find(c, path);
    if (i >= 0) {
        *out = (ama__file_ref){c->slots[i].fd, i};
        c->slots[i].advised = false;
    }
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

ama_status ama__file_cache_take_found(ama__file_cache *c, const char *path, ama__file_ref *out) {
    int error;
    AMA_TRY(take(c, path, out, &error));
    return error && error != ENOENT ? ama__file_refused(c->ctx, path, error) : AMA_OK;
}

/* The file when it is open, else the slot in which it would be kept, -1 when it would not. Under the lock. */
static bool look(ama__file_cache *c, const char *path, ama__file_ref *out, int *place) {
    int i = find(c, path);
    *out = (ama__file_ref){-1, i};
    if (i >= 0) {
        out->fd = c->slots[i].fd;
        return true;
    }
    *place = strlen(path) < c->room ? victim_of_advice(c) : -1; /* nothing is allocated here: that may fail */
    return false;
}

/* No file is opened for advice that cannot be kept until it is used. */
bool ama__file_cache_peek(ama__file_cache *c, const char *path, ama__file_ref *out) {
    int place = -1;
    pthread_mutex_lock(&c->lock);
    bool found = look(c, path, out, &place);
    pthread_mutex_unlock(&c->lock);
    if (found || place < 0) return found;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    pthread_mutex_lock(&c->lock);
    found = look(c, path, out, &place);
    if (!found) {
        *out = (ama__file_ref){fd, -1};
        if (place >= 0) {
            fill(c, place, path, out);
            c->slots[place].advised = true;
        }
    }
    pthread_mutex_unlock(&c->lock);
    if (found) ama__file_close(fd);
    return true;
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
    for (int i = 0; i < c->n; i++) n += c->slots[i].fd >= 0;
    pthread_mutex_unlock(&c->lock);
    return n;
}
