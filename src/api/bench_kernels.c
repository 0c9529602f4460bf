/* How fast the loops over values are, beside how fast memory is. Input is streamed block by block as a run does it,
 * from more memory than the caches hold; results go to a block that stays in cache. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/session.h"
#include "base/memory.h"
#include "base/text.h"
#include "codec/steps.h"
#include "kernel/dispatch.h"
#include "kernel/gather.h"
#include "kernel/order.h"
#include "kernel/scan.h"
#include "kernel/state.h"
#include "kernel/window.h"

enum { BLOCK = AMA_BLOCK_ELEMENTS, BLOCK_BYTES = BLOCK * 8, REPEATS = 5, DAYS = 730 };

typedef struct memory {
    char *src, *copy; /* `bytes` each */
    size_t bytes;
    char *a, *b, *c; /* 4 blocks each, in cache; a holds values, c is for work */
    int64_t *list;   /* BLOCK offsets */
} memory;

typedef struct trial trial;
struct trial {
    const char *kernel, *what;
    ama_dtype dtype; /* of what is streamed */
    void (*run)(const trial *t, const memory *m, const void *x, int64_t n);
    int op; /* ama__op or ama__red */
    ama_dtype to;
    bool swapped, packed, missing; /* loads */
    unsigned scalars;
};

/* ---- one block */

static void run_load(const trial *t, const memory *m, const void *x, int64_t n) {
    ama__load l = {.stored = t->dtype, .decoded = t->to, .dtype = t->to, .swapped = t->swapped};
    l.has_scale = l.has_offset = t->packed;
    l.scale = 0.01, l.offset = 273.15;
    l.n_missing = t->missing;
    l.missing_f8[0] = l.missing_i8[0] = -99;
    ama__load_run(&l, n, x, m->b);
}

static void run_convert(const trial *t, const memory *m, const void *x, int64_t n) {
    ama__convert_run(t->dtype, t->to, n, x, m->b);
}

static void run_store(const trial *t, const memory *m, const void *x, int64_t n) {
    ama__store_run(t->to, n, x, m->b);
}

static void run_map(const trial *t, const memory *m, const void *x, int64_t n) {
    int operands = ama__op_operands((ama__op)t->op);
    if (operands == 3) /* the condition is in cache */
        ama__map_run(AMA_OP_WHERE, t->dtype, n, m->c, x, m->a, t->scalars, m->b);
    else
        ama__map_run((ama__op)t->op, t->dtype, n, x, operands > 1 ? m->a : NULL, NULL, t->scalars, m->b);
}

static void run_fold(const trial *t, const memory *m, const void *x, int64_t n) {
    ama__state_kind k = {(ama__red)t->op, t->dtype, true};
    const int64_t cells = n / AMA_FOLD_ROWS;
    const void *row[AMA_FOLD_ROWS];
    for (int64_t r = 0; r < AMA_FOLD_ROWS; r++)
        row[r] = (const char *)x + (size_t)(r * cells) * ama__class_bytes(ama__class_of(t->dtype));
    ama__state_fold(&k, ama__state_at(&k, m->b, cells), cells, AMA_FOLD_ROWS, row);
}

static void run_row(const trial *t, const memory *m, const void *x, int64_t n) {
    ama__state_kind k = {(ama__red)t->op, t->dtype, true};
    ama__state_row(&k, ama__state_at(&k, m->b, 1), n, x);
}

static void run_scan(const trial *t, const memory *m, const void *x, int64_t n) {
    ama__scan_kind k = {ama__class_of(t->dtype), false, true};
    ama__scan_rows(&k, 16, n / 16, x, NULL, m->b, n / 16);
}

static void run_window(const trial *t, const memory *m, const void *x, int64_t n) {
    const int64_t rows = 64;
    ama__window w = {.op = (ama__red)t->op, .dtype = t->dtype, .out = t->dtype, .skipna = true, .width = 5, .lo = 2};
    w.extent = rows;
    w.min_count = 5;
    ama__window_run r = {0, rows, 0, n / rows, x, m->b, n / rows, m->c};
    ama__window_reduce(&w, &r);
}

static void run_gather(const trial *t, const memory *m, const void *x, int64_t n) {
    const int64_t stride = 1, *const list[1] = {m->list};
    ama__gather(ama__class_of(t->dtype), 1, &n, list, &stride, x, m->b);
}

static void run_order(const trial *t, const memory *m, const void *x, int64_t n) {
    ama__order o = {.dtype = t->dtype, .out = t->dtype, .skipna = true, .median = true, .n_q = 1};
    ama__order_part part = {x, DAYS};
    ama__order_input in = {1, &part, n / DAYS};
    void *out = m->b;
    ama__order_run(1, &o, &in, 0, n / DAYS, m->c, &out);
}

static void run_shuffle(const trial *t, const memory *m, const void *x, int64_t n) {
    size_t size = ama__dtype_bytes(t->dtype);
    ama__shuffle_bytes(t->op >= AMA_ISA_AVX2, size, x, (uint8_t *)m->b, (size_t)n * size);
}

static void run_unshuffle(const trial *t, const memory *m, const void *x, int64_t n) {
    size_t size = ama__dtype_bytes(t->dtype);
    ama__unshuffle_bytes(t->op >= AMA_ISA_AVX2, size, x, (uint8_t *)m->b, (size_t)n * size);
}

static const trial trials[] = {
    {"load", "f4 swapped", AMA_F4, run_load, .to = AMA_F4, .swapped = true},
    {"load", "f8 swapped", AMA_F8, run_load, .to = AMA_F8, .swapped = true},
    {"load", "f4 with a missing value", AMA_F4, run_load, .to = AMA_F4, .missing = true},
    {"load", "i2 packed to f4", AMA_I2, run_load, .to = AMA_F4, .packed = true, .missing = true},
    {"load", "i2 packed to f8", AMA_I2, run_load, .to = AMA_F8, .packed = true, .missing = true},
    {"load", "i4 to i8", AMA_I4, run_load, .to = AMA_I4},
    {"load", "u1 to i8", AMA_U1, run_load, .to = AMA_U1},
    {"convert", "f4 to f8", AMA_F4, run_convert, .to = AMA_F8},
    {"convert", "f8 to f4", AMA_F8, run_convert, .to = AMA_F4},
    {"convert", "i8 to f8", AMA_I8, run_convert, .to = AMA_F8},
    {"convert", "f8 to i8", AMA_F8, run_convert, .to = AMA_I8},
    {"convert", "f4 to i2", AMA_F4, run_convert, .to = AMA_I2},
    {"store", "i8 to i2", AMA_I8, run_store, .to = AMA_I2},
    {"add", "f4", AMA_F4, run_map, .op = AMA_OP_ADD},
    {"add", "f8", AMA_F8, run_map, .op = AMA_OP_ADD},
    {"add", "i8", AMA_I8, run_map, .op = AMA_OP_ADD},
    {"subtract", "f4", AMA_F4, run_map, .op = AMA_OP_SUB},
    {"multiply", "f4 by one value", AMA_F4, run_map, .op = AMA_OP_MUL, .scalars = 2},
    {"true_divide", "f8", AMA_F8, run_map, .op = AMA_OP_DIV},
    {"less", "f4", AMA_F4, run_map, .op = AMA_OP_LT},
    {"where", "f4", AMA_F4, run_map, .op = AMA_OP_WHERE},
    {"rint", "f4", AMA_F4, run_map, .op = AMA_OP_RINT},
    {"sqrt", "f8", AMA_F8, run_map, .op = AMA_OP_SQRT},
    {"exp", "f4", AMA_F4, run_map, .op = AMA_OP_EXP},
    {"fold mean", "f4", AMA_F4, run_fold, .op = AMA_RED_MEAN},
    {"fold mean", "f8", AMA_F8, run_fold, .op = AMA_RED_MEAN},
    {"fold max", "f4", AMA_F4, run_fold, .op = AMA_RED_MAX},
    {"fold std", "f4", AMA_F4, run_fold, .op = AMA_RED_STD},
    {"fold sum", "i8", AMA_I8, run_fold, .op = AMA_RED_SUM},
    {"row mean", "f4", AMA_F4, run_row, .op = AMA_RED_MEAN},
    {"row mean", "f8", AMA_F8, run_row, .op = AMA_RED_MEAN},
    {"row max", "f4", AMA_F4, run_row, .op = AMA_RED_MAX},
    {"row std", "f4", AMA_F4, run_row, .op = AMA_RED_STD},
    {"row sum", "i8", AMA_I8, run_row, .op = AMA_RED_SUM},
    {"row count", "f4", AMA_F4, run_row, .op = AMA_RED_COUNT},
    {"cumsum", "f4", AMA_F4, run_scan, .to = AMA_F4},
    {"cumsum", "f8", AMA_F8, run_scan, .to = AMA_F8},
    {"rolling mean", "f4", AMA_F4, run_window, .op = AMA_RED_MEAN},
    {"rolling max", "f4", AMA_F4, run_window, .op = AMA_RED_MAX},
    {"window median", "f4", AMA_F4, run_window, .op = AMA_RED_MEDIAN},
    {"gather", "f4", AMA_F4, run_gather, .to = AMA_F4},
    {"gather", "f8", AMA_F8, run_gather, .to = AMA_F8},
    {"median", "f4", AMA_F4, run_order, .to = AMA_F4},
    {"median", "f8", AMA_F8, run_order, .to = AMA_F8},
    {"shuffle", "4 bytes", AMA_F4, run_shuffle, .to = AMA_F4},
    {"unshuffle", "4 bytes", AMA_F4, run_unshuffle, .to = AMA_F4},
    {"unshuffle", "8 bytes", AMA_F8, run_unshuffle, .to = AMA_F8},
};

/* ---- measuring */

static double cpu_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double copy_gbs(const memory *m) {
    double best = 1e300;
    for (int i = 0; i <= REPEATS; i++) { /* the first touches the memory */
        double start = cpu_s();
        memcpy(m->copy, m->src, m->bytes);
        double s = cpu_s() - start;
        if (i > 0 && s < best) best = s;
    }
    return 1e-9 * (double)m->bytes / best;
}

/* By adding up 8-byte words and by looking for a byte that is not there: the faster of the two. */
static double read_gbs(const memory *m) {
    const ama__state_kind k = {AMA_RED_SUM, AMA_I8, true};
    double best = 1e300;
    memset(m->copy, 1, m->bytes);
    for (int i = 0; i < 2 * REPEATS; i++) {
        double start = cpu_s();
        if (i % 2)
            ama__state_row(&k, ama__state_at(&k, m->b, 1), (int64_t)(m->bytes / 8), m->copy);
        else if (memchr(m->copy, 0, m->bytes))
            return 0;
        double s = cpu_s() - start;
        if (s < best) best = s;
    }
    return 1e-9 * (double)m->bytes / best;
}

/* Values of the trial's dtype in src: a block of them over and over. */
static void fill(const trial *t, const memory *m) {
    double *x = (double *)m->b;
    uint32_t seed = 1;
    for (int64_t i = 0; i < BLOCK; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (double)(seed >> 20) / 16 - 100; /* of a byte: wraps */
        m->c[i] = (char)(seed >> 31);
    }
    ama__convert_run(AMA_F8, t->dtype, BLOCK, x, m->a);
    ama__store_run(t->dtype, BLOCK, m->a, m->b);
    bool dense = t->run == run_load || t->run == run_shuffle || t->run == run_unshuffle;
    size_t size = dense ? ama__dtype_bytes(t->dtype) : ama__class_bytes(ama__class_of(t->dtype)), block = size * BLOCK;
    for (size_t at = 0; at < m->bytes; at += block)
        memcpy(m->src + at, dense ? m->b : m->a, m->bytes - at < block ? m->bytes - at : block);
    memset(m->b, 0, 4 * BLOCK_BYTES);
}

static double trial_gbs(const trial *t, const memory *m, ama__isa isa) {
    trial with = *t;
    int64_t n = t->run == run_order ? BLOCK / DAYS * DAYS : BLOCK;
    bool dense = t->run == run_load || t->run == run_shuffle || t->run == run_unshuffle;
    size_t size = dense ? ama__dtype_bytes(t->dtype) : ama__class_bytes(ama__class_of(t->dtype));
    size_t block = size * (size_t)n, blocks = m->bytes / block;
    double best = 1e300;
    if (t->run == run_shuffle || t->run == run_unshuffle) with.op = (int)isa;
    ama__kernels_use(isa);
    for (int i = 0; i < REPEATS; i++) {
        double start = cpu_s();
        for (size_t k = 0; k < blocks; k++) t->run(&with, m, m->src + k * block, n);
        double s = cpu_s() - start;
        if (s < best) best = s;
    }
    ama__kernels_use(ama__isa_wanted());
    return 1e-9 * (double)(blocks * block) / best;
}

static void print_trial(const trial *t, const memory *m, double memory_gbs, ama__text *line) {
    double most = 0;
    fill(t, m);
    ama__text_printf(line, "%-14s%-26s", t->kernel, t->what);
    for (int isa = 0; isa < AMA_ISA_N; isa++) {
        if (!ama__isa_available((ama__isa)isa)) continue;
        double x = trial_gbs(t, m, (ama__isa)isa);
        if (x > most) most = x;
        ama__text_printf(line, "%10.2f", x);
    }
    ama__text_printf(line, "%9.0f %%\n", 100 * most / memory_gbs);
}

static void say(ama_session *s, ama__text *line) {
    ama__session_say(s, AMA_TEXT_OUTPUT, ama__text_get(line));
    ama__text_fini(line);
    ama__text_init(line, s->ctx);
}

static void measure(ama_session *s, const memory *m) {
    ama__text line;
    ama__text_init(&line, s->ctx);
    double copy = copy_gbs(m), read = read_gbs(m);
    ama__text_printf(&line, "one thread, GB/s of input streamed from %zu MiB\n", m->bytes >> 20);
    ama__text_printf(&line, "%-40s%10.2f\n%-40s%10.2f\n\n%-40s", "memcpy", copy, "read", read, "kernel");
    for (int isa = 0; isa < AMA_ISA_N; isa++)
        if (ama__isa_available((ama__isa)isa)) ama__text_printf(&line, "%10s", ama__isa_name((ama__isa)isa));
    ama__text_printf(&line, "%11s\n", "of read");
    say(s, &line);
    for (size_t k = 0; k < sizeof trials / sizeof *trials; k++) {
        print_trial(&trials[k], m, read, &line);
        say(s, &line);
    }
    ama__text_fini(&line);
}

ama_status ama_bench_kernels(ama_session *session, size_t bytes) {
    ama_ctx *ctx = session->ctx;
    memory m = {.bytes = bytes / BLOCK_BYTES * BLOCK_BYTES};
    char *blocks = NULL;
    ama_status status;
    ama__error_clear(ctx);
    if (m.bytes == 0) return ama__fail(ctx, AMA_ERR_ARG, "at least %d bytes are wanted to stream", BLOCK_BYTES);
    AMA_TRY_DONE(ama__mem_alloc(ctx, AMA_MEM_CHUNK, m.bytes, (void **)&m.src));
    AMA_TRY_DONE(ama__mem_alloc(ctx, AMA_MEM_CHUNK, m.bytes, (void **)&m.copy));
    AMA_TRY_DONE(ama__mem_calloc(ctx, AMA_MEM_SCRATCH, 13, BLOCK_BYTES, (void **)&blocks));
    m.a = blocks, m.b = m.a + 4 * BLOCK_BYTES, m.c = m.b + 4 * BLOCK_BYTES;
    m.list = (int64_t *)(m.c + 4 * BLOCK_BYTES);
    for (int64_t i = 0; i < BLOCK; i++) m.list[i] = i * 7919 % BLOCK;
    measure(session, &m);
done:
    ama__mem_free(ctx, m.src);
    ama__mem_free(ctx, m.copy);
    ama__mem_free(ctx, blocks);
    return status;
}
