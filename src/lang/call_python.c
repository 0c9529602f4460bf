/* Python's own functions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/builders.h"

#define RANGE_MAX 1000000

ama_status ama__build_print(ama__interp *ip, ama__call *c, ama__val *out) {
    static const char *const refused[] = {"file", NULL};
    const char *sep, *end;
    ama__piece_list list = {0};
    AMA_TRY(ama__call_refuse(ip, c, refused));
    AMA_TRY(ama__arg_text(ip, c, ama__call_arg(c, "sep"), &sep));
    AMA_TRY(ama__arg_text(ip, c, ama__call_arg(c, "end"), &end));
    for (int i = 0; i < c->n_args; i++) {
        if (i) AMA_TRY(ama__pieces_text(ip, &list, sep ? sep : " "));
        AMA_TRY(ama__pieces_val(ip, &list, &c->args[i].v, false, "", c->args[i].at));
    }
    AMA_TRY(ama__pieces_text(ip, &list, end ? end : "\n"));
    *out = ama__val_none();
    return ama__sink_print(ip, &list, c->blame);
}

/* One to three ints: stop; start, stop[, step]. */
static ama_status read_range(ama__interp *ip, ama__call *c, int64_t *r) {
    if (c->n_args < 1 || c->n_args > 3)
        return ama__interp_fail(ip, c->blame, AMA_ERR_ARG, "range() takes 1 to 3 arguments but %d were given",
                                c->n_args);
    for (int i = 0; i < c->n_args; i++) {
        ama__val v;
        AMA_TRY(ama__val_scalar_now(ip, &c->args[i].v, c->args[i].at, "a bound of range()", &v));
        if (v.kind != AMA_VAL_INT && v.kind != AMA_VAL_BOOL) return ama__interp_type(ip, c, &c->args[i], "an int");
        r[c->n_args == 1 ? 1 : i] = ama__val_i8(&v);
    }
    if (r[2] == 0) return ama__interp_fail(ip, c->args[2].at, AMA_ERR_ARG, "range() step must not be zero");
    return AMA_OK;
}

ama_status ama__build_range(ama__interp *ip, ama__call *c, ama__val *out) {
    int64_t r[3] = {0, 0, 1};
    AMA_TRY(read_range(ip, c, r));
    double n = ceil(((double)r[1] - (double)r[0]) / (double)r[2]);
    if (n > RANGE_MAX)
        return ama__interp_fail(ip, c->blame, AMA_ERR_UNSUPPORTED, "a range of more than a million numbers");
    AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, n > 0 ? (int)n : 0, out));
    out->u.items->look = AMA_LOOK_HIDDEN;
    for (int i = 0; i < out->u.items->n; i++) out->u.items->at[i] = ama__val_int(r[0] + i * r[2]);
    return AMA_OK;
}

ama_status ama__build_len(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__val *v = &c->arg[0].v;
    ama__val list;
    if (v->kind == AMA_VAL_STR) {
        int64_t n = 0;
        for (const char *s = v->u.s; *s; s++) n += ((unsigned char)*s & 0xc0) != 0x80;
        *out = ama__val_int(n);
        return AMA_OK;
    }
    if (v->kind == AMA_VAL_ARRAY || v->kind == AMA_VAL_NDARRAY) {
        const ama__variable *var = ama__object_var(&v->u.handle->object);
        if (var->ndim == 0) return ama__interp_fail(ip, c->arg[0].at, AMA_ERR_ARG, "len() of an array without dims");
        *out = ama__val_int(var->node->shape[0]);
        return AMA_OK;
    }
    if (v->kind == AMA_VAL_GROUPBY || v->kind == AMA_VAL_RESAMPLE) {
        *out = ama__val_int(v->u.group->n);
        return AMA_OK;
    }
    if (v->kind == AMA_VAL_NUMBER || v->kind < AMA_VAL_STR)
        return ama__interp_type(ip, c, &c->arg[0], "a list or array");
    AMA_TRY(ama__eval_iterate(ip, v, c->arg[0].at, &list));
    *out = ama__val_int(list.u.items->n);
    return AMA_OK;
}

ama_status ama__build_slice(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__val *part;
    if (c->n_args < 1 || c->n_args > 3)
        return ama__interp_fail(ip, c->blame, AMA_ERR_ARG, "slice() takes 1 to 3 arguments but %d were given",
                                c->n_args);
    AMA_NEW(ip->arena, part, 3);
    for (int i = 0; i < c->n_args; i++) part[c->n_args == 1 ? 1 : i] = c->args[i].v;
    *out = (ama__val){.kind = AMA_VAL_SLICE, .u.slice = part};
    return AMA_OK;
}

/* ---- int, float, bool, str, list, … */

static ama_status from_text(ama__interp *ip, ama__call *c, bool whole, ama__val *out) {
    const char *s = c->arg[0].v.u.s;
    char *end;
    if (whole)
        *out = ama__val_int(strtoll(s, &end, 10));
    else
        *out = ama__val_float(strtod(s, &end));
    while (*end == ' ') end++;
    if (*s && *end == '\0') return AMA_OK;
    return ama__interp_fail(ip, c->arg[0].at, AMA_ERR_ARG, "'%s' is not %s", s, whole ? "an integer" : "a number");
}

ama_status ama__build_convert(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__val *v = &c->arg[0].v;
    char kind = c->method->name[0];
    ama__object o;
    bool truth;
    if (kind == 'b') {
        AMA_TRY(ama__eval_truth(ip, v, c->arg[0].at, &truth));
        *out = ama__val_bool(truth);
        return AMA_OK;
    }
    if (v->kind == AMA_VAL_STR) return from_text(ip, c, kind == 'i', out);
    *out = *v;
    if (ama__val_is_object(v)) AMA_TRY(ama__val_scalar(ip, &v->u.handle->object, c->arg[0].at, out));
    if (out->kind == AMA_VAL_NUMBER) {
        AMA_TRY(ama__object_astype(ip->g, &out->u.handle->object, kind == 'i' ? AMA_I8 : AMA_F8, &o));
        return ama__val_object(ip->arena, AMA_VAL_NUMBER, &o, out);
    }
    if (!ama__val_is_number(out)) return ama__interp_type(ip, c, &c->arg[0], "a number");
    if (kind == 'f')
        *out = ama__val_float(ama__val_f8(out));
    else if (out->kind == AMA_VAL_FLOAT && !(fabs(out->u.f) < 9.2e18))
        return ama__interp_fail(ip, c->arg[0].at, AMA_ERR_ARG, "this number is not an integer of 64 bits");
    else
        *out = ama__val_int(ama__val_i8(out));
    return AMA_OK;
}

ama_status ama__build_convert_str(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__piece_list list = {0};
    AMA_TRY(ama__pieces_val(ip, &list, &c->arg[0].v, c->method->name[0] == 'r', "", c->arg[0].at));
    return ama__pieces_join(ip, &list, out);
}

/* Merges at[0 .. mid) and at[mid .. n), equal ones in their order. */
static ama_status merge(ama__interp *ip, ama__val *at, int mid, int n, ama__val *scratch, bool reverse,
                        ama__span where) {
    int i = 0, j = mid, k = 0;
    ama__val less;
    while (i < mid && j < n) {
        const ama__val *a = reverse ? &at[i] : &at[j], *b = reverse ? &at[j] : &at[i];
        AMA_TRY(ama__eval_plain(ip, AMA_AST_OP_LT, a, b, where, &less));
        scratch[k++] = less.u.b ? at[j++] : at[i++];
    }
    while (i < mid) scratch[k++] = at[i++];
    memcpy(at, scratch, (size_t)k * sizeof *at);
    return AMA_OK;
}

static ama_status sort(ama__interp *ip, ama__items *items, bool reverse, ama__span at) {
    ama__val *scratch;
    AMA_NEW(ip->arena, scratch, items->n);
    for (int width = 1; width < items->n; width *= 2)
        for (int i = 0; i + width < items->n; i += 2 * width) {
            int n = items->n - i < 2 * width ? items->n - i : 2 * width;
            AMA_TRY(merge(ip, items->at + i, width, n, scratch, reverse, at));
        }
    return AMA_OK;
}

/* list, tuple, sorted, reversed. */
ama_status ama__build_convert_list(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *name = c->method->name;
    ama__val list;
    bool reverse = false;
    AMA_TRY(ama__eval_iterate(ip, &c->arg[0].v, c->arg[0].at, &list));
    AMA_TRY(ama__val_seq(ip->arena, strcmp(name, "tuple") == 0 ? AMA_VAL_TUPLE : AMA_VAL_LIST, list.u.items->n, out));
    if (strcmp(name, "reversed") == 0) out->u.items->look = AMA_LOOK_HIDDEN;
    for (int i = 0, n = list.u.items->n; i < n; i++)
        out->u.items->at[i] = list.u.items->at[strcmp(name, "reversed") == 0 ? n - 1 - i : i];
    if (strcmp(name, "sorted") != 0) return AMA_OK;
    AMA_TRY(ama__arg_bool(ip, c, ama__call_arg(c, "reverse"), &reverse));
    return sort(ip, out->u.items, reverse, c->arg[0].at);
}

/* dict.update() and dict(): a dict, pairs, keywords. */
static ama_status fill_dict(ama__interp *ip, ama__call *c, ama__val *dict) {
    ama__val list, pair;
    if (c->n_args > 1) return ama__interp_fail(ip, c->args[1].at, AMA_ERR_ARG, "%s() takes one dict", c->method->name);
    if (c->n_args == 1) {
        const ama__val *from = &c->args[0].v;
        bool keyed = from->kind == AMA_VAL_DICT;
        if (from->kind == AMA_VAL_ATTRS) {
            ama__call copy = {.self = *from};
            AMA_TRY(ama__build_attrs_copy(ip, &copy, &pair));
            from = &pair;
            keyed = true;
        }
        AMA_TRY(ama__eval_iterate(ip, from, c->args[0].at, &list));
        for (int i = 0; i < list.u.items->n; i++) {
            const ama__val *item = &list.u.items->at[i];
            if (!keyed && (!ama__val_is_seq(item) || item->u.items->n != 2))
                return ama__interp_type(ip, c, &c->args[0], "a dict or a list of pairs");
            AMA_TRY(ama__val_put(ip->arena, dict, keyed ? item : &item->u.items->at[0],
                                 keyed ? &from->u.items->at[i] : &item->u.items->at[1]));
        }
    }
    for (int i = 0; i < c->n_kwargs; i++) {
        ama__val key = ama__val_str(c->kwargs[i].name);
        AMA_TRY(ama__val_put(ip->arena, dict, &key, &c->kwargs[i].v));
    }
    return AMA_OK;
}

ama_status ama__build_make_dict(ama__interp *ip, ama__call *c, ama__val *out) {
    AMA_TRY(ama__val_dict(ip->arena, out));
    return fill_dict(ip, c, out);
}

ama_status ama__build_dict_update(ama__interp *ip, ama__call *c, ama__val *out) {
    *out = ama__val_none();
    return fill_dict(ip, c, &c->self);
}

/* keys(), values(), items() of dicts, attrs, Datasets and coords. */
ama_status ama__build_dict_keys(ama__interp *ip, ama__call *c, ama__val *out) {
    char what = c->method->name[0];
    ama__val keys;
    AMA_TRY(ama__eval_iterate(ip, &c->self, c->blame, &keys));
    AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, keys.u.items->n, out));
    out->u.items->look = AMA_LOOK_HIDDEN;
    for (int i = 0; i < keys.u.items->n; i++) {
        ama__val *to = &out->u.items->at[i];
        *to = keys.u.items->at[i];
        if (what == 'k') continue;
        ama__val v;
        AMA_TRY(ama__eval_getitem(ip, &c->self, to, c->blame, &v));
        if (what == 'i') {
            ama__val key = *to;
            AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_TUPLE, 2, to));
            to->u.items->at[0] = key;
            to->u.items->at[1] = v;
        } else {
            *to = v;
        }
    }
    return AMA_OK;
}

ama_status ama__build_dict_get(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__val *key = &c->arg[0].v, *found = NULL;
    bool has;
    *out = c->arg[1].v;
    if (c->self.kind == AMA_VAL_DICT) {
        found = ama__val_find(&c->self, key);
        if (found) *out = *found;
        return AMA_OK;
    }
    if (key->kind != AMA_VAL_STR) return ama__interp_type(ip, c, &c->arg[0], "a str");
    if (c->self.kind == AMA_VAL_ATTRS)
        has = ama__attrs_find(ama__object_attrs(&c->self.u.handle->object), key->u.s) != NULL;
    else
        has = ama__graph_has(&c->self.u.handle->object, key->u.s);
    return has ? ama__eval_getitem(ip, &c->self, key, c->arg[0].at, out) : AMA_OK;
}

ama_status ama__build_list_append(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__val list;
    *out = ama__val_none();
    if (c->method->name[0] == 'a') return ama__val_append(ip->arena, &c->self, &c->arg[0].v);
    AMA_TRY(ama__eval_iterate(ip, &c->arg[0].v, c->arg[0].at, &list));
    for (int i = 0, n = list.u.items->n; i < n; i++)
        AMA_TRY(ama__val_append(ip->arena, &c->self, &list.u.items->at[i]));
    return AMA_OK;
}

/* zip(a, b), enumerate(a). */
ama_status ama__build_zip(ama__interp *ip, ama__call *c, ama__val *out) {
    bool counted = c->method->name[0] == 'e';
    const ama__arg *in = counted ? c->arg : c->args;
    int n_in = counted ? 1 : c->n_args, n = counted || n_in ? RANGE_MAX : 0;
    int64_t start = 0;
    ama__val *list;
    AMA_NEW(ip->arena, list, n_in);
    if (counted) AMA_TRY(ama__arg_int(ip, c, &c->arg[1], &start));
    for (int i = 0; i < n_in; i++) {
        AMA_TRY(ama__eval_iterate(ip, &in[i].v, in[i].at, &list[i]));
        if (list[i].u.items->n < n) n = list[i].u.items->n;
    }
    AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, n, out));
    out->u.items->look = AMA_LOOK_HIDDEN;
    for (int k = 0; k < n; k++) {
        ama__val *to = &out->u.items->at[k];
        AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_TUPLE, n_in + counted, to));
        if (counted) to->u.items->at[0] = ama__val_int(start + k);
        for (int i = 0; i < n_in; i++) to->u.items->at[i + counted] = list[i].u.items->at[k];
    }
    return AMA_OK;
}

/* ---- min, max, sum, abs, round of plain values */

ama_status ama__build_extreme(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__ast_op op = c->method->name[1] == 'i' ? AMA_AST_OP_LT : AMA_AST_OP_GT;
    ama__val list, better;
    if (c->n_args == 1) {
        AMA_TRY(ama__eval_iterate(ip, &c->args[0].v, c->args[0].at, &list));
    } else {
        AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, c->n_args, &list));
        for (int i = 0; i < c->n_args; i++) list.u.items->at[i] = c->args[i].v;
    }
    if (list.u.items->n == 0) return ama__interp_fail(ip, c->blame, AMA_ERR_ARG, "%s() of nothing", c->method->name);
    for (int i = 0; i < list.u.items->n; i++) {
        ama__val v;
        AMA_TRY(ama__val_scalar_now(ip, &list.u.items->at[i], c->blame, "a value to compare", &v));
        if (i == 0) {
            *out = v;
            continue;
        }
        AMA_TRY(ama__eval_plain(ip, op, &v, out, c->blame, &better));
        if (better.u.b) *out = v;
    }
    return AMA_OK;
}

/* sum(list) of numbers or arrays. */
ama_status ama__build_total(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__val list, sum;
    AMA_TRY(ama__eval_iterate(ip, &c->arg[0].v, c->arg[0].at, &list));
    *out = c->arg[1].v;
    for (int i = 0; i < list.u.items->n; i++) {
        AMA_TRY(ama__eval_operator(ip, AMA_AST_OP_ADD, out, &list.u.items->at[i], c->arg[0].at, &sum));
        *out = sum;
    }
    return AMA_OK;
}

ama_status ama__build_absolute(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__val *v = &c->arg[0].v;
    ama__object o;
    if (ama__val_is_object(v)) {
        ama__operand in = ama__operand_object(&v->u.handle->object);
        AMA_TRY(ama__object_map(ip->g, AMA_OP_ABS, 1, &in, ip->keep, &o));
        if (v->kind == AMA_VAL_NUMBER) return ama__val_scalar(ip, &o, c->blame, out);
        return ama__val_object(ip->arena, v->kind, &o, out);
    }
    if (!ama__val_is_number(v) || (v->kind == AMA_VAL_INT && v->u.i == INT64_MIN))
        return ama__interp_type(ip, c, &c->arg[0], "a number or an array");
    *out = v->kind == AMA_VAL_FLOAT ? ama__val_float(fabs(v->u.f)) : ama__val_int(llabs(ama__val_i8(v)));
    return AMA_OK;
}

ama_status ama__build_round_number(ama__interp *ip, ama__call *c, ama__val *out) {
    const ama__arg *a = &c->arg[0], *digits = &c->arg[1];
    int64_t n = 0;
    char buf[400];
    ama__object o;
    ama__val v = a->v;
    AMA_TRY(ama__arg_int(ip, c, digits, &n));
    if (n < -300 || n > 300) return ama__interp_type(ip, c, digits, "between -300 and 300");
    if (ama__val_is_object(&v)) {
        AMA_TRY(ama__object_round(ip->g, &v.u.handle->object, (int)n, &o));
        if (v.kind == AMA_VAL_NUMBER) return ama__val_scalar(ip, &o, c->blame, out);
        return ama__val_object(ip->arena, v.kind, &o, out);
    }
    if (!ama__val_is_number(&v)) return ama__interp_type(ip, c, a, "a number");
    *out = v;
    if (v.kind != AMA_VAL_FLOAT || !isfinite(v.u.f)) return AMA_OK;
    if (n < 0) {
        *out = ama__val_float(rint(v.u.f / pow(10, (double)-n)) * pow(10, (double)-n));
    } else { /* through the exact decimal text, as Python does */
        snprintf(buf, sizeof buf, "%.*f", (int)n, v.u.f);
        *out = ama__val_float(strtod(buf, NULL));
    }
    if (digits->v.kind == AMA_VAL_NONE && fabs(v.u.f) < 9e18) *out = ama__val_int((int64_t)rint(v.u.f));
    return AMA_OK;
}
