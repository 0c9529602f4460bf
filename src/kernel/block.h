/* Calculation types and loops over dense runs. Every dtype is held in one of four classes while computing: bool as
 * uint8, all integers as int64 (uint64 as its bit pattern), float32, float64. Loops are the same source for every
 * instruction set; the order of operations is fixed, so results have the same bits everywhere. Local, thread-safe. */
#ifndef AMA_KERNEL_BLOCK_H
#define AMA_KERNEL_BLOCK_H

#include "array/ops.h"
#include "array/region.h"

typedef enum ama__class { AMA_CLASS_B, AMA_CLASS_I, AMA_CLASS_F4, AMA_CLASS_F8 } ama__class;

/* Elements of a block: what a thread evaluates at a time, small enough to stay in its cache. */
#define AMA_BLOCK_ELEMENTS 16384

static inline ama__class ama__class_of(ama_dtype t) {
    return t == AMA_BOOL ? AMA_CLASS_B : t == AMA_F4 ? AMA_CLASS_F4 : t == AMA_F8 ? AMA_CLASS_F8 : AMA_CLASS_I;
}
static inline size_t ama__class_bytes(ama__class c) {
    return c == AMA_CLASS_B ? 1 : c == AMA_CLASS_F4 ? 4 : 8;
}

/* ---- load: stored bytes -> class values of the node's dtype (unpacking as CF says, then a cast) */
#define AMA_LOAD_MISSING_MAX 8
typedef struct ama__load {
    ama_dtype stored;
    bool swapped;
    ama_dtype decoded; /* dtype after unpacking, in whose arithmetic scale and offset are applied */
    ama_dtype dtype;   /* dtype of the node (differs from decoded when files of one source disagree) */
    int n_missing;
    double missing_f8[AMA_LOAD_MISSING_MAX];
    int64_t missing_i8[AMA_LOAD_MISSING_MAX];
    bool has_scale, has_offset;
    double scale, offset;
} ama__load;
/* True when the stored bytes already are the class values (float32, float64, int64, bool, native, nothing to unpack).
 */
bool ama__load_is_view(const ama__load *l);
/* n contiguous stored elements at src (any alignment) -> dst of class_of(l->dtype). */
void ama__load_run(const ama__load *l, int64_t n, const void *src, void *dst);

/* ---- convert and store */
/* Class values of dtype `from` -> class values of dtype `to` (numpy astype: floats truncate toward zero, narrow ints
 * wrap, anything -> bool is != 0). src may equal dst when the class sizes agree. */
void ama__convert_run(ama_dtype from, ama_dtype to, int64_t n, const void *src, void *dst);
/* Class values of dtype t -> dense native array of dtype t, and back. */
void ama__store_run(ama_dtype t, int64_t n, const void *src, void *dst);
void ama__unstore_run(ama_dtype t, int64_t n, const void *src, void *dst);

/* ---- map: out[i] = op(a[i], b[i], c[i]) in the class of calc; unused operands NULL. Bit k of `scalars` set: operand k
 * is one value. Operands are class values of calc (the condition of WHERE: uint8); out is class values of the result
 * (uint8 for comparisons and predicates, otherwise class of calc). Narrow integer results wrap to calc's width. out may
 * equal an operand of the same class size. CAST is ama__convert_run's job. */
void ama__map_run(ama__op op, ama_dtype calc, int64_t n, const void *a, const void *b, const void *c, unsigned scalars,
                  void *out);

#endif
