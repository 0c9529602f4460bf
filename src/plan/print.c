/* The text of `amasia plan`. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plan/plan.h"

static void add_bytes(ama__text *t, const char *label, int64_t bytes) {
    char buf[32];
    ama__text_printf(t, "%s%s", label, ama__text_bytes(buf, sizeof buf, (double)bytes));
}

static void add_shape(ama__text *t, int ndim, const int64_t *shape) {
    ama__text_add(t, "(");
    for (int a = 0; a < ndim; a++) ama__text_printf(t, "%s%" PRId64, a ? ", " : "", shape[a]);
    ama__text_add(t, ")");
}

static void add_driver(ama__text *t, const ama__stage *s) {
    if (!s->driver) {
        ama__text_add(t, s->ndim ? "over results " : "small work");
        if (s->ndim) add_shape(t, s->ndim, s->shape);
        return;
    }
    if (s->driver->kind == AMA_NODE_CONCAT) {
        ama__text_printf(t, "over %d arrays ", s->driver->u.concat.n_in);
        add_shape(t, s->ndim, s->shape);
        return;
    }
    const ama__source_part *p = &s->driver->u.source.part[0];
    ama__text_printf(t, "over %s ", p->store->meta.var[p->var].name);
    add_shape(t, s->ndim, s->shape);
    if (s->driver->u.source.n_parts > 1)
        ama__text_printf(t, " of %d files", s->driver->u.source.n_parts);
    else
        ama__text_printf(t, " of %s", p->store->path);
}

/* In which way columns are made, of reductions that need them whole. */
static void add_way(ama__text *t, const ama__consumer *c) {
    if (c->n_passes > 0)
        ama__text_printf(t, ", counted: pass %d of %d", c->pass + 1, c->n_passes);
    else if (c->kind == AMA_CONSUME_REDUCE && ama__red_collects(c->spec.op))
        ama__text_add(t, ", collected");
}

static void add_panel(ama__text *t, const ama__consumer *c) {
    add_way(t, c);
    if (c->n_panels > 1) ama__text_printf(t, ", panel %" PRId64 " of %" PRId64, c->panel + 1, c->n_panels);
    ama__text_add(t, "\n");
}

static void add_reduction(ama__text *t, const ama__consumer *c, const ama__node *reduce) {
    ama__text_printf(t, "    %-6s ", ama__red_name(reduce->u.reduce.spec.op));
    if (c->spec.label_axis >= 0) ama__text_printf(t, "of %" PRId64 " groups ", c->spec.n_labels);
    add_shape(t, c->node->ndim, c->node->shape);
    ama__text_add(t, " -> ");
    add_shape(t, reduce->ndim, reduce->shape);
    ama__text_printf(t, " %s", ama__dtype_name(reduce->dtype));
    add_panel(t, c);
}

static void add_consumer(const ama__plan *p, ama__text *t, const ama__consumer *c) {
    if (c->kind == AMA_CONSUME_REDUCE) {
        add_reduction(t, c, c->reduce);
        for (int i = 0; i < c->n_twins; i++) add_reduction(t, c, c->twin[i]);
        return;
    }
    const ama__sink *sink = p->sink[c->sink];
    if (c->kind == AMA_CONSUME_GATHER) {
        ama__text_add(t, "    print  ");
    } else {
        ama__text_printf(t, "    write  %s: %s ", sink->spec->path, sink->spec->meta.var[c->var].name);
    }
    add_shape(t, c->node->ndim, c->node->shape);
    ama__text_printf(t, " %s", ama__dtype_name(c->node->dtype));
    add_panel(t, c);
}

static void add_stage(const ama__plan *p, ama__text *t, int k) {
    const ama__stage *s = &p->stage[k];
    ama__text_printf(t, "stage %d ", k + 1);
    add_driver(t, s);
    ama__text_add(t, "\n");
    for (int i = 0; i < s->n_consumers; i++) add_consumer(p, t, &s->consumer[i]);
    ama__text_printf(t, "    units  %" PRId64 " on %d rank%s, %" PRId64 " tile%s a rank at most", s->n_units,
                     p->options.nranks, p->options.nranks > 1 ? "s" : "", s->n_rounds, s->n_rounds == 1 ? "" : "s");
    add_bytes(t, " of ", s->tile_bytes);
    if (s->n_turns > 0)
        ama__text_printf(
            t, "\n    whole columns from the chunks of all ranks, in %" PRId64 " turn%s, each of which reads%s",
            s->n_turns, s->n_turns == 1 ? "" : "s", s->n_turns == 1 ? " them once" : " its chunks again");
    ama__text_printf(t, "\n    read   %" PRId64 " chunk%s", s->chunks, s->chunks == 1 ? "" : "s");
    if (s->stored_bytes > 0) add_bytes(t, ", ", s->stored_bytes);
    add_bytes(t, s->stored_bytes > 0 ? " stored, " : ", ", s->decoded_bytes);
    ama__text_add(t, " decoded");
    if (s->write_bytes > 0) add_bytes(t, "; write ", s->write_bytes);
    add_bytes(t, "\n    memory ", s->peak_bytes);
    add_bytes(t, " a rank: chunks ", s->fetch_bytes);
    if (s->ahead_bytes > 0) add_bytes(t, ", read ahead ", s->ahead_bytes);
    add_bytes(t, ", states ", s->state_bytes);
    add_bytes(t, ", results ", s->result_bytes + s->operand_bytes);
    add_bytes(t, ", scratch ", s->scratch_bytes);
    add_bytes(t, ", output ", s->output_bytes);
    ama__text_add(t, "\n");
}

static void add_memory(const ama__plan *p, ama__text *t) {
    add_bytes(t, "\npeak memory per rank: ", p->likely_bytes + p->base_bytes);
    add_bytes(t, " (", p->likely_bytes - p->held_bytes);
    add_bytes(t, " planned, ", p->held_bytes);
    add_bytes(t, " metadata, ", p->base_bytes);
    ama__text_add(t, " the program itself)");
    if (p->likely_bytes < p->peak_bytes) {
        add_bytes(t, " with what is in the page cache now, at most ", p->peak_bytes + p->base_bytes);
    }
    add_bytes(t, "; budget ", p->options.budget_bytes);
    ama__text_add(t, "\n");
}

void ama__plan_print(const ama__plan *p, ama__text *t) {
    int64_t decoded = 0, stored = 0, written = 0;
    for (int k = 0; k < p->n_stages; k++) {
        add_stage(p, t, k);
        decoded += p->stage[k].decoded_bytes;
        stored += p->stage[k].stored_bytes;
        written += p->stage[k].write_bytes;
    }
    ama__text_printf(t, "total: %d stage%s, %d rank%s of %d thread%s", p->n_stages, p->n_stages == 1 ? "" : "s",
                     p->options.nranks, p->options.nranks == 1 ? "" : "s", p->options.threads,
                     p->options.threads == 1 ? "" : "s");
    if (stored > 0) add_bytes(t, "; read ", stored);
    add_bytes(t, stored > 0 ? " stored, " : "; read ", decoded);
    add_bytes(t, " decoded; write ", written);
    add_memory(p, t);
}
