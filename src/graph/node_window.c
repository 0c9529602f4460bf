/* WINDOW: a reduction around each index. */
#include "graph/node_private.h"

#include <inttypes.h>

static ama_dtype window_dtype(const ama__node *in, const ama__window_spec *s) {
    const ama__reduce_spec plain = {.op = s->op};
    bool narrow = ama__dtype_bytes(in->dtype) <= 2, room = s->missing || s->min_count > 0;
    ama_dtype t = ama__node_reduce_dtype(in, &plain);
    if (!room || ama__dtype_is_float(in->dtype)) return s->op == AMA_RED_COUNT && room ? AMA_F8 : t;
    char class = ama__red_class(s->op);
    if (class == 's' || class == 'c' || s->op == AMA_RED_MEAN) return AMA_F8;
    return narrow ? AMA_F4 : AMA_F8;
}

ama_status ama__node_window(ama__graph *g, ama__node *in, const ama__window_spec *spec, ama__node **out) {
    char class = ama__red_class(spec->op);
    bool sums = class == 's' || class == 'c' || spec->op == AMA_RED_MEAN;
    if (ama__dtype_is_text(in->dtype) || class == 'b' || class == 'q' || spec->op == AMA_RED_FIRST ||
        spec->op == AMA_RED_LAST)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "%s of windows of %s", ama__red_name(spec->op),
                         ama__dtype_name(in->dtype));
    if (in->dtype == AMA_BOOL && !sums && (spec->missing || spec->min_count > 0))
        return ama__fail(g->ctx, AMA_ERR_ARG, "%s of windows of bool; use astype(\"float64\") first",
                         ama__red_name(spec->op));
    if (spec->axis < 0 || spec->axis >= in->ndim || spec->width < 1 || spec->lo < 0 || spec->lo >= spec->width)
        return ama__fail(g->ctx, AMA_ERR_INTERNAL, "a window of %" PRId64 " from -%" PRId64 " on axis %d", spec->width,
                         spec->lo, spec->axis);
    AMA_TRY(ama__node_new(g, AMA_NODE_WINDOW, window_dtype(in, spec), in->ndim, in->shape, out));
    (*out)->u.window.in = in;
    (*out)->u.window.spec = *spec;
    if (!ama__dtype_is_float(in->dtype)) (*out)->u.window.spec.skipna = false;
    return AMA_OK;
}
