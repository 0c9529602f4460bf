#include "plan/plan.h"

ama__load ama__source_load(const ama__node *n, int part) {
    const ama__source_part *p = &n->u.source.part[part];
    const ama__unpack *u = &p->unpack;
    ama__load l = {.stored = u->stored,
                   .swapped = p->store->meta.var[p->var].swapped,
                   .decoded = u->dtype,
                   .dtype = n->dtype,
                   .n_missing = u->n_missing,
                   .has_scale = u->has_scale,
                   .has_offset = u->has_offset,
                   .scale = u->scale,
                   .offset = u->offset};
    for (int i = 0; i < u->n_missing; i++) {
        l.missing_f8[i] = u->missing_f8[i];
        l.missing_i8[i] = u->missing_i8[i];
    }
    /* inline data are native already */
    if (p->store->manifest[p->var].kind == AMA_MANIFEST_INLINE) l.swapped = false;
    return l;
}
