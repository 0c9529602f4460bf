# data: real
# exact
import xarray as xr

ds = xr.open_dataset("data/grid/test_monotonic_coordinate.nc")
ds.wind3.sum("lat").to_netcdf("sum.nc")
ds.wind1.isel(time1=0).to_netcdf("first.nc")
