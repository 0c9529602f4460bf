#!/usr/bin/env python3
"""Every way of reading gives the same bits: --io=posix, two-phase, mpiio and library, any number of ranks and of
aggregators, all formats; and what goes wrong while ranks read together is one message, a non-zero exit and no output.

  io_paths.py --amasia PROGRAM --work DIR [--paths two-phase,mpiio,library] [--np 1,2,3,4,7]
"""
import argparse
import os
import shutil
import subprocess
import sys
import warnings

from bad_input import environment

import netCDF4
import numpy as np

SHAPE = (40, 23, 31)
SCRIPT = """import xarray as xr
ds = xr.open_dataset(%s)
ds.t.mean("time").to_netcdf("mean.nc")
(ds.t - ds.t.mean("time")).to_netcdf("anomaly.nc")
ds.k.isel(lon=slice(3, 28, 3), lat=slice(2, 19)).sum("lat").to_netcdf("strided.nc")
ds.t.rolling(time=5).mean().to_netcdf("rolling.nc")
ds.t.isel(time=7).to_netcdf("one.nc")
ds.t.median("time").to_netcdf("median.nc")
xr.merge([ds.h.sum("time"), ds.n.max("time"), ds.b.isel(time=slice(1, 40, 4)).sum("time")]).to_netcdf("odd.nc")
"""
MIXED = """import xarray as xr
a = xr.open_dataset(%s)
b, c = xr.open_zarr(%s), xr.open_zarr(%s)
(a.k + b.k - c.t).rolling(time=3).mean().isel(lon=slice(1, 31, 2)).to_netcdf("mixed.nc")
"""
FORMATS = {
    "cdf1.nc": ("NETCDF3_CLASSIC", True, {}),
    "cdf2.nc": ("NETCDF3_64BIT_OFFSET", False, {}),
    "cdf5.nc": ("NETCDF3_64BIT_DATA", True, {}),
    "contiguous.nc": ("NETCDF4", False, {"contiguous": True}),
    "chunked.nc": ("NETCDF4", True, {"chunksizes": (7, 10, 13)}),
    "deflated.nc": ("NETCDF4", True, {"chunksizes": (7, 10, 13), "zlib": True, "shuffle": True}),
    "group.nc": ("NETCDF4", False, {"chunksizes": (7, 10, 13), "zlib": True, "fletcher32": True, "endian": "big"}),
}


def make_netcdf(path, form, unlimited, storage):
    """t: with NaNs of several payloads; h: written in part; n: noise, which deflate makes longer; b: bytes, of which a
    record is no multiple of four."""
    rng = np.random.RandomState(3)
    warnings.simplefilter("ignore")  # of the byte order
    with netCDF4.Dataset(path, "w", format=form) as top:
        nc = top.createGroup("a/b") if path == "group.nc" else top
        for name, n in zip(("time", "lat", "lon"), SHAPE):
            nc.createDimension(name, None if unlimited and name == "time" else n)
        t = nc.createVariable("t", "f4", ("time", "lat", "lon"), **storage)
        k = nc.createVariable("k", "i4", ("time", "lat", "lon"), **storage)
        h = nc.createVariable("h", "f8", ("time", "lat", "lon"), fill_value=-1.0, **storage)
        n = nc.createVariable("n", "i4", ("time", "lat", "lon"), **storage)
        b = nc.createVariable("b", "i1", ("time", "lat", "lon"), **storage)
        values = rng.standard_normal(SHAPE).astype("f4")
        values.view("u4")[::5, ::4, ::3] = 0x7fc00000 + rng.randint(0, 1 << 20, values[::5, ::4, ::3].shape)
        t[:] = values
        k[:] = rng.randint(-500, 500, SHAPE)
        h[:10] = rng.standard_normal((10,) + SHAPE[1:])
        n[:] = rng.randint(-2**31, 2**31 - 1, SHAPE)
        b[:] = rng.randint(-100, 100, SHAPE)


ZARR = ("store.zarr", "packed.zarr", "raw.zarr")


def make_zarr(path):
    """store: what zarr does if nothing is said (blosc). packed: zlib, columns first, a third of the chunk files are not
    there. raw: no codec, big-endian, chunks in folders."""
    import numcodecs
    import zarr
    rng = np.random.RandomState(3)
    nested = path == "raw.zarr"
    store = (zarr.NestedDirectoryStore if nested else zarr.DirectoryStore)(path)
    group = zarr.open_group(store, mode="w")
    t, k = rng.standard_normal(SHAPE).astype("f4"), rng.randint(-500, 500, SHAPE).astype("i4")
    more = {"packed.zarr": {"compressor": numcodecs.Zlib(4), "order": "F"}, "raw.zarr": {"compressor": None}}.get(path, {})
    for name, values in (("t", t), ("k", k), ("h", t), ("n", k), ("b", k.astype("i1"))):
        if nested:
            values = values.astype(values.dtype.newbyteorder(">"))
        a = group.create_dataset(name, data=values, chunks=(7, 10, 13), **more)
        a.attrs["_ARRAY_DIMENSIONS"] = ["time", "lat", "lon"]
    zarr.consolidate_metadata(store)
    if path == "packed.zarr":
        for i in range(0, 6 * 3 * 3, 3):
            os.remove(f"{path}/t/{i // 9}.{i // 3 % 3}.{i // 9 % 3}")


def run(args, folder, data, np_, options, fault=None, more_env=(), script=None):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, "s.py"), "w") as f:
        f.write(script or SCRIPT % (repr(data) + (', group="a/b"' if data.endswith("group.nc") else "")))
    env = dict(environment(), AMA_UNIT_BYTES="20000", OMP_NUM_THREADS="2")
    if fault:
        env["AMA_FAULT"] = str(fault)
    command = ["mpirun", "-n", str(np_)]
    for name, value in more_env:
        command += ["-x", f"{name}={value}"]
    command += [args.amasia, "run", "--stats", "--threads=2"]
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


def check_counts(where, data, path, aggregators, r, failures):
    """Of two-phase only the aggregators read, and of Zarr no more than what is wanted; mpiio asks for what is stored; library for each chunk and box once."""
    if path == "two-phase":
        readers = int(r.stdout.split("read from files by ")[1].split()[0])
        if readers > aggregators:
            failures.append(f"{where}: {readers} ranks read")
        words = r.stdout.split("two-phase: ")[1].split()
        wanted, came = int(words[0]), int(words[3])
        if data.endswith(".zarr") and not 0 < came <= wanted:
            failures.append(f"{where}: {came} bytes read, {wanted} wanted")
    elif data.endswith(".zarr"):
        return  # by the rank that needs it
    elif path == "mpiio":
        wanted, asked = (int(r.stdout.split(word)[0].split()[-1]) for word in (" bytes wanted", " bytes asked for"))
        if not 0 < asked <= wanted:
            failures.append(f"{where}: {asked} bytes asked for, {wanted} wanted")
    elif int(r.stdout.split("library: ")[1].split()[0]) == 0:
        failures.append(f"{where}: the library read nothing")


def check_equal(args, data, failures):
    first = run(args, "posix", data, 1, ["--io=posix"])
    want = bits("posix")
    if first.returncode or len({name for name, _ in want}) != 7:
        failures.append(f"{data}: posix at 1 rank: {first.stderr}")
        return
    for path in args.paths:
        for np_ in args.np:
            aggregators = 1 + np_ % 2  # one is the default: all ranks are on one node
            more = ["--io-aggregators=2"] if aggregators == 2 else []
            r = run(args, "shared", data, np_, ["--io=" + path] + more)
            where = f"{data}, {path}, {np_} ranks, {more}"
            if r.returncode:
                failures.append(f"{where}: {r.stderr}")
            elif bits("shared") != want:
                failures.append(f"{where}: other bits than posix at 1 rank")
            else:
                check_counts(where, data, path, aggregators, r, failures)


def check_mixed(args, failures):
    """Byte ranges and chunk files in one stage."""
    script = MIXED % tuple(repr(os.path.abspath(n)) for n in ("cdf5.nc", "packed.zarr", "raw.zarr"))
    first = run(args, "posix", "", 1, ["--io=posix"], script=script)
    want = bits("posix")
    for path in args.paths:
        for np_ in args.np:
            r = run(args, "shared", "", np_, ["--io=" + path], script=script)
            if first.returncode or r.returncode or not want or bits("shared") != want:
                failures.append(f"mixed, {path}, {np_} ranks: {first.stderr} {r.stderr} or other bits")


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
    short = os.path.abspath("short.nc")
    with open("cdf5.nc", "rb") as f, open(short, "wb") as g:
        g.write(f.read()[:-100])
    for io in ["posix"] + args.paths:
        for data in (cut, bad, short):
            r = run(args, "fault", data, 3, ["--io=" + io])
            one_message(f"{io} of {os.path.basename(data)}", "fault", r, failures)
        for fault in args.faults:
            r = run(args, "fault", good, 3, ["--io=" + io], fault)
            one_message(f"{io}, fault {fault}", "fault", r, failures)


def damage(store):
    """Of a Zarr store: a chunk file that ends too early, one of no bytes, one that is a folder."""
    for how, folder in enumerate(("cut.zarr", "empty.zarr", "folder.zarr")):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(store, folder)
        chunk = f"{folder}/k/3.1.2"
        with open(chunk, "r+b") as f:
            f.truncate(100 if how == 0 else 0)
        if how == 2:
            os.remove(chunk)
            os.mkdir(chunk)
        yield os.path.abspath(folder)


def check_zarr_faults(args, failures):
    for io in ["posix"] + [p for p in args.paths if p == "two-phase"]:
        for data in damage("store.zarr"):
            r = run(args, "fault", data, 3, ["--io=" + io])
            one_message(f"{io} of {os.path.basename(data)}", "fault", r, failures)
            if "3.1.2" not in r.stderr and "3,1,2" not in r.stderr:
                failures.append(f"{io} of {os.path.basename(data)}: does not say which chunk: {r.stderr}")
        for fault in args.faults:
            r = run(args, "fault", os.path.abspath("store.zarr"), 3, ["--io=" + io], fault)
            one_message(f"{io} of store.zarr, fault {fault}", "fault", r, failures)


def check_read_errors(args, failures):
    """EIO of the first reads of the file on a rank, and of later ones, which the path's own calls do."""
    calls = {"two-phase": "Input/output error", "mpiio": "MPI_File_read_at_all", "library": "ncmpi_get_vara_all"}
    for path in args.paths:
        said = ""
        zarr = [n for n in ZARR[:1] if path == "two-phase" and os.path.exists(n)]
        for data in ["cdf5.nc", "deflated.nc"] + zarr:
            for rank, at in ((0, 1), (0, 4), (1, 1), (2, 1), (2, 2)):
                env = [("LD_PRELOAD", args.preload), ("READ_ERROR_FILE", data), ("READ_ERROR_RANK", rank), ("READ_ERROR_AT", at)]
                r = run(args, "fault", os.path.abspath(data), 3, ["--io=" + path], more_env=env)
                said += r.stderr
                if r.returncode or rank == 0 and at == 1:
                    one_message(f"{path} of {data}, read error {at} on rank {rank}", "fault", r, failures)
        if calls[path] not in said:
            failures.append(f"{path}: no error of {calls[path]}: {said}")
        if path == "mpiio":
            check_lost(args, failures)


def check_lost(args, failures):
    """A rank that reads for the others fails within MPI-IO, which does not tell them: it ends the job after a while."""
    with open("hints", "w") as f:
        f.write("romio_cb_read enable\n")
    env = [("LD_PRELOAD", args.preload), ("READ_ERROR_FILE", "cdf5.nc"), ("READ_ERROR_RANK", 0), ("READ_ERROR_AT", 2),
           ("ROMIO_HINTS", os.path.abspath("hints"))]
    r = run(args, "lost", os.path.abspath("cdf5.nc"), 3, ["--io=mpiio"], more_env=env)
    said = [line for line in r.stderr.splitlines() if line.startswith("amasia: ")]
    left = [n for n in os.listdir("lost") if not n.startswith(".")]
    if r.returncode == 0 or len(said) != 1 or "MPI_File_read_at_all" not in said[0] or left != ["s.py"]:
        failures.append(f"a reader that fails: exit {r.returncode}, {r.stderr}, left {left}")


def check_refused(args, failures):
    for option, word in (("--io=fast", "posix, two-phase, mpiio or library"), ("--io-aggregators=0", "from 1"),
                         ("--io-aggregators=2", "is for --io=two-phase"), ("--io=two-phase --prefetch=2", "is for --io=posix"),
                         ("--io=mpiio --prefetch=1", "is for --io=posix"), ("--io=library", "need MPI"),
                         ("--io=mpiio", "need MPI")):
        r = subprocess.run([args.amasia, "run"] + option.split() + ["posix/s.py"], capture_output=True, text=True)
        if r.returncode == 0 or word not in r.stderr:
            failures.append(f"{option}: exit {r.returncode}: {r.stderr}")
    # without the guard against wrong data of Open MPI's collective reads
    os.environ["OMPI_MCA_fbtl_posix_read_datasieving"] = "1"
    r = run(args, "fault", os.path.abspath("cdf1.nc"), 2, ["--io=mpiio"])
    del os.environ["OMPI_MCA_fbtl_posix_read_datasieving"]
    one_message("mpiio without the guard", "fault", r, failures)
    if "10546" not in r.stderr:
        failures.append(f"mpiio without the guard: {r.stderr}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--amasia", required=True, type=os.path.abspath)
    p.add_argument("--work", required=True)
    p.add_argument("--paths", default="two-phase,mpiio,library")
    p.add_argument("--np", default="1,2,3,4,7")
    p.add_argument("--faults", default="1,40,150")
    p.add_argument("--preload", help="tests/read_error.c, built")
    args = p.parse_args()
    args.np = [int(n) for n in args.np.split(",")]
    args.faults = [int(n) for n in args.faults.split(",")]
    work = os.path.join(args.work, "io_paths_" + args.paths)
    args.paths = args.paths.split(",")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    os.chdir(work)
    failures, names = [], list(FORMATS)
    for name, how in FORMATS.items():
        make_netcdf(name, *how)
    try:
        for name in ZARR if "two-phase" in args.paths else ZARR[:1]:  # the others read it as posix does
            make_zarr(name)
            names.append(name)
    except ImportError:
        print("no zarr: its case is left out")
    for name in names:
        check_equal(args, os.path.abspath(name), failures)
    check_faults(args, failures)
    if "store.zarr" in names:
        if "packed.zarr" in names:
            check_mixed(args, failures)
        check_zarr_faults(args, failures)
    if args.preload:
        check_read_errors(args, failures)
    check_refused(args, failures)
    print("\n".join(failures) or f"{len(names)} formats at {args.np} ranks by {args.paths} are equal to the bit")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
