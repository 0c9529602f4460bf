#!/usr/bin/env python3
"""Run xarray scripts under Amasia and compare: with xarray numerically, with each other bit for bit.

  run_scripts.py --work DIR --amasia PROGRAM [--shared DIR] [--match REGEX] [--part I/N] [--full | --np 1,3] [-v]
  run_scripts.py --work DIR --oracle-only          only the oracle: every script must run under xarray
  run_scripts.py --self-test                       the comparison itself

Each script runs in a directory of its own that holds `data` (the real files) and `made` (make_data.py). The oracle's
outputs are kept in the work directory under a hash of script, shim and data. A header line of a script may say
  # exact           equal bits to xarray           # rtol: 1e-4, # atol: 1e-6    other tolerances
  # np: 1,3         only these rank counts         # memory: 64MiB,1GiB          other budgets
  # chunks          Zarr chunk shapes are xarray's
By default a script runs at one rank and at --picks (1) of the other combinations, which rotate over the scripts; --full
runs all ranks x threads x budgets. --batch PROGRAM runs all scripts of a combination in one launch: the program gets a file
of lines "directory<TAB>script" and writes directory/exit (the status) and directory/stderr for each.
"""
import argparse
import fcntl
import hashlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
RANKS, THREADS, BUDGETS = (1, 2, 3, 4, 7), (1, 2), ("1GiB", "64MiB")
TIMEOUT_S = 120
IGNORED_ATTRS = {"history", "_NCProperties"}
LINKS = {"data", "made"}


class Script:
    def __init__(self, path):
        self.path, self.name = path, os.path.splitext(os.path.basename(path))[0]
        with open(path, encoding="utf-8") as f:
            self.text = f.read()
        head = dict(re.findall(r"^# *(data|rtol|atol|np|memory|exact|chunks)\b:? *(.*)$", self.text, re.M))
        self.real = head.get("data") == "real"
        self.exact = "exact" in head
        self.chunks = "chunks" in head
        self.rtol = float(head["rtol"]) if "rtol" in head else None
        self.atol = float(head.get("atol", 0))
        self.ranks = tuple(int(n) for n in head["np"].split(",")) if "np" in head else RANKS
        self.budgets = tuple(head["memory"].split(",")) if "memory" in head else BUDGETS
        self.prints = re.search(r"^print\(", self.text, re.M) is not None


# ---- files of a directory

def outputs(folder):
    """Names of the netCDF files and Zarr stores a run left."""
    return sorted(n for n in os.listdir(folder) if n.endswith((".nc", ".zarr")) and n not in LINKS)


def plain_attrs(attrs):
    return {k: v for k, v in attrs.items() if k not in IGNORED_ATTRS}


def feed(digest, *items):
    import numpy as np
    for item in items:
        if isinstance(item, np.ndarray) and item.dtype.kind != "O":
            digest.update(repr((item.dtype.str, item.shape)).encode())
            digest.update(np.ascontiguousarray(item).tobytes())
        elif isinstance(item, np.ndarray):
            digest.update(repr(item.tolist()).encode())
        elif isinstance(item, dict):
            for key in sorted(item):
                feed(digest, key, item[key])
        else:
            digest.update(repr(item).encode() + b"\0")


def value_hash(path):
    """Over all stored values, types, dims and attributes (history apart): what the bits law speaks of."""
    digest = hashlib.sha256()
    if os.path.isdir(path):
        import zarr
        group = zarr.open_group(path, mode="r")
        feed(digest, plain_attrs(group.attrs.asdict()))
        for name, a in sorted(group.arrays()):
            feed(digest, name, a.chunks, a.order, str(a.fill_value), str(a.compressor), plain_attrs(a.attrs.asdict()), a[...])
        return digest.hexdigest()
    import netCDF4
    with netCDF4.Dataset(path) as nc:
        nc.set_auto_maskandscale(False)
        nc.set_auto_chartostring(False)
        feed(digest, nc.data_model, plain_attrs({k: nc.getncattr(k) for k in nc.ncattrs()}))
        feed(digest, [(n, len(d), d.isunlimited()) for n, d in nc.dimensions.items()])
        for name in sorted(nc.variables):
            v = nc.variables[name]
            feed(digest, name, v.dimensions, v.chunking(), plain_attrs({k: v.getncattr(k) for k in v.ncattrs()}), v[...])
    return digest.hexdigest()


# ---- comparison with the oracle

def open_output(path):
    import xarray as xr
    options = {"decode_timedelta": False}
    if path.endswith(".zarr"):
        options.update(engine="zarr", chunks=None)
    try:
        with xr.open_dataset(path, **options) as ds:
            return ds.load()
    except ValueError:  # times that xarray cannot decode (a year 0 in the source): compared as numbers
        with xr.open_dataset(path, decode_times=False, **options) as ds:
            return ds.load()


def same_attr(a, b):
    import numpy as np
    a, b = np.asarray(a), np.asarray(b)
    if a.size != b.size or (a.dtype.kind in "fiu") != (b.dtype.kind in "fiu"):
        return False
    if a.dtype.kind in "fiu":
        return bool(np.allclose(a.ravel().astype("f8"), b.ravel().astype("f8"), rtol=1e-6, atol=0, equal_nan=True))
    return a.ravel().tolist() == b.ravel().tolist()


def compare_attrs(where, ours, oracle):
    a, b = plain_attrs(ours), plain_attrs(oracle)
    for key in sorted(set(a) | set(b)):
        if key not in a:
            yield "%s: attribute %s missing (%r)" % (where, key, b[key])
        elif key not in b:
            yield "%s: attribute %s=%r is not xarray's" % (where, key, a[key])
        elif not same_attr(a[key], b[key]):
            yield "%s: attribute %s=%r, xarray %r" % (where, key, a[key], b[key])


def compare_numbers(where, a, b, rtol, atol):
    """Relative to each value, plus a small part of the largest: a sum that cancels has no relative accuracy."""
    import numpy as np
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        yield "%s: %d NaN, xarray %d" % (where, np.isnan(a).sum(), np.isnan(b).sum())
        return
    with np.errstate(all="ignore"):
        finite = np.isfinite(b)
        if not np.array_equal(a[~finite & ~np.isnan(b)], b[~finite & ~np.isnan(b)]):
            yield "%s: infinities differ" % where
            return
        x, y = a[finite].astype("f8"), b[finite].astype("f8")
        if not y.size:
            return
        room = rtol * np.abs(y) + rtol * 0.1 * np.abs(y).max() + atol
        bad = ~(np.abs(x - y) <= room)
    if bad.any():
        worst = int(np.argmax(np.where(bad, np.abs(x - y), 0)))
        place = tuple(int(i[worst]) for i in np.nonzero(finite))
        yield "%s: %d of %d values differ, most at %s: %.9g, xarray %.9g" % (where, bad.sum(), b.size, place, x[worst], y[worst])


def compare_values(where, a, b, script):
    import numpy as np
    if a.dtype != b.dtype:
        yield "%s: dtype %s, xarray %s" % (where, a.dtype, b.dtype)
        return
    if a.dtype.kind in "fc":
        tolerance = 0.0 if script.exact else script.rtol or (1e-5 if a.dtype.itemsize == 4 else 1e-12)
        yield from compare_numbers(where, a, b, tolerance, script.atol)
    elif a.dtype.kind in "mM":
        if not np.array_equal(a.view("i8"), b.view("i8")):
            yield "%s: times differ: %s ..., xarray %s ..." % (where, a.ravel()[:3], b.ravel()[:3])
    elif not np.array_equal(a, b):
        n = int(np.sum(a != b))
        yield "%s: %d of %d values differ: %s ..., xarray %s ..." % (where, n, a.size, a.ravel()[:3], b.ravel()[:3])


def stored(v):
    """The storage type as far as it is a promise: that of times is the encoder's free choice."""
    dtype = v.encoding.get("dtype")
    is_time = "units" in v.encoding and " since " in str(v.encoding["units"])
    return None if is_time or dtype is None or getattr(dtype, "kind", "O") in "OSU" else dtype.newbyteorder("=")


def compare(ours, oracle, script):
    """Every way in which two stored data sets differ, one line each."""
    a, b = open_output(ours), open_output(oracle)
    base = os.path.basename(ours)
    for what, x, y in (("dims", dict(a.sizes), dict(b.sizes)), ("variables", set(a.data_vars), set(b.data_vars)),
                       ("coords", set(a.coords), set(b.coords))):
        if x != y:
            yield "%s: %s %s, xarray %s" % (base, what, x, y)
    unlimited = lambda ds: {d for d in ds.encoding.get("unlimited_dims", ()) if d in ds.sizes}
    if unlimited(a) != unlimited(b):
        yield "%s: unlimited dims %s, xarray %s" % (base, unlimited(a), unlimited(b))
    yield from compare_attrs(base, a.attrs, b.attrs)
    for name in sorted(set(a.variables) & set(b.variables)):
        where, u, v = "%s %s" % (base, name), a.variables[name], b.variables[name]
        if u.dims != v.dims or u.shape != v.shape:
            yield "%s: dims %s, xarray %s" % (where, dict(u.sizes), dict(v.sizes))
            continue
        if stored(u) != stored(v):
            yield "%s: stored as %s, xarray %s" % (where, stored(u), stored(v))
        if getattr(script, "chunks", False) and name not in u.dims and u.encoding.get("chunks") != v.encoding.get("chunks"):
            yield "%s: chunks %s, xarray %s" % (where, u.encoding.get("chunks"), v.encoding.get("chunks"))
        for key in ("scale_factor", "add_offset", "calendar"):
            if not same_attr(u.encoding.get(key, "none"), v.encoding.get(key, "none")):
                yield "%s: %s %r, xarray %r" % (where, key, u.encoding.get(key), v.encoding.get(key))
        yield from compare_attrs(where, u.attrs, v.attrs)
        yield from compare_values(where, u.values, v.values, script)


# ---- the work directory

def stamp(*paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()[:16]


class Bench:
    """The work directory: made data, oracle outputs, run directories."""

    def __init__(self, options):
        self.options = options
        self.work = os.path.abspath(options.work)
        self.data = os.path.join(os.path.abspath(options.shared), "data") if options.shared else None
        os.makedirs(self.work, exist_ok=True)
        maker = os.path.join(HERE, "make_data.py")
        self.made = os.path.join(self.work, "made-" + stamp(maker))
        with open(os.path.join(self.work, "lock"), "w") as lock:      # several ctests at once
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(self.made):
                shutil.rmtree(self.made + ".part", ignore_errors=True)
                subprocess.run([sys.executable, maker, self.made + ".part"], check=True)
                os.rename(self.made + ".part", self.made)

    def folder(self, *parts):
        path = os.path.join(self.work, *parts)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        os.symlink(self.made, os.path.join(path, "made"))
        if self.data:
            os.symlink(self.data, os.path.join(path, "data"))
        return path

    def oracle_folder(self, script):
        parts = [script.path, os.path.join(HERE, "xr_oracle.py"), os.path.join(HERE, "make_data.py")]
        if script.real:
            parts.append(os.path.join(self.data, "MANIFEST.tsv"))
        return os.path.join("oracle", script.name + "-" + stamp(*parts))

    def oracle(self, script):
        """(directory of xarray's outputs, None) or (None, why not). Runs in a fork of this process: imports once."""
        name = self.oracle_folder(script)
        final = os.path.join(self.work, name)
        if os.path.isdir(final):
            return final, None
        part = self.folder(name + ".part")
        child = os.fork()
        if child == 0:
            os._exit(run_oracle(script, part))
        if os.waitpid(child, 0)[1]:
            with open(os.path.join(part, "stderr")) as f:
                return None, "xarray itself: " + (f.read().strip().split("\n") or ["?"])[-1]
        os.rename(part, final)
        return final, None


def run_oracle(script, folder):
    try:
        os.chdir(folder)
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), number)
        sys.path.insert(0, HERE)
        import xr_oracle
        xr_oracle.install()
        runpy.run_path(script.path, run_name="__main__")
        sys.stdout.flush()
        return 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        return 1


# ---- running amasia

def environment():
    env = dict(os.environ, AMA_CHECK="1", AMA_UNIT_BYTES="4096", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    env.update(OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_hwloc_base_binding_policy="none",
               OMPI_MCA_btl_vader_single_copy_mechanism="none", OMPI_MCA_pml="ob1",
               OMPI_MCA_mpi_yield_when_idle="1", OMP_WAIT_POLICY="passive")
    env.pop("OMP_NUM_THREADS", None)
    return env


def launch(options, combo, program):
    ranks = combo[0]
    return (["mpirun", "-n", str(ranks)] if ranks > 1 or options.batch else []) + program


def arguments(combo):
    return ["--threads", str(combo[1]), "--memory", combo[2]]


def run_one(options, script, combo, folder):
    """None or what went wrong."""
    command = launch(options, combo, [options.amasia, "run"] + arguments(combo) + [script.path])
    with open(os.path.join(folder, "stdout"), "w") as out, open(os.path.join(folder, "stderr"), "w") as err:
        child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err, env=environment(), start_new_session=True)
        try:
            code = child.wait(timeout=options.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            child.wait()
            return "no end after %g s" % options.timeout
    return None if code == 0 else "exit %d: %s" % (code, message(folder))


def run_batch(options, scripts, combo, folders):
    """{script name: None or what went wrong}, all in one launch."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", delete=False) as f:
        f.writelines("%s\t%s\n" % (folders[s.name], s.path) for s in scripts)
    command = launch(options, combo, [options.batch] + arguments(combo) + [f.name])
    try:
        subprocess.run(command, env=environment(), timeout=options.timeout * len(scripts), stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        pass
    os.unlink(f.name)
    result = {}
    for s in scripts:
        try:
            with open(os.path.join(folders[s.name], "exit")) as f:
                code = int(f.read())
            result[s.name] = None if code == 0 else "exit %d: %s" % (code, message(folders[s.name]))
        except (OSError, ValueError):
            result[s.name] = "no end"
    return result


def message(folder):
    with open(os.path.join(folder, "stderr"), errors="replace") as f:
        noise = re.compile(r"-{20,}|Primary job|a non-zero exit code|mpirun (detected|noticed)|Process name|Exit code")
        lines = [line.strip() for line in f if line.strip() and not noise.search(line)]
    return " | ".join(lines[:4])[:400] or "(silent)"


def combinations(options, script, index):
    """Full: all of them. Else one rank, and a few of the rest by the script's place in the list."""
    every = [(n, t, m) for n in RANKS for t in THREADS for m in range(len(BUDGETS))]
    if options.np:
        every = [c for c in every if c[0] in options.np]
    if not options.full:
        base, rest = every[0], every[1:]
        picks = [rest[(options.picks * index + k) % len(rest)] for k in range(options.picks)] if rest else []
        every = [base] + sorted(set(picks))
    return [(n, t, script.budgets[m % len(script.budgets)]) for n, t, m in every if n in script.ranks]


def tag(combo):
    return "np%d-t%d-%s" % combo


def check_run(script, folder, expected):
    """(problems, {output: hash}) of one run against the oracle's directory."""
    problems, hashes = [], {}
    for name in outputs(folder):
        hashes[name] = value_hash(os.path.join(folder, name))
    if outputs(folder) != outputs(expected):
        problems.append("outputs %s, xarray %s" % (outputs(folder), outputs(expected)))
    for name in set(outputs(folder)) & set(outputs(expected)):
        problems += compare(os.path.join(folder, name), os.path.join(expected, name), script)
    left = [n for n in os.listdir(folder) if n not in LINKS | {"stdout", "stderr", "exit"} | set(outputs(folder))]
    if left:
        problems.append("left behind: %s" % left)
    if script.prints and os.path.getsize(os.path.join(folder, "stdout")) == 0:
        problems.append("print() printed nothing")
    return problems, hashes


def test_script(bench, script, combos, runs):
    """Problems of a script over its combinations; runs(combo, folder) gives None or what went wrong."""
    expected, why = bench.oracle(script)
    if expected is None:
        return [why]
    first, problems = None, []
    for combo in combos:
        folder, failure = runs(combo)
        if failure:
            problems.append("%s: %s" % (tag(combo), failure))
            continue
        if first is None:
            found, hashes = check_run(script, folder, expected)
            problems += ["%s: %s" % (tag(combo), p) for p in found]
            first = (combo, hashes)
        else:
            hashes = {n: value_hash(os.path.join(folder, n)) for n in outputs(folder)}
            differ = sorted(n for n in set(hashes) | set(first[1]) if hashes.get(n) != first[1].get(n))
            if differ:
                problems.append("%s: other bits than %s in %s" % (tag(combo), tag(first[0]), " ".join(differ)))
        if not problems and not bench.options.keep:
            if combo != first[0]:
                shutil.rmtree(folder)
    return problems


def single_runner(bench, script):
    def runs(combo):
        folder = bench.folder("run", script.name, tag(combo))
        return folder, run_one(bench.options, script, combo, folder)
    return runs


def batch_results(bench, scripts, plan):
    """All launches first: {(script, combo): (folder, failure)}."""
    results = {}
    for combo in sorted({c for s in scripts for c in plan[s.name]}):
        group = [s for s in scripts if combo in plan[s.name]]
        folders = {s.name: bench.folder("run", s.name, tag(combo)) for s in group}
        failures = run_batch(bench.options, group, combo, folders)
        for s in group:
            results[s.name, combo] = folders[s.name], failures[s.name]
    return results


# ---- the comparison's own test

def self_test():
    """Two equal data sets compare equal, each planted difference is found."""
    import numpy as np
    import xarray as xr
    script = Script(os.path.join(HERE, "scripts", "time_mean.py"))
    coords = {"t": np.array(["2000-01-01", "2000-01-02"], "M8[ns]"), "x": [1.0, 2.0, 3.0]}
    base = xr.Dataset({"a": (("t", "x"), np.array([[1, np.nan, 3], [4, 5, 6]], "f4"), {"units": "K"})}, coords)
    changes = {
        "nothing": (base, False), "rounding": (base * np.float32(1 + 1e-7), False),
        "value": (base + np.float32(0.01), True), "nan": (base.fillna(0), True), "dtype": (base.astype("f8"), True),
        "attr": (base.assign(a=base.a.assign_attrs(units="C")), True), "dims": (base.transpose("x", "t"), True),
        "name": (base.rename(a="b"), True), "coord": (base.assign_coords(x=[1.0, 2.0, 4.0]), True),
        "time": (base.assign_coords(t=base.t + np.timedelta64(1, "s")), True), "lost": (base.drop_vars("x"), True),
        "history": (base.assign_attrs(history="now"), False), "extra": (base.assign_coords(h=2.0), True),
    }
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for suffix, write in ((".nc", lambda d, p: d.to_netcdf(p)), (".zarr", lambda d, p: d.to_zarr(p))):
            oracle = os.path.join(folder, "oracle" + suffix)
            write(base, oracle)
            for name, (ds, differs) in changes.items():
                if name in ("rounding",):
                    ds.a.attrs = dict(base.a.attrs)
                path = os.path.join(folder, name + suffix)
                write(ds, path)
                found = list(compare(path, oracle, script))
                hashes = value_hash(path) != value_hash(oracle)
                if bool(found) != differs or hashes != (differs or name == "rounding"):
                    bad += 1
                    print("FAIL", name + suffix, found, hashes)
    print("comparison self test: %d cases, %d failed" % (2 * len(changes), bad))
    return 1 if bad else 0


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("scripts", nargs="*", help="script files or names (all)")
    p.add_argument("--work", default="scripts-work")
    p.add_argument("--amasia", default="amasia")
    p.add_argument("--shared", default=os.environ.get("AMA_SHARED"))
    p.add_argument("--match", default="")
    p.add_argument("--part", default="0/1", help="I/N: every N-th script from the I-th")
    p.add_argument("--np", type=lambda s: tuple(int(n) for n in s.split(",")))
    p.add_argument("--picks", type=int, default=1)
    p.add_argument("--full", action="store_true")
    p.add_argument("--batch", help="a program that runs many scripts in one launch")
    p.add_argument("--timeout", type=float, default=TIMEOUT_S)
    p.add_argument("--keep", action="store_true", help="keep the run directories of scripts that pass")
    p.add_argument("--data", choices=("real", "generated"))
    p.add_argument("--oracle-only", action="store_true")
    p.add_argument("--self-test", action="store_true")
    return p.parse_args()


def choose(options):
    folder = os.path.join(HERE, "scripts")
    names = sorted(n[:-3] for n in os.listdir(folder) if n.endswith(".py"))
    index = {n: i for i, n in enumerate(names)}
    wanted = [os.path.splitext(os.path.basename(s))[0] for s in options.scripts] or names
    part, parts = (int(x) for x in options.part.split("/"))
    scripts = [Script(os.path.join(folder, n + ".py")) for n in wanted[part::parts] if re.search(options.match, n)]
    if options.data:
        scripts = [s for s in scripts if s.real == (options.data == "real")]
    return scripts, index


def main():
    options = parse()
    try:
        sys.path.insert(0, HERE)
        import xr_oracle
    except ImportError as why:
        print("SKIPPED: the scripts need python3 with xarray, netCDF4, zarr and dask (%s): NOTHING was compared" % why)
        return 77
    xr_oracle.install()                     # also reads outputs by the current packing rule
    if options.self_test:
        return self_test()
    scripts, index = choose(options)
    if not (options.shared and os.path.isdir(os.path.join(options.shared, "data"))):
        absent = [s for s in scripts if s.real]
        scripts = [s for s in scripts if not s.real]
        print("SKIPPED: no real data (AMA_SHARED): %d scripts were NOT run" % len(absent))
        options.shared = None
        if not scripts:
            return 77
    if not options.oracle_only:
        options.amasia = shutil.which(options.amasia) or options.amasia
        if not os.access(options.amasia, os.X_OK):
            print("FAIL: no program %s" % options.amasia)
            return 1
        options.amasia = os.path.abspath(options.amasia)
    bench = Bench(options)
    plan = {s.name: combinations(options, s, index[s.name]) for s in scripts}
    batched = batch_results(bench, scripts, plan) if options.batch else None
    n_failed = 0
    for script in scripts:
        started = time.monotonic()
        if options.oracle_only:
            problems = [bench.oracle(script)[1]]
        else:
            runs = (lambda combo: batched[script.name, combo]) if batched else single_runner(bench, script)
            problems = test_script(bench, script, plan[script.name], runs)
        problems = [p for p in problems if p]
        n_failed += bool(problems)
        took = time.monotonic() - started
        print("%-4s %-24s %5.1f s  %s" % ("FAIL" if problems else "ok", script.name, took,
                                         " ".join(tag(c) for c in plan[script.name]) if not options.full else "all"), flush=True)
        for problem in problems[:12]:
            print("       " + problem, flush=True)
        if not problems and not options.keep and not options.oracle_only:
            shutil.rmtree(os.path.join(bench.work, "run", script.name), ignore_errors=True)
    print("scripts: %d, failed: %d" % (len(scripts), n_failed))
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
