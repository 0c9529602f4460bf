/* xr.open_dataset, open_mfdataset, open_zarr, glob. */
#include <glob.h>
#include <string.h>

#include "lang/builders.h"

/* ---- paths */

/* Rank 0 looks; what it found goes to all as NUL-terminated texts one after the other. */
static ama_status look(ama__interp *ip, const char *pattern, void **buf, size_t *bytes) {
    glob_t g = {0};
    ama__text text;
    int code = glob(pattern, 0, NULL, &g);
    if (code != 0 && code != GLOB_NOMATCH) {
        globfree(&g);
        return ama__fail(ip->ctx, code == GLOB_NOSPACE ? AMA_ERR_NOMEM : AMA_ERR_IO, "cannot list files that match %s",
                         pattern);
    }
    ama__text_init(&text, ip->ctx);
    for (size_t i = 0; i < g.gl_pathc; i++) ama__text_addn(&text, g.gl_pathv[i], strlen(g.gl_pathv[i]) + 1);
    globfree(&g);
    *bytes = text.n;
    ama_status status = text.failed ? ama__error_status(ip->ctx) : ama__mem_alloc(ip->ctx, AMA_MEM_META, text.n, buf);
    if (status == AMA_OK && text.n) memcpy(*buf, text.s, text.n);
    ama__text_fini(&text);
    return status;
}

static ama_status split_texts(ama__interp *ip, const char *buf, size_t bytes, int *n, const char ***out) {
    *n = 0;
    for (size_t i = 0; i < bytes; i++) *n += buf[i] == '\0';
    AMA_NEW(ip->arena, *out, *n);
    for (int i = 0; i < *n; i++) {
        AMA_KEEP(ip->arena, (*out)[i], ama__arena_strdup(ip->arena, buf));
        buf += strlen(buf) + 1;
    }
    return AMA_OK;
}

ama_status ama__open_glob(ama__interp *ip, const char *pattern, int *n, const char ***out) {
    void *buf = NULL;
    size_t bytes = 0;
    ama_status status = AMA_OK;
    if (ama__comm_rank(ip->comm) == 0) status = look(ip, pattern, &buf, &bytes);
    status = ama__interp_common(ip, ama__comm_agree(ip->comm, status));
    if (status == AMA_OK) status = ama__interp_common(ip, ama__comm_bcast_buffer(ip->comm, &buf, &bytes, 0));
    if (status == AMA_OK) status = split_texts(ip, buf, bytes, n, out);
    ama__mem_free(ip->ctx, buf);
    return status;
}

static bool has_magic(const char *path) {
    return strpbrk(path, "*?[") != NULL;
}

static bool is_remote(const char *path) {
    return strstr(path, "://") != NULL;
}

/* A path this script writes cannot be read in the same script: it does not exist yet, or is an old one. */
static ama_status check_path(ama__interp *ip, const char *path, ama__span at) {
    if (is_remote(path))
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "%s: only files of the file system can be opened", path);
    const ama__output *output = ama__sink_find(ip, path);
    if (output)
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED,
                                "%s is written by this script (line %d), after everything was read; use the variable "
                                "that was written instead",
                                path, output->line);
    return AMA_OK;
}

/* ---- options of all open functions */

static const char *const refused[] = {"synchronizer",
                                      "chunk_store",
                                      "storage_options",
                                      "zarr_version",
                                      "backend_kwargs",
                                      "chunked_array_type",
                                      "from_array_kwargs",
                                      "preprocess",
                                      "attrs_file",
                                      "use_zarr_fill_value_as_mask",
                                      NULL};

static ama_status read_flag(ama__interp *ip, ama__call *c, const char *name, bool *out) {
    return ama__arg_bool(ip, c, ama__call_arg(c, name), out);
}

static ama_status read_engine(ama__interp *ip, ama__call *c) {
    static const char *const engines[] = {"netcdf4", "h5netcdf", "scipy", "zarr", "pnetcdf"};
    const ama__arg *a = ama__call_arg(c, "engine");
    const char *name;
    AMA_TRY(ama__arg_text(ip, c, a, &name));
    for (size_t i = 0; name && i < sizeof engines / sizeof engines[0]; i++)
        if (strcmp(name, engines[i]) == 0) name = NULL;
    if (!name) return AMA_OK;
    return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED,
                            "engine '%s' is not supported; the format is found by itself: leave engine= out", name);
}

/* decode_coords=True, False, "coordinates"; "all" moves more attributes than Amasia knows. */
static ama_status read_decode_coords(ama__interp *ip, ama__call *c, bool *out) {
    const ama__arg *a = ama__call_arg(c, "decode_coords");
    if (a->v.kind != AMA_VAL_STR) return ama__arg_bool(ip, c, a, out);
    if (strcmp(a->v.u.s, "coordinates") == 0) return AMA_OK;
    return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED, "decode_coords=\"%s\" is not supported; True and False are",
                            a->v.u.s);
}

static ama_status read_options(ama__interp *ip, ama__call *c, ama__open_args *o) {
    const ama__arg *cftime = ama__call_arg(c, "use_cftime"), *delta = ama__call_arg(c, "decode_timedelta");
    const ama__arg *format = ama__call_arg(c, "zarr_format");
    const char **drop;
    bool use = false, indexes = true;
    *o = AMA_OPEN_ARGS_INIT;
    o->allow_external = ip->options->allow_external;
    o->index_cache = ip->options->index_cache;
    o->max_openers = ip->options->max_openers;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(read_engine(ip, c));
    AMA_TRY(read_flag(ip, c, "decode_cf", &o->decode_cf));
    AMA_TRY(read_flag(ip, c, "decode_times", &o->decode_times));
    AMA_TRY(read_flag(ip, c, "mask_and_scale", &o->mask_and_scale));
    AMA_TRY(read_flag(ip, c, "concat_characters", &o->concat_characters));
    AMA_TRY(read_flag(ip, c, "create_default_indexes", &indexes));
    AMA_TRY(read_decode_coords(ip, c, &o->decode_coords));
    AMA_TRY(ama__arg_text(ip, c, ama__call_arg(c, "group"), &o->group));
    AMA_TRY(ama__arg_names(ip, c, ama__call_arg(c, "drop_variables"), &o->n_drop, &drop));
    if (o->n_drop < 0) o->n_drop = 0;
    o->drop = drop;
    if (cftime->given && cftime->v.kind != AMA_VAL_NONE) {
        AMA_TRY(ama__arg_bool(ip, c, cftime, &use));
        o->use_cftime = use ? AMA_TRUE : AMA_FALSE;
    }
    if (!indexes)
        return ama__interp_fail(ip, ama__call_arg(c, "create_default_indexes")->at, AMA_ERR_UNSUPPORTED,
                                "create_default_indexes=False is not supported");
    if (delta->v.kind == AMA_VAL_BOOL && delta->v.u.b)
        return ama__interp_fail(ip, delta->at, AMA_ERR_UNSUPPORTED, "decode_timedelta=True is not supported");
    if (format->v.kind == AMA_VAL_INT && format->v.u.i != 2)
        return ama__interp_fail(ip, format->at, AMA_ERR_UNSUPPORTED, "zarr_format=%lld is not supported; 2 is",
                                (long long)format->v.u.i);
    return AMA_OK;
}

/* ---- one dataset */

static ama_status open_one(ama__interp *ip, const char *path, const ama__open_args *o, ama__span at, ama__val *out) {
    ama__dataset *ds;
    AMA_TRY(check_path(ip, path, at));
    AMA_TRY(ama__interp_agree(ip));
    AMA_AT(ip, at, ama__interp_common(ip, ama__graph_open(ip->g, ip->comm, path, o, &ip->script->stores, &ds)));
    ama__object object = ama__object_from_dataset(ds);
    return ama__val_object(ip->arena, AMA_VAL_DATASET, &object, out);
}

static ama_status only_variable(ama__interp *ip, ama__call *c, ama__val *v) {
    const ama__dataset *ds = &v->u.handle->object.ds;
    if (ds->n_vars != 1)
        return ama__interp_fail(ip, c->blame, AMA_ERR_ARG,
                                "open_dataarray needs a file with one data variable; this one has %d: use open_dataset",
                                ds->n_vars);
    return ama__make_lookup(ip, v->u.handle, ds->var[0].name, c->blame, v);
}

ama_status ama__build_open_dataset(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *a = &c->arg[0];
    ama__open_args o;
    const char *path;
    int first = ip->script->stores.n;
    AMA_TRY(ama__arg_text(ip, c, a, &path));
    if (!path) return ama__interp_type(ip, c, a, "a path (str)");
    AMA_TRY(read_options(ip, c, &o));
    c->blame = a->at;
    AMA_TRY(open_one(ip, path, &o, a->at, out));
    AMA_TRY(ama__open_chunks(ip, c, out));
    if (strcmp(c->method->name, "open_dataarray") == 0) AMA_TRY(only_variable(ip, c, out));
    bool stays = strncmp(c->method->name, "load", 4) != 0;
    return stays ? ama__input_note(ip, first, out->u.handle, a->at) : AMA_OK;
}

/* ---- several files */

/* Options of combining: only the values that mean what Amasia does. */
static ama_status check_combine(ama__interp *ip, ama__call *c) {
    static const char *const only[][3] = {{"compat", "override", NULL},        {"data_vars", "minimal", NULL},
                                          {"coords", "minimal", NULL},         {"join", "exact", "override"},
                                          {"combine_attrs", "override", NULL}, {"errors", "raise", NULL}};
    for (size_t i = 0; i < sizeof only / sizeof only[0]; i++) {
        const ama__arg *a = ama__call_arg(c, only[i][0]);
        const char *s;
        AMA_TRY(ama__arg_text(ip, c, a, &s));
        if (!s || strcmp(s, only[i][1]) == 0 || (only[i][2] && strcmp(s, only[i][2]) == 0)) continue;
        return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED,
                                "%s='%s' is not supported; '%s' is, and is what holds "
                                "when %s is left out",
                                only[i][0], s, only[i][1], only[i][0]);
    }
    return AMA_OK;
}

static ama_status gather_paths(ama__interp *ip, ama__call *c, int *n, const char ***out) {
    const ama__arg *a = &c->arg[0];
    if (a->v.kind != AMA_VAL_STR || !has_magic(a->v.u.s)) return ama__arg_names(ip, c, a, n, out);
    AMA_AT(ip, a->at, ama__open_glob(ip, a->v.u.s, n, out));
    if (*n > 0) return AMA_OK;
    return ama__interp_fail(ip, a->at, AMA_ERR_NOTFOUND, "no file matches %s", a->v.u.s);
}

static ama_status open_many(ama__interp *ip, int n, const char *const *paths, const ama__open_args *o, ama__span at,
                            ama__val *out) {
    ama__dataset *ds;
    for (int i = 0; i < n; i++) AMA_TRY(check_path(ip, paths[i], at));
    AMA_TRY(ama__interp_agree(ip));
    AMA_AT(ip, at, ama__interp_common(ip, ama__graph_open_mf(ip->g, ip->comm, n, paths, o, &ip->script->stores, &ds)));
    ama__object object = ama__object_from_dataset(ds);
    return ama__val_object(ip->arena, AMA_VAL_DATASET, &object, out);
}

ama_status ama__build_open_mfdataset(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *dim = ama__call_arg(c, "concat_dim"), *combine = ama__call_arg(c, "combine");
    ama__open_args o;
    const char **paths, **dims;
    int n, n_dims;
    AMA_TRY(read_options(ip, c, &o));
    AMA_TRY(check_combine(ip, c));
    AMA_TRY(ama__arg_text(ip, c, combine, &o.combine));
    AMA_TRY(ama__arg_names(ip, c, dim, &n_dims, &dims));
    if (n_dims > 1) return ama__interp_fail(ip, dim->at, AMA_ERR_UNSUPPORTED, "files are joined along one dim only");
    if (n_dims == 1) o.concat_dim = dims[0];
    bool nested = o.combine && strcmp(o.combine, "nested") == 0;
    if (o.combine && !nested && strcmp(o.combine, "by_coords") != 0)
        return ama__interp_fail(ip, combine->at, AMA_ERR_ARG, "combine must be 'by_coords' or 'nested', not '%s'",
                                o.combine);
    if (nested != (n_dims == 1))
        return ama__interp_fail(ip, nested ? combine->at : dim->at, AMA_ERR_ARG,
                                nested ? "combine='nested' needs concat_dim=" : "concat_dim= needs combine='nested'");
    AMA_TRY(gather_paths(ip, c, &n, &paths));
    if (n <= 0) return ama__interp_fail(ip, c->arg[0].at, AMA_ERR_NOTFOUND, "no files to open");
    c->blame = c->arg[0].at;
    int first = ip->script->stores.n;
    AMA_TRY(open_many(ip, n, paths, &o, c->blame, out));
    return ama__input_note(ip, first, out->u.handle, c->blame);
}

ama_status ama__open_path(ama__interp *ip, const char *path, ama__span at, ama__val *out) {
    ama__open_args o = AMA_OPEN_ARGS_INIT;
    const char **paths;
    int n;
    o.allow_external = ip->options->allow_external;
    o.index_cache = ip->options->index_cache;
    o.max_openers = ip->options->max_openers;
    int first = ip->script->stores.n;
    if (has_magic(path)) {
        AMA_TRY(ama__open_glob(ip, path, &n, &paths));
        if (n == 0) return ama__fail(ip->ctx, AMA_ERR_NOTFOUND, "no file matches %s", path);
        AMA_TRY(open_many(ip, n, paths, &o, at, out));
    } else {
        AMA_TRY(open_one(ip, path, &o, at, out));
    }
    return ama__input_note(ip, first, out->u.handle, at);
}

ama_status ama__build_glob(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *pattern, **paths;
    int n;
    AMA_TRY(ama__arg_text(ip, c, &c->arg[0], &pattern));
    if (!pattern) return ama__interp_type(ip, c, &c->arg[0], "a str");
    AMA_AT(ip, c->arg[0].at, ama__open_glob(ip, pattern, &n, &paths));
    return ama__make_names(ip, AMA_VAL_LIST, n, paths, out);
}
