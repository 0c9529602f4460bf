/* TEST: labels=unit
 * Gathering along axes against element by element: every class, lists with and without missing places, strides
 * forwards, backwards and none. */
#include "cmocka_all.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/gather.h"

static uint64_t seed = 88172645463325252u;
static int64_t below(int64_t n) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)n);
}

enum { N_SRC = 4000, N_AXIS = 9 };

typedef struct drawn {
    int ndim;
    int64_t count[4], list[4][N_AXIS], stride[4], first;
    const int64_t *offset[4];
} drawn;

/* Axes of a source of shape 5 x 8 x 10 x 10, each taken by a list, a stride, or repeated. */
static void draw(drawn *d, bool missing) {
    const int64_t along[4] = {800, 100, 10, 1}, n[4] = {5, 8, 10, 10};
    memset(d, 0, sizeof *d);
    d->ndim = (int)below(5);
    for (int a = 0; a < d->ndim; a++) {
        int k = 4 - d->ndim + a;
        d->count[a] = 1 + below(n[k] < N_AXIS ? n[k] : N_AXIS);
        switch (below(4)) {
        case 0: d->stride[a] = along[k]; break;
        case 1:
            d->stride[a] = -along[k];
            d->first += along[k] * (d->count[a] - 1);
            break;
        case 2: break;
        default:
            for (int64_t i = 0; i < d->count[a]; i++)
                d->list[a][i] = missing && below(5) == 0 ? AMA_GATHER_MISSING : along[k] * below(n[k]);
            d->offset[a] = d->list[a];
        }
    }
}

/* Place of the element at idx[] in the source, or the missing mark. */
static int64_t place(const drawn *d, const int64_t *idx) {
    int64_t at = d->first;
    for (int a = 0; a < d->ndim; a++) {
        int64_t o = d->offset[a] ? d->offset[a][idx[a]] : idx[a] * d->stride[a];
        if (o == AMA_GATHER_MISSING) return o;
        at += o;
    }
    return at;
}

static void check(ama__class class, const char *src, const drawn *d) {
    static char out[N_AXIS * N_AXIS * N_AXIS * N_AXIS * 8];
    size_t size = ama__class_bytes(class);
    int64_t idx[AMA_MAX_DIMS] = {0}, k = 0;
    memset(out, 0x5a, sizeof out);
    ama__gather(class, d->ndim, d->count, d->offset, d->stride, src + (size_t)d->first * size, out);
    do {
        int64_t at = place(d, idx);
        if (at != AMA_GATHER_MISSING)
            assert_memory_equal(out + (size_t)k * size, src + (size_t)at * size, size);
        else if (class == AMA_CLASS_F4)
            assert_true(isnan(((const float *)out)[k]));
        else
            assert_true(isnan(((const double *)out)[k]));
        k++;
    } while (ama__index_next(d->ndim, d->count, idx));
}

static void random_axes(void **state) {
    char *src = malloc(N_SRC * 8);
    (void)state;
    for (int i = 0; i < N_SRC * 8; i++) src[i] = (char)below(256);
    for (int i = 0; i < 4000; i++) {
        drawn d;
        ama__class class = (ama__class)below(4);
        draw(&d, class == AMA_CLASS_F4 || class == AMA_CLASS_F8);
        check(class, src, &d);
    }
    free(src);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_axes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
