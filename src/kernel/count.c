/* NaN has the largest keys, so it stands after all ranks of values and need not be left out. */
#include "kernel/count.h"

enum { STRIP = 1024 };

static int key_bits(ama_dtype t) {
    return 8 * (int)ama__order_key_bytes(t);
}

static int pass_bits(const ama__count *c) {
    return c->digit < c->left ? c->digit : c->left;
}

static bool is_first(const ama__count *c) {
    return c->left == key_bits(c->order.dtype);
}

int ama__count_passes(ama_dtype t, int digit) {
    return (key_bits(t) + digit - 1) / digit;
}

size_t ama__count_bytes(int64_t n_q) {
    return (size_t)(2 * n_q) * (sizeof(int64_t) + 2 * sizeof(uint64_t)) + ama__order_ranks_bytes(n_q);
}

void ama__count_init(ama__count *c, const ama__order *o, int digit, void *memory) {
    *c = (ama__count){.order = *o, .digit = digit, .left = key_bits(o->dtype), .n_brackets = 1, .rank = memory};
    c->found = (uint64_t *)(c->rank + 2 * o->n_q);
    c->bracket = c->found + 2 * o->n_q;
    c->work = c->bracket + 2 * o->n_q;
    c->bracket[0] = 0;
}

/* The count of NaN comes before the buckets. */
int64_t ama__count_size(const ama__count *c) {
    return 1 + (c->n_brackets << pass_bits(c));
}

int64_t ama__count_size_max(int64_t n_q, int digit) {
    return 1 + (2 * n_q << digit);
}

/* ---- a pass */

/* The first bracket that is not less than the prefix. */
static int64_t bracket_of(const ama__count *c, uint64_t prefix) {
    int64_t lo = 0, hi = c->n_brackets - 1;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (c->bracket[mid] < prefix)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void count_key(const ama__count *c, uint64_t key, int bits, bool first, int64_t *buckets) {
    uint64_t bucket = key >> (c->left - bits) & (((uint64_t)1 << bits) - 1);
    int64_t b = 0;
    if (!first) {
        uint64_t prefix = key >> c->left;
        b = bracket_of(c, prefix);
        if (c->bracket[b] != prefix) return;
    }
    buckets[(b << bits) + (int64_t)bucket]++;
}

void ama__count_add(const ama__count *c, const ama__order_part *part, int64_t cells, int64_t cell, int64_t *counts) {
    const ama_dtype t = c->order.dtype;
    const size_t size = ama__dtype_bytes(t), key = ama__order_key_bytes(t);
    const int bits = pass_bits(c);
    const bool first = is_first(c);
    uint64_t keys[STRIP];
    for (int64_t at = 0; at < part->n; at += STRIP) {
        int64_t n = part->n - at < STRIP ? part->n - at : STRIP;
        ama__order_part strip = {(const char *)part->data + (size_t)(at * cells) * size, n};
        ama__order_keys(t, &strip, cells, cell, &counts[0], keys);
        for (int64_t i = 0; key == 4 && i < n; i++)
            count_key(c, ((const uint32_t *)(const void *)keys)[i], bits, first, counts + 1);
        for (int64_t i = 0; key == 8 && i < n; i++) count_key(c, keys[i], bits, first, counts + 1);
    }
}

/* ---- between passes */

/* How many values there are, which ranks are wanted of them; false when none is. */
static bool set_wanted(ama__count *c, const int64_t *counts) {
    int64_t all = 0, n_buckets = (int64_t)1 << pass_bits(c);
    for (int64_t i = 0; i < n_buckets; i++) all += counts[1 + i];
    c->missing = counts[0];
    c->n = c->missing > 0 && !c->order.skipna ? 0 : all - c->missing;
    if (c->n == 0) return false;
    c->n_ranks = ama__order_ranks(&c->order, c->n, c->work, c->rank);
    for (int64_t i = 0; i < c->n_ranks; i++) c->found[i] = 0;
    return true;
}

bool ama__count_narrow(ama__count *c, const int64_t *counts) {
    const int bits = pass_bits(c);
    if (is_first(c) && !set_wanted(c, counts)) return false;
    for (int64_t i = 0; i < c->n_ranks; i++) {
        const int64_t *bucket = counts + 1 + (bracket_of(c, c->found[i]) << bits);
        uint64_t k = 0;
        for (; c->rank[i] >= bucket[k]; k++) c->rank[i] -= bucket[k];
        c->found[i] = c->found[i] << bits | k;
    }
    c->n_brackets = 0;
    for (int64_t i = 0; i < c->n_ranks; i++)
        if (i == 0 || c->found[i] != c->found[i - 1]) c->bracket[c->n_brackets++] = c->found[i];
    c->left -= bits;
    return c->left > 0;
}

void ama__count_results(const ama__count *c, void *out) {
    ama__order_put(&c->order, c->n, c->found, c->work, out);
}
