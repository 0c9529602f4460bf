#include "lang/val.h"

#include <math.h>
#include <string.h>

#include "lang/ast_print.h"

const char *ama__receiver_name(ama__receiver r) {
    static const char *const names[AMA_ON_N] = {
#define AMA_RECEIVER(S, NAME) NAME,
#include "lang/receivers.def"
#undef AMA_RECEIVER
    };
    return names[r];
}

const char *ama__val_type(const ama__val *v) {
    static const char *const names[AMA_VAL_N] = {[AMA_VAL_NONE] = "None",
                                                 [AMA_VAL_BOOL] = "bool",
                                                 [AMA_VAL_INT] = "int",
                                                 [AMA_VAL_FLOAT] = "float",
                                                 [AMA_VAL_STR] = "str",
                                                 [AMA_VAL_TEXT] = "str",
                                                 [AMA_VAL_LIST] = "list",
                                                 [AMA_VAL_TUPLE] = "tuple",
                                                 [AMA_VAL_DICT] = "dict",
                                                 [AMA_VAL_SLICE] = "slice",
                                                 [AMA_VAL_ELLIPSIS] = "ellipsis",
                                                 [AMA_VAL_MODULE] = "module",
                                                 [AMA_VAL_FUNCTION] = "function",
                                                 [AMA_VAL_DEF] = "function",
                                                 [AMA_VAL_DTYPE] = "dtype",
                                                 [AMA_VAL_ARRAY] = "DataArray",
                                                 [AMA_VAL_DATASET] = "Dataset",
                                                 [AMA_VAL_NDARRAY] = "ndarray",
                                                 [AMA_VAL_NUMBER] = "float",
                                                 [AMA_VAL_GROUPBY] = "GroupBy",
                                                 [AMA_VAL_RESAMPLE] = "Resample",
                                                 [AMA_VAL_WEIGHTED] = "Weighted",
                                                 [AMA_VAL_ROLLING] = "Rolling",
                                                 [AMA_VAL_COARSEN] = "Coarsen",
                                                 [AMA_VAL_DT] = "DataArray.dt",
                                                 [AMA_VAL_ATTRS] = "attrs",
                                                 [AMA_VAL_ENCODING] = "encoding",
                                                 [AMA_VAL_COORDS] = "coords",
                                                 [AMA_VAL_LOC] = "loc",
                                                 [AMA_VAL_COMPRESSOR] = "compressor",
                                                 [AMA_VAL_DATETIME] = "numpy.datetime64"};
    return names[v->kind];
}

static ama_status grow(ama__arena *arena, ama__items *items, bool keyed) {
    if (items->n < items->cap) return AMA_OK;
    int cap = items->cap ? 2 * items->cap : 8;
    ama__val *at, *key = NULL;
    AMA_NEW(arena, at, cap);
    if (items->n) memcpy(at, items->at, (size_t)items->n * sizeof *at);
    if (keyed) {
        AMA_NEW(arena, key, cap);
        if (items->n) memcpy(key, items->key, (size_t)items->n * sizeof *key);
    }
    items->at = at;
    items->key = key;
    items->cap = cap;
    return AMA_OK;
}

ama_status ama__val_seq(ama__arena *arena, ama__val_kind kind, int n, ama__val *out) {
    ama__items *items;
    AMA_NEW(arena, items, 1);
    AMA_NEW(arena, items->at, n);
    items->n = items->cap = n;
    *out = (ama__val){.kind = kind, .u.items = items};
    return AMA_OK;
}

ama_status ama__val_append(ama__arena *arena, ama__val *list, const ama__val *v) {
    ama__items *items = list->u.items;
    AMA_TRY(grow(arena, items, false));
    items->at[items->n++] = *v;
    return AMA_OK;
}

ama_status ama__val_dict(ama__arena *arena, ama__val *out) {
    ama__items *items;
    AMA_NEW(arena, items, 1);
    *out = (ama__val){.kind = AMA_VAL_DICT, .u.items = items};
    return AMA_OK;
}

static int find_key(const ama__items *items, const ama__val *key) {
    for (int i = 0; i < items->n; i++)
        if (ama__val_equal(&items->key[i], key)) return i;
    return -1;
}

ama_status ama__val_put(ama__arena *arena, ama__val *dict, const ama__val *key, const ama__val *v) {
    ama__items *items = dict->u.items;
    int i = find_key(items, key);
    if (i < 0) {
        AMA_TRY(grow(arena, items, true));
        i = items->n++;
        items->key[i] = *key;
    }
    items->at[i] = *v;
    return AMA_OK;
}

const ama__val *ama__val_find(const ama__val *dict, const ama__val *key) {
    int i = find_key(dict->u.items, key);
    return i < 0 ? NULL : &dict->u.items->at[i];
}

const ama__val *ama__val_get(const ama__val *dict, const char *s) {
    ama__val key = ama__val_str(s);
    return ama__val_find(dict, &key);
}

ama_status ama__val_object(ama__arena *arena, ama__val_kind kind, const ama__object *object, ama__val *out) {
    ama__handle *h;
    AMA_NEW(arena, h, 1);
    h->object = *object;
    if (object->is_dataset)
        kind = AMA_VAL_DATASET;
    else if (kind == AMA_VAL_DATASET)
        kind = AMA_VAL_ARRAY;
    *out = (ama__val){.kind = kind, .u.handle = h};
    return AMA_OK;
}

static bool equal_items(const ama__items *a, const ama__items *b) {
    if (a->n != b->n) return false;
    for (int i = 0; i < a->n; i++) {
        if (a->key) {
            int k = find_key(b, &a->key[i]);
            if (k < 0 || !ama__val_equal(&a->at[i], &b->at[k])) return false;
        } else if (!ama__val_equal(&a->at[i], &b->at[i])) {
            return false;
        }
    }
    return true;
}

static bool names_dtype(const char *s, ama_dtype t) {
    ama_dtype named;
    return ama__dtype_parse(s, &named) && named == t;
}

bool ama__val_equal(const ama__val *a, const ama__val *b) {
    if (ama__val_is_number(a) && ama__val_is_number(b)) {
        if (a->kind != AMA_VAL_FLOAT && b->kind != AMA_VAL_FLOAT) return ama__val_i8(a) == ama__val_i8(b);
        return ama__val_f8(a) == ama__val_f8(b);
    }
    if (a->kind == AMA_VAL_DTYPE && b->kind == AMA_VAL_STR) return names_dtype(b->u.s, a->u.dtype);
    if (b->kind == AMA_VAL_DTYPE && a->kind == AMA_VAL_STR) return names_dtype(a->u.s, b->u.dtype);
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case AMA_VAL_NONE:
    case AMA_VAL_ELLIPSIS: return true;
    case AMA_VAL_STR: return strcmp(a->u.s, b->u.s) == 0;
    case AMA_VAL_DTYPE: return a->u.dtype == b->u.dtype;
    case AMA_VAL_DATETIME: return a->u.datetime->ns == b->u.datetime->ns;
    case AMA_VAL_LIST:
    case AMA_VAL_TUPLE:
    case AMA_VAL_DICT: return equal_items(a->u.items, b->u.items);
    case AMA_VAL_ARRAY:
    case AMA_VAL_DATASET:
    case AMA_VAL_NDARRAY:
    case AMA_VAL_NUMBER: return a->u.handle == b->u.handle;
    default: return false;
    }
}

/* A string as Python's repr: single quotes unless it holds one and no double quote. */
static void print_str(ama__text *text, const char *s) {
    char quote = strchr(s, '\'') && !strchr(s, '"') ? '"' : '\'';
    ama__text_addn(text, &quote, 1);
    for (; *s; s++) {
        if (*s == '\n')
            ama__text_add(text, "\\n");
        else if (*s == '\t')
            ama__text_add(text, "\\t");
        else if (*s == '\\' || *s == quote)
            ama__text_printf(text, "\\%c", *s);
        else
            ama__text_addn(text, s, 1);
    }
    ama__text_addn(text, &quote, 1);
}

static void print_items(ama__text *text, const ama__val *v) {
    const ama__items *items = v->u.items;
    bool tuple = v->kind == AMA_VAL_TUPLE, dict = v->kind == AMA_VAL_DICT;
    if (items->look == AMA_LOOK_FROZEN) ama__text_add(text, "Frozen(");
    ama__text_add(text, tuple ? "(" : dict ? "{" : "[");
    for (int i = 0; i < items->n; i++) {
        if (i) ama__text_add(text, ", ");
        if (dict) {
            ama__val_print(text, &items->key[i], true);
            ama__text_add(text, ": ");
        }
        ama__val_print(text, &items->at[i], true);
    }
    ama__text_add(text, tuple ? items->n == 1 ? ",)" : ")" : dict ? "}" : "]");
    if (items->look == AMA_LOOK_FROZEN) ama__text_add(text, ")");
}

/* Of numpy's scalars repr() names the type: np.float32(0.1), np.True_. */
static void print_number(ama__text *text, const ama__val *v, bool repr) {
    char buf[64];
    bool named = repr && v->numpy;
    if (named) ama__text_add(text, "np.");
    if (named && v->kind != AMA_VAL_BOOL) ama__text_printf(text, "%s(", ama__dtype_name(ama__val_dtype(v)));
    if (v->kind == AMA_VAL_BOOL)
        ama__text_printf(text, "%s%s", v->u.b ? "True" : "False", named ? "_" : "");
    else if (v->kind == AMA_VAL_INT)
        ama__text_printf(text, "%lld", (long long)v->u.i);
    else if (ama__val_dtype(v) == AMA_F4)
        ama__text_add(text, ama__text_f4(buf, sizeof buf, (float)v->u.f));
    else
        ama__text_add(text, ama__text_f8(buf, sizeof buf, v->u.f));
    if (named && v->kind != AMA_VAL_BOOL) ama__text_add(text, ")");
}

void ama__val_print(ama__text *text, const ama__val *v, bool repr) {
    char buf[64];
    switch (v->kind) {
    case AMA_VAL_NONE: ama__text_add(text, "None"); break;
    case AMA_VAL_BOOL:
    case AMA_VAL_INT:
    case AMA_VAL_FLOAT: print_number(text, v, repr); break;
    case AMA_VAL_STR:
        if (repr)
            print_str(text, v->u.s);
        else
            ama__text_add(text, v->u.s);
        break;
    case AMA_VAL_LIST:
    case AMA_VAL_TUPLE:
    case AMA_VAL_DICT: print_items(text, v); break;
    case AMA_VAL_ELLIPSIS: ama__text_add(text, "Ellipsis"); break;
    case AMA_VAL_DATETIME: ama__text_add(text, ama__datetime_print(v->u.datetime, repr, buf, sizeof buf)); break;
    case AMA_VAL_DTYPE: ama__text_printf(text, repr ? "dtype('%s')" : "%s", ama__dtype_name(v->u.dtype)); break;
    case AMA_VAL_SLICE:
        for (int i = 0; i < 3; i++) {
            ama__text_add(text, i ? ", " : "slice(");
            ama__val_print(text, &v->u.slice[i], true);
        }
        ama__text_add(text, ")");
        break;
    default: ama__text_printf(text, "<%s>", ama__val_type(v));
    }
}
