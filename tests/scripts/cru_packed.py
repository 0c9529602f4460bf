# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/absolute.nc")
ds.tem.mean("time").to_netcdf("mean.nc")
ds.tem.isel(time=slice(0, 3)).to_netcdf("winter.nc")
