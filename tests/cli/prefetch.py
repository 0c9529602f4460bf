#!/usr/bin/env python3
"""`amasia run --prefetch N`: the same bits however far is read ahead, of files that are not in memory, and what goes wrong
meanwhile (a chunk cut short, one that is no file, a full disk, Ctrl-C) ends all ranks with one message and no output.

  prefetch.py --amasia PROGRAM --work DIR
"""
import os
import shutil
import signal
import subprocess
import sys
import time

import frame
from bad_input import environment

try:
    import netCDF4
    import numpy as np
    import zarr
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)

SHAPE, CHUNKS = (480, 60, 100), (8, 60, 100)
DIMS = ("time", "lat", "lon")
SOURCES = ("deflated.nc", "store.zarr", "contiguous.nc")
DEPTHS = ("0", "1", "4")
SCRIPT = """import xarray as xr
ds = xr.%s(%r)
(ds.t - ds.t.mean("time")).to_netcdf("anomaly.nc")
ds.t.isel(time=slice(5, 400, 2)).max(["lat", "lon"]).to_netcdf("max.nc")
ds.t.rolling(time=30).mean().isel(lat=7).to_netcdf("rolling.nc")
"""
ENDLESS = """import xarray as xr
ds = xr.%s(%r)
(ds.t * 2).to_netcdf("twice.nc")
(ds.t * 3).to_zarr("thrice.zarr")
"""
problems = []


def make_data():
    rng = np.random.default_rng(5)
    values = (280 + rng.standard_normal(SHAPE)).astype("f4")
    for path, storage in (("deflated.nc", {"chunksizes": CHUNKS, "zlib": True}), ("contiguous.nc", {"contiguous": True})):
        with netCDF4.Dataset(path, "w") as nc:
            for name, n in zip(DIMS, SHAPE):
                nc.createDimension(name, n)
            nc.createVariable("t", "f4", DIMS, **storage)[:] = values
    group = zarr.open_group(zarr.DirectoryStore("store.zarr"), mode="w")
    group.create_dataset("t", data=values, chunks=CHUNKS).attrs["_ARRAY_DIMENSIONS"] = list(DIMS)
    zarr.consolidate_metadata(zarr.DirectoryStore("store.zarr"))


def evict(path):
    """Out of the page cache: what is in it is not read ahead."""
    for base, _, names in os.walk(path) if os.path.isdir(path) else [("", None, [path])]:
        for name in names:
            fd = os.open(os.path.join(base, name), os.O_RDONLY)
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)


class Runner:
    def __init__(self, amasia):
        self.amasia = amasia

    def start(self, n, source, depth, folder="out", script=SCRIPT, more=()):
        shutil.rmtree("out", ignore_errors=True)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "s.py"), "w") as f:
            f.write(script % ("open_zarr" if source.endswith(".zarr") else "open_dataset", os.path.abspath(source)))
        launch = ["mpirun", "-n", str(n)] if n > 1 else []
        return subprocess.Popen(launch + [self.amasia, "run", "--threads", "2", "--prefetch", depth, *more, "s.py"], cwd=folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())

    def __call__(self, *args, **named):
        child = self.start(*args, **named)
        out, err = child.communicate(timeout=120)
        return subprocess.CompletedProcess(child.args, child.returncode, out, err)


def bits(folder):
    found = {}
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".nc")):
        with netCDF4.Dataset(os.path.join(folder, name)) as nc:
            nc.set_auto_maskandscale(False)
            for v in nc.variables.values():
                found[name, v.name] = (v.dtype.str, v.shape, v[...].tobytes())
    return found


def equal(run):
    whole = {}
    for source in SOURCES:
        for n in (1, 2, 3):
            for depth in DEPTHS:
                where = "%s, %d ranks, --prefetch %s" % (source, n, depth)
                evict(source)
                done = run(n, source, depth)
                if done.returncode:
                    problems.append("%s: exit %d %s" % (where, done.returncode, done.stderr))
                    continue
                got = bits("out")
                if len({name for name, _ in got}) != 3 or got != (whole or got):
                    problems.append("%s: other bits than %s" % (where, SOURCES[0]))
                whole = whole or got


def expect_error(where, done, words, folder="out"):
    said = [line for line in done.stderr.splitlines() if line.startswith("amasia: ")]
    left = sorted(os.listdir(folder))
    if done.returncode == 0 or len(said) != 1 or left != ["s.py"] or not all(w in said[0] for w in words):
        problems.append("%s: exit %d, said %s, left %s" % (where, done.returncode, said, left))


def damaged(run):
    for what in ("short", "folder"):
        shutil.copytree("store.zarr", "bad.zarr")
        chunk = "bad.zarr/t/50.0.0"
        if what == "short":
            os.truncate(chunk, os.path.getsize(chunk) // 2)
        else:
            os.remove(chunk)
            os.mkdir(chunk)
        for n in (1, 3):
            for depth in DEPTHS:
                evict("bad.zarr")
                expect_error("%s, %d ranks, --prefetch %s" % (what, n, depth), run(n, "bad.zarr", depth), ("variable t > chunk 50,0,0",))
        shutil.rmtree("bad.zarr")


def full_disk(run):
    os.mkdir("small")
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", "small"], capture_output=True).returncode:
        print("no tmpfs can be mounted here: a full disk was not tried")
        return
    try:
        for source in SOURCES[:2]:
            for n in (1, 3):
                evict(source)
                expect_error("full disk, %s, %d ranks" % (source, n), run(n, source, "4", folder="small"), ("No space left",), "small")
    finally:
        subprocess.run(["umount", "small"], check=True)


def interrupted(run):
    """A chunk that is a pipe nobody writes to: whoever reads ahead hangs in it, and the rank waits for him."""
    shutil.copytree("store.zarr", "pipe.zarr")
    os.remove("pipe.zarr/t/40.0.0")
    os.mkfifo("pipe.zarr/t/40.0.0")
    for number, n in ((signal.SIGINT, 1), (signal.SIGINT, 3), (signal.SIGTERM, 2), (signal.SIGHUP, 1)):
        child = run.start(n, "pipe.zarr", "4", script=ENDLESS, more=["--stats-json", "stats.json"])
        start = time.monotonic()
        while child.poll() is None and time.monotonic() - start < 60 and sum(".amasia-" in x for x in os.listdir("out")) < 2:
            time.sleep(0.05)
        time.sleep(1) # all ranks in the chunk that never comes, or waiting for those
        early, made = child.poll(), sorted(os.listdir("out"))
        child.send_signal(number)
        start = time.monotonic()
        try:
            child.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            problems.append("signal %d at %d ranks: it hangs" % (number, n))
        left = sorted(os.listdir("out"))
        if early is not None or len(made) != 4 or child.returncode == 0 or left != ["s.py"]:
            problems.append("signal %d at %d ranks: exit %s, %s before with %s, %.1f s, left %s" %
                            (number, n, child.returncode, early, made, time.monotonic() - start, left))


def main(amasia):
    run = Runner(amasia)
    make_data()
    for part in (equal, damaged, full_disk, interrupted):
        part(run)


if __name__ == "__main__":
    sys.exit(frame.run(__doc__, "prefetch", main, problems, "however far is read ahead, the same comes"))
