#include "api/predict.h"

#include <string.h>

static const ama__codec_speed *speed_of(const ama__rates *r, const ama__pipeline *p) {
    static const ama__codec_speed none = {0, 0, 1};
    char name[128];
    if (p->n == 0 || r->n == 0) return &none;
    ama__pipeline_print(p, name, sizeof name);
    for (int i = 0; i < r->n; i++)
        if (strcmp(r->codec[i].name, name) == 0) return &r->codec[i].speed;
    return &r->codec[r->n - 1].speed;
}

static bool stored_is_known(const ama__stage *s) {
    for (int i = 0; i < s->n_sources; i++) {
        const ama__source_part *p = &s->source[i]->u.source.part[0];
        if (p->store->manifest[p->var].kind == AMA_MANIFEST_FILES) return false;
    }
    return true;
}

/* Decoding costs what the stage's sources cost on average. */
static void add_reading(const ama__stage *s, const ama__rates *r, ama__prediction *out) {
    double decode_s = 0, ratio = 0;
    if (s->n_sources == 0) return;
    for (int i = 0; i < s->n_sources; i++) {
        const ama__source_part *p = &s->source[i]->u.source.part[0];
        const ama__codec_speed *speed = speed_of(r, &p->store->meta.var[p->var].pipeline);
        decode_s += speed->decode_s / s->n_sources;
        ratio += speed->ratio / s->n_sources;
    }
    double decoded = (double)s->decoded_bytes;
    double stored = stored_is_known(s) ? (double)s->stored_bytes : decoded * ratio;
    out->phase_s[AMA_PHASE_FETCH] += stored * r->read_s;
    out->phase_s[AMA_PHASE_DECODE] += decoded * decode_s;
}

static void add_output(const ama__plan *p, const ama__consumer *c, const ama__rates *r, ama__prediction *out) {
    double n = 1, bytes = (double)ama__dtype_bytes(c->node->dtype);
    if (c->kind != AMA_CONSUME_WRITE) return;
    for (int a = 0; a < c->node->ndim; a++) n *= (double)c->node->shape[a];
    const ama__stored_var *v = &p->sink[c->sink]->spec->meta.var[c->var];
    const ama__codec_speed *speed = speed_of(r, &v->pipeline);
    out->phase_s[AMA_PHASE_ENCODE] += n * bytes * speed->encode_s;
    out->phase_s[AMA_PHASE_WRITE] += n * bytes * (speed->ratio * r->write_s + r->copy_s);
}

void ama__predict(const ama__plan *plan, const ama__rates *rates, ama__prediction *out) {
    bool known = true;
    memset(out, 0, sizeof *out);
    for (int k = 0; k < plan->n_stages; k++) {
        const ama__stage *s = &plan->stage[k];
        out->chunks += s->chunks;
        out->stored_bytes += s->stored_bytes;
        out->decoded_bytes += s->decoded_bytes;
        out->output_bytes += s->write_bytes;
        out->sent_bytes += s->sent_bytes;
        known = known && stored_is_known(s);
        if (!rates) continue;
        add_reading(s, rates, out);
        out->phase_s[AMA_PHASE_EXCHANGE] += (double)s->sent_bytes * rates->send_s;
        out->phase_s[AMA_PHASE_EXCHANGE] += (double)s->n_exchanges * plan->options.nranks * rates->round_s;
        for (int i = 0; i < s->n_consumers; i++) add_output(plan, &s->consumer[i], rates, out);
    }
    for (int i = 0; rates && i < rates->works.n; i++) {
        const ama__work *w = &rates->works.at[i];
        ama__phase phase = w->sends ? AMA_PHASE_EXCHANGE : w->writes ? AMA_PHASE_WRITE : AMA_PHASE_COMPUTE;
        out->phase_s[phase] += w->amount * w->value_s;
    }
    if (!known) out->stored_bytes = -1;
    for (int p = 0; p < AMA_PHASE_N; p++) {
        out->cpu_s += out->phase_s[p];
        int threads = p == AMA_PHASE_EXCHANGE ? 1 : plan->options.threads;
        out->elapsed_s += out->phase_s[p] / (plan->options.nranks * threads);
        if (!rates) out->phase_s[p] = -1;
    }
    if (!rates) out->elapsed_s = out->cpu_s = -1;
}
