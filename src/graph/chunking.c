#include "graph/chunking.h"

#include <inttypes.h>
#include <math.h>

#include "base/number.h"
#include "base/text.h"
#include "graph/labels.h"

#define AUTO_BYTES 134217728.0 /* dask's array.chunk-size */

/* ---- "auto", as dask.array.core.auto_chunks and round_to have it */

static int64_t round_to(double c, int64_t extent) {
    int64_t best = 0;
    if (c > (double)extent) return extent; /* the dims that are smaller have gone before */
    for (int64_t f = 1; f * f <= extent; f++) {
        if (extent % f != 0) continue;
        int64_t pair[2] = {f, extent / f};
        for (int k = 0; k < 2; k++)
            if ((double)pair[k] <= c && (double)pair[k] >= c / 2 && pair[k] > best) best = pair[k];
    }
    return best > 0 ? best : c < 1 ? 1 : (int64_t)c;
}

/* size[a]: largest chunk along the axis; 0 where it is to be found. */
static void choose_sizes(const ama__variable *v, int64_t *size) {
    for (;;) {
        double block = 1, each;
        int n = 0;
        bool small = false;
        for (int a = 0; a < v->ndim; a++) {
            if (size[a] == 0)
                n++;
            else
                block *= (double)size[a];
        }
        if (n == 0) return;
        each = pow(AUTO_BYTES / (double)ama__dtype_bytes(v->node->dtype) / block, 1.0 / n);
        for (int a = 0; a < v->ndim; a++)
            if (size[a] == 0 && (double)v->node->shape[a] < each) {
                size[a] = v->node->shape[a] > 0 ? v->node->shape[a] : 1;
                small = true;
            }
        if (small) continue;
        for (int a = 0; a < v->ndim; a++)
            if (size[a] == 0) size[a] = round_to(each, v->node->shape[a]);
        return;
    }
}

/* ---- one variable */

const ama__chunking *ama__variable_chunking(const ama__variable *v) {
    const ama__chunking *c = v->chunks;
    for (int axis = 0; axis < v->ndim && c; axis++) {
        int64_t total = 0;
        int a = 0;
        while (a < c->ndim && strcmp(c->dim[a], v->dim[axis]) != 0) a++;
        if (a == c->ndim) return NULL;
        for (int64_t i = 0; i < c->n[a]; i++) total += c->extent[a][i];
        if (v->node->shape[axis] != total) return NULL;
    }
    return c;
}

static int axis_of(const ama__chunking *c, const char *dim) {
    int a = 0;
    while (strcmp(c->dim[a], dim) != 0) a++;
    return a;
}

static ama_status equal_chunks(ama__graph *g, int64_t extent, int64_t size, int64_t *n, const int64_t **out) {
    int64_t *list;
    if (size < 0 || size > extent) size = extent;
    if (size == 0) size = 1;
    *n = extent > 0 ? (extent + size - 1) / size : 1;
    AMA_NEW(g->arena, list, *n);
    for (int64_t i = 0; i < *n; i++) list[i] = ama__min_i8(size, extent - i * size);
    *out = list;
    return AMA_OK;
}

static const ama__chunk_want *want_of(int n, const ama__chunk_want *want, const char *dim) {
    for (int i = n - 1; i >= 0; i--)
        if (!want[i].dim || strcmp(want[i].dim, dim) == 0) return &want[i];
    return NULL;
}

static ama_status check_sizes(ama__graph *g, const ama__chunk_want *w, const char *dim, int64_t extent) {
    int64_t total = 0;
    for (int64_t i = 0; i < w->n; i++) {
        if (w->sizes[i] < 0) return ama__fail(g->ctx, AMA_ERR_ARG, "chunk: a negative size along dim '%s'", dim);
        total += w->sizes[i];
    }
    if (total == extent) return AMA_OK;
    return ama__fail(g->ctx, AMA_ERR_ARG,
                     "chunk: the sizes along dim '%s' add up to %" PRId64 ", but it has %" PRId64 " elements", dim,
                     total, extent);
}

static ama_status chunk_axis(ama__graph *g, const ama__variable *v, int a, const ama__chunk_want *w, int64_t automatic,
                             ama__chunking *c) {
    const ama__chunking *old = ama__variable_chunking(v);
    int64_t extent = v->node->shape[a];
    c->dim[a] = v->dim[a];
    if (!w || w->kind == AMA_CHUNK_KEEP) {
        if (!old) return equal_chunks(g, extent, -1, &c->n[a], &c->extent[a]);
        int from = axis_of(old, v->dim[a]);
        c->n[a] = old->n[from];
        c->extent[a] = old->extent[from];
        return AMA_OK;
    }
    if (w->kind == AMA_CHUNK_SIZES) {
        AMA_TRY(check_sizes(g, w, v->dim[a], extent));
        c->n[a] = w->n;
        c->extent[a] = w->sizes;
        return AMA_OK;
    }
    return equal_chunks(g, extent, w->kind == AMA_CHUNK_AUTO ? automatic : w->size, &c->n[a], &c->extent[a]);
}

/* The sizes of the axes that want "auto"; 0 elsewhere. */
static ama_status auto_sizes(ama__graph *g, const ama__variable *v, const ama__chunk_want *const *w, int64_t *size) {
    bool any = false;
    for (int a = 0; a < v->ndim; a++) {
        bool automatic = w[a] && w[a]->kind == AMA_CHUNK_AUTO;
        any = any || automatic;
        size[a] = automatic ? 0 : v->node->shape[a] > 0 ? v->node->shape[a] : 1;
        if (w[a] && w[a]->kind == AMA_CHUNK_SIZE && w[a]->size > 0) size[a] = ama__min_i8(size[a], w[a]->size);
        for (int64_t i = 0; w[a] && w[a]->kind == AMA_CHUNK_SIZES && i < w[a]->n; i++)
            if (i == 0 || w[a]->sizes[i] > size[a]) size[a] = w[a]->sizes[i];
    }
    if (!any) return AMA_OK;
    if (ama__dtype_is_text(v->node->dtype)) return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "chunk(\"auto\") of text");
    if (ama__variable_chunking(v))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "chunk(\"auto\") of what has chunks already is not supported: give sizes");
    choose_sizes(v, size);
    return AMA_OK;
}

static ama_status chunk_variable(ama__graph *g, int n, const ama__chunk_want *want, ama__variable **v) {
    const ama__chunk_want *w[AMA_MAX_DIMS];
    int64_t size[AMA_MAX_DIMS];
    ama__chunking *c;
    AMA_NEW(g->arena, c, 1);
    c->ndim = (*v)->ndim;
    for (int a = 0; a < c->ndim; a++) w[a] = want_of(n, want, (*v)->dim[a]);
    AMA_TRY(auto_sizes(g, *v, w, size));
    for (int a = 0; a < c->ndim; a++) AMA_TRY(chunk_axis(g, *v, a, w[a], size[a], c));
    AMA_TRY(ama__variable_copy(g, *v, v));
    (*v)->chunks = c;
    return AMA_OK;
}

/* ---- objects */

/* For every axis what is asked for, or the chunks in the file. */
static void stored_wants(const ama__variable *v, int n, const ama__chunk_want *want, ama__chunk_want *out) {
    const ama__encoding *e = &v->encoding;
    bool stored = e->has_chunks && e->chunk_ndim == v->ndim;
    for (int a = 0; a < v->ndim; a++) {
        const ama__chunk_want *w = want_of(n, want, v->dim[a]);
        out[a] = (ama__chunk_want){.kind = AMA_CHUNK_SIZE, .size = stored ? e->chunk[a] : -1};
        if (w && w->kind != AMA_CHUNK_KEEP) out[a] = *w;
        out[a].dim = v->dim[a];
    }
}

ama_status ama__object_chunk_stored(ama__graph *g, const ama__object *in, int n, const ama__chunk_want *want,
                                    ama__object *out) {
    AMA_TRY(ama__object_copy(g, in, out));
    for (int k = 0; k < 2; k++) {
        ama__named *list = k ? out->ds.coord : out->ds.var;
        for (int i = 0; i < (k ? out->ds.n_coords : out->ds.n_vars); i++) {
            ama__chunk_want all[AMA_MAX_DIMS];
            if (list[i].var->ndim == 0 || ama__variable_is_index(list[i].name, list[i].var)) continue;
            stored_wants(list[i].var, n, want, all);
            AMA_TRY(chunk_variable(g, list[i].var->ndim, all, &list[i].var));
        }
    }
    return AMA_OK;
}

ama_status ama__object_chunk(ama__graph *g, const ama__object *in, int n, const ama__chunk_want *want,
                             ama__object *out) {
    ama__object o;
    for (int i = 0; i < n; i++) {
        if (want[i].dim) AMA_TRY(ama__object_check_dim(g, in, "chunk", want[i].dim));
        if (want[i].kind == AMA_CHUNK_SIZE && (want[i].size == 0 || want[i].size < -1))
            return ama__fail(g->ctx, AMA_ERR_ARG,
                             "chunk: a size must be positive, or -1 for the whole dim, not %" PRId64, want[i].size);
    }
    AMA_TRY(ama__object_copy(g, in, &o));
    for (int i = 0; i < o.ds.n_vars; i++)
        if (o.ds.var[i].var->ndim > 0) AMA_TRY(chunk_variable(g, n, want, &o.ds.var[i].var));
    for (int i = 0; i < o.ds.n_coords; i++) {
        ama__named *x = &o.ds.coord[i];
        if (x->var->ndim > 0 && !ama__variable_is_index(x->name, x->var)) AMA_TRY(chunk_variable(g, n, want, &x->var));
    }
    *out = o;
    return AMA_OK;
}

ama_status ama__object_unchunk(ama__graph *g, const ama__object *in, ama__object *out) {
    AMA_TRY(ama__object_copy(g, in, out));
    for (int k = 0; k < 2; k++) {
        ama__named *list = k ? out->ds.coord : out->ds.var;
        for (int i = 0; i < (k ? out->ds.n_coords : out->ds.n_vars); i++) {
            if (!list[i].var->chunks) continue;
            AMA_TRY(ama__variable_copy(g, list[i].var, &list[i].var));
            list[i].var->chunks = NULL;
        }
    }
    return AMA_OK;
}

static bool same_chunking(const ama__chunking *a, const ama__chunking *b) {
    for (int d = 0; d < a->ndim; d++) {
        int e = 0;
        while (e < b->ndim && strcmp(a->dim[d], b->dim[e]) != 0) e++;
        if (e == b->ndim) continue; /* repeated along it */
        if (a->n[d] != b->n[e]) return false;
        for (int64_t i = 0; i < a->n[d]; i++)
            if (a->extent[d][i] != b->extent[e][i]) return false;
    }
    return true;
}

void ama__chunking_pass_on(int n, const ama__variable *const *in, ama__variable *out) {
    const ama__chunking *most = NULL, *c;
    for (int k = 0; k < n; k++)
        if (in[k] && (c = ama__variable_chunking(in[k])) && (!most || c->ndim > most->ndim)) most = c;
    for (int k = 0; k < n && most; k++)
        if (in[k] && (c = ama__variable_chunking(in[k])) && !same_chunking(most, c)) most = NULL;
    out->chunks = most;
    out->chunks = ama__variable_chunking(out);
}

/* ---- the store's */

static ama_status irregular(ama__graph *g, const char *name, const ama__chunking *c, int a) {
    ama__text t;
    ama__text_init(&t, g->ctx);
    for (int64_t i = 0; i < c->n[a] && i < 12; i++) ama__text_printf(&t, "%s%" PRId64, i ? ", " : "", c->extent[a][i]);
    if (c->n[a] > 12) ama__text_printf(&t, ", …");
    ama_status status =
        ama__fail(g->ctx, AMA_ERR_ARG,
                  "variable %s: a Zarr store has equal chunks, the last one smaller, but along dim '%s' they are (%s); "
                  "use chunk() with one size",
                  name, c->dim[a], ama__text_get(&t));
    ama__text_fini(&t);
    return status;
}

static bool is_regular(int64_t n, const int64_t *extent) {
    for (int64_t i = 1; i < n; i++)
        if (extent[i] != extent[0] && (i < n - 1 || extent[i] > extent[0])) return false;
    return true;
}

/* Chunks that begin within one of the store's. */
static bool overlaps(int64_t n, const int64_t *extent, int64_t given) {
    for (int64_t i = 0; i < n - 1; i++)
        if (extent[i] % given != 0) return true;
    return false;
}

ama_status ama__chunking_shape(ama__graph *g, const char *name, const ama__variable *v, const int64_t *given, bool safe,
                               int64_t *chunk) {
    const ama__chunking *c = ama__variable_chunking(v);
    for (int a = 0; a < v->ndim; a++) {
        chunk[a] = given ? given[a] : 0;
        if (!c) continue;
        int k = axis_of(c, v->dim[a]);
        if (!given) {
            if (!is_regular(c->n[k], c->extent[k])) return irregular(g, name, c, k);
            chunk[a] = c->extent[k][0] > 0 ? c->extent[k][0] : 1;
        } else if (safe && overlaps(c->n[k], c->extent[k], given[a])) {
            return ama__fail(g->ctx, AMA_ERR_ARG,
                             "variable %s: its encoding has chunks of %" PRId64
                             " along dim '%s', which would lie across "
                             "those of chunk() (%" PRId64 "): chunk() by a multiple, drop_encoding() before, or "
                             "safe_chunks=False",
                             name, given[a], v->dim[a], c->extent[k][0]);
        }
    }
    return AMA_OK;
}
