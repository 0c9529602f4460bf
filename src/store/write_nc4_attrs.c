/* Attributes as netcdf-c lays them out in HDF5, and the dimension scales that tie variables to dims. */
#include "store/write_nc4.h"

#include <stdio.h>
#include <string.h>

static ama_status write_attr(ama__nc4_disk *disk, hid_t object, const char *name, hid_t type, hid_t space,
                             const void *data) {
    hid_t attr = type < 0 || space < 0 ? -1 : H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = attr >= 0 && (!data || H5Awrite(attr, type, data) >= 0);
    if (attr >= 0) H5Aclose(attr);
    return ok ? AMA_OK : ama__nc4_fail(disk, "write attribute", name);
}

static bool is_ascii(const char *s, size_t n) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] >= 0x80) return false;
    return true;
}

/* NC_CHAR: one string of fixed length; of no length: an empty dataspace. */
static ama_status write_chars(ama__nc4_disk *disk, hid_t object, const char *name, const char *s, size_t n) {
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(n ? H5S_SCALAR : H5S_NULL);
    ama_status status;
    if (type < 0 || space < 0 || H5Tset_size(type, n ? n : 1) < 0 || H5Tset_strpad(type, H5T_STR_NULLTERM) < 0 ||
        (!is_ascii(s, n) && H5Tset_cset(type, H5T_CSET_UTF8) < 0))
        status = ama__nc4_fail(disk, "write attribute", name);
    else
        status = write_attr(disk, object, name, type, space, n ? s : NULL);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    return status;
}

ama_status ama__nc4_attr_text(ama__nc4_disk *disk, hid_t object, const char *name, const char *text) {
    return write_chars(disk, object, name, text, strlen(text));
}

static ama_status write_array(ama__nc4_disk *disk, hid_t object, const char *name, ama_dtype dtype, int64_t n,
                              const void *data) {
    hsize_t count = (hsize_t)n;
    hid_t owned = -1, type = ama__nc4_type(dtype, &owned);
    hid_t space = n > 0 ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_NULL);
    ama_status status = write_attr(disk, object, name, type, space, n > 0 ? data : NULL);
    if (owned >= 0) H5Tclose(owned);
    if (space >= 0) H5Sclose(space);
    return status;
}

ama_status ama__nc4_attr_ints(ama__nc4_disk *disk, hid_t object, const char *name, int n, const int *x) {
    return write_array(disk, object, name, AMA_I4, n, x);
}

ama_status ama__nc4_attrs(ama__nc4_disk *disk, hid_t object, const ama__attrs *attrs) {
    for (int i = 0; i < attrs->n; i++) {
        const ama__attr *a = &attrs->a[i];
        if (a->dtype == AMA_CHAR)
            AMA_TRY(write_chars(disk, object, a->name, a->data, (size_t)a->n));
        else
            AMA_TRY(write_array(disk, object, a->name, a->dtype, a->n, a->data));
    }
    return AMA_OK;
}

/* ---- dimension scales ---- */

typedef struct back_reference { /* an entry of REFERENCE_LIST: that axis of that dataset uses the scale */
    hobj_ref_t dataset;
    int dimension;
} back_reference;

static ama_status write_scale(ama__nc4_disk *disk, hid_t object, int dim, bool has_var) {
    const ama__dim *d = &disk->wr->spec.meta.dim[dim];
    char name[AMA_NC4_NAME];
    const char class_name[] = "DIMENSION_SCALE";
    if (has_var)
        snprintf(name, sizeof name, "%s", d->name);
    else
        snprintf(name, sizeof name, "This is a netCDF dimension but not a netCDF variable.%10lld", (long long)d->size);
    AMA_TRY(write_chars(disk, object, "CLASS", class_name, sizeof class_name)); /* the NUL belongs to both texts */
    AMA_TRY(write_chars(disk, object, "NAME", name, strlen(name) + 1));
    hid_t space = H5Screate(H5S_SCALAR);
    ama_status status = write_attr(disk, object, "_Netcdf4Dimid", H5T_NATIVE_INT, space, &dim);
    if (space >= 0) H5Sclose(space);
    return status;
}

static ama_status write_dimension_list(ama__nc4_disk *disk, hid_t object, const ama__stored_var *v,
                                       hobj_ref_t *dim_ref) {
    hvl_t list[AMA_MAX_DIMS];
    for (int i = 0; i < v->ndim; i++) list[i] = (hvl_t){.len = 1, .p = &dim_ref[v->dim[i]]};
    hsize_t n = (hsize_t)v->ndim;
    hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ), space = H5Screate_simple(1, &n, NULL);
    ama_status status = write_attr(disk, object, "DIMENSION_LIST", type, space, list);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    return status;
}

static ama_status write_reference_list(ama__nc4_disk *disk, hid_t object, const back_reference *list, int64_t n_list) {
    hsize_t n = (hsize_t)n_list;
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof *list), space = H5Screate_simple(1, &n, NULL);
    ama_status status;
    if (type < 0 || H5Tinsert(type, "dataset", HOFFSET(back_reference, dataset), H5T_STD_REF_OBJ) < 0 ||
        H5Tinsert(type, "dimension", HOFFSET(back_reference, dimension), H5T_NATIVE_INT) < 0)
        status = ama__nc4_fail(disk, "write attribute", "REFERENCE_LIST");
    else
        status = write_attr(disk, object, "REFERENCE_LIST", type, space, list);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    return status;
}

/* The uses of one dim, and its list. Memory is taken for all uses of all dims once, by the caller. */
static ama_status write_uses(ama__nc4_disk *disk, hid_t object, int dim, const hobj_ref_t *var_ref,
                             back_reference *list) {
    const ama__writer *wr = disk->wr;
    int64_t n = 0;
    for (int k = 0; k < wr->spec.meta.n_vars; k++) {
        const ama__stored_var *v = ama__writer_var(wr, k);
        if (ama__nc4_scale_of(wr, k) >= 0) continue;
        for (int i = 0; i < v->ndim; i++)
            if (v->dim[i] == dim) list[n++] = (back_reference){.dataset = var_ref[k], .dimension = i};
    }
    return n ? write_reference_list(disk, object, list, n) : AMA_OK;
}

ama_status ama__nc4_scales(ama__nc4_disk *disk, const hid_t *var_id, const hid_t *dim_id) {
    ama__writer *wr = disk->wr;
    const ama__meta *m = &wr->spec.meta;
    hobj_ref_t *var_ref, *dim_ref;
    back_reference *list;
    int64_t n_uses = 0;
    for (int k = 0; k < m->n_vars; k++) n_uses += m->var[k].ndim;
    AMA_NEW(wr->arena, var_ref, m->n_vars + 1);
    AMA_NEW(wr->arena, dim_ref, m->n_dims + 1);
    AMA_NEW(wr->arena, list, n_uses + 1);
    for (int k = 0; k < m->n_vars; k++)
        if (H5Rcreate(&var_ref[k], var_id[k], ".", H5R_OBJECT, -1) < 0)
            return ama__nc4_fail(disk, "refer to variable", m->var[k].name);
    for (int d = 0; d < m->n_dims; d++)
        if (H5Rcreate(&dim_ref[d], dim_id[d], ".", H5R_OBJECT, -1) < 0)
            return ama__nc4_fail(disk, "refer to dim", m->dim[d].name);
    bool *has_var;
    AMA_NEW(wr->arena, has_var, m->n_dims + 1);
    for (int k = 0; k < m->n_vars; k++) {
        const ama__stored_var *v = &m->var[k];
        int own = ama__nc4_scale_of(wr, k);
        if (own >= 0) has_var[own] = true;
        if (v->ndim == 0) continue;
        AMA_TRY(ama__nc4_attr_ints(disk, var_id[k], "_Netcdf4Coordinates", v->ndim, v->dim));
        if (own < 0) AMA_TRY(write_dimension_list(disk, var_id[k], v, dim_ref));
    }
    for (int d = 0; d < m->n_dims; d++) {
        AMA_TRY(write_scale(disk, dim_id[d], d, has_var[d]));
        AMA_TRY(write_uses(disk, dim_id[d], d, var_ref, list));
    }
    return AMA_OK;
}
