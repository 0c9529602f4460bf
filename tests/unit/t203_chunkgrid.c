/* TEST: labels=unit
 * Chunk grids: numbers, clipped boxes that tile the array, covers. */
#include "cmocka_all.h"

#include <stdlib.h>

#include "array/chunkgrid.h"

static void malformed(void **state) {
    (void)state;
    ama__chunkgrid g;
    assert_false(ama__chunkgrid_init(&g, 1, (int64_t[]){5}, (int64_t[]){0}));
    assert_false(ama__chunkgrid_init(&g, 1, (int64_t[]){5}, (int64_t[]){-2}));
    assert_false(ama__chunkgrid_init(&g, 1, (int64_t[]){-5}, (int64_t[]){2}));
    assert_false(ama__chunkgrid_init(&g, 17, NULL, NULL));
    assert_false(ama__chunkgrid_init(&g, -1, NULL, NULL));
    assert_false(ama__chunkgrid_init(&g, 2, (int64_t[]){INT64_MAX, 3}, (int64_t[]){1, 1}));
    assert_true(ama__chunkgrid_init(&g, 2, (int64_t[]){INT64_MAX, 3}, (int64_t[]){INT64_MAX - 1, 1}));
    assert_int_equal(g.n_chunks, 6);
    ama__box last = ama__chunkgrid_box(&g, (int64_t[]){1, 2});
    assert_int_equal(last.count[0], 1);
}

static void scalar_and_empty(void **state) {
    (void)state;
    ama__chunkgrid g;
    assert_true(ama__chunkgrid_init(&g, 0, NULL, NULL));
    assert_int_equal(g.n_chunks, 1);
    ama__box all = ama__chunkgrid_box(&g, NULL);
    assert_int_equal(ama__box_size(&all), 1);
    assert_int_equal(ama__chunkgrid_number(&g, NULL), 0);
    assert_true(ama__chunkgrid_init(&g, 2, (int64_t[]){0, 9}, (int64_t[]){4, 4}));
    assert_int_equal(g.n_chunks, 0);
    ama__box none = {.ndim = 2, .start = {0, 0}, .count = {0, 9}}, cover = ama__chunkgrid_cover(&g, &none);
    assert_int_equal(ama__box_size(&cover), 0);
}

/* Every chunk's box, once each: together they are the array, and a region touches exactly the chunks of its cover. */
static void tiling(void **state) {
    (void)state;
    srand(11);
    for (int trial = 0; trial < 500; trial++) {
        int ndim = 1 + rand() % 4;
        int64_t shape[4], chunk[4], elements = 0, touched = 0, index[4];
        ama__box region = {.ndim = ndim};
        for (int d = 0; d < ndim; d++) {
            shape[d] = 1 + rand() % 12;
            chunk[d] = 1 + rand() % 14;
            region.start[d] = rand() % shape[d];
            region.count[d] = 1 + rand() % (shape[d] - region.start[d]);
        }
        ama__chunkgrid g;
        assert_true(ama__chunkgrid_init(&g, ndim, shape, chunk));
        ama__box whole = ama__box_whole(ndim, shape), cover = ama__chunkgrid_cover(&g, &region), both;
        for (int64_t i = 0; i < g.n_chunks; i++) {
            ama__chunkgrid_index(&g, i, index);
            assert_int_equal(ama__chunkgrid_number(&g, index), i);
            ama__box b = ama__chunkgrid_box(&g, index), cell = {.ndim = ndim};
            assert_true(ama__box_contains(&whole, &b));
            assert_true(ama__box_size(&b) > 0);
            elements += ama__box_size(&b);
            for (int d = 0; d < ndim; d++) {
                cell.start[d] = index[d];
                cell.count[d] = 1;
            }
            bool hit = ama__box_intersect(&b, &region, &both);
            assert_int_equal(hit, ama__box_contains(&cover, &cell));
            touched += hit;
        }
        assert_int_equal(elements, ama__box_size(&whole));
        assert_int_equal(touched, ama__box_size(&cover));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed),
        cmocka_unit_test(scalar_and_empty),
        cmocka_unit_test(tiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
