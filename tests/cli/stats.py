#!/usr/bin/env python3
"""`amasia run --stats --stats-json` and `amasia plan --stats-json`: the keys that amasia.h lists, predictions beside what
came, times that add up, and paths that cannot be written, at 1 and 3 ranks.

  stats.py --amasia PROGRAM --work DIR
"""
import json
import os
import shutil
import subprocess
import sys

import frame
from bad_input import environment

try:
    import numpy as np
    import xarray as xr
except ImportError as why:
    print("SKIPPED:", why)
    sys.exit(77)

TOP = "version ranks threads budget_bytes predicted calibration actual"
PREDICTED = ("chunks stored_bytes decoded_bytes sent_bytes output_bytes peak_bytes process_bytes peak_most_bytes "
             "process_most_bytes elapsed_s cpu_s phase_s")
CALIBRATION = "took_s read_s_per_byte write_s_per_byte copy_s_per_byte send_s_per_byte round_s codecs loops"
CODEC = "pipeline decode_s_per_byte encode_s_per_byte encoded_per_raw"
ACTUAL = ("chunks reads stored_bytes decoded_bytes sent_bytes written_bytes peak_bytes open_s elapsed_s cpu_s run_cpu_s "
          "phase_s phase_most_s")
PHASES = "fetch decode compute exchange encode write"
SCRIPT = """import xarray as xr
x = xr.open_dataset(%r, **%r).t
anomaly = x - x.mean("time")
anomaly.to_zarr("anomaly.zarr", mode="w")
x.max(["lat", "lon"]).to_netcdf("max.nc")
"""
COLUMNS = {"rank": "x.rank('time')", "median": "x.median('time')"}
problems = []


def expect(true, *what):
    if not true:
        problems.append(" ".join(map(str, what)))


def keys(where, o, *names):
    wanted = " ".join(names).split()
    expect(sorted(o) == sorted(wanted), "%s: keys %s, documented %s" % (where, sorted(o), sorted(wanted)))


def make_data():
    rng = np.random.default_rng(11)
    t = (280 + rng.standard_normal((96, 64, 80))).astype("f4")
    ds = xr.Dataset({"t": (("time", "lat", "lon"), t)})
    ds.to_netcdf("t.nc", encoding={"t": {"zlib": True, "chunksizes": (8, 64, 80)}})
    ds.chunk({"time": 8}).to_zarr("t.zarr", mode="w")
    ds.to_netcdf("dense.nc", format="NETCDF3_64BIT")
    for name, how in (("t.nc", {}), ("dense.nc", {}), ("t.zarr", {"engine": "zarr"})):
        with open(name + ".py", "w") as f:
            f.write(SCRIPT % (name, how))
    for name, value in COLUMNS.items():
        with open(name + ".py", "w") as f:
            f.write("import xarray as xr\nx = xr.open_dataset('t.nc').t\n%s.to_netcdf('%s.nc')\n" % (value, name))
    with open("gone.py", "w") as f:
        f.write(SCRIPT % ("gone.nc", {}))


def check_structure(where, o):
    keys(where, o, TOP)
    keys(where, o["predicted"], PREDICTED)
    keys(where, o["predicted"]["phase_s"], PHASES)
    keys(where, o["calibration"], CALIBRATION)
    expect(o["calibration"]["codecs"], where, "no pipeline was measured")
    for codec in o["calibration"]["codecs"]:
        keys(where, codec, CODEC)
    times = list(o["predicted"]["phase_s"].values()) + [o["predicted"]["elapsed_s"]]
    expect(all(t >= 0 for t in times) and o["predicted"]["phase_s"]["fetch"] > 0, where, "predicted", times)
    if o["actual"]:
        keys(where, o["actual"], ACTUAL)
        keys(where, o["actual"]["phase_s"], PHASES, "other")
        keys(where, o["actual"]["phase_most_s"], PHASES)


def check_figures(where, o, zarr):
    predicted, actual = o["predicted"], o["actual"]
    for what in ("chunks", "decoded_bytes") + (() if zarr else ("stored_bytes",)):
        expect(predicted[what] == actual[what] > 0, where, what, predicted[what], actual[what])
    expect((predicted["stored_bytes"] is None) == zarr, where, "stored", predicted["stored_bytes"])
    expect(actual["reads"] > 0 and actual["written_bytes"] > 0, where, actual)
    sent, several = actual["sent_bytes"], o["ranks"] > 1
    # beside the values go headers and counts
    expect(predicted["sent_bytes"] <= sent <= 1.3 * predicted["sent_bytes"] + (64 << 10), where, "sent", sent, "predicted",
           predicted["sent_bytes"])
    expect((predicted["sent_bytes"] > 0) == several, where, "sent", predicted["sent_bytes"], "by", o["ranks"])
    rates = o["calibration"]["send_s_per_byte"], o["calibration"]["round_s"], predicted["phase_s"]["exchange"]
    expect(all((x > 0) == several for x in rates), where, "exchange", rates, "of", o["ranks"])
    peak = actual["peak_bytes"]
    # a bound; the plan gives each thread scratch for every kind of work, which a run this small does not come to use
    loose, most = 2 * peak + o["threads"] * (8 << 20), predicted["peak_most_bytes"]
    expect(peak <= most <= loose and predicted["peak_bytes"] <= most, where, "peak", peak, "predicted", predicted)
    for kind in ("", "_most"):
        expect(predicted["peak%s_bytes" % kind] < predicted["process%s_bytes" % kind], where, "process", predicted)


def check_times(where, o):
    actual, phase, most = o["actual"], o["actual"]["phase_s"], o["actual"]["phase_most_s"]
    most_s = o["ranks"] * o["threads"] * actual["elapsed_s"]
    total = sum(phase.values())
    expect(0 < total <= most_s * 1.001 + 1e-6, where, "phases of", total, "in", most_s)
    expect(sum(phase[p] for p in PHASES.split()) <= most_s, where, phase, most_s)
    for p in PHASES.split():
        low = phase[p] / o["ranks"]
        expect(0 <= low * 0.999 <= most[p] <= phase[p] * 1.001 + 1e-6, where, p, phase[p], most[p])
    expect(all(phase[p] > 0 for p in ("fetch", "compute", "encode", "write")), where, phase)
    dense = where.startswith("dense")
    expect((phase["decode"] == 0) == dense == (o["predicted"]["phase_s"]["decode"] == 0), where, "decode", phase)
    expect(actual["open_s"] > 0 and actual["cpu_s"] > 0, where, actual)


def check_runs(run):
    for n, threads, name in ((1, 1, "t.nc"), (1, 3, "t.nc"), (3, 1, "t.nc"), (1, 1, "dense.nc"), (3, 1, "dense.nc"), (3, 2, "t.zarr"), (1, 1, "t.zarr")):
        where = "%s, %d ranks of %d threads:" % (name, n, threads)
        script, same = name + ".py", ("--threads", str(threads))
        done = run(n, "run", script, "--stats", "--stats-json", "run.json", *same)
        expect(done.returncode == 0, where, "exit", done.returncode, done.stderr)
        rows = {line.split()[0] for line in done.stdout.splitlines()}
        expect(rows >= set(PHASES.split()) | {"chunks", "stored", "decoded", "sent", "written", "peak", "open", "other", "elapsed"},
               where, "table", done.stdout)
        with open("run.json") as f:
            o = json.load(f)
        check_structure(where, o)
        check_figures(where, o, name.endswith("zarr"))
        check_times(where, o)
        expect((o["ranks"], o["threads"]) == (n, threads), where, o["ranks"], o["threads"])
        done = run(n, "plan", script, "--stats-json", "-", *same)
        planned = json.loads(done.stdout)
        check_structure(where + " plan", planned)
        expect(planned["actual"] is None, where, "a plan ran")
        for what in ("chunks", "stored_bytes", "decoded_bytes", "sent_bytes", "output_bytes"):
            expect(planned["predicted"][what] == o["predicted"][what], where, "plan:", what, planned["predicted"][what])
        os.remove("run.json")
    done = run(1, "plan", "t.nc.py")
    expect("predicted time " in done.stdout and done.stdout.startswith("stage 1"), "plan:", done.stdout)


def check_columns(run):
    """Ranks take their time, columns that several ranks complete are sent and copied again."""
    for name, loop, times in (("rank", "rank", 1), ("median", "collect", 2)):
        done = run(2, "run", name + ".py", "--threads", "1", "--stats-json", "-")
        o = json.loads(done.stdout)
        loops = [x for x in o["calibration"]["loops"] if x["loop"] == loop]
        expect(len(loops) == times and all(x["s_per_value"] > 0 for x in loops), name, loops)
        expect(loops and loops[0]["values"] == 96 * 64 * 80, name, loops)
        sent, came = o["predicted"]["sent_bytes"], o["actual"]["sent_bytes"]
        expect(sent <= came <= 1.1 * sent + (64 << 10), name, "sent", came, "predicted", sent)
        expect((sent > 0) == (times == 2), name, "sent", sent)


def check_refused(run):
    """The input does not exist either: what is said first shows what is looked at first."""
    os.mkdir("folder")
    bad = {"missing/x.json": "No such file", "folder": "Is a directory", "t.nc/x.json": "Not a directory"}
    if os.geteuid() != 0:
        os.mkdir("locked", 0o500)
        bad["locked/x.json"] = "Permission denied"
    for n in (1, 3):
        for command in ("run", "plan"):
            for path, why in bad.items():
                before = sorted(os.listdir("."))
                done = run(n, command, "gone.py", "--stats-json", path)
                said = [line for line in done.stderr.splitlines() if line.startswith("amasia:")]
                expect(done.returncode == 1 and len(said) == 1 and path in said[0] and why in said[0],
                       n, command, path, "exit", done.returncode, done.stderr)
                expect(sorted(os.listdir(".")) == before and not os.listdir("folder"), n, command, path, "left something")
        before = sorted(os.listdir("."))
        done = run(n, "run", "gone.py", "--stats-json", "x.json")
        expect(done.returncode == 1 and "gone.nc" in done.stderr, n, "gone.nc:", done.stderr)
        expect(sorted(os.listdir(".")) == before, n, "a failed run left", sorted(os.listdir(".")))


def main(amasia):
    make_data()

    def run(n, *arguments):
        command = (["mpirun", "-n", str(n)] if n > 1 else []) + [amasia, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment())

    check_runs(run)
    check_columns(run)
    check_refused(run)


if __name__ == "__main__":
    sys.exit(frame.run(__doc__, "stats", main, problems, "what is predicted came"))
