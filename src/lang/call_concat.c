/* xr.concat, xr.merge and Dataset.merge. */
#include <string.h>

#include "graph/merge.h"
#include "lang/builders.h"

/* One of a few words; None and a left-out argument give the first. */
static ama_status read_word(ama__interp *ip, ama__call *c, const char *name, const char *const *words, int *out) {
    const ama__arg *a = ama__call_arg(c, name);
    const char *s;
    *out = 0;
    AMA_TRY(ama__arg_text(ip, c, a, &s));
    for (int i = 0; s && words[i]; i++)
        if (strcmp(s, words[i]) == 0) {
            *out = i;
            return AMA_OK;
        }
    if (!s) return AMA_OK;
    return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED,
                            "%s='%s' is not supported; '%s' is, and is what holds when %s is left out", name, s,
                            words[0], name);
}

static ama_status read_which(ama__interp *ip, ama__call *c, const char *name, ama__concat_vars *out) {
    const ama__arg *a = ama__call_arg(c, name);
    const char **names;
    if (a->v.kind == AMA_VAL_STR || a->v.kind == AMA_VAL_NONE) {
        static const char *const words[] = {"minimal", "all", NULL};
        int k;
        AMA_TRY(read_word(ip, c, name, words, &k));
        out->which = a->v.kind == AMA_VAL_NONE ? AMA_CONCAT_DEFAULT : k ? AMA_CONCAT_ALL : AMA_CONCAT_MINIMAL;
        return AMA_OK;
    }
    AMA_TRY(ama__arg_names(ip, c, a, &out->n, &names));
    out->which = AMA_CONCAT_NAMED;
    out->name = names;
    return AMA_OK;
}

static ama_status read_join(ama__interp *ip, ama__call *c, ama__concat_join *join, ama__concat_attrs *attrs) {
    static const char *const joins[] = {"exact", "outer", "inner", "left", "override", NULL};
    static const char *const rules[] = {"override", "drop_conflicts", "drop", NULL};
    int k;
    AMA_TRY(read_word(ip, c, "join", joins, &k));
    *join = (ama__concat_join)k;
    AMA_TRY(read_word(ip, c, "combine_attrs", rules, &k));
    *attrs = (ama__concat_attrs)k;
    return AMA_OK;
}

static ama_status read_options(ama__interp *ip, ama__call *c, ama__concat *out) {
    static const char *const refused[] = {"positions", "fill_value", NULL};
    static const char *const compats[] = {"override", NULL};
    int compat;
    bool index = true;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(read_word(ip, c, "compat", compats, &compat));
    AMA_TRY(read_join(ip, c, &out->join, &out->attrs));
    AMA_TRY(read_which(ip, c, "data_vars", &out->data_vars));
    AMA_TRY(read_which(ip, c, "coords", &out->coords));
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "create_index_for_new_dim"), &index));
    if (!index)
        return ama__interp_fail(ip, ama__call_arg(c, "create_index_for_new_dim")->at, AMA_ERR_UNSUPPORTED,
                                "create_index_for_new_dim=False is not supported");
    return AMA_OK;
}

/* A name, or the labels of the dim: a DataArray of one dim, or values (the dim is then "concat_dim"). */
static ama_status read_dim(ama__interp *ip, ama__call *c, ama__object *labels, ama__concat *out) {
    const ama__arg *a = ama__call_arg(c, "dim");
    if (a->v.kind == AMA_VAL_STR) {
        out->dim = a->v.u.s;
        return AMA_OK;
    }
    if (a->v.kind == AMA_VAL_ARRAY)
        *labels = a->v.u.handle->object;
    else if (a->v.kind == AMA_VAL_LIST || a->v.kind == AMA_VAL_NDARRAY)
        AMA_TRY(ama__make_variable(ip, &a->v, "concat_dim", a->at, labels));
    else
        return ama__interp_type(ip, c, a, "the name of a dim, or a DataArray with its labels");
    if (ama__object_var(labels)->ndim != 1) return ama__interp_type(ip, c, a, "a DataArray of one dim");
    out->dim = ama__object_var(labels)->dim[0];
    out->labels = labels;
    return AMA_OK;
}

ama_status ama__build_concat(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *objs = &c->arg[0], *vars = ama__call_arg(c, "data_vars");
    const ama__object **in;
    ama__object labels, o;
    ama__concat x = {0};
    if (!ama__val_is_seq(&objs->v)) return ama__interp_type(ip, c, objs, "a list of DataArrays or of Datasets");
    int n = objs->v.u.items->n;
    if (n == 0) return ama__interp_fail(ip, objs->at, AMA_ERR_ARG, "concat() needs at least one object");
    AMA_NEW(ip->arena, in, n);
    for (int i = 0; i < n; i++) {
        const ama__val *v = &objs->v.u.items->at[i];
        if (v->kind != AMA_VAL_ARRAY && v->kind != AMA_VAL_DATASET)
            return ama__interp_type(ip, c, objs, "a list of DataArrays or of Datasets");
        if (v->kind != objs->v.u.items->at[0].kind)
            return ama__interp_fail(ip, objs->at, AMA_ERR_ARG,
                                    "concat() needs objects of one kind: all DataArrays or all Datasets");
        in[i] = &v->u.handle->object;
    }
    AMA_TRY(read_dim(ip, c, &labels, &x));
    AMA_TRY(read_options(ip, c, &x));
    if (!in[0]->is_dataset && x.data_vars.which != AMA_CONCAT_ALL && x.data_vars.which != AMA_CONCAT_DEFAULT)
        return ama__interp_fail(ip, vars->at, AMA_ERR_ARG, "data_vars= is for Datasets, not for DataArrays");
    c->blame = objs->at;
    AMA_TRY(ama__graph_concat(ip->g, n, in, &x, &o));
    return ama__val_object(ip->arena, o.is_dataset ? AMA_VAL_DATASET : AMA_VAL_ARRAY, &o, out);
}

/* ---- merge */

static ama_status merge_objects(ama__interp *ip, ama__call *c, int n, const ama__object *const *in, ama__val *out) {
    static const char *const refused[] = {"fill_value", "overwrite_vars", NULL};
    static const char *const compats[] = {"override", "no_conflicts", "equals", "broadcast_equals", NULL};
    ama__merge m = {0};
    ama__object o;
    int compat;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(read_word(ip, c, "compat", compats, &compat));
    AMA_TRY(read_join(ip, c, &m.join, &m.attrs));
    m.check = compat > 0;
    c->blame = c->arg[0].at;
    AMA_TRY(ama__graph_merge(ip->g, n, in, &m, &o));
    return ama__val_object(ip->arena, AMA_VAL_DATASET, &o, out);
}

static bool is_labelled(const ama__val *v) {
    return v->kind == AMA_VAL_ARRAY || v->kind == AMA_VAL_DATASET;
}

ama_status ama__build_merge(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *objs = &c->arg[0];
    const ama__object **in;
    if (!ama__val_is_seq(&objs->v)) return ama__interp_type(ip, c, objs, "a list of DataArrays and Datasets");
    int n = objs->v.u.items->n;
    if (n == 0) return ama__interp_fail(ip, objs->at, AMA_ERR_ARG, "merge() needs at least one object");
    AMA_NEW(ip->arena, in, n);
    for (int i = 0; i < n; i++) {
        const ama__val *v = &objs->v.u.items->at[i];
        if (!is_labelled(v)) return ama__interp_type(ip, c, objs, "a list of DataArrays and Datasets");
        in[i] = &v->u.handle->object;
    }
    return merge_objects(ip, c, n, in, out);
}

/* ds.merge(other): as merge, but it stays unlimited where ds is. */
ama_status ama__build_merge_with(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__object *in[2] = {&c->self.u.handle->object};
    ama__object other;
    if (!is_labelled(&c->arg[0].v)) return ama__interp_type(ip, c, &c->arg[0], "a Dataset or a DataArray");
    other = c->arg[0].v.u.handle->object;
    c->blame = c->arg[0].at;
    if (!other.is_dataset) AMA_TRY(ama__graph_to_dataset(ip->g, &other, NULL, &other));
    in[1] = &other;
    AMA_TRY(merge_objects(ip, c, 2, in, out));
    out->u.handle->object.ds.n_unlimited = in[0]->ds.n_unlimited;
    out->u.handle->object.ds.unlimited = in[0]->ds.unlimited;
    return AMA_OK;
}
