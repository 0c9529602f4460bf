#!/usr/bin/env python3
"""Median and quantiles are the same bits whether their columns are collected or their keys counted, for any number of
ranks and threads and any budget; the plan says which way is taken and tells the chunks and bytes that are read; and where
the columns do not fit on a rank they are counted.

  order_ways.py --amasia PROGRAM --work DIR [--np 1,2,3,4,7]
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

from bad_input import environment

import netCDF4
import numpy as np

SHAPE = (900, 90, 30)  # 9.3 MiB of f4, more than collects in what the small budget leaves
LARGE = (6570, 360, 720)
SCRIPT = """import xarray as xr
ds = xr.open_dataset("../in.nc")
ds.t.median().to_netcdf("all.nc")
"""
MORE = """ds.t.quantile([0.1, 0.5, 0.9]).to_netcdf("list.nc")
ds.t.median(["time", "lat"], skipna=False).to_netcdf("lon.nc")
ds.t.groupby("time.month").median(...).to_netcdf("month.nc")
ds.k.quantile(0.3, method="lower").to_netcdf("k.nc")
ds.p.median(["lat", "lon"]).isel(time=slice(0, 5)).to_netcdf("p.nc")
ds.t.mean().to_netcdf("mean.nc")
"""


def make(path):
    rng = np.random.RandomState(5)
    with netCDF4.Dataset(path, "w") as nc:
        for name, n in zip(("time", "lat", "lon"), SHAPE):
            nc.createDimension(name, n)
        time = nc.createVariable("time", "f8", ("time",))
        time.units = "days since 2001-01-01"
        time[:] = np.arange(SHAPE[0])
        storage = {"zlib": True, "complevel": 1, "chunksizes": (10, 45, 30)}
        x = rng.standard_normal(SHAPE).astype("f4")
        t = nc.createVariable("t", "f4", ("time", "lat", "lon"), fill_value=np.float32(1e20), **storage)
        t[:] = np.ma.masked_array(x, rng.random_sample(SHAPE) < 0.05)
        nc.createVariable("k", "i4", ("time", "lat", "lon"), **storage)[:] = rng.randint(-500, 500, SHAPE)
        p = nc.createVariable("p", "i2", ("time", "lat", "lon"), fill_value=np.int16(-1), **storage)
        p.setncatts({"scale_factor": 0.01, "add_offset": 273.15})
        p.set_auto_maskandscale(False)
        p[:] = rng.randint(-2, 900, SHAPE)


def make_large(path):
    """6.3 GiB of values none of which is written: for plans."""
    with netCDF4.Dataset(path, "w") as nc:
        for name, n in zip(("time", "lat", "lon"), LARGE):
            nc.createDimension(name, n)
        nc.createVariable("t", "f4", ("time", "lat", "lon"), zlib=True, chunksizes=(1,) + LARGE[1:])


def call(args, folder, what, script, np_, threads, memory, way):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, "s.py"), "w") as f:
        f.write(script)
    env = dict(environment(), AMA_ORDER=way)
    env.pop("OMP_NUM_THREADS", None)
    command = ["mpirun", "-n", str(np_), args.amasia, what,
               "--threads=%d" % threads, "--memory=" + memory]
    if what == "run":
        command.append("--stats-json=stats.json")
    return subprocess.run(command + ["s.py"], cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def bits(folder):
    found = {}
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".nc")):
        with netCDF4.Dataset(os.path.join(folder, name)) as nc:
            nc.set_auto_maskandscale(False)
            for v in nc.variables.values():
                found[name, v.name] = (v.dtype.str, v.shape, v[...].tobytes())
    return found


def told_is_done(folder):
    """The plan's chunks and bytes against those read."""
    with open(os.path.join(folder, "stats.json")) as f:
        s = json.load(f)
    told, done = s["predicted"], s["actual"]
    return all(told[k] == done[k] for k in ("chunks", "stored_bytes", "decoded_bytes"))


def check_bits(args, folder):
    runs = [(1, 1, "1GiB", "collect")]
    for i, n in enumerate(args.np):
        runs += [(n, 1 + i % 2, "1GiB", "count"), (n, 1 + (i + 1) % 2, "64MiB" if i % 2 else "1GiB", ("auto", "collect")[i % 2])]
    want, bad = None, 0
    for np_, threads, memory, way in runs:
        done = call(args, folder, "run", SCRIPT + MORE, np_, threads, memory, way)
        case = "%d ranks, %d threads, %s, %s" % (np_, threads, memory, way)
        if done.returncode:
            print("FAIL %s: %s" % (case, done.stderr.strip()))
            bad += 1
            continue
        got = bits(folder)
        want = want or got
        if len(got) < 7 or got != want:
            print("FAIL %s: other bits in %s" % (case, [k for k in want if want[k] != got.get(k)]))
            bad += 1
        if not told_is_done(folder):
            print("FAIL %s: reads other chunks than the plan tells" % case)
            bad += 1
    return bad, want


def check_xarray(want):
    with netCDF4.Dataset(os.path.join(want["in"])) as nc:
        t = nc["t"][:].filled(np.nan)
        k = nc["k"][:].data
    got = want["bits"]
    told = {("all.nc", "t"): np.float32(np.nanmedian(t)), ("mean.nc", "t"): None,
            ("k.nc", "k"): np.float64(np.quantile(k, 0.3, method="lower"))}
    bad = 0
    for key, value in told.items():
        if value is not None and np.frombuffer(got[key][2], got[key][0])[0] != value:
            print("FAIL %s is not numpy's" % (key,))
            bad += 1
    return bad


def check_plans(args, folder):
    """Forced ways, and what the planner takes where the columns do not fit."""
    bad = 0
    for way, memory, text in (("count", "1GiB", "counted: pass 2 of 2"), ("collect", "1GiB", "collected"),
                              ("auto", "1GiB", "collected"), ("auto", "12MiB", "counted: pass 2 of 2")):
        done = call(args, folder, "plan", SCRIPT, 1, 1, memory, way)
        if done.returncode or text not in done.stdout:
            print("FAIL plan, %s, %s: %s%s" % (way, memory, done.stdout, done.stderr))
            bad += 1
    done = call(args, folder, "run", SCRIPT, 2, 1, "12MiB", "collect")
    if done.returncode == 0 or "use --memory" not in done.stderr or bits(folder):
        print("FAIL collecting in too little: exit %d, %s" % (done.returncode, done.stderr))
        bad += 1
    done = call(args, folder, "run", SCRIPT, 2, 1, "12MiB", "auto")
    if done.returncode or not told_is_done(folder):
        print("FAIL counting in little: exit %d, %s" % (done.returncode, done.stderr))
        bad += 1
    return bad


def check_budgets(args, folder):
    """More memory never makes a plan that does not fit, and what a refusal asks for is enough."""
    bad, least = 0, 0
    script = SCRIPT.replace("in.nc", "large.nc").replace("median()", "quantile([0.5, 0.9], 'time')")
    for mib in (48, 64, 80, 128, 200, 256, 272, 300, 433, 800):
        done = call(args, folder, "plan", script, 2, 1, "%dMiB" % mib, "auto")
        asked = re.search("use --memory ([0-9]+)MiB", done.stderr)
        if done.returncode == 0:
            least = least or mib
        elif least or not asked or int(asked[1]) <= mib:
            print("FAIL plan with %d MiB: %s%s" % (mib, done.stdout, done.stderr))
            bad += 1
        else:
            done = call(args, folder, "plan", script, 2, 1, asked[1] + "MiB", "auto")
            if done.returncode:
                print("FAIL %s MiB were asked for: %s" % (asked[1], done.stderr))
                bad += 1
    return bad


def check_asked(args, folder):
    """What a refusal asks for is enough, and a good part less is not, whatever the budget it was refused with."""
    bad = 0
    for name, mib, what in (("in", 1, "median()"), ("large", 8, "rolling(time=30).mean()"),
                            ("large", 40, "rolling(time=30).mean()"), ("large", 8, "shift(time=40)")):
        script = SCRIPT.replace("in.nc", name + ".nc").replace("median()", what)
        done = call(args, folder, "plan", script, 2, 1, "%dMiB" % mib, "auto")
        asked = re.search("use --memory ([0-9]+)MiB", done.stderr)
        if done.returncode == 0 or not asked:
            print("FAIL plan of %s with %d MiB: %s%s" % (what, mib, done.stdout, done.stderr))
            bad += 1
            continue
        enough, less = int(asked[1]), max(mib, int(asked[1]) * 4 // 5)
        for budget, fits in ((enough, True), (less, False)):
            done = call(args, folder, "plan", script, 2, 1, "%dMiB" % budget, "auto")
            if (done.returncode == 0) != fits:
                print("FAIL %s with %d MiB asks for %d, with %d: %s" % (what, mib, enough, budget, done.stderr))
                bad += 1
    return bad


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--amasia", required=True)
    p.add_argument("--work", required=True)
    p.add_argument("--np", type=lambda s: [int(n) for n in s.split(",")], default=[1, 2, 3, 4, 7])
    args = p.parse_args()
    args.amasia = os.path.abspath(args.amasia)
    base = os.path.join(os.path.abspath(args.work), "order-ways")
    shutil.rmtree(base, ignore_errors=True)
    os.makedirs(base)
    make(os.path.join(base, "in.nc"))
    folder = os.path.join(base, "run")
    bad, want = check_bits(args, folder)
    if want:
        bad += check_xarray({"in": os.path.join(base, "in.nc"), "bits": want})
    bad += check_plans(args, folder)
    make_large(os.path.join(base, "large.nc"))
    bad += check_budgets(args, folder) + check_asked(args, folder)
    print("order ways: %d failed" % bad)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
