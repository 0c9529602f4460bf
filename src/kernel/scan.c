#include "kernel/scan.h"

#include <math.h>

#define T float
#define A double
#define NAME(x) x##_f4
#define SKIP 1
#include "kernel/scan.inc"
#undef T
#undef NAME

#define T double
#define NAME(x) x##_f8
#include "kernel/scan.inc"
#undef T
#undef A
#undef NAME
#undef SKIP

#define T uint64_t /* wraps, as int64 does in numpy */
#define A uint64_t
#define NAME(x) x##_i
#define SKIP 0
#include "kernel/scan.inc"
#undef T
#undef A
#undef NAME
#undef SKIP

void ama__scan_rows(const ama__scan_kind *k, int64_t rows, int64_t run, const void *x, const void *before, void *out,
                    int64_t stride) {
    switch (k->class) {
    case AMA_CLASS_F4: rows_f4(k, rows, run, x, before, out, stride); break;
    case AMA_CLASS_F8: rows_f8(k, rows, run, x, before, out, stride); break;
    default: rows_i(k, rows, run, x, before, out, stride);
    }
}
