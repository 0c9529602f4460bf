/* TEST: labels=unit
 * What is wrong with a script is said with line, column and the nearest thing that works, before anything is read. */
#include "lang_run.h"

static const char *const start = "import xarray as xr\nimport numpy as np\n"
                                 "ds = xr.Dataset({\"tas\": ((\"time\", \"lat\"), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])},"
                                 " {\"lat\": [-10.0, 0.0, 10.0]}, {\"title\": \"x\"})\ntas = ds.tas\n";

typedef struct refusal {
    const char *line; /* the fifth of the script */
    int column;
    ama_status status;
    const char *text;
} refusal;

static const refusal cases[] = {
    {"tas.grouby(\"time.month\")", 5, AMA_ERR_NOTFOUND,
     "unknown variable or method 'grouby' of DataArray; did you mean 'groupby'?"},
    {"tas.mean(dims=\"time\")", 10, AMA_ERR_ARG,
     "mean() got an unexpected keyword argument 'dims'; did you mean 'dim'?"},
    {"tas.mean(\"tim\")", 10, AMA_ERR_NOTFOUND, "did you mean 'time'?"},
    {"ds.mean([\"lat\", \"tyme\"])", 9, AMA_ERR_NOTFOUND, "did you mean 'time'?"},
    {"ds.tos.mean()", 4, AMA_ERR_NOTFOUND, "did you mean 'tas'?"},
    {"ds[\"tos\"]", 4, AMA_ERR_NOTFOUND, "did you mean 'tas'?"},
    {"tas.sel(lat=5)", 13, AMA_ERR_NOTFOUND, "no label 5"},
    {"tas.sel(lat=0, latt=3)", 16, AMA_ERR_NOTFOUND, "no dim 'latt'"},
    {"tas.isel(lat=0, time=9)", 22, AMA_ERR_ARG, "index 9"},
    {"tas.sel(lat=0, method=\"neerest\")", 23, AMA_ERR_ARG, "did you mean \"nearest\"?"},
    {"tas.rank(\"time\")", 5, AMA_ERR_UNSUPPORTED, "DataArray.rank is not supported yet"},
    {"tas.quantile(1.5)", 14, AMA_ERR_ARG, "quantiles must be in the range [0, 1], not 1.5"},
    {"tas.quantile([0.1, -1])", 14, AMA_ERR_ARG, "quantiles must be in the range [0, 1], not -1"},
    {"tas.quantile(np.nan, \"time\")", 14, AMA_ERR_ARG, "quantiles must be in the range [0, 1]"},
    {"tas.quantile([])", 14, AMA_ERR_UNSUPPORTED, "an empty list of q"},
    {"tas.quantile(\"0.5\")", 14, AMA_ERR_ARG, "must be a number or a list of numbers"},
    {"tas.quantile([\"a\"])", 14, AMA_ERR_ARG, "must be a number or a list of numbers"},
    {"tas.quantile(0.5, \"tyme\")", 19, AMA_ERR_NOTFOUND, "did you mean 'time'?"},
    {"tas.quantile(0.5, method=\"lineal\")", 26, AMA_ERR_ARG,
     "'lineal' is no method of quantile; there are: linear, inverted_cdf"},
    {"tas.quantile(0.5, interpolation=\"lower\")", 33, AMA_ERR_UNSUPPORTED,
     "argument 'interpolation' is not supported"},
    {"tas.quantile(0.5, \"time\", \"lower\")", 27, AMA_ERR_ARG,
     "quantile() takes 2 positional arguments but 3 were given"},
    {"(tas > 0).quantile(0.5)", 11, AMA_ERR_UNSUPPORTED, "quantile of a bool array"},
    {"tas.rename(lat=\"quantile\").quantile([0.5], \"time\")", 44, AMA_ERR_ARG, "rename it first"},
    {"tas.isel(time=slice(0, 0)).quantile(0.5, \"time\")", 42, AMA_ERR_ARG, "dim \"time\" is empty"},
    {"tas.median(\"tyme\")", 12, AMA_ERR_NOTFOUND, "did you mean 'time'?"},
    {"np.mean(tas)", 4, AMA_ERR_UNSUPPORTED, "numpy.mean is not supported yet; use the array's own method"},
    {"np.sqroot(tas)", 4, AMA_ERR_NOTFOUND, "unknown name 'sqroot' of numpy; did you mean 'sqrt'?"},
    {"xr.opendataset(\"x\")", 4, AMA_ERR_NOTFOUND, "did you mean 'open_dataset'?"},
    {"xr.open_dataset(\"/tmp/ama_none.nc\")", 17, AMA_ERR_NOTFOUND, "/tmp/ama_none.nc"},
    {"xr.open_mfdataset(\"/tmp/ama_none_*.nc\")", 19, AMA_ERR_NOTFOUND, "no file matches /tmp/ama_none_*.nc"},
    {"xr.open_mfdataset([])", 19, AMA_ERR_NOTFOUND, "no files to open"},
    {"xr.open_mfdataset(\"a\", combine=\"nested\")", 32, AMA_ERR_ARG, "needs concat_dim="},
    {"xr.open_mfdataset(\"a\", join=\"outer\")", 29, AMA_ERR_UNSUPPORTED, "'exact' is"},
    {"xr.open_dataset(\"s3://b/x.zarr\")", 17, AMA_ERR_UNSUPPORTED, "only files of the file system"},
    {"foo + 1", 1, AMA_ERR_NOTFOUND, "name 'foo' is not defined"},
    {"taz + 1", 1, AMA_ERR_NOTFOUND, "name 'taz' is not defined; did you mean 'tas'?"},
    {"tas.weighted(3)", 14, AMA_ERR_ARG, "weighted() argument 'weights' must be a DataArray, not int"},
    {"tas.to_netcdf()", 5, AMA_ERR_ARG, "must be a path (str), not None"},
    {"tas.to_netcdf(\"x.nc\", encoding={\"tas\": {\"zlibb\": True}})", 32, AMA_ERR_ARG, "did you mean \"zlib\"?"},
    {"tas.to_netcdf(\"x.nc\", encoding={\"tos\": {}})", 5, AMA_OK, ""},
    {"tas.to_netcdf(\"x.nc\", format=\"NETCDF5\")", 30, AMA_ERR_ARG, "did you mean \"NETCDF4\"?"},
    {"tas.to_netcdf(\"x.nc\", mode=\"a\")", 28, AMA_ERR_UNSUPPORTED, "'w' is"},
    {"tas.to_zarr(\"x\", append_dim=\"time\")", 29, AMA_ERR_UNSUPPORTED, "'append_dim' is not supported yet"},
    {"tas.to_netcdf(\"x.nc\"); xr.open_dataset(\"./x.nc\")", 40, AMA_ERR_UNSUPPORTED,
     "is written by this script (line 5)"},
    {"tas.to_netcdf(\"x.nc\"); ds.to_netcdf(\"./x.nc\")", 27, AMA_ERR_UNSUPPORTED, "is written by line 5 already"},
    {"if tas > 3: pass", 4, AMA_ERR_ARG, "ambiguous"},
    {"tas[0] = 3", 5, AMA_ERR_UNSUPPORTED, "use x.where(cond, other)"},
    {"tas[0, 0, 0]", 5, AMA_ERR_ARG, "too many indices"},
    {"ds.tas = 3", 4, AMA_ERR_UNSUPPORTED, "setting .tas of a Dataset"},
    {"1 / 0", 3, AMA_ERR_ARG, "division by zero"},
    {"9223372036854775807 + 1", 21, AMA_ERR_UNSUPPORTED, "beyond 64 bits"},
    {"int(\"abc\")", 5, AMA_ERR_ARG, "'abc' is not an integer"},
    {"[1, 2][5]", 8, AMA_ERR_ARG, "out of range"},
    {"{\"alpha\": 1}[\"alpah\"]", 14, AMA_ERR_NOTFOUND, "did you mean 'alpha'?"},
    {"\"a\" + 1", 5, AMA_ERR_ARG, "unsupported operand types for +: 'str' and 'int'"},
    {"a, b = 1, 2, 3", 1, AMA_ERR_ARG, "too many values to unpack"},
    {"tas(\"x\")", 1, AMA_ERR_ARG, "'DataArray' is not callable"},
    {"tas.astype(\"flaot\")", 12, AMA_ERR_UNSUPPORTED, "dtype 'flaot'"},
    {"tas.rename(foo=\"bar\")", 12, AMA_ERR_NOTFOUND, "'foo'"},
    {"tas.clip(0, 1, 2)", 16, AMA_ERR_ARG, "takes 2 positional arguments but 3 were given"},
    {"tas.where()", 5, AMA_ERR_ARG, "missing 1 required positional argument: 'cond'"},
    {"tas.where(3)", 11, AMA_ERR_ARG, "must be a DataArray or Dataset of bools, not int"},
    {"tas.mean(\"time\", skipna=\"x\")", 25, AMA_ERR_ARG, "must be a bool, not str"},
    {"tas.std(ddof=-1)", 14, AMA_ERR_ARG, "ddof"},
    {"tas.lat.dt.month", 9, AMA_ERR_ARG, ".dt is for times"},
    {"tas.resample(lat=\"MS\")", 18, AMA_ERR_ARG, ""},
    {"tas.resample(time=\"MS\", lat=\"D\")", 5, AMA_ERR_ARG, "takes one dim"},
    {"tas.groupby([\"lat\", \"time\"])", 13, AMA_ERR_UNSUPPORTED, "several keys"},
    {"tas.groupby(\"lat\") - 3", 20, AMA_ERR_ARG, "a GroupBy is combined with"},
    {"print(tas.groupby(\"lat\"))", 7, AMA_ERR_UNSUPPORTED, "the text of a GroupBy"},
    {"print(range(3))", 7, AMA_ERR_UNSUPPORTED, "use list(...)"},
    {"print(f\"{tas:.2f}\")", 10, AMA_ERR_ARG, "the format '.2f' does not fit"},
    {"f\"{3:z}\"", 4, AMA_ERR_ARG, "the format 'z' does not fit"},
    {"import pandas as pd; pd.read_csv(\"x\")", 25, AMA_ERR_UNSUPPORTED, "only xarray and numpy"},
    {"from xarray import where2", 20, AMA_ERR_NOTFOUND, "did you mean 'where'?"},
    {"def f(x): return f(x)\nf(1)", 18, AMA_ERR_UNSUPPORTED, "more than 50 deep"},
    {"tas += ds.lat * ds.tas.expand_dims(\"k\")", 5, AMA_ERR_MISMATCH, "would change the dims"},
    {"tas.attrs[\"units\"]", 11, AMA_ERR_NOTFOUND, "there is no key 'units'"},
    {"tas.encoding[\"dtype\"] = \"f4\"", 14, AMA_ERR_UNSUPPORTED, "pass encoding= to to_netcdf"},
    {"ds[\"z\"] = [1, 2]", 4, AMA_ERR_ARG, "values need names of dims"},
    {"ds[\"z\"] = (\"lat\", [1, 2])", 4, AMA_ERR_MISMATCH, "lat"},
    {"xr.DataArray([[1, 2], [3]])", 14, AMA_ERR_ARG, "not rectangular"},
    {"xr.DataArray([1, 2], dims=[\"a\", \"b\"])", 27, AMA_ERR_MISMATCH, "2 names of dims for values of 1 dims"},
    {"np.array([1, \"a\"])", 10, AMA_ERR_ARG, "mixed"},
    {"for g in tas.groupby(\"lat\"): pass", 10, AMA_ERR_UNSUPPORTED, "iterating over groups"},
};

static void refused(void **state) {
    (void)state;
    lang_run r;
    ama_script_options plan = AMA_SCRIPT_OPTIONS_INIT;
    plan.plan_only = true;
    lang_start(&r, MPI_COMM_NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const refusal *c = &cases[i];
        char place[32];
        lang_say(&r, start, c->line, &plan);
        const char *text = ama_error_text(r.session);
        if (r.status != c->status) fail_msg("%s\nstatus %d: %s", c->line, (int)r.status, text);
        if (r.status == AMA_OK) continue;
        snprintf(place, sizeof place, "t.py:5:%d: ", c->column);
        if (strncmp(text, place, strlen(place)) != 0 || !strstr(text, c->text) || !strstr(text, "\n"))
            fail_msg("%s\nexpected %s… %s\n%s", c->line, place, c->text, text);
    }
    lang_stop(&r);
}

static void with_caret(void **state) {
    (void)state;
    lang_run r;
    lang_start(&r, MPI_COMM_NULL);
    lang_say(&r, start, "clim = tas.grouby(\"time.month\").mean(\"time\")", NULL);
    assert_string_equal(ama_error_text(r.session),
                        "t.py:5:12: unknown variable or method 'grouby' of DataArray; did you mean 'groupby'?\n"
                        "    clim = tas.grouby(\"time.month\").mean(\"time\")\n"
                        "               ^~~~~~");
    lang_stop(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(refused), cmocka_unit_test(with_caret)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
