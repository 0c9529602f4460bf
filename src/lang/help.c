/* What scripts may call, from the table of methods. */
#include <string.h>

#include "lang/interp.h"

#define LINE_CHARS 96

static void add_signature(ama__text *out, const ama__method *m) {
    if (m->on != AMA_ON_BUILTINS) ama__text_printf(out, "%s.", ama__receiver_name(m->on));
    if (m->signature)
        ama__text_printf(out, "%s(%s)\n", m->name, m->signature);
    else
        ama__text_printf(out, "%s\n", m->name);
}

/* Names of one receiver, several on a line; methods with (). */
static void add_names(ama__text *out, ama__receiver on) {
    int n;
    const ama__method *table = ama__method_table(&n);
    size_t column = 0;
    for (int i = 0; i < n; i++) {
        if (table[i].on != on) continue;
        size_t width = strlen(table[i].name) + (table[i].signature ? 2 : 0);
        if (column == 0 || column + 1 + width > LINE_CHARS) {
            ama__text_add(out, column ? "\n   " : "   ");
            column = 3;
        }
        ama__text_printf(out, " %s%s", table[i].name, table[i].signature ? "()" : "");
        column += 1 + width;
    }
    ama__text_add(out, "\n");
}

static void add_overview(ama__text *out) {
    for (int r = 0; r < AMA_ON_N; r++) {
        if (r == AMA_ON_OTHER || r == AMA_ON_PANDAS || r == AMA_ON_DT || r == AMA_ON_OS) continue;
        ama__text_printf(out, "%s:\n", ama__receiver_name((ama__receiver)r));
        add_names(out, (ama__receiver)r);
    }
    ama__text_add(out, "\nname() is called, name alone is a property. 'amasia help NAME' shows arguments.\n");
}

static ama_status fail_topic(ama_ctx *ctx, const char *topic) {
    const char *names[1024];
    int n, n_names = 0;
    const ama__method *table = ama__method_table(&n);
    for (int i = 0; i < n && n_names < 900; i++) names[n_names++] = table[i].name;
    for (int r = 0; r < AMA_ON_N; r++) names[n_names++] = ama__receiver_name((ama__receiver)r);
    const char *nearest = ama__text_nearest(topic, names, n_names);
    for (int r = 0; r < AMA_ON_N; r++)
        if (ama__method_known((ama__receiver)r, topic))
            return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "%s.%s is not supported yet",
                             ama__receiver_name((ama__receiver)r), topic);
    return ama__fail(ctx, AMA_ERR_NOTFOUND, "no help on '%s'%s%s%s", topic, nearest ? "; did you mean '" : "",
                     nearest ? nearest : "", nearest ? "'?" : "");
}

ama_status ama__script_help(ama_ctx *ctx, const char *topic, ama__text *out) {
    int n, found = 0;
    const ama__method *table = ama__method_table(&n);
    if (!topic) {
        add_overview(out);
        return out->failed ? ama__error_status(ctx) : AMA_OK;
    }
    const char *dot = strrchr(topic, '.');
    for (int i = 0; i < n; i++) {
        const char *owner = ama__receiver_name(table[i].on);
        bool name = strcmp(table[i].name, topic) == 0;
        bool full = dot && strcmp(table[i].name, dot + 1) == 0 && strncmp(owner, topic, (size_t)(dot - topic)) == 0;
        if (!name && !full && strcmp(owner, topic) != 0) continue;
        add_signature(out, &table[i]);
        found++;
    }
    if (!found) return fail_topic(ctx, topic);
    return out->failed ? ama__error_status(ctx) : AMA_OK;
}
