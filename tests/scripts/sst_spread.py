# data: real
import xarray as xr

sst = xr.open_dataset("data/grid/sst.mnmean.nc").sst
sst.std("time", ddof=1).to_netcdf("std.nc")
(sst.max("time") - sst.min("time")).to_netcdf("range.nc")
