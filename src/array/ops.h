/* The operations, as enums and tables made from ops.def, reductions.def and quantiles.def. */
#ifndef AMA_ARRAY_OPS_H
#define AMA_ARRAY_OPS_H

#include "array/dtype.h"

typedef enum ama__op {
#define AMA_OP(S, NAME, N, CLASS) AMA_OP_##S,
#include "array/ops.def"
#undef AMA_OP
    AMA_OP_N
} ama__op;

typedef enum ama__red {
#define AMA_RED(S, NAME, CLASS) AMA_RED_##S,
#include "array/reductions.def"
#undef AMA_RED
    AMA_RED_N
} ama__red;

typedef enum ama__quantile {
#define AMA_QUANTILE(S, NAME, DISCRETE) AMA_QUANTILE_##S,
#include "array/quantiles.def"
#undef AMA_QUANTILE
    AMA_QUANTILE_N
} ama__quantile;

const char *ama__op_name(ama__op op);
int ama__op_operands(ama__op op);
char ama__op_class(ama__op op);
const char *ama__red_name(ama__red r);
char ama__red_class(ama__red r);
const char *ama__quantile_name(ama__quantile m);
bool ama__quantile_is_discrete(ama__quantile m);
/* True for reductions that need all values of a column at once. */
static inline bool ama__red_collects(ama__red r) {
    return r == AMA_RED_MEDIAN || r == AMA_RED_QUANTILE;
}

#endif
