#include "cf/packing.h"

#include <math.h>
#include <string.h>

#define I8_LIMIT 9223372036854775808.0 /* 2^63 */

/* An integer seen through another signedness of the same size. */
static int64_t reinterpret(ama_dtype t, int64_t x) {
    unsigned char cell[8];
    ama__dtype_set_i8(t, cell, 0, x);
    return ama__dtype_get_i8(t, cell, 0);
}

static ama_dtype apply_unsigned(ama_dtype t, int hint) {
    if (hint > 0 && t >= AMA_I1 && t <= AMA_I8) return (ama_dtype)(t - AMA_I1 + AMA_U1);
    if (hint < 0 && t >= AMA_U1 && t <= AMA_U8) return (ama_dtype)(t - AMA_U1 + AMA_I1);
    return t;
}

static void add_missing(ama__unpack *u, double f, int64_t i) {
    bool is_float = ama__dtype_is_float(u->stored);
    for (int k = 0; k < u->n_missing; k++) {
        bool same = is_float ? u->missing_f8[k] == f || (isnan(u->missing_f8[k]) && isnan(f)) : u->missing_i8[k] == i;
        if (same) return;
    }
    u->missing_f8[u->n_missing] = f;
    u->missing_i8[u->n_missing++] = i;
}

static void set_missing(ama__unpack *u, ama_dtype file_dtype, const ama__packing_attrs *a) {
    for (int k = 0; k < a->n_missing && k < AMA_MISSING_MAX; k++) {
        double f = a->missing_f8[k];
        int64_t i = a->missing_i8[k];
        if (ama__dtype_is_float(u->stored)) {
            if (isnan(f)) continue; /* NaN is missing without being told */
            add_missing(u, u->stored == AMA_F4 ? (double)(float)f : f, 0);
            continue;
        }
        /* A float attribute that is no integer can equal no stored value. */
        if (isnan(f) || f != trunc(f) || fabs(f) > 2 * I8_LIMIT) continue;
        if (u->stored != file_dtype) i = reinterpret(u->stored, reinterpret(file_dtype, i));
        add_missing(u, (double)i, i);
    }
}

/* SEMANTICS 1.8, "Current packing rule". An integer scale_factor alone leaves integers, when none can be missing. */
static ama_dtype decoded_dtype(const ama__unpack *u, const ama__packing_attrs *a) {
    ama_dtype t;
    if (a->has_scale && a->has_offset) {
        bool same = a->scale_dtype == a->offset_dtype && ama__dtype_is_float(a->scale_dtype);
        bool wide = u->stored == AMA_I4 || u->stored == AMA_U4;
        return same && !wide ? a->scale_dtype : AMA_F8;
    }
    if (a->has_offset) return AMA_F8;
    if (a->has_scale) {
        if (ama__dtype_is_float(a->scale_dtype)) return a->scale_dtype;
        return u->n_missing == 0 && ama__dtype_promote(u->stored, a->scale_dtype, &t) ? t : AMA_F8;
    }
    if (u->n_missing == 0 || ama__dtype_is_float(u->stored)) return u->stored;
    return ama__dtype_bytes(u->stored) <= 2 ? AMA_F4 : AMA_F8;
}

ama_status ama__packing_decode(ama_ctx *ctx, ama_dtype stored, const ama__packing_attrs *a, ama__unpack *out) {
    *out = (ama__unpack){.stored = stored, .dtype = stored, .scale = 1};
    if (ama__dtype_is_text(stored)) return AMA_OK;
    if (a->has_scale && ama__dtype_is_text(a->scale_dtype))
        return ama__fail(ctx, AMA_ERR_FORMAT, "attribute scale_factor is text, not a number");
    if (a->has_offset && ama__dtype_is_text(a->offset_dtype))
        return ama__fail(ctx, AMA_ERR_FORMAT, "attribute add_offset is text, not a number");
    if (a->n_missing > AMA_MISSING_MAX)
        return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "more than %d missing values", AMA_MISSING_MAX);
    out->stored = apply_unsigned(stored, a->unsigned_hint);
    set_missing(out, stored, a);
    out->dtype = decoded_dtype(out, a);
    out->has_scale = a->has_scale;
    out->has_offset = a->has_offset;
    if (a->has_scale) out->scale = a->scale;
    if (a->has_offset) out->offset = a->offset;
    return AMA_OK;
}

static bool is_missing(const ama__unpack *u, const void *src, int64_t i) {
    if (u->n_missing == 0) return false;
    if (ama__dtype_is_float(u->stored)) {
        double x = ama__dtype_get_f8(u->stored, src, i);
        for (int k = 0; k < u->n_missing; k++)
            if (x == u->missing_f8[k]) return true;
        return false;
    }
    int64_t x = ama__dtype_get_i8(u->stored, src, i);
    for (int k = 0; k < u->n_missing; k++)
        if (x == u->missing_i8[k]) return true;
    return false;
}

static float unpack_f4(const ama__unpack *u, const void *src, int64_t i) {
    /* From integers in one rounding, as a cast does: 64-bit integers would round twice through float64. */
    ama_dtype t = u->stored;
    int64_t n = ama__dtype_is_float(t) ? 0 : ama__dtype_get_i8(t, src, i);
    float x = ama__dtype_is_float(t) ? (float)ama__dtype_get_f8(t, src, i)
              : t == AMA_U8          ? (float)(uint64_t)n
                                     : (float)n;
    if (u->has_scale) x *= (float)u->scale;
    if (u->has_offset) x += (float)u->offset;
    return x;
}

void ama__unpack_apply(const ama__unpack *u, int64_t n, const void *src, void *dst) {
    if (u->stored == u->dtype && u->n_missing == 0 && !u->has_scale && !u->has_offset) {
        if (n > 0) memcpy(dst, src, (size_t)n * ama__dtype_bytes(u->dtype));
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        bool missing = is_missing(u, src, i);
        if (u->dtype == AMA_F4) {
            ((float *)dst)[i] = missing ? NAN : unpack_f4(u, src, i);
        } else if (u->dtype == AMA_F8) {
            double x = ama__dtype_get_f8(u->stored, src, i);
            if (u->has_scale) x *= u->scale;
            if (u->has_offset) x += u->offset;
            ((double *)dst)[i] = missing ? NAN : x;
        } else {
            uint64_t x = (uint64_t)ama__dtype_get_i8(u->stored, src, i);
            ama__dtype_set_i8(u->dtype, dst, i, (int64_t)(u->has_scale ? x * (uint64_t)(int64_t)u->scale : x));
        }
    }
}

/* What a C cast of a NaN or of a number out of range gives on the machines numpy is used on. */
static int64_t to_integer(ama_dtype t, double x) {
    if (x >= -I8_LIMIT && x < I8_LIMIT) return (int64_t)x;
    if (t == AMA_U8 && x >= 0 && x < 2 * I8_LIMIT) return (int64_t)(uint64_t)x;
    return ama__dtype_bytes(t) == 8 ? INT64_MIN : INT32_MIN;
}

static double packed_value(const ama__pack *p, const void *src, int64_t i) {
    if (p->from == AMA_F4) {
        float x = ((const float *)src)[i];
        if (p->has_offset) x -= (float)p->offset;
        if (p->has_scale) x /= (float)p->scale;
        return (double)x;
    }
    double x = ama__dtype_get_f8(p->from, src, i);
    if (p->has_offset) x -= p->offset;
    if (p->has_scale) x /= p->scale;
    return x;
}

int64_t ama__pack_apply(const ama__pack *p, int64_t n, const void *src, void *dst) {
    bool to_float = ama__dtype_is_float(p->to), plain = !p->has_scale && !p->has_offset;
    int64_t n_bare = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!ama__dtype_is_float(p->from) && !to_float && plain) {
            ama__dtype_set_i8(p->to, dst, i, ama__dtype_get_i8(p->from, src, i));
            continue;
        }
        double x = packed_value(p, src, i);
        bool nan = isnan(x);
        if (to_float) {
            ama__dtype_set_f8(p->to, dst, i, nan && p->has_fill ? p->fill_f8 : x);
        } else if (nan && p->has_fill) {
            ama__dtype_set_i8(p->to, dst, i, p->fill_i8);
        } else {
            n_bare += nan;
            ama__dtype_set_i8(p->to, dst, i, to_integer(p->to, rint(x)));
        }
    }
    return n_bare;
}
