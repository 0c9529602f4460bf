/* Parameter lists: of the script's own functions, and of xarray's, written as Python writes them
 * ("dim=None, *, skipna=None, keep_attrs=None, **indexers"). Binding a call to one follows Python's rules. */
#ifndef AMA_LANG_SIGNATURE_H
#define AMA_LANG_SIGNATURE_H

#include "lang/ast.h"

typedef struct ama__param {
    const char *name;
    const ama__ast *fallback; /* the default, NULL when the argument must be given */
    ama__span span;           /* of the name */
} ama__param;

struct ama__signature {
    ama__param *params;
    int32_t n_params;
    int32_t n_positional_only; /* the first ones: before '/' */
    int32_t n_positional;      /* the first ones may be given by position; the others come after '*' */
    const char *args;          /* name of *args, NULL when there is none */
    const char *kwargs;        /* name of **kwargs, NULL when there is none */
};

/* Parses the text between the parentheses. Local; errors name the source "signature". */
ama_status ama__signature_parse(ama__arena *arena, const char *text, const ama__signature **out);
/* Place of the parameter called `name`, -1 when there is none. */
int32_t ama__signature_find(const ama__signature *signature, const char *name);

typedef struct ama__binding {
    const ama__ast **values; /* [n_params]; NULL: not given, the default holds */
    ama__ast_list args;      /* what *args takes */
    ama__ast_list kwargs;    /* KEYWORD: what **kwargs takes, in order */
} ama__binding;

/* Binds the arguments of `call` to the parameters of `function` (as errors name it, without parentheses). `self` is not
 * among the parameters. Local; ARG with the position of the offending argument, in Python's words. */
ama_status ama__signature_bind(ama__arena *arena, const ama__source *source, const ama__signature *signature,
                               const char *function, const ama__ast *call, ama__binding *out);

#endif
