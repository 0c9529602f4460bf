/* Opening: the metadata of all files, the manifests of what is read at once, then those values on every rank. */
#include "graph/open.h"

#include "graph/open_private.h"

#define KINDS 8 /* of files, by their metadata, that are told apart */

/* ---- the stores that were opened */

void ama__opened_init(ama__opened *o, ama_ctx *ctx) {
    *o = (ama__opened){.ctx = ctx};
}

void ama__opened_close(ama__opened *o) {
    for (int i = o->n; i-- > 0;) ama__store_close(&o->store[i]);
    AMA_FREE(o->ctx, o->store);
    o->n = o->cap = 0;
}

/* Room for n more, so that taking them cannot fail. */
static ama_status reserve(ama__opened *o, int n) {
    if (o->n + n <= o->cap) return AMA_OK;
    int cap = 2 * o->cap > o->n + n ? 2 * o->cap : o->n + n;
    void *p = o->store;
    AMA_TRY(ama__mem_realloc(o->ctx, AMA_MEM_META, (size_t)cap * sizeof *o->store, &p));
    o->store = p;
    o->cap = cap;
    return AMA_OK;
}

/* ---- one or several files up to the views */

static ama_status count_eager(ama__graph *g, int n, const ama__file_view *f, ama__eager_fn *wanted, void *user,
                              int *n_out, ama__store_var **out) {
    int total = 0;
    for (int i = 0; i < n; i++) total += f[i].n;
    AMA_NEW(g->arena, *out, total + 1);
    *n_out = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < f[i].n; k++)
            if (f[i].var[k].kind != AMA_DECODE_LAZY && (!wanted || wanted(user, i, &f[i].var[k])))
                (*out)[(*n_out)++] = (ama__store_var){.store = f[i].store, .var = f[i].var[k].var};
    return AMA_OK;
}

static ama_status load_eager(ama__graph *g, int n, ama__file_view *f, const ama__open_args *args, ama__eager_fn *wanted,
                             void *user) {
    ama__fetcher *files;
    AMA_TRY(ama__fetcher_create(g->ctx, &files));
    ama_status status = AMA_OK;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < f[i].n && status == AMA_OK; k++)
            if (f[i].var[k].kind != AMA_DECODE_LAZY && (!wanted || wanted(user, i, &f[i].var[k])))
                status = ama__decoded_load(g, &f[i], &f[i].var[k], args, false, files);
    ama__fetcher_destroy(&files);
    return status;
}

ama_status ama__open_load(ama__graph *g, ama__comm *comm, int n, ama__file_view *f, const ama__open_args *args,
                          ama__eager_fn *wanted, void *user) {
    ama__store_var *v = NULL;
    void *values;
    int n_v = 0;
    AMA_TRY(ama__comm_agree(comm, count_eager(g, n, f, wanted, user, &n_v, &v)));
    AMA_TRY(ama__store_need_manifests(g->ctx, comm, n_v, v));
    AMA_TRY(ama__store_send_values(g->ctx, comm, n_v, v, &values));
    ama_status status = ama__comm_agree(comm, load_eager(g, n, f, args, wanted, user));
    ama__store_drop_values(g->ctx, n_v, v, &values);
    return status;
}

static ama_status make_views(ama__graph *g, int n, ama__store *const *stores, const ama__open_args *args,
                             ama__file_view **out) {
    int n_kinds = 0, kind[KINDS]; /* the first files of so many kinds */
    AMA_NEW(g->arena, *out, n + 1);
    for (int i = 0; i < n; i++) {
        bool shared = false;
        for (int k = 0; k < n_kinds && !shared; k++)
            AMA_TRY(ama__file_view_share(g, stores[i], &(*out)[kind[k]], &(*out)[i], &shared));
        if (shared) continue;
        AMA_TRY(ama__file_view_make(g, stores[i], args, &(*out)[i]));
        if (n_kinds < KINDS) kind[n_kinds++] = i;
    }
    return AMA_OK;
}

ama_status ama__open_views(ama__graph *g, ama__comm *comm, int n, const char *const *paths, const ama__open_args *args,
                           ama__opened *stores, ama__file_view **out) {
    ama__open_options o = {.group = args->group,
                           .allow_external = args->allow_external,
                           .index_cache = args->index_cache,
                           .max_openers = args->max_openers};
    AMA_TRY(ama__comm_agree(comm, reserve(stores, n)));
    AMA_TRY(ama__store_open_many(g->ctx, comm, n, paths, &o, stores->store + stores->n));
    ama__store **opened = stores->store + stores->n;
    stores->n += n;
    return ama__comm_agree(comm, make_views(g, n, opened, args, out));
}

/* ---- the dataset of one file */

static ama_status add_unlimited(ama__graph *g, const ama__meta *m, ama__dataset *ds) {
    AMA_NEW(g->arena, ds->unlimited, m->n_dims + 1);
    for (int i = 0; i < m->n_dims; i++)
        if (m->dim[i].unlimited) ds->unlimited[ds->n_unlimited++] = m->dim[i].name;
    return AMA_OK;
}

ama_status ama__open_frame(ama__graph *g, const ama__file_view *f, ama__dataset **out) {
    ama__dataset *ds;
    AMA_NEW(g->arena, ds, 1);
    AMA_NEW(g->arena, ds->var, f->n + 1);
    AMA_NEW(g->arena, ds->coord, f->n + 1);
    ds->attrs = f->attrs;
    *out = ds;
    return add_unlimited(g, &f->store->meta, ds);
}

void ama__open_add(ama__dataset *ds, const ama__decoded *d, ama__variable *v) {
    ama__named named = {.name = d->name, .var = v};
    if (d->is_coord)
        ds->coord[ds->n_coords++] = named;
    else
        ds->var[ds->n_vars++] = named;
}

static ama_status build(ama__graph *g, const ama__file_view *f, ama__dataset **out) {
    AMA_TRY(ama__open_frame(g, f, out));
    for (int i = 0; i < f->n; i++) {
        ama__variable *v;
        AMA_TRY(ama__decoded_variable(g, f, &f->var[i], &v));
        ama__open_add(*out, &f->var[i], v);
    }
    return AMA_OK;
}

ama_status ama__graph_open(ama__graph *g, ama__comm *comm, const char *path, const ama__open_args *args,
                           ama__opened *stores, ama__dataset **out) {
    ama__file_view *f = NULL;
    AMA_TRY(ama__open_views(g, comm, 1, &path, args, stores, &f));
    AMA_TRY(ama__open_load(g, comm, 1, f, args, NULL, NULL));
    return ama__comm_agree(comm, build(g, f, out));
}
