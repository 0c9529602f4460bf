/* The recursion of Forsythe and Stieltjes in z = (x - mean) / extent, each step made orthogonal twice; coefficients go
 * along in long double and are brought to powers of x at the end. */
#include "graph/polybasis.h"

#include <float.h>
#include <math.h>

typedef long double real;
typedef real table[AMA_POLY_MAX][AMA_POLY_MAX];

static double sum_of_products(int64_t n, const double *a, const double *b) {
    real s = 0;
    for (int64_t i = 0; i < n; i++) s += (real)a[i] * b[i];
    return (double)s;
}

/* q[k] from z * q[k - 1]; c[k][]: coefficients in z. False when nothing is left of it. */
static bool next_polynomial(ama__polybasis *b, const double *z, int k, table c) {
    for (int64_t i = 0; i < b->n; i++) b->q[k][i] = k ? z[i] * b->q[k - 1][i] : 1;
    for (int j = 0; j <= k; j++) c[k][j] = k ? (j ? c[k - 1][j - 1] : 0) : 1;
    double before = sqrt(sum_of_products(b->n, b->q[k], b->q[k]));
    for (int pass = 0; pass < 2; pass++)
        for (int j = 0; j < k; j++) {
            double dot = sum_of_products(b->n, b->q[k], b->q[j]);
            for (int64_t i = 0; i < b->n; i++) b->q[k][i] -= dot * b->q[j][i];
            for (int i = 0; i <= j; i++) c[k][i] -= dot * c[j][i];
        }
    double norm = sqrt(sum_of_products(b->n, b->q[k], b->q[k]));
    if (!(norm > 1e-13 * before)) return false;
    for (int64_t i = 0; i < b->n; i++) b->q[k][i] /= norm;
    for (int j = 0; j <= k; j++) c[k][j] /= norm;
    return true;
}

/* Coefficients of z = (x - mean) / extent as those of x: Horner's scheme on polynomials. */
static void to_powers(ama__polybasis *b, real mean, real extent, table c) {
    for (int k = 0; k < b->p; k++) {
        real r[AMA_POLY_MAX] = {0};
        for (int j = k; j >= 0; j--) {
            for (int i = k; i >= 0; i--) r[i] = ((i ? r[i - 1] : 0) - mean * r[i]) / extent;
            r[0] += c[k][j];
        }
        for (int j = 0; j < b->p; j++) b->power[j][k] = (double)r[j];
    }
}

/* Largest eigenvalue of a a^T by iteration. */
static real largest_eigenvalue(int p, table a) {
    real v[AMA_POLY_MAX], size = 0;
    for (int i = 0; i < p; i++) v[i] = 1 + (real)i / 7;
    for (int pass = 0; pass < 200; pass++) {
        real w[AMA_POLY_MAX] = {0}, u[AMA_POLY_MAX] = {0}, norm = 0;
        for (int k = 0; k < p; k++)
            for (int i = 0; i < p; i++) u[k] += a[i][k] * v[i];
        for (int i = 0; i < p; i++)
            for (int k = 0; k < p; k++) w[i] += a[i][k] * u[k];
        for (int i = 0; i < p; i++) norm += w[i] * w[i];
        size = sqrtl(norm);
        for (int i = 0; i < p && size > 0; i++) v[i] = w[i] / size;
    }
    return size;
}

/* Singular values of the scaled powers: those of V = Q R are those of R, and power[] is R's inverse. */
static bool is_deficient(ama__polybasis *b, const double *x) {
    table inverse = {{0}}, gram = {{0}};
    for (int64_t i = 0; i < b->n; i++) {
        real power[AMA_POLY_MAX] = {1};
        for (int j = 1; j < b->p; j++) power[j] = power[j - 1] * x[i];
        for (int j = 0; j < b->p; j++)
            for (int k = 0; k <= j; k++) gram[j][k] += power[j] * power[k];
    }
    for (int j = 0; j < b->p; j++) b->scale[j] = (double)sqrtl(gram[j][j]);
    for (int j = 0; j < b->p; j++) {
        if (!(b->scale[j] > 0) || isinf(b->scale[j])) return true;
        for (int k = 0; k < b->p; k++) inverse[j][k] = b->scale[j] * (real)b->power[j][k];
    }
    for (int j = 0; j < b->p; j++)
        for (int k = 0; k <= j; k++) gram[k][j] = gram[j][k] /= (real)b->scale[j] * b->scale[k];
    real most = sqrtl(sqrtl(largest_eigenvalue(b->p, gram))), least = 1 / sqrtl(largest_eigenvalue(b->p, inverse));
    return !(least > (real)b->n * DBL_EPSILON * most);
}

static ama_status deficient(ama__graph *g, const char *dim, int p) {
    return ama__fail(
        g->ctx, AMA_ERR_UNSUPPORTED,
        "polyfit: the labels of dim \"%s\" do not tell the powers up to %d apart in float64, so that there "
        "is no one best fit; a lower deg, or labels nearer to 0 (assign_coords), would do",
        dim, p - 1);
}

ama_status ama__polybasis_make(ama__graph *g, const char *dim, int64_t n, const double *x, int p, ama__polybasis *out) {
    table c = {{0}};
    real sum = 0;
    double *z, extent = 0;
    ama__polybasis b = {.p = p, .n = n};
    if (n < p) return deficient(g, dim, p);
    for (int64_t i = 0; i < n; i++) sum += x[i];
    double mean = (double)(sum / n);
    for (int64_t i = 0; i < n; i++) extent = fmax(extent, fabs(x[i] - mean));
    if (!(extent > 0)) extent = 1;
    AMA_NEW(g->arena, z, n);
    for (int64_t i = 0; i < n; i++) z[i] = (x[i] - mean) / extent;
    for (int k = 0; k < p; k++) {
        AMA_NEW(g->arena, b.q[k], n);
        if (!next_polynomial(&b, z, k, c)) return deficient(g, dim, p);
    }
    to_powers(&b, mean, extent, c);
    if (is_deficient(&b, x)) return deficient(g, dim, p);
    if (p > 1) {
        b.dx = (double)(extent / c[1][1]);
        b.x0 = (double)(mean - extent * c[1][0] / c[1][1]);
    }
    *out = b;
    return AMA_OK;
}
