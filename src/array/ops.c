#include "array/ops.h"

#include <stddef.h>

static const struct {
    const char *name;
    int operands;
    char class;
} ops[] = {
#define AMA_OP(S, NAME, N, CLASS) {NAME, N, CLASS},
#include "array/ops.def"
#undef AMA_OP
};

static const struct {
    const char *name;
    char class;
} reds[] = {
#define AMA_RED(S, NAME, CLASS) {NAME, CLASS},
#include "array/reductions.def"
#undef AMA_RED
};

static const struct {
    const char *name;
    bool discrete;
} quantiles[] = {
#define AMA_QUANTILE(S, NAME, DISCRETE) {NAME, DISCRETE},
#include "array/quantiles.def"
#undef AMA_QUANTILE
};

const char *ama__op_name(ama__op op) {
    return ops[op].name;
}

int ama__op_operands(ama__op op) {
    return ops[op].operands;
}

char ama__op_class(ama__op op) {
    return ops[op].class;
}

const char *ama__red_name(ama__red r) {
    return reds[r].name;
}

char ama__red_class(ama__red r) {
    return reds[r].class;
}

const char *ama__quantile_name(ama__quantile m) {
    return quantiles[m].name;
}

bool ama__quantile_is_discrete(ama__quantile m) {
    return quantiles[m].discrete;
}
