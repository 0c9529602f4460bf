#include "store/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool find_file(const ama__manifest *m, const ama__chunkgrid *grid, int64_t chunk, char *path,
                      size_t path_bytes) {
    int64_t index[AMA_MAX_DIMS];
    ama__chunkgrid_index(grid, chunk, index);
    int n = snprintf(path, path_bytes, grid->ndim ? "%s/" : "%s/0", m->path);
    for (int d = 0; d < grid->ndim && n >= 0 && (size_t)n < path_bytes; d++) {
        char separator[2] = {d ? m->separator : 0, 0};
        int k = snprintf(path + n, path_bytes - (size_t)n, "%s%" PRId64, separator, index[d]);
        n = k < 0 ? k : n + k;
    }
    return n >= 0 && (size_t)n < path_bytes;
}

bool ama__manifest_find(const ama__manifest *m, const ama__chunkgrid *grid, int64_t chunk, ama__extent *out,
                        char *path_out, size_t path_bytes) {
    *out = (ama__extent){.length = -1};
    if (chunk < 0 || chunk >= grid->n_chunks) return false;
    if (m->kind == AMA_MANIFEST_FILES) return find_file(m, grid, chunk, path_out, path_bytes);
    if (m->kind != AMA_MANIFEST_TABLE || chunk >= m->n_table) return false;
    const ama__extent_entry *e = &m->table[chunk];
    *out = (ama__extent){
        .offset = e->offset, .length = e->length, .filter_mask = e->filter_mask, .missing = e->offset < 0};
    return true;
}

ama_status ama__manifest_locate(ama_ctx *ctx, const ama__manifest *m, const ama__chunkgrid *grid, int64_t chunk,
                                ama__extent *out, char *path_out, size_t path_bytes) {
    if (ama__manifest_find(m, grid, chunk, out, path_out, path_bytes)) return AMA_OK;
    if (chunk < 0 || chunk >= grid->n_chunks)
        return ama__fail(ctx, AMA_ERR_INTERNAL, "chunk %" PRId64 " of %" PRId64 " asked for", chunk, grid->n_chunks);
    if (m->kind == AMA_MANIFEST_FILES)
        return ama__fail(ctx, AMA_ERR_IO, "%s: the path of chunk %" PRId64 " is too long", m->path, chunk);
    return ama__fail(ctx, AMA_ERR_INTERNAL, "no extent is known for chunk %" PRId64, chunk);
}
