/* Opening: each rank opens its share of the files and reads their metadata; one agreement; the packed metadata goes
 * round once; a second agreement says that all ranks could unpack it. The opener keeps the driver's handle, unless
 * there are many, and is asked for the manifests later. */
#include "store/dataset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/dataset_private.h"
#include "store/fetch.h"
#include "store/file.h"
#include "store/pack.h"

/* ---- which driver */

/* The first bytes of a file, for people who wonder what it is. */
static ama_status unknown_file(ama_ctx *ctx, const char *path) {
    int fd;
    int64_t size;
    size_t n = 0;
    unsigned char b[8] = {0};
    char hex[3 * sizeof b + 1] = "", text[sizeof b + 1] = "";
    AMA_TRY(ama__file_open(ctx, path, &fd));
    ama_status status = ama__file_size(ctx, fd, path, &size);
    if (status == AMA_OK) status = ama__file_read(ctx, fd, path, 0, b, sizeof b, &n);
    ama__file_close(fd);
    if (status != AMA_OK) return status;
    if (n == 0) return ama__fail(ctx, AMA_ERR_FORMAT, "%s: the file is empty", path);
    for (size_t i = 0; i < n; i++) {
        snprintf(hex + 3 * i, 4, "%02x ", b[i]);
        text[i] = b[i] >= 0x20 && b[i] < 0x7f ? (char)b[i] : '.';
    }
    const char *hint = memcmp(b, "GRIB", 4) == 0 ? " (GRIB is not supported)" : "";
    return ama__fail(ctx, AMA_ERR_FORMAT,
                     "%s: not a netCDF, HDF5 or Zarr dataset: the file begins with the bytes %s\"%s\"%s", path, hex,
                     text, hint);
}

static ama_status unknown_directory(ama_ctx *ctx, const char *path) {
    char v3[4096 + 16];
    struct stat s;
    snprintf(v3, sizeof v3, "%s/zarr.json", path);
    if (stat(v3, &s) == 0)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "%s: a Zarr v3 store; only v2 can be read so far", path);
    return ama__fail(ctx, AMA_ERR_FORMAT,
                     "%s: a directory, but no Zarr store (no .zgroup, .zarray or .zmetadata in it)", path);
}

/* fd: the file where it is a regular one, open for reading, which is the caller's to close; -1 otherwise. */
static ama_status find_driver(ama_ctx *ctx, const char *path, const ama__driver **out, int *fd) {
    struct stat s;
    if (stat(path, &s) != 0) {
        int e = errno;
        if (strstr(path, "://"))
            return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "%s: only files of a mounted file system can be opened", path);
        return ama__fail(ctx, e == ENOENT || e == ENOTDIR ? AMA_ERR_NOTFOUND : AMA_ERR_IO, "%s: %s", path, strerror(e));
    }
    *fd = -1;
    if (S_ISREG(s.st_mode)) AMA_TRY(ama__file_open(ctx, path, fd));
    for (int i = 0; ama__drivers[i]; i++) {
        if (!ama__drivers[i]->probe(ctx, path, *fd)) continue;
        *out = ama__drivers[i];
        return AMA_OK;
    }
    ama__file_close(*fd);
    *fd = -1;
    return S_ISDIR(s.st_mode) ? unknown_directory(ctx, path) : unknown_file(ctx, path);
}

/* ---- one store */

static ama_status store_init(ama__arena *arena, const char *path, const ama__open_options *o, opened_store **out) {
    opened_store *s = NULL;
    AMA_NEW(arena, s, 1);
    s->pub = (ama__store){.ctx = ama__arena_ctx(arena), .arena = arena};
    AMA_KEEP(arena, s->pub.path, ama__arena_strdup(arena, path));
    if (o) s->pub.options = *o;
    if (o && o->group) AMA_KEEP(arena, s->pub.options.group, ama__arena_strdup(arena, o->group));
    *out = s;
    return AMA_OK;
}

/* group: NULL, or where the store belongs. */
static ama_status store_create(ama_ctx *ctx, const char *path, const ama__open_options *o, int owner,
                               ama__store_group *group, ama__store **out) {
    ama__arena *arena = group ? group->arena : NULL;
    opened_store *s = NULL;
    if (!group) AMA_TRY(ama__arena_create(ctx, &arena));
    ama_status status = store_init(arena, path, o, &s);
    if (status != AMA_OK) {
        if (!group) ama__arena_destroy(&arena);
        return status;
    }
    s->owner = owner;
    s->group = group;
    if (group) group->n_open++;
    *out = &s->pub;
    return AMA_OK;
}

void ama__store_close(ama__store **s) {
    if (!*s) return;
    opened_store *o = (opened_store *)*s;
    ama__arena *arena = o->pub.arena;
    if (o->handle) o->pub.driver->close(&o->handle);
    ama__arena_destroy(&o->scratch);
    ama__store_free_tables(*s);
    *s = NULL;
    if (o->group)
        ama__store_group_leave(o->group);
    else
        ama__arena_destroy(&arena);
}

static ama_status store_add_manifests(ama__store *s) {
    AMA_NEW(s->arena, s->manifest, s->meta.n_vars);
    AMA_NEW(s->arena, s->has_manifest, s->meta.n_vars);
    AMA_NEW(s->arena, ((opened_store *)s)->built, s->meta.n_vars);
    AMA_NEW(s->arena, ((opened_store *)s)->sent, s->meta.n_vars);
    return AMA_OK;
}

/* Of one among many: nothing of it stays open. Takes over the file. */
static ama_status read_grouped(ama__store *s, const ama__open_options *o, ama__fetcher *f) {
    ama__meta m;
    ama_status status = ama__store_group_open(s, o, &m);
    if (status == AMA_OK) status = ama__store_group_meta(s, &m);
    if (status == AMA_OK) status = store_add_manifests(s);
    if (*o->fd >= 0 && status == AMA_OK)
        status = ama__fetcher_adopt(f, s->path, *o->fd);
    else
        ama__file_close(*o->fd);
    return status == AMA_OK ? ama__store_let_go(s, f) : status;
}

/* The owner's part. Local. */
static ama_status store_read(ama__store *s, ama__fetcher *f) {
    ama__open_options o = s->options;
    int fd;
    AMA_TRY(find_driver(s->ctx, s->path, &s->driver, &fd));
    if (fd >= 0) o.fd = &fd;
    if (((opened_store *)s)->group) return read_grouped(s, &o, f);
    ama_status status = s->driver->open(s->arena, s->path, &o, &s->meta, &((opened_store *)s)->handle);
    ama__file_close(fd);
    return status == AMA_OK ? store_add_manifests(s) : status;
}

/* ---- metadata on its way: per store its number, its driver's number, the number of an earlier store with the same
 * metadata or -1 and the packed metadata */

static ama_status pack_store(ama__packer *k, const ama__store *s) {
    const opened_store *o = (const opened_store *)s;
    void *buf;
    size_t bytes;
    int driver = 0;
    while (ama__drivers[driver] != s->driver) driver++;
    ama__pack_i8(k, o->number);
    ama__pack_i8(k, driver);
    ama__pack_i8(k, o->same ? ((const opened_store *)o->like)->number : -1);
    if (o->same) return k->status;
    AMA_TRY(ama__meta_pack(s->ctx, &s->meta, &buf, &bytes));
    ama__pack_i8(k, (int64_t)bytes);
    ama__pack_bytes(k, buf, bytes);
    ama__mem_free(s->ctx, buf);
    return k->status;
}

static ama_status unpack_meta(ama__store *s, const void *p, size_t bytes) {
    ama__arena *scratch;
    ama__meta m;
    if (!((opened_store *)s)->group) return ama__meta_unpack(s->arena, p, bytes, &s->meta);
    AMA_TRY(ama__arena_create(s->ctx, &scratch));
    ama_status status = ama__meta_unpack(scratch, p, bytes, &m);
    if (status == AMA_OK) status = ama__store_group_meta(s, &m);
    ama__arena_destroy(&scratch);
    return status;
}

static ama_status unpack_store(ama__unpacker *u, int n, int rank, ama__store **stores) {
    int i, driver, like, n_drivers = 0;
    int64_t bytes = 0;
    while (ama__drivers[n_drivers]) n_drivers++;
    AMA_TRY(ama__unpack_int(u, 0, n - 1, &i));
    AMA_TRY(ama__unpack_int(u, 0, n_drivers - 1, &driver));
    AMA_TRY(ama__unpack_int(u, -1, i - 1, &like)); /* of the same owner, so that it has been unpacked */
    if (like < 0) AMA_TRY(ama__unpack_count(u, 1, &bytes));
    const uint8_t *p = u->p + u->at;
    u->at += (size_t)bytes;
    ama__store *s = stores[i];
    if (((opened_store *)s)->owner == rank) return AMA_OK;
    s->driver = ama__drivers[driver];
    if (like < 0) AMA_TRY(unpack_meta(s, p, (size_t)bytes));
    if (like >= 0) s->meta = stores[like]->meta;
    return store_add_manifests(s);
}

static ama_status unpack_all(ama_ctx *ctx, const void *buf, size_t bytes, int n, int rank, ama__store **stores) {
    ama__arena *arena;
    AMA_TRY(ama__arena_create(ctx, &arena));
    ama__unpacker u = {.arena = arena, .p = buf, .n = bytes};
    ama_status status = AMA_OK;
    while (status == AMA_OK && u.at < u.n) status = unpack_store(&u, n, rank, stores);
    ama__arena_destroy(&arena);
    return status;
}

static ama_status create_stores(ama_ctx *ctx, int nranks, int n, const char *const *paths, const ama__open_options *o,
                                ama__store **out) {
    int most = o && o->max_openers > 0 ? o->max_openers : AMA_STORE_OPENERS, openers = nranks < most ? nranks : most;
    ama__store_group *group = NULL;
    if (n / openers >= AMA_STORE_HELD_MAX) AMA_TRY(ama__store_group_create(ctx, &group));
    for (int i = 0; i < n; i++) {
        int owner = (int)((int64_t)(i % openers) * nranks / openers);
        ama_status status = store_create(ctx, paths[i], o, owner, group, &out[i]);
        if (status != AMA_OK && i == 0 && group) ama__arena_destroy(&group->arena); /* nothing that closes it */
        AMA_TRY(status);
        ((opened_store *)out[i])->number = i;
    }
    return AMA_OK;
}

/* Local part of opening: the share of this rank. */
static ama_status open_share(ama_ctx *ctx, ama__comm *comm, int n, const char *const *paths, const ama__open_options *o,
                             ama__packer *k, ama__store **out) {
    int rank = ama__comm_rank(comm), nranks = ama__comm_nranks(comm);
    ama__fetcher *f = NULL;
    AMA_TRY(create_stores(ctx, nranks, n, paths, o, out));
    ama_status status = n > 0 && ((opened_store *)out[0])->group ? ama__fetcher_create(ctx, &f) : AMA_OK;
    for (int i = 0; i < n && status == AMA_OK; i++) {
        if (((opened_store *)out[i])->owner != rank) continue;
        status = store_read(out[i], f);
        if (status == AMA_OK && nranks > 1) status = pack_store(k, out[i]);
    }
    ama__fetcher_destroy(&f);
    return status;
}

ama_status ama__exchange(ama__comm *comm, int only, const ama__packer *mine, void **buf, size_t *bytes) {
    ama_ctx *ctx = ama__comm_ctx(comm);
    *buf = NULL;
    *bytes = 0;
    if (only >= 0) { /* one rank has it all: no gathering */
        void *p = ama__comm_rank(comm) == only ? mine->p : NULL;
        *bytes = mine->n;
        AMA_TRY(ama__comm_bcast_buffer(comm, &p, bytes, only));
        if (p != mine->p) *buf = p;
        return AMA_OK;
    }
    int root = 0;
    void *offset;
    ama_status status =
        ama__mem_calloc(ctx, AMA_MEM_COMM, (size_t)ama__comm_nranks(comm) + 1, sizeof(int64_t), &offset);
    status = ama__comm_agree(comm, status);
    if (status == AMA_OK) status = ama__comm_gatherv(comm, mine->p, mine->n, buf, offset, root);
    if (status == AMA_OK) {
        if (ama__comm_rank(comm) == root) *bytes = (size_t)((int64_t *)offset)[ama__comm_nranks(comm)];
        status = ama__comm_bcast_buffer(comm, buf, bytes, root);
    }
    ama__mem_free(ctx, offset);
    if (status != AMA_OK) AMA_FREE(ctx, *buf);
    return status;
}

static uint64_t hash_paths(int n, const char *const *paths) {
    uint64_t h = 1469598103934665603u; /* FNV-1a */
    for (int i = 0; i < n; i++)
        for (const char *c = paths[i];; c++) {
            h = (h ^ (unsigned char)*c) * 1099511628211u;
            if (!*c) break;
        }
    return h;
}

ama_status ama__store_open_many(ama_ctx *ctx, ama__comm *comm, int n, const char *const *paths,
                                const ama__open_options *o, ama__store **out) {
    ama__packer k = {.ctx = ctx};
    void *buf = NULL;
    size_t bytes = 0;
    for (int i = 0; i < n; i++) out[i] = NULL;
    AMA_TRY(ama__comm_check_same(comm, hash_paths(n, paths), "the paths to open"));
    ama_status status = open_share(ctx, comm, n, paths, o, &k, out);
    AMA_TRY_DONE(ama__comm_agree(comm, status));
    if (ama__comm_nranks(comm) > 1) {
        AMA_TRY_DONE(ama__exchange(comm, n == 1 ? 0 : -1, &k, &buf, &bytes));
        if (buf) status = unpack_all(ctx, buf, bytes, n, ama__comm_rank(comm), out);
        AMA_TRY_DONE(ama__comm_agree(comm, status));
    }
done:
    ama__mem_free(ctx, buf);
    ama__mem_free(ctx, k.p);
    for (int i = 0; status != AMA_OK && i < n; i++) ama__store_close(&out[i]);
    return status;
}

ama_status ama__store_open(ama_ctx *ctx, ama__comm *comm, const char *path, const ama__open_options *o,
                           ama__store **out) {
    return ama__store_open_many(ctx, comm, 1, &path, o, out);
}
