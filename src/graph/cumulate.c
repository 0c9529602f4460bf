#include "graph/cumulate.h"

#include "graph/borders.h"
#include "graph/operate.h"

/* What a tile may well hold: an axis whose values across one chunk come to less is one segment. */
#define SEGMENT_BYTES ((int64_t)4 << 20)

/* ---- segments */

static int64_t root(int64_t n) {
    int64_t r = 1;
    while (r * r < n) r++;
    return r;
}

/* Values of one index of the axis that a tile holds at least: the widest chunk across. */
static ama_status slab_size(ama__graph *g, const ama__node *in, int axis, int64_t *size) {
    *size = 1;
    for (int a = 0; a < in->ndim; a++) {
        int64_t n, *at, widest = 0, last = 0;
        if (a == axis) continue;
        AMA_TRY(ama__node_borders(g, in, a, &n, &at));
        for (int64_t i = 0; i <= n; i++) {
            int64_t end = i < n ? at[i] : in->shape[a];
            if (end - last > widest) widest = end - last;
            last = end;
        }
        *size *= widest > 0 ? widest : 1;
    }
    return AMA_OK;
}

/* Segments of about the square root of the axis: then they and the carried sums are of one size. They begin where
 * chunks do, so that none is fetched twice. */
static ama_status choose_segments(ama__graph *g, const ama__node *in, ama__scan_spec *s) {
    int64_t extent = in->shape[s->axis], n_borders, *border, slab, *cut, k = 0;
    AMA_TRY(slab_size(g, in, s->axis, &slab));
    AMA_TRY(ama__node_borders(g, in, s->axis, &n_borders, &border));
    int64_t length = slab <= SEGMENT_BYTES / 8 / (extent > 0 ? extent : 1) ? extent : root(extent);
    if (length < 2) length = 2;
    AMA_NEW(g->arena, cut, n_borders + extent / length + 2);
    for (int64_t i = 0, from = 0; i <= n_borders && extent > 0; i++) {
        int64_t to = i < n_borders ? border[i] : extent;
        if (i < n_borders && to - from < length) continue; /* joined to the next chunk */
        for (; to - from >= 2 * length; from += length) cut[k++] = from;
        cut[k++] = from;
        from = to;
    }
    cut[k] = extent;
    s->n_segments = k;
    s->cut = cut;
    return AMA_OK;
}

/* ---- one node */

static ama_status repeat(ama__graph *g, ama_dtype t, double f8, int64_t i8, int ndim, const int64_t *shape,
                         ama__node **out) {
    ama__pick pick[AMA_MAX_DIMS];
    ama__node *one;
    for (int a = 0; a < ndim; a++) pick[a] = (ama__pick){.in_axis = -1, .count = shape[a]};
    AMA_TRY(ama__node_scalar(g, t, f8, i8, &one));
    return ama__node_index(g, one, ndim, pick, NULL, out);
}

static void whole_picks(const ama__node *n, ama__pick *pick) {
    for (int a = 0; a < n->ndim; a++) pick[a] = (ama__pick){.in_axis = a, .count = n->shape[a], .step = 1};
}

/* The sum of every segment. */
static ama_status sum_segments(ama__graph *g, ama__node *in, const ama__scan_spec *s, ama__node **out) {
    int64_t *label;
    AMA_NEW(g->arena, label, in->shape[s->axis] + 1);
    for (int64_t k = 0; k < s->n_segments; k++)
        for (int64_t i = s->cut[k]; i < s->cut[k + 1]; i++) label[i] = k;
    ama__reduce_spec r = {.op = s->product ? AMA_RED_PROD : AMA_RED_SUM,
                          .label_axis = s->axis,
                          .n_labels = s->n_segments,
                          .label = label,
                          .skipna = s->skipna};
    return ama__node_reduce(g, in, &r, out);
}

/* What stands before each segment: nothing before the first (-0.0, which leaves any number what it is), then running
 * sums of the segments. */
static ama_status carry(ama__graph *g, ama__node *in, const ama__scan_spec *s, ama__node **out) {
    int64_t shape[AMA_MAX_DIMS], whole[2] = {0, s->n_segments};
    ama__pick pick[AMA_MAX_DIMS];
    ama__node *piece[2];
    AMA_TRY(sum_segments(g, in, s, &piece[1]));
    for (int a = 0; a < in->ndim; a++) shape[a] = a == s->axis ? 1 : in->shape[a];
    AMA_TRY(repeat(g, piece[1]->dtype, s->product ? 1.0 : -0.0, s->product, in->ndim, shape, &piece[0]));
    whole_picks(piece[1], pick);
    pick[s->axis].count = s->n_segments - 1;
    AMA_TRY(ama__node_index(g, piece[1], in->ndim, pick, NULL, &piece[1]));
    AMA_TRY(ama__node_concat(g, s->axis, 2, piece, out));
    ama__scan_spec run = {.axis = s->axis, .product = s->product, .n_segments = 1, .cut = whole};
    return ama__node_scan(g, *out, &run, out);
}

/* A row of the carried sums for every element of its segment. */
static ama_status spread(ama__graph *g, ama__node *in, const ama__scan_spec *s, ama__node **out) {
    int64_t *list, n = s->cut[s->n_segments];
    ama__pick pick[AMA_MAX_DIMS];
    AMA_NEW(g->arena, list, n + 1);
    for (int64_t k = 0; k < s->n_segments; k++)
        for (int64_t i = s->cut[k]; i < s->cut[k + 1]; i++) list[i] = k;
    whole_picks(in, pick);
    pick[s->axis] = (ama__pick){.in_axis = s->axis, .count = n, .list = list};
    return ama__node_index(g, in, in->ndim, pick, NULL, out);
}

ama_status ama__node_cumulate_in(ama__graph *g, ama__node *in, const ama__scan_spec *spec, ama__node **out) {
    ama_dtype t = ama__dtype_is_float(in->dtype) ? in->dtype : ama__dtype_kind(in->dtype) == 'u' ? AMA_U8 : AMA_I8;
    int8_t axis[2][AMA_MAX_DIMS];
    ama__node *part[2];
    AMA_TRY(ama__node_cast(g, in, t, &in));
    AMA_TRY(ama__node_scan(g, in, spec, &part[1]));
    if (spec->n_segments <= 1) {
        *out = part[1];
        return AMA_OK;
    }
    AMA_TRY(ama__node_cast(g, in, part[1]->dtype, &in)); /* sums of segments are not rounded */
    AMA_TRY(carry(g, in, spec, &part[0]));
    AMA_TRY(spread(g, part[0], spec, &part[0]));
    for (int a = 0; a < AMA_MAX_DIMS; a++) axis[0][a] = axis[1][a] = (int8_t)a;
    return ama__node_map(g, spec->product ? AMA_OP_MUL : AMA_OP_ADD, 2, part, axis, in->ndim, in->shape, out);
}

ama_status ama__node_cumulate(ama__graph *g, ama__node *in, int axis, bool product, bool skipna, ama__node **out) {
    ama__scan_spec spec = {.axis = axis, .product = product, .skipna = skipna && ama__dtype_is_float(in->dtype)};
    AMA_TRY(choose_segments(g, in, &spec));
    return ama__node_cumulate_in(g, in, &spec, out);
}

/* ---- objects */

static bool among(const char *name, int n, const char *const *list) {
    for (int i = 0; i < n; i++)
        if (strcmp(name, list[i]) == 0) return true;
    return false;
}

static bool touches(const ama__variable *v, int n, const char *const *dims) {
    for (int a = 0; a < v->ndim; a++)
        if (among(v->dim[a], n, dims)) return true;
    return false;
}

/* Along the variable's dims in the order in which they are given (all: the variable's own), in the accumulator's type,
 * rounded once. */
static ama_status cumulate_variable(ama__graph *g, const ama__variable *v, const ama__cumulation *c, int n,
                                    const char *const *dims, ama__variable **out) {
    ama__node *node = v->node;
    bool all = c->dims.kind != AMA_DIMS_LIST;
    int steps = all ? v->ndim : n;
    if (touches(v, n, dims) && (v->time || ama__dtype_is_text(node->dtype)))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "running sums and products are of numbers, not of %s",
                         v->time ? "times" : "text");
    for (int i = 0; i < steps; i++) {
        int axis = all ? i : ama__variable_axis(v, dims[i]);
        if (axis >= 0) AMA_TRY(ama__node_cumulate(g, node, axis, c->product, c->skipna != AMA_SKIPNA_NO, &node));
    }
    if (v->node->dtype == AMA_F4) AMA_TRY(ama__node_cast(g, node, AMA_F4, &node));
    AMA_TRY(ama__variable_new(g, v->dim, node, out));
    (*out)->time = v->time;
    (*out)->chunks = v->chunks;
    if (c->keep_attrs != AMA_KEEP_NO) (*out)->attrs = v->attrs;
    return AMA_OK;
}

static ama_status check_dims(ama__graph *g, const ama__object *x, const ama__cumulation *c, int *n,
                             const char *const **dims) {
    const char **all;
    const char *what = c->product ? "cumprod" : "cumsum";
    *n = c->dims.n;
    *dims = c->dims.name;
    if (c->dims.kind == AMA_DIMS_LIST) {
        for (int i = 0; i < *n; i++) {
            AMA_TRY(ama__object_check_dim(g, x, what, (*dims)[i]));
            if (among((*dims)[i], i, *dims))
                return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "%s: dim '%s' is named twice", what, (*dims)[i]);
        }
        return AMA_OK;
    }
    AMA_TRY(ama__dataset_dims(g, &x->ds, n, &all));
    *dims = (const char *const *)all;
    return AMA_OK;
}

/* A variable of a Dataset: dims in its own order, whatever the order given. */
static ama_status cumulate_in_dataset(ama__graph *g, const ama__variable *v, const ama__cumulation *c, int n,
                                      const char *const *dims, ama__variable **out) {
    const char *mine[AMA_MAX_DIMS];
    ama__cumulation own = *c;
    int k = 0;
    for (int a = 0; a < v->ndim; a++)
        if (among(v->dim[a], n, dims)) mine[k++] = v->dim[a];
    own.dims.kind = AMA_DIMS_LIST;
    return cumulate_variable(g, v, &own, k, mine, out);
}

ama_status ama__object_cumulate(ama__graph *g, const ama__object *x, const ama__cumulation *c, ama__object *out) {
    int n;
    const char *const *dims;
    ama__object o = {.is_dataset = true};
    ama__variable *w;
    AMA_TRY(check_dims(g, x, c, &n, &dims));
    if (!x->is_dataset) {
        AMA_TRY(cumulate_variable(g, x->ds.var[0].var, c, n, dims, &w));
        return ama__object_from_array(g, x->name, w, x->ds.n_coords, x->ds.coord, out);
    }
    AMA_NEW(g->arena, o.ds.var, x->ds.n_vars + 1);
    AMA_NEW(g->arena, o.ds.coord, x->ds.n_coords + 1);
    for (int i = 0; i < x->ds.n_vars; i++) {
        const ama__named *v = &x->ds.var[i];
        bool number = !v->var->time && !ama__dtype_is_text(v->var->node->dtype);
        if (touches(v->var, n, dims) && !number) continue;
        AMA_TRY(ama__wrap(g->ctx, cumulate_in_dataset(g, v->var, c, n, dims, &w), "variable %s", v->name));
        o.ds.var[o.ds.n_vars++] = (ama__named){v->name, w};
    }
    for (int i = 0; i < x->ds.n_coords; i++)
        if (!touches(x->ds.coord[i].var, n, dims)) o.ds.coord[o.ds.n_coords++] = x->ds.coord[i];
    if (c->keep_attrs != AMA_KEEP_NO) o.ds.attrs = x->ds.attrs;
    o.ds.n_unlimited = x->ds.n_unlimited;
    o.ds.unlimited = x->ds.unlimited;
    *out = o;
    return AMA_OK;
}
