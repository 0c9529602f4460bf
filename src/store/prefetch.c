/* Orders stand in a ring. The reading thread goes through it once; whoever needs a chunk looks for its order from the
 * oldest on, where it usually stands. The lock is held for looking only, never while reading. */
#include "store/prefetch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/fetch_private.h"

enum { RING = 1024 };

typedef enum order_state { FREE, QUEUED, READING, READY, FAILED } order_state;

typedef struct order {
    order_state state;
    const ama__stored_var *v;
    const ama__manifest *m;
    int64_t chunk, room; /* bytes that `data` holds */
    ama__file_ref file;  /* of a TABLE; slot -1 and fd -1 otherwise */
    ama__read_bytes got;
} order;

struct ama__prefetch {
    ama_ctx *ctx;
    ama__fetcher *f;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    bool stop;
    int64_t window, held;
    int64_t first, next, end; /* [first, end): orders; next: for the thread */
    order ring[RING];
};

int64_t ama__prefetch_bytes(const ama__stored_var *v, const ama__manifest *m, int64_t chunk) {
    int64_t items;
    if (v->pipeline.n == 0 || chunk < 0) return 0;
    if (m->kind == AMA_MANIFEST_TABLE)
        return chunk < m->n_table && m->table[chunk].offset >= 0 ? m->table[chunk].length : 0;
    if (m->kind != AMA_MANIFEST_FILES || !ama__shape_size(v->grid.ndim, v->grid.chunk, &items)) return 0;
    size_t bytes = ama__pipeline_bound(&v->pipeline, (size_t)items * ama__dtype_bytes(v->dtype));
    return bytes < INT64_MAX ? (int64_t)bytes : 0;
}

/* ---- the thread */

/* As ama__file_read, but nothing is recorded. */
static bool read_quietly(int fd, int64_t offset, char *dst, size_t bytes) {
    for (size_t got = 0; got < bytes;) {
        ssize_t n = pread(fd, dst + got, bytes - got < 1u << 30 ? bytes - got : 1u << 30, offset + (int64_t)got);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        got += (size_t)n;
    }
    return true;
}

static bool read_file(order *o, const char *path) {
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return o->got.missing = errno == ENOENT;
    bool ok = fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size <= o->room;
    if (ok) {
        o->got.bytes = (size_t)s.st_size;
        ok = read_quietly(fd, 0, o->got.data, o->got.bytes);
    }
    ama__file_close(fd);
    return ok;
}

static bool read_order(ama__prefetch *p, order *o) {
    char path[PATH_MAX + 32 * AMA_MAX_DIMS + 8];
    ama__extent e;
    if (ama__manifest_locate(p->ctx, o->m, &o->v->grid, o->chunk, &e, path, sizeof path) != AMA_OK) return false;
    if (o->m->kind == AMA_MANIFEST_FILES) return read_file(o, path);
    o->got.bytes = (size_t)e.length;
    return read_quietly(o->file.fd, e.offset, o->got.data, o->got.bytes);
}

static void *serve(void *user) {
    ama__prefetch *p = user;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        if (p->next == p->end) {
            pthread_cond_wait(&p->work, &p->lock);
            continue;
        }
        order *o = &p->ring[p->next++ % RING];
        if (o->state != QUEUED) continue;
        o->state = READING;
        pthread_mutex_unlock(&p->lock);
        bool ok = read_order(p, o);
        pthread_mutex_lock(&p->lock);
        o->state = ok ? READY : FAILED;
        pthread_cond_broadcast(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Signals are for the threads of the program. */
static bool start_thread(ama__prefetch *p) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&p->thread, NULL, serve, p) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

/* ---- the others */

ama_status ama__prefetch_create(ama_ctx *ctx, ama__fetcher *f, int64_t window_bytes, ama__prefetch **out) {
    void *mem;
    *out = NULL;
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof **out, &mem));
    ama__prefetch *p = mem;
    p->ctx = ctx;
    p->f = f;
    p->window = window_bytes;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    if (!start_thread(p)) {
        ama__mem_free(ctx, mem);
        return AMA_OK;
    }
    f->prefetch = *out = p;
    return AMA_OK;
}

/* Under the lock. */
static void forget(ama__prefetch *p, order *o) {
    if (o->m->kind == AMA_MANIFEST_TABLE) ama__file_cache_give(p->f->files, o->file);
    ama__mem_free(p->ctx, o->got.data);
    o->state = FREE;
    p->held -= o->room;
    while (p->first < p->end && p->ring[p->first % RING].state == FREE) p->first++;
    if (p->next < p->first) p->next = p->first;
}

void ama__prefetch_destroy(ama__prefetch **prefetch) {
    ama__prefetch *p = *prefetch;
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    for (int64_t i = p->first; i < p->end; i++)
        if (p->ring[i % RING].state != FREE) forget(p, &p->ring[i % RING]);
    p->f->prefetch = NULL;
    pthread_cond_destroy(&p->work);
    pthread_cond_destroy(&p->done);
    pthread_mutex_destroy(&p->lock);
    ama_ctx *ctx = p->ctx;
    AMA_FREE(ctx, *prefetch);
}

ama_status ama__prefetch_order(ama__prefetch *p, const ama__stored_var *v, const ama__manifest *m, int64_t chunk,
                               bool *room) {
    order o = {.state = QUEUED, .v = v, .m = m, .chunk = chunk, .file = {-1, -1}};
    o.room = ama__prefetch_bytes(v, m, chunk);
    *room = true;
    if (o.room == 0 || o.room > p->window) return AMA_OK;
    pthread_mutex_lock(&p->lock);
    *room = p->held + o.room <= p->window && p->end - p->first < RING;
    if (*room) p->held += o.room;
    pthread_mutex_unlock(&p->lock);
    if (!*room) return AMA_OK;
    /* a file that can not be opened is left to who reads it */
    bool table = m->kind == AMA_MANIFEST_TABLE;
    ama_status status = table ? ama__file_cache_take_if(p->f->files, m->path, &o.file) : AMA_OK;
    bool ok = !table || o.file.fd >= 0;
    if (ok && status == AMA_OK) status = ama__mem_alloc(p->ctx, AMA_MEM_CHUNK, (size_t)o.room, &o.got.data);
    pthread_mutex_lock(&p->lock);
    if (ok && status == AMA_OK) {
        p->ring[p->end++ % RING] = o;
        pthread_cond_signal(&p->work);
    } else {
        p->held -= o.room;
    }
    pthread_mutex_unlock(&p->lock);
    if (status != AMA_OK && o.file.fd >= 0) ama__file_cache_give(p->f->files, o.file);
    return status;
}

/* Under the lock. */
static order *find(ama__prefetch *p, const ama__manifest *m, int64_t chunk) {
    for (int64_t i = p->first; i < p->end; i++) {
        order *o = &p->ring[i % RING];
        if (o->state != FREE && o->m == m && o->chunk == chunk) return o;
    }
    return NULL;
}

bool ama__prefetch_take(ama__prefetch *p, const ama__manifest *m, int64_t chunk, ama__read_bytes *out) {
    pthread_mutex_lock(&p->lock);
    order *o;
    while ((o = find(p, m, chunk)) && o->state == READING) pthread_cond_wait(&p->done, &p->lock);
    bool ready = o && o->state == READY;
    if (ready) {
        *out = o->got;
        o->got.data = NULL;
    }
    if (o) forget(p, o);
    pthread_mutex_unlock(&p->lock);
    return ready;
}
