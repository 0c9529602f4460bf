#!/usr/bin/env python3
"""What `--stats` predicts beside what it comes to: CPU seconds of each workload, in all and phase by phase.

  predict.py --data DIR [--size medium] [--amasia PROGRAM] [-n RANKS] [--threads T] [--repeat 3] [--within 1.3] [W1:b W4:e ...]

Actual figures are the least of the repeats, since others on the machine only add to them. Predicted CPU is the sum of
all phases; the ratio is predicted / actual. The last line counts the cases within a factor.
"""
import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

import workloads

PHASES = ("fetch", "decode", "compute", "exchange", "encode", "write")
CASES = ["W%d:b" % i for i in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)] + [
    "W10b:b", "W11:b", "W11b:b", "W12:b", "W12b:g", "W13:b", "W13b:b", "W14:b", "W15:b", "W15b:b", "W16:h",
    "W1:a", "W1:c", "W1:d", "W1:e", "W4:e", "W5:e", "W9:e", "W1:f", "W1:m"]


def measure(case, o, peers):
    workload, variant = case.split(":")
    src = os.path.join(os.path.abspath(o.data), o.size, peers.source(workload, variant))
    work = tempfile.mkdtemp(dir=os.path.abspath(o.work))
    out, path = os.path.join(work, "out" + workloads.ending(workload, variant)), os.path.join(work, "case.py")
    with open(path, "w") as f:
        f.write(workloads.script(workload, variant, src, out, peers.SHAPES[o.size]))
    launch = ["mpirun", "-n", str(o.n)] if o.n > 1 else []
    command = launch + [os.path.abspath(o.amasia), "run", "--threads", str(o.threads), "--stats-json", os.path.join(work, "s.json"), path]
    runs = []
    for _ in range(o.repeat):
        workloads.remove(out)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            print("%-7s %s" % (case, done.stderr.strip()[:300]))
            break
        with open(os.path.join(work, "s.json")) as f:
            runs.append(json.load(f))
    shutil.rmtree(work)
    return runs


def show(case, runs, verbose):
    predicted = min(r["predicted"]["cpu_s"] for r in runs)
    actual = min(r["actual"]["run_cpu_s"] for r in runs)
    text = "%-7s %6.2f %6.2f  %5.2f |" % (case, predicted, actual, predicted / actual)
    for phase in PHASES:
        p = min(r["predicted"]["phase_s"][phase] or 0 for r in runs)
        a = min(r["actual"]["phase_s"][phase] for r in runs)
        text += " %s %.2f/%.2f" % (phase, p, a) if max(p, a) >= 0.02 * actual else ""
    print(text + " | calibration %.0f ms" % (1e3 * min(r["calibration"]["took_s"] for r in runs)), flush=True)
    if verbose:
        print(json.dumps(runs[0]["calibration"]), flush=True)
    return predicted / actual


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cases", nargs="*")
    p.add_argument("--data", required=True)
    p.add_argument("--size", default="medium")
    p.add_argument("--amasia", default=os.path.join(workloads.TOP, "build", "amasia"))
    p.add_argument("-n", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--repeat", type=int, default=3)
    p.add_argument("--within", type=float, default=1.3)
    p.add_argument("--verbose", action="store_true")
    p.add_argument("--work", default=".", help="where outputs go")
    o = p.parse_args()
    if not os.path.isdir(workloads.BENCH):
        print("SKIPPED: the peers' harness is not there")
        return 77
    peers, ratios = workloads.load_peers(), []
    print("case    predicted actual ratio | phases, predicted/actual; seconds")
    for case in o.cases or CASES:
        runs = measure(case, o, peers)
        if runs:
            ratios.append(show(case, runs, o.verbose))
    good = sum(max(r, 1 / r) <= o.within for r in ratios)
    if ratios:
        print("%d of %d within %.2f; geometric mean of the factors %.2f" %
              (good, len(ratios), o.within, math.exp(sum(abs(math.log(r)) for r in ratios) / len(ratios))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
