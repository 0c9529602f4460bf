/* Sources: views into raw chunks and boxes of the tile where these are class values already, else blocks loaded from
 * them. */
#include <string.h>

#include "exec/eval_private.h"
#include "exec/turn_run.h"

/* Loads the box `what` (in the part's index space) from a raw block that holds `held` into the dense block at dst that
 * holds `target`, in the longest runs that are contiguous on both sides. */
static void load_box(const ama__load *l, const ama__box *what, const void *raw, const ama__box *held, void *dst,
                     const ama__box *target) {
    int n = what->ndim, outer = n;
    int64_t rs[AMA_MAX_DIMS], ds[AMA_MAX_DIMS], run = 1, at[AMA_MAX_DIMS] = {0}, r0 = 0, d0 = 0;
    size_t raw_size = ama__dtype_bytes(l->stored), size = ama__class_bytes(ama__class_of(l->dtype));
    ama__shape_strides(n, held->count, rs);
    ama__shape_strides(n, target->count, ds);
    for (int a = 0; a < n; a++) {
        r0 += (what->start[a] - held->start[a]) * rs[a];
        d0 += (what->start[a] - target->start[a]) * ds[a];
    }
    while (outer > 0 && (what->count[outer - 1] == 1 || (rs[outer - 1] == run && ds[outer - 1] == run)))
        run *= what->count[--outer];
    do {
        int64_t r = r0, d = d0;
        for (int a = 0; a < outer; a++) {
            r += at[a] * rs[a];
            d += at[a] * ds[a];
        }
        ama__load_run(l, run, (const char *)raw + (size_t)r * raw_size, (char *)dst + (size_t)d * size);
    } while (ama__index_next(outer, what->count, at));
}

typedef struct raw_block {
    const void *data;
    ama__box held;
} raw_block;

/* chunk < 0: the block that holds `box`. */
static ama_status find_raw(ama__evaluator *e, int source, int part, int64_t chunk, const ama__box *box,
                           raw_block *out) {
    const ama__wants *w = &e->tile->wants;
    if (chunk < 0 && ama__turns_find(e->tile->turns, source, part, box, &out->data, &out->held)) return AMA_OK;
    int i = chunk >= 0 ? ama__wants_find(w, source, part, chunk) : ama__wants_find_box(w, source, part, box);
    if (i < 0 || !e->tile->data[i])
        return ama__fail(e->ctx, AMA_ERR_INTERNAL, "chunk %lld of a source was not fetched", (long long)chunk);
    out->data = e->tile->data[i];
    out->held = e->tile->wants.want[i].box;
    return AMA_OK;
}

/* The box (of one part's index space) as a view into a raw block. */
static bool view_raw(const ama__load *l, const raw_block *raw, const ama__box *box, ama__view *out) {
    if (!ama__load_is_view(l) || !ama__box_contains(&raw->held, box)) return false;
    int64_t offset = 0;
    ama__shape_strides(box->ndim, raw->held.count, out->stride);
    for (int a = 0; a < box->ndim; a++) offset += (box->start[a] - raw->held.start[a]) * out->stride[a];
    out->class = ama__class_of(l->dtype);
    out->data = (const char *)raw->data + offset * (int64_t)ama__class_bytes(out->class);
    return true;
}

/* Part `part` of a source: `box` in the node's index space lies in it. dst is NULL when a view may be given. */
static ama_status eval_part(ama__evaluator *e, int source, int part, const ama__box *box, const ama__box *target,
                            void *dst, ama__view *view, bool *viewed) {
    const ama__node *n = e->stage->source[source];
    const ama__source_part *p = &n->u.source.part[part];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    const ama__load *l = &e->tile->load[source][part];
    ama__box mine = *box, to = *target;
    raw_block raw;
    *viewed = false;
    if (n->ndim > 0) {
        mine.start[n->u.source.axis] -= p->start;
        to.start[n->u.source.axis] -= p->start;
    }
    if (!ama__part_is_chunked(p) || ama__part_in_turns(e->stage, p)) {
        AMA_TRY(find_raw(e, source, part, -1, &mine, &raw));
        if (!dst && view_raw(l, &raw, &mine, view))
            *viewed = true;
        else if (dst)
            load_box(l, &mine, raw.data, &raw.held, dst, &to);
        return AMA_OK;
    }
    ama__box cover = ama__chunkgrid_cover(&v->grid, &mine);
    if (!dst) {
        if (ama__box_size(&cover) != 1) return AMA_OK;
        AMA_TRY(find_raw(e, source, part, ama__chunkgrid_number(&v->grid, cover.start), NULL, &raw));
        *viewed = view_raw(l, &raw, &mine, view);
        return AMA_OK;
    }
    int64_t at[AMA_MAX_DIMS] = {0}, index[AMA_MAX_DIMS];
    do {
        ama__box what;
        for (int a = 0; a < cover.ndim; a++) index[a] = cover.start[a] + at[a];
        AMA_TRY(find_raw(e, source, part, ama__chunkgrid_number(&v->grid, index), NULL, &raw));
        if (ama__box_intersect(&raw.held, &mine, &what)) load_box(l, &what, raw.data, &raw.held, dst, &to);
    } while (ama__index_next(cover.ndim, cover.count, at));
    return AMA_OK;
}

/* The source's number in the stage, and its parts in which the box lies. */
typedef struct place {
    int source, first, last;
} place;

static ama_status find_place(ama__evaluator *e, const ama__node *node, const ama__box *box, place *out) {
    int source = 0, axis = node->u.source.axis;
    while (e->stage->source[source] != node) source++;
    /* beyond it chunks may be undefined */
    if (!ama__box_contains(&e->tile->reach[source], box))
        return ama__fail(e->ctx, AMA_ERR_INTERNAL, "more of a source is read than its stage needs");
    *out = (place){.source = source};
    if (node->ndim == 0) return AMA_OK;
    out->first = ama__source_part_of(node, box->start[axis]);
    out->last = ama__source_part_of(node, box->start[axis] + box->count[axis] - 1);
    return AMA_OK;
}

/* The box where it was decoded, if it lies in one chunk that needs no conversion. */
static ama_status view_in_place(ama__evaluator *e, const place *p, const ama__box *box, ama__view *out, bool *viewed) {
    *viewed = false;
    return p->first == p->last ? eval_part(e, p->source, p->first, box, box, NULL, out, viewed) : AMA_OK;
}

ama_status ama__evaluator_source(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__view *out) {
    bool viewed;
    void *dst;
    place at;
    AMA_TRY(find_place(e, node, box, &at));
    AMA_TRY(view_in_place(e, &at, box, out, &viewed));
    if (viewed) return AMA_OK;
    AMA_TRY(ama__evaluator_block(e, ama__class_of(node->dtype), box, out, &dst));
    for (int i = at.first; i <= at.last; i++) {
        ama__box part = ama__box_whole(node->ndim, node->shape), mine;
        if (node->ndim) {
            part.start[node->u.source.axis] = node->u.source.part[i].start;
            part.count[node->u.source.axis] = node->u.source.part[i].count;
        }
        if (!ama__box_intersect(&part, box, &mine)) continue;
        AMA_TRY(eval_part(e, at.source, i, &mine, box, dst, NULL, &viewed));
    }
    return AMA_OK;
}

static bool same_strides(int ndim, const ama__view *a, const ama__view *b) {
    for (int d = 1; d < ndim; d++)
        if (a->stride[d] != b->stride[d]) return false;
    return true;
}

ama_status ama__evaluator_source_rows(ama__evaluator *e, const ama__node *node, const ama__box *box, ama__rows *out,
                                      bool *found) {
    ama__box row = *box;
    ama__view v;
    place at;
    *found = false;
    if (node->ndim < 2 || ama__box_size(box) < box->count[0] * AMA_ROW_LEAST) return AMA_OK;
    AMA_TRY(find_place(e, node, box, &at));
    AMA_TRY(view_in_place(e, &at, box, &out->view, found));
    if (*found) return AMA_OK;
    int64_t *list = NULL;
    row.count[0] = 1;
    for (int64_t i = 0; i < box->count[0]; i++) {
        row.start[0] = box->start[0] + i;
        AMA_TRY(find_place(e, node, &row, &at));
        AMA_TRY(view_in_place(e, &at, &row, &v, found));
        *found = *found && (i == 0 || same_strides(node->ndim, &v, &out->view));
        if (!*found) return AMA_OK;
        if (i == 0) {
            out->view = v;
            AMA_TRY(ama__evaluator_alloc(e, (size_t)box->count[0] * sizeof *list, (void **)&list));
        }
        /* all begin at multiples of their values' size */
        list[i] = ((intptr_t)v.data - (intptr_t)out->view.data) / (intptr_t)ama__class_bytes(v.class);
    }
    out->list[0] = list;
    return AMA_OK;
}
