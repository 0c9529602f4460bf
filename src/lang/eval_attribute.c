/* Attributes of values: methods and properties of the table, variables, coordinates, attributes of the data. */
#include <string.h>

#include "lang/interp.h"

static ama_status from_row(ama__interp *ip, const ama__method *m, const ama__val *v, ama__span at, ama__val *out) {
    ama__bound *bound;
    if (!m->signature) {
        ama__call c = {.method = m, .self = *v, .blame = at};
        return ama__interp_at(ip, at, m->build(ip, &c, out));
    }
    AMA_NEW(ip->arena, bound, 1);
    *bound = (ama__bound){m, *v};
    *out = (ama__val){.kind = AMA_VAL_FUNCTION, .u.bound = bound};
    return AMA_OK;
}

/* Variables, coordinates, then attributes, as xarray looks names up. */
static ama_status from_object(ama__interp *ip, const ama__val *v, const char *name, ama__span at, ama__val *out) {
    ama__handle *h = v->u.handle;
    const ama__attrs *attrs = ama__object_attrs(&h->object);
    const ama__attr *a;
    const char **names;
    int n = 0;
    if (ama__graph_has(&h->object, name)) return ama__make_lookup(ip, h, name, at, out);
    a = ama__attrs_find(attrs, name);
    if (a) return ama__val_from_attr(ip, a, out);
    AMA_NEW(ip->arena, names, h->object.ds.n_vars + h->object.ds.n_coords + 1);
    if (h->object.is_dataset)
        for (int i = 0; i < h->object.ds.n_vars; i++) names[n++] = h->object.ds.var[i].name;
    for (int i = 0; i < h->object.ds.n_coords; i++) names[n++] = h->object.ds.coord[i].name;
    return ama__method_missing(ip, ama__method_receiver(v), name, at, n, names);
}

static ama_status from_module(ama__interp *ip, const ama__val *v, const char *name, ama__span at, ama__val *out) {
    ama__receiver on = v->u.module;
    *out = *v;
    if (on == AMA_ON_OS && strcmp(name, "path") == 0) {
        out->u.module = AMA_ON_PATH;
        return AMA_OK;
    }
    if (on == AMA_ON_OTHER || on == AMA_ON_PANDAS)
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED,
                                "'%s' is not supported: of modules only xarray and numpy can be used", name);
    return ama__method_missing(ip, on, name, at, 0, NULL);
}

static ama_status from_dt(ama__interp *ip, const ama__val *v, const char *name, ama__span at, ama__val *out) {
    ama__object o;
    if (ama__method_known(AMA_ON_DT, name)) return ama__method_missing(ip, AMA_ON_DT, name, at, 0, NULL);
    AMA_AT(ip, at, ama__object_dt(ip->g, NULL, &v->u.handle->object, name, &o));
    return ama__val_object(ip->arena, AMA_VAL_ARRAY, &o, out);
}

ama_status ama__eval_getattr(ama__interp *ip, const ama__val *v, const char *name, ama__span at, ama__val *out) {
    ama__receiver on = ama__method_receiver(v);
    const ama__method *m = on == AMA_ON_OTHER ? NULL : ama__method_find(on, name);
    if (m) return from_row(ip, m, v, at, out);
    switch (v->kind) {
    case AMA_VAL_MODULE: return from_module(ip, v, name, at, out);
    case AMA_VAL_DT: return from_dt(ip, v, name, at, out);
    case AMA_VAL_ARRAY:
    case AMA_VAL_DATASET:
        if (ama__method_known(on, name)) break;
        return from_object(ip, v, name, at, out);
    case AMA_VAL_COORDS: return ama__make_lookup(ip, v->u.handle, name, at, out);
    case AMA_VAL_SLICE:
        for (int i = 0; i < 3; i++)
            if (strcmp(name, i == 0 ? "start" : i == 1 ? "stop" : "step") == 0) {
                *out = v->u.slice[i];
                return AMA_OK;
            }
        break;
    default: break;
    }
    if (on == AMA_ON_OTHER)
        return ama__interp_fail(ip, at, AMA_ERR_NOTFOUND, "'%s' has no attribute '%s'", ama__val_type(v), name);
    return ama__method_missing(ip, on, name, at, 0, NULL);
}

ama_status ama__eval_attribute(ama__interp *ip, const ama__ast *ast, ama__val *out) {
    ama__val v;
    AMA_TRY(ama__eval(ip, ast->attribute.value, &v));
    return ama__eval_getattr(ip, &v, ast->attribute.name, ast->focus, out);
}
