/* TEST: np=1,2,3 labels=mpi
 * Scripts on several ranks: paths found by one rank are known to all, errors are the same everywhere, and a rank that
 * fails alone at any place of binding is heard by the others. */
#include "lang_run.h"

static int rank, nranks;
static char folder[64];

static void remove_folder(void) {
    char command[100];
    MPI_Barrier(MPI_COMM_WORLD);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (rank == 0) assert_int_equal(system(command), 0);
}

/* Two files along time. */
static void make_files(lang_run *r) {
    char text[700];
    snprintf(text, sizeof text,
             "import xarray as xr\nimport os\n"
             "for i, name in enumerate([\"a\", \"b\"]):\n"
             "    t = xr.DataArray([[1.0, 2.0], [3.0, 4.0]], dims=[\"time\", \"x\"], name=\"t\")\n"
             "    (t + 10 * i).assign_coords(time=[2 * i, 2 * i + 1]).to_netcdf(f\"%s/{name}.nc\")\n",
             folder);
    lang_say(r, "", text, NULL);
    if (r->status != AMA_OK) fail_msg("%s", ama_error_text(r->session));
}

static void same_everywhere(lang_run *r) {
    int mine = (int)r->status, first = mine;
    MPI_Bcast(&first, 1, MPI_INT, 0, MPI_COMM_WORLD);
    assert_int_equal(mine, first);
    char text[2000] = "";
    if (rank == 0) snprintf(text, sizeof text, "%s", ama_error_text(r->session));
    MPI_Bcast(text, sizeof text, MPI_CHAR, 0, MPI_COMM_WORLD);
    if (mine != AMA_OK) assert_string_equal(text, ama_error_text(r->session));
}

static void files(void **state) {
    (void)state;
    char text[400];
    lang_run r;
    lang_start(&r, MPI_COMM_WORLD);
    make_files(&r);
    snprintf(text, sizeof text,
             "import xarray as xr\nfrom glob import glob\nnames = sorted(glob(\"%s/*.nc\"))\n"
             "ds = xr.open_mfdataset(\"%s/?.nc\")\nprint(len(names), ds.t.sum(\"x\").values)\n"
             "if ds.t.max() > 13:\n    print(\"large\", xr.open_mfdataset(names).t.max().item())\n",
             folder, folder);
    const char *said = lang_say(&r, "", text, NULL);
    if (r.status != AMA_OK) fail_msg("%s", ama_error_text(r.session));
    if (rank == 0) assert_string_equal(said, "2 [ 3.  7. 23. 27.]\nlarge 14.0\n");
    snprintf(text, sizeof text, "import xarray as xr\nxr.open_mfdataset(\"%s/c*.nc\")\n", folder);
    lang_say(&r, "", text, NULL);
    assert_int_equal(r.status, AMA_ERR_NOTFOUND);
    same_everywhere(&r);
    snprintf(text, sizeof text, "import xarray as xr\nxr.open_dataset(\"%s/a.nc\").tt\n", folder);
    lang_say(&r, "", text, NULL);
    assert_int_equal(r.status, AMA_ERR_NOTFOUND);
    same_everywhere(&r);
    lang_stop(&r);
}

/* The last rank alone meets the n-th fault. */
static void faults(void **state) {
    (void)state;
    char text[400], number[20];
    snprintf(text, sizeof text,
             "import xarray as xr\nds = xr.open_mfdataset(\"%s/?.nc\")\nt = ds.t * 2\n"
             "a = xr.open_dataset(\"%s/a.nc\")\nif (t + a.t).max() > 3:\n    t = t.sel(time=slice(1, 2))\nprint(t)\n",
             folder, folder);
    bool through = false;
    int n_failed = 0;
    ama_session *plain;
    for (int n = 1; n < 4000 && !through; n += 1 + n / 12) {
        ama_options o = AMA_OPTIONS_INIT;
        snprintf(number, sizeof number, "%d", n);
        if (rank == nranks - 1) setenv("AMA_FAULT", number, 1);
        ama_status made = ama_session_create(MPI_COMM_WORLD, &o, &plain);
        unsetenv("AMA_FAULT");
        int bad = made != AMA_OK, any;
        MPI_Allreduce(&bad, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
        if (any) {
            assert_int_equal(bad, 1);
            continue;
        }
        ama_script_options none = AMA_SCRIPT_OPTIONS_INIT;
        lang_run r = {.session = plain};
        r.status = ama_script_run(plain, "t.py", text, strlen(text), &none);
        same_everywhere(&r);
        through = r.status == AMA_OK;
        n_failed += !through;
        ama_session_destroy(&plain);
    }
    assert_true(through);
    assert_true(n_failed > 30);
}

static int finish(void **state) {
    (void)state;
    remove_folder();
    return 0;
}

int main(int argc, char **argv) {
    ama_mpi_guard();
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &nranks);
    int id = (int)getpid();
    MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD);
    snprintf(folder, sizeof folder, "/tmp/ama_t863_%d", id);
    char command[100];
    snprintf(command, sizeof command, "mkdir -p %s", folder);
    int failed = rank == 0 ? system(command) : 0;
    MPI_Barrier(MPI_COMM_WORLD);
    const struct CMUnitTest tests[] = {cmocka_unit_test(files), cmocka_unit_test(faults)};
    failed += cmocka_run_group_tests(tests, NULL, finish);
    MPI_Finalize();
    return failed;
}
