/* Short names for labelled operations, so that a case reads like its line of Python. NULL after an error, and through.
 */
#ifndef AMA_TESTS_GRAPH_SAY_H
#define AMA_TESTS_GRAPH_SAY_H

#include "graph_test.h"

#include "graph/arith.h"
#include "graph/dt.h"
#include "graph/group.h"
#include "graph/select.h"
#include "graph/weighted.h"

typedef const ama__object *obj;

#define SAY(...)                                                                                                       \
    ama__graph *g = &w->graph;                                                                                         \
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);                                                            \
    return (__VA_ARGS__) == AMA_OK ? o : NULL

static inline ama_status finish(world *w, obj x, ama__object *out) {
    if (!x) return ama__error_status(w->graph.ctx);
    *out = *x;
    return AMA_OK;
}

#define SAYS(NAME, ...)                                                                                                \
    static ama_status NAME(world *w, ama__object *out) {                                                               \
        return finish(w, __VA_ARGS__, out);                                                                            \
    }

static inline ama__operand A(obj x) {
    return ama__operand_object(x);
}
static inline ama__operand I(int64_t x) {
    return ama__operand_int(x);
}
static inline ama__operand D(double x) {
    return ama__operand_float(x);
}
static inline ama__operand T(const char *s) {
    return ama__operand_text(s);
}

static inline bool bad(ama__operand a) {
    return a.kind == AMA_OPERAND_OBJECT && !a.object;
}

static inline obj op2(world *w, ama__op op, ama__operand a, ama__operand b) {
    ama__operand in[2] = {a, b};
    if (bad(a) || bad(b)) return NULL;
    SAY(ama__object_map(g, op, 2, in, AMA_KEEP_DEFAULT, o));
}
static inline obj op1(world *w, ama__op op, obj a) {
    ama__operand in = {.kind = AMA_OPERAND_OBJECT, .object = a};
    if (!a) return NULL;
    SAY(ama__object_map(g, op, 1, &in, AMA_KEEP_DEFAULT, o));
}
static inline obj fn(world *w, const char *name, int n, ama__operand a, ama__operand b) {
    ama__operand in[2] = {a, b};
    if (bad(a) || (n > 1 && bad(b))) return NULL;
    SAY(ama__object_function(g, name, n, in, o));
}
static inline obj get(world *w, obj x, const char *name) {
    if (!x) return NULL;
    SAY(ama__object_get(g, NULL, x, name, o));
}
static inline obj at0(world *w, obj x, const char *dim, int64_t i) {
    ama__selector s = {.dim = dim, .kind = AMA_SELECT_SCALAR, .scalar = {.kind = AMA_LABEL_INT, .i8 = i}};
    if (!x) return NULL;
    SAY(ama__object_isel(g, x, 1, &s, NULL, o));
}
static inline obj cut(world *w, obj x, const char *dim, int64_t stop) {
    ama__selector s = {.dim = dim, .kind = AMA_SELECT_SLICE, .stop = {.kind = AMA_LABEL_INT, .i8 = stop}};
    if (!x) return NULL;
    SAY(ama__object_isel(g, x, 1, &s, NULL, o));
}
static inline obj as(world *w, obj x, ama_dtype t) {
    if (!x) return NULL;
    SAY(ama__object_astype(g, x, t, o));
}
/* Data variables of a Dataset by name; NULL ends the names. */
static inline obj pick(world *w, obj x, const char *a, const char *b, const char *c) {
    ama__graph *g = &w->graph;
    const char *names[] = {a, b, c};
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    *o = *x;
    o->ds.n_vars = 0;
    o->ds.var = NULL;
    for (int i = 0; i < 3 && names[i]; i++)
        OK(ama__named_set(g, &o->ds.n_vars, &o->ds.var, names[i], ama__named_find(x->ds.n_vars, x->ds.var, names[i])));
    const char *dim[8];
    int n = 0;
    for (int i = 0; i < o->ds.n_vars; i++)
        for (int k = 0; k < o->ds.var[i].var->ndim && n < 8; k++) dim[n++] = o->ds.var[i].var->dim[k];
    OK(ama__coords_fitting(g, x->ds.n_coords, x->ds.coord, n, dim, &o->ds.n_coords, &o->ds.coord));
    return o;
}
static inline obj without(world *w, obj x, const char *a, const char *b) {
    ama__graph *g = &w->graph;
    ama__object *o = ama__arena_alloc(g->arena, sizeof *o);
    OK(ama__object_copy(g, x, o));
    OK(ama__named_remove(g, &o->ds.n_coords, &o->ds.coord, a));
    if (b) OK(ama__named_remove(g, &o->ds.n_coords, &o->ds.coord, b));
    return o;
}

/* ---- reductions: dims as one text, blank separated; NULL: none given, "...": all */

static inline ama__dims dims(world *w, const char *text) {
    ama__graph *g = &w->graph;
    const char **name = ama__arena_alloc(g->arena, 4 * sizeof *name);
    if (!text) return (ama__dims){.kind = AMA_DIMS_NONE};
    if (strcmp(text, "...") == 0) return (ama__dims){.kind = AMA_DIMS_ELLIPSIS};
    char *copy = ama__arena_strdup(g->arena, text), *rest = NULL;
    ama__dims d = {.kind = AMA_DIMS_LIST, .name = name};
    for (char *s = strtok_r(copy, " ", &rest); s; s = strtok_r(NULL, " ", &rest)) name[d.n++] = s;
    return d;
}
static inline obj reduced(world *w, ama__red op, obj x, const char *d) {
    ama__reduction r = {.op = op, .dims = dims(w, d)};
    if (!x) return NULL;
    SAY(ama__object_reduce(g, x, &r, o));
}
static inline const ama__group *by(world *w, obj x, const char *name) {
    ama__group *group;
    return x && ama__group_by_name(&w->graph, x, name, NULL, &group) == AMA_OK ? group : NULL;
}
static inline const ama__group *by_array(world *w, obj x, obj key) {
    ama__group *group;
    return x && key && ama__group_by_array(&w->graph, x, key, NULL, &group) == AMA_OK ? group : NULL;
}
static inline const ama__group *resampled(world *w, obj x, const char *dim, const char *freq) {
    ama__group *group;
    ama__resample r = {.freq = freq};
    return x && ama__group_resample(&w->graph, x, dim, &r, &group) == AMA_OK ? group : NULL;
}
static inline obj grouped(world *w, ama__red op, const ama__group *group, const char *d) {
    ama__reduction r = {.op = op, .dims = dims(w, d)};
    if (!group) return NULL;
    SAY(ama__group_reduce(g, group, &r, o));
}
static inline obj group_op(world *w, ama__op op, const ama__group *group, ama__operand other, bool reversed) {
    if (!group || bad(other)) return NULL;
    SAY(ama__group_arith(g, group, op, &other, reversed, o));
}
static inline obj weighted(world *w, ama__weighted_op op, obj x, obj weights, const char *d, ama__skipna skipna) {
    ama__weighted it = {.object = x, .weights = weights};
    ama__weighted_reduction r = {.op = op, .dims = dims(w, d), .skipna = skipna};
    if (!x || !weights) return NULL;
    SAY(ama__weighted_reduce(g, &it, &r, o));
}

#endif
