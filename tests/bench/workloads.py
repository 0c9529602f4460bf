#!/usr/bin/env python3
"""The workloads of ../shared/bench with Amasia, paired with its peers: A B A B ..., medians and ratios.

  workloads.py --data DIR [--size medium] [--amasia PROGRAM] [-n RANKS] [--threads T] [--repeat 3] [--memory SIZE]
               [--peers cdo,xr-threads] [--check] [--rss] [W1:b W4:e ...]

Each line: workload:variant, our wall and CPU seconds gross and net of an empty mpirun (an
MPI program that does nothing) of the same size, each peer's, and
the ratio peer / ours (net). --check compares our output with the first peer's by compare.py. The data come from make_data.py.
--rss instead runs each case once and prints the largest resident set of a rank beside the plan's prediction.
"""
import argparse
import importlib.util
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(TOP, "..", "shared", "bench")
SCRIPTS = {
    "W1": "r = x.mean('time')",
    "W2": "r = x.weighted(np.cos(np.deg2rad(ds.lat))).mean(['lat', 'lon'])",
    "W3": "r = x.mean('lon')",
    "W4": "r = x.groupby('time.month').mean()",
    "W5": "gb = x.groupby('time.month')\nr = (gb - gb.mean()).drop_vars('month')",
    "W6": "r = x.resample(time='MS').mean()",
    "W7": "r = x.resample(time='QS-DEC').mean()",
    "W8": "r = x.std('time')",
    "W9": "r = x.quantile([0.5, 0.9], dim='time')",
    "W10": "r = x.rolling(time=5).mean().max('time')",
    "W10b": "r = x.rolling(time=30).mean().max('time')",
    "W11": "r = x.sel(lat=40, lon=255, method='nearest')",
    "W11b": "r = x.sel(lat=slice(30, 50), lon=slice(240, 270))",
    "W12": "r = x.interp(lat=np.arange(-89.0, 90, 2), lon=np.arange(0.0, 360, 2)).astype('f4')",
    "W12b": "r = x.interp(lev=[850.0, 500.0, 250.0, 100.0, 50.0]).astype('f4')",
    "W13": "r = x.chunk({'time': %(nt)d, 'lat': %(clat)d, 'lon': %(clon)d})",
    "W13b": "r = x.chunk({'time': 30, 'lat': %(nlat)d // 2, 'lon': %(nlon)d // 2})",
    "W14": "r = np.sqrt(ds.uas**2 + ds.vas**2).mean('time').rename('spd')",
    "W15": "t = xr.DataArray(np.arange(%(nt)d, dtype='f8'), dims='time')\nt = t - t.mean()\n"
           "r = (x * t).mean('time') / (t * t).mean()",
    "W15b": "r = x.assign_coords(time=np.arange(%(nt)d, dtype='f8')).polyfit('time', 1, skipna=False)"
            ".polyfit_coefficients.sel(degree=1, drop=True)",
    "W16": "r = x.resample(time='1D').mean().max('time')",
}
NAMES = {"g": "ta", "m": "tos"}
NETCDF_ONLY = {"W13": "e", "W13b": ""}   # variants whose output is Zarr when the input is


def load_peers():
    spec = importlib.util.spec_from_file_location("peers", os.path.join(BENCH, "peers.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script(workload, variant, src, out, size):
    nt, nlat, nlon = size
    name = NAMES.get(variant, "tas")
    if os.path.isdir(src) and not src.endswith(".zarr"):
        source = "xr.open_mfdataset('%s/*.nc')" % src
    else:
        source = "xr.%s('%s')" % ("open_zarr" if src.endswith(".zarr") else "open_dataset", src)
    body = SCRIPTS[workload] % dict(nt=nt, nlat=nlat, nlon=nlon, clat=nlat // 16, clon=nlon // 16)
    lines = ["import xarray as xr", "import numpy as np", "ds = " + source]
    lines += [] if workload == "W14" else ["x = ds.%s" % name]
    encoding = ""
    if workload == "W13" and not out.endswith(".zarr"):
        encoding = ", encoding={'%s': {'zlib': True, 'complevel': 1, 'chunksizes': (%d, %d, %d)}}" % (name, nt, nlat // 16, nlon // 16)
    sink = "r.to_zarr('%s', mode='w')" % out if out.endswith(".zarr") else "r.to_netcdf('%s'%s)" % (out, encoding)
    return "\n".join(lines + [body, sink]) + "\n"


def timed(command, shell=False, timeout=900):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    run = subprocess.run(command, shell=shell, capture_output=True, text=True, timeout=timeout)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, run


def remove(path):
    shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.path.exists(path) and os.remove(path)


def peer_command(peers, peer, workload, variant, src, out, tmp, size):
    template = peers.PEERS[peer].get("%s:%s" % (workload, variant), peers.PEERS[peer].get(workload))
    if template is None:
        return None
    nt, nlat, nlon = size
    env = dict(src=src, out=out, tmp=tmp, py="/usr/bin/python3", here=os.path.abspath(BENCH), mem=0, nt=nt,
               clat=nlat // 16, clon=nlon // 16)
    for key, value in env.items():
        template = template.replace("{%s}" % key, str(value))
    return template


def ending(workload, variant):
    return ".zarr" if workload == "W13b" or (workload in ("W5", "W13") and variant == "e") else ".nc"


def one(case, o, peers, empty):
    workload, variant = case.split(":")
    size = peers.SHAPES[o.size]
    src = os.path.join(os.path.abspath(o.data), o.size, peers.source(workload, variant))
    work = tempfile.mkdtemp(dir=os.path.abspath(o.work))
    ours_out, walls, cpus, theirs = os.path.join(work, "ours" + ending(workload, variant)), [], [], {p: [] for p in o.peers}
    with open(os.path.join(work, "case.py"), "w") as f:
        f.write(script(workload, variant, src, ours_out, size))
    ours = ours_command(o, "run", os.path.join(work, "case.py"))
    outs = {}
    for i in range(o.repeat + 1):
        remove(ours_out)
        wall, cpu, run = timed(ours)
        if run.returncode:
            print("%-7s ours failed: %s" % (case, (run.stderr or run.stdout).strip()[:400]))
            shutil.rmtree(work)
            return None
        if i:   # the first is the warm-up
            walls.append(wall)
            cpus.append(cpu)
        for peer in o.peers:
            outs[peer] = os.path.join(work, peer + ending(workload, variant))
            remove(outs[peer])
            tmp = os.path.join(work, "tmp")
            remove(tmp)
            os.makedirs(tmp)
            command = peer_command(peers, peer, workload, variant, src, outs[peer], tmp, size)
            if command is None or (i == 0 and o.repeat > 1 and not o.warm_peers):
                continue
            wall, cpu, run = timed(command, shell=True)
            if run.returncode == 0 and os.path.exists(outs[peer]):
                theirs[peer].append((wall, cpu))
    wall, cpu = statistics.median(walls), statistics.median(cpus)
    net, best = max(wall - empty[0], 1e-3), None
    text = "%-7s ours %6.2f s net %6.2f cpu %6.2f" % (case, wall, net, cpu)
    for peer, runs in theirs.items():
        if runs:
            w, c = statistics.median(r[0] for r in runs), statistics.median(r[1] for r in runs)
            best = w if best is None else min(best, w)
            text += " | %s %6.2f s cpu %6.2f x%.2f" % (peer, w, c, w / net)
    print(text + ("" if best is None else " || best / net = %.2f, best / gross = %.2f" % (best / net, best / wall)), flush=True)
    if o.check and o.peers and theirs[o.peers[0]]:
        _, _, run = timed(["/usr/bin/python3", os.path.join(BENCH, "compare.py"), ours_out, outs[o.peers[0]]])
        print("        " + (run.stdout + run.stderr).strip()[-300:].replace("\n", "\n        "), flush=True)
    shutil.rmtree(work)
    return None if best is None else best / net


def ours_command(o, verb, path):
    command = ["mpirun", "-n", str(o.n), os.path.abspath(o.amasia), verb, "--threads", str(o.threads)]
    return command + (["--memory", o.memory] if o.memory else []) + [path]


UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def peak_memory(case, o, peers):
    """One run: resident set of the largest rank (wait4 gives the largest of all descendants), and what the plan said."""
    workload, variant = case.split(":")
    size = peers.SHAPES[o.size]
    src = os.path.join(os.path.abspath(o.data), o.size, peers.source(workload, variant))
    work = tempfile.mkdtemp(dir=os.path.abspath(o.work))
    path, out = os.path.join(work, "case.py"), os.path.join(work, "out" + ending(workload, variant))
    with open(path, "w") as f:
        f.write(script(workload, variant, src, out, size))
    plan = subprocess.run(ours_command(o, "plan", path), capture_output=True, text=True)
    start = time.perf_counter()
    with open(os.path.join(work, "log"), "w") as log:
        child = subprocess.Popen(ours_command(o, "run", path), stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
    found = re.search(r"peak memory per rank: ([0-9.]+) (\w+)", plan.stdout)
    if status or not found:
        print("%-7s %s" % (case, (plan.stderr or open(os.path.join(work, "log")).read()).strip()[:200]), flush=True)
    else:
        planned, rss = float(found[1]) * UNITS[found[2]] / 2**20, usage.ru_maxrss / 2**10
        print("%-7s rss %7.1f MiB planned %7.1f MiB, ratio %.2f; %.1f s, cpu %.1f s" %
              (case, rss, planned, rss / planned, time.perf_counter() - start, usage.ru_utime + usage.ru_stime), flush=True)
    shutil.rmtree(work)


def build_hello(folder):
    """An MPI program that does nothing, on one node as ours is: what any mpirun of this size costs."""
    path = os.path.abspath(os.path.join(folder, "empty_mpi"))
    with open(path + ".c", "w") as f:
        f.write("#include <mpi.h>\nint main(int n, char **v) { MPI_Init(&n, &v); MPI_Finalize(); return 0; }\n")
    subprocess.run(["mpicc", "-O2", "-o", path, path + ".c"], check=True)
    return path


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cases", nargs="*")
    p.add_argument("--data", required=True)
    p.add_argument("--size", default="medium")
    p.add_argument("--amasia", default=os.path.join(TOP, "build", "amasia"))
    p.add_argument("-n", type=int, default=2)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--memory")
    p.add_argument("--repeat", type=int, default=3)
    p.add_argument("--peers", default="")
    p.add_argument("--warm-peers", action="store_true")
    p.add_argument("--check", action="store_true")
    p.add_argument("--rss", action="store_true")
    p.add_argument("--work", default=".", help="where outputs go")
    o = p.parse_args()
    o.peers = [x for x in o.peers.split(",") if x]
    if not os.path.isdir(BENCH):
        print("SKIPPED: the peers' harness is not there")
        return 77
    peers = load_peers()
    if o.rss:
        for case in o.cases:
            peak_memory(case, o, peers)
        return 0
    hello = build_hello(o.work)
    empties = [timed(["mpirun", "--mca", "pml", "ob1", "-n", str(o.n), hello]) for _ in range(7)]
    empty = statistics.median(e[0] for e in empties), statistics.median(e[1] for e in empties)
    print("empty mpirun -n %d: %.2f s, cpu %.2f s; load %.1f" % (o.n, *empty, os.getloadavg()[0]))
    ratios = [one(case, o, peers, empty) for case in o.cases or ["W1:b", "W4:b", "W6:b", "W1:e", "W4:e", "W6:e"]]
    ratios = [r for r in ratios if r]
    if ratios:
        print("geometric mean of best / net over %d: %.2f" % (len(ratios), statistics.geometric_mean(ratios)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
