#include "graph/rolling.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "graph/operate.h"
#include "graph/rolling_private.h"

ama_status ama__rolling_check(ama__graph *g, const ama__rolling *r) {
    if (r->n == 0) return ama__fail(g->ctx, AMA_ERR_ARG, "rolling needs a dim and its window: rolling(time=5)");
    for (int i = 0; i < r->n; i++) {
        AMA_TRY(ama__object_check_dim(g, r->object, "rolling", r->dim[i]));
        if (r->width[i] < 1)
            return ama__fail(g->ctx, AMA_ERR_ARG,
                             "rolling: the window along dim \"%s\" must be 1 or more, not %" PRId64, r->dim[i],
                             r->width[i]);
    }
    if (r->min_periods < 0)
        return ama__fail(g->ctx, AMA_ERR_ARG, "rolling: min_periods must be 1 or more, not %" PRId64, r->min_periods);
    return AMA_OK;
}

static int64_t all_periods(const ama__rolling *r, const ama__variable *v) {
    int64_t n = 1;
    for (int i = 0; i < r->n; i++)
        if ((!v || ama__variable_axis(v, r->dim[i]) >= 0) && r->width[i] <= INT64_MAX / n) n *= r->width[i];
    return n;
}

/* The count of a Dataset is compared with the periods that all its dims make, whatever dims a variable has. */
static ama__windows job_of(const ama__rolling *r, const ama__variable *v, ama__red op, int ddof) {
    ama__windows j = {.ddof = ddof, .min_periods = r->min_periods};
    for (int i = 0; i < r->n; i++) {
        int axis = ama__variable_axis(v, r->dim[i]);
        if (axis < 0) continue;
        j.axis[j.n] = axis;
        j.width[j.n] = r->width[i];
        j.lo[j.n++] = r->center[i] ? r->width[i] / 2 : r->width[i] - 1;
    }
    if (j.min_periods == 0) j.min_periods = all_periods(r, op == AMA_RED_COUNT ? NULL : v);
    return j;
}

static ama_status window(ama__graph *g, const ama__windows *j, int k, ama__red op, int64_t min_count, ama__node *in,
                         ama__node **out) {
    const ama__window_spec s = {.op = op,
                                .axis = j->axis[k],
                                .width = j->width[k],
                                .lo = j->lo[k],
                                .skipna = true,
                                .min_count = min_count,
                                .ddof = j->ddof,
                                .missing = true};
    return ama__node_window(g, in, &s, out);
}

/* Windows along one dim after another: `first` of the values, then `then` of what came out. */
static ama_status windows(ama__graph *g, const ama__windows *j, ama__red first, ama__red then, const ama__variable *v,
                          ama__variable **out) {
    AMA_TRY(ama__variable_new(g, v->dim, v->node, out));
    for (int k = 0; k < j->n; k++) AMA_TRY(window(g, j, k, k ? then : first, 0, (*out)->node, &(*out)->node));
    return AMA_OK;
}

/* Over several dims: what has enough values, else NaN. Sums of float32 stay float64 until the end. */
static ama_status several(ama__graph *g, const ama__windows *j, ama__red op, const ama__variable *v,
                          ama__variable **out) {
    ama_dtype t = v->node->dtype;
    bool real = ama__dtype_is_float(t), sums = op == AMA_RED_SUM || op == AMA_RED_MEAN;
    ama__variable *count, *enough, *x = (ama__variable *)v; /* shared, never changed */
    if (op == AMA_RED_MEDIAN)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "rolling(...).median over several dims; over one dim it is supported");
    if (op == AMA_RED_VAR || op == AMA_RED_STD) {
        if (t == AMA_BOOL)
            return ama__fail(g->ctx, AMA_ERR_ARG, "%s of windows of bool; use astype(\"float64\") first",
                             ama__red_name(op));
        AMA_TRY(ama__windows_spread(g, j, op, v, &x));
        return ama__variable_cast(g, x, real ? t : ama__dtype_bytes(t) <= 2 ? AMA_F4 : AMA_F8, out);
    }
    AMA_TRY(windows(g, j, AMA_RED_COUNT, AMA_RED_SUM, v, &count));
    if (real && sums) AMA_TRY(ama__variable_cast(g, v, AMA_F8, &x));
    if (op == AMA_RED_COUNT)
        x = count;
    else
        AMA_TRY(windows(g, j, sums ? AMA_RED_SUM : op, sums ? AMA_RED_SUM : op, x, &x));
    if (op == AMA_RED_MEAN) {
        ama__term ratio[2] = {ama__term_var(x), ama__term_var(count)};
        AMA_TRY(ama__terms_map(g, AMA_OP_DIV, 2, ratio, &x));
    }
    ama__term least[2] = {ama__term_var(count), ama__term_scalar(ama__operand_int(j->min_periods))};
    AMA_TRY(ama__terms_map(g, AMA_OP_GE, 2, least, &enough));
    ama__term value = ama__term_var(x), cond = ama__term_var(enough), nan = ama__term_scalar(ama__operand_float(NAN));
    AMA_TRY(ama__terms_where(g, &value, &cond, &nan, out));
    return real && op != AMA_RED_COUNT ? ama__variable_cast(g, *out, t, out) : AMA_OK;
}

static ama_status one_variable(ama__graph *g, const ama__rolling *r, ama__red op, int ddof, ama__keep_attrs keep,
                               const ama__variable *v, ama__variable **out) {
    ama__windows j = job_of(r, v, op, ddof);
    if (j.n == 0 && op == AMA_RED_COUNT)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "rolling(...).count() of a variable without the dim; select those that have it");
    if (j.n > 0 && (v->time || ama__dtype_is_text(v->node->dtype)))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "rolling of %s; drop_vars takes such variables out",
                         v->time ? "times" : "text");
    if (j.n == 0) {
        AMA_TRY(ama__variable_copy(g, v, out));
    } else if (j.n == 1) {
        AMA_TRY(ama__variable_new(g, v->dim, v->node, out));
        AMA_TRY(window(g, &j, 0, op, j.min_periods, v->node, &(*out)->node));
    } else {
        AMA_TRY(several(g, &j, op, v, out));
    }
    (*out)->attrs = keep == AMA_KEEP_NO ? (ama__attrs){0} : v->attrs;
    return AMA_OK;
}

ama_status ama__rolling_reduce(ama__graph *g, const ama__rolling *r, ama__red op, int ddof, ama__keep_attrs keep,
                               ama__object *out) {
    ama__object o;
    AMA_TRY(ama__rolling_check(g, r));
    AMA_TRY(ama__object_copy(g, r->object, &o));
    for (int i = 0; i < o.ds.n_vars; i++) {
        ama__named *v = &o.ds.var[i];
        ama_status status = one_variable(g, r, op, ddof, keep, v->var, &v->var);
        AMA_TRY(o.is_dataset ? ama__wrap(g->ctx, status, "variable %s", v->name) : status);
    }
    if (o.is_dataset && keep == AMA_KEEP_NO) o.ds.attrs = (ama__attrs){0};
    o.ds.n_unlimited = 0; /* xarray makes a new Dataset */
    *out = o;
    return AMA_OK;
}
