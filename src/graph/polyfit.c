/* Least squares in an orthonormal basis of the labels: where all values count, the solution is the sums of y * q[k].
 * Where missing values are left out, each cell has a Gram matrix of its own, solved by elementwise steps. */
#include "graph/polyfit.h"

#include <math.h>
#include <string.h>

#include "graph/arith.h"
#include "graph/polybasis.h"
#include "graph/select.h"

/* ---- labels as numbers */

static double tick_f8(const ama__timeaxis *time, int64_t tick) {
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
                    : time ? tick_f8(index->time, ((const int64_t *)data)[i])
                           : ama__dtype_get_f8(index->node->dtype, data, i);
        if (!isfinite((*out)[i]) || (time && ((const int64_t *)data)[i] == AMA_NAT))
            return ama__fail(g->ctx, AMA_ERR_ARG, "polyfit: dim \"%s\" has a missing or infinite label", dim);
    }
    return AMA_OK;
}

/* ---- one variable */

typedef struct fit {
    ama__graph *g;
    const ama__polybasis *b;
    ama__node *y;
    int axis;
    bool masked;
} fit;

static ama_status map_same(const fit *f, ama__op op, int n, ama__node *const *in, ama__node **out) {
    int8_t axis[3][AMA_MAX_DIMS];
    const ama__node *shape = in[0];
    for (int k = 1; k < n; k++)
        if (in[k]->ndim > shape->ndim) shape = in[k];
    for (int k = 0; k < n; k++)
        for (int a = 0; a < AMA_MAX_DIMS; a++) axis[k][a] = (int8_t)(in[k]->ndim == 0 ? -1 : a);
    return ama__node_map(f->g, op, n, in, (const int8_t(*)[AMA_MAX_DIMS])axis, shape->ndim, shape->shape, out);
}

static ama_status binary(const fit *f, ama__op op, ama__node *a, ama__node *b, ama__node **out) {
    return map_same(f, op, 2, (ama__node *[]){a, b}, out);
}

static ama_status scalar(const fit *f, double x, ama__node **out) {
    return ama__node_scalar(f->g, AMA_F8, x, 0, out);
}

/* An operation of y (or a mask of it) with a constant along the fitted axis, and a number. */
static ama_status map_along(const fit *f, ama__op op, ama__node *x, const double *along, ama__node **out) {
    int8_t axis[3][AMA_MAX_DIMS];
    ama__node *in[3] = {x};
    AMA_TRY(ama__node_const(f->g, AMA_F8, 1, &f->b->n, along, false, &in[1]));
    AMA_TRY(scalar(f, 0, &in[2]));
    for (int a = 0; a < AMA_MAX_DIMS; a++) {
        axis[0][a] = (int8_t)a;
        axis[1][a] = a == f->axis ? 0 : -1;
        axis[2][a] = -1;
    }
    return ama__node_map(f->g, op, op == AMA_OP_WHERE ? 3 : 2, in, (const int8_t(*)[AMA_MAX_DIMS])axis, x->ndim,
                         x->shape, out);
}

static ama_status reduce(const fit *f, ama__red op, ama__node *x, bool skipna, ama__node **out) {
    ama__reduce_spec spec = {.op = op, .label_axis = -1, .skipna = skipna};
    spec.reduced[f->axis] = true;
    return ama__node_reduce(f->g, x, &spec, out);
}

/* sum(y * q[k]). */
static ama_status moments(const fit *f, ama__node **b) {
    for (int k = 0; k < f->b->p; k++) {
        ama__node *x;
        AMA_TRY(map_along(f, AMA_OP_MUL, f->y, f->b->q[k], &x));
        AMA_TRY(reduce(f, AMA_RED_SUM, x, f->masked, &b[k]));
    }
    return AMA_OK;
}

/* sum(q[j] * q[k]) over the values that are there, j <= k; count: their number. */
static ama_status gram(const fit *f, ama__node *(*m)[AMA_POLY_MAX], ama__node **count) {
    ama__node *there, *n, *x;
    AMA_TRY(reduce(f, AMA_RED_COUNT, f->y, true, count));
    AMA_TRY(scalar(f, (double)f->b->n, &n));
    AMA_TRY(binary(f, AMA_OP_DIV, *count, n, &m[0][0]));
    AMA_TRY(ama__node_unary(f->g, AMA_OP_NOTNULL, f->y, &there));
    for (int k = 1; k < f->b->p; k++)
        for (int j = 0; j <= k; j++) {
            double *product;
            AMA_NEW(f->g->arena, product, f->b->n);
            for (int64_t i = 0; i < f->b->n; i++) product[i] = f->b->q[j][i] * f->b->q[k][i];
            AMA_TRY(map_along(f, AMA_OP_WHERE, there, product, &x));
            AMA_TRY(reduce(f, AMA_RED_SUM, x, false, &m[j][k]));
        }
    return AMA_OK;
}

/* x -= a * b. */
static ama_status take_away(const fit *f, ama__node *a, ama__node *b, ama__node **x) {
    ama__node *product;
    AMA_TRY(binary(f, AMA_OP_MUL, a, b, &product));
    return binary(f, AMA_OP_SUB, *x, product, x);
}

/* m d = b by m = L D L^T; b becomes d. */
static ama_status solve(const fit *f, ama__node *(*m)[AMA_POLY_MAX], ama__node **b) {
    int p = f->b->p;
    ama__node *l[AMA_POLY_MAX][AMA_POLY_MAX], *s[AMA_POLY_MAX][AMA_POLY_MAX]; /* s = l times the diagonal */
    for (int j = 0; j < p; j++)
        for (int k = j; k < p; k++) {
            s[k][j] = m[j][k];
            for (int i = 0; i < j; i++) AMA_TRY(take_away(f, s[k][i], l[j][i], &s[k][j]));
            if (k > j) AMA_TRY(binary(f, AMA_OP_DIV, s[k][j], s[j][j], &l[k][j]));
        }
    for (int k = 0; k < p; k++)
        for (int i = 0; i < k; i++) AMA_TRY(take_away(f, l[k][i], b[i], &b[k]));
    for (int k = p - 1; k >= 0; k--) {
        AMA_TRY(binary(f, AMA_OP_DIV, b[k], s[k][k], &b[k]));
        for (int i = k + 1; i < p; i++) AMA_TRY(take_away(f, l[i][k], b[i], &b[k]));
    }
    return AMA_OK;
}

/* sum of column[k](degree) * d[k]: a new leading axis, highest power first. */
static ama_status stack(const fit *f, int n, double (*column)[AMA_POLY_MAX], ama__node *const *d, ama__node **out) {
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
            AMA_TRY(binary(f, AMA_OP_ADD, *out, x, out));
        else
            *out = x;
    }
    return AMA_OK;
}

/* A line through one point: the smallest coefficients, those of the scaled powers. With one value, m[0][1] is
 * q[0] * q[1](x) and b[0] is q[0] * y. */
static ama_status line_of_one(const fit *f, ama__node *m01, ama__node *b0, ama__node **out) {
    const ama__polybasis *b = f->b;
    double root = sqrt((double)b->n), column[2][AMA_POLY_MAX] = {{0}};
    ama__node *high, *square, *y, *k[3], *c[2];
    AMA_TRY(scalar(f, b->dx * root / b->scale[1], &k[0]));
    AMA_TRY(scalar(f, b->x0 / b->scale[1], &k[1]));
    AMA_TRY(scalar(f, 1 / (b->scale[0] * b->scale[0]), &k[2]));
    AMA_TRY(binary(f, AMA_OP_MUL, m01, k[0], &high)); /* x / scale[1] */
    AMA_TRY(binary(f, AMA_OP_ADD, high, k[1], &high));
    AMA_TRY(binary(f, AMA_OP_MUL, high, high, &square));
    AMA_TRY(binary(f, AMA_OP_ADD, square, k[2], &square));
    AMA_TRY(scalar(f, root, &k[0]));
    AMA_TRY(binary(f, AMA_OP_MUL, b0, k[0], &y));
    AMA_TRY(binary(f, AMA_OP_DIV, y, square, &c[0]));
    AMA_TRY(binary(f, AMA_OP_MUL, c[0], high, &c[1]));
    column[0][0] = 1 / (b->scale[0] * b->scale[0]);
    column[1][1] = 1 / b->scale[1];
    return stack(f, 2, column, c, out);
}

/* Coefficients where enough values are there; NaN or, of a line, the fit of one value elsewhere. */
static ama_status masked(const fit *f, ama__node **b, double (*column)[AMA_POLY_MAX], ama__node **out) {
    ama__node *m[AMA_POLY_MAX][AMA_POLY_MAX], *count, *b0 = b[0], *in[3], *one = NULL, *limit;
    int p = f->b->p;
    int8_t axis[3][AMA_MAX_DIMS];
    AMA_TRY(gram(f, m, &count));
    AMA_TRY(solve(f, m, b));
    AMA_TRY(stack(f, p, column, b, out));
    if (p == 1) return AMA_OK; /* 0 / 0 is NaN */
    if (p == 2) AMA_TRY(line_of_one(f, m[0][1], b0, &one));
    for (int pass = 0; pass < 2; pass++) {
        AMA_TRY(scalar(f, pass ? 1 : p, &limit));
        AMA_TRY(binary(f, pass ? AMA_OP_NE : AMA_OP_GE, count, limit, &in[0]));
        in[1] = *out;
        in[2] = one;
        if (pass == 0) AMA_TRY(scalar(f, NAN, &in[2]));
        if (!in[2]) break;
        for (int a = 0; a < AMA_MAX_DIMS; a++) {
            axis[0][a] = (int8_t)(a - 1);
            axis[1][a] = (int8_t)a;
            axis[2][a] = (int8_t)(pass ? a : -1);
        }
        AMA_TRY(ama__node_map(f->g, AMA_OP_WHERE, 3, in, (const int8_t(*)[AMA_MAX_DIMS])axis, (*out)->ndim,
                              (*out)->shape, out));
    }
    return AMA_OK;
}

/* The same values as a result of their own, so that what reads them again and again does not solve again. */
static ama_status settle(const fit *f, ama__node *x, ama__node **out) {
    ama__reduce_spec spec = {.op = AMA_RED_FIRST, .label_axis = -1};
    return ama__node_reduce(f->g, x, &spec, out);
}

static ama_status one_variable(ama__graph *g, const ama__polybasis *basis, const ama__polyfit_options *o,
                               const char *degree, const ama__variable *v, ama__variable **out) {
    fit f = {.g = g, .b = basis, .y = v->node, .axis = ama__variable_axis(v, o->dim)};
    const char *dim[AMA_MAX_DIMS] = {degree};
    double column[AMA_POLY_MAX][AMA_POLY_MAX];
    ama__node *b[AMA_POLY_MAX], *node;
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
    AMA_TRY(settle(&f, node, &node));
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
        ama_status status = one_variable(g, &basis, o, degree, v->var, &w->var);
        AMA_TRY(in->is_dataset ? ama__wrap(g->ctx, status, "variable %s", v->name) : status);
        AMA_KEEP(g->arena, w->name,
                 ama__arena_printf(g->arena, "%s%spolyfit_coefficients", in->is_dataset ? v->name : "",
                                   in->is_dataset ? "_" : ""));
        r.ds.n_vars++;
        few = few || (o->deg > 1 && ama__dtype_is_float(v->var->node->dtype) && o->skipna != AMA_SKIPNA_NO);
    }
    if (few)
        ama__warn(g->ctx,
                  "polyfit: where fewer than %d values are there, the coefficients are NaN (xarray gives one "
                  "of many fits)",
                  o->deg + 1);
    if (in->is_dataset) r.ds.attrs = in->ds.attrs;
    AMA_TRY(set_coords(g, in, degree, o->deg, &r));
    *out = r;
    return AMA_OK;
}

/* ---- polyval */

/* Times as numbers, in every data variable. */
static ama_status as_numbers(ama__graph *g, const ama__object *in, ama__object *out) {
    AMA_TRY(ama__object_copy(g, in, out));
    for (int i = 0; i < out->ds.n_vars; i++) {
        ama__variable *v = out->ds.var[i].var;
        const ama__timeaxis *time = v->time;
        ama__node *node;
        int64_t n;
        const void *tick;
        double *x;
        if (!time) continue;
        AMA_TRY(ama__labels_eval(g, NULL, v->node, "times that polyval takes", &tick));
        ama__shape_size(v->node->ndim, v->node->shape, &n);
        AMA_NEW(g->arena, x, n + 1);
        for (int64_t k = 0; k < n; k++) {
            int64_t t = ((const int64_t *)tick)[k];
            x[k] = t == AMA_NAT ? NAN : tick_f8(time, t);
        }
        AMA_TRY(ama__node_const(g, AMA_F8, v->node->ndim, v->node->shape, x, false, &node));
        AMA_TRY(ama__variable_copy(g, v, &v));
        v->node = node;
        v->time = NULL;
        out->ds.var[i].var = v;
    }
    return AMA_OK;
}

static ama_status zeros_like(ama__graph *g, const ama__object *in, ama__object *out) {
    AMA_TRY(ama__object_copy(g, in, out));
    for (int i = 0; i < out->ds.n_vars; i++) {
        ama__variable *v;
        ama__node *zero;
        ama__pick pick[AMA_MAX_DIMS];
        AMA_TRY(ama__variable_copy(g, out->ds.var[i].var, &v));
        for (int a = 0; a < v->ndim; a++) pick[a] = (ama__pick){.in_axis = -1, .count = v->node->shape[a], .step = 1};
        AMA_TRY(ama__node_scalar(g, v->node->dtype, 0, 0, &zero));
        AMA_TRY(ama__node_index(g, zero, v->ndim, pick, NULL, &v->node));
        out->ds.var[i].var = v;
    }
    return AMA_OK;
}

/* The coefficients of one power, without the dim; found: false when there is none. */
static ama_status coefficient(ama__graph *g, const ama__object *coeffs, const ama__variable *index, const char *dim,
                              int64_t power, ama__object *out, bool *found) {
    const ama__sel_options drop = {.drop = true};
    *found = false;
    for (int64_t i = 0; i < index->node->shape[0]; i++) {
        if (ama__dtype_get_i8(index->node->dtype, index->node->u.constant.data, i) != power) continue;
        if (*found)
            return ama__fail(g->ctx, AMA_ERR_ARG, "polyval: dim \"%s\" has the label %d twice", dim, (int)power);
        ama__selector s = {.dim = dim, .kind = AMA_SELECT_SCALAR, .scalar = {.kind = AMA_LABEL_INT, .i8 = i}};
        AMA_TRY(ama__object_isel(g, coeffs, 1, &s, &drop, out));
        *found = true;
    }
    return AMA_OK;
}

static ama_status combine(ama__graph *g, ama__op op, ama__object *x, ama__operand y) {
    ama__operand in[2] = {ama__operand_object(x), y};
    ama__object r;
    AMA_TRY(ama__object_map(g, op, 2, in, AMA_KEEP_DEFAULT, &r));
    *x = r;
    return AMA_OK;
}

ama_status ama__object_polyval(ama__graph *g, const ama__object *coord, const ama__object *coeffs,
                               const char *degree_dim, ama__object *out) {
    const ama__variable *index = ama__coords_index(coeffs->ds.n_coords, coeffs->ds.coord, degree_dim);
    ama__object x, r, c;
    int64_t top = -1;
    bool found;
    if (!index)
        return ama__fail(g->ctx, AMA_ERR_ARG, "polyval: the coefficients have no dim \"%s\" with labels", degree_dim);
    if (!ama__dtype_is_int(index->node->dtype))
        return ama__fail(g->ctx, AMA_ERR_ARG, "polyval: the labels of dim \"%s\" must be integers", degree_dim);
    for (int64_t i = 0; i < index->node->shape[0]; i++) {
        int64_t power = ama__dtype_get_i8(index->node->dtype, index->node->u.constant.data, i);
        if (power < 0 || power > 64)
            return ama__fail(g->ctx, AMA_ERR_ARG, "polyval: degree %d; 0 to 64 are supported", (int)power);
        if (power > top) top = power;
    }
    if (top < 0) return ama__fail(g->ctx, AMA_ERR_ARG, "polyval: there are no coefficients");
    AMA_TRY(as_numbers(g, coord, &x));
    AMA_TRY(zeros_like(g, &x, &r));
    for (int64_t power = top; power >= 0; power--) {
        if (power < top) AMA_TRY(combine(g, AMA_OP_MUL, &r, ama__operand_object(&x)));
        AMA_TRY(coefficient(g, coeffs, index, degree_dim, power, &c, &found));
        AMA_TRY(combine(g, AMA_OP_ADD, &r, found ? ama__operand_object(&c) : ama__operand_int(0)));
    }
    if (r.is_dataset && top > 0) r.ds.attrs = (ama__attrs){0}; /* its steps are in place, which drops them */
    *out = r;
    return AMA_OK;
}
