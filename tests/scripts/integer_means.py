# data: generated
import xarray as xr

ds = xr.open_dataset("made/integers.nc").drop_vars("flag")
ds.mean("time").to_netcdf("mean.nc")
ds.std("x", ddof=1).to_netcdf("std.nc")
