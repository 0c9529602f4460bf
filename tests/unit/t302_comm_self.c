/* TEST: labels=unit
 * A communicator of one process works although MPI was never initialised. */
#include "cmocka_all.h"

#include <stdlib.h>

#include "base/memory.h"
#include "comm/mpi.h"

static void alone(void **state) {
    (void)state;
    ama_ctx *ctx = ama__ctx_create();
    ama__comm *c;
    assert_int_equal(ama__comm_create_self(ctx, &c), AMA_OK);
    assert_int_equal(ama__comm_rank(c), 0);
    assert_int_equal(ama__comm_nranks(c), 1);
    assert_int_equal(ama__comm_node_rank(c), 0);
    assert_int_equal(ama__comm_node_nranks(c), 1);
    ama__comm_barrier(c);
    assert_int_equal(ama__comm_agree(c, AMA_OK), AMA_OK);
    assert_int_equal(ama__comm_agree(c, ama__fail(ctx, AMA_ERR_IO, "disk")), AMA_ERR_IO);
    assert_string_equal(ama__error_text(ctx), "disk");
    ama__error_clear(ctx);
    assert_int_equal(ama__comm_agree(c, AMA_ERR_FORMAT), AMA_ERR_FORMAT);
    assert_int_equal(ama__error_status(ctx), AMA_ERR_FORMAT);
    ama__error_clear(ctx);
    assert_int_equal(ama__comm_exscan_sum(c, 5), 0);
    assert_int_equal(ama__comm_sum(c, 5), 5);
    assert_int_equal(ama__comm_max(c, 5), 5);
    assert_int_equal(ama__comm_min(c, 5), 5);
    assert_true(ama__comm_max_f8(c, 0.5) == 0.5);
    assert_int_equal(ama__comm_check_same(c, 3, "x"), AMA_OK);

    char text[] = "text", copy[8] = "", *p = text;
    size_t bytes = 5;
    void *buf = p, *all;
    ama__comm_bcast(c, text, 5, 0);
    assert_int_equal(ama__comm_bcast_buffer(c, &buf, &bytes, 0), AMA_OK);
    assert_true(buf == p && bytes == 5);
    ama__comm_allgather(c, text, 5, copy);
    assert_string_equal(copy, "text");
    int64_t offset[2] = {-1, -1}, n = 4, from = 1, to = 3;
    assert_int_equal(ama__comm_gatherv(c, text, 5, &all, offset, 0), AMA_OK);
    assert_string_equal(all, "text");
    assert_true(offset[0] == 0 && offset[1] == 5);
    ama__mem_free(ctx, all);
    ama__comm_alltoallv(c, text, &n, &from, copy, &n, &to);
    assert_string_equal(copy, "texext");
    ama__comm_alltoall_i8(c, &n, &from);
    assert_int_equal(from, 4);
    ama__comm_exchange(c, &(ama__message){text, 2}, &(ama__message){copy, 2});
    assert_string_equal(copy, "texext");
    ama__comm_destroy(&c);
    ama__comm_destroy(&c);
    assert_int_equal(ama__mem_used(ctx), 0);

    ama__mem_set_limit(ctx, 10);
    assert_int_equal(ama__comm_create_self(ctx, &c), AMA_ERR_BUDGET);
    assert_null(c);
    ama__ctx_destroy(&ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
