#!/usr/bin/env python3
"""A script that writes over what it reads is refused before anything is read, one that let go of it is not: as in xarray,
which fails there or (Zarr) empties the store first. Names do not matter, files do. convert refuses its inputs too.

  own_input.py --amasia PROGRAM [--work DIR]
"""
import os
import shutil
import subprocess
import sys

import netCDF4
import numpy as np
import zarr

import frame
from bad_input import environment

problems = []
VALUES = np.arange(3.0, 8.0)  # not 0, which marks what is missing in the store
# What is opened and written, and whether xarray makes VALUES + 1 of it.
SCRIPTS = (
    ('ds = xr.open_dataset("a.nc")\n(ds + 1).to_netcdf("a.nc")', False),
    ('ds = xr.open_dataset("a.nc")\n(ds + 1).to_netcdf("./folder/../link.nc")', False),
    ('ds = xr.open_dataset("link.nc")\n(ds + 1).to_netcdf("a.nc")', False),
    ('ds = xr.open_dataset("a.nc").load()\n(ds + 1).to_netcdf("a.nc")', False),
    ('ds = xr.open_mfdataset("[a].nc")\n(ds + 1).to_netcdf("a.nc")', False),
    ('with xr.open_dataset("a.nc") as ds:\n    (ds + 1).to_netcdf("a.nc")', False),
    ('ds = xr.open_dataarray("a.nc")\nother = xr.Dataset({"t": ("x", [1.0])})\nother.to_netcdf("a.nc")', False),
    ('ds = xr.open_dataset("a.nc")\nds.close()\nds.to_netcdf("a.nc")', False),
    ('ds = xr.open_mfdataset("a.nc")\nds.close()\n(ds + 1).to_netcdf("a.nc")', False),
    ('with xr.open_dataset("a.nc") as ds:\n    t = ds.t\nt.to_netcdf("a.nc")', False),
    ('ds = xr.load_dataset("a.nc")\n(ds + 1).to_netcdf("a.nc")', True),
    ('ds = xr.open_dataset("a.nc").load()\nds.close()\n(ds + 1).to_netcdf("link.nc")', True),
    ('ds = xr.open_mfdataset(["a.nc"])\nm = ds.compute()\nds.close()\n(m + 1).to_netcdf("a.nc")', True),
    ('with xr.open_dataarray("a.nc") as t:\n    u = t.load()\n(u + 1).to_dataset(name="t").to_netcdf("a.nc")', True),
    ('ds = xr.open_zarr("a.zarr")\n(ds + 1).to_zarr("a.zarr", mode="w")', False),
    ('ds = xr.open_dataset("a.zarr", engine="zarr")\n(ds + 1).to_zarr("./a.zarr/", mode="w")', False),
    ('ds = xr.open_zarr("a.zarr")\nds.close()\n(ds + 1).to_zarr("a.zarr", mode="w")', False),
    ('ds = xr.open_zarr("a.zarr").load()\n(ds + 1).to_zarr("a.zarr", mode="w")', True),
)
CONVERSIONS = ("a.nc a.nc", "a.nc a.nc --overwrite", "a.nc link.nc --overwrite", "b.nc a.nc a.nc --concat-dim x --overwrite",
               "a.zarr a.zarr --overwrite", "t.nc . --split-variables --overwrite")


def make():
    for name in os.listdir("."):
        shutil.rmtree(name) if os.path.isdir(name) and not os.path.islink(name) else os.remove(name)
    os.mkdir("folder")
    for name in ("a.nc", "b.nc", "t.nc"):
        with netCDF4.Dataset(name, "w") as nc:
            nc.createDimension("x", 5)
            nc.createVariable("t", "f8", ("x",))[:] = VALUES
    os.symlink("a.nc", "link.nc")
    group = zarr.open_group(zarr.DirectoryStore("a.zarr"), mode="w")
    group.create_dataset("t", data=VALUES, chunks=(2,)).attrs["_ARRAY_DIMENSIONS"] = ["x"]
    zarr.consolidate_metadata(zarr.DirectoryStore("a.zarr"))


def content():
    with netCDF4.Dataset("a.nc") as nc, netCDF4.Dataset("t.nc") as t:
        return [nc["t"][:].tolist(), t["t"][:].tolist(), zarr.open_group("a.zarr", mode="r")["t"][:].tolist()]


def run(command):
    return subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=120)


def oracle(text, writes, expected):
    make()
    with open("s.py", "w") as f:
        f.write("import xarray as xr\n%s\n" % text)
    try:
        works = run([sys.executable, "-W", "ignore", "s.py"]).returncode == 0 and content() == expected
    except (OSError, KeyError, ValueError):
        works = False
    if works != writes:
        problems.append("xarray %s:\n%s" % ("does this" if works else "does not do this", text))


def scripts(amasia):
    for text, writes in SCRIPTS:
        expected = [list(VALUES)] * 3
        if writes:
            expected[2 if "a.zarr" in text else 0] = list(VALUES + 1)
        oracle(text, writes, expected)
        for n in (1, 3):
            make()
            with open("s.py", "w") as f:
                f.write("import xarray as xr\n%s\n" % text)
            names = sorted(os.listdir("."))
            done = run((["mpirun", "-n", str(n)] if n > 1 else []) + [amasia, "run", "s.py"])
            said = done.stderr.count("is read by this script (line 2)")
            if (done.returncode == 0) != writes or said != (not writes) or content() != expected:
                problems.append("%d ranks, exit %d, %s:\n%s\n%s" % (n, done.returncode, content(), text, done.stderr))
            if sorted(os.listdir(".")) != names or not os.path.islink("link.nc"):
                problems.append("%d ranks: other names are there now: %s\n%s" % (n, os.listdir("."), text))


def conversions(amasia):
    for arguments in CONVERSIONS:
        for n in (1, 3):
            make()
            names = sorted(os.listdir("."))
            done = run((["mpirun", "-n", str(n)] if n > 1 else []) + [amasia, "convert"] + arguments.split())
            if done.returncode == 0 or "is one of the inputs" not in done.stderr or content() != [list(VALUES)] * 3:
                problems.append("convert %s, %d ranks: exit %d, %s" % (arguments, n, done.returncode, done.stderr))
            if sorted(os.listdir(".")) != names:
                problems.append("convert %s, %d ranks leaves %s" % (arguments, n, os.listdir(".")))


def test(amasia):
    scripts(amasia)
    conversions(amasia)


if __name__ == "__main__":
    sys.exit(frame.run(__doc__, "own_input", test, problems, "what is read is not written over"))
