/* netCDF-4 written by all ranks. Dense variables and chunks that are not compressed have their place from the start:
 * ranks pwrite them. Compressed chunks wait in memory until a flush, where the ranks share out the next stretch of the
 * data area by their byte counts alone; each rank keeps the addresses of its own chunks, and rank 0 gets them at the
 * end, when they are put in order (write_nc4_order.c). */
#include "store/write_nc4.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Outputs whose chunks have up to so many bytes of values are the same byte for byte unasked. */
#define ORDERED_BYTES ((int64_t)64 << 20)

#define BLOSC_CHUNK_MAX (INT32_MAX - 16)

typedef struct waiting_chunk {
    int64_t number;
    size_t bytes;
    int var;
    void *data; /* category WRITE */
} waiting_chunk;

typedef struct waiting_list {
    int64_t n, cap;
    size_t bytes;
    waiting_chunk *chunk;
} waiting_list;

typedef struct nc4_state {
    int64_t *offset;      /* [n_vars] place of a dense variable, or of the first of chunks of one size; else -1 */
    int64_t begin, end;   /* of the chunks whose place is found as they come, the same on all ranks */
    waiting_list waiting; /* under the writer's lock */
    ama__packer text;     /* boxes of text variables, under the writer's lock */
    int64_t n_table, cap_table;
    ama__nc4_chunk *table; /* this rank's chunks in the file */
} nc4_state;

/* ---- check ---- */

static bool is_reserved(const char *name, bool of_var) {
    static const char *const always[] = {"_NCProperties", "_nc3_strict", "_Netcdf4Coordinates", "_Netcdf4Dimid"};
    static const char *const var[] = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"};
    for (size_t i = 0; i < 4; i++)
        if (!strcmp(name, always[i]) || (of_var && !strcmp(name, var[i]))) return true;
    return false;
}

static ama_status check_attr_names(ama__writer *wr, const char *owner, const ama__attrs *attrs, bool of_var) {
    for (int i = 0; i < attrs->n; i++)
        if (is_reserved(attrs->a[i].name, of_var))
            return ama__fail(wr->ctx, AMA_ERR_ARG, "attribute %s of %s: netCDF-4 keeps that name for itself",
                             attrs->a[i].name, owner);
    return AMA_OK;
}

/* raw_bytes: of a chunk. */
static ama_status check_pipeline(ama__writer *wr, const ama__stored_var *v, int64_t raw_bytes) {
    for (int i = 0; i < v->pipeline.n; i++) {
        char text[128];
        if (!ama__nc4_has_filter(v->pipeline.step[i].codec))
            return ama__fail(wr->ctx, AMA_ERR_UNSUPPORTED,
                             "variable %s: netCDF-4 output takes shuffle, zlib, zstd, blosc and fletcher32, not %s",
                             v->name, ama__pipeline_print(&v->pipeline, text, sizeof text));
        if (v->pipeline.step[i].codec == AMA_CODEC_BLOSC && raw_bytes > BLOSC_CHUNK_MAX)
            return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: a chunk of %lld bytes is over blosc's 2 GiB", v->name,
                             (long long)raw_bytes);
    }
    return ama__wrap(wr->ctx, ama__pipeline_check(wr->ctx, &v->pipeline), "variable %s", v->name);
}

static int64_t raw_chunk_bytes(const ama__writer *wr, int var) {
    return ama__write_chunk_size(wr, var) * (int64_t)ama__dtype_bytes(ama__writer_var(wr, var)->dtype);
}

static ama_status nc4_check(ama__writer *wr) {
    const ama__meta *m = &wr->spec.meta;
    int64_t all = 0, bytes, whole;
    AMA_TRY(check_attr_names(wr, "the dataset", &m->attrs, false));
    for (int k = 0; k < m->n_vars; k++) {
        const ama__stored_var *v = &m->var[k];
        AMA_TRY(check_attr_names(wr, v->name, &v->attrs, true));
        if (v->dtype == AMA_STRING && wr->has_fill[k])
            return ama__fail(wr->ctx, AMA_ERR_UNSUPPORTED, "variable %s: netCDF-4 text has no _FillValue", v->name);
        if (v->dtype == AMA_STRING) continue;
        for (int i = 0; i < v->ndim; i++)
            if (!wr->chunked[k] && m->dim[v->dim[i]].unlimited && m->dim[v->dim[i]].size > 0)
                return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: netCDF-4 needs chunks along the unlimited dim %s",
                                 v->name, m->dim[v->dim[i]].name);
        bytes = raw_chunk_bytes(wr, k);
        AMA_TRY(check_pipeline(wr, v, bytes));
        if (wr->chunked[k] && (bytes > UINT32_MAX || ama__pipeline_bound(&v->pipeline, (size_t)bytes) > UINT32_MAX))
            return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: a chunk of %lld bytes is over HDF5's 4 GiB", v->name,
                             (long long)bytes);
        if (wr->chunked[k] && (__builtin_mul_overflow(ama__nc4_round_up(bytes), wr->grid[k].n_chunks, &whole) ||
                               __builtin_add_overflow(all, whole, &all) || all > INT64_MAX / 4))
            return ama__fail(wr->ctx, AMA_ERR_ARG, "variable %s: its chunks are too large to count", v->name);
        wr->in_step |= wr->chunked[k] && v->pipeline.n > 0;
    }
    wr->repeat = wr->spec.canonical || all <= ORDERED_BYTES;
    return AMA_OK;
}

/* ---- create ---- */

static ama_status make_state(ama__writer *wr, nc4_state **out) {
    nc4_state *s;
    AMA_NEW(wr->arena, s, 1);
    AMA_NEW(wr->arena, s->offset, wr->spec.meta.n_vars + 1);
    s->text.ctx = wr->ctx;
    wr->state = *out = s;
    return AMA_OK;
}

/* Chunks that are not compressed are of one size: their places follow from their numbers. */
static void place_chunks(ama__writer *wr) {
    nc4_state *s = wr->state;
    for (int k = 0; k < wr->spec.meta.n_vars; k++) {
        const ama__stored_var *v = ama__writer_var(wr, k);
        if (!wr->chunked[k] || v->pipeline.n > 0 || v->dtype == AMA_STRING) continue;
        s->offset[k] = s->end;
        s->end += ama__nc4_round_up(raw_chunk_bytes(wr, k)) * wr->grid[k].n_chunks;
    }
}

static ama_status nc4_create(ama__writer *wr) {
    nc4_state *s = NULL;
    ama_status status = make_state(wr, &s);
    if (status == AMA_OK && wr->root) {
        status = ama__write_open(wr, wr->tmp, O_RDWR | O_CREAT | O_EXCL, &wr->fd);
        if (status == AMA_OK) status = ama__nc4_define(wr, s->offset, &wr->expected_bytes);
        s->end = ama__nc4_round_up(wr->expected_bytes);
    }
    AMA_TRY(ama__comm_agree(wr->comm, status));
    ama__comm_bcast(wr->comm, s->offset, sizeof *s->offset * (size_t)wr->spec.meta.n_vars, 0);
    ama__comm_bcast(wr->comm, &s->end, sizeof s->end, 0);
    place_chunks(wr);
    s->begin = s->end;
    if (!wr->root) status = ama__write_open(wr, wr->tmp, O_RDWR, &wr->fd);
    return ama__comm_agree(wr->comm, status);
}

/* ---- put ---- */

static ama_status put_text(ama__writer *wr, int var, const ama__box *box, const void *data) {
    nc4_state *s = wr->state;
    const char *const *text = data;
    pthread_mutex_lock(&wr->lock);
    ama__pack_i8(&s->text, var);
    for (int i = 0; i < box->ndim; i++) ama__pack_i8(&s->text, box->start[i]), ama__pack_i8(&s->text, box->count[i]);
    for (int64_t i = 0; i < ama__box_size(box); i++) ama__pack_text(&s->text, text[i]);
    ama_status status = s->text.status;
    pthread_mutex_unlock(&wr->lock);
    return status;
}

/* The chunk as it will lie in the file, in a buffer of its own size. */
static ama_status encode(ama__writer *wr, ama__codec_work *w, int var, ama__put *put, waiting_chunk *out) {
    AMA_TRY(ama__write_whole(wr, var, put));
    AMA_TRY(ama__write_encode(wr, w, var, (size_t)raw_chunk_bytes(wr, var), put, &out->data, &out->bytes));
    ama_status status = ama__mem_realloc(wr->ctx, AMA_MEM_WRITE, out->bytes, &out->data);
    if (status != AMA_OK) AMA_FREE(wr->ctx, out->data);
    return status;
}

/* Room for n more entries. */
static ama_status table_grow(ama__writer *wr, int64_t n) {
    nc4_state *s = wr->state;
    if (s->n_table + n <= s->cap_table) return AMA_OK;
    int64_t cap = 2 * s->cap_table > s->n_table + n ? 2 * s->cap_table : s->n_table + n;
    AMA_TRY(ama__mem_realloc(wr->ctx, AMA_MEM_META, (size_t)cap * sizeof *s->table, (void **)&s->table));
    s->cap_table = cap;
    return AMA_OK;
}

/* A chunk whose place is known. */
static ama_status put_placed(ama__writer *wr, int var, int64_t number, ama__put *put) {
    nc4_state *s = wr->state;
    size_t bytes = (size_t)raw_chunk_bytes(wr, var);
    const ama__nc4_chunk entry = {.number = number,
                                  .offset = s->offset[var] + number * ama__nc4_round_up((int64_t)bytes),
                                  .length = (uint32_t)bytes,
                                  .var = var};
    AMA_TRY(ama__write_whole(wr, var, put));
    AMA_TRY(ama__write_at(wr, wr->fd, wr->tmp, put->data, bytes, entry.offset));
    pthread_mutex_lock(&wr->lock);
    ama_status status = table_grow(wr, 1);
    if (status == AMA_OK) s->table[s->n_table++] = entry;
    pthread_mutex_unlock(&wr->lock);
    return status;
}

static ama_status put_chunk(ama__writer *wr, ama__codec_work *w, int var, ama__put *put) {
    nc4_state *s = wr->state;
    const ama__chunkgrid *g = &wr->grid[var];
    int64_t index[AMA_MAX_DIMS];
    for (int i = 0; i < g->ndim; i++) index[i] = put->box->start[i] / g->chunk[i];
    waiting_chunk c = {.var = var, .number = ama__chunkgrid_number(g, index)};
    if (s->offset[var] >= 0) return put_placed(wr, var, c.number, put);
    AMA_TRY(encode(wr, w, var, put, &c));
    ama_status status = AMA_OK;
    pthread_mutex_lock(&wr->lock);
    waiting_list *l = &s->waiting;
    if (l->n == l->cap) {
        int64_t cap = l->cap ? 2 * l->cap : 64;
        status = ama__mem_realloc(wr->ctx, AMA_MEM_META, (size_t)cap * sizeof *l->chunk, (void **)&l->chunk);
        if (status == AMA_OK) l->cap = cap;
    }
    if (status == AMA_OK) {
        l->chunk[l->n++] = c;
        l->bytes += c.bytes;
    }
    pthread_mutex_unlock(&wr->lock);
    if (status != AMA_OK) ama__mem_free(wr->ctx, c.data);
    return status;
}

static ama_status nc4_put(ama__writer *wr, ama__codec_work *w, int var, ama__put *put) {
    const nc4_state *s = wr->state;
    const ama__stored_var *v = ama__writer_var(wr, var);
    if (v->dtype == AMA_STRING) return put_text(wr, var, put->box, put->data);
    if (wr->chunked[var]) return put_chunk(wr, w, var, put);
    ama__write_place at = {.fd = wr->fd, .path = wr->tmp, .base = s->offset[var]};
    return ama__write_box(wr, &at, &wr->grid[var], ama__dtype_bytes(v->dtype), put->box, put->data);
}

static size_t nc4_pending(const ama__writer *wr) {
    const nc4_state *s = wr->state;
    return __atomic_load_n(&s->waiting.bytes, __ATOMIC_RELAXED);
}

/* ---- flush ---- */

static void free_waiting(ama__writer *wr, waiting_list *l) {
    for (int64_t i = 0; i < l->n; i++) ama__mem_free(wr->ctx, l->chunk[i].data);
    AMA_FREE(wr->ctx, l->chunk);
    *l = (waiting_list){0};
}

static int by_number(const void *pa, const void *pb) {
    const waiting_chunk *a = pa, *b = pb;
    return ama__nc4_compare(a->var, a->number, b->var, b->number);
}

/* Writes what waits one behind the other from `at` on, in an order that threads have no part in. Local. */
static ama_status write_waiting(ama__writer *wr, const waiting_list *l, int64_t at) {
    nc4_state *s = wr->state;
    AMA_TRY(table_grow(wr, l->n));
    const int64_t first = at;
    qsort(l->chunk, (size_t)l->n, sizeof *l->chunk, by_number);
    for (int64_t i = 0; i < l->n; i++) {
        const waiting_chunk *c = &l->chunk[i];
        AMA_TRY(ama__write_at(wr, wr->fd, wr->tmp, c->data, c->bytes, at));
        s->table[s->n_table++] =
            (ama__nc4_chunk){.number = c->number, .offset = at, .length = (uint32_t)c->bytes, .var = c->var};
        at += ama__nc4_round_up((int64_t)c->bytes);
    }
    ama__write_start(wr->fd, first, at - first);
    return AMA_OK;
}

static ama_status nc4_flush(ama__writer *wr) {
    nc4_state *s = wr->state;
    pthread_mutex_lock(&wr->lock);
    waiting_list list = s->waiting;
    s->waiting = (waiting_list){0};
    pthread_mutex_unlock(&wr->lock);
    int64_t mine = 0;
    for (int64_t i = 0; i < list.n; i++) mine += ama__nc4_round_up((int64_t)list.chunk[i].bytes);
    int64_t total = ama__comm_sum(wr->comm, mine);
    int64_t before = total > 0 ? ama__comm_exscan_sum(wr->comm, mine) : 0;
    ama_status status = list.n > 0 ? write_waiting(wr, &list, s->end + before) : AMA_OK;
    s->end += total;
    free_waiting(wr, &list);
    if (status != AMA_OK) {
        wr->failed = 1;
        status = ama__wrap(wr->ctx, status, "write %s", wr->path);
    }
    return total > 0 ? ama__comm_agree(wr->comm, status) : AMA_OK;
}

/* ---- finish ---- */

/* The tables of all ranks on rank 0, and the index made from them. */
static ama_status index_on_root(ama__writer *wr, const void *table, int64_t table_bytes, const void *text,
                                int64_t text_bytes) {
    nc4_state *s = wr->state;
    if (table_bytes + text_bytes > 0) {
        ama__nc4_chunk none, *chunk = table_bytes > 0 ? (ama__nc4_chunk *)table : &none;
        ama__unpacker u = {.arena = wr->arena, .p = text, .n = (size_t)text_bytes};
        AMA_TRY(ama__nc4_index(wr, table_bytes / (int64_t)sizeof *chunk, chunk, &u, s->end, &wr->expected_bytes));
    }
    AMA_TRY(ama__write_sync(wr, wr->fd, wr->tmp));
    struct stat st;
    if (fstat(wr->fd, &st) != 0 || st.st_size < wr->expected_bytes)
        return ama__fail(wr->ctx, AMA_ERR_IO, "write %s: the file has %lld bytes where %lld were written", wr->path,
                         (long long)st.st_size, (long long)wr->expected_bytes);
    return AMA_OK;
}

static ama_status nc4_finish(ama__writer *wr) {
    nc4_state *s = wr->state;
    AMA_TRY(nc4_flush(wr));
    int n = ama__comm_nranks(wr->comm);
    int64_t *at = ama__arena_alloc(wr->arena, (size_t)(n + 1) * sizeof *at);
    ama_status status = at ? AMA_OK : ama__error_status(wr->ctx);
    AMA_TRY(ama__comm_agree(wr->comm, status));
    void *table = NULL, *text = NULL;
    AMA_TRY_DONE(ama__comm_gatherv(wr->comm, s->table, (size_t)s->n_table * sizeof *s->table, &table, at, 0));
    AMA_FREE(wr->ctx, s->table);
    int64_t table_bytes = wr->root ? at[n] : 0;
    if (s->end > s->begin && wr->repeat)
        AMA_TRY_DONE(ama__nc4_order(wr, s->begin, s->end, table_bytes / (int64_t)sizeof *s->table, table));
    AMA_TRY_DONE(ama__comm_gatherv(wr->comm, s->text.p, s->text.n, &text, at, 0));
    if (wr->root)
        status = index_on_root(wr, table, table_bytes, text, at[n]);
    else
        status = ama__write_sync(wr, wr->fd, wr->tmp);
    ama_status closed = ama__write_close(wr, &wr->fd, wr->tmp);
    status = ama__comm_agree(wr->comm, status == AMA_OK ? closed : status);
done:
    ama__mem_free(wr->ctx, table);
    ama__mem_free(wr->ctx, text);
    return status;
}

static void nc4_destroy(ama__writer *wr) {
    nc4_state *s = wr->state;
    if (!s) return;
    free_waiting(wr, &s->waiting);
    ama__mem_free(wr->ctx, s->table);
    ama__mem_free(wr->ctx, s->text.p);
}

const ama__write_driver ama__write_driver_nc4 = {.name = "netCDF-4",
                                                 .chunks = true,
                                                 .check = nc4_check,
                                                 .create = nc4_create,
                                                 .put = nc4_put,
                                                 .pending = nc4_pending,
                                                 .flush = nc4_flush,
                                                 .finish = nc4_finish,
                                                 .destroy = nc4_destroy};
