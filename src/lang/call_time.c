/* np.datetime64: points in time as values of a script. */
#include "lang/builders.h"

static ama_status make(ama__interp *ip, const ama__datetime *d, ama__val *out) {
    *out = (ama__val){.kind = AMA_VAL_DATETIME};
    AMA_KEEP(ip->arena, out->u.datetime, ama__arena_memdup(ip->arena, d, sizeof *d));
    return AMA_OK;
}

/* np.datetime64("2001-02"), ("2001-02", "ns"), (11354, "D"), (another one[, unit]), (ds.time.values[0]). */
ama_status ama__build_numpy_datetime(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *value = &c->arg[0], *given = &c->arg[1];
    ama__datetime d;
    ama__datetime_unit unit = AMA_DATETIME_N;
    const char *name;
    ama__val v;
    AMA_TRY(ama__arg_text(ip, c, given, &name));
    if (name) AMA_AT(ip, given->at, ama__datetime_unit_parse(ip->ctx, name, &unit));
    AMA_TRY(ama__val_scalar_now(ip, &value->v, value->at, "a date", &v));
    c->blame = value->at;
    switch (v.kind) {
    case AMA_VAL_STR: AMA_TRY(ama__datetime_parse(ip->ctx, v.u.s, unit, &d)); break;
    case AMA_VAL_BOOL:
    case AMA_VAL_INT:
        if (!name)
            return ama__interp_fail(ip, value->at, AMA_ERR_ARG, "datetime64() of an int needs a unit: (%lld, 'D')",
                                    (long long)ama__val_i8(&v));
        AMA_TRY(ama__datetime_of_count(ip->ctx, ama__val_i8(&v), unit, &d));
        break;
    case AMA_VAL_DATETIME:
        d = *v.u.datetime;
        if (name) AMA_TRY(ama__datetime_cut(ip->ctx, v.u.datetime, unit, &d));
        break;
    case AMA_VAL_NDARRAY: /* one time of an array */
        if (!name && ama__object_var(&v.u.handle->object)->time->datetime64) {
            *out = v;
            return AMA_OK;
        } /* fall through */
    default: return ama__interp_type(ip, c, value, "a date as a str, or an int with a unit");
    }
    return make(ip, &d, out);
}
