# data: real
# exact
import xarray as xr

ds = xr.open_dataset("data/grid/landsea.nc")
land = ds.LSMASK == 1
land.sum("lon").to_netcdf("land.nc")
ds.LSMASK.sum().to_netcdf("sum.nc")
ds.lat.where(land).max("lat").to_netcdf("north.nc")
