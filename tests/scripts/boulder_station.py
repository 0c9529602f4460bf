# data: real
import xarray as xr

ds = xr.open_dataset("data/station/Boulder.temp.1897-2014.nc")
ds.temp.mean().to_netcdf("mean.nc")
(ds.temp_annual - ds.temp_annual.mean("TIME")).to_netcdf("anom.nc")
