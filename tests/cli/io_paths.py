#!/usr/bin/env python3
"""Every way of reading gives the same bits: --io=posix and two-phase, any number of ranks and of aggregators, all formats;
and what goes wrong while ranks read for each other is one message, a non-zero exit and no output.

  io_paths.py --amasia PROGRAM --work DIR [--np 1,2,3,4,7]
"""
import argparse
import os
import shutil
import subprocess
import sys

import netCDF4
import numpy as np

SHAPE = (40, 23, 31)
SCRIPT = """import xarray as xr
ds = xr.open_dataset("%s")
ds.t.mean("time").to_netcdf("mean.nc")
(ds.t - ds.t.mean("time")).to_netcdf("anomaly.nc")
ds.k.isel(lon=slice(3, 28, 3), lat=slice(2, 19)).sum("lat").to_netcdf("strided.nc")
ds.t.rolling(time=5).mean().to_netcdf("rolling.nc")
ds.t.isel(time=7).to_netcdf("one.nc")
ds.t.median("time").to_netcdf("median.nc")
"""
FORMATS = {
    "cdf1.nc": ("NETCDF3_CLASSIC", True, {}),
    "cdf2.nc": ("NETCDF3_64BIT_OFFSET", False, {}),
    "cdf5.nc": ("NETCDF3_64BIT_DATA", True, {}),
    "contiguous.nc": ("NETCDF4", False, {"contiguous": True}),
    "chunked.nc": ("NETCDF4", False, {"chunksizes": (7, 10, 13)}),
    "deflated.nc": ("NETCDF4", False, {"chunksizes": (7, 10, 13), "zlib": True, "shuffle": True}),
}


def make_netcdf(path, form, unlimited, storage):
    rng = np.random.RandomState(3)
    with netCDF4.Dataset(path, "w", format=form) as nc:
        for name, n in zip(("time", "lat", "lon"), SHAPE):
            nc.createDimension(name, None if unlimited and name == "time" else n)
        t = nc.createVariable("t", "f4", ("time", "lat", "lon"), **storage)
        k = nc.createVariable("k", "i4", ("time", "lat", "lon"), **storage)
        t[:] = rng.standard_normal(SHAPE).astype("f4")
        k[:] = rng.randint(-500, 500, SHAPE)


def make_zarr(path):
    import zarr
    rng = np.random.RandomState(3)
    group = zarr.open_group(zarr.DirectoryStore(path), mode="w")
    t, k = rng.standard_normal(SHAPE).astype("f4"), rng.randint(-500, 500, SHAPE).astype("i4")
    for name, values in (("t", t), ("k", k)):
        a = group.create_dataset(name, data=values, chunks=(7, 10, 13))
        a.attrs["_ARRAY_DIMENSIONS"] = ["time", "lat", "lon"]
    zarr.consolidate_metadata(zarr.DirectoryStore(path))


def run(args, folder, data, np_, options, fault=None):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, "s.py"), "w") as f:
        f.write(SCRIPT % data)
    env = dict(os.environ, AMA_CHECK="1", AMA_UNIT_BYTES="20000", OMP_NUM_THREADS="2", OMPI_MCA_mpi_yield_when_idle="1",
               OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    if fault:
        env["AMA_FAULT"] = str(fault)
    command = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(np_), args.amasia, "run", "--stats", "--threads=2"]
    return subprocess.run(command + options + ["s.py"], cwd=folder, env=env, capture_output=True, text=True, timeout=90)


def bits(folder):
    """Name, attributes but history, and bytes of all variables of all outputs."""
    found = {}
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".nc")):
        with netCDF4.Dataset(os.path.join(folder, name)) as nc:
            nc.set_auto_maskandscale(False)
            for v in nc.variables.values():
                found[name, v.name] = (v.dtype.str, v.shape, v[...].tobytes(), str(v.ncattrs()))
    return found


def check_equal(args, data, failures):
    first = run(args, "posix", data, 1, ["--io=posix"])
    want = bits("posix")
    if first.returncode or len({name for name, _ in want}) != 6:
        failures.append(f"{data}: posix at 1 rank: {first.stderr}")
        return
    for np_ in args.np:
        for more in ([], ["--io-aggregators=2"]):
            r = run(args, "shared", data, np_, ["--io=two-phase"] + more)
            where = f"{data}, {np_} ranks, {more}"
            if r.returncode:
                failures.append(f"{where}: {r.stderr}")
            elif bits("shared") != want:
                failures.append(f"{where}: other bits than posix at 1 rank")
            if r.returncode or data.endswith(".zarr"):
                continue
            readers = int(r.stdout.split("read from files by ")[1].split()[0])
            if readers > (2 if more else 1):
                failures.append(f"{where}: {readers} ranks read")


def one_message(where, folder, r, failures):
    said = [line for line in r.stderr.splitlines() if line.startswith("amasia: ")]
    left = [n for n in os.listdir(folder) if n != "s.py"]
    if r.returncode == 0 or len(said) != 1 or left:
        failures.append(f"{where}: exit {r.returncode}, messages {said}, left {left}")


def check_faults(args, failures):
    good = os.path.abspath("deflated.nc")
    with open(good, "rb") as f:
        whole = bytearray(f.read())
    cut = os.path.abspath("cut.nc")
    with open(cut, "wb") as f:
        f.write(whole[:len(whole) * 3 // 5])
    bad = os.path.abspath("bad.nc")
    middle = len(whole) * 3 // 5
    whole[middle:middle + 64] = bytes(64)
    with open(bad, "wb") as f:
        f.write(whole)
    for io in ("posix", "two-phase"):
        for data in (cut, bad):
            r = run(args, "fault", data, 3, ["--io=" + io])
            one_message(f"{io} of {os.path.basename(data)}", "fault", r, failures)
        for fault in args.faults:
            r = run(args, "fault", good, 3, ["--io=" + io], fault)
            one_message(f"{io}, fault {fault}", "fault", r, failures)


def check_refused(args, failures):
    for option, word in (("--io=mpiio", "two-phase"), ("--io=fast", "posix or two-phase"), ("--io-aggregators=0", "from 1"),
                         ("--io-aggregators=2", "is for --io=two-phase"), ("--io=two-phase --prefetch=2", "is for --io=posix")):
        r = subprocess.run([args.amasia, "run"] + option.split() + ["s.py"], capture_output=True, text=True)
        if r.returncode == 0 or word not in r.stderr:
            failures.append(f"{option}: exit {r.returncode}: {r.stderr}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--amasia", required=True, type=os.path.abspath)
    p.add_argument("--work", required=True)
    p.add_argument("--np", default="1,2,3,4,7")
    p.add_argument("--faults", default="1,40,150")
    args = p.parse_args()
    args.np = [int(n) for n in args.np.split(",")]
    args.faults = [int(n) for n in args.faults.split(",")]
    work = os.path.join(args.work, "io_paths")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    os.chdir(work)
    failures, names = [], list(FORMATS)
    for name, how in FORMATS.items():
        make_netcdf(name, *how)
    try:
        make_zarr("store.zarr")
        names.append("store.zarr")
    except ImportError:
        print("no zarr: its case is left out")
    for name in names:
        check_equal(args, os.path.abspath(name), failures)
    check_faults(args, failures)
    check_refused(args, failures)
    print("\n".join(failures) or f"{len(names)} formats at {args.np} ranks are equal to the bit")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
