#include "exec/parts.h"

void ama__parts_init(ama__parts *p, ama_ctx *ctx, const ama__chunkgrid *grid, size_t element_bytes,
                     size_t spare_bytes) {
    *p = (ama__parts){.ctx = ctx, .grid = grid, .element_bytes = element_bytes, .spare_bytes = spare_bytes};
}

static void free_part(ama_ctx *ctx, ama__part *part) {
    if (part) ama__mem_free(ctx, part->data);
    ama__mem_free(ctx, part);
}

void ama__parts_fini(ama__parts *p) {
    for (int64_t i = 0; i < p->cap; i++) free_part(p->ctx, p->slot[i]);
    AMA_FREE(p->ctx, p->slot);
    p->n = p->cap = 0;
}

static ama__part **find(const ama__parts *p, int64_t chunk) {
    int64_t i = (int64_t)(((uint64_t)chunk * 0x9E3779B97F4A7C15u >> 20) & (uint64_t)(p->cap - 1));
    while (p->slot[i] && p->slot[i]->chunk != chunk) i = (i + 1) & (p->cap - 1);
    return &p->slot[i];
}

/* Forgets what is done. */
static ama_status grow(ama__parts *p) {
    ama__parts old = *p;
    int64_t live = 0, cap = 64;
    for (int64_t i = 0; i < old.cap; i++) live += old.slot[i] && old.slot[i]->data;
    while (cap < live * 4) cap *= 2;
    AMA_TRY(ama__mem_calloc(p->ctx, AMA_MEM_META, (size_t)cap, sizeof *p->slot, (void **)&p->slot));
    p->n = live;
    p->cap = cap;
    for (int64_t i = 0; i < old.cap; i++) {
        if (old.slot[i] && old.slot[i]->data)
            *find(p, old.slot[i]->chunk) = old.slot[i];
        else
            free_part(p->ctx, old.slot[i]);
    }
    ama__mem_free(p->ctx, old.slot);
    return AMA_OK;
}

ama_status ama__parts_get(ama__parts *p, int64_t chunk, ama__part **out) {
    int64_t index[AMA_MAX_DIMS];
    if ((p->n + 1) * 2 > p->cap) AMA_TRY(grow(p));
    ama__part **at = find(p, chunk), *part = *at;
    if (!part) {
        AMA_TRY(ama__mem_calloc(p->ctx, AMA_MEM_META, 1, sizeof *part, (void **)&part));
        part->chunk = chunk;
        ama__chunkgrid_index(p->grid, chunk, index);
        part->box = ama__chunkgrid_box(p->grid, index);
        *at = part;
        p->n++;
    }
    *out = part;
    if (part->data) return AMA_OK;
    part->missing = ama__box_size(&part->box);
    size_t bytes = (size_t)part->missing * p->element_bytes + p->spare_bytes;
    return ama__mem_alloc(p->ctx, AMA_MEM_WRITE, bytes, (void **)&part->data);
}

bool ama__part_fill(const ama__parts *p, ama__part *part, const ama__box *what, const void *src,
                    const ama__box *src_box) {
    ama__box_copy(what, p->element_bytes, src, src_box, part->data, &part->box);
    return __atomic_sub_fetch(&part->missing, ama__box_size(what), __ATOMIC_ACQ_REL) == 0;
}

void *ama__part_take(ama__part *part) {
    void *data = part->data;
    part->data = NULL;
    return data;
}

const ama__part *ama__parts_open(const ama__parts *p) {
    for (int64_t i = 0; i < p->cap; i++)
        if (p->slot[i] && p->slot[i]->data) return p->slot[i];
    return NULL;
}
