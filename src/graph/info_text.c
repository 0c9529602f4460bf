/* What `amasia info` says of a dataset. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph/repr.h"

static double raw_bytes(const ama__stored_var *v) {
    double n = (double)ama__dtype_bytes(v->dtype);
    for (int a = 0; a < v->ndim; a++) n *= (double)v->grid.shape[a];
    return n;
}

static void add_bytes(ama__text *t, double bytes) {
    char buf[32];
    ama__text_add(t, ama__text_bytes(buf, sizeof buf, bytes));
}

static void add_quoted(ama__text *t, const char *s, int64_t n) {
    ama__text_add(t, "\"");
    for (int64_t i = 0; i < n && s[i]; i++) {
        if (s[i] == '\n')
            ama__text_add(t, "\\n");
        else
            ama__text_addn(t, &s[i], 1);
    }
    ama__text_add(t, "\"");
}

static void add_attr(ama__text *t, const ama__attr *a) {
    char buf[40];
    ama__text_printf(t, "        %s = ", a->name);
    if (a->dtype == AMA_CHAR) {
        add_quoted(t, a->data, a->n);
    } else {
        for (int64_t i = 0; i < a->n; i++) {
            if (i) ama__text_add(t, ", ");
            if (a->dtype == AMA_STRING)
                add_quoted(t, ((char *const *)a->data)[i], INT64_MAX);
            else if (a->dtype == AMA_F4)
                ama__text_add(t, ama__text_f4(buf, sizeof buf, ((const float *)a->data)[i]));
            else if (a->dtype == AMA_F8)
                ama__text_add(t, ama__text_f8(buf, sizeof buf, ((const double *)a->data)[i]));
            else
                ama__text_printf(t, "%" PRId64, ama__dtype_get_i8(a->dtype, a->data, i));
        }
        ama__text_printf(t, "  (%s)", ama__dtype_name(a->dtype));
    }
    ama__text_add(t, "\n");
}

static void add_storage(ama__text *t, const ama__stored_var *v) {
    char codecs[128];
    ama__text_add(t, "        ");
    if (v->chunked) {
        ama__text_add(t, "chunks (");
        for (int a = 0; a < v->ndim; a++) ama__text_printf(t, "%s%" PRId64, a ? ", " : "", v->grid.chunk[a]);
        ama__text_printf(t, ")  %" PRId64 " of them, %s; ", v->grid.n_chunks,
                         ama__pipeline_print(&v->pipeline, codecs, sizeof codecs));
    } else {
        ama__text_add(t, "contiguous; ");
    }
    add_bytes(t, raw_bytes(v));
    if (v->stored_bytes >= 0) {
        ama__text_add(t, ", stored ");
        add_bytes(t, (double)v->stored_bytes);
    }
    ama__text_printf(t, "%s%s\n", v->swapped ? ", other byte order" : "", v->fortran ? ", column-major" : "");
}

static bool is_coordinate(const ama__meta *m, const ama__stored_var *v) {
    return v->ndim == 1 && strcmp(m->dim[v->dim[0]].name, v->name) == 0;
}

static void add_variables(ama__text *t, const ama__meta *m, bool coordinates) {
    bool any = false;
    for (int i = 0; i < m->n_vars; i++) {
        const ama__stored_var *v = &m->var[i];
        if (is_coordinate(m, v) != coordinates) continue;
        if (!any) ama__text_add(t, coordinates ? "coordinates:\n" : "variables:\n");
        any = true;
        ama__text_printf(t, "    %s (", v->name);
        for (int a = 0; a < v->ndim; a++) ama__text_printf(t, "%s%s", a ? ", " : "", m->dim[v->dim[a]].name);
        ama__text_printf(t, ") %s\n",
                         v->dtype == AMA_STRING ? "string"
                         : v->dtype == AMA_CHAR ? "char"
                                                : ama__dtype_name(v->dtype));
        add_storage(t, v);
        for (int k = 0; k < v->attrs.n; k++) add_attr(t, &v->attrs.a[k]);
    }
}

ama_status ama__info_text(ama_ctx *ctx, const ama__store *s, ama__text *t) {
    const ama__meta *m = &s->meta;
    double total = 0;
    for (int i = 0; i < m->n_vars; i++) total += raw_bytes(&m->var[i]);
    ama__text_printf(t, "%s: %s, ", s->path, m->format);
    add_bytes(t, total);
    ama__text_add(t, " of values\ndimensions:\n");
    for (int i = 0; i < m->n_dims; i++)
        ama__text_printf(t, "    %s = %" PRId64 "%s\n", m->dim[i].name, m->dim[i].size,
                         m->dim[i].unlimited ? "  (unlimited)" : "");
    add_variables(t, m, true);
    add_variables(t, m, false);
    if (m->n_groups) ama__text_add(t, "groups:\n");
    for (int i = 0; i < m->n_groups; i++) ama__text_printf(t, "    %s\n", m->group[i]);
    if (m->attrs.n) ama__text_add(t, "attributes:\n");
    for (int i = 0; i < m->attrs.n; i++) add_attr(t, &m->attrs.a[i]);
    return t->failed ? ama__error_status(ctx) : AMA_OK;
}
