/* TEST: labels=unit
 * What scripts over values in memory print, against what Python with xarray printed. */
#include "lang_run.h"

typedef struct golden {
    const char *script, *printed;
} golden;

static const golden plain[] = {
#include "lang_golden_plain.inc"
};
static const golden arrays[] = {
#include "lang_golden_arrays.inc"
};

static const char *const start = "import xarray as xr\nimport numpy as np\n"
                                 "ds = xr.Dataset({\"t\": ((\"y\", \"x\"), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])},"
                                 " {\"x\": [10, 20, 30], \"c\": (\"y\", [7, 8])})\n"
                                 "ds[\"c2\"] = (\"x\", [1.0, 2.0, 3.0])\nds = ds.set_coords(\"c2\")\nt = ds.t.copy()\n";

static void check(int n, const golden *g, const char *before) {
    lang_run r;
    lang_start(&r, MPI_COMM_NULL);
    for (int i = 0; i < n; i++) {
        const char *said = lang_say(&r, before, g[i].script, NULL);
        if (r.status != AMA_OK) fail_msg("%s\n%s", g[i].script, ama_error_text(r.session));
        if (strcmp(said, g[i].printed) != 0) fail_msg("%s\nprinted:\n%s\nPython:\n%s", g[i].script, said, g[i].printed);
    }
    lang_stop(&r);
}

static void plain_python(void **state) {
    (void)state;
    check(sizeof plain / sizeof plain[0], plain, "");
}

/* numpy's scalars as numpy 2 writes them (manual, "repr of NumPy scalars"); the oracle's is older. */
static void scalars(void **state) {
    static const golden rows[] = {
        {"print([np.float32(0.1), np.float64(0.1), -np.int16(3), np.bool_(True)], np.float32(0.1))",
         "[np.float32(0.1), np.float64(0.1), np.int16(-3), np.True_] 0.1\n"},
        {"print(repr(np.datetime64('2001-02')), [np.datetime64('2001-02-03T04')])",
         "np.datetime64('2001-02') [np.datetime64('2001-02-03T04','h')]\n"}};
    (void)state;
    check(sizeof rows / sizeof rows[0], rows, start);
}

static void arrays_in_memory(void **state) {
    (void)state;
    check(sizeof arrays / sizeof arrays[0], arrays, start);
}

/* -o writes the value of the last line, -i binds names before the first, and the two need no import. */
static void inputs_and_output(void **state) {
    (void)state;
    char a[64], b[64], glob[64];
    snprintf(a, sizeof a, "/tmp/ama_t860_%d_a.nc", (int)getpid());
    snprintf(b, sizeof b, "/tmp/ama_t860_%d_b.zarr", (int)getpid());
    snprintf(glob, sizeof glob, "/tmp/ama_t860_%d_[a].nc", (int)getpid());
    lang_run r;
    lang_start(&r, MPI_COMM_NULL);
    ama_script_options o = AMA_SCRIPT_OPTIONS_INIT;
    o.output = a;
    lang_say(&r, start, "t.attrs[\"units\"] = \"m\"\n2 * t\n", &o);
    if (r.status != AMA_OK) fail_msg("%s", ama_error_text(r.session));
    ama_input in[2] = {{"d", a}, {"e", glob}};
    o = (ama_script_options){.n_inputs = 2, .inputs = in, .output = b};
    const char *said =
        lang_say(&r, "", "print(d.t.values, e.t.units, float(np.sqrt(d.t.max())) ** 2 > 11)\nd.t.max('x')", &o);
    if (r.status != AMA_OK) fail_msg("%s", ama_error_text(r.session));
    assert_string_equal(said, "[[ 2.  4.  6.]\n [ 8. 10. 12.]] m True\n");
    in[0].path = b;
    o = (ama_script_options){.n_inputs = 1, .inputs = in};
    said = lang_say(&r, "", "print(d.t.values)", &o);
    assert_string_equal(said, "[ 6. 12.]\n");
    in[0].path = "/tmp/ama_t860_not_there.nc";
    lang_say(&r, "", "d", &o);
    assert_int_equal(r.status, AMA_ERR_NOTFOUND);
    assert_non_null(strstr(ama_error_text(r.session), "-i d=/tmp/ama_t860_not_there.nc: "));
    o = (ama_script_options){.output = a};
    lang_say(&r, "", "x = 3", &o);
    assert_int_equal(r.status, AMA_ERR_ARG);
    lang_stop(&r);
    unlink(a);
    char remove[128];
    snprintf(remove, sizeof remove, "rm -r %s", b);
    assert_int_equal(system(remove), 0);
}

/* A plan is shown without values: what depends on them is refused with the reason. */
static void plan_needs_no_values(void **state) {
    (void)state;
    lang_run r;
    lang_start(&r, MPI_COMM_NULL);
    ama_script_options o = AMA_SCRIPT_OPTIONS_INIT;
    o.plan_only = true;
    lang_say(&r, start, "print(float(t.mean()), f\"{t.sum().item():.1f}\")\n", &o);
    if (r.status != AMA_OK) fail_msg("%s", ama_error_text(r.session));
    lang_say(&r, start, "if t.mean() > 3:\n    print(1)\n", &o);
    assert_int_equal(r.status, AMA_ERR_UNSUPPORTED);
    assert_non_null(strstr(ama_error_text(r.session), "t.py:7:4: "));
    lang_stop(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_python), cmocka_unit_test(scalars),
                                       cmocka_unit_test(arrays_in_memory), cmocka_unit_test(inputs_and_output),
                                       cmocka_unit_test(plan_needs_no_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
