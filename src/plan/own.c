#include "plan/own.h"

#include "plan/simulate.h"

static bool makes(const ama__consumer *c, const ama__node *reduce) {
    bool found = c->kind == AMA_CONSUME_REDUCE && c->n_passes == 0 && c->reduce == reduce;
    for (int t = 0; t < c->n_twins && !found; t++) found = c->twin[t] == reduce;
    return found;
}

/* The box of the result that a box of states of a group makes. */
static ama__box result_box(const ama__consumer *c, const ama__node *reduce, const ama__box *kept, int64_t group) {
    ama__box box = ama__box_whole(reduce->ndim, reduce->shape);
    for (int d = 0; d < c->node->ndim; d++) {
        int o = c->out_axis[d];
        if (o < 0) continue;
        bool labelled = d == c->spec.label_axis;
        box.start[o] = labelled ? group : kept->start[d] + c->out_start[d];
        box.count[o] = labelled ? 1 : kept->count[d];
    }
    return box;
}

static int64_t own_of_unit(const ama__stage *s, const ama__consumer *c, const ama__node *reduce, int64_t u,
                           const ama__box *box) {
    int64_t unit[AMA_MAX_DIMS], lo, hi, n_leaves, values = 0;
    bool labelled = c->spec.label_axis >= 0;
    ama__box mine, what;
    ama__stage_unit(s, u, unit);
    const ama__box whole = ama__stage_unit_box(s, unit);
    if (!ama__consumer_box(s, c, &whole, &mine)) return 0;
    const ama__box kept = ama__consumer_kept(c, &mine);
    ama__consumer_groups(c, unit, &lo, &hi);
    for (int64_t k = lo; k < hi; k++) {
        int64_t group = labelled ? c->groups.group[k] : 0;
        ama__consumer_leaf(s, c, unit, labelled ? c->groups.position[k] : 0, labelled ? c->groups.n_parts[group] : 1,
                           &n_leaves);
        const ama__box made = result_box(c, reduce, &kept, group);
        if (n_leaves == 1 && ama__box_intersect(&made, box, &what)) values += ama__box_size(&what);
    }
    return values;
}

int64_t ama__plan_own_values(const ama__plan *p, int n_stages, const ama__node *reduce, int rank, const ama__box *box) {
    int64_t values = 0;
    for (int k = 0; k < n_stages; k++) {
        const ama__stage *s = &p->stage[k];
        for (int i = 0; i < s->n_consumers; i++) {
            if (!makes(&s->consumer[i], reduce)) continue;
            for (int64_t u = s->rank_first[rank]; u < s->rank_first[rank + 1]; u++)
                values += own_of_unit(s, &s->consumer[i], reduce, u, box);
        }
    }
    return values;
}
