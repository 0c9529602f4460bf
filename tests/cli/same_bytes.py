#!/usr/bin/env python3
"""Whole output files and stores are the same byte for byte at any number of ranks and threads, any budget and any cut into
tiles: netCDF-4 contiguous, chunked and compressed, classic, CDF-5, Zarr, of scripts and of convert. netCDF-4 with more
than 64 MiB of values in chunks needs --canonical for it. The date in the attribute history is given; the budget is named there too, in as
many letters each time, so that only they may differ, and HDF5's checksum of them.

  same_bytes.py --amasia PROGRAM --work DIR [--np 1,2,3,4,7]
"""
import argparse
import os
import shutil
import subprocess
import sys

from bad_input import environment

try:
    import netCDF4
    import numpy as np
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)

SHAPE = (40, 23, 31)
BUDGETS = ("96MiB", "24MiB")
SCRIPT = """import xarray as xr
ds = xr.open_dataset("../in.nc")
packed = {"zlib": True, "complevel": 1, "chunksizes": (6, 10, 13)}
zstd = {"compression": "zstd", "complevel": 3, "chunksizes": (7, 5, 31)}
anomaly = (ds[["t", "k"]] - ds[["t", "k"]].mean("time")).assign_coords(station=ds.station)
anomaly.to_netcdf("packed.nc", unlimited_dims="time", encoding={"t": packed, "k": zstd})
anomaly.to_netcdf("mixed.nc", encoding={"t": {"chunksizes": (6, 10, 13)}, "k": packed})
anomaly.to_netcdf("raw.nc", encoding={"t": {"chunksizes": (6, 10, 13)}, "k": {"chunksizes": (40, 2, 31)}})
anomaly.to_netcdf("dense.nc")
anomaly.drop_vars("station").to_netcdf("cdf5.nc", format="NETCDF3_64BIT_DATA", unlimited_dims="time")
anomaly.drop_vars("station").to_netcdf("classic.nc", format="NETCDF3_CLASSIC")
anomaly.to_zarr("all.zarr", mode="w")
ds.t.median("time").to_netcdf("median.nc", encoding={"t": {"zlib": True, "chunksizes": (5, 9)}})
ds.t.rolling(time=5).mean().to_netcdf("rolling.nc", encoding={"t": packed})
"""
LONG = """import xarray as xr
ds = xr.open_dataset("../long.nc")
packed = {"zlib": True, "complevel": 2, "chunksizes": (6, 10, 13)}
ones = {"zlib": True, "complevel": 2, "chunksizes": (32, 1024)}
ds["ones"] = (ds.zero.isel(y=slice(None, None, 4), x=slice(1024)) + 1).rename(y="v", x="u")
ds.to_netcdf("long.nc", encoding={"t": packed, "k": packed, "ones": ones, "zero": {"chunksizes": (1024, 1024)}})
"""


def make(path, zero=False):
    rng = np.random.RandomState(5)
    with netCDF4.Dataset(path, "w") as nc:
        for name, n in zip(("time", "lat", "lon"), SHAPE):
            nc.createDimension(name, n)
        t = nc.createVariable("t", "f4", ("time", "lat", "lon"))
        k = nc.createVariable("k", "i4", ("time", "lat", "lon"))
        t[:] = rng.standard_normal(SHAPE).astype("f4") * (rng.random_sample(SHAPE) < 0.3)
        k[:] = rng.randint(-500, 500, SHAPE)
        nc.createVariable("lat", "f8", ("lat",))[:] = np.arange(SHAPE[1])
        nc.createVariable("station", str, ("lon",))[:] = np.array(["st %d" % i for i in range(SHAPE[2])], object)
        if zero:
            nc.createDimension("y", 8192)
            nc.createDimension("x", 8704)
            nc.createVariable("zero", "i1", ("y", "x"))[:] = 0


def run(args, folder, np_, threads, unit, arguments):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    env = dict(environment(), AMA_UNIT_BYTES=str(unit), OMP_NUM_THREADS=str(threads),
               SOURCE_DATE_EPOCH="951782400")
    command = ["mpirun", "-n", str(np_), args.amasia] + arguments
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    if done.returncode:
        sys.exit("%s at %d ranks: %s" % (" ".join(arguments), np_, done.stderr))


def contents(folder):
    found = {}
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


def differ(a, b):
    """Files that are not the same, the budget apart."""
    for name in sorted(set(a) | set(b)):
        x, y = a.get(name), b.get(name)
        if x == y:
            continue
        if x is None or y is None or len(x) != len(y):
            yield name
            continue
        n = np.count_nonzero(np.frombuffer(x, "u1") != np.frombuffer(y, "u1"))
        texts = [budget.encode() in x and budget.encode() in y for budget in BUDGETS]
        if any(texts) or n > 2 + 4 * x.startswith(b"\x89HDF"):
            yield name


def compare(args, np_, threads, unit, what, arguments, first):
    folder = "out"
    run(args, folder, np_, threads, unit, arguments)
    found = contents(folder)
    if not found:
        sys.exit("%s: no output" % what)
    if first is None:
        print("%s: %d files" % (what, len(found)))
        return found
    other = list(differ(first, found))
    if other:
        sys.exit("%s at %d ranks, %d threads, units of %d: other bytes in %s" % (what, np_, threads, unit, ", ".join(other)))
    return first


def long_files(args, ranks):
    """Over 64 MiB: as ranks wrote it unless asked otherwise."""
    kept = {}
    make("long.nc", zero=True)
    for option in ([], ["--canonical"]):
        for np_ in ranks + ranks[-1:]:
            run(args, "out", np_, 1, 20000, ["run", "../long.py"] + option)
            kept.setdefault(bool(option), []).append(contents("out"))
            if os.path.getsize("out/long.nc") <= 64 << 20:
                sys.exit("the long file is not long")
    again = kept[False].pop()
    if again != kept[False][-1]:
        sys.exit("two runs of one job give other bytes")
    if any(h != kept[True][0] for h in kept[True]):
        sys.exit("--canonical: the bytes differ with the number of ranks")
    if all(h == kept[False][0] for h in kept[False]):
        sys.exit("without --canonical the bytes are the same too: the test tests nothing")
    print("long file: same bytes with --canonical at %s ranks" % ranks)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--amasia", required=True)
    p.add_argument("--work", default="cli-work")
    p.add_argument("--np", default="1,2,3,4,7")
    args = p.parse_args()
    args.amasia = os.path.abspath(args.amasia)
    ranks = [int(n) for n in args.np.split(",")]
    work = os.path.join(os.path.abspath(args.work), "same_bytes")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    os.chdir(work)
    make("in.nc")
    for name, text in (("all.py", SCRIPT), ("long.py", LONG)):
        with open(name, "w") as f:
            f.write(text)
    first = converted = None
    for i, np_ in enumerate(ranks):
        threads, unit = 1 + i % 2, (20000, 7000, 1 << 20)[i % 3]
        first = compare(args, np_, threads, unit, "script", ["run", "--memory=" + BUDGETS[i % 2], "../all.py"], first)
        converted = compare(args, np_, threads, unit, "convert",
                            ["convert", "../in.nc", "packed.nc", "--chunks", "time=7,lat=6,lon=-1", "--codec",
                             "deflate:4+shuffle", "--memory=" + BUDGETS[i % 2]], converted)
    long_files(args, [n for n in ranks if n in (1, 3)] or ranks[:2])
    os.chdir("/")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
