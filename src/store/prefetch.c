/* Orders stand in a ring. Few threads go through it once, together; whoever needs a chunk looks for its order from the
 * oldest on, where it usually stands. The lock is held for looking only, never while reading.
 *
 * What is in the page cache already is left to who needs it: nothing would be gained, and decoding is faster of bytes
 * that were read just now. Whether it is can be asked without reading (preadv2 with RWF_NOWAIT); where the system does
 * not say it counts as not there. As long as the answer is yes it is asked ever less often, and before room is taken;
 * of chunks in files of their own the readers ask once the answer was no, for opening a file may take long. */
#define _GNU_SOURCE /* preadv2 */
#include "store/prefetch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "store/fetch_private.h"

enum {
    RING = 1024,
    READERS = 4,    /* threads: a distant server answers several requests in the time of one */
    PASS_MOST = 15, /* orders not looked at after one that is in the page cache */
    STACK = 256 << 10
};

typedef enum order_state { FREE, QUEUED, READING, READY, LEFT } order_state;

typedef struct order {
    order_state state;
    const ama__stored_var *v;
    const ama__manifest *m;
    int64_t chunk;
    int64_t bytes, room; /* that `data` holds, and takes of the window */
    ama__file_ref file;  /* of a TABLE; slot -1 and fd -1 otherwise */
    ama__read_bytes got;
} order;

struct ama__prefetch {
    ama_ctx *ctx;
    ama__fetcher *f;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_t reader[READERS];
    int n_readers, n_idle, n_waiting; /* readers, those of them without work; others that wait for a chunk */
    bool stop;
    int64_t window, held, taken;
    int64_t cached, pass;     /* orders in a row that were in the page cache; to come that are not looked at */
    bool away;                /* the last one looked at was not there */
    int64_t first, next, end; /* [first, end): orders; next: for the readers */
    order ring[RING];
};

/* Bytes that the stored chunk has at most; 0: it is not read ahead. */
static int64_t stored_most(const ama__stored_var *v, const ama__manifest *m, int64_t chunk) {
    if (v->pipeline.n == 0 || chunk < 0) return 0;
    if (m->kind == AMA_MANIFEST_TABLE)
        return chunk < m->n_table && m->table[chunk].offset >= 0 ? m->table[chunk].length : 0;
    return m->kind == AMA_MANIFEST_FILES ? ama__fetch_file_most(v) : 0;
}

int64_t ama__prefetch_bytes(const ama__stored_var *v, const ama__manifest *m, int64_t chunk) {
    return ama__fetch_room(stored_most(v, m, chunk));
}

/* ---- the readers: they have no context, so that they can not leave an error in the record for somebody else's to find
 */

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

static bool is_cached(int fd, int64_t offset, int64_t bytes) {
    char byte;
    struct iovec one = {&byte, 1};
    return preadv2(fd, &one, 1, offset, RWF_NOWAIT) == 1 && preadv2(fd, &one, 1, offset + bytes - 1, RWF_NOWAIT) == 1;
}

/* Opened so that what is no file keeps nobody waiting; -1: there is none, or *missing nothing of that name. */
static int open_regular(const char *path, int64_t *bytes, bool *missing) {
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *missing = fd < 0 && errno == ENOENT;
    if (fd < 0) return -1;
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode)) {
        *bytes = s.st_size;
        return fd;
    }
    ama__file_close(fd);
    return -1;
}

/* A file that does not exist counts as there: nobody need wait for it. */
static bool is_file_cached(const order *o) {
    char path[PATH_MAX + 32 * AMA_MAX_DIMS + 8];
    ama__extent e;
    int64_t bytes;
    bool missing;
    if (!ama__manifest_find(o->m, &o->v->grid, o->chunk, &e, path, sizeof path)) return false;
    int fd = open_regular(path, &bytes, &missing);
    if (fd < 0) return missing;
    bool cached = bytes > 0 && is_cached(fd, 0, bytes);
    ama__file_close(fd);
    return cached;
}

static bool read_file(order *o, const char *path, bool *cached) {
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return o->got.missing = errno == ENOENT;
    bool ok = fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size <= o->bytes;
    if (ok && s.st_size > 0) *cached = is_cached(fd, 0, s.st_size);
    if (ok && !*cached) {
        ama__fetch_advise_span(fd, 0, s.st_size); /* in one request rather than one after another */
        o->got.bytes = (size_t)s.st_size;
        ok = read_quietly(fd, 0, o->got.data, o->got.bytes);
    }
    ama__file_close(fd);
    return ok && !*cached;
}

static bool read_order(order *o, bool *cached) {
    char path[PATH_MAX + 32 * AMA_MAX_DIMS + 8];
    ama__extent e;
    if (!ama__manifest_find(o->m, &o->v->grid, o->chunk, &e, path, sizeof path)) return false;
    if (o->m->kind == AMA_MANIFEST_FILES) return read_file(o, path, cached);
    o->got.bytes = (size_t)e.length;
    return read_quietly(o->file.fd, e.offset, o->got.data, o->got.bytes);
}

/* Under the lock. */
static void note_cached(ama__prefetch *p, bool cached) {
    p->cached = cached ? p->cached + 1 : 0;
    p->away = !cached;
    p->pass = p->cached < PASS_MOST ? p->cached : PASS_MOST;
}

static void *serve(void *user) {
    ama__prefetch *p = user;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        if (p->next == p->end) {
            p->n_idle++;
            pthread_cond_wait(&p->work, &p->lock);
            p->n_idle--;
            continue;
        }
        order *o = &p->ring[p->next++ % RING];
        bool cached = false;
        if (o->state != QUEUED) continue;
        o->state = READING;
        pthread_mutex_unlock(&p->lock);
        bool ok = read_order(o, &cached);
        pthread_mutex_lock(&p->lock);
        o->state = ok ? READY : LEFT;
        if (o->got.missing) AMA_FREE(p->ctx, o->got.data);
        note_cached(p, cached || o->got.missing);
        if (p->n_waiting > 0) pthread_cond_broadcast(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Under the lock. One more reader where all are busy, as far as threads are to be had; without any, orders are taken
 * over by who needs the chunks. Signals are for the threads of the program. */
static void call_reader(ama__prefetch *p) {
    sigset_t all, before;
    pthread_attr_t how;
    if (p->n_idle > 0) pthread_cond_signal(&p->work);
    if (p->n_idle >= p->end - p->next || p->n_readers == READERS) return;
    sigfillset(&all);
    pthread_attr_init(&how);
    pthread_attr_setstacksize(&how, STACK);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    p->n_readers += pthread_create(&p->reader[p->n_readers], &how, serve, p) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&how);
}

/* ---- the others */

bool ama__prefetch_is_cached(const ama__stored_var *v, const ama__manifest *m, int64_t chunk, uint64_t salt) {
    char path[PATH_MAX + 32 * AMA_MAX_DIMS + 8], byte;
    struct iovec one = {&byte, 1};
    ama__extent e;
    int64_t bytes;
    bool missing;
    if (stored_most(v, m, chunk) == 0 || !ama__manifest_find(m, &v->grid, chunk, &e, path, sizeof path)) return true;
    int fd = open_regular(m->kind == AMA_MANIFEST_FILES ? path : m->path, &bytes, &missing);
    if (fd < 0) return true;
    if (m->kind == AMA_MANIFEST_TABLE) bytes = e.length;
    posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM); /* or the question brings in what follows */
    int64_t at = e.offset + (int64_t)(salt % (uint64_t)(bytes > 0 ? bytes : 1));
    bool cached = bytes == 0 || preadv2(fd, &one, 1, at, RWF_NOWAIT) == 1;
    ama__file_close(fd);
    return cached;
}

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
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->n_readers; i++) pthread_join(p->reader[i], NULL);
    for (int64_t i = p->first; i < p->end; i++)
        if (p->ring[i % RING].state != FREE) forget(p, &p->ring[i % RING]);
    p->f->prefetch = NULL;
    pthread_cond_destroy(&p->work);
    pthread_cond_destroy(&p->done);
    pthread_mutex_destroy(&p->lock);
    ama_ctx *ctx = p->ctx;
    AMA_FREE(ctx, *prefetch);
}

/* Takes room in the window; false where there is none, *look false where nothing is to be looked at, *away when what
 * was looked at last was not in the page cache. */
static bool take_room(ama__prefetch *p, int64_t bytes, bool *look, bool *away) {
    pthread_mutex_lock(&p->lock);
    *look = p->pass == 0;
    *away = p->away;
    if (!*look) p->pass--;
    bool room = !*look || (p->held + bytes <= p->window && p->end - p->first < RING);
    if (*look && room) p->held += bytes;
    pthread_mutex_unlock(&p->lock);
    return room;
}

static void give_room(ama__prefetch *p, const order *o, bool cached) {
    if (o->file.fd >= 0) ama__file_cache_give(p->f->files, o->file);
    pthread_mutex_lock(&p->lock);
    p->held -= o->room;
    if (cached) note_cached(p, true);
    pthread_mutex_unlock(&p->lock);
}

ama_status ama__prefetch_order(ama__prefetch *p, const ama__stored_var *v, const ama__manifest *m, int64_t chunk,
                               bool *room) {
    order o = {.state = QUEUED, .v = v, .m = m, .chunk = chunk, .file = {-1, -1}};
    bool look, away, table = m->kind == AMA_MANIFEST_TABLE;
    o.bytes = stored_most(v, m, chunk);
    o.room = ama__fetch_room(o.bytes);
    *room = true;
    if (o.room == 0 || o.room > p->window) return AMA_OK;
    *room = take_room(p, o.room, &look, &away);
    if (!*room || !look) return AMA_OK;
    ama_status status = table ? ama__file_cache_take_if(p->f->files, m->path, &o.file) : AMA_OK;
    /* a file that can not be opened is left to who reads it */
    bool opened = !table || o.file.fd >= 0;
    bool cached = table ? opened && is_cached(o.file.fd, m->table[chunk].offset, o.bytes) : !away && is_file_cached(&o);
    if (status == AMA_OK && opened && !cached)
        status = ama__mem_alloc(p->ctx, AMA_MEM_CHUNK, (size_t)o.bytes, &o.got.data);
    if (!o.got.data) {
        give_room(p, &o, cached);
        return status;
    }
    if (table) ama__fetch_advise_span(o.file.fd, m->table[chunk].offset, o.bytes);
    pthread_mutex_lock(&p->lock);
    if (table || !away) note_cached(p, false);
    p->ring[p->end++ % RING] = o;
    call_reader(p);
    pthread_mutex_unlock(&p->lock);
    return AMA_OK;
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
    while ((o = find(p, m, chunk)) && o->state == READING) {
        p->n_waiting++;
        pthread_cond_wait(&p->done, &p->lock);
        p->n_waiting--;
    }
    bool ready = o && o->state == READY;
    if (ready) {
        *out = o->got;
        o->got.data = NULL;
        p->taken++;
    }
    if (o) forget(p, o);
    pthread_mutex_unlock(&p->lock);
    return ready;
}

int64_t ama__prefetch_taken(ama__prefetch *p) {
    pthread_mutex_lock(&p->lock);
    int64_t n = p->taken;
    pthread_mutex_unlock(&p->lock);
    return n;
}
