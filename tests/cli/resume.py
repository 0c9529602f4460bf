#!/usr/bin/env python3
"""`amasia convert --resume`: conversions killed at many moments, by signal 9 on all ranks or by a full disk, end as one that
ran through, file by file; what is complete is not read again, and what another conversion left is not taken.

  resume.py --amasia PROGRAM --work DIR
"""
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

import frame
from bad_input import environment
from convert import content

try:
    import netCDF4
    import numpy as np
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)

PARTIAL = ".out.zarr.amasia-partial"
SQUARES = ["--chunks", "time=50,lat=30,lon=60", "--codec", "zstd:15"]
PANELS = ["--chunks", "time=-1,lat=15,lon=30", "--codec", "zstd:5", "--memory", "24MiB"]
AHEAD = ["--chunks", "time=30,lat=30,lon=60", "--codec", "zstd:15", "--prefetch", "3"]
PENCILS = ["--chunks", "time=-1,lat=15,lon=30", "--codec", "zstd:5"]
problems = []


def make(path, seed):
    rng = np.random.default_rng(seed)
    with netCDF4.Dataset(path, "w") as nc:
        for dim, n in (("time", 400), ("lat", 90), ("lon", 120)):
            nc.createDimension(dim, n)
        nc.createVariable("time", "f8", ("time",))[:] = np.arange(400)
        for name in ("smooth", "noise"):
            v = nc.createVariable(name, "f4", ("time", "lat", "lon"), zlib=True, complevel=1, chunksizes=(20, 90, 120))
            v.units = "K"
            v[:] = rng.standard_normal((400, 90, 120)) if name == "noise" else np.arange(400)[:, None, None]
        nc.createVariable("word", str, ("lat",))[:] = np.array(["w%d" % i for i in range(90)], object)
        nc.createVariable("one", "i4", ())[...] = seed


class Runner:
    def __init__(self, amasia):
        self.amasia = amasia

    def command(self, n, arguments):
        launch = ["mpirun", "-n", str(n)] if n > 1 else []
        return launch + [self.amasia, "convert", *arguments, "--threads", "1"]

    def __call__(self, n, *arguments, before=None):
        return subprocess.run(self.command(n, arguments), capture_output=True, text=True, timeout=120, env=environment(),
                              preexec_fn=before)

    def good(self, n, *arguments):
        done = self(n, *arguments)
        if done.returncode:
            problems.append("%s at %d ranks: exit %d %s" % (" ".join(arguments), n, done.returncode, done.stderr))
        return done

    def ranks_of(self, launcher):
        """Process ids of the ranks: the program itself, or what mpirun has started."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % pid) as f:
                    parent = int(f.read().rsplit(")", 1)[1].split()[1])
                if os.path.realpath("/proc/%s/exe" % pid) == self.amasia and (parent == launcher or int(pid) == launcher):
                    found.append(int(pid))
            except (OSError, IndexError):
                pass
        return found

    def killed(self, n, arguments, when):
        """Runs until when() says so, then kills every rank at once. False when it ended before."""
        child = subprocess.Popen(self.command(n, arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
        started = time.monotonic()
        while child.poll() is None and not when(time.monotonic() - started):
            time.sleep(0.002)
        early = child.poll() is None
        end = time.monotonic() + 10
        while child.poll() is None:  # mpirun may be about to start more
            for pid in self.ranks_of(child.pid):
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
            if time.monotonic() > end:  # Open MPI waits for ever for ranks that die while it starts them
                child.kill()
        return early


def noted():
    """Chunks noted as complete."""
    try:
        return sum(os.path.getsize(os.path.join(PARTIAL, f)) for f in os.listdir(PARTIAL) if f.startswith("done.")) // 16
    except FileNotFoundError:  # there is none, or the run ends just now and takes it away
        return 0


def clean():
    for name in ("out.zarr", PARTIAL):
        shutil.rmtree(name, ignore_errors=True)


def totals(text):
    """(chunks already there, of) as said, chunks read as counted."""
    there = re.search(r"out.zarr: (\d+) of (\d+) chunks are there already", text)
    read = re.search(r"^chunks +\d+ +(\d+)$", text, re.M)
    return (tuple(map(int, there.groups())) if there else None), int(read.group(1)) if read else None


def planned(run, n, arguments):
    done = run.good(n, *arguments, "--plan")
    return sum(int(x) for x in re.findall(r"read +(\d+) chunk", done.stdout))


def check_end(what, whole):
    if not os.path.isdir("out.zarr") or content("out.zarr") != whole:
        problems.append("%s: the result is not that of a run without a break" % what)
    if os.path.exists(PARTIAL):
        problems.append("%s: partial work is still there" % what)


def kills(run):
    """At every number of chunks, with other numbers of ranks before and after; twice in a row too."""
    middle = 0
    for options, n_before, n_after, marks in ((SQUARES, 1, 3, (1, 7, 60, 110)), (SQUARES, 3, 1, (1, 30, 90)),
                                              (PENCILS, 1, 1, (1, 9)), (PENCILS, 3, 2, (2, 20)), (SQUARES, 3, 3, (5, 50, 100)),
                                              (PANELS, 1, 1, (2, 15, 30)), (PANELS, 3, 2, (3, 25)), (AHEAD, 1, 1, (8, 90)), (AHEAD, 3, 3, (40,))):
        clean()
        run.good(1, "in.nc", "out.zarr", *options)
        whole, arguments = content("out.zarr"), ["in.nc", "out.zarr", *options]
        for mark in marks:
            clean()
            what = "%s, killed on %d ranks at %d chunks, resumed on %d" % (" ".join(options), n_before, mark, n_after)
            early = run.killed(n_before, arguments, lambda s, m=mark: noted() >= m)
            if early and mark == marks[-1]:  # again, during the second run
                run.killed(n_before, arguments + ["--resume"], lambda s, m=mark: noted() >= m + 5)
            if early and os.path.exists("out.zarr"):
                problems.append("%s: a killed run has an output" % what)
            if os.path.exists("out.zarr"):
                continue
            plan = planned(run, n_after, arguments + ["--resume"])
            done = run.good(n_after, *arguments, "--resume", "--stats")
            there, read = totals(done.stdout)
            if there and 0 < there[0] < there[1]:
                middle += 1
            if not there or there[0] < mark or read != plan:
                problems.append("%s: said %s, read %s chunks, planned %d" % (what, there, read, plan))
            check_end(what, whole)
    if middle < 8:
        problems.append("only %d runs were killed in the middle" % middle)


def moments(run):
    """At moments of time, the very beginning and the end too."""
    clean()
    started = time.monotonic()
    run.good(3, "in.nc", "out.zarr", *SQUARES)
    length = time.monotonic() - started
    whole = content("out.zarr")
    for k in range(1, 10):
        clean()
        early = run.killed(3, ["in.nc", "out.zarr", *SQUARES], lambda s, k=k: s > length * k / 10)
        if not os.path.exists("out.zarr"):
            run.good(1, "in.nc", "out.zarr", *SQUARES, "--resume")
        check_end("killed after %d/10 (%s)" % (k, "early" if early else "ended"), whole)


def full_disk(run):
    clean()
    run.good(1, "in.nc", "out.zarr", *SQUARES)
    whole = content("out.zarr")
    small = max(len(v) for k, v in whole.items() if k.startswith("smooth/"))
    clean()  # a limit of the size of files: the chunks of noise do not fit, those of smooth do (MPI needs larger files)
    done = run(1, "in.nc", "out.zarr", *SQUARES, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (max(small, 4096),) * 2))
    if done.returncode == 0 or "--resume" not in done.stderr or "File too large" not in done.stderr or os.path.exists("out.zarr"):
        problems.append("full: exit %d %s" % (done.returncode, done.stderr))
    there, read = totals(run.good(3, "in.nc", "out.zarr", *SQUARES, "--resume", "--stats").stdout)
    if not there or not 0 < there[0] < there[1] or not read:
        problems.append("full: resumed with %s, %s read" % (there, read))
    check_end("full", whole)
    os.mkdir("small")
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", "small"], capture_output=True).returncode:
        print("no tmpfs can be mounted here: a disk that is really full was not tried")
        return
    try:
        done = run(3, "in.nc", "small/out.zarr", *SQUARES)
        if done.returncode == 0 or "No space left" not in done.stderr or os.path.exists("small/out.zarr"):
            problems.append("full tmpfs: exit %d %s" % (done.returncode, done.stderr))
        subprocess.run(["mount", "-o", "remount,size=64m", "small"], check=True)
        run.good(2, "in.nc", "small/out.zarr", *SQUARES, "--resume")
        if content("small/out.zarr") != whole or os.listdir("small") != ["out.zarr"]:
            problems.append("full tmpfs: the result differs; %s" % os.listdir("small"))
    finally:
        subprocess.run(["umount", "small"])


def others(run):
    """Partial work that is not this conversion's, and runs at the same time."""
    arguments = ["in.nc", "out.zarr", *SQUARES]

    def leave():
        clean()
        run.killed(1, arguments, lambda s: noted() >= 20)
        return noted()

    clean()
    run.good(1, *arguments)
    whole = content("out.zarr")
    for what, command, words in (("codec", ["in.nc", "out.zarr", *SQUARES[:2], "--codec", "zstd:3"], ["zstd"]),
                                 ("chunks", ["in.nc", "out.zarr", "--chunks", "time=40", "--codec", "zstd:15"], ["time=400/40"]),
                                 ("source", ["other.nc", "out.zarr", *SQUARES], ["other.nc"]),
                                 ("variables", arguments + ["--drop", "smooth"], ["smooth"])):
        if leave() == 0:
            problems.append("no run was killed in the middle")
        for n in (1, 3):
            done = run(n, *command, "--resume")
            if done.returncode == 0 or "partial work of another conversion" not in done.stderr or any(w not in done.stderr for w in words):
                problems.append("other %s at %d ranks: exit %d %s" % (what, n, done.returncode, done.stderr))
        if noted() == 0 or os.path.exists("out.zarr"):
            problems.append("other %s: the partial work has gone" % what)
    leave()
    os.utime("in.nc")
    done = run(1, *arguments, "--resume")
    if done.returncode == 0 or "partial work of another conversion" not in done.stderr:
        problems.append("changed source: exit %d %s" % (done.returncode, done.stderr))
    there, _ = totals(run.good(3, *arguments, "--stats").stdout)  # without --resume all is done anew
    if there:
        problems.append("without --resume partial work was taken up")
    check_end("anew", whole)
    leave()
    with open(os.path.join(PARTIAL, "done.0.0"), "r+b") as f:  # a record cut off, and one that is damaged
        f.truncate(16 * 10 + 5)
        f.seek(16 * 4)
        f.write(b"\xff")
    there, _ = totals(run.good(1, *arguments, "--resume", "--stats").stdout)
    if not there or there[0] != 4:
        problems.append("damaged journal: %s" % (there,))
    check_end("damaged journal", whole)
    run.good(1, *arguments, "--resume", "--overwrite")  # nothing to go on from
    check_end("nothing to resume", whole)
    for target, word in (("out.nc", "Zarr store"), ("out.zarr", "exists")):
        done = run(1, "in.nc", target, "--resume")
        if done.returncode == 0 or word not in done.stderr or os.path.exists("out.nc"):
            problems.append("--resume to %s: exit %d %s" % (target, done.returncode, done.stderr))
    shutil.rmtree(PARTIAL, ignore_errors=True)
    clean()
    first = subprocess.Popen(run.command(3, arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment())
    while noted() < 3 and first.poll() is None:
        time.sleep(0.002)
    for pid in run.ranks_of(first.pid):
        os.kill(pid, signal.SIGSTOP)
    for more in ([], ["--resume"]):
        done = run(1, *arguments, *more)
        if done.returncode == 0 or "another run is writing it now" not in done.stderr:
            problems.append("two runs: exit %d %s" % (done.returncode, done.stderr))
    for pid in run.ranks_of(first.pid):
        os.kill(pid, signal.SIGCONT)
    if first.wait(timeout=120):
        problems.append("two runs: the first has failed: %s" % first.stderr.read())
    check_end("two runs", whole)


def main(amasia):
    run = Runner(amasia)
    make("in.nc", 1)
    make("other.nc", 2)
    for part in (kills, moments, full_disk, others):
        part(run)


if __name__ == "__main__":
    sys.exit(frame.run(__doc__, "resume", main, problems, "every broken run ended as one without a break"))
