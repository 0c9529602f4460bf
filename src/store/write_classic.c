/* netCDF classic (CDF-1, CDF-2, CDF-5) written by all ranks: rank 0 writes the header, then every byte has its place
 * and all ranks pwrite theirs, big-endian. */
#include "store/write_classic.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int version_of(ama__format f) {
    return f == AMA_FORMAT_CDF1 ? 1 : f == AMA_FORMAT_CDF2 ? 2 : 5;
}

static ama_status no_type(ama__writer *wr, const char *what, const char *name, const char *of, ama_dtype t) {
    bool text = t == AMA_STRING;
    return ama__fail(wr->ctx, AMA_ERR_UNSUPPORTED, "%s %s%s%s: CDF-%d has no %s; use format=\"NETCDF4\"%s", what, name,
                     *of ? " of " : "", of, version_of(wr->spec.format),
                     text ? "strings of any length" : ama__dtype_name(t),
                     text || wr->spec.format == AMA_FORMAT_CDF5 ? "" : " or \"NETCDF3_64BIT_DATA\"");
}

static ama_status check_attrs(ama__writer *wr, const char *of, const ama__attrs *attrs) {
    int version = version_of(wr->spec.format);
    for (int i = 0; i < attrs->n; i++) {
        const ama__attr *a = &attrs->a[i];
        if (!ama__cdf_type(version, a->dtype)) return no_type(wr, "attribute", a->name, of, a->dtype);
        if (a->n > INT32_MAX - 3)
            return ama__fail(wr->ctx, AMA_ERR_UNSUPPORTED, "attribute %s of %s is too long for netCDF classic", a->name,
                             of);
    }
    return AMA_OK;
}

static ama_status classic_check(ama__writer *wr) {
    const ama__meta *m = &wr->spec.meta;
    int version = version_of(wr->spec.format);
    AMA_TRY(check_attrs(wr, "the dataset", &m->attrs));
    for (int k = 0; k < m->n_vars; k++) {
        const ama__stored_var *v = &m->var[k];
        if (!ama__cdf_type(version, v->dtype)) return no_type(wr, "variable", v->name, "", v->dtype);
        if (v->pipeline.n > 0)
            return ama__fail(wr->ctx, AMA_ERR_UNSUPPORTED,
                             "variable %s: netCDF classic cannot compress; use format=\"NETCDF4\"", v->name);
        AMA_TRY(check_attrs(wr, v->name, &v->attrs));
    }
    ama__cdf_layout *l;
    AMA_NEW(wr->arena, l, 1);
    l->version = version;
    wr->state = l;
    return ama__cdf_layout_make(wr, l);
}

/* The header, and the file's full length, so that a rank's last bytes are never missing at its end. Rank 0. */
static ama_status make_skeleton(ama__writer *wr) {
    const ama__cdf_layout *l = wr->state;
    void *header;
    size_t bytes = 0;
    ama_status status = ama__cdf_header(wr, l, &header, &bytes);
    if (status == AMA_OK) status = ama__write_open(wr, wr->tmp, O_RDWR | O_CREAT | O_EXCL, &wr->fd);
    if (status == AMA_OK) status = ama__write_at(wr, wr->fd, wr->tmp, header, bytes, 0);
    ama__mem_free(wr->ctx, header);
    AMA_TRY(status);
    wr->expected_bytes = l->end;
    if (ftruncate(wr->fd, (off_t)l->end) != 0)
        return ama__fail(wr->ctx, AMA_ERR_IO, "set the length of %s to %lld bytes: %s", wr->tmp, (long long)l->end,
                         strerror(errno));
    return AMA_OK;
}

static ama_status classic_create(ama__writer *wr) {
    AMA_TRY(ama__comm_agree(wr->comm, wr->root ? make_skeleton(wr) : AMA_OK));
    return ama__comm_agree(wr->comm, wr->root ? AMA_OK : ama__write_open(wr, wr->tmp, O_WRONLY, &wr->fd));
}

static bool is_little_endian(void) {
    const uint16_t one = 1;
    return *(const uint8_t *)&one == 1;
}

static ama_status classic_put(ama__writer *wr, ama__codec_work *w, int var, ama__put *put) {
    (void)w;
    const ama__cdf_layout *l = wr->state;
    ama__write_place at = {.fd = wr->fd,
                           .path = wr->tmp,
                           .base = l->begin[var],
                           .axis0_bytes = ama__cdf_is_record(wr, l, var) ? l->record_bytes : 0,
                           .swap = is_little_endian()};
    return ama__write_box(wr, &at, &wr->grid[var], ama__dtype_bytes(ama__writer_var(wr, var)->dtype), put->box,
                          put->data);
}

static ama_status finish_local(ama__writer *wr) {
    AMA_TRY(ama__write_sync(wr, wr->fd, wr->tmp));
    struct stat st;
    if (wr->root && (fstat(wr->fd, &st) != 0 || st.st_size < wr->expected_bytes))
        return ama__fail(wr->ctx, AMA_ERR_IO, "write %s: the file is shorter than the %lld bytes written", wr->path,
                         (long long)wr->expected_bytes);
    return ama__write_close(wr, &wr->fd, wr->tmp);
}

static ama_status classic_finish(ama__writer *wr) {
    return ama__comm_agree(wr->comm, finish_local(wr));
}

static void classic_destroy(ama__writer *wr) {
    (void)wr; /* all of it is in the arena */
}

const ama__write_driver ama__write_driver_classic = {.name = "netCDF classic",
                                                     .check = classic_check,
                                                     .create = classic_create,
                                                     .put = classic_put,
                                                     .finish = classic_finish,
                                                     .destroy = classic_destroy};
