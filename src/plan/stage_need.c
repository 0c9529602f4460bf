/* What the consumers of a stage need for a box of its space. Leaves are reported as they are met; what scans need is
 * looked up once all that read them have been asked, the uppermost scan first. */
#include <string.h>

#include "plan/plan.h"

#define MAX_BOXES 16 /* of one scan in a tile; more are joined */
#define GONE (-1)    /* joined to another */

void ama__scan_boxes_fini(ama__scan_boxes *b) {
    if (!b->ctx) return;
    AMA_FREE(b->ctx, b->at);
    b->ctx = NULL;
    b->n = b->cap = 0;
}

int64_t ama__scan_boxes_bytes(const ama__scan_boxes *b) {
    int64_t bytes = 0;
    for (int i = 0; i < b->n; i++) bytes += ama__box_size(&b->at[i].box) * 8;
    return bytes;
}

static ama_status append(ama__scan_boxes *b, int scan, const ama__box *box) {
    if (b->n == b->cap) {
        int cap = b->cap ? b->cap * 2 : 16;
        AMA_TRY(ama__mem_realloc(b->ctx, AMA_MEM_META, (size_t)cap * sizeof *b->at, (void **)&b->at));
        b->cap = cap;
    }
    b->at[b->n++] = (ama__scan_box){scan, *box};
    return AMA_OK;
}

ama_status ama__scan_boxes_add(ama__scan_boxes *b, int scan, const ama__box *box) {
    int last = -1, many = 0;
    for (int i = 0; i < b->n; i++) {
        if (b->at[i].scan != scan) continue;
        if (ama__box_contains(&b->at[i].box, box)) return AMA_OK;
        ama__box both = ama__box_hull(&b->at[i].box, box);
        if (ama__box_size(&both) <= ama__box_size(&b->at[i].box) + ama__box_size(box)) {
            b->at[i].scan = GONE;
            return ama__scan_boxes_add(b, scan, &both); /* which may join one that was looked at before */
        }
        last = i;
        many++;
    }
    if (many < MAX_BOXES) return append(b, scan, box);
    b->at[last].box = ama__box_hull(&b->at[last].box, box);
    return AMA_OK;
}

typedef struct need {
    const ama__stage *s;
    ama__scan_boxes *scans;
    ama__need_fn *fn;
    void *user;
} need;

/* The box from the beginning of its first segment on; of ranks to the end of its last. */
static ama_status meet(void *user, ama__node *leaf, const ama__box *box) {
    need *n = user;
    ama__box whole = *box;
    if (leaf->kind != AMA_NODE_SCAN) return n->fn(n->user, leaf, box);
    const ama__scan_spec *spec = &leaf->u.scan.spec;
    int a = spec->axis, scan = 0;
    int64_t end = box->start[a] + box->count[a];
    while (n->s->scan[scan] != leaf) scan++;
    if (spec->rank) end = spec->cut[ama__cut_find(spec->n_segments, spec->cut, end - 1) + 1];
    whole.start[a] = spec->cut[ama__cut_find(spec->n_segments, spec->cut, box->start[a])];
    whole.count[a] = end - whole.start[a];
    return ama__scan_boxes_add(n->scans, scan, &whole);
}

void ama__scan_boxes_sort(ama__scan_boxes *b) {
    int kept = 0;
    for (int i = 0; i < b->n; i++)
        if (b->at[i].scan != GONE) b->at[kept++] = b->at[i];
    b->n = kept;
    for (int i = 1; i < b->n; i++) {
        ama__scan_box x = b->at[i];
        int k = i;
        for (; k > 0 && b->at[k - 1].scan > x.scan; k--) b->at[k] = b->at[k - 1];
        b->at[k] = x;
    }
}

ama_status ama__stage_need(ama_ctx *ctx, const ama__stage *s, const ama__box *driver_box, ama__scan_boxes *scans,
                           ama__need_fn *fn, void *user) {
    need n = {s, scans, fn, user};
    scans->ctx = ctx;
    scans->n = 0;
    for (int i = 0; i < s->n_consumers; i++) {
        ama__box box;
        if (ama__consumer_box(s, &s->consumer[i], driver_box, &box))
            AMA_TRY(ama__node_need(s->consumer[i].node, &box, meet, &n));
    }
    for (int k = s->n_scans - 1; k >= 0; k--)
        for (int i = 0; i < scans->n; i++) {
            ama__box box = scans->at[i].box; /* the list may move */
            if (scans->at[i].scan == k) AMA_TRY(ama__node_need(s->scan[k]->u.scan.in, &box, meet, &n));
        }
    ama__scan_boxes_sort(scans);
    return AMA_OK;
}
