/* TEST: labels=unit
 * Names, dims and attributes: transpose, squeeze, rename, assign, coordinates, lookup, and the errors that say what
 * there is. */
#include "graph_file.h"

#include <math.h>

#include "graph/labels.h"

typedef struct world {
    ama_ctx *ctx;
    ama__graph g;
    ama__object ds; /* tas(y, x, one), y, x, lon2(y, x), height(), one; area(x) */
} world;

static ama__variable *make(world *w, ama_dtype t, int ndim, const char *const *dim, const int64_t *shape,
                           const void *data) {
    ama__node *node;
    ama__variable *v;
    MUST(w->ctx, ama__node_const(&w->g, t, ndim, shape, data, true, &node));
    MUST(w->ctx, ama__variable_new(&w->g, dim, node, &v));
    return v;
}

static int begin(void **state) {
    static const double x[6] = {0, 1, 2, 3, 4, 5};
    static const char *const tas[] = {"y", "x", "one"};
    static const int64_t shape[] = {2, 3, 1}, one[] = {1};
    world *w = calloc(1, sizeof *w);
    *state = w;
    w->ctx = ama__ctx_create();
    w->g.ctx = w->ctx;
    MUST(w->ctx, ama__arena_create(w->ctx, &w->g.arena));
    ama__dataset *ds = &w->ds.ds;
    w->ds.is_dataset = true;
    ama__graph *g = &w->g;
    MUST(w->ctx, ama__named_set(g, &ds->n_vars, &ds->var, "tas", make(w, AMA_F8, 3, tas, shape, x)));
    MUST(w->ctx, ama__named_set(g, &ds->n_vars, &ds->var, "area", make(w, AMA_F8, 1, tas + 1, shape + 1, x)));
    MUST(w->ctx, ama__named_set(g, &ds->n_coords, &ds->coord, "y", make(w, AMA_F8, 1, tas, shape, x)));
    MUST(w->ctx, ama__named_set(g, &ds->n_coords, &ds->coord, "x", make(w, AMA_F8, 1, tas + 1, shape + 1, x)));
    MUST(w->ctx, ama__named_set(g, &ds->n_coords, &ds->coord, "lon2", make(w, AMA_F8, 2, tas, shape, x)));
    MUST(w->ctx, ama__named_set(g, &ds->n_coords, &ds->coord, "height", make(w, AMA_F8, 0, NULL, NULL, x + 2)));
    MUST(w->ctx, ama__named_set(g, &ds->n_coords, &ds->coord, "one", make(w, AMA_F8, 1, tas + 2, one, x + 4)));
    MUST(w->ctx, ama__attrs_set_text(g->arena, &ds->attrs, "title", "old"));
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

#define REFUSED(w, call, status, text)                                                                                 \
    do {                                                                                                               \
        assert_int_equal(call, status);                                                                                \
        if (!strstr(ama__error_text((w)->ctx), text)) fail_msg("%s", ama__error_text((w)->ctx));                       \
        ama__error_clear((w)->ctx);                                                                                    \
    } while (0)
#define NAMES(...) ((const char *const[]){__VA_ARGS__})

static void expect_dims(const ama__variable *v, const char *want) {
    char got[128] = "";
    for (int a = 0; a < v->ndim; a++) {
        strcat(got, a ? "," : "");
        strcat(got, v->dim[a]);
    }
    assert_string_equal(got, want);
}

static void transposes(void **state) {
    world *w = *state;
    ama__object o;
    MUST(w->ctx, ama__graph_transpose(&w->g, &w->ds, 2, NAMES("one", "..."), &o));
    expect_dims(var_of(&o.ds, "tas"), "one,y,x");
    MUST(w->ctx, ama__graph_transpose(&w->g, &w->ds, 3, NAMES("x", "one", "y"), &o));
    expect_dims(var_of(&o.ds, "tas"), "x,one,y");
    expect_dims(var_of(&o.ds, "lon2"), "x,y");
    assert_float_equal(number_at(var_of(&o.ds, "tas"), 1), 3, 0);
    expect_dims(var_of(&w->ds.ds, "tas"), "y,x,one");
    MUST(w->ctx, ama__graph_transpose(&w->g, &w->ds, 0, NULL, &o));
    expect_dims(var_of(&o.ds, "tas"), "one,x,y");
    REFUSED(w, ama__graph_transpose(&w->g, &w->ds, 2, NAMES("x", "y"), &o), AMA_ERR_ARG, "dim one is not named");
    REFUSED(w, ama__graph_transpose(&w->g, &w->ds, 2, NAMES("time", "..."), &o), AMA_ERR_NOTFOUND, "time");
    REFUSED(w, ama__graph_transpose(&w->g, &w->ds, 3, NAMES("x", "x", "..."), &o), AMA_ERR_ARG, "twice");
}

static void squeezes(void **state) {
    world *w = *state;
    ama__object o;
    MUST(w->ctx, ama__graph_squeeze(&w->g, &w->ds, -1, NULL, false, &o));
    expect_dims(var_of(&o.ds, "tas"), "y,x");
    assert_int_equal(var_of(&o.ds, "one")->ndim, 0);
    assert_float_equal(number_at(var_of(&o.ds, "one"), 0), 4, 0);
    MUST(w->ctx, ama__graph_squeeze(&w->g, &w->ds, 1, NAMES("one"), true, &o));
    assert_null(ama__dataset_find(&o.ds, "one"));
    REFUSED(w, ama__graph_squeeze(&w->g, &w->ds, 1, NAMES("x"), false, &o), AMA_ERR_ARG, "3 elements");
}

static void renames(void **state) {
    world *w = *state;
    ama__object o;
    MUST(w->ctx, ama__graph_rename(&w->g, &w->ds, AMA_RENAME_ALL, 2, NAMES("x", "tas"), NAMES("lon", "t2m"), &o));
    expect_dims(var_of(&o.ds, "t2m"), "y,lon,one");
    expect_dims(var_of(&o.ds, "lon"), "lon");
    MUST(w->ctx, ama__graph_rename(&w->g, &w->ds, AMA_RENAME_VARS, 1, NAMES("x"), NAMES("lon"), &o));
    expect_dims(var_of(&o.ds, "lon"), "x");
    MUST(w->ctx, ama__graph_rename(&w->g, &w->ds, AMA_RENAME_DIMS, 1, NAMES("x"), NAMES("i"), &o));
    expect_dims(var_of(&o.ds, "x"), "i");
    MUST(w->ctx, ama__graph_rename(&w->g, &w->ds, AMA_RENAME_ALL, 2, NAMES("x", "y"), NAMES("y", "x"), &o));
    expect_dims(var_of(&o.ds, "tas"), "x,y,one");
    REFUSED(w, ama__graph_rename(&w->g, &w->ds, AMA_RENAME_ALL, 1, NAMES("tsa"), NAMES("t"), &o), AMA_ERR_NOTFOUND,
            "did you mean 'tas'");
    REFUSED(w, ama__graph_rename(&w->g, &w->ds, AMA_RENAME_ALL, 1, NAMES("tas"), NAMES("area"), &o), AMA_ERR_ARG,
            "conflicts");
    REFUSED(w, ama__graph_rename(&w->g, &w->ds, AMA_RENAME_DIMS, 1, NAMES("x"), NAMES("y"), &o), AMA_ERR_ARG,
            "exists already");
}

static void looks_up(void **state) {
    world *w = *state;
    ama__object da, lat, o;
    MUST(w->ctx, ama__graph_lookup(&w->g, &w->ds, "area", &da));
    assert_string_equal(da.name, "area");
    assert_int_equal(da.ds.n_coords, 2); /* x, height */
    MUST(w->ctx, ama__graph_lookup(&w->g, &da, "x", &lat));
    assert_float_equal(number_at(lat.ds.var[0].var, 2), 2, 0);
    MUST(w->ctx, ama__graph_drop_vars(&w->g, &w->ds, 1, NAMES("x"), true, &o));
    MUST(w->ctx, ama__graph_lookup(&w->g, &o, "x", &lat)); /* positions of a dim without labels */
    assert_int_equal(lat.ds.var[0].var->node->dtype, AMA_I8);
    assert_true(ama__graph_has(&w->ds, "one") && !ama__graph_has(&w->ds, "two"));
    REFUSED(w, ama__graph_lookup(&w->g, &w->ds, "are", &da), AMA_ERR_NOTFOUND, "did you mean 'area'");
    MUST(w->ctx, ama__graph_subset(&w->g, &w->ds, 1, NAMES("area"), &o));
    assert_int_equal(o.ds.n_vars, 1);
    assert_int_equal(o.ds.n_coords, 2);
    assert_string_equal(ama__attrs_text(&o.ds.attrs, "title"), "old");
    REFUSED(w, ama__graph_drop_vars(&w->g, &w->ds, 1, NAMES("arae"), true, &o), AMA_ERR_NOTFOUND, "drop_vars");
    MUST(w->ctx, ama__graph_drop_vars(&w->g, &w->ds, 2, NAMES("arae", "height"), false, &o));
    assert_null(ama__dataset_find(&o.ds, "height"));
}

static void sets_attrs(void **state) {
    world *w = *state;
    ama__object o, da;
    ama__attrs a = {0};
    MUST(w->ctx, ama__attrs_set_text(w->g.arena, &a, "units", "K"));
    MUST(w->ctx, ama__graph_set_attrs(&w->g, &w->ds, false, &a, &o));
    assert_int_equal(ama__object_attrs(&o)->n, 2);
    assert_int_equal(w->ds.ds.attrs.n, 1);
    MUST(w->ctx, ama__graph_set_attrs(&w->g, &w->ds, true, &a, &o));
    assert_int_equal(ama__object_attrs(&o)->n, 1);
    MUST(w->ctx, ama__graph_lookup(&w->g, &w->ds, "tas", &da));
    MUST(w->ctx, ama__graph_set_attrs(&w->g, &da, false, &a, &o));
    assert_string_equal(ama__attrs_text(ama__object_attrs(&o), "units"), "K");
    assert_int_equal(ama__object_attrs(&da)->n, 0);
}

static void assigns(void **state) {
    world *w = *state;
    static const double labels[3] = {2, 0, 7}, values[3] = {20, 0, 70};
    static const int64_t three[] = {3};
    ama__object value, o, da;
    ama__named index = {"x", make(w, AMA_F8, 1, NAMES("x"), three, labels)};
    ama__variable *v = make(w, AMA_F8, 1, NAMES("x"), three, values);
    MUST(w->ctx, ama__object_from_array(&w->g, "v", v, 1, &index, &value));
    MUST(w->ctx, ama__graph_assign(&w->g, &w->ds, "new", &value, &o)); /* by labels 0, 1, 2 */
    assert_float_equal(number_at(var_of(&o.ds, "new"), 2), 20, 0);
    assert_true(isnan(number_at(var_of(&o.ds, "new"), 1)));
    assert_null(ama__dataset_find(&w->ds.ds, "new"));
    MUST(w->ctx, ama__graph_assign_coord(&w->g, &w->ds, "x", &value, &o)); /* new labels: no alignment */
    assert_float_equal(number_at(ama__coords_index(o.ds.n_coords, o.ds.coord, "x"), 2), 70, 0);
    MUST(w->ctx, ama__graph_lookup(&w->g, &w->ds, "tas", &da));
    MUST(w->ctx, ama__graph_assign_coord_node(&w->g, &da, "y", NULL, var_of(&w->ds.ds, "y")->node, NULL, &o));
    assert_true(is_coord(&o.ds, "y"));
    REFUSED(w, ama__graph_assign_coord_node(&w->g, &da, "y", NULL, v->node, NULL, &o), AMA_ERR_MISMATCH, "3 values");
    REFUSED(w, ama__graph_assign_coord_node(&w->g, &da, "z", NULL, v->node, NULL, &o), AMA_ERR_MISMATCH, "new dims");
    MUST(w->ctx, ama__graph_to_dataset(&w->g, &da, "t", &o));
    assert_true(o.is_dataset && ama__dataset_find(&o.ds, "t"));
    REFUSED(w, ama__graph_to_dataset(&w->g, &da, "x", &o), AMA_ERR_ARG, "coordinate");
}

static void moves_coords(void **state) {
    world *w = *state;
    ama__object o;
    MUST(w->ctx, ama__graph_reset_coords(&w->g, &w->ds, -1, NULL, false, &o));
    assert_true(!is_coord(&o.ds, "height") && !is_coord(&o.ds, "lon2") && is_coord(&o.ds, "x"));
    MUST(w->ctx, ama__graph_set_coords(&w->g, &o, 1, NAMES("height"), &o));
    assert_true(is_coord(&o.ds, "height"));
    MUST(w->ctx, ama__graph_reset_coords(&w->g, &w->ds, 1, NAMES("lon2"), true, &o));
    assert_null(ama__dataset_find(&o.ds, "lon2"));
    REFUSED(w, ama__graph_reset_coords(&w->g, &w->ds, 1, NAMES("x"), false, &o), AMA_ERR_ARG, "labels a dim");
    REFUSED(w, ama__graph_set_coords(&w->g, &w->ds, 1, NAMES("hight"), &o), AMA_ERR_NOTFOUND, "'height'");
}

static void changes_dims(void **state) {
    world *w = *state;
    ama__object o, da;
    MUST(w->ctx, ama__graph_lookup(&w->g, &w->ds, "area", &da));
    MUST(w->ctx, ama__graph_expand_dims(&w->g, &da, "height", 1, 0, &o));
    expect_dims(o.ds.var[0].var, "height,x");
    assert_non_null(ama__coords_index(o.ds.n_coords, o.ds.coord, "height"));
    MUST(w->ctx, ama__graph_expand_dims(&w->g, &da, "run", 2, -1, &o));
    expect_dims(o.ds.var[0].var, "x,run");
    assert_float_equal(number_at(o.ds.var[0].var, 3), 1, 0);
    REFUSED(w, ama__graph_expand_dims(&w->g, &da, "x", 1, 0, &o), AMA_ERR_ARG, "exists already");
    MUST(w->ctx, ama__graph_swap_dims(&w->g, &w->ds, 1, NAMES("x"), NAMES("area"), &o));
    expect_dims(var_of(&o.ds, "tas"), "y,area,one");
    assert_non_null(ama__coords_index(o.ds.n_coords, o.ds.coord, "area"));
    expect_dims(var_of(&o.ds, "x"), "area");
    REFUSED(w, ama__graph_swap_dims(&w->g, &w->ds, 1, NAMES("x"), NAMES("lon2"), &o), AMA_ERR_ARG, "lon2");
}

#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {IN_WORLD(transposes),   IN_WORLD(squeezes),    IN_WORLD(renames),
                                       IN_WORLD(looks_up),     IN_WORLD(sets_attrs),  IN_WORLD(assigns),
                                       IN_WORLD(moves_coords), IN_WORLD(changes_dims)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
