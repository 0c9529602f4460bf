#include "store/hdf5_file.h"

#include <string.h>

#define NON_COORD "_nc4_non_coord_" /* netCDF-4's prefix of a variable that has a dim's name but not its only axis */
#define DIM_ONLY "This is a netCDF dimension but not a netCDF variable"

/* ---- growing the tree */

static ama_status grow(ama__hdf5_file *f, int n, int *cap, size_t size, void **p) {
    if (n < *cap) return AMA_OK;
    if (n >= AMA_HDF5_OBJECTS_MAX)
        return ama__fail(f->ctx, AMA_ERR_UNSUPPORTED, "%s: more than %d objects", f->path, AMA_HDF5_OBJECTS_MAX);
    int to = *cap ? 2 * *cap : 32;
    AMA_TRY(ama__mem_realloc(f->ctx, AMA_MEM_META, (size_t)to * size, p));
    *cap = to;
    return AMA_OK;
}

ama_status ama__hdf5_add_dim(ama__hdf5_file *f, ama__hdf5_tree *t, ama__hdf5_dim dim, int *out) {
    void *p = t->dim;
    ama_status status = grow(f, t->n_dims, &t->cap_dims, sizeof *t->dim, &p);
    t->dim = p;
    AMA_TRY(status);
    dim.next = dim.index = -1;
    *out = t->n_dims++;
    t->dim[*out] = dim;
    ama__hdf5_group *g = &t->group[dim.group];
    if (g->first_dim < 0)
        g->first_dim = *out;
    else
        t->dim[g->last_dim].next = *out;
    g->last_dim = *out;
    if (dim.id >= t->next_dim_id) t->next_dim_id = dim.id + 1;
    return AMA_OK;
}

static ama_status add_group(ama__hdf5_file *f, ama__hdf5_tree *t, ama__hdf5_group group, int *out) {
    void *p = t->group;
    ama_status status = grow(f, t->n_groups, &t->cap_groups, sizeof *t->group, &p);
    t->group = p;
    AMA_TRY(status);
    group.first_child = group.last_child = group.next_sibling = group.first_dim = group.last_dim = -1;
    group.first_set = t->n_sets;
    *out = t->n_groups++;
    t->group[*out] = group;
    if (group.parent < 0) return AMA_OK;
    ama__hdf5_group *up = &t->group[group.parent];
    if (up->first_child < 0)
        up->first_child = *out;
    else
        t->group[up->last_child].next_sibling = *out;
    up->last_child = *out;
    return AMA_OK;
}

void ama__hdf5_tree_fini(ama_ctx *ctx, ama__hdf5_tree *t) {
    AMA_FREE(ctx, t->dim);
    AMA_FREE(ctx, t->set);
    AMA_FREE(ctx, t->group);
    ama__arena_destroy(&t->arena);
}

ama__hdf5_place ama__hdf5_place_of(hid_t object, unsigned *n_links) {
    H5O_info_t info;
    if (H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0) {
        if (n_links) *n_links = 1;
        return (ama__hdf5_place){0, HADDR_UNDEF};
    }
    if (n_links) *n_links = info.rc;
    return (ama__hdf5_place){info.fileno, info.addr};
}

/* ---- one dataset */

/* The scales attached to the axes. An axis with several takes the last, as netCDF-4 does. */
static ama_status read_scales(ama__hdf5_tree *t, hid_t set, int ndim, ama__hdf5_place **out) {
    *out = NULL;
    hid_t attr = H5Aexists(set, "DIMENSION_LIST") > 0 ? H5Aopen(set, "DIMENSION_LIST", H5P_DEFAULT) : -1;
    hid_t space = attr < 0 ? -1 : H5Aget_space(attr);
    hid_t stored = attr < 0 ? -1 : H5Aget_type(attr), super = stored < 0 ? -1 : H5Tget_super(stored);
    bool good = space >= 0 && H5Sget_simple_extent_npoints(space) == ndim && stored >= 0 &&
                H5Tget_class(stored) == H5T_VLEN && super >= 0 && H5Tequal(super, H5T_STD_REF_OBJ) > 0;
    hid_t memory = good ? H5Tvlen_create(H5T_STD_REF_OBJ) : -1;
    hvl_t list[AMA_MAX_DIMS] = {{0, NULL}};
    ama_status status = AMA_OK;
    if (memory >= 0 && H5Aread(attr, memory, list) >= 0) {
        ama__hdf5_place *place = ama__arena_alloc(t->arena, (size_t)ndim * sizeof *place);
        if (!place) status = ama__error_status(ama__arena_ctx(t->arena));
        for (int i = 0; place && i < ndim; i++) {
            place[i].addr = HADDR_UNDEF;
            if (list[i].len == 0) continue;
            hid_t scale = H5Rdereference2(set, H5P_DEFAULT, H5R_OBJECT, (hobj_ref_t *)list[i].p + list[i].len - 1);
            if (scale >= 0) place[i] = ama__hdf5_place_of(scale, NULL);
            if (scale >= 0) H5Oclose(scale);
        }
        *out = place;
        H5Dvlen_reclaim(memory, space, H5P_DEFAULT, list);
    }
    if (memory >= 0) H5Tclose(memory);
    if (super >= 0) H5Tclose(super);
    if (stored >= 0) H5Tclose(stored);
    if (space >= 0) H5Sclose(space);
    if (attr >= 0) H5Aclose(attr);
    return status;
}

static ama_status read_shape(ama__hdf5_file *f, const char *group, hid_t id, ama__hdf5_set *s) {
    hsize_t dims[H5S_MAX_RANK], most[H5S_MAX_RANK];
    hid_t space = H5Dget_space(id);
    s->null_space = space >= 0 && H5Sget_simple_extent_type(space) == H5S_NULL;
    s->ndim = space < 0 ? -1 : s->null_space ? 0 : H5Sget_simple_extent_ndims(space);
    bool bad = space < 0 || s->ndim < 0 || (s->ndim > 0 && H5Sget_simple_extent_dims(space, dims, most) < 0);
    ama_status status = bad ? ama__hdf5_fail(f, "variable %s/%s: no shape", group, s->link) : AMA_OK;
    if (space >= 0) H5Sclose(space);
    AMA_TRY(status);
    if (s->ndim > AMA_MAX_DIMS) s->ndim = -1;
    for (int d = 0; d < s->ndim; d++) {
        if (dims[d] > INT64_MAX)
            return ama__fail(f->ctx, AMA_ERR_FORMAT, "%s: variable %s/%s: axis %d has 2^63 elements or more", f->path,
                             group, s->link, d);
        s->shape[d] = (int64_t)dims[d];
        s->grows[d] = most[d] == H5S_UNLIMITED;
    }
    return AMA_OK;
}

/* Whether netCDF-4 would list it without a type definition in the file: it numbers phony dims only for these. */
static bool is_netcdf_type(hid_t id) {
    hid_t type = H5Dget_type(id);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    if (type >= 0) H5Tclose(type);
    return class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_STRING;
}

static bool is_chunked(hid_t id) {
    hid_t dcpl = H5Dget_create_plist(id);
    bool chunked = dcpl >= 0 && H5Pget_layout(dcpl) == H5D_CHUNKED;
    if (dcpl >= 0) H5Pclose(dcpl);
    return chunked;
}

static ama_status scan_scale(ama__hdf5_file *f, ama__hdf5_tree *t, hid_t id, ama__hdf5_set *s) {
    char text[80];
    s->own_dim = -1;
    s->is_scale =
        s->ndim > 0 && ama__hdf5_attr_text(id, "CLASS", text, sizeof text) && strcmp(text, "DIMENSION_SCALE") == 0;
    if (!s->is_scale) return AMA_OK;
    s->dim_only = ama__hdf5_attr_text(id, "NAME", text, sizeof text) && strncmp(text, DIM_ONLY, strlen(DIM_ONLY)) == 0;
    ama__hdf5_dim dim = {.name = s->name,
                         .size = s->shape[0],
                         .unlimited = s->grows[0],
                         .place = ama__hdf5_place_of(id, NULL),
                         .group = s->group};
    int64_t number;
    bool numbered = ama__hdf5_attr_ints(id, "_Netcdf4Dimid", 1, &number) && number >= 0 && number < INT32_MAX;
    dim.id = numbered ? number : t->next_dim_id;
    return ama__hdf5_add_dim(f, t, dim, &s->own_dim);
}

static ama_status scan_set(ama__hdf5_file *f, ama__hdf5_tree *t, int group, const char *link, hid_t id) {
    ama__hdf5_set s = {.link = link, .name = link, .group = group};
    if (strncmp(link, NON_COORD, strlen(NON_COORD)) == 0 && link[strlen(NON_COORD)]) s.name += strlen(NON_COORD);
    AMA_TRY(read_shape(f, t->group[group].path, id, &s));
    s.netcdf_type = is_netcdf_type(id);
    s.chunked = is_chunked(id);
    AMA_TRY(scan_scale(f, t, id, &s));
    if (s.ndim > 0 && !s.dim_only) {
        int64_t ids[AMA_MAX_DIMS];
        if (ama__hdf5_attr_ints(id, "_Netcdf4Coordinates", s.ndim, ids))
            AMA_KEEP(t->arena, s.coords, ama__arena_memdup(t->arena, ids, (size_t)s.ndim * sizeof *ids));
        AMA_TRY(read_scales(t, id, s.ndim, &s.scales));
    }
    void *p = t->set;
    ama_status status = grow(f, t->n_sets, &t->cap_sets, sizeof *t->set, &p);
    t->set = p;
    AMA_TRY(status);
    t->set[t->n_sets++] = s;
    t->group[group].n_sets++;
    return AMA_OK;
}

/* ---- groups */

typedef struct link_list {
    ama__hdf5_file *f;
    ama__hdf5_tree *t;
    int n, cap;
    struct link {
        const char *name;
        H5L_type_t type;
        bool group; /* found to be one */
    } * link;
    ama_status status;
} link_list;

static herr_t note_link(hid_t group, const char *name, const H5L_info_t *info, void *user) {
    (void)group;
    link_list *l = user;
    void *p = l->link;
    l->status = grow(l->f, l->n, &l->cap, sizeof *l->link, &p);
    l->link = p;
    if (l->status != AMA_OK) return -1;
    l->link[l->n] = (struct link){ama__arena_strdup(l->t->arena, name), info->type, false};
    if (!l->link[l->n].name) {
        l->status = ama__error_status(l->f->ctx);
        return -1;
    }
    l->n++;
    return 0;
}

/* In order of creation where the group knows it, else by name. */
static ama_status list_links(ama__hdf5_file *f, hid_t id, const char *path, link_list *l) {
    unsigned order = 0;
    hid_t gcpl = H5Gget_create_plist(id);
    if (gcpl >= 0 && H5Pget_link_creation_order(gcpl, &order) < 0) order = 0;
    if (gcpl >= 0) H5Pclose(gcpl);
    H5_index_t by = (order & H5P_CRT_ORDER_TRACKED) ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
    if (H5Literate(id, by, H5_ITER_INC, NULL, note_link, l) >= 0) return AMA_OK;
    if (l->status != AMA_OK) return l->status;
    return ama__hdf5_fail(f, "group %s/: cannot list its members", path);
}

/* True when the link must not be followed; says so. */
static bool refused_link(ama__hdf5_file *f, const char *path, const struct link *l) {
    if (l->type == H5L_TYPE_HARD || l->type == H5L_TYPE_SOFT) return false;
    if (l->type == H5L_TYPE_EXTERNAL && f->allow_external) return false;
    ama__warn(f->ctx, "%s: %s link %s/%s is not followed%s", f->path,
              l->type == H5L_TYPE_EXTERNAL ? "external" : "user-defined", path, l->name,
              l->type == H5L_TYPE_EXTERNAL ? " (external links are off: allow_external)" : "");
    return true;
}

static ama_status scan_link(ama__hdf5_file *f, ama__hdf5_tree *t, int group, hid_t id, struct link *l) {
    const char *path = t->group[group].path;
    if (refused_link(f, path, l)) return AMA_OK;
    hid_t object = H5Oopen(id, l->name, f->lapl);
    if (object < 0 && l->type == H5L_TYPE_HARD) return ama__hdf5_fail(f, "object %s/%s does not open", path, l->name);
    if (object < 0) {
        ama__warn(f->ctx, "%s: link %s/%s leads nowhere or to another file and is left out", f->path, path, l->name);
        return AMA_OK;
    }
    H5I_type_t type = H5Iget_type(object);
    ama_status status = type == H5I_DATASET ? scan_set(f, t, group, l->name, object) : AMA_OK;
    l->group = type == H5I_GROUP;
    H5Oclose(object);
    return status;
}

/* A group that several links lead to is taken once: links may run in circles. */
static bool seen_before(const ama__hdf5_tree *t, ama__hdf5_place place) {
    for (int i = 0; i < t->n_groups; i++)
        if (ama__hdf5_same_place(t->group[i].place, place)) return true;
    return false;
}

static ama_status scan_group(ama__hdf5_file *f, ama__hdf5_tree *t, int parent, const char *name, hid_t id, int depth);

static ama_status scan_child(ama__hdf5_file *f, ama__hdf5_tree *t, int parent, hid_t parent_id, const struct link *l,
                             int depth) {
    if (depth >= AMA_HDF5_DEPTH) {
        ama__warn(f->ctx, "%s: groups nested deeper than %d are left out (%s/%s)", f->path, AMA_HDF5_DEPTH,
                  t->group[parent].path, l->name);
        return AMA_OK;
    }
    hid_t id = H5Oopen(parent_id, l->name, f->lapl);
    if (id < 0) return ama__hdf5_fail(f, "group %s/%s does not open", t->group[parent].path, l->name);
    unsigned n_links;
    ama__hdf5_place place = ama__hdf5_place_of(id, &n_links);
    bool again = (n_links > 1 || l->type != H5L_TYPE_HARD) && seen_before(t, place);
    ama_status status = again ? AMA_OK : scan_group(f, t, parent, l->name, id, depth);
    H5Oclose(id);
    return status;
}

/* The datasets of a group first, then its child groups: this is the order in which netCDF-4 numbers dims. */
static ama_status scan_group(ama__hdf5_file *f, ama__hdf5_tree *t, int parent, const char *name, hid_t id, int depth) {
    link_list l = {.f = f, .t = t};
    ama__hdf5_group g = {.name = name, .parent = parent, .place = ama__hdf5_place_of(id, NULL)};
    AMA_KEEP(t->arena, g.path,
             parent < 0 ? ama__arena_strdup(t->arena, "")
                        : ama__arena_printf(t->arena, "%s/%s", t->group[parent].path, name));
    int self;
    AMA_TRY(add_group(f, t, g, &self));
    ama_status status = list_links(f, id, g.path, &l);
    for (int i = 0; status == AMA_OK && i < l.n; i++) status = scan_link(f, t, self, id, &l.link[i]);
    for (int i = 0; status == AMA_OK && i < l.n; i++)
        if (l.link[i].group) status = scan_child(f, t, self, id, &l.link[i], depth + 1);
    ama__mem_free(f->ctx, l.link);
    return status;
}

ama_status ama__hdf5_scan(ama__hdf5_file *f, ama__hdf5_tree *t) {
    hid_t root = H5Gopen2(f->id, "/", H5P_DEFAULT);
    if (root < 0) return ama__hdf5_fail(f, "the root group does not open");
    ama_status status = scan_group(f, t, -1, "", root, 0);
    H5Gclose(root);
    return status;
}
