#include "lang/ast.h"

const char *ama__ast_kind_text(ama__ast_kind kind) {
    static const char *const texts[AMA_AST_N] = {
        [AMA_AST_NONE] = "None",
        [AMA_AST_BOOL] = "True or False",
        [AMA_AST_INT] = "a number",
        [AMA_AST_FLOAT] = "a number",
        [AMA_AST_STR] = "a string",
        [AMA_AST_ELLIPSIS] = "'...'",
        [AMA_AST_FSTRING] = "an f-string",
        [AMA_AST_FIELD] = "a field of an f-string",
        [AMA_AST_NAME] = "a name",
        [AMA_AST_ATTRIBUTE] = "an attribute",
        [AMA_AST_SUBSCRIPT] = "a subscript",
        [AMA_AST_SLICE] = "a slice",
        [AMA_AST_CALL] = "a call",
        [AMA_AST_KEYWORD] = "a keyword argument",
        [AMA_AST_TUPLE] = "a tuple",
        [AMA_AST_LIST] = "a list",
        [AMA_AST_DICT] = "a dict",
        [AMA_AST_UNARY] = "an expression",
        [AMA_AST_BINARY] = "an expression",
        [AMA_AST_COMPARE] = "a comparison",
        [AMA_AST_LOGICAL] = "an expression",
        [AMA_AST_CONDITIONAL] = "a conditional expression",
        [AMA_AST_MODULE] = "a script",
        [AMA_AST_ASSIGN] = "an assignment",
        [AMA_AST_AUGMENT] = "an assignment in place",
        [AMA_AST_EXPRESSION] = "an expression",
        [AMA_AST_IMPORT] = "an import",
        [AMA_AST_ALIAS] = "an imported name",
        [AMA_AST_FOR] = "a 'for' loop",
        [AMA_AST_IF] = "an 'if' statement",
        [AMA_AST_BRANCH] = "a branch of an 'if' statement",
        [AMA_AST_DEF] = "a function",
        [AMA_AST_RETURN] = "a 'return' statement",
        [AMA_AST_WITH] = "a 'with' statement",
        [AMA_AST_WITH_ITEM] = "an item of a 'with' statement",
        [AMA_AST_PASS] = "a 'pass' statement",
        [AMA_AST_DEL] = "a 'del' statement",
    };
    return texts[kind];
}

const char *ama__ast_op_text(ama__ast_op op) {
    static const char *const texts[AMA_AST_OP_N] = {
        [AMA_AST_OP_NO] = "",          [AMA_AST_OP_ADD] = "+",    [AMA_AST_OP_SUB] = "-",
        [AMA_AST_OP_MUL] = "*",        [AMA_AST_OP_DIV] = "/",    [AMA_AST_OP_FLOORDIV] = "//",
        [AMA_AST_OP_MOD] = "%",        [AMA_AST_OP_POW] = "**",   [AMA_AST_OP_BITAND] = "&",
        [AMA_AST_OP_BITOR] = "|",      [AMA_AST_OP_BITXOR] = "^", [AMA_AST_OP_EQ] = "==",
        [AMA_AST_OP_NE] = "!=",        [AMA_AST_OP_LT] = "<",     [AMA_AST_OP_LE] = "<=",
        [AMA_AST_OP_GT] = ">",         [AMA_AST_OP_GE] = ">=",    [AMA_AST_OP_IN] = "in",
        [AMA_AST_OP_NOTIN] = "not in", [AMA_AST_OP_IS] = "is",    [AMA_AST_OP_ISNOT] = "is not",
        [AMA_AST_OP_AND] = "and",      [AMA_AST_OP_OR] = "or",    [AMA_AST_OP_NOT] = "not",
        [AMA_AST_OP_NEG] = "-",        [AMA_AST_OP_POS] = "+",    [AMA_AST_OP_INVERT] = "~",
    };
    return texts[op];
}
