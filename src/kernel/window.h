/* Reductions of a window around each index of an axis, at a cost per value that does not depend on the width (van Herk,
 * 1992; Gil and Werman, 1993): the axis has blocks of `width` indices at absolute multiples of it, and a window is the
 * end of one block followed by the beginning of the next. The end is accumulated backwards from the block's last index,
 * the beginning forwards from its first, and the two are then joined: the order in which values meet depends on their
 * indices alone, not on what a call covers. Sums of floats, means and variances are float64 (variances by Welford,
 * joined by Chan, Golub and LeVeque's formula), sums and products of integers wrap as 64-bit integers. Values lie as
 * [index][cell], and loops run over cells. The median alone is found in another way (window_median.c), whose cost grows
 * with the width. Local, thread-safe. */
#ifndef AMA_KERNEL_WINDOW_H
#define AMA_KERNEL_WINDOW_H

#include "kernel/block.h"

typedef struct ama__window {
    ama__red op; /* SUM PROD MEAN VAR STD MIN MAX COUNT MEDIAN */
    ama_dtype dtype, out;
    bool skipna;       /* floats: NaN does not enter */
    int64_t width, lo; /* output i takes input indices [i - lo, i - lo + width) of the axis that exist */
    int64_t extent;    /* of the axis */
    int64_t min_count; /* fewer values give NaN (out is then a float) */
    int ddof;
    int64_t every, phase; /* MEDIAN: only outputs whose index leaves `phase` when divided by `every` (0, 1: all) */
} ama__window;

/* Outputs [first, first + n) from inputs [in_first, …), which hold all that their windows reach. */
typedef struct ama__window_run {
    int64_t first, n, in_first, cells;
    const void *x;      /* class values of dtype, dense */
    void *out;          /* class values of out */
    int64_t out_stride; /* elements between two indices of out */
    void *work;         /* ama__window_work_bytes, 8-byte aligned */
} ama__window_run;

size_t ama__window_work_bytes(const ama__window *w, int64_t n, int64_t cells);
void ama__window_reduce(const ama__window *w, const ama__window_run *r);
/* What the two do for MEDIAN. */
size_t ama__window_median_bytes(const ama__window *w);
void ama__window_median(const ama__window *w, const ama__window_run *r);

#endif
