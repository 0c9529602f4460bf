#!/usr/bin/env python3
"""open_mfdataset of 10,000 small classic files and of 200 netCDF-4 files: values held against numpy at 1 and 3 ranks,
with few descriptors; one bad file among them is named once.

  many_files.py --amasia PROGRAM --work DIR
"""
import argparse
import os
import resource
import shutil
import struct
import subprocess
import sys
import time

from bad_input import environment

try:
    import numpy as np
    import netCDF4
    import xarray as xr
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)

N, NX, N_HDF5 = 10000, 4, 200
DESCRIPTORS = 100
SCRIPT = """import xarray as xr
ds = xr.open_mfdataset("%s/*.nc")
ds.to_netcdf("%s")
"""


def check(truth, *what):
    if not truth:
        sys.exit("FAILED: " + " ".join(str(w) for w in what))


# ---- files

def name(s):
    b = s.encode()
    return struct.pack(">i", len(b)) + b + b"\0" * (-len(b) % 4)


def classic(path, day, values, units="days since 2000-01-01", dtype="f4", variable="v"):
    """A CDF-1 file of time(time), x(x) and v(time, x), written by the specification."""
    none = struct.pack(">ii", 0, 0)
    attrs = struct.pack(">ii", 12, 1) + name("units") + struct.pack(">i", 2) + name(units)
    dims = struct.pack(">ii", 10, 2) + name("time") + struct.pack(">i", 1) + name("x") + struct.pack(">i", NX)
    size = {"f4": 4, "f8": 8}[dtype]

    def header(begin):
        v = struct.pack(">ii", 11, 3)
        v += name("time") + struct.pack(">ii", 1, 0) + attrs + struct.pack(">iii", 6, 8, begin)
        v += name("x") + struct.pack(">ii", 1, 1) + none + struct.pack(">iii", 4, 4 * NX, begin + 8)
        v += name(variable) + struct.pack(">iii", 2, 0, 1) + none
        v += struct.pack(">iii", {4: 5, 8: 6}[size], size * NX, begin + 8 + 4 * NX)
        return b"CDF\1" + struct.pack(">i", 0) + dims + none + v
    h = header(len(header(0)))
    with open(path, "wb") as f:
        f.write(h + struct.pack(">d", day) + struct.pack(">%di" % NX, *range(NX)) + values.astype(">" + dtype).tobytes())


def order():
    """The time of every file, in the order of the names: mixed well."""
    return np.arange(N) * 7919 % N


def values(n):
    return (np.arange(n)[:, None] * 7 + np.arange(NX) * 3) % 1013 / 4


def make_classic(where):
    os.mkdir(where)
    v = values(N)
    for i, t in enumerate(order()):
        early = i == 17
        classic("%s/f%05d.nc" % (where, i), float(t + (365 if early else 0)), v[t],
                "days since 1999-01-01" if early else "days since 2000-01-01", "f8" if i == 23 else "f4")


def make_hdf5(where):
    """Each with a small variable and one of 2,048 chunks, whose table is too large to be made before it is asked for; with
    attributes that say which file it is, or of which week."""
    os.mkdir(where)
    for i in range(N_HDF5):
        with netCDF4.Dataset("%s/h%04d.nc" % (where, i), "w") as d:
            d.createDimension("time", 1)
            d.createDimension("x", NX)
            d.createDimension("y", 2048)
            d.createVariable("time", "f8", ("time",)).units = "days since 2000-01-01"
            d["time"][:] = i
            d.tracking_id = "id %d" % (i if i % 3 == 0 else 1)
            d.createVariable("v", "f4", ("time", "x"))[:] = values(N_HDF5)[None, i]
            d["v"].long_name = "v of week %d" % (i // 7)
            d.createVariable("w", "i4", ("time", "y"), chunksizes=(1, 1) if i % 50 == 7 else (1, 2048))[:] = np.arange(2048) * i


# ---- runs

def run(amasia, n_ranks, where, out):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    with open("script.py", "w") as f:
        f.write(SCRIPT % (where, out))
    command = (["mpirun", "-n", str(n_ranks)] if n_ranks > 1 else []) + [amasia, "run", "script.py"]
    env = dict(environment(), OMP_NUM_THREADS="1")
    p = subprocess.run(command, capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, preexec_fn=few, timeout=150)
    return p.returncode, p.stdout + p.stderr


def good(amasia, where, expected, attrs=None):
    for n_ranks in (1, 3):
        began = time.monotonic()
        status, text = run(amasia, n_ranks, where, "out%d.nc" % n_ranks)
        check(status == 0, where, n_ranks, text)
        print("%s at %d ranks: %.1f s" % (where, n_ranks, time.monotonic() - began))
        with xr.open_dataset("out%d.nc" % n_ranks) as ds:
            for k, x in expected.items():
                check(ds[k].shape == x.shape and (ds[k].values == x).all(), where, n_ranks, k, ds[k].values, x)
            for k, text in (attrs or {}).items():
                found = ds[k].attrs.get("long_name") if k in ds else ds.attrs.get(k)
                check(found == text, where, n_ranks, "attribute of", k, found)


def bad(amasia, what, file, words):
    """With this file among the others the run fails, names it once, and leaves nothing."""
    keep = "many/" + file
    for n_ranks in (1, 3):
        status, text = run(amasia, n_ranks, "many", "bad.nc")
        check(status != 0, what, "went through", text)
        check(text.count(file) == 1, what, n_ranks, "named", text.count(file), "times:", text)
        check(all(w in text for w in words), what, text)
        check(not [x for x in os.listdir(".") if x.startswith("bad.nc")], what, "left output")
    print(what, "->", text.strip().splitlines()[0][:200])
    os.remove(keep)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--amasia", required=True)
    p.add_argument("--work", required=True)
    a = p.parse_args()
    amasia = os.path.realpath(a.amasia)
    work = os.path.join(a.work, "many_files")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    os.chdir(work)
    make_hdf5("hdf5")
    day0 = np.datetime64("2000-01-01", "ns")
    good(amasia, "hdf5", {"v": values(N_HDF5), "w": np.arange(2048) * np.arange(N_HDF5)[:, None],
                          "time": day0 + np.arange(N_HDF5) * np.timedelta64(1, "D")},
         {"v": "v of week 0", "tracking_id": "id 0"})
    make_classic("many")
    good(amasia, "many", {"v": values(N), "x": np.arange(NX), "time": day0 + np.arange(N) * np.timedelta64(1, "D")})
    classic("many/odd0.nc", N, values(1)[0])
    os.truncate("many/odd0.nc", os.path.getsize("many/odd0.nc") - 6)
    bad(amasia, "truncated", "odd0.nc", ["truncated"])
    classic("many/odd1.nc", N, values(1)[0], variable="w")
    bad(amasia, "other variable", "odd1.nc", ["dim time"])
    classic("many/odd2.nc", 5, values(1)[0])
    bad(amasia, "the same time twice", "odd2.nc", ["same label"])
    classic("many/odd3.nc", N, values(1)[0], units="days since yesterday")
    bad(amasia, "units without a date", "odd3.nc", ["time"])
    os.chdir("/")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
