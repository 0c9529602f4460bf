#!/usr/bin/env python3
"""The commands of README's quick start, run as they stand there, on the example's data (three years of it).

  examples.py --amasia PROGRAM --work DIR
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def commands():
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as f:
        part = re.search(r"^## Quick start$(.*?)^## ", f.read(), re.M | re.S).group(1)
    return [line.strip() for line in re.findall(r"^    ((?:mpirun|amasia)\b.*?)(?:\s{2,}#.*)?$", part, re.M)]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--amasia", required=True)
    p.add_argument("--work", default="cli-work")
    options = p.parse_args()
    if not shutil.which("ncgen"):
        print("SKIPPED: no ncgen: README's examples were NOT run")
        return 77
    folder = os.path.join(os.path.abspath(options.work), "examples")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "data"))
    subprocess.run(["sh", os.path.join(TOP, "jobscripts", "example_data.sh"), os.path.join(folder, "data"), "1990", "1992"], check=True)
    shutil.copy(os.path.join(TOP, "jobscripts", "clim.py"), folder)
    path = os.path.dirname(os.path.abspath(options.amasia)) + os.pathsep + os.environ["PATH"]
    bad, lines = 0, commands()
    for line in lines:
        run = subprocess.run(["sh", "-c", line], cwd=folder, env=dict(os.environ, PATH=path), capture_output=True, text=True, timeout=120)
        quiet = not run.stdout.strip() and " -o " not in line
        print("%-4s %s" % ("FAIL" if run.returncode or quiet else "ok", line))
        if run.returncode or quiet:
            bad += 1
            print("       exit %d, printed %d bytes: %s" % (run.returncode, len(run.stdout), run.stderr.strip()[:400]))
    for name in ("clim.nc", "anom.zarr", "glob.nc", "mean.nc"):
        if not os.path.exists(os.path.join(folder, name)):
            bad += 1
            print("FAIL no", name)
    print("examples: %d commands, %d failures" % (len(lines), bad))
    return 1 if bad or len(lines) < 5 else 0


if __name__ == "__main__":
    sys.exit(main())
