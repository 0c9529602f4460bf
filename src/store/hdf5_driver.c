/* The netCDF-4 and HDF5 driver: opening, errors, and which way a variable is read. */
#include "store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/file.h"
#include "store/hdf5_file.h"

#define CACHE_MAX ((size_t)32 << 20) /* bytes of metadata that HDF5 may keep of a file */
#define GROUPS_LISTED 40

/* ---- errors */

ama__hdf5_quiet ama__hdf5_quiet_begin(void) {
    ama__hdf5_quiet q = {NULL, NULL};
    H5Eget_auto2(H5E_DEFAULT, &q.print, &q.data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return q;
}

void ama__hdf5_quiet_end(ama__hdf5_quiet q) {
    H5Eset_auto2(H5E_DEFAULT, q.print, q.data);
}

static herr_t first_record(unsigned n, const H5E_error2_t *e, void *user) {
    ama__hdf5_reason *r = user;
    if (n > 0) return 0;
    r->major = e->maj_num;
    snprintf(r->text, sizeof r->text, "%s", e->desc ? e->desc : "");
    return 0;
}

ama__hdf5_reason ama__hdf5_reason_get(void) {
    ama__hdf5_reason r = {.major = -1};
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first_record, &r);
    return r;
}

ama_status ama__hdf5_fail(const ama__hdf5_file *f, const char *fmt, ...) {
    char text[512];
    ama__hdf5_reason r = ama__hdf5_reason_get();
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (f->io.err) return ama__fail(f->ctx, AMA_ERR_IO, "%s: %s: %s", f->path, text, strerror(f->io.err));
    return ama__fail(f->ctx, AMA_ERR_FORMAT, "%s: %s%s%s%s", f->path, text, r.text[0] ? " (HDF5: " : "", r.text,
                     r.text[0] ? ")" : "");
}

/* ---- which file */

/* The signature is at byte 0, 512, 1024, 2048, …: in front of it a userblock may lie. */
static bool has_signature(int fd, int64_t file_bytes) {
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char b[sizeof signature];
    for (int64_t at = 0; at <= file_bytes - (int64_t)sizeof b; at = at ? 2 * at : 512)
        if (pread(fd, b, sizeof b, at) == (ssize_t)sizeof b && memcmp(b, signature, sizeof b) == 0) return true;
    return false;
}

static bool hdf5_probe(ama_ctx *ctx, const char *path, int fd) {
    (void)ctx, (void)path;
    struct stat s;
    return fd >= 0 && fstat(fd, &s) == 0 && has_signature(fd, s.st_size);
}

/* A descriptor of one's own of a file that is HDF5. The caller's is known to be. */
static ama_status take_file(ama_ctx *ctx, const char *path, const int *given, int *fd) {
    int64_t bytes;
    if (given) {
        errno = EIO;
        *fd = ama__fault(ctx) ? -1 : fcntl(*given, F_DUPFD_CLOEXEC, 0);
        return *fd >= 0 ? AMA_OK : ama__file_refused(ctx, path, errno);
    }
    AMA_TRY(ama__file_open(ctx, path, fd));
    ama_status status = ama__file_size(ctx, *fd, path, &bytes);
    if (status == AMA_OK && !has_signature(*fd, bytes))
        status = ama__fail(ctx, AMA_ERR_FORMAT, "%s: not an HDF5 or netCDF-4 file", path);
    if (status == AMA_OK) return AMA_OK;
    ama__file_close(*fd);
    return status;
}

/* ---- opening */

static herr_t refuse_link(const char *parent, const char *group, const char *child, const char *object, unsigned *flags,
                          hid_t fapl, void *user) {
    (void)parent, (void)group, (void)child, (void)object, (void)flags, (void)fapl, (void)user;
    return -1;
}

static ama_status open_file(ama__hdf5_file *f) {
    f->lapl = H5Pcreate(H5P_LINK_ACCESS);
    if (f->lapl < 0 || (!f->allow_external && H5Pset_elink_cb(f->lapl, refuse_link, NULL) < 0))
        return ama__fail(f->ctx, AMA_ERR_INTERNAL, "%s: HDF5 gives no access list", f->path);
    hid_t fapl = ama__hdf5_vfd_fapl(&f->io);
    H5AC_cache_config_t cache = {.version = H5AC__CURR_CACHE_CONFIG_VERSION};
    if (fapl >= 0 && H5Pget_mdc_config(fapl, &cache) >= 0 && cache.max_size < CACHE_MAX) {
        cache.max_size = CACHE_MAX; /* a table of 100,000 chunks has some 10 MB of index nodes */
        H5Pset_mdc_config(fapl, &cache);
    }
    f->id = fapl < 0 ? -1 : H5Fopen(f->path, H5F_ACC_RDONLY, fapl);
    ama_status status = f->id >= 0 ? AMA_OK : ama__hdf5_fail(f, "HDF5 cannot open the file");
    if (fapl >= 0) H5Pclose(fapl);
    return status;
}

static ama_status no_group(const ama__hdf5_file *f, const ama__hdf5_tree *t, const char *name) {
    ama__text list;
    ama__text_init(&list, f->ctx);
    for (int i = 1; i < t->n_groups && i <= GROUPS_LISTED; i++)
        ama__text_printf(&list, "%s%s", i > 1 ? ", " : "", t->group[i].path + 1);
    if (t->n_groups > GROUPS_LISTED + 1) ama__text_printf(&list, ", … %d in all", t->n_groups - 1);
    ama_status status =
        ama__fail(f->ctx, AMA_ERR_NOTFOUND,
                  t->n_groups > 1 ? "%s: no group '%s'; there are: %s" : "%s: no group '%s': the file has none%s",
                  f->path, name, ama__text_get(&list));
    ama__text_fini(&list);
    return status;
}

/* By identity: several paths may lead to a group. */
static ama_status find_group(const ama__hdf5_file *f, const ama__hdf5_tree *t, const char *name, int *out) {
    *out = 0;
    while (name && *name == '/') name++;
    if (!name || !*name) return AMA_OK;
    hid_t id = H5Oopen(f->id, name, f->lapl);
    ama__hdf5_place place = {0, HADDR_UNDEF};
    if (id >= 0 && H5Iget_type(id) == H5I_GROUP) place = ama__hdf5_place_of(id, NULL);
    if (id >= 0) H5Oclose(id);
    for (int i = 0; i < t->n_groups; i++)
        if (ama__hdf5_same_place(t->group[i].place, place)) {
            *out = i;
            return AMA_OK;
        }
    return no_group(f, t, name);
}

static ama_status read_meta(ama__hdf5_file *f, const char *group_name, ama__meta *meta) {
    ama__hdf5_tree t = {0};
    int group;
    ama_status status;
    AMA_TRY(ama__arena_create(f->ctx, &t.arena));
    AMA_TRY_DONE(ama__hdf5_scan(f, &t));
    AMA_TRY_DONE(find_group(f, &t, group_name, &group));
    AMA_TRY_DONE(ama__hdf5_resolve_dims(f, &t));
    AMA_TRY_DONE(ama__hdf5_meta(f, &t, group, meta));
done:
    ama__hdf5_tree_fini(f->ctx, &t);
    return status;
}

static void hdf5_close(void **handle) {
    ama__hdf5_file *f = *handle;
    if (!f) return;
    ama__hdf5_quiet quiet = ama__hdf5_quiet_begin();
    if (f->lapl >= 0) H5Pclose(f->lapl);
    if (f->id >= 0) H5Fclose(f->id);
    ama__hdf5_quiet_end(quiet);
    *handle = NULL;
}

static ama_status hdf5_open(ama__arena *arena, const char *path, const ama__open_options *o, ama__meta *meta,
                            void **handle) {
    ama_ctx *ctx = ama__arena_ctx(arena);
    ama__hdf5_file *f;
    *handle = NULL;
    AMA_NEW(arena, f, 1);
    *f = (ama__hdf5_file){
        .ctx = ctx, .arena = arena, .allow_external = o && o->allow_external, .io.fd = -1, .id = -1, .lapl = -1};
    AMA_KEEP(arena, f->path, ama__arena_strdup(arena, path));
    if (o && o->index_cache) AMA_KEEP(arena, f->index_cache, ama__arena_strdup(arena, o->index_cache));
    if (H5open() < 0) return ama__fail(ctx, AMA_ERR_INTERNAL, "%s: the HDF5 library does not start", path);
    AMA_TRY(take_file(ctx, path, o ? o->fd : NULL, &f->io.fd));
    ama__hdf5_quiet quiet = ama__hdf5_quiet_begin();
    ama_status status = open_file(f);
    ama__file_close(f->io.fd); /* when nothing has taken it */
    f->io.fd = -1;
    if (status == AMA_OK) status = read_meta(f, o ? o->group : NULL, meta);
    void *opened = f;
    if (status == AMA_OK)
        *handle = f;
    else
        hdf5_close(&opened);
    ama__hdf5_quiet_end(quiet);
    return status;
}

/* ---- manifests */

static ama_status build(ama__hdf5_file *f, ama__arena *arena, const ama__stored_var *v, ama__manifest *out) {
    const ama__hdf5_var *own = &f->var[v->driver_id];
    if (own->source == AMA_HDF5_REFUSED)
        return ama__fail(f->ctx, AMA_ERR_UNSUPPORTED, "%s: variable %s: %s (allow_external is off)", f->path, v->name,
                         own->why);
    hid_t set = H5Oopen(f->id, own->path, f->lapl);
    if (set < 0) return ama__hdf5_fail(f, "variable %s does not open", v->name);
    ama_status status = own->source == AMA_HDF5_LIBRARY ? ama__hdf5_inline(f, set, v, arena, out)
                                                        : ama__hdf5_index(f, set, v, arena, out);
    H5Oclose(set);
    return status;
}

static ama_status hdf5_manifest(void *handle, ama__arena *arena, const ama__meta *meta, int var, ama__manifest *out) {
    ama__hdf5_file *f = handle;
    const ama__stored_var *v = &meta->var[var];
    *out = (ama__manifest){0};
    f->io.err = 0;
    if (v->driver_id < 0 || v->driver_id >= f->n_vars)
        return ama__fail(f->ctx, AMA_ERR_INTERNAL, "%s: variable %s is not of this file", f->path, v->name);
    if (ama__fault(f->ctx))
        return ama__fail(f->ctx, AMA_ERR_IO, "%s: variable %s: injected read failure", f->path, v->name);
    ama__hdf5_quiet quiet = ama__hdf5_quiet_begin();
    ama_status status = build(f, arena, v, out);
    ama__hdf5_quiet_end(quiet);
    return status;
}

const ama__driver ama__driver_hdf5 = {"hdf5", hdf5_probe, hdf5_open, hdf5_manifest, hdf5_close};
