/* TEST: labels=unit
 * Encoding into write sinks: what is opened and written again is the same file; times, packing, missing values, bool,
 * text, coordinates attributes; encoding keys; chunks and codecs; what classic netCDF cannot hold. */
#include "graph_file.h"

#include <math.h>

#include "graph/labels.h"

typedef struct world {
    ama_ctx *ctx;
    ama__graph g;
    ama__dataset ds;
    char warning[512];
} world;

static void keep_warning(void *user, const char *text) {
    snprintf(((world *)user)->warning, sizeof((world *)user)->warning, "%s", text);
}

static int begin(void **state) {
    world *w = calloc(1, sizeof *w);
    *state = w;
    w->ctx = ama__ctx_create();
    ama__ctx_set_message(w->ctx, keep_warning, w);
    w->g.ctx = w->ctx;
    MUST(w->ctx, ama__arena_create(w->ctx, &w->g.arena));
    return 0;
}

static int end(void **state) {
    world *w = *state;
    ama__arena_destroy(&w->g.arena);
    assert_int_equal(ama__mem_used(w->ctx), 0);
    ama__ctx_destroy(&w->ctx);
    free(w);
    return 0;
}

static ama__variable *add(world *w, bool coord, const char *name, ama_dtype t, const char *dims, const int64_t *shape,
                          const void *data) {
    ama__node *node;
    ama__variable *v;
    const char *dim[AMA_MAX_DIMS];
    int ndim = 0;
    char *list = ama__arena_strdup(w->g.arena, dims), *save = NULL;
    for (char *d = strtok_r(list, ",", &save); d; d = strtok_r(NULL, ",", &save)) dim[ndim++] = d;
    MUST(w->ctx, ama__node_const(&w->g, t, ndim, shape, data, true, &node));
    MUST(w->ctx, ama__variable_new(&w->g, dim, node, &v));
    if (coord)
        MUST(w->ctx, ama__named_set(&w->g, &w->ds.n_coords, &w->ds.coord, name, v));
    else
        MUST(w->ctx, ama__named_set(&w->g, &w->ds.n_vars, &w->ds.var, name, v));
    return v;
}

static ama__sink *encode(world *w, const ama__write_args *args) {
    ama__object o = ama__object_from_dataset(&w->ds);
    ama__sink *s;
    MUST(w->ctx, ama__graph_encode(&w->g, &o, args, &s));
    return s;
}

static void refuse(world *w, const ama__write_args *args, ama_status status, const char *text) {
    ama__object o = ama__object_from_dataset(&w->ds);
    ama__sink *s;
    assert_int_equal(ama__graph_encode(&w->g, &o, args, &s), status);
    if (!strstr(ama__error_text(w->ctx), text)) fail_msg("%s", ama__error_text(w->ctx));
    ama__error_clear(w->ctx);
}

static const ama__stored_var *stored(const ama__sink *s, const char *name) {
    int k = ama__meta_find_var(&s->spec->meta, name);
    assert_true(k >= 0);
    return &s->spec->meta.var[k];
}
static ama__node *node_of(const ama__sink *s, const char *name) {
    return s->node[ama__meta_find_var(&s->spec->meta, name)];
}
static double value(const ama__sink *s, const char *name, int64_t i) {
    ama__node *n = node_of(s, name);
    assert_int_equal(n->kind, AMA_NODE_CONST);
    return ama__dtype_get_f8(n->dtype, n->u.constant.data, i);
}
static const char *attr_text(const ama__sink *s, const char *name, const char *attr) {
    return ama__attrs_text(name ? &stored(s, name)->attrs : &s->spec->meta.attrs, attr);
}
static double attr_number(const ama__sink *s, const char *name, const char *attr) {
    double x;
    if (!ama__attrs_f8(&stored(s, name)->attrs, attr, &x)) fail_msg("%s has no number %s", name, attr);
    return x;
}

static const ama__timeaxis numpy_axis = {.calendar = AMA_CAL_PROLEPTIC_GREGORIAN, .datetime64 = true};
#define DAY INT64_C(86400000000000)

/* ---- the parts of encoding */

static void encodes_times(void **state) {
    world *w = *state;
    const int64_t ticks[3] = {0, DAY, AMA_NAT}, shape[1] = {3}, two[1] = {2};
    const int64_t bounds[4] = {0, DAY, DAY, 2 * DAY}, shape2[2] = {2, 2};
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    add(w, false, "when", AMA_I8, "n", shape, ticks)->time = &numpy_axis;
    ama__variable *t = add(w, true, "time", AMA_I8, "time", two, ticks);
    t->time = &numpy_axis;
    t->encoding.units = "hours since 1960-01-01";
    t->encoding.has_dtype = true;
    t->encoding.dtype = AMA_I4;
    MUST(w->ctx, ama__attrs_set_text(w->g.arena, &t->attrs, "bounds", "time_bnds"));
    add(w, false, "time_bnds", AMA_I8, "time,nv", shape2, bounds)->time = &numpy_axis;
    args.path = "x.nc";
    ama__sink *s = encode(w, &args);
    assert_string_equal(attr_text(s, "time", "units"), "hours since 1960-01-01");
    assert_string_equal(attr_text(s, "time", "calendar"), "proleptic_gregorian");
    assert_int_equal(stored(s, "time")->dtype, AMA_I4);
    assert_float_equal(value(s, "time", 1), (3653 + 1) * 24, 0);
    assert_float_equal(value(s, "time_bnds", 3), (3653 + 2) * 24, 0);
    assert_null(attr_text(s, "time_bnds", "units")); /* the parent's are enough */
    assert_string_equal(attr_text(s, "when", "units"), "days since 1970-01-01 00:00:00");
    args.format = AMA_FORMAT_ZARR2;
    s = encode(w, &args);
    assert_non_null(attr_text(s, "time_bnds", "units"));
    assert_null(ama__attrs_find(&t->attrs, "units")); /* the object is as it was */
}

/* NaT in an integer type that only its fill value lets it fit. */
static void fills_nat(void **state) {
    world *w = *state;
    const int64_t ticks[2] = {AMA_NAT, DAY}, shape[1] = {2};
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    ama__variable *t = add(w, false, "when", AMA_I8, "n", shape, ticks);
    t->time = &numpy_axis;
    t->encoding = (ama__encoding){.has_dtype = true, .dtype = AMA_I2, .has_fill = true, .fill_f8 = -1, .fill_i8 = -1};
    args.path = "x.nc";
    ama__sink *s = encode(w, &args);
    assert_int_equal(stored(s, "when")->dtype, AMA_I2);
    assert_float_equal(value(s, "when", 0), -1, 0);
    assert_float_equal(attr_number(s, "when", "_FillValue"), -1, 0);
    assert_string_equal(w->warning, "");
}

static void packs(void **state) {
    world *w = *state;
    const double values[4] = {10, 10.5, NAN, 11.25};
    const int64_t shape[1] = {4};
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    ama__variable *v = add(w, false, "tas", AMA_F8, "x", shape, values);
    v->encoding = (ama__encoding){.has_dtype = true,
                                  .dtype = AMA_I2,
                                  .has_scale = true,
                                  .scale = 0.5,
                                  .scale_dtype = AMA_F4,
                                  .has_offset = true,
                                  .offset = 10,
                                  .offset_dtype = AMA_F4,
                                  .has_fill = true,
                                  .fill_f8 = -99,
                                  .fill_i8 = -99};
    args.path = "x.nc";
    ama__sink *s = encode(w, &args);
    const double want[4] = {0, 1, -99, 2}; /* 2.5 goes to the even neighbour */
    for (int i = 0; i < 4; i++) assert_float_equal(value(s, "tas", i), want[i], 0);
    assert_int_equal(ama__attrs_find(&stored(s, "tas")->attrs, "scale_factor")->dtype, AMA_F4);
    assert_int_equal(ama__attrs_find(&stored(s, "tas")->attrs, "_FillValue")->dtype, AMA_I2);
    v->encoding.unsigned_hint = 1;
    v->encoding.has_scale = v->encoding.has_offset = false;
    v->encoding.dtype = AMA_I1;
    v->encoding.fill_i8 = -1;
    v->encoding.fill_f8 = -1;
    s = encode(w, &args);
    assert_int_equal(stored(s, "tas")->dtype, AMA_I1);
    assert_float_equal(value(s, "tas", 2), -1, 0);
    assert_string_equal(attr_text(s, "tas", "_Unsigned"), "true");
    v->encoding.has_missing = true;
    v->encoding.missing_f8 = 7;
    refuse(w, &args, AMA_ERR_MISMATCH, "conflicting _FillValue (-1) and missing_value (7)");
}

/* What is not in memory gets MAP nodes that say the same. */
static void packs_lazily(void **state) {
    world *w = *state;
    const float values[4] = {10, 10.5f, NAN, 11.25f};
    const int64_t shape[1] = {4};
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    ama__variable *v = add(w, false, "tas", AMA_F4, "x", shape, values);
    MUST(w->ctx, ama__node_unary(&w->g, AMA_OP_ABS, v->node, &v->node));
    v->encoding = (ama__encoding){.has_dtype = true,
                                  .dtype = AMA_I2,
                                  .has_scale = true,
                                  .scale = 0.5,
                                  .scale_dtype = AMA_F8,
                                  .has_offset = true,
                                  .offset = 10,
                                  .offset_dtype = AMA_F8,
                                  .has_fill = true,
                                  .fill_f8 = -99,
                                  .fill_i8 = -99};
    args.path = "x.nc";
    ama__sink *s = encode(w, &args);
    ama__node *n = node_of(s, "tas");
    assert_int_equal(n->kind, AMA_NODE_MAP);
    assert_int_equal(n->dtype, AMA_I2);
    const void *data;
    MUST(w->ctx, ama__labels_eval(&w->g, NULL, n, "tas", &data));
    const int16_t want[4] = {0, 1, -99, 2};
    assert_memory_equal(data, want, sizeof want);
}

static void fill_defaults(void **state) {
    world *w = *state;
    const double x[1] = {1};
    const int32_t i[1] = {1};
    const uint8_t b[2] = {1, 0};
    const int64_t one[1] = {1}, two[1] = {2};
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    add(w, true, "f", AMA_F8, "f", one, x);
    add(w, false, "i", AMA_I4, "f", one, i);
    add(w, false, "b", AMA_BOOL, "b", two, b);
    add(w, false, "none", AMA_F8, "f", one, x)->encoding.no_fill = true;
    args.path = "x.nc";
    ama__sink *s = encode(w, &args);
    assert_true(isnan(attr_number(s, "f", "_FillValue")));
    assert_null(ama__attrs_find(&stored(s, "i")->attrs, "_FillValue"));
    assert_null(ama__attrs_find(&stored(s, "none")->attrs, "_FillValue"));
    assert_int_equal(stored(s, "b")->dtype, AMA_I1);
    assert_string_equal(attr_text(s, "b", "dtype"), "bool");
    assert_float_equal(value(s, "b", 0), 1, 0);
}

static void texts(void **state) {
    world *w = *state;
    const char *const x[2] = {"ab", "wxyz"};
    const int64_t two[1] = {2};
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    ama__variable *v = add(w, true, "name", AMA_STRING, "name", two, x);
    args.path = "x.nc";
    ama__sink *s = encode(w, &args);
    assert_int_equal(stored(s, "name")->dtype, AMA_STRING);
    args.format = AMA_FORMAT_CDF1;
    s = encode(w, &args);
    assert_int_equal(stored(s, "name")->dtype, AMA_CHAR);
    assert_string_equal(s->spec->meta.dim[stored(s, "name")->dim[1]].name, "string4");
    assert_string_equal(attr_text(s, "name", "_Encoding"), "utf-8");
    assert_memory_equal(node_of(s, "name")->u.constant.data, "ab\0\0wxyz", 8);
    v->encoding = (ama__encoding){.has_dtype = true, .dtype = AMA_CHAR, .char_dim = "len", .char_len = 6};
    args.format = AMA_FORMAT_NETCDF4;
    s = encode(w, &args);
    assert_string_equal(s->spec->meta.dim[stored(s, "name")->dim[1]].name, "len");
    assert_int_equal(node_of(s, "name")->shape[1], 6);
    assert_null(attr_text(s, "name", "_Encoding"));
}

static void coordinates(void **state) {
    world *w = *state;
    const double x[4] = {1, 2, 3, 4};
    const int64_t two[2] = {2, 2};
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    add(w, true, "y", AMA_F8, "y", two, x);
    add(w, true, "lon2", AMA_F8, "y,x", two, x);
    add(w, true, "height", AMA_F8, "", NULL, x);
    add(w, true, "alone", AMA_F8, "z", two, x);
    add(w, false, "tas", AMA_F8, "y,x", two, x);
    add(w, false, "line", AMA_F8, "y", two, x)->encoding.coordinates = "was there";
    args.path = "x.nc";
    args.history = "new line";
    MUST(w->ctx, ama__attrs_set_text(w->g.arena, &w->ds.attrs, "history", "old"));
    ama__sink *s = encode(w, &args);
    assert_string_equal(attr_text(s, "tas", "coordinates"), "height lon2");
    assert_string_equal(attr_text(s, "line", "coordinates"), "was there");
    assert_null(attr_text(s, "y", "coordinates"));
    assert_null(attr_text(s, "lon2", "coordinates"));
    assert_string_equal(attr_text(s, NULL, "coordinates"), "alone");
    assert_string_equal(attr_text(s, NULL, "history"), "new line\nold");
    MUST(w->ctx, ama__attrs_set_text(w->g.arena, &w->ds.var[1].var->attrs, "coordinates", "mine"));
    refuse(w, &args, AMA_ERR_ARG, "coordinates in its attributes and in its encoding");
}

static void arrays(void **state) {
    world *w = *state;
    const double x[2] = {1, 2};
    const int64_t two[1] = {2};
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    ama__object o;
    ama__sink *s;
    add(w, true, "x", AMA_F8, "x", two, x);
    ama__variable *v = add(w, false, "tas", AMA_F8, "x", two, x);
    args.path = "x.nc";
    MUST(w->ctx, ama__object_from_array(&w->g, NULL, v, w->ds.n_coords, w->ds.coord, &o));
    MUST(w->ctx, ama__graph_encode(&w->g, &o, &args, &s));
    stored(s, "__xarray_dataarray_variable__");
    MUST(w->ctx, ama__object_from_array(&w->g, "x", v, w->ds.n_coords, w->ds.coord, &o));
    MUST(w->ctx, ama__graph_encode(&w->g, &o, &args, &s));
    assert_string_equal(attr_text(s, NULL, "__xarray_dataarray_name__"), "x");
}

/* ---- keys and storage */

#define KEY(v, k, ...)                                                                                                 \
    {                                                                                                                  \
        .var = v, .key = k, .value = { __VA_ARGS__ }                                                                   \
    }
#define TRUE_VALUE .kind = AMA_VALUE_BOOL, .b = true

static ama__write_args with_keys(ama__format format, int n, const ama__encoding_key *keys) {
    ama__write_args args = AMA_WRITE_ARGS_INIT;
    args.path = "x.nc";
    args.format = format;
    args.n_keys = n;
    args.key = keys;
    return args;
}

static void keys(void **state) {
    world *w = *state;
    static const int64_t chunk[2] = {1, 2};
    const float x[6] = {1, 2, 3, 4, 5, 6};
    const int64_t shape[2] = {2, 3};
    ama__variable *v = add(w, false, "tas", AMA_F4, "y,x", shape, x);
    v->encoding = (ama__encoding){.has_dtype = true, .dtype = AMA_I2}; /* gives way to what is asked for */
    const ama__encoding_key k[] = {KEY("tas", "zlib", TRUE_VALUE),
                                   KEY("tas", "complevel", .kind = AMA_VALUE_INT, .i = 7),
                                   KEY("tas", "chunksizes", .kind = AMA_VALUE_INTS, .n = 2, .ints = chunk),
                                   KEY("tas", "dtype", .kind = AMA_VALUE_TEXT, .text = "float64"),
                                   KEY("tas", "_FillValue", .kind = AMA_VALUE_NONE)};
    ama__write_args args = with_keys(AMA_FORMAT_NETCDF4, 5, k);
    const ama__stored_var *s = stored(encode(w, &args), "tas");
    assert_int_equal(s->dtype, AMA_F8);
    assert_true(s->chunked && s->grid.chunk[0] == 1 && s->grid.chunk[1] == 2);
    assert_int_equal(s->pipeline.n, 2);
    assert_int_equal(s->pipeline.step[0].codec, AMA_CODEC_SHUFFLE);
    assert_int_equal(s->pipeline.step[0].element_bytes, 8);
    assert_int_equal(s->pipeline.step[1].a, 7);
    assert_int_equal(s->attrs.n, 0);
    args = with_keys(AMA_FORMAT_NETCDF4, 1, k);
    s = stored(encode(w, &args), "tas");
    assert_true(s->chunked && s->grid.chunk[0] == 0); /* the planner's choice */
    assert_int_equal(s->dtype, AMA_F4);
    args = with_keys(AMA_FORMAT_CDF5, 1, k);
    refuse(w, &args, AMA_ERR_ARG, "no key \"zlib\"");
}

static void wrong_keys(void **state) {
    world *w = *state;
    static const int64_t chunk[1] = {1};
    const float x[6] = {1, 2, 3, 4, 5, 6};
    const int64_t shape[2] = {2, 3};
    add(w, false, "tas", AMA_F4, "y,x", shape, x);
    static const struct {
        ama__encoding_key key;
        ama_status status;
        const char *text;
    } bad[] = {{KEY("tsa", "zlib", TRUE_VALUE), AMA_ERR_NOTFOUND, "did you mean 'tas'"},
               {KEY("tas", "zlip", TRUE_VALUE), AMA_ERR_ARG, "did you mean \"zlib\""},
               {KEY("tas", "dtype", .kind = AMA_VALUE_TEXT, .text = "flot32"), AMA_ERR_ARG, "flot32"},
               {KEY("tas", "dtype", .kind = AMA_VALUE_TEXT, .text = "S1"), AMA_ERR_ARG, "does not suit"},
               {KEY("tas", "chunksizes", .kind = AMA_VALUE_INTS, .n = 1, .ints = chunk), AMA_ERR_ARG, "2 dims"},
               {KEY("tas", "zlib", .kind = AMA_VALUE_TEXT, .text = "yes"), AMA_ERR_ARG, "True or False"},
               {KEY("tas", "compression", .kind = AMA_VALUE_TEXT, .text = "rar"), AMA_ERR_ARG, "\"zstd\""},
               {KEY("tas", "compression", .kind = AMA_VALUE_TEXT, .text = "bzip2"), AMA_ERR_UNSUPPORTED,
                "\"bzip2\" is not supported; it is \"zlib\""},
               {KEY("tas", "blosc_shuffle", .kind = AMA_VALUE_INT, .i = 3), AMA_ERR_ARG, "2 (bits)"},
               {KEY("tas", "scale_factor", .kind = AMA_VALUE_TEXT, .text = "2"), AMA_ERR_ARG, "a number"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ama__write_args args = with_keys(AMA_FORMAT_NETCDF4, 1, &bad[i].key);
        refuse(w, &args, bad[i].status, bad[i].text);
    }
    const ama__encoding_key level[] = {KEY("tas", "zlib", TRUE_VALUE),
                                       KEY("tas", "complevel", .kind = AMA_VALUE_INT, .i = 10)};
    ama__write_args args = with_keys(AMA_FORMAT_NETCDF4, 2, level);
    refuse(w, &args, AMA_ERR_ARG, "complevel 10");
    const ama__encoding_key both[] = {KEY("tas", "zlib", TRUE_VALUE), KEY("tas", "contiguous", TRUE_VALUE)};
    args = with_keys(AMA_FORMAT_NETCDF4, 2, both);
    refuse(w, &args, AMA_ERR_ARG, "contiguous=True");
}

static void compressions(void **state) {
    world *w = *state;
    const float x[6] = {1, 2, 3, 4, 5, 6};
    const int64_t shape[2] = {2, 3};
    static const struct {
        const char *name;
        ama__codec codec;
        const char *blosc;
    } cases[] = {{"zlib", AMA_CODEC_DEFLATE, ""},
                 {"zstd", AMA_CODEC_ZSTD, ""},
                 {"blosc_lz", AMA_CODEC_BLOSC, "blosclz"},
                 {"blosc_lz4hc", AMA_CODEC_BLOSC, "lz4hc"},
                 {"blosc_zstd", AMA_CODEC_BLOSC, "zstd"}};
    add(w, false, "tas", AMA_F4, "y,x", shape, x);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool blosc = cases[i].codec == AMA_CODEC_BLOSC;
        const ama__encoding_key k[] = {KEY("tas", "compression", .kind = AMA_VALUE_TEXT, .text = cases[i].name),
                                       KEY("tas", "blosc_shuffle", .kind = AMA_VALUE_INT, .i = 2),
                                       KEY("tas", "complevel", .kind = AMA_VALUE_INT, .i = 3)};
        ama__write_args args = with_keys(AMA_FORMAT_NETCDF4, 3, k);
        const ama__pipeline *p = &stored(encode(w, &args), "tas")->pipeline;
        const ama__codec_step *step = &p->step[p->n - 1];
        assert_int_equal(p->n, blosc ? 1 : 2);
        assert_int_equal(step->codec, cases[i].codec);
        assert_int_equal(step->a, 3);
        if (!blosc) continue;
        assert_string_equal(step->name, cases[i].blosc);
        assert_true(step->b == 2 && step->element_bytes == 4);
    }
    const ama__encoding_key none[] = {KEY("tas", "compression", .kind = AMA_VALUE_TEXT, .text = "blosc_lz4"),
                                      KEY("tas", "complevel", .kind = AMA_VALUE_INT, .i = 0)};
    ama__write_args args = with_keys(AMA_FORMAT_NETCDF4, 2, none);
    assert_int_equal(stored(encode(w, &args), "tas")->pipeline.n, 0);
}

static void zarr_storage(void **state) {
    world *w = *state;
    const float x[6] = {1, 2, 3, 4, 5, 6};
    const int64_t shape[2] = {2, 3};
    static const char *const member[] = {"cname", "clevel"};
    static const ama__value values[] = {{.kind = AMA_VALUE_TEXT, .text = "zstd"}, {.kind = AMA_VALUE_INT, .i = 3}};
    add(w, false, "tas", AMA_F4, "y,x", shape, x);
    add(w, false, "one", AMA_F4, "", NULL, x);
    ama__write_args args = with_keys(AMA_FORMAT_ZARR2, 0, NULL);
    ama__sink *s = encode(w, &args);
    const ama__codec_step *step = &stored(s, "tas")->pipeline.step[0];
    assert_int_equal(step->codec, AMA_CODEC_BLOSC);
    assert_true(step->a == 5 && step->b == 1 && step->element_bytes == 4 && strcmp(step->name, "lz4") == 0);
    assert_true(stored(s, "tas")->chunked && stored(s, "tas")->grid.chunk[0] == 0);
    assert_int_equal(stored(s, "one")->pipeline.n, 0);
    const ama__encoding_key k[] = {KEY("tas", "compressor", .kind = AMA_VALUE_COMPRESSOR, .text = "Blosc", .n = 2,
                                       .key = member, .member = values)};
    args = with_keys(AMA_FORMAT_ZARR2, 1, k);
    step = &stored(encode(w, &args), "tas")->pipeline.step[0];
    assert_true(step->a == 3 && strcmp(step->name, "zstd") == 0);
    const ama__encoding_key none[] = {KEY("tas", "compressor", .kind = AMA_VALUE_NONE)};
    args = with_keys(AMA_FORMAT_ZARR2, 1, none);
    assert_int_equal(stored(encode(w, &args), "tas")->pipeline.n, 0);
}

/* Chunks of the source stay while the shape does; codecs stay. */
static void source_storage(void **state) {
    world *w = *state;
    const float x[6] = {1, 2, 3, 4, 5, 6};
    const int64_t shape[2] = {2, 3};
    ama__write_args args = with_keys(AMA_FORMAT_NETCDF4, 0, NULL);
    ama__variable *v = add(w, false, "tas", AMA_F4, "y,x", shape, x);
    v->encoding = (ama__encoding){.known = true, .has_chunks = true, .chunk = {1, 3}, .chunk_ndim = 2, .shape = {2, 3}};
    v->encoding.pipeline = (ama__pipeline){
        .n = 2, .step = {{.codec = AMA_CODEC_SHUFFLE, .element_bytes = 2}, {.codec = AMA_CODEC_DEFLATE, .a = 1}}};
    const ama__stored_var *s = stored(encode(w, &args), "tas");
    assert_int_equal(s->grid.chunk[1], 3);
    assert_int_equal(s->pipeline.step[0].element_bytes, 4);
    v->encoding.shape[0] = 9;
    s = stored(encode(w, &args), "tas");
    assert_true(s->chunked && s->grid.chunk[1] == 0 && s->pipeline.n == 2);
    v->encoding.zarr = true;
    s = stored(encode(w, &args), "tas");
    assert_true(!s->chunked && s->pipeline.n == 0);
    static const char *const unlimited[] = {"y"}, *const unknown[] = {"z"};
    args.n_unlimited = 1;
    args.unlimited = unlimited;
    s = stored(encode(w, &args), "tas");
    assert_true(s->chunked && s->grid.chunk[0] == 0);
    args.unlimited = unknown;
    refuse(w, &args, AMA_ERR_NOTFOUND, "unlimited_dims=");
}

static void classic(void **state) {
    world *w = *state;
    int64_t x[2] = {1, 70000};
    const int64_t two[1] = {2};
    ama__write_args args = with_keys(AMA_FORMAT_CDF1, 0, NULL);
    ama__variable *v = add(w, false, "n", AMA_I8, "x", two, x);
    MUST(w->ctx, ama__attrs_set(w->g.arena, &v->attrs, "valid", AMA_I8, 2, x));
    ama__sink *s = encode(w, &args);
    assert_int_equal(stored(s, "n")->dtype, AMA_I4);
    assert_int_equal(ama__attrs_find(&stored(s, "n")->attrs, "valid")->dtype, AMA_I4);
    assert_int_equal(ama__attrs_find(&v->attrs, "valid")->dtype, AMA_I8);
    args.format = AMA_FORMAT_CDF5;
    assert_int_equal(stored(encode(w, &args), "n")->dtype, AMA_I8);
    args.format = AMA_FORMAT_CDF1;
    x[1] = INT64_C(1) << 40;
    add(w, false, "n", AMA_I8, "x", two, x);
    refuse(w, &args, AMA_ERR_MISMATCH, "does not fit int32");
    v = w->ds.var[0].var;
    MUST(w->ctx, ama__node_unary(&w->g, AMA_OP_NEG, v->node, &v->node));
    refuse(w, &args, AMA_ERR_UNSUPPORTED, "\"dtype\": \"int32\"");
    const ama__encoding_key k[] = {KEY("n", "dtype", .kind = AMA_VALUE_TEXT, .text = "int32")};
    args = with_keys(AMA_FORMAT_CDF1, 1, k);
    assert_int_equal(stored(encode(w, &args), "n")->dtype, AMA_I4);
}

static void formats(void **state) {
    world *w = *state;
    ama__format f;
    MUST(w->ctx, ama__format_parse(w->ctx, "NETCDF3_64BIT_DATA", &f));
    assert_int_equal(f, AMA_FORMAT_CDF5);
    assert_int_equal(ama__format_parse(w->ctx, "NETCDF3_CLASIC", &f), AMA_ERR_ARG);
    assert_non_null(strstr(ama__error_text(w->ctx), "did you mean \"NETCDF3_CLASSIC\""));
    ama__error_clear(w->ctx);
}

#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {IN_WORLD(encodes_times),  IN_WORLD(fills_nat),     IN_WORLD(packs),
                                       IN_WORLD(packs_lazily),   IN_WORLD(fill_defaults), IN_WORLD(texts),
                                       IN_WORLD(coordinates),    IN_WORLD(arrays),        IN_WORLD(keys),
                                       IN_WORLD(wrong_keys),     IN_WORLD(compressions),  IN_WORLD(zarr_storage),
                                       IN_WORLD(source_storage), IN_WORLD(classic),       IN_WORLD(formats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
