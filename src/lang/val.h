/* Values of a running script. They live in the graph's arena; containers and objects are shared by reference, as in
 * Python. */
#ifndef AMA_LANG_VAL_H
#define AMA_LANG_VAL_H

#include "base/text.h"
#include "cf/datetime64.h"
#include "graph/coarsen.h"
#include "graph/encode.h"
#include "graph/group.h"
#include "graph/rolling.h"
#include "graph/weighted.h"

/* What methods belong to: the first column of methods.def. */
typedef enum ama__receiver {
#define AMA_RECEIVER(S, NAME) AMA_ON_##S,
#include "lang/receivers.def"
#undef AMA_RECEIVER
    AMA_ON_N
} ama__receiver;
/* "DataArray", "xarray", …: as messages and help name it. */
const char *ama__receiver_name(ama__receiver r);

typedef enum ama__val_kind {
    AMA_VAL_NONE,
    AMA_VAL_BOOL,
    AMA_VAL_INT,
    AMA_VAL_FLOAT,
    AMA_VAL_STR,
    AMA_VAL_TEXT, /* a string with parts that are known after the run */
    AMA_VAL_LIST,
    AMA_VAL_TUPLE,
    AMA_VAL_DICT,
    AMA_VAL_SLICE,
    AMA_VAL_ELLIPSIS,
    AMA_VAL_MODULE,
    AMA_VAL_FUNCTION, /* a row of the table, bound to what it was taken from */
    AMA_VAL_DEF,      /* a function of the script */
    AMA_VAL_DTYPE,
    AMA_VAL_DATETIME, /* numpy.datetime64 */
    AMA_VAL_ARRAY,
    AMA_VAL_DATASET,
    AMA_VAL_NDARRAY, /* a numpy array: handle without labels, dims by position */
    AMA_VAL_NUMBER,  /* a scalar known after the run: handle of no dims */
    AMA_VAL_GROUPBY,
    AMA_VAL_RESAMPLE,
    AMA_VAL_WEIGHTED,
    AMA_VAL_ROLLING,
    AMA_VAL_COARSEN,
    AMA_VAL_DT,
    AMA_VAL_ATTRS,
    AMA_VAL_ENCODING,
    AMA_VAL_COORDS,
    AMA_VAL_LOC,
    AMA_VAL_COMPRESSOR,
    AMA_VAL_N
} ama__val_kind;

typedef struct ama__val ama__val;

/* A list, tuple or dict; tuples do not change. key is NULL but for dicts. */
typedef enum ama__items_look {
    AMA_LOOK_PLAIN,
    AMA_LOOK_FROZEN, /* xarray's read-only dict: prints as Frozen({…}) */
    AMA_LOOK_HIDDEN  /* range, dict.keys(), data_vars: Python prints something else, which is not supported */
} ama__items_look;
typedef struct ama__items {
    int n, cap;
    ama__items_look look;
    ama__val *at, *key;
} ama__items;

/* An object of the script. What shares the handle sees changes in place (ds["x"] = …, attrs). */
typedef struct ama__handle ama__handle;
struct ama__handle {
    ama__object object;
    ama__handle *parent; /* ds of ds.tas: changes of attributes reach it as long as it holds the same variable */
    const char *parent_name;
};

typedef struct ama__method ama__method;
typedef struct ama__bound ama__bound;
typedef struct ama__function ama__function; /* of the script: eval_def.c */

/* Part of a text known after the run. */
typedef enum ama__piece_kind {
    AMA_PIECE_TEXT,
    AMA_PIECE_REPR,   /* as print(DataArray) */
    AMA_PIECE_VALUES, /* as print(numpy array) */
    AMA_PIECE_NUMBER  /* a Python number, with a format */
} ama__piece_kind;
typedef struct ama__piece {
    ama__piece_kind kind;
    const char *text;          /* TEXT; NUMBER: the format, "" for str() */
    const ama__object *object; /* all but TEXT */
    int first_node, n_nodes;   /* of the sink, once it is made */
} ama__piece;
typedef struct ama__pieces {
    int n;
    const ama__piece *at;
} ama__pieces;

struct ama__val {
    ama__val_kind kind;
    uint8_t numpy; /* BOOL, INT, FLOAT: 1 + the ama_dtype of a numpy scalar, 0 for Python's own */
    union {
        bool b;
        int64_t i;
        double f;
        const char *s;
        ama__pieces *pieces;
        ama__items *items;
        const ama__val *slice; /* start, stop, step */
        ama__receiver module;
        const ama__bound *bound;
        const ama__function *def;
        ama_dtype dtype;
        const ama__datetime *datetime;
        ama__handle *handle; /* ARRAY … NUMBER, DT, ATTRS, ENCODING, COORDS, LOC */
        const ama__group *group;
        const ama__weighted *weighted;
        const ama__rolling *rolling;
        const ama__coarsen *coarsen;
        const ama__value *value; /* COMPRESSOR */
    } u;
};

struct ama__bound {
    const ama__method *method;
    ama__val self;
};

/* "DataArray", "str", …: as Python names the type. */
const char *ama__val_type(const ama__val *v);

static inline ama__val ama__val_none(void) {
    return (ama__val){.kind = AMA_VAL_NONE};
}
static inline ama__val ama__val_bool(bool b) {
    return (ama__val){.kind = AMA_VAL_BOOL, .u.b = b};
}
static inline ama__val ama__val_int(int64_t i) {
    return (ama__val){.kind = AMA_VAL_INT, .u.i = i};
}
static inline ama__val ama__val_float(double f) {
    return (ama__val){.kind = AMA_VAL_FLOAT, .u.f = f};
}
static inline ama__val ama__val_str(const char *s) {
    return (ama__val){.kind = AMA_VAL_STR, .u.s = s};
}
static inline bool ama__val_is_seq(const ama__val *v) {
    return v->kind == AMA_VAL_LIST || v->kind == AMA_VAL_TUPLE;
}
static inline bool ama__val_is_number(const ama__val *v) {
    return v->kind == AMA_VAL_BOOL || v->kind == AMA_VAL_INT || v->kind == AMA_VAL_FLOAT;
}
/* ARRAY, DATASET, NDARRAY, NUMBER: what has an object in its handle. */
static inline bool ama__val_is_object(const ama__val *v) {
    return v->kind >= AMA_VAL_ARRAY && v->kind <= AMA_VAL_NUMBER;
}
/* Numbers as Python converts them: BOOL and INT to either. */
static inline double ama__val_f8(const ama__val *v) {
    return v->kind == AMA_VAL_FLOAT ? v->u.f : v->kind == AMA_VAL_INT ? (double)v->u.i : (double)v->u.b;
}
static inline int64_t ama__val_i8(const ama__val *v) {
    return v->kind == AMA_VAL_INT ? v->u.i : v->kind == AMA_VAL_BOOL ? (int64_t)v->u.b : (int64_t)v->u.f;
}

/* What numpy makes of the number in an array. */
static inline ama_dtype ama__val_dtype(const ama__val *v) {
    if (v->numpy) return (ama_dtype)(v->numpy - 1);
    return v->kind == AMA_VAL_FLOAT ? AMA_F8 : v->kind == AMA_VAL_INT ? AMA_I8 : AMA_BOOL;
}

/* Containers. All Local; only memory can be missing. */
ama_status ama__val_seq(ama__arena *arena, ama__val_kind kind, int n, ama__val *out); /* n values None */
ama_status ama__val_append(ama__arena *arena, ama__val *list, const ama__val *v);
ama_status ama__val_dict(ama__arena *arena, ama__val *out);
ama_status ama__val_put(ama__arena *arena, ama__val *dict, const ama__val *key, const ama__val *v);
const ama__val *ama__val_find(const ama__val *dict, const ama__val *key); /* NULL when absent */
/* The value of key `s`. */
const ama__val *ama__val_get(const ama__val *dict, const char *s);
/* Copies the object into a new handle. ARRAY and DATASET become what the object is. */
ama_status ama__val_object(ama__arena *arena, ama__val_kind kind, const ama__object *object, ama__val *out);

/* Element i of a dense native array. */
ama__val ama__val_element(ama_dtype t, const void *data, int64_t i);

/* Python's == of plain values; false for objects. */
bool ama__val_equal(const ama__val *a, const ama__val *b);
/* repr() (or str() when !repr) of a plain value onto a text; objects as "<DataArray>". */
void ama__val_print(ama__text *text, const ama__val *v, bool repr);

#endif
