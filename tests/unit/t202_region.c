/* TEST: labels=unit
 * Shapes, boxes and strided copies against a copy element by element. */
#include "cmocka_all.h"

#include <stdlib.h>

#include "array/region.h"

static void shapes(void **state) {
    (void)state;
    int64_t n = -1;
    assert_true(ama__shape_size(0, NULL, &n) && n == 1);
    assert_true(ama__shape_size(3, (int64_t[]){2, 3, 4}, &n) && n == 24);
    assert_true(ama__shape_size(3, (int64_t[]){INT64_MAX, 0, INT64_MAX}, &n) && n == 0);
    assert_true(ama__shape_size(2, (int64_t[]){INT64_MAX, 1}, &n) && n == INT64_MAX);
    assert_false(ama__shape_size(2, (int64_t[]){INT64_MAX, 2}, &n));
    assert_false(ama__shape_size(2, (int64_t[]){0, -1}, &n));
    int64_t stride[3];
    ama__shape_strides(3, (int64_t[]){2, 3, 4}, stride);
    assert_memory_equal(stride, ((int64_t[]){12, 4, 1}), sizeof stride);

    int64_t idx[3] = {0}, seen = 0;
    do {
        assert_int_equal((idx[0] * 3 + idx[1]) * 2 + idx[2], seen);
        seen++;
    } while (ama__index_next(3, (int64_t[]){4, 3, 2}, idx));
    assert_int_equal(seen, 24);
    assert_false(ama__index_next(0, NULL, NULL));
}

static ama__box box2(int64_t s0, int64_t s1, int64_t n0, int64_t n1) {
    return (ama__box){.ndim = 2, .start = {s0, s1}, .count = {n0, n1}};
}

static void boxes(void **state) {
    (void)state;
    ama__box a = box2(0, 2, 4, 5), b = box2(2, 0, 10, 4), both;
    assert_true(ama__box_intersect(&a, &b, &both));
    ama__box want = box2(2, 2, 2, 2);
    assert_true(ama__box_equal(&both, &want));
    assert_true(ama__box_contains(&a, &both) && ama__box_contains(&b, &both));
    assert_false(ama__box_contains(&both, &a));
    ama__box beside = box2(4, 2, 1, 1), none = box2(100, 100, 0, 5), scalar = {0};
    assert_false(ama__box_intersect(&a, &beside, &both));
    assert_int_equal(ama__box_size(&both), 0);
    assert_true(ama__box_contains(&a, &none));
    assert_int_equal(ama__box_size(&a), 20);
    assert_int_equal(ama__box_size(&scalar), 1);
    assert_true(ama__box_intersect(&scalar, &scalar, &both));
    assert_false(ama__box_equal(&scalar, &a));
    ama__box whole = ama__box_whole(2, (int64_t[]){7, 8});
    want = box2(0, 0, 7, 8);
    assert_true(ama__box_equal(&whole, &want));
    /* intersect may overwrite an input */
    assert_true(ama__box_intersect(&a, &b, &a));
    want = box2(2, 2, 2, 2);
    assert_true(ama__box_equal(&a, &want));
}

static int64_t dot(int ndim, const int64_t *a, const int64_t *b) {
    int64_t sum = 0;
    for (int d = 0; d < ndim; d++) sum += a[d] * b[d];
    return sum;
}

static int64_t pick(int64_t from, int64_t to) {
    return from + rand() % (to - from + 1);
}

/* Strides of a dense array with its axes in random order, some padded, some running backwards or standing still.
 * Returns the elements spanned; *origin is where index zero lies. */
static int64_t random_strides(int ndim, const int64_t *count, bool is_src, int64_t *stride, int64_t *origin) {
    int order[AMA_MAX_DIMS];
    for (int d = 0; d < ndim; d++) order[d] = d;
    for (int d = ndim - 1; d > 0 && rand() % 2; d--) {
        int other = (int)pick(0, d), keep = order[d];
        order[d] = order[other];
        order[other] = keep;
    }
    int64_t span = 1;
    *origin = 0;
    for (int k = ndim - 1; k >= 0; k--) {
        int d = order[k];
        stride[d] = span * (rand() % 4 == 0 ? 2 : 1);
        if (is_src && rand() % 6 == 0) {
            stride[d] = 0;
            continue;
        }
        span = stride[d] * (count[d] > 0 ? count[d] : 1);
        if (is_src && rand() % 6 == 0) {
            *origin += stride[d] * (count[d] - 1);
            stride[d] = -stride[d];
        }
    }
    return span;
}

static void hulls(void **state) {
    (void)state;
    ama__box a = {2, {3, 10}, {4, 5}}, b = {2, {5, 2}, {1, 3}};
    ama__box h = ama__box_hull(&a, &b), again = ama__box_hull(&b, &a), want = {2, {3, 2}, {4, 13}};
    assert_true(ama__box_equal(&h, &want));
    assert_true(ama__box_equal(&again, &want));
    assert_true(ama__box_contains(&h, &a) && ama__box_contains(&h, &b));
}

static void strided_copies(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 4, 8, 16};
    srand(7);
    for (int trial = 0; trial < 3000; trial++) {
        int ndim = (int)pick(0, 5);
        int64_t count[AMA_MAX_DIMS], s_src[AMA_MAX_DIMS], s_dst[AMA_MAX_DIMS], at_src, at_dst;
        for (int d = 0; d < ndim; d++) count[d] = rand() % 20 == 0 ? 0 : ndim <= 2 ? pick(1, 70) : pick(1, 7);
        int64_t n_src = random_strides(ndim, count, true, s_src, &at_src);
        int64_t n_dst = random_strides(ndim, count, false, s_dst, &at_dst);
        if (at_src < 0) continue; /* an empty axis backwards */
        size_t size = sizes[rand() % 6];
        unsigned char *src = malloc((size_t)n_src * size + 1), *dst = malloc((size_t)n_dst * size + 1);
        unsigned char *want = malloc((size_t)n_dst * size + 1);
        for (size_t i = 0; i < (size_t)n_src * size; i++) src[i] = (unsigned char)rand();
        memset(dst, 0x5a, (size_t)n_dst * size);
        memset(want, 0x5a, (size_t)n_dst * size);
        int64_t idx[AMA_MAX_DIMS] = {0}, total;
        assert_true(ama__shape_size(ndim, count, &total));
        if (total > 0) do {
                memcpy(want + (size_t)dot(ndim, idx, s_dst) * size,
                       src + (at_src + dot(ndim, idx, s_src)) * (int64_t)size, size);
            } while (ama__index_next(ndim, count, idx));
        ama__strided_copy(ndim, count, size, src + at_src * (int64_t)size, s_src, dst, s_dst);
        if (memcmp(dst, want, (size_t)n_dst * size) != 0) fail_msg("trial %d", trial);
        free(src);
        free(dst);
        free(want);
    }
}

static ama__box random_box(int ndim) {
    ama__box b = {.ndim = ndim};
    for (int d = 0; d < ndim; d++) {
        b.start[d] = pick(0, 5);
        b.count[d] = pick(0, 40) ? pick(1, 8) : 0;
    }
    return b;
}

static void box_copies(void **state) {
    (void)state;
    srand(8);
    for (int trial = 0; trial < 3000; trial++) {
        int ndim = (int)pick(0, 4);
        ama__box what = random_box(ndim), from = random_box(ndim), to = random_box(ndim), both;
        int64_t n_src = ama__box_size(&from), n_dst = ama__box_size(&to);
        int32_t *src = malloc((size_t)n_src * 4 + 4), *dst = malloc((size_t)n_dst * 4 + 4);
        for (int64_t i = 0; i < n_src; i++) src[i] = rand();
        for (int64_t i = 0; i < n_dst; i++) dst[i] = -1;
        ama__box_copy(&what, 4, src, &from, dst, &to);
        bool some = ama__box_intersect(&what, &from, &both);
        int64_t idx[AMA_MAX_DIMS] = {0}, s_src[AMA_MAX_DIMS], s_dst[AMA_MAX_DIMS], at = 0;
        ama__shape_strides(ndim, from.count, s_src);
        ama__shape_strides(ndim, to.count, s_dst);
        if (n_dst > 0) do {
                ama__box cell = {.ndim = ndim};
                int64_t at_src = 0;
                for (int d = 0; d < ndim; d++) {
                    cell.start[d] = to.start[d] + idx[d];
                    cell.count[d] = 1;
                    at_src += (cell.start[d] - from.start[d]) * s_src[d];
                }
                int32_t want = some && ama__box_contains(&both, &cell) ? src[at_src] : -1;
                if (dst[at++] != want) fail_msg("trial %d", trial);
            } while (ama__index_next(ndim, to.count, idx));
        free(src);
        free(dst);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),         cmocka_unit_test(boxes),      cmocka_unit_test(hulls),
        cmocka_unit_test(strided_copies), cmocka_unit_test(box_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
