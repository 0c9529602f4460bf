#include "lang/ast_print.h"

#include <inttypes.h>

#include "lang/signature.h"

void ama__ast_print_str(ama__text *text, const char *s) {
    ama__text_add(text, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            ama__text_printf(text, "\\%c", c);
        else if (c == '\n')
            ama__text_add(text, "\\n");
        else if (c < 0x20 || c == 0x7f)
            ama__text_printf(text, "\\x%02x", c);
        else
            ama__text_addn(text, s, 1);
    }
    ama__text_add(text, "\"");
}

static void print(ama__text *t, const ama__ast *a);

static void add_part(ama__text *t, const ama__ast *a) {
    ama__text_add(t, " ");
    if (a)
        print(t, a);
    else
        ama__text_add(t, "_");
}

static void add_list(ama__text *t, const ama__ast_list *list) {
    for (int32_t i = 0; i < list->n; i++) add_part(t, list->at[i]);
}

static void add_head(ama__text *t, const char *head) {
    ama__text_printf(t, "(%s", head);
}

static void add_params(ama__text *t, const ama__signature *s) {
    ama__text_add(t, " (params");
    for (int32_t i = 0; i < s->n_params; i++) {
        if (i == s->n_positional && !s->args) ama__text_add(t, " *");
        if (i == s->n_positional && s->args) ama__text_printf(t, " *%s", s->args);
        ama__text_printf(t, " (%s", s->params[i].name);
        if (s->params[i].fallback) add_part(t, s->params[i].fallback);
        ama__text_add(t, i + 1 == s->n_positional_only ? ") /" : ")");
    }
    if (s->n_positional == s->n_params && s->args) ama__text_printf(t, " *%s", s->args);
    if (s->kwargs) ama__text_printf(t, " **%s", s->kwargs);
    ama__text_add(t, ")");
}

static bool print_leaf(ama__text *t, const ama__ast *a) {
    char buf[40];
    switch (a->kind) {
    case AMA_AST_NONE: ama__text_add(t, "None"); return true;
    case AMA_AST_BOOL: ama__text_add(t, a->boolean ? "True" : "False"); return true;
    case AMA_AST_INT: ama__text_printf(t, "%" PRId64, a->integer); return true;
    case AMA_AST_FLOAT: ama__text_add(t, ama__text_f8(buf, sizeof buf, a->real)); return true;
    case AMA_AST_STR: ama__ast_print_str(t, a->str.s); return true;
    case AMA_AST_ELLIPSIS: ama__text_add(t, "..."); return true;
    case AMA_AST_NAME: ama__text_add(t, a->name); return true;
    case AMA_AST_PASS: ama__text_add(t, "(pass)"); return true;
    default: return false;
    }
}

static bool print_list_like(ama__text *t, const ama__ast *a) {
    switch (a->kind) {
    case AMA_AST_TUPLE: add_head(t, "tuple"); break;
    case AMA_AST_LIST: add_head(t, "list"); break;
    case AMA_AST_FSTRING: add_head(t, "fstring"); break;
    case AMA_AST_LOGICAL: add_head(t, ama__ast_op_text(a->op)); break;
    case AMA_AST_MODULE: add_head(t, "module"); break;
    case AMA_AST_IMPORT: add_head(t, "import"); break;
    case AMA_AST_IF: add_head(t, "if"); break;
    case AMA_AST_DEL: add_head(t, "del"); break;
    default: return false;
    }
    add_list(t, &a->list);
    ama__text_add(t, ")");
    return true;
}

static void print_unary(ama__text *t, const ama__ast *a) {
    add_head(t, a->op == AMA_AST_OP_NEG ? "neg" : a->op == AMA_AST_OP_POS ? "pos" : ama__ast_op_text(a->op));
    add_part(t, a->unary.operand);
}

static void print_expression(ama__text *t, const ama__ast *a) {
    switch (a->kind) {
    case AMA_AST_FIELD:
        add_head(t, "field");
        add_part(t, a->field.value);
        ama__text_printf(t, " %c", a->field.conversion ? a->field.conversion : '_');
        add_part(t, a->field.spec);
        break;
    case AMA_AST_ATTRIBUTE:
        add_head(t, ".");
        add_part(t, a->attribute.value);
        ama__text_printf(t, " %s", a->attribute.name);
        break;
    case AMA_AST_SUBSCRIPT:
        add_head(t, "[]");
        add_part(t, a->subscript.value);
        add_part(t, a->subscript.index);
        break;
    case AMA_AST_SLICE:
        add_head(t, "slice");
        add_part(t, a->slice.start);
        add_part(t, a->slice.stop);
        add_part(t, a->slice.step);
        break;
    case AMA_AST_CALL:
        add_head(t, "call");
        add_part(t, a->call.function);
        add_list(t, &a->call.args);
        add_list(t, &a->call.keywords);
        break;
    case AMA_AST_KEYWORD:
        ama__text_printf(t, "(%s=", a->keyword.name);
        add_part(t, a->keyword.value);
        break;
    case AMA_AST_DICT:
        add_head(t, "dict");
        for (int32_t i = 0; i < a->dict.keys.n; i++) {
            add_part(t, a->dict.keys.at[i]);
            add_part(t, a->dict.values.at[i]);
        }
        break;
    case AMA_AST_UNARY: print_unary(t, a); break;
    case AMA_AST_BINARY:
    case AMA_AST_COMPARE:
        add_head(t, ama__ast_op_text(a->op));
        add_part(t, a->binary.left);
        add_part(t, a->binary.right);
        break;
    case AMA_AST_CONDITIONAL:
        add_head(t, "?");
        add_part(t, a->conditional.test);
        add_part(t, a->conditional.then);
        add_part(t, a->conditional.otherwise);
        break;
    default: add_head(t, "unknown"); break;
    }
    ama__text_add(t, ")");
}

static void print_alias(ama__text *t, const ama__ast *a) {
    ama__text_printf(t, "(%s %s %s", a->alias.module, a->alias.name ? a->alias.name : "_",
                     a->alias.as ? a->alias.as : "_");
}

static void print_statement(ama__text *t, const ama__ast *a) {
    switch (a->kind) {
    case AMA_AST_ASSIGN:
        add_head(t, "assign");
        add_list(t, &a->assign.targets);
        add_part(t, a->assign.value);
        break;
    case AMA_AST_AUGMENT:
        ama__text_printf(t, "(%s=", ama__ast_op_text(a->op));
        add_part(t, a->augment.target);
        add_part(t, a->augment.value);
        break;
    case AMA_AST_EXPRESSION:
    case AMA_AST_RETURN:
        add_head(t, a->kind == AMA_AST_RETURN ? "return" : "expr");
        add_part(t, a->statement.value);
        break;
    case AMA_AST_ALIAS: print_alias(t, a); break;
    case AMA_AST_FOR:
        add_head(t, "for");
        add_part(t, a->loop.target);
        add_part(t, a->loop.iterable);
        add_list(t, &a->loop.body);
        break;
    case AMA_AST_BRANCH:
        add_head(t, a->branch.test ? "case" : "else");
        if (a->branch.test) add_part(t, a->branch.test);
        add_list(t, &a->branch.body);
        break;
    case AMA_AST_DEF:
        ama__text_printf(t, "(def %s", a->def.name);
        add_params(t, a->def.signature);
        add_list(t, &a->def.body);
        break;
    case AMA_AST_WITH:
        add_head(t, "with");
        add_list(t, &a->with.items);
        add_list(t, &a->with.body);
        break;
    case AMA_AST_WITH_ITEM:
        add_head(t, "item");
        add_part(t, a->item.value);
        add_part(t, a->item.target);
        break;
    default: add_head(t, "unknown"); break;
    }
    ama__text_add(t, ")");
}

static void print(ama__text *t, const ama__ast *a) {
    if (print_leaf(t, a) || print_list_like(t, a)) return;
    if (a->kind < AMA_AST_MODULE)
        print_expression(t, a);
    else
        print_statement(t, a);
}

void ama__ast_print_tree(ama__text *text, const ama__ast *ast) {
    print(text, ast);
}
