/* TEST: labels=unit
 * Casts, stores and loads: every pair of dtypes against numpy's astype; unpacking of every stored dtype with missing
 * values, scale and offset, swapped and unaligned, against what the packing rules say value by value. */
#include "cmocka_all.h"

#include <stdlib.h>

#include "kernel/block.h"
#include "kernel_ref.h"

enum { N = 2500 }; /* more than two strips */

static uint64_t seed = 1234567891011u;
static uint64_t rnd(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static ref_value pick_value(ama_dtype t) {
    static const double odd[] = {0.0,  -0.0,   NAN,          INFINITY,      -INFINITY, 3e9,     -3e9,
                                 1e20, -1e20,  1e19,         300,           -300,      70000.5, -1.5,
                                 5e9,  9.3e18, 2147483647.5, -2147483648.5, -9,        1e38,    -1e38};
    if (ref_is_float(t)) return ref_float(t, rnd() % 3 ? (double)(rnd() % 2001) / 8 - 99 : odd[rnd() % 21]);
    if (rnd() % 4 == 0) return ref_int(t, (int64_t)rnd());
    return ref_int(t, (int64_t)(rnd() % 24) - 12);
}

static ref_value get_class(ama_dtype t, const void *p, int64_t i) {
    if (ama__class_of(t) == AMA_CLASS_I) return (ref_value){t, 0, ((const int64_t *)p)[i]};
    return ref_get(t, p, i);
}

static void check(const char *what, ama_dtype from, ref_value got, ref_value want) {
    if (ref_same(got, want)) return;
    print_error("%s %s -> %s: got %g / %lld, want %g / %lld\n", what, ama__dtype_name(from), ama__dtype_name(want.t),
                got.f, (long long)got.i, want.f, (long long)want.i);
    fail();
}

static _Alignas(64) char a[(N + 1) * 8], b[(N + 1) * 8], c[(N + 1) * 8];

static void casts(void **state) {
    (void)state;
    for (int f = AMA_BOOL; f <= AMA_F8; f++)
        for (int t = AMA_BOOL; t <= AMA_F8; t++) {
            ama_dtype from = (ama_dtype)f, to = (ama_dtype)t;
            ref_value x[N];
            for (int i = 0; i < N; i++) {
                x[i] = pick_value(from);
                ref_set(x[i], a, i);
            }
            ama__unstore_run(from, N, a, b);
            for (int i = 0; i < N; i++) check("unstore", from, get_class(from, b, i), x[i]);
            ama__convert_run(from, to, N, b, c);
            for (int i = 0; i < N; i++) check("cast", from, get_class(to, c, i), ref_cast(x[i], to));
            if (ama__class_bytes(ama__class_of(from)) == ama__class_bytes(ama__class_of(to))) {
                ama__convert_run(from, to, N, b, b);
                for (int i = 0; i < N; i++) check("cast in place", from, get_class(to, b, i), ref_cast(x[i], to));
            }
            memset(a, 0xAA, sizeof a);
            ama__store_run(to, N, c, a);
            for (int i = 0; i < N; i++) check("store", from, ref_get(to, a, i), ref_cast(x[i], to));
        }
}

/* One value by the packing rules: missing -> NaN; cast to the decoded type, times scale, plus offset, all in it; then
 * the node's type. */
static ref_value unpack(const ama__load *l, ref_value v) {
    bool missing = false;
    ref_value r = ref_cast(v, l->decoded);
    for (int k = 0; k < l->n_missing; k++)
        missing |= ref_is_float(l->stored) ? v.f == l->missing_f8[k] : v.i == l->missing_i8[k];
    if (l->decoded == AMA_F4) {
        float x = (float)r.f;
        if (l->has_scale) x *= (float)l->scale;
        if (l->has_offset) x += (float)l->offset;
        r.f = missing ? NAN : x;
    } else if (l->decoded == AMA_F8) {
        if (l->has_scale) r.f *= l->scale;
        if (l->has_offset) r.f += l->offset;
        if (missing) r.f = NAN;
    } else if (l->has_scale) {
        r = ref_int(l->decoded, (int64_t)((uint64_t)r.i * (uint64_t)(int64_t)l->scale));
    }
    return ref_cast(r, l->dtype);
}

static void try_load(ama__load *l, bool view_expected) {
    ref_value x[N];
    size_t size = ama__dtype_bytes(l->stored);
    for (int i = 0; i < N; i++) {
        x[i] = pick_value(l->stored);
        ref_set(x[i], a, i);
    }
    assert_int_equal(ama__load_is_view(l), view_expected);
    if (l->swapped) ama__bytes_swap(a, N, size);
    for (size_t shift = 0; shift < 2; shift++) {
        memcpy(b + shift, a, N * size); /* a stored run may begin anywhere */
        memset(c, 0x55, sizeof c);
        ama__load_run(l, N, b + shift, c);
        for (int i = 0; i < N; i++) check("load", l->stored, get_class(l->dtype, c, i), unpack(l, x[i]));
        ama__load_run(l, 3, b + shift + 5 * size, c);
        for (int i = 0; i < 3; i++) check("load of three", l->stored, get_class(l->dtype, c, i), unpack(l, x[i + 5]));
    }
}

static void set_missing(ama__load *l, int n) {
    l->n_missing = n;
    for (int k = 0; k < n; k++) {
        l->missing_i8[k] = k == 0 ? -9 : 3 + k;
        if (l->stored == AMA_U8 && k == 0) l->missing_i8[k] = -1; /* its largest */
        if (ama__dtype_kind(l->stored) == 'u' && l->stored != AMA_U8 && k == 0) l->missing_i8[k] = 9;
        l->missing_f8[k] = k == 0 ? -9.0 : k == 1 ? (double)(float)1e20 : NAN;
    }
}

static void loads(void **state) {
    (void)state;
    static const ama_dtype decoded[] = {AMA_F4, AMA_F8};
    for (int s = AMA_BOOL; s <= AMA_F8; s++)
        for (int swapped = 0; swapped < 2; swapped++) {
            ama__load plain = {.stored = (ama_dtype)s, .swapped = swapped};
            bool wide = s == AMA_BOOL || s == AMA_I8 || s == AMA_U8 || ref_is_float((ama_dtype)s);
            plain.decoded = plain.dtype = plain.stored;
            try_load(&plain, wide && !swapped);
            for (int other = AMA_BOOL; other <= AMA_F8; other++) { /* files of one source that disagree */
                ama__load l = plain;
                l.dtype = (ama_dtype)other;
                try_load(&l, wide && !swapped && other == s);
            }
            for (int d = 0; d < 2; d++)
                for (int what = 1; what < 16; what++) {
                    ama__load l = plain;
                    l.decoded = l.dtype = decoded[d];
                    set_missing(&l, what >> 2);
                    l.has_scale = what & 1;
                    l.has_offset = what & 2;
                    l.scale = 0.1;
                    l.offset = 273.15;
                    try_load(&l, false);
                    l.dtype = decoded[1 - d];
                    try_load(&l, false);
                }
        }
}

static void special_loads(void **state) {
    (void)state;
    ama__load nan = {.stored = AMA_F4, .decoded = AMA_F4, .dtype = AMA_F4, .n_missing = 1, .missing_f8 = {NAN}};
    try_load(&nan, true); /* NaN is missing already */
    for (int s = AMA_I1; s <= AMA_U8; s++)
        for (int d = s; d <= AMA_U8; d++) { /* an integer scale without missing values leaves integers */
            ama__load l = {.stored = (ama_dtype)s, .decoded = (ama_dtype)d, .dtype = (ama_dtype)d};
            l.has_scale = true;
            l.scale = 10;
            try_load(&l, false);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(casts), cmocka_unit_test(loads),
                                       cmocka_unit_test(special_loads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
