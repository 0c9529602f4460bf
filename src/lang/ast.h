/* The syntax tree of a script. It knows no types and resolves no names: it is what the parser saw, in an arena, and
 * read-only once made. A parent's depth is more than its children's, and never above AMA_AST_MAX_DEPTH: walking it by
 * recursion is safe. */
#ifndef AMA_LANG_AST_H
#define AMA_LANG_AST_H

#include "base/memory.h"
#include "lang/diag.h"

#define AMA_AST_MAX_DEPTH 1000   /* levels of a tree: long chains of methods or operators */
#define AMA_AST_MAX_NESTING 200  /* brackets, unary operators, blocks inside each other */
#define AMA_AST_MAX_KEYWORDS 255 /* parameters of a function, keyword arguments of a call */

typedef enum ama__ast_kind {
    /* expressions */
    AMA_AST_NONE,
    AMA_AST_BOOL,     /* boolean */
    AMA_AST_INT,      /* integer */
    AMA_AST_FLOAT,    /* real */
    AMA_AST_STR,      /* str */
    AMA_AST_ELLIPSIS, /* ... */
    AMA_AST_FSTRING,  /* list: STR and FIELD, at least one FIELD; f"..." */
    AMA_AST_FIELD,    /* field: {value!conversion:spec} */
    AMA_AST_NAME,     /* name */
    AMA_AST_ATTRIBUTE,
    AMA_AST_SUBSCRIPT,
    AMA_AST_SLICE, /* only as index of a subscript, or in the tuple that is one */
    AMA_AST_CALL,
    AMA_AST_KEYWORD, /* only in call.keywords: name=value */
    AMA_AST_TUPLE,   /* list */
    AMA_AST_LIST,    /* list */
    AMA_AST_DICT,
    AMA_AST_UNARY,   /* op; unary */
    AMA_AST_BINARY,  /* op; binary: arithmetic and & | ^ */
    AMA_AST_COMPARE, /* op; binary: one comparison, never a chain */
    AMA_AST_LOGICAL, /* op AND or OR; list of two or more */
    AMA_AST_CONDITIONAL,
    /* statements */
    AMA_AST_MODULE, /* list */
    AMA_AST_ASSIGN,
    AMA_AST_AUGMENT,    /* op; augment */
    AMA_AST_EXPRESSION, /* statement: its value */
    AMA_AST_IMPORT,     /* list of ALIAS */
    AMA_AST_ALIAS,
    AMA_AST_FOR,
    AMA_AST_IF,     /* list of BRANCH: if, elif ..., else */
    AMA_AST_BRANCH, /* branch */
    AMA_AST_DEF,
    AMA_AST_RETURN, /* statement: its value, NULL when none */
    AMA_AST_WITH,
    AMA_AST_WITH_ITEM,
    AMA_AST_PASS,
    AMA_AST_DEL, /* list of targets */
    AMA_AST_N
} ama__ast_kind;

typedef enum ama__ast_op {
    AMA_AST_OP_NO,
    AMA_AST_OP_ADD,
    AMA_AST_OP_SUB,
    AMA_AST_OP_MUL,
    AMA_AST_OP_DIV,
    AMA_AST_OP_FLOORDIV,
    AMA_AST_OP_MOD,
    AMA_AST_OP_POW,
    AMA_AST_OP_BITAND,
    AMA_AST_OP_BITOR,
    AMA_AST_OP_BITXOR,
    AMA_AST_OP_EQ,
    AMA_AST_OP_NE,
    AMA_AST_OP_LT,
    AMA_AST_OP_LE,
    AMA_AST_OP_GT,
    AMA_AST_OP_GE,
    AMA_AST_OP_IN,
    AMA_AST_OP_NOTIN,
    AMA_AST_OP_IS,
    AMA_AST_OP_ISNOT,
    AMA_AST_OP_AND,
    AMA_AST_OP_OR,
    AMA_AST_OP_NOT,
    AMA_AST_OP_NEG,
    AMA_AST_OP_POS,
    AMA_AST_OP_INVERT,
    AMA_AST_OP_N
} ama__ast_op;

typedef struct ama__ast ama__ast;
typedef struct ama__signature ama__signature;

typedef struct ama__ast_list {
    ama__ast **at;
    int32_t n;
} ama__ast_list;

struct ama__ast {
    ama__ast_kind kind;
    ama__ast_op op;
    int32_t depth;
    ama__span span;  /* all of it */
    ama__span focus; /* where an error points: the name of an attribute or keyword, an operator, what a call calls */
    union {
        bool boolean;
        int64_t integer;
        double real;
        struct {
            const char *s; /* NUL-terminated, no NUL inside */
            int32_t n_bytes;
        } str;
        const char *name;
        ama__ast_list list;
        struct {
            ama__ast *value;
            ama__ast *spec;  /* STR or FSTRING, NULL when none */
            char conversion; /* 'r', 's', 'a', or 0 */
        } field;
        struct {
            ama__ast *value;
            const char *name;
        } attribute;
        struct {
            ama__ast *value;
            ama__ast *index; /* any expression, SLICE, or TUPLE of these */
        } subscript;
        struct {
            ama__ast *start, *stop, *step; /* NULL: not given */
        } slice;
        struct {
            ama__ast *function;
            ama__ast_list args;     /* positional */
            ama__ast_list keywords; /* KEYWORD, in order; **{"a": 1} appears as a=1 */
        } call;
        struct {
            const char *name;
            ama__ast *value;
        } keyword;
        struct {
            ama__ast_list keys, values;
        } dict;
        struct {
            ama__ast *operand;
        } unary;
        struct {
            ama__ast *left, *right;
        } binary;
        struct {
            ama__ast *test, *then, *otherwise;
        } conditional;
        struct {
            ama__ast_list targets; /* a = b = value has two; each NAME, ATTRIBUTE, SUBSCRIPT, or TUPLE / LIST of them */
            ama__ast *value;
        } assign;
        struct {
            ama__ast *target; /* NAME, ATTRIBUTE or SUBSCRIPT */
            ama__ast *value;
        } augment;
        struct {
            ama__ast *value;
        } statement;
        struct {
            const char *module; /* "xarray", "matplotlib.pyplot" */
            const char *name;   /* of `from module import name`, else NULL */
            const char *as;     /* NULL: bound as `name`, or as the first part of `module` */
        } alias;
        struct {
            ama__ast *target; /* NAME, or TUPLE of NAME and such TUPLE */
            ama__ast *iterable;
            ama__ast_list body;
        } loop;
        struct {
            ama__ast *test; /* NULL: else */
            ama__ast_list body;
        } branch;
        struct {
            const char *name;
            const ama__signature *signature;
            ama__ast_list body;
        } def;
        struct {
            ama__ast_list items; /* WITH_ITEM */
            ama__ast_list body;
        } with;
        struct {
            ama__ast *value;
            ama__ast *target; /* NAME, NULL when none */
        } item;
    };
};

/* "a call", "a comparison": for messages. */
const char *ama__ast_kind_text(ama__ast_kind kind);
/* "+", "not in": as the script has it. */
const char *ama__ast_op_text(ama__ast_op op);

#endif
