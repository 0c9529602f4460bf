/* Properties: views and facts of arrays and datasets. */
#include <string.h>

#include "lang/builders.h"

static const ama__object *self_of(const ama__call *c) {
    return &c->self.u.handle->object;
}

ama_status ama__build_view(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *name = c->method->name;
    (void)ip;
    out->u.handle = c->self.u.handle;
    out->kind = strcmp(name, "attrs") == 0      ? AMA_VAL_ATTRS
                : strcmp(name, "encoding") == 0 ? AMA_VAL_ENCODING
                : strcmp(name, "coords") == 0   ? AMA_VAL_COORDS
                                                : AMA_VAL_LOC;
    return AMA_OK;
}

static ama_status named_arrays(ama__interp *ip, ama__handle *h, int n, const ama__named *list, ama__val *out) {
    AMA_TRY(ama__val_dict(ip->arena, out));
    out->u.items->look = AMA_LOOK_HIDDEN;
    for (int i = 0; i < n; i++) {
        ama__val key = ama__val_str(list[i].name), v;
        AMA_TRY(ama__make_lookup(ip, h, list[i].name, (ama__span){0}, &v));
        AMA_TRY(ama__val_put(ip->arena, out, &key, &v));
    }
    return AMA_OK;
}

ama_status ama__build_data_vars(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__dataset *ds = &self_of(c)->ds;
    return named_arrays(ip, c->self.u.handle, ds->n_vars, ds->var, out);
}

ama_status ama__build_indexes(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__dataset *ds = &self_of(c)->ds;
    ama__named *list;
    int n = 0;
    AMA_NEW(ip->arena, list, ds->n_coords);
    for (int i = 0; i < ds->n_coords; i++)
        if (ama__variable_is_index(ds->coord[i].name, ds->coord[i].var)) list[n++] = ds->coord[i];
    return named_arrays(ip, c->self.u.handle, n, list, out);
}

ama_status ama__make_sizes(ama__interp *ip, const ama__object *o, ama__val *out) {
    const char **dims;
    int n;
    AMA_TRY(ama__val_dict(ip->arena, out));
    out->u.items->look = AMA_LOOK_FROZEN;
    if (o->is_dataset) {
        AMA_TRY(ama__dataset_dims(ip->g, &o->ds, &n, &dims));
        for (int i = 0; i < n; i++) {
            ama__val key = ama__val_str(dims[i]), v = ama__val_int(ama__dataset_dim_size(&o->ds, dims[i]));
            AMA_TRY(ama__val_put(ip->arena, out, &key, &v));
        }
        return AMA_OK;
    }
    const ama__variable *var = ama__object_var(o);
    for (int a = 0; a < var->ndim; a++) {
        ama__val key = ama__val_str(var->dim[a]), v = ama__val_int(var->node->shape[a]);
        AMA_TRY(ama__val_put(ip->arena, out, &key, &v));
    }
    return AMA_OK;
}

ama_status ama__build_sizes(ama__interp *ip, ama__call *c, ama__val *out) {
    return ama__make_sizes(ip, self_of(c), out);
}

ama_status ama__build_dims(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__object *o = self_of(c);
    if (o->is_dataset) {
        AMA_TRY(ama__make_sizes(ip, o, out));
        out->u.items->look = AMA_LOOK_HIDDEN;
        return AMA_OK;
    }
    return ama__make_names(ip, AMA_VAL_TUPLE, ama__object_var(o)->ndim, ama__object_var(o)->dim, out);
}

ama_status ama__build_shape(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__variable *v = ama__object_var(self_of(c));
    AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_TUPLE, v->ndim, out));
    for (int a = 0; a < v->ndim; a++) out->u.items->at[a] = ama__val_int(v->node->shape[a]);
    return AMA_OK;
}

static int64_t elements(const ama__variable *v) {
    int64_t n = 0;
    ama__shape_size(v->ndim, v->node->shape, &n);
    return n;
}

static int64_t bytes_of(int n, const ama__named *list) {
    int64_t sum = 0;
    for (int i = 0; i < n; i++) sum += elements(list[i].var) * (int64_t)ama__dtype_bytes(list[i].var->node->dtype);
    return sum;
}

/* size, ndim, nbytes. */
ama_status ama__build_extent(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__object *o = self_of(c);
    const char *name = c->method->name;
    (void)ip;
    if (strcmp(name, "nbytes") == 0)
        *out = ama__val_int(bytes_of(o->ds.n_vars, o->ds.var) +
                            (o->is_dataset ? bytes_of(o->ds.n_coords, o->ds.coord) : 0));
    else if (strcmp(name, "size") == 0)
        *out = ama__val_int(elements(ama__object_var(o)));
    else
        *out = ama__val_int(ama__object_var(o)->ndim);
    return AMA_OK;
}

ama_status ama__build_dtype(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__variable *v = ama__object_var(self_of(c));
    (void)ip;
    *out = (ama__val){.kind = AMA_VAL_DTYPE, .u.dtype = v->node->dtype};
    if (v->time) *out = ama__val_str(v->time->datetime64 ? "datetime64[ns]" : "object");
    return AMA_OK;
}

ama_status ama__build_name(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *name = self_of(c)->name;
    (void)ip;
    *out = name ? ama__val_str(name) : ama__val_none();
    return AMA_OK;
}

ama_status ama__build_values(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__variable *v = ama__object_var(self_of(c));
    out->kind = AMA_VAL_NDARRAY;
    return ama__val_bare(ip, v->node, v->time, &out->u.handle);
}

ama_status ama__build_item(ama__interp *ip, ama__call *c, ama__val *out) {
    if (c->n_args > 0)
        return ama__interp_fail(ip, c->args[0].at, AMA_ERR_UNSUPPORTED, "item() with an index is not supported yet");
    return ama__val_scalar(ip, self_of(c), c->blame, out);
}

ama_status ama__build_tolist(ama__interp *ip, ama__call *c, ama__val *out) {
    return ama__val_tolist(ip, &c->self, c->blame, out);
}

ama_status ama__build_dt(ama__interp *ip, ama__call *c, ama__val *out) {
    if (!ama__object_var(self_of(c))->time)
        return ama__interp_fail(ip, c->blame, AMA_ERR_ARG, ".dt is for times; the dtype here is %s",
                                ama__dtype_name(ama__object_var(self_of(c))->node->dtype));
    *out = (ama__val){.kind = AMA_VAL_DT, .u.handle = c->self.u.handle};
    return AMA_OK;
}

/* set_options(keep_attrs=True): the rest changes how xarray shows and computes, not what. */
ama_status ama__build_set_options(ama__interp *ip, ama__call *c, ama__val *out) {
    *out = ama__val_none();
    for (int i = 0; i < c->n_kwargs; i++) {
        const ama__arg *a = &c->kwargs[i];
        if (strcmp(a->name, "arithmetic_join") == 0 && !(a->v.kind == AMA_VAL_STR && strcmp(a->v.u.s, "inner") == 0))
            return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED, "only arithmetic_join=\"inner\" is supported");
        if (strcmp(a->name, "keep_attrs") != 0) continue;
        if (a->v.kind == AMA_VAL_BOOL)
            ip->keep = a->v.u.b ? AMA_KEEP_YES : AMA_KEEP_NO;
        else if (a->v.kind == AMA_VAL_STR && strcmp(a->v.u.s, "default") == 0)
            ip->keep = AMA_KEEP_DEFAULT;
        else
            return ama__interp_type(ip, c, a, "True, False or \"default\"");
    }
    return AMA_OK;
}

ama_status ama__build_compressor(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__value *v, *member;
    const char **key;
    AMA_NEW(ip->arena, v, 1);
    AMA_NEW(ip->arena, member, c->n);
    AMA_NEW(ip->arena, key, c->n);
    for (int i = 0; i < c->n; i++) {
        const ama__arg *a = &c->arg[i];
        key[i] = a->name;
        if (a->v.kind == AMA_VAL_INT)
            member[i] = (ama__value){.kind = AMA_VALUE_INT, .i = a->v.u.i};
        else if (a->v.kind == AMA_VAL_STR)
            member[i] = (ama__value){.kind = AMA_VALUE_TEXT, .text = a->v.u.s};
        else
            return ama__interp_type(ip, c, a, "an int or a str");
    }
    *v = (ama__value){.kind = AMA_VALUE_COMPRESSOR, .text = c->method->name, .n = c->n, .key = key, .member = member};
    *out = (ama__val){.kind = AMA_VAL_COMPRESSOR, .u.value = v};
    return AMA_OK;
}
