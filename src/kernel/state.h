/* Accumulator states of segment reductions: structure-of-arrays over cells, up to three planes of 8-byte values.
 *   SUM MEAN PROD        v0 = running value (float64, or int64 for sums and products of integers)
 *   MIN MAX FIRST LAST   v0 = value so far (float64 or int64)
 *   VAR STD              v0 = mean, v1 = sum of squared deviations (Welford; merged by Chan, Golub and LeVeque's
 * formula) ANY ALL              v0 (int64 0 or 1) COUNT                no v0 n, in every kind, counts the values that
 * entered the cell (float64, exact to 2^53: counts then vectorise like values). float32 accumulates in float64 and is
 * rounded once. Bits depend only on the order of the calls, which the caller fixes; rows use 16 lanes and a fixed
 * combine tree. Local, thread-safe on different cells. */
#ifndef AMA_KERNEL_STATE_H
#define AMA_KERNEL_STATE_H

#include "kernel/block.h"

typedef struct ama__state_kind {
    ama__red op;
    ama_dtype dtype; /* of the input values */
    bool skipna;     /* floats: NaN does not enter */
} ama__state_kind;

/* Planes a kind uses: bit 0 v0, bit 1 v1, bit 2 n. */
unsigned ama__state_planes(const ama__state_kind *k);
/* Bytes per cell. */
size_t ama__state_bytes(const ama__state_kind *k);

typedef struct ama__state { /* planes not used are NULL; v0: double or int64_t */
    void *v0;
    double *v1, *n;
} ama__state;
/* The planes of `cells` cells laid one after another in `mem` (cells * ama__state_bytes bytes, 8-byte aligned). */
ama__state ama__state_at(const ama__state_kind *k, void *mem, int64_t cells);
/* The same state from cell `first` on. */
ama__state ama__state_offset(ama__state s, int64_t first);

/* The empty state (identity of merge). */
void ama__state_init(const ama__state_kind *k, ama__state s, int64_t cells);
/* s[i] takes in x[0][i], x[1][i] and so on to x[rows - 1][i] for i < cells (class values of k->dtype). Several rows at
 * once cost less, best by AMA_FOLD_ROWS. */
#define AMA_FOLD_ROWS 4
void ama__state_fold(const ama__state_kind *k, ama__state s, int64_t cells, int rows, const void *const *x);
/* One cell takes in x[0..n) in index order: used where the reduced axis is not contiguous or the label changes. */
void ama__state_fold_seq(const ama__state_kind *k, ama__state s, int64_t n, const void *x, int64_t stride);
/* Fresh partial of a contiguous row of n values into the one cell of `s` (overwritten): 16 lanes, fixed tree. */
void ama__state_row(const ama__state_kind *k, ama__state s, int64_t n, const void *x);
/* dst = dst followed by src (dst earlier). Empty cells (n = 0) leave the other's bits untouched. */
void ama__state_merge(const ama__state_kind *k, ama__state dst, ama__state src, int64_t cells);

typedef struct ama__finish {
    int64_t min_count; /* SUM, PROD: fewer values -> NaN (0: off) */
    int ddof;
    bool empty_nan; /* n == 0 gives NaN whatever the operation (also COUNT, SUM); out dtype must be float */
    ama_dtype out;
} ama__finish;
/* Final values as a dense native array of f->out. Empty cells: sum 0, prod 1, count 0, any false, all true; otherwise
 * NaN (ints: 0). */
void ama__state_finish(const ama__state_kind *k, const ama__finish *f, ama__state s, int64_t cells, void *out);

#endif
