/* What the script reads from: xarray fails to write to a netCDF file that is open, and loses what was not loaded yet of
 * one that was closed; a Zarr store it empties first. */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "lang/interp.h"

ama_status ama__input_note(ama__interp *ip, int first, ama__handle *h, ama__span at) {
    if (ip->n_inputs == ip->cap_inputs) {
        ama__input *list;
        ip->cap_inputs = ip->cap_inputs ? 2 * ip->cap_inputs : 16;
        AMA_NEW(ip->arena, list, ip->cap_inputs);
        if (ip->n_inputs) memcpy(list, ip->input, (size_t)ip->n_inputs * sizeof *list);
        ip->input = list;
    }
    ip->input[ip->n_inputs++] = (ama__input){.first = first,
                                             .n = ip->script->stores.n - first,
                                             .line = at.begin < 0 ? 0 : ama__interp_line(ip, at),
                                             .handle = h};
    return AMA_OK;
}

static bool is_zarr(const ama__interp *ip, const ama__input *in) {
    return in->n > 0 && strncmp(ip->script->stores.store[in->first]->driver->name, "zarr", 4) == 0;
}

static ama__input *of_value(const ama__interp *ip, const ama__val *v) {
    for (int i = 0; i < ip->n_inputs && ama__val_is_object(v); i++)
        if (ip->input[i].handle == v->u.handle) return &ip->input[i];
    return NULL;
}

void ama__input_loaded(ama__interp *ip, const ama__val *v) {
    ama__input *in = of_value(ip, v);
    if (in) in->loaded = true;
}

void ama__input_closed(ama__interp *ip, const ama__val *v) {
    ama__input *in = of_value(ip, v);
    if (in) in->closed = true;
}

static bool is_open(const ama__interp *ip, const ama__input *in) {
    return !in->loaded || !(in->closed || is_zarr(ip, in));
}

/* The open input, one of whose stores is the file at `path`, else -1. What is not there costs one look. Rank 0. */
static int find(const ama__interp *ip, const char *path) {
    const ama__opened *all = &ip->script->stores;
    ama__file_id id;
    if (!ama__file_id_get(path, &id)) return -1;
    for (int i = 0; i < ip->n_inputs; i++) {
        const ama__input *in = &ip->input[i];
        for (int k = in->first; k < in->first + in->n && is_open(ip, in); k++)
            if (ama__file_id_is(&id, all->store[k]->path)) return i;
    }
    return -1;
}

ama_status ama__input_check(ama__interp *ip, const char *path, ama__span at) {
    int found = -1;
    if (ip->n_inputs == 0) return AMA_OK;
    AMA_TRY(ama__interp_agree(ip));
    if (ama__comm_rank(ip->comm) == 0) found = find(ip, path);
    ama__comm_bcast(ip->comm, &found, sizeof found, 0);
    if (found < 0) return AMA_OK;
    const ama__input *in = &ip->input[found];
    bool zarr = is_zarr(ip, in);
    char where[40] = "";
    if (in->line) snprintf(where, sizeof where, " (line %d)", in->line);
    return ama__interp_fail(ip, at, AMA_ERR_UNSUPPORTED, "%s is read by this script%s, and xarray %s; %s", path, where,
                            zarr ? "would empty it first" : "fails to write over it",
                            zarr ? "use another name, or load() it before"
                                 : "use another name, or read it with xr.load_dataset(), which closes it");
}
