/* The evaluator keeps what it made for the current block and does not make it again for the same box. One block stands
 * for all: its boxes tell which evaluations are the same, their sizes are taken as large as any block's may be. */
#include "plan/scratch_need.h"

#include <string.h>

#include "base/number.h"
#include "kernel/rank.h"
#include "kernel/window.h"
#include "plan/blocks.h"
#include "plan/program.h"
#include "plan/wants.h"

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

static bool counted(tally *t, const ama__node *n, const ama__box *b, unsigned one) {
    uint64_t box = hash(b) ^ one, h = ((uint64_t)n->id * 0x9E3779B97F4A7C15u) ^ box;
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

/* A box of a node, whatever block it belongs to. */
typedef struct reach {
    ama__box box;     /* for the first block */
    unsigned one;     /* bit a: on axis a it has one index, the block's own, however it is come to */
    int64_t elements; /* at most */
} reach;

static ama_status count(tally *t, ama__node *n, const reach *r);

/* What an INDEX picks from lies in one chunk and needs no conversion: it is picked where it stands. */
static bool is_in_place(const ama__node *n, unsigned one) {
    if (n->kind != AMA_NODE_SOURCE || n->u.source.n_parts > 1) return false;
    const ama__source_part *p = &n->u.source.part[0];
    const ama__chunkgrid *g = &p->store->meta.var[p->var].grid;
    const ama__load l = ama__source_load(n, 0);
    bool inside = ama__part_is_chunked(p) && ama__load_is_view(&l);
    for (int a = 0; a < n->ndim && inside; a++) inside = (one >> a & 1) || g->chunk[a] >= g->shape[a];
    return inside;
}

/* reach.one of what an INDEX picks from. */
static unsigned one_below(const ama__node *n, unsigned one) {
    unsigned below = 0;
    for (int a = 0; a < n->ndim; a++) {
        const ama__pick *p = &n->u.index.pick[a];
        bool all = !p->list && p->in_axis >= 0 && p->start == 0 && p->step == 1;
        if (all && (one >> a & 1)) below |= 1u << p->in_axis;
    }
    return below;
}

/* reach.one of an operand of a MAP. Two that pick from one node may be picked from the box of both. */
static unsigned one_of_operand(const ama__node *n, int k, unsigned one) {
    unsigned of[3] = {0, 0, 0};
    ama__node *const *in = n->u.map.in;
    for (int i = 0; i < n->u.map.n_in; i++)
        for (int a = 0; a < n->ndim; a++)
            if ((one >> a & 1) && n->u.map.axis[i][a] >= 0) of[i] |= 1u << n->u.map.axis[i][a];
    bool pair = n->u.map.n_in == 2 && in[0]->kind == AMA_NODE_INDEX && in[1]->kind == AMA_NODE_INDEX &&
                in[0]->u.index.in == in[1]->u.index.in;
    return pair && one_below(in[0], of[0]) != one_below(in[1], of[1]) ? 0 : of[k];
}

/* A leaf is a block of its own, or a view that may be copied to get into order. */
static ama_status count_program(tally *t, ama__node *n, const reach *r) {
    ama__program p;
    ama__program_make(n, &p);
    t->bytes += (int64_t)ama__program_strips(&p) * AMA_PROGRAM_STRIP * 8;
    for (int i = 0; i < p.n_leaves; i++) {
        const ama__node *user = p.leaf[i].user;
        int k = p.leaf[i].k;
        const reach in = {ama__map_operand_box(user, k, &r->box), one_of_operand(user, k, r->one), r->elements};
        AMA_TRY(count(t, user->u.map.in[k], &in));
    }
    return AMA_OK;
}

/* Any of the pieces may give a block. */
static ama_status count_pieces(tally *t, const ama__node *n, const reach *r) {
    for (int k = 0; k < n->u.concat.n_in; k++) {
        ama__node *in = n->u.concat.in[k];
        reach b = {r->box, 0, r->elements};
        b.box.start[n->u.concat.axis] = 0;
        if (b.box.count[n->u.concat.axis] > in->shape[n->u.concat.axis])
            b.box.count[n->u.concat.axis] = in->shape[n->u.concat.axis];
        AMA_TRY(count(t, in, &b));
    }
    return AMA_OK;
}

/* A WINDOW is evaluated in pieces that give up what they held: input turned, work, output turned back. */
static ama_status count_window(tally *t, const ama__node *n, const reach *r) {
    const ama__window_spec *s = &n->u.window.spec;
    ama__node *in = n->u.window.in;
    const ama__window w = {
        .op = s->op, .dtype = in->dtype, .out = n->dtype, .width = s->width, .extent = n->shape[s->axis]};
    int64_t run, cells, along = r->elements < n->shape[s->axis] ? r->elements : n->shape[s->axis];
    ama__window_piece(n, along, &run, &cells);
    if (cells > r->elements) cells = r->elements;
    int64_t rows = run + s->width - 1 < n->shape[s->axis] ? run + s->width - 1 : n->shape[s->axis];
    t->bytes +=
        rows * cells * size_of(in) + run * cells * size_of(n) + (int64_t)ama__window_work_bytes(&w, run, cells) + 64;
    const reach b = {ama__window_input(n, &r->box), 0, rows * cells};
    return count(t, in, &b);
}

static ama_status count_index(tally *t, const ama__node *n, const reach *r) {
    ama__node *in = n->u.index.in;
    reach b = {.one = one_below(n, r->one), .elements = below(n, r->elements)};
    for (int a = 0; a < n->ndim; a++)
        if (n->u.index.pick[a].list)
            t->bytes += 8 * (r->elements < n->shape[a] ? r->elements : n->shape[a]); /* offsets */
    return ama__index_box(n, &r->box, &b.box) && !is_in_place(in, b.one) ? count(t, in, &b) : AMA_OK;
}

static ama_status count(tally *t, ama__node *n, const reach *r) {
    if (counted(t, n, &r->box, r->one)) return AMA_OK;
    if (t->n > MOST)
        return ama__fail(t->ctx, AMA_ERR_UNSUPPORTED,
                         "an expression of more than %d operations in one pass: write an intermediate result", MOST);
    const reach mine = {r->box, r->one, at_most(n, r->elements)};
    t->bytes += mine.elements * size_of(n);
    if (n->kind == AMA_NODE_CONST || n->kind == AMA_NODE_REDUCE)
        t->bytes +=
            mine.elements * (int64_t)ama__dtype_bytes(n->dtype); /* narrow integers are put together, then widened */
    if (n->kind == AMA_NODE_INDEX) return count_index(t, n, &mine);
    if (n->kind == AMA_NODE_CONCAT) return count_pieces(t, n, &mine);
    if (n->kind == AMA_NODE_WINDOW) return count_window(t, n, &mine);
    return n->kind == AMA_NODE_MAP ? count_program(t, n, &mine) : AMA_OK;
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

/* plain: nothing makes blocks longer than first_block's. */
static ama_status count_root(ama_ctx *ctx, tally *t, ama__node *n, int64_t elements, bool plain, int64_t *most) {
    reach r = {first_block(n), 0, elements};
    for (int a = 0; a < n->ndim && plain; a++)
        if (r.box.count[a] == 1) r.one |= 1u << a;
    memset(t, 0, sizeof *t);
    t->ctx = ctx;
    AMA_TRY(count(t, n, &r));
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
        bool plain = true;
        for (int a = 0; a < c->node->ndim; a++) plain = plain && c->halo[a] == 0;
        status = count_root(ctx, t, c->node, ama__blocks_most(s, c), plain, &most);
    }
    for (int i = 0; i < s->n_scans && status == AMA_OK; i++) {
        status = count_root(ctx, t, s->scan[i]->u.scan.in, AMA_BLOCK_ELEMENTS, false, &most);
        columns = ama__max_i8(columns, column_bytes(&s->scan[i]->u.scan.spec));
    }
    ama__mem_free(ctx, t);
    /* scratch comes in blocks of 256 KiB, whose ends stay empty */
    most += most / 3 + MIB / 4;
    *bytes = (ama__max_i8(most, MIB) + columns + KEEP_BYTES) * o->threads;
    return status;
}
