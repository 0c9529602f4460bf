/* A store's metadata lies in one .zmetadata or in small files beside the arrays; both look alike from here on. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "store/file.h"
#include "store/zarr_private.h"

enum { METADATA_MAX = 256 << 20 };

ama_status ama__zarr_fail(const ama__zarr *z, ama_status status, const ama__zarr_doc *doc, const ama__json *at,
                          const char *fmt, ...) {
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const ama__json *j = at ? at : doc->json;
    return ama__fail(z->ctx, status, "%s, line %d: %s", doc->name, j ? j->line : 1, text);
}

static ama_status read_json(ama__zarr *z, const char *path, ama__zarr_doc *out) {
    char *text;
    size_t bytes;
    ama__json *j;
    *out = (ama__zarr_doc){.name = path};
    AMA_TRY(ama__file_text(z->arena, path, METADATA_MAX, &text, &bytes));
    if (!text) return AMA_OK;
    AMA_TRY(ama__json_parse(z->arena, path, text, bytes, &j));
    out->json = j;
    return AMA_OK;
}

ama_status ama__zarr_get(ama__zarr *z, const char *key, ama__zarr_doc *out) {
    const char *path;
    if (z->consolidated) {
        char *full;
        AMA_KEEP(z->arena, full, ama__arena_printf(z->arena, "%s%s", z->prefix, key));
        *out = (ama__zarr_doc){.name = z->consolidated_path, .json = ama__json_get(z->consolidated, full)};
    } else {
        AMA_KEEP(z->arena, path, ama__arena_printf(z->arena, "%s/%s%s", z->path, z->prefix, key));
        AMA_TRY(read_json(z, path, out));
    }
    if (out->json && out->json->kind != AMA_JSON_OBJECT)
        return ama__zarr_fail(z, AMA_ERR_FORMAT, out, NULL, "%s is not an object in braces", key);
    return AMA_OK;
}

/* ---- children */

typedef struct names {
    const char **name;
    int n, cap;
} names;

static ama_status add_name(ama__zarr *z, names *list, const char *s, size_t n) {
    if (list->n == list->cap) {
        const char **grown;
        int cap = list->cap ? 2 * list->cap : 16;
        AMA_NEW(z->arena, grown, cap);
        if (list->n) memcpy(grown, list->name, (size_t)list->n * sizeof *grown);
        list->name = grown;
        list->cap = cap;
    }
    AMA_KEEP(z->arena, list->name[list->n], ama__arena_strndup(z->arena, s, n));
    list->n++;
    return AMA_OK;
}

static ama_status consolidated_children(ama__zarr *z, const char *what, names *list) {
    size_t n_prefix = strlen(z->prefix);
    for (const ama__json *j = z->consolidated->child; j; j = j->next) {
        if (strncmp(j->key, z->prefix, n_prefix) != 0) continue;
        const char *name = j->key + n_prefix, *slash = strchr(name, '/');
        if (!slash || slash == name || strcmp(slash + 1, what) != 0) continue;
        if (name[0] == '.' && (slash - name == 1 || (slash - name == 2 && name[1] == '.'))) continue;
        AMA_TRY(add_name(z, list, name, (size_t)(slash - name)));
    }
    return AMA_OK;
}

static ama_status directory_children(ama__zarr *z, const char *what, names *list) {
    const char *top, *file;
    AMA_KEEP(z->arena, top, ama__arena_printf(z->arena, "%s/%s", z->path, z->prefix));
    DIR *d = opendir(top);
    if (!d) return ama__fail(z->ctx, AMA_ERR_IO, "%s: can not be listed: %s", top, strerror(errno));
    ama_status status = AMA_OK;
    for (struct dirent *e; status == AMA_OK && (e = readdir(d));) {
        struct stat s;
        if (e->d_name[0] == '.') continue;
        file = ama__arena_printf(z->arena, "%s%s/%s", top, e->d_name, what);
        if (!file)
            status = ama__error_status(z->ctx);
        else if (stat(file, &s) == 0)
            status = add_name(z, list, e->d_name, strlen(e->d_name));
    }
    closedir(d);
    return status;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

ama_status ama__zarr_children(ama__zarr *z, const char *what, const char ***out, int *n) {
    names list = {0};
    if (z->consolidated)
        AMA_TRY(consolidated_children(z, what, &list));
    else
        AMA_TRY(directory_children(z, what, &list));
    if (list.n) qsort(list.name, (size_t)list.n, sizeof *list.name, by_text);
    int kept = 0; /* equal keys in one object name one child */
    for (int i = 0; i < list.n; i++)
        if (i == 0 || strcmp(list.name[kept - 1], list.name[i]) != 0) list.name[kept++] = list.name[i];
    *out = list.name;
    *n = kept;
    return AMA_OK;
}

/* ---- opening */

static ama_status read_consolidated(ama__zarr *z) {
    ama__zarr_doc doc;
    AMA_KEEP(z->arena, z->consolidated_path, ama__arena_printf(z->arena, "%s/.zmetadata", z->path));
    AMA_TRY(read_json(z, z->consolidated_path, &doc));
    if (!doc.json) return AMA_OK;
    z->consolidated = ama__json_get(doc.json, "metadata");
    if (!z->consolidated || z->consolidated->kind != AMA_JSON_OBJECT)
        return ama__zarr_fail(z, AMA_ERR_FORMAT, &doc, NULL, "no object \"metadata\" in the consolidated metadata");
    return AMA_OK;
}

static ama_status no_group(ama__zarr *z, const char *group) {
    const char **name;
    int n;
    z->prefix = "";
    AMA_TRY(ama__zarr_children(z, ".zgroup", &name, &n));
    const char *near = ama__text_nearest(group, name, n);
    return ama__fail(z->ctx, AMA_ERR_NOTFOUND, near ? "%s: no group %s; did you mean %s?" : "%s: no group %s", z->path,
                     group, near);
}

/* "/a//b/" to "a/b/". */
static ama_status normal_group(ama__zarr *z, const char *group, const char **out) {
    char *to, *s;
    AMA_NEW(z->arena, s, strlen(group) + 2);
    to = s;
    for (const char *c = group; *c;) {
        size_t n = strcspn(c, "/");
        bool dots = (n == 1 && c[0] == '.') || (n == 2 && c[0] == '.' && c[1] == '.');
        if (dots) return ama__fail(z->ctx, AMA_ERR_ARG, "group \"%s\": a path of names was expected", group);
        if (n > 0) {
            memcpy(to, c, n);
            to += n;
            *to++ = '/';
        }
        c += n + (c[n] == '/');
    }
    *out = s;
    return AMA_OK;
}

static ama_status enter_group(ama__zarr *z, const char *group) {
    ama__zarr_doc zgroup, zarray;
    AMA_TRY(normal_group(z, group, &z->prefix));
    if (!z->prefix[0]) return AMA_OK;
    AMA_TRY(ama__zarr_get(z, ".zgroup", &zgroup));
    if (zgroup.json) return AMA_OK;
    AMA_TRY(ama__zarr_get(z, ".zarray", &zarray));
    if (zarray.json) return ama__fail(z->ctx, AMA_ERR_NOTFOUND, "%s: %s is an array, not a group", z->path, group);
    return no_group(z, group);
}

ama_status ama__zarr_open_store(ama__zarr *z, const char *path, const char *group) {
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    AMA_KEEP(z->arena, z->path, ama__arena_strndup(z->arena, path, n));
    z->prefix = "";
    AMA_TRY(read_consolidated(z));
    return group ? enter_group(z, group) : AMA_OK;
}
