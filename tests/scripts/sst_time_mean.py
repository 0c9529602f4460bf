# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/sst.mnmean.nc")
ds.sst.mean("time").to_netcdf("mean.nc")
ds.mean("time").to_netcdf("all.nc")
