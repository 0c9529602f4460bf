# data: real
import xarray as xr

ds = xr.open_dataset("data/mesh/temp.fesom.1985.nc")
ds.temp.mean("nod2").to_netcdf("profile.nc")
ds.temp.where(ds.temp != 0).min("nz1").to_netcdf("min.nc")
