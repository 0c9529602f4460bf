# data: generated
import xarray as xr

ds = xr.open_dataset("made/cdf5.nc")
ds.wide.sum("time").to_netcdf("wide.nc")
ds.short.max("k").to_netcdf("short.nc")
ds.tas.std("time").to_netcdf("std.nc")
