/* Each kind of loop on a block of values in cache, as a run calls it. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "api/work.h"
#include "base/number.h"
#include "base/phase.h"
#include "kernel/count.h"
#include "kernel/gather.h"
#include "kernel/order.h"
#include "kernel/rank.h"
#include "kernel/scan.h"
#include "kernel/state.h"
#include "kernel/window.h"

enum {
    BLOCK = AMA_BLOCK_ELEMENTS,
    BUFFER = 2 << 20,
    TIMES = 3,
    ROW_CELLS = 256,
    WIDTH_MOST = 128,
    QUANTILES_MOST = 64,
    RANKS = 32 << 10, /* values; they take ten times as long as others */
    VALUES = BUFFER / 8
};

typedef struct memory {
    char *x, *y, *out, *work; /* BUFFER bytes each; x and y hold values */
    int64_t list[BLOCK];
} memory;

/* Values around 280 that differ, of any class. */
static void make_values(ama__class class, int64_t n, void *out) {
    uint64_t seed = 88172645463325252u; /* xorshift64, Marsaglia 2003 */
    for (int64_t i = 0; i < n; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        double x = 270 + (double)(seed >> 40) * 0x1p-24 * 20;
        if (class == AMA_CLASS_F8) ((double *)out)[i] = x;
        if (class == AMA_CLASS_F4) ((float *)out)[i] = (float)x;
        if (class == AMA_CLASS_I) ((int64_t *)out)[i] = (int64_t)x;
        if (class == AMA_CLASS_B) ((uint8_t *)out)[i] = seed >> 63;
    }
}

static int64_t run_load(const ama__work *w, memory *m) {
    ama__load l = {.stored = w->from, .decoded = w->to, .dtype = w->to, .swapped = w->swapped};
    l.has_scale = l.has_offset = w->packed && w->from != w->to;
    l.scale = 0.01, l.offset = 273.15;
    l.n_missing = w->packed;
    l.missing_f8[0] = l.missing_i8[0] = -99;
    int64_t n = w->n > 0 ? ama__min_i8(w->n, BLOCK) : BLOCK, runs = BLOCK / n;
    size_t from = ama__dtype_bytes(w->from), to = ama__class_bytes(ama__class_of(w->to));
    for (int64_t i = 0; i < runs; i++)
        ama__load_run(&l, n, m->x + (size_t)(i * n) * from, m->out + (size_t)(i * n) * to);
    return runs * n;
}

/* Runs of two rows by turns, so that they stay runs. */
static void copy_runs(const ama__work *w, memory *m, void *to) {
    size_t size = ama__dtype_bytes(w->from);
    int64_t n = ama__min_i8(w->n, BLOCK / 2), rows = BUFFER / (int64_t)size / 2 / n;
    const int64_t count[2] = {rows, n}, from_stride[2] = {2 * n, 1}, to_stride[2] = {n, 1};
    ama__strided_copy(2, count, size, m->x, from_stride, to, to_stride);
}

static int64_t run_copy(const ama__work *w, memory *m) {
    int64_t n = ama__min_i8(w->n, BLOCK / 2), values = BUFFER / (int64_t)ama__dtype_bytes(w->from) / 2 / n * n;
    if (w->kind == AMA_WORK_COPY) {
        copy_runs(w, m, m->out);
        return values;
    }
    void *fresh = mmap(NULL, BUFFER / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh == MAP_FAILED) return 0;
    copy_runs(w, m, fresh);
    munmap(fresh, BUFFER / 2);
    return values;
}

static int64_t run_map(const ama__work *w, memory *m) {
    int operands = ama__op_operands((ama__op)w->op);
    if (operands == 3)
        ama__map_run((ama__op)w->op, w->from, BLOCK, m->work, m->x, m->y, 0, m->out);
    else
        ama__map_run((ama__op)w->op, w->from, BLOCK, m->x, operands > 1 ? m->y : NULL, NULL, 0, m->out);
    return BLOCK;
}

static int64_t run_gather(const ama__work *w, memory *m) {
    const int64_t n = BLOCK, stride = 1, *const list[1] = {m->list};
    for (int64_t i = 0; i < n; i++) m->list[i] = i;
    ama__gather(ama__class_of(w->from), 1, &n, list, &stride, m->x, m->out);
    return n;
}

static int64_t run_fold(const ama__work *w, memory *m) {
    ama__state_kind k = {(ama__red)w->op, w->from, w->skipna};
    const int64_t cells = BLOCK / w->n;
    const void *row[AMA_FOLD_ROWS];
    for (int64_t r = 0; r < w->n; r++) row[r] = m->x + (size_t)(r * cells) * ama__class_bytes(ama__class_of(w->from));
    ama__state_fold(&k, ama__state_at(&k, m->out, cells), cells, (int)w->n, row);
    return w->n * cells;
}

static int64_t run_row(const ama__work *w, memory *m) {
    ama__state_kind k = {(ama__red)w->op, w->from, w->skipna};
    uint64_t mem[3];
    int64_t n = ama__min_i8(w->n, BLOCK), rows = BLOCK / n;
    ama__state row = ama__state_at(&k, mem, 1), cells = ama__state_at(&k, m->out, ROW_CELLS);
    for (int64_t i = 0; i < rows; i++) {
        const char *x = m->x + (size_t)(i * n) * ama__class_bytes(ama__class_of(w->from));
        if (w->kind == AMA_WORK_SERIES) {
            ama__state_fold_seq(&k, ama__state_offset(cells, i % ROW_CELLS), n, x, 1);
            continue;
        }
        ama__state_row(&k, row, n, x);
        ama__state_merge(&k, ama__state_offset(cells, i % ROW_CELLS), row, 1);
    }
    return rows * n;
}

static int64_t run_state(const ama__work *w, memory *m) {
    ama__state_kind k = {(ama__red)w->op, w->from, w->skipna};
    ama__finish f = {.out = w->to};
    ama__state a = ama__state_at(&k, m->out, BLOCK), b = ama__state_at(&k, m->work, BLOCK);
    ama__state_init(&k, a, BLOCK);
    ama__state_merge(&k, b, a, BLOCK);
    ama__state_finish(&k, &f, b, BLOCK, m->y);
    return BLOCK;
}

static int64_t run_scan(const ama__work *w, memory *m) {
    ama__scan_kind k = {ama__class_of(w->from), w->op != 0, w->skipna};
    ama__scan_rows(&k, 16, BLOCK / 16, m->x, NULL, m->out, BLOCK / 16);
    return BLOCK;
}

static int64_t run_rank(const ama__work *w, memory *m) {
    const ama__rank_kind k = {.dtype = w->from};
    int64_t n = ama__min_i8(w->n < 1 ? 1 : w->n, RANKS / 2), cells = RANKS / n;
    if (ama__rank_work_bytes(n) > BUFFER) return 0;
    ama__rank_keys(&k, n, cells, m->x, m->out, cells);
    ama__rank_columns(&k, n, cells, m->out, cells, m->work);
    return n * cells;
}

/* The cost does not depend on the width, but on how many more indices go in than come out. */
static int64_t run_window(const ama__work *w, memory *m) {
    ama__window x = {.op = (ama__red)w->op, .dtype = w->from, .out = w->to, .skipna = w->skipna};
    x.width = ama__min_i8(w->n, WIDTH_MOST);
    int64_t n = 256, cells = BLOCK / (n + x.width - 1);
    x.lo = x.width - 1;
    x.extent = n + x.width - 1;
    x.min_count = x.width;
    ama__window_run r = {.first = x.width - 1, .n = n, .cells = cells, .x = m->x, .out = m->out, .out_stride = cells};
    r.work = m->work;
    if (ama__window_work_bytes(&x, n, cells) > BUFFER) return 0;
    ama__window_reduce(&x, &r);
    return n * cells;
}

static ama__order order_of(const ama__work *w) {
    static const double middle = 0.5;
    const ama__reduce_spec *s = w->spec;
    bool median = s->op == AMA_RED_MEDIAN;
    ama__order o = {.dtype = w->from, .out = w->to, .skipna = s->skipna, .median = median, .method = s->method};
    o.n_q = median ? 1 : ama__min_i8(s->n_q, QUANTILES_MOST);
    o.q = median ? &middle : s->q;
    return o;
}

static int64_t run_order(const ama__work *w, memory *m) {
    const ama__order o = order_of(w);
    int64_t n = ama__min_i8(w->n, VALUES / 16), cells = VALUES / n, columns = ama__order_columns(w->from, n, cells);
    ama__order_part part = {m->x, n};
    ama__order_input in = {1, &part, cells};
    void *out = m->out;
    if (ama__order_work_bytes(w->from, n, cells, o.n_q) > BUFFER) return 0;
    ama__order_run(1, &o, &in, 0, columns, m->work, &out);
    return n * columns;
}

static int64_t run_count(const ama__work *w, memory *m) {
    const ama__order o = order_of(w);
    const ama__order_part part = {m->x, BLOCK};
    ama__count c;
    if (ama__count_bytes(o.n_q) > BUFFER || ama__count_size_max(o.n_q, (int)w->n) * 8 > BUFFER) return 0;
    ama__count_init(&c, &o, (int)w->n, m->work);
    ama__count_add(&c, &part, 1, 0, (int64_t *)(void *)m->out);
    return BLOCK;
}

/* One call; how many values it takes. 0: it can not be measured. */
static int64_t run(const ama__work *w, memory *m) {
    switch (w->kind) {
    case AMA_WORK_LOAD: return run_load(w, m);
    case AMA_WORK_CONVERT: ama__convert_run(w->from, w->to, BLOCK, m->x, m->out); return BLOCK;
    case AMA_WORK_STORE: ama__store_run(w->from, BLOCK, m->x, m->out); return BLOCK;
    case AMA_WORK_MAP: return run_map(w, m);
    case AMA_WORK_GATHER: return run_gather(w, m);
    case AMA_WORK_COPY:
    case AMA_WORK_COLLECT: return run_copy(w, m);
    case AMA_WORK_FOLD: return run_fold(w, m);
    case AMA_WORK_ROW:
    case AMA_WORK_SERIES: return run_row(w, m);
    case AMA_WORK_STATE: return run_state(w, m);
    case AMA_WORK_SCAN: return run_scan(w, m);
    case AMA_WORK_RANK: return run_rank(w, m);
    case AMA_WORK_WINDOW: return run_window(w, m);
    case AMA_WORK_ORDER: return run_order(w, m);
    case AMA_WORK_COUNT: return run_count(w, m);
    case AMA_WORK_N: break;
    }
    return 0;
}

static void measure(ama__work *w, memory *m) {
    ama__class class = ama__class_of(w->from);
    double best = INFINITY;
    int64_t n = 0;
    bool columns = w->kind == AMA_WORK_ORDER || w->kind == AMA_WORK_RANK;
    make_values(class, columns ? VALUES : BLOCK, m->x);
    make_values(class, BLOCK, m->y);
    if (w->kind == AMA_WORK_MAP && w->op == AMA_OP_WHERE) make_values(AMA_CLASS_B, BLOCK, m->work);
    for (int i = 0; i < TIMES; i++) {
        if (w->kind == AMA_WORK_COUNT || w->kind == AMA_WORK_ROW || w->kind == AMA_WORK_SERIES ||
            w->kind == AMA_WORK_FOLD)
            memset(m->out, 0, BUFFER); /* states and counts that are numbers */
        double start = ama__cpu_s();
        n = run(w, m);
        best = fmin(best, ama__cpu_s() - start);
    }
    w->value_s = n > 0 ? best / (double)n : 0;
}

ama_status ama__works_measure(ama_ctx *ctx, ama__works *w) {
    memory *m;
    char *all = NULL;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_SCRATCH, sizeof *m, (void **)&m));
    ama_status status = ama__mem_calloc(ctx, AMA_MEM_SCRATCH, 4, BUFFER, (void **)&all);
    *m = (memory){.x = all, .y = all + BUFFER, .out = all + 2 * BUFFER, .work = all + 3 * BUFFER};
    for (int i = 0; i < w->n && status == AMA_OK; i++) measure(&w->at[i], m);
    ama__mem_free(ctx, all);
    ama__mem_free(ctx, m);
    return status;
}
