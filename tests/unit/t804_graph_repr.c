/* TEST: labels=unit
 * Printed objects: headers, columns, previews that fill a line, cut attributes; texts as xarray 2026 lays them out. */
#include "graph_file.h"

#include "base/text.h"
#include "graph/repr.h"

typedef struct world {
    ama_ctx *ctx;
    ama__graph g;
    ama__object ds;
    ama__text text;
} world;

static int begin(void **state) {
    world *w = calloc(1, sizeof *w);
    *state = w;
    w->ctx = ama__ctx_create();
    w->g.ctx = w->ctx;
    w->ds.is_dataset = true;
    MUST(w->ctx, ama__arena_create(w->ctx, &w->g.arena));
    ama__text_init(&w->text, w->ctx);
    return 0;
}

static int end(void **state) {
    world *w = *state;
    ama__text_fini(&w->text);
    ama__arena_destroy(&w->g.arena);
    assert_int_equal(ama__mem_used(w->ctx), 0);
    ama__ctx_destroy(&w->ctx);
    free(w);
    return 0;
}

static ama__variable *add(world *w, bool coord, const char *name, ama_dtype t, int ndim, const char *const *dim,
                          const int64_t *shape, const void *data) {
    ama__node *node;
    ama__variable *v;
    ama__dataset *ds = &w->ds.ds;
    MUST(w->ctx, ama__node_const(&w->g, t, ndim, shape, data, true, &node));
    MUST(w->ctx, ama__variable_new(&w->g, dim, node, &v));
    MUST(w->ctx, coord ? ama__named_set(&w->g, &ds->n_coords, &ds->coord, name, v)
                       : ama__named_set(&w->g, &ds->n_vars, &ds->var, name, v));
    return v;
}

/* All values are in memory here: no plan is needed. */
static void expect(world *w, const ama__object *o, const char *want) {
    ama__node **node;
    int n;
    void *data[1] = {NULL};
    MUST(w->ctx, ama__repr_nodes(&w->g, o, &n, &node));
    if (n) data[0] = (void *)node[0]->u.constant.data;
    ama__text_fini(&w->text);
    ama__text_init(&w->text, w->ctx);
    MUST(w->ctx, ama__repr_text(&w->g, o, data, &w->text));
    assert_string_equal(ama__text_get(&w->text), want);
}

static const char *const yx[] = {"y", "x"};
static const double some[6] = {0, 1.5, -2, 1000, 4000, 123456};

static void datasets(void **state) {
    world *w = *state;
    const int64_t shape[] = {2, 3}, three[] = {3};
    static const ama__timeaxis axis = {.calendar = AMA_CAL_PROLEPTIC_GREGORIAN, .datetime64 = true};
    const int64_t ticks[3] = {0, INT64_C(86400000000000), AMA_NAT};
    const char *const names[3] = {"a", "bb", "it's"};
    add(w, true, "x", AMA_F8, 1, yx + 1, three, some + 2);
    add(w, true, "when", AMA_I8, 1, yx + 1, three, ticks)->time = &axis;
    ama__variable *v = add(w, false, "temperature", AMA_F8, 2, yx, shape, some);
    MUST(w->ctx, ama__node_unary(&w->g, AMA_OP_ABS, v->node, &v->node));
    add(w, false, "n", AMA_STRING, 1, yx + 1, three, names);
    MUST(w->ctx, ama__attrs_set_text(w->g.arena, &w->ds.ds.attrs, "title", "two\nlines"));
    expect(w, &w->ds,
           "<xarray.Dataset> Size: 120B\n"
           "Dimensions:      (y: 2, x: 3)\n"
           "Coordinates:\n"
           "  * x            (x) float64 24B -2.0 1e+03 4e+03\n"
           "    when         (x) datetime64[ns] 24B 1970-01-01 1970-01-02 NaT\n"
           "Dimensions without coordinates: y\n"
           "Data variables:\n"
           "    temperature  (y, x) float64 48B ...\n"
           "    n            (x) object 24B 'a' 'bb' \"it's\"\n"
           "Attributes:\n"
           "    title:    two\\nlines");
}

static void arrays(void **state) {
    world *w = *state;
    const int64_t shape[] = {2, 3};
    ama__object da;
    add(w, false, "t", AMA_F8, 2, yx, shape, some);
    MUST(w->ctx, ama__graph_lookup(&w->g, &w->ds, "t", &da));
    expect(w, &da,
           "<xarray.DataArray 't' (y: 2, x: 3)> Size: 48B\n"
           "array([[ 0.00000e+00,  1.50000e+00, -2.00000e+00],\n"
           "       [ 1.00000e+03,  4.00000e+03,  1.23456e+05]])\n"
           "Dimensions without coordinates: y, x");
    add(w, false, "s", AMA_F4, 0, NULL, NULL, &(float){2.5f});
    MUST(w->ctx, ama__graph_lookup(&w->g, &w->ds, "s", &da));
    expect(w, &da, "<xarray.DataArray 's' ()> Size: 4B\narray(2.5, dtype=float32)");
}

/* A line is 80 characters wide: as many values as fit, from both ends. */
static void previews(void **state) {
    world *w = *state;
    const int64_t n[] = {40};
    int32_t x[40];
    char long_text[120];
    for (int i = 0; i < 40; i++) x[i] = i;
    add(w, true, "x", AMA_I4, 1, yx + 1, n, x);
    memset(long_text, 'z', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    MUST(w->ctx, ama__attrs_set_text(w->g.arena, &w->ds.ds.attrs, "comment", long_text));
    expect(w, &w->ds,
           "<xarray.Dataset> Size: 160B\n"
           "Dimensions:  (x: 40)\n"
           "Coordinates:\n"
           "  * x        (x) int32 160B 0 1 2 3 4 5 6 7 8 9 ... 31 32 33 34 35 36 37 38 39\n"
           "Data variables:\n"
           "    *empty*\n"
           "Attributes:\n"
           "    comment:  zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...");
}

/* More than twelve rows are cut in the middle, dims are wrapped. */
static void many(void **state) {
    world *w = *state;
    static char name[14][32];
    const int64_t one[] = {1};
    for (int i = 0; i < 14; i++) {
        snprintf(name[i], sizeof name[i], "variable_number_%02d", i);
        const char *dim[] = {name[i]};
        add(w, false, name[i], AMA_I1, 1, dim, one, "\1");
    }
    ama__node **node;
    int n;
    MUST(w->ctx, ama__repr_nodes(&w->g, &w->ds, &n, &node));
    MUST(w->ctx, ama__repr_text(&w->g, &w->ds, NULL, &w->text));
    const char *s = ama__text_get(&w->text);
    assert_non_null(
        strstr(s, "(variable_number_00: 1, variable_number_01: 1,\n                         variable_number_02: 1,"));
    assert_non_null(strstr(s, "Data variables: (12/14)\n"));
    assert_non_null(strstr(s, "variable_number_05  (variable_number_05) int8 1B 1\n    ...                  ...\n"));
    assert_null(strstr(s, "    variable_number_06  ("));
    assert_non_null(strstr(s, "    variable_number_08  ("));
}

#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {IN_WORLD(datasets), IN_WORLD(arrays), IN_WORLD(previews), IN_WORLD(many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
