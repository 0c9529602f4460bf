/* The running script, shared by the files of the evaluator (eval_*.c, call_*.c, script*.c) and by nobody else. All
 * functions are Logically collective, and Local but for those that open files or evaluate arrays: these agree first, so
 * that a rank that failed before is heard (ama__interp_agree). */
#ifndef AMA_LANG_INTERP_H
#define AMA_LANG_INTERP_H

#include "graph/restructure.h"
#include "graph/select.h"
#include "graph/dt.h"
#include "lang/ast.h"
#include "lang/script.h"
#include "lang/signature.h"
#include "lang/val.h"

typedef struct ama__scope {
    struct ama__scope *outer; /* the script's own, for a function's */
    int n, cap;
    const char **name;
    ama__val *val;
} ama__scope;

/* An output the script will write. */
typedef struct ama__output {
    const char *path;
    int line;
} ama__output;

/* Something the script opened: these stores of the script's, by the object it got. */
typedef struct ama__input {
    int first, n;
    int line; /* 0: the command line */
    const ama__handle *handle;
    bool loaded, closed;
} ama__input;

typedef struct ama__interp {
    ama_ctx *ctx;
    ama__graph *g;
    ama__arena *arena; /* the graph's */
    ama__comm *comm;
    const ama__source *source;
    const ama__script_options *options;
    ama__script *script;
    ama__scope globals, *scope;
    int n_calls, n_steps; /* functions of the script inside each other; loop passes */
    ama__keep_attrs keep; /* xr.set_options(keep_attrs=) */
    bool agreed;          /* an error that all ranks know of: no more agreement about it */
    bool heard;           /* it is another rank's: its text stays as it is */
    bool returned;        /* a return statement was met: result holds the value */
    ama__val result;
    bool has_last; /* the last statement of the script was an expression: last holds its value */
    ama__val last;
    ama__span last_at;
    ama__evaluator evaluator;         /* what the graph uses: agrees, then options->evaluate */
    const ama__signature **signature; /* per row of the table, parsed when first used */
    int n_outputs, cap_outputs, n_inputs, cap_inputs, cap_sinks, cap_prints;
    ama__output *output;
    ama__input *input;
} ama__interp;

/* An argument after binding. */
typedef struct ama__arg {
    const char *name;
    ama__val v;
    ama__span at, name_at;
    bool given; /* false: v is the default (None where that is no literal) */
} ama__arg;

typedef struct ama__call {
    const ama__method *method;
    ama__val self;
    const ama__ast *ast;
    int n, n_args, n_kwargs;
    ama__arg *arg, *args, *kwargs; /* the parameters; what *args and **kwargs took */
    ama__span blame;               /* where an error of the graph points: the method's name unless set */
} ama__call;

typedef ama_status ama__builder(ama__interp *ip, ama__call *c, ama__val *out);

/* A row of methods.def. A property has no signature. */
struct ama__method {
    ama__receiver on;
    const char *name, *signature;
    ama__builder *build;
};

/* ---- errors: at a place in the script */
ama_status ama__interp_fail(ama__interp *ip, ama__span at, ama_status status, const char *fmt, ...) AMA_PRINTF(4, 5);
/* Gives the recorded error this place unless it has one; OK passes through. */
ama_status ama__interp_at(ama__interp *ip, ama__span at, ama_status status);
/* "mean() argument 'dim' must be …, not <type>" at the argument. */
ama_status ama__interp_type(ama__interp *ip, const ama__call *c, const ama__arg *a, const char *expected);
/* Collective: before anything collective. Returns the error of a rank that failed. */
ama_status ama__interp_agree(ama__interp *ip);
/* Passes the status of a collective function through, and notes that all ranks know it. */
ama_status ama__interp_common(ama__interp *ip, ama_status status);
/* A place for what stands in no script. */
#define AMA_NOWHERE ((ama__span){-1, -1})
#define AMA_AT(ip, at, call) AMA_TRY(ama__interp_at((ip), (at), (call)))

/* ---- names */
const ama__val *ama__scope_find(const ama__scope *s, const char *name);
ama_status ama__scope_set(ama__interp *ip, ama__scope *s, const char *name, const ama__val *v);
bool ama__scope_remove(ama__scope *s, const char *name);

/* ---- evaluation */
ama_status ama__eval(ama__interp *ip, const ama__ast *ast, ama__val *out);
ama_status ama__eval_name(ama__interp *ip, const ama__ast *ast, ama__val *out);
ama_status ama__eval_attribute(ama__interp *ip, const ama__ast *ast, ama__val *out);
/* The attribute of a value; `at` for errors. */
ama_status ama__eval_getattr(ama__interp *ip, const ama__val *v, const char *name, ama__span at, ama__val *out);
ama_status ama__eval_subscript(ama__interp *ip, const ama__ast *ast, ama__val *out);
/* target[index] of values: also in for loops and unpacking. */
ama_status ama__eval_getitem(ama__interp *ip, const ama__val *v, const ama__val *index, ama__span at, ama__val *out);
ama_status ama__eval_call(ama__interp *ip, const ama__ast *ast, ama__val *out);
ama_status ama__eval_fstring(ama__interp *ip, const ama__ast *ast, ama__val *out);
ama_status ama__eval_unary(ama__interp *ip, const ama__ast *ast, ama__val *out);
ama_status ama__eval_binary(ama__interp *ip, const ama__ast *ast, ama__val *out);
/* op of two values: arithmetic, comparison. */
ama_status ama__eval_operator(ama__interp *ip, ama__ast_op op, const ama__val *a, const ama__val *b, ama__span at,
                              ama__val *out);
/* The same for plain Python values; UNSUPPORTED and Python's words for what does not fit. */
ama_status ama__eval_plain(ama__interp *ip, ama__ast_op op, const ama__val *a, const ama__val *b, ama__span at,
                           ama__val *out);
ama_status ama__eval_truth(ama__interp *ip, const ama__val *v, ama__span at, bool *out);
/* The items of what a for loop runs over, as a list. */
ama_status ama__eval_iterate(ama__interp *ip, const ama__val *v, ama__span at, ama__val *out);
ama_status ama__eval_statements(ama__interp *ip, const ama__ast_list *body);
ama_status ama__eval_assign(ama__interp *ip, const ama__ast *target, const ama__val *v);
ama_status ama__eval_import(ama__interp *ip, const ama__ast *ast);
/* def of the script: making and calling. */
ama_status ama__eval_def(ama__interp *ip, const ama__ast *ast);
ama_status ama__eval_call_def(ama__interp *ip, const ama__function *f, const ama__ast *call, ama__val *out);

/* ---- the table */
/* The row of a name, NULL when there is none. */
const ama__method *ama__method_find(ama__receiver on, const char *name);
const ama__method *ama__method_table(int *n);
/* True for names that xarray, numpy, … have there and Amasia has not. */
bool ama__method_known(ama__receiver on, const char *name);
/* The receiver whose methods a value has; OTHER when none. */
ama__receiver ama__method_receiver(const ama__val *v);
/* "unknown method 'grouby' of DataArray; did you mean 'groupby'?", or UNSUPPORTED. `extra`: other names there are. */
ama_status ama__method_missing(ama__interp *ip, ama__receiver on, const char *name, ama__span at, int n_extra,
                               const char *const *extra);
ama_status ama__method_signature(ama__interp *ip, const ama__method *m, const ama__signature **out);

/* ---- selection (call_select.c): pairs name a dim each */
ama_status ama__select(ama__interp *ip, const ama__object *o, bool by_label, int n, const ama__arg *pairs,
                       const ama__sel_options *options, ama__span at, ama__object *out);
/* What is wrong with a pair that failed: its name, when the object has no such dim, or its value. */
ama__span ama__select_blame(const ama__object *o, const ama__arg *pair);
/* x[index]: axis by axis, with `...` and slices. */
ama_status ama__select_axes(ama__interp *ip, const ama__object *o, bool by_label, const ama__val *index, ama__span at,
                            ama__object *out);

/* ---- making arrays (call_make.c) */
/* What stands for a variable: a DataArray, (dims, values[, attrs]), values along `dim` (NULL: a scalar only). */
ama_status ama__make_variable(ama__interp *ip, const ama__val *v, const char *dim, ama__span at, ama__object *out);
/* A list of names, as a tuple of strings. */
ama_status ama__make_names(ama__interp *ip, ama__val_kind kind, int n, const char *const *name, ama__val *out);
/* A data variable or coordinate as a value that knows its parent. */
ama_status ama__make_lookup(ama__interp *ip, ama__handle *parent, const char *name, ama__span at, ama__val *out);
/* Sets ds[name], a coordinate of a handle, an attribute. */
ama_status ama__make_assign(ama__interp *ip, ama__handle *h, bool coord, const char *name, const ama__val *v,
                            ama__span at);
ama_status ama__make_attrs(ama__interp *ip, const ama__val *dict, ama__span at, ama__attrs *attrs);
/* {name: size} of the dims. */
ama_status ama__make_sizes(ama__interp *ip, const ama__object *o, ama__val *out);
/* The encoding of an object forgotten. */
ama_status ama__make_drop_encoding(ama__interp *ip, const ama__object *in, ama__object *out);

/* ---- arguments (call_args.c) */
/* The argument of that name; it must be in the signature. */
const ama__arg *ama__call_arg(const ama__call *c, const char *name);
/* Values of one kind, with the default kept when the argument is None. */
ama_status ama__arg_text(ama__interp *ip, const ama__call *c, const ama__arg *a, const char **out); /* None: NULL */
ama_status ama__arg_bool(ama__interp *ip, const ama__call *c, const ama__arg *a, bool *out);
ama_status ama__arg_int(ama__interp *ip, const ama__call *c, const ama__arg *a, int64_t *out);
/* "x", ["x", "y"], ("x",): names. None gives n = -1. */
ama_status ama__arg_names(ama__interp *ip, const ama__call *c, const ama__arg *a, int *n, const char ***out);
ama_status ama__arg_dims(ama__interp *ip, const ama__call *c, const ama__arg *a, ama__dims *out);
ama_status ama__arg_skipna(ama__interp *ip, const ama__call *c, const ama__arg *a, ama__skipna *out);
ama_status ama__arg_keep(ama__interp *ip, const ama__call *c, const ama__arg *a, ama__keep_attrs *out);
ama_status ama__arg_dtype(ama__interp *ip, const ama__call *c, const ama__arg *a, ama_dtype *out);
/* A number, text, array. */
ama_status ama__arg_operand(ama__interp *ip, const ama__call *c, const ama__arg *a, ama__operand *out);
/* Arguments that must have been left out (or be None): UNSUPPORTED otherwise. names: NULL-terminated. */
ama_status ama__call_refuse(ama__interp *ip, ama__call *c, const char *const *names);
/* What a dict and keywords say together: sel({"x": 1}, y=2) as one list of named arguments. */
ama_status ama__call_pairs(ama__interp *ip, ama__call *c, const ama__arg *dict, int *n, ama__arg **out);

/* ---- values (val_convert.c) */
/* A value as a label: number, text, time. False when it is none. */
bool ama__val_label(const ama__val *v, ama__label *out);
/* A value as operand; ARG when it is none. */
ama_status ama__val_operand(ama__interp *ip, const ama__val *v, ama__span at, ama__operand *out);
/* A number, string or time, or lists of them (nested, rectangular), as a numpy array in memory. */
ama_status ama__val_ndarray(ama__interp *ip, const ama__val *v, ama__span at, ama__handle **out);
/* An array in memory as plain values (lists in lists). */
ama_status ama__val_from_memory(ama__interp *ip, const ama__node *node, const void *data, ama__val *out);
/* An array as lists in lists, evaluated if need be. */
ama_status ama__val_tolist(ama__interp *ip, const ama__val *v, ama__span at, ama__val *out);
/* A 0-d object as a Python number: at once where it is in memory, else NUMBER. */
ama_status ama__val_scalar(ama__interp *ip, const ama__object *o, ama__span at, ama__val *out);
/* The same, evaluated if need be. */
ama_status ama__val_scalar_now(ama__interp *ip, const ama__val *v, ama__span at, const char *what, ama__val *out);
ama_status ama__val_to_attr(ama__interp *ip, ama__attrs *attrs, const char *name, const ama__val *v, ama__span at);
ama_status ama__val_from_attr(ama__interp *ip, const ama__attr *a, ama__val *out);
/* A node as an object without labels: dims dim_0, dim_1, … */
ama_status ama__val_bare(ama__interp *ip, ama__node *node, const ama__timeaxis *time, ama__handle **out);
/* Puts `after` in the place of a DataArray's variable, in its parents too where they hold the same one. */
ama_status ama__handle_replace(ama__interp *ip, ama__handle *h, ama__variable *after);
/* Gives attrs to the handle's object. */
ama_status ama__handle_set_attrs(ama__interp *ip, ama__handle *h, const ama__attrs *attrs);
/* Replaces the handle's object. */
void ama__handle_set(ama__handle *h, const ama__object *object);

/* ---- texts known later (format.c) */
/* str(v) as pieces, appended to a list under construction. */
typedef struct ama__piece_list {
    int n, cap;
    ama__piece *at;
} ama__piece_list;
ama_status ama__pieces_text(ama__interp *ip, ama__piece_list *list, const char *s);
/* spec: of a format, "" for none; repr: !r. */
ama_status ama__pieces_val(ama__interp *ip, ama__piece_list *list, const ama__val *v, bool repr, const char *spec,
                           ama__span at);
/* STR when all is known, TEXT otherwise. */
ama_status ama__pieces_join(ama__interp *ip, const ama__piece_list *list, ama__val *out);
/* format(number, spec). False when the spec does not fit. */
bool ama__format_number(ama__text *text, const ama__val *v, const char *spec);

/* ---- sinks (sink.c) */
ama_status ama__sink_print(ama__interp *ip, const ama__piece_list *list, ama__span at);
/* encoding_at: where errors of the encoding point. */
ama_status ama__sink_write(ama__interp *ip, const ama__object *o, ama__write_args *args, ama__span at,
                           ama__span encoding_at);
/* The output of that name, NULL when there is none. */
const ama__output *ama__sink_find(const ama__interp *ip, const char *path);
/* The -o of the command line. */
ama_status ama__sink_output(ama__interp *ip);
/* Line of a place in the script. */
int ama__interp_line(const ama__interp *ip, ama__span at);

/* ---- what is open (input.c) */
/* Stores from `first` on were opened for this object. */
ama_status ama__input_note(ama__interp *ip, int first, ama__handle *h, ama__span at);
/* load(), compute() or persist() of the object; close(), or the end of its `with`. What xarray may write over is a Zarr
 * store that was loaded, a netCDF file that was loaded and closed. */
void ama__input_loaded(ama__interp *ip, const ama__val *v);
void ama__input_closed(ama__interp *ip, const ama__val *v);
/* UNSUPPORTED when `path` is to be written and is (device and inode) what the script still reads. Collective. */
ama_status ama__input_check(ama__interp *ip, const char *path, ama__span at);

/* ---- opening (call_open.c) */
ama_status ama__open_path(ama__interp *ip, const char *path, ama__span at, ama__val *out);
/* The chunks= of a call that opened v (call_chunk.c). */
ama_status ama__open_chunks(ama__interp *ip, ama__call *c, ama__val *v);
/* Paths that match, sorted; the same on all ranks. Collective. */
ama_status ama__open_glob(ama__interp *ip, const char *pattern, int *n, const char ***out);

#endif
