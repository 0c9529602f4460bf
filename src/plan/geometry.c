/* Geometry of stages: units, tiles and the parts of consumers in them. */
#include "plan/blocks.h"

int64_t ama__axismap_at(const ama__axismap *m, int64_t i) {
    return m->list ? m->list[i] : m->start + i * m->step;
}

int64_t ama__cuts_widest(const ama__cuts *c) {
    int64_t w = 1;
    for (int64_t i = 0; i < c->n; i++)
        if (c->cut[i + 1] - c->cut[i] > w) w = c->cut[i + 1] - c->cut[i];
    return w;
}

int64_t ama__cuts_find(const ama__cuts *c, int64_t x) {
    int64_t lo = 0, hi = c->n - 1;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo + 1) / 2;
        if (c->cut[mid] <= x)
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo;
}

/* First consumer index in [0, n) whose driver index is >= x (maps increase). */
static int64_t lower_bound(const ama__axismap *m, int64_t n, int64_t x) {
    int64_t lo = 0, hi = n;
    if (!m->list && m->step > 0) {
        int64_t i = x <= m->start ? 0 : (x - m->start + m->step - 1) / m->step;
        return i > n ? n : i;
    }
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (m->list[mid] < x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool decreases(const ama__axismap *m, int64_t n) {
    return m->list ? n > 1 && m->list[n - 1] < m->list[0] : m->step < 0;
}

/* First consumer index whose driver index in a decreasing list is < x. */
static int64_t first_below(const int64_t *list, int64_t n, int64_t x) {
    int64_t lo = 0, hi = n;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (list[mid] >= x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Consumer indices with driver index in [x0, x1) of a decreasing map: [first, last). */
static void decreasing_range(const ama__axismap *m, int64_t n, int64_t x0, int64_t x1, int64_t *first, int64_t *last) {
    if (m->list) {
        *first = first_below(m->list, n, x1);
        *last = first_below(m->list, n, x0);
        return;
    }
    ama__axismap mirror = {m->driver_axis, ama__axismap_at(m, n - 1), -m->step, NULL};
    *first = n - lower_bound(&mirror, n, x1);
    *last = n - lower_bound(&mirror, n, x0);
}

bool ama__consumer_box(const ama__stage *s, const ama__consumer *c, const ama__box *driver_box, ama__box *out) {
    out->ndim = c->node->ndim;
    for (int d = 0; d < s->ndim; d++)
        if (c->fixed[d] >= 0 &&
            (c->fixed[d] < driver_box->start[d] || c->fixed[d] >= driver_box->start[d] + driver_box->count[d]))
            return false;
    for (int a = 0; a < out->ndim; a++) {
        const ama__axismap *m = &c->map[a];
        int64_t n = c->node->shape[a], first = 0, last = n;
        if (n == 0) return false;
        if (m->driver_axis >= 0) {
            int64_t x0 = driver_box->start[m->driver_axis], x1 = x0 + driver_box->count[m->driver_axis];
            if (decreases(m, n)) {
                decreasing_range(m, n, x0, x1, &first, &last);
            } else {
                first = lower_bound(m, n, x0);
                last = lower_bound(m, n, x1);
            }
        }
        if (last <= first) return false;
        out->start[a] = first;
        out->count[a] = last - first;
    }
    return true;
}

void ama__stage_unit(const ama__stage *s, int64_t u, int64_t *index) {
    for (int k = s->ndim - 1; k >= 0; k--) {
        int d = s->order[k];
        int64_t n = s->unit_hi[d] - s->unit_lo[d];
        index[d] = s->unit_lo[d] + u % n;
        u /= n;
    }
}

ama__box ama__stage_unit_box(const ama__stage *s, const int64_t *index) {
    ama__box b = {.ndim = s->ndim};
    for (int d = 0; d < s->ndim; d++) {
        b.start[d] = s->units[d].cut[index[d]];
        b.count[d] = s->units[d].cut[index[d] + 1] - b.start[d];
    }
    return b;
}

static int64_t unit_number(const ama__stage *s, const int64_t *index) {
    int64_t u = 0;
    for (int k = 0; k < s->ndim; k++) {
        int d = s->order[k];
        u = u * (s->unit_hi[d] - s->unit_lo[d]) + index[d] - s->unit_lo[d];
    }
    return u;
}

static int rank_of(const ama__stage *s, int nranks, int64_t unit) {
    return (int)ama__cuts_find(&(ama__cuts){nranks, s->rank_first}, unit);
}

int ama__consumer_owner(const ama__stage *s, const ama__consumer *c, int nranks, const ama__box *box, int64_t turn,
                        bool *shared) {
    int64_t lo[AMA_MAX_DIMS], hi[AMA_MAX_DIMS];
    for (int d = 0; d < s->ndim; d++) {
        lo[d] = c->unit_lo[d];
        hi[d] = c->unit_hi[d] - 1;
    }
    for (int a = 0; a < box->ndim; a++) {
        const ama__axismap *m = &c->map[a];
        if (m->driver_axis < 0) continue;
        int64_t first = ama__cuts_find(&s->units[m->driver_axis], ama__axismap_at(m, box->start[a]));
        int64_t last = ama__cuts_find(&s->units[m->driver_axis], ama__axismap_at(m, box->start[a] + box->count[a] - 1));
        lo[m->driver_axis] = first < last ? first : last;
        hi[m->driver_axis] = first < last ? last : first;
    }
    int first = rank_of(s, nranks, unit_number(s, lo)), last = rank_of(s, nranks, unit_number(s, hi));
    *shared = last > first;
    return first + (int)(turn % (last - first + 1));
}

int64_t ama__stage_tile_end(const ama__stage *s, const ama__box *unit, int64_t start) {
    int64_t end = s->ndim > 0 ? unit->start[0] + unit->count[0] : 1;
    if (s->ndim <= 1) return end; /* rows of a 1-D reduction may not be cut */
    int64_t rows = s->tile_bytes / (s->row_bytes > 0 ? s->row_bytes : 1);
    if (start + rows >= end) return end;
    /* the last atom boundary within `rows`, but at least one atom */
    const ama__cuts *c = &s->atoms[0];
    int64_t lo = ama__cuts_find(c, start + rows);
    while (c->cut[lo] <= start) lo++;
    return c->cut[lo] < end ? c->cut[lo] : end;
}

int64_t ama__consumer_leaf(const ama__stage *s, const ama__consumer *c, const int64_t *unit, int64_t position,
                           int64_t n_parts, int64_t *n_leaves) {
    int64_t leaf = 0, n = 1;
    int label_driver = c->spec.label_axis >= 0 ? c->map[c->spec.label_axis].driver_axis : -1;
    for (int k = 0; k < s->ndim; k++) {
        int d = s->order[k];
        if (d == label_driver) {
            leaf = leaf * n_parts + position;
            n *= n_parts;
        } else if (c->leaf_pos[d]) {
            leaf = leaf * c->leaf_n[d] + c->leaf_pos[d][unit[d]];
            n *= c->leaf_n[d];
        }
    }
    *n_leaves = n;
    return leaf;
}
