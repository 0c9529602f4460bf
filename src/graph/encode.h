/* From labelled arrays to a WRITE sink: CF encoding and the rules of the format. SEMANTICS 1.3 and 1.8. */
#ifndef AMA_GRAPH_ENCODE_H
#define AMA_GRAPH_ENCODE_H

#include "graph/variable.h"

typedef enum ama__value_kind {
    AMA_VALUE_NONE,
    AMA_VALUE_BOOL,
    AMA_VALUE_INT,
    AMA_VALUE_FLOAT,
    AMA_VALUE_TEXT,
    AMA_VALUE_INTS,      /* a list or tuple of ints; n, ints */
    AMA_VALUE_COMPRESSOR /* an object such as Blosc(cname="zstd", clevel=3): text is the call's name, n members */
} ama__value_kind;

typedef struct ama__value ama__value;
struct ama__value {
    ama__value_kind kind;
    bool b;
    int64_t i;
    double f;
    const char *text;
    int n;
    const int64_t *ints;
    const char *const *key; /* COMPRESSOR: keyword names and values */
    const ama__value *member;
};

/* One key of one variable of encoding={"tas": {"zlib": True, …}}. Known: dtype _FillValue missing_value scale_factor
 * add_offset units calendar zlib complevel shuffle fletcher32 contiguous chunksizes compression ("zlib", "zstd",
 * "blosc_lz4", …) blosc_shuffle compression_level chunks compressor _Unsigned coordinates. */
typedef struct ama__encoding_key {
    const char *var, *key;
    ama__value value;
} ama__encoding_key;

typedef struct ama__write_args {
    ama__format format;
    const char *path;
    bool overwrite;
    int n_keys;
    const ama__encoding_key *key;
    int n_unlimited; /* unlimited_dims=; -1: as in the source */
    const char *const *unlimited;
    bool unsafe_chunks;  /* safe_chunks=False: those of chunk() may lie across those of the encoding */
    bool as_stored;      /* attributes are a file's: those of bounds that repeat the parent's stay */
    const char *history; /* a line put before the global attribute history; NULL: none */
    int line;            /* of the script */
} ama__write_args;

#define AMA_WRITE_ARGS_INIT ((ama__write_args){.format = AMA_FORMAT_NETCDF4, .overwrite = true, .n_unlimited = -1})

/* Makes the sink. A DataArray without name is written as "__xarray_dataarray_variable__". Chunked variables whose
 * spec grid.chunk is all 0 leave the chunk shape to the planner. Warnings go to the context. Errors: ARG (unknown key,
 * with the nearest), NOTFOUND (a variable of encoding= that is not there), MISMATCH, UNSUPPORTED with a hint. Local. */
ama_status ama__graph_encode(ama__graph *g, const ama__object *obj, const ama__write_args *args, ama__sink **out);

/* "NETCDF4", "NETCDF4_CLASSIC", "NETCDF3_64BIT_DATA", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT", "NETCDF3_CLASSIC";
 * ARG with the nearest otherwise. Local. */
ama_status ama__format_parse(ama_ctx *ctx, const char *name, ama__format *out);

#endif
