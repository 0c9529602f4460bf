#!/usr/bin/env python3
"""What reading ahead brings when the input is not in the page cache, and what it costs when it is.

  cold.py --data DIR [--size medium] [--amasia PROGRAM] [-n RANKS] [--threads T] [--repeat 3] [--depths 0,1,2,4]
          [--on disk,200MB/s,2ms,10ms:100MB/s,warm] [W1:b W1:e ...]

A line a case and place: the median wall and CPU seconds of each depth, net of an empty mpirun. Runs of the depths alternate. Places:
  disk        the disk as it is; before each run the pages of the input are dropped (posix_fadvise DONTNEED)
  200MB/s     the same, throttled by a blkio cgroup (version 1; needs root)
  2ms, 10ms:100MB/s   a slow file system (slow_fs.c; needs libfuse3-dev and root): each read comes so much later, at that rate
  warm        nothing is dropped
Depths are those of --prefetch.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import workloads

HERE = os.path.dirname(os.path.abspath(__file__))


def files_of(path):
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]


def drop(path):
    for name in files_of(path):
        fd = os.open(name, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


class Disk:
    """The disk under the data, with a limit of its rate (MB/s) or none."""

    def __init__(self, data, rate=None):
        self.data, self.group = data, None
        if rate:
            self.group = "/sys/fs/cgroup/blkio/amasia-cold-%d" % os.getpid()
            os.mkdir(self.group)
            # the whole disk: throttling knows no partitions
            device = os.path.realpath("/sys/dev/block/%d:%d" % (os.major(os.stat(data).st_dev), os.minor(os.stat(data).st_dev)))
            if os.path.exists(os.path.join(device, "partition")):
                device = os.path.dirname(device)
            with open(os.path.join(device, "dev")) as f:
                number = f.read().strip()
            with open(os.path.join(self.group, "blkio.throttle.read_bps_device"), "w") as f:
                f.write("%s %d" % (number, rate * 1e6))

    def enter(self):
        if self.group:
            with open(os.path.join(self.group, "cgroup.procs"), "w") as f:
                f.write(str(os.getpid()))

    def close(self):
        if self.group:
            os.rmdir(self.group)


class SlowFs:
    def __init__(self, data, latency_ms, rate, work):
        self.data = tempfile.mkdtemp(dir=work)
        program = os.path.join(work, "slow_fs")
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"], capture_output=True, text=True, check=True).stdout
        subprocess.run(["cc", "-O2", "-o", program, os.path.join(HERE, "slow_fs.c")] + flags.split() + ["-lpthread"], check=True)
        self.child = subprocess.Popen([program, data, self.data, str(latency_ms), str(rate)])
        for _ in range(100):
            if os.path.ismount(self.data):
                return
            time.sleep(0.05)
        raise SystemExit("slow_fs did not mount")

    def enter(self):
        pass

    def close(self):
        subprocess.run(["umount", self.data], check=True)
        self.child.wait(timeout=20)
        os.rmdir(self.data)


def place_of(name, data, work):
    if name in ("disk", "warm"):
        return Disk(data)
    found = re.fullmatch(r"(?:([\d.]+)ms)?:?(?:([\d.]+)MB/s)?", name)
    if not found or not name:
        raise SystemExit("--on: what is %r?" % name)
    if found[1]:
        return SlowFs(data, float(found[1]), float(found[2] or 1e6), work)
    return Disk(data, float(found[2]))


def run_case(case, on, o, peers, empty):
    workload, variant = case.split(":")
    place = place_of(on, os.path.join(os.path.abspath(o.data), o.size), os.path.abspath(o.work))
    work = tempfile.mkdtemp(dir=os.path.abspath(o.work))
    src, out = os.path.join(place.data, peers.source(workload, variant)), os.path.join(work, "out" + workloads.ending(workload, variant))
    with open(os.path.join(work, "case.py"), "w") as f:
        f.write(workloads.script(workload, variant, src, out, peers.SHAPES[o.size]))
    base = ["mpirun", "-n", str(o.n), os.path.abspath(o.amasia), "run", "--threads", str(o.threads), os.path.join(work, "case.py")]
    times = {d: [] for d in o.depths}
    try:
        if on == "warm":
            for name in files_of(src):
                with open(name, "rb") as f:
                    while f.read(1 << 24):
                        pass
        for _ in range(o.repeat):
            for d in o.depths:
                workloads.remove(out)
                if on != "warm":
                    drop(src)
                command = base + ["--prefetch", d]
                before, start = os.times(), time.perf_counter()
                done = subprocess.run(command, capture_output=True, text=True, preexec_fn=place.enter)
                wall, after = time.perf_counter() - start, os.times()
                if done.returncode:
                    print("%-6s %s: %s" % (case, d, done.stderr.strip()[:300]))
                    return
                cpu = after.children_user + after.children_system - before.children_user - before.children_system
                times[d].append((wall - empty[0], cpu - empty[1]))
    finally:
        place.close()
        shutil.rmtree(work)
    text = "%-6s %-14s" % (case, on)
    for d in o.depths:
        text += " | %s %6.2f s cpu %5.2f" % (d, statistics.median(t[0] for t in times[d]), statistics.median(t[1] for t in times[d]))
    print(text, flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cases", nargs="*")
    p.add_argument("--data", required=True)
    p.add_argument("--size", default="medium")
    p.add_argument("--amasia", default=os.path.join(workloads.TOP, "build", "amasia"))
    p.add_argument("-n", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--repeat", type=int, default=3)
    p.add_argument("--depths", default="0,1,2,4")
    p.add_argument("--on", default="disk,warm")
    p.add_argument("--work", default=".", help="where outputs go")
    o = p.parse_args()
    o.depths = o.depths.split(",")
    if not os.path.isdir(workloads.BENCH):
        print("SKIPPED: the peers' harness is not there")
        return 77
    peers, hello = workloads.load_peers(), workloads.build_hello(o.work)
    empties = [workloads.timed(["mpirun", "-n", str(o.n), hello])[:2] for _ in range(5)]
    empty = [statistics.median(e[i] for e in empties) for i in (0, 1)]
    for case in o.cases or ["W1:b", "W1:c", "W1:e", "W1:a"]:
        for on in o.on.split(","):
            run_case(case, on, o, peers, empty)
    return 0


if __name__ == "__main__":
    sys.exit(main())
