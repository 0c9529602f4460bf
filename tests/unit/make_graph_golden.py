#!/usr/bin/python3
"""Writes graph_golden_*.inc beside itself: what xarray makes of the objects of graph_test.h.

Run by hand: /usr/bin/python3 tests/unit/make_graph_golden.py. The oracle of the scripts (../xr_oracle.py) makes the
installed xarray behave as the current one; the functions named model_* state newer rules in a few lines.
"""
import os
import sys

import cftime
import numpy as np
import pandas as pd
import xarray as xr

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import xr_oracle  # noqa: E402

xr_oracle.install()


def build():
    i = np.arange(72)
    x = ((i * i % 23) * 0.5 - 3).astype("f4")
    x[i % 11 == 5] = np.nan
    tas = xr.DataArray(x.reshape(6, 3, 4), dims=("time", "lat", "lon"), name="tas", attrs={"units": "K", "model": "A"}, coords={
        "time": pd.date_range("2000-01-28", periods=6, freq="12D"),
        "lat": ("lat", [30., 10., -20.], {"units": "degrees_north"}), "lon": [0, 90, 180, 270], "height": 2.0,
        "lsm": (("lat", "lon"), (np.arange(12, dtype="i4") % 3).reshape(3, 4)),
        "kind": ("time", ["a", "b", "c", "a", "b", "a"])})
    n = xr.DataArray(np.arange(1, 10, dtype="i2").reshape(3, 3), dims=("lon", "lat"), name="n", attrs={"units": "1", "model": "A"},
                     coords={"lon": [270, 90, 0], "lat": [30., 10., -20.], "height": 10.0})
    ds = tas.to_dataset()
    ds["w"] = ("lat", [1, 2, 3])
    ds["zone"] = ("lat", ["north", "tropics", "south"])
    ds["five"] = 5
    ds.attrs = {"title": "T"}
    cf = xr.DataArray(np.arange(24.), dims="time", name="cf", coords={
        "time": [cftime.DatetimeNoLeap(2000 + k // 12, k % 12 + 1, 16, 12) for k in range(24)]})
    return tas, n, ds, cf


def one(name, v):
    kind = v.dtype.kind
    times = kind == "M" or (kind == "O" and v.size and isinstance(v.values.flat[0], cftime.datetime)) or (
        kind == "O" and name == "time")  # no times are left of cftime's
    dtype = "time" if times else "str" if kind in "UO" else str(v.dtype)
    if times:
        values = [str(x) for x in v.values.flat]
    elif dtype == "str":
        values = [str(x) for x in v.values.flat]
    else:
        values = ["nan" if x != x else "%.7g" % (x + 0.0) for x in v.values.ravel().astype("f8" if kind != "b" else "i8")]
    head = f"{name}({','.join(f'{d}={s}' for d, s in zip(v.dims, v.shape))}) {dtype}"
    return " ".join([head] + values + [f"{k}:{a}" for k, a in v.attrs.items()]) + "\n"


def text(o):
    if isinstance(o, xr.Dataset):
        lines = [one(k, o[k].variable) for k in o.data_vars]
    else:
        lines = [one(o.name, o.variable)]
    lines += ["-\n"] + [one(k, o.coords[k].variable) for k in o.coords]
    if isinstance(o, xr.Dataset):
        lines += [f"{k}:{a}\n" for k, a in o.attrs.items()]
    return "".join(lines)


def write(name, cases):
    with open(os.path.join(HERE, f"graph_golden_{name}.inc"), "w") as f:
        f.write("/* Made by make_graph_golden.py. */\n/* clang-format off */\n")
        for key, fn in cases.items():
            tas, n, ds, cf = build()
            try:
                t = text(fn(tas, n, ds, cf))
            except Exception as error:  # noqa: BLE001: whatever xarray raises is "error"
                print(f"{name} {key}: {type(error).__name__}: {error}")
                t = "error\n"
            lines = "\n    ".join('"%s\\n"' % line.replace('"', '\\"') for line in t.splitlines())
            f.write(f'{{"{key}",\n    {lines}}},\n')
    print(name, len(cases))


def model_attrs(result, a, b):
    """Operators of Datasets merge their attributes, a DataArray's too (xarray 2025.11)."""
    return result.assign_attrs(xr_oracle.merge_attrs([a.attrs, b.attrs], "drop_conflicts"))


def model_float_mask(x, cond):
    """where() of 1 and 2 byte integers gives float32 (SEMANTICS 1.0)."""
    return x.astype("f4").where(cond)


SELECT = {
    "isel_int": lambda a, n, ds, cf: a.isel(time=-1, lon=1),
    "isel_slice": lambda a, n, ds, cf: a.isel(time=slice(1, None, 2), lon=slice(None, None, -1)),
    "isel_list": lambda a, n, ds, cf: a.isel(lat=[2, 0, -1]),
    "isel_bools": lambda a, n, ds, cf: a.isel(lon=[True, False, False, True]),
    "isel_out": lambda a, n, ds, cf: a.isel(lat=3),
    "isel_no_dim": lambda a, n, ds, cf: a.isel(x=3),
    "isel_ignore": lambda a, n, ds, cf: a.isel(x=3, lat=1, missing_dims="ignore"),
    "isel_drop": lambda a, n, ds, cf: a.isel(lat=0, drop=True),
    "isel_array_same": lambda a, n, ds, cf: n.isel(lat=xr.DataArray([2, 0], dims="lat")),
    "isel_array_new": lambda a, n, ds, cf: n.isel(lat=xr.DataArray([2, 0], dims="p", coords={"p": [7, 8]})),
    "isel_array_bool": lambda a, n, ds, cf: n.isel(lat=n.lat > 0),
    "isel_empty": lambda a, n, ds, cf: n.isel(lat=slice(2, 1)),
    "isel_ds": lambda a, n, ds, cf: ds.isel(lat=[1], lon=0),
    "sel_number": lambda a, n, ds, cf: n.sel(lat=10, lon=90),
    "sel_missing": lambda a, n, ds, cf: n.sel(lat=11),
    "sel_missing_list": lambda a, n, ds, cf: n.sel(lat=[10, 11]),
    "sel_text_on_number": lambda a, n, ds, cf: n.sel(lat="x"),
    "sel_list": lambda a, n, ds, cf: n.sel(lat=[-20, 30], lon=[0]),
    "sel_down": lambda a, n, ds, cf: n.sel(lat=slice(30, 0)),
    "sel_up_on_down": lambda a, n, ds, cf: n.sel(lat=slice(0, 30)),
    "sel_step": lambda a, n, ds, cf: a.isel(time=0, lat=0).sel(lon=slice(0, 270, 2)),
    "sel_reverse": lambda a, n, ds, cf: a.isel(time=0, lat=0).sel(lon=slice(None, None, -1)),
    "sel_nearest": lambda a, n, ds, cf: n.sel(lat=[19.9, 20, -100], method="nearest"),
    "sel_pad": lambda a, n, ds, cf: a.isel(time=0, lat=0).sel(lon=[100, 90, 300], method="pad"),
    "sel_backfill": lambda a, n, ds, cf: a.isel(time=0, lat=0).sel(lon=[100, 90, 1], method="bfill"),
    "sel_pad_none": lambda a, n, ds, cf: a.isel(time=0, lat=0).sel(lon=-1, method="pad"),
    "sel_tolerance": lambda a, n, ds, cf: a.isel(time=0, lat=0).sel(lon=[92], method="nearest", tolerance=2),
    "sel_too_far": lambda a, n, ds, cf: a.isel(time=0, lat=0).sel(lon=93, method="nearest", tolerance=2),
    "sel_method_slice": lambda a, n, ds, cf: n.sel(lat=slice(30, 0), method="nearest"),
    "sel_no_dim": lambda a, n, ds, cf: n.sel(x=1),
    "sel_positional": lambda a, n, ds, cf: n.drop_vars("lat").sel(lat=1),
    "sel_unordered": lambda a, n, ds, cf: n.isel(lon=[1, 0, 2]).sel(lon=slice(90, 270)),
    "sel_unordered_gap": lambda a, n, ds, cf: n.isel(lon=[1, 0, 2]).sel(lon=slice(80, 270)),
    "sel_month": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time="2000-02"),
    "sel_year": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time="2000"),
    "sel_no_year": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time="2003"),
    "sel_day": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time="2000-02-09"),
    "sel_no_day": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time="2000-02-10"),
    "sel_dates": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time=["2000-03-28", "2000-02-09"]),
    "sel_date_slice": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time=slice("2000-02", "2000-03-04")),
    "sel_date_open": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time=slice(None, "2000-02-20T23")),
    "sel_date_nearest": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time="2000-02-15", method="nearest"),
    "sel_cf_month": lambda a, n, ds, cf: cf.sel(time="2001-02"),
    "sel_cf_slice": lambda a, n, ds, cf: cf.sel(time=slice("2000-11", "2001-02")),
    "sel_cf_down": lambda a, n, ds, cf: cf.isel(time=slice(None, None, -1)).sel(time=slice("2001-02", "2000-11")),
    "sel_cf_gap": lambda a, n, ds, cf: cf.sel(time="2001-02-10"),
    "sel_cf_outside": lambda a, n, ds, cf: cf.sel(time="2005"),
    "sel_down_dates": lambda a, n, ds, cf: a.isel(time=slice(None, None, -1)).sel(time=slice("2000-02", "2000-01")),
    "sel_array_labels": lambda a, n, ds, cf: n.sel(lat=xr.DataArray([-20., 10.], dims="p")),
    "sel_array_times": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time=a.time[2]),
    "sel_bool_array": lambda a, n, ds, cf: a.isel(lat=0, lon=0).sel(time=a.time.dt.month == 2),
    "head": lambda a, n, ds, cf: n.head(lat=2, lon=1),
    "tail": lambda a, n, ds, cf: n.tail(2),
    "thin": lambda a, n, ds, cf: n.thin(lon=2),
    "get_month": lambda a, n, ds, cf: a["time.month"],
    "dt_season": lambda a, n, ds, cf: a.time.dt.season,
    "cf_days": lambda a, n, ds, cf: cf.time.dt.days_in_month,
}

ARITH = {
    "add_float": lambda a, n, ds, cf: a.isel(time=0) + 2.5,
    "add_int": lambda a, n, ds, cf: n + 1,
    "add_int_float": lambda a, n, ds, cf: n + 1.5,
    "int_div": lambda a, n, ds, cf: n / 2,
    "rsub": lambda a, n, ds, cf: 1 - n,
    "bool_add": lambda a, n, ds, cf: (n > 3) + 1,
    "power": lambda a, n, ds, cf: n ** 2 + n ** 0.5,
    "negate": lambda a, n, ds, cf: -n,
    "floor_mod": lambda a, n, ds, cf: (n - 5) // 2 + (n - 5) % 3,
    "align": lambda a, n, ds, cf: a.isel(time=0) - n,
    "align_swap": lambda a, n, ds, cf: n * a.isel(time=slice(0, 2)),
    "same_name": lambda a, n, ds, cf: a.isel(time=0) - a.mean("time"),
    "broadcast": lambda a, n, ds, cf: a.lat * a.lon,
    "no_common_size": lambda a, n, ds, cf: n.drop_vars(["lat", "lon"]) + a.isel(time=0).drop_vars(["lat", "lon"]),
    "compare": lambda a, n, ds, cf: (a.isel(time=0) > 0) & (a.isel(time=0).lat > 0) | (n == 9),
    "invert": lambda a, n, ds, cf: ~(n > 4),
    "float_and": lambda a, n, ds, cf: a & 1,
    "ds_scalar": lambda a, n, ds, cf: ds[["tas", "w"]].isel(time=0, lon=0) * 2,
    "ds_ds": lambda a, n, ds, cf: model_attrs(ds[["w", "five"]] - ds[["five", "tas"]].isel(time=0), ds, ds),
    "ds_array": lambda a, n, ds, cf: model_attrs(ds[["w", "five"]] + n, ds, n),
    "array_ds": lambda a, n, ds, cf: model_attrs(n - ds[["w"]], ds, n),
    "np_cos": lambda a, n, ds, cf: np.cos(np.deg2rad(a.lat)),
    "np_sqrt_int": lambda a, n, ds, cf: np.sqrt(n.astype("i4")),
    "np_maximum": lambda a, n, ds, cf: np.maximum(n, a.isel(time=0)),
    "np_isfinite": lambda a, n, ds, cf: np.isfinite(a.isel(time=0)),
    "np_logical": lambda a, n, ds, cf: np.logical_and(n > 2, n - 4),
    "np_abs": lambda a, n, ds, cf: np.abs(n - 5),
    "round": lambda a, n, ds, cf: (n / 8).round(1),
    "clip": lambda a, n, ds, cf: a.isel(time=0).clip(-1, 4.5),
    "clip_min": lambda a, n, ds, cf: n.clip(min=4),
    "astype": lambda a, n, ds, cf: n.astype("f4"),
    "where": lambda a, n, ds, cf: a.isel(time=0).where(a.isel(time=0) > 0),
    "where_int": lambda a, n, ds, cf: model_float_mask(n, n > 4),
    "where_other": lambda a, n, ds, cf: n.where(n > 4, -1),
    "where_dims": lambda a, n, ds, cf: n.astype("f8").where(a.lsm == 1),
    "where_drop": lambda a, n, ds, cf: a.isel(time=0).where((a.lon != 90) & (a.lat > 0), drop=True),
    "where_drop_inner": lambda a, n, ds, cf: a.isel(time=0).where(n > 6, drop=True),
    "where_exact": lambda a, n, ds, cf: a.isel(time=0).where(n > 6, 0),
    "where_ds": lambda a, n, ds, cf: ds[["tas", "w"]].isel(time=0).where(a.lat > 0),
    "xr_where": lambda a, n, ds, cf: xr.where(n > 4, n, 0),
    "xr_where_scalars": lambda a, n, ds, cf: xr.where(a.lsm == 1, 1, 0.5),
    "fillna": lambda a, n, ds, cf: a.isel(time=0).fillna(0),
    "fillna_array": lambda a, n, ds, cf: a.isel(time=1).fillna(n.astype("f4")),
    "isnull": lambda a, n, ds, cf: a.isel(time=0).isnull(),
    "notnull": lambda a, n, ds, cf: n.notnull(),
    "isin": lambda a, n, ds, cf: a.lsm.isin([0, 2]),
    "month_isin": lambda a, n, ds, cf: a.time.dt.month.isin([1, 3]),
    "season_is": lambda a, n, ds, cf: a.time.dt.season == "MAM",
    "time_after": lambda a, n, ds, cf: a.time > np.datetime64("2000-02-21"),
    "time_minus_text": lambda a, n, ds, cf: a.time + "x",
    "kind_is": lambda a, n, ds, cf: a.kind != "a",
    "text_plus": lambda a, n, ds, cf: a.kind + 1,
}

REDUCE = {
    "mean_all": lambda a, n, ds, cf: a.mean(),
    "mean_time": lambda a, n, ds, cf: a.mean("time"),
    "mean_list": lambda a, n, ds, cf: a.mean(["lat", "lon"]),
    "mean_strict": lambda a, n, ds, cf: a.mean("time", skipna=False),
    "mean_no_attrs": lambda a, n, ds, cf: n.mean("lat", keep_attrs=False),
    "mean_no_dim": lambda a, n, ds, cf: a.mean("tine"),
    "sum_int": lambda a, n, ds, cf: n.sum("lon"),
    "sum_min_count": lambda a, n, ds, cf: a.sum("time", min_count=6),
    "count": lambda a, n, ds, cf: a.count("time"),
    "std": lambda a, n, ds, cf: a.std("time", ddof=1),
    "max_int": lambda a, n, ds, cf: n.max("lat"),
    "any": lambda a, n, ds, cf: (n > 6).any("lon"),
    "time_max": lambda a, n, ds, cf: a.time.max(),
    "scalar_mean": lambda a, n, ds, cf: ds.five.mean(),
    "ds_mean": lambda a, n, ds, cf: ds.mean("time"),
    "ds_mean_lat": lambda a, n, ds, cf: ds.mean("lat"),
    "ds_count": lambda a, n, ds, cf: ds.count("lon"),
    "ds_std": lambda a, n, ds, cf: ds[["tas", "w", "five"]].std("time"),
    "month_mean": lambda a, n, ds, cf: a.groupby("time.month").mean(),
    "month_mean_dim": lambda a, n, ds, cf: a.transpose("lat", "time", "lon").groupby("time.month").mean("time"),
    "month_all": lambda a, n, ds, cf: a.groupby("time.month").sum(...),
    "month_two": lambda a, n, ds, cf: a.groupby("time.month").count(["time", "lon"]),
    "season_max": lambda a, n, ds, cf: a.groupby("time.season").max("time"),
    "kind_std": lambda a, n, ds, cf: a.groupby("kind").std("time"),
    "kind_first": lambda a, n, ds, cf: a.isel(lat=0).groupby("kind").first(),
    "kind_last": lambda a, n, ds, cf: a.isel(lat=0).groupby("kind").last(skipna=False),
    "lat_mean": lambda a, n, ds, cf: a.groupby("lat").mean(["time", "lon"]),
    "by_array": lambda a, n, ds, cf: n.groupby(xr.DataArray([2, 1, 2], dims="lat")).sum("lat"),
    "by_nan": lambda a, n, ds, cf: n.groupby(xr.DataArray([2, np.nan, 1], dims="lat", name="k")).sum("lat").astype("i8"),
    "by_2d": lambda a, n, ds, cf: (_ for _ in ()).throw(NotImplementedError("two dims of labels")),
    "ds_month": lambda a, n, ds, cf: ds[["tas", "w", "five"]].groupby("time.month").mean("time"),
    "anomaly": lambda a, n, ds, cf: a.groupby("time.month") - a.groupby("time.month").mean("time"),
    "anomaly_reversed": lambda a, n, ds, cf: a.groupby("time.month").mean("time") - a.groupby("time.month"),
    "anomaly_part": lambda a, n, ds, cf: a.groupby("time.month") / a.groupby("time.month").mean("time").sel(month=[2, 1]),
    "anomaly_nan_key": lambda a, n, ds, cf: model_nan_key(n),
    "anomaly_ds": lambda a, n, ds, cf: model_attrs(ds[["tas", "w"]].groupby("time.month") - ds[["tas", "w"]].groupby("time.month").mean("time"), ds, ds),
    "anomaly_number": lambda a, n, ds, cf: a.groupby("time.month") - 1,
    "anomaly_no_dim": lambda a, n, ds, cf: a.groupby("time.month") - n,
    "resample_ms": lambda a, n, ds, cf: a.resample(time="MS").mean(),
    "resample_gap": lambda a, n, ds, cf: a.isel(lat=0).resample(time="8D").count(),
    "resample_full": lambda a, n, ds, cf: a.isel(lat=0).resample(time="12D").count(),
    "resample_cf": lambda a, n, ds, cf: cf.resample(time="QS-DEC").sum(),
    "resample_not_time": lambda a, n, ds, cf: a.resample(lat="MS").mean(),
    "resample_bad": lambda a, n, ds, cf: a.resample(time="MX").mean(),
    "resample_ds": lambda a, n, ds, cf: ds[["tas"]].resample(time="MS").max(),
    "median": lambda a, n, ds, cf: a.median("time"),
    "median_int": lambda a, n, ds, cf: n.median(),
    "median_strict": lambda a, n, ds, cf: a.median(["lat", "time"], skipna=False),
    "median_bool": lambda a, n, ds, cf: (n > 6).median("lon"),
    "median_ds": lambda a, n, ds, cf: ds.median("lat"),
    "median_scalar": lambda a, n, ds, cf: ds.five.median(),
    "median_time": lambda a, n, ds, cf: (_ for _ in ()).throw(NotImplementedError("quantiles of times")),
    "quantile": lambda a, n, ds, cf: a.quantile([0.9, 0.1], "time"),
    "quantile_scalar": lambda a, n, ds, cf: a.quantile(0.3, ["lat", "lon"]),
    "quantile_all": lambda a, n, ds, cf: a.quantile([0.25]),
    "quantile_lower": lambda a, n, ds, cf: n.quantile([0.5, 0.75], "lat", method="lower"),
    "quantile_ds": lambda a, n, ds, cf: ds[["tas", "w", "five"]].quantile([0.5, 1], "lat"),
    "quantile_ds_numbers": lambda a, n, ds, cf: ds.quantile(0.5, "lat", numeric_only=True),
    "quantile_ds_text": lambda a, n, ds, cf: ds.quantile(0.5, "lat"),
    "quantile_no_dim": lambda a, n, ds, cf: a.quantile(0.5, "tine"),
    "quantile_range": lambda a, n, ds, cf: a.quantile(1.01, "time"),
    "quantile_bool": lambda a, n, ds, cf: (n > 6).quantile(0.5, "lon"),
    "quantile_twice": lambda a, n, ds, cf: a.quantile([0.5], "time").quantile([0.5], "lat"),
    "month_median": lambda a, n, ds, cf: a.groupby("time.month").median(),
    "month_quantile": lambda a, n, ds, cf: a.groupby("time.month").quantile([0.2, 0.8], "time"),
    "month_quantile_scalar": lambda a, n, ds, cf: a.transpose("lat", "time", "lon").groupby("time.month").quantile(0.2),
    "month_quantile_all": lambda a, n, ds, cf: a.groupby("time.month").quantile([0.2, 0.8], ...),
    "month_quantile_ds": lambda a, n, ds, cf: ds[["tas", "w", "five"]].groupby("time.month").quantile(0.2, ["time", "lon"]),
    "resample_quantile": lambda a, n, ds, cf: a.isel(lat=0).resample(time="8D").quantile([0.2, 0.8]),
    "resample_median": lambda a, n, ds, cf: cf.astype("i4").resample(time="QS-DEC").median(),
    "weighted_mean": lambda a, n, ds, cf: a.weighted(ds.w).mean(["lat", "lon"]),
    "weighted_all": lambda a, n, ds, cf: a.weighted(ds.w).mean(),
    "weighted_sum": lambda a, n, ds, cf: a.weighted(ds.w.astype("f4")).sum("lat"),
    "weighted_sum_of_weights": lambda a, n, ds, cf: a.weighted(ds.w).sum_of_weights("lat"),
    "weighted_zero": lambda a, n, ds, cf: a.weighted(ds.w * 0.0).mean("lat"),
    "weighted_strict": lambda a, n, ds, cf: a.weighted(ds.w).mean("lat", skipna=False),
    "weighted_var": lambda a, n, ds, cf: a.weighted(ds.w).var("lat"),
    "weighted_std_time": lambda a, n, ds, cf: a.weighted(ds.w).std(["lat", "time"]),
    "weighted_inner": lambda a, n, ds, cf: a.weighted(n).sum(["lat", "lon"]),
    "weighted_ds": lambda a, n, ds, cf: ds[["tas", "w"]].weighted(ds.w).mean("lat"),
    "weighted_nan": lambda a, n, ds, cf: a.weighted(a).mean(),
    "weighted_no_dim": lambda a, n, ds, cf: a.weighted(ds.w).mean("x"),
}


def model_nan_key(n):
    """Elements without a group drop out; where() gives float32 of 2 byte integers."""
    key = xr.DataArray([2, np.nan, 1], dims="lat", name="k")
    # Groups of integers stay integers now, where a key is NaN too.
    m = n.isel(lat=[0, 2]).astype("f4")
    sums = n.groupby(key).sum("lat")
    return m - sums.assign_coords(height=("k", [10., 10.])).isel(k=xr.DataArray([1, 0], dims="lat"))


write("select", SELECT)
write("arith", ARITH)
write("reduce", REDUCE)

WINDOW = {
    "rolling_mean": lambda a, n, ds, cf: a.rolling(time=3).mean(),
    "rolling_center": lambda a, n, ds, cf: a.rolling(lon=4, center=True, min_periods=1).sum(),
    "rolling_center_odd": lambda a, n, ds, cf: a.rolling(time=3, center=True, min_periods=2).max(),
    "rolling_wide": lambda a, n, ds, cf: a.isel(lon=0).rolling(time=9, min_periods=2).min(),
    "rolling_count": lambda a, n, ds, cf: a.isel(lon=0).rolling(time=3, min_periods=2).count(),
    "rolling_var": lambda a, n, ds, cf: a.isel(lat=0).rolling(time=4, min_periods=1).var(ddof=1),
    "rolling_i2_sum": lambda a, n, ds, cf: n.rolling(lat=2).sum(),
    "rolling_i2_mean": lambda a, n, ds, cf: n.rolling(lat=2).mean(),
    "rolling_i2_max": lambda a, n, ds, cf: n.rolling(lat=2, min_periods=1).max(),
    "rolling_i2_std": lambda a, n, ds, cf: n.rolling(lat=2).std(),
    "rolling_bare": lambda a, n, ds, cf: n.rolling(lon=2).min(keep_attrs=False),
    "rolling_two": lambda a, n, ds, cf: a.rolling(lat=2, lon=2, min_periods=3).mean(),
    "rolling_two_max": lambda a, n, ds, cf: n.rolling(lat=2, lon=3, center=True, min_periods=2).max(),
    "rolling_two_count": lambda a, n, ds, cf: a.isel(time=0).rolling(lat=2, lon=2).count(),
    "rolling_ds": lambda a, n, ds, cf: ds[["tas", "five"]].rolling(time=2).sum(),
    "rolling_ds_part": lambda a, n, ds, cf: ds[["tas", "w"]].rolling(time=2, lat=2).max(keep_attrs=False),
    "rolling_ds_count": lambda a, n, ds, cf: ds[["tas"]].rolling(lat=2, min_periods=1).count(),
    "rolling_no_dim": lambda a, n, ds, cf: ds.rolling(x=2).mean(),
    "rolling_zero": lambda a, n, ds, cf: a.rolling(time=0).mean(),
    "coarsen_mean": lambda a, n, ds, cf: a.drop_vars("kind").coarsen(time=2).mean(),
    "coarsen_exact": lambda a, n, ds, cf: a.drop_vars("kind").coarsen(time=4).mean(),
    "coarsen_trim": lambda a, n, ds, cf: a.drop_vars("kind").coarsen(time=4, boundary="trim").max(),
    "coarsen_right": lambda a, n, ds, cf: a.drop_vars("kind").coarsen(time=4, boundary="trim", side="right").min(),
    "coarsen_pad": lambda a, n, ds, cf: a.coarsen(lat=2, boundary="pad").sum(),
    "coarsen_pad_right": lambda a, n, ds, cf: a.coarsen(lat=2, boundary="pad", side="right").count(),
    "coarsen_pad_strict": lambda a, n, ds, cf: a.coarsen(lat=2, boundary="pad").mean(skipna=False),
    "coarsen_func": lambda a, n, ds, cf: a.drop_vars("kind").coarsen(time=3, lat=3, coord_func="max").mean(),
    "coarsen_funcs": lambda a, n, ds, cf: a.coarsen(lat=3, lon=2, coord_func={"lon": "min", "lsm": "sum"}).max(keep_attrs=False),
    "coarsen_i2": lambda a, n, ds, cf: n.coarsen(lat=3).sum(),
    "coarsen_i2_max": lambda a, n, ds, cf: n.coarsen(lat=3, lon=3).max(),
    "coarsen_i2_pad": lambda a, n, ds, cf: n.coarsen(lat=2, boundary="pad").min(),
    "coarsen_i2_mean": lambda a, n, ds, cf: n.coarsen(lat=3, lon=3).mean(),
    "coarsen_any": lambda a, n, ds, cf: (n > 4).coarsen(lat=3).any(),
    "coarsen_all": lambda a, n, ds, cf: (n > 3).coarsen(lat=3).all(),
    "coarsen_std": lambda a, n, ds, cf: a.drop_vars("kind").coarsen(time=3).std(),
    "coarsen_std_two": lambda a, n, ds, cf: a.drop_vars("kind").coarsen(time=3, lon=2).std(),
    "coarsen_var_pad": lambda a, n, ds, cf: n.coarsen(lat=2, lon=2, boundary="pad").var(),
    "coarsen_var_right": lambda a, n, ds, cf: n.coarsen(lat=2, lon=2, boundary="trim", side="right").var(skipna=False),
    "coarsen_prod": lambda a, n, ds, cf: n.coarsen(lon=3).prod(),
    "coarsen_cf": lambda a, n, ds, cf: cf.coarsen(time=12).mean(),
    "coarsen_ds": lambda a, n, ds, cf: ds[["tas", "w", "five"]].coarsen(lat=3).sum(keep_attrs=False),
    "coarsen_text": lambda a, n, ds, cf: ds.coarsen(lat=3).mean(),
    "coarsen_no_dim": lambda a, n, ds, cf: a.coarsen(x=3).mean(),
    "diff": lambda a, n, ds, cf: a.diff("time"),
    "diff_lower": lambda a, n, ds, cf: n.diff("lat", label="lower"),
    "diff_twice": lambda a, n, ds, cf: n.diff("lon", n=2),
    "diff_none": lambda a, n, ds, cf: n.diff("lon", n=0),
    "diff_all": lambda a, n, ds, cf: n.diff("lon", n=3),
    "diff_ds": lambda a, n, ds, cf: ds[["tas", "w", "five"]].diff("lat"),
    "diff_text": lambda a, n, ds, cf: ds.diff("lat"),
    "shift": lambda a, n, ds, cf: a.shift(time=2),
    "shift_back": lambda a, n, ds, cf: a.shift(lon=-1, lat=1),
    "shift_i2": lambda a, n, ds, cf: n.shift(lat=1),
    "shift_far": lambda a, n, ds, cf: n.shift(lat=7),
    "shift_none": lambda a, n, ds, cf: n.shift(lat=0),
    "shift_fill": lambda a, n, ds, cf: n.shift(lat=-1, fill_value=9),
    "shift_ds": lambda a, n, ds, cf: ds[["tas", "w", "five"]].shift(lat=1, fill_value={"w": -1}),
    "shift_no_dim": lambda a, n, ds, cf: ds.shift(x=1),
    "roll": lambda a, n, ds, cf: a.roll(lon=1),
    "roll_coords": lambda a, n, ds, cf: a.roll(lon=-1, time=2, roll_coords=True),
    "roll_round": lambda a, n, ds, cf: n.roll(lat=7, roll_coords=False),
    "roll_ds": lambda a, n, ds, cf: ds.roll(lat=1, roll_coords=True),
    "roll_no_dim": lambda a, n, ds, cf: a.roll(x=1),
}
write("window", WINDOW)
