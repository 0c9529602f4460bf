/* Errors with places, names, agreement. */
#include "lang/interp.h"

#include <stdio.h>
#include <string.h>

ama_status ama__interp_fail(ama__interp *ip, ama__span at, ama_status status, const char *fmt, ...) {
    char message[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (at.begin < 0) return ama__fail(ip->ctx, status, "%s", message);
    return ama__diag_fail(ip->ctx, ip->source, at, status, "%s", message);
}

/* True when the text begins "name:line:" as lang/diag writes it. */
static bool has_place(const ama__interp *ip, const char *text) {
    size_t n = strlen(ip->source->name);
    if (strncmp(text, ip->source->name, n) != 0 || text[n] != ':') return false;
    return text[n + 1] >= '1' && text[n + 1] <= '9';
}

ama_status ama__interp_at(ama__interp *ip, ama__span at, ama_status status) {
    char message[1024];
    if (status == AMA_OK || at.begin < 0 || ip->heard || has_place(ip, ama__error_text(ip->ctx))) return status;
    if (ama__error_status(ip->ctx) == AMA_OK) return status;
    snprintf(message, sizeof message, "%s", ama__error_text(ip->ctx));
    ama__error_clear(ip->ctx);
    return ama__diag_fail(ip->ctx, ip->source, at, status, "%s", message);
}

ama_status ama__interp_type(ama__interp *ip, const ama__call *c, const ama__arg *a, const char *expected) {
    return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "%s() argument '%s' must be %s, not %s", c->method->name, a->name,
                            expected, ama__val_type(&a->v));
}

ama_status ama__interp_agree(ama__interp *ip) {
    ama_status status = ama__interp_common(ip, ama__comm_agree(ip->comm, AMA_OK));
    if (status != AMA_OK) ip->heard = true;
    return status;
}

ama_status ama__interp_common(ama__interp *ip, ama_status status) {
    if (status != AMA_OK) ip->agreed = true;
    return status;
}

int ama__interp_line(const ama__interp *ip, ama__span at) {
    int32_t line, column;
    ama__source_position(ip->source, at.begin, &line, &column);
    return line;
}

static int find_name(const ama__scope *s, const char *name) {
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->name[i], name) == 0) return i;
    return -1;
}

const ama__val *ama__scope_find(const ama__scope *s, const char *name) {
    for (; s; s = s->outer) {
        int i = find_name(s, name);
        if (i >= 0) return &s->val[i];
    }
    return NULL;
}

ama_status ama__scope_set(ama__interp *ip, ama__scope *s, const char *name, const ama__val *v) {
    int i = find_name(s, name);
    if (i < 0 && s->n == s->cap) {
        int cap = s->cap ? 2 * s->cap : 16;
        const char **names;
        ama__val *vals;
        AMA_NEW(ip->arena, names, cap);
        AMA_NEW(ip->arena, vals, cap);
        if (s->n) {
            memcpy(names, s->name, (size_t)s->n * sizeof *names);
            memcpy(vals, s->val, (size_t)s->n * sizeof *vals);
        }
        s->name = names;
        s->val = vals;
        s->cap = cap;
    }
    if (i < 0) {
        i = s->n++;
        s->name[i] = name;
    }
    s->val[i] = *v;
    return AMA_OK;
}

bool ama__scope_remove(ama__scope *s, const char *name) {
    int i = find_name(s, name);
    if (i < 0) return false;
    s->n--;
    s->name[i] = s->name[s->n];
    s->val[i] = s->val[s->n];
    return true;
}

void ama__handle_set(ama__handle *h, const ama__object *object) {
    h->object = *object;
}
