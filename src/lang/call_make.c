/* Making arrays and datasets; looking variables up and setting them. */
#include <math.h>
#include <string.h>

#include "lang/builders.h"

ama_status ama__make_names(ama__interp *ip, ama__val_kind kind, int n, const char *const *name, ama__val *out) {
    AMA_TRY(ama__val_seq(ip->arena, kind, n, out));
    for (int i = 0; i < n; i++) out->u.items->at[i] = ama__val_str(name[i]);
    return AMA_OK;
}

ama_status ama__make_lookup(ama__interp *ip, ama__handle *parent, const char *name, ama__span at, ama__val *out) {
    ama__object o;
    if (!ama__graph_has(&parent->object, name) && strchr(name, '.'))
        AMA_AT(ip, at, ama__object_get(ip->g, NULL, &parent->object, name, &o));
    else
        AMA_AT(ip, at, ama__graph_lookup(ip->g, &parent->object, name, &o));
    AMA_TRY(ama__val_object(ip->arena, AMA_VAL_ARRAY, &o, out));
    out->u.handle->parent = parent;
    out->u.handle->parent_name = name;
    return AMA_OK;
}

/* ---- (dims, values[, attrs]) and bare values as a variable */

static ama_status names_in(ama__interp *ip, const ama__val *v, ama__span at, int *n, const char **dim) {
    const ama__val *item = v;
    *n = 1;
    if (ama__val_is_seq(v)) {
        item = v->u.items->at;
        *n = v->u.items->n;
    }
    if (*n > AMA_MAX_DIMS) return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "more than %d dims", AMA_MAX_DIMS);
    for (int i = 0; i < *n; i++) {
        if (item[i].kind != AMA_VAL_STR)
            return ama__interp_fail(ip, at, AMA_ERR_ARG, "names of dims are str, not %s", ama__val_type(&item[i]));
        dim[i] = item[i].u.s;
    }
    return AMA_OK;
}

/* Values under the given names of dims (n_dims -1: any, as long as there are none). */
static ama_status with_dims(ama__interp *ip, const ama__val *v, int n_dims, const char *const *dim, ama__span at,
                            ama__variable **out) {
    ama__handle *h;
    AMA_TRY(ama__val_ndarray(ip, v, at, &h));
    if (h->object.is_dataset)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "a Dataset cannot be the values of a variable");
    const ama__variable *from = ama__object_var(&h->object);
    if (from->ndim != n_dims)
        return ama__interp_fail(ip, at, AMA_ERR_MISMATCH, "%d names of dims for values of %d dims", n_dims, from->ndim);
    AMA_TRY(ama__variable_copy(ip->g, from, out));
    for (int a = 0; a < n_dims; a++) (*out)->dim[a] = dim[a];
    return AMA_OK;
}

ama_status ama__make_variable(ama__interp *ip, const ama__val *v, const char *dim, ama__span at, ama__object *out) {
    const char *dims[AMA_MAX_DIMS] = {dim};
    ama__variable *var;
    int n;
    if (v->kind == AMA_VAL_ARRAY) {
        *out = v->u.handle->object;
        return AMA_OK;
    }
    if (v->kind == AMA_VAL_TUPLE && (v->u.items->n == 2 || v->u.items->n == 3)) {
        const ama__val *part = v->u.items->at;
        AMA_TRY(names_in(ip, &part[0], at, &n, dims));
        AMA_TRY(with_dims(ip, &part[1], n, dims, at, &var));
        if (v->u.items->n == 3) AMA_TRY(ama__make_attrs(ip, &part[2], at, &var->attrs));
        return ama__object_from_array(ip->g, NULL, var, 0, NULL, out);
    }
    bool other = v->kind > AMA_VAL_TUPLE && v->kind < AMA_VAL_ARRAY && v->kind != AMA_VAL_DATETIME;
    if (v->kind == AMA_VAL_NONE || v->kind > AMA_VAL_NUMBER || other)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "a %s cannot become a variable", ama__val_type(v));
    ama__handle *h;
    AMA_TRY(ama__val_ndarray(ip, v, at, &h));
    n = h->object.is_dataset ? 2 : ama__object_var(&h->object)->ndim;
    if (n > 1 || (n == 1 && !dim))
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "values need names of dims: (\"time\", [1, 2, 3])");
    AMA_TRY(with_dims(ip, v, n, dims, at, &var));
    return ama__object_from_array(ip->g, NULL, var, 0, NULL, out);
}

ama_status ama__make_assign(ama__interp *ip, ama__handle *h, bool coord, const char *name, const ama__val *v,
                            ama__span at) {
    ama__object value, o;
    const char *dim = NULL;
    if (v->kind == AMA_VAL_DATASET)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "a variable is a DataArray or values, not a Dataset");
    /* Bare values along the dim of that name. */
    if (coord || (h->object.is_dataset && ama__dataset_dim_size(&h->object.ds, name) >= 0)) dim = name;
    AMA_TRY(ama__make_variable(ip, v, dim, at, &value));
    if (coord || (!h->object.is_dataset))
        AMA_AT(ip, at, ama__graph_assign_coord(ip->g, &h->object, name, &value, &o));
    else
        AMA_AT(ip, at, ama__graph_assign(ip->g, &h->object, name, &value, &o));
    ama__handle_set(h, &o);
    return AMA_OK;
}

/* ---- xr.DataArray, xr.Dataset */

static ama_status set_coords(ama__interp *ip, const ama__arg *coords, ama__handle *h) {
    if (coords->v.kind == AMA_VAL_NONE) return AMA_OK;
    if (coords->v.kind == AMA_VAL_COORDS) {
        const ama__object *from = &coords->v.u.handle->object;
        for (int i = 0; i < from->ds.n_coords; i++) {
            ama__val v;
            AMA_TRY(ama__make_lookup(ip, coords->v.u.handle, from->ds.coord[i].name, coords->at, &v));
            AMA_TRY(ama__make_assign(ip, h, true, from->ds.coord[i].name, &v, coords->at));
        }
        return AMA_OK;
    }
    if (coords->v.kind != AMA_VAL_DICT)
        return ama__interp_fail(ip, coords->at, AMA_ERR_UNSUPPORTED, "coords must be a dict {name: values}, not %s",
                                ama__val_type(&coords->v));
    for (int i = 0; i < coords->v.u.items->n; i++) {
        const ama__val *key = &coords->v.u.items->key[i];
        if (key->kind != AMA_VAL_STR)
            return ama__interp_fail(ip, coords->at, AMA_ERR_ARG, "names of coordinates are str, not %s",
                                    ama__val_type(key));
        AMA_TRY(ama__make_assign(ip, h, true, key->u.s, &coords->v.u.items->at[i], coords->at));
    }
    return AMA_OK;
}

/* Names of dims: dims=, or the keys of coords in order, or dim_0, dim_1, … */
static ama_status array_dims(ama__interp *ip, ama__call *c, int ndim, const char **dim) {
    const ama__arg *coords = ama__call_arg(c, "coords"), *dims = ama__call_arg(c, "dims");
    int n;
    if (dims->v.kind != AMA_VAL_NONE) {
        AMA_TRY(names_in(ip, &dims->v, dims->at, &n, dim));
        if (n == ndim) return AMA_OK;
        return ama__interp_fail(ip, dims->at, AMA_ERR_MISMATCH, "%d names of dims for values of %d dims", n, ndim);
    }
    if (coords->v.kind == AMA_VAL_DICT && coords->v.u.items->n == ndim && ndim > 0)
        return names_in(
            ip, &(ama__val){.kind = AMA_VAL_LIST, .u.items = &(ama__items){.n = ndim, .at = coords->v.u.items->key}},
            coords->at, &n, dim);
    for (int a = 0; a < ndim; a++) AMA_KEEP(ip->arena, dim[a], ama__arena_printf(ip->arena, "dim_%d", a));
    return AMA_OK;
}

ama_status ama__build_make_array(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"indexes", NULL};
    const ama__arg *data = &c->arg[0], *attrs = ama__call_arg(c, "attrs");
    const char *dim[AMA_MAX_DIMS], *name;
    ama__variable *var;
    ama__handle *h;
    ama__object o;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(ama__arg_text(ip, c, ama__call_arg(c, "name"), &name));
    if (!data->given || data->v.kind == AMA_VAL_DATASET || data->v.kind == AMA_VAL_DICT)
        return ama__interp_type(ip, c, data, "an array or a list of numbers");
    if (data->v.kind == AMA_VAL_ARRAY && ama__call_arg(c, "dims")->v.kind == AMA_VAL_NONE) {
        o = data->v.u.handle->object;
        if (name) AMA_TRY(ama__graph_rename_array(ip->g, &o, name, &o));
        AMA_TRY(ama__val_object(ip->arena, AMA_VAL_ARRAY, &o, out));
    } else {
        AMA_TRY(ama__val_ndarray(ip, &data->v, data->at, &h));
        int ndim = ama__object_var(&h->object)->ndim;
        AMA_TRY(array_dims(ip, c, ndim, dim));
        AMA_TRY(with_dims(ip, &data->v, ndim, dim, data->at, &var));
        AMA_TRY(ama__object_from_array(ip->g, name, var, 0, NULL, &o));
        AMA_TRY(ama__val_object(ip->arena, AMA_VAL_ARRAY, &o, out));
    }
    AMA_TRY(set_coords(ip, ama__call_arg(c, "coords"), out->u.handle));
    if (attrs->v.kind == AMA_VAL_NONE) return AMA_OK;
    ama__attrs list = {0};
    AMA_TRY(ama__make_attrs(ip, &attrs->v, attrs->at, &list));
    return ama__handle_set_attrs(ip, out->u.handle, &list);
}

ama_status ama__build_make_dataset(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *vars = &c->arg[0], *attrs = ama__call_arg(c, "attrs");
    ama__object o = {.is_dataset = true};
    AMA_TRY(ama__val_object(ip->arena, AMA_VAL_DATASET, &o, out));
    AMA_TRY(set_coords(ip, &c->arg[1], out->u.handle));
    if (vars->v.kind == AMA_VAL_DATASET) {
        out->u.handle->object = vars->v.u.handle->object;
    } else if (vars->v.kind == AMA_VAL_DICT) {
        for (int i = 0; i < vars->v.u.items->n; i++) {
            const ama__val *key = &vars->v.u.items->key[i];
            if (key->kind != AMA_VAL_STR) return ama__interp_type(ip, c, vars, "a dict {name: values}");
            AMA_TRY(ama__make_assign(ip, out->u.handle, false, key->u.s, &vars->v.u.items->at[i], vars->at));
        }
    } else if (vars->v.kind != AMA_VAL_NONE) {
        return ama__interp_type(ip, c, vars, "a dict {name: values}");
    }
    if (attrs->v.kind == AMA_VAL_NONE) return AMA_OK;
    ama__attrs list = {0};
    AMA_TRY(ama__make_attrs(ip, &attrs->v, attrs->at, &list));
    return ama__handle_set_attrs(ip, out->u.handle, &list);
}

/* ---- constants as large arrays: one value, repeated along every axis */

static ama_status repeat_value(ama__interp *ip, const ama__val *value, ama_dtype t, int ndim, const int64_t *shape,
                               ama__node **out) {
    ama__pick pick[AMA_MAX_DIMS];
    ama__node *scalar;
    for (int a = 0; a < ndim; a++) pick[a] = (ama__pick){.in_axis = -1, .count = shape[a]};
    AMA_TRY(ama__node_scalar(ip->g, t, ama__val_f8(value), ama__val_i8(value), &scalar));
    if (ndim == 0) {
        *out = scalar;
        return AMA_OK;
    }
    return ama__node_index(ip->g, scalar, ndim, pick, NULL, out);
}

ama_status ama__build_full_like(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *other = &c->arg[0], *dtype = ama__call_arg(c, "dtype"), *fill = ama__call_arg(c, "fill_value");
    ama__val value = ama__val_int(c->method->name[0] == 'o');
    ama__object o;
    ama_dtype t = AMA_F8;
    if (!ama__val_is_object(&other->v)) return ama__interp_type(ip, c, other, "a DataArray or Dataset");
    if (c->method->name[0] == 'f') {
        if (!ama__val_is_number(&fill->v)) return ama__interp_type(ip, c, fill, "a number");
        value = fill->v;
    }
    if (dtype->v.kind != AMA_VAL_NONE) AMA_TRY(ama__arg_dtype(ip, c, dtype, &t));
    AMA_TRY(ama__object_copy(ip->g, &other->v.u.handle->object, &o));
    for (int i = 0; i < o.ds.n_vars; i++) {
        ama__variable *var;
        AMA_TRY(ama__variable_copy(ip->g, o.ds.var[i].var, &var));
        if (dtype->v.kind == AMA_VAL_NONE) t = var->node->dtype;
        if (ama__dtype_is_text(t))
            return ama__interp_fail(ip, other->at, AMA_ERR_UNSUPPORTED, "%s() of text", c->method->name);
        AMA_TRY(repeat_value(ip, &value, t, var->ndim, var->node->shape, &var->node));
        var->time = NULL;
        var->encoding = (ama__encoding){0};
        o.ds.var[i].var = var;
    }
    return ama__val_object(ip->arena, other->v.kind, &o, out);
}

/* ---- numpy's arrays */

static ama_status cast_bare(ama__interp *ip, ama__call *c, const ama__arg *dtype, ama__node *node, ama__val *out) {
    ama_dtype t;
    ama__handle *h;
    if (dtype->v.kind != AMA_VAL_NONE) {
        AMA_TRY(ama__arg_dtype(ip, c, dtype, &t));
        AMA_TRY(ama__node_cast(ip->g, node, t, &node));
    }
    AMA_TRY(ama__val_bare(ip, node, NULL, &h));
    *out = (ama__val){.kind = AMA_VAL_NDARRAY, .u.handle = h};
    return AMA_OK;
}

ama_status ama__build_numpy_array(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__handle *h;
    AMA_TRY(ama__val_ndarray(ip, &c->arg[0].v, c->arg[0].at, &h));
    if (h->object.is_dataset) return ama__interp_type(ip, c, &c->arg[0], "an array or a list");
    if (ama__object_var(&h->object)->time)
        return ama__interp_fail(ip, c->arg[0].at, AMA_ERR_UNSUPPORTED,
                                "%s() of times is not supported yet; the list itself does in sel, interp and coords",
                                c->method->name);
    return cast_bare(ip, c, &c->arg[1], ama__object_var(&h->object)->node, out);
}

ama_status ama__build_numpy_full(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__val *shape = &c->arg[0].v;
    const ama__arg *fill = ama__call_arg(c, "fill_value");
    ama__val value = ama__val_float(c->method->name[0] == 'o');
    int64_t extent[AMA_MAX_DIMS];
    ama__node *node;
    int n = ama__val_is_seq(shape) ? shape->u.items->n : 1;
    if (n > AMA_MAX_DIMS) return ama__interp_type(ip, c, &c->arg[0], "an int or a short tuple of ints");
    for (int a = 0; a < n; a++) {
        const ama__val *v = ama__val_is_seq(shape) ? &shape->u.items->at[a] : shape;
        if (v->kind != AMA_VAL_INT || v->u.i < 0)
            return ama__interp_type(ip, c, &c->arg[0], "an int or a tuple of ints");
        extent[a] = v->u.i;
    }
    if (fill->name) {
        if (!ama__val_is_number(&fill->v)) return ama__interp_type(ip, c, fill, "a number");
        value = fill->v;
    }
    ama_dtype t = ama__val_dtype(&value);
    AMA_TRY(repeat_value(ip, &value, t, n, extent, &node));
    return cast_bare(ip, c, ama__call_arg(c, "dtype"), node, out);
}

static ama_status read_number(ama__interp *ip, ama__call *c, const ama__arg *a, ama__val *out) {
    AMA_TRY(ama__val_scalar_now(ip, &a->v, a->at, a->name, out));
    return ama__val_is_number(out) ? AMA_OK : ama__interp_type(ip, c, a, "a number");
}

/* np.arange(stop), (start, stop[, step]); np.linspace(start, stop, num). */
ama_status ama__build_numpy_range(ama__interp *ip, ama__call *c, ama__val *out) {
    bool line = c->method->name[0] == 'l', whole, endpoint = true;
    ama__val start = ama__val_int(0), stop, step = ama__val_int(1);
    double n, width = 0;
    ama__node *node;
    AMA_TRY(read_number(ip, c, &c->arg[c->arg[1].v.kind == AMA_VAL_NONE ? 0 : 1], &stop));
    if (c->arg[1].v.kind != AMA_VAL_NONE) AMA_TRY(read_number(ip, c, &c->arg[0], &start));
    if (c->arg[2].v.kind != AMA_VAL_NONE) AMA_TRY(read_number(ip, c, &c->arg[2], &step));
    if (line) {
        AMA_TRY(ama__arg_bool(ip, c, &c->arg[3], &endpoint));
        n = ama__val_f8(&step);
        width = (ama__val_f8(&stop) - ama__val_f8(&start)) / (endpoint ? (n > 1 ? n - 1 : 1) : n);
        whole = false;
    } else {
        if (ama__val_f8(&step) == 0) return ama__interp_fail(ip, c->blame, AMA_ERR_ARG, "the step cannot be zero");
        n = ceil((ama__val_f8(&stop) - ama__val_f8(&start)) / ama__val_f8(&step));
        width = ama__val_f8(&step);
        whole = start.kind != AMA_VAL_FLOAT && stop.kind != AMA_VAL_FLOAT && step.kind != AMA_VAL_FLOAT;
    }
    if (!(n <= 10000000)) return ama__interp_fail(ip, c->blame, AMA_ERR_UNSUPPORTED, "more than 10 million numbers");
    int64_t count = n > 0 ? (int64_t)n : 0;
    int64_t *ints;
    AMA_NEW(ip->arena, ints, count + 1);
    double *reals = (double *)(void *)ints;
    for (int64_t i = 0; i < count; i++) {
        if (whole)
            ints[i] = ama__val_i8(&start) + i * ama__val_i8(&step);
        else
            reals[i] = line && endpoint && i == count - 1 && i > 0 ? ama__val_f8(&stop)
                                                                   : ama__val_f8(&start) + (double)i * width;
    }
    AMA_TRY(ama__node_const(ip->g, whole ? AMA_I8 : AMA_F8, 1, &count, ints, false, &node));
    return cast_bare(ip, c, ama__call_arg(c, "dtype"), node, out);
}

ama_status ama__build_numpy_constant(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *name = c->method->name;
    (void)ip;
    *out = ama__val_float(strcmp(name, "pi") == 0    ? M_PI
                          : strcmp(name, "e") == 0   ? M_E
                          : strcmp(name, "nan") == 0 ? (double)NAN
                                                     : (double)INFINITY);
    return AMA_OK;
}

ama_status ama__build_numpy_type(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *name = strcmp(c->method->name, "bool_") == 0 ? "bool" : c->method->name;
    *out = (ama__val){.kind = AMA_VAL_DTYPE};
    if (ama__dtype_parse(name, &out->u.dtype)) return AMA_OK;
    return ama__fail(ip->ctx, AMA_ERR_INTERNAL, "no dtype %s", name);
}

ama_status ama__build_numpy_dtype(ama__interp *ip, ama__call *c, ama__val *out) {
    *out = (ama__val){.kind = AMA_VAL_DTYPE};
    return ama__arg_dtype(ip, c, &c->arg[0], &out->u.dtype);
}
