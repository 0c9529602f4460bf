#include "array/dtype.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name;
    size_t bytes;
    char kind;
} types[AMA_DTYPE_N] = {
#define AMA_DTYPE(S, T, NAME, BYTES, KIND) {NAME, BYTES, KIND},
#include "array/dtype.def"
#undef AMA_DTYPE
};

size_t ama__dtype_bytes(ama_dtype t) {
    return types[t].bytes;
}
char ama__dtype_kind(ama_dtype t) {
    return types[t].kind;
}
const char *ama__dtype_name(ama_dtype t) {
    return types[t].name;
}

/* ---- names */

/* numpy's other names, as on 64-bit Linux. */
static const struct {
    const char *name;
    ama_dtype type;
} aliases[] = {
    {"float", AMA_F8},    {"float_", AMA_F8},     {"double", AMA_F8},      {"d", AMA_F8},       {"single", AMA_F4},
    {"f", AMA_F4},        {"int", AMA_I8},        {"int_", AMA_I8},        {"intp", AMA_I8},    {"long", AMA_I8},
    {"longlong", AMA_I8}, {"l", AMA_I8},          {"q", AMA_I8},           {"p", AMA_I8},       {"uint", AMA_U8},
    {"uintp", AMA_U8},    {"ulong", AMA_U8},      {"ulonglong", AMA_U8},   {"L", AMA_U8},       {"Q", AMA_U8},
    {"P", AMA_U8},        {"intc", AMA_I4},       {"i", AMA_I4},           {"uintc", AMA_U4},   {"I", AMA_U4},
    {"short", AMA_I2},    {"h", AMA_I2},          {"ushort", AMA_U2},      {"H", AMA_U2},       {"byte", AMA_I1},
    {"b", AMA_I1},        {"ubyte", AMA_U1},      {"B", AMA_U1},           {"bool_", AMA_BOOL}, {"?", AMA_BOOL},
    {"b1", AMA_BOOL},     {"S1", AMA_CHAR},       {"c", AMA_CHAR},         {"a1", AMA_CHAR},    {"O", AMA_STRING},
    {"str", AMA_STRING},  {"string", AMA_STRING}, {"object_", AMA_STRING}, {"|O", AMA_STRING},  {"|O8", AMA_STRING},
};

bool ama__dtype_parse(const char *s, ama_dtype *out) {
    for (int t = 0; t < AMA_DTYPE_N; t++)
        if (strcmp(s, types[t].name) == 0) {
            *out = (ama_dtype)t;
            return true;
        }
    if (*s && strchr("<>=|", *s)) s++;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(s, aliases[i].name) == 0) {
            *out = aliases[i].type;
            return true;
        }
    /* kind and bytes: "f4" */
    if (!*s || !strchr("iuf", s[0]) || !s[1] || s[2]) return false;
    for (int t = 0; t < AMA_DTYPE_N; t++)
        if (types[t].kind == s[0] && (size_t)(s[1] - '0') == types[t].bytes) {
            *out = (ama_dtype)t;
            return true;
        }
    return false;
}

/* ---- promotion */

static ama_dtype of_kind(char kind, size_t bytes) {
    for (int t = 0; t < AMA_DTYPE_N; t++)
        if (types[t].kind == kind && types[t].bytes == bytes) return (ama_dtype)t;
    return AMA_F8;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

bool ama__dtype_promote(ama_dtype a, ama_dtype b, ama_dtype *out) {
    *out = a;
    if (a == b) return true;
    if (ama__dtype_is_text(a) || ama__dtype_is_text(b)) return false;
    if (a == AMA_BOOL || b == AMA_BOOL) {
        *out = a == AMA_BOOL ? b : a;
        return true;
    }
    char kind_a = types[a].kind, kind_b = types[b].kind;
    size_t bytes_a = types[a].bytes, bytes_b = types[b].bytes;
    if (kind_a == kind_b) {
        *out = of_kind(kind_a, larger(bytes_a, bytes_b));
    } else if (kind_a == 'f' || kind_b == 'f') {
        /* float32 holds integers of up to two bytes exactly */
        size_t bytes_f = kind_a == 'f' ? bytes_a : bytes_b, bytes_i = kind_a == 'f' ? bytes_b : bytes_a;
        *out = of_kind('f', larger(bytes_f, bytes_i <= 2 ? 4 : 8));
    } else {
        /* a signed type larger than the unsigned one; beyond int64 there is only float64 */
        size_t bytes_u = kind_a == 'u' ? bytes_a : bytes_b, bytes_i = kind_a == 'u' ? bytes_b : bytes_a;
        *out = bytes_u == 8 ? AMA_F8 : of_kind('i', larger(bytes_i, 2 * bytes_u));
    }
    return true;
}

/* ---- elements */

#define SWAP(BITS)                                                                                                     \
    for (size_t i = 0; i < n; i++) {                                                                                   \
        uint##BITS##_t x;                                                                                              \
        memcpy(&x, b + i * sizeof x, sizeof x);                                                                        \
        x = __builtin_bswap##BITS(x);                                                                                  \
        memcpy(b + i * sizeof x, &x, sizeof x);                                                                        \
    }

void ama__bytes_swap(void *p, size_t n, size_t size) {
    unsigned char *b = p;
    switch (size) {
    case 0:
    case 1: return;
    case 2: SWAP(16) return;
    case 4: SWAP(32) return;
    case 8: SWAP(64) return;
    default: break;
    }
    for (size_t i = 0; i < n; i++, b += size)
        for (size_t lo = 0, hi = size - 1; lo < hi; lo++, hi--) {
            unsigned char x = b[lo];
            b[lo] = b[hi];
            b[hi] = x;
        }
}

/* Towards zero; values of int64 and uint64 keep their bits, others become INT64_MIN as the processor has it. */
static int64_t truncated(double x) {
    if (x >= -0x1p63 && x < 0x1p63) return (int64_t)x;
    if (x >= 0x1p63 && x < 0x1p64) return (int64_t)(uint64_t)x;
    return isnan(x) ? 0 : INT64_MIN;
}

/* In the macros below text takes the first branches, numbers the last. */

double ama__dtype_get_f8(ama_dtype t, const void *p, int64_t i) {
    switch (t) {
#define AMA_DTYPE(S, T, NAME, BYTES, KIND)                                                                             \
    case AMA_##S:                                                                                                      \
        return (double)_Generic((T)0, char : NAN, char * : NAN, default : ((const T *)p)[i]);
#include "array/dtype.def"
#undef AMA_DTYPE
    case AMA_DTYPE_N: break;
    }
    return NAN;
}

int64_t ama__dtype_get_i8(ama_dtype t, const void *p, int64_t i) {
    switch (t) {
#define AMA_DTYPE(S, T, NAME, BYTES, KIND)                                                                             \
    case AMA_##S:                                                                                                      \
        return _Generic((T)0, char : 0, char * : 0, float                                                              \
                        : truncated(ama__dtype_get_f8(t, p, i)), double                                                \
                        : truncated(ama__dtype_get_f8(t, p, i)), default                                               \
                        : (int64_t)((const T *)p)[i]);
#include "array/dtype.def"
#undef AMA_DTYPE
    case AMA_DTYPE_N: break;
    }
    return 0;
}

void ama__dtype_set_f8(ama_dtype t, void *p, int64_t i, double x) {
    if (t == AMA_F8)
        ((double *)p)[i] = x;
    else if (t == AMA_F4)
        ((float *)p)[i] = (float)x;
    else if (t == AMA_BOOL)
        ((uint8_t *)p)[i] = x != 0;
    else
        ama__dtype_set_i8(t, p, i, truncated(x));
}

void ama__dtype_set_i8(ama_dtype t, void *p, int64_t i, int64_t x) {
    switch (t) {
    case AMA_BOOL: ((uint8_t *)p)[i] = x != 0; break;
    case AMA_I1:
    case AMA_U1: ((uint8_t *)p)[i] = (uint8_t)x; break;
    case AMA_I2:
    case AMA_U2: ((uint16_t *)p)[i] = (uint16_t)x; break;
    case AMA_I4:
    case AMA_U4: ((uint32_t *)p)[i] = (uint32_t)x; break;
    case AMA_I8:
    case AMA_U8: ((uint64_t *)p)[i] = (uint64_t)x; break;
    case AMA_F4: ((float *)p)[i] = (float)x; break;
    case AMA_F8: ((double *)p)[i] = (double)x; break;
    case AMA_CHAR:
    case AMA_STRING:
    case AMA_DTYPE_N: break;
    }
}
