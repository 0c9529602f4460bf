/* CF packing and missing values: dtype rules of decoding and encoding. SEMANTICS 1.8. */
#ifndef AMA_CF_PACKING_H
#define AMA_CF_PACKING_H

#include "array/dtype.h"
#include "base/context.h"

#define AMA_MISSING_MAX 8

/* How stored numbers become values: reinterpret signedness, missing -> NaN, cast to `dtype`, times scale, plus offset,
 * in the arithmetic of `dtype`. Plain data. */
typedef struct ama__unpack {
    ama_dtype stored;                    /* after the _Unsigned reinterpretation (same size as in the file) */
    ama_dtype dtype;                     /* of the decoded values */
    int n_missing;                       /* values of the stored dtype that mean missing: exact compare */
    double missing_f8[AMA_MISSING_MAX];  /* for float stored dtypes (NaN compares equal to NaN) */
    int64_t missing_i8[AMA_MISSING_MAX]; /* for integer stored dtypes */
    bool has_scale, has_offset;
    double scale, offset;
} ama__unpack;

/* What the attributes say; has_* false when absent. dtypes are those of the attributes. */
typedef struct ama__packing_attrs {
    bool has_scale, has_offset;
    ama_dtype scale_dtype, offset_dtype;
    double scale, offset;
    int n_missing; /* _FillValue and all missing_value elements */
    double missing_f8[AMA_MISSING_MAX];
    int64_t missing_i8[AMA_MISSING_MAX];
    int unsigned_hint; /* 0 none, 1 _Unsigned = "true", -1 "false" */
} ama__packing_attrs;

/* Decoding rule (mask_and_scale = true). Duplicate missing values are merged. Local. */
ama_status ama__packing_decode(ama_ctx *ctx, ama_dtype stored, const ama__packing_attrs *a, ama__unpack *out);
/* Applies it to n dense native elements; dst of out->dtype. Source of truth for tests and for small coordinates. */
void ama__unpack_apply(const ama__unpack *u, int64_t n, const void *src, void *dst);

/* The inverse, for writing: values of dtype `from` become `to`: (x - offset) / scale, NaN -> fill, round half to even
 * when `to` is an integer and `from` a float, cast. Plain data. */
typedef struct ama__pack {
    ama_dtype from, to;
    bool has_scale, has_offset, has_fill;
    double scale, offset;
    double fill_f8;
    int64_t fill_i8;
} ama__pack;
/* Returns the number of NaN that met an integer dtype without fill value. */
int64_t ama__pack_apply(const ama__pack *p, int64_t n, const void *src, void *dst);

#endif
