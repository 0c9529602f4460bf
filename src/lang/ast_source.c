/* Expressions as Python source. `level` is how tightly the place binds; what binds less gets parentheses. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lang/ast_print.h"
#include "lang/token.h"

enum { ANY, TUPLE = ANY, TEST, OR, AND, NOT, COMPARE, BITOR, BITXOR, BITAND, SUM, TERM, FACTOR, POWER, ATOM };

static int op_level(ama__ast_op op) {
    switch (op) {
    case AMA_AST_OP_OR: return OR;
    case AMA_AST_OP_AND: return AND;
    case AMA_AST_OP_NOT: return NOT;
    case AMA_AST_OP_BITOR: return BITOR;
    case AMA_AST_OP_BITXOR: return BITXOR;
    case AMA_AST_OP_BITAND: return BITAND;
    case AMA_AST_OP_ADD:
    case AMA_AST_OP_SUB: return SUM;
    case AMA_AST_OP_MUL:
    case AMA_AST_OP_DIV:
    case AMA_AST_OP_FLOORDIV:
    case AMA_AST_OP_MOD: return TERM;
    case AMA_AST_OP_POW: return POWER;
    case AMA_AST_OP_NEG:
    case AMA_AST_OP_POS:
    case AMA_AST_OP_INVERT: return FACTOR;
    default: return COMPARE;
    }
}

static int ast_level(const ama__ast *a) {
    switch (a->kind) {
    case AMA_AST_UNARY:
    case AMA_AST_BINARY:
    case AMA_AST_COMPARE:
    case AMA_AST_LOGICAL: return op_level(a->op);
    case AMA_AST_CONDITIONAL: return TEST;
    case AMA_AST_INT: return a->integer < 0 ? FACTOR : ATOM;
    default: return ATOM;
    }
}

static void print(ama__text *t, const ama__ast *a, int level);

static void add_items(ama__text *t, const ama__ast_list *list, const char *separator, int level) {
    for (int32_t i = 0; i < list->n; i++) {
        if (i > 0) ama__text_add(t, separator);
        print(t, list->at[i], level);
    }
}

static void print_tuple(ama__text *t, const ama__ast_list *list, bool parentheses) {
    if (parentheses) ama__text_add(t, "(");
    add_items(t, list, ", ", TEST);
    if (list->n == 1) ama__text_add(t, ",");
    if (parentheses) ama__text_add(t, ")");
}

/* ---- f-strings: the quotes of strings in fields must differ, so these are single */

static void add_fstring_text(ama__text *t, const char *s) {
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '{' || c == '}')
            ama__text_printf(t, "%c%c", c, c);
        else if (c == '"' || c == '\\')
            ama__text_printf(t, "\\%c", c);
        else if (c == '\n')
            ama__text_add(t, "\\n");
        else if (c < 0x20 || c == 0x7f)
            ama__text_printf(t, "\\x%02x", c);
        else
            ama__text_addn(t, s, 1);
    }
}

static void add_fstring_parts(ama__text *t, const ama__ast *a);

static void add_field(ama__text *t, const ama__ast *a) {
    ama__text value;
    ama__text_init(&value, t->ctx);
    print(&value, a->field.value, TUPLE);
    ama__text_add(t, ama__text_get(&value)[0] == '{' ? "{ " : "{");
    for (const char *s = ama__text_get(&value); *s; s++) ama__text_addn(t, *s == '"' ? "'" : s, 1);
    t->failed |= value.failed;
    ama__text_fini(&value);
    if (a->field.conversion) ama__text_printf(t, "!%c", a->field.conversion);
    if (a->field.spec) {
        ama__text_add(t, ":");
        add_fstring_parts(t, a->field.spec);
    }
    ama__text_add(t, "}");
}

static void add_fstring_parts(ama__text *t, const ama__ast *a) {
    if (a->kind == AMA_AST_STR) {
        add_fstring_text(t, a->str.s);
        return;
    }
    for (int32_t i = 0; i < a->list.n; i++) {
        if (a->list.at[i]->kind == AMA_AST_STR)
            add_fstring_text(t, a->list.at[i]->str.s);
        else
            add_field(t, a->list.at[i]);
    }
}

/* ---- the other kinds */

static void print_slice(ama__text *t, const ama__ast *a) {
    if (a->slice.start) print(t, a->slice.start, TEST);
    ama__text_add(t, ":");
    if (a->slice.stop) print(t, a->slice.stop, TEST);
    if (!a->slice.step) return;
    ama__text_add(t, ":");
    print(t, a->slice.step, TEST);
}

static void print_call(ama__text *t, const ama__ast *a) {
    print(t, a->call.function, ATOM);
    ama__text_add(t, "(");
    add_items(t, &a->call.args, ", ", TEST);
    for (int32_t i = 0; i < a->call.keywords.n; i++) {
        const ama__ast *keyword = a->call.keywords.at[i];
        bool plain = ama__token_is_name(keyword->keyword.name, strlen(keyword->keyword.name));
        if (i + a->call.args.n > 0) ama__text_add(t, ", ");
        if (plain) {
            ama__text_printf(t, "%s=", keyword->keyword.name);
        } else {
            ama__text_add(t, "**{");
            ama__ast_print_str(t, keyword->keyword.name);
            ama__text_add(t, ": ");
        }
        print(t, keyword->keyword.value, TEST);
        if (!plain) ama__text_add(t, "}");
    }
    ama__text_add(t, ")");
}

static void print_dict(ama__text *t, const ama__ast *a) {
    ama__text_add(t, "{");
    for (int32_t i = 0; i < a->dict.keys.n; i++) {
        if (i > 0) ama__text_add(t, ", ");
        print(t, a->dict.keys.at[i], TEST);
        ama__text_add(t, ": ");
        print(t, a->dict.values.at[i], TEST);
    }
    ama__text_add(t, "}");
}

static void print_binary(ama__text *t, const ama__ast *a) {
    int level = op_level(a->op);
    bool power = a->op == AMA_AST_OP_POW, compare = a->kind == AMA_AST_COMPARE;
    print(t, a->binary.left, power || compare ? level + 1 : level);
    ama__text_printf(t, power ? "%s" : " %s ", ama__ast_op_text(a->op));
    print(t, a->binary.right, power ? FACTOR : level + 1);
}

static void print_operator(ama__text *t, const ama__ast *a) {
    char separator[8] = " and ";
    switch (a->kind) {
    case AMA_AST_UNARY:
        ama__text_add(t, a->op == AMA_AST_OP_NOT ? "not " : ama__ast_op_text(a->op));
        print(t, a->unary.operand, op_level(a->op));
        break;
    case AMA_AST_LOGICAL:
        if (a->op == AMA_AST_OP_OR) strcpy(separator, " or ");
        add_items(t, &a->list, separator, op_level(a->op) + 1);
        break;
    case AMA_AST_CONDITIONAL:
        print(t, a->conditional.then, OR);
        ama__text_add(t, " if ");
        print(t, a->conditional.test, OR);
        ama__text_add(t, " else ");
        print(t, a->conditional.otherwise, TEST);
        break;
    default: print_binary(t, a); break;
    }
}

/* A number before '.' would swallow it: (1).real. */
static void print_attribute(ama__text *t, const ama__ast *a) {
    bool number = a->attribute.value->kind == AMA_AST_INT;
    if (number) ama__text_add(t, "(");
    print(t, a->attribute.value, number ? ANY : ATOM);
    ama__text_printf(t, "%s.%s", number ? ")" : "", a->attribute.name);
}

static void print_subscript(ama__text *t, const ama__ast *a) {
    const ama__ast *index = a->subscript.index;
    print(t, a->subscript.value, ATOM);
    ama__text_add(t, "[");
    if (index->kind == AMA_AST_TUPLE && index->list.n > 0)
        print_tuple(t, &index->list, false);
    else
        print(t, index, ANY);
    ama__text_add(t, "]");
}

static void print_bare(ama__text *t, const ama__ast *a) {
    switch (a->kind) {
    case AMA_AST_FLOAT:
        if (isinf(a->real))
            ama__text_add(t, "1e309");
        else
            ama__ast_print_tree(t, a);
        break;
    case AMA_AST_FSTRING:
        ama__text_add(t, "f\"");
        add_fstring_parts(t, a);
        ama__text_add(t, "\"");
        break;
    case AMA_AST_ATTRIBUTE: print_attribute(t, a); break;
    case AMA_AST_SUBSCRIPT: print_subscript(t, a); break;
    case AMA_AST_SLICE: print_slice(t, a); break;
    case AMA_AST_CALL: print_call(t, a); break;
    case AMA_AST_TUPLE: print_tuple(t, &a->list, true); break;
    case AMA_AST_LIST:
        ama__text_add(t, "[");
        add_items(t, &a->list, ", ", TEST);
        ama__text_add(t, "]");
        break;
    case AMA_AST_DICT: print_dict(t, a); break;
    case AMA_AST_UNARY:
    case AMA_AST_BINARY:
    case AMA_AST_COMPARE:
    case AMA_AST_LOGICAL:
    case AMA_AST_CONDITIONAL: print_operator(t, a); break;
    default: ama__ast_print_tree(t, a); break;
    }
}

static void print(ama__text *t, const ama__ast *a, int level) {
    bool parentheses = ast_level(a) < level;
    if (parentheses) ama__text_add(t, "(");
    print_bare(t, a);
    if (parentheses) ama__text_add(t, ")");
}

void ama__ast_print_source(ama__text *text, const ama__ast *ast) {
    print(text, ast, ANY);
}
