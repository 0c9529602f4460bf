/* Which way costs less is worked out with fixed rates, so that a plan depends on its numbers alone. */
#include "plan/ways.h"

#include "kernel/count.h"
#include "plan/simulate.h"

#define LEAST_DIGIT 4
#define MOST_BYTES ((int64_t)64 << 20) /* of counts where the columns might be collected as well */

/* Nanoseconds: a byte read and decoded, of a file system that gives a core 1 to 2 GB/s; a value counted and what a run
 * of one cell's values costs besides; a byte collected and selected from, and sent; a byte of counts (cleared, summed
 * over threads and ranks, looked through); another pass. All but the first as measured with 1 GB of float32; only their
 * ratios matter. */
#define READ_NS 1.3
#define VALUE_NS 1.2
#define RUN_NS 18.0
#define COLLECT_NS 1.3
#define SEND_NS 1.2
#define SUM_NS 1.0
#define PASS_NS 3e6

static int key_bits(const ama__consumer *c) {
    return 8 * (int)ama__order_key_bytes(c->node->dtype);
}

int64_t ama__consumer_counters(const ama__consumer *c) {
    ama__box whole = ama__box_whole(c->node->ndim, c->node->shape);
    return ama__consumer_cells(c, &whole) * c->groups.n_groups;
}

size_t ama__counter_bytes(int64_t n_q) {
    return sizeof(ama__count) + (ama__count_bytes(n_q) + 7) / 8 * 8 + sizeof(int64_t);
}

/* Of one cell: its counts, at most, in a pass that adds `bits` bits. */
static int64_t counts_of(const ama__consumer *c, int bits, bool first) {
    int64_t n = 0;
    for (int i = 0; i <= c->n_twins; i++) {
        int64_t brackets = first ? 1 : 2 * ama__reduce_n_q(ama__consumer_result(c, i));
        n += 1 + (brackets << bits);
    }
    return n;
}

static int64_t counters_of(const ama__consumer *c) {
    int64_t n = 0;
    for (int i = 0; i <= c->n_twins; i++) n += (int64_t)ama__counter_bytes(ama__reduce_n_q(ama__consumer_result(c, i)));
    return n;
}

int64_t ama__consumer_counter_bytes(const ama__consumer *c) {
    return ama__consumer_counters(c) * counters_of(c);
}

int64_t ama__consumer_counts_bytes(const ama__consumer *c, int threads) {
    int left = key_bits(c) - c->pass * c->digit, bits = left < c->digit ? left : c->digit;
    return ama__consumer_counters(c) * counts_of(c, bits, c->pass == 0) * 8 * threads;
}

/* ---- the choice */

typedef struct counting { /* a way to count */
    int digit;            /* 0: there is none */
    int passes;
    double bytes; /* held by a rank */
} counting;

/* Counters that counting in place of the consumer takes: a panel stands for all of them. */
static double all_counters(const ama__consumer *c) {
    return (double)ama__consumer_counters(c) * (double)(c->n_panels > 1 ? c->n_panels : 1);
}

/* The fewest passes whose counts fit, and the smallest digit that needs no more. */
static counting find_counting(const ama__consumer *c, int threads, double room) {
    const int bits = key_bits(c);
    double cells = all_counters(c);
    for (int passes = (bits + AMA_COUNT_DIGIT_MAX - 1) / AMA_COUNT_DIGIT_MAX;; passes++) {
        int digit = (bits + passes - 1) / passes;
        if (digit < LEAST_DIGIT) return (counting){0};
        double counts = (double)counts_of(c, digit, false);
        counting way = {digit, ama__count_passes(c->node->dtype, digit), 0};
        way.bytes = cells * (counts * 8 * threads + (double)counters_of(c));
        if (way.bytes <= room) return way;
    }
}

/* All values are counted once: in blocks, in which those of a cell are taken together. */
static double values_ns(const ama__consumer *c) {
    double n = c->n_panels > 1 ? (double)c->n_panels : 1;
    double run = (double)AMA_BLOCK_ELEMENTS / (1 + all_counters(c) / (double)c->groups.n_groups);
    for (int a = 0; a < c->node->ndim; a++) n *= (double)c->node->shape[a];
    return n * (1 + c->n_twins) * (VALUE_NS + RUN_NS / (run > 1 ? run : 1));
}

static double counting_ns(const ama__plan *p, const ama__stage *s, const ama__consumer *c, const counting *way) {
    double workers = (double)p->options.nranks * p->options.threads;
    double reading = (double)s->decoded_bytes * READ_NS;
    return way->passes * ((reading + values_ns(c)) / workers + way->bytes * SUM_NS + PASS_NS);
}

/* The rank that needs most shares its columns out over its threads. */
static double collecting_ns(const ama__plan *p, const ama__stage *s, const ama__consumer *c, int64_t passes) {
    double workers = (double)p->options.nranks * p->options.threads, columns = (double)ama__consumer_counters(c);
    double threads = columns / p->options.nranks;
    threads = threads < 1 ? 1 : threads > p->options.threads ? p->options.threads : threads;
    double bytes = (double)c->collected_bytes * (c->n_panels > 1 ? (double)c->n_panels : 1);
    double sent = p->options.nranks > 1 ? bytes * SEND_NS : 0;
    double reading = (double)passes * ((double)s->decoded_bytes * READ_NS / workers + PASS_NS);
    return reading + bytes * COLLECT_NS / threads + sent;
}

static bool may_count(const ama__plan *p, const ama__panels *panels, const ama__consumer *c) {
    return c->kind == AMA_CONSUME_REDUCE && ama__red_collects(c->spec.op) && c->n_passes == 0 &&
           c->reduce->id < panels->n && p->options.order != AMA_ORDER_COLLECT;
}

/* *room: what is left for the counts of a stage. */
static bool choose(const ama__plan *p, const ama__panels *panels, const ama__stage *s, const ama__consumer *c,
                   double *room) {
    bool wanted = p->options.order == AMA_ORDER_COUNT;
    double held = (double)c->collected_bytes / 2;
    if (!may_count(p, panels, c) || c->n_panels > 0) return false;
    counting way = find_counting(c, p->options.threads, wanted || held > *room ? *room : held);
    if (way.digit == 0 || (!wanted && counting_ns(p, s, c, &way) >= collecting_ns(p, s, c, 1))) return false;
    panels->digit[c->reduce->id] = way.digit;
    *room -= way.bytes;
    return true;
}

bool ama__plan_more_counting(const ama__plan *p, const ama__panels *panels) {
    const int64_t quarter = p->options.budget_bytes / 4;
    bool any = false;
    for (int k = 0; k < p->n_stages; k++) {
        double room = (double)(quarter < MOST_BYTES ? quarter : MOST_BYTES);
        for (int i = 0; i < p->stage[k].n_consumers; i++)
            any |= choose(p, panels, &p->stage[k], &p->stage[k].consumer[i], &room);
    }
    return any;
}

bool ama__plan_count_instead(const ama__plan *p, const ama__panels *panels, const ama__stage *s, const ama__consumer *c,
                             int64_t room, int64_t passes) {
    if (!may_count(p, panels, c)) return false;
    counting way = find_counting(c, p->options.threads, (double)room);
    if (way.digit == 0) return false;
    if (passes < INT64_MAX && counting_ns(p, s, c, &way) >= collecting_ns(p, s, c, passes)) return false;
    panels->digit[c->reduce->id] = way.digit;
    panels->count[c->reduce->id] = 0;
    return true;
}
