#include "kernel/state.h"

#include <math.h>

static bool is_integer(const ama__state_kind *k) {
    return !ama__dtype_is_float(k->dtype);
}

/* v0 holds int64: sums and values of integers, and truth. */
static bool v0_is_int(const ama__state_kind *k) {
    switch (k->op) {
    case AMA_RED_ANY:
    case AMA_RED_ALL: return true;
    case AMA_RED_MEAN:
    case AMA_RED_VAR:
    case AMA_RED_STD:
    case AMA_RED_COUNT: return false;
    default: return is_integer(k);
    }
}

unsigned ama__state_planes(const ama__state_kind *k) {
    if (k->op == AMA_RED_COUNT) return 4;
    return k->op == AMA_RED_VAR || k->op == AMA_RED_STD ? 7 : 5;
}

size_t ama__state_bytes(const ama__state_kind *k) {
    unsigned planes = ama__state_planes(k);
    return 8 * (size_t)((planes & 1) + (planes >> 1 & 1) + (planes >> 2 & 1));
}

ama__state ama__state_at(const ama__state_kind *k, void *mem, int64_t cells) {
    unsigned planes = ama__state_planes(k);
    double *p = mem;
    ama__state s = {0};
    if (planes & 1) s.v0 = p, p += cells;
    if (planes & 2) s.v1 = p, p += cells;
    s.n = p;
    return s;
}

ama__state ama__state_offset(ama__state s, int64_t first) {
    if (s.v0) s.v0 = (char *)s.v0 + 8 * first;
    if (s.v1) s.v1 += first;
    s.n += first;
    return s;
}

static void init_int(const ama__state_kind *k, int64_t *v0, int64_t cells) {
    bool wide = k->dtype == AMA_U8; /* the bits of the largest and smallest uint64 */
    int64_t x = k->op == AMA_RED_PROD || k->op == AMA_RED_ALL ? 1
                : k->op == AMA_RED_MIN                        ? (wide ? -1 : INT64_MAX)
                : k->op == AMA_RED_MAX                        ? (wide ? 0 : INT64_MIN)
                                                              : 0;
    for (int64_t i = 0; i < cells; i++) v0[i] = x;
}

void ama__state_init(const ama__state_kind *k, ama__state s, int64_t cells) {
    double x = k->op == AMA_RED_PROD ? 1.0 : k->op == AMA_RED_MIN ? INFINITY : k->op == AMA_RED_MAX ? -INFINITY : 0.0;
    if (s.v0 && v0_is_int(k))
        init_int(k, s.v0, cells);
    else if (s.v0)
        for (int64_t i = 0; i < cells; i++) ((double *)s.v0)[i] = x;
    for (int64_t i = 0; s.v1 && i < cells; i++) s.v1[i] = 0.0;
    for (int64_t i = 0; i < cells; i++) s.n[i] = 0.0;
}

#define LANES 16
_Static_assert(AMA_FOLD_ROWS == 4, "rows that state.inc takes at once");
#define STRIP 32 /* cells that four rows enter together */
typedef double double4 __attribute__((vector_size(32)));
typedef double cells4 __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t long4 __attribute__((vector_size(32)));

#define T float
#define I int32_t
#define V double
#define W double
#define NAME(x) x##_f4
#define VALID(x) ((x) == (x))
#define NAN_WINS 1
#include "kernel/state.inc"
#include "kernel/state_row.inc"
#undef T
#undef NAME
#undef I

#define T double
#define I int64_t
#define NAME(x) x##_f8
#include "kernel/state.inc"
#include "kernel/state_row.inc"
#undef T
#undef V
#undef W
#undef NAME
#undef VALID
#undef NAN_WINS
#undef I

#define T int64_t
#define V int64_t
#define W uint64_t
#define NAME(x) x##_i8
#define VALID(x) ((void)(x), true)
#define NAN_WINS 0
#include "kernel/state.inc"
#include "kernel/state_row.inc"
#undef T
#undef NAME

#define T uint8_t
#define NAME(x) x##_b
#include "kernel/state.inc"
#include "kernel/state_row.inc"
#undef T
#undef V
#undef NAME

#define T uint64_t
#define V uint64_t
#define NAME(x) x##_u8
#include "kernel/state.inc"
#include "kernel/state_row.inc"
#undef T
#undef V
#undef W
#undef NAME
#undef VALID
#undef NAN_WINS

#define BY_CLASS(CALL)                                                                                                 \
    switch (k->dtype) {                                                                                                \
    case AMA_F4: CALL(f4); break;                                                                                      \
    case AMA_F8: CALL(f8); break;                                                                                      \
    case AMA_U8: CALL(u8); break;                                                                                      \
    case AMA_BOOL: CALL(b); break;                                                                                     \
    default: CALL(i8); break;                                                                                          \
    }

void ama__state_fold(const ama__state_kind *k, ama__state s, int64_t cells, int rows, const void *const *x) {
#define CALL(C) fold_##C(k, s, cells, rows, x)
    BY_CLASS(CALL)
#undef CALL
}

void ama__state_fold_seq(const ama__state_kind *k, ama__state s, int64_t n, const void *x, int64_t stride) {
#define CALL(C) fold_seq_##C(k, s, n, x, stride)
    BY_CLASS(CALL)
#undef CALL
}

void ama__state_row(const ama__state_kind *k, ama__state s, int64_t n, const void *x) {
#define CALL(C) row_##C(k, s, n, x)
    BY_CLASS(CALL)
#undef CALL
}

/* ---- merging */

static void merge_counts(ama__state d, ama__state s, int64_t cells) {
    for (int64_t i = 0; i < cells; i++) d.n[i] += s.n[i];
}

static void merge_int(const ama__state_kind *k, int64_t *d, const int64_t *s, const double *dn, const double *sn,
                      int64_t cells) {
    const int64_t flip = k->dtype == AMA_U8 ? INT64_MIN : 0; /* makes unsigned order signed */
#define LOOP(EXPR)                                                                                                     \
    for (int64_t i = 0; i < cells; i++) d[i] = (EXPR);                                                                 \
    break
    switch (k->op) {
    case AMA_RED_SUM: LOOP((int64_t)((uint64_t)d[i] + (uint64_t)s[i]));
    case AMA_RED_PROD: LOOP((int64_t)((uint64_t)d[i] * (uint64_t)s[i]));
    case AMA_RED_MIN: LOOP((s[i] ^ flip) < (d[i] ^ flip) ? s[i] : d[i]);
    case AMA_RED_MAX: LOOP((s[i] ^ flip) > (d[i] ^ flip) ? s[i] : d[i]);
    case AMA_RED_ANY: LOOP(d[i] | s[i]);
    case AMA_RED_ALL: LOOP(d[i] & s[i]);
    case AMA_RED_FIRST: LOOP(dn[i] == 0 ? s[i] : d[i]);
    case AMA_RED_LAST: LOOP(sn[i] > 0 ? s[i] : d[i]);
    default: break;
    }
}

static void merge_f8(const ama__state_kind *k, double *restrict d, const double *restrict s, const double *dn,
                     const double *sn, int64_t cells) {
    switch (k->op) {
    case AMA_RED_SUM:
    case AMA_RED_MEAN: LOOP(d[i] + s[i]);
    case AMA_RED_PROD: LOOP(d[i] * s[i]);
    case AMA_RED_MIN: LOOP(s[i] < d[i] || s[i] != s[i] ? s[i] : d[i]);
    case AMA_RED_MAX: LOOP(s[i] > d[i] || s[i] != s[i] ? s[i] : d[i]);
    case AMA_RED_FIRST: LOOP(dn[i] == 0 ? s[i] : d[i]);
    case AMA_RED_LAST: LOOP(sn[i] > 0 ? s[i] : d[i]);
    default: break;
    }
#undef LOOP
}

/* Chan, Golub, LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample variances". */
static void merge_var(ama__state d, ama__state s, int64_t cells) {
    double *dm = d.v0;
    const double *sm = s.v0;
    for (int64_t i = 0; i < cells; i++) {
        double n = d.n[i] + s.n[i], delta = sm[i] - dm[i];
        double mean = dm[i] + delta * (s.n[i] / (n > 0 ? n : 1.0));
        double m2 = d.v1[i] + s.v1[i] + delta * delta * (d.n[i] * s.n[i] / (n > 0 ? n : 1.0));
        dm[i] = s.n[i] == 0 ? dm[i] : d.n[i] == 0 ? sm[i] : mean;
        d.v1[i] = s.n[i] == 0 ? d.v1[i] : d.n[i] == 0 ? s.v1[i] : m2;
    }
}

void ama__state_merge(const ama__state_kind *k, ama__state dst, ama__state src, int64_t cells) {
    if (k->op == AMA_RED_VAR || k->op == AMA_RED_STD)
        merge_var(dst, src, cells);
    else if (v0_is_int(k))
        merge_int(k, dst.v0, src.v0, dst.n, src.n, cells);
    else if (dst.v0)
        merge_f8(k, dst.v0, src.v0, dst.n, src.n, cells);
    merge_counts(dst, src, cells);
}

/* ---- finishing */

/* What a cell holds; NaN may be any. */
static double held_f8(const ama__state_kind *k, const ama__finish *f, ama__state s, int64_t i) {
    double n = s.n[i];
    if (f->empty_nan && n == 0) return NAN;
    switch (k->op) {
    case AMA_RED_COUNT: return n;
    case AMA_RED_MEAN: return n > 0 ? ((double *)s.v0)[i] / n : NAN;
    case AMA_RED_VAR: return n > f->ddof ? s.v1[i] / (n - f->ddof) : NAN;
    case AMA_RED_STD: return n > f->ddof ? sqrt(s.v1[i] / (n - f->ddof)) : NAN;
    case AMA_RED_SUM:
    case AMA_RED_PROD:
        if (f->min_count > 0 && n < (double)f->min_count) return NAN;
        break;
    case AMA_RED_MIN:
    case AMA_RED_MAX:
    case AMA_RED_FIRST:
    case AMA_RED_LAST:
        if (n == 0) return NAN;
        break;
    default: break;
    }
    if (!v0_is_int(k)) return ((double *)s.v0)[i];
    int64_t x = ((int64_t *)s.v0)[i];
    return ama__dtype_kind(k->dtype) == 'u' ? (double)(uint64_t)x : (double)x;
}

/* Which of two NaN a sum passes on is the compiler's choice: results have the one NaN. */
static double value_f8(const ama__state_kind *k, const ama__finish *f, ama__state s, int64_t i) {
    double x = held_f8(k, f, s, i);
    return x == x ? x : NAN;
}

static int64_t value_i8(const ama__state_kind *k, ama__state s, int64_t i) {
    if (k->op == AMA_RED_COUNT) return (int64_t)s.n[i];
    bool needs_value = k->op == AMA_RED_MIN || k->op == AMA_RED_MAX;
    return needs_value && s.n[i] == 0 ? 0 : ((int64_t *)s.v0)[i];
}

void ama__state_finish(const ama__state_kind *k, const ama__finish *f, ama__state s, int64_t cells, void *out) {
    enum { PIECE = 512 };
    double x[PIECE];
    int64_t y[PIECE];
    uint8_t b[PIECE];
    size_t size = ama__dtype_bytes(f->out);
    for (int64_t i = 0; i < cells; i += PIECE) {
        int64_t n = cells - i < PIECE ? cells - i : PIECE;
        char *to = (char *)out + (size_t)i * size;
        if (f->out == AMA_F8 || f->out == AMA_F4) {
            for (int64_t j = 0; j < n; j++) x[j] = value_f8(k, f, s, i + j);
            ama__convert_run(AMA_F8, f->out, n, x, to);
        } else if (f->out == AMA_BOOL) {
            for (int64_t j = 0; j < n; j++) b[j] = value_i8(k, s, i + j) != 0;
            ama__store_run(AMA_BOOL, n, b, to);
        } else {
            for (int64_t j = 0; j < n; j++) y[j] = value_i8(k, s, i + j);
            ama__store_run(f->out, n, y, to);
        }
    }
}
