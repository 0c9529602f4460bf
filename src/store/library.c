/* Which wants the libraries can give, and how a want is cut into calls. */
#include <string.h>

#include "store/collective_private.h"

/* Filters of HDF5's own; others are plug-ins. */
static bool filters_known(const ama__pipeline *p) {
    for (int i = 0; i < p->n; i++) {
        ama__codec codec = p->step[i].codec;
        if (codec != AMA_CODEC_DEFLATE && codec != AMA_CODEC_SHUFFLE && codec != AMA_CODEC_FLETCHER32) return false;
    }
    return true;
}

int64_t ama__library_takes(const ama__collective *c, const ama__io_want *w) {
    const ama__store *s = c->part[w->part].store;
    int64_t n, bytes;
    if (w->v->ndim == 0 || ama__dtype_is_text(w->v->dtype)) return 0;
    if (s->driver == &ama__driver_hdf5) {
        if (strcmp(w->m->path, s->path) != 0 || !filters_known(&w->v->pipeline)) return 0;
        if (w->m->kind == AMA_MANIFEST_TABLE && w->m->table[w->chunk].filter_mask != 0) return 0;
    } else if (s->driver != &ama__driver_classic) {
        return 0;
    }
    if (!ama__shape_size(w->box.ndim, w->box.count, &n) ||
        __builtin_mul_overflow(n, (int64_t)ama__dtype_bytes(w->v->dtype), &bytes))
        return 0;
    return bytes;
}

/* Elements [at, …) of a box in C order, as many as make a box and are no more than `most`. */
static ama__box slab_at(const ama__box *box, int64_t at, int64_t most) {
    ama__box slab = *box;
    int64_t below = 1; /* elements of an index of axis d */
    int d = box->ndim - 1;
    for (; d > 0 && below * box->count[d] <= most; d--) below *= box->count[d];
    int64_t rows = at / below, some = most / below;
    for (int k = d; k >= 0; k--) {
        slab.start[k] = box->start[k] + rows % box->count[k];
        slab.count[k] = 1;
        rows /= box->count[k];
    }
    int64_t left = box->start[d] + box->count[d] - slab.start[d];
    slab.count[d] = left < some ? left : some;
    return slab;
}

ama__io_slab ama__library_next(ama__io_walk *w, int64_t part, int64_t most, const int64_t *shape) {
    ama__io_slab out = {0};
    while (w->at < w->n && w->want[w->at].part == part && !out.want) {
        const ama__io_want *want = &w->want[w->at];
        ama__box box = want->box;
        bool some = true;
        if (shape) {
            const ama__box whole = ama__box_whole(box.ndim, shape);
            some = ama__box_intersect(&want->box, &whole, &box);
        }
        int64_t n = some ? ama__box_size(&box) : 0;
        if (w->done < n) {
            out = (ama__io_slab){.want = want, .box = slab_at(&box, w->done, most < 1 ? 1 : most), .before = w->done};
            w->done += ama__box_size(&out.box);
        }
        if (w->done < n) continue;
        w->done = 0;
        w->at++;
    }
    return out;
}
