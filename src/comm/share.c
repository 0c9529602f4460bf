/* One copy a node. The leader of each node makes a POSIX shared memory object, the others map it, and its name goes
 * before anything is in it, so that nothing is left behind. What cannot be mapped is held by each rank as before. */
#define _GNU_SOURCE /* fallocate */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "comm/comm.h"

#define PIECE ((size_t)4 << 20) /* of a broadcast: ranks that need not keep it hold no more */

/* The same on all ranks, and unlike that of any other run on the machine. */
static void make_name(ama__comm *c, char *name, size_t bytes) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t mark[2] = {(int64_t)getpid(), (int64_t)now.tv_sec * 1000000000 + now.tv_nsec};
    ama__comm_bcast(c, mark, sizeof mark, 0);
    snprintf(name, bytes, "/amasia-%" PRIx64 "-%" PRIx64, mark[0], mark[1]);
}

/* NULL where the system does not give it. Room is taken now: later, a full file system would be a bus error. */
static void *map(const char *name, size_t bytes, bool create) {
    int fd = shm_open(name, create ? O_RDWR | O_CREAT | O_EXCL : O_RDONLY, 0600);
    void *p = MAP_FAILED;
    if (fd < 0) return NULL;
    if (!create || fallocate(fd, 0, 0, (off_t)bytes) == 0)
        p = mmap(NULL, bytes, create ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED && create) shm_unlink(name);
    close(fd);
    return p == MAP_FAILED ? NULL : p;
}

/* All ranks map it or none. Collective. */
static bool map_together(ama__comm *c, size_t bytes, void **out) {
    char name[64];
    bool leader = ama__comm_node_rank(c) == 0;
    make_name(c, name, sizeof name);
    *out = leader ? map(name, bytes, true) : NULL;
    bool made = *out, all = ama__comm_min(c, !leader || made);
    if (all && !leader) *out = map(name, bytes, false);
    all = ama__comm_min(c, *out != NULL);
    if (made) shm_unlink(name);
    if (!all && *out) munmap(*out, bytes);
    return all;
}

/* Into `to` of the ranks that keep it; the others (NULL) pass it on. Collective. */
static ama_status send(ama__comm *c, int root, const char *data, size_t bytes, char *to) {
    void *passing = NULL;
    bool own = to || ama__comm_rank(c) == root;
    ama_status status =
        own ? AMA_OK : ama__mem_alloc(ama__comm_ctx(c), AMA_MEM_COMM, bytes < PIECE ? bytes : PIECE, &passing);
    status = ama__comm_agree(c, status);
    if (status == AMA_OK && to && ama__comm_rank(c) == root) memcpy(to, data, bytes);
    for (size_t at = 0; status == AMA_OK && at < bytes; at += PIECE) {
        size_t n = bytes - at < PIECE ? bytes - at : PIECE;
        ama__comm_bcast(c, to ? to + at : own ? (char *)(uintptr_t)data + at : passing, n, root);
    }
    ama__mem_free(ama__comm_ctx(c), passing);
    return status;
}

ama_status ama__comm_share(ama__comm *c, int root, const void *data, size_t bytes, ama__shared *out) {
    ama_ctx *ctx = ama__comm_ctx(c);
    size_t ranks = (size_t)ama__comm_node_nranks(c), part = (bytes + ranks - 1) / ranks;
    void *to = NULL;
    *out = (ama__shared){0};
    ama_status status = ama__mem_charge(ctx, AMA_MEM_META, part);
    bool charged = status == AMA_OK;
    status = ama__comm_agree(c, status);
    if (status != AMA_OK) {
        if (charged) ama__mem_discharge(ctx, AMA_MEM_META, part);
        return status;
    }
    bool mapped = bytes > 0 && ama__comm_max(c, (int64_t)ranks) > 1 && map_together(c, bytes, &to);
    if (!mapped) {
        ama__mem_discharge(ctx, AMA_MEM_META, part);
        status = ama__comm_agree(c, ama__mem_alloc(ctx, AMA_MEM_META, bytes, &to));
    }
    if (status == AMA_OK) status = send(c, root, data, bytes, mapped && ama__comm_node_rank(c) != 0 ? NULL : to);
    ama__comm_barrier(c); /* before it is read, the leader has it all */
    *out = (ama__shared){.data = to, .bytes = bytes, .charged = mapped ? part : 0};
    if (status != AMA_OK) ama__shared_free(ctx, out);
    return status;
}

void ama__shared_free(ama_ctx *ctx, ama__shared *s) {
    if (s->charged) {
        munmap((void *)(uintptr_t)s->data, s->bytes);
        ama__mem_discharge(ctx, AMA_MEM_META, s->charged);
    } else {
        ama__mem_free(ctx, (void *)(uintptr_t)s->data);
    }
    *s = (ama__shared){0};
}
