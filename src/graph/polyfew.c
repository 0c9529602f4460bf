/* The first and the last value are looked for; one or two between them follow from sums. Taken one after another, each
 * adds to the coefficients what is missing at its label, along the part of its row of powers that is orthogonal to the
 * rows before: what they gave stays, and the sum is made of rows, hence the smallest. */
#include "graph/polyfew.h"

#include <math.h>

/* Of a row's norm, what must be left of it beside the others. */
#define LEAST_LEFT 1e-9

typedef struct point {
    ama__node *x, *y;
} point;

/* ---- the values */

static ama_status ends(const ama__fit *f, const ama__polyfew_sums *s, point *out) {
    static const ama__red end[2] = {AMA_RED_FIRST, AMA_RED_LAST};
    ama__node *x;
    AMA_TRY(ama__fit_along(f, AMA_OP_WHERE, s->there, f->x, NAN, &x));
    for (int i = 0; i < 2; i++) {
        AMA_TRY(ama__fit_reduce(f, end[i], f->y, true, &out[i].y));
        AMA_TRY(ama__fit_reduce(f, end[i], x, true, &out[i].x));
    }
    return AMA_OK;
}

static ama_status times(const ama__fit *f, ama__node *x, double factor, ama__node **out) {
    ama__node *number;
    AMA_TRY(ama__fit_scalar(f, factor, &number));
    return ama__fit_binary(f, AMA_OP_MUL, x, number, out);
}

static ama_status plus(const ama__fit *f, ama__node *x, double more, ama__node **out) {
    ama__node *number;
    AMA_TRY(ama__fit_scalar(f, more, &number));
    return ama__fit_binary(f, AMA_OP_ADD, x, number, out);
}

/* Sums of y, y * t, t and t * t over what is left without the ends, t = q[1]. */
typedef struct rest {
    ama__node *y, *yt, *t, *tt;
} rest;

static ama_status rest_of(const ama__fit *f, const ama__polyfew_sums *s, const point *end, rest *r) {
    double root = sqrt((double)f->b->n);
    AMA_TRY(times(f, s->y, root, &r->y));
    AMA_TRY(times(f, s->q, root, &r->t));
    r->yt = s->yq;
    r->tt = s->square;
    for (int i = 0; i < 2; i++) {
        ama__node *t;
        AMA_TRY(plus(f, end[i].x, -f->b->x0, &t));
        AMA_TRY(times(f, t, 1 / f->b->dx, &t));
        AMA_TRY(ama__fit_binary(f, AMA_OP_SUB, r->y, end[i].y, &r->y));
        AMA_TRY(ama__fit_binary(f, AMA_OP_SUB, r->t, t, &r->t));
        AMA_TRY(ama__fit_take_away(f, end[i].y, t, &r->yt));
        AMA_TRY(ama__fit_take_away(f, t, t, &r->tt));
    }
    return AMA_OK;
}

static ama_status label_of(const ama__fit *f, ama__node *t, ama__node **x) {
    AMA_TRY(times(f, t, f->b->dx, &t));
    return plus(f, t, f->b->x0, x);
}

/* a and b where they are two, with sum `whole` and difference `apart`; a is the whole where it is one. */
static ama_status halve(const ama__fit *f, ama__node *two, ama__node *whole, ama__node *apart, ama__node **a,
                        ama__node **b) {
    AMA_TRY(ama__fit_binary(f, AMA_OP_SUB, whole, apart, a));
    AMA_TRY(ama__fit_binary(f, AMA_OP_ADD, whole, apart, b));
    AMA_TRY(times(f, *a, 0.5, a));
    AMA_TRY(times(f, *b, 0.5, b));
    return ama__fit_where(f, two, *a, whole, a);
}

/* One value, or two: with labels t - d and t + d, d * d from the sums of squares. *trust: the square of d beside that
 * of the labels, whose rounding it has. */
static ama_status middle(const ama__fit *f, const ama__polyfew_sums *s, const rest *r, point *out, ama__node **trust) {
    ama__node *square, *two, *t[2], *dy, *dt;
    AMA_TRY(ama__fit_scalar(f, 4, &two));
    AMA_TRY(ama__fit_binary(f, AMA_OP_EQ, s->count, two, &two));
    AMA_TRY(times(f, r->tt, 2, &square));
    AMA_TRY(ama__fit_take_away(f, r->t, r->t, &square));
    AMA_TRY(ama__fit_binary(f, AMA_OP_DIV, square, s->square, trust));
    AMA_TRY(ama__node_unary(f->g, AMA_OP_SQRT, square, &dt));
    AMA_TRY(times(f, r->yt, 2, &dy));
    AMA_TRY(ama__fit_take_away(f, r->y, r->t, &dy));
    AMA_TRY(ama__fit_binary(f, AMA_OP_DIV, dy, dt, &dy));
    AMA_TRY(halve(f, two, r->t, dt, &t[0], &t[1]));
    AMA_TRY(halve(f, two, r->y, dy, &out[0].y, &out[1].y));
    for (int i = 0; i < 2; i++) AMA_TRY(label_of(f, t[i], &out[i].x));
    return AMA_OK;
}

static ama_status points(const ama__fit *f, const ama__polyfew_sums *s, point *out, ama__node **trust) {
    rest r;
    AMA_TRY(ends(f, s, out));
    if (f->b->p == 3) return AMA_OK;
    AMA_TRY(rest_of(f, s, out, &r));
    if (f->b->p == 5) return middle(f, s, &r, out + 2, trust);
    out[2].y = r.y;
    return label_of(f, r.t, &out[2].x);
}

/* ---- the coefficients */

/* The row of scaled powers of x. */
static ama_status row_of(const ama__fit *f, ama__node *x, ama__node **v) {
    const double *scale = f->b->scale;
    AMA_TRY(ama__fit_scalar(f, 1 / scale[0], &v[0]));
    for (int k = 1; k < f->b->p; k++) {
        ama__node *ratio;
        AMA_TRY(ama__fit_scalar(f, scale[k - 1] / scale[k], &ratio));
        AMA_TRY(ama__fit_binary(f, AMA_OP_MUL, x, ratio, &ratio));
        AMA_TRY(ama__fit_binary(f, AMA_OP_MUL, v[k - 1], ratio, &v[k]));
    }
    return AMA_OK;
}

typedef ama__node *row[AMA_POLYFEW_MAX];

/* left: what is left of v beside the orthonormal q[0 .. n), *square: its sum of squares, NaN where that is too little.
 */
static ama_status leave(const ama__fit *f, ama__node *const *v, int n, const row *q, ama__node **left,
                        ama__node **square) {
    ama__node *dot;
    for (int k = 0; k < f->b->p; k++) left[k] = v[k];
    for (int j = 0; j < n; j++) {
        AMA_TRY(ama__fit_dot(f, left, q[j], &dot));
        for (int k = 0; k < f->b->p; k++) AMA_TRY(ama__fit_take_away(f, dot, q[j][k], &left[k]));
    }
    return ama__fit_dot(f, left, left, square);
}

/* *square becomes NaN where it is too little of v, or where what is known of v is. */
static ama_status check(const ama__fit *f, ama__node *const *v, ama__node *trust, ama__node **square) {
    ama__node *known = *square, *least, *nan;
    if (trust) AMA_TRY(ama__fit_binary(f, AMA_OP_MUL, known, trust, &known));
    AMA_TRY(ama__fit_dot(f, v, v, &least));
    AMA_TRY(times(f, least, LEAST_LEFT * LEAST_LEFT, &least));
    AMA_TRY(ama__fit_binary(f, AMA_OP_GT, known, least, &known));
    AMA_TRY(ama__fit_scalar(f, NAN, &nan));
    return ama__fit_where(f, known, *square, nan, square);
}

/* c += gain * left, where `there`; at the first value there is nothing before. */
static ama_status add(const ama__fit *f, ama__node *gain, ama__node *const *left, ama__node *there, ama__node **c) {
    for (int k = 0; k < f->b->p; k++) {
        ama__node *x;
        AMA_TRY(ama__fit_binary(f, AMA_OP_MUL, gain, left[k], &x));
        if (there) {
            AMA_TRY(ama__fit_binary(f, AMA_OP_ADD, c[k], x, &x));
            AMA_TRY(ama__fit_where(f, there, x, c[k], &x));
        }
        c[k] = x;
    }
    return AMA_OK;
}

ama_status ama__polyfew(const ama__fit *f, const ama__polyfew_sums *s, ama__node **c) {
    point at[AMA_POLYFEW_MAX - 1];
    row q[AMA_POLYFEW_MAX - 1], v, left;
    ama__node *square, *gain, *dot, *number, *there = NULL, *trust = NULL;
    int p = f->b->p;
    AMA_TRY(points(f, s, at, &trust));
    for (int i = 0; i < p - 1; i++) {
        AMA_TRY(row_of(f, at[i].x, v));
        AMA_TRY(leave(f, v, i, q, left, &square));
        gain = at[i].y;
        if (i > 0) {
            AMA_TRY(check(f, v, i == 3 ? trust : NULL, &square));
            AMA_TRY(ama__fit_dot(f, v, c, &dot));
            AMA_TRY(ama__fit_binary(f, AMA_OP_SUB, gain, dot, &gain));
            AMA_TRY(ama__fit_scalar(f, i, &number));
            AMA_TRY(ama__fit_binary(f, AMA_OP_GT, s->count, number, &there));
        }
        AMA_TRY(ama__fit_binary(f, AMA_OP_DIV, gain, square, &gain));
        AMA_TRY(add(f, gain, left, there, c));
        AMA_TRY(ama__node_unary(f->g, AMA_OP_SQRT, square, &number));
        for (int k = 0; k < p && i < p - 2; k++) AMA_TRY(ama__fit_binary(f, AMA_OP_DIV, left[k], number, &q[i][k]));
    }
    return AMA_OK;
}
