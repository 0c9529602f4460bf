#!/usr/bin/env python3
"""The memory that a plan foretells beside what a run holds, of the budget and resident, of inputs that are in the page cache
and of inputs that are not: within a tenth where nothing is read ahead, a bound that is used where all is.

  memory.py --amasia PROGRAM --work DIR

What this process holds would count as held by those it starts: another makes the data.
"""
import json
import os
import re
import subprocess
import sys

import frame
from bad_input import environment

MIB = 1 << 20
SHAPE, CHUNK = (96, 512, 128, 4), (1, 512, 128, 4)
SOURCES = {"t.nc": "xr.open_dataset('t.nc')", "t.zarr": "xr.open_zarr('t.zarr')"}
SCRIPTS = {"point": "x.sel(lat=3, lon=5).to_netcdf('out.nc', encoding={'t': {'zlib': True}})",
           "levels": "x.mean('lev').to_netcdf('out.nc')",
           "anomaly": "(x - x.mean('time')).isel(lat=slice(0, 512, 8)).to_netcdf('out.nc')"}
RESIDENT = "ASAN_OPTIONS" not in os.environ  # what sanitizers hold is theirs
problems = []


def expect(true, *what):
    if not true:
        problems.append(" ".join(map(str, what)))


# values that can not be packed: a window of chunks is nearly as large as what is decoded
MAKE = """import sys
try:
    import numpy as np
    import xarray as xr
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)
dims, chunk = ("time", "lat", "lon", "lev"), %r
t = np.random.default_rng(3).random(%r, "f4")
ds = xr.Dataset({"t": (dims, t)}, {"lat": np.arange(512.0), "lon": np.arange(128.0)})
ds.to_netcdf("t.nc", encoding={"t": {"zlib": True, "complevel": 1, "chunksizes": chunk}})
ds.chunk(dict(zip(dims, chunk))).to_zarr("t.zarr", mode="w")
""" % (CHUNK, SHAPE)


def make_data():
    made = subprocess.run([sys.executable, "-c", MAKE])
    if made.returncode:
        sys.exit(made.returncode)
    for source, opened in SOURCES.items():
        for name, body in SCRIPTS.items():
            with open("%s.%s.py" % (name, source), "w") as f:
                f.write("import xarray as xr\nx = %s.t\n%s\n" % (opened, body))


def files_of(path):
    return [os.path.join(base, n) for base, _, names in os.walk(path) for n in names] if os.path.isdir(path) else [path]


def bring_in(path):
    for name in files_of(path):
        with open(name, "rb") as f:
            while f.read(MIB):
                pass


def evict(path):
    for name in files_of(path):
        fd = os.open(name, os.O_RDONLY)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def can_be_told():
    """False where the system does not say what is in the page cache (a tmpfs), or keeps it there."""
    evict("t.nc")
    fd = os.open("t.nc", os.O_RDONLY)
    try:
        os.preadv(fd, [bytearray(1)], 0, os.RWF_NOWAIT)
        return False
    except OSError as why:
        return isinstance(why, BlockingIOError)
    finally:
        os.close(fd)


class Runner:
    def __init__(self, amasia):
        self.amasia = amasia

    def __call__(self, verb, n, script, *more):
        """What it says, and the largest resident set of a rank."""
        command = (["mpirun", "-n", str(n)] if n > 1 else []) + [self.amasia, verb, "--threads", "1", "--prefetch", "8"]
        with open("log", "w+") as log:
            child = subprocess.Popen([*command, *more, script], stdout=log, stderr=log, env=environment())
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            log.seek(0)
            said = log.read()
        expect(child.returncode == 0, verb, n, script, "exit", child.returncode, said)
        return said, usage.ru_maxrss << 10

    def predicted(self, n, script):
        self("plan", n, script, "--stats-json", "plan.json")
        with open("plan.json") as f:
            return json.load(f)["predicted"]

    def held(self, n, script):
        self("run", n, script, "--stats-json", "run.json")
        with open("run.json") as f:
            return json.load(f)["actual"]["peak_bytes"]


def near(x, y, slack):
    return y / 1.1 - slack <= x <= 1.1 * y + slack


def check(run, n, name, source):
    where, script = "%s of %s, %d ranks:" % (name, source, n), "%s.%s.py" % (name, source)
    bring_in(source)
    there = run.predicted(n, script)
    held = run.held(n, script)
    resident = run("run", n, script)[1]
    evict(source)
    away = run.predicted(n, script)
    again = run.predicted(n, script)
    evict(source)
    held_away = run.held(n, script)
    evict(source)
    resident_away = run("run", n, script)[1]
    say = lambda *x: " ".join("%.1f" % (b / MIB) for b in x)
    print(where, "there", say(there["peak_bytes"], held, there["process_bytes"], resident),
          "away", say(away["peak_bytes"], held_away, away["process_bytes"], resident_away))
    for p in (there, away, again):
        expect(p["peak_most_bytes"] == there["peak_most_bytes"], where, "most", p, there)
    if name != "levels":  # which holds most when all has been read
        expect(there["peak_bytes"] + 4 * MIB <= away["peak_bytes"] <= away["peak_most_bytes"], where, there, away)
    expect(again["peak_bytes"] == away["peak_bytes"], where, "a plan brought the input in:", away, again)
    expect(near(held, there["peak_bytes"], 2 * MIB), where, "there: held", held, there)
    # tables and lists are not planned
    expect(held_away <= away["peak_most_bytes"] + MIB / 4, where, "away: held", held_away, away)
    # what an earlier stage has read is there for the next one
    expect(held_away > held or name != "point", where, "nothing was read ahead:", held, held_away)
    expect(not RESIDENT or near(resident, there["process_bytes"], 3 * MIB), where, "there: resident", resident, there)
    expect(not RESIDENT or resident_away <= 1.1 * away["process_bytes"] + 3 * MIB, where, "away: resident", resident_away, away)


def check_least(run):
    """A result that each rank reads where it made it takes no messages, and the budget that would do does."""
    for n in (1, 2):
        command = (["mpirun", "-n", str(n)] if n > 1 else []) + [run.amasia, "run", "--threads", "1", "levels.t.nc.py"]
        refused = subprocess.run([*command, "--memory", "1MiB"], capture_output=True, text=True, env=environment())
        told = re.search(r"use --memory ([0-9]+MiB) or more", refused.stderr)
        expect(refused.returncode == 1 and told, n, "ranks, 1 MiB:", refused.stderr)
        done = subprocess.run([*command, "--memory", told[1] if told else "1MiB"], capture_output=True, text=True, env=environment())
        expect(done.returncode == 0, n, "ranks,", told, done.stderr)
        sent = run.predicted(n, "levels.t.nc.py")["sent_bytes"]
        expect(sent == 0, n, "ranks: to be sent", sent)


def check_words(run):
    script = "point.t.nc.py"
    bring_in("t.nc")
    there = run("plan", 1, script)[0]
    evict("t.nc")
    away = run("plan", 1, script)[0]
    expect("with what is in the page cache now, at most" in there, "plan:", there)
    expect("at most" not in away.split("peak memory per rank")[-1], "plan:", away)
    said, _ = run("run", 1, script, "--stats")
    expect("peak a rank" in said, "stats:", said)


def main(amasia):
    make_data()
    if not can_be_told():
        print("what is in the page cache here can not be asked: not tried")
        return
    run = Runner(amasia)
    for source in SOURCES:
        for name in SCRIPTS:
            for n in (1, 2) if name == "point" else (2,) if source == "t.nc" else (1,):
                check(run, n, name, source)
    check_least(run)
    check_words(run)


if __name__ == "__main__":
    sys.exit(frame.run(__doc__, "memory", main, problems, "as much is held as was foretold"))
