#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "api/predict.h"
#include "kernel/state.h"

enum { PIECE_BYTES = 256 << 10, PIECES = 32, CELLS = 4096, FOLDS = 64, TIMES = 3 };

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

/* Values of float32 entering cells, as a mean over a leading axis does. */
static ama_status measure_fold(ama_ctx *ctx, const void *values, ama__rates *out) {
    ama__state_kind kind = {AMA_RED_MEAN, AMA_F4, true};
    double best = INFINITY;
    void *mem;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_SCRATCH, CELLS * ama__state_bytes(&kind), &mem));
    ama__state state = ama__state_at(&kind, mem, CELLS);
    ama__state_init(&kind, state, CELLS);
    for (int i = 0; i < TIMES; i++) {
        double start = ama__cpu_s();
        for (int k = 0; k < FOLDS; k++) ama__state_fold(&kind, state, CELLS, values);
        best = least(best, start);
    }
    out->fold_s = best / (CELLS * FOLDS);
    ama__mem_free(ctx, mem);
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
    if (status == AMA_OK) status = measure_fold(ctx, a, out);
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
    AMA_TRY(ama__codec_measure(ctx, &v->pipeline, (int)ama__dtype_bytes(v->dtype), ratio, &out->codec[out->n].speed));
    strcpy(out->codec[out->n++].name, name);
    return AMA_OK;
}

static ama_status measure_codecs(ama_ctx *ctx, const ama__plan *p, ama__rates *out) {
    for (int k = 0; k < p->n_stages; k++) {
        const ama__stage *s = &p->stage[k];
        double ratio = s->decoded_bytes > 0 ? (double)s->stored_bytes / (double)s->decoded_bytes : 0;
        for (int i = 0; i < s->n_sources; i++) {
            const ama__source_part *part = &s->source[i]->u.source.part[0];
            AMA_TRY(measure_codec(ctx, &part->store->meta.var[part->var], ratio, out));
        }
    }
    for (int i = 0; i < p->n_sinks; i++)
        for (int v = 0; p->sink[i]->kind == AMA_SINK_WRITE && v < p->sink[i]->spec->meta.n_vars; v++)
            AMA_TRY(measure_codec(ctx, &p->sink[i]->spec->meta.var[v], 0, out));
    return AMA_OK;
}

ama_status ama__calibrate(ama_ctx *ctx, ama__comm *comm, const ama__plan *plan, ama__rates *out) {
    double start = ama__now_s();
    memset(out, 0, sizeof *out);
    ama_status status = measure_machine(ctx, out);
    if (status == AMA_OK) status = measure_codecs(ctx, plan, out);
    AMA_TRY(ama__comm_agree(comm, status));
    double *of_machine[] = {&out->read_s, &out->write_s, &out->copy_s, &out->fold_s};
    for (int i = 0; i < 4; i++) *of_machine[i] = ama__comm_max_f8(comm, *of_machine[i]);
    for (int i = 0; i < out->n; i++) {
        ama__codec_speed *s = &out->codec[i].speed;
        s->decode_s = ama__comm_max_f8(comm, s->decode_s);
        s->encode_s = ama__comm_max_f8(comm, s->encode_s);
    }
    out->took_s = ama__comm_max_f8(comm, ama__now_s() - start);
    return AMA_OK;
}
