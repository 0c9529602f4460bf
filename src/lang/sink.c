/* What a script asks for: files and prints. */
#include <string.h>

#include "graph/repr.h"
#include "lang/builders.h"

struct ama__script_print {
    int n;
    ama__piece *piece;
    ama__sink *sink; /* NULL: text alone */
};

/* ---- the script's lists */

static ama_status add_sink(ama__interp *ip, ama__sink *sink) {
    ama__script *s = ip->script;
    if (s->n_sinks == ip->cap_sinks) {
        ama__sink **list;
        ip->cap_sinks = ip->cap_sinks ? 2 * ip->cap_sinks : 16;
        AMA_NEW(ip->arena, list, ip->cap_sinks);
        if (s->n_sinks) memcpy(list, s->sink, (size_t)s->n_sinks * sizeof *list);
        s->sink = list;
    }
    s->sink[s->n_sinks++] = sink;
    return AMA_OK;
}

static ama_status add_print(ama__interp *ip, ama__script_print *p) {
    ama__script *s = ip->script;
    if (s->n_prints == ip->cap_prints) {
        ama__script_print **list;
        ip->cap_prints = ip->cap_prints ? 2 * ip->cap_prints : 16;
        AMA_NEW(ip->arena, list, ip->cap_prints);
        if (s->n_prints) memcpy(list, s->print, (size_t)s->n_prints * sizeof *list);
        s->print = list;
    }
    s->print[s->n_prints++] = p;
    return AMA_OK;
}

/* ---- print */

static ama_status piece_nodes(ama__interp *ip, const ama__piece *p, int *n, ama__node ***out) {
    *n = 0;
    if (p->kind == AMA_PIECE_TEXT) return AMA_OK;
    if (p->kind == AMA_PIECE_REPR) return ama__repr_nodes(ip->g, p->object, n, out);
    if (p->kind == AMA_PIECE_VALUES) return ama__repr_values_nodes(ip->g, p->object, n, out);
    AMA_NEW(ip->arena, *out, 1);
    (*out)[0] = ama__object_var(p->object)->node;
    *n = 1;
    return AMA_OK;
}

ama_status ama__sink_print(ama__interp *ip, const ama__piece_list *list, ama__span at) {
    ama__script_print *print;
    ama__node ***nodes;
    int n = 0;
    AMA_NEW(ip->arena, print, 1);
    AMA_NEW(ip->arena, nodes, list->n);
    print->n = list->n;
    AMA_KEEP(ip->arena, print->piece, ama__arena_memdup(ip->arena, list->at, (size_t)list->n * sizeof *list->at));
    for (int i = 0; i < print->n; i++) {
        ama__piece *p = &print->piece[i];
        p->first_node = n;
        AMA_AT(ip, at, piece_nodes(ip, p, &p->n_nodes, &nodes[i]));
        n += p->n_nodes;
    }
    AMA_TRY(add_print(ip, print));
    if (n == 0) return AMA_OK;
    AMA_NEW(ip->arena, print->sink, 1);
    print->sink->kind = AMA_SINK_GATHER;
    print->sink->n_gather = n;
    print->sink->line = ama__interp_line(ip, at);
    AMA_NEW(ip->arena, print->sink->node, n);
    AMA_NEW(ip->arena, print->sink->data, n);
    for (int i = 0; i < print->n; i++)
        for (int k = 0; k < print->piece[i].n_nodes; k++)
            print->sink->node[print->piece[i].first_node + k] = nodes[i][k];
    return add_sink(ip, print->sink);
}

static ama_status print_number(const ama__piece *p, const void *data, ama__text *out) {
    ama__val v = ama__val_element(ama__object_var(p->object)->node->dtype, data, 0);
    if (*p->text == '\0')
        ama__val_print(out, &v, false);
    else if (!ama__format_number(out, &v, p->text))
        return ama__fail(out->ctx, AMA_ERR_ARG, "the format '%s' does not fit a value of type %s", p->text,
                         ama__val_type(&v));
    return AMA_OK;
}

ama_status ama__script_print_text(const ama__script *script, int i, ama__text *out) {
    const ama__script_print *print = script->print[i];
    for (int k = 0; k < print->n; k++) {
        const ama__piece *p = &print->piece[k];
        void *const *data = print->sink ? print->sink->data + p->first_node : NULL;
        for (int d = 0; d < p->n_nodes; d++)
            if (!data[d]) return ama__fail(script->ctx, AMA_ERR_INTERNAL, "print before the data was gathered");
        switch (p->kind) {
        case AMA_PIECE_TEXT: ama__text_add(out, p->text); break;
        case AMA_PIECE_REPR: AMA_TRY(ama__repr_text(script->graph, p->object, data, out)); break;
        case AMA_PIECE_VALUES: AMA_TRY(ama__repr_values(script->graph, p->object, data, out)); break;
        case AMA_PIECE_NUMBER: AMA_TRY(print_number(p, data[0], out)); break;
        }
    }
    return out->failed ? ama__error_status(script->ctx) : AMA_OK;
}

/* ---- files */

/* The same name, but for "./" before it and "/" behind it. */
static bool same_path(const char *a, const char *b) {
    while (strncmp(a, "./", 2) == 0) a += 2;
    while (strncmp(b, "./", 2) == 0) b += 2;
    size_t n = strlen(a), m = strlen(b);
    while (n > 1 && a[n - 1] == '/') n--;
    while (m > 1 && b[m - 1] == '/') m--;
    return n == m && memcmp(a, b, n) == 0;
}

const ama__output *ama__sink_find(const ama__interp *ip, const char *path) {
    for (int i = 0; i < ip->n_outputs; i++)
        if (same_path(ip->output[i].path, path)) return &ip->output[i];
    return NULL;
}

static ama_status note_output(ama__interp *ip, const char *path, ama__span at) {
    const ama__output *other = ama__sink_find(ip, path);
    if (other)
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "%s is written by line %d already; use another name", path,
                                other->line);
    if (ip->n_outputs == ip->cap_outputs) {
        ama__output *list;
        ip->cap_outputs = ip->cap_outputs ? 2 * ip->cap_outputs : 16;
        AMA_NEW(ip->arena, list, ip->cap_outputs);
        if (ip->n_outputs) memcpy(list, ip->output, (size_t)ip->n_outputs * sizeof *list);
        ip->output = list;
    }
    ip->output[ip->n_outputs++] = (ama__output){path, at.begin < 0 ? 0 : ama__interp_line(ip, at)};
    return AMA_OK;
}

ama_status ama__sink_write(ama__interp *ip, const ama__object *o, ama__write_args *args, ama__span at,
                           ama__span encoding_at) {
    ama__sink *sink;
    AMA_TRY(note_output(ip, args->path, at));
    AMA_TRY(ama__input_check(ip, args->path, at));
    args->history = ip->options->history;
    args->line = at.begin < 0 ? 0 : ama__interp_line(ip, at);
    ama_status status = ama__graph_encode(ip->g, o, args, &sink);
    bool encoding = status != AMA_OK && strncmp(ama__error_text(ip->ctx), "encoding", 8) == 0;
    AMA_AT(ip, encoding ? encoding_at : at, status);
    return add_sink(ip, sink);
}

static ama_status encoding_value(ama__interp *ip, const char *key, const ama__val *v, ama__span at, ama__value *out) {
    int64_t *ints;
    ama__val now;
    AMA_TRY(ama__val_scalar_now(ip, v, at, "an encoding", &now));
    v = &now;
    switch (v->kind) {
    case AMA_VAL_NONE: *out = (ama__value){.kind = AMA_VALUE_NONE}; return AMA_OK;
    case AMA_VAL_BOOL: *out = (ama__value){.kind = AMA_VALUE_BOOL, .b = v->u.b}; return AMA_OK;
    case AMA_VAL_INT: *out = (ama__value){.kind = AMA_VALUE_INT, .i = v->u.i}; return AMA_OK;
    case AMA_VAL_FLOAT: *out = (ama__value){.kind = AMA_VALUE_FLOAT, .f = v->u.f}; return AMA_OK;
    case AMA_VAL_STR: *out = (ama__value){.kind = AMA_VALUE_TEXT, .text = v->u.s}; return AMA_OK;
    case AMA_VAL_DTYPE: *out = (ama__value){.kind = AMA_VALUE_TEXT, .text = ama__dtype_name(v->u.dtype)}; return AMA_OK;
    case AMA_VAL_FUNCTION: /* float, int */
        *out = (ama__value){.kind = AMA_VALUE_TEXT, .text = v->u.bound->method->name};
        return AMA_OK;
    case AMA_VAL_COMPRESSOR: *out = *v->u.value; return AMA_OK;
    case AMA_VAL_LIST:
    case AMA_VAL_TUPLE:
        AMA_NEW(ip->arena, ints, v->u.items->n);
        for (int i = 0; i < v->u.items->n; i++) {
            if (v->u.items->at[i].kind != AMA_VAL_INT)
                return ama__interp_fail(ip, at, AMA_ERR_ARG, "encoding '%s' must hold ints, not %s", key,
                                        ama__val_type(&v->u.items->at[i]));
            ints[i] = v->u.items->at[i].u.i;
        }
        *out = (ama__value){.kind = AMA_VALUE_INTS, .n = v->u.items->n, .ints = ints};
        return AMA_OK;
    default:
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "encoding '%s' cannot be a %s", key, ama__val_type(v));
    }
}

/* {"tas": {"zlib": True}} as a list of keys. */
static ama_status read_encoding(ama__interp *ip, ama__call *c, ama__write_args *args) {
    const ama__arg *a = ama__call_arg(c, "encoding");
    ama__encoding_key *key;
    int n = 0;
    if (a->v.kind == AMA_VAL_NONE) return AMA_OK;
    if (a->v.kind != AMA_VAL_DICT) return ama__interp_type(ip, c, a, "a dict {variable: {key: value}}");
    const ama__items *vars = a->v.u.items;
    for (int i = 0; i < vars->n; i++) {
        if (vars->key[i].kind != AMA_VAL_STR || vars->at[i].kind != AMA_VAL_DICT)
            return ama__interp_type(ip, c, a, "a dict {variable: {key: value}}");
        n += vars->at[i].u.items->n;
    }
    AMA_NEW(ip->arena, key, n);
    for (int i = 0; i < vars->n; i++) {
        const ama__items *keys = vars->at[i].u.items;
        for (int k = 0; k < keys->n; k++) {
            if (keys->key[k].kind != AMA_VAL_STR) return ama__interp_type(ip, c, a, "a dict {variable: {key: value}}");
            ama__encoding_key *to = &key[args->n_keys++];
            to->var = vars->key[i].u.s;
            to->key = keys->key[k].u.s;
            AMA_TRY(encoding_value(ip, to->key, &keys->at[k], a->at, &to->value));
        }
    }
    args->key = key;
    return AMA_OK;
}

static ama_status read_path(ama__interp *ip, ama__call *c, const char **out) {
    const ama__arg *a = &c->arg[0];
    AMA_TRY(ama__arg_text(ip, c, a, out));
    if (!*out || !**out) return ama__interp_type(ip, c, a, "a path (str)");
    if (strstr(*out, "://"))
        return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED, "%s: only files of the file system can be written",
                                *out);
    return AMA_OK;
}

static ama_status read_format(ama__interp *ip, ama__call *c, ama__format *out) {
    const ama__arg *format = ama__call_arg(c, "format"), *engine = ama__call_arg(c, "engine");
    const char *name, *by;
    AMA_TRY(ama__arg_text(ip, c, format, &name));
    AMA_TRY(ama__arg_text(ip, c, engine, &by));
    if (by && strcmp(by, "netcdf4") != 0 && strcmp(by, "h5netcdf") != 0 && strcmp(by, "scipy") != 0)
        return ama__interp_fail(ip, engine->at, AMA_ERR_UNSUPPORTED, "engine '%s' is not supported; leave engine= out",
                                by);
    if (!name && by && strcmp(by, "scipy") == 0) name = "NETCDF3_64BIT";
    if (!name) return AMA_OK;
    return ama__interp_at(ip, format->given ? format->at : engine->at, ama__format_parse(ip->ctx, name, out));
}

ama_status ama__build_to_netcdf(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"group", "auto_complex", NULL};
    const ama__arg *m = ama__call_arg(c, "mode");
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    const char *mode, **unlimited;
    int n;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(read_path(ip, c, &args.path));
    AMA_TRY(ama__arg_text(ip, c, m, &mode));
    if (mode && strcmp(mode, "w") != 0)
        return ama__interp_fail(ip, m->at, AMA_ERR_UNSUPPORTED, "mode '%s' is not supported; 'w' is", mode);
    AMA_TRY(read_format(ip, c, &args.format));
    AMA_TRY(read_encoding(ip, c, &args));
    AMA_TRY(ama__arg_names(ip, c, ama__call_arg(c, "unlimited_dims"), &n, &unlimited));
    args.n_unlimited = n;
    args.unlimited = unlimited;
    *out = ama__val_none();
    return ama__sink_write(ip, &c->self.u.handle->object, &args, c->blame, ama__call_arg(c, "encoding")->at);
}

ama_status ama__build_to_zarr(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"chunk_store",
                                          "synchronizer",
                                          "group",
                                          "append_dim",
                                          "region",
                                          "storage_options",
                                          "write_empty_chunks",
                                          "chunkmanager_store_kwargs",
                                          NULL};
    const ama__arg *m = ama__call_arg(c, "mode"), *version = ama__call_arg(c, "zarr_version");
    const ama__arg *consolidated = ama__call_arg(c, "consolidated");
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    const char *mode;
    bool whole = true, safe = true, align = false;
    args.format = AMA_FORMAT_ZARR2;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(read_path(ip, c, &args.path));
    AMA_TRY(ama__arg_text(ip, c, m, &mode));
    if (mode && strcmp(mode, "w") != 0 && strcmp(mode, "w-") != 0)
        return ama__interp_fail(ip, m->at, AMA_ERR_UNSUPPORTED, "mode '%s' is not supported; 'w' and 'w-' are", mode);
    args.overwrite = mode && strcmp(mode, "w") == 0;
    if (version->v.kind == AMA_VAL_NONE) version = ama__call_arg(c, "zarr_format");
    if (version->v.kind != AMA_VAL_NONE && !(version->v.kind == AMA_VAL_INT && version->v.u.i == 2))
        return ama__interp_fail(ip, version->at, AMA_ERR_UNSUPPORTED, "only version 2 of the Zarr format is written");
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "safe_chunks"), &safe));
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "align_chunks"), &align));
    args.unsafe_chunks = !safe || align;
    AMA_TRY(ama__arg_bool(ip, c, consolidated, &whole));
    if (!whole)
        return ama__interp_fail(ip, consolidated->at, AMA_ERR_UNSUPPORTED,
                                "consolidated=False is not supported: consolidated metadata is always written");
    AMA_TRY(read_encoding(ip, c, &args));
    *out = ama__val_none();
    return ama__sink_write(ip, &c->self.u.handle->object, &args, c->blame, ama__call_arg(c, "encoding")->at);
}

ama_status ama__sink_output(ama__interp *ip) {
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    const char *path = ip->options->output;
    if (!path) return AMA_OK;
    if (!ip->has_last || !ama__val_is_object(&ip->last)) {
        ama__fail(ip->ctx, AMA_ERR_ARG, "-o %s: the script must end with an expression whose value is an array", path);
        return ip->has_last ? ama__interp_at(ip, ip->last_at, AMA_ERR_ARG) : AMA_ERR_ARG;
    }
    size_t n = strlen(path);
    args.path = path;
    if (n > 5 && strcmp(path + n - 5, ".zarr") == 0) args.format = AMA_FORMAT_ZARR2;
    return ama__sink_write(ip, &ip->last.u.handle->object, &args, ip->last_at, ip->last_at);
}
