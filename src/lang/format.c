/* Texts with values that are known only after the run, and Python's format of numbers. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/interp.h"

static ama_status add_piece(ama__interp *ip, ama__piece_list *list, const ama__piece *p) {
    if (list->n == list->cap) {
        ama__piece *at;
        list->cap = list->cap ? 2 * list->cap : 8;
        AMA_NEW(ip->arena, at, list->cap);
        if (list->n) memcpy(at, list->at, (size_t)list->n * sizeof *at);
        list->at = at;
    }
    list->at[list->n++] = *p;
    return AMA_OK;
}

ama_status ama__pieces_text(ama__interp *ip, ama__piece_list *list, const char *s) {
    ama__piece *last = list->n ? &list->at[list->n - 1] : NULL;
    if (*s == '\0') return AMA_OK;
    if (last && last->kind == AMA_PIECE_TEXT) {
        AMA_KEEP(ip->arena, last->text, ama__arena_printf(ip->arena, "%s%s", last->text, s));
        return AMA_OK;
    }
    return add_piece(ip, list, &(ama__piece){.kind = AMA_PIECE_TEXT, .text = s});
}

/* A plain value, with its format. */
static ama_status add_plain(ama__interp *ip, ama__piece_list *list, const ama__val *v, bool repr, const char *spec,
                            ama__span at) {
    ama__text text;
    char *s;
    bool fits = true;
    ama__text_init(&text, ip->ctx);
    if (*spec == '\0')
        ama__val_print(&text, v, repr);
    else
        fits = ama__format_number(&text, v, spec);
    s = ama__arena_strdup(ip->arena, ama__text_get(&text));
    ama__text_fini(&text);
    if (!fits)
        return ama__interp_fail(ip, at, AMA_ERR_ARG, "the format '%s' does not fit a value of type %s", spec,
                                ama__val_type(v));
    if (!s) return ama__error_status(ip->ctx);
    return ama__pieces_text(ip, list, s);
}

/* A list with arrays in it: element by element. */
static ama_status add_items(ama__interp *ip, ama__piece_list *list, const ama__val *v, ama__span at) {
    const ama__items *items = v->u.items;
    bool tuple = v->kind == AMA_VAL_TUPLE, dict = v->kind == AMA_VAL_DICT;
    if (items->look == AMA_LOOK_HIDDEN)
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "the text of this object is not supported; use list(...)");
    if (items->look == AMA_LOOK_FROZEN) AMA_TRY(ama__pieces_text(ip, list, "Frozen("));
    AMA_TRY(ama__pieces_text(ip, list, tuple ? "(" : dict ? "{" : "["));
    for (int i = 0; i < items->n; i++) {
        if (i) AMA_TRY(ama__pieces_text(ip, list, ", "));
        if (dict) {
            AMA_TRY(ama__pieces_val(ip, list, &items->key[i], true, "", at));
            AMA_TRY(ama__pieces_text(ip, list, ": "));
        }
        AMA_TRY(ama__pieces_val(ip, list, &items->at[i], true, "", at));
    }
    AMA_TRY(ama__pieces_text(ip, list, tuple ? items->n == 1 ? ",)" : ")" : dict ? "}" : "]"));
    return items->look == AMA_LOOK_FROZEN ? ama__pieces_text(ip, list, ")") : AMA_OK;
}

static ama_status add_attrs(ama__interp *ip, ama__piece_list *list, const ama__val *v, ama__span at) {
    const ama__attrs *attrs = ama__object_attrs(&v->u.handle->object);
    ama__val dict, one;
    AMA_TRY(ama__val_dict(ip->arena, &dict));
    for (int i = 0; i < attrs->n; i++) {
        ama__val key = ama__val_str(attrs->a[i].name);
        AMA_TRY(ama__val_from_attr(ip, &attrs->a[i], &one));
        AMA_TRY(ama__val_put(ip->arena, &dict, &key, &one));
    }
    return add_items(ip, list, &dict, at);
}

/* Values known later must fit their format now. */
static ama_status check_spec(ama__interp *ip, const ama__object *o, const char *spec, ama__span at) {
    const ama__variable *v = ama__object_var(o);
    uint64_t zero = 0;
    const char *none = "";
    bool text = v->node->dtype == AMA_STRING;
    ama__val sample = ama__val_element(v->node->dtype, text ? (const void *)&none : &zero, 0);
    ama__text scratch;
    if (*spec == '\0') return AMA_OK;
    ama__text_init(&scratch, ip->ctx);
    bool fits = !v->time && ama__format_number(&scratch, &sample, spec);
    ama__text_fini(&scratch);
    if (fits) return AMA_OK;
    return ama__interp_fail(ip, at, AMA_ERR_ARG, "the format '%s' does not fit a value of type %s", spec,
                            v->time ? "datetime" : ama__val_type(&sample));
}

ama_status ama__pieces_val(ama__interp *ip, ama__piece_list *list, const ama__val *v, bool repr, const char *spec,
                           ama__span at) {
    switch (v->kind) {
    case AMA_VAL_LIST:
    case AMA_VAL_TUPLE:
    case AMA_VAL_DICT:
        if (*spec) break;
        return add_items(ip, list, v, at);
    case AMA_VAL_ATTRS: return add_attrs(ip, list, v, at);
    case AMA_VAL_TEXT:
        for (int i = 0; i < v->u.pieces->n; i++) AMA_TRY(add_piece(ip, list, &v->u.pieces->at[i]));
        return AMA_OK;
    case AMA_VAL_ARRAY:
    case AMA_VAL_DATASET:
    case AMA_VAL_NDARRAY:
    case AMA_VAL_NUMBER: {
        ama__piece p = {.kind = AMA_PIECE_REPR, .text = spec};
        AMA_KEEP(ip->arena, p.object, ama__arena_memdup(ip->arena, &v->u.handle->object, sizeof(ama__object)));
        if (v->kind == AMA_VAL_NDARRAY) p.kind = AMA_PIECE_VALUES;
        if (v->kind == AMA_VAL_NUMBER || *spec) {
            if (p.object->is_dataset || ama__object_var(p.object)->ndim != 0) break;
            p.kind = AMA_PIECE_NUMBER;
            AMA_TRY(check_spec(ip, p.object, spec, at));
        }
        return add_piece(ip, list, &p);
    }
    case AMA_VAL_GROUPBY:
    case AMA_VAL_RESAMPLE:
    case AMA_VAL_WEIGHTED:
    case AMA_VAL_ROLLING:
    case AMA_VAL_COARSEN:
    case AMA_VAL_COORDS:
        return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "the text of a %s is not supported", ama__val_type(v));
    default: break;
    }
    return add_plain(ip, list, v, repr, spec, at);
}

ama_status ama__pieces_join(ama__interp *ip, const ama__piece_list *list, ama__val *out) {
    if (list->n == 0 || (list->n == 1 && list->at[0].kind == AMA_PIECE_TEXT)) {
        *out = ama__val_str(list->n ? list->at[0].text : "");
        return AMA_OK;
    }
    out->kind = AMA_VAL_TEXT;
    AMA_NEW(ip->arena, out->u.pieces, 1);
    *out->u.pieces = (ama__pieces){list->n, list->at};
    return AMA_OK;
}

/* ---- format specifications: [[fill]align][sign][#][0][width][,][.precision][type] */

typedef struct format_spec {
    char fill, align, sign, type;
    bool comma;
    int width, precision; /* -1: none */
} format_spec;

static bool read_number(const char **s, int *out) {
    if (**s < '0' || **s > '9') return true;
    *out = 0;
    for (; **s >= '0' && **s <= '9'; (*s)++) {
        *out = *out * 10 + (**s - '0');
        if (*out > 500) return false;
    }
    return true;
}

static bool read_spec(const char *s, format_spec *f) {
    *f = (format_spec){.fill = ' ', .width = -1, .precision = -1};
    if (s[0] && strchr("<>^=", s[1]) && s[1]) {
        f->fill = s[0];
        f->align = s[1];
        s += 2;
    } else if (*s && strchr("<>^=", *s)) {
        f->align = *s++;
    }
    if (*s && strchr("+- ", *s)) f->sign = *s++;
    if (*s == '0') {
        if (!f->align) f->fill = '0', f->align = '=';
        s++;
    }
    if (!read_number(&s, &f->width)) return false;
    if (*s == ',') {
        f->comma = true;
        s++;
    }
    if (*s == '.') {
        s++;
        if (*s < '0' || *s > '9' || !read_number(&s, &f->precision)) return false;
    }
    if (*s) f->type = *s++;
    return *s == '\0';
}

/* Digits with commas between groups of three of the integer part. */
static void add_commas(ama__text *text, const char *digits) {
    size_t n = strspn(digits, "0123456789");
    for (size_t i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) ama__text_add(text, ",");
        ama__text_addn(text, digits + i, 1);
    }
    ama__text_add(text, digits + n);
}

static bool number_body(const ama__val *v, const format_spec *f, char *buf, size_t bytes) {
    double x = ama__val_f8(v);
    bool whole = v->kind != AMA_VAL_FLOAT;
    int p = f->precision;
    switch (f->type) {
    case 'd':
    case '\0':
    case 'n':
        if (whole && p < 0) {
            snprintf(buf, bytes, "%" PRIu64,
                     v->kind == AMA_VAL_INT && v->u.i < 0 ? 0 - (uint64_t)v->u.i : (uint64_t)ama__val_i8(v));
            return true;
        }
        if (f->type == 'd') return false;
        if (p < 0)
            ama__text_f8(buf, bytes, fabs(x));
        else
            snprintf(buf, bytes, "%.*g", p ? p : 1, fabs(x));
        return true;
    case 'f':
    case 'F': snprintf(buf, bytes, "%.*f", p < 0 ? 6 : p, fabs(x)); return true;
    case 'e': snprintf(buf, bytes, "%.*e", p < 0 ? 6 : p, fabs(x)); return true;
    case 'E': snprintf(buf, bytes, "%.*E", p < 0 ? 6 : p, fabs(x)); return true;
    case 'g': snprintf(buf, bytes, "%.*g", p < 0 ? 6 : p ? p : 1, fabs(x)); return true;
    case 'G': snprintf(buf, bytes, "%.*G", p < 0 ? 6 : p ? p : 1, fabs(x)); return true;
    case '%': snprintf(buf, bytes, "%.*f%%", p < 0 ? 6 : p, 100 * fabs(x)); return true;
    case 'x':
        if (whole) snprintf(buf, bytes, "%" PRIx64, (uint64_t)llabs(ama__val_i8(v)));
        return whole;
    default: return false;
    }
}

static void pad(ama__text *text, const format_spec *f, const char *sign, const char *body, char align) {
    int have = (int)strlen(sign) + (int)strlen(body), room = f->width > have ? f->width - have : 0;
    int before = align == '<' ? 0 : align == '^' ? room / 2 : room;
    if (align == '=') ama__text_add(text, sign);
    for (int i = 0; i < before; i++) ama__text_addn(text, &f->fill, 1);
    if (align != '=') ama__text_add(text, sign);
    ama__text_add(text, body);
    for (int i = before; i < room; i++) ama__text_addn(text, &f->fill, 1);
}

bool ama__format_number(ama__text *text, const ama__val *v, const char *spec) {
    format_spec f;
    char buf[1024];
    if (!read_spec(spec, &f)) return false;
    if (v->kind == AMA_VAL_STR) {
        if ((f.type && f.type != 's') || f.sign || f.comma || f.align == '=') return false;
        snprintf(buf, sizeof buf, "%.*s", f.precision < 0 ? (int)sizeof buf - 1 : f.precision, v->u.s);
        pad(text, &f, "", buf, f.align ? f.align : '<');
        return true;
    }
    if (!ama__val_is_number(v) || !number_body(v, &f, buf, sizeof buf)) return false;
    bool negative = v->kind == AMA_VAL_FLOAT ? signbit(v->u.f) && !isnan(v->u.f) : ama__val_i8(v) < 0;
    const char *sign = negative ? "-" : f.sign == '+' ? "+" : f.sign == ' ' ? " " : "";
    if (!f.comma) {
        pad(text, &f, sign, buf, f.align ? f.align : '>');
        return true;
    }
    ama__text body;
    ama__text_init(&body, text->ctx);
    add_commas(&body, buf);
    pad(text, &f, sign, ama__text_get(&body), f.align ? f.align : '>');
    ama__text_fini(&body);
    return true;
}
