#include "exec/counting.h"

#include <string.h>

#include "exec/accum_private.h"
#include "exec/collect.h"
#include "kernel/count.h"

struct ama__counting {
    ama_ctx *ctx;
    const ama__consumer *c; /* of this pass */
    int threads, n_results;
    int64_t cells;                /* of one group */
    int64_t stride[AMA_MAX_DIMS]; /* of kept axes in the cells; 0 on others */
    int64_t n;                    /* counters: [group][cell][result] */
    ama__count *count;
    int64_t *at;     /* [n + 1] where the counts of each begin; in count's memory, as that of the kernel */
    int64_t *counts; /* [threads][at[n]] */
};

static bool is_kept(const ama__consumer *c, int axis) {
    return !c->spec.reduced[axis] && axis != c->spec.label_axis;
}

static void init_counters(ama__counting *k, char *memory) {
    for (int64_t i = 0; i < k->n; i++) {
        ama__order o = ama__collect_order(k->c, (int)(i % k->n_results));
        ama__count_init(&k->count[i], &o, k->c->digit, memory);
        memory += ama__counter_bytes(o.n_q) - sizeof *k->count - sizeof *k->at;
    }
    k->at = (int64_t *)(void *)memory;
}

ama_status ama__counting_create(ama_ctx *ctx, const ama__consumer *c, int threads, ama__counting **out) {
    ama__counting *k;
    AMA_TRY(ama__mem_calloc(ctx, AMA_MEM_META, 1, sizeof *k, (void **)out));
    k = *out;
    *k = (ama__counting){.ctx = ctx, .c = c, .threads = threads, .n_results = 1 + c->n_twins, .cells = 1};
    for (int d = c->node->ndim - 1; d >= 0; d--) {
        if (!is_kept(c, d)) continue;
        k->stride[d] = k->cells;
        k->cells *= c->node->shape[d];
    }
    k->n = ama__consumer_counters(c) * k->n_results;
    size_t bytes = (size_t)ama__consumer_counter_bytes(c) + sizeof *k->at;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_STATE, bytes, (void **)&k->count));
    init_counters(k, (char *)(k->count + k->n));
    return AMA_OK;
}

void ama__counting_destroy(ama__counting **out) {
    ama__counting *k = *out;
    if (!k) return;
    ama__mem_free(k->ctx, k->counts);
    ama__mem_free(k->ctx, k->count);
    ama__mem_free(k->ctx, k);
    *out = NULL;
}

/* Of one without values nothing is wanted after the first pass. */
static bool is_done(const ama__counting *k, int64_t i) {
    return k->c->pass > 0 && k->count[i].n == 0;
}

ama_status ama__counting_begin(ama__counting *k, const ama__consumer *c) {
    k->c = c;
    k->at[0] = 0;
    for (int64_t i = 0; i < k->n; i++) k->at[i + 1] = k->at[i] + (is_done(k, i) ? 0 : ama__count_size(&k->count[i]));
    return ama__mem_calloc(k->ctx, AMA_MEM_STATE, (size_t)k->at[k->n] * (size_t)k->threads + 1, sizeof *k->counts,
                           (void **)&k->counts);
}

/* ---- blocks */

/* Runs of a block: axes [first, end) are reduced (or the one label axis), those behind are kept. */
typedef struct runs {
    const ama__box *b;
    int first, end;
    int64_t n, across; /* values of each cell in a run; cells behind */
    int64_t *counts;   /* of this thread */
} runs;

static runs make_runs(ama__counting *k, const ama__box *b) {
    const ama__consumer *c = k->c;
    runs r = {.b = b, .end = b->ndim, .n = 1, .across = 1, .counts = k->counts + ama__thread() * k->at[k->n]};
    while (r.end > 0 && is_kept(c, r.end - 1)) r.across *= b->count[--r.end];
    r.first = r.end;
    if (r.first > 0 && r.first - 1 == c->spec.label_axis)
        r.first--;
    else
        while (r.first > 0 && c->spec.reduced[r.first - 1]) r.n *= b->count[--r.first];
    return r;
}

/* Cell of an index tuple over axes [from, to) of a block. */
static int64_t cell_of(const ama__counting *k, const ama__box *b, const int64_t *at, int from, int to) {
    int64_t cell = 0;
    for (int d = from; d < to; d++) cell += (b->start[d] + at[d]) * k->stride[d];
    return cell;
}

/* n values of each of the cells behind, the first of them at x. */
static void add_run(ama__counting *k, const runs *r, int64_t group, int64_t cell, const void *x, int64_t n) {
    int64_t at[AMA_MAX_DIMS] = {0};
    const ama__order_part part = {x, n};
    for (int64_t j = 0; j < r->across; j++) {
        int64_t i = (group * k->cells + cell + cell_of(k, r->b, at, r->end, r->b->ndim)) * k->n_results;
        for (int64_t last = i + k->n_results; i < last; i++)
            if (!is_done(k, i)) ama__count_add(&k->count[i], &part, r->across, j, r->counts + k->at[i]);
        ama__index_next(r->b->ndim - r->end, r->b->count + r->end, at + r->end);
    }
}

/* A run along the label axis: as far as the group stays the same. */
static void add_labelled(ama__counting *k, const runs *r, int64_t cell, const char *x) {
    const int64_t *label = k->c->spec.label + r->b->start[r->first], n = r->b->count[r->first];
    const size_t size = ama__dtype_bytes(k->c->node->dtype);
    for (int64_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && label[next] == label[i];) next++;
        if (label[i] >= 0) add_run(k, r, label[i], cell, x + (size_t)(i * r->across) * size, next - i);
    }
}

void ama__counting_block(ama__counting *k, const ama__box *b, const void *x) {
    const ama__consumer *c = k->c;
    const runs r = make_runs(k, b);
    const int label = c->spec.label_axis;
    int64_t at[AMA_MAX_DIMS] = {0}, n = r.n * r.across * (label >= r.first && label < r.end ? b->count[label] : 1);
    const size_t step = (size_t)n * ama__dtype_bytes(c->node->dtype);
    const char *p = x;
    do {
        int64_t cell = cell_of(k, b, at, 0, r.first);
        int64_t group = label >= 0 && label < r.first ? c->spec.label[b->start[label] + at[label]] : 0;
        if (label >= r.first && label < r.end)
            add_labelled(k, &r, cell, p);
        else if (group >= 0)
            add_run(k, &r, group, cell, p, r.n);
        p += step;
    } while (ama__index_next(r.first, b->count, at));
}

/* ---- the end of a pass */

static void sum_threads(ama__counting *k) {
    const int64_t n = k->at[k->n];
    for (int t = 1; t < k->threads; t++)
        for (int64_t i = 0; i < n; i++) k->counts[i] += k->counts[t * n + i];
}

/* Results of the cells of `part`, dense. */
static void put_results(const ama__counting *k, int result, int64_t group, const ama__box *part, char *out) {
    const ama__order *o = &k->count[result].order;
    const size_t size = (size_t)o->n_q * ama__dtype_bytes(o->out);
    int64_t at[AMA_MAX_DIMS] = {0};
    do {
        int64_t cell = group * k->cells + cell_of(k, part, at, 0, part->ndim);
        ama__count_results(&k->count[cell * k->n_results + result], out);
        out += size;
    } while (ama__index_next(part->ndim, part->count, at));
}

static ama_status add_results(ama__accum *a, const ama__counting *k, int rank, int nranks) {
    ama__box whole = ama__box_whole(k->c->node->ndim, k->c->node->shape), kept = ama__consumer_kept(k->c, &whole), part;
    if (!ama__accum_part(&kept, rank, nranks, &part) || ama__box_size(&part) == 0) return AMA_OK;
    for (int i = 0; i < k->n_results; i++)
        for (int64_t g = 0; g < k->c->groups.n_groups; g++) {
            const ama__order *o = &k->count[i].order;
            size_t bytes = (size_t)(ama__box_size(&part) * o->n_q) * ama__dtype_bytes(o->out);
            void *data;
            AMA_TRY(ama__mem_alloc(a->ctx, AMA_MEM_RESULT, bytes, &data));
            put_results(k, i, g, &part, data);
            AMA_TRY(ama__accum_add_piece(a, i, &part, g, data));
        }
    return AMA_OK;
}

ama_status ama__counting_end(ama__accum *a, ama__comm *comm, ama_status status) {
    ama__counting *k = a->counting;
    AMA_TRY(ama__comm_agree(comm, status));
    sum_threads(k);
    ama__comm_sum_each(comm, k->counts, k->at[k->n]);
    for (int64_t i = 0; i < k->n; i++)
        if (!is_done(k, i)) ama__count_narrow(&k->count[i], k->counts + k->at[i]);
    AMA_FREE(k->ctx, k->counts);
    if (k->c->pass < k->c->n_passes - 1) return AMA_OK;
    return ama__comm_agree(comm, add_results(a, k, ama__comm_rank(comm), ama__comm_nranks(comm)));
}
