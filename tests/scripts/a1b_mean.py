# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/A1B_north_america.nc")
ds.air_temperature.mean("time").to_netcdf("mean.nc")
ds.isel(time=slice(100, 104)).to_netcdf("part.nc")
