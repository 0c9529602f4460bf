/* Methods of strings, and paths. */
#include <ctype.h>
#include <string.h>

#include "lang/builders.h"

static ama_status keep_text(ama__interp *ip, ama__text *text, ama__val *out) {
    const char *s = text->failed ? NULL : ama__arena_strdup(ip->arena, ama__text_get(text));
    ama__text_fini(text);
    if (!s) return ama__error_status(ip->ctx);
    *out = ama__val_str(s);
    return AMA_OK;
}

/* One {field:spec} of a format string: the value it names. */
static ama_status find_field(ama__interp *ip, ama__call *c, const char *name, int *next, const ama__val **out) {
    int i = *name >= '0' && *name <= '9' ? 0 : -1;
    if (*name == '\0') i = (*next)++;
    for (const char *s = name; i >= 0 && *s >= '0' && *s <= '9'; s++) i = i < 1000 ? 10 * i + (*s - '0') : i;
    *out = NULL;
    if (i >= 0 && i < c->n_args) *out = &c->args[i].v;
    for (int k = 0; i < 0 && k < c->n_kwargs; k++)
        if (strcmp(c->kwargs[k].name, name) == 0) *out = &c->kwargs[k].v;
    if (*out) return AMA_OK;
    return ama__interp_fail(ip, c->blame, AMA_ERR_ARG, "format() has no value for the field {%s}", name);
}

ama_status ama__build_str_format(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__piece_list list = {0};
    int next = 0;
    for (const char *s = c->self.u.s; *s;) {
        size_t n = strcspn(s, "{}");
        char *text, *spec;
        const ama__val *v;
        if (n || s[0] == s[1]) { /* plain text, or a doubled brace */
            AMA_KEEP(ip->arena, text, ama__arena_strndup(ip->arena, s, n ? n : 1));
            AMA_TRY(ama__pieces_text(ip, &list, text));
            s += n ? n : 2;
            continue;
        }
        const char *close = strchr(s, '}');
        if (*s == '}' || !close)
            return ama__interp_fail(ip, c->blame, AMA_ERR_ARG, "format(): single '%c' in the string", *s);
        AMA_KEEP(ip->arena, text, ama__arena_strndup(ip->arena, s + 1, (size_t)(close - s) - 1));
        spec = strchr(text, ':');
        if (spec) *spec++ = '\0';
        AMA_TRY(find_field(ip, c, text, &next, &v));
        ama__val plain = *v;
        plain.numpy = 0; /* as in f-strings */
        AMA_TRY(ama__pieces_val(ip, &list, &plain, false, spec ? spec : "", c->blame));
        s = close + 1;
    }
    return ama__pieces_join(ip, &list, out);
}

ama_status ama__build_str_join(ama__interp *ip, ama__call *c, ama__val *out) {
    ama__val list;
    ama__text text;
    AMA_TRY(ama__eval_iterate(ip, &c->arg[0].v, c->arg[0].at, &list));
    for (int i = 0; i < list.u.items->n; i++)
        if (list.u.items->at[i].kind != AMA_VAL_STR)
            return ama__interp_fail(ip, c->arg[0].at, AMA_ERR_ARG, "join() needs strings; item %d is %s", i,
                                    ama__val_type(&list.u.items->at[i]));
    ama__text_init(&text, ip->ctx);
    for (int i = 0; i < list.u.items->n; i++) {
        if (i) ama__text_add(&text, c->self.u.s);
        ama__text_add(&text, list.u.items->at[i].u.s);
    }
    return keep_text(ip, &text, out);
}

ama_status ama__build_str_split(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *sep, *s = c->self.u.s;
    int64_t most = -1;
    AMA_TRY(ama__arg_text(ip, c, &c->arg[0], &sep));
    AMA_TRY(ama__arg_int(ip, c, &c->arg[1], &most));
    if (sep && !*sep) return ama__interp_fail(ip, c->arg[0].at, AMA_ERR_ARG, "the separator is empty");
    AMA_TRY(ama__val_seq(ip->arena, AMA_VAL_LIST, 0, out));
    while (s) {
        if (!sep) s += strspn(s, " \t\n");
        if (!sep && !*s) break;
        const char *end = most == 0 ? NULL : sep ? strstr(s, sep) : s + strcspn(s, " \t\n");
        if (end && !*end) end = NULL;
        char *part;
        AMA_KEEP(ip->arena, part,
                 end ? ama__arena_strndup(ip->arena, s, (size_t)(end - s)) : ama__arena_strdup(ip->arena, s));
        ama__val v = ama__val_str(part);
        AMA_TRY(ama__val_append(ip->arena, out, &v));
        s = end ? end + (sep ? strlen(sep) : 1) : NULL;
        if (most > 0) most--;
    }
    return AMA_OK;
}

ama_status ama__build_str_replace(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *from, *to, *s = c->self.u.s, *hit;
    ama__text text;
    AMA_TRY(ama__arg_text(ip, c, &c->arg[0], &from));
    AMA_TRY(ama__arg_text(ip, c, &c->arg[1], &to));
    if (!from || !*from || !to) return ama__interp_type(ip, c, &c->arg[0], "a str that is not empty");
    ama__text_init(&text, ip->ctx);
    for (; (hit = strstr(s, from)); s = hit + strlen(from)) {
        ama__text_addn(&text, s, (size_t)(hit - s));
        ama__text_add(&text, to);
    }
    ama__text_add(&text, s);
    return keep_text(ip, &text, out);
}

/* lower, upper, strip, zfill. */
ama_status ama__build_str_case(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *name = c->method->name, *s = c->self.u.s;
    size_t n = strlen(s);
    int64_t width = 0;
    char *copy;
    if (name[0] == 'z') {
        AMA_TRY(ama__arg_int(ip, c, &c->arg[0], &width));
        bool sign = *s == '-' || *s == '+';
        int zeros = width > 1000 ? 1000 : width > (int64_t)n ? (int)(width - (int64_t)n) : 0;
        AMA_KEEP(ip->arena, copy, ama__arena_printf(ip->arena, "%.*s%0*d", (int)sign, s, zeros, 0));
        AMA_KEEP(ip->arena, copy, ama__arena_printf(ip->arena, "%.*s%s", (int)sign + zeros, copy, s + sign));
        *out = ama__val_str(copy);
        return AMA_OK;
    }
    if (name[0] == 's') {
        while (*s && strchr(" \t\n\r", *s)) s++;
        n = strlen(s);
        while (n && strchr(" \t\n\r", s[n - 1])) n--;
    }
    AMA_KEEP(ip->arena, copy, ama__arena_strndup(ip->arena, s, n));
    for (char *p = copy; name[0] != 's' && *p; p++)
        if ((unsigned char)*p < 0x80) *p = (char)(name[0] == 'l' ? tolower(*p) : toupper(*p));
    *out = ama__val_str(copy);
    return AMA_OK;
}

ama_status ama__build_str_test(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *s = c->self.u.s, *part;
    AMA_TRY(ama__arg_text(ip, c, &c->arg[0], &part));
    if (!part) return ama__interp_type(ip, c, &c->arg[0], "a str");
    size_t n = strlen(s), m = strlen(part);
    bool end = c->method->name[0] == 'e';
    *out = ama__val_bool(m <= n && memcmp(end ? s + n - m : s, part, m) == 0);
    return AMA_OK;
}

/* os.path.join(a, b, …), os.path.basename(p). */
ama_status ama__build_path_join(ama__interp *ip, ama__call *c, ama__val *out) {
    const char *path, *part;
    AMA_TRY(ama__arg_text(ip, c, &c->arg[0], &path));
    if (!path) return ama__interp_type(ip, c, &c->arg[0], "a str");
    if (c->method->name[0] == 'b') {
        const char *slash = strrchr(path, '/');
        *out = ama__val_str(slash ? slash + 1 : path);
        return AMA_OK;
    }
    for (int i = 0; i < c->n_args; i++) {
        AMA_TRY(ama__arg_text(ip, c, &c->args[i], &part));
        if (!part) return ama__interp_type(ip, c, &c->args[i], "a str");
        size_t n = strlen(path);
        if (*part == '/' || n == 0)
            path = part;
        else
            AMA_KEEP(ip->arena, path, ama__arena_printf(ip->arena, path[n - 1] == '/' ? "%s%s" : "%s/%s", path, part));
    }
    *out = ama__val_str(path);
    return AMA_OK;
}
