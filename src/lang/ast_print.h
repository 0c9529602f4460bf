/* Syntax trees as text. */
#ifndef AMA_LANG_AST_PRINT_H
#define AMA_LANG_AST_PRINT_H

#include "base/text.h"
#include "lang/ast.h"

/* The tree in prefix form, for tests: `a.b + 1` is "(+ (. a b) 1)". Absent parts are "_". */
void ama__ast_print_tree(ama__text *text, const ama__ast *ast);
/* An expression as Python source on one line, with only the parentheses it needs. */
void ama__ast_print_source(ama__text *text, const ama__ast *ast);
/* A string as a Python literal in double quotes. */
void ama__ast_print_str(ama__text *text, const char *s);

#endif
