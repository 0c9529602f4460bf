#!/usr/bin/env python3
"""--index-cache: the same results with and without, from caches that are damaged, stale or another file's; what it says
of a directory that cannot be used.

  index_cache.py --amasia PROGRAM --work DIR
"""
import argparse
import os
import shutil
import subprocess
import sys

from bad_input import environment

try:
    import h5py
    import numpy as np
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)

CHUNKS = 600


def write(path, seed):
    """Chunks of one step, some never written; a second variable under the same cache directory."""
    rng = np.random.default_rng(seed)
    with h5py.File(path, "w") as f:
        x = f.create_dataset("x", (CHUNKS, 3), "f4", chunks=(1, 3), compression="gzip", fillvalue=0)
        for i in range(0, CHUNKS, 1 + seed):
            x[i] = rng.standard_normal(3)
        f.create_dataset("y", data=np.arange(40.0).reshape(20, 2), chunks=(3, 2))
        for name, n in (("a", CHUNKS), ("b", 3), ("c", 20), ("d", 2)):
            f[name] = np.arange(float(n))
            f[name].make_scale(name)
        for v, dims in (("x", "ab"), ("y", "cd")):
            for k, d in enumerate(dims):
                f[v].dims[k].attach_scale(f[d])
        return f["x"][...].astype("f8").sum(), f["y"][...].sum()


class Test:
    def __init__(self, amasia, work):
        self.amasia, self.work, self.cache, self.errors = amasia, work, os.path.join(work, "cache"), []

    def run(self, path, *options, n=1):
        script = os.path.join(self.work, "sum.py")
        with open(script, "w") as f:
            f.write("import xarray as xr\nds = xr.open_dataset('%s')\n" % path)
            f.write("print(float(ds.x.astype('f8').sum()))\nprint(float(ds.y.sum()))\n")
        command = [self.amasia, "run", "--stats", *options, script]
        return subprocess.run((["mpirun", "-n", str(n)] if n > 1 else []) + command, capture_output=True, text=True,
                              env=environment())

    def check(self, what, ok, run=None):
        if not ok:
            self.errors.append(what + (": %d %s %s" % (run.returncode, run.stdout, run.stderr) if run else ""))

    def sums(self, what, path, want, n=1, warns=None):
        run = self.run(path, "--index-cache", self.cache, n=n)
        got = [float(x) for x in run.stdout.split()[:2]] if run.returncode == 0 else []
        self.check(what, np.allclose(got, want, rtol=1e-6) if got else False, run)
        self.check(what + ": warnings", ("warning" in run.stderr) == bool(warns), run)

    def files(self):
        return sorted(os.path.join(self.cache, x) for x in os.listdir(self.cache))

    def images(self):
        return [open(x, "rb").read() for x in self.files()]


def damage(t, path, want):
    """Every field of a cache, one after another; a run finds that out and writes it anew."""
    good = t.images()
    for name, image in zip(t.files(), good):
        places = list(range(0, 104, 4)) + [len(image) // 2, len(image) - 17, len(image) - 1]
        for at in places:
            bad = bytearray(image)
            bad[at] ^= 0x41
            open(name, "wb").write(bad)
            t.sums("byte %d of %s changed" % (at, name), path, want)
            t.check("byte %d of %s: written anew" % (at, name), t.images() == good)
        for n in (0, 7, 60, len(image) - 8, len(image) - 1):
            open(name, "wb").write(image[:n])
            t.sums("%s cut to %d bytes" % (name, n), path, want)
        open(name, "wb").write(image + b"12345678")
        t.sums("%s made longer" % name, path, want)
        t.check("%s: written anew" % name, t.images() == good)


def lies(t, path):
    """What shows that the cache is really read: a table that is valid, but leaves chunks out."""
    name = max(t.files(), key=os.path.getsize)
    image = open(name, "rb").read()
    words = np.frombuffer(image, "u8").copy()
    entries = len(words) - 1 - 2 * CHUNKS
    words[entries::2][:CHUNKS] = np.uint64(2**64 - 1)   # offset -1: missing
    words[entries + 1::2][:CHUNKS] = 0
    h, mask = 14695981039346656037, 2**64 - 1
    for w in words[:-1]:
        h = ((h ^ int(w)) * 1099511628211 & mask) ^ (h >> 32)
    words[-1] = h
    open(name, "wb").write(words.tobytes())
    run = t.run(path, "--index-cache", t.cache)
    t.check("a valid cache is used", run.returncode == 0 and float(run.stdout.split()[0]) == 0, run)
    open(name, "wb").write(image)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--amasia", required=True)
    p.add_argument("--work", required=True)
    o = p.parse_args()
    shutil.rmtree(o.work, ignore_errors=True)
    os.makedirs(o.work)
    t, path = Test(os.path.abspath(o.amasia), os.path.abspath(o.work)), os.path.join(os.path.abspath(o.work), "a.h5")
    want = write(path, 0)
    for n in (1, 3):
        shutil.rmtree(t.cache, ignore_errors=True)
        t.sums("first run, %d ranks" % n, path, want, n)
        first = t.images()
        t.check("a file for each chunked variable", len(first) == 2)
        t.sums("second run, %d ranks" % n, path, want, n)
        t.check("the cache stays as it is", t.images() == first)
    lies(t, path)
    damage(t, path, want)
    stamp = os.stat(path)
    want = write(path, 2)
    t.sums("the file was written again", path, want)
    want = write(path, 1)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    t.sums("another time of change", path, want)
    os.symlink(path, os.path.join(t.work, "link.h5"))
    t.sums("by another name", os.path.join(t.work, "link.h5"), want)
    t.check("no temporary file is left", not [x for x in os.listdir(t.cache) if x.startswith(".")])
    blocked = os.path.join(t.work, "file")
    open(blocked, "w").close()
    for where in (blocked, os.path.join(t.work, "no", "where")):
        for n in (1, 3):
            run = t.run(path, "--index-cache", where, n=n)
            said = [x for x in run.stderr.splitlines() if where in x]
            t.check("unusable %s" % where, run.returncode != 0 and len(said) == 1 and not run.stdout, run)
    print("\n".join(t.errors) or "ok")
    return bool(t.errors)


if __name__ == "__main__":
    sys.exit(main())
