#include "api/stats.h"

#include <jansson.h>
#include <stdio.h>

typedef struct actual { /* over all ranks */
    int64_t chunks, reads, readers, file_bytes, stored_bytes, decoded_bytes, sent_bytes, written_bytes, peak_bytes;
    double open_s, elapsed_s, cpu_s, run_cpu_s;                      /* open, elapsed: of the slowest rank; cpu: sum */
    double phase_s[AMA_PHASE_N], phase_most_s[AMA_PHASE_N], other_s; /* sum of threads; the rank with most */
} actual;

typedef struct report {
    ama_session *s;
    const ama__stats *x;
    bool timed; /* the machine could be measured */
    ama__rates rates;
    ama__prediction predicted;
    actual actual;
} report;

static double sum_s(ama__comm *comm, double s) {
    return 1e-9 * (double)ama__comm_sum(comm, (int64_t)(1e9 * s));
}

static void collect(report *r) {
    ama__comm *comm = r->s->comm;
    const ama__exec_stats *x = r->x->run;
    actual *a = &r->actual;
    a->open_s = ama__comm_max_f8(comm, r->x->open_s);
    if (!x) return;
    a->cpu_s = sum_s(comm, ama__process_cpu_s());
    a->run_cpu_s = sum_s(comm, x->cpu_s);
    a->chunks = ama__comm_sum(comm, x->fetched.n_chunks);
    a->reads = ama__comm_sum(comm, x->fetched.n_reads);
    a->readers = ama__comm_sum(comm, x->fetched.n_reads > 0);
    a->file_bytes = ama__comm_sum(comm, x->fetched.file_bytes);
    a->stored_bytes = ama__comm_sum(comm, x->fetched.stored_bytes);
    a->decoded_bytes = ama__comm_sum(comm, x->fetched.raw_bytes);
    a->written_bytes = ama__comm_sum(comm, x->written_bytes);
    a->sent_bytes = ama__comm_sum(comm, x->sent_bytes);
    a->peak_bytes = ama__comm_max(comm, (int64_t)x->peak_bytes);
    a->elapsed_s = ama__comm_max_f8(comm, x->elapsed_s);
    a->other_s = sum_s(comm, x->elapsed_s * r->x->plan->options.threads);
    for (int p = 0; p < AMA_PHASE_N; p++) {
        double mine = ama__phase_s(r->s->ctx, (ama__phase)p);
        a->phase_s[p] = sum_s(comm, mine);
        a->phase_most_s[p] = ama__comm_max_f8(comm, mine);
        a->other_s -= a->phase_s[p];
    }
}

/* ---- for people */

enum { CELL = 32 };

static const char *bytes_cell(char *cell, int64_t bytes) {
    return bytes < 0 ? "-" : ama__text_bytes(cell, CELL, (double)bytes);
}

static const char *time_cell(char *cell, double s) {
    if (s < 0) return "-";
    snprintf(cell, CELL, "%.3f s", s);
    return cell;
}

static void add_row(ama__text *t, const char *what, const char *predicted, const char *came) {
    ama__text_printf(t, "%-12s %14s %14s\n", what, predicted, came);
}

/* Stored bytes that came in; -1: libraries read, who do not tell. */
static int64_t stored_known(const report *r) {
    return r->x->plan->options.io == AMA_PATH_LIBRARY ? -1 : r->actual.stored_bytes;
}

/* How files were read together. */
static void add_path(const report *r, ama__text *t) {
    const actual *a = &r->actual;
    long long reads = (long long)a->reads, bytes = (long long)a->file_bytes;
    switch (r->x->plan->options.io) {
    case AMA_PATH_POSIX: break;
    case AMA_PATH_TWO_PHASE:
        ama__text_printf(t, "two-phase: %lld bytes wanted, %lld bytes read from files by %lld rank%s, %lld reads\n",
                         (long long)a->stored_bytes, bytes, (long long)a->readers, a->readers == 1 ? "" : "s", reads);
        break;
    case AMA_PATH_MPIIO:
        ama__text_printf(t,
                         "mpiio: %lld bytes wanted, %lld bytes asked for in %lld reads; what MPI-IO reads of the files "
                         "for them is not known\n",
                         (long long)a->stored_bytes, bytes, reads);
        break;
    case AMA_PATH_LIBRARY:
        ama__text_printf(t, "library: %lld reads; what PnetCDF and HDF5 read of the files is not known\n", reads);
        break;
    }
}

static void add_table(const report *r, ama__text *t) {
    const ama__prediction *p = &r->predicted;
    const actual *a = &r->actual;
    char x[CELL], y[CELL];
    add_row(t, "", "predicted", "actual");
    snprintf(x, sizeof x, "%lld", (long long)p->chunks);
    snprintf(y, sizeof y, "%lld", (long long)a->chunks);
    add_row(t, "chunks", x, y);
    add_row(t, "stored", bytes_cell(x, p->stored_bytes), bytes_cell(y, stored_known(r)));
    add_row(t, "decoded", bytes_cell(x, p->decoded_bytes), bytes_cell(y, a->decoded_bytes));
    add_row(t, "sent", bytes_cell(x, p->sent_bytes), bytes_cell(y, a->sent_bytes));
    add_row(t, "written", "-", bytes_cell(y, a->written_bytes));
    add_row(t, "peak a rank", bytes_cell(x, r->x->plan->likely_bytes), bytes_cell(y, a->peak_bytes));
    add_row(t, "open", "-", time_cell(y, a->open_s));
    for (int i = 0; i < AMA_PHASE_N; i++)
        add_row(t, ama__phase_name((ama__phase)i), time_cell(x, p->phase_s[i]), time_cell(y, a->phase_s[i]));
    add_row(t, "other", "-", time_cell(y, a->other_s));
    add_row(t, "cpu", time_cell(x, p->cpu_s), time_cell(y, a->run_cpu_s));
    add_row(t, "elapsed", time_cell(x, p->elapsed_s), time_cell(y, a->elapsed_s));
    add_path(r, t);
    if (r->x->plan->likely_bytes < r->x->plan->peak_bytes)
        ama__text_printf(t, "peak a rank: predicted from what was in the page cache, at most %s\n",
                         bytes_cell(x, r->x->plan->peak_bytes));
    ama__text_printf(t,
                     "(phases: seconds of all threads together; open, elapsed: wall; predicted from %.0f ms of "
                     "calibration, input in the page cache)\n",
                     1e3 * r->rates.took_s);
}

/* What a plan says of time. */
static void add_forecast(const report *r, ama__text *t) {
    if (!r->timed) return;
    ama__text_printf(t, "predicted time %.2f s, input in the page cache (thread seconds:", r->predicted.elapsed_s);
    for (int i = 0; i < AMA_PHASE_N; i++)
        if (i != AMA_PHASE_EXCHANGE || r->x->plan->options.nranks > 1)
            ama__text_printf(t, " %s %.3f", ama__phase_name((ama__phase)i), r->predicted.phase_s[i]);
    ama__text_printf(t, "), from %.0f ms of calibration\n", 1e3 * r->rates.took_s);
}

/* ---- as JSON; what memory jansson does not get leaves a NULL, which json_dump refuses */

static json_t *known_int(int64_t x) {
    return x < 0 ? json_null() : json_integer(x);
}

static json_t *known_s(double x) {
    return x < 0 ? json_null() : json_real(x);
}

static json_t *phases(const double *s, double other) {
    json_t *o = json_object();
    for (int i = 0; i < AMA_PHASE_N; i++) json_object_set_new(o, ama__phase_name((ama__phase)i), known_s(s[i]));
    if (other >= 0) json_object_set_new(o, "other", json_real(other));
    return o;
}

static json_t *predicted_json(const report *r) {
    const ama__prediction *p = &r->predicted;
    const ama__plan *plan = r->x->plan;
    json_t *o = json_object();
    json_object_set_new(o, "chunks", json_integer(p->chunks));
    json_object_set_new(o, "stored_bytes", known_int(p->stored_bytes));
    json_object_set_new(o, "decoded_bytes", json_integer(p->decoded_bytes));
    json_object_set_new(o, "sent_bytes", json_integer(p->sent_bytes));
    json_object_set_new(o, "output_bytes", json_integer(p->output_bytes));
    json_object_set_new(o, "peak_bytes", json_integer(plan->likely_bytes));
    json_object_set_new(o, "process_bytes", json_integer(plan->likely_bytes + plan->base_bytes));
    json_object_set_new(o, "peak_most_bytes", json_integer(plan->peak_bytes));
    json_object_set_new(o, "process_most_bytes", json_integer(plan->peak_bytes + plan->base_bytes));
    json_object_set_new(o, "elapsed_s", known_s(p->elapsed_s));
    json_object_set_new(o, "cpu_s", known_s(p->cpu_s));
    json_object_set_new(o, "phase_s", phases(p->phase_s, -1));
    return o;
}

static json_t *actual_json(const report *r) {
    const actual *a = &r->actual;
    json_t *o = json_object();
    json_object_set_new(o, "chunks", json_integer(a->chunks));
    json_object_set_new(o, "reads", json_integer(a->reads));
    json_object_set_new(o, "stored_bytes", known_int(stored_known(r)));
    json_object_set_new(o, "decoded_bytes", json_integer(a->decoded_bytes));
    json_object_set_new(o, "sent_bytes", json_integer(a->sent_bytes));
    json_object_set_new(o, "written_bytes", json_integer(a->written_bytes));
    json_object_set_new(o, "peak_bytes", json_integer(a->peak_bytes));
    json_object_set_new(o, "open_s", json_real(a->open_s));
    json_object_set_new(o, "elapsed_s", json_real(a->elapsed_s));
    json_object_set_new(o, "cpu_s", json_real(a->cpu_s));
    json_object_set_new(o, "run_cpu_s", json_real(a->run_cpu_s));
    json_object_set_new(o, "phase_s", phases(a->phase_s, a->other_s > 0 ? a->other_s : 0));
    json_object_set_new(o, "phase_most_s", phases(a->phase_most_s, -1));
    return o;
}

static json_t *calibration_json(const ama__rates *r) {
    json_t *o = json_object(), *codecs = json_array(), *loops = json_array();
    json_object_set_new(o, "took_s", json_real(r->took_s));
    json_object_set_new(o, "read_s_per_byte", json_real(r->read_s));
    json_object_set_new(o, "write_s_per_byte", json_real(r->write_s));
    json_object_set_new(o, "copy_s_per_byte", json_real(r->copy_s));
    json_object_set_new(o, "send_s_per_byte", json_real(r->send_s));
    json_object_set_new(o, "round_s", json_real(r->round_s));
    for (int i = 0; i < r->n; i++) {
        json_t *c = json_object();
        json_object_set_new(c, "pipeline", json_string(r->codec[i].name));
        json_object_set_new(c, "decode_s_per_byte", json_real(r->codec[i].speed.decode_s));
        json_object_set_new(c, "encode_s_per_byte", json_real(r->codec[i].speed.encode_s));
        json_object_set_new(c, "encoded_per_raw", json_real(r->codec[i].speed.ratio));
        json_array_append_new(codecs, c);
    }
    json_object_set_new(o, "codecs", codecs);
    for (int i = 0; i < r->works.n; i++) {
        json_t *w = json_object();
        json_object_set_new(w, "loop", json_string(ama__work_name(r->works.at[i].kind)));
        json_object_set_new(w, "values", json_real(r->works.at[i].amount));
        json_object_set_new(w, "s_per_value", json_real(r->works.at[i].value_s));
        json_array_append_new(loops, w);
    }
    json_object_set_new(o, "loops", loops);
    return o;
}

static int add_text(const char *text, size_t n, void *user) {
    ama__text_addn(user, text, n);
    return 0;
}

static ama_status write_json(const report *r, ama__stats_file *file) {
    const ama__plan_options *p = &r->x->plan->options;
    ama__text t;
    json_t *o = json_object();
    ama__text_init(&t, r->s->ctx);
    json_object_set_new(o, "version", json_string(AMA_VERSION));
    json_object_set_new(o, "ranks", json_integer(p->nranks));
    json_object_set_new(o, "threads", json_integer(p->threads));
    json_object_set_new(o, "budget_bytes", json_integer(p->budget_bytes));
    json_object_set_new(o, "predicted", predicted_json(r));
    json_object_set_new(o, "calibration", r->timed ? calibration_json(&r->rates) : json_null());
    json_object_set_new(o, "actual", r->x->run ? actual_json(r) : json_null());
    bool failed = json_dump_callback(o, add_text, &t, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0;
    json_decref(o);
    ama__text_add(&t, "\n");
    ama_status status = AMA_OK;
    if (failed || t.failed)
        status = ama__fail(r->s->ctx, AMA_ERR_NOMEM, "no memory for the text of --stats-json");
    else
        status = ama__stats_write(r->s, file, ama__text_get(&t));
    ama__text_fini(&t);
    return status;
}

static ama_status show_text(const report *r) {
    ama__text t;
    ama__text_init(&t, r->s->ctx);
    if (r->x->run)
        add_table(r, &t);
    else
        add_forecast(r, &t);
    ama_status status = t.failed ? ama__error_status(r->s->ctx) : AMA_OK;
    if (status == AMA_OK) ama__session_say(r->s, AMA_TEXT_OUTPUT, ama__text_get(&t));
    ama__text_fini(&t);
    return status;
}

ama_status ama__stats_show(ama_session *s, const ama__stats *x, bool table, ama__stats_file *json) {
    report r = {.s = s, .x = x};
    ama_status status = AMA_OK;
    collect(&r);
    r.timed = ama__calibrate(s->ctx, s->comm, x->plan, &r.rates) == AMA_OK;
    if (!r.timed) ama__error_clear(s->ctx); /* a prediction without times is still true */
    ama__predict(x->plan, r.timed ? &r.rates : NULL, &r.predicted);
    if (ama__comm_rank(s->comm) == 0) {
        if (table) status = show_text(&r);
        if (status == AMA_OK && json) status = write_json(&r, json);
    }
    return ama__comm_agree(s->comm, status);
}
