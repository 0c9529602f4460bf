/* JSON text: see write_zarr.h. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "store/write_zarr.h"

static void new_line(ama__json_out *j) {
    ama__text_add(&j->text, "\n");
    for (int i = 0; i < j->level; i++) ama__text_add(&j->text, "    ");
}

void ama__json_begin(ama__json_out *j, char bracket) {
    ama__text_addn(&j->text, &bracket, 1);
    j->level++;
    j->fresh = true;
}

void ama__json_end(ama__json_out *j, char bracket) {
    j->level--;
    if (!j->fresh) new_line(j);
    ama__text_addn(&j->text, &bracket, 1);
    j->fresh = false;
}

void ama__json_item(ama__json_out *j) {
    if (!j->fresh) ama__text_add(&j->text, ",");
    new_line(j);
    j->fresh = false;
}

void ama__json_key(ama__json_out *j, const char *name) {
    ama__json_item(j);
    ama__json_text(j, name, strlen(name));
    ama__text_add(&j->text, ": ");
}

/* One code point from at most n bytes; *used bytes. U+FFFD and one byte for what is not UTF-8 (RFC 3629). */
static uint32_t code_point(const unsigned char *s, size_t n, size_t *used) {
    int more = s[0] < 0x80                   ? 0
               : s[0] >= 0xc2 && s[0] < 0xe0 ? 1
               : (s[0] & 0xf0) == 0xe0       ? 2
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 3
                                             : -1;
    *used = 1;
    if (more < 0 || (size_t)more >= n) return 0xfffd;
    uint32_t c = more == 0 ? s[0] : s[0] & (0x3fu >> more);
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0xfffd;
        c = c << 6 | (s[i] & 0x3f);
    }
    bool overlong = (more == 2 && c < 0x800) || (more == 3 && c < 0x10000);
    if (overlong || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return 0xfffd;
    *used = (size_t)more + 1;
    return c;
}

static void put_code_point(ama__text *t, uint32_t c) {
    static const char *const escape[] = {['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r",
                                         ['\t'] = "\\t", ['\b'] = "\\b",  ['\f'] = "\\f"};
    if (c < sizeof escape / sizeof *escape && escape[c])
        ama__text_add(t, escape[c]);
    else if (c >= 0x20 && c < 0x7f)
        ama__text_addn(t, (const char[]){(char)c}, 1);
    else if (c < 0x10000)
        ama__text_printf(t, "\\u%04x", c);
    else
        ama__text_printf(t, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
}

void ama__json_text(ama__json_out *j, const char *s, size_t n) {
    ama__text_add(&j->text, "\"");
    for (size_t i = 0, used; i < n; i += used)
        put_code_point(&j->text, code_point((const unsigned char *)s + i, n - i, &used));
    ama__text_add(&j->text, "\"");
}

void ama__json_int(ama__json_out *j, int64_t x) {
    ama__text_printf(&j->text, "%" PRId64, x);
}

void ama__json_number(ama__json_out *j, ama_dtype t, const void *data, int64_t i) {
    char buf[32];
    if (t == AMA_BOOL) {
        ama__text_add(&j->text, ((const uint8_t *)data)[i] ? "true" : "false");
    } else if (t == AMA_U8) {
        ama__text_printf(&j->text, "%" PRIu64, ((const uint64_t *)data)[i]);
    } else if (ama__dtype_is_float(t)) {
        double x = ama__dtype_get_f8(t, data, i);
        ama__text_add(&j->text, isnan(x)   ? "NaN"
                                : isinf(x) ? x > 0 ? "Infinity" : "-Infinity"
                                           : ama__text_f8(buf, sizeof buf, x));
    } else {
        ama__json_int(j, ama__dtype_get_i8(t, data, i));
    }
}
