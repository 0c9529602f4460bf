/* TEST: labels=unit
 * Orthonormal polynomials and neighbours on an axis, by what defines them. The values of interp and polyfit are
 * compared with xarray's by scripts. */
#include "cmocka_all.h"

#include <math.h>

#include "graph/interpolate.h"
#include "graph/polybasis.h"

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != AMA_OK) fail_msg("%s: %s", #call, ama__error_text(g->ctx));                                      \
    } while (0)

static void new_graph(ama__graph *g) {
    *g = (ama__graph){.ctx = ama__ctx_create()};
    assert_int_equal(ama__arena_create(g->ctx, &g->arena), AMA_OK);
}

static void end_graph(ama__graph *g) {
    ama_ctx *ctx = g->ctx;
    ama__arena_destroy(&g->arena);
    ama__ctx_destroy(&ctx);
}

/* ---- polynomials */

static void check_basis(ama__graph *g, int64_t n, const double *x, int p) {
    ama__polybasis b;
    OK(ama__polybasis_make(g, "x", n, x, p, &b));
    for (int j = 0; j < p; j++)
        for (int k = 0; k < p; k++) {
            long double dot = 0;
            for (int64_t i = 0; i < n; i++) dot += (long double)b.q[j][i] * b.q[k][i];
            assert_true(fabsl(dot - (j == k)) < 1e-13L);
        }
    for (int k = 0; k < p; k++)
        for (int64_t i = 0; i < n; i++) {
            long double sum = 0, size = 0;
            for (int j = k; j >= 0; j--) {
                sum = sum * x[i] + b.power[j][k];
                size = size * fabsl((long double)x[i]) + fabs(b.power[j][k]);
            }
            assert_true(fabsl(sum - b.q[k][i]) <= 4e-16L * size + 1e-13L);
        }
    if (p > 1)
        for (int64_t i = 0; i < n; i++)
            assert_true(fabs(b.x0 + b.dx * b.q[1][i] - x[i]) <= 1e-13 * (fabs(x[0]) + fabs(x[n - 1])));
}

static void polynomials(void **state) {
    ama__graph graph, *g = &graph;
    double x[400];
    (void)state;
    new_graph(g);
    for (int i = 0; i < 400; i++) x[i] = i;
    check_basis(g, 400, x, 5);
    check_basis(g, 5, x, 5);
    check_basis(g, 1, x, 1);
    for (int i = 0; i < 400; i++) x[i] = sin(i) * 3 - 1;
    check_basis(g, 400, x, 8);
    for (int i = 0; i < 400; i++) x[i] = 1.2e18 + 8.64e13 * i; /* days as nanoseconds */
    check_basis(g, 400, x, 2);
    end_graph(g);
}

static void dependent(void **state) {
    ama__graph graph, *g = &graph;
    double x[400];
    ama__polybasis b;
    (void)state;
    new_graph(g);
    for (int i = 0; i < 400; i++) x[i] = 1.2e18 + 8.64e13 * i;
    assert_int_equal(ama__polybasis_make(g, "x", 400, x, 7, &b), AMA_ERR_UNSUPPORTED);
    assert_int_equal(ama__polybasis_make(g, "x", 2, x, 3, &b), AMA_ERR_UNSUPPORTED);
    for (int i = 0; i < 400; i++) x[i] = i % 2;
    check_basis(g, 400, x, 2);
    assert_int_equal(ama__polybasis_make(g, "x", 400, x, 3, &b), AMA_ERR_UNSUPPORTED);
    for (int i = 0; i < 400; i++) x[i] = 7;
    assert_int_equal(ama__polybasis_make(g, "x", 400, x, 2, &b), AMA_ERR_UNSUPPORTED);
    end_graph(g);
}

/* ---- neighbours */

static ama__variable *along(ama__graph *g, const char *dim, int64_t n, const double *x) {
    ama__node *node;
    ama__variable *v;
    OK(ama__node_const(g, AMA_F8, 1, &n, x, true, &node));
    OK(ama__variable_new(g, &dim, node, &v));
    return v;
}

/* lower < target <= upper among the labels, but at the ends the outermost two. */
static void neighbours(void **state) {
    ama__graph graph, *g = &graph;
    const double x[] = {3, -1, 7, 0, 10}, to[] = {-5, -1, -0.5, 0, 2, 3, 6.5, 7, 10, 11};
    const int64_t lower[] = {1, 1, 1, 1, 3, 3, 0, 0, 2, 2}, upper[] = {3, 3, 3, 3, 0, 0, 2, 2, 4, 4};
    const int64_t np_lower[] = {1, 1, 1, 3, 3, 0, 0, 2, 4, 2}, nearest[] = {1, 1, 1, 3, 0, 0, 2, 2, 4, 4};
    const uint8_t outside[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 2};
    ama__interpolate_options o = {.method = AMA_INTERPOLATE_LINEAR};
    ama__interpolate_axis a;
    (void)state;
    new_graph(g);
    const ama__variable *index = along(g, "x", 5, x), *target = along(g, "x", 10, to);
    OK(ama__interpolate_axis_make(g, &o, "x", index, 5, target, &a));
    assert_int_equal(a.n, 10);
    assert_string_equal(a.new_dim, "x");
    for (int i = 0; i < 10; i++) {
        assert_int_equal(a.lower[i], lower[i]);
        assert_int_equal(a.upper[i], upper[i]);
        assert_true(a.dx[i] == x[upper[i]] - x[lower[i]] && a.w[i] == to[i] - x[lower[i]]);
        assert_int_equal(a.outside[i], outside[i]);
        if (!outside[i]) assert_int_equal(a.np_lower[i], np_lower[i]);
    }
    o.method = AMA_INTERPOLATE_NEAREST;
    OK(ama__interpolate_axis_make(g, &o, "x", index, 5, target, &a));
    for (int i = 0; i < 10; i++) assert_int_equal(a.lower[i], nearest[i]);
    end_graph(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(polynomials), cmocka_unit_test(dependent),
                                       cmocka_unit_test(neighbours)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
