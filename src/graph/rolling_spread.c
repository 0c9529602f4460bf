/* Variances of windows over several axes: windows along the widest give number, sum and squared deviations, which those
 * along each other axis join (Chan, Golub and LeVeque): the deviations of all, and those of the means of the parts from
 * the mean of the whole. Nothing large is subtracted from something as large. */
#include <inttypes.h>
#include <math.h>

#include "graph/labels.h"
#include "graph/operate.h"
#include "graph/rolling_private.h"

#define MOST_PARTS 64 /* that are joined one by one */

/* Of the values in the windows so far: their number, sum, mean and the sum of squared deviations from it. */
typedef struct moments {
    ama__variable *n, *sum, *mean, *m2;
} moments;

static ama_status of_two(ama__graph *g, ama__op op, const ama__variable *a, const ama__variable *b,
                         ama__variable **out) {
    const ama__term t[2] = {ama__term_var(a), ama__term_var(b)};
    return ama__terms_map(g, op, 2, t, out);
}

static ama_status windows(ama__graph *g, const ama__windows *w, int k, ama__red op, const ama__variable *v,
                          ama__variable **out) {
    const ama__window_spec s = {
        .op = op, .axis = w->axis[k], .width = w->width[k], .lo = w->lo[k], .skipna = true, .missing = true};
    ama__node *node;
    AMA_TRY(ama__node_window(g, v->node, &s, &node));
    return ama__variable_new(g, v->dim, node, out);
}

static ama_status first_axis(ama__graph *g, const ama__windows *w, int k, const ama__variable *v, moments *m) {
    AMA_TRY(windows(g, w, k, AMA_RED_COUNT, v, &m->n));
    AMA_TRY(windows(g, w, k, AMA_RED_SUM, v, &m->sum));
    AMA_TRY(of_two(g, AMA_OP_DIV, m->sum, m->n, &m->mean));
    AMA_TRY(windows(g, w, k, AMA_RED_VAR, v, &m->m2));
    return of_two(g, AMA_OP_MUL, m->m2, m->n, &m->m2);
}

/* v at the part-th index of each window; NaN outside the axis. */
static ama_status part_of(ama__graph *g, const ama__windows *w, int k, int64_t part, const ama__variable *v,
                          ama__variable **out) {
    int64_t n = ama__variable_size(v, w->axis[k]), *list;
    AMA_NEW(g->arena, list, n + 1);
    for (int64_t i = 0; i < n; i++) {
        int64_t x = i - w->lo[k] + part;
        list[i] = x >= 0 && x < n ? x : -1;
    }
    const ama__pick p = {.count = n, .list = list};
    return ama__labels_take_dim(g, v, v->dim[w->axis[k]], &p, 0, out);
}

/* Adds n (mean - whole)^2 of a part: nothing where it has no values. */
static ama_status add_part(ama__graph *g, const ama__windows *w, int k, int64_t part, const moments *m,
                           const ama__variable *whole, ama__variable **m2) {
    ama__variable *n, *x;
    AMA_TRY(part_of(g, w, k, part, m->n, &n));
    AMA_TRY(part_of(g, w, k, part, m->mean, &x));
    AMA_TRY(of_two(g, AMA_OP_SUB, x, whole, &x));
    AMA_TRY(of_two(g, AMA_OP_MUL, x, x, &x));
    AMA_TRY(of_two(g, AMA_OP_MUL, n, x, &x));
    const ama__term t[2] = {ama__term_var(x), ama__term_scalar(ama__operand_float(0.0))};
    AMA_TRY(ama__terms_map(g, AMA_OP_FMAX, 2, t, &x));
    return of_two(g, AMA_OP_ADD, *m2, x, m2);
}

static ama_status next_axis(ama__graph *g, const ama__windows *w, int k, moments *m) {
    moments all;
    AMA_TRY(windows(g, w, k, AMA_RED_SUM, m->n, &all.n));
    AMA_TRY(windows(g, w, k, AMA_RED_SUM, m->sum, &all.sum));
    AMA_TRY(windows(g, w, k, AMA_RED_SUM, m->m2, &all.m2));
    AMA_TRY(of_two(g, AMA_OP_DIV, all.sum, all.n, &all.mean));
    for (int64_t part = 0; part < w->width[k]; part++) AMA_TRY(add_part(g, w, k, part, m, all.mean, &all.m2));
    *m = all;
    return AMA_OK;
}

/* NaN where there are not enough values, and with infinite ones: their sum less itself. */
static ama_status finish(ama__graph *g, const ama__windows *w, const moments *m, ama__red op, ama__variable **out) {
    const int64_t least = w->min_periods > w->ddof ? w->min_periods : w->ddof + 1;
    const ama__term degrees[2] = {ama__term_var(m->n), ama__term_scalar(ama__operand_float(w->ddof))};
    const ama__term least_of[2] = {ama__term_var(m->n), ama__term_scalar(ama__operand_int(least))};
    ama__variable *x, *y, *enough;
    AMA_TRY(of_two(g, AMA_OP_SUB, m->sum, m->sum, &y));
    AMA_TRY(of_two(g, AMA_OP_ADD, m->m2, y, &x));
    AMA_TRY(ama__terms_map(g, AMA_OP_SUB, 2, degrees, &y));
    AMA_TRY(of_two(g, AMA_OP_DIV, x, y, &x));
    ama__term value = ama__term_var(x);
    if (op == AMA_RED_STD) AMA_TRY(ama__terms_map(g, AMA_OP_SQRT, 1, &value, &x));
    AMA_TRY(ama__terms_map(g, AMA_OP_GE, 2, least_of, &enough));
    value = ama__term_var(x);
    ama__term cond = ama__term_var(enough), nan = ama__term_scalar(ama__operand_float(NAN));
    return ama__terms_where(g, &value, &cond, &nan, out);
}

ama_status ama__windows_spread(ama__graph *g, const ama__windows *w, ama__red op, const ama__variable *v,
                               ama__variable **out) {
    ama__variable *x;
    moments m;
    int widest = 0;
    for (int k = 0; k < w->n; k++)
        if (w->width[k] > w->width[widest]) widest = k;
    for (int k = 0; k < w->n; k++)
        if (k != widest && w->width[k] > MOST_PARTS)
            return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                             "rolling(...).%s over several dims with windows of more than %d along more than one of "
                             "them",
                             ama__red_name(op), MOST_PARTS);
    AMA_TRY(ama__variable_cast(g, v, AMA_F8, &x));
    AMA_TRY(first_axis(g, w, widest, x, &m));
    for (int k = 0; k < w->n; k++)
        if (k != widest) AMA_TRY(next_axis(g, w, k, &m));
    return finish(g, w, &m, op, out);
}
