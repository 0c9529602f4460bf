#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/predict.h"
#include "exec/result.h"

enum { PIECE_BYTES = 256 << 10, PIECES = 32, TIMES = 3, MESSAGES_BYTES = 4 << 20, EXCHANGES = 5 };

static double least(double best, double start) {
    return fmin(best, ama__cpu_s() - start);
}

/* Piece after piece, as chunks come and go: pages that are new when written, and not in the cache when read. */
static ama_status measure_file(ama_ctx *ctx, int fd, char *a, char *b, ama__rates *out) {
    double begin = ama__cpu_s(), copy_s = INFINITY;
    bool done = true;
    for (int i = 0; i < PIECES; i++) done = done && pwrite(fd, a, PIECE_BYTES, (off_t)i * PIECE_BYTES) == PIECE_BYTES;
    double written = ama__cpu_s();
    for (int i = 0; i < PIECES; i++) done = done && pread(fd, b, PIECE_BYTES, (off_t)i * PIECE_BYTES) == PIECE_BYTES;
    double read = ama__cpu_s();
    if (!done) return ama__fail(ctx, AMA_ERR_IO, "calibration: a file in memory: %s", strerror(errno));
    for (int i = 0; i < TIMES; i++) {
        double start = ama__cpu_s();
        memcpy(a, b, PIECE_BYTES);
        copy_s = least(copy_s, start);
    }
    out->write_s = (written - begin) / ((double)PIECES * PIECE_BYTES);
    out->read_s = (read - written) / ((double)PIECES * PIECE_BYTES);
    out->copy_s = copy_s / PIECE_BYTES;
    return AMA_OK;
}

static ama_status measure_machine(ama_ctx *ctx, ama__rates *out) {
    char *a = NULL, *b = NULL;
    int fd = memfd_create("amasia", MFD_CLOEXEC);
    ama_status status =
        fd < 0 ? ama__fail(ctx, AMA_ERR_IO, "calibration: a file in memory: %s", strerror(errno)) : AMA_OK;
    if (status == AMA_OK) status = ama__mem_calloc(ctx, AMA_MEM_SCRATCH, 1, PIECE_BYTES, (void **)&a);
    if (status == AMA_OK) status = ama__mem_calloc(ctx, AMA_MEM_SCRATCH, 1, PIECE_BYTES, (void **)&b);
    if (status == AMA_OK) status = measure_file(ctx, fd, a, b, out);
    ama__mem_free(ctx, a);
    ama__mem_free(ctx, b);
    if (fd >= 0) close(fd);
    return status;
}

/* Once for each pipeline. */
static ama_status measure_codec(ama_ctx *ctx, const ama__stored_var *v, double ratio, ama__rates *out) {
    char name[128];
    if (v->pipeline.n == 0 || v->dtype == AMA_STRING || out->n == AMA_RATES_MAX) return AMA_OK;
    ama__pipeline_print(&v->pipeline, name, sizeof name);
    for (int i = 0; i < out->n; i++)
        if (strcmp(out->codec[i].name, name) == 0) return AMA_OK;
    int64_t chunk = (int64_t)ama__dtype_bytes(v->dtype);
    for (int d = 0; d < v->grid.ndim; d++) chunk *= v->grid.chunk[d];
    AMA_TRY(ama__codec_measure(ctx, &v->pipeline, (int)ama__dtype_bytes(v->dtype), chunk, ratio,
                               &out->codec[out->n].speed));
    strcpy(out->codec[out->n++].name, name);
    return AMA_OK;
}

/* Stored bytes per decoded byte of a source: where chunks are files that of one in the middle, whose size is asked for.
 * 0: not known. */
static double ratio_of(const ama__stage *s, const ama__source_part *p) {
    const ama__stored_var *v = &p->store->meta.var[p->var];
    const ama__manifest *m = &p->store->manifest[p->var];
    char path[PATH_MAX + 32 * AMA_MAX_DIMS + 8];
    ama__extent e;
    struct stat file;
    int64_t items;
    if (m->kind != AMA_MANIFEST_FILES)
        return s->decoded_bytes > 0 ? (double)s->stored_bytes / (double)s->decoded_bytes : 0;
    if (!ama__shape_size(v->grid.ndim, v->grid.chunk, &items) || items == 0) return 0;
    if (!ama__manifest_find(m, &v->grid, v->grid.n_chunks / 2, &e, path, sizeof path) || stat(path, &file) != 0)
        return 0;
    return (double)file.st_size / ((double)items * (double)ama__dtype_bytes(v->dtype));
}

/* What is written shrinks as what is read did, as far as that is known. */
static ama_status measure_codecs(ama_ctx *ctx, const ama__plan *p, ama__rates *out) {
    double read_ratio = 0;
    for (int k = 0; k < p->n_stages; k++) {
        const ama__stage *s = &p->stage[k];
        for (int i = 0; i < s->n_sources; i++) {
            const ama__source_part *part = &s->source[i]->u.source.part[0];
            double ratio = ratio_of(s, part);
            if (ratio > 0) read_ratio = ratio;
            AMA_TRY(measure_codec(ctx, &part->store->meta.var[part->var], ratio, out));
        }
    }
    for (int i = 0; i < p->n_sinks; i++)
        for (int v = 0; p->sink[i]->kind == AMA_SINK_WRITE && v < p->sink[i]->spec->meta.n_vars; v++)
            AMA_TRY(measure_codec(ctx, &p->sink[i]->spec->meta.var[v], read_ratio, out));
    return AMA_OK;
}

/* One round as runs have them: packed for every other rank, sent, copied from what came. Collective. */
static ama_status exchange_once(ama__comm *comm, ama__outbox *b, ama_status status, size_t bytes, char *values) {
    char *in = NULL;
    size_t n;
    for (int r = 0; r < b->nranks && bytes > 0 && status == AMA_OK; r++) {
        void *to;
        if (r == ama__comm_rank(comm)) continue;
        status = ama__outbox_add(b, r, bytes, &to);
        if (status == AMA_OK) memcpy(to, values, bytes);
    }
    AMA_TRY(ama__outbox_exchange(b, comm, status, &in, &n));
    for (size_t at = 0; bytes > 0 && at < n; at += bytes) memcpy(values, in + at, bytes);
    ama__mem_free(b->ctx, in);
    return AMA_OK;
}

/* Seconds of the fastest of some rounds, which begin together. Collective. */
static ama_status time_exchange(ama__comm *comm, ama__outbox *b, size_t bytes, char *values, double *out_s) {
    *out_s = INFINITY;
    for (int i = 0; i < EXCHANGES; i++) {
        ama__comm_barrier(comm);
        double start = ama__now_s();
        AMA_TRY(exchange_once(comm, b, AMA_OK, bytes, values));
        *out_s = fmin(*out_s, ama__now_s() - start);
    }
    return AMA_OK;
}

/* Seconds of a round, and of a byte that a rank sends in it. Collective. */
static ama_status measure_messages(ama_ctx *ctx, ama__comm *comm, ama__rates *out) {
    ama__outbox b = {0};
    char *values = NULL;
    int others = ama__comm_nranks(comm) - 1;
    double full_s = 0;
    if (others == 0) return AMA_OK;
    size_t bytes = ((size_t)MESSAGES_BYTES / (size_t)others + 7) / 8 * 8;
    ama_status status = ama__outbox_init(&b, comm);
    if (status == AMA_OK) status = ama__mem_calloc(ctx, AMA_MEM_COMM, 1, bytes, (void **)&values);
    status = ama__comm_agree(comm, status);
    if (status == AMA_OK) status = time_exchange(comm, &b, bytes, values, &full_s);
    if (status == AMA_OK) status = time_exchange(comm, &b, 0, values, &out->round_s);
    if (status == AMA_OK) out->send_s = fmax(full_s - out->round_s, 0) / ((double)bytes * others);
    ama__mem_free(ctx, values);
    ama__outbox_fini(&b);
    return status;
}

ama_status ama__calibrate(ama_ctx *ctx, ama__comm *comm, const ama__plan *plan, ama__rates *out) {
    double start = ama__now_s();
    memset(out, 0, sizeof *out);
    ama_status status = measure_machine(ctx, out);
    if (status == AMA_OK) status = measure_codecs(ctx, plan, out);
    ama__works_of(plan, &out->works);
    if (status == AMA_OK) status = ama__works_measure(ctx, &out->works);
    AMA_TRY(ama__comm_agree(comm, status));
    AMA_TRY(measure_messages(ctx, comm, out));
    double *of_machine[] = {&out->read_s, &out->write_s, &out->copy_s, &out->send_s, &out->round_s};
    for (int i = 0; i < 5; i++) *of_machine[i] = ama__comm_max_f8(comm, *of_machine[i]);
    for (int i = 0; i < out->n; i++) {
        ama__codec_speed *s = &out->codec[i].speed;
        s->decode_s = ama__comm_max_f8(comm, s->decode_s);
        s->encode_s = ama__comm_max_f8(comm, s->encode_s);
    }
    for (int i = 0; i < out->works.n; i++) out->works.at[i].value_s = ama__comm_max_f8(comm, out->works.at[i].value_s);
    out->took_s = ama__comm_max_f8(comm, ama__now_s() - start);
    return AMA_OK;
}
