/* The table of methods: rows, lookup, what to say of names that are not there. */
#include <string.h>

#include "lang/builders.h"

static const ama__method table[] = {
#define AMA_METHOD(ON, NAME, SIGNATURE, BUILD) {AMA_ON_##ON, NAME, SIGNATURE, ama__build_##BUILD},
#include "lang/methods.def"
#undef AMA_METHOD
};

typedef struct known_name {
    ama__receiver on;
    const char *name;
} known_name;

static const known_name known[] = {
#define AMA_KNOWN(ON, NAME) {AMA_ON_##ON, NAME},
#include "lang/known.def"
#undef AMA_KNOWN
};

enum { N_TABLE = sizeof table / sizeof table[0], N_KNOWN = sizeof known / sizeof known[0] };

const ama__method *ama__method_table(int *n) {
    *n = N_TABLE;
    return table;
}

const ama__method *ama__method_find(ama__receiver on, const char *name) {
    for (int i = 0; i < N_TABLE; i++)
        if (table[i].on == on && strcmp(table[i].name, name) == 0) return &table[i];
    return NULL;
}

bool ama__method_known(ama__receiver on, const char *name) {
    for (int i = 0; i < N_KNOWN; i++)
        if (known[i].on == on && strcmp(known[i].name, name) == 0) return true;
    return false;
}

ama__receiver ama__method_receiver(const ama__val *v) {
    switch (v->kind) {
    case AMA_VAL_MODULE: return v->u.module;
    case AMA_VAL_ARRAY: return AMA_ON_ARRAY;
    case AMA_VAL_DATASET: return AMA_ON_DATASET;
    case AMA_VAL_NDARRAY:
    case AMA_VAL_NUMBER: return AMA_ON_NDARRAY;
    case AMA_VAL_GROUPBY: return AMA_ON_GROUPBY;
    case AMA_VAL_RESAMPLE: return AMA_ON_RESAMPLE;
    case AMA_VAL_WEIGHTED: return AMA_ON_WEIGHTED;
    case AMA_VAL_ROLLING: return AMA_ON_ROLLING;
    case AMA_VAL_COARSEN: return AMA_ON_COARSEN;
    case AMA_VAL_DT: return AMA_ON_DT;
    case AMA_VAL_ATTRS: return AMA_ON_ATTRS;
    case AMA_VAL_ENCODING: return AMA_ON_ENCODING;
    case AMA_VAL_COORDS: return AMA_ON_COORDS;
    case AMA_VAL_STR: return AMA_ON_STR;
    case AMA_VAL_LIST: return AMA_ON_LIST;
    case AMA_VAL_DICT: return AMA_ON_DICT;
    default: return AMA_ON_OTHER;
    }
}

/* What does the same with what there is. */
static const char *hint(ama__receiver on, const char *name) {
    static const char *const hints[][2] = {{"drop", "use drop_vars() for variables, isel() for labels"},
                                           {"np", "use the array's own method: da.mean()"},
                                           {"plot", "write the result with to_netcdf() and plot that"}};
    if (on == AMA_ON_NUMPY) {
        for (int i = 0; i < N_TABLE; i++)
            if (table[i].on == AMA_ON_ARRAY && table[i].signature && strcmp(table[i].name, name) == 0)
                return hints[1][1];
        return NULL;
    }
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strcmp(hints[i][0], name) == 0) return hints[i][1];
    return NULL;
}

ama_status ama__method_missing(ama__interp *ip, ama__receiver on, const char *name, ama__span at, int n_extra,
                               const char *const *extra) {
    const char *owner = ama__receiver_name(on), **names;
    int n = 0;
    if (ama__method_known(on, name)) {
        const char *more = hint(on, name);
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "%s.%s is not supported yet%s%s", owner, name,
                                more ? "; " : "", more ? more : "");
    }
    AMA_NEW(ip->arena, names, N_TABLE + n_extra);
    for (int i = 0; i < N_TABLE; i++)
        if (table[i].on == on) names[n++] = table[i].name;
    for (int i = 0; i < n_extra; i++) names[n++] = extra[i];
    const char *nearest = ama__text_nearest(name, names, n);
    const char *what = n_extra ? "variable or method" : "method";
    if (on == AMA_ON_XARRAY || on == AMA_ON_NUMPY || on == AMA_ON_OS || on == AMA_ON_PATH) what = "name";
    return ama__interp_fail(ip, at, AMA_ERR_NOTFOUND, "unknown %s '%s' of %s%s%s%s", what, name, owner,
                            nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

ama_status ama__method_signature(ama__interp *ip, const ama__method *m, const ama__signature **out) {
    size_t i = (size_t)(m - table);
    if (!ip->signature) AMA_NEW(ip->arena, ip->signature, N_TABLE);
    if (!ip->signature[i]) AMA_TRY(ama__signature_parse(ip->arena, m->signature, &ip->signature[i]));
    *out = ip->signature[i];
    return AMA_OK;
}
