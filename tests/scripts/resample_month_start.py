# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.resample(time="MS").mean().to_netcdf("mean.nc")
ds.resample(time="MS").sum("time").to_netcdf("sum.nc")
ds.tas.resample(time="2MS").std().to_netcdf("std.nc")
