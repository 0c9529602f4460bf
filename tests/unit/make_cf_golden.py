#!/usr/bin/python3
"""Writes cf_golden_*.inc beside itself: what cftime, pandas and xarray say about calendars, times and bins.

Run by hand: /usr/bin/python3 tests/unit/make_cf_golden.py. Where xarray is older than the behaviour aimed at, the
functions named model_* state the newer rule in few lines.
"""
import datetime
import inspect
import os
import sys
import warnings

import cftime
import numpy as np
import pandas as pd
import xarray as xr
from xarray.coding import times as xt
from xarray.coding import cftime_offsets as xo
import pandas.core.resample
from xarray.core import resample_cftime as xrc

warnings.simplefilter("ignore")
HERE = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
CALENDARS = ["standard", "proleptic_gregorian", "noleap", "all_leap", "360_day", "julian"]
ENUM = {"standard": "AMA_CAL_STANDARD", "proleptic_gregorian": "AMA_CAL_PROLEPTIC_GREGORIAN",
        "noleap": "AMA_CAL_NOLEAP", "all_leap": "AMA_CAL_ALL_LEAP", "360_day": "AMA_CAL_360_DAY",
        "julian": "AMA_CAL_JULIAN"}
NAT = -2**63
US_PER_DAY = 86400 * 10**6


def write(name, lines):
    with open(os.path.join(HERE, f"cf_golden_{name}.inc"), "w") as f:
        f.write("/* Made by make_cf_golden.py. */\n/* clang-format off */\n")
        f.writelines(line + "\n" for line in lines)
    print(name, len(lines))


def c_int(x):
    return "INT64_MIN" if int(x) == NAT else f"INT64_C({int(x)})"


def c_text(s):
    return "NULL" if s is None else '"' + s.replace('"', '\\"') + '"'


def c_list(values):
    return "{" + ", ".join(values) + "}"


def c_float(x):
    return "NAN" if np.isnan(x) else repr(float(x)) if abs(x) < 1e300 else "INFINITY"


def cf_date(calendar, *args):
    return cftime.datetime(*args, calendar=calendar)


def true_days(d):
    """Days since 1970-01-01 of the calendar, by cftime's Julian day numbers."""
    return d.toordinal() - cf_date(d.calendar, 1970, 1, 1).toordinal()


def cf_ticks(d):
    return (true_days(d) * US_PER_DAY +
            ((d.hour * 60 + d.minute) * 60 + d.second) * 10**6 + d.microsecond)


def ticks_of(array):
    """(is datetime64, calendar or None, list of ticks)"""
    array = np.asarray(array)
    if np.issubdtype(array.dtype, np.datetime64):
        return True, None, [int(t) for t in array.astype("M8[ns]").astype("i8").ravel()]
    return False, array.flat[0].calendar, [cf_ticks(d) for d in array.ravel()]


def dates_of(calendar, is_dt64, ticks):
    if is_dt64:
        return np.array(ticks, "i8").astype("M8[ns]")
    epoch = cf_date(calendar, 1970, 1, 1)
    days = cftime.num2date(np.array(ticks, "i8"), "microseconds since 1970-01-01", calendar)
    assert cf_ticks(epoch) == 0
    return np.atleast_1d(np.asarray(days))


# ---- calendars

def calendar_rows():
    rng = np.random.default_rng(1)
    for cal in CALENDARS:
        zero = cal not in ("standard", "julian")
        dates = [(1970, 1, 1), (2000, 2, 28), (2000, 3, 1), (1900, 2, 28), (1900, 3, 1), (1582, 10, 4), (1582, 10, 15),
                 (1582, 12, 30), (1583, 1, 1), (1600, 2, 28), (1500, 2, 28), (1500, 3, 1), (1, 1, 1), (1, 3, 1),
                 (-1, 12, 30), (-1, 2, 28), (-4, 2, 28), (-4, 3, 1), (-5, 3, 1), (-100, 2, 28), (-401, 3, 1),
                 (-4712, 1, 1), (12345, 6, 7), (9999, 12, 30), (4, 2, 28), (100, 3, 1), (400, 2, 28)]
        if zero:
            dates += [(0, 1, 1), (0, 12, 30), (0, 2, 28), (0, 3, 1)]
        for _ in range(25):
            dates.append((int(rng.integers(-3000, 4000)), int(rng.integers(1, 13)), int(rng.integers(1, 29))))
        for y, m, d in dates:
            if y == 0 and not zero:
                continue
            t = cf_date(cal, y, m, d)
            leap = int(cftime.is_leap_year(y, cal))
            yield (f"{{{ENUM[cal]}, {y}, {m}, {d}, {c_int(true_days(t))}, {t.dayofwk}, {t.dayofyr}, {leap}, "
                   f"{t.daysinmonth}}},")


# ---- decoding

UNITS = [
    ("days since 2000-01-01", None, "i4", [0, 1, 366, -1]),
    ("days since 2000-1-1 0:0:0", "standard", "i8", [0, 59, 60]),
    ("days since 1-1-1", None, "f8", [0.0, 366.0]),
    ("days since 1-1-1", None, "f8", [730000.0, 720000.25]),
    ("days since 1-1-1 0:0:0", "gregorian", "i8", [0, 577735, 577736, 577737]),
    ("days since 0001-01-01 00:00:00", "proleptic_gregorian", "i4", [0, 577735, 577736]),
    ("days since 0001-01-01 00:00:00", "proleptic_gregorian", "i4", [700000, 730000]),
    ("hour since 0000-01-01", None, "f8", [366.0, 1096.485]),
    ("hour since 0000-01-01", "noleap", "f8", [366.0, 1096.485, 1826.97]),
    ("hour since 0000-01-01 00:00:00", "proleptic_gregorian", "f8", [366.0, 1096.485]),
    ("days since 0000-00-00 00:00:00", "365_day", "f8", [1.0]),
    ("days since 0000-00-00", None, "f8", [1.0]),
    ("days since 01-01-0001", "noleap", "f4", [1.0]),
    ("days since 01-01-0001", None, "f4", [1.0]),
    ("days since 01-02-2000", None, "f4", [1.0, 1.5]),
    ("days since 13-02-2000", None, "i2", [1]),
    ("days since 0-1-1", "noleap", "i4", [0, 366]),
    ("days since Jan 1, 2000", None, "i4", [0, 30]),
    ("hours since 01-JAN-1980 00:00:00", None, "f8", [0.0, 1.5]),
    ("hours since 1980-JAN-01 00:00:00", None, "f8", [0.0, 1.5]),
    ("hours since 1980/1/1", None, "i4", [5]),
    ("hours since 19800102", None, "i4", [5]),
    ("hours since 1980", None, "i4", [5]),
    ("hours since 1980-02", None, "i4", [5]),
    ("hours since 1800-01-01 00:00:0.0", None, "i4", [0, 1000000]),
    ("hours since 1900-01-01 00:00:0.0", "gregorian", "f8", [100.5, 876543.25]),
    ("days since 1992-10-8 15:15:42.5 -6:00", None, "f8", [0.0, 1.5]),
    ("days since 1992-10-8 15:15:42.5 -06:00", "noleap", "f8", [0.0, 1.5]),
    ("days since 1964-03-12 12:09:00 -9:00", "gregorian", "f8", [0.0, 1024.5]),
    ("seconds since 1992-10-08T15:15:42.5+0130", None, "i4", [0, 3600]),
    ("seconds since 1992-10-08T15:15:42Z", None, "i4", [0, 3600]),
    ("seconds since 1992-10-08 15:15:42 UTC", None, "i4", [0, 3600]),
    ("seconds since 1992-10-08 15:15:42 GMT", None, "i4", [0]),
    ("seconds since 1992-10-08 15:15:42 EST", None, "i4", [0]),
    ("seconds since 1992-10-08 15:15:42+01:00", "360_day", "i4", [0]),
    ("hours since 1992-10-08 06:00:00 (x)", None, "f8", [0.0, 1.5, 0.1]),
    ("hrs since 1992-10-08 06:00", None, "f8", [0.0, 1.5, 0.1]),
    ("hr since 1992-10-08 06:00", None, "f8", [0.3]),
    ("min since 1992-10-08 06:00", None, "f8", [0.3]),
    ("s since 1992-10-08 06:00", None, "f8", [0.3]),
    ("msec since 1992-10-08 06:00", None, "f8", [0.3, 1.7]),
    ("d since 1992-10-08", None, "f4", [0.3]),
    ("Hours since 1980-02-01", None, "f8", [0.0, 1.5]),
    ("MINUTES since 1980-02-01", "NOLEAP", "i4", [1]),
    ("day since 1980-02-01", "365_day", "i4", [28, 29]),
    ("months since 1980-02-01", None, "f8", [1.0]),
    ("years since 1980-02-01", "noleap", "f8", [1.0]),
    ("months since 1980-02-01", "360_day", "f8", [0.0, 1.5]),
    ("days since 1980-02-30", "360_day", "i4", [0, 1, 30]),
    ("days since 1980-02-30", None, "i4", [0]),
    ("days since 1980-02-29", "noleap", "i4", [0]),
    ("days since 1582-10-10", "standard", "i4", [0]),
    ("days since 1582-10-10", "proleptic_gregorian", "i4", [0, 5]),
    ("days since 1582-10-15", None, "i4", [-1, 0, 40000]),
    ("days since 1582-10-15", None, "i4", [35000, 40000]),
    ("days since 1500-02-28", "julian", "i4", [0, 1, 2]),
    ("days since 1500-02-28", "standard", "i4", [0, 1, 2, 100000]),
    ("nanoseconds since 1980-02-20 00:00:00.123456789", None, "i8", [0, 1500]),
    ("microseconds since 1980-02-20 00:00:00.123456789", "noleap", "i8", [0, 1]),
    ("milliseconds since 1970-01-01", None, "i8", [0, 123456789012]),
    ("milliseconds since 1970-01-01", None, "f8", [0.5, 1e12 + 0.125]),
    ("seconds since 1970-01-01", None, "u4", [0, 4294967295]),
    ("seconds since 1970-01-01", None, "f4", [0.1, 1e9]),
    ("seconds since 1870-01-01 00:00:00", "gregorian", "f4", [3.14e9]),
    ("days since 2070-11-06 09:23:37.505906", "360_day", "i4", [0, 1]),
    ("seconds since 1980-02-20 23:59:60", "noleap", "i4", [1]),
    ("days since 2000-01-01 24:00:00", "noleap", "i4", [1]),
    ("seconds since -4713-01-01", "standard", "i4", [1]),
    ("days since -4713-01-01", "julian", "i4", [1, 59, 60, 365, 366, 1721424]),
    ("seconds since -4713-01-01", "noleap", "i4", [1]),
    ("days since 12345-01-01", "noleap", "i4", [1]),
    ("days since 2000-01-01", "foo", "i4", [1]),
    ("days since 2000-01-01", "365_days", "i4", [1]),
    ("days since", "julian", "i4", [1]),
    ("fortnights since 2000-01-01", None, "i4", [1]),
    ("days since yesterday", None, "i4", [1]),
    ("days since  2000-01-01", None, "i4", [1]),
    ("days since 2000-01-01", "julian", "i8", [1, 60]),
    ("days since 2000-01-01", "noleap", "i8", [2**40]),
    ("days since 2000-01-01", "noleap", "f8", [1e299]),
    ("days since 2000-01-01", None, "f8", [0.1, 0.2, 1 / 3, -0.7, 12345.678]),
    ("days since 2000-01-01", "noleap", "f8", [0.1, 0.2, 1 / 3, -0.7, 12345.678]),
    ("days since 2000-01-01", "360_day", "f8", [0.1, 0.2, 1 / 3, -0.7, 12345.678]),
    ("hours since 0001-01-01", None, "f8", [0.1, 0.2, 1 / 3, 17520000.3]),
    ("days since 2000-01-01", None, "f4", [0.1, 0.2, 1 / 3]),
    ("days since 1950-01-01", "noleap", "f4", [15.5, 45.1, 55114.9]),
    ("days since 1970-01-01", None, "f8", [106751.99, 106752.5]),
    ("days since 1970-01-01", None, "f8", [106751.98, 0.0]),
    ("days since 1970-01-01", None, "i8", [106751, -106751]),
    ("days since 1970-01-01", None, "i8", [106752, 0]),
    ("days since 1800-01-01", None, "i8", [10**6, 0]),
    ("days since 2300-01-01", None, "i8", [0]),
    ("days since 2300-01-01", None, "i8", [-50000]),
    ("days since 1677-09-21", None, "f8", [1.0]),
    ("days since 2000-01-01", None, "f8", [0.0, float("nan"), 2.5]),
    ("hours since 2000-01-01 00:30", None, "f8", [1e-9, 1e-7, 1e-5]),
    ("hours since 2000-01-01 00:30", "julian", "f8", [1e-10, 1e-9, 2.7777777e-7, 1e-5, 0.99999999, 1.00000001]),
]


def model_decode(values, units, calendar):
    """Newer xarray: datetime64 begins at the first instant that fits, not at 1678-01-01."""
    out = xt.decode_cf_datetime(values, units, calendar)
    if out.dtype == "O" and (calendar or "standard") in ("standard", "gregorian", "proleptic_gregorian"):
        low = type(out[0])(1677, 9, 21, 0, 12, 43, 145225)
        high = type(out[0])(2262, 4, 11, 23, 47, 16, 854775)
        if out.min() >= low and out.max() <= high:
            out = np.array([np.datetime64(d.isoformat(), "ns") for d in out])
    return out


def decode_rows():
    rng = np.random.default_rng(2)
    cases = list(UNITS)
    for cal in CALENDARS:
        for unit in ("days", "hours", "minutes", "seconds"):
            scale = {"days": 1, "hours": 24, "minutes": 1440, "seconds": 86400}[unit]
            values = rng.integers(-400000, 400000, 3) * scale
            cases.append((f"{unit} since 1850-01-01 06:00:00", cal, "i8", [int(v) for v in values]))
            cases.append((f"{unit} since 1850-01-01", cal, "f8", [float(v) for v in rng.random(3) * 40000 * scale]))
    for units, cal, dtype, values in cases:
        if dtype == "f4":
            values = [float(np.float32(v)) for v in values]
        array = np.array(values, dtype)
        try:
            out = model_decode(array, units, cal)
            is_dt64, name, ticks = ticks_of(out)
            axis = ENUM["proleptic_gregorian" if (cal or "") == "proleptic_gregorian" else "standard"] if is_dt64 \
                else ENUM[name]
            ok = 1
        except Exception:
            ok, is_dt64, axis, ticks = 0, False, "AMA_CAL_STANDARD", [0]
        yield (f"{{{c_text(units)}, {c_text(cal)}, AMA_{dtype.upper()}, {len(values)}, "
               f"{c_list(c_float(v) for v in values)}, {ok}, {int(is_dt64)}, {axis}, {c_list(map(c_int, ticks))}}},")


# ---- encoding

STEPS = [("days", 86400 * 10**9), ("hours", 3600 * 10**9), ("minutes", 60 * 10**9), ("seconds", 10**9),
         ("milliseconds", 10**6), ("microseconds", 1000), ("nanoseconds", 1)]


def model_encode(dates, units, calendar, dtype):
    """Newer xarray: integers move to finer units when the given ones cannot hold the data; floats divide."""
    if units is None and dtype is None and dates.dtype.kind == "O":
        return xt.encode_cf_datetime(dates, units, calendar)
    if calendar is None:
        calendar = xt.infer_calendar_name(dates)
    data_units = xt.infer_datetime_units(dates)
    units = xt._cleanup_netcdf_time_units(units) if units else data_units
    ns = dict(STEPS)
    name, ref = units.split(" since ")
    name = name.lower() if name.lower().endswith("s") else name.lower() + "s"
    units = f"{name} since {ref}"
    is_dt64 = dates.dtype.kind == "M"
    standard = calendar in ("standard", "gregorian", "proleptic_gregorian")
    numpy_path = False
    if is_dt64 and standard:
        try:
            stamp = pd.Timestamp(ref)
            stamp = stamp.tz_convert("UTC").tz_convert(None) if stamp.tz else stamp
            pd.DatetimeIndex(dates) - stamp
            numpy_path = True
        except (pd.errors.OutOfBoundsDatetime, OverflowError, ValueError):
            pass
    if numpy_path:
        distance = int(abs(pd.Timestamp(data_units.split(" since ")[1]) - stamp).value)
    else:
        zero = "microseconds since "
        stamp = cftime.num2date(0, zero + ref, calendar)
        other = cftime.num2date(0, zero + data_units.split(" since ")[1], calendar)
        distance = abs(cf_ticks(other) - cf_ticks(stamp)) * 1000
    needed = ns[data_units.split(" since ")[0]]
    if distance % needed:
        needed = next(v for _, v in STEPS if distance % v == 0)
    to_int = dtype is not None and np.issubdtype(dtype, np.integer)
    floor = to_int or dtype is None
    if ns[name] > needed:
        floor = False
        if to_int:
            floor = True
            name = next(k for k, v in STEPS if v == needed)
            text = xt.format_timestamp(stamp) if numpy_path else xt.format_cftime_datetime(stamp)
            units = f"{name} since {text}"
    if numpy_path:
        deltas = pd.DatetimeIndex(dates) - stamp
        unit = np.timedelta64(ns[name], "ns")
        num = (deltas // ns[name]).astype("i8").values if floor else (deltas / unit).values
    else:
        num = xt.cast_to_int_if_safe(xt._encode_datetime_with_cftime(dates, units, calendar))
    return num, units, calendar


def encode(dates, units, calendar, dtype):
    if "dtype" in inspect.signature(xt.encode_cf_datetime).parameters:
        num, units, calendar = xt.encode_cf_datetime(dates, units, calendar, dtype)
    else:
        num, units, calendar = model_encode(dates, units, calendar, dtype)
    units = units.replace("0001-1-1", "0001-01-01")  # newer pandas reads year 1
    num = np.asarray(num)
    if dtype is not None and num.dtype != dtype:
        num = (np.around(num) if num.dtype.kind == "f" and np.issubdtype(dtype, np.integer) else num).astype(dtype)
    return num, units, calendar


def encode_cases():
    day = pd.date_range("2000-01-15", periods=4, freq="D").values
    noon = pd.date_range("2000-01-15 12:00", periods=3, freq="D").values
    six = pd.date_range("2000-01-15", periods=5, freq="6H").values
    month = pd.date_range("1999-12-01", periods=5, freq="MS").values
    minute = pd.date_range("2000-01-01 00:01", periods=3, freq="7min").values
    ms = pd.date_range("2000-01-01 00:00:00.5", periods=3, freq="250L").values
    us = pd.date_range("2000-01-01 00:00:00.000001", periods=3, freq="10U").values
    fine = pd.date_range("2000-01-01 00:00:00.000000001", periods=3, freq="3N").values
    gap = np.array(["NaT", "2000-01-02", "2000-01-05", "NaT"], "M8[ns]")
    early = np.array(["1680-01-01", "1700-06-01"], "M8[ns]")
    one = np.array(["2000-05-05T05:05:05"], "M8[ns]")
    for dates in (day, noon, six, month, minute, ms, us, fine, gap, early, one):
        yield dates, None, None, None
    for dates in (day, noon, six, gap, one):
        for units in ("days since 1850-01-01 00:00:00", "days since 1850-01-01", "hours since 1850-01-01 06:00:00",
                      "seconds since 1970-01-01", "days since 1-1-1", "days since 0001-01-01 00:00:00",
                      "Day since 1900-1-1 0:0:0", "minutes since 2000-01-01T00:00:00+01:00"):
            for dtype in (None, np.dtype("i8"), np.dtype("f8")):
                if dates is gap and dtype is None and "1-1-1" in units:
                    continue
                if dates is gap and ("1-1" in units[10:] and "0001" in units or "1-1-1" in units):
                    continue
                yield dates, units, None, dtype
    yield six, "days since 1850-01-01", "standard", np.dtype("f4")
    yield day, "days since 1850-01-01", "gregorian", np.dtype("i4")
    yield day, "days since 1850-01-01", "noleap", None
    yield ms, "seconds since 2000-01-01", None, None
    yield ms, "seconds since 2000-01-01", None, np.dtype("i8")
    yield fine, "days since 2000-01-01", None, np.dtype("i8")
    for cal in CALENDARS:
        def d(*a):
            return cf_date(cal, *a)
        daily = np.array([d(2000, 2, 27), d(2000, 2, 28), d(2000, 3, 1)])
        noons = np.array([d(2000, 2, 27, 12), d(2000, 2, 28, 12)])
        old = np.array([d(1, 1, 1), d(850, 6, 16), d(1582, 10, 4)])
        odd = np.array([d(2000, 2, 27, 1, 2, 3, 4), d(2000, 2, 28, 1, 2, 3, 5)])
        single = np.array([d(1850, 1, 16, 12)])
        yield np.array([d(2070, 11, 6, 9, 23, 37, 505906)]), None, None, None
        for dates in (daily, noons, old, odd, single):
            yield dates, None, None, None
            for units in ("days since 1850-01-01 00:00:00", "hours since 0001-01-01 00:00:00"):
                for dtype in (None, np.dtype("i8"), np.dtype("f8")):
                    yield dates, units, None, dtype


def encode_rows():
    for dates, units, cal, dtype in encode_cases():
        is_dt64, name, ticks = ticks_of(dates)
        axis = ENUM["proleptic_gregorian"] if is_dt64 else ENUM[name]
        num, out_units, out_cal = encode(dates, units, cal, dtype)
        kind = f"AMA_{num.dtype.str[1:].upper()}"
        given = f"AMA_{dtype.str[1:].upper()}" if dtype is not None else "AMA_DTYPE_N"
        values = c_list(c_int(v) for v in num) if num.dtype.kind == "i" else "{0}"
        floats = c_list(c_float(v) for v in num) if num.dtype.kind == "f" else "{0}"
        yield (f"{{{axis}, {int(is_dt64)}, {len(ticks)}, {c_list(map(c_int, ticks))}, {c_text(units)}, {c_text(cal)}, "
               f"{given}, {c_text(out_units)}, {c_text(out_cal)}, {kind}, {values}, {floats}}},")


# ---- components

def component_rows():
    rng = np.random.default_rng(3)
    seasons = ["DJF", "JJA", "MAM", "SON"]

    def row(axis, is_dt64, tick, y, mo, d, h, mi, s, us, doy, dow, week, dim, leap):
        season = seasons.index(["DJF", "MAM", "JJA", "SON"][(mo // 3) % 4])
        v = [y, mo, d, h, mi, s, us, doy, dow, week, (mo - 1) // 3 + 1, dim, leap, season]
        return f"{{{axis}, {is_dt64}, {c_int(tick)}, {c_list(map(str, v))}}},"

    stamps = list(pd.to_datetime(["1970-01-01", "1999-12-31 23:59:59.999999999", "2000-02-29 12:34:56.789012",
                                  "2004-12-31", "2005-01-01", "2005-01-02", "2008-12-29", "2009-12-31", "2010-01-03",
                                  "1677-09-22", "2262-04-11", "1900-02-28 06:00", "1969-12-31 23:00"]))
    stamps += [pd.Timestamp(int(v)) for v in rng.integers(-9 * 10**18, 9 * 10**18, 30)]
    for t in stamps:
        yield row(ENUM["standard"], 1, t.value, t.year, t.month, t.day, t.hour, t.minute, t.second, t.microsecond,
                  t.dayofyear, t.dayofweek, t.week, t.days_in_month, int(t.is_leap_year))
    for cal in CALENDARS:
        ticks = [int(v) for v in rng.integers(-10**17, 10**16, 12)] + [0, -1, -12219292800 * 10**6 - 1]
        for t, d in zip(ticks, dates_of(cal, False, ticks)):
            iso = -1  # not defined by cftime
            if cal in ("standard", "proleptic_gregorian") and 1600 < d.year < 9000:
                iso = datetime.date(d.year, d.month, d.day).isocalendar()[1]
            yield row(ENUM[cal], 0, t, d.year, d.month, d.day, d.hour, d.minute, d.second, d.microsecond, d.dayofyr,
                      d.dayofwk, iso, d.daysinmonth, int(cftime.is_leap_year(d.year, cal)))


# ---- resampling

OLD_NAMES = {"ME": "M", "QE": "Q", "YE": "A", "YS": "AS", "h": "H", "min": "T", "s": "S", "ms": "L", "us": "U",
             "ns": "N", "SME": "SM", "BME": "BM", "BQE": "BQ", "BYE": "BA", "BYS": "BAS"}


def old_name(freq):
    import re
    m = re.fullmatch(r"(\d*)([A-Za-z]+)(-[A-Z]+)?", freq)
    if not m:
        return freq.replace("h", "H")
    return m[1] + OLD_NAMES.get(m[2], m[2]) + (m[3] or "")


def model_pandas_edges(self, binner, ax_values):
    """Newer pandas: only period ends are moved to the last instant of their day."""
    edges = binner.asi8
    if self.freq.rule_code.split("-")[0] in ("M", "BM", "W", "Q", "BQ", "A", "BA"):
        if self.closed == "right":
            edges = (binner + pd.Timedelta(1, "D") - pd.Timedelta(1, "ns")).asi8
        if edges[-2] > ax_values.max():
            edges, binner = edges[:-1], binner[:-1]
    return binner, edges


pd.core.resample.TimeGrouper._adjust_bin_edges = model_pandas_edges
if issubclass(xo.Day, xo.Tick):  # newer xarray: a day is no tick
    xrc.Tick = (xo.Hour, xo.Minute, xo.Second, xo.Millisecond, xo.Microsecond)
    xrc.Day = ()
OLD_XARRAY = issubclass(xo.Day, xo.Tick)
END_TYPES = ("M", "BM", "W", "Q", "BQ", "A", "BA")


def resample(axis, freq, closed, label, origin, offset):
    """labels and number of members"""
    origin = origin or "start_day"
    if isinstance(axis, pd.DatetimeIndex):
        f = pd.tseries.frequencies.to_offset(old_name(freq))
        if f.rule_code.split("-")[0] in END_TYPES:  # older pandas forgets BA and BQ here
            closed, label = closed or "right", label or "right"
        s = pd.Series(np.ones(len(axis)), axis)
        count = s.resample(f, closed=closed, label=label, origin=origin, offset=offset).count()
        return [int(t) for t in count.index.asi8], list(count.values)
    if origin not in ("start_day", "start", "epoch", "end", "end_day"):
        p = pd.Timestamp(origin)
        origin = type(axis[0])(p.year, p.month, p.day, p.hour, p.minute)
    g = xrc.CFTimeGrouper(old_name(freq) if OLD_XARRAY else freq, closed, label, origin=origin,
                          offset=pd.Timedelta(offset).to_pytimedelta() if offset else None)
    bins, labels = xrc._get_time_bins(axis, g.freq, g.closed, g.label, g.origin, g.offset)
    assert axis[0] >= bins[0] and axis[-1] <= bins[-1]
    at = np.searchsorted(axis, bins, side=g.closed)
    return [cf_ticks(d) for d in labels], list(np.diff(at))


def resample_cases():
    H = 3600 * 10**6
    D = 24 * H
    axes = {  # start, step, n in us
        "noon": ("2000-01-15T12:00", D, 100),
        "eom": ("1999-11-30T12:00", 5 * D, 60),
        "6h": ("2000-02-27T02:30", 6 * H, 40),
        "hours": ("2000-01-01T02:30", H, 30),
        "midnight": ("2000-01-31T00:00", D, 70),
        "years": ("1996-03-01T00:00", 31 * D, 90),
        "one": ("2001-06-30T18:00", D, 1),
    }
    D64 = "dt64"
    both = [D64, "noleap", "360_day", "standard", "julian", "all_leap", "proleptic_gregorian"]
    sides = [(None, None), ("left", "left"), ("left", "right"), ("right", "left"), ("right", "right")]
    k = 0
    for freq in ("MS", "ME", "2MS", "2ME", "QS", "QE", "QS-DEC", "QE-NOV", "QS-FEB", "YS", "YE", "YS-JUL", "YE-JUN",
                 "2YS", "2QE", "D", "2D", "5D", "7D"):
        for name in ("noon", "eom", "midnight", "years", "one", "6h"):
            for closed, label in sides:
                k += 1
                if k % 3 and (closed, name) != (None, "noon"):
                    continue
                yield axes[name], both[k % len(both)] if k % 2 else D64, freq, closed, label, None, None
    for freq in ("h", "7h", "3h", "90min", "12h", "24h", "30min"):
        for origin in (None, "start", "epoch", "end", "end_day", "2000-01-01T01:00"):
            for offset in (None, "1h"):
                k += 1
                closed, label = sides[k % 5]
                yield axes["hours" if k % 2 else "6h"], both[k % len(both)], freq, closed, label, origin, offset
                yield axes["hours"], D64, freq, None, None, origin, offset
    for freq in ("W", "2W", "W-WED", "W-MON", "SMS", "SME", "2SMS", "BME", "BMS", "BQE", "BQS-FEB", "BYE", "BYS",
                 "BYE-JUN", "2BMS", "B", "2B", "7B"):
        for name in ("noon", "eom", "midnight", "one"):
            for closed, label in sides:
                if freq in ("SME", "2SMS") and closed == "right":
                    pass
                yield axes[name], D64, freq, closed, label, None, None
    for freq in ("D", "2D", "5D"):
        for origin in ("start", "end", "end_day", "epoch"):
            yield axes["6h"], D64, freq, None, None, origin, None
            yield axes["6h"], "noleap", freq, None, None, origin, None
    yield axes["6h"], D64, "D", None, None, None, "6h"
    yield axes["noon"], D64, "ME", None, None, "end", None
    yield axes["noon"], D64, "MS", None, None, "end", None
    yield axes["noon"], "noleap", "MS", None, None, "end", None
    short = ("2000-01-01T00:00:00.000100", 250, 20)
    for freq in ("us", "ms", "500us", "2ms", "s"):
        yield short, D64, freq, None, None, None, None
        yield short, "360_day", freq, "right", "right", None, None
    yield short, D64, "1500ns", None, None, None, None
    yield axes["6h"], D64, "1.5h", None, None, None, None
    yield axes["6h"], D64, "1D12h", None, None, None, None
    for old in ("M", "Q", "A", "AS", "H", "T", "A-JUN", "Q-FEB", "AS-APR"):
        yield axes["6h"], D64, old, None, None, None, None
        yield axes["6h"], "noleap", old, None, None, None, None


def resample_rows():
    for (start, step, n), cal, freq, closed, label, origin, offset in resample_cases():
        is_dt64 = cal == "dt64"
        if is_dt64:
            first, step = int(np.datetime64(start, "ns").astype("i8")), step * 1000
            axis = pd.DatetimeIndex(dates_of(None, True, [first + i * step for i in range(n)]))
        else:
            p = pd.Timestamp(start)
            y, m, d = p.year, p.month, min(p.day, 30)
            first = cf_ticks(cf_date(cal, y, m, d, p.hour, p.minute, p.second, p.microsecond))
            axis = xr.CFTimeIndex(dates_of(cal, False, [first + i * step for i in range(n)]))
        labels, counts = resample(axis, freq, closed, label, origin, offset)
        assert sum(counts) == n
        side = {None: "AMA_SIDE_DEFAULT", "left": "AMA_SIDE_LEFT", "right": "AMA_SIDE_RIGHT"}
        # Many bins: the whole in two sums that depend on the order.
        key = 0
        for i, (t, c) in enumerate(zip(labels, counts)):
            key = (key * 31 + int(t) + 7 * int(c)) % 2**64
        yield (f"{{{ENUM['standard' if is_dt64 else cal]}, {int(is_dt64)}, {c_int(first)}, {c_int(step)}, {n}, "
               f"{c_text(freq)}, {side[closed]}, {side[label]}, {c_text(origin)}, {c_text(offset)}, {len(labels)}, "
               f"UINT64_C({key}), {c_list(map(c_int, labels[:4]))}, {c_list(map(str, counts[:4]))}}},")


# ---- partial dates

SPANS = ["2000", "2000-02", "2000-2", "200002", "20000203", "2000-02-03", "2000-2-3", "2000-02-03T06",
         "2000-02-03 06", "2000-02-03T06:30", "2000-02-03T06:30:15", "2000-02-03T06:30:15.5",
         "2000-02-03T06:30:15.123456", "2000-02-03T06:30:15.123456789", "20000203T06", "20000203T0630",
         "20000203T063015", "2000Q1", "2000-Q3", "2000/02/03", "2000-02-30", "2000-13", "1", "99", "abc",
         "2000-12", "1999-12-31T23", "2000-02-03Z", "2000-02-29", "2001-02-29", "", "2000-02-03T25",
         "-0001", "0001", "1582-10", "1582-10-04", "12345-06"]


def span_rows():
    axes = {"day": [0, 31 * 86400 * 10**6], "hour": [3600 * 10**6], "minute": [60 * 10**6], "second": [10**6],
            "ms": [1000], "us": [1]}
    for name, ticks in axes.items():
        ns = [t * 1000 + 946684800 * 10**9 for t in ticks]
        index = pd.DatetimeIndex(dates_of(None, True, ns))
        for text in SPANS:
            if len(text.lstrip("-").split("-")[0]) == 4 and not 1700 < int(text[:4] if text[0] != "-" else 0) < 2200:
                continue
            if text.startswith("12345"):
                continue
            try:
                parsed, reso = index._parse_with_reso(text)
                lo, hi = index._parsed_string_to_bounds(reso, parsed)
                row = f"1, {c_int(lo.value)}, {c_int(hi.value + 1)}, {int(not index._can_partial_date_slice(reso))}"
            except Exception:
                row = "0, 0, 0, 0"
            yield f"{{AMA_CAL_STANDARD, 1, {c_int(ns[-1])}, {c_text(text)}, {row}}},"
    from xarray.coding import cftimeindex as xi
    parse = getattr(xi, "_parse_iso8601_with_reso", None) or xi._parse_iso8601
    for cal in CALENDARS:
        kind = xo.get_date_type(cal)
        for text in SPANS:
            if "." in text or text[:1] == "-" or text.startswith("12345"):
                continue  # newer than the oracle
            try:
                parsed, reso = parse(kind, text)
                lo, hi = xi._parsed_string_to_bounds(kind, reso, parsed)
                row = f"1, {c_int(cf_ticks(lo))}, {c_int(cf_ticks(hi) + 1)}, 0"
            except Exception:
                row = "0, 0, 0, 0"
            yield f"{{{ENUM[cal]}, 0, 0, {c_text(text)}, {row}}},"


DATETIMES = ["2001", "2001-02", "2001-02-03", "2001-02-03T06", "2001-02-03 06", "2001-02-03T06:30", "2001-02-03T06:30:01",
             "2001-02-03T06:30:01.5", "2001-02-03T06:30:01.12", "2001-02-03T06:30:01.", "2001-02-03T06:30:01.1234",
             "2001-02-03T06:30:01.123456", "2001-02-03T06:30:01.1234567", "2001-02-03T06:30:01.123456789", " 2001",
             "+2001", "02001-01", "1969-12-31T23:59:59.5", "1900-01-01", "2262-04-11T23:47:16.854775807",
             "1677-09-22", "2000-02-29", "1900-02-29", "2001-2", "2001-02-3", "2001-02-30", "2001-13", "2001-00",
             "2001-02-00", "2001-", "2001-02-", "2001-02-03T", "2001-02-03T24", "2001-02-03T06:", "2001-02-03T0630",
             "2001-02-03t06", "2001-02-03T06:60", "2001-02-03T06:30:60", "2001-02-03  06", "2001 ", "2001/02/03",
             "20010203T06", "next week", "-", "2001-02-03T6"]


def datetime_rows():
    """Text, unit ("" for the text's own): whether numpy reads it, nanoseconds, its text."""
    for text in DATETIMES:
        for unit in ["", "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns"]:
            try:
                d = np.datetime64(text, unit) if unit else np.datetime64(text)
                row = f"1, {c_int(int(d.astype('M8[ns]').astype('i8')))}, {c_text(str(d))}"
            except ValueError:
                row = '0, 0, ""'
            if unit and (row[0] == "0" or (unit in "YMW" and text[:4] == "1677")):
                continue  # no date at all; a unit that begins before nanoseconds do
            yield f"{{{c_text(text)}, {c_text(unit)}, {row}}},"


write("calendar", list(calendar_rows()))
write("decode", list(decode_rows()))
write("encode", list(encode_rows()))
write("component", list(component_rows()))
write("resample", list(resample_rows()))
write("span", list(span_rows()))
write("datetime", list(datetime_rows()))
