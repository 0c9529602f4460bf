#!/usr/bin/env python3
"""`amasia verify` on pairs of datasets, held against numpy: figures, places, structure, exit status, at 1 and 3 ranks.

  verify.py --amasia PROGRAM --work DIR
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

from bad_input import environment

try:
    import numpy as np
    import xarray as xr
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)

rng = np.random.default_rng(5)


def base():
    x = rng.standard_normal((40, 9, 11)).astype("f4")
    x[rng.random(x.shape) < 0.1] = np.nan
    x[3, 4, 5] = 2.0   # to be changed: surely there
    time = np.datetime64("2001-02-03T06", "ns") + np.arange(40) * np.timedelta64(6, "h")
    return xr.Dataset(
        {"t": (("time", "y", "x"), x, {"units": "K", "levels": [1, 2]}), "n": (("x",), np.arange(11)), "s": ((), 1.5)},
        coords={"time": time, "x": np.arange(11.0), "name": (("y",), list("abcdefghi"))}, attrs={"title": "one"})


def changed(a):
    b = a.copy(deep=True)
    b.t[3, 4, 5] += 0.75
    b.t[7, 0, 0] = np.nan if not np.isnan(b.t[7, 0, 0]) else 1.0
    b.t[39, 8, 10] = np.inf
    b["n"] = b.n + (b.n == 4)
    return b


def structure(a):
    b = a.drop_vars("s").assign(more=1.0)
    b["t"] = b.t.assign_attrs(units="degC", added=1)
    b["n"] = ("k", np.arange(11))
    return b.assign_attrs(title="two").assign_coords(name=("y", list("abcdefghj")))


def figures(a, b, rtol=0.0, atol=0.0):
    """What verify must say of a variable: count, missing in one only, largest difference, relative, first place."""
    a, b = a.astype("f8"), b.astype("f8")
    both = np.isnan(a) & np.isnan(b)
    unequal = (a != b) & ~both
    with np.errstate(invalid="ignore", divide="ignore"):
        d = np.where(unequal, abs(a - b), 0.0)
        differs = unequal & ~(d <= atol + rtol * abs(b))
        relative = np.where(abs(b) > 0, d / abs(b), np.nan)
    return int(differs.sum()), int((np.isnan(a) ^ np.isnan(b)).sum()), np.nanmax(d), np.nanmax(relative), np.argwhere(differs)


def check_variable(text, name, a, b, **tolerance):
    count, missing, most, relative, places = figures(a.values, b.values, **tolerance)
    found = re.search(r"^%s: .* values .*$" % name, text, re.M)
    if not found:
        return ["nothing of %s in: %s" % (name, text)]
    line = found.group(0)
    if count == 0:
        return [] if "equal" in line else ["%s: %s" % (name, line)]
    m = re.match(r"%s: (\d+) of (\d+) values differ, largest difference (\S+), relative (\S+), missing in one only (\d+), first at (.*)" % name, line)
    got = int(m.group(1)), int(m.group(5)), float(m.group(3)), float(m.group(4))
    first = ", ".join("%s=%d" % x for x in zip(a.dims, places[0]))
    ok = got[:2] == (count, missing) and np.array_equal(got[2:], (most, relative), equal_nan=True)
    return [] if ok and m.group(6) == first and int(m.group(2)) == a.size else ["%s: %s; want %s %s" % (name, line, (count, missing, most, relative), first)]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--amasia", required=True)
    p.add_argument("--work", default="cli-work")
    o = p.parse_args()
    amasia = os.path.abspath(o.amasia)
    folder = os.path.join(os.path.abspath(o.work), "verify")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    a = base()
    b, c = changed(a), structure(a)
    chunks = {"t": {"zlib": True, "chunksizes": (7, 9, 5)}}
    a.to_netcdf("a.nc", encoding=chunks)
    a.to_netcdf("a3.nc", format="NETCDF3_64BIT")
    a.chunk({"time": 16, "x": 4}).to_zarr("a.zarr", mode="w")
    b.to_netcdf("b.nc")
    c.to_netcdf("c.nc")
    problems, texts = [], {}

    def run(n, *arguments):
        command = (["mpirun", "-n", str(n)] if n > 1 else []) + [amasia, "verify", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment())
        if texts.setdefault(arguments, done.stdout) != done.stdout:
            problems.append("%s: other text at %d ranks: exit %d, %s" % (arguments, n, done.returncode, done.stderr))
        return done

    for n in (1, 3):
        for other in ("a.zarr", "a3.nc"):
            done = run(n, "a.nc", other)
            if done.returncode or not done.stdout.endswith("\nequal\n") or "differ" in done.stdout:
                problems.append("a.nc %s at %d ranks: exit %d\n%s%s" % (other, n, done.returncode, done.stdout, done.stderr))
        for options, tolerance in (((), {}), (("--rtol", "0.5"), {"rtol": 0.5}), (("--atol", "1"), {"atol": 1.0})):
            done = run(n, "a.nc", "b.nc", *options)
            problems += check_variable(done.stdout, "t", a.t, b.t, **tolerance)
            problems += check_variable(done.stdout, "n", a.n, b.n, **tolerance)
            if done.returncode == 0 or not done.stdout.endswith("\ndifferent\n"):
                problems.append("a.nc b.nc: exit %d" % done.returncode)
        done = run(n, "a.nc", "c.nc")
        wanted = ["dataset: attribute 'title' differs", "t: attribute 'units' differs", "t: attribute 'added' only in the second",
                  "variable 's' only in the first", "variable 'more' only in the second", "n: the dims differ",
                  "name: the texts differ"]
        problems += ["c.nc: no %r" % w for w in wanted if w + "\n" not in done.stdout]
        if done.returncode == 0:
            problems.append("c.nc: exit 0")
        done = run(n, "a.nc", "gone.nc")
        if done.returncode == 0 or "gone.nc" not in done.stderr:
            problems.append("gone.nc: exit %d, %s" % (done.returncode, done.stderr))
    print("\n".join(problems) if problems else "verify: all as numpy has it")
    if not problems:
        shutil.rmtree(folder)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
