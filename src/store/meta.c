#include "store/meta.h"

#include <string.h>

int ama__meta_find_dim(const ama__meta *m, const char *name) {
    for (int i = 0; i < m->n_dims; i++)
        if (strcmp(m->dim[i].name, name) == 0) return i;
    return -1;
}

int ama__meta_find_var(const ama__meta *m, const char *name) {
    for (int i = 0; i < m->n_vars; i++)
        if (strcmp(m->var[i].name, name) == 0) return i;
    return -1;
}

const ama__attr *ama__attrs_find(const ama__attrs *a, const char *name) {
    for (int i = 0; i < a->n; i++)
        if (strcmp(a->a[i].name, name) == 0) return &a->a[i];
    return NULL;
}

const char *ama__attrs_text(const ama__attrs *a, const char *name) {
    const ama__attr *x = ama__attrs_find(a, name);
    return x && x->dtype == AMA_CHAR ? x->data : NULL;
}

bool ama__attrs_f8(const ama__attrs *a, const char *name, double *out) {
    const ama__attr *x = ama__attrs_find(a, name);
    if (!x || ama__dtype_is_text(x->dtype) || x->n < 1) return false;
    *out = ama__dtype_get_f8(x->dtype, x->data, 0);
    return true;
}

static ama_status too_long(ama__arena *arena, const char *name) {
    return ama__fail(ama__arena_ctx(arena), AMA_ERR_ARG, "attribute %s: impossible number of elements", name);
}

/* Copies n elements into the arena; text gets a NUL after its last byte, STRING elements are copied one by one. */
static ama_status copy_data(ama__arena *arena, const char *name, ama_dtype dtype, int64_t n, const void *src,
                            const void **out) {
    size_t bytes;
    *out = NULL;
    if (n < 0 || __builtin_mul_overflow((size_t)n, ama__dtype_bytes(dtype), &bytes) || bytes > SIZE_MAX / 2)
        return too_long(arena, name);
    char *p;
    AMA_NEW(arena, p, bytes + 8);
    if (dtype == AMA_STRING) {
        const char *const *from = src;
        char **to = (char **)p;
        for (int64_t i = 0; i < n; i++) AMA_KEEP(arena, to[i], ama__arena_strdup(arena, from[i] ? from[i] : ""));
    } else if (bytes) {
        memcpy(p, src, bytes);
    }
    *out = p;
    return AMA_OK;
}

ama_status ama__attrs_copy(ama__arena *arena, const ama__attrs *src, ama__attrs *out) {
    ama__attrs to = {.n = src->n};
    AMA_NEW(arena, to.a, src->n);
    for (int i = 0; i < src->n; i++) {
        const ama__attr *s = &src->a[i];
        to.a[i] = *s;
        AMA_KEEP(arena, to.a[i].name, ama__arena_strdup(arena, s->name));
        AMA_TRY(copy_data(arena, s->name, s->dtype, s->n, s->data, &to.a[i].data));
    }
    *out = to;
    return AMA_OK;
}

ama_status ama__attrs_set(ama__arena *arena, ama__attrs *a, const char *name, ama_dtype dtype, int64_t n,
                          const void *data) {
    ama__attr x = {.dtype = dtype, .n = n};
    AMA_TRY(copy_data(arena, name, dtype, n, data, &x.data));
    ama__attr *old = NULL;
    for (int i = 0; i < a->n && !old; i++)
        if (strcmp(a->a[i].name, name) == 0) old = &a->a[i];
    if (old) {
        x.name = old->name;
        *old = x;
        return AMA_OK;
    }
    AMA_KEEP(arena, x.name, ama__arena_strdup(arena, name));
    ama__attr *grown;
    AMA_NEW(arena, grown, a->n + 1);
    if (a->n) memcpy(grown, a->a, (size_t)a->n * sizeof *grown);
    grown[a->n] = x;
    a->a = grown;
    a->n++;
    return AMA_OK;
}

ama_status ama__attrs_set_text(ama__arena *arena, ama__attrs *a, const char *name, const char *text) {
    return ama__attrs_set(arena, a, name, AMA_CHAR, (int64_t)strlen(text), text);
}

void ama__attrs_remove(ama__attrs *a, const char *name) {
    for (int i = 0; i < a->n; i++) {
        if (strcmp(a->a[i].name, name) != 0) continue;
        memmove(&a->a[i], &a->a[i + 1], (size_t)(a->n - i - 1) * sizeof a->a[0]);
        a->n--;
        return;
    }
}
