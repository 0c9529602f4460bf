/* Values become unsigned keys of the same order (Herf's trick for floats) while a tile of columns is gathered. Few
 * ranks are searched for by value: keys below two pivots are counted, which takes less than a cycle a key, and the
 * bracket around the rank shrinks to few keys, which are sorted. Of many ranks a histogram of the keys between the
 * smallest and the largest tells the buckets, and each bucket is searched. No comparison sort of columns, no bad case:
 * of any two cuts one takes three eighths off the range. */
#include "kernel/order.h"

#include <math.h>
#include <string.h>

enum {
    SQUARE = 16,
    LEAST_BUCKETS = 4,
    LOG_BUCKETS = 10,
    BUCKETS = 1 << LOG_BUCKETS,
    SMALL = 48,
    GROUP = 32,
    FEW_RANKS = 8
};
enum { TILE_COLUMNS = 4 * SQUARE, TILE_BYTES = 1 << 20, LONG_BYTES = 16 << 20 };

static size_t key_bytes(ama_dtype t) {
    return ama__dtype_bytes(t) == 8 ? 8 : 4;
}

/* Elements from one column to the next: not a power of two of cache lines. */
static int64_t column_stride(int64_t n) {
    return (n + 15) / 16 * 16 + 16;
}

/* So many that a tile stays in the second cache; of long columns still a square, that a cache line is not fetched for
 * one value. */
int64_t ama__order_columns(ama_dtype t, int64_t n, int64_t cells) {
    int64_t bytes = (int64_t)key_bytes(t) * column_stride(n), columns = TILE_BYTES / bytes / SQUARE * SQUARE;
    if (columns == 0) columns = LONG_BYTES / bytes;
    if (TILE_BYTES / bytes < SQUARE && columns > SQUARE) columns = SQUARE;
    if (columns > cells) columns = cells;
    return columns < 1 ? 1 : columns > TILE_COLUMNS ? TILE_COLUMNS : columns;
}

/* ---- where the quantiles of n values stand */

typedef struct place {
    int64_t lo, hi; /* ranks; the same for discrete methods */
    double gamma;
} place;

/* Index of q among n sorted values, as numpy works it out. */
static double virtual_index(ama__quantile m, double n, double q) {
#define BETWEEN(ALPHA, BETA) (n * q + ((ALPHA) + q * (1 - (ALPHA) - (BETA))) - 1)
    switch (m) {
    case AMA_QUANTILE_INVERTED_CDF:
    case AMA_QUANTILE_AVERAGED_INVERTED_CDF: return n * q - 1;
    case AMA_QUANTILE_CLOSEST_OBSERVATION: return n * q - 1 - 0.5;
    case AMA_QUANTILE_INTERPOLATED_INVERTED_CDF: return BETWEEN(0.0, 1.0);
    case AMA_QUANTILE_HAZEN: return BETWEEN(0.5, 0.5);
    case AMA_QUANTILE_WEIBULL: return BETWEEN(0.0, 0.0);
    case AMA_QUANTILE_MEDIAN_UNBIASED: return BETWEEN(1 / 3.0, 1 / 3.0);
    case AMA_QUANTILE_NORMAL_UNBIASED: return BETWEEN(3 / 8.0, 3 / 8.0);
    case AMA_QUANTILE_LOWER: return floor((n - 1) * q);
    case AMA_QUANTILE_HIGHER: return ceil((n - 1) * q);
    case AMA_QUANTILE_MIDPOINT: return 0.5 * (floor((n - 1) * q) + ceil((n - 1) * q));
    case AMA_QUANTILE_NEAREST: return nearbyint((n - 1) * q);
    default: return (n - 1) * q;
    }
#undef BETWEEN
}

static int64_t clip(double x, int64_t n) {
    return x < 0 ? 0 : x >= (double)n ? n - 1 : (int64_t)x;
}

static place place_of(const ama__order *o, int64_t n, double q) {
    if (o->median) return (place){(n - 1) / 2, n / 2, 0.5};
    double v = virtual_index(o->method, (double)n, q), before = floor(v);
    bool whole = v == before;
    if (o->method == AMA_QUANTILE_INVERTED_CDF) before += whole ? 0 : 1;
    /* at half way the even one of the order statistics, which count from 1 */
    if (o->method == AMA_QUANTILE_CLOSEST_OBSERVATION) before += whole && fmod(before, 2) != 0 ? 0 : 1;
    if (ama__quantile_is_discrete(o->method)) return (place){clip(before, n), clip(before, n), 0};
    place p = {clip(before, n), clip(before + 1, n), 0};
    if (v >= (double)(n - 1)) {
        p.lo = p.hi = n - 1;
        before = -1; /* numpy's index of the last one, which it also takes for the weight */
    } else if (v < 0) {
        p.lo = p.hi = 0;
        before = 0;
    }
    p.gamma = v - before;
    if (o->method == AMA_QUANTILE_AVERAGED_INVERTED_CDF) p.gamma = p.gamma == 0 ? 0.5 : 1;
    if (o->method == AMA_QUANTILE_MIDPOINT) p.gamma = whole ? 0 : 0.5;
    return p;
}

/* Places and distinct ranks for columns of n values. */
typedef struct ranks {
    int64_t n; /* -1: none yet */
    int64_t m; /* distinct ranks */
    place *place;
    int64_t *rank;    /* [m], increasing */
    uint64_t *found;  /* [m]: keys */
    int64_t *lo, *hi; /* per q: which of the distinct ranks */
} ranks;

static int64_t rank_number(const ranks *r, int64_t rank) {
    int64_t lo = 0, hi = r->m - 1;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (r->rank[mid] < rank)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void add_rank(ranks *r, int64_t rank) {
    int64_t i = rank_number(r, rank);
    if (r->m > 0 && r->rank[i] == rank) return;
    if (r->m > 0 && r->rank[i] < rank) i++;
    for (int64_t k = r->m; k > i; k--) r->rank[k] = r->rank[k - 1];
    r->rank[i] = rank;
    r->m++;
}

static void set_ranks(ranks *r, const ama__order *o, int64_t n) {
    if (r->n == n) return;
    r->n = n;
    r->m = 0;
    for (int64_t k = 0; k < o->n_q; k++) {
        r->place[k] = place_of(o, n, o->median ? 0.5 : o->q[k]);
        add_rank(r, r->place[k].lo);
        add_rank(r, r->place[k].hi);
    }
    for (int64_t k = 0; k < o->n_q; k++) {
        r->lo[k] = rank_number(r, r->place[k].lo);
        r->hi[k] = rank_number(r, r->place[k].hi);
    }
}

/* ---- keys */

/* A bucket for every four keys. */
static int log_buckets(int64_t n) {
    int log = LEAST_BUCKETS;
    while (log < LOG_BUCKETS && ((int64_t)4 << log) < n) log++;
    return log;
}

static uint32_t key_f4(uint32_t b) {
    return b ^ ((uint32_t)((int32_t)b >> 31) | 0x80000000u);
}
static uint64_t key_f8(uint64_t b) {
    return b ^ ((uint64_t)((int64_t)b >> 63) | 0x8000000000000000u);
}

#define K uint32_t
#define NAME(x) x##_4
#include "kernel/order_select.inc"
#define T float
#define GATHER gather_f4
#define KEY(x) key_f4(x)
#define BITS uint32_t
#define VALID(x) ((x) == (x))
#include "kernel/order_gather.inc"
#define T int32_t
#define GATHER gather_i4
#define KEY(x) ((x) ^ 0x80000000u)
#define BITS uint32_t
#define VALID(x) ((void)(x), true)
#include "kernel/order_gather.inc"
#define T int16_t
#define GATHER gather_i2
#define KEY(x) ((uint32_t)(int16_t)(x) ^ 0x80000000u)
#define BITS uint16_t
#define VALID(x) ((void)(x), true)
#include "kernel/order_gather.inc"
#define T int8_t
#define GATHER gather_i1
#define KEY(x) ((uint32_t)(int8_t)(x) ^ 0x80000000u)
#define BITS uint8_t
#define VALID(x) ((void)(x), true)
#include "kernel/order_gather.inc"
#define T uint32_t
#define GATHER gather_u4
#define KEY(x) (x)
#define BITS uint32_t
#define VALID(x) ((void)(x), true)
#include "kernel/order_gather.inc"
#define T uint16_t
#define GATHER gather_u2
#define KEY(x) (x)
#define BITS uint16_t
#define VALID(x) ((void)(x), true)
#include "kernel/order_gather.inc"
#define T uint8_t
#define GATHER gather_u1
#define KEY(x) (x)
#define BITS uint8_t
#define VALID(x) ((void)(x), true)
#include "kernel/order_gather.inc"
#undef K
#undef NAME

#define K uint64_t
#define NAME(x) x##_8
#include "kernel/order_select.inc"
#define T double
#define GATHER gather_f8
#define KEY(x) key_f8(x)
#define BITS uint64_t
#define VALID(x) ((x) == (x))
#include "kernel/order_gather.inc"
#define T int64_t
#define GATHER gather_i8
#define KEY(x) ((x) ^ 0x8000000000000000u)
#define BITS uint64_t
#define VALID(x) ((void)(x), true)
#include "kernel/order_gather.inc"
#define T uint64_t
#define GATHER gather_u8
#define KEY(x) (x)
#define BITS uint64_t
#define VALID(x) ((void)(x), true)
#include "kernel/order_gather.inc"
#undef K
#undef NAME

typedef void gather_fn(const ama__order_part *part, int64_t cells, int64_t first, int64_t count, int64_t stride,
                       int64_t at, int64_t *restrict missing, void *keys);

static gather_fn *gather_of(ama_dtype t) {
    switch (t) {
    case AMA_F4: return gather_f4;
    case AMA_F8: return gather_f8;
    case AMA_I1: return gather_i1;
    case AMA_I2: return gather_i2;
    case AMA_I4: return gather_i4;
    case AMA_I8: return gather_i8;
    case AMA_U2: return gather_u2;
    case AMA_U4: return gather_u4;
    case AMA_U8: return gather_u8;
    default: return gather_u1; /* BOOL, U1 */
    }
}

/* Takes the keys of NaN out of a column. */
static void drop_missing(size_t key, void *column, int64_t n) {
    int64_t m = 0;
    for (int64_t i = 0; key == 4 && i < n; i++) {
        uint32_t v = ((uint32_t *)column)[i];
        ((uint32_t *)column)[m] = v;
        m += v != UINT32_MAX;
    }
    for (int64_t i = 0; key == 8 && i < n; i++) {
        uint64_t v = ((uint64_t *)column)[i];
        ((uint64_t *)column)[m] = v;
        m += v != UINT64_MAX;
    }
}

/* ---- from keys to results */

static double float_of(ama_dtype t, uint64_t key) {
    if (t == AMA_F4) {
        uint32_t b = (uint32_t)key;
        float x;
        b ^= b >> 31 ? 0x80000000u : 0xFFFFFFFFu;
        memcpy(&x, &b, sizeof x);
        return x;
    }
    double x;
    key ^= key >> 63 ? 0x8000000000000000u : UINT64_MAX;
    memcpy(&x, &key, sizeof x);
    return x;
}

/* An integer as int64 (uint64 as its bits). */
static int64_t int_of(ama_dtype t, uint64_t key) {
    if (t == AMA_BOOL || ama__dtype_kind(t) == 'u') return (int64_t)key;
    return t == AMA_I8 ? (int64_t)(key ^ 0x8000000000000000u) : (int32_t)((uint32_t)key ^ 0x80000000u);
}

static double number_of(ama_dtype t, uint64_t key) {
    if (ama__dtype_is_float(t)) return float_of(t, key);
    return t == AMA_U8 ? (double)key : (double)int_of(t, key);
}

/* b - a in the dtype of the values: float32 rounds, integers wrap, as numpy's subtract does. */
static double difference(ama_dtype t, uint64_t a, uint64_t b) {
    if (t == AMA_F8) return float_of(t, b) - float_of(t, a);
    if (t == AMA_F4) return (float)float_of(t, b) - (float)float_of(t, a);
    uint64_t d = (uint64_t)int_of(t, b) - (uint64_t)int_of(t, a);
    switch (t) {
    case AMA_I1: return (int8_t)d;
    case AMA_I2: return (int16_t)d;
    case AMA_I4: return (int32_t)d;
    case AMA_I8: return (double)(int64_t)d;
    default: return (double)d; /* unsigned: b is not smaller */
    }
}

static double median_of(ama_dtype t, uint64_t a, uint64_t b) {
    double x = number_of(t, a), y = number_of(t, b);
    return t == AMA_F4 ? (double)(((float)x + (float)y) / 2.0f) : (x + y) / 2;
}

static double between(const ama__order *o, uint64_t a, uint64_t b, double gamma) {
    double x = number_of(o->dtype, a), y = number_of(o->dtype, b), d = difference(o->dtype, a, b);
    return gamma >= 0.5 ? y - d * (1 - gamma) : x + d * gamma;
}

static void put_results(const ama__order *o, const ranks *r, char *out) {
    bool element = !o->median && ama__quantile_is_discrete(o->method);
    for (int64_t k = 0; k < o->n_q; k++) {
        uint64_t a = r->found[r->lo[k]], b = r->found[r->hi[k]];
        if (element && !ama__dtype_is_float(o->out))
            ama__dtype_set_i8(o->out, out, k, int_of(o->dtype, a));
        else if (element || (o->median && r->lo[k] == r->hi[k]))
            ama__dtype_set_f8(o->out, out, k, number_of(o->dtype, a));
        else if (o->median)
            ama__dtype_set_f8(o->out, out, k, median_of(o->dtype, a, b));
        else
            ama__dtype_set_f8(o->out, out, k, between(o, a, b, r->place[k].gamma));
    }
}

static void put_none(const ama__order *o, char *out) {
    for (int64_t k = 0; k < o->n_q; k++)
        if (ama__dtype_is_float(o->out))
            ama__dtype_set_f8(o->out, out, k, NAN);
        else
            ama__dtype_set_i8(o->out, out, k, 0);
}

/* ---- a tile of columns */

static int64_t ranks_bytes(int64_t n_q) {
    return n_q * (int64_t)(sizeof(place) + 2 * (sizeof(int64_t) + sizeof(uint64_t) + sizeof(int64_t))) + 64;
}

/* A column of working memory beside those of the tile: none for a column so long that twice its size would hurt. */
static int64_t spare_columns(ama_dtype t, int64_t n) {
    return (int64_t)key_bytes(t) * column_stride(n) > TILE_BYTES ? 0 : 1;
}

size_t ama__order_work_bytes(ama_dtype t, int64_t n, int64_t cells, int64_t n_q) {
    int64_t columns = ama__order_columns(t, n, cells) + spare_columns(t, n);
    return (size_t)((columns * column_stride(n) * (int64_t)key_bytes(t) + 63) / 64 * 64 + ranks_bytes(n_q));
}

static ranks ranks_at(void *mem, int64_t n_q) {
    ranks r = {.n = -1, .place = mem};
    r.rank = (int64_t *)(r.place + n_q);
    r.found = (uint64_t *)(r.rank + 2 * n_q);
    r.lo = (int64_t *)(r.found + 2 * n_q);
    r.hi = r.lo + n_q;
    return r;
}

void ama__order_run(int n_requests, const ama__order *request, const ama__order_input *in, int64_t first, int64_t count,
                    void *work, void *const *out) {
    const ama_dtype t = request->dtype;
    int64_t missing[TILE_COLUMNS] = {0}, n = 0, at = 0;
    for (int i = 0; i < in->n_parts; i++) n += in->part[i].n;
    int64_t stride = column_stride(n), columns = ama__order_columns(t, n, in->cells);
    size_t key = key_bytes(t), keys_bytes = (size_t)((columns + spare_columns(t, n)) * stride) * key;
    char *keys = work, *spare = spare_columns(t, n) ? keys + (size_t)(columns * stride) * key : NULL;
    void *rest = (char *)work + (keys_bytes + 63) / 64 * 64;
    for (int i = 0; i < in->n_parts; at += in->part[i++].n)
        gather_of(t)(&in->part[i], in->cells, first, count, stride, at, missing, keys);
    for (int64_t c = 0; c < count; c++)
        if (missing[c] > 0) drop_missing(key, keys + (size_t)(c * stride) * key, n);
    for (int k = 0; k < n_requests; k++) {
        const ama__order *o = &request[k];
        ranks r = ranks_at(rest, o->n_q);
        for (int64_t c = 0; c < count; c++) {
            char *to = (char *)out[k] + (size_t)(c * o->n_q) * ama__dtype_bytes(o->out);
            if (missing[c] == n || (!o->skipna && missing[c] > 0)) {
                put_none(o, to);
                continue;
            }
            set_ranks(&r, o, n - missing[c]);
            char *column = keys + (size_t)(c * stride) * key;
            if (key == 4)
                select_4((uint32_t *)column, r.n, (uint32_t *)spare, &r);
            else
                select_8((uint64_t *)column, r.n, (uint64_t *)spare, &r);
            put_results(o, &r, to);
        }
    }
}

/* ---- for those who find the keys in another way */

size_t ama__order_key_bytes(ama_dtype t) {
    return key_bytes(t);
}

void ama__order_keys(ama_dtype t, const ama__order_part *part, int64_t cells, int64_t cell, int64_t *missing,
                     void *keys) {
    gather_of(t)(part, cells, cell, 1, part->n, 0, missing, keys);
}

size_t ama__order_ranks_bytes(int64_t n_q) {
    return (size_t)ranks_bytes(n_q);
}

int64_t ama__order_ranks(const ama__order *o, int64_t n, void *work, int64_t *rank) {
    ranks r = ranks_at(work, o->n_q);
    set_ranks(&r, o, n);
    memcpy(rank, r.rank, (size_t)r.m * sizeof *rank);
    return r.m;
}

void ama__order_put(const ama__order *o, int64_t n, const uint64_t *found, void *work, void *out) {
    ranks r = ranks_at(work, o->n_q);
    if (n == 0) {
        put_none(o, out);
        return;
    }
    set_ranks(&r, o, n);
    memcpy(r.found, found, (size_t)r.m * sizeof *found);
    put_results(o, &r, out);
}
