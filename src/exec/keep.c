/* Views made for the current block, by node and box: a node with several users is evaluated once. A small table of
 * sets; what falls out of a full set is evaluated again. */
#include <string.h>

#include "exec/eval_private.h"

#define SETS 32
#define WAYS 8

typedef struct kept {
    int id;          /* of the node; -1: free */
    uint32_t number; /* in the order in which they were put */
    ama__box box;
    ama__view view;
} kept;

struct ama__keep {
    uint32_t used; /* bit per set */
    uint32_t number;
    uint8_t next[SETS];
    kept at[SETS][WAYS];
};

ama_status ama__keep_create(ama_ctx *ctx, ama__keep **out) {
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_SCRATCH, sizeof **out, (void **)out));
    (*out)->used = UINT32_MAX;
    ama__keep_forget(*out);
    return AMA_OK;
}

void ama__keep_destroy(ama_ctx *ctx, ama__keep **k) {
    AMA_FREE(ctx, *k);
}

uint32_t ama__keep_now(const ama__keep *k) {
    return k->number;
}

void ama__keep_back(ama__keep *k, uint32_t number) {
    for (int s = 0; s < SETS; s++)
        for (int w = 0; (k->used >> s & 1) && w < WAYS; w++)
            if (k->at[s][w].id >= 0 && k->at[s][w].number > number) k->at[s][w].id = -1;
}

void ama__keep_forget(ama__keep *k) {
    k->number = 0;
    for (int s = 0; k->used; s++, k->used >>= 1) {
        if (!(k->used & 1)) continue;
        k->next[s] = 0;
        for (int w = 0; w < WAYS; w++) k->at[s][w].id = -1;
    }
}

bool ama__keep_find(const ama__keep *k, const ama__node *node, const ama__box *box, ama__view *out) {
    const kept *set = k->at[node->id % SETS];
    for (int w = 0; w < WAYS; w++) {
        if (set[w].id != node->id || !ama__box_contains(&set[w].box, box)) continue;
        int64_t offset = 0;
        for (int a = 0; a < box->ndim; a++) offset += (box->start[a] - set[w].box.start[a]) * set[w].view.stride[a];
        *out = set[w].view;
        out->data = (const char *)out->data + offset * (int64_t)ama__class_bytes(out->class);
        return true;
    }
    return false;
}

void ama__keep_put(ama__keep *k, const ama__node *node, const ama__box *box, const ama__view *v) {
    int s = node->id % SETS;
    kept *x = &k->at[s][k->next[s]];
    k->next[s] = (uint8_t)((k->next[s] + 1) % WAYS);
    k->used |= UINT32_C(1) << s;
    *x = (kept){node->id, ++k->number, *box, *v};
}
