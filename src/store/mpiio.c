/* Byte ranges as views of an MPI file. What a rank takes in a call is sorted, joined where it touches or overlaps, read
 * into one buffer and dealt out: views must rise, and MPI-IO's own handling of memory types is not put to the test. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/collective_private.h"

enum { BYTES_PER_PIECE = 256, LEAST_PIECES = 16 };
/* Of all ranks together in one call: an aggregator has the lists of all. */
#define MOST_PIECES ((int64_t)1 << 20)

struct ama__mpiio_buffers {
    int64_t n_pieces;     /* in a call, at most */
    ama__io_range *piece; /* as they were taken from the walk, then by offset */
    int *length;          /* of the view's blocks */
    MPI_Aint *at;         /* from the first one's beginning */
    char *data;
};

typedef struct mpi_file {
    const char *path;
    MPI_File file;
} mpi_file;

/* ---- buffers */

static int64_t pieces_of(int nranks, int64_t round_bytes) {
    int64_t n = round_bytes / BYTES_PER_PIECE, share = MOST_PIECES / nranks;
    if (n > share) n = share;
    return n > LEAST_PIECES ? n : LEAST_PIECES;
}

int64_t ama__mpiio_bytes(int nranks, int64_t round_bytes) {
    int64_t n = pieces_of(nranks, round_bytes), block = (int64_t)(sizeof(int) + sizeof(MPI_Aint));
    int64_t own = round_bytes + n * ((int64_t)sizeof(ama__io_range) + block) + 1024;
    return own + 4 * n * block + 2 * n * nranks * block; /* MPI's type, and its lists of all ranks' blocks */
}

ama_status ama__mpiio_make_buffers(ama__collective *c) {
    struct ama__mpiio_buffers *b;
    int64_t n = pieces_of(ama__comm_nranks(c->comm), c->round_bytes);
    AMA_TRY(ama__mem_calloc(c->ctx, AMA_MEM_META, 1, sizeof *b, (void **)&b));
    c->buffers = b;
    b->n_pieces = n;
    AMA_TRY(ama__mem_calloc(c->ctx, AMA_MEM_CHUNK, (size_t)n, sizeof *b->piece, (void **)&b->piece));
    AMA_TRY(ama__mem_calloc(c->ctx, AMA_MEM_CHUNK, (size_t)n, sizeof *b->length, (void **)&b->length));
    AMA_TRY(ama__mem_calloc(c->ctx, AMA_MEM_CHUNK, (size_t)n, sizeof *b->at, (void **)&b->at));
    return ama__mem_alloc(c->ctx, AMA_MEM_CHUNK, (size_t)c->round_bytes, (void **)&b->data);
}

void ama__mpiio_free_buffers(ama__collective *c) {
    struct ama__mpiio_buffers *b = c->buffers;
    if (!b) return;
    void *held[] = {b->piece, b->length, b->at, b->data, b};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) ama__mem_free(c->ctx, held[i]);
    c->buffers = NULL;
}

/* ---- files */

static ama_status mpiio_open(ama__collective *c, const ama__store_var *part, void *handle) {
    mpi_file *f = handle;
    f->path = ama__io_manifest(part)->path;
    MPI_Info hints = ama__io_hints(c);
    int code = MPI_File_open(ama__comm_mpi(c->comm), f->path, MPI_MODE_RDONLY, hints, &f->file);
    MPI_Info_free(&hints);
    if (code != MPI_SUCCESS) return ama__io_mpi_error(c, f->path, "MPI_File_open", code);
    MPI_File_set_errhandler(f->file, MPI_ERRORS_RETURN);
    return AMA_OK;
}

static void mpiio_close(ama__collective *c, void *handle) {
    (void)c;
    MPI_File_close(&((mpi_file *)handle)->file);
}

/* ---- a call */

/* What fits, of this part. */
static int64_t gather(ama__collective *c, int64_t part, ama__io_walk *w) {
    struct ama__mpiio_buffers *b = c->buffers;
    int64_t n = 0, bytes = 0;
    ama__io_range r;
    while (n < b->n_pieces && bytes < c->round_bytes && ama__io_walk_look(w, &r) && r.part == part) {
        ama__io_range *p = &b->piece[n++];
        *p = r;
        if (p->bytes > c->round_bytes - bytes) p->bytes = c->round_bytes - bytes;
        bytes += p->bytes;
        ama__io_walk_advance(w, &r, p->bytes);
    }
    return n;
}

static int compare(const void *a, const void *b) {
    const ama__io_range *x = a, *y = b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* The blocks of the view; returns their number. */
static int64_t join(struct ama__mpiio_buffers *b, int64_t n) {
    int64_t k = 0, first = b->piece[0].offset;
    for (int64_t i = 0; i < n; i++) {
        const ama__io_range *p = &b->piece[i];
        int64_t at = p->offset - first, end = k > 0 ? b->at[k - 1] + b->length[k - 1] : -1;
        if (at > end) {
            b->at[k] = at;
            b->length[k++] = (int)p->bytes;
        } else if (at + p->bytes > end) {
            b->length[k - 1] = (int)(at + p->bytes - b->at[k - 1]);
        }
    }
    return k;
}

static void deal_out(const struct ama__mpiio_buffers *b, int64_t n) {
    int64_t block = 0, begin = 0; /* of the block in `data` */
    for (int64_t i = 0; i < n; i++) {
        const ama__io_range *p = &b->piece[i];
        int64_t at = p->offset - b->piece[0].offset;
        while (at >= b->at[block] + b->length[block]) begin += b->length[block++];
        memcpy(p->dst, b->data + begin + (at - b->at[block]), (size_t)p->bytes);
    }
}

/* The view begins at its first block: with one block it is contiguous, and Open MPI takes such a view to begin at its
 * displacement. */
static int read_view(mpi_file *f, const struct ama__mpiio_buffers *b, int64_t n_blocks, int total, int *got) {
    MPI_Datatype view = MPI_BYTE;
    MPI_Status status;
    if (n_blocks > 0) {
        MPI_Type_create_hindexed((int)n_blocks, b->length, b->at, MPI_BYTE, &view);
        MPI_Type_commit(&view);
    }
    MPI_Offset first = n_blocks > 0 ? b->piece[0].offset : 0;
    int code = MPI_File_set_view(f->file, first, MPI_BYTE, view, "native", MPI_INFO_NULL);
    int done = MPI_File_read_at_all(f->file, 0, b->data, code == MPI_SUCCESS ? total : 0, MPI_BYTE, &status);
    if (code == MPI_SUCCESS) code = done;
    *got = 0; /* of no bytes ROMIO leaves the status as it was */
    if (code == MPI_SUCCESS && total > 0) MPI_Get_count(&status, MPI_BYTE, got);
    if (n_blocks > 0) MPI_Type_free(&view);
    return code;
}

static ama_status mpiio_read(ama__collective *c, void *handle, int64_t part, ama__io_walk *w, bool *inside) {
    struct ama__mpiio_buffers *b = c->buffers;
    mpi_file *f = handle;
    int64_t n = gather(c, part, w), n_blocks = 0, total = 0;
    int got;
    ama_status local = AMA_OK;
    if (n > 1) qsort(b->piece, (size_t)n, sizeof *b->piece, compare);
    if (n > 0) {
        n_blocks = join(b, n);
        local = ama__io_check_file(c, f->path, b->piece[0].offset + b->at[n_blocks - 1] + b->length[n_blocks - 1]);
    }
    if (local != AMA_OK) n = n_blocks = 0; /* the others are in the call */
    for (int64_t i = 0; i < n_blocks; i++) total += b->length[i];
    int code = read_view(f, b, n_blocks, (int)total, &got);
    *inside = code != MPI_SUCCESS || (local == AMA_OK && got != total);
    if (local != AMA_OK) return local;
    if (code != MPI_SUCCESS) return ama__io_mpi_error(c, f->path, "MPI_File_read_at_all", code);
    if (got != total)
        return ama__fail(c->ctx, AMA_ERR_IO, "%s: MPI_File_read_at_all gave %d of %" PRId64 " bytes", f->path, got,
                         total);
    if (n == 0) return AMA_OK;
    ama__fetch_count_read(c->fetcher, total);
    deal_out(b, n);
    return AMA_OK;
}

const ama__io_method ama__io_mpiio = {sizeof(mpi_file), mpiio_open, mpiio_close, mpiio_read};
