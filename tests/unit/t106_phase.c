/* TEST: labels=unit
 * Phases: exclusive on a thread, summed over threads, silent while off. */
#include "cmocka_all.h"

#include "base/phase.h"

static void spend(double s) {
    for (double end = ama__now_s() + s; ama__now_s() < end;) continue;
}

static double total(const ama_ctx *ctx) {
    double s = 0;
    for (int p = 0; p < AMA_PHASE_N; p++) s += ama__phase_s(ctx, (ama__phase)p);
    return s;
}

static void test_off(void **unused) {
    (void)unused;
    ama_ctx *ctx = ama__ctx_create();
    int before = ama__phase_enter(ctx, AMA_PHASE_FETCH);
    spend(1e-3);
    ama__phase_leave(ctx, before);
    assert_true(total(ctx) == 0);
    ama__ctx_destroy(&ctx);
}

/* What is inside is taken off what is around it, also when it is the same phase. */
static void test_nested(void **unused) {
    (void)unused;
    ama_ctx *ctx = ama__ctx_create();
    ama__phase_start(ctx, true);
    double start = ama__now_s();
    int a = ama__phase_enter(ctx, AMA_PHASE_FETCH);
    spend(2e-3);
    int b = ama__phase_enter(ctx, AMA_PHASE_DECODE);
    int c = ama__phase_enter(ctx, AMA_PHASE_DECODE);
    spend(4e-3);
    ama__phase_leave(ctx, c);
    ama__phase_leave(ctx, b);
    spend(2e-3);
    ama__phase_leave(ctx, a);
    double around = ama__now_s() - start;
    spend(1e-3); /* in no phase */
    assert_true(ama__phase_s(ctx, AMA_PHASE_FETCH) >= 4e-3 && ama__phase_s(ctx, AMA_PHASE_DECODE) >= 4e-3);
    assert_true(total(ctx) <= around);
    assert_true(ama__phase_s(ctx, AMA_PHASE_COMPUTE) == 0);
    ama__phase_start(ctx, true);
    assert_true(total(ctx) == 0);
    ama__ctx_destroy(&ctx);
}

static void test_threads(void **unused) {
    (void)unused;
    ama_ctx *ctx = ama__ctx_create();
    ama__phase_start(ctx, true);
    double start = ama__now_s();
#pragma omp parallel num_threads(3)
    {
        int before = ama__phase_enter(ctx, AMA_PHASE_COMPUTE);
        spend(2e-3);
        ama__phase_leave(ctx, before);
    }
    assert_true(ama__phase_s(ctx, AMA_PHASE_COMPUTE) >= 6e-3);
    assert_true(total(ctx) <= 3 * (ama__now_s() - start));
    ama__ctx_destroy(&ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_off), cmocka_unit_test(test_nested),
                                       cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
