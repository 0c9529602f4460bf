/* TEST: np=1,2,3 labels=mpi
 * Opening one and several files: what is decoded, what becomes a coordinate, what stays lazy, what is refused. */
#include "graph_file.h"

#include <mpi.h>

#include "comm/mpi.h"

typedef struct world {
    ama_ctx *ctx;
    ama__comm *comm;
    ama__graph g;
    ama__opened stores;
    char dir[64], path[8][128];
} world;

static int begin(void **state) {
    world *w = calloc(1, sizeof *w);
    *state = w;
    w->ctx = ama__ctx_create();
    MUST(w->ctx, ama__comm_create(w->ctx, MPI_COMM_WORLD, &w->comm));
    const char *tmp = getenv("TMPDIR");
    snprintf(w->dir, sizeof w->dir, "%.30s/ama_open_XXXXXX", tmp ? tmp : "/tmp");
    if (ama__comm_rank(w->comm) == 0) assert_non_null(mkdtemp(w->dir));
    ama__comm_bcast(w->comm, w->dir, sizeof w->dir, 0);
    w->g.ctx = w->ctx;
    MUST(w->ctx, ama__arena_create(w->ctx, &w->g.arena));
    ama__opened_init(&w->stores, w->ctx);
    return 0;
}

static int end(void **state) {
    world *w = *state;
    ama__opened_close(&w->stores);
    ama__arena_destroy(&w->g.arena);
    ama__comm_barrier(w->comm);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", w->dir);
    if (ama__comm_rank(w->comm) == 0) assert_int_equal(system(command), 0);
    ama__comm_destroy(&w->comm);
    assert_int_equal(ama__mem_used(w->ctx), 0);
    ama__ctx_destroy(&w->ctx);
    free(w);
    return 0;
}

static const char *in_dir(world *w, int i, const char *name) {
    snprintf(w->path[i], sizeof w->path[i], "%s/%s", w->dir, name);
    return w->path[i];
}

/* ---- the sample: packed data, times with bounds, scalars, text, flags, 2-D coordinates */

static const int32_t times[3] = {0, 31, 60};
static const double bounds[6] = {0, 31, 31, 60, 60, 91};
static const float lat[2] = {10, 20};
static const double lat2d[4] = {1, 2, 3, 4};
static const int16_t packed[12] = {0, 1, 2, 3, 4, 5, 6, -99, 8, 9, 10, 11};
static const double height = 2;
static const int8_t flag[2] = {0, 1};
static const char names[8] = {'a', 'b', 'c', 0, 'x', 0, 0, 0};

static void sample(made_file *f, ama_ctx *ctx, ama__format format) {
    file_init(f, ctx);
    file_dim(f, "time", 3, format == AMA_FORMAT_NETCDF4);
    file_dim(f, "nv", 2, false);
    file_dim(f, "lat", 2, false);
    file_dim(f, "x", 2, false);
    file_dim(f, "len", 4, false);
    int v = file_var(f, "time", AMA_I4, "time", times);
    file_text(f, v, "units", "days since 2000-01-01");
    file_text(f, v, "calendar", "noleap");
    file_text(f, v, "bounds", "time_bnds");
    file_var(f, "time_bnds", AMA_F8, "time,nv", bounds);
    v = file_var(f, "lat", AMA_F4, "lat", lat);
    file_text(f, v, "units", "degrees_north");
    file_var(f, "lat2d", AMA_F8, "lat,x", lat2d);
    v = file_var(f, "tas", AMA_I2, "time,lat,x", packed);
    file_number(f, v, "_FillValue", AMA_I2, -99);
    file_number(f, v, "missing_value", AMA_I2, -99);
    file_number(f, v, "scale_factor", AMA_F8, 0.5);
    file_number(f, v, "add_offset", AMA_F8, 10);
    file_text(f, v, "coordinates", "height lat2d nowhere");
    file_text(f, v, "long_name", "temperature");
    v = file_var(f, "height", AMA_F8, "", &height);
    file_text(f, v, "units", "m");
    v = file_var(f, "flag", AMA_I1, "x", flag);
    file_text(f, v, "dtype", "bool");
    file_var(f, "name", AMA_CHAR, "lat,len", names);
    file_text(f, -1, "title", "sample");
}

static void save_sample(world *w, ama__format format, const char *path) {
    made_file f;
    sample(&f, w->ctx, format);
    if (ama__comm_rank(w->comm) == 0) file_save(&f, format, path);
    file_fini(&f);
    ama__comm_barrier(w->comm);
}

static void check_times(const ama__dataset *ds) {
    const ama__variable *t = var_of(ds, "time"), *b = var_of(ds, "time_bnds");
    assert_true(is_coord(ds, "time"));
    assert_false(t->time->datetime64);
    assert_string_equal(time_at(t, 2), "2000-03-02 00:00:00");
    assert_string_equal(time_at(b, 5), "2000-04-02 00:00:00");
    assert_null(ama__attrs_find(&t->attrs, "units"));
    assert_string_equal(t->encoding.units, "days since 2000-01-01");
    assert_string_equal(b->encoding.calendar, "noleap");
    assert_int_equal(t->encoding.dtype, AMA_I4);
}

static void check_packed(const ama__dataset *ds) {
    const ama__variable *v = var_of(ds, "tas");
    assert_int_equal(v->node->kind, AMA_NODE_SOURCE);
    assert_int_equal(v->node->dtype, AMA_F8);
    const ama__unpack *u = &v->node->u.source.part[0].unpack;
    assert_true(u->has_scale && u->has_offset && u->scale == 0.5 && u->offset == 10);
    assert_int_equal(u->n_missing, 1);
    assert_int_equal(v->attrs.n, 1);
    assert_string_equal(ama__attrs_text(&v->attrs, "long_name"), "temperature");
    assert_true(v->encoding.has_fill && v->encoding.fill_i8 == -99 && v->encoding.has_missing);
    assert_int_equal(v->encoding.dtype, AMA_I2);
    assert_string_equal(v->encoding.coordinates, "height lat2d nowhere");
}

static void check_sample(const ama__dataset *ds, bool netcdf4) {
    check_times(ds);
    check_packed(ds);
    assert_true(is_coord(ds, "height") && is_coord(ds, "lat2d") && is_coord(ds, "lat"));
    assert_false(is_coord(ds, "flag"));
    assert_float_equal(number_at(var_of(ds, "height"), 0), 2, 0);
    assert_float_equal(number_at(var_of(ds, "lat"), 1), 20, 0);
    assert_int_equal(var_of(ds, "lat2d")->node->kind, AMA_NODE_SOURCE);
    assert_int_equal(var_of(ds, "flag")->node->dtype, AMA_BOOL);
    assert_int_equal(var_of(ds, "name")->ndim, 1);
    assert_string_equal(text_at(var_of(ds, "name"), 0), "abc");
    assert_string_equal(text_at(var_of(ds, "name"), 1), "x");
    assert_string_equal(var_of(ds, "name")->encoding.char_dim, "len");
    assert_string_equal(ama__attrs_text(&ds->attrs, "title"), "sample");
    assert_int_equal(ds->n_unlimited, netcdf4 ? 1 : 0);
}

static void decodes(void **state) {
    world *w = *state;
    static const ama__format formats[] = {AMA_FORMAT_NETCDF4, AMA_FORMAT_CDF1, AMA_FORMAT_CDF5};
    for (int i = 0; i < 3; i++) {
        const char *path = in_dir(w, 0, i == 0 ? "a.nc" : i == 1 ? "b.nc" : "c.nc");
        ama__dataset *ds;
        ama__open_args args = AMA_OPEN_ARGS_INIT;
        save_sample(w, formats[i], path);
        MUST(w->ctx, ama__graph_open(&w->g, w->comm, path, &args, &w->stores, &ds));
        check_sample(ds, i == 0);
    }
}

static void options(void **state) {
    world *w = *state;
    const char *path = in_dir(w, 0, "o.nc"), *drop[] = {"height", "time"};
    ama__dataset *ds;
    save_sample(w, AMA_FORMAT_NETCDF4, path);
    ama__open_args args = AMA_OPEN_ARGS_INIT;
    args.decode_cf = false;
    MUST(w->ctx, ama__graph_open(&w->g, w->comm, path, &args, &w->stores, &ds));
    assert_int_equal(var_of(ds, "tas")->node->dtype, AMA_I2);
    assert_int_equal(var_of(ds, "flag")->node->dtype, AMA_I1);
    assert_null(var_of(ds, "time")->time);
    assert_string_equal(ama__attrs_text(&var_of(ds, "tas")->attrs, "coordinates"), "height lat2d nowhere");
    assert_false(is_coord(ds, "lat2d"));
    assert_int_equal(var_of(ds, "name")->ndim, 2);
    args = AMA_OPEN_ARGS_INIT;
    args.n_drop = 2;
    args.drop = drop;
    args.decode_times = false;
    MUST(w->ctx, ama__graph_open(&w->g, w->comm, path, &args, &w->stores, &ds));
    assert_null(ama__dataset_find(ds, "height"));
    assert_null(ama__dataset_find(ds, "time"));
    assert_int_equal(var_of(ds, "time_bnds")->node->kind, AMA_NODE_SOURCE);
    args = AMA_OPEN_ARGS_INIT;
    args.mask_and_scale = false;
    MUST(w->ctx, ama__graph_open(&w->g, w->comm, path, &args, &w->stores, &ds));
    assert_non_null(ama__attrs_find(&var_of(ds, "tas")->attrs, "scale_factor"));
    args = AMA_OPEN_ARGS_INIT;
    args.use_cftime = AMA_FALSE;
    assert_int_equal(ama__graph_open(&w->g, w->comm, path, &args, &w->stores, &ds), AMA_ERR_FORMAT);
    assert_non_null(strstr(ama__error_text(w->ctx), "use_cftime=False"));
    ama__error_clear(w->ctx);
}

static void refuses(void **state) {
    world *w = *state;
    ama__dataset *ds;
    ama__open_args args = AMA_OPEN_ARGS_INIT;
    const char *path = in_dir(w, 0, "bad.nc");
    for (int i = 0; i < 2; i++) {
        made_file f;
        file_init(&f, w->ctx);
        file_dim(&f, "time", 3, false);
        int v = file_var(&f, "time", AMA_I4, "time", times);
        if (i == 0) file_text(&f, v, "units", "fortnights since yesterday");
        if (i == 1) file_text(&f, v, "scale_factor", "two");
        if (ama__comm_rank(w->comm) == 0) file_save(&f, AMA_FORMAT_CDF5, path);
        file_fini(&f);
        ama__comm_barrier(w->comm);
        assert_int_equal(ama__graph_open(&w->g, w->comm, path, &args, &w->stores, &ds), AMA_ERR_FORMAT);
        assert_non_null(strstr(ama__error_text(w->ctx), "bad.nc: variable time"));
        ama__error_clear(w->ctx);
        ama__comm_barrier(w->comm);
    }
    assert_int_equal(ama__graph_open(&w->g, w->comm, "/nowhere/at.nc", &args, &w->stores, &ds), AMA_ERR_NOTFOUND);
    ama__error_clear(w->ctx);
}

/* ---- several files */

typedef struct piece {
    const char *file, *units, *var;
    double time[2];
    float lat[2];
} piece;

static void save_piece(world *w, int i, const piece *p) {
    made_file f;
    double values[4] = {p->time[0], p->time[0] + 0.5, p->time[1], p->time[1] + 0.5};
    in_dir(w, i, p->file);
    file_init(&f, w->ctx);
    file_dim(&f, "time", 2, true);
    file_dim(&f, "lat", 2, false);
    int v = file_var(&f, "time", AMA_F8, "time", p->time);
    file_text(&f, v, "units", p->units);
    file_var(&f, "lat", AMA_F4, "lat", p->lat);
    v = file_var(&f, p->var, AMA_F8, "time,lat", values);
    file_text(&f, v, "from", p->file);
    file_var(&f, "area", AMA_F4, "lat", p->lat);
    file_text(&f, -1, "file", p->file);
    if (ama__comm_rank(w->comm) == 0) file_save(&f, AMA_FORMAT_NETCDF4, w->path[i]);
    file_fini(&f);
}

static ama_status open_pieces(world *w, int n, const piece *p, const ama__open_args *args, ama__dataset **out) {
    const char *paths[8];
    for (int i = 0; i < n; i++) {
        save_piece(w, i, &p[i]);
        paths[i] = w->path[i];
    }
    ama__comm_barrier(w->comm);
    ama_status status = ama__graph_open_mf(&w->g, w->comm, n, paths, args, &w->stores, out);
    ama__comm_barrier(w->comm);
    return status;
}

static void expect_mf(world *w, int n, const piece *p, const char *nested, ama_status status, const char *text) {
    ama__dataset *ds;
    ama__open_args args = AMA_OPEN_ARGS_INIT;
    if (nested) args.combine = "nested";
    args.concat_dim = nested;
    assert_int_equal(open_pieces(w, n, p, &args, &ds), status);
    if (!strstr(ama__error_text(w->ctx), text)) fail_msg("%s", ama__error_text(w->ctx));
    ama__error_clear(w->ctx);
}

static void several(void **state) {
    world *w = *state;
    ama__dataset *ds;
    ama__open_args args = AMA_OPEN_ARGS_INIT;
    const piece p[] = {{"m3.nc", "days since 2000-01-05", "tas", {0, 1}, {10, 20}},
                       {"m1.nc", "days since 2000-01-01", "tas", {0, 1}, {10, 20}},
                       {"m2.nc", "hours since 2000-01-01", "tas", {48, 72}, {10, 20}}};
    MUST(w->ctx, open_pieces(w, 3, p, &args, &ds));
    const ama__variable *v = var_of(ds, "tas"), *t = var_of(ds, "time");
    assert_int_equal(v->node->kind, AMA_NODE_SOURCE);
    assert_int_equal(v->node->u.source.n_parts, 3);
    assert_int_equal(v->node->u.source.axis, 0);
    assert_int_equal(v->node->u.source.part[2].start, 4);
    assert_int_equal(v->node->shape[0], 6);
    assert_non_null(strstr(v->node->u.source.part[0].store->path, "m1.nc"));
    assert_string_equal(time_at(t, 2), "2000-01-03T00:00:00.000000000");
    assert_string_equal(time_at(t, 5), "2000-01-06T00:00:00.000000000");
    assert_string_equal(t->encoding.units, "days since 2000-01-01");
    assert_string_equal(ama__attrs_text(&ds->attrs, "file"), "m1.nc");
    assert_int_equal(var_of(ds, "area")->node->shape[0], 2);
    assert_int_equal(var_of(ds, "area")->node->u.source.n_parts, 1);
}

static void other_variables(void **state) {
    world *w = *state;
    ama__dataset *ds;
    ama__open_args args = AMA_OPEN_ARGS_INIT;
    const char *drop = "area";
    piece p[] = {{"p2.nc", "days since 2000-01-03", "pr", {0, 1}, {10, 20}},
                 {"t1.nc", "days since 2000-01-01", "tas", {0, 1}, {10, 20}},
                 {"t2.nc", "days since 2000-01-03", "tas", {0, 1}, {10, 20}},
                 {"p1.nc", "days since 2000-01-01", "pr", {0, 1}, {10, 20}}};
    args.n_drop = 1;
    args.drop = &drop;
    MUST(w->ctx, open_pieces(w, 4, p, &args, &ds));
    assert_int_equal(var_of(ds, "tas")->node->shape[0], 4);
    assert_int_equal(var_of(ds, "pr")->node->shape[0], 4);
    assert_int_equal(ds->n_vars, 2);
    p[0].time[1] = 2;
    assert_int_equal(open_pieces(w, 4, p, &args, &ds), AMA_ERR_MISMATCH);
    ama__error_clear(w->ctx);
}

static void bad_series(void **state) {
    world *w = *state;
    piece p[] = {{"b1.nc", "days since 2000-01-01", "tas", {0, 1}, {10, 20}},
                 {"b2.nc", "days since 2000-01-01", "tas", {2, 3}, {10, 21}}};
    expect_mf(w, 2, p, NULL, AMA_ERR_MISMATCH, "dim lat");
    p[1].lat[1] = 20;
    p[1].time[0] = 0.5;
    expect_mf(w, 2, p, NULL, AMA_ERR_MISMATCH, "reaches beyond");
    p[1].time[0] = 0;
    expect_mf(w, 2, p, NULL, AMA_ERR_MISMATCH, "begin with the same label");
    p[1].time[1] = 1;
    expect_mf(w, 2, p, NULL, AMA_ERR_MISMATCH, "nothing to order the files by");
    p[1].units = "furlongs";
    expect_mf(w, 2, p, NULL, AMA_ERR_MISMATCH, "");
    expect_mf(w, 2, p, "level", AMA_ERR_MISMATCH, "time");
}

/* Along a dim that no file has: it comes first, all data variables are repeated along it. */
static void stacked(void **state) {
    world *w = *state;
    ama__dataset *ds;
    ama__open_args args = AMA_OPEN_ARGS_INIT;
    piece p[] = {{"s1.nc", "days since 2000-01-01", "tas", {0, 1}, {10, 20}},
                 {"s2.nc", "days since 2000-01-01", "tas", {0, 1}, {10, 20}}};
    args.combine = "nested";
    args.concat_dim = "level";
    for (int n = 2; n >= 1; n--) {
        MUST(w->ctx, open_pieces(w, n, p, &args, &ds));
        const ama__variable *tas = var_of(ds, "tas"), *area = var_of(ds, "area");
        assert_true(tas->ndim == 3 && tas->node->shape[0] == n && strcmp(tas->dim[0], "level") == 0);
        assert_true(area->ndim == 2 && area->node->shape[0] == n && strcmp(area->dim[1], "lat") == 0);
        assert_int_equal(var_of(ds, "time")->ndim, 1);
        assert_int_equal(ds->n_coords, 2);
    }
    p[1].lat[1] = 21;
    expect_mf(w, 2, p, "level", AMA_ERR_MISMATCH, "dim lat");
}

static void nested(void **state) {
    world *w = *state;
    ama__dataset *ds;
    ama__open_args args = AMA_OPEN_ARGS_INIT;
    const piece p[] = {{"n2.nc", "days since 2000-01-01", "tas", {5, 6}, {10, 20}},
                       {"n1.nc", "days since 2000-01-01", "tas", {0, 1}, {10, 20}}};
    args.combine = "nested";
    assert_int_equal(open_pieces(w, 2, p, &args, &ds), AMA_ERR_ARG);
    ama__error_clear(w->ctx);
    args.concat_dim = "time";
    MUST(w->ctx, open_pieces(w, 2, p, &args, &ds));
    assert_string_equal(time_at(var_of(ds, "time"), 0), "2000-01-06T00:00:00.000000000");
    assert_string_equal(time_at(var_of(ds, "time"), 2), "2000-01-01T00:00:00.000000000");
    assert_int_equal(ds->n_unlimited, 1);
}

/* Dates beyond datetime64 in one file make the times of all files cftime. */
static void mixed_times(void **state) {
    world *w = *state;
    ama__dataset *ds;
    ama__open_args args = AMA_OPEN_ARGS_INIT;
    const piece p[] = {{"x2.nc", "days since 2300-01-01", "tas", {0, 1}, {10, 20}},
                       {"x1.nc", "days since 2000-01-01", "tas", {0, 1}, {10, 20}}};
    MUST(w->ctx, open_pieces(w, 2, p, &args, &ds));
    const ama__variable *t = var_of(ds, "time");
    assert_false(t->time->datetime64);
    assert_string_equal(time_at(t, 1), "2000-01-02 00:00:00");
    assert_string_equal(time_at(t, 3), "2300-01-02 00:00:00");
}

#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {IN_WORLD(decodes), IN_WORLD(options),         IN_WORLD(refuses),
                                       IN_WORLD(several), IN_WORLD(other_variables), IN_WORLD(bad_series),
                                       IN_WORLD(stacked), IN_WORLD(nested),          IN_WORLD(mixed_times)};
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
