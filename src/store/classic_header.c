#include "store/classic_header.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "store/file.h"

enum { TAG_DIM = 10, TAG_VAR = 11, TAG_ATTR = 12, WINDOW_BYTES = 64 << 10 };

typedef struct reader {
    ama_ctx *ctx;
    ama__arena *arena;
    ama__classic *c;
    int fd;
    int64_t at;        /* position in the file */
    int64_t window_at; /* what the window holds */
    size_t window_n;
    unsigned char *window;
} reader;

static ama_status damaged(const reader *r, const char *what) {
    return ama__fail(r->ctx, AMA_ERR_FORMAT, "%s: damaged netCDF header at byte %" PRId64 ": %s", r->c->path, r->at,
                     what);
}

/* ---- bytes */

static ama_status take(reader *r, void *dst, size_t bytes) {
    if (bytes > (uint64_t)(r->c->file_bytes - r->at))
        return ama__fail(r->ctx, AMA_ERR_FORMAT,
                         "%s: truncated inside the netCDF header: byte %" PRId64 " needs %zu more, "
                         "the file has %" PRId64 " bytes",
                         r->c->path, r->at, bytes, r->c->file_bytes);
    char *to = dst;
    while (bytes > 0) {
        if (r->at < r->window_at || r->at >= r->window_at + (int64_t)r->window_n) {
            r->window_at = r->at;
            AMA_TRY(ama__file_read(r->ctx, r->fd, r->c->path, r->at, r->window, WINDOW_BYTES, &r->window_n));
            if (r->window_n == 0) return damaged(r, "the file became shorter while it was read");
        }
        size_t skip = (size_t)(r->at - r->window_at), n = r->window_n - skip;
        if (n > bytes) n = bytes;
        memcpy(to, r->window + skip, n);
        to += n;
        bytes -= n;
        r->at += (int64_t)n;
    }
    return AMA_OK;
}

static ama_status take_u4(reader *r, uint32_t *out) {
    unsigned char b[4] = {0};
    AMA_TRY(take(r, b, 4));
    *out = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    return AMA_OK;
}

/* A number that is 8 bytes wide when `wide`, else 4. */
static ama_status take_number(reader *r, bool wide, uint64_t *out) {
    uint32_t high = 0, low = 0;
    if (wide) AMA_TRY(take_u4(r, &high));
    AMA_TRY(take_u4(r, &low));
    *out = (uint64_t)high << 32 | low;
    return AMA_OK;
}

static ama_status take_size(reader *r, int64_t *out) {
    uint64_t x = 0;
    bool wide = r->c->version == 5;
    AMA_TRY(take_number(r, wide, &x));
    if (x > (wide ? (uint64_t)INT64_MAX : (uint64_t)INT32_MAX)) return damaged(r, "a negative count");
    *out = (int64_t)x;
    return AMA_OK;
}

/* A number of things of which each takes at least `each` bytes of what is left. */
static ama_status take_count(reader *r, int64_t each, int64_t *out) {
    AMA_TRY(take_size(r, out));
    if (*out > (r->c->file_bytes - r->at) / each || *out > INT_MAX)
        return damaged(r, "a count that the file is too short for");
    return AMA_OK;
}

static ama_status take_padding(reader *r, int64_t bytes) {
    char pad[4];
    return take(r, pad, (size_t)(-bytes & 3));
}

static ama_status take_name(reader *r, const char **out) {
    int64_t n = 0;
    AMA_TRY(take_count(r, 1, &n));
    char *s;
    AMA_NEW(r->arena, s, n + 1);
    AMA_TRY(take(r, s, (size_t)n));
    AMA_TRY(take_padding(r, n));
    if (s[0] == '\0')
        return damaged(r, "an empty name"); /* old files count a NUL at the end of a name: it is cut off */
    *out = s;
    return AMA_OK;
}

/* The head of a list: its tag and count, or two zeros for none. */
static ama_status take_list(reader *r, uint32_t tag, int64_t each, int *out) {
    uint32_t t = 0;
    int64_t n = 0;
    AMA_TRY(take_u4(r, &t));
    AMA_TRY(take_count(r, each, &n));
    if (t != tag && (t != 0 || n != 0)) return damaged(r, "not the list that belongs here");
    *out = (int)n;
    return AMA_OK;
}

static ama_status take_type(reader *r, ama_dtype *out) {
    static const ama_dtype types[] = {AMA_I1, AMA_CHAR, AMA_I2, AMA_I4, AMA_F4, AMA_F8,
                                      AMA_U1, AMA_U2,   AMA_U4, AMA_I8, AMA_U8};
    uint32_t t = 0;
    AMA_TRY(take_u4(r, &t));
    if (t < 1 || t > (r->c->version == 5 ? 11u : 6u)) return damaged(r, "an unknown type");
    *out = types[t - 1];
    return AMA_OK;
}

/* ---- lists */

static ama_status take_attr(reader *r, ama__attr *a) {
    AMA_TRY(take_name(r, &a->name));
    AMA_TRY(take_type(r, &a->dtype));
    int64_t size = (int64_t)ama__dtype_bytes(a->dtype);
    AMA_TRY(take_count(r, size, &a->n));
    char *p;
    AMA_NEW(r->arena, p, a->n * size + 8);
    AMA_TRY(take(r, p, (size_t)(a->n * size)));
    AMA_TRY(take_padding(r, a->n * size));
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) ama__bytes_swap(p, (size_t)a->n, (size_t)size);
    a->data = p;
    return AMA_OK;
}

static ama_status take_attrs(reader *r, ama__attrs *a) {
    int n = 0;
    AMA_TRY(take_list(r, TAG_ATTR, 16, &n));
    AMA_NEW(r->arena, a->a, n);
    for (a->n = 0; a->n < n; a->n++) AMA_TRY(take_attr(r, &a->a[a->n]));
    return AMA_OK;
}

static ama_status take_dims(reader *r, ama__meta *m) {
    int n = 0;
    AMA_TRY(take_list(r, TAG_DIM, 12, &n));
    AMA_NEW(r->arena, m->dim, n);
    r->c->record_dim = -1;
    for (m->n_dims = 0; m->n_dims < n; m->n_dims++) {
        ama__dim *d = &m->dim[m->n_dims];
        AMA_TRY(take_name(r, &d->name));
        AMA_TRY(take_size(r, &d->size));
        if (d->size > 0) continue;
        if (r->c->record_dim >= 0) return damaged(r, "a second unlimited dim");
        r->c->record_dim = m->n_dims;
        d->unlimited = true;
    }
    return AMA_OK;
}

static ama_status take_var(reader *r, const ama__meta *m, ama__stored_var *v, int64_t *begin) {
    int64_t ndim = 0;
    uint64_t x = 0;
    AMA_TRY(take_name(r, &v->name));
    AMA_TRY(take_count(r, 4, &ndim));
    if (ndim > AMA_MAX_DIMS)
        return ama__fail(r->ctx, AMA_ERR_UNSUPPORTED, "%s > variable %s: %" PRId64 " dims, at most %d", r->c->path,
                         v->name, ndim, AMA_MAX_DIMS);
    v->ndim = (int)ndim;
    for (int d = 0; d < v->ndim; d++) {
        AMA_TRY(take_number(r, r->c->version == 5, &x));
        if (x >= (uint64_t)m->n_dims) return damaged(r, "a variable has a dim that does not exist");
        v->dim[d] = (int)x;
        if (d > 0 && v->dim[d] == r->c->record_dim) return damaged(r, "the unlimited dim is not a variable's first");
    }
    AMA_TRY(take_attrs(r, &v->attrs));
    AMA_TRY(take_type(r, &v->dtype));
    AMA_TRY(take_number(r, r->c->version == 5, &x)); /* vsize: redundant, and wrong by design beyond 4 GiB */
    AMA_TRY(take_number(r, r->c->version != 1, &x));
    if (x > (r->c->version == 1 ? (uint64_t)INT32_MAX : (uint64_t)INT64_MAX)) return damaged(r, "a negative offset");
    *begin = (int64_t)x;
    return AMA_OK;
}

static ama_status take_vars(reader *r, ama__meta *m) {
    int n = 0;
    AMA_TRY(take_list(r, TAG_VAR, 32, &n));
    AMA_NEW(r->arena, m->var, n);
    AMA_NEW(r->arena, r->c->begin, n);
    for (m->n_vars = 0; m->n_vars < n; m->n_vars++) {
        m->var[m->n_vars].driver_id = m->n_vars;
        AMA_TRY(take_var(r, m, &m->var[m->n_vars], &r->c->begin[m->n_vars]));
    }
    return AMA_OK;
}

/* ---- the whole */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static ama_status check_unique(reader *r, const char **names, int n, const char *what) {
    qsort(names, (size_t)n, sizeof *names, by_text);
    for (int i = 1; i < n; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            return ama__fail(r->ctx, AMA_ERR_FORMAT, "%s: damaged netCDF header: two %s are named %s", r->c->path, what,
                             names[i]);
    return AMA_OK;
}

static ama_status check_names(reader *r, const ama__meta *m) {
    const char **names;
    AMA_NEW(r->arena, names, m->n_dims > m->n_vars ? m->n_dims : m->n_vars);
    for (int i = 0; i < m->n_dims; i++) names[i] = m->dim[i].name;
    AMA_TRY(check_unique(r, names, m->n_dims, "dims"));
    for (int i = 0; i < m->n_vars; i++) names[i] = m->var[i].name;
    return check_unique(r, names, m->n_vars, "variables");
}

bool ama__classic_magic(const unsigned char b[4]) {
    return memcmp(b, "CDF", 3) == 0 && (b[3] == 1 || b[3] == 2 || b[3] == 5);
}

static ama_status take_header(reader *r, ama__meta *m) {
    unsigned char magic[4] = {0};
    uint64_t n_records = 0;
    AMA_TRY(take(r, magic, 4));
    if (!ama__classic_magic(magic)) return damaged(r, "no CDF signature");
    r->c->version = magic[3];
    bool wide = r->c->version == 5;
    AMA_TRY(take_number(r, wide, &n_records));
    if (n_records == (wide ? UINT64_MAX : UINT32_MAX))
        r->c->n_records = -1;
    else if (n_records > (wide ? (uint64_t)INT64_MAX : (uint64_t)UINT32_MAX))
        return damaged(r, "an impossible number of records");
    else
        r->c->n_records = (int64_t)n_records;
    AMA_TRY(take_dims(r, m));
    AMA_TRY(take_attrs(r, &m->attrs));
    AMA_TRY(take_vars(r, m));
    r->c->header_bytes = r->at;
    return check_names(r, m);
}

ama_status ama__classic_read(ama__arena *arena, const char *path, const int *fd, ama__meta *meta, ama__classic *out) {
    reader r = {.ctx = ama__arena_ctx(arena), .arena = arena, .c = out};
    void *window = NULL;
    *out = (ama__classic){.path = path};
    if (fd)
        r.fd = *fd;
    else
        AMA_TRY(ama__file_open(r.ctx, path, &r.fd));
    ama_status status = ama__file_size(r.ctx, r.fd, path, &out->file_bytes);
    if (status == AMA_OK) status = ama__mem_alloc(r.ctx, AMA_MEM_META, WINDOW_BYTES, &window);
    r.window = window;
    if (status == AMA_OK) status = take_header(&r, meta);
    ama__mem_free(r.ctx, window);
    if (!fd) ama__file_close(r.fd);
    return status;
}
