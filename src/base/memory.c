/* Every block is a header of 64 bytes and what the caller asked for. Small blocks come from malloc, blocks of MAP_MIN
 * and more straight from the system, so that giving them back really lowers the resident size. Freed blocks of POOL_MIN
 * and more wait in the pool: the bins hold size classes an eighth of an octave wide, and the ring by age says which to
 * give back first.
 *
 * used + pooled <= limit holds without a common lock: a request adds to `used` before it reads `pooled`, a free adds to
 * `pooled` before it reads `used`, and whoever sees too much trims the pool. */
#define _GNU_SOURCE
#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/context_private.h"
#include "base/text.h"

#if defined(__SANITIZE_ADDRESS__)
/* Exact blocks from malloc, never recycled, so that the sanitizer sees every overrun and use after free. */
#define POOL_MIN SIZE_MAX
#define MAP_MIN SIZE_MAX
#else
#define POOL_MIN ((size_t)64 << 10)
#define MAP_MIN ((size_t)1 << 20)
#endif
#define PAGE ((size_t)4096)
#define HUGE_PAGE ((size_t)2 << 20)
#define POOL_MAX ((size_t)256 << 20) /* where there is no limit */

enum { HEADER = 64, MAGIC = 0x0a3a51a, FREED = 0x0dead51a, SEARCH_MAX = 64 };

typedef struct header {
    size_t bytes; /* asked for */
    size_t block; /* taken, header included */
    ama__link by_bin, by_age;
    uint32_t magic;
    int32_t category;
    bool mapped;
} header;

_Static_assert(sizeof(header) <= HEADER, "the header must keep the payload aligned");

static header *header_of(void *p) {
    return (header *)(void *)((char *)p - HEADER);
}
static void *payload_of(header *h) {
    return (char *)h + HEADER;
}

#define OF_LINK(l, member) ((header *)(void *)((char *)(l)-offsetof(header, member)))

/* ---- rings */

static void ring_init(ama__link *ring) {
    ring->prev = ring->next = ring;
}

static void ring_remove(ama__link *l) {
    l->prev->next = l->next;
    l->next->prev = l->prev;
}

static void ring_append(ama__link *ring, ama__link *l) {
    l->prev = ring->prev;
    l->next = ring;
    ring->prev->next = l;
    ring->prev = l;
}

/* ---- counting */

static void raise_to(_Atomic size_t *peak, size_t x) {
    size_t seen = atomic_load_explicit(peak, memory_order_relaxed);
    while (seen < x && !atomic_compare_exchange_weak(peak, &seen, x)) {
    }
}

/* Counts `bytes` as used; false when that would pass the limit. */
static bool reserve(ama__mem *m, int category, size_t bytes) {
    size_t limit = atomic_load(&m->limit), used = atomic_load(&m->used);
    do {
        if (limit && (bytes > limit || used > limit - bytes)) return false;
    } while (!atomic_compare_exchange_weak(&m->used, &used, used + bytes));
    raise_to(&m->peak, used + bytes);
    raise_to(&m->category_peak[category], atomic_fetch_add(&m->category_used[category], bytes) + bytes);
    return true;
}

static void unreserve(ama__mem *m, int category, size_t bytes) {
    atomic_fetch_sub(&m->category_used[category], bytes);
    atomic_fetch_sub(&m->used, bytes);
}

/* ---- blocks of the system */

static size_t block_size(size_t bytes) {
    size_t block = bytes + HEADER;
    return block >= POOL_MIN ? (block + PAGE - 1) / PAGE * PAGE : block;
}

/* Fresh pages; where whole huge pages fit, they begin with one and the system may use them: of 4 KiB pages the first
 * touch costs as much as decoding what they hold. */
static void *map_pages(size_t block) {
    size_t spare = block >= HUGE_PAGE ? HUGE_PAGE - PAGE : 0;
    char *p = mmap(NULL, block + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || spare == 0) return p;
    size_t head = -(uintptr_t)p & (HUGE_PAGE - 1);
    if (head > 0) munmap(p, head);
    if (head < spare) munmap(p + head + block, spare - head);
    madvise(p + head, block, MADV_HUGEPAGE);
    return p + head;
}

size_t ama__mem_fill_pages(size_t bytes) {
    if (bytes > PTRDIFF_MAX / 2) return bytes;
    size_t whole = (bytes + HEADER + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE - HEADER;
    return whole - bytes <= bytes / 40 ? whole : bytes;
}

static header *block_create(size_t block) {
    void *p = NULL;
    bool mapped = block >= MAP_MIN;
    if (mapped) {
        p = map_pages(block);
        if (p == MAP_FAILED) return NULL;
    } else if (posix_memalign(&p, HEADER, block) != 0) {
        return NULL;
    }
    header *h = p;
    h->block = block;
    h->mapped = mapped;
    return h;
}

static void block_destroy(header *h) {
    h->magic = FREED;
    if (h->mapped)
        munmap(h, h->block);
    else
        free(h);
}

/* ---- the pool */

/* Size class: eight to the octave. */
static int bin_of(size_t block) {
    int octave = 63 - __builtin_clzll(block);
    int eighth = (int)(block >> (octave - 3)) & 7;
    int bin = (octave - 16) * 8 + eighth;
    return bin < AMA_POOL_BINS ? bin : AMA_POOL_BINS - 1;
}

/* Under the lock. */
static void pool_remove(ama__pool *pool, header *h) {
    ring_remove(&h->by_bin);
    ring_remove(&h->by_age);
    atomic_fetch_sub(&pool->bytes, h->block);
}

/* What used and pooled bytes together may reach; 0: no bound. */
static size_t pool_bound(ama__mem *m) {
    size_t limit = atomic_load(&m->limit), keep = atomic_load(&m->keep);
    return keep && (!limit || keep < limit) ? keep : limit;
}

/* Under the lock: gives back the oldest blocks until the pool is within its bound. */
static void pool_trim(ama__mem *m) {
    ama__pool *pool = &m->pool;
    while (pool->age.next != &pool->age) {
        size_t bound = pool_bound(m), used = atomic_load(&m->used), pooled = atomic_load(&pool->bytes);
        if (bound ? used + pooled <= bound : pooled <= POOL_MAX) return;
        header *h = OF_LINK(pool->age.next, by_age);
        pool_remove(pool, h);
        block_destroy(h);
    }
}

static void pool_trim_for_request(ama__mem *m) {
    size_t bound = pool_bound(m);
    if (!bound || atomic_load(&m->used) + atomic_load(&m->pool.bytes) <= bound) return;
    pthread_mutex_lock(&m->pool.lock);
    pool_trim(m);
    pthread_mutex_unlock(&m->pool.lock);
}

static void pool_put(ama__mem *m, header *h) {
    ama__pool *pool = &m->pool;
    pthread_mutex_lock(&pool->lock);
    h->magic = FREED;
    ring_append(&pool->age, &h->by_age);
    ring_append(&pool->bin[bin_of(h->block)], &h->by_bin);
    atomic_fetch_add(&pool->bytes, h->block);
    unreserve(m, h->category, h->block);
    pool_trim(m);
    pthread_mutex_unlock(&pool->lock);
}

/* A pooled block of at least `block` bytes and at most a quarter more, the latest freed first: its pages are warm. */
static header *pool_find(ama__pool *pool, size_t block) {
    int bin = bin_of(block), last = bin + 1 < AMA_POOL_BINS ? bin + 1 : bin;
    for (; bin <= last; bin++) {
        int n = 0;
        for (ama__link *l = pool->bin[bin].prev; l != &pool->bin[bin] && n < SEARCH_MAX; l = l->prev, n++) {
            header *h = OF_LINK(l, by_bin);
            if (h->block >= block && h->block - block <= block / 4) return h;
        }
    }
    return NULL;
}

static header *pool_take(ama__mem *m, int category, size_t block) {
    ama__pool *pool = &m->pool;
    if (block < POOL_MIN || atomic_load(&pool->bytes) < block) return NULL;
    pthread_mutex_lock(&pool->lock);
    header *h = pool_find(pool, block);
    if (h && reserve(m, category, h->block))
        pool_remove(pool, h);
    else
        h = NULL;
    pthread_mutex_unlock(&pool->lock);
    return h;
}

void ama__mem_init(ama__mem *m) {
    pthread_mutex_init(&m->pool.lock, NULL);
    ring_init(&m->pool.age);
    for (int i = 0; i < AMA_POOL_BINS; i++) ring_init(&m->pool.bin[i]);
}

void ama__mem_fini(ama__mem *m) {
    for (ama__link *l = m->pool.age.next; l != &m->pool.age;) {
        header *h = OF_LINK(l, by_age);
        l = l->next;
        block_destroy(h);
    }
    pthread_mutex_destroy(&m->pool.lock);
}

/* ---- requests */

const char *ama__mem_category_name(ama__mem_category c) {
    static const char *const names[AMA_MEM_N] = {"metadata", "chunks",   "scratch", "states",
                                                 "results",  "messages", "output"};
    return (unsigned)c < AMA_MEM_N ? names[c] : "unknown";
}

void ama__mem_set_limit(ama_ctx *ctx, size_t bytes) {
    atomic_store(&ctx->mem.limit, bytes);
    pthread_mutex_lock(&ctx->mem.pool.lock);
    pool_trim(&ctx->mem);
    pthread_mutex_unlock(&ctx->mem.pool.lock);
}

void ama__mem_set_keep(ama_ctx *ctx, size_t bytes) {
    atomic_store(&ctx->mem.keep, bytes);
    pthread_mutex_lock(&ctx->mem.pool.lock);
    pool_trim(&ctx->mem);
    pthread_mutex_unlock(&ctx->mem.pool.lock);
}

size_t ama__mem_limit(const ama_ctx *ctx) {
    return atomic_load(&ctx->mem.limit);
}
size_t ama__mem_used(const ama_ctx *ctx) {
    return atomic_load(&ctx->mem.used);
}
size_t ama__mem_peak(const ama_ctx *ctx) {
    return atomic_load(&ctx->mem.peak);
}
size_t ama__mem_pooled(const ama_ctx *ctx) {
    return atomic_load(&ctx->mem.pool.bytes);
}

size_t ama__mem_category_peak(const ama_ctx *ctx, ama__mem_category c) {
    return atomic_load(&ctx->mem.category_peak[c]);
}

static ama_status fail_nomem(ama_ctx *ctx, ama__mem_category c, size_t bytes) {
    char size[32];
    return ama__fail(ctx, AMA_ERR_NOMEM, "the system gave no memory for %s of %s",
                     ama__text_bytes(size, sizeof size, (double)bytes), ama__mem_category_name(c));
}

static ama_status fail_budget(ama_ctx *ctx, ama__mem_category c, size_t bytes) {
    char size[32], limit[32], used[32];
    return ama__fail(ctx, AMA_ERR_BUDGET, "%s of %s would exceed the memory budget of %s per rank (%s in use)",
                     ama__text_bytes(size, sizeof size, (double)bytes), ama__mem_category_name(c),
                     ama__text_bytes(limit, sizeof limit, (double)ama__mem_limit(ctx)),
                     ama__text_bytes(used, sizeof used, (double)ama__mem_used(ctx)));
}

ama_status ama__mem_charge(ama_ctx *ctx, ama__mem_category c, size_t bytes) {
    if (!reserve(&ctx->mem, (int)c, bytes)) return fail_budget(ctx, c, bytes);
    pool_trim_for_request(&ctx->mem);
    return AMA_OK;
}

void ama__mem_discharge(ama_ctx *ctx, ama__mem_category c, size_t bytes) {
    unreserve(&ctx->mem, (int)c, bytes);
}

/* *fresh: the pages come new from the system and are zero. */
static ama_status request(ama_ctx *ctx, ama__mem_category c, size_t bytes, void **out, bool *fresh) {
    *out = NULL;
    *fresh = false;
    if (bytes > PTRDIFF_MAX - 2 * PAGE || ama__fault(ctx)) return fail_nomem(ctx, c, bytes);
    ama__mem *m = &ctx->mem;
    size_t block = block_size(bytes);
    header *h = pool_take(m, (int)c, block);
    if (!h) {
        if (!reserve(m, (int)c, block)) return fail_budget(ctx, c, bytes);
        pool_trim_for_request(m);
        h = block_create(block);
        if (!h) {
            unreserve(m, (int)c, block);
            return fail_nomem(ctx, c, bytes);
        }
        *fresh = h->mapped;
    }
    h->magic = MAGIC;
    h->category = (int32_t)c;
    h->bytes = bytes;
    *out = payload_of(h);
    return AMA_OK;
}

ama_status ama__mem_alloc(ama_ctx *ctx, ama__mem_category c, size_t bytes, void **out) {
    bool fresh;
    return request(ctx, c, bytes, out, &fresh);
}

ama_status ama__mem_calloc(ama_ctx *ctx, ama__mem_category c, size_t n, size_t size, void **out) {
    size_t bytes;
    bool fresh;
    if (__builtin_mul_overflow(n, size, &bytes)) bytes = SIZE_MAX;
    AMA_TRY(request(ctx, c, bytes, out, &fresh));
    if (!fresh) memset(*out, 0, bytes);
    return AMA_OK;
}

/* Grows or shrinks a mapped block by moving its pages instead of their content. */
static ama_status remap(ama_ctx *ctx, header *h, size_t bytes, void **p) {
    ama__mem *m = &ctx->mem;
    size_t block = block_size(bytes), old = h->block;
    if (ama__fault(ctx)) return fail_nomem(ctx, (ama__mem_category)h->category, bytes);
    if (block > old && !reserve(m, h->category, block - old))
        return fail_budget(ctx, (ama__mem_category)h->category, bytes);
    if (block > old) pool_trim_for_request(m);
    header *moved = mremap(h, old, block, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) {
        if (block > old) unreserve(m, h->category, block - old);
        return fail_nomem(ctx, (ama__mem_category)h->category, bytes);
    }
    if (block < old) unreserve(m, moved->category, old - block);
    moved->block = block;
    moved->bytes = bytes;
    *p = payload_of(moved);
    return AMA_OK;
}

ama_status ama__mem_realloc(ama_ctx *ctx, ama__mem_category c, size_t bytes, void **p) {
    if (!*p) return ama__mem_alloc(ctx, c, bytes, p);
    header *h = header_of(*p);
    if (h->mapped && h->category == (int32_t)c && bytes >= MAP_MIN && bytes <= PTRDIFF_MAX - 2 * PAGE)
        return remap(ctx, h, bytes, p);
    void *grown;
    AMA_TRY(ama__mem_alloc(ctx, c, bytes, &grown));
    memcpy(grown, *p, bytes < h->bytes ? bytes : h->bytes);
    ama__mem_free(ctx, *p);
    *p = grown;
    return AMA_OK;
}

void ama__mem_free(ama_ctx *ctx, void *p) {
    if (!p) return;
    header *h = header_of(p);
    if (h->magic != MAGIC) __builtin_trap(); /* not ours, or freed twice: going on would damage data */
    if (h->block >= POOL_MIN) {
        pool_put(&ctx->mem, h);
        return;
    }
    int category = h->category;
    size_t block = h->block;
    block_destroy(h);
    unreserve(&ctx->mem, category, block);
}
