/* Layout and header of netCDF classic files: fixed-size variables one behind the other, then the records. */
#include "store/write_classic.h"

#include <string.h>

#include "store/pack.h"

enum { TAG_DIMENSION = 10, TAG_VARIABLE = 11, TAG_ATTRIBUTE = 12 };
#define HEADER_ALIGN 512 /* room for an attribute edited later, and an even start for the data */

static int64_t pad4(int64_t n) {
    return (n + 3) / 4 * 4;
}

int ama__cdf_type(int version, ama_dtype t) {
    bool cdf5 = version == 5;
    switch (t) {
    case AMA_BOOL:
    case AMA_I1: return 1;
    case AMA_CHAR: return 2;
    case AMA_I2: return 3;
    case AMA_I4: return 4;
    case AMA_F4: return 5;
    case AMA_F8: return 6;
    case AMA_U1: return cdf5 ? 7 : 0;
    case AMA_U2: return cdf5 ? 8 : 0;
    case AMA_U4: return cdf5 ? 9 : 0;
    case AMA_I8: return cdf5 ? 10 : 0;
    case AMA_U8: return cdf5 ? 11 : 0;
    case AMA_STRING:
    case AMA_DTYPE_N: break;
    }
    return 0;
}

bool ama__cdf_is_record(const ama__writer *wr, const ama__cdf_layout *l, int var) {
    const ama__stored_var *v = ama__writer_var(wr, var);
    return v->ndim > 0 && v->dim[0] == l->record_dim;
}

/* ---- header ---- */

/* Appends to a packer, everything big-endian. `wide`: counts have 8 bytes. */
typedef struct encoder {
    ama__packer k;
    int version;
} encoder;

static void put_int(encoder *e, int64_t x, size_t bytes) {
    uint8_t b[8];
    for (size_t i = 0; i < bytes; i++) b[i] = (uint8_t)((uint64_t)x >> (8 * (bytes - 1 - i)));
    ama__pack_bytes(&e->k, b, bytes);
}

static void put_count(encoder *e, int64_t x) {
    put_int(e, x, e->version == 5 ? 8 : 4);
}

static void put_padded(encoder *e, const void *p, size_t bytes) {
    ama__pack_bytes(&e->k, p, bytes);
    ama__pack_bytes(&e->k, "\0\0\0", (size_t)pad4((int64_t)bytes) - bytes);
}

static void put_name(encoder *e, const char *name) {
    put_count(e, (int64_t)strlen(name));
    put_padded(e, name, strlen(name));
}

static void put_list(encoder *e, int tag, int64_t n) {
    put_int(e, n ? tag : 0, 4);
    put_count(e, n);
}

static void put_attrs(encoder *e, const ama__attrs *attrs) {
    put_list(e, TAG_ATTRIBUTE, attrs->n);
    for (int i = 0; i < attrs->n; i++) {
        const ama__attr *a = &attrs->a[i];
        size_t size = ama__dtype_bytes(a->dtype);
        put_name(e, a->name);
        put_int(e, ama__cdf_type(e->version, a->dtype), 4);
        put_count(e, a->n);
        for (int64_t j = 0; j < a->n && size > 1; j++) {
            uint8_t b[8];
            memcpy(b, (const char *)a->data + (size_t)j * size, size);
            ama__bytes_swap(b, 1, size);
            ama__pack_bytes(&e->k, b, size);
        }
        if (size == 1 && a->n > 0) ama__pack_bytes(&e->k, a->data, (size_t)a->n);
        int64_t bytes = a->n * (int64_t)size;
        ama__pack_bytes(&e->k, "\0\0\0", (size_t)(pad4(bytes) - bytes));
    }
}

static void put_var(encoder *e, const ama__writer *wr, const ama__cdf_layout *l, int k) {
    const ama__stored_var *v = ama__writer_var(wr, k);
    put_name(e, v->name);
    put_count(e, v->ndim);
    for (int i = 0; i < v->ndim; i++) put_count(e, v->dim[i]);
    put_attrs(e, &v->attrs);
    put_int(e, ama__cdf_type(l->version, v->dtype), 4);
    /* The size is redundant; where 4 bytes cannot hold it all ones stand for it. */
    put_count(e, l->version != 5 && l->vsize[k] > UINT32_MAX - 3 ? UINT32_MAX : l->vsize[k]);
    put_int(e, l->begin[k], l->version == 1 ? 4 : 8);
}

ama_status ama__cdf_header(ama__writer *wr, const ama__cdf_layout *l, void **buf, size_t *bytes) {
    const ama__meta *m = &wr->spec.meta;
    encoder e = {.k = {.ctx = wr->ctx}, .version = l->version};
    const char magic[4] = {'C', 'D', 'F', (char)l->version};
    ama__pack_bytes(&e.k, magic, sizeof magic);
    put_count(&e, l->n_records);
    put_list(&e, TAG_DIMENSION, m->n_dims);
    for (int i = 0; i < m->n_dims; i++) {
        put_name(&e, m->dim[i].name);
        put_count(&e, i == l->record_dim ? 0 : m->dim[i].size);
    }
    put_attrs(&e, &m->attrs);
    put_list(&e, TAG_VARIABLE, m->n_vars);
    for (int k = 0; k < m->n_vars; k++) put_var(&e, wr, l, k);
    *buf = e.k.p;
    *bytes = e.k.n;
    return e.k.status;
}

/* ---- layout ---- */

static ama_status find_record_dim(ama__writer *wr, ama__cdf_layout *l) {
    const ama__meta *m = &wr->spec.meta;
    l->record_dim = -1;
    for (int d = 0; d < m->n_dims; d++) { /* length 0 in the header means the record dim */
        if (!m->dim[d].unlimited && m->dim[d].size > 0) continue;
        if (l->record_dim >= 0)
            return ama__fail(wr->ctx, AMA_ERR_UNSUPPORTED,
                             "dims %s and %s: netCDF classic has room for one dim that is unlimited or empty; use "
                             "format=\"NETCDF4\"",
                             m->dim[l->record_dim].name, m->dim[d].name);
        l->record_dim = d;
        l->n_records = m->dim[d].size;
    }
    for (int k = 0; k < m->n_vars && l->record_dim >= 0; k++)
        for (int i = 1; i < m->var[k].ndim; i++)
            if (m->var[k].dim[i] == l->record_dim)
                return ama__fail(
                    wr->ctx, AMA_ERR_UNSUPPORTED,
                    "variable %s: in netCDF classic a dim that is unlimited or empty (%s) must come first; use "
                    "format=\"NETCDF4\"",
                    m->var[k].name, m->dim[l->record_dim].name);
    return AMA_OK;
}

static ama_status too_large(ama__writer *wr, const char *what, const char *name, int version) {
    return ama__fail(wr->ctx, AMA_ERR_UNSUPPORTED, "%s %s is too large for CDF-%d; use format=\"NETCDF3_64BIT_DATA\"%s",
                     what, name, version, version == 1 ? " or \"NETCDF3_64BIT\"" : "");
}

/* Sizes that the header's fields cannot hold. */
static ama_status check_sizes(ama__writer *wr, const ama__cdf_layout *l) {
    const ama__meta *m = &wr->spec.meta;
    if (l->version == 5) return AMA_OK;
    for (int d = 0; d < m->n_dims; d++)
        if (m->dim[d].size > INT32_MAX - 3) return too_large(wr, "dim", m->dim[d].name, l->version);
    int last_fixed = -1, last_record = -1;
    for (int k = 0; k < m->n_vars; k++) *(ama__cdf_is_record(wr, l, k) ? &last_record : &last_fixed) = k;
    int64_t most = l->version == 1 ? INT32_MAX - 3 : UINT32_MAX - 3;
    for (int k = 0; k < m->n_vars; k++) {
        /* Only the very last variable may be longer: nothing has to begin behind it. */
        bool last = k == last_record || (k == last_fixed && last_record < 0);
        if (!last && l->vsize[k] > most) return too_large(wr, "variable", m->var[k].name, l->version);
        if (l->version == 1 && l->begin[k] > INT32_MAX)
            return too_large(wr, "what is before variable", m->var[k].name, 1);
    }
    return AMA_OK;
}

/* Bytes of a variable (of one record), padded; false when they cannot be counted. */
static bool size_of(const ama__writer *wr, const ama__cdf_layout *l, int var, int64_t *out) {
    const ama__chunkgrid *g = &wr->grid[var];
    int first = ama__cdf_is_record(wr, l, var) ? 1 : 0;
    int64_t size = (int64_t)ama__dtype_bytes(ama__writer_var(wr, var)->dtype);
    if (!ama__shape_size(g->ndim - first, g->shape + first, out) || *out > INT64_MAX / 4 / size) return false;
    *out = pad4(*out * size);
    return true;
}

/* A single record variable of a short type is not padded between records. */
static int64_t record_bytes_alone(const ama__writer *wr, int var) {
    const ama__chunkgrid *g = &wr->grid[var];
    int64_t n = (int64_t)ama__dtype_bytes(ama__writer_var(wr, var)->dtype);
    for (int i = 1; i < g->ndim; i++) n *= g->shape[i];
    return n;
}

static bool advance(int64_t *at, int64_t bytes) {
    return !__builtin_add_overflow(*at, bytes, at);
}

/* False when the file has more bytes than can be counted. */
static bool place_all(const ama__writer *wr, int64_t at, ama__cdf_layout *l) {
    int n_vars = wr->spec.meta.n_vars, n_record_vars = 0, record_var = -1;
    for (int k = 0; k < n_vars; k++) {
        if (!size_of(wr, l, k, &l->vsize[k])) return false;
        if (ama__cdf_is_record(wr, l, k)) continue;
        l->begin[k] = at;
        if (!advance(&at, l->vsize[k])) return false;
    }
    int64_t begin_records = at, bytes;
    for (int k = 0; k < n_vars; k++) {
        if (!ama__cdf_is_record(wr, l, k)) continue;
        l->begin[k] = at;
        if (!advance(&at, l->vsize[k])) return false;
        record_var = k;
        n_record_vars++;
    }
    l->record_bytes = n_record_vars == 1 ? record_bytes_alone(wr, record_var) : at - begin_records;
    if (__builtin_mul_overflow(l->record_bytes, l->n_records, &bytes)) return false;
    l->end = begin_records;
    return advance(&l->end, bytes);
}

ama_status ama__cdf_layout_make(ama__writer *wr, ama__cdf_layout *l) {
    const ama__meta *m = &wr->spec.meta;
    AMA_TRY(find_record_dim(wr, l));
    AMA_NEW(wr->arena, l->begin, m->n_vars + 1);
    AMA_NEW(wr->arena, l->vsize, m->n_vars + 1);
    void *header;
    size_t header_bytes;
    ama_status status = ama__cdf_header(wr, l, &header, &header_bytes); /* for its length */
    ama__mem_free(wr->ctx, header);
    AMA_TRY(status);
    int64_t at = ((int64_t)header_bytes + HEADER_ALIGN - 1) / HEADER_ALIGN * HEADER_ALIGN;
    if (!place_all(wr, at, l)) return ama__fail(wr->ctx, AMA_ERR_ARG, "the file is too large to count its bytes");
    return check_sizes(wr, l);
}
