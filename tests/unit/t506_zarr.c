/* TEST: labels=unit
 * Zarr v2: the sample walked and consolidated, JSON, dtypes, fill values, dims, groups, codecs, damage, and the Zarr
 * stores of the shared data. */
#include "store_test.h"

#include <math.h>

#include "store/zarr_json.h"

static ama_ctx *ctx;
static ama__comm *comm;
static char warned[4096];

static void on_message(void *user, const char *text) {
    (void)user;
    snprintf(warned, sizeof warned, "%s", text);
}

static int begin(void **state) {
    ctx = ama__ctx_create();
    ama__ctx_set_message(ctx, on_message, NULL);
    assert_int_equal(ama__comm_create_self(ctx, &comm), AMA_OK);
    return make_dir(state);
}

static int end(void **state) {
    ama__comm_destroy(&comm);
    assert_int_equal(ama__mem_used(ctx), 0);
    ama__ctx_destroy(&ctx);
    return remove_dir(state);
}

static ama__store *open_ok(const char *path, const char *group) {
    ama__store *s;
    ama__open_options o = {.group = group};
    if (ama__store_open(ctx, comm, path, &o, &s) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    return s;
}

static void open_bad(const char *path, const char *group, ama_status want, const char *says) {
    ama__store *s;
    ama__open_options o = {.group = group};
    ama_status got = ama__store_open(ctx, comm, path, &o, &s);
    if (got != want) fail_msg("%s: status %d, not %d: %s", says, got, want, ama__error_text(ctx));
    assert_says(ctx, says);
    ama__error_clear(ctx);
}

static ama_status read_var(ama__store *s, int var, void **p) {
    ama__store_var v = {s, var};
    *p = NULL;
    AMA_TRY(ama__store_need_manifests(ctx, comm, 1, &v));
    return ama__store_read_whole(s, var, p);
}

static void *read_ok(ama__store *s, const char *name) {
    void *p;
    int var = name ? ama__meta_find_var(&s->meta, name) : 0;
    assert_true(var >= 0);
    if (read_var(s, var, &p) != AMA_OK) fail_msg("%s", ama__error_text(ctx));
    return p;
}

static void check_sample(ama__store *s) {
    assert_string_equal(s->meta.format, "Zarr v2");
    assert_int_equal(s->meta.n_vars, N_SAMPLE);
    assert_int_equal(s->meta.n_dims, S_N_DIMS);
    assert_string_equal(ama__attrs_text(&s->meta.attrs, "title"), "sample");
    for (int i = 0; i < N_SAMPLE; i++) {
        const ama__stored_var *v = &s->meta.var[i];
        assert_string_equal(v->name, sample[i].name);
        assert_int_equal(v->dtype, sample[i].dtype);
        for (int d = 0; d < v->ndim; d++)
            assert_string_equal(s->meta.dim[v->dim[d]].name, sample_dim[sample[i].dim[d]]);
        void *p = read_ok(s, v->name);
        check_values(&sample[i], p);
        ama__mem_free(ctx, p);
        assert_null(ama__attrs_find(&v->attrs, "_ARRAY_DIMENSIONS"));
    }
    const ama__stored_var *tas = &s->meta.var[ama__meta_find_var(&s->meta, "tas")];
    assert_string_equal(ama__attrs_text(&tas->attrs, "units"), "K");
    const ama__attr *range = ama__attrs_find(&tas->attrs, "valid_range");
    assert_true(range->dtype == AMA_F8 && range->n == 2 && memcmp(range->data, sample_range, 16) == 0);
}

static void append_file(char *out, const char *path) {
    size_t n;
    unsigned char *p = read_file(path, &n);
    strncat(out, (char *)p, n);
    free(p);
}

static void walked_and_consolidated(void **state) {
    (void)state;
    static char json[1 << 16];
    const char *top = in_dir("sample.zarr");
    zarr_sample(top);
    ama__store *s = open_ok(top, NULL);
    check_sample(s);
    ama__store_close(&s);

    char with_slash[1200];
    snprintf(with_slash, sizeof with_slash, "%s///", top);
    s = open_ok(with_slash, "/");
    check_sample(s);
    ama__store_close(&s);

    strcpy(json,
           "{\"zarr_consolidated_format\": 1,\n\"metadata\": {\n\".zgroup\": {\"zarr_format\": 2},\n\".zattrs\": ");
    append_file(json, in_dir("sample.zarr/.zattrs"));
    for (int i = 0; i < N_SAMPLE; i++)
        for (int k = 0; k < 2; k++) {
            const char *name = k ? ".zattrs" : ".zarray";
            sprintf(json + strlen(json), ",\n\"%s/%s\": ", sample[i].name, name);
            append_file(json, in_dir("sample.zarr/%s/%s", sample[i].name, name));
            unlink(in_dir("sample.zarr/%s/%s", sample[i].name, name));
        }
    strcat(json, "}}");
    write_text(in_dir("sample.zarr/.zmetadata"), json);
    unlink(in_dir("sample.zarr/.zgroup"));
    s = open_ok(top, NULL);
    check_sample(s);
    ama__store_close(&s);

    char *damage = strstr(json, "\"chunks\"");
    memcpy(damage, "\"chinks\"", 8);
    write_text(in_dir("sample.zarr/.zmetadata"), json);
    open_bad(top, NULL, AMA_ERR_FORMAT, "sample.zarr/.zmetadata, line 5: chunks is not a list");
    write_text(in_dir("sample.zarr/.zmetadata"), "{\"zarr_consolidated_format\": 1}");
    open_bad(top, NULL, AMA_ERR_FORMAT, "no object \"metadata\"");
}

/* ---- JSON */

static void json(void **state) {
    (void)state;
    static const char text[] =
        "\xef\xbb\xbf { \"a\" : [1, -2.5e3, NaN,\n -Infinity, true, null, 9223372036854775808],\n"
        "\"t\": \"q\\\"\\u00e9\\ud83d\\ude00\\ud83d.\\n\", \"a\": {\"deep\": [[ ]]}, \"i\": -7 }\n";
    ama__arena *arena;
    ama__json *j;
    assert_int_equal(ama__arena_create(ctx, &arena), AMA_OK);
    assert_int_equal(ama__json_parse(arena, "x", text, sizeof text - 1, &j), AMA_OK);
    assert_int_equal(j->n, 4);
    const ama__json *x = j->child->child;
    assert_true(x->kind == AMA_JSON_INT && x->i == 1 && x->f == 1);
    x = x->next;
    assert_true(x->kind == AMA_JSON_REAL && x->f == -2500);
    x = x->next;
    assert_true(x->kind == AMA_JSON_REAL && isnan(x->f));
    x = x->next;
    assert_true(x->kind == AMA_JSON_REAL && x->f == -INFINITY && x->line == 2);
    assert_true(x->next->kind == AMA_JSON_BOOL && x->next->truth && x->next->next->kind == AMA_JSON_NULL);
    x = x->next->next->next;
    assert_true(x->kind == AMA_JSON_REAL && x->f == 0x1p63);
    assert_string_equal(ama__json_get_text(j, "t"), "q\"é😀\xef\xbf\xbd.\n");
    assert_int_equal(ama__json_get(j, "a")->kind, AMA_JSON_OBJECT);
    assert_memory_equal(ama__json_get(j, "a")->source, "{\"deep\": [[ ]]}", ama__json_get(j, "a")->source_bytes);
    assert_int_equal(ama__json_get_int(j, "i", 0), -7);
    assert_int_equal(ama__json_get_int(j, "t", 5), 5);

    static const char *const bad[] = {"",        "{",           "[1,]", "{\"a\" 1}", "{a: 1}", "tru", "\"x",
                                      "\"\\x\"", "\"\\u12g4\"", "1 2",  "+1",        ".5",     "--1", "1e",
                                      "[1}",     "\"\x01\"",    "nan",  "{\"a\":}",  "\"\\"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ama__json_parse(arena, "bad.json", bad[i], strlen(bad[i]), &j) != AMA_ERR_FORMAT)
            fail_msg("accepted: %s", bad[i]);
        assert_says(ctx, "bad.json, line 1, column ");
        ama__error_clear(ctx);
    }
    char deep[400];
    memset(deep, '[', sizeof deep);
    assert_int_equal(ama__json_parse(arena, "deep", deep, sizeof deep, &j), AMA_ERR_FORMAT);
    assert_says(ctx, "nested too deeply");
    ama__error_clear(ctx);
    /* cut anywhere, any byte changed: no crash */
    for (size_t i = 0; i < sizeof text - 1; i++)
        for (int c = 0; c < 4; c++) {
            char *copy = malloc(sizeof text);
            memcpy(copy, text, sizeof text);
            copy[i] = "\0\"}\\"[c];
            ama__json_parse(arena, "x", copy, c ? sizeof text - 1 : i, &j);
            ama__error_clear(ctx);
            free(copy);
        }
    ama__arena_destroy(&arena);
}

/* ---- single arrays */

/* An array directory from the text of its metadata (quotes written as '). */
__attribute__((format(printf, 2, 3))) static const char *array_dir(const char *name, const char *fmt, ...) {
    char json_text[2048];
    const char *dir = in_dir("%s", name);
    va_list args;
    va_start(args, fmt);
    vsnprintf(json_text, sizeof json_text, fmt, args);
    va_end(args);
    for (char *c = json_text; *c; c++)
        if (*c == '\'') *c = '"';
    mkdir(dir, 0777);
    write_text(in_dir("%s/.zarray", name), json_text);
    return dir;
}

#define REST "'compressor':null,'filters':null,'order':'C','zarr_format':2}"

static void fill_values(void **state) {
    (void)state;
    static const struct {
        const char *dtype, *fill;
        double value;
        bool attr;
    } cases[] = {{"<f4", "'NaN'", NAN, true},
                 {">f8", "'-Infinity'", -INFINITY, true},
                 {"<f8", "Infinity", INFINITY, true},
                 {"<f4", "-1e30", -1e30f, true},
                 {">i2", "-32767", -32767, true},
                 {"|u1", "255", 255, true},
                 {"<u8", "18446744073709551615", 18446744073709551616.0, true},
                 {"|b1", "true", 1, false},
                 {"<i4", "null", 0, false},
                 {"<i8", "7.0", 7, true},
                 {">u4", "4294967295", 4294967295.0, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[16];
        snprintf(name, sizeof name, "fill%d", (int)i);
        ama__store *s = open_ok(array_dir(name, "{'shape':[3],'chunks':[2],'dtype':'%s','fill_value':%s," REST,
                                          cases[i].dtype, cases[i].fill),
                                NULL);
        const ama__stored_var *v = &s->meta.var[0];
        assert_string_equal(v->name, name);
        assert_string_equal(s->meta.dim[0].name, "phony_dim_0");
        void *p = read_ok(s, NULL); /* no chunk file: all fill */
        for (int k = 0; k < 3; k++) {
            double x = ama__dtype_get_f8(v->dtype, p, k);
            if (x != cases[i].value && !(isnan(x) && isnan(cases[i].value)))
                fail_msg("%s %s: %g", cases[i].dtype, cases[i].fill, x);
        }
        const ama__attr *a = ama__attrs_find(&v->attrs, "_FillValue");
        assert_int_equal(a != NULL, cases[i].attr);
        if (a) assert_true(a->dtype == v->dtype && a->n == 1);
        ama__mem_free(ctx, p);
        ama__store_close(&s);
    }
    static const char *const bad[][2] = {
        {"|i1", "128"}, {"|u1", "-1"}, {"<i4", "1.5"}, {"<f4", "'nought'"}, {"<i2", "[1]"}};
    for (int i = 0; i < 5; i++)
        open_bad(array_dir("badfill", "{'shape':[3],\n'chunks':[2],'dtype':'%s',\n'fill_value':%s," REST, bad[i][0],
                           bad[i][1]),
                 NULL, AMA_ERR_FORMAT, "badfill/.zarray, line 3: fill_value");
}

static void texts(void **state) {
    (void)state;
    ama__store *s = open_ok(array_dir("u", "{'shape':[3],'chunks':[2],'dtype':'>U2','fill_value':'ñ'," REST), NULL);
    write_file(in_dir("u/0"), "\0\0\0A\0\x01\xf6\0\0\0\0\xe9\0\0\0\0", 16);
    char **t = read_ok(s, NULL);
    assert_string_equal(t[0], "A😀");
    assert_string_equal(t[1], "é");
    assert_string_equal(t[2], "ñ"); /* its chunk is missing */
    ama__mem_free(ctx, t);
    ama__store_close(&s);

    s = open_ok(array_dir("s", "{'shape':[2,2],'chunks':[2,2],'dtype':'|S2','fill_value':'aGk=','compressor':null,"
                               "'filters':null,'order':'F','zarr_format':2}"),
                NULL);
    t = read_ok(s, NULL);
    for (int i = 0; i < 4; i++) assert_string_equal(t[i], "hi");
    ama__mem_free(ctx, t);
    ama__store_close(&s);
    s = open_ok(in_dir("s"), NULL);
    write_file(in_dir("s/0.0"), "a\0bbc\0d\0", 8);
    t = read_ok(s, NULL); /* column-major */
    assert_true(!strcmp(t[0], "a") && !strcmp(t[1], "c") && !strcmp(t[2], "bb") && !strcmp(t[3], "d"));
    ama__mem_free(ctx, t);
    ama__store_close(&s);

    static const char vlen[] = "\3\0\0\0\1\0\0\0x\0\0\0\0\2\0\0\0yz";
    s = open_ok(array_dir("o", "{'shape':[4],'chunks':[3],'dtype':'|O','fill_value':null,'compressor':null,"
                               "'filters':[{'id':'vlen-utf8'}],'order':'C','zarr_format':2}"),
                NULL);
    write_file(in_dir("o/0"), vlen, sizeof vlen - 1);
    t = read_ok(s, NULL);
    assert_true(!strcmp(t[0], "x") && !strcmp(t[1], "") && !strcmp(t[2], "yz") && !strcmp(t[3], ""));
    ama__mem_free(ctx, t);
    ama__store_close(&s);
    for (size_t n = 0; n < sizeof vlen - 1; n++) {
        void *p;
        s = open_ok(in_dir("o"), NULL);
        write_file(in_dir("o/0"), vlen, n);
        assert_int_equal(read_var(s, 0, &p), AMA_ERR_FORMAT);
        assert_says(ctx, "o/0 > variable o: vlen-utf8");
        ama__error_clear(ctx);
        ama__store_close(&s);
    }
}

static void times(void **state) {
    (void)state;
    ama__store *s =
        open_ok(array_dir("t", "{'shape':[3],'chunks':[3],'dtype':'<M8[ns]','fill_value':'NaT'," REST), NULL);
    assert_int_equal(s->meta.var[0].dtype, AMA_I8);
    assert_string_equal(ama__attrs_text(&s->meta.var[0].attrs, "units"), "nanoseconds since 1970-01-01");
    ama__store_close(&s);
    write_text(in_dir("t/.zattrs"), "{\"units\": \"days since 2000-01-01\"}");
    s = open_ok(in_dir("t"), NULL);
    assert_string_equal(ama__attrs_text(&s->meta.var[0].attrs, "units"), "days since 2000-01-01");
    ama__store_close(&s);
    s = open_ok(array_dir("d", "{'shape':[3],'chunks':[3],'dtype':'<m8[s]','fill_value':null," REST), NULL);
    assert_string_equal(ama__attrs_text(&s->meta.var[0].attrs, "units"), "seconds");
    assert_null(ama__attrs_find(&s->meta.var[0].attrs, "calendar"));
    ama__store_close(&s);
}

static void refused_arrays(void **state) {
    (void)state;
    static const struct {
        const char *json, *says;
        ama_status status;
    } cases[] = {
        {"{'shape':[3],\n'chunks':[2],\n\n'dtype':'<c16','fill_value':0," REST, "line 4: dtype \"<c16\" is not",
         AMA_ERR_UNSUPPORTED},
        {"{'shape':[3],'chunks':[2],'dtype':[['a','<i2']],'fill_value':0," REST, "dtype [[\"a\",\"<i2\"]]",
         AMA_ERR_UNSUPPORTED},
        {"{'shape':[3],'chunks':[2],'dtype':'<f2','fill_value':0," REST, "dtype", AMA_ERR_UNSUPPORTED},
        {"{'shape':[3],'chunks':[2],'dtype':'|O','fill_value':0," REST, "dtype", AMA_ERR_UNSUPPORTED},
        {"{'shape':[3],'chunks':[2],'fill_value':0," REST, "no dtype", AMA_ERR_FORMAT},
        {"{'shape':[3],'chunks':[2,2],'dtype':'<i2'," REST, "2 chunk sizes for 1 dims", AMA_ERR_FORMAT},
        {"{'shape':[3],'chunks':[0],'dtype':'<i2'," REST, "a chunk size of 0", AMA_ERR_FORMAT},
        {"{'shape':[-3],'chunks':[1],'dtype':'<i2'," REST, "no size", AMA_ERR_FORMAT},
        {"{'shape':3,'chunks':[1],'dtype':'<i2'," REST, "shape is not a list", AMA_ERR_FORMAT},
        {"{'shape':[4611686018427387904,8],'chunks':[1,1],'dtype':'<i2'," REST, "larger than 2^63", AMA_ERR_FORMAT},
        {"{'shape':[4,4],'chunks':[4611686018427387904,8],'dtype':'<i2'," REST, "larger than 2^63", AMA_ERR_FORMAT},
        {"{'shape':[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],'chunks':[1],'dtype':'<i2'," REST, "17 dims",
         AMA_ERR_UNSUPPORTED},
        {"{'shape':[3],'chunks':[2],'dtype':'<i2','compressor':7,'zarr_format':2}", "compressor is neither",
         AMA_ERR_FORMAT},
        {"{'shape':[3],'chunks':[2],'dtype':'<i2','filters':7,'zarr_format':2}", "filters is neither", AMA_ERR_FORMAT},
        {"{'shape':[3],'chunks':[2],'dtype':'<i2','filters':[{}],'zarr_format':2}", "without an id", AMA_ERR_FORMAT},
        {"{'shape':[3],'chunks':[2],'dtype':'<i2','order':'A','zarr_format':2}", "order is neither", AMA_ERR_FORMAT},
        {"{'shape':[3],'chunks':[2],'dtype':'<i2','dimension_separator':'-','zarr_format':2}", "dimension_separator",
         AMA_ERR_FORMAT},
        {"{'shape':[3],'chunks':[2],'dtype':'<i2','zarr_format':3}", "zarr_format is not 2", AMA_ERR_UNSUPPORTED},
        {"[]", "not an object", AMA_ERR_FORMAT},
        {"", "line 1, column 1: a value was expected", AMA_ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        open_bad(array_dir("refused", "%s", cases[i].json), NULL, cases[i].status, cases[i].says);
}

/* ---- groups, dims, attributes */

static void groups_and_dims(void **state) {
    (void)state;
    const char *top = in_dir("tree.zarr");
    mkdir(top, 0777);
    write_text(in_dir("tree.zarr/.zgroup"), "{\"zarr_format\":2}");
    mkdir(in_dir("tree.zarr/forecast"), 0777);
    write_text(in_dir("tree.zarr/forecast/.zgroup"), "{\"zarr_format\":2}");
    write_text(
        in_dir("tree.zarr/forecast/.zattrs"),
        "{\"n\": 3, \"f\": 2.0, \"yes\": true, \"list\": [1, 2.5], \"ints\": [1, 2], \"words\": [\"a\", \"b\"],\n"
        "\"nested\": {\"a\": [1]}, \"nothing\": null, \"mixed\": [1, \"a\"], \"empty\": [], \"bare\": NaN,\n"
        "\"_NCZARR_GROUP\": {}, \"big\": 18446744073709551616}");
    array_dir("tree.zarr/forecast/a", "{'shape':[3,4],'chunks':[2,2],'dtype':'<i2'," REST);
    write_text(in_dir("tree.zarr/forecast/a/.zattrs"), "{\"_ARRAY_DIMENSIONS\": [\"y\", \"x\"]}");
    array_dir("tree.zarr/forecast/b", "{'shape':[4,4,3],'chunks':[2,2,3],'dtype':'<i2'," REST);
    array_dir("tree.zarr/forecast/c",
              "{'shape':[4],'chunks':[2],'dtype':'<i2','_NCZARR_ARRAY':{'dimrefs':['/g/x']}," REST);
    array_dir("tree.zarr/forecast/odd", "{'shape':[4],'chunks':[2],'dtype':'<c8'," REST);
    warned[0] = '\0';
    ama__store *s = open_ok(top, "/forecast/");
    assert_true(strstr(warned, "variable odd") && strstr(warned, "(left out)"));
    const ama__meta *m = &s->meta;
    assert_int_equal(m->n_vars, 3);
    assert_int_equal(m->n_dims, 5);
    assert_string_equal(m->dim[m->var[0].dim[0]].name, "y");
    assert_string_equal(m->dim[m->var[1].dim[0]].name, "phony_dim_0");
    assert_string_equal(m->dim[m->var[1].dim[1]].name, "phony_dim_1"); /* the same size twice in one array */
    assert_string_equal(m->dim[m->var[1].dim[2]].name, "phony_dim_2");
    assert_int_equal(m->var[2].dim[0], m->var[0].dim[1]);
    const ama__attrs *a = &m->attrs;
    assert_int_equal(a->n, 12);
    assert_true(ama__attrs_find(a, "n")->dtype == AMA_I8 && ama__attrs_find(a, "f")->dtype == AMA_F8);
    assert_true(ama__attrs_find(a, "yes")->dtype == AMA_I8 && *(const int64_t *)ama__attrs_find(a, "yes")->data == 1);
    assert_true(ama__attrs_find(a, "list")->dtype == AMA_F8 &&
                ((const double *)ama__attrs_find(a, "list")->data)[1] == 2.5);
    assert_true(ama__attrs_find(a, "ints")->dtype == AMA_I8 && ama__attrs_find(a, "words")->dtype == AMA_STRING);
    assert_string_equal(((const char *const *)ama__attrs_find(a, "words")->data)[1], "b");
    assert_string_equal(ama__attrs_text(a, "nested"), "{\"a\": [1]}");
    assert_string_equal(ama__attrs_text(a, "mixed"), "[1, \"a\"]");
    assert_string_equal(ama__attrs_text(a, "nothing"), "null");
    assert_int_equal(ama__attrs_find(a, "empty")->n, 0);
    assert_true(isnan(*(const double *)ama__attrs_find(a, "bare")->data));
    ama__store_close(&s);

    s = open_ok(top, NULL);
    assert_true(s->meta.n_groups == 1 && s->meta.n_vars == 0 && !strcmp(s->meta.group[0], "forecast"));
    ama__store_close(&s);
    open_bad(top, "forcast", AMA_ERR_NOTFOUND, "no group forcast; did you mean forecast?");
    open_bad(top, "forecast/a", AMA_ERR_NOTFOUND, "is an array");
    open_bad(top, "../tree.zarr", AMA_ERR_ARG, "a path of names");
    write_text(in_dir("tree.zarr/forecast/b/.zattrs"), "{\n\"_ARRAY_DIMENSIONS\": [\"y\", \"x\", \"z\"]}");
    open_bad(top, "forecast", AMA_ERR_FORMAT,
             "forecast/b/.zattrs, line 2: dim y has size 4 here and 3 in another array");
    write_text(in_dir("tree.zarr/forecast/b/.zattrs"), "{\n\"_ARRAY_DIMENSIONS\": [\"x\"]}");
    open_bad(top, "forecast", AMA_ERR_FORMAT, "line 2: the dim names are not a list of 3 names");
}

/* ---- codecs */

static void codecs(void **state) {
    (void)state;
    static const struct {
        const char *filters, *compressor;
        ama__pipeline p;
        bool checked; /* the format has a checksum */
    } cases[] = {
        {"null", "{'id':'zlib','level':3}", {1, {{AMA_CODEC_DEFLATE, 3, 0, 4, ""}}}, true},
        {"null", "{'id':'gzip','level':3}", {1, {{AMA_CODEC_GZIP, 3, 0, 4, ""}}}, true},
        {"null", "{'id':'zstd','level':3}", {1, {{AMA_CODEC_ZSTD, 3, 0, 4, ""}}}, false},
        {"null", "{'id':'lz4','acceleration':1}", {1, {{AMA_CODEC_LZ4, 1, 0, 4, ""}}}, false},
        {"null",
         "{'id':'blosc','cname':'lz4','clevel':5,'shuffle':1,'blocksize':0}",
         {1, {{AMA_CODEC_BLOSC, 5, 1, 4, "lz4"}}},
         false},
        {"null",
         "{'id':'blosc','cname':'zstd','clevel':5,'shuffle':-1}",
         {1, {{AMA_CODEC_BLOSC, 5, 1, 4, "zstd"}}},
         false},
        {"[{'id':'shuffle','elementsize':4}]",
         "{'id':'zlib','level':1}",
         {2, {{AMA_CODEC_SHUFFLE, 0, 0, 4, ""}, {AMA_CODEC_DEFLATE, 1, 0, 4, ""}}},
         true},
        {"[{'id':'fletcher32'}]", "null", {1, {{AMA_CODEC_FLETCHER32, 0, 0, 4, ""}}}, true},
    };
    int32_t raw[600];
    for (int i = 0; i < 600; i++) raw[i] = i * i;
    ama__codec_work *w;
    assert_int_equal(ama__codec_work_create(ctx, &w), AMA_OK);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        size_t cap = ama__pipeline_bound(&cases[k].p, sizeof raw), n;
        unsigned char *coded = malloc(cap);
        assert_int_equal(ama__pipeline_encode(ctx, w, &cases[k].p, raw, sizeof raw, coded, cap, &n), AMA_OK);
        ama__store *s = open_ok(array_dir("coded",
                                          "{'shape':[600],'chunks':[600],'dtype':'<i4','fill_value':0,'order':'C',"
                                          "'filters':%s,'compressor':%s,'zarr_format':2}",
                                          cases[k].filters, cases[k].compressor),
                                NULL);
        assert_memory_equal(&s->meta.var[0].pipeline, &cases[k].p, sizeof cases[k].p);
        write_file(in_dir("coded/0"), coded, n);
        int32_t *got = read_ok(s, NULL);
        assert_memory_equal(got, raw, sizeof raw);
        ama__mem_free(ctx, got);
        for (size_t i = 0; i < n; i += 11) { /* a flipped bit: FORMAT where the codec can know, never a crash */
            coded[i] ^= 4;
            write_file(in_dir("coded/0"), coded, n);
            coded[i] ^= 4;
            ama_status status = ama__store_read_whole(s, 0, (void **)&got);
            /* a gzip header and the ends of deflate blocks have bits that mean nothing */
            if (cases[k].checked && status == AMA_OK) assert_memory_equal(got, raw, sizeof raw);
            assert_true(status == AMA_OK || status == AMA_ERR_FORMAT || status == AMA_ERR_UNSUPPORTED);
            if (status != AMA_OK) assert_says(ctx, "coded > variable coded > chunk 0 at byte 0");
            ama__mem_free(ctx, got);
            ama__error_clear(ctx);
        }
        for (size_t cut = 0; cut < n; cut += 1 + n / 40) {
            write_file(in_dir("coded/0"), coded, cut);
            assert_int_equal(ama__store_read_whole(s, 0, (void **)&got), AMA_ERR_FORMAT);
            ama__error_clear(ctx);
        }
        ama__store_close(&s);
        free(coded);
    }
    ama__codec_work_destroy(&w);
    void *p;
    ama__store *s =
        open_ok(array_dir("delta", "{'shape':[4],'chunks':[4],'dtype':'<i4','fill_value':0,'order':'C',"
                                   "'filters':[{'id':'delta','dtype':'<i4'}],'compressor':null,'zarr_format':2}"),
                NULL);
    write_file(in_dir("delta/0"), raw, 16);
    assert_int_equal(read_var(s, 0, &p), AMA_ERR_UNSUPPORTED);
    assert_says(ctx, "delta");
    ama__error_clear(ctx);
    ama__store_close(&s);
}

static void separators(void **state) {
    (void)state;
    const sample_var *v = &sample[6];
    int64_t shape[3];
    sample_shape(v, shape);
    ama__store *s = open_ok(array_dir("slash", "{'shape':[7,5,6],'chunks':[3,2,4],'dtype':'<f4','fill_value':0,"
                                               "'dimension_separator':'/'," REST),
                            NULL);
    zarr_chunks(in_dir("slash"), v, '/');
    void *p = read_ok(s, NULL);
    check_values(v, p);
    ama__mem_free(ctx, p);
    /* a file where a directory should be is an error, not a missing chunk */
    remove_tree(in_dir("slash/1"));
    write_text(in_dir("slash/1"), "");
    assert_int_equal(ama__store_read_whole(s, 0, &p), AMA_ERR_IO);
    assert_says(ctx, "slash > variable slash > chunk 1,0,0");
    ama__error_clear(ctx);
    ama__store_close(&s);
}

/* ---- the shared data */

static bool shared(char *out, size_t n, const char *below) {
    const char *top = getenv("AMA_SHARED");
    snprintf(out, n, "%s/data/%s", top ? top : "", below);
    if (top && access(out, R_OK) == 0) return true;
    print_message("SKIPPED: %s is not there: real Zarr stores were NOT checked\n", out);
    return false;
}

static void fixtures(void **state) {
    (void)state;
    static const struct {
        const char *name, *first; /* first: the numbers at the beginning */
    } cases[] = {{"1d.chunked.i2", "1 2 3 4"},
                 {"1d.chunked.ragged.i2", "1 2 3 4 5"},
                 {"1d.contiguous.b1", "1 0 1 0"},
                 {"1d.contiguous.bitround.f4", "1.125 2.25 3.25 4.5"},
                 {"1d.contiguous.blosc.i2", "1 2 3 4"},
                 {"1d.contiguous.f4.be", "-1000.5 0 1000.5 0"},
                 {"1d.contiguous.f4.le", "-1000.5 0 1000.5 0"},
                 {"1d.contiguous.f8", "1.5 2.5 3.5 4.5"},
                 {"1d.contiguous.i4", "1 2 3 4"},
                 {"1d.contiguous.lz4.i2", "1 2 3 4"},
                 {"1d.contiguous.raw.i2", "1 2 3 4"},
                 {"1d.contiguous.shuffle.i2", "1 2 3 4"},
                 {"1d.contiguous.u1", "255 0 255 0"},
                 {"1d.contiguous.zlib.i2", "1 2 3 4"},
                 {"1d.contiguous.zstd.i2", "1 2 3 4"},
                 {"2d.chunked.i2", "1 2 3 4"},
                 {"2d.chunked.ragged.i2", "1 2 3 4 5 6 7 8 9"},
                 {"2d.contiguous.i2", "1 2 3 4"},
                 {"3d.chunked.i2", "0 1 2 3 4 5"},
                 {"3d.chunked.mixed.i2.C", "0 1 2 3 4 5"},
                 {"3d.chunked.mixed.i2.F", "0 1 2 3 4 5"},
                 {"3d.contiguous.i2", "0 1 2 3 4 5"},
                 {"1d.contiguous.S7", "'a b cc d"},
                 {"1d.contiguous.U7", "'a b cc d"},
                 {"1d.contiguous.U13.be", "'a b cc d"},
                 {"1d.contiguous.U13.le", "'a b cc d"},
                 {"2d.chunked.U7", "'a b cc d"},
                 {"3d.chunked.O", "'a aa aaa aaaa b bb bbb bbbb"},
                 {"1d.contiguous.delta.i2", "!delta"},
                 {"1d.contiguous.delta.shuffle.i2", "!delta"},
                 {"1d.contiguous.fixedscaleoffset.f4", "!fixedscaleoffset"}};
    char top[2048], path[2200];
    if (!shared(top, sizeof top, "zarr/zarrita_v2")) skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *p;
        snprintf(path, sizeof path, "%s/%s", top, cases[i].name);
        ama__store *s = open_ok(path, NULL);
        ama_status status = read_var(s, 0, &p);
        const char *want = cases[i].first;
        if (*want == '!') {
            assert_int_equal(status, AMA_ERR_UNSUPPORTED);
            assert_says(ctx, want + 1);
            ama__error_clear(ctx);
        } else if (status != AMA_OK) {
            fail_msg("%s", ama__error_text(ctx));
        }
        bool text = *want == '\'';
        want += text;
        for (int64_t k = 0; status == AMA_OK && *want; k++) {
            char got[64];
            int n = text ? snprintf(got, sizeof got, "%s", ((char **)p)[k])
                         : snprintf(got, sizeof got, "%.10g", ama__dtype_get_f8(s->meta.var[0].dtype, p, k));
            if (strncmp(got, want, (size_t)n) != 0) fail_msg("%s: %s, not %s", cases[i].name, got, want);
            want += n;
            want += *want == ' ';
        }
        ama__mem_free(ctx, p);
        ama__store_close(&s);
    }
    snprintf(path, sizeof path, "%s/1d.contiguous.json2.O", top);
    open_bad(path, NULL, AMA_ERR_UNSUPPORTED, "dtype \"|O\"");
}

/* One image under four compressors; re-encoded climate data against its source. */
static void real_stores(void **state) {
    (void)state;
    char top[2048], path[2200];
    if (!shared(top, sizeof top, "")) skip();
    snprintf(path, sizeof path, "%szarr/zarr.zr", top);
    ama__store *s = open_ok(path, NULL);
    assert_int_equal(s->meta.n_vars, 4);
    unsigned char *raw = read_ok(s, "raw");
    for (int i = 0; i < 4; i++) {
        unsigned char *p = read_ok(s, s->meta.var[i].name);
        assert_memory_equal(p, raw, 512 * 512 * 3);
        ama__mem_free(ctx, p);
    }
    assert_true(raw[0] || raw[1000]);
    ama__mem_free(ctx, raw);
    ama__store_close(&s);

    static const char *const pairs[][3] = {
        {"zarr_derived/co2_packed_zlib.zarr", "packed/SMALL_total_column_co2.nc", "tcco2"},
        {"zarr_derived/a1b_360day_zstd.zarr", "grid/A1B_north_america.nc", "air_temperature"},
        {"zarr_derived/ersst_blosclz4.zarr", "grid/sst.mnmean.nc", "sst"}};
    for (int k = 0; k < 3; k++) {
        snprintf(path, sizeof path, "%s%s", top, pairs[k][0]);
        s = open_ok(path, NULL);
        snprintf(path, sizeof path, "%s%s", top, pairs[k][1]);
        ama__store *source = open_ok(path, NULL);
        const ama__stored_var *v = &s->meta.var[ama__meta_find_var(&s->meta, pairs[k][2])];
        int64_t n;
        assert_true(ama__shape_size(v->ndim, v->grid.shape, &n) && n > 1000);
        void *a = read_ok(s, pairs[k][2]), *b = read_ok(source, pairs[k][2]);
        assert_memory_equal(a, b, (size_t)n * ama__dtype_bytes(v->dtype)); /* the first steps of the source */
        ama__mem_free(ctx, a);
        ama__mem_free(ctx, b);
        ama__store_close(&s);
        ama__store_close(&source);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(walked_and_consolidated),
                                       cmocka_unit_test(json),
                                       cmocka_unit_test(fill_values),
                                       cmocka_unit_test(texts),
                                       cmocka_unit_test(times),
                                       cmocka_unit_test(refused_arrays),
                                       cmocka_unit_test(groups_and_dims),
                                       cmocka_unit_test(codecs),
                                       cmocka_unit_test(separators),
                                       cmocka_unit_test(fixtures),
                                       cmocka_unit_test(real_stores)};
    return cmocka_run_group_tests(tests, begin, end);
}
