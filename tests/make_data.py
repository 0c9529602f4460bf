#!/usr/bin/env python3
"""Make the small data sets of tests/scripts: make_data.py DIRECTORY. The same bytes of values on every run.

Chunks do not divide the shapes, there are scattered NaNs, an all-NaN cell and an all-NaN step, and every calendar,
storage type and codec of the engine's readers is met at least once.
"""
import os
import sys

import netCDF4
import numcodecs
import numpy as np
import zarr

LAT = np.arange(-72.0, 73.0, 12.0)          # 13
LON = np.arange(0.0, 357.0, 21.0)           # 17


def field(seed, shape, base=280.0, spread=12.0, cycle=365.25):
    """A seasonal cycle with a gradient along lat and noise, rounded to float32."""
    rng = np.random.RandomState(seed)
    t = np.arange(shape[0]).reshape((-1,) + (1,) * (len(shape) - 1))
    x = base + spread * np.sin(2 * np.pi * t / cycle) + rng.standard_normal(shape) * 3.0
    if len(shape) == 3:
        x = x - 30.0 * np.abs(np.linspace(-1, 1, shape[1]))[None, :, None]
    return x.astype("f4")


def holes(x, seed, share=0.03):
    """NaN at a share of places, at one whole cell and in one whole step."""
    x = x.copy()
    x[np.random.RandomState(seed).random_sample(x.shape) < share] = np.nan
    x[(slice(None),) + (1,) * (x.ndim - 1)] = np.nan
    x[x.shape[0] // 3] = np.nan
    return x


def axis(nc, name, values, dtype="f8", size=0, **attrs):
    nc.createDimension(name, None if size is None else len(values))
    v = nc.createVariable(name, dtype, (name,))
    v.setncatts(attrs)
    v[:] = values
    return v


def latlon(nc, lat=LAT, lon=LON, dtype="f8"):
    axis(nc, "lat", lat, dtype, units="degrees_north", standard_name="latitude", axis="Y")
    axis(nc, "lon", lon, dtype, units="degrees_east", standard_name="longitude", axis="X")


def variable(nc, name, dims, values, dtype=None, fill=None, attrs=None, **storage):
    v = nc.createVariable(name, dtype or values.dtype, dims, fill_value=fill, **storage)
    v.set_auto_maskandscale(False)
    v.setncatts(attrs or {})
    v[...] = values
    return v


TAS = {"units": "K", "long_name": "air temperature", "standard_name": "air_temperature", "cell_methods": "time: mean"}
PR = {"units": "kg m-2 s-1", "long_name": "precipitation"}


def daily(path):
    """800 days at noon, two variables of different chunking, deflate, shuffle and fletcher32."""
    with netCDF4.Dataset(path, "w") as nc:
        nc.setncatts({"title": "daily test data", "Conventions": "CF-1.8", "history": "made by make_data.py"})
        axis(nc, "time", 69.5 + np.arange(800), units="days since 2001-01-01", calendar="standard", axis="T")
        latlon(nc)
        dims, shape = ("time", "lat", "lon"), (800, 13, 17)
        variable(nc, "tas", dims, holes(field(1, shape), 2), fill=np.float32(1e20), attrs=TAS, zlib=True, complevel=1,
                 shuffle=True, chunksizes=(37, 5, 6))
        pr = np.abs(field(3, shape, 0.0, 1e-5) * np.float32(1e-5))
        variable(nc, "pr", dims, pr, attrs=PR, zlib=True, shuffle=False, fletcher32=True, chunksizes=(100, 13, 17))


def long_run(path):
    """900 steps in chunks of whole fields: too many for one tile to hold all of an axis."""
    with netCDF4.Dataset(path, "w") as nc:
        axis(nc, "time", np.arange(900), "i4", units="days since 2001-01-01", calendar="noleap")
        axis(nc, "y", np.arange(30) * 0.5)
        axis(nc, "x", np.arange(25) * 0.25)
        values = holes(field(53, (900, 30, 25), 0.0, 5.0), 54, 0.01)
        variable(nc, "t", ("time", "y", "x"), values, attrs={"units": "K"}, zlib=True, complevel=1, chunksizes=(7, 30, 25))


def yearly(folder):
    """Six files of daily data, time unlimited, as models write them."""
    for year in range(1990, 1996):
        days = (np.datetime64("%d-01-01" % (year + 1)) - np.datetime64("%d-01-01" % year)).astype(int)
        with netCDF4.Dataset(os.path.join(folder, "tas_%d.nc" % year), "w") as nc:
            nc.setncatts({"title": "yearly test data", "year": np.int32(year)})
            axis(nc, "time", np.arange(days) + 0.5, size=None, units="days since %d-01-01" % year,
                 calendar="proleptic_gregorian")
            latlon(nc)
            variable(nc, "tas", ("time", "lat", "lon"), field(year, (days, 13, 17)), attrs=TAS, zlib=True, shuffle=True,
                     chunksizes=(31, 13, 10))
            variable(nc, "orog", ("lat", "lon"), field(5, (13, 17), 300.0, 0.0), attrs={"units": "m"})


def calendars(folder):
    for calendar in ("standard", "noleap", "365_day", "all_leap", "366_day", "360_day", "julian", "gregorian",
                     "proleptic_gregorian"):
        with netCDF4.Dataset(os.path.join(folder, "cal_%s.nc" % calendar), "w") as nc:
            axis(nc, "time", np.arange(1100), "i4", units="days since 1999-11-20", calendar=calendar)
            axis(nc, "x", np.arange(3), "i4")
            variable(nc, "t", ("time", "x"), field(7, (1100, 3)), attrs={"units": "K"}, chunksizes=(90, 2))
    with netCDF4.Dataset(os.path.join(folder, "cal_switch.nc"), "w") as nc:     # across 1582-10-15
        axis(nc, "time", np.arange(900), "i4", units="days since 1581-03-01 12:00:00", calendar="standard")
        variable(nc, "t", ("time",), field(8, (900,)))


def steps(folder):
    """Half-past hourly, minutely and gappy daily series."""
    for name, unit, n, start in (("hourly", "hours", 1500, "2003-11-20 02:30:00"),
                                 ("minutely", "minutes", 700, "2004-02-28 20:00:00"),
                                 ("secondly", "seconds", 500, "2004-12-31 23:55:00"),
                                 ("millis", "milliseconds", 300, "2004-06-01 00:00:00")):
        with netCDF4.Dataset(os.path.join(folder, name + ".nc"), "w") as nc:
            axis(nc, "time", np.arange(n), "i4", units="%s since %s" % (unit, start), calendar="standard")
            axis(nc, "x", np.arange(4), "i4")
            variable(nc, "t", ("time", "x"), field(11, (n, 4)), attrs={"units": "K"}, chunksizes=(64, 4), zlib=True)
    keep = np.r_[0:40, 120:150, 290:300]
    with netCDF4.Dataset(os.path.join(folder, "gappy.nc"), "w") as nc:
        axis(nc, "time", keep, "i4", units="days since 2000-01-15 12:00:00", calendar="standard")
        axis(nc, "x", np.arange(4), "i4")
        variable(nc, "t", ("time", "x"), field(13, (300, 4))[keep], attrs={"units": "K"})
        variable(nc, "n", ("time", "x"), np.arange(320).reshape(80, 4).astype("i4"))


def integers(path):
    """Every integer type and a bool, contiguous."""
    rng = np.random.RandomState(17)
    with netCDF4.Dataset(path, "w") as nc:
        axis(nc, "time", np.arange(30), "i8", units="days since 2000-01-01", calendar="standard")
        axis(nc, "x", np.arange(0, 70, 10), "i2")
        for code in "i1 i2 i4 i8 u1 u2 u4".split():
            kind = np.iinfo(code)
            top = min(kind.max, 10 ** 6)
            values = rng.randint(max(kind.min, -top), top, (30, 7)).astype(code)
            variable(nc, code, ("time", "x"), values, attrs={"units": "1"})
        variable(nc, "flag", ("time", "x"), (rng.random_sample((30, 7)) < 0.4).astype("i1"), attrs={"dtype": "bool"})


def classics(folder):
    """CDF-1 fixed, CDF-2 with records (an odd i2 record needs padding), CDF-5 with unsigned and 64-bit integers."""
    for name, form in (("classic", "NETCDF3_CLASSIC"), ("records", "NETCDF3_64BIT_OFFSET"), ("cdf5", "NETCDF3_64BIT_DATA"),
                       ("nc4classic", "NETCDF4_CLASSIC")):
        with netCDF4.Dataset(os.path.join(folder, name + ".nc"), "w", format=form) as nc:
            nc.title = "classic test data"
            record = name != "classic"
            axis(nc, "time", np.arange(50) * 6.0, size=None if record else 0, units="hours since 2001-02-20",
                 calendar="standard")
            latlon(nc, dtype="f4")
            axis(nc, "k", np.arange(3), "i4")
            variable(nc, "tas", ("time", "lat", "lon"), holes(field(19, (50, 13, 17)), 20), fill=np.float32(-999.0), attrs=TAS)
            variable(nc, "odd", ("time", "k"), np.arange(150).reshape(50, 3).astype("i2"))
            variable(nc, "double", ("lat", "lon"), field(21, (13, 17)).astype("f8"))
            if name == "cdf5":
                variable(nc, "wide", ("time", "k"), np.arange(150).reshape(50, 3) * 10 ** 10, dtype="i8")
                variable(nc, "short", ("time", "k"), np.arange(150).reshape(50, 3), dtype="u2")


def packed(path):
    """One variable for each row of the packing rule."""
    rng = np.random.RandomState(23)
    raw = rng.randint(-3000, 3000, (40, 13, 17))
    raw[rng.random_sample(raw.shape) < 0.05] = -32768
    storage = {"zlib": True, "chunksizes": (16, 8, 9)}
    dims = ("time", "lat", "lon")
    f4, f8 = np.float32, np.float64
    with netCDF4.Dataset(path, "w") as nc:
        axis(nc, "time", np.arange(40), "i4", units="days since 2000-02-01", calendar="standard")
        latlon(nc)
        variable(nc, "both4", dims, raw, "i2", np.int16(-32768), {"scale_factor": f4(0.01), "add_offset": f4(273.0)}, **storage)
        variable(nc, "both8", dims, raw, "i2", np.int16(-32768), {"scale_factor": f8(0.01), "add_offset": f8(273.15)}, **storage)
        variable(nc, "scale4", dims, raw, "i2", None, {"scale_factor": f4(0.5)}, **storage)
        variable(nc, "scale8", dims, raw, "i2", None, {"scale_factor": f8(0.1), "missing_value": np.int16(-32768)}, **storage)
        variable(nc, "long4", dims, raw, "i4", np.int32(-32768), {"scale_factor": f4(0.001), "add_offset": f4(1.0)}, **storage)
        variable(nc, "mixed", dims, raw, "i2", None, {"scale_factor": f4(0.01), "add_offset": f8(273.15)}, **storage)
        variable(nc, "mask2", dims, raw, "i2", np.int16(-32768), {"units": "1"}, **storage)
        variable(nc, "mask4", dims, raw, "i4", np.int32(-32768), {"units": "1"}, **storage)
        small = rng.randint(0, 250, (40, 13, 17)).astype("u1").view("i1")
        variable(nc, "unsigned", dims, small, "i1", np.int8(-1), {"_Unsigned": "true", "scale_factor": f4(0.25)}, **storage)


def aligned(folder):
    """Two grids that share some labels, in another order of dims, and an area without time."""
    for name, lat, lon, order in (("left", LAT[:9], LON, ("lat", "lon")), ("right", LAT[4:], LON[2:12], ("lon", "lat"))):
        with netCDF4.Dataset(os.path.join(folder, name + ".nc"), "w") as nc:
            latlon(nc, lat, lon)
            sizes = {"lat": len(lat), "lon": len(lon)}
            attrs = {"units": "K", "source": name}
            variable(nc, "t", order, field(29, tuple(sizes[d] for d in order)), attrs=attrs)
    with netCDF4.Dataset(os.path.join(folder, "area.nc"), "w") as nc:
        latlon(nc)
        area = np.cos(np.deg2rad(LAT))[:, None] * np.ones(17)
        variable(nc, "area", ("lat", "lon"), area, attrs={"units": "m2"})
        mask = (np.add.outer(np.arange(13), np.arange(17)) % 3).astype("i4")
        variable(nc, "region", ("lat", "lon"), mask)


def bounds(path):
    """Bounds, 2-D auxiliary coordinates, a scalar coordinate and a grid mapping, as a regional model writes them."""
    with netCDF4.Dataset(path, "w") as nc:
        nc.Conventions = "CF-1.8"
        axis(nc, "time", np.arange(24) * 30.0 + 15.0, units="days since 1990-01-01", calendar="360_day", bounds="time_bnds")
        axis(nc, "y", np.arange(11) * 1000.0, units="m")
        axis(nc, "x", np.arange(7) * 1000.0, units="m")
        nc.createDimension("bnds", 2)
        edges = np.arange(25) * 30.0
        variable(nc, "time_bnds", ("time", "bnds"), np.stack([edges[:-1], edges[1:]], 1))
        yy, xx = np.meshgrid(np.linspace(50, 52, 11), np.linspace(5, 7, 7), indexing="ij")
        variable(nc, "latitude", ("y", "x"), yy, attrs={"units": "degrees_north"})
        variable(nc, "longitude", ("y", "x"), xx, attrs={"units": "degrees_east"})
        variable(nc, "height", (), np.float64(2.0), attrs={"units": "m"})
        variable(nc, "crs", (), np.int32(0), attrs={"grid_mapping_name": "latitude_longitude"})
        attrs = dict(TAS, coordinates="height latitude longitude", grid_mapping="crs")
        variable(nc, "tas", ("time", "y", "x"), field(31, (24, 11, 7), cycle=12), attrs=attrs, zlib=True, chunksizes=(5, 4, 7))


def groups(path):
    with netCDF4.Dataset(path, "w") as nc:
        nc.title = "root"
        axis(nc, "time", np.arange(20), "i4", units="days since 2000-01-01", calendar="standard")
        inner = nc.createGroup("forecast").createGroup("surface")
        axis(inner, "time", np.arange(20), "i4", units="days since 2000-01-01", calendar="standard")
        axis(inner, "x", np.arange(6), "i4")
        variable(inner, "t", ("time", "x"), field(37, (20, 6)), attrs={"units": "K"}, chunksizes=(7, 4))


def odd_axes(folder):
    """A descending latitude, and a time axis that goes back."""
    with netCDF4.Dataset(os.path.join(folder, "descending.nc"), "w") as nc:
        axis(nc, "time", np.arange(10), "i4", units="days since 2000-01-01", calendar="standard")
        latlon(nc, LAT[::-1])
        variable(nc, "t", ("time", "lat", "lon"), field(41, (10, 13, 17)), attrs={"units": "K"})
    with netCDF4.Dataset(os.path.join(folder, "unsorted.nc"), "w") as nc:
        axis(nc, "time", [0, 1, 5, 3, 4, 2, 6], "i4", units="days since 2000-01-01", calendar="standard")
        axis(nc, "x", np.arange(4), "i4")
        variable(nc, "t", ("time", "x"), field(43, (7, 4)), attrs={"units": "K"})
        variable(nc, "bare", ("time", "x"), field(44, (7, 4)))


def zarr_store(path, codec, order="C", endian="<", separator=".", consolidated=True, filters=None, gaps=False):
    group = zarr.open_group(zarr.DirectoryStore(path), mode="w")
    group.attrs["title"] = "zarr test data"

    def put(name, values, dims, chunks, dtype, attrs, fill):
        a = group.create_dataset(name, shape=values.shape, chunks=chunks, dtype=dtype, compressor=codec, order=order,
                                 fill_value=fill, filters=filters if values.ndim == 3 else None,
                                 dimension_separator=separator, write_empty_chunks=not gaps)
        a[...] = values
        a.attrs["_ARRAY_DIMENSIONS"] = dims
        a.attrs.update(attrs)

    values = holes(field(47, (90, 13, 17)), 48)
    if gaps:
        values[20:60, :5, :6] = np.nan
    put("time", np.arange(90), ["time"], (90,), endian + "i8", {"units": "days since 2001-12-01", "calendar": "standard"}, None)
    put("lat", LAT, ["lat"], (13,), endian + "f8", {"units": "degrees_north"}, np.nan)
    put("lon", LON, ["lon"], (17,), endian + "f8", {"units": "degrees_east"}, np.nan)
    put("tas", values, ["time", "lat", "lon"], (20, 5, 6), endian + "f4", {"units": "K", "long_name": "air temperature"}, np.nan)
    put("count", np.arange(90 * 13).reshape(90, 13), ["time", "lat"], (40, 13), endian + "i4", {}, None)
    if consolidated:
        zarr.consolidate_metadata(zarr.DirectoryStore(path))


def zarrs(folder):
    store = lambda name, *args, **options: zarr_store(os.path.join(folder, name + ".zarr"), *args, **options)
    store("raw", None, consolidated=False)
    store("raw_f", None, order="F", endian=">")
    store("zlib", numcodecs.Zlib(3))
    store("gzip", numcodecs.GZip(3), separator="/")
    store("zstd", numcodecs.Zstd(3), endian=">")
    store("lz4", numcodecs.LZ4(), consolidated=False)
    store("shuffle", numcodecs.Zlib(1), filters=[numcodecs.Shuffle(4)])
    store("blosc_lz4", numcodecs.Blosc("lz4", 5, numcodecs.Blosc.SHUFFLE))
    store("blosc_zstd_bit", numcodecs.Blosc("zstd", 3, numcodecs.Blosc.BITSHUFFLE))
    store("blosc_lz_none", numcodecs.Blosc("blosclz", 5, numcodecs.Blosc.NOSHUFFLE), order="F")
    store("blosc_zlib", numcodecs.Blosc("zlib", 5, numcodecs.Blosc.SHUFFLE), separator="/")
    store("gaps", numcodecs.Blosc("lz4hc", 5, numcodecs.Blosc.SHUFFLE), gaps=True)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    inside = lambda name: os.path.join(folder, name)
    daily(inside("daily.nc"))
    long_run(inside("long.nc"))
    integers(inside("integers.nc"))
    packed(inside("packed.nc"))
    bounds(inside("bounds.nc"))
    groups(inside("groups.nc"))
    for make in (yearly, calendars, steps, classics, aligned, odd_axes, zarrs):
        make(folder)


if __name__ == "__main__":
    main()
