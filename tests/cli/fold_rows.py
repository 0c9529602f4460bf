#!/usr/bin/env python3
"""Rows of several chunks enter the same cells together: reductions over time against numpy in float64, with units as large
as they are in earnest, NaN in some rows, labels that change between rows, at 1 and 3 ranks.

  fold_rows.py --amasia PROGRAM [--work DIR]
"""
import os
import subprocess
import sys
import warnings

import frame
from bad_input import environment

try:
    import netCDF4
    import numpy as np
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)

SCRIPT = """import xarray as xr
t = xr.open_dataset(%r).t
xr.Dataset({"mean": t.mean("time"), "sum": t.sum("time", skipna=False), "largest": t.max("time"),
            "smallest": t.min("time", skipna=False), "part": t.isel(time=slice(3, 40)).mean("time"),
            "half": t.groupby("half").mean("time")}).to_netcdf("out.nc")
"""
problems = []


def make(path, rows):
    t = (280 + 10 * np.random.default_rng(rows).standard_normal((61, 40, 50))).astype("f4")
    t[::9, 3:20] = np.nan
    t[:, 0, 0] = np.nan
    t[5, 30, 7:9] = np.inf, -np.inf
    half = (np.arange(61) > 22).astype("i4")
    with netCDF4.Dataset(path, "w") as nc:
        for name, n in zip(("time", "lat", "lon"), t.shape):
            nc.createDimension(name, n)
        nc.createVariable("half", "i4", ("time",))[:] = half
        nc.createVariable("t", "f4", ("time", "lat", "lon"), zlib=True, chunksizes=(rows, 40, 50))[:] = t
        nc["t"].coordinates = "half"
    x = t.astype("f8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {"mean": np.nanmean(x, 0), "sum": x.sum(0), "largest": np.nanmax(x, 0), "smallest": x.min(0),
                "part": np.nanmean(x[3:40], 0), "half": np.stack([np.nanmean(x[half == k], 0) for k in (0, 1)])}


def test(amasia):
    for rows in (1, 3):
        name = "rows%d.nc" % rows
        want = make(name, rows)
        with open("fold.py", "w") as f:
            f.write(SCRIPT % name)
        for n in (1, 3):
            command = (["mpirun", "-n", str(n)] if n > 1 else []) + [amasia, "run", "--threads", "1", "fold.py"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment())
            if done.returncode:
                problems.append("chunks of %d, %d ranks: exit %d, %s" % (rows, n, done.returncode, done.stderr))
                continue
            with netCDF4.Dataset("out.nc") as nc:
                for k, x in want.items():
                    got = np.ma.filled(nc[k][:], np.nan)
                    if not np.array_equal(got, x.astype("f4"), equal_nan=True):
                        problems.append("chunks of %d, %d ranks: %s differs" % (rows, n, k))
            os.remove("out.nc")


if __name__ == "__main__":
    sys.exit(frame.run(__doc__, "fold_rows", test, problems, "rows of several chunks are folded as one by one"))
