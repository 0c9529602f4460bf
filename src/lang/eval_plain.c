/* Operators on plain Python values. */
#include <math.h>
#include <string.h>

#include "lang/interp.h"

static ama_status unsupported_operands(ama__interp *ip, ama__ast_op op, const ama__val *a, const ama__val *b,
                                       ama__span at) {
    return ama__interp_fail(ip, at, AMA_ERR_ARG, "unsupported operand types for %s: '%s' and '%s'",
                            ama__ast_op_text(op), ama__val_type(a), ama__val_type(b));
}

/* ---- integers */

static bool int_pow(int64_t x, int64_t n, int64_t *out) {
    *out = 1;
    for (; n > 0; n--) {
        if (__builtin_mul_overflow(*out, x, out)) return false;
        if (x == 0 || x == 1) return true;
        if (x == -1) {
            *out = n % 2 ? -1 : 1;
            return true;
        }
    }
    return true;
}

static int64_t floor_div(int64_t x, int64_t y) {
    return x / y - (x % y != 0 && (x < 0) != (y < 0));
}

static ama_status int_op(ama__interp *ip, ama__ast_op op, int64_t x, int64_t y, ama__span at, ama__val *out) {
    int64_t r = 0;
    bool fits = true;
    if ((op == AMA_AST_OP_DIV || op == AMA_AST_OP_FLOORDIV || op == AMA_AST_OP_MOD) && y == 0)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "division by zero");
    switch (op) {
    case AMA_AST_OP_ADD: fits = !__builtin_add_overflow(x, y, &r); break;
    case AMA_AST_OP_SUB: fits = !__builtin_sub_overflow(x, y, &r); break;
    case AMA_AST_OP_MUL: fits = !__builtin_mul_overflow(x, y, &r); break;
    case AMA_AST_OP_DIV: *out = ama__val_float((double)x / (double)y); return AMA_OK;
    case AMA_AST_OP_FLOORDIV:
        fits = !(x == INT64_MIN && y == -1);
        if (fits) r = floor_div(x, y);
        break;
    case AMA_AST_OP_MOD: r = y == -1 ? 0 : x - y * floor_div(x, y); break;
    case AMA_AST_OP_POW:
        if (y < 0) {
            *out = ama__val_float(pow((double)x, (double)y));
            return AMA_OK;
        }
        fits = int_pow(x, y, &r);
        break;
    case AMA_AST_OP_BITAND: r = x & y; break;
    case AMA_AST_OP_BITOR: r = x | y; break;
    default: r = x ^ y;
    }
    if (!fits) return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "integers beyond 64 bits are not supported");
    *out = ama__val_int(r);
    return AMA_OK;
}

static ama_status float_op(ama__interp *ip, ama__ast_op op, double x, double y, ama__span at, ama__val *out) {
    double r;
    if ((op == AMA_AST_OP_DIV || op == AMA_AST_OP_FLOORDIV || op == AMA_AST_OP_MOD) && y == 0)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "division by zero");
    double mod = op == AMA_AST_OP_FLOORDIV || op == AMA_AST_OP_MOD ? fmod(x, y) : 0;
    if (mod != 0 && (mod < 0) != (y < 0)) mod += y;
    switch (op) {
    case AMA_AST_OP_ADD: r = x + y; break;
    case AMA_AST_OP_SUB: r = x - y; break;
    case AMA_AST_OP_MUL: r = x * y; break;
    case AMA_AST_OP_DIV: r = x / y; break;
    case AMA_AST_OP_FLOORDIV: r = floor((x - mod) / y + 0.5); break;
    case AMA_AST_OP_MOD: r = mod; break;
    default: r = pow(x, y);
    }
    *out = ama__val_float(r);
    return AMA_OK;
}

static ama_status number_op(ama__interp *ip, ama__ast_op op, const ama__val *a, const ama__val *b, ama__span at,
                            ama__val *out) {
    bool bits = op == AMA_AST_OP_BITAND || op == AMA_AST_OP_BITOR || op == AMA_AST_OP_BITXOR;
    if (a->kind == AMA_VAL_FLOAT || b->kind == AMA_VAL_FLOAT) {
        if (bits) return unsupported_operands(ip, op, a, b, at);
        return float_op(ip, op, ama__val_f8(a), ama__val_f8(b), at, out);
    }
    AMA_TRY(int_op(ip, op, ama__val_i8(a), ama__val_i8(b), at, out));
    if (bits && a->kind == AMA_VAL_BOOL && b->kind == AMA_VAL_BOOL) *out = ama__val_bool(out->u.i != 0);
    return AMA_OK;
}

/* ---- text and lists */

static ama_status concatenate(ama__interp *ip, const ama__val *a, const ama__val *b, ama__val *out) {
    AMA_TRY(ama__val_seq(ip->arena, a->kind, a->u.items->n + b->u.items->n, out));
    for (int i = 0; i < a->u.items->n; i++) out->u.items->at[i] = a->u.items->at[i];
    for (int i = 0; i < b->u.items->n; i++) out->u.items->at[a->u.items->n + i] = b->u.items->at[i];
    return AMA_OK;
}

static ama_status add_texts(ama__interp *ip, const ama__val *a, const ama__val *b, ama__span at, ama__val *out) {
    ama__piece_list list = {0};
    AMA_TRY(ama__pieces_val(ip, &list, a, false, "", at));
    AMA_TRY(ama__pieces_val(ip, &list, b, false, "", at));
    return ama__pieces_join(ip, &list, out);
}

static ama_status repeat(ama__interp *ip, const ama__val *a, int64_t n, ama__span at, ama__val *out) {
    if (n < 0) n = 0;
    if (a->kind == AMA_VAL_STR) {
        size_t one = strlen(a->u.s);
        char *s;
        if (one * (size_t)n > 1000000)
            return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "strings of more than a million characters");
        AMA_KEEP(ip->arena, s, ama__arena_alloc(ip->arena, one * (size_t)n + 1));
        for (int64_t i = 0; i < n; i++) memcpy(s + (size_t)i * one, a->u.s, one);
        *out = ama__val_str(s);
        return AMA_OK;
    }
    int m = a->u.items->n;
    if (m * n > 1000000) return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "lists of more than a million elements");
    AMA_TRY(ama__val_seq(ip->arena, a->kind, m * (int)n, out));
    for (int i = 0; i < m * (int)n; i++) out->u.items->at[i] = a->u.items->at[i % m];
    return AMA_OK;
}

/* ---- comparison */

/* -1, 0, 1; 2 unordered; 3: the types have no order. */
static int compare(const ama__val *a, const ama__val *b) {
    if (ama__val_is_number(a) && ama__val_is_number(b)) {
        if (a->kind != AMA_VAL_FLOAT && b->kind != AMA_VAL_FLOAT)
            return (ama__val_i8(a) > ama__val_i8(b)) - (ama__val_i8(a) < ama__val_i8(b));
        double x = ama__val_f8(a), y = ama__val_f8(b);
        return isnan(x) || isnan(y) ? 2 : (x > y) - (x < y);
    }
    if (a->kind == AMA_VAL_DATETIME && b->kind == AMA_VAL_DATETIME)
        return (a->u.datetime->ns > b->u.datetime->ns) - (a->u.datetime->ns < b->u.datetime->ns);
    if (a->kind == AMA_VAL_STR && b->kind == AMA_VAL_STR) {
        int c = strcmp(a->u.s, b->u.s);
        return (c > 0) - (c < 0);
    }
    if (!ama__val_is_seq(a) || a->kind != b->kind) return 3;
    for (int i = 0; i < a->u.items->n && i < b->u.items->n; i++)
        if (!ama__val_equal(&a->u.items->at[i], &b->u.items->at[i]))
            return compare(&a->u.items->at[i], &b->u.items->at[i]);
    return (a->u.items->n > b->u.items->n) - (a->u.items->n < b->u.items->n);
}

static ama_status order(ama__interp *ip, ama__ast_op op, const ama__val *a, const ama__val *b, ama__span at,
                        ama__val *out) {
    int c = compare(a, b);
    if (c == 3)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "%s is not defined between '%s' and '%s'", ama__ast_op_text(op),
                                ama__val_type(a), ama__val_type(b));
    bool r = op == AMA_AST_OP_LT   ? c == -1
             : op == AMA_AST_OP_LE ? c <= 0
             : op == AMA_AST_OP_GT ? c == 1
                                   : c == 0 || c == 1;
    *out = ama__val_bool(r);
    return AMA_OK;
}

static ama_status contains(ama__interp *ip, const ama__val *a, const ama__val *b, ama__span at, bool *out) {
    ama__val list;
    *out = false;
    if (b->kind == AMA_VAL_STR) {
        if (a->kind != AMA_VAL_STR)
            return ama__interp_fail(ip, at, AMA_ERR_ARG, "'in <string>' requires a string on the left, not %s",
                                    ama__val_type(a));
        *out = strstr(b->u.s, a->u.s) != NULL;
        return AMA_OK;
    }
    if (b->kind == AMA_VAL_ARRAY || b->kind == AMA_VAL_NDARRAY || b->kind == AMA_VAL_NUMBER)
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "'in' with an array is not supported; use .isin()");
    AMA_TRY(ama__eval_iterate(ip, b, at, &list));
    for (int i = 0; i < list.u.items->n; i++) *out |= ama__val_equal(a, &list.u.items->at[i]);
    if (b->kind == AMA_VAL_DATASET && a->kind == AMA_VAL_STR) *out = ama__graph_has(&b->u.handle->object, a->u.s);
    return AMA_OK;
}

static ama_status comparison(ama__interp *ip, ama__ast_op op, const ama__val *a, const ama__val *b, ama__span at,
                             ama__val *out) {
    bool r;
    switch (op) {
    case AMA_AST_OP_EQ:
    case AMA_AST_OP_NE: *out = ama__val_bool(ama__val_equal(a, b) == (op == AMA_AST_OP_EQ)); return AMA_OK;
    case AMA_AST_OP_IS:
    case AMA_AST_OP_ISNOT:
        r = a->kind == b->kind && ama__val_equal(a, b);
        *out = ama__val_bool(r == (op == AMA_AST_OP_IS));
        return AMA_OK;
    case AMA_AST_OP_IN:
    case AMA_AST_OP_NOTIN:
        AMA_TRY(contains(ip, a, b, at, &r));
        *out = ama__val_bool(r == (op == AMA_AST_OP_IN));
        return AMA_OK;
    default: return order(ip, op, a, b, at, out);
    }
}

static bool is_text(const ama__val *v) {
    return v->kind == AMA_VAL_STR || v->kind == AMA_VAL_TEXT;
}

ama_status ama__eval_plain(ama__interp *ip, ama__ast_op op, const ama__val *a, const ama__val *b, ama__span at,
                           ama__val *out) {
    if (op >= AMA_AST_OP_EQ && op <= AMA_AST_OP_ISNOT) return comparison(ip, op, a, b, at, out);
    if (ama__val_is_number(a) && ama__val_is_number(b)) return number_op(ip, op, a, b, at, out);
    if (op == AMA_AST_OP_ADD && is_text(a) && is_text(b)) return add_texts(ip, a, b, at, out);
    if (op == AMA_AST_OP_ADD && ama__val_is_seq(a) && a->kind == b->kind) return concatenate(ip, a, b, out);
    bool left = a->kind == AMA_VAL_STR || ama__val_is_seq(a), right = b->kind == AMA_VAL_STR || ama__val_is_seq(b);
    if (op == AMA_AST_OP_MUL && left && b->kind == AMA_VAL_INT) return repeat(ip, a, b->u.i, at, out);
    if (op == AMA_AST_OP_MUL && right && a->kind == AMA_VAL_INT) return repeat(ip, b, a->u.i, at, out);
    if (a->kind == AMA_VAL_RESAMPLE || b->kind == AMA_VAL_RESAMPLE)
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED,
                                "arithmetic with a Resample is not supported, in xarray neither; use groupby");
    if (a->kind == AMA_VAL_DATETIME || b->kind == AMA_VAL_DATETIME)
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "arithmetic with datetime64 is not supported yet");
    return unsupported_operands(ip, op, a, b, at);
}
