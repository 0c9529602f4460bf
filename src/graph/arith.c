#include "graph/arith.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "graph/operate.h"

/* ---- operators */

static ama_status run_op(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    return ama__terms_map(g, *(const ama__op *)user, n, in, out);
}

ama_status ama__object_map(ama__graph *g, ama__op op, int n, const ama__operand *in, ama__keep_attrs keep,
                           ama__object *out) {
    if (n != ama__op_operands(op))
        return ama__fail(g->ctx, AMA_ERR_ARG, "%s takes %d operands, not %d", ama__op_name(op), ama__op_operands(op),
                         n);
    ama__elementwise e = {.fn = run_op, .user = &op, .attrs = keep == AMA_KEEP_NO ? AMA_ATTRS_NONE : AMA_ATTRS_AGREE};
    return ama__elementwise_run(g, &e, n, in, out);
}

/* ---- numpy functions */

typedef struct function {
    const char *name;
    int n_min, n_max;
    int op; /* ama__op, or one of the special ones below */
} function;

enum { FN_WHERE = -1, FN_CLIP = -2, FN_ROUND = -3, FN_NOT = -4, FN_AND = -5, FN_OR = -6, FN_XOR = -7, FN_SAME = -8 };

static const function functions[] = {
    {"add", 2, 2, AMA_OP_ADD},           {"subtract", 2, 2, AMA_OP_SUB},    {"multiply", 2, 2, AMA_OP_MUL},
    {"divide", 2, 2, AMA_OP_DIV},        {"true_divide", 2, 2, AMA_OP_DIV}, {"floor_divide", 2, 2, AMA_OP_FLOORDIV},
    {"mod", 2, 2, AMA_OP_MOD},           {"remainder", 2, 2, AMA_OP_MOD},   {"power", 2, 2, AMA_OP_POW},
    {"minimum", 2, 2, AMA_OP_MINIMUM},   {"maximum", 2, 2, AMA_OP_MAXIMUM}, {"fmin", 2, 2, AMA_OP_FMIN},
    {"fmax", 2, 2, AMA_OP_FMAX},         {"hypot", 2, 2, AMA_OP_HYPOT},     {"arctan2", 2, 2, AMA_OP_ARCTAN2},
    {"equal", 2, 2, AMA_OP_EQ},          {"not_equal", 2, 2, AMA_OP_NE},    {"less", 2, 2, AMA_OP_LT},
    {"less_equal", 2, 2, AMA_OP_LE},     {"greater", 2, 2, AMA_OP_GT},      {"greater_equal", 2, 2, AMA_OP_GE},
    {"bitwise_and", 2, 2, AMA_OP_AND},   {"bitwise_or", 2, 2, AMA_OP_OR},   {"bitwise_xor", 2, 2, AMA_OP_XOR},
    {"invert", 1, 1, AMA_OP_NOT},        {"bitwise_not", 1, 1, AMA_OP_NOT}, {"isnan", 1, 1, AMA_OP_ISNULL},
    {"isfinite", 1, 1, AMA_OP_ISFINITE}, {"isinf", 1, 1, AMA_OP_ISINF},     {"negative", 1, 1, AMA_OP_NEG},
    {"positive", 1, 1, FN_SAME},         {"abs", 1, 1, AMA_OP_ABS},         {"absolute", 1, 1, AMA_OP_ABS},
    {"fabs", 1, 1, AMA_OP_ABS},          {"sign", 1, 1, AMA_OP_SIGN},       {"square", 1, 1, AMA_OP_SQUARE},
    {"floor", 1, 1, AMA_OP_FLOOR},       {"ceil", 1, 1, AMA_OP_CEIL},       {"trunc", 1, 1, AMA_OP_TRUNC},
    {"rint", 1, 1, AMA_OP_RINT},         {"sqrt", 1, 1, AMA_OP_SQRT},       {"cbrt", 1, 1, AMA_OP_CBRT},
    {"exp", 1, 1, AMA_OP_EXP},           {"exp2", 1, 1, AMA_OP_EXP2},       {"expm1", 1, 1, AMA_OP_EXPM1},
    {"log", 1, 1, AMA_OP_LOG},           {"log2", 1, 1, AMA_OP_LOG2},       {"log10", 1, 1, AMA_OP_LOG10},
    {"log1p", 1, 1, AMA_OP_LOG1P},       {"sin", 1, 1, AMA_OP_SIN},         {"cos", 1, 1, AMA_OP_COS},
    {"tan", 1, 1, AMA_OP_TAN},           {"arcsin", 1, 1, AMA_OP_ARCSIN},   {"arccos", 1, 1, AMA_OP_ARCCOS},
    {"arctan", 1, 1, AMA_OP_ARCTAN},     {"asin", 1, 1, AMA_OP_ARCSIN},     {"acos", 1, 1, AMA_OP_ARCCOS},
    {"atan", 1, 1, AMA_OP_ARCTAN},       {"atan2", 2, 2, AMA_OP_ARCTAN2},   {"sinh", 1, 1, AMA_OP_SINH},
    {"cosh", 1, 1, AMA_OP_COSH},         {"tanh", 1, 1, AMA_OP_TANH},       {"deg2rad", 1, 1, AMA_OP_DEG2RAD},
    {"radians", 1, 1, AMA_OP_DEG2RAD},   {"rad2deg", 1, 1, AMA_OP_RAD2DEG}, {"degrees", 1, 1, AMA_OP_RAD2DEG},
    {"logical_not", 1, 1, FN_NOT},       {"logical_and", 2, 2, FN_AND},     {"logical_or", 2, 2, FN_OR},
    {"logical_xor", 2, 2, FN_XOR},       {"where", 3, 3, FN_WHERE},         {"clip", 3, 3, FN_CLIP},
    {"round", 1, 2, FN_ROUND},           {"around", 1, 2, FN_ROUND},
};
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

static const function *find_function(const char *name) {
    for (int i = 0; i < N_FUNCTIONS; i++)
        if (strcmp(functions[i].name, name) == 0) return &functions[i];
    return NULL;
}

bool ama__function_known(const char *name, int *n_min, int *n_max) {
    const function *f = find_function(name);
    if (f && n_min) *n_min = f->n_min;
    if (f && n_max) *n_max = f->n_max;
    return f != NULL;
}

static ama_status unknown_function(ama__graph *g, const char *name) {
    const char *names[N_FUNCTIONS];
    for (int i = 0; i < N_FUNCTIONS; i++) names[i] = functions[i].name;
    const char *near = ama__text_nearest(name, names, N_FUNCTIONS);
    return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED, "the numpy function \"%s\" is not supported%s%s%s", name,
                     near ? "; there is \"" : "", near ? near : "", near ? "\"" : "");
}

/* logical_*: any number is a truth value. */
static ama_status truth(ama__graph *g, const ama__term *in, ama__term *out) {
    ama__variable *v;
    *out = *in;
    if (!in->var) {
        const ama__operand *s = &in->scalar;
        out->scalar = ama__operand_bool(s->kind == AMA_OPERAND_FLOAT ? s->f8 != 0 : s->i8 != 0);
    } else if (in->var->node->dtype != AMA_BOOL) {
        ama__term t[2] = {*in, ama__term_scalar(ama__operand_int(0))};
        AMA_TRY(ama__terms_map(g, AMA_OP_NE, 2, t, &v));
        *out = ama__term_var(v);
    }
    return AMA_OK;
}

static ama_status run_logical(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    int fn = *(const int *)user;
    ama__term t[2];
    for (int k = 0; k < n && k < 2; k++) AMA_TRY(truth(g, &in[k], &t[k]));
    ama__op op = fn == FN_NOT ? AMA_OP_NOT : fn == FN_AND ? AMA_OP_AND : fn == FN_OR ? AMA_OP_OR : AMA_OP_XOR;
    return ama__terms_map(g, op, n, t, out);
}

static ama_status run_same(ama__graph *g, void *user, int n, const ama__term *in, ama__variable **out) {
    (void)user;
    (void)n;
    return ama__variable_copy(g, in[0].var, out);
}

static ama_status clip_function(ama__graph *g, const ama__operand *in, ama__object *out) {
    if (in[0].kind != AMA_OPERAND_OBJECT)
        return ama__fail(g->ctx, AMA_ERR_ARG, "clip needs an array as its first argument");
    return ama__object_clip(g, in[0].object, &in[1], &in[2], out);
}

static ama_status round_function(ama__graph *g, int n, const ama__operand *in, ama__object *out) {
    if (in[0].kind != AMA_OPERAND_OBJECT || (n > 1 && in[1].kind != AMA_OPERAND_INT))
        return ama__fail(g->ctx, AMA_ERR_ARG, "round needs an array, and an integer number of decimals");
    if (n > 1 && (in[1].i8 > 300 || in[1].i8 < -300))
        return ama__fail(g->ctx, AMA_ERR_ARG, "round: the number of decimals is out of range");
    return ama__object_round(g, in[0].object, n > 1 ? (int)in[1].i8 : 0, out);
}

ama_status ama__object_function(ama__graph *g, const char *name, int n, const ama__operand *in, ama__object *out) {
    const function *f = find_function(name);
    if (!f) return unknown_function(g, name);
    if (n < f->n_min || n > f->n_max)
        return ama__fail(g->ctx, AMA_ERR_ARG, "%s takes %d arguments, not %d", name, f->n_min, n);
    int op = f->op;
    ama__elementwise e = {.fn = run_logical, .user = &op, .attrs = AMA_ATTRS_FIRST};
    switch (op) {
    case FN_WHERE: return ama__object_where3(g, &in[0], &in[1], &in[2], AMA_KEEP_DEFAULT, out);
    case FN_CLIP: return clip_function(g, in, out);
    case FN_ROUND: return round_function(g, n, in, out);
    case FN_SAME: e.fn = run_same; break;
    case FN_NOT:
    case FN_AND:
    case FN_OR:
    case FN_XOR: break;
    default: e.fn = run_op;
    }
    ama__op real = op >= 0 ? (ama__op)op : AMA_OP_N;
    if (op >= 0) e.user = &real;
    return ama__elementwise_run(g, &e, n, in, out);
}
