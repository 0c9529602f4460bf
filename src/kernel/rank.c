/* Values become unsigned keys of the same order, and these with their places are sorted by counting their bytes from
 * the lowest on: no bad case, and bytes that all keys share (half of them in float32) cost nothing but the count. */
#include "kernel/rank.h"

#include <math.h>
#include <string.h>

#define MISSING UINT64_MAX /* the key of NaN; of integers it is a value */
#define SIGN 0x8000000000000000u

typedef struct item {
    uint64_t key;
    int64_t at;
} item;

enum { FEW = 48, DIGITS = 8, VALUES = 256 };

size_t ama__rank_work_bytes(int64_t n) {
    return 2 * (size_t)n * sizeof(item);
}

/* ---- keys */

static uint64_t key_f4(float x) {
    uint32_t b;
    if (x != x) return MISSING;
    if (x == 0) x = 0; /* -0.0 */
    memcpy(&b, &x, sizeof b);
    return b ^ ((uint32_t)((int32_t)b >> 31) | 0x80000000u);
}

static uint64_t key_f8(double x) {
    uint64_t b;
    if (x != x) return MISSING;
    if (x == 0) x = 0;
    memcpy(&b, &x, sizeof b);
    return b ^ ((uint64_t)((int64_t)b >> 63) | SIGN);
}

void ama__rank_keys(const ama__rank_kind *k, int64_t rows, int64_t run, const void *x, void *out, int64_t stride) {
    const uint64_t flip = k->dtype == AMA_U8 ? 0 : SIGN;
    uint64_t *to = out;
    for (int64_t r = 0; r < rows; r++, to += stride) {
        const int64_t at = r * run;
        switch (ama__class_of(k->dtype)) {
        case AMA_CLASS_B:
            for (int64_t i = 0; i < run; i++) to[i] = ((const uint8_t *)x)[at + i] != 0;
            break;
        case AMA_CLASS_I:
            for (int64_t i = 0; i < run; i++) to[i] = ((const uint64_t *)x)[at + i] ^ flip;
            break;
        case AMA_CLASS_F4:
            for (int64_t i = 0; i < run; i++) to[i] = key_f4(((const float *)x)[at + i]);
            break;
        case AMA_CLASS_F8:
            for (int64_t i = 0; i < run; i++) to[i] = key_f8(((const double *)x)[at + i]);
        }
    }
}

/* ---- sorting */

static void sort_few(int64_t n, item *a) {
    for (int64_t i = 1; i < n; i++) {
        item x = a[i];
        int64_t k = i;
        for (; k > 0 && a[k - 1].key > x.key; k--) a[k] = a[k - 1];
        a[k] = x;
    }
}

/* The sorted items are in a or in b, which is returned. */
static item *sort(int64_t n, item *a, item *b) {
    int64_t count[DIGITS][VALUES] = {{0}};
    if (n <= FEW) {
        sort_few(n, a);
        return a;
    }
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++) count[d][a[i].key >> (8 * d) & 0xFF]++;
    for (int d = 0; d < DIGITS; d++) {
        int64_t *at = count[d], first = 0;
        if (at[a[0].key >> (8 * d) & 0xFF] == n) continue;
        for (int v = 0; v < VALUES; v++) {
            int64_t here = at[v];
            at[v] = first;
            first += here;
        }
        for (int64_t i = 0; i < n; i++) b[at[a[i].key >> (8 * d) & 0xFF]++] = a[i];
        item *c = a;
        a = b;
        b = c;
    }
    return a;
}

/* ---- columns */

static void rank_column(const ama__rank_kind *k, int64_t n, uint64_t *column, int64_t stride, item *a, item *b) {
    const bool real = ama__dtype_is_float(k->dtype);
    const double none = NAN;
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = column[i * stride];
        if (real && key == MISSING)
            memcpy(&column[i * stride], &none, sizeof none);
        else
            a[m++] = (item){key, i};
    }
    const item *s = sort(m, a, b);
    for (int64_t first = 0, end; first < m; first = end) {
        for (end = first + 1; end < m && s[end].key == s[first].key;) end++;
        double rank = 0.5 * (double)(first + end + 1);
        if (k->pct) rank /= (double)m;
        for (int64_t i = first; i < end; i++) memcpy(&column[s[i].at * stride], &rank, sizeof rank);
    }
}

void ama__rank_columns(const ama__rank_kind *k, int64_t n, int64_t cells, void *keys, int64_t stride, void *work) {
    item *a = work, *b = a + n;
    for (int64_t c = 0; c < cells; c++) rank_column(k, n, (uint64_t *)keys + c, stride, a, b);
}
