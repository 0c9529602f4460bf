#!/usr/bin/env python3
"""`amasia convert` held against xarray, zarr and netCDF4: stored values bit for bit, attributes, chunks, codecs, at 1 and
3 ranks with the same bytes; files joined and split; wrong arguments.

  convert.py --amasia PROGRAM --work DIR
"""
import json
import os
import shutil
import subprocess
import sys

import frame
from bad_input import environment

try:
    import netCDF4
    import numpy as np
    import xarray as xr
    import zarr
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)

RAW = dict(mask_and_scale=False, decode_times=False, decode_coords=False)
ENCODING = "_FillValue scale_factor add_offset units calendar missing_value coordinates grid_mapping _Unsigned".split()
problems = []
rng = np.random.default_rng(11)


def make(path, t0=0.0, n=30, units="hours since 2000-01-01", scale=0.01, form="NETCDF4", group=False):
    """Everything that conversions get wrong: packing, unsigned bytes, bounds that repeat units, text, 64-bit numbers."""
    new = form == "NETCDF4"
    with netCDF4.Dataset(path, "w", format=form) as nc:
        nc.set_auto_maskandscale(False)
        for dim, size in (("time", None), ("y", 12), ("x", 18), ("nv", 2), ("len", 7)):
            nc.createDimension(dim, size)

        def add(name, kind, dims, values, fill=None, storage=None, **attrs):
            v = nc.createVariable(name, kind, dims, fill_value=fill, **(storage or {} if new else {}))
            v.set_auto_maskandscale(False)
            for key, value in attrs.items():
                v.setncattr(key, value)
            v[...] = values

        time = t0 + np.arange(n) * 6.0 / 7
        add("time", "f8", ("time",), time, units=units, calendar="standard", bounds="time_bnds", long_name="time")
        add("time_bnds", "f8", ("time", "nv"), np.stack([time, time + 1], 1), units=units, calendar="standard")
        add("y", "f4", ("y",), np.arange(12) * 1.5, units="m")
        add("x", "f8", ("x",), np.arange(18))
        add("lat", "f4", ("y", "x"), rng.random((12, 18)), units="degrees_north")
        add("lon", "f4", ("y", "x"), rng.random((12, 18)), fill=np.float32(1e20))
        add("crs", "i4", (), 7, grid_mapping_name="rotated")
        add("packed", "i2", ("time", "y", "x"), rng.integers(-32767, 32767, (n, 12, 18)), fill=np.int16(-32767),
            storage=dict(zlib=True, complevel=2, chunksizes=(7, 5, 18)), scale_factor=scale, add_offset=273.15,
            missing_value=np.int16(-32767), coordinates="lat lon", grid_mapping="crs", units="K")
        plain = rng.standard_normal((n, 12, 18)).astype("f4")
        plain[plain > 2] = np.nan
        add("plain", "f4", ("time", "y", "x"), plain)
        add("bytes", "i1", ("y", "x"), rng.integers(-128, 127, (12, 18)), _Unsigned="true")
        add("scalar", "f8", (), np.pi)
        add("name", "S1", ("y", "len"), netCDF4.stringtochar(np.array(["n%d" % i for i in range(12)], "S7")))
        add("code", "S1", ("y", "len"), netCDF4.stringtochar(np.array(["ab"] * 12, "S7")), fill=b"\0")
        add("odd", "S1", ("y", "len"), rng.choice(np.frombuffer(b"ab\0 z", "S1"), (12, 7)))  # NULs anywhere
        add("letter", "S1", ("y", "x"), rng.choice(np.frombuffer(b"xyz\0", "S1"), (12, 18)))
        if new:
            add("word", str, ("y",), np.array(["wörd%d" % i for i in range(12)], object))
            add("big", "i8", ("time",), np.arange(n) + 2 ** 60 + 1)
            add("u", "u8", ("x",), np.arange(18).astype("u8") + np.uint64(2 ** 63 + 5))
            add("flag", "i1", ("y", "x"), rng.integers(0, 2, (12, 18)), dtype="bool")
            v = nc.createVariable("never", "f4", ("time", "y"), fill_value=np.float32(-9), chunksizes=(4, 12))
            v[0:1] = 1.0
        nc.setncatts({"title": "test", "numbers": np.array([1, 2, 3], "i4"), "Conventions": "CF-1.8"})
        if group:
            nc.createGroup("inner").createDimension("k", 3)


def read(path, **how):
    return xr.open_dataset(path, engine="zarr" if path.endswith(".zarr") else None, **how).load()


def differences(a, b, names=None):
    """What differs between two datasets; text may be of another kind."""
    found = []
    if names is None and set(a.variables) != set(b.variables):
        found.append("variables %s" % sorted(set(a.variables) ^ set(b.variables)))
    if set(a.attrs) != set(b.attrs) or any(np.any(a.attrs[k] != b.attrs[k]) for k in a.attrs):
        found.append("attributes %s %s" % (a.attrs, b.attrs))
    for name in set(names or a.variables) & set(b.variables):
        p, q = a[name].variable.copy(), b[name].variable.copy()
        if p.dtype.kind in "SOU" and any("compressor" in v.encoding for v in (p, q)):
            for v in (p, q):  # xarray reads a fill character of Zarr as text
                v.attrs.pop("_FillValue", None), v.encoding.pop("_FillValue", None)
        if p.dtype.kind in "SOU":
            text = [[x.decode() if isinstance(x, bytes) else x for x in v.values.ravel()] for v in (p, q)]
            equal = p.dims == q.dims and text[0] == text[1]
        else:
            equal = p.dims == q.dims and p.dtype == q.dtype and p.values.tobytes() == q.values.tobytes()
        if not equal:
            found.append("%s: %s %s is not %s %s" % (name, p.dtype, p.dims, q.dtype, q.dims))
        if set(p.attrs) != set(q.attrs) or any(np.any(p.attrs[k] != q.attrs[k]) for k in p.attrs):
            found.append("%s: attributes %s %s" % (name, p.attrs, q.attrs))
        found += ["%s: encoding %s" % (name, k) for k in ENCODING if str(p.encoding.get(k)) != str(q.encoding.get(k))]
    return found


def expect(what, a, b, names=None):
    """Datasets or paths; raw and decoded."""
    for how in (RAW, {}):
        if isinstance(a, str):
            found = differences(read(a, **how), read(b, **how), names)
        elif how is RAW:
            found = differences(a, read(b, **how), names)
        else:
            found = []
        problems.extend("%s (%s): %s" % (what, "raw" if how else "decoded", f) for f in found)


def content(path):
    """All bytes under a path."""
    if os.path.isfile(path):
        with open(path, "rb") as f:
            return f.read()
    files = {}
    for folder, _, names in os.walk(path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                files[os.path.relpath(os.path.join(folder, name), path)] = f.read()
    return files


def storage(path, name):
    """Chunks and codec, as the format's own library tells."""
    if path.endswith(".zarr"):
        a = zarr.open_group(path, mode="r")[name]
        return a.chunks, (a.compressor.get_config() if a.compressor else None)
    with netCDF4.Dataset(path) as nc:
        v = nc[name]
        chunks = v.chunking()
        f = v.filters() or {}
        return (tuple(chunks) if chunks not in (None, "contiguous") else None), (f.get("complevel") if f.get("zlib") else None,
                                                                   bool(f.get("shuffle")))


class Runner:
    def __init__(self, amasia):
        self.amasia = amasia

    def __call__(self, *arguments, np=1, env=None):
        command = (["mpirun", "-n", str(np)] if np > 1 else []) + [self.amasia, "convert", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env or environment())

    def good(self, *arguments, np=1):
        done = self(*arguments, np=np)
        if done.returncode:
            problems.append("%s at %d ranks: exit %d %s" % (arguments, np, done.returncode, done.stderr))
        return done


# ---- one to one

PAIRS = [  # input, output, options, variable, its chunks and codec
    ("a.nc", "1.zarr", "--chunks time=10,y=-1,x=9 --codec blosc:zstd:5:bitshuffle", "packed", (10, 12, 9),
     {"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 2, "blocksize": 0}),
    ("a.nc", "2.zarr", "", "packed", (7, 5, 18), {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}),
    ("a.nc", "3.nc", "--chunks time=-1,y=4 --codec deflate:3+shuffle", "plain", (30, 4, 18), (3, True)),
    ("a.nc", "4.nc", "", "packed", (7, 5, 18), (2, True)),
    ("a.nc", "5.nc", "--format cdf5", "packed", None, (None, False)),
    ("a3.nc", "6.zarr", "--codec zstd:2 --chunks time=7", "plain", (7, 12, 18), {"id": "zstd", "level": 2}),
    ("a3.nc", "7.nc", "--codec zlib:1 --chunks y=5", "plain", (30, 5, 18), (1, False)),
    ("a3.nc", "8.nc", "--format netcdf3", "plain", None, (None, False)),
    ("1.zarr", "9.nc", "", "packed", (10, 12, 9), (4, True)),
    ("1.zarr", "10.nc4", "--codec none --chunks time=auto", "packed", (30, 12, 9), (None, False)),
    ("1.zarr", "11.zarr", "--chunks x=-1 --codec lz4", "packed", (10, 12, 18), {"id": "lz4", "acceleration": 1}),
    ("1.zarr", "12.zarr", "--codec none --chunks time=4,y=5,x=7", "packed", (4, 5, 7), None),
    ("1.zarr", "13.nc", "--format NETCDF3_64BIT_DATA", "packed", None, (None, False))]


def one_to_one(run):
    for source, target, options, name, chunks, codec in PAIRS:
        what, seen = "%s to %s" % (source, target), []
        for n in (1, 3):
            run.good(source, target, *options.split(), "--overwrite", np=n)
            seen.append(content(target))
            expect("%s at %d ranks" % (what, n), source, target)
        if target.endswith(".zarr") and seen[0] != seen[1]:  # where a chunk lies in a netCDF file hangs on the ranks
            problems.append("%s: other bytes at 3 ranks" % target)
        if storage(target, name) != (chunks, codec):
            problems.append("%s: %s is stored as %s" % (what, name, storage(target, name)))
        verify = subprocess.run([run.amasia, "verify", source, target], capture_output=True, text=True, env=environment())
        if verify.returncode:
            problems.append("%s: verify says\n%s" % (what, verify.stdout + verify.stderr))
    for path in ("3.nc", "5.nc", "8.nc"):
        with netCDF4.Dataset(path) as nc:
            if [d for d in nc.dimensions if nc.dimensions[d].isunlimited()] != ["time"]:
                problems.append("%s: time is not its unlimited dim" % path)


def characters(path, name):
    """An array of characters as it is stored: dims, type, bytes."""
    if path.endswith(".zarr"):
        a = zarr.open_group(path, mode="r")[name]
        return tuple(a.attrs["_ARRAY_DIMENSIONS"]), a.dtype.str, a[...].tobytes()
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        nc.set_auto_chartostring(False)
        v = nc.variables[name]
        return v.dimensions, v.dtype.str, v[...].tobytes()


def all_characters(run):
    for source, target, options in (("a.nc", "c.zarr", ""), ("a3.nc", "c3.zarr", "--chunks y=5"), ("c.zarr", "c.nc", ""),
                                    ("c.zarr", "c5.nc", "--format cdf5"), ("c.zarr", "d.zarr", "--codec none"),
                                    ("a.nc", "c4.nc", ""), ("m0.nc m1.nc", "m.chars.zarr", "")):
        run.good(*source.split(), target, *options.split(), np=2)
        for name in ("name", "code", "odd", "letter"):
            if characters(source.split()[0], name) != characters(target, name):
                problems.append("%s to %s: %s is %s" % (source, target, name, characters(target, name)))
    fill = zarr.open_group("c.zarr", mode="r")["code"].fill_value
    if fill != b"":
        problems.append("the fill character of code is %r" % fill)


# ---- several files

def series(run):
    parts = [read("m%d.nc" % k, **RAW) for k in range(3)]
    moving = {v: x for v, x in parts[0].variables.items() if "time" in x.dims}
    whole = xr.concat([p[list(moving)] for p in parts], "time", data_vars="all", combine_attrs="override")
    for n in (1, 3):
        for target, options in (("m.zarr", "--chunks time=-1,x=6"), ("m.nc", "--chunks time=45 --codec deflate:1")):
            run.good("m1.nc", "m0.nc", "m2.nc", target, "--overwrite", *options.split(), np=n)
            expect("series %s" % target, whole, target, moving)
            expect("series %s" % target, parts[0], target, set(parts[0].variables) - set(moving))
    run.good("m2.nc", "m0.nc", "turned.nc", "--concat-dim", "time")
    turned = xr.concat([parts[2][list(moving)], parts[0][list(moving)]], "time", data_vars="all", combine_attrs="override")
    expect("concat-dim", turned, "turned.nc", moving)
    run.good("m0.nc", "late.nc", "joined.nc")  # other units: decoded and brought to those of the first
    a, b = read("joined.nc"), xr.concat([read("m0.nc"), read("late.nc")], "time")
    for name in ("time", "time_bnds"):
        if abs(a[name].values - b[name].values).max() > np.timedelta64(1, "us") or a[name].encoding["units"] != "hours since 2000-01-01":
            problems.append("joined.nc: %s is not that of both files" % name)
    if a.packed.values.tobytes() != b.packed.values.tobytes():
        problems.append("joined.nc: packed differs")


def split(run):
    data = {"packed", "plain", "bytes", "scalar", "name", "code", "odd", "letter", "word", "big", "u", "flag", "never"}
    for n in (1, 3):
        shutil.rmtree("out", ignore_errors=True)
        run.good("m0.nc", "m1.nc", "out", "--split-variables", np=n)
        if set(os.listdir("out")) != {d + ".nc" for d in data}:
            problems.append("split: %s" % sorted(os.listdir("out")))
        parts = [read("m%d.nc" % k, **RAW) for k in range(2)]
        for name, coords in (("packed", {"time", "time_bnds", "y", "x", "lat", "lon", "crs"}), ("plain", {"time", "time_bnds", "y", "x"}),
                             ("scalar", set()), ("u", {"x"})):
            got = read("out/%s.nc" % name, **RAW)
            if set(got.variables) != coords | {name}:
                problems.append("split: %s has %s" % (name, sorted(got.variables)))
            joined = xr.concat([p[[name]] for p in parts], "time") if "time" in parts[0][name].dims else parts[0]
            expect("split %s" % name, joined, "out/%s.nc" % name, {name})
    run.good("m0.nc", "ts.{}.zarr", "--split-variables", "--variables", "packed,u")
    if not (os.path.isdir("ts.packed.zarr") and os.path.isdir("ts.u.zarr") and not os.path.exists("ts.plain.zarr")):
        problems.append("split by pattern: %s" % sorted(os.listdir(".")))
    run.good("a.nc", "some.nc", "--variables", "u,packed", "--drop", "crs")
    if set(read("some.nc", **RAW).variables) != {"u", "packed", "time", "time_bnds", "y", "x", "lat", "lon"}:
        problems.append("--variables: %s" % sorted(read("some.nc", **RAW).variables))


# ---- what is refused

WRONG = [("a.nc", ["an output"]), ("a.nc no.txt", ["no.txt", "--format"]), ("gone.nc no.nc", ["gone.nc"]),
         ("a.nc no.nc --chunks tme=3", ["tme", "did you mean 'time'"]), ("a.nc no.nc --chunks time=0", ["time=0", "positive"]),
         ("a.nc no.nc --chunks time", ["DIM=SIZE"]), ("a.nc no.nc --chunks time=2,time=3", ["twice"]),
         ("a.nc no.nc --codec lz4", ["no codec lz4"]), ("a.nc no.zarr --codec blos:3", ["did you mean 'blosc'"]),
         ("a.nc no.zarr --codec blosc:zsdt:3", ["zsdt"]), ("a.nc no.zarr --codec zstd:99", ["1 to 22"]),
         ("a.nc no.zarr --codec blosc:lz4:5:shufle", ["shufle"]), ("a.nc no.nc --codec zlib:2:3", ["too much"]),
         ("a.nc no.nc --format cdf5 --codec zlib:1", ["classic"]), ("a.nc no.nc --format cdf5 --chunks time=1", ["no chunks"]),
         ("a.nc no.nc --format grib", ["grib"]), ("a.nc no.nc --variables plane", ["did you mean 'plain'"]),
         ("a.nc no.nc --drop plane", ["--drop"]), ("m0.nc other.nc no.nc", ["packed", "scale_factor", "open_mfdataset"]),
         ("a.nc there.nc", ["there.nc", "exists"]), ("a.nc there.zarr", ["there.zarr", "exists"]),
         ("a.nc nowhere/no.nc", ["nowhere"]), ("a.nc no.{}.nc", ["{}"]), ("a.nc no.nc --group inside", ["inside"]),
         ("a.nc no.nc --format netcdf3", ["int64"])]


def wrong(run):
    shutil.copy("a3.nc", "there.nc")
    run.good("a3.nc", "there.zarr")
    before = sorted(os.listdir("."))
    bytes_before = content("there.nc"), content("there.zarr")
    for n in (1, 3):
        for arguments, words in WRONG if n == 1 else WRONG[3::5]:
            done = run(*arguments.split(), np=n)
            said = [line for line in done.stderr.splitlines() if line.startswith("amasia: ") or "convert" in line]
            if done.returncode == 0 or len(said) < 1 or any(w not in done.stderr for w in words):
                problems.append("%s at %d ranks: exit %d, %s" % (arguments, n, done.returncode, done.stderr))
            if sorted(os.listdir(".")) != before:
                problems.append("%s left %s" % (arguments, set(os.listdir(".")) ^ set(before)))
    if (content("there.nc"), content("there.zarr")) != bytes_before:
        problems.append("an output that was there has changed")
    for target in ("there.nc", "there.zarr"):
        run.good("a.nc", target, "--overwrite")
        expect("overwritten " + target, "a.nc", target)
    done = run.good("grouped.nc", "root.nc")
    if "inner" not in done.stderr:
        problems.append("groups: nothing said of them, %r" % done.stderr)
    done = run.good("a.nc", "no.nc", "--plan")
    if "stage" not in done.stdout.lower() or os.path.exists("no.nc"):
        problems.append("--plan: %s" % done.stdout)
    run.good("a.nc", "told.nc", "--stats-json", "told.json")
    with open("told.json") as f:
        if not json.load(f):
            problems.append("--stats-json says nothing")
    done = subprocess.run([run.amasia, "info", "a.nc", "--codec", "none"], capture_output=True, text=True, env=environment())
    if done.returncode == 0 or "--codec belongs to convert" not in done.stderr:
        problems.append("info --codec: exit %d %s" % (done.returncode, done.stderr))


def main(amasia):
    run = Runner(amasia)
    make("a.nc")
    make("a3.nc", form="NETCDF3_64BIT_OFFSET")
    make("grouped.nc", group=True)
    for k in range(3):
        make("m%d.nc" % k, t0=100.0 * k)
    make("late.nc", t0=1.0, units="days since 2000-02-01")
    make("other.nc", t0=500.0, scale=0.02)
    for part in (one_to_one, all_characters, series, split, wrong):
        part(run)


if __name__ == "__main__":
    sys.exit(frame.run(__doc__, "convert", main, problems, "all as xarray has it"))
