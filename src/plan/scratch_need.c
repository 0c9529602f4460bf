/* The evaluator keeps what it made for the current block and does not make it again for the same box. One block stands
 * for all: its boxes tell which evaluations are the same, their sizes are taken as large as any block's may be. */
#include "plan/scratch_need.h"

#include <string.h>

#include "base/number.h"
#include "kernel/rank.h"
#include "kernel/window.h"
#include "plan/blocks.h"
#include "plan/program.h"

#define MIB ((int64_t)1 << 20)
#define SLOTS 4096 /* power of two, more than twice of MOST */
#define MOST 1500
#define KEEP_BYTES (MIB / 8) /* of a thread's table of what was made */

typedef struct tally {
    ama_ctx *ctx;
    int n;
    int64_t bytes; /* of all blocks together */
    struct {
        const ama__node *node;
        uint64_t box; /* its hash */
    } slot[SLOTS];
} tally;

static uint64_t hash(const ama__box *b) {
    uint64_t h = (uint64_t)b->ndim;
    for (int a = 0; a < b->ndim; a++) {
        h = (h ^ (uint64_t)b->start[a]) * 0x9E3779B97F4A7C15u;
        h = (h ^ (h >> 32) ^ (uint64_t)b->count[a]) * 0xC2B2AE3D27D4EB4Fu;
    }
    return h;
}

static bool counted(tally *t, const ama__node *n, const ama__box *b) {
    uint64_t box = hash(b), h = ((uint64_t)n->id * 0x9E3779B97F4A7C15u) ^ box;
    for (uint64_t i = h >> 40;; i++) {
        if (!t->slot[i % SLOTS].node) {
            t->slot[i % SLOTS].node = n;
            t->slot[i % SLOTS].box = box;
            t->n++;
            return false;
        }
        if (t->slot[i % SLOTS].node == n && t->slot[i % SLOTS].box == box) return true;
    }
}

/* Elements evaluated at one time below an INDEX that gives `block`. */
static int64_t below(const ama__node *n, int64_t block) {
    int64_t times = 1, most = ama__index_most(block);
    for (int a = 0; a < n->ndim && times * block < most; a++) times *= ama__pick_spread(&n->u.index.pick[a]);
    return times * block < most ? times * block : most;
}

static int64_t at_most(const ama__node *n, int64_t block) {
    int64_t size = 1;
    for (int a = 0; a < n->ndim; a++)
        if (__builtin_mul_overflow(size, n->shape[a], &size)) return block;
    return size < block ? size : block;
}

static int64_t size_of(const ama__node *n) {
    return (int64_t)ama__class_bytes(ama__class_of(n->dtype));
}

static ama_status count(tally *t, ama__node *n, const ama__box *box, int64_t block);

/* A leaf is a block of its own, or a view that may be copied to get into order. */
static ama_status count_program(tally *t, ama__node *n, const ama__box *box, int64_t block) {
    ama__program p;
    ama__program_make(n, &p);
    t->bytes += (int64_t)ama__program_strips(&p) * AMA_PROGRAM_STRIP * 8;
    for (int i = 0; i < p.n_leaves; i++) {
        const ama__node *user = p.leaf[i].user;
        ama__node *in = user->u.map.in[p.leaf[i].k];
        ama__box b = ama__map_operand_box(user, p.leaf[i].k, box);
        AMA_TRY(count(t, in, &b, block));
    }
    return AMA_OK;
}

/* Any of the pieces may give a block. */
static ama_status count_pieces(tally *t, const ama__node *n, const ama__box *box, int64_t block) {
    for (int k = 0; k < n->u.concat.n_in; k++) {
        ama__node *in = n->u.concat.in[k];
        ama__box b = *box;
        b.start[n->u.concat.axis] = 0;
        if (b.count[n->u.concat.axis] > in->shape[n->u.concat.axis])
            b.count[n->u.concat.axis] = in->shape[n->u.concat.axis];
        AMA_TRY(count(t, in, &b, block));
    }
    return AMA_OK;
}

/* A WINDOW is evaluated in pieces that give up what they held: input turned, work, output turned back. */
static ama_status count_window(tally *t, const ama__node *n, const ama__box *box, int64_t block) {
    const ama__window_spec *s = &n->u.window.spec;
    ama__node *in = n->u.window.in;
    const ama__window w = {.op = s->op, .dtype = in->dtype, .out = n->dtype, .width = s->width};
    int64_t run, cells, along = block < n->shape[s->axis] ? block : n->shape[s->axis];
    ama__window_piece(n, along, &run, &cells);
    if (cells > block) cells = block;
    int64_t rows = run + s->width - 1 < n->shape[s->axis] ? run + s->width - 1 : n->shape[s->axis];
    t->bytes +=
        rows * cells * size_of(in) + run * cells * size_of(n) + (int64_t)ama__window_work_bytes(&w, run, cells) + 64;
    ama__box b = ama__window_input(n, box);
    return count(t, in, &b, rows * cells);
}

/* block: elements of a box of this node, at most. */
static ama_status count(tally *t, ama__node *n, const ama__box *box, int64_t block) {
    ama__box b;
    if (counted(t, n, box)) return AMA_OK;
    if (t->n > MOST)
        return ama__fail(t->ctx, AMA_ERR_UNSUPPORTED,
                         "an expression of more than %d operations in one pass: write an intermediate result", MOST);
    block = at_most(n, block);
    t->bytes += block * size_of(n);
    if (n->kind == AMA_NODE_CONST || n->kind == AMA_NODE_REDUCE)
        t->bytes += block * (int64_t)ama__dtype_bytes(n->dtype); /* narrow integers are put together, then widened */
    if (n->kind == AMA_NODE_INDEX) {
        for (int a = 0; a < n->ndim; a++)
            if (n->u.index.pick[a].list) t->bytes += 8 * (block < n->shape[a] ? block : n->shape[a]); /* offsets */
        return ama__index_box(n, box, &b) ? count(t, n->u.index.in, &b, below(n, block)) : AMA_OK;
    }
    if (n->kind == AMA_NODE_CONCAT) return count_pieces(t, n, box, block);
    if (n->kind == AMA_NODE_WINDOW) return count_window(t, n, box, block);
    return n->kind == AMA_NODE_MAP ? count_program(t, n, box, block) : AMA_OK;
}

/* A block as the evaluator takes them: whole trailing axes as far as they fit, a part of the next. */
static ama__box first_block(const ama__node *n) {
    ama__box b = {.ndim = n->ndim};
    int64_t inner = 1;
    for (int a = n->ndim - 1; a >= 0; a--) {
        int64_t room = AMA_BLOCK_ELEMENTS / inner > 0 ? AMA_BLOCK_ELEMENTS / inner : 1;
        b.count[a] = n->shape[a] < room ? n->shape[a] : room;
        inner *= b.count[a] > 0 ? b.count[a] : 1;
    }
    return b;
}

static ama_status count_root(ama_ctx *ctx, tally *t, ama__node *n, int64_t block, int64_t *most) {
    ama__box box = first_block(n);
    memset(t, 0, sizeof *t);
    t->ctx = ctx;
    AMA_TRY(count(t, n, &box, block));
    if (t->bytes > *most) *most = t->bytes;
    return AMA_OK;
}

/* What a thread sorts a column of ranks in. */
static int64_t column_bytes(const ama__scan_spec *s) {
    int64_t longest = 0;
    for (int64_t k = 0; s->rank && k < s->n_segments; k++) longest = ama__max_i8(longest, s->cut[k + 1] - s->cut[k]);
    return (int64_t)ama__rank_work_bytes(longest);
}

ama_status ama__plan_scratch(ama_ctx *ctx, const ama__plan_options *o, const ama__stage *s, int64_t *bytes) {
    int64_t most = 0, columns = 0;
    tally *t;
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_META, sizeof *t, (void **)&t));
    ama_status status = AMA_OK;
    for (int i = 0; i < s->n_consumers && status == AMA_OK; i++) {
        const ama__consumer *c = &s->consumer[i];
        status = count_root(ctx, t, c->node, ama__blocks_most(s, c), &most);
    }
    for (int i = 0; i < s->n_scans && status == AMA_OK; i++) {
        status = count_root(ctx, t, s->scan[i]->u.scan.in, AMA_BLOCK_ELEMENTS, &most);
        columns = ama__max_i8(columns, column_bytes(&s->scan[i]->u.scan.spec));
    }
    ama__mem_free(ctx, t);
    /* scratch comes in blocks of 256 KiB, whose ends stay empty */
    most += most / 3 + MIB / 4;
    *bytes = (ama__max_i8(most, MIB) + columns + KEEP_BYTES) * o->threads;
    return status;
}
