/* Methods on dims, names, coordinates and attributes. */
#include <string.h>

#include "graph/chunking.h"
#include "lang/builders.h"

static ama_status finish(ama__interp *ip, const ama__call *c, const ama__object *o, ama__val *out) {
    return ama__val_object(ip->arena, c->self.kind, o, out);
}

static const ama__object *self_of(const ama__call *c) {
    return &c->self.u.handle->object;
}

ama_status ama__build_transpose(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *missing = ama__call_arg(c, "missing_dims");
    const char **dim;
    ama__object o;
    if (missing->given && !(missing->v.kind == AMA_VAL_STR && strcmp(missing->v.u.s, "raise") == 0))
        return ama__interp_fail(ip, missing->at, AMA_ERR_UNSUPPORTED, "only missing_dims='raise' is supported");
    AMA_NEW(ip->arena, dim, c->n_args);
    for (int i = 0; i < c->n_args; i++) {
        if (c->args[i].v.kind != AMA_VAL_STR && c->args[i].v.kind != AMA_VAL_ELLIPSIS)
            return ama__interp_type(ip, c, &c->args[i], "the name of a dim, or ...");
        dim[i] = c->args[i].v.kind == AMA_VAL_STR ? c->args[i].v.u.s : "...";
    }
    if (c->n_args == 1) c->blame = c->args[0].at;
    AMA_TRY(ama__graph_transpose(ip->g, self_of(c), c->n_args, dim, &o));
    return finish(ip, c, &o, out);
}

ama_status ama__build_transposed(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__object o;
    AMA_TRY(ama__graph_transpose(ip->g, self_of(c), 0, NULL, &o));
    return finish(ip, c, &o, out);
}

ama_status ama__build_squeeze(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"axis", NULL};
    const char **dim;
    ama__object o;
    bool drop = false;
    int n;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(ama__arg_names(ip, c, &c->arg[0], &n, &dim));
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "drop"), &drop));
    if (c->arg[0].given) c->blame = c->arg[0].at;
    AMA_TRY(ama__graph_squeeze(ip->g, self_of(c), n, dim, drop, &o));
    return finish(ip, c, &o, out);
}

/* {"old": "new"} and old="new". */
static ama_status read_renames(ama__interp *ip, ama__call *c, int *n, const char ***from, const char ***to) {
    ama__arg *pairs;
    AMA_TRY(ama__call_pairs(ip, c, &c->arg[0], n, &pairs));
    AMA_NEW(ip->arena, *from, *n);
    AMA_NEW(ip->arena, *to, *n);
    for (int i = 0; i < *n; i++) {
        AMA_TRY(ama__arg_text(ip, c, &pairs[i], &(*to)[i]));
        if (!(*to)[i]) return ama__interp_type(ip, c, &pairs[i], "a name (str)");
        (*from)[i] = pairs[i].name;
        c->blame = pairs[i].name_at;
    }
    return AMA_OK;
}

ama_status ama__build_rename(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *name = c->method->name, **from, **to;
    ama__rename_what what = strcmp(name, "rename_vars") == 0   ? AMA_RENAME_VARS
                            : strcmp(name, "rename_dims") == 0 ? AMA_RENAME_DIMS
                                                               : AMA_RENAME_ALL;
    const ama__arg *first = &c->arg[0];
    ama__object o;
    int n;
    bool plain = first->v.kind == AMA_VAL_STR || (first->v.kind == AMA_VAL_NONE && c->n_kwargs == 0);
    if (c->self.kind == AMA_VAL_ARRAY && plain) {
        AMA_TRY(ama__graph_rename_array(ip->g, self_of(c), first->v.kind == AMA_VAL_STR ? first->v.u.s : NULL, &o));
        return finish(ip, c, &o, out);
    }
    AMA_TRY(read_renames(ip, c, &n, &from, &to));
    AMA_TRY(ama__graph_rename(ip->g, self_of(c), what, n, from, to, &o));
    return finish(ip, c, &o, out);
}

ama_status ama__build_swap_dims(ama__interp *ip, ama__call *c, ama__val *out) {
    const char **from, **to;
    ama__object o;
    int n;
    AMA_TRY(read_renames(ip, c, &n, &from, &to));
    AMA_TRY(ama__graph_swap_dims(ip->g, self_of(c), n, from, to, &o));
    return finish(ip, c, &o, out);
}

/* ---- attributes */

ama_status ama__make_attrs(ama__interp *ip, const ama__val *v, ama__span at, ama__attrs *attrs) {
    if (v->kind == AMA_VAL_ATTRS) return ama__attrs_copy(ip->arena, ama__object_attrs(&v->u.handle->object), attrs);
    if (v->kind != AMA_VAL_DICT)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "attributes come as a dict, not %s", ama__val_type(v));
    for (int i = 0; i < v->u.items->n; i++) {
        const ama__val *key = &v->u.items->key[i];
        if (key->kind != AMA_VAL_STR)
            return ama__interp_fail(ip, at, AMA_ERR_ARG, "names of attributes are str, not %s", ama__val_type(key));
        AMA_TRY(ama__val_to_attr(ip, attrs, key->u.s, &v->u.items->at[i], at));
    }
    return AMA_OK;
}

/* What assign_attrs(dict, a=1) and attrs.update(dict, a=1) give. */
static ama_status read_attrs(ama__interp *ip, ama__call *c, ama__attrs *attrs) {
    if (c->n_args > 1) return ama__interp_fail(ip, c->args[1].at, AMA_ERR_ARG, "%s() takes one dict", c->method->name);
    if (c->n_args == 1) AMA_TRY(ama__make_attrs(ip, &c->args[0].v, c->args[0].at, attrs));
    for (int i = 0; i < c->n_kwargs; i++)
        AMA_TRY(ama__val_to_attr(ip, attrs, c->kwargs[i].name, &c->kwargs[i].v, c->kwargs[i].at));
    return AMA_OK;
}

ama_status ama__build_assign_attrs(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__attrs attrs = {0};
    ama__object o;
    AMA_TRY(read_attrs(ip, c, &attrs));
    AMA_TRY(ama__graph_set_attrs(ip->g, self_of(c), false, &attrs, &o));
    return finish(ip, c, &o, out);
}

ama_status ama__build_attrs_update(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__attrs given = {0}, all = {0};
    AMA_TRY(read_attrs(ip, c, &given));
    AMA_TRY(ama__attrs_copy(ip->arena, ama__object_attrs(self_of(c)), &all));
    for (int i = 0; i < given.n; i++)
        AMA_TRY(ama__attrs_set(ip->arena, &all, given.a[i].name, given.a[i].dtype, given.a[i].n, given.a[i].data));
    *out = ama__val_none();
    return ama__handle_set_attrs(ip, c->self.u.handle, &all);
}

/* attrs.pop(key[, default]) and attrs.clear(). */
ama_status ama__build_attrs_pop(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__attrs attrs = {0};
    *out = ama__val_none();
    if (c->n == 0) return ama__handle_set_attrs(ip, c->self.u.handle, &attrs);
    const ama__arg *key = &c->arg[0], *fallback = &c->arg[1];
    bool has = key->v.kind == AMA_VAL_STR && ama__attrs_find(ama__object_attrs(self_of(c)), key->v.u.s);
    if (!has && fallback->given) {
        *out = fallback->v;
        return AMA_OK;
    }
    AMA_TRY(ama__eval_getitem(ip, &c->self, &key->v, key->at, out));
    AMA_TRY(ama__attrs_copy(ip->arena, ama__object_attrs(self_of(c)), &attrs));
    ama__attrs_remove(&attrs, key->v.u.s);
    return ama__handle_set_attrs(ip, c->self.u.handle, &attrs);
}

ama_status ama__build_attrs_copy(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__attrs *attrs = ama__object_attrs(self_of(c));
    AMA_TRY(ama__val_dict(ip->arena, out));
    for (int i = 0; i < attrs->n; i++) {
        ama__val key = ama__val_str(attrs->a[i].name), v;
        AMA_TRY(ama__val_from_attr(ip, &attrs->a[i], &v));
        AMA_TRY(ama__val_put(ip->arena, out, &key, &v));
    }
    return AMA_OK;
}

/* ---- variables and coordinates */

static ama_status assign_all(ama__interp *ip, ama__call *c, bool coord, ama__val *out) {
    ama__arg *pairs;
    int n;
    AMA_TRY(ama__call_pairs(ip, c, &c->arg[0], &n, &pairs));
    AMA_TRY(finish(ip, c, self_of(c), out));
    for (int i = 0; i < n; i++) {
        if (pairs[i].v.kind == AMA_VAL_DEF || pairs[i].v.kind == AMA_VAL_FUNCTION)
            return ama__interp_fail(ip, pairs[i].at, AMA_ERR_UNSUPPORTED, "a function as a value is not supported yet");
        AMA_TRY(ama__make_assign(ip, out->u.handle, coord, pairs[i].name, &pairs[i].v, pairs[i].at));
    }
    return AMA_OK;
}

ama_status ama__build_assign(ama__interp *ip, ama__call *c, ama__val *out) {
    return assign_all(ip, c, false, out);
}

ama_status ama__build_assign_coords(ama__interp *ip, ama__call *c, ama__val *out) {
    return assign_all(ip, c, true, out);
}

ama_status ama__build_drop_vars(ama__interp *ip, ama__call *c, ama__val *out) {
    const char **name, *errors;
    ama__object o;
    int n;
    AMA_TRY(ama__arg_names(ip, c, &c->arg[0], &n, &name));
    AMA_TRY(ama__arg_text(ip, c, &c->arg[1], &errors));
    c->blame = c->arg[0].at;
    AMA_TRY(ama__graph_drop_vars(ip->g, self_of(c), n < 0 ? 0 : n, name, !errors || strcmp(errors, "ignore") != 0, &o));
    return finish(ip, c, &o, out);
}

ama_status ama__build_reset_coords(ama__interp *ip, ama__call *c, ama__val *out) {
    const char **name;
    ama__object o;
    bool drop = false;
    int n;
    AMA_TRY(ama__arg_names(ip, c, &c->arg[0], &n, &name));
    AMA_TRY(ama__arg_bool(ip, c, &c->arg[1], &drop));
    if (c->arg[0].given) c->blame = c->arg[0].at;
    AMA_TRY(ama__graph_reset_coords(ip->g, self_of(c), n, name, drop, &o));
    return ama__val_object(ip->arena, o.is_dataset ? AMA_VAL_DATASET : AMA_VAL_ARRAY, &o, out);
}

ama_status ama__build_set_coords(ama__interp *ip, ama__call *c, ama__val *out) {
    const char **name;
    ama__object o;
    int n;
    AMA_TRY(ama__arg_names(ip, c, &c->arg[0], &n, &name));
    c->blame = c->arg[0].at;
    AMA_TRY(ama__graph_set_coords(ip->g, self_of(c), n < 0 ? 0 : n, name, &o));
    return finish(ip, c, &o, out);
}

/* One new dim: its name, its size (1) or its labels. */
static ama_status expand_one(ama__interp *ip, ama__call *c, const char *dim, const ama__arg *value, int axis,
                             ama__object *o) {
    int64_t size = 1;
    ama__object labels;
    bool has_labels = false;
    if (value && value->v.kind == AMA_VAL_INT) {
        size = value->v.u.i;
    } else if (value) {
        AMA_TRY(ama__make_variable(ip, &value->v, dim, value->at, &labels));
        if (ama__object_var(&labels)->ndim != 1) return ama__interp_type(ip, c, value, "a size or a list of labels");
        size = ama__object_var(&labels)->node->shape[0];
        has_labels = true;
    }
    AMA_TRY(ama__graph_expand_dims(ip->g, o, dim, size, axis, o));
    if (!has_labels) return AMA_OK;
    return ama__graph_assign_coord(ip->g, o, dim, &labels, o);
}

ama_status ama__build_expand_dims(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *dim = &c->arg[0];
    const char **name;
    ama__object o = *self_of(c);
    ama__arg *pairs;
    int64_t axis = 0;
    int n;
    AMA_TRY(ama__arg_int(ip, c, &c->arg[1], &axis));
    if (axis < -AMA_MAX_DIMS || axis > AMA_MAX_DIMS)
        return ama__interp_fail(ip, c->arg[1].at, AMA_ERR_ARG, "axis is out of range");
    if (dim->v.kind == AMA_VAL_NONE || dim->v.kind == AMA_VAL_DICT) {
        AMA_TRY(ama__call_pairs(ip, c, dim, &n, &pairs));
        for (int i = n - 1; i >= 0; i--) AMA_TRY(expand_one(ip, c, pairs[i].name, &pairs[i], (int)axis, &o));
        return finish(ip, c, &o, out);
    }
    AMA_TRY(ama__arg_names(ip, c, dim, &n, &name));
    if (n > 1 && c->arg[1].given)
        return ama__interp_fail(ip, c->arg[1].at, AMA_ERR_UNSUPPORTED, "axis with several new dims is not supported");
    for (int i = n - 1; i >= 0; i--) AMA_TRY(expand_one(ip, c, name[i], NULL, (int)axis, &o));
    return finish(ip, c, &o, out);
}

ama_status ama__build_to_dataset(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"dim", NULL};
    const char *name;
    ama__object o;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(ama__arg_text(ip, c, ama__call_arg(c, "name"), &name));
    AMA_TRY(ama__graph_to_dataset(ip->g, self_of(c), name, &o));
    return ama__val_object(ip->arena, AMA_VAL_DATASET, &o, out);
}

ama_status ama__make_drop_encoding(ama__interp *ip, const ama__object *in, ama__object *out) {
    AMA_TRY(ama__object_copy(ip->g, in, out));
    for (int k = 0; k < 2; k++) {
        ama__named *list = k ? out->ds.coord : out->ds.var;
        for (int i = 0; i < (k ? out->ds.n_coords : out->ds.n_vars); i++) {
            AMA_TRY(ama__variable_copy(ip->g, list[i].var, &list[i].var));
            list[i].var->encoding = (ama__encoding){0};
        }
    }
    out->ds.n_unlimited = 0;
    return AMA_OK;
}

ama_status ama__build_drop_encoding(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__object o;
    AMA_TRY(ama__make_drop_encoding(ip, self_of(c), &o));
    return finish(ip, c, &o, out);
}

ama_status ama__build_encoding_clear(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__object o;
    *out = ama__val_none();
    AMA_TRY(ama__make_drop_encoding(ip, self_of(c), &o));
    ama__handle_set(c->self.u.handle, &o);
    return AMA_OK;
}

ama_status ama__build_copy(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"data", NULL};
    ama__object o;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(ama__object_copy(ip->g, self_of(c), &o));
    return finish(ip, c, &o, out);
}

/* load, compute, persist: evaluation is lazy anyway; arrays in memory have no chunks. */
ama_status ama__build_same(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *name = c->method->name;
    bool load = strcmp(name, "load") == 0;
    ama__object o = *self_of(c);
    if (load || strcmp(name, "compute") == 0) AMA_TRY(ama__object_unchunk(ip->g, self_of(c), &o));
    if (load) ama__handle_set(c->self.u.handle, &o);
    ama__input_loaded(ip, &c->self);
    if (load || strcmp(name, "persist") == 0) {
        *out = c->self;
        return AMA_OK;
    }
    return finish(ip, c, &o, out);
}

ama_status ama__build_close(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__input_closed(ip, &c->self);
    *out = ama__val_none();
    return AMA_OK;
}

ama_status ama__build_nothing(ama__interp *ip, ama__call *c, ama__val *out) {
    (void)ip;
    (void)c;
    *out = ama__val_none();
    return AMA_OK;
}
