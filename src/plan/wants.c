#include "plan/wants.h"

#include <string.h>

/* Boxes of one part this near to each other are fetched as one; of more than MAX_BOXES the last takes in the others. */
#define NEAR_BYTES ((int64_t)64 << 10)
#define MAX_BOXES 64

bool ama__part_is_chunked(const ama__source_part *p) {
    const ama__manifest *m = &p->store->manifest[p->var];
    return m->kind == AMA_MANIFEST_TABLE || m->kind == AMA_MANIFEST_FILES;
}

int ama__source_part_of(const ama__node *n, int64_t x) {
    int lo = 0, hi = n->u.source.n_parts - 1;
    while (lo < hi) {
        int mid = lo + (hi - lo + 1) / 2;
        if (n->u.source.part[mid].start <= x)
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo;
}

ama_status ama__wants_init(ama__wants *w, ama_ctx *ctx, const ama__stage *s) {
    memset(w, 0, sizeof *w);
    w->ctx = ctx;
    w->stage = s;
    w->n_slots = 64;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_META, (size_t)w->n_slots * sizeof *w->slot, (void **)&w->slot));
    memset(w->slot, -1, (size_t)w->n_slots * sizeof *w->slot);
    return AMA_OK;
}

void ama__wants_fini(ama__wants *w) {
    if (!w->ctx) return;
    AMA_FREE(w->ctx, w->want);
    AMA_FREE(w->ctx, w->slot);
    ama__scan_boxes_fini(&w->scans);
}

static uint64_t hash(int source, int part, int64_t chunk) {
    uint64_t h = (uint64_t)chunk * 0x9E3779B97F4A7C15u + (uint64_t)part * 0xC2B2AE3D27D4EB4Fu + (uint64_t)source;
    return h ^ (h >> 29);
}

static int *find_slot(const ama__wants *w, int source, int part, int64_t chunk) {
    int mask = w->n_slots - 1, i = (int)(hash(source, part, chunk) & (uint64_t)mask);
    for (;; i = (i + 1) & mask) {
        if (w->slot[i] < 0) return &w->slot[i];
        const ama__want *x = &w->want[w->slot[i]];
        if (x->source == source && x->part == part && x->chunk == chunk) return &w->slot[i];
    }
}

int ama__wants_find(const ama__wants *w, int source, int part, int64_t chunk) {
    return *find_slot(w, source, part, chunk);
}

int ama__wants_find_box(const ama__wants *w, int source, int part, const ama__box *box) {
    for (int64_t k = -1;; k--) {
        int i = *find_slot(w, source, part, k);
        if (i < 0 || ama__box_contains(&w->want[i].box, box)) return i;
    }
}

int ama__wants_kept(const ama__wants *old, const ama__want *x) {
    if (x->chunk >= 0) return *find_slot(old, x->source, x->part, x->chunk);
    int i = ama__wants_find_box(old, x->source, x->part, &x->box);
    return i >= 0 && ama__box_equal(&old->want[i].box, &x->box) ? i : -1;
}

ama__box ama__wants_rest(const ama__wants *old, const ama__want *x, int *from) {
    ama__box rest = x->box;
    *from = -1;
    for (int64_t k = -1; x->chunk < 0 && rest.ndim > 0; k--) {
        int i = *find_slot(old, x->source, x->part, k);
        if (i < 0) break;
        ama__box same = old->want[i].box;
        int64_t first = same.start[0], end = first + same.count[0], last = rest.start[0] + rest.count[0];
        same.start[0] = rest.start[0];
        same.count[0] = rest.count[0];
        if (old->want[i].taken || first > rest.start[0] || end <= rest.start[0] || end >= last ||
            !ama__box_equal(&same, &rest))
            continue;
        *from = i;
        rest.start[0] = end;
        rest.count[0] = last - end;
        break;
    }
    return rest;
}

static ama_status grow(ama__wants *w) {
    int cap = w->cap ? w->cap * 2 : 64;
    AMA_TRY(ama__mem_realloc(w->ctx, AMA_MEM_META, (size_t)cap * sizeof *w->want, (void **)&w->want));
    w->cap = cap;
    if (cap * 2 <= w->n_slots) return AMA_OK;
    AMA_TRY(ama__mem_realloc(w->ctx, AMA_MEM_META, (size_t)cap * 2 * sizeof *w->slot, (void **)&w->slot));
    w->n_slots = cap * 2;
    memset(w->slot, -1, (size_t)w->n_slots * sizeof *w->slot);
    for (int i = 0; i < w->n; i++) *find_slot(w, w->want[i].source, w->want[i].part, w->want[i].chunk) = i;
    return AMA_OK;
}

static ama_status add(ama__wants *w, int source, int part, int64_t chunk, ama__want **out) {
    int *slot = find_slot(w, source, part, chunk);
    if (*slot < 0) {
        if (w->n == w->cap) {
            AMA_TRY(grow(w));
            slot = find_slot(w, source, part, chunk);
        }
        *slot = w->n;
        w->want[w->n++] = (ama__want){.source = source, .part = part, .chunk = chunk, .bytes = -1};
    }
    *out = &w->want[*slot];
    return AMA_OK;
}

static int64_t box_bytes(const ama__box *b, ama_dtype t) {
    return ama__box_size(b) * (int64_t)ama__dtype_bytes(t);
}

ama_status ama__wants_chunk(ama__wants *w, int source, int part, int64_t chunk) {
    const ama__source_part *p = &w->stage->source[source]->u.source.part[part];
    const ama__stored_var *v = &p->store->meta.var[p->var];
    int64_t index[AMA_MAX_DIMS];
    ama__want *x;
    AMA_TRY(add(w, source, part, chunk, &x));
    if (x->bytes >= 0) return AMA_OK;
    ama__chunkgrid_index(&v->grid, chunk, index);
    x->box.ndim = v->ndim;
    for (int a = 0; a < v->ndim; a++) {
        x->box.start[a] = index[a] * v->grid.chunk[a];
        x->box.count[a] = v->grid.chunk[a];
    }
    x->bytes = box_bytes(&x->box, v->dtype);
    w->bytes += x->bytes;
    return AMA_OK;
}

static ama_status want_chunks(ama__wants *w, int source, int part, const ama__stored_var *v, const ama__box *box) {
    ama__box cover = ama__chunkgrid_cover(&v->grid, box);
    int64_t at[AMA_MAX_DIMS] = {0}, index[AMA_MAX_DIMS];
    do {
        for (int a = 0; a < cover.ndim; a++) index[a] = cover.start[a] + at[a];
        AMA_TRY(ama__wants_chunk(w, source, part, ama__chunkgrid_number(&v->grid, index)));
    } while (ama__index_next(cover.ndim, cover.count, at));
    return AMA_OK;
}

/* Joins the box to one that is near enough, so that x - x[0] does not fetch all between the two. */
static ama_status want_box(ama__wants *w, int source, int part, const ama__stored_var *v, const ama__box *box) {
    int64_t mine = box_bytes(box, v->dtype);
    ama__want *x;
    for (int64_t k = -1;; k--) {
        AMA_TRY(add(w, source, part, k, &x));
        if (x->bytes < 0) break;
        ama__box both = ama__box_hull(&x->box, box);
        int64_t bytes = box_bytes(&both, v->dtype);
        if (bytes - x->bytes > mine + NEAR_BYTES && k > -MAX_BOXES) continue;
        w->bytes += bytes - x->bytes;
        x->box = both;
        x->bytes = bytes;
        return AMA_OK;
    }
    x->box = *box;
    x->bytes = mine;
    w->bytes += mine;
    return AMA_OK;
}

/* Parts of a source that a box touches: [first, last]. */
static void parts_of(const ama__node *leaf, const ama__box *box, int *first, int *last) {
    int axis = leaf->u.source.axis;
    *first = leaf->ndim ? ama__source_part_of(leaf, box->start[axis]) : 0;
    *last = leaf->ndim ? ama__source_part_of(leaf, box->start[axis] + box->count[axis] - 1) : 0;
}

bool ama__source_part_box(const ama__node *leaf, int i, const ama__box *box, ama__box *part) {
    const ama__source_part *p = &leaf->u.source.part[i];
    ama__box whole = ama__box_whole(leaf->ndim, leaf->shape);
    int axis = leaf->u.source.axis;
    if (leaf->ndim) {
        whole.start[axis] = p->start;
        whole.count[axis] = p->count;
    }
    if (!ama__box_intersect(&whole, box, part)) return false;
    if (leaf->ndim) part->start[axis] -= p->start;
    return true;
}

static bool covers_chunks(const ama__wants *w, int source, int part, const ama__stored_var *v, const ama__box *box) {
    ama__box cover = ama__chunkgrid_cover(&v->grid, box);
    int64_t at[AMA_MAX_DIMS] = {0}, index[AMA_MAX_DIMS];
    do {
        for (int a = 0; a < cover.ndim; a++) index[a] = cover.start[a] + at[a];
        if (ama__wants_find(w, source, part, ama__chunkgrid_number(&v->grid, index)) < 0) return false;
    } while (ama__index_next(cover.ndim, cover.count, at));
    return true;
}

bool ama__wants_cover(const ama__wants *w, const ama__node *leaf, const ama__box *box) {
    int source = 0, first, last;
    while (w->stage->source[source] != leaf) source++;
    parts_of(leaf, box, &first, &last);
    for (int i = first; i <= last; i++) {
        const ama__source_part *p = &leaf->u.source.part[i];
        ama__box part;
        if (ama__part_in_turns(w->stage, p) || !ama__source_part_box(leaf, i, box, &part)) continue;
        bool held = ama__part_is_chunked(p) ? covers_chunks(w, source, i, &p->store->meta.var[p->var], &part)
                                            : ama__wants_find_box(w, source, i, &part) >= 0;
        if (!held) return false;
    }
    return true;
}

static ama_status want_leaf(void *user, ama__node *leaf, const ama__box *box) {
    ama__wants *w = user;
    int source = 0, first, last;
    if (leaf->kind != AMA_NODE_SOURCE) return AMA_OK;
    while (w->stage->source[source] != leaf) source++;
    parts_of(leaf, box, &first, &last);
    for (int i = first; i <= last; i++) {
        const ama__source_part *p = &leaf->u.source.part[i];
        const ama__stored_var *v = &p->store->meta.var[p->var];
        ama__box part;
        if (ama__part_in_turns(w->stage, p) || !ama__source_part_box(leaf, i, box, &part)) continue;
        AMA_TRY(ama__part_is_chunked(p) ? want_chunks(w, source, i, v, &part) : want_box(w, source, i, v, &part));
    }
    return AMA_OK;
}

int64_t ama__want_stored_bytes(const ama__stage *s, const ama__want *w) {
    const ama__source_part *p = &s->source[w->source]->u.source.part[w->part];
    const ama__manifest *m = &p->store->manifest[p->var];
    if (m->kind == AMA_MANIFEST_TABLE) return m->table[w->chunk].offset < 0 ? 0 : m->table[w->chunk].length;
    return m->kind == AMA_MANIFEST_FILES ? 0 : w->bytes;
}

void ama__wants_clear(ama__wants *w) {
    w->n = 0;
    w->bytes = 0;
    memset(w->slot, -1, (size_t)w->n_slots * sizeof *w->slot);
}

ama_status ama__wants_collect(ama__wants *w, const ama__box *driver_box) {
    ama__wants_clear(w);
    return ama__stage_need(w->ctx, w->stage, driver_box, &w->scans, want_leaf, w);
}
