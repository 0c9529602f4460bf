/* cumsum, cumprod and rank. */
#include <string.h>

#include "graph/cumulate.h"
#include "graph/ranking.h"
#include "lang/builders.h"

ama_status ama__build_cumulate(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *dim = ama__call_arg(c, "dim");
    ama__cumulation x = {.product = strcmp(c->method->name, "cumprod") == 0};
    ama__object o;
    AMA_TRY(ama__arg_dims(ip, c, dim, &x.dims));
    AMA_TRY(ama__arg_skipna(ip, c, ama__call_arg(c, "skipna"), &x.skipna));
    AMA_TRY(ama__arg_keep(ip, c, ama__call_arg(c, "keep_attrs"), &x.keep_attrs));
    if (dim->given) c->blame = dim->at;
    AMA_TRY(ama__object_cumulate(ip->g, &c->self.u.handle->object, &x, &o));
    return ama__val_object(ip->arena, c->self.kind, &o, out);
}

ama_status ama__build_rank(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *dim = ama__call_arg(c, "dim");
    ama__ranking r = {.keep_each = ip->keep};
    ama__object o;
    AMA_TRY(ama__arg_text(ip, c, dim, &r.dim));
    if (!r.dim) return ama__interp_type(ip, c, dim, "the name of a dim");
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "pct"), &r.pct));
    AMA_TRY(ama__arg_keep(ip, c, ama__call_arg(c, "keep_attrs"), &r.keep_attrs));
    c->blame = dim->at;
    AMA_TRY(ama__object_rank(ip->g, &c->self.u.handle->object, &r, &o));
    return ama__val_object(ip->arena, c->self.kind, &o, out);
}
