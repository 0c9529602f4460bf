#include "store/io_walk.h"

#include <string.h>

int64_t ama__io_want_bytes(const ama__io_want *w) {
    ama__runs r;
    if (w->m->kind == AMA_MANIFEST_TABLE) {
        if (w->chunk < 0 || w->chunk >= w->m->n_table) return -1;
        return w->m->table[w->chunk].offset < 0 ? 0 : w->m->table[w->chunk].length;
    }
    if (w->m->kind != AMA_MANIFEST_CONTIGUOUS && w->m->kind != AMA_MANIFEST_RECORD) return 0;
    if (w->m->base < 0 || ama__box_size(&w->box) == 0) return 0;
    if (!ama__box_runs(w->v, w->m, &w->box, &r)) return -1;
    return r.n * (int64_t)r.bytes;
}

int64_t ama__io_want_end(const ama__io_want *w) {
    ama__runs r;
    if (w->m->kind == AMA_MANIFEST_TABLE) return w->m->table[w->chunk].offset + (int64_t)w->m->table[w->chunk].length;
    ama__box_runs(w->v, w->m, &w->box, &r);
    int64_t end = r.first + (int64_t)r.bytes;
    for (int d = 0; d < r.n_outer; d++) end += (w->box.count[d] - 1) * r.step[d];
    return end;
}

static void open_want(ama__io_walk *w) {
    const ama__io_want *x = &w->want[w->at];
    w->open = true;
    w->run = w->done = 0;
    w->dst = x->dst;
    memset(w->index, 0, sizeof w->index);
    if (x->m->kind != AMA_MANIFEST_TABLE) ama__box_runs(x->v, x->m, &x->box, &w->runs);
}

/* False when the want at hand has no more. */
static bool left_of_run(const ama__io_walk *w, ama__io_range *out) {
    const ama__io_want *x = &w->want[w->at];
    out->part = x->part;
    out->dst = w->dst;
    if (x->m->kind == AMA_MANIFEST_TABLE) {
        const ama__extent_entry *e = &x->m->table[x->chunk];
        out->offset = e->offset + w->done;
        out->bytes = (int64_t)e->length - w->done;
        return w->run == 0 && out->bytes > 0;
    }
    if (w->run == w->runs.n) return false;
    out->offset = ama__run_offset(&w->runs, w->index) + w->done;
    out->bytes = (int64_t)w->runs.bytes - w->done;
    return true;
}

bool ama__io_walk_look(ama__io_walk *w, ama__io_range *out) {
    for (; w->at < w->n; w->at++, w->open = false) {
        if (w->want[w->at].m->kind == AMA_MANIFEST_FILES) continue;
        if (!w->open) open_want(w);
        if (left_of_run(w, out)) return true;
    }
    return false;
}

void ama__io_walk_advance(ama__io_walk *w, const ama__io_range *looked, int64_t bytes) {
    w->dst += bytes;
    w->done += bytes;
    if (bytes < looked->bytes) return;
    w->done = 0;
    w->run++;
    if (w->want[w->at].m->kind != AMA_MANIFEST_TABLE) ama__index_next(w->runs.n_outer, w->runs.box->count, w->index);
}
