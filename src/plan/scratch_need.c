/* The evaluator keeps what it made for the current block and does not make it again for the same box. Boxes are told
 * apart by the INDEX nodes on the way from the consumer: what no INDEX stands between has the consumer's own box. So
 * each (node, way through INDEX nodes) is counted once. */
#include "plan/scratch_need.h"

#include <string.h>

#include "kernel/block.h"

#define MIB ((int64_t)1 << 20)
#define SLOTS 4096 /* power of two, more than twice of MOST */
#define MOST 1500
#define KEEP_BYTES (MIB / 8) /* of a thread's table of what was made */

typedef struct tally {
    ama_ctx *ctx;
    int n;
    int64_t elements; /* of all blocks together */
    struct {
        const ama__node *node;
        uint64_t way;
    } slot[SLOTS];
} tally;

static bool counted(tally *t, const ama__node *n, uint64_t way) {
    uint64_t h = ((uint64_t)n->id * 0x9E3779B97F4A7C15u) ^ way;
    for (uint64_t i = h >> 40;; i++) {
        if (!t->slot[i % SLOTS].node) {
            t->slot[i % SLOTS].node = n;
            t->slot[i % SLOTS].way = way;
            t->n++;
            return false;
        }
        if (t->slot[i % SLOTS].node == n && t->slot[i % SLOTS].way == way) return true;
    }
}

static int64_t spread(const ama__node *n) {
    int64_t times = 1;
    for (int a = 0; a < n->ndim && times < AMA_INDEX_SPREAD; a++) times *= ama__pick_spread(&n->u.index.pick[a]);
    return times < AMA_INDEX_SPREAD ? times : AMA_INDEX_SPREAD;
}

static int64_t at_most(const ama__node *n, int64_t block) {
    int64_t size = 1;
    for (int a = 0; a < n->ndim; a++)
        if (__builtin_mul_overflow(size, n->shape[a], &size)) return block;
    return size < block ? size : block;
}

/* Operands are brought into the type of the operation and, where they are views, into order. */
static bool is_copied(const ama__node *n, const ama__node *in) {
    return in->kind != AMA_NODE_MAP || in->dtype != n->u.map.calc || n->u.map.op == AMA_OP_CAST;
}

/* block: elements of a box of this node. */
static ama_status count(tally *t, const ama__node *n, uint64_t way, int64_t block) {
    if (counted(t, n, way)) return AMA_OK;
    if (t->n > MOST)
        return ama__fail(t->ctx, AMA_ERR_UNSUPPORTED,
                         "an expression of more than %d operations in one pass: write an intermediate result", MOST);
    block = at_most(n, block);
    t->elements += block;
    if (n->kind == AMA_NODE_INDEX) {
        for (int a = 0; a < n->ndim; a++)
            if (n->u.index.pick[a].list) t->elements += block < n->shape[a] ? block : n->shape[a]; /* offsets */
        uint64_t further = (way ^ (uint64_t)n->id) * 0xC2B2AE3D27D4EB4Fu + 1;
        return count(t, n->u.index.in, further, block * spread(n));
    }
    if (n->kind != AMA_NODE_MAP) return AMA_OK;
    for (int k = 0; k < n->u.map.n_in; k++) {
        const ama__node *in = n->u.map.in[k];
        if (is_copied(n, in)) t->elements += at_most(in, block);
        AMA_TRY(count(t, in, way, block));
    }
    return AMA_OK;
}

ama_status ama__plan_scratch(ama_ctx *ctx, const ama__plan_options *o, const ama__stage *s, int64_t *bytes) {
    int64_t most = 0;
    tally *t;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_META, sizeof *t, (void **)&t));
    ama_status status = AMA_OK;
    for (int i = 0; i < s->n_consumers && status == AMA_OK; i++) {
        const ama__consumer *c = &s->consumer[i];
        int64_t row = 1;
        for (int k = 0; k < c->n_row_axes; k++) row *= c->node->shape[c->node->ndim - 1 - k];
        if (row > MIB) row = MIB;
        memset(t, 0, sizeof *t);
        t->ctx = ctx;
        status = count(t, c->node, 0, row > AMA_BLOCK_ELEMENTS ? row : AMA_BLOCK_ELEMENTS);
        if (t->elements > most) most = t->elements;
    }
    ama__mem_free(ctx, t);
    *bytes = ((most * 8 > MIB ? most * 8 : MIB) + KEEP_BYTES) * o->threads; /* scratch comes in blocks of 256 KiB */
    return status;
}
