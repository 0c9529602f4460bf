# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.groupby("time.month").mean("time").to_netcdf("mean.nc")
ds.tas.groupby("time.month").std("time", ddof=1).to_netcdf("std.nc")
