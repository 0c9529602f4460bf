"""Debian's xarray 2023.01 made to behave as current xarray where the two differ (SEMANTICS 1.0), as the oracle.

  xr_oracle.py SCRIPT      runs a script so in the current directory

install() patches the imported xarray: attributes kept (binary operations keep those that do not conflict, labels of
groups the key's), the new frequency names, the new defaults of open_mfdataset, concat and merge, timedeltas left as
numbers, the packing rule by attribute types, float32 reduced in float64 and rounded once, coordinates of polyfit, dates
in interp, numpy's newer quantiles, no bottleneck (but for ranks) and no flox,
DataArray.to_zarr.
"""
import functools
import glob
import re
import runpy
import sys
import warnings

import numpy as np
import xarray as xr
from xarray import conventions
from xarray.coding import variables as coding
from xarray.core import duck_array_ops, groupby, rolling, variable
from xarray.core.merge import merge_attrs

NEW_TO_OLD = {"ME": "M", "QE": "Q", "YE": "A", "YS": "AS", "BME": "BM", "BQE": "BQ", "BYE": "BA", "SME": "SM", "h": "H",
              "min": "T", "s": "S", "ms": "L", "us": "U", "ns": "N"}


def old_frequency(freq):
    match = re.fullmatch(r"(-?\d*)([A-Za-z]+)(-[A-Z]{3})?", freq) if isinstance(freq, str) else None
    if not match:
        return freq
    count, unit, anchor = match.groups()
    return count + NEW_TO_OLD.get(unit, unit) + (anchor or "")


def patch_attributes():
    xr.set_options(keep_attrs=True, use_bottleneck=False, use_flox=False)
    plain = variable.Variable._binary_op

    def binary(self, other, f, reflexive=False):
        result = plain(self, other, f, reflexive)
        if isinstance(result, variable.Variable):
            both = [self.attrs, getattr(other, "attrs", {})]
            result.attrs = merge_attrs(both, "drop_conflicts") if variable._get_keep_attrs(default=True) else {}
        return result
    variable.Variable._binary_op = binary
    plain_dataset = xr.Dataset._binary_op

    def binary_dataset(self, other, f, reflexive=False, join=None):
        result = plain_dataset(self, other, f, reflexive, join)
        if isinstance(result, xr.Dataset) and variable._get_keep_attrs(default=True):
            result.attrs = merge_attrs([self.attrs, getattr(other, "attrs", {})], "drop_conflicts")
        return result
    xr.Dataset._binary_op = binary_dataset


def patch_groups():
    """Labels of groups and of resampled times carry the key's attributes."""
    plain = groupby.GroupBy.__init__

    def init(self, obj, group, *args, **keywords):
        plain(self, obj, group, *args, **keywords)
        if isinstance(self._unique_coord, xr.IndexVariable):
            self._unique_coord.attrs = dict(getattr(self._original_group, "attrs", {}))
    groupby.GroupBy.__init__ = init


def patch_resample():
    for kind in (xr.DataArray, xr.Dataset):
        def resample(self, indexer=None, *args, _plain=kind.resample, **keywords):
            if indexer is not None:
                indexer = {d: old_frequency(f) for d, f in indexer.items()}
            for name in list(keywords):
                if name in self.dims:
                    keywords[name] = old_frequency(keywords[name])
            return _plain(self, indexer, *args, **keywords)
        kind.resample = resample


def patch_reductions():
    """float32 in float64, rounded once; the flag functions (any, all) have no skipna."""
    def wide(plain):
        @functools.wraps(plain)
        def reduce(values, axis=None, skipna=None, **keywords):
            narrow = getattr(values, "dtype", None) == np.dtype("f4")
            result = plain(values.astype("f8") if narrow else values, axis=axis, skipna=skipna, **keywords)
            return result.astype("f4") if narrow and hasattr(result, "astype") else result
        return reduce
    for name in ("sum", "prod", "std", "var", "_mean", "cumsum", "cumprod"):
        setattr(duck_array_ops, name, wide(getattr(duck_array_ops, name)))


def patch_rolling():
    """float32 windows in float64; missing extremes of integers of up to 16 bits make float32."""
    plain = rolling.DataArrayRolling.reduce

    def reduce(self, func, *args, **keywords):
        dtype = self.obj.dtype
        if dtype == np.dtype("f4"):
            windows = dict(zip(self.dim, self.window))
            center = dict(zip(self.dim, self.center))
            wide = rolling.DataArrayRolling(self.obj.astype("f8"), windows, self.min_periods, center)
            return plain(wide, func, *args, **keywords).astype("f4")
        result = plain(self, func, *args, **keywords)
        extreme = getattr(func, "__name__", "") in ("min", "max") and dtype.kind in "iu" and dtype.itemsize <= 2
        return result.astype("f4") if extreme else result
    rolling.DataArrayRolling.reduce = reduce


def patch_quantiles():
    """closest_observation takes the even order statistic at half way (numpy 2.1); a column of NaN that happens to come
    first does not make float32 of the float64 results (numpy takes the first one's dtype for all)."""
    from numpy.lib import function_base, nanfunctions
    plain = nanfunctions.nanquantile

    def closest(n, q):
        return function_base._discret_interpolation_to_boundaries(
            n * q - 1.5, lambda gamma, index: (gamma == 0) & (np.floor(index) % 2 == 1))

    def nanquantile(a, q, axis, method="linear"):
        """As xarray calls it: q a list, axis the last ones. A column of zeros goes before the others."""
        kept = a.shape[:a.ndim - len(axis)]
        columns = a.reshape(int(np.prod(kept)), -1)
        columns = np.concatenate([np.zeros((1, columns.shape[1]), a.dtype), columns])
        return plain(columns, q, axis=1, method=method)[:, 1:].reshape((len(q),) + kept)
    function_base._closest_observation, np.nanquantile = closest, nanquantile


def wanted_float(dtype, attrs):
    """The packing rule: what an integer dtype unpacks to, given its scale_factor and add_offset."""
    scale, offset = attrs.get("scale_factor"), attrs.get("add_offset")
    kind = lambda x: None if x is None else np.asarray(x).dtype
    if scale is not None and offset is not None and kind(scale) == kind(offset) and kind(scale).kind == "f":
        return np.dtype("f8") if dtype.kind in "iu" and dtype.itemsize == 4 else kind(scale)
    if offset is not None:
        return np.dtype("f8")
    return kind(scale) if kind(scale).kind == "f" else np.dtype("f8")


def patch_packing():
    plain_mask, plain_scale = coding.CFMaskCoder.decode, coding.CFScaleOffsetCoder.decode
    plain_choice = coding._choose_float_dtype
    wanted = []

    def mask(self, var, name=None):
        packed = "scale_factor" in var.attrs or "add_offset" in var.attrs
        if not packed:
            return plain_mask(self, var, name)
        dtype = wanted_float(var.dtype, var.attrs)
        promote = coding.dtypes.maybe_promote
        coding.dtypes.maybe_promote = lambda _: (dtype, np.nan)
        try:
            result = plain_mask(self, var, name)
        finally:
            coding.dtypes.maybe_promote = promote
        result = result.copy(deep=False)
        result.encoding["_wanted_float"] = dtype
        return result

    def scale(self, var, name=None):
        wanted.append(var.encoding.pop("_wanted_float", None))
        try:
            return plain_scale(self, var, name)
        finally:
            wanted.pop()

    coding.CFMaskCoder.decode, coding.CFScaleOffsetCoder.decode = mask, scale
    coding._choose_float_dtype = lambda dtype, offset: wanted[-1] if wanted and wanted[-1] else plain_choice(dtype, offset)


def patch_polyfit():
    """Coordinates of the dims that stay are those of the object, with attributes, and there are no others."""
    plain = xr.Dataset.polyfit

    def polyfit(self, dim, deg, *args, **keywords):
        result = plain(self, dim, deg, *args, **keywords)
        kept = {d: self[d].variable for d in result.dims if d in self.coords}
        return result.drop_vars([d for d in result.dims if d in self.dims]).assign_coords(kept)
    xr.Dataset.polyfit = polyfit


def patch_rank():
    """bottleneck is used for ranks whatever the option says; variables keep attributes as set_options says."""
    plain_one, plain_all = variable.Variable.rank, xr.Dataset.rank

    def one(self, dim, pct=False):
        with xr.set_options(use_bottleneck=True):
            result = plain_one(self, dim, pct)
        result.attrs = dict(self.attrs) if variable._get_keep_attrs(default=True) else {}
        return result

    def many(self, dim, *, pct=False, keep_attrs=None):
        with xr.set_options(use_bottleneck=True):
            return plain_all(self, dim, pct=pct, keep_attrs=keep_attrs)
    variable.Variable.rank, xr.Dataset.rank = one, many


def patch_interp():
    """Variables of dates are interpolated as float64 and rounded."""
    plain = xr.Dataset.interp

    def interp(self, *args, **keywords):
        dates = [n for n, v in self.variables.items() if v.dtype.kind == "M" and n not in self.dims]
        numbers = {n: self[n].variable.copy(data=np.where(np.isnat(self[n].values), np.nan, self[n].values.astype("i8")))
                   for n in dates}
        result = plain(self.assign(numbers), *args, **keywords)
        for n in dates:
            x = result[n].values
            whole = np.where(np.isnan(x), np.iinfo("i8").min, np.nan_to_num(x).round().astype("i8"))
            result[n] = result[n].variable.copy(data=whole.astype("M8[ns]"))
        return result
    xr.Dataset.interp = interp


def patch_decoding():
    """Flags stay flags when written again; a coordinates attribute moves to the encoding whatever it names."""
    plain_one, plain_all = conventions.decode_cf_variable, conventions.decode_cf_variables

    def one(*args, **keywords):
        result = plain_one(*args, **keywords)
        if result.dtype == bool:
            result.encoding["dtype"] = np.dtype(bool)
        return result

    def many(variables, attributes, *args, **keywords):
        new, attributes, coords = plain_all(variables, attributes, *args, **keywords)
        wanted = keywords.get("decode_coords", args[3] if len(args) > 3 else True)
        for var in new.values():
            if wanted and "coordinates" in var.attrs:
                var.encoding["coordinates"] = var.attrs.pop("coordinates")
                coords.update(name for name in var.encoding["coordinates"].split() if name in variables)
        return new, attributes, coords
    conventions.decode_cf_variable, conventions.decode_cf_variables = one, many


def patch_open():
    plain_open, plain_zarr, plain_many = xr.open_dataset, xr.open_zarr, xr.open_mfdataset

    def open_dataset(*args, **keywords):
        keywords.setdefault("decode_timedelta", False)
        return plain_open(*args, **keywords)

    def open_zarr(*args, **keywords):
        keywords.setdefault("decode_timedelta", False)
        keywords.setdefault("chunks", None)
        return plain_zarr(*args, **keywords)

    def open_mfdataset(paths, **keywords):
        repeat = "minimal"
        if isinstance(keywords.get("concat_dim"), str):
            with plain_open(sorted(glob.glob(paths))[0] if isinstance(paths, str) else paths[0], decode_times=False) as first:
                repeat = "minimal" if keywords["concat_dim"] in first.variables or keywords["concat_dim"] in first.dims else "all"
        new = {"data_vars": repeat, "coords": "minimal", "compat": "override", "join": "exact", "decode_timedelta": False}
        for name, value in new.items():
            keywords.setdefault(name, value)
        return plain_many(paths, **keywords).load()
    xr.open_dataset, xr.open_zarr, xr.open_mfdataset = open_dataset, open_zarr, open_mfdataset


def patch_chunks():
    """chunks= of the open functions leaves dims that it does not name in the chunks of the netCDF file, too."""
    store = xr.backends.NetCDF4DataStore
    plain = store.open_store_variable

    def open_store_variable(self, name, var):
        result = plain(self, name, var)
        if result.encoding.get("chunksizes"):
            result.encoding["preferred_chunks"] = dict(zip(result.dims, result.encoding["chunksizes"]))
        return result
    store.open_store_variable = open_store_variable


def patch_concat():
    """The announced new defaults: data variables are repeated along a new dim only, all else is the first object's."""
    plain = xr.concat

    def concat(objs, dim, **keywords):
        objs = list(objs)
        name = dim if isinstance(dim, str) else dim.dims[0] if isinstance(dim, xr.DataArray) else "concat_dim"
        if keywords.get("data_vars") is None:
            old = any(name in o.dims or name in o.coords for o in objs)
            keywords["data_vars"] = "minimal" if old and isinstance(objs[0], xr.Dataset) else "all"
        for option, value in {"coords": "minimal", "compat": "override", "join": "exact"}.items():
            if keywords.get(option) is None:
                keywords[option] = value
        return plain(objs, dim, **keywords)
    xr.concat = concat
    plain_merge, plain_method = xr.merge, xr.Dataset.merge

    def merge(objects, compat="override", join="exact", **keywords):
        return plain_merge(objects, compat=compat, join=join, **keywords)

    def method(self, other, compat="override", join="exact", **keywords):
        return plain_method(self, other, compat=compat, join=join, **keywords)
    xr.merge, xr.Dataset.merge = merge, method


def patch_write():
    """DataArray.to_zarr, newer than the oracle: as to_netcdf does it, under the array's own name."""
    def to_zarr(self, *args, **keywords):
        name = self.name if self.name is not None else "__xarray_dataarray_variable__"
        return self.to_dataset(name=name).to_zarr(*args, **keywords)
    xr.DataArray.to_zarr = to_zarr


def install():
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    for patch in (patch_attributes, patch_groups, patch_resample, patch_reductions, patch_rolling, patch_quantiles, patch_packing,
                  patch_decoding, patch_open, patch_chunks, patch_concat, patch_write, patch_polyfit, patch_rank,
                  patch_interp):
        patch()


if __name__ == "__main__":
    install()
    runpy.run_path(sys.argv[1], run_name="__main__")
