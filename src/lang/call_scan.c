/* cumsum and cumprod. */
#include <string.h>

#include "graph/cumulate.h"
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
