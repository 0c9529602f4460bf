/* The skeleton of a driver: copy it, give it a name, list it in drivers.c, run the conformance suite. */
#include "store/driver.h"

static bool null_probe(ama_ctx *ctx, const char *path, int fd) {
    (void)ctx, (void)path, (void)fd;
    return false; /* look at magic bytes or at what is in the directory; never record an error */
}

static ama_status null_open(ama__arena *arena, const char *path, const ama__open_options *o, ama__meta *meta,
                            void **handle) {
    (void)o, (void)meta;
    *handle = NULL; /* what manifest() will need, in the arena; system resources are given back by close() */
    return ama__fail(ama__arena_ctx(arena), AMA_ERR_UNSUPPORTED, "%s: the null driver opens nothing", path);
}

static ama_status null_manifest(void *handle, ama__arena *arena, const ama__meta *meta, int var, ama__manifest *out) {
    (void)handle, (void)out;
    return ama__fail(ama__arena_ctx(arena), AMA_ERR_UNSUPPORTED, "variable %s: the null driver reads nothing",
                     meta->var[var].name);
}

static void null_close(void **handle) {
    *handle = NULL;
}

const ama__driver ama__driver_null = {"null", null_probe, null_open, null_manifest, null_close};
