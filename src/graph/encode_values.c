/* CF encoding of the values of one variable, in xarray's order: times, scale and offset, missing values, dtype, default
 * fill value, bool, text; then what classic netCDF has no type for. Arrays in memory are encoded here, others get MAP
 * nodes. */
#include <inttypes.h>
#include <math.h>

#include "base/text.h"
#include "graph/encode_private.h"
#include "graph/labels.h"

static ama_status set_number_attr(ama__graph *g, ama__attrs *a, const char *name, ama_dtype t, double f, int64_t i) {
    uint64_t cell = 0;
    if (t == AMA_BOOL) t = AMA_I1;
    if (ama__dtype_is_float(t))
        ama__dtype_set_f8(t, &cell, 0, f);
    else
        ama__dtype_set_i8(t, &cell, 0, i);
    return ama__attrs_set(g->arena, a, name, t, 1, &cell);
}

/* pop_to of xarray: what the encoding says must not be in the attributes already. */
static ama_status refuse_attr(ama__graph *g, const ama__encode_item *item, const char *name) {
    if (!ama__attrs_find(&item->var->attrs, name)) return AMA_OK;
    return ama__fail(g->ctx, AMA_ERR_ARG,
                     "variable %s has the attribute %s, and its encoding has it too: remove the attribute", item->name,
                     name);
}

/* ---- missing values */

/* What NaN becomes, after _FillValue and missing_value were written as attributes of the stored dtype. */
typedef struct fill_value {
    bool any;
    double f8;
    int64_t i8;
} fill_value;

static bool same_number(const ama__encoding *e) {
    double a = e->fill_f8, b = e->missing_f8;
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    return a == b || fabs(a - b) <= 1e-5 * fabs(b) + 1e-8;
}

static ama_status write_missing(ama__graph *g, ama__encode_item *item, ama_dtype stored, fill_value *out) {
    ama__encoding *e = &item->var->encoding;
    ama__attrs *attrs = &item->var->attrs;
    *out = (fill_value){.any = false};
    if (e->has_fill && e->has_missing && !same_number(e))
        return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                         "variable %s has conflicting _FillValue (%g) and missing_value (%g): it cannot be encoded",
                         item->name, e->fill_f8, e->missing_f8);
    if (e->has_fill) {
        AMA_TRY(refuse_attr(g, item, "_FillValue"));
        *out = (fill_value){true, e->fill_f8, e->fill_i8};
        AMA_TRY(set_number_attr(g, attrs, "_FillValue", stored, e->fill_f8, e->fill_i8));
    }
    if (e->has_missing) {
        AMA_TRY(refuse_attr(g, item, "missing_value"));
        if (!out->any) *out = (fill_value){true, e->missing_f8, e->missing_i8};
        AMA_TRY(set_number_attr(g, attrs, "missing_value", stored, out->f8, out->i8));
    }
    return AMA_OK;
}

static ama_status default_fill(ama__graph *g, ama__encode_item *item, ama_dtype stored) {
    const ama__encoding *e = &item->var->encoding;
    const ama__attr *a = ama__attrs_find(&item->var->attrs, "_FillValue");
    if (a && a->dtype != stored && a->n == 1 && !ama__dtype_is_text(a->dtype) && !ama__dtype_is_text(stored))
        return set_number_attr(g, &item->var->attrs, "_FillValue", stored, ama__dtype_get_f8(a->dtype, a->data, 0),
                               ama__dtype_get_i8(a->dtype, a->data, 0));
    if (a || e->has_fill || e->no_fill || !ama__dtype_is_float(stored)) return AMA_OK;
    return set_number_attr(g, &item->var->attrs, "_FillValue", stored, NAN, 0);
}

/* Index of the first element that does not survive the cast, or -1. */
static int64_t first_lossy(ama_dtype from, ama_dtype to, int64_t n, const void *src, void *dst) {
    for (int64_t i = 0; i < n; i++) {
        int64_t x = ama__dtype_get_i8(from, src, i);
        ama__dtype_set_i8(to, dst, i, x);
        if (ama__dtype_get_i8(to, dst, i) != x) return i;
    }
    return -1;
}

/* ---- times */

/* Numbers that had to be int64 for their NaT may fit the wanted type once these are filled. */
static ama_status narrow(ama__graph *g, ama_dtype to, int64_t n, ama_dtype *dtype, void **numbers) {
    if (*dtype != AMA_I8 || !ama__dtype_is_int(to) || to == AMA_I8) return AMA_OK;
    char *p;
    AMA_NEW(g->arena, p, (size_t)n * ama__dtype_bytes(to) + 8);
    if (first_lossy(AMA_I8, to, n, *numbers, p) >= 0) return AMA_OK;
    *dtype = to;
    *numbers = p;
    return AMA_OK;
}

static void fill_nat(const ama__encoding *e, ama_dtype t, int64_t n, const int64_t *ticks, void *numbers) {
    double f8 = e->has_fill ? e->fill_f8 : e->missing_f8;
    int64_t i8 = e->has_fill ? e->fill_i8 : e->missing_i8;
    if (!e->has_fill && !e->has_missing) return;
    for (int64_t i = 0; i < n; i++) {
        if (ticks[i] != AMA_NAT) continue;
        if (ama__dtype_is_float(t))
            ama__dtype_set_f8(t, numbers, i, f8);
        else
            ama__dtype_set_i8(t, numbers, i, i8);
    }
}

static ama_status encode_times(ama__graph *g, ama__encode_item *item) {
    ama__variable *v = item->var;
    ama__encoding *e = &v->encoding;
    ama__time_encoding want = {.units = e->units, .calendar = e->calendar, .dtype = AMA_DTYPE_N}, got;
    const void *ticks;
    void *numbers;
    const char *warning = NULL;
    fill_value fill;
    int64_t n;
    AMA_TRY(refuse_attr(g, item, "units"));
    AMA_TRY(refuse_attr(g, item, "calendar"));
    if (e->has_dtype && !ama__dtype_is_text(e->dtype) && e->dtype != AMA_BOOL) want.dtype = e->dtype;
    AMA_TRY(ama__labels_eval(g, NULL, v->node, item->name, &ticks));
    ama__shape_size(v->ndim, v->node->shape, &n);
    AMA_TRY(ama__wrap(g->ctx, ama__time_encode(g->arena, v->time, &want, n, ticks, &got, &numbers, &warning),
                      "variable %s", item->name));
    fill_nat(e, got.dtype, n, ticks, numbers);
    AMA_TRY(narrow(g, want.dtype, n, &got.dtype, &numbers));
    if (warning && got.dtype != want.dtype) ama__warn(g->ctx, "variable %s: %s", item->name, warning);
    AMA_TRY(write_missing(g, item, got.dtype, &fill));
    AMA_TRY(ama__attrs_set_text(g->arena, &v->attrs, "units", got.units));
    AMA_TRY(ama__attrs_set_text(g->arena, &v->attrs, "calendar", got.calendar));
    AMA_TRY(ama__node_const(g, got.dtype, v->ndim, v->node->shape, numbers, false, &item->node));
    return default_fill(g, item, got.dtype);
}

/* ---- numbers */

static ama_status with_scalar(ama__graph *g, ama__op op, ama__node *x, double y, ama__node **out) {
    ama__node *in[2] = {x};
    int8_t axis[2][AMA_MAX_DIMS];
    AMA_TRY(ama__node_scalar(g, x->dtype, y, (int64_t)y, &in[1]));
    for (int a = 0; a < AMA_MAX_DIMS; a++) {
        axis[0][a] = (int8_t)a;
        axis[1][a] = -1;
    }
    return ama__node_map(g, op, 2, in, (const int8_t(*)[AMA_MAX_DIMS])axis, x->ndim, x->shape, out);
}

static ama_status fill_missing(ama__graph *g, ama__node *x, double fill, ama__node **out) {
    ama__node *in[3] = {NULL, NULL, x};
    int8_t axis[3][AMA_MAX_DIMS];
    AMA_TRY(ama__node_unary(g, AMA_OP_ISNULL, x, &in[0]));
    AMA_TRY(ama__node_scalar(g, x->dtype, fill, 0, &in[1]));
    for (int a = 0; a < AMA_MAX_DIMS; a++) {
        axis[0][a] = axis[2][a] = (int8_t)a;
        axis[1][a] = -1;
    }
    return ama__node_map(g, AMA_OP_WHERE, 3, in, (const int8_t(*)[AMA_MAX_DIMS])axis, x->ndim, x->shape, out);
}

/* Lazily: one node a step. */
static ama_status pack_lazy(ama__graph *g, ama__node *x, const ama__pack *p, ama__node **out) {
    if (x->dtype != p->from) AMA_TRY(ama__node_cast(g, x, p->from, &x));
    if (p->has_offset) AMA_TRY(with_scalar(g, AMA_OP_SUB, x, p->offset, &x));
    if (p->has_scale) AMA_TRY(with_scalar(g, AMA_OP_DIV, x, p->scale, &x));
    bool from_float = ama__dtype_is_float(x->dtype);
    if (p->has_fill && from_float && !isnan(p->fill_f8)) AMA_TRY(fill_missing(g, x, p->fill_f8, &x));
    if (from_float && ama__dtype_is_int(p->to)) AMA_TRY(ama__node_unary(g, AMA_OP_RINT, x, &x));
    return ama__node_cast(g, x, p->to, out);
}

/* In memory: the same by cf/packing.h. */
static ama_status pack_eager(ama__graph *g, ama__node *x, const ama__pack *p, ama__node **out) {
    int64_t n;
    char *to, *from = NULL;
    const void *data = x->u.constant.data;
    ama__shape_size(x->ndim, x->shape, &n);
    if (x->dtype != p->from) {
        AMA_NEW(g->arena, from, (size_t)n * ama__dtype_bytes(p->from) + 8);
        for (int64_t i = 0; i < n; i++) ama__dtype_set_f8(p->from, from, i, ama__dtype_get_f8(x->dtype, data, i));
        data = from;
    }
    AMA_NEW(g->arena, to, (size_t)n * ama__dtype_bytes(p->to) + 8);
    ama__pack_apply(p, n, data, to);
    return ama__node_const(g, p->to, x->ndim, x->shape, to, false, out);
}

static ama_status pack(ama__graph *g, ama__node *x, const ama__pack *p, ama__node **out) {
    bool plain = !p->has_scale && !p->has_offset && p->from == p->to && x->dtype == p->to;
    if (plain && (!p->has_fill || !ama__dtype_is_float(p->to) || isnan(p->fill_f8))) {
        *out = x;
        return AMA_OK;
    }
    if (x->kind == AMA_NODE_CONST && p->to != AMA_BOOL) return pack_eager(g, x, p, out);
    return pack_lazy(g, x, p, out);
}

static ama_dtype unsigned_of(ama_dtype t) {
    return t >= AMA_I1 && t <= AMA_I8 ? (ama_dtype)(t - AMA_I1 + AMA_U1) : t;
}
static ama_dtype signed_of(ama_dtype t) {
    return t >= AMA_U1 && t <= AMA_U8 ? (ama_dtype)(t - AMA_U1 + AMA_I1) : t;
}

static ama_status scale_attrs(ama__graph *g, ama__encode_item *item, ama__pack *p) {
    ama__encoding *e = &item->var->encoding;
    ama__attrs *attrs = &item->var->attrs;
    if (!e->has_scale && !e->has_offset) return AMA_OK;
    if (!ama__dtype_is_float(p->from)) p->from = AMA_F8;
    if (e->has_offset) {
        AMA_TRY(refuse_attr(g, item, "add_offset"));
        AMA_TRY(set_number_attr(g, attrs, "add_offset", e->offset_dtype, e->offset, (int64_t)e->offset));
    }
    if (e->has_scale) {
        AMA_TRY(refuse_attr(g, item, "scale_factor"));
        AMA_TRY(set_number_attr(g, attrs, "scale_factor", e->scale_dtype, e->scale, (int64_t)e->scale));
    }
    p->has_scale = e->has_scale;
    p->scale = e->scale;
    p->has_offset = e->has_offset;
    p->offset = e->offset;
    return AMA_OK;
}

static ama_status encode_numbers(ama__graph *g, ama__encode_item *item) {
    ama__variable *v = item->var;
    ama__encoding *e = &v->encoding;
    ama__node *x = v->node;
    ama_dtype stored = e->has_dtype && !ama__dtype_is_text(e->dtype) ? e->dtype : x->dtype, file = stored;
    if (!e->has_dtype && (e->has_scale || e->has_offset) && !ama__dtype_is_float(stored)) stored = file = AMA_F8;
    if (e->unsigned_hint > 0) {
        stored = unsigned_of(stored);
        file = signed_of(stored);
    } else if (e->unsigned_hint < 0) {
        stored = signed_of(stored);
        file = unsigned_of(stored);
    }
    ama__pack p = {.from = x->dtype, .to = stored};
    fill_value fill;
    AMA_TRY(scale_attrs(g, item, &p));
    AMA_TRY(write_missing(g, item, file == AMA_BOOL ? AMA_I1 : file, &fill));
    bool in_attrs = ama__attrs_find(&v->attrs, "_FillValue") || ama__attrs_find(&v->attrs, "missing_value");
    if (ama__dtype_is_int(stored) && ama__dtype_is_float(x->dtype) && !in_attrs && !e->no_fill)
        ama__warn(g->ctx, "variable %s: floating-point data are written as %s without a _FillValue for NaN", item->name,
                  ama__dtype_name(file));
    if (fill.any) {
        p.has_fill = true;
        p.fill_f8 = ama__dtype_is_float(stored) || file == stored ? fill.f8 : (double)fill.i8;
        p.fill_i8 = fill.i8;
        if (stored == AMA_F4) p.fill_f8 = (double)(float)p.fill_f8;
    }
    AMA_TRY(pack(g, x, &p, &item->node));
    if (file != stored) {
        AMA_TRY(ama__attrs_set_text(g->arena, &v->attrs, "_Unsigned", e->unsigned_hint > 0 ? "true" : "false"));
        p = (ama__pack){.from = stored, .to = file};
        AMA_TRY(pack(g, item->node, &p, &item->node));
    }
    AMA_TRY(default_fill(g, item, item->node->dtype));
    if (item->node->dtype != AMA_BOOL) return AMA_OK;
    AMA_TRY(ama__attrs_set_text(g->arena, &v->attrs, "dtype", "bool"));
    p = (ama__pack){.from = AMA_BOOL, .to = AMA_I1};
    return pack(g, item->node, &p, &item->node);
}

/* ---- text */

static ama_status to_chars(ama__graph *g, ama__encode_item *item, const char *const *texts) {
    ama__variable *v = item->var;
    int64_t n, shape[AMA_MAX_DIMS], width = v->encoding.char_len > 0 ? v->encoding.char_len : 1, longest = 1;
    ama__shape_size(v->ndim, v->node->shape, &n);
    for (int64_t i = 0; i < n; i++)
        if (texts[i] && (int64_t)strlen(texts[i]) > longest) longest = (int64_t)strlen(texts[i]);
    bool keeps = v->encoding.char_dim && longest <= width;
    if (!keeps) width = longest;
    if (v->ndim == AMA_MAX_DIMS)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "variable %s: no room for the dim of its characters", item->name);
    char *chars;
    AMA_NEW(g->arena, chars, (size_t)(n * width) + 1);
    for (int64_t i = 0; i < n; i++)
        if (texts[i]) memcpy(chars + i * width, texts[i], strlen(texts[i]));
    memcpy(shape, v->node->shape, (size_t)v->ndim * sizeof *shape);
    shape[v->ndim] = width;
    item->char_dim = v->encoding.char_dim;
    if (!keeps) AMA_KEEP(g->arena, item->char_dim, ama__arena_printf(g->arena, "string%" PRId64, width));
    bool was_chars = v->encoding.has_dtype && v->encoding.dtype == AMA_CHAR && !item->asked;
    if (!was_chars || v->encoding.utf8) AMA_TRY(ama__attrs_set_text(g->arena, &v->attrs, "_Encoding", "utf-8"));
    return ama__node_const(g, AMA_CHAR, v->ndim + 1, shape, chars, false, &item->node);
}

/* Characters as the source has them, in its dims. False where they were joined with those of other files. */
static bool has_chars(const ama__variable *v) {
    int64_t n, width = v->encoding.char_dim ? v->encoding.char_len : 1;
    return v->encoding.chars && ama__shape_size(v->ndim, v->node->shape, &n) && n * width == v->encoding.n_chars;
}

static ama_status stored_chars(ama__graph *g, ama__encode_item *item) {
    const ama__variable *v = item->var;
    int64_t shape[AMA_MAX_DIMS];
    memcpy(shape, v->node->shape, (size_t)v->ndim * sizeof *shape);
    if (v->encoding.char_dim) shape[v->ndim] = v->encoding.char_len;
    item->char_dim = v->encoding.char_dim;
    if (v->encoding.utf8) AMA_TRY(ama__attrs_set_text(g->arena, &item->var->attrs, "_Encoding", "utf-8"));
    return ama__node_const(g, AMA_CHAR, v->ndim + (item->char_dim != NULL), shape, v->encoding.chars, false,
                           &item->node);
}

static ama_status encode_text(ama__graph *g, const ama__write_args *args, ama__encode_item *item) {
    const void *texts;
    AMA_TRY(ama__labels_eval(g, NULL, item->var->node, item->name, &texts));
    bool chars = item->var->encoding.has_dtype && item->var->encoding.dtype == AMA_CHAR;
    if (args->as_stored && chars && has_chars(item->var)) return stored_chars(g, item);
    if (ama__format_is_classic(args->format) || (chars && (args->as_stored || args->format == AMA_FORMAT_NETCDF4)))
        return to_chars(g, item, texts);
    return ama__node_const(g, AMA_STRING, item->var->ndim, item->var->node->shape, texts, false, &item->node);
}

/* ---- classic netCDF */

/* The type classic netCDF has in place of t; t itself when it has that. CDF-5 has all. */
static ama_dtype classic_dtype(ama__format f, ama_dtype t) {
    if (f == AMA_FORMAT_CDF5) return t;
    switch (t) {
    case AMA_I8:
    case AMA_U8:
    case AMA_U4: return AMA_I4;
    case AMA_U2: return AMA_I2;
    case AMA_U1: return AMA_I1;
    default: return t;
    }
}

static ama_status to_classic(ama__graph *g, const ama__write_args *args, ama__encode_item *item) {
    ama__node *x = item->node;
    ama_dtype t = classic_dtype(args->format, x->dtype);
    int64_t n, bad;
    if (t == x->dtype) return AMA_OK;
    if (x->kind != AMA_NODE_CONST)
        return ama__fail(
            g->ctx, AMA_ERR_UNSUPPORTED,
            "variable %s: %s has no place in this netCDF format, and whether its values fit %s is not known "
            "before they are computed: use format=\"NETCDF4\" or \"NETCDF3_64BIT_DATA\", or "
            "encoding={\"%s\": {\"dtype\": \"%s\"}}",
            item->name, ama__dtype_name(x->dtype), ama__dtype_name(t), item->name, ama__dtype_name(t));
    char *to;
    ama__shape_size(x->ndim, x->shape, &n);
    AMA_NEW(g->arena, to, (size_t)n * ama__dtype_bytes(t) + 8);
    bad = first_lossy(x->dtype, t, n, x->u.constant.data, to);
    if (bad >= 0)
        return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                         "variable %s: %" PRId64 " does not fit %s, the widest integer of this netCDF format: use "
                         "format=\"NETCDF4\"",
                         item->name, ama__dtype_get_i8(x->dtype, x->u.constant.data, bad), ama__dtype_name(t));
    const ama__attr *a = ama__attrs_find(&item->var->attrs, "_FillValue");
    if (a && a->n == 1 && ama__dtype_is_int(a->dtype))
        AMA_TRY(set_number_attr(g, &item->var->attrs, "_FillValue", t, 0, ama__dtype_get_i8(a->dtype, a->data, 0)));
    return ama__node_const(g, t, x->ndim, x->shape, to, false, &item->node);
}

ama_status ama__encode_classic_attrs(ama__graph *g, ama__format format, const char *owner, ama__attrs *attrs) {
    for (int i = 0; i < attrs->n; i++) {
        ama__attr *a = &attrs->a[i];
        ama_dtype t = classic_dtype(format, a->dtype == AMA_BOOL ? AMA_I1 : a->dtype);
        if (t == a->dtype || !ama__dtype_is_int(t)) continue;
        char *to;
        AMA_NEW(g->arena, to, (size_t)a->n * ama__dtype_bytes(t) + 8);
        int64_t bad = first_lossy(a->dtype, t, a->n, a->data, to);
        if (bad >= 0)
            return ama__fail(g->ctx, AMA_ERR_MISMATCH,
                             "attribute %s of %s: %" PRId64
                             " does not fit %s, the widest integer of this netCDF format",
                             a->name, owner, ama__dtype_get_i8(a->dtype, a->data, bad), ama__dtype_name(t));
        a->dtype = t;
        a->data = to;
    }
    return AMA_OK;
}

/* A cast that was asked for in so many words is not checked: what is stored then has a classic type already. */
ama_status ama__encode_values(ama__graph *g, const ama__write_args *args, ama__encode_item *item) {
    if (item->var->time)
        AMA_TRY(encode_times(g, item));
    else if (ama__dtype_is_text(item->var->node->dtype))
        AMA_TRY(encode_text(g, args, item));
    else
        AMA_TRY(encode_numbers(g, item));
    return ama__format_is_classic(args->format) ? to_classic(g, args, item) : AMA_OK;
}
