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
    {"tas.argsort()", 5, AMA_ERR_UNSUPPORTED, "DataArray.argsort is not supported yet"},
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
    {"tas.cumsum(\"tyme\")", 12, AMA_ERR_NOTFOUND, "did you mean 'time'?"},
    {"ds.cumprod([\"lat\", \"lat\"])", 12, AMA_ERR_UNSUPPORTED, "named twice"},
    {"tas.cumsum(dims=\"time\")", 12, AMA_ERR_ARG, "did you mean 'dim'?"},
    {"ds.assign(name=(\"lat\", [\"a\", \"b\", \"c\"])).name.cumsum()", 47, AMA_ERR_UNSUPPORTED, "of numbers"},
    {"tas.rank(\"tiem\")", 10, AMA_ERR_NOTFOUND, "did you mean 'time'?"},
    {"tas.rank([\"lat\"])", 10, AMA_ERR_ARG, "must be"},
    {"tas.rank()", 5, AMA_ERR_ARG, "missing 1 required positional argument: 'dim'"},
    {"tas.rank(\"lat\", True)", 17, AMA_ERR_ARG, "takes 1 positional argument but 2 were given"},
    {"ds.assign(name=(\"lat\", [\"a\", \"b\", \"c\"])).rank(\"lat\")", 47, AMA_ERR_UNSUPPORTED, "of numbers"},
    {"tas.groupby(\"lat\").rank(\"time\")", 20, AMA_ERR_NOTFOUND, "unknown method 'rank' of GroupBy"},
    {"tas.sortby(\"lta\")", 12, AMA_ERR_NOTFOUND, "did you mean 'lat'?"},
    {"tas.sortby()", 5, AMA_ERR_ARG, "missing 1 required positional argument: 'variables'"},
    {"tas.sortby(tas)", 12, AMA_ERR_ARG, "a key must have one dim, but 'tas' has 2"},
    {"tas.sortby(tas.isel(lat=0, time=0))", 12, AMA_ERR_ARG, "a key must have one dim, but 'tas' has 0"},
    {"ds.sortby(\"title\")", 11, AMA_ERR_NOTFOUND, "no variable 'title'"},
    {"tas.sortby((\"lat\", \"time\"))", 12, AMA_ERR_ARG, "must be a name, a 1-D DataArray, or a list of those"},
    {"tas.sortby([\"lat\", 3])", 12, AMA_ERR_ARG, "must be a name, a 1-D DataArray, or a list of those"},
    {"tas.sortby(np.array([1, 2, 3]))", 12, AMA_ERR_ARG, "must be a name, a 1-D DataArray, or a list of those"},
    {"tas.sortby(xr.DataArray([2, 1], dims=\"x\"))", 12, AMA_ERR_NOTFOUND, "no dim 'x'"},
    {"tas.sortby(xr.DataArray([2, 1], dims=\"lat\"))", 12, AMA_ERR_MISMATCH, "has 2 elements along dim \"lat\""},
    {"tas.sortby(ds.lat.assign_coords(lat=[1, 2, 3]))", 12, AMA_ERR_MISMATCH, "has none of the labels"},
    {"tas.sortby(ds.lat.isel(lat=[0, 1]) > 0)", 12, AMA_ERR_UNSUPPORTED, "supported for numbers only"},
    {"xr.concat(tas, \"time\")", 11, AMA_ERR_ARG, "a list of DataArrays or of Datasets"},
    {"xr.concat([], \"time\")", 11, AMA_ERR_ARG, "at least one object"},
    {"xr.concat([tas, ds], \"time\")", 11, AMA_ERR_ARG, "objects of one kind"},
    {"xr.concat([tas, tas], 3)", 23, AMA_ERR_ARG, "the name of a dim"},
    {"xr.concat([tas, tas[:, :2]], \"time\")", 11, AMA_ERR_MISMATCH, "the labels of dim \"lat\" must be the same"},
    {"xr.concat([tas, tas[:1]], \"k\")", 11, AMA_ERR_MISMATCH, "dim \"time\" has 2 elements in one array and 1"},
    {"xr.concat([tas, tas], \"time\", join=\"right\")", 36, AMA_ERR_UNSUPPORTED, "'exact' is"},
    {"xr.concat([tas > 2, (tas > 2)[:, :2]], \"k\", join=\"outer\")", 11, AMA_ERR_UNSUPPORTED, "flags (bool)"},
    {"xr.concat([ds, ds], \"time\", coords=\"different\")", 36, AMA_ERR_UNSUPPORTED, "'minimal' is"},
    {"xr.concat([ds, ds], \"k\", data_vars=\"minimal\")", 11, AMA_ERR_ARG, "leave nothing to concatenate"},
    {"xr.concat([tas, tas], \"time\", data_vars=\"minimal\")", 41, AMA_ERR_ARG, "is for Datasets"},
    {"xr.concat([ds, ds.rename(tas=\"tos\")], \"time\")", 11, AMA_ERR_UNSUPPORTED, "tas is not in all objects"},
    {"xr.concat([ds, ds.drop_vars(\"lat\")], \"lat\")", 11, AMA_ERR_MISMATCH, "lat is not in all objects"},
    {"xr.concat([tas, tas], xr.DataArray([1, 2, 3], dims=\"k\"))", 11, AMA_ERR_MISMATCH, "3 labels for dim 'k'"},
    {"xr.merge(tas)", 10, AMA_ERR_ARG, "a list of DataArrays and Datasets"},
    {"xr.merge([tas + ds.lat])", 10, AMA_ERR_ARG, "name"},
    {"xr.merge([ds, ds[[\"tas\"]][{\"lat\": [0]}]])", 10, AMA_ERR_MISMATCH, "must be the same"},
    {"ds.merge(3)", 10, AMA_ERR_ARG, "a Dataset or a DataArray"},
    {"ds.merge(tas + 1, compat=\"equals\")", 10, AMA_ERR_UNSUPPORTED, "takes the first"},
    {"tas.chunk(tyme=3)", 11, AMA_ERR_NOTFOUND, "did you mean 'time'?"},
    {"tas.chunk(lat=0)", 11, AMA_ERR_ARG, "must be positive"},
    {"tas.chunk(lat=(1, 1))", 11, AMA_ERR_ARG, "add up to 2, but it has 3"},
    {"tas.chunk((1, 2, 3))", 11, AMA_ERR_ARG, "3 chunk sizes for 2 dims"},
    {"ds.chunk((1, 2))", 10, AMA_ERR_UNSUPPORTED, "name the dims"},
    {"tas.chunk(lat=\"1MiB\")", 15, AMA_ERR_UNSUPPORTED, "\"auto\" are"},
    {"tas.chunk(lat=1).chunk(\"auto\")", 24, AMA_ERR_UNSUPPORTED, "has chunks already"},
    {"tas.chunk(lat=(1, 2)).to_zarr(\"x\")", 23, AMA_ERR_ARG, "along dim 'lat' they are (1, 2)"},
    {"tas.chunk(lat=1).to_zarr(\"x\", encoding={\"tas\": {\"chunks\": (2, 2)}})", 18, AMA_ERR_ARG, "safe_chunks=False"},
    {"tas.interp(latt=3)", 12, AMA_ERR_NOTFOUND, "did you mean 'lat'?"},
    {"tas.interp(lat=3, time=\"2000\")", 24, AMA_ERR_ARG, "dim \"time\" has numbers"},
    {"tas.interp(lat=[1, 2], method=\"cubic\")", 31, AMA_ERR_UNSUPPORTED, "there are \"linear\" and \"nearest\""},
    {"tas.interp(lat=[1, 2], method=\"linaer\")", 31, AMA_ERR_ARG, "did you mean \"linear\"?"},
    {"tas.interp(lat=[[1, 2], [3, 4]])", 16, AMA_ERR_UNSUPPORTED, "targets of 2 dims"},
    {"tas.interp(lat=[1.0, np.nan])", 16, AMA_ERR_UNSUPPORTED, "is missing (NaN)"},
    {"tas.interp(lat=[])", 16, AMA_ERR_ARG, "nothing to interpolate"},
    {"tas.interp(lat=tas)", 16, AMA_ERR_UNSUPPORTED, "targets of 2 dims"},
    {"tas.interp(lat=ds)", 16, AMA_ERR_ARG, "cannot be a Dataset"},
    {"tas.interp(lat=slice(1, 2))", 16, AMA_ERR_ARG, "cannot be interpolated to a slice"},
    {"tas.interp(lat=xr.DataArray([0, 1], dims=\"time\"))", 16, AMA_ERR_UNSUPPORTED, "stands for points"},
    {"p = xr.DataArray([0, 1], dims=\"p\"); tas.interp(lat=p, time=p)", 60, AMA_ERR_UNSUPPORTED, "stands for points"},
    {"tas.isel(lat=[2, 0]).interp(lat=1, assume_sorted=True)", 33, AMA_ERR_ARG, "do not increase"},
    {"tas.isel(lat=[0, 0]).interp(lat=1)", 33, AMA_ERR_ARG, "label -10.0 twice"},
    {"(tas > 2).interp(lat=1)", 22, AMA_ERR_UNSUPPORTED, "holds no numbers"},
    {"tas.interp(lat=1, kwargs={\"order\": 2})", 26, AMA_ERR_UNSUPPORTED, "'fill_value'"},
    {"tas.interp(lat=1, kwargs={\"fill_value\": \"x\"})", 26, AMA_ERR_ARG, "'extrapolate'"},
    {"tas.interp_like(3)", 17, AMA_ERR_ARG, "must be a DataArray or Dataset, not int"},
    {"tas.polyfit(\"tiem\", 1)", 13, AMA_ERR_NOTFOUND, "did you mean 'time'?"},
    {"tas.polyfit(\"lat\", -1)", 20, AMA_ERR_ARG, "0 to 15"},
    {"tas.polyfit(\"lat\", 1.5)", 20, AMA_ERR_ARG, "must be an int, not float"},
    {"tas.polyfit(\"lat\", 3)", 20, AMA_ERR_UNSUPPORTED, "do not tell the powers up to 3 apart"},
    {"tas.polyfit(\"lat\", 1, w=[1, 2, 3])", 25, AMA_ERR_UNSUPPORTED, "'w' is not supported yet"},
    {"tas.polyfit(\"lat\", 1, full=True)", 28, AMA_ERR_UNSUPPORTED, "the coefficients alone are"},
    {"tas.polyfit(\"lat\", 1, cov=\"unscaled\")", 27, AMA_ERR_UNSUPPORTED, "the coefficients alone are"},
    {"xr.polyval(3, tas)", 12, AMA_ERR_ARG, "must be a DataArray or Dataset, not int"},
    {"xr.polyval(tas.lat, tas)", 21, AMA_ERR_ARG, "no dim \"degree\" with labels"},
    {"xr.polyval(tas.time, tas, degree_dim=\"lat\")", 22, AMA_ERR_ARG, "must be integers"},
    {"tas.rolling(tim=3)", 13, AMA_ERR_NOTFOUND, "did you mean 'time'?"},
    {"tas.rolling(time=0)", 18, AMA_ERR_ARG, "must be 1 or more, not 0"},
    {"tas.rolling(time=2.5)", 18, AMA_ERR_ARG, "'time' must be an int, not float"},
    {"tas.rolling()", 5, AMA_ERR_ARG, "rolling needs a dim"},
    {"tas.rolling(time=3, min_periods=0)", 33, AMA_ERR_ARG, "min_periods must be 1 or more"},
    {"tas.rolling(time=3, center=\"yes\")", 28, AMA_ERR_ARG, "must be a bool, not str"},
    {"tas.rolling(time=2, lat=2).median()", 28, AMA_ERR_UNSUPPORTED,
     "median over several dims; over one dim it is supported"},
    {"(tas > 3).rolling(time=2).median()", 27, AMA_ERR_ARG, "median of windows of bool; use astype"},
    {"tas.rolling(time=3).prod()", 21, AMA_ERR_UNSUPPORTED, "Rolling.prod is not supported yet"},
    {"tas.rolling(time=3).construct(\"w\")", 21, AMA_ERR_UNSUPPORTED, "Rolling.construct is not supported yet"},
    {"tas.rolling(time=3).meen()", 21, AMA_ERR_NOTFOUND, "did you mean 'mean'?"},
    {"tas.rolling(time=70, lat=65).std()", 30, AMA_ERR_UNSUPPORTED, "windows of more than 64 along more than one"},
    {"(tas > 3).rolling(time=2, lat=2).var()", 34, AMA_ERR_ARG, "var of windows of bool; use astype"},
    {"(tas > 3).rolling(time=2).max()", 27, AMA_ERR_ARG, "max of windows of bool; use astype"},
    {"tas.rolling(time=2) + 1", 21, AMA_ERR_ARG, ""},
    {"print(tas.coarsen(lat=3))", 7, AMA_ERR_UNSUPPORTED, "the text of a Coarsen"},
    {"tas.coarsen(lat=2).mean()", 20, AMA_ERR_ARG, "2 does not divide the 3 elements of dim"},
    {"tas.coarsen(lon=2)", 13, AMA_ERR_NOTFOUND, "no dim 'lon'"},
    {"tas.coarsen(lat=2, boundary=\"cut\")", 29, AMA_ERR_ARG, "'exact', 'trim' or 'pad', not 'cut'"},
    {"tas.coarsen(lat=2, side=\"top\")", 25, AMA_ERR_ARG, "'left' or 'right', not 'top'"},
    {"tas.coarsen(lat=3, coord_func=\"first\")", 31, AMA_ERR_UNSUPPORTED, "coord_func 'first'"},
    {"tas.coarsen(lat=9, boundary=\"trim\").mean()", 37, AMA_ERR_UNSUPPORTED, "nothing is left of the 3 elements"},
    {"x = -np.uint8(2)", 5, AMA_ERR_UNSUPPORTED, "-2, which uint8 does not hold"},
    {"tas.coarsen(lat=3, time=2).median()", 28, AMA_ERR_UNSUPPORTED, "median over several dims; over one dim it is"},
    {"(tas > 3).coarsen(lat=3).median()", 26, AMA_ERR_UNSUPPORTED, "median of bool; use astype"},
    {"tas.coarsen(lat=3).quantile(0.5)", 20, AMA_ERR_NOTFOUND, "unknown method 'quantile' of Coarsen"},
    {"tas.diff(\"tim\")", 10, AMA_ERR_NOTFOUND, "did you mean 'time'?"},
    {"tas.diff(\"lat\", n=-1)", 19, AMA_ERR_ARG, "n must be 0 or more"},
    {"tas.diff(\"lat\", label=\"mid\")", 23, AMA_ERR_ARG, "'upper' or 'lower', not 'mid'"},
    {"tas.rolling(lat=3, lon=3, center=[True, False])", 34, AMA_ERR_ARG, "a bool or {dim: bool}, not list"},
    {"tas.shift(lot=1)", 11, AMA_ERR_NOTFOUND, "no dim 'lot'"},
    {"tas.shift(lat=\"1\")", 15, AMA_ERR_ARG, "'lat' must be an int, not str"},
    {"(tas > 3).shift(lat=1)", 11, AMA_ERR_UNSUPPORTED, "shift of bool without fill_value"},
    {"tas.astype(\"i4\").shift(lat=1, fill_value=0.5)", 18, AMA_ERR_ARG, "does not fit into an array of int32"},
    {"tas.roll(lot=1)", 10, AMA_ERR_NOTFOUND, "no dim 'lot'"},
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
