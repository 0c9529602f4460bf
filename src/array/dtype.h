/* Element types. CHAR is one byte of fixed-length text, STRING a pointer to NUL-terminated UTF-8 (never sent or
 * mapped as bytes). Times are I8 with a meaning that only cf/ and graph/ know. */
#ifndef AMA_ARRAY_DTYPE_H
#define AMA_ARRAY_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ama_dtype {
#define AMA_DTYPE(S, T, NAME, BYTES, KIND) AMA_##S,
#include "array/dtype.def"
#undef AMA_DTYPE
    AMA_DTYPE_N
} ama_dtype;

size_t ama__dtype_bytes(ama_dtype t);
char ama__dtype_kind(ama_dtype t);
const char *ama__dtype_name(ama_dtype t);
/* Accepts numpy spellings: "float32", "f4", "<f4", "single", "int", "bool", … Returns false when unknown. */
bool ama__dtype_parse(const char *s, ama_dtype *out);
/* numpy's promotion of two array dtypes (result_type); text with anything else has none: returns false. */
bool ama__dtype_promote(ama_dtype a, ama_dtype b, ama_dtype *out);

static inline bool ama__dtype_is_float(ama_dtype t) {
    return t == AMA_F4 || t == AMA_F8;
}
static inline bool ama__dtype_is_text(ama_dtype t) {
    return t == AMA_CHAR || t == AMA_STRING;
}
static inline bool ama__dtype_is_int(ama_dtype t) {
    return t >= AMA_I1 && t <= AMA_U8;
}

/* Reverses the bytes of n elements of `size` bytes in place. */
void ama__bytes_swap(void *p, size_t n, size_t size);
/* Reads element i of a dense native array as float64 (text: NaN) or int64 (floats are truncated; NaN gives 0). */
double ama__dtype_get_f8(ama_dtype t, const void *p, int64_t i);
int64_t ama__dtype_get_i8(ama_dtype t, const void *p, int64_t i);
/* Stores a float64 (ints: truncated, out-of-range wraps as int64 would) or an int64 as element i. */
void ama__dtype_set_f8(ama_dtype t, void *p, int64_t i, double x);
void ama__dtype_set_i8(ama_dtype t, void *p, int64_t i, int64_t x);

#endif
