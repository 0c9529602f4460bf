#!/usr/bin/env python3
"""What the writers wrote, read by netCDF4, xarray, zarr and the usual command line tools.

Runs tests/unit/t530_write_formats at 1 and 3 ranks with AMA_WRITE_KEEP and compares every value with the formula of
tests/unit/write_sample.h. Usage: store_oracle.py path/to/t530_write_formats mpiexec
"""
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

try:
    import netCDF4
    import numpy as np
    import xarray as xr
    import zarr
except ImportError as e:
    print("SKIPPED: store_oracle.py needs xarray, netCDF4 and zarr: %s" % e)
    sys.exit(77)

SHAPE = {"time": 5, "lat": 6, "lon": 7, "nv": 2, "station": 4, "strlen": 6, "none": 0}
ATTRS = {"title": "Amasia \"sample\" \u2014 \U0001f30d\\ \n tab\t", "nothing": "", "doubles": [1.5, -2.25, 1e300],
         "real": float(np.float32(0.1)), "ints": [1, -2, 3], "short": -7}
NEW_ATTRS = {"strings": ["one", "", "dr\u00e9i"], "huge": 2**64 - 2}
FAILED = []


def check(condition, what):
    if not condition:
        FAILED.append(what)
        print("FAILED: " + what)


def expected(k, name, dims, dtype, missing):
    """Values of variable number k."""
    shape = [SHAPE[d] for d in dims]
    i = np.arange(int(np.prod(shape)), dtype="i8")
    if name.startswith("text"):
        words = ["" if n % 5 == 4 else "w\u00f6rd %d" % n for n in i]
        return np.array(words, dtype=object).reshape(shape)
    if name == "name":
        return np.array([b"%c" % (97 + (n + k) % 26) for n in i], dtype="S1").reshape(shape)
    x = (i * 7 + k * 13) % 100
    if name.endswith("_bool"):
        x = x % 2
    elif dtype.kind == "f":
        x = x + 0.5
    elif dtype.kind == "i":
        x = x - 50
    x = x.astype(dtype).reshape(shape)
    if name == "missing":
        x[0:2, 4:6, 0:3] = missing
    if name == "never":
        x[...] = missing
    return x


def check_attrs(got, what, new):
    want = dict(ATTRS, **(NEW_ATTRS if new else {}))
    check(set(got) >= set(want), what + ": names of attributes")
    for name, value in want.items():
        have = got[name]
        have = have.tolist() if hasattr(have, "tolist") else have
        check(have == value, "%s: attribute %s is %r, not %r" % (what, name, have, value))


def check_netcdf(path, data_model):
    what = os.path.basename(path)
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        nc.set_auto_chartostring(False)
        check(nc.data_model == data_model, "%s: is %s" % (what, nc.data_model))
        check(nc.dimensions["time"].isunlimited() and len(nc.dimensions["time"]) == 5, what + ": time")
        check_attrs({a: nc.getncattr(a) for a in nc.ncattrs()}, what, data_model == "NETCDF4")
        for k, (name, v) in enumerate(nc.variables.items()):
            dtype = np.dtype("O") if v.dtype is str else v.dtype
            want = expected(k, name, v.dimensions, dtype, -9)
            check(np.array_equal(v[...], want), "%s: values of %s" % (what, name))
            if name.startswith(("c_i1", "c_i4", "c_u1", "c_u4", "c_f4")):
                check(v._FillValue == 77 and v._FillValue.dtype == v.dtype, "%s: fill value of %s" % (what, name))
        if data_model == "NETCDF4":
            check(nc["c_i2"].chunking() == [2, 4, 3], what + ": chunks")
            check(nc["c_i2"].filters()["shuffle"] and nc["c_i2"].filters()["complevel"] == 3, what + ": filters")
            check(nc["c_i4"].filters()["fletcher32"], what + ": fletcher32")
            check(nc["d_i2"].chunking() == "contiguous", what + ": contiguous")
        names = list(nc.variables)
    with xr.open_dataset(path) as ds:
        ds.load()
        check({"time", "lat", "lon"} <= set(ds.indexes), what + ": xarray's indexes")
        check(ds.time.dtype.kind == "M", what + ": xarray's time")
        if "missing" in ds:
            check(int(np.isnan(ds.missing).sum()) == 12, what + ": xarray's missing values")
    return names


def check_appending(path):
    """netcdf-c may go on with the file: one more time step and an attribute."""
    copy = path + ".copy"
    shutil.copy(path, copy)
    with netCDF4.Dataset(copy, "a") as nc:
        nc["c_i2"][5] = 7
        nc["d_f4"][0] = 3.0
        nc.history = "appended"
    with netCDF4.Dataset(copy) as nc:
        check(nc["c_i2"].shape == (6, 6, 7) and (nc["c_i2"][5] == 7).all(), "appended step")
        check(nc.history == "appended" and (nc["d_f4"][0] == 3).all(), "appended attribute")
    os.remove(copy)


def check_zarr(path, names):
    for what, group in (("zarr", zarr.open_group(path, mode="r")), ("consolidated", zarr.open_consolidated(path))):
        check(set(group.array_keys()) == set(names), what + ": names")
        check_attrs(dict(group.attrs), what, True)
        for k, name in enumerate(names):
            a = group[name]
            dims = a.attrs["_ARRAY_DIMENSIONS"]
            want = expected(k, name, dims, a.dtype, -9)
            check(a.shape == want.shape and np.array_equal(a[...], want), "%s: values of %s" % (what, name))
    check(group["c_f4"].fill_value == 77 and "_FillValue" not in group["c_f4"].attrs, "zarr: fill value")
    with xr.open_zarr(path) as ds:
        ds.load()
        check(int(np.isnan(ds.missing).sum()) == 12, "zarr: xarray's missing values")
        check(ds.time.dtype.kind == "M" and ds.c_bool.dtype == bool, "zarr: xarray's dtypes")


def check_tools(path):
    """Every tool that is here must read the whole file."""
    for command in (["ncdump", path], ["h5dump", path], ["ncks", path], ["cdo", "-s", "sinfo", path],
                    ["cdo", "-s", "infon", "-selname,c_f4,d_f8", path]):
        if not shutil.which(command[0]) or (command[0] == "h5dump" and not path.endswith("sample4.nc")):
            continue
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
        check(done.returncode == 0, "%s: %s" % (" ".join(command), done.stderr.decode(errors="replace")[-300:]))


def main():
    warnings.simplefilter("ignore")
    program, mpiexec = sys.argv[1:3]
    for n_ranks in (1, 3):
        with tempfile.TemporaryDirectory(prefix="amasia-oracle-") as keep:
            env = dict(os.environ, AMA_WRITE_KEEP=keep)
            done = subprocess.run([mpiexec, "-n", str(n_ranks), program], env=env, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=120)
            if done.returncode:
                print(done.stdout.decode(errors="replace"))
                return 1
            names = check_netcdf(os.path.join(keep, "sample4.nc"), "NETCDF4")
            check_netcdf(os.path.join(keep, "sample1.nc"), "NETCDF3_CLASSIC")
            check_netcdf(os.path.join(keep, "sample2.nc"), "NETCDF3_64BIT_OFFSET")
            check_netcdf(os.path.join(keep, "sample5.nc"), "NETCDF3_64BIT_DATA")
            check_appending(os.path.join(keep, "sample4.nc"))
            check_zarr(os.path.join(keep, "sample.zarr"), names)
            for name in ("sample4.nc", "sample1.nc", "sample2.nc", "sample5.nc"):
                check_tools(os.path.join(keep, name))
            print("%d ranks: %d variables in 5 formats, %d failures so far" % (n_ranks, len(names), len(FAILED)))
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
