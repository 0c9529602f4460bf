/* Least squares in an orthonormal basis of the labels: where all values count, the solution is the sums of y * q[k].
 * Where missing values are left out, each cell has a Gram matrix of its own, solved by elementwise steps. */
#include "graph/polyfit.h"

#include <math.h>
#include <string.h>

#include "graph/arith.h"
#include "graph/polyfew.h"
#include "graph/select.h"

/* The error before correction that leaves some eight digits after it. */
#define MOST_WRONG 1e-4

/* ---- labels as numbers */

double ama__polyfit_label(const ama__timeaxis *time, int64_t tick) {
    return time->datetime64 ? (double)tick : 1000.0 * ((double)tick / 1e6 * 1e6);
}

static ama_status labels_of(ama__graph *g, const ama__object *in, const char *dim, int64_t n, double **out) {
    const ama__variable *index = ama__coords_index(in->ds.n_coords, in->ds.coord, dim);
    AMA_NEW(g->arena, *out, n + 1);
    if (index && (ama__dtype_is_text(index->node->dtype) || index->node->dtype == AMA_BOOL))
        return ama__fail(g->ctx, AMA_ERR_ARG, "polyfit: the labels of dim \"%s\" are no numbers or times", dim);
    for (int64_t i = 0; i < n; i++) {
        const void *data = index ? index->node->u.constant.data : NULL;
        bool time = index && index->time;
        (*out)[i] = !index ? (double)i
                    : time ? ama__polyfit_label(index->time, ((const int64_t *)data)[i])
                           : ama__dtype_get_f8(index->node->dtype, data, i);
        if (!isfinite((*out)[i]) || (time && ((const int64_t *)data)[i] == AMA_NAT))
            return ama__fail(g->ctx, AMA_ERR_ARG, "polyfit: dim \"%s\" has a missing or infinite label", dim);
    }
    return AMA_OK;
}

/* ---- one variable */

/* sum(y * q[k]). */
static ama_status moments(const ama__fit *f, ama__node **b) {
    for (int k = 0; k < f->b->p; k++) {
        ama__node *x;
        AMA_TRY(ama__fit_along(f, AMA_OP_MUL, f->y, f->b->q[k], 0, &x));
        AMA_TRY(ama__fit_reduce(f, AMA_RED_SUM, x, f->masked, &b[k]));
    }
    return AMA_OK;
}

/* sum(q[j] * q[k]) over the values that are there, j <= k; count: their number. */
static ama_status gram(const ama__fit *f, ama__node *(*m)[AMA_POLY_MAX], ama__node **count, ama__node **there) {
    ama__node *n, *x;
    AMA_TRY(ama__fit_reduce(f, AMA_RED_COUNT, f->y, true, count));
    AMA_TRY(ama__fit_scalar(f, (double)f->b->n, &n));
    AMA_TRY(ama__fit_binary(f, AMA_OP_DIV, *count, n, &m[0][0]));
    AMA_TRY(ama__node_unary(f->g, AMA_OP_NOTNULL, f->y, there));
    for (int k = 1; k < f->b->p; k++)
        for (int j = 0; j <= k; j++) {
            double *product;
            AMA_NEW(f->g->arena, product, f->b->n);
            for (int64_t i = 0; i < f->b->n; i++) product[i] = f->b->q[j][i] * f->b->q[k][i];
            AMA_TRY(ama__fit_along(f, AMA_OP_WHERE, *there, product, 0, &x));
            AMA_TRY(ama__fit_reduce(f, AMA_RED_SUM, x, false, &m[j][k]));
        }
    return AMA_OK;
}

/* m = L D L^T. */
typedef struct factors {
    ama__node *l[AMA_POLY_MAX][AMA_POLY_MAX],
        *s[AMA_POLY_MAX][AMA_POLY_MAX]; /* s = l times the diagonal, which it has */
} factors;

static ama_status factorise(const ama__fit *f, ama__node *(*m)[AMA_POLY_MAX], factors *x) {
    int p = f->b->p;
    for (int j = 0; j < p; j++)
        for (int k = j; k < p; k++) {
            x->s[k][j] = m[j][k];
            for (int i = 0; i < j; i++) AMA_TRY(ama__fit_take_away(f, x->s[k][i], x->l[j][i], &x->s[k][j]));
            if (k > j) AMA_TRY(ama__fit_binary(f, AMA_OP_DIV, x->s[k][j], x->s[j][j], &x->l[k][j]));
        }
    return AMA_OK;
}

/* m d = b; b becomes d. */
static ama_status solve(const ama__fit *f, const factors *x, ama__node **b) {
    int p = f->b->p;
    for (int k = 0; k < p; k++)
        for (int i = 0; i < k; i++) AMA_TRY(ama__fit_take_away(f, x->l[k][i], b[i], &b[k]));
    for (int k = p - 1; k >= 0; k--) {
        AMA_TRY(ama__fit_binary(f, AMA_OP_DIV, b[k], x->s[k][k], &b[k]));
        for (int i = k + 1; i < p; i++) AMA_TRY(ama__fit_take_away(f, x->l[i][k], b[i], &b[k]));
    }
    return AMA_OK;
}

/* sum of column[k](degree) * d[k]: a new leading axis, highest power first. */
static ama_status stack(const ama__fit *f, int n, double (*column)[AMA_POLY_MAX], ama__node *const *d,
                        ama__node **out) {
    int8_t axis[2][AMA_MAX_DIMS];
    int64_t p = f->b->p, shape[AMA_MAX_DIMS];
    shape[0] = p;
    for (int a = 0; a < d[0]->ndim; a++) shape[a + 1] = d[0]->shape[a];
    for (int a = 0; a < AMA_MAX_DIMS; a++) {
        axis[0][a] = a ? -1 : 0;
        axis[1][a] = (int8_t)(a - 1);
    }
    for (int k = 0; k < n; k++) {
        ama__node *in[2] = {NULL, d[k]}, *x;
        double *high_first;
        AMA_NEW(f->g->arena, high_first, p);
        for (int64_t j = 0; j < p; j++) high_first[j] = column[k][p - 1 - j];
        AMA_TRY(ama__node_const(f->g, AMA_F8, 1, &p, high_first, false, &in[0]));
        AMA_TRY(ama__node_map(f->g, AMA_OP_MUL, 2, in, (const int8_t(*)[AMA_MAX_DIMS])axis, d[k]->ndim + 1, shape, &x));
        if (k > 0)
            AMA_TRY(ama__fit_binary(f, AMA_OP_ADD, *out, x, out));
        else
            *out = x;
    }
    return AMA_OK;
}

/* A line through one point: the smallest coefficients, those of the scaled powers. With one value, m[0][1] is
 * q[0] * q[1](x) and b[0] is q[0] * y. */
static ama_status line_of_one(const ama__fit *f, ama__node *m01, ama__node *b0, ama__node **out) {
    const ama__polybasis *b = f->b;
    double root = sqrt((double)b->n), column[2][AMA_POLY_MAX] = {{0}};
    ama__node *high, *square, *y, *k[3], *c[2];
    AMA_TRY(ama__fit_scalar(f, b->dx * root / b->scale[1], &k[0]));
    AMA_TRY(ama__fit_scalar(f, b->x0 / b->scale[1], &k[1]));
    AMA_TRY(ama__fit_scalar(f, 1 / (b->scale[0] * b->scale[0]), &k[2]));
    AMA_TRY(ama__fit_binary(f, AMA_OP_MUL, m01, k[0], &high)); /* x / scale[1] */
    AMA_TRY(ama__fit_binary(f, AMA_OP_ADD, high, k[1], &high));
    AMA_TRY(ama__fit_binary(f, AMA_OP_MUL, high, high, &square));
    AMA_TRY(ama__fit_binary(f, AMA_OP_ADD, square, k[2], &square));
    AMA_TRY(ama__fit_scalar(f, root, &k[0]));
    AMA_TRY(ama__fit_binary(f, AMA_OP_MUL, b0, k[0], &y));
    AMA_TRY(ama__fit_binary(f, AMA_OP_DIV, y, square, &c[0]));
    AMA_TRY(ama__fit_binary(f, AMA_OP_MUL, c[0], high, &c[1]));
    column[0][0] = 1 / (b->scale[0] * b->scale[0]);
    column[1][1] = 1 / b->scale[1];
    return stack(f, 2, column, c, out);
}

/* y less the fit. */
static ama_status residuals(const ama__fit *f, ama__node *const *d, ama__node **out) {
    int8_t axis[2][AMA_MAX_DIMS];
    *out = f->y;
    for (int a = 0; a < AMA_MAX_DIMS; a++) {
        axis[0][a] = (int8_t)(a < f->axis ? a : a > f->axis ? a - 1 : -1);
        axis[1][a] = a == f->axis ? 0 : -1;
    }
    for (int k = 0; k < f->b->p; k++) {
        ama__node *in[2] = {d[k]}, *term;
        AMA_TRY(ama__node_const(f->g, AMA_F8, 1, &f->b->n, f->b->q[k], false, &in[1]));
        AMA_TRY(ama__node_map(f->g, AMA_OP_MUL, 2, in, (const int8_t(*)[AMA_MAX_DIMS])axis, f->y->ndim, f->y->shape,
                              &term));
        AMA_TRY(ama__fit_binary(f, AMA_OP_SUB, *out, term, out));
    }
    return AMA_OK;
}

/* The Gram matrix squares the condition of what it came from: a fit of what is left of y takes away most of that error
 * (corrected seminormal equations: Bjorck, Linear Algebra Appl. 88/89, 1987), in a second pass over y. The error that
 * stays is to the one taken away as that is to the whole: *excess is positive (or NaN) where it is too much. */
static ama_status correct(const ama__fit *f, const factors *x, ama__node **d, ama__node **excess) {
    ama__fit rest = *f;
    ama__node *more[AMA_POLY_MAX], *whole, *limit;
    for (int k = 0; k < f->b->p; k++) AMA_TRY(ama__fit_settle(f, d[k], &d[k]));
    AMA_TRY(residuals(f, d, &rest.y));
    AMA_TRY(moments(&rest, more));
    AMA_TRY(solve(f, x, more));
    AMA_TRY(ama__fit_dot(f, more, more, excess));
    AMA_TRY(ama__fit_dot(f, d, d, &whole));
    AMA_TRY(ama__fit_scalar(f, MOST_WRONG * MOST_WRONG, &limit));
    AMA_TRY(ama__fit_take_away(f, whole, limit, excess));
    for (int k = 0; k < f->b->p; k++) AMA_TRY(ama__fit_binary(f, AMA_OP_ADD, d[k], more[k], &d[k]));
    return AMA_OK;
}

/* *out where test(x, limit) holds, `other` elsewhere (NULL: NaN). x has no dim of degrees. */
static ama_status keep_where(const ama__fit *f, ama__op test, ama__node *x, double limit, ama__node *other,
                             ama__node **out) {
    ama__node *in[3], *number;
    int8_t axis[3][AMA_MAX_DIMS];
    bool plain = !other;
    AMA_TRY(ama__fit_scalar(f, limit, &number));
    AMA_TRY(ama__fit_binary(f, test, x, number, &in[0]));
    if (plain) AMA_TRY(ama__fit_scalar(f, NAN, &other));
    in[1] = *out;
    in[2] = other;
    for (int a = 0; a < AMA_MAX_DIMS; a++) {
        axis[0][a] = (int8_t)(a - 1);
        axis[1][a] = (int8_t)a;
        axis[2][a] = (int8_t)(plain ? -1 : a);
    }
    return ama__node_map(f->g, AMA_OP_WHERE, 3, in, (const int8_t(*)[AMA_MAX_DIMS])axis, (*out)->ndim, (*out)->shape,
                         out);
}

/* The smallest coefficients of the scaled powers where fewer values are there than coefficients. */
static ama_status few(const ama__fit *f, const ama__polyfew_sums *s, ama__node **out) {
    double column[AMA_POLY_MAX][AMA_POLY_MAX] = {{0}};
    ama__node *c[AMA_POLY_MAX];
    for (int k = 0; k < f->b->p; k++) column[k][k] = 1 / f->b->scale[k];
    AMA_TRY(ama__polyfew(f, s, c));
    return stack(f, f->b->p, column, c, out);
}

/* Coefficients where enough values are there; elsewhere those of few values, or NaN. */
static ama_status masked(const ama__fit *f, ama__node **b, double (*column)[AMA_POLY_MAX], ama__node **out) {
    ama__node *m[AMA_POLY_MAX][AMA_POLY_MAX], *other = NULL, *excess = NULL;
    ama__polyfew_sums s = {.y = b[0], .yq = b[1]};
    factors x;
    int p = f->b->p;
    AMA_TRY(gram(f, m, &s.count, &s.there));
    if (p > 1) {
        s.q = m[0][1];
        s.square = m[1][1];
    }
    AMA_TRY(factorise(f, m, &x));
    AMA_TRY(solve(f, &x, b));
    if (p > 2) AMA_TRY(correct(f, &x, b, &excess));
    AMA_TRY(stack(f, p, column, b, out));
    if (p == 1) return AMA_OK; /* 0 / 0 is NaN */
    if (p > 2) AMA_TRY(keep_where(f, AMA_OP_LE, excess, 0, NULL, out));
    if (p > 2 && p <= AMA_POLYFEW_MAX) AMA_TRY(few(f, &s, &other));
    AMA_TRY(keep_where(f, AMA_OP_GE, s.count, p, other, out));
    if (p > 2) return AMA_OK;
    AMA_TRY(line_of_one(f, s.q, s.y, &other));
    return keep_where(f, AMA_OP_NE, s.count, 1, other, out);
}

static ama_status one_variable(ama__graph *g, const ama__polybasis *basis, const double *x,
                               const ama__polyfit_options *o, const char *degree, const ama__variable *v,
                               ama__variable **out) {
    ama__fit f = {.g = g, .b = basis, .x = x, .y = v->node, .axis = ama__variable_axis(v, o->dim)};
    const char *dim[AMA_MAX_DIMS] = {degree};
    double column[AMA_POLY_MAX][AMA_POLY_MAX];
    ama__node *b[AMA_POLY_MAX] = {NULL}, *node;
    int n = 1;
    if (v->time || ama__dtype_is_text(v->node->dtype))
        return ama__fail(g->ctx, AMA_ERR_ARG, "polyfit: only numbers can be fitted; drop_vars takes the others out");
    if (v->ndim == AMA_MAX_DIMS) return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "polyfit: an array of %d dims", v->ndim);
    f.masked = ama__dtype_is_float(v->node->dtype) && o->skipna != AMA_SKIPNA_NO;
    if (f.masked && o->deg > AMA_POLYFIT_MAX_NAN)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "polyfit: degree %d where missing values are left out; up to %d is supported, and any up to "
                         "%d with skipna=False",
                         o->deg, AMA_POLYFIT_MAX_NAN, AMA_POLYFIT_MAX);
    for (int a = 0; a < v->ndim; a++)
        if (a != f.axis) dim[n++] = v->dim[a];
    for (int k = 0; k < basis->p; k++)
        for (int j = 0; j < basis->p; j++) column[k][j] = basis->power[j][k];
    AMA_TRY(moments(&f, b));
    AMA_TRY(f.masked ? masked(&f, b, column, &node) : stack(&f, basis->p, column, b, &node));
    AMA_TRY(ama__fit_settle(&f, node, &node));
    return ama__variable_new(g, dim, node, out);
}

/* ---- objects */

static ama_status set_coords(ama__graph *g, const ama__object *in, const char *degree, int deg, ama__object *out) {
    const char **dims;
    int n;
    int64_t p = deg + 1, *value;
    ama__node *node;
    ama__variable *v;
    AMA_TRY(ama__dataset_dims(g, &out->ds, &n, &dims));
    AMA_NEW(g->arena, value, p);
    for (int64_t i = 0; i < p; i++) value[i] = deg - i;
    AMA_TRY(ama__node_const(g, AMA_I8, 1, &p, value, false, &node));
    AMA_TRY(ama__variable_new(g, &degree, node, &v));
    AMA_TRY(ama__named_set(g, &out->ds.n_coords, &out->ds.coord, degree, v));
    for (int i = 0; i < n; i++) {
        ama__variable *c = ama__named_find(in->ds.n_coords, in->ds.coord, dims[i]);
        if (c) AMA_TRY(ama__named_set(g, &out->ds.n_coords, &out->ds.coord, dims[i], c));
    }
    return AMA_OK;
}

ama_status ama__object_polyfit(ama__graph *g, const ama__object *in, const ama__polyfit_options *o, ama__object *out) {
    ama__object r = {.is_dataset = true};
    ama__polybasis basis;
    const char *degree = "degree";
    double *x;
    bool few = false;
    AMA_TRY(ama__object_check_dim(g, in, "polyfit", o->dim));
    if (o->deg < 0 || o->deg > AMA_POLYFIT_MAX)
        return ama__fail(g->ctx, AMA_ERR_ARG, "polyfit: degree %d; 0 to %d are supported", o->deg, AMA_POLYFIT_MAX);
    int64_t n = ama__dataset_dim_size(&in->ds, o->dim);
    AMA_TRY(labels_of(g, in, o->dim, n, &x));
    AMA_TRY(ama__polybasis_make(g, o->dim, n, x, o->deg + 1, &basis));
    while (ama__dataset_dim_size(&in->ds, degree) >= 0)
        AMA_KEEP(g->arena, degree, ama__arena_printf(g->arena, "_%s", degree));
    AMA_NEW(g->arena, r.ds.var, in->ds.n_vars + 1);
    for (int i = 0; i < in->ds.n_vars; i++) {
        const ama__named *v = &in->ds.var[i];
        ama__named *w = &r.ds.var[r.ds.n_vars];
        if (ama__variable_axis(v->var, o->dim) < 0) continue;
        ama_status status = one_variable(g, &basis, x, o, degree, v->var, &w->var);
        AMA_TRY(in->is_dataset ? ama__wrap(g->ctx, status, "variable %s", v->name) : status);
        AMA_KEEP(g->arena, w->name,
                 ama__arena_printf(g->arena, "%s%spolyfit_coefficients", in->is_dataset ? v->name : "",
                                   in->is_dataset ? "_" : ""));
        r.ds.n_vars++;
        few = few || (o->deg > 1 && ama__dtype_is_float(v->var->node->dtype) && o->skipna != AMA_SKIPNA_NO);
    }
    if (few && basis.p <= AMA_POLYFEW_MAX)
        ama__warn(g->ctx,
                  "polyfit: where all values are in a small part of the labels, or at fewer than %d of them, the "
                  "coefficients are NaN (xarray gives few correct digits, or one of many fits)",
                  basis.p);
    else if (few)
        ama__warn(g->ctx,
                  "polyfit: where fewer than %d values are there, or all in a small part of the labels, the "
                  "coefficients are NaN (xarray gives one of many fits)",
                  o->deg + 1);
    if (in->is_dataset) r.ds.attrs = in->ds.attrs;
    AMA_TRY(set_coords(g, in, degree, o->deg, &r));
    *out = r;
    return AMA_OK;
}
