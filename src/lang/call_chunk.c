/* x.chunk(…), and chunks= of the open functions. */
#include <string.h>

#include "graph/chunking.h"
#include "lang/builders.h"

/* What one dim (NULL: every dim) is to have. */
static ama_status read_want(ama__interp *ip, ama__call *c, const ama__arg *a, const char *dim, ama__chunk_want *out) {
    int64_t *sizes;
    *out = (ama__chunk_want){.dim = dim};
    switch (a->v.kind) {
    case AMA_VAL_NONE: return AMA_OK;
    case AMA_VAL_INT:
        out->kind = AMA_CHUNK_SIZE;
        out->size = a->v.u.i;
        return AMA_OK;
    case AMA_VAL_STR:
        out->kind = AMA_CHUNK_AUTO;
        if (strcmp(a->v.u.s, "auto") == 0) return AMA_OK;
        return ama__interp_fail(ip, a->at, AMA_ERR_UNSUPPORTED,
                                "chunks of '%s' are not supported; sizes, -1 and \"auto\" are", a->v.u.s);
    case AMA_VAL_LIST:
    case AMA_VAL_TUPLE:
        out->kind = AMA_CHUNK_SIZES;
        out->n = a->v.u.items->n;
        AMA_NEW(ip->arena, sizes, out->n + 1);
        for (int i = 0; i < out->n; i++) {
            if (a->v.u.items->at[i].kind != AMA_VAL_INT) return ama__interp_type(ip, c, a, "sizes (int)");
            sizes[i] = a->v.u.items->at[i].u.i;
        }
        out->sizes = sizes;
        return AMA_OK;
    default: return ama__interp_type(ip, c, a, "a size, a tuple of sizes or \"auto\"");
    }
}

/* chunk((10, 5)): dim by dim. */
static ama_status read_tuple(ama__interp *ip, ama__call *c, int *n, ama__chunk_want **out) {
    const ama__arg *a = &c->arg[0];
    const ama__object *o = &c->self.u.handle->object;
    if (o->is_dataset)
        return ama__interp_fail(
            ip, a->at, AMA_ERR_UNSUPPORTED,
            "a tuple of chunks for a Dataset is not supported: name the dims, chunk({\"time\": 10})");
    const ama__variable *v = ama__object_var(o);
    if (a->v.u.items->n != v->ndim)
        return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "%d chunk sizes for %d dims", a->v.u.items->n, v->ndim);
    *n = v->ndim;
    AMA_NEW(ip->arena, *out, *n + 1);
    for (int i = 0; i < *n; i++) {
        ama__arg one = *a;
        one.v = a->v.u.items->at[i];
        AMA_TRY(read_want(ip, c, &one, v->dim[i], &(*out)[i]));
    }
    return AMA_OK;
}

/* A size has no meaning here that 0 and numbers below -1 could have. */
static ama_status check_size(ama__interp *ip, const ama__arg *a, const ama__chunk_want *w) {
    if (w->kind != AMA_CHUNK_SIZE || w->size > 0 || w->size == -1) return AMA_OK;
    return ama__interp_fail(ip, a->at, AMA_ERR_ARG, "a chunk size must be positive, or -1 for the whole dim");
}

/* None and "auto" leave the chunks to Amasia; {} and open_zarr's "auto" mean those of the store. */
ama_status ama__open_chunks(ama__interp *ip, ama__call *c, ama__val *v) {
    const ama__arg *a = ama__call_arg(c, "chunks");
    bool zarr = strcmp(c->method->name, "open_zarr") == 0, text = a->v.kind == AMA_VAL_STR;
    ama__chunk_want *want;
    ama__object o;
    int n = 0;
    if (a->v.kind == AMA_VAL_NONE || (text && !zarr) || strcmp(c->method->name, "load_dataset") == 0) return AMA_OK;
    AMA_NEW(ip->arena, want, (a->v.kind == AMA_VAL_DICT ? a->v.u.items->n : 0) + 1);
    if (a->v.kind == AMA_VAL_DICT) {
        for (; n < a->v.u.items->n; n++) {
            ama__arg one = *a;
            one.v = a->v.u.items->at[n];
            if (a->v.u.items->key[n].kind != AMA_VAL_STR) return ama__interp_type(ip, c, a, "a dict {dim: size}");
            AMA_TRY(read_want(ip, c, &one, a->v.u.items->key[n].u.s, &want[n]));
            AMA_TRY(check_size(ip, a, &want[n]));
        }
    } else if (!text) {
        AMA_TRY(read_want(ip, c, a, NULL, &want[n]));
        AMA_TRY(check_size(ip, a, &want[n++]));
    }
    AMA_AT(ip, a->at, ama__object_chunk_stored(ip->g, &v->u.handle->object, n, want, &o));
    ama__handle_set(v->u.handle, &o);
    return AMA_OK;
}

static ama_status read_pairs(ama__interp *ip, ama__call *c, int *n, ama__chunk_want **out) {
    ama__arg *pairs;
    AMA_TRY(ama__call_pairs(ip, c, &c->arg[0], n, &pairs));
    AMA_NEW(ip->arena, *out, *n + 1);
    for (int i = 0; i < *n; i++) {
        AMA_TRY(read_want(ip, c, &pairs[i], pairs[i].name, &(*out)[i]));
        c->blame = pairs[i].name_at;
    }
    return AMA_OK;
}

ama_status ama__build_chunk(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"chunked_array_type", "from_array_kwargs", NULL};
    const ama__arg *a = &c->arg[0];
    ama__chunk_want *want;
    ama__object o;
    int n = 1;
    AMA_TRY(ama__call_refuse(ip, c, refused));
    if (a->given) c->blame = a->at;
    if (a->v.kind == AMA_VAL_INT || a->v.kind == AMA_VAL_STR) {
        if (c->n_kwargs > 0) return ama__interp_type(ip, c, a, "a dict, next to named dims");
        AMA_NEW(ip->arena, want, 1);
        AMA_TRY(read_want(ip, c, a, NULL, want));
    } else if (ama__val_is_seq(&a->v)) {
        AMA_TRY(read_tuple(ip, c, &n, &want));
    } else {
        AMA_TRY(read_pairs(ip, c, &n, &want));
    }
    AMA_TRY(ama__object_chunk(ip->g, &c->self.u.handle->object, n, want, &o));
    return ama__val_object(ip->arena, c->self.kind, &o, out);
}
