/* Blocks are windows, of which every width-th is taken: results of any size stream, and several dims follow each other.
 */
#include "graph/coarsen.h"

#include <inttypes.h>
#include <string.h>

#include "graph/labels.h"
#include "graph/operate.h"

ama_status ama__coarsen_check(ama__graph *g, const ama__coarsen *c) {
    if (c->n == 0) return ama__fail(g->ctx, AMA_ERR_ARG, "coarsen needs a dim and its window: coarsen(time=5)");
    for (int i = 0; i < c->n; i++) {
        AMA_TRY(ama__object_check_dim(g, c->object, "coarsen", c->dim[i].dim));
        if (c->dim[i].width < 1)
            return ama__fail(g->ctx, AMA_ERR_ARG,
                             "coarsen: the window along dim \"%s\" must be 1 or more, not %" PRId64, c->dim[i].dim,
                             c->dim[i].width);
    }
    return AMA_OK;
}

/* Blocks of one axis: `count` windows, of which the k-th ends (right) or begins at index start + k * width. */
typedef struct blocks {
    int axis;
    int64_t width, start, count, lo;
    bool pad;
} blocks;

static ama_status blocks_of(ama__graph *g, const ama__coarse_dim *d, int axis, int64_t size, blocks *out) {
    int64_t count = size / d->width, rest = size % d->width;
    if (d->boundary == AMA_BOUNDARY_EXACT && rest != 0)
        return ama__fail(g->ctx, AMA_ERR_ARG,
                         "coarsen: %" PRId64 " does not divide the %" PRId64
                         " elements of dim \"%s\"; use boundary=\"trim\" or \"pad\"",
                         d->width, size, d->dim);
    if (d->boundary == AMA_BOUNDARY_PAD && rest != 0) count++;
    if (count == 0)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "coarsen: nothing is left of the %" PRId64 " elements of dim \"%s\"", size, d->dim);
    *out = (blocks){.axis = axis, .width = d->width, .count = count, .pad = d->boundary == AMA_BOUNDARY_PAD};
    if (!d->right) return AMA_OK;
    out->lo = d->width - 1;
    out->start = size - (count - 1) * d->width - 1;
    return AMA_OK;
}

typedef struct job {
    int n;
    blocks b[AMA_MAX_DIMS];
    bool pad, skipna;
} job;

static ama_status job_of(ama__graph *g, const ama__coarsen *c, const ama__variable *v, job *j) {
    *j = (job){.skipna = true};
    for (int i = 0; i < c->n; i++) {
        int axis = ama__variable_axis(v, c->dim[i].dim);
        if (axis < 0) continue;
        AMA_TRY(blocks_of(g, &c->dim[i], axis, ama__variable_size(v, axis), &j->b[j->n]));
        j->pad = j->pad || j->b[j->n].pad;
        j->n++;
    }
    return AMA_OK;
}

/* op over the blocks of one axis. Padding is missing: without skipna, a block that has some is missing too. */
static ama_status one_axis(ama__graph *g, const job *j, const blocks *b, ama__red op, ama__node *in, ama__node **out) {
    const ama__window_spec s = {.op = op,
                                .axis = b->axis,
                                .width = b->width,
                                .lo = b->lo,
                                .skipna = j->skipna,
                                .min_count = b->pad && !j->skipna && op != AMA_RED_COUNT ? b->width : 0,
                                .every = b->width,
                                .phase = b->start % b->width};
    ama__pick pick[AMA_MAX_DIMS];
    AMA_TRY(ama__node_window(g, in, &s, out));
    for (int a = 0; a < in->ndim; a++) pick[a] = (ama__pick){.in_axis = a, .count = in->shape[a], .step = 1};
    pick[b->axis].count = b->count;
    pick[b->axis].start = b->start;
    pick[b->axis].step = b->width;
    return ama__node_index(g, *out, in->ndim, pick, NULL, out);
}

static ama_status all_axes(ama__graph *g, const job *j, ama__red first, ama__red then, const ama__variable *v,
                           ama__variable **out) {
    AMA_TRY(ama__variable_new(g, v->dim, v->node, out));
    for (int k = 0; k < j->n; k++) AMA_TRY(one_axis(g, j, &j->b[k], k ? then : first, (*out)->node, &(*out)->node));
    return AMA_OK;
}

static ama_status mean_of_several(ama__graph *g, const job *j, const ama__variable *v, ama__variable **out) {
    ama__variable *sum, *count;
    job counts = *j;
    counts.skipna = true; /* of counts none is missing */
    AMA_TRY(all_axes(g, j, AMA_RED_SUM, AMA_RED_SUM, v, &sum));
    AMA_TRY(all_axes(g, &counts, AMA_RED_COUNT, AMA_RED_SUM, v, &count));
    ama__term ratio[2] = {ama__term_var(sum), ama__term_var(count)};
    return ama__terms_map(g, AMA_OP_DIV, 2, ratio, out);
}

/* The block of each element of the axis, -1 for what is trimmed. */
static ama_status labels_of(ama__graph *g, const blocks *b, int64_t size, int64_t **out) {
    int64_t first = b->start - b->lo;
    AMA_NEW(g->arena, *out, size + 1);
    for (int64_t i = 0; i < size; i++) {
        int64_t k = i < first ? -1 : (i - first) / b->width;
        (*out)[i] = k < b->count ? k : -1;
    }
    return AMA_OK;
}

/* Sums, of values or of ones, by groups: small, and there before the deviations are. */
static ama_status grouped(ama__graph *g, const job *j, ama__red first, const ama__variable *v, ama__variable **out) {
    *out = (ama__variable *)v; /* shared, never changed */
    for (int k = 0; k < j->n; k++) {
        const char *dim = v->dim[j->b[k].axis];
        const ama__reduction r = {.op = k ? AMA_RED_SUM : first, .skipna = j->skipna ? AMA_SKIPNA_YES : AMA_SKIPNA_NO};
        ama__segments s = {.dim = dim, .name = dim, .n = j->b[k].count};
        int64_t *label;
        AMA_TRY(labels_of(g, &j->b[k], ama__variable_size(v, j->b[k].axis), &label));
        s.label = label;
        AMA_TRY(ama__variable_reduce(g, *out, &r, 0, NULL, &s, out));
    }
    return AMA_OK;
}

/* v is float64. The mean of the squared deviations from the block's mean, as xarray has it: a pass for each. */
static ama_status spread_of_several(ama__graph *g, const job *j, ama__red op, const ama__variable *v,
                                    ama__variable **out) {
    ama__variable *sum, *count, *x;
    AMA_TRY(grouped(g, j, AMA_RED_SUM, v, &sum));
    AMA_TRY(grouped(g, j, AMA_RED_COUNT, v, &count));
    ama__term t[2] = {ama__term_var(sum), ama__term_var(count)};
    AMA_TRY(ama__terms_map(g, AMA_OP_DIV, 2, t, &x));
    for (int k = 0; k < j->n; k++) {
        ama__pick p = {.count = ama__variable_size(v, j->b[k].axis)};
        int64_t *label;
        AMA_TRY(labels_of(g, &j->b[k], p.count, &label));
        p.list = label;
        AMA_TRY(ama__labels_take_dim(g, x, v->dim[j->b[k].axis], &p, 0, &x));
    }
    t[0] = ama__term_var(v);
    t[1] = ama__term_var(x);
    AMA_TRY(ama__terms_map(g, AMA_OP_SUB, 2, t, &x));
    t[0] = ama__term_var(x);
    AMA_TRY(ama__terms_map(g, AMA_OP_SQUARE, 1, t, &x));
    AMA_TRY(mean_of_several(g, j, x, out));
    t[0] = ama__term_var(*out);
    return op == AMA_RED_STD ? ama__terms_map(g, AMA_OP_SQRT, 1, t, out) : AMA_OK;
}

static ama_status coarse_numbers(ama__graph *g, const job *j, ama__red op, const ama__variable *v,
                                 ama__variable **out) {
    ama_dtype t = v->node->dtype;
    bool real = ama__dtype_is_float(t), spread = op == AMA_RED_VAR || op == AMA_RED_STD;
    bool sums = op == AMA_RED_SUM || op == AMA_RED_PROD || op == AMA_RED_MEAN || spread;
    ama__variable *x = (ama__variable *)v; /* shared, never changed */
    if (j->pad && (t == AMA_BOOL || op == AMA_RED_ANY))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "coarsen(boundary=\"pad\").%s of %s", ama__red_name(op),
                         ama__dtype_name(t));
    if (op == AMA_RED_MEDIAN && (t == AMA_BOOL || j->n > 1))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         t == AMA_BOOL ? "coarsen(...).median of bool; use astype(\"float64\") first"
                                       : "coarsen(...).median over several dims; over one dim it is supported");
    if (j->pad && !real) { /* room for what pads, whether there is any or not */
        t = ama__dtype_bytes(t) <= 2 ? AMA_F4 : AMA_F8;
        AMA_TRY(ama__variable_cast(g, x, t, &x));
        real = true;
    }
    if (op == AMA_RED_ANY || op == AMA_RED_ALL) {
        AMA_TRY(ama__variable_cast(g, x, AMA_BOOL, &x));
        return all_axes(g, j, op == AMA_RED_ANY ? AMA_RED_MAX : AMA_RED_MIN,
                        op == AMA_RED_ANY ? AMA_RED_MAX : AMA_RED_MIN, x, out);
    }
    if (j->n == 1 || !sums) return all_axes(g, j, op, op == AMA_RED_COUNT ? AMA_RED_SUM : op, x, out);
    if (real || spread) AMA_TRY(ama__variable_cast(g, x, AMA_F8, &x)); /* float32 is rounded once */
    if (spread)
        AMA_TRY(spread_of_several(g, j, op, x, out));
    else if (op == AMA_RED_MEAN)
        AMA_TRY(mean_of_several(g, j, x, out));
    else
        AMA_TRY(all_axes(g, j, op, op, x, out));
    return real ? ama__variable_cast(g, *out, t, out) : AMA_OK;
}

static ama_status coarse_times(ama__graph *g, const job *j, ama__red op, const ama__variable *v, ama__variable **out) {
    const blocks *b = &j->b[0];
    int64_t *label;
    const ama__reduction r = {.op = op};
    if (j->n > 1) return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "coarsen of times over several dims");
    if (op == AMA_RED_COUNT || (b->pad && op != AMA_RED_MEAN))
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "coarsen: %s of times%s", ama__red_name(op),
                         b->pad ? " with boundary=\"pad\"" : "");
    AMA_TRY(labels_of(g, b, ama__variable_size(v, b->axis), &label));
    const ama__segments s = {.dim = v->dim[b->axis], .name = v->dim[b->axis], .n = b->count, .label = label};
    return ama__variable_reduce(g, v, &r, 0, NULL, &s, out);
}

/* A variable without the dims stays. */
static ama_status coarse_variable(ama__graph *g, const ama__coarsen *c, ama__red op, ama__skipna skipna,
                                  ama__keep_attrs keep, const ama__variable *v, ama__variable **out) {
    job j;
    ama__variable *w;
    AMA_TRY(job_of(g, c, v, &j));
    j.skipna = skipna != AMA_SKIPNA_NO;
    AMA_TRY(ama__variable_copy(g, v, out));
    if (j.n == 0 && !c->object->is_dataset) return AMA_OK; /* a coordinate of a DataArray */
    if (keep == AMA_KEEP_NO) (*out)->attrs = (ama__attrs){0};
    if (j.n == 0) return AMA_OK;
    if (ama__dtype_is_text(v->node->dtype))
        return ama__fail(g->ctx, AMA_ERR_ARG, "coarsen: %s of text; drop_vars takes such variables out",
                         ama__red_name(op));
    AMA_TRY(v->time ? coarse_times(g, &j, op, v, &w) : coarse_numbers(g, &j, op, v, &w));
    (*out)->node = w->node;
    return AMA_OK;
}

static ama__red func_of(const ama__coarsen *c, const char *name) {
    for (int i = 0; i < c->n_funcs; i++)
        if (strcmp(c->named[i], name) == 0) return c->func[i];
    return ama__dataset_dim_size(&c->object->ds, name) >= 0 ? c->dim_func : AMA_RED_MEAN;
}

static ama_status coarse_coord(ama__graph *g, const ama__coarsen *c, ama__skipna skipna, ama__keep_attrs keep,
                               ama__named *coord) {
    bool index = ama__variable_is_index(coord->name, coord->var);
    AMA_TRY(coarse_variable(g, c, func_of(c, coord->name), skipna, keep, coord->var, &coord->var));
    if (index) AMA_TRY(ama__labels_eval_const(g, NULL, coord->var->node, coord->name, &coord->var->node));
    return AMA_OK;
}

ama_status ama__coarsen_reduce(ama__graph *g, const ama__coarsen *c, ama__red op, ama__skipna skipna,
                               ama__keep_attrs keep, ama__object *out) {
    ama__object o;
    AMA_TRY(ama__coarsen_check(g, c));
    AMA_TRY(ama__object_copy(g, c->object, &o));
    for (int i = 0; i < o.ds.n_vars; i++) {
        ama__named *v = &o.ds.var[i];
        ama_status status = coarse_variable(g, c, op, skipna, keep, v->var, &v->var);
        AMA_TRY(o.is_dataset ? ama__wrap(g->ctx, status, "variable %s", v->name) : status);
        if (!o.is_dataset) v->var->encoding = (ama__encoding){0};
    }
    for (int i = 0; i < o.ds.n_coords; i++) {
        ama__named *x = &o.ds.coord[i];
        AMA_TRY(ama__wrap(g->ctx, coarse_coord(g, c, skipna, keep, x), "coordinate %s", x->name));
    }
    if (o.is_dataset && keep == AMA_KEEP_NO) o.ds.attrs = (ama__attrs){0};
    o.ds.n_unlimited = 0; /* xarray makes a new Dataset */
    *out = o;
    return AMA_OK;
}
