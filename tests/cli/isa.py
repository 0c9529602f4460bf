#!/usr/bin/env python3
"""Scripts write the same bits with every instruction set the processor has (AMA_ISA), and at 2 ranks; a word that is none,
and one the processor lacks, is one clear error at 1 and 3 ranks.

  isa.py --amasia PROGRAM --work DIR
"""
import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

try:
    import numpy  # noqa: F401  (what run_scripts reads outputs with)
    import netCDF4  # noqa: F401
    import xarray  # noqa: F401
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)

import run_scripts  # noqa: E402

NEEDS = {"baseline": set(), "avx2": {"avx2"}, "avx512": {"avx512f", "avx512dq", "avx512bw", "avx512vl"}}
SCRIPTS = """anomaly_month integer_arithmetic numpy_round where_mask std_var min_max coarsen_blocks rolling_spread cumprod
order_dims interp_regrid weighted_mean packed_write write_compressed polyfit_line""".split()


def flags():
    try:
        with open("/proc/cpuinfo") as f:
            return next((set(line.split()) for line in f if line.startswith("flags")), set())
    except OSError:
        return set()


def run(amasia, folder, isa, ranks, arguments):
    command = (["mpirun", "-n", str(ranks)] if ranks > 1 else []) + [amasia] + arguments
    env = dict(run_scripts.environment(), AMA_ISA=isa)
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)


def check_refusals(amasia, work, lacking):
    for isa, wanted in [("sse9", "sse9")] + [(isa, "processor") for isa in lacking]:
        for ranks in (1, 3):
            done = run(amasia, work, isa, ranks, ["run", "-c", "1"])
            lines = [line for line in done.stderr.splitlines() if line.startswith("amasia: ")]
            if done.returncode == 0 or len(lines) != 1 or "AMA_ISA=" + isa not in lines[0] or wanted not in lines[0]:
                yield "AMA_ISA=%s at %d ranks: exit %d, %s" % (isa, ranks, done.returncode, done.stderr)


def check_script(bench, amasia, path, sets):
    first, hashes = None, {}
    name = os.path.splitext(os.path.basename(path))[0]
    for isa, ranks in [(isa, 1) for isa in sets] + [(sets[-1], 2)]:
        folder = bench.folder("isa", name)
        done = run(amasia, folder, isa, ranks, ["run", path])
        if done.returncode:
            yield "%s with %s: exit %d: %s" % (name, isa, done.returncode, done.stderr.strip()[:300])
            continue
        hashes = {n: run_scripts.value_hash(os.path.join(folder, n)) for n in run_scripts.outputs(folder)}
        first = first or hashes
        if not hashes or hashes != first:
            yield "%s with %s at %d ranks: other bits, or no output: %s" % (name, isa, ranks, sorted(hashes))
        shutil.rmtree(folder)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--amasia", required=True)
    p.add_argument("--work", default="cli-work")
    o = p.parse_args()
    o.shared, amasia = None, os.path.abspath(o.amasia)
    bench, have = run_scripts.Bench(o), flags()
    sets = [isa for isa in NEEDS if NEEDS[isa] <= have]
    problems = list(check_refusals(amasia, bench.work, [isa for isa in NEEDS if isa not in sets]))
    for name in SCRIPTS:
        problems += check_script(bench, amasia, os.path.join(HERE, "..", "scripts", name + ".py"), sets)
    print("\n".join(problems) if problems else "isa: %d scripts, the same bits with %s" % (len(SCRIPTS), ", ".join(sets)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
