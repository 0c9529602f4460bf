/* Medians of windows: each value becomes a key of the same order, and the keys of a window are kept sorted while it
 * moves on: one goes out, one comes in. That is one pass over them without a branch, min and max alone, done for a few
 * cells at a time. Which keys are there depends on the window alone, so results do not depend on what a call covers. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "kernel/window.h"

#define LANES 16 /* cells at a time */

size_t ama__window_median_bytes(const ama__window *w) {
    return (size_t)(ama__min_i8(w->width, w->extent) + 1) * LANES * 8;
}

static int32_t key_f4(float x) {
    int32_t b;
    memcpy(&b, &x, sizeof b);
    return x != x ? INT32_MAX : b ^ ((b >> 31) & INT32_MAX);
}
static int64_t key_f8(double x) {
    int64_t b;
    memcpy(&b, &x, sizeof b);
    return x != x ? INT64_MAX : b ^ ((b >> 63) & INT64_MAX);
}
static float value_f4(int32_t key) {
    float x;
    key ^= (key >> 31) & INT32_MAX;
    memcpy(&x, &key, sizeof x);
    return x;
}
static double value_f8(int64_t key) {
    double x;
    key ^= (key >> 63) & INT64_MAX;
    memcpy(&x, &key, sizeof x);
    return x;
}

static void put(const ama__window *w, const ama__window_run *r, int64_t i, int64_t cell, double x) {
    int64_t at = (i - r->first) * r->out_stride + cell;
    if (w->out == AMA_F4)
        ((float *)r->out)[at] = (float)x;
    else
        ((double *)r->out)[at] = x;
}

#define K int32_t
#define K_MIN INT32_MIN
#define K_MAX INT32_MAX
#define T float
#define VALUE float
#define NAME(x) x##_f4
#define KEY(x) key_f4(x)
#define NUMBER(k) value_f4(k)
#define VALID(k) ((k) != INT32_MAX)
#include "kernel/window_median.inc"
#undef K
#undef K_MIN
#undef K_MAX
#undef T
#undef VALUE
#undef NAME
#undef KEY
#undef NUMBER
#undef VALID

#define K int64_t
#define K_MIN INT64_MIN
#define K_MAX INT64_MAX
#define T double
#define VALUE double
#define NAME(x) x##_f8
#define KEY(x) key_f8(x)
#define NUMBER(k) value_f8(k)
#define VALID(k) ((k) != INT64_MAX)
#include "kernel/window_median.inc"
#undef T
#undef NAME
#undef KEY
#undef NUMBER
#undef VALID

#define VALID(k) ((void)(k), true)
#define T int64_t
#define NAME(x) x##_i8
#define KEY(x) (x)
#define NUMBER(k) ((double)(k))
#include "kernel/window_median.inc"
#undef NAME
#undef KEY
#undef NUMBER

#define NAME(x) x##_u8
#define KEY(x) ((x) ^ INT64_MIN) /* makes unsigned order signed */
#define NUMBER(k) ((double)(uint64_t)((k) ^ INT64_MIN))
#include "kernel/window_median.inc"
#undef T
#undef NAME
#undef KEY
#undef NUMBER

#define T uint8_t
#define NAME(x) x##_b
#define KEY(x) ((x) != 0)
#define NUMBER(k) ((double)(k))
#include "kernel/window_median.inc"

void ama__window_median(const ama__window *w, const ama__window_run *r) {
    for (int64_t cell = 0; cell < r->cells; cell += LANES) switch (w->dtype) {
        case AMA_F4: strip_f4(w, r, cell); break;
        case AMA_F8: strip_f8(w, r, cell); break;
        case AMA_U8: strip_u8(w, r, cell); break;
        case AMA_BOOL: strip_b(w, r, cell); break;
        default: strip_i8(w, r, cell); break;
        }
}
