/* Opening what is to be converted: nothing is decoded, so several files must have stored the same thing in the same
 * way. */
#include "base/text.h"
#include "graph/conversion.h"
#include "graph/differ.h"

/* Attributes that say what the stored numbers mean. */
static const char *const meaning[] = {"units",         "calendar",   "scale_factor", "add_offset",
                                      "missing_value", "_FillValue", "_Unsigned"};

static bool is_joined(const ama__variable *v, const ama__stored_var *stored) {
    if (ama__dtype_is_text(stored->dtype)) return false;
    if (stored->ndim != v->ndim) return true;
    for (int a = 0; a < v->ndim; a++)
        if (stored->grid.shape[a] != v->node->shape[a]) return true;
    return false;
}

static ama_status differ(ama__graph *g, const char *what, const char *name, const ama__store *a, const ama__store *b) {
    return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                     "variable %s: %s in %s is not that in %s, so the stored values cannot be joined as they are; a "
                     "script with open_mfdataset decodes them",
                     name, what, b->path, a->path);
}

/* Two files of a series. *times: units of times differ, which decoding brings together. */
static ama_status compare(ama__graph *g, const char *name, const ama__store *sa, const ama__stored_var *a,
                          const ama__store *sb, const ama__stored_var *b, bool *times) {
    if (a->dtype != b->dtype) return differ(g, "the type", name, sa, sb);
    const char *units = ama__attrs_text(&a->attrs, "units"), *other = ama__attrs_text(&b->attrs, "units");
    bool is_time = units && other && strstr(units, "since") && strstr(other, "since");
    for (size_t i = 0; i < sizeof meaning / sizeof *meaning; i++) {
        const ama__attr *x = ama__attrs_find(&a->attrs, meaning[i]), *y = ama__attrs_find(&b->attrs, meaning[i]);
        if (x && y ? ama__attr_equal(x, y) : !x && !y) continue;
        if (is_time && i < 2)
            *times = true;
        else
            return differ(g, meaning[i], name, sa, sb);
    }
    return AMA_OK;
}

/* ds is NULL when the files could not be joined: then only the units of times are looked at. */
static ama_status check_series(ama__graph *g, const ama__opened *stores, int first, const ama__dataset *ds,
                               bool *times) {
    for (int i = first; i < stores->n; i++) {
        const ama__store *s = stores->store[i];
        for (int k = 0; k < s->meta.n_vars; k++) {
            const ama__stored_var *v = &s->meta.var[k], *other = NULL;
            const ama__variable *joined = ds ? ama__dataset_find(ds, v->name) : NULL;
            int from = first;
            for (; from < i && !other; from++) {
                int n = ama__meta_find_var(&stores->store[from]->meta, v->name);
                if (n >= 0) other = &stores->store[from]->meta.var[n];
            }
            if (!other || (ds && (!joined || !is_joined(joined, v)))) continue;
            ama_status status = compare(g, v->name, stores->store[from - 1], other, s, v, times);
            if (ds) AMA_TRY(status);
        }
    }
    return AMA_OK;
}

/* Joining drops the unlimited dims: those of the first file. */
static ama_status keep_unlimited(ama__graph *g, const ama__store *s, ama__dataset *ds) {
    ds->n_unlimited = 0;
    AMA_NEW(g->arena, ds->unlimited, s->meta.n_dims + 1);
    for (int i = 0; i < s->meta.n_dims; i++)
        if (s->meta.dim[i].unlimited) ds->unlimited[ds->n_unlimited++] = s->meta.dim[i].name;
    return AMA_OK;
}

static void warn_of_groups(ama__graph *g, const ama__store *s, const char *group) {
    ama__text list;
    if (s->meta.n_groups == 0) return;
    ama__text_init(&list, g->ctx);
    for (int i = 0; i < s->meta.n_groups; i++) ama__text_printf(&list, "%s%s", i ? ", " : "", s->meta.group[i]);
    ama__warn(g->ctx, "%s: only %s%s is converted, not the groups in it: %s (--group converts one of them)", s->path,
              group ? "group " : "the root group", group ? group : "", ama__text_get(&list));
    ama__text_fini(&list);
}

ama_status ama__convert_open(ama__graph *g, ama__comm *comm, int n, const char *const *paths, const ama__open_args *how,
                             ama__opened *stores, ama__dataset **out, bool *reencode) {
    ama__open_args args = *how;
    int first = stores->n;
    args.keep_chars = true;
    args.mask_and_scale = args.decode_times = args.decode_coords = *reencode = false;
    args.combine = args.concat_dim ? "nested" : NULL;
    if (n == 1 && !args.concat_dim) {
        AMA_TRY(ama__graph_open(g, comm, paths[0], &args, stores, out));
        warn_of_groups(g, stores->store[first], args.group);
        return AMA_OK;
    }
    ama_status status = ama__graph_open_mf(g, comm, n, paths, &args, stores, out), looked;
    if (stores->n == first) return status; /* they did not open */
    looked = check_series(g, stores, first, status == AMA_OK ? *out : NULL, reencode);
    if (looked != AMA_OK) return ama__comm_agree(comm, looked);
    if (*reencode) {
        ama__error_clear(g->ctx);
        args.decode_times = true;
        first = stores->n;
        status = ama__graph_open_mf(g, comm, n, paths, &args, stores, out);
    }
    AMA_TRY(status);
    warn_of_groups(g, stores->store[first], args.group);
    return ama__comm_agree(comm, keep_unlimited(g, stores->store[first], *out));
}
