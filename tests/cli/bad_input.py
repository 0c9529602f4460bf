#!/usr/bin/env python3
"""Wrong input of every kind: one clear message that names the culprit, a non-zero exit within seconds, no output.

  bad_input.py --list
  bad_input.py --amasia PROGRAM --work DIR [--np 1,3] CASE ...

A case is a function that prepares its directory and returns (arguments of amasia, words the message must hold).
Every case writes to out.nc or out.zarr, which must not be there afterwards, nor anything else that was not before.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time

LIMIT_S, HANG_S = 20, 60
CASES = {}
NOISE = re.compile(r"-{20,}|Primary job|a non-zero exit code|mpirun (detected|noticed)|Process name|Exit code|^\s*$"
                   r"|Per user-direction|job to be terminated|The first process to do so")


class Skip(Exception):
    pass


def case(function):
    CASES[function.__name__] = function
    return function


# ---- material

def netcdf(path, form="NETCDF4", unlimited=False, calendar="standard", units="days since 2000-01-01", times=None, lat=None,
           n=400, **storage):
    import netCDF4
    import numpy as np
    rng = np.random.RandomState(1)
    lat = np.arange(-30.0, 31.0, 10.0) if lat is None else lat
    with netCDF4.Dataset(path, "w", format=form) as nc:
        nc.createDimension("time", None if unlimited else n)
        nc.createDimension("lat", len(lat))
        nc.createDimension("lon", 36)
        for name, values in (("time", np.arange(n) if times is None else times), ("lat", lat), ("lon", np.arange(36) * 10.0)):
            nc.createVariable(name, "f8", (name,))[:] = values
        nc["time"].setncatts({"units": units, "calendar": calendar})
        v = nc.createVariable("tas", "f4", ("time", "lat", "lon"), **storage)
        v.units = "K"
        v[:] = rng.standard_normal((n, len(lat), 36)).astype("f4")


def zarr_store(path):
    import numcodecs
    import numpy as np
    import zarr
    group = zarr.open_group(zarr.DirectoryStore(path), mode="w")
    a = group.create_dataset("tas", data=np.random.RandomState(1).standard_normal((60, 8)).astype("f4"), chunks=(20, 4),
                             compressor=numcodecs.Zlib(1))
    a.attrs["_ARRAY_DIMENSIONS"] = ["time", "x"]
    zarr.consolidate_metadata(zarr.DirectoryStore(path))


def cut(path, share):
    os.truncate(path, int(os.path.getsize(path) * share))


def flip(path, share):
    with open(path, "r+b") as f:
        f.seek(int(os.path.getsize(path) * share))
        byte = f.read(1)
        f.seek(-1, 1)
        f.write(bytes([byte[0] ^ 0x10]))


def script(*lines, sink='.to_netcdf("out.nc")'):
    """case.py: imports and the lines; the last is an expression, written by the sink."""
    text = ["import xarray as xr", "import numpy as np"] + list(lines[:-1]) + [lines[-1] + sink]
    with open("case.py", "w") as f:
        f.write("\n".join(text) + "\n")
    return ["run", "case.py"]


def mean_of(name, **options):
    return script('ds = xr.open_dataset("%s")' % name, 'ds.tas.mean("time")', **options)


# ---- input files

@case
def missing_file():
    return mean_of("absent.nc"), ["absent.nc", "case.py:3"]


@case
def not_a_data_file():
    with open("text.nc", "w") as f:
        f.write("this is no netCDF file\n" * 100)
    return mean_of("text.nc"), ["text.nc"]


@case
def empty_file():
    open("empty.nc", "w").close()
    return mean_of("empty.nc"), ["empty.nc"]


@case
def glob_matches_nothing():
    return script('ds = xr.open_mfdataset("none_*.nc")', 'ds.tas.mean("time")'), ["none_*.nc"]


@case
def truncated_classic():
    netcdf("cut.nc", "NETCDF3_CLASSIC")
    cut("cut.nc", 0.6)
    return mean_of("cut.nc"), ["cut.nc"]


@case
def truncated_records():
    netcdf("cut.nc", "NETCDF3_64BIT_OFFSET", unlimited=True)
    cut("cut.nc", 0.8)
    return mean_of("cut.nc"), ["cut.nc"]


@case
def truncated_header():
    netcdf("cut.nc", "NETCDF3_CLASSIC")
    os.truncate("cut.nc", 70)
    return mean_of("cut.nc"), ["cut.nc"]


@case
def truncated_netcdf4():
    netcdf("cut.nc", chunksizes=(50, 7, 36))
    cut("cut.nc", 0.6)
    return mean_of("cut.nc"), ["cut.nc"]


@case
def truncated_in_a_series():
    for year in (2000, 2001, 2002):
        netcdf("tas_%d.nc" % year, "NETCDF3_CLASSIC", units="days since %d-01-01" % year, n=365)
    cut("tas_2001.nc", 0.5)
    return script('ds = xr.open_mfdataset("tas_*.nc")', 'ds.tas.mean("time")'), ["tas_2001.nc"]


@case
def flipped_byte_deflate():
    netcdf("flip.nc", zlib=True, chunksizes=(50, 7, 36))
    flip("flip.nc", 0.6)
    return mean_of("flip.nc"), ["flip.nc", "tas", "chunk"]


@case
def flipped_byte_fletcher32():
    netcdf("flip.nc", fletcher32=True, chunksizes=(50, 7, 36))
    flip("flip.nc", 0.6)
    return mean_of("flip.nc"), ["flip.nc", "tas", "chunk"]


@case
def unknown_filter():
    """The deflate filter's number changed in an old-format file, which has no header checksum."""
    try:
        import h5py
    except ImportError:
        raise Skip("h5py is not installed")
    import numpy as np
    with h5py.File("odd.nc", "w", libver="earliest") as f:
        d = f.create_dataset("tas", data=np.arange(4000, dtype="f4").reshape(100, 40), chunks=(25, 40), compression="gzip")
        for i, name in enumerate(("time", "x")):
            f[name] = np.arange(d.shape[i], dtype="f8")
            f[name].make_scale(name)
            d.dims[i].attach_scale(f[name])
    with open("odd.nc", "r+b") as f:
        content = f.read()
        place = content.index(b"deflate\0") - 8
        assert content[place:place + 2] == b"\x01\x00"
        f.seek(place)
        f.write((31999).to_bytes(2, "little"))
    return mean_of("odd.nc"), ["odd.nc", "31999"]


@case
def unreadable_zarr_chunk():
    zarr_store("in.zarr")
    os.remove("in.zarr/tas/1.0")
    os.mkdir("in.zarr/tas/1.0")
    return script('ds = xr.open_zarr("in.zarr")', 'ds.tas.mean("time")'), ["in.zarr", "1.0"]


@case
def damaged_zarr_chunk():
    zarr_store("in.zarr")
    with open("in.zarr/tas/2.1", "r+b") as f:
        f.write(b"\xff" * 40)
    return script('ds = xr.open_zarr("in.zarr")', 'ds.tas.mean("time")'), ["in.zarr", "2,1"]


@case
def damaged_zarr_metadata():
    zarr_store("in.zarr")
    with open("in.zarr/.zmetadata", "w") as f:
        f.write('{"metadata": {".zgroup": ')
    return script('ds = xr.open_zarr("in.zarr")', 'ds.tas.mean("time")'), ["in.zarr", ".zmetadata"]


@case
def unknown_codec():
    zarr_store("in.zarr")
    for name in (".zmetadata", "tas/.zarray"):
        with open("in.zarr/" + name) as f:
            text = f.read()
        with open("in.zarr/" + name, "w") as f:
            f.write(text.replace('"id": "zlib"', '"id": "pkzip"'))
    return script('ds = xr.open_zarr("in.zarr")', 'ds.tas.mean("time")'), ["pkzip"]


# ---- meaning

@case
def unknown_calendar():
    netcdf("in.nc", calendar="martian")
    return mean_of("in.nc"), ["in.nc", "martian"]


@case
def unknown_time_unit():
    netcdf("in.nc", units="fortnights since 2000-01-01")
    return mean_of("in.nc"), ["in.nc", "fortnights"]


@case
def unsorted_slice():
    netcdf("in.nc", n=5, times=[0, 3, 1, 2, 4])
    return script('ds = xr.open_dataset("in.nc")', 'ds.tas.sel(time=slice("2000-01-02", "2000-01-04"))'), ["case.py:4", "time"]


@case
def missing_label():
    netcdf("in.nc")
    return script('ds = xr.open_dataset("in.nc")', 'ds.tas.sel(lat=13)'), ["case.py:4", "13", "lat"]


def of_calendar(*lines):
    netcdf("in.nc", calendar="noleap")
    netcdf("plain.nc")
    return script('ds = xr.open_dataset("in.nc")', *lines)


@case
def datetime64_of_a_calendar():
    return of_calendar('ds.tas.sel(time=np.datetime64("2000-02-03"))'), ["case.py:4:17", "noleap", "2000-02-03T00", "text"]


@case
def datetime64_slice_of_a_calendar():
    return of_calendar('ds.tas.sel(time=slice(None, np.datetime64("2000-02-03")))'), ["case.py:4:17", "noleap", "text"]


@case
def datetime64_interp_of_a_calendar():
    return of_calendar('ds.tas.interp(time=np.datetime64("2000-02-03"))'), ["case.py:4:20", "same calendar"]


@case
def time_of_another_calendar():
    lines = ('t = xr.open_dataset("plain.nc").time', "ds.tas.sel(time=slice(t[3], None))")
    return of_calendar(*lines), ["case.py:5:17", "noleap", "2000-01-04"]


@case
def datetime64_and_text():
    netcdf("in.nc")
    lines = ('ds = xr.open_dataset("in.nc")', 'ds.tas.sel(time=[np.datetime64("2000-02-03"), "2000-02-04"])')
    return script(*lines), ["case.py:4:17", "mixed", "time"]


@case
def datetime64_without_dashes():
    netcdf("in.nc")
    return script('ds = xr.open_dataset("in.nc")', 'ds.tas.sel(time=np.datetime64("20000203"))'), ["case.py:4:31", "year"]


@case
def datetime64_bad_unit():
    netcdf("in.nc")
    lines = ('ds = xr.open_dataset("in.nc")', 'ds.tas.sel(time=np.datetime64("2000", "10D"))')
    return script(*lines), ["case.py:4:39", "10D", "unit"]


@case
def unknown_variable():
    netcdf("in.nc")
    return script('ds = xr.open_dataset("in.nc")', 'ds.tass.mean("time")'), ["case.py:4", "tass", "tas"]


@case
def unknown_dim():
    netcdf("in.nc")
    return script('ds = xr.open_dataset("in.nc")', 'ds.tas.mean("tyme")'), ["case.py:4", "tyme", "time"]


@case
def unknown_keyword():
    netcdf("in.nc")
    return script('ds = xr.open_dataset("in.nc")', 'ds.tas.mean(dims="time")'), ["case.py:4", "dims", "dim"]


@case
def unknown_method():
    netcdf("in.nc")
    return script('ds = xr.open_dataset("in.nc")', 'ds.tas.maen("time")'), ["case.py:4", "maen", "mean"]


@case
def unknown_name():
    netcdf("in.nc")
    return script('ds = xr.open_dataset("in.nc")', 'dss.tas.mean("time")'), ["case.py:4", "dss"]


@case
def syntax_error():
    netcdf("in.nc")
    return script('ds = xr.open_dataset("in.nc")', 'x = (ds.tas', 'y = 1', "x"), ["case.py:"]


@case
def unsupported_python():
    netcdf("in.nc")
    return script('ds = xr.open_dataset("in.nc")', 'while ds: pass', "ds.tas"), ["case.py:4", "while"]


@case
def bad_frequency():
    netcdf("in.nc")
    return script('ds = xr.open_dataset("in.nc")', 'ds.tas.resample(time="3Q7").mean()'), ["case.py:4", "3Q7"]


@case
def dims_do_not_match():
    import netCDF4
    for name, n in (("a.nc", 4), ("b.nc", 5)):
        with netCDF4.Dataset(name, "w") as nc:
            nc.createDimension("x", n)
            nc.createVariable("v", "f4", ("x",))[:] = 1
    return script('a = xr.open_dataset("a.nc").v', 'b = xr.open_dataset("b.nc").v', "(a + b)"), ["case.py:5", "x", "4", "5"]


@case
def series_does_not_match():
    import numpy as np
    netcdf("tas_1.nc", n=10)
    netcdf("tas_2.nc", n=10, units="days since 2001-01-01", lat=np.arange(5.0))
    return script('ds = xr.open_mfdataset("tas_*.nc")', 'ds.tas.mean("time")'), ["lat"]


@case
def differences_without_end():
    netcdf("tas.nc", n=120)
    return script('ds = xr.open_dataset("tas.nc")', 'ds.tas.diff("time", n=90)'), ["operations in one pass"]


# ---- outputs and resources

@case
def output_folder_missing():
    netcdf("in.nc")
    return mean_of("in.nc", sink='.to_netcdf("nowhere/out.nc")'), ["nowhere"]


@case
def output_folder_read_only():
    netcdf("in.nc")
    os.mkdir("locked")
    if os.geteuid() == 0:                   # root writes everywhere but into the kernel's own file systems
        return mean_of("in.nc", sink='.to_netcdf("/sys/out.nc")'), ["/sys"]
    os.chmod("locked", 0o555)
    return mean_of("in.nc", sink='.to_netcdf("locked/out.nc")'), ["locked"]


def full(sink, name):
    netcdf("in.nc", n=3000)
    os.mkdir("small")
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "small"], capture_output=True).returncode:
        raise Skip("no tmpfs can be mounted here")
    return script('ds = xr.open_dataset("in.nc")', '(ds.tas.astype("f8") + 1)', sink=sink), [name]


@case
def full_disk_netcdf():
    return full('.to_netcdf("small/out.nc")', "out.nc")


@case
def full_disk_zarr():
    return full('.to_zarr("small/out.zarr")', "out.zarr")


@case
def budget_too_small():
    netcdf("in.nc")
    return mean_of("in.nc")[:1] + ["--memory", "16KiB", "case.py"], ["memory"]


@case
def bad_option():
    netcdf("in.nc")
    return mean_of("in.nc")[:1] + ["--thraeds", "2", "case.py"], ["--thraeds"]


@case
def bad_option_value():
    netcdf("in.nc")
    return mean_of("in.nc")[:1] + ["--memory", "many", "case.py"], ["--memory", "many"]


@case
def missing_script():
    return ["run", "gone.py"], ["gone.py"]


@case
def missing_info_file():
    return ["info", "gone.nc"], ["gone.nc"]


def long_job():
    netcdf("in.nc", n=60000, zlib=True, complevel=1, chunksizes=(100, 7, 36))
    lines = ['ds = xr.open_dataset("in.nc")', 'gb = ds.tas.groupby("time.dayofyear")', '(gb - gb.mean("time"))']
    return script(*lines, sink='.to_zarr("out.zarr")'), ["signal 9"]


@case
def killed_at_start():
    return long_job()


@case
def killed_while_running():
    return long_job()


# ---- running

def ranks_of(mpirun, program):
    """Processes that mpirun started and that run the program by now (before, they are forks of mpirun itself)."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as f:
                    parent = int(f.read().rsplit(")", 1)[1].split()[1])
                if parent == mpirun.pid and os.readlink("/proc/%s/exe" % entry) == program:
                    found.append(int(entry))
            except OSError:
                continue
    return found


def kill_one_rank(mpirun, program, before, wait_s):
    """SIGKILL to the last of the ranks, once all run (and, when waiting, once something is being written)."""
    end = time.monotonic() + 10
    while len(ranks_of(mpirun, program)) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    end = time.monotonic() + wait_s
    while set(os.listdir(".")) <= before and time.monotonic() < end and mpirun.poll() is None:
        time.sleep(0.005)
    ranks = ranks_of(mpirun, program)
    if not ranks:
        return False
    os.kill(max(ranks), signal.SIGKILL)
    return True


def environment():
    env = dict(os.environ, AMA_CHECK="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    env.update(OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_hwloc_base_binding_policy="none",
               OMPI_MCA_btl_vader_single_copy_mechanism="none", OMPI_MCA_pml="ob1",
               OMPI_MCA_mpi_yield_when_idle="1", OMP_WAIT_POLICY="passive")
    return env


def entries():
    """Everything below the current directory, the tmpfs of a full disk too."""
    return {os.path.join(base, name) for base, dirs, names in os.walk(".") for name in dirs + names}


def run_case(name, amasia, n_ranks):
    """Problems of one case in the current, empty directory."""
    arguments, words = CASES[name]()
    before, names = entries(), set(os.listdir(".")) | {"log"}
    command = (["mpirun", "-n", str(n_ranks)] if n_ranks > 1 else []) + [amasia] + arguments
    started = time.monotonic()
    problems = []
    with open("log", "w") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment(), start_new_session=True)
        if name.startswith("killed") and not kill_one_rank(child, os.path.realpath(amasia), names, 0 if name.endswith("start") else 8):
            problems.append("ended before a rank could be killed")
        try:
            code = child.wait(timeout=HANG_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return ["hangs"]
    took = time.monotonic() - started
    with open("log", errors="replace") as log:
        text = log.read()
    lines = [line for line in text.split("\n") if not NOISE.search(line)]
    if code == 0:
        problems.append("exit status 0")
    if took > LIMIT_S:
        problems.append("took %.1f s" % took)
    problems += ["the message does not name %r" % w for w in words if w not in text]
    if not name.startswith("killed"):
        if code < 0 or code in (134, 136, 137, 139) or "signal" in text:
            problems.append("died by a signal (%d)" % code)
        if not 1 <= len(lines) <= 6:
            problems.append("%d lines of message" % len(lines))
        if len(set(lines)) < len(lines):
            problems.append("said twice")
        if entries() - before - {"./log"}:
            problems.append("left behind: %s" % sorted(entries() - before - {"./log"}))
    problems += ["output %s appeared" % n for n in ("out.nc", "out.zarr") if os.path.exists(n)]
    return problems + (["said: " + " | ".join(lines)[:600]] if problems else [])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cases", nargs="*")
    p.add_argument("--list", action="store_true")
    p.add_argument("--amasia")
    p.add_argument("--work", default="cli-work")
    p.add_argument("--np", default="1,3")
    options = p.parse_args()
    if options.list:
        print("\n".join(CASES))
        return 0
    amasia, n_failed = os.path.abspath(options.amasia), 0
    for name in options.cases or list(CASES):
        for n in (int(n) for n in options.np.split(",")):
            if name.startswith("killed") and n == 1:
                continue
            folder = os.path.join(os.path.abspath(options.work), "%s-np%d" % (name, n))
            subprocess.run(["umount", folder + "/small"], capture_output=True)
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            os.chdir(folder)
            try:
                problems = run_case(name, amasia, n)
            except (Skip, ImportError) as why:
                print("SKIPPED %s: %s" % (name, why))
                return 77
            finally:
                if os.path.ismount("small"):
                    subprocess.run(["umount", "small"], capture_output=True)
            n_failed += bool(problems)
            print("%-4s %s np %d %s" % ("FAIL" if problems else "ok", name, n, "".join("\n       " + x for x in problems)), flush=True)
            if not problems:
                shutil.rmtree(folder, ignore_errors=True)
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
