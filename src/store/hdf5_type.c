/* HDF5's types and dtypes, and reading small attributes that the driver itself needs. */
#include "store/hdf5_file.h"

#include <string.h>

#define NATIVE_ORDER (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? H5T_ORDER_LE : H5T_ORDER_BE)

static const ama_dtype signed_ints[] = {AMA_I1, AMA_I2, AMA_I4, AMA_I8};
static const ama_dtype unsigned_ints[] = {AMA_U1, AMA_U2, AMA_U4, AMA_U8};

/* The smallest integer that holds it; 3-byte integers and those with padding bits need conversion. */
static bool int_type(hid_t type, ama__hdf5_type *out) {
    int i = 0;
    while (i < 4 && (size_t)1 << i < out->bytes) i++;
    if (i == 4) return false;
    out->dtype = H5Tget_sign(type) == H5T_SGN_NONE ? unsigned_ints[i] : signed_ints[i];
    H5T_order_t order = H5Tget_order(type);
    bool plain = out->bytes == (size_t)1 << i && H5Tget_precision(type) == 8 * out->bytes && H5Tget_offset(type) == 0;
    out->converted = !plain || (order != H5T_ORDER_LE && order != H5T_ORDER_BE && out->bytes > 1);
    out->swapped = !out->converted && out->bytes > 1 && order != NATIVE_ORDER;
    return true;
}

static bool float_type(hid_t type, ama__hdf5_type *out) {
    if (out->bytes > 8) return false; /* long double: a float64 would lose digits */
    bool le = H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F64LE) > 0;
    bool be = H5Tequal(type, H5T_IEEE_F32BE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0;
    out->dtype = out->bytes <= 4 ? AMA_F4 : AMA_F8;
    out->converted = !le && !be;
    out->swapped = (le && NATIVE_ORDER == H5T_ORDER_BE) || (be && NATIVE_ORDER == H5T_ORDER_LE);
    return true;
}

static bool text_type(hid_t type, ama__hdf5_type *out) {
    out->vlen = H5Tis_variable_str(type) > 0;
    out->spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    out->dtype = !out->vlen && out->bytes == 1 ? AMA_CHAR : AMA_STRING;
    return true;
}

bool ama__hdf5_type_of(hid_t type, ama__hdf5_type *out) {
    *out = (ama__hdf5_type){.bytes = H5Tget_size(type)};
    H5T_class_t class = H5Tget_class(type);
    if (out->bytes == 0) return false;
    if (class == H5T_INTEGER) return int_type(type, out);
    if (class == H5T_FLOAT) return float_type(type, out);
    if (class == H5T_STRING) return text_type(type, out);
    if (class != H5T_ENUM) return false;
    hid_t base = H5Tget_super(type);
    bool ok = base >= 0 && H5Tget_class(base) == H5T_INTEGER && int_type(base, out);
    if (base >= 0) H5Tclose(base);
    return ok;
}

const char *ama__hdf5_class_name(hid_t type) {
    switch (type < 0 ? H5T_NO_CLASS : H5Tget_class(type)) {
    case H5T_INTEGER: return "integer of unusual size";
    case H5T_FLOAT: return "floating-point of unusual size";
    case H5T_STRING: return "string";
    case H5T_ENUM: return "enum";
    case H5T_TIME: return "time";
    case H5T_BITFIELD: return "bit field";
    case H5T_OPAQUE: return "opaque";
    case H5T_COMPOUND: return "compound";
    case H5T_REFERENCE: return "reference";
    case H5T_VLEN: return "variable-length";
    case H5T_ARRAY: return "array";
    default: return "unknown";
    }
}

hid_t ama__hdf5_native(ama_dtype t) {
    switch (t) {
    case AMA_I1: return H5T_NATIVE_INT8;
    case AMA_I2: return H5T_NATIVE_INT16;
    case AMA_I4: return H5T_NATIVE_INT32;
    case AMA_I8: return H5T_NATIVE_INT64;
    case AMA_U1: return H5T_NATIVE_UINT8;
    case AMA_U2: return H5T_NATIVE_UINT16;
    case AMA_U4: return H5T_NATIVE_UINT32;
    case AMA_U8: return H5T_NATIVE_UINT64;
    case AMA_F4: return H5T_NATIVE_FLOAT;
    case AMA_F8: return H5T_NATIVE_DOUBLE;
    default: return -1;
    }
}

/* ---- the attributes of netCDF-4's own bookkeeping */

static void read_short_text(hid_t attr, hid_t type, char *buf, size_t buf_bytes) {
    char fixed[256], *vlen = NULL;
    size_t bytes = H5Tget_size(type);
    if (H5Tis_variable_str(type) > 0) {
        if (H5Aread(attr, type, &vlen) < 0 || !vlen) return;
        strncpy(buf, vlen, buf_bytes - 1);
        H5free_memory(vlen);
    } else if (bytes <= sizeof fixed && H5Aread(attr, type, fixed) >= 0) {
        size_t n = bytes < buf_bytes - 1 ? bytes : buf_bytes - 1;
        memcpy(buf, fixed, n);
    }
}

bool ama__hdf5_attr_text(hid_t object, const char *name, char *buf, size_t buf_bytes) {
    memset(buf, 0, buf_bytes);
    hid_t attr = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    if (attr < 0) return false;
    hid_t type = H5Aget_type(attr), space = H5Aget_space(attr);
    bool text = type >= 0 && H5Tget_class(type) == H5T_STRING && space >= 0 && H5Sget_simple_extent_npoints(space) == 1;
    if (text) read_short_text(attr, type, buf, buf_bytes);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    H5Aclose(attr);
    return text;
}

bool ama__hdf5_attr_ints(hid_t object, const char *name, int n, int64_t *out) {
    hid_t attr = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    if (attr < 0) return false;
    hid_t type = H5Aget_type(attr), space = H5Aget_space(attr);
    bool ok = type >= 0 && H5Tget_class(type) == H5T_INTEGER && space >= 0 &&
              H5Sget_simple_extent_npoints(space) == n && H5Aread(attr, H5T_NATIVE_INT64, out) >= 0;
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    H5Aclose(attr);
    return ok;
}
