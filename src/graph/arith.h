/* Elementwise operations on labelled arrays: arithmetic, comparison, numpy functions, where and its relatives. Local.
 */
#ifndef AMA_GRAPH_ARITH_H
#define AMA_GRAPH_ARITH_H

#include "graph/align.h"

typedef enum ama__operand_kind {
    AMA_OPERAND_OBJECT,
    AMA_OPERAND_BOOL,
    AMA_OPERAND_INT,
    AMA_OPERAND_FLOAT,
    AMA_OPERAND_TEXT /* a date against times, a text against text */
} ama__operand_kind;

/* An array, or a Python scalar, which takes the array's dtype where it fits its kind. */
typedef struct ama__operand {
    ama__operand_kind kind;
    const ama__object *object;
    int64_t i8; /* BOOL, INT */
    double f8;  /* FLOAT */
    const char *text;
} ama__operand;

static inline ama__operand ama__operand_object(const ama__object *o) {
    return (ama__operand){.kind = AMA_OPERAND_OBJECT, .object = o};
}
static inline ama__operand ama__operand_int(int64_t x) {
    return (ama__operand){.kind = AMA_OPERAND_INT, .i8 = x};
}
static inline ama__operand ama__operand_float(double x) {
    return (ama__operand){.kind = AMA_OPERAND_FLOAT, .f8 = x};
}
static inline ama__operand ama__operand_bool(bool x) {
    return (ama__operand){.kind = AMA_OPERAND_BOOL, .i8 = x};
}
static inline ama__operand ama__operand_text(const char *s) {
    return (ama__operand){.kind = AMA_OPERAND_TEXT, .text = s};
}

/* One operation on 1 to 3 operands, at least one an object. Times may be compared with times and with date texts. */
ama_status ama__object_map(ama__graph *g, ama__op op, int n, const ama__operand *in, ama__keep_attrs keep,
                           ama__object *out);

/* A numpy function by name ("cos", "where", "clip", "maximum", "isnan", "abs", "round", …), without the "np.". Errors:
 * UNSUPPORTED with the nearest name, ARG for a wrong number of operands. */
ama_status ama__object_function(ama__graph *g, const char *name, int n, const ama__operand *in, ama__object *out);
/* True when ama__object_function knows the name; *n_min and *n_max (may be NULL) get the number of operands. */
bool ama__function_known(const char *name, int *n_min, int *n_max);

typedef struct ama__where {
    ama__operand cond;         /* an object of bools */
    const ama__operand *other; /* NULL: missing */
    bool drop;                 /* crops to the bounding labels of True along each dim of cond */
    const ama__evaluator *eval;
} ama__where;
/* x.where(cond, other, drop). */
ama_status ama__object_where(ama__graph *g, const ama__object *x, const ama__where *w, ama__object *out);
/* xr.where(cond, a, b): attrs of a. */
ama_status ama__object_where3(ama__graph *g, const ama__operand *cond, const ama__operand *a, const ama__operand *b,
                              ama__keep_attrs keep, ama__object *out);
ama_status ama__object_fillna(ama__graph *g, const ama__object *x, const ama__operand *value, ama__object *out);
ama_status ama__object_isnull(ama__graph *g, const ama__object *x, bool negate, ama__object *out);
/* min, max: NULL where not given. NaN stays NaN. */
ama_status ama__object_clip(ama__graph *g, const ama__object *x, const ama__operand *min, const ama__operand *max,
                            ama__object *out);
ama_status ama__object_astype(ama__graph *g, const ama__object *x, ama_dtype t, ama__object *out);
ama_status ama__object_round(ama__graph *g, const ama__object *x, int decimals, ama__object *out);
/* Membership in a list of scalars (numbers, or texts for a text array). */
ama_status ama__object_isin(ama__graph *g, const ama__object *x, int n, const ama__label *list, ama__object *out);

#endif
