/* xr.polyval: Horner's scheme. */
#include <math.h>
#include <string.h>

#include "graph/arith.h"
#include "graph/polyfit.h"
#include "graph/select.h"

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
            x[k] = t == AMA_NAT ? NAN : ama__polyfit_label(time, t);
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
