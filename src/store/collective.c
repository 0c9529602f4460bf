/* Ranks take turns at nothing: they agree on the lowest part that any of them still wants, and all take part in one
 * call about it, until nobody wants any. */
#include "store/collective.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/collective_private.h"
#include "store/twophase.h"

/* How long a rank on which a library's call has failed waits for the others to come out of it: they read a few MiB. */
#define WAIT_S 30.0

/* A 64th of the budget, of which two-phase holds some 2.5: rounds beyond 8 MiB gain nothing, below 256 KiB they cost.
 */
static int64_t round_bytes(int64_t budget_bytes) {
    const int64_t least = (int64_t)256 << 10, most = (int64_t)8 << 20;
    int64_t n = budget_bytes / 64;
    return n < least ? least : n > most ? most : n;
}

/* Of MPI-IO, and of HDF5's metadata. */
static int64_t library_bytes(ama__io_path path) {
    if (path < AMA_PATH_MPIIO) return 0;
    return 2 * AMA_IO_CB_BYTES + (path == AMA_PATH_LIBRARY ? AMA_IO_OPEN_MAX * (int64_t)AMA_IO_METADATA_BYTES : 0);
}

int64_t ama__collective_bytes(const ama__io_options *o, int nranks, int64_t stored_bytes, int64_t chunk_bytes) {
    int64_t round = round_bytes(o->budget_bytes), theirs = library_bytes(o->path);
    switch (o->path) {
    case AMA_PATH_POSIX: break;
    case AMA_PATH_TWO_PHASE: return stored_bytes + ama__twophase_bytes(nranks, round);
    case AMA_PATH_MPIIO: return stored_bytes + ama__mpiio_bytes(nranks, round) + theirs;
    case AMA_PATH_LIBRARY: /* HDF5 holds a chunk as it is stored, decoded and gathered */
        return 3 * chunk_bytes + theirs + (256 << 10);
    }
    return 0;
}

int64_t ama__collective_file_bytes(const ama__stored_var *v) {
    return ama__fetch_room(ama__fetch_file_most(v));
}

/* ---- making one */

static ama_status make(ama__collective *c) {
    int nodes = (int)ama__comm_sum(c->comm, ama__comm_node_rank(c->comm) == 0);
    int nranks = ama__comm_nranks(c->comm), n = c->options.n_aggregators;
    c->n_aggregators = n <= 0 ? nodes : n < nranks ? n : nranks;
    if (c->options.path == AMA_PATH_TWO_PHASE)
        return ama__twophase_create(c->comm, c->fetcher, n, c->round_bytes, c->n_parts, c->part, &c->twophase);
    size_t theirs = (size_t)library_bytes(c->options.path);
    ama_status status = ama__mem_charge(c->ctx, AMA_MEM_COMM, theirs);
    if (status == AMA_OK) c->charged = theirs;
    if (status == AMA_OK && c->options.path == AMA_PATH_MPIIO) status = ama__mpiio_make_buffers(c);
    return ama__comm_agree(c->comm, status);
}

ama_status ama__collective_create(ama__comm *comm, ama__fetcher *f, const ama__io_options *o, int64_t n_parts,
                                  const ama__store_var *part, ama__collective **out) {
    ama_ctx *ctx = ama__comm_ctx(comm);
    ama__collective *c = NULL;
    *out = NULL;
    ama_status status = ama__comm_agree(comm, ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof *c, (void **)&c));
    if (status != AMA_OK) {
        ama__mem_free(ctx, c);
        return status;
    }
    *c = (ama__collective){.ctx = ctx, .comm = comm, .fetcher = f, .options = *o, .n_parts = n_parts, .part = part};
    c->round_bytes = round_bytes(o->budget_bytes);
    *out = c;
    return make(c);
}

/* A file that failed stays as it is: libraries can not be trusted to close it. */
static void give_up(ama__collective *c, ama__io_file *f) {
    ama__mem_free(c->ctx, f->handle);
    *f = (ama__io_file){0};
}

static void close_file(ama__collective *c, ama__io_file *f) {
    f->method->close(c, f->handle);
    give_up(c, f);
}

void ama__collective_destroy(ama__collective **c) {
    ama__collective *x = *c;
    if (!x) return;
    for (int i = 0; i < AMA_IO_OPEN_MAX; i++)
        if (x->open[i].handle) (ama__comm_lost(x->comm) ? give_up : close_file)(x, &x->open[i]);
    ama__twophase_destroy(&x->twophase);
    ama__mpiio_free_buffers(x);
    ama__mem_discharge(x->ctx, AMA_MEM_COMM, x->charged);
    ama__mem_free(x->ctx, x);
    *c = NULL;
}

/* ---- what is read */

bool ama__collective_decodes(const ama__collective *c) {
    return c->options.path == AMA_PATH_LIBRARY;
}

int64_t ama__collective_takes(const ama__collective *c, const ama__io_want *w) {
    if (w->m->kind == AMA_MANIFEST_FILES)
        return c->options.path == AMA_PATH_TWO_PHASE && w->chunk >= 0 && w->chunk < w->v->grid.n_chunks
                   ? ama__fetch_file_most(w->v)
                   : 0;
    int64_t stored = ama__io_want_bytes(w);
    if (stored <= 0) return 0;
    return c->options.path == AMA_PATH_LIBRARY ? ama__library_takes(c, w) : stored;
}

static const ama__io_method *method_of(const ama__collective *c, const ama__store_var *part) {
    if (c->options.path == AMA_PATH_MPIIO) return &ama__io_mpiio;
    return part->store->driver == &ama__driver_classic ? &ama__io_pnetcdf : &ama__io_hdf5;
}

ama_status ama__io_check_file(ama__collective *c, const char *path, int64_t end) {
    ama__file_ref file;
    int64_t bytes = 0;
    AMA_TRY(ama__file_cache_take(c->fetcher->files, path, &file));
    ama_status status = ama__file_size(c->ctx, file.fd, path, &bytes);
    ama__file_cache_give(c->fetcher->files, file);
    if (status == AMA_OK && ama__fault(c->ctx))
        status = ama__fail(c->ctx, AMA_ERR_IO, "%s: injected read failure", path);
    if (status == AMA_OK && bytes < end)
        status = ama__fail(c->ctx, AMA_ERR_FORMAT, "%s is truncated: it has %" PRId64 " bytes, %" PRId64 " are needed",
                           path, bytes, end);
    return status;
}

/* ---- open files: the same on all ranks, because all ask for the same in the same order */

/* `end`: of the file as far as this rank knows. */
static ama_status open_file(ama__collective *c, const ama__store_var *part, int64_t end, ama__io_file **out) {
    const char *path = ama__io_manifest(part)->path;
    const ama__io_method *method = method_of(c, part);
    ama__io_file *f = &c->open[0];
    for (int i = 0; i < AMA_IO_OPEN_MAX; i++) {
        ama__io_file *x = &c->open[i];
        if (x->handle && x->method == method && strcmp(x->path, path) == 0) {
            x->used = ++c->clock;
            *out = x;
            return AMA_OK;
        }
        if (!x->handle || (f->handle && x->used < f->used)) f = x;
    }
    if (f->handle) close_file(c, f);
    *f = (ama__io_file){.path = path, .method = method, .used = ++c->clock};
    ama_status status = ama__mem_calloc(c->ctx, AMA_MEM_META, 1, method->handle_bytes, &f->handle);
    if (status == AMA_OK) status = ama__io_check_file(c, path, end);
    status = ama__comm_agree(c->comm, status);
    if (status == AMA_OK) {
        status = method->open(c, part, f->handle);
        ama__comm_meet(c->comm, status != AMA_OK, WAIT_S);
        status = ama__comm_agree(c->comm, status);
    }
    if (status != AMA_OK) give_up(c, f);
    *out = f;
    return status;
}

/* ---- rounds */

/* By part, and there by place in the file. */
static int compare(const void *a, const void *b) {
    const ama__io_want *x = a, *y = b;
    if (x->part != y->part) return x->part < y->part ? -1 : 1;
    int64_t at_x = x->m->kind == AMA_MANIFEST_TABLE ? x->m->table[x->chunk].offset : 0;
    int64_t at_y = y->m->kind == AMA_MANIFEST_TABLE ? y->m->table[y->chunk].offset : 0;
    return (at_x > at_y) - (at_x < at_y);
}

/* What a rank says before a round: the lowest part that it wants, or one of these. */
enum { FAILED_INSIDE = -2, FAILED = -1 };
#define DONE INT64_MAX

ama_status ama__collective_read(ama__collective *c, ama_status local, int n, ama__io_want *want) {
    ama__io_walk w = {.n = local == AMA_OK ? n : 0, .want = want};
    bool inside = false;
    if (c->twophase) return ama__twophase_read(c->twophase, local, n, want);
    if (w.n > 1) qsort(want, (size_t)w.n, sizeof *want, compare);
    ama__io_file *f = NULL;
    for (;;) {
        int64_t mine = local != AMA_OK ? (inside ? FAILED_INSIDE : FAILED) : w.at < w.n ? want[w.at].part : DONE;
        int64_t part = ama__comm_min(c->comm, mine);
        if (part == FAILED_INSIDE && f) give_up(c, f);
        if (part < 0 || part == DONE) break;
        int64_t end = mine == part ? ama__io_want_end(&want[w.at]) : 0;
        AMA_TRY(open_file(c, &c->part[part], end, &f));
        local = f->method->read(c, f->handle, part, &w, &inside);
        ama__comm_meet(c->comm, inside, WAIT_S);
    }
    return ama__comm_agree(c->comm, local);
}
