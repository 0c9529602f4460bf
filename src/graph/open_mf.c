/* open_mfdataset. Files with the same data variables are one group, in the order of their first label along the one dim
 * in whose labels they differ (combine="by_coords") or in that of the list ("nested"); groups are merged. Index
 * coordinates are read first, for the order hangs on them, then all else that is read at once. */
#include "graph/open_mf.h"

#include <inttypes.h>
#include <stdlib.h>

#include "graph/concat.h"

typedef struct series {
    ama__graph *g;
    const ama__open_args *args;
    int n;
    ama__file_view *file;
    int n_groups;
    ama__file_group *group;
    int *group_of; /* [n] */
    bool stack;    /* no file has the dim given: they are stacked along a new one */
} series;

/* ---- groups */

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The sorted names of the data variables, each ended by a newline: files with the same key go together. */
static ama_status key_of(ama__graph *g, const ama__file_view *f, const char **out) {
    const char **names;
    char *key;
    int n = 0;
    AMA_NEW(g->arena, names, f->n + 1);
    for (int i = 0; i < f->n; i++)
        if (!f->var[i].is_coord) names[n++] = f->var[i].name;
    qsort(names, (size_t)n, sizeof *names, by_name);
    size_t bytes = 1;
    for (int i = 0; i < n; i++) bytes += strlen(names[i]) + 1;
    AMA_NEW(g->arena, key, bytes);
    char *to = key;
    for (int i = 0; i < n; i++) {
        to = stpcpy(to, names[i]);
        *to++ = '\n';
    }
    *out = key;
    return AMA_OK;
}

typedef struct keyed {
    const char *key;
    int file;
} keyed;

static int by_key(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    int c = strcmp(x->key, y->key);
    return c ? c : (x->file > y->file) - (x->file < y->file);
}

static ama_status make_groups(series *s) {
    keyed *k;
    ama__file_view **file;
    bool nested = s->args->concat_dim != NULL;
    AMA_NEW(s->g->arena, k, s->n);
    AMA_NEW(s->g->arena, file, s->n);
    AMA_NEW(s->g->arena, s->group, s->n);
    AMA_NEW(s->g->arena, s->group_of, s->n);
    for (int i = 0; i < s->n; i++) {
        k[i] = (keyed){"", i};
        if (!nested) AMA_TRY(key_of(s->g, &s->file[i], &k[i].key));
    }
    qsort(k, (size_t)s->n, sizeof *k, by_key);
    for (int i = 0; i < s->n; i++) {
        if (i == 0 || strcmp(k[i].key, k[i - 1].key) != 0) s->group[s->n_groups++].file = &file[i];
        file[i] = &s->file[k[i].file];
        s->group[s->n_groups - 1].n++;
        s->group_of[k[i].file] = s->n_groups - 1;
    }
    return AMA_OK;
}

/* ---- times of several files */

static bool any_datetime64(const series *s, bool index) {
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->file[i].n; k++) {
            const ama__decoded *d = &s->file[i].var[k];
            if (d->kind == AMA_DECODE_TIME && d->values && d->axis.datetime64 && ama__decoded_is_index(d) == index)
                return true;
        }
    return false;
}

/* Where some files have datetime64 and others cftime, all become cftime. */
static ama_status unify_times(series *s, bool index) {
    const char *done = ""; /* mostly there is one such variable: all files are gone through once */
    if (!any_datetime64(s, index)) return AMA_OK;
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->file[i].n; k++) {
            ama__decoded *d = &s->file[i].var[k];
            if (d->kind != AMA_DECODE_TIME || !d->values || d->axis.datetime64 || ama__decoded_is_index(d) != index)
                continue;
            if (strcmp(d->name, done) == 0) continue;
            done = d->name;
            for (int j = 0; j < s->n; j++) {
                ama__decoded *e = ama__file_view_find(&s->file[j], d->name);
                if (e && e->kind == AMA_DECODE_TIME && e->values && e->axis.datetime64)
                    AMA_TRY(ama__decoded_load(s->g, &s->file[j], e, s->args, true, NULL));
            }
        }
    return AMA_OK;
}

/* ---- order along the dim */

static bool same_labels(const ama__decoded *a, const ama__decoded *b) {
    if (a->shape[0] != b->shape[0] || a->kind != b->kind) return false;
    if (a->kind == AMA_DECODE_TIME &&
        (a->axis.datetime64 != b->axis.datetime64 || (!a->axis.datetime64 && a->axis.calendar != b->axis.calendar)))
        return false;
    for (int64_t i = 0; i < a->shape[0]; i++)
        if (ama__decoded_compare(a, i, b, i) != 0) return false;
    return true;
}

static const char *path_of(const ama__file_view *f) {
    return f->store->path;
}

static ama_status check_calendars(series *s, const ama__file_group *group, const ama__decoded *d) {
    for (int i = 1; i < group->n && d->kind == AMA_DECODE_TIME && !d->axis.datetime64; i++) {
        const ama__decoded *e = ama__file_view_find(group->file[i], d->name);
        if (e && e->kind == AMA_DECODE_TIME && e->axis.calendar != d->axis.calendar)
            return ama__fail(s->g->ctx, AMA_ERR_MISMATCH, "%s has the %s calendar in %s and the %s calendar in %s",
                             d->name, ama__calendar_name(d->axis.calendar), path_of(group->file[0]),
                             ama__calendar_name(e->axis.calendar), path_of(group->file[i]));
    }
    return AMA_OK;
}

/* Goes through the index coordinates of the first file: those in which files differ are *n_varying dims. */
static ama_status find_varying(series *s, const ama__file_group *group, const char **dim, int *n_varying) {
    const ama__file_view *first = group->file[0];
    *n_varying = 0;
    for (int k = 0; k < first->n; k++) {
        const ama__decoded *d = &first->var[k];
        if (!ama__decoded_is_index(d)) continue;
        const ama__file_view *other = NULL;
        AMA_TRY(check_calendars(s, group, d));
        for (int i = 1; i < group->n && !other; i++) {
            const ama__decoded *e = ama__file_view_find(group->file[i], d->name);
            if (!e || !ama__decoded_is_index(e))
                return ama__fail(s->g->ctx, AMA_ERR_MISMATCH, "dim %s has labels in %s but not in %s", d->name,
                                 path_of(first), path_of(group->file[i]));
            if (!same_labels(d, e)) other = group->file[i];
        }
        if (!other || (s->args->concat_dim && strcmp(d->name, s->args->concat_dim) == 0)) continue;
        if (s->args->concat_dim || *n_varying == 1)
            return ama__fail(s->g->ctx, AMA_ERR_MISMATCH,
                             "the labels of dim %s in %s are not those in %s; files may differ along one dim%s%s only "
                             "(join=\"exact\")",
                             d->name, path_of(other), path_of(first), *n_varying ? ", here " : "",
                             *n_varying ? *dim : "");
        *dim = d->name;
        ++*n_varying;
    }
    return AMA_OK;
}

static int direction(const ama__decoded *d) {
    bool up = true, down = true;
    for (int64_t i = 1; i < d->shape[0]; i++) {
        int c = ama__decoded_compare(d, i - 1, d, i);
        up &= c <= 0;
        down &= c >= 0;
    }
    return up && down ? 2 : up ? 1 : down ? -1 : 0;
}

static ama_status find_direction(series *s, const ama__file_group *group, int *sign) {
    bool up = true, down = true;
    for (int i = 0; i < group->n; i++) {
        const ama__decoded *d = ama__file_view_find(group->file[i], group->dim);
        if (d->shape[0] == 0)
            return ama__fail(s->g->ctx, AMA_ERR_MISMATCH, "dim %s has no elements in %s", group->dim,
                             path_of(group->file[i]));
        int k = direction(d);
        up &= k >= 1;
        down &= k == -1 || k == 2;
    }
    if (!up && !down)
        return ama__fail(s->g->ctx, AMA_ERR_MISMATCH,
                         "coordinate %s is neither increasing in all files nor decreasing in all files: give the order "
                         "with combine=\"nested\", concat_dim=\"%s\"",
                         group->dim, group->dim);
    *sign = up ? 1 : -1;
    return AMA_OK;
}

typedef struct placed {
    ama__file_view *file;
    const ama__decoded *labels;
    int sign;
} placed;

/* By the first label, then as in the list (views lie in its order). */
static int by_first_label(const void *a, const void *b) {
    const placed *x = a, *y = b;
    int c = x->sign * ama__decoded_compare(x->labels, 0, y->labels, 0);
    return c ? c : (x->file > y->file) - (x->file < y->file);
}

static ama_status sort_files(ama__graph *g, ama__file_group *group, int sign) {
    placed *p;
    AMA_NEW(g->arena, p, group->n);
    for (int i = 0; i < group->n; i++)
        p[i] = (placed){group->file[i], ama__file_view_find(group->file[i], group->dim), sign};
    qsort(p, (size_t)group->n, sizeof *p, by_first_label);
    for (int i = 0; i < group->n; i++) group->file[i] = p[i].file;
    return AMA_OK;
}

static ama_status check_order(series *s, const ama__file_group *group, int sign) {
    for (int i = 1; i < group->n; i++) {
        const ama__decoded *d = ama__file_view_find(group->file[i - 1], group->dim);
        const ama__decoded *e = ama__file_view_find(group->file[i], group->dim);
        if (ama__decoded_compare(d, 0, e, 0) == 0)
            return ama__fail(s->g->ctx, AMA_ERR_MISMATCH, "%s and %s begin with the same label along dim %s",
                             path_of(group->file[i - 1]), path_of(group->file[i]), group->dim);
        if (sign * ama__decoded_compare(d, d->shape[0] - 1, e, 0) > 0)
            return ama__fail(s->g->ctx, AMA_ERR_MISMATCH,
                             "the files do not give a monotonic coordinate %s: %s reaches beyond the begin of %s",
                             group->dim, path_of(group->file[i - 1]), path_of(group->file[i]));
    }
    return AMA_OK;
}

static ama_status order_nested(series *s, ama__file_group *group) {
    const char *dim = s->args->concat_dim;
    bool found = false;
    for (int k = 0; k < group->file[0]->n; k++) found |= ama__decoded_axis(&group->file[0]->var[k], dim) >= 0;
    s->stack = !found;
    group->dim = found ? dim : NULL;
    return AMA_OK;
}

static ama_status order_group(series *s, ama__file_group *group) {
    const char *dim = NULL;
    int n_varying, sign = 1;
    if (group->n == 1 && !s->args->concat_dim) return AMA_OK;
    AMA_TRY(find_varying(s, group, &dim, &n_varying));
    if (s->args->concat_dim) return order_nested(s, group);
    if (n_varying == 0)
        return ama__fail(s->g->ctx, AMA_ERR_MISMATCH,
                         "%s and %s have the same labels along every dim: there is nothing to order the files by; give "
                         "the order with combine=\"nested\", concat_dim=…",
                         path_of(group->file[0]), path_of(group->file[1]));
    group->dim = dim;
    AMA_TRY(find_direction(s, group, &sign));
    AMA_TRY(sort_files(s->g, group, sign));
    return check_order(s, group, sign);
}

/* ---- the phases */

static bool want_index(void *user, int file, const ama__decoded *d) {
    (void)user, (void)file;
    return ama__decoded_is_index(d);
}

static bool want_rest(void *user, int file, const ama__decoded *d) {
    const series *s = user;
    const ama__file_group *group = &s->group[s->group_of[file]];
    if (ama__decoded_is_index(d)) return false;
    return s->stack || group->file[0] == &s->file[file] || (group->dim && ama__decoded_axis(d, group->dim) >= 0);
}

static ama_status check_args(ama__graph *g, const ama__open_args *args) {
    const char *combine = args->combine ? args->combine : "by_coords";
    bool nested = strcmp(combine, "nested") == 0;
    if (!nested && strcmp(combine, "by_coords") != 0)
        return ama__fail(g->ctx, AMA_ERR_ARG, "combine=\"%s\" is neither \"by_coords\" nor \"nested\"", combine);
    if (nested && !args->concat_dim)
        return ama__fail(g->ctx, AMA_ERR_ARG, "combine=\"nested\" needs concat_dim=, the dim along which the files go");
    if (!nested && args->concat_dim)
        return ama__fail(g->ctx, AMA_ERR_ARG, "concat_dim= goes with combine=\"nested\", not with \"by_coords\"");
    return AMA_OK;
}

static ama_status order_all(series *s) {
    AMA_TRY(unify_times(s, true));
    AMA_TRY(make_groups(s));
    for (int i = 0; i < s->n_groups; i++) AMA_TRY(order_group(s, &s->group[i]));
    return AMA_OK;
}

static ama_status build_stack(series *s, ama__dataset **out) {
    const ama__concat c = {.dim = s->args->concat_dim};
    const ama__object **in;
    ama__object *o, all;
    AMA_NEW(s->g->arena, in, s->n);
    AMA_NEW(s->g->arena, o, s->n);
    for (int i = 0; i < s->n; i++) {
        ama__file_group one = {1, &s->group[0].file[i], NULL};
        ama__dataset *ds;
        AMA_TRY(ama__group_dataset(s->g, &one, &ds));
        o[i] = ama__object_from_dataset(ds);
        in[i] = &o[i];
    }
    AMA_TRY(ama__graph_concat(s->g, s->n, in, &c, &all));
    AMA_KEEP(s->g->arena, *out, ama__arena_memdup(s->g->arena, &all.ds, sizeof all.ds));
    return AMA_OK;
}

static ama_status build_all(series *s, ama__dataset **out) {
    AMA_TRY(unify_times(s, false));
    if (s->stack) return build_stack(s, out);
    for (int i = 0; i < s->n_groups; i++) {
        ama__dataset *ds;
        AMA_TRY(ama__group_dataset(s->g, &s->group[i], &ds));
        if (i == 0)
            *out = ds;
        else
            AMA_TRY(ama__group_merge(s->g, *out, ds, path_of(s->group[i].file[0])));
    }
    if (!s->args->concat_dim) (*out)->n_unlimited = 0; /* xarray's merge forgets them */
    return AMA_OK;
}

ama_status ama__graph_open_mf(ama__graph *g, ama__comm *comm, int n, const char *const *paths,
                              const ama__open_args *args, ama__opened *stores, ama__dataset **out) {
    series s = {.g = g, .args = args, .n = n};
    if (n < 1) return ama__fail(g->ctx, AMA_ERR_NOTFOUND, "no files to open");
    AMA_TRY(check_args(g, args));
    AMA_TRY(ama__open_views(g, comm, n, paths, args, stores, &s.file));
    AMA_TRY(ama__open_load(g, comm, n, s.file, args, want_index, NULL));
    AMA_TRY(ama__comm_agree(comm, order_all(&s)));
    AMA_TRY(ama__open_load(g, comm, n, s.file, args, want_rest, &s));
    return ama__comm_agree(comm, build_all(&s, out));
}
